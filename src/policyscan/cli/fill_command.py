"""`policyscan fill`: in, inventories and questions that came back; out, their files with the answers in them.

What is changed stands in `session/changing.py`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from policyscan.cli.options import EDIT_OPTIONS, AnyPath, add_options
from policyscan.cli.terminal import plural
from policyscan.errors import Problems, UsageError
from policyscan.output import show
from policyscan.session.changing import (
    Filled,
    answered,
    answers_about,
    answers_in,
    fill_all,
    not_known,
    open_inventory,
)
from policyscan.session.options import Inputs


@click.command("fill")
@click.argument("inventory")
@click.argument("answers", nargs=-1, type=AnyPath(exists=True))
@click.option("--all", "every_one", is_flag=True, help="Fill every inventory that the answers are about.")
@click.option("--replace", is_flag=True, help="Let an answer take the place of what the file says otherwise.")
@add_options(EDIT_OPTIONS)
@click.pass_context
def command(
    context: click.Context,
    inventory: str,
    answers: Sequence[Path],
    every_one: bool,
    replace: bool,
    paths: Sequence[str],
    config: Path | None,
    dry_run: bool,
) -> int:
    """Put ANSWERS into INVENTORY, which is an id or a file.

    ANSWERS are files that `policyscan ask` wrote as CSV, XLSX or Markdown, with the answers filled in, or
    folders of them; rows without one are left alone. Comments, order and quoting of the inventory stay. An
    answer that contradicts what is recorded is told, and nothing is written; nor is anything if the inventory
    would not be valid.

    With --all every inventory is filled that the answers are about, each wholly or not at all:

    \b
      policyscan fill acme answers.xlsx
      policyscan fill --all answers/

    Exit codes: 0 the answers are recorded, 2 something was refused, and nothing is written of that inventory.
    """
    inputs = Inputs(tuple(paths), config)
    if every_one:
        first = AnyPath(exists=True).convert(inventory, None, context)
        return _fill_all(
            fill_all(answers_in((Path(os.fsdecode(first)), *answers)), inputs, replace=replace),
            dry_run=dry_run,
        )
    if not answers:
        message = "no file of answers is named"
        raise UsageError(message, hint=f"as in `fill {inventory} answers.csv`, or `fill --all answers/`")
    found = open_inventory(inventory, inputs)
    mine, others = answers_about(found.id, answers_in(answers))
    if others and not mine:
        message = f"no answer is about {found.id}, but about {', '.join(others)}"
        raise UsageError(message, hint=f"policyscan fill {next(iter(others))} {' '.join(map(str, answers))}")
    change = answered(found, mine, replace=replace)
    show(*change.lines())
    if open_ := not_known(found, mine):
        show(f"{plural(open_, 'answer')} of those who do not know: the facts stay unknown")
    for other, count in others.items():
        show(
            f"{plural(count, 'answer')} about {other}: policyscan fill {other} {' '.join(map(str, answers))}"
        )
    _write(Filled(found.id, len(mine), change), "", dry_run=dry_run)
    return 0


def _fill_all(filled: Sequence[Filled], *, dry_run: bool) -> int:
    """Writes what is valid, inventory by inventory; raises Problems with what is not."""
    for one in filled:
        if one.change is not None:
            show(*one.change.lines())
    for one in filled:
        _write(one, f"{one.inventory}: ", dry_run=dry_run)
    if not filled:
        show("there are no answers, and nothing was changed")
    problems = [problem for one in filled for problem in one.problems]
    if problems:
        raise Problems(problems)
    return 0


def _write(one: Filled, lead: str, *, dry_run: bool) -> None:
    """Writes a change, and tells what became of it."""
    if one.change is None:
        show(f"{lead}nothing was written: {plural(len(one.problems), 'error')}")
    elif not one.change.texts:
        show(f"{lead}{plural(one.answers, 'answer')}, and nothing was changed")
    elif dry_run:
        show(f"{lead}nothing was written: this is a dry run")
    else:
        one.change.write()
        show(f"{lead}{plural(one.change.facts, 'fact')} recorded")
