"""Calls of functions and definitions.

In: a node of the checked form and the `Writer`. Out: lines of Python, and what its value is called.
"""

from __future__ import annotations

from typing import Final

from policyscan.cel import ir, registry
from policyscan.cel.compiling.writer import Write, Writer
from policyscan.cel.values import DAY, LAST_DAY

_ALIASES: Final = (ir.Const, ir.Today, ir.Now, ir.Arg)
"""Arguments of a definition that its body may as well name itself."""


def _call(g: Writer, node: ir.Call) -> str:
    return _called(g, node, raw=False)


def _raw_call(g: Writer, node: ir.Call) -> str:
    return _shifted_date(g, node) or _called(g, node, raw=True)


def _called(g: Writer, node: ir.Call, *, raw: bool) -> str:
    function = registry.function(node.name)
    assert function is not None
    overload = function.overloads[node.overload]
    if node.name == "within" and not node.moving:
        limit = node.args[1]
        if isinstance(limit, ir.Const) and limit.value >= 0:
            return _within(g, node, int(limit.value) // DAY)
    template = (overload.raw if raw else None) or overload.inline
    nulls = node.nulls
    # Python's own operators raise TypeError for None, which is what absent is here.
    natural = template is not None and function.name.endswith("_")
    # What is given back as it is must be the value itself, not the int that stands for it.
    values = g.strictly(node.args, raw=raw and template is not None)
    if nulls and not natural:
        # All operands come first: one of them may be worse than absent.
        values = [g.atom(v) for v in values] if len(values) > 1 else values
        values = [f"given({v})" if i in nulls else v for i, v in enumerate(values)]
    if template is None:
        return _plain_call(g, node, overload, values)
    if any(template.count(f"{{{i}}}") > 1 for i in range(len(values))):
        values = [g.atom(value) for value in values]
    named = {"f": g.constant("f", node.name, node.overload, "impl")} if "{f}" in template else {}
    if "{t}" in template:
        named["t"] = g.new()
    return template.format(*values, **named)


def _plain_call(g: Writer, node: ir.Call, overload: registry.Overload, values: list[str]) -> str:
    if node.moving:
        name = g.constant("f", node.name, node.overload, "moving")
        return f"{name}(clock, {node.moving!r}, {', '.join(values)})"
    name = g.constant("f", node.name, node.overload, "impl")
    return f"{name}({', '.join(['clock', *values] if overload.clock else values)})"


def _within(g: Writer, node: ir.Call, days: int) -> str:
    """`within(x, 14d)` without a call; null fails the first addition."""
    day = g.gen(node.args[0], raw=True)
    if node.overload:
        day = f"clock.day_of({day})"
    day, last, value = g.atom(day), g.new(), g.new("v")
    g.emit(f"{last} = {day} + {days}")
    g.emit(f"if {day} <= clock.day <= {last}:")
    g.emit(f" {value} = True")
    g.emit(f" if {last} < clock.turn_day: clock.turn_day = {last} + 1")
    g.emit("else:")
    g.emit(f" {value} = False")
    g.emit(f" if clock.day < {day} < clock.turn_day: clock.turn_day = {day} + 0")
    return value


def _shifted_date(g: Writer, node: ir.Call) -> str | None:
    """A date moved by a constant number of days, as an int."""
    moved = node.args[1] if node.name in ("_+_", "_-_") else None
    if not isinstance(moved, ir.Const):
        return None
    days = _constant_days(node, moved)
    if days is None:
        return None
    name, t = g.constant("f", node.name, node.overload, "impl"), g.new()
    date = g.atom(g.gen(node.args[0], raw=True))
    length = g.constant("v", moved.value)
    sign = node.name[1]
    return f"({t} if 1 <= ({t} := {date} {sign} {days}) <= {LAST_DAY} else {name}({date}, {length}))"


def _dispatch(g: Writer, node: ir.Dispatch) -> str:
    values = g.strictly(node.args)
    name = g.constant("d", node.name, node.member, g.strict)
    return f"{name}({', '.join(['clock', *values])})"


def _host(g: Writer, node: ir.HostCall) -> str:
    values = g.strictly(node.args)
    return f"ask({', '.join(['clock', repr(node.name), repr(node.kinds), *values])})"


def _def(g: Writer, node: ir.Def) -> str:
    values = g.strictly(node.inits)
    plain = {
        slot: init for slot, init in zip(node.slots, node.inits, strict=True) if isinstance(init, _ALIASES)
    }
    body = ir.replaced(node.body, plain) if plain else node.body
    # What a node may raise is remembered by identity: new ones have to stay.
    g.made.append(body)
    names = g.names
    g.names = {s: g.atom(v) for s, v in zip(node.slots, values, strict=True) if s not in plain}
    value = g.gen(body)
    g.names = names
    return value


def _constant_days(node: ir.Call, moved: ir.Const) -> int | None:
    """The days by which `date ± duration` moves, where they are constant and whole."""
    if node.nulls:
        return None
    function = registry.function(node.name)
    assert function is not None
    result = function.overloads[node.overload]
    if str(result.result) != "date" or str(result.params[0]) != "date":
        return None
    days, rest = divmod(int(moved.value), DAY)
    return None if rest else days


WRITERS: Final[dict[type[ir.Node], Write]] = {
    ir.Call: _call,
    ir.Dispatch: _dispatch,
    ir.HostCall: _host,
    ir.Def: _def,
}
"""How each node becomes Python."""
RAW_WRITERS: Final[dict[type[ir.Node], Write]] = {ir.Call: _raw_call}
"""How it does where a plain int may stand for a date, timestamp or duration."""
