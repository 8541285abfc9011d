"""Microsoft Intune: the list of all devices, as its portal exports it.

In: the CSV of "Devices", "Export". Out: devices. Its times say no zone; the first and the last year that
there can be stand for never and for no limit, and an empty "Encrypted" for not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policyscan.importing.cells import Setting, instant, yes_no
from policyscan.importing.exports import Export, RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.machines import known_by
from policyscan.importing.rows import ColumnOf, ExportTable, ImportedPart, RowReader, check_columns
from policyscan.importing.sources.graph_devices import KINDS, is_phone


def _more(row: RowDict, setting: Setting) -> dict[str, Any]:
    system = row.get("OS")
    if is_phone(system):
        kind = KINDS.get(str(system).lower())
        return {"kind": kind} if kind is not None else {}
    return {"encrypted": yes_no(row.get("Encrypted"), setting)}


TABLE = ExportTable(
    section="devices",
    marker="x-intune",
    needs=("Device ID", "Device name", "Last check-in"),
    known_by=known_by("x-intune", "Device ID", "Serial number", "Device name"),
    columns=(
        ColumnOf("Device name", "hostname"),
        ColumnOf("Last check-in", "last_seen", instant),
        ColumnOf("OS", "os.name"),
        ColumnOf("OS version", "os.version"),
        ColumnOf("Ownership", "x-owner"),
    ),
    called=("Device name", "Device ID"),
    more=_more,
)


def _read(exports: Sequence[Export], setting: Setting, only: str | None) -> list[ImportedPart]:
    reader = RowReader(TABLE, setting, only)
    for export in exports:
        rows = export.table()
        check_columns(export, rows, TABLE, "list of devices of Intune")
        reader.take(export, rows)
    return [reader.part("devices")]


IMPORTER = Importer(
    tool="Microsoft Intune (portal)",
    asks="CSV of Devices, Export; times are UTC: --zone UTC",
    read=_read,
    zoned=True,
)
