"""Parameters that profiles of the settings set: the controls of a profile with its own values.

In: packs, kinds, and the values that profiles set. Out: a control for each, checked anew within its bounds;
Problems for values that do not fit, each at its place. Where profiles count together, the strictest of their
values do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policyscan.config import Config, placed
from policyscan.errors import PolicyscanError, Problems, SettingError
from policyscan.kinds.kinds import Kinds
from policyscan.policies.loading import with_parameters
from policyscan.policies.pack import Pack
from policyscan.policies.parameters import strictest
from policyscan.policies.policy import Policy
from policyscan.session.profiles import OwnProfile

Written = Mapping[str, Mapping[str, Any]]
"""Values of parameters as written in YAML, by control and name."""


class Tuning:
    """Makes the controls whose parameters profiles set, each once."""

    def __init__(
        self, config: Config, packs: Sequence[Pack], kinds: Kinds, profiles: Mapping[str, OwnProfile]
    ) -> None:
        """Problems with all that is wrong with the parameters of any profile."""
        self._config, self._packs, self._kinds, self._profiles = config, packs, kinds, profiles
        self._made: dict[str, Policy] = {}
        self._problems: list[PolicyscanError] = []
        for name, own in profiles.items():
            for id_, values in own.parameters.items():
                self._check(name, id_, values)
        if self._problems:
            raise Problems(placed(config, self._problems))

    def written(self, names: Sequence[str]) -> Written:
        """The values that hold where profiles of some names count together, the settings' own among them."""
        ids = dict.fromkeys(id_ for name in names for id_ in self._of(name))
        return {**self._config.parameters, **{id_: self._strictest(id_, names) for id_ in ids}}

    def variants(self, names: Sequence[str]) -> Mapping[str, Policy]:
        """The controls that profiles of some names give other values together, by id."""
        ids = {id_ for name in names for id_ in self._of(name)}
        written = self.written(names)
        return {id_: self._policy(id_, written[id_]) for id_ in sorted(ids)}

    def _of(self, name: str) -> Mapping[str, Mapping[str, tuple[Any, str]]]:
        return self._profiles[name].parameters if name in self._profiles else {}

    def _pack(self, id_: str) -> Pack | None:
        return next((pack for pack in self._packs if id_ in pack.policies), None)

    def _strictest(self, id_: str, names: Sequence[str]) -> Mapping[str, Any]:
        pack = self._pack(id_)
        declared = {} if pack is None else {one.name: one for one in pack.policies[id_].declared}
        base = self._config.parameters.get(id_, {})
        own = [{key: said[0] for key, said in self._of(name).get(id_, {}).items()} for name in names]
        every = [{**base, **values} for values in own]
        keys = dict.fromkeys(key for values in every for key in values)
        found = {key: strictest(declared[key], [values.get(key) for values in every]) for key in keys}
        return {key: value for key, value in found.items() if value is not None}

    def _policy(self, id_: str, values: Mapping[str, Any]) -> Policy:
        key = repr((id_, sorted(values.items(), key=lambda one: one[0])))
        if key not in self._made:
            made, problems = self._again(id_, values)
            if made is None:
                raise Problems(placed(self._config, problems))
            self._made[key] = made
        return self._made[key]

    def _again(self, id_: str, values: Mapping[str, Any]) -> tuple[Policy | None, list[PolicyscanError]]:
        pack = self._pack(id_)
        assert pack is not None
        return with_parameters(pack, self._kinds, id_, values)

    def _check(self, name: str, id_: str, values: Mapping[str, tuple[Any, str]]) -> None:
        """Notes what is wrong with the values that a profile sets for a control."""
        own = {key: value for key, (value, by) in values.items() if by == name}
        if not own:
            return  # the profile that it begins from says all of them
        if self._pack(id_) is None:
            self._problems.append(self._unknown(name, id_))
            return
        made, problems = self._again(id_, {**self._config.parameters.get(id_, {}), **own})
        for problem in problems:
            if isinstance(problem, SettingError) and problem.setting[0] == "parameters":
                problem.setting = ("profiles", name, *problem.setting)
        self._problems += problems
        if made is not None:
            self._problems += self._undirected(made, name, own)

    def _undirected(self, policy: Policy, name: str, own: Mapping[str, Any]) -> Iterator[SettingError]:
        for parameter in policy.declared:
            if parameter.name in own and parameter.stricter == "neither":
                message = (
                    f"{policy.id}, parameter {parameter.name!r}: no value of it is stricter than another"
                )
                hint = "set it under `parameters`, for all profiles"
                place = ("profiles", name, "parameters", policy.id, parameter.name)
                yield SettingError(message, place, misnamed=True, hint=hint)

    def _unknown(self, name: str, id_: str) -> SettingError:
        from policyscan.cel.spelling import did_you_mean

        known = {policy for pack in self._packs for policy in pack.policies}
        hint = did_you_mean(id_, known) or "see `policyscan list`"
        message = f"profile {name}: parameters for {id_}, but there is no such control"
        return SettingError(message, ("profiles", name, "parameters", id_), misnamed=True, hint=hint)
