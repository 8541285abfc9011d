"""A letter for each inventory, in plain words: what to decide and why, what ends, what is in order.

In: a report. Out: Markdown, which reads as it is in a mail, and in which nothing of other people's files
becomes markup. A letter names no other inventory, no file and no control by its id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from policyscan.findings import (
    MET,
    DocumentInfo,
    PolicyInfo,
    Report,
    Result,
    Status,
    is_document_check,
    score,
)
from policyscan.reporters.options import Options
from policyscan.reporters.wording import (
    alike,
    by_document,
    headline_and_question,
    markdown,
    moment,
    named,
    next_questions,
    plural,
    problems_told,
)

_GOOD = 12
_DECISIONS = 15
_QUESTIONS = 10


def render(report: Report, options: Options) -> str:  # noqa: ARG001 - every format takes them
    """The letters one below the other; what could not be read is said before all of them."""
    policies = {policy.id: policy for policy in report.policies}
    groups, names = by_document(report), named(report.documents)
    letters = [
        "\n".join(_letter(report, one, names[one.kind, one.id], groups.get((one.kind, one.id), ()), policies))
        for one in report.documents
    ]
    first = [f"- {markdown(problem.message)}" for problem in problems_told(report)]
    if first:
        letters.insert(0, "\n".join(["## What could not be looked at", "", *first, ""]))
    return "\n---\n\n".join(letters)


def _letter(
    report: Report,
    document: DocumentInfo,
    name: str,
    results: Sequence[Result],
    policies: Mapping[str, PolicyInfo],
) -> list[str]:
    lines = [f"# {markdown(document.name or name)}", "", *_standing(report, document)]
    lines += _section("What to decide", _decisions(results, policies))
    lines += _section("What ends soon", _ends(results, policies))
    lines += _section("What we do not know yet", _unknown(results))
    lines += _section("What is accepted as it is", _accepted(results, policies))
    lines += _section("What is not looked at, because somebody said so", _taken(document))
    lines += _section("What is in order", _good(document, policies))
    return [*lines, ""]


def _standing(report: Report, document: DocumentInfo) -> list[str]:
    points = score([document])
    day = report.scan.as_of
    if not points.total:
        return [f"As of {day}, nothing was found that these controls are about, so that nothing was checked."]
    count = plural(points.total, "control")
    open_ = points.high - points.low
    said = f"As of {day}, {points.low:,} of {count} {'is' if points.low == 1 else 'are'} met."
    if open_:
        it = "it is" if open_ == 1 else "they are"
        said += f" Of {open_:,} more we cannot tell whether {it}."
    return [said]


def _section(title: str, lines: Iterable[str]) -> list[str]:
    told = list(lines)
    return ["", f"## {title}", "", *told] if told else []


_ID = re.compile(r"\b[A-Z]{2,}-[0-9]{2}\b")


def _said(result: Result, policies: Mapping[str, PolicyInfo]) -> str:
    """What was found, with the titles of controls where it has their ids."""

    def titled(found: re.Match[str]) -> str:
        info = policies.get(found[0])
        return f"“{info.title}”" if info else found[0]

    return markdown(_ID.sub(titled, headline_and_question(result)))


def _decisions(results: Iterable[Result], policies: Mapping[str, PolicyInfo]) -> Iterator[str]:
    """What fails, the worst first: what to do, what was found, and why it matters."""
    failing = [one for one in results if one.status in (Status.FAIL, Status.ERROR)]
    controls: dict[str, list[Result]] = {}
    for group in alike(sorted(failing, key=lambda r: (-r.status.rank, -r.severity.rank))):
        controls.setdefault(group[0].policy, []).append(group[0])
    for number, found in enumerate(controls.values(), 1):
        if number > _DECISIONS:
            yield f"\nAnd {plural(len(controls) - _DECISIONS, 'more thing')} that can wait for these."
            return
        yield from _decision(number, found, policies)


def _decision(number: int, found: Sequence[Result], policies: Mapping[str, PolicyInfo]) -> Iterator[str]:
    info = policies.get(found[0].policy)
    fixes = dict.fromkeys(info.fix_of(one.requirement) for one in found) if info else {}
    title = info.title if info else found[0].policy
    yield f"{number}. **{markdown(title)}: not yet.**"
    for one in found[:3]:
        yield f"   - Found: {_said(one, policies)}"
    if len(found) > 3:
        yield f"   - And {len(found) - 3:,} more of this kind."
    yield from (f"   - To do: {markdown(fix)}" for fix in fixes if fix)
    if info and info.why:
        yield f"   - If nothing is done: {markdown(info.why)}"


def _ends(results: Iterable[Result], policies: Mapping[str, PolicyInfo]) -> Iterator[str]:
    due = [one for one in results if one.status is Status.DUE]
    for group in alike(sorted(due, key=lambda r: r.until or "")):
        one = group[0]
        info = policies.get(one.policy)
        fix = f" {markdown(info.fix_of(one.requirement))}" if info else ""
        day = f"By {moment(one.until)[:10]}: " if one.until else ""
        yield f"- {day}{_said(one, policies)}.{fix}"


def _unknown(results: Iterable[Result]) -> Iterator[str]:
    questions, more = next_questions((r for r in results if r.status is Status.UNKNOWN), _QUESTIONS)
    for number, question in enumerate(questions, 1):
        yield f"{number}. {markdown(question.text)}"
    if more:
        yield f"\nAnd {plural(more, 'question')} more."


def _accepted(results: Iterable[Result], policies: Mapping[str, PolicyInfo]) -> Iterator[str]:
    for group in alike(one for one in results if one.waiver):
        mark = group[0].waiver
        if mark is not None:
            who = f"accepted by {markdown(mark.approved_by)} until {mark.expires_on}"
            yield f"- {_said(group[0], policies)}: {who}. {markdown(mark.reason)}"


def _taken(document: DocumentInfo) -> Iterator[str]:
    for one in document.statements:
        said = f"said by {markdown(one.by)} on {one.stated_on}; it counts until {one.until}"
        yield f"- {markdown(one.reason)} ({said})"


def _good(document: DocumentInfo, policies: Mapping[str, PolicyInfo]) -> Iterator[str]:
    met = [
        policies[id_]
        for id_, status in document.statuses.items()
        if status in MET and id_ in policies and not is_document_check(id_)
    ]
    met.sort(key=lambda info: (-info.severity.rank, info.id))
    yield from (f"- {markdown(info.title)}" for info in met[:_GOOD])
    if len(met) > _GOOD:
        yield f"- And {len(met) - _GOOD:,} more."
