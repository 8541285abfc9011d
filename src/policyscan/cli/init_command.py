"""`policyscan init`: a short commented inventory to fill in."""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

import click

from policyscan.config import load
from policyscan.errors import UsageError
from policyscan.files.discovery import DEFAULT_FOLDER

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

_TEMPLATES = Path(__file__).parent / "templates"
_FOLDERS = {"client": "clients", "provider": "providers"}


@click.command("init")
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(list(_FOLDERS)),
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
    if not _ID.fullmatch(name):
        near = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") if name.isascii() else ""
        hint = f"use lower-case letters, digits and single hyphens, as in {near or 'elm-vets'}"
        raise UsageError(f"{name!r} cannot be an id", hint=hint)
    path = output or Path(os.path.relpath(_inventories() / _FOLDERS[kind] / f"{name}.yaml"))
    template = (_TEMPLATES / f"{kind}.yaml").read_text(encoding="utf-8")
    text = template.replace("NAME", name).replace("TODAY", date.today().isoformat())  # noqa: DTZ011 - the user's own day
    if not path.parent.exists():
        _make_folder(path.parent)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already", hint="choose another name, or edit that file") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error
    click.echo(f"wrote {path}")
    click.echo(f"Fill in what you know, then run: policyscan scan {path}")
    return 0


def _inventories() -> Path:
    """The folder in which a scan without arguments looks first."""
    config = load(".")
    found = (path for written in config.inventories if (path := Path(config.root, written)).is_dir())
    return next(found, Path(config.root, DEFAULT_FOLDER))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror or error}") from error
