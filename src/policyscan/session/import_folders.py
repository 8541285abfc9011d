"""What `import FOLDER` does: brings clients up to date from all exports in a folder.

In: a folder of exports, and one client or all. Which tool exported a file its name tells, or what is in it.
Out: for each client one change of all its exports together, or what was wrong; nothing is written.

    exports/graph-devices.json           of one client, or of all that the tool knows
    exports/acme/graph-users-1.json      of the client acme alone
"""

from __future__ import annotations

import os
from collections.abc import Collection, Container, Mapping, Sequence
from pathlib import Path

from policyscan.cel.spelling import did_you_mean
from policyscan.errors import DocumentError, PolicyscanError, Problems, UsageError
from policyscan.importing.exports import open_export
from policyscan.importing.importers import importer, names
from policyscan.importing.recognising import tools_of
from policyscan.reading.glance import TABLES
from policyscan.reading.text import top
from policyscan.records import NamedTuple
from policyscan.session.changing import Change, Editable, open_inventories, open_inventory
from policyscan.session.importing import (
    Imported,
    ImportOptions,
    import_into,
    known_as,
    refuse_one_for_all,
    refuse_other_kinds,
    refuse_shared_names,
)
from policyscan.session.options import Inputs, StrPath

Files = Mapping[str, Sequence[Path]]
"""The files of each tool, by its name."""


class Refreshed(NamedTuple):
    """What came of all exports about one client: the change that they make together, an account of each; or
    what is wrong, and no change; neither if there are none. `left_out` are folders beside them, in which
    nothing was read, and `not_for` files about all clients that were not read for this one, as it has exports
    of that tool itself. `recognised` are files by what is in them, each with its tool."""

    client: str
    change: Change | None
    imported: tuple[Imported, ...] = ()
    problems: tuple[PolicyscanError, ...] = ()
    left_out: tuple[str, ...] = ()
    not_for: tuple[str, ...] = ()
    recognised: tuple[tuple[str, str], ...] = ()


def import_folder(
    folder: StrPath, client: str | None, inputs: Inputs, options: ImportOptions
) -> list[Refreshed]:
    """What the exports in a folder make of a client, or of every client (None): of those that have a folder
    of their own in it, and of those whose file says what a tool calls them. Raises Problems for files of
    which nobody knows from which tool, or about whom, they are; UsageError if there are none."""
    folders = [Path(folder)]
    if client is None:
        folders += [path for path in _entries(Path(folder)) if path.is_dir()]
    by_tool = _sorted_out(folders)
    top_level = by_tool[Path(folder)]
    if client is None:
        own = {path.name: found for path, found in by_tool.items() if path != Path(folder)}
        return _for_all(Path(folder), top_level, own, inputs, options)
    inventory = open_inventory(client, inputs)
    refuse_other_kinds(inventory)
    left_out = _folders(Path(folder))
    if not top_level:
        own_folder = [path for path in left_out if path.rpartition("/")[2] == inventory.id]
        hint = f"name the folder of {inventory.id}: {own_folder[0]}" if own_folder else _NAMED
        raise UsageError(f"there are no exports in {os.fspath(folder)}", hint=hint)
    return [_refreshed(inventory, top_level, options, left_out)]


def _for_all(
    folder: Path, top_level: Files, own: Mapping[str, Files], inputs: Inputs, options: ImportOptions
) -> list[Refreshed]:
    refuse_one_for_all(options)
    found = {one.id: one for one in open_inventories(inputs, "client")}
    _check_all_are_known(folder, own, found)
    _check_all_are_somebodys(top_level, found.values())
    for tool in top_level:
        refuse_shared_names([one for one in found.values() if known_as(one, tool) is not None], tool)
    made = []
    for ident, inventory in found.items():
        shared = {tool: files for tool, files in top_level.items() if known_as(inventory, tool) is not None}
        its = own.get(ident, {})
        files = {**shared, **its}
        if files or ident in own:
            left_out = _folders(folder / ident) if ident in own else ()
            not_for = tuple(path.as_posix() for tool in its for path in shared.get(tool, ()))
            made.append(_refreshed(inventory, files, options, left_out)._replace(not_for=not_for))
    called = (known_as(one, tool) for one in found.values() for tool in top_level)
    known = {name.casefold() for name in called if name is not None}
    made = [one._replace(imported=tuple(_without(each, known) for each in one.imported)) for one in made]
    if not any(one.imported or one.problems for one in made):
        hint = "put them into a folder that is called as the client's id, such as exports/acme"
        raise UsageError("no export in this folder is about a client that is known", hint=hint)
    return made


def _without(imported: Imported, known: Container[str]) -> Imported:
    """An account that leaves out the rows of others who get them."""
    return imported._replace(
        others=tuple(pair for pair in imported.others if pair[0].casefold() not in known)
    )


_NAMED = "begin each file's name with the tool's, as `policyscan import --list` has it: ninjaone-devices.json"


_OF_WINDOWS = frozenset(("desktop.ini", "thumbs.db"))


def _entries(folder: Path) -> list[Path]:
    """What is in a folder, but for what is hidden and what Windows puts into each."""
    names = (path for path in folder.iterdir() if path.name.lower() not in _OF_WINDOWS)
    return sorted(path for path in names if not path.name.startswith("."))


def _folders(folder: Path) -> tuple[str, ...]:
    return tuple(path.as_posix() for path in _entries(folder) if path.is_dir())


def _sorted_out(folders: Sequence[Path]) -> dict[Path, dict[str, list[Path]]]:
    """The files of folders, by their tools; raises Problems for all of which nothing tells the tool."""
    found: dict[Path, dict[str, list[Path]]] = {}
    nameless: list[PolicyscanError] = []
    for folder in folders:
        by_tool = found[folder] = {}
        for path in _entries(folder):
            if path.is_dir():
                continue
            tool = _tool_of(path.name) or recognised(path)
            if tool is None:
                message = "nothing says which tool exported this"
                nameless.append(DocumentError(message, at=top(path.as_posix()), hint=_NAMED))
            else:
                by_tool.setdefault(tool, []).append(path)
    if nameless:
        raise Problems(nameless)
    return found


def recognised(path: Path) -> str | None:
    """The one tool whose importer can read a file; None if there is none, or several are."""
    found = tools_of(path)
    return found[0] if len(found) == 1 else None


def how_to_import(path: str) -> str | None:
    """What to write to import a file of which nobody said what it is; None if nothing is known of it."""
    tool = recognised(Path(path))
    if tool is not None:
        return f"it looks like {tool}: policyscan import {tool} {path} --client ID"
    if path.lower().endswith(TABLES):
        shown = "docs/importing.md shows one"
        return f"say in a file what its columns mean: policyscan import columns.yaml {path}; {shown}"
    return None


def _tool_of(name: str) -> str | None:
    """The tool whose name a file's name begins with; the longest if several do."""
    said = name.lower().replace("_", "-").replace(".", "-") + "-"
    return max((tool for tool in names() if said.startswith(f"{tool}-")), key=len, default=None)


def _check_all_are_known(folder: Path, own: Mapping[str, Files], found: Mapping[str, Editable]) -> None:
    unknown = [
        DocumentError(
            f"no client is called {name}",
            at=top((folder / name).as_posix()),
            hint=did_you_mean(name, list(found)) or "call the folder as the client's id",
        )
        for name, files in own.items()
        if files and name not in found
    ]
    if unknown:
        raise Problems(unknown)


def _check_all_are_somebodys(top_level: Files, found: Collection[Editable]) -> None:
    """Refuses exports about several clients that are about none whose file says so, and those that cannot be
    about several."""
    nobodys: list[PolicyscanError] = []
    for tool, files in top_level.items():
        at = top(files[0].as_posix())
        if not importer(tool).shared:
            message = f"an export of {tool} is about one client, and nothing says which"
            hint = "put it into a folder that is called as the client's id, such as exports/acme"
            nobodys.append(DocumentError(message, at=at, hint=hint))
        elif not any(known_as(one, tool) is not None for one in found):
            message = (
                f"no client's file says what {tool} calls it, so that nobody gets the rows of this export"
            )
            hint = (
                f"import it for each once by itself: policyscan import {tool} FILES --client ID --only NAME"
            )
            nobodys.append(DocumentError(message, at=at, hint=hint))
    if nobodys:
        raise Problems(nobodys)


def _refreshed(
    inventory: Editable, files: Files, options: ImportOptions, left_out: tuple[str, ...]
) -> Refreshed:
    imported: list[Imported] = []
    problems: list[PolicyscanError] = []
    for tool, paths in files.items():
        try:
            exports = [open_export(path) for path in paths]
            imported.append(import_into(inventory, tool, importer(tool), exports, options))
        except PolicyscanError as wrong:
            problems.extend(wrong.problems)
    told = tuple(
        (path.as_posix(), tool)
        for tool, paths in files.items()
        for path in paths
        if _tool_of(path.name) is None
    )
    made = Refreshed(inventory.id, None, problems=tuple(problems), left_out=left_out, recognised=told)
    if problems or not imported:
        return made
    return made._replace(change=imported[-1].change, imported=tuple(imported))
