"""Google Workspace: the accounts, as its admin console exports them.

In: the CSV of "Download users". Out: accounts. Enrolled in two steps is not enforced, and only enforced
counts. Headers carry remarks in brackets and differ between editions; the column of passwords is never read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policyscan.importing.cells import NOT_TOLD, Setting, stated_day, words, yes_no
from policyscan.importing.exports import Export, RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.rows import ColumnOf, ExportTable, ImportedPart, RowReader, check_columns


def _signed_in(value: Any, setting: Setting) -> Any:
    """The day; an empty cell says nothing, as of one who never did it says so."""
    return stated_day(value, setting) if value else NOT_TOLD


TABLE = ExportTable(
    section="accounts",
    marker="x-google",
    needs=("Email Address", "Status", "2sv Enforced"),
    known_by=(
        ColumnOf("Email Address", "x-google"),
        ColumnOf("Email Address", "x-login"),
        ColumnOf("Email Address", "id"),
    ),
    columns=(
        ColumnOf("2sv Enforced", "mfa", yes_no),
        ColumnOf("Status", "enabled", words(active=True, suspended=False, archived=False)),
        ColumnOf("Last Sign In", "last_sign_in", _signed_in),
    ),
    called=("Email Address",),
    address="Email Address",
)


def _read(exports: Sequence[Export], setting: Setting, only: str | None) -> list[ImportedPart]:
    reader = RowReader(TABLE, setting, only)
    for export in exports:
        rows = [_plain(export, row) for row in export.table()]
        check_columns(export, rows, TABLE, "list of users of Google Workspace")
        reader.take(export, rows)
    return [reader.part("accounts")]


def _plain(export: Export, row: RowDict) -> RowDict:
    """A row by the names of its columns without the remarks in them, and without its secrets."""
    names = {name.partition("[")[0].strip(): name for name in row}
    return export.renamed(
        row, {plain: name for plain, name in names.items() if not plain.startswith("Password")}
    )


IMPORTER = Importer(
    tool="Google Workspace", asks="CSV of Directory, Users, Download users, all columns", read=_read
)
