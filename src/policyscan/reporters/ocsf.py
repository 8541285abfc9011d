"""The report as OCSF 1.8.0 compliance findings (class 2003), an event a line, for what collects events.

In: a report. Out: newline-delimited JSON; what could not be read is an event too, and so is that nothing was
checked, as an empty stream would look like a clean one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from json import JSONEncoder

from policyscan.display import json_text, one_line
from policyscan.findings import (
    DocumentInfo,
    Json,
    PolicyInfo,
    Problem,
    Report,
    Result,
    Severity,
    Status,
    fingerprint,
)
from policyscan.reporters.options import Options
from policyscan.reporters.wording import (
    by_urgency,
    frameworks,
    headline_and_question,
    problems_told,
    proof,
    show,
    sums,
)

_VERSION = "1.8.0"
_CLASS, _CATEGORY, _CREATE = 2003, 2, 1
_INFORMATIONAL = 1, "Informational"
_SEVERITIES = {
    Severity.LOW: (2, "Low"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.HIGH: (4, "High"),
    Severity.CRITICAL: (5, "Critical"),
}
# compliance.status_id. OCSF has no word for what does not apply or broke: 99 is "other", said in `status`.
_COMPLIANCE = {
    Status.PASS: (1, "Pass"),
    Status.DUE: (2, "Warning"),
    Status.WARNING: (2, "Warning"),
    Status.FAIL: (3, "Fail"),
    Status.WAIVED: (3, "Fail"),
    Status.UNKNOWN: (0, "Unknown"),
    Status.ERROR: (99, "Error"),
    Status.NOT_APPLICABLE: (99, "Not applicable"),
}
_NEW, _SUPPRESSED = (1, "New"), (3, "Suppressed")
_encode = JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def render(report: Report, options: Options) -> Iterator[str]:  # noqa: ARG001 - every format takes them
    """One event a line, worst first; times are milliseconds since 1970 of the moment of the scan."""
    events = _Events(report)
    return (json_text(f"{_encode(event)}\n") for event in events.all())


def milliseconds(as_of: str) -> int:
    """A day (its last second, UTC) or an instant as milliseconds since 1970."""
    day_only = len(as_of) <= len("2026-10-31")
    at = dt.datetime.fromisoformat(f"{as_of}T23:59:59+00:00" if day_only else as_of)
    if at.tzinfo is None:
        at = at.replace(tzinfo=dt.UTC)
    return round(at.timestamp() * 1000)


class _Events:
    """The events of one report, which share their time and what is said of the scanner."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.time = milliseconds(report.scan.as_of)
        self.policies = {policy.id: policy for policy in report.policies}
        self.tags: Json = [
            {"name": what, "value": said}
            for what, said in proof(report.scan)
            if what != "Tool"  # the product says it
        ]
        self.names = {(document.kind, document.id): document.name for document in report.documents}

    def all(self) -> Iterator[Json]:
        yield from map(self.problem, problems_told(self.report))
        yield from map(self.result, by_urgency(self.report.results))
        told = {(result.kind, result.document) for result in self.report.results}
        yield from (self.quiet(d) for d in self.report.documents if (d.kind, d.id) not in told)

    def quiet(self, document: DocumentInfo) -> Json:
        """An inventory that nothing is told about: silence would not say that it was looked at."""
        uid = fingerprint("inventory", document.kind, document.id, "")
        message = one_line(f"{document.id}: {sums([document])}")
        event = self._event(uid, "No findings", message, _INFORMATIONAL, _NEW)
        passes = Status.PASS in document.statuses.values()
        id_, word = _COMPLIANCE[Status.PASS if passes else Status.NOT_APPLICABLE]
        event["compliance"] = {"status_id": id_, "status": word, "status_details": [message]}
        event["resources"] = [{"uid": one_line(document.id), "type": one_line(document.kind)}]
        return event

    def problem(self, problem: Problem) -> Json:
        uid = fingerprint("problem", problem.file or "", problem.message, "")
        message = one_line(problem.message)
        event = self._event(uid, message, message, _SEVERITIES[Severity.CRITICAL], _NEW)
        event["compliance"] = {"status_id": 99, "status": "Error", "status_details": [message]}
        if problem.hint:
            event["remediation"] = {"desc": one_line(problem.hint)}
        if problem.file:
            event["resources"] = [{"uid": one_line(problem.file), "type": "inventory"}]
        return event

    def result(self, result: Result) -> Json:
        policy = self.policies.get(result.policy)
        status, message = result.status, headline_and_question(result)
        good = status in (Status.PASS, Status.NOT_APPLICABLE)
        severity = _INFORMATIONAL if good else _SEVERITIES[result.severity]
        title = one_line(policy.title) if policy else one_line(result.policy)
        finding = _SUPPRESSED if status is Status.WAIVED else _NEW
        event = self._event(result.fingerprint, title, message or title, severity, finding)
        event["compliance"] = self._compliance(result, policy, message)
        event["resources"] = [self._resource(result)]
        event["evidences"] = [{"name": "values read", "data": self._data(result)}]
        if policy and not good and (fix := policy.fix_of(result.requirement)):
            event["remediation"] = {"desc": one_line(fix)}
        if result.waiver:
            mark = result.waiver
            event["comment"] = one_line(
                f"{mark.covers.value} accepted until {mark.expires_on} by {mark.approver}: {mark.reason}"
            )
        return event

    def _event(
        self, uid: str, title: str, message: str, severity: tuple[int, str], status: tuple[int, str]
    ) -> dict[str, Json]:
        scan = self.report.scan
        return {
            "activity_id": _CREATE,
            "activity_name": "Create",
            "category_uid": _CATEGORY,
            "category_name": "Findings",
            "class_uid": _CLASS,
            "class_name": "Compliance Finding",
            "type_uid": _CLASS * 100 + _CREATE,
            "type_name": "Compliance Finding: Create",
            "time": self.time,
            "severity_id": severity[0],
            "severity": severity[1],
            "status_id": status[0],
            "status": status[1],
            "message": message,
            "metadata": {
                "version": _VERSION,
                "product": {"name": "policyscan", "vendor_name": "policyscan", "version": scan.version},
                "log_name": f"{scan.pack} {scan.pack_version}".strip(),
                **({"tags": self.tags} if self.tags else {}),
            },
            "finding_info": {"uid": uid, "title": title},
        }

    def _compliance(self, result: Result, policy: PolicyInfo | None, message: str) -> Json:
        id_, word = _COMPLIANCE[result.status]
        compliance: dict[str, Json] = {
            "control": one_line(result.policy),
            "status_id": id_,
            "status": word,
            "status_details": [text for text in (message, one_line(result.reason or "")) if text],
        }
        if policy and policy.related:
            compliance["standards"] = [name for name, _ in frameworks(policy)]
            compliance["requirements"] = [f"{name} {ids}" for name, ids in frameworks(policy)]
        if result.requirement:
            compliance["checks"] = [{"uid": one_line(result.requirement), "status_id": id_, "status": word}]
        return compliance

    def _resource(self, result: Result) -> Json:
        subject = f"/{one_line(result.subject)}" if result.subject else ""
        resource = {"uid": f"{one_line(result.document)}{subject}", "type": one_line(result.kind)}
        name = self.names.get((result.kind, result.document), "")
        return {**resource, "name": one_line(name)} if name else resource

    def _data(self, result: Result) -> Mapping[str, Json]:
        """What the result can be proved by. Values are texts, as their types differ from key to key."""
        basis = result.basis
        return {
            "file": one_line(result.span.file),
            "line": result.span.line,
            **({"sheet": one_line(result.span.sheet)} if result.span.sheet else {}),
            "values": {one_line(read.path): show(read.value, 2_000) for read in result.evidence},
            "parameters": {one_line(name): show(value, 2_000) for name, value in result.parameters.items()},
            **({"until": result.until} if result.until else {}),
            **({"grade": basis.grade.value} if basis else {}),
            **({"collected": basis.collected} if basis and basis.collected else {}),
        }
