"""What is kept between runs, found again by a digest of everything that it was made from.

In: parts that something was made from, and bytes to keep. Out: the bytes, if they were kept for the same
parts; else None.

Keeping things is a convenience: whatever is wrong with an entry (absent, damaged, not ours), it is as if it
had never been kept. Entries hold compiled code. So they are read only with the user's own seal on them, whose
key never lies with the entries, and read and written only in a folder that belongs to the user alone and that
no checkout can bring along.
"""

from __future__ import annotations

import marshal
import os
import stat
import sys
from collections.abc import Mapping
from typing import Any

from policyscan.version import __version__

try:  # hashlib loads OpenSSL first, which takes longer than all that is hashed here
    from _blake2 import blake2b
except ImportError:  # pragma: no cover - a Python built without it
    from hashlib import blake2b

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_FORMAT = 4
_MOST_BYTES = 64_000_000  # of all entries of one sort; a pack takes about half a million
_STALE = 3600  # seconds after which nobody is still writing a draft
_OWNER_ONLY = 0o700
_OTHERS_WRITE = 0o022
_OTHERS = 0o077
_DIGEST = 16  # bytes
_SIZE = 8
_KEY = 32
_HEX = "0123456789abcdef"
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)


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
    """A folder of entries. A name is `sort-digest`; values are what `marshal` takes.

    `key_file` holds the secret that entries are sealed with; it is made when something is first kept.
    """

    __slots__ = ("_code", "_key", "_ours", "folder", "key_file")

    def __init__(self, folder: str, key_file: str) -> None:
        self.folder = folder
        self.key_file = key_file
        self._key: bytes | None = None
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
        key = self._secret() if self._trusted() else None
        if key is None:
            return None
        path = os.path.join(self.folder, name)
        try:
            with open(path, "rb") as file:
                seal, size = file.read(_DIGEST), int.from_bytes(file.read(_SIZE), "little")
                head = file.read(min(size, os.fstat(file.fileno()).st_size))
            if len(head) != size or _sealed(head, name, key) != seal:
                return None
            value, places = marshal.loads(head)  # noqa: S302 - the user's own, and undamaged
        except (OSError, ValueError, EOFError, TypeError):
            return None
        return value, Parts(path, _DIGEST + _SIZE + size, places)

    def put(self, name: str, value: Any, parts: Mapping[str, bytes] | None = None) -> None:
        """Keeps a value, and parts that are read one by one; failing to is no problem of anyone's.

        Nothing is written where nothing would be read. Old entries of the same sort make room.
        """
        places: dict[str, tuple[int, int, bytes]] = {}
        end = 0
        for key, part in (parts or {}).items():
            places[key] = end, len(part), _sum(part)
            end += len(part)
        head = marshal.dumps((value, places))
        self._ours = None
        try:
            os.makedirs(self.folder, mode=_OWNER_ONLY, exist_ok=True)
            secret = self._secret(make=True) if self._trusted() else None
            if secret is None:
                return
            data = [_sealed(head, name, secret), len(head).to_bytes(_SIZE, "little"), head]
            _write(self.folder, name, b"".join([*data, *(parts or {}).values()]))
            self._make_room(name.partition("-")[0])
        except OSError:
            pass

    def sizes(self) -> dict[str, tuple[int, int]]:
        """How many entries of each sort there are, and their bytes together."""
        found: dict[str, tuple[int, int]] = {}
        for name, size in self._entries():
            sort = name.rpartition("-")[0]
            number, total = found.get(sort, (0, 0))
            found[sort] = number + 1, total + size
        return found

    def clear(self) -> None:
        """Removes all entries; nothing that is not named as the store names things."""
        for name, _ in self._entries():
            _remove(os.path.join(self.folder, name))

    def _entries(self) -> list[tuple[str, int]]:
        """The names of all entries, with their bytes."""
        try:
            with os.scandir(self.folder) as found:
                files = [(e.name, e.stat(follow_symlinks=False).st_size) for e in found if e.is_file()]
        except OSError:
            return []
        return [(name, size) for name, size in files if _is_entry(name, name.rpartition("-")[0])]

    def secret_for(self, purpose: bytes) -> bytes | None:
        """32 bytes that nobody else can make, for one purpose and the same each time; None without a key."""
        from hashlib import sha256
        from hmac import digest as hmac_digest

        try:
            key = self._secret(make=True)
        except OSError:
            return None
        return hmac_digest(key, purpose, sha256) if key is not None else None

    def _secret(self, *, make: bool = False) -> bytes | None:
        """The key of the user's seal; None if there is none, or one that others can know."""
        if self._key is None:
            self._key = _read_key(self.key_file)
            if self._key is None and make:
                _make_key(self.key_file)
                self._key = _read_key(self.key_file)
        return self._key

    def _trusted(self) -> bool:
        """Whether nobody but the user can have written into the folder."""
        if self._ours is None:
            try:
                about = os.stat(self.folder)
            except OSError:
                return False
            self._ours = _own(about) and (os.name == "nt" or not about.st_mode & _OTHERS_WRITE)
        return self._ours

    def _make_room(self, sort: str) -> None:
        """Removes the oldest entries of a sort beyond what all may take, and drafts that were left behind;
        nothing that is not named as the store names things."""
        with os.scandir(self.folder) as found:
            files = [e for e in found if e.is_file(follow_symlinks=False)]
        entries = [(e.stat(), e) for e in files if _is_entry(e.name, sort)]
        room = _MOST_BYTES
        for about, entry in sorted(entries, key=lambda each: each[0].st_mtime_ns, reverse=True):
            room -= about.st_size
            if room < 0:
                _remove(entry.path)
        newest = max((about.st_mtime for about, _ in entries), default=0.0)
        for file in files:
            if _is_draft(file.name) and file.stat().st_mtime < newest - _STALE:
                _remove(file.path)


def digest(*parts: bytes) -> str:
    """32 hex digits that stand for some parts; another division of the same bytes has others."""
    made = blake2b(digest_size=_DIGEST)
    for part in parts:
        made.update(b"%d:" % len(part))
        made.update(part)
    return made.hexdigest()


def default_store() -> Store | None:
    """The user's own store; None where there is no folder that is safe to keep things in.

    It is POLICYSCAN_CACHE_DIR, else XDG_CACHE_HOME, else the platform's folder for caches. A folder that the
    environment names is passed over if it is relative or in a git checkout, and one that it names for all
    programs also if it is below the current folder: what lies there may have come with what is to be scanned.
    The seal's key lies in the folder for a user's state.
    """
    folder = os.environ.get("POLICYSCAN_CACHE_DIR")
    if not folder or not is_apart(folder, of_checkouts=True):
        folder = _joined(os.environ.get("XDG_CACHE_HOME"))
        folder = folder if folder and is_apart(folder) else _of_platform("caches")
    state = _joined(os.environ.get("XDG_STATE_HOME"))
    state = state if state and is_apart(state) else _of_platform("state")
    return Store(folder, os.path.join(state, "key")) if folder and state else None


def is_apart(folder: str, *, of_checkouts: bool = False) -> bool:
    """Whether a folder cannot have come with what is scanned: absolute, in no git checkout, and (unless only
    these are asked about) not below the current folder."""
    if not os.path.isabs(folder):
        return False
    try:
        real, here = os.path.realpath(folder), os.path.realpath(os.curdir)
    except OSError:
        return False
    if not of_checkouts and os.path.join(real, "").startswith(os.path.join(here, "")):
        return False
    while not os.path.lexists(os.path.join(real, ".git")):
        above = os.path.dirname(real)
        if above == real:
            return True
        real = above
    return False


_PLACES = {
    "win32": {"caches": "%LOCALAPPDATA%", "state": "%LOCALAPPDATA%"},
    "darwin": {"caches": "~/Library/Caches", "state": "~/Library/Application Support"},
}
_ELSEWHERE = {"caches": "~/.cache", "state": "~/.local/state"}


def _of_platform(what: str) -> str | None:
    """The platform's folder for a user's caches or state, ours in it; None for a user without a home."""
    written = _PLACES.get(sys.platform, _ELSEWHERE)[what]
    if written[0] == "%":
        return _joined(os.environ.get(written.strip("%")))
    found = os.path.expanduser(written)
    return _joined(found) if os.path.isabs(found) else None


def _joined(base: str | None) -> str | None:
    return os.path.join(base, "policyscan") if base else None


def _own(about: os.stat_result) -> bool:
    return not hasattr(os, "getuid") or about.st_uid == os.getuid()


def _read_key(path: str) -> bytes | None:
    """The key in a file of the user's that nobody else can read; None if there is no such thing."""
    try:
        opened = os.open(path, os.O_RDONLY | _NO_FOLLOW | _BINARY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    try:
        about = os.fstat(opened)
        alone = os.name == "nt" or not about.st_mode & _OTHERS
        if not stat.S_ISREG(about.st_mode) or not _own(about) or not alone:
            return None
        key = os.read(opened, _KEY + 1)
    except OSError:
        return None
    finally:
        os.close(opened)
    return key if len(key) == _KEY else None


def _make_key(path: str) -> None:
    """Makes the key, whole or not at all; whoever is first decides it. Raises OSError."""
    folder = os.path.dirname(path)
    os.makedirs(folder, mode=_OWNER_ONLY, exist_ok=True)
    draft = _draft(folder, "key")
    with open(draft, "xb", opener=_for_the_user) as file:
        file.write(os.urandom(_KEY))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        _remove(draft)


def _write(folder: str, name: str, data: bytes) -> None:
    """Writes a file whole or not at all, through no link that somebody laid. Raises OSError."""
    draft = _draft(folder, name)
    try:
        with open(draft, "xb", opener=_for_the_user) as file:
            file.write(data)
        os.replace(draft, os.path.join(folder, name))
    except OSError:
        _remove(draft)
        raise


def _draft(folder: str, name: str) -> str:
    """A name for a file that is not whole yet, which nobody can foretell."""
    return os.path.join(folder, f".{name}.{os.urandom(_DIGEST).hex()}")


def _for_the_user(path: str, flags: int) -> int:
    return os.open(path, flags | _NO_FOLLOW, 0o600)


def _is_entry(name: str, sort: str) -> bool:
    """Whether a file is named as an entry of a sort is: `sort-` and 32 hex digits."""
    of, _, digits = name.rpartition("-")
    return of == sort and _is_hex(digits)


def _is_draft(name: str) -> bool:
    """Whether a file is named as `_draft` names them."""
    entry, _, digits = name.rpartition(".")
    return entry[:1] == "." and _is_hex(digits) and _is_hex(entry.rpartition("-")[2])


def _is_hex(text: str) -> bool:
    return len(text) == 2 * _DIGEST and not text.strip(_HEX)


def _sealed(head: bytes, name: str, key: bytes) -> bytes:
    """What only those can make who have the key; of one entry's name, so that none can stand for another."""
    return blake2b(name.encode() + b"\0" + head, digest_size=_DIGEST, key=key).digest()


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
