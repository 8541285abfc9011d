"""What commands that show a report share: its formats, the files that it goes to, and standard output.

In: the options of a command line and a report. Out: files, and what is printed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from policyscan.cli.options import AnyPath, OutputTarget, format_option
from policyscan.cli.terminal import link_of, wants_color, width
from policyscan.errors import PolicyscanError, Problems, UsageError
from policyscan.findings import Report, about
from policyscan.output import (
    check_folder_writable,
    check_writable,
    nameable,
    present,
    put,
    show,
    speller,
    write_file,
)
from policyscan.reporters import FILE_REPORTERS, REPORTERS, Needs, Options, needs_of
from policyscan.session.sources import Repositories
from policyscan.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from policyscan.findings import Questionnaire
    from policyscan.session.workspace import Workspace

FORMATS = tuple(REPORTERS)
OUTPUT_OPTIONS = (
    format_option(FORMATS),
    click.option(
        "-o",
        "--output",
        "outputs",
        type=OutputTarget((*FORMATS, *FILE_REPORTERS)),
        multiple=True,
        metavar="FORMAT:PATH",
        help="Write another format to a file, xlsx too. Repeatable.",
    ),
    click.option(
        "--split-by",
        "split",
        type=(click.Choice(["client"]), AnyPath(file_okay=False)),
        metavar="client DIR",
        help="Write what --format prints into DIR too, a file for each client that names no other.",
    ),
    click.option(
        "--questionnaire",
        metavar="NAME",
        help="Show what controls say to an insurer's questions instead: at-bay, coalition, cis-ig1, …  As "
        "text, Markdown, HTML or JSON.",
    ),
    click.option(
        "--pseudonyms",
        is_flag=True,
        help="Replace names, ids and numbers of the inventories, alike each time, and no lines of files.",
    ),
    click.option("--full", is_flag=True, help="Show source lines, values read, parameters and fixes."),
    click.option("--sarif-unknown", is_flag=True, help="SARIF: include what is unknown."),
    click.option("--sarif-suppressed", is_flag=True, help="SARIF: include what is waived, as suppressed."),
    click.option(
        "--sarif-absent",
        is_flag=True,
        help="SARIF: include what is fixed or gone since the baseline, as absent; GitHub shows it as open.",
    ),
    click.option(
        "--sarif-stable-identity",
        is_flag=True,
        help="SARIF: know an alert by what it is about, not by the text of its line.",
    ),
    click.option(
        "--sarif-category",
        metavar="NAME",
        default="policyscan",
        show_default=True,
        help="SARIF: the category of the upload.",
    ),
    click.option(
        "-q",
        "--quiet",
        is_flag=True,
        help="Print nothing to standard output; files are written all the same.",
    ),
    click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Colour the text.",
    ),
)


def shown_with(
    given: dict[str, Any],
    source: Callable[[str], Source | None],
    content: Callable[[str], bytes | None],
) -> Options:
    """The settings of all formats, as options ask for them; the others give the texts of files."""
    _check_installed(format_ for format_, _ in given["outputs"])
    asked = given["questionnaire"]
    if given["pseudonyms"]:  # what files say stays with them
        source, content = _nothing, _nothing
    repositories = Repositories()
    annotated = "github" in (given["format_"], *(format_ for format_, _ in given["outputs"]))
    return Options(
        changed=_changed() if annotated else frozenset(),
        full=given["full"],
        questionnaire=_questionnaire(asked, given) if asked is not None else None,
        source=source,
        content=content,
        locate=_nothing if given["pseudonyms"] else repositories.locate,
        here="" if given["pseudonyms"] else repositories.here(),
        sarif_unknown=given["sarif_unknown"],
        sarif_suppressed=given["sarif_suppressed"],
        sarif_absent=given["sarif_absent"],
        sarif_category=_category(given),
        sarif_stable_identity=given["sarif_stable_identity"],
    )


def _check_installed(formats: Iterable[str]) -> None:
    """UsageError, before any work is done, for a format that something has to be installed for."""
    for format_ in formats:
        other = FILE_REPORTERS.get(format_)
        if other is not None and (hint := other.lacking()) is not None:
            raise UsageError(f"{format_} needs a package that is not installed", hint=hint)


def _nothing(_file: str) -> None:
    return None


def _questionnaire(name: str, given: dict[str, Any]) -> Questionnaire:
    """The questionnaire of that name; UsageError for a format that it has none of."""
    from policyscan.reporters.questionnaire import FORMATS as HAS
    from policyscan.session.questionnaires import find_questionnaire

    for format_ in (given["format_"], *(format_ for format_, _ in given["outputs"])):
        if format_ not in HAS:
            hint = f"with --questionnaire there are {', '.join(HAS)}"
            raise UsageError(f"a questionnaire has no format {format_}", hint=hint)
    return find_questionnaire(name, _workspace(given).packs)


def _workspace(given: dict[str, Any]) -> Workspace:
    """The packs and kinds that the options name; a saved report has none of its own."""
    from policyscan.session.workspace import open_workspace

    return open_workspace(
        given.get("paths", ()), config=given.get("config"), folders=given.get("folders", ())
    )


def _masked(report: Report, given: dict[str, Any]) -> Report:
    """The report with pseudonyms; says so if the next run has other ones."""
    from policyscan.session.vocabulary import masked

    made, lasting = masked(report, _workspace(given))
    if not lasting:
        show("note: no secret can be kept here, so that the next run has other pseudonyms", err=True)
    return made


def _category(given: dict[str, Any]) -> str:
    """The category of a SARIF upload. One of a part of the inventories is not the one of all: it would close
    the alerts that are not in it."""
    category: str = given["sarif_category"]
    partial = given.get("changed") is not None
    return f"{category}-changed" if partial and category == "policyscan" else category


def _changed() -> frozenset[str]:
    """The files that a pull request or push is about, where a job runs for one."""
    from policyscan.session.changes import changed_files

    return changed_files(os.environ)


def needed(given: dict[str, Any], options: Options) -> Needs:
    """What the chosen formats show together."""
    if options.questionnaire is not None:
        from policyscan.reporters.questionnaire import NEEDS

        return NEEDS
    printed = [] if given["quiet"] and given["split"] is None else [given["format_"]]
    needs = needs_of([*printed, *(format_ for format_, _ in given["outputs"])], options)
    return needs._replace(evidence=True) if given["pseudonyms"] else needs  # what sentences may repeat


class _Rendered:
    """A report in a format, in parts: rendered as it is written, and anew each time."""

    def __init__(self, format_: str, report: Report, options: Options) -> None:
        self._format = format_
        self._report = report
        self._options = options

    def __iter__(self) -> Iterator[str]:
        if self._options.questionnaire is None:
            return iter(REPORTERS[self._format].parts(self._report, self._options))
        from policyscan.reporters.questionnaire import renderer

        return iter((renderer(self._format)(self._report, self._options),))


def _file_in(format_: str, report: Report, options: Options) -> Iterable[str] | bytes:
    """What a file in a format holds."""
    other = FILE_REPORTERS.get(format_)
    return _Rendered(format_, report, options) if other is None else other.render(report, options)


def check_outputs(paths: Sequence[Path], split: tuple[str, Path] | None = None) -> None:
    """UsageError, before any work is done, for outputs that cannot be written or would replace each other."""
    seen = set()
    if split is not None:
        check_folder_writable(split[1])
    for path in paths:
        check_writable(path)
        if path.resolve() in seen:
            raise UsageError(f"two outputs go to {path}", hint="give each format a file of its own")
        seen.add(path.resolve())


def emit(report: Report, options: Options, given: dict[str, Any]) -> None:
    """Writes the files first, so that a broken pipe on standard output costs none of them."""
    failures: list[PolicyscanError] = []
    files = [document.file for document in report.documents]
    if given["pseudonyms"]:
        report = _masked(report, given)
    for format_, path in given["outputs"]:
        try:
            write_file(path, _file_in(format_, report, options._replace(taken=present(path))))
        except UsageError as failure:  # the other outputs are written all the same
            failures.append(failure)
    if given["split"] is not None:
        failures += _split(report, options, given["format_"], given["split"][1], files)
    if given["quiet"]:
        say_stops(report)
    else:
        shown = options._replace(
            color=wants_color(given["color"]), width=width(), spell=speller(sys.stdout), link=link_of()
        )
        reporter = REPORTERS[given["format_"]]
        _print(given["format_"], _Rendered(given["format_"], report, shown), failures)
        if not reporter.has_remarks:
            _remark(report)
    if failures:
        raise Problems(failures)


def _split(
    report: Report, options: Options, format_: str, folder: Path, files: Sequence[str]
) -> list[PolicyscanError]:
    """Writes a file for each client, and gives the failures of those that could not be written."""
    reporter, failures, taken = REPORTERS[format_], list[PolicyscanError](), set[str]()
    try:
        _check_folder(files, folder)
    except UsageError as failure:
        return [failure]
    for document in report.documents:
        if document.kind == "client":
            try:
                path = folder / f"{_file_name(document.id)}.{reporter.suffix}"
                if path.name.casefold() in taken:
                    raise UsageError(f"two clients would be written to {path}", hint="rename one of them")
                taken.add(path.name.casefold())
                write_file(path, _Rendered(format_, about(report, document), options))
            except UsageError as failure:
                failures.append(failure)
    return failures


def _check_folder(files: Sequence[str], folder: Path) -> None:
    """Makes the folder; UsageError if that fails, or if inventories are in it, which a file could replace."""
    for file in filter(nameable, files):
        if folder.resolve() == type(folder)(file).resolve().parent:
            raise UsageError(f"{folder} holds inventories", hint="choose a folder that holds reports only")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror or error}") from error


def _file_name(id_: str) -> str:
    """An id as the name of a file that every system takes."""
    from urllib.parse import quote

    name = quote(id_, safe="@+", errors="replace")[:200]
    return f"%2E{name[1:]}" if name.startswith(".") else name


def _remark(report: Report) -> None:
    """Says on standard error what must be known to judge results."""
    from policyscan.reporters.wording import remarks, stop_lines, taken_by

    show(*stop_lines(report), *remarks(report), *taken_by(report), err=True)


def say_stops(report: Report) -> None:
    """Says on standard error why the exit code is 2, if it is and nothing is printed."""
    if report.exit_code == 2:
        from policyscan.reporters.wording import stop_lines

        show(*stop_lines(report), err=True)


def _print(format_: str, text: Iterable[str], failures: list[PolicyscanError]) -> None:
    try:
        put(text, exact=format_ != "text")
    except UsageError as failure:
        failures.append(failure)
    except BrokenPipeError:  # its reader has read enough; the exit code still tells the rest
        pass
