"""Machines: what exports of several tools have in common about devices and servers.

In: columns of an export. Out: the keys by which a machine is known again, and the kinds that words of tools
mean.
"""

from __future__ import annotations

from collections.abc import Sequence

from policyscan.importing.cells import Setting, serial
from policyscan.importing.exports import Export
from policyscan.importing.importers import Read
from policyscan.importing.rows import ColumnOf, ExportTable, ImportedPart, RowReader, check_columns

KINDS = {
    "laptop": "laptop", "notebook": "laptop", "desktop": "desktop", "workstation": "workstation",
    "tablet": "tablet", "phone": "phone", "smartphone": "phone", "printer": "printer", "network": "network",
    "network_device": "network",
}  # fmt: skip
"""Words that tools have for kinds of devices, in small letters with underscores."""


def known_by(marker: str, ident: str, serial_at: str, name_at: str) -> tuple[ColumnOf, ...]:
    """By what a machine is known again: the tool's own number, the maker's, its name."""
    found = [ColumnOf(ident, marker)] if ident else []
    found += [ColumnOf(serial_at, "x-serial", serial)] if serial_at else []
    return (*found, ColumnOf(name_at, "hostname"))


def kind_of(word: object) -> dict[str, str]:
    """The kind of device that a tool's word means, as a fact; nothing where it is none of ours."""
    found = KINDS.get(str(word or "").strip().lower().replace(" ", "_"))
    return {"kind": found} if found is not None else {}


def read_rows(table: ExportTable, what: str, *names: str) -> Read:
    """Reads exports whose rows are in a list of JSON, at its top or below one of these names."""

    def read(exports: Sequence[Export], setting: Setting, only: str | None) -> list[ImportedPart]:
        reader = RowReader(table, setting, only)
        for export in exports:
            rows = export.rows(*names)
            check_columns(export, rows, table, what)
            reader.take(export, rows)
        return [reader.part(table.section if isinstance(table.section, str) else "devices")]

    return read
