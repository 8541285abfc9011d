"""`policyscan config`: in, nothing or the settings file to use; out, what is set, and where that comes from.

How settings are put together stands in `session/settings.py`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from policyscan.cli.options import AS_OF, format_option
from policyscan.cli.terminal import width
from policyscan.display import json_text, one_line
from policyscan.output import put, show
from policyscan.reporters.layout import hanging
from policyscan.session.options import Inputs
from policyscan.session.settings import InForce, Whence, resolved
from policyscan.session.workspace import open_workspace


@click.command("config")
@click.argument("paths", nargs=-1)
@click.option(
    "--config", type=click.Path(path_type=Path), help="Settings file instead of the nearest policyscan.yaml."
)
@click.option(
    "--policies", "folders", multiple=True, type=click.Path(), help="A folder of your own policies."
)
@click.option("--as-of", metavar="DATE", help=AS_OF)
@click.option("--resolved", "every", is_flag=True, help="Show defaults too, so that nothing is left out.")
@format_option(("text", "json"))
def command(
    paths: tuple[str, ...], config: Path | None, folders: tuple[str, ...], as_of: str | None, every: bool,
    format_: str,
) -> int:  # fmt: skip
    """Show the settings that a scan of PATHS has, and where each comes from.

    A setting comes from policyscan.yaml (with its line), from the pack and its profile, from the environment,
    or is a default; --resolved shows those too. A parameter that asks for less than the pack does says so.

    Where profiles are assigned to clients, each client is named with its profile.

    Options of a command win over all of these. Exit codes: 2 a setting is wrong, 0 otherwise.
    """
    workspace = open_workspace(paths, config=config, folders=folders)
    found = resolved(workspace, os.environ, Inputs(paths, as_of=as_of))
    if not every:
        found = [one for one in found if one.came_from is not Whence.DEFAULT or one.key == "file"]
    if format_ == "json":
        value = {"version": 1, "settings": [_as_json(one) for one in found]}
        put(json_text(json.dumps(value, indent=2, ensure_ascii=False, default=str)) + "\n", exact=True)
        return 0
    columns = width()
    for one in found:
        show(*hanging("", _line(one), columns, indent=4))
    return 0


def _line(one: InForce) -> str:
    """`fail_on = "high"  (policyscan.yaml:3)`."""
    value = one_line(json.dumps(one.value, ensure_ascii=False, default=str))
    where = f"{one_line(one.at.file)}:{one.at.line}" if one.at is not None else one.came_from.value
    remark = f"; {one_line(one.remark)}" if one.remark else ""
    return f"{one_line(one.key)} = {value}  ({where}{remark})"


def _as_json(one: InForce) -> dict[str, Any]:
    at = one.at
    return {
        "key": one.key,
        "value": one.value,
        "origin": one.came_from.value,
        "file": at.file if at is not None else None,
        "line": at.line if at is not None else None,
        "column": at.column if at is not None else None,
        "remark": one.remark or None,
    }
