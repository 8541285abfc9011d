"""Finding the elements of a long list by a key, so that `training.exists(t, t.person == p && …)` asked for
every person takes time with the people and the training, not with the one times the other.

A loop whose test begins with such a comparison need not visit the elements of which it is plainly false:
false is what their whole test is then, whatever else stands in it. Where it cannot be told (a field that is
missing, a reference that leads nowhere), the element is visited, in its place.
"""

from __future__ import annotations

from typing import Any, Final

from policyscan.cel import budget
from policyscan.records import NamedTuple

FEW: Final = 32
"""Elements up to which a list is simply gone through."""
_NEVER: Final = object()

Element = tuple[int, Any]


class Table(NamedTuple):
    """A list by a key: the elements of each value, those that have to be looked at, and what reading all
    others would have noted."""

    items: list[Any]
    groups: dict[Any, list[Element]]
    loose: list[Element]
    reads: list[tuple[Any, Any, Any]]


def peek(holder: Any, field: str) -> Any:
    """A field where it is there, without asking for it; else something that no key is."""
    return holder.get(field, _NEVER) if type(holder) is dict else _NEVER


def table_of(items: Any, field: str | None, value: Any) -> Table | None:
    """The list by a key, made once in an evaluation; None where going through it is as good."""
    if type(items) is not list or len(items) < FEW or _key(value) is _NEVER:
        return None
    known = budget.indexes()
    found: Table | None = known.get((id(items), field))
    if found is None:
        found = known[id(items), field] = _tabled(items, field)
    return found


def _tabled(items: list[Any], field: str | None) -> Table:
    budget.visited(items, 2)
    table = Table(items, {}, [], [])
    for number, element in enumerate(items):
        value = element if field is None else peek(element, field)
        key = _key(value)
        if key is _NEVER:
            table.loose.append((number, element))
        else:
            table.groups.setdefault(key, []).append((number, element))
        table.reads.append((element, field, value))
    return table


def _key(value: Any) -> Any:
    """What tells apart values that are plainly different: texts, objects and null."""
    kind = type(value)
    if kind is dict:
        return id(value)
    return value if kind is str or value is None else _NEVER


def chosen(table: Table, value: Any) -> list[Element]:
    """The elements that have to be visited, with their positions, in order."""
    group = table.groups.get(_key(value), [])
    if not table.loose:
        return group
    budget.visited(table.loose, 4)
    return sorted([*group, *table.loose], key=_position)


def _position(element: Element) -> int:
    return element[0]


def keyed(items: Any, field: str | None, value: Any) -> Any:
    """The elements that a loop has to visit."""
    table = table_of(items, field, value)
    return items if table is None else [element for _, element in chosen(table, value)]
