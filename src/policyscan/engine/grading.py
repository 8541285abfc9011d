"""What evidence a result rests on, and whether that is as good and as young as somebody asks for.

In: a document with its evidence, what was read of it, and a rule. Out: the weakest evidence as a `Basis`,
or the outcome made unknown by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from policyscan.cel.clock import NEVER_DAY
from policyscan.cel.values import Date
from policyscan.engine.coverage import Coverage, Fact, Item
from policyscan.engine.outcome import PROVED, Outcome, Shortfall, Values
from policyscan.findings import Basis, EvidenceRule, Gap, Grade, Status
from policyscan.policies.policy import Policy, Reads, Requirement
from policyscan.records import NamedTuple

if TYPE_CHECKING:
    from policyscan import cel
    from policyscan.documents.document import Document
    from policyscan.source import Span


class _Chosen(NamedTuple):
    """The item that counts for a fact, None for the file's own word. `lack` says how it is less than what
    is asked (weak, stale, undated, elsewhere), `strength` orders what was chosen, the weakest first."""

    strength: tuple[bool, int, int]
    fact: Fact
    item: Item | None
    day: int | None
    lack: str


class Graded(NamedTuple):
    """The evidence for what is read of a member: the weakest, how it falls short of what is asked, if it
    does, and the first day on which it is too old."""

    basis: Basis
    shortfall: Shortfall | None
    until: int


_Group = tuple[int, int, frozenset[str | None]]


class _Standing(NamedTuple):
    """What becomes of a result that rests on some evidence: how that falls short, and all that is lacking;
    else the first day on which it is too old."""

    shortfall: Shortfall | None
    gaps: tuple[Gap, ...]
    until: int


class Grader:
    """Grades the evidence of one document, and of those that it refers to, at one moment.

    `places` asks for where it stands in its file, which takes longer to find than the rest.
    """

    def __init__(
        self, document: Document, clock: cel.Clock, known: Mapping[str, Policy],
        context: Sequence[Document], *, places: bool = True,
    ) -> None:  # fmt: skip
        self.document = document
        self.clock = clock
        self.known = known
        self.context = context
        self.places = places
        self._kind = document.kind.name
        self._covered: dict[int, Coverage] = {}
        self._chosen: dict[tuple[str, tuple[str, ...], EvidenceRule | None, int], tuple[_Chosen, ...]] = {}
        self._bases: dict[tuple[str, str, int, str, int | None], Basis] = {}
        self._shared: dict[int, bool] = {}  # by the id of what is read
        self._weakest_of: dict[_Group, Basis] = {}
        self._standings: dict[tuple[_Group, EvidenceRule], _Standing] = {}

    def of_outcome(self, policy: Policy, outcome: Outcome) -> Basis:
        """The weakest evidence that an outcome rests on; of equally weak the oldest."""
        group = self._group(policy, outcome)
        basis = self._weakest_of.get(group) if group is not None else None
        if basis is None:
            basis = self._weakest(self._of_outcome(policy, outcome, None))
            if group is not None:
                self._weakest_of[group] = basis
        return basis

    def of_policy(self, policy: Policy) -> Basis:
        """The weakest evidence that anything in a policy rests on."""
        return self._weakest(self._of_reads(policy.reads, (), None, set()))

    def of_member(self, reads: Reads, rule: EvidenceRule | None) -> Graded:
        """The evidence for what others read of this document, whose name is put in front of its parts."""
        name = f"{self._kind}[{self.document.id}]"
        chosen = self._of_reads(reads, (), rule, set())
        weakest = min(chosen, key=_strength, default=None)
        basis = self._weakest(chosen)
        if "[" not in basis.section:  # it is not of an inventory that this one refers to
            path = f"{name}.{basis.path}" if basis.path else ""
            basis = basis._replace(section=f"{name}.{basis.section}".rstrip("."), path=path)
        shortfall = Shortfall(basis, weakest.lack, rule) if rule and weakest and weakest.lack else None
        return Graded(basis, shortfall, self._until(chosen, rule))

    def downgraded(self, policy: Policy, outcome: Outcome, rule: EvidenceRule) -> Outcome:
        """The outcome, unknown where evidence falls short of what is asked; it also turns when that ages."""
        if outcome.status not in PROVED:
            return outcome
        group = self._group(policy, outcome)
        standing = self._standings.get((group, rule)) if group is not None else None
        if standing is None:
            standing = self._standing(self._of_outcome(policy, outcome, rule), rule)
            if group is not None:
                self._standings[group, rule] = standing
        if standing.shortfall is not None:
            return outcome._replace(
                status=Status.UNKNOWN, verdicts=(), shortfall=standing.shortfall, gaps=standing.gaps
            )
        day, instant = outcome.turn
        return outcome._replace(turn=(standing.until, instant)) if standing.until < day else outcome

    def _standing(self, chosen: Sequence[_Chosen], rule: EvidenceRule) -> _Standing:
        """What becomes of an outcome that rests on what was chosen."""
        weakest = min(chosen, key=_strength, default=None)
        if weakest is None or not weakest.lack:
            return _Standing(None, (), self._until(chosen, rule))
        shortfall = Shortfall(self._basis(weakest), weakest.lack, rule, self._next_stale(chosen, rule))
        # All parts are asked for at once: with one of them nothing would be settled.
        others = {one.fact[:2]: one for one in sorted(chosen, key=_strength, reverse=True) if one.lack}
        gaps = [Shortfall(self._basis(one), one.lack, rule).gap for one in reversed(others.values())]
        return _Standing(shortfall, tuple(dict.fromkeys((shortfall.gap, *gaps))), NEVER_DAY)

    @staticmethod
    def _until(chosen: Sequence[_Chosen], rule: EvidenceRule | None) -> int:
        """The first day on which some evidence is too old."""
        if rule is None or rule.max_age_days is None:
            return NEVER_DAY
        days = (one.day + rule.max_age_days + 1 for one in chosen if one.day is not None)
        return min(days, default=NEVER_DAY)

    def _next_stale(self, chosen: Sequence[_Chosen], rule: EvidenceRule) -> int:
        """The first day to come on which some evidence is too old that is not yet."""
        young = [one for one in chosen if one.lack != "stale"]
        return self._until(young, rule)

    # --- what subjects have in common

    def _group(self, policy: Policy, outcome: Outcome) -> _Group | None:
        """What the outcomes have in common that rest on the same evidence as one; None where some of it is
        its subject's own. Policies outlive what grades their results."""
        reads = outcome.item.reads if isinstance(outcome.item, Requirement) else policy.entry
        if not self._is_shared(reads):
            return None
        if not policy.lists:
            return id(policy), id(reads), frozenset()
        if not all(map(self._is_shared, policy.lists)):
            return None
        section_of = self._coverage(self.document).section_of
        return id(policy), id(reads), frozenset(map(section_of, outcome.bound[1:]))

    def _is_shared(self, reads: Reads) -> bool:
        """Whether the evidence for what is read is the same for every subject: no part of it names evidence
        of its own, and which other document is read is not for a subject to say."""
        shared = self._shared.get(id(reads))
        if shared is None:
            shared = all(self._is_shared_part(path, reads) for path in reads.sections)
            self._shared[id(reads)] = shared
        return shared

    def _is_shared_part(self, path: str, reads: Reads) -> bool:
        kind, _, section = path.partition(".")
        if kind == self._kind:
            return path in reads.whole or section not in self._coverage(self.document).own
        return sum(one.kind.name == kind for one in self.context) < 2

    # --- what is read

    def _of_outcome(self, policy: Policy, outcome: Outcome, rule: EvidenceRule | None) -> list[_Chosen]:
        item, bound = outcome.item, outcome.bound
        asked: set[str] = set()
        reads = item.reads if isinstance(item, Requirement) else policy.entry
        chosen = self._of_reads(reads, bound, rule, asked)
        if policy.lists:
            coverage = self._coverage(self.document)
            own = {f"{self._kind}.{coverage.section_of(value)}" for value in bound[1:]}
            # Where several lists hold the subjects, each rests on its own.
            for one in [one for one in policy.lists if own.intersection(one.sections)] or policy.lists:
                whole = (*one.whole, *reads.whole)
                part = one._replace(names=policy.reads.names, whole=whole)
                chosen.extend(self._of_reads(part, bound, rule, asked))
        return chosen

    def _of_reads(
        self, reads: Reads, bound: Values, rule: EvidenceRule | None, asked: set[str]
    ) -> list[_Chosen]:
        chosen = [one for path in reads.sections for one in self._of_part(path, reads, bound, rule)]
        for id_ in reads.uses:
            if id_ not in asked and id_ in self.known:
                asked.add(id_)
                chosen.extend(self._of_reads(self.known[id_].reads, (), rule, asked))
        return chosen

    def _of_part(
        self, path: str, reads: Reads, bound: Values, rule: EvidenceRule | None
    ) -> Sequence[_Chosen]:
        """What counts for the facts of a part such as `client.devices`."""
        kind, _, section = path.partition(".")
        if kind != self._kind:
            others = [self._coverage(one) for one in self._others(kind, bound, reads.whole)]
            there = [fact for other in others for fact in other.facts(section, reads.names, None)]
            return [self._choose(fact, rule) for fact in there]
        coverage = self._coverage(self.document)
        own = section in coverage.own
        by_subject = own and path not in reads.whole
        chosen: list[_Chosen] = []
        for subject in (coverage.subjects(section, bound) if by_subject else ()) or (None,):
            # All subjects have in common what is not about one of them.
            key = (path, reads.names if own else (), rule, id(subject))
            found = self._chosen.get(key)
            if found is None:
                here = coverage.facts(section, reads.names, subject)
                found = self._chosen[key] = _telling([self._choose(fact, rule) for fact in here])
            chosen.extend(found)
        for other in self._kin(reads):
            abroad = self._coverage(other).facts(section, reads.names, None)
            chosen.extend(self._choose(fact, rule) for fact in abroad)
        return chosen

    def _kin(self, reads: Reads) -> Sequence[Document]:
        """The documents of the same kind that are read by way of references."""
        kin = [one for one in self.context if one.kind.name == self._kind and one is not self.document]
        if not kin:
            return ()
        named = set()
        for container, key, value in self.document.leads():
            name = key if isinstance(key, str) else self.document.key_in_parent(container)
            if name in reads.names:
                named.add(id(value))
        return [one for one in kin if id(one.value) in named]

    @cached_property
    def _leading(self) -> frozenset[str]:
        """The parts of the document in which others are named."""
        coverage = self._coverage(self.document)
        leads = self.document.leads()
        return frozenset(f"{self._kind}.{coverage.section_of(container)}" for container, *_ in leads)

    def _coverage(self, document: Document) -> Coverage:
        coverage = self._covered.get(id(document))
        if coverage is None:
            coverage = self._covered[id(document)] = Coverage(document, self.clock)
        return coverage

    def _others(self, kind: str, bound: Values, whole: Sequence[str]) -> Sequence[Document]:
        """The documents of another kind that this one refers to: of a subject, those that it names, unless
        others are read by way of parts that are read as a whole."""
        others = [one for one in self.context if one.kind.name == kind]
        if not self._leading.isdisjoint(whole):
            return others
        inside = {id(value) for one in bound[1:] if isinstance(one, dict) for value in (one, *one.values())}
        return [one for one in others if id(one.value) in inside] or others

    # --- what it rests on

    def _choose(self, fact: Fact, rule: EvidenceRule | None) -> _Chosen:
        """The strongest item that is young enough, of equally strong the newest; else the newest of all."""
        if not fact.items:
            return self._unproved(fact, rule)
        age = rule.max_age_days if rule is not None else None
        young = [item for item in fact.items if age is None or self.clock.day - item.day <= age]
        best = max(young, key=_worth) if young else max(fact.items, key=lambda item: item.day)
        lack = "" if young else "stale"
        if young and rule is not None and best.grade < rule.grade:
            lack = "weak"
        return _Chosen((not lack, best.grade.rank, best.day), fact, best, best.day, lack)

    def _unproved(self, fact: Fact, rule: EvidenceRule | None) -> _Chosen:
        """What nothing covers counts as declared, on the day that its file names."""
        as_of = fact.on or (fact.document.as_of if "as_of" in fact.document.value else None)
        day = int(as_of) if as_of is not None and as_of <= self.clock.today else None
        lack = ""
        if rule is not None and fact.unusable and rule != EvidenceRule(Grade.DECLARED):
            lack = "elsewhere" if fact.elsewhere else "undated"
        elif rule is not None and rule.grade is not Grade.DECLARED:
            lack = "weak"
        elif rule is not None and rule.max_age_days is not None:
            lack = "stale" if day is None or self.clock.day - day > rule.max_age_days else ""
        return _Chosen((not lack, 0, day or 0), fact, None, day, lack)

    def _weakest(self, chosen: Sequence[_Chosen]) -> Basis:
        if not chosen:  # it rests on no fact, but on the file itself: its own word
            return self._basis(self._unproved(Fact(self.document, "", (), unusable=False), None))
        return self._basis(chosen[0] if len(chosen) == 1 else min(chosen, key=_strength))

    def _basis(self, chosen: _Chosen) -> Basis:
        key = (chosen.fact.document.id, chosen.fact.section, id(chosen.item), chosen.lack, chosen.day)
        basis = self._bases.get(key)
        if basis is None:
            basis = self._bases[key] = self._made(chosen)
        return basis

    def _made(self, chosen: _Chosen) -> Basis:
        fact, item, day = chosen.fact, chosen.item, chosen.day
        document = fact.document
        prefix = "" if document is self.document else f"{document.kind.name}[{document.id}]."
        place = self._place(chosen) if self.places or chosen.lack else None
        collected, age = (str(Date(day)), self.clock.day - day) if day is not None else (None, None)
        if item is None:
            return Basis(Grade.DECLARED, prefix + fact.section, None, collected, age, "", place)
        path, source = prefix + document.path_of(item.value), item.value.get("source")
        source = source if isinstance(source, str) else None
        return Basis(item.grade, prefix + fact.section, source, collected, age, path, place)

    @staticmethod
    def _place(chosen: _Chosen) -> Span:
        document, item = chosen.fact.document, chosen.item
        if item is not None:
            return document.place_of(item.value)
        return document.place_of(document.value, chosen.fact.section)


def _telling(chosen: Sequence[_Chosen]) -> tuple[_Chosen, ...]:
    """The weakest and the oldest: all that matters of many facts that go together."""
    if len(chosen) < 2:
        return tuple(chosen)
    oldest = [one for one in chosen if one.day is not None]
    return (min(chosen, key=_strength), *sorted(oldest, key=lambda one: one.day or 0)[:1])


def _strength(chosen: _Chosen) -> tuple[bool, int, int]:
    return chosen.strength


def _worth(item: Item) -> tuple[int, int]:
    return item.grade.rank, item.day


def strength(basis: Basis) -> tuple[int, int]:
    """Orders evidence, the weakest first; of equally weak the oldest, or what has no day."""
    return basis.grade.rank, -basis.age_days if basis.age_days is not None else -(10**9)


def weakest(own: Basis, members: Basis | None) -> Basis:
    """The weaker of an inventory's own evidence and the weakest of its members', if they have any. Its own
    word as a file counts only where nothing else is read."""
    if members is None:
        return own
    return min(own, members, key=strength) if own.section else members


def merged(*rules: EvidenceRule | None) -> EvidenceRule | None:
    """What all of some rules together ask for."""
    asked = [rule for rule in rules if rule is not None]
    if not asked:
        return None
    ages = [rule.max_age_days for rule in asked if rule.max_age_days is not None]
    return EvidenceRule(max(rule.grade for rule in asked), min(ages, default=None))
