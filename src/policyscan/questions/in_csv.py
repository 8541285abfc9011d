"""Questions as a table to fill in: a row for each fact, with a blank cell for the answer.

In: sheets. Out: CSV that spreadsheets open as it is; `fill` knows a fact by its inventory and path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from policyscan.questions.sheet import MissingFact, RankedQuestion, Sheet
from policyscan.questions.words import OTHERS, effect
from policyscan.reporters.csv_table import table

COLUMNS = (
    "nr", "who", "question", "about", "answer", "how", "on_file", "shown_by", "effect", "inventory", "path",
)  # fmt: skip


def render(sheets: Sequence[Sheet]) -> str:
    """The rows of all sheets, one after the other."""
    return table(COLUMNS, rows(sheets))


def rows(sheets: Iterable[Sheet]) -> Iterator[tuple[str, ...]]:
    """A row for each fact; those for one person stand together."""
    for sheet in sheets:
        for who, askings in sheet.by_who():
            for asking in askings:
                for fact in asking.facts:
                    yield _row(who or OTHERS, asking, fact)


def _row(who: str, asking: RankedQuestion, fact: MissingFact) -> tuple[str, ...]:
    return (
        str(asking.number), who, fact.question, fact.about, "", fact.how, fact.known, asking.shown_by,
        effect(asking), fact.inventory, fact.path,
    )  # fmt: skip
