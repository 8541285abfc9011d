"""Fields, `has`, optional fields and indexes.

In: a node of the checked form and the `Writer`. Out: lines of Python, and what its value is called.
"""

from __future__ import annotations

from typing import Final

from policyscan.cel import ir
from policyscan.cel.compiling.writer import Write, Writer, brief, shape


def _select(g: Writer, node: ir.Select) -> str:
    if node.dyn:
        return f"{'select' if g.strict else 'select_core'}({g.gen(node.operand)}, {node.field!r})"
    key = _path(g, node)
    if key is not None:
        name = g.find(key)
        if name is not None:
            return name
    code = f"{g.gen(node.operand)}[{node.field!r}]"
    if key is None or g.often[shape(node)] < 2:
        return code
    name = g.new()
    g.known[-1][key] = name
    return f"({name} := {code})"


def _path(g: Writer, node: ir.Node) -> str | None:
    """What identifies a chain of fields from a variable."""
    if isinstance(node, ir.Arg):
        return g.args[node.name]
    if isinstance(node, ir.Local):
        return g.names[node.slot]
    if isinstance(node, ir.Lazy):
        return f"${node.name}"
    if not isinstance(node, ir.Select) or node.dyn:
        return None
    inner = _path(g, node.operand)
    return None if inner is None else f"{inner}\0{node.field}"


def _has(g: Writer, node: ir.Has) -> str:
    if not node.dyn:
        return f"has_entry({node.field!r}, {g.gen(node.operand)})"
    return f"{'has' if g.strict else 'has_core'}({g.gen(node.operand)}, {node.field!r})"


def _opt_select(g: Writer, node: ir.OptSelect) -> str:
    return f"optional_select({g.gen(node.operand)}, {node.field!r})"


def _index(g: Writer, node: ir.Index) -> str:
    operand, key = g.strictly((node.operand, node.key))
    if node.kind == "map":
        if not g.loops or isinstance(node.key, ir.Const):
            return f"{operand}[{key}]"
        operand, key = g.atom(operand), g.atom(key)
        return f"{operand}[{key} if {brief(key)} else lookup_key({key})]"
    if node.kind == "list":
        return f"item({operand}, {key})" if g.strict else f"index_core({operand}, {key})"
    return f"{'index' if g.strict else 'index_core'}({operand}, {key})"


def _opt_index(g: Writer, node: ir.OptIndex) -> str:
    operand, key = g.strictly((node.operand, node.key))
    return f"optional_index({operand}, {key})"


WRITERS: Final[dict[type[ir.Node], Write]] = {
    ir.Select: _select,
    ir.Has: _has,
    ir.OptSelect: _opt_select,
    ir.Index: _index,
    ir.OptIndex: _opt_index,
}
