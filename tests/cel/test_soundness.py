"""No function, wherever its argument comes from, lets what is missing decide without being told of it.

Every function, operator and macro is called with objects, maps and references full of holes at each place
of an argument, nested in every way. What has a value, and was not marked as needing `absence_ok`, must
have the same one under everything that could be true. A run takes each eleventh of these expressions, so that
each function meets each hole and each way of nesting; `HOLES_EVERY=1` takes all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any, Final

import pytest

from policyscan.cel import Checked, registry
from policyscan.cel import types as t
from policyscan.cel.errors import CelErrors, EvalError
from policyscan.cel.relations import fit
from policyscan.cel.types import AnyObject, List, Map, Optional, Type, TypeParam, non_null
from policyscan.cel.values import NONE, OptionalValue
from tests.cel.harness import same
from tests.cel.holes import ENV, clock, extensions, known

EVERY: Final = int(os.environ.get("HOLES_EVERY", "11"))
HOLES: Final = (
    "h", "h.i", "h.n", "h.e", "h.m", "h.p", "h.ps", "h.sh", "h.shs", "h.mo", "h.cal", "h.spend", "h.p.name",
)  # fmt: skip
NESTED: Final = (
    "{}",
    "dyn({})",
    "optional.of({})",
    "optional.of(dyn({}))",
    "optional.of({}).value()",
    "optional.of({}).optMap(q, dyn(q)).value()",
    "[{}]",
    "[dyn({})]",
    "[[{}]]",
    "[{}, 1]",
    "[{}][0]",
    "[{}, 1][0]",
    "[{}].map(q, q)",
    "[{}].map(q, dyn(q))[0]",
    "[{}].filter(q, true)",
    "[{}].reverse()",
    "[[{}]].flatten()",
    '{{"k": {}}}',
    '{{"k": {}}}.k',
    '{{"k": dyn({})}}.k',
    '{{"k": {}, "l": 1}}',
    '{{"k": {}}}.transformList(q, v, v)',
    "[{}].groupBy(q, 1)",
    "cel.bind(q, {}, q)",
    "cel.bind(q, dyn({}), q)",
    "(true ? {} : {})",
    "(true ? dyn({}) : 1)",
    '"%s".format([{}])',
    "[f.p, {}]",
    "[f.mo, {}]",
)
OPERATORS: Final = (
    "{0} == {1}", "{0} != {1}", "{0} in {1}", "{0} < {1}", "{0} >= {1}", "{0} + {1}", "{0} - {1}",
    "{0} * {1}",
    "{0} && {1}", "{0} || {1}", "{0}[{1}]", "[{0}] == [{1}]", '{{"a": {0}}} == {{"a": {1}}}', "{0} in [{1}]",
    "optional.of({0}) == optional.of({1})",
)  # fmt: skip
ALONE: Final = (
    "!{0}", "-{0}", "{0} ? 1 : 2", "{0}.i", "{0}.a", "{0}.name", "{0}.?i.orValue(1)", '{0}["i"]', '{0}["x"]',
    "{0}[0]", "has({0}.i)", "{0} == null", '{0} == {{"id": "h"}}', '{0} == {{"a": 1, "k": 2}}', '"i" in {0}',
    '"x" in {0}',
    "[?{0}] == []", '{{?"a": {0}}} == {{}}', "{0}.i == optional.none()", "{0}.x == optional.none()",
)  # fmt: skip
BODIES: Final = ("q == 1", 'q == "x"', "true", "q", "1", "q == f.p", "q.i == 2", "q in [f.p]")
OTHERS: Final = (
    "1",
    "2",
    '"a"',
    "true",
    "f.p",
    "f.sh",
    "f.mo",
    "f.ps",
    "f.m",
    "f.shs",
    "[1]",
    "optional.none()",
    "null",
    "map",
)
SAMPLES: Final[dict[str, tuple[str, ...]]] = {
    "bool": ("true",), "int": ("1",), "uint": ("1u",), "double": ("1.0",),
    "string": ('"%s"', "f.s"),
    "bytes": ('b"a"',), "timestamp": ("f.ts",), "duration": ("f.du",), "date": ("f.da",), "money": ("f.mo",),
    "dyn": ("1", "f", "f.p"), "type": ("int",), "null": ("null",), "nothing": ("[]",),
}  # fmt: skip


def samples(param: Type) -> tuple[str, ...]:
    """Expressions for a parameter that is not the one tried, of which everything is known."""
    if isinstance(param, List):
        return tuple(f"[{part}]" for part in samples(param.elem))
    if isinstance(param, Map):
        return ("f.m",)
    if isinstance(param, Optional):
        return tuple(f"optional.of({part})" for part in samples(param.elem))
    if isinstance(param, TypeParam):
        return ("f.p", "1", "f.mo")
    if isinstance(param, AnyObject | t.ObjectType):
        return ("f.cal", "f.sh")
    return SAMPLES[param.name]


def calls(function: registry.Function) -> Iterator[str]:
    """The function with each hole, nested in each way, at the place of each of its arguments."""
    for overload in function.overloads:
        for place, param in enumerate(overload.params):
            fitting = [value for value, type_ in nested() if fit(non_null(type_), param, {})]
            others = [samples(p) for number, p in enumerate(overload.params) if number != place]
            for filled in product(*others):
                for value in fitting:
                    yield _call(function.name, [*filled[:place], value, *filled[place:]], overload.member)


def _call(name: str, args: list[str], member: bool) -> str:
    if name == "-_":
        return f"-({args[0]})"
    if name.endswith("_"):
        return f"({args[0]}) {name.strip('_')} ({args[1]})"
    first, rest = args[:1], args[1:]
    return f"{first[0]}.{name}({', '.join(rest)})" if member else f"{name}({', '.join(args)})"


@cache
def nested() -> tuple[tuple[str, Type], ...]:
    """Each hole nested in each way that needs no `absence_ok` by itself, and its type."""
    checked = [
        (source, accepted(source)) for hole in HOLES for way in NESTED if (source := way.format(hole, hole))
    ]
    return tuple((source, found.type) for source, found in checked if found is not None)


def macros(macro: registry.Macro) -> Iterator[str]:
    """The macro over each hole, nested in each way, with bodies that ask for what may be missing."""
    names = ", ".join(("q", "w")[: len(macro.binders)])
    more = macro.arity - len(macro.binders) - 1
    if macro.name == "atLeast":
        yield from (f"{value}.atLeast(0.5, q, {body})" for value, _ in nested() for body in BODIES)
        return
    for value, _ in nested():
        for body in BODIES:
            parts = ", ".join([*["true"] * more, f"{{q: {body}}}" if "Entry" in macro.name else body])
            yield f"{value}.{macro.name}({names}, {parts})"


def accepted(source: str) -> Checked | None:
    """The checked expression; None where it is refused, or says that what is missing may decide."""
    try:
        checked = ENV.check(source)
    except CelErrors:
        return None
    return None if checked.absence else checked


COMPLETED: Final = tuple(extensions())
AS_WRITTEN: Final = tuple(extensions(rates=False))
"""For what shows an amount as it is written, which is no fact that an exchange rate could be missing for."""


def wrong(sources: Iterator[str]) -> list[str]:
    """Those expressions whose value depends on what is not written, though nothing told of it."""
    found = []
    for source in list(dict.fromkeys(sources))[::EVERY]:
        checked = accepted(source)
        if checked is not None:
            found += _wrong(source, checked)
    return found


def _wrong(source: str, checked: Checked) -> Iterator[str]:
    program = checked.compile(("h", "f"))
    first = _outcome(program, known())
    if isinstance(first, EvalError) and type(first).__name__ != "Absent":
        return
    shown = any(f"{name}(" in source for name in ("amount", "format", "string"))
    for completed in AS_WRITTEN if shown else COMPLETED:
        second = _outcome(program, completed)
        if not stable(first, second):
            yield f"{source}: {first!r} becomes {second!r}"
            return


def _outcome(program: Any, values: dict[str, Any]) -> Any:
    try:
        return program(clock(), values["h"], values["f"])
    except EvalError as error:
        return error


def stable(a: Any, b: Any) -> bool:
    """Whether what is known of a value stays as it is; what an object has is told where it is read."""
    if isinstance(a, EvalError):
        return type(a) is type(b)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(stable, a, b))
    if isinstance(a, OptionalValue):
        return (a is NONE) == (b is NONE) and (a is NONE or stable(a.value, b.value))
    if isinstance(a, dict) or type(a).__name__ in ("Unresolved", "Money"):
        return not isinstance(b, EvalError)
    return same(a, b)


@pytest.mark.parametrize("function", registry.functions(), ids=lambda f: f.name)
def test_no_function_lets_what_is_missing_decide(function: registry.Function) -> None:
    assert wrong(calls(function)) == []


@pytest.mark.parametrize("macro", registry.MACROS.values(), ids=lambda m: f"{m.name}-{m.arity}")
def test_no_macro_lets_what_is_missing_decide(macro: registry.Macro) -> None:
    assert wrong(macros(macro)) == []


@pytest.mark.parametrize("operator", OPERATORS)
def test_no_operator_lets_what_is_missing_decide(operator: str) -> None:
    pairs = [(a, b) for value, _ in nested() for other in OTHERS for a, b in ((value, other), (other, value))]
    assert wrong(operator.format(a, b) for a, b in pairs) == []


@pytest.mark.parametrize("operator", ALONE)
def test_no_operator_with_one_side_lets_what_is_missing_decide(operator: str) -> None:
    assert wrong(operator.format(value) for value, _ in nested()) == []
