"""Parameters of policies: types, bounds, and which way is stricter."""

from __future__ import annotations

from typing import Any

import pytest

from policyscan.cel.values import DAY, HOUR, Duration, Money
from policyscan.policies.parameters import (
    Parameter,
    check_bounds,
    convert,
    in_words,
    loosens,
    parse_duration,
)


@pytest.mark.parametrize("text", ["", "14", "d", "14 d", "1.5d", "-1d", "14days", "P14D", "1d 2h"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are convert's
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [("14d", 14 * DAY), ("36h", 36 * HOUR), ("2w", 14 * DAY), ("1d12h", 36 * HOUR), ("0d", 0)],
)
def test_durations(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == Duration(nanoseconds)


@pytest.mark.parametrize(
    ("type_", "written", "words"),
    [
        ("duration", 14, "a duration like 14d"),
        ("duration", "two weeks", "a duration like 14d"),
        ("int", 1.5, "a whole number"),
        ("int", True, "a whole number"),
        ("number", "7", "a number"),
        ("bool", "yes", "true or false"),
        ("string", 7, "a text"),
        ("strings", "a", "a list of texts"),
        ("strings", [1], "a list of texts"),
        ("map", ["a"], "a mapping"),
        ("map", {"a": 1}, "a mapping"),
        ("money", 50, "an amount with its currency"),
        ("money", {"amount": 50}, "an amount with its currency"),
        ("money", {"amount": 50, "currency": "dollars"}, "an amount with its currency"),
        ("int", None, "found nothing"),
    ],
)
def test_what_does_not_fit_a_type(type_: str, written: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        convert(type_, written)


@pytest.mark.parametrize(
    ("type_", "written", "value"),
    [
        ("duration", "1d", Duration(DAY)),
        ("int", 3, 3),
        ("number", 7, 7.0),
        ("bool", False, False),
        ("string", "a", "a"),
        ("strings", [], []),
        ("map", {"a": "b"}, {"a": "b"}),
        ("money", {"amount": 50, "currency": "USD"}, Money(50.0, "USD")),
    ],
)
def test_values(type_: str, written: Any, value: Any) -> None:
    found = convert(type_, written)
    assert (found, type(found)) == (value, type(value))


def parameter(stricter: str = "neither", **changes: Any) -> Parameter:
    return Parameter("p", "int", 5, 1, 9, (), stricter, "why")._replace(**changes)


@pytest.mark.parametrize(("value", "words"), [(0, "below the minimum, 1"), (10, "above the maximum, 9")])
def test_bounds(value: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_bounds(parameter(), value)


@pytest.mark.parametrize("value", [1, 9])
def test_bounds_are_inclusive(value: int) -> None:
    check_bounds(parameter(), value)


def test_texts_outside_a_list_are_refused() -> None:
    texts = parameter(type="strings", default=["a"], min=None, max=None, values=("a", "b"))
    check_bounds(texts, ["a", "b"])
    with pytest.raises(ValueError, match="'c' is not one of: a, b"):
        check_bounds(texts, ["a", "c"])


@pytest.mark.parametrize(("type_", "default", "nothing"), [("strings", ["a"], []), ("map", {"a": "b"}, {})])
def test_a_list_of_what_is_asked_for_cannot_be_emptied(type_: str, default: Any, nothing: Any) -> None:
    asked = parameter("more", type=type_, default=default, min=None, max=None)
    check_bounds(asked, default)
    with pytest.raises(ValueError, match="an empty list asks for nothing: leave the control out"):
        check_bounds(asked, nothing)
    check_bounds(asked._replace(stricter="fewer"), nothing)  # of what is accepted, that is the strictest
    check_bounds(asked._replace(default=nothing), nothing)


@pytest.mark.parametrize(
    ("stricter", "default", "value", "loose"),
    [
        ("lower", 5, 6, True),
        ("lower", 5, 4, False),
        ("higher", 5, 4, True),
        ("higher", 5, 6, False),
        ("true", True, False, True),
        ("false", True, False, False),
        ("fewer", ["a", "b"], ["a"], False),
        ("fewer", ["a"], ["a", "b"], True),
        ("more", ["a"], ["a", "b"], False),
        ("more", ["a", "b"], ["a", "c"], True),
        ("neither", 5, 6, True),
        ("neither", 5, 5, False),
    ],
)
def test_which_changes_loosen(stricter: str, default: Any, value: Any, loose: bool) -> None:
    assert loosens(parameter(stricter, default=default), value) is loose


def test_an_amount_in_another_currency_than_its_bounds() -> None:
    made = Parameter(
        "p", "money", Money(5.0, "USD"), Money(1.0, "USD"), Money(9.0, "USD"), (), "lower", "why"
    )
    check_bounds(made, Money(9.0, "USD"))
    with pytest.raises(ValueError, match="5 EUR is not in USD, as its bounds are"):
        check_bounds(made, Money(5.0, "EUR"))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Duration(0), "0 days"),
        (Duration(DAY), "1 day"),
        (Duration(14 * DAY), "14 days"),
        (Duration(36 * HOUR), "1 day 12 hours"),
        (Duration(DAY + HOUR // 2), "1 day 30 minutes"),
        (Duration(HOUR // 3600), "1 second"),
        (Duration(-DAY), "-1d"),
        (Duration(1), "0.000000001s"),
        (Money(1000000.0, "USD"), "1,000,000 USD"),
        (Money(0.5, "EUR"), "0.50 EUR"),
        (100.0, "100"),
        (0.07 * 100.0, "7"),
        (1.5, "1.5"),
        (2_000_000.0, "2,000,000"),
        (3, "3"),
        (True, "true"),
        ("data_breach", "data breach"),
        ([], "nothing"),
        (["a"], "a"),
        (["a", "b_c", "d"], "a, b c and d"),
    ],
)
def test_values_in_a_sentence(value: Any, words: str) -> None:
    assert in_words(value) == words
