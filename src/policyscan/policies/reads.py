"""What each part of a policy rests on: in, the fields that its expressions read; out, `Reads`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from policyscan import cel
from policyscan.cel import types
from policyscan.policies.policy import Reads
from policyscan.records import NamedTuple

SectionsOf = Callable[[Iterable[cel.FieldRead]], Iterable[str]]
"""The parts of inventories (`client.devices`) that reads are about."""


class Part(NamedTuple):
    """A part of a policy that reads by itself: what comes before all requirements, the lists of subjects
    in that (each list by its number, where there are several), a requirement by its number, a table by its
    name."""

    what: str
    which: int | str | None = None

    @classmethod
    def list_of_subjects(cls, number: int) -> Part:
        """One of several lists of subjects."""
        return cls("subjects", number)

    @classmethod
    def requirement(cls, number: int) -> Part:
        """A requirement."""
        return cls("requirement", number)

    @classmethod
    def table(cls, name: str) -> Part:
        """A table of what members say."""
        return cls("table", name)


ENTRY, SUBJECTS = Part("entry"), Part("subjects")


class PartReads:
    """The fields that each part of one policy may read."""

    def __init__(self, uses: tuple[str, ...], sections_of: SectionsOf) -> None:
        """`uses` are the controls that the policy says it asks for."""
        self.root: types.Type | None = None
        """The type of the policy's inventory, once it is known."""
        self._uses = uses
        self._sections_of = sections_of
        self._of: dict[Part, set[cel.FieldRead]] = {}
        self._spread: set[Part] = set()  # lists that may read more of an inventory than their elements

    def add(self, part: Part, reads: Iterable[cel.FieldRead], *, spread: bool) -> None:
        """Counts what an expression reads; `spread` where it may read more than the subject at hand."""
        self._of.setdefault(part, set()).update(reads)
        if spread:
            self._spread.add(part)

    @property
    def every(self) -> set[cel.FieldRead]:
        """Every field that anything may read."""
        return set().union(*self._of.values())

    @property
    def lists(self) -> list[Part]:
        """The lists of subjects, in their order (in which they were added), where there are several."""
        return [part for part in self._of if part.what == SUBJECTS.what and part.which is not None]

    def before(self, *parts: Part) -> Reads:
        """What these parts rest on, together with what comes before all requirements."""
        return self.of(ENTRY, SUBJECTS, *parts)

    def of(self, *parts: Part) -> Reads:
        """What these parts rest on."""
        reads = {read for part in parts for read in self._of.get(part, ())}
        sections, names = sorted(self._sections_of(reads)), sorted({read.field for read in reads})
        asks = any(read.of is types.HOST for read in reads)
        return Reads(tuple(sections), tuple(names), self._uses if asks else (), self._whole(parts))

    def _whole(self, parts: Iterable[Part]) -> tuple[str, ...]:
        """The parts of inventories that are read otherwise than subject by subject."""
        reads = {
            read for part in parts for read in self._of.get(part, ()) if not self._by_subject(part, read)
        }
        return tuple(sorted(self._sections_of(reads)))

    def _by_subject(self, part: Part, read: cel.FieldRead) -> bool:
        """Whether what is read of a part is read for each subject alone: by a list that names the inventory
        once, if not by a function that might do so more often."""
        return part.what == SUBJECTS.what and read.of is self.root and part not in self._spread
