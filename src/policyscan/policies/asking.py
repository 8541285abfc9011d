"""Which other controls an expression reads, through definitions too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from policyscan import cel
from policyscan.cel import ast

_ASKING = frozenset(("passes", "status", "grade"))


class Asked(NamedTuple):
    """A control that an expression reads, None where it shows only when it runs; `through` are the
    definitions on the way to it, `start` and `end` the place in the expression itself."""

    function: str
    control: str | None
    through: tuple[str, ...]
    start: int
    end: int


def asked_controls(node: ast.Node, env: cel.Env) -> Iterator[Asked]:
    """Every use of `passes()`, `status()` or `grade()` in an expression, and in the definitions it calls."""
    for call in ast.walk(node):
        if not isinstance(call, ast.Call):
            continue
        definition = env.definition(call.function) if call.target is None else None
        if definition is not None:
            for asked in asked_controls(env.parse(definition.source), env):
                through = (definition.name, *asked.through)
                yield Asked(asked.function, asked.control, through, call.start, call.end)
        elif call.function in _ASKING and len(call.args) == 1:
            (name,) = call.args
            control = str(name.value) if isinstance(name, ast.Literal) else None
            yield Asked(call.function, control, (), name.start, name.end)
