"""Datto RMM: devices with their antivirus, as its API gives them.

In: the answer of `/api/v2/account/devices` or of a site. Out: devices and servers. `FullyPatched` says only
that nothing that somebody approved is pending, and no export says which fixes are missing: it tells nothing
of patches.
"""

from __future__ import annotations

from typing import Any

from policyscan.importing.cells import Setting, day, instant, words
from policyscan.importing.exports import RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.machines import kind_of, known_by, read_rows
from policyscan.importing.rows import ColumnOf, ExportTable, value_at

_ACTIVE = words(runninganduptodate=True, runningandnotuptodate=True, notrunning=False, notdetected=False)
_CURRENT = words(runninganduptodate=True, runningandnotuptodate=False, notrunning=False, notdetected=False)


def _section(row: RowDict) -> str:
    server = "server" in str(value_at(row, "deviceType.category")).lower()
    return "servers" if server or "Server" in str(row.get("operatingSystem")) else "devices"


def _left(row: RowDict, _: Setting) -> str:
    if row.get("deleted") is True:
        return "it was deleted in Datto RMM"
    if row.get("suspended") is True:
        return "it is suspended in Datto RMM, so that nothing is known of it now"
    return ""


def _more(row: RowDict, setting: Setting) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if _section(row) == "devices":
        found.update(kind_of(value_at(row, "deviceType.category")))
    antivirus = row.get("antivirus")
    if antivirus.__class__ is dict and antivirus.get("antivirusStatus"):
        found["antivirus.product"] = antivirus.get("antivirusProduct") or None
        found["antivirus.active"] = _ACTIVE(antivirus["antivirusStatus"], setting)
        found["antivirus.current"] = _CURRENT(antivirus["antivirusStatus"], setting)
        found["antivirus.definitions_date"] = None
        found["antivirus.checked_on"] = day(row.get("lastSeen"), setting)
    return found


TABLE = ExportTable(
    section=_section,
    marker="x-datto-rmm",
    needs=("uid", "hostname", "lastSeen"),
    known_by=known_by("x-datto-rmm", "uid", "", "hostname"),
    columns=(
        ColumnOf("hostname", "hostname"),
        ColumnOf("lastSeen", "last_seen", instant),
        ColumnOf("operatingSystem", "os.name"),
    ),
    called=("hostname", "uid"),
    client="siteName",
    leave=_left,
    more=_more,
)

IMPORTER = Importer(
    tool="Datto RMM",
    asks="JSON of /api/v2/site/{siteUid}/devices, or of the whole account",
    read=read_rows(TABLE, "list of devices of Datto RMM", "devices"),
    shared=True,
)
