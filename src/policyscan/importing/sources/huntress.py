"""Huntress: machines with Defender and Huntress's own agent, as its API gives them.

In: the answer of `/v1/agents`. Out: devices and servers with their antivirus. "Protected" may stand beside
signatures that are out of date; a policy that is empty is not managed; a machine that was installed anew is
in the list twice.
"""

from __future__ import annotations

from typing import Any

from policyscan.importing.cells import Setting, UnclearCell, clear, day, instant, words
from policyscan.importing.exports import RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.machines import known_by, read_rows
from policyscan.importing.rows import ColumnOf, ExportTable

_ACTIVE = words(
    healthy=True, protected=True, disabled=False, unhealthy=False, not_protected=False, unprotected=False
)


def _section(row: RowDict) -> str:
    return "servers" if "Server" in str(row.get("os")) else "devices"


def _more(row: RowDict, setting: Setting) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    active = clear(lambda: _ACTIVE(row.get("defender_status"), setting))
    if row.get("defender_status"):
        facts["antivirus.product"] = "Microsoft Defender Antivirus"
        facts["antivirus.active"] = active
        facts["antivirus.current"] = _current(row)
        facts["antivirus.definitions_date"] = None
        facts["antivirus.checked_on"] = clear(lambda: day(row.get("last_callback_at"), setting))
    if isinstance(row.get("edr_version"), str) and row["edr_version"].strip():
        facts["antivirus.edr"] = True
    return facts


def _current(row: RowDict) -> Any:
    said = str(row.get("defender_substatus") or "").lower()
    if said == "up to date":
        return True
    if "out of date" in said:
        return False
    return UnclearCell(f"whether its signatures are up to date is not clear from {said!r}")


TABLE = ExportTable(
    section=_section,
    marker="x-huntress",
    needs=("hostname", "last_callback_at", "organization_id"),
    known_by=known_by("x-huntress", "id", "serial_number", "hostname"),
    columns=(
        ColumnOf("hostname", "hostname"),
        ColumnOf("last_callback_at", "last_seen", instant),
        ColumnOf("os", "os.name"),
    ),
    called=("hostname", "id"),
    client="organization_id",
    more=_more,
)

IMPORTER = Importer(
    tool="Huntress",
    asks="JSON of /v1/agents, all pages",
    read=read_rows(TABLE, "list of agents of Huntress", "agents"),
    shared=True,
)
