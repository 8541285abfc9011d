"""Text with everything about every finding: what was read, with which limits, what to do.

In: a page and a report. Out: lines on the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyscan.display import one_line
from policyscan.findings import (
    FINDINGS,
    DocumentInfo,
    Gap,
    PolicyInfo,
    Report,
    Result,
    Status,
    ValueRead,
    by_document,
)
from policyscan.reporters.layout import hanging, wrapped
from policyscan.reporters.past import aged
from policyscan.reporters.text_blocks import add_header, add_names, add_passing, taken_label
from policyscan.reporters.text_page import LABEL, Page
from policyscan.reporters.wording import (
    accepted,
    alike,
    headline,
    inventories,
    line_of,
    moment,
    place,
    related,
    requirements,
    rests_on,
    scope,
    show,
    spoken,
    sums,
    taken_from,
)
from policyscan.source import Span


def add_in_full(page: Page, report: Report) -> None:
    """A block for every finding of every inventory."""
    policies = {policy.id: policy for policy in report.policies}
    groups = by_document(report)
    several = len(report.documents) > 1
    page.gap()
    page.say(f"{inventories(len(report.documents))} · {scope(report)}" if several else scope(report))
    for document in report.documents:
        page.gap()
        add_header(page, document)
        told: set[str] = set()
        for group in alike(groups.get((document.kind, document.id), [])):
            _add_result(page, group, policies.get(group[0].policy), told, aged(report, group[0]))
        page.gap()
        add_passing(page, document)
        add_names(page, document, Status.NOT_APPLICABLE)
        _add_statements(page, document)
        if several:
            page.say(sums([document]))


def _add_result(
    page: Page, group: Sequence[Result], policy: PolicyInfo | None, told: set[str], age: str
) -> None:
    """A block for results that are alike; what holds for all of a control is said with its first one."""
    page.gap()
    result, items = group[0], requirements(group)
    first = result.policy not in told
    told.add(result.policy)
    item = f"{one_line(result.policy)}/{items}" if items else one_line(result.policy)
    title = f"  {one_line(policy.title)}" if policy and first else ""
    lead = f"{page.label(result.status)}"
    lines = hanging(" " * LABEL, f"{item}  {result.severity.value}{title}", page.options.width)
    page.add(lead + lines[0][LABEL:], *lines[1:])
    for name, text in _facts(page, group, policy, told, first=first):
        lead = f"{name or '':>{LABEL - 1}} "
        page.add(*([text] if name is None else hanging(lead, text, page.options.width)))
    if age:
        page.add(*hanging(f"{'age':>{LABEL - 1}} ", age, page.options.width))


def _add_statements(page: Page, document: DocumentInfo) -> None:
    """Each statement that takes controls away: whose, why, until when, and which controls."""
    for statement, away in taken_from(document):
        page.gap()
        first, *rest = wrapped(away, page.room(LABEL))
        page.add(taken_label(page) + first)
        page.below(*rest, spoken(statement))
        if statement.until:
            page.below(f"until {statement.until}")


def _facts(
    page: Page, group: Sequence[Result], policy: PolicyInfo | None, told: set[str], *, first: bool
) -> Iterator[tuple[str | None, str]]:
    """What is told of results, each with its name; lines that are as they have to be have none."""
    result = group[0]
    yield "", headline(result)
    yield "", f"at {result.span}"
    if _once(result, "at", str(result.span), told):
        yield from ((None, line) for line in page.snippet(result.span, " " * LABEL))
    if result.waiver:
        yield "waived", accepted(result.waiver)
    for name, read in (("disputed", "disputed"), ("read", "evidence")):
        reads = (_read(one, result.span) for r in group for one in getattr(r, read))
        yield from ((name, text) for text in dict.fromkeys(reads) if _once(result, name, text, told))
    for name, value in result.parameters.items() if first else ():
        yield "limit", f"{one_line(name)} = {show(value)}"
    bases = dict.fromkeys(rests_on(one.basis) for one in group if one.basis)
    yield from (("rests on", basis) for basis in bases if _once(result, "rests on", basis, told))
    lacks = dict.fromkeys(_lack(gap) for one in group for gap in one.gaps)
    yield from (("lacks", lack) for lack in lacks)
    yield from (("because", spoken(statement)) for statement in result.statements)
    if result.reason and result.reason not in (result.requirement, result.message):
        yield "because", one_line(result.reason)
    fix = one_line(policy.fix_of(result.requirement)) if policy and result.status in FINDINGS else ""
    if fix and f"{result.policy} {fix}" not in told:
        told.add(f"{result.policy} {fix}")
        yield "to do", fix
    if first and (also := related(policy)):
        yield "related", also.removeprefix("related ")
    if result.until:
        yield "until", moment(result.until)


def _once(result: Result, name: str, text: str, told: set[str]) -> bool:
    """Whether a line is new: what requirements of one subject share is told with the first of them."""
    key = f"{result.policy} {result.subject} {name} {text}"
    known = key in told
    told.add(key)
    return not known


def _read(read: ValueRead, near: Span) -> str:
    text = f"{one_line(read.path)} = {show(read.value)}"
    if read.span is None:
        return text
    where = line_of(read.span) if read.span.file == near.file else place(read.span)
    return f"{text}  ({where})"


def _lack(gap: Gap) -> str:
    question = f": {one_line(gap.question)}" if gap.question else ""
    where = f"  ({place(gap.span)})" if gap.span else ""
    return f"{one_line(gap.path)} ({gap.reason}){question}{where}"
