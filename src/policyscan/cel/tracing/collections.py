"""Lists, maps and optionals.

In: a node of the checked form and the `Builder`. Out: a function of a frame that gives its value and logs
what it read.
"""

from __future__ import annotations

from typing import Any, Final

from policyscan.cel import ir, runtime
from policyscan.cel.tracing.builder import Build, Builder, Run
from policyscan.cel.tracing.trace import Frame
from policyscan.cel.values import NONE, OptionalValue


def _list(t: Builder, node: ir.ListOf) -> Run:
    given, optional = t.all(node.items), node.optional
    if not any(optional):
        return given

    def run(frame: Frame) -> Any:
        made = []
        for value, maybe in zip(given(frame), optional, strict=True):
            if not maybe:
                made.append(value)
            elif runtime.some(value) is not NONE:
                made.append(value.value)
        return made

    return run


def _map(t: Builder, node: ir.MapOf) -> Run:
    given, optional = t.all([part for entry in node.entries for part in entry]), node.optional

    def run(frame: Frame) -> Any:
        values = given(frame)
        made: dict[Any, Any] = {}
        for number, maybe in enumerate(optional):
            key, value = values[2 * number], values[2 * number + 1]
            if not maybe:
                runtime.put(made, key, value)
            elif runtime.some(value) is not NONE:
                runtime.put(made, key, value.value)
        return made

    return run


def _opt_or(t: Builder, node: ir.OptOr) -> Run:
    whole, first, second = node.whole, t.build(node.target), t.build(node.other)

    def run(frame: Frame) -> Any:
        value = runtime.some(first(frame))
        if value is not NONE:
            return value if whole else value.value
        other = second(frame)
        return runtime.some(other) if whole else other

    return run


def _opt_map(t: Builder, node: ir.OptMap) -> Run:
    flat, optional = node.flat, t.build(node.target)
    before = t.names
    number = t.slot(node.slot)
    body = t.build(node.body)
    t.names = before

    def run(frame: Frame) -> Any:
        value = runtime.some(optional(frame))
        if value is NONE:
            return NONE
        frame.slots[number] = value.value
        made = body(frame)
        return runtime.some(made) if flat else OptionalValue(made)

    return run


BUILDERS: Final[dict[type[ir.Node], Build]] = {
    ir.ListOf: _list,
    ir.MapOf: _map,
    ir.OptOr: _opt_or,
    ir.OptMap: _opt_map,
}
