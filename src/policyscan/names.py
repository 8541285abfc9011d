"""What people and files are called, made equal where it looks equal."""

from __future__ import annotations

import unicodedata

# What shows nothing although it is no space: joiners, fillers, variation selectors, marks of direction.
_UNSEEN = frozenset(
    [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10),
     *range(0xE0100, 0xE01F0)]
)  # fmt: skip


def normal(text: str) -> str:
    """A text without what nobody sees: composed alike (NFKC), one space for many, nothing invisible."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(char for char in text if not _is_unseen(char))
        text = unicodedata.normalize("NFKC", text)  # what stood apart may belong together now
    return " ".join(text.split())


def person(text: str) -> str:
    """The same without case, which does not tell two people apart, nor two ids or files everywhere."""
    folded = normal(text).casefold()
    return folded if folded.isascii() else unicodedata.normalize("NFKC", folded)


def _is_unseen(char: str) -> bool:
    return unicodedata.category(char) == "Cf" or ord(char) in _UNSEEN
