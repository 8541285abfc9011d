"""Loops over long lists find their elements by keys; what comes out is what visiting all of them gives."""

from __future__ import annotations

import random
from typing import Any

import pytest

from policyscan.cel import POLICY, Env, EvalError, lookup
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


def _came_to(source: str, rows: list[dict[str, Any]], at: str, others: list[str]) -> tuple[Any, Any]:
    checked = ENV.check(source)
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
    for _ in range(12):
        rows = [_row(pick) for _ in range(pick.randint(32, 60))]
        at, others = f"t{pick.randint(0, 14)}", [f"t{pick.randint(0, 14)}" for _ in range(pick.randint(0, 3))]
        found = _came_to(source, rows, at, others)
        with monkeypatch.context() as plain:
            plain.setattr(lookup, "find", lambda *_: None)
            plain.setattr("policyscan.cel.tracing.macros.find", lambda *_: None)
            visited = _came_to(source, rows, at, others)
        assert found == visited
