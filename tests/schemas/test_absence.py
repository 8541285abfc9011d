"""Keys whose absence has a meaning: the controls' own cases show them both written and left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from policyscan.policies.pack import TEST_SUFFIX, builtin_folder
from policyscan.policytest.cases import BLANK, MISSING, merge

SCHEMAS = Path(__file__).parents[2] / "src/policyscan/schemas"
# Facts that no control reads yet.
UNREAD = {
    "person.on_file",
    "support_line.on_file",
    "provider_organisation.freelancer",
    "staff_member.contracted",
}


@cache
def schema_of(kind: str) -> dict[str, Any]:
    loaded = json.loads((SCHEMAS / f"{kind}.schema.json").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def with_a_meaning() -> set[str]:
    """`fix.severity`: every key with x-when-absent, by the name of what holds it."""
    found = set()
    for kind in ("client", "provider", "portfolio"):
        schema = schema_of(kind)
        for name, node in {kind: schema, **schema["$defs"]}.items():
            for key, value in node.get("properties", {}).items():
                if "x-when-absent" in value:
                    found.add(f"{name}.{key}")
    return found


def objects(schema: dict[str, Any], node: dict[str, Any], name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every mapping within a value with the name of its definition."""
    if "$ref" in node:
        name = node["$ref"].removeprefix("#/$defs/")
        node = schema["$defs"][name]
    if "anyOf" in node:
        if value is not None and "x-money" not in node:
            yield from objects(schema, next(n for n in node["anyOf"] if n.get("type") != "null"), name, value)
    elif isinstance(value, list):
        for item in value:
            yield from objects(schema, node["items"], name, item)
    elif isinstance(value, dict) and "properties" in node:
        yield name, value
        for key, item in value.items():
            if key in node["properties"]:
                yield from objects(schema, node["properties"][key], f"{name}.{key}", item)


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    """The kind and the inventory of every case of every shipped control."""
    for path in sorted(builtin_folder().glob(f"*/*{TEST_SUFFIX}")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        policy = yaml.safe_load(
            path.with_name(path.name.removesuffix(TEST_SUFFIX) + ".yaml").read_text(encoding="utf-8")
        )
        for case in content["cases"]:
            yield policy["kind"], merge(content.get("base", {}), case.get("with", {}))
            for other in case.get("documents", ()):
                yield other["kind"], other


def test_the_cases_show_each_key_written_and_left_out() -> None:
    keys = with_a_meaning()
    written: set[str] = set()
    left_out: set[str] = set()
    for kind, document in documents():
        schema = schema_of(kind)
        for name, value in objects(schema, schema, kind, document):
            for key in keys:
                holder, _, own = key.rpartition(".")
                if holder == name:
                    present = own in value and value[own] not in (MISSING, BLANK)
                    (written if present else left_out).add(key)
    assert sorted(keys - left_out - UNREAD) == []
    assert sorted(keys - written - UNREAD) == []
    assert keys >= UNREAD
