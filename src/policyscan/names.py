"""What people, files and papers are called: made equal where it looks equal, and told from what only fills
the space of a name (`tbd`, `to be written`, `none`, `<name>`).

In: a name, or any text with what it is to tell. Out: the text by which it is compared with others; whether it
tells anything. The whole text counts: "Pending Pictures" and "None Such Ltd" are names.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import product

from policyscan.patterns import when_used

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


# --- what only fills a space ---

SAYS = {
    "document": "names no document",
    "name": "names nothing",
    "person": "names nobody",
    "phone": "is no telephone number",
    "place": "names no place",
    "reason": "gives no reason",
    "text": "says nothing",
}
"""What a text may be there to tell, with how to say that it does not."""

_EMPTY = frozenset(
    (
        # What stands for something to come, or for nothing at all.
        "above", "applicable", "asap", "asdf", "available", "below", "blank", "coming", "default", "dk",
        "draft", "dummy", "foo", "idk", "later", "missing", "na", "nil", "no", "none", "nothing", "null",
        "nvt", "ok", "okay", "pending", "placeholder", "possible", "progress", "qwerty",
        "sample", "soon", "tba", "tbc", "tbd", "test", "todo", "undecided",
        "undefined", "unknown", "unspecified", "untitled", "wip", "yes", "yet",
        "aucun", "aucune", "ausstehend", "desconocido", "entfällt", "entwurf", "fehlt", "folgt", "geen",
        "inconnu", "kein", "keine", "keiner", "keines", "nada", "nessuna", "nessuno", "nichts", "niente",
        "ninguna", "ninguno", "néant", "offen", "onbekend", "pendiente", "rien", "sconosciuto", "unbekannt",
        # What has, or has not, been done to it: "to be agreed", "not yet signed".
        "added", "agreed", "announced", "appointed", "assigned", "chosen", "completed", "confirmed",
        "decided", "defined", "determined", "discussed", "done", "drafted", "filled", "finalised",
        "finalized", "found", "hired", "identified", "named", "negotiated", "nominated", "prepared",
        "provided", "received", "recruited", "scheduled", "selected", "sent", "set", "signed", "specified",
        "supplied", "updated", "verified", "written",
    )
)  # fmt: skip
_ALONG = frozenset(
    (
        "a", "an", "and", "as", "at", "be", "been", "by", "currently", "fill", "for", "get", "here", "i",
        "in", "insert", "is", "it", "me", "not", "of", "on", "or", "our", "please", "see", "so",
        "still", "that", "the", "there", "this", "to", "us", "we", "what", "when", "work", "your",
    )
)  # fmt: skip
"""What goes along with these words, and says nothing either."""
_MORE = {
    "document": frozenset(
        (
            "by phone", "by telephone", "by word of mouth", "gentleman's agreement", "gentlemen's agreement",
            "handshake", "mondeling", "mündlich", "on the phone", "oral", "oral agreement", "oralement",
            "orally", "unwritten", "verbal", "verbal agreement", "verbalement", "verbally", "word of mouth",
        )
    ),
    "person": frozenset(
        (
            "answering", "answerphone", "anybody", "anyone", "attendant", "auto", "automatic", "bot",
            "everybody", "everyone", "hire", "jemand", "machine", "mail", "new", "niemand", "nobody", "one",
            "recording", "robot", "somebody", "someone", "vacancy", "vacant", "voice", "voicemail",
        )
    ),
    "place": frozenset(("anywhere", "everywhere", "nowhere", "somewhere")),
    "reason": frozenset(("asked", "because", "fine", "fyi", "ignore", "reason", "same", "why")),
}  # fmt: skip
"""Words and phrases that say nothing of this in particular."""
_OPENINGS = ("not", "yet"), ("to", "be")
"""What makes a text one about what is to come, before one of the first words: "to be written by Friday"."""
_PHRASES = frozenset(
    (
        "company name", "document name", "en attente", "en cours", "first name last name", "full name",
        "in arbeit", "in bearbeitung", "in corso", "in negotiation", "in preparation", "k a", "n a", "n d",
        "n v t", "name", "nog te bepalen", "noch offen", "noch zu klären", "on request", "por definir",
        "por determinar", "siehe oben", "t b a", "t b c", "t b d", "under construction", "under discussion",
        "under negotiation", "under review", "voir ci dessus", "w i p", "we don't know", "don't know",
        "da definire", "to be", "your company name", "your name", "à compléter", "à définir",
        "à préciser",
    )
)  # fmt: skip
_TEMPLATE = when_used(r"<[^<>/@.\d]*>|\[[^\[\]/@.\d]*\]|\{[^{}]*\}|%[a-z_]+%|__[a-z_]+__")
_SPACES = str.maketrans({char: " " for char in map(chr, range(128)) if not char.isalnum() and char != "'"})
_BRACKETS = frozenset("<[{%_")
_FIELD = when_used(
    r"\{\{[^{}]*\}\}|\$\{[^{}]*\}"
    r"|[<\[][a-z _-]*\b(?:client|company|customer|date|firm|insert|name|number|your)\b[a-z _-]*[>\]]"
)
"""A field of a template, anywhere in a text."""
_COUNTING = "0123456789", "1234567890"
_LEAST_DIGITS = 3
_PRINTERS = "lorem ipsum"
_LONGEST = 100
_known: dict[tuple[str, str], bool] = {}
_MOST_KNOWN = 10_000


def is_placeholder(text: str, what: str = "text") -> bool:
    """Whether a text does not tell what it is there for, one of `SAYS`: a word that stands for nothing or for
    what is to come, a field of a template that nobody filled in, one letter over and over."""
    known = _known.get((text, what))
    if known is None:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        known = _known[text, what] = _is_placeholder(person(text), what)
    return known


def _is_placeholder(text: str, what: str) -> bool:
    if what == "phone":
        digits = "".join(char for char in text if char.isdigit())
        return len(digits) < _LEAST_DIGITS or len(set(digits)) < 2 or _is_run(digits)
    if text.startswith(_PRINTERS) or _has_field(text):
        return True
    if len(text) > _LONGEST:
        return False
    words = _words(text)
    if tuple(words[:2]) in _OPENINGS and words[2:3] and words[2] in _EMPTY:
        return True
    more, whole = _MORE.get(what, frozenset()), " ".join(words)
    return whole in _PHRASES or whole in more or _are_fillers(words, more, is_reason=what == "reason")


def _has_field(text: str) -> bool:
    """Whether a text is a field of a template, or has one in it; most have no brackets at all."""
    if _BRACKETS.isdisjoint(text):
        return False
    return bool(_TEMPLATE.fullmatch(text) or _FIELD.search(text))


def _words(text: str) -> Sequence[str]:
    """The words of a text: letters, digits and apostrophes."""
    text = text.replace("’", "'").replace("n/a", "na").replace("n.a.", "na").translate(_SPACES)
    if not text.isascii():
        text = "".join(char if char.isalnum() or char == "'" else " " for char in text)
    return text.split()


def _are_fillers(words: Sequence[str], more: Collection[str], *, is_reason: bool) -> bool:
    """Whether no word tells anything. Those that only go along with others may be a name: "The IT"."""
    if len(set("".join(words))) < 2 and (is_reason or len("".join(words)) != 1):
        return True  # one letter over and over
    along = 0
    for word in words:
        if word not in _EMPTY and word not in more and not _is_run(word):
            if word not in _ALONG and not (is_reason and (word.isdigit() or len(word) == 1)):
                return False
            along += 1
    return is_reason or not along or along < len(words)


def _is_run(word: str) -> bool:
    """Whether a word is an x over and over, or digits as one counts."""
    counted = len(word) > _LEAST_DIGITS and any(row.startswith(word) for row in _COUNTING)
    return counted or (len(word) > 1 and set(word) == {"x"}) or word == "0"
