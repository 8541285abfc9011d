"""Which items of its own evidence cover which part of an inventory.

In goes a document at a moment; out come facts: parts of it, each with the items of evidence that count for
it. How good these are is for `grading` to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from policyscan.cel.clock import NEVER_DAY, NEVER_INSTANT
from policyscan.cel.values import Date, Timestamp
from policyscan.engine.outcome import NEVER, Turn, Values
from policyscan.findings import Grade
from policyscan.records import NamedTuple

if TYPE_CHECKING:
    from policyscan import cel
    from policyscan.documents.document import Document

_EVIDENCE = "evidence"
_GRADES: Mapping[Any, Grade] = {grade.value: grade for grade in Grade}


class Item(NamedTuple):
    """An item of evidence that says how and on which day (an ordinal) it was collected."""

    grade: Grade
    day: int
    value: dict[str, Any]


class Fact(NamedTuple):
    """A part of a document, and what covers it: items that count, and whether others do that cannot; they may
    be about something `elsewhere`. What it has from a file of defaults was true `on` a day: no evidence of
    its own covers it."""

    document: Document
    section: str
    items: tuple[Item, ...]
    unusable: bool
    on: Date | None = None
    elsewhere: bool = False


class Coverage:
    """What a document's own `evidence` covers."""

    def __init__(self, document: Document, clock: cel.Clock) -> None:
        self.document = document
        self.items: dict[int, Item] = {}
        self.sections: dict[str, list[Item]] = {}
        self.unusable: set[str] = set()
        for value in _listed(document.value.get(_EVIDENCE)):
            item = _item(value, clock) if isinstance(value, dict) else None
            if item is not None:
                self.items[id(value)] = item
            for section in _listed(value.get("covers")) if isinstance(value, dict) else ():
                if not isinstance(section, str):
                    continue  # in a kind of somebody's own it may be anything
                if item is not None:
                    self.sections.setdefault(section, []).append(item)
                else:
                    self.unusable.add(section)
        self.own = document.sections_naming(_EVIDENCE) | document.sections_with_defaults()
        """The sections of which parts name evidence of their own, or are from a file of defaults."""

    def facts(self, section: str, names: Sequence[str], subject: Any) -> Sequence[Fact]:
        """The facts of a section, or of a subject in it, that results rest on: where parts name evidence of
        their own, each part is one."""
        document = self.document
        if section in document.supplied(document.value):
            return ()  # nothing is said of it, which has one honest meaning: there is nothing to show
        items = tuple(self.sections.get(section, ()))
        whole = Fact(document, section, items, not items and section in self.unusable)
        on = document.defaulted_on(document.value, section)
        if on is not None:
            return (whole._replace(items=(), unusable=False, on=on),)
        if section not in self.own:
            return (whole,)
        start = subject if subject is not None else document.value.get(section)
        if not isinstance(start, dict | list):
            return (whole,)
        return tuple(self._parts(start, self._inherited(start, whole), frozenset(names)))

    def subjects(self, section: str, bound: Values) -> list[Any]:
        """Those of some bound values that stand in a section, but for what stands in another of them."""
        found: list[Any] = []
        for one in bound[1:]:
            if self.section_of(one) == section and not any(self._is_in(one, other) for other in found):
                found.append(one)
        return found

    def _is_in(self, value: Any, above: Any) -> bool:
        while value is not None and value is not above:
            value = self.document.parent_of(value)
        return value is not None

    def section_of(self, value: Any) -> str | None:
        """The section in which an object stands; None for what is no part of the document."""
        return self.document.section_of(value) if isinstance(value, dict | list) else None

    def _inherited(self, value: Any, whole: Fact) -> Fact:
        """What covers an object from above: the nearest part that names evidence, else its section's."""
        while value is not self.document.value:
            own = self._own(value, whole)
            if own is not whole:
                return own
            value = self.document.parent_of(value)
        return whole

    def _own(self, value: Any, above: Fact) -> Fact:
        on = self.document.defaulted_on(value) if self.document.has_defaults else None
        if on is not None:
            return above._replace(items=(), unusable=False, on=on, elsewhere=False)
        named = value.get(_EVIDENCE) if isinstance(value, dict) else None
        if named is None and self.document.why_unknown(value, _EVIDENCE) is None:
            return above
        item = self.items.get(id(named))
        blank = _EVIDENCE in self.document.blank_keys(value)
        about_others = item is not None and not shows(item.value, above.section)
        elsewhere = about_others or (named is None and not blank)  # which a rule disputes by now
        items = (item,) if item is not None and not elsewhere else ()
        return above._replace(items=items, unusable=not items, elsewhere=elsewhere)

    def _parts(self, value: Any, above: Fact, names: frozenset[str]) -> Iterator[Fact]:
        """The facts at and below a value; what is only referred to stands elsewhere. What nothing is read in
        is a fact itself, and so is what names evidence of its own."""
        here = self._own(value, above)
        document = self.document
        is_map = document.is_map(value)  # its keys are facts, no names of fields
        inner = [v for k, v in value.items() if is_map or k in names] if isinstance(value, dict) else value
        below = [v for v in inner if isinstance(v, dict | list) and _parent(document, v) is value]
        if len(below) < len(inner) or not inner or here is not above:
            yield here
        if document.has_defaults and isinstance(value, dict):
            days = {document.defaulted_on(value, key) for key in value if key in names}
            yield from (here._replace(items=(), unusable=False, on=on) for on in days if on is not None)
        for one in below:
            yield from self._parts(one, here, names)


def shows(item: Mapping[str, Any], section: str) -> bool:
    """Whether an item of evidence can back a record of a section that names it: unless it covers other
    sections only. One that covers none is about what names it."""
    covered = _listed(item.get("covers"))
    return not covered or section in covered


def _item(value: dict[str, Any], clock: cel.Clock) -> Item | None:
    """An item of evidence; None for one that lies in the future, or lacks its day or method."""
    method, collected = value.get("method"), value.get("collected_at")
    grade = _GRADES.get(method) if isinstance(method, str) else None
    if grade is None or collected.__class__ not in (Date, Timestamp):
        return None
    if collected > (clock.today if collected.__class__ is Date else clock.now):
        return None
    return Item(grade, int(collected) if collected.__class__ is Date else clock.day_of(int(collected)), value)


def revealed(document: Document, clock: cel.Clock) -> Turn:
    """When a fact of a document that lies in the future now may first be known: one that is withheld, an item
    of evidence, or the file's own day."""
    later = [one for _, one in _withheld(document)]
    return _first([*later, *_evidence(document)], clock)


def revealed_of(document: Document, clock: cel.Clock) -> Mapping[str, Turn]:
    """The same by the names of facts that are withheld; under no name, that of evidence and of the file."""
    found: dict[str, list[Any]] = {}
    for key, value in _withheld(document):
        found.setdefault(str(key), []).append(value)
    turns = {name: _first(values, clock) for name, values in found.items()}
    turns[""] = _first(_evidence(document), clock)
    return {name: turn for name, turn in turns.items() if turn != NEVER}


def _withheld(document: Document) -> Iterator[tuple[Any, Any]]:
    for keys in document.withheld.values():
        yield from ((key, one.value) for key, one in keys.items())


def _evidence(document: Document) -> Iterator[Any]:
    """The days of a document's evidence, and its own."""
    for item in _listed(document.value.get(_EVIDENCE)):
        if isinstance(item, dict):
            yield item.get("collected_at")
    yield document.as_of


def _first(later: Iterable[Any], clock: cel.Clock) -> Turn:
    """The first of some days and instants that a clock has not reached."""
    known = list(later)
    days = (int(one) for one in known if one.__class__ is Date and one > clock.today)
    instants = (int(one) for one in known if one.__class__ is Timestamp and one > clock.now)
    return min(days, default=NEVER_DAY), min(instants, default=NEVER_INSTANT)


def _listed(value: Any) -> Sequence[Any]:
    """What is a list; in a kind of somebody's own `evidence` may be anything else."""
    return value if isinstance(value, list) else ()


def _parent(document: Document, value: Any) -> Any:
    return document.parent_of(value) if document.owns(value) else None
