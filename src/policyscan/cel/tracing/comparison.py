"""Equality, order and `in`.

In: a node of the checked form and the `Builder`. Out: a function of a frame that gives its value and logs
what it read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from policyscan.cel import ir, runtime
from policyscan.cel.budget import LONG_TEXT, SMALL
from policyscan.cel.equality import equals
from policyscan.cel.tracing.builder import Build, Builder, Run
from policyscan.cel.tracing.macros import tally, witness
from policyscan.cel.tracing.trace import Frame, Meta, note_absent, present


def _eq(t: Builder, node: ir.Eq) -> Run:
    negate, given = node.negate, t.all((node.left, node.right))
    compare = _equality(node.kind)
    return lambda frame: compare(*given(frame)) is not negate


def _has_key(t: Builder, node: ir.HasKey) -> Run:
    negate, path, given = node.negate, node.path, t.all((node.left, node.right))

    def run(frame: Frame) -> Any:
        a, b = given(frame)
        return runtime.has_key(a, path, b) is not negate

    return run


def _cmp(t: Builder, node: ir.Cmp) -> Run:
    op, given = node.op, t.all((node.left, node.right))
    strict = t.strict

    def run(frame: Frame) -> Any:
        a, b = given(frame)
        if strict and (a is None or b is None):
            note_absent(frame)
            runtime.no_value()
        return runtime.compare_core(op, a, b)

    return run


def _by_rank(t: Builder, node: ir.RankCmp) -> Run:
    op, values, given = node.op, node.values, t.all((node.left, node.right))

    def run(frame: Frame) -> Any:
        a, b = given(frame)
        if a is None or b is None:
            note_absent(frame)
            runtime.no_value()
        return runtime.compare_core(op, runtime.rank(values, a), runtime.rank(values, b))

    return run


def _bounds(t: Builder, node: ir.Bounds) -> Run:
    op, loop, limit = node.op, node.loop, t.build(node.limit)
    count_of = tally(t, loop)
    meta = Meta(loop.start, loop.end, t.source)

    def run(frame: Frame) -> Any:
        bound = limit(frame)
        start = len(frame.log)
        hits, others, unsure, error = count_of(frame)
        count = len(hits)
        frame.log.append((meta, count if error is None else error, start))
        # Too many are shown by those that pass the test, too few by those that do not.
        witness(frame, hits if count > bound or op in {"<", "<="} else others)
        return runtime.within_bounds(op, count, count + unsure, bound, error)

    return run


def _in(t: Builder, node: ir.In) -> Run:
    given, kind = t.all((node.value, node.items)), node.kind
    strict = t.strict

    def run(frame: Frame) -> Any:
        value, items = given(frame)
        if strict:
            present(frame, items)
        if kind == "ref":
            return runtime.among(value, items)
        if kind == "keys":
            return runtime.has_entry(value, items)
        if kind == "plain" and (len(items) >= SMALL or (type(value) is str and len(value) >= LONG_TEXT)):
            return runtime.member(value, items)
        return runtime.contains(items, value)

    return run


def _equality(kind: str) -> Callable[[Any, Any], bool]:
    if kind == "null":
        return lambda a, b: a is None and b is None
    if kind == "ref":
        return runtime.same
    return _plainly if kind == "plain" else equals


def _plainly(a: Any, b: Any) -> bool:
    if type(a) is str and len(a) > LONG_TEXT:
        return runtime.same_text(a, b)
    return bool(a == b)


BUILDERS: Final[dict[type[ir.Node], Build]] = {
    ir.Eq: _eq,
    ir.HasKey: _has_key,
    ir.Cmp: _cmp,
    ir.RankCmp: _by_rank,
    ir.Bounds: _bounds,
    ir.In: _in,
}
