"""`policyscan fill`: in, an inventory and questions that came back; out, the file with the answers in it.

What is changed stands in `session/changing.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from policyscan.cli.options import EDIT_OPTIONS, AnyPath, add_options
from policyscan.cli.terminal import plural
from policyscan.output import show
from policyscan.session.changing import answered, answers_about, open_inventory
from policyscan.session.options import Inputs


@click.command("fill")
@click.argument("inventory")
@click.argument("answers", type=AnyPath(exists=True, dir_okay=False))
@click.option("--replace", is_flag=True, help="Let an answer take the place of what the file says otherwise.")
@add_options(EDIT_OPTIONS)
def command(
    inventory: str,
    answers: Path,
    replace: bool,
    paths: Sequence[str],
    config: Path | None,
    dry_run: bool,
) -> int:
    """Put ANSWERS into INVENTORY, which is an id or a file.

    ANSWERS is what `policyscan ask` wrote as CSV or Markdown, with the answers filled in; rows without one
    are left alone. Comments, order and quoting of the inventory stay. An answer that contradicts what is
    recorded is told, and nothing is written; nor is anything if the inventory would not be valid.

    Exit codes: 0 the answers are recorded, 2 something was refused, and nothing is written.
    """
    found = open_inventory(inventory, Inputs(tuple(paths), config))
    mine, others = answers_about(found.id, answers)
    change = answered(found, mine, replace=replace)
    show(*change.lines())
    for other, count in others.items():
        show(f"{plural(count, 'answer')} about {other}: policyscan fill {other} {answers}")
    if not change.texts:
        show(f"{plural(len(mine), 'answer')}, and nothing was changed")
    elif dry_run:
        show("nothing was written: this is a dry run")
    else:
        change.write()
        show(f"{plural(change.facts, 'fact')} recorded")
    return 0
