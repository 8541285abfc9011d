"""Autotask: tickets, as its API gives them.

In: the answer of `/V1.0/Tickets/query`. Out: incidents. A first response two seconds after the ticket is an
automatic reply, and whether a promise was kept leaves pauses out; priorities and states are numbers of the
tenant's own lists.
"""

from __future__ import annotations

from typing import Any

from policyscan.importing.cells import Setting, yes_no
from policyscan.importing.exports import RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.machines import read_rows
from policyscan.importing.rows import ColumnOf, ExportTable
from policyscan.importing.tickets import priority, times

_COMPLETE = 5  # the one state that is the same for every tenant


def _more(row: RowDict, setting: Setting) -> dict[str, Any]:
    resolved = row.get("resolvedDateTime")
    is_open = not resolved and row.get("status") != _COMPLETE
    facts = times(row.get("createDate"), row.get("firstResponseDateTime"), resolved, setting, is_open=is_open)
    facts["priority"] = priority(row.get("priority"), setting)
    if not is_open:
        facts["claimed_in_sla"] = yes_no(row.get("serviceLevelAgreementHasBeenMet"), setting)
    return facts


TABLE = ExportTable(
    section="incidents",
    marker="x-autotask",
    needs=("ticketNumber", "createDate", "companyID"),
    known_by=(ColumnOf("ticketNumber", "x-autotask"), ColumnOf("ticketNumber", "id")),
    columns=(ColumnOf("title", "summary"), ColumnOf("ticketNumber", "id")),
    called=("ticketNumber", "id"),
    client="companyID",
    whole=False,
    more=_more,
)

IMPORTER = Importer(
    tool="Autotask",
    asks="JSON of /V1.0/Tickets/query; say what priorities mean: --word 1=P1",
    read=read_rows(TABLE, "list of tickets of Autotask", "items"),
    shared=True,
)
