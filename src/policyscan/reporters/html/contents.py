"""What the page of a report says, in the order in which it says it; plain values, none of them markup.

In: a report. Out: a `HtmlPage`. A page stays small enough to be opened: of long reports it holds the worst
results of each inventory and says how many more there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from policyscan.display import one_line
from policyscan.findings import (
    TRAITS,
    DocumentInfo,
    Grade,
    Json,
    PolicyInfo,
    Report,
    Result,
    Severity,
    Status,
    by_document,
    is_document_check,
    score,
)
from policyscan.records import NamedTuple
from policyscan.reporters.html.changed import Changed, changed_of
from policyscan.reporters.html.charts import Bar, Lengths, Strip, bar, compared, strip
from policyscan.reporters.html.sheet import OwnersSheet, sheet_of
from policyscan.reporters.options import Options
from policyscan.reporters.past import aged
from policyscan.reporters.wording import (
    SHOWN,
    Question,
    against,
    alike,
    asked_of,
    behind,
    counted,
    decides,
    frameworks,
    headline_and_question,
    moment,
    named,
    next_questions,
    place,
    places,
    plural,
    problems_told,
    proof,
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

_MOST_ROWS = 4_000  # rows of results on a page
_MOST_DETAILED = 1_500  # results up to which each shows what it rests on
_LEAST_ROWS = 3  # of an inventory, however many there are
_STEPS = 5
_FEW = 3  # questions and statements of each of many inventories
_DAYS = 40  # lines of the calendar
_MOST_FACTS = 12
_WIDEST = 240  # characters of a line of a file
_LONG = 40  # inventories from which on a browser draws those only that are looked at
_LETTERS = {
    Status.PASS: "✓",
    Status.FAIL: "F",
    Status.UNKNOWN: "?",
    Status.DUE: "D",
    Status.WARNING: "!",
    Status.WAIVED: "W",
    Status.ERROR: "E",
    Status.NOT_APPLICABLE: "–",
}
_TAKEN = "S"


class Trouble(NamedTuple):
    """What could not be read or evaluated."""

    where: str
    message: str
    hint: str


class Repair(NamedTuple):
    """Something to do, and the controls that pass once it is done."""

    policy: str
    severity: str
    text: str
    gains: str


class PageQuestion(NamedTuple):
    """A question, and what it is about and decides."""

    text: str
    about: str


class Cell(NamedTuple):
    style: str
    letter: str


class Row(NamedTuple):
    """An inventory in the picture of all controls: a cell for each, or of many inventories a strip."""

    anchor: str
    name: str
    score: str
    cells: tuple[Cell, ...]
    strip: Strip | None


class Matrix(NamedTuple):
    """The controls of one kind of inventories, and each inventory's status in them."""

    kind: str
    controls: tuple[PolicyInfo, ...]
    rows: tuple[Row, ...]


class Finding(NamedTuple):
    """Results that say the same of the same place, as one row."""

    style: str
    label: str
    severity: str
    policy: str
    title: str
    said: str
    requirements: str
    where: str
    until: str
    fix: str
    exception: str
    age: str
    evidence: str
    line: str
    facts: tuple[tuple[str, str, str], ...]
    parameters: tuple[tuple[str, str], ...]
    statements: tuple[str, ...]
    chart: Lengths | None


class Inventory(NamedTuple):
    """One inventory: how it stands, what is found, what is asked, what statements take away; of many
    inventories none has a sheet for its owner."""

    anchor: str
    name: str
    kind: str
    file: str
    as_of: str
    sums: str
    sheet: OwnersSheet | None
    findings: tuple[Finding, ...]
    unknowns: tuple[Finding, ...]
    left_out: int
    questions: tuple[PageQuestion, ...]
    more_questions: int
    taken: tuple[tuple[str, str], ...]
    more_taken: int


class Day(NamedTuple):
    """Something that ends on a day."""

    day: str
    anchor: str
    name: str
    policy: str
    text: str


class QuotedText(NamedTuple):
    """A sentence that a control encodes, and what it is from."""

    text: str
    title: str


class Control(NamedTuple):
    """What a control asks for and why."""

    info: PolicyInfo
    quotes: tuple[QuotedText, ...]
    frameworks: tuple[tuple[str, str], ...]


class HtmlPage(NamedTuple):
    """The whole page; `alone` is the only inventory that it is about, if it is about one."""

    alone: Inventory | None
    scope: str
    as_of: str
    sums: str
    score: str
    bar: Bar | None
    grades: Bar | None
    evidence: str
    taken: str
    since: Changed | None
    trend: tuple[tuple[str, Bar], ...]
    troubles: tuple[Trouble, ...]
    steps: tuple[Repair, ...]
    questions: tuple[PageQuestion, ...]
    more_questions: int
    matrices: tuple[Matrix, ...]
    inventories: tuple[Inventory, ...]
    days: tuple[Day, ...]
    more_days: int
    controls: tuple[Control, ...]
    legend: tuple[tuple[str, str, str], ...]
    filters: tuple[tuple[str, str, int], ...]
    long: bool
    remarks: tuple[str, ...]
    proof: tuple[tuple[str, str], ...]
    digests: tuple[tuple[str, str], ...]


def page_of(report: Report, options: Options) -> HtmlPage:
    """What there is to say about a report."""
    whole = _Whole(report, options)
    open_ = [result for result in report.results if result.status is Status.UNKNOWN]
    questions, more_questions = next_questions(open_, _STEPS)
    days = sorted(whole.days())
    points = score(report.documents)
    inventories = tuple(whole.inventories())
    return HtmlPage(
        inventories[0] if len(inventories) == 1 else None,
        scope(report),
        report.scan.as_of,
        sums(report.documents) if report.documents else "Nothing was checked.",
        scored(points),
        _tally_bar(report.documents),
        _grades(report.documents),
        _evidence(report),
        _taken(report.documents),
        changed_of(report, whole.anchors),
        tuple(_trend(report)),
        tuple(
            Trouble(place(one.span) if one.span else "", one.message, one.hint or "")
            for one in problems_told(report)
        ),
        tuple(whole.steps()),
        tuple(map(_asked, questions)),
        more_questions,
        tuple(whole.matrices()),
        inventories,
        tuple(days[:_DAYS]),
        max(len(days) - _DAYS, 0),
        tuple(map(_control, whole.told())),
        _LEGEND,
        tuple(whole.filters()),
        whole.long,
        tuple(remarks(report, since=False)),
        tuple(_proof(report)),
        tuple(sorted(report.scan.digests.items())),
    )


class _Whole:
    """What several parts of the page are made from: the names of inventories, their results, the controls."""

    def __init__(self, report: Report, options: Options) -> None:
        self._report = report
        self._options = options
        self._names = _called(report.documents)
        self.anchors = {key: f"inventory-{number}" for number, key in enumerate(self._names, 1)}
        self._groups = {
            key: list(alike(_worst_first(results))) for key, results in by_document(report).items()
        }
        self._policies = {info.id: info for info in report.policies}
        self.long = len(report.documents) > _LONG
        count = sum(map(len, self._groups.values()))
        self._detailed = count <= _MOST_DETAILED or options.full
        share = _MOST_ROWS // max(len(self._groups), 1)
        self._rows = count if count <= _MOST_ROWS else max(share, _LEAST_ROWS)

    def steps(self) -> Iterator[Repair]:
        """What gains most: the worst controls first, those of many inventories before those of few."""
        failing: dict[str, list[Result]] = {}
        for group in self._groups.values():
            first = {same[0].policy: same[0] for same in reversed(group) if _fails(same[0])}
            for policy, result in first.items():
                failing.setdefault(policy, []).append(result)
        worst = sorted(
            failing.items(),
            key=lambda item: (-max(r.severity.rank for r in item[1]), -len(item[1]), item[0]),
        )
        for policy, results in worst[:_STEPS]:
            info = self._policies.get(policy)
            text = (info.fix_of(results[0].requirement) or info.title) if info else results[0].message
            yield Repair(policy, results[0].severity.value, text, self._gains(results))

    def _gains(self, results: Sequence[Result]) -> str:
        names = [self._names.get((one.kind, one.document), one.document) for one in results]
        more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
        return f"{plural(len(names), 'control')}: {', '.join(map(one_line, names[:3]))}{more}"

    def matrices(self) -> Iterator[Matrix]:
        """A picture for each kind of inventories: its controls, worst inventory first."""
        kinds: dict[str, list[DocumentInfo]] = {}
        for document in self._report.documents:
            kinds.setdefault(document.kind, []).append(document)
        for kind, documents in kinds.items():
            seen = {policy for one in documents for policy in one.statuses if not is_document_check(policy)}
            controls = tuple(self._policies[id_] for id_ in sorted(seen) if id_ in self._policies)
            if controls:
                ids = [info.id for info in controls]
                rows = tuple(self._row(one, ids) for one in sorted(documents, key=_standing))
                yield Matrix(kind, controls, rows)

    def _row(self, document: DocumentInfo, ids: Sequence[str]) -> Row:
        key = document.kind, document.id
        statuses, taken = document.statuses, document.taken_whole
        cells = tuple(
            _AWAY if id_ in taken else _CELLS[statuses[id_]] if id_ in statuses else _NO_CELL for id_ in ids
        )
        row = self.anchors[key], self._names[key], scored(score([document]))
        if not self.long:
            return Row(*row, cells, None)
        return Row(*row, (), strip([cell.style for cell in cells], counted(told_apart([document]))))

    def inventories(self) -> Iterator[Inventory]:
        """A part of the page for each inventory, worst first."""
        for document in sorted(self._report.documents, key=_standing):
            key = document.kind, document.id
            groups = self._groups.get(key, [])
            kept = [self._finding(group) for group in groups[: self._rows]]
            open_ = [r for group in groups for r in group if r.status is Status.UNKNOWN]
            questions, more = next_questions(open_, _FEW if self.long else _STEPS)
            taken = [(away, spoken(statement)) for statement, away in taken_from(document)]
            shown = _FEW if self.long else len(taken)
            yield Inventory(
                self.anchors[key],
                self._names[key],
                document.kind,
                document.file,
                document.as_of,
                sums([document]),
                None if self.long else self._sheet(document, groups),
                tuple(one for one in kept if one.style != _UNKNOWN),
                tuple(one for one in kept if one.style == _UNKNOWN),
                len(groups) - len(kept),
                tuple(map(_asked, questions)),
                more,
                tuple(taken[:shown]),
                len(taken[shown:]),
            )

    def _sheet(self, document: DocumentInfo, groups: Sequence[Sequence[Result]]) -> OwnersSheet:
        report = self._report
        troubles = len(problems_told(report)) if len(report.documents) == 1 else 0
        name = self._names[document.kind, document.id]
        return sheet_of(name, report.scan.as_of, document, groups, self._policies, troubles)

    def _finding(self, group: Sequence[Result]) -> Finding:
        result = group[0]
        traits, info = TRAITS[result.status], self._policies.get(result.policy)
        mark = result.waiver
        exception = ""
        if mark:
            exception = (
                f"{mark.covers.value} accepted until {mark.expires_on} by {mark.approver}: {mark.reason}"
            )
        acts = result.status not in (Status.PASS, Status.NOT_APPLICABLE)
        return Finding(
            _style(result.status),
            traits.label,
            result.severity.value,
            result.policy,
            info.title if info else "",
            (headline_and_question(result) + against(result)) or (result.reason or ""),
            requirements(group),
            places(result),
            moment(result.until or ""),
            info.fix_of(result.requirement) if info and acts and self._detailed else "",
            exception,
            aged(self._report, result),
            rests_on(result.basis) if result.basis and self._detailed else "",
            self._line(result) if self._detailed else "",
            tuple(self._facts(result)) if self._detailed else (),
            tuple(map(_setting, result.parameters.items())) if self._detailed else (),
            tuple(map(spoken, result.statements)) if self._detailed else (),
            compared(result.figures) if self._detailed else None,
        )

    def _line(self, result: Result) -> str:
        """The line of the file that a result points at; empty where its text is not at hand."""
        source = self._options.source(result.span.file)
        if source is None:
            return ""
        return show(source.line(result.span.line).strip(), _WIDEST)

    def _facts(self, result: Result) -> Iterator[tuple[str, str, str]]:
        for read in result.evidence[:_MOST_FACTS]:
            yield read.path, show(read.value), place(read.span) if read.span else ""
        if (more := len(result.evidence) - _MOST_FACTS) > 0:
            yield f"and {more:,} more", "", ""

    def days(self) -> Iterator[Day]:
        """Each day on which something that holds now ends."""
        for key, groups in self._groups.items():
            anchor, name = self.anchors.get(key, ""), self._names.get(key, "")
            for group in groups:
                result = group[0]
                if result.status is Status.DUE and result.until:
                    said = headline_and_question(result)
                    yield Day(moment(result.until), anchor, name, result.policy, said)
                if result.waiver:
                    said = f"the exception ends: {result.waiver.reason}"
                    yield Day(result.waiver.expires_on, anchor, name, result.policy, said)
        for document in self._report.documents:
            key = document.kind, document.id
            ends: dict[tuple[str, str], int] = {}
            for one in document.statements:
                ends[one.until, one.speaker] = ends.get((one.until, one.speaker), 0) + 1
            for (until, by), count in ends.items():
                what = f"{plural(count, 'statement')} {'runs' if count == 1 else 'run'}"
                said = f"{what} out, by {one_line(by)}: what was taken away is unknown from then on"
                yield Day(until, self.anchors[key], self._names[key], "", said)

    def told(self) -> Iterator[PolicyInfo]:
        """The controls that somebody must act on, and all of a report that tells all results."""
        shown = {result.policy for result in self._report.results}
        yield from (info for info in self._report.policies if info.id in shown)

    def filters(self) -> Iterator[tuple[str, str, int]]:
        """The statuses of rows: style, label, how many rows."""
        counts: dict[Status, int] = {}
        for groups in self._groups.values():
            for group in groups[: self._rows]:
                counts[group[0].status] = counts.get(group[0].status, 0) + 1
        for status in SHOWN:
            if status in counts:
                yield _style(status), TRAITS[status].label, counts[status]


def _style(status: Status) -> str:
    return str(status).replace("_", "-")


_UNKNOWN = _style(Status.UNKNOWN)
_CELLS = {status: Cell(_style(status), letter) for status, letter in _LETTERS.items()}
_AWAY = Cell("taken", _TAKEN)
_LEGEND = (
    *((_style(status), _LETTERS[status], TRAITS[status].label) for status in SHOWN),
    ("taken", _TAKEN, "taken away by a statement"),
)
_NO_CELL = Cell("not-applicable", " ")


def _control(info: PolicyInfo) -> Control:
    quotes = tuple(QuotedText(quote.text, quote.source) for quote in info.quotes)
    return Control(info, quotes, tuple(frameworks(info)))


def _setting(item: tuple[str, Json]) -> tuple[str, str]:
    """A parameter of a control as people read it: `required covers`, `forensics, data restoration`."""
    name, value = item
    if isinstance(value, dict) and value and all(isinstance(one, str) for one in value.values()):
        value = [f"{key}: {one}" for key, one in value.items()]
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        value = ", ".join(value).replace("_", " ")
    return name.replace("_", " "), show(value)


def _asked(question: Question) -> PageQuestion:
    return PageQuestion(question.text, "; ".join(filter(None, (asked_of(question), decides(question)))))


def _fails(result: Result) -> bool:
    return result.status in (Status.FAIL, Status.ERROR)


def _worst_first(results: Iterable[Result]) -> list[Result]:
    return sorted(results, key=lambda r: (SHOWN.index(r.status), -r.severity.rank))


def _called(documents: Sequence[DocumentInfo]) -> dict[tuple[str, str], str]:
    """What to call each document: by its name, or by its id where several have that name or it has none."""
    ids = named(documents)
    times = Counter(one_line(one.name) for one in documents)
    return {
        (one.kind, one.id): one_line(one.name)
        if times[one_line(one.name)] == 1 and one.name
        else ids[one.kind, one.id]
        for one in documents
    }


def _standing(document: DocumentInfo) -> tuple[object, ...]:
    """What inventories are ordered by: the smallest share of controls that pass first."""
    points = score([document])
    share = points.low / points.total if points.total else 2.0
    return document.kind, share, document.id


_ORDER = (
    Status.PASS,
    Status.WARNING,
    Status.DUE,
    Status.WAIVED,
    Status.UNKNOWN,
    Status.FAIL,
    Status.ERROR,
)


def _trend(report: Report) -> Iterator[tuple[str, Bar]]:
    """How many controls had each status on some days, each with a bar."""
    for one in report.past.trend if report.past is not None else ():
        made = bar((_style(status), TRAITS[status].label, one.statuses.get(status, 0)) for status in _ORDER)
        if made is not None:
            yield one.day, made


def _tally_bar(documents: Iterable[DocumentInfo]) -> Bar | None:
    every = tuple(documents)
    counts = told_apart(every)
    away = sum(len(document.taken_whole) for document in every)
    parts = [(_style(one), TRAITS[one].label, counts[one]) for one in _ORDER]
    return bar([*parts, ("taken", "taken away by statements", away)])


def _grades(documents: Iterable[DocumentInfo]) -> Bar | None:
    counts = dict.fromkeys(sorted(Grade, key=lambda grade: -grade.rank), 0)
    for document in documents:
        for grade, count in document.grades.items():
            counts[grade] += count
    return bar((f"grade-{grade.rank}", behind(grade), count) for grade, count in counts.items())


def _evidence(report: Report) -> str:
    """How old the evidence is that findings rest on."""
    bases = [result.basis for result in report.results if result.basis]
    ages = sorted(basis.age_days for basis in bases if basis.path and basis.age_days is not None)
    bare = sum(not basis.path for basis in bases)
    lines = []
    if ages:
        half, oldest = ages[len(ages) // 2], ages[-1]
        said = f"The evidence behind the results below is up to {plural(oldest, 'day')} old"
        lines.append(said + (f", half of it {plural(half, 'day')} or more." if half < oldest else "."))
    if bare:
        lines.append(f"{bare:,} of {len(bases):,} results have no evidence besides the file's own word.")
    return " ".join(lines)


def _taken(documents: Iterable[DocumentInfo]) -> str:
    who = [statement for document in documents for statement in document.statements]
    return f"By the word of {speakers(who)}." if who else ""


def _proof(report: Report) -> Iterator[tuple[str, str]]:
    scan = report.scan
    yield from proof(scan)
    yield "Files read", f"{scan.files_read:,}"
    if report.gate.fail_on is not Severity.LOW:
        yield "Fails on", f"{report.gate.fail_on.value} and worse"
