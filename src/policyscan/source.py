"""Files as text: where a value stands in one.

In: a text with the name of its file, and offsets in it. Out: a `Span` of lines and columns from 1, in
characters.

This module imports nothing of policyscan.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from operator import add

from policyscan.records import NamedTuple


class Span(NamedTuple):
    """A region of a file: 1-based lines, 1-based columns in characters, the end column exclusive.

    `file` is the path as shown to people: relative to the scan's root where it lies below it,
    with forward slashes. In a workbook lines are the rows of the sheet `sheet`, and columns are its columns.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    sheet: str = ""

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}{self.in_sheet}"
            if self.sheet
            else f"{self.file}:{self.line}:{self.column}"
        )

    @property
    def in_sheet(self) -> str:
        """Which sheet and column of a workbook it is, as ` (sheet Devices, column C)`; else empty."""
        return f" (sheet {self.sheet}, column {letters(self.column)})" if self.sheet else ""


def letters(column: int) -> str:
    """What a spreadsheet calls a column, which is counted from 1."""
    name = ""
    while column > 0:
        column, letter = divmod(column - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


class Source:
    """The decoded text of one file, with offsets (in characters) turned into lines on demand."""

    __slots__ = ("_starts", "file", "text")

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self._starts: list[int] | None = None

    @property
    def starts(self) -> list[int]:
        """Offset of the first character of every line; a line ends at LF, CRLF or a lone CR."""
        if self._starts is None:
            text = self.text
            if "\r" in text:
                import re

                self._starts = [0, *(end.end() for end in re.finditer(r"\r\n?|\n", text))]
            else:
                lines = text.split("\n")
                # The lengths of the lines before, and one for the end of each, without a loop here.
                self._starts = list(map(add, accumulate(map(len, lines), initial=0), range(len(lines))))
        return self._starts

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of an offset."""
        starts = self.starts
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        """The span of the characters from `start` up to, not including, `end`."""
        starts = self._starts or self.starts
        end = max(start, end)
        line, end_line = bisect_right(starts, start), bisect_right(starts, end)
        return Span(self.file, line, start - starts[line - 1] + 1, end_line, end - starts[end_line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of a 1-based line without its ending; empty past the end of the file."""
        starts = self.starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")


class SheetSource(Source):
    """The rows of a sheet of a workbook as lines of text, with tabs between the cells."""

    __slots__ = ("sheet",)

    def __init__(self, file: str, text: str, sheet: str) -> None:
        super().__init__(file, text)
        self.sheet = sheet

    def span(self, start: int, end: int) -> Span:
        """The rows and columns of the cells in which the characters stand."""
        (line, column), (end_line, last) = self.position(start), self.position(max(start, end))
        return Span(self.file, line, column, end_line, last + 1, self.sheet)

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based row and column of the cell that an offset is in."""
        line = bisect_right(self.starts, offset)
        return line, self.text.count("\t", self.starts[line - 1], offset) + 1
