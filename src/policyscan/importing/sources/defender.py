"""Microsoft Defender for Endpoint: machines with its sensor, as its API gives them.

In: the answer of `/api/machines`, as one list or a line each. Out: devices and servers, and whether the
sensor watches them. Onboarded and inactive go together, and one machine may be in the list several times. Of
antivirus it says nothing.
"""

from __future__ import annotations

from typing import Any

from policyscan.importing.cells import Setting, UnclearCell, instant
from policyscan.importing.exports import RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.machines import known_by, read_rows
from policyscan.importing.rows import ColumnOf, ExportTable


def _section(row: RowDict) -> str:
    return "servers" if "Server" in str(row.get("osPlatform")) else "devices"


def _left(row: RowDict, _: Setting) -> str:
    if row.get("mergedIntoMachineId"):
        return "it was merged into another machine"
    if row.get("isExcluded") is True:
        return f"it is excluded in Defender: {row.get('exclusionReason') or 'no reason is given'}"
    return ""


def _more(row: RowDict, _: Setting) -> dict[str, Any]:
    watched = row.get("onboardingStatus") == "Onboarded" and row.get("healthStatus") == "Active"
    if watched:
        return {"antivirus.edr": True}
    states = f"{row.get('onboardingStatus')} and {row.get('healthStatus')}"
    return {"antivirus.edr": UnclearCell(f"its sensor is {states}")}


TABLE = ExportTable(
    section=_section,
    marker="x-defender",
    needs=("id", "computerDnsName", "healthStatus"),
    known_by=known_by("x-defender", "id", "", "computerDnsName"),
    columns=(
        ColumnOf("computerDnsName", "hostname"),
        ColumnOf("lastSeen", "last_seen", instant),
        ColumnOf("osPlatform", "os.name"),
        ColumnOf("version", "os.version"),
    ),
    called=("computerDnsName", "id"),
    leave=_left,
    more=_more,
)

IMPORTER = Importer(
    tool="Microsoft Defender for Endpoint",
    asks="JSON of /api/machines, or a line each",
    read=read_rows(TABLE, "list of machines of Defender", "value"),
)
