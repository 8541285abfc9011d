"""Microsoft Graph: the devices that Intune manages.

In: the answer of `/deviceManagement/managedDevices`, also by PowerShell. Out: devices. What Intune calls
compliant is what its owner asks for, and says nothing of fixes or antivirus; whether a telephone is encrypted
is another question than BitLocker.
"""

from __future__ import annotations

from typing import Any

from policyscan.importing.cells import Setting, instant, yes_no
from policyscan.importing.exports import RowDict
from policyscan.importing.graph import is_phone, phone_kind, read_graph
from policyscan.importing.importers import Importer
from policyscan.importing.machines import known_by
from policyscan.importing.rows import ColumnOf, ExportTable


def _more(row: RowDict, setting: Setting) -> dict[str, Any]:
    system = row.get("operatingSystem")
    if is_phone(system) or not system:
        return phone_kind(system)
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
    address="userPrincipalName",
    more=_more,
)

IMPORTER = Importer(
    tool="Microsoft Intune (Graph)",
    asks="JSON of /v1.0/deviceManagement/managedDevices, all pages",
    read=read_graph(TABLE, "list of devices of Microsoft Graph"),
)
