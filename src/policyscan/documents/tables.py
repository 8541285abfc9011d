"""Tables of an inventory: what the files beside its head say that are named for its sections.

In: the text of a CSV file or the bytes of a workbook, what people call it, and the kind. Out: trees, and all
that is wrong with any of them.
"""

from __future__ import annotations

from policyscan.errors import DocumentError
from policyscan.files.folders import table_name
from policyscan.kinds.columns import Misnamed, columns_of, target_of
from policyscan.kinds.kinds import Kind
from policyscan.kinds.shapes import Shape
from policyscan.reading.tables import Grid, ListPath, TableReader, empty_table
from policyscan.reading.text import Content, top
from policyscan.reading.tree import Tree
from policyscan.source import Source, Span


def read_table(source: Source, kind: Kind) -> tuple[list[Tree], list[DocumentError]]:
    """The tree of a CSV table, which the name of its file says what it is of, and what is wrong with it."""
    target = target_of(table_name(source.file), kind.shape)
    if isinstance(target, Misnamed):
        return [], [DocumentError(target.message, at=top(source.file), hint=target.hint)]
    if not source.text.strip():
        return [], [empty_table(source)]
    return _tree(Grid(source), *target)


def read_workbook(content: Content, kind: Kind) -> tuple[list[Tree], list[DocumentError]]:
    """The trees of those sheets of a workbook that are tables; raises DocumentError if none can be read."""
    from policyscan.files.workbooks import choose_sheets
    from policyscan.reading.workbook import SheetGrid, read_sheets
    from policyscan.reading.workbook_outline import outline_of

    outline = outline_of(content)
    sections = kind.shape.fields
    chosen = choose_sheets(content.name, table_name(content.name), outline, sections).tables
    trees: list[Tree] = []
    problems: list[DocumentError] = []
    grids = read_sheets(content, [sheet for _, sheet in chosen])
    for (name, sheet), grid in zip(chosen, grids, strict=True):
        target = target_of(name, kind.shape)
        if isinstance(target, Misnamed):
            at = Span(content.name, 1, 1, 1, 2, sheet.name)
            problems.append(DocumentError(target.message, at=at, hint=target.hint))
        elif isinstance(grid, SheetGrid):
            more, wrong = _tree(grid, *target)
            trees += more
            problems += wrong
        else:
            problems.append(grid)
    return trees, problems


def _tree(grid: Grid, target: ListPath, items: Shape) -> tuple[list[Tree], list[DocumentError]]:
    columns, misnamed = columns_of(grid.names, target, items)
    if misnamed:
        cells = grid.header
        return [], [
            DocumentError(wrong.message, at=grid.source.span(*cells[number]), hint=wrong.hint)
            for number, wrong in misnamed.items()
        ]
    reader = TableReader(grid, target, columns)
    return [reader.tree()], reader.problems
