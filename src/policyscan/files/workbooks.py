"""Workbooks in the folder of an inventory: which of their sheets are tables, and what is told of them.

In: the outline of a workbook, the name of its file, and the sections that an inventory has. Out: a
`SheetChoice`; DocumentError where nobody can tell which sheet is meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from policyscan.errors import DocumentError
from policyscan.reading.text import top
from policyscan.reading.workbook_outline import Outline, SheetOutline
from policyscan.records import NamedTuple
from policyscan.source import letters

_MOST_NAMED = 3


class SheetChoice(NamedTuple):
    """The sheets that are tables, each with the name of its table, and notes on what people do not see."""

    tables: tuple[tuple[str, SheetOutline], ...]
    notes: tuple[str, ...]


def choose_sheets(file: str, stem: str, outline: Outline, sections: Collection[str]) -> SheetChoice:
    """The tables of a workbook: every sheet that is called like a section, or, where none is and the file is,
    its only sheet. None: it is no part of the inventory. Raises DocumentError."""
    named = [
        (sheet.name.strip().lower(), sheet)
        for sheet in outline.sheets
        if sheet.name.strip().lower().partition(".")[0] in sections
    ]
    filled = [sheet for sheet in outline.sheets if sheet.filled and not sheet.hidden]
    if not named and stem.partition(".")[0] in sections:
        if len(filled) != 1:
            raise _unclear(file, stem, filled or outline.sheets)
        named = [(stem, filled[0])]
    used = [sheet for _, sheet in named]
    others = [sheet for sheet in outline.sheets if sheet.filled and sheet not in used]
    return SheetChoice(tuple(named), tuple(_notes(file, outline, used, others)) if named else ())


def _unclear(file: str, stem: str, sheets: Collection[SheetOutline]) -> DocumentError:
    names = [sheet.name for sheet in sheets]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    message = f"no sheet of this workbook is called {stem}, and it has {', '.join(names[:_MOST_NAMED])}{more}"
    if len(names) < 2:
        message = "this workbook has no sheet with something in it that people can see"
    return DocumentError(message, at=top(file), hint=f"call the sheet {stem} that holds the table")


def _notes(
    file: str, outline: Outline, used: Collection[SheetOutline], others: Collection[SheetOutline]
) -> Iterator[str]:
    if outline.macros:
        yield f"{file}: its macros were not run"
    for sheet in others:
        yield f"{file}: the sheet {sheet.name} was not used, as it is called like no section"
    for sheet in used:
        hidden = [
            *(["the sheet"] if sheet.hidden else ()),
            *([f"hidden rows: {len(sheet.hidden_rows):,}"] if sheet.hidden_rows else ()),
            *([f"hidden columns: {_columns(sheet)}"] if sheet.hidden_columns else ()),
            *(["a filter is set"] if sheet.filtered else ()),
        ]
        if hidden:
            yield f"{file}: all of the sheet {sheet.name} was read, hidden or not ({'; '.join(hidden)})"


def _columns(sheet: SheetOutline) -> str:
    names = [letters(column) for column in sheet.hidden_columns]
    return ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")
