"""The line fingerprint by which GitHub code scanning recognises an alert (`primaryLocationLineHash`).

It names a line by the 100 characters that begin with it, spaces and tabs left out, as a polynomial in base
37 modulo 2**64, followed by how often the same text has begun a line so far. The published algorithm
rolls that window over the whole file; here only the lines asked for are hashed, as few lines of a file
have findings.
"""

from __future__ import annotations

from collections.abc import Iterable

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
    hashes: dict[int, str] = {}
    for wanted in sorted(set(lines)):
        parts = text.split("\n", wanted - 1)
        if len(parts) < wanted:
            break
        start = len(text) - len(parts[-1])
        window = text[start : start + _WINDOW]
        if len(window) < _WINDOW:
            window = (window + _END)[:_WINDOW]
        hashes[wanted] = f"{_polynomial(window):x}:{_occurrence(text, window, start)}"
    return hashes


def _polynomial(window: str) -> int:
    """The polynomial of some characters. They stand side by side in one large number, of which each step
    makes one half as long: every character, pair, four, … times its power, plus the one after it."""
    value = int.from_bytes(window.encode("utf-16-be", "surrogatepass"))
    for width, evens, power in _FOLDS:
        value = (value >> width & evens) * power + (value & evens)
    return value & _BITS


def _occurrence(text: str, window: str, start: int) -> int:
    """How many lines up to the one at `start`, this one included, begin with the same text."""
    count = 2 if start and text.startswith(window) else 1
    needle = "\n" + window
    position = text.find(needle)
    while 0 <= position < start - 1:
        count += 1
        position = text.find(needle, position + 1)
    return count


def _units(text: str) -> str:
    """The text as UTF-16 code units: a character beyond the basic plane becomes its two surrogates."""
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) == 2 * len(text):
        return text
    return "".join(chr(units[i] | units[i + 1] << 8) for i in range(0, len(units), 2))
