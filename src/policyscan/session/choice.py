"""The controls of a scan: a profile or a selection out of all packs, and what a report says about it.

In: a workspace, and the names that a caller chose by. Out: `Choice`, its controls in the order of their
ids; Problems for names that fit nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from policyscan.config import Config, placed
from policyscan.engine.grading import merged as merge_rules
from policyscan.errors import ConfigError, Problems, SettingError, UsageError
from policyscan.findings import RULE_FAMILY, EvidenceRule, Grade, Loosened
from policyscan.policies.choosing import Said, choose, rules_of
from policyscan.policies.pack import Pack, Profile, builtin_path, least
from policyscan.policies.policy import Policy
from policyscan.records import NamedTuple
from policyscan.session.options import Spelling, option
from policyscan.session.workspace import Workspace

if TYPE_CHECKING:
    from policyscan.engine.plan import Assigning, Demands
    from policyscan.session.profiles import OwnProfile
    from policyscan.session.tuning import Tuning


class Choice(NamedTuple):
    """The policies of a scan, and what a report says about how they were chosen; `rules` are those of
    consistency. `assigning` is there where the settings assign other profiles to some clients. `written` are
    the values of parameters that hold without an assignment, as written; `tuned` are the controls that
    profiles give values of their own, by profile and id. `judge` is the profile by which all others are
    judged than those that `assigning` names."""

    policies: tuple[Policy, ...]
    known: Mapping[str, Policy]
    aliases: Mapping[str, str]
    profile: str
    total: int
    evidence: EvidenceRule | None = None
    left_out: tuple[str, ...] = ()
    rules: tuple[Policy, ...] = ()
    max_taken_away: int | None = None
    assigning: Assigning | None = None
    written: Mapping[str, Mapping[str, Any]] = {}
    tuned: Mapping[str, Mapping[str, Policy]] = {}
    judge: str = ""

    @property
    def every(self) -> Sequence[Policy]:
        """The policies of all profiles."""
        return self.policies if self.assigning is None else self.assigning.policies


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
    if config.assign and config.select:
        message = "assign and select both choose controls"
        raise Problems(placed(config, [SettingError(message, ("select",), hint="keep one of them")]))
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
    with_companions = config.companions if companions is None else companions
    tuning: Tuning | None = None
    if any(one.parameters for one in own.values()):
        from policyscan.session.tuning import Tuning

        tuning = Tuning(config, packs, workspace.kinds, own)
    choosing = _Choosing(
        workspace, merged, select, ignore, said, tuning=tuning, all_companions=with_companions
    )
    policies, name, dropped = choosing.profile(profile or config.profile)
    made = None
    if config.assign and profile is None:
        from policyscan.session.assigning import assigning

        default = name or config.profile or merged.default_profile
        made = assigning(config, merged, workspace.kinds, default, choosing.asked)
        dropped = choosing.dropped
    names = dict.fromkeys((name, *(one.said.profile for one in (made.assignments if made else ()))))
    aliases = {**merged.aliases, **{id_: id_ for id_ in merged.policies}}
    rules, silent = rules_of(merged, ignore)
    left_out = (
        *(one for one in ignore if one not in (*silent, RULE_FAMILY)),
        *(f"{one} (profile {name})" for name in names for one in (own[name].without if name in own else ())),
        *(f"{id_} (companion)" for id_ in dropped),
        *(f"{id_} (rule of consistency: what it says may be in dispute)" for id_ in silent),
    )
    judge = [name or merged.default_profile]
    known, tuned = choosing.known(judge), {}
    if tuning is not None:
        tuned = {one: tuning.variants([one]) for one in dict.fromkeys((*judge, *names)) if one in own}
    return Choice(
        tuple(known[policy.id] for policy in policies), known, aliases, name, len(merged.policies),
        _asked_of_evidence(merged, name, config), left_out, tuple(merged.rules[id_] for id_ in rules),
        _most_taken_away(merged, name, config), made, choosing.written(judge), tuned, judge[0],
    )  # fmt: skip


def accepting_of(
    workspace: Workspace, written: Mapping[str, Mapping[str, Any]], policy: str, requirement: str,
    expression: str,
) -> Policy | str:  # fmt: skip
    """What `accepting.accepting` gives, which few scans need."""
    from policyscan.session.accepting import accepting

    return accepting(workspace, written, policy, requirement, expression)


class _Choosing:
    """Chooses the controls of one profile after the other."""

    def __init__(
        self, workspace: Workspace, pack: Pack, select: Sequence[str], ignore: Sequence[str], said: Said,
        *, tuning: Tuning | None, all_companions: bool,
    ) -> None:  # fmt: skip
        """`pack` is all packs as one, with the profiles of the settings; see `choose`."""
        self._workspace, self._tuning = workspace, tuning
        self._config, self._packs, self._pack = workspace.config, workspace.packs, pack
        self._select, self._ignore, self._said = select, ignore, said
        self._all = bool(select) or all_companions
        self._asked: dict[tuple[str, ...], Demands] = {}
        self.dropped: dict[str, Policy] = {}
        """The companions that any of the profiles would have."""

    def profile(self, name: str | None) -> tuple[list[Policy], str, dict[str, Policy]]:
        """The policies of a profile (None: the default one) or of the selection, its name, and the companions
        that it would have; Problems where there is none."""
        chosen, found, problems = choose(self._pack, name, self._select, self._ignore, self._said)
        if problems:
            raise Problems(placed(self._config, problems))
        dropped = {} if self._all else companions_of(chosen, self._packs)
        self.dropped.update(dropped)
        policies = [policy for policy in chosen if policy.id not in dropped]
        if not policies:
            raise ConfigError("no control is chosen", hint="see `policyscan list`")
        return policies, found, dropped

    def known(self, names: Sequence[str]) -> Mapping[str, Policy]:
        """All policies by id, as profiles of some names have them together."""
        changed = self._tuning.variants(names) if self._tuning is not None else {}
        return _Together([self._pack.policies, changed]) if changed else self._pack.policies

    def written(self, names: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """The values of parameters that hold there, as written."""
        return self._config.parameters if self._tuning is None else self._tuning.written(names)

    def asked(self, names: tuple[str, ...]) -> Demands:
        """What the profiles of some names ask together: the controls of all, and the most of each limit."""
        from policyscan.engine.plan import Demands

        names = tuple(sorted(names))
        if names not in self._asked:
            found = {policy.id for name in names for policy in self.profile(name)[0]}
            pack, config, known = self._pack, self._config, self.known(names)
            self._asked[names] = Demands(
                tuple(known[id_] for id_ in sorted(found)),
                known,
                merge_rules(*(_asked_of_evidence(pack, name, config) for name in names)),
                least(*(_most_taken_away(pack, name, config) for name in names)),
                partial(accepting_of, self._workspace, self.written(names)),
            )
        return self._asked[names]


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
    """One pack of all; policies of local packs join every profile of the main one. What a profile of a local
    pack calls all is all of that pack."""
    if len(packs) == 1:
        return packs[0]
    main = packs[0]
    profiles = dict(main.profiles)
    for pack in packs[1:]:
        every = tuple(id_ for id_ in pack.policies if id_ not in pack.previews)
        for name, made in pack.profiles.items():
            whole = made.policies is None
            profiles.setdefault(name, made._replace(policies=every) if whole else made)
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
    for policy in choice.every:
        if policy.replaced_by:
            yield f"{policy.id} is deprecated: use {policy.replaced_by} instead"


def last_kinds(choice: Choice) -> frozenset[str]:
    """The kinds whose controls rest on what other inventories say, which must have been read by then."""
    return frozenset(policy.info.kind for policy in choice.every if tables_of(policy, choice.known))


def tables_of(policy: Policy, known: Mapping[str, Policy]) -> bool:
    """Whether a control has tables, or one of its own kind that it asks."""
    asked = (known[used] for used in policy.uses if used in known)
    return bool(policy.tables) or any(
        other.info.kind == policy.info.kind and tables_of(other, known) for other in asked
    )


def loosened(choice: Choice) -> Iterator[Loosened]:
    """The parameters that ask for less than the pack does."""
    # Most scans change no parameter, and need not import what tells looser from stricter.
    mine = choice.tuned.get(choice.judge, {})
    own = ((choice.judge if p.id in mine else "", choice.known[p.id]) for p in choice.every)
    others = ((name, p) for name, its in choice.tuned.items() if name != choice.judge for p in its.values())
    every = [*own, *(("", rule) for rule in choice.rules), *others]
    changed = [(name, p) for name, p in every if any(p.parameters[d.name] != d.default for d in p.declared)]
    if not changed:
        return
    from policyscan.cel import to_json
    from policyscan.policies.parameters import loosened as looser

    for name, policy in changed:
        for parameter in looser(policy):
            value = policy.parameters[parameter.name]
            yield Loosened(policy.id, parameter.name, to_json(parameter.default), to_json(value), name)
