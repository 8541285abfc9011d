"""An answer to one question: why a control has the results that it has for one inventory, in some ten lines.

In: a page and results, the worst first, each with what its requirement means. Out: lines on the page: what is
asked, why it fails here, what to change, until when.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyscan.display import one_line
from policyscan.findings import FINDINGS, PolicyInfo, Result, Status, ValueRead
from policyscan.records import NamedTuple
from policyscan.reporters.layout import hanging
from policyscan.reporters.text_page import LABEL, Page
from policyscan.reporters.wording import accepted, counted, headline, moment, place, plural, show, spoken

_GROUPS = 2  # of results that are told in full
_FACTS = 3  # values that a result rests on
_NAMED = 5  # subjects


class Told(NamedTuple):
    """A result, and what its requirement means in plain words, if its control says so."""

    result: Result
    means: str | None = None


def add_answer(page: Page, policy: PolicyInfo, name: str, told: Sequence[Told]) -> None:
    """The control, how its results for an inventory are, and what is worst of them."""
    page.say(f"{one_line(policy.id)}  {one_line(policy.title)}")
    tally: dict[Status, int] = {}
    for one in told:
        tally[one.result.status] = tally.get(one.result.status, 0) + 1
    page.say(f"{one_line(name)}: {counted(tally)}")
    groups = _groups(told)
    for group in groups[:_GROUPS]:
        _add_group(page, policy, group)
    if left := sum(len(group) for group in groups[_GROUPS:]):
        page.below(f"and {plural(left, 'other result')}: --trace shows all, INVENTORY/SUBJECT one")


def _groups(told: Sequence[Told]) -> list[list[Told]]:
    """Results of one status and requirement; passing ones only where there is nothing else."""
    worth = [one for one in told if one.result.status in FINDINGS or one.result.waiver] or list(told)
    groups: dict[tuple[Status, str], list[Told]] = {}
    for one in worth:
        groups.setdefault((one.result.status, one.result.requirement), []).append(one)
    return list(groups.values())


def _add_group(page: Page, policy: PolicyInfo, group: Sequence[Told]) -> None:
    first = group[0].result
    head = headline(first) or "the test is met"
    subjects = dict.fromkeys(one_line(one.result.subject) for one in group[1:])
    if subjects:
        named = ", ".join(list(subjects)[:_NAMED])
        more = f" and {len(subjects) - _NAMED:,} more" if len(subjects) > _NAMED else ""
        head += f" (also {named}{more})" if named else f" (and {plural(len(group) - 1, 'other')})"
    lines = hanging(" " * LABEL, head, page.options.width)
    page.add(page.label(first.status) + lines[0][LABEL:], *lines[1:])
    for name, text in _facts(policy, group[0]):
        page.add(*hanging(f"{name:>{LABEL - 1}} ", text, page.options.width))


def _facts(policy: PolicyInfo, told: Told) -> Iterator[tuple[str, str]]:
    result = told.result
    if told.means:
        yield "asked", one_line(told.means)
    read = "; ".join(f"{one_line(one.path)} = {show(one.value, 60)}" for one in _worth_telling(result))
    yield "at", place(result.span) + (f": {read}" if read else "")
    for one in result.disputed:
        where = f" ({place(one.span)})" if one.span else ""
        yield "disputed", f"{one_line(one.path)} = {show(one.value)}{where}"
    for statement in result.statements[:1]:
        yield "because", spoken(statement)
    if result.waiver:
        yield "waived", accepted(result.waiver)
    asked = dict.fromkeys(one_line(gap.question) for gap in result.gaps if gap.question)
    if asked:
        yield "ask", " ".join(list(asked)[:_FACTS])
    if result.status in FINDINGS - {Status.UNKNOWN} and (fix := policy.fix_of(result.requirement)):
        yield "to do", one_line(fix)
    if result.until:
        yield "until", f"{moment(result.until)}, if no fact changes before"


def _worth_telling(result: Result) -> Sequence[ValueRead]:
    """The values that decided most likely: those where the result stands, else the last ones read."""
    plain = [one for one in result.evidence if not isinstance(one.value, list | dict)]
    here = [one for one in plain if one.span is not None and one.span.line == result.span.line]
    return (here or plain[-_FACTS:])[:_FACTS]
