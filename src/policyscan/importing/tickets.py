"""Tickets: what exports of several ticket systems have in common.

In: the moments and words of a ticket. Out: facts of an incident. What a system counts itself (its own
minutes, whether a promise was kept) leaves pauses out and takes automatic replies for answers: only moments
are read, and the system's own word is kept as what it claims.
"""

from __future__ import annotations

import re
from typing import Any

from policyscan.importing.cells import NOT_TOLD, Setting, UnclearCell, clear, moment, written

_AUTOMATIC = 60  # seconds: nobody reads and answers a ticket sooner
_PRIORITY = re.compile(r"(?:^|\W)(?:priority|prio|p)[ _-]?([1-4])\b", re.IGNORECASE)


def priority(word: Any, setting: Setting) -> Any:
    """How urgent a ticket was: what was said of the word, else what stands in it, as in "Priority 1 -
    Emergency".

    A number of the system's own list is not clear until somebody says what it means.
    """
    said = str(word if word is not None else "").strip()
    meant = setting.words.get(said.lower())
    if meant is not None:
        return meant.upper()
    found = _PRIORITY.search(said)
    if found is not None:
        return f"P{found[1]}"
    if not said:
        return NOT_TOLD
    return UnclearCell(f"what the priority {said!r} means is not known: --word {said!r}=P1, or what it is")


def times(reported: Any, response: Any, resolved: Any, setting: Setting, *, is_open: bool) -> dict[str, Any]:
    """The moments of a ticket as facts. One in the second in which it was made was stamped by a program; that
    nobody has responded yet is known only of a ticket that is open."""
    begun = clear(lambda: moment(reported, setting))
    first = clear(lambda: moment(response, setting))
    ended = clear(lambda: moment(resolved, setting))
    facts: dict[str, Any] = {
        "reported_at": _told(begun, setting),
        "first_human_response_at": _first(begun, first, setting, is_open=is_open),
        "resolved_at": _told(ended, setting),
    }
    if ended is None:
        facts["resolved_at"] = None if is_open else NOT_TOLD
    if begun is None:
        facts["reported_at"] = NOT_TOLD
    return facts


def _told(found: Any, setting: Setting) -> Any:
    return found if found is None or isinstance(found, UnclearCell) else written(found, setting)


def _first(begun: Any, first: Any, setting: Setting, *, is_open: bool) -> Any:
    if first is None:
        return None if is_open else UnclearCell("the ticket is closed, and no response is recorded")
    if isinstance(first, UnclearCell) or begun is None or isinstance(begun, UnclearCell):
        return first if isinstance(first, UnclearCell) else NOT_TOLD
    if (first - begun).total_seconds() < _AUTOMATIC:
        seconds = int((first - begun).total_seconds())
        return UnclearCell(f"it was stamped {seconds} s after the ticket was made, which no person does")
    return written(first, setting)
