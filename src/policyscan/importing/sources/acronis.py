"""Acronis: how machines are protected, as its API gives it.

In: the answer of `/api/resource_management/v4/resource_statuses`. Out: backups. That all is idle or well says
nothing: what counts is when a backup last succeeded, not when it last ran.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from policyscan.importing.cells import Setting, instant
from policyscan.importing.exports import Export, RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.rows import (
    ColumnOf,
    ExportTable,
    ImportedPart,
    Machine,
    RowReader,
    check_columns,
    value_at,
)


def _more(row: RowDict, _: Setting) -> dict[str, Any]:
    return {"system": Machine(str(value_at(row, "context.name")))}


def _left(row: RowDict, _: Setting) -> str:
    return "" if "policy" in row else "no backup is planned for it"


TABLE = ExportTable(
    section="backups",
    marker="x-acronis",
    needs=("context",),
    known_by=(ColumnOf("ident", "x-acronis"),),
    columns=(ColumnOf("policy.last_success_run", "last_success", instant),),
    called=("context.name", "context.id"),
    client="context.tenant_id",
    leave=_left,
    more=_more,
)


def _read(exports: Sequence[Export], setting: Setting, only: str | None) -> list[ImportedPart]:
    reader = RowReader(TABLE, setting, only)
    for export in exports:
        rows = export.rows("items")
        check_columns(export, rows, TABLE, "list of the states of resources of Acronis")
        reader.take(export, [made for row in rows for made in _by_policy(export, row)])
    return [reader.part("backups")]


def _by_policy(export: Export, row: RowDict) -> Iterator[RowDict]:
    """A row for each plan that backs a machine up; one without a plan where there is none."""
    found = row.get("policies")
    policies = (
        [one for one in found if "backup" in str(value_at(one, "type"))] if found.__class__ is list else []
    )
    for policy in policies or [None]:
        made = dict(row)
        if policy is not None:
            made["policy"] = policy
        if policy is not None and value_at(row, "context.id") and policy.get("id"):
            made["ident"] = f"{row['context']['id']}/{policy['id']}"
        export.stand_in(made, row)
        yield made


IMPORTER = Importer(
    tool="Acronis",
    asks="JSON of /api/resource_management/v4/resource_statuses, all pages",
    read=_read,
    shared=True,
)
