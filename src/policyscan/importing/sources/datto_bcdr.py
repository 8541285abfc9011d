"""Datto BCDR: the machines that an appliance backs up, as its API gives them.

In: the answer of `/v1/bcdr/device/{serial}/asset`. Out: backups. Archived ones are history, 0 says never, the
copy elsewhere may be weeks behind, and a picture of a machine that starts is no restore.
"""

from __future__ import annotations

from typing import Any

from policyscan.importing.cells import Setting, UnclearCell, clear, day, instant
from policyscan.importing.exports import RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.machines import read_rows
from policyscan.importing.rows import ColumnOf, ExportTable, Machine


def _left(row: RowDict, _: Setting) -> str:
    return "it is archived, and not backed up any more" if row.get("isArchived") is True else ""


def _more(row: RowDict, setting: Setting) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "system": Machine(str(row.get("name"))),
        "x-offsite-on": clear(lambda: day(row.get("latestOffsite"), setting)),
    }
    if row.get("isPaused") is True:
        facts["note-paused"] = UnclearCell("its backups are paused")
    left_out = row.get("unprotectedVolumeNames")
    if left_out.__class__ is list and left_out:
        names = ", ".join(map(str, left_out))
        facts["note-volumes"] = UnclearCell(f"the volumes {names} are not backed up")
    return facts


TABLE = ExportTable(
    section="backups",
    marker="x-datto-bcdr",
    needs=("name", "lastSnapshot", "latestOffsite"),
    known_by=(ColumnOf("name", "x-datto-bcdr"),),
    columns=(ColumnOf("lastSnapshot", "last_success", instant),),
    called=("name",),
    leave=_left,
    more=_more,
)

IMPORTER = Importer(
    tool="Datto BCDR",
    asks="JSON of /v1/bcdr/device/{serialNumber}/asset",
    read=read_rows(TABLE, "list of machines of Datto BCDR", "items"),
)
