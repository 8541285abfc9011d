"""Facts in dispute: a broken rule is a finding with both places, and nothing that reads one passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyscan.engine.disputes import Broken, broken
from policyscan.engine.moments import PolicyClock
from policyscan.engine.scan import scan_document
from policyscan.findings import Result
from policyscan.policies.policy import Policy
from tests.engine.world import World, documents

SAFE = """\
for_each: shop.tools
as: tool
require:
  - {id: idle, that: "tool.safe || !tool.in_use", say: "{tool.id} is in use, and not safe"}
disputes: [tool.safe, tool.in_use]
"""
COUNTED = """\
require:
  - {id: listed, that: "size(shop.tools) == shop.count", say: "{size(shop.tools)} tools of {shop.count}"}
disputes: [shop.count, shop.tools]
"""
DISPUTED = "disputes: [shop.count]\n"
IN_USE = """\
for_each: shop.tools
as: tool
when: tool.in_use
require: [{id: owned, that: 'tool.owner != null', say: nobody owns it}]
"""
BROKEN = "tools: [{id: saw, safe: false, in_use: true, owner: null}, {id: axe, in_use: true, owner: null}]\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "mine")


def told(results: list[Result]) -> list[tuple[str, str, str]]:
    return [(r.policy, r.subject, r.status.value) for r in results]


def test_a_broken_rule_is_a_finding_with_both_places(world: World) -> None:
    (found,) = world.rule(SAFE).scan(BROKEN)
    assert (found.policy, found.subject, found.requirement, found.status.value, found.severity.value) == (
        "CONS-501", "saw", "idle", "fail", "high",
    )  # fmt: skip
    assert found.message == "saw is in use, and not safe"
    assert [(read.path, read.value) for read in found.disputed] == [
        ("tools[saw].safe", False),
        ("tools[saw].in_use", True),
    ]
    assert [str(read.span) for read in found.disputed] == ["shop.yaml:5:25", "shop.yaml:5:40"]
    assert str(found.span) == "shop.yaml:5:25"


@pytest.mark.parametrize(
    "text",
    [
        "tools: [{id: saw, safe: true, in_use: true}, {id: axe, safe: false, in_use: false}]\n",
        "tools: [{id: saw, safe: false}]\n",
        "tools: [{id: saw, safe: null, in_use: true}]\n",
        "tools: [{id: saw, safe: , in_use: true}]\n",
        "tools: []\n",
        "",
    ],
)
def test_a_rule_that_holds_or_whose_facts_are_missing_says_nothing(world: World, text: str) -> None:
    assert world.rule(SAFE).scan(text) == []


def test_what_reads_a_fact_in_dispute_is_unknown_and_the_rest_stands(world: World) -> None:
    world.rule(SAFE).policy(IN_USE)
    found = world.scan(BROKEN)
    assert told(found) == [
        ("CONS-501", "saw", "fail"),
        ("MINE-01", "saw", "unknown"),
        ("MINE-01", "axe", "fail"),
    ]
    unknown = found[1]
    assert unknown.message == "tools[saw].in_use: in dispute (CONS-501): saw is in use, and not safe"
    assert unknown.gaps[0].question == "Which is right? saw is in use, and not safe"
    assert str(unknown.span) == "shop.yaml:5:40"


def test_a_control_that_the_disputed_fact_switched_off_does_not_stay_off(world: World) -> None:
    world.rule(SAFE.replace("!tool.in_use", "tool.in_use")).policy(IN_USE)
    text = "tools: [{id: saw, safe: false, in_use: false, owner: null}]\n"
    assert told(world.scan(text)) == [("CONS-501", "saw", "fail"), ("MINE-01", "saw", "unknown")]


def test_a_fail_that_does_not_need_the_fact_stands(world: World) -> None:
    body = "for_each: shop.tools\nas: t\nrequire: [{id: good, that: 't.owner != null && t.safe', say: bad}]\n"
    world.rule(SAFE).policy(body)
    assert told(world.scan(BROKEN))[1:] == [("MINE-01", "saw", "fail"), ("MINE-01", "axe", "fail")]


def test_a_list_in_dispute_is_unknown_as_a_whole(world: World) -> None:
    world.rule(COUNTED).policy(IN_USE)
    assert told(world.scan("count: 3\n" + BROKEN))[:2] == [
        ("CONS-501", "", "fail"),
        ("MINE-01", "shop.tools", "unknown"),
    ]
    assert told(world.scan("count: 2\n" + BROKEN))[0] == ("MINE-01", "saw", "fail")


def test_what_an_element_of_a_list_in_dispute_fails_at_stands(world: World) -> None:
    world.rule(COUNTED).policy(IN_USE)
    world.policy(
        "require: [{id: owned, each: {tool: shop.tools}, that: 'tool.owner != null', say: '{tool.id}'}]\n",
        "MINE-02",
    )
    world.policy("require: [{id: few, that: 'size(shop.tools) < 2', say: too many}]\n", "MINE-03")
    text = (
        "count: 3\npeople: [{id: ann}]\n"
        "tools: [{id: saw, in_use: true, owner: %s}, {id: axe, in_use: true, owner: ann}]\n"
    )
    for full in (True, False):
        found = world.scan(text % "null", full=full)
        assert told(found) == [
            ("CONS-501", "", "fail"),
            ("MINE-01", "shop.tools", "unknown"),
            ("MINE-01", "saw", "fail"),
            ("MINE-02", "", "fail"),
            ("MINE-03", "", "unknown"),
        ]
        assert str(found[2].span) == "shop.yaml:7:40"
        assert found[3].message == "saw"
        assert [r.status.value for r in world.scan(text % "ann", full=full)[1:]] == ["unknown"] * 3


def test_what_fails_in_a_list_in_dispute_has_its_path_where_something_in_it_is_in_dispute_too(
    world: World,
) -> None:
    world.rule(COUNTED).rule(SAFE.replace("[tool.safe, tool.in_use]", "[tool.safe]"), "CONS-502").policy(
        IN_USE
    )
    found = world.scan("count: 2\ntools: [{id: saw, safe: false, in_use: true, owner: null}]\n")
    assert told(found)[2:] == [("MINE-01", "shop.tools", "unknown"), ("MINE-01", "saw", "fail")]
    assert [read.path for read in found[3].evidence] == ["tools[saw].owner"]


def test_what_a_kind_supplies_for_a_missing_key_can_be_in_dispute_too(world: World) -> None:
    world.rule(
        "require: [{id: loud, that: 'shop.alarm || !shop.open', say: open and no alarm}]\n"
        "disputes: [shop.alarm]\n"
    ).policy("applies: shop.alarm\nrequire: [{id: open, that: shop.open, say: closed}]\n")
    (rule, control) = world.scan("open: true\n")
    assert [read.path for read in rule.disputed] == ["alarm"]
    assert control.status.value == "unknown"
    assert control.message == "alarm: in dispute (CONS-501): open and no alarm"


def test_rules_do_not_see_what_other_rules_dispute(world: World) -> None:
    world.rule(SAFE).rule(SAFE, "CONS-502")
    assert [r.policy for r in world.scan(BROKEN)] == ["CONS-501", "CONS-502"]


def test_a_control_that_others_ask_is_unknown_to_them(world: World) -> None:
    world.rule(COUNTED).policy(IN_USE)
    world.policy("uses: [MINE-01]\nrequire: [{id: all, that: 'passes(\"MINE-01\")', say: no}]\n", "MINE-02")
    text = "count: 3\npeople: [{id: ann}]\ntools: [{id: saw, in_use: true, owner: ann}]\n"
    found = world.scan(text, "MINE-02")
    assert told(found) == [("CONS-501", "", "fail"), ("MINE-02", "", "unknown")]


def test_without_an_account_of_everything_the_same_is_told(world: World) -> None:
    world.rule(SAFE).policy(IN_USE)
    full, lean = (world.scan(BROKEN, full=full) for full in (True, False))
    assert full == lean


# --- in another document

SUPPLIED = """\
require:
  - id: agree
    that: shop.count == shop.supplier.doors.size()
    say: "{shop.count} here, {shop.supplier.doors.size()} at {shop.supplier.about.id}"
disputes: [shop.count, shop.supplier.doors]
"""
THEIRS = "require: [{id: some, that: 'size(shop.supplier.doors) > 0', say: none}]\n"


def test_a_fact_of_another_document_is_in_dispute_for_this_one_alone(world: World) -> None:
    world.rule(SUPPLIED).policy(THEIRS)
    world.policy("require: [{id: some, that: 'size(depot.doors) > 0', say: none}]\n", "THEIR-01", "depot")
    text, depot = "supplier: north\ncount: 2\n", "doors: [{id: saw}]\n"
    rule, control = world.scan(text, depot=depot)
    assert rule.message == "2 here, 1 at north"
    assert [read.path for read in rule.disputed] == ["count", "depot[north].doors"]
    assert [read.span.file for read in rule.disputed if read.span] == ["shop.yaml", "depots/north.yaml"]
    assert control.status.value == "unknown"
    assert control.message == "depot[north].doors: in dispute (CONS-501): 2 here, 1 at north"
    shop, north = documents(text, depot)
    assert [r.status.value for r in scan_document(north, world.plan(), []).results] == ["pass"]
    assert north.value["doors"]
    assert shop.value["supplier"] is north.value


def test_what_another_document_says_against_itself_proves_nothing_here(world: World) -> None:
    world.rule(
        "require: [{id: two, that: 'size(depot.doors) == 2', say: not two doors}]\ndisputes: [depot.doors]\n",
        "CONS-502",
        "depot",
    ).policy(THEIRS)
    (control,) = world.scan("supplier: north\n", depot="doors: [{id: saw}]\n")
    assert control.status.value == "unknown"
    assert control.message == "depot[north].doors: in dispute (CONS-502): not two doors"
    (control,) = world.scan("supplier: north\n", depot="doors: [{id: saw}, {id: axe}]\n")
    assert control.status.value == "pass"


def test_what_another_document_says_against_itself_is_found_out_once(world: World) -> None:
    world.rule(
        "require: [{id: two, that: 'size(depot.doors) == 2', say: not two doors}]\ndisputes: [depot.doors]\n",
        "CONS-502",
        "depot",
    )
    plan = world.plan()
    _, north = documents("supplier: north\n", "doors: [{id: saw}]\n")
    shop, _ = documents("supplier: north\n", "doors: [{id: saw}]\n")
    assert scan_document(shop, plan, [north]).results == []
    first = north.in_dispute
    scan_document(shop, plan, [north])
    assert north.in_dispute is first is not None


# --- time

RECENT = """\
for_each: shop.tools
as: tool
require:
  - {id: quiet, that: "tool.in_use || !within(tool.checked_on, days(30))", say: "{tool.id} was checked"}
disputes: [tool.in_use]
"""
NOTICED = IN_USE.replace("when: tool.in_use\n", "notice: 60d\n").replace("tool.owner != null", "tool.in_use")


def test_results_turn_when_a_rule_does(world: World) -> None:
    world.rule(RECENT)
    text = "tools: [{id: saw, in_use: false, checked_on: 2026-10-11}]\n"
    plan = world.plan(full=False)
    (shop,) = documents(text)
    scanned = scan_document(shop, plan)
    assert [r.policy for r in scanned.results] == ["CONS-501"]
    assert scanned.results[0].until == "2026-11-11"
    assert scanned.turn[0] == 739931  # 2026-11-11
    assert world.scan(text, as_of="2026-11-11") == []
    assert [r.policy for r in world.scan(text, as_of="2026-11-10")] == ["CONS-501"]


def test_what_will_be_in_dispute_is_due(world: World) -> None:
    """It passes today; on 2026-11-20 the rule breaks."""
    rule = "require: [{id: long, that: 'today < date(\"2026-11-20\")', say: it is late}]\n"
    world.rule(rule + DISPUTED).policy(
        "notice: 60d\nrequire: [{id: three, that: shop.count == 3, say: not three}]\n"
    )
    (due,) = world.scan("count: 3\n")
    assert due.status.value == "due"
    assert due.message == "in 20 days (2026-11-20): count: in dispute (CONS-501): it is late"
    assert told(world.scan("count: 3\n", as_of="2026-11-20")) == [
        ("CONS-501", "", "fail"),
        ("MINE-01", "", "unknown"),
    ]


def test_a_rule_that_holds_is_not_asked_again_before_it_turns(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking ahead to a moment at which one rule turns, the others are known to hold until their own."""
    asked: list[tuple[str, str]] = []

    def counted(rule: Policy, root: object, clock: PolicyClock) -> Broken:
        asked.append((rule.id, str(clock.today)))
        return broken(rule, root, clock)

    monkeypatch.setattr("policyscan.engine.sight.broken", counted)
    for number, day in ((501, "2026-11-20"), (502, "2027-11-20")):
        rule = f"require: [{{id: long, that: 'today < date(\"{day}\")', say: it is late}}]\n"
        world.rule(rule + DISPUTED, f"CONS-{number}")
    world.policy("notice: 60d\nrequire: [{id: three, that: shop.count == 3, say: not three}]\n")
    (due,) = world.scan("count: 3\n", full=False)
    assert due.status.value == "due"
    assert asked == [
        ("CONS-501", "2026-10-31"), ("CONS-502", "2026-10-31"), ("CONS-501", "2026-11-20"),
    ]  # fmt: skip


def test_what_is_in_dispute_today_alone_is_not_due(world: World) -> None:
    rule = "require: [{id: long, that: 'today > date(\"2026-11-20\")', say: early}]\n"
    world.rule(rule + DISPUTED).policy(
        "notice: 60d\nrequire: [{id: three, that: shop.count == 3, say: not three}]\n"
    )
    assert told(world.scan("count: 3\n")) == [("CONS-501", "", "fail"), ("MINE-01", "", "unknown")]


# --- what cannot be evaluated, and exceptions


def test_a_rule_that_cannot_be_evaluated_is_an_error(world: World) -> None:
    rule = (
        "require: [{id: odd, that: 'shop.count % shop.other_count == 0', say: odd}]\ndisputes: [shop.count]\n"
    )
    (found,) = world.rule(rule).scan("count: 1\nother_count: 0\n")
    assert found.status.value == "error"
    assert found.disputed == ()


def test_a_crash_in_a_rule_leaves_the_rest_untouched(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.rule(SAFE).policy(IN_USE)

    def fail(*_: object) -> None:
        raise RuntimeError("oh")

    monkeypatch.setattr("policyscan.engine.sight.broken", fail)
    assert told(world.scan(BROKEN)) == [
        ("CONS-501", "", "error"),
        ("MINE-01", "saw", "fail"),
        ("MINE-01", "axe", "fail"),
    ]
