"""Ways to show a report: one module a format, each with `render(report, options)`, a pure function.

In: a `Report` (findings) and `Options`. Out: text, whole or in parts, or bytes, which `output` brings into
files. A format that grows with the inventories gives parts, so that it never holds all of it. A new format
is a module here and a line in `REPORTERS`, or in `FILE_REPORTERS` if no terminal shows it: `--help`, the
command line and Python callers know of it from there, and so does a scan of what it `needs`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from policyscan.findings import Report
from policyscan.records import NamedTuple
from policyscan.reporters.options import Needs, Options

if TYPE_CHECKING:
    from policyscan.ahead import Outlook

__all__ = ["LOOKS_BACK", "OUTLOOKS", "REPORTERS", "Needs", "Options", "Reporter", "needs_of"]


class Reporter(NamedTuple):
    """One format: what `--help` says about it, the function that gives a report in it in parts, and what of a
    scan it shows with these options. `has_remarks` unless it holds results alone, and what must be known to
    judge them has to be said elsewhere."""

    description: str
    parts: Callable[[Report, Options], Iterable[str]]
    needs: Callable[[Options], Needs]
    has_remarks: bool = True
    suffix: str = "json"  # of a file in this format

    def render(self, report: Report, options: Options) -> str:
        """A report in this format, whole."""
        return "".join(self.parts(report, options))


def _lazily(module: str, function: str = "render") -> Callable[[Report, Options], Iterable[str]]:
    """A render function that imports its module when it is called: a scan pays for one format only."""

    def parts(report: Report, options: Options) -> Iterable[str]:
        render = getattr(import_module(f"policyscan.reporters.{module}"), function)
        made: str | Iterable[str] = render(report, options)
        return (made,) if isinstance(made, str) else made

    return parts


def _outlook(module: str) -> Callable[[Outlook, Options], str]:
    """A function that renders what is ahead, and imports its module when it is called."""

    def render(outlook: Outlook, options: Options) -> str:
        return str(import_module(f"policyscan.reporters.{module}").render(outlook, options))

    return render


REPORTERS: dict[str, Reporter] = {
    "text": Reporter(
        "for people: what to act on, then what to find out next",
        _lazily("text"),
        lambda options: Needs(evidence=options.full, gaps=True, grades=True, identity=options.full),
        suffix="txt",
    ),
    "json": Reporter(
        "for programs: versioned, with a JSON Schema",
        _lazily("json_report"),
        lambda _: Needs(evidence=True, gaps=True, grades=True, identity=True),
    ),
    "sarif": Reporter(
        "SARIF 2.1.0, for code scanning",
        _lazily("sarif"),
        lambda options: Needs(gaps=options.sarif_unknown, identity=True),
    ),
    "github": Reporter(
        "annotations in a GitHub Actions log, free of charge",
        _lazily("github"),
        lambda _: Needs(gaps=True),
        suffix="txt",
    ),
    "markdown": Reporter(
        "a summary for pull requests and $GITHUB_STEP_SUMMARY",
        _lazily("markdown"),
        lambda _: Needs(gaps=True, identity=True),
        suffix="md",
    ),
    "html": Reporter(
        "a page to hand over, for a browser and for paper",
        _lazily("html"),
        lambda _: Needs(evidence=True, gaps=True, grades=True, identity=True),
        suffix="html",
    ),
    "letter": Reporter(
        "a letter to each client in plain words, as Markdown",
        _lazily("letter"),
        lambda _: Needs(gaps=True),
        has_remarks=False,
        suffix="md",
    ),
    "letter-html": Reporter(
        "the same letters as a page, for a browser and for paper",
        _lazily("letter", "render_html"),
        lambda _: Needs(gaps=True),
        has_remarks=False,
        suffix="html",
    ),
    "junit": Reporter(
        "JUnit XML, for the test pages of CI systems",
        _lazily("junit"),
        lambda _: Needs(gaps=True, identity=True),
        suffix="xml",
    ),
    "gitlab": Reporter(
        "GitLab's Code Quality report, for the widget of a merge request",
        _lazily("gitlab"),
        lambda _: Needs(gaps=True),
        has_remarks=False,
    ),
    "jsonl": Reporter(
        "JSON Lines, for programs that read a line at a time",
        _lazily("json_report", "render_lines"),
        lambda _: Needs(evidence=True, gaps=True, grades=True, identity=True),
        suffix="jsonl",
    ),
    "csv": Reporter(
        "a table for spreadsheets, a row a control, requirement and subject",
        _lazily("csv_table"),
        lambda _: Needs(gaps=True),
        has_remarks=False,
        suffix="csv",
    ),
    "ocsf": Reporter(
        "OCSF events of class 2003, one a line, for what collects events",
        _lazily("ocsf"),
        lambda _: Needs(evidence=True, gaps=True, identity=True),
        has_remarks=False,
        suffix="jsonl",
    ),
    "oscal": Reporter(
        "OSCAL assessment results", _lazily("oscal"), lambda _: Needs(gaps=True, identity=True)
    ),
}


OUTLOOKS: dict[str, Callable[[Outlook, Options], str]] = {
    "text": _outlook("due_text"),
    "json": _outlook("due_json"),
    "ics": _outlook("ics"),
}
"""The formats of what is ahead."""


LOOKS_BACK: dict[str, Callable[[Report, Options], Iterable[str]]] = {
    "text": _lazily("past_text"),
    "json": _lazily("json_report"),
    "html": _lazily("html"),
}
"""The formats of what was."""


class FileReporter(NamedTuple):
    """A format that is written to files alone: bytes that no terminal shows. `lacking` gives what has to be
    installed first, if it is not there."""

    description: str
    render: Callable[[Report, Options], bytes]
    needs: Callable[[Options], Needs]
    lacking: Callable[[], str | None]


def _workbook(report: Report, options: Options) -> bytes:
    from policyscan.reporters.xlsx import render

    return render(report, options)


def _no_workbooks() -> str | None:
    from policyscan.reporters.xlsx import lacking

    return lacking()


FILE_REPORTERS: dict[str, FileReporter] = {
    "xlsx": FileReporter(
        "a workbook for spreadsheets, with the rows of csv",
        _workbook,
        lambda _: Needs(gaps=True),
        _no_workbooks,
    ),
}


def needs_of(formats: Iterable[str], options: Options) -> Needs:
    """What some formats show together."""
    needs = Needs()
    for name in formats:
        needs = needs.with_those_of((REPORTERS.get(name) or FILE_REPORTERS[name]).needs(options))
    return needs
