"""An outcome that someone has to look at, to a result: message, place, values read, and what is missing.

In: a policy and an outcome, its verdicts with their values. Out: a `Result`; where the trace disagrees with
the fast pass, an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from policyscan import cel
from policyscan.cel.budget import TOO_MUCH, apart, remembering
from policyscan.cel.clock import NEVER_INSTANT
from policyscan.engine.disputes import disputed
from policyscan.engine.grading import Grader, weakest
from policyscan.engine.moments import local_time, shown
from policyscan.engine.outcome import (
    APPLIES,
    AT_ONCE,
    FOR_EACH,
    NEVER,
    WHEN,
    Outcome,
    Turn,
    Values,
    Verdict,
    earliest,
)
from policyscan.engine.sharing import Sharing
from policyscan.engine.tables import Tables
from policyscan.findings import IN_DISPUTE, Basis, Gap, Result, Status, ValueRead
from policyscan.policies.policy import Code, Need, Policy, Requirement
from policyscan.source import Span

if TYPE_CHECKING:
    from policyscan.cel.tracing.tracer import Trace
    from policyscan.documents.document import Document

_RECORDED = "(recorded)"  # an object without a name of its own, of which nothing further was read
_UNRECORDED = "it is not recorded"
_MOST_ELEMENTS = 20  # elements of one `each` whose values a result keeps


Traced = list[tuple[Verdict, "Trace"]]
_T = TypeVar("_T")
_Fact = TypeVar("_Fact", Gap, ValueRead)


class Explainer:
    """Explains the outcomes of one document's policies at one moment.

    `context` are the documents that this one may refer to. `evidence` asks for the values that results
    rest on, `gaps` for what unknown ones lack; not every format shows them. `agreed` asks that both
    evaluators come to the same where a result is unknown, too. `change` says when a fact that a control reads
    may be in dispute or earned that is not, or the reverse. `said` is the first moment at which something may
    be another that was said so far, but for numbers of days that are counted.
    """

    def __init__(
        self, document: Document, clock: cel.Clock, grader: Grader, context: Sequence[Document] = (), *,
        evidence: bool = True, gaps: bool = True, agreed: bool = False, tables: Tables | None = None,
        change: Callable[[Policy], Turn] = lambda _: NEVER,
    ) -> None:  # fmt: skip
        self.document = document
        self.clock = clock
        self.grader = grader
        self.context = context
        self.evidence = evidence
        self.gaps = gaps
        self.agreed = agreed
        self.tables = tables
        self.change = change
        self.home: Document | None = document  # whose paths need not say whose they are
        self.said: Turn = NEVER

    def at(self, clock: cel.Clock, grader: Grader) -> Explainer:
        """The same at another moment."""
        return Explainer(
            self.document, clock, grader, self.context,
            evidence=self.evidence, gaps=self.gaps, agreed=self.agreed, tables=self.tables,
            change=self.change,
        )  # fmt: skip

    def abroad(self) -> Explainer:
        """The same for readers of another document: every path says whose it is."""
        made = self.at(self.clock, self.grader)
        made.home = None
        return made

    def lacking(self, code: Code, values: Values) -> tuple[Gap, ...]:
        """The facts that are missing to an expression."""
        verdict = Verdict(Status.UNKNOWN, code, values)
        return self._gaps([(verdict, self._trace(verdict))])

    def facts_lacking(self, code: Code, values: Values) -> list[tuple[int, Any]]:
        """The same as the ids of containers, as they were read, and keys."""
        trace = self._trace(Verdict(Status.UNKNOWN, code, values))
        owned = ((self._owner(container), container, key) for container, key in trace.lacking)
        return [
            (id(owner.as_read(container)), key)
            for owner, container, key in owned
            if owner is not None and not isinstance(owner, Tables)
        ]

    def path(self, document: Document, container: Any, key: str) -> str:
        """The path of a value of a document, which says whose it is if that is another one."""
        return self._path(document, container, key)

    def result(self, policy: Policy, outcome: Outcome) -> Result:
        """The result of an outcome: a full account of how it came about."""
        if self.tables is None or not policy.tables:
            return self._result(policy, outcome)
        with remembering(self.tables.memory):
            return self._result(policy, outcome)

    def _result(self, policy: Policy, outcome: Outcome) -> Result:
        unknown = outcome.status is Status.UNKNOWN
        if unknown and not self.gaps and not self.agreed:
            return self._bare(policy, outcome)
        traced = [(v, self._traced(policy, v)) for v in _decisive(outcome)]
        disagreement = self._disagreement(outcome, traced)
        # Not every format has unknown results explained, and the exit code is the same for all.
        status = outcome.told if disagreement is None or (unknown and not self.agreed) else Status.ERROR
        if unknown and not self.gaps and disagreement is None:
            return self._bare(policy, outcome)
        in_dispute = self._disputed(policy, outcome) if status is Status.FAIL and policy.disputes else ()
        shortfall = outcome.shortfall
        if _is_about_now(policy, outcome):
            self.said = AT_ONCE
        gaps = outcome.gaps or (self._once(policy, traced, self._gaps) if status is Status.UNKNOWN else ())
        if shortfall is not None:
            gaps = outcome.gaps or (shortfall.gap,)
            self.said = earliest(self.said, (shortfall.changes, NEVER_INSTANT))
        return Result(
            policy=policy.info.id,
            requirement=outcome.requirement,
            document=self.document.id,
            kind=self.document.kind.name,
            subject=outcome.subject,
            status=status,
            severity=outcome.severity,
            message=disagreement or self._message(policy, outcome, status, traced, gaps),
            span=(in_dispute[0].span if in_dispute else None) or self._span(policy, outcome, traced, gaps),
            evidence=self._told(policy, self._once(policy, traced, self._evidence)) if self.evidence else (),
            parameters=policy.shown_parameters,
            until=shown(self.clock, *earliest(outcome.turn, self.change(policy))),
            gaps=self._told(policy, gaps) if status is Status.UNKNOWN else (),
            reason=_reason(policy, outcome, status, () if gaps else traced),
            figures=self._figures(policy, outcome),
            basis=shortfall.basis if shortfall is not None else self._basis(policy, outcome),
            disputed=in_dispute,
        )

    def _disputed(self, rule: Policy, outcome: Outcome) -> tuple[ValueRead, ...]:
        """The facts that a rule puts in dispute, each with its path, value and place."""
        facts, turn = disputed(rule, outcome, self.clock)
        self.said = earliest(self.said, turn)
        return tuple(read for fact in facts if (read := self._read(fact.container, fact.key)) is not None)

    def _read(self, container: Any, key: str) -> ValueRead | None:
        """A value of a document, as results show it."""
        owner = self._owner(container)
        if owner is None:
            return None
        value, place = self._json(container[key]), owner.place_of(container, key)
        return ValueRead(self._path(owner, container, key), value, place)

    def _basis(self, policy: Policy, outcome: Outcome) -> Basis:
        """The weakest evidence that an outcome rests on, its own document's or its members'."""
        own = self.grader.of_outcome(policy, outcome)
        if self.tables is None:
            return own
        return weakest(own, self.tables.basis(policy, outcome))

    def _bare(self, policy: Policy, outcome: Outcome) -> Result:
        """The result of an outcome that is counted and shown nowhere."""
        document = self.document
        return Result(
            policy=policy.info.id,
            requirement=outcome.requirement,
            document=document.id,
            kind=document.kind.name,
            subject=outcome.subject,
            status=outcome.told,
            severity=outcome.severity,
            message="",
            span=Span(document.file, 1, 1, 1, 1),
        )

    def traces(self, outcome: Outcome) -> list[Trace]:
        """The traces of the expressions that decided an outcome."""
        return [self._trace(verdict, tree=True) for verdict in _decisive(outcome)]

    def _trace(self, verdict: Verdict, *, tree: bool = False) -> Trace:
        code = verdict.code
        values = dict(zip(code.names, verdict.values, strict=False))
        with self._saying(code):
            return code.checked.trace(self.clock, values, self.locate, tree=tree)

    @contextmanager
    def _saying(self, code: Code) -> Iterator[None]:
        """While an expression is evaluated for what is said: when that turns is noted apart from results."""
        clock = self.clock
        saved = clock.turn_day, clock.turn_instant
        clock.reset()
        try:
            yield
        finally:
            turn = AT_ONCE if _is_of_now(code) else (clock.turn_day, clock.turn_instant)
            self.said = earliest(self.said, turn)
            clock.turn_day, clock.turn_instant = saved

    # --- what subjects have in common

    def _shared(self, policy: Policy) -> Sharing | None:
        return self.tables.shared(policy) if self.tables is not None and policy.tables else None

    def _traced(self, policy: Policy, verdict: Verdict) -> Trace:
        """The trace of a verdict, the same for all subjects that have its expression in common."""
        shared, code = self._shared(policy), verdict.code
        if shared is None or not shared.common(code, verdict.values):
            return self._trace(verdict)
        return shared.once(("trace", id(code), self.clock.instant), lambda: self._trace(verdict))

    def _told(self, policy: Policy, facts: tuple[_Fact, ...]) -> tuple[_Fact, ...]:
        """What a result lists of facts, many of which are also those of other subjects of its policy."""
        shared = self._shared(policy)
        return facts if shared is None else shared.told(facts)

    def _once(self, policy: Policy, traced: Traced, make: Callable[[Traced], _T]) -> _T:
        """What is made of traces, once for those that are the same for many subjects."""
        shared = self._shared(policy)
        if shared is None:
            return make(traced)
        if not all(shared.common(one.code, one.values) for one, _ in traced):
            if make == self._gaps:  # the same for many subjects, even where what they read is not
                return shared.same(len(traced), _lacking(traced), lambda: make(traced))
            return make(traced)
        return shared.once((make.__name__, *(id(trace) for _, trace in traced)), lambda: make(traced))

    def _disagreement(self, outcome: Outcome, traced: Traced) -> str | None:
        """What to say where the two evaluators differ, which makes a result an error.

        They differ without a bug where one of them had no work left: a trace has a whole budget.
        """
        for verdict, trace in traced:
            told = _told(trace, _absent(outcome, verdict))
            is_list = told is None and trace.error is None
            is_empty = outcome.requirement == FOR_EACH and isinstance(trace.error, cel.Absent)
            if told is verdict.status or is_list or is_empty:
                continue
            if _exhausted(trace.error) or (verdict.status is Status.ERROR and self._agrees(verdict, trace)):
                return f"cannot be evaluated: {TOO_MUCH}"
            return (
                f"the two evaluators disagree about `{verdict.code.text}` "
                f"({verdict.status} and {told}); this is a bug in policyscan"
            )
        return None

    def _agrees(self, verdict: Verdict, trace: Trace) -> bool:
        """Whether the compiled evaluator comes to what the trace did, when it has a whole budget too."""
        try:
            with apart():
                value = verdict.code.program(self.clock, *verdict.values)
        except cel.EvalError as error:
            return type(error) is type(trace.error)
        except Exception:  # then it is a bug after all
            return False
        return trace.error is None and bool(value == trace.value)

    # --- where

    def locate(self, container: Any, key: str | int | None = None) -> tuple[str, Span] | None:
        """The path and place of a value; another document's path says whose it is."""
        owner = self._owner(container)
        return (self._path(owner, container, key), owner.place_of(container, key)) if owner else None

    def _owner(self, container: Any) -> Document | Tables | None:
        if self.document.owns(container):
            return self.document
        if self.tables is not None and self.tables.owns(container):
            return self.tables
        return next((other for other in self.context if other.owns(container)), None)

    def _path(self, owner: Document | Tables, container: Any, key: str | int | None) -> str:
        path = owner.path_of(container, key)
        if isinstance(owner, Tables) or (self.home is not None and owner.tree is self.home.tree):
            return path
        return f"{owner.kind.name}[{owner.id}].{path}"

    def _span(self, policy: Policy, outcome: Outcome, traced: Traced, gaps: tuple[Gap, ...]) -> Span:
        """The place to point at: the gap, the element that fails, the last value read, or the subject."""
        if gaps and gaps[0].span is not None:
            return gaps[0].span
        if traced:
            verdict = traced[0][0]
            found = self._element_span(outcome, verdict) or self._once(policy, traced[:1], self._read_span)
            if found is not None:
                return found
        for value in reversed(outcome.bound):
            span = self._object_span(value)
            if span is not None:
                return span
        return self.document.root_span()

    def _element_span(self, outcome: Outcome, verdict: Verdict) -> Span | None:
        """The place of the element of an `each` that a verdict is about."""
        return self._object_span(verdict.values[-1]) if len(verdict.values) > len(outcome.bound) else None

    def _read_span(self, traced: Traced) -> Span | None:
        """The place of what decided: the null, the witness, or the last value that was read."""
        trace = traced[0][1]
        if isinstance(trace.error, cel.Absent):
            for container, key in trace.empty:
                return self._place(container, key)
        for witness in trace.witnesses:
            span = self._object_span(witness)
            if span is not None:
                return span
        # What a macro read of each element in turn says less than the list: none of them decided.
        elements = {id(item) for _, _, value in trace.touched if isinstance(value, list) for item in value}
        elements -= {id(value) for container, _, value in trace.touched if isinstance(container, list)}
        for among_elements in (False, True):
            for container, key, _value in reversed(trace.touched):
                if (id(container) in elements) is among_elements:
                    span = self._place(container, key)
                    if span is not None:
                        return span
        return None

    def _place(self, container: Any, key: str | int | None) -> Span | None:
        owner = self._owner(container)
        return owner.place_of(container, key) if owner is not None else None

    def _object_span(self, value: Any) -> Span | None:
        if not isinstance(value, dict | list) or value is self.document.value:
            return None
        return self._place(value, None)

    # --- what

    def _evidence(self, traced: Traced) -> tuple[ValueRead, ...]:
        reads = [
            read for _, trace in traced for read in (*trace.touched, *((c, k, None) for c, k in trace.empty))
        ]
        # A part of an inventory that has no name of its own is shown by what was read in it.
        entered = {id(container) for container, _, _ in reads}
        seen: dict[str, ValueRead] = {}
        for container, key, value in reads:
            owner = self._owner(container)
            if owner is not None and not (id(value) in entered and self.name(value) is None):
                path = self._path(owner, container, key)
                if path not in seen:
                    seen[path] = ValueRead(path, self._json(value), owner.place_of(container, key))
        return tuple(seen.values())

    def _json(self, value: Any) -> Any:
        """A value read as JSON: objects by what identifies them, for they stand in the inventory."""
        if isinstance(value, dict):
            return self.name(value) or (_RECORDED if self._owner(value) else cel.to_json(value))
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return [self._item(item) for item in value]
        return cel.to_json(value)

    def _item(self, value: Any) -> Any:
        owner = self._owner(value)
        return cel.to_json(value) if owner is None else self.name(value) or self._path(owner, value, None)

    def name(self, value: Any) -> str | None:
        """What identifies an object: its key in its list, or its id if it is a whole inventory."""
        owner = self._owner(value) if isinstance(value, dict) else None
        if owner is None:
            return None
        if not isinstance(owner, Tables) and value is owner.value:
            return owner.id
        return owner.key_of(value)

    def _gaps(self, traced: Traced) -> tuple[Gap, ...]:
        """What an unknown result lacks: what is missing, else what is known to be nothing."""
        missing = {(id(c), k): (c, k) for _, trace in traced for c, k in trace.lacking}
        if missing:
            return self._gaps_of(missing.values(), None)
        null = {(id(c), k): (c, k) for _, t in traced if t.error is not None for c, k in t.empty}
        return self._gaps_of(null.values(), "there is none")

    def _gaps_of(self, places: Iterable[tuple[Any, Any]], reason: str | None) -> tuple[Gap, ...]:
        made: list[Gap] = []
        for container, key in places:
            far = self.tables is not None and self.tables.owns(container)
            made.extend(self._far_gaps(container, key) if far else [self._gap(container, key, reason)])
        return tuple(dict.fromkeys(made))

    def _far_gaps(self, row: Any, column: Any) -> Sequence[Gap]:
        """What a column of a table lacks, in its member's file."""
        tables = self.tables
        assert tables is not None
        lacking = tables.gaps(row, column)
        return lacking or [
            Gap(tables.path_of(row, column), column, None, tables.place_of(row), "there is none")
        ]

    def _gap(self, container: Any, key: str | int | None, reason: str | None) -> Gap:
        owner = self._owner(container)
        if owner is None or isinstance(owner, Tables):
            return Gap(str(key), str(key), reason=reason or _UNRECORDED)
        generic = owner.generic_path(container, key)
        why = reason or owner.why_unknown(container, key) or _nowhere(container, key) or _UNRECORDED
        path, question = self._path(owner, container, key), owner.kind.questions.get(generic)
        if why.startswith(IN_DISPUTE):  # what it is has been said, by both sides
            question = f"Which is right? {why.partition(': ')[2]}"
        return Gap(path, generic, question, owner.place_of(container, key), why)

    def _message(
        self, policy: Policy, outcome: Outcome, status: Status, traced: Traced,
        gaps: tuple[Gap, ...],
    ) -> str:  # fmt: skip
        item = outcome.item
        if outcome.shortfall is not None:
            return outcome.shortfall.message
        if status is Status.ERROR:
            if gaps:
                return f"cannot be evaluated: {_first(gaps)}"
            error = traced[0][1].error if traced else None
            return f"cannot be evaluated: {error.message if error else 'unknown reason'}"
        if status is Status.NOT_APPLICABLE:
            return _why_not(policy, outcome) or _not_applicable(outcome, traced)
        if status is Status.PASS:
            return ""  # what a policy says is about what is wrong
        if status is Status.UNKNOWN and traced and traced[0][1].error is not None:
            return _lack(traced[0][1].error, gaps)
        if outcome.gaps:
            return _first(gaps)
        said = self._said(policy, item, traced) if item is not None else None
        if said is None:
            said = self._once(policy, traced[:1], self._nothing) or _default_message(policy, outcome, traced)
        failing = sum(1 for verdict in outcome.verdicts if verdict.status is outcome.status)
        if isinstance(item, Requirement) and item.each and failing > 1:
            said = f"{said} (+{failing - 1} more)"
        return said

    def _said(self, policy: Policy, item: Need | Requirement, traced: Traced) -> str | None:
        message = item.say
        if message is None or not traced:
            return None
        verdict, trace = traced[0]
        if len(verdict.values) < len(item.that.names):
            return None  # there was no list, so no element to speak of
        counted = (trace.hits, trace.n) if trace.hits is not None else ()
        values = (*verdict.values, *counted)
        parts = [
            part if isinstance(part, str) else self._text(policy, part, values) for part in message.parts
        ]
        for index in message.words:
            told = parts[index]
            parts[index] = None if told is None else told.replace("_", " ")
        if None in parts and isinstance(trace.error, cel.Absent):
            return None  # it speaks of something that is not there: what is null says more
        return "".join("none" if part is None else part for part in parts)

    def _text(self, policy: Policy, code: Code, values: tuple[Any, ...]) -> str | None:
        shared = self._shared(policy)
        if shared is None or not shared.common(code, values):
            return self._rendered(code, values)
        return shared.once(("text", id(code), self.clock.instant), lambda: self._rendered(code, values))

    def _rendered(self, code: Code, values: tuple[Any, ...]) -> str | None:
        """An expression of a message as text, None for what is of something that is null. Its other errors
        are words: a message is no verdict."""
        if len(values) < len(code.names):
            values = (*values, None, None)
            if {"hits", "n"}.intersection(code.free):
                return "unknown"  # nothing was counted
        try:
            with apart(), self._saying(code):
                value = code.program(self.clock, *values[: len(code.names)])
        except cel.Absent:
            return None
        except cel.EvalError:
            return "unknown"
        return _shown(value, self.clock)

    def _nothing(self, traced: Traced) -> str | None:
        """What is known to be nothing, where a requirement fails for that."""
        trace = traced[0][1] if traced else None
        if trace is None or not isinstance(trace.error, cel.Absent):
            return None
        for container, key in trace.empty:
            owner = self._owner(container)
            if owner is not None:
                path = self._path(owner, container, key)
                part = path.isidentifier()  # of the document itself, which is called what it is
                return f"there is no {path.replace('_', ' ')}" if part else f"there is no {path}"
        for container, key, value in reversed(trace.touched):
            owner = self._owner(container)
            if owner is not None and value == []:
                return f"{self._path(owner, container, key)} is empty: there is none"
        return None

    def _figures(self, policy: Policy, outcome: Outcome) -> Mapping[str, Any]:
        if not policy.figures:
            return {}
        shared, bound = self._shared(policy), outcome.bound
        made: dict[str, Any] = {}
        for name, code in policy.figures:
            if len(code.names) > len(bound):
                continue
            if shared is not None and shared.common(code, bound):
                key = "figure", id(code), self.clock.instant
                made[name] = shared.once(key, partial(self._figure, code, bound))
            else:
                made[name] = self._figure(code, bound)
        return made

    def _figure(self, code: Code, bound: Values) -> Any:
        try:
            with apart(), self._saying(code):
                return cel.to_json(code.program(self.clock, *bound[: len(code.names)]))
        except cel.EvalError:
            return None


def _shown(value: Any, clock: cel.Clock) -> str:
    """A value in a sentence: the items of a list side by side, instants in the document's own zone, whole
    numbers without a point, amounts with their thousands apart, lengths of time in words."""
    if isinstance(value, list):
        return ", ".join(_shown(item, clock) for item in value) or "none"
    if value.__class__ is cel.Timestamp:
        return local_time(clock, int(value))
    if value.__class__ is float and value.is_integer():
        return str(int(value))
    if value.__class__ is cel.Money or value.__class__ is cel.Duration:
        from policyscan.policies.parameters import in_words  # most scans have neither in a message

        return in_words(value)
    return "none" if value is None else cel.render(value)


def _nowhere(container: Any, key: Any) -> str | None:
    """Why a reference leads nowhere: what it names stands in no list or inventory that is there."""
    value = container.get(key) if isinstance(container, dict) else None
    return f"{value.id} is described nowhere" if isinstance(value, cel.Unresolved) else None


def _lack(error: cel.EvalError | None, gaps: tuple[Gap, ...]) -> str:
    """What an unknown result says: the first fact that is missing, else why its expression has no value."""
    if gaps:
        return _first(gaps)
    return f"cannot be told: {(error.message if error else '') or 'a fact is missing'}"


def _first(gaps: tuple[Gap, ...]) -> str:
    more = f" (+{len(gaps) - 1} more)" if len(gaps) > 1 else ""
    return f"{gaps[0].path}: {gaps[0].reason}{more}"


def _decisive(outcome: Outcome) -> Sequence[Verdict]:
    """The verdicts that an account is about: where something does not pass, not the elements that do."""
    kept = outcome.verdicts
    if outcome.status is not Status.PASS:
        kept = tuple(verdict for verdict in kept if verdict.status is not Status.PASS)
    return kept[:_MOST_ELEMENTS]


def _reason(
    policy: Policy, outcome: Outcome, status: Status, untold: Sequence[tuple[Verdict, Trace]]
) -> str | None:
    """Why a result does not apply or is unknown; `untold` are the traces of one that lacks no fact that could
    be named, such as one that rests on a control that is unknown."""
    if status is Status.NOT_APPLICABLE:
        return _why_not(policy, outcome) or outcome.requirement
    if outcome.shortfall is not None:
        return "evidence"
    if status is Status.UNKNOWN and isinstance(outcome.item, Need):
        return outcome.requirement
    if status is Status.UNKNOWN:
        return next((trace.error.message for _, trace in untold if trace.error is not None), None)
    return None


def _lacking(traced: Traced) -> list[tuple[Any, Any]]:
    """The fields that traces found missing, or where there is none, null: each with its object."""
    missing = [one for _, trace in traced for one in trace.lacking]
    return missing or [one for _, trace in traced if trace.error is not None for one in trace.empty]


def _exhausted(error: cel.EvalError | None) -> bool:
    return error is not None and error.message == TOO_MUCH


def _absent(outcome: Outcome, verdict: Verdict) -> Status:
    """The status of an expression that stumbles over null: only a requirement may fail on it."""
    item = outcome.item
    if not isinstance(item, Requirement) or verdict.code is item.when:
        return Status.UNKNOWN
    return item.absent


def _told(trace: Trace, absent: Status) -> Status | None:
    """The status that a trace tells; None for a value that is no bool, such as a list."""
    if isinstance(trace.error, cel.Missing):
        return Status.UNKNOWN
    if isinstance(trace.error, cel.Absent):
        return absent
    if trace.error is not None:
        return Status.ERROR
    if not isinstance(trace.value, bool):
        return None
    return Status.PASS if trace.value else Status.FAIL


def _is_of_now(code: Code) -> bool:
    """Whether the value of an expression is another one a moment later, as a time since something is."""
    moves = code.checked.moves
    return bool(moves) and not moves.startswith("day")


def _is_about_now(policy: Policy, outcome: Outcome) -> bool:
    """Whether an outcome is about an element of a list that follows the clock, such as a gap from now on."""
    item = outcome.item
    bindings = (*policy.for_each, *item.each) if isinstance(item, Requirement) else policy.for_each
    return any(_is_of_now(code) for binding in bindings for code in binding.lists)


def _why_not(policy: Policy, outcome: Outcome) -> str | None:
    """What a policy says of those it does not apply to; an empty list, or a requirement with a condition of
    its own, is left out for another reason."""
    whole = outcome.item is None and outcome.requirement in (APPLIES, WHEN)
    return policy.not_applicable if whole else None


def _not_applicable(outcome: Outcome, traced: Traced) -> str:
    if outcome.requirement == FOR_EACH and traced:
        return f"there is nothing in {_texts(traced)}"
    return f"does not apply: {traced[0][0].code.text} is false" if traced else "does not apply"


def _default_message(policy: Policy, outcome: Outcome, traced: Traced) -> str:
    """What a result says where its policy does not: the title, and the values that it rests on."""
    title = policy.info.title
    if outcome.requirement in (APPLIES, WHEN, FOR_EACH):
        return f"{title}: there is nothing in {_texts(traced)}" if traced else title
    if outcome.status is Status.UNKNOWN and traced:
        return f"{title}: cannot be told, as this does not hold: {traced[0][0].code.text}"
    reads = traced[0][1].touched if traced else []
    values = [
        f"{key} is {cel.render(value)}" for _, key, value in reads if not isinstance(value, dict | list)
    ]
    return f"{title}: not met ({'; '.join(values[-3:])})" if values else f"{title}: not met"


def _texts(traced: Traced) -> str:
    return " and ".join(verdict.code.text for verdict, _ in traced)
