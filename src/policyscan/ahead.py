"""What is ahead: every change of a result in the days to come, if no fact changes before.

In: what results are on one day and what they are on a later one. Out: `Flip`s, each on the first day that
ends with another result; an `Outlook` of all of them, and the exit code that follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from policyscan.findings import Report, Result, Status, unchecked
from policyscan.records import NamedTuple


class Direction(Enum):
    """What a flip means to whoever answers for the inventory."""

    WORSE = "worse"
    BETTER = "better"
    NOTICE = "notice"  # it passes all the same, and its notice begins or is over
    OTHER = "other"  # neither, as where another requirement decides from then on


_BADNESS = {
    Status.NOT_APPLICABLE: 0,
    Status.PASS: 0,
    Status.DUE: 0,
    Status.WAIVED: 1,
    Status.WARNING: 2,
    Status.UNKNOWN: 3,
    Status.FAIL: 4,
    Status.ERROR: 5,
}
_PASSING = frozenset({Status.PASS, Status.DUE})


class Flip(NamedTuple):
    """One result that is another one at the end of `day` than it was at the end of the day before.

    `day` is an ISO date in the inventory's own time zone, `name` what people call the inventory. `before` and
    `after` are None where there is no such result: what it is about is in no list then, or another
    requirement decides; `instead` is the worst status that its control has for its subject there. One of the
    two results is there.
    """

    day: str
    name: str
    before: Result | None
    after: Result | None
    instead: Status | None = None

    @property
    def result(self) -> Result:
        """The later result, or the earlier one if there is no later."""
        result = self.after or self.before
        assert result is not None
        return result

    @property
    def statuses(self) -> tuple[Status | None, Status | None]:
        """The statuses before and after."""
        before, after = self.before, self.after
        return before.status if before is not None else None, after.status if after is not None else None

    @property
    def change(self) -> Direction:
        """Whether it is for the worse or the better."""
        statuses = self.statuses
        if set(statuses) == _PASSING:
            return Direction.NOTICE
        before, after = (_BADNESS[one or self.instead or Status.NOT_APPLICABLE] for one in statuses)
        aside = self.instead is not None and statuses[1] in (None, Status.NOT_APPLICABLE)
        if before == after or aside:
            return Direction.OTHER
        return Direction.WORSE if after > before else Direction.BETTER


class Outlook(NamedTuple):
    """A report as of its own moment, and the flips in the `days` after it, the first at the top; the last day
    that was looked at is `until`."""

    report: Report
    days: int
    until: str
    flips: tuple[Flip, ...] = ()

    def in_days(self, day: str) -> int:
        """How many days a day (an ISO date) is after the one that this is as of."""
        from datetime import date

        return (date.fromisoformat(day) - date.fromisoformat(self.report.scan.as_of)).days

    @property
    def exit_code(self) -> int:
        """2: something could not be evaluated, or nothing was checked; 1: with `fail_on_due`, something gets
        worse whose severity counts; 3: a profile meets no client; else 0."""
        report, gate = self.report, self.report.gate
        errors = any(one.status is Status.ERROR for one in report.results)
        if (
            report.problems
            or unchecked(report)
            or errors
            or any(Status.ERROR in one.statuses for one in self.flips)
        ):
            return 2
        worse = (flip for flip in self.flips if flip.change is Direction.WORSE)
        if gate.fail_on_due and any(flip.result.severity.rank >= gate.fail_on.rank for flip in worse):
            return 1
        return 3 if report.scan.unmet else 0


def in_order(flips: Iterable[Flip]) -> tuple[Flip, ...]:
    """Flips by day; those of a day for the worse first, then by severity, inventory and control."""
    order = list(Direction)
    return tuple(
        sorted(
            flips,
            key=lambda one: (
                one.day, order.index(one.change), -one.result.severity.rank, one.result.kind,
                one.result.document, one.result.policy, one.result.requirement, one.result.subject,
            ),
        )
    )  # fmt: skip
