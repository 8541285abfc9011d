"""Comparisons with the clock.

In: a comparison and its checked sides. Out: a node of the checked form that knows when it turns; mistakes
are noted at their places.

A value *moves* when it follows the clock: `today`, `now`, these moved by a
duration, or the time between them and something fixed. A moving value may only be compared with a fixed one,
because then the moment at which the comparison turns can be computed. `Out.moves` says how:

    day+ day-   one day forward (back) at each midnight of the clock's zone
    ns+ ns-     with the instant
    open+       forward while a calendar is open, as `elapsed(…, now)` does
    shape       a list or interval whose function tells the clock itself when it changes

The comparison is turned so that the moving side stands left.
"""

from __future__ import annotations

from typing import Final

from policyscan.cel import ir
from policyscan.cel.ast import Call
from policyscan.cel.checking.messages import an, order_hint
from policyscan.cel.checking.state import Checker
from policyscan.cel.ir import Out
from policyscan.cel.types import BOOL, DYN, Nullable, non_null

FLIPPED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
"""Each comparison with its sides exchanged."""


def compare(c: Checker, node: Call, op: str, a: Out, b: Out) -> Out:
    """A comparison of which a side follows the clock."""
    if a.moves and b.moves:
        hint = "compare what is fixed with what is fixed, or with today or now on one side only"
        return c.error(node, "both sides follow the clock", hint)
    written = f"{an(a.type)} {op} {an(b.type)}"
    if b.moves:
        a, b, op = b, a, FLIPPED[op]
    left, right = non_null(a.type), non_null(b.type)
    if right not in (left, DYN):
        return c.error(node, f"{written} has no meaning", order_hint(left, right))
    if op == "!=" and isinstance(b.type, Nullable):
        c.null_problem(node, node.args[1] if b.ir.start == node.args[1].start else node.args[0])
    if a.moves == "shape":
        hint = "ask whether there is any, or compare with today or now"
        return c.error(node, "when this comparison turns cannot be computed", hint)
    if op in {"==", "!="} and (a.moves == "open+" or (a.moves[:2] == "ns" and c.strict)):
        return c.error(node, "an instant is never met exactly", "compare with <= or >=")
    unit, sign = a.moves[:-1], a.moves[-1]
    if unit == "open":
        return _open(c, node, op, a, b)
    return Out(ir.ClockCmp(node.start, node.end, op, sign, unit, a.ir, b.ir, str(left)), BOOL)


def _open(c: Checker, node: Call, op: str, a: Out, b: Out) -> Out:
    """A comparison of `elapsed(calendar, …, now)`, written in it: its calendar tells when that turns."""
    if not isinstance(a.ir, ir.Call):
        hint = "write elapsed(…) in the comparison itself"
        return c.error(node, "when this comparison turns cannot be computed", hint)
    return Out(ir.ClockOpen(node.start, node.end, op, a.ir, b.ir, a.ir.args[0]), BOOL)
