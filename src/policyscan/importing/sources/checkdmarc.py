"""checkdmarc: the mail settings of domains, as it looks them up.

In: its JSON, of one domain or of several. Out: domains of mail. It does not test DKIM, and says no time: that
of the file counts. `v=spf1 +all` is valid and lets everybody send, also in a record that is taken in; what
share DMARC applies to, and whether it is only tried, stand in the record alone; below the domain of a record
its `sp` counts. A look-up that got no answer says nothing. Where domains are known to be the client's, others
are not: providers look up those of all clients at once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from policyscan.importing.cells import Setting, UnclearCell, clear
from policyscan.importing.domains import related
from policyscan.importing.exports import Export, RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.rows import ColumnOf, ExportTable, ImportedPart, RowReader, check_columns, value_at

_ALL = re.compile(r"(?:^|\s)\+?(?:all|ip4:[\d.]+/0|ip6:[\da-f:]+/0)(?:\s|$)", re.IGNORECASE)
_NO_ANSWER = re.compile(r"timed out|timeout|expired|failed to answer|SERVFAIL", re.IGNORECASE)
_TAG = re.compile(r"\s*([A-Za-z]+)\s*=\s*([^;]*)")


def _more(row: RowDict, setting: Setting) -> dict[str, Any]:
    return {
        "spf_valid": clear(lambda: _spf(row)),
        **_dmarc(row),
        "checked_on": setting.saved.astimezone(setting.zone).date().isoformat(),
    }


def _record(row: RowDict, name: str) -> str:
    """The record that was looked up, or nothing if there is none; UnclearCell if nobody asked or
    answered."""
    if row.get(name).__class__ is not dict:
        raise UnclearCell(f"its {name.upper()} record was not looked up")
    error = str(value_at(row, f"{name}.error") or "")
    if _NO_ANSWER.search(error):
        raise UnclearCell(f"its {name.upper()} record could not be looked up: {error}")
    return str(value_at(row, f"{name}.record") or "")


def _spf(row: RowDict) -> bool:
    is_valid = value_at(row, "spf.valid") is True
    if not _record(row, "spf") and is_valid:
        raise UnclearCell("its SPF record is called valid, and is not in the answer")
    return is_valid and not any(map(_ALL.search, _taken_in(row["spf"])))


def _taken_in(part: Any) -> Iterator[str]:
    """A record, and those of others that it takes in."""
    if part.__class__ is dict and part.get("action", "pass") == "pass":
        if isinstance(part.get("record"), str):
            yield part["record"]
        for inner in part.values():
            yield from _taken_in(inner)
    elif part.__class__ is list:
        for inner in part:
            yield from _taken_in(inner)


def _dmarc(row: RowDict) -> dict[str, Any]:
    record = clear(lambda: _record(row, "dmarc"))
    if isinstance(record, UnclearCell):
        return {"dmarc_policy": record}
    tags = {name.lower(): value.strip().lower() for name, value in _TAG.findall(record)}
    return {
        "dmarc_policy": _policy(row, tags),
        "dmarc_pct": float(tags["pct"]) if tags.get("pct", "").isdecimal() else None,
        "dmarc_testing": tags.get("t") == "y",
    }


def _policy(row: RowDict, tags: dict[str, str]) -> str | None:
    """What the record asks for; a record that is not valid asks for nothing."""
    domain = str(row.get("domain")).lower()
    is_above = str(value_at(row, "dmarc.location") or domain).lower() != domain
    said = tags.get("sp", tags.get("p")) if is_above else tags.get("p")
    valid = value_at(row, "dmarc.valid") is True
    return said if valid and said in ("none", "quarantine", "reject") else None


TABLE = ExportTable(
    section="email.domains",
    marker="x-checkdmarc",
    needs=("domain", "spf", "dmarc"),
    known_by=(ColumnOf("domain", "name"),),
    columns=(),
    called=("domain",),
    address="domain",
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
        reader.take(export, _ours(reader, rows, {only.casefold()} if only is not None else setting.domains))
    return [reader.part("email.domains")]


def _ours(reader: RowReader, rows: Sequence[RowDict], domains: Collection[str]) -> list[RowDict]:
    """The rows about domains of the client, if any are known to be that; the others are counted."""
    ours = []
    for row in rows:
        if not domains or related(_domain(row), domains):
            ours.append(row)
        else:
            reader.others[_domain(row)] = reader.others.get(_domain(row), 0) + 1
    return ours


def _domain(row: RowDict) -> str:
    return str(row.get("domain") or "").casefold()


IMPORTER = Importer(
    tool="checkdmarc",
    asks="JSON of checkdmarc DOMAIN…",
    read=_read,
    shared=True,
)
