"""What only fills the space of a text: `tbd`, `to be written`, `<name>`; and words that a text holds.

In: a text, with what it is there to tell. Out: whether it tells that; which of some words it mentions. The
whole text counts: "Pending Pictures" and "None Such Ltd" are names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from policyscan.names import person
from policyscan.patterns import when_used

SAYS = {
    "document": "names no document",
    "name": "names nothing",
    "person": "names nobody",
    "phone": "is no telephone number",
    "place": "names no place",
    "reason": "gives no reason",
    "test": "tells of no test",
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
        # What has, or has not, been done to it: "to be agreed", "not yet signed", "not installed yet".
        "acquired", "activated", "added", "agreed", "announced", "appointed", "approved", "arranged",
        "assigned", "booked", "bought", "chosen", "completed", "configured", "confirmed",
        "created", "decided", "defined", "delivered", "deployed", "determined", "discussed", "done",
        "drafted", "enabled", "evaluated", "filled", "finalised", "finalized", "finished", "found", "hired",
        "identified", "implemented", "installed", "introduced", "issued", "named", "negotiated",
        "nominated", "obtained", "ordered", "organised", "organized", "prepared", "procured", "provided",
        "purchased", "received", "recruited", "renewed", "requested", "selected", "sent", "set", "settled",
        "signed", "specified", "started", "supplied", "tested", "updated", "verified", "written",
    )
)  # fmt: skip
_AHEAD = frozenset(
    (
        # What is to come: a day beside it says when, and no more.
        "awaited", "awaiting", "due", "envisaged", "expected", "forthcoming", "intended", "outstanding",
        "pending", "planned", "planning", "scheduled", "shortly", "soon", "tba", "tbc", "tbd", "upcoming",
        "waiting",
        "angedacht", "angefragt", "ausstehend", "beantragt", "bestellt", "demnächst", "geplant", "vorgesehen",
        "bientôt", "envisagé", "envisagée", "planifié", "planifiée", "prévu", "prévue",
        "pendiente", "planeado", "planificado", "prevista", "previsto", "próximamente",
        "pianificata", "pianificato", "prossimamente",
        "besteld", "binnenkort", "gepland", "planejada", "planejado", "pendente",
        "planlagt", "planerad", "planowane", "planowany", "wkrótce",
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
_BESIDE = frozenset(
    (
        "approval", "being", "budget", "decision", "delivery", "deployment", "early", "evaluation", "from",
        "installation", "late", "mid", "month", "next", "order", "procurement", "quarter", "quote", "release",
        "rollout", "signature", "until", "week", "will", "year",
        "bis", "der", "die", "für", "im", "ist", "zu", "zum", "de", "en", "est", "la", "le", "pour", "di",
        "el", "está", "para", "per", "se", "het", "voor",
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
        "november", "december", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov",
        "dec", "spring", "summer", "autumn", "winter", "q1", "q2", "q3", "q4", "januar", "februar", "märz",
        "mai", "juni", "juli", "oktober", "dezember", "frühjahr", "herbst",
        "janvier", "février", "mars", "avril", "juin", "juillet", "août", "septembre", "octobre", "novembre",
        "décembre",
    )
)  # fmt: skip
"""What only says for what somebody waits, and until when, beside what is to come."""
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
_NOT_YET = frozenset(
    (
        ("noch", "kein"), ("noch", "keine"), ("noch", "keinen"), ("noch", "nicht"), ("noch", "nichts"),
        ("noch", "zu"), ("wird", "noch"), ("werden", "noch"), ("muss", "noch"), ("pas", "encore"),
        ("toujours", "pas"), ("aun", "no"), ("aún", "no"), ("todavia", "no"), ("todavía", "no"),
        ("non", "ancora"), ("ancora", "non"), ("nog", "geen"), ("nog", "niet"), ("nog", "te"),
        ("ainda", "nao"), ("ainda", "não"), ("pendiente", "de"), ("pendente", "de"),
        ("jeszcze", "nie"), ("ikke", "enda"), ("ikke", "endnu"), ("inte", "ännu"),
        ("ännu", "inte"), ("waiting", "for"), ("waiting", "on"), ("wartet", "auf"), ("warten", "auf"),
        ("en", "attente"), ("à", "venir"), ("a", "venir"), ("en", "espera"), ("in", "attesa"),
        ("wachten", "op"), ("wacht", "op"), ("em", "breve"), ("in", "kürze"), ("in", "planung"),
        ("in", "vorbereitung"), ("en", "préparation"), ("en", "preparación"), ("in", "preparazione"),
        ("in", "voorbereiding"), ("in", "programma"), ("por", "instalar"), ("da", "installare"),
        ("à", "installer"), ("te", "installeren"), ("zu", "installieren"), ("yet", "to"),
        ("coming", "soon"), ("to", "follow"), ("in", "procurement"), ("being", "installed"), ("en", "cours"),
    )
)  # fmt: skip
"""What makes a short text one about what is to come: one that begins so, a name that has it anywhere."""
_MOST_WORDS = {"text": 3, "reason": 0}
_FEW_WORDS = 6
"""Of how many words it is at most: findings and reasons may begin so, and tell something."""
_WITHOUT = frozenset(
    ("aucun", "aucune", "geen", "kein", "keine", "no", "ohne", "sans", "senza", "sin", "without")
)
_THINGS = frozenset(
    (
        "agreement", "antivirus", "av", "contract", "document", "edr", "filter", "insurance", "insurer",
        "paper", "plan", "policy", "procedure", "product", "program", "provider", "software", "statement",
        "virenschutz", "vertrag", "dokument", "contrat", "contrato", "contratto",
    )
)  # fmt: skip
"""What there is not, after a word of `_WITHOUT`."""
_PHRASES = frozenset(
    (
        "company name", "document name", "en attente", "en cours", "first name last name", "full name",
        "in arbeit", "in bearbeitung", "in corso", "in negotiation", "in preparation", "k a", "n a", "n d",
        "n v t", "name", "nog te bepalen", "noch offen", "noch zu klären", "on order", "on request",
        "por definir", "por determinar", "siehe oben", "t b a", "t b c", "t b d", "under construction",
        "under discussion", "under negotiation", "under review", "voir ci dessus", "w i p",
        "we don't know", "don't know", "da definire", "to be", "your company name", "your name",
        "à compléter", "à définir", "à préciser",
    )
)  # fmt: skip
_TOLD = frozenset(
    (
        "conversation with", "they say", "verbal",
        "assured us", "by phone", "by telephone", "by word of mouth", "call from", "call with", "hearsay",
        "on the phone", "on the telephone", "over the phone", "over the telephone", "phone call",
        "promised us", "said", "says", "spoke to", "spoke with", "talked to", "talked with", "telephone call",
        "telephone conversation", "told", "verbally", "video call", "voice message", "we asked",
        "am telefon", "anruf bei", "gesagt", "mündlich", "telefonat", "telefongespräch", "telefonisch",
        "telefonische auskunft", "zugesagt",
        "appel avec", "appel téléphonique", "au téléphone", "conversation téléphonique", "nous a dit",
        "oralement", "par téléphone", "verbalement",
        "llamada con", "llamada telefónica", "nos dijo", "por teléfono", "verbalmente",
        "a voce", "al telefono", "ci ha detto", "per telefono", "telefonata",
        "mondeling", "telefoongesprek", "per telefoon",
        "por telefone", "telefonema", "rozmowa telefoniczna", "telefonsamtal", "telefonsamtale",
    )
)  # fmt: skip
"""What tells that somebody said something."""
_NOBODY = frozenset(
    (
        "advertised", "new hire", "open position", "open post", "to be hired", "to be recruited", "unfilled",
        "vacancies", "vacancy", "vacant", "ausgeschrieben", "offene stelle", "unbesetzt", "vakant", "vakanz",
        "poste vacant", "à pourvoir", "puesto vacante", "vacante", "posto vacante", "vacature",
    )
)  # fmt: skip
"""What tells that a post has nobody yet, whatever stands beside it: "Vacancy 1 (advertised)"."""
_KEPT = frozenset(
    (
        "addendum", "agreement", "certificate", "confirmation", "contract", "doc", "docx", "email", "file",
        "form", "html", "letter", "list", "log", "mail", "md", "memo", "minutes", "note", "notes", "odt",
        "pdf", "plan", "policy", "procedure", "protocol", "record", "recording", "report", "schedule",
        "screenshot", "signed", "statement", "summary", "terms", "ticket", "transcript", "txt", "xlsx",
        "aktennotiz", "bericht", "bestätigung", "brief", "gesprächsnotiz", "notiz", "protokoll", "vertrag",
        "vermerk", "attestation", "compte", "contrat", "courriel", "courrier", "lettre", "rapport",
        "acta", "carta", "contrato", "correo", "informe", "contratto", "lettera", "verbale", "verslag",
    )
)  # fmt: skip
"""What tells that it was kept: minutes of a call are a paper."""
_READ = frozenset(
    (
        "agreement", "brochure", "contract", "declaration", "estimate", "estimated", "from memory", "guess",
        "guessed", "interview", "invoice", "letter from", "mail from", "email from", "meeting", "minutes of",
        "opinion", "questionnaire", "self assessment", "statement",
        "besprechung", "fragebogen", "geschätzt", "rechnung", "schätzung", "selbstauskunft", "vertrag",
        "contrat", "entretien", "facture", "réunion", "contrato", "entrevista", "factura", "reunión",
        "contratto", "fattura", "intervista", "riunione", "vragenlijst", "vergadering",
    )
)  # fmt: skip
"""What is read or asked: calling it a test or an export lends it a weight that it does not have."""
_LISTED = frozenset(
    (
        "agreement", "contract", "invoice", "meeting",
        "besprechung", "rechnung", "vertrag", "contrat", "facture", "réunion", "contrato", "factura",
        "reunión", "contratto", "fattura", "riunione", "vergadering",
    )
)  # fmt: skip
"""What tools keep lists of: an export of those is one, as are the minutes that they take of who was there."""
_LISTING = frozenset(
    (
        "api", "attendance", "csv", "database", "dump", "export", "exported", "xlsx", "anwesenheit",
        "anwesenheitsbericht", "datenbank", "données", "exportación", "exportado", "exporté", "datos",
        "presenze",
    )
)  # fmt: skip
"""What tells that a tool made the list."""
_GIVEN = frozenset(("april", "august", "autumn", "jan", "june", "mai", "may", "summer", "winter"))
"""Names of months and seasons that people have, too: "April Due"."""
_PLANS = frozenset(
    ("begroting", "bilancio", "budget", "forecast", "haushalt", "presupuesto", "prévision", "roadmap")
)
"""What is there when it is planned for a year: "Budget 2027 (planned)"."""
_PLANNED = frozenset(("geplant", "gepland", "pianificato", "planificado", "planned", "previsto", "prévu"))
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
_MARKS = "(", "[", " - ", " – ", " — ", ", ", "; ", ": "
"""What sets the end of a name apart."""
_LONGEST = 100
_known: dict[tuple[str, str], bool] = {}
_MOST_KNOWN = 10_000


def is_placeholder(text: str, what: str = "text") -> bool:
    """Whether a text does not tell what it is there for, one of `SAYS`: a word that stands for nothing or for
    what is to come, a field of a template that nobody filled in, one letter over and over; what somebody only
    said, where it is to name a document, and what is only read as well where it is to tell of a test."""
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
    if _is_there(words, what):
        return False
    if _is_to_come(words, what) or (what not in _MOST_WORDS and _ends_to_come(text)):
        return True
    more, whole = _MORE.get(what, frozenset()), " ".join(words)
    if whole in _PHRASES or whole in more or _are_fillers(words, more, is_reason=what == "reason"):
        return True
    if what == "document":
        return _holds(whole, _TOLD) and _KEPT.isdisjoint(words)
    if what == "person":
        return _holds(whole, _NOBODY)
    return what == "test" and (_holds(whole, _TOLD) or _is_read(whole, words))


def _is_read(whole: str, words: Sequence[str]) -> bool:
    """Whether a text is about what is read or asked, and is no list that a tool made of such things."""
    return _holds(whole, _READ if _LISTING.isdisjoint(words) else _READ - _LISTED)


def _is_there(words: Sequence[str], what: str) -> bool:
    """Whether words that look as if they told of what is to come name a person, or a plan of a year."""
    if what == "person" and len(words) == 2:
        return words[0] in _GIVEN and words[1] in _AHEAD
    return bool(words) and words[0] in _PLANS and words[-1] in _PLANNED and any(map(str.isdigit, words))


def _is_to_come(words: Sequence[str], what: str) -> bool:
    """Whether a text begins as one that is about what is to come."""
    if tuple(words[:2]) in _OPENINGS and words[2:3] and words[2] in _EMPTY:
        return True
    if not 1 < len(words) <= _MOST_WORDS.get(what, _FEW_WORDS):
        return False
    if what not in _MOST_WORDS and words[:2] == ["to", "be"] and words[2:3] and words[2].endswith("ed"):
        return True
    if words[0] in _WITHOUT and _THINGS.issuperset(word for word in words[1:] if word != "yet"):
        return True
    pairs = pairwise(words if what not in _MOST_WORDS else words[:2])
    return not _NOT_YET.isdisjoint(pairs) or (words[-1] == "yet" and "not" in words[-4:])


def _ends_to_come(text: str) -> bool:
    """Whether what is set apart at the end of a name says that it is to come: "Sophos (planned)"."""
    before, mark, last = _last_part(text)
    words = _words(last)
    if not mark or not _words(before) or not words:
        return False
    return _is_to_come(words, "name") or (
        not _AHEAD.isdisjoint(words) and _are_fillers(words, (), is_reason=False)
    )


def _last_part(text: str) -> tuple[str, str, str]:
    """A text before the last mark that sets something apart, that mark, and what follows it."""
    places = [(text.rfind(mark), mark) for mark in _MARKS]
    place, mark = max(places)
    return (text, "", "") if place < 0 else (text[:place], mark, text[place + len(mark) :])


@lru_cache(10_000)
def mentioned(text: str, phrases: tuple[str, ...]) -> Sequence[str]:
    """Those of some words or phrases that a text has whole, in any case and whatever stands between the
    words; `a & b` is there if both are. It is for free text beside which nothing is typed."""
    said = " ".join(_words(person(text)))
    return [one for one in phrases if all(_holds(said, (part,)) for part in one.split(" & "))]


def _holds(text: str, phrases: Iterable[str]) -> bool:
    """Whether words, one space between two, hold one of some phrases."""
    padded = f" {text} "
    return any(f" {phrase} " in padded for phrase in phrases)


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
    along, ahead = 0, not is_reason and not _AHEAD.isdisjoint(words)
    for word in words:
        if word not in _EMPTY and word not in more and not (ahead and word in _AHEAD) and not _is_run(word):
            if word not in _ALONG and not _goes_along(word, ahead=ahead, is_reason=is_reason):
                return False
            along += 1
    return is_reason or not along or along < len(words)


def _goes_along(word: str, *, ahead: bool, is_reason: bool) -> bool:
    """Whether a word only says when or for what, of what is to come, or is no word at all, as in a reason."""
    if ahead:
        return word.isdigit() or word in _BESIDE
    return is_reason and (word.isdigit() or len(word) == 1)


def _is_run(word: str) -> bool:
    """Whether a word is an x over and over, or digits as one counts."""
    counted = len(word) > _LEAST_DIGITS and any(row.startswith(word) for row in _COUNTING)
    return counted or (len(word) > 1 and set(word) == {"x"}) or word == "0"
