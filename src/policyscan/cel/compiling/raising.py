"""Which kinds of error a node may end in, so that compiled code guards no more than it needs to.

In: a node of the checked form. Out: the kinds of error that it may raise itself, as bits; and whether an
error of one operand may be outranked by that of a later one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from policyscan.cel import ir, registry
from policyscan.cel.types import MONEY

ABSENT: Final = 1
MISSING: Final = 2
FAULT: Final = 4
_ANY: Final = ABSENT | MISSING | FAULT


def raised_by(node: ir.Node) -> int:
    """The kinds of error, as bits, that a node itself may raise, apart from those of what is within it."""
    return _OWN[type(node)](node)


def outranks(kinds: Sequence[int]) -> bool:
    """Whether an error of one operand could be outranked by one of a later operand."""
    least = _NOTHING_RAISED
    for raised in kinds:
        if least < raised.bit_length():
            return True
        if raised:
            least = min(least, (raised & -raised).bit_length())
    return False


_NOTHING_RAISED: Final = 4  # above the rank of every error


def _call(node: ir.Call) -> int:
    function = registry.function(node.name)
    assert function is not None
    own = ABSENT if node.nulls else 0
    overload = function.overloads[node.overload]
    if overload.total:
        return own
    # Arithmetic overflows; with money, an exchange rate may be missing too.
    arithmetic = function.name.endswith("_") and MONEY not in overload.params
    return own | (FAULT if arithmetic else _ANY)


def _flags(*conditions: ir.Condition) -> int:
    flags = [flag for _, flag in conditions]
    return (FAULT | ABSENT if "d" in flags else 0) | (ABSENT if "n" in flags else 0)


def _select(node: ir.Select) -> int:
    if node.dyn:
        return _ANY
    return MISSING if isinstance(node.operand, ir.Arg) else MISSING | ABSENT


def _always(kinds: int) -> Callable[[Any], int]:
    return lambda _node: kinds


_NOTHING: Final = (ir.Const, ir.Arg, ir.Today, ir.Now, ir.Lazy, ir.Let, ir.Def, ir.Moves)
_ANYTHING: Final = (
    ir.Has, ir.OptSelect, ir.Index, ir.OptIndex, ir.Dispatch, ir.HostCall, ir.HasKey, ir.Cmp, ir.RankCmp,
    ir.Bounds, ir.ClockCmp, ir.ClockOpen, ir.In, ir.Loop,
)  # fmt: skip
_OWN: Final[dict[type[ir.Node], Callable[[Any], int]]] = {
    **dict.fromkeys(_NOTHING, _always(0)),
    **dict.fromkeys(_ANYTHING, _always(_ANY)),
    **dict.fromkeys((ir.Given, ir.AllGiven, ir.Rank), _always(ABSENT)),
    **dict.fromkeys((ir.Fail, ir.MapOf, ir.OptMap, ir.OptOr), _always(FAULT)),
    ir.Local: lambda node: _ANY if ir.BOUND in node.slot else 0,
    ir.And: lambda node: _flags(node.left, node.right),
    ir.Or: lambda node: _flags(node.left, node.right),
    ir.Not: lambda node: _flags(node.operand),
    ir.Cond: lambda node: _flags(node.test),
    ir.Select: _select,
    ir.Call: _call,
    ir.Eq: lambda node: 0 if node.kind in ("plain", "null") else _ANY,
    ir.ListOf: lambda node: FAULT if any(node.optional) else 0,
}
