"""Questions as Markdown, to send or to put into an issue: a heading for each person, a table for each.

In: sheets. Out: Markdown whose tables have a blank cell for each answer; `fill` knows a fact by its path.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyscan.questions.sheet import MissingFact, RankedQuestion, Sheet
from policyscan.questions.words import OTHERS, effect, headline, proof, rest
from policyscan.reporters.wording import markdown

_HEADER = "| about | question | answer | how to answer | path |", "| --- | --- | --- | --- | --- |"


def render(sheets: Sequence[Sheet]) -> str:
    """All sheets, one after the other."""
    return "\n".join(line for sheet in sheets for line in _sheet(sheet)) + ("\n" if sheets else "")


def _sheet(sheet: Sheet) -> Iterator[str]:
    yield f"# Questions about {markdown(sheet.name)}"
    yield ""
    yield f"As of {sheet.as_of}: {headline(sheet)}"
    if more := rest(sheet):
        yield f"Answer what you can and leave the rest blank; there are {more.removeprefix('and ')}."
    yield ""
    for who, askings in sheet.by_who():
        yield f"## For {markdown(who or OTHERS)}"
        yield ""
        for asking in askings:
            yield from _asking(asking)


def _asking(asking: RankedQuestion) -> Iterator[str]:
    yield f"### {asking.number}. {markdown(asking.question)}"
    yield ""
    if said := "; ".join(filter(None, [effect(asking), proof(asking)])):
        yield f"{markdown(said[0].upper() + said[1:])}."
        yield ""
    yield from _HEADER
    for fact in asking.facts:
        yield _row(asking, fact)
    yield ""


def _row(asking: RankedQuestion, fact: MissingFact) -> str:
    question = "" if fact.question == asking.question else markdown(fact.question)
    how = f"{markdown(fact.how)} ({markdown(fact.known)})" if fact.known else markdown(fact.how)
    return f"| {markdown(fact.about)} | {question} |  | {how} | {_code(fact)} |"


def _code(fact: MissingFact) -> str:
    """A path that Markdown leaves alone, with the inventory before it: `acme: devices[lt-02].last_seen`."""
    text = f"{fact.inventory}: {fact.path}".replace("|", "\\|")
    ticks = "``" if "`" in text else "`"
    return f"{ticks}{text}{ticks}"
