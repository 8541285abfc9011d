"""What git knows of a folder's files: which it tracks, and where its rules beside `.gitignore` stand.

In: a folder. Out: the repository that it lies in, if it does: tracked names, where rules stand, and what
the last commit recorded.

Its own files are read, through the guarded reader; git itself is never run.
"""

from __future__ import annotations

import os
import struct
from bisect import bisect_left
from collections.abc import Iterator
from typing import BinaryIO

from policyscan.errors import DocumentError
from policyscan.patterns import when_used
from policyscan.reading.text import read_content
from policyscan.records import NamedTuple

_MOST_BYTES = 64 * 1024 * 1024
"""Of an index: git's own for 600,000 files."""
_STATS = 40  # bytes of what git knows of a file, before its digest
_DIGESTS = (20, 32)  # bytes: SHA-1, SHA-256
_EXTENDED = 0x4000
_WORD = 4
_START = 4096  # bytes: as much of a commit as is read
_HEX = when_used("[0-9a-f]{40}|[0-9a-f]{64}")


class Recorded(NamedTuple):
    """What an index says: the blob (hex digits) of each file, and whether all of it is in the commit; None if
    git's files alone do not tell."""

    blobs: dict[bytes, str]
    committed: bool | None


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

    def commit(self) -> str | None:
        """The hex digits of the commit that is checked out; None before the first, or if none can be read."""
        head = _line(os.path.join(self._folder, "HEAD"))
        name = head.removeprefix("ref:").strip()
        if head == name:
            return name if _HEX.fullmatch(name) else None
        if not name.startswith("refs/") or ".." in name:
            return None
        for folder in (self._folder, self._common):
            found = _line(os.path.join(folder, name))
            if _HEX.fullmatch(found):
                return found
        return self._packed(name)

    def recorded(self) -> Recorded | None:
        """What git's index says of the files; None if that is not read here, as one that is split."""
        index = os.path.join(self._folder, "index")
        try:
            data = read_content(index, index, most=_MOST_BYTES).data
            blobs, tree, shared = parsed(data)
        except (DocumentError, ValueError):
            return None
        if shared:
            return None
        commit = self.commit()
        whole = self._tree_of(commit) if commit is not None and tree is not None else None
        return Recorded(blobs, None if whole is None else whole == tree)

    @property
    def _common(self) -> str:
        """Where what all worktrees of a repository share stands."""
        return os.path.join(self._folder, _line(os.path.join(self._folder, "commondir")))

    def _packed(self, name: str) -> str | None:
        path = os.path.join(self._common, "packed-refs")
        try:
            lines = read_content(path, path, most=_MOST_BYTES).data.split(b"\n")
        except DocumentError:
            return None
        wanted = os.fsencode(name)
        found = (line.split(b" ", 1)[0] for line in lines if line.endswith(b" " + wanted))
        return next((text for one in found if _HEX.fullmatch(text := one.decode("ascii", "replace"))), None)

    def _tree_of(self, commit: str) -> str | None:
        """The tree (hex digits) of a commit; None if it is not found, or kept as a difference to another."""
        objects = os.path.join(self._common, "objects")
        path = os.path.join(objects, commit[:2], commit[2:])
        if os.path.lexists(path):
            try:
                start = _inflated(read_content(path, path).data)
            except DocumentError:
                return None
            start = start.partition(b"\0")[2] if start.startswith(b"commit ") else b""
        else:
            start = _in_pack(os.path.join(objects, "pack"), bytes.fromhex(commit))
        tree = start.removeprefix(b"tree ").split(b"\n", 1)[0].decode("ascii", "replace")
        return tree if start.startswith(b"tree ") and _HEX.fullmatch(tree) else None

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


def _inflated(data: bytes) -> bytes:
    """The start of a compressed object; empty for what is none."""
    import zlib

    try:
        return zlib.decompressobj().decompress(data, _START)
    except zlib.error:
        return b""


def _in_pack(folder: str, digest: bytes) -> bytes:
    """The start of a commit in one of the packs of a folder; empty if none has it as a whole."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".idx"))
        for name in names:
            with open(os.path.join(folder, name), "rb") as index:
                offset = _offset(index, digest)
            if offset is not None:
                with open(os.path.join(folder, f"{name[:-4]}.pack"), "rb") as pack:
                    pack.seek(offset)
                    return _whole(pack.read(_START))
    except (OSError, struct.error):
        return b""
    return b""


def _offset(index: BinaryIO, digest: bytes) -> int | None:
    """Where a pack has the object of a digest, as an index of version 2 tells."""
    if index.read(8) != b"\377tOc\0\0\0\2":
        return None
    fans = struct.unpack(">256I", index.read(1024))
    low, high, total = fans[digest[0] - 1] if digest[0] else 0, fans[digest[0]], fans[255]
    width = len(digest)
    while low < high:
        middle = (low + high) // 2
        index.seek(1032 + middle * width)
        found = index.read(width)
        if found == digest:
            index.seek(1032 + total * (width + 4) + middle * 4)
            (offset,) = struct.unpack(">I", index.read(4))
            if offset & 0x80000000:
                index.seek(1032 + total * (width + 8) + (offset & 0x7FFFFFFF) * 8)
                (offset,) = struct.unpack(">Q", index.read(8))
            return int(offset)
        low, high = (middle + 1, high) if found < digest else (low, middle)
    return None


def _whole(data: bytes) -> bytes:
    """The start of a pack's entry if it is a commit that stands by itself."""
    if not data or data[0] >> 4 & 7 != 1:
        return b""
    at = 0
    while at < len(data) and data[at] & 128:
        at += 1
    return _inflated(data[at + 1 :])


def parsed(data: bytes) -> tuple[dict[bytes, str], str | None, str]:
    """The blobs (hex digits) of an index by path, the tree (hex digits) that all of it is if git noted it,
    and the digest that names the shared one it adds to. Raises ValueError for what is no such index."""
    names, shared = entries(data)
    version, count = int.from_bytes(data[4:8]), int.from_bytes(data[8:12])
    for digest in _DIGESTS:
        blobs: list[bytes] = []
        try:
            _, end = _names(data, version, count, digest, blobs)
        except ValueError:
            continue
        tree = _extension(data, end, digest, b"TREE")
        root, _, rest = tree.partition(b"\n")
        known = root[:1] == b"\0" and root[1:2].isdigit()
        pairs = zip(names, (blob.hex() for blob in blobs), strict=True)
        return dict(pairs), rest[:digest].hex() if known else None, shared
    raise ValueError(version)


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


def _names(
    data: bytes, version: int, count: int, digest: int, blobs: list[bytes] | None = None
) -> tuple[list[bytes], int]:
    """The paths of an index, whose blobs are added to `blobs`, and where its extensions begin."""
    names: list[bytes] = []
    name = b""
    at = 12
    for _ in range(count):
        start = at
        flags = int.from_bytes(data[at + _STATS + digest : at + _STATS + digest + 2])
        if blobs is not None:
            blobs.append(data[at + _STATS : at + _STATS + digest])
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
    return _extension(data, at, digest, b"link")[:digest].hex()


def _extension(data: bytes, at: int, digest: int, name: bytes) -> bytes:
    """What the extension of a name holds; empty if there is none."""
    while at + 2 * _WORD <= len(data) - digest:
        size = int.from_bytes(data[at + _WORD : at + 2 * _WORD])
        if data[at : at + _WORD] == name:
            return data[at + 2 * _WORD : at + 2 * _WORD + size]
        at += 2 * _WORD + size
    return b""
