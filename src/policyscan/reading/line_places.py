"""Where the values of a document that was read line by line stand, worked out when somebody asks.

In: the text of a file and where each container begins. Out: offsets of keys and values, in characters.

Reading keeps only the line and column at which each container begins. Most places are never asked for;
the others are found again in the lines.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from policyscan.reading.tree import Key, LinePlace, Region, Spot
from policyscan.reading.yaml_lines import (
    NOWHERE,
    OPEN,
    PAIR,
    TEXT,
    Doubt,
    Line,
    Lines,
    Marks,
    match_value,
    read_flow,
    read_text,
    scalar_extent,
)
from policyscan.source import Source

_MAX_FLOW_LINES = 64
_known = Lines()
IN_FLOW = -1
"""The column of a place in `[…]` or `{…}`, which is found by reading the line again."""


class LineLayout:
    """The lines of a file with one document. Places are offsets in characters into the whole file.

    `ends` holds, for a line whose value is a text on the lines below or a longer `[…]` or `{…}`, the line
    on which that ends.
    """

    __slots__ = ("_begins", "_blocks", "_marks", "ending", "ends", "found", "lines", "places", "source")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.ending = "\r\n" if "\r" in source.text else "\n"
        self.lines = source.text.split(self.ending)
        self.found: list[Line] = list(map(_known.__getitem__, self.lines))
        self.ends: dict[int, int] = {}
        self.places: dict[int, LinePlace] = {}
        self._begins: list[int] | None = None
        self._blocks: dict[tuple[int, int], tuple[Any, int]] = {}
        self._marks: dict[int, tuple[Any, Marks]] = {}

    def __reduce__(self) -> Any:
        return _restored, (self.source, self.ends)

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
        _, key, _, at, begin, _ = self.found[number]
        column = at if key is not None else begin
        for line in lines:
            end -= len(line) + len(self.ending)
            if last > number and (not line.isprintable() or line.startswith(("...", "---"))):
                raise Doubt
            if last > number and line[: column + 1].strip() and line.strip("]}, "):
                raise Doubt  # indented too little, which more than brackets may not be
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

    def extent(self, place: LinePlace) -> tuple[int, int]:
        """Where a container begins and ends."""
        if place.column == IN_FLOW:
            base, start, end, _ = self._flow(place)
            return base + start, base + end
        return self._extent(place.line, place.column)

    def spot(self, place: LinePlace, key: Key) -> Spot | None:
        """Where one of its entries stands, a blank one too; None if there is no such entry."""
        if place.column == IN_FLOW:
            base, _, _, spots = self._flow(place)
            spot = spots.get(key)
            return None if spot is None else tuple(base + each for each in spot)  # type: ignore[return-value]
        rows, _ = self._block(place.line, place.column)
        if rows.__class__ is list:
            return self._item(rows, key)
        number = rows.get(key)
        return None if number is None else self._entry(number, key, place.column)  # type: ignore[arg-type]

    @property
    def begins(self) -> list[int]:
        """The column at which the value of each line begins: its dash or key. One more line ends them all."""
        if self._begins is None:
            self._begins = [*map(itemgetter(4), self.found), -1]
            for first, last in self.ends.items():
                self._begins[first + 1 : last + 1] = [NOWHERE] * (last - first)
        return self._begins

    def _block(self, line: int, column: int) -> tuple[Any, int]:
        """The lines of a block mapping's keys by their names, or of a list's items; and the one after all."""
        block = self._blocks.get((line, column))
        if block is None:
            in_list = self.found[line][4] == column and self.found[line][3] != column
            block = self._items(line, column) if in_list else self._keys(line, column)
            self._blocks[line, column] = block
        return block

    def _keys(self, line: int, column: int) -> tuple[dict[str | None, int], int]:
        begins, found = self.begins, self.found
        rows = {found[line][1]: line}
        while True:
            line += 1
            begin = begins[line]
            if begin <= column:
                if begin < column:
                    return rows, line
                if found[line][3] == column:  # else it is an item of a list in the same column
                    rows[found[line][1]] = line

    def _items(self, line: int, column: int) -> tuple[list[int], int]:
        begins, found = self.begins, self.found
        rows = [line]
        while True:
            line += 1
            begin = begins[line]
            if begin <= column:
                if begin < column or found[line][3] == column:
                    return rows, line
                rows.append(line)

    def _extent(self, line: int, column: int) -> tuple[int, int]:
        """Where a block mapping or list begins, and ends: where the next value begins."""
        _, last = self._block(line, column)
        starts = self.source.starts
        end = starts[last] + self.begins[last] if last < len(self.lines) else len(self.source.text)
        return starts[line] + column, end

    def _entry(self, number: int, key: str, column: int) -> Spot:
        """The spot of a key of a block mapping that stands on a line."""
        start = self.source.starts[number] + column
        end = start + len(key)
        if self.found[number][5] == OPEN:
            return start, end, *self._opened(number, column, end + 1)
        first, last, _ = self._on_line(number, column + len(key) + 1)
        return start, end, first, last

    def _opened(self, number: int, column: int, after: int) -> tuple[int, int]:
        """Where the value of a key with nothing on its line stands: on the lines below, or nowhere."""
        begins = self.begins
        number += 1
        while begins[number] == NOWHERE:
            number += 1
        begin = begins[number]
        if begin > column or (begin == column and self.found[number][3] != column):
            return self._extent(number, begin)
        return after, after

    def _item(self, rows: list[int], key: Key) -> Spot | None:
        """The spot of an item of a block list whose items begin on these lines."""
        if not isinstance(key, int) or not 0 <= key < len(rows):
            return None
        number = rows[key]
        column = self.found[number][3]
        if self.found[number][1] is not None:
            start, end = self._extent(number, column)
            return start, start, start, end
        start, end, first_end = self._on_line(number, column)
        return start, first_end, start, end

    def _on_line(self, number: int, column: int) -> tuple[int, int, int]:
        """Where the value at or after a column begins and ends, and where the first part of it ends."""
        base = self.source.starts[number]
        kind = self.found[number][5]
        match = match_value(self.lines[number], column)
        if kind == PAIR:
            start, end = scalar_extent(match, 1)
            return base + start, base + end, base + end
        if kind == TEXT:
            end = self._end_of_text(number)
            return base + match.start(5), end, end
        start = match.start(4)
        value, marks = self._marked(number)
        _, end, _ = marks[id(value)]
        return base + start, base + end, base + start + 1  # its first part is the bracket

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

    def _flow(self, place: LinePlace) -> tuple[int, int, int, dict[Any, Spot]]:
        """The offset of a container's first line; counted from it the beginning, the end, and the spots."""
        keys: list[Any] = []
        at = place
        while (above := self.places[id(at.parent)]).column == IN_FLOW:
            keys.append(at.key)
            at = above
        value, marks = self._marked(place.line)
        for key in reversed(keys):
            value = value[key]
        return self.source.starts[place.line], *marks[id(value)]

    def _marked(self, number: int) -> tuple[Any, Marks]:
        """The value of the `[…]` or `{…}` that begins on a line, and the places in it."""
        if number not in self._marks:
            _, key, _, column, _, _ = self.found[number]
            after = column if key is None else column + len(key) + 1
            text = self.ending.join(self.lines[number : self.ends.get(number, number) + 1])
            marks: Marks = {}
            value, _ = read_flow(text, match_value(self.lines[number], after).start(4), marks)
            self._marks[number] = value, marks
        return self._marks[number]


def _restored(source: Source, ends: dict[int, int]) -> LineLayout:
    """A layout that was pickled; its tree gives it the places."""
    layout = LineLayout(source)
    layout.ends = ends
    return layout
