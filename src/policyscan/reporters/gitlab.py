"""GitLab's Code Quality report: findings in the widget of a merge request, on every tier.

In: a report, and where its files lie in their repository. Out: one JSON array, worst first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from json import JSONEncoder

from policyscan.display import json_text, one_line
from policyscan.findings import (
    FINDINGS,
    TRAITS,
    Json,
    Problem,
    Report,
    Severity,
    Status,
    fingerprint,
)
from policyscan.reporters.causes import Cause, said, same
from policyscan.reporters.options import Options
from policyscan.reporters.wording import against, by_urgency, headline_and_question, moment, problems_told

# GitLab shows those that are new and those that are gone by their fingerprints; equal ones become one.
_SEVERITIES = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "major",
    Severity.MEDIUM: "minor",
    Severity.LOW: "info",
}
_STOPS = "blocker"  # what could not be evaluated
_MOST = 2_048  # characters of a description
_encode = JSONEncoder(ensure_ascii=False).encode


def render(report: Report, options: Options) -> Iterator[str]:
    """One object a line: each finding, and what could not be read; an array without any says `[]`."""
    problems = (_problem(problem, options) for problem in problems_told(report))
    findings = (result for result in by_urgency(report.results) if result.status in FINDINGS)
    found = (_finding(cause, options) for cause in same(findings))
    before = "[\n"
    for one in _told_apart(chain(problems, found)):
        yield json_text(f"{before}{_encode(one)}")
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _told_apart(found: Iterable[dict[str, Json]]) -> Iterator[dict[str, Json]]:
    """The objects with a fingerprint each, as GitLab drops all but one of equal ones."""
    known: dict[str, int] = {}
    for one in found:
        print_ = one["fingerprint"]
        number = known[print_] = known.get(print_, 0) + 1
        again = fingerprint(print_, str(number), "", "")
        yield one if number == 1 else {**one, "fingerprint": again}


def _problem(problem: Problem, options: Options) -> dict[str, Json]:
    text = f"{problem.message} ({problem.hint})" if problem.hint else problem.message
    text += problem.span.in_sheet if problem.span else ""
    identity = fingerprint("problem", problem.file or "", problem.message, "")
    return _object("policyscan", text, identity, _STOPS, problem.file or ".", problem.line or 1, options)


def _finding(cause: Cause, options: Options) -> dict[str, Json]:
    result = cause.worst
    label = TRAITS[result.status].label
    text = f"{result.policy} {label}: {said(cause, headline_and_question, _MOST - 200)}{against(result)}"
    if result.until:
        text += f" (until {moment(result.until)})"
    severity = _STOPS if result.status is Status.ERROR else _SEVERITIES[result.severity]
    span = result.span
    return _object(
        result.policy, text + span.in_sheet, result.fingerprint, severity, span.file, span.line, options
    )


def _object(
    name: str, text: str, identity: str, severity: str, file: str, line: int, options: Options
) -> dict[str, Json]:
    located = options.locate(file)
    path = located[1] if located else file
    text = one_line(text)
    return {
        "description": text if len(text) <= _MOST else text[: _MOST - 1] + "…",
        "check_name": name,
        "fingerprint": identity,
        "severity": severity,
        "location": {"path": path.removeprefix("./"), "lines": {"begin": line}},
    }
