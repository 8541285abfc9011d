"""`policyscan scan`: in, the options of a command line; out, reports in files and on standard output.

What a scan is stands in `session/run.py`; here options are read, outputs written, and the code given back.
"""

from __future__ import annotations

from typing import Any

import click

from policyscan.cli.asked import asked_of
from policyscan.cli.options import (
    BASELINE_SILENT,
    INPUT_OPTIONS,
    POLICY_OPTIONS,
    ShardNumber,
    add_options,
    allowed_silent,
)
from policyscan.cli.outputs import OUTPUT_OPTIONS, check_outputs, emit, needed, shown_with
from policyscan.cli.progress import progress
from policyscan.cli.texts import read_stdin, sources
from policyscan.errors import NothingChanged, UsageError
from policyscan.findings import Report, Severity
from policyscan.output import show
from policyscan.session.options import ScanOptions
from policyscan.session.run import scan


@click.command("scan")
@add_options(INPUT_OPTIONS, POLICY_OPTIONS, OUTPUT_OPTIONS)
@click.option(
    "--client", "clients", multiple=True, metavar="ID", help="Report on this inventory only. Repeatable."
)
@click.option(
    "--rev",
    metavar="COMMIT",
    help="Scan what this commit, branch or tag of the repository holds, not what is checked out.",
)
@click.option(
    "--fail-on",
    type=click.Choice([s.value for s in Severity]),
    help="Lowest severity that makes the exit code 1 or 3.  [default: that of policyscan.yaml, else low]",
)
@click.option("--fail-on-due", is_flag=True, help="Let what is due, and warnings, count like a fail.")
@click.option(
    "--exit-zero", is_flag=True, help="Exit 0 whatever is found; still 2 if something could not be evaluated."
)
@click.option("--allow-unknown", is_flag=True, help="Exit 0 instead of 3 where evidence is missing.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes that share the files; what is found is the same.  "
    "[default: jobs of the settings, else as many as pay on this machine]",
)
@click.option(
    "--changed",
    is_flag=False,
    flag_value="",
    metavar="[BASE]",
    help="Report only on what git says changed since BASE, and on what refers to it.  [default of BASE: what "
    "a pull request or push began from, else HEAD]",
)
@click.option(
    "--baseline",
    metavar="REPORT|REVISION",
    help="Let only what is new since a saved report, a folder or a revision of git decide the exit code.",
)
@BASELINE_SILENT
@click.option(
    "--age", is_flag=True, help="Say of each finding since when it is one, as the history of git tells."
)
@click.option(
    "--shard",
    type=ShardNumber(),
    help="Check this part of the files, as 2/3; policyscan merge makes one report of all parts.",
)
@click.option(
    "--engine",
    metavar="dask[:ADDRESS]",
    help="Share the files among the workers of a Dask scheduler, as dask:tcp://10.0.0.5:8786. Without "
    "ADDRESS it is the one in Dask's settings, else --jobs processes of this machine.",
)
@click.option("--all-results", is_flag=True, help="Account for every result, passing ones too.")
@click.option(
    "--progress/--no-progress",
    default=True,
    help="Tell on a terminal how far a long scan is.  [default: on]",
)
def command(**given: Any) -> int:
    """Check inventories against controls, and report what must be acted on.

    PATHS are inventories or folders of them; without any, `inventories/`, else the current folder. `-`
    reads standard input. Naming files chooses what is reported, not what is read: the provider that a
    client refers to is found all the same. Without --profile or --select, the profile that policyscan.yaml
    names is checked, else essentials.

    --changed BASE reports on what a change may concern, and says that the report is partial: everything where
    a control, a setting or an exception changed, nothing (and 0) where no inventory did.

    --as-of DAY --rev COMMIT says again what a scan of that commit said on that day.

    Exit codes: 2 something could not be evaluated or nothing was checked; 1 a control fails; 3 none
    fails, but one lacks evidence; 0 otherwise.
    """
    check_outputs([path for _, path in given["outputs"]], given["split"])
    _check_changed(given)
    _check_engine(given)
    if given["rev"] is None:
        return _scanned(given, _asked(given))
    return _then(given)


def _check_engine(given: dict[str, Any]) -> None:
    """UsageError for what does not go together with machines that share a scan."""
    if given["engine"] is not None and given["rev"] is not None:
        message = "--engine and --rev do not go together"
        raise UsageError(message, hint="check the commit out where workers see it, and scan that")


def _check_changed(given: dict[str, Any]) -> None:
    """UsageError for what does not go together with a scan of what changed."""
    if given["changed"] is None:
        return
    for option in ("rev", "baseline", "clients"):
        if given[option]:
            name = option.removesuffix("s")
            message = f"--changed and --{name} do not go together"
            raise UsageError(message, hint="--baseline tells by itself what is new, whatever was scanned")


def _then(given: dict[str, Any]) -> int:
    """A scan of what there was at a revision. Messages and lines are told there, where the files are."""
    from pathlib import Path

    from policyscan.cli.main import run
    from policyscan.session.past import scanning_at

    asked, split = _asked(given), given["split"]
    if split is not None:
        asked = asked._replace(outputs=(*asked.outputs, split[1]))
    with scanning_at(given["rev"], asked) as then:
        paths = [Path(path) for path in then.outputs]
        outputs = [(form, path) for (form, _), path in zip(given["outputs"], paths, strict=False)]
        if split is not None:
            split = split[0], paths[-1]
        return run(lambda: _scanned({**given, "outputs": outputs, "split": split}, then))


def _scanned(given: dict[str, Any], asked: ScanOptions) -> int:
    """The exit code of a scan whose report has been shown."""
    shown = shown_with(given, sources().source, sources().content)
    needs = needed(given, shown)
    teller = progress(given["progress"] and not given["quiet"])
    needs = needs._replace(accounts=needs.accounts or given["all_results"])
    try:
        report = _report(asked._replace(needs=needs, progress=teller), given)
    except NothingChanged as said:
        show(f"{said.message}: {said.hint}", err=True)
        return 0
    finally:
        if teller is not None:
            teller.end()
    emit(report, shown, given)
    return report.exit_code


def _report(asked: ScanOptions, given: dict[str, Any]) -> Report:
    """The report of a scan, with the ages of findings if they are asked for."""
    if given["age"]:
        from policyscan.session.history import with_past

        for option in ("rev", "shard"):
            if given[option]:
                message = f"--age and --{option} do not go together"
                raise UsageError(message, hint="the history that is looked at is that of what is checked out")
        return with_past(asked, judge=lambda options: _judged(options, given))
    return _judged(asked, given)


def _judged(asked: ScanOptions, given: dict[str, Any]) -> Report:
    """The report of a scan, compared with its baseline if there is one."""
    allowed = allowed_silent(given)
    if given["baseline"] is None:
        return scan(asked)
    for option in ("rev", "all_results", "shard"):
        if given[option]:
            name = option.replace("_", "-")
            raise UsageError(f"--baseline and --{name} do not go together", hint="see policyscan diff --help")
    from policyscan.session.comparing import compared

    return compared(given["baseline"], None, asked, allowed)


def _asked(given: dict[str, Any]) -> ScanOptions:
    """What the options of the command line ask of a scan."""
    stdin = read_stdin(given["paths"], given["stdin_filename"])
    return asked_of(given, stdin)._replace(
        jobs=given["jobs"], changed=given["changed"], shard=given["shard"], engine=given["engine"]
    )
