"""What tests of the language share: both evaluators run an expression, and have to agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from policyscan.cel import CORE, Checked, Env, budget
from policyscan.cel.clock import Clock
from policyscan.cel.errors import EvalError
from policyscan.cel.types import Type
from policyscan.cel.values import NONE, Date, OptionalValue, Timestamp

TODAY = Date.parse("2026-10-31")
NOW = Timestamp.parse("2026-10-31T12:00:00Z")


FRUGAL = 10
"""The part of the budget that `frugal` leaves: one in so many units."""


@pytest.fixture
def frugal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the budget: what charges for its work ends in a tenth of the time."""
    monkeypatch.setattr(budget, "WORK", budget.WORK // FRUGAL)


class Outcome(NamedTuple):
    """A value, or the name of the error (fault, missing, absent) and its message."""

    value: Any
    error: str = ""
    message: str = ""

    def same(self, other: Outcome) -> bool:
        """Equal to the last bit, types included; messages may differ."""
        return self.error == other.error and same(self.value, other.value)


def clock() -> Clock:
    """A clock at noon of 2026-10-31 in UTC."""
    return Clock(TODAY, NOW, "UTC")


def compiled(checked: Checked, values: Mapping[str, Any]) -> Outcome:
    """The outcome of the compiled evaluator."""
    program = checked.compile(tuple(values))
    try:
        with budget.apart():
            return Outcome(program(clock(), *values.values()))
    except EvalError as error:
        return Outcome(None, type(error).__name__.lower(), error.message)


def traced(checked: Checked, values: Mapping[str, Any], *, tree: bool = True) -> Outcome:
    """The outcome of the tracing evaluator, with or without its tree."""
    trace = checked.trace(clock(), dict(values), tree=tree)
    if trace.error is not None:
        return Outcome(None, type(trace.error).__name__.lower(), trace.error.message)
    return Outcome(trace.value)


def both(checked: Checked, values: Mapping[str, Any]) -> Outcome:
    """The outcome that both evaluators come to; AssertionError where they differ."""
    first, second = compiled(checked, values), traced(checked, values)
    assert first.same(second), f"{checked.source}: compiled {first}, traced {second}"
    quick = traced(checked, values, tree=False)
    assert second.same(quick), f"{checked.source}: traced {second}, without a tree {quick}"
    return first


def run(
    source: str, values: Mapping[str, Any] | None = None, types: Mapping[str, Type] | None = None
) -> Outcome:
    """The outcome of an expression of plain CEL; CelErrors where it is refused when checked."""
    env = Env(variables=types or {}, dialect=CORE)
    return both(env.check(source), values or {})


def same(a: Any, b: Any) -> bool:
    """Whether two values are the same: of one type, NaN like NaN, 0.0 unlike -0.0."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return repr(a) == repr(b)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return _typed(a).keys() == _typed(b).keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, OptionalValue):
        return a is b if NONE in (a, b) else same(a.value, b.value)
    return bool(a == b)


def _typed(map_: dict[Any, Any]) -> dict[Any, Any]:
    return {(type(key), key): value for key, value in map_.items()}
