"""Exceptions at the command line: each state with its exit code, in an inventory and in a file of waivers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyscan.engine import scan as engine
from tests.cli.conftest import CLIENT, write
from tests.cli.runner import Ran, policyscan

PERSON = "people:\n  - {id: p-1, name: Ann Ames, end_date: 2026-06-12}\n  - {id: p-2, end_date: null}\n"
WAIVER = {
    "policy": "OPS-01",
    "document": "bad",
    "subject": "p-1",
    "reason": "on call until the handover",
    "requested_by": "north",
    "approved_by": "p-2",
    "approved_on": "2026-09-01",
    "expires_on": "2027-03-01",
}


def waiver(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**WAIVER, **changes}.items() if value is not None}


def file_of(*waivers: Any) -> str:
    return json.dumps({"schema_version": 1, "kind": "waivers", "waivers": list(waivers)}, indent=1)


def scan(
    monkeypatch: pytest.MonkeyPatch, place: Path, *args: str, day: str = "2026-10-31", select: str = "OPS-01"
) -> Ran:
    return policyscan(monkeypatch, place, "scan", "--select", select, "--as-of", day, "--no-cache", *args)


def told(ran: Ran) -> list[tuple[str, str, str]]:
    """The document, control and status of each result, of those of waivers with the requirement."""
    results = json.loads(ran.out)["results"]
    return [
        (r["document"], r["policy"] + ("/" + r["requirement"]) * (r["policy"] == "DOC-WAIVER"), r["status"])
        for r in results
    ]


@pytest.fixture
def alone(place: Path) -> Path:
    """A repository in which only `bad` fails."""
    write(place, "inventories/clients/bad.yaml", CLIENT.format(id="bad") + PERSON)
    (place / "inventories/clients/vague.yaml").unlink()
    return place


FILES = ["inventories/waivers.json", "inventories/waivers/2026/bad.yaml"]


def test_one_that_covers_nothing_is_told_where_results_are_packed(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(alone, FILES[0], file_of(waiver(document="*", subject="p-9")))
    as_ever = scan(monkeypatch, alone, "-f", "json")
    assert "DOC-WAIVER" in as_ever.out
    monkeypatch.setattr(engine, "_MOST_AS_THEY_ARE", 0)
    packed = scan(monkeypatch, alone, "-f", "json")
    assert (packed.out, packed.code) == (as_ever.out, as_ever.code)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("changes", "day", "code", "expected"),
    [
        ({}, "2026-10-31", 0, [("bad", "OPS-01", "waived")]),
        ({"document": "b*"}, "2026-10-31", 0, [("bad", "OPS-01", "waived")]),
        ({"document": "*", "subject": "p-*"}, "2026-10-31", 0, [("bad", "OPS-01", "waived")]),
        ({}, "2027-03-01", 0, [("bad", "DOC-WAIVER/ends", "due"), ("bad", "OPS-01", "waived")]),
        ({}, "2027-03-02", 1, [("bad", "OPS-01", "fail"), ("bad", "DOC-WAIVER/current", "fail")]),
        ({}, "2026-08-31", 1, [("bad", "OPS-01", "fail"), ("bad", "DOC-WAIVER/current", "fail")]),
        (
            {"expires_on": "2027-09-03"},
            "2026-10-31",
            1,
            [("bad", "OPS-01", "fail"), ("bad", "DOC-WAIVER/length", "fail")],
        ),
        (
            {"subject": "p-2"},
            "2026-10-31",
            1,
            [("bad", "OPS-01", "fail"), ("bad", "DOC-WAIVER/used", "fail")],
        ),
        (
            {"document": "*", "subject": "p-9"},
            "2026-10-31",
            1,
            [("bad", "OPS-01", "fail"), ("bad", "DOC-WAIVER/used", "fail")],
        ),
        (
            {"reason": None},
            "2026-10-31",
            1,
            [("bad", "OPS-01", "fail"), ("bad", "DOC-WAIVER/complete", "fail")],
        ),
        (
            {"policy": "OPS-77"},
            "2026-10-31",
            1,
            [("bad", "OPS-01", "fail"), ("bad", "DOC-WAIVER/known", "fail")],
        ),
        (
            {"requested_by": "ann ames", "approved_by": "p-1"},
            "2026-10-31",
            1,
            [("bad", "OPS-01", "fail"), ("bad", "DOC-WAIVER/approved", "fail")],
        ),
        (
            {"approved_by": "p-1", "approved_on": "2026-06-13", "expires_on": "2026-12-31"},
            "2026-10-31",
            1,
            [("bad", "OPS-01", "fail"), ("bad", "DOC-WAIVER/approved", "fail")],
        ),
    ],
)
def test_each_state_of_a_waiver_in_a_file_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
    alone: Path,
    name: str,
    changes: dict[str, Any],
    day: str,
    code: int,
    expected: list[tuple[str, str, str]],
) -> None:
    write(alone, name, file_of(waiver(**changes)))
    ran = scan(monkeypatch, alone, "-f", "json", day=day)
    assert sorted(told(ran)) == sorted(expected), ran.err
    assert ran.code == code
    one = scan(monkeypatch, alone, "-f", "json", "inventories/clients/bad.yaml", day=day)
    if not (changes.get("document") == "*" and "used" in str(expected)):  # another may need it
        assert (sorted(told(one)), one.code) == (sorted(expected), code)


ACCEPT = "today - person.end_date <= days(150)"


@pytest.mark.parametrize(("day", "code", "status"), [("2026-11-09", 0, "waived"), ("2026-11-10", 1, "fail")])
@pytest.mark.parametrize("where", ["file", "inventory"])
def test_what_is_worse_than_what_was_accepted_comes_back(
    monkeypatch: pytest.MonkeyPatch, alone: Path, day: str, code: int, status: str, where: str
) -> None:
    pinned = waiver(accept=ACCEPT)
    if where == "file":
        write(alone, "inventories/waivers.yaml", file_of(pinned))
    else:
        own = json.dumps([pinned | {"requested_by": "north"}])
        text = f"{CLIENT.format(id='bad')}{PERSON}providers: [{{id: north}}]\nwaivers: {own}\n"
        write(alone, "inventories/clients/bad.yaml", text)
    ran = scan(monkeypatch, alone, "-f", "json", "--client", "bad", day=day)
    found = told(ran)
    assert ("bad", "OPS-01", status) in found, ran.err
    assert (("bad", "DOC-WAIVER/accepted", "fail") in found) is (status == "fail")
    assert ran.code == code
    if status == "waived":
        mark = json.loads(ran.out)["results"][0]["waiver"]
        assert mark["accept"] == ACCEPT
        assert mark.get("file") == ("inventories/waivers.yaml" if where == "file" else None)


@pytest.mark.parametrize(
    ("accept", "message"),
    [
        ("today - persn.end_date <= days(150)", "did you mean 'person'"),
        ("person.end_date", "bool"),
        ("person.end_date <=", "cannot be understood"),
        ("person.end_date.orValue(today) == today", "cannot be understood"),
    ],
)
def test_what_is_accepted_is_checked_as_a_control_is(
    monkeypatch: pytest.MonkeyPatch, alone: Path, accept: str, message: str
) -> None:
    write(alone, "inventories/waivers.yaml", file_of(waiver(accept=accept)))
    ran = scan(monkeypatch, alone, "-f", "json")
    assert ("bad", "OPS-01", "fail") in told(ran)
    (said,) = [r["message"] for r in json.loads(ran.out)["results"] if r["policy"] == "DOC-WAIVER"]
    assert "cannot be understood" in said
    assert message in said
    assert ran.code == 1


def test_what_cannot_be_told_is_not_accepted(monkeypatch: pytest.MonkeyPatch, alone: Path) -> None:
    write(alone, "inventories/waivers.yaml", file_of(waiver(accept="person.start_date < today")))
    ran = scan(monkeypatch, alone, "-f", "json")
    assert ("bad", "OPS-01", "fail") in told(ran)
    assert ran.code == 1


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("kind: waivers\nschema_version: 1\nwaivers:\n  - {policy: OPS-01}\n", "'document' is missing", 4),
        ("kind: waivers\nschema_version: 1\nwaivers:\n  - policy: OPS-01\n  oops\n", "", 5),
        ("kind: waivers\nschema_version: 1\n", "'waivers' is missing", 1),
        ("", "nothing in this file", 1),
        (file_of(waiver(expires_on="2027-02-30")), "'2027-02-30' is no day", 13),
        (file_of(waiver(expires="2027-02-28")), "unknown key 'expires'", 14),
        (file_of(waiver()).replace('"on call until the handover"', '"x"') + "\n{}", "", 17),
        (
            "kind: waivers\nschema_version: 1\nwaivers:\n  - {policy: OPS-01, document: bad, accept: }\n",
            "",
            4,
        ),
    ],
)
def test_a_file_that_is_broken_has_no_waiver_that_counts(
    monkeypatch: pytest.MonkeyPatch, alone: Path, text: str, message: str, line: int
) -> None:
    write(alone, "inventories/waivers/good.yaml", file_of())
    write(alone, "inventories/waivers/bad.yaml", text)
    ran = scan(monkeypatch, alone, "-f", "json")
    problems = json.loads(ran.out)["summary"]["problems"]
    said = [(p["message"], p["line"]) for p in problems if p["file"] == "inventories/waivers/bad.yaml"]
    assert any(message in one and at == line for one, at in said), said
    assert ("no waiver in this file counts until it is mended", 1) in said
    assert ("bad", "OPS-01", "fail") in told(ran)
    assert ran.code == 2
    checked = policyscan(monkeypatch, alone, "validate", "--as-of", "2026-10-31")
    assert checked.code == 2
    assert "no waiver in this file counts" in checked.out + checked.err


def test_a_waiver_for_no_inventory_is_told_where_all_were_read(
    monkeypatch: pytest.MonkeyPatch, alone: Path
) -> None:
    write(alone, "inventories/waivers.yaml", file_of(waiver(), waiver(document="badd")))
    ran = scan(monkeypatch, alone)
    assert ran.code == 2
    assert "there is no badd" in ran.out
    assert "did you mean bad?" in ran.out
    assert scan(monkeypatch, alone, "inventories/clients/bad.yaml").code == 0
    assert scan(monkeypatch, alone, "--client", "bad").code == 0


def test_waivers_where_nobody_looks_for_them_are_an_error(
    monkeypatch: pytest.MonkeyPatch, alone: Path
) -> None:
    write(alone, "inventories/clients/exceptions.yaml", file_of(waiver()))
    ran = scan(monkeypatch, alone)
    assert ran.code == 2
    assert "these waivers have no effect" in ran.out


def test_a_report_says_which_file_it_rests_on_and_no_output_replaces_it(
    monkeypatch: pytest.MonkeyPatch, alone: Path
) -> None:
    write(alone, "inventories/waivers.yaml", file_of(waiver()))
    ran = scan(monkeypatch, alone, "-f", "json", "--client", "bad")
    assert set(json.loads(ran.out)["scan"]["digests"]) == {
        "inventories/clients/bad.yaml",
        "inventories/waivers.yaml",
    }
    refused = scan(monkeypatch, alone, "-o", "json:inventories/waivers.yaml")
    assert (refused.code, "is a file of waivers of this scan" in refused.err) == (2, True)


def test_a_limit_of_days_in_the_settings(monkeypatch: pytest.MonkeyPatch, alone: Path) -> None:
    write(alone, "inventories/waivers.yaml", file_of(waiver()))
    settings = (alone / "policyscan.yaml").read_text("utf-8")
    for days, code in ((181, 0), (180, 1)):
        write(alone, "policyscan.yaml", f"{settings}max_waiver_days: {days}\n")
        assert scan(monkeypatch, alone).code == code
    write(alone, "policyscan.yaml", f"{settings}max_waiver_days: 367\n")
    assert scan(monkeypatch, alone).code == 2


def test_kept_results_forget_a_waiver_that_was_changed(
    monkeypatch: pytest.MonkeyPatch, alone: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("POLICYSCAN_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    for number in range(25):
        write(alone, f"inventories/clients/c{number}.yaml", CLIENT.format(id=f"c{number}") + PERSON)
    args = ("scan", "--select", "OPS-01", "--as-of", "2026-10-31", "-f", "json")

    def waived() -> int:
        ran = policyscan(monkeypatch, alone, *args)
        return sum(status == "waived" for _, _, status in told(ran))

    write(alone, "inventories/waivers.yaml", file_of(waiver(document="c*")))
    assert (waived(), waived()) == (25, 25)
    write(alone, "inventories/waivers.yaml", file_of(waiver(document="c1*")))
    assert (waived(), waived()) == (11, 11)
    (alone / "inventories/waivers.yaml").unlink()
    assert waived() == 0


FORMATS = ["text", "markdown", "csv", "json", "jsonl", "sarif", "github", "gitlab", "junit", "ocsf", "html"]


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"expires_on": "2026-11-09"}, "ends in 9 days (2026-11-09)"),
        ({"expires_on": "2026-10-30"}, "expired on 2026-10-30"),
        ({"accept": "today - person.end_date <= days(9)"}, "does not cover all that fails"),
    ],
    ids=["expiring", "expired", "exceeded"],
)
def test_every_format_tells_how_a_waiver_stands(
    monkeypatch: pytest.MonkeyPatch, alone: Path, format_: str, changes: dict[str, Any], words: str
) -> None:
    write(alone, "inventories/waivers.yaml", file_of(waiver(**changes)))
    ran = scan(monkeypatch, alone, "-f", format_, "--client", "bad")
    assert words in " ".join(ran.out.replace("\\", "").split()), ran.out
    assert ran.code == (0 if "ends" in words else 1)


def test_a_folder_that_is_one_inventory_has_its_own_waivers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: Path
) -> None:
    write(tmp_path, "acme/client.yaml", CLIENT.format(id="acme") + PERSON + "providers: [{id: north}]\n")
    write(tmp_path, "acme/waivers.yaml", json.dumps({"waivers": [waiver(document="acme")]}))
    for folder in ("acme", "acme/client.yaml"):
        ran = scan(monkeypatch, tmp_path, folder, "-f", "json")
        assert told(ran) == [("acme", "OPS-01", "waived")], ran.err
        assert ran.code == 0
