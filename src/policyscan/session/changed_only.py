"""Which files to report on where only what changed is asked for: those, and what refers to them.

In: the files of a scan, and since when. Out: those of them that results can have changed for, or all where
that cannot be told from their names: a control, a setting, a kind or an exception is another, or an inventory
is gone. Nothing is left out that may rest on a change.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator

from policyscan.config import FILE_NAMES
from policyscan.documents.envelope import Envelope
from policyscan.documents.opening import DEFAULTS, read_file, read_source
from policyscan.errors import DocumentError, NothingChanged, UsageError
from policyscan.files.discovery import WAIVERS, Discovery, File, glance_at
from policyscan.files.folders import is_table
from policyscan.files.revision import GitSaid, ask, commit_of, open_revision, top_of
from policyscan.reading.glance import SUFFIXES
from policyscan.session.changes import base_of_event
from policyscan.session.options import ScanOptions
from policyscan.session.workspace import Workspace, pack_folders
from policyscan.source import Source

NOWHERE = "HEAD"
"""Since when, where nobody says: what is not committed yet."""


def only_changed(found: Discovery, workspace: Workspace, options: ScanOptions) -> Discovery:
    """The files of a scan that a change since `options.changed` may concern, with a note that says so; raises
    NothingChanged where there is none, UsageError where git cannot tell."""
    since = options.changed or base_of_event(os.environ) or NOWHERE
    began, paths = _changed_paths(since, explicit=since != NOWHERE)
    if why := _concerns_all(paths, found, workspace, options):
        note = f"everything was scanned, not only what changed since {since}: {why}"
        return found._replace(notes=[note, *found.notes])
    changed = [file for file in found.files if _is_changed(file, paths)]
    before, lent = _ids_before(began, paths, workspace), _may_lend(paths, found, workspace)
    chosen = _with_referrers(changed, before, found, workspace, lent=lent)
    if not chosen:
        message = f"nothing that inventories rest on changed since {since}"
        raise NothingChanged(message, hint="nothing was checked, and no output was written")
    files = [file for file in found.files if file in chosen]
    told = f"only what changed since {since} and what refers to it was scanned"
    note = f"partial: {told}, {len(files)} of {len(found.files)} files"
    return found._replace(files=files, whole=False, everything=False, notes=[note, *found.notes])


def _changed_paths(since: str, *, explicit: bool) -> tuple[str, frozenset[str]]:
    """The commit at which the change began, and the real paths of all that differs from it, and of what git
    does not track yet."""
    top = top_of(".")
    commit, head = commit_of(top, since), commit_of(top, NOWHERE)
    try:
        began = ask(top, "merge-base", commit, head).decode("ascii").strip()
    except GitSaid:  # the history in between is not here, or there is none: what differs is more, not less
        began = commit
    # To see whether a submodule is dirty, git would run what its settings name: each counts as changed.
    how = ("--name-only", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules=dirty")
    differing = ask(top, "diff", *how, began, "--")
    modules = [
        line for line in ask(top, "ls-files", "--stage", "-z").split(b"\0") if line.startswith(b"160000 ")
    ]
    fresh = ask(top, "ls-files", "--others", "--exclude-standard", "-z")
    names = [name for name in (*differing.split(b"\0"), *fresh.split(b"\0")) if name]
    names += [line.partition(b"\t")[2] for line in modules]
    if not names and (began == head or not explicit):
        message = f"{since} is what is checked out: nothing can have changed since"
        raise UsageError(message, hint="say since when, as in --changed main or --changed HEAD~1")
    return began, frozenset(os.path.realpath(os.path.join(top, os.fsdecode(name))) for name in names)


def _ids_before(began: str, paths: Collection[str], workspace: Workspace) -> set[str]:
    """The ids that changed files had before: who refers to one that is no more is concerned as well."""
    revision = open_revision(".", began)
    top = os.path.realpath(revision.top)
    wanted = [
        entry
        for entry in revision.entries
        if entry.path.lower().endswith(SUFFIXES) and os.path.join(top, *entry.path.split("/")) in paths
    ]
    ids: set[str] = set()
    for entry, content in revision.contents(wanted):
        source = Source(entry.path, content.decode("utf-8", "replace"))
        ids.update(_told_of(read_source(source, workspace.kinds, strict=False).envelopes, workspace))
    return ids


def _told_of(envelopes: Iterable[Envelope], workspace: Workspace) -> Iterator[str]:
    """The ids of those documents that others may refer to."""
    targets = {target for kind in workspace.kinds for target in kind.targets}
    return (one.id for one in envelopes if one.kind in targets)


def _concerns_all(
    paths: Collection[str], found: Discovery, workspace: Workspace, options: ScanOptions
) -> str:
    """Why a change may concern every inventory; empty if it does not."""
    config = workspace.config
    settings = {os.path.realpath(os.path.join(config.root, name)) for name in FILE_NAMES}
    if options.inputs.config is not None:
        settings.add(os.path.realpath(options.inputs.config))
    kinds = {os.path.realpath(os.path.join(config.root, kind)) for kind in config.kinds}
    packs = [os.path.realpath(folder) for folder in pack_folders(config, options.folders)]
    roots = [os.path.realpath(root) for root in found.roots]
    for path in sorted(paths):
        name = os.path.relpath(path)
        if path in settings | kinds or any(_lies_in(path, pack) for pack in packs):
            return f"{name} changed"
        if os.path.basename(path) == ".gitignore" or _is_of_waivers(path, roots):
            return f"{name} changed"
        data = path.lower().endswith(SUFFIXES) or is_table(path)
        if data and not os.path.exists(path) and any(_lies_in(path, root) for root in roots):
            return f"{name} is gone"
    return ""


def _may_lend(paths: Collection[str], found: Discovery, workspace: Workspace) -> bool:
    """Whether one of the files that changed may be one that inventories take defaults from: data in the
    folders of inventories that is none itself."""
    roots = [os.path.realpath(root) for root in found.roots]
    data = (path for path in paths if path.lower().endswith(SUFFIXES) and os.path.isfile(path))
    own = (path for path in data if any(_lies_in(path, root) for root in roots))
    return any(not read_file(File(path, path, strict=False), workspace.kinds).envelopes for path in own)


def _is_of_waivers(path: str, roots: Iterable[str]) -> bool:
    names = (os.path.relpath(path, root).split(os.sep)[0] for root in roots if _lies_in(path, root))
    return any(name.partition(".")[0] == WAIVERS for name in names)


def _lies_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))


def _is_changed(file: File, paths: Collection[str]) -> bool:
    """Whether a file is another, or a part of it, or lies in a repository of its own that is."""
    own = {os.path.realpath(name) for one in file.all for name in one.names}
    own |= {os.path.normpath(name) for one in file.all for name in one.names}
    return any(_lies_in(mine, path) for mine in own for path in paths) or file.text is not None


def _with_referrers(
    changed: list[File], before: set[str], found: Discovery, workspace: Workspace, *, lent: bool
) -> set[File]:
    """Changed files with all that may refer to a document in one of them, directly or through others, and
    those that have members: a file that has an id in its text may refer to it."""
    chosen = set(changed)
    texts = {file: _text(file) for file in found.files if file not in chosen} if changed or lent else {}
    if lent:
        chosen |= {file for file, text in texts.items() if text is None or DEFAULTS in text}
    fresh = list(chosen)
    has_members = {kind.name for kind in workspace.kinds if kind.members}
    while fresh:
        opened = (read_file(file, workspace.kinds).envelopes for file in fresh)
        ids = before.union(*(_told_of(envelopes, workspace) for envelopes in opened))
        fresh = [
            file
            for file, text in texts.items()
            if file not in chosen
            and (text is None or any(ident in text for ident in ids) or _says(text, has_members))
        ]
        chosen.update(fresh)
    return chosen


def _says(text: str, kinds: Collection[str]) -> bool:
    from policyscan.reading.glance import says_kind

    return any(says_kind(text, kind) for kind in kinds)


def _text(file: File) -> str | None:
    """What a file and its parts say; None if one cannot be read, as nobody knows what is in it."""
    try:
        return glance_at(file)
    except DocumentError:
        return None
