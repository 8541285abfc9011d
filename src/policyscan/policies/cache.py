"""Checked packs kept between runs, found again by the content of everything that they were made from.

In: the files of a pack as read, the kinds and the store. Out: the pack as it was checked before, or as it
is checked now and kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from policyscan.errors import PolicyscanError, Problems
from policyscan.policies.pack import Overrides, Pack, Profile, Written
from policyscan.policies.survey import PackFiles, survey
from policyscan.store import Parts, Store

if TYPE_CHECKING:
    from policyscan.kinds.kinds import Kinds
    from policyscan.policies.policy import Policy


class StoredPolicies(Mapping[str, "Policy"]):
    """Policies by id, each opened when it is first asked for; `load` gives them all if one is damaged."""

    def __init__(self, parts: Parts, ids: Iterable[str], load: Callable[[], Mapping[str, Policy]]) -> None:
        self._parts = parts
        self._load = load
        self._ready: dict[str, Policy | None] = dict.fromkeys(ids)

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
    """As `loading.load_pack`, from the store where it can be; only packs without problems are kept."""
    files = _files(folder, shown) if store is not None else None
    if store is None or files is None:
        return _load(folder, kinds, shown, overrides)
    entry = _entry(store, files, kinds, overrides)
    kept = store.entry(entry)
    if kept is not None:

        def load() -> Pack:
            again, problems = _load(folder, kinds, shown, overrides)
            if again is None or problems:
                raise Problems(problems)
            return again

        (rules, *about), parts = kept
        ids = [id_ for id_ in parts.keys() if id_ not in rules]  # noqa: SIM118 - no mapping
        policies = StoredPolicies(parts, ids, lambda: load().policies)
        made = _pack(folder, policies, *about)
        return made._replace(files=files, rules=StoredPolicies(parts, rules, lambda: load().rules)), []
    # The bytes that the entry is named after are the ones that are checked: the folder may have changed.
    pack, problems = _load(folder, kinds, shown, overrides, files)
    if pack is not None and not problems:
        from policyscan.policies.plain import dumps

        every = [*pack.policies.items(), *pack.rules.items()]
        store.put(entry, _about(pack), {id_: dumps(policy) for id_, policy in every})
    return pack, problems


def _load(
    folder: str, kinds: Kinds, shown: str, overrides: Overrides, files: PackFiles | None = None
) -> tuple[Pack | None, list[PolicyscanError]]:
    """The pack from its files; what reads and checks them is imported only where nothing is kept."""
    from policyscan.policies.loading import load_pack

    return load_pack(folder, kinds, shown=shown, overrides=overrides, files=files)


def _files(folder: str, shown: str) -> PackFiles | None:
    """The files of a pack; None if some of them cannot be read, which loading it will tell."""
    try:
        files = survey(folder, shown)
    except OSError:
        return None
    return None if files.problems or files.odd else files


def _entry(store: Store, files: PackFiles, kinds: Kinds, overrides: Overrides) -> str:
    """The name of what everything that a checked pack depends on gives."""
    versions = [(name, kinds.version(name)) for name in kinds.names]
    parts = [repr((files.shown, _sorted(files, overrides), versions)).encode()]
    for path, content in files.contents.items():
        parts += os.fsencode(path), content.data
    return store.name("pack", *parts)


def _sorted(files: PackFiles, overrides: Overrides) -> Any:
    """The parameters of this pack's policies: what is set for those of another changes nothing here."""
    ids = {path.rpartition("/")[2].removesuffix(".yaml") for path in (*files.policies, *files.rules)}
    return sorted(
        (policy, sorted((name, repr(value)) for name, value in own.items()))
        for policy, own in overrides.items()
        if policy in ids
    )


def _about(pack: Pack) -> tuple[Any, ...]:
    """What is kept of a pack beside its policies."""
    return (
        list(pack.rules),
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
