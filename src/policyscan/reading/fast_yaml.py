"""The quick way from YAML to values: line by line, for files whose every line is of the simple kind.

In: the text of a file. Out: its tree, or None.

It gives exactly what libyaml and the composer give, or nothing: then they read the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policyscan.reading.limits import MAX_SCALAR
from policyscan.reading.line_places import IN_FLOW, LineLayout
from policyscan.reading.tree import BLANK, LinePlace, Tree
from policyscan.reading.yaml_lines import FLAT, FLOW, OPEN, PAIR, SKIP, START, TEXT, Doubt
from policyscan.source import Source

# A file shorter than this reaches none of the limits on values and texts.
_MAX_LENGTH = min(900_000, MAX_SCALAR)
_MAX_DEPTH = 50


def read_fast(source: Source) -> Tree | None:
    """The one document of a file, or None if this reader is not sure of every character of it."""
    text = source.text
    if len(text) > _MAX_LENGTH:
        return None
    layout = LineLayout(source)
    first = _first_line(layout)
    if first < 0:
        return None
    try:
        return _read(layout, first)
    except Doubt:
        return None


def _first_line(layout: LineLayout) -> int:
    """The number of the first line with a value, which has to stand in the first column; else -1."""
    started = False
    for number, (_, _, _, _, begin, kind) in enumerate(layout.found):
        if kind == START and not started:
            started = True
        elif kind != SKIP:
            return number if begin == 0 else -1
    return -1


def _read(layout: LineLayout, first: int) -> Tree:  # noqa: C901, PLR0912, PLR0915 - see below
    """All lines from the first with a value: one long loop over local variables, as in the composer.

    Raises Doubt.
    """
    found = layout.found
    new = tuple.__new__
    places = layout.places
    blanks: list[tuple[Any, Any]] = []  # containers and their keys with nothing after them
    stack: list[tuple[Any, int, bool]] = [(None, -1, False)]
    push, pop = stack.append, stack.pop
    in_map = found[first][3] == 0  # whether the container being filled is a mapping
    column = 0  # at which it begins
    root: Any = {} if in_map else []
    current = root
    places[id(root)] = new(LinePlace, (first, 0, None, None))
    pending: str | None = None  # the key whose value may come on the lines below
    quick = 0 if in_map else -1  # the column of keys that may follow without more ado, else -1
    numbered = enumerate(found[first:], first)
    for number, (pair_at, key, value, at, begin, kind) in numbered:
        if pair_at == quick:
            if key in current:
                raise Doubt
            current[key] = value
            continue
        if kind == SKIP:
            continue
        if kind > SKIP:
            raise Doubt
        if begin == at:  # a key without a dash
            if pending is not None:
                if at > column:
                    push((current, column, True))
                    inner: Any = {}
                    current[pending] = inner
                    places[id(inner)] = new(LinePlace, (number, at, current, pending))
                    current, column = inner, at
                    if len(stack) > _MAX_DEPTH:
                        raise Doubt
                else:
                    blanks.append((current, pending))
                pending = None
            while column > at:
                current, column, in_map = pop()
            if not in_map and column == at:  # a list in the same column as the key that it belongs to
                current, column, in_map = pop()
            if column != at or not in_map:
                raise Doubt
        else:
            if pending is not None and begin >= column:
                push((current, column, True))
                inner = []
                current[pending] = inner
                places[id(inner)] = new(LinePlace, (number, begin, current, pending))
                current, column, in_map, pending = inner, begin, False, None
            else:
                if pending is not None:
                    blanks.append((current, pending))
                    pending = None
                while column > begin:
                    current, column, in_map = pop()
                if in_map or column != begin:
                    raise Doubt
            if key is not None:
                inner = {}
                places[id(inner)] = new(LinePlace, (number, at, current, len(current)))
                current.append(inner)
                push((current, column, False))
                current, column, in_map = inner, at, True
                if len(stack) > _MAX_DEPTH:
                    raise Doubt
            else:
                quick = -1
                if kind == PAIR:
                    current.append(value)
                    continue
                if kind == TEXT:
                    current.append(layout.text(number, column, value))
                    _skip(numbered, number, layout)
                    continue
                place = new(LinePlace, (number, IN_FLOW, current, len(current)))
                if kind == FLAT:
                    inner = value.copy()
                    places[id(inner)] = place
                else:
                    pattern = value if kind == FLOW else layout.unfinished(number, value)
                    inner = _grown(pattern, place, places, blanks)
                    _skip(numbered, number, layout)
                current.append(inner)
                continue
        if key in current:
            raise Doubt
        if kind == PAIR:
            current[key] = value
            quick = column
        elif kind == OPEN:
            current[key] = BLANK
            pending = key
            quick = -1
        elif kind == FLAT:
            current[key] = inner = value.copy()
            places[id(inner)] = new(LinePlace, (number, IN_FLOW, current, key))
            quick = column
        else:
            if kind == TEXT:
                current[key] = layout.text(number, column, value)
            else:
                pattern = value if kind == FLOW else layout.unfinished(number, value)
                current[key] = _grown(pattern, LinePlace(number, IN_FLOW, current, key), places, blanks)
            _skip(numbered, number, layout)
            quick = column
    if pending is not None:
        blanks.append((current, pending))
    blank_keys: dict[int, list[str]] = {}
    for container, name in blanks:
        del container[name]
        blank_keys.setdefault(id(container), []).append(name)
    return Tree(layout.source, 0, root, places, blank_keys, *layout.whole(first), layout)


def _skip(numbered: Iterator[Any], number: int, layout: LineLayout) -> None:
    """Pass by the lines on which the value of a line goes on."""
    for _ in range(layout.ends.get(number, number) - number):
        next(numbered)


def _grown(
    pattern: Any, place: LinePlace, places: dict[int, LinePlace], blanks: list[tuple[Any, Any]]
) -> Any:
    """A copy of a container and of those within it; notes their places and blank keys."""
    made = pattern.copy()
    places[id(made)] = place
    for key, value in pattern.items() if made.__class__ is dict else enumerate(pattern):
        if value.__class__ is dict or value.__class__ is list:
            made[key] = _grown(value, LinePlace(place.line, IN_FLOW, made, key), places, blanks)
        elif value is BLANK:
            blanks.append((made, key))
    return made
