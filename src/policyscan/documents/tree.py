"""One document as it stands in its file: plain values, and the place of every one of them.

Containers are plain dicts and lists, each a distinct object, so that its `id()` finds its place.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from policyscan.source import Source, Span

Key = str | int | None
Container = dict[str, Any] | list[Any]


class _Blank:
    """What a scalar with nothing in it reads as, until its key is left out of its mapping."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "BLANK"


BLANK = _Blank()


class Place(NamedTuple):
    """Where a container stands, and where each of its entries does.

    `start` and `end` are offsets in characters or parser marks that know theirs. `spots` maps each key
    of a dict to (key start, key end, value start, value end), blank keys too; for a list it holds
    (value start, value end) of each item. `parent` and `key` lead to the container that holds this one.
    """

    start: Any
    end: Any
    spots: Any
    parent: Container | None
    key: Key


def offset(mark: Any) -> int:
    """The offset in characters that a mark stands for."""
    return mark if mark.__class__ is int else mark.index  # type: ignore[no-any-return]


class Tree:
    """One document of a file: `value` of plain dicts, lists, strings, numbers, booleans and None.

    `blanks` holds, for the id of each dict that has any, its keys with nothing after them.
    """

    __slots__ = ("blanks", "end", "index", "places", "source", "start", "value")

    def __init__(  # noqa: PLR0913 - made in two places only, both readers
        self,
        source: Source,
        index: int,
        value: Any,
        places: dict[int, Place],
        blanks: dict[int, list[str]],
        start: Any,
        end: Any,
    ) -> None:
        self.source = source
        self.index = index
        self.value = value
        self.places = places
        self.blanks = blanks
        self.start = start
        self.end = end

    def span(self, start: Any, end: Any) -> Span:
        """The span between two marks or offsets."""
        return self.source.span(offset(start), offset(end))

    def root_span(self) -> Span:
        """Where the document's value begins, as a place for what concerns the whole document."""
        start = offset(self.start)
        return self.source.span(start, start)

    def span_of(self, container: Container, key: Key = None) -> Span:
        """The place of a container or of one of its values.

        A key that is not there points at its nearest existing parent: the container's own key, or the
        document's beginning. KeyError if the container is not of this document.
        """
        place = self.places[id(container)]
        if key is None:
            return self.span(place.start, place.end)
        spot = self._spot(place, key)
        if spot is None:
            return self.key_span_of(container)
        if container.__class__ is dict and offset(spot[2]) == offset(spot[3]):
            return self.span(spot[0], spot[1])  # nothing to see after a blank key: show the key
        return self.span(spot[-2], spot[-1])

    def key_span_of(self, container: Container, key: Key = None) -> Span:
        """The place of a key, or with no key of the key (or list item) that leads to the container."""
        place = self.places[id(container)]
        if key is not None:
            spot = self._spot(place, key)
            if spot is not None:
                return self.span(spot[0], spot[1])
        if place.parent is None:
            return self.root_span()
        if place.parent.__class__ is dict:
            return self.key_span_of(place.parent, place.key)
        start = offset(place.start)
        return self.source.span(start, self._first_word_end(start, offset(place.end)))

    @staticmethod
    def _spot(place: Place, key: Key) -> Any:
        spots = place.spots
        if spots.__class__ is dict:
            return spots.get(key)
        return spots[key] if key.__class__ is int and -1 < key < len(spots) else None  # type: ignore[operator]

    def _first_word_end(self, start: int, end: int) -> int:
        text = self.source.text
        stop = start
        while stop < end and text[stop] not in " \t\r\n":
            stop += 1
        return max(stop, min(start + 1, end))
