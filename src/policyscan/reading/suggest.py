"""What messages say of a misspelt word: the word, kept short, and the nearest one that is known."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 80
_MOST = 1_000


def clip(text: str) -> str:
    """A text as a message may quote it: its first line, and not more than 80 characters of that."""
    first = text.split("\n", 1)[0]
    return first if len(first) <= _LONGEST and first == text else f"{first[:_LONGEST]}…"


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The word that looks most like a misspelt one; None if none does, or if finding out takes long."""
    from difflib import get_close_matches  # only wanted once something is wrong

    known = list(words)
    if len(word) > _LONGEST or len(known) > _MOST:
        return None
    folded = {known_word.lower().replace("-", "_"): known_word for known_word in known}
    same = folded.get(word.lower().replace("-", "_"))
    if same is not None:
        return same
    found = get_close_matches(word, known, n=1, cutoff=0.7)
    return found[0] if found else None


def did_you_mean(word: str, words: Iterable[str]) -> str | None:
    """A hint that names the nearest word; None if none is near."""
    found = nearest(word, words)
    return f"did you mean {found}?" if found is not None else None
