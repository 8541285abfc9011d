"""CEL's standard functions: conversions, sizes, searching in text, and the parts of dates and times.

In: values of any type. Out: the same as another type, their size, or one of their parts; what cannot be
converted is a Fault.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any, Final

from policyscan.cel import budget
from policyscan.cel.clock import load_zone
from policyscan.cel.errors import Fault
from policyscan.cel.patterns import BadPattern, compiled
from policyscan.cel.registry import Function, Overload
from policyscan.cel.types import (
    BOOL,
    BYTES,
    DATE,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    MONEY,
    STRING,
    TIMESTAMP,
    TYPE,
    UINT,
    List,
    Map,
    Type,
    TypeParam,
)
from policyscan.cel.values import (
    DAY,
    EPOCH_DAY,
    FIRST_INSTANT,
    HOUR,
    INT_MAX,
    LAST_DAY,
    LAST_INSTANT,
    MINUTE,
    SECOND,
    UINT_MAX,
    Date,
    Duration,
    Timestamp,
    TypeValue,
    UInt,
    type_name,
)

_T: Final = TypeParam("T")
_K: Final = TypeParam("K")
_V: Final = TypeParam("V")


# Conversions

_BOOLS: Final = {
    **dict.fromkeys(("1", "t", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "false", "FALSE", "False"), False),
}


def _same(value: Any) -> Any:
    return value


def _bool_of_text(text: str) -> bool:
    try:
        return _BOOLS[text]
    except KeyError:
        msg = f"bool() cannot read {text!r}: write true or false"
        raise Fault(msg) from None


def _int_of_uint(value: int) -> int:
    if value > INT_MAX:
        msg = f"int() cannot hold {int(value)}: it is more than 64 bits"
        raise Fault(msg)
    return int(value)


def _int_of_double(value: float) -> int:
    # The bounds themselves are refused, as everywhere in CEL: neither is exact as a double.
    if not -(2.0**63) < value < 2.0**63:
        msg = f"int() cannot hold {text_of_double(value)}: it is more than 64 bits"
        raise Fault(msg)
    return int(value)


def _int_of_text(text: str) -> int:
    number = _whole(text, "int")
    if not -INT_MAX - 1 <= number <= INT_MAX:
        msg = f"int() cannot hold {text}: it is more than 64 bits"
        raise Fault(msg)
    return number


_DIGITS: Final = 20


def _whole(text: str, function: str) -> int:
    budget.read(text)
    digits = text[1:] if text[:1] in {"-", "+"} else text
    if not (digits.isascii() and digits.isdigit()):
        msg = f"{function}() cannot read {text!r}: it is not a whole number"
        raise Fault(msg)
    significant = digits.lstrip("0") or "0"
    number = int(significant) if len(significant) <= _DIGITS else 2**65
    return -number if text[0] == "-" else number


def _int_of_timestamp(value: int) -> int:
    return int(value) // SECOND


def _uint_of_int(value: int) -> UInt:
    if value < 0:
        msg = f"uint() cannot hold {value}: it is negative"
        raise Fault(msg)
    return UInt(value)


def _uint_of_double(value: float) -> UInt:
    if not 0 <= value < 2.0**64:
        msg = f"uint() cannot hold {text_of_double(value)}"
        raise Fault(msg)
    return UInt(value)


def _uint_of_text(text: str) -> UInt:
    number = _whole(text, "uint")
    if text[0] in "-+" or number > UINT_MAX:
        msg = f"uint() cannot hold {text}"
        raise Fault(msg)
    return UInt(number)


_WORD_DOUBLES: Final = frozenset({"nan", "inf", "infinity"})
_DOUBLE_CHARACTERS: Final = frozenset("0123456789.eE+-")


def _double_of_text(text: str) -> float:
    budget.read(text, 64)
    word = text[1:] if text[:1] in {"-", "+"} else text
    if not (word.lower() in _WORD_DOUBLES or _DOUBLE_CHARACTERS.issuperset(text)):
        raise _not_a_double(text)
    try:
        value = float(text)
    except ValueError:
        raise _not_a_double(text) from None
    if value - value != 0 and word.lower() not in _WORD_DOUBLES:
        msg = f"double() cannot hold {text}: it is too large"
        raise Fault(msg)
    return value


def _not_a_double(text: str) -> Fault:
    return Fault(f"double() cannot read {text!r}: it is not a number")


def text_of_double(value: float) -> str:
    """The shortest text that reads back as the double: `1`, `0.25`, `1e+21`, `NaN`, `-Infinity`."""
    if value != value:  # noqa: PLR0124 - NaN
        return "NaN"
    if value in {float("inf"), float("-inf")}:
        return "Infinity" if value > 0 else "-Infinity"
    text = repr(value)
    if "e" not in text:
        return text.removesuffix(".0")
    digits, _, exponent = text.partition("e")
    if -7 < int(exponent) < 21:
        return _positional(digits, int(exponent))
    sign = exponent[0] if exponent[0] in "+-" else "+"
    return f"{digits}e{sign}{exponent.lstrip('+-').lstrip('0').rjust(2, '0')}"


def _positional(digits: str, exponent: int) -> str:
    """The digits of `1.5e-05` or `1.2e+17` written out."""
    sign = "-" if digits.startswith("-") else ""
    whole, _, fraction = digits.lstrip("-").partition(".")
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{whole}{fraction}"
    return f"{sign}{whole}{fraction.ljust(exponent, '0')}"


def text_of(value: Any) -> str:
    """What `string()` makes of a bool, a number, text, bytes, a date, a time or money."""
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int or kind is UInt:
        return str(int(value))
    if kind is float:
        return text_of_double(value)
    if kind is bytes:
        return _text_of_bytes(value)
    if kind is Duration:
        return str(value.seconds)
    return str(value)


def _text_of_bytes(value: bytes) -> str:
    budget.read(value, 128)
    try:
        return value.decode()
    except UnicodeDecodeError:
        msg = "string() cannot read these bytes: they are not UTF-8"
        raise Fault(msg) from None


def _bytes_of_text(text: str) -> bytes:
    budget.read(text, 128)
    return text.encode()


def _timestamp_of_text(text: str) -> Timestamp:
    try:
        return Timestamp.parse(text)
    except ValueError as error:
        raise Fault(str(error)) from None


def _timestamp_of_int(seconds: int) -> Timestamp:
    instant = seconds * SECOND
    if not FIRST_INSTANT <= instant <= LAST_INSTANT:
        msg = f"timestamp() cannot hold {seconds}: it is not in years 1 to 9999"
        raise Fault(msg)
    return Timestamp(instant)


def _duration_of_text(text: str) -> Duration:
    try:
        return Duration.parse(text)
    except ValueError as error:
        raise Fault(str(error)) from None


def _date_of_text(text: str) -> Date:
    try:
        return Date.parse(text)
    except ValueError as error:
        raise Fault(str(error)) from None


def _type_of(value: Any) -> TypeValue:
    return TypeValue(type_name(value))


# Text


def _size(value: Any) -> int:
    return len(value)


def _contains(text: str, part: str) -> bool:
    budget.search(text, part)
    return part in text


def _starts_with(text: str, part: str) -> bool:
    budget.read(part)
    return text.startswith(part)


def _ends_with(text: str, part: str) -> bool:
    budget.read(part)
    return text.endswith(part)


def _matches(text: str, pattern: str) -> bool:
    if len(text) > budget.SMALL or len(pattern) > 4 * budget.SMALL:
        # Where a pattern has too many states to keep, each character meets each part of it.
        budget.spend((len(text) + budget.SMALL) * (len(pattern) + 8) // 1024)
    try:
        return compiled(pattern)(text)
    except BadPattern as bad:
        raise Fault(str(bad)) from None
    except UnicodeEncodeError:
        raise Fault("half of a surrogate pair is not a character") from None


# Parts of dates and times


def _local(instant: int, zone: str | None) -> int:
    """Nanoseconds since 1970-01-01T00:00 on the clocks of the zone."""
    return instant if zone is None else instant + _offset_in(instant, zone)


_SAFE: Final = 31 * DAY


def _offset_in(instant: int, zone: str) -> int:
    if ":" in zone:
        return _fixed_offset(zone)
    if zone in {"", "UTC"}:
        return 0
    from datetime import UTC, datetime, timedelta

    # datetime cannot go beyond year 9999 on local clocks, where zones have no rules to differ by anyway.
    clamped = min(max(instant, FIRST_INSTANT + _SAFE), LAST_INSTANT - _SAFE)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=clamped // 1000)
    delta = moment.astimezone(_zone(zone)).utcoffset()
    return 0 if delta is None else (delta.days * 86_400 + delta.seconds) * SECOND


@lru_cache(maxsize=64)
def _zone(name: str) -> Any:
    try:
        return load_zone(name)
    except ValueError as error:
        raise Fault(str(error)) from None


@lru_cache(maxsize=64)
def _fixed_offset(text: str) -> int:
    hours, _, minutes = text.lstrip("+-").partition(":")
    sign = -1 if text.startswith("-") else 1
    if len(text) - len(hours + minutes) in {1, 2} and _two_digits(hours, 24) and _two_digits(minutes, 60):
        return sign * (int(hours) * HOUR + int(minutes) * MINUTE)
    msg = f"{text!r} is not an offset; write it as +01:00, or a time zone such as Europe/Berlin"
    raise Fault(msg)


def _two_digits(text: str, limit: int) -> bool:
    return len(text) == 2 and text.isascii() and text.isdigit() and int(text) < limit


_CYCLE: Final = 400
"""Years after which the calendar is the same again, weekdays included."""
_CYCLE_DAYS: Final = 146_097


def _ordinal(instant: int, zone: str | None) -> int:
    return _local(instant, zone) // DAY + EPOCH_DAY


def _cycles(ordinal: int) -> int:
    """How many cycles a day lies from those years that `date` knows: a zone's clock may show another one."""
    return -1 if ordinal < 1 else int(ordinal > LAST_DAY)


def _day(instant: int, zone: str | None) -> date:
    """The local day, of another cycle where its own year is 0 or 10000."""
    ordinal = _ordinal(instant, zone)
    return date.fromordinal(ordinal - _cycles(ordinal) * _CYCLE_DAYS)


def _year(value: int, zone: str | None = None) -> int:
    return _day(value, zone).year + _cycles(_ordinal(value, zone)) * _CYCLE


def _month(value: int, zone: str | None = None) -> int:
    return _day(value, zone).month - 1


def _date(value: int, zone: str | None = None) -> int:
    return _day(value, zone).day


def _day_of_month(value: int, zone: str | None = None) -> int:
    return _day(value, zone).day - 1


def _day_of_week(value: int, zone: str | None = None) -> int:
    return _day(value, zone).isoweekday() % 7


def _day_of_year(value: int, zone: str | None = None) -> int:
    day = _day(value, zone)
    return day.toordinal() - date(day.year, 1, 1).toordinal()


def _hours(value: int, zone: str | None = None) -> int:
    return _local(value, zone) // HOUR % 24


def _minutes(value: int, zone: str | None = None) -> int:
    return _local(value, zone) // MINUTE % 60


def _seconds(value: int, zone: str | None = None) -> int:
    return _local(value, zone) // SECOND % 60


def _milliseconds(value: int, zone: str | None = None) -> int:
    return _local(value, zone) // 1_000_000 % 1000


def _whole_units(value: int, unit: int) -> int:
    return -(-value // unit) if value < 0 else value // unit


def _duration_hours(value: int) -> int:
    return _whole_units(int(value), HOUR)


def _duration_minutes(value: int) -> int:
    return _whole_units(int(value), MINUTE)


def _duration_seconds(value: int) -> int:
    return _whole_units(int(value), SECOND)


def _duration_milliseconds(value: int) -> int:
    nanos = int(value)
    return -(-nanos // 1_000_000 % 1000) if nanos < 0 else nanos // 1_000_000 % 1000


def _date_year(day: int) -> int:
    return date.fromordinal(day).year


def _date_month(day: int) -> int:
    return date.fromordinal(day).month - 1


def _date_date(day: int) -> int:
    return date.fromordinal(day).day


def _date_day_of_month(day: int) -> int:
    return date.fromordinal(day).day - 1


def _date_day_of_week(day: int) -> int:
    return day % 7


def _date_day_of_year(day: int) -> int:
    return day - date(date.fromordinal(day).year, 1, 1).toordinal()


def _conversion(result: Type, *rows: tuple[Type, Any]) -> tuple[Overload, ...]:
    return tuple(
        Overload((source,), result, impl, inline="{0}" if impl is _same else None, total=impl is _same)
        for source, impl in rows
    )


_SIZED: Final = (STRING, BYTES, List(_T), Map(_K, _V))


def _part_of_time(impl: Any, of_date: Any = None, of_duration: Any = None) -> tuple[Overload, ...]:
    overloads = [
        Overload((TIMESTAMP,), INT, impl, member=True, total=True),
        Overload((TIMESTAMP, STRING), INT, impl, member=True),
    ]
    if of_date is not None:
        overloads.append(Overload((DATE,), INT, of_date, member=True, total=True))
    if of_duration is not None:
        overloads.append(Overload((DURATION,), INT, of_duration, member=True, total=True))
    return tuple(overloads)


# Short texts need no call, and cost nothing of the budget.
_CONTAINS: Final = "({1} in {0} if len({0}) < 65 else {f}({0}, {1}))"
_STARTS: Final = "({0}.startswith({1}) if len({1}) < 1000 else {f}({0}, {1}))"
_ENDS: Final = "({0}.endswith({1}) if len({1}) < 1000 else {f}({0}, {1}))"
_ZONED = " An instant takes a zone, `Europe/Berlin` or `+01:00`, and is read in UTC without one."

FUNCTIONS: Final = (
    Function(
        "bool",
        _conversion(BOOL, (BOOL, _same), (STRING, _bool_of_text)),
        "The bool that a text says: `true`, `True`, `TRUE`, `t`, `1`, or the same for false.",
        ('bool("true")', '!bool("0")'),
    ),
    Function(
        "int",
        _conversion(
            INT,
            (INT, _same),
            (UINT, _int_of_uint),
            (DOUBLE, _int_of_double),
            (STRING, _int_of_text),
            (TIMESTAMP, _int_of_timestamp),
        ),
        "A whole number: of a double without its fraction, of text in decimal digits, of an instant its"
        " seconds since 1970.",
        ("int(-7.9) == -7", 'int("42") == 42', 'int(timestamp("1970-01-01T00:01:00Z")) == 60'),
    ),
    Function(
        "uint",
        _conversion(
            UINT, (UINT, _same), (INT, _uint_of_int), (DOUBLE, _uint_of_double), (STRING, _uint_of_text)
        ),
        "An unsigned whole number, 0 to 18446744073709551615.",
        ("uint(3) == 3u", 'uint("300") == 300u'),
    ),
    Function(
        "double",
        (
            Overload((DOUBLE,), DOUBLE, _same, inline="{0}", total=True),
            Overload((INT,), DOUBLE, float, inline="float({0})", total=True),
            Overload((UINT,), DOUBLE, float, inline="float({0})", total=True),
            Overload((STRING,), DOUBLE, _double_of_text),
        ),
        'A number with a fraction; text may also be "NaN", "Infinity" or "-Infinity".',
        ("double(3) / 2.0 == 1.5", 'double("6.02e23") > 6e23'),
    ),
    Function(
        "string",
        tuple(
            Overload((source,), STRING, impl, inline=inline, total=total)
            for source, impl, inline, total in (
                (STRING, _same, "{0}", True),
                (INT, text_of, "str({0})", True),
                (UINT, text_of, None, True),
                (DOUBLE, text_of, None, True),
                (BOOL, text_of, None, True),
                (BYTES, _text_of_bytes, None, False),
                (TIMESTAMP, text_of, None, True),
                (DURATION, text_of, None, True),
                (DATE, text_of, None, True),
                (MONEY, text_of, None, True),
            )
        ),
        "The text of a value: numbers in as few digits as identify them, dates and instants as ISO 8601,"
        " durations in seconds; bytes must be UTF-8.",
        ('string(1.50) == "1.5"', 'string(duration("1h")) == "3600s"', 'string(b"abc") == "abc"'),
    ),
    Function(
        "bytes",
        _conversion(BYTES, (BYTES, _same), (STRING, _bytes_of_text)),
        "The bytes of a text in UTF-8.",
        ('bytes("ÿ") == b"\\xc3\\xbf"',),
    ),
    Function(
        "timestamp",
        _conversion(TIMESTAMP, (TIMESTAMP, _same), (STRING, _timestamp_of_text), (INT, _timestamp_of_int)),
        "An instant: of text as RFC 3339 writes it, with an offset, or of seconds since 1970.",
        (
            'timestamp("2026-10-31T09:30:00+01:00") == timestamp("2026-10-31T08:30:00Z")',
            'timestamp(0) == timestamp("1970-01-01T00:00:00Z")',
        ),
    ),
    Function(
        "duration",
        _conversion(DURATION, (DURATION, _same), (STRING, _duration_of_text)),
        "A length of time, written with the units d, h, m, s, ms, us and ns.",
        ('duration("1h30m") == duration("90m")', 'duration("1d") == duration("24h")'),
    ),
    Function(
        "date",
        _conversion(DATE, (DATE, _same), (STRING, _date_of_text)),
        "A day of the calendar, written as YYYY-MM-DD.",
        ('date("2026-10-31") < date("2026-11-01")',),
        policy=True,
    ),
    Function(
        "dyn",
        (Overload((DYN,), DYN, _same, inline="{0}", total=True),),
        "The value itself, with its type checked only when the expression runs.",
        ("dyn(1) == 1.0",),
    ),
    Function(
        "type",
        (Overload((DYN,), TYPE, _type_of, total=True),),
        "The type of a value: `bool`, `int`, `uint`, `double`, `string`, `bytes`, `list`, `map`, …",
        ("type(1) == int", 'type("a") != bytes'),
        asks="entries",
    ),
    Function(
        "size",
        tuple(
            Overload((sized,), INT, _size, member, "len({0})", total=True)
            for sized in _SIZED
            for member in (False, True)
        ),
        "How many characters, bytes, elements or entries there are.",
        ('size("naïve") == 5', "[1, 2].size() == 2", 'size({"a": 1}) == 1'),
        asks="entries",
    ),
    Function(
        "contains",
        (
            Overload(
                (STRING, STRING),
                BOOL,
                _contains,
                True,
                _CONTAINS,
                total=True,
            ),
        ),
        "True where the text has the other text in it.",
        ('"windows-11".contains("dows")',),
    ),
    Function(
        "startsWith",
        (
            Overload(
                (STRING, STRING),
                BOOL,
                _starts_with,
                True,
                _STARTS,
                total=True,
            ),
        ),
        "True where the text begins with the other.",
        ('"KB5031354".startsWith("KB")',),
    ),
    Function(
        "endsWith",
        (
            Overload(
                (STRING, STRING),
                BOOL,
                _ends_with,
                True,
                _ENDS,
                total=True,
            ),
        ),
        "True where the text ends with the other.",
        ('"backup.zip".endsWith(".zip")',),
    ),
    Function(
        "matches",
        (
            Overload((STRING, STRING), BOOL, _matches, True),
            Overload((STRING, STRING), BOOL, _matches),
        ),
        "True where an RE2 pattern is found in the text; `^…$` makes it the whole text. Matching takes"
        " time in proportion to the text, whatever the pattern.",
        ('"KB5031354".matches("^KB[0-9]{7}$")', '!"xKB1".matches("^KB")'),
    ),
    Function(
        "getFullYear",
        _part_of_time(_year, _date_year),
        "The year." + _ZONED,
        ('timestamp("2026-12-31T23:30:00Z").getFullYear("Europe/Berlin") == 2027',),
    ),
    Function(
        "getMonth",
        _part_of_time(_month, _date_month),
        "The month, 0 for January." + _ZONED,
        ('timestamp("2026-10-31T12:00:00Z").getMonth() == 9',),
    ),
    Function(
        "getDate",
        _part_of_time(_date, _date_date),
        "The day of the month, from 1." + _ZONED,
        ('timestamp("2026-10-31T12:00:00Z").getDate() == 31',),
    ),
    Function(
        "getDayOfMonth",
        _part_of_time(_day_of_month, _date_day_of_month),
        "The day of the month, from 0." + _ZONED,
        ('timestamp("2026-10-31T12:00:00Z").getDayOfMonth() == 30',),
    ),
    Function(
        "getDayOfWeek",
        _part_of_time(_day_of_week, _date_day_of_week),
        "The day of the week, 0 for Sunday." + _ZONED,
        ('timestamp("2026-10-31T12:00:00Z").getDayOfWeek() == 6',),
    ),
    Function(
        "getDayOfYear",
        _part_of_time(_day_of_year, _date_day_of_year),
        "The day of the year, from 0." + _ZONED,
        ('timestamp("2026-02-01T12:00:00Z").getDayOfYear() == 31',),
    ),
    Function(
        "getHours",
        _part_of_time(_hours, of_duration=_duration_hours),
        "The hour of an instant, or all the whole hours of a duration." + _ZONED,
        (
            'timestamp("2026-10-31T12:00:00Z").getHours("+01:00") == 13',
            'duration("36h30m").getHours() == 36',
        ),
    ),
    Function(
        "getMinutes",
        _part_of_time(_minutes, of_duration=_duration_minutes),
        "The minute of an instant, or all the whole minutes of a duration." + _ZONED,
        ('timestamp("2026-10-31T12:05:00Z").getMinutes() == 5', 'duration("1h30m").getMinutes() == 90'),
    ),
    Function(
        "getSeconds",
        _part_of_time(_seconds, of_duration=_duration_seconds),
        "The second of an instant, or all the whole seconds of a duration." + _ZONED,
        ('timestamp("2026-10-31T12:05:07Z").getSeconds() == 7', 'duration("2m").getSeconds() == 120'),
    ),
    Function(
        "getMilliseconds",
        _part_of_time(_milliseconds, of_duration=_duration_milliseconds),
        "The thousandths of the second, of an instant or a duration." + _ZONED,
        ('duration("1.25s").getMilliseconds() == 250',),
    ),
)
