"""Workbooks as tables of an inventory: what cells mean and where they stand, what is told, and refused."""

from __future__ import annotations

import pickle
import zipfile
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from policyscan.documents.document import Document
from policyscan.documents.opening import FileOutcome, read_file
from policyscan.files.discovery import discover
from policyscan.kinds.kinds import Kinds
from policyscan.reading import limits, workbook

HEAD = "schema_version: 1\nkind: client\nas_of: 2026-10-31\ncurrency: EUR\norganisation: {id: acme}\n"
KINDS = Kinds.builtin()
Rows = list[list[Any]]


def book(**sheets: Rows) -> Workbook:
    """A workbook with these sheets, whose names have a dot for each two underscores."""
    made = Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        sheet = made.create_sheet(name.replace("__", "."))
        for row in rows:
            sheet.append(row)
    return made


def saved(made: Workbook) -> bytes:
    data = BytesIO()
    made.save(data)
    return data.getvalue()


def read(
    root: Path, made: Workbook | bytes, name: str = "book.xlsx", *, pickled: bool = False
) -> tuple[FileOutcome, list[str]]:
    """What a folder with a workbook holds, and what is told of it."""
    folder = root / "inventories/acme"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "client.yaml").write_text(HEAD, "utf-8")
    (folder / name).write_bytes(made if isinstance(made, bytes) else saved(made))
    found = discover(base=root, kinds=KINDS)
    assert found.problems == []
    (file,) = found.files
    outcome = read_file(file, KINDS)
    if pickled:
        outcome = pickle.loads(pickle.dumps(outcome))  # noqa: S301 - our own
    return outcome, [note.replace("inventories/acme/", "") for note in found.notes]


def opened(root: Path, made: Workbook | bytes, **given: Any) -> Document:
    outcome, _ = read(root, made, **given)
    assert outcome.problems == ()
    (document,) = outcome.documents(KINDS)
    return document


def refused(root: Path, made: Workbook | bytes, name: str = "book.xlsx") -> list[str]:
    outcome, _ = read(root, made, name)
    assert outcome.contents == ()
    return [
        f"{problem.at}: {problem.message}".replace("inventories/acme/", "") for problem in outcome.problems
    ]


@pytest.mark.parametrize("pickled", [False, True])
def test_cells_become_values_each_at_its_row_and_column(tmp_path: Path, pickled: bool) -> None:
    made = book(
        Devices=[
            ["id", "os.version", "added_on", "in_scope", "encrypted", "x-note"],
            ["a", 11, datetime(2026, 10, 1), True, None, "two\nlines"],  # noqa: DTZ001 - as cells are
            [],
            ["b", "10.10", "2026-10-02", False, True, 1.5],
        ],
        people=[["id", "name"], ["ann", "Ann"]],
    )
    document = opened(tmp_path, made, pickled=pickled)
    first, second = document.value["devices"]
    assert (first["os"]["version"], str(first["added_on"]), first["in_scope"]) == ("11", "2026-10-01", True)
    assert first["x-note"] == "two\nlines"
    assert "encrypted" in document.tree.blanks[id(first)]
    assert (second["os"]["version"], str(second["added_on"]), second["x-note"]) == (
        "10.10",
        "2026-10-02",
        "1.5",
    )
    at = document.tree.span_of(second, "added_on")
    assert str(at) == "inventories/acme/book.xlsx:4 (sheet Devices, column C)"
    assert (at.line, at.column, at.end_line, at.end_column) == (4, 3, 4, 4)
    assert str(document.tree.span_of(document.value["people"][0])).endswith(":2 (sheet people, column A)")


def test_a_workbook_named_for_a_section_is_one_table_whatever_its_sheet_is_called(tmp_path: Path) -> None:
    document = opened(tmp_path, book(Sheet1=[["id"], ["a"]], Sheet2=[]), name="devices.xlsx")
    assert [one["id"] for one in document.value["devices"]] == ["a"]


def test_a_sheet_may_hold_what_is_in_the_items_of_another(tmp_path: Path) -> None:
    made = book(
        devices=[["id"], ["a"]],
        devices__patches__missing=[["devices", "id", "severity"], ["a", "KB1", "high"]],
    )
    (device,) = opened(tmp_path, made).value["devices"]
    assert device["patches"]["missing"][0]["id"] == "KB1"


def test_what_people_do_not_see_is_read_and_told(tmp_path: Path) -> None:
    made = book(devices=[["id", "x-note"], ["a"], ["b"]], people=[["id"], ["ann"]], Notes=[["hi"]])
    made["devices"].row_dimensions[3].hidden = True
    made["devices"].column_dimensions["B"].hidden = True
    made["devices"].auto_filter.ref = "A1:B3"
    made["people"].sheet_state = "hidden"
    outcome, notes = read(tmp_path, made)
    assert outcome.problems == ()
    assert notes == [
        "book.xlsx: all of the sheet devices was read, hidden or not"
        " (hidden rows: 1; hidden columns: B; a filter is set)",
        "book.xlsx: all of the sheet people was read, hidden or not (the sheet)",
        "book.xlsx: the sheet Notes was not used, as it is called like no section",
    ]


def test_a_workbook_of_something_else_is_told_and_no_error(tmp_path: Path) -> None:
    outcome, notes = read(tmp_path, book(Report=[["id"], ["a"]]), "report.xlsx")
    assert outcome.problems == ()
    assert notes == ["report.xlsx was not used: no section of a client is called report"]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("=A1", "os.version: this is a formula, not a value"),
        ("#REF!", "os.version: #REF! is what a spreadsheet shows where it has no value"),
        (10.1, "os.version: the spreadsheet holds a number here, 10.1, and not the text that was typed"),
        (1e20, "os.version: the spreadsheet holds a number here, 1e+20, and not the text that was typed"),
        (datetime(2026, 2, 1), "os.version: the spreadsheet holds a date here, 2026-02-01"),  # noqa: DTZ001
        ("n/a", "os.version: n/a may mean that there is none, or that nobody knows"),
    ],
)
def test_what_a_spreadsheet_made_of_a_cell_is_refused_at_its_place(
    tmp_path: Path, cell: object, said: str
) -> None:
    (problem,) = refused(tmp_path, book(devices=[["id", "os.version"], ["a", cell]]))
    assert problem.startswith(f"book.xlsx:2 (sheet devices, column B): {said}")


def test_a_number_with_three_decimals_is_no_thousand(tmp_path: Path) -> None:
    rows = [["id", "kind", "limits.aggregate"], ["a", "cyber", 1.234]]
    outcome, _ = read(tmp_path, book(insurance=rows))
    assert not [one for one in outcome.problems if "may be" in one.message]


def test_merged_cells_are_refused(tmp_path: Path) -> None:
    made = book(devices=[["id", "user"], ["a", "ann"], ["b", None]])
    made["devices"].merge_cells("B2:B3")
    (problem,) = refused(tmp_path, made)
    assert problem.startswith("book.xlsx:2 (sheet devices, column B): the cells B2:B3 are merged")


@pytest.mark.parametrize(
    ("made", "name", "said"),
    [
        (book(devices=[["id", "hostnam"], ["a", "b"]]), "book.xlsx", "the column hostnam is not known"),
        (book(devices=[["id"], ["a", "b"]]), "book.xlsx", "this cell stands below no name"),
        (book(devices=[]), "book.xlsx", "this sheet is empty: it has no header"),
        (book(One=[["id"]], Two=[["id"]]), "devices.xlsx", "no sheet of this workbook is called devices"),
        (book(One=[]), "devices.xlsx", "this workbook has no sheet with something in it"),
        (book(devices=[["id"]], training__x=[["id"]]), "b.xlsx", "a table cannot hold what is in the items"),
        (b"PK\x03\x04 cut off", "devices.xlsx", "this is no workbook, whatever its name says"),
        (b"\xd0\xcf\x11\xe0 old", "devices.xlsx", "this workbook is protected by a password"),
        (b"", "devices.xlsx", "this is no workbook, whatever its name says"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(tmp_path: Path, made: Workbook | bytes, name: str, said: str) -> None:
    assert any(said in problem for problem in refused(tmp_path, made, name))


def test_one_section_in_a_workbook_and_in_a_csv_file_is_an_error_that_names_both(tmp_path: Path) -> None:
    folder = tmp_path / "inventories/acme"
    folder.mkdir(parents=True)
    (folder / "devices.csv").write_text("id\nb\n", "utf-8")
    (problem,) = refused(tmp_path, book(devices=[["id"], ["a"]]))
    assert "devices is set in two files" in problem
    assert "devices.csv:1" in problem
    assert "book.xlsx" in problem


def changed(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """A workbook with one of its parts changed."""
    made = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            text = source.read(name)
            target.writestr(name, text.replace(old, new) if name == part else text)
    return made.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
ENTITIES = b'<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]>'


@pytest.mark.parametrize(
    ("part", "old", "new", "said"),
    [
        (SHEET, b"<worksheet", ENTITIES + b"<worksheet", "declares entities of its own"),
        ("xl/workbook.xml", b"<workbook", ENTITIES + b"<workbook", "declares entities of its own"),
        ("xl/styles.xml", b"<styleSheet", ENTITIES + b"<styleSheet", "declares entities of its own"),
        (SHEET, b'r="A2"', b'r="ZZZ2"', "more cells than are read"),
        (SHEET, b'<row r="2"', b'<row r="99999999999"', "more cells than are read"),
        (SHEET, b"</sheetData>", b"", "this is no workbook"),
    ],
)
def test_a_workbook_that_was_made_to_hurt_is_refused(
    tmp_path: Path, part: str, old: bytes, new: bytes, said: str
) -> None:
    data = changed(saved(book(devices=[["id"], ["a"]])), part, old, new)
    assert any(said in problem for problem in refused(tmp_path, data, "devices.xlsx"))


def test_a_workbook_that_would_unpack_into_too_much_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_UNPACKED", 1024)
    (problem,) = refused(tmp_path, book(devices=[["id"], ["a"]]), "devices.xlsx")
    assert "would unpack into" in problem


def test_more_cells_than_are_read_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_CELLS", 3)
    (problem,) = refused(tmp_path, book(devices=[["id", "user"], ["a", "b"]]))
    assert "the sheet devices has more cells than are read of a workbook" in problem


def test_macros_are_told_and_not_run(tmp_path: Path) -> None:
    data = BytesIO(saved(book(devices=[["id"], ["a"]])))
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    outcome, notes = read(tmp_path, data.getvalue())
    assert outcome.problems == ()
    assert notes == ["book.xlsx: its macros were not run"]


def test_without_the_extra_people_are_told_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "find_spec", lambda _: None)
    outcome, _ = read(tmp_path, book(devices=[["id"], ["a"]]))
    (problem,) = outcome.problems
    assert problem.hint is not None
    assert "pip install 'policyscan[xlsx]'" in problem.hint
