"""`--as-of` and the clock of one document: what today and now are in its time zone.

In: `--as-of` as people write it; later, a moment and a time zone. Out: a `Moment`; then a `PolicyClock`,
and turns as days and instants.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from policyscan import cel
from policyscan.cel.clock import zone_named
from policyscan.cel.values import EPOCH_DAY, SECOND, Date, Timestamp
from policyscan.errors import UsageError
from policyscan.policies import host
from policyscan.records import NamedTuple


class Moment(NamedTuple):
    """When a scan evaluates: a calendar day in every document's own zone, or one instant everywhere."""

    day: Date | None
    instant: Timestamp | None

    def __str__(self) -> str:
        return str(self.day if self.day is not None else self.instant)


def parse_moment(text: str, said: str = "--as-of") -> Moment:
    """`2026-10-31`, or an instant with an offset such as `2026-10-31T12:00:00+01:00`; `said` is where a
    person wrote it."""
    try:
        if "T" in text or "t" in text:
            return Moment(None, Timestamp.parse(text))
        return Moment(Date.parse(text), None)
    except ValueError as error:
        message = f"{said} {text!r} is neither a day nor an instant"
        hint = "write 2026-10-31, or 2026-10-31T12:00:00+01:00"
        raise UsageError(message, hint=hint) from error


class Others(Protocol):
    """What other policies say of the document that is being evaluated."""

    def passes(self, policy: str, clock: PolicyClock) -> bool: ...
    def status(self, policy: str, clock: PolicyClock) -> str: ...
    def grade(self, policy: str, clock: PolicyClock) -> str: ...


class PolicyClock(cel.Activation):
    """The clock of one document, which also answers what other policies say of it, and which of its dates
    contradict each other."""

    __slots__ = ("clashes", "others")

    def __init__(self, today: Date, now: Timestamp, zone: str) -> None:
        super().__init__(today, now, zone)
        self.others: Others | None = None
        self.clashes: Callable[[str, PolicyClock], Sequence[Any]] | None = None

    def answer(self, function: str, *args: Any) -> Any:
        """What `passes`, `status` or `grade` says of another policy now, or `disordered` and `unshown` of the
        document; raises Missing where none can."""
        if function in host.CLASHES:
            return list(self.clashes(function, self)) if self.clashes is not None else []
        others = self.others
        if others is None:
            return super().answer(function, *args)
        answers = {"passes": others.passes, "status": others.status, "grade": others.grade}
        return answers[function](str(args[0]), self)

    def at(self, instant: int) -> PolicyClock:
        """The clock of the same document at another instant, in nanoseconds since 1970."""
        made = PolicyClock(Date(self.day_of(instant)), Timestamp(instant), self.zone)
        made.others, made.clashes = self.others, self.clashes
        return made


_clocks: dict[tuple[Moment, str], PolicyClock] = {}
_MOST_CLOCKS = 600  # about as many as there are time zones


def shared_clock(moment: Moment, zone: str) -> PolicyClock:
    """The clock of all documents in a zone at a moment: what it learns of the zone's days is learnt once."""
    clock = _clocks.get((moment, zone))
    if clock is None:
        if len(_clocks) >= _MOST_CLOCKS:
            _clocks.clear()
        clock = _clocks[moment, zone] = clock_at(moment, zone)
    return clock


def clock_at(moment: Moment, zone: str) -> PolicyClock:
    """The clock of a document in `zone`: a day's now is its last second."""
    if moment.instant is not None:
        probe = cel.Clock(Date(EPOCH_DAY), moment.instant, zone)
        return PolicyClock(Date(probe.day_of(int(moment.instant))), moment.instant, zone)
    day = moment.day
    assert day is not None
    probe = cel.Clock(day, Timestamp(0), zone)
    return PolicyClock(day, Timestamp(probe.start_of(int(day) + 1) - SECOND), zone)


def end_of_notice(clock: cel.Clock, days: int) -> int:
    """The last instant, in nanoseconds since 1970, that lies within a notice period of whole days."""
    return clock.start_of(clock.day + days + 1) - 1


def turns_within(clock: cel.Clock, turn: tuple[int, int], days: int) -> bool:
    """Whether a (turn_day, turn_instant) lies within a notice period of whole days."""
    day, instant = turn
    if day <= clock.day + days:
        return True
    return instant < cel.clock.NEVER_INSTANT and instant <= end_of_notice(clock, days)


def turning(clock: cel.Clock, turn: tuple[int, int]) -> int | None:
    """The instant of a (turn_day, turn_instant), in nanoseconds since 1970; None if it never comes."""
    saved = clock.turn_day, clock.turn_instant
    clock.turn_day, clock.turn_instant = turn
    instant = clock.turn
    clock.turn_day, clock.turn_instant = saved
    return instant


def shown(clock: cel.Clock, turn_day: int, turn_instant: int) -> str | None:
    """Until when something holds, for people and machines: a date where a day turns it, else an instant."""
    if turn_day < cel.clock.NEVER_DAY and clock.start_of(turn_day) <= turn_instant:
        return str(Date(turn_day))
    if turn_instant < cel.clock.NEVER_INSTANT:
        return str(Timestamp(turn_instant))
    return None


def local_time(clock: cel.Clock, instant: int) -> str:
    """An instant, in nanoseconds since 1970, in a clock's zone: `2026-08-16 02:10 (UTC-05:00)`."""
    offset = zone_named(clock.zone).offset(instant)
    local = str(Timestamp(instant + offset)).removesuffix("Z").removesuffix(":00").replace("T", " ")
    if not offset:
        return f"{local} UTC"
    minutes = abs(offset) // 60_000_000_000
    sign = "-" if offset < 0 else "+"
    return f"{local} (UTC{sign}{minutes // 60:02}:{minutes % 60:02})"
