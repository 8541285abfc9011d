"""One inventory document as policies see it: decoded values, and the way back to the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from policyscan.cel.values import FIRST_INSTANT, Date, Timestamp
from policyscan.errors import DocumentError
from policyscan.reading.tree import Container, Key, Tree
from policyscan.source import Source, Span

if TYPE_CHECKING:
    from policyscan.kinds.decoding import Facts, Reference
    from policyscan.kinds.kinds import Kind

_BARE = re.compile(r"[^\[\]\"'\s]+")
_MAX_NAMES = 10_000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class DocumentIssue(NamedTuple):
    """Something in a readable document that someone has to put right, at its place."""

    message: str
    place: Span
    path: str
    hint: str | None = None


class Moment(Protocol):
    """A clock: the day and the instant that a document is looked at."""

    @property
    def today(self) -> Date: ...
    @property
    def now(self) -> Timestamp: ...


class Withheld(NamedTuple):
    """A value that is in the file but reads as unknown, and why."""

    value: Any
    reason: str


class Document:
    """An inventory of a known kind.

    `value` is the decoded root. `id` is its identity, `as_of` the day its facts were true, `time_zone`
    and `currency` what the file says (None if it does not). `issues` are dangling references and the like,
    `outward` the references that may lead out of the document.
    """

    __slots__ = (
        "_clock",
        "_hidden",
        "_keys",
        "_latest_day",
        "_latest_instant",
        "_paths",
        "as_of",
        "currency",
        "facts",
        "file",
        "id",
        "index",
        "issues",
        "kind",
        "outward",
        "places",
        "time_zone",
        "tree",
        "value",
        "withheld",
    )

    def __init__(self, tree: Tree, kind: Kind, facts: Facts) -> None:
        self.tree = tree
        self.kind = kind
        self.facts = facts
        self.value: dict[str, Any] = tree.value
        self.places = tree.places
        self.file = tree.source.file
        self.index = tree.index
        self.issues: list[DocumentIssue] = []
        self.outward: list[Reference] = []
        # What is in the file but must not be read, by the id of its container.
        self.withheld: dict[int, dict[Key, Withheld]] = {}
        self.id = str(dig(self.value, kind.shape.ident))
        zone, as_of = self.value.get("time_zone"), self.value.get("as_of")
        self.time_zone: str | None = zone if isinstance(zone, str) else None
        self.as_of: Date | None = as_of if isinstance(as_of, Date) else None
        self.currency = facts.currency
        self._hidden: list[tuple[Any, Any, Any]] = []
        self._paths: dict[int, str] = {}  # by the id of a container
        self._keys: dict[int, dict[int, str]] = {}  # by the ids of a list and of its items
        self._latest_day, self._latest_instant = _latest(facts.past)
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
        return id(container) in self.places

    def place_of(self, container: Container, key: Key = None) -> Span:
        """Where a container or its value at `key` stands; what is not there points at its parent's key."""
        return self.tree.span_of(container, key)

    def path_of(self, container: Container, key: Key = None) -> str:
        """The path of a container or of its value at `key`, such as `devices[lt-02].os.version`.

        Items of lists with x-key are named by it, others by their index from 0.
        """
        path = self._paths.get(id(container))
        if path is None:
            place = self.places[id(container)]
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
        name_of_item = self.key_of(item) if id(item) in self.places else None
        return f"[{key}]" if name_of_item is None else f"[{_quoted(name_of_item)}]"

    def locate(self, container: object, key: Key = None) -> tuple[str, Span] | None:
        """Path and place of a value for the tracer; None if the container is not of this document."""
        if id(container) not in self.places:
            return None
        return self.path_of(container, key), self.place_of(container, key)  # type: ignore[arg-type]

    def generic_path(self, container: Container, key: Key = None) -> str:
        """The path with `[]` for every list item, as `Kind.questions` has it: `devices[].os.version`."""
        keys: list[Key] = [] if key is None else [key]
        current: Any = container
        while (place := self.places[id(current)]).parent is not None:
            keys.append(place.key)
            current = place.parent
        return self.kind.path_of(reversed(keys))

    def key_of(self, item: Container) -> str | None:
        """What identifies an item of a list with x-key, as `path_of` writes it; None for anything else."""
        owner = id(self.places[id(item)].parent)
        keys = self._keys.get(owner)
        if keys is None:
            # As they were when they were read: a key that has become a reference, or lies in the future and
            # is hidden, names its item all the same.
            index = self.facts.indexes.get(owner, ((), {}))[1]
            keys = self._keys[owner] = {id(one): _key_text(ident) for ident, one in index.items()}
        return keys.get(id(item))

    def supplied(self, container: Container) -> list[str]:
        """The keys that were not written and got their meaning from the kind's `x-when-absent`."""
        return list(self.facts.supplied.get(id(container), ()))

    def why_unknown(self, container: Any, key: Key) -> str | None:
        """Why `container[key]` reads as unknown although it is in the file; None if it is not."""
        if key in self.tree.blanks.get(id(container), ()):
            return "it is blank"
        withheld = self.withheld.get(id(container), {}).get(key)
        return withheld.reason if withheld is not None else None

    def blanks(self) -> list[DocumentIssue]:
        """Every key with nothing after it, as a note with its place."""
        found = []
        for container in self._containers() if self.tree.blanks else ():
            for key in self.tree.blanks.get(id(container), ()):
                place, path = self.place_of(container, key), self.path_of(container, key)
                found.append(DocumentIssue("this is blank: it reads as unknown", place, path, _BLANK_HINT))
        return sorted(found, key=lambda issue: issue.place)

    def _containers(self) -> Iterator[Any]:
        """Every dict and list of the document, each once, however many references lead to it."""
        hidden = (withheld.value for owner in self.withheld.values() for withheld in owner.values())
        stack: list[Any] = [self.value, *hidden]
        seen = set()
        while stack:
            node = stack.pop()
            if id(node) in self.places and id(node) not in seen:
                seen.add(id(node))
                yield node
                values = node.values() if node.__class__ is dict else node
                stack.extend(value for value in values if value.__class__ in (dict, list))

    # --- what may be seen when ---

    def as_seen(self, clock: Moment) -> Document:
        """This document with facts later than the clock hidden; cheap where there are none.

        It changes the document in place: what a policy reads is what was known at that moment.
        """
        today, now = clock.today, clock.now
        for container, key, value in self._hidden:
            container[key] = value
            del self.withheld[id(container)][key]
        self._hidden = []
        if self._latest_day > today or self._latest_instant > now:
            self._hide(today, now)
        return self

    def _hide(self, today: Date, now: Timestamp) -> None:
        for container, key, value in self.facts.past:
            limit = today if value.__class__ is Date else now
            if value > limit and container.__class__ is dict:
                del container[key]
                reason = f"it lies in the future: {value} is after {limit}"
                self.withheld.setdefault(id(container), {})[key] = Withheld(value, reason)
                self._hidden.append((container, key, value))

    def future_facts(self) -> list[DocumentIssue]:
        """The facts that `as_seen` has hidden, as issues with their places."""
        return [
            DocumentIssue(
                f"{value} is in the future, where only a day or time that has been makes sense",
                self.place_of(container, key),
                self.path_of(container, key),
                "check the year; until then it reads as unknown",
            )
            for container, key, value in self._hidden
        ]

    def _withhold_unclear(self) -> None:
        for owner, name, reason in self.facts.unclear:
            container, key = owner, name
            # One unreadable entry makes a whole list or map unknown: without it, it would say too little.
            while container.__class__ is list or id(container) in self.facts.maps:
                container, key = self.places[id(container)].parent, self.places[id(container)].key
            if key in container:
                self.withheld.setdefault(id(container), {})[key] = Withheld(container.pop(key), reason)


_BLANK_HINT = "write the value, null if there is none, or delete the key"


def _latest(past: list[tuple[Any, Any, Any]]) -> tuple[int, int]:
    """The last day and the last instant among facts; far in the past if there are none."""
    days = [value for _, _, value in past if value.__class__ is Date]
    instants = [value for _, _, value in past if value.__class__ is not Date]
    return max(days, default=0), max(instants, default=FIRST_INSTANT)


def dig(value: Any, path: tuple[str, ...]) -> Any:
    """The value at a path of keys within dicts; None where a key is missing."""
    for key in path:
        value = value.get(key) if value.__class__ is dict else None
    return value


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


def duplicate_id(document: Document, first: Document) -> DocumentError:
    """Two documents of one kind with one id, named both."""
    at = document.place_of(dig(document.value, document.kind.shape.ident[:-1]), document.kind.shape.ident[-1])
    other = first.place_of(dig(first.value, first.kind.shape.ident[:-1]), first.kind.shape.ident[-1])
    return DocumentError(
        f"there is another {document.kind.name} with the id {document.id}, at {other}",
        at=at,
        hint="give each its own id, or delete one of the files",
    )
