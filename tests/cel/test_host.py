"""Functions that the host answers: declared in the environment, answered through the activation."""

from __future__ import annotations

from typing import Any

import pytest

from policyscan import cel
from policyscan.cel import CelErrors, Checked, Env, HostFunction, types
from policyscan.policies import host
from tests.cel.harness import both

LEVEL = types.Enum("level", ("low", "high"), ordered=True)
HOST = (
    HostFunction("level", (types.STRING,), LEVEL),
    HostFunction("between", (types.INT, types.INT), types.BOOL, absence=True),
    HostFunction("on", (types.DATE,), types.BOOL),
)
TODAY = cel.Date.parse("2026-10-31")
NOW = cel.Timestamp.parse("2026-10-31T12:00:00Z")


class Answering(cel.Activation):
    def answer(self, function: str, *args: Any) -> Any:
        self.turns_on(self.day + 3)
        if function == "between":
            return args[0] < args[1]
        if args[0] == "gone":
            raise cel.Missing("gone is not known")
        return "high" if args[0] == "top" else "low"


def env() -> Env:
    fields = {"name": types.Field(types.Nullable(types.STRING)), "any": types.Field(types.DYN)}
    return Env({"x": types.ObjectType("thing", fields)}, host=HOST)


def answers(checked: Checked, x: dict[str, Any]) -> list[Any]:
    """What the program, the kept program and the tracer give: a value, or an error's name and text."""
    kept = Checked.load(checked.dump())
    clocks = [Answering(TODAY, NOW) for _ in range(3)]
    found: list[Any] = []
    for one, clock in ((checked, clocks[0]), (kept, clocks[1])):
        try:
            found.append(one.compile(("x",))(clock, x))
        except cel.EvalError as error:
            found.append((type(error).__name__, error.message))
    trace = kept.trace(clocks[2], {"x": x})
    found.append(trace.value if trace.error is None else (type(trace.error).__name__, trace.error.message))
    assert len({clock.turn_day for clock in clocks}) == 1
    return found


@pytest.mark.parametrize(
    ("source", "x", "expected"),
    [
        ('level("top")', {}, "high"),
        ('level("top") > "low"', {}, True),
        ("level(x.name)", {"name": "top"}, "high"),
        ("level(x.name)", {"name": None}, ("Absent", "null has no value to work with")),
        ("level(x.any)", {"any": "top"}, "high"),
        ("level(x.any)", {"any": 1}, ("Fault", "no such overload: level(int)")),
        ("level(x.any)", {"any": None}, ("Absent", "null has no value to work with")),
        ('level("gone") == "low"', {}, ("Missing", "gone is not known")),
        ('true || level("gone") == "low"', {}, True),
        ("between(1, 2)", {}, True),
        ("between(size(x.any), 2)", {"any": [1, 2]}, False),
    ],
)
def test_the_host_answers(source: str, x: dict[str, Any], expected: object) -> None:
    assert answers(env().check(source), x) == [expected] * 3


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("level(1)", r"level\(\) does not take \(int\)"),
        ("level()", r"level\(\) does not take \(\)"),
        ('level("a", "b")', r"level\(\) does not take \(string, string\)"),
        ('level("a") == "middle"', 'level is never "middle"'),
        ('"a".level()', "unknown function 'level'"),
        ('levle("a")', "unknown function 'levle'"),
        ("on(today)", "this follows the clock"),
    ],
)
def test_wrong_calls_are_refused(source: str, message: str) -> None:
    with pytest.raises(CelErrors, match=message):
        env().check(source)


def test_a_call_is_noted_as_a_read_and_follows_the_clock() -> None:
    checked = env().check("between(1, 2)")
    assert {(read.of, read.field) for read in checked.reads} == {(types.HOST, "between")}
    assert checked.clock
    assert [(a.start, a.end) for a in checked.absence] == [(0, len("between(1, 2)"))]
    assert env().check('level("a")').absence == ()


def test_definitions_see_the_functions_of_the_host() -> None:
    inner = cel.Definition("top", (), types.BOOL, 'level("top") == "high"')
    made = Env({"x": types.DYN}, functions=[inner], host=HOST)
    made.check_definition(inner)
    assert answers(made.check("top()"), {}) == [True] * 3


@pytest.mark.parametrize("name", ["passes", "status", "grade"])
def test_the_language_knows_nothing_of_controls(name: str) -> None:
    with pytest.raises(CelErrors, match=f"unknown function '{name}'"):
        Env().check(f'{name}("ACC-01") == {name}("ACC-02")')
    assert not hasattr(cel.Clock, name)


@pytest.mark.parametrize(
    ("source", "function"),
    [
        ('passes("ACC-01")', "passes"),
        ('status("ACC-01") == "pass"', "status"),
        ('grade("ACC-01") > "declared"', "grade"),
    ],
)
def test_nobody_answers_outside_of_a_policy(source: str, function: str) -> None:
    found = both(Env(host=host.FUNCTIONS).check(source), {})
    assert found.error == "fault"
    assert f"{function}() can only be used in a policy" in found.message
    bare = Env(host=host.FUNCTIONS).check(source).compile(())
    with pytest.raises(cel.Fault, match="can only be used in a policy"):
        bare(cel.Activation(TODAY, NOW))


@pytest.mark.parametrize("example", [e for function in host.FUNCTIONS for e in function.examples])
def test_examples_of_policies_are_true(example: str) -> None:
    assert both(Env(host=host.FUNCTIONS).check(example), {}).value is True


def test_every_function_of_policies_is_documented() -> None:
    assert all(function.doc and function.examples for function in host.FUNCTIONS)
