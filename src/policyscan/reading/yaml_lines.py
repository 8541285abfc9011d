"""What one line of an inventory says, for the lines that can be understood without their neighbours.

In: a line. Out: its key, value and columns as a tuple.

Only a strict part of YAML is understood here: `key: value`, `- key: value`, `- value`, `key:` and
`- key:`, where a value is a plain or quoted text on this line, `[…]` or `{…}`, or `|` or `>` with a text
below; and comments. Whatever else YAML has, and whatever could be read in two ways, is a DOUBT: then libyaml
reads the file.
"""

from __future__ import annotations

import re
from sys import intern
from typing import Any

from policyscan.reading.scalars import BadScalar, resolve
from policyscan.reading.tree import BLANK, Spot

PAIR, OPEN, FLAT, FLOW, UNFINISHED, TEXT, SKIP, START, DOUBT = range(9)
"""What a line has: a scalar value; a key whose value is on the lines below, or blank; `[…]` or `{…}` of
scalars; one with more in it; one that goes on below; `|` or `>`; nothing but a comment; `---`; none of
these."""

Line = tuple[int, str | None, Any, int, int, int]
"""(quick, key, value, column, begin, kind). `column` is that of the key, or of the value of an item without
one; `begin` that of the dash if there is one, else `column`, and NOWHERE if the line has no value; `quick`
is `column` for a PAIR without a dash, else -2."""

NOWHERE = 1 << 60
"""A column to the right of all others: what stands there never ends anything."""

_MAX_LINE = 400  # characters of a line that is remembered: a sixth of those of inventories has over 100
_MAX_LENGTH = 100  # of a value
_MAX_LINES = 20_000
_MAX_WORDS = 10_000
_MAX_FLOW_DEPTH = 20

# Characters with which a plain text never begins here are all of YAML's indicators, and `-` unless a
# number follows. `: ` and ` #` end a plain text; here every `#` does, and a colon needs a letter, digit or
# slash after it. In `[…]` and `{…}` brackets, commas and question marks are out, too.
_FIRST = r"(?:[^\s\-?:,\[\]{}\#&*!|>'\"%@`]|-(?=[0-9]))"
_PLAIN = rf"{_FIRST}[^:\#]*+(?::[\w/][^:\#]*+)*+"
_FLOW_PLAIN = rf"{_FIRST}[^:\#,?\[\]{{}}\r\n]*+(?::[0-9A-Za-z/][^:\#,?\[\]{{}}\r\n]*+)*+"
_KEY = r"\w[\w./+ -]{0,99}+(?<![ ])"
_VALUE = (
    rf"""(?: ({_PLAIN}) | "([^"\\]*+)"\ *+ | '([^']*+(?:''[^']*+)*+)'\ *+ | ([\[{{].*+) | ([|>]-?)\ *+ )"""
)
_LINE = re.compile(
    rf"(\ *+) (-\ ++)? (?: ({_KEY}) : (?:\ ++|\Z) )? {_VALUE}?+ (?: (?<=\ )\#.*+ )? \Z", re.VERBOSE
)
_value = re.compile(rf"\ *+ {_VALUE}", re.VERBOSE).match
_simple = re.compile(
    r"( *+)(- ++)?([A-Za-z_][A-Za-z0-9_-]{0,99}+):(?: ([0-9A-Za-z][^:#]*+(?::[0-9][^:#]*+)*+))?\Z"
).match
_FLOW_VALUE = rf"""
    (?:
        (?: ({_FLOW_PLAIN}) | "([^"\\\r\n]*+)" | '([^'\r\n]*+(?:''[^'\r\n]*+)*+)' )?+ [ \r\n]*+ ([,\]}}])
        | ([\[{{])
    )
    """
# The most common `{…}` and `[…]`: scalars with no space but one after each colon and comma. The second
# expression of each pair finds the entries of what the first one has matched. What stands in an inner pair of
# brackets is looked into by itself.
_SIMPLE_KEY = r"[A-Za-z_][A-Za-z0-9_]{0,99}+"
_SIMPLE_TEXT = r"[0-9A-Za-z][^:#,?\[\]{}]*+(?::[0-9A-Za-z/][^:#,?\[\]{}]*+)*+"
_INNER = r"\[[^\[\]{}]*+\]|\{[^\[\]{}]*+\}"
_simple_mapping = re.compile(
    rf"""\{{(?:{_SIMPLE_KEY}: (?:{_SIMPLE_TEXT}|"[^"\\]*+"|{_INNER})(?:, (?=[A-Za-z_])|(?=\}})))++\}}"""
).match
_simple_entries = re.compile(
    rf"""({_SIMPLE_KEY}): (?:({_SIMPLE_TEXT})|("[^"\\]*+")|({_INNER}))[,}}]"""
).findall
_simple_list = re.compile(rf"\[(?:{_SIMPLE_TEXT}(?:, (?=[0-9A-Za-z])|(?=\])))*+\]").match
_simple_items = re.compile(rf"({_SIMPLE_TEXT})[,\]]").findall

_ITEM = re.compile(rf"[ \r\n]*+ {_FLOW_VALUE}", re.VERBOSE)
_ENTRY = re.compile(rf"[ \r\n]*+ ({_KEY}) :\ ++ {_FLOW_VALUE}", re.VERBOSE)
_END = re.compile(r"[ \r\n]*+([\]}])")
_COMMA = re.compile(r"[ \r\n]*+([,\]}])")
_REST = re.compile(r" *+(?:(?<= )#[^\r\n]*+)?(?:\r?\n|\Z)")
_START = re.compile(r"--- *+(?:(?<= )#.*+)?\Z")

_NOTHING: Line = (-2, None, None, 0, NOWHERE, SKIP)
_IN_DOUBT: Line = (-2, None, None, 0, NOWHERE, DOUBT)
_AT_START: Line = (-2, None, None, 0, NOWHERE, START)


class Doubt(Exception):
    """This is not of the part of YAML that is understood here."""


class Lines(dict[str, Line]):
    """What each line says, worked out once: the same lines come again in every inventory."""

    def __missing__(self, line: str) -> Line:
        match = _simple(line)
        if match is not None and line.isprintable():
            found = _from_simple(*match.groups())
        else:
            found = read_line(line)
        if len(line) <= _MAX_LINE:
            if len(self) >= _MAX_LINES:
                self.clear()
            self[line] = found
        return found


def _from_simple(indent: str, dash: str | None, key: str, text: str | None) -> Line:
    """The most common lines, `key: value` and `key:`, with little to tell apart."""
    try:
        column = len(indent)
        if dash is None:
            if text is None:
                return -2, _keys[key], None, column, column, OPEN
            return column, _keys[key], _meanings[text], column, column, PAIR
        after = column + len(dash)
        if text is None:
            return -2, _keys[key], None, after, column, OPEN
        return -2, _keys[key], _meanings[text], after, column, PAIR
    except Doubt:
        return _IN_DOUBT


class _Keys(dict[str, str]):
    """Each plain key that is text as one object, so that equal keys are compared by address."""

    def __missing__(self, key: str) -> str:
        if _meaning(key).__class__ is not str:  # null, true, a number
            raise Doubt
        if len(self) < _MAX_WORDS:  # never forgotten: a kind's keys come first, and interning may be for ever
            self[key] = key = intern(key)
        return key


class _Meanings(dict[str, Any]):
    """The value of each plain scalar; spaces may follow it."""

    def __missing__(self, text: str) -> Any:
        value = _meaning(text.rstrip(" "))
        if len(text) <= _MAX_LENGTH:
            if len(self) >= _MAX_WORDS:
                self.clear()
            self[text] = value
        return value


def _meaning(text: str) -> Any:
    try:
        return resolve(text)
    except BadScalar:
        raise Doubt from None


_keys = _Keys()
_meanings = _Meanings()


def read_line(line: str) -> Line:
    """What a line without its end says."""
    match = _LINE.match(line)
    if match is None or not line.isprintable():  # tabs, invisible characters, halves of surrogate pairs
        return _without_match(line)
    indent, dash, key, plain, double, single, flow, text = match.groups()
    begin = len(indent)
    column = begin + len(dash or "")
    if key is None and dash is None:
        return _NOTHING if match.lastindex == 1 else _IN_DOUBT
    try:
        name = None if key is None else _keys[key]
        if flow is not None:
            return _with_flow(line, match.start(7), name, column, begin)
        if text is not None:
            return -2, name, text, column, begin, TEXT
        value = _scalar(plain, double, single)
    except Doubt:
        return _IN_DOUBT
    if value is BLANK:
        return (-2, name, None, column, begin, OPEN) if name is not None else _IN_DOUBT
    return (column if dash is None else -2), name, value, column, begin, PAIR


def _without_match(line: str) -> Line:
    if not line.isprintable():
        return _IN_DOUBT
    if line.startswith("#"):
        return _NOTHING
    return _AT_START if _START.match(line) is not None else _IN_DOUBT


def _with_flow(line: str, start: int, key: str | None, column: int, begin: int) -> Line:
    try:
        found = _simple_flow(line, start)
        if found is not None:
            return -2, key, found[0], column, begin, found[1]
        value, _ = read_flow(line, start)
    except Doubt:
        return -2, key, start, column, begin, UNFINISHED
    return -2, key, value, column, begin, FLOW


def _simple_flow(line: str, start: int) -> tuple[Any, int] | None:
    """The container that begins at `start`, if it is of the simplest kind and ends with the line; or None."""
    mapping = line[start] == "{"
    match = _simple_mapping(line, start) if mapping else _simple_list(line, start)
    if match is None or (match.end() != len(line) and _REST.match(line, match.end()) is None):
        return None
    if not mapping:
        return [_meanings[text] for text in _simple_items(line, start + 1, match.end())], FLAT
    kind = FLAT
    value: dict[str, Any] = {}
    entries = _simple_entries(line, start + 1, match.end())
    for key, text, quoted, brackets in entries:
        if brackets:
            inner = _simple_flow(brackets, 0)
            if inner is None:
                return None
            value[_keys[key]] = inner[0]
            kind = FLOW
        else:
            value[_keys[key]] = _meanings[text] if text else quoted[1:-1]
    if len(value) != len(entries):
        raise Doubt
    return value, kind


# --- | and > ---------------------------------------------------------------------------------------


def read_text(lines: list[str], number: int, parent: int, header: str) -> tuple[str, int]:
    """The text below a line that ends with `header`, and the number of its last line.

    `parent` is the column of the key or dash to which the text belongs. Raises Doubt: also for a text with
    nothing in it, and for lines in a `>` that are indented further than others.
    """
    column, found = -1, []
    last = number
    for at in range(number + 1, len(lines)):
        line = lines[at]
        begin = len(line) - len(line.lstrip(" "))
        if begin == len(line):
            if column >= 0 and begin > column:
                raise Doubt
            found.append("")
            continue
        if column < 0:
            column = begin
            if column <= parent or any(len(blank) > column for blank in lines[number + 1 : at]):
                raise Doubt
        if begin < column:
            break
        if not line.isprintable() or (begin > column and header[0] == ">"):
            raise Doubt
        found.append(line[column:])
        last = at
    if last == number:
        raise Doubt
    del found[last - number :]
    text = "\n".join(found) if header[0] == "|" else _folded(found)
    return (text if header[1:] or last == len(lines) - 1 else text + "\n"), last


def _folded(lines: list[str]) -> str:
    """Lines as one text: a line's end is a space, or with empty lines after it as many line ends as those."""
    parts: list[str] = []
    glue = ""
    for line in lines:
        if line:
            parts += glue, line
            glue = " "
        else:
            glue = "\n" if glue == " " else glue + "\n"
    return "".join(parts)


# --- [ … ] and { … } -------------------------------------------------------------------------------

Marks = dict[int, tuple[int, int, dict[Any, Spot]]]
"""For the id of each container: where it begins and ends, and the spots of its entries."""


def read_flow(text: str, start: int, marks: Marks | None = None) -> tuple[Any, int]:
    """The container that begins at `start`, and the offset after the line on which it ends.

    Raises Doubt, also if there is more on its last line than a comment. Fills `marks` if there is one.
    """
    value, end = _container(text, start, 1, marks)
    rest = _REST.match(text, end)
    if rest is None:
        raise Doubt
    return value, rest.end()


def _container(text: str, start: int, depth: int, marks: Marks | None) -> tuple[Any, int]:
    if depth > _MAX_FLOW_DEPTH:
        raise Doubt
    read = _list if text[start] == "[" else _mapping
    return read(text, start, depth, marks)


def _list(text: str, start: int, depth: int, marks: Marks | None) -> tuple[list[Any], int]:
    items: list[Any] = []
    spots: dict[Any, Spot] = {}
    at = start + 1
    close = ","
    while close == ",":
        match = _ITEM.match(text, at)
        if match is None:
            raise Doubt
        plain, double, single, close, bracket = match.groups()
        if bracket is not None:
            value, at, close = _nested(text, match.start(5), depth, marks)
        else:
            value = _scalar(plain, double, single)
            at = match.end()
            if value is BLANK:  # no more items, or one that is blank
                break
        if marks is not None:
            spots[len(items)] = _item_spot(match, value, marks)
        items.append(value)
    if close != "]":
        raise Doubt
    if marks is not None:
        marks[id(items)] = start, at, spots
    return items, at


def _mapping(text: str, start: int, depth: int, marks: Marks | None) -> tuple[dict[str, Any], int]:
    entries: dict[str, Any] = {}
    spots: dict[Any, Spot] = {}
    at = start + 1
    close = ","
    while close == ",":
        match = _ENTRY.match(text, at)
        if match is None:
            end = _END.match(text, at)  # no more entries
            at, close = (at, "") if end is None else (end.end(), end.group(1))
            break
        key, plain, double, single, close, bracket = match.groups()
        if key in entries:
            raise Doubt
        if bracket is not None:
            value, at, close = _nested(text, match.start(6), depth, marks)
        else:
            value = _scalar(plain, double, single)
            at = match.end()
        if marks is not None:
            spots[key] = (*match.span(1), *_item_spot(match, value, marks, 1)[2:])
        entries[_keys[key]] = value
    if close != "}":
        raise Doubt
    if marks is not None:
        marks[id(entries)] = start, at, spots
    return entries, at


def _nested(text: str, start: int, depth: int, marks: Marks | None) -> tuple[Any, int, str]:
    """A container within another, the offset after what follows it, and what that is."""
    value, end = _container(text, start, depth + 1, marks)
    comma = _COMMA.match(text, end)
    if comma is None:
        raise Doubt
    return value, comma.end(), comma.group(1)


def _scalar(plain: str | None, double: str | None, single: str | None) -> Any:
    if plain is not None:
        return _meanings[plain]
    if double is not None:
        return double
    return BLANK if single is None else single.replace("''", "'")


def _item_spot(match: re.Match[str], value: Any, marks: Marks, before: int = 0) -> Spot:
    """The spot of an item; `before` is the number of the match's groups before those of the value."""
    if match.group(before + 5) is not None:
        start, end, _ = marks[id(value)]
        return start, start + 1, start, end
    start, end = scalar_extent(match, before + 1)
    return start, end, start, end


def scalar_extent(match: re.Match[str], group: int) -> tuple[int, int]:
    """Where a scalar stands; from `group` on there are those for plain, double and single quotes."""
    plain, double, single = match.group(group, group + 1, group + 2)
    if plain is not None:
        start = match.start(group)
        return start, start + len(plain.rstrip(" "))
    if double is not None:
        return match.start(group + 1) - 1, match.end(group + 1) + 1  # with its quotes
    if single is not None:
        return match.start(group + 2) - 1, match.end(group + 2) + 1
    return (match.start(group + 3),) * 2  # blank: before what follows


def match_value(line: str, at: int) -> re.Match[str]:
    """The value at or after a column of a line that was understood.

    Groups 1 to 3 are for scalars as in `scalar_extent`, 4 is `[…]` or `{…}`, 5 is `|` or `>`.
    """
    match = _value(line, at)
    if match is None:
        raise ValueError(line)
    return match
