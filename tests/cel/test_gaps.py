"""Both evaluators on combinations of every kind of expression, over inventories with random gaps."""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyscan.cel import CelErrors, Checked, Clock, Dangling, Env, EvalError, Money, Unresolved
from policyscan.cel.types import BOOL, Map, Nullable, ObjectType, Type
from tests.cel.inventory import CLIENT, DEVICE, FIX, at, clock, day, env
from tests.cel.test_checker import ACCEPTED
from tests.cel.test_nothing import TABLE

ENV = env()


def conditions() -> list[str]:
    """Every expression of the other tests that is a condition over `client`, `device` and `fix`."""
    found = []
    for source in [row[0] for row in (*ACCEPTED, *TABLE)]:
        try:
            ENV.check(source, expect=BOOL)
        except CelErrors:
            continue
        found.append(source)
    return found


CONDITIONS = conditions()


def combined(rnd: Random, depth: int) -> str:
    """Some conditions within logic, macros and conditionals."""
    if depth == 0:
        return rnd.choice(CONDITIONS)
    a, b = combined(rnd, depth - 1), combined(rnd, depth - 1)
    shapes = (
        f"({a}) && ({b})",
        f"({a}) || ({b})",
        f"({a}) ? ({b}) : ({a})",
        f"[true, false].all(q, q && ({a}) || ({b}))",
        f"[1, 2].exists(q, q == 2 && ({a}))",
        f"[1, 2, 3].count(q, q > 1 && ({a})) >= 1",
        f"cel.bind(q, {a}, q || ({b}) || q)",
        f"[1, 2, 3].atLeast(0.6, q, ({a}) || q == 1)",
    )
    return rnd.choice(shapes)


PERSONS = [
    {"id": "ann", "end_date": None, "leadership": True, "of": "acme"},
    {"id": "bob", "end_date": day("2026-10-01"), "leadership": False, "of": "x"},
]


def inventory(rnd: Random) -> dict[str, Any]:
    """A complete client with its devices, and then some holes in it."""
    fixes = [
        {
            "id": f"k{n}",
            "severity": rnd.choice(["low", "high", "critical"]),
            "rating": rnd.choice([None, "low"]),
            "cvss": rnd.choice([None, 3.0, 9.0]),
            "released_on": day(rnd.choice(["2026-10-01", "2026-11-02"])),
            "seen_at": rnd.choice([None, at("2026-10-30T00:00:00Z")]), "exploited": rnd.random() < 0.5,
        }
        for n in range(rnd.randint(1, 3))
    ]  # fmt: skip
    people = deepcopy(PERSONS)
    device = {
        "id": "lt", "kind": rnd.choice(["laptop", "server"]), "in_scope": rnd.random() < 0.5,
        "cores": rnd.randint(0, 4), "owner": rnd.choice([*people, None, Dangling("gone"), Unresolved("ann")]),
        "scanned_on": rnd.choice([None, day("2026-10-31")]), "fixes": fixes, "tags": rnd.choice([[], ["a"]]),
    }  # fmt: skip
    shift = {
        "starts_at": at("2026-10-31T00:00:00Z"),
        "ends_at": at("2026-11-02T00:00:00Z"),
        "primary": people[0],
    }
    hours = {
        "days": ["mon"],
        "opens": "08:00",
        "closes": "17:00",
        "holidays": [],
        "time_zone": "Europe/Berlin",
    }
    client = {
        "id": "acme", "devices": [device], "people": people,
        "lead": rnd.choice([*people, None, Unresolved("zed")]),
        "budget": Money(10.0, rnd.choice(["EUR", "USD"])),
        "spending": {"tools": Money(1.0, "EUR"), "training": Money(2.0, rnd.choice(["EUR", "USD"]))},
        "covers": rnd.choice([{}, {"theft": day("2027-01-01")}]), "calendar": hours,
        "rota": rnd.choice([[], [shift]]), "called_at": at("2026-10-31T11:00:00Z"),
    }  # fmt: skip
    punch(rnd, client, CLIENT)
    fix = device.get("fixes", fixes)[0] if device.get("fixes") else fixes[0]
    return {"client": client, "device": device, "fix": fix}


def punch(rnd: Random, value: Any, t: Type) -> None:
    """Deletes some keys, and sets some that may be null to null."""
    t = t.elem if isinstance(t, Nullable) else t
    if isinstance(value, list):
        for item in value:
            punch(rnd, item, t.elem)  # type: ignore[attr-defined]
    if not isinstance(value, dict) or not isinstance(t, ObjectType) or isinstance(t, Map):
        return
    for name, field in t.fields.items():
        if name == "id" or name not in value:
            continue
        chance = rnd.random()
        if chance < 0.07:
            del value[name]
        elif chance < 0.1 and isinstance(field.type, Nullable):
            value[name] = None
        elif field.type in (DEVICE, FIX) or not isinstance(value[name], dict):
            punch(rnd, value[name], field.type)


def outcome(checked: Checked, values: dict[str, Any], when: Clock) -> tuple[Any, ...]:
    when.reset()
    program = checked.compile(tuple(values))
    try:
        found: Any = program(when, *values.values())
    except EvalError as error:
        found = type(error).__name__
    turns = when.turn_day, when.turn_instant
    when.reset()
    trace = checked.trace(when, values)
    assert trace.root.text
    traced = type(trace.error).__name__ if trace.error else trace.value
    assert found == traced, f"{checked.source}: compiled {found}, traced {traced}"
    assert turns == (when.turn_day, when.turn_instant), checked.source
    return found, turns


@given(st.randoms(use_true_random=False), st.integers(0, 3))
@settings(max_examples=200, deadline=None)
def test_the_evaluators_agree_over_gaps(rnd: Random, depth: int) -> None:
    checked = ENV.check(combined(rnd, depth), expect=BOOL)
    for _ in range(5):
        outcome(checked, inventory(rnd), clock(zone="Europe/Berlin"))


@given(st.randoms(use_true_random=False), st.integers(0, 2))
@settings(max_examples=100, deadline=None)
def test_bound_expressions_mean_what_they_mean_in_place(rnd: Random, depth: int) -> None:
    part, around = (
        combined(rnd, depth),
        rnd.choice(["(§) && (§)", "(§) || fix.exploited", "[1, 2].all(q, (§))"]),
    )
    bound = env().bind("part", ENV.check(part, expect=BOOL))
    values = inventory(rnd)
    in_place = outcome(ENV.check(around.replace("§", part), expect=BOOL), values, clock())
    assert outcome(bound.check(around.replace("§", "part"), expect=BOOL), values, clock()) == in_place


def test_there_are_many_conditions() -> None:
    assert len(CONDITIONS) > 100
    assert isinstance(ENV, Env)


# What compiled code once got otherwise than a trace does, and what both must come to.
SETTLED: tuple[tuple[str, Any], ...] = (
    ('money(1.0, "EUR") == money(1.0, "USD") || true', True),
    ('[money(1.0, "EUR")].exists(m, m == money(2.0, "USD") || true)', True),
    ('[money(1.0, "EUR")].all(m, m == money(2.0, "USD") && false)', False),
    ('[money(1.0, "EUR")].all(m, (m + money(2.0, "USD")) == m && [][0] == 1)', "Missing"),
    ("{?device.kind: optional.none()} == {}", "Missing"),
    ('{?device.kind: optional.none(), "k": device.kind}.k == "phone"', "Missing"),
    ("{?device.kind: optional.ofNonZeroValue('')}.size() == 0", "Missing"),
    ("{device.id: 1, device.id: device.cores}.size() == 1", "Missing"),
    ("[?optional.of(1), device.cores].size() == 1", "Missing"),
    ("[client.lead] == [device.owner]", "Missing"),
    ("[client.lead, 1] == [device.owner, 2]", False),
    ("[client.lead] in [[device.owner], [client.lead]]", True),
    ("[client.lead] in [[device.owner]]", "Missing"),
    ("client.people.indexOf(client.lead) == -1", "Missing"),
    ("[client.lead, device.owner].distinct().size() == 2", "Missing"),
    ("[client.lead, client.lead].distinct().size() == 1", True),
    ("[[client.lead], [device.owner]].distinct().size() == 2", "Missing"),
    ('[client.budget, money(1.0, "USD")].distinct().size() == 2', "Missing"),
    ('[money(1.0, "EUR"), money(1.0, "EUR")].distinct().size() == 1', True),
    ("[optional.of(1), optional.of(1)].distinct().size() == 1", True),
    ("cel.bind(x, device.cores, true)", True),
    ("cel.bind(x, device.cores, x > 1 || true)", True),
    ("cel.bind(x, device.cores, x > 1)", "Missing"),
    ("cel.bind(x, [1][2], [x, 1].size() == 2)", "Absent"),
    ("cel.bind(x, device.cores, cel.bind(y, x + 1, y > 1 || device.id == 'lt'))", True),
    ("[1, 2].map(i, cel.bind(x, [5][i - 1], i == 1 ? x : 0)) == [5, 0]", True),
    ("cel.bind(x, device.scanned_on, [1, 2].all(i, i < 3 || today - x > days(1)))", True),
)


@pytest.mark.parametrize(("source", "expected"), SETTLED)
def test_the_evaluators_come_to_one_result(source: str, expected: Any) -> None:
    client = {"id": "acme", "lead": Unresolved("zed"), "people": [{"id": "ann"}], "budget": Money(1.0, "EUR")}
    values = {"client": client, "device": {"id": "lt", "owner": Unresolved("ann")}, "fix": {"id": "k"}}
    assert outcome(ENV.check(source), values, clock())[0] == expected
