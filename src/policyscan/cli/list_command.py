"""`policyscan list`: in, what to choose by; out, a line for each control, or all of them as JSON.

What is chosen stands in `session/listing.py`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from policyscan.cli.options import POLICY_OPTIONS, add_options, format_option, ids_in
from policyscan.cli.terminal import plural, width
from policyscan.display import json_text
from policyscan.output import put, show
from policyscan.policies.pack import Pack
from policyscan.policies.policy import Policy
from policyscan.reporters.layout import hanging, wrapped
from policyscan.reporters.wording import framework_name
from policyscan.session.listing import about_kind, list_policies, profiles_of, related_to, tagged
from policyscan.session.workspace import open_workspace

NOWHERE = "in no profile"


@click.command("list")
@add_options(POLICY_OPTIONS)
@click.option(
    "--config", type=click.Path(path_type=Path), help="Settings file instead of the nearest policyscan.yaml."
)
@click.option("--kind", metavar="KIND", help="Only controls about this kind of inventory.")
@click.option("--framework", metavar="NAME", help="Show related ids of a framework such as cis-v8.")
@click.option("--tag", metavar="NAME", help="Only controls with this tag; one that is none tells which are.")
@format_option(("text", "json"))
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
    tag: str | None,
    format_: str,
) -> int:
    """List controls: all of them, or those of a profile or selection.

    The rules of consistency follow, which are always on.

    Ids of frameworks are related to a control; meeting its test does not satisfy them.
    """
    workspace = open_workspace(config=config, folders=folders, use_cache=cache)
    names = ids_in(select), ids_in(ignore)
    chosen, left_out = list_policies(workspace, profile, *names, companions)
    if kind is not None:
        chosen = about_kind(chosen, kind, workspace.kinds.names)
    if framework is not None:
        chosen = related_to(chosen, framework)
    if tag is not None:
        chosen = tagged(chosen, tag)
    if format_ == "json":
        listed = [_as_json(policy, workspace.packs) for policy in chosen]
        put(json_text(json.dumps(listed, indent=2, ensure_ascii=False)) + "\n", exact=True)
        return 0
    columns = width()
    for policy in chosen:
        show(*_lines(policy, workspace.packs, framework, columns))
    if chosen:
        show("")
    without = f" Left out: {', '.join(left_out)}." if left_out else ""
    rules = sum(bool(policy.disputes) for policy in chosen)
    always = f", {plural(rules, 'rule')} of consistency" if rules else ""
    said = f"{plural(len(chosen) - rules, 'control')}{always}.{without}"
    show(*wrapped(f"{said} More about one: policyscan explain ID", columns))
    return 0


def _lines(policy: Policy, packs: Sequence[Pack], framework: str | None, columns: int | None) -> list[str]:
    """One control, in as many lines as the terminal needs."""
    info = policy.info
    related = (
        f"  related to {framework_name(framework)} {', '.join(info.related[framework])}" if framework else ""
    )
    profiles = "always on" if policy.disputes else ", ".join(profiles_of(policy, packs))
    instead = f": use {policy.replaced_by} instead" if policy.replaced_by else ""
    status = f" ({policy.status}{instead})" if policy.status != "stable" else ""
    title = f"{info.title}{status}{related or f'  [{profiles or NOWHERE}]'}"
    lines = hanging(f"{info.id:<9} {info.severity.value:<9} {info.kind:<10} ", title, columns)
    return [line.rstrip() for line in lines]


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
        "profiles": profiles_of(policy, packs),
        "related": {name: list(ids) for name, ids in info.related.items()},
        "tags": list(info.tags),
        "file": info.file,
    }
