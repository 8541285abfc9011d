"""Rows: what an export tells of one thing, as facts at paths of an inventory.

In: rows of an export, and a table of columns that says what each means. Out: a `ImportedPart` of an
inventory: its rows with their facts and what they are known by, and what was passed over, each with the
reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from policyscan.errors import DocumentError
from policyscan.importing.cells import NOT_TOLD, Cell, Setting, UnclearCell, text
from policyscan.importing.domains import domain_of
from policyscan.importing.exports import Export, RowDict
from policyscan.records import NamedTuple
from policyscan.source import Span

NOTE = "note-"
"""What the path of an UnclearCell begins with that is about no fact, and is told all the same."""


class ColumnOf(NamedTuple):
    """Where a fact stands in a row, at names with dots between them, and where in an item of an inventory."""

    source: str
    path: str
    read: Cell = text


class Person(NamedTuple):
    """Whoever has an address, which the inventory may know as another id."""

    address: str
    name: str = ""


class Machine(NamedTuple):
    """The system that runs on a machine of a name."""

    name: str


class ImportedRow(NamedTuple):
    """One thing: the facts of it, nested as in the inventory, and by what it is known again, best first."""

    section: str
    known_by: tuple[tuple[str, str], ...]
    facts: dict[str, Any]
    called: str
    place: Span


class Passed(NamedTuple):
    """A row, or a fact of one, that was not used, and why."""

    called: str
    why: str
    place: Span


class ImportedPart(NamedTuple):
    """What an export tells of a section. `marker` is the key of the user's own by which items are known that
    came from this tool before; `others` are rows of other clients, by what they are called there; `domains`
    are those in which its addresses are, the one of most rows first; `examples` say what a row of each client
    is called; `whole`: as in ExportTable."""

    section: str
    marker: str
    rows: tuple[ImportedRow, ...] = ()
    passed: tuple[Passed, ...] = ()
    others: tuple[tuple[str, int], ...] = ()
    clients: tuple[str, ...] = ()
    whole: bool = True
    collected: datetime | None = None
    domains: tuple[str, ...] = ()
    examples: tuple[tuple[str, str], ...] = ()


class ExportTable(NamedTuple):
    """What the rows of an export mean.

    `needs` are columns without which it is another export; `known_by` lead to keys by which an item is known
    again, best first; `client` names the column that says whose the row is, and `address` one with an address
    or a domain of whose it is; `whole`: an export lists all there are, so that others are gone; `leave` gives
    the reason why a row is not used, or ""; `section` may be a function of the row; `more` adds facts that
    several columns tell, of which one that is not clear may be the UnclearCell with the reason.
    """

    section: str | Callable[[RowDict], str]
    marker: str
    needs: tuple[str, ...]
    known_by: tuple[ColumnOf, ...]
    columns: tuple[ColumnOf, ...]
    called: tuple[str, ...]
    client: str = ""
    address: str = ""
    whole: bool = True
    leave: Callable[[RowDict, Setting], str] = lambda _row, _setting: ""
    more: Callable[[RowDict, Setting], dict[str, Any]] = lambda _row, _setting: {}


def value_at(row: Any, path: str) -> Any:
    """What stands in a row at a path; None where nothing does."""
    if row.__class__ is dict and path in row:
        return row[path]
    head, dot, rest = path.partition(".")
    inner = row.get(head) if row.__class__ is dict else None
    return value_at(inner, rest) if dot else inner


def put(facts: dict[str, Any], path: str, value: Any) -> None:
    """Puts a fact at a path; `NOT_TOLD` changes nothing."""
    if value is NOT_TOLD:
        return
    *above, last = path.split(".")
    for key in above:
        facts = facts.setdefault(key, {})
    facts[last] = value


def _not_checked(facts: dict[str, Any], path: str) -> None:
    """Takes out the day on which something was checked that is not clear or not told: what is known is
    older."""
    *above, _ = path.split(".")
    holder = value_at(facts, ".".join(above)) if above else facts
    if holder.__class__ is dict:
        holder.pop("checked_on", None)


def check_columns(export: Export, rows: Sequence[RowDict], table: ExportTable, what: str) -> None:
    """Refuses another export than the one that is asked for; one without rows tells nothing."""
    if not rows:
        raise DocumentError(
            "this export has no rows: nothing can be told from it", at=export.top(), hint=_AGAIN
        )
    names = {name for row in rows for name in row}
    missing = [need for need in table.needs if need.split(".")[0] not in names]
    if missing:
        message = f"this is no {what}: it has no {', '.join(missing)}"
        raise DocumentError(
            message, at=export.top(), hint="check which file it is; `policyscan import --list`"
        )


def _is_total(row: RowDict) -> bool:
    """Whether a row of a table is what some exports end with: `Total: 12`, and perhaps a number."""
    said = [value for value in row.values() if value not in (None, "")]
    if len(row) < _FEWEST_COLUMNS or len(said) > _MOST_OF_TOTAL or not said:
        return False
    if not isinstance(said[0], str):
        return False
    words = said[0].casefold().replace(":", " : ").split()
    if words[:1] == ["grand"]:
        del words[0]
    return bool(words) and words[0] in _TOTALS and all(map(_is_of_total, words[1:]))


def _is_of_total(word: str) -> bool:
    """Whether a word may follow on `total`: `Total: 12 users`, but not `Suma Patel`."""
    return word == ":" or word in _COUNTED or word.replace(",", "").replace(".", "").isdigit()


_TOTALS = ("total", "totals", "count", "gesamt", "summe", "totaal", "suma", "sum")
_COUNTED = ("rows", "records", "items", "users", "devices", "tickets", "results", "entries", "of")
_FEWEST_COLUMNS, _MOST_OF_TOTAL = 3, 2
_AGAIN = "export it again, and look whether a filter hides everything"


class RowReader:
    """Reads rows by a table, for one client."""

    def __init__(self, table: ExportTable, setting: Setting, only: str | None) -> None:
        self.table = table
        self.setting = setting
        self.only = only
        self.rows: list[ImportedRow] = []
        self.passed: list[Passed] = []
        self.others: dict[str, int] = {}
        self.clients: dict[str, str] = {}
        self.domains: Counter[str] = Counter()

    def take(self, export: Export, rows: Sequence[RowDict]) -> None:
        """Takes in the rows of an export."""
        for row in rows:
            if self._is_ours(row):
                self._take(export, row)

    def _is_ours(self, row: RowDict) -> bool:
        if not self.table.client:
            return True
        client = str(value_at(row, self.table.client) or "")
        if self.only is not None and client.casefold() != self.only.casefold():
            self.others[client] = self.others.get(client, 0) + 1
            return False
        self.clients.setdefault(client, self._called(row))
        return True

    def _take(self, export: Export, row: RowDict) -> None:
        table, place = self.table, export.place(row)
        called = self._called(row)
        reason = "it sums up the others" if _is_total(row) else table.leave(row, self.setting)
        if reason:
            self.passed.append(Passed(called, reason, place))
            return
        if domain := domain_of(value_at(row, table.address)) if table.address else "":
            self.domains[domain] += 1
        facts: dict[str, Any] = {}
        for column in table.columns:
            self._put(facts, column, row, called, export)
        try:
            more = table.more(row, self.setting)
        except UnclearCell as unclear:
            self.passed.append(Passed(called, str(unclear), place))
            more = {}
        for path, value in more.items():
            if isinstance(value, UnclearCell):
                self._unclear(path, value, called, place)
            else:
                put(facts, path, value)
        for path, value in more.items():
            if isinstance(value, UnclearCell) or value is NOT_TOLD:
                _not_checked(facts, path)
        known_by = self._known_by(row)
        if not known_by:
            self.passed.append(Passed(called, "nothing says which thing it is", place))
            return
        section = table.section if isinstance(table.section, str) else table.section(row)
        self.rows.append(ImportedRow(section, known_by, facts, called, place))

    def _put(
        self, facts: dict[str, Any], column: ColumnOf, row: RowDict, called: str, export: Export
    ) -> None:
        try:
            put(facts, column.path, column.read(value_at(row, column.source), self.setting))
        except UnclearCell as unclear:
            self._unclear(column.path, unclear, called, export.cell(row, column.source))

    def _unclear(self, path: str, why: UnclearCell, called: str, place: Span) -> None:
        told = str(why) if path.startswith(NOTE) else f"{path} stays as it is: {why}"
        self.passed.append(Passed(called, told, place))

    def _known_by(self, row: RowDict) -> tuple[tuple[str, str], ...]:
        found = []
        for column in self.table.known_by:
            value = column.read(value_at(row, column.source), self.setting)
            if value is not NOT_TOLD and value is not None:
                found.append((column.path, str(value)))
        return tuple(found)

    def _called(self, row: RowDict) -> str:
        names = (value_at(row, name) for name in self.table.called)
        return next((str(name) for name in names if name), "a row without a name")

    def part(self, section: str) -> ImportedPart:
        """What was read."""
        others = tuple(sorted(self.others.items()))
        made = ImportedPart(section, self.table.marker, tuple(self.rows), tuple(self.passed), others)
        domains = sorted(self.domains, key=lambda domain: (-self.domains[domain], domain))
        return made._replace(
            examples=tuple(self.clients.items()),
            clients=tuple(self.clients),
            whole=self.table.whole,
            domains=tuple(domains),
        )
