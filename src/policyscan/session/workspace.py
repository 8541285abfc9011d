"""Everything that does not depend on inventories: settings, kinds and packs.

In: paths, a settings file, folders of policies. Out: a `Workspace`, checked; Problems with all that is
wrong in it, each at its place.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from policyscan.cel.values import Date
from policyscan.config import Config, load, placed
from policyscan.engine.moments import Moment, clock_at
from policyscan.errors import ConfigError, PolicyscanError, Problems, SettingError
from policyscan.files.discovery import STDIN
from policyscan.kinds.kinds import Kinds
from policyscan.policies.cache import load_cached
from policyscan.policies.pack import Pack, builtin_path
from policyscan.records import NamedTuple
from policyscan.session.options import StrPath
from policyscan.store import Store, default_store

OLDEST_RATES = 366
"""The age, in days, beyond which exchange rates compare nothing."""


class Workspace(NamedTuple):
    """The settings of a repository, the kinds it knows and its packs, the first being the main one."""

    config: Config
    kinds: Kinds
    packs: tuple[Pack, ...]


def configure(paths: Sequence[str], config: StrPath | None, store: Store | None = None) -> Config:
    """The configuration: the one named, else the nearest to the first path or the current folder."""
    start = next((path for path in paths if path != STDIN), ".")
    return load(start if os.path.exists(start) else ".", config, store)


def open_store(*, use_cache: bool = True) -> Store | None:
    """Where things are kept between runs; None if nothing is to be kept."""
    return default_store() if use_cache else None


def load_kinds(config: Config, store: Store | None = None) -> Kinds:
    """The built-in kinds and those that the configuration adds."""
    kinds = Kinds.builtin(store, config.time_zone)
    for written in config.kinds:
        kinds.load(os.path.join(config.root, written), written)
    return kinds


def open_workspace(
    paths: Sequence[str] = (),
    *,
    config: StrPath | None = None,
    folders: Sequence[StrPath] = (),
    use_cache: bool = True,
) -> Workspace:
    """Everything that does not depend on inventories; raises Problems with all that is wrong in it."""
    store = open_store(use_cache=use_cache)
    settings = configure(paths, config, store)
    kinds = load_kinds(settings, store)
    packs, problems = load_packs(settings, kinds, folders, store)
    if problems:
        raise Problems(problems)
    return Workspace(settings, kinds, packs)


def use_rates(workspace: Workspace, moment: Moment) -> str | None:
    """Lets amounts in different currencies be compared, if the settings have rates that are not too old at a
    moment. What a reader of the report must know of it; None without rates."""
    rates, kinds = workspace.config.exchange_rates, workspace.kinds
    kinds.worth = None
    if rates is None:
        return None
    told = f"exchange rates are of {rates.as_of}, {rates.source}"
    today = clock_at(moment, workspace.config.time_zone).today
    if today - Date.parse(rates.as_of) > OLDEST_RATES:
        return f"{told}: more than a year old, so that no two currencies were compared"
    kinds.worth = rates.worth
    return told


def load_packs(
    config: Config, kinds: Kinds, folders: Sequence[StrPath], store: Store | None = None
) -> tuple[tuple[Pack, ...], list[PolicyscanError]]:
    """The built-in pack, those of the configuration and the named ones, and all that is wrong in them."""
    packs: list[Pack] = []
    problems: list[PolicyscanError] = []
    for folder in pack_folders(config, folders):
        pack, found = load_cached(
            folder, kinds, shown=shown_path(folder), overrides=config.parameters, store=store
        )
        problems.extend(found)
        if pack is not None:
            packs.append(pack)
    problems.extend(_clashes(packs))
    if config.packs:
        from policyscan.session.pinning import unlike

        problems.extend(unlike(config, packs))
    problems.extend(_unknown_parameters(config, packs) if not problems else [])
    return tuple(packs), placed(config, problems)


def pack_folders(config: Config, folders: Sequence[StrPath]) -> list[str]:
    """The folders of all packs, each once."""
    chosen = [builtin_path()] if config.builtin else []
    chosen.extend(os.path.join(config.root, written) for written in config.policies)
    if config.packs:
        from policyscan.session.pinning import folders_of

        chosen.extend(folders_of(config))
    chosen.extend(os.fspath(folder) for folder in folders)
    return list({os.path.realpath(folder): folder for folder in chosen}.values())


def shown_path(path: StrPath) -> str:
    """A path as people see it: relative to the current folder if it lies below it or in its repository."""
    full, here = os.path.realpath(path), os.getcwd()
    below = full == here or full.startswith(os.path.join(here, ""))
    if not below and full == os.path.realpath(builtin_path()):
        return "policies"
    below = below or _same_repository(full, here)
    return (os.path.relpath(full, here) if below else full).replace(os.sep, "/")


def _same_repository(path: str, folder: str) -> bool:
    """Whether a path lies in the repository of a folder, if that is in one."""
    from policyscan.files.git import Repository

    repository = Repository.around(folder, ())
    return repository is not None and path.startswith(os.path.join(repository.top, ""))


def _clashes(packs: Sequence[Pack]) -> Iterator[PolicyscanError]:
    seen: dict[str, Pack] = {}
    for pack in packs:
        for id_ in (*pack.policies, *pack.aliases, *pack.rules):
            if seen.get(id_, pack) is not pack:
                message = f"{id_} is in two packs: {seen[id_].name} and {pack.name}"
                yield ConfigError(message, hint="give your own one another id")
            seen[id_] = pack


def _unknown_parameters(config: Config, packs: Sequence[Pack]) -> Iterator[PolicyscanError]:
    from policyscan.cel.spelling import did_you_mean

    known = {id_ for pack in packs for id_ in (*pack.policies, *pack.rules)}
    for id_ in config.parameters:
        if id_ not in known:
            hint = did_you_mean(id_, known) or "see `policyscan list`"
            message = f"parameters for {id_}, but there is no such control"
            yield SettingError(message, ("parameters", id_), misnamed=True, hint=hint)
