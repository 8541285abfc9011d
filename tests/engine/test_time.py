"""Time: until when a result holds, what is due, and what today and now are."""

from __future__ import annotations

import pytest

from policyscan.cel.values import Date, Timestamp
from policyscan.engine.moments import clock_at, parse_moment
from policyscan.errors import UsageError
from policyscan.findings import Status
from tests.engine.world import World

# --- what --as-of means


@pytest.mark.parametrize(
    "text", ["", "31.10.2026", "2026-02-30", "2026-10-31T12:00:00", "yesterday", "2026-10"]
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(UsageError, match="neither a day nor an instant"):
        parse_moment(text)


@pytest.mark.parametrize(
    ("as_of", "zone", "today", "now"),
    [
        ("2026-10-31", "UTC", "2026-10-31", "2026-10-31T23:59:59Z"),
        ("2026-10-31", "America/Chicago", "2026-10-31", "2026-11-01T04:59:59Z"),
        ("2026-10-31", "Pacific/Auckland", "2026-10-31", "2026-10-31T10:59:59Z"),
        # the days on which the clocks change: 25 and 23 hours
        ("2026-10-25", "Europe/Berlin", "2026-10-25", "2026-10-25T22:59:59Z"),
        ("2026-03-29", "Europe/Berlin", "2026-03-29", "2026-03-29T21:59:59Z"),
        ("2026-03-28", "Europe/Berlin", "2026-03-28", "2026-03-28T22:59:59Z"),
        # an instant: the day is that of the zone
        ("2026-10-31T23:30:00Z", "UTC", "2026-10-31", "2026-10-31T23:30:00Z"),
        ("2026-10-31T23:30:00Z", "Europe/Berlin", "2026-11-01", "2026-10-31T23:30:00Z"),
        ("2026-10-31T04:30:00Z", "America/Chicago", "2026-10-30", "2026-10-31T04:30:00Z"),
        ("2026-10-31T12:00:00+02:00", "UTC", "2026-10-31", "2026-10-31T10:00:00Z"),
        ("2026-10-25T00:59:59Z", "Europe/Berlin", "2026-10-25", "2026-10-25T00:59:59Z"),
    ],
)
def test_today_and_now(as_of: str, zone: str, today: str, now: str) -> None:
    clock = clock_at(parse_moment(as_of), zone)
    assert (clock.today, clock.now) == (Date.parse(today), Timestamp.parse(now))


def test_a_document_has_its_own_day(world: World) -> None:
    world.policy("require:\n  - id: a\n    that: today == date('2026-11-01')\n")
    as_of = "2026-10-31T23:30:00Z"
    assert world.status("time_zone: Europe/Berlin\n", as_of=as_of) is Status.PASS
    assert world.status("time_zone: UTC\n", as_of=as_of) is Status.FAIL
    (result,) = world.scan("", as_of=as_of, zone="Europe/Berlin")
    assert result.status is Status.PASS


# --- until

TOOL = "for_each: shop.tools\nas: tool\nrequire:\n  - id: a\n    that: {that}\n"


@pytest.mark.parametrize(
    ("that", "tool", "status", "until"),
    [
        # dates turn at the start of a day
        ("today <= tool.ends_on", "ends_on: 2026-11-10", "pass", "2026-11-11"),
        ("today < tool.ends_on", "ends_on: 2026-11-10", "pass", "2026-11-10"),
        ("today <= tool.ends_on", "ends_on: 2026-10-31", "pass", "2026-11-01"),
        ("today <= tool.ends_on", "ends_on: 2026-10-30", "fail", None),
        ("tool.ends_on > today", "ends_on: 2026-11-01", "pass", "2026-11-01"),
        ("today > tool.ends_on", "ends_on: 2026-11-10", "fail", "2026-11-11"),
        ("within(tool.checked_on, days(30))", "checked_on: 2026-10-11", "pass", "2026-11-11"),
        ("today - tool.checked_on <= days(30)", "checked_on: 2026-10-11", "pass", "2026-11-11"),
        ("tool.safe", "safe: true", "pass", None),
        # what does not decide turns nothing, what does turns first
        ("today <= tool.ends_on || tool.safe", "ends_on: 2026-11-10, safe: false", "pass", "2026-11-11"),
        ("tool.safe && today <= tool.ends_on", "ends_on: 2026-11-10, safe: false", "fail", None),
        (
            "today <= tool.ends_on && within(tool.checked_on, days(30))",
            "ends_on: 2026-12-24, checked_on: 2026-10-11",
            "pass",
            "2026-11-11",
        ),
        # instants turn to the second
        ("now <= tool.ends_at", "ends_at: 2026-11-10T08:00:00Z", "pass", "2026-11-10T08:00:00"),
        ("now < tool.ends_at", "ends_at: 2026-11-10T08:00:00Z", "pass", "2026-11-10T08:00:00Z"),
        ("now - tool.seen_at <= duration('72h')", "seen_at: 2026-10-30T08:00:00Z", "pass", "2026-11-02T08"),
        # the earlier of a day and an instant
        (
            "today <= tool.ends_on && now < tool.ends_at",
            "ends_on: 2026-11-09, ends_at: 2026-11-10T08:00:00Z",
            "pass",
            "2026-11-10",
        ),
        (
            "today <= tool.ends_on && now < tool.ends_at",
            "ends_on: 2026-11-10, ends_at: 2026-11-10T08:00:00Z",
            "pass",
            "2026-11-10T08:00:00Z",
        ),
    ],
)  # fmt: skip
def test_until_when_a_result_holds(
    world: World, that: str, tool: str, status: str, until: str | None
) -> None:
    world.policy(TOOL.format(that=that))
    result = world.one(f"tools: [{{id: saw, {tool}}}]\n")
    assert result.status.value == status
    assert (result.until or "").startswith(until or "")
    assert (result.until is None) == (until is None)


def test_each_subject_turns_by_itself(world: World) -> None:
    world.policy(TOOL.format(that="today <= tool.ends_on"))
    told = world.scan("tools: [{id: a, ends_on: 2026-11-10}, {id: b, ends_on: 2026-12-24}]\n")
    assert [result.until for result in told] == ["2026-11-11", "2026-12-25"]


def test_each_requirement_turns_by_itself_and_with_what_it_needs(world: World) -> None:
    world.policy(
        "for_each: shop.tools\nas: tool\nneeds:\n  - id: n\n    that: within(tool.checked_on, days(30))\n"
        "require:\n  - id: a\n    that: today <= tool.ends_on\n  - id: b\n    that: tool.safe\n"
    )
    told = world.scan("tools: [{id: a, safe: true, checked_on: 2026-10-30, ends_on: 2026-11-05}]\n")
    assert [(r.requirement, r.until) for r in told] == [("a", "2026-11-06"), ("b", "2026-11-30")]


# --- due


NOTICE = (
    TOOL.format(that="today <= tool.ends_on") + '    say: "{tool.id} ended on {tool.ends_on}"\nnotice: 30d\n'
)


@pytest.mark.parametrize(
    ("ends_on", "status", "until", "message"),
    [
        ("2026-10-30", "fail", None, "saw ended on 2026-10-30"),
        ("2026-10-31", "due", "2026-11-01", "in 1 day (2026-11-01): saw ended on 2026-10-31"),
        ("2026-11-15", "due", "2026-11-16", "in 16 days (2026-11-16): saw ended on 2026-11-15"),
        # the last day of the notice period is within it
        ("2026-11-29", "due", "2026-11-30", "in 30 days (2026-11-30): saw ended on 2026-11-29"),
        ("2026-11-30", "pass", "2026-12-01", ""),
    ],
)
def test_what_stops_passing_within_the_notice_period_is_due(
    world: World, ends_on: str, status: str, until: str | None, message: str
) -> None:
    world.policy(NOTICE)
    result = world.one(f"tools: [{{id: saw, ends_on: {ends_on}}}]\n")
    assert (result.status.value, result.until, result.message) == (status, until, message)
    if status == "due":
        assert (result.span.line, result.span.column) == (5, 28)


def test_no_notice_no_due(world: World) -> None:
    world.policy(TOOL.format(that="today <= tool.ends_on"))
    assert world.status("tools: [{id: saw, ends_on: 2026-10-31}]\n") is Status.PASS


def test_a_requirements_own_notice(world: World) -> None:
    world.policy(
        "parameters:\n  ahead: {type: duration, default: 10d, min: 1d, max: 90d, why: ours}\n"
        + TOOL.format(that="today <= tool.ends_on")
        + "    notice: params.ahead\n  - id: b\n    that: today <= tool.ends_on\n"
    )
    for ends_on, status in (("2026-11-09", "due"), ("2026-11-10", "pass")):
        told = world.told(f"tools: [{{id: saw, ends_on: {ends_on}}}]\n")
        assert [t.status for t in told] == [status, "pass"]


def test_a_need_that_becomes_stale_is_due(world: World) -> None:
    world.policy(
        "for_each: shop.tools\nas: tool\nnotice: 7d\nneeds:\n  - id: checked\n"
        "    that: within(tool.checked_on, days(30))\n    say: 'last checked on {tool.checked_on}'\n"
        "require:\n  - id: a\n    that: tool.safe\n"
    )
    result = world.one("tools: [{id: saw, safe: true, checked_on: 2026-10-05}]\n")
    assert (result.requirement, result.status, result.until) == ("a", Status.DUE, "2026-11-05")
    assert result.message == "in 5 days (2026-11-05): last checked on 2026-10-05"
    assert not result.gaps
    assert world.status("tools: [{id: saw, safe: true, checked_on: 2026-10-08}]\n") is Status.PASS


def test_several_turns_are_followed_to_the_one_that_matters(world: World) -> None:
    """The first turn changes which part is true, not the outcome."""
    world.policy(
        TOOL.format(that="today <= tool.ends_on || now < tool.ends_at || today <= date('2026-11-20')")
        + "notice: 30d\n"
    )
    result = world.one("tools: [{id: saw, ends_on: 2026-11-10, ends_at: 2026-11-15T08:00:00Z}]\n")
    assert (result.status, result.until) == (Status.DUE, "2026-11-21")
    assert "in 21 days" in result.message
    later = world.one("tools: [{id: saw, ends_on: 2026-11-10, ends_at: 2026-12-15T08:00:00Z}]\n")
    assert later.status is Status.PASS


def test_what_turns_at_an_instant_says_so(world: World) -> None:
    world.policy(TOOL.format(that="now < tool.ends_at") + "notice: 1d\n")
    result = world.one("tools: [{id: saw, ends_at: 2026-11-01T08:00:00Z}]\n")
    assert (result.status, result.until) == (Status.DUE, "2026-11-01T08:00:00Z")
    assert result.message.startswith("in 1 day (2026-11-01T08:00:00Z): ")
    result = world.one("tools: [{id: saw, ends_at: 2026-11-01T08:00:00Z}]\n", as_of="2026-11-01T07:00:00Z")
    assert result.message.startswith("today (2026-11-01T08:00:00Z): ")


@pytest.mark.parametrize(
    ("as_of", "status"),
    [
        ("2026-10-24T21:59:59Z", "pass"),  # 23:59:59 on the 24th: ends in 2 days
        ("2026-10-24T22:00:00Z", "due"),  # midnight: the 25th, 25 hours long
        ("2026-10-25T22:59:59Z", "due"),  # still the 25th
        ("2026-10-25T23:00:00Z", "fail"),  # the 26th
    ],
)
def test_days_are_the_zones_days_when_the_clocks_change(world: World, as_of: str, status: str) -> None:
    world.policy(NOTICE.replace("30d", "1d"))
    shop = "time_zone: Europe/Berlin\ntools: [{id: saw, ends_on: 2026-10-25}]\n"
    assert world.status(shop, as_of=as_of).value == status


def test_what_will_not_apply_any_more_is_not_due(world: World) -> None:
    world.policy(
        TOOL.format(that="today <= date('2026-11-10')") + "notice: 30d\nwhen: today <= tool.ends_on\n"
    )
    assert world.status("tools: [{id: saw, ends_on: 2026-11-10}]\n") is Status.PASS
    assert world.status("tools: [{id: saw, ends_on: 2026-11-11}]\n") is Status.DUE


BEGINS = (
    "for_each: shop.tools\nas: tool\nwhen: tool.ends_on <= today\nrequire:\n"
    "  - id: a\n    that: tool.safe\n    say: '{tool.id} is not safe'\n    severity: low\n    notice: 10d\n"
    "  - id: b\n    that: tool.in_use\n    notice: 30d\n"
)
APPLIES = "{id: drill, safe: true, in_use: true, ends_on: 2026-01-01}"


@pytest.mark.parametrize(
    ("tool", "told"),
    [
        # on the last day of the notice, and a day later, when only the other one looks as far ahead
        ("safe: false, in_use: true, ends_on: 2026-11-10", ["a due 2026-11-10"]),
        ("safe: false, in_use: true, ends_on: 2026-11-11", ["when not_applicable 2026-11-11"]),
        ("safe: false, in_use: false, ends_on: 2026-11-11", ["b due 2026-11-11"]),
        ("safe: true, in_use: false, ends_on: 2026-12-01", ["when not_applicable 2026-12-01"]),
        # what will pass, and of what nobody knows
        ("safe: true, in_use: true, ends_on: 2026-11-01", ["when not_applicable 2026-11-01"]),
        ("in_use: true, ends_on: 2026-11-01", ["when not_applicable 2026-11-01"]),
    ],
)
def test_what_fails_as_soon_as_it_applies_is_due(world: World, tool: str, told: list[str]) -> None:
    world.policy(BEGINS)
    found = [r for r in world.scan(f"tools: [{APPLIES}, {{id: saw, {tool}}}]\n") if r.subject == "saw"]
    assert [f"{r.requirement} {r.status.value} {r.until}" for r in found] == told
    if told == ["a due 2026-11-10"]:
        assert found[0].message == "in 10 days (2026-11-10): saw is not safe"
        assert found[0].severity.value == "low"


def test_what_begins_to_apply_more_than_once_is_followed(world: World) -> None:
    world.policy(BEGINS.replace("tool.ends_on <= today", "tool.ends_on <= today && tool.ends_at <= now"))
    applies = APPLIES.replace("}", ", ends_at: 2026-01-01T00:00:00Z}")
    saw = "{id: saw, safe: false, in_use: true, ends_on: 2026-11-03, ends_at: 2026-11-05T08:00:00Z}"
    (result,) = (r for r in world.scan(f"tools: [{applies}, {saw}]\n") if r.subject == "saw")
    assert (result.status, result.until) == (Status.DUE, "2026-11-05")


def test_where_nothing_applies_yet_nothing_is_met(world: World) -> None:
    world.policy(BEGINS)
    saw = "{id: saw, safe: false, in_use: true, ends_on: 2026-11-05}"
    for tools in (saw, f"{saw}, {saw.replace('saw', 'axe')}"):
        assert {r.status for r in world.scan(f"tools: [{tools}]\n")} == {Status.NOT_APPLICABLE}


def test_a_list_that_will_be_empty_is_due(world: World) -> None:
    world.policy(
        "for_each: shop.tools.filter(t, t.ends_on >= today)\nas: tool\nempty: fail\nnotice: 30d\n"
        "require:\n  - id: a\n    that: tool.safe\n"
    )
    (result,) = world.scan("tools: [{id: saw, safe: true, ends_on: 2026-11-10}]\n")
    assert (result.subject, result.requirement, result.status) == ("saw", "a", Status.DUE)
    assert result.message.startswith("in 11 days (2026-11-11): It is as it should be: there is nothing in ")
    two = "tools: [{id: saw, safe: true, ends_on: 2026-11-10}, {id: axe, safe: true, ends_on: 2027-11-10}]\n"
    assert [r.status for r in world.scan(two)] == [Status.PASS, Status.PASS]


def test_an_unknown_is_not_due(world: World) -> None:
    world.policy(NOTICE)
    assert world.status("tools: [{id: saw}]\n") is Status.UNKNOWN


def test_each_is_due_with_its_first_element(world: World) -> None:
    world.policy(
        "notice: 30d\nrequire:\n  - id: a\n    each: {tool: shop.tools}\n    that: today <= tool.ends_on\n"
        "    say: '{tool.id} ended'\n"
    )
    result = world.one("tools:\n  - {id: a, ends_on: 2026-11-20}\n  - {id: b, ends_on: 2026-11-10}\n")
    assert (result.status, result.until, result.span.line) == (Status.DUE, "2026-11-11", 7)
    assert result.message == "in 11 days (2026-11-11): b ended"


# --- facts of the future


@pytest.mark.parametrize(
    ("as_of", "status"),
    [("2026-10-15", "unknown"), ("2026-10-16", "pass"), ("2026-11-15", "pass"), ("2026-11-16", "fail")],
)
def test_what_was_not_known_then_is_unknown(world: World, as_of: str, status: str) -> None:
    world.policy(TOOL.format(that="within(tool.checked_on, days(30))"))
    assert world.status("tools: [{id: saw, checked_on: 2026-10-16}]\n", as_of=as_of).value == status


def test_an_instant_hides_what_came_after_it(world: World) -> None:
    world.policy(TOOL.format(that="now - tool.seen_at < duration('48h')"))
    shop = "tools: [{id: saw, seen_at: 2026-10-31T08:00:00Z}]\n"
    assert world.status(shop, as_of="2026-10-31T07:59:59Z") is Status.UNKNOWN
    assert world.status(shop, as_of="2026-10-31T08:00:00Z") is Status.PASS
    assert world.status(shop, as_of="2026-10-31") is Status.PASS


def test_what_was_hidden_once_is_seen_again(world: World) -> None:
    from policyscan.engine.scan import scan_document
    from tests.engine.world import documents

    world.policy(TOOL.format(that="within(tool.checked_on, days(30))"))
    (shop,) = documents("tools: [{id: saw, checked_on: 2026-10-16}]\n")
    statuses = [
        scan_document(shop, world.plan(as_of)).results[0].status.value
        for as_of in ("2026-10-31", "2026-10-01", "2026-10-31")
    ]
    assert statuses == ["pass", "unknown", "pass"]
