"""Constants, variables, the clock's readings, and what is bound to a name.

In: a parsed node and the `Checker` (`state`). Out: a node of the checked form with its type; mistakes are
noted at their places.
"""

from __future__ import annotations

from typing import Final

from policyscan.cel import ir
from policyscan.cel.ast import Bind, Ident, Literal, Node
from policyscan.cel.checking.state import TYPE_NAMES, Checker
from policyscan.cel.ir import Out
from policyscan.cel.spelling import nearest
from policyscan.cel.types import BOOL, BYTES, DATE, DOUBLE, INT, NULL, STRING, TIMESTAMP, TYPE, UINT, Type
from policyscan.cel.values import TypeValue, UInt

_LITERAL_TYPES: Final[dict[type, Type]] = {
    type(None): NULL,
    bool: BOOL,
    int: INT,
    UInt: UINT,
    float: DOUBLE,
    str: STRING,
    bytes: BYTES,
}


def literal(_c: Checker, node: Literal) -> Out:
    value = node.value
    return Out(ir.Const(node.start, node.end, value), _LITERAL_TYPES[type(value)])


def ident(c: Checker, node: Ident) -> Out:
    if not node.absolute:
        local = c.locals.get(node.name)
        if local is not None:
            made = ir.Local(node.start, node.end, local.slot)
            return c.narrowed(Out(made, local.type, local.moves), node)
    found = named(c, node, node.name)
    if found is not None:
        return c.narrowed(found, node)
    return _unknown_name(c, node)


def named(c: Checker, node: Node, name: str) -> Out | None:
    """The variable, bound expression, constant, clock reading or type of this name."""
    env, start, end = c.env, node.start, node.end
    if name in env.bound:
        return _bound(c, node, name)
    if name in env.constants:
        t, value = env.constants[name]
        return Out(ir.Const(start, end, value), t)
    if name in ("today", "now") and env.dialect.clock and name not in env.variables:
        c.clock = True
        if name == "today":
            return Out(ir.Today(start, end), DATE, "day+")
        return Out(ir.Now(start, end), TIMESTAMP, "ns+")
    if name in env.variables:
        c.names[name] = None
        return Out(ir.Arg(start, end, name), env.variables[name])
    if name in TYPE_NAMES:
        return Out(ir.Const(start, end, TypeValue(TYPE_NAMES[name])), TYPE)
    return None


def _bound(c: Checker, node: Node, name: str) -> Out:
    bound = c.env.bound[name]
    c.size += bound.size
    c.check_size(node)
    c.clock = c.clock or bound.clock
    c.names.update(dict.fromkeys(bound.names))
    c.reads |= bound.reads
    made = ir.Lazy(node.start, node.end, name, bound.source, bound.inner)
    return Out(made, bound.type, bound.moves)


def _unknown_name(c: Checker, node: Ident) -> Out:
    from policyscan.cel.hints import FOREIGN_NAMES

    known = [*c.locals, *c.env.bound, *c.env.constants, *c.env.variables]
    if c.env.dialect.clock:
        known += ["today", "now"]
    near = nearest(node.name, known)
    hint = f"did you mean {near!r}?" if near else FOREIGN_NAMES.get(node.name)
    if hint is None and known:
        hint = f'known here: {", ".join(sorted(known))}; a text stands in quotes: "{node.name}"'
    return c.error(node, f"unknown variable {node.name!r}", hint)


def bind(c: Checker, node: Bind) -> Out:
    init = c.expr(node.init)
    local = c.local(node.var.name, init.type, init.moves, ir.BOUND)
    body = c.scoped({node.var.name: local}, node.body)
    return Out(ir.Let(node.start, node.end, local.slot, init.ir, body.ir), body.type, body.moves)
