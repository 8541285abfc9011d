"""The controls of a scan: a profile or a selection out of all packs, and what a report says about it.

In: a workspace, and the names that a caller chose by. Out: `Choice`, its controls in the order of their
ids; Problems for names that fit nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from policyscan.config import Config, placed
from policyscan.engine.grading import merged as merge_rules
from policyscan.errors import ConfigError, Problems, UsageError
from policyscan.findings import RULE_FAMILY, EvidenceRule, Grade, Loosened
from policyscan.policies.choosing import Said, choose, rules_of
from policyscan.policies.pack import Pack, Profile, builtin_path, least
from policyscan.policies.policy import Policy
from policyscan.records import NamedTuple
from policyscan.session.options import Spelling, option
from policyscan.session.workspace import Workspace

if TYPE_CHECKING:
    from policyscan.session.profiles import OwnProfile


class Choice(NamedTuple):
    """The policies of a scan, and what a report says about how they were chosen; `rules` are those of
    consistency."""

    policies: tuple[Policy, ...]
    known: Mapping[str, Policy]
    aliases: Mapping[str, str]
    profile: str
    total: int
    evidence: EvidenceRule | None = None
    left_out: tuple[str, ...] = ()
    rules: tuple[Policy, ...] = ()
    max_taken_away: int | None = None


def choose_policies(
    workspace: Workspace,
    profile: str | None,
    select: Sequence[str],
    ignore: Sequence[str],
    companions: bool | None = None,
    spelt: Spelling = option,
) -> Choice:
    """The policies of a scan: the profile of the main pack and everything of local packs, or a selection.

    Without `companions` (by default as configured), those of the built-in pack are not in any profile.
    """
    config, packs = workspace.config, workspace.packs
    if not packs:
        raise ConfigError(
            "there are no policies", hint="name a folder with --policies, or keep the built-in ones"
        )
    if profile is not None and not profile.strip():
        raise UsageError(f"{spelt('profile')} names none", hint="name a profile, or leave it out")
    if profile and select:
        message = f"{spelt('profile')} and {spelt('select')} both choose controls"
        raise UsageError(message, hint="give one of them")
    said = Said(
        *(
            spelt(key) if given else key
            for key, given in zip(Said._fields, (profile, select, ignore), strict=True)
        )
    )
    select = select or (() if profile else config.select)
    ignore = ignore or config.ignore
    merged = _merged(packs)
    own: Mapping[str, OwnProfile] = {}
    if config.profiles:
        from policyscan.session.profiles import own_profiles

        own = own_profiles(merged, config)
        merged = merged._replace(
            profiles={**merged.profiles, **{key: one.profile for key, one in own.items()}}
        )
    policies, name, problems = choose(merged, profile or config.profile, select, ignore, said)
    if problems:
        raise Problems(placed(config, problems))
    aliases = {**merged.aliases, **{id_: id_ for id_ in merged.policies}}
    with_companions = config.companions if companions is None else companions
    dropped = {} if select or with_companions else companions_of(policies, packs)
    policies = [policy for policy in policies if policy.id not in dropped]
    if not policies:
        raise ConfigError("no control is chosen", hint="see `policyscan list`")
    rules, silent = rules_of(merged, ignore)
    left_out = (
        *(one for one in ignore if one not in (*silent, RULE_FAMILY)),
        *(f"{one} (profile {name})" for one in (own[name].without if name in own else ())),
        *(f"{id_} (companion)" for id_ in dropped),
        *(f"{id_} (rule of consistency: what it says may be in dispute)" for id_ in silent),
    )
    return Choice(
        tuple(policies), merged.policies, aliases, name, len(merged.policies),
        _asked_of_evidence(merged, name, config), left_out, tuple(merged.rules[id_] for id_ in rules),
        _most_taken_away(merged, name, config),
    )  # fmt: skip


def _asked_of_evidence(pack: Pack, profile: str, config: Config) -> EvidenceRule | None:
    """What the profile and the configuration together ask of evidence.

    Controls that are selected without a profile are judged by the default one's: to select says what is
    looked at, not how old a fact may be.
    """
    by = _judged_by(pack, profile)
    asked = (by.evidence if by is not None else None, config.evidence)
    return merge_rules(*(EvidenceRule(Grade(one[0]), one[1]) for one in asked if one is not None))


def _most_taken_away(pack: Pack, profile: str, config: Config) -> int | None:
    """How many controls of an inventory statements may take away, the least that any of them says."""
    by = _judged_by(pack, profile)
    return least(by.max_taken_away if by is not None else None, config.max_taken_away)


def _judged_by(pack: Pack, profile: str) -> Profile | None:
    return pack.profiles.get(profile) or pack.profiles.get(pack.default_profile)


def companions_of(policies: Sequence[Policy], packs: Sequence[Pack]) -> dict[str, Policy]:
    """Those of the built-in policies that the source texts do not name, by id."""
    builtin = os.path.realpath(builtin_path())
    own = {id_ for pack in packs if os.path.realpath(pack.folder) == builtin for id_ in pack.policies}
    return {p.id: p for p in policies if p.id in own and p.info.origin == "companion"}


class _Together(Mapping[str, Policy]):
    """The policies of several packs by id, sorted; each is opened by its own pack."""

    def __init__(self, parts: Sequence[Mapping[str, Policy]]) -> None:
        """`parts` are the policies of each pack, or the rules."""
        self._parts = {id_: part for part in parts for id_ in part}
        self._ids = sorted(self._parts)

    def __getitem__(self, id_: str) -> Policy:
        return self._parts[id_][id_]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._parts


def _merged(packs: Sequence[Pack]) -> Pack:
    """One pack of all; policies of local packs join every profile that does not say otherwise."""
    if len(packs) == 1:
        return packs[0]
    main = packs[0]
    profiles = dict(main.profiles)
    for pack in packs:
        profiles.update({name: made for name, made in pack.profiles.items() if name not in profiles})
    local = tuple(id_ for pack in packs[1:] for id_ in pack.policies)
    for name, made in main.profiles.items():
        if made.policies is not None:
            profiles[name] = made._replace(policies=(*made.policies, *local))
    return main._replace(
        policies=_Together([pack.policies for pack in packs]),
        rules=_Together([pack.rules for pack in packs]),
        profiles=profiles,
        aliases={alias: id_ for pack in packs for alias, id_ in pack.aliases.items()},
        previews=frozenset().union(*(pack.previews for pack in packs)),
    )


def deprecated(choice: Choice) -> Iterator[str]:
    """What a report says about the policies that are to be replaced by others."""
    for policy in choice.policies:
        if policy.replaced_by:
            yield f"{policy.id} is deprecated: use {policy.replaced_by} instead"


def last_kinds(choice: Choice) -> frozenset[str]:
    """The kinds whose controls rest on what other inventories say, which must have been read by then."""
    return frozenset(policy.info.kind for policy in choice.policies if tables_of(policy, choice.known))


def tables_of(policy: Policy, known: Mapping[str, Policy]) -> bool:
    """Whether a control has tables, or one of its own kind that it asks."""
    asked = (known[used] for used in policy.uses if used in known)
    return bool(policy.tables) or any(
        other.info.kind == policy.info.kind and tables_of(other, known) for other in asked
    )


def loosened(choice: Choice) -> Iterator[Loosened]:
    """The parameters that ask for less than the pack does."""
    # Most scans change no parameter, and need not import what tells looser from stricter.
    every = (*choice.policies, *choice.rules)
    changed = [p for p in every if any(p.parameters[d.name] != d.default for d in p.declared)]
    if not changed:
        return
    from policyscan.cel import to_json
    from policyscan.policies.parameters import loosened as looser

    for policy in changed:
        for parameter in looser(policy):
            value = policy.parameters[parameter.name]
            yield Loosened(policy.id, parameter.name, to_json(parameter.default), to_json(value))
