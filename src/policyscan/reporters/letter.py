"""A letter for each inventory, in plain words: what to decide and why, what ends, what is in order.

In: a report. Out: Markdown, which reads as it is in a mail, or HTML; in neither does anything of other
people's files become markup. A letter names no other inventory, no file and no control by its id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from policyscan.findings import (
    DocumentInfo,
    PolicyInfo,
    Report,
    Result,
    Status,
    by_document,
)
from policyscan.records import NamedTuple
from policyscan.reporters.options import Options
from policyscan.reporters.plainly import in_order, plainly, standing
from policyscan.reporters.wording import (
    alike,
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


class LetterItem(NamedTuple):
    """Something that a letter tells, and what belongs to it; `decide` if somebody has to."""

    text: str
    points: tuple[str, ...] = ()
    decide: bool = False


class LetterSection(NamedTuple):
    """A part of a letter: its items, in order if they are numbered, and what is said after them."""

    title: str
    items: tuple[LetterItem, ...]
    numbered: bool = False
    note: str = ""


class Letter(NamedTuple):
    """A letter about one inventory, in texts that are no markup."""

    name: str
    standing: str
    sections: tuple[LetterSection, ...]


def render(report: Report, options: Options) -> str:  # noqa: ARG001 - every format takes them
    """The letters one below the other, as Markdown; what could not be read is said before all of them."""
    parts = ["\n".join([*_letter_lines(one), ""]) for one in letters(report)]
    first = [f"- {markdown(problem.message)}" for problem in problems_told(report)]
    if first:
        parts.insert(0, "\n".join([f"## {UNSEEN}", "", *first, ""]))
    return "\n---\n\n".join(parts)


def render_html(report: Report, options: Options) -> str:  # noqa: ARG001 - every format takes them
    """The letters as one HTML page, each on a sheet of its own when it is printed."""
    from policyscan.reporters.html import render_page

    every = letters(report)
    return render_page(
        "letter.html.j2",
        title=every[0].name if len(every) == 1 else f"Letters as of {report.scan.as_of}",
        unseen=UNSEEN,
        troubles=[problem.message for problem in problems_told(report)],
        letters=every,
    )


UNSEEN = "What could not be looked at"


def _letter_lines(letter: Letter) -> Iterator[str]:
    yield from (f"# {markdown(letter.name)}", "", letter.standing)
    for section in letter.sections:
        yield from ("", f"## {section.title}", "")
        for number, item in enumerate(section.items, 1):
            text = f"**{markdown(item.text)}**" if item.decide else markdown(item.text)
            yield f"{f'{number}.' if section.numbered else '-'} {text}"
            yield from (f"   - {markdown(point)}" for point in item.points)
        if section.note:
            yield f"\n{section.note}"


def letters(report: Report) -> list[Letter]:
    """A letter for each inventory, in their order."""
    policies = {policy.id: policy for policy in report.policies}
    groups, names = by_document(report), named(report.documents)
    return [
        _letter(report, one, names[one.kind, one.id], groups.get((one.kind, one.id), ()), policies)
        for one in report.documents
    ]


def _letter(
    report: Report,
    document: DocumentInfo,
    name: str,
    results: Sequence[Result],
    policies: Mapping[str, PolicyInfo],
) -> Letter:
    sections = (
        _decisions(results, policies),
        LetterSection("What ends soon", tuple(_ends(results, policies))),
        _unknown(results),
        LetterSection("What is accepted as it is", tuple(_accepted(results, policies))),
        LetterSection("What is not looked at, because somebody said so", tuple(_taken(document))),
        LetterSection("What is in order", tuple(_good(document, policies))),
    )
    return Letter(
        document.name or name,
        standing(report.scan.as_of, document),
        tuple(one for one in sections if one.items),
    )


def _decisions(results: Iterable[Result], policies: Mapping[str, PolicyInfo]) -> LetterSection:
    """What fails, the worst first: what to do, what was found, and why it matters."""
    failing = [one for one in results if one.status in (Status.FAIL, Status.ERROR)]
    controls: dict[str, list[Result]] = {}
    for group in alike(sorted(failing, key=lambda r: (-r.status.rank, -r.severity.rank))):
        controls.setdefault(group[0].policy, []).append(group[0])
    told = [_decision(found, policies) for found in list(controls.values())[:_DECISIONS]]
    more = len(controls) - len(told)
    note = f"And {plural(more, 'more thing')} that can wait for these." if more else ""
    return LetterSection("What to decide", tuple(told), numbered=True, note=note)


def _decision(found: Sequence[Result], policies: Mapping[str, PolicyInfo]) -> LetterItem:
    info = policies.get(found[0].policy)
    fixes = dict.fromkeys(info.fix_of(one.requirement) for one in found) if info else {}
    points = [f"Found: {plainly(one, policies)}" for one in found[:3]]
    if len(found) > 3:
        points.append(f"And {len(found) - 3:,} more of this kind.")
    points += [f"To do: {fix}" for fix in fixes if fix]
    if info and info.why:
        points.append(f"Why it matters: {info.why}")
    return LetterItem(f"{info.title if info else found[0].policy}: not yet.", tuple(points), decide=True)


def _ends(results: Iterable[Result], policies: Mapping[str, PolicyInfo]) -> Iterator[LetterItem]:
    due = sorted((one for one in results if one.status is Status.DUE), key=lambda r: r.until or "")
    groups: dict[tuple[str, str, str], dict[str, Result]] = {}  # what says the same, by its subjects
    for result in due:
        key = result.policy, result.until or "", result.message
        groups.setdefault(key, {}).setdefault(result.subject, result)
    for group in groups.values():
        one, *others = group.values()
        info = policies.get(one.policy)
        fix = f" {info.fix_of(one.requirement)}" if info else ""
        day = f"By {moment(one.until)[:10]}: " if one.until else ""
        also = f" (the same of {len(others):,} more)" if others else ""
        yield LetterItem(f"{day}{plainly(one, policies)}{also}.{fix}")


def _unknown(results: Iterable[Result]) -> LetterSection:
    questions, more = next_questions((r for r in results if r.status is Status.UNKNOWN), _QUESTIONS)
    note = f"And {plural(more, 'question')} more." if more else ""
    items = tuple(LetterItem(question.text) for question in questions)
    return LetterSection("What we do not know yet", items, numbered=True, note=note)


def _accepted(results: Iterable[Result], policies: Mapping[str, PolicyInfo]) -> Iterator[LetterItem]:
    for group in alike(one for one in results if one.waiver):
        mark = group[0].waiver
        if mark is not None:
            who = f"accepted by {mark.approver} until {mark.expires_on}"
            yield LetterItem(f"{plainly(group[0], policies)}: {who}. {mark.reason}")


def _taken(document: DocumentInfo) -> Iterator[LetterItem]:
    for one in document.statements:
        said = f"said by {one.speaker} on {one.stated_on}" + (
            f"; it counts until {one.until}" if one.until else ""
        )
        things = ", ".join(dict.fromkeys(_thing(path) for path in one.about))
        yield LetterItem(f"{things + ': ' if things else ''}{one.reason} ({said})")


# The first part of a path, and what its brackets name, with or without quotes: websites["https://a b"].cms
_THING = re.compile(r'(?P<section>[^.\[]+)(?:\["(?P<quoted>(?:[^"\\]|\\.)*)"\]|\[(?P<bare>[^\]]*)\])?')


def _thing(path: str) -> str:
    """What a path leads into, as people call it: the one that its first brackets name, else its section."""
    found = _THING.match(path)
    if found is None:
        return path
    if found["quoted"] is not None:
        return re.sub(r"\\(.)", r"\1", found["quoted"])
    return found["bare"] or found["section"].replace("_", " ")


def _good(document: DocumentInfo, policies: Mapping[str, PolicyInfo]) -> Iterator[LetterItem]:
    met = in_order(document, policies)
    yield from (LetterItem(info.title) for info in met[:_GOOD])
    if len(met) > _GOOD:
        yield LetterItem(f"And {len(met) - _GOOD:,} more.")
