"""The line fingerprint by which GitHub code scanning recognises an alert (`primaryLocationLineHash`).

It names a line by the 100 characters that begin with it, spaces and tabs left out, as a polynomial in base
37 modulo 2**64, followed by how often the same text has begun a line so far. The published algorithm
rolls that window over the whole file; here only the lines asked for are hashed, as few lines of a file
have findings.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import mul

_WINDOW = 100
_BITS = (1 << 64) - 1
_POWERS = [pow(37, _WINDOW - 1 - index, 1 << 64) for index in range(_WINDOW)]
_END = "\uffff" + "\0" * _WINDOW  # what the published algorithm feeds in after the last character


def line_hashes(content: bytes, lines: Iterable[int]) -> dict[int, str]:
    """The fingerprint of each of some 1-based lines of a file; lines past its end have none."""
    text = _units(content.decode("utf-8", "replace"))
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "")
    starts = [0]
    position = text.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = text.find("\n", position + 1)
    text += _END
    wanted = set(lines)
    seen: dict[str, int] = {}
    hashes: dict[int, str] = {}
    for number, start in enumerate(starts, 1):
        window = text[start : start + _WINDOW]
        count = seen[window] = seen.get(window, 0) + 1
        if number in wanted:
            hashes[number] = f"{sum(map(mul, map(ord, window), _POWERS)) & _BITS:x}:{count}"
    return hashes


def _units(text: str) -> str:
    """The text as UTF-16 code units: a character beyond the basic plane becomes its two surrogates."""
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) == 2 * len(text):
        return text
    return "".join(chr(units[i] | units[i + 1] << 8) for i in range(0, len(units), 2))
