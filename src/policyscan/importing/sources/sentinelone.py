"""SentinelOne: machines with its agent, as its API gives them.

In: the answer of `/web/api/v2.1/agents`. Out: devices and servers with their antivirus. An agent that only
detects watches and does not stop; one that is disabled or removed protects nothing. It has no definitions, so
that `isUpToDate` is about the agent. `isActive` says whether it was in touch with the console lately: of one
that was not, as it is switched off, nobody knows whether it runs.
"""

from __future__ import annotations

from typing import Any

from policyscan.importing.cells import Setting, UnclearCell, clear, day, instant, yes_no
from policyscan.importing.exports import RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.machines import kind_of, known_by, read_rows
from policyscan.importing.rows import ColumnOf, ExportTable

_WELL = frozenset(("na", "", "none"))


def _section(row: RowDict) -> str:
    is_server = row.get("machineType") == "server" or "Server" in str(row.get("osName"))
    return "servers" if is_server else "devices"


def _left(row: RowDict, _: Setting) -> str:
    if row.get("isDecommissioned") is True or row.get("isUninstalled") is True:
        return "its agent was taken out of service"
    return ""


def _active(row: RowDict) -> bool:
    """Whether it stops what is harmful; UnclearCell if nobody knows whether it runs."""
    mode = row.get("mitigationMode")
    if str(row.get("operationalState") or "").lower() not in _WELL or mode not in (None, "", "protect"):
        return False
    if row.get("isActive") is not True or not mode:
        raise UnclearCell("its agent was not in touch with the console lately, or does not say what it does")
    return True


def _more(row: RowDict, setting: Setting) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "antivirus.product": "SentinelOne",
        "antivirus.active": clear(lambda: _active(row)),
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
    shared=True,
)
