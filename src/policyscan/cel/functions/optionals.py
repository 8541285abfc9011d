"""Optional values: what may be there, made and taken apart.

In: a value, or an optional one. Out: the other, or what to take where there is none.
"""

from __future__ import annotations

from typing import Any, Final

from policyscan.cel import budget
from policyscan.cel.errors import Absent
from policyscan.cel.registry import Function, Overload
from policyscan.cel.types import BOOL, NEVER, List, Optional, TypeParam
from policyscan.cel.values import NONE, Date, Money, OptionalValue

_T: Final = TypeParam("T")


def _of(value: Any) -> OptionalValue:
    return OptionalValue(value)


def _none() -> OptionalValue:
    return NONE


def _of_non_zero(value: Any) -> OptionalValue:
    return NONE if _is_zero(value) else OptionalValue(value)


def _is_zero(value: Any) -> bool:
    """Whether a value is its type's zero: null, false, 0, nothing in it; a date never is."""
    return not isinstance(value, Date | Money | OptionalValue) and not value


def _has_value(optional: OptionalValue) -> bool:
    return optional is not NONE


def _value(optional: OptionalValue) -> Any:
    if optional is NONE:
        msg = "value() of an optional that has none"
        raise Absent(msg)
    return optional.value


def _or(optional: OptionalValue, other: OptionalValue) -> OptionalValue:
    return other if optional is NONE else optional


def _or_value(optional: OptionalValue, other: Any) -> Any:
    return other if optional is NONE else optional.value


def _unwrap(optionals: list[Any]) -> list[Any]:
    budget.visited(optionals, 32)
    return [optional.value for optional in optionals if optional is not NONE]


FUNCTIONS: Final = (
    Function(
        "optional.of",
        (Overload((_T,), Optional(_T), _of, total=True),),
        "The optional that has the value.",
        ("optional.of(1).value() == 1",),
    ),
    Function(
        "optional.none",
        (Overload((), Optional(NEVER), _none, total=True),),
        "The optional that has no value.",
        ("!optional.none().hasValue()",),
    ),
    Function(
        "optional.ofNonZeroValue",
        (Overload((_T,), Optional(_T), _of_non_zero, total=True),),
        "The optional that has the value, or none where the value is null, false, 0 or empty.",
        ('optional.ofNonZeroValue("").orValue("?") == "?"', "optional.ofNonZeroValue(7).hasValue()"),
        absence=True,
    ),
    Function(
        "hasValue",
        (Overload((Optional(_T),), BOOL, _has_value, True, total=True),),
        "True where the optional has a value.",
        ("optional.of(1).hasValue()",),
        absence=True,
    ),
    Function(
        "value",
        (Overload((Optional(_T),), _T, _value, True),),
        "The optional's value; absent where it has none.",
        ("optional.of(1).value() == 1",),
    ),
    Function(
        "or",
        (Overload((Optional(_T), Optional(_T)), Optional(_T), _or, True, total=True),),
        "The optional, or the other one where it has no value.",
        ("optional.none().or(optional.of(2)).value() == 2",),
        absence=True,
    ),
    Function(
        "orValue",
        (Overload((Optional(_T), _T), _T, _or_value, True, total=True),),
        "The optional's value, or another where it has none.",
        ("{'a': 1}.?b.orValue(0) == 0",),
        absence=True,
    ),
    Function(
        "optional.unwrap",
        (Overload((List(Optional(_T)),), List(_T), _unwrap, total=True),),
        "The values of those optionals of a list that have one.",
        ("optional.unwrap([optional.of(1), optional.none()]) == [1]",),
        absence=True,
    ),
    Function(
        "unwrapOpt",
        (Overload((List(Optional(_T)),), List(_T), _unwrap, True, total=True),),
        "The values of those optionals of a list that have one.",
        ("[optional.none(), optional.of(1)].unwrapOpt() == [1]",),
        absence=True,
    ),
)
