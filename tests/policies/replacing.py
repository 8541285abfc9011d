"""Other values that a fact could have: what its schema allows, at and around what policies ask.

In go a kind, the values of an inventory as they were read, and a day; out come paths and, for each, values.
Enums and booleans are taken whole; numbers and days at, just before and just after every threshold of the
policies that may read a field of this name; a list or a map as empty; whatever may be null as null.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from policyscan.cel.values import Date, Duration
from policyscan.kinds.kinds import Kind
from policyscan.kinds.shapes import Property, Shape
from policyscan.policies.policy import Policy
from tests.policies.concerned import read_names
from tests.policies.judging import keys, pack

DAY = 86_400 * 10**9
_NUMBER = re.compile(r"(?<![\w.'\"-])[0-9]+(?:\.[0-9]+)?(?![\w'\"])")
_ENVELOPE = {"schema_version", "kind", "as_of", "time_zone", "currency", "waivers", "statements"}
"""What is no fact that controls are about: when and how a file speaks, and who is excused."""
FAR = 10_000
"""Days after which nothing that policies ask of makes a difference any more."""


class Fact(NamedTuple):
    """A value of an inventory: its path, its property, and the list that it identifies an item of, if so."""

    path: tuple[Any, ...]
    field: Property


def facts(kind: Kind, value: Mapping[str, Any]) -> Iterator[Fact]:
    """Every value of an inventory that may be another, but for what identifies things."""
    for path in keys(value):
        if path[0] in _ENVELOPE or tuple(path) == kind.shape.ident[: len(path)]:
            continue
        found = _field(kind.shape, path)
        if found is not None:
            yield Fact(path, found)


def _field(shape: Shape, path: tuple[Any, ...]) -> Property | None:
    """The property at a path; None for the user's own keys and for what identifies an item of a list."""
    named: tuple[str, ...] = ()
    field: Property | None = None
    for step in path:
        field = shape.fields.get(step) or shape.items
        if field is None or step in named:
            return None
        named = shape.key if isinstance(step, int) else ()
        shape = field.shape
    return field


def others(fact: Fact, value: Any, today: Date, thresholds: Thresholds) -> Iterator[Any]:
    """The other values that a fact could have."""
    for one in _possible(fact, value, today, thresholds):
        if one != value or type(one) is not type(value):
            yield one


def _possible(fact: Fact, value: Any, today: Date, thresholds: Thresholds) -> Iterator[Any]:
    field, shape = fact.field, fact.field.shape
    if field.nullable:
        yield None
    if shape.form == "enum":
        yield from shape.values
    elif shape.form == "boolean":
        yield from (True, False)
    elif shape.form in ("list", "map"):
        yield [] if shape.form == "list" else {}
    elif shape.form in ("integer", "number", "money"):
        yield from _numbers(fact, value, thresholds)
    elif shape.form in ("date", "instant"):
        yield from _days(fact, today, thresholds)
    elif shape.form == "string" and not shape.refs:
        yield "-"


def _numbers(fact: Fact, value: Any, thresholds: Thresholds) -> Iterator[Any]:
    """Whole numbers and fractions at and around thresholds; those that the schema refuses are no harm."""
    name = str(fact.path[-1])
    near = {0, 1, *thresholds.numbers(name)}
    if isinstance(value, int | float):
        near.update((value - 1, value + 1))
    for one in sorted(near | {n + 1 for n in near} | {n - 1 for n in near}):
        whole = fact.field.shape.form == "integer"
        if one >= 0 and (not whole or float(one).is_integer()):
            yield int(one) if float(one).is_integer() else one


def _days(fact: Fact, today: Date, thresholds: Thresholds) -> Iterator[str]:
    ages = {0, FAR, *thresholds.days(str(fact.path[-1]))}
    about = {sign * age + step for age in ages for sign in (1, -1) for step in (-1, 0, 1)}
    for one in sorted(about):
        day = str(Date(int(today) + one))
        yield day if fact.field.shape.form == "date" else f"{day}T12:00:00Z"


class Thresholds:
    """What numbers and lengths of time policies compare with, by the names of the fields that they read."""

    def __init__(self, policies: Iterable[Policy], known: Mapping[str, Policy]) -> None:
        self._by_name: dict[str, set[str]] = {}
        self._policies = {policy.id: policy for policy in policies}
        for policy in self._policies.values():
            for name in read_names(policy, known):
                self._by_name.setdefault(name, set()).add(policy.id)

    def numbers(self, name: str) -> set[float]:
        """Those of the policies that may read a field of a name."""
        return set().union(*(_numbers_of(self._policies[id_]) for id_ in self._by_name.get(name, ())))

    def days(self, name: str) -> set[int]:
        """The same as days."""
        return set().union(*(_days_of(self._policies[id_]) for id_ in self._by_name.get(name, ())))


@cache
def _text_of(id_: str) -> str:
    from tests.policies.judging import FOLDER

    return (FOLDER / id_.rpartition("-")[0] / f"{id_}.yaml").read_text(encoding="utf-8")


def _numbers_of(policy: Policy) -> set[float]:
    """The parameters and constants of a policy."""
    body = _text_of(policy.id).partition("for_each:")[2] or _text_of(policy.id).partition("require:")[2]
    constants = {float(one) for one in _NUMBER.findall(body)}
    return constants | {
        float(value) for value in policy.parameters.values() if isinstance(value, int | float)
    }


def _days_of(policy: Policy) -> set[int]:
    lengths = (value for value in policy.parameters.values() if isinstance(value, Duration))
    return {int(length) // DAY for length in lengths}


def thresholds() -> Thresholds:
    """Those of the shipped controls."""
    return Thresholds(pack().policies.values(), pack().policies)
