"""What messages say of a misspelt word: the word, kept short, and the nearest one that is known.

In: a word and those that are known. Out: text for a message, None where nothing is near.
"""

from __future__ import annotations

from collections.abc import Iterable

from policyscan.cel.spelling import LONGEST, nearest

__all__ = ["clip", "did_you_mean", "nearest"]


def clip(text: str) -> str:
    """A text as a message may quote it: its first line, and not more than 80 characters of that."""
    first = text.split("\n", 1)[0]
    return first if len(first) <= LONGEST and first == text else f"{first[:LONGEST]}…"


def did_you_mean(word: str, words: Iterable[str]) -> str | None:
    """A hint that names the nearest word; None if none is near."""
    found = nearest(word, words)
    return f"did you mean {found}?" if found is not None else None
