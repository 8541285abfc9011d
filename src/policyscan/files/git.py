"""What git knows of a folder's files: which it tracks, and where its rules beside `.gitignore` stand.

Its own files are read, through the guarded reader; git itself is never run.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterator

from policyscan.errors import DocumentError
from policyscan.reading.text import read_content

_MOST_BYTES = 64 * 1024 * 1024
"""Of an index: git's own for 600,000 files."""
_STATS = 40  # bytes of what git knows of a file, before its digest
_DIGESTS = (20, 32)  # bytes: SHA-1, SHA-256
_EXTENDED = 0x4000
_WORD = 4


class Repository:
    """A git repository: `top` is the folder that `.git` is in."""

    __slots__ = ("_folder", "_suffixes", "_tracked", "problem", "top")

    def __init__(self, top: str, suffixes: tuple[str, ...]) -> None:
        """Only tracked files with one of these endings are of interest."""
        self.top = top
        self.problem: DocumentError | None = None
        """Why its index could not be read: nobody knows then what is tracked."""
        self._suffixes = suffixes
        self._folder = _git_folder(top)
        self._tracked: list[str] | None = None

    @classmethod
    def around(cls, folder: str, suffixes: tuple[str, ...]) -> Repository | None:
        """The repository that a folder lies in, if it does."""
        while not os.path.lexists(os.path.join(folder, ".git")):
            above = os.path.dirname(folder)
            if above == folder:
                return None
            folder = above
        return cls(folder, suffixes)

    @property
    def exclude(self) -> str:
        """Where rules of this checkout stand that are not committed."""
        common = _line(os.path.join(self._folder, "commondir")) if self._folder else ""
        return os.path.join(self._folder, common, "info", "exclude")

    def tracks(self, path: str, *, is_folder: bool) -> bool:
        """Whether git tracks a file, or one with a right ending somewhere below a folder."""
        if self._tracked is None:
            self._tracked = sorted(self._read())
        name = os.path.relpath(path, self.top).replace(os.sep, "/") + ("/" if is_folder else "")
        at = bisect_left(self._tracked, name)
        found = self._tracked[at] if at < len(self._tracked) else ""
        return found.startswith(name) if is_folder else found == name

    def _read(self) -> Iterator[str]:
        index = os.path.join(self._folder, "index")
        if not os.path.lexists(index):
            return
        try:
            data = read_content(index, index, most=_MOST_BYTES).data
            names, shared = entries(data)
            if shared:
                path = os.path.join(self._folder, f"sharedindex.{shared}")
                names += entries(read_content(path, path, most=_MOST_BYTES).data)[0]
        except DocumentError as problem:
            self.problem = problem
        except ValueError:
            self.problem = DocumentError("git's index is not as it is known here")
        else:
            endings = tuple(os.fsencode(ending) for ending in self._suffixes)
            yield from {os.fsdecode(name) for name in names if name.lower().endswith(endings)}


def _git_folder(top: str) -> str:
    """Where git keeps what it knows of a checkout: `.git`, or the folder that the file `.git` names."""
    path = os.path.join(top, ".git")
    if os.path.isdir(path):
        return path
    named = _line(path)
    return os.path.join(top, named.removeprefix("gitdir:").strip()) if named.startswith("gitdir:") else path


def _line(path: str) -> str:
    """The first line of one of git's small files; empty if it cannot be read."""
    try:
        text = read_content(path, path, most=_STATS * 1024).source().text
    except DocumentError:
        return ""
    return text.split("\n", 1)[0].strip()


def entries(data: bytes) -> tuple[list[bytes], str]:
    """The paths in an index of version 2, 3 or 4, and the digest that names the shared one it adds to.

    Raises ValueError for what is no such index.
    """
    version, count = int.from_bytes(data[4:8]), int.from_bytes(data[8:12])
    if data[:4] != b"DIRC" or version not in {2, 3, 4} or count > len(data):
        raise ValueError(data[:12])
    for digest in _DIGESTS:
        try:
            names, end = _names(data, version, count, digest)
        except ValueError:
            continue
        return names, _shared(data, end, digest)
    raise ValueError(version)


def _names(data: bytes, version: int, count: int, digest: int) -> tuple[list[bytes], int]:
    names: list[bytes] = []
    name = b""
    at = 12
    for _ in range(count):
        start = at
        flags = int.from_bytes(data[at + _STATS + digest : at + _STATS + digest + 2])
        at += _STATS + digest + (4 if flags & _EXTENDED else 2)
        kept = 0
        if version == 4:
            cut, at = _number(data, at)
            kept = len(name) - cut
        end = data.index(b"\0", at)  # ValueError at the end of the data
        name = name[: max(0, kept)] + data[at:end]
        if kept < 0 or min(len(name), 0xFFF) != flags & 0xFFF:
            raise ValueError(name)
        at = end + 1 if version == 4 else start + (end - start) // 8 * 8 + 8
        names.append(name)  # an empty one stands for what the shared index has
    if at + digest > len(data):
        raise ValueError(count)
    return names, at


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number as git packs it, and the offset after it."""
    value = data[at] & 127 if at < len(data) else 0
    while at < len(data) and data[at] & 128:
        at += 1
        value = (value + 1) << 7 | (data[at] & 127 if at < len(data) else 0)
    return value, at + 1


def _shared(data: bytes, at: int, digest: int) -> str:
    """The digest in the extension `link`, if there is one."""
    while at + 2 * _WORD <= len(data) - digest:
        size = int.from_bytes(data[at + _WORD : at + 2 * _WORD])
        if data[at : at + _WORD] == b"link":
            return data[at + 2 * _WORD : at + 2 * _WORD + digest].hex()
        at += 2 * _WORD + size
    return ""
