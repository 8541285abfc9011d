"""The report as JUnit XML for CI systems: a suite for each inventory, a test for each control.

In: a report. Out: one XML document in the form that Jenkins' schema describes, which others read too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from policyscan.display import one_line
from policyscan.findings import (
    TRAITS,
    DocumentInfo,
    Effect,
    Gate,
    Problem,
    Report,
    Result,
    Status,
    by_document,
)
from policyscan.reporters.options import Options
from policyscan.reporters.wording import (
    headline_and_question,
    moment,
    named,
    places,
    problems_told,
    proof,
    remarks,
    scope,
    spoken,
    taken_by,
)

# How a test that says each of these ends; a pass and a due one have nothing to say but a text beside.
_ENDS = {
    Effect.STOP: "error",
    Effect.FAIL: "failure",
    Effect.UNKNOWN: "failure",
    Effect.DUE: "",
    Effect.NOTHING: "skipped",
}
_ESCAPED = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"}


def render(report: Report, options: Options) -> Iterator[str]:  # noqa: ARG001 - every format takes them
    """The suites in the order of the inventories, one of what could not be evaluated before them."""
    totals = Counter(case.end for suite in _suites(report) for case in suite.cases)
    head = f"<testsuites{_attributes({'name': 'policyscan', **_counts(totals)})}>"
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n'
    about = "\n".join(
        [
            scope(report),
            *remarks(report),
            *taken_by(report),
            *(f"{what}: {said}" for what, said in proof(report.scan)),
        ]
    )
    for suite in _suites(report):  # made anew: of thousands of inventories only one is held
        yield "".join(f"{line}\n" for line in suite.lines(about))
        about = ""
    yield "</testsuites>\n"


def _suites(report: Report) -> Iterator[_Suite]:
    names, groups = named(report.documents), by_document(report)
    titles = {policy.id: policy.title for policy in report.policies}
    if problems := _problems(report):
        yield _Suite("policyscan", "", problems)
    for document in report.documents:
        key = document.kind, document.id
        cases = _cases(document, groups.get(key, []), titles, report.gate)
        yield _Suite(names[key], document.file, cases)


class _Case:
    """One test: the control, how it ended (`failure`, `error`, `skipped`, or nothing for a pass), and what
    is said of that."""

    def __init__(self, control: str, title: str, end: str, status: str, said: Sequence[str]) -> None:
        self.control = control
        self.title = title
        self.end = end
        self.status = status
        self.said = said

    def lines(self) -> list[str]:
        name = f"{self.control} {self.title}" if self.title else self.control
        head = f"<testcase{_attributes({'classname': self.control or 'policyscan', 'name': name})}"
        if not self.said and not self.end:
            return [f"    {head}/>"]
        text = _text("\n".join(map(one_line, self.said)))
        if not self.end:
            return [f"    {head}>", f"      <system-out>{text}</system-out>", "    </testcase>"]
        first = self.said[0] if self.said else self.status
        more = len(self.said) - 1
        message = f"{first} (and {more:,} more)" if more > 0 else first
        ends = _attributes({"type": self.status, "message": message})
        return [f"    {head}>", f"      <{self.end}{ends}>{text}</{self.end}>", "    </testcase>"]


class _Suite:
    """The tests of one inventory."""

    def __init__(self, name: str, file: str, cases: Sequence[_Case]) -> None:
        self.name = name
        self.file = file
        self.cases = cases

    def lines(self, about: str) -> list[str]:
        """The suite; `about` is what was scanned with, in the first one."""
        ends = Counter(case.end for case in self.cases)
        counts: dict[str, str] = {"name": self.name, **_counts(ends)}
        counts["skipped"] = str(ends["skipped"])
        if self.file:
            counts["file"] = self.file
        said = [f"    <system-out>{_text(about)}</system-out>"] if about else []
        tests = [line for case in self.cases for line in case.lines()]
        return [f"  <testsuite{_attributes(counts)}>", *tests, *said, "  </testsuite>"]


def _counts(ends: Counter[str]) -> dict[str, str]:
    return {
        "tests": str(ends.total()),
        "failures": str(ends["failure"]),
        "errors": str(ends["error"]),
    }


def _problems(report: Report) -> list[_Case]:
    """What could not be read or evaluated, and that nothing was checked: errors, as they make exit code 2."""
    return [_problem(problem) for problem in problems_told(report)]


def _problem(problem: Problem) -> _Case:
    at = f"{problem.span}: " if problem.span else ""
    hint = [f"hint: {problem.hint}"] if problem.hint else []
    return _Case("", problem.file or "policyscan", "error", "error", [f"{at}{problem.message}", *hint])


def _cases(
    document: DocumentInfo, results: Iterable[Result], titles: Mapping[str, str], gate: Gate
) -> list[_Case]:
    """A test for each control that looked at a document, those without a finding too, by their ids."""
    of: dict[str, list[Result]] = {policy: [] for policy in document.statuses}
    for result in results:
        of.setdefault(result.policy, []).append(result)
    made = [
        _case(policy, titles.get(policy, ""), document.statuses.get(policy), of[policy], gate)
        for policy in sorted(of)
    ]
    away = {one.policy: one.statements for one in document.taken if one.whole}
    for case in made:
        statements = [document.statements[number] for number in away.get(case.control, ())]
        case.said = [*case.said, *(f"taken away: {spoken(one)}" for one in statements)]
    return made


def _case(policy: str, title: str, rolled: Status | None, results: Sequence[Result], gate: Gate) -> _Case:
    status = rolled or max(results, key=lambda result: result.status.rank).status
    said = [_said(result) for result in results if result.status not in (Status.PASS, Status.NOT_APPLICABLE)]
    return _Case(policy, title, _end(status, gate), str(status), list(dict.fromkeys(said)))


def _end(status: Status, gate: Gate) -> str:
    """How a test of a status ends, as the gate has it: what lets the exit code be 0 is not a failure."""
    if status is Status.PASS:
        return ""
    effect = TRAITS[status].effect
    if effect is Effect.UNKNOWN and gate.allow_unknown:
        return "skipped"
    if effect is Effect.DUE and gate.fail_on_due:
        return "failure"
    return _ENDS[effect]


def _said(result: Result) -> str:
    label = TRAITS[result.status].label
    said = f"{label}, {result.severity.value}: {headline_and_question(result)}"
    if result.waiver:
        mark = result.waiver
        said += f" ({mark.covers.value} accepted until {mark.expires_on} by {mark.approver}: {mark.reason})"
    elif result.until:
        said += f" (until {moment(result.until)})"
    return f"{said} at {places(result)}"


def _attributes(values: Mapping[str, str]) -> str:
    return "".join(f' {name}="{_text(one_line(value))}"' for name, value in values.items())


def _text(text: str) -> str:
    return text.translate(_ESCAPED).replace("##", "#&#35;")  # `##[error]` is a command to a runner's log
