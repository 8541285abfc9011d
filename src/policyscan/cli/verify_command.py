"""`policyscan verify`: in, a bundle; out, whether it is as it was made and its report follows from it.

What is compared stands in `session/bundling.py`.
"""

from __future__ import annotations

import click

from policyscan.cli.terminal import plural
from policyscan.display import one_line
from policyscan.output import show
from policyscan.session.bundling import verify

_SHOWN = 20


@click.command("verify")
@click.argument("bundle", metavar="BUNDLE.zip")
def command(bundle: str) -> int:
    """Scan again what is in a bundle, and say whether its report is what comes of it, byte for byte.

    Whether it is the bundle that somebody gave you is another question: compare its SHA-256, or verify a
    signature of it.

    Exit codes: 0 it holds; 1 it does not: something in it was changed; 2 nobody can tell: it is no bundle, or
    another version of policyscan made it.
    """
    found = verify(bundle)
    if not found.reasons:
        show(f"{one_line(bundle)} holds: {plural(found.files, 'file')}, and the report is what they give")
        return 0
    show(f"{one_line(bundle)} {'does not hold' if found.can_tell else 'cannot be verified here'}:", err=True)
    for reason in found.reasons[:_SHOWN]:
        show(f"  {one_line(reason)}", err=True)
    if len(found.reasons) > _SHOWN:
        show(f"  and {len(found.reasons) - _SHOWN:,} more", err=True)
    return 1 if found.can_tell else 2
