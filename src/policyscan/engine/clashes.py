"""Facts of a document that cannot all be true: in go a document and a clock, out come `Clash`es.

A date may be earlier than another one that comes first, as the document's kind says with `x-orders`; or later
than the evidence that is to show it. What lies in the future is not judged before its day. And a record may
name evidence that says itself that it is about other parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from policyscan.cel.values import DAY, EPOCH_DAY, Date
from policyscan.engine.coverage import shows
from policyscan.engine.moments import local_time
from policyscan.findings import Grade
from policyscan.records import NamedTuple

if TYPE_CHECKING:
    from policyscan import cel
    from policyscan.documents.document import Document

_EVIDENCE = "evidence"
_SHOWING = frozenset(grade.value for grade in Grade if grade is not Grade.DECLARED)
_NO_FACTS = frozenset((_EVIDENCE, "statements", "waivers"))
"""The parts of a file that say how it is known, and no facts that evidence could show."""


Clash = dict[str, Any]
"""A contradiction as expressions see it, with the facts in dispute under a key that no file can have."""
Facts = Sequence[tuple[Any, str]]
"""Facts: their containers and their keys there."""
_FACTS = "\0facts"


def facts_of(holder: Mapping[str, Any]) -> Facts | None:
    """The facts that a clash puts in dispute; None for any other object."""
    return holder.get(_FACTS)


def clashes(function: str, document: Document, clock: cel.Clock) -> list[Clash]:
    """What a function of policies of this name says of a document."""
    return list(_FINDING[function](document, clock))


def disordered(document: Document, clock: cel.Clock) -> Iterator[Clash]:
    """The pairs of dates in the wrong order, in reading order.

    The one that should come first may lie in the future: then it does so all the more. Where it is the date
    of the record in which the other stands, the other alone is in dispute.
    """
    for container, first, holder, then, say in document.facts.disordered:
        if then in document.as_shown(holder):
            path, where = document.path_of(holder), _in_words(document, holder, None)
            days = (_shown(one, clock) for one in (container[first], holder[then]))
            text = say.format(**dict(zip(("first", "then"), days, strict=True)))
            says = f"{where}: {text}" if where else text
            # That of the whole record is that of other facts, too.
            both = [(container, first)] if holder is container else []
            yield _clash(document, f"{path}.{then}", says, [*both, (holder, then)])


def unshown(document: Document, clock: cel.Clock) -> Iterator[Clash]:
    """The items of evidence that were collected before something that they are to show, in reading order."""
    dated = _Dated(document, clock)
    late: dict[int, list[_Late]] = {}
    for one in dated.late() if dated.days else ():
        late.setdefault(id(one.item), []).append(one)
    for group in late.values():
        item, last = group[0].item, max(group, key=lambda one: one.day)
        name = document.key_of(item) or document.path_of(item)
        where = _in_words(document, last.container, last.key)
        collected, of = (_day(value, clock) for value in (item["collected_at"], last.container[last.key]))
        others = f" (and {len(group) - 1} more)" if len(group) > 1 else ""
        says = f"{name} was collected on {collected}, and is to show a fact of {of}: {where}{others}"
        yield _clash(document, name, says, [(one.container, one.key) for one in group])


def miscited(document: Document, _: cel.Clock) -> Iterator[Clash]:
    """The records that name evidence which covers other parts of the document only, in reading order."""
    for container, key, *_rest in document.facts.references:
        item = container.get(key) if key == _EVIDENCE else None
        section = document.section_of(container)
        if item.__class__ is not dict or section is None or shows(item, section):
            continue
        where, name = _in_words(document, container, None), document.key_of(item) or document.path_of(item)
        covered = ", ".join(str(part).replace("_", " ") for part in item["covers"])
        says = f"{where}: {name} is to show it, and covers only: {covered}"
        yield _clash(document, document.path_of(container), says, [(container, key)])


_FINDING: Mapping[str, Callable[[Document, cel.Clock], Iterator[Clash]]] = {
    "disordered": disordered, "unshown": unshown, "miscited": miscited,
}  # fmt: skip


def _clash(document: Document, key: str, says: str, facts: Facts) -> Clash:
    there = [(document.as_shown(container), name) for container, name in facts]
    known = [(container, name) for container, name in there if name in container]
    dates = [document.path_of(container, name) for container, name in known]
    return {"key": key, "says": says, "holds": False, "dates": dates, _FACTS: known}


def _in_words(document: Document, container: Any, key: str | None) -> str:
    """Where something stands, for people: `plan tests no. 1, findings F1, closed on`."""
    steps = [key.replace("_", " ")] if key is not None else []
    while (above := document.holder_of(container)) is not None:
        step, name = document.key_in_parent(container), document.key_of(container)
        if isinstance(step, int):
            which = name if name is not None else f"no. {step + 1}"
            container, above = above, document.holder_of(above)
            step = f"{document.key_in_parent(container)} {which}" if above is not None else which
        steps.append(str(step).replace("_", " "))
        container = above
    return ", ".join(reversed(steps))


def _shown(value: Any, clock: cel.Clock) -> str:
    return str(value) if value.__class__ is Date else local_time(clock, int(value))


def _day(value: Any, clock: cel.Clock) -> str:
    return str(value if value.__class__ is Date else Date(clock.day_of(int(value))))


class _Late(NamedTuple):
    """A date, its day (an ordinal), and the newest evidence for it, which is older."""

    container: Any
    key: str
    day: int
    item: dict[str, Any]


class _Dated:
    """The evidence of one document as it was read, by what it covers."""

    def __init__(self, document: Document, clock: cel.Clock) -> None:
        self.document = document
        self.clock = clock
        self.root = document.tree.value
        self.days: dict[int, tuple[int, dict[str, Any]]] = {}
        """The last day (an ordinal) that it was anywhere when an item was collected, by the item's id."""
        self.sections: dict[str, tuple[int, dict[str, Any]]] = {}
        for item in self._items():
            dated = self._last_day(item["collected_at"]), item
            self.days[id(item)] = dated
            covered = item.get("covers")
            for section in covered if covered.__class__ is list else ():
                if section.__class__ is str:
                    known = self.sections.get(section, dated)
                    self.sections[section] = max(known, dated, key=lambda one: one[0])
        self._covering: dict[int, tuple[int, dict[str, Any]] | None] = {}

    def _items(self) -> Iterator[dict[str, Any]]:
        """Those with a day that show more than somebody's word, which is that of the file itself."""
        for container, key, _ in self.document.facts.past:
            if key == "collected_at" and self.document.section_of(container) == _EVIDENCE:
                method = container.get("method")
                if method.__class__ is str and method in _SHOWING:
                    yield container

    def late(self) -> Iterator[_Late]:
        """The dates that are later than the newest evidence for them."""
        oldest = min(day for day, _ in self.days.values())
        for container, key, value in self.document.facts.past:
            day = int(value) if value.__class__ is Date else value // DAY + EPOCH_DAY
            if day <= oldest or container is self.root or container.__class__ is not dict:
                continue
            covering = self._newest(container)
            if covering is None or day <= covering[0]:
                continue
            day = self._first_day(value)
            if day > covering[0] and self._is_to_be_shown(container, key):
                yield _Late(container, key, day, covering[1])

    def _is_to_be_shown(self, container: Any, key: str) -> bool:
        """Whether a date is known on the day, and may not come after what its record's evidence shows."""
        document = self.document
        if key not in document.as_shown(container):
            return False
        field = document.kind.field(document.generic_path(container, key))
        return field is not None and not field.shape.later

    def _newest(self, container: Any) -> tuple[int, dict[str, Any]] | None:
        """The newest evidence for a container: what itself or the nearest above names, else its section's."""
        if id(container) not in self._covering:
            self._covering[id(container)] = self._found(container)
        return self._covering[id(container)]

    def _found(self, container: Any) -> tuple[int, dict[str, Any]] | None:
        document, above = self.document, self.document.holder_of(container)
        if container.__class__ is dict and above is not None:
            if _EVIDENCE in container:
                return self.days.get(id(container[_EVIDENCE]))
            if _EVIDENCE in document.blank_keys(container) or document.why_unknown(container, _EVIDENCE):
                return None
        if above is None or above is self.root:
            section = document.section_of(container)
            return self.sections.get(section) if section and section not in _NO_FACTS else None
        return self._newest(above)

    def _last_day(self, value: Any) -> int:
        """The later of the days of an instant in the document's zone and in that in which tools export."""
        if value.__class__ is Date:
            return int(value)
        return max(self.clock.day_of(int(value)), int(value) // DAY + EPOCH_DAY)

    def _first_day(self, value: Any) -> int:
        """The earlier of these days."""
        if value.__class__ is Date:
            return int(value)
        return min(self.clock.day_of(int(value)), int(value) // DAY + EPOCH_DAY)
