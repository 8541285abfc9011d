"""The report as a table: a row for each control, requirement and subject of each inventory.

In: a report. Out: rows of texts, under the names in `COLUMNS`; formats for spreadsheets write them down.
"""

from __future__ import annotations

from collections.abc import Iterator

from policyscan.display import one_line
from policyscan.findings import (
    TRAITS,
    DocumentInfo,
    PolicyInfo,
    Problem,
    Report,
    Result,
    Status,
    by_document,
)
from policyscan.reporters.wording import (
    against,
    file_of,
    grade_name,
    headline,
    moment,
    problems_told,
    spoken,
)

COLUMNS = (
    "inventory",
    "kind",
    "name",
    "status",
    "severity",
    "control",
    "title",
    "requirement",
    "subject",
    "what",
    "question",
    "what to do",
    "until",
    "evidence",
    "evidence from",
    "evidence of",
    "exception",
    "approved by",
    "file",
    "line",
    "as of",
    "fingerprint",
)
_PROFILE = "profile"
_MOST = 32_767  # characters that a cell of a spreadsheet holds


def columns(report: Report) -> tuple[str, ...]:
    """The names of a report's columns: where profiles are assigned to clients, one more says whose asks."""
    return (*COLUMNS, _PROFILE) if report.scan.assigned else COLUMNS


def rows(report: Report) -> Iterator[list[str]]:
    """A row for everything that could not be evaluated, then for each result; a control without results of
    its own in the report, as it passes or does not apply, has a row without requirement and subject."""
    policies = {policy.id: policy for policy in report.policies}
    groups = by_document(report)
    for problem in problems_told(report):
        yield _problem(report, problem)
    for document in report.documents:
        results = groups.get((document.kind, document.id), [])
        told = {result.policy for result in results}
        for result in results:
            yield _result(report, document, policies.get(result.policy), result)
        for policy in sorted(document.statuses.keys() - told):
            yield _control(report, document, policies.get(policy), policy)


def _problem(report: Report, problem: Problem) -> list[str]:
    return _row(
        report,
        {
            "status": TRAITS[Status.ERROR].label,
            "what": problem.message,
            "what to do": problem.hint or "",
            "file": file_of(problem.span) if problem.span else "",
            "line": str(problem.line or ""),
            "as of": report.scan.as_of,
        },
    )


def _result(report: Report, document: DocumentInfo, policy: PolicyInfo | None, result: Result) -> list[str]:
    waiver, basis = result.waiver, result.basis
    said = headline(result) + against(result)
    if result.reason and result.reason not in said:
        said = f"{said} ({result.reason})" if said else result.reason
    said = "; ".join(filter(None, (said, *map(spoken, result.statements))))
    acts = result.status not in (Status.PASS, Status.NOT_APPLICABLE)
    return _row(
        report,
        {
            **_whose(report, document, policy, result.policy),
            "status": TRAITS[result.status].label,
            "severity": result.severity.value,
            "requirement": result.requirement,
            "subject": result.subject,
            "what": said,
            "question": "; ".join(dict.fromkeys(gap.question for gap in result.gaps if gap.question)),
            "what to do": policy.fix_of(result.requirement) if policy and acts else "",
            "until": moment(result.until or ""),
            "evidence": grade_name(basis.grade) if basis else "",
            "evidence from": (basis.source or "") if basis else "",
            "evidence of": (basis.collected or "") if basis else "",
            "exception": waiver.reason if waiver else "",
            "approved by": waiver.approver if waiver else "",
            "file": file_of(result.span),
            "line": str(result.span.line),
            "fingerprint": result.fingerprint,
        },
    )


def _control(report: Report, document: DocumentInfo, policy: PolicyInfo | None, id_: str) -> list[str]:
    return _row(
        report,
        {
            **_whose(report, document, policy, id_),
            "status": TRAITS[document.statuses[id_]].label,
            "severity": policy.severity.value if policy else "",
            "what": _taken_away(document, id_),
            "file": document.file,
        },
    )


def _taken_away(document: DocumentInfo, policy: str) -> str:
    """By which statements a control is taken away, whole or in part."""
    for one in document.taken:
        if one.policy == policy:
            how = "taken away" if one.whole else "taken away in part"
            return f"{how}: {'; '.join(spoken(document.statements[n]) for n in one.statements)}"
    return ""


def _whose(report: Report, document: DocumentInfo, policy: PolicyInfo | None, id_: str) -> dict[str, str]:
    return {
        "inventory": document.id,
        "kind": document.kind,
        "name": document.name,
        "control": id_,
        "title": policy.title if policy else "",
        "as of": report.scan.as_of,
        _PROFILE: document.profile,
    }


def _row(report: Report, values: dict[str, str]) -> list[str]:
    """The values in the order of the columns, each on one line and no longer than a cell may be."""
    return [_cell(values.get(column, "")) for column in columns(report)]


def _cell(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= _MOST - 1 else text[: _MOST - 2] + "…"
