"""Grafting: the rows of a table that stand in lists within what other files of an inventory say.

In: the tree of such a table, and those of all files of the inventory. Out: the others' trees with the rows in
them, in place; a problem at its row for what has no place, or is there already.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policyscan.errors import DocumentError
from policyscan.reading.tables import Graft, TableTree
from policyscan.reading.tree import Tree, keys_of


def graft(table: Tree, parts: Sequence[Tree]) -> list[DocumentError]:
    """Puts the rows of a table where they belong, and tells which have no place."""
    assert isinstance(table, TableTree)
    grafter = _Grafter(table, parts)
    return [problem for one in table.grafts if (problem := grafter.put(one)) is not None]


class _Grafter:
    """Puts the rows of a table into what the other parts of an inventory say."""

    def __init__(self, table: TableTree, parts: Sequence[Tree]) -> None:
        self.table = table
        self.owners = {key: part for part in parts for key in keys_of(part)}
        self.parts = parts
        self._items: dict[Any, Any] | None = None

    def put(self, graft: Graft) -> DocumentError | None:
        """Puts some rows where they belong, and tells if there is no such place."""
        steps, owned = graft.target.steps, graft.target.owner
        part = self.owners.setdefault(steps[0], self.table)
        holder: Any = part.value
        if owned:
            holder = self._owner(part, graft)
            if holder is None:
                message = f"none of the {steps[owned - 1]} has the {graft.target.key} {graft.owner}"
                hint = "each row says there in whose list it stands"
                return DocumentError(message, at=self.table.source.span(*graft.region), hint=hint)
        for step in steps[owned:-1]:
            inner = holder.get(step) if holder.__class__ is dict else None
            if inner is None:
                if self._is_set(holder, step):
                    return self._twice(holder, step, graft)
                inner = self._opened(holder, step, graft)
            holder = inner
        if self._is_set(holder, steps[-1]):
            return self._twice(holder, steps[-1], graft)
        self._said(holder, steps[-1])
        holder[steps[-1]] = graft.rows
        self._stand(graft.rows, holder, steps[-1], graft)
        return None

    def _is_set(self, holder: Any, key: str) -> bool:
        """Whether a file says something at a key already, if only that it is blank; an empty cell says
        nothing."""
        part = self._part(holder)
        blank = key in part.blanks.get(id(holder), ()) and not isinstance(part, TableTree)
        return holder.__class__ is not dict or key in holder or blank

    def _opened(self, holder: Any, key: str, graft: Graft) -> dict[str, Any]:
        """What stands at a key at which nothing stood, or only cells that are all empty."""
        part = self._part(holder)
        inner: dict[str, Any] = {}
        if isinstance(part, TableTree) and self._said(holder, key):
            part.open(inner, holder, key)
        else:
            self._stand(inner, holder, key, graft)
        holder[key] = inner
        return inner

    def _said(self, holder: Any, key: str) -> bool:
        """Take a key from those that are blank; whether it was one."""
        blanks = self._part(holder).blanks
        blank = key in blanks.get(id(holder), ())
        if blank:
            blanks[id(holder)] = [other for other in blanks[id(holder)] if other != key]
        return blank

    def _part(self, holder: Any) -> Tree:
        return next((part for part in self.parts if id(holder) in part.places), self.table)

    def _stand(self, container: Any, holder: Any, key: str, graft: Graft) -> None:
        places: dict[int, Any] = self.table.places
        places[id(container)] = places[id(graft.rows)]._replace(parent=holder, key=key)

    def _owner(self, part: Tree, graft: Graft) -> Any:
        """The item in whose list the rows stand."""
        if self._items is None:
            items: Any = part.value
            for step in graft.target.steps[: graft.target.owner]:
                items = items.get(step) if items.__class__ is dict else None
            key, items = graft.target.key, items if items.__class__ is list else []
            self._items = {
                item[key]: item for item in items if item.__class__ is dict and _is_text(item, key)
            }
        return self._items.get(graft.owner)

    def _twice(self, holder: Any, key: str, graft: Graft) -> DocumentError:
        at = self.table.source.span(*graft.region)
        part, named = self._part(holder), ".".join(graft.target.steps[graft.target.owner :])
        place = part.span_of(holder, key if holder.__class__ is dict else None)
        of = f" of {graft.owner}" if graft.owner else ""
        hint = "keep it in one of them; the other must not have it"
        return DocumentError(f"{named}{of} is set in two files: first at {place}", at=at, hint=hint)


def _is_text(item: dict[str, Any], key: str) -> bool:
    return isinstance(item.get(key), str)
