"""A repository as it was at a revision, as a folder to scan in: in a `with` block the process stands there.

In: what people call a revision. Out: the `Revision`, while the current folder is its counterpart of the one
that the caller stands in, so that every path that people write means the same as before. Afterwards the
process is back where it was, and nothing is left.

The current folder is one of the whole process: a caller with several threads does this in a process of its
own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from policyscan.errors import UsageError
from policyscan.files.revision import Revision, open_revision

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


def _mark(folder: str, revision: Revision) -> None:
    """Makes a folder the top of a repository, as which it is known by its `.git`: nothing above is looked
    at, and its commit is that of the revision."""
    os.mkdir(os.path.join(folder, ".git"))
    with open(os.path.join(folder, ".git", "HEAD"), "w", encoding="ascii") as head:
        head.write(f"{revision.commit}\n")
