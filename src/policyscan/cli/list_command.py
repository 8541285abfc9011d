"""`policyscan list`: controls, with their profiles and framework ids."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from policyscan.cli.options import POLICY_OPTIONS, add_options, ids_in
from policyscan.cli.terminal import plural
from policyscan.display import json_text
from policyscan.errors import UsageError
from policyscan.output import put, show
from policyscan.policies.pack import Pack
from policyscan.policies.policy import Policy
from policyscan.reading.suggest import did_you_mean
from policyscan.session.choice import choose_policies, companions_of
from policyscan.session.workspace import Workspace, open_workspace

NOWHERE = "in no profile"


@click.command("list")
@add_options(POLICY_OPTIONS)
@click.option(
    "--config", type=click.Path(path_type=Path), help="Settings file instead of the nearest policyscan.yaml."
)
@click.option("--kind", metavar="KIND", help="Only controls about this kind of inventory.")
@click.option("--framework", metavar="NAME", help="Show related ids of a framework such as cis-v8.")
@click.option(
    "-f",
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What to print.",
)
def command(
    folders: Sequence[Path],
    profile: str | None,
    select: Sequence[str],
    ignore: Sequence[str],
    companions: bool | None,
    cache: bool,
    config: Path | None,
    kind: str | None,
    framework: str | None,
    format_: str,
) -> int:
    """List controls: all of them, or those of a profile or selection.

    Ids of frameworks are related to a control; meeting its test does not satisfy them.
    """
    workspace = open_workspace(config=config, folders=folders, use_cache=cache)
    names = ids_in(select), ids_in(ignore)
    chosen, left_out = _chosen(workspace, profile, *names, companions)
    if kind is not None:
        chosen = _about(chosen, kind, workspace.kinds.names)
    if framework is not None:
        chosen = _related(chosen, framework)
    if format_ == "json":
        listed = [_as_json(policy, workspace.packs) for policy in chosen]
        put(json_text(json.dumps(listed, indent=2, ensure_ascii=False)) + "\n", exact=True)
        return 0
    for policy in chosen:
        show(_line(policy, workspace.packs, framework))
    if chosen:
        show("")
    without = f" Left out: {', '.join(left_out)}." if left_out else ""
    show(f"{plural(len(chosen), 'control')}.{without} More about one: policyscan explain ID")
    return 0


def _chosen(
    workspace: Workspace,
    profile: str | None,
    select: Sequence[str],
    ignore: Sequence[str],
    companions: bool | None,
) -> tuple[list[Policy], tuple[str, ...]]:
    """The controls to list, and what is left out of them."""
    if profile or select or ignore:
        choice = choose_policies(workspace, profile, select, ignore, companions)
        return list(choice.policies), choice.left_out
    everything = [policy for pack in workspace.packs for policy in pack.policies.values()]
    if companions is not False:
        return everything, ()
    dropped = companions_of(everything, workspace.packs)
    kept = [policy for policy in everything if policy.id not in dropped]
    return kept, tuple(f"{id_} (companion)" for id_ in dropped)


def _about(policies: Sequence[Policy], kind: str, kinds: Sequence[str]) -> list[Policy]:
    if kind not in kinds:
        hint = did_you_mean(kind, kinds) or f"kinds are: {', '.join(kinds)}"
        raise UsageError(f"there is no kind of inventory {kind!r}", hint=hint)
    return [policy for policy in policies if policy.info.kind == kind]


def _related(policies: Sequence[Policy], framework: str) -> list[Policy]:
    known = sorted({name for policy in policies for name in policy.info.related})
    if framework not in known:
        begun = [name for name in known if name.startswith(framework.lower())]
        hint = did_you_mean(framework, known) or (f"did you mean {begun[0]}?" if begun else None)
        hint = hint or f"frameworks are: {', '.join(known)}"
        raise UsageError(f"no control is related to a framework {framework!r}", hint=hint)
    return [policy for policy in policies if policy.info.related.get(framework)]


def _profiles(policy: Policy, packs: Sequence[Pack]) -> list[str]:
    return [
        name
        for pack in packs
        for name, profile in pack.profiles.items()
        if policy.id in pack.policies
        and (policy.status != "preview" if profile.policies is None else policy.id in profile.policies)
    ]


def _line(policy: Policy, packs: Sequence[Pack], framework: str | None) -> str:
    info = policy.info
    related = f"  related to {framework} {', '.join(info.related[framework])}" if framework else ""
    profiles = ", ".join(_profiles(policy, packs))
    instead = f": use {policy.replaced_by} instead" if policy.replaced_by else ""
    status = f" ({policy.status}{instead})" if policy.status != "stable" else ""
    title = f"{info.title}{status}{related or f'  [{profiles or NOWHERE}]'}"
    return f"{info.id:<9} {info.severity.value:<9} {info.kind:<10} {title}"


def _as_json(policy: Policy, packs: Sequence[Pack]) -> dict[str, Any]:
    info = policy.info
    return {
        "id": info.id,
        "title": info.title,
        "severity": info.severity.value,
        "kind": info.kind,
        "origin": info.origin,
        "status": policy.status,
        "replaced_by": policy.replaced_by,
        "profiles": _profiles(policy, packs),
        "related": {name: list(ids) for name, ids in info.related.items()},
        "file": info.file,
    }
