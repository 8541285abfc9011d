"""Parameters that profiles set, and tags by which controls are chosen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import CLIENT, write
from tests.cli.runner import Ran, policyscan

AS_OF = ("--as-of", "2026-10-31")
HEAD = "builtin_policies: false\npolicies: [controls]\nprofiles:\n"
ALL = "assign:\n  - {profile: easy, clients: [young]}\n  - {profile: hard, clients: [old]}\n"
EASY = "  easy: {extends: usual, parameters: {AGE-01: {days: 60d}}}\n"
HARD = "  hard: {extends: usual, parameters: {AGE-01: {days: 10d, ways: [a, b]}}}\n"
CONTROL = """\
id: AGE-01
title: People left long ago
severity: high
kind: client
tags: [quick-win]
why: It shows.
fix: Wait.
parameters:
  days: {type: duration, default: 30d, min: 1d, max: 90d, stricter: lower, why: it is usual}
  ways: {type: strings, default: [a], stricter: more, why: it is usual}
  name: {type: string, default: x, why: it is usual}
for_each: client.people
as: person
require:
  - id: late
    that: today - person.end_date <= params.days
    say: "{person.id} left {today - person.end_date} ago, on {person.end_date}"
"""
WAIVER = """\
waivers:
  - {policy: AGE-01, requirement: late, reason: agreed, requested_by: A, approved_by: B,
     approved_on: 2026-10-01, expires_on: 2026-12-31, accept: "today - person.end_date <= days(20)"}
"""
PACK = 'name: ours\nversion: "1.0"\ndefault_profile: usual\nprofiles:\n  usual: {policies: [AGE-01]}\n'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Clients young and old, of whom somebody left 41 days ago."""
    write(tmp_path, ".git/HEAD", "ref: refs/heads/main\n")
    write(tmp_path, "controls/pack.yaml", PACK)
    write(tmp_path, "controls/AGE/AGE-01.yaml", CONTROL)
    for client in ("young", "old"):
        people = "people:\n  - {id: p-1, end_date: 2026-09-20}\n"
        write(tmp_path, f"inventories/clients/{client}.yaml", CLIENT.format(id=client) + people)
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, place: Path, settings: str, *args: str) -> Ran:
    write(place, "policyscan.yaml", HEAD + settings)
    return policyscan(monkeypatch, place, *(args or ("scan", *AS_OF, "-f", "json")))


def statuses(ran: Ran) -> dict[str, str]:
    return {one["id"]: one["policies"]["AGE-01"] for one in json.loads(ran.out)["summary"]["documents"]}


def test_each_client_is_judged_by_the_values_of_its_profile(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    ran = run(monkeypatch, place, EASY + HARD + ALL)
    assert statuses(ran) == {"young": "pass", "old": "fail"}
    (result,) = json.loads(ran.out)["results"]
    assert result["parameters"]["days"] == "10d"
    assert json.loads(ran.out)["scan"]["loosened"] == [
        {"policy": "AGE-01", "parameter": "days", "default": "30d", "value": "60d", "profile": "easy"}
    ]
    told = 'loosened: AGE-01 days = "60d" (the pack has "30d"), in profile easy'
    text = policyscan(monkeypatch, place, "scan", *AS_OF).out
    assert told.replace('"', "") in text.replace('"', "")
    assert "41" in policyscan(monkeypatch, place, "explain", "AGE-01", "old", *AS_OF).out
    merged = policyscan(monkeypatch, place, "scan", *AS_OF, "-f", "json", "--jobs", "2")
    assert merged == ran


def test_a_profile_that_is_asked_for_has_its_values(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    settings = EASY + "  more: {extends: easy}\n"
    for profile in ("easy", "more"):
        ran = run(monkeypatch, place, settings, "scan", *AS_OF, "-f", "json", "--profile", profile)
        assert statuses(ran) == {"young": "pass", "old": "pass"}
        assert json.loads(ran.out)["scan"]["loosened"][0]["profile"] == profile
    assert statuses(run(monkeypatch, place, settings)) == {"young": "fail", "old": "fail"}


def test_what_a_profile_leaves_alone_is_as_for_all(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    settings = (
        "  hard: {extends: usual, parameters: {AGE-01: {ways: [a, b]}}}\nparameters: {AGE-01: {days: 50d}}\n"
    )
    ran = run(monkeypatch, place, settings + "profile: hard\n")
    assert statuses(ran) == {"young": "pass", "old": "pass"}
    assert [one["parameter"] for one in json.loads(ran.out)["scan"]["loosened"]] == ["days"]


def test_where_a_fact_is_missing_the_strictest_value_counts(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    when = "  - {profile: %s, when: client.organisation.employees_count < %d}\n"
    for first, second in ((("easy", 5), ("hard", 9)), (("hard", 5), ("easy", 9))):
        ran = run(monkeypatch, place, EASY + HARD + "assign:\n" + when % first + when % second)
        results = [one for one in json.loads(ran.out)["results"] if one["policy"] == "AGE-01"]
        assert [(one["status"], one["parameters"]["days"]) for one in results] == [("fail", "10d")] * 2
        assert all(one["parameters"]["ways"] == ["a", "b"] for one in results)


def test_what_is_accepted_is_asked_with_the_values_of_the_profile(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    file = place / "inventories/clients/old.yaml"
    text = file.read_text(encoding="utf-8").replace("2026-09-20", "2026-10-06")
    file.write_text(text + WAIVER, encoding="utf-8")
    ran = run(monkeypatch, place, HARD + "profile: hard\n")
    assert statuses(ran)["old"] == "fail"


@pytest.mark.parametrize(
    ("values", "at", "said"),
    [
        ("{AGE-01: {days: 91d}}", "4:54", "above the maximum"),
        ("{AGE-01: {dayz: 9d}}", "4:48", "did you mean days?"),
        ("{AGE-1: {days: 9d}}", "4:39", "did you mean AGE-01?"),
        ("{AGE-01: {name: y}}", "4:48", "no value of it is stricter"),
    ],
)
@pytest.mark.parametrize("command", ["scan", "config"])
def test_what_is_wrong_is_said_at_its_place(
    monkeypatch: pytest.MonkeyPatch, place: Path, command: str, values: str, at: str, said: str
) -> None:
    ran = run(monkeypatch, place, f"  gold: {{extends: usual, parameters: {values}}}\n", command)
    assert (ran.code, ran.out) == (2, "")
    assert f"policyscan.yaml:{at}" in ran.err
    assert said in ran.err


def test_config_shows_the_values_of_profiles(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = run(monkeypatch, place, EASY + HARD + ALL, "config")
    assert 'profiles.easy.parameters.AGE-01.days = "60d"  (policyscan.yaml:4; looser than 30d' in ran.out
    assert 'profiles.hard.parameters.AGE-01.days = "10d"  (policyscan.yaml:5; instead of 30d' in ran.out


def test_controls_are_chosen_by_tags(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, "policyscan.yaml", "policies: [controls]\n")
    ran = policyscan(monkeypatch, place, "scan", *AS_OF, "-f", "json", "--select", "tag:quick-win")
    policies = json.loads(ran.out)["scan"]["policies"]
    assert {id_: one["tags"] for id_, one in policies.items()} == {"AGE-01": ["quick-win"]}
    ran = policyscan(monkeypatch, place, "scan", *AS_OF, "--select", "tag:quick-wim")
    assert (ran.code, "did you mean quick-win?" in ran.err) == (2, True)
    ran = policyscan(monkeypatch, place, "scan", *AS_OF, "--select", "AGE", "--ignore", "tag:quick-win")
    assert (ran.code, "no control is chosen" in ran.err) == (2, True)
