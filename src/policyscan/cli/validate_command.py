"""`policyscan validate`: are inventories what their kinds' schemas say?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from policyscan.cli.main import show_problems
from policyscan.cli.options import INPUT_OPTIONS, add_options
from policyscan.cli.terminal import plural, show
from policyscan.documents.document import Document, DocumentIssue
from policyscan.documents.seeing import seen
from policyscan.engine.moments import Moment, clock_at
from policyscan.errors import ConfigError, DocumentError, PolicyscanError
from policyscan.session.plan import moment_of
from policyscan.session.reader import Reader, find_files
from policyscan.session.workspace import configure, load_kinds, load_packs, open_store


@click.command("validate")
@add_options(INPUT_OPTIONS)
@click.option("--policies-too", is_flag=True, help="Check the policies of the repository as well.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only, no notes and no summary.")
def command(
    paths: Sequence[str],
    config: Path | None,
    stdin_filename: str | None,
    as_of: str | None,
    policies_too: bool,
    quiet: bool,
) -> int:
    """Check that inventories are valid: keys, types, dates, references.

    It says nothing about whether controls pass: a file that records bad news truthfully is valid. Blank
    keys and facts from the future are noted, for they read as unknown. Exit codes: 0 valid, 2 not.
    """
    store = open_store()
    settings = configure(paths, config, store)
    kinds = load_kinds(settings, store)
    problems: list[PolicyscanError] = []
    if policies_too:
        _, problems = load_packs(settings, kinds, (), store)
    last = {kind.name for kind in kinds if kind.members}
    reader = Reader(kinds, find_files(paths, settings, stdin_filename), last=last)
    plan_moment = moment_of(as_of)
    notes: list[DocumentIssue] = []
    count = 0
    for document, _ in reader.documents():
        count += 1
        if document.kind.name in last:  # patterns that name nobody are among its issues then
            reader.members(document, lambda *_: True, lambda *_: None)
        problems.extend(DocumentError(i.message, at=i.place, hint=i.hint) for i in document.issues)
        notes.extend(_notes(document, plan_moment, settings.time_zone))
    problems.extend(reader.told())
    show_problems(sorted(problems, key=lambda problem: problem.at or ()))
    if not quiet:
        _show_notes(notes, list(reader.unread()))
    if not count and not problems:
        raise ConfigError("no inventory was found", hint="policyscan init NAME writes one to fill in")
    if not quiet:
        state = f"{plural(len(problems), 'error')}" if problems else "valid"
        click.echo(f"{plural(count, 'inventory', 'inventories')} read: {state}, {plural(len(notes), 'note')}")
    return 2 if problems else 0


def _notes(document: Document, moment: Moment, zone: str) -> list[DocumentIssue]:
    clock = clock_at(moment, document.time_zone or zone)
    return [*document.blanks(), *seen(document, clock).future_facts()]


def _show_notes(notes: Sequence[DocumentIssue], unread: Sequence[str]) -> None:
    for note in sorted(notes, key=lambda note: note.place):
        show(f"note: {note.place}: {note.path}: {note.message}")
    for line in unread:
        show(f"note: {line}")
