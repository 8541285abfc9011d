"""`scan`: policies and documents to a report, document by document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from policyscan import waivers
from policyscan.engine.document_results import Evaluation, crashed
from policyscan.engine.moments import Moment, PolicyClock, clock_at
from policyscan.findings import (
    FINDINGS,
    DocumentInfo,
    PolicyInfo,
    Problem,
    Report,
    Result,
    ScanInfo,
    document_info,
    make_report,
)

if TYPE_CHECKING:
    from policyscan.documents.document import Document
    from policyscan.errors import PolicyscanError
    from policyscan.policies.policy import Policy
    from policyscan.source import Span


class Plan(NamedTuple):
    """What a scan evaluates: the chosen policies, all policies of the pack by id, and when.

    `aliases` lead from every id and earlier id to its policy. `zone` is for documents that name none;
    `full` asks for an account of every result, passing ones too.
    """

    policies: Sequence[Policy]
    known: Mapping[str, Policy]
    aliases: Mapping[str, str]
    moment: Moment
    zone: str = "UTC"
    full: bool = False


class Scanned(NamedTuple):
    """What one document gave: its line in the report and the results that are kept."""

    info: DocumentInfo
    results: list[Result]


def scan_document(document: Document, plan: Plan) -> Scanned:
    """All results of one document, waivers applied."""
    try:
        results = _results(document, plan)
    except Exception as error:  # noqa: BLE001 - a bug with one document must not hide the others' results
        results = [crashed(document.id, document.kind.name, document, error)]
    info = document_info(
        document.id, document.kind.name, document.file, results, name=document.name, as_of=document.as_of
    )
    kept = results if plan.full else [r for r in results if r.status in FINDINGS or r.waiver is not None]
    return Scanned(info, kept)


def _results(document: Document, plan: Plan) -> list[Result]:
    clock = document_clock(document, plan)
    evaluation = Evaluation(document, clock, plan.known, full=plan.full)
    results = evaluation.results(plan.policies)
    written = document.value.get("waivers") if isinstance(document.value, dict) else None
    if not written:
        return results

    def locate(container: object, key: str | None) -> Span:
        found = document.locate(container, key)
        return found[1] if found else document.span

    scanned = {policy.info.id for policy in plan.policies}
    marked, problems = waivers.apply(
        results, written, clock.today, locate, scanned=scanned, known=plan.aliases
    )
    return [*marked, *(waivers.finding(problem, document.id, document.kind.name) for problem in problems)]


def document_clock(document: Document, plan: Plan) -> PolicyClock:
    """The clock of a document: its own time zone, else the plan's."""
    return clock_at(plan.moment, document.time_zone or plan.zone)


def scan(
    documents: Iterable[Document],
    plan: Plan,
    about: ScanInfo,
    problems: Callable[[], Iterable[PolicyscanError]],
) -> Report:
    """The report on all documents, which are read, evaluated and forgotten one by one.

    `problems` is asked at the end, when every document has been read.
    """
    infos: list[DocumentInfo] = []
    results: list[Result] = []
    for document in documents:
        scanned = scan_document(document, plan)
        infos.append(scanned.info)
        results.extend(scanned.results)
    return make_report(
        about,
        policy_infos(plan.policies),
        infos,
        results,
        [Problem(error.message, error.at, error.hint) for error in problems()],
        complete=plan.full,
    )


def policy_infos(policies: Iterable[Policy]) -> list[PolicyInfo]:
    """What the report says about each policy."""
    return [policy.info for policy in policies]
