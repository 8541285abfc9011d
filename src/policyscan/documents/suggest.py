"""Did you mean …? The nearest of some words to a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The word that looks most like a misspelt one; None if none does."""
    from difflib import get_close_matches  # only wanted once something is wrong

    known = list(words)
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
