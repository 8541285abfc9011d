"""ConnectWise PSA: tickets, as its API gives them.

In: the answer of `/service/tickets`. Out: incidents. A response in the moment of creation was stamped by a
program, and fields that are empty are left out; the moment of creation stands at the top or in `_info`.
"""

from __future__ import annotations

from typing import Any

from policyscan.importing.cells import Setting, yes_no
from policyscan.importing.exports import RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.machines import read_rows
from policyscan.importing.rows import ColumnOf, ExportTable, value_at
from policyscan.importing.tickets import priority, times


def _more(row: RowDict, setting: Setting) -> dict[str, Any]:
    is_open = row.get("closedFlag") is False
    entered = row.get("dateEntered") or value_at(row, "_info.dateEntered")
    facts = times(entered, row.get("dateResponded"), row.get("dateResolved"), setting, is_open=is_open)
    facts["priority"] = priority(value_at(row, "priority.name"), setting)
    if row.get("closedFlag") is True:
        facts["claimed_in_sla"] = yes_no(row.get("isInSla"), setting)
    return facts


TABLE = ExportTable(
    section="incidents",
    marker="x-connectwise",
    needs=("id", "summary", "company"),
    known_by=(ColumnOf("id", "x-connectwise"), ColumnOf("id", "id")),
    columns=(ColumnOf("summary", "summary"), ColumnOf("id", "id")),
    called=("id",),
    client="company.name",
    whole=False,
    more=_more,
)

IMPORTER = Importer(
    tool="ConnectWise PSA",
    asks="JSON of /service/tickets",
    read=read_rows(TABLE, "list of tickets of ConnectWise"),
    shared=True,
)
