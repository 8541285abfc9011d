"""Answers that are given one by one, as to `ask --interactive`, each checked at once, all written at once.

In: the questions of a sheet, and texts as somebody types them. Out: what to ask next, and the `Change` of the
inventory; Problems where the answers together would not be valid. Nothing is written before it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from policyscan.editing.answers import BadAnswer, FactAnswer, nobody_knows, says_none, value_of
from policyscan.errors import UsageError
from policyscan.kinds.shapes import Property
from policyscan.questions.answers import NONE_OR_ROWS
from policyscan.questions.in_csv import COLUMNS
from policyscan.questions.sheet import MissingFact, RankedQuestion, Sheet
from policyscan.reporters.csv_table import table
from policyscan.session.changing import Change, Editable, answered, new_item, open_inventory
from policyscan.session.options import Inputs
from policyscan.source import Span

_TYPED = "what was typed"


class Interview:
    """One inventory that is asked about, and what was answered so far."""

    def __init__(self, sheet: Sheet, inputs: Inputs) -> None:
        self.sheet = sheet
        self._inventory: Editable = open_inventory(sheet.inventory, inputs)
        self._answers: dict[str, FactAnswer] = {}
        self._closed: list[str] = []

    def __len__(self) -> int:
        return len(self._answers)

    def facts(self, question: RankedQuestion) -> Iterator[MissingFact]:
        """The facts of a question that are still to be asked for, in order: none below a section of which
        there is none, and no further item of a list once one was left out. Those of other inventories are
        asked of others. A short name is not asked for where there is a name to make it of."""
        paths = {fact.path for fact in question.facts}
        for fact in question.facts:
            mine = (fact.inventory, fact.kind) == (self.sheet.inventory, self.sheet.kind)
            item = new_item(fact.path)
            made = item and fact.path == f"{item}id" and f"{item}name" in paths
            if mine and not made and not fact.path.startswith(tuple(self._closed)):
                yield fact

    def check(self, fact: MissingFact, text: str) -> None:
        """Raises UsageError, with what to write instead, for an answer that a fact cannot take."""
        if nobody_knows(text, self._field(fact)):
            return
        try:
            value_of(text, self._field(fact), self._inventory.named)
        except BadAnswer as bad:
            if fact.how == NONE_OR_ROWS and text[:1] not in ("{", "["):
                message = "this has several parts, which are asked for one by one"
                raise UsageError(
                    message, hint="press Enter for that, or write none if there is none"
                ) from None
            raise UsageError(bad.message, hint=bad.hint) from None

    def _field(self, fact: MissingFact) -> Property | None:
        return self._inventory.field(fact.path)

    def take(self, fact: MissingFact, text: str) -> None:
        """Notes an answer, which may be none at all."""
        number = len(self._answers) + 1
        if text and not nobody_knows(text, self._field(fact)):
            place = Span(_TYPED, number, 1, number, 1)
            self._answers[fact.path] = FactAnswer(fact.path, text, place, fact.inventory, fact.known)
            if says_none(text, self._field(fact)):
                self._closed += [f"{fact.path}.", f"{fact.path}["]
        elif (item := new_item(fact.path)) and not any(path.startswith(item) for path in self._answers):
            self._closed.append(item.rpartition("[")[0] + "[")

    def change(self) -> Change:
        """What the answers make of the inventory; raises Problems if that would not be valid."""
        return answered(self._inventory, self._answers.values())

    def saved(self) -> str:
        """The answers as a table that `fill` reads, for when they cannot be written as they are."""
        rows = []
        for answer in self._answers.values():
            cells = {"answer": answer.text, "inventory": answer.inventory, "path": answer.path}
            rows.append([cells.get(column, "") for column in COLUMNS])
        return table(COLUMNS, rows)
