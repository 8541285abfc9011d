"""A glance: what files of inventories are called, and what their text may say, before anything is parsed.

In comes a name or a text, out comes whether it is worth reading; what only looks like it does no harm. How
each format spells a key and its value stands here and in its reader, nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

SUFFIXES = (".yaml", ".yml", ".json")  # in capitals too, as some systems write them
WORKBOOKS = (".xlsx",)
TABLES = (".csv", *WORKBOOKS)
NO_TABLES = (".xls", ".xlsm", ".xlsb", ".ods", ".tsv", ".numbers")
# Where a document may say its kind, in blocks, in braces and in JSON. What has to stand before the word is
# looked at afterwards: Python finds a word twenty times as fast as the beginnings of lines.
_KIND = re.compile(r"""kind["']?[ \t]*:[ \t\r\n]{0,9}["']?([\w-]+)""")


def is_workbook(name: str) -> bool:
    """Whether a file is named as workbooks are."""
    return name.lower().endswith(WORKBOOKS)


def kinds_said(text: str) -> Iterator[str]:
    """Every kind that a document of a text may say that it is of."""
    match = _KIND.search(text)
    while match is not None:
        begins = _begins(text, match.start())
        if begins:
            yield match[1]
        match = _KIND.search(text, match.end() if begins else match.start() + 1)


def _begins(text: str, at: int) -> bool:
    """Whether a key may begin at an offset: after its quote and some space a line, a brace or a comma."""
    at -= text[at - 1 : at] in ("'", '"')
    while text[at - 1 : at] in (" ", "\t"):
        at -= 1
    return at == 0 or text[at - 1] in "\n{,"


def says_kind(text: str, kind: str) -> bool:
    """Whether a text may hold a document of a kind."""
    return kind in text and kind in kinds_said(text)


def says_id(text: str, ident: str, name: str = "id") -> bool:
    """Whether a text may hold a document with an id."""
    pattern = rf"""\b{re.escape(name)}["']?\s*:\s*["']?{re.escape(ident)}(?![\w.@+:-])"""
    return re.search(pattern, text) is not None
