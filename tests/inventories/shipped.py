"""The shipped inventories as plain values, and the outcomes of any variant of them under the shipped pack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from policyscan.documents.document import Document
from policyscan.documents.kinds import Kinds
from policyscan.documents.reading import read_text
from policyscan.documents.references import link_across
from policyscan.engine.moments import clock_at, parse_moment
from policyscan.engine.outcomes import evaluate
from policyscan.engine.scan import Plan, scan_document
from policyscan.findings import Result, Status
from policyscan.policies.pack import Pack, builtin_folder, load_pack
from policyscan.policytest.cases import BLANK, MISSING, as_text
from policyscan.source import Source

ROOT = Path(__file__).parents[2] / "inventories"
FILES = {path.relative_to(ROOT).as_posix(): path for path in sorted(ROOT.rglob("*.yaml"))}
KINDS = Kinds.builtin()
AS_OF = "2026-10-31"  # what every shipped inventory's facts are of

Path_ = tuple[str | int, ...]


class _Plain(yaml.SafeLoader):
    """Leaves dates as the text they are, and marks what is blank."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        for _, value in node.value:
            if isinstance(value, yaml.ScalarNode) and value.value == "" and value.style is None:
                value.value, value.tag = BLANK, "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep=deep)


_Plain.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@cache
def pack() -> Pack:
    """The shipped policies."""
    loaded, problems = load_pack(builtin_folder(), KINDS)
    assert problems == []
    assert loaded is not None
    return loaded


@cache
def plain(name: str) -> dict[str, Any]:
    """An inventory as plain values; `$blank` where nothing follows a key."""
    loaded = yaml.load(FILES[name].read_text(encoding="utf-8"), _Plain)  # noqa: S506 - a safe loader
    assert isinstance(loaded, dict)
    return loaded


def decode(name: str, value: Mapping[str, Any]) -> Document:
    """A document from plain values, as if it had been written so; Problems where it is not valid."""
    text = (
        "{"
        + ", ".join(f"{key}: {_text(section)}" for key, section in value.items() if section != MISSING)
        + "}"
    )
    trees, errors = read_text(Source(name, text))
    assert errors == []
    return KINDS[plain(name)["kind"]].decode(trees[0])


def _text(section: Any) -> str:
    """A section as YAML; those that no variant touches are the same objects again and again."""
    known = _TEXTS.get(id(section))
    if known is None or known[0] is not section:
        known = _TEXTS[id(section)] = (section, as_text(section))
    return known[1]


_TEXTS: dict[int, tuple[Any, str]] = {}


@cache
def providers() -> dict[tuple[str, str], Document]:
    """The shipped providers, to be referred to."""
    names = [name for name in FILES if name.startswith("providers/")]
    return {("provider", one.id): one for one in (decode(name, plain(name)) for name in names)}


def outcomes(name: str, value: Mapping[str, Any]) -> list[tuple[str, str, Status]]:
    """Policy, subject and status of every result of a variant, beside the shipped providers.

    Without explanations, waivers and what is due, so that thousands of variants are quick.
    """
    document = decode(name, value)
    link_across(document, lambda kind, id_: providers().get((kind, id_)))
    clock = clock_at(parse_moment(AS_OF), document.time_zone or "UTC")
    document.as_seen(clock)
    kind = document.kind.name
    chosen = [policy for policy in pack().policies.values() if policy.info.kind == kind and not policy.uses]
    return [(p.id, one.subject, one.status) for p in chosen for one in evaluate(p, document.value, clock)]


def results(name: str) -> list[Result]:
    """Every result of an inventory as it stands, as a scan gives them: with waivers and what is due."""
    document = decode(name, plain(name))
    link_across(document, lambda kind, id_: providers().get((kind, id_)))
    policies = pack().policies
    plan = Plan(
        list(policies.values()), policies, {id_: id_ for id_ in policies}, parse_moment(AS_OF), full=True
    )
    return scan_document(document, plan, list(providers().values())).results


def key_paths(value: object, path: Path_ = ()) -> Iterator[Path_]:
    """The path of every key of every mapping within a value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            yield from key_paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from key_paths(inner, (*path, index))


def at(value: Any, path: Path_) -> Any:
    """What stands at a path."""
    for step in path:
        value = value[step]
    return value


def changed(value: Any, path: Path_, new: object) -> Any:
    """A copy of a value with another one at a path; only what is on the way is copied."""
    if not path:
        return new
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(copy[path[0]], path[1:], new)
    return copy
