"""Tokens and literals: what each form means, and where and why the others are refused."""

from __future__ import annotations

import pytest

from policyscan.cel.errors import CelError
from policyscan.cel.lexer import tokenize
from policyscan.cel.values import UInt


def literal(source: str) -> object:
    tokens = tokenize(source)
    if isinstance(tokens.values[0], CelError):
        raise tokens.values[0]
    assert tokens.kinds[1:] == ["eof"], tokens
    return tokens.values[0]


REFUSED = {
    "an int beyond 64 bits": ("9223372036854775809", "64 bits", (0, 19)),
    "a uint beyond 64 bits": ("18446744073709551616u", "64 bits", (0, 21)),
    "a number with thousands of digits": ("9" * 5000, "64 bits", (0, 5000)),
    "a double beyond its range": ("1e999", "too large", (0, 5)),
    "a duration without quotes": ("14d", "'14d' is not a number", (0, 3)),
    "grouped digits": ("1_000", "not a number", (0, 5)),
    "binary digits": ("0b101", "not a number", (0, 5)),
    "a unit of a double": ("1.5h", "not a number", (0, 4)),
    "hexadecimal without digits": ("0x", "not a number", (0, 2)),
    "a string without its end": ("'abc", "no closing '", (0, 4)),
    "a string over two lines": ("'a\nb'", "no closing '", (0, 2)),
    "a triple-quoted string without its end": ("'''a''", "no closing '''", (0, 3)),
    "a string whose quote is escaped": (r"'a\'", "no closing '", (0, 4)),
    "an unknown escape": (r"'a\q'", r"unknown escape \q", (2, 4)),
    "a short hexadecimal escape": (r"'\x4'", r"unknown escape \x", (1, 3)),
    "a short unicode escape": (r"'\u123'", r"unknown escape \u", (1, 3)),
    "a short octal escape": (r"'\12'", r"unknown escape \1", (1, 3)),
    "an octal escape beyond a byte": (r"'\400'", r"unknown escape \4", (1, 3)),
    "a high surrogate": (r"'\ud83d\ude00'", "half of a surrogate pair", (1, 7)),
    "a low surrogate in eight digits": (r"'\U0000dc00'", "half of a surrogate pair", (1, 11)),
    "a code point beyond the last": (r"'\U00110000'", "is not a character", (1, 11)),
    "a unicode escape in bytes": (r"b'\u0041'", "not for a byte", (2, 8)),
    "an unknown escape in bytes": (r"b'\q'", r"unknown escape \q", (2, 4)),
    "a lone surrogate in the text": ("'\ud800'", "surrogate", (1, 2)),
    "a quoted field with other characters": ("a.`b'c`", "not a field name", (2, 7)),
    "an empty quoted field": ("a.``", "not a field name", (2, 4)),
    "an open back quote": ("a.`b", "unexpected '`'", (2, 3)),
    "a name that is not ASCII": ("größe", "unexpected 'ö'", (2, 3)),
    "a control character": ("a \x00", "unexpected character U+0000", (2, 3)),
    "a no-break space": ("a\u00a0b", "U+00A0", (1, 2)),
}


@pytest.mark.parametrize(("source", "message", "place"), REFUSED.values(), ids=REFUSED)
def test_refuses_with_place_and_reason(source: str, message: str, place: tuple[int, int]) -> None:
    error = tokenize(source).values[-1]
    assert isinstance(error, CelError)
    assert message in error.message
    assert (error.start, error.end) == place


HINTS = {
    "14d": "days(14)",
    "0X1F": "write 0x1F",
    "2w": "days(7 * 2)",
    "90m": 'duration("90m")',
    "1_000": "1000, not 1_000",
    "a = b": "==",
    "a === b": "==",
    "a !== b": "!=",
    "a <> b": "!=",
    "a & b": "&&",
    "a | b": "||",
    "a =< b": "<=",
    "a ** b": "power",
    "a => b": "items.all(x, x > 1)",
    "a # b": "//",
    "a ; b": "semicolon",
    "$a": "without $",
    "a ≤ b": "<=",
    "a – b": "minus",
    "“a”": '"',
    "a &amp;&amp; b": "write &",
    "it's": "double quotes",
    "'a\n'": "'''",
    r"'C:\'": r"\\",
    r"'\w'": 'r"…"',
}


@pytest.mark.parametrize(("source", "hint"), HINTS.items(), ids=HINTS)
def test_says_what_to_write_instead(source: str, hint: str) -> None:
    error = tokenize(source).values[-1]
    assert isinstance(error, CelError)
    assert hint in (error.hint or "")


LITERALS = {
    "0": 0,
    "007": 7,
    "0x1F": 31,
    "0xfF": 255,
    "9223372036854775808": 2**63,  # in range only behind a minus, which the parser sees to
    "3u": UInt(3),
    "0xffffffffffffffffU": UInt(2**64 - 1),
    "1.5": 1.5,
    ".5": 0.5,
    "1e3": 1000.0,
    "2.5E-1": 0.25,
    "1e-400": 0.0,
    "''": "",
    '"a\'b"': "a'b",
    "'''it's\n\"two\" lines'''": 'it\'s\n"two" lines',
    '"""a""b"""': 'a""b',
    r"'\x41\u00e9\U0001F600\101\n\\\'\"\?\`'": "Aé😀A\n\\'\"?`",
    r"'\X4a'": "J",
    r"r'\n\''": None,
    r"r'\d+'": r"\d+",
    r'R"""\"""': "\\",
    "b'é'": "é".encode(),
    r"b'\xff\377\n'": b"\xff\xff\n",
    r"br'\xff'": rb"\xff",
    r"Br'a'": b"a",
}


@pytest.mark.parametrize(("source", "value"), [(s, v) for s, v in LITERALS.items() if v is not None], ids=str)
def test_reads_literals(source: str, value: object) -> None:
    found = literal(source)
    assert found == value
    assert type(found) is type(value)


def test_a_raw_string_ends_at_its_first_quote() -> None:
    assert tokenize(r"r'\n\' + 'b'").values[:3] == ["\\n\\", "+", "b"]


def test_tokens_know_their_places() -> None:
    tokens = tokenize("a // note\n  >= 'x'")
    assert tokens.kinds == ["ident", ">=", "string", "eof"]
    assert list(zip(tokens.starts, tokens.ends, strict=True)) == [(0, 1), (12, 14), (15, 18), (18, 18)]


def test_operators_are_told_apart_without_blanks() -> None:
    assert tokenize("a<=b!=!c&&d||-e?.1:x.`a-b`[?0]").kinds == [
        "ident", "<=", "ident", "!=", "!", "ident", "&&", "ident", "||", "-", "ident", "?", "double", ":",
        "ident", ".", "quoted", "[", "?", "int", "]", "eof",
    ]  # fmt: skip


@pytest.mark.parametrize("source", ["'" * 50_001, "`" * 50_001, "/" * 99_999, "b" * 99_999 + "'"])
def test_hostile_text_ends_quickly_in_tokens_or_an_error(source: str) -> None:
    assert tokenize(source).kinds[-1] in {"eof", "error"}
