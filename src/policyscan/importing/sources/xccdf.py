"""XCCDF: one server against a benchmark, as OpenSCAP and CIS-CAT report it.

In: results in XCCDF, or in ARF around them. Out: a server with an account of its rules as keys of one's own.
Rules that were not selected, not applicable or not checked are no passes, and a run in which nothing was
tested is refused. Of several runs in one file the last one counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from policyscan.errors import DocumentError
from policyscan.importing.cells import Setting, UnclearCell, instant, moment
from policyscan.importing.exports import Export
from policyscan.importing.importers import Importer
from policyscan.importing.rows import ImportedPart, ImportedRow, Passed

_NEVER = datetime.min.replace(tzinfo=UTC)
_PASSED, _FAILED = ("pass", "fixed"), ("fail",)


def _read(exports: Sequence[Export], setting: Setting, only: str | None) -> list[ImportedPart]:  # noqa: ARG001
    return [_part(export, setting) for export in exports]


def _part(export: Export, setting: Setting) -> ImportedPart:
    result = _result(export, setting)
    results = Counter(str(one.findtext("{*}result")) for one in result.iterfind("{*}rule-result"))
    passed, failed = (sum(results[name] for name in names) for names in (_PASSED, _FAILED))
    if not passed + failed:
        message = f"this run has tested nothing: none of its {results.total()} rules passed or failed"
        raise DocumentError(message, at=export.top(), hint="choose a profile that fits the system")
    target = str(result.findtext("{*}target") or "").strip()
    profile = result.find("{*}profile")
    account = {
        "passed": passed, "failed": failed, "not_checked": results.total() - passed - failed,
        "profile": profile.get("idref", "") if profile is not None else "",
    }  # fmt: skip
    ended = result.get("end-time")
    facts = {"hostname": target, "x-xccdf": account}
    rows = (ImportedRow("servers", (("hostname", target),), facts, target, export.top()),) if target else ()
    nameless = () if target else (Passed("a run", "nothing says on which system it was", export.top()),)
    part = ImportedPart("servers", "x-xccdf", rows, nameless, whole=False)
    return part._replace(collected=_ended(ended, setting))


def _ended(said: str | None, setting: Setting) -> datetime | None:
    try:
        return moment(said, setting) if instant(said, setting) else None
    except UnclearCell:
        return None


def _result(export: Export, setting: Setting) -> ET.Element:
    text = export.source.text
    if not text.lstrip().startswith("<"):
        raise DocumentError("this export is no XML", at=export.top(), hint=IMPORTER.asks)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        message = "this file defines entities of its own, which results do not"
        raise DocumentError(message, at=export.top(), hint="export it again")
    try:
        root = ET.fromstring(text)  # a text, whatever encoding its first line names
    except ET.ParseError as error:
        line, column = error.position
        start = export.source.starts[min(line, len(export.source.starts)) - 1] + column
        at = export.source.span(start, start)
        raise DocumentError("the XML ends or breaks off here", at=at, hint="export it again") from None
    found = [root] if root.tag.endswith("}TestResult") else root.findall(".//{*}TestResult")
    if not found:
        raise DocumentError("there is no TestResult in this file", at=export.top(), hint=IMPORTER.asks)
    return max(found, key=lambda one: _in_order(one.get("end-time"), setting))


def _in_order(ended: str | None, setting: Setting) -> datetime:
    """When a run ended, as one is later than another; those that say no zone mean the same."""
    try:
        return moment(ended, setting._replace(local=setting.local or setting.zone)) or _NEVER
    except UnclearCell:
        return _NEVER


IMPORTER = Importer(tool="OpenSCAP, CIS-CAT", asks="results in XCCDF or ARF", read=_read)
