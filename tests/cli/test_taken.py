"""What statements take away, on the command line: told in every format, limited, and read back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.runner import policyscan

SCAN = ("scan", "acme.yaml", "--as-of", "2026-10-31", "--select", "DEV-01")
INVENTORY = """\
schema_version: 1
kind: client
as_of: 2026-10-31
organisation: {id: acme, name: Acme Ltd}
people:
  - {id: ann, name: Ann Lee, role: owner, employment: owner, start_date: 2020-01-01, end_date: null}
devices:
  - {id: lt-1, in_scope: false}
statements:
  - {about: ["devices[lt-1].in_scope"], value: false, reason: Wiped, by: ann, stated_on: 2026-10-01}
"""
PACK = """\
name: ours
version: "1"
default_profile: strict
profiles:
  strict: {max_taken_away: 0, policies: all}
  stricter: {extends: strict, max_taken_away: 7}
  loose: {policies: all}
"""
POLICY = """\
id: OUR-01
title: Its devices are known
severity: high
kind: client
why: we say so
fix: count them
for_each: client.devices
as: device
when: device.in_scope
require: [{id: a, that: device.id != ""}]
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "acme.yaml").write_text(INVENTORY, "utf-8")
    return tmp_path


def test_it_is_told_apart_in_text_and_in_json(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    text = policyscan(monkeypatch, here, *SCAN).out
    assert "TAKEN    DEV-01\n" in text
    assert "by 1 statement of Ann Lee" in text
    assert "Of 1 control, 0 pass; 1 taken away by 1 statement." in text
    told = json.loads(policyscan(monkeypatch, here, *SCAN, "-f", "json").out)["summary"]
    assert told["score"] == {"low": 0, "high": 0, "total": 1, "taken_away": 1}
    (acme,) = told["documents"]
    assert acme["taken_away"] == [
        {"policy": "DEV-01", "whole": True, "statements": [0], "subjects": ["lt-1"]}
    ]
    (said,) = acme["statements"]
    assert said["by_name"] == "Ann Lee"
    assert (said["by"], said["reason"], said["until"], said["line"]) == ("ann", "Wiped", "2027-10-02", 10)


def test_explain_shows_the_statement(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    told = policyscan(
        monkeypatch, here, "explain", "DEV-01", "acme", "--file", "acme.yaml", "--as-of", "2026-10-31"
    ).out
    assert "“Wiped”, says Ann Lee on 2026-10-01 of in scope of lt-1: no" in " ".join(told.split())
    assert "2027-10-02" in told


def test_a_limit_of_the_settings_makes_it_fail(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    assert policyscan(monkeypatch, here, *SCAN).code == 2  # no control met a subject
    (here / "policyscan.yaml").write_text("inventories: [acme.yaml]\nmax_taken_away: 0\n", "utf-8")
    ran = policyscan(monkeypatch, here, *SCAN, "-f", "json")
    told = json.loads(ran.out)
    assert [(r["policy"], r["status"]) for r in told["results"]] == [("DOC-TAKEN", "fail")]
    assert told["scan"]["max_taken_away"] == 0
    (here / "policyscan.yaml").write_text("inventories: [acme.yaml]\nmax_taken_away: 1\n", "utf-8")
    assert json.loads(policyscan(monkeypatch, here, *SCAN, "-f", "json").out)["results"] == []


@pytest.mark.parametrize("written", ["-1", "some", "1.5", "null"])
def test_a_limit_that_is_none_is_refused_at_its_place(
    monkeypatch: pytest.MonkeyPatch, here: Path, written: str
) -> None:
    (here / "policyscan.yaml").write_text(f"max_taken_away: {written}\n", "utf-8")
    ran = policyscan(monkeypatch, here, *SCAN)
    assert ran.code == 2
    assert "policyscan.yaml:1:17" in ran.err


@pytest.mark.parametrize(("profile", "fails"), [("strict", True), ("stricter", True), ("loose", False)])
def test_a_limit_of_a_profile(monkeypatch: pytest.MonkeyPatch, here: Path, profile: str, fails: bool) -> None:
    (here / "ours" / "OUR").mkdir(parents=True)
    (here / "ours" / "pack.yaml").write_text(PACK, "utf-8")
    (here / "ours" / "OUR" / "OUR-01.yaml").write_text(POLICY, "utf-8")
    (here / "policyscan.yaml").write_text(
        "inventories: [acme.yaml]\nbuiltin_policies: false\npolicies: [ours]\n", "utf-8"
    )
    ran = policyscan(monkeypatch, here, "scan", "--as-of", "2026-10-31", "--profile", profile, "-f", "json")
    found = [r["message"] for r in json.loads(ran.out)["results"]]
    assert found == ["statements take away 1 control, and at most 0 may be taken away: OUR-01"] * fails


def test_a_saved_report_from_which_it_was_taken_is_refused(
    monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    report = json.loads(policyscan(monkeypatch, here, *SCAN, "-f", "json").out)
    saved = here / "saved.json"
    saved.write_text(json.dumps(report), "utf-8")
    assert "1 taken away by 1 statement" in policyscan(monkeypatch, here, "report", "saved.json").out
    report["summary"]["documents"][0]["taken_away"] = []
    saved.write_text(json.dumps(report), "utf-8")
    ran = policyscan(monkeypatch, here, "report", "saved.json")
    assert ran.code == 2
    assert "summary.taken_away.whole is 1, and summary.documents has 0" in ran.err
