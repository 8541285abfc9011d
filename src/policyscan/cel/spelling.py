"""Misspelt words: in, a word and those that are known; out, the one that was meant, where it can be told, or
a hint that names it; and a word as short as a message may quote it.

The one place that decides what is near enough, for expressions and for everything else that is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

LONGEST: Final = 80
"""Characters; of a longer word nobody can tell quickly what it was meant to be."""
_MOST: Final = 1_000
_NEAR: Final = 0.65
"""Of the letters of both words, this share must be in common and in order: as `fone` is near `phone`."""


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The word that looks most like a misspelt one; None if none does, or if finding out takes long."""
    from difflib import get_close_matches  # only wanted once something is wrong

    known = list(words)
    if len(word) > LONGEST or len(known) > _MOST:
        return None
    folded = {known_word.lower().replace("-", "_"): known_word for known_word in known}
    same = folded.get(word.lower().replace("-", "_"))
    if same is not None:
        return same
    found = get_close_matches(word, known, n=1, cutoff=_NEAR)
    return found[0] if found else None


def did_you_mean(word: str, words: Iterable[str]) -> str | None:
    """A hint that names the nearest word; None if none is near."""
    found = nearest(word, words)
    return f"did you mean {found}?" if found is not None else None


def clip(text: str) -> str:
    """A text as a message may quote it: its first line, and not more than 80 characters of that."""
    first = text.split("\n", 1)[0]
    return first if len(first) <= LONGEST and first == text else f"{first[:LONGEST]}…"
