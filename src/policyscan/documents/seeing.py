"""Seeing: a document as it was known at a moment, a view that leaves what others hold as it is.

In comes a document and a clock; out comes the document itself where neither it nor what it refers to tells
of later days, else a view of it. A view copies the containers on the way to what it hides, and those that
refer to them, in this document or in another; all others it shares.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from policyscan.cel.values import Date, Timestamp
from policyscan.documents.document import Document, Late


class PointInTime(Protocol):
    """A clock: the day and the instant that a document is looked at."""

    @property
    def today(self) -> Date: ...
    @property
    def now(self) -> Timestamp: ...


def seen(document: Document, clock: PointInTime) -> Document:
    """A document without the facts later than a clock, and so are those that it refers to.

    A document that many refer to gives them all the same view of a moment.
    """
    return _seen(document, clock.today, clock.now)


def _seen(document: Document, today: Date, now: Timestamp) -> Document:
    reached = _reached(document) if document.links else ()
    if not any(one.latest_day > today or one.latest_instant > now for one in (document, *reached)):
        return document
    kept = document.last_view
    if kept is None or kept[:2] != (today, now):
        _look(_circle(document, reached), today, now)
        return _seen(document, today, now)
    return kept[2]


def _reached(document: Document) -> Sequence[Document]:
    """The documents that one leads to, those too that others lead to, each once; itself if they lead back."""
    found: dict[int, Document] = {}
    pending = list(document.links)
    for one in pending:
        if id(one) not in found:
            found[id(one)] = one
            pending.extend(one.links)
    return list(found.values())


def _circle(document: Document, reached: Sequence[Document]) -> Sequence[Document]:
    """The document and those that lead back to it: none of them can be seen before the others."""
    others = [one for one in reached if one is not document]
    return [document, *(one for one in others if any(back is document for back in _reached(one)))]


def _look(group: Sequence[Document], today: Date, now: Timestamp) -> None:
    """Make the views of documents that lead to each other."""
    within = set(map(id, group))
    beside = {id(other): other for one in group for other in one.links if id(other) not in within}
    views = {id(other.value): _seen(other, today, now).value for other in beside.values()}
    views = {ident: value for ident, value in views.items() if id(value) != ident}
    late = [list(one.late(today, now)) for one in group]
    copies = _Copies(group, views, [fact for facts in late for fact in facts])
    for one, facts in zip(group, late, strict=True):
        one.last_view = today, now, one.view(facts, copies.made, copies.originals)


class _Copies:
    """The containers that views of some documents cannot share, by the ids of those that they stand for."""

    def __init__(self, group: Sequence[Document], views: dict[int, Any], late: Sequence[Late]) -> None:
        """`views` are the roots of other documents' views, by the ids of the documents' own roots."""
        self.group = group
        self.made: dict[int, Any] = {}
        self.originals: dict[int, Any] = {}
        self._referring: dict[int, list[Any]] = {}
        for one in group:
            for container, key, *_ in one.facts.references:
                self._referring.setdefault(id(_at(container, key)), []).append(container)
        pending = [fact.container for fact in late]
        pending.extend(one for ident in views for one in self._referring.get(ident, ()))
        while pending:
            container = pending.pop()
            if id(container) not in self.made:
                copied = self.made[id(container)] = container.copy()
                self.originals[id(copied)] = container
                pending.extend(self._holders(container))
        # Two steps: only now is it known which of their values are copied, too.
        instead = {**views, **self.made}
        for copied in self.made.values():
            for key, value in copied.items() if copied.__class__ is dict else enumerate(copied):
                if id(value) in instead:
                    copied[key] = instead[id(value)]
        for container, key, _ in late:
            self.made[id(container)].pop(key, None)

    def _holders(self, container: Any) -> Iterator[Any]:
        """The containers that hold a container: the one that it stands in, and those that refer to it."""
        yield from self._referring.get(id(container), ())
        owner = next((one for one in self.group if one.owns(container)), None)
        if owner is None:  # what a kind supplies where a key is missing stands nowhere in the file
            yield from (holder for one in self.group for holder in _holding(one.value, container))
        elif (parent := owner.parent_of(container)) is not None:
            yield parent


def _at(container: Any, key: Any) -> Any:
    """The value at a key; None for one that was withheld."""
    return container.get(key) if container.__class__ is dict else container[key]


def _holding(root: Any, wanted: Any) -> Iterator[Any]:
    """The containers below a root that hold a container."""
    pending, known = [root], {id(root)}
    for one in pending:
        for value in one.values() if one.__class__ is dict else one:
            if value is wanted:
                yield one
            elif value.__class__ in (dict, list) and id(value) not in known:
                known.add(id(value))
                pending.append(value)
