"""Files as text: where a value stands in one, and how to show that place to a person.

This module imports nothing of policyscan.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from operator import add
from typing import NamedTuple


class Span(NamedTuple):
    """A region of a file: 1-based lines, 1-based columns in characters, the end column exclusive.

    `file` is the path as shown to people: relative to the scan's root where it lies below it,
    with forward slashes.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


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
        text = self.text
        if self._starts is None and "\r" not in text:
            lines = text.split("\n")
            # The lengths of the lines before, and one for the end of each: all of it without a loop here.
            self._starts = list(map(add, accumulate(map(len, lines), initial=0), range(len(lines))))
        if self._starts is None:
            starts = [0]
            position = 0
            while True:
                lf = text.find("\n", position)
                cr = text.find("\r", position)
                if lf < 0 and cr < 0:
                    break
                if cr >= 0 and (lf < 0 or cr < lf):
                    position = cr + (2 if lf == cr + 1 else 1)
                else:
                    position = lf + 1
                starts.append(position)
            self._starts = starts
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
        if self._starts is None and "\r" not in self.text:  # for one line not all of them need be found
            lines = self.text.split("\n", number)
            return lines[number - 1] if 1 <= number <= len(lines) else ""
        starts = self.starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")


_WIDEST = 160


def snippet(source: Source, span: Span) -> str:
    """The span's first line with its number, and carets under the span: two lines of text.

    A line longer than 160 characters is cut around the span.
    """
    text = source.line(span.line)
    first = span.column - 1
    last = span.end_column - 1 if span.end_line == span.line else len(text)
    cut = 0
    if len(text) > _WIDEST:
        cut = max(0, first - _WIDEST // 2)
        text = text[cut : cut + _WIDEST]
    gutter = f"{span.line} | "
    # A tab stays a tab so that the carets line up however wide the terminal shows it.
    lead = "".join("\t" if char == "\t" else " " for char in text[: first - cut])
    carets = "^" * max(1, min(last - cut, len(text)) - (first - cut))
    return f"{gutter}{text}\n{' ' * len(gutter)}{lead}{carets}"
