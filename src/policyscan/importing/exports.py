"""Exports: files that tools wrote, as rows with their places.

In: paths. Out: an `Export` each, whose rows are dicts of plain values; DocumentError for a file that is none,
is cut off, or is one page of several.
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

from policyscan.errors import DocumentError, Problems
from policyscan.reading.json_reader import read_json
from policyscan.reading.text import Content, read_content, top
from policyscan.reading.tree import Tree
from policyscan.source import Source, Span

RowDict = dict[str, Any]
_NEXT = (
    ("@odata.nextLink",), ("pageDetails", "nextPageUrl"), ("pagination", "next_page_token"),
    ("pagination", "nextCursor"), ("paging", "cursors", "after"),
)  # fmt: skip
_DELIMITERS = ",;\t"


class Export:
    """One file. `name` is what people call it, `modified` when it was saved."""

    def __init__(self, content: Content, modified: datetime) -> None:
        self.content = content
        self.name = content.name
        self.modified = modified
        self.source: Source = content.source()
        self._places: dict[int, Callable[[], Span]] = {}
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

    def stand_in(self, row: RowDict, other: RowDict) -> None:
        """Lets a row that was made of another one stand in its place."""
        self._kept.append(row)
        self._places[id(row)] = partial(self.place, other)

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
        trees, problems = read_json(source)
        if problems:
            raise Problems(problems)
        if not trees:
            raise DocumentError("this export is empty", at=self.top(), hint="export it again")
        tree = trees[0]
        self._kept.append(tree)
        for container in tree.containers():
            self._places[id(container)] = partial(tree.key_span_of, container)
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
            wanted = " or ".join(names) or "its top"
            raise DocumentError(f"there is no list at {wanted} in this file", at=self.top(), hint=_WHICH)
        rows = [row for row in found if row.__class__ is dict]
        if len(rows) != len(found):
            raise DocumentError(
                "not every entry of the list has names and values", at=self.top(), hint=_WHICH
            )
        return rows

    # --- CSV

    def table(self) -> list[RowDict]:
        """The rows of a CSV export by the names of its columns; raises DocumentError at its row."""
        text = self.source.text
        first = text.split("\n", 1)[0]
        delimiter = max(_DELIMITERS, key=first.count)
        reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
        header: Sequence[str] = ()
        rows = []
        try:
            for line, cells in _numbered(reader):
                if not header:
                    header = self._header(cells)
                elif any(map(str.strip, cells)):
                    rows.append(self._row(line, header, cells))
        except csv.Error as error:
            at = Span(self.name, reader.line_num, 1, reader.line_num, 1)
            raise DocumentError(f"this row cannot be read: {error}", at=at, hint=_AGAIN) from None
        return rows

    def _header(self, cells: Sequence[str]) -> Sequence[str]:
        names = [cell.strip() for cell in cells]
        twice = next((name for name in names if name and names.count(name) > 1), None)
        if twice is not None:
            raise DocumentError(f"there are two columns {twice}", at=self.top(), hint=_AGAIN)
        return names

    def _row(self, line: int, header: Sequence[str], cells: Sequence[str]) -> RowDict:
        at = Span(self.name, line, 1, line, 1)
        if len(cells) != len(header):
            message = f"this row has {len(cells)} cells, but there are {len(header)} columns"
            raise DocumentError(message, at=at, hint=_AGAIN)
        row = dict(zip(header, (cell.strip() for cell in cells), strict=True))
        self._places[id(row)] = lambda: at
        self._kept.append(row)
        return row


_WHICH = "check that it is the export that is asked for, and that it was saved whole"
_AGAIN = "export it again, and do not save it in a spreadsheet in between"


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    line = 1
    for cells in reader:
        yield line, cells
        line = reader.line_num + 1


def _dug(value: Any, path: Sequence[str]) -> Any:
    for key in path:
        value = value.get(key) if value.__class__ is dict else None
    return value


def open_export(path: str | os.PathLike[str]) -> Export:
    """The export in a file; raises DocumentError."""
    name = os.fspath(path).replace(os.sep, "/")
    content = read_content(path, name)
    if not content.data.strip():
        raise DocumentError("this export is empty", at=top(name), hint="export it again")
    return Export(content, datetime.fromtimestamp(Path(path).stat().st_mtime, UTC))


def check_pages(exports: Sequence[Export]) -> None:
    """Refuses half an export: one that goes on on a page that is not among the files."""
    open_ended = [one for one in exports if one.has_next_page()]
    if open_ended and len(open_ended) >= len(exports):
        message = "this export goes on on another page, which is not among the files: it is half an export"
        hint = "export all pages, and name all their files together"
        raise DocumentError(message, at=open_ended[-1].top(), hint=hint)
