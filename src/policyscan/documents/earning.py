"""Earning: which words that take controls away somebody stands behind.

In goes a document and a day; out comes a `Word` for each of its values that a kind marks with `x-earned`: the
statement behind it that counts, or what is wrong with those that there are. A word that nobody earned is not
read (see `seeing`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policyscan.cel.clock import NEVER_DAY
from policyscan.cel.values import DAY, EPOCH_DAY, Date, Money, Timestamp
from policyscan.documents.document import Document, DocumentIssue
from policyscan.documents.paths import BadPath, resolve
from policyscan.fillers import is_placeholder
from policyscan.kinds.shapes import Backing
from policyscan.names import name_of
from policyscan.reading.tree import Key
from policyscan.records import NamedTuple

STATEMENTS = "statements"
TAKES_AWAY = "takes controls away"
"""What the reason of a word says that is not earned."""
_TO_DO = "add a statement about it: the reason, who says so, and the day"


class Word(NamedTuple):
    """A value that takes controls away: where it stands as it was read, and what there is behind it.

    `statement` is the one that earns it on the day, None if none does; `wrong` says then what is missing.
    `turn` is the first day (an ordinal) on which that may be different, `ends` the first on which the
    statement does not count any more.
    """

    container: dict[str, Any]
    key: str
    value: Any
    statement: dict[str, Any] | None
    wrong: str
    turn: int
    ends: int = NEVER_DAY

    @property
    def reason(self) -> str:
        """Why it reads as unknown, after its path."""
        return f"{shown(self.value)} {TAKES_AWAY}, and {self.wrong}"


def words(document: Document, today: Date) -> Sequence[Word]:
    """The words of a document on a day, in reading order."""
    facts = document.facts.words
    if not facts:
        return ()
    kept = document.last_words
    if kept is not None and kept[0] == today:
        return kept[1]
    backing = _backing(document)
    behind = _behind(document)
    made = [
        _word(document, container, key, behind.get((id(container), key), ()), backing, today)
        for container, key in facts
        if key in container  # what cannot be told although it is there is gone already
    ]
    document.last_words = today, made
    return made


def turn(document: Document, today: Date) -> int:
    """The first day (an ordinal) on which a word of a document may be earned that is not, or the reverse."""
    return min((word.turn for word in words(document, today)), default=NEVER_DAY)


def shown(value: Any) -> str:
    """A value as a file writes it."""
    plain = _plain(value)
    if plain is None:
        return "null"
    if isinstance(plain, bool):
        return "true" if plain else "false"
    return "[" + ", ".join(map(shown, plain)) + "]" if isinstance(plain, list) else str(plain)


def issues(document: Document) -> Iterator[DocumentIssue]:
    """What is wrong with a document's statements on any day: paths that lead nowhere, values that the file
    does not have, and what is stated twice."""
    told: dict[tuple[int, Key], dict[str, Any]] = {}
    for statement in _statements(document):
        for number, text in enumerate(_about(statement)):
            for message, hint in _wrong_at_all(document, statement, text, told):
                place = document.place_of(statement["about"], number)
                path = document.path_of(statement["about"], number)
                yield DocumentIssue(message, place, path, hint, about_statement=True)


def _wrong_at_all(
    document: Document, statement: dict[str, Any], text: str, told: dict[tuple[int, Key], dict[str, Any]]
) -> Iterator[tuple[str, str | None]]:
    """What is wrong with what a statement says of one fact, each with a hint; `told` has those before it."""
    found = _found(document, text)
    if isinstance(found, BadPath):
        yield found.message, found.hint
        return
    container, key = found
    wrong = _other_value(container, key, statement)
    if wrong is not None:
        yield (
            f"the statement about {text} {wrong}",
            f"delete it, or correct what is not so: {text}, or the value",
        )
    first = told.setdefault((id(container), key), statement)
    if first is not statement:
        yield f"{text} is stated twice: first on line {document.place_of(first).line}", "keep the newer one"


def _statements(document: Document) -> Iterator[dict[str, Any]]:
    written = document.tree.value.get(STATEMENTS) if _backing(document) is not None else None
    for one in written or ():
        if one.__class__ is dict:
            yield one


def _about(statement: Mapping[str, Any]) -> Sequence[str]:
    return [one for one in statement.get("about") or () if one.__class__ is str]


def _backing(document: Document) -> Backing | None:
    field = document.kind.shape.fields.get(STATEMENTS)
    return field.shape.backing if field is not None else None


def _found(document: Document, text: str) -> tuple[Any, Key] | BadPath:
    try:
        return resolve(document, text)
    except BadPath as bad:
        return bad


def _behind(document: Document) -> dict[tuple[int, Key], list[dict[str, Any]]]:
    """The statements about each fact, by its container's id and its key."""
    made: dict[tuple[int, Key], list[dict[str, Any]]] = {}
    for statement in _statements(document):
        for text in _about(statement):
            found = _found(document, text)
            if not isinstance(found, BadPath):
                made.setdefault((id(found[0]), found[1]), []).append(statement)
    return made


def _word(
    document: Document, container: Any, key: str, behind: Sequence[dict[str, Any]],
    backing: Backing | None, today: Date,
) -> Word:  # fmt: skip
    value = container[key]
    wrong, later = f"nobody stands behind it; {_TO_DO}", NEVER_DAY
    began = _began(document, container, backing) if behind and backing is not None else None
    if began is not None and began > today:
        later = int(began)  # what is not known yet is not judged
    for statement in behind:
        what = _wrong(document, container, key, statement, backing, today) if backing is not None else wrong
        later = min(later, _turn(statement, backing, today))
        if what is None:
            return Word(container, key, value, statement, "", later, _turn(statement, backing, today))
        wrong = f"{what} ({document.place_of(statement)})"
    return Word(container, key, value, None, wrong, later)


def _wrong(
    document: Document, container: Any, key: str, statement: Mapping[str, Any], backing: Backing, today: Date
) -> str | None:
    """Why a statement does not earn a word on a day; None if it does."""
    reason, on = statement.get("reason"), statement.get("stated_on")
    other = _other_value(container, key, statement)
    if other is not None:
        return f"the statement about it {other}"
    if not isinstance(reason, str) or is_placeholder(reason, "reason"):
        read = f": {reason!r}" if reason else ""
        return f"the statement about it gives no reason{read}"
    if on.__class__ is not Date:
        return "the statement about it does not say on which day it was made"
    if on > today:
        return f"the statement about it is of a day to come, {on}"
    if today - on > backing.max_age:
        return f"the statement about it is of {on}, more than {_age(backing.max_age)} ago: make it anew"
    began = _began(document, container, backing)
    if began is not None and on + backing.ahead < began <= today:
        return f"the statement about it is of {on}, and it began on {began}: make it anew"
    return _not_a_person(document, statement, backing, on, today)


def _began(document: Document, container: Any, backing: Backing) -> Date | None:
    """The day on which the nearest record around a fact began, in UTC where it is an instant."""
    while container is not None:
        for key in backing.begins if container.__class__ is dict else ():
            day = container.get(key)
            if day.__class__ is Date:
                return Date(day)
            if day.__class__ is Timestamp:
                return Date(int(day) // DAY + EPOCH_DAY)
        container = document.holder_of(container)
    return None


def _age(days: int) -> str:
    return "a year" if days in (365, 366) else f"{days} days"


def _not_a_person(
    document: Document, statement: Mapping[str, Any], backing: Backing, on: Date, today: Date
) -> str | None:
    """Why whoever makes a statement may not, or does not work here."""
    person = statement.get("by")
    if person.__class__ is not dict:
        return "the statement about it does not say who made it"
    name = name_of(person) or document.key_of(person) or "somebody"
    start, end = person.get(backing.starts, ""), person.get(backing.ends, "")
    for key, day in ((backing.starts, start), (backing.ends, end)):
        if day is not None and day.__class__ is not Date:
            return f"it is not known whether {name}, who made the statement, works here: {key} is missing"
    if start is not None and start > on:
        return f"{name}, who made the statement about it, starts on {start}, after it"
    if end is not None and end < today:
        return f"{name}, who made the statement about it, left on {end}"
    return _barred(document, person, name, backing)


def _barred(document: Document, person: dict[str, Any], name: str, backing: Backing) -> str | None:
    """What somebody is that may not stand behind a statement. What nobody wrote does not tell."""
    supplied = document.supplied(person)
    for key, barred in backing.never.items():
        said = person.get(key) if key not in supplied else None
        if said is None:
            return f"it is not known whether {name} may make the statement about it: {key} is missing"
        spoken = re.findall(r"\w+", shown(said).lower())
        if hit := next((word for word in barred if word.lower() in spoken), None):
            return f"{name}, who made the statement about it, may not: {key} is {hit}"
    return None


def _turn(statement: Mapping[str, Any], backing: Backing | None, today: Date) -> int:
    """The first day after a day on which a statement may count that does not, or the reverse."""
    if backing is None:
        return NEVER_DAY
    on, person = statement.get("stated_on"), statement.get("by")
    days = [on, on + backing.max_age + 1] if on.__class__ is Date else []
    end = person.get(backing.ends) if person.__class__ is dict else None
    if end.__class__ is Date:
        days.append(end + 1)
    return min((int(day) for day in days if day > today), default=NEVER_DAY)


def _other_value(container: Any, key: Key, statement: Mapping[str, Any]) -> str | None:
    """What is wrong with the value that a statement says."""
    if "value" not in statement:
        return "does not say the value that it is about"
    said = statement["value"]
    if container.__class__ is dict and key not in container:
        return f"says {shown(said)}, and there is nothing in the file"
    value = container[key]
    if value.__class__ is dict and value:
        return "is about a whole group of facts; name each of them"
    plain = _plain(value)
    if plain.__class__ is bool or said.__class__ is bool:
        same = plain is said
    else:
        same = plain == said
    return None if same else f"says {shown(said)}, and the file says {shown(value)}"


def _plain(value: Any) -> Any:
    """A decoded value as a statement would write it."""
    if value.__class__ is Money:
        return int(value.amount) if value.amount.is_integer() else value.amount
    if value.__class__ in (Date, Timestamp):
        return str(value)
    if value.__class__ is list:
        return [_plain(one) for one in value]
    return value
