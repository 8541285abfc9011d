"""What the pictures of a page are drawn from: parts of a bar, and bars beside each other.

In: counts, amounts, times. Out: positions in a picture 600 wide, with the words that say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from policyscan.findings import Json
from policyscan.records import NamedTuple
from policyscan.reporters.wording import show, sum_of_money

WIDTH = 600
_TIME = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")
_SECONDS = (86_400, 3_600, 60, 1)


class Stretch(NamedTuple):
    """A part of a bar: the class of its style, where it begins and how wide it is, what and how many."""

    style: str
    x: float
    width: float
    label: str
    number: int


class Bar(NamedTuple):
    """A bar of parts that add up to its width, and the same in words."""

    parts: tuple[Stretch, ...]
    words: str


class Length(NamedTuple):
    """One bar of several: what it is, its value in words, how long it is."""

    label: str
    value: str
    width: float


class Lengths(NamedTuple):
    """Amounts or times beside each other, and the same in words."""

    bars: tuple[Length, ...]
    words: str


def bar(counts: Iterable[tuple[str, str, int]]) -> Bar | None:
    """A bar of (style, label, count); None where there is nothing to count."""
    kept = [one for one in counts if one[2]]
    total = sum(count for *_, count in kept)
    if not total:
        return None
    parts, x = [], 0.0
    for style, label, count in kept:
        width = WIDTH * count / total
        parts.append(Stretch(style, round(x, 1), round(width, 1), label, count))
        x += width
    return Bar(tuple(parts), ", ".join(f"{count:,} {label}" for _, label, count in kept))


class Strip(NamedTuple):
    """A line of marks side by side, those of one style as one path, and how many of each there are in words:
    a page with a cell for each of a thousand inventories and all their controls takes seconds to open."""

    width: int
    paths: tuple[tuple[str, str], ...]
    words: str


def strip(styles: Sequence[str], words: str) -> Strip:
    """The marks of some styles, in order; neighbours of one style are one stroke."""
    paths: dict[str, list[str]] = {}
    start = 0
    for style, group in groupby(styles):
        length = sum(1 for _ in group)
        paths.setdefault(style, []).append(f"M{start} .5h{length}")
        start += length
    return Strip(start, tuple((style, "".join(parts)) for style, parts in paths.items()), words)


def compared(figures: Mapping[str, Json]) -> Lengths | None:
    """Those figures that can stand beside each other: two or more amounts of a currency, or times."""
    groups: dict[str, list[tuple[str, float, str]]] = {}
    for name, value in figures.items():
        if (read := _read(value)) is not None:
            unit, size = read
            groups.setdefault(unit, []).append(
                (name.replace("_", " "), size, sum_of_money(value) or show(value))
            )
    best = max(groups.values(), key=len, default=[])
    longest = max((size for _, size, _ in best), default=0.0)
    if len(best) < 2 or longest <= 0:
        return None
    bars = tuple(Length(label, text, round(WIDTH * size / longest, 1)) for label, size, text in best)
    return Lengths(bars, ", ".join(f"{one.label} {one.value}" for one in bars))


def _read(value: Json) -> tuple[str, float] | None:
    """The unit and the size of a figure; None for one that no length stands for."""
    if isinstance(value, dict) and value.keys() == {"amount", "currency"}:
        amount = value["amount"]
        return (str(value["currency"]), float(amount)) if _is_size(amount) else None
    if isinstance(value, str) and value and (found := _TIME.fullmatch(value)):
        return "time", sum(float(n or 0) * unit for n, unit in zip(found.groups(), _SECONDS, strict=True))
    return None


def _is_size(amount: Json) -> bool:
    return isinstance(amount, int | float) and not isinstance(amount, bool) and 0 <= amount < 1e300
