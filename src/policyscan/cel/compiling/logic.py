"""`&&`, `||`, `!` and the conditional.

In: a node of the checked form and the `Writer`. Out: lines of Python, and what its value is called.
"""

from __future__ import annotations

from typing import Final

from policyscan.cel import ir
from policyscan.cel.compiling.writer import Write, Writer

_CHAIN: Final = 12
"""Operands of one `&&` or `||` that are written within each other."""


def _and(g: Writer, node: ir.And) -> str:
    return _logic(g, "and", _flattened(ir.And, node))


def _or(g: Writer, node: ir.Or) -> str:
    return _logic(g, "or", _flattened(ir.Or, node))


def _logic(g: Writer, op: str, operands: list[ir.Condition]) -> str:
    value = g.new("v")
    go_on = "True" if op == "and" else "False"
    risky = [bool(g.raises(node)) or bool(flag) for node, flag in operands]
    error = g.new("e") if any(risky[:-1]) else ""
    if error:
        g.emit(f"{error} = None")
    flat = len(operands) > _CHAIN
    before = g.indent, len(g.known)
    if flat:
        g.emit("while True:")
        g.indent += 1
        g.blocks += 1
        g.known.append({})
    for number, (node, flag) in enumerate(operands):
        if risky[number] and error:
            g.tried(node, value, error, otherwise=f"{value} = {go_on}", flag=flag)
        else:
            g.emit(f"{value} = {g.condition(node, flag)}")
        if flat:
            g.emit(f"if {'not ' if op == 'and' else ''}{value}: break")
        elif number + 1 < len(operands):
            g.emit(f"if {value}:" if op == "and" else f"if not {value}:")
            g.indent += 1
            g.known.append({})
    if flat:
        g.emit("break")
        g.blocks -= 1
    g.indent = before[0]
    del g.known[before[1] :]
    if error:
        g.emit(f"if {error} is not None and {'' if op == 'and' else 'not '}{value}: raise {error}")
    return value


def _not(g: Writer, node: ir.Not) -> str:
    operand, flag = node.operand
    return f"(not {g.condition(operand, flag)})"


def _cond(g: Writer, node: ir.Cond) -> str:
    (test, flag), yes, no = node.test, node.yes, node.no
    condition = g.atom(g.condition(test, flag))
    branches = []
    for branch in (yes, no):
        with g.block():
            branches.append(g.capture(branch))
    (yes_lines, yes_value), (no_lines, no_value) = branches
    if not yes_lines and not no_lines:
        return f"({yes_value} if {condition} else {no_value})"
    value = g.new("v")
    g.emit(f"if {condition}:")
    g.lines += [*yes_lines, f"{' ' * (g.indent + 1)}{value} = {yes_value}"]
    g.emit("else:")
    g.lines += [*no_lines, f"{' ' * (g.indent + 1)}{value} = {no_value}"]
    return value


def _flattened(op: type[ir.And | ir.Or], node: ir.And | ir.Or) -> list[ir.Condition]:
    operands: list[ir.Condition] = []
    for operand, flag in (node.left, node.right):
        operands += _flattened(op, operand) if isinstance(operand, op) else [(operand, flag)]
    return operands


WRITERS: Final[dict[type[ir.Node], Write]] = {
    ir.And: _and,
    ir.Or: _or,
    ir.Not: _not,
    ir.Cond: _cond,
}
