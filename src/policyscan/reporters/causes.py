"""What belongs together in a report for people: results that have one cause are told once.

In: results of one document. Out: groups of them, the worst first in each. Results of one control belong
together; so do those of several where the file says that there is nothing: `crisis_plan: null` is one cause,
however many controls ask for the plan.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

from policyscan.findings import FINDINGS, Result, Status
from policyscan.records import NamedTuple
from policyscan.source import Source, Span

ACT = (Status.ERROR, Status.FAIL, Status.DUE, Status.WARNING)
_COUNT = 30  # characters for how many texts did not fit
_NOTHING = frozenset(("null", "~", "[]", "{}"))


class Cause(NamedTuple):
    """Results that are told together: the worst of them, and the others in the order of the report."""

    worst: Result
    others: tuple[Result, ...] = ()

    @property
    def results(self) -> tuple[Result, ...]:
        """All of them."""
        return (self.worst, *self.others)

    @property
    def controls(self) -> tuple[str, ...]:
        """The ids of their controls, that of the worst first."""
        return tuple(dict.fromkeys(result.policy for result in self.results))


def causes(results: Iterable[Result], source: Callable[[str], Source | None]) -> list[Cause]:
    """What must be acted on, what is unknown and what is waived, by cause, in the order of the report.

    What is unknown is told with the rest of its control where there is something to act on.
    """
    told = [result for result in results if result.status in FINDINGS or result.waiver]
    empty = _empty_places(told, source)
    groups: dict[Hashable, list[Result]] = {}
    for result in told:
        groups.setdefault(_key(result, empty), []).append(result)
    _move_along(groups)
    return [Cause(first, tuple(rest)) for first, *rest in groups.values()]


def _key(result: Result, empty: frozenset[Span]) -> Hashable:
    if result.status in ACT and result.span in empty:
        return result.span, result.status
    return result.policy


def _move_along(groups: dict[Hashable, list[Result]]) -> None:
    """Lets what is unknown of a control go with its cause, if all else of that control has one."""
    home = {result.policy: key for key, group in groups.items() if key != group[0].policy for result in group}
    for policy, key in home.items():
        alone = groups.get(policy, [])
        if alone and all(result.status is Status.UNKNOWN for result in alone):
            groups[key] += groups.pop(policy)


def _empty_places(results: Sequence[Result], source: Callable[[str], Source | None]) -> frozenset[Span]:
    """The places of several results at which a file says that there is nothing."""
    seen: set[Span] = set()
    shared: set[Span] = set()
    for result in results:
        if result.status in ACT:
            (shared if result.span in seen else seen).add(result.span)
    return frozenset(span for span in shared if _is_empty(span, source))


def _is_empty(span: Span, source: Callable[[str], Source | None]) -> bool:
    if span.end_line != span.line or span.end_column - span.column > 4:
        return False
    text = source(span.file)
    return text is not None and text.line(span.line)[span.column - 1 : span.end_column - 1] in _NOTHING


def same(results: Iterable[Result]) -> list[Cause]:
    """Results that share control, status, file and region, each where its first one stood: consumers of SARIF
    and of GitLab's format know them by these alone, and drop all but the first."""
    groups: dict[Hashable, list[Result]] = {}
    for result in results:
        groups.setdefault(_of_one_place(result), []).append(result)
    return _causes(groups)


def first_same(results: Iterable[Result], most: int) -> tuple[list[Cause], int]:
    """The first `most` that `same` would give, and how many more: there may be too many to hold."""
    groups: dict[Hashable, list[Result]] = {}
    more = _Distinct()
    for result in results:
        place = _of_one_place(result)
        if place in groups or len(groups) < most:
            groups.setdefault(place, []).append(result)
        else:
            more.add(hash(place))
    return _causes(groups), len(more)


def _causes(groups: Mapping[Hashable, Sequence[Result]]) -> list[Cause]:
    return [Cause(first, tuple(rest)) for first, *rest in groups.values()]


class _Distinct:
    """Counts different numbers of 64 bits. They take eight bytes each, and are compared a part at a time."""

    def __init__(self) -> None:
        self._parts = [array("q") for _ in range(64)]

    def add(self, number: int) -> None:
        self._parts[number % 64].append(number)

    def __len__(self) -> int:
        return sum(len(set(part)) for part in self._parts)


def _of_one_place(result: Result) -> Hashable:
    return result.policy, result.status, result.severity, result.span, result.waiver


def by_cause(results: Iterable[Result], source: Callable[[str], Source | None]) -> list[Cause]:
    """Results of one place of one control together, and of several controls where the file says that there is
    nothing; what is waived is told apart for each exception."""
    told = list(results)
    empty = _empty_places(told, source)
    groups: dict[Hashable, list[Result]] = {}
    for result in told:
        nothing = result.status in ACT and result.span in empty
        key = (result.span, result.status) if nothing else _of_one_place(result)
        groups.setdefault(key, []).append(result)
    return [Cause(first, tuple(rest)) for first, *rest in groups.values()]


def said(cause: Cause, text: Callable[[Result], str], most: int) -> str:
    """What all results of a cause say in at most `most` characters: the worst first, then the others of its
    control, those of other controls by id."""
    worst = cause.worst
    first = text(worst)
    texts = dict.fromkeys(text(result) for result in cause.others if result.policy == worst.policy)
    rest = [other for other in texts if other and other != first]
    ids = cause.controls[1:]
    end = f" (the same fails {', '.join(ids)})" if ids else ""
    if len(first) + len(end) > most - _COUNT:
        first = f"{first[: max(0, most - len(end) - _COUNT)]}…"
    for number, other in enumerate(rest):
        if len(first) + len(other) + len(end) > most - _COUNT:
            return f"{first} (and {len(rest) - number:,} more here){end}"
        first += f"; {other}"
    return first + end
