"""Saved mappings: any CSV or JSON by a file that says what its columns mean; nothing in it is guessed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from policyscan.errors import PolicyscanError
from tests.importing.client import Client

MAPPING = """\
tool: Asset list
section: devices
client: Customer
known_by: {x-assets: Nr, x-serial: {column: Serial, as: serial}, hostname: Name}
columns:
  hostname: Name
  encrypted: {column: Disk, words: {locked: true, open: false}}
  added_on: {column: Bought, format: "%d/%m/%Y"}
  last_seen: Seen
  os.name: System
leave: {State: [Sold, Scrapped]}
"""
TABLE = """\
Nr;Serial;Name;Disk;Bought;Seen;System;State;Customer
1;HD0001;hd-till-01;locked;03/04/2025;2026-11-20T10:00:00Z;Windows 11;;Harbour Dental
2;;OLD;open;31/12/2020;;Windows 7;Sold;Harbour Dental
3;;NEW;ajar;2025-01-01;20.11.2026;;;Harbour Dental
4;;THEIRS;open;01/01/2025;;;;Elm Vets
"""


def mapping(client: Client, text: str = MAPPING) -> str:
    return str(client.export("assets.yaml", text))


def test_a_table_is_read_as_its_mapping_says(client: Client) -> None:
    after = client.take(mapping(client), client.export("a.csv", TABLE), only="Harbour Dental")
    till = after.item("devices", "till")
    assert (till["encrypted"], till["added_on"], till["x-serial"]) == (True, "2025-04-03", "HD0001")
    assert (till["last_seen"], till["user"]) == ("2026-11-20T10:00:00Z", "p.moor")
    new = after.item("devices", "new")
    assert {"encrypted", "added_on", "last_seen"}.isdisjoint(new)
    assert "OLD: its State is Sold" in after.passed
    assert any("does not say what 'ajar' means" in one for one in after.passed)
    assert any("'2025-01-01' is not written as %d/%m/%Y" in one for one in after.passed)
    assert any("which day 20.11.2026 is depends on the country" in one for one in after.passed)
    assert after.imported.others == (("Elm Vets", 1),)
    assert after.value["evidence"][0]["source"] == "assets"
    assert after.value["organisation"]["x-sources"] == {"assets": "Harbour Dental"}
    assert [row.called for row in after.imported.first] == ["hd-till-01", "NEW"]


def test_a_sheet_of_a_workbook_is_read_as_its_mapping_says(client: Client, tmp_path: Path) -> None:
    made = Workbook()
    made.worksheets[0].title = "Notes"
    sheet = made.create_sheet("Assets")
    sheet.append(["Nr", "Serial", "Name", "Disk", "Bought", "Seen", "System", "State", "Customer"])
    sheet.append([1, "HD0001", "hd-till-01", "locked", date(2025, 4, 3), None, 10.1, None, "Harbour Dental"])
    sheet.append([3, None, "NEW", "=1+1", "03/04/2025", None, "#REF!", None, "Harbour Dental"])
    made["Notes"].append(["x"])
    made.save(tmp_path / "a.xlsx")
    after = client.take(
        mapping(client, MAPPING + "sheet: assets\n"), tmp_path / "a.xlsx", only="Harbour Dental"
    )
    till = after.item("devices", "till")
    assert (till["encrypted"], till["added_on"], till["x-serial"]) == (True, "2025-04-03", "HD0001")
    assert till["os"]["name"] == "Windows 11"
    assert after.item("devices", "new")["added_on"] == "2025-04-03"
    assert after.value["evidence"][0]["method"] == "declared"  # somebody keeps it
    assert any("a spreadsheet made a number or a date of a text: 10.1" in one for one in after.passed)
    assert any("=1+1 is what a spreadsheet worked out, or could not" in one for one in after.passed)
    assert any("#REF! is what a spreadsheet worked out, or could not" in one for one in after.passed)
    places = [str(one.place).rpartition("/")[2] for one in after.imported.passed]
    assert "a.xlsx:2 (sheet Assets, column G)" in places


def test_which_sheet_is_meant_has_to_be_clear(client: Client, tmp_path: Path) -> None:
    made = Workbook()
    made.worksheets[0].append(["x"])
    made.create_sheet("Other").append(["y"])
    made.save(tmp_path / "a.xlsx")
    for more, says in (("", "which sheet is meant is not clear"), ("sheet: X\n", "there is no sheet X")):
        with pytest.raises(PolicyscanError, match=says):
            client.take(mapping(client, MAPPING + more), tmp_path / "a.xlsx")


def test_what_is_not_clear_is_told_with_the_place_of_its_cell(client: Client) -> None:
    after = client.take(mapping(client), client.export("a.csv", TABLE), only="Harbour Dental")
    places = {str(one.place).rpartition("/")[2] for one in after.imported.passed}
    assert {"a.csv:4:8", "a.csv:4:13", "a.csv:4:24"} <= places
    said = "tool: T\nsection: servers\nknown_by: {hostname: n.name}\ncolumns: {internet_facing: n.web}\n"
    rows = '[\n {"n": {"name": "HD-SRV-01",\n  "web": "maybe"}}]'
    after = client.take(mapping(client, said), client.export("a.json", rows))
    assert [str(one.place).rpartition("/")[2] for one in after.imported.passed] == ["a.json:3:10"]


def test_json_is_read_by_a_mapping_too(client: Client) -> None:
    said = "tool: T\nsection: servers\nrows: machines\nknown_by: {hostname: n.name}\n"
    said += "columns: {internet_facing: web}\n"
    rows = {"machines": [{"n": {"name": "HD-SRV-01"}, "web": False}]}
    after = client.take(mapping(client, said), client.export("a.json", json.dumps(rows)))
    assert after.item("servers", "srv")["internet_facing"] is False
    assert after.value["evidence"][0]["method"] == "tool_export"
    after = client.take(
        mapping(client, f"{said}method: document\n"), client.export("b.json", json.dumps(rows))
    )
    assert after.value["evidence"][-1]["method"] == "document"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "tool: Asset list",
            "tool: Asset list\nmethod: exported",
            "write one of: declared, document, tool_export",
        ),
        ("tool: Asset list\n", "", "says tool, and this one does not"),
        ("section: devices", "section: devcies", "did you mean devices?"),
        ("section: devices", "section: as_of", "as_of is no list"),
        ("client: Customer", "clinet: Customer", "did you mean client?"),
        ("  hostname: Name", "  hostnam: Name", "did you mean hostname?"),
        ("  hostname: Name", "  hostname: 3", "hostname says no column"),
        ("  last_seen: Seen", "  last_seen: {column: Seen, as: guess}", "guess is no way to read a cell"),
        ("  last_seen: Seen", "  last_seen: {colum: Seen}", "did you mean column?"),
        ("  os.name: System", "  os.name: Sistem", "it has no Sistem"),
        ("columns:\n", "columns: []\nx:\n", "not known"),
        (MAPPING, "[1]", "no mapping"),
        (MAPPING, "a: [", "closed"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_told(old: str, new: str, says: str, client: Client) -> None:
    assert old in MAPPING
    before = client.path.read_bytes()
    with pytest.raises(PolicyscanError) as caught:
        client.take(
            mapping(client, MAPPING.replace(old, new)), client.export("a.csv", TABLE), only="Harbour Dental"
        )
    assert says in "\n".join(map(str, caught.value.problems))
    assert client.path.read_bytes() == before


def test_a_mapping_that_is_not_there_is_told(client: Client, tmp_path: Path) -> None:
    with pytest.raises(PolicyscanError, match="no such file"):
        client.take(str(tmp_path / "none.yaml"), client.export("a.csv", TABLE))
