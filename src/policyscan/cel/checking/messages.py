"""The words of messages: types with their articles, near names, hints.

In: types, names and checked sides that do not fit. Out: words and hints for a person.
"""

from __future__ import annotations

from typing import Final

from policyscan.cel import ir
from policyscan.cel.ir import Out
from policyscan.cel.types import (
    BOOL,
    DATE,
    DOUBLE,
    DURATION,
    INT,
    MONEY,
    STRING,
    TIMESTAMP,
    Enum,
    IdType,
    List,
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


_NUMBERS: Final = frozenset({INT, DOUBLE})
_MONEY: Final = 'write money(1000.0, "USD") for an amount, amount(x) for the number alone'
_INSTANT: Final = (
    'write timestamp("2026-01-31T09:30:00Z") for an instant, or dayOf(x) and date("2026-01-31") for its day'
)


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
    if {a, b} == {TIMESTAMP, STRING}:
        return _INSTANT
    if {a, b} == {BOOL, STRING}:
        return "write true or false without quotes, or the condition alone"
    if STRING in (a, b) and (a in _NUMBERS or b in _NUMBERS):
        return "write the number without quotes; for a number that is text, int(x) or double(x)"
    if MONEY in (a, b) and (a in _NUMBERS or b in _NUMBERS):
        return _MONEY
    if isinstance(a, List) or isinstance(b, List):
        return element_hint(a if isinstance(a, List) else b)
    if isinstance(a, IdType) or isinstance(b, IdType):
        return "an id of this kind is compared with an object of that kind"
    return None


def order_hint(a: Type, b: Type) -> str | None:
    """What to do about a comparison of two types that have no order."""
    a, b = non_null(a), non_null(b)
    if {a, b} == {DATE, TIMESTAMP}:
        return "compare a date with today and an instant with now"
    if {a, b} == {DURATION, INT}:
        return "write days(14), hours(2) or minutes(30) for a length of time"
    if {a, b} == {DATE, STRING}:
        return 'write date("2026-01-31") for a day'
    if {a, b} == {TIMESTAMP, STRING}:
        return _INSTANT
    if {a, b} == {DATE, INT}:
        return 'a day is written date("2026-01-31"): 2026-01-31 is a subtraction'
    if {a, b} == {TIMESTAMP, INT}:
        return _INSTANT
    if MONEY in (a, b) and (a in _NUMBERS or b in _NUMBERS):
        return _MONEY
    if STRING in (a, b) and (a in _NUMBERS or b in _NUMBERS):
        return "write the number without quotes; for a number that is text, int(x) or double(x)"
    if isinstance(a, List) or isinstance(b, List):
        return "write size(x) for how many there are"
    if BOOL in (a, b):
        return "a comparison is true or false: write a < b && b < c"
    return None


def element_hint(t: Type) -> str:
    """What to do where a list stands and one of its elements, or how many there are, was meant."""
    each = str(t.elem) if isinstance(t, List) and str(t.elem).isidentifier() else "element"
    return f"this is a list: write items.exists(x, …) to ask each {each}, size(items) for how many there are"


def condition_hint(t: Type) -> str:
    """What to do where something stands that is neither true nor false."""
    return element_hint(t) if isinstance(t, List) else "compare it with something: x == …, or x != null"


def arithmetic_hint(args: list[Out]) -> str | None:
    """What to do about a calculation with types that do not go together."""
    types = {non_null(out.type) for out in args}
    if types in ({DATE, INT}, {TIMESTAMP, INT}):
        return "write days(14) for a length of time"
    if types == {DATE, TIMESTAMP}:
        return "use today with dates and now with instants"
    if types in ({STRING, INT}, {STRING, DOUBLE}):
        return "write string(x) for the number's text"
    if types == {MONEY, INT}:
        return "money is multiplied by a number with a fraction: write 2.0 for 2, double(x) for an int"
    if MONEY in types and types & _NUMBERS:
        return _MONEY
    if types == {INT, DOUBLE}:
        whole = next(out for out in args if non_null(out.type) == INT)
        if not isinstance(whole.ir, ir.Const):
            return "write double(x) for the int"
        return f"write {float(whole.ir.value)} for {whole.ir.value}"
    return None
