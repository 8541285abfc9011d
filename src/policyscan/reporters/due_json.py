"""What is ahead as JSON for programs: version 1, as `schemas/due.schema.json` describes it.

In: an `Outlook`. Out: one JSON object, the same bytes for the same outlook; each flip has a line of its own.
"""

from __future__ import annotations

from policyscan.ahead import Direction, Flip, Outlook
from policyscan.display import json_text
from policyscan.findings import Json, Status, tally, unchecked
from policyscan.reporters.json_report import (
    VERSION,
    counts_object,
    dumps,
    lines_of,
    place_object,
    problem_object,
    scan_object,
)
from policyscan.reporters.options import Options


def render(outlook: Outlook, options: Options) -> str:  # noqa: ARG001 - every format takes them
    """One JSON object."""
    scan, summary = dumps(scan_object(outlook.report)), dumps(_summary(outlook))
    flips = lines_of(_flip(flip, outlook.in_days(flip.day)) for flip in outlook.flips)
    return json_text(
        f'{{"version": {VERSION},\n"scan": {scan},\n"days": {outlook.days}, "until": "{outlook.until}",\n'
        f'"summary": {summary},\n"flips": {flips}}}\n'
    )


def _summary(outlook: Outlook) -> Json:
    report, gate = outlook.report, outlook.report.gate
    changes = [flip.change for flip in outlook.flips]
    return {
        "exit_code": outlook.exit_code,
        "gate": {"fail_on": gate.fail_on.value, "fail_on_due": gate.fail_on_due},
        "flips": {change.value: changes.count(change) for change in Direction},
        "results": counts_object(tally(report)),
        "unchecked": list(unchecked(report)),
        "problems": [problem_object(problem) for problem in report.problems],
    }


def _flip(flip: Flip, in_days: int) -> Json:
    result, (before, after) = flip.result, flip.statuses
    return {
        "date": flip.day,
        "in_days": in_days,
        "change": flip.change.value,
        "from": _text(before),
        "to": _text(after),
        "document": result.document,
        "kind": result.kind,
        "name": flip.name,
        "policy": result.policy,
        "requirement": result.requirement,
        "subject": result.subject,
        "severity": result.severity.value,
        "message": result.message if after is not None else "",
        **place_object(result.span),
        "fingerprint": result.fingerprint,
    }


def _text(status: Status | None) -> str | None:
    return status.value if status is not None else None
