"""How lines for people are laid out: wrapped at words, padded, side by side, counted in cells of a terminal.

In: texts of one line. Out: lines that are no wider than asked for, in which wide characters take two cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policyscan.display import cells

NARROWEST = 16
"""Cells that a column of text has at least: below, nothing can be read, and a terminal wraps by itself."""


def wrapped(text: str, width: int | None) -> list[str]:
    """`text` in lines of at most `width` cells, broken at blanks, or within a word that is wider; None never
    breaks. There is always one line, which may be empty."""
    if width is None or cells(text) <= width:
        return [text]
    lines: list[str] = []
    for word in text.split(" "):
        if lines and cells(lines[-1]) + 1 + cells(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines += _broken(word, width)
    return lines


def _broken(word: str, width: int) -> list[str]:
    """A word in parts of at most `width` cells, as a path or a sentence without blanks may need it."""
    parts, start = [], 0
    while start < len(word):
        end = start + max(width // 2, 1)  # no character takes more than two cells
        while end < len(word):
            room = width - cells(word[start:end])
            if room < 2 and cells(word[start : end + 1]) > width:
                break
            end += max(room // 2, 1)
        parts.append(word[start:end])
        start = end
    return parts or [""]


def clipped(text: str, width: int) -> str:
    """`text` in at most `width` cells: what is longer ends at a blank, with an ellipsis. Of marks that take
    no cell at most three for each cell are kept."""
    text, rest = text[: 4 * width], text[4 * width :]
    return text if not rest and cells(text) <= width else f"{wrapped(text, width - 1)[0]}…"


def brief(text: str, width: int) -> str:
    """`text` in at most `width` cells: as many of its sentences as fit, or part of the first."""
    shown = text[: 4 * width]
    if shown == text and cells(text) <= width:
        return text
    first, *rest = shown.split(". ")
    kept = f"{first}."
    for sentence in rest:
        if cells(f"{kept} {sentence}.") > width:
            break
        kept += f" {sentence}."
    return clipped(kept, width)


def padded(text: str, width: int) -> str:
    """`text` with blanks up to `width` cells; longer as it is."""
    return text + " " * (width - cells(text))


def widest(texts: Iterable[str]) -> int:
    """The cells of the widest of some texts; 0 of none."""
    return max(map(cells, texts), default=0)


def listed(words: Iterable[str], width: int | None) -> list[str]:
    """Words in lines of at most `width` cells, none of them broken over two; None is one line."""
    lines: list[str] = []
    for word in words:
        if lines and (width is None or cells(lines[-1]) + 1 + cells(word) <= width):
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def hanging(lead: str, text: str, width: int | None, indent: int | None = None) -> list[str]:
    """`text` after `lead`, and its further lines below its first, or `indent` cells in."""
    under = cells(lead) if indent is None else indent
    room = None if width is None else max(NARROWEST, width - max(cells(lead), under))
    first, *rest = wrapped(text, room)
    return [lead + first, *(" " * under + line for line in rest)]


def beside(left: Sequence[str], right: Sequence[str], width: int) -> list[str]:
    """Two columns of lines, the left one padded to `width` cells."""
    rows = max(len(left), len(right))
    pairs = zip([*left, *[""] * (rows - len(left))], [*right, *[""] * (rows - len(right))], strict=True)
    return [f"{padded(one, width)}{other}".rstrip() for one, other in pairs]
