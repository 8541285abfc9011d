"""What all formats of questions say alike.

In: sheets and questions. Out: sentences and short phrases.
"""

from __future__ import annotations

from collections.abc import Sequence

from policyscan.questions.sheet import RankedQuestion, Sheet
from policyscan.reporters.wording import plural

OTHERS = "whoever knows"
"""Who is asked where nothing says who can answer."""
_MOST_IDS = 6


def headline(sheet: Sheet) -> str:
    """How much is open about an inventory, and what these questions do about it."""
    if not sheet.questions:
        return left_out(sheet) or "nothing is unknown"
    lacking = len(sheet.controls)
    if not lacking:
        return f"every control has a result; what else is unknown about {_ids(sheet.settled)}:"
    noun = "1 control lacks" if lacking == 1 else f"{lacking:,} controls lack"
    decided = sheet.decided
    if not decided:
        return f"{noun} facts. These questions decide none by themselves.{_settled(sheet)}"
    them = ("it" if lacking == 1 else "all of them") if decided == lacking else f"{decided:,} of them"
    last = max(asking.number for asking in sheet.questions if asking.decides)
    first = "The first question decides" if last == 1 else f"The first {last:,} questions decide"
    return f"{noun} facts. {first} {them}.{_settled(sheet)}"


def _settled(sheet: Sheet) -> str:
    """What fails whatever the answers are, and lacks facts all the same."""
    many = len(sheet.settled)
    if not many:
        return ""
    who = (
        "1 that fails lacks facts, too, and is"
        if many == 1
        else f"{many:,} that fail lack facts, too, and are"
    )
    return f" {who} asked about last: {_ids(sheet.settled)}."


def rest(sheet: Sheet) -> str:
    """How many questions there are besides; empty if none."""
    left = sheet.total - len(sheet.questions)
    return f"and {plural(left, 'question')} more" if left else ""


def left_out(sheet: Sheet) -> str:
    """What lacks facts and is decided by no answer; empty if nothing."""
    return f"no answer decides {_ids(sheet.waiting)}: policyscan explain says why" if sheet.waiting else ""


def effect(asking: RankedQuestion) -> str:
    """What an answer does: `decides PLAN-01, PLAN-11; needed for RISK-01`."""
    parts = [f"decides {_ids(asking.decides)}"] if asking.decides else []
    parts += [f"needed for {_ids(asking.needed_for)}"] if asking.needed_for else []
    return "; ".join(parts)


def proof(asking: RankedQuestion) -> str:
    """What shows the answer better than somebody's word; empty where nothing says."""
    return f"better than a word: {asking.shown_by}" if asking.shown_by else ""


def _ids(ids: Sequence[str]) -> str:
    if len(ids) <= _MOST_IDS + 1:
        return ", ".join(ids)
    return f"{', '.join(ids[:_MOST_IDS])} and {len(ids) - _MOST_IDS:,} more"
