"""From a kind's shapes to a function that checks a raw document and turns its texts into dates, money, …

In: shapes; then raw values, in place. Out: decoded values and `Facts`: references, currencies, what was
blank; `Invalid` at the first thing that is wrong.

The decoder works in place and gives up at the first thing that is wrong (`Invalid`); `validation` then
says everything that is wrong, from a fresh reading. Most values of an inventory are plain texts, numbers
and booleans that only need a look at their class, and the loops are written for those.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import FunctionType
from typing import Any

from policyscan.cel.spelling import clip
from policyscan.cel.values import DAY, EPOCH_DAY, Date, Money, Timestamp
from policyscan.fillers import SAYS, is_placeholder
from policyscan.kinds.shapes import FREE, Order, Property, Shape, earned_test
from policyscan.names import alike
from policyscan.patterns import when_used
from policyscan.reading.scalars import MAX_INTEGER, MIN_INTEGER
from policyscan.reading.tree import by_id

FIRST_DATE = Date.parse("1900-01-01")
LAST_DATE = Date.parse("2199-12-31")
FIRST_INSTANT = Timestamp((Date.parse("1980-01-01") - EPOCH_DAY) * DAY)
LAST_INSTANT = Timestamp((LAST_DATE + 1 - EPOCH_DAY) * DAY - 1)
"""Dates outside these years are faults of an export (an epoch of 0, milliseconds read as seconds)."""

_HOURS = frozenset(("days", "opens", "closes", "holidays"))
"""The properties by which expressions know a calendar."""
_ZONE = "time_zone"

Decode = Callable[[Any, Any, Any, "Facts"], Any]


class Invalid(Exception):
    """The document is not what its kind says; `validation` explains."""


Disorder = tuple[Any, str, Any, str, str]
"""Two dates in the wrong order: the container and the key of that which comes first, those of the other, and
what to say of them."""
Reference = tuple[Any, Any, str, tuple[str, ...]]
"""A reference to be followed: container, key, the id that `container[key]` holds, where to look."""


class Facts:
    """What decoding one document finds out beside its values.

    `indexes`: for the id of each list with x-key, its items by their key. `references`: in reading order.
    `past`: (container, key, date or instant) of facts that cannot lie in the future. `supplied`: for the
    id of a dict, the keys whose absence has a meaning and that were added. `words`: (container, key) of
    values that take controls away and have to be earned. `disordered`: dates that are earlier than another
    that comes first, see `Disorder`. `unclear`: (container, key, reason) of what cannot be told although it
    is there, such as money without a currency. `maps`: the ids of dicts whose keys are the user's own.
    `replaced`: containers that have become other values; they are kept, for as long as their ids stand for
    places no other container may get the same.
    """

    __slots__ = (
        "blanks", "currency", "disordered", "indexes", "maps", "past", "references", "replaced", "supplied",
        "unclear", "words", "worth", "zone",
    )  # fmt: skip

    def __init__(
        self, blanks: dict[int, list[str]], currency: str | None, zone: str | None = None,
        worth: Mapping[str, float] | None = None,
    ) -> None:  # fmt: skip
        """`zone` is the time zone of hours that name none; `worth` are the rates at which currencies are
        compared."""
        self.blanks = blanks
        self.currency = currency
        self.zone = zone
        self.worth = worth
        self.indexes: dict[int, tuple[tuple[str, ...], dict[Any, Any]]] = {}
        self.references: list[Reference] = []
        self.past: list[tuple[Any, Any, Any]] = []
        self.supplied: dict[int, tuple[str, ...]] = {}
        self.unclear: list[tuple[Any, Any, str]] = []
        self.words: list[tuple[Any, str]] = []
        self.disordered: list[Disorder] = []
        self.maps: set[int] = set()
        self.replaced: list[Any] = []

    def taken_apart(self, containers: list[Any]) -> tuple[Any, ...]:
        """All that was found out, tables by ids as lists with an entry for each container; for `together`."""
        tables = ([table.get(id(one)) for one in containers] for table in (self.indexes, self.supplied))
        maps = [True if id(one) in self.maps else None for one in containers]
        rest = self.references, self.past, self.unclear, self.replaced, self.words, self.disordered
        return self.currency, *tables, maps, *rest

    @classmethod
    def together(cls, blanks: dict[int, list[str]], containers: list[Any], parts: tuple[Any, ...]) -> Facts:
        """The facts that were taken apart, perhaps elsewhere, for the containers as they are here."""
        currency, indexes, supplied, maps, *rest = parts
        facts = cls(blanks, currency)
        facts.indexes, facts.supplied = by_id(containers, indexes), by_id(containers, supplied)
        facts.maps = set(by_id(containers, maps))
        facts.references, facts.past, facts.unclear, facts.replaced, facts.words, facts.disordered = rest
        return facts


def make_decoder(root: Shape) -> Decode:
    """The decoder of a kind: called with (value, None, None, facts); raises Invalid."""
    return _Maker().shape(root)


def make_field_decoder(field: Property) -> Decode:
    """The decoder of one property's values."""
    return _Maker().field(field)


class _Maker:
    """Builds the functions. Objects that refer to themselves are tied through `_objects`."""

    def __init__(self) -> None:
        self._objects: dict[int, Decode] = {}
        self._open: set[int] = set()

    def field(self, field: Property) -> Decode:
        """The function for a property's value; None passes where it may be null."""
        decode = self.shape(field.shape)
        return _or_null(decode) if field.nullable else decode

    def shape(self, shape: Shape) -> Decode:
        """The function for a value of a shape."""
        form = shape.form
        if form == "object":
            return self._object(shape)
        if shape.items is not None:
            items = self.field(shape.items)
            return _list(shape, items) if form == "list" else _map(shape, items)
        return _SCALARS[form](shape)

    def _object(self, shape: Shape) -> Decode:
        made = self._objects.get(id(shape))
        if made is not None:
            return made
        if id(shape) in self._open:  # within itself: looked up when it is called
            return self._later(shape)
        self._open.add(id(shape))
        # Null is seen to before the function of a property is called.
        decode = _object(shape, {key: self.shape(field.shape) for key, field in shape.fields.items()})
        if shape.fields.keys() >= _HOURS:
            decode = _calendar(decode)
        self._objects[id(shape)] = decode
        return decode

    def _later(self, shape: Shape) -> Decode:
        def decode(value: Any, container: Any, key: Any, facts: Facts) -> Any:
            return self._objects[id(shape)](value, container, key, facts)

        return decode


def quick_check(shape: Shape) -> type | frozenset[str] | None:
    """What makes most values right without further work: their class, or the words of an enum.

    An empty text is looked at again.
    """
    if shape.form == "enum":
        return frozenset(shape.values)
    short = shape.size is not None and shape.size != (1, None)
    if shape.values or shape.bounds or short or shape.pattern or shape.refs or shape.says or shape.plausible:
        return None
    return {"string": str, "boolean": bool, "integer": int, "number": float}.get(shape.form)


def _or_null(decode: Decode) -> Decode:
    def nullable(value: Any, container: Any, key: Any, facts: Facts) -> Any:
        return None if value is None else decode(value, container, key, facts)

    return nullable


def _object(shape: Shape, decoders: dict[str, Decode]) -> Decode:  # noqa: C901 - see decode
    checks: dict[str, Any] = {
        key: quick_check(field.shape) or decoders[key] for key, field in shape.fields.items()
    }
    check_of = checks.get
    nullable = frozenset(key for key, field in shape.fields.items() if field.nullable)
    required = shape.required
    absent = tuple(
        (key, field.when_absent[0]) for key, field in shape.fields.items() if field.when_absent is not None
    )

    earned = tuple((key, earned_test(field.earned)) for key, field in shape.fields.items() if field.earned)
    orders = shape.orders

    def seldom(node: dict[str, Any], name: str, facts: Facts) -> None:
        if name in decoders:
            node[name] = decoders[name](node[name], node, name, facts)
        elif name[:2] != FREE:
            raise Invalid

    def check_blanks(node: dict[str, Any], facts: Facts) -> None:
        for name in facts.blanks.get(id(node), ()):
            if name not in decoders and name[:2] != FREE:
                raise Invalid

    def decode(  # noqa: C901, PLR0912 - one loop for speed
        node: Any, container: Any, key: Any, facts: Facts  # noqa: ARG001 - most of the time
    ) -> Any:  # fmt: skip
        if node.__class__ is not dict:
            raise Invalid
        for name, value in node.items():
            check = check_of(name)
            kind = value.__class__
            if check is kind:
                if value or kind is not str:
                    continue
            elif kind is str and check.__class__ is frozenset:
                if value in check:
                    continue
            elif check.__class__ is FunctionType and value is not None:
                new = check(value, node, name, facts)
                if new is not value:
                    node[name] = new
                continue
            if value is not None or name not in nullable:
                seldom(node, name, facts)
        for name in required:
            if name not in node:
                raise Invalid
        if facts.blanks:
            check_blanks(node, facts)
        for name, value in absent:
            if name not in node:
                _supply(name, value, decoders[name], node, facts)
        for name, holds in earned:
            if name in node and holds(node[name]):
                facts.words.append((node, name))
        for order in orders:
            if order.first in node:
                facts.disordered.extend(_disorders(node, order))
        return node

    return decode


def _disorders(node: dict[str, Any], order: Order) -> Iterator[Disorder]:
    """The dates of a decoded object that are earlier than the one that comes first."""
    first, key = node[order.first], order.then[-1]
    for holder in _holders(node, order.then[:-1]) if first is not None else ():
        then = holder.get(key)
        if then is not None and _is_before(then, first, order.slack):
            yield node, order.first, holder, key, order.say


def _holders(value: Any, keys: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The objects that some keys lead to."""
    if keys and keys[0] == "*" and value.__class__ is list:
        for one in value:
            yield from _holders(one, keys[1:])
    elif value.__class__ is dict:
        if not keys:
            yield value
        elif keys[0] in value:
            yield from _holders(value[keys[0]], keys[1:])


def _is_before(then: Any, first: Any, slack: int) -> bool:
    """Whether a day or an instant is earlier than another, by more than some days. A day is compared with an
    instant only where no time zone could make them one."""
    if then.__class__ is first.__class__:
        return bool(then + slack * (1 if then.__class__ is Date else DAY) < first)
    days = [int(one) if one.__class__ is Date else one // DAY + EPOCH_DAY for one in (then, first)]
    return days[0] + 1 + slack < days[1]


def _calendar(work: Decode) -> Decode:
    """Hours that name no time zone are in that of their own document, whoever reads them from where."""

    def decode(node: Any, container: Any, key: Any, facts: Facts) -> Any:
        work(node, container, key, facts)
        if _ZONE in facts.blanks.get(id(node), ()):
            facts.unclear.append((container, key, f"its {_ZONE} is blank"))
        elif _ZONE not in node and facts.zone is not None:
            _supply(_ZONE, facts.zone, _same, node, facts)
        return node

    return decode


def _same(value: Any, container: Any, key: Any, facts: Facts) -> Any:  # noqa: ARG001 - a decoder
    return value


def _supply(name: str, value: Any, work: Decode, node: dict[str, Any], facts: Facts) -> None:
    """Put in what the absence of a key means; what is blank is not absent."""
    owner = id(node)
    if facts.blanks and name in facts.blanks.get(owner, ()):
        return
    if value is not None and value is not False and value is not True:
        value = work(value.copy() if value.__class__ in (list, dict) else value, node, name, facts)
    node[name] = value
    facts.supplied[owner] = _and(facts.supplied.get(owner, ()), name)


@cache
def _and(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Names and one more: one tuple for all the many objects that leave out the same."""
    return (*names, name)


def _list(shape: Shape, items: Decode) -> Decode:
    keys, size, unique = shape.key, shape.size, shape.unique
    quick = quick_check(shape.items.shape) if shape.items is not None else None
    words = quick if isinstance(quick, frozenset) else None

    def decode(node: Any, container: Any, key: Any, facts: Facts) -> Any:  # noqa: ARG001
        if node.__class__ is not list or (size and not _fits(len(node), size)):
            raise Invalid
        if not node:
            if keys:
                facts.indexes[id(node)] = keys, {}
            return node
        if words is None or not _all_among(node, words):
            for index, value in enumerate(node):
                kind = value.__class__
                if quick is kind and (value or kind is not str):
                    continue
                new = items(value, node, index, facts)
                if new is not value:
                    node[index] = new
        if keys:
            facts.indexes[id(node)] = keys, _indexed(node, keys)
        if unique and has_repeats(node):
            raise Invalid
        return node

    return decode


def _all_among(node: list[Any], words: frozenset[str]) -> bool:
    """Whether a list holds nothing but some words; False may also mean that it is to be looked at."""
    try:
        return words.issuperset(node)
    except TypeError:  # a list or mapping among them
        return False


def has_repeats(node: list[Any]) -> bool:
    """Whether two items of a list are equal, 1 and true being different."""
    return len({_frozen(item) for item in node}) < len(node)


def _frozen(value: Any) -> Any:
    if value.__class__ is dict:
        return frozenset((key, _frozen(item)) for key, item in value.items())
    if value.__class__ is list:
        return tuple(map(_frozen, value))
    return value.__class__, value


def _fits(length: int, size: tuple[int, int | None]) -> bool:
    return length >= size[0] and (size[1] is None or length <= size[1])


def _indexed(node: list[Any], keys: tuple[str, ...]) -> dict[Any, Any]:
    index: dict[Any, Any] = {}
    if len(keys) == 1:
        (key,) = keys
        try:
            index = {item[key]: item for item in node}
        except (KeyError, TypeError):  # an item that is null or has no key
            pass
        if len(index) == len(node):
            return _told_apart(index)
        index = {}
        for item in node:
            if item.__class__ is dict and key in item:
                ident = item[key]
                if ident in index:
                    raise Invalid
                index[ident] = item
        return _told_apart(index)
    for item in node:
        ident = item_key(item, keys)
        if ident is not None:
            if ident in index:
                raise Invalid
            index[ident] = item
    return _told_apart(index)


def _told_apart(index: dict[Any, Any]) -> dict[Any, Any]:
    """The items of a list by their keys, no two of which look alike."""
    try:
        text = "".join(index)
        plain = text.isascii() and len(text.split()) < 2  # as nearly always
        if plain and (text.islower() or len(set(map(str.lower, index))) == len(index)):
            return index
    except TypeError:  # numbers, or several values
        pass
    if any(alike(index)):
        raise Invalid
    return index


def item_key(item: Any, keys: tuple[str, ...]) -> Any:
    """What identifies an item of a list with x-key: one value, several, or None if one is not there."""
    if item.__class__ is not dict:
        return None
    if len(keys) == 1:
        return item.get(keys[0])
    values = tuple(item.get(key) for key in keys)
    return None if None in values else values


def _map(shape: Shape, items: Decode) -> Decode:
    size = shape.size
    allowed = compile_pattern(shape.pattern) if shape.pattern else None

    def decode(node: Any, container: Any, key: Any, facts: Facts) -> Any:
        if node.__class__ is not dict or (size and not _fits(len(node), size)):
            raise Invalid
        facts.maps.add(id(node))
        if facts.blanks and id(node) in facts.blanks:
            # What a map does not list may have a meaning; what it lists without a value must not get it.
            facts.unclear.append((container, key, "an entry of it is blank"))
        for name, value in node.items():
            if allowed is not None and not allowed(name):
                raise Invalid
            new = items(value, node, name, facts)
            if new is not value:
                node[name] = new
        return node

    return decode


SHIPPED_PATTERNS = frozenset(
    [
        "^[A-Za-z0-9][A-Za-z0-9._@+:-]*$",
        "^[A-Z][A-Z][A-Z]$",
        "^[A-Z][A-Z]$",
        "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
    ]
)
"""Those of the built-in kinds: simple ones, which mean the same in Python and cannot take long."""


def compile_pattern(pattern: str) -> Callable[[str], object]:
    """A schema's pattern as a search; raises BadPattern.

    Patterns of users' kinds are RE2, as in expressions. The shipped ones are left to Python, for which
    nothing has to be imported (docs/adr/0012-patterns.md); there `$` needs to be told that it means the end.
    """
    if pattern in SHIPPED_PATTERNS:
        return re.compile(pattern[:-1] + r"\Z").search
    from policyscan.cel.patterns import compiled

    return compiled(pattern)


def _string(shape: Shape) -> Decode:
    refs, values = shape.refs if shape.follow else (), frozenset(shape.values)
    least, most = shape.size or (0, None)
    pattern, says = shape.pattern, shape.says
    if refs and not pattern and not values and least < 2 and most is None:
        return _reference(refs, least)
    matches: Callable[[str], object] | None = None

    def decode(value: Any, container: Any, key: Any, facts: Facts) -> Any:
        nonlocal matches
        if value.__class__ is not str or len(value) < least or (most is not None and len(value) > most):
            raise Invalid
        if pattern is not None:
            if matches is None:
                matches = compile_pattern(pattern)
            if not matches(value):
                raise Invalid
        if values and value not in values:
            raise Invalid
        if refs:
            facts.references.append((container, key, value, refs))
        if says and is_placeholder(value, says):
            facts.unclear.append((container, key, f"{clip(value)!r} {SAYS[says]}"))
        return value

    return decode


def _reference(refs: tuple[str, ...], shortest: int) -> Decode:
    """The usual reference: any text, or any but an empty one."""

    def decode(value: Any, container: Any, key: Any, facts: Facts) -> Any:
        if value.__class__ is not str or len(value) < shortest:
            raise Invalid
        facts.references.append((container, key, value, refs))
        return value

    return decode


def _enum(shape: Shape) -> Decode:
    values = frozenset(shape.values)

    def decode(value: Any, container: Any, key: Any, facts: Facts) -> Any:  # noqa: ARG001
        if value.__class__ is not str or value not in values:
            raise Invalid
        return value

    return decode


def _boolean(shape: Shape) -> Decode:
    values = shape.values

    def decode(value: Any, container: Any, key: Any, facts: Facts) -> Any:  # noqa: ARG001
        if value.__class__ is not bool or (values and value not in values):
            raise Invalid
        return value

    return decode


def within(value: float, bounds: tuple[float | None, bool, float | None, bool]) -> bool:
    """Whether a number lies within a shape's bounds."""
    low, open_low, high, open_high = bounds
    if low is not None and (value < low or (open_low and value == low)):
        return False
    return high is None or not (value > high or (open_high and value == high))


NOT_TRUE = " to be true: "
"""What the reason of a number says that can be written and cannot be so."""


def _incredible(value: float, plausible: tuple[float | None, float | None, str]) -> str:
    """Why a number that may be written cannot be true; empty if it can."""
    least, most, why = plausible
    if least is not None and value < least:
        return f"{value:.12g} is too little{NOT_TRUE}{why}"
    return f"{value:.12g} is too much{NOT_TRUE}{why}" if most is not None and value > most else ""


def _integer(shape: Shape) -> Decode:
    bounds, values, plausible = shape.bounds, shape.values, shape.plausible

    def decode(value: Any, container: Any, key: Any, facts: Facts) -> Any:
        if value.__class__ is float and value.is_integer() and MIN_INTEGER <= value <= MAX_INTEGER:
            value = int(value)  # 2.0 is a whole number in JSON Schema
        if value.__class__ is not int or (values and value not in values):
            raise Invalid
        if bounds and not within(value, bounds):
            raise Invalid
        if plausible and (wrong := _incredible(value, plausible)):
            facts.unclear.append((container, key, wrong))
        return value

    return decode


def _number(shape: Shape) -> Decode:
    bounds, values, plausible = shape.bounds, shape.values, shape.plausible

    def decode(value: Any, container: Any, key: Any, facts: Facts) -> Any:
        if value.__class__ is not float:
            if value.__class__ is not int:
                raise Invalid
            value = float(value)
        if (values and value not in values) or (bounds and not within(value, bounds)):
            raise Invalid
        if plausible and (wrong := _incredible(value, plausible)):
            facts.unclear.append((container, key, wrong))
        return value

    return decode


# The same days come again in every inventory.
_days: dict[str, Date] = {}
_MAX_DAYS = 50_000


def _day(text: str) -> Date:
    try:
        day = Date.parse(text)
    except ValueError:
        raise Invalid from None
    if not FIRST_DATE <= day <= LAST_DATE:
        raise Invalid
    if len(_days) < _MAX_DAYS:
        _days[text] = day
    return day


def _date(shape: Shape) -> Decode:
    past, known_get = shape.past, _days.get

    def decode(value: Any, container: Any, key: Any, facts: Facts) -> Any:
        if value.__class__ is not str:
            raise Invalid
        day = known_get(value) or _day(value)
        if past:
            facts.past.append((container, key, day))
        return day

    return decode


def _instant(shape: Shape) -> Decode:
    past, parse = shape.past, Timestamp.parse
    first, last = FIRST_INSTANT, LAST_INSTANT

    def decode(value: Any, container: Any, key: Any, facts: Facts) -> Any:
        if value.__class__ is not str:
            raise Invalid
        try:
            instant = parse(value)
        except ValueError:
            raise Invalid from None
        if not first <= instant <= last:
            raise Invalid
        if past:
            facts.past.append((container, key, instant))
        return instant

    return decode


_CURRENCY = when_used(r"[A-Z][A-Z][A-Z]")


def is_currency(value: Any) -> bool:
    """Whether a value is a currency's code, such as EUR."""
    return value.__class__ is str and _CURRENCY.fullmatch(value) is not None


def _money(shape: Shape) -> Decode:
    bounds = shape.bounds

    def decode(value: Any, container: Any, key: Any, facts: Facts) -> Any:
        currency = facts.currency
        amount = value
        if value.__class__ is dict:
            amount, currency = value.get("amount"), value.get("currency")
            extra = [name for name in value if name not in {"amount", "currency"} and name[:2] != FREE]
            if extra or not is_currency(currency):
                raise Invalid
            facts.replaced.append(value)
        if amount.__class__ is not float and amount.__class__ is not int:
            raise Invalid
        if bounds and not within(amount, bounds):
            raise Invalid
        if currency is None:
            facts.unclear.append((container, key, "the document does not say its currency"))
            return value
        return Money(float(amount), currency, facts.worth)

    return decode


def _plain(shape: Shape) -> Decode:  # noqa: ARG001 - as the others are made
    def decode(value: Any, container: Any, key: Any, facts: Facts) -> Any:  # noqa: ARG001
        for one in value if value.__class__ is list else (value,):
            if one.__class__ in (dict, list):
                raise Invalid
        return value

    return decode


_SCALARS: dict[str, Callable[[Shape], Decode]] = {
    "string": _string,
    "enum": _enum,
    "boolean": _boolean,
    "integer": _integer,
    "number": _number,
    "date": _date,
    "instant": _instant,
    "money": _money,
    "plain": _plain,
}
