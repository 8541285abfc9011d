"""Text about many inventories: what fails most, who is worst, what to ask next; as long as a person reads.

In: a page and a report. Out: lines on the page, a screen for each hundred inventories at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from policyscan.display import one_line
from policyscan.findings import (
    FINDINGS,
    TRAITS,
    DocumentInfo,
    Report,
    Result,
    Severity,
    Status,
    by_document,
    score,
)
from policyscan.records import NamedTuple
from policyscan.reporters.layout import beside, hanging, padded, widest, wrapped
from policyscan.reporters.text_blocks import stem
from policyscan.reporters.text_page import SEVERITY, Page
from policyscan.reporters.wording import (
    Question,
    decides,
    headline,
    inventories,
    named,
    next_questions,
    place,
    plural,
    scope,
    scored,
)
from policyscan.source import Span

_NAME = 30  # cells of an inventory's id; a longer one takes another line
_NONE = "·"
_TOLD = (Status.ERROR, Status.FAIL, Status.DUE, Status.WARNING, Status.UNKNOWN)
# The columns of inventories: fails by severity, so that whoever reads them sees by what they are sorted.
_HEADS = (
    ("error", Status.ERROR),
    ("critical", Status.FAIL),
    ("high", Status.FAIL),
    ("other", Status.FAIL),
    ("due", Status.DUE),
    ("warning", Status.WARNING),
    ("unknown", Status.UNKNOWN),
)


class Size(NamedTuple):
    """How many rows each part of the text has at most."""

    problems: int
    controls: int
    inventories: int
    questions: int


_FEW = 100  # inventories
_LINES = 60, 120  # of the whole text, for a few inventories and for more
SIZES = (
    (
        Size(3, 12, 15, 5),
        Size(2, 10, 12, 5),
        Size(2, 8, 12, 4),
        Size(2, 6, 10, 3),
        Size(1, 5, 10, 3),
        Size(1, 4, 8, 2),
        Size(1, 3, 5, 1),
    ),
    (Size(5, 20, 30, 10), Size(3, 15, 20, 5), Size(2, 8, 10, 3)),
)


def sizes(report: Report) -> tuple[int, Sequence[Size]]:
    """How many lines a text about many inventories may have, and the sizes to try until it does."""
    several = int(len(report.documents) > _FEW)
    return _LINES[several], SIZES[several]


class Overview:
    """Controls, inventories and questions, the worst of each; `add` may be asked for several sizes."""

    def __init__(self, report: Report) -> None:
        self.rows = _Rows(report)
        self.unknown = _Unknown(self.rows)

    def add(self, page: Page, size: Size) -> None:
        """The lines of all parts."""
        report = self.rows.report
        page.gap()
        page.say(f"{inventories(len(report.documents))} · {scope(report)}")
        page.gap()
        _add_controls(page, self.rows, size.controls)
        page.gap()
        _add_inventories(page, self.rows, size.inventories)
        if report.past is not None:
            _add_oldest(page, report, size.inventories)
        self._add_questions(page, size.questions)

    def _add_questions(self, page: Page, most: int) -> None:
        checks, about = self.unknown.checks, self.unknown.inventories
        if not checks:
            return
        lack = f"{plural(checks, 'check')} in {inventories(about)} {'lacks' if checks == 1 else 'lack'} facts"
        page.gap()
        page.say(f"What to find out next ({lack}):")
        asked, more = self.unknown.questions
        page.questions(asked[:most], more + len(asked[most:]), _about)
        _add_bare(page, self.unknown.bare, most)


def _add_oldest(page: Page, report: Report, most: int) -> None:
    """The fails that have lasted longest."""
    from policyscan.reporters.past import oldest

    found = oldest(report, most)
    if not found:
        return
    page.gap()
    page.say("What has failed longest:")
    for result, age in found:
        about = f"{one_line(result.document)} {one_line(result.policy)} ({result.severity.value})"
        page.add(*hanging("  ", f"{about}: {age}", page.options.width))


class _Failing(NamedTuple):
    """A control, and in how many inventories it has each status."""

    control: str
    severity: Severity
    counts: Mapping[Status, int]


class _Inventory(NamedTuple):
    """One inventory: which of the report's documents it is, and the numbers of its row, under the heads of
    the table."""

    name: str
    number: int
    columns: tuple[int, ...]


def _columns(results: Sequence[Result]) -> tuple[int, ...]:
    """Errors, critical, high and other fails, what is due, warnings and what is unknown, by control."""
    worst: dict[str, Result] = {}
    for result in results:  # the worst of a control comes first
        worst.setdefault(result.policy, result)
    counts = dict.fromkeys(range(len(_HEADS)), 0)
    for result in worst.values():
        if result.status in _TOLD:
            counts[_column(result)] += 1
    return tuple(counts.values())


def _column(result: Result) -> int:
    if result.status is Status.FAIL:
        return {Severity.CRITICAL: 1, Severity.HIGH: 2}.get(result.severity, 3)
    return {Status.ERROR: 0, Status.DUE: 4, Status.WARNING: 5}.get(result.status, 6)


class _Rows:
    """The rows of all tables, sorted."""

    def __init__(self, report: Report) -> None:
        self._groups = by_document(report)
        self.report = report
        self.busy: list[_Inventory] = []
        self.quiet: list[str] = []
        """The ids of those without findings that a control looks at."""
        lines: dict[str, int] = {}
        for problem in report.problems:
            if problem.file is not None:
                lines.setdefault(problem.file, problem.line or 1)
        same: dict[tuple[int, ...], tuple[int, ...]] = {}
        names = named(report.documents).values()
        for number, (document, name) in enumerate(zip(report.documents, names, strict=True)):
            lines.pop(document.file, None)
            columns = _columns(self._results(document))
            if any(columns):
                self.busy.append(_Inventory(name, number, same.setdefault(columns, columns)))
            elif document.statuses:
                self.quiet.append(document.id)
        self.busy.sort(key=lambda row: tuple(-count for count in row.columns))  # stable: else by name
        self.unread = list(lines.items())

    def document(self, row: _Inventory) -> DocumentInfo:
        """The document that a row is about."""
        return self.report.documents[row.number]

    def results(self, row: _Inventory) -> Sequence[Result]:
        """The results of the document that a row is about."""
        return self._results(self.document(row))

    def _results(self, document: DocumentInfo) -> Sequence[Result]:
        return self._groups.get((document.kind, document.id), [])

    def controls(self) -> list[_Failing]:
        """The controls that fail or are due somewhere: those that fail in most inventories first."""
        known = {policy.id: policy for policy in self.report.policies}
        counts: dict[str, dict[Status, int]] = {}
        for document in self.report.documents:
            for control, status in document.statuses.items():
                if status in FINDINGS:
                    tally = counts.setdefault(control, {})
                    tally[status] = tally.get(status, 0) + 1
        failing = [
            _Failing(control, known[control].severity if control in known else Severity.MEDIUM, tally)
            for control, tally in counts.items()
            if tally.keys() - {Status.UNKNOWN}
        ]
        order = _TOLD[:-1]
        return sorted(
            failing,
            key=lambda one: (*(-one.counts.get(s, 0) for s in order), -one.severity.rank, one.control),
        )


def _add_controls(page: Page, rows: _Rows, most: int) -> None:
    found = rows.controls()
    if not found:
        return
    shown = found[:most]
    statuses = [status for status in _TOLD if any(one.counts.get(status) for one in shown)]
    heads = "".join(f"  {TRAITS[status].label}" for status in statuses)
    titles = {policy.id: one_line(policy.title) for policy in rows.report.policies}
    name = widest(one_line(one.control) for one in shown)
    lead = name + 2 + SEVERITY + 2
    texts = [wrapped(titles.get(one.control, ""), page.room(lead + len(heads))) for one in shown]
    column = max(map(widest, texts))
    page.add(padded("In how many inventories a control fails:", lead + column) + heads)
    for one, (first, *rest) in zip(shown, texts, strict=True):
        counts = "".join(_count(page, one.counts.get(s, 0), len(TRAITS[s].label) + 2, s) for s in statuses)
        told = f"{padded(one_line(one.control), name)}  {page.severity(one.severity)}  "
        page.add(f"{told}{padded(first, column)}{counts}")
        page.add(*(" " * lead + line for line in rest))
    if len(found) > len(shown):
        page.add(f"and {plural(len(found) - len(shown), 'control')} more")


def _count(page: Page, number: int, width: int, status: Status) -> str:
    text = f"{number:,}" if number else _NONE
    return " " * (width - len(text)) + page.paint(text, TRAITS[status].color if number else "90")


def _add_inventories(page: Page, rows: _Rows, most: int) -> None:
    unread = rows.unread[: most // 2]
    shown = rows.busy[: most - len(unread)]
    if unread or shown:
        page.say("The worst inventories, by how many critical, high and other controls fail:")
        _add_table(page, rows, unread, shown)
    if left := len(rows.unread) + len(rows.busy) - len(unread) - len(shown):
        page.add(f"and {inventories(left)} more with something to act on")
    _add_quiet(page, rows)


def _add_table(
    page: Page, rows: _Rows, unread: Sequence[tuple[str, int]], shown: Sequence[_Inventory]
) -> None:
    kept = [n for n in range(len(_HEADS)) if any(row.columns[n] for row in shown)]
    names = [*(stem(file) for file, _ in unread), *(row.name for row in shown)]
    width = min(_NAME, widest(names))
    heads = "".join(f"  {_HEADS[n][0]}" for n in kept)
    page.add(f"{' ' * width}{heads}{'  pass' if shown else ''}".rstrip())
    for file, line in unread:
        page.add(*beside(wrapped(stem(file), width), [f"  could not be read, at line {line}"], width))
    for row in shown:
        counts = "".join(_count(page, row.columns[n], len(_HEADS[n][0]) + 2, _HEADS[n][1]) for n in kept)
        document = rows.document(row)
        points = scored(score([document]))
        if document.taken_whole:
            points += f", {len(document.taken_whole):,} taken away"
        page.add(*beside(wrapped(row.name, width), [f"{counts}  {points}"], width))


def _add_quiet(page: Page, rows: _Rows) -> None:
    if rows.quiet:
        have = "has" if len(rows.quiet) == 1 else "have"
        lead = f"{inventories(len(rows.quiet))} {have} no findings: "
        ids = [*map(one_line, rows.quiet)]
        room = max(40, 2 * (page.options.width or 100) - len(lead) - 20)
        page.say(lead + _first(ids, room))


def _first(ids: Sequence[str], room: int) -> str:
    """As many ids as fit, and how many others there are."""
    text = ids[0]
    for number, id_ in enumerate(ids[1:], 1):
        if len(text) + 2 + len(id_) > room:
            return f"{text} and {len(ids) - number:,} more"
        text += f", {id_}"
    return text


def _open(results: Sequence[Result]) -> Iterator[Result]:
    """The unknown results of controls of which nothing worse is told."""
    worse = {result.policy for result in results if result.status.rank > Status.UNKNOWN.rank}
    return (r for r in results if r.status is Status.UNKNOWN and r.policy not in worse)


class _Unknown:
    """What is unknown of inventories, the worst first: how many checks of how many, the questions about them,
    and what no question would tell: by control and headline how often, and where first."""

    def __init__(self, rows: _Rows) -> None:
        self.checks = self.inventories = 0
        self.bare: dict[tuple[str, str], tuple[int, Span]] = {}
        self.questions = next_questions(self._results(rows), SIZES[-1][0].questions, things=False)

    def _results(self, rows: _Rows) -> Iterator[Result]:
        for row in rows.busy:
            checks: dict[str, list[Result]] = {}
            for result in _open(rows.results(row)):
                checks.setdefault(result.policy, []).append(result)
                yield result
            self.checks += len(checks)
            self.inventories += bool(checks)
            for first, *rest in checks.values():
                if not any(result.gaps for result in (first, *rest)):
                    key = first.policy, headline(first)
                    count, span = self.bare.get(key, (0, first.span))
                    self.bare[key] = count + 1, span


def _add_bare(page: Page, bare: Mapping[tuple[str, str], tuple[int, Span]], most: int) -> None:
    """What no question would tell, the same of several inventories once."""
    for (policy, text), (count, span) in islice(bare.items(), most):
        where = place(span) if count == 1 else inventories(count)
        page.add(*hanging("  - ", f"{text} ({one_line(policy)}, {where})", page.options.width))
    if len(bare) > most:
        page.add(f"    and {len(bare) - most:,} more that no answer would tell")


def _about(question: Question) -> str:
    return f"{inventories(question.inventories)}; {decides(question)}"
