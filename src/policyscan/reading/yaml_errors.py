"""The YAML parsers' complaints in plain words, at the place where a person has to look.

In: what a parser raised, and the text. Out: a DocumentError with its place and what to write instead.
"""

from __future__ import annotations

import re
from typing import Any

from policyscan.errors import DocumentError
from policyscan.reading.limits import MAX_KEY
from policyscan.records import NamedTuple
from policyscan.source import Source


class _Words(NamedTuple):
    """How to say what a parser calls `fragment`; `opening` points at where the construct began."""

    fragment: str
    message: str
    hint: str
    opening: bool = False


_TAB = _Words("", "a tab stands where YAML needs spaces", "indent with spaces only")
QUOTE_IT = "put the whole value in quotes"
"""What helps where YAML gives a character of a text a meaning of its own."""
_INDENT = "keys of one mapping and items of one list start in the same column; a text with ': ' needs quotes"
_WORDS = (
    _Words("violates indentation", _TAB.message, _TAB.hint),
    _Words("where an indentation space is expected", _TAB.message, _TAB.hint),
    _Words("where an intendation space is expected", _TAB.message, _TAB.hint),
    _Words("unexpected end of stream", "the quote that opens here is never closed", "close the quote", True),
    _Words(
        "unexpected document indicator", "the quote that opens here is never closed", "close the quote", True
    ),
    _Words("mapping values are not allowed", "a key cannot stand here: a second ': ' in one value", _INDENT),
    _Words(
        "could not find expected ':'",
        "this is neither 'key: value' nor a list item",
        "a key needs a colon and a space after it; a list item starts with '- '",
        True,
    ),
    _Words("did not find expected key", "this does not line up with what stands above it", _INDENT),
    _Words("expected <block end>", "this does not line up with what stands above it", _INDENT),
    _Words("expected '-' indicator", "this does not line up with the list above it", _INDENT),
    _Words(
        "block sequence entries are not allowed",
        "a list item cannot start here",
        "start the list on its own line",
    ),
    _Words(
        "',' or '}'", "a comma or } is missing before this", "each { needs its }, and commas between entries"
    ),
    _Words(
        "',' or ']'", "a comma or ] is missing before this", "each [ needs its ], and commas between items"
    ),
    _Words("node content", "a value is missing before this", QUOTE_IT + " if this belongs to it"),
    _Words(
        "unknown escape character",
        "a backslash starts an escape here that YAML does not know",
        "use single quotes, in which a backslash is just a backslash",
    ),
    _Words(
        "invalid Unicode character escape",
        "this escape is half of a surrogate pair, not a character",
        "write the character itself",
    ),
    _Words("expected hexdecimal", "this escape needs hexadecimal digits", "write the character itself"),
    _Words("escape sequence of", "this escape needs hexadecimal digits", "write the character itself"),
    _Words(
        "alphabetic or numeric",
        "* and & begin an alias and an anchor, and a name has to follow",
        QUOTE_IT + ": '*.yaml'",
    ),
    _Words("<document start>", "this text is not part of the document above it", _INDENT),
    _Words(
        "undefined tag handle", "a value that begins with ! is a tag, and this one is not defined", QUOTE_IT
    ),
    _Words("long version number", "this version of YAML is not known", "delete the %YAML line"),
    _Words("incompatible YAML document", "this version of YAML is not known", "delete the %YAML line"),
)
_CANNOT_START = "cannot start any token"
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")
_BETWEEN_KEYS = re.compile(r"[\n\r{}\[\]]|: ")
_SEPARATORS = re.compile("[\x85\u2028\u2029]")


def line_separator(source: Source) -> DocumentError | None:
    """The first character that parsers take for the end of a line and editors do not."""
    found = _SEPARATORS.search(source.text)
    return None if found is None else _forbidden(source, found)


def _forbidden(source: Source, found: re.Match[str]) -> DocumentError:
    code = ord(found.group())
    hint = "delete it"
    if code == 0:
        hint = "the file is not text, or was saved as UTF-16 without a byte-order mark: save it as UTF-8"
    elif code in {0x85, 0x2028, 0x2029}:
        hint = f'delete it, or write it as "\\u{code:04x}" in double quotes'
    return DocumentError(
        f"the invisible character U+{code:04X} may not stand in a file",
        at=source.span(found.start(), found.end()),
        hint=hint,
    )


ODD_SPACE = re.compile("(?:^ *(?:- ?)?|:)([\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000])", re.MULTILINE)
"""A space at the beginning of a line or after a colon, where people see the one that YAML wants."""


def odd_space(found: re.Match[str], source: Source, start: int = 0) -> DocumentError:
    """What to tell of one, `start` being the offset of the text in which it was found."""
    char = found.group(1)
    name = "a no-break space" if char in "\u00a0\u202f" else "a space of another kind"
    return DocumentError(
        f"{name} (U+{ord(char):04X}) stands where YAML needs a plain one",
        at=source.span(start + found.start(1), start + found.end(1)),
        hint="write the spaces anew: they come from a web page or a text program",
    )


def _odd_space_near(source: Source, opening: Any, at: int) -> DocumentError | None:
    """An odd space in the lines from where something began up to where it went wrong."""
    text = source.text
    first = min(opening.index, at) if opening is not None else at
    begin, end = text.rfind("\n", 0, first) + 1, text.find("\n", at)
    found = ODD_SPACE.search(text, begin, len(text) if end < 0 else end)
    return None if found is None else odd_space(found, source)


def in_plain_words(error: Any, source: Source) -> DocumentError:
    """A parser's error as one of ours."""
    if (found := _FORBIDDEN.search(source.text)) is not None and not hasattr(error, "problem"):
        return _forbidden(source, found)
    problem = str(getattr(error, "problem", None) or error)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    at = min(mark.index, len(source.text)) if mark is not None else 0
    opening = getattr(error, "context_mark", None)
    if not source.text.isascii() and (odd := _odd_space_near(source, opening, at)) is not None:
        return odd
    if _CANNOT_START in problem:
        return _bad_start(source, at)
    if _ends_long_key(source.text, at):
        return _long_key(source, at)
    for words in _WORDS:
        if words.fragment in problem:
            return _say(words, source, at, opening)
    return DocumentError(f"this is not YAML: {problem}", at=source.span(at, at + 1))


def _say(words: _Words, source: Source, at: int, opening: Any) -> DocumentError:
    message = words.message
    missing_end = "',' or" in words.fragment
    at_end = not source.text[at:].strip()
    if at_end and words.fragment == "node content":
        message = "the file ends here, but a [ or { before it is not closed"
    elif opening is not None and (words.opening or (missing_end and at_end)):
        at = min(opening.index, len(source.text))
        if missing_end:
            message = f"the {source.text[at : at + 1]} that opens here is never closed"
    elif missing_end and opening is not None:
        line, _ = source.position(opening.index)
        message = f"{message} (opened on line {line})"
    return DocumentError(message, at=source.span(at, min(at + 1, len(source.text))), hint=words.hint)


def _ends_long_key(text: str, at: int) -> bool:
    """Whether a colon stands here to which YAML does not look back: a key begins at most that far before."""
    before = text[max(0, at - MAX_KEY) : at]
    return text[at : at + 1] == ":" and len(before) == MAX_KEY and not _BETWEEN_KEYS.search(before)


def _long_key(source: Source, at: int) -> DocumentError:
    return DocumentError(
        f"this colon ends a key of more than {MAX_KEY:,} characters, which YAML does not read",
        at=source.span(at, at + 1),
        hint="shorten the key, or put quotes around all of this if it is one text",
    )


def _bad_start(source: Source, at: int) -> DocumentError:
    char = source.text[at : at + 1]
    span = source.span(at, at + 1)
    if char == "\t":
        return DocumentError(_TAB.message, at=span, hint=_TAB.hint)
    return DocumentError(f"a value cannot begin with {char}", at=span, hint=QUOTE_IT)
