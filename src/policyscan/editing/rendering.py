"""Plain values as YAML or JSON text, as it is put into a file beside what people wrote.

In: values of dicts, lists, texts, numbers, booleans and None. Out: text that every reader of YAML, of 1.1
too, takes for the same value.
"""

from __future__ import annotations

import json
from typing import Any

from policyscan.patterns import when_used

WIDTH = 110
"""Characters to which a mapping stands on one line."""
_PLAIN = when_used(r"[A-Za-z0-9_/(.+][\w ./()+@:,;%&=*'\"!?<>~^$|\[\]{}#-]*")
_IN_FLOW = frozenset(",[]{}")
_DEEPEST = 2
# What some reader of YAML takes for something else than text.
_OTHER = when_used(
    r"(?i:y|n|yes|no|on|off|true|false|null|~|\.nan|[-+]?\.inf)"
    r"|[-+]?[0-9._][0-9_,.]*(?:[eE][-+]?[0-9]+)?|0[xXoObB][0-9a-fA-F_]+|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9]*)?"
)
_DAY = when_used(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+(?:Z|[-+][0-9]{2}:[0-9]{2}))?")


def scalar(value: Any, *, flow: bool = False, quote: str = "", as_json: bool = False) -> str:
    """A single value; `quote` is the mark in which the text that it replaces stood."""
    if value.__class__ is not str or as_json:
        return json.dumps(value, ensure_ascii=False) if not isinstance(value, float) else _number(value)
    if quote == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return value if not quote and _is_plain(value, flow=flow) else _quoted(value)


def _number(value: float) -> str:
    text = repr(value)
    return text if "." in text or "e" not in text else text.replace("e", ".0e")


def _quoted(text: str) -> str:
    """A text in double quotes, whose escapes JSON and YAML share; what cannot be seen is spelt out."""
    return "".join(c if c.isprintable() else _escape(c) for c in json.dumps(text, ensure_ascii=False))


def _escape(char: str) -> str:
    """A character that cannot be seen; JSON has no escape of eight digits, and no need of one here."""
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def _is_plain(text: str, *, flow: bool) -> bool:
    """Whether a text may stand without quotes. Days and instants may: that is how people write them."""
    if _DAY.fullmatch(text):
        return True
    return (
        _PLAIN.fullmatch(text) is not None
        and _OTHER.fullmatch(text) is None
        and text.isprintable()
        and not text.endswith((" ", ":"))
        and ": " not in text
        and " #" not in text
        and not (flow and (_IN_FLOW & set(text) or ":" in text))
        and not text.startswith((".", "---", "..."))
    )


def inline(value: Any, *, as_json: bool = False) -> str:
    """A value on one line, containers as `{…}` and `[…]`."""
    if value.__class__ is dict:
        return "{" + ", ".join(pair(key, one, as_json=as_json) for key, one in value.items()) + "}"
    if value.__class__ is list:
        return "[" + ", ".join(inline(one, as_json=as_json) for one in value) + "]"
    return scalar(value, flow=True, as_json=as_json)


def pair(key: str, value: Any, *, as_json: bool = False) -> str:
    """A key with its value, as it stands in `{…}`."""
    return f"{_key(key, as_json=as_json)}: {inline(value, as_json=as_json)}"


def _key(key: str, *, as_json: bool = False) -> str:
    return scalar(key, flow=True, as_json=as_json)


def entry(key: str, value: Any, indent: int) -> list[str]:
    """The lines of a key and its value in a block mapping that is indented so far."""
    lead = " " * indent
    if fits(value, indent + len(key) + 2):
        return [f"{lead}{_key(key)}: {inline(value) if _holds(value) else scalar(value)}"]
    return [f"{lead}{_key(key)}:", *block(value, indent + 2)]


def block(value: Any, indent: int) -> list[str]:
    """The lines of a mapping or list that has something in it."""
    if value.__class__ is dict:
        return [line for key, one in value.items() for line in entry(key, one, indent)]
    return [line for one in value for line in item(one, indent)]


def item(value: Any, indent: int) -> list[str]:
    """The lines of an item of a block list whose dashes are indented so far."""
    lead = " " * indent
    if fits(value, indent + 2):
        return [f"{lead}- {inline(value) if _holds(value) else scalar(value)}"]
    first, *rest = block(value, indent + 2)
    return [f"{lead}- {first[indent + 2 :]}", *rest]


def fits(value: Any, before: int) -> bool:
    """Whether a value stands on one line after so many characters: what is long or deeply nested does not,
    nor does a list of things with several parts."""
    if not _holds(value):
        return True
    several = value.__class__ is list and any(map(_holds, value))
    return not several and _depth(value) <= _DEEPEST and before + len(inline(value)) <= WIDTH


def _depth(value: Any) -> int:
    if not _holds(value):
        return 0
    return 1 + max(map(_depth, value.values() if value.__class__ is dict else value))


def _holds(value: Any) -> bool:
    return value.__class__ in (dict, list) and bool(value)
