"""Lynis: one server, as its report says.

In: `lynis-report.dat`. Out: a server, with the packages that have holes as missing fixes. Its times say no
zone, an empty value is not known, and a run over a few groups ends well and has tested next to nothing. That
a tool for packages is there does not say that it was asked: without the rights of root it is not. Some only
count what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policyscan.errors import DocumentError
from policyscan.importing.cells import Setting, UnclearCell, day, moment
from policyscan.importing.exports import Export, RowDict
from policyscan.importing.importers import Importer
from policyscan.importing.machines import known_by
from policyscan.importing.merging import FROM, Fixes
from policyscan.importing.rows import ColumnOf, ExportTable, ImportedPart, RowReader

_FEWEST = 100  # tests of a whole run; about 250 on a server
# The tests that list what is missing: arch-audit, zypper, dnf, NetBSD's and FreeBSD's, yum, apt, Gentoo's.
_LISTING = frozenset(f"PKGS-{number}" for number in (7322, 7330, 7352, 7380, 7381, 7382, 7386, 7392, 7393))


def _more(row: RowDict, setting: Setting) -> dict[str, Any]:
    if row.get("package_audit_tool_found") != "1":
        return {}
    if _LISTING.isdisjoint(row.get("tests_executed", "").split("|")):
        return {"patches.missing": UnclearCell("no test that lists packages was run; run Lynis as root")}
    if row.get("vulnerable_packages_found") == "1" and not row.get("vulnerable_package[]"):
        return {"patches.missing": UnclearCell("Lynis found packages with holes, and does not say which")}
    holes = [name for name in row.get("vulnerable_package[]", []) if name]
    fixes = [
        {"id": name, "severity": None, "released_on": None, FROM: "lynis"} for name in sorted(set(holes))
    ]
    scanned = day(row.get("report_datetime_end"), setting)
    return {
        "patches.scanned_on": scanned,
        "patches.missing": Fixes(frozenset(("lynis",)), tuple(fixes), scanned),
    }


TABLE = ExportTable(
    section="servers",
    marker="x-lynis",
    needs=("hostname", "lynis_tests_done"),
    known_by=(ColumnOf("hostname", "x-lynis"), *known_by("", "", "", "hostname")),
    columns=(
        ColumnOf("hostname", "hostname"),
        ColumnOf("os_name", "os.name"),
        ColumnOf("os_version", "os.version"),
    ),
    called=("hostname",),
    whole=False,
    more=_more,
)


def _read(exports: Sequence[Export], setting: Setting, only: str | None) -> list[ImportedPart]:
    reader = RowReader(TABLE, setting, only)
    ends = []
    for export in exports:
        row = _row(export)
        done = row.get("lynis_tests_done", "")
        if not done.isdecimal() or int(done) < _FEWEST or row.get("finish") != "true":
            message = f"this run of Lynis was not a whole one: {done or 'no'} tests were done"
            hint = "run `lynis audit system` without options that leave tests out"
            raise DocumentError(message, at=export.top(), hint=hint)
        reader.take(export, [row])
        ends.append(moment(row.get("report_datetime_end"), setting))
    part = reader.part("servers")
    return [part._replace(collected=min((end for end in ends if end is not None), default=None))]


def _row(export: Export) -> RowDict:
    """The keys of a report; those that end in [] repeat. Those without a value say nothing."""
    row: RowDict = {}
    for line in export.source.text.splitlines():
        key, equals, value = line.partition("=")
        if not equals or line.startswith("#") or not value.strip():
            continue
        if key.endswith("[]"):
            row.setdefault(key, []).append(value.strip())
        else:
            row[key] = value.strip()
    if "lynis_version" not in row:
        raise DocumentError("this is no report of Lynis", at=export.top(), hint=IMPORTER.asks)
    return row


IMPORTER = Importer(
    tool="Lynis", asks="/var/log/lynis-report.dat; say the zone of the server: --zone", read=_read, zoned=True
)
