"""Equality, order and map keys of values whose types are known only when an expression runs.

In: two values, of any types. Out: whether they are equal or in order as CEL says, or its error.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from policyscan.cel import budget
from policyscan.cel.errors import Fault, Missing
from policyscan.cel.values import (
    NONE,
    Dangling,
    Date,
    Duration,
    Money,
    OptionalValue,
    Timestamp,
    TypeValue,
    UInt,
    Unresolved,
    type_name,
)

_NUMBERS: Final = frozenset({int, UInt, float})
_ORDERED: Final = frozenset({bool, int, UInt, float, str, bytes, Date, Timestamp, Duration, Money})
_PLAIN: Final = frozenset(
    {bool, int, UInt, str, bytes, type(None), Date, Timestamp, Duration, Money, TypeValue}
)
_NESTED: Final = frozenset({list, dict, OptionalValue})
_REFERENCES: Final = frozenset({Dangling, Unresolved})
_TARGETS: Final = frozenset({dict, Dangling, Unresolved})

DEPTH_LIMIT: Final = 64
"""Levels of lists and maps that can be compared."""
PARTS_LIMIT: Final = 200_000
"""Elements that one comparison visits."""


class BoolKey:
    """A bool as the key of a map: Python's dict would take True for 1."""

    __slots__ = ("value",)

    def __init__(self, value: bool) -> None:
        self.value = value

    def __str__(self) -> str:
        return "true" if self.value else "false"

    def __repr__(self) -> str:
        return f"BoolKey({self.value})"

    def __reduce__(self) -> str:
        return "TRUE_KEY" if self.value else "FALSE_KEY"


TRUE_KEY: Final = BoolKey(True)
FALSE_KEY: Final = BoolKey(False)


def map_key(value: object) -> Any:
    """The dict key for a value used as a map's key; Fault for what cannot be one."""
    kind = type(value)
    if kind is str:
        return _text_key(value)
    if kind is int or kind is UInt:
        return value
    if kind is bool:
        return TRUE_KEY if value else FALSE_KEY
    if kind is Date or kind is Timestamp or kind is Duration:
        return value
    msg = f"a {type_name(value)} cannot be the key of a map"
    raise Fault(msg)


def lookup_key(value: object) -> Any:
    """The dict key to look a value up by; doubles find whole numbers, what cannot be a key finds nothing."""
    kind = type(value)
    if kind is str:
        return _text_key(value)
    if kind is int or kind is UInt:
        return value
    if kind is bool:
        return TRUE_KEY if value else FALSE_KEY
    if kind in _PLAIN:
        return value
    if isinstance(value, float) and value == value:  # noqa: PLR0124 - NaN finds nothing
        return value
    return _NO_KEY


_NO_KEY: Final = object()


def _text_key(text: Any) -> Any:
    if len(text) > budget.LONG_TEXT:
        budget.read(text)
    return text


def key_value(key: Any) -> Any:
    """The value that a dict key stands for, as iterating over a map shows it."""
    return key.value if type(key) is BoolKey else key


def equals(a: Any, b: Any) -> bool:
    """CEL's ==: numbers by value whatever their type, lists and maps by their elements, NaN never."""
    kind, other = type(a), type(b)
    if kind is other:
        if kind in _PLAIN or kind is float:
            if (kind is str or kind is bytes) and len(a) > budget.LONG_TEXT:
                budget.read(a)
            return bool(a == b)
        return _Work().equal(a, b) if kind in _NESTED else same(a, b)
    if kind in _NUMBERS and other in _NUMBERS:
        # An int next to a double is compared as a double, as everywhere in CEL.
        return bool(float(a) == float(b)) if kind is float or other is float else bool(a == b)
    return kind in _TARGETS and other in _TARGETS and same(a, b)


def same(a: Any, b: Any) -> bool:
    """Whether two references lead to one object; Missing where that cannot be told."""
    if a is b:
        return True
    if a is None or b is None:
        return False
    one, other = type(a), type(b)
    if one is dict and other is dict:
        return False
    if one in _REFERENCES and other in _REFERENCES and a.id == b.id:
        return True
    if one is Unresolved or other is Unresolved:
        raise unknown(a if one is Unresolved else b)
    return False


def unknown(reference: Unresolved) -> Missing:
    """What a reference raises whose target is not known."""
    return Missing(f"where {reference.id!r} is described is not known")


class _Work:
    """One walk through nested values, which ends with a fault where it would go on for too long.

    Lists that hold the same list twice, many times over, are small and yet take forever to walk through.
    """

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = PARTS_LIMIT

    def spend(self, parts: int, depth: int) -> None:
        self.left -= parts + 1
        budget.spend(parts // 4 + 1)
        if depth > DEPTH_LIMIT:
            msg = f"values nested more than {DEPTH_LIMIT} levels cannot be compared"
            raise Fault(msg)
        if self.left < 0:
            msg = f"values of more than {PARTS_LIMIT} parts cannot be compared"
            raise Fault(msg)

    def equal(self, a: Any, b: Any, depth: int = 0) -> bool:
        kind = type(a)
        if kind not in _NESTED or kind is not type(b):
            return equals(a, b)
        if kind is OptionalValue:
            return a is b or (a is not NONE and b is not NONE and self.equal(a.value, b.value, depth + 1))
        if len(a) != len(b):
            return False
        self.spend(len(a), depth)
        if kind is list:
            return self.all_equal(zip(a, b, strict=True), depth)
        if a.keys() != b.keys():
            return False
        return self.all_equal(((item, b[key]) for key, item in a.items()), depth)

    def all_equal(self, pairs: Iterable[tuple[Any, Any]], depth: int) -> bool:
        """Whether all are equal; one pair that differs decides, however little is known of the others."""
        lost: Missing | None = None
        for a, b in pairs:
            try:
                if not self.equal(a, b, depth + 1):
                    return False
            except Missing as error:
                error.__traceback__ = None
                lost = error
        if lost is not None:
            raise lost
        return True

    def key(self, value: Any, unsure: Unsure, depth: int = 0) -> Any:
        """Something hashable that is equal for equal values."""
        kind = type(value)
        if kind is list:
            self.spend(len(value), depth)
            return ("list", *(self.key(item, unsure, depth + 1) for item in value))
        if kind is dict:
            self.spend(len(value), depth)
            parts = ((key, self.key(item, unsure, depth + 1)) for key, item in value.items())
            return ("map", frozenset(parts))
        if kind is OptionalValue:
            self.spend(0, depth)
            return ("optional", *(() if value is NONE else (self.key(value.value, unsure, depth + 1),)))
        unsure.note(value)
        return _hash_key(value)


class Unsure:
    """What was met among values that are told apart, and might make two of them one after all."""

    __slots__ = ("currencies", "unresolved")

    def __init__(self) -> None:
        self.currencies: dict[str, Money] = {}
        self.unresolved: Unresolved | None = None

    def note(self, value: Any) -> None:
        """Keeps a reference whose target is not known, and an amount of each currency."""
        if type(value) is Unresolved:
            self.unresolved = value
        elif type(value) is Money:
            self.currencies[value.currency] = value

    def check(self) -> None:
        """Raises Missing where something was met that cannot be told apart from the rest."""
        if self.unresolved is not None:
            raise unknown(self.unresolved)
        if len(self.currencies) > 1:
            first, second, *_ = self.currencies.values()
            equals(first, second)


def distinct(items: list[Any]) -> list[Any]:
    """The elements without repetitions; Missing where two of them cannot be told apart."""
    budget.texts(items)
    found: dict[Any, Any] = {}
    unsure = Unsure()
    for item in items:
        kind = type(item)
        key = item if kind is str or kind is int else _Work().key(item, unsure)
        found.setdefault(key, item)
    if len(found) > 1:
        unsure.check()
    return list(found.values())


def less(a: Any, b: Any) -> bool:
    """CEL's <; Fault where the two have no order."""
    kind, other = type(a), type(b)
    if kind is other and kind in _ORDERED:
        if kind is str and len(a) > budget.LONG_TEXT:
            budget.read(a)
        return bool(a < b)
    if kind in _NUMBERS and other in _NUMBERS:
        return bool(float(a) < float(b)) if kind is float or other is float else bool(a < b)
    raise no_order("<", a, b)


def less_equal(a: Any, b: Any) -> bool:
    """CEL's <=; Fault where the two have no order."""
    kind, other = type(a), type(b)
    if kind is other and kind in _ORDERED:
        if kind is str and len(a) > budget.LONG_TEXT:
            budget.read(a)
        return bool(a <= b)
    if kind in _NUMBERS and other in _NUMBERS:
        return bool(float(a) <= float(b)) if kind is float or other is float else bool(a <= b)
    raise no_order("<=", a, b)


def no_order(operator: str, a: object, b: object) -> Fault:
    """The fault that a comparison by order of two such values is."""
    return Fault(f"no such overload: {type_name(a)} {operator} {type_name(b)}")


def contains(items: Any, value: Any) -> bool:
    """CEL's `value in items` for a list or a map; Fault for anything else."""
    if type(items) is dict:
        return lookup_key(value) in items
    if type(items) is list:
        return _among(items, value)
    msg = f"no such overload: {type_name(value)} in {type_name(items)}"
    raise Fault(msg)


def _among(items: list[Any], value: Any) -> bool:
    """Whether one of the elements equals a value, however little is known of the others."""
    _charge(items, value)
    if _as_python(items, value):
        return value in items
    lost: Missing | None = None
    alike = _Work().equal if type(value) in _NESTED else equals
    for item in items:
        try:
            if alike(item, value):
                return True
        except Missing as error:
            error.__traceback__ = None
            lost = error
    if lost is not None:
        raise lost
    return False


def _charge(items: list[Any], value: Any) -> None:
    """Charges for comparing a value with each element."""
    budget.visited(items, 16)
    if type(value) is str and len(value) > budget.SMALL:
        budget.spend(len(items) * len(value) // 1024)


def _as_python(items: list[Any], value: Any) -> bool:
    """Whether Python's == is CEL's for a value and the elements; its search is many times as fast."""
    kind = type(value)
    return kind is str or (kind is int and set(map(type, items)) <= {int})


def position(items: list[Any], value: Any) -> int:
    """The index of the first element that equals a value, or -1."""
    _charge(items, value)
    if _as_python(items, value):
        return items.index(value) if value in items else -1
    alike = _Work().equal if type(value) in _NESTED else equals
    for index, item in enumerate(items):
        if alike(item, value):
            return index
    return -1


def _hash_key(value: Any) -> Any:
    """As `_Work.key`, for a value without parts."""
    kind = type(value)
    if kind in {str, int, UInt, bytes} or value is None:
        return value
    if kind is float:
        return value if value == value else object()  # noqa: PLR0124 - each NaN is different
    if kind in _REFERENCES:
        return ("reference", value.id)
    if kind in _PLAIN:
        return (kind.__name__, value)
    return (kind.__name__, id(value))
