"""Opening hours, stretches of time and rotas, with the changes of the clocks taken into account.

In: calendars, rotas, instants and the clock. Out: intervals, durations and answers, and the moment at which
an answer turns.

A calendar has `days` ("mon" to "sun"), `opens` and `closes` ("08:00", "24:00"), `holidays` (closed all day)
and perhaps a `time_zone`; without one, the reader's holds: whoever decodes a document gives its own to its
calendars. One that closes at or before the time it opens closes on the next day. At a change of the clocks,
an opening time that comes twice is the first and a closing time the last; one that is skipped is the instant
of the change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from policyscan.cel.clock import NEVER_INSTANT, Zone, zone_named
from policyscan.cel.errors import Absent, Fault, Missing
from policyscan.cel.registry import Function, Overload
from policyscan.cel.types import BOOL, DATE, DURATION, INT, INTERVAL, STRING, TIMESTAMP, AnyObject, List
from policyscan.cel.values import MINUTE, Duration, Timestamp

if TYPE_CHECKING:
    from policyscan.cel.clock import Clock

_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONGEST: Final = 40_000
"""Days that a calendar is followed for at most."""

CALENDAR: Final = AnyObject(
    "calendar", {"days": List(STRING), "opens": STRING, "closes": STRING, "holidays": List(DATE)}
)
STRETCH: Final = AnyObject("interval", {"starts_at": TIMESTAMP, "ends_at": TIMESTAMP})


class Hours:
    """A calendar, understood: `opened(day)` is when it is open on the hours that start on a day."""

    __slots__ = ("closes", "days", "holidays", "opens", "zone")

    def __init__(self, clock: Clock, calendar: Any) -> None:
        self.zone: Zone = zone_named(_zone_name(clock, calendar))
        self.zone.load()
        self.days = frozenset(_WEEKDAYS.index(name) for name in _of(calendar, "days"))
        self.opens = _time(_of(calendar, "opens"))
        self.closes = _time(_of(calendar, "closes"))
        self.holidays = frozenset(int(day) for day in _of(calendar, "holidays"))

    def opened(self, day: int) -> tuple[int, int] | None:
        """The first instant of a day's hours and the first after them; None for a day without."""
        # Ordinal 1, the first of January of the year 1, was a Monday.
        if (day - 1) % 7 not in self.days or day in self.holidays:
            return None
        start = self.zone.instant(day, self.opens)
        overnight = self.closes <= self.opens
        end = self.zone.instant(day + overnight, self.closes, last=True)
        return start, max(start, end)

    def stretches(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """When it is open from `start` to `end`, in order, cut off at both and never touching."""
        first, last = self.zone.day_of(start) - 1, self.zone.day_of(max(end - 1, start))
        if last - first > _LONGEST:
            msg = f"a calendar is followed for at most {_LONGEST} days"
            raise Fault(msg)
        held: tuple[int, int] | None = None
        for day in range(first, last + 1):
            found = self.opened(day)
            if found is None or found[1] <= start or found[0] >= end:
                continue
            low, high = max(found[0], start), min(found[1], end)
            if held is not None and low <= held[1]:
                held = held[0], max(high, held[1])
                continue
            if held is not None and held[0] < held[1]:
                yield held
            held = low, high
        if held is not None and held[0] < held[1]:
            yield held

    def next_change(self, instant: int) -> int:
        """The first instant after this one at which it opens or closes."""
        day = self.zone.day_of(instant) - 1
        last = day + 400
        best = NEVER_INSTANT
        while day <= last:
            found = self.opened(day)
            if found is not None:
                best = min([best, *(edge for edge in found if edge > instant)])
                if best < NEVER_INSTANT and found[0] > best:
                    return best
            day += 1
        return best


def _of(calendar: Any, field: str) -> Any:
    if field not in calendar:
        msg = f"{field} is missing from the calendar"
        raise Missing(msg)
    value = calendar[field]
    if value is None:
        msg = f"the calendar's {field} is null"
        raise Absent(msg)
    return value


def _zone_name(clock: Clock, calendar: Any) -> str:
    name = calendar.get("time_zone")
    return name if isinstance(name, str) else clock.zone


def _time(text: str) -> int:
    hour, _, minute = text.partition(":")
    if not (
        hour.isdigit() and minute.isdigit() and int(minute) < 60 and int(hour) * 60 + int(minute) <= 1440
    ):
        msg = f"{text!r} is not a time of day; write it as 08:00"
        raise Fault(msg)
    return (int(hour) * 60 + int(minute)) * MINUTE


def _hours(clock: Clock, calendar: Any) -> Hours:
    try:
        return Hours(clock, calendar)
    except (ValueError, TypeError, AttributeError) as error:
        msg = f"this is no calendar: {error}"
        raise Fault(msg) from error


# --- stretches of time


def _stretch(start: int, end: int) -> dict[str, Timestamp]:
    return {"starts_at": Timestamp(start), "ends_at": Timestamp(end)}


def interval(start: int, end: int) -> dict[str, Timestamp]:
    """From an instant up to, not including, another; Fault where it ends before it starts."""
    if end < start:
        msg = "an interval cannot end before it starts"
        raise Fault(msg)
    return _stretch(start, end)


def moving_interval(_clock: Clock, _moves: tuple[bool, ...], start: int, end: int) -> dict[str, Timestamp]:
    """What uses the interval knows when it turns."""
    return interval(start, end)


def _edges(stretch: Any) -> tuple[int, int]:
    return int(_of(stretch, "starts_at")), int(_of(stretch, "ends_at"))


# --- calendars


def is_open(clock: Clock, calendar: Any, instant: int) -> bool:
    """Whether an instant lies within a calendar's hours."""
    hours = _hours(clock, calendar)
    return any(True for _ in hours.stretches(instant, instant + 1))


def _moving_is_open(clock: Clock, _moves: tuple[bool, ...], calendar: Any, instant: int) -> bool:
    hours = _hours(clock, calendar)
    clock.turns_at(clock.instant + hours.next_change(instant) - instant)
    return any(True for _ in hours.stretches(instant, instant + 1))


def closed(clock: Clock, calendar: Any, stretch: Any) -> list[dict[str, Timestamp]]:
    """The parts of a stretch in which a calendar is closed, in order."""
    start, end = _edges(stretch)
    found = []
    for opens, closes in _hours(clock, calendar).stretches(start, end):
        if start < opens:
            found.append(_stretch(start, opens))
        start = closes
    if start < end:
        found.append(_stretch(start, end))
    return found


def moving_closed(
    clock: Clock, moves: tuple[bool, ...], calendar: Any, stretch: Any
) -> list[dict[str, Timestamp]]:
    """As `closed`; turns when an edge of the stretch meets an opening or closing time."""
    hours = _hours(clock, calendar)
    if moves[1]:
        for edge in _edges(stretch):
            # An end that stands on a closing time has a closed stretch behind it an instant later.
            change = hours.next_change(edge - 1)
            clock.turns_at(clock.instant + (1 if change == edge else change - edge))
    return closed(clock, calendar, stretch)


def uncovered(stretches: list[Any], shifts: list[Any]) -> list[dict[str, Timestamp]]:
    """The parts of some stretches that no shift covers, in order."""
    covers = sorted(_edges(shift) for shift in shifts)
    found = []
    for start, end in sorted(_edges(stretch) for stretch in stretches):
        at = start
        for opens, closes in covers:
            if opens >= end:
                break
            if opens > at:
                found.append(_stretch(at, opens))
            at = max(at, closes)
        if at < end:
            found.append(_stretch(at, end))
    return found


def moving_uncovered(
    clock: Clock, moves: tuple[bool, ...], stretches: list[Any], shifts: list[Any]
) -> list[dict[str, Timestamp]]:
    """As `uncovered`; turns when an edge of a stretch meets one of a shift, or the reverse."""
    moving, fixed = (stretches, shifts) if moves[0] else (shifts, stretches)
    targets = sorted({edge for shift in fixed for edge in _edges(shift)})
    for stretch in moving:
        for edge in _edges(stretch):
            later = next((target for target in targets if target >= edge), None)
            if later is not None:
                clock.turns_at(clock.instant + max(later - edge, 1))
    return uncovered(stretches, shifts)


# --- time that counts


def _elapsed(clock: Clock, calendar: Any, start: int, end: int) -> Duration:
    if end < start:
        return Duration(-_elapsed(clock, calendar, end, start))
    return Duration(sum(high - low for low, high in _hours(clock, calendar).stretches(start, end)))


def elapsed(clock: Clock, calendar: Any, start: int, end: int) -> Duration:
    """How long a calendar is open from one instant to another; negative where they are in reverse."""
    return _elapsed(clock, calendar, start, end)


def moving_elapsed(clock: Clock, _moves: tuple[bool, ...], calendar: Any, start: int, end: int) -> Duration:
    """As `elapsed`; the comparison that uses it knows when it turns."""
    return _elapsed(clock, calendar, start, end)


def advance(clock: Clock, calendar: Any, instant: int, amount: int) -> int:
    """The instant at which a calendar has been open for `amount` ns since another; never is the far end."""
    hours = _hours(clock, calendar)
    day = hours.zone.day_of(instant) - 1
    left, at = amount, instant
    for offset in range(_LONGEST):
        found = hours.opened(day + offset)
        if found is None or found[1] <= at:
            continue
        low = max(found[0], at)
        if found[1] - low >= left:
            return low + left
        left -= found[1] - low
        at = found[1]
    return NEVER_INSTANT


def within_working_days(clock: Clock, calendar: Any, start: int, end: int, limit: int) -> bool:
    """Whether no more than `limit` days on which a calendar opens lie after `start`, up to and with `end`."""
    return _last_in_time(clock, calendar, start, end, limit) >= end


def moving_within_working_days(
    clock: Clock, moves: tuple[bool, ...], calendar: Any, start: int, end: int, limit: int
) -> bool:
    """As `within_working_days`; tells the clock when that turns."""
    last = _last_in_time(clock, calendar, start, end if not moves[2] else end + _LONGEST // 2, limit)
    if last >= end and moves[2]:
        clock.turns_on(clock.day + last + 1 - end)
    if moves[1]:
        clock.turns_on(clock.day + 1)
    return last >= end


def _last_in_time(clock: Clock, calendar: Any, start: int, end: int, limit: int) -> int:
    """The last day, no later than `end`, that is within so many days on which a calendar opens."""
    if end - start > _LONGEST:
        msg = f"a calendar is followed for at most {_LONGEST} days"
        raise Fault(msg)
    hours, count = _hours(clock, calendar), 0
    for day in range(start + 1, end + 1):
        count += hours.opened(day) is not None
        if count > limit:
            return day - 1
    return end


_OFFICE: Final = (
    '{"days": ["mon", "tue", "wed", "thu", "fri"], "opens": "08:00", "closes": "17:00", "holidays": []}'
)
_FRIDAY: Final = 'timestamp("2026-10-30T12:00:00Z")'
_MONDAY: Final = 'timestamp("2026-11-02T12:00:00Z")'

FUNCTIONS: Final = (
    Function(
        "interval",
        (Overload((TIMESTAMP, TIMESTAMP), INTERVAL, interval, moving=moving_interval),),
        "The stretch of time from an instant up to another: an object with `starts_at` and `ends_at`.",
        (
            'interval(timestamp("2026-01-01T00:00:00Z"), timestamp("2026-01-02T00:00:00Z")).ends_at'
            ' == timestamp("2026-01-02T00:00:00Z")',
        ),
        policy=True,
    ),
    Function(
        "isOpen",
        (Overload((CALENDAR, TIMESTAMP), BOOL, is_open, clock=True, moving=_moving_is_open),),
        "True for an instant within a calendar's hours; holidays are closed.",
        (f"isOpen({_OFFICE}, {_FRIDAY})",),
        policy=True,
    ),
    Function(
        "closed",
        (Overload((CALENDAR, STRETCH), List(INTERVAL), closed, clock=True, moving=moving_closed),),
        "The parts of a stretch of time in which a calendar is closed: nights, weekends and holidays.",
        (f"size(closed({_OFFICE}, interval({_FRIDAY}, {_MONDAY}))) == 1",),
        policy=True,
    ),
    Function(
        "uncovered",
        (Overload((List(STRETCH), List(STRETCH)), List(INTERVAL), uncovered, moving=moving_uncovered),),
        "The parts of some stretches of time that no shift covers; a shift has `starts_at` and `ends_at`.",
        (f"uncovered([interval({_FRIDAY}, {_MONDAY})], [interval({_FRIDAY}, {_MONDAY})]) == []",),
        policy=True,
    ),
    Function(
        "elapsed",
        (Overload((CALENDAR, TIMESTAMP, TIMESTAMP), DURATION, elapsed, clock=True, moving=moving_elapsed),),
        "How long a calendar is open between two instants: what counts where a promise is in business hours.",
        (f"elapsed({_OFFICE}, {_FRIDAY}, {_MONDAY}) == hours(9)",),
        policy=True,
    ),
    Function(
        "withinWorkingDays",
        (
            Overload(
                (CALENDAR, DATE, DATE, INT),
                BOOL,
                within_working_days,
                clock=True,
                moving=moving_within_working_days,
            ),
        ),
        "True if no more than so many days on which a calendar opens lie after one day, up to and with"
        " another.",
        (f'withinWorkingDays({_OFFICE}, date("2026-10-30"), date("2026-11-03"), 2)',),
        policy=True,
    ),
)
