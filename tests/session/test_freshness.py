"""What is asked of evidence where no profile is named."""

from __future__ import annotations

from pathlib import Path

import pytest

import policyscan
from policyscan.findings import Status

OLD = """\
schema_version: 1
kind: client
as_of: {day}
organisation: {{id: acme}}
email:
  mailboxes_count: 1
  mailboxes_with_mfa_count: 1
  admin_accounts_count: 1
  admin_accounts_with_mfa_count: 1
accounts: []
remote_access: []
people: [{{id: p-1, role: owner, employment: employee, start_date: 2020-01-01, end_date: null}}]
statements:
  - {{about: [accounts, remote_access], value: [], reason: Webmail only, by: p-1, stated_on: 2026-01-05}}
"""


@pytest.mark.parametrize(
    "chosen", [{"select": ["ACC-01"]}, {"profile": "essentials"}, {"profile": "full"}], ids=str
)
@pytest.mark.parametrize(("day", "status"), [("2025-09-26", Status.PASS), ("2025-09-25", Status.UNKNOWN)])
def test_facts_of_more_than_400_days_ago_are_unknown_however_controls_are_chosen(
    tmp_path: Path, chosen: dict[str, object], day: str, status: Status
) -> None:
    (tmp_path / "acme.yaml").write_text(OLD.format(day=day), encoding="utf-8")
    report = policyscan.scan([tmp_path], as_of="2026-10-31", all_results=True, **chosen)  # type: ignore[arg-type]
    found = {r.status for r in report.results if r.policy == "ACC-01"}
    assert found == {status}
