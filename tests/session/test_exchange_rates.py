"""Amounts in different currencies are compared at the rates of the settings, and at none that nobody gave."""

from __future__ import annotations

from pathlib import Path

import pytest

import policyscan
from policyscan.findings import Report

CLIENT = """\
schema_version: 1
kind: client
as_of: 2026-10-31
currency: EUR
organisation: {{id: acme, name: Acme}}
information_assets: [{{id: list, record_count: 100}}]
insurance_policies:
  - id: cy
    kind: cyber
    starts_on: 2026-01-01
    ends_on: 2027-01-01
    limit_per_claim: {limit}
    limit_aggregate: {limit}
"""
RATES = "exchange_rates: {{as_of: {day}, source: ECB, currency: USD, rates: {{EUR: 1.25, GBP: 1.5}}}}\n"


def scan(folder: Path, limit: str, rates: str | None) -> Report:
    (folder / "acme.yaml").write_text(CLIENT.format(limit=limit), encoding="utf-8")
    if rates is not None:
        (folder / "policyscan.yaml").write_text(RATES.format(day=rates), encoding="utf-8")
    return policyscan.scan(
        folder / "acme.yaml", select="INS-02", as_of="2026-10-31", all_results=True, cache=False
    )


@pytest.mark.parametrize(
    ("limit", "rates", "status"),
    [
        # 100 records at 188 USD are 18,800 USD, which are 15,040 EUR
        ("15040", "2026-10-30", "pass"),
        ("15039", "2026-10-30", "warning"),
        ("{amount: 12533.34, currency: GBP}", "2026-10-30", "pass"),
        ("{amount: 12533, currency: GBP}", "2026-10-30", "warning"),
        ("{amount: 900000, currency: SEK}", "2026-10-30", "unknown"),
        ("15040", None, "unknown"),
        # the last day on which they are a year old
        ("15040", "2025-10-30", "pass"),
        ("15040", "2025-10-29", "unknown"),
    ],
)
def test_a_limit_in_another_currency(tmp_path: Path, limit: str, rates: str | None, status: str) -> None:
    report = scan(tmp_path, limit, rates)
    (document,) = report.documents
    assert str(document.statuses["INS-02"]) == status


def test_a_report_says_of_which_day_and_by_whom_the_rates_are(tmp_path: Path) -> None:
    assert "exchange rates are of 2026-10-30, ECB" in scan(tmp_path, "1", "2026-10-30").scan.notes
    *_, note = scan(tmp_path, "1", "2025-01-01").scan.notes
    assert note.startswith("exchange rates are of 2025-01-01, ECB: more than a year old")


def test_what_lacks_a_rate_says_so(tmp_path: Path) -> None:
    messages = {result.message for result in scan(tmp_path, "1", None).results}
    assert messages == {"cannot be told: no exchange rate between EUR and USD is configured"}
