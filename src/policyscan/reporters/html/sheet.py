"""What an owner is shown of one inventory: a sheet of paper that says where things stand, what to decide by
when and for how much money, the next five things, what nobody knows yet, and what is good.

In: the results of one inventory. Out: an `OwnersSheet` of texts in plain words, without ids of controls and
names of files. All of it is bounded, in number and in length, so that it fits one sheet of A4 or Letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from policyscan.display import one_line
from policyscan.findings import DocumentInfo, PolicyInfo, Result, Status, score, taken_away
from policyscan.records import NamedTuple
from policyscan.reporters.html.charts import Bar, bar
from policyscan.reporters.layout import brief, clipped
from policyscan.reporters.plainly import in_order, plainly, standing
from policyscan.reporters.wording import (
    Question,
    asked_of,
    headline,
    moment,
    next_questions,
    plural,
    scored,
    speakers,
    sum_of_money,
    told_apart,
)

_AHEAD = timedelta(days=183)  # how far ahead something ends that has to be decided today
_DECISIONS = 3
_THINGS = 5
_QUESTIONS = 4
_GOOD = 5
_WIDE = 165, 108  # cells of what to do, and of what was found: on the whole width of the paper
_NARROW = 112, 96  # the same beside a day and a price
_SHORT = 72  # cells of what is asked, is good or costs how much
_NOW = "now"
_BAR = {
    Status.PASS: "met",
    Status.WARNING: "met, with a reservation",
    Status.DUE: "met, but not for long",
    Status.WAIVED: "accepted as not met",
    Status.UNKNOWN: "not known",
    Status.FAIL: "not met",
    Status.ERROR: "could not be looked at",
}
"""What statuses are called to owners, in the order of the bar."""


class ToDecide(NamedTuple):
    """Something that has a day or a price: `by` is a day or "now", `money` what is known of amounts."""

    by: str
    text: str
    found: str
    money: str


class ToDo(NamedTuple):
    """Something to do, and what was found that calls for it."""

    text: str
    found: str


class OwnersSheet(NamedTuple):
    """The sheet of one inventory; `more_…` say how much does not fit, and are empty where all does."""

    name: str
    score: str
    standing: str
    bar: Bar | None
    unseen: str
    taken: str
    decisions: tuple[ToDecide, ...]
    more_decisions: str
    things: tuple[ToDo, ...]
    more_things: str
    questions: tuple[str, ...]
    more_questions: str
    good: tuple[str, ...]
    more_good: str


def sheet_of(
    name: str,
    day: str,
    document: DocumentInfo,
    groups: Sequence[Sequence[Result]],
    policies: Mapping[str, PolicyInfo],
    troubles: int,
) -> OwnersSheet:
    """The sheet of an inventory on a day; `groups` are its results, alike ones together, worst first, and
    `troubles` are the files and controls that could not be looked at."""
    firsts = [group[0] for group in groups]
    failing = _by_control(one for one in firsts if one.status in (Status.FAIL, Status.ERROR))
    priced = {id_ for id_, found in failing.items() if any(_money(one) for one in found)}
    decisions = [
        *(_priced(failing[id_], policies) for id_ in failing if id_ in priced),
        *sorted(_ending(date.fromisoformat(day[:10]), document, firsts, policies)),
    ]
    things = [found[0] for id_, found in failing.items() if id_ not in priced]
    open_ = [one for group in groups for one in group if one.status is Status.UNKNOWN]
    questions, more = next_questions(open_, _QUESTIONS)
    good = in_order(document, policies)
    # What else there is little of leaves room, twice as much where no questions stand beside what is good.
    spare = max(_DECISIONS - len(decisions), 0) + max(_THINGS - len(things), 0)
    praised = _GOOD + spare * (1 if questions else 3)
    return OwnersSheet(
        clipped(one_line(name), _SHORT),
        scored(score([document])),
        standing(day, document),
        _bar(document),
        _unseen(troubles),
        _taken(document),
        tuple(decisions[:_DECISIONS]),
        _more(len(decisions) - _DECISIONS, "decision"),
        tuple(_thing(one, policies, _WIDE) for one in things[:_THINGS]),
        _more(len(things) - _THINGS, "thing"),
        tuple(map(_question, questions)),
        _more(more, "question"),
        tuple(clipped(one_line(info.title), _SHORT) for info in good[:praised]),
        _more(len(good) - praised, "control"),
    )


def _more(count: int, noun: str) -> str:
    return f"And {plural(count, f'more {noun}')}." if count > 0 else ""


def _unseen(troubles: int) -> str:
    if not troubles:
        return ""
    noun = "one thing" if troubles == 1 else f"{troubles:,} things"
    return f"Not everything could be looked at: {noun} could not be evaluated, and may hide more."


def _bar(document: DocumentInfo) -> Bar | None:
    counts = told_apart([document])
    parts = [(status.value, label, counts[status]) for status, label in _BAR.items()]
    return bar([*parts, ("taken", "not looked at", len(document.taken_whole))])


def _taken(document: DocumentInfo) -> str:
    """What is not looked at, and by whose word."""
    whole, part, count = taken_away([document])
    if not count:
        return ""
    said = [f"{plural(whole, 'control')} {'is' if whole == 1 else 'are'} not looked at"] if whole else []
    said += [f"of {plural(part, 'control')} a part is not looked at"] if part else []
    text = f"{' and '.join(said)}, because {speakers(document.statements)} said so."
    return clipped(text[0].upper() + text[1:], _WIDE[0])


def _question(question: Question) -> str:
    about = f" ({asked_of(question)})" if question.things else ""
    return clipped(one_line(question.text + about), _SHORT)


def _by_control(failing: Iterable[Result]) -> dict[str, list[Result]]:
    controls: dict[str, list[Result]] = {}
    for one in failing:
        controls.setdefault(one.policy, []).append(one)
    return controls


def _thing(result: Result, policies: Mapping[str, PolicyInfo], room: tuple[int, int] = _NARROW) -> ToDo:
    info, found = policies.get(result.policy), plainly(result, policies)
    todo = (info.fix_of(result.requirement) or info.title) if info else found
    stop = "" if found.endswith((".", "?", "!", "…")) else "."
    why = f"{stop} {info.why}" if info and info.why else ""
    return ToDo(brief(one_line(todo), room[0]), brief(one_line(f"Found: {found}{why}"), room[1]))


def _priced(found: Sequence[Result], policies: Mapping[str, PolicyInfo]) -> ToDecide:
    """What fails and has a price."""
    result = next(one for one in found if _money(one))
    return ToDecide(_NOW, *_thing(result, policies), _money(result))


def _money(result: Result) -> str:
    """The amounts that a result reckoned with: `exposure 2,681,068 USD, limit 1,000,000 USD`."""
    amounts = (
        f"{one_line(name).replace('_', ' ')} {said}"
        for name, value in result.figures.items()
        if (said := sum_of_money(value))
    )
    return clipped(", ".join(amounts), _SHORT)


def _ending(
    today: date, document: DocumentInfo, firsts: Iterable[Result], policies: Mapping[str, PolicyInfo]
) -> Iterator[ToDecide]:
    """What holds now and ends within half a year: what is due, exceptions, statements."""
    last = (today + min(_AHEAD, date.max - today)).isoformat()
    for one in firsts:
        if one.status is Status.DUE and one.until:
            yield ToDecide(moment(one.until)[:10], *_thing(one, policies), _money(one))
        if one.waiver and one.waiver.expires_on <= last:
            text = f"Decide anew what {one_line(one.waiver.approver)} accepted: {one_line(one.waiver.reason)}"
            found = clipped(one_line(headline(one)), _NARROW[1])
            yield ToDecide(one.waiver.expires_on, clipped(text, _NARROW[0]), found, _money(one))
    ends: dict[tuple[str, str], int] = {}
    for said in document.statements:
        if said.until and said.until <= last:
            ends[said.until, said.speaker] = ends.get((said.until, said.speaker), 0) + 1
    for (until, by), count in ends.items():
        text = f"Look again at what {one_line(by)} said, and say it anew if it still holds."
        found = f"{plural(count, 'statement')} {'ends' if count == 1 else 'end'}; what is not said is unknown"
        yield ToDecide(until, clipped(text, _NARROW[0]), found, "")
