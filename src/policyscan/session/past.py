"""A repository as it was at a revision, as a folder to scan in: in a `with` block the process stands there.

In: what people call a revision, and perhaps what a scan is asked to do. Out: the `Revision`, or what to ask
of the scan there so that it is about the same files, while the current folder is its counterpart of the one
that the caller stands in, so that every path that people write means the same as before. Afterwards the
process is back where it was, and nothing is left.

The current folder is one of the whole process: a caller with several threads does this in a process of its
own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from policyscan.errors import PolicyscanError, UsageError
from policyscan.files.revision import Revision, open_revision, top_of
from policyscan.session.options import ScanOptions, StrPath

_RULES = frozenset({".gitignore"})
"""Not written: all files of a revision are tracked, and what is tracked is not ignored."""


@contextmanager
def standing_in(name: str) -> Iterator[Revision]:
    """While the block runs, the current folder is as it was at a revision; raises UsageError."""
    import tempfile

    here = os.getcwd()
    revision = open_revision(here, name)
    with tempfile.TemporaryDirectory(prefix="policyscan-", ignore_cleanup_errors=True) as made:
        folder = os.path.realpath(made)
        revision.write(folder, _RULES)
        _mark(folder, revision)
        own = os.path.relpath(os.path.realpath(here), os.path.realpath(revision.top))
        place = os.path.normpath(os.path.join(folder, own))
        if not os.path.isdir(place):
            message = f"there was no folder {own} at {name}"
            raise UsageError(message, hint="run policyscan in a folder that was there then")
        os.chdir(place)
        try:
            yield revision
        finally:
            os.chdir(here)


@contextmanager
def scanning_at(name: str, options: ScanOptions) -> Iterator[ScanOptions]:
    """While the block runs, the current folder is as it was at a revision; gives what to ask of a scan there.

    Inventories are those of the revision, and so are settings and controls that lie in the repository; others
    are as they are now. UsageError for what is of no revision, and for an output that would replace a file of
    the repository, none of which is in its place there; a folder among `outputs` is one to write into.
    """
    here, top = os.getcwd(), top_of(".")
    inputs = options.inputs
    if inputs.stdin is not None or inputs.stdin_filename is not None or "-" in inputs.paths:
        message = f"{options.spelt('rev')}: what is read from standard input is of no revision"
        raise UsageError(message, hint="name a file or folder instead of -")
    for output in options.outputs:
        _keep(output, top)
    paths = tuple(_inside(path, top, here) for path in inputs.paths)
    for path, there in zip(inputs.paths, paths, strict=True):
        if there is None:
            message = f"{path} does not lie in the repository, so that it is of no revision"
            raise UsageError(message, hint="name what lies in the repository of the current folder")
    config = _there(inputs.config, top, here) if inputs.config is not None else None
    folders = tuple(_there(folder, top, here) for folder in options.folders)
    with standing_in(name) as revision:
        then = inputs._replace(
            paths=tuple(filter(None, paths)), config=config, revision=revision._replace(entries=())
        )
        outputs = tuple(os.path.join(here, output) for output in options.outputs)
        # Nobody else sees the folder, which is gone soon.
        yield options._replace(inputs=then, folders=folders, outputs=outputs, engine=None)


def _inside(path: StrPath, top: str, here: str) -> str | None:
    """A path from the current folder, if it lies in the repository: it means the same at a revision."""
    full = os.path.join(os.path.realpath(here), path)
    inside = os.path.relpath(full, os.path.realpath(top)).split(os.sep)[0] != os.pardir
    return os.path.relpath(full, os.path.realpath(here)) if inside else None


def _there(path: StrPath, top: str, here: str) -> str:
    """A path as it is written at a revision; one outside of the repository is meant as it is now."""
    return _inside(path, top, here) or os.path.join(here, path)


def _keep(output: StrPath, top: str) -> None:
    """UsageError for an output that would replace a file of the repository, or an inventory beside them."""
    from policyscan.files.git import Repository
    from policyscan.kinds.kinds import Kinds
    from policyscan.reading.glance import kinds_said
    from policyscan.reading.text import decode, read_bytes

    folder = os.path.isdir(output)
    tracked = Repository(top, ("",)).tracks(os.path.realpath(output), is_folder=folder)
    try:
        text = (
            ""
            if tracked or not os.path.isfile(output)
            else decode(read_bytes(os.fspath(output), os.fspath(output)), os.fspath(output))
        )
    except PolicyscanError:
        text = ""
    if tracked or not set(Kinds.builtin().names).isdisjoint(kinds_said(text)):
        what = "holds files of the repository" if folder else "is a file of the repository, or an inventory"
        raise UsageError(f"{os.fspath(output)} {what}", hint="write the output to another place")


def _mark(folder: str, revision: Revision) -> None:
    """Makes a folder the top of a repository, as which it is known by its `.git`: nothing above is looked
    at, and its commit is that of the revision."""
    os.mkdir(os.path.join(folder, ".git"))
    with open(os.path.join(folder, ".git", "HEAD"), "w", encoding="ascii") as head:
        head.write(f"{revision.commit}\n")
