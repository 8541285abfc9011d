"""A trace as lines for people: every part of an expression with its value.

In: the `Trace` of an evaluation. Out: its lines, each part below what it is a part of.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from policyscan import cel

if TYPE_CHECKING:
    from policyscan.cel.tracing.tracer import Step, Trace

_WIDEST = 72


def trace_lines(trace: Trace) -> list[str]:
    """The tree of an evaluation: a line for each part, indented below what it is a part of."""
    return list(_lines(trace.root, 0))


def _lines(step: Step, depth: int) -> Iterator[str]:
    if not step.element:
        text = textwrap.shorten(" ".join(step.text.split()), _WIDEST, placeholder=" …")
        yield f"{'  ' * depth}{text}  →  {_value(step)}"
        depth += 1
    for part in step.children:
        if not _plain(part):
            yield from _lines(part, depth)


def _plain(step: Step) -> bool:
    """Whether a part says nothing that its text does not: a literal, or a variable that is a whole object."""
    if step.error is not None or step.element:
        return False
    if isinstance(step.value, dict):
        return step.text.strip().isidentifier()
    return not step.children and cel.render(step.value) == step.text.strip("\"'")


def _value(step: Step) -> str:
    if step.error is None:
        return textwrap.shorten(cel.render(step.value), _WIDEST, placeholder=" …")
    word = {cel.Missing: "unknown", cel.Absent: "absent"}.get(type(step.error), "error")
    return f"{word} ({step.error.message})" if step.error.message else word
