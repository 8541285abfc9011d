"""Microsoft Graph: the devices that Intune manages.

In: the answer of `/deviceManagement/managedDevices`. Out: devices. What Intune calls compliant is what its
owner asks for, and says nothing of fixes or antivirus; whether a telephone is encrypted is another question
than BitLocker.
"""

from __future__ import annotations

from typing import Any

from policyscan.importing.cells import Setting, instant, yes_no
from policyscan.importing.exports import RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.machines import known_by, read_rows
from policyscan.importing.rows import ColumnOf, ExportTable

_PHONES = frozenset(("ios", "ipados", "android", "androidforwork", "windowsphone"))
KINDS = {"ios": "phone", "ipados": "tablet"}


def is_phone(system: object) -> bool:
    """Whether a system is one of telephones and tablets."""
    return str(system or "").lower() in _PHONES


def _more(row: RowDict, setting: Setting) -> dict[str, Any]:
    system = row.get("operatingSystem")
    if is_phone(system):
        kind = KINDS.get(str(system).lower())
        return {"kind": kind} if kind is not None else {}
    return {"encrypted": yes_no(row.get("isEncrypted"), setting)}


TABLE = ExportTable(
    section="devices",
    marker="x-intune",
    needs=("id", "deviceName", "lastSyncDateTime"),
    known_by=known_by("x-intune", "id", "serialNumber", "deviceName"),
    columns=(
        ColumnOf("deviceName", "hostname"),
        ColumnOf("lastSyncDateTime", "last_seen", instant),
        ColumnOf("operatingSystem", "os.name"),
        ColumnOf("osVersion", "os.version"),
        ColumnOf("managedDeviceOwnerType", "x-owner"),
    ),
    called=("deviceName", "id"),
    more=_more,
)

IMPORTER = Importer(
    tool="Microsoft Intune (Graph)",
    asks="JSON of /v1.0/deviceManagement/managedDevices, all pages",
    read=read_rows(TABLE, "list of devices of Microsoft Graph", "value"),
)
