"""Dates, instants, lengths of time, money: how they are read, written, kept apart and shown."""

from __future__ import annotations

import pickle
from copy import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyscan.cel import (
    Dangling,
    Date,
    Duration,
    Missing,
    Money,
    Timestamp,
    UInt,
    Unresolved,
    render,
    to_json,
)
from policyscan.cel.clock import Clock, Zone
from policyscan.cel.values import (
    DAY,
    FIRST_INSTANT,
    LAST_DAY,
    LAST_INSTANT,
    NONE,
    SECOND,
    OptionalValue,
    TypeValue,
    type_name,
)


@pytest.mark.parametrize(
    "text",
    [
        "", "2026", "2026-10", "2026-1-1", "26-10-31", "2026-02-30", "2025-02-29", "2026-13-01", "2026-00-10",
        "2026/10/31", "31-10-2026", "2026-10-31T00:00:00Z",
        " 2026-10-31", "2026-10-31 ", "2026-W44-6", "20261031",
        "２０２６-10-31", "+026-10-31", "0000-01-01", "2026-10-3a",
    ],
)  # fmt: skip
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match="is not a d"):
        Date.parse(text)


@given(st.dates())
def test_dates_count_days(value: Any) -> None:
    read = Date.parse(value.isoformat())
    assert type(read) is Date
    assert int(read) == value.toordinal()
    assert str(read) == render(read) == to_json(read) == value.isoformat()
    assert read is not True
    assert Date.parse(str(read)) == read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.5Z", SECOND // 2),
        ("1969-12-31T23:59:59.999999999Z", -1),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:00-00:30", 1800 * SECOND),
        ("1970-01-01t00:00:01z", SECOND),
        ("0001-01-01T00:00:00Z", FIRST_INSTANT),
        ("9999-12-31T23:59:59.999999999Z", LAST_INSTANT),
    ],
)
def test_instants_count_nanoseconds(text: str, expected: int) -> None:
    assert Timestamp.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "2026-10-31", "2026-10-31T10:00:00",
        "2026-10-31T10:00Z", "2026-10-31 10:00:00Z", "2026-10-31T24:00:00Z",
        "2026-10-31T10:60:00Z", "2026-10-31T10:00:60Z",
        "2026-10-31T10:00:00.Z", "2026-10-31T10:00:00.1234567890Z",
        "2026-10-31T10:00:00+24:00", "2026-10-31T10:00:00+0100",
        "2026-10-31T10:00:00+01:00Z", "2026-02-30T10:00:00Z",
        "2026-10-31T10:00:00.5", "2026-10-31T+1:00:00Z", "2026-10-31T1०:00:00Z", "2026-10-31T10:00:00Z ",
    ],
)  # fmt: skip
def test_what_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        Timestamp.parse(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_instants_beyond_the_years(text: str) -> None:
    with pytest.raises(ValueError, match="out of the range"):
        Timestamp.parse(text)


@given(st.integers(FIRST_INSTANT, LAST_INSTANT))
def test_instants_read_as_they_are_written(nanos: int) -> None:
    assert Timestamp.parse(str(Timestamp(nanos))) == nanos


@pytest.mark.parametrize(
    ("text", "nanos", "shown", "seconds"),
    [
        ("14d", 14 * DAY, "14d", "1209600s"),
        ("36h", 36 * 3600 * SECOND, "1d12h", "129600s"),
        ("1h30m", 5400 * SECOND, "1h30m", "5400s"),
        ("1.5s", 1_500_000_000, "1.500s", "1.500s"),
        ("-1.5h", -5400 * SECOND, "-1h30m", "-5400s"),
        ("250ms", 250_000_000, "0.250s", "0.250s"),
        ("1us", 1000, "0.000001s", "0.000001s"),
        ("1µs2ns", 1002, "0.000001002s", "0.000001002s"),
        (".5d", DAY // 2, "12h", "43200s"),
        ("0", 0, "0d", "0s"),
        ("+3m", 180 * SECOND, "3m", "180s"),
        ("0s", 0, "0d", "0s"),
    ],
)
def test_lengths_of_time(text: str, nanos: int, shown: str, seconds: str) -> None:
    read = Duration.parse(text)
    assert (int(read), str(read), read.seconds) == (nanos, shown, seconds)


@pytest.mark.parametrize(
    "text", ["", "-", "14", "14 d", "d", "1..5s", "1.5.5s", "1w", "1y", "٣d", "1d-2h", "1e3s", "1d2"]
)
def test_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        Duration.parse(text)


def test_a_length_of_time_beyond_ten_thousand_years() -> None:
    with pytest.raises(ValueError, match="out of the range"):
        Duration.parse("315576000001s")


@given(st.integers(-(10**18), 10**18))
def test_lengths_of_time_read_as_they_are_written(nanos: int) -> None:
    assert Duration.parse(str(Duration(nanos))) == nanos


@pytest.mark.parametrize(
    "value",
    [
        Date.parse("2026-10-31"), Timestamp(5), Duration(5), UInt(5), Money(1.5, "EUR"), TypeValue("int"),
        [Date.parse("2026-10-31")],
    ],
)  # fmt: skip
def test_values_survive_pickling_with_their_type(value: Any) -> None:
    again = pickle.loads(pickle.dumps(value))  # noqa: S301
    assert type(again) is type(value)
    assert again == value


def test_money_of_one_currency() -> None:
    a, b = Money(1.0, "EUR"), Money(2.0, "EUR")
    assert a < b
    assert a <= b
    assert b > a
    assert b >= a
    assert a != b
    assert a + b == Money(3.0, "EUR")
    assert b - a == a
    assert hash(a) == hash(Money(1.0, "EUR"))
    assert (str(Money(1000.0, "USD")), str(Money(2.5, "USD"))) == ("1000 USD", "2.50 USD")


@pytest.mark.parametrize(
    "compare", [lambda a, b: a < b, lambda a, b: a >= b, lambda a, b: a == b, lambda a, b: a + b]
)
def test_money_of_two_currencies_is_not_known(compare: Any) -> None:
    with pytest.raises(Missing, match="no exchange rate between EUR and USD"):
        compare(Money(1.0, "EUR"), Money(1.0, "USD"))


WORTH = {"USD": 1.0, "EUR": 1.25, "GBP": 1.5}


def test_money_of_two_currencies_with_a_rate_for_each() -> None:
    euro, dollar, pound = Money(4.0, "EUR", WORTH), Money(5.0, "USD"), Money(4.0, "GBP", WORTH)
    assert euro == dollar
    assert dollar == euro
    assert dollar <= euro
    assert euro < pound
    assert not pound <= euro
    assert (str(dollar + euro), str(euro + dollar), str(pound - dollar)) == ("10 USD", "8 EUR", "0.67 GBP")
    assert dollar + euro == euro + dollar  # the rates go along with what is made of amounts
    assert (euro + dollar) > pound
    assert copy(euro) == dollar


def test_a_rate_for_another_currency_does_not_help() -> None:
    with pytest.raises(Missing, match="no exchange rate between EUR and SEK"):
        Money(1.0, "EUR", WORTH) < Money(1.0, "SEK", WORTH)  # noqa: B015


def test_money_is_not_a_number() -> None:
    assert Money(1.0, "EUR") != 1.0
    with pytest.raises(TypeError):
        Money(1.0, "EUR") < 1.0  # type: ignore[operator]  # noqa: B015


LOOP: dict[str, Any] = {"label": "x"}
LOOP["self"] = LOOP


@pytest.mark.parametrize(
    ("value", "shown", "json"),
    [
        (None, "null", None),
        (True, "true", True),
        ("a b", "a b", "a b"),
        (1.5, "1.5", 1.5),
        (float("inf"), "inf", "inf"),
        (UInt(3), "3", 3),
        (Date.parse("2026-10-31"), "2026-10-31", "2026-10-31"),
        (Timestamp(0), "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        (Duration(DAY), "1d", "1d"),
        (Money(2.0, "EUR"), "2 EUR", {"amount": 2.0, "currency": "EUR"}),
        (["a", None, Date.parse("2026-10-31")], '["a", null, 2026-10-31]', ["a", None, "2026-10-31"]),
        ({"id": "lt-01", "x": 1}, "lt-01", "lt-01"),
        ({"organisation": {"id": "acme"}}, "acme", "acme"),
        ({"a": 1}, "{a: 1}", {"a": 1}),
        (Dangling("gone"), "gone", "gone"),
        (Unresolved("there"), "there", "there"),
        (NONE, "none", None),
        (OptionalValue(3), "3", 3),
        (b"ab", "b'ab'", "YWI="),
        (TypeValue("int"), "int", "int"),
    ],
)
def test_how_values_are_shown(value: Any, shown: str, json: Any) -> None:
    assert render(value) == shown
    assert to_json(value) == json


def test_objects_within_themselves_are_shown() -> None:
    assert "…" in render(LOOP)
    assert to_json(LOOP)


def test_of_a_huge_value_a_part_is_shown() -> None:
    wide: Any = "x"
    for _ in range(12):
        wide = [wide] * 20
    assert len(render(wide)) < 200_000
    assert len(str(to_json(wide))) < 200_000
    assert render(["a"] * 20_000).endswith('"a", …]')


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (True, "bool"),
        (1, "int"),
        (UInt(1), "uint"),
        (Date(1), "date"),
        (Duration(1), "google.protobuf.Duration"),
    ],
)
def test_types_have_names(value: Any, name: str) -> None:
    assert type_name(value) == name


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/Chicago", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
)
@given(st.integers(1, LAST_DAY - 400))
def test_days_of_a_zone_follow_each_other(zone: str, day: int) -> None:
    rules = Zone(zone)
    start, end = rules.start_of(day), rules.start_of(day + 1)
    assert start <= end
    if start < end:
        assert rules.day_of(start) == rules.day_of(end - 1) == day


@pytest.mark.parametrize("name", ["Middle/Earth", "localtime", "posixrules", "Factory"])
def test_a_zone_that_does_not_exist(name: str) -> None:
    """What the machine calls its own zone is another one elsewhere."""
    clock = Clock(Date(1), Timestamp(0), name)
    with pytest.raises(ValueError, match=f"'{name}' is not a time zone"):
        clock.start_of(3)
