"""Parameters of policies: their types, their bounds, and values from profiles and configuration.

In: values as people write them, and the type and bounds that a parameter declares. Out: values for
expressions, what is looser than its default, and words for messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policyscan import cel
from policyscan.cel import types, values
from policyscan.patterns import when_used
from policyscan.policies.policy import Parameter, Policy

_UNITS = {"w": 7 * 86400, "d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = when_used(r"(?:[0-9]{1,6}[wdhms])+")
_CURRENCY = when_used(r"[A-Z]{3}")
_PART = when_used(r"([0-9]+)([wdhms])")
_NANOSECONDS = 1_000_000_000

TYPES: dict[str, types.Type] = {
    "duration": types.DURATION,
    "int": types.INT,
    "number": types.DOUBLE,
    "bool": types.BOOL,
    "string": types.STRING,
    "money": types.MONEY,
    "strings": types.List(types.STRING),
    "map": types.Map(types.STRING, types.STRING),
}
BOUNDED = ("duration", "int", "number", "money")


def parse_duration(text: str) -> values.Duration:
    """`14d`, `36h`, `1d12h` as a duration; ValueError for anything else. A day is 24 hours."""
    if not _DURATION.fullmatch(text):
        raise ValueError(text)
    seconds = sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(text))
    return values.Duration(seconds * _NANOSECONDS)


def convert(type_: str, written: Any) -> Any:
    """The value of a parameter as written in YAML; ValueError with words for people if it does not fit."""
    value = _CONVERT[type_](written)
    if value is None:
        raise ValueError(f"expected {_WORDS[type_]}, found {_show(written)}")
    return value


def check_bounds(parameter: Parameter, value: Any) -> None:
    """ValueError if a value lies outside the bounds that the policy states, cannot be compared to them, or
    leaves nothing to ask for."""
    for bound in (parameter.min, parameter.max):
        if isinstance(bound, values.Money) and bound.currency != value.currency:
            raise ValueError(f"{cel.render(value)} is not in {bound.currency}, as its bounds are")
    if parameter.min is not None and value < parameter.min:
        raise ValueError(f"{cel.render(value)} is below the minimum, {cel.render(parameter.min)}")
    if parameter.max is not None and value > parameter.max:
        raise ValueError(f"{cel.render(value)} is above the maximum, {cel.render(parameter.max)}")
    if parameter.stricter == "more" and parameter.default and not value:
        # What asks for each of a list would pass with nothing asked.
        raise ValueError("an empty list asks for nothing: leave the control out with `ignore` instead")
    if parameter.values:
        for item in value if isinstance(value, list) else [value]:
            if item not in parameter.values:
                raise ValueError(f"{item!r} is not one of: {', '.join(parameter.values)}")


def loosened(policy: Policy) -> list[Parameter]:
    """The parameters whose values ask for less than the policy's defaults."""
    changed = [p for p in policy.declared if policy.parameters[p.name] != p.default]
    return [p for p in changed if loosens(p, policy.parameters[p.name])]


def loosens(parameter: Parameter, value: Any) -> bool:
    """Whether a value asks for less than the default; where the policy does not say, any change does."""
    if value == parameter.default:
        return False
    compare = _STRICTER.get(parameter.stricter)
    return True if compare is None else not compare(value, parameter.default)


def strictest(parameter: Parameter, written: Sequence[Any]) -> Any:
    """The strictest of some values as written, in which None stands for the default; of lists what all of
    them have, or any of them, whichever is the stricter."""
    values = [parameter.default if one is None else convert(parameter.type, one) for one in written]
    if parameter.stricter in ("fewer", "more"):
        together = list(dict.fromkeys(item for value in values for item in value))
        if parameter.stricter == "more":
            return together
        return [item for item in together if all(item in value for value in values)]
    compare, best = _STRICTER[parameter.stricter], 0
    for number, value in enumerate(values):
        if compare(value, values[best]):
            best = number
    return written[best]


def in_words(value: Any) -> str:
    """A value in a sentence: `14 days`, `1 hour 30 minutes`, `1,000 USD`, `a, b and c`."""
    if isinstance(value, values.Duration):
        return _time_in_words(int(value)) or cel.render(value)
    if isinstance(value, values.Money):
        return f"{value.amount:,.{0 if value.amount.is_integer() else 2}f} {value.currency}"
    if isinstance(value, list):
        *most, last = [in_words(item) for item in value] or ["nothing"]
        return f"{', '.join(most)} and {last}" if most else last
    if isinstance(value, str):
        return value.replace("_", " ")
    if isinstance(value, float):
        return f"{int(value):,}" if value.is_integer() else f"{value:g}"
    return cel.render(value)


def _time_in_words(nanoseconds: int) -> str | None:
    """A length of time in days, hours, minutes and seconds; None if it is negative or has a fraction."""
    if nanoseconds < 0 or nanoseconds % _NANOSECONDS:
        return None
    said, rest = [], nanoseconds // _NANOSECONDS
    for unit, seconds in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, rest = divmod(rest, seconds)
        if count:
            said.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(said) or "0 days"


_STRICTER: dict[str, Any] = {
    "lower": lambda value, default: value < default,
    "higher": lambda value, default: value > default,
    "true": lambda value, _: value is True,
    "false": lambda value, _: value is False,
    "fewer": lambda value, default: set(value) < set(default),
    "more": lambda value, default: set(value) > set(default),
    "neither": lambda _value, _default: False,
}


def _duration(written: Any) -> Any:
    if not isinstance(written, str):
        return None
    try:
        return parse_duration(written)
    except ValueError:
        return None


def _int(written: Any) -> Any:
    return written if type(written) is int else None


def _number(written: Any) -> Any:
    return float(written) if type(written) in (int, float) else None


def _money(written: Any) -> Any:
    if not isinstance(written, dict) or set(written) != {"amount", "currency"}:
        return None
    amount, currency = _number(written["amount"]), written["currency"]
    known = isinstance(currency, str) and _CURRENCY.fullmatch(currency)
    return values.Money(amount, currency) if amount is not None and known else None


def _strings(written: Any) -> Any:
    good = isinstance(written, list) and all(isinstance(item, str) for item in written)
    return list(written) if good else None


def _map(written: Any) -> Any:
    good = isinstance(written, dict) and all(isinstance(item, str) for item in written.values())
    return dict(written) if good else None


_CONVERT: dict[str, Any] = {
    "duration": _duration,
    "int": _int,
    "number": _number,
    "bool": lambda written: written if isinstance(written, bool) else None,
    "string": lambda written: written if isinstance(written, str) else None,
    "money": _money,
    "strings": _strings,
    "map": _map,
}
_WORDS = {
    "duration": "a duration like 14d, 36h or 90m",
    "int": "a whole number",
    "number": "a number",
    "bool": "true or false",
    "string": "a text",
    "money": "an amount with its currency, like {amount: 50, currency: USD}",
    "strings": "a list of texts",
    "map": "a mapping of texts",
}


def _show(written: Any) -> str:
    return "nothing" if written is None else repr(written)
