"""`policyscan import`: in, exports of a tool and a client; out, its inventory brought up to date.

What is read and merged stands in `session/importing.py` and `importing/`; here it is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from policyscan.cli.options import EDIT_OPTIONS, add_options
from policyscan.cli.terminal import plural
from policyscan.errors import Problems, UsageError
from policyscan.output import show
from policyscan.session.changing import Change
from policyscan.session.import_folders import Refreshed, import_folder
from policyscan.session.importing import Imported, ImportOptions, import_exports, import_for_all, sources
from policyscan.session.options import Inputs

_MOST = 12  # names in one line
_AS_IN = (
    "as in `policyscan import graph-devices devices.json --client acme`; `policyscan import --list` shows "
    "the names of the tools"
)


@click.command("import")
@click.argument("source", required=False)
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False))
@click.option("--client", metavar="ID", help="The client, an id or a file.")
@click.option("--all", "every_one", is_flag=True, help="Every client that SOURCE is about.")
@click.option("--list", "listing", is_flag=True, help="Show which exports of which tools can be read.")
@click.option("--only", metavar="NAME", help="What the tool calls the client; it is remembered.")
@click.option("--zone", metavar="ZONE", help="The time zone of times that say none, as in Europe/London.")
@click.option("--collected-at", metavar="INSTANT", help="When it was exported, if the files do not tell.")
@click.option("--provider", metavar="ID", help="The provider that tickets were for.")
@click.option(
    "--word",
    "words",
    multiple=True,
    metavar="WORD=MEANING",
    help="What a word of the tool means. Repeatable.",
)
@add_options(EDIT_OPTIONS)
def command(
    source: str | None,
    files: Sequence[str],
    client: str | None,
    every_one: bool,
    listing: bool,
    only: str | None,
    zone: str | None,
    collected_at: str | None,
    provider: str | None,
    words: Sequence[str],
    paths: Sequence[str],
    config: Path | None,
    dry_run: bool,
) -> int:
    """Bring a client's inventory up to date from FILES that SOURCE exported.

    What the export says takes the place of what was there; what it does not say stays, as do comments and
    order of the file. It is recorded as evidence. Rows that are new, that are not there any more, that belong
    to others or cannot be used are told. Nothing is written if the inventory would not be valid.

    SOURCE is a tool that --list names, or a YAML file that says what the columns of any CSV or JSON mean.
    With --all, clients are those whose file says what the tool calls them.

    It may also be a folder of exports, whose tools their names tell, such as ninjaone-devices.json, or what
    is in them: of one client, or with --all of each client in a folder that is called as its id; folders in
    it are not looked into, and told. A client is brought up to date from all of its exports, or from none.

    \b
      policyscan import ninjaone devices.json os-patches.json --client acme
      policyscan import ninjaone *.json --all
      policyscan import assets.yaml assets.csv --client acme --dry-run
      policyscan import exports/acme --client acme
      policyscan import exports --all
      policyscan import --list

    Exit codes: 0 the export was read, 2 something was refused, and nothing is written.
    """
    if listing:
        show(*_sources())
        return 0
    is_folder = source is not None and not files and Path(source).is_dir()
    if source is None or not (files or is_folder) or (client is None) is not every_one:
        message = "an import needs a source and its files, or a folder of exports; and --client or --all"
        raise UsageError(message, hint=_looks_like(source, files) or _AS_IN)
    options = ImportOptions(only, zone, collected_at, _meanings(words), provider)
    inputs = Inputs(tuple(paths), config)
    if is_folder:
        return _refresh(import_folder(source, client, inputs, options), dry_run=dry_run)
    if client is not None:
        imported = [(client, import_exports(source, files, client, inputs, options))]
    else:
        imported = import_for_all(source, files, inputs, options)
    for ident, found in imported:
        show(*found.change.lines())
        show(*(f"{ident}: {line}" if every_one else line for line in _account(found)))
        show(*(_first_rows(found) if dry_run else ()))
    if dry_run:
        show("nothing was written: this is a dry run")
        return 0
    for ident, found in imported:
        _write(ident, found.change)
    return 0


def _looks_like(source: str | None, files: Sequence[str]) -> str | None:
    """What to write where a file stands in the place of the source; None if nothing is known of it."""
    if source is None or files or not Path(source).is_file():
        return None
    from policyscan.session.import_folders import how_to_import

    return how_to_import(source)


def _refresh(found: Sequence[Refreshed], *, dry_run: bool) -> int:
    """Writes what all exports about a client make of it, client by client; raises Problems with what is wrong
    with others."""
    for one in found:
        show(*(f"{one.client}: note: {note}" for note in _left_out(one)))
        if one.change is None:
            why = plural(len(one.problems), "error") if one.problems else "there are no exports in its folder"
            show(f"{one.client}: nothing was written: {why}")
            continue
        show(*one.change.lines())
        show(*(f"{one.client}: {line}" for each in one.imported for line in _account(each)))
        if not dry_run:
            _write(one.client, one.change)
    if dry_run:
        show("nothing was written: this is a dry run")
    problems = [problem for one in found for problem in one.problems]
    if problems:
        raise Problems(problems)
    return 0


def _left_out(one: Refreshed) -> Iterator[str]:
    for path in one.left_out:
        yield f"{path} is a folder, and nothing in it was read"
    for path, tool in one.recognised:
        yield f"{path} is read as an export of {tool}, by what is in it"
    for path in one.not_for:
        yield f"{path} was not read for it: there are exports of that tool in its own folder"


def _write(client: str, change: Change) -> None:
    change.write()
    show(f"{client}: recorded" if change.texts else f"{client}: all of it is known, and nothing was changed")


def _sources() -> Iterator[str]:
    found = sources()
    width = max(map(len, found))
    for name, what in found.items():
        yield f"{name:<{width}}  {what}"


def _meanings(words: Iterable[str]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    wrong = next((word for word, equals, _ in pairs if not equals), None)
    if wrong is not None:
        raise UsageError(f"--word {wrong} says no meaning", hint="write it as in --word 2=P1")
    return {word.strip(): meaning.strip() for word, _, meaning in pairs}


def _account(found: Imported) -> Iterator[str]:
    """What became of the rows, for people."""
    merged = found.merged
    of = f", of the client that it calls {found.client}" if found.client else ""
    rows = plural(len(merged.updated) + len(merged.new), "row")
    when = found.collected_at[:16].replace("T", " ")
    yield f"{found.tool}: {rows} used{of}; collected at {when} ({found.told_by})"
    yield from _named("new", merged.new)
    yield from _named("not in the export any more, left as they were", merged.vanished)
    yield from _named("said of another version or product, taken out", merged.forgotten)
    for name, count in found.others:
        yield f"belong to others: {plural(count, 'row')} of {name or 'nobody'}"
    for one in found.passed:
        yield f"note: {one.called}: {one.why} ({one.place})"


def _first_rows(found: Imported) -> Iterator[str]:
    """The first rows as they were read."""
    return (f"as it was read: {name}: {facts}" for name, facts in found.first_facts())


def _named(what: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
        yield f"{what}: {', '.join(names[:_MOST])}{more}"
