"""HaloPSA: tickets, as its API gives them.

In: the answer of `/Tickets`. Out: incidents. Its times say no zone, and the years 1899 and 1900 stand for
none; the state of its promise is a letter, I for kept and O for overdue.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from policyscan.importing.cells import Setting, clear, moment, words
from policyscan.importing.exports import RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.machines import read_rows
from policyscan.importing.rows import ColumnOf, ExportTable
from policyscan.importing.tickets import priority, times

_CLAIMED = words(i=True, o=False)


def _more(row: RowDict, setting: Setting) -> dict[str, Any]:
    closed = row.get("dateclosed")
    ended = clear(lambda: moment(closed, setting))
    is_open = ended is None
    facts = times(row.get("dateoccurred"), row.get("responsedate"), closed, setting, is_open=is_open)
    facts["priority"] = priority(row.get("priority_id"), setting)
    if isinstance(ended, datetime) and row.get("excludefromsla") is not True:
        facts["claimed_in_sla"] = clear(lambda: _CLAIMED(row.get("slaresponsestate"), setting))
    return facts


TABLE = ExportTable(
    section="incidents",
    marker="x-halopsa",
    needs=("id", "dateoccurred", "client_name"),
    known_by=(ColumnOf("id", "x-halopsa"), ColumnOf("id", "id")),
    columns=(ColumnOf("summary", "summary"), ColumnOf("id", "id")),
    called=("id",),
    client="client_name",
    whole=False,
    more=_more,
)

IMPORTER = Importer(
    tool="HaloPSA",
    asks="JSON of /Tickets; say the zone of its times: --zone, and what priorities mean: --word 1=P1",
    read=read_rows(TABLE, "list of tickets of HaloPSA", "tickets"),
    zoned=True,
    shared=True,
)
