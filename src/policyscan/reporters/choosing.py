"""In which order questions are asked: the first ten settle more controls than any other ten.

In: what each control still lacks, as sets of questions. Out: the questions in order. A control is settled
once all its questions are answered; so two questions that need each other are worth something together only.

Questions that no control joins do not compete, so each group is looked at by itself, in all its combinations,
and the places are then shared out among the groups. Both steps are exact as long as a group has no more
combinations than `_MOST_STATES`; beyond that the best of them are followed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import TypeAlias

ROUND = 10
"""How many questions are chosen together; after them the next ten are chosen."""
_MOST_STATES = 20_000
_FEW = 200
"""Where controls lack at most so many different things, as those of one inventory do, the order is kept."""

Controls: TypeAlias = Mapping[frozenset[int], int]
"""What controls lack, as numbers of questions, and how many lack the same."""
_Choice: TypeAlias = tuple[int, int, int]
"""Some questions: how many controls they settle together, below zero, how many they are, and they themselves
as bits; so that the least of several choices is the best, and of equals the one of the earlier questions."""
_NOTHING: _Choice = (0, 0, 0)


def in_order(
    questions: int, controls: Iterable[Collection[int]] | Controls, most: int | None = None
) -> list[int]:
    """The numbers of the first `most` questions (all, if not said), from 0, in the order in which they are
    worth asking. `controls` are what each control lacks; if many lack the same, it may be counted before.

    Questions are numbered by what else speaks for asking them first: the lower is preferred where two would
    settle as many controls.
    """
    counted = controls if isinstance(controls, Mapping) else Counter(map(frozenset, controls))
    if len(counted) > _FEW:
        return _ordered(questions, counted, most)
    return list(_remembered(questions, tuple(counted.items()), most))


@lru_cache(maxsize=64)
def _remembered(
    questions: int, controls: tuple[tuple[frozenset[int], int], ...], most: int | None
) -> tuple[int, ...]:
    """The order, for each format of a report that asks for it."""
    return tuple(_ordered(questions, dict(controls), most))


def _ordered(questions: int, controls: Controls, most: int | None) -> list[int]:
    left = _without(frozenset(), controls)
    order: list[int] = []
    while left and (most is None or len(order) < most):
        chosen = best(left, ROUND)
        if not chosen:  # what is left lacks more than ten answers: begin with what comes soonest
            chosen = min(left, key=lambda control: (len(control), sorted(control)))
        order += _steps(chosen, left)
        left = _without(chosen, left)
    return [*order, *sorted(set(range(questions)) - set(order))][:most]


def _without(answered: frozenset[int], controls: Controls) -> Controls:
    """What controls lack once some questions are answered; those that lack nothing are left out."""
    left = Counter[frozenset[int]]()
    for control, times in controls.items():
        if rest := control - answered:
            left[rest] += times
    return left


def best(controls: Controls, most: int) -> frozenset[int]:
    """The at most `most` questions that together settle the most controls."""
    able = {control: times for control, times in controls.items() if len(control) <= most}
    places = [_NOTHING] * (most + 1)
    for group in _groups(able):
        choices = _by_size(group, most)
        places = [
            min(_both(places[number - size], choices[size]) for size in range(number + 1))
            for number in range(most + 1)
        ]
    return _numbers(places[most][2])


def _both(one: _Choice, other: _Choice) -> _Choice:
    """Two choices that have no question in common, together."""
    return one[0] + other[0], one[1] + other[1], one[2] | other[2]


def _numbers(bits: int) -> frozenset[int]:
    return frozenset(number for number in range(bits.bit_length()) if bits >> number & 1)


def _groups(controls: Controls) -> list[Controls]:
    """The controls in groups that have no question in common."""
    groups: list[tuple[set[int], dict[frozenset[int], int]]] = []
    for control, times in controls.items():
        joined = [group for group in groups if group[0] & control]
        groups = [group for group in groups if not group[0] & control]
        questions = set(control).union(*(group[0] for group in joined))
        members = {one: its for group in joined for one, its in group[1].items()}
        groups.append((questions, {**members, control: times}))
    return [members for _, members in groups]


def _by_size(group: Controls, most: int) -> list[_Choice]:
    """The best choice of at most 0, 1, 2, … `most` questions within one group."""
    # Sets of bits, as many are compared.
    lacks = {sum(1 << question for question in control): times for control, times in group.items()}
    held = _counter(lacks)
    unions = {0}
    for control in sorted(lacks):  # of a set, whose order is another in each process
        unions |= {union for one in unions if (union := one | control).bit_count() <= most}
        if len(unions) > _MOST_STATES:
            kept = sorted(unions, key=lambda one: (-held(one) / (one.bit_count() or 1), one))
            unions = set(kept[: _MOST_STATES // 4])
    choices = [_NOTHING] * (most + 1)
    for union in unions:
        size = union.bit_count()
        choices[size] = min(choices[size], (-held(union), size, union))
    return [min(choices[: size + 1]) for size in range(most + 1)]


def _counter(lacks: Mapping[int, int]) -> Callable[[int], int]:
    """Counts the controls that lack nothing outside a union, of how many there are that lack the same.

    Only those are looked at whose rarest question is in the union: it has ten questions at most, of many.
    """
    named = Counter(bit for control in lacks for bit in _bits(control))
    by_rarest: dict[int, list[tuple[int, int]]] = {}
    for control, times in lacks.items():
        by_rarest.setdefault(min(_bits(control), key=named.__getitem__), []).append((control, times))

    rarest = sum(by_rarest)

    def held(union: int) -> int:
        count, left = 0, union & rarest
        while left:
            bit = left & -left
            left ^= bit
            for control, times in by_rarest[bit]:
                if control | union == union:
                    count += times
        return count

    return held


def _bits(questions: int) -> list[int]:
    """The bits that are set, each by itself."""
    found = []
    while questions:
        first = questions & -questions
        found.append(first)
        questions ^= first
    return found


def _steps(chosen: Collection[int], controls: Controls) -> list[int]:
    """The chosen questions so that controls are settled as soon as possible."""
    open_, steps = set(chosen), list[int]()
    inside = {control: times for control, times in controls.items() if control <= open_}
    while open_:
        pending = _without(frozenset(steps), inside)
        settled = {rest: sum(times for other, times in pending.items() if other <= rest) for rest in pending}
        step = min(pending, key=lambda rest: (len(rest), -settled[rest], sorted(rest)), default=open_)
        steps += sorted(step)
        open_ -= set(step)
    return steps
