"""Workflow commands: findings as annotations of a GitHub Actions run, which cost nothing.

GitHub shows ten of each kind for one step, so what a change is about comes first, then the worst, and the
rest is counted.

In: a report. Out: a line for each annotation, then one that sums up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policyscan.display import one_line
from policyscan.findings import TRAITS, Problem, Report, Status, identity, unchecked
from policyscan.reporters.causes import Cause, by_cause, said
from policyscan.reporters.options import Options
from policyscan.reporters.wording import (
    beside,
    by_urgency,
    headline_and_question,
    moment,
    place,
    plural,
    related,
    remarks,
    scope,
    show,
    taken_by,
)
from policyscan.source import Span

MOST = 10
_MESSAGE = 1_500  # characters of what results of one place say
_BESIDE = 3  # places of other facts that an annotation names
KINDS = ("error", "warning", "notice")


def render(report: Report, options: Options) -> str:
    """One command a line, at most ten of each kind; the last notice says how many are not shown, and what
    controls were left out or loosened."""
    commands: dict[str, list[str]] = {kind: [] for kind in KINDS}
    commands["error"] += [_problem(problem, options) for problem in _problems(report)]
    also = {policy.id: related(policy) for policy in report.policies}
    for cause in _sorted(report, options):
        kind = TRAITS[cause.worst.status].command
        if kind:
            commands[kind].append(_finding(kind, cause, options, also.get(cause.worst.policy)))
    # Several requirements may say the same of one place; with room for ten, once is enough.
    told_once = {kind: list(dict.fromkeys(lines)) for kind, lines in commands.items()}
    return "".join(f"{line}\n" for line in _shown(told_once, _scope(report)))


def _sorted(report: Report, options: Options) -> list[Cause]:
    """Causes of changed files first, then the others, the most urgent of both first; since a baseline what is
    new alone, and what could not be evaluated."""
    results = report.results
    if report.comparison is not None:
        new = report.comparison.new
        results = tuple(one for one in results if one.status is Status.ERROR or identity(one) in new)
    found = by_cause(by_urgency(results), options.source)
    return sorted(found, key=lambda cause: cause.worst.span.file not in options.changed)


def _scope(report: Report) -> list[str]:
    """What was scanned with, where a reader would take it for more than it was."""
    scan = report.scan
    away = taken_by(report)
    told_of = scan.left_out or scan.loosened or scan.notes or away or report.comparison or report.past
    return [scope(report), *remarks(report), *away] if told_of else []


def _shown(commands: Mapping[str, list[str]], about: Sequence[str]) -> list[str]:
    room = dict.fromkeys(KINDS, MOST)
    if about or any(len(lines) > MOST for lines in commands.values()):
        room["notice"] -= 1  # for the notice that tells about the rest
    shown = [line for kind in KINDS for line in commands[kind][: room[kind]]]
    hidden = {kind: len(commands[kind]) - room[kind] for kind in KINDS}
    rest = ", ".join(plural(count, kind) for kind, count in hidden.items() if count > 0)
    last = [*about, *([f"Not shown here: {rest}."] if rest else [])]
    if last:
        shown.append(command("notice", {"title": "policyscan"}, "\n".join(last)))
    return shown


def _problems(report: Report) -> list[Problem]:
    if report.problems:
        return list(report.problems)
    return [Problem(f"Nothing was checked: {sentence}.") for sentence in unchecked(report)]


def _problem(problem: Problem, options: Options) -> str:
    message = f"{problem.message}{problem.span.in_sheet if problem.span else ''}"
    message += f"\n{problem.hint}" if problem.hint else ""
    return command("error", {"title": "policyscan", **_place(problem.span, options)}, message)


def _finding(kind: str, cause: Cause, options: Options, also: str | None) -> str:
    result = cause.worst
    title = f"{result.policy} {result.status.value}, {result.severity.value}"
    message = (said(cause, headline_and_question, _MESSAGE) or title) + result.span.in_sheet
    if result.until:
        message += f" (until {moment(result.until)})"
    for read in beside(result)[:_BESIDE]:
        message += f"\nagainst {place(read.span or result.span)}: {read.path} = {show(read.value)}"
    if also:
        message += f"\n{also}"
    return command(kind, {"title": title, **_place(result.span, options)}, message)


def _place(span: Span | None, options: Options) -> dict[str, str]:
    """The place as properties; columns only within one line, as GitHub refuses others."""
    if span is None:
        return {}
    located = options.locate(span.file)
    file = located[1] if located else span.file
    place = {"file": file, "line": str(span.line)}
    if span.end_line == span.line:
        end = max(span.end_column, span.column + 1)
        place |= {"endLine": str(span.line), "col": str(span.column), "endColumn": str(end)}
    return place


def command(kind: str, properties: Mapping[str, str], message: str) -> str:
    """One workflow command, escaped so that neither message nor property can start or end another."""
    named = ",".join(f"{name}={_property(one_line(value))}" for name, value in properties.items())
    text = "\n".join(one_line(line) for line in message.split("\n"))
    return f"::{kind} {named}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
