"""Microsoft Graph: what its answers have in common, and what PowerShell makes of them.

In: an answer of Graph's API, or what `Get-Mg… | ConvertTo-Json` writes: names in capitals, a list without a
name around it, and no list at all where there is one row. Out: rows by the names that the API has.
"""

from __future__ import annotations

from collections.abc import Sequence

from policyscan.importing.cells import Setting
from policyscan.importing.exports import Export, RowDict
from policyscan.importing.importers import Read
from policyscan.importing.rows import ExportTable, ImportedPart, RowReader, check_columns

_PHONES = ("ios", "ipados", "android", "aosp", "windowsphone", "windows phone", "windowsmobile")
_KINDS = {"ios": "phone", "ipados": "tablet"}


def is_phone(system: object) -> bool:
    """Whether a system, as Intune calls it, is one of telephones and tablets."""
    return str(system or "").lower().startswith(_PHONES)


def phone_kind(system: object) -> dict[str, str]:
    """The kind of device as a fact, where the system of a telephone or tablet says it."""
    kind = _KINDS.get(str(system).lower())
    return {"kind": kind} if kind is not None else {}


def read_graph(table: ExportTable, what: str) -> Read:
    """Reads answers of Graph by a table."""

    def read(exports: Sequence[Export], setting: Setting, only: str | None) -> list[ImportedPart]:
        reader = RowReader(table, setting, only)
        for export in exports:
            rows = _rows(export)
            check_columns(export, rows, table, what)
            reader.take(export, rows)
        return [reader.part(str(table.section))]

    return read


def _rows(export: Export) -> list[RowDict]:
    value = export.value
    is_one = value.__class__ is dict and "Id" in value and "value" not in value
    return [_as_graph(export, row) for row in ([value] if is_one else export.rows("value"))]


def _as_graph(export: Export, row: RowDict) -> RowDict:
    """A row by the names that Graph has: those of PowerShell begin with a capital."""
    if "Id" not in row:
        return row
    return export.renamed(row, {_SPELT.get(name, name[:1].lower() + name[1:]): name for name in row})


_SPELT = {"OSVersion": "osVersion"}
