"""Microsoft Graph: the secure score of a tenant.

In: the answer of `/security/secureScores`. Out: the newest score as a key of one's own. What can be reached
depends on the licences: it says something only beside an earlier score of the same tenant, and decides
nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from policyscan.importing.cells import Setting, day, moment
from policyscan.importing.exports import Export, RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.rows import ExportTable, ImportedPart, ImportedRow, check_columns

_TABLE = ExportTable("email", "x-secure-score", ("currentScore", "maxScore", "createdDateTime"), (), (), ())
_NEVER = datetime.min.replace(tzinfo=UTC)


def _read(exports: Sequence[Export], setting: Setting, only: str | None) -> list[ImportedPart]:
    scores = [(row, export) for export in exports for row in _rows(export)]
    tenants = Counter(_tenant(row) for row, _ in scores)
    ours = [one for one in scores if only is None or _tenant(one[0]).casefold() == only.casefold()]
    mine = {_tenant(row) for row, _ in ours}
    others = tuple(sorted((tenant, count) for tenant, count in tenants.items() if tenant not in mine))
    part = ImportedPart("email", "x-secure-score", whole=False, others=others, clients=tuple(sorted(mine)))
    if not ours:
        return [part]
    row, export = max(ours, key=lambda one: moment(one[0].get("createdDateTime"), setting) or _NEVER)
    when = row.get("createdDateTime")
    score = {
        "score": _points(row, "currentScore"),
        "most": _points(row, "maxScore"),
        "on": day(when, setting),
    }
    known_by = (("x-secure-score", ""),)
    made = ImportedRow("email", known_by, {"x-secure-score": score}, "email", export.place(row))
    return [part._replace(rows=(made,), collected=moment(when, setting))]


def _rows(export: Export) -> list[RowDict]:
    rows = export.rows("value")
    check_columns(export, rows, _TABLE, "list of secure scores")
    return rows


def _points(row: RowDict, name: str) -> float | None:
    found = row.get(name)
    return found if found.__class__ in (int, float) else None


def _tenant(row: RowDict) -> str:
    return str(row.get("azureTenantId") or "")


IMPORTER = Importer(
    tool="Microsoft Secure Score (Graph)", asks="JSON of /v1.0/security/secureScores", read=_read
)
