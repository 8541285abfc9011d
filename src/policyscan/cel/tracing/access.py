"""Fields, `has`, optional fields and indexes.

In: a node of the checked form and the `Builder`. Out: a function of a frame that gives its value and logs
what it read.
"""

from __future__ import annotations

from typing import Any, Final

from policyscan.cel import ir, runtime
from policyscan.cel.errors import Absent, Fault, Missing
from policyscan.cel.tracing.builder import Build, Builder, Run
from policyscan.cel.tracing.trace import Frame, note_absent, present
from policyscan.cel.values import NONE, Dangling, OptionalValue, Unresolved


def _operand(t: Builder, node: ir.Node) -> Run:
    """What is selected from: not itself a read, and a path's inner steps need no lines in the tree."""
    if isinstance(node, ir.Select):
        return _selected(t, node, inner=True)
    return t.silent(node) if isinstance(node, ir.Arg | ir.Local | ir.Const) else t.build(node)


def _select(t: Builder, node: ir.Select) -> Run:
    return _selected(t, node, inner=False)


def _selected(t: Builder, node: ir.Select, *, inner: bool) -> Run:
    operand, field = _operand(t, node.operand), node.field
    start, end = node.start, node.end
    strict = t.strict

    def run(frame: Frame) -> Any:
        base = operand(frame)
        if type(base) is not dict:
            return _select_other(frame, base, field, strict)
        if field in base:
            value = base[field]
            # On the way to a field, what counts is the reference that is followed.
            if not inner or (type(value) is dict and "id" in value):
                frame.reads.append((base, field, value))
            if type(value) is not dict:
                frame.last = (base, field)
            return value
        if not strict:
            msg = f"no such key: {field!r}"
            raise Fault(msg, start, end)
        frame.missing.append((base, field))
        msg = f"{field} is missing"
        raise Missing(msg, start, end)

    return run


def _has(t: Builder, node: ir.Has) -> Run:
    operand, field = _operand(t, node.operand), node.field
    strict = t.strict

    def run(frame: Frame) -> Any:
        base = operand(frame)
        if type(base) is dict:
            return _asked(frame, base, field)
        if strict:
            return runtime.has(present(frame, base), field)
        return runtime.has_core(base, field)

    return run


def _opt_select(t: Builder, node: ir.OptSelect) -> Run:
    operand, field = _operand(t, node.operand), node.field

    def run(frame: Frame) -> Any:
        base = operand(frame)
        holder = base.value if type(base) is OptionalValue else base
        if type(holder) is dict:
            _asked(frame, holder, field)
        return runtime.optional_select(base, field)

    return run


def _index(t: Builder, node: ir.Index) -> Run:
    given = t.all((node.operand, node.key))
    strict = t.strict

    def run(frame: Frame) -> Any:
        operand, key = given(frame)
        if not strict:
            return runtime.index_core(operand, key)
        present(frame, operand)
        try:
            value = runtime.index(operand, key)
        except Missing:
            frame.missing.append((operand, key))
            raise
        except Absent:
            frame.absent.append((operand, key))
            raise
        frame.reads.append((operand, key, value))
        frame.last = (operand, key)
        return value

    return run


def _opt_index(t: Builder, node: ir.OptIndex) -> Run:
    given = t.all((node.operand, node.key))

    def run(frame: Frame) -> Any:
        operand, key = given(frame)
        found = runtime.optional_index(operand, key)
        if found is not NONE:
            holder = operand.value if type(operand) is OptionalValue else operand
            frame.reads.append((holder, key, found.value))
        return found

    return run


def _asked(frame: Frame, base: dict[Any, Any], field: str) -> bool:
    """Whether an object has a field; notes it as read, or as missing."""
    if field in base:
        frame.reads.append((base, field, base[field]))
        return True
    frame.missing.append((base, field))
    return False


def _select_other(frame: Frame, base: Any, field: str, strict: bool) -> Any:
    """A selection from what is no object."""
    if not strict:
        return runtime.select_core(base, field)
    if isinstance(base, Unresolved) and frame.last is not None:
        frame.missing.append(frame.last)
    if base is None or isinstance(base, Dangling):
        note_absent(frame)
    return runtime.select(base, field)


BUILDERS: Final[dict[type[ir.Node], Build]] = {
    ir.Select: _select,
    ir.Has: _has,
    ir.OptSelect: _opt_select,
    ir.Index: _index,
    ir.OptIndex: _opt_index,
}
