"""Profiles of `policyscan.yaml`: what each begins from, adds and takes out, and what reports say of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import write
from tests.cli.runner import Ran, policyscan

AS_OF = ("--as-of", "2026-10-31")
BASE = "  b: {extends: usual, without: [OPS-01]}\n"
HEAD = "builtin_policies: false\npolicies: [controls]\nprofiles:\n"


def run(monkeypatch: pytest.MonkeyPatch, place: Path, profiles: str, *args: str) -> Ran:
    write(place, "policyscan.yaml", HEAD + profiles)
    return policyscan(monkeypatch, place, *args)


def chosen(monkeypatch: pytest.MonkeyPatch, place: Path, profiles: str, *args: str) -> list[str]:
    ran = run(monkeypatch, place, profiles, "list", "-f", "json", *args)
    assert ran.code == 0, ran.err
    return [one["id"] for one in json.loads(ran.out)]


@pytest.mark.parametrize(
    ("profiles", "name", "ids"),
    [
        ("  gold: {extends: usual}\n", "gold", ["OPS-01", "OPS-02"]),
        ("  gold: {extends: usual, policies: [OPS-03]}\n", "gold", ["OPS-01", "OPS-02", "OPS-03"]),
        ("  gold: {extends: strict, without: [OPS-02]}\n", "gold", ["OPS-01", "OPS-03"]),
        ("  gold: {extends: strict, without: ['severity:low']}\n", "gold", ["OPS-01", "OPS-03"]),
        ("  a: {extends: b, policies: [OPS-03]}\n" + BASE, "a", ["OPS-02", "OPS-03"]),
        ("  a: {extends: b, policies: [OPS-01]}\n" + BASE, "a", ["OPS-01", "OPS-02"]),
    ],
)  # fmt: skip
def test_a_profile_begins_from_another(
    monkeypatch: pytest.MonkeyPatch, place: Path, profiles: str, name: str, ids: list[str]
) -> None:
    assert chosen(monkeypatch, place, profiles, "--profile", name) == ids


def test_reports_say_what_is_taken_out(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    profiles = "  a: {extends: b}\n  b: {extends: strict, without: [OPS-01]}\nprofile: a\n"
    ran = run(monkeypatch, place, profiles, "scan", *AS_OF)
    assert " · a, 2 of 3 controls" in ran.out.splitlines()[0]
    assert "left out: OPS-01 (profile a)" in ran.out
    report = json.loads(policyscan(monkeypatch, place, "scan", *AS_OF, "-f", "json").out)
    assert report["scan"]["left_out"] == ["OPS-01 (profile a)"]
    assert report["scan"]["profile"] == "a"


def test_what_another_profile_takes_out_is_not_told(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    profiles = "  b: {extends: strict, without: [OPS-01]}\n"
    assert "left out" not in run(monkeypatch, place, profiles, "scan", *AS_OF).out


def test_what_is_asked_of_evidence_only_grows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    profiles = (
        "profiles:\n"
        "  soft: {extends: essentials, evidence: {grade: declared, max_age: 900d}, max_taken_away: 99}\n"
        "  hard: {extends: soft, evidence: {grade: document, max_age: 30d}, max_taken_away: 1}\n"
    )
    for name, expected, most in (
        ("soft", {"grade": "declared", "max_age_days": 400}, 99),
        ("hard", {"grade": "document", "max_age_days": 30}, 1),
    ):
        write(tmp_path, "policyscan.yaml", f"{profiles}profile: {name}\n")
        ran = policyscan(monkeypatch, tmp_path, "config", "-f", "json")
        found = {one["key"]: one["value"] for one in json.loads(ran.out)["settings"]}
        assert (found["evidence"], found["max_taken_away"]) == (expected, most)


def test_jobs_and_kept_results_know_them(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    profiles = "  gold: {extends: usual, policies: [OPS-03]}\nprofile: gold\n"
    one = run(monkeypatch, place, profiles, "scan", *AS_OF, "-f", "json")
    assert policyscan(monkeypatch, place, "scan", *AS_OF, "-f", "json", "--jobs", "2") == one


@pytest.mark.parametrize(
    ("profiles", "at", "said"),
    [
        ("  gold: {extends: usul}\n", "4:19", "did you mean usual?"),
        ("  gold: {extends: gold}\n", "4:19", "in a circle: gold → gold"),
        ("  a: {extends: b}\n  b: {extends: a}\n", "5:16", "in a circle: a → b → a"),
        ("  usual: {extends: strict}\n", "4:3", "ours has a profile of this name"),
        ("  gold: {extends: usual, policies: [OPS-9]}\n", "4:37", "there is no such control or family"),
        ("  gold: {extends: usual, without: ['severity:hgh']}\n", "4:36", "did you mean high?"),
        ("  gold: {extends: usual, policies: [OPS-03], without: [OPS]}\n", "4:55", "OPS-03 is both added"),
        ("  gold: {policies: [OPS-03]}\n", "4:", "extends"),
        ("  Gold: {extends: usual}\n", "4:3", "Gold"),
        ("  gold: {extends: usual, polices: [OPS-03]}\n", "4:26", "did you mean policies?"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["scan", "config"])
def test_what_is_wrong_is_said_at_its_place(
    monkeypatch: pytest.MonkeyPatch, place: Path, command: str, profiles: str, at: str, said: str
) -> None:
    ran = run(monkeypatch, place, profiles, command)
    assert (ran.code, ran.out) == (2, "")
    assert f"policyscan.yaml:{at}" in ran.err
    assert said in ran.err


def test_nothing_left_is_no_profile(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = run(monkeypatch, place, "  none: {extends: usual, without: [OPS]}\n", "scan", "--profile", "none")
    assert ran.code == 2
    assert "no control is chosen" in ran.err


def test_all_of_a_pack_of_ones_own_is_what_is_in_it(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    pack = 'name: ours\nversion: "1.0"\nprofiles:\n  mine: {policies: all}\n'
    write(place, "controls/pack.yaml", pack)
    write(place, "policyscan.yaml", "policies: [controls]\nprofile: mine\n")
    scan = json.loads(policyscan(monkeypatch, place, "scan", *AS_OF, "-f", "json").out)["scan"]
    own = {id_ for id_ in scan["policies"] if not id_.startswith(("CONS-", "DOC-"))}
    assert (own, scan["controls"]) == ({"OPS-01", "OPS-02", "OPS-03"}, 3)
