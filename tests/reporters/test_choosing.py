"""The order of questions, against every other choice."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyscan.reporters.choosing import best, in_order

CONTROLS = st.lists(st.frozensets(st.integers(0, 9), min_size=1, max_size=5), max_size=12)


def settled(asked: Collection[int], controls: list[frozenset[int]]) -> int:
    """How many controls lack nothing else than the questions that are asked."""
    return sum(control <= frozenset(asked) for control in controls)


@settings(max_examples=60, deadline=None)
@given(CONTROLS, st.integers(0, 6))
def test_no_other_choice_settles_more(controls: list[frozenset[int]], most: int) -> None:
    chosen = best(Counter(controls), most)
    assert len(chosen) <= most
    others = (settled(other, controls) for other in combinations(range(10), most))
    assert settled(chosen, controls) == max(others)


@settings(max_examples=60, deadline=None)
@given(CONTROLS)
def test_every_question_is_asked_once(controls: list[frozenset[int]]) -> None:
    order = in_order(10, controls)
    assert sorted(order) == list(range(10))
    assert all(in_order(10, controls, most) == order[:most] for most in (0, 1, 10, 11))


@pytest.mark.parametrize(
    ("controls", "order"),
    [
        pytest.param([], [0, 1], id="nothing is lacking"),
        pytest.param([{1}, {1}, {0}], [1, 0], id="what settles two comes before what settles one"),
        pytest.param([{0, 1}, {2}], [2, 0, 1], id="one answer comes before two"),
        pytest.param([{0}, {1}], [0, 1], id="else the order that was given"),
        pytest.param([{0, 1}, {0, 1}, {0, 1}, {2}], [2, 0, 1], id="within ten, what settles soonest"),
    ],
)
def test_the_order_of_few(controls: list[set[int]], order: list[int]) -> None:
    assert in_order(len(order), controls) == order


def test_ten_that_need_each_other_are_not_put_first_by_one_that_many_name() -> None:
    """A greedy choice takes 0, which every control names, and settles nothing with it."""
    greedy = [frozenset({0, 10 + n, 30 + n, 50 + n}) for n in range(12)]
    alone = [frozenset({n}) for n in range(1, 10)]
    chosen = in_order(70, [*greedy, *alone])[:10]
    assert set(range(1, 10)) <= set(chosen)


def test_what_lacks_more_than_ten_answers_is_asked_in_the_end() -> None:
    assert in_order(13, [set(range(1, 13)), {0}]) == list(range(13))


def test_the_order_is_that_of_the_questions_however_they_were_counted() -> None:
    chance = random.Random(7)  # noqa: S311 - the same each time
    controls = [(frozenset(chance.sample(range(60), chance.randint(2, 4))), 1) for _ in range(260)]
    orders = set()
    for _ in range(4):
        chance.shuffle(controls)
        orders.add(tuple(in_order(60, dict(controls), 10)))
    assert len(orders) == 1
