"""What people, files and papers are called: made equal where it looks equal.

In: a name. Out: the text by which it is compared with others.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import product

# What shows nothing although it is no space: joiners, fillers, variation selectors, marks of direction.
_UNSEEN = frozenset(
    [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10),
     *range(0xE0100, 0xE01F0)]
)  # fmt: skip

# Letters of other alphabets that are drawn as a Latin one, each below it. Digits and Latin letters that only
# resemble each other (0 and O, 1 and l) are left alone: people number machines so.
_ALIKE = (
    # Cyrillic
    ("ABCDEGHIIJKMOPQSTVWXYYabcdeeghijklopqrsvwxyy", "АВСԀЕԌНІӀЈКМОРԚЅТѴԜХУҮаЬсԁеҽԍһіјкӏорԛгѕѵԝхуү"),
    # Greek
    ("ABEFHIJKMMNOPTXYZaijkoopuvwxy", "ΑΒΕϜΗΙͿΚΜϺΝΟΡΤΧΥΖαιϳκοσρυνωχγ"),
    # Armenian, Georgian
    ("LOSUfghnoqnuyo", "ԼՕՏՍքցհոօզռսყჿ"),
    # Cherokee, Lisu
    ("ABCDEGHJKLMPRSTVWYZ", "ᎪᏴᏟᎠᎬᏀᎻᎫᏦᏞᎷᏢᎡᏕᎢᏙᎳᎩᏃ"),
    ("ABCDEFGHJKILMNOPRSTUVWXYZ", "ꓮꓐꓚꓓꓰꓝꓖꓧꓙꓗꓲꓡꓟꓠꓳꓑꓣꓢꓔꓴꓦꓪꓫꓬꓜ"),
    # Latin letters for sounds
    ("aceggiijloouvwyz", "ɑᴄꬲɡᶃɪıȷǀᴏᴑᴜᴠᴡʏᴢ"),
)
ALIKE = "if they are one and the same, write it in one way; else give them ids that look different"
"""The hint of a problem with two ids that look alike."""
ANOTHER_AT = ", at "
"""What stands before the place of the other one, in a problem with one id in two places."""
TWINS = "give each its own id, or delete one of the files"
"""The hint of that problem."""
_LATIN = {ord(other): latin for row in _ALIKE for latin, other in zip(*row, strict=True)}


def name_of(item: object) -> str:
    """The name that somebody has on file; empty where there is none."""
    name = item.get("name") if isinstance(item, dict) else None
    return name.strip() if isinstance(name, str) else ""


def normal(text: str) -> str:
    """A text without what nobody sees: composed alike (NFKC), one space for many, nothing invisible."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(char for char in text if not _is_unseen(char))
        text = unicodedata.normalize("NFKC", text)  # what stood apart may belong together now
    return " ".join(text.split())


def person(text: str) -> str:
    """The same without case, which does not tell two people apart, nor two ids or files everywhere."""
    folded = normal(text).casefold()
    return folded if folded.isascii() else unicodedata.normalize("NFKC", folded)


def looks(text: str) -> frozenset[str]:
    """What a name may be taken for; two of which anything is the same look alike.

    Capitals do not matter but in addresses (`https://…`), nor does whose alphabet a letter is of.
    """
    fold = normal if "://" in text else person
    folded = fold(text)
    if folded.isascii():
        return frozenset((folded,))
    letters = unicodedata.normalize("NFD", normal(text)).translate(_LATIN)
    return frozenset((folded, fold(letters)))


def alike(names: Iterable[object]) -> Iterator[tuple[object, object]]:
    """Names that look like an earlier one without being the same, each with that one. What is no text, or no
    tuple of texts, looks like nothing else."""
    seen: dict[object, object] = {}
    for name in names:
        for look in _all_looks(name):
            first = seen.setdefault(look, name)
            if first != name:
                yield name, first
                break


def _all_looks(name: object) -> Iterable[object]:
    if isinstance(name, str):
        return looks(name)
    if isinstance(name, tuple):
        return set(product(*map(_all_looks, name)))
    return ((type(name), name),)


def _is_unseen(char: str) -> bool:
    return unicodedata.category(char) == "Cf" or ord(char) in _UNSEEN
