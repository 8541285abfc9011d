"""Dates that cannot all be true: in the wrong order, or later than the evidence that is to show them."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyscan.findings import Result
from tests.engine.world import World

RULE = """\
for_each: {function}()
as: clash
key: clash.key
require: [{{id: holds, that: clash.holds, say: "{{clash.says}}"}}]
disputes: [clash.dates]
"""
CHECKED = """\
for_each: shop.tools
as: tool
require: [{id: checked, that: 'within(tool.checked_on, days(90))', say: '{tool.id} was not checked'}]
"""
EXPORT = "evidence: [{id: log, method: tool_export, collected_at: '2026-09-01T17:00:00Z', covers: [tools]}]\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "mine").rule(RULE.format(function="unshown"))
    world.rule(RULE.format(function="miscited"), "CONS-503")
    return world.rule(RULE.format(function="disordered"), "CONS-502").policy(CHECKED)


def told(results: list[Result]) -> list[tuple[str, str, str]]:
    return [(r.policy, r.subject, r.status.value) for r in results]


def test_a_fact_that_is_newer_than_its_evidence_proves_nothing(world: World) -> None:
    text = "tools: [{id: saw, checked_on: 2026-09-02}, {id: axe, checked_on: 2026-09-01}]\n" + EXPORT
    found = world.scan(text)
    assert told(found) == [
        ("CONS-501", "log", "fail"),
        ("MINE-01", "saw", "unknown"),
        ("MINE-01", "axe", "pass"),
    ]
    says = "log was collected on 2026-09-01, and is to show a fact of 2026-09-02: tools saw, checked on"
    assert [r.message for r in found[:2]] == [says, f"tools[saw].checked_on: in dispute (CONS-501): {says}"]
    assert [(read.path, str(read.span)) for read in found[0].disputed] == [
        ("tools[saw].checked_on", "shop.yaml:5:31")
    ]


def test_a_fail_stays_one_where_it_needs_no_date(world: World) -> None:
    found = world.scan("tools: [{id: saw, checked_on: null}]\n" + EXPORT)
    assert told(found) == [("MINE-01", "saw", "fail")]


@pytest.mark.parametrize(
    "evidence",
    [
        "",
        "evidence: [{id: log, method: tool_export, collected_at: '2026-09-02T00:00:00Z', covers: [tools]}]\n",
        "evidence: [{id: log, method: declared, collected_at: '2026-09-01T17:00:00Z', covers: [tools]}]\n",
        "evidence: [{id: log, method: , collected_at: '2026-09-01T17:00:00Z', covers: [tools]}]\n",
        "evidence: [{id: log, method: tested, collected_at: , covers: [tools]}]\n",
        "evidence: [{id: log, method: tested, collected_at: '2026-09-01T17:00:00Z', covers: }]\n",
        "evidence: [{id: log, method: tested, collected_at: '2026-09-01T17:00:00Z', covers: [people]}]\n",
        EXPORT[:-2]
        + ", {id: new, method: document, collected_at: '2026-10-02T00:00:00Z', covers: [tools]}]\n",
    ],
    ids=["none", "same-day", "word", "no-method", "no-day", "covers-blank", "covers-other", "newer"],
)
def test_what_no_evidence_contradicts_is_no_contradiction(world: World, evidence: str) -> None:
    assert told(world.scan("tools: [{id: saw, checked_on: 2026-09-02}]\n" + evidence)) == [
        ("MINE-01", "saw", "pass")
    ]


@pytest.mark.parametrize(
    ("names", "contradicted"),
    [("log", True), ("", False), ("lost", False)],
    ids=["named", "blank", "dangling"],
)
def test_what_a_record_names_is_its_evidence_alone(world: World, names: str, contradicted: bool) -> None:
    newer = ", {id: new, method: tested, collected_at: '2026-10-02T00:00:00Z', covers: [tools]}]\n"
    text = f"tools: [{{id: saw, checked_on: 2026-09-02, evidence: {names}}}]\n" + EXPORT[:-2] + newer
    found = told(world.scan(text))
    assert (("CONS-501", "log", "fail") in found) is contradicted


@pytest.mark.parametrize(
    ("covers", "cited"),
    [("[people]", True), ("[people, tools]", False), ("[]", False), ("", False)],
    ids=["other", "this-too", "none", "blank"],
)
def test_evidence_is_cited_for_what_it_covers(world: World, covers: str, cited: bool) -> None:
    item = (
        f"evidence: [{{id: log, method: tested, collected_at: '2026-10-02T00:00:00Z', covers: {covers}}}]\n"
    )
    found = world.scan("tools: [{id: saw, checked_on: 2026-09-02, evidence: log}]\n" + item)
    assert (("CONS-503", "tools[saw]", "fail") in told(found)) is cited
    if cited:
        assert found[0].message == "tools saw: log is to show it, and covers only: people"
        assert [read.path for read in found[0].disputed] == ["tools[saw].evidence"]


def test_a_fact_of_the_future_is_no_contradiction_before_its_day(world: World) -> None:
    text = "tools: [{id: saw, checked_on: 2026-09-02}]\n" + EXPORT
    assert told(world.scan(text, as_of="2026-09-01")) == [("MINE-01", "saw", "unknown")]
    assert told(world.scan(text, as_of="2026-09-02"))[0] == ("CONS-501", "log", "fail")


def test_the_days_of_evidence_are_those_of_the_zone_and_of_utc(world: World) -> None:
    text = "time_zone: {zone}\ntools: [{{id: saw, checked_on: {day}}}]\n" + EXPORT.replace("{", "{{").replace(
        "}", "}}"
    )
    for zone, day, contradicted in (
        ("Asia/Tokyo", "2026-09-02", False),  # 17:00 in UTC is 02:00 of the next day there
        ("Asia/Tokyo", "2026-09-03", True),
        ("America/Denver", "2026-09-01", False),
        ("America/Denver", "2026-09-02", True),
    ):
        found = told(world.scan(text.format(zone=zone, day=day)))
        assert (found[0] == ("CONS-501", "log", "fail")) is contradicted


def test_two_dates_in_the_wrong_order_prove_nothing(world: World) -> None:
    axe = "{id: axe, checked_on: 2026-09-02, ends_on: 2026-09-02}"
    text = f"tools: [{{id: saw, checked_on: 2026-09-02, ends_on: 2026-09-01}}, {axe}]\n"
    found = world.scan(text)
    assert told(found) == [
        ("CONS-502", "tools[saw].ends_on", "fail"),
        ("MINE-01", "saw", "unknown"),
        ("MINE-01", "axe", "pass"),
    ]
    assert found[0].message == "tools saw: it ended on 2026-09-01, before its check on 2026-09-02"
    assert [read.path for read in found[0].disputed] == ["tools[saw].checked_on", "tools[saw].ends_on"]


def test_the_first_of_two_dates_may_lie_in_the_future(world: World) -> None:
    text = "tools: [{id: saw, checked_on: 2026-11-02, ends_on: 2026-09-01}]\n"
    (found, _) = world.scan(text)
    assert found.message == "tools saw: it ended on 2026-09-01, before its check on 2026-11-02"
    assert [read.path for read in found.disputed] == ["tools[saw].ends_on"]


def test_a_rule_in_its_own_account_says_the_same(world: World) -> None:
    text = "tools: [{id: saw, checked_on: 2026-09-02, ends_on: 2026-09-01}]\n" + EXPORT
    for full in (True, False):
        assert [r.policy for r in world.scan(text, full=full)] == ["CONS-501", "CONS-502", "MINE-01"]
