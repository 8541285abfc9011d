"""What a scan is asked to do: which policies, when, and how much of an account of each result.

In: what `session` has chosen. Out: a plain value, which every step of a scan reads and none changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from policyscan.engine.moments import Moment
from policyscan.findings import Assigned, EvidenceRule
from policyscan.policies.policy import Code, Policy
from policyscan.records import NamedTuple
from policyscan.source import Span

if TYPE_CHECKING:
    from policyscan.waivers import WrittenWaiver

Accepting: TypeAlias = Callable[[str, str, str], Policy | str]
"""The control whose test is also met where an expression is true, given its id, a requirement or a pattern of
them, and the expression; or in words what is wrong with that."""


class Demands(NamedTuple):
    """What a profile asks, or several together: as the same fields of a plan."""

    policies: Sequence[Policy]
    known: Mapping[str, Policy]
    rule: EvidenceRule | None
    max_taken_away: int | None
    accepting: Accepting | None = None


class Assignment(NamedTuple):
    """A profile as the settings assign it, with its condition; `span` is where it is written."""

    said: Assigned
    when: Code | None
    span: Span


class Assigning(NamedTuple):
    """All assignments in their order. `default` is the profile of a client that none of them meets; `asked`
    gives what profiles of some names ask together; `policies` are those of all of them. `whole`: all clients
    are scanned that they may be for."""

    assignments: tuple[Assignment, ...]
    default: str
    asked: Callable[[tuple[str, ...]], Demands]
    policies: Sequence[Policy] = ()
    whole: bool = False


class Plan(NamedTuple):
    """What a scan evaluates: the chosen policies, all policies of the pack by id, and when.

    `aliases` lead from every id and earlier id to its policy. `zone` is for documents that name none;
    `full` asks for an account of every result, passing ones too, `evidence` for the values that results rest
    on, `gaps` for what the unknown ones lack (without it, those have neither a message nor a place), `grades`
    for how many policies pass on which evidence. `rule` is what evidence must be at least. `rules` are those
    of consistency, which come before all policies. `trusting` takes the words of inventories without
    statements as they are, as cases of controls do. `max_taken_away` is how many controls statements may take
    away from a document, None for any number. `shared` are waivers for several documents, of which `whole`
    says that all are scanned that they may be for; `max_waiver_days` is how long a waiver may run
    where that is less than a year, and
    `accepting` gives the controls that answer what a waiver's `accept` asks. `assigning` says which clients
    another profile asks for controls than the one that all the rest is of; None where none does.
    """

    policies: Sequence[Policy]
    known: Mapping[str, Policy]
    aliases: Mapping[str, str]
    moment: Moment
    zone: str = "UTC"
    full: bool = False
    evidence: bool = True
    gaps: bool = True
    grades: bool = False
    rule: EvidenceRule | None = None
    rules: Sequence[Policy] = ()
    trusting: bool = False
    max_taken_away: int | None = None
    shared: Sequence[WrittenWaiver] = ()
    whole: bool = False
    max_waiver_days: int | None = None
    accepting: Accepting | None = None
    assigning: Assigning | None = None

    @property
    def every(self) -> Sequence[Policy]:
        """The policies of all profiles, each once, in the order of their ids."""
        if self.assigning is None:
            return self.policies
        found = {policy.id: policy for policy in (*self.assigning.policies, *self.policies)}
        return [found[id_] for id_ in sorted(found)]

    @property
    def requirements(self) -> Mapping[str, Sequence[str]]:
        """The ids of each policy's requirements, its needs left aside, for waivers."""
        return _Requirements(self.known)


class _Requirements(Mapping[str, Sequence[str]]):
    """Looks at a policy only when a waiver names it: most are never read from the cache."""

    def __init__(self, known: Mapping[str, Policy]) -> None:
        self._known = known

    def __getitem__(self, id_: str) -> Sequence[str]:
        policy = self._known[id_]
        also = policy.also.require if policy.also is not None else ()
        return tuple(item.id for item in (*policy.require, *also))

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)
