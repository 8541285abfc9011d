"""Words that several formats for people share: lines without surprises, counts, values, questions.

In: parts of a report. Out: words for people, from which no control character can reach a terminal.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import groupby, takewhile
from typing import TypeAlias

from policyscan.display import one_line, spoken_path
from policyscan.findings import (
    IN_DISPUTE,
    TRAITS,
    Basis,
    DocumentInfo,
    EvidenceRule,
    Grade,
    Json,
    PolicyInfo,
    Problem,
    Report,
    Result,
    Results,
    ScanInfo,
    Score,
    Statement,
    Status,
    ValueRead,
    WaiverMark,
    control_tally,
    document_check_tally,
    of_sort,
    score,
    sorts,
    taken_away,
    unchecked,
    without_controls,
)
from policyscan.patterns import when_used
from policyscan.records import NamedTuple
from policyscan.source import Span

_FRACTION = when_used(r"\.[0-9]+Z$")
_EXACT = 1e15  # whole numbers above are no longer told apart from their neighbours

_IDS = 4  # of controls, that a line names
_PLACES = 3  # of a file, that a line names
_STOPS = 10  # results that could not be evaluated, of which each is told
# The order in which counts are told: what to act on, what to find out, what is settled.
SHOWN = (
    Status.ERROR,
    Status.FAIL,
    Status.DUE,
    Status.WARNING,
    Status.UNKNOWN,
    Status.WAIVED,
    Status.PASS,
    Status.NOT_APPLICABLE,
)


_MARKUP = {ord(char): f"\\{char}" for char in "\\`*_[]|~#$!"} | {
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord("&"): "&amp;",
    ord("@"): "@<!-- -->",  # no inventory may notify people
}


def markdown(text: str) -> str:
    """A text on one line that Markdown and HTML show as it is, in a table too; nothing becomes a link."""
    return one_line(text).translate(_MARKUP).replace("://", ":\\//").replace("www.", "www\\.")


def plural(count: int, noun: str) -> str:
    """`1 control`, `2 controls`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def inventories(count: int) -> str:
    """`1 inventory`, `2 inventories`."""
    return "1 inventory" if count == 1 else f"{count:,} inventories"


def counted(tally: Mapping[Status, int]) -> str:
    """`3 fail · 1 due · 7 unknown`: what there is none of is left out."""
    said = [f"{tally[status]:,} {TRAITS[status].label}" for status in SHOWN if tally.get(status)]
    return " · ".join(said) or "nothing evaluated"


def sums(documents: Sequence[DocumentInfo]) -> str:
    """`3 fail · 7 unknown · 4 pass. Of 14 controls that apply, between 4 and 11 pass.`; of several documents
    checks are counted, one for each control and inventory."""
    text = f"{counted(told_apart(documents))}."
    if share := passing(score(documents), "control" if len(documents) == 1 else "check"):
        text += f" {share}"
        text += f"; {taken}." if (taken := taken_in_all(documents)) else "."
    checks = document_check_tally(documents)
    if any(checks.values()):
        text += f" Checks of the {'inventory itself' if len(documents) == 1 else 'inventories themselves'}: "
        text += f"{counted(checks)}."
    return text


def told_apart(documents: Iterable[DocumentInfo]) -> Mapping[Status, int]:
    """The tally of controls without those that do not apply only because somebody says so."""
    every = tuple(documents)
    controls = control_tally(every)
    controls[Status.NOT_APPLICABLE] -= taken_away(every).whole
    return controls


def taken_in_all(documents: Iterable[DocumentInfo]) -> str:
    """`8 taken away by 9 statements`, `8 taken away and 3 in part, by 9 statements`; empty if statements take
    nothing away."""
    whole, part, count = taken_away(documents)
    if not count:
        return ""
    by = f"by {plural(count, 'statement')}"
    if not whole:
        return f"{part:,} taken away in part {by}"
    return f"{whole:,} taken away and {part:,} in part, {by}" if part else f"{whole:,} taken away {by}"


def taken_by(report: Report) -> Sequence[str]:
    """What statements take away from each inventory, and whose these are: a line for each."""
    names = named(report.documents)
    return [
        f"{names[one.kind, one.id]}: {taken_in_all([one])} of {speakers(one.statements)}"
        for one in report.documents
        if one.taken
    ]


def speakers(statements: Iterable[Statement]) -> str:
    """Who stands behind some statements."""
    return ", ".join(map(one_line, sorted({one.speaker for one in statements})))


def spoken(statement: Statement) -> str:
    """`“It was wiped”, says June Alder on 2026-05-04 of in scope of lt-old: no (acme.yaml:88)`."""
    about = ", ".join(one_line(spoken_path(path)) for path in statement.about)
    who = f"says {one_line(statement.speaker)} on {statement.stated_on}"
    value = _spoken_value(statement.value)
    return f"“{one_line(statement.reason)}”, {who} of {about}: {value} ({place(statement.span)})"


def _spoken_value(value: Json) -> str:
    """A value that takes controls away, as people say it: `no`, `none`, `app store only`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value == []:
        return "none"
    return show(value).replace("_", " ") if isinstance(value, str) else show(value)


def taken_from(document: DocumentInfo) -> Iterator[tuple[Statement, str]]:
    """Each statement that takes something away, and what: `REC-02, REC-03; in part: AV-01`."""
    for number, statement in enumerate(document.statements):
        mine = [one for one in document.taken if number in one.statements]
        whole = ", ".join(one_line(one.policy) for one in mine if one.whole)
        part = ", ".join(one_line(one.policy) for one in mine if not one.whole)
        yield statement, "; ".join(filter(None, (whole, f"in part: {part}" if part else "")))


def passing(points: Score, noun: str) -> str:
    """`Of 14 controls that apply, between 4 and 11 pass`; `Of 14 controls, 6 pass` where some of them were
    taken away; empty where none applies."""
    if not points.total:
        return ""
    applying = f"Of {plural(points.total, noun)}"
    if not points.taken_away:  # of these, what is left applies
        applying += f" that {'applies' if points.total == 1 else 'apply'}"
    if points.low == points.high:
        return f"{applying}, {points.low:,} {'passes' if points.low == 1 else 'pass'}"
    return f"{applying}, between {points.low:,} and {points.high:,} pass"


def scored(points: Score) -> str:
    """`4 to 11 of 14`, or `4 of 14` when no answer is outstanding; a dash where nothing is scored."""
    if not points.total:
        return "–"
    low = f"{points.low:,}" if points.low == points.high else f"{points.low:,} to {points.high:,}"
    return f"{low} of {points.total:,}"


def show(value: Json, widest: int = 120) -> str:
    """A value as people write it, on one line of at most `widest` characters."""
    if value is None:
        return "none"
    if isinstance(value, str):
        text = one_line(value)
    elif isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        text = str(int(value))
    elif isinstance(value, dict) and value.keys() == {"amount", "currency"}:
        text = f"{show(value['amount'])} {show(value['currency'])}"
    else:
        import json

        text = one_line(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= widest else text[: widest - 1] + "…"


def sum_of_money(value: Json) -> str:
    """`1,234 EUR`, of an amount with its currency; empty for every other value."""
    if not isinstance(value, dict) or value.keys() != {"amount", "currency"}:
        return ""
    amount = value["amount"]
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not abs(amount) < _EXACT:
        return show(value)
    places = 0 if float(amount).is_integer() else 2
    return f"{amount:,.{places}f} {show(value['currency'])}"


def place(span: Span) -> str:
    """`file:line`, safe to print; of a workbook `file:row (sheet Devices, column C)`."""
    return f"{one_line(span.file)}:{span.line}{one_line(span.in_sheet)}"


def line_of(span: Span) -> str:
    """`line 4`, where its file is known; of a workbook `row 4 (sheet Devices, column C)`."""
    return f"row {span.line}{one_line(span.in_sheet)}" if span.sheet else f"line {span.line}"


def file_of(span: Span) -> str:
    """The file of a place, where its line stands elsewhere; of a workbook with sheet and column."""
    return f"{span.file}{span.in_sheet}"


def places(result: Result) -> str:
    """The place of a result, and those of facts that contradict the one there: `a.yaml:5, 9; b.yaml:3`."""
    spans = dict.fromkeys((result.span, *(read.span for read in result.disputed if read.span)))
    lines: dict[str, dict[str, None]] = {}
    for span in spans:
        lines.setdefault(one_line(span.file), {})[f"{span.line}{one_line(span.in_sheet)}"] = None
    shown = [f"{file}:{', '.join(list(found)[:_PLACES])}" for file, found in lines.items()]
    more = len(spans) - sum(min(len(found), _PLACES) for found in lines.values())
    return "; ".join(shown) + (f" (+{more} more)" if more > 0 and len(spans) > _PLACES else "")


def beside(result: Result) -> tuple[ValueRead, ...]:
    """The facts in dispute that stand elsewhere than a result."""
    return tuple(read for read in result.disputed if read.span is not None and read.span != result.span)


def problems_told(report: Report) -> Sequence[Problem]:
    """What could not be read or evaluated; where that is nothing, the ways in which nothing was checked."""
    said = (Problem(f"nothing was checked: {sentence}") for sentence in unchecked(report))
    return report.problems or tuple(said)


def stops(report: Report) -> Sequence[Problem]:
    """All that makes the exit code 2: what `problems_told` has, and the results that are errors, of many the
    first ones."""
    errors = list(takewhile(lambda one: one.status is Status.ERROR, by_urgency(report.results)))
    told = [
        Problem(f"{one_line(one.document)}: {one.policy}: {headline(one)}", one.span)
        for one in errors[:_STOPS]
    ]
    if len(errors) > _STOPS:
        told.append(Problem(f"{len(errors) - _STOPS:,} more results could not be evaluated"))
    return [*problems_told(report), *told]


def stop_lines(report: Report) -> Iterator[str]:
    """What `stops` has as lines of text, for where the report itself does not tell it."""
    for problem in stops(report):
        yield f"error: {f'{problem.span}: ' if problem.span else ''}{problem.message}"
        if problem.hint:
            yield f"  hint: {problem.hint}"


def against(result: Result) -> str:
    """What a fact in dispute is contradicted by, and where, in one text; empty for every other result."""
    facts = (
        f"{place(read.span or result.span)} {one_line(read.path)} = {show(read.value)}"
        for read in beside(result)[:_PLACES]
    )
    said = "; ".join(facts)
    return f" (against {said})" if said else ""


def headline(result: Result) -> str:
    """The message on one line, led by its subject where the message does not name it."""
    message, subject = one_line(_in_words(result)), one_line(result.subject)
    if not subject or subject in message or (result.requirement == _LIST and _last(subject) in message):
        return message
    if "_" not in subject and "[" not in subject:
        return f"{subject}: {message}"
    if ", ".join(map(spoken_path, subject.split(", "))) in message:
        return message
    return f"{_KEY_OF.sub(lambda key: key[0].replace('_', ' '), subject)}: {message}"


_LIST = "for_each"  # what a result is called that is about a list of subjects as a whole
_KEY_OF = when_used(r"/[a-z]+(?:_[a-z]+)+$")  # what a file calls an entry below the one that it is about
_TAKES = when_used(r"(?P<path>[^\s:]\S*): (?P<value>\S+)(?= takes controls away)")
_WHY_NOT = "does not apply: "  # and the expression that is false


def _in_words(result: Result) -> str:
    """The message of a result; what leads to a fact that is missing is said in words, and of what does not
    apply the reason that its control gives, in place of an expression."""
    message = result.message
    for gap in result.gaps:
        if message.startswith(f"{gap.path}: "):
            return spoken_path(gap.path) + message[len(gap.path) :]
    if result.status is Status.NOT_APPLICABLE and message.startswith(_WHY_NOT):
        return result.reason if result.reason and " " in result.reason else _WHY_NOT.rstrip(": ")
    return _TAKES.sub(_taking, message) if " takes controls away" in message else message


def _taking(found: re.Match[str]) -> str:
    value = {"null": "none", "[]": "none", "false": "no", "true": "yes"}.get(found["value"], found["value"])
    return f"{spoken_path(found['path'])}: {value.strip(chr(34)).replace('_', ' ')}"


def _last(subject: str) -> str:
    return spoken_path(subject.rpartition(".")[2])


def alike(results: Iterable[Result]) -> list[list[Result]]:
    """Results side by side that say the same of the same place: requirements of one control, mostly. Each
    group stands where its first one stood."""
    groups: dict[tuple[object, ...], list[Result]] = {}
    for r in results:
        key = (r.policy, r.status, r.severity, r.subject, r.message, r.span, r.until, r.waiver)
        groups.setdefault(key, []).append(r)
    return list(groups.values())


def requirements(group: Sequence[Result]) -> str:
    """The requirements of results that are alike: `coordinator, deputy`."""
    return ", ".join(one_line(result.requirement) for result in group if result.requirement)


def moment(text: str) -> str:
    """A day or instant without the part of a second that makes it the first one after a limit."""
    return _FRACTION.sub("Z", text)


def named(documents: Sequence[DocumentInfo]) -> dict[tuple[str, str], str]:
    """What to call each document, by kind and id: its id, and its kind too where two share one."""
    kinds: dict[str, str] = {}
    several = {d.id for d in documents if kinds.setdefault(d.id, d.kind) != d.kind}
    return {(d.kind, d.id): one_line(f"{d.id} ({d.kind})" if d.id in several else d.id) for d in documents}


def rests_on(basis: Basis) -> str:
    """The weakest evidence behind a result: `devices: tool export (ninjaone) of 2026-10-30, 1 day old`."""
    of = f" of {basis.collected}, {_age(basis.age_days)}" if basis.collected else ""
    if basis.path:
        source = f" ({one_line(basis.source)})" if basis.source else ""
        return f"{one_line(spoken_path(basis.section))}: {grade_name(basis.grade)}{source}{of}"
    if not basis.section:
        return f"the file's own word{of}"
    return f"{one_line(spoken_path(basis.section))}: declared in a file{of}; no evidence covers it"


def _age(days: int | None) -> str:
    return "the same day" if not days else f"{plural(days, 'day')} old"


def grade_name(grade: Grade) -> str:
    """A grade of evidence in words."""
    return str(grade).replace("_", " ")


_BEHIND = {
    Grade.TESTED: "a test",
    Grade.TOOL_EXPORT: "the export of a tool",
    Grade.DOCUMENT: "a document",
    Grade.DECLARED: "somebody's word",
}


def behind(grade: Grade) -> str:
    """What stands behind a fact of a grade: `the export of a tool`, `somebody's word`."""
    return _BEHIND[grade]


def graded(grades: Mapping[Grade, int]) -> str:
    """What stands behind controls that hold: `a test (2), somebody's word (4)`."""
    return ", ".join(f"{_BEHIND[grade]} ({count:,})" for grade, count in grades.items())


def headline_and_question(result: Result) -> str:
    """The headline, and what an unknown result asks for."""
    text = headline(result)
    asked = next((gap for gap in result.gaps if gap.question), None)
    question = asked.question if asked is not None else None
    if result.status is not Status.UNKNOWN or not question or question in text:
        return text
    if asked is not None and asked.reason.startswith(IN_DISPUTE):
        return text  # which says what contradicts what
    return f"{text}: {one_line(question)}" if text else one_line(question)


def by_urgency(results: Results) -> Iterator[Result]:
    """Results of all documents together, worst status first, then greatest severity."""
    for sort in sorted(sorts(results), reverse=True):
        yield from of_sort(results, sort)  # documents in order


class Question(NamedTuple):
    """A question worth asking next, the controls it settles, those that need more answers besides, and how
    many inventories it is about; `things` are the keys of what it is asked of."""

    text: str
    settles: tuple[str, ...]
    helps: tuple[str, ...]
    inventories: int = 1
    things: tuple[str, ...] = ()


def next_questions(
    unknowns: Iterable[Result], most: int, *, things: bool = True
) -> tuple[list[Question], int]:
    """The first of all questions, in the order in which `ask` has them, and how many others there are.

    Results of one document come one after the other. Questions say what `things` they are asked of only if
    that is wanted: of thousands of inventories these are many.
    """
    from policyscan.reporters.choosing import in_order

    needs = _Needs(unknowns, things=things)
    ranked = needs.ranked()
    number = {question: at for at, question in enumerate(ranked)}
    lacks = Counter[frozenset[int]]()
    for document, times in needs.documents.items():
        for _, questions in document:
            lacks[frozenset(map(number.__getitem__, questions))] += times
    asked: list[Question] = []
    for at in in_order(len(ranked), lacks, most):
        before = {question.text for question in asked}
        asked.append(needs.question(ranked[at], before))
    return asked, len(ranked) - len(asked)


def decides(question: Question) -> str:
    """What an answer does: `decides PLAN-01, PLAN-11; needed for RISK-01`."""
    parts = [f"decides {_first(question.settles)}"] if question.settles else []
    parts += [f"needed for {_first(question.helps)}"] if question.helps else []
    return "; ".join(parts)


def _first(ids: Sequence[str]) -> str:
    """The first of some ids, and how many more there are."""
    if len(ids) <= _IDS + 1:
        return ", ".join(ids)
    return f"{', '.join(ids[:_IDS])} and {len(ids) - _IDS:,} more"


def asked_of(question: Question, most: int = 3) -> str:
    """What a question is about: `lt-02, lt-03 and 4 more`; empty where it is about the inventory."""
    named_ = ", ".join(question.things[:most])
    return named_ + (f" and {len(question.things) - most:,} more" if len(question.things) > most else "")


def accepted(mark: WaiverMark) -> str:
    """A waiver in words: `fail accepted until 2026-12-01 by p-ames: the laptop is replaced in May`."""
    by = f"{mark.covers.value} accepted until {mark.expires_on} by {one_line(mark.approver)}"
    return f"{by}: {one_line(mark.reason)}"


_KEY = when_used(r"\[([^\]]+)\]")


class _Needs:
    """Which questions the controls of documents have open. Documents of which the same is open are counted:
    there may be a hundred thousand."""

    def __init__(self, unknowns: Iterable[Result], *, things: bool) -> None:
        self.documents: Counter[frozenset[_Lack]] = Counter()
        self._things: dict[str, dict[str, None]] | None = {} if things else None
        self._severity: dict[str, int] = {}
        self._paths: dict[str, array[int]] = {}  # by question the hashes of what it is asked of
        same: dict[_Lack, _Lack] = {}
        for _, group in groupby(unknowns, key=lambda result: (result.kind, result.document)):
            found = self._of_document(group)
            if found:
                self.documents[frozenset(same.setdefault(one, one) for one in found)] += 1

    def _of_document(self, unknowns: Iterable[Result]) -> list[_Lack]:
        lacks: dict[str, set[str]] = {}
        for result in unknowns:
            for gap in result.gaps:
                question = one_line(gap.question or f"What is {gap.generic_path}?")
                lacks.setdefault(result.policy, set()).add(question)
                self._paths.setdefault(question, array("q")).append(hash(gap.path))
                self._severity[question] = max(self._severity.get(question, 0), result.severity.rank)
                key = _KEY.findall(gap.path) if self._things is not None else None
                if key and self._things is not None and not key[-1].isdecimal():
                    self._things.setdefault(question, {})[one_line(key[-1])] = None
        return [(policy, frozenset(questions)) for policy, questions in lacks.items()]

    def ranked(self) -> list[str]:
        """All questions, first those for what is severe and of those what is asked of few things."""
        of = {question: len(set(paths)) for question, paths in self._paths.items()}
        return sorted(of, key=lambda one: (-self._severity[one], of[one], one))

    def question(self, text: str, answered: AbstractSet[str]) -> Question:
        """What a question does once others are answered."""
        concerned = [
            (document, times)
            for document, times in self.documents.items()
            if any(text in questions for _, questions in document)
        ]
        lacks = {lack for document, _ in concerned for lack in document if text in lack[1]}
        settles = {policy for policy, questions in lacks if questions <= {text, *answered}}
        helps = {policy for policy, _ in lacks} - settles
        things = tuple((self._things or {}).get(text, ()))
        about = sum(times for _, times in concerned)
        return Question(text, tuple(sorted(settles)), tuple(sorted(helps)), about, things)


_Lack: TypeAlias = tuple[str, frozenset[str]]  # a control, and the questions that it has open


_FRAMEWORKS = {
    "cis-v8": "CIS Controls v8",
    "nist-csf-2.0": "NIST CSF 2.0",
    "sp800-53-r5": "NIST SP 800-53 Rev. 5",
    "iso-27001-2022": "ISO 27001:2022",
    "cyber-essentials": "Cyber Essentials",
    "soc2": "SOC 2",
    "other": "others",
}


def frameworks(policy: PolicyInfo) -> Iterator[tuple[str, str]]:
    """Each framework that a control is related to by its name, and its ids; those without one are others."""
    for key, ids in policy.related.items():
        yield framework_name(key), one_line(", ".join(ids))


def framework_name(key: str) -> str:
    """What people call a framework; its key where it has no other name."""
    return _FRAMEWORKS.get(key, one_line(key))


def related(policy: PolicyInfo | None) -> str:
    """`related to CIS Controls v8 7.3; NIST CSF 2.0 PR.PS-02`; empty where nothing is related."""
    listed = "; ".join(f"{name} {ids}" for name, ids in frameworks(policy)) if policy else ""
    return f"related to {listed}" if listed else ""


def scope(report: Report) -> str:
    """What was scanned with, as of when: `essentials, 14 of 66 controls · as of 2026-10-31`."""
    scan = report.scan
    profile = f"{one_line(scan.profile)}, " if scan.profile else ""
    of_total = f" of {scan.controls_total}" if scan.controls_total else ""
    noun = "control" if (scan.controls_total or scan.controls) == 1 else "controls"
    others = {one.profile: one.controls for one in scan.assigned if one.profile != scan.profile}
    more = "".join(f"; {one_line(name)}, {count}" for name, count in others.items())
    return f"{profile}{scan.controls}{of_total} {noun}{more} · as of {scan.as_of}"


def proof(scan: ScanInfo) -> Iterator[tuple[str, str]]:
    """What a report rests on, as far as the scan found out: the scanner, the policies, what was read."""
    yield "Tool", f"policyscan {scan.version}"
    yield "As of", scan.as_of
    for pack in scan.packs:
        yield "Policies", one_line(f"{pack.name} {pack.version} ({pack.digest})")
    if scan.commit:
        yield "Commit", scan.commit + (", with changes that are not committed" if scan.dirty else "")
    if digest := input_digest(scan):
        yield "Inputs", f"{plural(len(scan.digests), 'file')} ({digest})"


def input_digest(scan: ScanInfo) -> str:
    """What stands for all inputs together: the SHA-256 of lines as `sha256sum` writes them, in the order of
    the files' names. Empty where nobody asked for their digests."""
    if not scan.digests:
        return ""
    from hashlib import sha256

    lines = (f"{scan.digests[file].removeprefix('sha256:')}  {file}\n" for file in sorted(scan.digests))
    return "sha256:" + sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def _asked(rule: EvidenceRule | None) -> str:
    if rule is None:
        return ""
    age = f", at most {plural(rule.max_age_days, 'day')} old" if rule.max_age_days is not None else ""
    if rule.grade is Grade.DECLARED:  # any will do, if it is not too old
        return f"facts count{age.removeprefix(',')}; what would pass by others is unknown" if age else ""
    better = "" if rule.grade is Grade.TESTED else " or better"
    return f"facts count if shown by {_BEHIND[rule.grade]}{better}{age}; what would pass by others is unknown"


_NAMED = 12  # clients of a profile


def profiles_told(report: Report) -> Iterator[str]:
    """For each profile by which clients are judged where the settings assign some: whose it is, and why."""
    of: dict[tuple[str, str], list[str]] = {}
    for document in report.documents if report.scan.assigned else ():
        if document.kind == "client":
            of.setdefault((document.profile, document.profile_from), []).append(document.id)
    for (profile, place), ids in sorted(of.items()):
        why = (
            f", by {one_line(place)}" if place else ", the default" if profile == report.scan.profile else ""
        )
        more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
        yield f"{one_line(profile)} for {', '.join(map(one_line, ids[:_NAMED]))}{more}{why}"


def remarks(report: Report, *, since: bool = True) -> Sequence[str]:
    """What a reader must know to judge the result: controls left out, loosened parameters, skipped files; and
    what changed since a baseline, where the format has no place of its own for it."""
    scan = report.scan
    lines = [asked] if (asked := _asked(scan.evidence)) else []
    if scan.max_taken_away is not None:
        least = plural(scan.max_taken_away, "control")
        lines.append(f"at most {least} of an inventory may be taken away by statements")
    lines += [f"left out: {', '.join(map(one_line, scan.left_out))}"] if scan.left_out else []
    lines += [f"profiles: {one}" for one in profiles_told(report)]
    lines += [f"not checked: {one_line(one)}" for one in scan.unmet]
    lines += [
        f"loosened: {item.policy} {item.parameter} = {show(item.value)} (the pack has {show(item.default)})"
        + (f", in profile {one_line(item.profile)}" if item.profile else "")
        for item in scan.loosened
    ]
    for kind, count in without_controls(report).items():
        which = f"{inventories(count)} of kind {one_line(kind)}"
        lines.append(f"not checked: {which}, as no chosen control looks at one")
    if scan.files_skipped:
        one = scan.files_skipped == 1
        lines.append(
            f"skipped: {plural(scan.files_skipped, 'file')} that {'is' if one else 'are'} no inventory"
        )
    if since and report.comparison is not None:
        from policyscan.reporters.since import told

        lines += told(report.comparison)
    if report.past is not None:
        from policyscan.reporters.past import how_far

        lines += how_far(report.past)
    return lines + [f"note: {one_line(note)}" for note in scan.notes]
