"""An outcome that someone has to look at, to a result: message, place, values read, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from policyscan import cel
from policyscan.engine.moments import shown
from policyscan.engine.outcomes import APPLIES, FOR_EACH, WHEN, Outcome, Verdict
from policyscan.findings import Gap, Read, Result, Status
from policyscan.policies.policy import Code, Need, Policy, Requirement

if TYPE_CHECKING:
    from policyscan.cel.tracer import Trace
    from policyscan.documents.document import Document
    from policyscan.source import Span

_MOST_ELEMENTS = 20  # elements of one `each` whose values a result keeps


class Spot(NamedTuple):
    """A value's place, worked out only for those that are shown."""

    document: Document
    container: Any
    key: str | int | None

    @property
    def span(self) -> Span:
        """The place in the file."""
        return self.document.place_of(self.container, self.key)

    @property
    def reason(self) -> str:
        """Why the value is not known, in words that follow the path."""
        return self.document.why_unknown(self.container, self.key) or "it is not recorded"


class Explainer:
    """Explains the outcomes of one document's policies at one moment."""

    def __init__(self, document: Document, clock: cel.Clock, context: Sequence[Document] = ()) -> None:
        self.document = document
        self.clock = clock
        self.context = context  # the documents that this one may refer to
        self._parameters: dict[str, Mapping[str, Any]] = {}

    def result(self, policy: Policy, outcome: Outcome) -> Result:
        """The result of an outcome: a full account of how it came about."""
        traced = [(v, self._trace(v)) for v in outcome.verdicts[:_MOST_ELEMENTS]]
        disagreement = self._disagreement(outcome, traced)
        status = outcome.status if disagreement is None else Status.ERROR
        gaps = self._gaps(traced) if status is Status.UNKNOWN else ()
        span = self._span(outcome, traced, gaps)
        message = disagreement or self._message(policy, outcome, status, traced, gaps)
        return Result(
            policy.info.id,
            outcome.requirement,
            self.document.id,
            self.document.kind.name,
            outcome.subject,
            status,
            outcome.severity,
            message,
            span,
            evidence=self._evidence(traced),
            parameters=self._shown_parameters(policy),
            until=shown(self.clock, *outcome.turn),
            gaps=gaps,
            reason=self._reason(policy, outcome, status),
            figures=self._figures(policy, outcome),
        )

    def traces(self, outcome: Outcome) -> list[Trace]:
        """The traces of the expressions that decided an outcome."""
        return [self._trace(verdict) for verdict in outcome.verdicts[:_MOST_ELEMENTS]]

    def _trace(self, verdict: Verdict) -> Trace:
        code = verdict.code
        values = dict(zip(code.names, verdict.values, strict=False))
        return code.checked.trace(self.clock, values, self.locate)

    def _disagreement(self, outcome: Outcome, traced: list[tuple[Verdict, Trace]]) -> str | None:
        """What to say where the two evaluators differ, which makes a result an error."""
        for verdict, trace in traced:
            told = _told(trace, _absent(outcome, verdict))
            is_list = told is None and trace.error is None
            if told is not verdict.status and not is_list:
                return (
                    f"the two evaluators disagree about `{verdict.code.text}` "
                    f"({verdict.status} and {told}); this is a bug in policyscan"
                )
        return None

    # --- where

    def locate(self, container: Any, key: str | int | None = None) -> tuple[str, Spot] | None:
        """The path and place of a value for the tracer; another document's path says whose it is."""
        if self.document.owns(container):
            return self.document.path_of(container, key), Spot(self.document, container, key)
        for other in self.context:
            if other.owns(container):
                path = other.path_of(container, key)
                return f"{other.kind.name}[{other.id}].{path}", Spot(other, container, key)
        return None

    def _span(self, outcome: Outcome, traced: list[tuple[Verdict, Trace]], gaps: tuple[Gap, ...]) -> Span:
        """The place to point at: the gap, the element that fails, the last value read, or the subject."""
        if gaps and gaps[0].span is not None:
            return gaps[0].span
        if traced:
            verdict, trace = traced[0]
            item = outcome.item
            if isinstance(item, Requirement) and item.each and len(verdict.values) > len(outcome.bound):
                span = self._object_span(verdict.values[-1])
                if span is not None:
                    return span
            span = self._read_span(trace)
            if span is not None:
                return span
        for value in reversed(outcome.bound):
            span = self._object_span(value)
            if span is not None:
                return span
        return self.document.tree.root_span()

    def _read_span(self, trace: Trace) -> Span | None:
        if isinstance(trace.error, cel.Absent):
            for _path, spot, *_ in trace.absent:
                if spot is not None:
                    return spot.span  # type: ignore[no-any-return]
        for witness in trace.witnesses:
            span = self._object_span(witness)
            if span is not None:
                return span
        for _path, _value, spot, *_ in reversed(trace.reads):
            if spot is not None:
                return spot.span  # type: ignore[no-any-return]
        return None

    def _object_span(self, value: Any) -> Span | None:
        if not isinstance(value, dict | list) or value is self.document.value:
            return None
        located = self.locate(value)
        return located[1].span if located else None

    # --- what

    def _evidence(self, traced: list[tuple[Verdict, Trace]]) -> tuple[Read, ...]:
        seen: dict[str, Read] = {}
        for _verdict, trace in traced:
            for path, value, spot, *_ in trace.reads:
                if path not in seen:
                    seen[path] = Read(path, self._json(value), spot.span if spot else None)
            for path, spot, *_ in trace.absent:
                if path not in seen:
                    seen[path] = Read(path, None, spot.span if spot else None)
        return tuple(seen.values())

    def _json(self, value: Any) -> Any:
        """A value read as JSON: objects by what identifies them, for they stand in the inventory."""
        if isinstance(value, dict):
            return self._named(value)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return [self._named(item) for item in value]
        return cel.to_json(value)

    def _named(self, value: Any) -> Any:
        key = self.document.key_of(value) if self.document.owns(value) else None
        if key is not None:
            return key
        located = self.locate(value)
        return located[0] if located is not None else cel.to_json(value)

    def _gaps(self, traced: list[tuple[Verdict, Trace]]) -> tuple[Gap, ...]:
        """What an unknown result lacks: what is missing, else what is known to be nothing."""
        found: dict[str, Gap] = {}
        for _verdict, trace in traced:
            for path, spot, *_ in trace.missing:
                if path not in found:
                    found[path] = self._gap(path, spot, None)
        if not found:
            for _verdict, trace in traced:
                for path, spot, *_ in trace.absent if trace.error is not None else ():
                    found[path] = self._gap(path, spot, "it is null")
        return tuple(found.values())

    def _gap(self, path: str, spot: Spot | None, reason: str | None) -> Gap:
        if spot is None:
            return Gap(path, path)
        generic = spot.document.generic_path(spot.container, spot.key)
        question = spot.document.kind.questions.get(generic)
        return Gap(path, generic, question, spot.span, reason or spot.reason)

    def _message(
        self, policy: Policy, outcome: Outcome, status: Status, traced: list[tuple[Verdict, Trace]],
        gaps: tuple[Gap, ...],
    ) -> str:  # fmt: skip
        item = outcome.item
        if status is Status.ERROR:
            error = traced[0][1].error if traced else None
            return f"cannot be evaluated: {error.message if error else 'unknown reason'}"
        if status is Status.NOT_APPLICABLE:
            return policy.not_applicable or _not_applicable(outcome, traced)
        if status is Status.UNKNOWN and gaps:
            more = f" (+{len(gaps) - 1} more)" if len(gaps) > 1 else ""
            return f"{gaps[0].path}: {gaps[0].reason}{more}"
        said = self._said(item, traced) if item is not None else None
        if said is None:
            said = _default_message(policy, outcome, traced)
        failing = sum(1 for verdict in outcome.verdicts if verdict.status is outcome.status)
        if isinstance(item, Requirement) and item.each and failing > 1:
            said = f"{said} (+{failing - 1} more)"
        return said

    def _said(self, item: Need | Requirement, traced: list[tuple[Verdict, Trace]]) -> str | None:
        message = item.say
        if message is None or not traced:
            return None
        verdict, trace = traced[0]
        if len(verdict.values) < len(item.that.names):
            return None  # there was no list, so no element to speak of
        values = (*verdict.values, trace.hits, trace.n)
        return "".join(
            part if isinstance(part, str) else self._rendered(part, values) for part in message.parts
        )

    def _rendered(self, code: Code, values: tuple[Any, ...]) -> str:
        """An expression of a message as text. Its own errors are words: a message is no verdict."""
        saved = self.clock.turn_day, self.clock.turn_instant
        try:
            value = code.program(self.clock, *values[: len(code.names)])
        except cel.Absent:
            return "none"
        except cel.EvalError:
            return "unknown"
        finally:
            self.clock.turn_day, self.clock.turn_instant = saved
        return cel.render(value)

    def _reason(self, policy: Policy, outcome: Outcome, status: Status) -> str | None:
        if status is Status.NOT_APPLICABLE:
            return policy.not_applicable or outcome.requirement
        if status is Status.UNKNOWN and isinstance(outcome.item, Need):
            return outcome.requirement
        return None

    def _figures(self, policy: Policy, outcome: Outcome) -> Mapping[str, Any]:
        if not policy.figures:
            return {}
        made: dict[str, Any] = {}
        for name, code in policy.figures:
            if len(code.names) > len(outcome.bound):
                continue
            try:
                made[name] = cel.to_json(code.program(self.clock, *outcome.bound[: len(code.names)]))
            except cel.EvalError:
                made[name] = None
        return made

    def _shown_parameters(self, policy: Policy) -> Mapping[str, Any]:
        shown_ = self._parameters.get(policy.info.id)
        if shown_ is None:
            shown_ = {name: cel.to_json(value) for name, value in policy.parameters.items()}
            self._parameters[policy.info.id] = shown_
        return shown_


def _absent(outcome: Outcome, verdict: Verdict) -> Status:
    """The status of an expression that stumbles over null: a requirement may fail on it, nothing else does."""
    item = outcome.item
    if not isinstance(item, Requirement) or item.absent_is_unknown or verdict.code is item.when:
        return Status.UNKNOWN
    return Status.FAIL


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


def _not_applicable(outcome: Outcome, traced: list[tuple[Verdict, Trace]]) -> str:
    if outcome.requirement == FOR_EACH and traced:
        return f"there is nothing in {traced[0][0].code.text}"
    return f"does not apply: {traced[0][0].code.text} is false" if traced else "does not apply"


def _default_message(policy: Policy, outcome: Outcome, traced: list[tuple[Verdict, Trace]]) -> str:
    """What a result says where its policy does not: the title, and the values that it rests on."""
    if outcome.requirement in (APPLIES, WHEN, FOR_EACH):
        return f"{policy.info.title}: {traced[0][0].code.text} is empty" if traced else policy.info.title
    reads = traced[0][1].reads if traced else ()
    values = [
        f"{path} is {cel.render(value)}" for path, value, *_ in reads if not isinstance(value, dict | list)
    ]
    return (
        f"{policy.info.title}: not met ({'; '.join(values[-3:])})"
        if values
        else f"{policy.info.title}: not met"
    )
