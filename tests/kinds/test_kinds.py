"""Kinds: what a schema may say, and the types that policies see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyscan.cel import types
from policyscan.errors import DocumentError, Problems
from policyscan.kinds.kinds import BUILT_IN, Kinds, unfit_defaults
from policyscan.kinds.shapes import to_rows
from policyscan.store import Store
from tests.workshop import HERE


def schema(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "x-id": "id",
        "required": ["kind", "id"],
        "properties": {"kind": {"const": "mine"}, "id": {"type": "string"}, **properties},
        "additionalProperties": False,
    }


def load(tmp_path: Path, content: Any) -> Any:
    path = tmp_path / "mine.schema.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return Kinds.builtin().load(path, "mine.schema.json")


PERSON = {"type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": False}


BELIEVED = {"least": 1, "why": "so"}
BACKED = {"starts": "start_date", "ends": "end_date", "never": {}, "max_age": 365}


@pytest.mark.parametrize(
    ("properties", "message", "hint"),
    [
        (
            {"a": {"type": "string", "x-pst": True}},
            "#/properties/a: x-pst is no annotation",
            "did you mean x-past?",
        ),
        (
            {"a": {"type": "string", "x-past": True}},
            "#/properties/a: x-past belongs on a date or an instant",
            None,
        ),
        (
            {"a": {"type": "array", "items": {"type": "string", "format": "date", "x-past": True}}},
            "#/properties/a: x-past belongs on a property, not on the items of a list",
            None,
        ),
        *(
            (
                {"a": {**form, "x-says": says}},
                "#/properties/a: x-says belongs on a text, and is one of document, name, person, phone,"
                " place, reason, test, text",
                None,
            )
            for form, says in (({"type": "string"}, "title"), ({"type": "integer"}, "name"))
        ),
        (
            {"a": {"type": "string", "format": "date", "x-later": "why"}},
            "#/properties/a: x-later belongs beside x-past, and says why the date may be later than evidence",
            None,
        ),
        (
            {"a": {"type": "string", "format": "date", "x-past": True, "x-later": " "}},
            "#/properties/a: x-later belongs beside x-past, and says why the date may be later than evidence",
            None,
        ),
        *(
            (
                {"a": {**PERSON, "x-orders": orders}},
                "#/properties/a: x-orders lists which date comes before which, and what to say",
                "[{first: reported_at, then: solved_at, say: solved on {then}, before {first}}]",
            )
            for orders in (
                {"first": "id", "then": "id", "say": "{first} {then}"},
                ["id"],
                [{"first": "id", "then": "id"}],
                [{"first": "id", "then": "id", "say": "{first}"}],
                [{"first": "id", "then": "id", "say": "{first} {then}", "slack": "30d"}],
                [{"first": "id", "then": "id", "say": "{first} {then}", "slak": 30}],
            )
        ),
        (
            {"a": {**PERSON, "x-orders": [{"first": "id", "then": "x[].y", "say": "{first} {then}"}]}},
            "#/properties/a: x-orders names id, which is no date of it",
            None,
        ),
        *(
            (
                {
                    "statements": {
                        "type": "array",
                        "items": PERSON,
                        "x-statements": {**BACKED, "begins": begins},
                    }
                },
                "#/properties/statements: x-statements says who may make them, and for how many days they"
                " last",
                "{starts: start_date, ends: end_date, never: {role: [trainee]}, max_age: 365}",
            )
            for begins in ([], {"keys": ["a"]}, {"keys": "a", "ahead": 1}, {"keys": ["a"], "ahead": "1"})
        ),
        ({"a": {"type": "string", "x-order": True}}, "#/properties/a: x-order belongs on an enum", None),
        ({"a": {"type": "integer", "x-ref": "b"}}, "#/properties/a: x-ref belongs on a string", None),
        (
            {"a": {"type": "string", "x-ref": "b"}},
            "#/properties/a: x-ref leads to b, which is no list of objects with x-key",
            None,
        ),
        (
            {"a": {"type": "string", "x-ref": "b"}, "b": {"type": "array", "items": PERSON}},
            "#/properties/a: x-ref leads to b, which is no list of objects with x-key",
            None,
        ),
        (
            {"a": {"type": "array", "items": PERSON, "x-key": "name"}},
            "#/properties/a: x-key names name, which the list's items do not have",
            None,
        ),
        ({"a": {"type": "string", "x-when-absent": 3}}, "#/properties/a: x-when-absent needs a value", None),
        (
            {"a": {"type": "boolean", "x-when-absent": {"value": "no", "why": "so"}}},
            "a: its x-when-absent is not what it may hold",
            None,
        ),
        (
            {"a": {"type": "string", "x-plausible": BELIEVED}},
            "#/properties/a: x-plausible belongs on a",
            None,
        ),
        (
            {"a": {"type": "number", "x-plausible": {"why": "so"}}},
            "#/properties/a: x-plausible belongs",
            None,
        ),
        (
            {"a": {"type": "number", "x-plausible": {"least": "1", "why": "so"}}},
            "#/properties/a: x-plausible belongs",
            None,
        ),
        ({"a": {"type": "string", "multipleOf": 3}}, "#/properties/a: a kind may not use multipleOf", None),
        (
            {"a": {"type": "string", "minimun": 3}},
            "#/properties/a: a kind may not use minimun",
            "did you mean minimum?",
        ),
        ({"a": {"if": {}, "type": "string"}}, "#/properties/a: a kind may not use if", None),
        (
            {"a": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
            "#/properties/a: anyOf may only add null",
            None,
        ),
        ({"a": {"type": ["string", "integer"]}}, "#/properties/a: needs one type", None),
        ({"a": {}}, "#/properties/a: needs one type, not none", None),
        ({"a": True}, "#/properties/a: true and false are no schemas for a kind", None),
        ({"a": {"$ref": "#/$defs/gone"}}, "#/properties/a: $ref #/$defs/gone leads nowhere", None),
        (
            {"a": {"$ref": "http://x.example/y"}},
            "#/properties/a: $ref http://x.example/y leads nowhere",
            None,
        ),
        ({"a": {"type": "array"}}, "#/properties/a: a list has to say what it holds", None),
        ({"a": {"type": "object"}}, "#/properties/a: a map has to say what it holds", None),
        ({"a": {"type": "object", "properties": {}}}, "#/properties/a: an object has to be closed", None),
        (
            {"a": {**PERSON, "required": ["ids"]}},
            "#/properties/a: requires ids, which it does not have",
            "did you mean id?",
        ),
        (
            {"a": {"type": "integer", "minimum": 1, "exclusiveMinimum": 1}},
            "#/properties/a: has both an inclusive and an exclusive bound",
            None,
        ),
        (
            {"a": {**PERSON, "patternProperties": {"^y": {}}}},
            "#/properties/a: patternProperties may only free the keys ^x-",
            None,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_a_kind_may_not_say(
    tmp_path: Path, properties: dict[str, Any], message: str, hint: str | None
) -> None:
    with pytest.raises(Problems) as caught:
        load(tmp_path, schema(**properties))
    problem = caught.value.problems[0]
    assert str(problem.at) == "mine.schema.json:1:1"
    assert problem.message.startswith(message)
    if hint is not None:
        assert problem.hint == hint


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x-id": None}, "#: needs x-id: what identifies a document, and is always there"),
        ({"x-id": "name"}, "#: needs x-id: what identifies a document, and is always there"),
        ({"x-id": "id.id"}, "#: needs x-id: what identifies a document, and is always there"),
        ({"required": ["kind"]}, "#: needs x-id: what identifies a document, and is always there"),
        (
            {"properties": {"kind": {"const": "mine"}, "id": {"type": "integer"}}},
            "#: x-id has to lead to a text",
        ),
    ],
)
def test_a_kind_has_to_say_what_identifies_its_documents(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    content = {key: value for key, value in {**schema(), **changes}.items() if value is not None}
    with pytest.raises(Problems) as caught:
        load(tmp_path, content)
    assert [problem.message for problem in caught.value.problems] == [message]


@pytest.mark.parametrize(
    "endless",
    [
        {"$ref": "#/$defs/a"},
        {"type": "array", "items": {"$ref": "#/$defs/a"}},
        {"type": "object", "additionalProperties": {"$ref": "#/$defs/a"}},
        {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "null"}]},
    ],
)
def test_a_kind_that_never_ends_is_refused(tmp_path: Path, endless: dict[str, Any]) -> None:
    with pytest.raises(Problems, match=r"nested too deep|needs one type"):
        load(tmp_path, {**schema(a={"$ref": "#/$defs/a"}), "$defs": {"a": endless}})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "the { that opens here is never closed"),
        ("{}", "the schema does not say which kind it describes"),
        ("[]", "#: this is no JSON Schema: "),
        (schema(kind={"type": "string"}), "the schema does not say which kind it describes"),
        (schema(kind={"const": "client"}), "there is already a kind client"),
    ],
)
def test_what_is_no_schema_of_a_new_kind(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises((DocumentError, Problems), match=message.replace("{", r"\{")):
        load(tmp_path, content)


@pytest.mark.parametrize(
    "content",
    [
        schema(a={"type": 3}),
        {**schema(), "required": 3},
        {**schema(), "properties": 3},
        schema(a={"enum": 3}),
    ],
)
def test_what_is_no_json_schema_at_all(tmp_path: Path, content: Any) -> None:
    with pytest.raises(Problems) as caught:
        load(tmp_path, content)
    assert str(caught.value.problems[0].at) == "mine.schema.json:1:1"
    assert "this is no JSON Schema" in caught.value.problems[0].message


def test_types_say_what_policies_may_do(kinds: Kinds) -> None:
    fields = kinds["workshop"].type.fields
    assert kinds["workshop"].type.key == ("about", "id")
    assert fields["as_of"].type == types.DATE
    assert fields["opened_at"].type == types.TIMESTAMP
    assert fields["count"].type == types.INT
    assert fields["price"].type == types.MONEY
    assert fields["fee"].type == types.Nullable(types.MONEY)
    assert fields["quotes"].type == types.List(types.MONEY)
    assert fields["levels"].type == types.Map(
        types.STRING, types.Enum("level", ("low", "middle", "high"), ordered=True)
    )
    assert fields["supplier"].type is kinds["provider"].type
    assert fields["customer"].type == types.IdType("client")
    assert fields["insured"] == types.Field(types.BOOL, "Whether it is insured.", True, True)
    assert fields["kind"].optional is False

    person = fields["people"].type.elem  # type: ignore[attr-defined]
    tool = fields["tools"].type.elem  # type: ignore[attr-defined]
    check = fields["checks"].type.elem.fields  # type: ignore[attr-defined]
    assert (person.name, person.key, tool.key) == ("person", ("id",), ("id",))
    assert person.fields["boss"].type is person
    assert person.fields["left_on"].type == types.Nullable(types.DATE)
    assert tool.fields["parts"].type == types.List(tool)
    assert tool.fields["helpers"].type == types.List(person)
    assert check["tool"].type is tool
    assert check["by"].type == types.Nullable(person)
    assert check["hours"].type == types.DOUBLE


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_built_in_kinds_mean_what_they_may_hold(kinds: Kinds, name: str) -> None:
    assert unfit_defaults(kinds[name].shape, "") == []


def test_the_built_in_kinds_refer_to_each_other(kinds: Kinds) -> None:
    assert kinds["client"].targets == {"provider"}
    assert kinds.names == ["client", "portfolio", "provider", "workshop"]
    engagement = kinds["client"].type.fields["providers"].type.elem.fields["profile"]  # type: ignore[attr-defined]
    assert types.non_null(engagement.type) is kinds["provider"].type
    assert "cleint" not in kinds


def test_a_field_tells_what_people_should_know(kinds: Kinds) -> None:
    field = kinds["workshop"].field("insured")
    assert field is not None
    assert (field.question, field.when_absent) == ("Is it insured?", (False, "nobody forgets that"))
    assert kinds["workshop"].field("zzz") is None
    assert kinds["workshop"].field("tools[].parts[].active") is not None
    assert (HERE / "data" / "workshop.schema.json").is_file()


def test_a_kept_kind_is_the_kind_that_was_read(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "cache"), str(tmp_path / "key"))
    path = HERE / "data" / "workshop.schema.json"
    read, kept = (Kinds.builtin(store).load(path, "workshop.schema.json") for _ in range(2))
    assert len(list((tmp_path / "cache").iterdir())) == 1
    assert to_rows(kept.shape) == to_rows(read.shape)
    assert (kept.name, kept.file, kept.targets) == (read.name, read.file, {"provider"})
    assert kept.field("insured").when_absent == (False, "nobody forgets that")  # type: ignore[union-attr]
    tools = kept.field("tools[]").shape  # type: ignore[union-attr]
    assert tools.fields["parts"].shape.items.shape is tools


def test_a_changed_schema_is_read_again(tmp_path: Path) -> None:
    path, store = tmp_path / "mine.schema.json", Store(str(tmp_path / "cache"), str(tmp_path / "key"))
    for name in ("a", "b"):
        path.write_text(json.dumps(schema(**{name: {"type": "string"}})), "utf-8")
        assert Kinds(store).load(path).field(name) is not None


def test_a_kind_with_mistakes_is_not_kept(tmp_path: Path) -> None:
    path, store = tmp_path / "mine.schema.json", Store(str(tmp_path / "cache"), str(tmp_path / "key"))
    path.write_text(json.dumps(schema(a={"type": "string", "x-past": True})), "utf-8")
    for _ in range(2):
        with pytest.raises(Problems, match="x-past belongs on a date"):
            Kinds(store).load(path)
