"""The days ahead of one document: every day on which one of its results becomes another.

In: a document with those that it refers to, and plans for days to come. Out: flips. Only days on which
something turns are evaluated: of the others it is known that they are as the day before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from policyscan.ahead import Flip
from policyscan.cel.clock import NEVER_INSTANT
from policyscan.cel.values import Date
from policyscan.engine.moments import Moment
from policyscan.engine.plan import Plan
from policyscan.engine.projection import MemberSource, projector_for
from policyscan.engine.scan import Scanned, document_clock, scan_document
from policyscan.findings import Result, Status, worst
from policyscan.records import NamedTuple

if TYPE_CHECKING:
    from policyscan.documents.document import Document

State: TypeAlias = Mapping[tuple[str, str, str], Result]
"""The results of a document by control, requirement and subject; the worst where several are of one."""


class Reached(NamedTuple):
    """How far the days of a document are known: its results at the end of `day`, and the first day (an
    ordinal) whose end may be another."""

    day: int
    state: State
    next_day: int


class Days:
    """Evaluates documents at the ends of days to come."""

    def __init__(self, plan: Plan, source: MemberSource) -> None:
        """`plan` asks for every result; its moment is where the days begin. `source` is where the members of
        documents come from."""
        self._plan = plan
        self._source = source

    def today(self, document: Document) -> int:
        """The day of the plan's moment in a document's own zone, as an ordinal."""
        return document_clock(document, self._plan).day

    def reached(self, document: Document, scanned: Scanned) -> Reached:
        """What a document gave at the plan's moment, as the place that its days ahead begin from. The moment
        may lie in the middle of a day, which then may end otherwise."""
        clock = document_clock(document, self._plan)
        inside = self._plan.moment.instant is not None
        first = clock.day if inside else clock.day + 1
        return Reached(clock.day, state_of(scanned.results), max(first, _turns_on(clock.day_of, scanned)))

    def walk(
        self, document: Document, context: Sequence[Document], reached: Reached, last: int
    ) -> tuple[list[Flip], Reached]:
        """The flips up to the end of a day (an ordinal), and how far the document is known by then."""
        flips: list[Flip] = []
        while reached.next_day <= last:
            scanned = self.at(document, context, reached.next_day)
            following = self._following(document, reached.next_day, scanned)
            flips.extend(_flips(scanned.info.name, reached, following))
            reached = following
        return flips, reached

    def stretch(
        self, document: Document, context: Sequence[Document], first: int, last: int
    ) -> Iterator[tuple[int, Scanned]]:
        """What a document gives at the ends of days (ordinals) from `first` to `last`: of each day on which
        it may give something else than on the one before."""
        day = first
        while day <= last:
            scanned = self.at(document, context, day)
            yield day, scanned
            day = max(day + 1, _turns_on(document_clock(document, self._plan).day_of, scanned))

    def at(self, document: Document, context: Sequence[Document], day: int) -> Scanned:
        """What a document gives at the end of a day."""
        plan = self._plan._replace(moment=Moment(Date(day), None))
        projector = projector_for(plan, self._source)
        if projector is not None and document.kind.name not in projector.kinds:
            projector = None
        return scan_document(document, plan, context, projector)

    def _following(self, document: Document, day: int, scanned: Scanned) -> Reached:
        clock = document_clock(document, self._plan)
        return Reached(day, state_of(scanned.results), max(day + 1, _turns_on(clock.day_of, scanned)))


def state_of(results: Sequence[Result]) -> State:
    """The results by what they are of."""
    state: dict[tuple[str, str, str], Result] = {}
    for result in results:
        key = result.policy, result.requirement, result.subject
        known = state.get(key)
        if known is None or result.status.rank > known.status.rank:
            state[key] = result
    return state


def _turns_on(day_of: Callable[[int], int], scanned: Scanned) -> int:
    """The first day whose end may have other results than what was scanned."""
    day, instant = scanned.turn
    return min(day, day_of(instant)) if instant < NEVER_INSTANT else day


def _flips(name: str, before: Reached, after: Reached) -> Iterator[Flip]:
    day = str(Date(after.day))
    for key in before.state.keys() | after.state.keys():
        one, other = before.state.get(key), after.state.get(key)
        if one is None or other is None:
            instead = _of_subject(before.state if one is None else after.state, key)
            yield Flip(day, name, one, other, instead)
        elif one.status is not other.status:
            yield Flip(day, name, one, other)


def _of_subject(state: State, key: tuple[str, str, str]) -> Status | None:
    """The worst that a control has for a subject; None if it has nothing."""
    policy, _, subject = key
    found = [one.status for (its, _, of), one in state.items() if (its, of) == (policy, subject)]
    return worst(found) if found else None
