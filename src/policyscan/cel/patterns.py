r"""Patterns, in the one dialect that there is here: RE2, whose matching takes linear time.

In: the text of a pattern. Out: a function of a text that says whether the pattern is in it; BadPattern
where it is none.

What a pattern means does not depend on where it stands, in an expression or in a kind's schema: `\d` is
one of the ten digits, `\p{L}` any letter, `$` the end of the text alone. Groups keep nothing: what they would
have matched is never asked for, and remembering it takes memory that grows with the square of their number.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

_MOST_MEMORY: Final = 8 << 20  # bytes, of one pattern and of what is remembered while it matches
_NO_ENGINE: Final = (
    "patterns need the package google-re2, which is not installed here: pip install google-re2"
)


class BadPattern(ValueError):
    """A text that is no pattern, with the reason in words and, where one is known, what to write instead."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


_HINTS: Final = (
    ("missing ]", "close [ with ]; for the sign itself write [[]"),
    ("missing )", "close ( with ); for the sign itself write [(]"),
    ("unexpected )", "no ( stands before it: leave it out, or write [)] for the sign itself"),
    ("no argument for repetition", "*, + and ? repeat what stands before them: write .* for anything"),
    ("bad repetition operator", "leave one of the two out: + and * already take as much as they can"),
    ("invalid repetition size", "a part is repeated at most 1000 times, and the smaller number comes first"),
    ("invalid perl operator: (?P", "a pattern cannot ask for what a group matched"),
    ("invalid perl operator", "a pattern cannot look ahead or behind: ask for the two parts apart"),
    ("invalid escape sequence: \\Z", "write $ for the end of the text"),
    ("invalid escape sequence: \\u", "write the character itself"),
    (
        "invalid escape sequence",
        "a pattern knows \\d, \\s, \\w, \\b; write [.] for a full stop, [/] for a slash",
    ),
    ("invalid character class range: \\p", "classes of letters are written \\p{L}, \\p{Lu}, \\p{Greek}"),
    ("invalid character class range: [:", "write [[:alpha:]], [[:digit:]], [[:alnum:]] or [[:space:]]"),
    (
        "invalid character class range",
        "the smaller character comes first; - stands last where it is meant itself",
    ),
    ("trailing \\", "write [\\\\] for one backslash"),
)
"""How reasons of the engine begin, and what to write instead; the first that fits holds."""


def _hint(reason: str) -> str | None:
    return next((hint for start, hint in _HINTS if reason.startswith(start)), None)


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Callable[[str], bool]:
    """Whether a text has a part that fits the pattern, as a function; BadPattern where it is none."""
    try:
        import re2
    except ImportError:  # there is no wheel of it for every machine
        raise BadPattern(_NO_ENGINE) from None

    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = _MOST_MEMORY
    try:
        made = re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else "it is malformed"
        text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        msg = f"{pattern!r} is not a pattern: {text}"
        raise BadPattern(msg, _hint(text)) from None
    except UnicodeEncodeError:
        msg = f"{pattern!r} is not a pattern: it has half of a surrogate pair in it"
        raise BadPattern(msg) from None
    return _searching(made)


def _searching(made: Any) -> Callable[[str], bool]:
    """The search of a compiled pattern, quicker than the package's own, which says where it fits."""
    regexp, anywhere = getattr(made, "_regexp", None), _unanchored()
    if regexp is None or anywhere is None:
        return lambda text: made.search(text) is not None

    def search(text: str) -> bool:
        data = text.encode()
        found: bool = regexp.Match(anywhere, data, 0, len(data))[0] != _NOWHERE
        return found

    return search


_NOWHERE: Final = (-1, -1)


def _unanchored() -> Any:
    import re2

    return getattr(getattr(re2, "_Anchor", None), "UNANCHORED", None)
