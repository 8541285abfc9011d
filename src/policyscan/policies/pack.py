"""Packs: folders of policies with their definitions and profiles, and the choice of policies from them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from policyscan.errors import PolicyscanError, SettingError

if TYPE_CHECKING:
    from pathlib import Path

    from policyscan.kinds.kinds import Kinds
    from policyscan.policies.policy import Policy
    from policyscan.policies.survey import PackFiles

TEST_SUFFIX = ".test.yaml"

Overrides = Mapping[str, Mapping[str, Any]]


class Written(NamedTuple):
    """A definition as it stands in its file."""

    name: str
    takes: tuple[tuple[str, str], ...]
    returns: str
    value: str
    description: str


class Profile(NamedTuple):
    """A named choice: policy ids, None for all that are not previews; and what evidence must be at least, a
    grade and an age in days."""

    name: str
    description: str
    policies: tuple[str, ...] | None
    evidence: tuple[str, int | None] | None = None


class Said(NamedTuple):
    """Where people chose policies: by an option, `--select`, or by a setting, `select`."""

    profile: str = "--profile"
    select: str = "--select"
    ignore: str = "--ignore"


class Pack(NamedTuple):
    """A folder of policies as read and checked; `policies` by id, in the order of their ids.

    `aliases` lead from earlier ids to policies, `previews` are the ids of those that are not chosen unless
    they are named, `written` are the definitions that policies share. Reading these opens no policy.
    """

    name: str
    version: str
    folder: str
    profiles: Mapping[str, Profile]
    default_profile: str
    policies: Mapping[str, Policy]
    aliases: Mapping[str, str]
    previews: frozenset[str]
    written: tuple[Written, ...] = ()

    def resolve(self, id_: str) -> str | None:
        """The id of the policy that an id or alias names, if there is one."""
        return id_ if id_ in self.policies else self.aliases.get(id_)


def asked_of_evidence(written: Mapping[str, str] | None) -> tuple[str, int | None] | None:
    """What a profile or the configuration asks of evidence (`{grade: document, max_age: 90d}`): a grade, and
    an age in days, None for any."""
    if written is None:
        return None
    age = written.get("max_age")
    return written["grade"], int(age[:-1]) if age is not None else None


def builtin_path() -> str:
    """Where the policies that policyscan ships lie: in the package, or in a checkout at its top."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    packaged = os.path.join(package, "builtin")
    if os.path.isdir(packaged):
        return packaged
    return os.path.join(os.path.dirname(os.path.dirname(package)), "policies")


def builtin_folder() -> Path:
    """The same as a Path."""
    from pathlib import Path

    return Path(builtin_path())


def load_pack(
    folder: str | os.PathLike[str],
    kinds: Kinds,
    *,
    shown: str | None = None,
    overrides: Overrides | None = None,
    files: PackFiles | None = None,
) -> tuple[Pack | None, list[PolicyscanError]]:
    """Reads and checks every file of a pack; all problems of all files come back together.

    `files` are those of the folder where they have been read already.
    """
    from pathlib import Path

    from policyscan.policies.loading import load_files

    path = Path(folder)
    return load_files(path, kinds, shown if shown is not None else path.name, overrides or {}, files)


def choose(
    pack: Pack,
    profile: str | None,
    select: Sequence[str],
    ignore: Sequence[str],
    said: Said = Said(),  # noqa: B008 - immutable
) -> tuple[list[Policy], str, list[PolicyscanError]]:
    """The policies of a profile, or of `select`, less `ignore`; the profile's name; unknown names.

    `select` and `ignore` take ids, aliases and families (`PATCH`); `said` is where people wrote them.
    """
    problems: list[PolicyscanError] = []
    name = profile or pack.default_profile
    if select:
        chosen = _named(pack, select, said.select, problems)
    elif name:
        known = pack.profiles.get(name)
        if known is None:
            return [], name, [_unknown_profile(pack, name, said.profile)]
        chosen = _all(pack) if known.policies is None else [i for i in known.policies if i in pack.policies]
    else:
        chosen = _all(pack)
    ignored = set(_named(pack, ignore, said.ignore, problems))
    ids = sorted(set(chosen) - ignored)
    return [pack.policies[id_] for id_ in ids], name if not select else "", problems


def _all(pack: Pack) -> list[str]:
    return [id_ for id_ in pack.policies if id_ not in pack.previews]


def _named(pack: Pack, names: Sequence[str], option: str, problems: list[PolicyscanError]) -> list[str]:
    found: list[str] = []
    for i, name in enumerate(names):
        ids = [id_ for id_ in pack.policies if id_.rpartition("-")[0] == name]
        one = pack.resolve(name)
        if one is not None:
            ids = [one]
        if not ids:
            problems.append(_unknown(pack, name, option, i))
        found.extend(ids)
    return found


def _unknown(pack: Pack, name: str, option: str, index: int) -> SettingError:
    from policyscan.reading.suggest import did_you_mean

    families = {id_.rpartition("-")[0] for id_ in pack.policies}
    hint = did_you_mean(name.upper(), [*pack.policies, *families]) or "see `policyscan list`"
    message = f"{option} {name}: there is no such control or family"
    return SettingError(message, (option, index), hint=hint)


def _unknown_profile(pack: Pack, name: str, said: str) -> SettingError:
    from policyscan.reading.suggest import did_you_mean

    known = f"profiles are: {', '.join(sorted(pack.profiles)) or 'none in this pack'}"
    near = did_you_mean(name, pack.profiles)
    hint = f"{near} {known}" if near else known
    return SettingError(f"there is no profile {name!r}", (said,), hint=hint)
