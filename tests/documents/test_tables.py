"""Tables of an inventory in its own folder: what cells mean, where they stand, and what is refused."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from policyscan.documents.document import Document
from policyscan.documents.opening import FileOutcome, read_file, read_identified
from policyscan.files.discovery import discover
from policyscan.kinds.kinds import Kinds

HEAD = "schema_version: 1\nkind: client\nas_of: 2026-10-31\ncurrency: EUR\norganisation: {id: acme}\n"
KINDS = Kinds.builtin()


def read(root: Path, *, pickled: bool = False, client: str = "", **tables: str | bytes) -> FileOutcome:
    """What a folder holds; names have a dot for each two underscores."""
    folder = root / "inventories/acme"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "client.yaml").write_text(HEAD + client, "utf-8")
    for name, text in tables.items():
        data = text if isinstance(text, bytes) else text.encode()
        (folder / f"{name.replace('__', '.')}.csv").write_bytes(data)
    found = discover(base=root, kinds=KINDS)
    assert (found.problems, found.notes) == ([], [])
    (file,) = found.files
    outcome = read_file(file, KINDS)
    if pickled:
        outcome = pickle.loads(pickle.dumps(outcome))  # noqa: S301 - our own
    return outcome


def opened(root: Path, **given: Any) -> Document:
    outcome = read(root, **given)
    assert outcome.problems == ()
    (document,) = outcome.documents(KINDS)
    return document


def refused(root: Path, **tables: Any) -> list[str]:
    outcome = read(root, **tables)
    assert outcome.contents == ()
    return [
        f"{problem.at}: {problem.message}".replace("inventories/acme/", "") for problem in outcome.problems
    ]


DEVICES = "id,user,os.name,antivirus,antivirus.active,patches.scanned_on,patches.missing\n"


@pytest.mark.parametrize("pickled", [False, True])
def test_cells_become_values_each_at_its_place(tmp_path: Path, pickled: bool) -> None:
    document = opened(
        tmp_path,
        pickled=pickled,
        people="id\nann\n",
        devices=DEVICES + 'a,ann,"Windows, 11",,TRUE,2026-10-30,\nb,,,none,,,none\n',
        devices__patches__missing="devices,id,released_on\na,KB1,2026-10-01\na,KB2,\n",
    )
    first, second = document.value["devices"]
    person = document.value["people"][0]
    assert first["user"] is person
    assert first["os"]["name"] == "Windows, 11"
    assert first["antivirus"]["active"] is True
    assert [fix["id"] for fix in first["patches"]["missing"]] == ["KB1", "KB2"]
    assert second["antivirus"] is None
    assert second["patches"]["missing"] == []
    fix = first["patches"]["missing"][1]
    places = {
        document.path_of(container, key): str(document.place_of(container, key))[len("inventories/acme/") :]
        for container, key in [
            (document.value, "devices"), (document.value["devices"], 1), (first, "user"), (first, None),
            (first["os"], "name"), (first["patches"], "missing"), (fix, "id"), (fix, "released_on"),
            (second, "user"), (second, "os"), (second, "hostname"), (document.value, "as_of"),
        ]
    }  # fmt: skip
    assert places == {
        "as_of": "client.yaml:3:8",
        "devices": "devices.csv:1:1",
        "devices[a]": "devices.csv:2:1",
        "devices[a].os.name": "devices.csv:2:7",
        "devices[a].patches.missing": "devices.csv:2:38",
        "devices[a].patches.missing[KB2].id": "devices.patches.missing.csv:3:3",
        "devices[a].patches.missing[KB2].released_on": "devices.patches.missing.csv:3:7",
        "devices[a].user": "devices.csv:2:3",
        "devices[b]": "devices.csv:3:1",
        "devices[b].hostname": "devices.csv:3:1",
        "devices[b].os": "devices.csv:3:4",
        "devices[b].user": "devices.csv:3:3",
    }
    assert [issue.path for issue in document.blanks()] == [
        "devices[b].user", "devices[b].os", "devices[b].patches.scanned_on",
        "devices[a].patches.missing[KB2].released_on",
    ]  # fmt: skip
    assert document.why_unknown(second, "user") == "it is blank"
    assert document.section_of(fix) == "devices"
    assert document.file == "inventories/acme/client.yaml"


def test_a_table_says_what_the_same_in_yaml_says(tmp_path: Path) -> None:
    written = (
        "people: [{id: ann, leadership: true, end_date: null}]\n"
        "training: [{person: ann, topics: [phishing, ransomware], completed_on: 2026-03-04}]\n"
    )
    one = opened(tmp_path / "a", client=written)
    other = opened(
        tmp_path / "b",
        people="id,leadership,end_date\nann,true,none\n",
        training="person,topics,completed_on\nann,phishing; ransomware,2026-03-04\n",
    )
    assert other.value["training"] == one.value["training"]


HABITS = {
    "a mark and semicolons": b"\xef\xbb\xbfid;name\r\nann;Ann A\r\n",
    "tabs, UTF-16": "id\tname\r\nann\tAnn A\r\n".encode("utf-16"),
    "a line that says which": b"sep=;\r\nid;name\r\nann;Ann A\r\n",
    "old line ends": b"id,name\rann,Ann A\r",
    "no line end": b"id,name\nann,Ann A",
    "spaces": b"id , name\n ann , Ann A \n",
    "empty rows and columns": b"id,name,,\n,,,\nann,Ann A,,\n,,,\n",
    "quotes": b'"id","name"\n"ann","Ann A"\n',
    "cells too many, all empty": b"id,name\nann,Ann A,,\n",
}


@pytest.mark.parametrize("data", HABITS.values(), ids=list(HABITS))
def test_habits_of_spreadsheets_change_nothing(tmp_path: Path, data: bytes) -> None:
    people = opened(tmp_path, people=data).value["people"]
    assert [(one["id"], one["name"]) for one in people] == [("ann", "Ann A")]


def test_a_cell_may_have_line_breaks_and_quotes(tmp_path: Path) -> None:
    document = opened(tmp_path, people='id,name,role\nann,"A ""B""\nC",owner\nbob,Bob,boss\n')
    ann, bob = document.value["people"]
    assert ann["name"] == 'A "B"\nC'
    assert [document.place_of(one, "role").line for one in (ann, bob)] == [3, 4]


def test_a_header_alone_does_not_say_that_there_are_none(tmp_path: Path) -> None:
    document = opened(tmp_path, devices="id,user\n")
    assert "devices" not in document.value
    assert document.why_unknown(document.value, "devices") == "it is blank"
    assert str(document.place_of(document.value, "devices")).endswith("devices.csv:1:1")


def test_money_columns_of_ones_own_and_maps(tmp_path: Path) -> None:
    text = "id,retention.amount,retention.currency,sublimits.ransomware,x-file\np,1000000,USD,250000,a.pdf\n"
    document = opened(tmp_path, insurance_policies=text + "q,0,EUR,0,\n")
    assert document.blanks() == []  # nobody asks for what is one's own
    policy, _ = document.value["insurance_policies"]
    assert str(policy["retention"]) == "1000000 USD"
    assert str(policy["sublimits"]["ransomware"]) == "250000 EUR"
    assert policy["x-file"] == "a.pdf"


def test_a_list_within_a_section_has_a_table(tmp_path: Path) -> None:
    document = opened(tmp_path, email__domains="name\nacme.example\n")
    assert [one["name"] for one in document.value["email"]["domains"]] == ["acme.example"]
    (tmp_path / "inventories/acme/email.domains.csv").unlink()
    document = opened(tmp_path, client="people: [{id: a}]\n", providers="id\nbh\n",
                      providers__sla__targets="providers,priority\nbh,P1\n")  # fmt: skip
    assert document.value["providers"][0]["sla"]["targets"][0]["priority"] == "P1"


REFUSED = {
    "a column that is not known": ("id,hostnam\na,b\n", "1:4: the column hostnam is not known in device"),
    "a column twice": ("id,user,id\na,b,c\n", "1:9: there are two columns id"),
    "a column of a list": ("id,patches.missing.id\na,b\n", "1:4: patches.missing is a list"),
    "another delimiter": ("id|hostname\na|b\n", "1:1: the column id|hostname is not known in device"),
    "too many cells": ("id,user\na,none,c\n", "2:8: this row has 3 cells, but there are 2 columns"),
    "too few cells": ("id,user,hostname\na,none\n", "2:3: this row has 2 cells, but there are 3 columns"),
    "a cell below nothing": ("id,\na,b\n", "2:3: this cell stands below no name: its column has none"),
    "no header": ("\n", "1:1: this table is empty: it has no header"),
    "the same row twice": ("id\na\nb\na\n", "4:1: the id a stands twice in this list: first on line 2"),
    "no identity": ("id,hostname\n,b\n", "2:1: id is blank, and nothing works without it"),
    "a formula": ("id,hostname\na,=A1\n", "2:3: hostname: this is a formula, not a value"),
    "a fault": ("id,hostname\na,#REF!\n", "2:3: hostname: #REF! is what a spreadsheet shows where it has"),
    "no answer": ("id,hostname\na,N/A\n", "2:3: hostname: N/A may mean that there is none, or that nobody"),
    "none in capitals": ("id,user\na,None\n", "2:3: user: None may mean that there is none, or that nobody"),
    "none where there is one": ("id,hostname\na,none\n", "2:3: hostname: none says that there is none"),
    "a shortened number": ("id,hostname\na,1.23E+15\n", "2:3: hostname: 1.23E+15 is a number that a spread"),
    "yes": ("id,in_scope\na,yes\n", "2:3: in_scope: expected true or false, found yes"),
    "a day with strokes": ("id,added_on\na,03/04/2026\n", "2:3: added_on: expected a date like 2026-10-31"),
    "a day as a number": ("id,added_on\na,45961\n", "2:3: added_on: expected a date like 2026-10-31"),
    "a word": ("id,kind\na,lap top\n", "2:3: kind: expected one of desktop"),
    "both none and some": ("id,antivirus,antivirus.active\na,none,true\n", "2:3: antivirus says one thing"),
    "words for a mapping": ("id,antivirus\na,Defender\n", "2:3: antivirus: expected nothing or none"),
    "words for a list": ("id,patches.missing\na,KB1\n", "2:3: patches.missing: expected nothing or none"),
    "open quotes": ('id,hostname\na,"b\nc,d\n', "2:3: the quotes that open here are not closed"),
    "more behind quotes": ('id,hostname\na,"b"c\n', "2:6: something stands behind the quotes of a cell"),
    "NUL": (b"id\na\0\n", "2:2: this is no text"),
    "UTF-16 without a mark": ("id\na\n".encode("utf-16-le"), "1:2: this is no text"),
    "Windows-1252": (b"id,hostname\na,M\xfcller\n", "2:4: the byte 0xFC here is not UTF-8"),
    "a workbook": (b"PK\x03\x04\x14\0\x06\0", "1:6: this is no text"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=list(REFUSED))
def test_what_cannot_be_meant_is_told_at_its_cell(tmp_path: Path, text: str | bytes, said: str) -> None:
    (problem,) = refused(tmp_path, devices=text)
    assert problem.startswith(f"devices.csv:{said}")


@pytest.mark.parametrize("written", ["1,000", "1 000", "1.000", "1'000", "007", "12 h", "1.5"])
def test_whole_numbers_are_digits(tmp_path: Path, written: str) -> None:
    (problem,) = refused(tmp_path, cloud_services=f"id;users_count\nb;{written}\n")
    assert problem.startswith("cloud_services.csv:2:3: users_count: expected a whole number")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1,5", "expected a number, found 1,5"),
        ("1,500.00", "expected a number, found 1,500.00"),
        ("1.500", "1.500 may be 1500 or 1.5"),
        ("$5", "expected a number, found $5"),
    ],
)
def test_numbers_have_no_separators_that_could_be_read_in_two_ways(
    tmp_path: Path, written: str, said: str
) -> None:
    (problem,) = refused(tmp_path, insurance_policies=f"id;retention\np;{written}\n")
    assert problem == f"insurance_policies.csv:2:3: retention: {said}"


SEVERAL = [
    (
        {"client": "devices: []\n", "devices": "id\na\n"},
        "devices.csv:1:1: devices is set in two files: first at client.yaml:6:1",
    ),
    (
        {"devices": "id\na\n", "devices__patches__missing": "devices,id\nb,KB1\n"},
        "devices.patches.missing.csv:2:1: none of the devices has the id b",
    ),
    (
        {"devices": "id,patches.missing\na,none\n", "devices__patches__missing": "devices,id\na,KB1\n"},
        "devices.patches.missing.csv:2:1: patches.missing of a is set in two files: first at devices.csv:2:3",
    ),
    (
        {"devices": "id,patches\na,none\n", "devices__patches__missing": "devices,id\na,KB1\n"},
        "devices.patches.missing.csv:2:1: patches.missing of a is set in two files: first at devices.csv:2:3",
    ),
    (
        {"client": "devices: [{id: a, patches: {missing: }}]\n",
         "devices__patches__missing": "devices,id\na,K\n"},
        "devices.patches.missing.csv:2:1: patches.missing of a is set in two files: first at client.yaml:6:2",
    ),
    (
        {"devices__patches__missing": "devices,id\na,KB1\n"},
        "devices.patches.missing.csv:2:1: none of the devices has the id a",
    ),
    (
        {"devices": "id\na\n", "devices__patches__missing": "id\nKB1\n"},
        "devices.patches.missing.csv:1:1: the column devices is missing",
    ),
    (
        {"devices": "id\na\n", "devices__patches__missing": "devices,id\n,KB1\n"},
        "devices.patches.missing.csv:2:1: this cell is empty, so that nobody knows whose row this is",
    ),
    ({"organisation": "id\na\n"}, "organisation.csv:1:1: organisation is no list of entries"),
    ({"devices__patchs": "id\na\n"}, "devices.patchs.csv:1:1: there is no patchs in device"),
    ({"client": "email: {domains: []}\n", "email__domains": "name\na.example\n"},
     "email.domains.csv:1:1: email.domains is set in two files: first at client.yaml:6:18"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "said"), SEVERAL, ids=range(len(SEVERAL)))
def test_what_stands_in_two_places_or_in_none_names_both(
    tmp_path: Path, given: dict[str, str], said: str
) -> None:
    (problem,) = refused(tmp_path, **given)
    assert problem.startswith(said)


def test_all_that_is_wrong_is_told_at_once_in_order(tmp_path: Path) -> None:
    devices = "id,hostname,added_on,in_scope\na,=1,2026-13-01,perhaps\nb,ok\nc,-,2026-01-01,TRUE\n"
    assert [problem[:19] for problem in refused(tmp_path, devices=devices, people="id,name\n,x\n")] == [
        "devices.csv:2:3: ho", "devices.csv:2:6: ad", "devices.csv:2:17: i", "devices.csv:3:3: th",
        "devices.csv:4:3: ho", "people.csv:2:1: id ",
    ]  # fmt: skip


def test_a_table_that_is_wrong_all_over_is_not_told_without_end(tmp_path: Path) -> None:
    devices = "id,hostname\n" + "".join(f"d{number},=1\n" for number in range(5_000))
    found = refused(tmp_path, devices=devices)
    assert len(found) == 51
    assert found[-1].endswith("after 50 errors the rest of this table was not looked at")


def test_many_rows_are_read(tmp_path: Path) -> None:
    rows = "".join(f"p{number},Ann {number},none\n" for number in range(3_000))
    document = opened(tmp_path, people="id,name,end_date\n" + rows)
    people = document.value["people"]
    assert [one["id"] for one in people] == [f"p{number}" for number in range(3_000)]
    assert document.place_of(people[2_999], "name").line == 3_001


def test_every_file_that_was_read_has_its_digest(tmp_path: Path) -> None:
    read(tmp_path, devices="id\na\n")
    (file,) = discover(base=tmp_path, kinds=KINDS).files
    names = [one.shown for one, _ in read_identified(file, KINDS).identities]
    assert names == ["inventories/acme/client.yaml", "inventories/acme/devices.csv"]


def test_the_tables_of_the_documentation_are_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/folders.md").read_text("utf-8")
    _, devices, fixes = (block.partition("```")[0] for block in page.split("```text\n")[1:])
    first, *_ = opened(tmp_path, devices=devices, devices__patches__missing=fixes).value["devices"]
    assert first["os"]["name"] == "Windows 11"
    assert [fix["id"] for fix in first["patches"]["missing"]] == ["KB5066835"]


@pytest.mark.parametrize("count", [501, 100_000])
def test_a_table_has_no_more_columns_than_people_make(tmp_path: Path, count: int) -> None:
    header = ",".join(f"c{number}" for number in range(count))
    (problem,) = refused(tmp_path, devices=f"{header}\n{'1,' * count}\n")
    assert problem.partition(": ")[2] == f"this table has {count:,} columns; at most 500 are read"
    assert problem.startswith("devices.csv:1:")


def test_columns_without_a_name_are_none(tmp_path: Path) -> None:
    document = opened(tmp_path, devices=f"id{',' * 2000}\nlt-01{',' * 2000}\n")
    assert [device["id"] for device in document.value["devices"]] == ["lt-01"]
