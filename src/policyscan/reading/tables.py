"""Tables: the rows of a CSV text as items of a list, each value with the place of its cell.

In: a text, and what its columns mean, which only somebody knows who knows the kind. Out: a grid of texts with
the places of its cells; then a `TableTree`, and a problem at its cell for each value that cannot be meant.

An empty cell says nothing: its key is blank, as a key with nothing after it is in YAML. A row in which all
cells are empty is none.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from itertools import islice, repeat
from typing import Any

from policyscan.errors import DocumentError
from policyscan.patterns import when_used
from policyscan.reading import limits
from policyscan.reading.scalars import BadScalar
from policyscan.reading.text import top
from policyscan.reading.tree import BLANK, Container, Key, LinePlace, Region, Spot, Tree, by_id, containers_of
from policyscan.records import NamedTuple
from policyscan.source import Source, Span

DAY, NUMBER = "\ufdd0", "\ufdd1"
"""What the text of a cell of a workbook begins with that is a date, or a number but no plain whole one."""
MARKS = DAY + NUMBER
_DELIMITERS = ",;\t"
_SEP = when_used(r"sep=(.)(?:\r\n|\r|\n)", re.IGNORECASE)
_QUOTED = when_used(r'"(?:[^"]|"")*"')
_MOST_PROBLEMS = 50
_AT_ONCE = 512  # rows
_MOST_REMEMBERED = 2_000  # different texts of one column
_NOWHERE = -1  # the line of what is no row, or in none


class Column(NamedTuple):
    """What the cells of a column say: the keys that lead to it from a row, and how to read a text that is not
    empty, which may raise BadScalar. `own`: nobody else knows of it, so that an empty cell makes nothing
    unknown."""

    path: tuple[str, ...]
    read: Callable[[str], Any]
    own: bool = False


class ListPath(NamedTuple):
    """Which list the rows are: the keys that lead to it from the root of the inventory.

    `owner` is how many of them lead to the list in whose items the list stands, 0 if it stands in none; `key`
    identifies these, and the rows say it in a column with that list's name.
    """

    steps: tuple[str, ...]
    owner: int = 0
    key: str = ""


class Grid:
    """The texts of a table, row by row. Raises DocumentError for a text that is no table."""

    __slots__ = ("delimiter", "first", "header", "source")

    def __init__(self, source: Source) -> None:
        self.source = source
        text = source.text
        if "\0" in text:
            at = text.index("\0")
            raise DocumentError(
                "this is no text: it may be UTF-16, or a workbook",
                at=source.span(at, at + 1),
                hint="save it as CSV, with the encoding UTF-8",
            )
        said = _SEP.match(text)
        start = said.end() if said else 0
        self.first = start
        """Where the header begins."""
        line = text[start : _end_of_line(text, start)]
        self.delimiter = said[1] if said else max(_DELIMITERS, key=line.count)
        self.header = self.cells(start)
        """Where the names of the columns stand."""

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [_unquoted(self.source.text[start:end]) for start, end in self.header]

    def cells(self, at: int) -> list[tuple[int, int]]:
        """Where the cells of the row stand that begins at an offset."""
        text, found = self.source.text, []
        plain = re.compile(f"[^{re.escape(self.delimiter)}\r\n]*")
        while True:
            match = _QUOTED.match(text, at) or plain.match(text, at)
            end = match.end() if match is not None else at
            found.append((at, end))
            if text[end : end + 1] != self.delimiter:
                return found
            at = end + 1

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row below the header: its line, from 0, and its cells."""
        import csv

        source = self.source
        before = source.position(self.first)[0] - 1
        text, starts = source.text, source.starts[before:]
        lines = (text[start:end] for start, end in zip(starts, (*starts[1:], len(text)), strict=True))
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        line = 0
        try:
            for cells in reader:
                if line:
                    yield before + line, cells
                line = reader.line_num
        except csv.Error as error:
            raise self._broken(before + line, str(error), csv.field_size_limit()) from None

    def _broken(self, line: int, why: str, longest: int) -> DocumentError:
        """What is wrong with the row that begins on a line, from 0."""
        at, text = self.source.starts[line], self.source.text
        cells = self.cells(at)
        hint = 'a cell with quotes in it is written "a ""b"" c"'
        if "limit" in why:
            cell = max(cells, key=lambda cell: cell[1] - cell[0])
            message = f"this cell has more than {longest:,} characters"
            return DocumentError(message, at=self.source.span(cell[0], cell[0] + 1), hint=None)
        quoted = next((start for start, _ in cells if text[start : start + 1] == '"'), at)
        if "end of data" in why:
            message = "the quotes that open here are not closed before the file ends"
            quoted = next(
                (s for s, e in cells if text[s : s + 1] == '"' and not _QUOTED.match(text, s)), quoted
            )
        else:
            message = "something stands behind the quotes of a cell in this row"
            quoted = cells[-1][1]
        return DocumentError(message, at=self.source.span(quoted, quoted + 1), hint=hint)


def _end_of_line(text: str, at: int) -> int:
    ends = [end for end in (text.find("\n", at), text.find("\r", at)) if end >= 0]
    return min(ends, default=len(text))


def _unquoted(text: str) -> str:
    if text[:1] == '"':
        text = text[1:-1].replace('""', '"')
    return text.strip()


class _Node:
    """The columns below one key of a row: that of the key itself, and those of keys within it."""

    __slots__ = ("column", "inner", "known", "lists", "own", "read")

    def __init__(self) -> None:
        self.column = -1
        self.own = False
        self.read: Callable[[str], Any] = str
        self.known: dict[str, Any] = {}  # what texts mean that come again and again
        self.lists = False  # whether one of these is a list
        self.inner: dict[str, _Node] = {}


class _Rows(NamedTuple):
    """Some rows of a table: the line of each, from 0, and the texts of each column."""

    lines: Sequence[int]
    columns: Sequence[Sequence[str]]


class TableReader:
    """Makes the tree of a grid."""

    def __init__(self, grid: Grid, target: ListPath, columns: Sequence[Column | None]) -> None:
        """`columns` are as many as the grid has; None for one without a name, in which nothing may stand."""
        self.grid = grid
        self.target = target
        self.paths = [column.path if column is not None else None for column in columns]
        self.problems: list[DocumentError] = []
        self._root = _Node()
        self._owner = -1
        self._unnamed = [number for number, column in enumerate(columns) if column is None]
        for number, column in enumerate(columns):
            if column is not None and column.path:
                self._put(number, column)
            elif column is not None:
                self._owner = number
        self._places: dict[int, Any] = {}
        self._blanks: dict[int, list[str]] = {}

    def _put(self, number: int, column: Column) -> None:
        node = self._root
        for step in column.path:
            node = node.inner.setdefault(step, _Node())
        node.column, node.read, node.own = number, column.read, column.own

    def tree(self) -> TableTree:
        """The rows as a tree of their own; what is wrong with them is in `problems`."""
        self._places, self._blanks, self.problems = {}, {}, []
        lists = {} if self._owner >= 0 else {"": _List((0, 0))}
        try:
            for rows in self._batches():
                self._take(rows, lists)
                if len(self._places) > limits.MAX_PARTS:
                    self._say(
                        rows.lines[-1], 0, f"a table has at most {limits.MAX_PARTS:,} rows and parts of rows"
                    )
                    break
        except DocumentError as problem:
            self.problems.append(problem)
        self.problems.sort(key=lambda problem: problem.at or ())
        return self._made(lists)

    def _batches(self) -> Iterator[_Rows]:
        """The rows that say something, many at a time; none once too much is wrong."""
        rows = self._sound()
        while taken := list(islice(rows, _AT_ONCE)):
            yield _Rows([line for line, _ in taken], list(zip(*(cells for _, cells in taken), strict=True)))
            if len(self.problems) >= _MOST_PROBLEMS:
                message = f"after {_MOST_PROBLEMS} errors the rest of this table was not looked at"
                at = self.grid.source.span(*self._span(taken[-1][0], 0))
                self.problems.append(DocumentError(message, at=at))
                return

    def _sound(self) -> Iterator[tuple[int, list[str]]]:
        width = len(self.paths)
        for line, cells in self.grid.rows():
            if any(cells) and (len(cells) == width or self._fits(line, cells, width)):
                yield line, cells

    def _fits(self, line: int, cells: list[str], width: int) -> bool:
        """Whether a row that is longer than the header has nothing in what is too much."""
        if len(cells) > width and not any(cells[width:]):
            del cells[width:]
            return any(cells)
        number = min(width, len(cells)) - (len(cells) < width)
        message = f"this row has {len(cells)} cells, but there are {width} columns"
        hint = "a cell with the delimiter in it stands in quotes; an empty cell keeps its delimiter"
        self._say(line, number, message, hint)
        return False

    def _take(self, rows: _Rows, lists: dict[str, _List]) -> None:
        """Add some rows to the lists that they belong to."""
        for number in self._unnamed:
            for line, text in zip(rows.lines, rows.columns[number], strict=True):
                if text.strip():
                    self._say(line, number, "this cell stands below no name: its column has none")
        made, _ = self._mappings(self._root, rows)
        if self._owner < 0:
            self._append(lists[""], rows.lines, made)
            return
        for line, owner, row in zip(rows.lines, rows.columns[self._owner], made, strict=True):
            name = owner.strip()
            if not name:
                self._say(line, self._owner, "this cell is empty, so that nobody knows whose row this is")
                continue
            if name not in lists:
                lists[name] = _List(self._span(line, self._owner))
            self._append(lists[name], [line], [row])

    def _append(self, to: _List, lines: Sequence[int], rows: Sequence[dict[str, Any]]) -> None:
        numbers = range(len(to.rows), len(to.rows) + len(rows))
        places = map(_place, zip(lines, repeat(0), repeat(to.rows), numbers))
        self._places.update(zip(map(id, rows), places, strict=False))
        to.rows.extend(rows)
        to.lines.extend(lines)

    def _mappings(self, node: _Node, rows: _Rows) -> tuple[list[dict[str, Any]], list[bool]]:
        """What rows say below a key, and whether each says anything there."""
        keys = tuple(node.inner)
        values = [self._values(inner, rows) for inner in node.inner.values()]
        if not values:
            return [{} for _ in rows.lines], [False] * len(rows.lines)
        made: list[dict[str, Any]] = list(map(dict, map(zip, repeat(keys), zip(*values, strict=True))))
        some = [True] * len(made)
        if any(BLANK in column for column in values):
            own = {key for key, inner in node.inner.items() if inner.own}
            for number, one in enumerate(made):
                some[number] = self._without_blanks(one, own)
        for (key, inner), column in zip(node.inner.items(), values, strict=True):
            if inner.inner or inner.lists:
                self._stand(key, column, made, rows.lines)
        return made, some

    def _without_blanks(self, one: dict[str, Any], own: Collection[str]) -> bool:
        """Take out of a mapping what is blank; whether anything is left."""
        blank = [key for key, value in one.items() if value is BLANK]
        if blank:
            for key in blank:
                del one[key]
            if unknown := [key for key in blank if key not in own]:
                self._blanks[id(one)] = unknown
        return bool(one)

    def _stand(self, key: str, column: Sequence[Any], made: Sequence[Any], lines: Sequence[int]) -> None:
        """Remember where the mappings and lists stand that rows have at a key."""
        held = [number for number, value in enumerate(column) if value.__class__ in (dict, list)]
        if len(held) == len(made):
            places = map(_place, zip(lines, repeat(0), made, repeat(key)))
            self._places.update(zip(map(id, column), places, strict=False))
            return
        for number in held:
            self._places[id(column[number])] = LinePlace(lines[number], 0, made[number], key)

    def _values(self, node: _Node, rows: _Rows) -> Sequence[Any]:
        """What rows say at a key: in a column of its own, in columns for what is within, or in both."""
        own = self._leaves(node, rows) if node.column >= 0 else None
        if not node.inner:
            return own or ()
        made, some = self._mappings(node, rows)
        if own is None and all(some):
            return made
        values = list(own) if own is not None else [BLANK] * len(made)
        for number, one in enumerate(made):
            if not some[number]:
                self._blanks.pop(id(one), None)
                continue
            if values[number] is not BLANK:
                name = self.grid.names[node.column]
                message = f"{name} says one thing in this row, and the columns for what is in it say another"
                self._say(rows.lines[number], node.column, message, "empty one of them")
            values[number] = one
        return values

    def _leaves(self, node: _Node, rows: _Rows) -> Sequence[Any]:
        """What the cells of a column mean, of which many say the same."""
        column = rows.columns[node.column]
        texts = set(column)
        if texts - node.known.keys():
            if len(node.known) > _MOST_REMEMBERED:
                node.known = {}
            for text in texts - node.known.keys():
                node.known[text] = self._leaf(node, rows, text)
        values: list[Any] = list(map(node.known.__getitem__, column))
        return [v.copy() if v.__class__ is list else v for v in values] if node.lists else values

    def _leaf(self, node: _Node, rows: _Rows, text: str) -> Any:
        stripped = text.strip()
        if not stripped:
            return BLANK
        try:
            value = node.read(stripped)
        except BadScalar as bad:
            for line, other in zip(rows.lines, rows.columns[node.column], strict=True):
                if other == text:
                    self._say(line, node.column, f"{self.grid.names[node.column]}: {bad.message}", bad.hint)
            return BLANK
        node.lists = node.lists or value.__class__ is list
        return value

    def _span(self, line: int, column: int) -> tuple[int, int]:
        cells = self.grid.cells(self.grid.source.starts[line])
        return cells[column] if column < len(cells) else (cells[-1][1], cells[-1][1])

    def _say(self, line: int, column: int, message: str, hint: str | None = None) -> None:
        if len(self.problems) < _MOST_PROBLEMS:
            at = self.grid.source.span(*self._span(line, column))
            self.problems.append(DocumentError(message, at=at, hint=hint))

    def _made(self, lists: dict[str, _List]) -> TableTree:
        value: dict[str, Any] = {}
        places, steps = self._places, self.target.steps
        places[id(value)] = LinePlace(_NOWHERE, 0, None, None)
        grafts = []
        for number, (owner, one) in enumerate(lists.items()):
            if not one.rows:  # a header alone: nobody has said that there are none
                self._blanks[id(value)] = [steps[0]]
                continue
            places[id(one.rows)] = LinePlace(_NOWHERE, number, value, steps[-1])
            if owner or len(steps) > 1:
                grafts.append(Graft(owner, self.target, one.rows, one.region))
            else:
                value[steps[0]] = one.rows
        layout = TableLayout(self.grid, self.paths, [one.lines for one in lists.values()])
        return TableTree(self, layout, value, places, self._blanks, grafts)


class _List:
    """A list that rows belong to: these, the line of each, and where its owner is first named."""

    __slots__ = ("lines", "region", "rows")

    def __init__(self, region: tuple[int, int]) -> None:
        self.rows: list[dict[str, Any]] = []
        self.lines = array("I")
        self.region = region


_place: Callable[[tuple[int, int, Any, Any]], LinePlace] = partial(tuple.__new__, LinePlace)
"""A place of its parts, at a third of what a call of the class costs."""


class Graft(NamedTuple):
    """Rows that belong into a list of another part of the inventory, in the item `owner` if that is not
    empty; and where that is said, in characters."""

    owner: str
    target: ListPath
    rows: list[Any]
    region: tuple[int, int]


class TableTree(Tree):
    """The tree of a table. `grafts` are those of its rows that stand in what other files of the inventory
    say."""

    __slots__ = ("grafts", "made_by")
    is_table = True

    def __init__(
        self, made_by: TableReader | None, layout: TableLayout, value: dict[str, Any], places: dict[int, Any],
        blanks: dict[int, list[str]], grafts: list[Graft],
    ) -> None:  # fmt: skip
        """`made_by` makes it again; None for one from another process, which nobody joins to others."""
        region = Region(layout.grid.first, layout.grid.first)
        super().__init__(layout.grid.source, 0, value, places, blanks, region, region, layout)
        layout.places = places
        self.made_by = made_by
        self.grafts = grafts

    def again(self) -> Tree:
        """The same as it was when it had just been read."""
        assert self.made_by is not None
        return self.made_by.tree()

    def read_again(self) -> tuple[Grid, str]:
        """The grid that it was made of, and the name of the table."""
        assert self.made_by is not None
        return self.made_by.grid, ".".join(self.made_by.target.steps)

    def __reduce__(self) -> Any:
        containers = self.containers()
        places = [self.places.get(id(container)) for container in containers]
        blanks = [self.blanks.get(id(container)) for container in containers]
        return _restored, (self.layout, self.value, containers, places, blanks, self.grafts, self.replaced)

    def open(self, inner: dict[str, Any], holder: dict[str, Any], key: str) -> None:
        """Let a mapping stand at a key of which all cells are empty, so that each of its own is."""
        layout, place = self.layout, self.places[id(holder)]
        if isinstance(layout, TableLayout) and isinstance(place, LinePlace):
            self.blanks[id(inner)] = layout.names_below(place, key)
            self.places[id(inner)] = place._replace(parent=holder, key=key)  # type: ignore[assignment]

    def containers(self) -> list[Any]:
        """Every container of the document, those too that stand in what other files say."""
        return containers_of((self.value, *(graft.rows for graft in self.grafts), *self.replaced))

    def key_span_of(self, container: Container, key: Key = None) -> Span:
        """The place of a cell; of a row, that of its first cell with something in it."""
        place = self.places[id(container)]
        layout = self.layout
        if key is None and isinstance(layout, TableLayout) and layout.is_row(place):
            return self.source.span(*layout.first_cell(place))
        return super().key_span_of(container, key)


class TableLayout:
    """Where the cells of a table stand, each worked out when it is asked for.

    `paths` are those of the columns. The `line` of a LinePlace is that of the row, from 0; that of a list of
    rows is `_NOWHERE`, and its `column` the number of its lines in `lines`.
    """

    __slots__ = ("grid", "lines", "paths", "places")

    def __init__(self, grid: Grid, paths: Sequence[tuple[str, ...] | None], lines: list[array[int]]) -> None:
        self.grid = grid
        self.paths = paths
        self.lines = lines
        self.places: dict[int, LinePlace] = {}

    def __reduce__(self) -> Any:
        return TableLayout, (self.grid, self.paths, self.lines)

    def is_row(self, place: Any) -> bool:
        """Whether a place is that of a row."""
        return place.line != _NOWHERE and not self._path(place)

    def first_cell(self, place: Any) -> tuple[int, int]:
        """The first cell of a row with something in it."""
        return next((cell for cell in self._cells(place) if cell[0] < cell[1]), self._cells(place)[0])

    def extent(self, place: LinePlace) -> tuple[int, int]:
        """Where a row or a part of one begins and ends; of what is no row, where the header does."""
        if place.line == _NOWHERE:
            return self.grid.header[0][0], self.grid.header[-1][1]
        cells = self._within(place, self._path(place))
        return (cells[0][0], cells[-1][1]) if cells else self.first_cell(place)

    def spot(self, place: LinePlace, key: Key) -> Spot | None:
        """Where a cell stands, or a row; None if there is none."""
        if place.line != _NOWHERE:
            path = self._path(place)
            cells = self._within(place, path if isinstance(key, int) else (*path, str(key)))
            return (*cells[0], cells[0][0], cells[-1][1]) if cells else None
        if not isinstance(key, int):
            start, end = self.extent(place)
            return start, end, start, end
        lines = self.lines[place.column]
        if not 0 <= key < len(lines):
            return None
        cells = self.grid.cells(self.grid.source.starts[lines[key]])
        return (*cells[0], cells[0][0], cells[-1][1])

    def names_below(self, place: LinePlace, key: str) -> list[str]:
        """The keys that columns have within a key of a row or of a part of one."""
        path = (*self._path(place), key)
        depth = len(path)
        inner = (p[depth] for p in self.paths if p is not None and len(p) > depth and p[:depth] == path)
        return list(dict.fromkeys(inner))

    def _cells(self, place: LinePlace) -> list[tuple[int, int]]:
        return self.grid.cells(self.grid.source.starts[place.line])

    def _within(self, place: LinePlace, path: tuple[str, ...]) -> list[tuple[int, int]]:
        """The cells of a row that say something at or below a path."""
        cells = self._cells(place)
        numbers = [n for n, p in enumerate(self.paths) if p is not None and p[: len(path)] == path]
        return [cells[number] for number in numbers if number < len(cells)]

    def _path(self, place: LinePlace) -> tuple[str, ...]:
        """The keys that lead to a container from its row."""
        keys: list[str] = []
        above = self.places.get(id(place.parent))
        while above is not None and above.line != _NOWHERE:
            keys.append(str(place.key))
            place, above = above, self.places.get(id(above.parent))
        return tuple(reversed(keys))


def _restored(
    layout: TableLayout, value: dict[str, Any], containers: list[Any], places: list[Any], blanks: list[Any],
    grafts: list[Graft], replaced: list[Any],
) -> TableTree:  # fmt: skip
    found = by_id(containers, places)
    tree = TableTree(None, layout, value, found, by_id(containers, blanks), grafts)
    tree.replaced = replaced
    return tree


def empty_table(source: Source) -> DocumentError:
    """That a table has no header."""
    hint = "its first row names the columns, such as id,hostname,os.version"
    return DocumentError("this table is empty: it has no header", at=top(source.file), hint=hint)
