"""The report as text for a terminal or a log: worst first, one line a control, then what to ask next.

In: a report, and the texts of files for snippets. Out: lines, coloured and cut to a width if that is asked
for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from policyscan.display import cells, defused, one_line, snippet
from policyscan.findings import (
    FINDINGS,
    TRAITS,
    DocumentInfo,
    Gap,
    PolicyInfo,
    Problem,
    Report,
    Result,
    Severity,
    Status,
    ValueRead,
    score,
    unchecked,
)
from policyscan.reporters.options import Options
from policyscan.reporters.wording import (
    SHOWN,
    alike,
    by_document,
    by_urgency,
    graded,
    headline,
    inventories,
    moment,
    named,
    next_questions,
    place,
    places,
    plural,
    related,
    remarks,
    requirements,
    rests_on,
    scope,
    scored,
    show,
    speakers,
    spoken,
    sums,
    taken_from,
    told_apart,
)
from policyscan.source import Span

_MANY = 5  # more documents than this are shown as a table of one line each
_QUESTIONS = 5
_LABEL = 9
_TAKEN = "TAKEN"  # what statements take away
_TAB = re.compile(r"(\t)")
_COLOR_OR_TAB = re.compile(r"(\t|\x1b\[[0-9;]+m)")
_ACT = (Status.ERROR, Status.FAIL, Status.DUE, Status.WARNING)


def render(report: Report, options: Options) -> str:
    """The whole report as lines of text."""
    page = _Page(options)
    page.problems(report)
    if options.full:
        page.in_full(report)
    elif len(report.documents) > _MANY:
        page.table(report)
    else:
        page.each_document(report)
    page.totals(report)
    kept = _COLOR_OR_TAB if options.color else _TAB
    return "".join(f"{_safe(line, kept)}\n" for line in page.lines)


def _safe(line: str, kept: re.Pattern[str]) -> str:
    """A line that is safe whatever field of it was forgotten: but for colours and tabs of ours."""
    if line.isprintable():
        return defused(line)
    return defused(
        "".join(part if number % 2 else one_line(part) for number, part in enumerate(kept.split(line)))
    )


class _Page:
    """Lines under construction, and the options that shape them."""

    def __init__(self, options: Options) -> None:
        self.lines: list[str] = []
        self.options = options

    def add(self, *lines: str) -> None:
        self.lines.extend(lines)

    def gap(self) -> None:
        """A blank line, if there is a line above it to set apart."""
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def paint(self, text: str, color: str) -> str:
        return f"\x1b[{color}m{text}\x1b[0m" if self.options.color and text else text

    def label(self, status: Status) -> str:
        """The status in capitals, padded; in colour the word stays."""
        word = "N/A" if status is Status.NOT_APPLICABLE else TRAITS[status].label.upper()
        return self.paint(word, f"1;{TRAITS[status].color}") + " " * (_LABEL - len(word))

    # What could not be read or evaluated

    def problems(self, report: Report) -> None:
        for problem in report.problems:
            self.problem(problem)
        if not report.problems:
            for sentence in unchecked(report):
                self.problem(Problem(f"nothing was checked: {sentence}"))

    def problem(self, problem: Problem) -> None:
        lead = " " * _LABEL
        at = f"{_position(problem.span)}: " if problem.span else ""
        first, *rest = problem.message.splitlines() or [""]
        self.add(self.label(Status.ERROR) + at + one_line(first))
        self.add(*(lead + one_line(line) for line in rest))
        if problem.span:
            self.add(*self.snippet(problem.span, lead))
        if problem.hint:
            self.add(*(f"{lead}hint: {one_line(line)}" for line in problem.hint.splitlines()))

    def snippet(self, span: Span, lead: str) -> list[str]:
        source = self.options.source(span.file)
        if source is None or not source.line(span.line).strip():
            return []
        text, carets = snippet(source, span, self.options.spell).split("\n")
        return [lead + text, lead + self.paint(carets, "1")]

    # One block for every document

    def each_document(self, report: Report) -> None:
        groups = by_document(report)
        kinds = {document.kind for document in report.documents}
        for document in report.documents:
            self.gap()
            results = groups.get((document.kind, document.id), [])
            self.header(report, document, many_kinds=len(kinds) > 1)
            self.document(document, results)
            if len(report.documents) > 1:
                self.add(sums([document]))

    def header(self, report: Report, document: DocumentInfo, *, many_kinds: bool) -> None:
        kind = f" ({document.kind})" if many_kinds else ""
        self.add(f"{self.paint(one_line(document.id), '1')}{kind} · {scope(report)}")

    def document(self, document: DocumentInfo, results: Sequence[Result]) -> None:
        groups = _by_policy(results)
        self.controls([group for group in groups if group[0].status in (*_ACT, Status.WAIVED)])
        self.passing(document)
        self.unknowns([group for group in groups if group[0].status is Status.UNKNOWN])
        self.names(document, Status.NOT_APPLICABLE)
        self.taken(document)

    def controls(self, groups: Sequence[Sequence[Result]]) -> None:
        name = max((len(group[0].policy) for group in groups), default=0)
        where = max((len(places(group[0])) for group in groups), default=0)
        room = self.room(_LABEL + name + 12 + where + 2)
        texts = [_cut(headline(group[0]), room, _others(group)) for group in groups]
        column = max((cells(text) for text in texts if cells(text) <= 72), default=0)
        for group, text in zip(groups, texts, strict=True):
            worst = group[0]
            pad = " " * max(0, column - cells(text))
            lead = f"{self.label(worst.status)}{worst.policy:<{name}}  {self.severity(worst.severity)}"
            self.add(f"{lead}  {text}{pad}  {places(worst)}")

    def severity(self, severity: Severity) -> str:
        word = f"{severity.value:<8}"
        return self.paint(word, "1") if severity is Severity.CRITICAL else word

    def room(self, taken: int) -> int | None:
        """Columns left for a message; None where lines are not cut."""
        return None if self.options.width is None else max(24, self.options.width - taken)

    def names(self, document: DocumentInfo, status: Status) -> None:
        """The controls of one status by id alone, in as many lines as they need."""
        away = document.taken_whole
        names = (id_ for id_, rolled in document.statuses.items() if rolled is status and id_ not in away)
        self.listed(self.label(status), sorted(names))

    def listed(self, lead: str, words: Iterable[str]) -> None:
        """Words after a label, in as many lines as they need."""
        for line in _wrapped(words, (self.options.width or 100) - _LABEL):
            self.add(lead + line)
            lead = " " * _LABEL

    def taken(self, document: DocumentInfo) -> None:
        """The controls that statements take away, and who says so."""
        if not document.taken:
            return
        blank = " " * _LABEL
        whole, part = sorted(document.taken_whole), [one.policy for one in document.taken if not one.whole]
        self.listed(self.taken_label(), whole)
        self.listed(blank if whole else self.taken_label(), ["in part:", *part] if part else [])
        count = plural(len(document.statements), "statement")
        self.add(f"{blank}by {count} of {speakers(document.statements)}")

    def taken_label(self) -> str:
        return self.paint(_TAKEN, "1;90") + " " * (_LABEL - len(_TAKEN))

    def passing(self, document: DocumentInfo) -> None:
        """The controls that pass, and what evidence they and those that are due rest on."""
        self.names(document, Status.PASS)
        if document.grades:
            self.add(f"{' ' * _LABEL}resting on evidence: {graded(document.grades)}")

    def unknowns(self, groups: Sequence[Sequence[Result]]) -> None:
        if not groups:
            return
        lack = "control lacks" if len(groups) == 1 else "controls lack"
        results = [r for group in groups for r in group if r.status is Status.UNKNOWN]
        asked = any(result.gaps for result in results)
        self.add(
            f"{self.label(Status.UNKNOWN)}{len(groups)} {lack} facts."
            + (" Best next questions:" if asked else "")
        )
        self.questions(results)
        for group in groups:  # those that no question settles are still told
            if not any(result.gaps for result in group):
                self.add(f"  - {group[0].policy}: {headline(group[0])}  {place(group[0].span)}")

    def questions(self, results: Iterable[Result]) -> None:
        questions, more = next_questions(results, _QUESTIONS)
        rows = [(number, q.text, _effect(q.settles, q.helps)) for number, q in enumerate(questions, 1)]
        column = max((cells(text) for _, text, _ in rows if cells(text) <= 72), default=0)
        for number, text, effect in rows:
            self.add(f"  {number} {text}{' ' * max(0, column - cells(text))}    {effect}")
        if more:
            self.add(f"    and {plural(more, 'question')} more")

    # One line for every document

    def table(self, report: Report) -> None:
        groups = by_document(report)
        self.gap()
        self.add(f"{inventories(len(report.documents))} · {scope(report)}")
        rows = [(d, groups.get((d.kind, d.id), [])) for d in report.documents]
        busy = [row for row in rows if any(result.status in FINDINGS for result in row[1])]
        busy.sort(key=lambda row: _gravity(row[1]))
        shown = [s for s in SHOWN if any(told_apart([d]).get(s) for d, _ in busy)]
        called = named(report.documents)
        name = max((cells(called[d.kind, d.id]) for d, _ in busy), default=0)
        if busy:
            heads = "".join(f"{_short(status):>9}" for status in shown)
            points = max(12, *(len(_points(document)) for document, _ in busy))
            self.add(f"{'':<{name}}{heads}  {'score':<{points}}  worst")
        for document, results in busy:
            self.add(self.row(called[document.kind, document.id], document, results, shown, name, points))
        loud = {(document.kind, document.id) for document, _ in busy}
        # What no control looks at has no findings either, and is not to be praised for it.
        checked = (document for document, _ in rows if document.statuses)
        self.quiet([document for document in checked if (document.kind, document.id) not in loud])
        controls = (group for _, results in rows for group in _by_policy(results))
        self.unknowns([group for group in controls if group[0].status is Status.UNKNOWN])
        if busy:
            self.gap()
            self.add("--full shows every finding with its place, the values read and what to do.")

    def row(
        self, id_: str, document: DocumentInfo, results: Sequence[Result], shown: Sequence[Status],
        name: int, points: int,
    ) -> str:  # fmt: skip
        controls = told_apart([document])
        counts = "".join(
            self.paint(f"{controls[s] or '·':>9}", TRAITS[s].color if controls[s] else "90") for s in shown
        )
        worst = min(results, key=lambda r: (-r.status.rank, -r.severity.rank))
        lead = f"{id_}{' ' * (name - cells(id_))}{counts}  {_points(document):<{points}}  "
        taken = name + 9 * len(shown) + points + 4
        text = f"{worst.policy} {headline(worst)}"
        return lead + _cut(text, self.room(taken))

    def quiet(self, documents: Sequence[DocumentInfo]) -> None:
        if documents:
            have = "has" if len(documents) == 1 else "have"
            names = _cut(", ".join(one_line(d.id) for d in documents), self.room(28) or 400)
            self.add(f"{inventories(len(documents))} {have} no findings: {names}")

    # Everything about every finding

    def in_full(self, report: Report) -> None:
        policies = {policy.id: policy for policy in report.policies}
        groups = by_document(report)
        kinds = {document.kind for document in report.documents}
        for document in report.documents:
            self.gap()
            self.header(report, document, many_kinds=len(kinds) > 1)
            told: set[str] = set()
            for group in alike(groups.get((document.kind, document.id), [])):
                self.result(group, policies.get(group[0].policy), told)
            self.gap()
            self.passing(document)
            self.names(document, Status.NOT_APPLICABLE)
            self.statements(document)
            if len(report.documents) > 1:
                self.add(sums([document]))

    def result(self, group: Sequence[Result], policy: PolicyInfo | None, told: set[str]) -> None:
        """A block for results that are alike; what holds for all of a control is said with its first one."""
        self.gap()
        result, items = group[0], requirements(group)
        item = f"{one_line(result.policy)}/{items}" if items else one_line(result.policy)
        title = f"  {one_line(policy.title)}" if policy else ""
        self.add(f"{self.label(result.status)}{item}  {result.severity.value}{title}")
        self.fact("", headline(result))
        self.fact("", f"at {_position(result.span)}")
        self.add(*self.snippet(result.span, " " * (_LABEL + 2)))
        self.waiver(result)
        for read in dict.fromkeys(_read(read, result.span) for one in group for read in one.disputed):
            self.fact("disputed", read)
        for read in dict.fromkeys(_read(read, result.span) for one in group for read in one.evidence):
            self.fact("read", read)
        first = result.policy not in told
        told.add(result.policy)
        for name, value in result.parameters.items() if first else ():
            self.fact("with", f"{one_line(name)} = {show(value)}")
        for basis in dict.fromkeys(rests_on(one.basis) for one in group if one.basis):
            self.fact("rests on", basis)
        for missing in dict.fromkeys(_lack(gap) for one in group for gap in one.gaps):
            self.fact("lacks", missing)
        for statement in result.statements:
            self.fact("because", spoken(statement))
        if result.reason and result.reason not in (result.requirement, result.message):
            self.fact("because", one_line(result.reason))
        fix = one_line(policy.fix_of(result.requirement)) if policy and result.status in FINDINGS else ""
        if fix and f"{result.policy} {fix}" not in told:
            told.add(f"{result.policy} {fix}")
            self.fact("to do", fix)
        if first and (also := related(policy)):
            self.fact("related", also.removeprefix("related "))
        if result.until:
            self.fact("until", moment(result.until))

    def statements(self, document: DocumentInfo) -> None:
        """Each statement that takes controls away: whose, why, until when, and which controls."""
        for statement, away in taken_from(document):
            self.gap()
            self.add(f"{self.taken_label()}{away}")
            self.fact("", spoken(statement))
            if statement.until:
                self.fact("until", statement.until)

    def fact(self, name: str, text: str) -> None:
        self.add(f"{name:>{_LABEL - 1}} {text}")

    def waiver(self, result: Result) -> None:
        if result.waiver:
            self.fact("waived", _waiver(result))

    # The end

    def totals(self, report: Report) -> None:
        many = len(report.documents) > 1
        if many or self.options.full:
            self.gap()
        self.add(*remarks(report))
        lead = f"{inventories(len(report.documents))}: " if many else ""
        problems = f" {plural(len(report.problems), 'problem')}." if report.problems else ""
        self.add(f"{lead}{sums(report.documents)}{problems} Exit {report.exit_code}.")


def _by_policy(results: Iterable[Result]) -> list[list[Result]]:
    """A document's findings and waived results by policy; each group has its worst first."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        if result.status in FINDINGS or result.waiver:
            groups.setdefault(result.policy, []).append(result)
    return list(groups.values())


def _others(group: Sequence[Result]) -> str:
    """What a control's line leaves out: ` (+4 more, 1 unknown)`; of a waived one, how long and by whom."""
    first, *rest = group
    if first.status is Status.WAIVED:
        more = f" (+{len(rest)} more)" if rest else ""
        mark = first.waiver
        return more + (f" (until {mark.expires_on}, by {one_line(mark.approved_by)})" if mark else "")
    more_like = sum(result.status in _ACT for result in rest)
    told = first.message.endswith(" more)")  # of the elements of one result: what follows are results
    more = plural(more_like, "other result") if told else f"{more_like} more"
    parts = [f"+{more}"] if more_like else []
    for status in (Status.UNKNOWN, Status.WAIVED):
        count = sum(result.status is status for result in rest)
        if count:
            parts.append(f"{count} {status.value}")
    return f" ({', '.join(parts)})" if parts else ""


def _waiver(result: Result) -> str:
    mark = result.waiver
    if mark is None:
        return ""
    return (
        f"{mark.covers.value} accepted until {mark.expires_on} by {one_line(mark.approved_by)}: "
        f"{one_line(mark.reason)}"
    )


def _gravity(results: Sequence[Result]) -> tuple[int, ...]:
    """Sorts documents: the worst status and severity first, then by how many results are that bad."""
    worst = by_urgency(results)[0]
    alike = sum(r.status is worst.status and r.severity is worst.severity for r in results)
    return (-worst.status.rank, -worst.severity.rank, -alike)


def _effect(settles: Sequence[str], helps: Sequence[str]) -> str:
    parts = [f"settles {' '.join(settles)}"] if settles else []
    if helps:
        parts.append(f"needed for {' '.join(helps)}")
    return ", ".join(parts)


def _position(span: Span) -> str:
    return f"{place(span)}:{span.column}"


def _read(read: ValueRead, near: Span) -> str:
    text = f"{one_line(read.path)} = {show(read.value)}"
    if read.span is None:
        return text
    where = f"line {read.span.line}" if read.span.file == near.file else place(read.span)
    return f"{text}  ({where})"


def _lack(gap: Gap) -> str:
    question = f": {one_line(gap.question)}" if gap.question else ""
    where = f"  ({place(gap.span)})" if gap.span else ""
    return f"{one_line(gap.path)} ({gap.reason}){question}{where}"


def _points(document: DocumentInfo) -> str:
    """`6 of 14`, `6 of 14, 8 taken`."""
    points = score([document])
    return scored(points) + (f", {points.taken_away:,} taken" if points.taken_away else "")


def _short(status: Status) -> str:
    return "n/a" if status is Status.NOT_APPLICABLE else status.value


def _wrapped(words: Iterable[str], width: int) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _cut(text: str, columns: int | None, tail: str = "") -> str:
    """`text` shortened so that it and the tail fit into some columns; the tail always stays whole."""
    if columns is None or cells(text) + cells(tail) <= columns:
        return text + tail
    kept = text[: max(12, columns - 1 - cells(tail))]
    while len(kept) > 1 and cells(kept) + cells(tail) >= columns and len(kept) > 12:
        kept = kept[:-1]
    return f"{kept.rstrip()}…{tail}"
