"""What controls may read of a document at a moment: without the facts that contradict each other.

In go a document as it was known then, with those that it refers to, and rules of consistency. Out come views
without what the rules put in dispute, and the findings about it. Where all facts agree, the views are the
documents themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, TypeAlias

from policyscan.cel.clock import NEVER_DAY, NEVER_INSTANT
from policyscan.documents.document import Hidden
from policyscan.documents.earning import STATEMENTS, Word, words
from policyscan.documents.seeing import without
from policyscan.engine.clashes import Clash, clashes
from policyscan.engine.disputes import Broken, broken, disputed
from policyscan.engine.explaining import Explainer
from policyscan.engine.grading import Grader
from policyscan.engine.moments import PolicyClock, turning
from policyscan.engine.outcome import AT_ONCE, NEVER, Turn, earliest
from policyscan.findings import IN_DISPUTE, Result, Status
from policyscan.reading.tree import Key
from policyscan.records import NamedTuple

if TYPE_CHECKING:
    from policyscan.documents.document import Document
    from policyscan.policies.policy import Policy

Changes: TypeAlias = Sequence[tuple[frozenset[str], Turn]]
"""When facts of some names may first be in dispute or earned, or no longer so."""
_MOST_TURNS = 1000  # a bound against clocks that never rest


class Sight(NamedTuple):
    """A document as controls may read it, with those that it refers to; the findings of rules about it; when
    any of these may first be others; and which facts are in dispute, by the ids of their objects and keys.

    `listed` are the same documents with the lists that are in dispute: as lists they prove nothing, but what
    one of their elements fails at is so. It is empty where none is; `lists` are their names. `changes` say
    for facts of which names that may first be so when, where it ever may; `said` when rules may say it in
    other words.
    """

    document: Document
    context: Sequence[Document]
    results: Sequence[Result] = ()
    turn: Turn = NEVER
    facts: frozenset[tuple[int, Key]] = frozenset()
    listed: Sequence[Document] = ()
    lists: frozenset[str] = frozenset()
    changes: Changes = ()
    said: Turn = NEVER

    def listed_for(self, policy: Policy, known: Mapping[str, Policy]) -> Document | None:
        """The document with its lists in dispute, if a control may read one of them."""
        return self.listed[0] if self.listed and policy.may_read(self.lists, known) else None

    def change_for(self, policy: Policy, known: Mapping[str, Policy]) -> Turn:
        """When a fact that a control may read may first be in dispute or earned, or no longer so; of a rule
        that could not be evaluated nobody knows."""
        told = ((names, turn) for names, turn in self.changes if turn != AT_ONCE)
        return earliest(*(turn for names, turn in told if policy.may_read(names, known)))


class Viewer:
    """Looks at one document at a moment, and at later ones.

    `rules` are all rules of consistency, `clock_of` gives the clock of another document at the first moment,
    `known` are all policies by id. `evidence` and `gaps` are as for results of controls.
    """

    def __init__(
        self, document: Document, clock: PolicyClock, known: Mapping[str, Policy],
        context: Sequence[Document] = (), rules: Sequence[Policy] = (),
        clock_of: Callable[[Document], PolicyClock] | None = None,
        *, evidence: bool = True, gaps: bool = True, trusting: bool = False,
    ) -> None:  # fmt: skip
        self.document = document
        self.trusting = trusting
        self.context = context
        self.known = known
        self.rules = rules
        self.clock_of = clock_of
        self.evidence = evidence
        self.gaps = gaps
        self._clock = clock
        self.agreeing: dict[tuple[int, int], tuple[int, Turn]] = {}
        """By the ids of a rule and of a document that does not break it: from which instant until when."""
        self.first = self._look(clock)
        """What is to be seen at the first moment."""
        self._later: dict[int, Sight] = {}
        self._changes: dict[tuple[int, int], Turn] = {}

    @property
    def earned(self) -> Sequence[tuple[Document, Word]]:
        """The words that somebody stands behind at the first moment, and whose they are."""
        return [(one, word) for one, word in self._words(self._clock) if word.statement is not None]

    def without_words(self) -> Viewer:
        """What is to be seen at the first moment if nobody stood behind any word."""
        facts = [Hidden(word.container, word.key, word.reason) for _, word in self.earned]
        first = self.first
        document, *context = without([first.document, *first.context], facts)
        listed = without(first.listed, facts) if first.listed else ()
        made = copy(self)
        made.first = Sight(document, context, listed=listed, lists=first.lists)
        return made

    def at(self, clock: PolicyClock) -> Sight:
        """What is to be seen at a moment, which is not before the first."""
        if _before(clock, self.first.turn):
            return self.first
        if clock.instant not in self._later:
            self._later[clock.instant] = self._look(clock)
        return self._later[clock.instant]

    def change(self, clock: PolicyClock, horizon: int) -> Turn:
        """When other facts are in dispute than at a moment, or are no longer; where that is not up to the
        instant `horizon`, when it may be."""
        key = clock.instant, horizon
        if key not in self._changes:
            self._changes[key] = self._change(clock, horizon)
        return self._changes[key]

    def _change(self, clock: PolicyClock, horizon: int) -> Turn:
        start = sight = self.at(clock)
        for _ in range(_MOST_TURNS):
            instant = turning(clock, sight.turn)
            if instant is None or instant > horizon:
                return sight.turn
            clock = clock.at(instant)
            following = self.at(clock)
            if following.facts != start.facts:
                return sight.turn
            sight = following
        return sight.turn

    def _look(self, clock: PolicyClock) -> Sight:
        if not self.rules and not self._words(clock):
            return Sight(self.document, self.context)
        own = _Account(self.document, self.context, clock, self)
        facts, results, changes = own.found()
        said = own.said
        for one in self.context:
            others, its, wording = self._of_another(one, clock)
            facts.extend(others)
            changes.extend(its)
            said = earliest(said, wording)
        for one, word in self._words(clock):
            if word.turn < NEVER_DAY:
                changes.append((frozenset((word.key,)), (word.turn, NEVER_INSTANT)))
            if word.statement is None and word.key not in one.withheld.get(id(word.container), ()):
                facts.append(Hidden(word.container, word.key, word.reason))
        document, *context = without([self.document, *self.context], facts)
        named = frozenset((id(fact.container), fact.key) for fact in facts)
        others = [fact for fact in facts if not isinstance(fact.container.get(fact.key), list)]
        lists = frozenset(str(fact.key) for fact in facts if isinstance(fact.container.get(fact.key), list))
        listed = without([self.document, *self.context], others) if lists else ()
        turn = earliest(*(turn for _, turn in changes))
        return Sight(document, context, results, turn, named, listed, lists, changes, said)

    def _words(self, clock: PolicyClock) -> list[tuple[Document, Word]]:
        """The words of all documents: those that nobody earned are left out. Rules read them, for a word that
        something contradicts is in dispute whoever stands behind it."""
        documents = (self.document, *self.context)
        judged = [one for one in documents if not self.trusting or STATEMENTS in one.tree.value]
        return [(one, word) for one in judged for word in words(one, clock.today)]

    def _of_another(self, document: Document, clock: PolicyClock) -> tuple[Sequence[Hidden], Changes, Turn]:
        """What another document says against itself, which it keeps for the next who refers to it; when that
        may change, and the words for it."""
        rules, kept = id(self.rules), document.in_dispute
        if kept is None or kept[0] != rules or clock.instant < kept[1] or _reached(clock, kept[3]):
            its = self.clock_of(document) if self.clock_of is not None else clock
            its = its.at(clock.instant) if its.instant < clock.instant else its
            account = _Account(document, document.links, its, self)
            facts, _, changes = account.found()
            kept = document.in_dispute = rules, its.instant, facts, changes, account.said
        return kept[2:]


def _before(clock: PolicyClock, turn: Turn) -> bool:
    """Whether a clock has not reached a turn."""
    return clock.day < turn[0] and clock.instant < turn[1]


def _reached(clock: PolicyClock, changes: Changes) -> bool:
    """Whether a clock has reached any of some turns."""
    return any(not _before(clock, turn) for _, turn in changes)


def _disputed_by(rule: Policy) -> frozenset[str]:
    """The names of the facts that a rule may put in dispute."""
    own = (dispute for item in rule.require for dispute in item.disputes)
    return frozenset(dispute.field for dispute in (*rule.disputes, *own))


class _Account:
    """What rules say of one document at one moment."""

    def __init__(
        self, document: Document, context: Sequence[Document], clock: PolicyClock, viewer: Viewer
    ) -> None:
        self.document = document
        self.context = context
        self.clock = clock
        self.viewer = viewer
        self._made: Explainer | None = None

    @property
    def explainer(self) -> Explainer:
        """What explains a broken rule, made when the first one is."""
        if self._made is None:
            grader = Grader(
                self.document, self.clock, self.viewer.known, self.context, places=self.viewer.evidence
            )
            self._made = Explainer(
                self.document, self.clock, grader, self.context,
                evidence=self.viewer.evidence, gaps=self.viewer.gaps,
            )  # fmt: skip
        return self._made

    @property
    def said(self) -> Turn:
        """When the findings may first have other words."""
        return self._made.said if self._made is not None else NEVER

    def found(self) -> tuple[list[Hidden], list[Result], list[tuple[frozenset[str], Turn]]]:
        """The facts in dispute, the findings, and when there may first be others, by the names of facts."""
        facts: list[Hidden] = []
        results: list[Result] = []
        changes: list[tuple[frozenset[str], Turn]] = []
        kind, root = self.document.kind.name, self.document.value
        for rule in self.viewer.rules:
            if rule.info.kind == kind:
                turn = self._agreed(rule)
                if turn is None:
                    turns: list[Turn] = []
                    for result, hidden, one in self._told(rule, root, turns):
                        results.append(result)
                        facts.extend(hidden)
                        turns.append(one)
                    turn = earliest(*turns)
                if turn != NEVER:
                    changes.append((_disputed_by(rule), turn))
        return facts, results, changes

    def _agreed(self, rule: Policy) -> Turn | None:
        """Until when it is known that the document does not break a rule; None if that is not known."""
        since, turn = self.viewer.agreeing.get((id(rule), id(self.document)), (0, AT_ONCE))
        return turn if since <= self.clock.instant and _before(self.clock, turn) else None

    def _told(self, rule: Policy, root: Any, turns: list[Turn]) -> list[tuple[Result, list[Hidden], Turn]]:
        """The findings of a rule; when there may be others is added to `turns`."""
        clock = self.clock
        clock.clashes = self._clashes
        try:
            found = broken(rule, root, clock)
            turns.append(found.turn)
            if not found.outcomes:
                kept = clock.instant, found.turn
                self.viewer.agreeing[id(rule), id(self.document)] = kept
            return list(self._of_rule(found)) if found.outcomes else []
        except Exception as error:
            return [(crash(rule, self.document, error), [], AT_ONCE)]
        finally:
            clock.clashes = None

    def _clashes(self, function: str, clock: PolicyClock) -> Sequence[Clash]:
        return clashes(function, self.document, clock)

    def _of_rule(self, found: Broken) -> Iterator[tuple[Result, list[Hidden], Turn]]:
        """Each finding of a rule, with the facts that it puts in dispute and when these may be others."""
        for outcome in found.outcomes:
            result = self.explainer.result(found.rule, outcome)
            if result.status is Status.FAIL:
                reason = f"{IN_DISPUTE} ({found.rule.id}): {result.message}"
                places, turn = disputed(found.rule, outcome, self.clock)
                yield result, [Hidden(place.container, place.key, reason) for place in places], turn
            else:
                yield result, [], NEVER


def crash(policy: Policy, document: Document, error: Exception) -> Result:
    """The result of a policy or rule on which policyscan itself failed."""
    return Result(
        policy=policy.info.id,
        requirement="",
        document=document.id,
        kind=document.kind.name,
        subject="",
        status=Status.ERROR,
        severity=policy.info.severity,
        message=f"policyscan failed on this control: {type(error).__name__}: {error}; this is a bug",
        span=document.root_span(),
    )
