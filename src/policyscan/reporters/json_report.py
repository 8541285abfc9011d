"""The report as JSON for programs: version 1, as `schemas/report.schema.json` describes it.

In: a report. Out: one JSON object, the same bytes for the same report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from json import JSONEncoder
from math import isfinite

from policyscan.display import json_text
from policyscan.findings import (
    TRAITS,
    Age,
    Assigned,
    Basis,
    Comparison,
    DocumentInfo,
    EvidenceRule,
    Gap,
    Json,
    LookBack,
    Loosened,
    Onset,
    PolicyInfo,
    Problem,
    Quote,
    Report,
    Result,
    ResultChange,
    Shard,
    Statement,
    Status,
    TakenAway,
    ValueRead,
    WaiverMark,
    control_tally,
    identity,
    score,
    taken_away,
    tally,
    unchecked,
)
from policyscan.reporters.options import Options
from policyscan.source import Span

VERSION = 1
_encode = JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def render(report: Report, options: Options) -> Iterator[str]:  # noqa: ARG001 - every format takes them
    """One JSON object; every document and every result has a line of its own, so that files compare well."""
    scan = dumps(scan_object(report))
    summary = dumps(_summary(report))[:-1]
    yield json_text(f'{{"version": {VERSION},\n"scan": {scan},\n"summary": {summary}, "documents": ')
    yield from map(json_text, _lines_of(map(_document, report.documents)))
    yield '},\n"results": '
    yield from map(json_text, _lines_of(_results(report)))
    yield "}\n"


def render_lines(report: Report, options: Options) -> Iterator[str]:  # noqa: ARG001 - every format takes them
    """JSON Lines: the scan, each document and result, what is fixed or gone since a
    baseline, and the summary at the end, an object a line that says
    by `type` what it is."""
    summary = {key: value for key, value in _summary(report).items() if key != "problems"}
    lines = chain(
        [{"type": "scan", "version": VERSION, **scan_object(report)}],
        ({"type": "problem", **problem_object(problem)} for problem in report.problems),
        ({"type": "document", **_document(document)} for document in report.documents),
        ({"type": "result", **result} for result in _results(report)),
        ({"type": "change", **change_object(one)} for one in _without_result(report)),
        [{"type": "summary", **summary}],
    )
    yield from (json_text(f"{dumps(line)}\n") for line in lines)


def lines_of(objects: Iterable[Json]) -> str:
    """A list with a line for each of its values."""
    return "".join(_lines_of(objects))


def _lines_of(objects: Iterable[Json]) -> Iterator[str]:
    before = "[\n"
    for line in map(dumps, objects):
        yield f"{before}{line}"
        before = ",\n"
    yield "[]" if before == "[\n" else "\n]"


def dumps(value: Json) -> str:
    """A value on one line."""
    try:
        return _encode(value)
    except ValueError:
        return _encode(_finite(value))


def _finite(value: Json) -> Json:
    """The value with infinities and not-a-numbers as text: JSON has none."""
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def scan_object(report: Report) -> Json:
    """What was scanned, with what, as of when."""
    scan = report.scan
    return {
        "tool": {"name": "policyscan", "version": scan.version},
        "pack": {"name": scan.pack, "version": scan.pack_version},
        "packs": [pack._asdict() for pack in scan.packs],
        "as_of": scan.as_of,
        "profile": scan.profile,
        "controls": scan.controls,
        "controls_total": scan.controls_total,
        "left_out": list(scan.left_out),
        "loosened": [_loosened(item) for item in scan.loosened],
        "files": {"read": scan.files_read, "skipped": scan.files_skipped},
        "digests": dict(scan.digests),
        "git": {"commit": scan.commit, "dirty": scan.dirty},
        "notes": list(scan.notes),
        "evidence": _asked(scan.evidence),
        "max_taken_away": scan.max_taken_away,
        **({"shard": _shard(scan.shard)} if scan.shard else {}),
        **({"newer": list(scan.newer)} if scan.newer else {}),
        **({"assigned": [_assigned(one) for one in scan.assigned]} if scan.assigned else {}),
        **({"unmet": list(scan.unmet)} if scan.unmet else {}),
        "policies": {policy.id: _policy(policy) for policy in report.policies},
    }


def _assigned(one: Assigned) -> Json:
    return {**one._asdict(), "clients": list(one.clients)}


def _shard(shard: Shard) -> Json:
    return {
        "number": shard.number,
        "of": shard.of,
        "covering": list(shard.covering),
        "idle": [{"waiver": number, "result": _result(result)} for number, result in shard.idle],
        "for_nobody": list(map(problem_object, shard.for_nobody)),
        **({"met": list(shard.met)} if shard.met is not None else {}),
    }


def _asked(rule: EvidenceRule | None) -> Json:
    return {"grade": rule.grade.value, "max_age_days": rule.max_age_days} if rule else None


def comparison_object(since: Comparison) -> Json:
    """What changed since a baseline."""
    return {
        "baseline": since.baseline,
        "as_of": since.as_of,
        "unchanged": since.unchanged,
        "changes": list(map(change_object, since.changes)),
        "silent": [one._asdict() for one in since.silent],
    }


def change_object(one: ResultChange) -> Json:
    """What became of a result since a baseline."""
    return {
        "change": one.change.value,
        "kind": one.kind,
        "document": one.document,
        "policy": one.policy,
        "subject": one.subject,
        "requirement": one.requirement,
        "severity": one.severity.value,
        "before": one.before.value if one.before is not None else None,
        "after": one.after.value if one.after is not None else None,
        "origins": list(one.origins),
        "message": one.message,
        **place_object(one.span),
    }


def _results(report: Report) -> Iterator[Json]:
    """Each result, with the profile that asks for it where profiles are assigned, and what became of it
    since the baseline, if there is one."""
    changed = report.comparison.changed if report.comparison is not None else None
    profiles = {(one.kind, one.id): one.profile for one in report.documents if one.profile}
    for result in report.results:
        made = _result(result)
        if profile := profiles.get((result.kind, result.document)):
            made["profile"] = profile
        if changed is not None:
            made["since"] = _since(changed.get(identity(result)), result)
        if report.past is not None:
            age = report.past.ages.get(identity(result))
            made["age"] = age_object(age) if age is not None else None
        yield made


def _since(change: ResultChange | None, result: Result) -> Json:
    """What became of a result: `unchanged` for one that was so at the baseline."""
    if change is None:
        return {"change": "unchanged", "before": result.status.value, "origins": []}
    before = change.before.value if change.before is not None else None
    return {"change": change.change.value, "before": before, "origins": list(change.origins)}


def age_object(age: Age) -> Json:
    """Since when a finding has its status, and since when it is one."""
    return {**_onset(age.status), "open": _onset(age.open)}


def _onset(onset: Onset) -> Json:
    return {
        "since": onset.day,
        "days": onset.days,
        "at_least": onset.earlier,
        "cause": onset.cause,
        "commit": onset.commit or None,
    }


def _past(past: LookBack) -> Json:
    return {
        "first": past.first,
        "days": past.days,
        "commits": past.commits,
        "touching": past.touching,
        "cut_short": past.cut_short,
        "begins": past.begins,
        "unread": list(past.unread),
        "subjects": dict(past.subjects),
        "trend": [
            {
                "date": one.day,
                "inventories": one.inventories,
                "controls": {status.value: count for status, count in one.statuses.items()},
            }
            for one in past.trend
        ],
    }


def _without_result(report: Report) -> Iterator[ResultChange]:
    """What changed and is nothing to act on any more: what is fixed, and what is gone."""
    if report.comparison is not None:
        there = set(map(identity, report.results))
        yield from (one for one in report.comparison.changes if one[1:6] not in there)


def _loosened(item: Loosened) -> Json:
    return {
        "policy": item.policy,
        "parameter": item.parameter,
        "default": item.default,
        "value": item.value,
        **({"profile": item.profile} if item.profile else {}),
    }


def _policy(policy: PolicyInfo) -> Json:
    return {
        "title": policy.title,
        "severity": policy.severity.value,
        "kind": policy.kind or None,
        **({"also": policy.also} if policy.also else {}),
        "origin": policy.origin,
        "why": policy.why,
        "fix": policy.fix,
        **({"fixes": dict(policy.fixes)} if policy.fixes else {}),
        "quotes": list(map(_quote, policy.quotes)),
        "related": {framework: list(ids) for framework, ids in policy.related.items()},
        "file": policy.file,
        "line": policy.line,
        "requirements": list(policy.requirements),
        **({"tags": list(policy.tags)} if policy.tags else {}),
    }


def _quote(quote: Quote) -> Json:
    title = {"title": quote.title} if quote.title else {}
    return {"document": quote.document, **title, "text": quote.text}


def _summary(report: Report) -> dict[str, Json]:
    controls = control_tally(report.documents)
    return {
        "exit_code": report.exit_code,
        "complete": report.complete,
        "gate": {**report.gate._asdict(), "fail_on": report.gate.fail_on.value},
        "results": counts_object(tally(report)),
        "controls": counts_object(controls),
        "score": score(report.documents)._asdict(),
        "taken_away": taken_away(report.documents)._asdict(),
        "unchecked": list(unchecked(report)),
        "problems": [problem_object(problem) for problem in report.problems],
        **({"comparison": comparison_object(report.comparison)} if report.comparison is not None else {}),
        **({"past": _past(report.past)} if report.past is not None else {}),
    }


def counts_object(tally_: Mapping[Status, int]) -> Json:
    """How many there are of each status, of all of them."""
    return {status.value: tally_.get(status, 0) for status in TRAITS}


def problem_object(problem: Problem) -> Json:
    """What could not be read or used, and where."""
    return {"message": problem.message, **place_object(problem.span), "hint": problem.hint}


def place_object(span: Span | None) -> dict[str, Json]:
    """A place, flat; None for each part of none."""
    if span is None:
        return {"file": None, "line": None, "column": None}
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        **({"sheet": span.sheet} if span.sheet else {}),
    }


def _document(document: DocumentInfo) -> Json:
    controls = control_tally([document])
    return {
        "id": document.id,
        "kind": document.kind,
        "name": document.name,
        "file": document.file,
        "as_of": document.as_of,
        "results": counts_object(document.counts),
        "controls": counts_object(controls),
        "score": score([document])._asdict(),
        "taken_away": [_taken(one) for one in document.taken],
        "statements": [_statement(one) for one in document.statements],
        "grades": {grade.value: count for grade, count in document.grades.items()},
        "policies": {id_: document.statuses[id_].value for id_ in sorted(document.statuses)},
        **(
            {"profile": document.profile, "profile_from": document.profile_from or None}
            if document.profile
            else {}
        ),
    }


def _result(result: Result) -> dict[str, Json]:
    span = result.span
    shown: dict[str, Json] = {
        "policy": result.policy,
        "requirement": result.requirement,
        "document": result.document,
        "kind": result.kind,
        "subject": result.subject,
        "status": result.status.value,
        "severity": result.severity.value,
        "message": result.message,
        **place_object(span),
        "evidence": [_read(read) for read in result.evidence],
        "parameters": dict(result.parameters),
        "fingerprint": result.fingerprint,
        "until": result.until,
        "basis": _basis(result.basis),
    }
    if result.waiver:
        shown["waiver"] = _waiver(result.waiver)
    if result.gaps:
        shown["gaps"] = [_gap(gap) for gap in result.gaps]
    if result.reason:
        shown["reason"] = result.reason
    if result.disputed:
        shown["disputed"] = [_read(read) for read in result.disputed]
    if result.statements:
        shown["statements"] = [_statement(one) for one in result.statements]
    if result.figures:
        shown["figures"] = dict(result.figures)
    return shown


def _basis(basis: Basis | None) -> Json:
    if basis is None:
        return None
    return {
        "grade": basis.grade.value,
        "section": basis.section,
        "source": basis.source,
        "collected": basis.collected,
        "age_days": basis.age_days,
        "path": basis.path,
        **place_object(basis.span),
    }


def _read(read: ValueRead) -> Json:
    return {"path": read.path, "value": read.value, **place_object(read.span)}


def _taken(taken: TakenAway) -> Json:
    return {**taken._asdict(), "statements": list(taken.statements), "subjects": list(taken.subjects)}


def _statement(statement: Statement) -> Json:
    return {
        "about": list(statement.about),
        "value": statement.value,
        "reason": statement.reason,
        "by": statement.by,
        **({"by_name": statement.by_name} if statement.by_name else {}),
        "stated_on": statement.stated_on,
        "until": statement.until or None,
        **place_object(statement.span),
    }


def _waiver(mark: WaiverMark) -> Json:
    return {
        "covers": mark.covers.value,
        "reason": mark.reason,
        "requested_by": mark.requested_by,
        "approved_by": mark.approved_by,
        **({"requested_by_name": mark.requested_by_name} if mark.requested_by_name else {}),
        **({"approved_by_name": mark.approved_by_name} if mark.approved_by_name else {}),
        "ticket": mark.ticket,
        "expires_on": mark.expires_on,
        **({"accept": mark.accept} if mark.accept is not None else {}),
        **(place_object(mark.span) if mark.span is not None else {}),
    }


def _gap(gap: Gap) -> Json:
    return {
        "path": gap.path,
        "generic_path": gap.generic_path,
        "question": gap.question,
        "reason": gap.reason,
        **place_object(gap.span),
    }
