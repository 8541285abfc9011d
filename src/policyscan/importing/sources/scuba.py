"""ScubaGear and ScubaGoggles: settings of Microsoft 365 and Google Workspace against CISA's baselines.

In: `ScubaResults….json`. Out: facts of the mail system. N/A, a warning about what cannot be read, "No events
found" and what somebody left out or called a wrong result were not checked: none of them is a pass.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from policyscan.errors import DocumentError
from policyscan.importing.cells import Setting, UnclearCell, moment
from policyscan.importing.checks import FAILED, PASSED, UNKNOWN, enforced, mail_part
from policyscan.importing.exports import Export
from policyscan.importing.importers import Importer
from policyscan.importing.rows import ImportedPart, value_at

_OUTCOMES = {"pass": PASSED, "fail": FAILED}
# The first asks for a factor that cannot be phished, which may fail where another factor is enforced.
_STRONG = ("MS.AAD.3.1", "GWS.COMMONCONTROLS.1.1")
_ANY = ("MS.AAD.3.2",)
_VERSION = re.compile(r"v\d+(?:\.\d+)*$")


def _read(exports: Sequence[Export], setting: Setting, only: str | None) -> list[ImportedPart]:
    return [_part(export, setting, only) for export in exports]


def _part(export: Export, setting: Setting, only: str | None) -> ImportedPart:
    value = export.value
    results = value.get("Results") if value.__class__ is dict else None
    if results.__class__ is not dict or value_at(value, "MetaData.Tool") is None:
        raise DocumentError(
            "these are no results of ScubaGear or ScubaGoggles", at=export.top(), hint=IMPORTER.asks
        )
    client = str(value_at(value, "MetaData.DisplayName") or "")
    if only is not None and client.casefold() != only.casefold():
        return ImportedPart("email", "x-scuba", others=((client, 1),))
    found = {check: outcome for groups in results.values() for check, outcome in _outcomes(groups)}
    if not any(outcome != UNKNOWN for outcome in found.values()):
        raise DocumentError(
            "this run has checked nothing", at=export.top(), hint="run it again with its rights"
        )
    said = enforced(found, any_of=(*_STRONG, *_ANY), all_of=("MS.AAD.3.1", *_ANY))
    facts = {"mfa_enforced_by_policy": said} if said is not None else {}
    part = mail_part(export, "scuba", found, facts)
    try:
        collected = moment(value_at(value, "MetaData.TimestampZulu"), setting)
    except UnclearCell:
        collected = None
    return part._replace(clients=(client,), collected=collected)


def _outcomes(groups: Any) -> list[tuple[str, str]]:
    """How each control of a product came out, by its id without the version of the baseline."""
    return [
        (_plain(str(control.get("Control ID"))), _OUTCOMES.get(str(control.get("Result")).lower(), UNKNOWN))
        for group in _dicts(groups)
        for control in _dicts(group.get("Controls"))
    ]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if one.__class__ is dict] if value.__class__ is list else []


def _plain(check: str) -> str:
    return _VERSION.sub("", check)


IMPORTER = Importer(
    tool="ScubaGear, ScubaGoggles",
    asks="ScubaResults….json",
    read=_read,
    shared=True,
)
