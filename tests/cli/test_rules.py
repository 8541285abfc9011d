"""Rules of consistency on the command line: listed, explained, never silently off, and waived by nobody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.runner import Ran, policyscan

AS_OF = ("--as-of", "2026-10-31")
INVENTORY = """\
schema_version: 1
kind: client
as_of: 2026-10-31
organisation: {id: acme, name: Acme Ltd, employees_count: 3}
people:
  - {id: ann, name: Ann Lee, role: owner, employment: owner, start_date: 2020-01-01, end_date: null}
  - {id: bob, name: Bob Ray, start_date: 2020-01-01, end_date: null}
servers:
  - id: web
    tenancy:
      model: dedicated
      tenants_count: 43
statements:
  - {about: ["servers[web].tenancy.model"], value: dedicated, reason: Bought for us alone, by: ann,
     stated_on: 2026-10-01}
"""
WAIVER = """\
waivers:
  - {policy: CONS-01, subject: web, requirement: alone, reason: on call, requested_by: bob, approved_by: ann,
     approved_on: 2026-10-01, expires_on: 2026-12-01}
"""
OWN = """\
id: CONS-501
title: Somebody works here
severity: low
kind: client
why: we say so
fix: count again
require:
  - id: some
    that: client.organisation.employees_count == 4
    say: "{client.organisation.employees_count}, not 4"
disputes: [client.organisation.employees_count]
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "acme.yaml").write_text(INVENTORY, "utf-8")
    return tmp_path


def scanned(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_a_contradiction_is_told_and_takes_the_word_away(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    ran = policyscan(monkeypatch, here, "scan", "acme.yaml", *AS_OF, "--select", "TEN-02", "-f", "json")
    assert ran.code == 1
    rule, control = scanned(ran)["results"]
    assert (rule["policy"], rule["status"], rule["line"]) == ("CONS-01", "fail", 11)
    assert [fact["line"] for fact in rule["disputed"]] == [11, 12]
    assert (control["policy"], control["status"]) == ("TEN-02", "unknown")
    assert "in dispute (CONS-01): web is called dedicated, with 43 tenants" in control["message"]
    summary = scanned(ran)["summary"]
    assert summary["score"] == {"low": 0, "high": 1, "total": 1, "taken_away": 0}
    assert summary["controls"]["fail"] == 0
    assert summary["results"]["fail"] == 1
    text = policyscan(monkeypatch, here, "scan", "acme.yaml", *AS_OF, "--select", "TEN-02").out
    assert "web is called dedicated, with 43 tenants" in text
    assert "acme.yaml:11, 12\n" in text
    assert "Which is right? web is called dedicated, with 43 tenants" in text
    assert "Checks of the inventory itself: 1 fail." in text


@pytest.mark.parametrize("profile", ["essentials", "insurer", "full"])
def test_rules_are_on_in_every_profile(monkeypatch: pytest.MonkeyPatch, here: Path, profile: str) -> None:
    ran = policyscan(monkeypatch, here, "scan", "acme.yaml", *AS_OF, "--profile", profile, "-f", "json")
    assert "CONS-01" in {result["policy"] for result in scanned(ran)["results"]}


@pytest.mark.parametrize("name", ["CONS-01", "CONS"])
def test_a_rule_that_is_ignored_is_told(monkeypatch: pytest.MonkeyPatch, here: Path, name: str) -> None:
    args = ("scan", "acme.yaml", *AS_OF, "--select", "TEN-02", "--ignore", name, "-f", "json")
    found = scanned(policyscan(monkeypatch, here, *args))
    assert [(r["policy"], r["status"]) for r in found["results"]] == []
    assert "CONS-01 (rule of consistency: what it says may be in dispute)" in found["scan"]["left_out"]
    assert found["scan"]["controls"] == 1


def test_an_ignored_rule_of_the_settings_is_told_too(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    (here / "policyscan.yaml").write_text("ignore: [CONS-01]\n", "utf-8")
    out = policyscan(monkeypatch, here, "scan", "acme.yaml", *AS_OF, "--select", "TEN-02").out
    assert "left out: CONS-01 (rule of consistency: what it says may be in dispute)\n" in out


@pytest.mark.parametrize("name", ["CONS-01", "CONS"])
def test_a_rule_cannot_be_selected(monkeypatch: pytest.MonkeyPatch, here: Path, name: str) -> None:
    ran = policyscan(monkeypatch, here, "scan", "acme.yaml", "--select", name)
    assert ran.code == 2
    assert f"--select {name}: rules of consistency are no controls: they hold whatever is chosen" in ran.err


def test_a_waiver_silences_no_rule(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    (here / "acme.yaml").write_text(INVENTORY + WAIVER, "utf-8")
    ran = policyscan(monkeypatch, here, "scan", "acme.yaml", *AS_OF, "--select", "TEN-02", "-f", "json")
    found = {(r["policy"], r["status"]): r["message"] for r in scanned(ran)["results"]}
    assert set(found) == {("CONS-01", "fail"), ("DOC-WAIVER", "fail"), ("TEN-02", "unknown")}
    assert "facts in dispute cannot be waived" in found["DOC-WAIVER", "fail"]


def test_list_ends_with_the_rules(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    out = policyscan(monkeypatch, here, "list", "--profile", "essentials").out
    title = "A dedicated server has one tenant, and a shared one has several"
    assert f"CONS-01   high      client     {title}  [always on]\n" in out
    assert out.endswith("rules of consistency. More about one: policyscan explain ID\n")
    assert "\n14 controls, " in out
    listed = json.loads(policyscan(monkeypatch, here, "list", "-f", "json", "--kind", "provider").out)
    assert "consistency" in {one["origin"] for one in listed}


def test_explain_tells_of_a_rule_and_of_what_breaks_it(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    out = policyscan(monkeypatch, here, "explain", "cons-01").out
    assert "high · consistency · about each client · policies/consistency/CONS-01.yaml\n" in out
    assert "Disputes: server.tenancy.model, server.tenancy.tenants_count\n" in out
    ran = policyscan(
        monkeypatch, here, "explain", "CONS-01", "acme", "--file", "acme.yaml", "--trace", *AS_OF
    )
    assert ran.code == 0
    assert "FAIL  CONS-01 acme/web  alone\n  web is called dedicated, with 43 tenants\n" in ran.out
    assert "  in dispute: servers[web].tenancy.model = dedicated  acme.yaml:11\n" in ran.out
    control = policyscan(
        monkeypatch, here, "explain", "TEN-02", "acme", "--file", "acme.yaml", "--trace", *AS_OF
    ).out
    assert "UNKNOWN  TEN-02 acme/web" in control
    assert "in dispute (CONS-01)" in control


def test_a_pack_of_ones_own_may_have_rules(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    (here / "ours" / "consistency").mkdir(parents=True)
    (here / "ours" / "consistency" / "CONS-501.yaml").write_text(OWN, "utf-8")
    args = ("scan", "acme.yaml", *AS_OF, "--select", "TRAIN-01", "--policies", "ours", "-f", "json")
    found = {
        result["policy"]: result["message"]
        for result in scanned(policyscan(monkeypatch, here, *args))["results"]
    }
    assert found["CONS-501"] == "3, not 4"
    assert "CONS-01" in found
    assert policyscan(monkeypatch, here, "explain", "CONS-501", "--policies", "ours").code == 0
    (here / "ours" / "consistency" / "CONS-01.yaml").write_text(OWN.replace("CONS-501", "CONS-01"), "utf-8")
    ran = policyscan(monkeypatch, here, *args)
    assert ran.code == 2
    assert "CONS-01 is in two packs" in ran.err


def test_the_schema_of_a_rule_can_be_had(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    schema = json.loads(policyscan(monkeypatch, here, "schema", "rule").out)
    assert "disputes" in schema["required"]
