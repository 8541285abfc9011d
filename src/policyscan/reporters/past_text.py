"""Since when findings are findings, as text for people: what is worst and oldest first, then the trend.

In: a report with a look back. Out: lines, coloured and no wider than the terminal if there is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from policyscan.display import one_line
from policyscan.findings import FINDINGS, TRAITS, Age, DocumentInfo, LookBack, Report, Result, Status
from policyscan.reporters.layout import hanging
from policyscan.reporters.options import Options
from policyscan.reporters.past import age_of, days, since
from policyscan.reporters.text_page import LABEL, Page
from policyscan.reporters.wording import headline, place, problems_told, remarks, scope

_DAYS = 17  # columns of an age
_BAR = 24  # columns of the longest bar
_SHOWN = (Status.FAIL, Status.DUE, Status.UNKNOWN)


def render(report: Report, options: Options) -> str:
    """The look back as lines of text."""
    page, past = Page(options), report.past
    for problem in problems_told(report):
        page.problem(problem)
    page.say(scope(report))
    if past is None:
        return page.text()
    for document in report.documents:
        _add_document(page, report, past, document)
    page.gap()
    for line in _trend(past):
        page.add(line)
    page.gap()
    for remark in remarks(report):
        page.say(remark)
    return page.text()


def _add_document(page: Page, report: Report, past: LookBack, document: DocumentInfo) -> None:
    page.gap()
    page.say(f"{one_line(document.name or document.id)} · {one_line(document.file)}")
    own = [
        one
        for one in report.results
        if (one.kind, one.document) == (document.kind, document.id) and one.status in FINDINGS
    ]
    for group in _groups(report, own):
        _add(page, past, group, age_of(report, group[0]))
    if not own:
        page.say("nothing to act on")


def _groups(report: Report, results: Iterable[Result]) -> list[list[Result]]:
    """Findings of one control that have been what they are for as long, the worst and oldest first."""
    groups: dict[tuple[object, ...], list[Result]] = {}
    for one in results:
        age = age_of(report, one)
        groups.setdefault((one.policy, one.status, age), []).append(one)
    return sorted(groups.values(), key=lambda group: _weight(group[0], age_of(report, group[0])))


def _weight(result: Result, age: Age | None) -> tuple[int, int, int, str]:
    return (
        -result.status.rank, -(age.status.days if age is not None else 0), -result.severity.rank,
        result.policy,
    )  # fmt: skip


def _add(page: Page, past: LookBack, group: Sequence[Result], age: Age | None) -> None:
    result, onset = group[0], age.status if age is not None else None
    old = (days(onset) if onset is not None else "not known").ljust(_DAYS)
    more = f", and {len(group) - 1:,} more" if len(group) > 1 else ""
    lines = hanging(" " * (LABEL + _DAYS), f"{headline(result)}{more}", page.options.width)
    page.add(f"{page.label(result.status)}{old}{lines[0][LABEL + _DAYS :]}", *lines[1:])
    said = [result.severity.value, one_line(result.policy), place(result.span)]
    if age is not None and onset is not None:
        said.insert(0, since(onset, past))
        if age.open.days > onset.days:
            said.insert(1, f"to be acted on for {days(age.open)}")
    page.add(*hanging(" " * (LABEL + _DAYS), " · ".join(said), page.options.width))


def _trend(past: LookBack) -> Iterator[str]:
    """How many controls there were to act on, a line a day."""
    if len(past.trend) < 2:
        return
    yield "Controls to act on, by today's controls and settings:"
    yield f"{'':12}" + "".join(f"{TRAITS[status].label:>9}" for status in _SHOWN)
    most = max(1, *(_to_act_on(one.statuses.items()) for one in past.trend))
    for one in past.trend:
        counts = "".join(f"{one.statuses.get(status, 0):>9,}" for status in _SHOWN)
        yield f"{one.day:12}{counts}  {'#' * round(_BAR * _to_act_on(one.statuses.items()) / most)}".rstrip()
    if len({one.inventories for one in past.trend}) > 1:
        numbers = ", ".join(f"{one.inventories:,}" for one in past.trend)
        yield f"inventories on these days: {numbers}"


def _to_act_on(statuses: Iterable[tuple[Status, int]]) -> int:
    return sum(count for status, count in statuses if status in FINDINGS)
