"""The clock that an expression reads, which also learns until when what it read holds.

In: a day, an instant and the name of a time zone. Out: `today` and `now` for programs, and the first day
and instant at which a comparison that was made with them turns.
"""

from __future__ import annotations

from functools import cache
from os.path import isfile
from typing import Any, Final

from policyscan.cel.errors import Fault
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
_MARGIN: Final = 31 * DAY
_MOST_INSTANTS: Final = 50_000  # that a zone remembers: hours of the same days are asked for again and again


class Zone:
    """A time zone by its IANA name: between local times and instants, in ns since the epoch.

    ValueError, with a reason for people, where there is no such zone; only when it is first needed.
    """

    __slots__ = ("_instants", "_rules", "_starts", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self._rules: Any = None
        self._starts: dict[int, int] = {}
        self._instants: dict[tuple[int, int, bool], int] = {}

    def load(self) -> None:
        """Reads the zone's rules; ValueError, with a reason for people, where there are none."""
        if self._rules is None and self.name != "UTC":
            self._rules = load_zone(self.name)

    def offset(self, instant: int) -> int:
        """The offset from UTC, in ns, at an instant."""
        if self.name == "UTC":
            return 0
        self.load()
        from datetime import UTC, datetime, timedelta

        clamped = min(max(instant, FIRST_INSTANT + _MARGIN), LAST_INSTANT - _MARGIN)
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=clamped // 1000)
        delta = moment.astimezone(self._rules).utcoffset()
        return 0 if delta is None else (delta.days * 86_400 + delta.seconds) * SECOND

    def instant(self, day: int, time: int, *, last: bool = False) -> int:
        """The instant at which a day's clocks show `time` (ns since midnight; 24 h is the next midnight).

        A time that comes twice is the first (or the `last`) one; for one that is skipped, the instant at
        which the clocks jump over it.
        """
        if self.name == "UTC":
            return (day - EPOCH_DAY) * DAY + time
        asked = day, time, last
        found = self._instants.get(asked)
        if found is None:
            if len(self._instants) >= _MOST_INSTANTS:
                self._instants.clear()
            found = self._instants[asked] = self._instant((day - EPOCH_DAY) * DAY + time, last=last)
        return found

    def _instant(self, wall: int, *, last: bool) -> int:
        # Whatever the offset is, it is one of those a day before and after.
        early, late = self.offset(wall - DAY), self.offset(wall + DAY)
        found = [wall - offset for offset in (early, late) if self.offset(wall - offset) == offset]
        if found:
            return max(found) if last else min(found)
        return self._jump(wall - max(early, late), wall - min(early, late))

    def _jump(self, low: int, high: int) -> int:
        """The instant in (low, high] at which the offset changes, to the second."""
        before = self.offset(low)
        while high - low > SECOND:
            middle = (low + high) // 2 // SECOND * SECOND
            if self.offset(middle) == before:
                low = middle
            else:
                high = middle
        return high

    def start_of(self, day: int) -> int:
        """The first instant of a day."""
        found = self._starts.get(day)
        if found is None:
            found = self._starts[day] = self.instant(day, 0)
        return found

    def day_of(self, instant: int) -> int:
        """The ordinal of the day in which an instant lies."""
        day = instant // DAY + EPOCH_DAY
        if self.name == "UTC":
            return day
        if instant < self.start_of(day):
            return day - 1
        return day + 1 if instant >= self.start_of(day + 1) else day


_ZONES: Final[dict[str, Zone]] = {}


def zone_named(name: str) -> Zone:
    """The zone of this name, made once."""
    found = _ZONES.get(name)
    if found is None:
        found = _ZONES[name] = Zone(name)
    return found


@cache
def zone_names() -> frozenset[str]:
    """The names of all zones: those of the tzdata package, which are the same on every machine."""
    folder = _zone_folder()
    if folder is None:
        from zoneinfo import available_timezones

        names = available_timezones()
    else:
        with open(f"{folder}/zones", encoding="ascii") as file:  # noqa: PTH123 - pathlib takes longer to load
            names = set(file.read().split())
    return frozenset(names - {"localtime", "posixrules", "Factory"})


def _zone_folder() -> str | None:
    """Where the tzdata package lies; None if it has no files of its own, as some systems package it."""
    try:
        import tzdata
    except ImportError:
        return None
    return next((path for path in tzdata.__path__ if isfile(f"{path}/zones")), None)  # noqa: PTH113


def zones_version() -> str:
    """Which release of the zones' rules there is; empty where the tzdata package does not say."""
    try:
        from tzdata import IANA_VERSION
    except ImportError:
        return ""
    return str(IANA_VERSION)


def is_zone(name: str) -> bool:
    """Whether there is an IANA zone of this name."""
    return name == "UTC" or name in zone_names()


def load_zone(name: str) -> Any:
    """The rules of an IANA zone; ValueError, with a reason for people, where there is none."""
    from zoneinfo import ZoneInfo

    if not is_zone(name):
        msg = f"{name!r} is not a time zone; write one such as Europe/Berlin"
        raise ValueError(msg)
    folder = _zone_folder()
    if folder is None:
        return ZoneInfo(name)
    with open(f"{folder}/zoneinfo/{name}", "rb") as file:  # noqa: PTH123
        return ZoneInfo.from_file(file, name)


class Clock:
    """Today, now and the zone whose midnights separate the days.

    Evaluators lower `turn_day` (the ordinal of a day at whose start an outcome changes) and
    `turn_instant` (ns since the epoch) for every comparison with the clock that they make; `turn` is the
    earlier of the two as an instant. One clock serves one thread.
    """

    __slots__ = ("day", "instant", "now", "today", "turn_day", "turn_instant", "zone")

    def __init__(self, today: Date, now: Timestamp, zone: str = "UTC") -> None:
        self.today = today
        self.now = now
        self.zone = zone
        # Plain ints: arithmetic with them is what compiled code does most.
        self.day = int(today)
        self.instant = int(now)
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
        return zone_named(self.zone).start_of(day)

    def day_of(self, instant: int) -> int:
        """The ordinal of the day in the zone in which an instant lies."""
        return zone_named(self.zone).day_of(instant)

    def turns_at(self, instant: int) -> None:
        """Notes that an outcome changes at an instant; one that has passed is none."""
        if self.instant < instant < self.turn_instant:
            self.turn_instant = instant

    def turns_on(self, day: int) -> None:
        """Notes that an outcome changes when a day starts."""
        if self.day < day < self.turn_day:
            self.turn_day = day


class Activation(Clock):
    """What an expression runs with: the clock, and what the host answers whose functions it calls."""

    __slots__ = ()

    def answer(self, function: str, *args: Any) -> Any:
        """What a function of the host gives; it may tell the clock when that turns, and raises EvalErrors.

        Fault where nobody answers, as here; a host overrides this.
        """
        raise unanswered(function, *args)


def unanswered(function: str, *_args: Any) -> Fault:
    """The error of a function that is asked where there is nobody to answer."""
    return Fault(f"{function}() can only be used in a policy")
