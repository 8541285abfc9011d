"""The JSON format keeps to its published schema, and the schema notices what does not."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

import policyscan
from policyscan.findings import Report, Severity, Status, ValueRead
from policyscan.output import encode
from policyscan.reporters import REPORTERS
from tests.reporters.reports import COORDINATOR, RESTORED, SITUATIONS, WAIVED, options, report

SCHEMA = json.loads(
    (Path(policyscan.__file__).parent / "schemas" / "report.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def text(made: Report) -> str:
    return REPORTERS["json"].render(made, options(made))


def _no_constants(name: str) -> None:
    msg = f"{name} is no JSON"
    raise AssertionError(msg)


def parsed(made: Report) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(encode(text(made)), parse_constant=_no_constants)
    return value


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_situation_keeps_to_the_schema(situation: str) -> None:
    value = parsed(SITUATIONS[situation])
    assert [error.message for error in VALIDATOR.iter_errors(value)] == []
    assert jsonschema_rs.is_valid(SCHEMA, value)


def _objects(schema: Any, path: str = "#") -> list[tuple[str, Any]]:
    found = []
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            found.append((path, schema))
        for key, value in schema.items():
            found += _objects(value, f"{path}/{key}")
    if isinstance(schema, list):
        for item in schema:
            found += _objects(item, path)
    return found


def test_every_object_of_the_schema_is_closed_and_requires_what_exists() -> None:
    objects = _objects(SCHEMA)
    assert len(objects) > 10
    for path, schema in objects:
        assert schema.get("additionalProperties") is False, path
        assert set(schema["required"]) <= set(schema["properties"]), path


def test_the_schema_knows_every_status_and_severity() -> None:
    assert set(SCHEMA["$defs"]["status"]["enum"]) == {status.value for status in Status}
    assert set(SCHEMA["$defs"]["severity"]["enum"]) == {severity.value for severity in Severity}
    assert set(SCHEMA["$defs"]["counts"]["required"]) == {status.value for status in Status}


def _drop(*path: str | int) -> Callable[[Any], None]:
    def change(value: Any) -> None:
        for step in path[:-1]:
            value = value[step]
        del value[path[-1]]

    return change


def _put(new: object, *path: str | int) -> Callable[[Any], None]:
    def change(value: Any) -> None:
        for step in path[:-1]:
            value = value[step]
        value[path[-1]] = new

    return change


RESULT_KEYS = [
    "policy",
    "requirement",
    "document",
    "kind",
    "subject",
    "status",
    "severity",
    "message",
    "file",
    "line",
    "column",
    "end_line",
    "end_column",
    "evidence",
    "parameters",
    "fingerprint",
    "until",
    "basis",
]


@pytest.mark.parametrize(
    "change",
    [
        *(_drop(key) for key in ("version", "scan", "summary", "results")),
        *(_drop("results", 0, key) for key in RESULT_KEYS),
        _put(2, "version"),
        _put("x", "more"),
        _put("x", "results", 0, "more"),
        _put("failed", "results", 0, "status"),
        _put("severe", "results", 0, "severity"),
        _put(0, "results", 0, "line"),
        _put("ABC", "results", 0, "fingerprint"),
        _put("soon", "results", 0, "until"),
        _put("waived", "results", 0, "status"),
        _put(4, "summary", "exit_code"),
        _drop("results", 0, "evidence", 0, "path"),
        _drop("summary", "documents", 0, "score"),
        _put(-1, "summary", "results", "fail"),
        _put("passed", "summary", "documents", 0, "policies", "PLAN-11"),
    ],
)
def test_the_schema_notices(change: Callable[[Any], None]) -> None:
    value = parsed(SITUATIONS["findings"])
    change(value)
    assert not VALIDATOR.is_valid(value)
    assert not jsonschema_rs.is_valid(SCHEMA, value)


def test_a_result_has_the_keys_that_were_promised_in_their_order() -> None:
    (found,) = parsed(report(COORDINATOR))["results"]
    assert list(found) == RESULT_KEYS
    assert found["evidence"][0] == {
        "path": "plan.coordinator",
        "value": "p-cole",
        "file": "inventories/clients/acme.yaml",
        "line": 4,
        "column": 16,
        "end_line": 4,
        "end_column": 22,
    }
    assert found["fingerprint"] == COORDINATOR.fingerprint
    assert found["basis"] == {
        "grade": "declared",
        "section": "plan",
        "source": "interview",
        "collected": "2026-02-10",
        "age_days": 263,
        "path": "evidence[ev-talk]",
        "file": "inventories/clients/acme.yaml",
        "line": 3,
        "column": 1,
        "end_line": 3,
        "end_column": 5,
    }


def test_what_is_asked_of_evidence_and_what_passes_on_which_grade() -> None:
    assert parsed(SITUATIONS["clean"])["scan"]["evidence"] is None
    assert parsed(SITUATIONS["findings"])["scan"]["evidence"] == {"grade": "document", "max_age_days": 365}
    grades = {"tested": 1, "tool_export": 2, "declared": 1}
    assert [one["grades"] for one in parsed(SITUATIONS["clean"])["summary"]["documents"]] == [grades] * 2


def test_findings_by_default_and_everything_when_complete() -> None:
    assert {r["status"] for r in parsed(SITUATIONS["unknown"])["results"]} == {"unknown"}
    complete = parsed(SITUATIONS["not-applicable"])
    assert complete["summary"]["complete"] is True
    assert {r["status"] for r in complete["results"]} == {"pass", "not_applicable"}
    assert (
        next(r for r in complete["results"] if r["status"] == "not_applicable")["reason"] == "a sole trader"
    )


def test_waived_results_are_marked_with_who_and_until_when() -> None:
    (found,) = parsed(report(WAIVED))["results"]
    assert found["status"] == "waived"
    assert found["waiver"] == {
        "covers": "fail",
        "reason": "The X-ray vendor forbids it.",
        "requested_by": "p-cole",
        "requested_by_name": "Dan Cole",
        "approved_by": "p-ames",
        "approved_by_name": "Rita Ames",
        "ticket": "T-17",
        "expires_on": "2026-12-31",
    }


def test_an_unknown_result_says_what_it_lacks() -> None:
    (found,) = parsed(report(RESTORED))["results"]
    assert found["gaps"][0]["generic_path"] == "critical_systems[].restored_on"
    assert found["gaps"][0]["reason"] == "blank"


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_lacks_become_text(number: float) -> None:
    made = report(COORDINATOR._replace(evidence=(ValueRead("x", [{"y": (number, 1.5)}]),)))
    assert parsed(made)["results"][0]["evidence"][0]["value"] == [{"y": [str(number), 1.5]}]


def test_every_result_and_document_has_a_line_of_its_own() -> None:
    shown = text(SITUATIONS["findings"]).splitlines()
    assert sum(line.startswith('{"policy": ') for line in shown) == 6
    assert sum(line.startswith('{"id": ') for line in shown) == 2


def test_sums_and_scores_are_those_of_the_report() -> None:
    summary = parsed(SITUATIONS["findings"])["summary"]
    assert summary["exit_code"] == 1
    assert summary["results"]["fail"] == 4
    assert summary["controls"]["fail"] == 2
    assert summary["score"] == {"low": 1, "high": 2, "total": 4, "taken_away": 0}


def test_problems_are_in_the_summary() -> None:
    missing, tab = parsed(SITUATIONS["unreadable"])["summary"]["problems"]
    assert missing["file"] is None
    assert (tab["file"], tab["line"], tab["hint"]) == ("inventories/clients/broken.yaml", 2, "use spaces")
