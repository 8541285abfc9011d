"""The report as CSV, for spreadsheets: a row for each control, requirement and subject.

In: a report. Out: CSV as RFC 4180 has it, with the mark by which spreadsheets know UTF-8, and no cell that
one of them would take for a formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from policyscan.display import defused
from policyscan.findings import Report
from policyscan.reporters.options import Options
from policyscan.reporters.rows import columns, rows

_MARK = "\ufeff"
# A cell that begins with one of these (blanks before it do not help) may be run as a formula.
_ACTS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # the wide ones are taken for the others
_QUOTED = frozenset('",\r\n;\t')


def render(report: Report, options: Options) -> Iterator[str]:  # noqa: ARG001 - every format takes them
    """A header, then the rows; lines end as Excel ends them."""
    return _lines(columns(report), rows(report))


def table(columns: Sequence[str], rows_: Iterable[Iterable[str]]) -> str:
    """The text of a file with these columns and rows."""
    return "".join(_lines(columns, rows_))


def _lines(columns: Sequence[str], rows_: Iterable[Iterable[str]]) -> Iterator[str]:
    yield f"{_MARK}{_line(columns)}\r\n"
    yield from (f"{_line(row)}\r\n" for row in rows_)


def _line(cells: Iterable[str]) -> str:
    return ",".join(map(_cell, cells))


def _cell(text: str) -> str:
    text = defused(text)
    if text.lstrip().startswith(_ACTS):
        text = f"'{text}"
    if _QUOTED.isdisjoint(text) and text == text.strip():
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
