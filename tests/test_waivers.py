"""Waivers: one function decides, and nothing about a waiver goes unnoticed."""

from __future__ import annotations

from typing import Any

import pytest

from policyscan import waivers
from policyscan.cel.clock import NEVER_DAY
from policyscan.cel.values import Dangling, Date, Unresolved
from policyscan.findings import Result, Severity, Status
from policyscan.source import Span

PLACE = Span("acme.yaml", 9, 5, 9, 20)
TODAY = Date.parse("2026-10-31")
KNOWN = {"PATCH-02": "PATCH-02", "AV-01": "AV-01", "PATCH-99": "PATCH-02"}


def waiver(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "policy": "PATCH-02",
        "subject": "xr-01",
        "requirement": "*",
        "reason": "the vendor certifies Windows 10 only",
        "requested_by": {"id": "bright-harbor"},
        "approved_by": {"id": "p-ames"},
        "approved_on": Date.parse("2026-02-20"),
        "expires_on": Date.parse("2026-12-31"),
    }
    whole.update(changes)
    return {key: value for key, value in whole.items() if value != "gone"}


def result(
    status: Status, policy: str = "PATCH-02", subject: str = "xr-01", requirement: str = "os"
) -> Result:
    return Result(policy, requirement, "acme", "client", subject, status, Severity.HIGH, "message", PLACE)


def apply(
    results: list[Result],
    *written: Any,
    scanned: tuple[str, ...] = ("PATCH-02",),
    shared: bool = False,
    longest: int = waivers.LONGEST_DAYS,
    accepts: waivers.Accepts | None = None,
) -> tuple[list[Result], list[waivers.WaiverStanding]]:
    """The results as they are marked, and of the waivers those of which there is something to say."""
    marked, standings = waivers.judge(
        results, writing(*written, shared=shared), scene(scanned, longest, accepts)
    )
    return marked, [one for one in standings if one.message]


def writing(*items: Any, shared: bool = False) -> list[waivers.WrittenWaiver]:
    return [
        waivers.WrittenWaiver(item, lambda _container, _key: PLACE, f"waivers[{number}]", shared)
        for number, item in enumerate(items)
    ]


def scene(
    scanned: tuple[str, ...] = ("PATCH-02",),
    longest: int = waivers.LONGEST_DAYS,
    accepts: waivers.Accepts | None = None,
) -> waivers.Scene:
    requirements = {"PATCH-02": ("os", "app"), "AV-01": ("active",)}
    return waivers.Scene(TODAY, "acme", scanned, KNOWN, requirements, longest, accepts)


@pytest.mark.parametrize(
    ("changes", "requirement", "message"),
    [
        ({"reason": "gone"}, "complete", "does not say why"),
        ({"reason": ""}, "complete", "does not say why"),
        ({"reason": "  "}, "complete", "does not say why"),
        ({"reason": "tbd"}, "complete", "'tbd' gives no reason"),
        ({"requested_by": Unresolved(" ")}, "complete", "does not say who asked for it"),
        ({"approved_by": Dangling(" ")}, "complete", "does not say who approved it"),
        ({"approved_by": Dangling("nobody")}, "approved", "nobody in people has the id nobody"),
        ({"approved_by": Unresolved("p-ames")}, "approved", "nobody in people has the id p-ames"),
        (
            {"approved_by": {"id": "p-ames", "end_date": Date.parse("2026-02-19")}},
            "approved",
            "p-ames, who is said to have approved it on 2026-02-20, left on 2026-02-19",
        ),
        (
            {"approved_by": {"id": "p-ames", "start_date": Date.parse("2026-02-21")}},
            "approved",
            "p-ames, who is said to have approved it on 2026-02-20, started on 2026-02-21",
        ),
        ({"document": "bolt"}, "known", "it is for bolt, and this is acme"),
        ({"approved_by": None}, "complete", "does not say who approved it"),
        ({"expires_on": "gone"}, "complete", "does not say when it ends"),
        ({"requested_by": "gone"}, "complete", "who asked for it"),
        ({"policy": "PATCH-77"}, "known", "there is no such control"),
        ({"requirement": "gone"}, "complete", "for which requirement (os, app, or * for all)"),
        ({"requirement": "browser"}, "known", "there is no requirement browser (os, app, or * for all)"),
        ({"approved_by": {"id": "bright-harbor"}}, "approved", "requester approved it too"),
        (
            {"requested_by": Dangling("the IT guy")},
            "approved",
            "nobody in people or providers has the id the IT",
        ),
        ({"requested_by": Unresolved("p-2")}, "approved", "so that it may be who approved it"),
        ({"requested_by": Dangling("р-аmеs")}, "approved", "requester approved it too"),
        ({"requested_by": "P-Ames "}, "approved", "requester approved it too"),
        (
            {"requested_by": Unresolved("ann ames"), "approved_by": {"id": "p-ames", "name": "Ann Ames"}},
            "approved",
            "requester approved it too",
        ),
        ({"expires_on": Date.parse("2026-10-30")}, "current", "expired on 2026-10-30"),
        ({"approved_on": Date.parse("2026-11-01")}, "current", "approved only from 2026-11-01"),
        ({"expires_on": Date.parse("2027-02-22")}, "length", "more than a year"),
        ({"expires_on": Date.parse("2026-02-19")}, "length", "ends before it was approved"),
    ],
)
def test_a_waiver_that_is_wrong_has_no_effect_and_is_a_finding(
    changes: dict[str, Any], requirement: str, message: str
) -> None:
    marked, problems = apply([result(Status.FAIL)], waiver(**changes))
    assert [r.status for r in marked] == [Status.FAIL]
    (problem,) = problems
    assert problem.requirement == requirement
    assert message in problem.message
    found = waivers.finding(problem, "acme", "client")
    assert (found.policy, found.status, found.span) == ("DOC-WAIVER", Status.FAIL, PLACE)


@pytest.mark.parametrize(
    "dates",
    [
        {"start_date": Date.parse("2026-02-20"), "end_date": Date.parse("2026-02-20")},
        {"end_date": Date.parse("2026-09-30")},  # an approval outlives whoever gave it
        {"start_date": Unresolved(""), "end_date": Unresolved("")},
        {"start_date": None, "end_date": None},
    ],
)
def test_who_was_there_on_the_day_may_have_approved(dates: dict[str, Any]) -> None:
    (marked,), problems = apply([result(Status.FAIL)], waiver(approved_by={"id": "p-ames", **dates}))
    assert (marked.status, problems) == (Status.WAIVED, [])


WAIVABLE = (Status.FAIL, Status.DUE, Status.WARNING)


@pytest.mark.parametrize("status", WAIVABLE)
def test_a_waiver_marks_what_it_covers(status: Status) -> None:
    (marked,), problems = apply([result(status)], waiver())
    assert not problems
    assert marked.status is Status.WAIVED
    assert marked.waiver is not None
    assert (marked.waiver.covers, marked.waiver.approved_by, marked.waiver.expires_on) == (
        status,
        "p-ames",
        "2026-12-31",
    )
    assert marked._replace(status=status, waiver=None) == result(status)


def test_a_waiver_says_who_approved_it_by_the_name_on_file() -> None:
    (marked,), _ = apply([result(Status.FAIL)], waiver(approved_by={"id": "p-ames", "name": " Rita Ames "}))
    assert marked.waiver is not None
    assert (marked.waiver.approved_by, marked.waiver.approver) == ("p-ames", "Rita Ames")
    (marked,), _ = apply([result(Status.FAIL)], waiver())
    assert marked.waiver is not None
    assert marked.waiver.approver == "p-ames"


@pytest.mark.parametrize("status", [s for s in Status if s not in WAIVABLE])
def test_a_waiver_touches_nothing_else_and_is_then_not_needed(status: Status) -> None:
    marked, problems = apply([result(status)], waiver())
    assert marked == [result(status)]
    assert [(p.requirement, p.severity) for p in problems] == [("used", Severity.LOW)]


@pytest.mark.parametrize(
    ("changes", "covered"),
    [
        ({}, ["xr-01/os", "xr-01/app"]),
        ({"document": "acme"}, ["xr-01/os", "xr-01/app"]),
        ({"subject": "*"}, ["xr-01/os", "xr-01/app", "pc-2/os", "/os"]),
        ({"subject": "gone"}, ["/os"]),
        ({"subject": None}, ["/os"]),
        ({"requirement": "app"}, ["xr-01/app"]),
        ({"policy": "PATCH-99"}, ["xr-01/os", "xr-01/app"]),
        ({"policy": "AV-01"}, []),
        ({"policy": "AV-01", "requirement": "gone"}, []),
    ],
)
def test_what_a_waiver_covers(changes: dict[str, Any], covered: list[str]) -> None:
    results = [
        result(Status.FAIL),
        result(Status.FAIL, requirement="app"),
        result(Status.FAIL, subject="pc-2"),
        result(Status.FAIL, subject=""),
    ]
    marked, _ = apply(results, waiver(**changes))
    assert [f"{r.subject}/{r.requirement}" for r in marked if r.status is Status.WAIVED] == covered


def test_the_last_day_is_included() -> None:
    (marked,), problems = apply([result(Status.FAIL)], waiver(expires_on=TODAY))
    assert marked.status is Status.WAIVED
    assert [one.state for one in problems] == [waivers.WaiverState.EXPIRING]


def test_a_waiver_for_a_control_that_was_not_checked_is_not_called_unused() -> None:
    assert apply([], waiver(), scanned=("AV-01",)) == ([], [])


def test_where_two_cover_the_same_the_longer_one_marks_it_and_both_are_used() -> None:
    longer = waiver(expires_on=Date.parse("2027-01-31"))
    (marked,), problems = apply([result(Status.FAIL)], waiver(), longer)
    assert marked.waiver is not None
    assert marked.waiver.expires_on == "2027-01-31"
    assert not problems


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ([{"approved_on": Date.parse("2026-11-05"), "expires_on": Date.parse("2026-12-31")}], "2026-11-05"),
        ([{"approved_on": Date.parse("2026-10-05"), "expires_on": Date.parse("2026-12-01")}], "2026-11-01"),
        ([{"approved_on": Date.parse("2026-10-05"), "expires_on": Date.parse("2026-11-30")}], "2026-12-01"),
        ([{"approved_on": Date.parse("2026-10-05"), "expires_on": Date.parse("2026-10-31")}], "2026-11-01"),
        ([{"approved_on": Date.parse("2026-10-05"), "expires_on": Date.parse("2026-10-30")}], None),
        ([{"approved_on": "soon", "expires_on": 7}, "no waiver", None, {}], None),
        ([], None),
    ],
)
def test_the_next_day_on_which_a_waiver_starts_or_ends(written: list[Any], day: str | None) -> None:
    found = waivers.next_turn(writing(*written), Date.parse("2026-10-31"))
    assert found == (int(Date.parse(day)) if day else NEVER_DAY)


@pytest.mark.parametrize(
    ("asked", "approved"),
    [
        ("Zoë Berg", "Zoe\u0308 Berg"),
        ("Zoë Berg", "zoë  berg"),
        ("Zoë Berg", "Zoë\u00a0Berg\u200b"),
        ("p-2", "P-2"),
        ("Аnn Вerg", "ann berg"),  # А and В are Cyrillic
        ("Νina", "Nina"),  # Ν is Greek
        ("Straße", "STRASSE"),
    ],
)
def test_nobody_approves_his_own_waiver_under_another_spelling(asked: str, approved: str) -> None:
    marked, problems = apply([result(Status.FAIL)], waiver(requested_by=asked, approved_by=approved))
    assert [one.status for one in marked] == [Status.FAIL]
    assert any("its requester approved it too" in problem.message for problem in problems)


@pytest.mark.parametrize(
    ("pattern", "text", "covered"),
    [
        ("xr-*", "xr-01", True),
        ("xr-*", "xr-", True),
        ("xr-*", "yr-01", False),
        ("*-01", "xr-01", True),
        ("x*0*", "xr-01", True),
        ("*", "", True),
        ("**", "", False),  # only `*` alone says: the document as a whole, too
        ("xr-*", "", False),
        ("", "", True),
        ("", "xr-01", False),
        ("?", "x", False),
        ("[x]", "x", False),
        ("x.", "xr", False),
        ("xr-*", "xr-\n1", True),
    ],
)
def test_what_a_pattern_stands_for(pattern: str, text: str, covered: bool) -> None:
    assert waivers.matches(pattern, text) is covered


def states(*written: Any, shared: bool = False, **changes: Any) -> list[str]:
    _, standings = waivers.judge([result(Status.FAIL)], writing(*written, shared=shared), scene(**changes))
    return [one.state.value for one in standings]


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "active"),
        ({"expires_on": Date.parse("2026-12-01")}, "active"),
        ({"expires_on": Date.parse("2026-11-30")}, "expiring"),
        ({"expires_on": TODAY}, "expiring"),
        ({"expires_on": Date.parse("2026-10-30")}, "expired"),
        ({"approved_on": Date.parse("2026-11-01")}, "not yet in force"),
        ({"expires_on": Date.parse("2027-02-22")}, "too long"),
        ({"subject": "xr-02"}, "not needed"),
        ({"reason": ""}, "malformed"),
        ({"requested_by": "p-ames"}, "malformed"),
        ({"policy": "PATCH-77"}, "for nothing known"),
        ({"policy": "CONS-01"}, "for nothing known"),
        ({"requirement": "none-*"}, "for nothing known"),
    ],
)
def test_each_state_of_a_waiver(changes: dict[str, Any], state: str) -> None:
    assert states(waiver(**changes)) == [state]


def test_one_that_ends_soon_still_covers_and_is_due() -> None:
    (marked,), (standing,) = apply([result(Status.FAIL)], waiver(expires_on=Date.parse("2026-11-30")))
    found = waivers.finding(standing, "acme", "client")
    assert (marked.status, found.status, found.until) == (Status.WAIVED, Status.DUE, "2026-12-01")
    assert found.message == (
        "the waiver of PATCH-02/xr-01 ends in 30 days (2026-11-30): what it covers counts again from then on"
    )


def test_a_setting_allows_less_than_a_year() -> None:
    assert states(waiver(), longest=314) == ["active"]
    _, (standing,) = apply([result(Status.FAIL)], waiver(), longest=313)
    assert standing.message.endswith("has no effect: it runs for more than the 313 days allowed")


def accepting(*accepted: str) -> waivers.Accepts:
    return lambda *_: {("os", subject): subject in accepted for subject in ("xr-01", "xr-02")}


def test_what_is_worse_than_accepted_comes_back_and_the_waiver_says_so() -> None:
    written = waiver(subject="xr-*", accept="days <= 60")
    results = [result(Status.FAIL), result(Status.FAIL, subject="xr-02")]
    marked, problems = apply(results, written, accepts=accepting("xr-01"))
    assert [one.status for one in marked] == [Status.WAIVED, Status.FAIL]
    assert marked[0].waiver is not None
    assert marked[0].waiver.accept == "days <= 60"
    assert [(one.state, one.requirement) for one in problems] == [(waivers.WaiverState.EXCEEDED, "accepted")]


def test_a_result_of_which_nothing_is_known_is_not_accepted() -> None:
    marked, _ = apply(
        [result(Status.FAIL, subject="xr-09")], waiver(subject="*", accept="true"), accepts=accepting()
    )
    assert [one.status for one in marked] == [Status.FAIL]


@pytest.mark.parametrize("accept", ["", " ", 60, None])
def test_an_expression_that_is_none_takes_the_effect_away(accept: Any) -> None:
    marked, problems = apply([result(Status.FAIL)], waiver(accept=accept), accepts=accepting("xr-01"))
    if accept is None:  # a blank key is no limit that was set
        assert marked[0].status is Status.WAIVED
    else:
        assert (marked[0].status, problems[0].state) == (Status.FAIL, waivers.WaiverState.MALFORMED)


def test_an_expression_that_is_wrong_says_what_is_wrong() -> None:
    _, (standing,) = apply([result(Status.FAIL)], waiver(accept="fixx"), accepts=lambda *_: "no fixx here")
    assert standing.message.endswith("what it accepts cannot be understood: no fixx here")
