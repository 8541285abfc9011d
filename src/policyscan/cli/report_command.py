"""`policyscan report`: in, a report that a scan wrote as JSON; out, the same in other formats.

How it is read back stands in `session/report_reader.py`, which files may be shown lines of in
`session/saved.py`.
"""

from __future__ import annotations

from typing import Any

import click

from policyscan.cli.options import BASELINE_SILENT, add_options, allowed_silent
from policyscan.cli.outputs import OUTPUT_OPTIONS, check_outputs, emit, shown_with
from policyscan.cli.texts import read_stdin
from policyscan.findings import Report
from policyscan.session.saved import Unchanged, keep, open_report


@click.command("report")
@click.argument("results", metavar="RESULTS.json")
@add_options(OUTPUT_OPTIONS)
@click.option(
    "--exit-zero", is_flag=True, help="Exit 0 whatever was found; 2 if something could not be evaluated."
)
@click.option(
    "--baseline",
    metavar="REPORT",
    help="Say what changed since another saved report, and let only what is new decide the exit code.",
)
@BASELINE_SILENT
def command(**given: Any) -> int:
    """Show a saved report in another format.

    RESULTS.json is what `policyscan scan -o json:RESULTS.json` wrote; `-` reads standard input. Nothing is
    evaluated again: what was found on the day of the scan is shown, with lines of those files that are still
    as they were then.

    Exit codes: those of the scan, or with --baseline those of what is new; 2 if the results cannot be read.
    """
    check_outputs([path for _, path in given["outputs"]], given["split"])
    report = open_report(given["results"], read_stdin([given["results"]], None))
    keep(report, given["results"], [path for _, path in given["outputs"]])
    texts = Unchanged(report)
    if given["exit_zero"]:
        report = report._replace(gate=report.gate._replace(exit_zero=True))
    report = _compared(report, given)
    emit(report, shown_with(given, texts.source, texts.content), given)
    return report.exit_code


def _compared(report: Report, given: dict[str, Any]) -> Report:
    """The report, compared with its baseline if there is one."""
    allowed = allowed_silent(given)
    if given["baseline"] is None:
        return report
    from policyscan.session.comparing import compared_with_saved

    return compared_with_saved(given["baseline"], report, allowed)
