"""Microsoft Graph: the secure score of a tenant.

In: the answer of `/security/secureScores`. Out: the newest score as a key of one's own. What can be reached
depends on the licences: it says something only beside an earlier score of the same tenant, and decides
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from policyscan.importing.cells import Setting, day, moment
from policyscan.importing.exports import Export
from policyscan.importing.importers import Importer
from policyscan.importing.rows import ExportTable, ImportedPart, ImportedRow, check_columns

_TABLE = ExportTable("email", "x-secure-score", ("currentScore", "maxScore", "createdDateTime"), (), (), ())


def _read(exports: Sequence[Export], setting: Setting, only: str | None) -> list[ImportedPart]:  # noqa: ARG001
    parts = []
    for export in exports:
        rows = export.rows("value")
        check_columns(export, rows, _TABLE, "list of secure scores")
        newest = max(rows, key=lambda row: str(row.get("createdDateTime")))
        when = newest.get("createdDateTime")
        score = {
            "score": newest.get("currentScore"),
            "most": newest.get("maxScore"),
            "on": day(when, setting),
        }
        known_by = (("x-secure-score", ""),)
        row = ImportedRow("email", known_by, {"x-secure-score": score}, "email", export.place(newest))
        collected = moment(when, setting)
        parts.append(ImportedPart("email", "x-secure-score", (row,), whole=False, collected=collected))
    return parts


IMPORTER = Importer(
    tool="Microsoft Secure Score (Graph)", asks="JSON of /v1.0/security/secureScores", read=_read
)
