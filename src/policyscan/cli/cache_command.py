"""`policyscan cache`: in, whether to clear; out, what is kept between runs, where, and how much of it."""

from __future__ import annotations

import click

from policyscan.output import show
from policyscan.session.workspace import open_store

_WORDS = {"pack": "checked controls", "kind": "kinds of inventories", "results": "results of scans"}


@click.command("cache")
@click.option("--clear", is_flag=True, help="Delete all that is kept. It is made anew when it is needed.")
def command(*, clear: bool) -> int:
    """Show what policyscan keeps between runs, or delete it.

    Nothing of it is needed: a scan without it finds the same, and takes longer. Inventories lie in it as far
    as results quote them.

    Exit code: 0.
    """
    store = open_store()
    if store is None:
        show("nothing is kept: there is no folder that is safe to keep things in")
        return 0
    sizes = store.sizes()
    if clear:
        store.clear()
    show(f"{'deleted from' if clear else 'kept in'} {store.folder}")
    for sort, (number, size) in sorted(sizes.items()):
        show(f"  {_WORDS.get(sort, sort)}: {number}, {size / 1e6:.1f} MB")
    if not sizes:
        show("  nothing")
    return 0
