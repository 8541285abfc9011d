"""Drafts: a copy of a tree's values to change, and the text of its file with these changes and no others.

In: a tree as it was read. Out: the new text; DocumentError at the place of what cannot be changed without
touching what stands around it, such as a value that an alias repeats.

The new text is made by putting pieces in and taking pieces out at the places of values, so that all other
characters stay as they are: comments, order, quoting, line ends. It is then read again, and given away only
if it says exactly what it should.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from policyscan.editing import rendering
from policyscan.errors import DocumentError
from policyscan.reading.reading import read_text
from policyscan.reading.tree import Container, Key, Tree
from policyscan.records import NamedTuple
from policyscan.source import Source

_COLON = re.compile(r"\s*:")
_LINE_END = re.compile(r"\r\n?|\n")
_BESIDE = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?=[\r\n]|\Z)")
BY_HAND = "change it by hand; the file was left as it is"
"""What to do about what cannot be changed here."""


class Splice(NamedTuple):
    """What takes the place of the characters from `start` up to `end`."""

    start: int
    end: int
    text: str


class Draft:
    """The values of a tree, of which `value` may be changed; `text()` is its file with the changes.

    Items of lists may be changed, taken out, and added after the others. A container that is moved elsewhere
    counts as a new one.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._of: dict[int, Any] = {}  # by the id of a copy: the container as it was read
        self._kept: list[Any] = []  # for as long as their ids count
        self.value: dict[str, Any] = self._copy(tree.value)
        source = tree.source
        ending = _LINE_END.search(source.text)
        self._ending = ending[0] if ending is not None else "\n"
        self._json = _is_json(source.text)

    def _copy(self, value: Any) -> Any:
        if value.__class__ is dict:
            made: Any = {key: self._copy(one) for key, one in value.items()}
        elif value.__class__ is list:
            made = [self._copy(one) for one in value]
        else:
            return value
        self._of[id(made)] = value
        self._kept.append(made)
        return made

    @property
    def source(self) -> Source:
        """The text of the file as it was read."""
        return self.tree.source

    def is_blank(self, container: Any, key: str) -> bool:
        """Whether a key of a container of the draft has nothing after it in the file."""
        old = self._of.get(id(container))
        return old is not None and key in self.tree.blanks.get(id(old), ())

    def give_out(self) -> None:
        """Nothing of it stands in other files."""

    def text(self) -> str:
        """The text of the file with the changes; raises DocumentError."""
        pieces = _Pieces(self.tree, self._of, self._ending, as_json=self._json)
        pieces.container(self.tree.value, self.value)
        text = put_together(self.source.text, pieces.found, self.tree)
        self._check(text)
        return text

    def _check(self, text: str) -> None:
        """Refuses a text that does not say what it should."""
        source = self.source
        before, _ = read_text(source)
        after, problems = read_text(Source(source.file, text))
        wanted = [self.value if one.index == self.tree.index else one.value for one in before]
        if problems or not same([one.value for one in after], wanted):
            at = problems[0].at if problems else self.tree.root_span()
            raise DocumentError(
                "this file is written in a way that cannot be changed here", at=at, hint=BY_HAND
            )


def _is_json(text: str) -> bool:
    """Whether a text is JSON, whatever its file is called; what else is in braces is YAML."""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same; true is not 1, and 1 not 1.0."""
    if one.__class__ is not other.__class__:
        return False
    if one.__class__ is dict:
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if one.__class__ is list:
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def put_together(text: str, pieces: Iterable[Splice], tree: Tree) -> str:
    """A text with pieces in it, those at one place in the order in which they were found."""
    parts: list[str] = []
    at = 0
    for piece in sorted(pieces, key=lambda piece: (piece.start, piece.end)):
        if piece.start < at:
            raise _cannot(tree, piece.start)
        parts += text[at : piece.start], piece.text
        at = piece.end
    return "".join((*parts, text[at:]))


def _cannot(tree: Tree, at: int) -> DocumentError:
    message = "what stands here cannot be changed without touching what is around it"
    return DocumentError(message, at=tree.source.span(at, at), hint=BY_HAND)


class _Pieces:
    """Finds the pieces that make one value of another, from the containers down."""

    def __init__(self, tree: Tree, of: dict[int, Any], ending: str, *, as_json: bool) -> None:
        self.tree = tree
        self.whole = tree.source.text
        self.of = of
        self.ending = ending
        self.as_json = as_json
        self.found: list[Splice] = []

    def put(self, start: int, end: int, text: str) -> None:
        self.found.append(Splice(start, end, text))

    # --- what is the same, and what is not

    def container(self, old: Any, new: Any) -> None:
        """The pieces that make a container of the file what it is in the draft."""
        if old.__class__ is dict:
            self._mapping(old, new)
        else:
            self._list(old, new)

    def _mapping(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        blanks = self.tree.blanks.get(id(old), ())
        gone = [key for key in old if key not in new]
        if gone and len(gone) == len(old) and not blanks:
            self._whole(old, new)
            return
        for key in gone:
            self._take_out(old, key)
        added = {}
        for key, value in new.items():
            if key in old:
                self._value(old, key, value)
            elif key in blanks:
                self._fill_blank(old, key, value)
            else:
                added[key] = value
        if added:
            self._add_keys(old, added)

    def _list(self, old: list[Any], new: list[Any]) -> None:
        paired = self._paired(old, new)
        if paired is None or (old and not any(True for _ in paired)):
            self._whole(old, new)
            return
        kept = dict(paired)
        for number in range(len(old)):
            if number in kept:
                self._value(old, number, new[kept[number]])
            else:
                self._take_out(old, number)
        added = new[len(kept) :]
        if added:
            self._add_items(old, added)

    def _paired(self, old: list[Any], new: list[Any]) -> list[tuple[int, int]] | None:
        """Which old item has become which new one, from the first on; None if there is no such order."""
        pairs: list[tuple[int, int]] = []
        at = 0
        for number, value in enumerate(new):
            found = next((n for n in range(at, len(old)) if self._is(old[n], value)), None)
            if found is None:
                known = any(self._was_in(old, one) for one in new[number:])
                return None if known else pairs
            pairs.append((found, number))
            at = found + 1
        return pairs

    def _was_in(self, old: list[Any], new: Any) -> bool:
        """Whether something is an item that a list had, which then stands elsewhere now."""
        if new.__class__ in (dict, list):
            return id(new) in self.of
        return any(same(one, new) for one in old)

    def _is(self, old: Any, new: Any) -> bool:
        if old.__class__ in (dict, list):
            return self.of.get(id(new)) is old
        return same(old, new)

    def _value(self, old: Any, key: Key, new: Any) -> None:
        before = old[key]
        if before.__class__ in (dict, list) and self.of.get(id(new)) is before:
            self.container(before, new)
        elif not same(before, new):
            self._replace(old, key, new)

    # --- pieces

    def _spot(self, container: Container, key: Key) -> tuple[int, int, int, int]:
        spot = self.tree.spot_of(container, key)
        if spot is None:
            raise _cannot(self.tree, self.tree.extent_of(container)[0])
        return spot

    def _is_flow(self, container: Container) -> bool:
        return self.whole[self.tree.extent_of(container)[0]] in "{["

    def _whole(self, old: Any, new: Any) -> None:
        """A container that becomes another one altogether."""
        place = self.tree.places[id(old)]
        if place.parent is None:
            raise _cannot(self.tree, self.tree.extent_of(old)[0])
        self._replace(place.parent, place.key, new)

    def _replace(self, container: Any, key: Key, new: Any) -> None:
        before = container[key]
        _, name_end, start, end = self._spot(container, key)
        if self._is_flow(container) or self.as_json:
            self.put(start, end, self._inline(before, start, new))
        elif before.__class__ in (dict, list) and not self._is_flow(before):
            self._replace_block(container, key, new)
        elif self._stands_on_line(new, start):
            self.put(start, end, self._inline(before, start, new))
        else:
            self.put(
                name_end if container.__class__ is dict else start, end, ":" * (container.__class__ is dict)
            )
            self._add_below(self._after_line(end), container, key, new)

    def _stands_on_line(self, new: Any, at: int) -> bool:
        return rendering.fits(new, at - self._line_start(at))

    def _inline(self, before: Any, start: int, new: Any) -> str:
        if new.__class__ in (dict, list):
            return rendering.inline(new, as_json=self.as_json)
        quote = self.whole[start] if before.__class__ is str and self.whole[start] in "\"'" else ""
        in_flow = self.whole[self._line_start(start) : start].find("{") >= 0
        return rendering.scalar(new, flow=in_flow, quote=quote, as_json=self.as_json)

    def _replace_block(self, container: Any, key: Key, new: Any) -> None:
        """A block below its key, or after its dash, that becomes something else."""
        name, name_end, start, _ = self._spot(container, key)
        end = self._end_of(container, key)
        if container.__class__ is list:
            lines = rendering.item(new, self._column(start) - 2)
            self.put(start, end, lines[0].lstrip()[2:] + "".join(self.ending + one for one in lines[1:]))
            return
        first = self._line_start(start)
        if rendering.fits(new, name_end - self._line_start(name_end)):
            colon = self._after_colon(name_end)
            self.put(colon, colon, f" {rendering.inline(new)}")
            self._drop_lines(first, end)
        else:
            lines = rendering.block(new, self._column(name) + 2)
            self.put(first, self._after_line(end), "".join(one + self.ending for one in lines))

    def _fill_blank(self, container: Any, key: str, new: Any) -> None:
        _, name_end, _, _ = self._spot(container, key)
        colon = self._after_colon(name_end)
        if self._is_flow(container) or self.as_json or self._stands_on_line(new, colon + 1):
            flow = self._is_flow(container)
            text = (
                rendering.inline(new, as_json=self.as_json)
                if new.__class__ in (dict, list)
                else rendering.scalar(new, flow=flow, as_json=self.as_json)
            )
            self.put(colon, colon, f" {text}")
        else:
            self._add_below(self._after_line(colon), container, key, new)

    def _add_below(self, at: int, container: Any, key: Key, new: Any) -> None:
        """The lines of a value below its key."""
        name = self._spot(container, key)[0]
        lines = rendering.block(new, self._column(name) + 2)
        self._lines(at, lines)

    def _add_keys(self, old: dict[str, Any], added: dict[str, Any]) -> None:
        keys = [*old, *self.tree.blanks.get(id(old), ())]
        if self._is_flow(old):
            entries = [rendering.pair(key, value, as_json=self.as_json) for key, value in added.items()]
            self._add_in_brackets(old, keys, entries)
            return
        indent = self._column(self._spot(old, keys[0])[0])
        lines = [line for key, value in added.items() for line in rendering.entry(key, value, indent)]
        self._lines(self._after_line(self._end_of_all(old)), lines)

    def _add_items(self, old: list[Any], added: Sequence[Any]) -> None:
        if not old:
            self._whole(old, list(added))
        elif self._is_flow(old):
            inline = [rendering.inline(one, as_json=self.as_json) for one in added]
            self._add_in_brackets(old, range(len(old)), inline)
        else:
            indent = self._column(self._dash(old, len(old) - 1))
            lines = [line for one in added for line in rendering.item(one, indent)]
            self._lines(self._after_line(self._end_of_all(old)), lines)

    def _add_in_brackets(self, old: Any, keys: Sequence[Any] | range, entries: Sequence[str]) -> None:
        if not keys:
            start, end = self.tree.extent_of(old)
            self.put(start + 1, end - 1, ", ".join(entries))
            return
        spots = [self._spot(old, key) for key in keys]
        last = max(spots, key=lambda spot: spot[0])
        name, _, _, end = last
        lead = self.whole[self._line_start(name) : name]
        between = f",{self.ending}{lead}" if not lead.strip() else ", "
        if end - self._line_start(end) + sum(map(len, entries)) > rendering.WIDTH and not self.as_json:
            between = f",{self.ending}{' ' * (self._column(self.tree.extent_of(old)[0]) + 1)}"
        at = max(end, self._after_colon(last[1]) if last[2] == last[3] and old.__class__ is dict else end)
        self.put(at, at, "".join(between + one for one in entries))

    def _take_out(self, old: Any, key: Key) -> None:
        keys = sorted(self._keys_of(old), key=lambda one: self._spot(old, one)[0])
        number = keys.index(key)
        start, end = self._spot(old, key)[0], self._end_of(old, key)
        if self._is_flow(old):
            if number:
                before = keys[number - 1]
                self.put(self._end_in_flow(old, before), end, "")
            elif len(keys) > 1:
                self.put(start, self._spot(old, keys[1])[0], "")
            else:
                self.put(start, end, "")
            return
        if old.__class__ is list:
            start = self._dash(old, key)
        if not self.whole[self._line_start(start) : start].strip():
            self._drop_lines(self._line_start(start), end)
        elif number + 1 < len(keys):  # the first after a dash
            following = (
                self._spot(old, keys[number + 1])[0] if old.__class__ is dict else self._dash(old, keys[1])
            )
            self.put(start, following, "")
        else:
            raise _cannot(self.tree, start)

    def _end_in_flow(self, container: Any, key: Key) -> int:
        _, name_end, start, end = self._spot(container, key)
        return self._after_colon(name_end) if start == end and container.__class__ is dict else end

    def _keys_of(self, container: Any) -> list[Any]:
        if container.__class__ is list:
            return list(range(len(container)))
        return [*container, *self.tree.blanks.get(id(container), ())]

    # --- places in the text

    def _lines(self, at: int, lines: Sequence[str]) -> None:
        """Lines of their own, after the one that ends at an offset."""
        text = "".join(line + self.ending for line in lines)
        if at and self.whole[at - 1] not in "\r\n":  # the last line of a file, without an end
            text = self.ending + text.removesuffix(self.ending)
        self.put(at, at, text)

    def _drop_lines(self, start: int, end: int) -> None:
        self.put(start, self._after_line(end), "")

    def _line_start(self, at: int) -> int:
        return max(self.whole.rfind("\n", 0, at), self.whole.rfind("\r", 0, at)) + 1

    def _column(self, at: int) -> int:
        return at - self._line_start(at)

    def _after_line(self, at: int) -> int:
        """Where the line ends of which nothing but a remark follows an offset."""
        if at and self.whole[at - 1] in "\r\n":
            return at
        beside = _BESIDE.match(self.whole, at)
        if beside is None:
            raise _cannot(self.tree, at)
        ending = _LINE_END.match(self.whole, beside.end())
        return ending.end() if ending is not None else beside.end()

    def _after_colon(self, name_end: int) -> int:
        found = _COLON.match(self.whole, name_end)
        if found is None:
            raise _cannot(self.tree, name_end)
        return found.end()

    def _dash(self, items: Any, number: Any) -> int:
        """Where the dash of an item of a block list is: the nearest one before it."""
        start = self._spot(items, number)[2]
        at = start
        for line in self._lines_before(start):
            dash = line[1].split("#", 1)[0].rstrip()
            if dash.endswith("-"):
                return line[0] + len(dash) - 1
            if dash.strip():
                break
        raise _cannot(self.tree, at)

    def _lines_before(self, at: int) -> Iterator[tuple[int, str]]:
        """The line that an offset is in, up to it, and those before, each with its offset."""
        while at >= 0:
            start = self._line_start(at)
            yield start, self.whole[start:at]
            at = start - 1

    def _end_of(self, container: Any, key: Key) -> int:
        """Where the value of an entry ends; of a block, where the last thing in it does."""
        _, name_end, start, end = self._spot(container, key)
        if start == end and container.__class__ is dict and key not in container:
            return self._after_colon(name_end)
        value = container[key]
        if value.__class__ in (dict, list) and not self._is_flow(value):
            return self._end_of_all(value)
        return end

    def _end_of_all(self, container: Any) -> int:
        last = max(self._keys_of(container), key=lambda key: self._spot(container, key)[0])
        return self._end_of(container, last)
