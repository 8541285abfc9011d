"""Questions for a terminal: what to find out next, from whom, and what an answer does.

In: sheets and the width of a terminal. Out: lines no wider than it is, and no more than fit on a screen or
two, however many inventories there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from policyscan.display import one_line
from policyscan.questions.sheet import RankedQuestion, Sheet
from policyscan.questions.words import OTHERS, effect, headline, left_out, proof, rest
from policyscan.records import NamedTuple
from policyscan.reporters.layout import hanging
from policyscan.reporters.wording import inventories, plural

_MOST_THINGS = 4
_MOST_SHOWN = 10


def render(sheets: Sequence[Sheet], width: int | None = None, fresh: Sequence[Sheet] = ()) -> str:
    """One inventory with its questions, or of several those that most of them leave open.

    `fresh` are the same sheets with all their questions, where `sheets` have the first only.
    """
    whole = fresh or sheets
    lines = _one(sheets[0], width) if len(sheets) == 1 else _book(sheets, whole, width)
    return "".join(f"{line}\n" for line in lines)


def _one(sheet: Sheet, width: int | None) -> Iterator[str]:
    yield from hanging("", f"{sheet.name} · {one_line(sheet.file)} · as of {sheet.as_of}", width)
    yield from hanging("", headline(sheet), width)
    for who, askings in sheet.by_who():
        yield ""
        yield f"For {one_line(who or OTHERS)}"
        for asking in askings:
            yield from _asking(asking, width)
    if more := rest(sheet):
        yield ""
        yield f"{more}: --every shows all."
    if sheet.questions and (untold := left_out(sheet)):
        yield ""
        yield from hanging("", untold, width)


def _asking(asking: RankedQuestion, width: int | None) -> Iterator[str]:
    yield from hanging(f"{asking.number:>3} ", asking.question, width)
    if things := _things(asking):
        yield from hanging("      ", things, width)
    if own := _own_question(asking):
        yield from hanging("      ", own, width)
    if len(asking.facts) == 1 and (how := asking.facts[0].how):
        yield from hanging("      ", f"answer: {how}", width)
    if said := " · ".join(filter(None, [effect(asking), proof(asking)])):
        yield from hanging("      ", said, width)


def _own_question(asking: RankedQuestion) -> str:
    """What is missing of what a question is about, where that is the same one thing of each; else empty."""
    first, *others = {fact.question: None for fact in asking.facts} or [asking.question]
    return "" if others or first == asking.question else first


def _things(asking: RankedQuestion) -> str:
    """What a question is asked of: `OFFICE (lt-office), lt-bakery and 3 more`; empty for the inventory."""
    named = list(dict.fromkeys(fact.about for fact in asking.facts if fact.about and fact.about[-1] != "."))
    more = f" and {len(named) - _MOST_THINGS} more" if len(named) > _MOST_THINGS else ""
    return ", ".join(named[:_MOST_THINGS]) + more


class _Common(NamedTuple):
    """A question that inventories leave open: how many controls of how many of them it decides or is needed
    for."""

    question: str
    who: str
    inventories: int
    decides: int
    needed: int


def _book(sheets: Sequence[Sheet], whole: Sequence[Sheet], width: int | None) -> Iterator[str]:
    open_ = [sheet for sheet in sheets if sheet.questions]
    total = sum(sheet.total for sheet in sheets)
    lacking = sum(len(sheet.controls) for sheet in sheets)
    decided = sum(sheet.decided for sheet in sheets)
    if not total:
        yield f"nothing is unknown about {inventories(len(sheets))}"
        return
    first = max(len(sheet.questions) for sheet in open_)
    lead = f"{inventories(len(open_))} of {len(sheets):,} leave {plural(total, 'question')} open."
    asked = f"The first {first} of each decide {decided:,} of {plural(lacking, 'undecided control')}."
    yield from hanging("", f"{lead} {asked}", width)
    yield ""
    yield "What most of them are asked"
    common = sorted(_commons(whole), key=lambda one: (-one.decides, -one.needed, one.question))
    for number, one in enumerate(common[:_MOST_SHOWN], 1):
        yield from hanging(f"{number:>3} ", f"{one.question} ({_about(one)})", width)
    yield ""
    yield "Where most is open"
    worst = sorted(open_, key=lambda sheet: (-len(sheet.controls), sheet.inventory))
    for sheet in worst[:_MOST_SHOWN]:
        open_controls = plural(len(sheet.controls), "control")
        yield from hanging("  ", f"{sheet.name} ({sheet.inventory}): {open_controls} undecided", width)
    if len(worst) > _MOST_SHOWN:
        yield f"  and {len(worst) - _MOST_SHOWN:,} more"
    yield ""
    yield from hanging("", "The questions of one: policyscan ask ID. All to send: -o csv:FILE.", width)


def _about(one: _Common) -> str:
    parts = [inventories(one.inventories), one.who or OTHERS]
    parts += [f"decides {plural(one.decides, 'control')}"] if one.decides else []
    parts += [f"needed for {one.needed:,}"] if one.needed and not one.decides else []
    return "; ".join(parts)


def _commons(sheets: Iterable[Sheet]) -> Iterator[_Common]:
    found: dict[tuple[str, str], _Common] = {}
    for sheet in sheets:
        for asking in sheet.questions:
            key = asking.question, asking.who
            old = found.get(key, _Common(asking.question, one_line(asking.who), 0, 0, 0))
            found[key] = old._replace(
                inventories=old.inventories + 1,
                decides=old.decides + len(asking.decides),
                needed=old.needed + len(asking.needed_for),
            )
    yield from found.values()
