"""`policyscan schema`: in, the name of a kind of file; out, its JSON Schema, or the names there are."""

from __future__ import annotations

import click

from policyscan.output import put, show
from policyscan.session.schemas import schema_names, schema_text
from policyscan.session.workspace import configure


@click.command("schema")
@click.argument("kind", required=False)
def command(kind: str | None) -> int:
    """Print the JSON Schema of KIND: an inventory (client, provider, portfolio, your own) or another
    file.

    That of an inventory takes null wherever a key may be left blank, as editors take a blank for null.
    Without KIND, list what there is. For completion in an editor, begin a file with the line
    "# yaml-language-server: $schema=PATH-TO-THE-SCHEMA".
    """
    config = configure((), None)
    if kind is None:
        show(*schema_names(config))
    else:
        put(schema_text(kind, config), exact=True)
    return 0
