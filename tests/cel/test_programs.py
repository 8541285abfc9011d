"""Compiled programs: how they are called, kept and limited, and that no text of a policy becomes code."""

from __future__ import annotations

import contextlib
import gc
import pickle
from typing import Any

import pytest

from policyscan.cel import CORE, Absent, CelErrors, Checked, Definition, Env, EvalError, Fault, Missing
from policyscan.cel.types import BOOL, DYN, INT, STRING, List
from tests.cel.harness import both, frugal  # noqa: F401
from tests.cel.inventory import clock, day, env

FIX: dict[str, Any] = {"id": "k1", "severity": "high", "cvss": None, "released_on": day("2026-10-20")}
DEVICE: dict[str, Any] = {"id": "lt", "kind": "laptop", "in_scope": True, "fixes": [FIX]}
CLIENT: dict[str, Any] = {"id": "acme", "devices": [DEVICE]}
VALUES = {"client": CLIENT, "device": DEVICE, "fix": FIX}


def test_arguments_come_in_the_order_that_is_asked_for() -> None:
    checked = env().check("device.id == 'lt' && fix.id == 'k1'")
    assert checked.compile(("fix", "client", "device"))(clock(), FIX, CLIENT, DEVICE) is True
    assert checked.compile(("device", "fix"))(clock(), DEVICE, FIX) is True


def test_an_argument_that_is_needed_must_be_named() -> None:
    with pytest.raises(ValueError, match="also needs fix"):
        env().check("device.id == fix.id").compile(("device",))


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("device.cores > 1", Missing),
        ("fix.cvss > 1.0", Absent),
        ("device.fixes[0].id + 'a' == '' || 1 % (size(device.fixes) - 1) == 0", Fault),
    ],
)
def test_errors_are_the_languages_own(source: str, error: type[EvalError]) -> None:
    program = env().check(source).compile(("device", "fix"))
    with pytest.raises(error) as caught:
        program(clock(), DEVICE, FIX)
    assert caught.value.message


@pytest.mark.parametrize(
    "source",
    [
        "fix.cvss > 1.0 && device.cores > 1",
        "device.fixes.all(f, f.cvss > 1.0 || f.severity == 'low')",
        "device.fixes.filter(f, f.cvss > 1.0 || f.severity == 'low').size() > 7",
        "device.fixes.atLeast(0.5, f, f.cvss > 1.0) && device.cores > 1",
        "device.fixes.map(f, f.cvss > 1.0).size() > 3 || device.in_scope",
        "device.fixes.find(f, f.cvss > 1.0).id == 'a' || device.in_scope",
    ],
)
def test_errors_keep_no_document_alive(source: str) -> None:
    """No circle of frames, errors and tracebacks waits for the garbage collector."""
    checked = env().check(source)
    program = checked.compile(("device", "fix"))
    checked.trace(clock(), VALUES)
    checked.trace(clock(), VALUES, tree=False)
    gc.collect()
    gc.disable()
    try:
        for _ in range(50):
            with contextlib.suppress(EvalError):
                program(clock(), DEVICE, FIX)
            checked.trace(clock(), VALUES)
            checked.trace(clock(), VALUES, tree=False)
        assert gc.collect() < 50  # some may be pytest's own
    finally:
        gc.enable()


SOURCES = [
    "device.kind == 'laptop'",
    "today - fix.released_on <= params.max_age && within(fix.released_on, params.max_age)",
    "device.fixes.exists(f, critical(f) && young(f, duration('36h')))",
    "client.devices.filter(d, d.kind in params.words).map(d, d.id) == ['lt']",
    "size(uncovered(closed(client.calendar, interval(now, now + days(3))), client.rota)) == 0",
    "device.fixes.all(f, f.id.matches('^k[0-9]$')) && '%s'.format(['a']) == 'a'",
    "[1u, 2u] == [1u] || money(1.0, 'EUR') > money(2.0, 'EUR') || b'a' == b'b' || type(1) == int",
    "device.?owner.orValue(client.?lead.orValue(null)) == null",
    "dyn({true: 1, 'a': date('2026-01-01')}) == dyn({})",
]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("how", ["dump", "pickle"])
def test_what_is_kept_is_what_was_made(source: str, how: str) -> None:
    checked = env().check(source)
    checked.compile(tuple(VALUES))
    kept = Checked.load(checked.dump()) if how == "dump" else pickle.loads(pickle.dumps(checked))  # noqa: S301
    assert kept.source == source
    assert (kept.names, kept.clock, kept.absence) == (checked.names, checked.clock, checked.absence)
    assert both(kept, VALUES).same(both(checked, VALUES))
    assert both(Checked.load(kept.dump()), VALUES).same(both(checked, VALUES))


def test_a_kept_program_needs_neither_parser_nor_checker() -> None:
    import subprocess
    import sys

    checked = env().check(SOURCES[1])
    checked.compile(tuple(VALUES))
    code = (
        "import sys, pickle; from policyscan.cel import Checked;"
        f"c = Checked.load({checked.dump()!r}); c.compile(('client', 'device', 'fix'));"
        "assert not {'policyscan.cel.parser', 'policyscan.cel.checking.checker', "
        "'policyscan.cel.compiling.compiler',"
        " 'policyscan.cel.tracing.tracer'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_bound_expression_is_evaluated_once() -> None:
    inner = env()
    inner = inner.bind("ids", inner.check("client.devices.map(d, d.id)"))
    checked = inner.check("size(ids) == 1 && ids[0] == 'lt'")
    assert both(checked, VALUES).value is True
    assert checked.names == ("client",)


def test_a_parameter_may_be_guarded_against_a_value() -> None:
    constants = {"n": (INT, 0), "items": (List(INT), [])}
    configured = Env({"x": INT}, constants)
    assert both(configured.check("n == 0 || x % (n + n) == 0"), {"x": 1}).value is True
    assert both(configured.check("items == [] || items.max() > 3"), {"x": 1}).value is True
    assert both(configured.check("n > 0 || x % n == 0"), {"x": 1}).error == "fault"
    assert both(configured.check("items.max() > n"), {"x": 1}).error == "absent"
    with pytest.raises(CelErrors, match="modulus by zero"):
        configured.check("x == 1 || 1 % 0 == 0")


def test_names_of_macros_do_not_leak() -> None:
    wide = Env({"x": INT, "items": List(INT)}, dialect=CORE)
    source = "items.map(x, x + 1) == [2, 3] && x == 9 && items.exists(y, items.all(x, x >= y)) && x == 9"
    assert both(wide.check(source), {"x": 9, "items": [1, 2]}).value is True


def test_definitions_do_not_see_names_around_them() -> None:
    add = Definition("add", (("v1", INT), ("x", INT)), INT, "[v1].map(x, x + v1)[0] + x")
    wide = Env({"x": INT}, functions=(add,))
    assert both(wide.check("[1, 2].map(v1, add(x, v1)) == [21, 22]"), {"x": 10}).value is True


def test_definitions_call_each_other() -> None:
    one = Definition("one", (("x", INT),), INT, "x + 1")
    two = Definition("two", (("x", INT),), INT, "one(one(x))")
    assert both(Env(functions=(two, one)).check("two(5) == 7"), {}).value is True


NASTY = [
    "'\\'); import os; (\\'' == x",
    "'{x}' == x",
    '"\\"\\n\\\\" == x',
    "'\\u2028\\u0000' == x",
    "x == 'a' + '{0}'.replace('{0}', '}')",
    "{'__class__': 1}.__class__ == 1 || x == ''",
    "x.__class__ == 1",
    "[x].map(__import__, __import__) == [x]",
    "[x].all(None_, None_ == x) && [x].all(clock, clock == x) && [x].all(k0, k0 == x)",
]


@pytest.mark.parametrize("source", NASTY)
def test_text_never_becomes_code(source: str) -> None:
    checked = Env({"x": DYN}, dialect=CORE).check(source)
    found = both(checked, {"x": "a"})
    assert found.error in {"", "fault"}


# --- limits


def nested(template: str, depth: int, core: str = "x") -> str:
    for _ in range(depth):
        core = template.replace("§", core)
    return core


@pytest.mark.parametrize(
    "source",
    [
        nested("(x && §)", 60),
        nested("(x && (y || §))", 30),
        nested("(x && ![§, y].exists(z, z && (x || §)))", 2),
        nested("(x && ('t1' + 'b2\\'' != \"n3\" || §))", 30),
        nested("[x].all(z, z || (y && §))", 8),
        nested("(§ || y)", 60),
        nested("(x ? § : y)", 60),
        nested("!(§)", 60),
        nested("[§].all(z, z)", 7),
        nested("[1].exists(z, x && §)", 7),
        nested("(x && [§][0])", 30),
        " && ".join(["x"] * 2000),
        " || ".join(["(x && !y)"] * 500),
        "[" + ", ".join(["x"] * 3000) + "].all(z, z)",
    ],
    ids=lambda s: s[:25],
)
def test_deep_and_long_expressions_run(source: str) -> None:
    strict = Env({"x": BOOL, "y": BOOL})
    both(strict.check(source), {"x": True, "y": False})
    both(strict.check(source), {"x": False, "y": True})


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (nested("(§)", 500), "nested too deeply"),
        (nested("[1].exists(z, §)", 12), "macros are nested more than 8 deep"),
        ("x + " * 60_000 + "x", "characters"),
    ],
    ids=lambda s: s[:25],
)
def test_what_is_too_deep_or_too_long_is_refused(source: str, message: str) -> None:
    with pytest.raises(CelErrors, match=message):
        Env({"x": BOOL}).check(source)


def test_definitions_that_grow_without_end_are_refused() -> None:
    functions = [Definition("f0", (("x", INT),), INT, "x + x")]
    functions += [Definition(f"f{n}", (("x", INT),), INT, f"f{n - 1}(x) + f{n - 1}(x)") for n in range(1, 40)]
    with pytest.raises(CelErrors, match="too large"):
        Env(functions=functions).check("f39(1)")


def test_definitions_within_each_other_that_are_too_deep_are_refused() -> None:
    functions = [Definition("f0", (("x", INT),), INT, " + ".join(["x"] * 100))]
    functions += [
        Definition(f"f{n}", (("x", INT),), INT, f"f{n - 1}(x)" + " + x" * 100) for n in range(1, 12)
    ]
    with pytest.raises(CelErrors, match="too deeply"):
        Env(functions=functions).check("f11(1)")
    assert both(Env(functions=functions).check("f0(1)"), {}).value == 100


@pytest.mark.parametrize(
    "source", [" + ".join(["x"] * 125), "x" + ".dyn()" * 3, "-" * 60 + "x", "[" * 60 + "x" + "]" * 60]
)
def test_what_the_parser_takes_runs(source: str) -> None:
    both(Env({"x": INT}, dialect=CORE).check(source), {"x": 1})


def test_bound_expressions_that_grow_without_end_are_refused() -> None:
    wide = Env({"x": INT})
    wide = wide.bind("b0", wide.check("x + x"))
    for n in range(1, 6):
        wide = wide.bind(f"b{n}", wide.check(f"b{n - 1} + b{n - 1} + (b{n - 1} > 3 ? b{n - 1} : 1)"))
    with pytest.raises(CelErrors, match="too large"):
        wide.check("b5 + b5 + b5 + b5")


@pytest.mark.usefixtures("frugal")
@pytest.mark.parametrize(
    "source",
    [
        "xs.all(a, xs.all(b, xs.all(c, true)))",
        "xs.exists(a, xs.exists(b, xs.filter(c, a == b && b == c).size() > 1000000))",
        "lists.range(10000).map(a, lists.range(10000)).size() > 0",
        "lists.range(10000).transformMap(i, a, lists.range(200).map(b, string(b))).size() > 0",
        "xs.all(a, xs.all(b, xs.all(c, true)) || true)",
    ],
)
def test_macros_over_large_lists_end_with_a_fault(source: str) -> None:
    found = both(Env({"xs": List(INT)}).check(source), {"xs": list(range(300))})
    assert found.error == "fault"
    assert "this takes too much work for one document" in found.message


def test_making_ten_thousand_short_texts_is_not_too_much() -> None:
    source = (
        "lists.range(10000).map(a, 'abcdefgh'.replace('a', 'bbbbbbbbbbbbbbbb') + string(a)).size() > 90000"
    )
    assert both(Env({}).check(source), {}).value is False


def test_doubling_text_ends_with_a_fault() -> None:
    source = nested("cel.bind(s, s + s, §)", 40, "size(s)")
    found = both(Env({"s": STRING}).check(source), {"s": "abc"})
    assert found.error == "fault"
    assert "1000000" in found.message


def test_a_pattern_cannot_hang() -> None:
    checked = Env({"s": STRING}).check("s.matches('^(a+)+$')")
    assert both(checked, {"s": "a" * 50_000 + "b"}).value is False
