"""Cells: what the values of exports mean, as plain values of inventories; what is not clear stays unknown.

In: a value as a tool wrote it, and what is known of the client. Out: a value, `NOT_TOLD` for what the tool
does not say, or UnclearCell with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from policyscan.patterns import when_used
from policyscan.records import NamedTuple


class _NotTold:
    """What a tool does not say: the fact stays as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NOT_TOLD"


NOT_TOLD: Any = _NotTold()


class UnclearCell(ValueError):
    """A value that may mean several things, or none: the fact stays as it is, and people are told."""


class Setting(NamedTuple):
    """What is known of the client whose facts an export tells: the zone of its days, the zone that instants
    without one are meant in (None: nobody said), the latest moment that can be, words of the tool's own
    lists, such as of priorities, with what they mean, when the file was saved that is read, and in which
    domains the client's own addresses and sites are."""

    zone: tzinfo
    local: tzinfo | None
    now: datetime
    words: Mapping[str, str]
    saved: datetime
    domains: frozenset[str] = frozenset()


Cell = Callable[[Any, Setting], Any]
_SECONDS = 946_684_800, 4_102_444_800  # of the years 2000 to 2100
_LAST_YEAR = 9000
_FIRST_YEAR = 1971  # 0001, 1601, 1899, 1900 and 1970 say never
_FIRST_DAY, _LAST_DAY = (date(year, 1, 1).toordinal() - 719_163 for year in (_FIRST_YEAR, _LAST_YEAR + 1))
_ISO = when_used(
    r"(\d{4})[-/](\d\d)[-/](\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?\s*(Z|[-+]\d\d:?\d\d)?)?"
)
_POWERSHELL = when_used(r"/Date\((-?\d{1,18})(?:[-+]\d{4})?\)/")
_AMBIGUOUS = when_used(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}.*")
_NEVER = frozenset(("", "never", "never logged in", "-", "n/a"))
PLACEHOLDERS = frozenset(
    (
        "", "0", "none", "null", "unknown", "to be filled by o.e.m.", "default string",
        "system serial number", "not specified", "not applicable", "n/a", "invalid", "o.e.m.", "0123456789",
    )
)  # fmt: skip
"""What stands in the place of a serial number where there is none."""


def text(value: Any, _: Setting) -> Any:
    """A text as it is; nothing where there is none."""
    if value is None or value.__class__ in (dict, list, bool):
        return NOT_TOLD
    return str(value).strip() or NOT_TOLD


def serial(value: Any, setting: Setting) -> Any:
    """A serial number; not what the maker of the machine left there."""
    found = text(value, setting)
    return NOT_TOLD if found is NOT_TOLD or found.lower() in PLACEHOLDERS else found


def yes_no(value: Any, _: Setting) -> Any:
    """True or false, also as the texts that CSV has; an empty one is not told."""
    if value.__class__ is bool:
        return value
    word = str(value).strip().lower() if value is not None else ""
    if word in ("true", "yes", "1"):
        return True
    if word in ("false", "no", "0"):
        return False
    if word in ("", "unknown"):
        return NOT_TOLD
    raise UnclearCell(f"{value!r} is neither yes nor no")


def words(**meant: Any) -> Cell:
    """One of some words, in capitals or not, and what it means; any other is not clear."""
    table = {word.lower(): value for word, value in meant.items()}

    def cell(value: Any, _: Setting) -> Any:
        if value is None or value == "":
            return NOT_TOLD
        key = str(value).strip().lower().replace(" ", "_").replace("-", "_")
        if key not in table:
            raise UnclearCell(f"what {value!r} means is not known")
        return table[key]

    return cell


def moment(value: Any, setting: Setting) -> datetime | None:
    """The moment that a number of seconds or milliseconds, or a text, says; None for never.

    Raises UnclearCell for a text whose zone nobody knows, and for what cannot be: no year from 2000 on.
    """
    if value is None:
        return None
    if value.__class__ in (int, float):
        return _of_number(value)
    said = str(value).strip()
    if said.replace(".", "", 1).isdecimal():
        return _of_number(float(said))
    return _of_text(said, setting)


def _of_number(value: float) -> datetime | None:
    if value == 0:
        return None
    seconds = value / 1000 if value >= _SECONDS[0] * 1000 else value
    if not _SECONDS[0] <= seconds < _SECONDS[1]:
        raise UnclearCell(f"{value:g} is no moment of this century, neither in seconds nor in milliseconds")
    return datetime.fromtimestamp(seconds, UTC)


def _of_text(said: str, setting: Setting) -> datetime | None:
    if said.lower() in _NEVER:
        return None
    found = _ISO.fullmatch(said)
    if found is None:
        ticks = _POWERSHELL.fullmatch(said)
        if ticks is not None:
            return _of_powershell(int(ticks[1]))
        why = "depends on the country" if _AMBIGUOUS.fullmatch(said) else "cannot be told"
        raise UnclearCell(f"which moment {said!r} is {why}")
    year, month, day, clock, fraction, zone = found.groups()
    if int(year) < _FIRST_YEAR or int(year) > _LAST_YEAR:
        return None
    iso = f"{year}-{month}-{day}T{clock or '00:00'}.{(fraction or '0')[:6].ljust(6, '0')}"
    if len(clock or "00:00") == 5:
        iso = f"{year}-{month}-{day}T{clock or '00:00'}:00"
    try:
        made = datetime.fromisoformat(iso + (zone or ""))
    except ValueError:
        raise UnclearCell(f"{said!r} is no day") from None
    if made.tzinfo is None and setting.local is None:
        raise UnclearCell(f"{said!r} says no time zone")
    return made if made.tzinfo is not None else made.replace(tzinfo=setting.local)


def _of_powershell(milliseconds: int) -> datetime | None:
    """A moment as Windows PowerShell writes it into JSON; the years that say never as in a text."""
    days = milliseconds // 86_400_000
    if not _FIRST_DAY <= days < _LAST_DAY:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def clear(read: Callable[[], Any]) -> Any:
    """What reading gives, or the reason why it is not clear."""
    try:
        return read()
    except UnclearCell as unclear:
        return unclear


def instant(value: Any, setting: Setting) -> Any:
    """A moment as an inventory writes it, in the client's zone; null for never."""
    found = _checked(value, setting)
    return written(found, setting) if found is not None else None


def day(value: Any, setting: Setting) -> Any:
    """The client's day of a moment, as an inventory writes it; null for never."""
    found = _checked(value, setting)
    return found.astimezone(setting.zone).date().isoformat() if found is not None else None


def stated_day(value: Any, setting: Setting) -> Any:
    """The day that a text names, whatever the time after it: no zone is needed; null for never."""
    said = str(value or "").strip()
    if said.lower() in _NEVER:
        return None
    found = _ISO.fullmatch(said)
    if found is None:
        return day(value, setting)
    return f"{found[1]}-{found[2]}-{found[3]}" if _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR else None


def _checked(value: Any, setting: Setting) -> datetime | None:
    found = moment(value, setting)
    if found is not None and found > setting.now:
        raise UnclearCell(f"{found.astimezone(setting.zone).isoformat(' ', 'minutes')} lies in the future")
    return found


def written(found: datetime, setting: Setting) -> str:
    """A moment as an inventory writes it."""
    return found.astimezone(setting.zone).replace(microsecond=0).isoformat()


def short_name(value: str) -> str:
    """A computer's name without its domain, as several tools call it differently."""
    return value.split(".", 1)[0].lower() if not value.replace(".", "").isdecimal() else value
