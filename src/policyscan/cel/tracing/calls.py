"""Calls of functions and definitions.

In: a node of the checked form and the `Builder`. Out: a function of a frame that gives its value and logs
what it read.
"""

from __future__ import annotations

from typing import Any, Final

from policyscan.cel import ir, registry, runtime
from policyscan.cel.tracing.builder import Build, Builder, Run
from policyscan.cel.tracing.trace import Frame, note_absent


def _call(t: Builder, node: ir.Call) -> Run:
    function = registry.function(node.name)
    assert function is not None
    overload = function.overloads[node.overload]
    given, nulls, moving = t.all(node.args), node.nulls, node.moving
    impl, stepped = overload.impl, overload.moving
    clocked = overload.clock

    def run(frame: Frame) -> Any:
        values = given(frame)
        for number in nulls:
            if values[number] is None:
                note_absent(frame)
                runtime.no_value()
        if moving and stepped is not None:
            return stepped(frame.clock, moving, *values)
        return impl(frame.clock, *values) if clocked else impl(*values)

    return run


def _dispatch(t: Builder, node: ir.Dispatch) -> Run:
    given, call = t.all(node.args), runtime.dispatcher(node.name, node.member, t.strict)
    return lambda frame: call(frame.clock, *given(frame))


def _host(t: Builder, node: ir.HostCall) -> Run:
    name, kinds, given = node.name, node.kinds, t.all(node.args)

    def run(frame: Frame) -> Any:
        values = given(frame)
        if None in values:
            note_absent(frame)
        return runtime.ask(frame.clock, name, kinds, *values)

    return run


def _def(t: Builder, node: ir.Def) -> Run:
    slots = node.slots
    given = t.all(node.inits)
    first = t.count
    t.count += len(slots)
    numbers = {slot: first + i for i, slot in enumerate(slots)}
    body = t.elsewhere(node.source, numbers, node.body)
    end = first + len(slots)

    def run(frame: Frame) -> Any:
        frame.slots[first:end] = given(frame)
        return body(frame)

    return run


BUILDERS: Final[dict[type[ir.Node], Build]] = {
    ir.Call: _call,
    ir.Dispatch: _dispatch,
    ir.HostCall: _host,
    ir.Def: _def,
}
