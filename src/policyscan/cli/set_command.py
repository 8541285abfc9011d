"""`policyscan set`: in, an inventory, a path and a value; out, the file with this one fact changed.

What is changed stands in `session/changing.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from policyscan.cli.options import EDIT_OPTIONS, add_options
from policyscan.output import show
from policyscan.session.changing import answered, fact, open_inventory
from policyscan.session.options import Inputs


@click.command("set")
@click.argument("inventory")
@click.argument("path")
@click.argument("value")
@add_options(EDIT_OPTIONS)
def command(
    inventory: str, path: str, value: str, paths: Sequence[str], config: Path | None, dry_run: bool
) -> int:
    """Record one fact in INVENTORY, which is an id or a file.

    PATH is written as reports print it, such as "devices[lt-06].antivirus.active". VALUE is what the fact's
    type takes: yes or no, a number, a day as in 2026-10-31, a word; several with commas; none for what is
    known not to be there. "devices[+]" adds an item: '{id: lt-07, kind: laptop}'.

    Comments, order and quoting of the file stay. Nothing is written if the inventory would not be valid.
    A VALUE that begins with a dash goes after two of them: policyscan set acme x-balance -- -5

    Exit codes: 0 the file says so now, 2 something was refused, and nothing is written.
    """
    found = open_inventory(inventory, Inputs(tuple(paths), config))
    change = answered(found, [fact(path, value)])
    show(*change.lines())
    if not change.texts:
        show(f"{path} says so already: nothing was changed")
    elif dry_run:
        show("nothing was written: this is a dry run")
    else:
        change.write()
    return 0
