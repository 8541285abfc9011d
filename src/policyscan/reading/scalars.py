"""What a plain (unquoted) YAML scalar means: the core schema of YAML 1.2, and nothing beyond it.

In: the text of a scalar. Out: None, a boolean, a number or the text itself; BadScalar for a number that is
out of reach.

`no`, `on`, `0644`, `12:30:45`, `1_000` and dates are strings.
"""

from __future__ import annotations

import re

from policyscan.patterns import when_used
from policyscan.reading.tree import BLANK

MAX_INTEGER = 2**63 - 1
MIN_INTEGER = -(2**63)
_MAX_DIGITS = 25

_WORDS: dict[str, object] = {
    "": BLANK,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_NUMBER_STARTS = frozenset("0123456789+-.")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_OCTAL = when_used(r"0o[0-7]+")
_HEXADECIMAL = when_used(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = when_used(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class BadScalar(ValueError):
    """A plain scalar that is refused: `message` says why, `hint` what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def resolve(text: str) -> object:
    """The value of a plain scalar: bool, int, float, None, BLANK, or the text itself.

    Raises BadScalar for infinity, NaN, numbers that 64 bits cannot hold, and a dash.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    if _DECIMAL.fullmatch(text):
        return integer(text, 10)
    if _FLOAT.fullmatch(text):
        return floating(text)
    if _OCTAL.fullmatch(text):
        return integer(text, 8)
    if _HEXADECIMAL.fullmatch(text):
        return integer(text, 16)
    if text == "-":
        raise BadScalar("a dash alone is no text", "put it in quotes, or write null")
    if _NOT_FINITE.fullmatch(text):
        raise BadScalar(f"{text} is not a number that can be compared", "write a number, or put it in quotes")
    return text


def integer(text: str, base: int) -> int:
    """The whole number that a text spells; BadScalar if 64 bits cannot hold it."""
    value = int(text, base) if len(text) <= _MAX_DIGITS or base != 10 else MAX_INTEGER + 1
    if MIN_INTEGER <= value <= MAX_INTEGER:
        return value
    shown = text if len(text) <= _MAX_DIGITS else f"{text[:12]}… ({len(text)} digits)"
    raise BadScalar(
        f"the number {shown} is too large (64 bits hold up to {MAX_INTEGER})",
        "if it is an identifier and not a quantity, put it in quotes",
    )


def floating(text: str) -> float:
    """The number that a text spells; BadScalar if it is too large for a double."""
    value = float(text)
    if value - value == 0.0:
        return value
    raise BadScalar(f"the number {text[:24]} is too large", "if it is an identifier, put it in quotes")
