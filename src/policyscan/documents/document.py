"""One inventory document as policies see it: decoded values, and the way back to the file.

In: a decoded tree, its kind, and what decoding found out. Out: a `Document`, which says the path and the
place of every value, and how it is seen when some of its facts count for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import Any

from policyscan.cel.values import FIRST_INSTANT, Date, Timestamp
from policyscan.documents.envelope import TIME_ZONE, Envelope
from policyscan.errors import DocumentError
from policyscan.fillers import SAYS
from policyscan.kinds.decoding import NOT_TRUE, Facts, Reference
from policyscan.kinds.kinds import Kind
from policyscan.names import ALIKE, ANOTHER_AT, TWINS
from policyscan.reading.tree import Container, Key, Tree
from policyscan.records import NamedTuple
from policyscan.source import Source, Span

_BARE = re.compile(r"[^\[\]\"'\s]+")
_MAX_NAMES = 10_000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class DocumentIssue(NamedTuple):
    """Something in a readable document that someone has to put right, at its place."""

    message: str
    place: Span
    path: str
    hint: str | None = None
    about_statement: bool = False


class Withheld(NamedTuple):
    """A value that is in the file but reads as unknown, and why."""

    value: Any
    reason: str


class Hidden(NamedTuple):
    """A fact that a view leaves out: its container, its key there, and why it reads as unknown.

    `reason` is for people and follows the fact's path: `people[ann].left_on: it lies in the future: …`. An
    item of a list or of a map cannot be left out by itself; the whole list or map is. `future` says that a
    later moment brings the fact back.
    """

    container: Any
    key: Key
    reason: str
    future: bool = False


class Document:
    """An inventory of a known kind.

    `value` is the decoded root. `id` is its identity, `as_of` the day its facts were true, `time_zone`
    and `currency` what the file says (None if it does not). `issues` are dangling references and the like,
    `outward` the references that may lead out of the document, `links` the documents that they lead to.

    What is not to be read is left out by a view (`seeing`), which is a document too: it has copies of the
    containers on the way to what is `hidden`, and shares everything else; its `links` lead to views, too.
    `latest_day` and `latest_instant` are those of the facts that cannot lie in the future.
    """

    __slots__ = (
        "_copies",
        "_keys",
        "_numbers",
        "_originals",
        "_paths",
        "_places",
        "as_of",
        "currency",
        "envelope",
        "facts",
        "file",
        "hidden",
        "id",
        "in_dispute",
        "index",
        "issues",
        "kind",
        "last_view",
        "last_words",
        "latest_day",
        "latest_instant",
        "links",
        "outward",
        "time_zone",
        "tree",
        "value",
        "withheld",
    )

    def __init__(self, tree: Tree, kind: Kind, facts: Facts, envelope: Envelope) -> None:
        self.tree = tree
        self.kind = kind
        self.facts = facts
        self.value: dict[str, Any] = tree.value
        self._places = tree.places
        self.file = tree.source.file
        self.index = tree.index
        self.issues: list[DocumentIssue] = []
        self.outward: list[Reference] = []
        self.links: list[Document] = []
        # What is in the file but must not be read, by the id of its container as it was read.
        self.withheld: dict[int, dict[Key, Withheld]] = {}
        self.envelope = envelope
        self.id = envelope.id
        zone = self.value.get(TIME_ZONE)
        self.time_zone: str | None = zone if isinstance(zone, str) else None
        self.as_of = envelope.as_of
        self.currency = facts.currency
        self.hidden: Sequence[Hidden] = ()
        self.last_view: tuple[Date, Timestamp, bool, Document] | None = None  # kept by `seeing`
        # What rules of consistency (by their identity) said at an instant, and when facts of some names may
        # be others, or the words for it; kept by the engine.
        self.in_dispute: (
            tuple[
                int, int, Sequence[Hidden], Sequence[tuple[frozenset[str], tuple[int, int]]], tuple[int, int]
            ]
            | None
        ) = None  # fmt: skip
        self.last_words: tuple[Date, Sequence[Any]] | None = None  # kept by `earning`
        # Of a view: copies by the ids of the containers as they were read, and the way back.
        self._copies: Mapping[int, Any] = {}
        self._originals: Mapping[int, Any] = {}
        self._paths: dict[int, str] = {}  # by the id of a container
        self._keys: dict[int, dict[int, str]] = {}  # by the ids of a list and of its items
        self._numbers: dict[int, dict[str | None, int]] = {}  # by the id of a list
        self.latest_day, self.latest_instant = _latest(facts.past)
        self._withhold_unclear()

    @property
    def source(self) -> Source:
        """The text of the document's file."""
        return self.tree.source

    def __repr__(self) -> str:
        return f"<{self.kind.name} {self.id} in {self.file}>"

    # --- the way back to the file ---

    def owns(self, container: object) -> bool:
        """Whether a dict or list is part of this document."""
        return id(container) in self._places or id(self.as_read(container)) in self._places

    def as_read(self, container: Any) -> Any:
        """A container as the file was read, of which a view may have a copy: what all tables are kept by."""
        return self._originals.get(id(container), container)

    def as_shown(self, container: Any) -> Any:
        """A container as this document shows it, of one as the file was read: a view may have a copy."""
        return self._copies.get(id(container), container)

    def place_of(self, container: Container, key: Key = None) -> Span:
        """Where a container or its value at `key` stands; what is not there points at its parent's key."""
        return self.tree.span_of(self.as_read(container), key)

    def defaulted_on(self, container: Container, key: Key = None) -> Date | None:
        """The day on which the file of defaults was true that a container, or one of its values, is from;
        None if the document says it itself."""
        lender = self.tree.lender_of(self.as_read(container), key)
        return lender.as_of if lender is not None else None

    @property
    def has_defaults(self) -> bool:
        """Whether anything in it is from a file of defaults."""
        return any(part.is_lent for part in self.tree.parts)

    def root_span(self) -> Span:
        """Where the document begins, as a place for what concerns the whole of it."""
        return self.tree.root_span()

    def parent_of(self, container: Container) -> Container | None:
        """The container that a container stands in; None for the root."""
        parent = self._places[id(self.as_read(container))].parent
        return self._copies.get(id(parent), parent) if parent is not None else None

    def holder_of(self, container: Container) -> Container | None:
        """The container that a container stands in as it was read; None for the root."""
        return self._places[id(self.as_read(container))].parent

    def key_in_parent(self, container: Container) -> Key:
        """The key or index at which a container stands in its parent; None for the root."""
        return self._places[id(self.as_read(container))].key

    def section_of(self, container: object) -> str | None:
        """The key of the root below which a container stands; None for the root and what is not owned."""
        return self._section(id(self.as_read(container)))

    def _section(self, container: int) -> str | None:
        key, places = None, self._places
        place = places.get(container)
        while place is not None and place.parent is not None:
            key, place = place.key, places.get(id(place.parent))
        return str(key) if key is not None else None

    def sections_naming(self, field: str) -> set[str | None]:
        """The sections in which references into the list `field` stand, or a blank key of this name."""
        found = {
            self._section(id(container))
            for container, _, _, refs in self.facts.references
            if refs == (field,)
        }
        found.update(self._section(one) for one, keys in self.tree.blanks.items() if field in keys)
        return found

    def sections_with_defaults(self) -> set[str | None]:
        """The sections in which something is from a file of defaults."""
        return {self._section(id(one.holder)) for part in self.tree.parts for one in part.borrowed}

    def leads(self) -> Iterator[tuple[Any, Key, Any]]:
        """The references that may lead out of the document: container, key, and what is there.

        One that a view hides leads nowhere.
        """
        for container, key, *_ in self.outward:
            holder = self.as_shown(container)
            if not isinstance(holder, dict) or key in holder:
                yield holder, key, holder[key]

    def path_of(self, container: Container, key: Key = None) -> str:
        """The path of a container or of its value at `key`, such as `devices[lt-02].os.version`.

        Items of lists with x-key are named by it, others by their index from 0.
        """
        container = self.as_read(container)
        path = self._paths.get(id(container))
        if path is None:
            place = self._places[id(container)]
            path = "" if place.parent is None else self.path_of(place.parent, place.key)
            self._paths[id(container)] = path
        if key is None:
            return path
        return path + self._step(container, key) if path else self._step(container, key).removeprefix(".")

    def _step(self, container: Any, key: Key) -> str:
        if container.__class__ is dict:
            name = str(key)
            return f".{name}" if _is_name(name) else f"[{_quoted(name)}]"
        if not isinstance(key, int) or not 0 <= key < len(container):
            return f"[{key}]"
        item = container[key]
        name_of_item = self.key_of(item) if id(item) in self._places else None
        return f"[{key}]" if name_of_item is None else f"[{_quoted(name_of_item)}]"

    def locate(self, container: object, key: Key = None) -> tuple[str, Span] | None:
        """Path and place of a value for the tracer; None if the container is not of this document."""
        if not self.owns(container):
            return None
        return self.path_of(container, key), self.place_of(container, key)  # type: ignore[arg-type]

    def generic_path(self, container: Container, key: Key = None) -> str:
        """The path with `[]` for every list item, as `Kind.questions` has it: `devices[].os.version`."""
        keys: list[Key] = [] if key is None else [key]
        current: Any = self.as_read(container)
        while (place := self._places[id(current)]).parent is not None:
            keys.append(place.key)
            current = place.parent
        return self.kind.path_of(reversed(keys))

    def key_of(self, item: Container) -> str | None:
        """What identifies an item of a list with x-key, as `path_of` writes it; None for anything else."""
        item = self.as_read(item)
        owner = id(self._places[id(item)].parent)
        keys = self._keys.get(owner)
        if keys is None:
            # As they were when they were read: a key that has become a reference, or lies in the future and
            # is hidden, names its item all the same.
            index = self.facts.indexes.get(owner, ((), {}))[1]
            keys = self._keys[owner] = {id(one): _key_text(ident) for ident, one in index.items()}
        return keys.get(id(item))

    def numbers(self, items: list[Any]) -> Mapping[str | None, int]:
        """The number of each item of a list, as it was read, under what identifies it."""
        made = self._numbers.get(id(items))
        if made is None:
            keys = ((self.key_of(item), at) for at, item in enumerate(items) if item.__class__ is dict)
            made = self._numbers[id(items)] = dict(keys)
        return made

    def supplied(self, container: Container) -> list[str]:
        """The keys that were not written and got their meaning from the kind's `x-when-absent`."""
        return list(self.facts.supplied.get(id(self.as_read(container)), ()))

    def is_map(self, container: Container) -> bool:
        """Whether a container is a dict whose keys are the user's own."""
        return id(self.as_read(container)) in self.facts.maps

    def blank_keys(self, container: Container) -> Sequence[str]:
        """The keys of a dict with nothing after them."""
        return self.tree.blanks.get(id(self.as_read(container)), ())

    def why_unknown(self, container: Any, key: Key) -> str | None:
        """Why `container[key]` reads as unknown although it is in the file; None if it is not."""
        if key in self.blank_keys(container):
            return "it is blank"
        withheld = self.withheld.get(id(self.as_read(container)), {}).get(key)
        return withheld.reason if withheld is not None else None

    def blanks(self) -> list[DocumentIssue]:
        """Every key with nothing after it, as a note with its place."""
        found = []
        for container in self._containers() if self.tree.blanks else ():
            for key in self.blank_keys(container):
                place, path = self.place_of(container, key), self.path_of(container, key)
                found.append(DocumentIssue("this is blank: it reads as unknown", place, path, _BLANK_HINT))
        return sorted(found, key=lambda issue: issue.place)

    def placeholders(self) -> list[DocumentIssue]:
        """Every text that tells nothing and number that cannot be true, as a note with its place."""
        endings = tuple(SAYS.values())
        return [
            DocumentIssue(
                f"{reason}: it reads as unknown",
                self.place_of(owner, name),
                self.path_of(owner, name),
                _BLANK_HINT,
            )
            for owner, name, reason in self.facts.unclear
            if reason.endswith(endings) or NOT_TRUE in reason
        ]

    def _containers(self) -> Iterator[Any]:
        """Every dict and list of the document, each once, however many references lead to it."""
        hidden = (withheld.value for owner in self.withheld.values() for withheld in owner.values())
        stack: list[Any] = [self.value, *hidden]
        seen = set()
        while stack:
            node = stack.pop()
            if self.owns(node) and id(node) not in seen:
                seen.add(id(node))
                yield node
                values = node.values() if node.__class__ is dict else node
                stack.extend(value for value in values if value.__class__ in (dict, list))

    # --- what may be seen when ---

    def late(self, today: Date, now: Timestamp) -> Iterator[Hidden]:
        """The facts that cannot lie in the future and do: those later than a day, or than an instant."""
        if self.latest_day > today or self.latest_instant > now:
            for container, key, value in self.facts.past:
                limit = today if value.__class__ is Date else now
                if value > limit and container.__class__ is dict:
                    reason = f"it lies in the future: {value} is after {limit}"
                    yield Hidden(container, key, reason, future=True)

    def view(
        self, hidden: Sequence[Hidden], copies: Mapping[int, Any], originals: Mapping[int, Any]
    ) -> Document:
        """This document without what is hidden; of a view, of which that is a part, a view that hides more.

        What is hidden names containers as they were read. `copies` take the place of these, by their ids;
        `originals` is the way back.
        """
        made = copy(self)
        read = self.tree.value
        made.value = copies.get(id(read), read)
        made.hidden = hidden
        made.withheld = {owner: dict(keys) for owner, keys in self.withheld.items()}
        for container, key, reason, _ in hidden:
            if key in container:
                keys = made.withheld.setdefault(id(container), {})
                keys.setdefault(key, Withheld(container[key], reason))
        made._copies, made._originals = copies, originals
        made.last_view = made.in_dispute = None
        return made

    def future_facts(self) -> list[DocumentIssue]:
        """The facts that this view hides because they lie in the future, as issues with their places."""
        return [
            DocumentIssue(
                f"{container[key]} is in the future, where only a day or time that has been makes sense",
                self.place_of(container, key),
                self.path_of(container, key),
                "check the year; until then it reads as unknown",
            )
            for container, key, _, future in self.hidden
            if future and key in container
        ]

    def whole(self, container: Any, key: Key) -> tuple[Any, Key]:
        """What has to be left out with a fact, as it was read: itself, or the list or map that it is in."""
        container = self.as_read(container)
        while container.__class__ is list or id(container) in self.facts.maps:
            container, key = self._places[id(container)].parent, self._places[id(container)].key
        return container, key

    def _withhold_unclear(self) -> None:
        for owner, name, reason in self.facts.unclear:
            # One unreadable entry makes a whole list or map unknown: without it, it would say too little.
            container, key = self.whole(owner, name)
            if key in container:
                self.withheld.setdefault(id(container), {})[key] = Withheld(container.pop(key), reason)


_BLANK_HINT = "write the value, null if there is none, or delete the key"


def _latest(past: list[tuple[Any, Any, Any]]) -> tuple[int, int]:
    """The last day and the last instant among facts; far in the past if there are none."""
    days = [value for _, _, value in past if value.__class__ is Date]
    instants = [value for _, _, value in past if value.__class__ is not Date]
    return max(days, default=0), max(instants, default=FIRST_INSTANT)


def _key_text(ident: Any) -> str:
    return "/".join(map(str, ident)) if ident.__class__ is tuple else str(ident)


_names: dict[str, bool] = {}


def _is_name(text: str) -> bool:
    """Whether a key can stand after a dot; remembered, because paths are made of the same few keys."""
    known = _names.get(text)
    if known is None:
        known = _NAME.fullmatch(text) is not None
        if len(_names) < _MAX_NAMES:
            _names[text] = known
    return known


def _quoted(text: str) -> str:
    if _BARE.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def same_id(document: Document, first: Document) -> DocumentError:
    """Two documents of one kind with one id, named both."""
    at, other = (one.place_of(*_ident(one)) for one in (document, first))
    return DocumentError(
        f"there is another {document.kind.name} with the id {document.id}{ANOTHER_AT}{other}",
        at=at,
        hint=TWINS,
    )


def like_id(document: Document, other: str, where: str) -> DocumentError:
    """That a document's id looks like another one, where files and people do not tell them apart."""
    return DocumentError(
        f"the id {document.id} looks like {other}, which another {document.kind.name} has in {where}",
        at=document.place_of(*_ident(document)),
        hint=ALIKE,
    )


def _ident(document: Document) -> tuple[Container, Key]:
    """The container that a document's id stands in, and its key."""
    *above, last = document.kind.shape.ident
    container: Any = document.value
    for key in above:
        container = container[key]
    return container, last
