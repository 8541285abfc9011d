"""Equality, order and `in`.

In: a node of the checked form and the `Writer`. Out: lines of Python, and what its value is called.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import ge, gt, le, lt
from typing import Any, Final

from policyscan.cel import ir
from policyscan.cel.budget import SMALL
from policyscan.cel.compiling.macros import tally
from policyscan.cel.compiling.writer import LITERALS, Write, Writer, brief

_MANY: Final = 8
"""Constants that are looked up rather than compared one by one."""
_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


def _eq(g: Writer, node: ir.Eq) -> str:
    negate, kind = node.negate, node.kind
    if kind == "null":
        return _is_null(g, node, negate)
    a, b = g.strictly((node.left, node.right), raw=kind == "plain")
    if kind == "plain":
        if g.loops and _may_be_long(node.left) and _may_be_long(node.right):
            return _texts_equal(g.atom(a), g.atom(b), negate)
        return f"({a} {'!=' if negate else '=='} {b})"
    if kind == "ref":
        a, b = g.atom(a), g.atom(b)
        objects = f"{a}.__class__ is dict and {b}.__class__ is dict"
        text = f"({a} is {b} or not ({objects}) and same({a}, {b}))"
    else:
        text = f"equals({a}, {b})"
    return f"(not {text})" if negate else text


def _may_be_long(node: ir.Node) -> bool:
    """Whether comparing a value may take work: what stands in the expression itself is short."""
    return not isinstance(node, ir.Const)


def _texts_equal(a: str, b: str, negate: bool) -> str:
    """An equality of what may be long texts, in a loop: comparing those takes work."""
    text = f"({a} == {b} if {brief(a)} else same_text({a}, {b}))"
    return f"(not {text})" if negate else text


def _has_key(g: Writer, node: ir.HasKey) -> str:
    a, b = g.strictly((node.left, node.right))
    text = f"has_key({a}, {node.path!r}, {b})"
    return f"(not {text})" if node.negate else text


def _is_null(g: Writer, node: ir.Eq, negate: bool) -> str:
    literal = isinstance(node.left, ir.Const) and node.left.value is None
    other = node.right if literal else node.left
    return f"({g.gen(other)} is {'not ' if negate else ''}None)"


def _cmp(g: Writer, node: ir.Cmp) -> str:
    op, kind = node.op, node.kind
    a, b = g.strictly((node.left, node.right), raw=kind == "plain")
    if kind == "plain":
        if g.loops and _may_be_long(node.left) and _may_be_long(node.right):
            a, b = g.atom(a), g.atom(b)
            return f"({a} {op} {b} if ({a}).__class__ is not str else compare({op!r}, {a}, {b}))"
        return f"({a} {op} {b})"
    return f"{'compare' if g.strict else 'compare_core'}({op!r}, {a}, {b})"


def _by_rank(g: Writer, node: ir.RankCmp) -> str:
    values = node.values
    left, right = node.left, node.right
    a, b = g.strictly((left, right))
    if isinstance(right, ir.Const) and not isinstance(left, ir.Const) and not node.null:
        high = [v for v in values if _COMPARE[node.op](values.index(v), values.index(right.value))]
        return f"({a} in {tuple(high)!r})"
    parts = []
    for part, text in ((left, a), (right, b)):
        if isinstance(part, ir.Const):
            parts.append(str(values.index(part.value)))
        else:
            parts.append(f"rank({values!r}, {text})")
    return f"({parts[0]} {node.op} {parts[1]})"


def _bounds(g: Writer, node: ir.Bounds) -> str:
    op, loop, limit = node.op, node.loop, node.limit
    bound = g.atom(g.gen(limit))
    hits, unsure, error, _ = tally(g, loop)
    return f"within_bounds({op!r}, {hits}, {hits} + {unsure}, {bound}, {error})"


def _in(g: Writer, node: ir.In) -> str:
    value, items, kind = node.value, node.items, node.kind
    if kind == "plain" and isinstance(items, ir.Const) and all(type(v) in LITERALS for v in items.value):
        # An enum's or text's value; null is in no list of them.
        if len(items.value) > _MANY and len({type(v) for v in items.value} | {str, int}) == 2:
            # Python makes a set of them once.
            return f"({g.gen(value)} in {{{', '.join(map(repr, items.value))}}})"
        return f"({g.gen(value)} in {tuple(items.value)!r})"
    a, b = g.strictly((value, items))
    if kind == "plain":
        # In this order: the second may use what the first puts into a variable.
        a, b = g.atom(a), g.atom(b)
        if g.loops and _may_be_long(value):
            return f"({a} in {b} if len({b}) < {SMALL} and {brief(a)} else member({a}, {b}))"
        return f"({a} in {b} if len({b}) < {SMALL} else member({a}, {b}))"
    if kind == "ref":
        return f"among({a}, {b})"
    if kind == "keys":
        return f"has_entry({a}, {b})"
    return f"inside({a}, {b})" if g.strict else f"contains({b}, {a})"


WRITERS: Final[dict[type[ir.Node], Write]] = {
    ir.Eq: _eq,
    ir.HasKey: _has_key,
    ir.Cmp: _cmp,
    ir.RankCmp: _by_rank,
    ir.Bounds: _bounds,
    ir.In: _in,
}
