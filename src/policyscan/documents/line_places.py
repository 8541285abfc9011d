"""Where the values of a document that was read line by line stand, worked out when somebody asks.

Reading keeps only the line and column at which each container begins. Most places are never asked for;
the others are found again in the lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policyscan.documents.tree import Key, LinePlace, Region
from policyscan.documents.yaml_lines import (
    OPEN,
    PAIR,
    SKIP,
    Doubt,
    Line,
    Lines,
    Marks,
    flow_start,
    key_region,
    read_flow,
    value_region,
)
from policyscan.source import Source

_MAX_FLOW_LINES = 64
IN_FLOW = -1
"""The column of a place in `[…]` or `{…}`, which is found by reading the line again."""


class Layout:
    """The lines of a file with one document. Regions are offsets in characters into the whole file.

    `ends` holds, for a line on which a longer `[…]` or `{…}` begins, the line on which it ends.
    """

    __slots__ = ("_marks", "ending", "ends", "known", "lines", "places", "source")

    def __init__(self, source: Source, lines: list[str], known: Lines, ending: str) -> None:
        self.source = source
        self.lines = lines
        self.known = known
        self.ending = ending
        self.ends: dict[int, int] = {}
        self.places: dict[int, LinePlace] = {}
        self._marks: dict[int, tuple[Any, Marks]] = {}

    def whole(self, first: int) -> tuple[Region, Region]:
        """Where the document's value begins and ends, if its first line is known."""
        start = sum(map(len, self.lines[:first])) + first * len(self.ending)
        end = len(self.source.text)
        return Region(start, start), Region(end, end)

    def unfinished(self, number: int, column: int) -> tuple[Any, int]:
        """A `[…]` or `{…}` that goes on over several lines, and the number of its last; raises Doubt."""
        lines = self.lines[number : number + _MAX_FLOW_LINES]
        value, end = read_flow(self.ending.join(lines), column)
        last = number
        for line in lines:
            end -= len(line) + len(self.ending)
            if last > number and (not line.isprintable() or line.startswith(("...", "---"))):
                raise Doubt
            if end <= 0:
                break
            last += 1
        self.ends[number] = last
        return value, last

    # --- places on demand ---

    def region(self, place: LinePlace) -> tuple[Region, Region]:
        """Where a container begins and ends."""
        if place.column == IN_FLOW:
            region, _, base = self._flow(place)
            return _ends(_moved(region, base))
        return self._block(place.line, place.column)

    def spot(self, place: LinePlace, key: Key) -> tuple[Region, ...] | None:
        """The regions of an entry, as `Place.spots` has them; None if there is none."""
        if place.column == IN_FLOW:
            return self._flow_spot(place, key)
        if self.known[self.lines[place.line]][4] == place.column:
            return self._item(place, key) if key.__class__ is int else None
        return self._entry(place, key)

    def _offset(self, line: int, column: int) -> int:
        return self.source.starts[line] + column

    def _below(self, line: int) -> Iterator[tuple[int, Line]]:
        """The lines with values from the given one on, with their numbers."""
        while line < len(self.lines):
            found = self.known[self.lines[line]]
            if found[5] != SKIP:
                yield line, found
            line = self.ends.get(line, line) + 1

    def _inside(self, line: int, column: int) -> Iterator[tuple[int, Line]]:
        """The lines of the block mapping or list that begins at a line and column."""
        lines = self._below(line)
        first = next(lines)
        yield first
        in_list = first[1][4] == column
        for number, found in lines:
            begins = _beginning(found)
            if begins < column or (in_list and begins == column and found[4] < 0):
                return
            yield number, found

    def _block(self, line: int, column: int) -> tuple[Region, Region]:
        """The beginning and end of a block mapping or list; it ends where the next value begins."""
        last = line
        for last, _ in self._inside(line, column):  # noqa: B007 - the last one is wanted
            pass
        start = self._offset(line, column)
        end = len(self.source.text)
        for number, found in self._below(self.ends.get(last, last) + 1):
            end = self._offset(number, _beginning(found))
            break
        return Region(start, start), Region(end, end)

    def _entry(self, place: LinePlace, key: Key) -> tuple[Region, ...] | None:
        """The spot of a key of a block mapping."""
        column = place.column
        for number, found in self._inside(place.line, column):
            if found[1] == key and found[3] == column and key is not None:
                name = _moved(key_region(self.lines[number]), self._offset(number, 0))
                if found[5] == OPEN:
                    return (name, *self._opened(number, column, name.end_mark + 1))
                return (name, *self._on_line(number, found))
        return None

    def _opened(self, number: int, column: int, after: int) -> tuple[Region, Region]:
        """Where the value of a key with nothing on its line stands: on the lines below, or nowhere."""
        for line, found in self._below(number + 1):
            if _beginning(found) > column or found[4] == column:
                return self._block(line, _beginning(found))
            break
        return Region(after, after), Region(after, after)

    def _item(self, place: LinePlace, index: int) -> tuple[Region, ...] | None:
        """The spot of an item of a block list."""
        count = 0
        for number, found in self._inside(place.line, place.column):
            if found[4] != place.column:
                continue
            if count == index:
                return self._block(number, found[3]) if found[1] is not None else self._on_line(number, found)
            count += 1
        return None

    def _on_line(self, number: int, found: Line) -> tuple[Region, Region]:
        """Where the value stands that begins on a line after its key or dash."""
        if found[5] == PAIR:
            region = _moved(value_region(self.lines[number]), self._offset(number, 0))
            return region, region
        value, marks = self._marked(number)
        return _ends(_moved(marks[id(value)][0], self._offset(number, 0)))

    # --- places in [ … ] and { … } ---

    def _flow(self, place: LinePlace) -> tuple[Region, Any, int]:
        """Region and spots of a container, and the offset from which they count."""
        keys: list[Any] = []
        at = place
        while (above := self.places[id(at.parent)]).column == IN_FLOW:
            keys.append(at.key)
            at = above
        value, marks = self._marked(place.line)
        for key in reversed(keys):
            value = value[key]
        region, spots = marks[id(value)]
        return region, spots, self._offset(place.line, 0)

    def _flow_spot(self, place: LinePlace, key: Key) -> tuple[Region, ...] | None:
        _, spots, base = self._flow(place)
        if spots.__class__ is dict:
            spot = spots.get(key)
        else:
            spot = spots[key] if key.__class__ is int and -1 < key < len(spots) else None
        return spot if spot is None else tuple(_moved(region, base) for region in spot)

    def _marked(self, number: int) -> tuple[Any, Marks]:
        """The value of the `[…]` or `{…}` that begins on a line, and the places in it."""
        if number not in self._marks:
            text = self.ending.join(self.lines[number : self.ends.get(number, number) + 1])
            marks: Marks = {}
            value, _ = read_flow(text, flow_start(self.lines[number]), marks)
            self._marks[number] = value, marks
        return self._marks[number]


def _beginning(found: Line) -> int:
    """The column at which a line's value begins: its dash, or its key."""
    return found[4] if found[4] >= 0 else found[3]


def _ends(region: Region) -> tuple[Region, Region]:
    """The brackets of a `[…]` or `{…}`."""
    return Region(region[0], region[0] + 1), Region(region[1] - 1, region[1])


def _moved(region: Region, by: int) -> Region:
    return Region(region[0] + by, region[1] + by)
