"""Checks: what tools have in common that check settings of their own accord, and say how each came out.

In: how each check came out. Out: facts of the mail system: whether a policy enforces the second factor, and
an account of the checks as keys of one's own. A check that was not made, was left out or is muted never
counts as passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from policyscan.importing.exports import Export, RowDict
from policyscan.importing.rows import ImportedPart, ImportedRow, Passed

PASSED, FAILED, UNKNOWN = "passed", "failed", "not checked"


def enforced(found: Mapping[str, str], *, any_of: Iterable[str], all_of: Iterable[str]) -> bool | None:
    """Whether a second factor is enforced: yes if any of some checks passed, no if all of others failed."""
    if any(found.get(check) == PASSED for check in any_of):
        return True
    wanted = list(all_of)
    if wanted and all(found.get(check) == FAILED for check in wanted):
        return False
    return None


def mail_part(
    export: Export, name: str, found: Mapping[str, str], facts: dict[str, Any], *, row: RowDict | None = None
) -> ImportedPart:
    """The part of an inventory that checks of the mail system tell of, and which of them were not made."""
    counts = [sum(1 for one in found.values() if one == outcome) for outcome in (PASSED, FAILED, UNKNOWN)]
    account = {"passed": counts[0], "failed": counts[1], "not_checked": counts[2]}
    failed = sorted(check for check, outcome in found.items() if outcome == FAILED)
    own: dict[str, Any] = {f"x-{name}": {**account, "failing": failed}}
    place = export.place(row) if row is not None else export.top()
    rows = (ImportedRow("email", ((f"x-{name}", ""),), {**facts, **own}, "email", place),)
    passed = tuple(
        Passed(check, "it was not checked, which is no pass", place)
        for check, outcome in sorted(found.items())
        if outcome == UNKNOWN
    )
    return ImportedPart("email", f"x-{name}", rows, passed, whole=False)
