"""`policyscan sign`: in, a bundle and a private key; out, a file with a signature of it.

What is signed, and how, stands in `session/signing.py`.
"""

from __future__ import annotations

from pathlib import Path

import click

from policyscan.cli.options import AnyPath
from policyscan.display import one_line
from policyscan.errors import UsageError
from policyscan.output import check_writable, create_file, show, write_file
from policyscan.reading.text import decode, read_bytes


@click.command("sign")
@click.argument("bundle", metavar="BUNDLE.zip")
@click.option("--key", required=True, metavar="FILE", help="Your private key: Ed25519 or ECDSA P-256.")
@click.option(
    "-o", "--output", type=AnyPath(), metavar="FILE", help="Where to write.  [default: BUNDLE.zip.dsse]"
)
def command(bundle: str, key: str, output: Path | None) -> int:
    """Sign a bundle that policyscan bundle made, if it holds: a DSSE envelope with an in-toto statement.

    A second person who signs adds a signature to the same file. policyscan verify --key says whether
    signatures are right.

    \b
    ssh-keygen -t ed25519 -f ann                        a key, and ann.pub for others
    policyscan sign 2026-q4.zip --key ann
    policyscan verify 2026-q4.zip --key ann.pub

    Exit codes: 0 it is signed; 1 the bundle does not hold, and nothing was signed; 2 it could not be signed.
    """
    from policyscan.cli.verify_command import told
    from policyscan.session.bundling import statement_of, verify
    from policyscan.session.signing import SUFFIX, envelope_in, signed

    path = output or Path(f"{bundle}{SUFFIX}")
    check_writable(path)
    before = decode(read_bytes(str(path), str(path)), str(path)) if path.exists() else None
    found = verify(bundle)
    if found.reasons:
        return told(bundle, found, "nothing was signed")
    known = envelope_in(before, str(path)) if before is not None else None
    text = signed(statement_of(bundle, found), key, _passphrase, known)
    if before is None:
        create_file(path, text.encode("utf-8"))
    else:
        write_file(path, text)
    show(f"{one_line(str(path))}: {one_line(bundle)} is signed with {one_line(key)}")
    return 0


def _passphrase(key: str) -> bytes:
    """The passphrase of an encrypted key, asked for where there is somebody to ask."""
    import sys

    if not sys.stdin.isatty():
        message = f"{key} is encrypted, and nobody is here to type its passphrase"
        raise UsageError(message, hint="sign in a terminal, or with a key that is not encrypted")
    return str(click.prompt(f"Passphrase of {one_line(key)}", hide_input=True, err=True)).encode("utf-8")
