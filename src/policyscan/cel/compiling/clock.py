"""Comparisons with the clock.

In: a node of the checked form and the `Writer`. Out: lines of Python, and what its value is called.
"""

from __future__ import annotations

from typing import Final

from policyscan.cel import ir
from policyscan.cel.compiling.writer import Write, Writer
from policyscan.cel.values import DAY


def _clock(g: Writer, node: ir.ClockCmp) -> str:
    op, sign = node.op, node.sign
    if op in {"==", "!="}:
        return _clock_equal(g, node)
    day = node.unit == "day"
    turn = g.atom(_threshold(g, node, day))
    value = g.new("v")
    # Up to the threshold one outcome, after it the other, for good.
    before = (op in {"<", "<="}) == (sign == "+")
    clock, slot = ("clock.day", "clock.turn_day") if day else ("clock.instant", "clock.turn_instant")
    g.emit(f"if {clock} <= {turn}:")
    g.emit(f" {value} = {before}")
    g.emit(f" if {turn} < {slot}: {slot} = {turn} + 1")
    g.emit(f"else: {value} = {not before}")
    return value


def _clock_equal(g: Writer, node: ir.ClockCmp) -> str:
    x, y = g.strictly((node.left, node.right), raw=True)
    step = 1 if node.of == "date" else DAY
    text = f"clock_equal(clock, {x}, {y}, {1 if node.sign == '+' else -1}, {step})"
    return f"(not {text})" if node.op == "!=" else text


def _open(g: Writer, node: ir.ClockOpen) -> str:
    x, y, calendar = g.strictly((node.left, node.right, node.calendar), raw=True)
    return f"clock_open(clock, {calendar}, {x}, {y}, {node.op!r})"


def _threshold(g: Writer, node: ir.ClockCmp, day: bool) -> str:
    """The last day (instant) for which the comparison has the outcome that it has far in the past."""
    # Growing: `<=` and `>` change after meeting the bound, `<` and `>=` before. Shrinking: the reverse.
    early = node.op in ({"<", ">="} if node.sign == "+" else {">", "<="})
    known = _known_threshold(g, node, day, early)
    if known is not None:
        return known
    x, y = g.strictly((node.left, node.right), raw=True)
    gap = f"{y} - {x}" if node.sign == "+" else f"{x} - {y}"
    if early:
        gap += " - 1"
    clock = "clock.day" if day else "clock.instant"
    return f"{clock} + ({gap}) // {DAY}" if day and node.of != "date" else f"{clock} + {gap}"


def _known_threshold(g: Writer, node: ir.ClockCmp, day: bool, early: bool) -> str | None:
    """The threshold of the usual shapes without reading the clock: `today < x`, `today - x < d`."""
    moving = node.left
    if isinstance(moving, ir.Today | ir.Now):
        value = g.gen(node.right, raw=True)
        # Adding nothing makes null fail.
        return f"{value} - 1" if early else f"{value} + 0"
    if not isinstance(moving, ir.Call) or moving.name != "_-_" or node.of != "duration":
        return None
    grows = node.sign == "+"
    reading, fixed = moving.args if grows else reversed(moving.args)
    if not isinstance(reading, ir.Today | ir.Now):
        return None
    x, d = g.strictly((fixed, node.right), raw=True)
    length = _length(node.right, d, early, grows, day)
    return f"{x} + {length}" if grows else f"{x} - {length}"


def _length(limit: ir.Node, d: str, early: bool, grows: bool, day: bool) -> str:
    """The bound on an age or a time left, in days or ns, rounded to the last moment before the turn."""
    unit = DAY if day else 1
    less = 1 if early else 0
    if isinstance(limit, ir.Const):
        bound = int(limit.value)
        return str((bound - less) // unit if grows else -((-bound - less) // unit))
    minus = " - 1" if early else ""
    if unit == 1:
        return f"({d}{minus})" if grows else f"({d}{minus.replace('-', '+')})"
    return f"({d}{minus}) // {unit}" if grows else f"(-((-{d}{minus}) // {unit}))"


WRITERS: Final[dict[type[ir.Node], Write]] = {
    ir.ClockCmp: _clock,
    ir.ClockOpen: _open,
}
