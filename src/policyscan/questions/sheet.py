"""Questions about one inventory as plain values, in the order in which they are worth asking.

In: nothing of policyscan. Out: `Sheet`, which each format shows, and of which an answer is known by the
inventory and the path of its fact.
"""

from __future__ import annotations

from collections.abc import Iterator

from policyscan.records import NamedTuple


class MissingFact(NamedTuple):
    """One fact to find out: a row of a sheet, with room for an answer.

    `inventory` is the id of the one whose file it belongs in, of the kind `kind`, and `path` names it there
    (`devices[lt-02].last_seen`; a number that no item has yet, as in `accounts[0].user`, begins a new item).
    `about` is what people call what it is a fact of, empty for the inventory as a whole. `how` says how to
    answer; `known` is what the file says, where that does not count.
    """

    inventory: str
    kind: str
    path: str
    question: str
    about: str = ""
    how: str = ""
    known: str = ""


class RankedQuestion(NamedTuple):
    """A question, what it is asked of, and what the answers do.

    `decides` are the controls that lack nothing more once this and all questions before it are answered,
    `needed_for` those that lack more. `who` can answer, and `shown_by` is what proves more than a word.
    """

    number: int
    question: str
    facts: tuple[MissingFact, ...]
    who: str = ""
    shown_by: str = ""
    decides: tuple[str, ...] = ()
    needed_for: tuple[str, ...] = ()


class Sheet(NamedTuple):
    """What to find out about one inventory: the first questions, of `total`, in order.

    `controls` lack facts and have no result yet; `waiting` are those of them for which nobody has to be
    asked, as they follow from others. `settled` lack facts, too, and have a result that these do not change.
    """

    inventory: str
    kind: str
    file: str
    name: str
    as_of: str
    questions: tuple[RankedQuestion, ...]
    total: int
    controls: tuple[str, ...]
    waiting: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()

    @property
    def decided(self) -> int:
        """How many controls have a result once these questions are answered, as far as can be told."""
        return sum(len(asking.decides) for asking in self.questions)

    def first(self, most: int | None) -> Sheet:
        """The same with at most so many questions; all of them for None."""
        return self._replace(questions=self.questions[:most])

    def by_who(self) -> Iterator[tuple[str, list[RankedQuestion]]]:
        """The questions by who can answer them, whoever has the first one first."""
        groups: dict[str, list[RankedQuestion]] = {}
        for asking in self.questions:
            groups.setdefault(asking.who, []).append(asking)
        yield from groups.items()
