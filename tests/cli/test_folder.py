"""A client as a folder of its own: what commands make of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyscan.reporters import REPORTERS
from tests.cli.conftest import write
from tests.cli.runner import Ran, policyscan

HERE = "inventories/clients/acme"
HEAD = "schema_version: 1\nkind: client\nas_of: 2026-10-31\norganisation: {id: acme}\n"
PEOPLE = "people:\n  - {id: ann, end_date: 2026-01-01}\n"


@pytest.fixture
def acme(place: Path) -> Path:
    write(place, f"{HERE}/client.yaml", HEAD)
    write(place, f"{HERE}/people.yaml", PEOPLE)
    return place


def scan(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str) -> Ran:
    return policyscan(monkeypatch, place, "scan", "--as-of", "2026-10-31", *args)


def test_a_finding_points_to_the_part_it_stands_in(monkeypatch: pytest.MonkeyPatch, acme: Path) -> None:
    ran = scan(monkeypatch, acme, HERE, "-f", "json")
    assert ran.code == 1
    report = json.loads(ran.out)
    places = [(r["subject"], r["file"], r["line"]) for r in report["results"] if r["status"] == "fail"]
    assert places == [("ann", f"{HERE}/people.yaml", 2)]
    assert sorted(report["scan"]["digests"]) == [f"{HERE}/client.yaml", f"{HERE}/people.yaml"]


def test_a_changed_part_is_seen_by_the_next_scan(monkeypatch: pytest.MonkeyPatch, acme: Path) -> None:
    for number in range(30):  # as many as make it worth while to keep results
        write(
            acme, f"inventories/clients/c{number}.yaml", HEAD.replace("acme", f"c{number}") + "people: []\n"
        )
    assert "ann left" in scan(monkeypatch, acme, "--client", "acme").out
    write(acme, f"{HERE}/people.yaml", PEOPLE.replace("2026-01-01", "null"))
    assert "ann left" not in scan(monkeypatch, acme, "--client", "acme").out


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("people: []\n", f"{HERE}/z.yaml:1:1: people is set in two files: first at {HERE}/people.yaml:1:1"),
        ("kind: client\n", f"{HERE}/z.yaml:1:1: kind is set in two files: first at {HERE}/client.yaml:2:1"),
        ("peple: []\n", f"{HERE}/z.yaml:1:1: the key peple is not known in client"),
        ("- people\n", f"{HERE}/z.yaml:1:1: this part of an inventory has no keys and values"),
        ("# later\n", f"{HERE}/z.yaml:1:1: this file holds only comments"),
        ("devices: [\n", f"{HERE}/z.yaml:2:1: the file ends here"),
        ("devices: []\n---\nsoftware: []\n", f"{HERE}/z.yaml:3:1: a second document begins here"),
        (
            "devices:\n  - {id: a, os: {name: 3}}\n",
            f"{HERE}/z.yaml:2:24: name: expected a text",
        ),
    ],
)
def test_a_broken_part_keeps_all_of_it_from_being_judged(
    monkeypatch: pytest.MonkeyPatch, acme: Path, part: str, said: str
) -> None:
    write(acme, f"{HERE}/z.yaml", part)
    ran = scan(monkeypatch, acme, HERE)
    assert ran.code == 2
    assert said in policyscan(monkeypatch, acme, "validate", HERE).err.replace("error: ", "")
    others = scan(monkeypatch, acme, "--client", "good")
    assert "acme" not in others.out + others.err


def test_no_output_replaces_a_part(monkeypatch: pytest.MonkeyPatch, acme: Path) -> None:
    ran = scan(monkeypatch, acme, "-o", f"json:{HERE}/people.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert "people.yaml is an inventory" in ran.err
    assert (acme / HERE / "people.yaml").read_text("utf-8") == PEOPLE


def test_a_client_twice_is_told_whichever_of_its_files_says_its_id(
    monkeypatch: pytest.MonkeyPatch, acme: Path
) -> None:
    write(acme, f"{HERE}/client.yaml", HEAD.replace("organisation: {id: acme}\n", ""))
    write(acme, f"{HERE}/about.yaml", "organisation: {id: acme}\n")
    write(acme, "inventories/clients/again.yaml", HEAD)
    for named in (HERE, "inventories/clients/again.yaml"):
        ran = scan(monkeypatch, acme, named)
        assert ran.code == 2
        assert "there is another client with the id acme" in ran.out + ran.err


def test_the_same_in_many_processes(monkeypatch: pytest.MonkeyPatch, acme: Path) -> None:
    one, two = (scan(monkeypatch, acme, "-f", "json", "--jobs", jobs, "--no-cache").out for jobs in "12")
    assert one == two


DEVICES = "id,hostname,os.support_ends\nlt-01,LT 1,2020-01-01\nlt-02,LT 2,\n"


def test_a_table_is_told_by_file_and_row_in_every_format(monkeypatch: pytest.MonkeyPatch, acme: Path) -> None:
    write(acme, f"{HERE}/people.csv", "id,end_date\nbob,none\nann,2026-01-01\n")
    (acme / HERE / "people.yaml").unlink()
    for name in REPORTERS:
        ran = scan(monkeypatch, acme, HERE, "-f", name)
        assert ran.code == 1, name
        assert "people.csv" in ran.out or name.startswith("letter"), name  # which names no files
    text = scan(monkeypatch, acme, HERE).out
    assert f"{HERE}/people.csv:3" in text
    sarif = json.loads(scan(monkeypatch, acme, HERE, "-f", "sarif").out)
    (place,) = (
        one["locations"][0]["physicalLocation"]
        for one in sarif["runs"][0]["results"]
        if one["level"] == "error"
    )
    assert place["artifactLocation"]["uri"] == f"{HERE}/people.csv"
    assert place["region"]["startLine"] == 3


def test_a_table_by_itself_says_where_it_belongs(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, "inventories/devices.csv", DEVICES)
    ran = policyscan(monkeypatch, place, "validate", "inventories/devices.csv")
    assert ran.code == 2
    assert "inventories/devices.csv:1:1: a table is a part of an inventory" in ran.err
    assert "devices.csv was not used: tables count beside a file" in scan(monkeypatch, place).out


def test_what_is_not_used_of_one_client_is_not_told_to_another(
    monkeypatch: pytest.MonkeyPatch, acme: Path
) -> None:
    write(acme, f"{HERE}/quotes.csv", "a\n")
    assert "quotes.csv was not used" in scan(monkeypatch, acme, "--client", "acme").out
    others = scan(monkeypatch, acme, "--client", "good")
    assert "acme" not in others.out + others.err


def test_blanks_of_a_table_are_told_in_few_lines(monkeypatch: pytest.MonkeyPatch, acme: Path) -> None:
    write(acme, f"{HERE}/devices.csv", DEVICES + "".join(f"lt-{n},LT,\n" for n in range(10, 40)))
    ran = policyscan(monkeypatch, acme, "validate", HERE)
    assert ran.code == 0
    assert len((ran.out + ran.err).splitlines()) < 5
