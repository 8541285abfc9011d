"""What passes is traced too: a scan traces only what does not, so a wrong pass would never be seen."""

from __future__ import annotations

from pathlib import Path

import pytest

import policyscan
from policyscan.findings import Status

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("day", ["2026-10-31", "2027-03-01"])
def test_both_evaluators_agree_on_whatever_passes(day: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    report = policyscan.scan(profile="full", as_of=day, all_results=True)
    wrong = [(r.policy, r.document, r.message) for r in report.results if r.status is Status.ERROR]
    assert wrong == []
    assert sum(result.status is Status.PASS for result in report.results) > 300
