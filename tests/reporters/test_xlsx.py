"""The workbook, as openpyxl reads it: the rows of the CSV, and no cell that acts."""

from __future__ import annotations

import csv
import io

import pytest
from openpyxl import load_workbook

from policyscan.display import defused
from policyscan.reporters import REPORTERS, Options, xlsx
from policyscan.reporters.rows import COLUMNS, rows
from tests.reporters.reports import COORDINATOR, SITUATIONS, report
from tests.reporters.test_hostile import _ACTING, FIELDS, TEXTS, _of


def cells(data: bytes) -> list[list[str]]:
    """The texts of all cells; every one of them is a plain one."""
    sheet = load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    found = []
    for row in sheet.iter_rows():
        assert {cell.data_type for cell in row} <= {"s", "n", "inlineStr"}
        assert not any(cell.hyperlink for cell in row)
        found.append([str(cell.value) if cell.value is not None else "" for cell in row])
    return found


@pytest.mark.parametrize("name", [name for name in SITUATIONS if name != "hostile"])
def test_a_workbook_holds_what_csv_holds(name: str) -> None:
    made = SITUATIONS[name]
    header, *told = cells(xlsx.render(made, Options()))
    assert tuple(header) == COLUMNS
    assert told == [[defused(cell) for cell in row] for row in rows(made)]
    assert len(told) == len(list(csv.reader(io.StringIO(REPORTERS["csv"].render(made, Options()))))) - 1


def test_the_same_report_gives_the_same_bytes() -> None:
    made = report(COORDINATOR)
    assert xlsx.render(made, Options()) == xlsx.render(made, Options())


@pytest.mark.parametrize("field", FIELDS)
def test_no_text_of_others_acts_in_a_cell(field: str) -> None:
    for what, text in TEXTS.items():
        for row in cells(xlsx.render(_of(text, field), Options())):
            assert not any(_ACTING.search(cell) for cell in row), what
            assert all(len(cell) <= 32_767 for cell in row)


def test_a_text_of_two_units_a_character_fits_its_cell() -> None:
    made = report(COORDINATOR._replace(message="🦷" * 30_000))
    (cell,) = (cell for row in cells(xlsx.render(made, Options())) for cell in row if "🦷" in cell)
    assert len(cell.encode("utf-16-le")) // 2 <= 32_767
    assert cell.endswith("…")
