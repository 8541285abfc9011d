"""What the parsers take and YAML 1.2 does not, or reads as another value: refused here, never guessed.

In: a text, and the events that a parser makes of it. Out: the same events, and a complaint at the place of
each thing that must be refused.

YAML's own test suite (tests/data/yaml-test-suite) shows where: a `?` or an anchor that they end too
early, a comment without a space before it, directives in the middle, lines that are indented too little.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from policyscan.errors import DocumentError
from policyscan.reading.yaml_errors import QUOTE_IT
from policyscan.source import Source

_TAG_LINE = re.compile(r"^%TAG(?=[ \t])", re.MULTILINE)
_VERSION_LINE = re.compile(r"^%YAML(?![ \t]+\d+\.\d+[ \t]*(?:[ \t]#[^\n]*)?\r?$)[^\n]*", re.MULTILINE)
_MARK_INSIDE = re.compile("(?<=[\r\n])\ufeff")
_COMMENT = re.compile("#[^\r\n]*")
_ANCHOR_ENDS = frozenset(" \t\r\n,[]{}")
_BLANK_LINE = re.compile(r"[ \t]+\Z")
_ONLY_SPACES = re.compile(r"[|>][^\n]*\n(?:[ \t]*\n)*[ \t]+(?:\n|\Z)")
_STARTS = (ScalarEvent, SequenceStartEvent, MappingStartEvent)
_CLOSERS = re.compile(r"[\]}, ]*(?:#.*)?")

# Where a watch could find something: most files have none of this, and a watch doubles the time of reading.
_WORTH_WATCHING = re.compile(
    r"""
    \S\#                                            # a comment that begins too early
    | (?<![\w)])\?(?=\S)                            # a ? that belongs to a text
    | &[\w-]+[^\w\s,\[\]{}-]                         # an anchor that goes on
    | ^%                                            # a directive
    | [,\[{][ \t]*(?:\#[^\n]*)?\r?$                 # brackets that go on below
    | (?:[:,\[{?-]|^)[ \t]+(?:[&!]\S*[ \t]+)*(?:"[^"\n]*|'[^'\n]*)$   # a quoted text that goes on below
    | [|>][-+0-9]{0,2}[ \t]*\n(?:[ \t]*\n)*[ \t]+(?:\n|\Z)   # a text of nothing but spaces
    | \n[ \t]+\Z                                    # a last line of spaces
    """,
    re.MULTILINE | re.VERBOSE,
)

Complain = Callable[[str, Any, str | None], None]
"""Notes a problem at an event's place: message, event, hint."""


def unreadable(source: Source) -> DocumentError | None:
    """What stands in a text as a whole that would be read in another way, or take for ever."""
    text = source.text
    for pattern, message, hint in (
        (_TAG_LINE, "%TAG is not supported here", "delete the line: no tags of one's own are known"),
        (_VERSION_LINE, "this is no version of YAML", "delete the line"),
        (
            _MARK_INSIDE,
            "a byte-order mark (U+FEFF) stands here, as between files that were put together",
            "delete it",
        ),
    ):
        found = pattern.search(text)
        if found is not None:
            return DocumentError(message, at=source.span(found.start(), found.end()), hint=hint)
    return None


def watched(text: str, get_event: Callable[[], Any], complain: Complain) -> Callable[[], Any]:
    """A parser's events, with complaints of what stands between them and in them."""
    return get_event if _WORTH_WATCHING.search(text) is None else _Watch(text, get_event, complain)


class _Watch:
    """Hands on a parser's events, and complains of what stands between them and in them."""

    __slots__ = ("_columns", "_complain", "_explicit", "_first", "_flow", "_get", "_last", "_text")

    def __init__(self, text: str, get_event: Callable[[], Any], complain: Complain) -> None:
        self._text = text
        self._get = get_event
        self._complain = complain
        self._last = 0  # where the last event ended
        self._columns: list[int] = []  # of the containers that are open; of those in braces that around them
        self._flow: list[Any] = []  # the events that opened the containers in braces
        self._explicit = True  # whether the document before ended with `...`
        self._first = True

    def __call__(self) -> Any:
        """The next event."""
        event = self._get()
        kind = event.__class__
        start = event.start_mark.index
        if start > self._last and "#" in self._text[self._last : start]:
            self._between(event, start)
        if kind in _STARTS:
            self._node(event, kind, start)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            self._columns.pop()
            if self._flow and event.end_mark.index > start:  # a bracket, not the end of what is indented
                self._lines(self._flow.pop(), event)
        elif kind is DocumentStartEvent:
            if not self._first and not self._explicit and (event.version or event.tags):
                self._complain("a line that begins with % has to follow a line ...", event, QUOTE_IT)
            self._first = False
        elif kind is DocumentEndEvent:
            self._explicit = event.explicit
        self._last = max(self._last, event.end_mark.index)
        return event

    def _between(self, event: Any, start: int) -> None:
        """Comments need a space before them."""
        text, last = self._text, self._last
        for found in _COMMENT.finditer(text, last, start):
            at = found.start()
            if at and text[at - 1] not in " \t\r\n\ufeff":
                hint = "put a space before #, or the value in quotes if # belongs to it"
                self._complain("a comment begins with a space before its #", event, hint)
                return

    def _node(self, event: Any, kind: Any, start: int) -> None:
        text = self._text
        if start and text[start - 1] == "?" and event.end_mark.index > start:
            self._complain("a ? stands before this text, which could be a part of it", event, QUOTE_IT)
        if event.anchor is not None:
            end = text.find(f"&{event.anchor}", start) + 1 + len(event.anchor)
            if text[end : end + 1] not in _ANCHOR_ENDS and end < len(text):
                hint = "letters, digits, - and _ are known in anchors here"
                self._complain(
                    f"the name of the anchor &{event.anchor} goes on with other characters", event, hint
                )
        if kind is not ScalarEvent:
            self._open(event)
        elif event.style in {"|", ">"}:
            self._block(event, start)
        elif event.style and event.end_mark.line > event.start_mark.line and not self._flow:
            self._lines(event, event)

    def _open(self, event: Any) -> None:
        if event.flow_style:
            self._flow.append(event)
            self._columns.append(self._columns[-1] if self._columns else -1)
        else:
            self._columns.append(event.start_mark.column)

    def _block(self, event: Any, start: int) -> None:
        """A text after | or >: what its first and last lines may have."""
        text, end = self._text, event.end_mark.index
        start = max(text.find("|", start, end), text.find(">", start, end)) if text[start] in "&!" else start
        header = text[start : text.find("\n", start) if "\n" in text[start:end] else end]
        if "#" in header and header[header.index("#") - 1] not in " \t":
            self._complain("a comment begins with a space before its #", event, "put a space before #")
        if not event.value.strip() and _ONLY_SPACES.match(text, start):
            self._complain("there are lines here that have only spaces, and no text", event, "delete them")
        elif end == len(text) and _BLANK_LINE.search(text[text.rfind("\n", 0, end) + 1 :]):
            self._complain("the last line of the file has only spaces", event, "delete them")

    def _lines(self, first: Any, last: Any) -> None:
        """What goes on below has to be indented further than what it belongs to; brackets alone need not."""
        column = self._columns[-1] if self._columns else -1
        if column < 0 or last.end_mark.line == first.start_mark.line:
            return
        begin = self._text.find("\n", first.start_mark.index) + 1
        for line in self._text[begin : last.end_mark.index].split("\n"):
            content = line.lstrip(" ")
            if len(line) - len(content) <= column and not _CLOSERS.fullmatch(content.strip()):
                hint = "indent the lines that belong to it further, with spaces"
                self._complain("this goes on in a line that is indented too little", first, hint)
                return
