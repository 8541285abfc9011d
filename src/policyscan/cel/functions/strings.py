"""The strings extension: parts of a text, its case, splitting and joining, quoting and formatting.

In: texts and, to format, values. Out: texts and lists of texts, counted in characters; one that would be
too long is a Fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from policyscan.cel import budget
from policyscan.cel.equality import BoolKey
from policyscan.cel.errors import Fault
from policyscan.cel.functions.standard import text_of, text_of_double
from policyscan.cel.registry import Function, Overload
from policyscan.cel.types import DYN, INT, STRING, List
from policyscan.cel.values import Duration, TypeValue, UInt, type_name
from policyscan.records import NamedTuple

TEXT_LIMIT: Final = 1_000_000
"""Characters of a text that a function may make."""

# Unicode's white space, as Go and so every other CEL trims it; str.strip takes four control characters more.
_SPACES: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_UPPER: Final = {code + 32: code for code in range(ord("A"), ord("Z") + 1)}


def _out_of_range(index: int) -> Fault:
    return Fault(f"index out of range: {index}")


def _too_long() -> Fault:
    return Fault(f"this would make a text of more than {TEXT_LIMIT} characters")


def _char_at(text: str, index: int) -> str:
    if not 0 <= index <= len(text):
        raise _out_of_range(index)
    return text[index : index + 1]


def index_of(text: str, part: str, start: int = 0) -> int:
    """Where `part` first stands in `text` from `start` on, or -1."""
    if not 0 <= start <= len(text):
        raise _out_of_range(start)
    budget.search(text, part)
    return text.find(part, start)


def last_index_of(text: str, part: str) -> int:
    """Where `part` last stands in `text`, or -1."""
    budget.search(text, part)
    return text.rfind(part)


def last_index_of_before(text: str, part: str, last: int) -> int:
    """Where `part` last stands in `text` at or before `last`, or -1."""
    if not 0 <= last <= len(text):
        raise _out_of_range(last)
    budget.search(text, part)
    return text.rfind(part, 0, last + len(part))


def _lower_ascii(text: str) -> str:
    budget.read(text, 128)
    return text.translate(_LOWER)


def _upper_ascii(text: str) -> str:
    budget.read(text, 128)
    return text.translate(_UPPER)


def _replace(text: str, old: str, new: str) -> str:
    return _replace_some(text, old, new, -1)


def _replace_some(text: str, old: str, new: str, limit: int) -> str:
    budget.search(text, old)
    count = text.count(old) if limit < 0 else min(limit, text.count(old))
    budget.spend(count // 32)
    if len(text) + count * (len(new) - len(old)) > TEXT_LIMIT:
        raise _too_long()
    replaced = text.replace(old, new, count)
    budget.made(replaced)
    return replaced


def _split(text: str, separator: str) -> list[str]:
    budget.search(text, separator)
    budget.spend((text.count(separator) if separator else len(text)) // 4)
    return text.split(separator) if separator else list(text)


def _split_some(text: str, separator: str, limit: int) -> list[str]:
    if limit < 0:
        return _split(text, separator)
    if limit == 0:
        return []
    budget.search(text, separator)
    budget.spend(min(limit, len(text)) // 4)
    budget.made(text)
    if separator:
        return text.split(separator, limit - 1)
    head = list(text[: limit - 1])
    return head if len(text) < limit else [*head, text[limit - 1 :]]


def _substring_from(text: str, start: int) -> str:
    if not 0 <= start <= len(text):
        raise _out_of_range(start)
    return _part(text[start:])


def _substring(text: str, start: int, end: int) -> str:
    for index in (start, end):
        if not 0 <= index <= len(text):
            raise _out_of_range(index)
    if start > end:
        msg = f"a part of a text cannot end before it starts: {start} to {end}"
        raise Fault(msg)
    return _part(text[start:end])


def _part(text: str) -> str:
    """A part of a text, paid for."""
    budget.made(text)
    return text


def _trim(text: str) -> str:
    budget.read(text, 64)
    return text.strip(_SPACES)


def reverse_text(text: str) -> str:
    """The characters of `text` from last to first."""
    return _part(text[::-1])


def _join(items: list[Any]) -> str:
    return _join_with(items, "")


def _join_with(items: list[Any], separator: str) -> str:
    budget.visited(items, 16)
    for item in items:
        if type(item) is not str:
            msg = f"join() puts texts together; one of these is a {type_name(item)}"
            raise Fault(msg)
    if sum(map(len, items)) + len(items) * len(separator) > TEXT_LIMIT:
        raise _too_long()
    return _part(separator.join(items))


_QUOTES: Final = str.maketrans(
    {
        "\a": "\\a",
        "\b": "\\b",
        "\f": "\\f",
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\v": "\\v",
        "\\": "\\\\",
        '"': '\\"',
    }
)


def _quote(text: str) -> str:
    if 2 * len(text) > TEXT_LIMIT:
        raise _too_long()
    budget.read(text, 32)
    return f'"{text.translate(_QUOTES)}"'


# format()


class _Clause(NamedTuple):
    verb: str
    precision: int


_PRECISION_LIMIT: Final = 1000
_DEFAULT_PRECISION: Final = 6


def _format(template: str, args: list[Any]) -> str:
    parts: list[str] = []
    used, length = 0, 0
    for part in _parts(template):
        if isinstance(part, str):
            parts.append(part)
            continue
        budget.spend(1)
        if used >= len(args):
            msg = f"the text has a clause for argument {used + 1}, but there are {len(args)}"
            raise Fault(msg)
        parts.append(_VERBS[part.verb](args[used], part))
        used += 1
        length += len(parts[-1])
        budget.made(parts[-1])
        if length > TEXT_LIMIT:
            raise _too_long()
    return _part("".join(parts))


def _parts(template: str) -> Iterator[str | _Clause]:
    """The clauses of a template, and the text between them."""
    position = 0
    while (percent := template.find("%", position)) >= 0:
        yield template[position:percent]
        if template.startswith("%%", percent):
            yield "%"
            position = percent + 2
            continue
        clause, position = _clause(template, percent)
        yield clause
    yield template[position:]


def clauses(template: str) -> list[str]:
    """The verbs of a template's clauses, in order; Fault where one is malformed."""
    return [part.verb for part in _parts(template) if isinstance(part, _Clause)]


def _clause(template: str, percent: int) -> tuple[_Clause, int]:
    at, precision = percent + 1, _DEFAULT_PRECISION
    if template.startswith(".", at):
        end = at + 1
        while end < len(template) and template[end] in "0123456789":
            end += 1
        digits = template[at + 1 : end]
        if not digits or len(digits) > 4 or int(digits) > _PRECISION_LIMIT:
            msg = f"a precision is a number up to {_PRECISION_LIMIT}: {template[percent:end]!r}"
            raise Fault(msg)
        at, precision = end, int(digits)
    verb = template[at : at + 1]
    if verb not in _VERBS:
        msg = f"{template[percent : at + 1]!r} is not one of %s, %d, %f, %e, %b, %o, %x, %X and %%"
        raise Fault(msg)
    return _Clause(verb, precision), at + 1


def _refuse(value: Any, clause: _Clause, wanted: str) -> Fault:
    return Fault(f"%{clause.verb} takes {wanted}, not a {type_name(value)}")


def _is_whole(value: Any) -> bool:
    return type(value) is int or type(value) is UInt


def _is_not_finite(value: Any) -> bool:
    return type(value) is float and value - value != 0


def _as_text(value: Any, _clause: _Clause) -> str:
    return plain(value)


def plain(value: Any) -> str:
    """A value as `%s` shows it, strings in lists without quotes and maps by their keys' text."""
    kind = type(value)
    if kind is list or kind is dict:
        return _plain_container(value, [TEXT_LIMIT], 0)
    if value is None:
        return "null"
    if kind is bytes:
        return str(value.decode(errors="replace"))
    if kind is Duration:
        return str(value.seconds)
    if isinstance(value, TypeValue | BoolKey):
        return value.name if isinstance(value, TypeValue) else str(value)
    return text_of(value)


_DEPTH: Final = 32


def _plain_container(value: Any, left: list[int], depth: int) -> str:
    """The text of a list or map; `left` counts down the characters that it may still have."""
    if depth > _DEPTH:
        msg = f"values nested more than {_DEPTH} levels cannot be formatted"
        raise Fault(msg)
    budget.spend(len(value) + 1)

    def part(item: Any) -> str:
        if type(item) is list or type(item) is dict:
            return _plain_container(item, left, depth + 1)
        text = plain(item)
        left[0] -= len(text) + 2
        if left[0] < 0:
            raise _too_long()
        return text

    if type(value) is list:
        left[0] -= 2
        return f"[{', '.join(map(part, value))}]"
    entries = sorted((plain(key), part(item)) for key, item in value.items())
    return f"{{{', '.join(f'{key}: {item}' for key, item in entries)}}}"


def _as_decimal(value: Any, clause: _Clause) -> str:
    if _is_whole(value):
        return str(int(value))
    if _is_not_finite(value):
        return text_of_double(value)
    raise _refuse(value, clause, "an int or a uint")


def _as_fixed(value: Any, clause: _Clause) -> str:
    return _as_double(value, clause, "f")


def _as_scientific(value: Any, clause: _Clause) -> str:
    return _as_double(value, clause, "e")


def _as_double(value: Any, clause: _Clause, style: str) -> str:
    if not (_is_whole(value) or type(value) is float):
        raise _refuse(value, clause, "a number")
    if _is_not_finite(value):
        return text_of_double(value)
    return f"{float(value):.{clause.precision}{style}}"


def _as_binary(value: Any, clause: _Clause) -> str:
    if type(value) is bool:
        return "1" if value else "0"
    if not _is_whole(value):
        raise _refuse(value, clause, "an int, a uint or a bool")
    return f"{int(value):b}"


def _as_octal(value: Any, clause: _Clause) -> str:
    if not _is_whole(value):
        raise _refuse(value, clause, "an int or a uint")
    return f"{int(value):o}"


def _as_hex(value: Any, clause: _Clause) -> str:
    if _is_whole(value):
        return f"{int(value):{clause.verb}}"
    if type(value) is str:
        value = value.encode()
    if type(value) is not bytes:
        raise _refuse(value, clause, "an int, a uint, a text or bytes")
    return str(value.hex() if clause.verb == "x" else value.hex().upper())


_VERBS: Final = {
    "s": _as_text,
    "d": _as_decimal,
    "f": _as_fixed,
    "e": _as_scientific,
    "b": _as_binary,
    "o": _as_octal,
    "x": _as_hex,
    "X": _as_hex,
}


FUNCTIONS: Final = (
    Function(
        "charAt",
        (Overload((STRING, INT), STRING, _char_at, True),),
        "The character at an index; the empty text at the index after the last.",
        ('"abc".charAt(1) == "b"', '"abc".charAt(3) == ""'),
    ),
    Function(
        "lowerAscii",
        (Overload((STRING,), STRING, _lower_ascii, True, total=True),),
        "The text with the letters A to Z made small, and nothing else changed.",
        ('"Win-ÄB".lowerAscii() == "win-Äb"',),
    ),
    Function(
        "upperAscii",
        (Overload((STRING,), STRING, _upper_ascii, True, total=True),),
        "The text with the letters a to z made capital, and nothing else changed.",
        ('"win-äb".upperAscii() == "WIN-äB"',),
    ),
    Function(
        "replace",
        (
            Overload((STRING, STRING, STRING), STRING, _replace, True),
            Overload((STRING, STRING, STRING, INT), STRING, _replace_some, True),
        ),
        "The text with one part replaced by another, everywhere or the first so many times.",
        ('"a-b-c".replace("-", "+") == "a+b+c"', '"a-b-c".replace("-", "+", 1) == "a+b-c"'),
    ),
    Function(
        "split",
        (
            Overload((STRING, STRING), List(STRING), _split, True, total=True),
            Overload((STRING, STRING, INT), List(STRING), _split_some, True, total=True),
        ),
        "The parts of the text between a separator, all or at most so many; an empty separator splits"
        " into characters.",
        ('"a,b,c".split(",") == ["a", "b", "c"]', '"a,b,c".split(",", 2) == ["a", "b,c"]'),
    ),
    Function(
        "substring",
        (
            Overload((STRING, INT), STRING, _substring_from, True),
            Overload((STRING, INT, INT), STRING, _substring, True),
        ),
        "The part of the text from one index up to, but without, another.",
        ('"KB5031354".substring(2) == "5031354"', '"abcde".substring(1, 3) == "bc"'),
    ),
    Function(
        "trim",
        (Overload((STRING,), STRING, _trim, True, total=True),),
        "The text without the white space at its ends.",
        ('"  a b\\n".trim() == "a b"',),
    ),
    Function(
        "join",
        (
            Overload((List(STRING),), STRING, _join, True),
            Overload((List(STRING), STRING), STRING, _join_with, True),
        ),
        "The texts of a list put together, with another between them.",
        ('["a", "b"].join(", ") == "a, b"', '[].join() == ""'),
    ),
    Function(
        "format",
        (Overload((STRING, List(DYN)), STRING, _format, True),),
        "The text with its clauses replaced by the values of a list: `%s` anything, `%d` a whole number,"
        " `%.2f` and `%.2e` a number with so many digits, `%b`, `%o`, `%x` and `%X` another base,"
        " `%%` a percent sign.",
        ('"%s: %d of %d".format(["acme", 3, 4]) == "acme: 3 of 4"', '"%.1f%%".format([12.345]) == "12.3%"'),
        asks="parts",
    ),
    Function(
        "strings.quote",
        (Overload((STRING,), STRING, _quote),),
        "The text in double quotes, with escapes where CEL needs them.",
        ('strings.quote(\'say "hi"\') == \'"say \\\\"hi\\\\""\'',),
    ),
)
