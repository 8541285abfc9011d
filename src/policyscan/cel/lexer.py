"""Source text to tokens: one regular expression finds them; literals are decoded and range-checked here.

In: the source of an expression. Out: `Tokens`, parallel lists of kinds, values and offsets; what is no
token is the last of them, with its CelError.
"""

from __future__ import annotations

import re
from typing import NoReturn

from policyscan.cel.errors import CelError
from policyscan.cel.hints import SYMBOLS
from policyscan.cel.values import UInt
from policyscan.records import NamedTuple

_RESERVED = (
    "as break const continue else for function if import let loop package namespace return var void while"
)
RESERVED = frozenset(_RESERVED.split())

_SCAN = re.compile(
    r"""
    (?:[ \t\n\f\r]++|//[^\n]*+)*+
    (?:(?P<string>[bB]?[rR]?(?:\"\"\"|'''|"|'))
    |(?P<ident>[_a-zA-Z][_a-zA-Z0-9]*+)
    |(?P<double>[0-9]*\.[0-9]++(?:[eE][+-]?[0-9]++)?|[0-9]++[eE][+-]?[0-9]++)
    |(?P<int>0x[0-9a-fA-F]++|[0-9]++)(?P<unsigned>[uU]?)
    |(?P<op>[=!<>]=(?!=)|&&|\|\||\*(?!\*)|!(?!==)|<(?!>)|[-+/%>?:.,()\[\]{}])
    |(?P<quoted>`[^`\n]*`)
    |(?P<eof>\Z))
    """,
    re.VERBOSE,
).match

_CLOSE = {
    "'": re.compile(r"(?:[^\\'\n\r]++|\\.)*+'", re.DOTALL).match,
    '"': re.compile(r'(?:[^\\"\n\r]++|\\.)*+"', re.DOTALL).match,
    "'''": re.compile(r"(?:[^\\']++|\\.|'(?!''))*+'''", re.DOTALL).match,
    '"""': re.compile(r'(?:[^\\"]++|\\.|"(?!""))*+"""', re.DOTALL).match,
}
_RAW_CLOSE = {
    "'": re.compile(r"[^'\n\r]*+'").match,
    '"': re.compile(r'[^"\n\r]*+"').match,
    "'''": re.compile(r"(?:[^']++|'(?!''))*+'''").match,
    '"""': re.compile(r'(?:[^"]++|"(?!""))*+"""').match,
}
_ESCAPE = re.compile(
    r"""\\(?:(?P<simple>[abfnrtv?"'`\\])
    |[xX](?P<hex>[0-9a-fA-F]{2})|u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8})
    |(?P<octal>[0-3][0-7]{2})|(?P<bad>.))""",
    re.VERBOSE | re.DOTALL,
)
_SIMPLE = dict(zip("abfnrtv?\"'`\\", "\a\b\f\n\r\t\v?\"'`\\", strict=True))
_QUOTED = re.compile(r"[a-zA-Z0-9_.\-/ ]+").fullmatch
_SURROGATE = re.compile("[\ud800-\udfff]").search
_INT_DIGITS = 20
_INT_MAX = 2**63
_UINT_MAX = 2**64 - 1
_LAST_CODE_POINT = 0x10FFFF


class Tokens(NamedTuple):
    """Parallel lists; a kind is an operator's text, ident, in, a literal's type, quoted, eof or error."""

    kinds: list[str]
    values: list[object]
    starts: list[int]
    ends: list[int]


def tokenize(source: str) -> Tokens:
    """All tokens of `source`; text that is none ends them with an `error` token that has the CelError."""
    tokens = Tokens([], [], [], [])
    try:
        _check_characters(source)
        _scan(source, tokens)
    except CelError as error:
        _append(tokens, "error", error, error.start, error.end)
    return tokens


def _check_characters(source: str) -> None:
    if not source.isascii() and (lone := _SURROGATE(source)):
        raise CelError("half of a surrogate pair is not a character", lone.start(), lone.end())


def _append(tokens: Tokens, kind: str, value: object, start: int, end: int) -> None:
    tokens.kinds.append(kind)
    tokens.values.append(value)
    tokens.starts.append(start)
    tokens.ends.append(end)


def _scan(source: str, tokens: Tokens) -> None:
    position = 0
    while True:
        found = _SCAN(source, position)
        if found is None:
            _reject(source, _after_blanks(source, position))
        group = found.lastgroup or ""
        if group == "unsigned":
            group = "int"
        start, end = found.span(group)
        text = found[group]
        if group == "op":
            _append(tokens, text, text, start, end)
        elif group == "ident":
            _append(tokens, "in" if text == "in" else group, text, start, end)
        elif group == "string":
            kind, value, end = _string(source, start, end, text)
            _append(tokens, kind, value, start, end)
        elif group == "eof":
            _append(tokens, group, "", start, end)
            return
        elif group == "quoted":
            _append(tokens, group, _field_name(text, start, end), start, end)
        else:
            end = found.end()
            kind, value = _number(group, text, found["unsigned"], start, end)
            _refuse_suffix(source, start, end)
            _append(tokens, kind, value, start, end)
        position = end


_BLANKS = re.compile(r"(?:[ \t\n\f\r]++|//[^\n]*+)*+").match


def _after_blanks(source: str, position: int) -> int:
    blanks = _BLANKS(source, position)
    return blanks.end() if blanks else position


def _reject(source: str, at: int) -> NoReturn:
    for text, hint in SYMBOLS:
        if source.startswith(text, at):
            raise CelError(
                f"unexpected {text!r}" if text.isprintable() else _unexpected(text), at, at + len(text), hint
            )
    character = source[at]
    if character.isalpha():
        raise CelError(
            f"unexpected {character!r}",
            at,
            at + 1,
            "names are ASCII letters, digits and _; other text goes in quotes",
        )
    raise CelError(_unexpected(character), at, at + 1)


def _unexpected(character: str) -> str:
    if character.isprintable():
        return f"unexpected {character!r}"
    return f"unexpected character U+{ord(character):04X}"


# Numbers


def _number(group: str, text: str, unsigned: str, start: int, end: int) -> tuple[str, object]:
    if group == "double":
        return "double", _double(text, start, end)
    value = _digits(text)
    if unsigned:
        if value > _UINT_MAX:
            raise CelError(
                "this uint does not fit in 64 bits", start, end, "the largest is 18446744073709551615u"
            )
        return "uint", UInt(value)
    if value > _INT_MAX:
        raise CelError(
            "this int does not fit in 64 bits",
            start,
            end,
            "ints go from -9223372036854775808 to 9223372036854775807",
        )
    return "int", value


def _digits(text: str) -> int:
    """The number; one with more digits than 64 bits can hold as merely too large, whatever its length."""
    if text[:2] == "0x":
        digits, base = text[2:].lstrip("0"), 16
    else:
        digits, base = text.lstrip("0"), 10
    return int(digits or "0", base) if len(digits) <= _INT_DIGITS else _UINT_MAX + 1


def _double(text: str, start: int, end: int) -> float:
    value = float(text)
    if value == float("inf"):
        raise CelError("this double is too large", start, end, "the largest is about 1.8e308")
    return value


_WORD = re.compile(r"[A-Za-z0-9_]+").match
_DURATIONS = {
    "d": "days({0})",
    "w": "days(7 * {0})",
    "h": 'duration("{0}h")',
    "m": 'duration("{0}m")',
    "s": 'duration("{0}s")',
    "ms": 'duration("{0}ms")',
}


def _refuse_suffix(source: str, start: int, end: int) -> None:
    word = _WORD(source, end)
    if word is None:
        return
    number, suffix = source[start:end], word[0]
    hint = None
    if number == "0" and suffix.startswith("X"):
        hint = f"write 0x{suffix[1:]}, with a small x"
    if suffix in _DURATIONS:
        hint = f"write {_DURATIONS[suffix].format(number)}"
    elif suffix.startswith("_"):
        hint = "digits are not grouped: write 1000, not 1_000"
    elif number == "0" and hint is None:
        hint = "numbers are decimal (10) or hexadecimal (0x1f)"
    raise CelError(f"{number + suffix!r} is not a number", start, word.end(), hint)


# Strings


def _string(source: str, start: int, end: int, opening: str) -> tuple[str, object, int]:
    quote = opening.lstrip("bBrR")
    prefix = opening[: len(opening) - len(quote)].lower()
    close = (_RAW_CLOSE if "r" in prefix else _CLOSE)[quote](source, end)
    if close is None:
        _unclosed(source, start, end, quote)
    body = source[end : close.end() - len(quote)]
    if "b" in prefix:
        return "bytes", body.encode() if "r" in prefix else _unescape_bytes(body, end), close.end()
    return "string", body if "r" in prefix or "\\" not in body else _unescape(body, end), close.end()


def _unclosed(source: str, start: int, end: int, quote: str) -> NoReturn:
    line_end = min(
        (at for at in (source.find("\n", end), source.find("\r", end)) if at >= 0), default=len(source)
    )
    if len(quote) > 1:
        raise CelError(
            f"this string has no closing {quote}", start, end, f"write {quote} after its last line"
        )
    hint = f"write {quote} after its last character"
    if line_end < len(source):
        hint = f"a string in single quotes ends on its line: write \\n, or {quote * 3} around several lines"
    elif quote == "'" and start and source[start - 1].isalnum():
        hint = "an apostrophe belongs in double quotes"
    elif source.endswith("\\" + quote):
        hint = f"\\{quote} does not close a string: write \\\\ for one backslash"
    raise CelError(f"this string has no closing {quote}", start, line_end, hint)


def _unescape(body: str, offset: int) -> str:
    def decode(found: re.Match[str]) -> str:
        group = found.lastgroup
        text = found[group or 0]
        if group == "simple":
            return _SIMPLE[text]
        if group == "bad":
            _bad_escape(found, offset)
        return _character(int(text, 8 if group == "octal" else 16), found, offset)

    return _ESCAPE.sub(decode, body)


def _character(code: int, found: re.Match[str], offset: int) -> str:
    start, end = offset + found.start(), offset + found.end()
    if code > _LAST_CODE_POINT:
        raise CelError(f"{found[0]} is not a character: the last one is \\U0010FFFF", start, end)
    if 0xD800 <= code <= 0xDFFF:
        hint = "write one character as \\U and its eight hexadecimal digits"
        raise CelError(f"{found[0]} is half of a surrogate pair, not a character", start, end, hint)
    return chr(code)


def _unescape_bytes(body: str, offset: int) -> bytes:
    parts: list[bytes] = []
    position = 0
    for found in _ESCAPE.finditer(body):
        parts.append(body[position : found.start()].encode())
        parts.append(_byte(found, offset))
        position = found.end()
    parts.append(body[position:].encode())
    return b"".join(parts)


def _byte(found: re.Match[str], offset: int) -> bytes:
    group = found.lastgroup
    text = found[group or 0]
    if group == "simple":
        return _SIMPLE[text].encode()
    if group in {"short", "long"}:
        message = f"{found[0]} stands for a character, not for a byte"
        hint = 'write bytes("…") for the bytes of a text'
        raise CelError(message, offset + found.start(), offset + found.end(), hint)
    if group == "bad":
        _bad_escape(found, offset)
    return bytes((int(text, 8 if group == "octal" else 16),))


def _bad_escape(found: re.Match[str], offset: int) -> NoReturn:
    start, end = offset + found.start(), offset + found.end()
    letter = found["bad"]
    hint = 'write \\\\ for one backslash, or r"…" for a pattern'
    if letter in "xXuU":
        digits = {"x": 2, "X": 2, "u": 4, "U": 8}[letter]
        hint = f"\\{letter} is followed by {digits} hexadecimal digits"
    elif letter.isdigit():
        hint = "an octal escape has three digits, \\000 to \\377"
    raise CelError(
        f"unknown escape \\{letter}" if letter.isprintable() else "unknown escape", start, end, hint
    )


def _field_name(text: str, start: int, end: int) -> str:
    name = text[1:-1]
    if not _QUOTED(name):
        raise CelError(
            f"{text} is not a field name", start, end,
            'a back-quoted name has letters, digits, spaces and _ . - /; other keys are written ["…"]',
        )  # fmt: skip
    return name
