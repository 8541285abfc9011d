"""The schemas that editors get: a blank is no error in them where it is none for policyscan."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from policyscan.kinds.published import with_blanks

SCHEMAS = Path(__file__).resolve().parents[2] / "src" / "policyscan" / "schemas"
KINDS = ("client", "provider", "portfolio")


def _schema(kind: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{kind}.schema.json").read_text(encoding="utf-8"))
    return schema


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_that_is_not_required_may_be_blank_and_no_other(kind: str) -> None:
    schema = _schema(kind)
    checked = with_blanks(schema)
    jsonschema.Draft202012Validator.check_schema(checked)
    least = {"schema_version": 1, "kind": kind, "as_of": "2026-10-31"}
    least |= {"organisation": {"id": "a"}} if "organisation" in schema["properties"] else {}
    least |= {key: "a" for key in schema["required"] if key not in least}
    validator = jsonschema.Draft202012Validator(checked)
    assert validator.is_valid(least), list(validator.iter_errors(least))
    for key in schema["properties"]:
        assert validator.is_valid({**least, key: None}) is (key not in schema["required"]), key


@pytest.mark.parametrize(
    ("part", "valid", "invalid"),
    [
        ({"type": "string", "pattern": "^a$"}, ["a", None], ["b", 1]),
        ({"enum": ["a", "b"], "description": "d"}, ["a", None], ["c"]),
        ({"const": 1}, [1, None], [2]),
        (
            {"$ref": "#/$defs/d", "x-key": "id"},
            [{"id": "x"}, {"id": "x", "n": None}, None],
            [{"id": None}, {}],
        ),
        ({"type": "array", "items": {"type": "string"}}, [[], ["a"], None], [[None], [1]]),
        ({"type": ["integer", "null"]}, [1, None], ["a"]),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, [{"k": None}, None], [{"k": "a"}]),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, [1, None], ["a"]),
    ],
    ids=str,
)
def test_blanks_are_null_and_nothing_else_is_let_in(part: Any, valid: list[Any], invalid: list[Any]) -> None:
    item = {
        "type": "object",
        "properties": {"id": {"type": "string"}, "n": {"type": "integer"}},
        "required": ["id"],
    }
    made = with_blanks({"type": "object", "properties": {"k": part}, "$defs": {"d": item}})
    validator = jsonschema.Draft202012Validator(made)
    assert [value for value in valid if not validator.is_valid({"k": value})] == []
    assert [value for value in invalid if validator.is_valid({"k": value})] == []
    assert made["properties"]["k"].get("description") == part.get("description")


def test_it_is_the_same_schema_but_for_that() -> None:
    schema = _schema("client")
    before = json.dumps(schema)
    assert with_blanks(with_blanks(schema)) == with_blanks(schema)
    assert json.dumps(schema) == before


class _Core(yaml.SafeLoader):
    """Dates stay text, as our own reader has them."""


_Core.yaml_implicit_resolvers = {
    key: [pair for pair in pairs if not pair[0].endswith("timestamp")]
    for key, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(text: str) -> Any:
    """A document as editors read it: a blank is null."""
    return yaml.load(text, _Core)  # noqa: S506 - it is a safe loader


@pytest.mark.parametrize("kind", ["client", "provider"])
def test_what_init_writes_pleases_it(kind: str) -> None:
    template = SCHEMAS.parent / "session" / "templates" / f"{kind}.yaml"
    text = template.read_text(encoding="utf-8").replace("NAME", "oak").replace("TODAY", "2026-10-31")
    errors = jsonschema.Draft202012Validator(with_blanks(_schema(kind))).iter_errors(read_yaml(text))
    assert [error.message for error in errors] == []


ROOT = SCHEMAS.parents[2]
SHIPPED = sorted((ROOT / "inventories").rglob("*.yaml"))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_every_shipped_inventory_pleases_the_schema_that_its_first_line_names(file: Path) -> None:
    """What editors say of it, which take a blank for null."""
    text = file.read_text(encoding="utf-8")
    first = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    if first is None:
        assert "schema_version:" not in text
        return
    schema = (file.parent / first[1]).resolve()
    assert schema.parent == ROOT / "schemas"
    validator = jsonschema.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))
    for part in text.split("\n---\n"):
        assert [error.message for error in validator.iter_errors(read_yaml(part))] == []
