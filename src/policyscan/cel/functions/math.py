"""The math extension: extremes, rounding, signs, and the bits of whole numbers.

In: numbers. Out: numbers of the same type; what has no result of that type is a Fault.
"""

from __future__ import annotations

import math
from typing import Any, Final

from policyscan.cel import budget
from policyscan.cel.equality import less
from policyscan.cel.errors import Absent, Fault
from policyscan.cel.registry import Function, Overload
from policyscan.cel.types import BOOL, DOUBLE, DYN, INT, UINT, List, Type
from policyscan.cel.values import INT_MIN, UINT_MAX, UInt, type_name

_NUMBERS: Final = (INT, UINT, DOUBLE)
_NUMBER_VALUES: Final = frozenset({int, UInt, float})
_BITS: Final = 64
_ALL_BITS: Final = UINT_MAX


def _same(value: Any) -> Any:
    return value


def _greater_of(a: Any, b: Any) -> Any:
    return b if less(a, b) else a


def _lesser_of(a: Any, b: Any) -> Any:
    return b if less(b, a) else a


def _greatest_of_list(items: list[Any]) -> Any:
    found = _first_number(items, "math.greatest")
    for item in items:
        found = _greater_of(found, item)
    return found


def _least_of_list(items: list[Any]) -> Any:
    found = _first_number(items, "math.least")
    for item in items:
        found = _lesser_of(found, item)
    return found


def _first_number(items: list[Any], function: str) -> Any:
    if not items:
        msg = f"{function}() of an empty list"
        raise Absent(msg)
    budget.visited(items)
    for item in items:
        if type(item) not in _NUMBER_VALUES:
            msg = f"{function}() compares numbers; one of these is a {type_name(item)}"
            raise Fault(msg)
    return items[0]


def _finite(value: float) -> bool:
    return math.isfinite(value)


def _ceil(value: float) -> float:
    return math.copysign(math.ceil(value), value) if _finite(value) else value


def _floor(value: float) -> float:
    return math.copysign(math.floor(value), value) if _finite(value) else value


def _round(value: float) -> float:
    """The nearest whole number, halves away from zero."""
    if not _finite(value):
        return value
    whole = math.trunc(value)
    if abs(value - whole) >= 0.5:
        whole += 1 if value > 0 else -1
    return math.copysign(whole, value)


def _trunc(value: float) -> float:
    return math.copysign(math.trunc(value), value) if _finite(value) else value


def _abs_int(value: int) -> int:
    if value == INT_MIN:
        msg = f"math.abs({value}) is more than 64 bits"
        raise Fault(msg)
    return abs(value)


def _abs_double(value: float) -> float:
    return abs(value)


def _sign_int(value: int) -> int:
    return (value > 0) - (value < 0)


def _sign_uint(value: int) -> UInt:
    return UInt(value > 0)


def _sign_double(value: float) -> float:
    return float((value > 0) - (value < 0)) if value == value else value  # noqa: PLR0124 - NaN has no sign


def _sqrt(value: float) -> float:
    return math.sqrt(value) if value >= 0 else math.nan


def _is_nan(value: float) -> bool:
    return math.isnan(value)


def _is_inf(value: float) -> bool:
    return math.isinf(value)


def _signed(bits: int) -> int:
    bits &= _ALL_BITS
    return bits - 2**_BITS if bits >> (_BITS - 1) else bits


def _and_int(a: int, b: int) -> int:
    return a & b


def _or_int(a: int, b: int) -> int:
    return a | b


def _xor_int(a: int, b: int) -> int:
    return a ^ b


def _and_uint(a: int, b: int) -> UInt:
    return UInt(a & b)


def _or_uint(a: int, b: int) -> UInt:
    return UInt(a | b)


def _xor_uint(a: int, b: int) -> UInt:
    return UInt(a ^ b)


def _not_int(value: int) -> int:
    return ~value


def _not_uint(value: int) -> UInt:
    return UInt(~value & _ALL_BITS)


def _check_shift(places: int) -> None:
    if places < 0:
        msg = f"bits cannot be shifted by {places} places: shift the other way"
        raise Fault(msg)


def _left_bits(value: int, places: int) -> int:
    _check_shift(places)
    return value << places & _ALL_BITS if places < _BITS else 0


def _right_bits(value: int, places: int) -> int:
    _check_shift(places)
    return (value & _ALL_BITS) >> places if places < _BITS else 0


def _left_int(value: int, places: int) -> int:
    return _signed(_left_bits(value, places))


def _left_uint(value: int, places: int) -> UInt:
    return UInt(_left_bits(value, places))


def _right_int(value: int, places: int) -> int:
    return _signed(_right_bits(value, places))


def _right_uint(value: int, places: int) -> UInt:
    return UInt(_right_bits(value, places))


def _extreme(of_two: Any, of_list: Any) -> tuple[Overload, ...]:
    """One number, two of any types, or a list; more arguments arrive as a list."""
    one = tuple(Overload((t,), t, _same, inline="{0}", total=True) for t in _NUMBERS)
    two = tuple(
        Overload((a, b), a if a == b else DYN, of_two, total=True) for a in _NUMBERS for b in _NUMBERS
    )
    lists = (
        *(Overload((List(t),), t, of_list) for t in _NUMBERS),
        Overload((List(DYN),), DYN, of_list),
    )
    return one + two + lists


def _of_doubles(impl: Any, result: Type = DOUBLE) -> tuple[Overload, ...]:
    return (Overload((DOUBLE,), result, impl, total=True),)


def _of_bits(of_int: Any, of_uint: Any) -> tuple[Overload, ...]:
    return (
        Overload((INT, INT), INT, of_int, total=True),
        Overload((UINT, UINT), UINT, of_uint, total=True),
    )


def _of_shift(of_int: Any, of_uint: Any) -> tuple[Overload, ...]:
    return Overload((INT, INT), INT, of_int), Overload((UINT, INT), UINT, of_uint)


FUNCTIONS: Final = (
    Function(
        "math.greatest",
        _extreme(_greater_of, _greatest_of_list),
        "The largest of its arguments or of a list; numbers of different types compare by value.",
        ("math.greatest(1, 3, 2) == 3", "math.greatest([1.5, 2.5]) == 2.5"),
    ),
    Function(
        "math.least",
        _extreme(_lesser_of, _least_of_list),
        "The smallest of its arguments or of a list; numbers of different types compare by value.",
        ("math.least(1, -3, 2) == -3", "math.least(1.5, 2.5) == 1.5"),
    ),
    Function(
        "math.ceil",
        _of_doubles(_ceil),
        "The nearest whole number that is not less.",
        ("math.ceil(1.2) == 2.0", "math.ceil(-1.2) == -1.0"),
    ),
    Function(
        "math.floor",
        _of_doubles(_floor),
        "The nearest whole number that is not more.",
        ("math.floor(1.8) == 1.0", "math.floor(-1.2) == -2.0"),
    ),
    Function(
        "math.round",
        _of_doubles(_round),
        "The nearest whole number, halves away from zero.",
        ("math.round(1.5) == 2.0", "math.round(-2.5) == -3.0"),
    ),
    Function(
        "math.trunc",
        _of_doubles(_trunc),
        "The number without its fraction.",
        ("math.trunc(1.8) == 1.0", "math.trunc(-1.8) == -1.0"),
    ),
    Function(
        "math.abs",
        (
            Overload((INT,), INT, _abs_int),
            Overload((UINT,), UINT, _same, inline="{0}", total=True),
            Overload((DOUBLE,), DOUBLE, _abs_double, inline="abs({0})", total=True),
        ),
        "The number without its sign.",
        ("math.abs(-11) == 11", "math.abs(-1.5) == 1.5"),
    ),
    Function(
        "math.sign",
        (
            Overload((INT,), INT, _sign_int, total=True),
            Overload((UINT,), UINT, _sign_uint, total=True),
            Overload((DOUBLE,), DOUBLE, _sign_double, total=True),
        ),
        "-1, 0 or 1, of the number's own type.",
        ("math.sign(-32.0) == -1.0", "math.sign(7) == 1"),
    ),
    Function(
        "math.sqrt",
        (
            Overload((DOUBLE,), DOUBLE, _sqrt, total=True),
            Overload((INT,), DOUBLE, _sqrt, total=True),
            Overload((UINT,), DOUBLE, _sqrt, total=True),
        ),
        "The square root; NaN for a negative number.",
        ("math.sqrt(81) == 9.0",),
    ),
    Function(
        "math.isNaN",
        _of_doubles(_is_nan, BOOL),
        "True where the double is not a number.",
        ("math.isNaN(0.0 / 0.0)",),
    ),
    Function(
        "math.isInf",
        _of_doubles(_is_inf, BOOL),
        "True where the double is infinite, either way.",
        ("math.isInf(1.0 / 0.0)",),
    ),
    Function(
        "math.isFinite",
        _of_doubles(_finite, BOOL),
        "True where the double is neither infinite nor NaN.",
        ("math.isFinite(1.0 / 3.0)",),
    ),
    Function(
        "math.bitAnd",
        _of_bits(_and_int, _and_uint),
        "The bits that are set in both.",
        ("math.bitAnd(5, 6) == 4",),
    ),
    Function(
        "math.bitOr",
        _of_bits(_or_int, _or_uint),
        "The bits that are set in either.",
        ("math.bitOr(5u, 6u) == 7u",),
    ),
    Function(
        "math.bitXor",
        _of_bits(_xor_int, _xor_uint),
        "The bits that are set in one alone.",
        ("math.bitXor(5, 6) == 3",),
    ),
    Function(
        "math.bitNot",
        (Overload((INT,), INT, _not_int, total=True), Overload((UINT,), UINT, _not_uint, total=True)),
        "All 64 bits turned over.",
        ("math.bitNot(1) == -2",),
    ),
    Function(
        "math.bitShiftLeft",
        _of_shift(_left_int, _left_uint),
        "The bits moved up by so many places; those beyond the 64th are lost.",
        ("math.bitShiftLeft(1, 4) == 16",),
    ),
    Function(
        "math.bitShiftRight",
        _of_shift(_right_int, _right_uint),
        "The bits moved down by so many places, zeros following; a negative int becomes positive.",
        ("math.bitShiftRight(1024, 2) == 256",),
    ),
)
