"""Checked packs kept between runs, found again by the content of everything that they were made from.

A cache is a convenience: whatever is wrong with it (absent, old, unreadable, not ours) the pack is loaded
from its files. Entries are pickles, so they are only read from a folder that belongs to the user alone.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policyscan import __version__
from policyscan.errors import PolicyscanError
from policyscan.policies.pack import Overrides, Pack, Profile, load_pack

if TYPE_CHECKING:
    from policyscan.documents.kinds import Kinds
    from policyscan.policies.policy import Policy

_PACKAGE = Path(__file__).parent.parent
_FORMAT = 1
_MOST_ENTRIES = 20
_OWNER_ONLY = 0o700


class StoredPolicies(Mapping[str, "Policy"]):
    """Policies by id, each unpickled when it is first asked for."""

    def __init__(self, stored: dict[str, bytes]) -> None:
        self._stored = stored
        self._ready: dict[str, Policy] = {}

    def __getitem__(self, id_: str) -> Policy:
        policy = self._ready.get(id_)
        if policy is None:
            policy = self._ready[id_] = pickle.loads(self._stored[id_])  # noqa: S301 - from the user's own cache
        return policy

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._stored


def load_cached(
    folder: Path, kinds: Kinds, *, shown: str, overrides: Overrides, cache: Path | None
) -> tuple[Pack | None, list[PolicyscanError]]:
    """As `load_pack`, from the cache where it can be; only packs without problems are kept."""
    if cache is None or not folder.is_dir():
        return load_pack(folder, kinds, shown=shown, overrides=overrides)
    entry = cache / f"pack-{_key(folder, kinds, shown, overrides)}.pickle"
    pack = _read(entry, folder)
    if pack is not None:
        return pack, []
    pack, problems = load_pack(folder, kinds, shown=shown, overrides=overrides)
    if pack is not None and not problems:
        _write(entry, pack)
    return pack, problems


def cache_folder() -> Path | None:
    """The folder for the user's caches: POLICYSCAN_CACHE_DIR, else the platform's."""
    named = os.environ.get("POLICYSCAN_CACHE_DIR")
    if named:
        return Path(named)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "policyscan" if base else None


def _key(folder: Path, kinds: Kinds, shown: str, overrides: Overrides) -> str:
    """A digest of everything that a checked pack depends on."""
    digest = sha256(repr((_FORMAT, __version__, sys.version, shown, _plain(overrides))).encode())
    for path in sorted((*folder.glob("*.yaml"), *folder.glob("*/*.yaml"))):
        if not path.name.endswith(".test.yaml"):
            data = path.read_bytes()
            digest.update(f"{path.relative_to(folder).as_posix()} {len(data)}\n".encode())
            digest.update(data)
    for name in kinds.names:
        digest.update(kinds.digest(name).encode())
    for package in ("cel", "cel/functions", "policies", "documents"):
        with os.scandir(_PACKAGE / package) as entries:
            stamps = sorted(
                (e.name, e.stat().st_size, e.stat().st_mtime_ns) for e in entries if e.name.endswith(".py")
            )
        digest.update(repr(stamps).encode())
    return digest.hexdigest()[:32]


def _plain(overrides: Overrides) -> Any:
    return sorted(
        (policy, sorted((name, repr(value)) for name, value in own.items()))
        for policy, own in overrides.items()
    )


def _read(entry: Path, folder: Path) -> Pack | None:
    try:
        owner = entry.parent.stat()
        if hasattr(os, "getuid") and (owner.st_uid != os.getuid() or owner.st_mode & 0o022):
            return None
        name, version, default, profiles, stored, written = pickle.loads(entry.read_bytes())  # noqa: S301 - checked above
    except (OSError, ValueError, EOFError, pickle.UnpicklingError, AttributeError, ImportError, TypeError):
        return None
    made = {name: Profile(*fields) for name, fields in profiles.items()}
    return Pack(name, version, folder, made, default, StoredPolicies(stored), written)


def _write(entry: Path, pack: Pack) -> None:
    """Keeps a pack; failing to is no problem of anyone's. Old entries make room."""
    stored = {id_: pickle.dumps(policy, protocol=5) for id_, policy in pack.policies.items()}
    profiles = {name: tuple(profile) for name, profile in pack.profiles.items()}
    data = pickle.dumps(
        (pack.name, pack.version, pack.default_profile, profiles, stored, pack.written), protocol=5
    )
    draft = entry.with_name(f".{entry.name}.{os.getpid()}")
    try:
        entry.parent.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
        draft.write_bytes(data)
        draft.replace(entry)
        old = sorted(entry.parent.glob("pack-*.pickle"), key=lambda path: -path.stat().st_mtime_ns)
        for path in old[_MOST_ENTRIES:]:
            path.unlink(missing_ok=True)
    except OSError:
        draft.unlink(missing_ok=True)
