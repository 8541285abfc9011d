"""The outline of a workbook: its sheets and what is odd about each, known before a cell of it is read.

In: the bytes of an XLSX file, which anybody may have made. Out: an `Outline`; DocumentError for what is no
workbook, is protected by a password, declares entities of its own, or would unpack into more than is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any

from policyscan.errors import DocumentError
from policyscan.patterns import when_used
from policyscan.reading import limits
from policyscan.reading.text import Content, top
from policyscan.records import NamedTuple

if TYPE_CHECKING:
    from zipfile import ZipFile

_BOOK = "xl/workbook.xml"
_OLD = b"\xd0\xcf\x11\xe0"
_CELL = when_used(r"([A-Z]{1,3})([0-9]{1,7})")
_MOST_ROWS = 1_048_576  # that a sheet can have
_AT_ONCE = 65_536
_MEGABYTE = 1024 * 1024
_AS_CSV = "save the sheet as CSV, which takes larger tables"
_AGAIN = "open it in a spreadsheet and save it again as .xlsx, or save each sheet as CSV"


class Merge(NamedTuple):
    """Cells that are one: the first row and column, and the last ones, all from 1."""

    row: int
    column: int
    last_row: int
    last_column: int


class SheetOutline(NamedTuple):
    """What is known of a sheet without its values; `hidden` if people do not see it, or rows and columns of
    it, all from 1; `filled` if it has a value. `part` is where it stands in the file."""

    name: str
    part: str
    hidden: bool = False
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()
    merged: tuple[Merge, ...] = ()
    filtered: bool = False
    filled: bool = False


class Outline(NamedTuple):
    """The sheets of a workbook in their order, and whether it brings programs along."""

    sheets: tuple[SheetOutline, ...]
    macros: bool


def sheet_names(content: Content) -> list[str]:
    """The names of the sheets; raises DocumentError."""
    with _opened(content) as book:
        return [sheet.name for sheet in _sheets(book, content.name)]


def outline_of(content: Content) -> Outline:
    """All that can be told about a workbook without its values; raises DocumentError."""
    with _opened(content) as book:
        for part in _texts(book):
            if not part.startswith("xl/worksheets/"):
                _parse(book, part, content.name, {})
        left = [limits.MAX_CELLS]
        sheets = tuple(_looked_at(book, sheet, content.name, left) for sheet in _sheets(book, content.name))
        return Outline(sheets, any(name.lower().endswith("vbaproject.bin") for name in book.namelist()))


def _opened(content: Content) -> ZipFile:
    from zipfile import BadZipFile, ZipFile

    name, data = content.name, content.data
    if data[:4] == _OLD:
        message = "this workbook is protected by a password, or one of before 2007"
        raise DocumentError(message, at=top(name), hint="save it as .xlsx without a password, or as CSV")
    try:
        book = ZipFile(BytesIO(data))
    except (BadZipFile, ValueError, NotImplementedError):
        raise _no_workbook(name) from None
    size = sum(one.file_size for one in book.infolist())
    if size > limits.MAX_UNPACKED or len(book.infolist()) > limits.MAX_WORKBOOK_PARTS:
        found, most = -(-size // _MEGABYTE), limits.MAX_UNPACKED // _MEGABYTE
        message = f"this workbook would unpack into {found} MB and {len(book.infolist()):,} parts"
        hint = f"at most {most} MB and {limits.MAX_WORKBOOK_PARTS:,} parts are read: {_AS_CSV}"
        raise DocumentError(message, at=top(name), hint=hint)
    if _BOOK not in book.namelist():
        raise _no_workbook(name)
    return book


def _no_workbook(name: str) -> DocumentError:
    message = "this is no workbook, whatever its name says, or it is cut off"
    return DocumentError(message, at=top(name), hint=_AGAIN)


def _texts(book: ZipFile) -> Iterator[str]:
    return (name for name in book.namelist() if name.lower().endswith((".xml", ".rels")))


def _sheets(book: ZipFile, name: str) -> list[SheetOutline]:
    """The sheets that the workbook lists, each with the part that it stands in."""
    targets: dict[str, str] = {}
    listed: list[dict[str, str]] = []
    parts = "xl/_rels/workbook.xml.rels"
    if parts in book.namelist():
        _parse(
            book, parts, name,
            {"Relationship": lambda said: targets.update({said.get("Id", ""): said.get("Target", "")})},
        )  # fmt: skip
    _parse(book, _BOOK, name, {"sheet": listed.append})
    sheets = []
    for said in listed:
        target = next((targets[value] for key, value in said.items() if _is_link(key, value, targets)), "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part in book.namelist() and part.startswith("xl/worksheets/"):
            hidden = said.get("state", "visible") != "visible"
            sheets.append(SheetOutline(said.get("name", ""), part, hidden))
    return sheets


def _is_link(key: str, value: str, targets: dict[str, str]) -> bool:
    return key.rpartition(" ")[2] == "id" and value in targets


def _looked_at(book: ZipFile, sheet: SheetOutline, name: str, left: list[int]) -> SheetOutline:
    """A sheet with all that its part says of rows, columns and merged cells; `left` are the cells that may
    still come."""
    rows: list[int] = []
    columns: list[int] = []
    merged: list[Merge] = []
    filters: list[str] = []
    values: list[str] = []

    def cell(said: dict[str, str]) -> None:
        left[0] -= 1
        found = _CELL.fullmatch(said.get("r", "A1"))
        if left[0] < 0 or found is None or _number(found[1]) > limits.MAX_COLUMNS:
            raise _too_many(name, sheet.name)

    def row(said: dict[str, str]) -> None:
        if int(said.get("r", "1")) > _MOST_ROWS:
            raise _too_many(name, sheet.name)
        if _is_true(said.get("hidden")):
            rows.append(int(said.get("r", "0")))

    def column(said: dict[str, str]) -> None:
        if _is_true(said.get("hidden")):
            first, last = int(said["min"]), int(said["max"])
            columns.extend(range(first, min(last, limits.MAX_COLUMNS) + 1))

    def merge(said: dict[str, str]) -> None:
        first, _, last = said.get("ref", "").partition(":")
        corners = _CELL.fullmatch(first), _CELL.fullmatch(last or first)
        if corners[0] is not None and corners[1] is not None:
            (left_, upper), (right, lower) = corners[0].groups(), corners[1].groups()
            merged.append(Merge(int(upper), _number(left_), int(lower), _number(right)))

    _parse(
        book, sheet.part, name,
        {
            "c": cell, "row": row, "col": column, "mergeCell": merge,
            "autoFilter": lambda said: filters.append(said.get("ref", "")),
            "v": lambda _: values.append(""), "is": lambda _: values.append(""),
        },
    )  # fmt: skip
    return sheet._replace(
        hidden_rows=tuple(rows), hidden_columns=tuple(columns), merged=tuple(merged),
        filtered=bool(filters), filled=bool(values),
    )  # fmt: skip


def _number(name: str) -> int:
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _is_true(said: str | None) -> bool:
    return said in ("1", "true")


def _too_many(name: str, sheet: str) -> DocumentError:
    message = f"the sheet {sheet} has more cells than are read of a workbook"
    hint = f"at most {limits.MAX_CELLS:,} cells in {limits.MAX_COLUMNS} columns are read: {_AS_CSV}"
    return DocumentError(message, at=top(name), hint=hint)


def _parse(book: ZipFile, part: str, name: str, takers: dict[str, Callable[[dict[str, str]], Any]]) -> None:
    """Gives the attributes of elements to whoever takes those of that name; raises DocumentError for a text
    that is broken, or that declares anything: no spreadsheet writes that, and it may unfold without end."""
    import zlib
    from xml.parsers.expat import ExpatError, ParserCreate
    from zipfile import BadZipFile

    parser = ParserCreate(namespace_separator=" ")

    def declared(*_: object) -> None:
        message = "this workbook declares entities of its own, which no spreadsheet does"
        raise DocumentError(message, at=top(name), hint=_AGAIN)

    def start(element: str, said: dict[str, str]) -> None:
        taker = takers.get(element.rpartition(" ")[2])
        if taker is not None:
            taker(said)

    parser.StartDoctypeDeclHandler = declared
    if takers:
        parser.StartElementHandler = start
    try:
        with book.open(part) as stream:
            _feed(parser, stream)
    except (ExpatError, BadZipFile, zlib.error, ValueError, KeyError, EOFError, RuntimeError) as broken:
        # A password that only some parts have is a RuntimeError of zipfile.
        raise _no_workbook(name) from broken


def _feed(parser: Any, stream: IO[bytes]) -> None:
    while data := stream.read(_AT_ONCE):
        parser.Parse(data, False)
    parser.Parse(b"", True)
