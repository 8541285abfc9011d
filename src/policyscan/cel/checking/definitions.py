"""Definitions: functions written in the language, whose bodies are put where they are called.

In: a parsed node and the `Checker` (`state`). Out: a node of the checked form with its type; mistakes are
noted at their places.
"""

from __future__ import annotations

from policyscan.cel import ir
from policyscan.cel.ast import Call
from policyscan.cel.checking.messages import an
from policyscan.cel.checking.state import Checker, too_deep
from policyscan.cel.environment import Body, Definition
from policyscan.cel.errors import CelError, CelErrors
from policyscan.cel.ir import Out
from policyscan.cel.relations import assignable, may_be_null
from policyscan.cel.types import Nullable, non_null


def call(c: Checker, node: Call, definition: Definition) -> Out:
    """A call of a definition: its body, with its arguments."""
    args = [c.expr(arg) for arg in node.args]
    if len(args) != len(definition.params):
        count = len(definition.params)
        return c.error(node, f"{definition.name}() takes {count} argument{'s' * (count != 1)}")
    for (name, t), arg, out in zip(definition.params, node.args, args, strict=True):
        if not assignable(non_null(out.type) if not may_be_null(t) else out.type, t):
            c.error(arg, f"{definition.name}() takes {an(t)} as {name}, not {an(out.type)}")
            return Out(ir.Fail(node.start, node.end, ""), definition.result)
    return _inlined(c, node, definition, args)


def _inlined(c: Checker, node: Call, definition: Definition, args: list[Out]) -> Out:
    inner = _checked_once(c, definition, tuple(out.moves for out in args))
    if isinstance(inner, str):
        return c.error(node, inner)
    c.size += inner.size
    c.clock = c.clock or inner.clock
    c.reads |= inner.reads
    if inner.absence:
        c.verdict(node)
    slots = tuple(f"p:{name}" for name, _ in definition.params)
    inits = tuple(
        ir.Given(out.ir.start, out.ir.end, out.ir)
        if isinstance(out.type, Nullable) and not may_be_null(t)
        else out.ir
        for (_, t), out in zip(definition.params, args, strict=True)
    )
    made = ir.Def(node.start, node.end, definition.name, definition.source, slots, inits, inner.ir)
    c.check_size(node)
    return Out(made, definition.result, inner.moves)


def _checked_once(c: Checker, definition: Definition, moves: tuple[str, ...]) -> Body | str:
    """The body of a definition for arguments that move so; a message where it cannot be used so."""
    key = (definition.name, moves)
    found = c.env.bodies.get(key)
    if found is None:
        made = body(c, definition, moves)
        found = made if isinstance(made, Body) else f"in {definition.name}(): {made.errors[0].message}"
        c.env.bodies[key] = found
    return found


def body(c: Checker, definition: Definition, moves: tuple[str, ...]) -> Body | CelErrors:
    """The checked body of a definition, or what is wrong with it at offsets in its own source."""
    opened = c.env.opened
    if definition.name in opened:
        circle = " calls ".join([*opened[opened.index(definition.name) :], definition.name])
        return CelErrors([CelError(f"a definition must not call itself: {circle}")])
    opened.append(definition.name)
    try:
        return _body(c.within(definition.source), definition, moves)
    except CelErrors as errors:
        return errors
    except RecursionError:
        return CelErrors([too_deep(definition.source)])
    finally:
        opened.pop()


def _body(c: Checker, definition: Definition, moves: tuple[str, ...]) -> Body | CelErrors:
    node = c.env.parse(definition.source)
    c.open_scope(definition.params, moves)
    out = c.check(node, definition.result)
    if c.errors:
        return CelErrors(c.errors)
    return Body(out.ir, c.size, c.clock, out.moves, bool(c.absence), frozenset(c.reads))
