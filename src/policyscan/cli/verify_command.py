"""`policyscan verify`: in, a bundle; out, whether it is as it was made and its report follows from it.

What is compared stands in `session/bundling.py`, what signatures prove in `session/signing.py`.
"""

from __future__ import annotations

import os

import click

from policyscan.cli.terminal import plural
from policyscan.display import one_line
from policyscan.errors import UsageError
from policyscan.output import show
from policyscan.session.bundling import Verified, verify

_SHOWN = 20


@click.command("verify")
@click.argument("bundle", metavar="BUNDLE.zip")
@click.option(
    "--key", "keys", multiple=True, metavar="FILE", help="A public key that must have signed it. Repeatable."
)
@click.option("--signature", metavar="FILE", help="Where the signatures are.  [default: BUNDLE.zip.dsse]")
def command(bundle: str, keys: tuple[str, ...], signature: str | None) -> int:
    """Scan again what is in a bundle, and say whether its report is what comes of it, byte for byte.

    Whether it is the bundle that somebody gave you is another question: with --key, a signature that
    policyscan sign made has to be right, of each key that is given; or compare its SHA-256.

    Exit codes: 0 it holds; 1 it does not: something in it was changed, or a signature is not right; 2 nobody
    can tell: it is no bundle, there is no signature, or another version of policyscan made it.
    """
    if signature is not None and not keys:
        hint = "name with --key the public key of whoever should have signed"
        raise UsageError("a signature proves nothing without a key", hint=hint)
    found = verify(bundle)
    if keys:
        found = found._replace(reasons=(*_unproved(found, bundle, keys, signature), *found.reasons))
    if found.reasons:
        return told(bundle, found)
    show(f"{one_line(bundle)} holds: {plural(found.files, 'file')}, and the report is what they give")
    for key in keys:
        show(f"signed with the key of {one_line(key)}")
    return 0


def _unproved(found: Verified, bundle: str, keys: tuple[str, ...], signature: str | None) -> tuple[str, ...]:
    """Why signatures do not prove whose bundle it is."""
    from policyscan.session.signing import SUFFIX, open_envelope, unproved

    path = signature or f"{bundle}{SUFFIX}"
    if not os.path.lexists(path):
        hint = f"policyscan sign {bundle} --key KEY makes one; another place is named with --signature"
        raise UsageError(f"there is no signature: {path}", hint=hint)
    return tuple(unproved(open_envelope(path), found.data, keys))


def told(bundle: str, found: Verified, end: str = "") -> int:
    """Says why a bundle does not hold, or why nobody can tell; the exit code for that."""
    lead = "does not hold" if found.can_tell else "cannot be verified here"
    show(f"{one_line(bundle)} {lead}:", err=True)
    for reason in found.reasons[:_SHOWN]:
        show(f"  {one_line(reason)}", err=True)
    if len(found.reasons) > _SHOWN:
        show(f"  and {len(found.reasons) - _SHOWN:,} more", err=True)
    if end:
        show(end, err=True)
    return 1 if found.can_tell else 2
