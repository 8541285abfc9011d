"""Arithmetic. Comparisons, logic and selection are part of the evaluators.

In: two values of the types that `FUNCTIONS` lists. Out: their sum, difference, product, quotient or rest;
what leaves 64 bits is a Fault.
"""

from __future__ import annotations

from typing import Any, Final

from policyscan.cel import budget
from policyscan.cel.errors import Fault
from policyscan.cel.registry import Function, Overload
from policyscan.cel.types import (
    BYTES,
    DATE,
    DOUBLE,
    DURATION,
    INT,
    MONEY,
    STRING,
    TIMESTAMP,
    UINT,
    List,
    TypeParam,
)
from policyscan.cel.values import (
    DAY,
    DURATION_MAX,
    FIRST_INSTANT,
    INT_MAX,
    INT_MIN,
    LAST_DAY,
    LAST_INSTANT,
    UINT_MAX,
    Date,
    Duration,
    Money,
    Timestamp,
    UInt,
)

LIMIT: Final = 1_000_000
"""Characters of a text, bytes, or elements of a list that an operation may make."""


def checked_int(value: int) -> int:
    """`value`, or Fault where it does not fit in 64 bits."""
    if INT_MIN <= value <= INT_MAX:
        return value
    msg = "integer overflow: the result does not fit in 64 bits"
    raise Fault(msg)


def checked_uint(value: int) -> UInt:
    """`value` as an unsigned integer, or Fault where it does not fit in 64 bits."""
    if 0 <= value <= UINT_MAX:
        return UInt(value)
    msg = "unsigned integer overflow: the result does not fit in 64 bits"
    raise Fault(msg)


def checked_duration(nanos: int) -> Duration:
    """`nanos` as a duration, or Fault where it exceeds 10,000 years."""
    if -DURATION_MAX <= nanos <= DURATION_MAX:
        return Duration(nanos)
    msg = "duration out of range: more than 10,000 years"
    raise Fault(msg)


def checked_timestamp(nanos: int) -> Timestamp:
    """`nanos` as an instant, or Fault where it lies outside the years 1 to 9999."""
    if FIRST_INSTANT <= nanos <= LAST_INSTANT:
        return Timestamp(nanos)
    msg = "timestamp out of range: outside the years 1 to 9999"
    raise Fault(msg)


def checked_date(day: int) -> Date:
    """`day` as a date, or Fault where it lies outside the years 1 to 9999."""
    if 1 <= day <= LAST_DAY:
        return Date(day)
    msg = "date out of range: outside the years 1 to 9999"
    raise Fault(msg)


def whole_days(length: int) -> int:
    """The days of a duration in ns; Fault where it is not a whole number of them."""
    days, rest = divmod(length, DAY)
    if rest:
        msg = f"a date moves by whole days, not by {Duration(length)}"
        raise Fault(msg)
    return days


def _add_int(a: int, b: int) -> int:
    return checked_int(a + b)


def _subtract_int(a: int, b: int) -> int:
    return checked_int(a - b)


def _multiply_int(a: int, b: int) -> int:
    return checked_int(a * b)


def divide_int(a: int, b: int) -> int:
    """Division towards zero."""
    if b == 0:
        msg = "division by zero"
        raise Fault(msg)
    quotient = abs(a) // abs(b)
    return checked_int(quotient if (a < 0) == (b < 0) else -quotient)


def modulo_int(a: int, b: int) -> int:
    """The remainder of division towards zero; it has the sign of `a`."""
    if b == 0:
        msg = "modulus by zero"
        raise Fault(msg)
    if a == INT_MIN and b == -1:
        checked_int(-a)
    remainder = abs(a) % abs(b)
    return -remainder if a < 0 else remainder


def _negate_int(a: int) -> int:
    return checked_int(-a)


def _add_uint(a: int, b: int) -> UInt:
    return checked_uint(a + b)


def _subtract_uint(a: int, b: int) -> UInt:
    return checked_uint(a - b)


def _multiply_uint(a: int, b: int) -> UInt:
    return checked_uint(a * b)


def _divide_uint(a: int, b: int) -> UInt:
    if b == 0:
        msg = "division by zero"
        raise Fault(msg)
    return UInt(a // b)


def _modulo_uint(a: int, b: int) -> UInt:
    if b == 0:
        msg = "modulus by zero"
        raise Fault(msg)
    return UInt(a % b)


def _add_double(a: float, b: float) -> float:
    return a + b


def _subtract_double(a: float, b: float) -> float:
    return a - b


def _multiply_double(a: float, b: float) -> float:
    return a * b


def divide_double(a: float, b: float) -> float:
    """IEEE 754 division: by zero it is infinite or not a number."""
    if b != 0.0:
        return a / b
    if a == 0.0 or a != a:  # noqa: PLR0124 - NaN
        return float("nan")
    # The sign of a zero shows only in its text.
    return float("inf") if (a > 0) == (not str(b).startswith("-")) else float("-inf")


def _negate_double(a: float) -> float:
    return -a


def add_sequence(a: Any, b: Any) -> Any:
    """Two texts, byte strings or lists joined; Fault where the result is huge."""
    if len(a) + len(b) > LIMIT:
        msg = f"joining makes more than {LIMIT} characters or elements"
        raise Fault(msg)
    if type(a) is list:
        budget.visited(a, 64)
        budget.visited(b, 64)
        return a + b
    joined = a + b
    budget.made(joined)
    return joined


def _add_duration(a: int, b: int) -> Duration:
    return checked_duration(a + b)


def _subtract_duration(a: int, b: int) -> Duration:
    return checked_duration(a - b)


def _negate_duration(a: int) -> Duration:
    return Duration(-a)


def _add_to_timestamp(a: int, b: int) -> Timestamp:
    return checked_timestamp(a + b)


def _subtract_from_timestamp(a: int, b: int) -> Timestamp:
    return checked_timestamp(a - b)


def subtract_timestamps(a: int, b: int) -> Duration:
    """The time between two instants."""
    return Duration(a - b)


def subtract_near_timestamps(a: int, b: int) -> Duration:
    """The time between two instants; Fault where its nanoseconds do not fit in 64 bits, some 292 years."""
    if INT_MIN <= a - b <= INT_MAX:
        return Duration(a - b)
    msg = "duration out of range: the instants are more than 292 years apart"
    raise Fault(msg)


def subtract_dates(a: int, b: int) -> Duration:
    """The days between two dates, as a duration."""
    return Duration((a - b) * DAY)


def _add_to_date(a: int, b: int) -> Date:
    return checked_date(a + whole_days(b))


def _add_date_to(a: int, b: int) -> Date:
    return checked_date(b + whole_days(a))


def _subtract_from_date(a: int, b: int) -> Date:
    return checked_date(a - whole_days(b))


def _add_money(a: Money, b: Money) -> Money:
    return a + b


def _subtract_money(a: Money, b: Money) -> Money:
    return a - b


def _scale_money(a: Money, b: float) -> Money:
    return a.of(a.amount * b)


def _scaled_money(a: float, b: Money) -> Money:
    return b.of(b.amount * a)


def divide_money(a: Money, b: float) -> Money:
    """An amount divided by a number."""
    return a.of(divide_double(a.amount, b))


def ratio_of_money(a: Money, b: Money) -> float:
    """How many times `b` goes into `a`; Missing where no rate leads from one's currency to the other's."""
    return divide_double(a.amount, a.like(b))


def _negate_money(a: Money) -> Money:
    return a.of(-a.amount)


_T: Final = TypeParam("T")
_LIST: Final = List(_T)


def _guarded(operator: str, low: int, high: int) -> str:
    # The common case without a call; the call raises.
    return f"({{t}} if {low} <= ({{t}} := {{0}} {operator} {{1}}) <= {high} else {{f}}({{0}}, {{1}}))"


def _int_guard(operator: str) -> str:
    return _guarded(operator, INT_MIN, INT_MAX)


def _duration_guard(operator: str) -> str:
    return _guarded(operator, -DURATION_MAX, DURATION_MAX)


def _timestamp_guard(operator: str) -> str:
    return _guarded(operator, FIRST_INSTANT, LAST_INSTANT)


_ADD: Final = Function(
    "_+_",
    (
        Overload((INT, INT), INT, _add_int, inline=_int_guard("+")),
        Overload((UINT, UINT), UINT, _add_uint),
        Overload((DOUBLE, DOUBLE), DOUBLE, _add_double, inline="({0} + {1})", total=True),
        Overload((STRING, STRING), STRING, add_sequence),
        Overload((BYTES, BYTES), BYTES, add_sequence),
        Overload((_LIST, _LIST), _LIST, add_sequence),
        Overload((DURATION, DURATION), DURATION, _add_duration, raw=_duration_guard("+")),
        Overload((TIMESTAMP, DURATION), TIMESTAMP, _add_to_timestamp, raw=_timestamp_guard("+")),
        Overload((DURATION, TIMESTAMP), TIMESTAMP, _add_to_timestamp, raw=_timestamp_guard("+")),
        Overload((DATE, DURATION), DATE, _add_to_date),
        Overload((DURATION, DATE), DATE, _add_date_to),
        Overload((MONEY, MONEY), MONEY, _add_money),
    ),
    "The sum of numbers, durations or money; texts, bytes or lists joined; a date or timestamp moved on.",
    ("1 + 2 == 3", '"a" + "b" == "ab"', "[1] + [2] == [1, 2]"),
)
_SUBTRACT: Final = Function(
    "_-_",
    (
        Overload((INT, INT), INT, _subtract_int, inline=_int_guard("-")),
        Overload((UINT, UINT), UINT, _subtract_uint),
        Overload((DOUBLE, DOUBLE), DOUBLE, _subtract_double, inline="({0} - {1})", total=True),
        Overload((DATE, DATE), DURATION, subtract_dates, raw=f"(({{0}} - {{1}}) * {DAY})", total=True),
        Overload((TIMESTAMP, TIMESTAMP), DURATION, subtract_near_timestamps, core=True),
        Overload((TIMESTAMP, TIMESTAMP), DURATION, subtract_timestamps, raw="({0} - {1})", total=True),
        Overload((DURATION, DURATION), DURATION, _subtract_duration, raw=_duration_guard("-")),
        Overload((TIMESTAMP, DURATION), TIMESTAMP, _subtract_from_timestamp, raw=_timestamp_guard("-")),
        Overload((DATE, DURATION), DATE, _subtract_from_date),
        Overload((MONEY, MONEY), MONEY, _subtract_money),
    ),
    "The difference; of two dates or timestamps it is a duration.",
    ("3 - 2 == 1", 'duration("2h") - duration("30m") == duration("90m")'),
)
_MULTIPLY: Final = Function(
    "_*_",
    (
        Overload((INT, INT), INT, _multiply_int, inline=_int_guard("*")),
        Overload((UINT, UINT), UINT, _multiply_uint),
        Overload((DOUBLE, DOUBLE), DOUBLE, _multiply_double, inline="({0} * {1})", total=True),
        Overload((MONEY, DOUBLE), MONEY, _scale_money),
        Overload((DOUBLE, MONEY), MONEY, _scaled_money),
    ),
    "The product; money may be multiplied by a double.",
    ("2 * 3 == 6",),
)
_DIVIDE: Final = Function(
    "_/_",
    (
        Overload((INT, INT), INT, divide_int),
        Overload((UINT, UINT), UINT, _divide_uint),
        Overload((DOUBLE, DOUBLE), DOUBLE, divide_double),
        Overload((MONEY, DOUBLE), MONEY, divide_money),
        Overload((MONEY, MONEY), DOUBLE, ratio_of_money),
    ),
    "The quotient; of integers it is cut off towards zero, and policies must not use that.",
    ("7.0 / 2.0 == 3.5",),
)
_MODULO: Final = Function(
    "_%_",
    (
        Overload((INT, INT), INT, modulo_int),
        Overload((UINT, UINT), UINT, _modulo_uint),
    ),
    "The remainder of integer division; it has the sign of the dividend.",
    ("7 % 2 == 1",),
)
_NEGATE: Final = Function(
    "-_",
    (
        Overload((INT,), INT, _negate_int),
        Overload((DOUBLE,), DOUBLE, _negate_double, inline="(-{0})", total=True),
        Overload((DURATION,), DURATION, _negate_duration, raw="(-{0})", total=True),
        Overload((MONEY,), MONEY, _negate_money),
    ),
    "The negative.",
    ("-(1) == 0 - 1",),
)

FUNCTIONS: Final = (_ADD, _SUBTRACT, _MULTIPLY, _DIVIDE, _MODULO, _NEGATE)
