"""An inventory that is followed back through what it was: since when each of its findings is one.

In: versions of an inventory, the newest first, each as it was from one commit on. Out: how long each finding
has been what it is, as far as is known, and how many controls had each status on a day that is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from policyscan.cel.values import SECOND, Date, Timestamp
from policyscan.engine.ahead import Days, state_of
from policyscan.engine.moments import Moment, shared_clock
from policyscan.engine.plan import Plan
from policyscan.engine.scan import Scanned, document_clock, scan_document
from policyscan.files.steps import Commit
from policyscan.findings import FINDINGS, Age, Onset, Result, Status, is_document_check
from policyscan.records import NamedTuple
from policyscan.session.reader import Reader

if TYPE_CHECKING:
    from policyscan.documents.document import Document

INVENTORY, TIME, UNCOMMITTED = "inventory", "time", "uncommitted"
"""What made a finding one: a commit, time alone, or what is not committed."""

Key: TypeAlias = tuple[str, str, str]
"""The control, requirement and subject of a result."""


class Stay(NamedTuple):
    """What an inventory gave from a day (an ordinal) on until something turned: the status of each of its
    findings, waived or not, and how many controls had each status."""

    day: int
    found: Mapping[Key, Status]
    controls: Mapping[Status, int]


class Version:
    """An inventory as it was from one commit, `since`, until another one changed it. It is evaluated once it
    is known which commit that is."""

    def __init__(self, document: Document, context: Sequence[Document], plan: Plan, reader: Reader) -> None:
        self.document = document
        self.context = context
        self.plan = plan
        self.days = Days(plan, reader)
        clock = document_clock(document, plan)
        self.zone, self.today = clock.zone, clock.day

    def stays(self, first: int, last: int, *, newest: bool) -> list[Stay]:
        """What it gave at the ends of days (ordinals) from `first` to `last`; at the moment of the plan, if
        it is the `newest`, on the last."""
        stretch = self.days.stretch(self.document, self.context, first, last - newest)
        found = [_stay(day, scanned) for day, scanned in stretch]
        if newest:
            found.append(_stay(last, scan_document(self.document, self.plan, self.context)))
        return found

    def day_of(self, step: Commit) -> int:
        """The day of a commit where the inventory is."""
        return shared_clock(Moment(None, Timestamp(step.time * SECOND)), self.zone).day


def _stay(day: int, scanned: Scanned) -> Stay:
    found = {key: bare(result) for key, result in state_of(scanned.results).items()}
    statuses = [status for id_, status in scanned.info.statuses.items() if not is_document_check(id_)]
    return Stay(day, found, {status: statuses.count(status) for status in set(statuses)})


def bare(result: Result) -> Status:
    """The status of a result as if nobody had waived it."""
    return result.waiver.covers if result.waiver is not None else result.status


class Streak:
    """How long a finding has had one of some statuses, as far as is known."""

    def __init__(self, statuses: Collection[Status], today: int) -> None:
        self.statuses = statuses
        self.day = today
        self.cause, self.commit = UNCOMMITTED, ""
        self.ended = False

    def go_back(self, key: Key, stays: Sequence[Stay], commit: str) -> None:
        """Follows it through what a version gave, that a commit made on the first of these days."""
        for number in range(len(stays) - 1, -1, -1):
            if self.ended or stays[number].found.get(key) not in self.statuses:
                self.ended = True
                return
            self.day = stays[number].day
            self.cause, self.commit = (TIME, "") if number else (INVENTORY, commit)

    def onset(self, today: int, *, exact: bool) -> Onset:
        """What is known of it; `exact`: nothing was before what was looked at."""
        earlier = not self.ended and not exact
        cause, commit = (INVENTORY, "") if earlier else (self.cause, self.commit)
        return Onset(str(Date(self.day)), today - self.day, cause, commit, earlier)


class Followed:
    """An inventory that is followed back: its findings, and the version that is being looked at."""

    def __init__(self, results: Sequence[Result], today: int) -> None:
        self.today = today
        self.known_from = today
        """The first day (an ordinal) that is accounted for."""
        self.version: Version | None = None
        self.since: Commit | None = None
        self.presence = Presence.HERE
        self.evaluated = False
        self.trail: list[tuple[int, Mapping[Status, int] | None]] = []
        """From which day on how many controls had each status, the newest first; None: it was not there."""
        self.streaks = {
            key: (Streak({bare(result)}, today), Streak(FINDINGS, today))
            for key, result in state_of(results).items()
        }

    @property
    def settled(self) -> bool:
        """Whether nothing that was before can tell anything new of its findings."""
        return all(one.ended for pair in self.streaks.values() for one in pair)

    def begin(self, version: Version, step: Commit) -> None:
        """Looks at a version from now on, which was there at a commit."""
        if not self.evaluated:
            self.today = self.known_from = version.today
            for streak in (one for pair in self.streaks.values() for one in pair):
                streak.day = self.today
        self.version, self.since = version, step

    def was_not_there(self, day: int) -> None:
        """At a commit of a day (an ordinal) there is no such inventory."""
        for pair in self.streaks.values():
            for one in pair:
                one.ended = True
        if self.trail and self.trail[-1][1] is None:
            self.trail.pop()
        self.known_from = min(self.known_from, day)
        self.trail.append((self.known_from, None))

    def close(self, first: int) -> str:
        """Accounts for the version that is being looked at, from a day (an ordinal) on. The commit that made
        it; empty if there is none to account for."""
        version, since = self.version, self.since
        if version is None or since is None:
            return ""
        day = min(max(version.day_of(since), first), self.known_from)
        stays = version.stays(day, self.known_from, newest=not self.evaluated)
        for key, pair in self.streaks.items():
            for one in pair:
                one.go_back(key, stays, since.commit)
        self.trail.extend((one.day, one.controls) for one in reversed(stays))
        self.known_from, self.version, self.evaluated = day, None, True
        return since.commit

    def at(self, day: int) -> Mapping[Status, int] | None:
        """How many controls had each status at the end of a day (an ordinal); None where nobody knows, or it
        was not there."""
        return next((controls for since, controls in self.trail if since <= day), None)

    def age(self, result: Result, *, exact: bool) -> Age | None:
        """How old a finding is; None where that is not known of this one."""
        pair = self.streaks.get((result.policy, result.requirement, result.subject))
        if pair is None or bare(result) not in pair[0].statuses:
            return None
        return Age(*(one.onset(self.today, exact=exact) for one in pair))


class Presence(Enum):
    """What is known of an inventory at a commit."""

    HERE = "here"
    ABSENT = "absent"
    UNREAD = "unread"  # a file could not be read that it may be in
