"""The schemas that editors get: a blank is no error in them where it is none for policyscan."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from policyscan.kinds.defaults import allowed
from policyscan.kinds.kinds import Kinds
from policyscan.kinds.published import of_defaults, with_blanks
from policyscan.kinds.shapes import Shape
from tests.cli.runner import policyscan

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


ROOT = SCHEMAS.parents[2]
MODELINE = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")


def complaints(file: Path, schema: Path | None = None) -> list[str]:
    """What an editor says of a file by the schema that its first line names, or by another one."""
    text = file.read_text(encoding="utf-8")
    named = MODELINE.match(text)
    assert (named is None) == (schema is not None)
    path = schema or (file.parent / named[1] if named else file)
    validator = jsonschema.Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))
    return [
        error.message for part in text.split("\n---\n") for error in validator.iter_errors(read_yaml(part))
    ]


def test_what_init_writes_pleases_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for args in ("--repo", "oak", "it --kind provider", "book --kind portfolio", "ours --kind policy-pack"):
        assert policyscan(monkeypatch, tmp_path, "init", *args.split()).code == 0
    written = sorted((tmp_path / "inventories").rglob("*.yaml"))
    assert [complaint for file in written for complaint in complaints(file)] == []
    assert len(written) == 3
    others = {"policyscan.yaml": "config", "ours/pack.yaml": "pack", "ours/DISK/DISK-01.yaml": "policy",
              "ours/DISK/DISK-01.test.yaml": "test"}  # fmt: skip
    for name, schema in others.items():
        assert complaints(tmp_path / name, SCHEMAS / f"{schema}.schema.json") == []


def _lendable(shape: Shape, lead: str = "") -> Iterator[str]:
    """The paths of what may stand in a file of defaults, as policyscan itself has it."""
    for key, field in shape.fields.items():
        if key.startswith("$"):
            continue
        yield f"{lead}{key}"
        items = field.shape.items.shape if field.shape.items is not None else None
        if not field.default_ok:
            yield from _lendable(field.shape, f"{lead}{key}.")
            yield from _lendable(items, f"{lead}{key}[].") if items is not None else ()


def _said_by(part: dict[str, Any], lead: str = "") -> Iterator[str]:
    for key, inner in part.get("properties", {}).items():
        yield f"{lead}{key}"
        if not inner.get("x-default-ok"):
            yield from _said_by(inner, f"{lead}{key}.")
            yield from _said_by(inner.get("items", {}), f"{lead}{key}[].")


def test_the_schema_of_defaults_lets_in_what_may_come_from_them_and_nothing_else() -> None:
    schema = of_defaults(_schema("client"))
    about = {"defaults_for", "as_of"}
    assert set(_said_by(schema)) - about == set(_lendable(allowed(Kinds.builtin()["client"].shape)))
    assert set(schema["required"]) == about
    validator = jsonschema.Draft202012Validator(with_blanks(schema))
    plan = {
        "defaults_for": "client",
        "as_of": "2026-01-01",
        "providers": [{"id": "it", "sla": {"document": None}}],
    }
    assert validator.is_valid(plan)
    for wrong in (
        {"people": []},
        {"providers": [{"sla": {}}]},
        {"defaults_for": "provider"},
        {"currency": 7},
    ):
        assert not validator.is_valid({**plan, **wrong}), wrong


SHIPPED = sorted((ROOT / "inventories").rglob("*.yaml"))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_every_shipped_inventory_pleases_the_schema_that_its_first_line_names(file: Path) -> None:
    """What editors say of it, which take a blank for null."""
    named = MODELINE.match(file.read_text(encoding="utf-8"))
    assert named is not None
    assert (file.parent / named[1]).resolve().parent == ROOT / "schemas"
    assert complaints(file) == []
