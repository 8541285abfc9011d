"""The values of expressions that Python has no type of its own for.

In: texts and numbers as documents and expressions have them. Out: values; ValueError for what is none. And
from a value, how people and JSON have it.

CEL bool, int, double, string, bytes, null, list and map are `bool`, `int`, `float`, `str`, `bytes`,
`None`, `list` and `dict`. Dates, timestamps, durations and unsigned integers are subclasses of `int`
without further state, so that compiled code compares and subtracts them as plain integers; whoever must
tell them apart looks at `type(value)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from policyscan.cel.errors import Absent, Missing

INT_MAX: Final = 2**63 - 1
INT_MIN: Final = -(2**63)
UINT_MAX: Final = 2**64 - 1

SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 3600 * SECOND
DAY: Final = 86_400 * SECOND

EPOCH_DAY: Final = 719_163
"""The ordinal of 1970-01-01, whose first instant in UTC is nanosecond 0."""
LAST_DAY: Final = 3_652_059
"""The ordinal of 9999-12-31, the last date; 1 is 0001-01-01, the first."""
FIRST_INSTANT: Final = (1 - EPOCH_DAY) * DAY
LAST_INSTANT: Final = (LAST_DAY + 1 - EPOCH_DAY) * DAY - 1

DURATION_MAX: Final = 315_576_000_000 * SECOND
"""The longest duration, 10,000 years, in ns."""

_CACHE_LIMIT: Final = 16_384


class Date(int):
    """A calendar day: an int that counts days, 1 being 0001-01-01 (as `datetime.date.toordinal`)."""

    __slots__ = ()

    @staticmethod
    def parse(text: str) -> Date:
        """The day written as `YYYY-MM-DD`; ValueError, with a reason for people, on anything else."""
        return _DATES.get(text) or _parse_date(text)

    def __str__(self) -> str:
        return date.fromordinal(self).isoformat()

    def __repr__(self) -> str:
        return f"Date.parse({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Date, (int(self),)


_DATES: dict[str, Date] = {}


def _parse_date(text: str) -> Date:
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        msg = f"{text!r} is not a date; write it as YYYY-MM-DD"
        raise ValueError(msg)
    try:
        value = Date(date.fromisoformat(text).toordinal())
    except ValueError as error:
        digits = (text[:4] + text[5:7] + text[8:]).isdigit()
        reason = "not a day of the calendar" if digits else "not a date; write it as YYYY-MM-DD"
        msg = f"{text!r} is {reason}"
        raise ValueError(msg) from error
    if len(_DATES) >= _CACHE_LIMIT:
        _DATES.clear()
    _DATES[text] = value
    return value


class Timestamp(int):
    """An instant: an int that counts nanoseconds since 1970-01-01T00:00:00Z, from year 1 to year 9999."""

    __slots__ = ()

    @staticmethod
    def parse(text: str) -> Timestamp:
        """The instant written as RFC 3339 says, `2026-10-31T09:30:00+01:00`; ValueError on anything else."""
        value = _TIMESTAMPS.get(text)
        return _parse_timestamp(text) if value is None else value

    def __str__(self) -> str:
        """RFC 3339 in UTC, with as many digits of a fraction as needed: 0, 3, 6 or 9."""
        day, rest = divmod(int(self), DAY)
        return f"{date.fromordinal(day + EPOCH_DAY).isoformat()}T{_clock_text(rest)}Z"

    def __repr__(self) -> str:
        return f"Timestamp.parse({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Timestamp, (int(self),)


_TIMESTAMPS: dict[str, Timestamp] = {}


def _clock_text(rest: int) -> str:
    seconds, nanos = divmod(rest, SECOND)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return text + _fraction(nanos)


def _fraction(nanos: int) -> str:
    if not nanos:
        return ""
    digits = f"{nanos:09}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return f".{digits}"


def _parse_timestamp(text: str) -> Timestamp:
    try:
        nanos = _instant(text)
    except (ValueError, IndexError):
        nanos = None
    if nanos is None:
        msg = f"{text!r} is not a date-time with an offset; write it as YYYY-MM-DDTHH:MM:SSZ or …+01:00"
        raise ValueError(msg)
    if not FIRST_INSTANT <= nanos <= LAST_INSTANT:
        msg = f"{text!r} is out of the range of date-times, years 1 to 9999"
        raise ValueError(msg)
    value = Timestamp(nanos)
    if len(_TIMESTAMPS) >= _CACHE_LIMIT:
        _TIMESTAMPS.clear()
    _TIMESTAMPS[text] = value
    return value


def _instant(text: str) -> int | None:
    """Nanoseconds since the epoch of an RFC 3339 text; None or ValueError where it is not one."""
    if text[10] not in "Tt" or text[13] != ":" or text[16] != ":":
        return None
    day = _DATES.get(text[:10]) or _parse_date(text[:10])
    hour, minute, second = _two(text, 11, 24), _two(text, 14, 60), _two(text, 17, 60)
    nanos, at = 0, 19
    if text[19] == ".":
        at = 20
        while text[at] in "0123456789":
            at += 1
        digits = text[20:at]
        if not 1 <= len(digits) <= 9:
            return None
        nanos = int(digits.ljust(9, "0"))
    offset = _offset(text, at)
    if offset is None:
        return None
    seconds = hour * 3600 + minute * 60 + second - offset
    return (day - EPOCH_DAY) * DAY + seconds * SECOND + nanos


def _two(text: str, at: int, limit: int) -> int:
    pair = text[at : at + 2]
    if len(pair) != 2 or not (pair.isascii() and pair.isdigit()) or int(pair) >= limit:
        raise ValueError(pair)
    return int(pair)


def _offset(text: str, at: int) -> int | None:
    if text[at:] in ("Z", "z"):
        return 0
    if len(text) != at + 6 or text[at] not in "+-" or text[at + 3] != ":":
        return None
    seconds = _two(text, at + 1, 24) * 3600 + _two(text, at + 4, 60) * 60
    return -seconds if text[at] == "-" else seconds


class Duration(int):
    """A length of time: an int that counts nanoseconds, at most 10,000 years either way."""

    __slots__ = ()

    @staticmethod
    def parse(text: str) -> Duration:
        """The length written as `14d`, `36h`, `1h30m`, `1.5s`, `-250ms`; ValueError on anything else.

        Units are d, h, m, s, ms, us, µs and ns; a day is 24 hours, or a calendar day where dates meet.
        """
        return Duration(_parse_duration(text))

    def __str__(self) -> str:
        """As people write it: `14d`, `1d12h`, `1h30m`, `1.5s`."""
        return _duration_text(int(self))

    def __repr__(self) -> str:
        return f"Duration.parse({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Duration, (int(self),)

    @property
    def seconds(self) -> str:
        """CEL's own form: seconds with a fraction of 3, 6 or 9 digits where needed, `5400s`."""
        sign, total = ("-", -self) if self < 0 else ("", int(self))
        return f"{sign}{total // SECOND}{_fraction(total % SECOND)}s"


_UNITS: Final = (
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("d", DAY),
    ("h", HOUR),
    ("m", MINUTE),
    ("s", SECOND),
)


def _parse_duration(text: str) -> int:
    body = text[1:] if text[:1] in ("-", "+") else text
    total, at = 0, 0
    if body == "0":
        return 0
    while at < len(body) or not body:
        nanos, at = _duration_part(text, body, at)
        total += nanos
    if total > DURATION_MAX:
        msg = f"{text!r} is out of the range of durations, 10,000 years"
        raise ValueError(msg)
    return -total if text[:1] == "-" else total


def _duration_part(text: str, body: str, at: int) -> tuple[int, int]:
    end = at
    while end < len(body) and body[end] in "0123456789.":
        end += 1
    whole, _, part = body[at:end].partition(".")
    for unit, size in _UNITS:
        if (whole or part) and "." not in part and body.startswith(unit, end):
            # Integers throughout: a float would lose nanoseconds of long durations.
            scale = 10 ** len(part)
            return (int(whole or "0") * scale + int(part or "0")) * size // scale, end + len(unit)
    msg = f"{text!r} is not a duration; write it as 14d, 36h, 1h30m or 90s"
    raise ValueError(msg)


def _duration_text(nanos: int) -> str:
    if not nanos:
        return "0d"
    parts = ["-"] if nanos < 0 else []
    rest = abs(nanos)
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    if rest:
        parts.append(f"{rest // SECOND}{_fraction(rest % SECOND)}s")
    return "".join(parts)


class UInt(int):
    """A CEL unsigned integer, 0 to 2**64 - 1."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return UInt, (int(self),)


class Money:
    """An amount with its currency, such as 1000.0 EUR.

    `worth` is what one unit of each currency is worth, in one of them. Comparing or adding two currencies of
    which it lacks one is Missing; the result is in that of the first.
    """

    __slots__ = ("amount", "currency", "worth")

    def __init__(self, amount: float, currency: str, worth: Mapping[str, float] | None = None) -> None:
        self.amount = float(amount)
        self.currency = currency
        self.worth = worth

    def of(self, amount: float) -> Money:
        """Another amount of the same currency."""
        return Money(amount, self.currency, self.worth)

    def like(self, other: Money) -> float:
        """The amount of another, in this one's currency; Missing if there is no rate for it."""
        if self.currency == other.currency:
            return other.amount
        worth = self.worth or other.worth or {}
        if self.currency not in worth or other.currency not in worth:
            first, second = sorted((self.currency, other.currency))
            msg = f"no exchange rate between {first} and {second} is configured"
            raise Missing(msg)
        return other.amount * worth[other.currency] / worth[self.currency]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.amount == self.like(other)

    def __lt__(self, other: object) -> bool:
        return self.amount < self.like(other) if isinstance(other, Money) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self.amount <= self.like(other) if isinstance(other, Money) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self.amount > self.like(other) if isinstance(other, Money) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return self.amount >= self.like(other) if isinstance(other, Money) else NotImplemented

    def __add__(self, other: object) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.amount + self.like(other), self.currency, self.worth or other.worth)

    def __sub__(self, other: object) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.amount - self.like(other), self.currency, self.worth or other.worth)

    def __hash__(self) -> int:
        return hash((self.amount, self.currency))

    def __str__(self) -> str:
        amount = f"{self.amount:.2f}"
        return f"{amount.removesuffix('.00')} {self.currency}"

    def __repr__(self) -> str:
        return f"Money({self.amount!r}, {self.currency!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Money, (self.amount, self.currency, self.worth)


class _Nowhere:
    """A reference that leads nowhere; it equals nothing but itself."""

    __slots__ = ("id",)

    def __init__(self, id: str) -> None:
        self.id = id

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id!r})"

    def __str__(self) -> str:
        return self.id


class Dangling(_Nowhere):
    """A reference to an id that its targets do not have; following it raises Absent."""

    __slots__ = ()

    def __getitem__(self, key: object) -> Any:
        msg = f"nothing here has the id {self.id!r}"
        raise Absent(msg)


class Unresolved(_Nowhere):
    """A reference whose target list or file is not known; following it raises Missing."""

    __slots__ = ()

    def __getitem__(self, key: object) -> Any:
        msg = f"where {self.id!r} is described is not known"
        raise Missing(msg)


class OptionalValue:
    """CEL's `optional_type`: a value, or nothing (`NONE`)."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "optional.none()" if self is NONE else f"optional.of({self.value!r})"


NONE: Final = OptionalValue(None)
"""`optional.none()`; compare with `is`."""


class TypeValue:
    """A type as a value, `type(1)`; equal to every other of the same name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TypeValue) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> tuple[Any, ...]:
        return TypeValue, (self.name,)


_TYPE_NAMES: Final[dict[type, str]] = {
    bool: "bool",
    int: "int",
    UInt: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    type(None): "null_type",
    list: "list",
    dict: "map",
    Timestamp: "google.protobuf.Timestamp",
    Duration: "google.protobuf.Duration",
    Date: "date",
    Money: "money",
    OptionalValue: "optional_type",
    TypeValue: "type",
    Dangling: "reference",
    Unresolved: "reference",
}


def type_name(value: object) -> str:
    """The CEL name of a value's run-time type: `int`, `google.protobuf.Timestamp`, `date`, …"""
    return _TYPE_NAMES.get(type(value), type(value).__name__)


def identity(value: dict[Any, Any]) -> str | None:
    """The id that an object prints as: its `id`, or its `organisation.id`; None for a plain map."""
    found = value.get("id")
    if found is None and type(value.get("organisation")) is dict:
        found = value["organisation"].get("id")
    return found if isinstance(found, str) else None


_DEPTH: Final = 16
_PARTS: Final = 10_000
"""Elements, at any depth, of a value that is shown; what comes after them is left out."""


class _Budget:
    """How many more parts of one value are shown."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = _PARTS

    def spent(self, depth: int) -> bool:
        """Takes one part; True where there are no more, or they lie too deep."""
        self.left -= 1
        return self.left < 0 or depth > _DEPTH


def render(value: object) -> str:
    """A value as people read it: dates as ISO, `30d`, objects by id, strings without quotes.

    Where a value is nested very deep or is very long, `…` stands for the rest.
    """
    if isinstance(value, list | dict | OptionalValue):
        return _rendered(value, 0, _Budget())
    return _shown(value)


def _shown(value: object) -> str:
    if value is None or type(value) is bool:
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def _rendered(value: object, depth: int, budget: _Budget) -> str:
    if type(value) is str:
        return f'"{value}"'
    if not isinstance(value, list | dict | OptionalValue):
        return _shown(value)
    if budget.spent(depth):
        return "…"
    if isinstance(value, list):
        return f"[{', '.join(_cut(value, depth, budget))}]"
    if isinstance(value, OptionalValue):
        return "none" if value is NONE else _rendered(value.value, depth + 1, budget)
    known = identity(value)
    if known is not None:
        return known
    values = _cut(list(value.values()), depth, budget)
    pairs = [f"{key}: {part}" for key, part in zip(value, values, strict=False)]
    return f"{{{', '.join(pairs)}}}"


def _cut(items: list[Any], depth: int, budget: _Budget) -> list[str]:
    """The elements as text, up to what the budget has, and then an ellipsis."""
    shown: list[str] = []
    for item in items:
        if budget.left <= 0:
            return [*shown, "…"]
        budget.left -= 1
        shown.append(_rendered(item, depth + 1, budget))
    return shown


def to_json(value: object) -> Any:
    """A value as JSON's types: dates, durations and references become text, nested objects their id.

    What `render` leaves out is left out here too.
    """
    if isinstance(value, list | dict | OptionalValue):
        return _jsoned(value, 0, _Budget())
    return _plain(value)


def _plain(value: object) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if type(value) in (int, UInt):
        return int(value)  # type: ignore[call-overload]
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    if isinstance(value, Money):
        return {"amount": value.amount, "currency": value.currency}
    if isinstance(value, bytes):
        import base64

        return base64.b64encode(value).decode("ascii")
    return str(value)


def _jsoned(value: object, depth: int, budget: _Budget) -> Any:
    if not isinstance(value, list | dict | OptionalValue):
        return _plain(value)
    if budget.spent(depth):
        return "…"
    if isinstance(value, OptionalValue):
        return None if value is NONE else _jsoned(value.value, depth + 1, budget)
    if isinstance(value, list):
        return [_jsoned(item, depth + 1, budget) for item in _affordable(value, budget)]
    known = identity(value)
    if known is not None:
        return known
    return {str(key): _jsoned(value[key], depth + 1, budget) for key in _affordable(value, budget)}


def _affordable(parts: Any, budget: _Budget) -> Any:
    """The parts up to what the budget has, each of which it takes."""
    for part in parts:
        if budget.left <= 0:
            return
        budget.left -= 1
        yield part
