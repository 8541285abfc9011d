"""Profiles of the settings: choices of controls that begin from another one, and add to it or take away.

In: the profiles of all packs and what the settings say. Out: `Profile`s like those of packs, with what each
takes out of the one that it begins from; Problems for names that nobody has, and for circles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from policyscan.config import Config, placed
from policyscan.engine.grading import merged as merge_rules
from policyscan.errors import PolicyscanError, Problems, SettingError
from policyscan.findings import EvidenceRule, Grade
from policyscan.policies.choosing import named
from policyscan.policies.pack import Pack, Profile, asked_of_evidence, least
from policyscan.records import NamedTuple


class OwnProfile(NamedTuple):
    """A profile of the settings; `without` are the names that it takes out, with those that the profiles
    take out which it begins from. `parameters` are the values that it sets, as written, by control and name,
    each with the profile that says so."""

    profile: Profile
    without: tuple[str, ...] = ()
    parameters: Mapping[str, Mapping[str, tuple[Any, str]]] = {}


def own_profiles(pack: Pack, config: Config) -> Mapping[str, OwnProfile]:
    """The profiles of the settings by name; Problems with all that is wrong in them, each at its place."""
    making = _Making(pack, config)
    for name in config.profiles:
        making.make(name, ())
    if making.problems:
        raise Problems(placed(config, making.problems))
    return making.made


class _Making:
    """Makes each profile after the one that it begins from."""

    def __init__(self, pack: Pack, config: Config) -> None:
        self._pack, self._written = pack, config.profiles
        self.made: dict[str, OwnProfile] = {}
        self._tried: set[str] = set()
        self.problems: list[PolicyscanError] = []

    def make(self, name: str, above: tuple[str, ...]) -> OwnProfile | None:
        """The profile of a name, `above` which others ask for it; None where something is wrong with it."""
        if name in self._tried:
            return self.made.get(name)
        self._tried.add(name)
        if name in self._pack.profiles and name in self._written:
            message = f"profile {name}: {self._pack.name} has a profile of this name"
            self._wrong(message, (name,), "choose another name", misnamed=True)
            return None
        written = self._written[name]
        base = self._base(name, (*above, name))
        if base is None:
            return None
        added = self._ids(name, "policies", written.get("policies", ()))
        without = self._ids(name, "without", written.get("without", ()))
        policies = self._pack.policies
        begun = base.profile.policies
        if begun is None:
            begun = tuple(id_ for id_ in policies if id_ not in self._pack.previews)
        chosen = {id_: None for id_ in (*begun, *added) if id_ not in without}
        both = sorted(set(added) & set(without))
        if both:
            message = f"profile {name}: {', '.join(both)} is both added and taken out"
            self._wrong(message, (name, "without"), "keep it in one of the two lists")
            return None
        asked = (base.profile.evidence, asked_of_evidence(written.get("evidence")))
        rule = merge_rules(*(EvidenceRule(Grade(one[0]), one[1]) for one in asked if one is not None))
        made = Profile(
            name,
            f"{written['extends']}, as the settings have it",
            tuple(chosen),
            (rule.grade.value, rule.max_age_days) if rule is not None else None,
            least(base.profile.max_taken_away, written.get("max_taken_away")),
        )
        out = tuple(dict.fromkeys((*base.without, *written.get("without", ()))))
        parameters = {id_: dict(values) for id_, values in base.parameters.items()}
        for id_, values in written.get("parameters", {}).items():
            own = {parameter: (value, name) for parameter, value in values.items()}
            parameters[id_] = {**parameters.get(id_, {}), **own}
        self.made[name] = OwnProfile(made, tuple(one for one in out if one not in added), parameters)
        return self.made[name]

    def _base(self, name: str, above: tuple[str, ...]) -> OwnProfile | None:
        """What a profile begins from."""
        base = self._written[name]["extends"]
        place = (name, "extends")
        if base in above:
            circle = " \u2192 ".join((*above[above.index(base) :], base))
            self._wrong(f"profiles begin from each other in a circle: {circle}", place, "break it")
            return None
        if base in self._written:
            return self.make(base, above)
        known = self._pack.profiles.get(base)
        if known is not None:
            return OwnProfile(known)
        from policyscan.cel.spelling import did_you_mean

        names = sorted({*self._pack.profiles, *self._written} - {name})
        hint = did_you_mean(base, names) or f"profiles are: {', '.join(names)}"
        self._wrong(f"profile {name}: there is no profile {base!r} to begin from", place, hint)
        return None

    def _ids(self, name: str, key: str, names: Sequence[str]) -> list[str]:
        problems: list[PolicyscanError] = []
        found = named(self._pack, names, f"profile {name}, {key}", problems)
        for problem in problems:
            assert isinstance(problem, SettingError)
            problem.setting = ("profiles", name, key, *problem.setting[1:])
        self.problems += problems
        return found

    def _wrong(self, message: str, place: tuple[str, ...], hint: str, *, misnamed: bool = False) -> None:
        self.problems.append(SettingError(message, ("profiles", *place), misnamed=misnamed, hint=hint))
