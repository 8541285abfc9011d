"""What `init` does: writes a short commented inventory to fill in.

In: a name, a kind and perhaps a path. Out: the path of the new file; UsageError where none can be made, and
nothing is ever overwritten.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from policyscan.config import Config, load
from policyscan.errors import UsageError
from policyscan.files.discovery import DEFAULT_FOLDER
from policyscan.output import create_file
from policyscan.session.plan import day_of, moment_of

FOLDERS = {"client": "clients", "provider": "providers"}
"""The kinds that there is a template for, and the folder of each."""

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# What Windows keeps for devices, whatever follows after a dot.
_RESERVED = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9¹²³]|conin\$|conout\$", re.IGNORECASE)
_TEMPLATES = Path(__file__).parent / "templates"


def write_inventory(name: str, kind: str = "client", output: Path | None = None) -> Path:
    """Writes an inventory for `name`, which becomes its id, and says where."""
    if not _ID.fullmatch(name):
        near = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") if name.isascii() else ""
        hint = f"use lower-case letters, digits and single hyphens, as in {near or 'elm-vets'}"
        raise UsageError(f"{name!r} cannot be an id", hint=hint)
    config = load(".")
    path = output or Path(os.path.relpath(_inventories(config) / FOLDERS[kind] / f"{name}.yaml"))
    stem = path.name.partition(".")[0].rstrip()
    if _RESERVED.fullmatch(stem):
        message = f"no file can be called {path.name} on Windows, which keeps that name for a device"
        raise UsageError(message, hint=f"choose another name, as in {stem}-client")
    template = (_TEMPLATES / f"{kind}.yaml").read_text(encoding="utf-8")
    today = day_of(moment_of(None), config.time_zone)
    text = template.replace("NAME", name).replace("TODAY", today)
    if not path.parent.exists():
        _make_folder(path.parent)
    create_file(path, text.replace("time_zone: UTC", f"time_zone: {config.time_zone}"))
    return path


def _inventories(config: Config) -> Path:
    """The folder in which a scan without arguments looks first."""
    found = (path for written in config.inventories if (path := Path(config.root, written)).is_dir())
    return next(found, Path(config.root, DEFAULT_FOLDER))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror or error}") from error
