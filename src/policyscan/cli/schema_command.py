"""`policyscan schema`: the JSON Schemas that editors and other tools use."""

from __future__ import annotations

from pathlib import Path

import click

from policyscan.errors import UsageError
from policyscan.output import put, show
from policyscan.reading.suggest import did_you_mean

_SCHEMAS = Path(__file__).parent.parent / "schemas"


@click.command("schema")
@click.argument("kind", required=False)
def command(kind: str | None) -> int:
    """Print the JSON Schema of KIND: an inventory (client, provider, portfolio) or another file.

    Without KIND, list what there is. For completion in an editor, begin a file with the line
    "# yaml-language-server: $schema=PATH-TO-THE-SCHEMA".
    """
    names = sorted(path.name.removesuffix(".schema.json") for path in _SCHEMAS.glob("*.schema.json"))
    if kind is None:
        show(*names)
        return 0
    if kind not in names:
        raise UsageError(
            f"there is no schema {kind!r}", hint=did_you_mean(kind, names) or f"one of: {', '.join(names)}"
        )
    put((_SCHEMAS / f"{kind}.schema.json").read_text(encoding="utf-8"), exact=True)
    return 0
