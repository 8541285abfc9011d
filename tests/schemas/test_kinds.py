"""The schemas of the built-in kinds: sound, closed, explained, and true to the documents they describe."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCHEMAS = {
    kind: json.loads((ROOT / f"src/policyscan/schemas/{kind}.schema.json").read_text(encoding="utf-8"))
    for kind in ("client", "provider", "portfolio")
}
DOCUMENTS = [
    *sorted((Path(__file__).parent / "documents").glob("*.yaml")),
    *sorted(path for path in (ROOT / "inventories").rglob("*.yaml") if "plans" not in path.parts),
]
# What only a document without any of it can be understood: nothing else may be required.
REQUIRED_AT_ROOT = {
    "client": ["schema_version", "kind", "as_of", "organisation"],
    "provider": ["schema_version", "kind", "as_of", "organisation"],
    "portfolio": ["schema_version", "kind", "as_of", "owner"],
}
# What two readers of JSON Schema understand differently, or that no policy could be typed by.
AVOIDED = ("multipleOf", "oneOf", "allOf", "not", "if", "prefixItems", "unevaluatedProperties", "$dynamicRef")

by_kind = pytest.mark.parametrize("kind", SCHEMAS)


class _Plain(yaml.SafeLoader):
    """Leaves dates as the text they are, and blank keys out, as policyscan does."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        node.value = [(key, value) for key, value in node.value if not blank(value)]
        return super().construct_mapping(node, deep=deep)


_Plain.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def blank(node: yaml.Node) -> bool:
    """Whether nothing at all follows a key: neither a text nor null."""
    return isinstance(node, yaml.ScalarNode) and node.value == "" and node.style is None


def read(path: Path) -> dict[str, Any]:
    loaded = yaml.load(path.read_text(encoding="utf-8"), _Plain)  # noqa: S506 - a safe loader, less dates
    assert isinstance(loaded, dict)
    return loaded


def nodes(schema: object, path: str = "$") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every mapping in a schema with its path."""
    if isinstance(schema, dict):
        yield path, schema
        for key, value in schema.items():
            yield from nodes(value, f"{path}.{key}")
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from nodes(value, f"{path}[{index}]")


def properties(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property of every object with its path."""
    for path, node in nodes(schema):
        if isinstance(node.get("properties"), dict) and "additionalProperties" in node:
            for name, value in node["properties"].items():
                yield f"{path}.{name}", value


def resolve(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """The part of a schema that a property describes: through `$ref` and past `null`."""
    if "$ref" in node:
        return resolve(schema, schema["$defs"][node["$ref"].removeprefix("#/$defs/")])
    if "anyOf" in node and "x-money" not in node:
        return resolve(schema, next(part for part in node["anyOf"] if part.get("type") != "null"))
    return node


def list_at(schema: dict[str, Any], path: str) -> dict[str, Any]:
    """The items of the list that an `x-ref` names; `*` stands for any item of a list before it."""
    node: dict[str, Any] = schema
    for part in path.split("/"):
        node = resolve(schema, node["items"] if part == "*" else node["properties"][part])
    return resolve(schema, node["items"])


@by_kind
def test_schema_is_valid(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[kind])


@by_kind
def test_every_object_is_closed_but_for_x_keys(kind: str) -> None:
    def free(node: dict[str, Any]) -> dict[str, Any]:
        """At the top, JSON files say where their schema is."""
        return {"^x-": {}, **({r"^\$schema$": {"type": "string"}} if node is SCHEMAS[kind] else {})}

    open_ones = [
        path
        for path, node in nodes(SCHEMAS[kind])
        if "properties" in node
        and node.get("type") == "object"
        and (node.get("additionalProperties") is not False or node.get("patternProperties") != free(node))
    ]
    assert open_ones == []


@by_kind
def test_only_what_identifies_is_required(kind: str) -> None:
    schema = SCHEMAS[kind]
    assert schema["required"] == REQUIRED_AT_ROOT[kind]
    own_ids = {name: [node["x-id"]] for name, node in schema["$defs"].items() if "x-id" in node}
    own_ids |= {"money_amount": ["amount", "currency"], "waiver": ["policy"]}
    found = {name: node["required"] for name, node in schema["$defs"].items() if "required" in node}
    assert found == {name: keys for name, keys in own_ids.items() if name in schema["$defs"]}


@by_kind
def test_every_property_is_explained_and_asks_a_question(kind: str) -> None:
    silent = [
        path
        for path, node in properties(SCHEMAS[kind])
        if not node.get("description", "").rstrip("`").endswith(".")
        or not node.get("x-question", "").endswith("?")
    ]
    assert silent == []


@by_kind
def test_every_number_date_and_sum_has_a_unit(kind: str) -> None:
    schema = SCHEMAS[kind]
    bare = []
    for path, node in properties(schema):
        found = resolve(schema, node)
        kinds = found.get("type", [])
        numeric = {"integer", "number"} & set(kinds if isinstance(kinds, list) else [kinds])
        if (numeric and "const" not in found) or found.get("x-money") or "format" in found:
            bare += [path] if "x-unit" not in node else []
    assert bare == []


@by_kind
def test_absence_has_a_reason(kind: str) -> None:
    for path, node in nodes(SCHEMAS[kind]):
        if "x-when-absent" in node:
            assert set(node["x-when-absent"]) == {"value", "why"}, path
            whole = {**node, "$defs": SCHEMAS[kind]["$defs"]}
            assert jsonschema_rs.is_valid(whole, node["x-when-absent"]["value"]), path


@by_kind
def test_references_and_keys_lead_somewhere(kind: str) -> None:
    schema = SCHEMAS[kind]
    for path, node in nodes(schema):
        refs = node.get("x-ref", [])
        for ref in [refs] if isinstance(refs, str) else refs:
            target = SCHEMAS[ref.removeprefix("kind:")] if ref.startswith("kind:") else list_at(schema, ref)
            assert "x-id" in target, f"{path}: the targets of {ref} have no id"
        if "x-key" in node:
            assert node["x-key"] in resolve(schema, node["items"])["required"], path
        if "x-id" in node and path != "$":
            assert node["x-id"] in node["properties"], path


@by_kind
def test_nothing_is_used_that_readers_understand_differently(kind: str) -> None:
    text = json.dumps(SCHEMAS[kind])
    assert [word for word in AVOIDED if f'"{word}"' in text] == []
    patterns = [node["pattern"] for _, node in nodes(SCHEMAS[kind]) if isinstance(node.get("pattern"), str)]
    assert [p for p in patterns if "\\d" in p or "\\w" in p or "(?" in p] == []


def test_types_of_one_name_are_one_type() -> None:
    met: dict[str, tuple[str, Any]] = {}
    for kind, schema in SCHEMAS.items():
        for name, node in schema["$defs"].items():
            first, seen = met.setdefault(name, (kind, node))
            # What evidence may cover is the kind's own list of sections.
            assert name == "evidence" or node == seen, f"{name} differs between {first} and {kind}"


@by_kind
def test_evidence_may_cover_every_section_of_facts(kind: str) -> None:
    schema = SCHEMAS[kind]
    plain = {"schema_version", "kind", "as_of", "time_zone", "currency", "defaults"}
    plain |= {"waivers", "evidence", "statements"}
    covers = schema["$defs"]["evidence"]["properties"]["covers"]["items"]["enum"]
    assert covers == [name for name in schema["properties"] if name not in plain]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_both_validators_accept_the_documents(path: Path) -> None:
    document = read(path)
    schema = SCHEMAS[document["kind"]]
    assert [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(document)] == []
    assert [str(error) for error in jsonschema_rs.validator_for(schema).iter_errors(document)] == []


BROKEN = {
    "a misspelt key": {"peeple": []},
    "a number for a text": {"time_zone": 5},
    "a fraction of a person": {"organisation": {"id": "x", "employees_count": 1.5}},
    "a negative count": {"organisation": {"id": "x", "employees_count": -1}},
    "an empty text": {"organisation": {"id": "x", "name": ""}},
    "a business without an id": {"organisation": {"name": "X"}},
    "a device without an id": {"devices": [{"kind": "laptop"}]},
    "an unknown rating": {"risk_audits": [{"exposures": [{"id": "x", "rating": "bad"}]}]},
    "more than a hundred percent": {"email": {"domains": [{"name": "a.example", "dmarc_pct": 101}]}},
    "half past midnight twice": {"organisation": {"id": "x", "business_hours": {"opens": "24:30"}}},
    "an unknown section of evidence": {"evidence": [{"id": "e", "covers": ["gadgets"]}]},
    "an id with a space": {"people": [{"id": "p ames"}]},
    "null for a list": {"devices": None},
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN.keys())
def test_both_validators_reject(change: dict[str, Any]) -> None:
    document = {"schema_version": 1, "kind": "client", "as_of": "2026-10-31", "organisation": {"id": "x"}}
    assert jsonschema_rs.is_valid(SCHEMAS["client"], document)
    document |= change
    assert not jsonschema_rs.is_valid(SCHEMAS["client"], document)
    assert not jsonschema.Draft202012Validator(SCHEMAS["client"]).is_valid(document)
