"""`policyscan history`: in, inventories by their ids; out, since when each of their findings is one.

How the past is looked at stands in `session/history.py`; here options are read and the look back is written.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from policyscan.cli.asked import asked_of
from policyscan.cli.options import AS_OF, POLICY_OPTIONS, AnyPath, OutputTarget, add_options, format_option
from policyscan.cli.outputs import check_outputs
from policyscan.cli.progress import progress
from policyscan.cli.terminal import link_of, wants_color, width
from policyscan.cli.texts import sources
from policyscan.errors import UsageError
from policyscan.output import put, speller, write_file
from policyscan.reporters import LOOKS_BACK, Needs, Options
from policyscan.session.history import DEFAULT_DAYS, MOST_DAYS, with_past
from policyscan.session.options import EVERYTHING, ScanOptions, option

_FORMATS = tuple(LOOKS_BACK)


@click.command("history")
@click.argument("clients", nargs=-1)
@click.option("--all", "every_one", is_flag=True, help="Tell of every inventory.")
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=DEFAULT_DAYS,
    show_default=True,
    metavar="N",
    help="How many days to look back.",
)
@click.option(
    "--file", "paths", multiple=True, metavar="PATH", help="Where inventories lie, as for scan. Repeatable."
)
@click.option("--as-of", metavar="DATE", help=AS_OF)
@click.option("--config", type=AnyPath(), help="Settings file instead of the nearest policyscan.yaml.")
@add_options(POLICY_OPTIONS)
@format_option(_FORMATS)
@click.option(
    "-o",
    "--output",
    "outputs",
    type=OutputTarget(_FORMATS),
    multiple=True,
    metavar="FORMAT:PATH",
    help="Write another format to a file. Repeatable.",
)
@click.option(
    "--progress/--no-progress", default=True, help="Tell on a terminal how far a long look is.  [default: on]"
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colour the text.",
)
def command(**given: Any) -> int:
    """Tell since when each finding of CLIENTS is one, and which commit made it so.

    CLIENTS are ids of inventories, or files and folders of them.

    What inventories said is read from git, and judged by the controls and settings of now, so that what was
    added or tightened meanwhile makes nothing look new. Nothing is kept, and nothing that is checked out is
    touched.

    \b
    policyscan history acme                  what fails at acme, and for how long
    policyscan history --all --days 90       the last three months of all inventories

    Exit codes: 0 whatever is found; 2 something could not be evaluated, nothing was checked, or git cannot
    tell.
    """
    check_outputs([path for _, path in given["outputs"]])
    if not given["clients"] and not given["every_one"]:
        raise UsageError("no inventory is named", hint="name one, as in `history acme`, or ask for --all")
    if given["clients"] and given["every_one"]:
        raise UsageError("inventories are named, and all are asked for", hint="leave one of the two out")
    teller = progress(given["progress"])
    try:
        report = with_past(_asked(given)._replace(progress=teller), given["days"], trend=True)
    finally:
        if teller is not None:
            teller.end()
    for format_, path in given["outputs"]:
        write_file(path, [*LOOKS_BACK[format_](report, Options(source=sources().source))])
    shown = Options(
        color=wants_color(given["color"]), width=width(), spell=speller(sys.stdout), link=link_of(),
        source=sources().source,
    )  # fmt: skip
    put(LOOKS_BACK[given["format_"]](report, shown), exact=given["format_"] != "text")
    return 2 if report._replace(gate=report.gate._replace(exit_zero=True)).exit_code == 2 else 0


def _asked(given: dict[str, Any]) -> ScanOptions:
    """What the options of the command line ask of a look back."""
    formats = [given["format_"], *(format_ for format_, _ in given["outputs"])]
    needs = Needs(gaps=True) if formats == ["text"] else EVERYTHING
    if given["clients"] and not given["paths"] and all(map(os.path.exists, given["clients"])):
        given = {**given, "paths": given["clients"], "clients": ()}
    return asked_of(given)._replace(needs=needs, spelt=_spelt, jobs=None)


def _spelt(name: str) -> str:
    return "inventory" if name == "client" else option(name)
