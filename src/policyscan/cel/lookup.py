"""Finding the elements of a long list by keys, so that `training.exists(t, t.person == p && …)` asked for
every person, or `clients.filter(c, machine in c.machines)` for every machine, takes time with the two lists,
not with the one times the other.

In: a list and the comparisons that a test begins with. Out: the elements that a loop has to visit, in their
order; None where going through the list is as good.

A loop whose test begins with such comparisons need not visit the elements of which they are plainly false:
false is what their whole test is then, whatever else stands in it. Where it cannot be told (a field that is
missing, a reference that leads nowhere), the element is visited, in its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from policyscan.cel import budget
from policyscan.records import NamedTuple

FEW: Final = 32
"""Elements up to which a list is simply gone through."""
UNTOLD: Final = object()
"""Stands for a value that could not be had: no list is found by it."""

Element = tuple[int, Any]
Sought: TypeAlias = "tuple[str | None, str, Any]"
"""A field (None: the element itself), how it is compared with a value, and the value: see `costs.Key`."""


class KeyedList(NamedTuple):
    """A list by a key: the elements of each value, those that have to be looked at, and what reading all
    others would have noted."""

    items: list[Any]
    groups: dict[Any, list[Element]]
    loose: list[Element]
    reads: list[tuple[Any, Any, Any]]


class ToVisit(NamedTuple):
    """The elements of a list that have to be visited, in order, and the tables that tell it of the others."""

    items: list[Any]
    elements: list[Element]
    tables: list[tuple[str | None, KeyedList]]


def peek(holder: Any, field: str) -> Any:
    """A field where it is there, without asking for it; else something that no key is."""
    return holder.get(field, UNTOLD) if type(holder) is dict else UNTOLD


def table_of(items: Any, field: str | None, value: Any) -> KeyedList | None:
    """The list by a key, made once in an evaluation; None where going through it is as good."""
    if type(items) is not list or len(items) < FEW or _key(value) is UNTOLD:
        return None
    return _table(items, field, "is")


def find(items: Any, sought: Iterable[Sought]) -> ToVisit | None:
    """The elements that a loop has to visit whose test begins with any of some comparisons; None where going
    through the list is as good."""
    if type(items) is not list or len(items) < FEW:
        return None
    tables: list[tuple[str | None, KeyedList]] = []
    found: dict[int, Any] = {}
    for field, how, value in sought:
        keys = _keys(value, how) if how.startswith("among") else [_key(value, how)]
        if UNTOLD in keys:
            return None
        table = _table(items, field, how)
        tables.append((field, table))
        for key in keys:
            found.update(table.groups.get(key, ()))
        if table.loose:
            budget.visited(table.loose, 4)
            found.update(table.loose)
    return ToVisit(items, sorted(found.items(), key=_position), tables)


def _table(items: list[Any], field: str | None, how: str) -> KeyedList:
    known = budget.indexes()
    key = id(items), field, how
    found: KeyedList | None = known.get(key)
    if found is None:
        found = known[key] = _tabled(items, field, how)
    return found


def _tabled(items: list[Any], field: str | None, how: str) -> KeyedList:
    budget.visited(items, 2)
    table = KeyedList(items, {}, [], [])
    parts = how.startswith("has")
    for number, element in enumerate(items):
        value = element if field is None else peek(element, field)
        keys = _keys(value, how) if parts else [_key(value, how)]
        if UNTOLD in keys:
            table.loose.append((number, element))
        else:
            for key in keys:
                table.groups.setdefault(key, []).append((number, element))
        table.reads.append((element, field, value))
    return table


def _key(value: Any, how: str = "is") -> Any:
    """What tells apart values that are plainly different: texts, null, and objects where these are not
    compared by what is in them."""
    kind = type(value)
    if kind is dict:
        return id(value) if how == "is" or how.endswith("ref") else UNTOLD
    return value if kind is str or value is None else UNTOLD


def _keys(value: Any, how: str) -> list[Any]:
    """The keys of the elements of a list, UNTOLD among them where it is none or cannot be told of all."""
    if type(value) is not list:
        return [UNTOLD]
    budget.texts(value)
    keys = [_key(one, how) for one in value]
    return [UNTOLD] if None in keys else list(dict.fromkeys(keys))


def chosen(table: KeyedList, value: Any) -> list[Element]:
    """The elements that have to be visited, with their positions, in order."""
    group = table.groups.get(_key(value), [])
    if not table.loose:
        return group
    budget.visited(table.loose, 4)
    return sorted([*group, *table.loose], key=_position)


def _position(element: Element) -> int:
    return element[0]


def keyed(items: Any, *sought: Sought) -> Any:
    """The elements that a loop has to visit."""
    found = find(items, sought)
    return items if found is None else [element for _, element in found.elements]
