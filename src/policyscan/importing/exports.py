"""Exports: files that tools wrote, as rows with the places of their cells.

In: paths. Out: an `Export` each, whose rows are dicts of plain values; DocumentError for a file that is none,
is cut off, or is one page of several.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from policyscan.display import one_line
from policyscan.errors import DocumentError, Problems
from policyscan.reading.glance import is_workbook
from policyscan.reading.json_reader import read_json
from policyscan.reading.tables import MARKS, Grid
from policyscan.reading.text import Content, read_content, top
from policyscan.reading.tree import Tree
from policyscan.source import Source, Span

RowDict = dict[str, Any]
_NEXT = (
    ("@odata.nextLink",), ("pageDetails", "nextPageUrl"), ("pagination", "next_page_token"),
    ("pagination", "nextCursor"), ("paging", "cursors", "after"),
)  # fmt: skip
_MARKED = tuple(MARKS)


_OLD_XML = re.compile(
    rb"""<\?xml[^>]{0,80}encoding=["'](iso-8859-1|windows-1252|us-ascii)["']""", re.IGNORECASE
)


def _source(content: Content) -> Source:
    """The text of a file; XML says itself in which letters it is written."""
    older = _OLD_XML.match(content.data)
    if older is not None:
        return Source(content.name, content.data.decode("cp1252", "replace"))
    return content.source()


class Export:
    """One file. `name` is what people call it, `modified` when it was saved."""

    def __init__(self, content: Content, modified: datetime) -> None:
        self.content = content
        self.name = content.name
        self.modified = modified
        self.is_workbook = is_workbook(content.name)
        self.source: Source = Source(content.name, "") if self.is_workbook else _source(content)
        self._places: dict[int, Callable[[], Span]] = {}
        self._cells: dict[int, Callable[[str], Span]] = {}
        self._kept: list[Any] = []
        self._value: Any = None

    @property
    def digest(self) -> str:
        """What stands for its bytes: `sha256:` and 64 hex digits."""
        return f"sha256:{hashlib.sha256(self.content.data).hexdigest()}"

    def top(self) -> Span:
        """The file as a whole."""
        return top(self.name)

    def place(self, row: RowDict) -> Span:
        """Where a row stands; the file as a whole for one that is made up of others."""
        found = self._places.get(id(row))
        return found() if found is not None else self.top()

    def cell(self, row: RowDict, name: str) -> Span:
        """Where the value of a name stands in a row, which leads into what is nested with dots; the row where
        that cannot be told."""
        if name not in row and "." in name:
            head, _, rest = name.partition(".")
            inner = row.get(head)
            return self.cell(inner, rest) if inner.__class__ is dict else self.place(row)
        found = self._cells.get(id(row))
        return found(name) if found is not None and name in row else self.place(row)

    def stand_in(self, row: RowDict, other: RowDict, names: Mapping[str, str] | None = None) -> None:
        """Lets a row that was made of another one stand in its place; `names` say what its values are called
        in that one."""
        self._kept.append(row)
        self._places[id(row)] = partial(self.place, other)
        if names is not None:
            self._cells[id(row)] = lambda name: self.cell(other, names[name])

    def renamed(self, row: RowDict, names: Mapping[str, str]) -> RowDict:
        """A row with the values that names stand for there, in its place."""
        made = {name: row[there] for name, there in names.items()}
        self.stand_in(made, row, names)
        return made

    # --- JSON

    @property
    def value(self) -> Any:
        """What a JSON file holds; of a file with a JSON value on each line, a list of these."""
        if self._value is None:
            self._value = self._by_lines() if self._has_lines() else self._tree(self.source).value
        return self._value

    def _has_lines(self) -> bool:
        lines = self.source.text.strip().splitlines()
        return len(lines) > 1 and all(line.startswith("{") and line.endswith("}") for line in lines)

    def _tree(self, source: Source) -> Tree:
        if source.text.lstrip()[:1] not in ("{", "[", ""):
            raise DocumentError("this export is no JSON", at=self.top(), hint=_ASKED)
        trees, problems = read_json(source)
        if problems:
            raise Problems(DocumentError(one.message, at=one.at, hint=one.hint or _WHOLE) for one in problems)
        if not trees:
            raise DocumentError("this export is empty", at=self.top(), hint="export it again")
        tree = trees[0]
        self._kept.append(tree)
        for container in tree.containers():
            self._places[id(container)] = partial(tree.key_span_of, container)
            self._cells[id(container)] = partial(tree.span_of, container)
        return tree

    def _by_lines(self) -> list[Any]:
        """Each line by itself, at its place in the file."""
        found = []
        for number, line in enumerate(self.source.text.splitlines(), 1):
            if line.strip():
                lead = Source(self.name, "\n" * (number - 1) + line)
                found.append(self._tree(lead).value)
        return found

    def has_next_page(self) -> bool:
        """Whether it says that there is more on another page."""
        value = self.value
        return any(_dug(value, path) for path in _NEXT)

    def rows(self, *names: str) -> list[RowDict]:
        """The rows of a JSON export: the list at its top, or below one of these names."""
        found = self.value
        for name in names:
            if found.__class__ is dict and found.get(name).__class__ is list:
                found = found[name]
        if found.__class__ is not list:
            self._refuse_failure()
            wanted = " or ".join(names) or "its top"
            raise DocumentError(f"there is no list at {wanted} in this file", at=self.top(), hint=_WHICH)
        rows = [row for row in found if row.__class__ is dict]
        if len(rows) != len(found):
            raise DocumentError(
                "not every entry of the list has names and values", at=self.top(), hint=_WHICH
            )
        return rows

    def _refuse_failure(self) -> None:
        """Refuses what a tool answered when it could not do what was asked."""
        error = _dug(self.value, ("error",)) or self.value
        said = _dug(error, ("message",)) or (error if error.__class__ is str else None)
        if isinstance(said, str):
            message = f"this is no export, but what the tool said when it failed: {one_line(said)[:_MOST]}"
            raise DocumentError(message, at=self.top(), hint="sign in, and export it again")

    # --- tables

    def table(self, sheet: str = "") -> list[RowDict]:
        """The rows of a CSV export, or of a sheet of a workbook, by the names of their columns; raises
        DocumentError at its row."""
        grid = self._grid(sheet)
        header = self._header(grid)
        rows = []
        for line, cells in grid.rows():
            if any(map(str.strip, cells)):
                if [_plain(cell) for cell in cells] == header:
                    start = grid.source.starts[line]
                    message = "the header stands here again: these are two exports, one after the other"
                    raise DocumentError(message, at=grid.source.span(start, start), hint=_AGAIN)
                rows.append(self._row(grid, line, header, cells))
        return rows

    def _grid(self, sheet: str) -> Grid:
        if not self.is_workbook:
            if self.source.text.lstrip()[:1] in ("{", "["):
                raise DocumentError("this export is no table, but JSON", at=self.top(), hint=_ASKED)
            return Grid(self.source)
        from policyscan.reading.workbook import read_sheet

        return read_sheet(self.content, sheet)

    def _header(self, grid: Grid) -> Sequence[str]:
        names = [_plain(name) for name in grid.names]
        twice = next((name for name in names if name and names.count(name) > 1), None)
        if twice is not None:
            at = grid.source.span(*grid.header[len(names) - 1 - names[::-1].index(twice)])
            raise DocumentError(f"there are two columns {twice}", at=at, hint=_AGAIN)
        return names

    def _row(self, grid: Grid, line: int, header: Sequence[str], cells: Sequence[str]) -> RowDict:
        start, source = grid.source.starts[line], grid.source
        if len(cells) != len(header):
            message = f"this row has {_number(len(cells), 'cell')}, but there {_columns(len(header))}"
            raise DocumentError(message, at=source.span(start, start), hint=_AGAIN)
        row = dict(zip(header, map(_cell, cells), strict=True))
        self._places[id(row)] = lambda: source.span(*grid.cells(start)[0])
        self._cells[id(row)] = lambda name: source.span(*grid.cells(start)[header.index(name)])
        self._kept.append(row)
        return row


def _plain(name: str) -> str:
    """A column's name without what no one sees in it."""
    return " ".join(name.removeprefix("\ufeff").split())


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _columns(count: int) -> str:
    return "is 1 column" if count == 1 else f"are {count} columns"


class MadeCell(str):
    """The text of a cell of which a spreadsheet made a date or a number of its own."""

    __slots__ = ()


def _cell(text: str) -> str:
    return MadeCell(text[1:]) if text[:1] in _MARKED else text.strip()


_FIRST = 4096  # bytes
_MOST = 200  # characters
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_ASKED = "check that it is the export that is asked for: `policyscan import --list`"
_WHOLE = "export it again, and wait until all of it is there"
_WHICH = "check that it is the export that is asked for, and that it was saved whole"
_AGAIN = "export it again, and do not save it in a spreadsheet in between"


def _dug(value: Any, path: Sequence[str]) -> Any:
    for key in path:
        value = value.get(key) if value.__class__ is dict else None
    return value


_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<!doctype html|<html)", re.IGNORECASE)


def _what_else(data: bytes) -> tuple[str, str] | None:
    """What a file is instead of an export that can be read, and what to do; None if nothing is known."""
    if data.startswith(_ZIP) and b"xl/" in data:
        return "a workbook", "call it .xlsx, or save its sheet as CSV"
    if data.startswith((_ZIP, _GZIP)):
        return "an archive", "unpack it, and name what is in it"
    if data.startswith(b"%PDF-"):
        return "a PDF document", "export it as CSV or JSON"
    if _PAGE.match(data):
        return "a web page, such as one to sign in on", "sign in, and export it again"
    return None


def open_export(path: str | os.PathLike[str]) -> Export:
    """The export in a file; raises DocumentError."""
    name = os.fspath(path).replace(os.sep, "/")
    content = read_content(path, name)
    if not content.data.strip():
        raise DocumentError("this export is empty", at=top(name), hint="export it again")
    other = _what_else(content.data) if not is_workbook(name) else None
    if other is not None:
        raise DocumentError(f"this is no export, but {other[0]}", at=top(name), hint=other[1])
    if b"\0" in content.data[:_FIRST] and not is_workbook(name) and content.data[:2] not in _UTF16:
        message = "this is no text: it may be UTF-16 without the mark that says so, or another kind of file"
        raise DocumentError(message, at=top(name), hint="export it again, or save it with the encoding UTF-8")
    return Export(content, datetime.fromtimestamp(Path(path).stat().st_mtime, UTC))


def check_pages(exports: Sequence[Export]) -> None:
    """Refuses half an export: one that goes on on a page that is not among the files."""
    open_ended = [one for one in exports if one.has_next_page()]
    if open_ended and len(open_ended) >= len(exports):
        message = "this export goes on on another page, which is not among the files: it is half an export"
        hint = "export all pages, and name all their files together"
        raise DocumentError(message, at=open_ended[-1].top(), hint=hint)
