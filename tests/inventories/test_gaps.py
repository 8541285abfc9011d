"""Missing evidence is never a pass: no key of any shipped inventory can be left out to better a result."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from policyscan.errors import PolicyscanError
from policyscan.findings import FINDINGS
from policyscan.policytest.cases import BLANK, MISSING
from tests.inventories import shipped

SCHEMAS = Path(__file__).parents[2] / "src/policyscan/schemas"


@cache
def schema_of(kind: str) -> dict[str, Any]:
    loaded = json.loads((SCHEMAS / f"{kind}.schema.json").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def resolve(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        return resolve(schema, schema["$defs"][node["$ref"].removeprefix("#/$defs/")])
    if "anyOf" in node and "x-money" not in node:
        return resolve(schema, next(part for part in node["anyOf"] if part.get("type") != "null"))
    return node


def absence_has_a_meaning(kind: str, path: shipped.Path_) -> bool:
    """Whether the schema says what it means that this key is missing."""
    schema = schema_of(kind)
    node: dict[str, Any] = schema
    for step in path:
        found = resolve(schema, node)
        if isinstance(step, int):
            node = found["items"]
        else:
            node = found.get("properties", {}).get(step) or found.get("additionalProperties") or {}
            if not node and "anyOf" in found:  # money with a currency of its own
                return False
    return "x-when-absent" in node


def findings(name: str, value: dict[str, Any]) -> dict[str, set[str]]:
    """The subjects with findings, by policy."""
    made: dict[str, set[str]] = {}
    for policy, subject, status in shipped.outcomes(name, value):
        if status in FINDINGS:
            made.setdefault(policy, set()).add(subject)
    return made


def betterments(name: str, path: shipped.Path_, new: str, before: dict[str, set[str]]) -> list[str]:
    """What became better when a key was left out or blank; nothing where the inventory is refused."""
    try:
        after = findings(name, shipped.changed(shipped.plain(name), path, new))
    except PolicyscanError:
        return []
    # A list that is not known has no subjects to name, and a subject that lost its name is called by its
    # number; the list's own finding, or the one with the number, stands for them.
    lists = {
        policy for policy, subjects in after.items() if any("." in s or "#" in s or s == "" for s in subjects)
    }
    where = ".".join(str(step) for step in path)
    return [
        f"{where} {new[1:]}: {policy} {subject} no longer a finding"
        for policy, subjects in before.items()
        for subject in subjects - after.get(policy, set())
        if policy not in lists and not (new == MISSING and shipped.pack().policies[policy].absence_ok)
    ]


@pytest.mark.parametrize("name", [name for name in shipped.FILES if not name.startswith("portfolios/")])
@pytest.mark.parametrize("new", [MISSING, BLANK])
def test_leaving_a_key_out_betters_nothing(name: str, new: str) -> None:
    value = shipped.plain(name)
    before = findings(name, value)
    better = [
        line
        for path in (shipped.key_paths(value) if before else ())
        if path != ("kind",) and not (new == MISSING and absence_has_a_meaning(value["kind"], path))
        for line in betterments(name, path, new, before)
    ]
    assert better == []
