"""What `init` does: writes a short commented inventory to fill in.

In: a name, a kind and perhaps a path. Out: the path of the new file; UsageError where none can be made, and
nothing is ever overwritten.
"""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

from policyscan.config import load
from policyscan.errors import UsageError
from policyscan.files.discovery import DEFAULT_FOLDER

FOLDERS = {"client": "clients", "provider": "providers"}
"""The kinds that there is a template for, and the folder of each."""

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TEMPLATES = Path(__file__).parent / "templates"


def write_inventory(name: str, kind: str = "client", output: Path | None = None) -> Path:
    """Writes an inventory for `name`, which becomes its id, and says where."""
    if not _ID.fullmatch(name):
        near = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") if name.isascii() else ""
        hint = f"use lower-case letters, digits and single hyphens, as in {near or 'elm-vets'}"
        raise UsageError(f"{name!r} cannot be an id", hint=hint)
    path = output or Path(os.path.relpath(_inventories() / FOLDERS[kind] / f"{name}.yaml"))
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
    return path


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
