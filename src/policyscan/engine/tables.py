"""The tables that a policy about several inventories reads, and the way back to where their rows stand.

In: rows of members with where each comes from. Out: outcomes of the policies that read them, and gaps and
places for the explanation.

A row keeps values and the way back, nothing of the member itself. What a member does not say leaves its
column out; a member that is not there is a hole, and nothing that reads a table with a hole passes. Rows are
made by `projection`; here they are evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from policyscan.cel.budget import Memory, remembering
from policyscan.cel.clock import NEVER_DAY, zone_named
from policyscan.engine.grading import Graded, merged, strength
from policyscan.engine.outcome import APPLIES, FOR_EACH, NEVER, PROVED, Evaluated, Outcome, Turn, earliest
from policyscan.engine.requirements import evaluate
from policyscan.engine.sharing import Sharing
from policyscan.findings import Basis, EvidenceRule, Gap, Status
from policyscan.policies.policy import KEY, Code, Policy, Requirement
from policyscan.records import NamedTuple
from policyscan.source import Span

if TYPE_CHECKING:
    from policyscan import cel
    from policyscan.documents.document import Document, DocumentIssue

PROJECT = "project"
"""The requirement id of a result that comes before any need: a table could not be made."""

Row = dict[str, Any]
_UNREAD = "its members were not read"


class Origin(NamedTuple):
    """Where a row comes from: its path and place, and what each column lacks that it does not have.

    A column that is null because something in it is lacks what is null. `rest` is what all other columns
    lack.
    """

    path: str
    span: Span
    gaps: Mapping[str, tuple[Gap, ...]]
    rest: tuple[Gap, ...] = ()


class MemberRows(NamedTuple):
    """What one member contributes to a table, each row with its origin.

    `holes` say why there may be more rows, `faults` what could not be evaluated. `turn` is when the rows
    may first be others, as the clock of the time zone `zone` has it. `graded` is the evidence that they
    rest on, for each rule that somebody has who reads them. `revealed` is when a fact of the member may first
    be known that lies in the future now.
    """

    rows: list[Row]
    origins: list[Origin]
    holes: tuple[Gap, ...] = ()
    faults: tuple[Gap, ...] = ()
    turn: Turn = NEVER
    zone: str = "UTC"
    graded: Mapping[EvidenceRule | None, Graded] = MappingProxyType({})
    revealed: Turn = NEVER


class Projected(NamedTuple):
    """One table for one document: its name, its rows in order, and the parts that they are from."""

    name: str
    rows: list[Row]
    parts: list[MemberRows]

    @property
    def holes(self) -> tuple[Gap, ...]:
        """Why there may be more rows than there are."""
        return tuple(hole for part in self.parts for hole in part.holes)

    def turn(self, clock: cel.Clock) -> Turn:
        """When a row may first be another, as a clock has it."""
        return earliest(*(_in_zone(part.turn, part.zone, clock.zone) for part in self.parts))


def _in_zone(turn: Turn, its: str, zone: str) -> Turn:
    """A turn of a clock in the zone `its`, as one in another zone has it."""
    day, instant = turn
    if day == NEVER_DAY or its == zone:
        return turn
    return NEVER_DAY, min(instant, zone_named(its).start_of(day))


class Tables:
    """The tables of one document's policies, and the way back from their rows to the members' files."""

    def __init__(
        self, document: Document, made: Mapping[str, Sequence[Projected]], *,
        rule: EvidenceRule | None = None, asks: Mapping[str, Sequence[str]] = MappingProxyType({}),
        issues: Sequence[DocumentIssue] = (),
    ) -> None:  # fmt: skip
        """`made` are the tables of each policy, by its id; those of any other are holes. `asks` are the
        policies with tables that others ask, `rule` is what is asked of the evidence for all; `issues` are
        the patterns of the document that name nobody."""
        self.document = document
        self.issues = issues
        self.rule = rule
        self.asks = asks
        self._made = dict(made)
        self._reads: dict[tuple[str, str], tuple[frozenset[str], frozenset[str]]] = {}
        self._shared: dict[str, Sharing] = {}
        self.memory = Memory(lasting=True)
        """What the programs of all policies that read the tables work out once."""
        self._owners = {
            id(row): (id_, table.name, part)
            for id_, tables in made.items()
            for table in tables
            for part in table.parts
            for row in part.rows
        }
        self._origins = {
            id(row): origin
            for tables in made.values()
            for table in tables
            for part in table.parts
            for row, origin in zip(part.rows, part.origins, strict=True)
        }

    def of(self, policy: Policy) -> Sequence[Projected]:
        """A policy's tables in its order; where nobody has read the members, each is a hole without a row."""
        if policy.id not in self._made:
            self._made[policy.id] = [
                Projected(table.name, [], [MemberRows([], [], holes=(_unread(self.document, table.kind),))])
                for table in policy.tables
            ]
        return self._made[policy.id]

    def shared(self, policy: Policy) -> Sharing:
        """What the subjects of a policy that has tables have in common."""
        if policy.id not in self._shared:
            self._shared[policy.id] = Sharing(policy, tuple(table.rows for table in self.of(policy)))
        return self._shared[policy.id]

    def turn(self, zone: str) -> Turn:
        """When anything in any of the tables may first be another, in a document of the time zone `zone`.

        A scan as of a day sees each member on that day of its own, so the days count in both zones.
        """
        turns: list[Turn] = []
        for part in (part for tables in self._made.values() for table in tables for part in table.parts):
            for turn in (part.turn, part.revealed):
                turns.extend((turn, _in_zone(turn, part.zone, zone)))
        return earliest(*turns)

    def outcomes(self, policy: Policy, root: Any, clock: cel.Clock, *, keep: bool) -> Evaluated:
        """All outcomes of a policy that has tables."""
        tables = self.of(policy)
        faults = tuple(fault for table in tables for part in table.parts for fault in part.faults)
        if faults:
            severity = policy.info.severity
            fault = Outcome(PROJECT, "", Status.ERROR, severity, (), NEVER, (root,), gaps=faults)
            return Evaluated([fault], NEVER)
        rows = tuple(table.rows for table in tables)
        status = self.shared(policy).status
        with remembering(self.memory):
            found = evaluate(policy, root, clock, keep=keep, tables=rows, status=status)
        nobody = {id(row) for table in tables for part in table.parts if part.holes for row in part.rows}
        kept = [one for one in found.outcomes if nobody.isdisjoint(map(id, one.bound))]
        settled = [self._settled(policy, outcome, clock) for outcome in kept]
        return Evaluated([*settled, *self._untold(policy, settled, root)], found.turn)

    def _untold(self, policy: Policy, outcomes: Sequence[Outcome], root: Any) -> Iterator[Outcome]:
        """That there may be more subjects, where a list of them rests on a table with a hole."""
        lists = _names(code for binding in policy.for_each for code in binding.lists)
        gaps = dict.fromkeys(hole for table in self.of(policy) if table.name in lists for hole in table.holes)
        whole = {one.requirement for one in outcomes if one.status is Status.UNKNOWN}
        known = APPLIES in whole or FOR_EACH in whole
        if gaps and not known:
            severity = policy.info.severity
            yield Outcome(FOR_EACH, "", Status.UNKNOWN, severity, (), NEVER, (root,), gaps=tuple(gaps))

    def _settled(self, policy: Policy, outcome: Outcome, clock: cel.Clock) -> Outcome:
        """An outcome with what is true of the tables that it rests on: when they turn, and that nothing
        passes, or does not apply, for want of members that are not there."""
        names, subjects = self._read_by(policy, outcome)
        read = [table for table in self.of(policy) if table.name in names | subjects]
        tables = [table for table in read if table.name in names]
        once = self.shared(policy).once
        turns = [once(("turn", table.name, clock.zone), partial(table.turn, clock)) for table in read]
        outcome = outcome._replace(turn=earliest(outcome.turn, *turns))
        if outcome.status in (Status.PASS, Status.NOT_APPLICABLE):
            holes = once(("holes", *(table.name for table in tables)), lambda: _holes(tables))
            if holes:
                return outcome._replace(status=Status.UNKNOWN, gaps=holes)
        return outcome

    def downgraded(self, policy: Policy, outcome: Outcome) -> Outcome:
        """The outcome, unknown where the evidence of a member falls short; it also turns when that ages."""
        if outcome.status not in PROVED or not self._concerns(policy):
            return outcome
        graded = self._graded(policy, outcome)
        if not graded:
            return outcome
        shortfalls = [one.shortfall for one in graded if one.shortfall is not None]
        if shortfalls:
            weakest = min(shortfalls, key=lambda one: strength(one.basis))
            gaps = dict.fromkeys((weakest.gap, *(one.gap for one in shortfalls)))
            return outcome._replace(status=Status.UNKNOWN, verdicts=(), shortfall=weakest, gaps=tuple(gaps))
        day, instant = outcome.turn
        return outcome._replace(turn=(min(day, *(one.until for one in graded)), instant))

    def basis(self, policy: Policy, outcome: Outcome | None) -> Basis | None:
        """The weakest evidence of the members that an outcome of a policy rests on, or anything in it; None
        where there are none."""
        if not self._concerns(policy):
            return None
        graded = self._graded(policy, outcome)
        # The graded evidence is kept, so no other list has its identity.
        return self.shared(policy).once(("basis", id(graded)), lambda: _weakest(graded))

    def _concerns(self, policy: Policy) -> bool:
        """Whether a policy reads tables, or asks one that does."""
        return bool(policy.tables) or policy.id in self.asks

    def _graded(self, policy: Policy, outcome: Outcome | None) -> Sequence[Graded]:
        """What is known of the evidence of each member that an outcome rests on, or anything in a policy."""
        read = [self._parts_of(policy, table, outcome) for table in self.of(policy)]
        key = (
            "graded",
            *(
                None if parts is table.parts else tuple(map(id, parts))
                for parts, table in zip(read, self.of(policy), strict=True)
            ),
        )
        return self.shared(policy).once(key, lambda: list(self._grades(policy, read)))

    def _grades(self, policy: Policy, read: Sequence[Sequence[MemberRows]]) -> Iterator[Graded]:
        parts = [part for one in read for part in one]
        parts.extend(
            part for id_ in self.asks.get(policy.id, ()) for t in self._made[id_] for part in t.parts
        )
        rule = merged(self.rule, policy.evidence)
        yield from (part.graded[rule] for part in parts if rule in part.graded)

    def _parts_of(self, policy: Policy, table: Projected, outcome: Outcome | None) -> Sequence[MemberRows]:
        """What an outcome rests on of a table: all of it where it is read, else its subject's own rows."""
        if outcome is None or table.name in self._read_by(policy, outcome)[0]:
            return table.parts
        named = sum(_mentions(code, table.name) for one in policy.for_each for code in one.lists)
        if not named or outcome.requirement == APPLIES:
            return ()
        found = [self._owners[id(value)] for value in outcome.bound if id(value) in self._owners]
        own = [part for owner, name, part in found if (owner, name) == (policy.id, table.name)]
        return own if own and named == 1 else table.parts

    def _read_by(self, policy: Policy, outcome: Outcome) -> tuple[frozenset[str], frozenset[str]]:
        """The names that an outcome's expressions read, and those that the lists of its subjects do.

        What the lists read is no reason not to pass: a hole in a list is told by itself.
        """
        key = policy.id, outcome.requirement
        if key not in self._reads:
            lists = [code for binding in policy.for_each for code in binding.lists]
            self._reads[key] = _names(_codes(policy, outcome)), _names(lists)
        return self._reads[key]

    # --- the way back, as documents have it

    def owns(self, container: object) -> bool:
        """Whether a value is a row."""
        return id(container) in self._origins

    def path_of(self, row: Row, key: Any = None) -> str:
        """The path of a row or of its column: `client[acme].servers[web-1].hours`."""
        path = self._origins[id(row)].path
        return path if key is None else f"{path}.{key}"

    def place_of(self, row: Row, _key: Any = None) -> Span:
        """Where the member or its element stands that a row is about."""
        return self._origins[id(row)].span

    def key_of(self, row: Row) -> str:
        """What identifies a row: its member's id, and its element's."""
        return str(row[KEY])

    def gaps(self, row: Row, key: str) -> tuple[Gap, ...]:
        """What a row's column lacks in the member's file."""
        origin = self._origins[id(row)]
        return origin.gaps.get(key, origin.rest)


def _holes(tables: Iterable[Projected]) -> tuple[Gap, ...]:
    return tuple(dict.fromkeys(hole for table in tables for hole in table.holes))


def _weakest(graded: Iterable[Graded]) -> Basis | None:
    return min((one.basis for one in graded), key=strength, default=None)


def _mentions(code: Code, name: str) -> int:
    """How often an expression names a table."""
    return len(re.findall(rf"\b{name}\b", code.text)) if name in code.free else 0


def _unread(document: Document, kind: str) -> Gap:
    fields = [field for field, of in document.kind.members.items() if of == kind]
    field = fields[0] if fields else kind
    return Gap(field, field, span=document.place_of(document.value, field), reason=_UNREAD)


def _names(codes: Iterable[Code]) -> frozenset[str]:
    return frozenset(name for code in codes for name in code.free)


def _codes(policy: Policy, outcome: Outcome) -> Iterator[Code]:
    """The expressions that an outcome rests on, those that gave it its subject left aside."""
    if policy.applies is not None:
        yield policy.applies
    if outcome.requirement == APPLIES:
        return
    if outcome.requirement == FOR_EACH:
        yield from (code for binding in policy.for_each for code in binding.lists)
        return
    if policy.when is not None:
        yield policy.when
    item = outcome.item
    needs = (*policy.needs, *(item.needs if isinstance(item, Requirement) else ()))
    for one in (*needs, *((item,) if isinstance(item, Requirement) else ())):
        yield one.that
        if one.when is not None:
            yield one.when
    if isinstance(item, Requirement):
        yield from (code for binding in item.each for code in binding.lists)
