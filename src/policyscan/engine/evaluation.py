"""One document against its policies: every result, with those explained that someone has to look at.

In: a document, the plan, what it refers to and its tables. Out: results, the statuses and counts of all of
them, and the earliest turn of anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from policyscan import cel
from policyscan.cel.clock import NEVER_INSTANT
from policyscan.documents.seeing import reached_from
from policyscan.engine.clashes import Clash, clashes
from policyscan.engine.coverage import revealed, revealed_of
from policyscan.engine.explaining import Explainer
from policyscan.engine.forecast import PLAIN, Forecast
from policyscan.engine.grading import Grader, merged, weakest
from policyscan.engine.moments import PolicyClock
from policyscan.engine.outcome import AT_ONCE, FOR_EACH, NEVER, WHEN, Evaluated, Outcome, Turn, earliest
from policyscan.engine.requirements import evaluate, evaluate_lean
from policyscan.engine.sight import Sight, Viewer, crash
from policyscan.engine.tables import Tables
from policyscan.findings import (
    BAD_STATEMENT,
    CRASH,
    DANGLING_REFERENCE,
    EvidenceRule,
    Grade,
    Result,
    Severity,
    Status,
    worst,
)
from policyscan.policies.policy import Policy, Requirement

if TYPE_CHECKING:
    from policyscan.documents.document import Document
    from policyscan.engine.assigning import Decision


class Evaluation:
    """One document at one moment, as its `viewer` has it, with the documents that it refers to.

    `known` are all policies by id, for those that read another's status. `full` asks for an account of
    every result; otherwise those that pass or do not apply are only counted, in `statuses` (the worst of
    each policy) and `counts`. `rule` is what is asked of the evidence for all policies; `decision` says
    which profile asks, where the settings assign several.
    """

    def __init__(
        self,
        viewer: Viewer,
        clock: PolicyClock,
        *,
        full: bool,
        tables: Tables | None = None,
        rule: EvidenceRule | None = None,
        decision: Decision | None = None,
    ) -> None:
        self.viewer = viewer
        self.decision = decision
        self.clock = clock
        self.known = viewer.known
        self.document, self.context = viewer.first.document, viewer.first.context
        self.full = full
        self.rule = rule
        self.tables = tables or Tables(viewer.document, {})
        self.explainer = self._explainer(clock)
        self.statuses: dict[str, Status] = {}
        self.counts: dict[Status, int] = {}
        self.turn_day, self.turn_instant = NEVER
        self._asking: Policy | None = None  # whose `uses` say what it may ask for
        self._others: dict[tuple[str, int], tuple[Status, tuple[int, int]]] = {}  # by policy and instant

    def results(self, policies: Iterable[Policy]) -> list[Result]:
        """The results of all policies that are about this kind of document, and of the document itself."""
        made = [*self._references(), *self.viewer.first.results]
        kind = self.document.kind.name
        self.clock.others, self.clock.clashes = self, self._clashes
        try:
            for policy in policies:
                own = policy.about(kind)
                if own is not None:
                    made.extend(self._guarded(own))
        finally:
            # Without this circle a document is freed as soon as it is done, not when the collector comes.
            self.clock.others = self.clock.clashes = None
        return made

    def _clashes(self, function: str, clock: PolicyClock) -> Sequence[Clash]:
        return clashes(function, self.document, clock)

    def newer(self) -> Iterator[str]:
        """The ids of those of the documents that are from after the day as of which they are seen."""
        for one in (self.document, *self.context):
            if any(
                fact.future and fact.container is one.tree.value and fact.key == "as_of"
                for fact in one.hidden
            ):
                yield one.id

    def _guarded(self, policy: Policy) -> list[Result]:
        """One policy's results. A crash is its one result, an error, and touches no other policy."""
        self._asking = policy
        try:
            return self._policy(policy)
        except Exception as error:
            return [self.crash(policy, error)]

    def _policy(self, policy: Policy) -> list[Result]:
        listed = self.viewer.first.listed_for(policy, self.known)
        plain = self.rule is None and policy.evidence is None and listed is None
        if self.full or policy.tables or not plain:
            evaluated = self.outcomes(policy, self.clock, keep=self.full)
        else:
            evaluated = evaluate_lean(policy, self.document.value, self.clock)
        outcomes, turn, passed = evaluated
        self.turn_day = min(self.turn_day, turn[0])
        self.turn_instant = min(self.turn_instant, turn[1])
        forecast: Forecast | None = None
        made: list[Result] = []
        idle = 0
        # What is due is met today: where nothing is asked of anything yet, nothing is.
        applies = passed > 0 or any(one.status is not Status.NOT_APPLICABLE for one in outcomes)
        begins = applies and policy.longest_notice > 0
        for outcome in outcomes:
            status = outcome.status
            if status is Status.PASS:
                forecast = forecast or self._forecast(policy)
                due = forecast.due(outcome)
                if due is not None:
                    made.append(due)
                    continue
                passed += not self.full
            elif status is Status.NOT_APPLICABLE:
                if begins and outcome.requirement == WHEN and outcome.turn != NEVER:
                    forecast = forecast or self._forecast(policy)
                    due = forecast.begins(outcome, policy.longest_notice)
                    if due is not None:
                        made.append(due)
                        continue
                idle += not self.full
            if status not in PLAIN or self.full:
                made.append(self.explainer.result(policy, outcome))
        if forecast is not None:
            self.turns(forecast.notice_day, NEVER_INSTANT)
        if passed:
            self._count(policy.info.id, Status.PASS, passed)
        if idle:
            self._count(policy.info.id, Status.NOT_APPLICABLE, idle)
        return made

    def turns(self, day: int, instant: int) -> None:
        """Notes that a result may change when a day (an ordinal) starts, or at an instant."""
        self.turn_day = min(self.turn_day, day)
        self.turn_instant = min(self.turn_instant, instant)

    @property
    def turn(self) -> Turn:
        """The first moment at which a result of the policies that were evaluated may change: another status,
        one more or one less. What results say of ages and of days to come holds on their own day only."""
        own = self.turn_day, self.turn_instant
        return earliest(own, self.tables.turn(self.clock.zone), self.revealed)

    @property
    def said(self) -> Turn:
        """The first moment at which something may change that results say, though they stay what they are:
        numbers of days that are counted left aside. What says of a fact that it lies in the future names its
        own moment; how long nobody can say which profile is asked for is not known either."""
        unclear = self.decision is not None and self.decision.finding is not None
        if unclear or any(map(self._foresees, (self.document, *self.context))):
            return AT_ONCE
        return earliest(self.explainer.said, self.viewer.first.said)

    def _foresees(self, document: Document) -> bool:
        """Whether a document, or one that it leads to, says what lies in the future."""
        now = (
            self.clock,
            *(clock_of(document) for clock_of in (self.viewer.clock_of,) if clock_of is not None),
        )
        return any(
            one.latest_day > clock.today or one.latest_instant > clock.now
            for one in (document, *reached_from(document))
            for clock in now
        )

    @property
    def revealed(self) -> Turn:
        """When a fact of the document, or of one that it refers to, may be known that lies in the future, or
        be in dispute or no longer so, or a word of theirs be earned that is not, or the reverse."""
        documents = (self.document, *self.context)
        return earliest(self.viewer.first.turn, *(revealed(one, self.clock) for one in documents))

    def _forecast(self, policy: Policy) -> Forecast:
        """What finds out how long a policy passes."""

        def result_at(clock: PolicyClock, outcome: Outcome) -> Result:
            # What is unknown by then is due now, which every format shows.
            return self._explainer(clock, gaps=True).result(policy, outcome)

        def outcomes_at(clock: PolicyClock) -> Sequence[Outcome]:
            return self.outcomes(policy, clock).outcomes

        return Forecast(self.clock, outcomes_at, result_at, self.viewer.change)

    def without_words(self) -> Evaluation:
        """The same evaluation if nobody stood behind any word that takes controls away."""
        clock = self.clock.at(self.clock.instant)
        return Evaluation(self.viewer.without_words(), clock, full=False, tables=self.tables)

    @contextmanager
    def asked_by(self, policy: Policy) -> Iterator[None]:
        """While a policy about another inventory asks this one: its `uses` say which controls it may."""
        self._asking, self.clock.others, self.clock.clashes = policy, self, self._clashes
        try:
            yield
        finally:
            self._asking = self.clock.others = self.clock.clashes = None

    def _count(self, policy: str, status: Status, count: int) -> None:
        """Counts what passes or does not apply, of which there is most."""
        self.counts[status] = self.counts.get(status, 0) + count
        known = self.statuses.get(policy)
        if known is None or status.rank > known.rank:
            self.statuses[policy] = status

    def crash(self, policy: Policy, error: Exception) -> Result:
        """The result of a policy on which policyscan itself failed."""
        self.turns(*AT_ONCE)
        return crash(policy, self.document, error)

    def _references(self) -> list[Result]:
        document = self.document
        checks = [
            (issue, BAD_STATEMENT if issue.about_statement else DANGLING_REFERENCE)
            for issue in document.issues
        ]
        checks.extend((issue, DANGLING_REFERENCE) for issue in self.tables.issues)
        return [
            Result(
                policy=check.id,
                requirement="exists",
                document=document.id,
                kind=document.kind.name,
                subject=issue.path,
                status=Status.FAIL,
                severity=check.severity,
                message=issue.message,
                span=issue.place,
            )
            for issue, check in sorted(checks, key=lambda one: one[0].place)
        ]

    def outcomes(self, policy: Policy, clock: PolicyClock, *, keep: bool = False) -> Evaluated:
        """All outcomes of a policy at a moment, after a look at the evidence if something is asked of it;
        `keep` gives verdicts to those that pass, too."""
        sight = self.viewer.at(clock)
        root = sight.document.value
        if policy.tables:
            found = self.tables.outcomes(policy, root, clock, keep=keep)
        else:
            found = evaluate(policy, root, clock, keep=keep)
            listed = sight.listed_for(policy, self.known)
            if listed is not None:
                found = with_fails(found, evaluate(policy, listed.value, clock))
        rule = merged(self.rule, policy.evidence)
        if rule is None:
            return found
        grader = self.grader(clock)
        weighed = (grader.downgraded(policy, outcome, rule) for outcome in found.outcomes)
        outcomes = [self.tables.downgraded(policy, outcome) for outcome in weighed]
        return Evaluated(outcomes, earliest(found.turn, *(outcome.turn for outcome in outcomes)))

    def grader(self, clock: PolicyClock) -> Grader:
        """What grades the document's evidence at a moment."""
        if clock is self.clock:
            return self.explainer.grader
        sight = self.viewer.at(clock)
        return Grader(sight.document, clock, self.known, sight.context, places=self.viewer.evidence)

    def _explainer(self, clock: PolicyClock, *, gaps: bool = False) -> Explainer:
        """What explains outcomes of a moment; with `gaps` the unknown ones even if no format shows them."""
        viewer, sight = self.viewer, self.viewer.at(clock)
        grader = Grader(sight.document, clock, self.known, sight.context, places=viewer.evidence)
        return Explainer(
            sight.document, clock, grader, (*sight.context, *sight.listed),
            evidence=viewer.evidence, gaps=gaps or viewer.gaps, agreed=self.full, tables=self.tables,
            change=partial(_change_for, sight, self._revealed(sight, clock), self.known),
        )  # fmt: skip

    def _revealed(self, sight: Sight, clock: PolicyClock) -> Sequence[tuple[frozenset[str], Turn]]:
        """When facts of some names, which lie in the future of a moment, are known; of no name: of any."""
        by_name = (revealed_of(one, clock) for one in (sight.document, *sight.context))
        pairs = (pair for found in by_name for pair in found.items())
        return [(frozenset((name,)) if name else frozenset(), turn) for name, turn in pairs]

    # --- passes("ACC-01"), status("ACC-01"), grade("ACC-01")

    def passes(self, policy: str, clock: PolicyClock) -> bool:
        """Whether another policy passes now; its unknown and error are the asking policy's too."""
        return _told(policy, self._other(policy, clock, "passes")) is not Status.FAIL

    def status(self, policy: str, clock: PolicyClock) -> str:
        """The status of another policy now."""
        return str(self._other(policy, clock, "status"))

    def grade(self, policy: str, clock: PolicyClock) -> str:
        """The grade of the weakest evidence behind another policy; its unknown and error as with `passes`."""
        _told(policy, self._other(policy, clock, "grade"))
        return str(self.grade_of(self.known[policy], clock))

    def grade_of(self, policy: Policy, clock: PolicyClock) -> Grade:
        """The grade of the weakest evidence that anything in a policy rests on."""
        own = self.grader(clock).of_policy(policy)
        return weakest(own, self.tables.basis(policy, None)).grade

    def _other(self, policy: str, clock: PolicyClock, function: str) -> Status:
        other = self.known.get(policy)
        if other is None or (self._asking is not None and policy not in self._asking.uses):
            asking = self._asking.id if self._asking else "this"
            message = f"{function}({policy!r}): {asking} does not use it"
            raise cel.Fault(message)
        if other.info.kind != self.document.kind.name:
            message = f"passes({policy!r}): it is about each {other.info.kind}, not {self.document.kind.name}"
            raise cel.Fault(message)
        key = (policy, clock.instant)
        inner = clock.at(clock.instant)
        if key not in self._others:
            asking_policy, self._asking = self._asking, other
            try:
                outcomes, its, _ = self.outcomes(other, inner)
            finally:
                self._asking = asking_policy
            turn = earliest(its, *(outcome.turn for outcome in outcomes))
            self._others[key] = worst(outcome.told for outcome in outcomes), turn
        status, turn = self._others[key]
        clock.turn_day = min(clock.turn_day, turn[0])
        clock.turn_instant = min(clock.turn_instant, turn[1])
        return status


def _change_for(
    sight: Sight, revealed: Sequence[tuple[frozenset[str], Turn]], known: Mapping[str, Policy], policy: Policy
) -> Turn:
    """When a fact that a control may read may first be known, earned or in dispute that is not, or no longer
    so."""
    turns = (turn for names, turn in revealed if not names or policy.may_read(names, known))
    return earliest(sight.change_for(policy, known), *turns)


def with_fails(found: Evaluated, listed: Evaluated) -> Evaluated:
    """What a policy gives without the lists that are in dispute, and at what elements of these fail.

    A list that is in dispute may lack elements, or have some too many: nobody can say that all of them pass.
    """
    fails = {
        (one.subject, one.requirement): one
        for one in listed.outcomes
        if one.status is Status.FAIL and one.item
    }
    subjects = {one.subject for one in found.outcomes}
    kept = [
        fails.get((one.subject, one.requirement), one)
        if one.status is Status.UNKNOWN and isinstance(one.item, Requirement) and one.item.each
        else one
        for one in found.outcomes
    ]
    lost = any(one.requirement == FOR_EACH and one.status is Status.UNKNOWN for one in kept)
    more = [one for one in fails.values() if one.subject not in subjects] if lost else []
    return Evaluated([*kept, *more], earliest(found.turn, listed.turn))


def _told(policy: str, status: Status) -> Status:
    """A status that says something about the inventory; raises what keeps others from doing so."""
    if status is Status.UNKNOWN:
        message = f"{policy} is unknown"
        raise cel.Missing(message)
    if status is Status.ERROR:
        message = f"{policy} could not be evaluated"
        raise cel.Fault(message)
    if status is Status.NOT_APPLICABLE:
        message = f"{policy} does not apply"
        raise cel.Absent(message)
    return status


def crashed(document_id: str, kind: str, document: Document, error: Exception) -> Result:
    """The result of a document on which policyscan itself failed."""
    return Result(
        policy=CRASH.id,
        requirement="evaluated",
        document=document_id,
        kind=kind,
        subject="",
        status=Status.ERROR,
        severity=Severity.CRITICAL,
        message=f"policyscan failed on this document: {type(error).__name__}: {error}; this is a bug",
        span=document.root_span(),
    )
