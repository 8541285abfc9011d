"""What is ahead as text for people: a paragraph a day, what gets worse first.

In: an `Outlook`. Out: lines, coloured and no wider than the terminal if there is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from policyscan.ahead import Direction, Flip, Outlook
from policyscan.display import one_line
from policyscan.findings import TRAITS, Status, tally
from policyscan.reporters.layout import hanging
from policyscan.reporters.options import Options
from policyscan.reporters.text_page import LABEL, SEVERITY, Page
from policyscan.reporters.wording import (
    counted,
    headline_and_question,
    inventories,
    place,
    plural,
    problems_told,
    remarks,
    scope,
)

_NAMED = 3  # subjects beside the first
_INDENT = LABEL + SEVERITY + 1


def render(outlook: Outlook, options: Options) -> str:
    """The whole outlook as lines of text."""
    page, report = Page(options), outlook.report
    for problem in problems_told(report):
        page.problem(problem)
    page.say(f"{scope(report)}, and the {plural(outlook.days, 'day')} up to {outlook.until}")
    for day, of_day in groupby(shown(outlook.flips), key=lambda flip: flip.day):
        page.gap()
        page.say(f"{day}, {_ahead(outlook.in_days(day))}")
        for group in _groups(of_day):
            _add(page, group)
    page.gap()
    for remark in remarks(report):
        page.say(remark)
    _totals(page, outlook)
    return page.text()


def later_stops(outlook: Outlook) -> Iterator[str]:
    """What cannot be evaluated on a day ahead, a line each, for where nothing else tells it."""
    for flip in outlook.flips:
        if Status.ERROR in flip.statuses:
            about = " ".join(filter(None, (flip.name, flip.result.policy, flip.result.subject)))
            yield f"error: on {flip.day}: {one_line(about)}: {one_line(flip.result.message)}"


def shown(flips: Iterable[Flip]) -> list[Flip]:
    """The flips that people are told: those for the worse or the better. A notice that begins tells of a day
    that is told anyway."""
    return [flip for flip in flips if flip.change in (Direction.WORSE, Direction.BETTER)]


def was(flip: Flip) -> str:
    """How a result was before: `was pass`."""
    before, after = flip.statuses
    before = before or flip.instead
    if before is None:
        return "not looked at before"
    return f"was {TRAITS[before].label}{'' if after is not None else ', and is looked at no more'}"


def told(flip: Flip) -> str:
    """What the later result says, in words of its own where a control says nothing of what passes."""
    _, after = flip.statuses
    result = flip.result
    text = headline_and_question(result) if after is not None and (result.message or result.gaps) else ""
    if text:
        return text
    plain = "the test is met" if after in (Status.PASS, Status.DUE) else "nothing to look at any more"
    return f"{one_line(result.subject)}: {plain}" if result.subject else plain


def _ahead(days: int) -> str:
    return {0: "today", 1: "tomorrow"}.get(days, f"in {plural(days, 'day')}")


def _groups(flips: Iterable[Flip]) -> list[list[Flip]]:
    """Flips of one day that differ in their subject alone."""
    groups: dict[tuple[object, ...], list[Flip]] = {}
    for flip in flips:
        result = flip.result
        key = result.kind, result.document, result.policy, result.requirement, flip.statuses
        groups.setdefault(key, []).append(flip)
    return list(groups.values())


def _add(page: Page, group: Sequence[Flip]) -> None:
    flip = group[0]
    result, (_, after) = flip.result, flip.statuses
    others = [one_line(one.result.subject) for one in group[1:]]
    more = f" and {len(others) - _NAMED:,} more" if len(others) > _NAMED else ""
    also = f" (also {', '.join(others[:_NAMED])}{more})" if others else ""
    label = page.label(after) if after is not None else f"{'GONE':<{LABEL}}"
    who = one_line(flip.name or result.document)
    lines = hanging(" " * _INDENT, f"{who}: {told(flip)}{also}", page.options.width)
    page.add(f"{label}{page.severity(result.severity)} {lines[0][_INDENT:]}", *lines[1:])
    where = f"{one_line(result.policy)}, {was(flip)} · {place(result.span)}"
    page.add(*hanging(" " * _INDENT, where, page.options.width))


def _totals(page: Page, outlook: Outlook) -> None:
    flips, report = outlook.flips, outlook.report
    count = {change: sum(flip.change is change for flip in flips) for change in Direction}
    said = [
        f"{plural(number, 'result')} {words if number != 1 else one}"
        for change, one, words in (
            (Direction.WORSE, "gets worse", "get worse"),
            (Direction.BETTER, "gets better", "get better"),
        )
        if (number := count[change])
    ]
    lead = f"{inventories(len(report.documents))}, if no fact changes before {outlook.until}"
    page.say(f"{lead}: {', '.join(said) if said else 'no result becomes another one'}.")
    if hidden := count[Direction.NOTICE] + count[Direction.OTHER]:
        what = "changes that make" if hidden > 1 else "change that makes"
        have = "them" if hidden > 1 else "it"
        page.say(
            f"Not shown: {hidden:,} {what} nothing better or worse, as where a notice begins; "
            f"--format json has {have}."
        )
    page.say(f"As of {report.scan.as_of}: {counted(tally(report))}; policyscan scan tells which.")
    if tally(report).get(Status.UNKNOWN):
        page.say("What is unknown may turn on days that nobody can tell before the facts are written down.")
