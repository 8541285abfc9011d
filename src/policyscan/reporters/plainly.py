"""What owners are told of an inventory in plain words, in letters and on sheets: without ids of controls.

In: an inventory, its results and the controls. Out: sentences for people who read no reports.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from policyscan.findings import MET, DocumentInfo, PolicyInfo, Result, is_document_check, score
from policyscan.reporters.wording import headline_and_question, plural


def standing(day: str, document: DocumentInfo) -> str:
    """How many controls of an inventory are met, and of how many nobody can tell, in a sentence or two."""
    points = score([document])
    if not points.total:
        return f"As of {day}, nothing was found that these controls are about, so that nothing was checked."
    count = plural(points.total, "control")
    open_ = points.high - points.low
    said = f"As of {day}, {points.low:,} of {count} {'is' if 1 in (points.low, points.total) else 'are'} met."
    if open_:
        it = "it is" if open_ == 1 else "they are"
        said += f" Of {open_:,} more we cannot tell whether {it}."
    return said


_ID = re.compile(r"\b[A-Z]{2,}-[0-9]{2}\b")


_PLACE = re.compile(r" \([^()\s]+:[0-9]+(?::[0-9]+)?\)")


def plainly(result: Result, policies: Mapping[str, PolicyInfo]) -> str:
    """What was found, with the titles of controls where it has their ids, and without places in files."""

    def titled(found: re.Match[str]) -> str:
        info = policies.get(found[0])
        return f"“{info.title}”" if info else found[0]

    return _ID.sub(titled, _PLACE.sub("", headline_and_question(result)))


def in_order(document: DocumentInfo, policies: Mapping[str, PolicyInfo]) -> Sequence[PolicyInfo]:
    """The controls that are met, the most important first."""
    met = [
        policies[id_]
        for id_, status in document.statuses.items()
        if status in MET and id_ in policies and not is_document_check(id_)
    ]
    return sorted(met, key=lambda info: (-info.severity.rank, info.id))
