"""What tells one state of the inputs from another: digests of files as they were read, and git's commit.

In: bytes as they were read, and where they came from. Out: digests, the commit of the repository that they
lie in, and whether they are what it says. Nothing is read again for a digest, and git is never run.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from policyscan.files.git import Repository
from policyscan.records import NamedTuple


class Identity(NamedTuple):
    """What stands for a file's content: the hex digits of its SHA-256, and those of the blob that git makes
    of it, also of that with LF where it has CRLF."""

    sha256: str
    blobs: tuple[str, ...]

    @classmethod
    def of(cls, data: bytes) -> Identity:
        """The identity of the bytes that were read."""
        from hashlib import sha256  # its import takes longer than most scans, which show none

        plain = [data, data.replace(b"\r\n", b"\n")] if b"\r\n" in data else [data]
        return cls(sha256(data).hexdigest(), tuple(map(_blob, plain)))


class Checkout(NamedTuple):
    """The state of the repository that inventories lie in: the commit, and whether one of them is not as the
    commit has it. None is what cannot be told: outside of a repository, of several, or before a commit."""

    commit: str | None = None
    dirty: bool | None = None


def checkout(files: Mapping[str, Identity]) -> Checkout:
    """The state of the repository that files, by their full paths, lie in."""
    tops = {_top(folder) for folder in {path.rpartition(os.sep)[0] for path in files}}
    top = tops.pop() if len(tops) == 1 else None
    if top is None:
        return Checkout()
    repository = Repository(top, ())
    return Checkout(repository.commit(), _dirty(repository, files))


def digest_of(files: Iterable[tuple[str, bytes]]) -> str:
    """The SHA-256 of several files: that of their list, a line `DIGEST  PATH` each as `sha256sum` writes it,
    in the order of the paths."""
    from hashlib import sha256

    lines = [
        f"{sha256(data).hexdigest()}  {path}\n" for path, data in sorted(files, key=lambda file: file[0])
    ]
    text = "".join(lines)
    try:
        listed = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a character, as Windows allows in names
        listed = text.encode("utf-8", "surrogatepass")
    return sha256(listed).hexdigest()


def _dirty(repository: Repository, files: Mapping[str, Identity]) -> bool | None:
    """Whether a file is another than in the commit; None where git's files do not tell."""
    recorded = repository.recorded()
    if recorded is None:
        return None
    for path, identity in files.items():
        name = os.path.relpath(os.path.realpath(path), os.path.realpath(repository.top)).replace(os.sep, "/")
        if recorded.blobs.get(os.fsencode(name)) not in identity.blobs:
            return True
    return None if recorded.committed is None else not recorded.committed


def _top(folder: str) -> str | None:
    found = Repository.around(folder or ".", ())
    return found.top if found is not None else None


def _blob(data: bytes) -> str:
    from hashlib import sha1

    return sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
