"""SentinelOne: machines with its agent, as its API gives them.

In: the answer of `/web/api/v2.1/agents`. Out: devices and servers with their antivirus. An agent that only
detects watches and does not stop; one that is disabled or removed protects nothing. It has no definitions, so
that `isUpToDate` is about the agent.
"""

from __future__ import annotations

from typing import Any

from policyscan.importing.cells import Setting, clear, day, instant, yes_no
from policyscan.importing.exports import RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.machines import kind_of, known_by, read_rows
from policyscan.importing.rows import ColumnOf, ExportTable

_WELL = frozenset(("na", "", "none"))


def _section(row: RowDict) -> str:
    return "servers" if row.get("machineType") == "server" else "devices"


def _left(row: RowDict, _: Setting) -> str:
    if row.get("isDecommissioned") is True or row.get("isUninstalled") is True:
        return "its agent was taken out of service"
    return ""


def _more(row: RowDict, setting: Setting) -> dict[str, Any]:
    running = row.get("isActive") is True and str(row.get("operationalState") or "").lower() in _WELL
    facts: dict[str, Any] = {
        "antivirus.product": "SentinelOne",
        "antivirus.active": running and row.get("mitigationMode") == "protect",
        "antivirus.edr": True,
        "antivirus.current": clear(lambda: yes_no(row.get("isUpToDate"), setting)),
        "antivirus.definitions_date": None,
        "antivirus.checked_on": clear(lambda: day(row.get("lastActiveDate"), setting)),
    }
    if _section(row) == "devices":
        facts.update(kind_of(row.get("machineType")))
    return facts


TABLE = ExportTable(
    section=_section,
    marker="x-sentinelone",
    needs=("computerName", "isActive", "mitigationMode"),
    known_by=known_by("x-sentinelone", "id", "serialNumber", "computerName"),
    columns=(
        ColumnOf("computerName", "hostname"),
        ColumnOf("lastActiveDate", "last_seen", instant),
        ColumnOf("osName", "os.name"),
    ),
    called=("computerName", "id"),
    client="siteName",
    leave=_left,
    more=_more,
)

IMPORTER = Importer(
    tool="SentinelOne",
    asks="JSON of /web/api/v2.1/agents, all pages",
    read=read_rows(TABLE, "list of agents of SentinelOne", "data"),
)
