"""The commands that list exceptions and write them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CLIENT, write
from tests.cli.runner import Ran, policyscan
from tests.cli.test_waivers import PERSON, alone, file_of, waiver

__all__ = ["alone"]
BAD = "inventories/clients/bad.yaml"


def listed(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str) -> tuple[Ran, Any]:
    ran = policyscan(monkeypatch, place, "waivers", "--as-of", "2026-10-31", "-f", "json", *args)
    return ran, json.loads(ran.out) if ran.out else None


@pytest.mark.parametrize(
    ("changes", "state", "code"),
    [
        ({}, "active", 0),
        ({"expires_on": "2026-11-30"}, "expiring", 0),
        ({"expires_on": "2026-10-30"}, "expired", 1),
        ({"approved_on": "2026-11-01"}, "not yet in force", 1),
        ({"expires_on": "2027-09-03"}, "too long", 1),
        ({"subject": "p-2"}, "not needed", 1),
        ({"reason": None}, "malformed", 1),
        ({"policy": "OPS-77"}, "for nothing known", 1),
        ({"accept": "today - person.end_date <= days(9)"}, "exceeded", 1),
        ({"accept": "oops"}, "malformed", 1),
    ],
)
def test_each_state_is_listed(
    monkeypatch: pytest.MonkeyPatch, alone: Path, changes: dict[str, Any], state: str, code: int
) -> None:
    write(alone, "inventories/waivers.yaml", file_of(waiver(**changes)))
    ran, (one,) = listed(monkeypatch, alone)
    assert (one["state"], ran.code) == (state, code)
    shown = policyscan(monkeypatch, alone, "waivers", "--as-of", "2026-10-31")
    assert shown.out.startswith(state)
    assert shown.code == code


def test_a_pattern_is_shown_as_what_it_stands_for(monkeypatch: pytest.MonkeyPatch, alone: Path) -> None:
    write(alone, "inventories/clients/bat.yaml", CLIENT.format(id="bat") + PERSON)
    write(alone, "inventories/waivers.yaml", file_of(waiver(document="*", subject="p-*")))
    ran, (one,) = listed(monkeypatch, alone)
    assert (one["state"], one["covers"], ran.code) == ("active", ["bad/p-1", "bat/p-1"], 0)
    assert one["documents"] == ["bad", "bat", "good", "north", "served"]
    assert (one["age_days"], one["days_left"]) == (60, 121)
    shown = policyscan(monkeypatch, alone, "waivers", "--as-of", "2026-10-31")
    assert shown.out.splitlines() == [
        "active            OPS-01/p-*, until 2027-03-01 (121 days), approved 60 days ago by p-2",
        "    covers bad/p-1, bat/p-1",
        "    inventories/waivers.yaml:5",
        "1 waiver",
    ]


def test_without_waivers_and_with_a_broken_file(monkeypatch: pytest.MonkeyPatch, alone: Path) -> None:
    ran, found = listed(monkeypatch, alone)
    assert (found, ran.code) == ([], 0)
    write(alone, "inventories/waivers.yaml", "oops")
    assert listed(monkeypatch, alone)[0].code == 2


NOW = datetime(2026, 10, 31, 12, tzinfo=UTC)
"""When one is written: the command knows no other day than today's."""


def waive(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str, **changes: str | None) -> Ran:
    monkeypatch.setattr("time.time_ns", lambda: int(NOW.timestamp()) * 1_000_000_000)
    given = {
        "reason": "on call", "requested-by": "p-2", "approved-by": "p-1", "approved-on": "2026-05-01",
        "expires-on": "2026-12-31", **changes,
    }  # fmt: skip
    options = [text for name, value in given.items() if value is not None for text in (f"--{name}", value)]
    return policyscan(monkeypatch, place, "waive", *(args or ("OPS-01", "bad/p-1")), *options)


def scanned(monkeypatch: pytest.MonkeyPatch, place: Path) -> int:
    args = ("scan", "--as-of", "2026-10-31", "--select", "OPS-01", "--no-cache", "-q")
    return policyscan(monkeypatch, place, *args).code


def test_one_is_written_into_the_inventory_and_comments_stay(
    monkeypatch: pytest.MonkeyPatch, alone: Path
) -> None:
    text = (alone / BAD).read_text("utf-8") + "# the end\n"
    write(alone, BAD, text)
    assert scanned(monkeypatch, alone) == 1
    assert waive(monkeypatch, alone, "OPS-01", "bad/p-1", "--dry-run").code == 0
    assert (alone / BAD).read_text("utf-8") == text
    ran = waive(monkeypatch, alone)
    assert (ran.code, "+" in ran.out) == (0, True), ran.err
    assert all(line in (alone / BAD).read_text("utf-8") for line in text.splitlines())
    assert scanned(monkeypatch, alone) == 0


@pytest.mark.parametrize("there", [True, False], ids=["a file that is there", "a new file"])
def test_one_is_written_into_a_file_of_waivers(
    monkeypatch: pytest.MonkeyPatch, alone: Path, there: bool
) -> None:
    before = "kind: waivers  # reviewed by Ann\nschema_version: 1\nwaivers:\n" + (
        "  # the first\n  - {policy: OPS-02, document: good, reason: it comes in May, requested_by: a,"
        " approved_by: b, approved_on: 2026-10-01, expires_on: 2026-12-31}\n"
    )
    if there:
        write(alone, "inventories/waivers.yaml", before)
    ran = waive(monkeypatch, alone, "OPS-01", "bad/p-1", "--file", "inventories/waivers.yaml")
    assert ran.code == 0, ran.err
    text = (alone / "inventories/waivers.yaml").read_text("utf-8")
    assert not there or text.startswith(before)
    assert scanned(monkeypatch, alone) == 0


@pytest.mark.parametrize(
    ("args", "changes", "words"),
    [
        (("OPS-77", "bad/p-1"), {}, "there is no such control"),
        (("OPS-01", "badd/p-1"), {}, "badd"),
        ((), {"approved-by": "p-2"}, "its requester approved it too"),
        ((), {"approved-by": "nobody"}, "bad has nobody with the id nobody"),
        ((), {"expires-on": "2027-05-03"}, "it runs for more than a year"),
        ((), {"expires-on": "2027-02-30"}, "'2027-02-30' is no day"),
        ((), {"expires-on": "2026-05-02"}, "expired on 2026-05-02"),
        ((), {"requirement": "none"}, "there is no requirement none"),
        ((), {"approved-on": "2026-06-13"}, "left on 2026-06-12"),
        ((), {"accept": "persn == 1"}, "did you mean 'person'"),
        ((), {"reason": " "}, "it does not say why"),
    ],
)
def test_one_without_effect_is_not_written(
    monkeypatch: pytest.MonkeyPatch, alone: Path, args: tuple[str, ...], changes: dict[str, str], words: str
) -> None:
    text = (alone / BAD).read_text("utf-8")
    ran = waive(monkeypatch, alone, *args, **changes)
    assert (ran.code, words in ran.err) == (2, True), ran.err
    assert (alone / BAD).read_text("utf-8") == text
