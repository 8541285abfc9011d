"""What is ahead as a calendar (iCalendar, RFC 5545): an event of a whole day for each flip.

In: an `Outlook`. Out: the text of an `.ics` file, the same for the same outlook. An event keeps its `UID` as
long as the same result flips on the same day, so that a calendar that takes the file again has it once.
"""

from __future__ import annotations

from collections.abc import Iterator

from policyscan.ahead import Direction, Flip, Outlook
from policyscan.display import one_line
from policyscan.findings import TRAITS
from policyscan.reporters.due_text import shown, told, was
from policyscan.reporters.options import Options
from policyscan.reporters.wording import place

_WIDEST = 75  # octets of a line, without its end


def render(outlook: Outlook, options: Options) -> str:  # noqa: ARG001 - every format takes them
    """The calendar, with the line ends that the format has."""
    stamp = f"{_date(outlook.report.scan.as_of)}T000000Z"
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//policyscan//due//EN",
        "CALSCALE:GREGORIAN",
        *(line for flip in shown(outlook.flips) for line in _event(flip, stamp)),
        "END:VCALENDAR",
    ]
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(flip: Flip, stamp: str) -> Iterator[str]:
    result, (_, after) = flip.result, flip.statuses
    label = TRAITS[after].label if after is not None else "gone"
    who = one_line(flip.name or result.document)
    about = f"{told(flip)}\n{result.policy} ({result.severity}), {was(flip)}.\n{place(result.span)}"
    yield "BEGIN:VEVENT"
    yield f"UID:{result.fingerprint}-{_date(flip.day)}@policyscan"
    yield f"DTSTAMP:{stamp}"
    yield f"DTSTART;VALUE=DATE:{_date(flip.day)}"
    yield f"SUMMARY:{_text(f'{who}: {result.policy} {label}')}"
    yield f"DESCRIPTION:{_text(about)}"
    yield f"CATEGORIES:{_text(flip.change.value)}"
    yield f"PRIORITY:{1 if flip.change is Direction.WORSE else 9}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _date(day: str) -> str:
    return day.replace("-", "")


def _text(text: str) -> str:
    """A text as a value: what separates values is escaped, and nothing can begin a line of its own."""
    lines = (one_line(line) for line in text.split("\n"))
    escaped = (line.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,") for line in lines)
    return "\\n".join(escaped)


def _folded(line: str) -> Iterator[str]:
    """A line in parts of at most 75 octets, the further ones led by a blank; no character is divided."""
    part, size = "", 0
    for char in line:
        wide = len(char.encode("utf-8", "replace"))
        if size + wide > _WIDEST:
            yield part
            part, size = " ", 1
        part, size = part + char, size + wide
    yield part
