"""Comparisons with the clock.

In: a node of the checked form and the `Builder`. Out: a function of a frame that gives its value and logs
what it read.
"""

from __future__ import annotations

from typing import Any, Final

from policyscan.cel import ir, runtime
from policyscan.cel.clock import Clock
from policyscan.cel.tracing.builder import Build, Builder, Run
from policyscan.cel.tracing.trace import Frame, note_absent, present
from policyscan.cel.values import DAY


def _clock(t: Builder, node: ir.ClockCmp) -> Run:
    op, unit = node.op, node.unit
    given = t.all((node.left, node.right))
    step = DAY if unit == "day" and node.of != "date" else 1
    way = 1 if node.sign == "+" else -1

    def run(frame: Frame) -> Any:
        x, y = given(frame)
        if op in {"==", "!="}:
            return runtime.clock_equal(frame.clock, x, y, way, step) is (op == "==")
        if x is None or y is None:
            note_absent(frame)
            runtime.no_value()
        return _turning(frame.clock, op, int(x), int(y), way, step, unit)

    return run


def _turning(clock: Clock, op: str, a: int, b: int, way: int, step: int, unit: str) -> bool:
    """`a op b` where `a` moves by `way * step` a tick; tells the clock when that turns.

    Ticks are days, or nanoseconds.
    """
    gap = (b - a) * way
    if op in ({"<", ">="} if way > 0 else {">", "<="}):
        gap -= 1
    ticks = gap // step
    if ticks >= 0:
        if unit == "day":
            clock.turn_day = min(clock.turn_day, clock.day + ticks + 1)
        else:
            clock.turn_instant = min(clock.turn_instant, clock.instant + ticks + 1)
    return (ticks >= 0) is ((op in {"<", "<="}) == (way > 0))


def _open(t: Builder, node: ir.ClockOpen) -> Run:
    op, given = node.op, t.all((node.left, node.right, node.calendar))
    return lambda frame: _open_turn(frame, op, *given(frame))


def _open_turn(frame: Frame, op: str, a: Any, b: Any, calendar: Any) -> bool:
    present(frame, a)
    present(frame, b)
    return runtime.clock_open(frame.clock, calendar, a, b, op)


BUILDERS: Final[dict[type[ir.Node], Build]] = {
    ir.ClockCmp: _clock,
    ir.ClockOpen: _open,
}
