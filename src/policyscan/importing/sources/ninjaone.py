"""NinjaOne: devices, missing patches of systems and programs, and antivirus, as its API gives them.

In: the answers of `/v2/devices-detailed`, `/v2/queries/os-patches`, `/v2/queries/software-patches` and
`/v2/queries/antivirus-status`, any of them with the devices. Out: devices and servers. Its patches have no
day of release, and that none is pending proves nothing of a machine without records.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policyscan.errors import DocumentError
from policyscan.importing.cells import NOT_TOLD, Setting, UnclearCell, day, instant, moment, serial, words
from policyscan.importing.exports import Export, RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.merging import FROM, Fixes
from policyscan.importing.rows import (
    ColumnOf,
    ExportTable,
    ImportedPart,
    ImportedRow,
    Passed,
    RowReader,
    check_columns,
)

_MARKER = "x-ninjaone"
_SEVERITY = words(
    critical="critical", important="high", high="high", moderate="medium", medium="medium", low="low",
    # No ratings: that a fix is called one of these says nothing of how bad what it closes is.
    security=None, recommended=None, optional=None, unknown=None, unspecified=None,
)  # fmt: skip
_NETWORK = {"NMS_PRINTER": "printer"}


def _section(row: RowDict) -> str:
    return "servers" if "SERVER" in str(row.get("nodeClass")) else "devices"


def _left(row: RowDict, _: Setting) -> str:
    if row.get("approvalStatus") == "REJECTED":
        return "it was refused in NinjaOne"
    return ""


def _more(row: RowDict, _: Setting) -> dict[str, Any]:
    kind = str(row.get("nodeClass"))
    return {"kind": _NETWORK.get(kind, "network")} if kind.startswith("NMS_") else {}


TABLE = ExportTable(
    section=_section,
    marker=_MARKER,
    needs=("id", "nodeClass", "lastContact"),
    known_by=(
        ColumnOf("id", _MARKER),
        ColumnOf("system.serialNumber", "x-serial", serial),
        ColumnOf("system.biosSerialNumber", "x-serial", serial),
        ColumnOf("systemName", "hostname"),
    ),
    columns=(
        ColumnOf("systemName", "hostname"),
        ColumnOf("lastContact", "last_seen", instant),
        ColumnOf("os.name", "os.name"),
        ColumnOf("os.releaseId", "os.version"),
    ),
    called=("displayName", "systemName", "id"),
    client="organizationId",
    leave=_left,
    more=_more,
)


class _Records:
    """The records of patches and antivirus, by the device that they are about."""

    def __init__(self) -> None:
        self.patches: dict[str, list[tuple[RowDict, Export]]] = {}
        self.antivirus: dict[str, list[RowDict]] = {}
        self.installs: dict[str, list[RowDict]] = {}
        self.about_patches = False


def _sort(exports: Sequence[Export]) -> tuple[list[Export], _Records]:
    """The exports of devices, and the records in the others."""
    devices, records = [], _Records()
    for export in exports:
        rows = export.rows("results")
        first: RowDict = rows[0] if rows else {}
        if "nodeClass" in first or (not rows and export.value.__class__ is list):
            devices.append(export)
        elif "productState" in first:
            for row in rows:
                records.antivirus.setdefault(str(row.get("deviceId")), []).append(row)
        elif "installedAt" in first:
            for row in rows:
                records.installs.setdefault(str(row.get("deviceId")), []).append(row)
        elif "kbNumber" in first or "severity" in first or "impact" in first:
            records.about_patches = True
            for row in rows:
                records.patches.setdefault(str(row.get("deviceId")), []).append((row, export))
        elif rows:
            message = "this is none of the exports of NinjaOne that are read"
            raise DocumentError(message, at=export.top(), hint=IMPORTER.asks)
    if not devices:
        message = "the devices are missing: without them nobody knows whose patches and antivirus these are"
        raise DocumentError(message, at=exports[0].top(), hint="add the answer of /v2/devices-detailed")
    return devices, records


def _origin(row: RowDict) -> str:
    return "ninjaone-software" if "impact" in row else "ninjaone-os"


def _read(exports: Sequence[Export], setting: Setting, only: str | None) -> list[ImportedPart]:
    devices, records = _sort(exports)
    reader = RowReader(TABLE, setting, only)
    for export in devices:
        check_columns(export, export.rows(), TABLE, "list of devices of NinjaOne")
        reader.take(export, export.rows())
    part = reader.part("devices")
    passed: list[Passed] = []
    for row in part.rows:
        _add_records(row, records, setting, passed)
    restarts = {str(row.get("id")) for export in devices for row in export.rows() if _restarts(row)}
    for row in part.rows:
        if dict(row.known_by).get(_MARKER, "") in restarts:
            _wait(row)
    return [part._replace(passed=(*part.passed, *passed))]


def _add_records(row: ImportedRow, records: _Records, setting: Setting, passed: list[Passed]) -> None:
    ident = dict(row.known_by).get(_MARKER, "")
    antivirus = records.antivirus.get(ident)
    if antivirus:
        row.facts["antivirus"] = _antivirus(antivirus, setting)
    patches = records.patches.get(ident, [])
    installs = records.installs.get(ident, [])
    if patches or installs:
        row.facts["patches"] = _patches(row, patches, installs, setting, passed)
    elif records.about_patches and row.facts.get("kind") not in ("network", "printer"):
        passed.append(Passed(row.called, "no record of its patches: that proves nothing of them", row.place))


def _antivirus(rows: Sequence[RowDict], setting: Setting) -> dict[str, Any]:
    """What protects a machine: of several products one that is on, and of these one that is current."""
    best = max(rows, key=lambda row: (_is_on(row), _is_current(row), row.get("timestamp") or 0))
    return {
        "product": str(best.get("productName")),
        "active": _is_on(best),
        "definitions_date": None,
        "current": _is_current(best),
        "checked_on": day(best.get("timestamp"), setting),
    }


def _is_on(row: RowDict) -> bool:
    return row.get("productState") == "ON"


def _is_current(row: RowDict) -> bool:
    return row.get("definitionStatus") == "Up-to-Date"


def _patches(
    device: ImportedRow, rows: Sequence[tuple[RowDict, Export]], installs: Sequence[RowDict],
    setting: Setting, passed: list[Passed],
) -> dict[str, Any]:  # fmt: skip
    """What is missing on a machine: what is pending, and what could not be installed. Of fixes of which there
    is no record it tells nothing."""
    fixes: dict[str, dict[str, Any]] = {}
    scanned = [moment(row.get("timestamp"), setting) for row in installs]
    origins = {_origin(row) for row, _ in rows} | ({"ninjaone-os"} if installs else set())
    for row in installs:
        name = str(row.get("kbNumber") or row.get("name"))
        if str(row.get("status")).upper() != "INSTALLED":
            fixes[name] = {"id": name, "severity": None, "released_on": None, FROM: "ninjaone-os"}
    for row, export in rows:
        scanned.append(moment(row.get("timestamp"), setting))
        name = str(row.get("kbNumber") or row.get("title") or row.get("name") or row.get("id"))
        if row.get("type") == "DEFINITION_UPDATES":
            why = f"{name} brings definitions of malware, and is no fix"
            passed.append(Passed(device.called, why, export.place(row)))
            continue
        fixes[name] = {
            "id": name,
            "severity": _severity(row, setting),
            "released_on": None,
            FROM: _origin(row),
        }
    when = max((one for one in scanned if one is not None), default=None)
    scan = day(when.timestamp(), setting) if when is not None else NOT_TOLD
    missing = Fixes(frozenset(origins), tuple(fixes.values()))
    if scan is NOT_TOLD:
        return {"missing": missing}
    return {"scanned_on": scan, "missing": missing._replace(looked_on=scan)}


def _severity(row: RowDict, setting: Setting) -> str | None:
    try:
        found = _SEVERITY(row.get("impact") if "impact" in row else row.get("severity"), setting)
    except UnclearCell:
        return None
    return None if found is NOT_TOLD else found


def _restarts(row: RowDict) -> bool:
    os = row.get("os")
    return os.__class__ is dict and os.get("needsReboot") is True


def _wait(row: ImportedRow) -> None:
    """A fix that waits for a restart is not installed, and NinjaOne does not say which it is."""
    patches = row.facts.get("patches")
    if patches is not None and "ninjaone-os" in patches["missing"].origins:
        waits = {"id": "waits-for-a-restart", "severity": None, "released_on": None, FROM: "ninjaone-os"}
        patches["missing"] = patches["missing"]._replace(missing=(*patches["missing"].missing, waits))


IMPORTER = Importer(
    tool="NinjaOne",
    asks="JSON of /v2/devices-detailed, with /v2/queries/ os-patches, software-patches, antivirus-status",
    read=_read,
    shared=True,
)
