"""The public face of policyscan for Python callers; `policyscan` itself gives it out, name by name.

In: paths, names and days as a caller has them. Out: plain values (`Report`, `Validation`), or one of
policyscan's exceptions, whose `problems` each have a message, a hint, and a file, line and column where they
have a place. What was not checked never looks like what passed: without any inventory there is no report.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from policyscan.errors import PolicyscanError, Problems, UsageError
from policyscan.files.discovery import Discovery, File
from policyscan.findings import PolicyInfo, Report, Severity, unchecked
from policyscan.reporters import REPORTERS, Options
from policyscan.session import run, validation
from policyscan.session.choice import Choice, choose_policies, last_kinds
from policyscan.session.options import EVERYTHING, Inputs, ScanOptions, StrPath, argument
from policyscan.session.plan import moment_of
from policyscan.session.reader import Reader
from policyscan.session.sources import Repositories, Sources
from policyscan.session.validation import Validation
from policyscan.session.workspace import Workspace, open_workspace

Paths: TypeAlias = StrPath | Iterable[StrPath] | None
Names: TypeAlias = str | Iterable[str] | None
When: TypeAlias = str | dt.date | dt.datetime | None
Written: TypeAlias = Mapping[str, Any] | str | bytes | os.PathLike[str]
"""A document: values as `json.loads` gives them, the text of a YAML or JSON file, or the path of one."""


def scan(
    paths: Paths = None,
    *,
    config: StrPath | None = None,
    policies: Paths = None,
    profile: str | None = None,
    select: Names = None,
    ignore: Names = None,
    companions: bool | None = None,
    clients: Names = None,
    as_of: When = None,
    fail_on: Severity | str | None = None,
    fail_on_due: bool = False,
    allow_unknown: bool = False,
    all_results: bool = False,
    cache: bool = True,
    jobs: int | None = 1,
    baseline: StrPath | None = None,
    allow_silent: Names = None,
) -> Report:
    """The report on the inventories that `paths` name, by default those of the current folder.

    What each argument means is what the option of `policyscan scan` of this name means. A file that cannot be
    read is in `report.problems` and makes `report.exit_code` 2; raises PolicyscanError where no inventory at
    all could be checked, and for arguments, settings or controls that are wrong. `jobs` processes share the
    files, None as many as the settings say, else as pay on this machine; a script that asks for more than one
    begins its work below `if __name__ == "__main__":`, as with Python's own multiprocessing.

    With a `baseline` (a saved report, a folder or a revision of git) `report.comparison` says what changed
    since, and only what is new makes `report.exit_code` 1 or 3; `allow_silent` names what may be silent now.
    """
    if jobs is not None and jobs < 1:
        raise UsageError(f"{argument('jobs')}: {jobs!r} is no number of processes", hint="give 1 or more")
    options = ScanOptions(
        Inputs(_paths("paths", paths), _path("config", config), as_of=_when("as_of", as_of)),
        folders=_paths("policies", policies),
        cache=cache,
        profile=_name("profile", profile),
        select=_names("select", select),
        ignore=_names("ignore", ignore, some=False),
        companions=companions,
        clients=_names("clients", clients),
        fail_on=_severity(fail_on),
        fail_on_due=fail_on_due,
        allow_unknown=allow_unknown,
        needs=EVERYTHING._replace(accounts=all_results),
        spelt=argument,
        jobs=jobs,
    )
    allowed = _names("allow_silent", allow_silent)
    if baseline is None:
        if allowed:
            hint = "nothing is silent but since a baseline"
            raise UsageError(f"{argument('allow_silent')} goes with {argument('baseline')}", hint=hint)
        return _not_empty(run.scan(options))
    from policyscan.session.comparing import compared

    return _not_empty(compared(_path("baseline", baseline) or "", None, options, allowed))


def waive(
    control: str,
    where: str,
    *,
    reason: str,
    requested_by: str,
    approved_by: str,
    expires_on: When,
    approved_on: When = None,
    requirement: str = "",
    ticket: str = "",
    accept: str = "",
    file: StrPath | None = None,
    config: StrPath | None = None,
    policies: Paths = None,
    dry_run: bool = False,
) -> tuple[str, ...]:
    """Writes an approved exception for a control into an inventory, or into a `file` of waivers; the lines of
    what was written, or with `dry_run` would be.

    `where` is an inventory's id, or `INVENTORY/SUBJECT`; `approved_on` is today by default. What each
    argument means is what the option of `policyscan waive` means. Raises PolicyscanError, and writes nothing,
    where the exception would have no effect.
    """
    from policyscan.session.exceptions import waive as change_for
    from policyscan.session.exceptions import write_new

    said = {
        "policy": control, "requirement": requirement, "reason": reason, "requested_by": requested_by,
        "approved_by": approved_by, "approved_on": _when("approved_on", approved_on) or _today(),
        "expires_on": _when("expires_on", expires_on) or "", "ticket": ticket, "accept": accept,
    }  # fmt: skip
    for name, given in {"where": where, **said}.items():
        _of_type(name, given, str, "give a text")
    options = ScanOptions(
        Inputs((), _path("config", config)), folders=_paths("policies", policies), spelt=argument
    )
    target = _path("file", file)
    change, text = change_for(said, where, options, target)
    lines = tuple(change.lines() if change is not None else [f"{target}:", *text.splitlines()])
    if dry_run:
        return lines
    if change is not None:
        change.write()
    elif target is not None:
        write_new(target, text)
    return lines


def _today() -> str:
    return dt.datetime.now(dt.UTC).date().isoformat()


def validate(
    paths: Paths = None,
    *,
    config: StrPath | None = None,
    as_of: When = None,
    policies_too: bool = False,
) -> Validation:
    """Whether inventories are valid: every error and note at its place, and `exit_code`, 0 or 2.

    Raises PolicyscanError where there is no inventory, and for arguments or settings that are wrong.
    """
    inputs = Inputs(_paths("paths", paths), _path("config", config), as_of=_when("as_of", as_of))
    found = validation.validate(inputs, policies_too=policies_too, spelt=argument)
    found.raise_for_nothing()
    return found


class Policies:
    """Chosen controls, checked and ready to `evaluate` documents with; iterating gives what each is about."""

    __slots__ = ("_choice", "_workspace")

    def __init__(self, workspace: Workspace, choice: Choice) -> None:
        self._workspace = workspace
        self._choice = choice

    @property
    def workspace(self) -> Workspace:
        """The packs, kinds and settings that they are of."""
        return self._workspace

    @property
    def profile(self) -> str:
        """The profile that they were chosen by; empty for a selection."""
        return self._choice.profile

    def __iter__(self) -> Iterator[PolicyInfo]:
        return (policy.info for policy in self._choice.policies)

    def __len__(self) -> int:
        return len(self._choice.policies)

    def reader(self, files: list[File]) -> Reader:
        """Reads documents that need be in no file."""
        found = Discovery(files, problems=[], roots=[], ignored=0)
        return Reader(self._workspace.kinds, found, last=last_kinds(self._choice))

    def report(self, reader: Reader, when: str | None, options: ScanOptions, only: str) -> Report:
        """The report on what a reader reads under the name `only`."""
        moment = moment_of(when, _clock_argument)
        return run.report_on(reader, self._workspace, self._choice, moment, options, only)


def load_policies(
    policies: Paths = None,
    *,
    config: StrPath | None = None,
    profile: str | None = None,
    select: Names = None,
    ignore: Names = None,
    companions: bool | None = None,
    cache: bool = True,
) -> Policies:
    """The controls of a profile or selection, out of the built-in ones and those in folders of your own.

    Raises Problems with everything that is wrong in any of them, each at its file, line and column.
    """
    workspace = open_workspace(
        config=_path("config", config), folders=_paths("policies", policies), use_cache=cache
    )
    chosen = choose_policies(
        workspace,
        _name("profile", profile),
        _names("select", select),
        _names("ignore", ignore, some=False),
        companions,
        argument,
    )
    return Policies(workspace, chosen)


def evaluate(
    document: Written,
    policies: Policies,
    clock: When,
    *,
    context: Iterable[Written] = (),
    all_results: bool = False,
) -> Report:
    """The report on one document, which need be in no file, at a day or an instant (None: now).

    `context` are documents that it refers to, such as the provider of a client; they are not reported on, and
    what would follow from one that is not given is unknown. No file is read but those given as paths.
    """
    _of_type("policies", policies, Policies, "load_policies(…) gives them")
    first = _file(document, "document")
    files = [first, *(_file(one, f"context-{i}") for i, one in enumerate(_several(context), start=1))]
    options = ScanOptions(needs=EVERYTHING._replace(accounts=all_results), spelt=argument)
    when = _when("clock", clock)
    return _not_empty(policies.report(policies.reader(files), when, options, first.shown))


def render(
    report: Report,
    format: str = "text",
    *,
    full: bool = False,
    width: int | None = None,
    color: bool = False,
    texts: Mapping[str, bytes] | None = None,
    questionnaire: str | None = None,
    pseudonyms: bool = False,
    policies: Policies | None = None,
) -> str:
    """A report as text, in one of the formats that `policyscan scan --format` knows.

    Lines of files are shown as they are now, seen from the current folder; `texts` are the contents of files
    that are not there, by the names that they have in the report. `questionnaire` is the name of one that is
    answered in place of the report, and `pseudonyms` replaces names, ids and numbers, as the options of the
    same names do. Both are told from the packs of `policies`, by default those that the current folder's
    settings name.
    """
    _of_type("report", report, Report, "scan(…) and evaluate(…) give one")
    _of_type("format", format, str, f"formats are: {', '.join(REPORTERS)}")
    if format not in REPORTERS:
        from policyscan.cel.spelling import did_you_mean

        hint = did_you_mean(str(format), REPORTERS) or f"formats are: {', '.join(REPORTERS)}"
        raise UsageError(f"there is no format {format!r}", hint=hint)
    sources, repositories = Sources(texts), Repositories()
    options = Options(
        width=width, color=color, full=full, source=sources.source, content=sources.content,
        locate=repositories.locate, here=repositories.here(),
    )  # fmt: skip
    if questionnaire is None and not pseudonyms:
        return REPORTERS[format].render(report, options)
    workspace = policies.workspace if policies is not None else open_workspace()
    if pseudonyms:
        from policyscan.session.vocabulary import masked

        report, _ = masked(report, workspace)
    if questionnaire is None:
        return REPORTERS[format].render(report, options)
    return _answered(report, format, options, _name("questionnaire", questionnaire) or "", workspace)


def _answered(report: Report, format_: str, options: Options, name: str, workspace: Workspace) -> str:
    """What a report says to the questions of a questionnaire."""
    from policyscan.reporters.questionnaire import FORMATS, renderer
    from policyscan.session.questionnaires import find_questionnaire

    if format_ not in FORMATS:
        raise UsageError(
            f"a questionnaire has no format {format_!r}", hint=f"formats are: {', '.join(FORMATS)}"
        )
    form = find_questionnaire(name, workspace.packs)
    return renderer(format_)(report, options._replace(questionnaire=form))


def _not_empty(report: Report) -> Report:
    """The report, if there is an inventory in it; nobody should take one without any for a good one."""
    if report.documents:
        return report
    problems = [PolicyscanError(one.message, at=one.span, hint=one.hint) for one in report.problems]
    raise Problems(problems or [UsageError(sentence) for sentence in unchecked(report)])


# --- arguments as callers have them


def _clock_argument(name: str) -> str:
    """An option as a caller of `evaluate` gives it."""
    return argument("clock" if name == "as_of" else name)


def _paths(name: str, given: Paths) -> tuple[str, ...]:
    if given is None:
        return ()
    if isinstance(given, str | os.PathLike):
        given = [given]
    found = _each(name, given, (str, os.PathLike), "a path")
    return tuple(_sayable(name, os.fspath(path)) for path in found)


def _path(name: str, given: StrPath | None) -> str | None:
    if given is None:
        return None
    if not isinstance(given, str | os.PathLike):
        raise UsageError(f"{argument(name)}: {given!r} is not a path")
    return _sayable(name, os.fspath(given))


def _sayable(name: str, path: str | bytes) -> str:
    """A path that systems have a way to say; whether anything is there is another question."""
    try:
        sayable = isinstance(path, str) and b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        sayable = False
    if not sayable:
        raise UsageError(f"{argument(name)}: {path!r} is not a path")
    return str(path)


def _of_type(name: str, given: object, wanted: type, hint: str) -> None:
    if not isinstance(given, wanted):
        message = f"{argument(name)}: {type(given).__name__} is no {wanted.__name__}"
        raise UsageError(message, hint=hint)


def _name(name: str, given: str | None) -> str | None:
    if given is None or isinstance(given, str):
        return given
    raise UsageError(f"{argument(name)}: {given!r} is not a text")


def _several(context: Iterable[Written]) -> list[Written]:
    """The documents of a context, which is a list even if it is of one."""
    if isinstance(context, str | bytes | Mapping | os.PathLike) or not isinstance(context, Iterable):
        raise UsageError(
            f"{argument('context')}: {type(context).__name__} is no list of documents", hint="give [document]"
        )
    return list(context)


def _names(name: str, given: Names, *, some: bool = True) -> tuple[str, ...]:
    """The names that a caller gave; with `some`, an empty list is an error: it would choose everything."""
    if given is None or (not some and not given):
        return ()
    return tuple(map(str, _each(name, [given] if isinstance(given, str) else given, (str,), "a text")))


def _each(name: str, given: Iterable[Any], types: tuple[type, ...], what: str) -> list[Any]:
    try:
        found = list(given)
    except TypeError:
        found = [given]
    if not found:
        raise UsageError(f"{argument(name)} is an empty list", hint="leave it out, or name something")
    for one in found:
        if not isinstance(one, types) or one == "":
            raise UsageError(f"{argument(name)}: {one!r} is not {what}")
    return found


def _when(name: str, given: When) -> str | None:
    if given is None or isinstance(given, str):
        return given
    if isinstance(given, dt.datetime) and given.tzinfo is None:
        message = f"{argument(name)}: {given} is in no time zone"
        raise UsageError(message, hint="give it one, as in datetime(…, tzinfo=UTC), or give a day")
    if isinstance(given, dt.date):
        return given.isoformat()
    raise UsageError(f"{argument(name)}: {given!r} is neither a day nor an instant")


def _severity(given: Severity | str | None) -> Severity | None:
    try:
        return given if given is None or isinstance(given, Severity) else Severity(given)
    except ValueError:
        known = ", ".join(one.value for one in Severity)
        message = f"{argument('fail_on')}: there is no severity {given!r}"
        raise UsageError(message, hint=f"severities are: {known}") from None


def _file(written: Written, name: str) -> File:
    """What the reader takes for a file: a document's text under a name, or the file itself."""
    if isinstance(written, os.PathLike):
        path = _sayable(name, os.fspath(written))
        return File(os.path.abspath(path), path.replace(os.sep, "/"), strict=True)
    if isinstance(written, Mapping):
        name, text = f"{name}.json", _as_json(written, name)
    elif isinstance(written, bytes):
        from policyscan.reading.text import decode

        name = f"{name}.yaml"
        text = decode(written, name)
    elif isinstance(written, str):
        name, text = f"{name}.yaml", _whole(written, name)
    else:
        raise UsageError(f"{name}: {type(written).__name__} is no document", hint="give a mapping or a text")
    return File(os.path.join(os.getcwd(), name), f"<{name}>", strict=True, text=text)


def _whole(text: str, name: str) -> str:
    """A text that can be written down; one with half of a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = f"{name}: the character at {error.start} is half of a surrogate pair"
        raise UsageError(message, hint="decode it as UTF-8") from None
    return text


def _as_json(written: Mapping[str, Any], name: str) -> str:
    import json

    def plain(value: object) -> object:
        if isinstance(value, dt.date):
            return value.isoformat()
        if isinstance(value, Mapping):
            return dict(value)
        raise TypeError(f"{type(value).__name__} is no value of a document")

    try:
        return json.dumps(dict(written), indent=1, ensure_ascii=False, default=plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"{name}: {error}", hint="give values as json.loads gives them") from None
