"""The trace of an evaluation: its tree, what was read and where, what was missing, and who decided."""

from __future__ import annotations

from typing import Any

import pytest

from policyscan.cel import CORE, Definition, Env, Missing
from policyscan.cel.tracing.tracer import Step, Trace
from policyscan.cel.types import INT, STRING
from tests.cel.inventory import clock, day, env

ANN = {"id": "ann", "leadership": True, "end_date": None}
BOB = {"id": "bob", "leadership": False, "end_date": day("2026-10-01")}
CYD = {"id": "cyd", "end_date": day("2027-01-01")}
FIX = {"id": "k1", "severity": "high", "cvss": None, "released_on": day("2026-10-20")}
DEVICE: dict[str, Any] = {"id": "lt", "kind": "laptop", "in_scope": True, "owner": None, "fixes": [FIX]}
CLIENT: dict[str, Any] = {"id": "acme", "devices": [DEVICE], "people": [ANN, BOB, CYD], "lead": ANN}
VALUES = {"client": CLIENT, "device": DEVICE, "fix": FIX}
PATHS = {
    id(CLIENT): "",
    id(CLIENT["devices"]): "devices",
    id(CLIENT["people"]): "people",
    id(DEVICE): "devices[lt]",
    id(DEVICE["fixes"]): "devices[lt].fixes",
    id(FIX): "devices[lt].fixes[k1]",
    **{id(p): f"people[{p['id']}]" for p in (ANN, BOB, CYD)},
}


def locate(container: object, key: str | int | None) -> tuple[str, object] | None:
    """A path and, as place, the path in capitals."""
    path = PATHS.get(id(container))
    if path is None:
        return None
    full = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}".lstrip(".")
    return full, full.upper()


def trace(source: str, values: dict[str, Any] | None = None) -> Trace:
    return env().check(source).trace(clock(), values or VALUES, locate)


def lines(step: Step, depth: int = 0) -> list[str]:
    """The tree as indented lines."""
    outcome = type(step.error).__name__.lower() if step.error else str(step.value)
    found = [f"{'  ' * depth}{step.text} = {outcome}"]
    for child in step.children:
        found += lines(child, depth + 1)
    return found


def test_the_tree_has_what_was_evaluated_and_nothing_else() -> None:
    found = lines(
        trace("device.kind == 'phone' && device.in_scope || today - fix.released_on <= params.max_age").root
    )
    assert found == [
        "device.kind == 'phone' && device.in_scope || today - fix.released_on <= params.max_age = True",
        "  device.kind == 'phone' && device.in_scope = False",
        "    device.kind == 'phone' = False",
        "      device.kind = laptop",
        "      'phone' = phone",
        "  today - fix.released_on <= params.max_age = True",
        "    today - fix.released_on = 11d",
        "      today = 2026-10-31",
        "      fix.released_on = 2026-10-20",
        "    params.max_age = 14d",
    ]


def test_the_tree_has_a_line_for_every_turn_of_a_macro() -> None:
    root = trace("client.people.all(p, p.leadership)").root
    assert lines(root) == [
        "client.people.all(p, p.leadership) = False",
        "  client.people = " + str(CLIENT["people"]),
        f"  p = {ANN}",
        "    p.leadership = True",
        f"  p = {BOB}",
        "    p.leadership = False",
    ]
    assert [step.element for step in root.children] == [False, True, True]


def test_the_tree_shows_the_inside_of_definitions_and_bound_expressions() -> None:
    inner = env().bind("mine", env().check("device.fixes"))
    found = lines(inner.check("mine.all(f, critical(f))").trace(clock(), VALUES).root)
    assert '      f.severity >= "high" || f.cvss != null && f.cvss >= 7.0 = True' in found
    assert any(line.strip().startswith("device.fixes = ") for line in found)


@pytest.mark.parametrize("source", ["device.in_scope && aged", "device.in_scope && young(fix, days(1))"])
def test_errors_within_other_sources_stand_where_those_are_used(source: str) -> None:
    inner = env().bind("aged", env().check("fix.released_on > today"))
    values = {**VALUES, "fix": {"id": "k2"}}
    found = inner.check(source).trace(clock(), values)
    assert found.error is not None
    assert source[found.error.start : found.error.end] in {"aged", "young(fix, days(1))"}


def test_errors_stand_where_they_arose() -> None:
    found = trace("device.cores > 1 && device.kind == 'laptop'")
    assert isinstance(found.error, Missing)
    assert found.error.message == "cores is missing"
    assert (found.error.start, found.error.end) == (0, len("device.cores"))
    assert lines(found.root)[1:3] == ["  device.cores > 1 = missing", "    device.cores = missing"]


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        (
            "device.kind == 'phone' || device.in_scope",
            [("devices[lt].kind", "laptop"), ("devices[lt].in_scope", True)],
        ),
        ("client.lead.leadership", [("lead", ANN), ("people[ann].leadership", True)]),
        (
            "client.lead == client.people[0]",
            [("lead", ANN), ("people", CLIENT["people"]), ("people[0]", ANN)],
        ),
        ("device.owner == null && device.owner == null", [("devices[lt].owner", None)]),
        ("has(device.owner)", [("devices[lt].owner", None)]),
        ("params.share > 0.1", []),
    ],
)  # fmt: skip
def test_what_was_read(source: str, reads: list[tuple[str, Any]]) -> None:
    found = trace(source).reads
    assert [(path, value) for path, value, _ in found] == reads
    assert all(place == path.upper() for path, _, place in found)


@pytest.mark.parametrize(
    ("source", "missing", "absent"),
    [
        ("device.cores > 1", ["devices[lt].cores"], []),
        ("device.cores > 1 || true", ["devices[lt].cores"], []),
        ("client.people.exists(p, p.leadership && p.id == 'x')", ["people[cyd].leadership"], []),
        ("client.people.all(p, p.leadership || p.id == 'bob')", ["people[cyd].leadership"], []),
        ("device.owner.leadership", [], ["devices[lt].owner"]),
        ("fix.cvss > 1.0", [], ["devices[lt].fixes[k1].cvss"]),
        ("client.people.all(p, p.end_date > today)", [], ["people[ann].end_date"]),
        ("client.people.map(p, p.end_date).max() > today", [], ["people[ann].end_date"]),
        ("device.fixes[4].id == 'x'", [], ["devices[lt].fixes[4]"]),
        ("device.tags.size() > 1 || device.cores > 1", ["devices[lt].tags", "devices[lt].cores"], []),
        ("current(device.owner, today)", [], ["devices[lt].owner"]),
    ],
)
def test_what_was_missing_and_absent(source: str, missing: list[str], absent: list[str]) -> None:
    found = trace(source)
    assert [path for path, _ in found.missing] == missing
    assert [path for path, _ in found.absent] == absent


@pytest.mark.parametrize(
    ("source", "witnesses"),
    [
        ("client.people.exists(p, p.leadership)", [ANN]),
        ("client.people.exists(p, p.id == 'x')", []),
        ("client.people.all(p, p.leadership)", [BOB]),
        ("client.people.all(p, p.id != 'x')", []),
        ("client.people.all(p, p.id == 'bob' || p.leadership)", [CYD]),
        ("client.people.filter(p, p.id == 'bob').size() == 0", [BOB]),
        ("client.people.filter(p, p.id == 'bob').size() == 2", [ANN, CYD]),
        ("size(client.people.filter(p, p.id == 'bob')) <= 2", [BOB]),
        ("client.people.filter(p, p.id == 'bob') == []", [BOB]),
        ("client.people.atLeast(0.9, p, p.leadership)", [BOB, CYD]),
        ("client.people.count(p, p.leadership) > 2", [BOB, CYD]),
        ("client.devices.all(d, d.fixes.all(f, f.cvss == 1.0))", [DEVICE]),
        ("client.people.map(p, p.id) == []", []),
    ],
)
def test_who_decided(source: str, witnesses: list[dict[str, Any]]) -> None:
    found = trace(source).witnesses
    assert [id(w) for w in found] == [id(w) for w in witnesses]


@pytest.mark.parametrize(
    ("source", "hits", "n"),
    [
        ("client.people.atLeast(0.9, p, p.id != 'bob')", 2, 3),
        ("client.people.count(p, p.id == 'bob') > 2", 1, 3),
        ("size(client.people.filter(p, p.id == 'bob')) > 2", 1, 3),
        ("device.in_scope", None, None),
    ],
)
def test_how_many(source: str, hits: int | None, n: int | None) -> None:
    found = trace(source)
    assert (found.hits, found.n) == (hits, n)


def test_a_huge_list_is_shown_in_part() -> None:
    values = {**VALUES, "client": {**CLIENT, "people": [ANN] * 50_000}}
    root = trace("client.people.all(p, p.leadership)", values).root
    assert root.value is True
    assert len(root.children) < 10_000


def test_without_places_there_are_no_paths() -> None:
    found = env().check("device.cores > 1").trace(clock(), VALUES)
    assert found.missing == found.reads == []


def test_the_core_dialect_traces_too() -> None:
    add = Definition("add", (("x", INT),), INT, "x + 1")
    core = Env({"s": STRING}, functions=(add,), dialect=CORE)
    found = core.check("s + 'b' == 'ab' && add(1) == 2 && [1].map(x, x) == [1]").trace(clock(), {"s": "a"})
    assert found.value is True
    assert lines(found.root)
