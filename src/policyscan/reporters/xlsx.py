"""The report as a workbook for spreadsheets: a row for each control, requirement and subject, as in CSV.

In: a report. Out: the bytes of an XLSX file, the same ones for the same report, in which every cell is a text
or a number and none a formula or a link. It needs XlsxWriter, which the extra `xlsx` brings along.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING

from policyscan.display import defused
from policyscan.findings import TRAITS, Report, Status
from policyscan.reporters.options import Options
from policyscan.reporters.rows import COLUMNS, columns, rows

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_MOST_ROWS = 1_048_576  # that a sheet holds
_MOST = 32_767  # units of UTF-16 that a cell holds
_LONG_AGO = datetime(1980, 1, 1, tzinfo=UTC)  # the day of every workbook, so that its bytes stay the same
_WIDTHS = {"title": 40, "what": 60, "question": 40, "what to do": 50, "file": 30, "exception": 30}
_USUAL = 14
_FILLS = {
    Status.ERROR: "#E8D5EE",
    Status.FAIL: "#F6D3D5",
    Status.UNKNOWN: "#DDE3EA",
    Status.DUE: "#FBE3C2",
    Status.WARNING: "#F4E8BF",
    Status.WAIVED: "#D6DEF2",
    Status.PASS: "#D3ECDC",
}


def lacking() -> str | None:
    """What has to be installed first, if it is not there."""
    if find_spec("xlsxwriter") is not None:
        return None
    return "install it with its extra: pip install 'policyscan[xlsx]', or write csv"


def render(report: Report, options: Options) -> bytes:  # noqa: ARG001 - every format takes them
    """A workbook of one sheet: a header that stays in view and can be filtered by, then the rows."""
    made, book = new_book(f"policyscan as of {report.scan.as_of}")
    _fill(book, book.add_worksheet("results"), report)
    book.close()
    return made.getvalue()


def new_book(title: str) -> tuple[BytesIO, Workbook]:
    """A workbook in which every text stays one, and where it is once it is closed; its bytes do not depend on
    the day."""
    from xlsxwriter import Workbook

    made = BytesIO()
    plain = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = Workbook(made, plain)
    book.set_properties({"title": title, "created": _LONG_AGO})
    return made, book


def _fill(book: Workbook, sheet: Worksheet, report: Report) -> None:
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    names = columns(report)
    for column, name in enumerate(names):
        sheet.set_column(column, column, _WIDTHS.get(name, _USUAL))
        sheet.write_string(0, column, name, bold)
    fills = {
        TRAITS[status].label: book.add_format({"bg_color": color, "valign": "top"})
        for status, color in _FILLS.items()
    }
    usual = book.add_format({"text_wrap": True, "valign": "top"})
    at, status = 0, COLUMNS.index("status")
    for at, row in enumerate(rows(report), 1):
        if at == _MOST_ROWS - 1:
            sheet.write_string(
                at, 0, "and more than a sheet holds: write csv, or scan fewer inventories at once"
            )
            break
        for column, text in enumerate(row):
            look = fills.get(text, usual) if column == status else usual
            _write(sheet, at, column, text, look if text else None)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, at, len(names) - 1)


def _write(sheet: Worksheet, row: int, column: int, text: str, look: object) -> None:
    """A cell, which is a text whatever it looks like; a line's number is one."""
    if not text:
        return
    if column == COLUMNS.index("line") and text.isdigit():
        sheet.write_number(row, column, int(text), look)
    else:
        sheet.write_string(row, column, fitting(text), look)


def fitting(text: str) -> str:
    """A text that fits a cell, without half surrogates, which no file can hold."""
    text = defused(text).encode("utf-8", "replace").decode("utf-8")
    units = text.encode("utf-16-le")
    return text if len(units) // 2 <= _MOST else units[: 2 * (_MOST - 1)].decode("utf-16-le", "ignore") + "…"
