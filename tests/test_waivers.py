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
    results: list[Result], *written: Any, scanned: tuple[str, ...] = ("PATCH-02",)
) -> tuple[list[Result], list[waivers.WaiverProblem]]:
    return waivers.apply(
        results,
        list(written),
        TODAY,
        lambda _container, _key: PLACE,
        scanned=scanned,
        known=KNOWN,
        requirements={"PATCH-02": ("os", "app"), "AV-01": ("active",)},
        document="acme",
    )


@pytest.mark.parametrize(
    ("changes", "requirement", "message"),
    [
        ({"reason": "gone"}, "complete", "does not say why"),
        ({"reason": ""}, "complete", "does not say why"),
        ({"reason": "  "}, "complete", "does not say why"),
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
        ({"approved_by": {"id": "bright-harbor"}}, "approved", "requester approved it himself"),
        (
            {"requested_by": Dangling("the IT guy")},
            "approved",
            "nobody in people or providers has the id the IT",
        ),
        ({"requested_by": Unresolved("p-2")}, "approved", "so that it may be who approved it"),
        ({"requested_by": Dangling("р-аmеs")}, "approved", "requester approved it himself"),
        ({"requested_by": "P-Ames "}, "approved", "requester approved it himself"),
        (
            {"requested_by": Unresolved("ann ames"), "approved_by": {"id": "p-ames", "name": "Ann Ames"}},
            "approved",
            "requester approved it himself",
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
    assert not problems


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
        ([{"approved_on": Date.parse("2026-11-05"), "expires_on": Date.parse("2026-12-01")}], "2026-11-05"),
        ([{"approved_on": Date.parse("2026-10-05"), "expires_on": Date.parse("2026-12-01")}], "2026-12-02"),
        ([{"approved_on": Date.parse("2026-10-05"), "expires_on": Date.parse("2026-10-31")}], "2026-11-01"),
        ([{"approved_on": Date.parse("2026-10-05"), "expires_on": Date.parse("2026-10-30")}], None),
        ([{"approved_on": "soon", "expires_on": 7}, "no waiver", None, {}], None),
        ([], None),
        ("none", None),
        (None, None),
    ],
)
def test_the_next_day_on_which_a_waiver_starts_or_ends(written: object, day: str | None) -> None:
    found = waivers.next_turn(written, Date.parse("2026-10-31"))
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
    assert any("its requester approved it himself" in problem.message for problem in problems)
