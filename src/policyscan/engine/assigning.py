"""Which profile asks for the controls of a client, where the settings assign profiles to clients.

In: a plan, a document as controls may read it, and a clock. Out: the document's own plan, and what decided
it. Where a fact that decides is not known, the plan asks what all profiles ask that may be the right one, so
that a gap never gets a client the weaker one; where two assignments disagree, nothing can be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from policyscan.engine.explaining import Explainer
from policyscan.engine.moments import PolicyClock
from policyscan.engine.outcome import NEVER, Turn, earliest
from policyscan.engine.plan import Assigning, Assignment, Plan
from policyscan.engine.requirements import status_of
from policyscan.findings import ONE_PROFILE, Assigned, Gap, Result, Status
from policyscan.records import NamedTuple
from policyscan.source import Span
from policyscan.waivers import matches

if TYPE_CHECKING:
    from policyscan.documents.document import Document

KIND = "client"
"""The kind of the inventories that profiles are assigned to."""


class Decision(NamedTuple):
    """Which profiles a client is judged by (one, but where that is not known), where that is written, which
    claims of the assignments meet it, by number, and until when that holds. `finding` is what there is to
    say of it."""

    profiles: tuple[str, ...] = ()
    span: Span | None = None
    met: tuple[int, ...] = ()
    turn: Turn = NEVER
    finding: Result | None = None

    @property
    def profile(self) -> str:
        """The profile in words."""
        return " or ".join(self.profiles)

    @property
    def place(self) -> str:
        """The line where it is written; empty for the default."""
        return f"{self.span.file}:{self.span.line}" if self.span is not None else ""

    @property
    def failed(self) -> bool:
        """Whether nothing can be asked of the client."""
        return self.finding is not None and self.finding.status is Status.ERROR


def settled(plan: Plan, decision: Decision) -> Plan:
    """The plan of a client, once its profile is known."""
    if plan.assigning is None or not decision.profiles:
        return plan
    own = plan.assigning.asked(decision.profiles)
    return plan._replace(
        policies=() if decision.failed else own.policies,
        known=own.known,
        rule=own.rule,
        max_taken_away=own.max_taken_away,
        accepting=own.accepting or plan.accepting,
    )


def decided(
    assigning: Assigning, document: Document, clock: PolicyClock, explainer: Callable[[], Explainer]
) -> Decision:
    """The decision about a document; `explainer` makes what finds the facts that a condition lacks."""
    if document.kind.name != KIND:
        return Decision((assigning.default,))
    met = list(_met(assigning, document, clock))
    surely = [one for one in met if one.status is Status.PASS]
    unsure = [one for one in met if one.status in (Status.UNKNOWN, Status.ERROR)]
    profiles = tuple(dict.fromkeys(one.profile for one in surely))
    candidates = tuple(dict.fromkeys((*(profiles or (assigning.default,)), *(one.profile for one in unsure))))
    turn = earliest(NEVER, *(one.turn for one in met))
    claims = tuple(claim for one in met if one.status is not Status.FAIL for claim in one.claims)
    whose = Decision(candidates, None, claims, turn)
    if len(profiles) > 1:
        return whose._replace(finding=_conflict(document, surely))
    broken = [one for one in unsure if one.status is Status.ERROR]
    if broken:
        return whose._replace(finding=_unclear(document, broken, candidates, explainer))
    if len(candidates) > 1:
        return whose._replace(finding=_unclear(document, unsure, candidates, explainer))
    return whose._replace(span=surely[0].assignment.span if surely else None)


class _Met(NamedTuple):
    """An assignment that is for a client, or may be: `status` is that of its condition, which was evaluated
    for `document`."""

    assignment: Assignment
    status: Status
    claims: tuple[int, ...]
    turn: Turn

    @property
    def profile(self) -> str:
        return self.assignment.said.profile


def _met(assigning: Assigning, document: Document, clock: PolicyClock) -> Iterator[_Met]:
    """The assignments that name a document, but for those whose condition is false of it."""
    first = 0
    for one in assigning.assignments:
        claims = tuple(
            number
            for number, pattern in enumerate(one.said.claims, first)
            if not pattern or matches(pattern, document.id)
        )
        first += len(one.said.claims)
        if not claims:
            continue
        status, turn = Status.PASS, NEVER
        if one.when is not None:
            clock.reset()
            status = status_of(one.when, (document.value,), clock, Status.UNKNOWN)
            turn = clock.turn_day, clock.turn_instant
        yield _Met(one, status, claims if status is not Status.FAIL else (), turn)


def unmet(assigned: Sequence[Assigned], met: Iterable[int]) -> Iterator[str]:
    """A sentence for each claim of an assignment, by number, that met no client though it should."""
    numbers, first = set(met), 0
    for one in assigned:
        for number, pattern in enumerate(one.claims, first):
            if number not in numbers and not one.optional:
                told = f"profile {one.profile} is assigned to {_whom(one, pattern)}, and no client is meant"
                yield f"{told}: correct {one.place}, or say `may_be_empty: true` there"
        first += len(one.claims)


def _whom(one: Assigned, pattern: str) -> str:
    condition = f"where {one.when}" if one.when else ""
    return " ".join(filter(None, (pattern or "clients", condition)))


def _conflict(document: Document, met: Sequence[_Met]) -> Result:
    named = {one.profile: one for one in reversed(met)}
    lines = sorted(named.values(), key=lambda one: one.assignment.span)
    told = " and ".join(f"{one.profile} ({one.assignment.said.place})" for one in lines)
    message = f"{document.id} is assigned the profiles {told}, and only one can be right: nothing was checked"
    return _finding(document, Status.ERROR, message, lines[0].assignment.span)


def _unclear(
    document: Document, met: Sequence[_Met], candidates: Sequence[str], explainer: Callable[[], Explainer]
) -> Result:
    """What is said where a condition cannot be told, or could not be evaluated."""
    one = met[0]
    assert one.assignment.when is not None
    condition, place = one.assignment.said.when, one.assignment.said.place
    if any(each.status is Status.ERROR for each in met):
        message = f"{condition} ({place}) could not be worked out for {document.id}: nothing was checked"
        return _finding(document, Status.ERROR, message, one.assignment.span)
    gaps: dict[Gap, None] = {}
    for each in met:
        assert each.assignment.when is not None
        gaps.update(dict.fromkeys(explainer().lacking(each.assignment.when, (document.value,))))
    judged = f"it is judged by what {' and '.join(candidates)} ask together"
    message = f"nobody can say whether {condition} ({place}); until then {judged}"
    span = next((gap.span for gap in gaps if gap.span is not None), document.root_span())
    return _finding(document, Status.UNKNOWN, message, span, tuple(gaps))


def _finding(
    document: Document, status: Status, message: str, span: Span, gaps: tuple[Gap, ...] = ()
) -> Result:
    return Result(
        policy=ONE_PROFILE.id,
        requirement="one",
        document=document.id,
        kind=document.kind.name,
        subject="",
        status=status,
        severity=ONE_PROFILE.severity,
        message=message,
        span=span,
        gaps=gaps,
    )
