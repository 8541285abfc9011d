"""What subjects of one policy have in common: expressions that are the same for all of them.

In: a policy, an expression and the values of a subject. Out: what the expression gave for the first of the
subjects that cannot be told apart.

An expression that reads nothing of its subject, or only looks its name up in tables where it does not stand,
gives the same for each: it is evaluated, traced and told once. So a portfolio of whose clients little is
known takes as long as there are clients, not as long as there are pairs of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import compress
from operator import eq, is_, is_not, itemgetter
from typing import Any, TypeVar

from policyscan import cel
from policyscan.cel.matching import only_looks_up
from policyscan.engine.outcome import Turn, Values
from policyscan.engine.requirements import status_of
from policyscan.findings import Gap, Status, ValueRead
from policyscan.policies.policy import Code, Policy

_T = TypeVar("_T")
_Fact = TypeVar("_Fact", Gap, ValueRead)
_HOLDER, _FIELD = itemgetter(0), itemgetter(1)
_MOST_FACTS = 20  # of one result that other results of its policy list too
_ABSENT = Status.NOT_APPLICABLE  # what no expression comes to: stands for whatever is asked of one absent


class Sharing:
    """What is kept of one policy and its tables while a document is evaluated."""

    def __init__(self, policy: Policy, tables: Values) -> None:
        self._tables = frozenset(table.name for table in policy.tables)
        self._before = 1 + len(tables)  # the document and its tables come before the subject
        self._rows = tables
        self._texts: frozenset[str] | None = None
        self._asks: dict[int, tuple[tuple[int, bool], ...]] = {}
        self._statuses: dict[tuple[int, int], tuple[Status, Turn]] = {}
        self._kept: dict[Hashable, Any] = {}
        self._last: dict[Hashable, tuple[list[tuple[Any, Any]], Any]] = {}
        self._listed: set[tuple[type, str]] = set()
        self._told: tuple[Any, ...] = ()

    def common(self, code: Code, values: Values) -> bool:
        """Whether an expression gives the same for this subject as for every other for which this is true."""
        for position, looked_up in self._asked(code):
            if not looked_up or position >= len(values):
                return False
            value = values[position]
            if value.__class__ is not str or value in self._all_texts():
                return False
        return True

    def status(self, code: Code, values: Values, clock: cel.Clock, absent: Status) -> Status:
        """As `status_of`, with the same turn of the clock, once for all subjects that have it in common."""
        if not self.common(code, values):
            return status_of(code, values, clock, absent)
        key = id(code), clock.instant
        found = self._statuses.get(key)
        if found is None:
            before = clock.turn_day, clock.turn_instant
            clock.reset()
            status = status_of(code, values, clock, _ABSENT)
            found = self._statuses[key] = status, (clock.turn_day, clock.turn_instant)
            clock.turn_day, clock.turn_instant = before
        status, (day, instant) = found
        clock.turn_day = min(clock.turn_day, day)
        clock.turn_instant = min(clock.turn_instant, instant)
        return absent if status is _ABSENT else status

    def once(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """What `make` made when this key was first asked for."""
        if key not in self._kept:
            self._kept[key] = make()
        found: _T = self._kept[key]
        return found

    def same(self, key: Hashable, noted: list[tuple[Any, Any]], make: Callable[[], _T]) -> _T:
        """What `make` made when it was last asked for with this key, where that was of the same fields, each
        with its object."""
        known = self._last.get(key)
        found: _T = make() if known is None or not _alike(known[0], noted) else known[1]
        self._last[key] = noted, found  # the next pairs are those of this list rather than of the first
        return found

    def told(self, facts: tuple[_Fact, ...]) -> tuple[_Fact, ...]:
        """The first facts, and those that no result of the policy has listed before.

        All results together list all of them; without it each of n clients lists what n clients lack, and a
        report of 2,000 has gigabytes.
        """
        if len(facts) <= _MOST_FACTS:
            return facts
        if facts is self._told:
            return facts[:_MOST_FACTS]
        self._told = facts
        listed = self._listed
        told = tuple(
            fact
            for number, fact in enumerate(facts)
            if number < _MOST_FACTS or (type(fact), fact.path) not in listed
        )
        self._listed.update((type(fact), fact.path) for fact in told)
        return told

    def _asked(self, code: Code) -> tuple[tuple[int, bool], ...]:
        """The variables of its subject that an expression reads, and whether it only looks each up."""
        found = self._asks.get(id(code))
        if found is None:
            read = set(code.free)
            found = self._asks[id(code)] = tuple(
                (position, only_looks_up(code.checked.inner, name, self._tables))
                for position, name in enumerate(code.names)
                if position >= self._before and name in read
            )
        return found

    def _all_texts(self) -> frozenset[str]:
        """Every text that stands anywhere in the tables."""
        if self._texts is None:
            self._texts = frozenset(_texts(self._rows))
        return self._texts


def _alike(some: list[tuple[Any, Any]], others: list[tuple[Any, Any]]) -> bool:
    """Whether two lists are of the same fields of the same objects; most of them are the same pairs."""
    if len(some) != len(others):
        return False
    differing = [*map(is_not, some, others)]
    left, right = [*compress(some, differing)], [*compress(others, differing)]
    holders = map(is_, map(_HOLDER, left), map(_HOLDER, right))
    return all(holders) and all(map(eq, map(_FIELD, left), map(_FIELD, right)))


def _texts(values: Sequence[Any]) -> Iterator[str]:
    pending = list(values)
    while pending:
        value = pending.pop()
        if value.__class__ is str:
            yield value
        elif isinstance(value, dict):
            pending.extend(value)
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
