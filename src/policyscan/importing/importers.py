"""Importers: one for each tool, a module each in `sources`; this finds them.

In: the name of a tool. Out: its `Importer`; UsageError for one that there is none for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pkgutil import iter_modules

from policyscan.errors import UsageError
from policyscan.importing import sources
from policyscan.importing.cells import Setting
from policyscan.importing.exports import Export
from policyscan.importing.rows import ImportedPart
from policyscan.records import NamedTuple

Read = Callable[[Sequence[Export], Setting, str | None], list[ImportedPart]]
"""What exports say of a client: the files, what is known of the client, and what the tool calls it."""


class Importer(NamedTuple):
    """How the exports of one tool are read.

    `tool` is what people call it, `asks` says which files it takes. `read` is given the files, what is known
    of the client, and what the tool calls the client if that is known. `zoned`: its days say no zone, so that
    somebody has to. `shared`: its exports may hold rows of several clients, each with whose it is.
    `method` is how much its exports prove, as evidence has it; empty: as their files tell.
    """

    tool: str
    asks: str
    read: Read
    zoned: bool = False
    shared: bool = False
    method: str = ""


def names() -> list[str]:
    """The names of all importers, as they are written on the command line."""
    return sorted(module.name.replace("_", "-") for module in iter_modules(sources.__path__))


def importer(name: str) -> Importer:
    """The importer of a name; raises UsageError."""
    if name not in names():
        from policyscan.cel.spelling import did_you_mean

        hint = did_you_mean(name, names()) or f"there are: {', '.join(names())}"
        raise UsageError(f"nothing is known about exports of {name}", hint=hint)
    module = import_module(f"{sources.__name__}.{name.replace('-', '_')}")
    found: Importer = module.IMPORTER
    return found
