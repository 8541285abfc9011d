"""What waivers need beyond those that simply stand in a document: those for several documents, and what they
accept.

In: a plan, an evaluation. Out: waivers as they are meant for one document; of which results an expression is
true; the finding that a waiver covers nothing anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from policyscan.engine.evaluation import Evaluation
from policyscan.engine.plan import Accepting, Plan
from policyscan.findings import BAD_WAIVER, DocumentInfo, Result, Severity, Status
from policyscan.waivers import ALL, Accepts, WrittenWaiver, matches, not_needed

if TYPE_CHECKING:
    from policyscan.documents.document import Document


def acceptance(accepting: Accepting, evaluation: Evaluation) -> Accepts:
    """What tells of which results of a document an expression is true.

    The expression is asked only where the control's own test is not met, so that what is fine needs nobody's
    acceptance; what is unknown, or absent, is not accepted.
    """

    def accepts(policy: str, requirement: str, expression: str) -> Mapping[tuple[str, str], bool] | str:
        made = accepting(policy, requirement, expression)
        if isinstance(made, str):
            return made
        own = made.about(evaluation.document.kind.name)
        if own is None:
            return {}
        with evaluation.asked_by(own):
            outcomes, turn, _ = evaluation.outcomes(own, evaluation.clock)
        evaluation.turns(*turn)
        return {(one.requirement, one.subject): one.status is Status.PASS for one in outcomes}

    return accepts


def shared_for(plan: Plan, document: Document) -> list[tuple[int, WrittenWaiver]]:
    """The plan's waivers that are for a document, as they are meant there, each with its number."""
    return [
        (number, meant(one, document.value))
        for number, one in enumerate(plan.shared)
        if matches(str(one.item["document"]), document.id)
    ]


def idle(plan: Plan, number: int, document: DocumentInfo) -> Iterator[Result]:
    """The finding, in one of the documents that it is for, that a shared waiver covers nothing in any; none
    where it may in one that is not scanned."""
    waiver = plan.shared[number]
    if ALL in waiver.item["document"] and not plan.whole:
        return
    subject = waiver.item.get("subject")
    name = f"{waiver.item['policy']}/{subject}" if subject else waiver.item["policy"]
    yield Result(
        policy=BAD_WAIVER.id,
        requirement="used",
        document=document.id,
        kind=document.kind,
        subject=name,
        status=Status.FAIL,
        severity=Severity.LOW,
        message=not_needed(name, subject),
        span=waiver.locate(waiver.item, None),
    )


def meant(waiver: WrittenWaiver, document: Mapping[str, Any]) -> WrittenWaiver:
    """A shared waiver as it is meant for the values of one document: the id of somebody leads there."""
    people = _by_id(document, "people")
    asking = {**_by_id(document, "providers"), **people}
    item = dict(waiver.item)
    for key, known in (("requested_by", asking), ("approved_by", people)):
        if item.get(key) in known:
            item[key] = known[item[key]]
    return waiver._replace(item=item)


def _by_id(document: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    items = document.get(section)
    items = items if isinstance(items, list) else ()
    return {str(one["id"]): one for one in items if isinstance(one, dict) and "id" in one}
