"""checkdmarc: the mail settings of domains, as it looks them up.

In: its JSON, of one domain or of several. Out: domains of mail. It does not test DKIM, and says no time: that
of the file counts. `v=spf1 +all` is valid and lets everybody send; what share DMARC applies to, and whether
it is only tried, stand in the record alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from policyscan.importing.cells import Setting
from policyscan.importing.exports import Export, RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.rows import ColumnOf, ExportTable, ImportedPart, RowReader, check_columns, value_at

_ALL = re.compile(r"(?:^|\s)\+?all(?:\s|$)", re.IGNORECASE)
_TAG = re.compile(r"\s*([A-Za-z]+)\s*=\s*([^;]*)")


def _more(row: RowDict, setting: Setting) -> dict[str, Any]:
    record = str(value_at(row, "spf.record") or "")
    dmarc = str(value_at(row, "dmarc.record") or "")
    tags = {name.lower(): value.strip().lower() for name, value in _TAG.findall(dmarc)}
    facts: dict[str, Any] = {
        "spf_valid": value_at(row, "spf.valid") is True and bool(record) and not _ALL.search(record),
        "dmarc_policy": _policy(row, tags),
        "dmarc_pct": float(tags["pct"]) if tags.get("pct", "").isdecimal() else None,
        "dmarc_testing": tags.get("t") == "y",
        "checked_on": setting.saved.astimezone(setting.zone).date().isoformat(),
    }
    return facts


def _policy(row: RowDict, tags: dict[str, str]) -> str | None:
    """What the record asks for; a record that is not valid asks for nothing."""
    said = tags.get("p")
    valid = value_at(row, "dmarc.valid") is True
    return said if valid and said in ("none", "quarantine", "reject") else None


TABLE = ExportTable(
    section="email.domains",
    marker="x-checkdmarc",
    needs=("domain", "spf", "dmarc"),
    known_by=(ColumnOf("domain", "name"),),
    columns=(),
    called=("domain",),
    whole=False,
    more=_more,
)


def _read(exports: Sequence[Export], setting: Setting, only: str | None) -> list[ImportedPart]:
    reader = RowReader(TABLE, setting, only)
    for export in exports:
        found = export.value
        rows = [found] if found.__class__ is dict else export.rows()
        check_columns(export, rows, TABLE, "answer of checkdmarc")
        reader.setting = setting._replace(saved=min(export.modified, setting.now))
        reader.take(export, rows)
    return [reader.part("email.domains")]


IMPORTER = Importer(tool="checkdmarc", asks="JSON of checkdmarc DOMAIN…", read=_read)
