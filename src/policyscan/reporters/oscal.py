"""The report as OSCAL assessment results: observations of each control's test, and findings on them.

In: a report. Out: one JSON document, the same for the same report: its UUIDs come from what they name.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from json import JSONEncoder
from uuid import UUID, uuid5

from policyscan.display import json_text, one_line
from policyscan.findings import (
    MET,
    TRAITS,
    DocumentInfo,
    Json,
    PolicyInfo,
    Problem,
    Report,
    Result,
    Status,
    by_document,
    unchecked,
)
from policyscan.reporters.options import Options
from policyscan.reporters.wording import (
    headline_and_question,
    input_digest,
    place,
    remarks,
    rests_on,
    scope,
    taken_by,
)

_VERSION = "1.2.1"
_NAMESPACE = UUID(
    "7b0f3f0e-4a53-5a0e-9d5c-0d6a5f1c3e11"
)  # ours; what is named in it is said where it is used
_NS = "https://policyscan.readthedocs.io/ns/oscal"
_NO_TOKEN = re.compile(r"[^\w.-]", re.ASCII)
_ABOUT = "Each control's test is met or not on the day of the scan, with the evidence in the inventory."
_encode = JSONEncoder(ensure_ascii=False, allow_nan=False, indent=1).iterencode
_PARTS = 1_000  # of the encoder, a few characters each, that are written at once


def render(report: Report, options: Options) -> Iterator[str]:  # noqa: ARG001 - every format takes them
    """One `assessment-results` with one result, in which each inventory is a component."""
    parts = _encode({"assessment-results": _Assessment(report).all()})
    while part := "".join(islice(parts, _PARTS)):
        yield json_text(part)
    yield "\n"


class _Made(list[Json]):
    """A list for the encoder, not empty, whose values are made one by one as they are written."""

    def __init__(self, make: Callable[[], Iterable[Json]]) -> None:
        super().__init__()
        self._make = make

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Json]:
        return iter(self._make())


class _Assessment:
    """One report; UUIDs are those of the moment of the scan and of what they stand for."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.start = _instant(report.scan.as_of)
        self.groups = by_document(report)
        self.policies = {policy.id: policy for policy in report.policies}

    def all(self) -> Json:
        """The document. There is no formal assessment plan: the back matter says so."""
        plan, scan = self.uuid("plan"), self.report.scan
        digest = input_digest(scan)
        return {
            "uuid": self.uuid("results"),
            "metadata": {
                "title": "policyscan assessment results",
                "last-modified": self.start,
                "version": _line(self.report.scan.as_of),
                "oscal-version": _VERSION,
                "props": [
                    _prop("tool-version", self.report.scan.version),
                    *([_prop("profile", self.report.scan.profile)] if self.report.scan.profile else []),
                    *(_prop("pack-digest", f"{one.name} {one.version} {one.digest}") for one in scan.packs),
                    *([_prop("commit", scan.commit)] if scan.commit else []),
                    *([_prop("commit-dirty", str(scan.dirty).lower())] if scan.dirty is not None else []),
                    *([_prop("input-digest", digest)] if digest else []),
                ],
            },
            "import-ap": {"href": f"#{plan}"},
            "results": [self.result()],
            "back-matter": {
                "resources": [
                    {
                        "uuid": plan,
                        "title": "The pack of controls stands for an assessment plan",
                        "description": _line(f"{self.report.scan.pack} {self.report.scan.pack_version}"),
                    }
                ]
            },
        }

    def result(self) -> Json:
        controls = [policy.id for policy in self.report.policies if policy.kind]
        remarks_ = [*remarks(self.report), *taken_by(self.report), *map(_problem, self._problems())]
        made: dict[str, Json] = {
            "uuid": self.uuid("result"),
            "title": _line(scope(self.report)),
            "description": _ABOUT,
            "start": self.start,
            "end": self.start,
            "reviewed-controls": {
                "control-selections": [
                    {"include-controls": [{"control-id": _token(id_)} for id_ in controls]}
                    if controls
                    else {"description": "No control was chosen."}
                ]
            },
        }
        if self.report.documents:
            components = _Made(lambda: map(self.component, self.report.documents))
            made["local-definitions"] = {"components": components}
        if next(self.observed(), None) is not None:
            made["observations"] = _Made(lambda: (observation for observation, _ in self.observed()))
            made["findings"] = _Made(lambda: (finding for _, finding in self.observed()))
        if remarks_:
            made["remarks"] = "\n\n".join(remarks_)
        return made

    def _problems(self) -> Sequence[Problem]:
        said = [Problem(f"Nothing was checked: {sentence}.") for sentence in unchecked(self.report)]
        return self.report.problems or said

    def component(self, document: DocumentInfo) -> Json:
        """An inventory, as the thing that is assessed."""
        return {
            "uuid": self.uuid("inventory", document.kind, document.id),
            "type": "this-system",
            "title": _line(document.name or document.id),
            "description": _line(f"{document.kind} {document.id}, as described in {document.file}"),
            "props": [_prop("inventory-id", document.id), _prop("inventory-kind", document.kind)],
            "status": {"state": "operational"},
        }

    def observed(self) -> Iterator[tuple[Json, Json]]:
        """An observation and a finding for every control of every inventory that looked at something."""
        for document in self.report.documents:
            results = self.groups.get((document.kind, document.id), [])
            for policy in sorted(document.statuses):
                status = document.statuses[policy]
                if status is not Status.NOT_APPLICABLE:
                    own = [result for result in results if result.policy == policy]
                    yield self.pair(document, policy, status, own)

    def pair(
        self, document: DocumentInfo, policy: str, status: Status, results: Sequence[Result]
    ) -> tuple[Json, Json]:
        names = (document.kind, document.id, policy)
        observation, component = self.uuid("observation", *names), self.uuid("inventory", *names[:2])
        info = self.policies.get(policy)
        title = _line(f"{policy}: {info.title}" if info else policy)
        said = [_line(headline_and_question(result)) for result in results]
        description = "\n\n".join(dict.fromkeys(said)) or TRAITS[status].label
        proof = [_evidence(result) for result in results]
        seen: dict[str, Json] = {
            "uuid": observation,
            "title": title,
            "description": description,
            "props": [_prop("status", str(status))],
            "methods": ["TEST-AUTOMATED"],
            "types": ["finding"],
            "subjects": [{"subject-uuid": component, "type": "component"}],
            "collected": self.start,
        }
        if proof:
            seen["relevant-evidence"] = proof
        return seen, self.finding(names, info, status, description, observation)

    def finding(
        self,
        names: tuple[str, str, str],
        info: PolicyInfo | None,
        status: Status,
        description: str,
        observation: str,
    ) -> Json:
        state: dict[str, Json] = {"state": "satisfied" if status in MET else "not-satisfied"}
        if status is not Status.PASS:
            state["reason"] = {"fail": "fail"}.get(str(status), "other")
            state["remarks"] = TRAITS[status].label
        return {
            "uuid": self.uuid("finding", *names),
            "title": _line(info.title if info else names[-1]),
            "description": description,
            "target": {"type": "objective-id", "target-id": _token(names[-1]), "status": state},
            "related-observations": [{"observation-uuid": observation}],
        }

    def uuid(self, *names: str) -> str:
        """The UUID of what some names stand for in this report."""
        told_apart = "".join(f"{len(name)}:{name}" for name in (self.report.scan.as_of, *names))
        return str(uuid5(_NAMESPACE, told_apart.encode("utf-8", "backslashreplace").decode()))


def _instant(as_of: str) -> str:
    """A day as its last second, UTC; an instant as it is."""
    if len(as_of) <= len("2026-10-31"):
        return f"{as_of}T23:59:59Z"
    return dt.datetime.fromisoformat(as_of).isoformat()


def _evidence(result: Result) -> Json:
    described = rests_on(result.basis) if result.basis else "the inventory itself"
    props = [_prop("fingerprint", result.fingerprint), _prop("place", place(result.span))]
    if result.subject:
        props.append(_prop("subject", result.subject))
    if result.requirement:
        props.append(_prop("requirement", result.requirement))
    return {"description": _line(described), "props": props}


def _prop(name: str, value: str) -> Mapping[str, str]:
    return {"name": name, "ns": _NS, "value": _line(value)}


def _line(text: str) -> str:
    """A text on one line that is not empty and has no blank at its ends, as OSCAL's strings are."""
    return one_line(text).strip() or "-"


def _token(text: str) -> str:
    """A name as OSCAL's tokens are: letters, digits, `.`, `_` and `-`, no digit in front."""
    token = _NO_TOKEN.sub("_", text)
    return token if token[:1].isalpha() or token[:1] == "_" else f"_{token}"


def _problem(problem: Problem) -> str:
    at = f"{problem.span}: " if problem.span else ""
    return _line(f"Could not be evaluated: {at}{problem.message}")
