"""Prowler: checks of cloud tenants, as its OCSF output has them.

In: `….ocsf.json`. Out: facts of the mail system where a check is about them. The verdict is in `status_code`,
MANUAL was not checked, and a finding that is muted is no pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from policyscan.errors import DocumentError
from policyscan.importing.cells import Setting, clear, moment
from policyscan.importing.checks import FAILED, PASSED, UNKNOWN, enforced, mail_part
from policyscan.importing.exports import Export, RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.rows import ImportedPart, value_at

_OUTCOMES = {"PASS": PASSED, "FAIL": FAILED}
_ENFORCED = ("entra_users_mfa_enabled",)


def _read(exports: Sequence[Export], setting: Setting, only: str | None) -> list[ImportedPart]:
    return [_part(export, setting, only) for export in exports]


def _part(export: Export, setting: Setting, only: str | None) -> ImportedPart:
    findings = export.rows()
    if not findings or any(value_at(row, "metadata.event_code") is None for row in findings):
        raise DocumentError("these are no findings of Prowler", at=export.top(), hint=IMPORTER.asks)
    accounts = Counter(str(value_at(row, "cloud.account.uid") or "") for row in findings)
    mine = [one for one in accounts if only is None or one.casefold() == only.casefold()]
    others = tuple(sorted((one, count) for one, count in accounts.items() if one not in mine))
    rows = [row for row in findings if str(value_at(row, "cloud.account.uid") or "") in mine]
    if not rows:
        return ImportedPart("email", "x-prowler", others=others, whole=False)
    found: dict[str, str] = {}
    for row in rows:
        check = str(value_at(row, "metadata.event_code"))
        found[check] = _worse(found.get(check), _outcome(row))
    said = enforced(found, any_of=_ENFORCED, all_of=_ENFORCED)
    facts = {"mfa_enforced_by_policy": said} if said is not None else {}
    part = mail_part(export, "prowler", found, facts, row=rows[0])
    times = [clear(lambda row=row: moment(row.get("time"), setting)) for row in rows]  # type: ignore[misc]
    known = [one for one in times if hasattr(one, "tzinfo")]
    return part._replace(collected=max(known, default=None), clients=tuple(mine), others=others)


def _outcome(row: RowDict) -> str:
    if str(row.get("status")) == "Suppressed":
        return UNKNOWN
    return _OUTCOMES.get(str(row.get("status_code")), UNKNOWN)


def _worse(one: str | None, other: str) -> str:
    """Of several findings of one check the one that counts: failed before not checked before passed."""
    order = (FAILED, UNKNOWN, PASSED)
    return min(filter(None, (one, other)), key=order.index)


IMPORTER = Importer(tool="Prowler", asks="the output of -M json-ocsf", read=_read)
