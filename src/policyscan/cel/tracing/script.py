"""What going through a list notes where most of its elements come to the same each time.

In: the elements that a loop found by its keys, and the test of the loop. Out: the elements to visit; what the
others would have noted is added in between, and told of those that fail.

The test of such a loop reads nothing of outside the loop but the values that elements are found by. So for an
element that none of these fits it comes to the same, and notes the same, whatever they are: it is tried once
for all subjects of a control, and what it noted is added again for each.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

from policyscan.cel import runtime
from policyscan.cel.errors import Absent, EvalError
from policyscan.cel.lookup import ToVisit
from policyscan.cel.tracing.trace import Frame, Notes
from policyscan.records import NamedTuple

Try: TypeAlias = Callable[[Frame, Any], None]
"""Evaluates the test of a loop for an element."""


class Failures(NamedTuple):
    """Elements that a test has no outcome for: all of them in order, the worst of their errors, and for how
    many it cannot be told, as against those that have nothing that could pass."""

    elements: list[Any]
    error: EvalError
    unsure: int


class _Tried(NamedTuple):
    """What trying an element noted, and the error that it ended in."""

    notes: Notes
    error: EvalError | None


class Script:
    """What is known of the elements of a list, and what it notes side by side, so that a part of it is added
    at once."""

    def __init__(self, found: ToVisit, once: Try) -> None:
        self._items = found.items
        self._once = once
        loose = {number for _, table in found.tables for number, _ in table.loose}
        self._open = set(range(len(found.items))) - loose
        self._tried: dict[int, _Tried] = {}
        self._write()

    def seen(self, frame: Frame, found: ToVisit, failing: Callable[[Failures], None]) -> Iterator[Any]:
        """The elements to visit, in order, with what the others note in between."""
        if not self._open <= found.found.keys():
            self._try(frame, self._open - found.found.keys())
        start = 0
        for number in sorted(found.found.keys() | self._open):
            self._play(frame, start, number, failing)
            yield self._items[number]
            start = number + 1
        self._play(frame, start, len(self._items), failing)

    def _try(self, frame: Frame, numbers: set[int]) -> None:
        """Tries the test for elements that no value fits this time."""
        for number in sorted(numbers):
            self._tried[number] = self._outcome(frame, self._items[number])
        self._open -= numbers
        self._write()

    def _outcome(self, frame: Frame, element: Any) -> _Tried:
        before = frame.apart()
        error: EvalError | None = None
        try:
            self._once(frame, element)
        except EvalError as failed:
            error = runtime.outcome(failed)
            error.start, error.end = failed.start, failed.end
        finally:
            notes = frame.apart(before)
        return _Tried(notes, error)

    def _write(self) -> None:
        """Puts side by side what is known."""
        self._reads, self._missing, self._absent = _Row(), _Row(), _Row()
        self._last: list[tuple[Any, Any] | None] = [None]
        self._failed: dict[int, list[int]] = {}
        for number in range(len(self._items)):
            tried = self._tried.get(number)
            notes = tried.notes if tried is not None else _NOTHING
            self._reads.add(notes.reads)
            self._missing.add(notes.missing)
            self._absent.add(notes.absent)
            self._last.append(notes.last or self._last[-1])
            if tried is not None and tried.error is not None:
                self._failed.setdefault(tried.error.rank, []).append(number)
        self._failing = sorted(number for failed in self._failed.values() for number in failed)
        self._elements = [self._items[number] for number in self._failing]

    def _play(self, frame: Frame, start: int, end: int, failing: Callable[[Failures], None]) -> None:
        """Adds what the elements from one position up to another note."""
        if start >= end:
            return
        frame.reads += self._reads.part(start, end)
        frame.missing += self._missing.part(start, end)
        frame.absent += self._absent.part(start, end)
        frame.last = self._last[end] or frame.last
        failed = _within(self._failing, start, end)
        if failed.start < failed.stop:
            failing(self._failures(self._elements[failed], start, end))

    def _failures(self, elements: list[Any], start: int, end: int) -> Failures:
        """What became of the elements that fail from one position up to another."""
        by_rank = {rank: _within(numbers, start, end) for rank, numbers in self._failed.items()}
        worst = max(rank for rank, part in by_rank.items() if part.start < part.stop)
        unsure = sum(part.stop - part.start for rank, part in by_rank.items() if rank > Absent.rank)
        error = self._tried[self._failed[worst][by_rank[worst].start]].error
        assert error is not None
        return Failures(elements, type(error)(error.message, error.start, error.end), unsure)


class _Row:
    """What elements note, side by side; `part` is what those from one position up to another do."""

    __slots__ = ("_all", "_ends")

    def __init__(self) -> None:
        self._all: list[Any] = []
        self._ends = [0]

    def add(self, notes: list[Any]) -> None:
        self._all += notes
        self._ends.append(len(self._all))

    def part(self, start: int, end: int) -> list[Any]:
        return self._all[self._ends[start] : self._ends[end]]


_NOTHING: Final = Notes()


def _within(numbers: list[int], start: int, end: int) -> slice:
    """Where the numbers from one up to another stand among others, in order."""
    return slice(bisect_left(numbers, start), bisect_left(numbers, end))
