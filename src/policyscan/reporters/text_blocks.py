"""Text about one inventory, or a few: a block for each, with what to act on first.

In: a page and a report. Out: lines on the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from policyscan.display import cells, one_line
from policyscan.findings import DocumentInfo, PolicyInfo, Report, Result, Status, by_document
from policyscan.reporters.causes import ACT, Cause, causes
from policyscan.reporters.layout import listed, widest, wrapped
from policyscan.reporters.text_page import LABEL, QUESTIONS, SEVERITY, Page
from policyscan.reporters.wording import (
    Question,
    accepted,
    asked_of,
    decides,
    graded,
    headline,
    inventories,
    line_of,
    next_questions,
    places,
    plural,
    scope,
    speakers,
    sums,
)

_ROWS = 20  # of one inventory; further controls are named
_ROWS_OF_SEVERAL = 6
_WITH_FIXES = 12  # with more rows than this, what to do is left to --full and explain
_COLUMN = 72  # cells of messages that are not broken, before what stands beside them
_NARROW = 24  # cells that a message has at least beside what stands there
_TAKEN = "TAKEN"  # what statements take away
_NAMED = 5  # subjects that a row names beside the first


def add_blocks(page: Page, report: Report) -> None:
    """What was scanned with, then a block for each inventory."""
    groups = by_document(report)
    policies = {policy.id: policy for policy in report.policies}
    several = len(report.documents) > 1
    page.gap()
    page.say(f"{inventories(len(report.documents))} · {scope(report)}" if several else scope(report))
    for document in report.documents:
        page.gap()
        add_header(page, document)
        block = _Block(page, document, policies, report)
        block.add(groups.get((document.kind, document.id), []), _ROWS_OF_SEVERAL if several else _ROWS)
        if several:
            page.say(sums([document]))


def add_header(page: Page, document: DocumentInfo) -> None:
    """What the inventory is called, and where it lies."""
    name, file = one_line(document.name or document.id), one_line(document.file)
    called = "" if document.id in (name, stem(document.file)) else f" ({one_line(document.id)})"
    kind = "" if document.kind == "client" else f" · {one_line(document.kind)}"
    lead = f"{name}{called}{kind}"
    if page.options.width is None or cells(f"{lead} · {file}") <= page.options.width:
        page.add(f"{page.paint(name, '1')}{called}{kind} · {page.link(file, document.file)}")
    else:
        page.add(*(page.paint(line, "1") for line in wrapped(lead, page.options.width)))
        page.add(*wrapped(file, page.options.width))


def stem(file: str) -> str:
    """The name of a file without folder and ending; by it people know an inventory."""
    return one_line(file.rpartition("/")[2].partition(".")[0])


class _Block:
    """The lines of one inventory."""

    def __init__(
        self, page: Page, document: DocumentInfo, policies: Mapping[str, PolicyInfo], report: Report
    ) -> None:
        self.page = page
        self.report = report
        self.document = document
        self.policies = policies

    def add(self, results: Sequence[Result], most: int) -> None:
        """What to act on, `most` rows of it at most, what passes, what to find out, what does not apply."""
        found = causes(results, self.page.options.source)
        act = [one for one in found if one.worst.status is not Status.UNKNOWN]
        self.rows(act[:most], with_fixes=len(act) <= _WITH_FIXES)
        self.further(act[most:])
        add_passing(self.page, self.document)
        self.unknowns([one for one in found if one.worst.status is Status.UNKNOWN])
        add_names(self.page, self.document, Status.NOT_APPLICABLE)
        _add_taken(self.page, self.document)

    def rows(self, found: Sequence[Cause], *, with_fixes: bool) -> None:
        """The message of each cause, with its severity and control beside it, and its place below."""
        beside = 2 + SEVERITY + 2 + widest(one_line(cause.worst.policy) for cause in found)
        width = self.page.options.width
        if width is not None and width < LABEL + beside + _NARROW:
            beside = 0  # and what would stand there goes below
        texts = [wrapped(headline(cause.worst), self.page.room(LABEL + beside)) for cause in found]
        column = min(_COLUMN, max(map(widest, texts), default=0))
        for cause, text in zip(found, texts, strict=True):
            self.row(cause, text, column if beside else None)
            if with_fixes and (fix := self.fix(cause.worst)):
                self.page.below(f"→ {fix}")

    def row(self, cause: Cause, text: Sequence[str], column: int | None) -> None:
        """One cause; without a column for its message, what stands beside it goes below."""
        page, worst = self.page, cause.worst
        first, *rest = text
        end = f"{page.severity(worst.severity)}  {one_line(worst.policy)}"
        apart = column is None or cells(first) > column
        pad = " " * ((column or 0) - cells(first))
        page.add(f"{page.label(worst.status)}{first}" + ("" if apart else f"{pad}  {end}"))
        page.below(*rest)
        if apart:
            page.add(" " * LABEL + end)
        self.detail(cause)

    def detail(self, cause: Cause) -> None:
        """Where it stands, and what a row leaves out."""
        page, span, at = self.page, cause.worst.span, self.at(cause.worst)
        said = filter(None, [at, self.age(cause.worst), *_also(cause)])
        lines = wrapped(" · ".join(said), page.room(LABEL))
        if lines[0].startswith(at):
            lines[0] = page.link(at, span.file, span.line) + lines[0].removeprefix(at)
        page.add(*(" " * LABEL + line for line in lines))

    def age(self, result: Result) -> str:
        """How old a finding is, where that was asked for."""
        if self.report.past is None:
            return ""
        from policyscan.reporters.past import aged

        return aged(self.report, result)

    def at(self, result: Result) -> str:
        """A short place where it is read below its file's name; a whole one where a log is searched."""
        alone = self.page.options.width is None or result.disputed or result.span.file != self.document.file
        return places(result) if alone else line_of(result.span)

    def fix(self, result: Result) -> str:
        policy = self.policies.get(result.policy)
        return one_line(policy.fix_of(result.requirement)) if policy and result.status in ACT else ""

    def further(self, found: Sequence[Cause]) -> None:
        """The controls of causes for which there is no room, by id, each status apart."""
        for status in (*ACT, Status.WAIVED):
            ids = [one_line(id_) for one in found if one.worst.status is status for id_ in one.controls]
            _add_list(self.page, self.page.label(status), ["also", *dict.fromkeys(ids)] if ids else [])

    def unknowns(self, found: Sequence[Cause]) -> None:
        if not found:
            return
        controls = len({control for cause in found for control in cause.controls})
        results = [r for cause in found for r in cause.results if r.status is Status.UNKNOWN]
        lack = "control lacks" if controls == 1 else "controls lack"
        ask = " What to find out next:" if any(result.gaps for result in results) else ""
        first, *rest = wrapped(f"{controls} {lack} facts.{ask}", self.page.room(LABEL))
        self.page.add(self.page.label(Status.UNKNOWN) + first)
        self.page.below(*rest)
        self.page.questions(*next_questions(results, QUESTIONS), _effect)
        self.page.without_questions(
            cause.worst for cause in found if not any(result.gaps for result in cause.results)
        )


def add_passing(page: Page, document: DocumentInfo) -> None:
    """The controls that pass, and what they and those that are due are known by."""
    add_names(page, document, Status.PASS)
    if document.grades:
        page.below(f"What holds today rests on: {graded(document.grades)}")


def add_names(page: Page, document: DocumentInfo, status: Status) -> None:
    """The controls of one status by id alone, in as many lines as they need."""
    away = document.taken_whole
    ids = (id_ for id_, rolled in document.statuses.items() if rolled is status and id_ not in away)
    _add_list(page, page.label(status), sorted(ids))


def taken_label(page: Page) -> str:
    """What stands where a status does before what statements take away."""
    return page.paint(_TAKEN, "1;90") + " " * (LABEL - len(_TAKEN))


def _add_taken(page: Page, document: DocumentInfo) -> None:
    """The controls that statements take away, and who says so."""
    if not document.taken:
        return
    whole, part = sorted(document.taken_whole), [one.policy for one in document.taken if not one.whole]
    _add_list(page, taken_label(page), whole)
    _add_list(page, " " * LABEL if whole else taken_label(page), ["in part:", *part] if part else [])
    page.below(f"by {plural(len(document.statements), 'statement')} of {speakers(document.statements)}")


def _add_list(page: Page, lead: str, words: Iterable[str]) -> None:
    for line in listed(map(one_line, words), page.list_room()):
        page.add(lead + line)
        lead = " " * LABEL


def _effect(question: Question) -> str:
    """What a question is about, and what its answer does."""
    return "; ".join(filter(None, [asked_of(question), decides(question)]))


def _also(cause: Cause) -> Iterator[str]:
    """What a row leaves out: other controls, other subjects, how many results, and what else they are."""
    worst, others = cause.worst, cause.others
    if worst.waiver:
        yield accepted(worst.waiver)
    if len(cause.controls) > 1:
        yield f"the same fails {', '.join(map(one_line, cause.controls[1:]))}"
    more = [result for result in others if result.status in ACT and result.policy == worst.policy]
    subjects = dict.fromkeys(one_line(r.subject) for r in more if r.subject not in ("", worst.subject))
    if subjects:
        named = list(subjects)[:_NAMED]
        rest = len(subjects) - len(named)
        yield f"also {', '.join(named)}" + (f" and {rest:,} more" if rest else "")
    elif more:
        yield plural(len(more), "other result")
    for status in (Status.UNKNOWN, Status.WAIVED):
        count = sum(result.status is status for result in others)
        if count:
            yield f"{count:,} {'more ' if worst.status is status else ''}{status.value}"
