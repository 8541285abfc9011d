"""Seeing: a document without what is not to be read, a view that leaves what others hold as it is.

In comes a document and a clock, or facts that somebody withholds; out comes the document itself where
neither it nor what it refers to has any of them, else a view of it. A view copies the containers on the way
to what it hides, and those that refer to them, in this document or in another; all others it shares.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from policyscan.cel.values import Date, Timestamp
from policyscan.documents.document import Document, Hidden
from policyscan.documents.earning import Word, words
from policyscan.reading.tree import Key


class PointInTime(Protocol):
    """A clock: the day and the instant that a document is looked at."""

    @property
    def today(self) -> Date: ...
    @property
    def now(self) -> Timestamp: ...


def seen(document: Document, clock: PointInTime, *, trusting: bool = False) -> Document:
    """A document without the facts later than a clock and without words that nobody has earned by then, and
    so are those that it refers to.

    `trusting` takes words as they are. A document that many refer to gives them all the same view of a
    moment.
    """
    return _AtMoment(clock.today, clock.now, trusting=trusting).of(document)


def without(documents: Sequence[Document], facts: Sequence[Hidden]) -> list[Document]:
    """Some documents without some facts, each with its reason; in the order in which they are given.

    A fact may stand in any of them, or in what they refer to; whatever refers to it is a view too. Views that
    are given go on hiding what they hide, and give its reason where both do. ValueError for a fact of none of
    them.
    """
    if not facts:
        return list(documents)
    views = _Without(documents, facts)
    return [views.of(one) for one in documents]


class _Views:
    """Makes views of documents, each once. Documents and all views of them are one, by their tree."""

    def hidden(self, document: Document) -> Sequence[Hidden]:
        """What a document's view hides, with its containers as they were read."""
        raise NotImplementedError

    def changed(self, document: Document) -> bool:
        """Whether a document cannot be taken as it is."""
        raise NotImplementedError

    def kept(self, document: Document) -> Document | None:
        """A view that was made before."""
        raise NotImplementedError

    def keep(self, document: Document, view: Document) -> None:
        """Remember a view."""
        raise NotImplementedError

    def of(self, document: Document) -> Document:
        """A document as it is to be read."""
        reached = reached_from(document) if document.links else ()
        if not any(self.changed(one) for one in (document, *reached)):
            return document
        kept = self.kept(document)
        if kept is None:
            self._look(_circle(document, reached))
            kept = self.kept(document)
            assert kept is not None
        return kept

    def _look(self, group: Sequence[Document]) -> None:
        """Make the views of documents that lead to each other."""
        within = {id(one.tree) for one in group}
        beside = {
            id(other.tree): other for one in group for other in one.links if id(other.tree) not in within
        }
        views = {id(other.tree.value): self.of(other).value for other in beside.values()}
        views = {ident: value for ident, value in views.items() if id(value) != ident}
        hidden = [self.hidden(one) for one in group]
        copies = _Copies(group, views, [fact for facts in hidden for fact in facts])
        made = [
            one.view(facts, copies.made, copies.originals) for one, facts in zip(group, hidden, strict=True)
        ]
        for one, view in zip(group, made, strict=True):
            self.keep(one, view)
        for view in made:
            view.links = [self.of(other) for other in view.links]


class _AtMoment(_Views):
    """Views of what was known and earned at a moment, which documents keep for the next who asks."""

    def __init__(self, today: Date, now: Timestamp, *, trusting: bool = False) -> None:
        self.today, self.now, self.trusting = today, now, trusting

    def _unearned(self, document: Document) -> list[Word]:
        if self.trusting:
            return []
        return [word for word in words(document, self.today) if word.statement is None]

    def hidden(self, document: Document) -> Sequence[Hidden]:
        spoken = (Hidden(word.container, word.key, word.reason) for word in self._unearned(document))
        return (*document.hidden, *document.late(self.today, self.now), *spoken)

    def changed(self, document: Document) -> bool:
        if document.latest_day > self.today or document.latest_instant > self.now:
            return True
        return bool(self._unearned(document))

    def kept(self, document: Document) -> Document | None:
        kept = document.last_view
        return kept[3] if kept is not None and kept[:3] == (self.today, self.now, self.trusting) else None

    def keep(self, document: Document, view: Document) -> None:
        document.last_view = self.today, self.now, self.trusting, view


class _Without(_Views):
    """Views without what somebody withholds, which are theirs alone."""

    def __init__(self, documents: Sequence[Document], facts: Iterable[Hidden]) -> None:
        known = [*documents, *(other for one in documents for other in reached_from(one))]
        # Of a document that comes as such and as a view, the view counts.
        known.sort(key=lambda one: len(one.hidden))
        self._known = {id(one.tree): one for one in known}
        self._facts: dict[int, list[Hidden]] = {}
        for fact in facts:
            owner, container, key = self._whole(fact.container, fact.key)
            mine = self._facts.setdefault(id(owner.tree), [])
            mine.append(fact._replace(container=container, key=key))
        self._made: dict[int, Document] = {}

    def _whole(self, container: Any, key: Key) -> tuple[Document, Any, Key]:
        """Whose fact it is, and what has to be left out with it."""
        known = self._known.values()
        for one in known:
            if one.owns(container):
                return one, *one.whole(container, key)
        # What a kind supplies where a key is missing stands nowhere in the file: all of it is left out.
        for one in known:
            for holder in _holding(one.value, container):
                return self._whole(holder, _key_of(holder, container))
        message = f"{key!r} is a fact of none of these documents"
        raise ValueError(message)

    def hidden(self, document: Document) -> Sequence[Hidden]:
        known = self._known[id(document.tree)]
        return (*known.hidden, *self._facts.get(id(document.tree), ()))

    def changed(self, document: Document) -> bool:
        return id(document.tree) in self._facts or self._known[id(document.tree)] is not document

    def kept(self, document: Document) -> Document | None:
        return self._made.get(id(document.tree))

    def keep(self, document: Document, view: Document) -> None:
        self._made[id(document.tree)] = view


def reached_from(document: Document) -> Sequence[Document]:
    """The documents that one leads to, those too that others lead to, each once; itself if they lead back."""
    found: dict[int, Document] = {}
    pending = list(document.links)
    for one in pending:
        if id(one.tree) not in found:
            found[id(one.tree)] = one
            pending.extend(one.links)
    return list(found.values())


def _circle(document: Document, reached: Sequence[Document]) -> Sequence[Document]:
    """The document and those that lead back to it: none of them can be seen before the others."""
    others = [one for one in reached if one.tree is not document.tree]
    return [
        document,
        *(one for one in others if any(back.tree is document.tree for back in reached_from(one))),
    ]


class _Copies:
    """The containers that views of some documents cannot share, by the ids of those that they stand for."""

    def __init__(self, group: Sequence[Document], views: Mapping[int, Any], hidden: Sequence[Hidden]) -> None:
        """`views` are the roots of other documents' views, by the ids of the documents' own roots."""
        self.group = group
        self._last = group[0]
        self.made: dict[int, Any] = {}
        self.originals: dict[int, Any] = {}
        self._referring: dict[int, list[Any]] = {}
        for one in group:
            for container, key, *_ in one.facts.references:
                self._referring.setdefault(id(_at(container, key)), []).append(container)
        pending = [fact.container for fact in hidden]
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
        for fact in hidden:
            self.made[id(fact.container)].pop(fact.key, None)

    def _owner(self, container: Any) -> Document | None:
        """Whose a container is: mostly the document's of which the last one was."""
        if not self._last.owns(container):
            owner = next((one for one in self.group if one.owns(container)), None)
            if owner is None:
                return None
            self._last = owner
        return self._last

    def _holders(self, container: Any) -> Iterator[Any]:
        """The containers that hold a container: the one that it stands in, and those that refer to it."""
        yield from self._referring.get(id(container), ())
        owner = self._owner(container)
        if owner is None:  # what a kind supplies where a key is missing stands nowhere in the file
            yield from (holder for one in self.group for holder in _holding(one.tree.value, container))
        elif (parent := owner.holder_of(container)) is not None:
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


def _key_of(holder: Any, wanted: Any) -> Key:
    """The key at which a container holds another."""
    pairs = holder.items() if holder.__class__ is dict else enumerate(holder)
    return next(key for key, value in pairs if value is wanted)
