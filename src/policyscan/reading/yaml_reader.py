"""YAML to plain values and places in one pass over the events of PyYAML's parser.

In: the text of a file. Out: the trees of its sound documents, and what is wrong with the others.

libyaml's parser is used where PyYAML has it; the pure Python one gives the same values, more slowly.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from typing import Any, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from policyscan.cel.spelling import clip
from policyscan.errors import DocumentError
from policyscan.reading.limits import MAX_COPIED, MAX_DEPTH, MAX_EVENTS, MAX_SCALAR
from policyscan.reading.scalars import BadScalar, floating, resolve
from policyscan.reading.tree import BLANK, Key, Place, Tree, start_of
from policyscan.reading.yaml_errors import ODD_SPACE, in_plain_words, line_separator, odd_space
from policyscan.reading.yaml_strict import unreadable, watched
from policyscan.source import Source

try:
    CParser: Any = importlib.import_module("yaml._yaml").CParser
except ImportError:  # PyYAML was built without libyaml
    CParser = None

SLOW_PARSER_NOTE = "PyYAML was installed without libyaml: reading takes about ten times as long"

_TAG = "tag:yaml.org,2002:"
_MEMO_SIZE = 50_000
_MEMO_LENGTH = 80

# The same scalars come again in every inventory: what each means is worked out once. Keys are known to
# be strings; each is one object, so that looking up an equal key compares addresses.
_meanings: dict[str, Any] = {}
_keys: dict[str, str] = {}


def read_yaml(source: Source, *, pure: bool = False) -> tuple[list[Tree], list[DocumentError]]:
    """Every sound document of a file, and what is wrong with the others, in the file's order."""
    if not source.text.isascii() and (problem := line_separator(source)):
        return [], [problem]
    if problem := unreadable(source):
        return [], [problem]
    parser: Callable[[str], Any] = _PureParser if pure or CParser is None else CParser
    composer = _Composer(source)
    try:
        composer.run(watched(source.text, parser(source.text).get_event, composer.problem))
    except yaml.YAMLError as error:
        stopped = _stopped_before(error, composer, parser)
        if stopped is None:
            composer.problems.append(in_plain_words(error, source))
        else:
            composer = stopped
    except _StopError:
        pass
    return composer.trees, composer.problems


# While `[` or `{` may still begin a key, parsers look this many characters ahead before they tell of it.
_LOOKAHEAD = 1024


def _stopped_before(error: Any, composer: _Composer, parser: Callable[[str], Any]) -> _Composer | None:
    """What is read before an error, if reading is to stop there, as at what is nested too deeply; else None.

    A parser that looks ahead may stop, at a limit of its own or at a character, before it has told of the
    brackets that our limit is about. It tells of them if the text ends there.
    """
    marks = (getattr(error, "context_mark", None), getattr(error, "problem_mark", None))
    ends = [mark.index for mark in marks if mark is not None]
    if not ends:
        return None
    end, text = min(ends), composer.source.text
    start = max(0, end - _LOOKAHEAD - 1)
    untold = text.count("[", start, end) + text.count("{", start, end)
    if len(composer.stack) + untold <= MAX_DEPTH:
        return None
    again = _Composer(composer.source)
    try:
        again.run(parser(text[:end]).get_event)
    except _StopError:
        return again
    except yaml.YAMLError:
        pass
    return None


# Where an anchor, alias or tag may begin; a superset, and quick where there are none.
_MARK = re.compile(r"(?<![0-9A-Za-z_])(?:[&*](?=[0-9A-Za-z_-])|!)")


def _may_be_marked(text: str) -> bool:
    """Whether events may have an anchor or a tag, or be too long; if not, nobody has to look."""
    if len(text) > MAX_SCALAR:
        return True
    return ("&" in text or "*" in text or "!" in text) and _MARK.search(text) is not None


class _PureParser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
    """PyYAML's own parser, without its resolver and constructor."""

    def __init__(self, text: str) -> None:
        yaml.reader.Reader.__init__(self, text)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)


class _StopError(Exception):
    """The rest of the file is not worth reading; the reason is among the problems."""


class _Composer:
    """Builds the trees of one file. Problems are collected; a document with one is left out."""

    __slots__ = (
        "anchors", "blanks", "copied", "faults", "index", "places", "problems", "source", "stack", "trees",
    )  # fmt: skip

    def __init__(self, source: Source) -> None:
        self.source = source
        self.trees: list[Tree] = []
        self.problems: list[DocumentError] = []
        self.index = 0
        self.copied = 0  # in all documents of the file: there may be any number of them
        self.stack: list[Any] = []
        """The containers around the one being filled."""
        self.start_document()

    def run(self, get_event: Callable[[], Any]) -> None:  # noqa: C901, PLR0912, PLR0915 - see below
        """Read all events: one long loop over local variables, because it is most of a scan's time."""
        text = self.source.text
        careful = _may_be_marked(text)
        meanings, keys, places, new = _meanings, _keys, self.places, tuple.__new__
        stack = self.stack
        push, pop = stack.append, stack.pop
        current: Any = None  # the container being filled
        in_map = False  # whether it is a mapping
        spots: Any = None  # where its entries stand
        key: Any = None  # the key whose value comes
        key_event: Any = None
        begin: Any = None  # the event that opened the container
        for _ in range(MAX_EVENTS):
            event = get_event()
            kind = event.__class__
            if in_map and kind is not MappingEndEvent:
                if kind is not ScalarEvent or (careful and (event.anchor or event.tag)):
                    key = self.key(event)
                else:
                    try:
                        key = keys[event.value]
                    except KeyError:
                        key = self.key(event)
                if key in spots:
                    self.duplicate(event, spots[key])
                key_event = event
                event = get_event()
                kind = event.__class__
            first = event
            if kind is ScalarEvent:
                value = event.value
                if careful and (event.anchor or event.tag or len(value) > MAX_SCALAR):
                    value = self.marked_scalar(event)
                elif not event.style:
                    try:
                        value = meanings[value]
                    except KeyError:
                        value = self.meaning(event)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                push((current, in_map, spots, key, key_event, begin))
                if len(stack) > MAX_DEPTH:
                    self.too_deep(event)
                begin = event
                in_map = kind is MappingStartEvent
                current, spots = ({}, {}) if in_map else ([], [])
                if careful:
                    self.marked_container(event, current)
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                value, first, inner = current, begin, spots
                current, in_map, spots, key, key_event, begin = pop()
                at = key if in_map else len(current)
                places[id(value)] = new(Place, (first, event, inner, current, at))
            elif kind is AliasEvent:
                value = self.alias(event, len(stack), current, key if in_map else len(current))
            elif kind is DocumentStartEvent:
                # The document's value becomes the one item of a list that nobody sees.
                current, spots = self.start_document(), []
                places = self.places
                continue
            elif kind is DocumentEndEvent:
                self.end_document(current[0], spots[0])
                continue
            elif kind is StreamEndEvent:
                return
            else:
                continue
            if in_map:
                spots[key] = (key_event, first, event)
                if value is BLANK:
                    self.blanks.setdefault(id(current), []).append(key)
                else:
                    current[key] = value
            else:
                if value is BLANK and stack:
                    self.problem("a list item is blank", event, "write its value, or null if there is none")
                spots.append((first, event))
                current.append(value)
        self.problem(f"the file has more than {MAX_EVENTS:,} values", event, "split it into several files")

    def start_document(self) -> list[Any]:
        """Forget the document before."""
        self.places: dict[int, Place] = {}
        self.blanks: dict[int, list[str]] = {}
        self.anchors: dict[str, Any] = {}
        self.faults = len(self.problems)
        return []

    def end_document(self, value: Any, spot: tuple[Any, Any]) -> None:
        """Keep the document if it is sound and not empty."""
        if len(self.problems) == self.faults and value is not BLANK:
            place = self.places.get(id(value))
            if place is not None:
                self.places[id(value)] = place._replace(parent=None, key=None)
            self.trees.append(Tree(self.source, self.index, value, self.places, self.blanks, *spot))
        self.index += 1

    def problem(self, message: str, event: Any, hint: str | None = None) -> None:
        """Note a problem at an event's place."""
        start, end = event.start_mark.index, event.end_mark.index
        self.problems.append(DocumentError(message, at=self.source.span(start, max(start, end)), hint=hint))

    def duplicate(self, event: Any, first: tuple[Any, ...]) -> None:
        """Say that a key stands twice in one mapping."""
        line = self.source.position(start_of(first[0]))[0]
        self.problem(
            f"the key {clip(event.value)} stands here twice: first on line {line}",
            event,
            "delete one of them",
        )

    def too_deep(self, event: Any) -> NoReturn:
        """Refuse nesting beyond the limit."""
        self.problem(f"lists and mappings are nested more than {MAX_DEPTH} deep", event)
        raise _StopError

    def key(self, event: Any) -> str:
        """The text of a key that is not known yet; refused ones get a stand-in that is not text."""
        if event.__class__ is not ScalarEvent:
            hint = "{, [ and * do not begin a text: put it in quotes if it is one"
            self.problem("a key must be a plain text", event, hint)
            raise _StopError
        text: str = event.value
        if event.anchor or event.tag or len(text) > MAX_SCALAR:
            value = self.marked_scalar(event)
        elif event.style:
            return text
        else:
            value = self.meaning(event)
        if value is None and not event.style and not text.isascii():
            return f"\0{start_of(event)}"  # told already
        if isinstance(value, str) and (value != "<<" or event.style):
            if not event.style and len(_keys) < _MEMO_SIZE and event.tag is None:
                _keys[text] = text
            return value
        self.refuse_key(event, value)
        return f"\0{start_of(event)}"

    def refuse_key(self, event: Any, value: Any) -> None:
        """Say why a scalar cannot be a key."""
        if value is BLANK:
            self.problem("a key is blank", event, "write the key before the colon")
        elif value == "<<":
            hint = "write the keys out here, or give the whole value an anchor and use it with an alias"
            self.problem("merge keys (<<) are not supported", event, hint)
        else:
            what = {bool: "true or false", type(None): "null"}.get(value.__class__, "a number")
            self.problem(
                f"the key {clip(event.value)} is {what}, not text",
                event,
                f'put it in quotes: "{clip(event.value)}"',
            )

    def odd_space(self, event: Any) -> bool:
        """Whether a plain scalar has a space that only looks like one where YAML needs one."""
        found = None if event.value.isascii() else ODD_SPACE.search(event.value)
        if found is None:
            return False
        self.problems.append(odd_space(found, self.source, event.start_mark.index))
        return True

    def meaning(self, event: Any) -> Any:
        """What a plain scalar means that was not met before."""
        text: str = event.value
        if self.odd_space(event):
            return None
        try:
            value = resolve(text)
        except BadScalar as bad:
            self.problem(bad.message, event, bad.hint)
            return None
        if len(text) <= _MEMO_LENGTH:
            if len(_meanings) >= _MEMO_SIZE:
                _meanings.clear()
            _meanings[text] = value
        return value

    def marked_scalar(self, event: Any) -> Any:
        """The value of a scalar with an anchor or a tag, or of one that is too long."""
        text: str = event.value
        if len(text) > MAX_SCALAR:
            self.problem(f"a text has more than {MAX_SCALAR:,} characters", event)
            return None
        if event.tag is not None:
            value = self.tagged(event)
        else:
            value = text if event.style else self.meaning(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = value
        return value

    def tagged(self, event: Any) -> Any:
        """The value of a scalar with one of the core schema's tags."""
        tag, text = event.tag, event.value
        if tag in {"!", f"{_TAG}str"}:
            return text
        wanted = {"int": int, "float": float, "bool": bool, "null": type(None)}.get(tag.removeprefix(_TAG))
        if wanted is None:
            return self.unknown_tag(event)
        value = None if wanted is type(None) and not text else self.meaning_of_text(event)
        if wanted is float and value.__class__ is int:
            return floating(text)
        if value.__class__ is not wanted:
            self.problem(f"{clip(text)} is not what its tag says", event, "delete the tag")
        return value

    def meaning_of_text(self, event: Any) -> Any:
        """What a scalar would mean without quotes."""
        value = self.meaning(event)
        return "" if value is BLANK else value

    def unknown_tag(self, event: Any) -> None:
        """Refuse a tag: it would ask for something that is not plain data."""
        tag = event.tag.replace(_TAG, "!!")
        self.problem(
            f"the tag {tag} is not known here", event, "put the value in quotes if the ! belongs to it"
        )

    def marked_container(self, event: Any, container: Any) -> None:
        """Check the tag of a list or mapping and remember its anchor."""
        if event.tag is not None:
            own = f"{_TAG}map" if container.__class__ is dict else f"{_TAG}seq"
            if event.tag not in {"!", own}:
                self.unknown_tag(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = container

    def alias(self, event: Any, depth: int, parent: Any, key: Key) -> Any:
        """A copy of the value that an alias stands for, so that every container has one place."""
        name = event.anchor
        if name not in self.anchors:
            self.problem(f"nothing above has the anchor &{name}", event, "if it is text, put it in quotes")
            return None
        value = self.anchors[name]
        if value.__class__ is not dict and value.__class__ is not list:
            return value
        if id(value) not in self.places:  # its end has not come yet
            self.problem(f"the alias *{name} stands inside its own value", event, "write the value out")
            return None
        return self.copy(value, event, depth, parent, key)

    def copy(self, value: Any, event: Any, depth: int, parent: Any, key: Key) -> Any:
        """A deep copy with the places of the original."""
        self.copied += 1 + len(value)
        if depth >= MAX_DEPTH:
            self.too_deep(event)
        if self.copied > MAX_COPIED:
            self.problem(f"aliases make this file grow by more than {MAX_COPIED:,} values", event)
            raise _StopError
        place = self.places[id(value)]
        pairs = value.items() if value.__class__ is dict else enumerate(value)
        made: Any = {} if value.__class__ is dict else [None] * len(value)
        for inner, item in pairs:
            nested = item.__class__ is dict or item.__class__ is list
            made[inner] = self.copy(item, event, depth + 1, made, inner) if nested else item
        self.places[id(made)] = place._replace(parent=parent, key=key)
        if id(value) in self.blanks:
            self.blanks[id(made)] = self.blanks[id(value)]
        return made
