"""What a result says: its message, its place, the values it rests on, and what it lacks."""

from __future__ import annotations

from typing import Any

import pytest

from policyscan.findings import Result, Status
from tests.engine.world import World

TOOLS = """\
tools:
  - id: saw
    safe: false
    checked_on: 2026-01-15
    parts:
      - {id: blade, worn: true}
      - {id: grip, worn: null}
      - id: belt
  - {id: axe, safe: true, owner: p-1}
people: [{id: p-1, left_on: 2026-06-12}]
"""
"""Lines 5 to 14."""


def place(result: Result) -> tuple[int, int]:
    return result.span.line, result.span.column


# --- messages


@pytest.mark.parametrize(
    ("say", "message"),
    [
        ("plain words", "plain words"),
        ("{tool.id} is unsafe", "saw is unsafe"),
        ("{{braces}} of {tool.id}", "{braces} of saw"),
        ("checked on {tool.checked_on}", "checked on 2026-01-15"),
        ("checked {today - tool.checked_on} ago", "checked 289 days ago"),
        ("limit {params.limit}, {params.names}", "limit 14 days, a, b"),
        ("owned by {tool.owner}", "owned by unknown"),
        ("owner left {tool.owner.left_on}", "owner left unknown"),
        ("{tool.parts.map(p, p.id)}", "blade, grip, belt"),
        ("{tool.parts[0]} first, {tool.parts[9]} last", "blade first, none last"),
        ("{shop.open ? 'open' : 'shut'}", "unknown"),
        ("{'a } in quotes'}", "a } in quotes"),
        ("{money(1234567.0, 'EUR')} of {money(1234.5, 'EUR')}", "1,234,567 EUR of 1,234.50 EUR"),
        ("{10 % shop.about.id.size() == 0}", "false"),
    ],
)
def test_what_a_requirement_says(world: World, say: str, message: str) -> None:
    world.policy(
        "parameters:\n"
        "  limit: {type: duration, default: 14d, min: 1d, max: 90d, why: ours}\n"
        "  names: {type: strings, default: [a, b], why: ours}\n"
        "for_each: shop.tools\nas: tool\nrequire:\n"
        f"  - id: safe\n    that: tool.safe\n    say: >-\n      {say}\n"
    )
    (result,) = [r for r in world.scan(TOOLS) if r.subject == "saw"]
    assert result.message == message


@pytest.mark.parametrize(
    ("that", "message"),
    [
        ("shop.tools.atLeast(0.5, t, t.safe == true)", "1 of 3"),
        ("shop.tools.all(t, t.safe)", "unknown of unknown"),
    ],
)
def test_hits_of_n(world: World, that: str, message: str) -> None:
    world.policy(f"require:\n  - id: most\n    that: {that}\n    say: '{{hits}} of {{n}}'\n")
    assert (
        world.one("tools: [{id: a, safe: true}, {id: b, safe: false}, {id: c, safe: false}]\n").message
        == message
    )


def test_a_requirement_that_says_nothing_shows_what_it_read(world: World) -> None:
    world.policy("require:\n  - id: few\n    that: shop.count < shop.other_count\n")
    message = world.one("count: 3\nother_count: 2\n").message
    assert message == "It is as it should be: not met (count is 3; other_count is 2)"


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ("", "open: it is not recorded"),
        ("open:\n", "open: it is blank"),
    ],
)
def test_an_unknown_result_says_what_is_missing_instead_of_what_would_be_wrong(
    world: World, facts: str, message: str
) -> None:
    world.policy("require:\n  - id: open\n    that: shop.open\n    say: it is closed\n")
    assert world.one(facts).message == message


def test_an_unknown_result_without_a_gap_says_why(world: World) -> None:
    world.policy("require:\n  - id: cheap\n    that: shop.price < shop.limit\n    say: it is too dear\n")
    result = world.one("price: {amount: 1, currency: EUR}\nlimit: {amount: 2, currency: USD}\n")
    assert result.status is Status.UNKNOWN
    assert "too dear" not in result.message
    assert "EUR" in result.message
    assert place(result) in {(5, 8), (6, 8)}


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("UTC", "2026-08-16 07:10 UTC"),
        ("America/Chicago", "2026-08-16 02:10 (UTC-05:00)"),
        ("Asia/Kolkata", "2026-08-16 12:40 (UTC+05:30)"),
    ],
)
def test_an_instant_in_a_message_is_that_of_the_documents_clock(world: World, zone: str, shown: str) -> None:
    world.policy(
        "for_each: shop.tools\nas: tool\nrequire:\n"
        "  - {id: a, that: tool.safe, say: 'seen on {tool.seen_at}'}\n"
    )
    text = f"time_zone: {zone}\ntools: [{{id: saw, safe: false, seen_at: 2026-08-16T07:10:00Z}}]\n"
    assert world.one(text).message == f"seen on {shown}"


def test_a_need_that_is_not_met_says_so(world: World) -> None:
    world.policy(
        "needs:\n  - id: counted\n    that: shop.count > 3\n    say: only {shop.count} were counted\n"
        "require:\n  - id: open\n    that: shop.open\n"
    )
    result = world.one("count: 2\n")
    assert (result.status, result.message, place(result)) == (Status.UNKNOWN, "only 2 were counted", (5, 8))
    assert result.reason == "counted"


@pytest.mark.parametrize(
    ("body", "facts", "message"),
    [
        ("applies: shop.open\nnot_applicable: it is shut\n", "open: false\n", "it is shut"),
        ("applies: shop.open\n", "open: false\n", "does not apply: shop.open is false"),
        ("for_each: shop.tools\nas: t\n", "tools: []\n", "there is nothing in shop.tools"),
        (
            "for_each: shop.tools\nas: t\nwhen: t.safe\nnot_applicable: it is scrap\n",
            "tools: []\n",
            "there is nothing in shop.tools",
        ),
        (
            "for_each: shop.tools\nas: t\nwhen: t.safe\nnot_applicable: it is scrap\n",
            "tools: [{id: a, safe: false}]\n",
            "it is scrap",
        ),
    ],
)
def test_what_does_not_apply_says_why(world: World, body: str, facts: str, message: str) -> None:
    world.policy(body + "require:\n  - id: a\n    that: 'true'\n")
    result = world.one(facts)
    assert result.status is Status.NOT_APPLICABLE
    assert message in result.message
    assert result.reason


def test_a_requirement_that_does_not_apply_gives_its_own_reason(world: World) -> None:
    world.policy(
        "applies: shop.open\nnot_applicable: it is shut\n"
        "require:\n  - id: many\n    when: shop.count > 3\n    that: shop.open\n"
    )
    result = world.one("open: true\ncount: 2\n")
    assert (result.status, result.reason) == (Status.NOT_APPLICABLE, "many")
    assert result.message == "does not apply: shop.count > 3 is false"


def test_two_empty_lists_are_both_named(world: World) -> None:
    world.policy(
        "for_each: [shop.tools, shop.spares]\nas: t\nempty: fail\nrequire:\n  - id: a\n    that: t.safe\n"
    )
    result = world.one("tools: []\nspares: []\n")
    assert "shop.tools" in result.message
    assert "shop.spares" in result.message


def test_an_error_says_what_went_wrong(world: World) -> None:
    world.policy("require:\n  - id: a\n    that: 10 % shop.count == 0\n    say: odd\n")
    result = world.one("count: 0\n")
    assert result.status is Status.ERROR
    assert result.message.startswith("cannot be evaluated: ")
    assert "zero" in result.message


# --- places: (expression for a tool, or body, place)


@pytest.mark.parametrize(
    ("that", "line", "column"),
    [
        ("tool.safe", 7, 11),  # the value
        ("tool.checked_on > date('2026-10-01')", 8, 17),
        ("tool.parts.all(p, p.worn == false)", 10, 9),  # the first element that fails
        ("tool.parts[1].worn == false", 11, 26),  # the null
        ("tool.parts[9].worn == false", 9, 5),  # no such element: its list
        ("tool.in_use", 6, 5),  # a missing key: what should hold it
        ("tool.parts[2].worn", 12, 9),
        ("tool.parts.exists(p, p.id == 'chain')", 10, 7),
    ],
)
def test_where_a_result_points(world: World, that: str, line: int, column: int) -> None:
    world.policy(f"for_each: shop.tools\nas: tool\nrequire:\n  - id: a\n    that: {that}\n")
    (result,) = [r for r in world.scan(TOOLS) if r.subject == "saw"]
    assert result.status in {Status.FAIL, Status.UNKNOWN}
    assert (line, column) == place(result)


def test_each_points_at_its_element(world: World) -> None:
    world.policy(
        "require:\n  - id: a\n    each: {tool: shop.tools, part: tool.parts}\n    that: part.worn == false\n"
    )
    text = TOOLS.replace("owner: p-1", "owner: p-1, parts: []")
    assert place(world.one(text)) == (10, 9)
    assert place(world.one(text.replace("worn: true", "worn: false"))) == (11, 9)


def test_a_blank_points_at_its_key(world: World) -> None:
    world.policy("require:\n  - id: a\n    that: shop.open\n")
    assert place(world.one("count: 1\nopen:\n")) == (6, 1)


def test_a_missing_root_key_points_at_the_inventory(world: World) -> None:
    world.policy("require:\n  - id: a\n    that: shop.open\n")
    assert place(world.one("count: 1\n")) == (1, 1)


# --- evidence


def read(result: Result) -> dict[str, Any]:
    return {one.path: one.value for one in result.evidence}


def test_every_value_that_was_read_is_evidence(world: World) -> None:
    world.policy(
        "for_each: shop.tools\nas: tool\nrequire:\n"
        "  - id: a\n    that: tool.safe && tool.owner.left_on == null || shop.count > 3\n"
    )
    saw, axe = world.scan(TOOLS + "count: 1\n")
    assert read(saw) == {"tools[saw].safe": False, "count": 1}
    assert read(axe) == {
        "tools[axe].safe": True,
        "tools[axe].owner": "p-1",
        "people[p-1].left_on": "2026-06-12",
        "count": 1,
    }
    assert {(one.path, one.span.line) for one in axe.evidence if one.span} == {
        ("tools[axe].safe", 13),
        ("tools[axe].owner", 13),
        ("people[p-1].left_on", 14),
        ("count", 15),
    }


def test_objects_are_shown_by_what_identifies_them(world: World) -> None:
    world.policy("require:\n  - id: a\n    that: shop.tools.all(t, t.safe) && shop.plan != null\n")
    result = world.one("tools: [{id: saw, safe: false}]\nplan: {owner: null}\n")
    assert read(result)["tools"] == ["saw"]


def test_what_has_no_name_is_shown_by_what_was_read_in_it(world: World) -> None:
    world.policy("require:\n  - id: a\n    that: shop.plan != null && shop.plan.owner != null\n")
    assert read(world.one("people: []\nplan: {owner: null}\n")) == {"plan.owner": None}
    world.policy("require:\n  - id: a\n    that: shop.plan == null\n")
    assert read(world.one("plan: {owner: null}\n")) == {"plan": "(recorded)"}


def test_a_plain_scan_keeps_what_someone_must_act_on(world: World) -> None:
    world.policy("for_each: shop.tools\nas: tool\nrequire:\n  - id: a\n    that: tool.safe\n")
    assert [r.subject for r in world.scan(TOOLS, full=False)] == ["saw"]
    (full,) = [r for r in world.scan(TOOLS) if r.status is Status.PASS]
    assert read(full) == {"tools[axe].safe": True}


# --- gaps


def test_what_an_unknown_result_lacks(world: World) -> None:
    world.policy(
        "for_each: shop.tools\nas: tool\nrequire:\n"
        "  - id: a\n    that: tool.in_use || tool.owner != null || tool.checked_on > today\n"
    )
    (result,) = world.scan("tools:\n  - id: saw\n    in_use:\n    checked_on: 2026-12-24\n")
    shown = [(g.path, g.generic_path, g.question, g.span and g.span.line, g.reason) for g in result.gaps]
    assert shown == [
        ("tools[saw].in_use", "tools[].in_use", "Is it in use?", 7, "it is blank"),
        ("tools[saw].owner", "tools[].owner", None, 6, "it is not recorded"),
        (
            "tools[saw].checked_on",
            "tools[].checked_on",
            "When was it checked?",
            8,
            "it lies in the future: 2026-12-24 is after 2026-10-31",
        ),
    ]
    assert result.message == "tools[saw].in_use: it is blank (+2 more)"


def test_a_null_that_makes_unknown_is_a_gap(world: World) -> None:
    world.policy("require:\n  - id: a\n    that: shop.plan.owner != null\n    absent: unknown\n")
    result = world.one("plan: null\n")
    assert [(g.path, g.reason) for g in result.gaps] == [("plan", "there is none")]
    assert place(result) == (5, 7)


def test_a_result_that_is_told_has_no_gaps(world: World) -> None:
    world.policy("require:\n  - id: a\n    that: shop.open && shop.count > 3\n")
    result = world.one("count: 1\n")
    assert (result.status, result.gaps) == (Status.FAIL, ())


# --- figures and parameters


def test_figures_are_typed_and_on_every_result(world: World) -> None:
    world.policy(
        "for_each: shop.tools\nas: tool\nrequire:\n  - id: a\n    that: tool.safe\n"
        "figures:\n  tools: shop.tools.size()\n  age: today - tool.checked_on\n  who: tool.owner\n"
        "  worn: tool.parts.exists(p, p.worn == true)\n"
    )
    saw, axe = world.scan(TOOLS)
    assert saw.figures == {"tools": 2, "age": "289d", "who": None, "worn": True}
    assert axe.status is Status.PASS
    assert axe.figures == {"tools": 2, "age": None, "who": "p-1", "worn": None}


def test_figures_of_a_subject_are_not_made_where_there_is_none(world: World) -> None:
    world.policy(
        "for_each: shop.tools\nas: tool\nrequire:\n  - id: a\n    that: tool.safe\n"
        "figures:\n  age: today - tool.checked_on\n"
    )
    assert world.one("").figures == {}


def test_parameters_are_shown(world: World) -> None:
    world.policy(
        "parameters:\n  limit: {type: duration, default: 14d, min: 1d, max: 90d, why: ours}\n"
        "  many: {type: int, default: 3, min: 1, max: 9, why: ours}\n"
        "require:\n  - id: a\n    that: shop.count > params.many\n"
    )
    assert world.one("count: 1\n").parameters == {"limit": "14d", "many": 3}
