"""Each state of a waiver in each format: what it does not cover is told, what it covers fails nobody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyscan import waivers
from policyscan.cel.values import Date
from policyscan.findings import Report, Status
from policyscan.reporters import REPORTERS
from policyscan.session.report_reader import load
from policyscan.waivers import IN_FORCE, WaiverState
from tests.reporters.reports import options, report
from tests.test_waivers import apply, result, waiver

FAILS = result(Status.FAIL)._replace(message="nobody gives support for its system any more")


def accepts(_policy: str, _requirement: str, _expression: str) -> dict[tuple[str, str], bool]:
    return {("os", "xr-01"): False}


STATES: dict[WaiverState, dict[str, Any]] = {
    WaiverState.ACTIVE: {},
    WaiverState.EXPIRING: {"expires_on": Date.parse("2026-11-09")},
    WaiverState.NOT_YET: {"approved_on": Date.parse("2026-12-01")},
    WaiverState.EXPIRED: {"expires_on": Date.parse("2026-10-30")},
    WaiverState.UNUSED: {"subject": "lt-09"},
    WaiverState.EXCEEDED: {"accept": "true"},
    WaiverState.MALFORMED: {"reason": "gone"},
    WaiverState.UNKNOWN: {"policy": "PATCH-77"},
    WaiverState.TOO_LONG: {"expires_on": Date.parse("2027-12-31")},
}
COVERS = {WaiverState.ACTIVE, WaiverState.EXPIRING}


def made(state: WaiverState) -> tuple[Report, str]:
    """A report on one fail and a waiver of this state, and what is to be said of the waiver."""
    asked = {"accepts": accepts} if "accept" in STATES[state] else {}
    marked, standings = apply([FAILS], waiver(**STATES[state]), **asked)
    assert [one.state for one in standings] == ([state] if state is not WaiverState.ACTIVE else [])
    found = [waivers.finding(one, "acme", "client") for one in standings]
    return report(*marked, *found), standings[0].message if standings else ""


def test_every_state_is_tried() -> None:
    assert set(STATES) == set(WaiverState)
    assert COVERS < IN_FORCE


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name.lower())
def test_a_waiver_counts_in_two_states_and_in_no_other(state: WaiverState) -> None:
    whole, _ = made(state)
    (fail,) = (one for one in whole.results if one.policy == FAILS.policy)
    assert (fail.status is Status.WAIVED) == (state in COVERS)
    assert whole.exit_code == (0 if state in COVERS else 1)
    text = REPORTERS["json"].render(whole, options(whole))
    assert load(text, "report.json").exit_code == whole.exit_code == json.loads(text)["summary"]["exit_code"]


@pytest.mark.parametrize("format_", REPORTERS)
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name.lower())
def test_no_format_is_silent_about_a_waiver(state: WaiverState, format_: str) -> None:
    whole, message = made(state)
    shown = " ".join(REPORTERS[format_].render(whole, options(whole)).replace("\\", "").split())
    if state not in COVERS:
        assert FAILS.message in shown
    if message and format_ not in {"letter", "letter-html"}:  # letters tell clients what to decide alone
        assert message.partition(";")[0].partition("`")[0].strip() in shown
