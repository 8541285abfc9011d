"""Formats for other programs: JUnit, GitLab, JSON Lines, CSV, OCSF and OSCAL, as those programs read them."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from policyscan.findings import Gate, Report, Severity, Status
from policyscan.reporters import REPORTERS
from policyscan.reporters.ocsf import milliseconds
from tests.reporters.reports import (
    ANTIVIRUS,
    COORDINATOR,
    ENDING,
    RESTORED,
    RUNS,
    SITUATIONS,
    WAIVED,
    options,
    report,
)

OSCAL = Path(__file__).parents[2] / "tests/data/formats/oscal-assessment-results-1.2.1.schema.json"
EVERY = pytest.mark.parametrize("situation", SITUATIONS)


def text(name: str, made: Report) -> str:
    return REPORTERS[name].render(made, options(made))


def events(made: Report) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text("ocsf", made).splitlines()]


def table(made: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text("csv", made).removeprefix("\ufeff"))))


# --- JUnit


@EVERY
def test_junit_counts_what_it_holds(situation: str) -> None:
    root = ET.fromstring(text("junit", SITUATIONS[situation]))
    for suites in (root, *root):
        cases = list(suites.iter("testcase"))
        assert int(suites.get("tests", "")) == len(cases)
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            said = suites.get(count)
            assert said is None or int(said) == sum(case.find(tag) is not None for case in cases)


@pytest.mark.parametrize("situation", ["unreadable", "nothing"])
def test_junit_has_an_error_where_something_was_not_checked(situation: str) -> None:
    assert int(ET.fromstring(text("junit", SITUATIONS[situation])).get("errors", "0")) >= 1


@pytest.mark.parametrize(
    ("status", "gate", "end"),
    [
        (Status.UNKNOWN, Gate(), "failure"),
        (Status.UNKNOWN, Gate(allow_unknown=True), "skipped"),
        (Status.DUE, Gate(), "system-out"),
        (Status.DUE, Gate(fail_on_due=True), "failure"),
        (Status.WARNING, Gate(), "system-out"),
        (Status.WARNING, Gate(fail_on_due=True), "failure"),
    ],
)
def test_junit_fails_where_the_scan_does(status: Status, gate: Gate, end: str) -> None:
    made = report(ANTIVIRUS._replace(status=status))._replace(gate=gate)
    (case,) = ET.fromstring(text("junit", made)).iter("testcase")
    assert [child.tag for child in case] == [end]


def test_a_test_of_junit_says_all_that_its_control_found() -> None:
    made = report(ANTIVIRUS, ANTIVIRUS._replace(subject="lt-04", message="there is none"), RUNS)
    (failure,) = ET.fromstring(text("junit", made)).iter("failure")
    assert "antivirus is switched off" in (failure.text or "")
    assert "lt-04: there is none" in (failure.text or "")
    assert (failure.get("message") or "").endswith("(and 1 more)")


# --- GitLab


@EVERY
def test_gitlab_takes_every_object(situation: str) -> None:
    found = json.loads(text("gitlab", SITUATIONS[situation]))
    for one in found:
        assert one["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert one["location"]["lines"]["begin"] >= 1
        assert one["description"]
        assert one["check_name"]
        assert not one["location"]["path"].startswith("./")
    assert len({one["fingerprint"] for one in found}) == len(found)


def test_gitlab_tells_results_of_one_identity_apart() -> None:
    moved = COORDINATOR.span._replace(line=9, end_line=9)
    made = report(COORDINATOR, COORDINATOR._replace(message="and once more", span=moved))
    first, second = json.loads(text("gitlab", made))
    assert first["fingerprint"] == COORDINATOR.fingerprint != second["fingerprint"]


def test_gitlab_tells_results_of_one_control_and_place_in_one_text() -> None:
    more = COORDINATOR._replace(requirement="deputy", message="and once more")
    (found,) = json.loads(text("gitlab", report(COORDINATOR, more)))
    assert COORDINATOR.message in found["description"]
    assert "and once more" in found["description"]


def test_a_fingerprint_of_gitlab_holds_no_line() -> None:
    moved = COORDINATOR._replace(span=COORDINATOR.span._replace(line=9, end_line=9))
    prints = [json.loads(text("gitlab", report(one)))[0]["fingerprint"] for one in (COORDINATOR, moved)]
    assert prints[0] == prints[1]


def test_what_could_not_be_read_blocks() -> None:
    found = json.loads(text("gitlab", SITUATIONS["unreadable"]))
    assert {one["severity"] for one in found} == {"blocker"}
    assert json.loads(text("gitlab", SITUATIONS["nothing"]))[0]["severity"] == "blocker"


# --- JSON Lines


@EVERY
def test_json_lines_say_what_the_json_report_says(situation: str) -> None:
    made = SITUATIONS[situation]
    whole = json.loads(text("json", made))
    lines = [json.loads(line) for line in text("jsonl", made).splitlines()]
    of: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        of.setdefault(line.pop("type"), []).append(line)
    assert of.get("result", []) == whole["results"]
    assert of.get("document", []) == whole["summary"].pop("documents")
    assert of.get("problem", []) == whole["summary"].pop("problems")
    assert of["scan"] == [{"version": 1, **whole["scan"]}]
    assert of["summary"] == [whole["summary"]]
    changes = whole["summary"].get("comparison", {"changes": []})["changes"]
    assert of.get("change", []) == [one for one in changes if one["change"] in ("fixed", "gone")]


def test_each_result_says_what_became_of_it_since_the_baseline() -> None:
    whole = json.loads(text("json", SITUATIONS["changed"]))
    assert [(one["policy"], one["since"]) for one in whole["results"]] == [
        ("PLAN-11", {"change": "worse", "before": "unknown", "origins": ["inventory", "time"]}),
        ("AV-01", {"change": "new", "before": None, "origins": ["inventory"]}),
        ("REC-02", {"change": "became unknown", "before": None, "origins": ["time"]}),
        ("AV-01", {"change": "waived", "before": "fail", "origins": ["inventory"]}),
        ("INS-04", {"change": "better", "before": "fail", "origins": ["controls"]}),
    ]
    same = SITUATIONS["changed"]
    same = same._replace(comparison=same.comparison and same.comparison._replace(changes=()))
    told = json.loads(text("json", same))["results"][0]["since"]
    assert told == {"change": "unchanged", "before": "fail", "origins": []}


# --- CSV


@EVERY
def test_a_table_has_a_row_for_every_result_and_every_quiet_control(situation: str) -> None:
    made = SITUATIONS[situation]
    rows = table(made)
    kept = [(r.document, r.policy, r.requirement) for r in made.results]
    told = {(document, policy) for document, policy, _ in kept}
    quiet = sum((d.id, policy) not in told for d in made.documents for policy in d.statuses)
    problems = len(made.problems) or (made.exit_code == 2 and not made.documents)
    assert len(rows) == len(kept) + quiet + problems
    assert all(None not in row and None not in row.values() for row in rows)


FORMULAS = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", " =1", "\t=1", "\u3000=1", "\uff1d1", "\r\n=1"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula(formula: str) -> None:
    result = COORDINATOR._replace(message=formula, subject=formula, document=formula, requirement=formula)
    made = report(result, WAIVED._replace(waiver=WAIVED.waiver and WAIVED.waiver._replace(reason=formula)))
    for row in table(made):
        for cell in row.values():
            assert not re.match(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]", cell)


def test_a_table_is_read_back_as_it_was_written() -> None:
    nasty = 'a "b", c; d\te'
    made = report(COORDINATOR._replace(message=nasty))
    assert table(made)[0]["what"] == nasty.replace("\t", " ")
    written = text("csv", made)
    assert written.startswith("\ufeffinventory,")
    assert written.count("\r\n") == written.count("\n") == 2


def test_a_cell_is_no_longer_than_a_spreadsheet_holds() -> None:
    made = report(COORDINATOR._replace(message="=" + "x" * 100_000))
    rows = csv.DictReader(io.StringIO(REPORTERS["csv"].render(made, options(made))[1:]))
    csv.field_size_limit(200_000)
    assert max(len(cell) for row in rows for cell in row.values()) <= 32_767


# --- OCSF


@EVERY
def test_an_event_is_a_compliance_finding(situation: str) -> None:
    found = events(SITUATIONS[situation])
    assert found, "an empty stream would look like a clean one"
    for event in found:
        assert event["type_uid"] == 200_301
        assert (event["class_uid"], event["category_uid"], event["activity_id"]) == (2003, 2, 1)
        assert event["time"] == milliseconds("2026-10-31")
        assert event["severity_id"] in {1, 2, 3, 4, 5}
        assert event["finding_info"]["uid"]


def test_times_are_milliseconds() -> None:
    assert milliseconds("1970-01-01") == 86_399_000
    assert milliseconds("1970-01-01T01:00:00+01:00") == 0
    assert milliseconds("1970-01-01T00:00:00.500Z") == 500


def test_an_event_can_be_proved() -> None:
    (event,) = events(report(ANTIVIRUS))
    (proof,) = event["evidences"]
    data = proof["data"]
    assert data["values"] == {"devices[lt-02].antivirus.active": "false"}
    assert (data["file"], data["line"], data["grade"]) == (ANTIVIRUS.span.file, 7, "tool_export")


# --- OSCAL


def oscal_errors(document: Any) -> list[str]:
    """What NIST's schema has against a document. Its patterns are those of ECMA, whose `\\p` Python lacks."""
    written = OSCAL.read_text(encoding="utf-8").replace(r"\\p{L}", r"[^\\W\\d_]").replace(r"\\p{N}", r"\\d")
    schema = json.loads(written)
    validator = jsonschema.validators.validator_for(schema)(schema)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


@EVERY
def test_oscal_is_valid(situation: str) -> None:
    assert oscal_errors(json.loads(text("oscal", SITUATIONS[situation]))) == []


def test_the_schema_of_oscal_refuses_what_is_wrong() -> None:
    document = json.loads(text("oscal", SITUATIONS["findings"]))
    document["assessment-results"]["results"][0]["findings"][0]["target"]["status"]["state"] = "meh"
    del document["assessment-results"]["import-ap"]
    assert len(oscal_errors(document)) == 2


def test_what_was_not_checked_is_said_in_oscal() -> None:
    (result,) = json.loads(text("oscal", SITUATIONS["unreadable"]))["assessment-results"]["results"]
    assert "a tab cannot indent" in result["remarks"]
    (result,) = json.loads(text("oscal", SITUATIONS["nothing"]))["assessment-results"]["results"]
    assert "Nothing was checked" in result["remarks"]


def test_a_due_control_still_meets_its_objective_and_an_unknown_one_does_not() -> None:
    made = report(ENDING, RESTORED)
    (result,) = json.loads(text("oscal", made))["assessment-results"]["results"]
    states = {f["target"]["target-id"]: f["target"]["status"]["state"] for f in result["findings"]}
    assert states == {"INS-04": "satisfied", "REC-02": "not-satisfied"}


def test_severities_keep_their_order_in_every_scale() -> None:
    for name, field in (("gitlab", "severity"), ("ocsf", "severity_id")):
        order = {"info": 0, "minor": 1, "major": 2, "critical": 3, 2: 0, 3: 1, 4: 2, 5: 3}
        found = []
        for severity in Severity:
            lines = text(name, report(COORDINATOR._replace(severity=severity)))
            one = json.loads(lines)[0] if name == "gitlab" else json.loads(lines)
            found.append(order[one[field]])
        assert found == [0, 1, 2, 3]
