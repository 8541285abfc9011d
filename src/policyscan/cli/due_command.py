"""`policyscan due`: in, the options of a command line; out, every change of a result in the days ahead.

What is looked for stands in `session/due.py`; here options are read, the outlook is written, and the code
given back.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from policyscan.cli.asked import asked_of
from policyscan.cli.options import INPUT_OPTIONS, POLICY_OPTIONS, OutputTarget, add_options, format_option
from policyscan.cli.outputs import check_outputs, say_stops
from policyscan.cli.progress import progress
from policyscan.cli.terminal import link_of, wants_color, width
from policyscan.cli.texts import read_stdin, sources
from policyscan.findings import Severity
from policyscan.output import put, show, speller, write_file
from policyscan.reporters import OUTLOOKS, Needs, Options
from policyscan.session.due import MOST_DAYS, due
from policyscan.session.options import ScanOptions

_FORMATS = tuple(OUTLOOKS)


@click.command("due")
@add_options(INPUT_OPTIONS, POLICY_OPTIONS)
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=90,
    show_default=True,
    metavar="N",
    help="How many days to look ahead.",
)
@click.option(
    "--client", "clients", multiple=True, metavar="ID", help="Tell of this inventory only. Repeatable."
)
@format_option(_FORMATS, says="What to print: ics is a calendar.")
@click.option(
    "-o",
    "--output",
    "outputs",
    type=OutputTarget(_FORMATS),
    multiple=True,
    metavar="FORMAT:PATH",
    help="Write another format to a file. Repeatable.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing to standard output.")
@click.option("--fail-on-due", is_flag=True, help="Exit 1 if a result gets worse within these days.")
@click.option(
    "--fail-on",
    type=click.Choice([s.value for s in Severity]),
    help="Lowest severity that --fail-on-due counts.  [default: that of policyscan.yaml, else low]",
)
@click.option(
    "--progress/--no-progress",
    default=True,
    help="Tell on a terminal how far a long look is.  [default: on]",
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colour the text.",
)
def command(**given: Any) -> int:
    """List every result that will change in the days ahead, and when, if no fact changes before.

    PATHS, and what is checked, are as for `policyscan scan`. Each day on which a result becomes another one
    is told: what it was, what it will be, and why; JSON tells of every one, text and calendar leave out where
    a notice begins. What fails or is unknown already is not told unless that changes.

    \b
    policyscan due --days 30                        what the next month brings
    policyscan due --client elm-vets -o ics:elm-vets.ics   a client's calendar
    policyscan due --days 14 --fail-on-due --fail-on high  for a nightly job

    Exit codes: 2 something could not be evaluated or nothing was checked; 1 with --fail-on-due, if a result
    gets worse; 3 a profile is assigned to clients that there are not; 0 otherwise.
    """
    check_outputs([path for _, path in given["outputs"]])
    teller = progress(given["progress"] and not given["quiet"])
    try:
        outlook = due(_asked(given)._replace(progress=teller), given["days"])
    finally:
        if teller is not None:
            teller.end()
    for format_, path in given["outputs"]:
        write_file(path, OUTLOOKS[format_](outlook, Options(source=sources().source)))
    if given["quiet"] or given["format_"] == "ics":
        from policyscan.reporters.due_text import later_stops

        say_stops(outlook.report)
        show(*later_stops(outlook), err=True)
    if not given["quiet"]:
        shown = Options(
            color=wants_color(given["color"]), width=width(), spell=speller(sys.stdout), link=link_of(),
            source=sources().source,
        )  # fmt: skip
        put(OUTLOOKS[given["format_"]](outlook, shown), exact=given["format_"] != "text")
    return outlook.exit_code


def _asked(given: dict[str, Any]) -> ScanOptions:
    """What the options of the command line ask of a look ahead."""
    stdin = read_stdin(given["paths"], given["stdin_filename"])
    formats = [given["format_"], *(format_ for format_, _ in given["outputs"])]
    return asked_of(given, stdin)._replace(needs=Needs(identity="json" in formats))
