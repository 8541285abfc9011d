"""`policyscan init`: in, a name; out, a commented inventory to fill in, and what to do next.

What is written stands in `session/starting.py`.
"""

from __future__ import annotations

from pathlib import Path

import click

from policyscan.output import show
from policyscan.session.starting import FOLDERS, write_inventory


@click.command("init")
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(list(FOLDERS)),
    default="client",
    show_default=True,
    help="What to describe.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where to write it instead."
)
def command(name: str, kind: str, output: Path | None) -> int:
    """Write a short commented inventory for NAME, to fill in.

    NAME becomes its id and its file's name: inventories/clients/NAME.yaml, or in the folder of inventories
    that policyscan.yaml names. Nothing is overwritten.
    """
    path = write_inventory(name, kind, output)
    show(f"wrote {path}", f"Fill in what you know, then run: policyscan scan {path}")
    return 0
