"""Veeam Service Provider Console: backup jobs, as its API gives them.

In: the answer of `/v2/jobs` or `/v3/…/jobs`. Out: backups. It tells of the last run alone: only one that
succeeded says when a backup was good, and a job that is disabled, or of which nothing is known, is not a
pass. A boot test is no backup.
"""

from __future__ import annotations

from typing import Any

from policyscan.importing.cells import NOT_TOLD, Setting, UnclearCell, clear, instant
from policyscan.importing.exports import RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.machines import read_rows
from policyscan.importing.rows import ColumnOf, ExportTable


def _left(row: RowDict, _: Setting) -> str:
    if str(row.get("type")).lower().replace(" ", "") in ("surebackup", "backuptesting"):
        return "it tries whether machines start, and is no backup"
    return ""


def _more(row: RowDict, setting: Setting) -> dict[str, Any]:
    return {"last_success": _last_success(row, setting)}


def _last_success(row: RowDict, setting: Setting) -> Any:
    if row.get("isEnabled") is False:
        return UnclearCell("the job is disabled")
    if row.get("isEnabled") not in (None, True):
        return UnclearCell("the job does not say whether it is enabled")
    if not isinstance(row.get("type"), str) or not row["type"]:
        return UnclearCell("the job does not say whether it is a backup")
    status = str(row.get("status"))
    if status.lower() != "success":
        return UnclearCell(f"its last run says {status!r}, and not when the last good one was")
    ended = clear(lambda: instant(row.get("endTime") or row.get("lastEndTime"), setting))
    return NOT_TOLD if ended is None else ended


TABLE = ExportTable(
    section="backups",
    marker="x-veeam",
    needs=("name", "status"),
    known_by=(ColumnOf("instanceUid", "x-veeam"), ColumnOf("id", "x-veeam"), ColumnOf("name", "x-job")),
    columns=(),
    called=("name", "id"),
    client="companyId",
    leave=_left,
    more=_more,
)

IMPORTER = Importer(
    tool="Veeam Service Provider Console",
    asks="JSON of the list of jobs",
    read=read_rows(TABLE, "list of jobs of Veeam", "data", "items"),
    shared=True,
)
