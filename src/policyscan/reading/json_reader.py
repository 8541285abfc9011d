"""JSON to the same plain values and places as YAML.

In: the text of a file. Out: its tree; or what is wrong with it, at its place.

What is sound Python's own reader reads (`json_fast`). For the rest there is a scanner of ours, because YAML
parsers refuse some JSON (escaped surrogate pairs, keys over 1,024 characters), and Python's reader says less
of a mistake, and takes duplicate keys and NaN.
"""

from __future__ import annotations

import re
from json import decoder
from json.decoder import JSONDecodeError
from typing import Any

from policyscan.cel.spelling import clip
from policyscan.errors import DocumentError
from policyscan.reading.json_fast import read_fast
from policyscan.reading.limits import MAX_DEPTH, MAX_EVENTS, MAX_SCALAR
from policyscan.reading.scalars import BadScalar, floating, integer
from policyscan.reading.tree import Key, Place, Region, Tree
from policyscan.source import Source

# The C scanner of JSON texts, which typeshed does not list.
_scan: Any = decoder.scanstring  # type: ignore[attr-defined]
_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
# What nearly all texts and keys look like: nothing escaped, only space between a key and its colon.
_PLAIN = re.compile(r'"([^"\\\x00-\x1f]*)"')
_PLAIN_KEY = re.compile(r'"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*')
_COMMA = re.compile(r"[ \t\n\r]*,[ \t\n\r]*+(?![\]}])")
_WORD = re.compile(r"[^\s,:\[\]{}\"]+")
_WORDS = {"true": True, "false": False, "null": None}


def read_json(source: Source) -> tuple[list[Tree], list[DocumentError]]:
    """The document of a JSON file, or what is wrong with it; an empty file has neither."""
    tree = read_fast(source)
    return ([tree], []) if tree is not None else read_with_care(source)


def read_with_care(source: Source) -> tuple[list[Tree], list[DocumentError]]:
    """The same, one character after the other: what is wrong with a text, and where."""
    scanner = _Scanner(source)
    try:
        tree = scanner.run()
    except _StopError:
        return [], scanner.problems
    return ([tree] if tree is not None and not scanner.problems else []), scanner.problems


class _StopError(Exception):
    """What follows cannot be read; the reason is among the problems."""


class _Scanner:
    __slots__ = ("at", "places", "problems", "source", "stack", "text")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.at = 0
        self.problems: list[DocumentError] = []
        self.places: dict[int, Place] = {}
        # Open containers: the container, its start, its spots, the key in its parent.
        self.stack: list[tuple[Any, int, Any, Key]] = []

    def run(self) -> Tree | None:
        """Read the whole text: one value, nothing after it."""
        self.skip()
        if self.at == len(self.text):
            return None
        begin = self.at
        value = self.document()
        end = self.at
        self.skip()
        if self.at < len(self.text):
            hint = "a JSON file holds one value: give each inventory a file of its own"
            self.fail("there is text after the end of the JSON value", self.at, hint=hint)
        return Tree(self.source, 0, value, self.places, {}, Region(begin, begin), Region(begin, end))

    def document(self) -> Any:
        """Read one value with all that is in it, without recursion."""
        for _ in range(MAX_EVENTS):
            start = self.at
            key: Key = None
            spot: Region | None = None
            if self.stack:
                container, _, spots, _ = self.stack[-1]
                if self.closes(container, first=not spots):
                    value, start, key = self.close()
                    if not self.stack:
                        return value
                    spot = self.stack[-1][2].pop(_OPEN, None) if isinstance(key, str) else None
                    self.put(value, start, key, spot)
                    continue
                if container.__class__ is dict:
                    key, spot = self.key(spots)
                else:
                    key = len(container)
                start = self.at
            char = self.text[start : start + 1]
            if char and char in "{[":
                self.open({} if char == "{" else [], start, key)
                if spot is not None:
                    self.stack[-2][2][_OPEN] = spot
                continue
            value = self.scalar(char)
            if not self.stack:
                return value
            self.put(value, start, key, spot)
        return self.fail(f"the file has more than {MAX_EVENTS:,} values", self.at)

    def skip(self) -> None:
        """Move past white space."""
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]

    def fail(self, message: str, start: int, end: int | None = None, hint: str | None = None) -> Any:
        """Note a problem after which nothing can be read."""
        self.note(message, start, min(start + 1, len(self.text)) if end is None else end, hint)
        raise _StopError

    def note(self, message: str, start: int, end: int, hint: str | None = None) -> None:
        """Note a problem and go on."""
        self.problems.append(DocumentError(message, at=self.source.span(start, end), hint=hint))

    def open(self, container: Any, start: int, key: Key) -> None:
        """Begin a list or mapping."""
        if len(self.stack) >= MAX_DEPTH:
            self.fail(f"lists and mappings are nested more than {MAX_DEPTH} deep", start)
        self.stack.append((container, start, {} if container.__class__ is dict else [], key))
        self.at = start + 1

    def closes(self, container: Any, *, first: bool) -> bool:
        """Whether the container ends here; moves past its end or past the comma before its next entry."""
        comma = None if first else _COMMA.match(self.text, self.at)
        if comma is not None and comma.end() < len(self.text):
            self.at = comma.end()
            return False
        end = "}" if container.__class__ is dict else "]"
        self.skip()
        char = self.text[self.at : self.at + 1]
        if char == end:
            self.at += 1
            return True
        if not first:
            if char != ",":
                self.missing(f"a comma or {end} is missing before this")
            self.at += 1
            self.skip()
            if self.text[self.at : self.at + 1] == end:
                self.fail(f"a comma may not stand before {end}", self.at, hint="delete the comma")
        return False

    def missing(self, message: str) -> None:
        """Fail here, or where the innermost container opens if the text is at its end."""
        if self.at >= len(self.text):
            start = self.stack[-1][1]
            self.fail(f"the {self.text[start]} that opens here is never closed", start)
        self.fail(message, self.at)

    def close(self) -> tuple[Any, int, Key]:
        """Finish the innermost container: its value, start, and key in its parent."""
        container, start, spots, key = self.stack.pop()
        parent = self.stack[-1][0] if self.stack else None
        self.places[id(container)] = Place(
            Region(start, start + 1), Region(start, self.at), spots, parent, key
        )
        return container, start, key

    def put(self, value: Any, start: int, key: Key, spot: Region | None) -> None:
        """Store a value that ends here in the innermost container."""
        container, _, spots, _ = self.stack[-1]
        region = Region(start, self.at)
        if spot is None:
            spots.append((region, region))
            container.append(value)
        else:
            spots[key] = (spot, region, region)
            container[key] = value

    def key(self, spots: Any) -> tuple[str, Region]:
        """Read a key and its colon; the place of the key."""
        start = self.at
        plain = _PLAIN_KEY.match(self.text, start)
        if plain is not None and plain[1] not in spots and len(plain[1]) <= MAX_SCALAR:
            self.at = plain.end()
            return plain[1], Region(start, plain.end(1) + 1)
        if self.text[start : start + 1] != '"':
            if start >= len(self.text):
                self.missing("")
            self.fail("a key has to stand in double quotes", start)
        key: str = self.string()
        end = self.at
        if key in spots:
            line = self.source.position(spots[key][0].start_mark)[0]
            self.note(
                f"the key {clip(key)} stands here twice: first on line {line}",
                start,
                end,
                "delete one of them",
            )
        self.skip()
        if self.text[self.at : self.at + 1] != ":":
            self.missing("a colon is missing before this")
        self.at += 1
        self.skip()
        return key, Region(start, end)

    def scalar(self, char: str) -> Any:
        """Read a text, number or word."""
        if char == '"':
            return self.string()
        start = self.at
        word = _WORD.match(self.text, start)
        if word is None:
            if not char:
                self.missing("") if self.stack else None
            return self.fail("a value is missing here", start)
        self.at = word.end()
        if word.group() in _WORDS:
            return _WORDS[word.group()]
        return self.number(word.group(), start)

    def number(self, text: str, start: int) -> Any:
        """The number that a text spells."""
        match = _NUMBER.fullmatch(text)
        if match is None:
            hint = "put texts in double quotes; NaN and Infinity are no JSON"
            return self.fail(f"{text[:40]} is no JSON value", start, start + len(text), hint)
        try:
            return integer(text, 10) if match.group(1) is None and match.group(2) is None else floating(text)
        except BadScalar as bad:
            self.note(bad.message, start, start + len(text), bad.hint)
            return None

    def string(self) -> Any:
        """Read a text in double quotes."""
        start = self.at
        plain = _PLAIN.match(self.text, start)
        if plain is not None and len(plain[1]) <= MAX_SCALAR:
            self.at = plain.end()
            return plain[1]
        try:
            value, self.at = _scan(self.text, start + 1, True)
        except JSONDecodeError as error:
            return self._bad_string(error, start)
        if len(value) > MAX_SCALAR:
            self.note(f"a text has more than {MAX_SCALAR:,} characters", start, start + 1)
        if "\\u" in self.text[start : self.at] and not _encodable(value):
            message = "this text has an escape that is half of a surrogate pair, not a character"
            self.note(message, start, self.at, "write the character itself")
        return value

    def _bad_string(self, error: JSONDecodeError, start: int) -> Any:
        if "Unterminated" in error.msg:
            return self.fail("the quote that opens here is never closed", start)
        if "control character" in error.msg:
            return self.fail(
                "a line break or tab may not stand in a JSON text", error.pos, hint=r"write it as \n or \t"
            )
        return self.fail("this escape is not known in JSON", error.pos, hint=r"write a backslash as \\")


class _Open:
    """The key under which a mapping's spots keep the place of the key whose container is being read."""

    __slots__ = ()


_OPEN: Any = _Open()


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
