"""Packs: folders of policies with their definitions and profiles. In, a folder; out, a `Pack`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from policyscan.policies.survey import RULES
from policyscan.records import NamedTuple

if TYPE_CHECKING:
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
    """A named choice: policy ids, None for all that are not previews; what evidence must be at least, a
    grade and an age in days; and how many of its controls statements may take away from an inventory, None
    for any number."""

    name: str
    description: str
    policies: tuple[str, ...] | None
    evidence: tuple[str, int | None] | None = None
    max_taken_away: int | None = None


class Pack(NamedTuple):
    """A folder of policies as read and checked; `policies` by id, in the order of their ids.

    `aliases` lead from earlier ids to policies, `previews` are the ids of those that are not chosen unless
    they are named, `written` are the definitions that policies share, `files` what was read. Reading these
    opens no policy. `rules` are those of consistency, by id in order: always on, and no controls.
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
    files: PackFiles | None = None
    rules: Mapping[str, Policy] = MappingProxyType({})

    @property
    def digest(self) -> str:
        """64 hex digits that stand for the bytes of all files that it was made from; see `files.identity`."""
        from policyscan.files.identity import digest_of

        contents = self.files.contents if self.files is not None else {}
        return digest_of((path, content.data) for path, content in contents.items())

    def resolve(self, id_: str) -> str | None:
        """The id of the policy that an id or alias names, if there is one."""
        return id_ if id_ in self.policies else self.aliases.get(id_)

    def find(self, id_: str) -> Policy | None:
        """The policy or rule of consistency that an id or alias names, if there is one."""
        named = self.resolve(id_)
        return self.policies[named] if named is not None else self.rules.get(id_)


def path_of(policy: Policy) -> str:
    """The path of a policy's file, or of a rule's, in its pack."""
    return f"{RULES if policy.disputes else policy.id.rpartition('-')[0]}/{policy.id}.yaml"


def asked_of_evidence(written: Mapping[str, str] | None) -> tuple[str, int | None] | None:
    """What a profile or the configuration asks of evidence (`{grade: document, max_age: 90d}`): a grade, and
    an age in days, None for any."""
    if written is None:
        return None
    age = written.get("max_age")
    return written["grade"], int(age[:-1]) if age is not None else None


def least(*limits: int | None) -> int | None:
    """The strictest of some limits; None where there is none."""
    return min((limit for limit in limits if limit is not None), default=None)


def builtin_path() -> str:
    """Where the policies that policyscan ships lie: in the package, or in a checkout at its top."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    packaged = os.path.join(package, "builtin")
    if os.path.isdir(packaged):
        return packaged
    return os.path.join(os.path.dirname(os.path.dirname(package)), "policies")
