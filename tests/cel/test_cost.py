"""What an evaluation may cost: work is counted wherever it is done, and long lists are found by a key."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from policyscan.cel import Env, budget, types
from policyscan.cel.errors import ExhaustedError, Fault
from policyscan.cel.lookup import FEW
from policyscan.cel.types import Field, List, Map, ObjectType
from policyscan.cel.values import Dangling, Unresolved
from tests.cel.harness import FRUGAL, both, clock, frugal  # noqa: F401

PERSON = ObjectType("person", {"id": Field(types.STRING), "boss": Field(types.STRING)}, ("id",))
COURSE = ObjectType(
    "course", {"person": Field(PERSON), "kind": Field(types.STRING), "done": Field(types.BOOL)}
)
ENV = Env({"people": List(PERSON), "training": List(COURSE)})
NUMBERS = "lists.range(10000)"
TEXT = f'cel.bind(t, {NUMBERS}.map(i, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").join(), '


def often(body: str) -> str:
    """Something done a million times and more, unless it is stopped."""
    return f"{NUMBERS}.all(x, {NUMBERS}.all(y, {body}))"


ENDLESS = {
    "sorting": often(f"{NUMBERS}.sort().size() > 0"),
    "sorting in one loop": f"{NUMBERS}.all(x, {NUMBERS}.sort().size() > 0)",
    "making distinct": often("lists.range(9000).distinct().size() > 0"),
    "looking for an element": f"{NUMBERS}.all(x, lists.range(9000).indexOf(dyn(x) + 0.5) < 0)",
    "comparing lists": often("lists.range(9000) == lists.range(9000)"),
    "formatting": often('"%s".format([lists.range(9000)]).size() > 0'),
    "joining lists": often("([1] + lists.range(9000)).size() > 0"),
    "turning lists": often("lists.range(9000).reverse().size() > 0"),
    "adding up": often("lists.range(9000).sum() > 0"),
    "lowering a text": TEXT + often("t.lowerAscii().size() > 0") + ")",
    "replacing in a text": TEXT + often('t.replace("a", "b").size() > 0') + ")",
    "splitting a text": TEXT + often('t.split("a").size() > 0') + ")",
    "looking for a part of a text": TEXT + often('!t.contains("ab")') + ")",
    "matching a text": TEXT + often('!t.matches("b$")') + ")",
    "comparing texts": TEXT + often('t.substring(1) == ("b" + t).substring(2)') + ")",
    "ordering texts": TEXT + often('t.substring(1) <= ("b" + t).substring(2)') + ")",
    "texts within lists": TEXT + f"{NUMBERS}.map(i, [t + string(i)]).size() > 0)",
    "texts within optionals": TEXT + f"{NUMBERS}.map(i, optional.of(t + string(i))).size() > 0)",
    "texts as keys of maps": TEXT + f"{NUMBERS}.map(i, {{t + string(i): 1}}).size() > 0)",
    "texts to sort by": TEXT + f"{NUMBERS}.sortBy(i, t + string(i)).size() > 0)",
    "texts to group by": TEXT + f"{NUMBERS}.groupBy(i, t + string(i)).size() > 0)",
    "lists that are kept": f"{NUMBERS}.map(i, [{NUMBERS}]).size() > 0",
    "a large body": f"{NUMBERS}.all(y, {NUMBERS}.all(x, {' && '.join(['x >= 0'] * 500)}))",
}


@pytest.mark.usefixtures("frugal")
@pytest.mark.parametrize("source", ENDLESS.values(), ids=ENDLESS)
def test_work_is_counted_wherever_it_is_done(source: str) -> None:
    checked = ENV.check(source)
    started = time.process_time()
    found = both(checked, {"people": [], "training": []})
    assert found.error == "fault"
    assert "too much work" in found.message
    # Two seconds an evaluator with the whole budget; on a machine that is busy too.
    assert time.process_time() - started < 3 * 6 / FRUGAL


def test_the_whole_budget_ends_soon_too() -> None:
    checked = ENV.check(ENDLESS["a large body"])
    started = time.process_time()
    assert "too much work" in both(checked, {"people": [], "training": []}).message
    assert time.process_time() - started < 3 * 6


HOLDER = ObjectType(
    "holder",
    {
        "a": Field(types.STRING),
        "b": Field(types.STRING),
        "l": Field(List(types.STRING)),
        "m": Field(Map(types.STRING, types.INT)),
    },
)
WRITTEN = {
    "equal": "h.a == h.b",
    "unlike": "!(h.a != h.b)",
    "ordered": "h.a <= h.b",
    "in a short list": "h.a in h.l",
    "a field of each": "hs.all(x, x.a == h.b)",
    "in an object's keys": "h.b in h.m",
    "a key": "h.m[h.b] == 1",
    "a key that may be there": "h.m[?h.b].hasValue()",
    "a key of anything": "dyn(h.m)[h.b] == 1",
    "the greatest": "hs.maxBy(x, x.a).b == h.b",
    "the least": "hs.minBy(x, x.b).a == h.b",
    "in groups": "hs.groupBy(x, x.a).size() == 1",
    "within a list": "[h.a] == [h.b]",
    "without a type": "dyn(h.a) == dyn(h.b)",
}


@pytest.mark.usefixtures("frugal")
@pytest.mark.parametrize("body", WRITTEN.values(), ids=WRITTEN)
def test_comparing_long_texts_of_a_document_is_work_too(body: str) -> None:
    env = Env({"h": HOLDER, "hs": List(HOLDER)})
    # Equal texts that are not the same one, so that each comparison reads all of them.
    one, other = ("".join(["a" * 299_999, end]) for end in "aa")
    holder = {"a": one, "b": other, "l": [other], "m": {one: 1}}
    found = both(env.check(f"{NUMBERS}.all(i, {body} && i >= 0)"), {"h": holder, "hs": [holder, holder]})
    assert "too much work" in found.message


def people(count: int) -> dict[str, Any]:
    """As many people as courses, one each, and one that nobody took."""
    persons = [{"id": f"p{n}", "boss": f"p{n // 2}"} for n in range(count)]
    courses = [{"person": person, "kind": "a", "done": True} for person in persons[:-1]]
    return {"people": persons, "training": courses}


BY_KEY = {
    "people.filter(p, training.exists(t, t.person == p && t.done)).size()": 1999,
    "people.filter(p, training.filter(t, p == t.person && t.done).size() == 1).size()": 1999,
    "people.filter(p, training.exists_one(t, t.person == p)).size()": 1999,
    "people.filter(p, people.exists(o, o.id == p.boss && o.boss != p.id)).size()": 1999,
    "people.filter(p, people.find(o, o == p).id == p.id).size()": 2000,
    "people.filter(p, training.map(t, t.person == p, t.kind) == ['a']).size()": 1999,
}


@pytest.mark.parametrize(("source", "value"), BY_KEY.items(), ids=BY_KEY)
def test_two_thousand_people_and_their_training_are_no_hostile_book(source: str, value: int) -> None:
    assert both(ENV.check(source), people(2000)).value == value


def test_all_subjects_of_a_policy_share_its_budget() -> None:
    program = ENV.check("lists.range(100).all(x, lists.range(99).all(y, x + y >= 0))").compile()
    budget.begin()
    try:
        outcomes = [_ends(program) for _ in range(200)]
    finally:
        budget.settle(0)
    assert outcomes[0] is True
    assert "too much work" in str(outcomes[-1])
    assert program(clock()) is True


def _ends(program: Callable[..., Any]) -> Any:
    try:
        return program(clock())
    except Fault as fault:
        return fault


ODD: dict[str, Any] = {
    "missing": {"kind": "a", "done": True},
    "null": {"person": None, "done": True},
    "leads nowhere": {"person": Dangling("p1"), "done": True},
    "not known": {"person": Unresolved("p1"), "done": True},
    "undecided": {"person": None},
}


FOUND_BY_KEY = FEW + 8
"""People of whom the courses are found by a key: a shorter list is gone through."""


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("at", [0, 20, FOUND_BY_KEY - 1])
@pytest.mark.parametrize("name", ["exists", "exists_one", "filter", "find", "map"])
def test_a_list_by_a_key_means_what_the_list_means(odd: Any, at: int, name: str) -> None:
    values = people(FOUND_BY_KEY)
    values["training"].insert(at, odd)
    test = "t.person == p && t.done"
    loop = f"training.map(t, {test}, t.done)" if name == "map" else f"training.{name}(t, {test})"
    # With the comparison in second place the whole list is gone through.
    plain = loop.replace(test, "true == dyn(t.person == p) && t.done")
    wrap = "people.map(p, {}).size() >= 0"
    found = both(ENV.check(wrap.format(loop)), values)
    assert found.same(both(ENV.check(wrap.format(plain)), values))


def test_what_is_passed_over_was_read_all_the_same() -> None:
    values = people(100)
    values["p"] = values["people"][-1]
    env = Env({**ENV.variables, "p": PERSON})
    locate = lambda container, key: (f"{id(container)}.{key}", None)  # noqa: E731
    first, second = (
        {path for path, _, _ in env.check(f"training.exists(t, {test})").trace(clock(), values, locate).reads}
        for test in ("t.person == p", "dyn(t.person == p) == true")
    )
    assert first == second


LONG = {
    "a map": '"k" in {' + ", ".join(f'"k{n}": size(people)' for n in range(4000)) + "}",
    "a list": "[" + ", ".join(f"size(people) + {n}" for n in range(4000)) + "].size() == 4000",
    "durations": "[" + ", ".join(f"days({n} + size(people))" for n in range(2500)) + "].size() > 0",
    "constants": "size(people) in [" + ", ".join(map(str, range(9000))) + "]",
}


@pytest.mark.parametrize("source", LONG.values(), ids=LONG)
def test_long_literals_compile_in_linear_time(source: str) -> None:
    checked = ENV.check(source)
    started = time.process_time()
    checked.compile()
    assert time.process_time() - started < 4  # with the square of the length it took 20 s and more


def test_a_budget_can_be_whole_again_for_the_next_part_of_the_work() -> None:
    budget.begin()
    try:
        budget.spend(budget.WORK)
        budget.renew()
        budget.spend(budget.WORK)
        with pytest.raises(ExhaustedError):
            budget.spend(1)
    finally:
        budget.settle(0)
