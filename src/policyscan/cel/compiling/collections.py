"""Lists, maps and optionals.

In: a node of the checked form and the `Writer`. Out: lines of Python, and what its value is called.
"""

from __future__ import annotations

from typing import Final

from policyscan.cel import ir
from policyscan.cel.compiling.writer import Write, Writer


def _list(g: Writer, node: ir.ListOf) -> str:
    values = g.strictly(node.items)
    if not any(node.optional):
        return f"[{', '.join(values)}]"
    values = [g.atom(value) for value in values]
    name = g.new()
    g.emit(f"{name} = []")
    for value, optional in zip(values, node.optional, strict=True):
        if optional:
            part = g.new()
            g.emit(f"{part} = some({value})")
            g.emit(f"if {part} is not NONE: {name}.append({part}.value)")
        else:
            g.emit(f"{name}.append({value})")
    return name


def _map(g: Writer, node: ir.MapOf) -> str:
    # All that an entry needs is there before the first is put in, which may fail.
    values = [g.atom(text) for text in g.strictly([part for entry in node.entries for part in entry])]
    name = g.new()
    g.emit(f"{name} = {{}}")
    for number, optional in enumerate(node.optional):
        key, value = values[2 * number], values[2 * number + 1]
        if optional:
            part = g.new()
            g.emit(f"{part} = some({value})")
            g.emit(f"if {part} is not NONE: put({name}, {key}, {part}.value)")
        else:
            g.emit(f"put({name}, {key}, {value})")
    return name


def _opt_or(g: Writer, node: ir.OptOr) -> str:
    whole = node.whole
    optional, value = g.atom(f"some({g.gen(node.target)})"), g.new("v")
    g.emit(f"if {optional} is not NONE: {value} = {optional}{'' if whole else '.value'}")
    g.emit("else:")
    with g.block():
        made = g.gen(node.other)
        g.emit(f"{value} = some({made})" if whole else f"{value} = {made}")
    return value


def _opt_map(g: Writer, node: ir.OptMap) -> str:
    optional = g.atom(f"some({g.gen(node.target)})")
    value, element = g.new("v"), g.new("b")
    g.emit(f"if {optional} is NONE: {value} = NONE")
    g.emit("else:")
    with g.block():
        g.emit(f"{element} = {optional}.value")
        names = g.names
        g.names = {**names, node.slot: element}
        made = g.gen(node.body)
        g.emit(f"{value} = some({made})" if node.flat else f"{value} = OptionalValue({made})")
        g.names = names
    return value


WRITERS: Final[dict[type[ir.Node], Write]] = {
    ir.ListOf: _list,
    ir.MapOf: _map,
    ir.OptOr: _opt_or,
    ir.OptMap: _opt_map,
}
