"""Projection: what the members of an inventory say, collected as they come by, for tables evaluated last.

In go members, each evaluated at its own moment; out come the rows of each policy's tables, with holes for the
members that are not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from policyscan import cel
from policyscan.cel.budget import apart
from policyscan.engine.evaluation import Evaluation
from policyscan.engine.grading import merged
from policyscan.engine.plan import Plan
from policyscan.engine.requirements import forget_calls
from policyscan.engine.tables import MemberRows, Origin, Projected, Row, Tables
from policyscan.findings import EvidenceRule, Gap
from policyscan.policies.policy import DOCUMENT, ELEMENT, KEY, Code, Policy, Table
from policyscan.source import Span

if TYPE_CHECKING:
    from policyscan.documents.document import Document
    from policyscan.documents.members import Hole, Members


class MemberSource(Protocol):
    """Where members come from."""

    def is_member(self, document: Document) -> bool:
        """Whether a document that comes by may be a member of one that comes later."""

    def members(
        self, document: Document, has: Callable[[str, str], bool],
        take: Callable[[Document, list[Document]], None],
    ) -> Members:  # fmt: skip
        """The members of a document; those that `has` does not know are opened and given to `take`."""


class Projector:
    """Collects what the members say, for the documents that come last; see `projector_for`."""

    def __init__(
        self, policies: Sequence[Policy], source: MemberSource,
        asks: Sequence[tuple[Policy, Sequence[Policy]]] = (), rule: EvidenceRule | None = None,
    ) -> None:  # fmt: skip
        """`asks` are those of the policies that others ask, themselves or through more, `rule` is what is
        asked of the evidence for all."""
        self.policies = policies
        self.rule = rule
        self.asks = {asker.id: [one.id for one in asked] for asker, asked in asks}
        self.kinds = frozenset(policy.info.kind for policy in policies)
        self.source = source
        self._wanted: dict[str, list[tuple[Policy, Table]]] = {}
        for policy in policies:
            for table in policy.tables:
                self._wanted.setdefault(table.kind, []).append((policy, table))
        self._rules = {policy.id: {merged(rule, policy.evidence)} for policy in policies}
        for asker, asked in asks:
            for one in asked:
                self._rules[one.id].add(merged(rule, asker.evidence))
        self._rows: dict[tuple[str, str, str], MemberRows] = {}
        self._taken: set[tuple[str, str]] = set()
        self.newer: set[str] = set()
        """The ids of members that were opened and are from after the day of the scan."""

    def wants(self, document: Document) -> bool:
        """Whether a document that comes by has to be taken now."""
        return document.kind.name in self._wanted and self.source.is_member(document)

    def take(self, evaluation: Evaluation) -> None:
        """Keep what a member says: the columns of every table of its kind, worked out on its own clock."""
        document = evaluation.document
        self._taken.add((document.kind.name, document.id))
        for policy, table in self._wanted.get(document.kind.name, ()):
            with evaluation.asked_by(policy):
                try:
                    grader = evaluation.explainer.grader
                    graded = {rule: grader.of_member(table.reads, rule) for rule in self._rules[policy.id]}
                    part = (
                        _Projection(table, evaluation)
                        .part()
                        ._replace(graded=graded, revealed=evaluation.revealed)
                    )
                except Exception as error:
                    message = (
                        f"policyscan failed on this table: {type(error).__name__}: {error}; this is a bug"
                    )
                    part = MemberRows([], [], faults=(Gap(_named(document), table.name, reason=message),))
            self._rows[policy.id, table.name, document.id] = part

    def give(self, document: Document) -> dict[tuple[str, str], MemberRows]:
        """What was taken of a member, by policy and table, for the projector of another process to `put`; it
        is not kept here."""
        tables = [(policy.id, table.name) for policy, table in self._wanted.get(document.kind.name, ())]
        self._taken.discard((document.kind.name, document.id))
        found = {key: self._rows.pop((*key, document.id), None) for key in tables}
        return {key: part for key, part in found.items() if part is not None}

    def put(self, kind: str, ident: str, parts: Mapping[tuple[str, str], MemberRows]) -> None:
        """Keep what the projector of another process has taken of a member."""
        if parts:
            self._taken.add((kind, ident))
        for (policy, table), part in parts.items():
            self._rows[policy, table, ident] = part

    def tables(self, document: Document, open_: Callable[[Document, list[Document]], Evaluation]) -> Tables:
        """The tables of a document; members that have not been taken yet are opened."""

        def take(member: Document, context: list[Document]) -> None:
            self.take(open_(member, context))

        members = self.source.members(document, lambda kind, id_: (kind, id_) in self._taken, take)
        return Tables(
            document,
            {
                policy.id: [self._projected(policy, table, members) for table in policy.tables]
                for policy in self.policies
                if policy.info.kind == document.kind.name
            },
            rule=self.rule,
            asks=self.asks,
            issues=members.issues,
        )

    def _projected(self, policy: Policy, table: Table, members: Members) -> Projected:
        found = [(id_, self._rows[policy.id, table.name, id_]) for id_ in members.ids.get(table.kind, ())]
        holes = [(hole.name, _holed(hole)) for hole in members.holes.get(table.kind, ())]
        parts = [part for _, part in sorted((*found, *holes), key=lambda pair: pair[0])]
        return Projected(table.name, [row for part in parts for row in part.rows], parts)


def projector_for(plan: Plan, source: MemberSource | None) -> Projector | None:
    """What collects for a scan's policies with tables and those that they ask; None if there are none."""
    pending, found = list(plan.every), dict[str, Policy]()
    for policy in pending:
        if policy.id not in found:
            found[policy.id] = policy
            pending.extend(plan.known[used] for used in policy.uses if used in plan.known)
    policies = [policy for policy in found.values() if policy.tables]
    if not policies or source is None:
        return None
    return Projector(policies, source, [(one, _asked(one, found)) for one in found.values()], plan.rule)


def _asked(policy: Policy, known: Mapping[str, Policy]) -> list[Policy]:
    """The policies with tables of the same kind that a policy asks, itself or through others."""
    pending = [used for used in policy.uses if used in known]
    for id_ in pending:
        pending.extend(used for used in known[id_].uses if used in known and used not in pending)
    asked = (known[id_] for id_ in dict.fromkeys(pending))
    return [one for one in asked if one.tables and one.info.kind == policy.info.kind]


def _holed(hole: Hole) -> MemberRows:
    """The row of a member that is not there, of which nothing is known."""
    gap = Gap(hole.path, hole.generic, hole.question, hole.place, hole.reason)
    return MemberRows(
        [{DOCUMENT: hole.name, KEY: hole.name}], [Origin(hole.name, hole.place, {}, (gap,))], (gap,)
    )


class _Projection:
    """Makes the rows of one table for one member."""

    def __init__(self, table: Table, evaluation: Evaluation) -> None:
        self.table = table
        self.document = evaluation.document
        self.clock = evaluation.clock
        self.explainer = evaluation.explainer.abroad()
        self.rows: list[Row] = []
        self.origins: list[Origin] = []
        self.holes: tuple[Gap, ...] = ()
        self.faults: list[Gap] = []

    def part(self) -> MemberRows:
        """The rows; a list that is missing is one row without any column."""
        clock, document = self.clock, self.document
        clock.reset()
        path, span = _named(document), _own_place(document)
        if self.table.for_each is None:
            row = {DOCUMENT: document.id, ELEMENT: document.id, KEY: document.id}
            self._row(row, path, span, (document.value,))
        else:
            with apart():
                self._elements(self.table.for_each, path, span)
        turn = clock.turn_day, clock.turn_instant
        return MemberRows(self.rows, self.origins, self.holes, tuple(self.faults), turn, clock.zone)

    def _elements(self, code: Code, path: str, span: Span) -> None:
        document = self.document
        try:
            items = code.program(self.clock, document.value) or ()
        except cel.Absent:
            return  # what the list belongs to is known to be nothing
        except cel.Missing as error:
            forget_calls(error)
            self.holes = self._gaps(code, (document.value,), path, self.table.label, span, error)
            self.rows.append({DOCUMENT: document.id, KEY: document.id})
            self.origins.append(Origin(path, span, {}, self.holes))
            return
        except cel.EvalError as error:
            self._fault(path, self.table.label, span, error)
            return
        for position, item in enumerate(items):
            found = self.explainer.locate(item)
            ident = str(item) if self.table.key == (".",) else _ident(self.explainer.name(item), position)
            row = {DOCUMENT: document.id, ELEMENT: ident, KEY: f"{document.id}/{ident}"}
            below, place = found or (f"{path}/{ident}", span)
            self._row(row, below, place, (document.value, item))

    def _row(self, row: Row, path: str, span: Span, values: tuple[Any, ...]) -> None:
        gaps: dict[str, tuple[Gap, ...]] = {}
        for name, code in self.table.columns:
            try:
                row[name] = _kept(code.program(self.clock, *values))
            except cel.Absent as error:
                row[name] = None
                gaps[name] = self._gaps(code, values, path, name, span, error)
            except cel.Missing as error:
                forget_calls(error)
                gaps[name] = self._gaps(code, values, path, name, span, error)
            except cel.EvalError as error:
                self._fault(path, name, span, error)
        self.rows.append(row)
        self.origins.append(Origin(path, span, gaps))

    def _gaps(
        self, code: Code, values: tuple[Any, ...], path: str, name: str, span: Span, error: cel.EvalError
    ) -> tuple[Gap, ...]:
        """What an expression lacks; where no fact of the file is, what it says itself."""
        found = self.explainer.lacking(code, values)
        return found or (
            Gap(f"{path}.{name}", name, span=span, reason=error.message or "it is not recorded"),
        )

    def _fault(self, path: str, name: str, span: Span, error: cel.EvalError) -> None:
        forget_calls(error)
        self.faults.append(Gap(f"{path}.{name}", name, span=span, reason=error.message))


def _kept(value: Any) -> Any:
    """A value without the lists and maps of the document that it comes from."""
    if value.__class__ is list:
        return [_kept(item) for item in value]
    if value.__class__ is dict:
        return {key: _kept(item) for key, item in value.items()}
    return value


def _ident(name: str | None, position: int) -> str:
    return name if name is not None else f"#{position + 1}"


def _named(document: Document) -> str:
    return f"{document.kind.name}[{document.id}]"


def _own_place(document: Document) -> Span:
    """Where a document says what it is about."""
    container = document.value
    *above, last = document.kind.shape.ident
    for key in above:
        container = container[key]
    return document.place_of(container, last)
