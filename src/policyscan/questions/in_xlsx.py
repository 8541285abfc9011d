"""Questions as a workbook to fill in: a row for each fact, with a blank cell for the answer.

In: sheets. Out: the bytes of an XLSX file with the rows of CSV, whose cells for answers are texts, so that no
spreadsheet makes a date of a version; `fill` reads it back.
"""

from __future__ import annotations

from collections.abc import Sequence

from policyscan.questions.in_csv import COLUMNS, rows
from policyscan.questions.sheet import Sheet
from policyscan.reporters.xlsx import fitting, new_book

_WIDTHS = {"question": 50, "answer": 40, "how": 40, "shown_by": 40, "path": 30, "nr": 5}
_USUAL = 16
_YELLOW = "#FFF7D6"


def render(sheets: Sequence[Sheet]) -> bytes:
    """One sheet with the rows of all inventories, and a header that stays in view."""
    made, book = new_book("policyscan: what to find out next")
    page = book.add_worksheet("questions")
    bold = book.add_format({"bold": True, "valign": "top"})
    usual = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    blank = book.add_format(
        {"text_wrap": True, "valign": "top", "num_format": "@", "bg_color": _YELLOW, "border": 1}
    )
    for column, name in enumerate(COLUMNS):
        page.set_column(column, column, _WIDTHS.get(name, _USUAL))
        page.write_string(0, column, name, bold)
    for line, row in enumerate(rows(sheets), 1):
        for column, (name, text) in enumerate(zip(COLUMNS, row, strict=True)):
            if name == "answer":
                page.write_blank(line, column, None, blank)
            elif text:
                page.write_string(line, column, fitting(text), usual)
    page.freeze_panes(1, 0)
    book.close()
    return made.getvalue()
