"""What controls say to the questions of a questionnaire, an inventory at a time; plain values, no markup.

In: a report and a questionnaire. Out: a `FormSheet` for each inventory that a control of it is about. What a
report does not hold is unknown: no question is ever answered for whoever has to sign it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum

from policyscan.display import one_line
from policyscan.findings import (
    MET,
    TRAITS,
    DocumentInfo,
    FormQuestion,
    PolicyInfo,
    Questionnaire,
    Report,
    Result,
    Status,
    by_document,
    worst,
)
from policyscan.records import NamedTuple
from policyscan.reporters.wording import (
    accepted,
    against,
    headline,
    named,
    place,
    plural,
    problems_told,
    rests_on,
    spoken,
)

_FEW = 4  # lines of a kind that a control has


class Standing(Enum):
    """What controls say to a question together; the text is what people read of it."""

    NONE = "No control speaks to this."
    NOT_MET = "A control that speaks to this is not met."
    UNKNOWN = "It is not known whether the controls that speak to this are met."
    NOT_APPLICABLE = "The controls that speak to this do not apply here."
    IN_PART = "The controls that speak to this are met; part of the question is beyond them."
    MET = "The controls that speak to this are met."

    def __str__(self) -> str:
        return str(self.value)


class Voice(NamedTuple):
    """What one control, or one requirement of it, says to a question.

    `status` is None where the report does not tell; `scope` says how many subjects were looked at.
    """

    control: str
    requirement: str
    title: str
    status: Status | None
    state: str
    scope: str
    found: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


class Reply(NamedTuple):
    """A question, what controls say to it, and what of it none answers."""

    question: FormQuestion
    standing: Standing
    voices: tuple[Voice, ...]


class Signed(NamedTuple):
    """An answer that was signed and is no longer shown true: which one, why, and since when at the latest.

    `since` is the ISO day of the newest evidence against it, empty where there is only none for it.
    """

    answer: str
    status: Status
    said: str
    since: str
    where: str


class FormSheet(NamedTuple):
    """The questions for one inventory, and the signed answers that are no longer shown true."""

    name: str
    id: str
    kind: str
    file: str
    as_of: str
    answers: tuple[Reply, ...]
    signed: tuple[Signed, ...]
    signed_unknown: str  # why nothing can be said of signed answers; empty where something can


def sheets(report: Report, form: Questionnaire) -> list[FormSheet]:
    """A sheet for each inventory of a kind that a control of the questionnaire is about, in their order."""
    whole = _Whole(report, form)
    kinds = whole.kinds()
    return [whole.sheet(one) for one in report.documents if not kinds or one.kind in kinds]


def troubles(report: Report) -> Sequence[str]:
    """What could not be read or evaluated, each in a line: before any answer is given, it has to be."""
    return [
        f"{f'{place(one.span)}: ' if one.span else ''}{one_line(one.message)}"
        for one in problems_told(report)
    ]


def headed(form: Questionnaire) -> Iterator[str]:
    """Where the questions are from, when and how well they were read, and what they are not."""
    own = "the publisher's own text" if form.read_from == "primary" else "somebody's account of it"
    yield f"Questions in our own words, after {one_line(form.source)} ({own}), read on {form.checked_on}."
    if form.note:
        yield f"Of that source: {one_line(form.note)}."
    yield from map(one_line, form.facts)
    yield (
        "This is material for whoever answers and signs, and answers nothing itself: what a control tests "
        "may be less, or other, than what is asked."
    )


MARKS = {
    "primary": "",
    "secondary": "read in somebody's account of it",
    "inferred": "the publisher's text of it was not seen",
}
"""What is said of how well a question was read."""


class _Whole:
    """What all sheets are made from: results by inventory and control, and the controls."""

    def __init__(self, report: Report, form: Questionnaire) -> None:
        self._report = report
        self._form = form
        self._policies = {info.id: info for info in report.policies}
        self._names = named(report.documents)
        self._groups: dict[tuple[str, str], dict[str, list[Result]]] = {}
        for key, results in by_document(report).items():
            own = self._groups.setdefault(key, {})
            for result in results:
                own.setdefault(result.policy, []).append(result)

    def kinds(self) -> set[str]:
        """The kinds of inventories that the controls of the questionnaire are about."""
        texts = {text for question in self._form.questions for text in question.answered_by}
        known = [self._policies.get(text.partition("/")[0]) for text in texts]
        return {kind for info in known if info for kind in (info.kind, info.also) if kind}

    def sheet(self, document: DocumentInfo) -> FormSheet:
        key = document.kind, document.id
        results = self._groups.get(key, {})
        signed = tuple(self._signed(results))
        return FormSheet(
            one_line(document.name) or self._names[key],
            document.id,
            document.kind,
            document.file,
            document.as_of,
            tuple(self._answer(document, results, one) for one in self._form.questions),
            signed,
            "" if signed else self._unsigned(document),
        )

    def _answer(
        self, document: DocumentInfo, results: Mapping[str, list[Result]], question: FormQuestion
    ) -> Reply:
        voices = tuple(self._voice(document, results, text) for text in question.answered_by)
        return Reply(question, _standing(voices, question.gap), voices)

    def _voice(self, document: DocumentInfo, results: Mapping[str, list[Result]], text: str) -> Voice:
        id_, _, requirement = text.partition("/")
        info = self._policies.get(id_)
        if info is None:
            return Voice(id_, requirement, "", None, _UNCHECKED, "")
        rolled = document.statuses.get(id_)
        if rolled is None:
            kinds = " and ".join(filter(None, (info.kind, info.also)))
            state = f"looks at inventories of kind {one_line(kinds)}, and at none of kind {document.kind}"
            return Voice(id_, requirement, one_line(info.title), None, state, "")
        listed = results.get(id_, [])
        own = _of(requirement, listed) if requirement else listed
        status = self._status(rolled, requirement, listed, own)
        state = TRAITS[status].label if status is not None else _UNTOLD
        return _told(info, requirement, status, state, own, complete=self._report.complete)

    def _status(
        self, rolled: Status, requirement: str, listed: Sequence[Result], own: Sequence[Result]
    ) -> Status | None:
        """The status of a control, or of one requirement of it; None where the report does not tell."""
        if not requirement or rolled in (Status.PASS, Status.NOT_APPLICABLE):
            return rolled
        if self._report.complete or any(one.requirement == requirement for one in listed):
            return worst(one.status for one in own) if own else None
        return None

    def _signed(self, results: Mapping[str, list[Result]]) -> Iterator[Signed]:
        id_, _, requirement = self._form.signed.partition("/")
        for one in results.get(id_, ()):
            if one.requirement == requirement and one.status not in (Status.PASS, Status.NOT_APPLICABLE):
                yield Signed(
                    one_line(one.subject),
                    one.status,
                    headline(one),
                    self._since(one, results),
                    place(one.span),
                )

    def _since(self, signed: Result, results: Mapping[str, list[Result]]) -> str:
        """The day of the newest evidence of the control that stands for a signed answer, where that fails."""
        key = signed.subject.rpartition("/")[2]
        tables = (value for value in signed.parameters.values() if isinstance(value, dict))
        controls = [table[key] for table in tables if key in table]
        failing = (r for id_ in controls for r in results.get(str(id_), ()) if r.status not in MET)
        days = [r.basis.collected for r in failing if r.basis is not None and r.basis.collected]
        return max(days, default="")

    def _unsigned(self, document: DocumentInfo) -> str:
        id_ = self._form.signed.partition("/")[0]
        status = document.statuses.get(id_)
        if status in MET or not id_:
            return ""
        if status is None:
            return (
                f"Answers that were signed were not looked at: {id_} is not among the controls of this scan."
            )
        if status is Status.NOT_APPLICABLE:
            return "No answers are on file that were signed for an insurance in force."
        return "What was signed is not on file, so that nothing can be said of it."


_UNCHECKED = "not checked by this scan: --profile full checks every control"
_UNTOLD = "not told by this report, which lacks what passes: scan with --all-results"


def _of(requirement: str, results: Sequence[Result]) -> list[Result]:
    """The results of one requirement; of a subject that has none, what keeps it from having one."""
    own = [one for one in results if one.requirement == requirement]
    told = {one.subject for one in own}
    return own + [one for one in results if one.subject not in told]


def _standing(voices: Sequence[Voice], gap: str) -> Standing:
    statuses = {one.status for one in voices}
    if not voices:
        return Standing.NONE
    if statuses & {Status.FAIL, Status.ERROR, Status.WAIVED}:
        return Standing.NOT_MET
    if statuses & {None, Status.UNKNOWN}:
        return Standing.UNKNOWN
    if statuses == {Status.NOT_APPLICABLE}:
        return Standing.NOT_APPLICABLE
    return Standing.IN_PART if gap else Standing.MET


def _told(
    info: PolicyInfo,
    requirement: str,
    status: Status | None,
    state: str,
    results: Sequence[Result],
    *,
    complete: bool,
) -> Voice:
    open_ = [one for one in results if one.status not in (Status.PASS, Status.NOT_APPLICABLE)]
    found = [_found(one) for one in open_ if one.status is not Status.UNKNOWN]
    aside = [one for one in results if one.status is Status.NOT_APPLICABLE]
    unknown = (line for one in open_ if one.status is Status.UNKNOWN for line in _asked(one))
    evidence = [f"{rests_on(r.basis)}{_at(r)}" for r in results if r.basis and r not in aside]
    if status in MET and not complete and not evidence:
        evidence = ["not in this report, which lacks what passes: scan with --all-results"]
    return Voice(
        info.id,
        requirement,
        one_line(info.title),
        status,
        state,
        _scope(results) if complete else "",
        _first([*found, *map(_aside, aside)]),
        _first(unknown),
        _first(evidence),
    )


def _at(result: Result) -> str:
    span = result.basis.span if result.basis is not None else None
    return f" ({place(span)})" if span is not None else ""


def _found(result: Result) -> str:
    mark = f"; {accepted(result.waiver)}" if result.waiver else ""
    until = f"; holds until {result.until[:10]}" if result.until and result.status in MET else ""
    return f"{headline(result)}{against(result)} ({place(result.span)}){mark}{until}"


def _asked(result: Result) -> Iterator[str]:
    questions = [one_line(gap.question) for gap in result.gaps if gap.question]
    for question in questions or [
        headline(result) or one_line(result.reason or "") or "the facts are missing"
    ]:
        yield f"{question} ({place(result.span)})"


def _aside(result: Result) -> str:
    why = one_line(result.reason or result.message) or "it does not apply"
    said = "; ".join(map(spoken, result.statements))
    subject = f"{one_line(result.subject)}: " if result.subject else ""
    return f"{subject}left aside, {why}{f': {said}' if said else ''}"


def _first(lines: Iterable[str]) -> tuple[str, ...]:
    """The first few different lines, and how many more there are."""
    different = list(dict.fromkeys(lines))
    more = len(different) - _FEW
    return (*different[:_FEW], f"and {more:,} more") if more > 0 else tuple(different)


def _scope(results: Sequence[Result]) -> str:
    """How many subjects were looked at: `3 subjects: 2 pass, 1 unknown`; empty for the inventory as such."""
    statuses: dict[str, Status] = {}
    for one in results:
        if one.subject:
            known = statuses.get(one.subject)
            statuses[one.subject] = one.status if known is None else max(known, one.status)
    if not statuses:
        return ""
    counts = {status: sum(one is status for one in statuses.values()) for status in TRAITS}
    said = ", ".join(f"{count:,} {TRAITS[status].label}" for status, count in counts.items() if count)
    return f"{plural(len(statuses), 'subject')}: {said}"
