"""What `list` does: which controls and rules of consistency there are, all or those that a caller chooses.

In: a workspace, and the names that a caller chose by. Out: policies, what is left out, and the profiles that
each is in; UsageError or Problems for names that fit nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from policyscan.cel.spelling import did_you_mean
from policyscan.errors import UsageError
from policyscan.policies.pack import Pack
from policyscan.policies.policy import Policy
from policyscan.session.choice import choose_policies, companions_of
from policyscan.session.workspace import Workspace


def list_policies(
    workspace: Workspace,
    profile: str | None,
    select: Sequence[str],
    ignore: Sequence[str],
    companions: bool | None,
) -> tuple[list[Policy], tuple[str, ...]]:
    """The controls to list, the rules of consistency that go with any of them after these, and what is left
    out."""
    if profile or select or ignore:
        choice = choose_policies(workspace, profile, select, ignore, companions)
        return [*choice.policies, *choice.rules], choice.left_out
    everything = [policy for pack in workspace.packs for policy in pack.policies.values()]
    rules = [rule for pack in workspace.packs for rule in pack.rules.values()]
    if companions is not False:
        return [*everything, *rules], ()
    dropped = companions_of(everything, workspace.packs)
    kept = [policy for policy in everything if policy.id not in dropped]
    return [*kept, *rules], tuple(f"{id_} (companion)" for id_ in dropped)


def about_kind(policies: Sequence[Policy], kind: str, kinds: Sequence[str]) -> list[Policy]:
    """Those about one kind of inventory."""
    if kind not in kinds:
        hint = did_you_mean(kind, kinds) or f"kinds are: {', '.join(kinds)}"
        raise UsageError(f"there is no kind of inventory {kind!r}", hint=hint)
    return [policy for policy in policies if policy.about(kind) is not None]


def related_to(policies: Sequence[Policy], framework: str) -> list[Policy]:
    """Those that are related to ids of a framework."""
    known = sorted({name for policy in policies for name in policy.info.related})
    if framework not in known:
        begun = [name for name in known if name.startswith(framework.lower())]
        hint = did_you_mean(framework, known) or (f"did you mean {begun[0]}?" if begun else None)
        hint = hint or f"frameworks are: {', '.join(known)}"
        raise UsageError(f"no control is related to a framework {framework!r}", hint=hint)
    return [policy for policy in policies if policy.info.related.get(framework)]


def tagged(policies: Sequence[Policy], tag: str) -> list[Policy]:
    """Those with a tag."""
    known = sorted({name for policy in policies for name in policy.info.tags})
    if tag not in known:
        hint = did_you_mean(tag, known) or (f"tags are: {', '.join(known)}" if known else "none has any")
        raise UsageError(f"no control has the tag {tag!r}", hint=hint)
    return [policy for policy in policies if tag in policy.info.tags]


def profiles_of(policy: Policy, packs: Sequence[Pack]) -> list[str]:
    """The names of the profiles that a policy is in; a rule of consistency is in none, and always on."""
    return [
        name
        for pack in packs
        for name, profile in pack.profiles.items()
        if policy.id in pack.policies
        and (policy.status != "preview" if profile.policies is None else policy.id in profile.policies)
    ]
