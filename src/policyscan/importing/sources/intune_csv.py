"""Microsoft Intune: the list of all devices, as its portal exports it.

In: the CSV of "Devices", "Export", or of a job of Graph's that exports the report of devices, whose columns
have other names. Out: devices. Its times say no zone; the first and the last year that
there can be stand for never and for no limit, and an empty "Encrypted" for not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policyscan.importing.cells import Setting, instant, yes_no
from policyscan.importing.exports import Export, RowDict
from policyscan.importing.graph import is_phone, phone_kind
from policyscan.importing.importers import Importer
from policyscan.importing.machines import known_by
from policyscan.importing.rows import ColumnOf, ExportTable, ImportedPart, RowReader, check_columns


def _more(row: RowDict, setting: Setting) -> dict[str, Any]:
    system = row.get("OS")
    if is_phone(system) or not system:
        return phone_kind(system)
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
    address="Primary user UPN",
    more=_more,
)


def _read(exports: Sequence[Export], setting: Setting, only: str | None) -> list[ImportedPart]:
    reader = RowReader(TABLE, setting, only)
    for export in exports:
        rows = [_as_portal(export, row) for row in export.table()]
        check_columns(export, rows, TABLE, "list of devices of Intune")
        reader.take(export, rows)
    return [reader.part("devices")]


_PORTAL = {
    "DeviceId": "Device ID", "DeviceName": "Device name", "LastContact": "Last check-in",
    "SerialNumber": "Serial number", "OSVersion": "OS version", "EncryptionStatusString": "Encrypted",
    "OwnerType": "Ownership", "UPN": "Primary user UPN",
}  # fmt: skip
"""What the portal calls the columns of an export job."""


def _as_portal(export: Export, row: RowDict) -> RowDict:
    if "DeviceId" not in row:
        return row
    return export.renamed(row, {_PORTAL.get(name, name): name for name in row})


IMPORTER = Importer(
    tool="Microsoft Intune (portal)",
    asks="CSV of Devices, Export; times are UTC: --zone UTC",
    read=_read,
    zoned=True,
)
