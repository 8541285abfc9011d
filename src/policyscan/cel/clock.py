"""The clock that an expression reads, which also learns until when what it read holds."""

from __future__ import annotations

from typing import Any, Final

from policyscan.cel.values import (
    DAY,
    EPOCH_DAY,
    FIRST_INSTANT,
    LAST_DAY,
    LAST_INSTANT,
    SECOND,
    Date,
    Timestamp,
)

NEVER_DAY: Final = LAST_DAY + 1
NEVER_INSTANT: Final = LAST_INSTANT + 1
_MONTH: Final = 31


class Clock:
    """Today, now and the zone whose midnights separate the days.

    Evaluators lower `turn_day` (the ordinal of a day at whose start an outcome changes) and
    `turn_instant` (nanoseconds since the epoch) for every comparison with the clock that they make;
    `turn` is the earlier of the two as an instant. One clock serves one thread.
    """

    __slots__ = ("_starts", "_zone", "day", "instant", "now", "today", "turn_day", "turn_instant", "zone")

    def __init__(self, today: Date, now: Timestamp, zone: str = "UTC") -> None:
        self.today = today
        self.now = now
        self.zone = zone
        # Plain ints: arithmetic with them is what compiled code does most.
        self.day = int(today)
        self.instant = int(now)
        self._zone: Any = None
        self._starts: dict[int, int] = {}
        self.reset()

    def reset(self) -> None:
        """Forget every turn."""
        self.turn_day = NEVER_DAY
        self.turn_instant = NEVER_INSTANT

    @property
    def turn(self) -> int | None:
        """The earliest instant, in ns since the epoch, at which an outcome changes; None for never."""
        turn = self.turn_instant
        if self.turn_day < NEVER_DAY:
            turn = min(turn, self.start_of(self.turn_day))
        return turn if turn < NEVER_INSTANT else None

    def start_of(self, day: int) -> int:
        """The first instant of a day in the zone, in ns since the epoch.

        Where midnight is skipped by a change of the clocks, the day starts when the gap ends; where it
        comes twice, at the first.
        """
        found = self._starts.get(day)
        if found is None:
            found = self._starts[day] = self._start_of(day)
        return found

    def _start_of(self, day: int) -> int:
        utc = (day - EPOCH_DAY) * DAY
        if self.zone == "UTC":
            return utc
        # Local midnight lies within a day of the same number in UTC; both offsets around it are tried.
        early, late = self.offset(utc - DAY), self.offset(utc + DAY)
        for offset in (max(early, late), min(early, late)):
            if self.offset(utc - offset) == offset:
                return utc - offset
        return self._gap_end(utc - max(early, late), utc - min(early, late))

    def _gap_end(self, low: int, high: int) -> int:
        """The instant in (low, high] at which the offset changes, to the second."""
        before = self.offset(low)
        while high - low > SECOND:
            middle = (low + high) // 2 // SECOND * SECOND
            if self.offset(middle) == before:
                low = middle
            else:
                high = middle
        return high

    def offset(self, instant: int) -> int:
        """The zone's offset from UTC, in ns, at an instant in ns since the epoch."""
        if self.zone == "UTC":
            return 0
        if self._zone is None:
            self._zone = load_zone(self.zone)
        from datetime import UTC, datetime, timedelta

        clamped = min(max(instant, FIRST_INSTANT + _MONTH * DAY), LAST_INSTANT - _MONTH * DAY)
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=clamped // 1000)
        delta = moment.astimezone(self._zone).utcoffset()
        return 0 if delta is None else (delta.days * 86_400 + delta.seconds) * SECOND

    def day_of(self, instant: int) -> int:
        """The ordinal of the day in the zone in which an instant lies."""
        day = instant // DAY + EPOCH_DAY
        if self.zone == "UTC":
            return day
        if instant < self.start_of(day):
            return day - 1
        return day + 1 if instant >= self.start_of(day + 1) else day


def load_zone(name: str) -> Any:
    """The time zone of an IANA name; ValueError, with a reason for people, where there is none."""
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        msg = f"{name!r} is not a time zone; write one such as Europe/Berlin"
        raise ValueError(msg) from error
