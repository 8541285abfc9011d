"""What to do is said for what fails: a requirement's own words, else its control's."""

from __future__ import annotations

import json

import pytest

from policyscan.findings import (
    DocumentInfo,
    PolicyInfo,
    Report,
    Result,
    ScanInfo,
    Severity,
    Status,
    make_report,
)
from policyscan.reporters import REPORTERS, Options
from policyscan.source import Span
from tests.opening import document_info

CONTROL = PolicyInfo(
    "DOOR-01", "The door is locked", Severity.HIGH, "client", why="Anyone may come in.", fix="Lock it.",
    requirements=("shut", "locked", "keys"), fixes={"keys": "Count the keys."},
)  # fmt: skip


def result(requirement: str, subject: str, severity: Severity = Severity.HIGH) -> Result:
    message, span = f"{subject} is not {requirement}", Span("acme.yaml", 1, 1, 1, 2)
    return Result(
        "DOOR-01", requirement, "acme", "client", subject, Status.FAIL, severity, message, span
    )  # fmt: skip


def report(*results: Result) -> Report:
    document: DocumentInfo = document_info("acme", "client", "acme.yaml", results)
    return make_report(ScanInfo("1", "2026-10-31"), [CONTROL], [document], results)


def test_the_first_line_of_a_control_is_its_worst_requirement_in_the_order_of_its_file() -> None:
    told = report(
        result("keys", "a"),
        result("locked", "a"),
        result("shut", "b"),
        result("keys", "c", Severity.CRITICAL),
    )
    assert [(r.requirement, r.subject) for r in told.results] == [
        ("keys", "c"), ("shut", "b"), ("locked", "a"), ("keys", "a"),
    ]  # fmt: skip


def test_a_requirement_says_itself_what_to_do() -> None:
    assert CONTROL.fix_of("keys") == "Count the keys."
    assert CONTROL.fix_of("locked") == "Lock it."
    assert CONTROL.fix_of("of no policy") == "Lock it."


@pytest.mark.parametrize("name", ["text", "csv", "ocsf", "sarif", "json"])
def test_every_format_that_says_what_to_do_says_both(name: str) -> None:
    text = REPORTERS[name].render(report(result("locked", "a"), result("keys", "a")), Options(full=True))
    assert text.count("Count the keys.") >= 1
    assert text.count("Lock it.") >= 1


def test_json_keeps_them_apart() -> None:
    told = json.loads(REPORTERS["json"].render(report(result("keys", "a")), Options()))
    assert told["scan"]["policies"]["DOOR-01"]["fix"] == "Lock it."
    assert told["scan"]["policies"]["DOOR-01"]["fixes"] == {"keys": "Count the keys."}
