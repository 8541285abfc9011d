"""Inventories as YAML for readers: what is short on one line, dates and instants without quotes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from policyscan.policytest.cases import BLANK, MISSING

_WIDTH = 100
_PLAIN = re.compile(r"[A-Za-z0-9][\w./@+: -]*")
_OTHER = re.compile(r"true|false|null|[-+]?[0-9]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def as_yaml(value: Any) -> str:
    """A mapping in block style, nothing for an empty one; `$blank` becomes a key with nothing after it, and
    keys that are `$missing` are left out."""
    return "".join(f"{line}\n" for line in _lines(value)) if value else ""


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if item != MISSING:
                yield from _entry(f"{_scalar(key)}:", item, "  " if isinstance(item, dict) else "")
    else:
        for item in value:
            yield from _entry("-", item, "  ")


def _entry(lead: str, value: Any, indent: str) -> Iterator[str]:
    """A key or dash with its value, on one line where that is short and simple enough."""
    if value == BLANK:
        yield lead
        return
    line = f"{lead} {_flow(value)}"
    if not isinstance(value, dict | list) or (_is_simple(value) and len(line) <= _WIDTH):
        yield line
    elif lead == "-":
        first, *rest = _lines(value)
        yield f"- {first}"
        yield from (f"{indent}{one}" for one in rest)
    else:
        yield lead
        yield from (f"{indent}{one}" for one in _lines(value))


def _is_simple(value: Any) -> bool:
    """Whether a mapping or list holds scalars, and lists of scalars, only; nothing that is blank."""
    items = value.values() if isinstance(value, dict) else value
    scalars = [item for part in items for item in (part if isinstance(part, list) else [part])]
    return not any(isinstance(item, dict | list) or item == BLANK for item in scalars)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        entries = (f"{_scalar(key)}: {_flow(item)}" for key, item in value.items() if item != MISSING)
        return "{" + ", ".join(entries) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    """A scalar, in quotes where it would be read as something else without."""
    if not isinstance(value, str):
        return json.dumps(value)
    if not _PLAIN.fullmatch(value) or ": " in value or value[-1] in ": " or _OTHER.fullmatch(value):
        return json.dumps(value, ensure_ascii=False)
    return value
