"""Two kinds of nothing: what is missing, what is absent, and how logic and counting absorb them."""

from __future__ import annotations

from typing import Any

import pytest

from policyscan.cel import Dangling, Env, Money, Unresolved
from tests.cel.harness import Outcome, both
from tests.cel.inventory import day, env

CLIENT: dict[str, Any] = {
    "id": "acme",
    "people": [
        {"id": "ann", "end_date": None, "leadership": True},
        {"id": "bob", "end_date": day("2026-10-01"), "leadership": False},
        {"id": "cyd"},
    ],
    "lead": None,
    "budget": Money(100.0, "EUR"),
    "spending": {"tools": Money(60.0, "EUR"), "training": Money(30.0, "USD")},
    "covers": {"theft": day("2027-01-01")},
    "devices": [],
}
DEVICE: dict[str, Any] = {
    "id": "lt-01",
    "kind": "laptop",
    "in_scope": True,
    "owner": Dangling("gone"),
    "scanned_on": None,
    "fixes": [
        {"id": "k1", "severity": "high", "cvss": None, "released_on": day("2026-10-01"), "exploited": False},
        {"id": "k2", "severity": "low", "cvss": 3.0},
        {"id": "k3", "cvss": 9.0, "released_on": day("2026-10-20"), "rating": None},
    ],
}
FIX = DEVICE["fixes"][0]
CLIENT["devices"].append(DEVICE)
VALUES = {"client": CLIENT, "device": DEVICE, "fix": FIX}
M, A = "missing", "absent"

TABLE = [
    # reading
    ("device.cores == 1", M),
    ("device.owner == null", False),
    ("device.owner.leadership", A),
    ("device.scanned_on >= today", A),
    ("device.scanned_on == today", False),
    ("client.lead.end_date == null", A),
    ("client.lead.end_date >= today", A),
    ("fix.cvss > 3.0", A),
    ("fix.cvss + 1.0 > 3.0", A),
    ("-fix.cvss > 3.0", A),
    ("device.fixes[0].id == 'k1'", True),
    ("device.fixes[3].id == 'k1'", A),
    ("device.fixes[-1].id == 'k1'", A),
    ("client.covers['theft'] > today", True),
    ("client.covers['fire'] > today", M),
    ("client.covers.fire > today", M),
    ("device.tags == []", M),
    ("device.tags.size() == 0", M),
    ("size(device.fixes) == 3", True),
    ("fix.rating >= 'high'", M),
    ("device.fixes[2].rating >= 'high'", A),
    ("device.fixes[2].rating == 'high'", False),
    ("device.fixes[2].rating in ['high']", False),
    ("client.people[2].leadership ? true : true", M),
    # two meet: fault over missing over absent, on whichever side they stand
    ("device.scanned_on > device.fixes[1].released_on", M),
    ("device.fixes[1].released_on > device.scanned_on", M),
    ("device.scanned_on - device.fixes[1].released_on < days(1)", M),
    ("[device.scanned_on, device.fixes[1].released_on] == []", M),
    ("fix.cvss > 1.0 && device.cores > 1", M),
    ("device.cores > 1 && fix.cvss > 1.0", M),
    ("fix.cvss > 1.0 || device.cores > 1", M),
    ("device.cores > 1 || 1 % (size(device.fixes) - 3) > 1", "fault"),
    ("1 % (size(device.fixes) - 3) > 1 && device.cores > 1", "fault"),
    # && and || absorb in either order
    ("false && device.cores > 1", False),
    ("device.cores > 1 && false", False),
    ("device.cores > 1 && true", M),
    ("true || fix.cvss > 1.0", True),
    ("fix.cvss > 1.0 || true", True),
    ("fix.cvss > 1.0 || false", A),
    ("(device.cores > 1 || fix.cvss > 1.0) && device.kind == 'phone'", False),
    ("!(device.cores > 1)", M),
    ("device.cores > 1 ? true : true", M),
    ("device.in_scope ? true : device.cores > 1", True),
    # macros absorb as logic does
    ("client.people.exists(p, p.leadership)", True),
    ("client.people.all(p, p.leadership)", False),
    ("client.people.all(p, p.id != 'bob' || p.leadership)", False),
    ("client.people.exists(p, p.end_date > today)", M),
    ("client.people.all(p, p.end_date == null || p.end_date < today)", M),
    ("client.people.filter(p, p.id != 'cyd').all(p, p.end_date < today)", A),
    ("client.people.filter(p, p.leadership).size() == 1", M),
    ("client.people.map(p, p.leadership) == []", M),
    ("client.people.exists_one(p, p.leadership)", M),
    ("client.people.find(p, p.leadership).id == 'ann'", True),
    ("client.people.find(p, p.id == 'bob').leadership", False),
    ("client.people.find(p, p.id == 'zed').leadership", A),
    ("client.people.find(p, p.leadership == false).id == 'bob'", True),
    ("client.people.find(p, p.id == 'zed' || p.end_date > today).id == 'x'", M),
    ("device.fixes.maxBy(f, f.released_on).id == 'k3'", M),
    ("device.fixes.filter(f, has(f.released_on)).maxBy(f, f.released_on).id == 'k3'", True),
    ("device.fixes.filter(f, f.id == 'x').maxBy(f, f.id).id == 'k3'", A),
    ("device.fixes.maxBy(f, f.cvss).id == 'k3'", A),
    ("device.fixes.sortBy(f, f.id)[0].id == 'k1'", True),
    ("device.fixes.filter(f, f.id == 'x').map(f, f.id).max() == 'a'", A),
    ("device.fixes.map(f, f.cvss).max() > 1.0", A),
    ("device.fixes.filter(f, has(f.cvss)).map(f, f.cvss).max() > 1.0", A),
    ("total(device.fixes.filter(f, f.id != 'k1').map(f, f.cvss)) == 12.0", True),
    ("device.fixes.filter(f, has(f.severity)).maxBy(f, f.severity).id == 'k1'", True),
    ("device.fixes.filter(f, has(f.severity)).minBy(f, f.severity).id == 'k2'", True),
    ("device.fixes.filter(f, has(f.severity)).sortBy(f, f.severity)[0].id == 'k2'", True),
    ("device.fixes.filter(f, has(f.rating)).maxBy(f, f.rating).id == 'k2'", A),
    # counting with gaps is decided by bounds
    ("size(client.people.filter(p, p.leadership)) >= 1", True),
    ("size(client.people.filter(p, p.leadership)) >= 2", M),
    ("size(client.people.filter(p, p.leadership)) >= 3", False),
    ("client.people.filter(p, p.leadership).size() < 3", True),
    ("2 < size(client.people.filter(p, p.leadership))", False),
    ("1 <= client.people.count(p, p.leadership)", True),
    ("client.people.count(p, p.leadership) > 1", M),
    ("client.people.count(p, p.leadership) == 1", M),
    ("client.people.count(p, p.leadership) + 1 > 0", M),
    ("device.fixes.count(f, f.cvss > 5.0) >= 1", True),
    ("device.fixes.count(f, f.cvss > 5.0) <= 1", True),  # what is absent is no hit
    ("client.people.atLeast(0.3, p, p.leadership)", True),
    ("client.people.atLeast(0.5, p, p.leadership)", M),
    ("client.people.atLeast(1.0, p, p.leadership)", False),
    ("client.people.atLeast(0.0, p, p.leadership)", True),
    ("device.fixes.atLeast(0.6, f, f.cvss > 1.0)", True),
    ("device.fixes.atLeast(0.7, f, f.cvss > 1.0)", False),
    ("client.people.filter(p, p.id == 'x').atLeast(0.5, p, p.leadership)", A),
    ("client.people.atLeast(client.lead.end_date > today ? 0.1 : 0.2, p, p.leadership)", A),
    # asking
    ("has(device.cores)", False),
    ("has(device.scanned_on)", True),
    ("has(device.owner.leadership)", A),
    ("has(client.lead.end_date)", A),
    ("device.?cores.orValue(4) == 4", True),
    ("device.fixes[?7].hasValue()", False),
    ("'fire' in client.covers", False),
    ("'cores' in device", False),
    ("'owner' in device", True),
    # money of two currencies is not known to compare
    ("client.budget > client.spending.tools", True),
    ("client.budget > client.spending.training", M),
    ("client.budget == client.spending.training", M),
    ("total(client.spending) < client.budget", M),
    ("client.budget / client.spending.tools > 1.5", True),
    ("client.spending.tools + client.spending.training > client.budget", M),
    # definitions
    ("critical(device.fixes[0])", True),
    ("critical(device.fixes[1])", False),
    ("critical(device.fixes[2])", True),
    ("current(client.lead, today)", A),
    ("current(device.owner, today)", A),
    ("young(device.fixes[1], days(3))", M),
]


@pytest.mark.parametrize(("source", "expected"), TABLE, ids=str)
def test_nothing(source: str, expected: bool | str) -> None:
    found = both(env().check(source), VALUES)
    if isinstance(expected, str):
        assert found.error == expected, found
    else:
        assert found == Outcome(expected), found


def with_reference(value: Any) -> dict[str, Any]:
    return {**VALUES, "device": {**DEVICE, "owner": value}}


ANN = CLIENT["people"][0]


@pytest.mark.parametrize(
    ("source", "owner", "expected"),
    [
        ("device.owner == client.people[0]", ANN, True),
        ("device.owner == client.people[1]", ANN, False),
        ("device.owner == client.people[0]", dict(ANN), False),  # another object with the same fields
        ("device.owner == client.people[0]", None, False),
        ("device.owner == client.people[0]", Dangling("gone"), False),
        ("device.owner == client.people[0]", Unresolved("ann"), M),
        ("device.owner == null", Unresolved("ann"), False),
        ("device.owner == null", None, True),
        ("device.owner != null && device.owner != client.people[0]", Unresolved("ann"), M),
        ("device.owner.leadership", Unresolved("ann"), M),
        ("device.owner.leadership", Dangling("ann"), A),
        ("device.owner.leadership", ANN, True),
        ("device.owner in client.people", ANN, True),
        ("device.owner in client.people", dict(ANN), False),
        ("device.owner in client.people", Unresolved("ann"), M),
        ("device.owner in client.people", Dangling("ann"), False),
        ("has(device.owner.leadership)", Unresolved("ann"), M),
        ("'leadership' in device.owner", Dangling("ann"), A),
        ("client.people.exists(p, p == device.owner)", ANN, True),
        ("client.people.exists(p, p == device.owner)", Unresolved("ann"), M),
        ("[device.owner, client.people[0]].distinct().size() == 1", ANN, True),
        ("[device.owner, client.people[0]].distinct().size() == 2", dict(ANN), True),
    ],
)
def test_references(source: str, owner: Any, expected: bool | str) -> None:
    found = both(env().check(source), with_reference(owner))
    assert (found.error or found.value) == expected, found


def test_two_references_to_one_unknown_id_are_equal() -> None:
    values = with_reference(Unresolved("zed"))
    values["client"] = {**CLIENT, "lead": Unresolved("zed")}
    assert both(env().check("device.owner == client.lead"), values).value is True


@pytest.mark.parametrize(
    ("source", "of", "expected"),
    [
        ("p.of == client", "acme", True),
        ("p.of == client", "other", False),
        ("client == p.of", "acme", True),
        ("p.of == client", ..., M),
        ("p.of != client", "other", True),
    ],
)
def test_ids_of_a_kind_compare_with_its_objects(source: str, of: Any, expected: bool | str) -> None:
    from tests.cel.inventory import PERSON

    person = {"id": "p"} if of is ... else {"id": "p", "of": of}
    inner = env().child({"p": PERSON})
    found = both(inner.check(source), {**VALUES, "p": person})
    assert (found.error or found.value) == expected


def test_gaps_in_a_bound_expression_show_where_it_is_used() -> None:
    inner = env()
    inner = inner.bind("oldest", inner.check("device.fixes.minBy(f, f.released_on)"))
    inner = inner.bind("patched", inner.check("oldest.released_on > today"))
    assert both(inner.check("device.in_scope || patched"), VALUES).value is True
    assert both(inner.check("patched && device.in_scope"), VALUES).error == M
    assert both(inner.check("oldest.id == 'a' || oldest.id == 'b'"), VALUES).error == M


def test_a_fault_of_dyn_is_no_gap() -> None:
    assert both(Env({}).check("dyn([1, 'a'])[1] > 1"), {}).error == "fault"
