"""Equality, order and map keys of values whose types are known only when an expression runs."""

from __future__ import annotations

from typing import Any, Final

from policyscan.cel.errors import Fault
from policyscan.cel.values import (
    NONE,
    Date,
    Duration,
    Money,
    OptionalValue,
    Timestamp,
    TypeValue,
    UInt,
    type_name,
)

_NUMBERS: Final = frozenset({int, UInt, float})
_ORDERED: Final = frozenset({bool, int, UInt, float, str, bytes, Date, Timestamp, Duration, Money})
_PLAIN: Final = frozenset(
    {bool, int, UInt, str, bytes, type(None), Date, Timestamp, Duration, Money, TypeValue}
)
_NESTED: Final = frozenset({list, dict, OptionalValue})

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
    if kind is str or kind is int or kind is UInt:
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
    if kind is str or kind is int or kind is UInt:
        return value
    if kind is bool:
        return TRUE_KEY if value else FALSE_KEY
    if kind in _PLAIN:
        return value
    if isinstance(value, float) and value == value:  # noqa: PLR0124 - NaN finds nothing
        return value
    return _NO_KEY


_NO_KEY: Final = object()


def key_value(key: Any) -> Any:
    """The value that a dict key stands for, as iterating over a map shows it."""
    return key.value if type(key) is BoolKey else key


def equals(a: Any, b: Any) -> bool:
    """CEL's ==: numbers by value whatever their type, lists and maps by their elements, NaN never."""
    kind, other = type(a), type(b)
    if kind is other:
        if kind in _PLAIN or kind is float:
            return bool(a == b)
        return _Work().equal(a, b) if kind in _NESTED else a is b
    if kind in _NUMBERS and other in _NUMBERS:
        # An int next to a double is compared as a double, as everywhere in CEL.
        return bool(float(a) == float(b)) if kind is float or other is float else bool(a == b)
    return False


class _Work:
    """One walk through nested values, which ends with a fault where it would go on for too long.

    Lists that hold the same list twice, many times over, are small and yet take forever to walk through.
    """

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = PARTS_LIMIT

    def spend(self, parts: int, depth: int) -> None:
        self.left -= parts + 1
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
            return all(self.equal(x, y, depth + 1) for x, y in zip(a, b, strict=True))
        return all(key in b and self.equal(item, b[key], depth + 1) for key, item in a.items())

    def key(self, value: Any, depth: int = 0) -> Any:
        kind = type(value)
        if kind is list:
            self.spend(len(value), depth)
            return ("list", *(self.key(item, depth + 1) for item in value))
        if kind is dict:
            self.spend(len(value), depth)
            return ("map", frozenset((key, self.key(item, depth + 1)) for key, item in value.items()))
        return hash_key(value)


def less(a: Any, b: Any) -> bool:
    """CEL's <; Fault where the two have no order."""
    kind, other = type(a), type(b)
    if kind is other and kind in _ORDERED:
        return bool(a < b)
    if kind in _NUMBERS and other in _NUMBERS:
        return bool(float(a) < float(b)) if kind is float or other is float else bool(a < b)
    raise no_order("<", a, b)


def less_equal(a: Any, b: Any) -> bool:
    """CEL's <=; Fault where the two have no order."""
    kind, other = type(a), type(b)
    if kind is other and kind in _ORDERED:
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
        return position(items, value) >= 0
    msg = f"no such overload: {type_name(value)} in {type_name(items)}"
    raise Fault(msg)


def position(items: list[Any], value: Any) -> int:
    """The index of the first element that equals a value, or -1."""
    kind = type(value)
    if kind is str or (kind is int and set(map(type, items)) <= {int}):
        # Python's == is CEL's here, and its search is many times as fast.
        return items.index(value) if value in items else -1
    same = _Work().equal if kind in _NESTED else equals
    for index, item in enumerate(items):
        if same(item, value):
            return index
    return -1


def hash_key(value: Any) -> Any:
    """Something hashable that is equal for equal values: for `distinct` and for grouping."""
    kind = type(value)
    if kind in {str, int, UInt, bytes} or value is None:
        return value
    if kind is float:
        return value if value == value else object()  # noqa: PLR0124 - each NaN is different
    if kind is list or kind is dict:
        return _Work().key(value)
    if kind in _PLAIN:
        return (kind.__name__, value)
    return (kind.__name__, id(value))
