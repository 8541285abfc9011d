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

from bisect import insort
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from policyscan.cel import budget
from policyscan.cel.errors import Absent
from policyscan.records import NamedTuple

FEW: Final = 32
"""Elements up to which a list is simply gone through."""
UNTOLD: Final = object()
"""Stands for a value that could not be had: no list is found by it."""

Element = tuple[int, Any]
Sought: TypeAlias = "tuple[str | None, str, Any]"
"""A field (None: the element itself), how it is compared with a value, and the value: see `costs.Key`."""


class KeyedList(NamedTuple):
    """A list by a key: the elements of each value, those that have to be looked at, those that lack the key,
    so that comparing it fails whatever is sought, and what reading all others would have noted."""

    items: list[Any]
    groups: dict[Any, list[Element]]
    loose: list[Element]
    void: list[Element]
    reads: list[tuple[Any, Any, Any]]


class ToVisit(NamedTuple):
    """The elements of a list that have to be visited whatever they lack, by their positions, and the tables
    that tell it of the others: those that lack a key have to be visited, too, where it is not known what
    comes of that."""

    items: list[Any]
    found: dict[int, Any]
    tables: list[tuple[str | None, KeyedList]]

    def elements(self) -> list[Element]:
        """The elements to visit, in order, with those that lack a key."""
        made = dict(self.found)
        for _, table in self.tables:
            if table.void:
                budget.visited(table.void, 4)
                made.update(table.void)
        return sorted(made.items(), key=_position)

    def void(self) -> dict[int, Any]:
        """The elements that lack a key and need not be visited for another one, in order."""
        loose = {number for _, table in self.tables for number, _ in table.loose}
        made = {number: one for _, table in self.tables for number, one in table.void if number not in loose}
        return dict(sorted(made.items()))


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
    return ToVisit(items, found, tables)


def _table(items: list[Any], field: str | None, how: str) -> KeyedList:
    known = budget.indexes()
    key = id(items), field, how
    found: KeyedList | None = known.get(key)
    if found is None:
        found = known[key] = _tabled(items, field, how)
    return found


def _tabled(items: list[Any], field: str | None, how: str) -> KeyedList:
    budget.visited(items, 2)
    table = KeyedList(items, {}, [], [], [])
    parts = how.startswith("has")
    for number, element in enumerate(items):
        value = element if field is None else peek(element, field)
        keys = _keys(value, how) if parts else [_key(value, how)]
        if UNTOLD in keys:
            lacks = (value is UNTOLD and type(element) is dict) or (value is None and parts)
            (table.void if lacks else table.loose).append((number, element))
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
    """The elements that have to be visited, with their positions, in order, of a list by what they are."""
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
    return items if found is None else [element for _, element in found.elements()]


# --- elements that lack what they are found by


class Visits(list[Any]):
    """Elements to visit, some of which stand for others that lack a key and fail as they do: `unseen` are
    those others of which it cannot be told whether they pass."""

    __slots__ = ("unseen",)
    unseen: int


class Lacking:
    """What the test of a loop comes to for the elements that lack a key, whatever is sought."""

    __slots__ = ("_failed", "_open", "_ranks", "items")

    def __init__(self, found: ToVisit) -> None:
        self.items = found.items
        self._open = found.void()
        self._ranks: dict[int, int] = {}
        self._failed: dict[int, list[Element]] = {}

    def untried(self, found: Mapping[int, Any]) -> list[Element]:
        """The elements of which it is not known yet, in order; of one that was found it cannot be told."""
        return [one for one in self._open.items() if one[0] not in found] if self._open else []

    def learn(self, number: int, rank: int) -> None:
        """Takes the rank of the error of an element, or 0 for none."""
        element = self._open.pop(number)
        if rank:
            self._ranks[number] = rank
            insort(self._failed.setdefault(rank, []), (number, element), key=_position)

    def visits(self, found: Mapping[int, Any]) -> Visits:
        """What to visit: what was found, and the first of the others that ends in an error of each rank."""
        shown, unseen = dict(found), 0
        for rank, failed in self._failed.items():
            first = next((one for one in failed if one[0] not in found), None)
            if first is None:
                continue
            shown[first[0]] = first[1]
            if rank > Absent.rank:
                unseen += len(failed) - 1 - sum([self._ranks.get(number) == rank for number in found])
        made = Visits([element for _, element in sorted(shown.items(), key=_position)])
        made.unseen = unseen
        return made


class Search(NamedTuple):
    """What a loop found by its keys, and what is known of the elements that lack one."""

    found: ToVisit
    lacking: Lacking


def search(test: bytes, items: Any, *sought: Sought) -> Search | None:
    """What a loop found whose test comes to the same for whatever lacks a key; `test` tells it from others.
    None where going through the list is as good."""
    found = find(items, sought)
    if found is None:
        return None
    known = budget.indexes()
    key = id(items), test
    lacking: Lacking | None = known.get(key)
    if lacking is None:
        lacking = known[key] = Lacking(found)
    return Search(found, lacking)


def untried(search: Search | None) -> list[Element]:
    """The elements for which the test of a loop has to be tried once, with their positions."""
    return [] if search is None else search.lacking.untried(search.found.found)


def visits(search: Search | None, items: Any) -> Any:
    """The elements that a loop has to visit."""
    return items if search is None else search.lacking.visits(search.found.found)


def unseen(items: Any) -> int:
    """Of how many elements that are not visited it cannot be told whether they pass."""
    return items.unseen if type(items) is Visits else 0
