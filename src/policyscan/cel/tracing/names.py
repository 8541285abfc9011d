"""Constants, variables, the clock's readings, and what is bound to a name.

In: a node of the checked form and the `Builder`. Out: a function of a frame that gives its value and logs
what it read.
"""

from __future__ import annotations

from operator import is_
from typing import Any, Final

from policyscan.cel import budget, ir, runtime
from policyscan.cel.costs import Kept, kept_by
from policyscan.cel.errors import Absent, EvalError, ExhaustedError, Fault
from policyscan.cel.tracing.builder import Build, Builder, Run
from policyscan.cel.tracing.trace import Frame, Notes, present
from policyscan.records import NamedTuple


def _const(_t: Builder, node: ir.Const) -> Run:
    value = node.value
    return lambda _frame: value


def _arg(_t: Builder, node: ir.Arg) -> Run:
    name = node.name
    return lambda frame: frame.args[name]


def _local(t: Builder, node: ir.Local) -> Run:
    number = t.names[node.slot]
    if ir.BOUND not in node.slot:
        return lambda frame: frame.slots[number]

    def run(frame: Frame) -> Any:
        value = frame.slots[number]
        if type(value) is _Failed:
            raise value.error
        return value

    return run


def _today(_t: Builder, _node: ir.Today) -> Run:
    return lambda frame: frame.clock.today


def _now(_t: Builder, _node: ir.Now) -> Run:
    return lambda frame: frame.clock.now


def _fail(_t: Builder, node: ir.Fail) -> Run:
    message = node.message

    def run(_frame: Frame) -> Any:
        raise Fault(message)

    return run


def _given(t: Builder, node: ir.Given) -> Run:
    inner = t.build(node.operand)
    return lambda frame: present(frame, inner(frame))


def _all_given(t: Builder, node: ir.AllGiven) -> Run:
    inner = t.build(node.operand)

    def run(frame: Frame) -> Any:
        before = len(frame.reads)
        items = present(frame, inner(frame))
        try:
            return runtime.all_given(items)
        except Absent:
            frame.absent.extend((base, key) for base, key, value in frame.reads[before:] if value is None)
            raise

    return run


def _rank(t: Builder, node: ir.Rank) -> Run:
    inner, values = t.build(node.operand), node.values
    return lambda frame: runtime.rank(values, present(frame, inner(frame)))


def _moves(t: Builder, node: ir.Moves) -> Run:
    inner, how = t.build(node.operand), node.how
    return lambda frame: runtime.moves(frame.clock, inner(frame), how)


def _lazy(t: Builder, node: ir.Lazy) -> Run:
    name = node.name
    inner = t.elsewhere(node.source, {}, node.body)
    kept = kept_by(node.body) if t.strict and not t.tree else None
    run = inner if kept is None else _remembered(inner, kept)

    def once(frame: Frame) -> Any:
        known = frame.lazy
        if name not in known:
            try:
                known[name] = run(frame), None
            except EvalError as error:
                error.__traceback__ = None
                known[name] = None, error
        value, failed = known[name]
        if failed is not None:
            raise failed
        return value

    return once


class _Known(NamedTuple):
    """What evaluating a bound expression came to: its variables, its value or error, and what it noted."""

    given: tuple[Any, ...]
    value: Any
    error: EvalError | None
    notes: Notes


def _remembered(inner: Run, kept: Kept) -> Run:
    """What looks an expression up, if it was evaluated of the same variables, and notes what that noted."""

    def run(frame: Frame) -> Any:
        key = "trace", kept.expression, frame.loops > 0
        given = tuple([frame.args[name] for name in kept.names])
        memory = budget.remembered()
        known: _Known | None = memory.get(key)
        if known is None or not all(map(is_, known.given, given)):
            known = memory[key] = _evaluated(inner, frame, given)
        frame.note(known.notes)
        if known.error is not None:
            raise runtime.outcome(known.error)
        return known.value

    return run


def _evaluated(inner: Run, frame: Frame, given: tuple[Any, ...]) -> _Known:
    before = frame.apart()
    try:
        return _Known(given, inner(frame), None, frame.apart(before))
    except EvalError as error:
        return _Known(given, None, runtime.outcome(error), frame.apart(before))
    except ExhaustedError:
        frame.note(frame.apart(before))
        raise


class _Failed:
    """The place of a value that could not be had; using it fails as having it did."""

    __slots__ = ("error",)

    def __init__(self, error: EvalError) -> None:
        error.__traceback__ = error.__context__ = None
        self.error = error


def _let(t: Builder, node: ir.Let) -> Run:
    init = t.build(node.init)
    lazy = ir.BOUND in node.slot
    before = t.names
    number = t.slot(node.slot)
    body = t.build(node.body)
    t.names = before

    def run(frame: Frame) -> Any:
        try:
            frame.slots[number] = init(frame)
        except EvalError as error:
            if not lazy:
                raise
            frame.slots[number] = _Failed(error)
        return body(frame)

    return run


BUILDERS: Final[dict[type[ir.Node], Build]] = {
    ir.Const: _const,
    ir.Arg: _arg,
    ir.Local: _local,
    ir.Today: _today,
    ir.Now: _now,
    ir.Fail: _fail,
    ir.Given: _given,
    ir.AllGiven: _all_given,
    ir.Rank: _rank,
    ir.Moves: _moves,
    ir.Lazy: _lazy,
    ir.Let: _let,
}
