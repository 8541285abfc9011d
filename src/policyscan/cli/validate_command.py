"""`policyscan validate`: in, paths; out, what is wrong with inventories, line by line, and 0 or 2.

What is checked stands in `session/validation.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from policyscan.cli.main import show_problems
from policyscan.cli.options import INPUT_OPTIONS, add_options
from policyscan.cli.terminal import plural
from policyscan.cli.texts import read_stdin
from policyscan.findings import Problem
from policyscan.output import show
from policyscan.session.options import Inputs
from policyscan.session.validation import validate

_FEW = 3  # notes of a file that say the same; more of them are one line
_NAMED = 5  # keys that such a line names


@click.command("validate")
@add_options(INPUT_OPTIONS)
@click.option("--policies-too", is_flag=True, help="Check the policies of the repository as well.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only, no notes and no summary.")
def command(
    paths: tuple[str, ...],
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
    inputs = Inputs(paths, config, read_stdin(paths, stdin_filename), stdin_filename, as_of)
    found = validate(inputs, policies_too=policies_too)
    show_problems(found.problems)
    if not quiet:
        show(*_notes(found.notes))
        show(*(f"note: {line}" for line in found.unread))
    found.raise_for_nothing()
    if not quiet:
        errors = len(found.problems)
        read = plural(found.inventories, "inventory", "inventories")
        state = plural(errors, "error") if errors else "valid"
        shared = f" and {plural(found.shared, 'file')} of defaults" if found.shared else ""
        notes = plural(len(found.notes) + len(found.unread), "note")
        show(f"{read}{shared} read: {state}, {notes}")
    return found.exit_code


def _notes(notes: Sequence[Problem]) -> Iterator[str]:
    """A line for each note; where a file has many that say the same of its keys, one for all of them."""
    alike: dict[tuple[str | None, str], list[Problem]] = {}
    for note in notes:
        path, _, what = note.message.partition(": ")
        alike.setdefault((note.file, what or path), []).append(note)
    for (file, what), group in alike.items():
        if len(group) <= _FEW:
            yield from (f"note: {note.span}: {note.message}" for note in group)
            continue
        keys = [note.message.partition(": ")[0] for note in group]
        more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
        named = f"{', '.join(keys[:_NAMED])}{more}"
        yield f"note: {file}: {len(keys)} keys, {named}: {what.replace('this', 'each', 1)}"
