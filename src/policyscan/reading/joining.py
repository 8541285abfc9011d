"""Joining: trees from several files as one, each of whose places is in the file where it stands.

In come trees of mappings that share no key, and tables whose rows stand in what others say; out comes a tree
of all of it. Broken input raises Problems.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from policyscan.errors import DocumentError, Problems
from policyscan.reading.tree import Container, Key, Tree, keys_of
from policyscan.source import Span


def join(parts: Sequence[Tree], lend: Callable[[Sequence[Tree]], Tree] | None = None) -> Tree:
    """One tree of the keys of several, in the order of their files whatever the order they are given in.

    `lend` gives a `LentTree` of what they leave out, which is a part, too.
    Raises Problems for parts that are no mappings, and for keys that two of them set.
    """
    ordered = sorted(parts, key=lambda part: (part.source.file, part.index))
    problems = [*_no_mappings(ordered), *_set_twice(ordered)]
    for part in ordered if not problems else ():
        if part.is_table:
            from policyscan.reading.grafting import graft

            problems.extend(graft(part, ordered))
    if problems:
        raise Problems(problems)
    return Joined(ordered if lend is None else [*ordered, lend(ordered)])


def _no_mappings(parts: Sequence[Tree]) -> list[DocumentError]:
    return [
        DocumentError(
            "this part of an inventory has no keys and values",
            at=part.root_span(),
            hint="write the keys of one or more sections, such as devices:",
        )
        for part in parts
        if part.value.__class__ is not dict
    ]


def _set_twice(parts: Sequence[Tree]) -> list[DocumentError]:
    """The keys that two parts set; one with nothing after it is set, too: nobody knows which is meant."""
    first: dict[str, Tree] = {}
    problems = []
    for part in parts:
        for key in keys_of(part):
            owner = first.setdefault(key, part)
            if owner is not part:
                at, other = part.key_span_of(part.value, key), owner.key_span_of(owner.value, key)
                message = f"{key} is set in two files: first at {other}"
                hint = "keep it in one of them; the other parts must not have it"
                problems.append(DocumentError(message, at=at, hint=hint))
    return problems


class _Places(dict[int, Any]):
    """Places by the ids of containers: those of most of them are in another table, which is not copied."""

    __slots__ = ("most",)

    def __init__(self, most: Mapping[int, Any]) -> None:
        self.most = most

    def __missing__(self, ident: int) -> Any:
        return self.most[ident]

    def __contains__(self, ident: object) -> bool:
        return dict.__contains__(self, ident) or ident in self.most

    def get(self, ident: int, default: Any = None) -> Any:
        """The place of a container, if it has one."""
        return dict.get(self, ident) or self.most.get(ident, default)


class Joined(Tree):
    """A tree of several, which keep the places of what is theirs; the root is its own.

    `source` is that of the part which says the kind: of the file that stands for the whole.
    """

    __slots__ = ("_borrowed", "_sections", "parts")

    def __init__(self, parts: Sequence[Tree], value: dict[str, Any] | None = None) -> None:
        """`value` is the root of a tree that was pickled, some of whose values may have been decoded."""
        head = next((part for part in parts if "kind" in part.value), parts[0])
        if value is None:
            value = {key: inner for part in parts for key, inner in part.value.items()}
        largest = max(parts, key=lambda part: len(part.places))
        places: dict[int, Any] = _Places(largest.places)
        places[id(value)] = head.places[id(head.value)]
        blanks: dict[int, list[str]] = {}
        for part in parts:
            if part is not largest:
                places.update(part.places)
            for ident in map(id, (*part.value.values(), *part.replaced)):
                place = part.places.get(ident)
                if place is not None and place.parent is part.value:
                    places[ident] = place._replace(parent=value)
            blanks.update(part.blanks)
        none = [key for part in parts for key in blanks.pop(id(part.value), ())]
        if none:
            blanks[id(value)] = none
        super().__init__(head.source, head.index, value, places, blanks, head.first, head.last)
        self.parts = parts
        self._borrowed: dict[tuple[int, Key], tuple[Tree, dict[str, Any]]] = {}
        for part in parts:
            for one in part.borrowed:
                self._borrowed[id(one.holder), one.key] = part, one.lender
                place = part.places.get(id(one.holder.get(one.key)))
                if place is not None:
                    places[id(one.holder[one.key])] = place._replace(parent=one.holder)
        self._sections = {key: part for part in parts for key in keys_of(part)}

    def __reduce__(self) -> Any:
        for part in self.parts:
            part.replaced = self.replaced
        return _restored, (self.parts, self.value, self.replaced)

    def root_span(self) -> Span:
        """Where the part begins that says the kind."""
        return self._head.root_span()

    def span_of(self, container: Container, key: Key = None) -> Span:
        """The place of a container or of one of its values, in the file in which it stands."""
        if (id(container), key) in self._borrowed:
            lent, container = self._borrowed[id(container), key]
            return lent.span_of(container, key)
        if container is not self.value:
            return self._owner(container).span_of(container, key)
        part = self._part(key)
        return part.span_of(part.value, key)

    def key_span_of(self, container: Container, key: Key = None) -> Span:
        """The place of a key, or of what leads to a container, in the file in which it stands."""
        if (id(container), key) in self._borrowed:
            lent, container = self._borrowed[id(container), key]
            return lent.key_span_of(container, key)
        if container is not self.value:
            return self._owner(container).key_span_of(container, key)
        part = self._part(key)
        return part.key_span_of(part.value, key)

    def lender_of(self, container: Container, key: Key = None) -> Tree | None:
        """The tree of the file of defaults that a container, or one of its values, is from."""
        if (id(container), key) in self._borrowed:
            return self._borrowed[id(container), key][0]
        if container is self.value:
            part = self._part(key)
            return part if part.is_lent else None
        return next((part for part in self.parts if part.is_lent and id(container) in part.places), None)

    def _owner(self, container: Container) -> Tree:
        """The part in which a container stands."""
        for part in self.parts:
            if id(container) in part.places:
                return part
        raise KeyError(id(container))

    def _part(self, key: Key) -> Tree:
        """The part that sets a key of the root; of the root itself, and of a key that none sets, the head."""
        return self._sections.get(key, self._head) if isinstance(key, str) else self._head

    @property
    def _head(self) -> Tree:
        return next(part for part in self.parts if part.source is self.source)


def _restored(parts: Sequence[Tree], value: dict[str, Any], replaced: list[Any]) -> Joined:
    joined = Joined(parts, value)
    joined.replaced = replaced
    return joined
