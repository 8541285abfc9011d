"""The line fingerprint by which GitHub code scanning recognises an alert (`primaryLocationLineHash`).

It names a line by the 100 characters that begin with it, spaces and tabs left out, as a polynomial in base
37 modulo 2**64, followed by how often the same text has begun a line so far. The published algorithm
rolls that window over the whole file; here only the lines asked for are hashed, as few lines of a file
have findings.

In: the text of a file and lines of it. Out: a hash for each.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from operator import add

_WINDOW = 100
_BITS = (1 << 64) - 1
_FOLDS = [
    (16 << n, sum((1 << (16 << n)) - 1 << place for place in range(0, 2048, 32 << n)), 37 ** (1 << n))
    for n in range(7)
]
_END = "\uffff" + "\0" * _WINDOW  # what the published algorithm feeds in after the last character


def line_hashes(content: bytes, lines: Iterable[int]) -> dict[int, str]:
    """The fingerprint of each of some 1-based lines of a file; lines past its end have none."""
    if not content.isascii():  # a space between two halves of a broken character keeps them apart
        content = content.decode("utf-8", "replace").encode()
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    text = _units(content.translate(None, b" \t").decode())
    every = text.split("\n")
    asked = sorted({line for line in lines if line <= len(every)})
    if not asked:
        return {}
    # The lengths of the lines before, and one for the end of each, without a loop here.
    starts = list(map(add, accumulate(map(len, every), initial=0), range(asked[-1])))
    text += _END
    # Only lines that begin like one of those asked for can begin with the same window.
    alike = {every[line - 1][:_WINDOW] for line in asked}
    hashes: dict[int, str] = {}
    seen: dict[str, int] = {}  # how many of the lines so far begin with a window
    wanted = set(asked)
    for number in [n for n, line in enumerate(every[: asked[-1]], 1) if line[:_WINDOW] in alike]:
        start = starts[number - 1]
        window = text[start : start + _WINDOW]
        seen[window] = seen.get(window, 0) + 1
        if number in wanted:
            hashes[number] = f"{_polynomial(window):x}:{seen[window]}"
    return hashes


def _polynomial(window: str) -> int:
    """The polynomial of some characters. They stand side by side in one large number, of which each step
    makes one half as long: every character, pair, four, … times its power, plus the one after it."""
    value = int.from_bytes(window.encode("utf-16-be", "surrogatepass"))
    for width, evens, power in _FOLDS:
        value = (value >> width & evens) * power + (value & evens)
    return value & _BITS


def _units(text: str) -> str:
    """The text as UTF-16 code units: a character beyond the basic plane becomes its two surrogates."""
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) == 2 * len(text):
        return text
    return "".join(chr(units[i] | units[i + 1] << 8) for i in range(0, len(units), 2))
