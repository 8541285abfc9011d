"""Workbooks: the sheets of an XLSX file as grids, each value with the row and column of its cell.

In: the bytes of an XLSX file, and which sheets are wanted. Out: a `SheetGrid` for each; DocumentError for
what is refused, or where the extra is not installed.

A cell is taken as it was typed. What a spreadsheet made of it by itself carries a mark, so that whoever knows
what the column holds can refuse it: a number where a text should be has lost its zeros, and a date may have
been a version. A formula is no fact that anybody typed, whatever it came to when the file was saved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from importlib.util import find_spec
from io import BytesIO
from typing import Any

from policyscan.errors import DocumentError
from policyscan.reading.tables import DAY, MARKS, NUMBER, Grid
from policyscan.reading.text import Content, top
from policyscan.reading.workbook_outline import Merge, SheetOutline, outline_of
from policyscan.source import SheetSource, Span, letters

_EXACT = 10**15
"""Below this a spreadsheet keeps every digit of a whole number."""
_SHOWN = str.maketrans({"\t": "\u2409", "\n": "\u2424", "\r": "\u240d"})
_HALF = timedelta(milliseconds=500)  # days are fractions, which come back a little too early


def lacking() -> str | None:
    """What has to be installed first, if it is not there."""
    if find_spec("openpyxl") is not None:
        return None
    return "install it with its extra: pip install 'policyscan[xlsx]', or save each sheet as CSV"


class SheetGrid(Grid):
    """The texts of a sheet, row by row; its first row with something in it names the columns."""

    __slots__ = ("_rows",)

    def __init__(self, source: SheetSource, rows: Sequence[tuple[int, Sequence[str]]]) -> None:
        """`rows` are the lines of rows with something in them, from 0, and their texts, all as many."""
        self.source = source
        self.delimiter = "\t"
        self._rows = rows
        self.first = source.starts[rows[0][0]]
        self.header = self.cells(self.first)

    def __reduce__(self) -> Any:
        # Whoever made a tree of it has read the rows; elsewhere only their places are of use.
        return SheetGrid, (self.source, [(line, ()) for line, _ in self._rows[:1]])

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [text.strip().lstrip(MARKS) for text in self._rows[0][1]]

    def cells(self, at: int) -> list[tuple[int, int]]:
        """Where the cells of the row stand that begins at an offset."""
        text, found = self.source.text, []
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        while (stop := text.find("\t", at, end)) >= 0:
            found.append((at, stop))
            at = stop + 1
        return [*found, (at, end)]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row below the header: its line, from 0, and its cells."""
        for line, texts in self._rows[1:]:
            yield line, list(texts)


def read_sheets(content: Content, wanted: Sequence[SheetOutline]) -> Iterator[SheetGrid | DocumentError]:
    """The sheets of a workbook that are wanted, or why one cannot be read; raises DocumentError if none can.

    The workbook has been looked at already, by `outline_of`.
    """
    hint = lacking()
    if hint is not None:
        raise DocumentError("what reads workbooks is not installed", at=top(content.name), hint=hint)
    import warnings

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions, none of which is read
            book = load_workbook(BytesIO(content.data), read_only=True, keep_links=False)
            for sheet in wanted:
                yield _read(book[sheet.name], sheet, content.name)
    except (InvalidFileException, KeyError, ValueError, TypeError, IndexError, AttributeError) as broken:
        # What its makers did not think of, of a file that was no spreadsheet's.
        message = f"this workbook cannot be read: {broken}"
        hint = "open it in a spreadsheet and save it again as .xlsx, or save each sheet as CSV"
        raise DocumentError(message, at=top(content.name), hint=hint) from broken


def read_sheet(content: Content, name: str = "") -> SheetGrid:
    """The sheet of a name; without one the only sheet that people see and that has something in it. Raises
    DocumentError."""
    outline = outline_of(content)
    filled = [sheet for sheet in outline.sheets if sheet.filled and not sheet.hidden]
    named = [sheet for sheet in outline.sheets if sheet.name.casefold() == name.casefold()]
    wanted = named if name else filled
    if len(wanted) != 1:
        names = ", ".join(sheet.name for sheet in outline.sheets)
        message = f"there is no sheet {name}" if name else "which sheet is meant is not clear"
        hint = f"the sheets are: {names}" if name else f"keep one of them, or save it as CSV: {names}"
        raise DocumentError(message, at=top(content.name), hint=hint)
    (found,) = read_sheets(content, wanted)
    if isinstance(found, DocumentError):
        raise found
    return found


def _read(sheet: Any, outline: SheetOutline, file: str) -> SheetGrid | DocumentError:
    sheet.reset_dimensions()  # what the file says of its size need not be true
    rows: list[tuple[int, list[str]]] = []
    for line, cells in enumerate(sheet.iter_rows()):
        texts = [_text(cell) for cell in cells]
        while texts and not texts[-1].strip():
            texts.pop()
        if texts:
            rows.append((line, texts))
    at = Span(file, 1, 1, 1, 2, outline.name)
    if not rows:
        hint = "its first row names the columns, such as id, hostname, os.version"
        return DocumentError("this sheet is empty: it has no header", at=at, hint=hint)
    width = max(len(texts) for _, texts in rows)
    for _, texts in rows:
        texts.extend([""] * (width - len(texts)))
    merge = next((one for one in outline.merged if one.row <= rows[-1][0] + 1 and one.column <= width), None)
    if merge is not None:
        return _merged(merge, file, outline.name)
    return SheetGrid(SheetSource(file, _lines(rows), outline.name), rows)


def _lines(rows: Sequence[tuple[int, Sequence[str]]]) -> str:
    """The rows as a text in which each stands in the line of its number, its cells with tabs between them."""
    lines = [""] * (rows[-1][0] + 1)
    for number, texts in rows:
        lines[number] = "\t".join(text.lstrip(MARKS).translate(_SHOWN) for text in texts)
    return "\n".join(lines)


def _merged(merge: Merge, file: str, sheet: str) -> DocumentError:
    cells = f"{letters(merge.column)}{merge.row}:{letters(merge.last_column)}{merge.last_row}"
    at = Span(file, merge.row, merge.column, merge.row, merge.column + 1, sheet)
    message = f"the cells {cells} are merged, so that nobody knows for which of them their value is meant"
    return DocumentError(message, at=at, hint="part them, and write into each what it says")


def _text(cell: Any) -> str:
    """What a cell holds as a text, marked where a spreadsheet may have made it another one."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return value if isinstance(value, str) and value[:1] == "=" else "= (a formula)"
    if isinstance(value, str):
        return value.lstrip(MARKS)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return _digits(value)
    return DAY + _moment(value)


def _digits(value: float) -> str:
    if value == int(value) and abs(value) < _EXACT:
        return str(int(value))
    return NUMBER + repr(value)


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        seconds = (value + _HALF).replace(microsecond=0)
        return (seconds.date() if seconds.time() == time() else seconds).isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)
