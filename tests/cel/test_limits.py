"""No expression hangs or fills the memory: what would grow without end is a fault instead."""

from __future__ import annotations

import pytest

from policyscan.cel import CORE, POLICY, Dialect, Env
from policyscan.cel.errors import CelErrors
from tests.cel.harness import both


def again(first: str, step: str, body: str, times: int = 40) -> str:
    """`body` of an x that starts as `first` and goes through `step` so many times."""
    for _ in range(times):
        body = f"cel.bind(x, {step}, {body})"
    return f"cel.bind(x, {first}, {body})"


ENDLESS = {
    "text joined with itself": again('"aaaa"', "x + x", "size(x)"),
    "bytes joined with themselves": again('b"aaaa"', "x + x", "size(x)"),
    "lists joined with themselves": again("[1]", "x + x", "size(x)"),
    "text replaced by more": again('"aa"', 'x.replace("a", "aa")', "size(x)"),
    "text joined many times": again('"aa"', "[x, x, x].join(x)", "size(x)", 20),
    "text quoted again and again": again('"\\""', "strings.quote(x)", "size(x)"),
    "text formatted into itself": again('"a"', '"%s%s".format([x, x])', "size(x)"),
    "lists of the same list, compared": again("[1]", "[x, x]", "[x] == [x, x].slice(0, 1)"),
    "lists of the same list, searched": again("[1]", "[x, x]", "x in [x]"),
    "lists of the same list, found": again("[1]", "[x, x]", "[x].indexOf(x)"),
    "lists of the same list, made distinct": again("[1]", "[x, x]", "[x, x].distinct().size()"),
    "lists of the same list, formatted": again("[1]", "[x, x]", '"%s".format([x])'),
    "maps of the same map, compared": again('{"a": 1}', '{"a": x, "b": x}', "x == x"),
    "lists flattened": again("[dyn(1)]", "[x, x]", "x.flatten(40).size()"),
    "ranges": "lists.range(1000000000).size()",
    "patterns within patterns": '"a".matches("((a{100}){100}){100}")',
}


@pytest.mark.parametrize("dialect", [CORE, POLICY], ids=lambda d: d.name)
@pytest.mark.parametrize("source", ENDLESS.values(), ids=ENDLESS)
def test_what_would_not_end_is_refused_or_a_fault(source: str, dialect: Dialect) -> None:
    env = Env(dialect=dialect)
    try:
        checked = env.check(source)
    except CelErrors:
        return
    assert both(checked, {}).error == "fault"


DIGITS = 'lists.range(9000).map(i, "9").join()'
LONG = {
    "a pattern that backtracks elsewhere": (
        '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".matches("(a|a)*(a|a)*$") == false'
    ),
    "a number of many digits": f"int({DIGITS}) > 0 || true",
    "a double of many digits": f"double({DIGITS}) > 1.0 || true",
    "a duration of many digits": f'duration({DIGITS} + "s") > duration("1s") || true',
    "a wide precision": '"%.1000f".format([1e308]).size() > 1000',
}


@pytest.mark.parametrize("source", LONG.values(), ids=LONG)
def test_what_is_merely_long_ends(source: str) -> None:
    assert both(Env(dialect=CORE).check(source), {}).error == ""
