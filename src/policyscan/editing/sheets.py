"""Sheets: questions that were sent as a table and came back with answers, as CSV, a workbook or in Markdown.

In: the content of such a file. Out: the answers that were written, each at its place; DocumentError for a
file in which no column says what is answered.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO

from policyscan.editing.answers import FactAnswer
from policyscan.errors import DocumentError
from policyscan.patterns import when_used
from policyscan.reading.glance import is_workbook
from policyscan.reading.tables import Grid
from policyscan.reading.text import Content, top
from policyscan.source import Source, Span

_CELL = when_used(r"(?:[^|\\]|\\.)*")
_ESCAPED = when_used(r"\\([!-/:-@\[-`{-~])")
_RULE = when_used(r"[\s|:-]+")
_GUARDED = tuple("=+-@")
MARKDOWN = (".md", ".markdown")
_HINT = "policyscan ask INVENTORY -o csv:questions.csv writes such a file"

Row = tuple[Span, Sequence[str]]


def read_sheet(content: Content) -> list[FactAnswer]:
    """The answers that a file holds, in its order; facts without one are left out."""
    tables = list(_tables(content))
    answers: list[FactAnswer] = []
    asked = False
    for header, rows in tables:
        names = {name.strip().lower(): number for number, name in enumerate(header)}
        if not {"path", "answer"} <= names.keys():
            continue
        asked = True
        answers.extend(answer for row in rows if (answer := _answer(row, names)) is not None)
    if not asked:
        message = "there is no table with the columns path and answer in this file"
        raise DocumentError(message, at=top(content.name), hint=_HINT)
    return answers


def _tables(content: Content) -> Iterator[tuple[Sequence[str], list[Row]]]:
    if is_workbook(content.name):
        return _sheets(content)
    source = content.source()
    return _markdown(source) if source.file.lower().endswith(MARKDOWN) else _csv(source)


def _sheets(content: Content) -> Iterator[tuple[Sequence[str], list[Row]]]:
    """The sheets of a workbook that have anything in them."""
    from policyscan.reading.workbook import read_sheets
    from policyscan.reading.workbook_outline import outline_of

    for grid in read_sheets(content, [sheet for sheet in outline_of(content).sheets if sheet.filled]):
        if isinstance(grid, DocumentError):
            raise grid
        source = grid.source
        rows = [(source.span(*grid.cells(source.starts[line])[0]), cells) for line, cells in grid.rows()]
        names = [name.strip().lower() for name in grid.names]
        yield names, [(_at(place, names), cells) for place, cells in rows]


def _at(place: Span, names: Sequence[str]) -> Span:
    """The cell of the answer in the row of a place."""
    column = names.index("answer") + 1 if "answer" in names else place.column
    return place._replace(column=column, end_column=column + 1)


def _answer(row: Row, names: dict[str, int]) -> FactAnswer | None:
    place, cells = row

    def cell(name: str) -> str:
        number = names.get(name, len(cells))
        text = cells[number].strip() if number < len(cells) else ""
        return text[1:] if text[:1] == "'" and text[1:].startswith(_GUARDED) else text

    path, inventory = cell("path"), cell("inventory")
    if not inventory and ": " in path:  # as in Markdown
        inventory, _, path = path.partition(": ")
    text = cell("answer")
    if not path and not text:
        return None
    if not path:
        raise DocumentError("an answer stands in a row without a path", at=place, hint=_HINT)
    return FactAnswer(path, text, place, inventory, cell("on_file")) if text else None


def _csv(source: Source) -> Iterator[tuple[Sequence[str], list[Row]]]:
    grid = Grid(source)
    before = source.position(grid.first)[0] - 1
    text = StringIO(source.text[grid.first :], newline="")
    reader = csv.reader(text, delimiter=grid.delimiter, strict=True)
    rows: list[Row] = []
    header: Sequence[str] | None = None
    line = before + 1
    try:
        for cells in reader:
            place = Span(source.file, line, 1, line, 1)
            if header is None:
                header = cells
            elif len(cells) > len(header) and any(cells[len(header) :]):
                message = f"this row has {len(cells)} cells, but there are {len(header)} columns"
                raise DocumentError(message, at=place, hint="put an answer with a comma in it in quotes")
            elif any(map(str.strip, cells)):
                rows.append((_answered_at(grid, line, header, cells) or place, cells))
            line = before + reader.line_num + 1
    except csv.Error as error:
        at = Span(source.file, line, 1, line, 1)
        raise DocumentError(f"this row cannot be read: {error}", at=at, hint="save it as CSV again") from None
    yield header or (), rows


def _answered_at(grid: Grid, line: int, header: Sequence[str], cells: Sequence[str]) -> Span | None:
    """The cell of the answer in a row that begins on a line, if there is one."""
    names = [name.strip().lower() for name in header]
    number = names.index("answer") if "answer" in names else len(cells)
    if number >= len(cells) or not cells[number].strip():
        return None
    return grid.source.span(*grid.cells(grid.source.starts[line - 1])[number])


def _markdown(source: Source) -> Iterator[tuple[Sequence[str], list[Row]]]:
    header: Sequence[str] | None = None
    rows: list[Row] = []
    for number, line in enumerate(source.text.splitlines(), 1):
        if not line.lstrip().startswith("|"):
            if header is not None:
                yield header, rows
            header, rows = None, []
            continue
        cells = _cells(line)
        if header is None:
            header = cells
        elif not _RULE.fullmatch(line):
            rows.append((Span(source.file, number, 1, number, len(line) + 1), cells))
    if header is not None:
        yield header, rows


def _cells(line: str) -> list[str]:
    """The texts of a row, as they were before Markdown's marks were put before some of their characters."""
    inner = line.strip().strip("|") if line.strip() != "|" else ""
    lead = line.strip()
    cells, at = [], 1
    while at < len(lead):
        found = _CELL.match(lead, at)
        end = found.end() if found is not None else at
        text = lead[at:end].strip()
        cells.append(text.strip("`").strip() if text.startswith("`") else _ESCAPED.sub(r"\1", text))
        at = end + 1
    return cells if inner else []
