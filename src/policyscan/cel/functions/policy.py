"""Functions that policies need and CEL's libraries do not have: ages, shares, sums and middles.

In: dates, durations, lists and amounts. Out: answers and amounts; those that follow the clock tell it when
they turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from policyscan.cel import budget
from policyscan.cel.errors import Absent, Fault
from policyscan.cel.functions.operators import (
    checked_duration,
    checked_int,
    divide_double,
    divide_money,
    ratio_of_money,
)
from policyscan.cel.registry import Function, Overload
from policyscan.cel.types import (
    BOOL,
    DATE,
    DOUBLE,
    DURATION,
    INT,
    MONEY,
    STRING,
    TIMESTAMP,
    List,
    Map,
    Type,
    TypeParam,
)
from policyscan.cel.values import (
    DAY,
    DURATION_MAX,
    HOUR,
    LAST_DAY,
    MINUTE,
    Dangling,
    Date,
    Duration,
    Money,
    Unresolved,
)
from policyscan.fillers import SAYS, is_placeholder, mentioned
from policyscan.names import looks, person

if TYPE_CHECKING:
    from collections.abc import Iterable

    from policyscan.cel.clock import Clock

# --- names


def _as_name(text: str) -> str:
    budget.read(text, 4)
    name = person(text)
    budget.made(name)
    return name


def _looks_like(one: str, other: str) -> bool:
    budget.read(one, 4)
    budget.read(other, 4)
    return not looks(one).isdisjoint(looks(other))


def _tells(text: str, what: str) -> bool:
    budget.read(text, 4)
    if what not in SAYS:
        message = f"tells() asks for {', '.join(SAYS)}, and not for {what!r}"
        raise Fault(message)
    return not is_placeholder(text, what)


def _mentions(text: str, phrases: Iterable[str]) -> list[str]:
    wanted = tuple(phrases)
    budget.read(text, 4)
    budget.visited(wanted)
    return list(mentioned(text, wanted))


# --- lengths of time


def _length(count: float, unit: int) -> Duration:
    if count != count or abs(count) * unit > DURATION_MAX:  # noqa: PLR0124 - NaN
        msg = "duration out of range: more than 10,000 years"
        raise Fault(msg)
    return Duration(count * unit if isinstance(count, int) else round(count * unit))


def _days(count: float) -> Duration:
    return _length(count, DAY)


def _hours(count: float) -> Duration:
    return _length(count, HOUR)


def _minutes(count: float) -> Duration:
    return _length(count, MINUTE)


def _lengths(name: str, impl: Any, example: str) -> Function:
    overloads = (Overload((INT,), DURATION, impl), Overload((DOUBLE,), DURATION, impl))
    doc = f"A length of time in {name}; a fraction is rounded to the nanosecond."
    return Function(name, overloads, doc, (example,), policy=True)


# --- ages


def within_days(clock: Clock, day: int, limit: int) -> bool:
    """Whether a day is today or at most `limit` before; tells the clock when that turns."""
    if day > clock.day:
        if limit >= 0:
            clock.turns_on(day)
        return False
    last = day + limit // DAY
    if clock.day > last:
        return False
    clock.turns_on(last + 1)
    return True


def within_instant(clock: Clock, instant: int, limit: int) -> bool:
    """As `within_days`, for the day of an instant in the clock's zone."""
    return within_days(clock, clock.day_of(instant), limit)


def day_of(clock: Clock, instant: int) -> Date:
    """The day of an instant in the clock's zone; Fault where that is in the year 0 or 10000."""
    day = clock.day_of(instant)
    if not 1 <= day <= LAST_DAY:
        msg = "dayOf() cannot hold this day: it is not in years 1 to 9999"
        raise Fault(msg)
    return Date(day)


# --- facts


def _stated(value: Any) -> bool:
    if value is None:
        msg = "it is null"
        raise Absent(msg)
    if isinstance(value, Dangling | Unresolved):
        value["id"]  # raises what following the reference does
    return True


# --- shares


def _share(part: float, whole: float) -> float:
    if whole == 0:
        msg = "nothing has no percentage: the whole is zero"
        raise Absent(msg)
    return divide_double(100.0 * part, float(whole))


def _percent(part: float, whole: float) -> float:
    return _share(part, whole)


def _percent_money(part: Money, whole: Money) -> float:
    if whole.amount == 0:
        return _share(0, 0)
    return 100.0 * ratio_of_money(part, whole)


# --- sums and middles


def _total_int(items: list[int]) -> int:
    budget.visited(items, 32)
    return checked_int(sum(items))


def _total_double(items: list[float]) -> float:
    budget.visited(items, 16)
    # Exact, so that the order of a list does not show in the last digit.
    from math import fsum

    try:
        return fsum(items)
    except (OverflowError, ValueError):
        return float(sum(items))


def _total_duration(items: list[int]) -> Duration:
    budget.visited(items, 32)
    return checked_duration(sum(items))


def total_money(items: list[Money]) -> Money:
    """The sum of amounts, in the currency of the first; Absent for none, which would have no currency."""
    if not items:
        msg = "the total of no amounts has no currency"
        raise Absent(msg)
    budget.visited(items, 2)
    first = items[0]
    return first.of(_total_double([first.like(item) for item in items]))


def _sorted(items: list[Any], name: str) -> list[Any]:
    if not items:
        msg = f"the {name} of an empty list"
        raise Absent(msg)
    budget.ordered(items)
    if any(item != item for item in items):  # noqa: PLR0124 - NaN
        msg = f"the {name} of a list with something that is not a number"
        raise Fault(msg)
    return sorted(items)


def _middle(items: list[Any]) -> tuple[Any, Any]:
    ordered = _sorted(items, "median")
    return ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]


def _median_number(items: list[float]) -> float:
    low, high = _middle(items)
    return float(low / 2 + high / 2)


def _median_duration(items: list[int]) -> Duration:
    low, high = _middle(items)
    return Duration((low + high) // 2)


def _median_money(items: list[Money]) -> Money:
    low, high = _middle(items)
    return divide_money(low + high, 2.0)


def percentile(items: list[Any], share: float) -> Any:
    """The least element that at least `share` percent of the elements do not exceed (nearest rank)."""
    if not 0 <= share <= 100:
        msg = f"a percentile lies between 0 and 100, not at {share}"
        raise Fault(msg)
    ordered = _sorted(items, "percentile")
    # Integers after scaling: 0.07 * 100 must not become the eighth of a hundred.
    rank = -(-round(share * len(ordered) * 1_000_000) // 100_000_000)
    return ordered[max(rank, 1) - 1]


def _values(items: dict[str, Any]) -> list[Any]:
    return list(items.values())


def _total_ints_of(items: dict[str, int]) -> int:
    return _total_int(_values(items))


def _total_doubles_of(items: dict[str, float]) -> float:
    return _total_double(_values(items))


def _total_durations_of(items: dict[str, int]) -> Duration:
    return _total_duration(_values(items))


def _total_money_of(items: dict[str, Money]) -> Money:
    return total_money(_values(items))


def _money(number: float, currency: str) -> Money:
    return Money(number, currency)


def _amount(value: Money) -> float:
    return value.amount


def _lists(result_and_impl: tuple[tuple[Type, Type, Any], ...], *, member: bool) -> tuple[Overload, ...]:
    return tuple(Overload((List(t),), result, impl, member) for t, result, impl in result_and_impl)


_TOTALS: Final = (
    (INT, INT, _total_int),
    (DOUBLE, DOUBLE, _total_double),
    (DURATION, DURATION, _total_duration),
    (MONEY, MONEY, total_money),
)
_TOTALS_OF: Final = (
    (INT, _total_ints_of),
    (DOUBLE, _total_doubles_of),
    (DURATION, _total_durations_of),
    (MONEY, _total_money_of),
)
_MEDIANS: Final = (
    (INT, DOUBLE, _median_number),
    (DOUBLE, DOUBLE, _median_number),
    (DURATION, DURATION, _median_duration),
    (MONEY, MONEY, _median_money),
)

FUNCTIONS: Final = (
    Function(
        "asName",
        (Overload((STRING,), STRING, _as_name, True, total=True),),
        "The text as names are compared: without case in any alphabet, one space for many, composed alike, "
        "and without what nobody sees.",
        ('"STRAUSS  Söhne".asName() == "Strauß SÖHNE".asName()', '"Zoë\\u200b Berg".asName() == "zoë berg"'),
        policy=True,
    ),
    Function(
        "looksLike",
        (Overload((STRING, STRING), BOOL, _looks_like, True, total=True),),
        "True if one text may be taken for the other: the same name, or one with letters of another alphabet "
        "that are drawn alike. It is for what must not be the same; `asName` is for what has to be.",
        ('"acme".looksLike("\\u0410cme")', '!"acme".looksLike("acne")'),
        policy=True,
    ),
    Function(
        "mentions",
        (
            Overload((STRING, List(STRING)), List(STRING), _mentions, True, total=True),
            Overload((STRING, Map(STRING, STRING)), List(STRING), _mentions, True, total=True),
        ),
        "Those of some words or phrases that a text has whole, without case and whatever stands between the"
        " words; `a & b` is there if both are. Of a map its keys. It is for free text beside which nothing is"
        " typed.",
        (
            '"Mon-Fri, 9 to 5".mentions(["mon fri", "9 to 5", "on"]) == ["mon fri", "9 to 5"]',
            '"Windows 11 (22H2)".mentions({"windows & 22h2": "2025-10-14"}) == ["windows & 22h2"]',
        ),
        policy=True,
    ),
    Function(
        "tells",
        (Overload((STRING, STRING), BOOL, _tells, True),),
        "True if a text tells what it is there for, one of the words of `x-says`: a document, name, person,"
        " phone, place, reason, test or text. What only fills the space does not, nor does what was only said"
        " name a document, nor what is only read tell of a test.",
        (
            '"restore log".tells("test")',
            '!"minutes of a call".tells("test")',
            '!"to be written".tells("document")',
        ),
        policy=True,
    ),
    _lengths("days", _days, 'days(14) == duration("14d")'),
    _lengths("hours", _hours, 'hours(1.5) == duration("90m")'),
    _lengths("minutes", _minutes, 'minutes(30) == duration("30m")'),
    Function(
        "within",
        (
            Overload((DATE, DURATION), BOOL, within_days, clock=True),
            Overload((TIMESTAMP, DURATION), BOOL, within_instant, clock=True),
        ),
        "True for a day, or the day of an instant, that is today or no further back than a limit, in calendar"
        " days of the document's time zone. A limit reached exactly passes; what lies ahead is not within.",
        ('!within(date("9999-12-31"), days(30))',),
        policy=True,
    ),
    Function(
        "dayOf",
        (Overload((TIMESTAMP,), DATE, day_of, clock=True),),
        "The calendar day of an instant in the document's time zone.",
        ('dayOf(timestamp("2026-10-31T12:00:00Z")) == date("2026-10-31")',),
        policy=True,
    ),
    Function(
        "stated",
        (Overload((TypeParam("T"),), BOOL, _stated),),
        "True for whatever is known. What is not written is missing here as anywhere, null is absent, and a"
        " reference has to lead somewhere: it is for a requirement that asks for no more than an answer.",
        ("stated(0)", 'stated("low")'),
        policy=True,
    ),
    Function(
        "percent",
        (
            Overload((INT, INT), DOUBLE, _percent),
            Overload((DOUBLE, DOUBLE), DOUBLE, _percent),
            Overload((INT, DOUBLE), DOUBLE, _percent),
            Overload((DOUBLE, INT), DOUBLE, _percent),
            Overload((MONEY, MONEY), DOUBLE, _percent_money),
            Overload((DURATION, DURATION), DOUBLE, _percent),
        ),
        "What share a part is of a whole, as a number from 0 to 100 or more. Absent where the whole is zero.",
        ("percent(1, 4) == 25.0", "percent(3.0, 2.0) == 150.0"),
        policy=True,
    ),
    Function(
        "total",
        (
            *_lists(_TOTALS, member=False),
            *_lists(_TOTALS, member=True),
            *(Overload((Map(STRING, t),), t, impl) for t, impl in _TOTALS_OF),
        ),
        "The sum of a list, of the values of a map, or of all fields of an object that has only amounts."
        " Of amounts of money there must be some, and a rate for each currency other than that of the first.",
        (
            "total([1, 2, 3]) == 6",
            'total([days(1), hours(12)]) == duration("36h")',
            "total([0.1, 0.2]) < 0.31",
        ),
        policy=True,
        asks="entries",
    ),
    Function(
        "median",
        (*_lists(_MEDIANS, member=False), *_lists(_MEDIANS, member=True)),
        "The middle of a list's elements, or half way between the two in the middle; absent for [].",
        ("median([3, 1, 2]) == 2.0", "median([1, 2]) == 1.5"),
        policy=True,
    ),
    Function(
        "percentile",
        tuple(
            Overload((List(t), share), t, percentile, member)
            for member in (False, True)
            for t in (INT, DOUBLE, DURATION, MONEY)
            for share in (INT, DOUBLE)
        ),
        "The least element that so many percent of the elements do not exceed (nearest rank); absent for [].",
        ("percentile([15, 20, 35, 40, 50], 30) == 20", "percentile([15, 20, 35, 40, 50], 100) == 50"),
        policy=True,
    ),
    Function(
        "money",
        (Overload((DOUBLE, STRING), MONEY, _money),),
        "An amount with its currency.",
        ('money(2.5, "EUR") + money(1.0, "EUR") == money(3.5, "EUR")',),
        policy=True,
    ),
    Function(
        "amount",
        (Overload((MONEY,), DOUBLE, _amount, total=True),),
        "The number of an amount of money, without its currency.",
        ('amount(money(2.5, "EUR")) == 2.5',),
        policy=True,
    ),
)
