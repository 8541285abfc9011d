"""Constants, variables, the clock's readings, and what is bound to a name.

In: a node of the checked form and the `Writer`. Out: lines of Python, and what its value is called.
"""

from __future__ import annotations

from typing import Final

from policyscan.cel import ir
from policyscan.cel.compiling.writer import Write, Writer
from policyscan.cel.costs import Kept, kept_by


def _const(g: Writer, node: ir.Const) -> str:
    return g.value(node.value)


def _arg(g: Writer, node: ir.Arg) -> str:
    return g.args[node.name]


def _local(g: Writer, node: ir.Local) -> str:
    name = g.names[node.slot]
    failed = g.failures.get(name)
    if failed is not None:
        g.emit(f"if {failed} is not None: raise {failed}")
    return name


def _today(_g: Writer, _node: ir.Today) -> str:
    return "clock.today"


def _now(_g: Writer, _node: ir.Now) -> str:
    return "clock.now"


def _fail(_g: Writer, node: ir.Fail) -> str:
    return f"fail({node.message!r})"


def _given(g: Writer, node: ir.Given) -> str:
    return f"given({g.gen(node.operand)})"


def _all_given(g: Writer, node: ir.AllGiven) -> str:
    return f"all_given({g.gen(node.operand)})"


def _rank(g: Writer, node: ir.Rank) -> str:
    return f"rank({node.values!r}, {g.gen(node.operand)})"


def _moves(g: Writer, node: ir.Moves) -> str:
    return f"moves(clock, {g.gen(node.operand)}, {node.how!r})"


def _lazy(g: Writer, node: ir.Lazy) -> str:
    key = f"${node.name}"
    name = g.find(key)
    if name is None:
        names, g.names = g.names, {}
        kept = kept_by(node.body) if g.strict else None
        name = _here(g, node) if kept is None else _once(g, node, kept)
        g.names = names
        g.known[-1][key] = name
    return name


def _here(g: Writer, node: ir.Lazy) -> str:
    value, name = g.gen(node.body), g.new()
    g.emit(f"{name} = {value}")
    return name


def _once(g: Writer, node: ir.Lazy, kept: Kept) -> str:
    """What is bound to a name and goes through lists: evaluated once of the same variables."""
    name, caught = g.new(), g.new("x")
    key, given = repr(kept.expression), [g.args[one] for one in kept.names]
    same = "".join(f" and {name}[{number}] is {one}" for number, one in enumerate(given))
    entry = f"memory[{key}] = ({''.join(f'{one}, ' for one in given)}"
    g.budget = g.memory = True
    g.emit(f"{name} = memory.get({key})")
    g.emit(f"if {name} is not None{same}:")
    g.emit(f" {name} = {name}[-1]")
    g.emit(f" if {name}.__class__ is Failed: {name}.again()")
    g.emit("else:")
    with g.block():
        g.emit("try:")
        g.blocks += 1
        with g.block():
            g.emit(f"{name} = {g.gen(node.body)}")
            g.emit(f"{entry}{name},)")
        g.blocks -= 1
        g.emit(f"except ERRORS as {caught}:")
        g.emit(f" {entry}Failed({caught}),)")
        g.emit(" raise")
    return name


def _let(g: Writer, node: ir.Let) -> str:
    name = g.new("b")
    if ir.BOUND in node.slot and g.raises(node.init):
        # Nothing is wrong as long as nothing needs it.
        failed = g.failures[name] = g.new("e")
        g.emit(f"{name} = {failed} = None")
        g.tried(node.init, name, failed)
    else:
        g.emit(f"{name} = {g.gen(node.init)}")
    g.names = {**g.names, node.slot: name}
    return g.gen(node.body)


WRITERS: Final[dict[type[ir.Node], Write]] = {
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
