"""Opening hours, rotas and the changes of the clocks: known answers, and when each of them turns."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyscan.cel import CelErrors, Clock, Date, Duration, Env, EvalError, Fault, Missing, Timestamp
from policyscan.cel.functions.calendars import Hours, advance, elapsed, is_open
from policyscan.cel.types import TIMESTAMP, List
from policyscan.cel.values import DAY, HOUR, MINUTE
from tests.cel.inventory import CALENDAR, SHIFT, at, clock, day

BERLIN = "Europe/Berlin"
CHICAGO = "America/Chicago"
WEEK = ["mon", "tue", "wed", "thu", "fri"]
OFFICE: dict[str, Any] = {"days": WEEK, "opens": "08:00", "closes": "17:30", "holidays": [day("2026-12-25")]}
NIGHTS: dict[str, Any] = {"days": ["sat"], "opens": "22:00", "closes": "06:00", "holidays": []}
ALWAYS: dict[str, Any] = {"days": [*WEEK, "sat", "sun"], "opens": "00:00", "closes": "24:00", "holidays": []}
EARLY: dict[str, Any] = {"days": ["sun"], "opens": "02:30", "closes": "05:00", "holidays": []}

ENV = Env({"c": CALENDAR, "a": TIMESTAMP, "b": TIMESTAMP, "rota": List(SHIFT)})
NAMES = ("c", "a", "b", "rota")


def value(source: str, when: Clock, **values: Any) -> Any:
    """The value (or the error's name) that both evaluators give, and their turn."""
    checked = ENV.check(source)
    given_ = [values.get(name) for name in NAMES]
    when.reset()
    try:
        found: Any = checked.compile(NAMES)(when, *given_)
    except EvalError as error:
        found = type(error).__name__
    turn = when.turn
    when.reset()
    trace = checked.trace(when, dict(zip(NAMES, given_, strict=True)))
    assert (type(trace.error).__name__ if trace.error else trace.value) == found
    assert when.turn == turn
    return found, turn


def shown(stretches: list[dict[str, Timestamp]]) -> list[str]:
    return [f"{s['starts_at']} {s['ends_at']}" for s in stretches]


@pytest.mark.parametrize(
    ("calendar", "zone", "instant", "expected"),
    [
        (OFFICE, BERLIN, "2026-10-23T05:59:59Z", False),  # summer time: one second before eight
        (OFFICE, BERLIN, "2026-10-23T06:00:00Z", True),
        (OFFICE, BERLIN, "2026-10-23T15:29:59Z", True),
        (OFFICE, BERLIN, "2026-10-23T15:30:00Z", False),  # closing time is no longer open
        (OFFICE, BERLIN, "2026-10-26T06:30:00Z", False),  # winter time: 07:30
        (OFFICE, BERLIN, "2026-10-26T07:00:00Z", True),
        (OFFICE, BERLIN, "2026-10-24T10:00:00Z", False),  # a Saturday
        (OFFICE, BERLIN, "2026-12-25T10:00:00Z", False),  # a holiday
        (OFFICE, CHICAGO, "2026-03-06T13:59:59Z", False),
        (OFFICE, CHICAGO, "2026-03-06T14:00:00Z", True),
        (OFFICE, CHICAGO, "2026-03-09T13:00:00Z", True),  # summer time since Sunday
        ({**OFFICE, "time_zone": "Asia/Tokyo"}, BERLIN, "2026-10-26T07:00:00Z", True),
        ({**OFFICE, "time_zone": "Asia/Tokyo"}, BERLIN, "2026-10-26T08:30:00Z", False),
        (NIGHTS, "UTC", "2026-10-31T22:00:00Z", True),
        (NIGHTS, "UTC", "2026-11-01T05:59:59Z", True),  # Sunday morning belongs to Saturday's night
        (NIGHTS, "UTC", "2026-11-01T06:00:00Z", False),
        (NIGHTS, "UTC", "2026-11-01T22:00:00Z", False),
        (ALWAYS, BERLIN, "2026-10-25T00:59:59Z", True),
        (EARLY, BERLIN, "2026-03-29T00:59:59Z", False),  # 02:30 is skipped: open when the clocks jump
        (EARLY, BERLIN, "2026-03-29T01:00:00Z", True),
        (EARLY, BERLIN, "2026-10-25T00:29:59Z", False),  # 02:30 comes twice: open at the first
        (EARLY, BERLIN, "2026-10-25T00:30:00Z", True),
    ],
)
def test_is_open(calendar: dict[str, Any], zone: str, instant: str, expected: bool) -> None:
    assert value("isOpen(c, a)", clock(zone=zone), c=calendar, a=at(instant)) == (expected, None)


@pytest.mark.parametrize(
    ("calendar", "zone", "start", "end", "expected"),
    [
        (OFFICE, BERLIN, "2026-10-30T08:00:00Z", "2026-10-30T10:30:00Z", "2h30m"),
        (OFFICE, BERLIN, "2026-10-30T10:30:00Z", "2026-10-30T08:00:00Z", "-2h30m"),
        (OFFICE, BERLIN, "2026-10-23T15:00:00Z", "2026-10-26T07:30:00Z", "1h"),  # over the weekend
        (OFFICE, BERLIN, "2026-12-24T00:00:00Z", "2026-12-26T00:00:00Z", "9h30m"),
        (OFFICE, BERLIN, "2026-10-24T00:00:00Z", "2026-10-25T00:00:00Z", "0d"),
        (OFFICE, BERLIN, "2026-10-30T08:00:00Z", "2026-10-30T08:00:00Z", "0d"),
        (ALWAYS, BERLIN, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "23h"),  # the short day
        (ALWAYS, BERLIN, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "1d1h"),  # the long one
        (ALWAYS, CHICAGO, "2026-11-01T05:00:00Z", "2026-11-02T06:00:00Z", "1d1h"),
        (NIGHTS, BERLIN, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z", "9h"),  # the night has an hour more
        (NIGHTS, BERLIN, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z", "7h"),
        (EARLY, BERLIN, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z", "2h"),
        (EARLY, BERLIN, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z", "3h30m"),
    ],
)
def test_elapsed(calendar: dict[str, Any], zone: str, start: str, end: str, expected: str) -> None:
    found = value("elapsed(c, a, b)", clock(zone=zone), c=calendar, a=at(start), b=at(end))
    assert found == (Duration.parse(expected), None)


@pytest.mark.parametrize(
    ("calendar", "zone", "start", "end", "expected"),
    [
        (
            OFFICE, BERLIN, "2026-10-23T12:00:00Z", "2026-10-26T12:00:00Z",
            ["2026-10-23T15:30:00Z 2026-10-26T07:00:00Z"],
        ),
        (
            OFFICE, BERLIN, "2026-10-22T04:00:00Z", "2026-10-23T04:00:00Z",
            ["2026-10-22T04:00:00Z 2026-10-22T06:00:00Z", "2026-10-22T15:30:00Z 2026-10-23T04:00:00Z"],
        ),
        (OFFICE, BERLIN, "2026-10-22T08:00:00Z", "2026-10-22T09:00:00Z", []),
        (ALWAYS, BERLIN, "2026-10-20T00:00:00Z", "2026-10-30T00:00:00Z", []),
        (OFFICE, BERLIN, "2026-10-24T08:00:00Z", "2026-10-24T08:00:00Z", []),
    ],
)  # fmt: skip
def test_closed(calendar: dict[str, Any], zone: str, start: str, end: str, expected: list[str]) -> None:
    found, turn = value("closed(c, interval(a, b))", clock(zone=zone), c=calendar, a=at(start), b=at(end))
    assert shown(found) == expected
    assert turn is None


def shift(start: str, end: str) -> dict[str, Any]:
    return {"starts_at": at(start), "ends_at": at(end)}


@pytest.mark.parametrize(
    ("rota", "expected"),
    [
        ([], ["2026-10-01T00:00:00Z 2026-10-08T00:00:00Z"]),
        ([shift("2026-09-01T00:00:00Z", "2026-11-01T00:00:00Z")], []),
        (
            [
                shift("2026-10-05T00:00:00Z", "2026-10-06T00:00:00Z"),
                shift("2026-10-02T00:00:00Z", "2026-10-03T00:00:00Z"),
            ],
            [
                "2026-10-01T00:00:00Z 2026-10-02T00:00:00Z",
                "2026-10-03T00:00:00Z 2026-10-05T00:00:00Z",
                "2026-10-06T00:00:00Z 2026-10-08T00:00:00Z",
            ],
        ),
        (
            [
                shift("2026-10-01T00:00:00Z", "2026-10-04T00:00:00Z"),
                shift("2026-10-02T00:00:00Z", "2026-10-08T00:00:00Z"),
            ],
            [],
        ),
        (
            [shift("2026-10-01T00:00:00Z", "2026-10-07T23:59:59Z")],
            ["2026-10-07T23:59:59Z 2026-10-08T00:00:00Z"],
        ),
    ],
)  # fmt: skip
def test_uncovered(rota: list[dict[str, Any]], expected: list[str]) -> None:
    found, turn = value(
        "uncovered([interval(a, b)], rota)", clock(),
        a=at("2026-10-01T00:00:00Z"), b=at("2026-10-08T00:00:00Z"), rota=rota,
    )  # fmt: skip
    assert shown(found) == expected
    assert turn is None


@pytest.mark.parametrize("field", ["days", "opens", "closes", "holidays"])
def test_a_calendar_with_a_gap_is_unknown(field: str) -> None:
    calendar = {key: part for key, part in OFFICE.items() if key != field}
    with pytest.raises(Missing):
        is_open(clock(), calendar, clock().instant)


@pytest.mark.parametrize(
    "calendar",
    [
        {**OFFICE, "opens": "8 o'clock"},
        {**OFFICE, "closes": "24:01"},
        {**OFFICE, "days": ["someday"]},
        {**OFFICE, "time_zone": "Nowhere"},
    ],
)  # fmt: skip
def test_what_is_no_calendar_is_a_fault(calendar: dict[str, Any]) -> None:
    assert value("isOpen(c, a)", clock(), c=calendar, a=clock().now)[0] == "Fault"


def test_an_interval_does_not_end_before_it_starts() -> None:
    assert value("interval(a, b).ends_at > a", clock(), a=Timestamp(2), b=Timestamp(1))[0] == "Fault"


# --- turns


def later(when: Clock, instant: int) -> Clock:
    return Clock(Date(when.day_of(instant)), Timestamp(instant), when.zone)


@pytest.mark.parametrize(
    ("now", "expected", "turn"),
    [
        ("2026-10-23T12:00:00Z", True, "2026-10-23T15:30:00Z"),
        ("2026-10-23T16:00:00Z", False, "2026-10-26T07:00:00Z"),  # over the end of summer time
        ("2026-03-27T17:00:00Z", False, "2026-03-30T06:00:00Z"),  # over its start
        ("2026-12-24T17:00:00Z", False, "2026-12-28T07:00:00Z"),  # over a holiday
    ],
)
def test_is_open_now_turns_at_the_next_change(now: str, expected: bool, turn: str) -> None:
    assert value("isOpen(c, now)", clock(now, BERLIN), c=OFFICE) == (expected, at(turn))


@pytest.mark.parametrize(
    ("reported", "now", "expected", "turn"),
    [
        ("2026-10-23T12:00:00Z", "2026-10-23T12:30:00Z", True, "2026-10-23T13:00:00.000000001Z"),
        ("2026-10-23T15:00:00Z", "2026-10-23T15:20:00Z", True, "2026-10-26T07:30:00.000000001Z"),
        ("2026-03-27T16:00:00Z", "2026-03-28T12:00:00Z", True, "2026-03-30T06:30:00.000000001Z"),
        ("2026-10-23T12:00:00Z", "2026-10-23T14:00:00Z", False, None),
    ],
)
def test_elapsed_until_now_turns_when_enough_open_time_has_passed(
    reported: str, now: str, expected: bool, turn: str | None
) -> None:
    found = value("elapsed(c, a, now) <= hours(1)", clock(now, BERLIN), c=OFFICE, a=at(reported))
    assert found == (expected, at(turn) if turn else None)


instants = st.integers(0, 14 * 24 * 4).map(
    lambda n: Timestamp(int(at("2026-10-18T00:00:00Z")) + n * 15 * MINUTE)
)
shifts = st.lists(
    st.tuples(instants, st.integers(1, 40)).map(
        lambda pair: {"starts_at": pair[0], "ends_at": Timestamp(int(pair[0]) + pair[1] * HOUR)}
    ),
    max_size=4,
)
calendars = st.sampled_from([OFFICE, NIGHTS, ALWAYS, EARLY])
SOURCES = st.sampled_from(
    [
        "isOpen(c, now)",
        "isOpen(c, now + hours(5))",
        "elapsed(c, a, now) < hours(3)",
        "elapsed(c, a, now) > hours(3)",
        "size(closed(c, interval(now, now + days(3)))) > 2",
        "size(uncovered(closed(c, interval(now, now + days(2))), rota)) == 0",
        "size(uncovered([interval(now - days(1), now)], rota)) > 1",
    ]
)


@settings(max_examples=150, deadline=None)
@given(SOURCES, calendars, instants, instants, shifts)
def test_nothing_changes_before_the_turn(
    source: str, calendar: dict[str, Any], now: Timestamp, a: Timestamp, rota: list[dict[str, Any]]
) -> None:
    when = clock(str(now), BERLIN)
    found, turn = value(source, when, c=calendar, a=a, rota=rota)
    end = turn if turn is not None else when.instant + 30 * DAY
    assert end > when.instant
    for part in (0.01, 0.3, 0.5, 0.9):
        moment = when.instant + int((end - 1 - when.instant) * part)
        assert value(source, later(when, moment), c=calendar, a=a, rota=rota)[0] == found
    assert value(source, later(when, end - 1), c=calendar, a=a, rota=rota)[0] == found


@settings(max_examples=100, deadline=None)
@given(calendars, instants, st.integers(1, 400))
def test_advance_is_the_inverse_of_elapsed(calendar: dict[str, Any], start: Timestamp, quarters: int) -> None:
    when = clock(zone=BERLIN)
    amount = quarters * 15 * MINUTE
    end = advance(when, calendar, start, amount)
    assert elapsed(when, calendar, start, end) == amount
    assert elapsed(when, calendar, start, end - 1) == amount - 1


def test_a_calendar_that_never_opens_never_turns() -> None:
    never = {**OFFICE, "days": []}
    assert value("isOpen(c, now)", clock(), c=never) == (False, None)
    assert value("elapsed(c, a, now) <= hours(1)", clock(), c=never, a=at("2026-01-01T00:00:00Z")) == (
        True,
        None,
    )


def test_hours_of_neighbouring_days_are_one_stretch() -> None:
    hours = Hours(clock(), ALWAYS)
    start, end = at("2026-10-01T00:00:00Z"), at("2026-10-09T00:00:00Z")
    assert list(hours.stretches(start, end)) == [(start, end)]


@pytest.mark.parametrize(
    "source",
    [
        "cel.bind(t, elapsed(c, a, now), t <= hours(1))",
        "(a < b ? elapsed(c, a, now) : elapsed(c, b, now)) <= hours(1)",
        "spent <= hours(1)",
    ],
)
def test_elapsed_until_now_is_compared_where_it_is_written(source: str) -> None:
    env = ENV.bind("spent", ENV.check("elapsed(c, a, now)"))
    with pytest.raises(CelErrors, match="when this comparison turns cannot be computed"):
        env.check(source)


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        ("9999-12-31T23:59:59Z", "Asia/Tokyo", None),
        ("9999-12-31T23:59:59Z", "America/New_York", "9999-12-31"),
        ("9999-12-31T14:59:59Z", "Asia/Tokyo", "9999-12-31"),
        ("0001-01-01T00:00:00Z", "America/New_York", None),
        ("0001-01-01T00:00:00Z", "Asia/Tokyo", "0001-01-01"),
    ],
)
def test_a_day_that_no_calendar_has_is_a_fault(instant: str, zone: str, day: str | None) -> None:
    clock = Clock(Date.parse("2026-10-31"), Timestamp.parse("2026-10-31T12:00:00Z"), zone)
    checked = Env({}).check(f'dayOf(timestamp("{instant}"))')
    traced = checked.trace(clock, {})
    if day is not None:
        assert str(checked.compile(())(clock)) == str(traced.value) == day
        return
    assert isinstance(traced.error, Fault)
    with pytest.raises(Fault, match="not in years 1 to 9999"):
        checked.compile(())(clock)


@pytest.mark.parametrize(
    ("asked", "limit", "inside", "turns"),
    [
        ("2026-10-30", 0, True, "2026-11-02"),  # Friday to Saturday: it turns on Monday
        ("2026-10-30", 1, True, "2026-11-03"),
        ("2026-10-29", 0, False, None),  # what was late stays late
        ("2026-10-29", 1, True, "2026-11-02"),
    ],
)
def test_working_days_until_today_turn_on_the_next_that_is_too_many(
    asked: str, limit: int, inside: bool, turns: str | None
) -> None:
    when = clock("2026-10-31T12:00:00Z", BERLIN)
    expression = f"withinWorkingDays(c, date('{asked}'), today, {limit})"
    found, turn = value(expression, when, c=OFFICE)
    assert found is inside
    assert turn == (None if turns is None else when.start_of(int(Date.parse(turns))))
