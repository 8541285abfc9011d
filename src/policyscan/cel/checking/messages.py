"""The words of messages: types with their articles, near names, hints."""

from __future__ import annotations

from typing import Final

from policyscan.cel import ir
from policyscan.cel.ir import Out
from policyscan.cel.types import (
    DATE,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    Enum,
    Identity,
    Type,
    non_null,
)

OPERATORS: Final = {
    "_+_": "+",
    "_-_": "-",
    "_*_": "*",
    "_/_": "/",
    "_%_": "%",
    "-_": "-",
    "!_": "!",
    "_==_": "==",
    "_!=_": "!=",
    "_<_": "<",
    "_<=_": "<=",
    "_>_": ">",
    "_>=_": ">=",
    "@in": "in",
    "_&&_": "&&",
    "_||_": "||",
    "_?_:_": "?:",
}


def an(t: Type) -> str:
    """A type with its article."""
    text = str(t)
    return (
        text
        if text == "null"
        else f"{'an' if text[:1] in 'aeiou' and not text.startswith('uint') else 'a'} {text}"
    )


def quoted(enum: Enum) -> str:
    """The values of an enum, in quotes."""
    return ", ".join(f'"{value}"' for value in enum.values)


def equality_hint(a: Type, b: Type) -> str | None:
    """What to do about an equality of two types that are never equal."""
    if {a, b} == {DATE, TIMESTAMP}:
        return "compare a date with today and an instant with now"
    if {a, b} == {DATE, STRING}:
        return 'write date("2026-01-31") for a day'
    if isinstance(a, Identity) or isinstance(b, Identity):
        return "an id of this kind is compared with an object of that kind"
    return None


def order_hint(a: Type, b: Type) -> str | None:
    """What to do about a comparison of two types that have no order."""
    if {a, b} == {DATE, TIMESTAMP}:
        return "compare a date with today and an instant with now"
    if {a, b} == {DURATION, INT}:
        return "write days(14), hours(2) or minutes(30) for a length of time"
    if {a, b} == {DATE, STRING}:
        return 'write date("2026-01-31") for a day'
    return None


def arithmetic_hint(args: list[Out]) -> str | None:
    """What to do about a calculation with types that do not go together."""
    types = {non_null(out.type) for out in args}
    if types in ({DATE, INT}, {TIMESTAMP, INT}):
        return "write days(14) for a length of time"
    if types == {DATE, TIMESTAMP}:
        return "use today with dates and now with instants"
    if types == {INT, DOUBLE}:
        whole = next(out for out in args if non_null(out.type) == INT)
        if not isinstance(whole.ir, ir.Const):
            return "write double(x) for the int"
        return f"write {float(whole.ir.value)} for {whole.ir.value}"
    return None
