"""What the page of a report says of its baseline: how much changed, what made it so, and what it is.

In: a report, and where its inventories stand on the page. Out: a `Changed`, of plain values; None without a
baseline.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from policyscan.display import one_line
from policyscan.findings import ChangeKind, Comparison, Report
from policyscan.records import NamedTuple
from policyscan.reporters.html.charts import Bar, bar
from policyscan.reporters.since import (
    AlikeChanges,
    counted,
    counts,
    first_of_each,
    made_by,
    silent_words,
    together,
)
from policyscan.reporters.wording import named, plural

_ROWS = 12  # changes that are told one by one, and no more than
_ROWS_OF_A_KIND = 5
_STYLES = {
    ChangeKind.NEW: "fail",
    ChangeKind.WORSE: "error",
    ChangeKind.UNKNOWN: "unknown",
    ChangeKind.BETTER: "due",
    ChangeKind.FIXED: "pass",
    ChangeKind.WAIVED: "waived",
    ChangeKind.GONE: "taken",
}


class ChangedRow(NamedTuple):
    """What became of a control of an inventory."""

    style: str
    label: str
    anchor: str
    name: str
    policy: str
    severity: str
    what: str
    origins: str


class Changed(NamedTuple):
    """What changed since a baseline; `more` are the changes that the rows do not tell."""

    baseline: str
    as_of: str
    words: str
    bar: Bar | None
    made_by: str
    rows: tuple[ChangedRow, ...]
    more: str
    silent: tuple[str, ...]


def changed_of(report: Report, anchors: Mapping[tuple[str, str], str]) -> Changed | None:
    """What changed since the baseline of a report, if it has one."""
    since = report.comparison
    if since is None:
        return None
    found = together(since.changes)
    names = named(report.documents)
    shown = first_of_each(found, _ROWS, _ROWS_OF_A_KIND)
    left = len(since.changes) - sum(one.more + 1 for one in shown)

    def row(one: AlikeChanges) -> ChangedRow:
        return _row(one, anchors, names.get)

    return Changed(
        one_line(since.baseline),
        one_line(since.as_of),
        counted(since),
        _bar(since),
        made_by(since),
        tuple(map(row, shown)),
        f"And {plural(left, 'change')} more." if left > 0 else "",
        tuple(silent_words(since.silent)),
    )


def _row(
    one: AlikeChanges,
    anchors: Mapping[tuple[str, str], str],
    name: Callable[[tuple[str, str], str], str],
) -> ChangedRow:
    key = one.kind, one.document
    return ChangedRow(
        _STYLES[one.change],
        one.change.value,
        anchors.get(key, ""),
        name(key, one_line(one.document)),
        one.policy,
        one.severity.value,
        one.what,
        ", ".join(one.origins),
    )


def _bar(since: Comparison) -> Bar | None:
    """How the changes are shared out; what did not change is told in words, as it would leave no room."""
    return bar((_STYLES[kind], kind.value, count) for kind, count in counts(since))
