"""Checked packs kept between runs, found again by the content of everything that they were made from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from policyscan.errors import PolicyscanError, Problems
from policyscan.policies.pack import TEST_SUFFIX, Overrides, Pack, Profile, Written, load_pack
from policyscan.store import Parts, Store

if TYPE_CHECKING:
    from policyscan.kinds.kinds import Kinds
    from policyscan.policies.policy import Policy


_DEPTH = 2  # of folders in a pack; what lies deeper than a family is only told to be misplaced


class StoredPolicies(Mapping[str, "Policy"]):
    """Policies by id, each opened when it is first asked for; `load` gives them all if one is damaged."""

    def __init__(self, parts: Parts, load: Callable[[], Mapping[str, Policy]]) -> None:
        self._parts = parts
        self._load = load
        self._ready: dict[str, Policy | None] = dict.fromkeys(parts.keys())

    def __getitem__(self, id_: str) -> Policy:
        policy = self._ready[id_]
        if policy is None:
            data = self._parts.read(id_)
            if data is None:
                self._ready.update(self._load())
                return self[id_]
            from policyscan.policies.plain import loads

            policy = self._ready[id_] = loads(data)
        return policy

    def __iter__(self) -> Iterator[str]:
        return iter(self._ready)

    def __len__(self) -> int:
        return len(self._ready)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._ready


def load_cached(
    folder: str, kinds: Kinds, *, shown: str, overrides: Overrides, store: Store | None
) -> tuple[Pack | None, list[PolicyscanError]]:
    """As `load_pack`, from the store where it can be; only packs without problems are kept."""
    entry = _entry(store, folder, kinds, shown, overrides) if store is not None else None
    if store is None or entry is None:
        return load_pack(folder, kinds, shown=shown, overrides=overrides)
    kept = store.entry(entry)
    if kept is not None:

        def load() -> Mapping[str, Policy]:
            again, problems = load_pack(folder, kinds, shown=shown, overrides=overrides)
            if again is None or problems:
                raise Problems(problems)
            return again.policies

        about, parts = kept
        return _pack(folder, StoredPolicies(parts, load), *about), []
    pack, problems = load_pack(folder, kinds, shown=shown, overrides=overrides)
    if pack is not None and not problems:
        from policyscan.policies.plain import dumps

        store.put(entry, _about(pack), {id_: dumps(policy) for id_, policy in pack.policies.items()})
    return pack, problems


def _entry(store: Store, folder: str, kinds: Kinds, shown: str, overrides: Overrides) -> str | None:
    """The name of what everything that a checked pack depends on gives; None if some of it is not there."""
    about = repr((shown, _sorted(overrides), [(name, kinds.version(name)) for name in kinds.names])).encode()
    try:
        parts = list(_contents(folder))
    except OSError:
        return None
    return store.name("pack", about, *parts)


def _contents(folder: str, above: str = "") -> Iterator[bytes]:
    """The names and contents of the files of a pack, in one order; tests are none of them."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        name = entry.name
        if name.lower().endswith((".yaml", ".yml")):
            if not name.endswith(TEST_SUFFIX) and entry.is_file():
                yield os.fsencode(above + name)
                with open(entry.path, "rb", buffering=0) as file:
                    yield file.read()
        elif (not above or name[0] != ".") and above.count("/") < _DEPTH and entry.is_dir():
            yield from _contents(entry.path, f"{above}{name}/")


def _sorted(overrides: Overrides) -> Any:
    return sorted(
        (policy, sorted((name, repr(value)) for name, value in own.items()))
        for policy, own in overrides.items()
    )


def _about(pack: Pack) -> tuple[Any, ...]:
    """What is kept of a pack beside its policies."""
    return (
        pack.name,
        pack.version,
        {name: tuple(profile) for name, profile in pack.profiles.items()},
        pack.default_profile,
        dict(pack.aliases),
        pack.previews,
        [tuple(written) for written in pack.written],
    )


def _pack(
    folder: str, policies: Mapping[str, Policy], name: str, version: str, profiles: dict[str, Any],
    default: str, aliases: dict[str, str], previews: frozenset[str], written: list[Any],
) -> Pack:  # fmt: skip
    made = {key: Profile(*profile) for key, profile in profiles.items()}
    definitions = tuple([Written(*one) for one in written])
    return Pack(name, version, folder, made, default, policies, aliases, previews, definitions)
