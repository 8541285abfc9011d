"""One document as it stands in its file: plain values, and the place of every one of them.

In: values, and where a reader found each. Out: spans of keys and values, of a missing one that of its
nearest parent.

Containers are plain dicts and lists, each a distinct object, so that its `id()` finds its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from policyscan.cel.values import Date
from policyscan.records import NamedTuple
from policyscan.source import Source, Span

Key = str | int | None
Container = dict[str, Any] | list[Any]


class _Blank:
    """What a scalar with nothing in it reads as, until its key is left out of its mapping."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "BLANK"


BLANK = _Blank()


class Region(NamedTuple):
    """Where something begins and ends, in characters; parser events have the same two attributes."""

    start_mark: int
    end_mark: int


class Place(NamedTuple):
    """Where a container stands, and where each of its entries does.

    `first` and `last` are the regions (or parser events) of its beginning and its end. `spots` maps each
    key of a dict, blank ones too, to the regions (key, beginning of the value, end of the value); for a
    list it holds (beginning, end) of each item. `parent` and `key` lead to the container that holds it.
    """

    first: Any
    last: Any
    spots: Any
    parent: Container | None
    key: Key


class LinePlace(NamedTuple):
    """Where a container begins, of which the rest is worked out by the tree's layout when asked for.

    `line` and `column` count from 0. `parent` and `key` are as in Place.
    """

    line: int
    column: int
    parent: Container | None
    key: Key


Spot = tuple[int, int, int, int]
"""Where an entry stands, in characters: its key from and to, its value from and to.

For an item of a list, the first two are those of what the item begins with.
"""


class Layout(Protocol):
    """What knows the offsets of line places."""

    def extent(self, place: LinePlace) -> tuple[int, int]:
        """Where a container begins and ends."""

    def spot(self, place: LinePlace, key: Key) -> Spot | None:
        """Where one of its entries stands, a blank one too; None if there is no such entry."""

    @property
    def places(self) -> dict[int, LinePlace]:
        """The places of all containers, by their ids."""

    @places.setter
    def places(self, places: dict[int, LinePlace]) -> None: ...


def start_of(region: Any) -> int:
    """The offset in characters at which a region or parser event begins."""
    mark: Any = region.start_mark
    offset: int = mark if mark.__class__ is int else mark.index
    return offset


def end_of(region: Any) -> int:
    """The offset in characters at which a region or parser event ends."""
    mark: Any = region.end_mark
    offset: int = mark if mark.__class__ is int else mark.index
    return offset


class Tree:
    """One document of a file: `value` of plain dicts, lists, strings, numbers, booleans and None.

    `blanks` holds, for the id of each dict that has any, its keys with nothing after them. `replaced` are
    containers that have become other values since; for as long as their ids stand for places they are kept,
    and no other container may get the same. A tree can be pickled: what is kept by ids finds its containers
    again. `is_table` tells a `TableTree`, `is_lent` a `LentTree`.
    """

    __slots__ = (
        "_spans", "blanks", "first", "index", "last", "layout", "places", "replaced", "source", "value",
    )  # fmt: skip

    is_table = False
    is_lent = False
    borrowed: Sequence[Any] = ()
    parts: Sequence[Tree] = ()
    as_of: Date | None = None

    def __init__(
        self,
        source: Source,
        index: int,
        value: Any,
        places: dict[int, Place] | dict[int, LinePlace],
        blanks: dict[int, list[str]],
        first: Any,
        last: Any,
        layout: Layout | None = None,
    ) -> None:
        self.source = source
        self.index = index
        self.value = value
        self.places = places
        self.blanks = blanks
        self.first = first
        self.last = last
        self.layout = layout
        self.replaced: list[Any] = []
        self._spans: dict[tuple[int, Key], Span] = {}

    def containers(self) -> list[Any]:
        """Every container of the document, those too that have become other values, in a fixed order."""
        return containers_of((self.value, *self.replaced))

    def __reduce__(self) -> Any:
        containers = self.containers()
        places = [_plain(self.places.get(id(container))) for container in containers]
        blanks = [self.blanks.get(id(container)) for container in containers]
        regions = _region(self.first), _region(self.last)
        state = containers, places, blanks, self.replaced
        return _restored, (self.source, self.index, self.value, *regions, self.layout, *state)

    def root_span(self) -> Span:
        """Where the document's value begins, as a place for what concerns the whole document."""
        start = start_of(self.first)
        return self.source.span(start, start)

    def span_of(self, container: Container, key: Key = None) -> Span:
        """The place of a container or of one of its values.

        A key that is not there points at its nearest existing parent: the container's own key, or the
        document's beginning. KeyError if the container is not of this document.
        """
        wanted = id(container), key
        span = self._spans.get(wanted)  # several results read the same evidence
        if span is None:
            span = self._spans[wanted] = self._find(container, key)
        return span

    def lender_of(self, container: Container, key: Key = None) -> Tree | None:  # noqa: ARG002 - see Joined
        """The tree of the file of defaults that a container, or one of its values, is from; None if it is the
        inventory's own."""
        return None

    def _find(self, container: Container, key: Key) -> Span:
        place = self.places[id(container)]
        if key is None:
            return self.source.span(*self._extent(place))
        spot = self._spot(place, key)
        if spot is None:
            return self.key_span_of(container)
        key_start, key_end, start, end = spot
        if start == end and container.__class__ is dict:
            return self.source.span(key_start, key_end)  # nothing to see after a blank key: show the key
        return self.source.span(start, end)

    def key_span_of(self, container: Container, key: Key = None) -> Span:
        """The place of a key, or with no key of the key (or list item) that leads to the container."""
        place = self.places[id(container)]
        if key is not None:
            spot = self._spot(place, key)
            if spot is not None:
                return self.source.span(spot[0], spot[1])
        if place.parent is None:
            return self.root_span()
        if place.parent.__class__ is dict:
            return self.key_span_of(place.parent, place.key)
        start, end = self._extent(place)
        return self.source.span(start, self._first_word_end(start, end))

    def extent_of(self, container: Container) -> tuple[int, int]:
        """The offsets at which a container begins and ends; a block ends where what follows it begins."""
        return self._extent(self.places[id(container)])

    def spot_of(self, container: Container, key: Key) -> Spot | None:
        """Where an entry of a container stands, a blank one too; None if there is no such entry."""
        return self._spot(self.places[id(container)], key)

    def _extent(self, place: Any) -> tuple[int, int]:
        if place.__class__ is LinePlace:
            return self.layout.extent(place)  # type: ignore[union-attr]
        return start_of(place.first), end_of(place.last)

    def _spot(self, place: Any, key: Key) -> Spot | None:
        if place.__class__ is LinePlace:
            return self.layout.spot(place, key)  # type: ignore[union-attr]
        spots = place.spots
        if spots.__class__ is dict:
            if key not in spots:
                return None
            name, first, last = spots[key]
            return start_of(name), end_of(name), start_of(first), end_of(last)
        if not isinstance(key, int) or not 0 <= key < len(spots):
            return None
        first, last = spots[key]
        return start_of(first), end_of(first), start_of(first), end_of(last)

    def _first_word_end(self, start: int, end: int) -> int:
        text = self.source.text
        stop = start
        while stop < end and text[stop] not in " \t\r\n":
            stop += 1
        return max(stop, min(start + 1, end))


def containers_of(roots: Iterable[Any]) -> list[Any]:
    """Every dict and list below some values, each once, from the top down."""
    found = [root for root in roots if root.__class__ is dict or root.__class__ is list]
    known = set(map(id, found))
    for one in found:
        for value in one.values() if one.__class__ is dict else one:
            if (value.__class__ is dict or value.__class__ is list) and id(value) not in known:
                known.add(id(value))
                found.append(value)
    return found


def by_id(containers: Iterable[Any], values: Iterable[Any]) -> dict[int, Any]:
    """A table by the ids of containers from one value for each, of which None says that it has none."""
    pairs = zip(containers, values, strict=True)
    return {id(container): value for container, value in pairs if value is not None}


def _restored(
    source: Source, index: int, value: Any, first: Region, last: Region, layout: Layout | None,
    containers: list[Any], places: list[Any], blanks: list[Any], replaced: list[Any],
) -> Tree:  # fmt: skip
    found = by_id(containers, places)
    tree = Tree(source, index, value, found, by_id(containers, blanks), first, last, layout)
    tree.replaced = replaced
    if layout is not None:
        layout.places = found
    return tree


def _region(region: Any) -> Region:
    return Region(start_of(region), end_of(region))


def _plain(place: Any) -> Any:
    """A place without a parser's events."""
    if place.__class__ is not Place:
        return place
    spots = place.spots
    if spots.__class__ is dict:
        plain: Any = {key: tuple(map(_region, regions)) for key, regions in spots.items()}
    else:
        plain = [tuple(map(_region, regions)) for regions in spots]
    return Place(_region(place.first), _region(place.last), plain, place.parent, place.key)


def keys_of(part: Tree) -> Sequence[str]:
    """The keys that a part sets, blank ones too."""
    return [*part.value, *part.blanks.get(id(part.value), ())] if part.value.__class__ is dict else ()
