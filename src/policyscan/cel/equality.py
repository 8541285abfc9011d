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
_DEPTH: Final = 64


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


def equals(a: Any, b: Any, depth: int = 0) -> bool:
    """CEL's ==: numbers by value whatever their type, lists and maps by their elements, NaN never."""
    kind, other = type(a), type(b)
    if kind is other:
        if kind in _PLAIN or kind is float:
            return bool(a == b)
        if kind is list:
            _check_depth(depth)
            return len(a) == len(b) and all(equals(x, y, depth + 1) for x, y in zip(a, b, strict=True))
        if kind is dict:
            _check_depth(depth)
            return _equal_maps(a, b, depth + 1)
        if kind is OptionalValue:
            return a is b or (a is not NONE and b is not NONE and equals(a.value, b.value, depth + 1))
        return a is b
    if kind in _NUMBERS and other in _NUMBERS:
        # An int next to a double is compared as a double, as everywhere in CEL.
        return bool(float(a) == float(b)) if kind is float or other is float else bool(a == b)
    return False


def _check_depth(depth: int) -> None:
    if depth > _DEPTH:
        msg = f"values nested more than {_DEPTH} levels cannot be compared"
        raise Fault(msg)


def _equal_maps(a: dict[Any, Any], b: dict[Any, Any], depth: int) -> bool:
    if len(a) != len(b):
        return False
    return all(key in b and equals(value, b[key], depth) for key, value in a.items())


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
        return any(equals(value, item) for item in items)
    msg = f"no such overload: {type_name(value)} in {type_name(items)}"
    raise Fault(msg)


def hash_key(value: Any) -> Any:
    """Something hashable that is equal for equal values: for `distinct` and for grouping."""
    kind = type(value)
    if kind in {str, int, UInt, bytes} or value is None:
        return value
    if kind is float:
        return value if value == value else object()  # noqa: PLR0124 - each NaN is different
    if kind is list:
        return ("list", *(hash_key(item) for item in value))
    if kind is dict:
        return ("map", frozenset((key, hash_key(item)) for key, item in value.items()))
    if kind in _PLAIN:
        return (kind.__name__, value)
    return (kind.__name__, id(value))
