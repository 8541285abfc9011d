"""List and map literals.

In: a parsed node and the `Checker` (`state`). Out: a node of the checked form with its type; mistakes are
noted at their places.
"""

from __future__ import annotations

from policyscan.cel import ir
from policyscan.cel.ast import ListExpr, MapExpr
from policyscan.cel.checking.state import Checker
from policyscan.cel.ir import Out
from policyscan.cel.relations import join
from policyscan.cel.types import NEVER, List, Map, Optional, Type


def list_literal(c: Checker, node: ListExpr) -> Out:
    outs = [c.expr(item) for item in node.items]
    for item, out in zip(node.items, outs, strict=True):
        if out.moves != "shape":
            c.still(item, out)
    elem: Type = NEVER
    for out, optional in zip(outs, node.optional, strict=True):
        elem = join(elem, _unwrapped(out.type) if optional else out.type)
    values = [out.ir.value for out in outs if isinstance(out.ir, ir.Const)]
    if values and len(values) == len(outs) and not any(node.optional):
        return Out(ir.Const(node.start, node.end, values), List(elem))
    made = ir.ListOf(node.start, node.end, tuple(out.ir for out in outs), node.optional)
    return Out(made, List(elem), "shape" if any(out.moves for out in outs) else "")


def map_literal(c: Checker, node: MapExpr) -> Out:
    key: Type = NEVER
    value: Type = NEVER
    entries = []
    for (k, v), optional in zip(node.entries, node.optional, strict=True):
        a, b = c.expr(k), c.expr(v)
        c.still(k, a)
        c.still(v, b)
        key = join(key, a.type)
        value = join(value, _unwrapped(b.type) if optional else b.type)
        entries.append((a.ir, b.ir))
    return Out(ir.MapOf(node.start, node.end, tuple(entries), node.optional), Map(key, value, whole=True))


def _unwrapped(t: Type) -> Type:
    return t.elem if isinstance(t, Optional) else t
