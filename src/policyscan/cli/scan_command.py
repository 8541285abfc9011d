"""`policyscan scan`: in, the options of a command line; out, reports in files and on standard output.

What a scan is stands in `session/run.py`; here options are read, outputs written, and the code given back.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from policyscan.cli.options import INPUT_OPTIONS, POLICY_OPTIONS, OutputTarget, add_options, ids_in
from policyscan.cli.terminal import wants_color, width
from policyscan.cli.texts import read_stdin, sources
from policyscan.errors import PolicyscanError, Problems, UsageError
from policyscan.findings import Report, Severity
from policyscan.output import check_writable, present, put, speller, write_file
from policyscan.reporters import REPORTERS, Needs, Options, needs_of
from policyscan.session.options import Inputs, ScanOptions
from policyscan.session.run import scan
from policyscan.session.sources import Repositories

if TYPE_CHECKING:
    from pathlib import Path

_FORMATS = tuple(REPORTERS)


@click.command("scan")
@add_options(INPUT_OPTIONS, POLICY_OPTIONS)
@click.option(
    "--client", "clients", multiple=True, metavar="ID", help="Report on this inventory only. Repeatable."
)
@click.option(
    "-f",
    "--format",
    "format_",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="What to print.",
)
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
    "--fail-on",
    type=click.Choice([s.value for s in Severity]),
    help="Lowest severity that makes the exit code 1 or 3.  [default: that of policyscan.yaml, else low]",
)
@click.option("--fail-on-due", is_flag=True, help="Let what is due count like a fail.")
@click.option(
    "--exit-zero", is_flag=True, help="Exit 0 whatever is found; still 2 if something could not be evaluated."
)
@click.option("--allow-unknown", is_flag=True, help="Exit 0 instead of 3 where evidence is missing.")
@click.option("--all-results", is_flag=True, help="Account for every result, passing ones too.")
@click.option("--full", is_flag=True, help="Show source lines, values read, parameters and fixes.")
@click.option("--sarif-unknown", is_flag=True, help="SARIF: include what is unknown.")
@click.option("--sarif-suppressed", is_flag=True, help="SARIF: include what is waived, as suppressed.")
@click.option(
    "--sarif-stable-identity",
    is_flag=True,
    help="SARIF: know an alert by what it is about, not by the text of its line.",
)
@click.option(
    "--sarif-category",
    metavar="NAME",
    default="policyscan",
    show_default=True,
    help="SARIF: the category of the upload.",
)
@click.option(
    "-q", "--quiet", is_flag=True, help="Print nothing to standard output; files are written all the same."
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colour the text.",
)
def command(**given: Any) -> int:
    """Check inventories against controls, and report what must be acted on.

    PATHS are inventories or folders of them; without any, `inventories/`, else the current folder. `-`
    reads standard input. Naming files chooses what is reported, not what is read: the provider that a
    client refers to is found all the same. Without --profile or --select, the profile that policyscan.yaml
    names is checked, else essentials.

    Exit codes: 2 something could not be evaluated or nothing was checked; 1 a control fails; 3 none
    fails, but one lacks evidence; 0 otherwise.
    """
    _check_outputs([path for _, path in given["outputs"]])
    printed = [] if given["quiet"] else [given["format_"]]
    repositories = Repositories()
    shown = Options(
        full=given["full"],
        source=sources().source,
        content=sources().content,
        locate=repositories.locate,
        here=repositories.here(),
        sarif_unknown=given["sarif_unknown"],
        sarif_suppressed=given["sarif_suppressed"],
        sarif_category=given["sarif_category"],
        sarif_stable_identity=given["sarif_stable_identity"],
    )
    needs = needs_of([*printed, *(format_ for format_, _ in given["outputs"])], shown)
    report = scan(_asked(given, needs._replace(accounts=needs.accounts or given["all_results"])))
    _emit(report, shown, given)
    return report.exit_code


def _asked(given: dict[str, Any], needs: Needs) -> ScanOptions:
    """What the options of the command line ask of a scan."""
    stdin = read_stdin(given["paths"], given["stdin_filename"])
    return ScanOptions(
        Inputs(given["paths"], given["config"], stdin, given["stdin_filename"], given["as_of"]),
        folders=given["folders"],
        cache=given["cache"],
        profile=given["profile"],
        select=ids_in(given["select"]),
        ignore=ids_in(given["ignore"]),
        companions=given["companions"],
        clients=ids_in(given["clients"]),
        fail_on=Severity(given["fail_on"]) if given["fail_on"] else None,
        fail_on_due=given["fail_on_due"],
        exit_zero=given["exit_zero"],
        allow_unknown=given["allow_unknown"],
        needs=needs,
        outputs=tuple(path for _, path in given["outputs"]),
    )


def _check_outputs(paths: Sequence[Path]) -> None:
    """UsageError, before any work is done, for outputs that cannot be written or would replace each other."""
    seen = set()
    for path in paths:
        check_writable(path)
        if path.resolve() in seen:
            raise UsageError(f"two outputs go to {path}", hint="give each format a file of its own")
        seen.add(path.resolve())


def _emit(report: Report, options: Options, given: dict[str, Any]) -> None:
    """Writes the files first, so that a broken pipe on standard output costs none of them."""
    failures: list[PolicyscanError] = []
    for format_, path in given["outputs"]:
        try:
            write_file(path, REPORTERS[format_].render(report, options._replace(taken=present(path))))
        except UsageError as failure:  # the other outputs are written all the same
            failures.append(failure)
    if not given["quiet"]:
        shown = options._replace(color=wants_color(given["color"]), width=width(), spell=speller(sys.stdout))
        _print(given["format_"], REPORTERS[given["format_"]].render(report, shown), failures)
    if failures:
        raise Problems(failures)


def _print(format_: str, text: str, failures: list[PolicyscanError]) -> None:
    try:
        put(text, exact=format_ != "text")
    except UsageError as failure:
        failures.append(failure)
    except BrokenPipeError:  # its reader has read enough; the exit code still tells the rest
        pass
