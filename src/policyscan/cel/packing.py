"""Constants as `marshal` can keep them, and back.

In: a value of the language. Out: plain values of Python; and the other way round.

Programs, checked expressions and policies are kept between runs in this form; a start reads no more than it.
"""

from __future__ import annotations

from typing import Any

from policyscan.cel.values import NONE, Date, Duration, Money, OptionalValue, Timestamp, TypeValue, UInt

TAGGED = "\0"
"""What a tuple begins with that stands for a value of another kind."""


def pack(value: Any) -> Any:
    """A constant with everything that marshal does not know turned into tagged tuples."""
    kind = type(value)
    if kind is tuple:
        return tuple([pack(item) for item in value])
    if kind is list:
        return [pack(item) for item in value]
    if kind is dict:
        return (TAGGED, "dict", [(_pack_key(key), pack(item)) for key, item in value.items()])
    if kind in _INT_KINDS:
        return (TAGGED, kind.__name__, int(value))
    if kind is Money:
        return (TAGGED, "Money", value.amount, value.currency)
    if kind is TypeValue:
        return (TAGGED, "TypeValue", value.name)
    if kind is OptionalValue:
        return (TAGGED, "none") if value is NONE else (TAGGED, "optional", pack(value.value))
    return value


_INT_KINDS = {Date, Timestamp, Duration, UInt}


def _pack_key(key: Any) -> Any:
    value = getattr(key, "value", None)
    return (TAGGED, "bool", value) if isinstance(value, bool) else pack(key)


def unpack(value: Any) -> Any:
    """What `pack` was given."""
    kind = type(value)
    if kind is tuple:
        if value and value[0] == TAGGED:
            return _untag(value[1], value[2:])
        return tuple([unpack(item) for item in value])
    if kind is list:
        return [unpack(item) for item in value]
    return value


def _untag(tag: str, parts: tuple[Any, ...]) -> Any:
    if tag == "dict":
        return {unpack(key): unpack(item) for key, item in parts[0]}
    if tag == "bool":
        from policyscan.cel.equality import FALSE_KEY, TRUE_KEY

        return TRUE_KEY if parts[0] else FALSE_KEY
    if tag == "none":
        return NONE
    if tag == "optional":
        return OptionalValue(unpack(parts[0]))
    return _MAKERS[tag](*parts)


_MAKERS: dict[str, Any] = {
    "Date": Date,
    "Timestamp": Timestamp,
    "Duration": Duration,
    "UInt": UInt,
    "Money": Money,
    "TypeValue": TypeValue,
}
