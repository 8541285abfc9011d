"""What is kept between runs, found again by a digest of everything that it was made from.

Keeping things is a convenience: whatever is wrong with an entry (absent, damaged, not ours), it is as if it
had never been kept. Entries hold compiled code, so they are only read from a folder that belongs to the user
alone.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Mapping
from typing import Any

from policyscan import __version__

try:  # hashlib loads OpenSSL first, which takes longer than all that is hashed here
    from _blake2 import blake2b
except ImportError:  # pragma: no cover - a Python built without it
    from hashlib import blake2b

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_FORMAT = 3
_MOST_ENTRIES = 20  # of one sort
_OWNER_ONLY = 0o700
_OTHERS_WRITE = 0o022
_DIGEST = 16  # bytes
_SIZE = 8


class Parts:
    """The parts of an entry, read when they are asked for."""

    __slots__ = ("_path", "_places", "_start")

    def __init__(self, path: str, start: int, places: dict[str, tuple[int, int, bytes]]) -> None:
        self._path = path
        self._start = start
        self._places = places

    def keys(self) -> list[str]:
        """The names of the parts, as they were put."""
        return list(self._places)

    def read(self, key: str) -> bytes | None:
        """A part; None if it is not there any more as it was put."""
        start, size, expected = self._places[key]
        try:
            with open(self._path, "rb", buffering=0) as file:
                file.seek(self._start + start)
                part = file.read(size)
        except OSError:
            return None
        return part if _sum(part) == expected else None


class Store:
    """A folder of entries. A name is `sort-digest`; values are what `marshal` takes."""

    __slots__ = ("_code", "_ours", "folder")

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._code: bytes | None = None
        self._ours: bool | None = None

    def name(self, sort: str, *parts: bytes) -> str:
        """The name of what is made from some parts by this version of the code, on this Python."""
        if self._code is None:
            self._code = repr((_FORMAT, __version__, sys.version, _stamps(_PACKAGE))).encode()
        return f"{sort}-{digest(self._code, *parts)}"

    def get(self, name: str) -> Any:
        """The value kept under a name; None if there is none, or none to be trusted."""
        entry = self.entry(name)
        return None if entry is None else entry[0]

    def entry(self, name: str) -> tuple[Any, Parts] | None:
        """The value and the parts kept under a name; None if there is none, or none to be trusted."""
        if not self._trusted():
            return None
        path = os.path.join(self.folder, name)
        try:
            with open(path, "rb") as file:
                expected, size = file.read(_DIGEST), int.from_bytes(file.read(_SIZE), "little")
                head = file.read(min(size, os.fstat(file.fileno()).st_size))
            if len(head) != size or _sum(head) != expected:
                return None
            value, places = marshal.loads(head)  # noqa: S302 - the user's own, and undamaged
        except (OSError, ValueError, EOFError, TypeError):
            return None
        return value, Parts(path, _DIGEST + _SIZE + size, places)

    def put(self, name: str, value: Any, parts: Mapping[str, bytes] | None = None) -> None:
        """Keeps a value, and parts that are read one by one; failing to is no problem of anyone's.

        Old entries of the same sort make room.
        """
        places: dict[str, tuple[int, int, bytes]] = {}
        end = 0
        for key, part in (parts or {}).items():
            places[key] = end, len(part), _sum(part)
            end += len(part)
        head = marshal.dumps((value, places))
        data = b"".join([_sum(head), len(head).to_bytes(_SIZE, "little"), head, *(parts or {}).values()])
        path = os.path.join(self.folder, name)
        draft = os.path.join(self.folder, f".{name}.{os.getpid()}")
        try:
            os.makedirs(self.folder, mode=_OWNER_ONLY, exist_ok=True)
            with open(draft, "wb") as file:
                file.write(data)
            os.replace(draft, path)
            self._make_room(name.partition("-")[0])
        except OSError:
            _remove(draft)
        self._ours = None

    def _trusted(self) -> bool:
        """Whether nobody but the user can have written into the folder."""
        if self._ours is None:
            try:
                about = os.stat(self.folder)
            except OSError:
                return False
            own = not hasattr(os, "getuid") or about.st_uid == os.getuid()
            self._ours = own and (os.name == "nt" or not about.st_mode & _OTHERS_WRITE)
        return self._ours

    def _make_room(self, sort: str) -> None:
        with os.scandir(self.folder) as found:
            entries = [(e.stat().st_mtime_ns, e.path) for e in found if e.name.startswith(f"{sort}-")]
        for _, path in sorted(entries, reverse=True)[_MOST_ENTRIES:]:
            _remove(path)


def digest(*parts: bytes) -> str:
    """32 hex digits that stand for some parts; another division of the same bytes has others."""
    made = blake2b(digest_size=_DIGEST)
    for part in parts:
        made.update(b"%d:" % len(part))
        made.update(part)
    return made.hexdigest()


def default_folder() -> str | None:
    """The folder for the user's caches: POLICYSCAN_CACHE_DIR, else the platform's."""
    named = os.environ.get("POLICYSCAN_CACHE_DIR")
    if named:
        return named
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "policyscan") if base else None


def _sum(data: bytes) -> bytes:
    return blake2b(data, digest_size=_DIGEST).digest()


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass


def _stamps(folder: str) -> list[tuple[str, int, int]]:
    """Name, size and time of every module and schema below a folder: a change changes one of them."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name.endswith((".py", ".json")):
                about = entry.stat()
                found.append((entry.path, about.st_size, about.st_mtime_ns))
            elif "." not in name and not name.startswith("__"):
                found.extend(_stamps(entry.path))
    return sorted(found)
