"""Whatever is written, in either dialect: refused with a place, or evaluated alike by both evaluators."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyscan.cel import CORE, POLICY, Checked, Env
from policyscan.cel.errors import CelErrors
from policyscan.cel.types import DYN
from tests.cel import generate, generate_core
from tests.cel.harness import both
from tests.cel.test_parser_fuzz import PIECES

WORDS = (
    *PIECES,
    *(
        "client",
        "device",
        "client.devices",
        "client.budget",
        "today",
        "now",
        "days(14)",
        "within(",
        "percent(",
    ),
    *("groupBy(v, ", "atLeast(0.5, v, ", "v", "v.id", "maxBy(v, ", "find(v, ", "sortBy(v, ", "count(v, "),
    *(".size()", ".orValue(", "optional.of(", "[?0]", "client.labels", "elapsed(", "interval(", "format(["),
    *("matches('[')", "has(client.window)", "map(v, ", "type(", "dyn(", "string(", "int("),
    # What is no key, no number and no optional, where one is expected.
    *(
        "[1] in client",
        "client[[1]]",
        "client[{}]",
        "{[1]: 1}",
        "dyn([1])",
        "optional.of([1])",
        "total([1, 2, []])",
    ),
    *(
        ".?name",
        ".optFlatMap(v, v)",
        ".optMap(v, v)",
        ".unwrapOpt()",
        "{?'a': ",
        "median(",
        "percentile(",
        "total(",
    ),
    *(
        ".sort()",
        ".distinct()",
        ".sum()",
        ".min()",
        ".join()",
        ".flatten(",
        ".indexOf(",
        "transformMapEntry(k, v, ",
    ),
    *("money(1.0, 'EUR')", "interval(now, now)", "b'a'", "1e309", "9223372036854775807", ".getHours('x')"),
)
ENVIRONMENTS = (
    Env(variables=generate.VARIABLES, dialect=POLICY),
    Env(variables={**generate_core.VARIABLES, "client": DYN, "device": DYN}, dialect=CORE),
)


def source(rnd: Random) -> str:
    """Words in any order, an expression with untyped parts, or a good one with some characters changed."""
    choice = rnd.random()
    if choice < 0.4:
        return rnd.choice(("", " ")).join(rnd.choice(WORDS) for _ in range(rnd.randint(1, 14)))
    if choice < 0.6:
        return generate_core.CoreGenerator(rnd).expression("any", rnd.randint(1, 4))
    good = generate.Generator(rnd).expression(
        rnd.choice(("bool", "string", "double")), depth=rnd.randint(1, 4)
    )
    for _ in range(rnd.randint(1, 3)):
        start = rnd.randint(0, len(good))
        good = good[:start] + rnd.choice(("", rnd.choice(WORDS))) + good[start + rnd.randint(0, 6) :]
    return good


def values(rnd: Random) -> dict[str, Any]:
    client = generate.inventory(rnd)
    return {"client": client, "device": (client.get("devices") or [{"id": "d9"}])[0]}


@given(st.randoms(use_true_random=False))
@settings(max_examples=250)
def test_any_text_is_refused_with_a_place_or_evaluated_alike(rnd: Random) -> None:
    text, given_values = source(rnd), values(rnd)
    for env, more in zip(ENVIRONMENTS, ({}, generate_core.values(rnd)), strict=True):
        checked = check(env, text)
        if isinstance(checked, CelErrors):
            assert checked.errors
            assert all(0 <= e.start <= e.end <= len(text) and e.message for e in checked.errors)
        else:
            both(checked, {**more, **given_values})


def check(env: Env, text: str) -> Checked | CelErrors:
    try:
        return env.check(text)
    except CelErrors as errors:
        return errors


# What random sources have found; each went wrong once.
FOUND = (
    # arguments of inlined code evaluated out of order
    "client.id.lowerAscii().upperAscii().contains(client.id)",
    "string(device.score).contains((true ? client.manager.id : device.id)) || client.name.contains('a')",
    # missing beats absent, whichever stands first
    "device.scanned_on - client.manager.left_on",
    "client.budget / device.score",
    "client.window + (device.scanned_on - client.started_on)",
    # what is known only when it runs takes its overload then
    "string(device.tags.map(v, [client.budget].min()).sum())",
    "[?optional.of(1), ['a']].map(v, v.contains('e'), v)",
    "dyn(1).contains('e')",
    'dyn([1, 1.0, 1u, true, "1"]).distinct()',
    # the other value of an optional is evaluated only where it is needed, and may be null
    "optional.of(1).orValue(1 / 0)",
    "optional.of(1).or(optional.of(device.id.size() / 0)).hasValue()",
    "optional.of(1).orValue(x.a)",
    # a path read twice, the second time before the first
    "device.scanned_on in [device.scanned_on]",
    "client.name in [client.id, client.name]",
    "[client.name].exists(v, client.id in [client.id, v])",
    # a value given back as it is: the int that stands for it is none
    "timestamp(device.seen_at + client.window)",
    "duration(device.seen_at - device.seen_at)",
    "string(dyn(device.scanned_on - device.scanned_on))",
    "dyn(device.seen_at + client.window) == device.seen_at + client.window",
    # calls of no arguments
    "min() == max()",
    "device.?score.orValue(client.budget) / 0.5",
    "client.limits.map(v, client.?devices[?1].?score.orValue(client.budget)).sum()",
)


@pytest.mark.parametrize("text", FOUND)
@given(st.randoms(use_true_random=False))
@settings(max_examples=10)
def test_what_was_found_stays_found(text: str, rnd: Random) -> None:
    for env in ENVIRONMENTS:
        checked = check(env, text)
        if isinstance(checked, Checked):
            both(checked, {**generate_core.values(rnd), **values(rnd)})


CRASHED = (
    "[1] in client",
    "{'a': 1} in client",
    "client[['a']]",
    "client[interval(now, now)] == 1",
    "client.devices[0].?owner.optFlatMap(v, v).startsWith('a')",
    "client.?name.optFlatMap(v, v + 'x').hasValue()",
    "total([1, 2, []]) == 6",
    "total([0.1, 'a']) < 0.31",
    "total({'a': 1, 'b': []}) == 1",
    "median([1, b'a']) == 1.5",
    "percentile([15, 'a'], 30) == 20",
    "client.devices.unwrapOpt()",
    "[optional.of(1), 2].unwrapOpt() == []",
    ".size()",
)


@pytest.mark.parametrize("text", CRASHED)
def test_what_once_ended_in_an_exception_of_python_is_refused_or_a_fault(text: str) -> None:
    for env, more in zip(ENVIRONMENTS, ({}, generate_core.values(Random(1))), strict=True):  # noqa: S311
        checked = check(env, text)
        if isinstance(checked, CelErrors):
            assert all(e.message for e in checked.errors)
        else:
            both(checked, {**more, **values(Random(1))})  # noqa: S311
