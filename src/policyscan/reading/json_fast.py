"""JSON at the speed of Python's own reader, and the places of its values, looked for when somebody asks.

In: the text of a file. Out: its tree, or nothing where there is the least doubt that the text is sound JSON
within our limits: `json_reader` reads it then, and says what is wrong with it.
"""

from __future__ import annotations

import re
from json import JSONDecoder
from typing import Any

from policyscan.reading.limits import MAX_DEPTH, MAX_SCALAR
from policyscan.reading.scalars import floating, integer
from policyscan.reading.tree import Key, LinePlace, Region, Spot, Tree
from policyscan.source import Source

_MAX_LENGTH = MAX_SCALAR
"""Characters of a text that can have neither a value that is too long nor too many of them."""
_SPACE = re.compile(r"[ \t\n\r]*")
_COMMA = re.compile(r"[ \t\n\r]*(?:,[ \t\n\r]*)?")
_COLON = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""What the escape of half a character looks like."""
_SHORT = 18  # digits of a number that 64 bits hold whatever it is


class _DoubtError(ValueError):
    """Something that Python's reader takes and ours may not."""


def read_fast(source: Source) -> Tree | None:
    """The document of a JSON text; None if it has to be read with care."""
    text = source.text
    if len(text) > _MAX_LENGTH or _HALF.search(text) is not None:
        return None
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    places = _places(value)
    if places is None:
        return None
    begin = _end(_SPACE, text, 0)
    end = len(text.rstrip(" \t\n\r"))
    layout = JsonLayout(source, begin, end)
    layout.places = places
    return Tree(source, 0, value, places, {}, Region(begin, begin), Region(begin, end), layout)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _DoubtError
    return made


def _integer(text: str) -> int:
    return int(text) if len(text) <= _SHORT else integer(text, 10)


def _constant(_text: str) -> Any:
    raise _DoubtError  # NaN and Infinity


_DECODER = JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=floating, parse_constant=_constant
)
_skip: Any = JSONDecoder().scan_once  # type: ignore[attr-defined]  # typeshed does not list it


def _places(root: Any) -> dict[int, LinePlace] | None:
    """The place of every container, from the top down; None where they are nested too deep, or there is
    none."""
    if root.__class__ is not dict and root.__class__ is not list:
        return None
    places = {id(root): LinePlace(0, 0, None, None)}
    level, levels = [root], 0
    while level:
        levels += 1
        below: list[Any] = []
        for one in level:
            for key, value in one.items() if one.__class__ is dict else enumerate(one):
                if value.__class__ is dict or value.__class__ is list:
                    places[id(value)] = LinePlace(0, 0, one, key)
                    below.append(value)
        level = below
    return places if levels <= MAX_DEPTH else None


class JsonLayout:
    """Finds values in a JSON text: what stands before them is skipped at the speed of Python's own reader.

    The value begins at `begin` and ends before `end`. `places` lead from each container to the one that it
    is in.
    """

    __slots__ = ("_entries", "begin", "end", "places", "source")

    def __init__(self, source: Source, begin: int, end: int) -> None:
        self.source = source
        self.begin = begin
        self.end = end
        self.places: dict[int, LinePlace] = {}
        self._entries: dict[int, dict[Any, Spot]] = {}  # by where their container begins

    def __reduce__(self) -> Any:
        return JsonLayout, (self.source, self.begin, self.end)

    def extent(self, place: LinePlace) -> tuple[int, int]:
        """Where a container begins and ends."""
        if place.parent is None:
            return self.begin, self.end
        spot = self.spot(self.places[id(place.parent)], place.key)
        assert spot is not None
        return spot[2], spot[3]

    def spot(self, place: LinePlace, key: Key) -> Spot | None:
        """Where one of its entries stands; None if there is no such entry."""
        start = self.extent(place)[0]
        entries = self._entries.get(start)
        if entries is None:
            entries = self._entries[start] = self._found(start)
        return entries.get(key)

    def _found(self, start: int) -> dict[Any, Spot]:
        """The spots of all entries of the container that begins at an offset."""
        text = self.source.text
        is_list = text[start] == "["
        found: dict[Any, Spot] = {}
        at = _end(_SPACE, text, start + 1)
        while text[at] not in "]}":
            first, (key, end) = at, _skip(text, at)
            if is_list:
                found[len(found)] = first, end, first, end
            else:
                value, first_end = _end(_COLON, text, end), end
                end = _skip(text, value)[1]
                found[key] = first, first_end, value, end
            at = _end(_COMMA, text, end)
        return found


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    assert match is not None
    return match.end()
