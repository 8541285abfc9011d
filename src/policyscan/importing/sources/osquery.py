"""osquery: one machine, as the pack "it-compliance" finds it.

In: JSON of the tables os_version, windows_security_products, patches, bitlocker_info, and perhaps
system_info. Out: a device. Every value is a text, so that "0" is false; what a firewall says of signatures
means nothing; a drive whose protection is off is not protected, however much of it is encrypted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policyscan.errors import DocumentError
from policyscan.importing.cells import NOT_TOLD, Setting, clear, words
from policyscan.importing.exports import Export, RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.machines import known_by
from policyscan.importing.rows import ColumnOf, ExportTable, ImportedPart, RowReader, value_at

_STATE = words(on=True, off=False, snoozed=False, expired=False)
_UP_TO_DATE = words(**{"1": True, "0": False})


def _more(row: RowDict, setting: Setting) -> dict[str, Any]:
    facts: dict[str, Any] = {"encrypted": _encrypted(row)}
    products = [one for one in _list(row, "windows_security_products") if one.get("type") == "Antivirus"]
    if products:
        best = max(
            products, key=lambda one: (one.get("state") == "On", one.get("signatures_up_to_date") == "1")
        )
        facts["antivirus.product"] = best.get("name") or None
        facts["antivirus.active"] = clear(lambda: _STATE(best.get("state"), setting))
        facts["antivirus.current"] = clear(lambda: _UP_TO_DATE(best.get("signatures_up_to_date"), setting))
        facts["antivirus.definitions_date"] = None
        facts["antivirus.checked_on"] = setting.saved.astimezone(setting.zone).date().isoformat()
    return facts


def _encrypted(row: RowDict) -> Any:
    drives = [one for one in _list(row, "bitlocker_info") if one.get("drive_letter")]
    if not drives:
        return NOT_TOLD
    return all(one.get("protection_status") == "1" for one in drives)


def _list(row: RowDict, name: str) -> list[RowDict]:
    found = row.get(name)
    return [one for one in found if one.__class__ is dict] if found.__class__ is list else []


TABLE = ExportTable(
    section="devices",
    marker="x-osquery",
    needs=("os_version",),
    known_by=known_by("x-osquery", "system.uuid", "system.hardware_serial", "name"),
    columns=(
        ColumnOf("name", "hostname"),
        ColumnOf("os.name", "os.name"),
        ColumnOf("os.version", "os.version"),
    ),
    called=("name",),
    whole=False,
    more=_more,
)


def _read(exports: Sequence[Export], setting: Setting, only: str | None) -> list[ImportedPart]:
    reader = RowReader(TABLE, setting, only)
    for export in exports:
        found = export.value
        if found.__class__ is not dict or not _list(found, "os_version"):
            raise DocumentError("there is no os_version in this file", at=export.top(), hint=IMPORTER.asks)
        reader.setting = setting._replace(saved=min(export.modified, setting.now))
        reader.take(export, [_row(export, found)])
    return [reader.part("devices")]


def _row(export: Export, found: RowDict) -> RowDict:
    system = (_list(found, "system_info") or [{}])[0]
    names = (value_at(system, "hostname"), *(one.get("csname") for one in _list(found, "patches")))
    made = {
        **found, "system": system, "os": _list(found, "os_version")[0],
        "name": next((name for name in names if name), None),
    }  # fmt: skip
    export.stand_in(made, found)
    return made


IMPORTER = Importer(
    tool="osquery",
    asks="JSON of a machine with os_version, system_info, windows_security_products, bitlocker_info",
    read=_read,
)
