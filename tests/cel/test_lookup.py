"""Loops over long lists find their elements by keys; what comes out is what visiting all of them gives."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pytest

from policyscan.cel import POLICY, Env, EvalError, budget, lookup, runtime
from policyscan.cel.errors import Missing
from policyscan.cel.program import Checked
from policyscan.cel.types import DYN, STRING, List, Map
from tests.cel.inventory import clock

ENV = Env({"rows": List(Map(STRING, DYN)), "at": STRING, "others": List(STRING)}, dialect=POLICY)
LOOPS = (
    "rows.filter(r, at in r.list)",
    "rows.filter(r, at in r.list || at in r.more || r.key in others)",
    "rows.filter(r, r.key in others && r.list[0] == at)",
    "rows.count(r, at in r.list || r.key == at) <= 3",
    "rows.count(r, at in r.list || at in r.more)",
    "rows.all(r, !(at in r.list || r.key in others) || r.flag)",
    "rows.all(r, !(at in r.list))",
    "rows.exists(r, at in r.list && r.flag)",
    "rows.exists_one(r, at in r.list)",
    "rows.find(r, at in r.list).key",
    "rows.map(r, at in r.list, r.key)",
    "cel.bind(there, rows.filter(r, r.key == at).map(r, r.list).flatten(), rows.count(r, r.key in there))",
    "rows.filter(r, has(r.list) && at in r.list)",
    "rows.filter(r, has(r.list) && at in r.list && r.flag)",
    "rows.filter(r, has(r.list) && has(r.more) && (at in r.list || at in r.more))",
    "rows.filter(r, has(r.flag) && at in r.list)",
    "rows.count(r, has(r.list) && (at in r.list && r.flag))",
    "rows.exists(r, has(r.key) && r.key == at)",
    "rows.all(r, !(has(r.list) && at in r.list) || r.flag)",
    "rows.all(r, !has(r.list) || !(at in r.list) || r.flag)",
)


def _row(pick: random.Random) -> dict[str, Any]:
    """A row some columns of which are not known, null, or hold what is no text."""
    texts = [f"t{number}" for number in range(12)]
    row: dict[str, Any] = {"key": pick.choice(texts), "flag": pick.random() < 0.5}
    for column in ("list", "more"):
        row[column] = pick.sample(texts, pick.randint(0, 3))
        if pick.random() < 0.04:
            row[column] = pick.choice([None, [None, "t1"], [1, "t2"]])
    for column in list(row):
        if pick.random() < 0.02:
            del row[column]
    return row


@cache
def _checked(source: str) -> Checked:
    return ENV.check(source)


def _came_to(source: str, rows: list[dict[str, Any]], at: str, others: list[str]) -> tuple[Any, Any]:
    checked = _checked(source)
    try:
        compiled: Any = checked.compile(("rows", "at", "others"))(clock(), rows, at, others)
    except EvalError as error:
        compiled = type(error), error.message
    traced = checked.trace(clock(), {"rows": rows, "at": at, "others": others}, tree=False)
    told = traced.value if traced.error is None else (type(traced.error), traced.error.message)
    return (compiled, told), (traced.hits, traced.n, traced.lacking, traced.empty, traced.witnesses)


@pytest.mark.parametrize("source", LOOPS)
def test_elements_found_by_keys_are_those_that_a_visit_finds(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pick = random.Random(source)  # noqa: S311 - nothing secret
    for _ in range(8):
        rows = [_row(pick) for _ in range(pick.randint(32, 60))]
        at, others = f"t{pick.randint(0, 14)}", [f"t{pick.randint(0, 14)}" for _ in range(pick.randint(0, 3))]
        found = _came_to(source, rows, at, others)
        with monkeypatch.context() as plain:
            plain.setattr(lookup, "find", lambda *_: None)
            plain.setattr("policyscan.cel.tracing.macros.find", lambda *_: None)
            visited = _came_to(source, rows, at, others)
        assert found == visited


HALF_KNOWN = (
    *LOOPS,
    "rows.filter(r, at in r.list || r.key == at)",
    "rows.filter(r, (at in r.list || at in r.more) && r.flag)",
    "rows.all(r, !(at in r.list || at in r.more) || r.flag)",
    "rows.count(r, at in r.list && r.more[size(r.more) - 1] == 'x') > 1",
    "rows.exists(r, (at in r.list || at in r.more) && r.flag)",
    "rows.find(r, at in r.list || at in r.more).key",
    "rows.exists_one(r, r.key == at && r.flag)",
    "rows.map(r, at in r.list && r.flag, r.key)",
    "cel.bind(there, rows.filter(r, r.key == at).map(r, r.list).flatten(), rows.all(r, !(r.key in there)))",
    "rows.filter(r, has(r.list) && (at in r.list || at in r.more))",
    "rows.all(r, !has(r.more) || !(at in r.list))",
)
"""Loops for many values of `at`, of rows of which little is known."""


def _half_known(pick: random.Random) -> dict[str, Any]:
    row = _row(pick)
    for column in ("list", "more", "key", "flag"):
        if pick.random() < 0.3:
            row.pop(column, None)
        elif pick.random() < 0.05:
            row[column] = None
    return row


@pytest.mark.parametrize("source", HALF_KNOWN)
def test_what_lacks_a_key_is_tried_once_for_all_that_is_sought(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pick = random.Random(source)  # noqa: S311 - nothing secret
    for _ in range(3):
        rows = [_half_known(pick) for _ in range(pick.randint(32, 50))]
        sought = [f"t{pick.randint(0, 14)}" for _ in range(8)]
        with budget.remembering(budget.Memory(lasting=True)):
            found = [_told(source, rows, at) for at in sought]
        with monkeypatch.context() as plain:
            plain.setattr(lookup, "find", lambda *_: None)
            plain.setattr("policyscan.cel.tracing.macros.find", lambda *_: None)
            visited = [_told(source, rows, at) for at in sought]
        assert found == visited


def _told(source: str, rows: list[dict[str, Any]], at: str) -> Any:
    """What both evaluators came to, and all that the trace noted, in order."""
    outcome, noted = _came_to(source, rows, at, [at])
    traced = _checked(source).trace(clock(), {"rows": rows, "at": at, "others": [at]}, tree=False)
    return outcome, noted, [read for read in traced.touched if read[1] in ("list", "more", "flag")]


@pytest.mark.parametrize("guard", ["", "has(r.list) && ", "has(r.list) && has(r.list) && "])
def test_a_guard_hides_no_key(guard: str, monkeypatch: pytest.MonkeyPatch) -> None:
    checked = ENV.check(f"rows.filter(r, {guard}at in r.list)")
    rows: list[dict[str, Any]] = [{"key": "k", "list": [f"t{number}"]} for number in range(100)]
    asked: list[str] = []
    contains = runtime.contains
    monkeypatch.setattr(runtime, "contains", lambda *given: asked.append(given[0]) or contains(*given))
    found = checked.trace(clock(), {"rows": rows, "at": "t7", "others": []}, tree=False)
    assert (found.value, len(asked)) == ([rows[7]], 1)


def test_elements_that_stay_the_same_are_not_visited_again(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "rows.filter(r, at in r.list || at in r.more)"
    rows: list[dict[str, Any]] = [{"key": f"k{number}"} for number in range(100)]
    checked = ENV.check(source)
    with budget.remembering(budget.Memory(lasting=True)):
        for at in ("a", "b", "d"):
            trace = checked.trace(clock(), {"rows": rows, "at": at, "others": []}, tree=False)
            assert len(trace.lacking) == 200
        monkeypatch.setattr(runtime, "contains", None)  # nothing is compared any more
        again = checked.trace(clock(), {"rows": rows, "at": "c", "others": []}, tree=False)
    assert again.lacking == trace.lacking
    assert isinstance(again.error, Missing)
