"""Text about many inventories: what fails most, who is worst, what to ask next; as long as a person reads.

In: a page and a report. Out: lines on the page, a screen for each hundred inventories at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

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
        self.unknown = [result for row in self.rows.busy for result in _open(row.results)]
        self.questions = next_questions(self.unknown, SIZES[-1][0].questions)

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
        if not self.unknown:
            return
        checks = len({(r.kind, r.document, r.policy) for r in self.unknown})
        about = len({(r.kind, r.document) for r in self.unknown})
        lack = f"{plural(checks, 'check')} in {inventories(about)} {'lacks' if checks == 1 else 'lack'} facts"
        page.gap()
        page.say(f"What to find out next ({lack}):")
        asked, more = self.questions
        page.questions(asked[:most], more + len(asked[most:]), _about)
        _add_bare(page, _bare(self.unknown), most)


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
    """One inventory: the numbers of its row, under the heads of the table, and what is behind them."""

    name: str
    document: DocumentInfo
    results: Sequence[Result]
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
        groups = by_document(report)
        self.report = report
        rows = [
            _Inventory(name, document, found, _columns(found))
            for document, name in zip(report.documents, named(report.documents).values(), strict=True)
            for found in [groups.get((document.kind, document.id), [])]
        ]
        self.busy = [row for row in rows if any(row.columns)]
        self.busy.sort(key=lambda row: tuple(-count for count in row.columns))  # stable: else by name
        # What no control looks at has no findings either, and is not to be praised for it.
        self.quiet = [row.document for row in rows if row.document.statuses and not any(row.columns)]
        read = {document.file for document in report.documents}
        lines: dict[str, int] = {}
        for problem in report.problems:
            if problem.file is not None and problem.file not in read:
                lines.setdefault(problem.file, problem.line or 1)
        self.unread = list(lines.items())

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
        _add_table(page, unread, shown)
    if left := len(rows.unread) + len(rows.busy) - len(unread) - len(shown):
        page.add(f"and {inventories(left)} more with something to act on")
    _add_quiet(page, rows)


def _add_table(page: Page, unread: Sequence[tuple[str, int]], shown: Sequence[_Inventory]) -> None:
    kept = [n for n in range(len(_HEADS)) if any(row.columns[n] for row in shown)]
    names = [*(stem(file) for file, _ in unread), *(row.name for row in shown)]
    width = min(_NAME, widest(names))
    heads = "".join(f"  {_HEADS[n][0]}" for n in kept)
    page.add(f"{' ' * width}{heads}{'  pass' if shown else ''}".rstrip())
    for file, line in unread:
        page.add(*beside(wrapped(stem(file), width), [f"  could not be read, at line {line}"], width))
    for row in shown:
        counts = "".join(_count(page, row.columns[n], len(_HEADS[n][0]) + 2, _HEADS[n][1]) for n in kept)
        points = scored(score([row.document]))
        if row.document.taken_whole:
            points += f", {len(row.document.taken_whole):,} taken away"
        page.add(*beside(wrapped(row.name, width), [f"{counts}  {points}"], width))


def _add_quiet(page: Page, rows: _Rows) -> None:
    if rows.quiet:
        have = "has" if len(rows.quiet) == 1 else "have"
        lead = f"{inventories(len(rows.quiet))} {have} no findings: "
        ids = [one_line(document.id) for document in rows.quiet]
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


def _bare(results: Iterable[Result]) -> Iterator[Result]:
    """The first result of each check that asks nothing."""
    checks: dict[tuple[str, str, str], list[Result]] = {}
    for result in results:
        checks.setdefault((result.kind, result.document, result.policy), []).append(result)
    return (group[0] for group in checks.values() if not any(result.gaps for result in group))


def _add_bare(page: Page, results: Iterable[Result], most: int) -> None:
    """What no question would tell, the same of several inventories once."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.policy, headline(result)), []).append(result)
    for (policy, text), group in list(groups.items())[:most]:
        where = place(group[0].span) if len(group) == 1 else inventories(len(group))
        page.add(*hanging("  - ", f"{text} ({one_line(policy)}, {where})", page.options.width))
    if len(groups) > most:
        page.add(f"    and {len(groups) - most:,} more that no answer would tell")


def _about(question: Question) -> str:
    return f"{inventories(question.inventories)}; {decides(question)}"
