"""The report as text for a terminal or a log: what could not be read, what to act on, what to ask next.

In: a report, and the texts of files. Out: lines, coloured and no wider than the terminal if there is one.
One inventory is a block, a few are one each, and many a table of what is worst: whatever their number, the
text stays as long as a person reads.
"""

from __future__ import annotations

from policyscan.findings import Problem, Report, unchecked
from policyscan.reporters.options import Options
from policyscan.reporters.text_page import Page
from policyscan.reporters.wording import inventories, plural, proof, remarks, sums

_MANY = 3  # more documents than this are shown as a table of one line each
_MORE = (
    "More about a control: policyscan explain ID INVENTORY; about everything: --full.",
    "More: --client ID shows one inventory, --full everything; policyscan explain ID a control.",
)


def render(report: Report, options: Options) -> str:
    """The whole report as lines of text."""
    if not options.full and len(report.documents) > _MANY:
        return _many(report, options)
    page = Page(options)
    _problems(page, report, None)
    if options.full:
        from policyscan.reporters.text_full import add_in_full

        add_in_full(page, report)
    else:
        from policyscan.reporters.text_blocks import add_blocks

        add_blocks(page, report)
    _totals(page, report)
    return page.text()


def _many(report: Report, options: Options) -> str:
    """The text about many inventories, of a size at which a person reads it."""
    from policyscan.reporters.text_many import Overview, sizes

    overview = Overview(report)
    most, tried = sizes(report)
    for size in tried:
        page = Page(options)
        _problems(page, report, size.problems)
        overview.add(page, size)
        _totals(page, report)
        if len(page.lines) <= most:
            break
    return page.text()


def _problems(page: Page, report: Report, most: int | None) -> None:
    for problem in report.problems[:most]:
        page.problem(problem)
    if most is not None and len(report.problems) > most:
        page.below(f"and {plural(len(report.problems) - most, 'error')} more: policyscan validate shows all")
    if not report.problems:
        for sentence in unchecked(report):
            page.problem(Problem(f"nothing was checked: {sentence}"))


def _totals(page: Page, report: Report) -> None:
    many = len(report.documents) > 1
    if many or page.options.full:
        page.gap()
    for remark in remarks(report, since=False):
        page.say(remark)
    if report.comparison is not None:
        from policyscan.reporters.text_since import add_since

        add_since(page, report.comparison)
    lead = f"{inventories(len(report.documents))}: " if many else ""
    unread = f" {plural(len(report.problems), 'error')}: see above." if report.problems else ""
    page.say(f"{lead}{sums(report.documents)}{unread}")
    if page.options.full:
        page.gap()
        for what, said in proof(report.scan):
            page.say(f"{what}: {said}")
    elif report.results:
        page.say(_MORE[len(report.documents) > _MANY])
