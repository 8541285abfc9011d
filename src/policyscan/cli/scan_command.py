"""`policyscan scan`: parses options, wires, scans, prints and exits."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from policyscan import __version__
from policyscan.cli.options import INPUT_OPTIONS, POLICY_OPTIONS, OutputTarget, add_options, ids_in
from policyscan.cli.terminal import check_writable, print_bytes, wants_color, width
from policyscan.engine.scan import scan
from policyscan.errors import PolicyscanError, Problems, UsageError
from policyscan.findings import Report, ScanInfo, Severity, exit_code
from policyscan.reading.reading import reading_notes
from policyscan.reporters import REPORTERS, Options, encode, write_atomic
from policyscan.session.choice import choose_policies, deprecated, last_kinds, loosened
from policyscan.session.plan import day_of, make_plan, moment_of
from policyscan.session.reader import Reader, find_files
from policyscan.session.workspace import open_workspace

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
    report, root = _scan(given)
    code = exit_code(
        report,
        Severity(given["fail_on"] or root.fail_on or "low"),
        fail_on_due=given["fail_on_due"],
        exit_zero=given["exit_zero"],
        allow_unknown=given["allow_unknown"],
    )
    _emit(report, given, code)
    return code


def _check_outputs(paths: Sequence[Path]) -> None:
    """UsageError, before any work is done, for outputs that cannot be written or would replace each other."""
    seen = set()
    for path in paths:
        check_writable(path)
        if path.resolve() in seen:
            raise UsageError(f"two outputs go to {path}", hint="give each format a file of its own")
        seen.add(path.resolve())


def _check_inputs(outputs: Sequence[tuple[str, Path]], reader: Reader) -> None:
    """UsageError for an output that would replace an inventory, one that is broken too; what an earlier run
    wrote may be replaced."""
    for _, path in outputs:
        same = (file for file in reader.present() if path.exists() and path.samefile(file.path))
        if any(reader.holds_inventory(file) for file in same):
            raise UsageError(f"{path} is an inventory", hint="write the output to another file")


def _scan(given: dict[str, Any]) -> tuple[Report, Any]:
    paths: Sequence[str] = given["paths"]
    workspace = open_workspace(
        paths, config=given["config"], folders=given["folders"], use_cache=given["cache"]
    )
    choice = choose_policies(
        workspace,
        given["profile"],
        ids_in(given["select"]),
        ids_in(given["ignore"]),
        given["companions"],
    )
    config = workspace.config
    moment = moment_of(given["as_of"])
    clients = ids_in(given["clients"])
    reader = Reader(
        workspace.kinds, find_files(paths, config, given["stdin_filename"]), clients,
        last_kinds(choice),
    )  # fmt: skip
    _check_inputs(given["outputs"], reader)
    plan = make_plan(
        choice,
        config,
        moment,
        full=given["all_results"],
        evidence=_shows_evidence(given),
        gaps=_shows_unknown(given),
        grades=bool({"text", "json"} & _formats(given)),
    )
    main = workspace.packs[0]

    def about() -> ScanInfo:
        return ScanInfo(
            __version__,
            day_of(moment, config.time_zone),
            pack=main.name,
            pack_version=main.version,
            profile=choice.profile,
            controls=len(choice.policies),
            controls_total=choice.total,
            loosened=tuple(loosened(choice)),
            left_out=choice.left_out,
            files_read=reader.files,
            files_skipped=reader.skipped,
            notes=(*reading_notes(), *reader.unread(), *deprecated(choice)),
            evidence=plan.rule,
        )

    report = scan(reader.documents(), plan, about, reader.told, reader)
    _check_clients(clients, reader)
    return report, config


def _shows_evidence(given: dict[str, Any]) -> bool:
    """Whether anything that is written shows the values that results rest on; they cost time to gather."""
    return bool(given["full"]) or "json" in _formats(given)


def _shows_unknown(given: dict[str, Any]) -> bool:
    """Whether anything that is written shows unknown results; what they lack costs time to work out."""
    return bool(given["sarif_unknown"]) or _formats(given) != {"sarif"}


def _formats(given: dict[str, Any]) -> set[str]:
    """The formats of everything that is written."""
    printed = [] if given["quiet"] else [given["format_"]]
    return {*printed, *(format_ for format_, _ in given["outputs"])}


def _check_clients(clients: Sequence[str], reader: Reader) -> None:
    """UsageError for a client that was not found, unless its file may be among those that are broken."""
    from policyscan.reading.suggest import did_you_mean

    for client in clients:
        if client not in reader.ids:
            if reader.problems:
                raise Problems([*reader.problems, _no_client(client, None)])
            raise _no_client(client, did_you_mean(client, sorted(reader.ids)))


def _no_client(client: str, hint: str | None) -> UsageError:
    message = f"--client {client}: there is no inventory with this id"
    return UsageError(message, hint=hint or "ids are under organisation.id")


def _emit(report: Report, given: dict[str, Any], code: int) -> None:
    """Writes the files first, so that a broken pipe on standard output costs none of them."""
    from policyscan.session.sources import content_of, repository_prefix, source_of

    options = Options(
        exit_code=code,
        full=given["full"],
        source=source_of,
        content=content_of,
        root=repository_prefix(),
        sarif_unknown=given["sarif_unknown"],
        sarif_suppressed=given["sarif_suppressed"],
        sarif_category=given["sarif_category"],
        sarif_stable_identity=given["sarif_stable_identity"],
    )
    failures: list[PolicyscanError] = []
    for format_, path in given["outputs"]:
        try:
            _write(path, REPORTERS[format_].render(report, options))
        except UsageError as failure:  # the other outputs are written all the same
            failures.append(failure)
    if sys.stdout is None:  # closed by whoever started us
        failures.append(UsageError("standard output is closed", hint="with -q only files are written"))
    elif not given["quiet"]:
        shown = options._replace(color=wants_color(given["color"]), width=width())
        print_bytes(encode(REPORTERS[given["format_"]].render(report, shown)))
    if failures:
        raise Problems(failures)


def _write(path: Path, text: str) -> None:
    try:
        write_atomic(path, text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error
