"""Facts of other documents: whose they are, where they stand, and what is missing in them."""

from __future__ import annotations

import pytest

from policyscan.findings import Status
from tests.engine.world import World

INSURED = """\
require:
  - id: insured
    that: today <= shop.supplier.insured_until
    say: insured until {shop.supplier.insured_until}
"""


@pytest.mark.parametrize(
    ("shop", "depot", "status", "file", "line"),
    [
        ("supplier: north\n", "insured_until: 2027-01-01\n", "pass", "depots/north.yaml", 5),
        ("supplier: north\n", "insured_until: 2026-01-01\n", "fail", "depots/north.yaml", 5),
        ("supplier: north\n", "insured_until: null\n", "fail", "depots/north.yaml", 5),
        ("supplier: north\n", "insured_until:\n", "unknown", "depots/north.yaml", 5),
        ("supplier: north\n", "", "unknown", "depots/north.yaml", 1),
        ("supplier: north\n", None, "unknown", "shop.yaml", 5),
        ("supplier: south\n", "insured_until: 2027-01-01\n", "unknown", "shop.yaml", 5),
        ("supplier:\n", "insured_until: 2027-01-01\n", "unknown", "shop.yaml", 5),
        ("", "insured_until: 2027-01-01\n", "unknown", "shop.yaml", 1),
    ],
)
def test_facts_of_another_document(
    world: World, shop: str, depot: str | None, status: str, file: str, line: int
) -> None:
    result = world.policy(INSURED).one(shop, depot=depot)
    assert (result.status.value, result.span.file, result.span.line) == (status, file, line)
    assert result.document == "corner"


def test_a_path_says_whose_fact_it_is(world: World) -> None:
    result = world.policy(INSURED).one("supplier: north\n", depot="insured_until: 2026-01-01\n")
    (read,) = [read for read in result.evidence if read.value == "2026-01-01"]
    assert read.path == "depot[north].insured_until"
    assert read.span is not None
    assert (read.span.file, read.span.line, read.span.column) == ("depots/north.yaml", 5, 16)
    assert result.message == "insured until 2026-01-01"


def test_a_gap_in_another_document_asks_that_documents_question(world: World) -> None:
    result = world.policy(INSURED).one("supplier: north\n", depot="insured_until:\n")
    (gap,) = result.gaps
    assert (gap.path, gap.generic_path, gap.question, gap.reason) == (
        "depot[north].insured_until",
        "insured_until",
        "Until when is the depot insured?",
        "it is blank",
    )


def test_a_document_that_is_not_there_is_the_gap(world: World) -> None:
    result = world.policy(INSURED).one("supplier: north\n")
    (gap,) = result.gaps
    assert (result.status, gap.path) == (Status.UNKNOWN, "supplier")
    assert result.message == "supplier: north is described nowhere"


def test_subjects_may_stand_in_another_document(world: World) -> None:
    world.policy("for_each: shop.supplier.doors\nas: door\nrequire:\n  - id: locked\n    that: door.locked\n")
    told = world.scan(
        "supplier: north\n", depot="doors:\n  - {id: front, locked: true}\n  - {id: back, locked: false}\n"
    )
    assert [(r.subject, r.status.value, r.span.file) for r in told] == [
        ("front", "pass", "depots/north.yaml"),
        ("back", "fail", "depots/north.yaml"),
    ]
    assert world.told("supplier: north\n", depot="doors: []\n") == [("", "for_each", "not_applicable")]
    assert world.told("supplier: north\n", depot="") == [("shop.supplier.doors", "for_each", "unknown")]
    assert world.told("supplier: north\n") == [("shop.supplier.doors", "for_each", "unknown")]


def test_another_documents_future_is_hidden_too(world: World) -> None:
    world.policy("require:\n  - id: a\n    that: within(shop.supplier.inspected_on, days(30))\n")
    depot = "inspected_on: 2026-10-16\n"
    assert world.status("supplier: north\n", depot=depot) is Status.PASS
    result = world.one("supplier: north\n", depot=depot, as_of="2026-10-01")
    assert result.status is Status.UNKNOWN
    assert "future" in result.message


def test_a_reference_to_nobody_is_a_finding_of_the_document(world: World) -> None:
    world.policy("require:\n  - id: a\n    that: shop.plan.owner != null\n")
    told = world.scan("people: [{id: p}]\nplan:\n  owner: q\ntools: [{id: a, owner: r}]\n")
    found = [(r.policy, r.requirement, r.subject, r.status.value, r.span.line) for r in told]
    assert [one for one in found if one[0] == "DOC-REF"] == [
        ("DOC-REF", "exists", "plan.owner", "fail", 7),
        ("DOC-REF", "exists", "tools[a].owner", "fail", 8),
    ]


@pytest.mark.parametrize(
    ("facts", "depot", "status"),
    [
        ("supplier: north\n", "insured_until: 2027-01-01\n", Status.PASS),
        ("supplier: north\n", "", Status.FAIL),
        ("supplier: north\n", None, Status.FAIL),
        ("", None, Status.FAIL),
        ("people: []\nplan: {owner: nobody}\n", None, Status.FAIL),
    ],
)
def test_an_optional_field_of_what_a_reference_does_not_find_is_not_there(
    world: World, facts: str, depot: str | None, status: Status
) -> None:
    optional = "shop.?supplier.?insured_until.hasValue() || shop.?plan.?owner.?left_on.hasValue()"
    world.policy(f"absence_ok: it is the question\nrequire:\n  - {{id: a, that: {optional}}}\n")
    found = [r for r in world.scan(facts, depot=depot) if r.policy == "MINE-01"]
    assert [r.status for r in found] == [status]


DESK = """\
require:
  - id: open
    that: isOpen(shop.supplier.desk, timestamp("2026-10-30T13:30:00Z"))
    say: closed
"""
HOURS = 'desk: {days: [fri], opens: "08:00", closes: "14:00", holidays: []%s}\n'
"""Open in London at that instant; in Chicago it opens half an hour later, in Helsinki it has closed."""


@pytest.mark.parametrize(
    ("shop", "depot", "own", "status"),
    [
        ("Europe/London", "time_zone: Europe/London\n", "", "pass"),
        ("Europe/London", "time_zone: Europe/Helsinki\n", "", "fail"),
        ("Europe/Helsinki", "time_zone: Europe/London\n", "", "pass"),
        ("America/Chicago", "time_zone: Europe/Helsinki\n", ", time_zone: Europe/London", "pass"),
        ("Europe/Helsinki", "", "", "pass"),  # as the settings say: UTC
        ("Europe/London", "time_zone: Europe/London\n", ", time_zone: ", "unknown"),
        ("Europe/London", "", ", time_zone: ", "unknown"),
    ],
)
def test_hours_are_in_the_zone_of_the_document_that_they_stand_in(
    world: World, shop: str, depot: str, own: str, status: str
) -> None:
    text = f"supplier: north\ntime_zone: {shop}\n"
    assert world.policy(DESK).status(text, depot=depot + HOURS % own).value == status
