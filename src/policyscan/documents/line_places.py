"""Where the values of a document that was read line by line stand, worked out when somebody asks.

Reading keeps only the line and column at which each container begins. Most places are never asked for;
the others are found again in the lines.
"""

from __future__ import annotations

import re
from typing import Any

from policyscan.documents.tree import Key, LinePlace, Region
from policyscan.documents.yaml_lines import (
    OPEN,
    PAIR,
    SKIP,
    TEXT,
    Doubt,
    Line,
    Marks,
    match_line,
    read_flow,
    read_text,
    scalar_region,
)
from policyscan.source import Source

_MAX_FLOW_LINES = 64
_NEVER = 1 << 60  # deeper than any container: such a line never ends one
IN_FLOW = -1
"""The column of a place in `[…]` or `{…}`, which is found by reading the line again."""


class Layout:
    """The lines of a file with one document. Regions are offsets in characters into the whole file.

    `ends` holds, for a line whose value is a text on the lines below or a longer `[…]` or `{…}`, the line
    on which that ends.
    """

    __slots__ = ("_begins", "_marks", "ending", "ends", "found", "lines", "places", "source")

    def __init__(self, source: Source, lines: list[str], found: list[Line], ending: str) -> None:
        self.source = source
        self.lines = lines
        self.found = found
        self.ending = ending
        self.ends: dict[int, int] = {}
        self.places: dict[int, LinePlace] = {}
        self._begins: list[int] | None = None
        self._marks: dict[int, tuple[Any, Marks]] = {}

    def whole(self, first: int) -> tuple[Region, Region]:
        """Where the document's value begins and ends, if its first line is known."""
        start = sum(map(len, self.lines[:first])) + first * len(self.ending)
        end = len(self.source.text)
        return Region(start, start), Region(end, end)

    def unfinished(self, number: int, column: int) -> Any:
        """A `[…]` or `{…}` that goes on over several lines; raises Doubt."""
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
        return value

    def text(self, number: int, parent: int, header: str) -> str:
        """The text below a line that ends with `|` or `>`; raises Doubt."""
        text, self.ends[number] = read_text(self.lines, number, parent, header)
        return text

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
        if self.found[place.line][4] == place.column:
            return self._item(place, key) if key.__class__ is int else None
        return self._entry(place, key) if key.__class__ is str else None

    @property
    def begins(self) -> list[int]:
        """The column at which the value of each line begins: its dash or key. One more line ends them all."""
        if self._begins is None:
            self._begins = [
                (found[4] if found[4] >= 0 else found[3]) if found[5] != SKIP else _NEVER
                for found in self.found
            ]
            self._begins.append(-1)
            for first, last in self.ends.items():
                self._begins[first + 1 : last + 1] = [_NEVER] * (last - first)
        return self._begins

    def _block(self, line: int, column: int) -> tuple[Region, Region]:
        """The beginning and end of a block mapping or list; it ends where the next value begins."""
        begins, found, starts = self.begins, self.found, self.source.starts
        in_list = found[line][4] == column
        last = line + 1
        while begins[last] > column or (begins[last] == column and not (in_list and found[last][4] < 0)):
            last += 1
        start = starts[line] + column
        end = starts[last] + begins[last] if last < len(found) else len(self.source.text)
        return Region(start, start), Region(end, end)

    def _entry(self, place: LinePlace, key: Key) -> tuple[Region, ...] | None:
        """The spot of a key of a block mapping."""
        number, column, _, _ = place
        begins, found = self.begins, self.found
        while found[number][1] != key or found[number][3] != column:
            number += 1
            while begins[number] > column:
                number += 1
            if begins[number] < column:
                return None
        match = match_line(self.lines[number])
        start = self.source.starts[number]
        name = Region(match.start(3) + start, match.end(3) + start)
        if found[number][5] == OPEN:
            return (name, *self._opened(number, column, name.end_mark + 1))
        return (name, *self._on_line(number, match, start))

    def _opened(self, number: int, column: int, after: int) -> tuple[Region, Region]:
        """Where the value of a key with nothing on its line stands: on the lines below, or nowhere."""
        begins = self.begins
        number += 1
        while begins[number] == _NEVER:
            number += 1
        if begins[number] > column or (begins[number] == column and self.found[number][4] == column):
            return self._block(number, begins[number])
        return Region(after, after), Region(after, after)

    def _item(self, place: LinePlace, index: int) -> tuple[Region, ...] | None:
        """The spot of an item of a block list."""
        number, column, _, _ = place
        begins, found = self.begins, self.found
        while index != 0:
            index -= 1
            number += 1
            while begins[number] > column:
                number += 1
            if begins[number] < column or found[number][4] < 0:
                return None
        if found[number][1] is not None:
            return self._block(number, found[number][3])
        return self._on_line(number, match_line(self.lines[number]), self.source.starts[number])

    def _on_line(self, number: int, match: re.Match[str], start: int) -> tuple[Region, Region]:
        """Where the value stands that begins on a line after its key or dash."""
        if self.found[number][5] == PAIR:
            region = _moved(scalar_region(match, 4), start)
            return region, region
        if self.found[number][5] == TEXT:
            region = Region(match.start(8) + start, self._end_of_text(number))
            return region, region
        value, marks = self._marked(number)
        return _ends(_moved(marks[id(value)][0], start))

    def _end_of_text(self, number: int) -> int:
        """Where the text below a line ends: after the empty lines that follow it."""
        last = self.ends[number]
        if last == len(self.lines) - 1:
            return len(self.source.text)
        last += 1
        while last < len(self.lines) - 1 and not self.lines[last].strip(" "):
            last += 1
        return self.source.starts[last]

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
        return region, spots, self.source.starts[place.line]

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
            value, _ = read_flow(text, match_line(self.lines[number]).start(7), marks)
            self._marks[number] = value, marks
        return self._marks[number]


def _ends(region: Region) -> tuple[Region, Region]:
    """The brackets of a `[…]` or `{…}`."""
    return Region(region[0], region[0] + 1), Region(region[1] - 1, region[1])


def _moved(region: Region, by: int) -> Region:
    return Region(region[0] + by, region[1] + by)
