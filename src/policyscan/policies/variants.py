"""A pack in which one policy has other parameters: in, a sound pack and values; out, its policies by id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from policyscan.errors import Problems
from policyscan.policies.loading import with_parameters

if TYPE_CHECKING:
    from policyscan.kinds.kinds import Kinds
    from policyscan.policies.pack import Pack
    from policyscan.policies.policy import Policy


class Variants:
    """Gives a pack's policies, one of them with the parameters that are asked for; a rule of consistency only
    where it is that one.

    Only that one is read and checked again, once for the same parameters.
    """

    def __init__(self, pack: Pack, kinds: Kinds, policy: str) -> None:
        self._pack = pack
        rule = pack.rules.get(policy)
        self._together = pack.policies if rule is None else {**pack.policies, policy: rule}
        self._kinds = kinds
        self._policy = policy
        self._made: dict[str, Mapping[str, Policy]] = {}

    def __call__(self, parameters: Mapping[str, Any]) -> Mapping[str, Policy]:
        """The policies by id; Problems where the parameters do not fit."""
        if not parameters:
            return self._together
        key = repr(sorted(parameters.items()))
        if key not in self._made:
            self._made[key] = {**self._together, self._policy: self._with(parameters)}
        return self._made[key]

    def _with(self, parameters: Mapping[str, Any]) -> Policy:
        policy, problems = with_parameters(self._pack, self._kinds, self._policy, parameters)
        if policy is None:
            raise Problems(problems)
        return policy
