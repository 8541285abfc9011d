"""Until when a comparison with the clock holds: the turn is exactly the first moment of another outcome."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyscan.cel import Checked, Clock, Date, Duration, Env, EvalError, Timestamp
from policyscan.cel.types import DATE, DURATION, TIMESTAMP, Nullable
from policyscan.cel.values import DAY, HOUR
from tests.cel.inventory import at, clock, day

ENV = Env({"x": DATE, "y": DATE, "t": TIMESTAMP, "d": DURATION, "n": Nullable(DATE)})
NAMES = ("x", "y", "t", "d", "n")
BERLIN = "Europe/Berlin"


def outcome(checked: Checked, when: Clock, values: dict[str, Any]) -> tuple[Any, int | None]:
    """The value (or error's name) and turn on which both evaluators agree."""
    when.reset()
    found: Any
    try:
        found = checked.compile(NAMES)(when, *(values.get(name) for name in NAMES))
    except EvalError as error:
        found = type(error).__name__
    turn = when.turn
    when.reset()
    trace = checked.trace(when, {name: values.get(name) for name in NAMES})
    assert (type(trace.error).__name__ if trace.error else trace.value) == found, checked.source
    assert when.turn == turn, checked.source
    return found, turn


def later(when: Clock, instant: int) -> Clock:
    """The same clock at another instant."""
    return Clock(Date(when.day_of(instant)), Timestamp(instant), when.zone)


TABLE = [
    # expression, x or t, outcome at noon of 2026-10-31, UTC, and its turn
    ("today <= x", "2026-11-02", True, "2026-11-03T00:00:00Z"),
    ("today < x", "2026-11-02", True, "2026-11-02T00:00:00Z"),
    ("today >= x", "2026-11-02", False, "2026-11-02T00:00:00Z"),
    ("today > x", "2026-11-02", False, "2026-11-03T00:00:00Z"),
    ("x >= today", "2026-10-31", True, "2026-11-01T00:00:00Z"),
    ("x >= today", "2026-10-30", False, None),
    ("today == x", "2026-10-31", True, "2026-11-01T00:00:00Z"),
    ("today == x", "2026-11-02", False, "2026-11-02T00:00:00Z"),
    ("today != x", "2026-10-30", True, None),
    ("today - x <= days(14)", "2026-10-20", True, "2026-11-04T00:00:00Z"),
    ("today - x < days(14)", "2026-10-20", True, "2026-11-03T00:00:00Z"),
    ("today - x > days(14)", "2026-10-20", False, "2026-11-04T00:00:00Z"),
    ("today - x <= days(14)", "2026-10-01", False, None),
    ("today - x == days(14)", "2026-10-20", False, "2026-11-03T00:00:00Z"),
    ("today - x <= hours(36)", "2026-10-30", True, "2026-11-01T00:00:00Z"),
    ("x - today >= days(14)", "2026-12-01", True, "2026-11-18T00:00:00Z"),
    ("x - today > days(14)", "2026-12-01", True, "2026-11-17T00:00:00Z"),
    ("x - today < days(14)", "2026-12-01", False, "2026-11-18T00:00:00Z"),
    ("x - today <= hours(36)", "2026-11-02", False, "2026-11-01T00:00:00Z"),
    ("x < today + days(30)", "2026-12-01", False, "2026-11-02T00:00:00Z"),
    ("today - days(30) <= x", "2026-10-10", True, "2026-11-10T00:00:00Z"),
    ("days(30) + today >= x", "2026-11-10", True, None),
    ("-(x - today) <= days(1)", "2026-10-31", True, "2026-11-02T00:00:00Z"),
    ("today - x - days(1) <= days(1)", "2026-10-31", True, "2026-11-03T00:00:00Z"),
    ("within(x, days(14))", "2026-10-20", True, "2026-11-04T00:00:00Z"),
    ("within(x, days(14))", "2026-10-17", True, "2026-11-01T00:00:00Z"),
    ("within(x, days(14))", "2026-10-16", False, None),
    ("within(x, days(14))", "2026-11-02", False, "2026-11-02T00:00:00Z"),
    ("within(x, days(-1))", "2026-11-02", False, None),
    ("within(x, d)", "2026-10-20", True, "2026-11-04T00:00:00Z"),
    ("now <= t", "2026-10-31T13:00:00Z", True, "2026-10-31T13:00:00.000000001Z"),
    ("now < t", "2026-10-31T13:00:00Z", True, "2026-10-31T13:00:00Z"),
    ("t <= now", "2026-10-31T13:00:00Z", False, "2026-10-31T13:00:00Z"),
    ("t > now", "2026-10-31T11:00:00Z", False, None),
    ("now - t < hours(2)", "2026-10-31T11:00:00Z", True, "2026-10-31T13:00:00Z"),
    ("now - t <= hours(2)", "2026-10-31T11:00:00Z", True, "2026-10-31T13:00:00.000000001Z"),
    ("t - now > hours(2)", "2026-10-31T15:00:00Z", True, "2026-10-31T13:00:00Z"),
    ("t < now + hours(2)", "2026-10-31T15:00:00Z", False, "2026-10-31T13:00:00.000000001Z"),
    ("within(t, days(1))", "2026-10-30T00:00:00Z", True, "2026-11-01T00:00:00Z"),
    ("within(t, days(1))", "2026-10-31T23:00:00Z", True, "2026-11-02T00:00:00Z"),
]


@pytest.mark.parametrize(
    ("source", "value", "expected", "turn"), TABLE, ids=[f"{r[0]} {r[1]}" for r in TABLE]
)
def test_turns_are_known(source: str, value: str, expected: bool, turn: str | None) -> None:
    values = {"t": at(value)} if "T" in value else {"x": day(value)}
    values["d"] = Duration.parse("14d")
    found = outcome(ENV.check(source), clock(), values)
    assert found == (expected, at(turn) if turn else None)


@pytest.mark.parametrize("source", ["today <= n", "today - n <= days(3)", "within(n, days(3))", "n > today"])
def test_a_null_never_turns(source: str) -> None:
    assert outcome(ENV.check(source), clock(), {"n": None}) == ("Absent", None)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-28T12:00:00Z", "2026-03-28T23:00:00Z"),  # winter time: midnight is 23:00 UTC
        ("2026-03-29T12:00:00Z", "2026-03-29T22:00:00Z"),  # the clocks went forward this morning
        ("2026-10-24T12:00:00Z", "2026-10-24T22:00:00Z"),
        ("2026-10-25T12:00:00Z", "2026-10-25T23:00:00Z"),  # and back again
    ],
)
def test_days_turn_at_the_zones_midnight(now: str, expected: str) -> None:
    when = clock(now, BERLIN)
    assert outcome(ENV.check("today <= x"), when, {"x": when.today}) == (True, at(expected))


def test_a_day_without_midnight_starts_when_the_clocks_jump() -> None:
    when = clock("2018-11-03T12:00:00Z", "America/Sao_Paulo")
    assert outcome(ENV.check("today <= x"), when, {"x": when.today}) == (True, at("2018-11-04T03:00:00Z"))


def test_only_what_was_evaluated_turns() -> None:
    values = {"x": day("2026-11-02"), "y": day("2026-11-01")}
    assert outcome(ENV.check("today <= x || today <= y"), clock(), values)[1] == at("2026-11-03T00:00:00Z")
    assert outcome(ENV.check("today <= x && today <= y"), clock(), values)[1] == at("2026-11-02T00:00:00Z")


def test_a_result_that_is_an_age_turns_tomorrow() -> None:
    found = outcome(ENV.check("today - x"), clock(), {"x": day("2026-10-01")})
    assert found == (Duration.parse("30d"), at("2026-11-01T00:00:00Z"))


dates = st.integers(-40, 40).map(lambda n: Date(int(day("2026-10-31")) + n))
instants = st.integers(-40, 40).map(lambda n: Timestamp(int(at("2026-10-31T12:00:00Z")) + n * 5 * HOUR))
durations = st.integers(-60, 60).map(lambda n: Duration(n * DAY // 2))
moving_days = st.sampled_from(
    [
        "today",
        "today - x",
        "x - today",
        "today + days(3)",
        "today - (days(2))",
        "-(today - x)",
        "today - x + d",
    ]
)
moving_instants = st.sampled_from(["now", "now - t", "t - now", "now + d", "now - d", "t + (x - today)"])
orders = st.sampled_from(["<", "<=", ">", ">="])


def comparison(moving: str, operator: str, swapped: bool) -> str:
    """A comparison of something that moves with something of its type that does not."""
    if moving in {"today - x", "x - today", "-(today - x)", "today - x + d", "now - t", "t - now"}:
        fixed = "d"
    elif "now" in moving or moving.startswith("t "):
        fixed = "t"
    else:
        fixed = "y"
    return f"{fixed} {operator} {moving}" if swapped else f"{moving} {operator} {fixed}"


@settings(max_examples=300, deadline=None)
@given(moving_days | moving_instants, orders, st.booleans(), dates, dates, instants, durations)
def test_nothing_changes_before_the_turn_and_all_does_at_it(
    moving: str, operator: str, swapped: bool, x: Date, y: Date, t: Timestamp, d: Duration
) -> None:
    checked = ENV.check(comparison(moving, operator, swapped))
    values = {"x": x, "y": y, "t": t, "d": d}
    when = clock(zone=BERLIN)
    found, turn = outcome(checked, when, values)
    if turn is None:
        far = later(when, when.instant + 400 * DAY)
        assert outcome(checked, far, values)[0] == found
    else:
        assert turn > when.instant
        assert outcome(checked, later(when, turn - 1), values)[0] == found
        assert outcome(checked, later(when, turn), values)[0] != found
