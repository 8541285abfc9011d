"""Expressions that only look a text up, and what is bound to a name and needed in a loop."""

from __future__ import annotations

from typing import Any

import pytest

from policyscan.cel import POLICY, Checked, Env, EvalError
from policyscan.cel.matching import only_looks_up
from policyscan.cel.types import DYN, STRING, List, Map
from tests.cel.inventory import clock

ROWS: Any = List(Map(STRING, DYN))
VARIABLES = {"rows": ROWS, "others": List(STRING), "at": STRING, "number": DYN}
ENV = Env(VARIABLES, dialect=POLICY)


@pytest.mark.parametrize(
    ("source", "looks_up"),
    [
        ("size(rows) == 1", True),
        ("rows.exists(r, at in r.list)", True),
        ("rows.exists(r, r.key == at)", True),
        ("rows.filter(r, r.key == at).map(r, r.list).flatten().exists(t, t == at)", True),
        ("rows.count(r, at == r.key || at in r.list) <= 3", True),
        ("rows.exists(r, r.list.exists(t, t == at))", True),
        ("at == 'x'", False),
        ("at in ['x', 'y']", False),
        ("at.startsWith('x')", False),
        ("rows.exists(r, r.key == at + 'x')", False),
        ("rows.exists(r, r.key + 'x' == at)", False),
        ("rows.map(r, r.key + 'x').exists(t, t == at)", False),
        ("rows.exists(r, r.key.lowerAscii() == at)", False),
        ("rows.exists(r, r.key < at)", False),
        ("rows.exists(r, [at].exists(t, t == r.key))", False),
        ("at in others", False),  # what `others` holds is not among the rows
        ("cel.bind(t, at, rows.exists(r, r.key == t))", False),
        ("rows.exists(i, r, at == r.key && i > 0)", True),
        ("rows.exists(r, at == r.key ? true : at == 'x')", False),
    ],
)
def test_a_variable_is_only_looked_up(source: str, looks_up: bool) -> None:
    assert only_looks_up(ENV.check(source).inner, "at", {"rows"}) is looks_up


@pytest.mark.parametrize(
    ("bound", "source"),
    [
        ("rows.filter(r, r.key == at).map(r, r.list).flatten()", "rows.count(r, r.key in b)"),
        ("rows.filter(r, r.key == at).map(r, r.list).flatten()", "rows.filter(r, r.key in b && at in b)"),
        ("rows.map(r, r.list[7]).size()", "rows.count(r, r.key == 'a' || b == 1)"),
        ("rows.map(r, r.nowhere).size()", "rows.exists(r, r.key == 'b' || b == 1)"),
        ("rows.map(r, r.nowhere).size()", "rows.all(r, r.key != 'a' && rows.exists(s, b == 1))"),
        ("rows.map(r, 1 % (size(r.list) - 1)).size()", "rows.filter(r, b == 1 || r.key == 'c')"),
        ("rows.map(r, r.nothing.x).size()", "rows.exists(r, b == 1)"),
    ],
)
def test_what_is_bound_to_a_name_is_the_same_in_every_turn(bound: str, source: str) -> None:
    checked = ENV.bind("b", ENV.check(bound)).check(source)
    rows = [{"key": "a", "list": ["b"], "nothing": None}, {"key": "b", "list": ["b", "c"], "nothing": None}]
    values = {"rows": rows, "at": "a"}
    traced = checked.trace(clock(), values, tree=False)
    assert outcome_of(checked, rows) == (
        traced.value if traced.error is None else (type(traced.error), traced.error.message)
    )


def outcome_of(checked: Checked, rows: list[dict[str, Any]]) -> Any:
    """What the compiled expression comes to: a value, or the type and message of its error."""
    try:
        return checked.compile(("rows", "at"))(clock(), rows, "a")
    except EvalError as error:
        return type(error), error.message


def test_what_is_bound_to_a_name_is_evaluated_once_for_a_whole_loop() -> None:
    looked = 0

    class Row(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            nonlocal looked
            looked += 1
            return super().__getitem__(key)

    checked = ENV.bind("b", ENV.check("rows.filter(r, r.key == at)")).check("rows.count(r, size(b) > 1)")
    rows = [Row(key="a") for _ in range(50)]
    assert checked.compile(("rows", "at"))(clock(), rows, "a") == 50
    assert looked <= 50
