"""Both evaluators agree on random policies over inventories full of gaps, and gaps never become verdicts."""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from policyscan.cel import POLICY, Checked, Env
from policyscan.cel.errors import CelErrors, EvalError, Missing
from policyscan.cel.values import to_json
from tests.cel.generate import ROOT, VARIABLES, Generator, inventory
from tests.cel.harness import Outcome, both, clock

randoms = st.randoms(use_true_random=False)
KINDS = ("bool", "bool", "bool", "int", "double", "string", "duration")
ENV = Env(variables=VARIABLES, dialect=POLICY)


def expression(rnd: Random) -> Checked | None:
    """A random expression that the checker accepts; most are."""
    source = Generator(rnd).expression(rnd.choice(KINDS), ROOT, rnd.randint(1, 4))
    try:
        return ENV.check(source)
    except CelErrors:
        return None


def subjects(rnd: Random) -> dict[str, Any]:
    """A client and one of its devices, which is the same object."""
    client = inventory(rnd)
    devices = client.get("devices") or [{"id": "d9"}]
    return {"client": client, "device": rnd.choice(devices)}


@given(randoms)
@settings(max_examples=150)
def test_both_evaluators_agree_on_values_errors_and_turns(rnd: Random) -> None:
    checked = expression(rnd)
    assume(checked is not None)
    assert checked is not None
    for _ in range(4):
        values = subjects(rnd)
        both(checked, values)
        first, second = clock(), clock()
        try:
            checked.compile(tuple(values))(first, *values.values())
        except EvalError:
            pass
        checked.trace(second, values)
        assert first.turn == second.turn, checked.source


@given(randoms)
@settings(max_examples=150)
def test_a_trace_without_its_tree_is_the_same(rnd: Random) -> None:
    checked = expression(rnd)
    assume(checked is not None)
    assert checked is not None
    values = subjects(rnd)
    whole, quick = checked.trace(clock(), values), checked.trace(clock(), values, tree=False)
    assert type(whole.error) is type(quick.error), checked.source
    assert to_json(whole.value) == to_json(quick.value)
    assert named(whole.touched, values) == named(quick.touched, values)
    assert named(whole.lacking, values) == named(quick.lacking, values)
    assert named(whole.empty, values) == named(quick.empty, values)
    assert (whole.hits, whole.n) == (quick.hits, quick.n)
    assert list(map(to_json, whole.witnesses)) == list(map(to_json, quick.witnesses))


@given(randoms)
@settings(max_examples=100)
def test_what_a_cache_gives_back_means_the_same(rnd: Random) -> None:
    checked = expression(rnd)
    assume(checked is not None)
    assert checked is not None
    values = subjects(rnd)
    fresh = both(checked, values)
    assert both(Checked.load(checked.dump()), values).same(fresh), checked.source


@given(randoms)
@settings(max_examples=150)
def test_what_is_deleted_never_becomes_another_verdict(rnd: Random) -> None:
    checked = expression(rnd)
    assume(checked is not None)
    assert checked is not None
    if checked.absence:  # has(), .?, orValue() may: that is why a policy has to say so
        return
    values = subjects(rnd)
    known = both(checked, values)
    for path in paths(values):
        gapped = deepcopy(values)
        delete(gapped, path)
        found = both(checked, gapped)
        assert may_follow(found, known), f"{checked.source} is {known}, without {path} it is {found}"


@given(randoms)
@settings(max_examples=150)
def test_what_a_trace_does_not_name_does_not_matter(rnd: Random) -> None:
    """The proof of a verdict: its reads and gaps alone decide it."""
    checked = expression(rnd)
    assume(checked is not None)
    assert checked is not None
    values = subjects(rnd)
    trace = checked.trace(clock(), values)
    known = both(checked, values)
    for container, key, value in trace.touched:
        if isinstance(container, dict) and isinstance(key, str):
            assert container.get(key) is value
    entries = [*trace.touched, *trace.lacking, *trace.empty]
    named = {(id(container), key) for container, key, *_ in entries}
    above = {id(container) for container, *_ in entries}  # the way to a field is in the field's path
    for holder, key in keys(values):
        if (id(holder), key) not in named and id(holder[key]) not in above:
            kept = holder.pop(key)
            assert both(checked, values).same(known), f"{checked.source} also depends on {key}"
            holder[key] = kept


@given(randoms)
@settings(max_examples=100)
def test_a_trace_names_the_gap_behind_what_is_missing(rnd: Random) -> None:
    checked = expression(rnd)
    assume(checked is not None)
    assert checked is not None
    for tree in (True, False):
        trace = checked.trace(clock(), subjects(rnd), tree=tree)
        assert all(key not in container for container, key in trace.lacking if isinstance(key, str))
        if isinstance(trace.error, Missing):
            assert trace.lacking, checked.source


def named(entries: list[Any], values: Any) -> list[tuple[int | None, Any]]:
    """(container, key) of a trace's entries; those that the expression made are not told apart."""
    own: set[int] = set()
    stack = [values]
    while stack:
        value = stack.pop()
        if isinstance(value, dict | list) and id(value) not in own:
            own.add(id(value))
            stack += value.values() if isinstance(value, dict) else value
    return [(id(c) if id(c) in own else None, key) for c, key, *_ in entries]


def keys(values: Any) -> list[tuple[dict[str, Any], str]]:
    """(object, key) of every key of every object, each object once; ids and labels, read whole, are left."""
    found: dict[tuple[int, str], tuple[dict[str, Any], str]] = {}
    stack = list(values.values())
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            for key, inner in value.items():
                if key != "id":
                    found[id(value), key] = (value, key)
                if key != "labels":
                    stack.append(inner)
        elif isinstance(value, list):
            stack += value
    return list(found.values())


def may_follow(found: Outcome, known: Outcome) -> bool:
    """The same outcome, or none: a gap may uncover a fault, but never a value or an absence."""
    return found.same(known) or found.error in {"missing", "fault"}


def paths(values: Any, prefix: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all keys of all objects; ids of list items always stand."""
    found: list[tuple[Any, ...]] = []
    if isinstance(values, dict):
        for key, value in values.items():
            here = (*prefix, key)
            if len(here) > 1 and key != "id":
                found.append(here)
            found += paths(value, here)
    elif isinstance(values, list):
        for number, value in enumerate(values):
            found += paths(value, (*prefix, number))
    return found


def delete(values: Any, path: tuple[Any, ...]) -> None:
    """Takes the last key of the path out of its object."""
    for step in path[:-1]:
        values = values[step]
    values.pop(path[-1], None)
