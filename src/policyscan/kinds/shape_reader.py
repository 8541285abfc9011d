"""From a kind's JSON Schema to its shapes.

In: a schema with the places of its parts. Out: shapes; a problem at its place for each thing that is wrong.

Whatever a kind may not use is refused here, so that nothing in a schema is silently ignored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any, TypeGuard

from policyscan.cel.spelling import did_you_mean
from policyscan.errors import DocumentError
from policyscan.fillers import SAYS
from policyscan.kinds.decoding import SHIPPED_PATTERNS, Facts, Invalid, make_field_decoder
from policyscan.kinds.shapes import EDITORS_KEYS, FREE, Backing, Order, Property, Shape, target_items
from policyscan.source import Span

SCALARS = {"string": "string", "integer": "integer", "number": "number", "boolean": "boolean"}
_FORMATS = {"date": "date", "date-time": "instant"}
_STRUCTURE = frozenset(
    [
        "$schema",
        "$id",
        "$ref",
        "$defs",
        "$comment",
        "title",
        "description",
        "type",
        "format",
        "enum",
        "const",
        "properties",
        "patternProperties",
        "required",
        "additionalProperties",
        "items",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minLength",
        "maxLength",
        "pattern",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
        "propertyNames",
        "anyOf",
        "oneOf",
        "examples",
        "default",
        "deprecated",
    ]
)
ANNOTATIONS = [
    "x-id",
    "x-key",
    "x-ref",
    "x-ref-follow",
    "x-members",
    "x-order",
    "x-past",
    "x-later",
    "x-orders",
    "x-money",
    "x-when-absent",
    "x-default-ok",
    "x-question",
    "x-answered-by",
    "x-shown-by",
    "x-unit",
    "x-earned",
    "x-statements",
    "x-plain",
    "x-says",
    "x-plausible",
]
_KNOWN = _STRUCTURE.union(ANNOTATIONS, ("$object",))
_CHECKED = frozenset(
    (
        "x-past", "x-later", "x-order", "x-ref", "x-key", "x-members", "x-when-absent", "x-earned",
        "x-statements", "x-says", "x-plausible",
    )
)  # fmt: skip
_STATEMENTS = "statements"
_STATEMENT = {"about": "list", "value": "plain", "reason": "string", "by": "string", "stated_on": "date"}
"""What a statement has to say, and in which form."""
_BOUNDS = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"))
_INDIRECT = frozenset(("$ref", "anyOf", "oneOf", "x-money"))
_MAX_NESTING = 50


class ShapeReader:
    """Turns one schema into shapes. Problems are collected in `problems`."""

    def __init__(self, schema: dict[str, Any], file: str) -> None:
        self.schema = schema
        self.file = file
        self.problems: list[DocumentError] = []
        self.references: list[tuple[str, Shape]] = []
        """Every text that refers to something, with its path within the schema."""
        self._objects: dict[str, Shape] = {}
        self._earned: list[str] = []

    def root(self, name: str) -> Shape:
        """The shape of the whole document."""
        shape = self._object(self.schema, name, "#")
        if not self.problems:
            self._check_references(shape)
            self._check_identity(shape)
            self._check_statements(shape)
        return shape

    def refuse(self, path: str, message: str, hint: str | None = None) -> None:
        """Note what the schema may not say."""
        at = Span(self.file, 1, 1, 1, 1)
        self.problems.append(DocumentError(f"{path}: {message}", at=at, hint=hint))

    def field(self, schema: Any, name: str, path: str) -> Property:
        """A property's, item's or map value's field."""
        if not isinstance(schema, dict):
            self.refuse(path, "true and false are no schemas for a kind", "say what the value is")
            return Property(Shape("string"), {}, nullable=False)
        merged, nullable, name = self._resolve(schema, name, path)
        if len(path) > _MAX_NESTING * 20:
            self.refuse(path, "is nested too deep")
            return Property(Shape("string"), {}, nullable=False)
        shape = self._shape(merged, name, path)
        if None in shape.values:
            shape.values = tuple(value for value in shape.values if value is not None)
            nullable = True
        field = Property(shape, merged, nullable=nullable)
        if not _CHECKED.isdisjoint(merged):
            self._check_annotations(merged, shape, path)
        return field

    def _resolve(self, schema: dict[str, Any], name: str, path: str) -> tuple[dict[str, Any], bool, str]:
        """A schema with its `$ref` and its `… or null` taken out; whether null is allowed; its name."""
        nullable = False
        merged = schema
        if schema.get("type").__class__ is str and _INDIRECT.isdisjoint(schema):
            return schema, False, name
        for _ in range(_MAX_NESTING):
            if "$ref" in merged:
                name, target = self._target(merged["$ref"], path)
                merged = {**target, **{k: v for k, v in merged.items() if k != "$ref"}}
                if target.get("properties") is not None:
                    merged["$object"] = name
            elif (options := merged.get("anyOf") or merged.get("oneOf")) and "x-money" not in merged:
                rest = [option for option in options if option != {"type": "null"}]
                if len(rest) != 1 or len(rest) == len(options):
                    self.refuse(
                        path, "anyOf may only add null to one form", "split it into several properties"
                    )
                    return {"type": "string"}, False, name
                nullable = True
                merged = {**rest[0], **{k: v for k, v in merged.items() if k not in {"anyOf", "oneOf"}}}
            else:
                break
        kind = merged.get("type")
        if isinstance(kind, list):
            rest = [one for one in kind if one != "null"]
            nullable = nullable or len(rest) < len(kind)
            merged = {**merged, "type": rest[0] if len(rest) == 1 else rest}
        if "x-money" in merged:
            nullable = nullable or {"type": "null"} in merged.get("anyOf", merged.get("oneOf", []))
        return merged, nullable, name

    def _target(self, ref: Any, path: str) -> tuple[str, dict[str, Any]]:
        name = str(ref).removeprefix("#/$defs/")
        target = self.schema.get("$defs", {}).get(name)
        if not str(ref).startswith("#/$defs/") or not isinstance(target, dict):
            self.refuse(path, f"$ref {ref} leads nowhere", "refer to #/$defs/NAME")
            return name, {"type": "string"}
        return name, target

    def _shape(self, schema: dict[str, Any], name: str, path: str) -> Shape:
        if not _KNOWN.issuperset(schema):
            self._check_words(schema, path)
        if schema.get("x-plain"):
            return Shape("plain", name)
        if schema.get("x-money"):
            return self._with_bounds(Shape("money", name), self._number_option(schema), path)
        kind = schema.get("type")
        if kind is None and "enum" in schema:
            kind = "string"
        if kind is None and "const" in schema:
            kind = {str: "string", int: "integer", bool: "boolean"}.get(type(schema["const"]))
        if kind == "array":
            return self._list(schema, name, path)
        if kind == "object" and "properties" in schema:
            return self._object(schema, name, path)
        if kind == "object":
            return self._map(schema, name, path)
        if isinstance(kind, str) and kind in SCALARS:
            return self._scalar(schema, kind, name, path)
        named = " or ".join(kind) if isinstance(kind, list) else kind or "none"
        self.refuse(path, f"needs one type, not {named}", "string, integer, number, boolean, array or object")
        return Shape("string")

    def _check_words(self, schema: dict[str, Any], path: str) -> None:
        for word in schema:
            if word in _KNOWN:
                continue
            if not word.startswith(FREE):
                self.refuse(path, f"a kind may not use {word}", did_you_mean(word, _STRUCTURE))
            elif hint := did_you_mean(word, ANNOTATIONS):
                self.refuse(path, f"{word} is no annotation", hint)

    @staticmethod
    def _number_option(schema: dict[str, Any]) -> dict[str, Any]:
        for option in schema.get("anyOf", schema.get("oneOf", [])):
            if option.get("type") == "number":
                return option  # type: ignore[no-any-return]
        return schema

    def _scalar(self, schema: dict[str, Any], kind: str, name: str, path: str) -> Shape:
        shape = Shape(
            _FORMATS.get(schema.get("format", ""), SCALARS[kind]) if kind == "string" else kind, name
        )
        if "enum" in schema or "const" in schema:
            shape.values = tuple(schema["enum"]) if "enum" in schema else (schema["const"],)
            if kind == "string" and "enum" in schema:
                shape.form = "enum"
                shape.ordered = bool(schema.get("x-order"))
        shape.pattern = self._pattern(schema, path)
        shape.past = bool(schema.get("x-past"))
        shape.later = "x-later" in schema
        refs = schema.get("x-ref", ())
        if refs:
            shape.refs = (refs,) if isinstance(refs, str) else tuple(refs)
            self.references.append((path, shape))
        shape.follow = schema.get("x-ref-follow", True)
        shape.says = str(schema.get("x-says", ""))
        if isinstance(believed := schema.get("x-plausible"), dict):
            shape.plausible = believed.get("least"), believed.get("most"), str(believed.get("why", ""))
        if "minLength" in schema or "maxLength" in schema:
            shape.size = (schema.get("minLength", 0), schema.get("maxLength"))
        return self._with_bounds(shape, schema, path)

    def _pattern(self, schema: dict[str, Any], path: str) -> str | None:
        """A schema's pattern, if it is one."""
        pattern: str | None = schema.get("pattern")
        if pattern is None or pattern in SHIPPED_PATTERNS:
            return pattern
        from policyscan.cel.patterns import BadPattern, compiled

        try:
            compiled(pattern)
        except BadPattern as bad:
            hint = (
                "patterns are RE2, without look-around and back-references: github.com/google/re2/wiki/Syntax"
            )
            self.refuse(path, str(bad), hint)
            return None
        return pattern

    def _with_bounds(self, shape: Shape, schema: dict[str, Any], path: str) -> Shape:
        if _BOUNDS.isdisjoint(schema):
            return shape
        low, high = schema.get("minimum"), schema.get("maximum")
        open_low, open_high = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
        if (low is not None and open_low is not None) or (high is not None and open_high is not None):
            self.refuse(path, "has both an inclusive and an exclusive bound", "keep one of them")
        shape.bounds = (
            low if open_low is None else open_low,
            open_low is not None,
            high if open_high is None else open_high,
            open_high is not None,
        )
        return shape

    def _list(self, schema: dict[str, Any], name: str, path: str) -> Shape:
        shape = Shape("list", name)
        if "items" not in schema:
            self.refuse(path, "a list has to say what it holds", "add items")
        shape.items = self.field(schema.get("items", {"type": "string"}), _singular(name), f"{path}/items")
        for word in ("x-past", "x-earned"):
            if isinstance(schema.get("items"), dict) and schema["items"].get(word):
                self.refuse(path, f"{word} belongs on a property, not on the items of a list")
        if "x-statements" in schema:
            shape.backing = self._backing(schema["x-statements"], path)
        key = schema.get("x-key", ())
        shape.key = (key,) if isinstance(key, str) else tuple(key)
        shape.members = schema.get("x-members", "")
        shape.unique = bool(schema.get("uniqueItems"))
        if "minItems" in schema or "maxItems" in schema:
            shape.size = (schema.get("minItems", 0), schema.get("maxItems"))
        return shape

    def _map(self, schema: dict[str, Any], name: str, path: str) -> Shape:
        shape = Shape("map", name)
        values = schema.get("additionalProperties")
        if not isinstance(values, dict):
            self.refuse(path, "a map has to say what it holds", "give additionalProperties a schema")
            values = {"type": "string"}
        shape.items = self.field(values, _singular(name), f"{path}/additionalProperties")
        shape.pattern = self._pattern(schema.get("propertyNames", {}), f"{path}/propertyNames")
        if "minProperties" in schema or "maxProperties" in schema:
            shape.size = (schema.get("minProperties", 0), schema.get("maxProperties"))
        return shape

    def _object(self, schema: dict[str, Any], name: str, path: str) -> Shape:
        shared = schema.get("$object")
        if shared in self._objects:
            return self._objects[shared]
        shape = Shape("object", name)
        if shared:
            self._objects[shared] = shape  # before its fields, which may refer to it
        if schema.get("additionalProperties", True) is not False and path != "#/$defs":
            self.refuse(path, "an object has to be closed", "set additionalProperties to false")
        free = set(schema.get("patternProperties", {"^x-": True}))
        if free - ({EDITORS_KEYS} if path == "#" else set()) != {"^x-"}:
            self.refuse(path, "patternProperties may only free the keys ^x-")
        shape.ident = tuple(schema["x-id"].split(".")) if "x-id" in schema else ()
        for key, inner in schema["properties"].items():
            shape.fields[key] = self.field(inner, key, f"{path}/properties/{key}")
        shape.required = tuple(schema.get("required", ()))
        for key in shape.required:
            if key not in shape.fields:
                self.refuse(path, f"requires {key}, which it does not have", did_you_mean(key, shape.fields))
        shape.orders = tuple(self._orders(schema.get("x-orders", []), shape, path))
        return shape

    def _orders(self, written: Any, shape: Shape, path: str) -> Iterator[Order]:
        """Which dates of an object cannot be earlier than which."""
        for one in written if isinstance(written, list) else [None]:
            if not _is_order(one):
                hint = "[{first: reported_at, then: solved_at, say: solved on {then}, before {first}}]"
                self.refuse(path, "x-orders lists which date comes before which, and what to say", hint)
                continue
            then = tuple(one["then"].replace("[]", ".*").split("."))
            order = Order(one["first"], then, one["say"], one.get("slack", 0))
            for keys in ((order.first,), order.then):
                if not _leads_to_date(shape, keys):
                    self.refuse(path, f"x-orders names {'.'.join(keys)}, which is no date of it")
            yield order

    def _check_annotations(self, schema: dict[str, Any], shape: Shape, path: str) -> None:
        if schema.get("x-past") and shape.form not in {"date", "instant"}:
            self.refuse(path, "x-past belongs on a date or an instant")
        if "x-later" in schema and not (schema.get("x-past") and str(schema["x-later"]).strip()):
            self.refuse(
                path, "x-later belongs beside x-past, and says why the date may be later than evidence"
            )
        if schema.get("x-order") and shape.form != "enum":
            self.refuse(path, "x-order belongs on an enum")
        if "x-says" in schema and (shape.form != "string" or shape.refs or schema["x-says"] not in SAYS):
            self.refuse(path, f"x-says belongs on a text, and is one of {', '.join(SAYS)}")
        if "x-plausible" in schema and (
            shape.form not in {"integer", "number"} or not _is_belief(schema["x-plausible"])
        ):
            hint = "{least: 0.1, most: 100, why: …}, or one of the two"
            self.refuse(
                path, "x-plausible belongs on a number, and says what the least or most is, and why", hint
            )
        if "x-ref" in schema and shape.form != "string":
            self.refuse(path, "x-ref belongs on a string")
        if "x-members" in schema:
            top, items = path.count("/properties/") == 1, shape.items.shape if shape.items else None
            if shape.form != "list" or not top or items is None or items.form != "string":
                self.refuse(path, "x-members belongs on a list of texts at the top of a kind")
        if "x-key" in schema:
            items = shape.items.shape if shape.items else None
            for key in shape.key:
                if shape.form != "list" or items is None or key not in items.fields:
                    self.refuse(path, f"x-key names {key}, which the list's items do not have")
        absent = schema.get("x-when-absent")
        if absent is not None and not (isinstance(absent, dict) and {"value", "why"} <= absent.keys()):
            self.refuse(path, "x-when-absent needs a value and the reason why", "{value: …, why: …}")
        if "x-earned" in schema:
            self._check_earned(Property(shape, schema, nullable=True), schema["x-earned"], path)

    def _check_earned(self, field: Property, written: Any, path: str) -> None:
        """Refuse what says not plainly which values have to be earned, and a gap that would earn itself."""
        keys = set(written) if isinstance(written, dict) else set()
        lists = keys & {"values", "but"}
        if keys - {"values", "but", "why"} or len(lists) != 1 or not isinstance(written.get("why"), str):
            hint = "{values: [false], why: …}, or {but: [critical], why: …} for all others"
            self.refuse(path, "x-earned needs values, or those that need none, and the reason why", hint)
            return
        values = written[lists.pop()]
        if not isinstance(values, list) or not values or not written["why"].strip():
            self.refuse(path, "x-earned needs a list of values, and a reason that is not empty")
            return
        unfit = [one for one in values if not _may_hold(field, one)]
        if unfit:
            shown = ", ".join(json.dumps(one) for one in unfit)
            self.refuse(path, f"x-earned names {shown}, which it cannot hold")
        elif field.earned is not None and field.when_absent and field.earned.holds(field.when_absent[0]):
            self.refuse(path, "x-when-absent has to be earned, so that leaving it out would earn it")
        self._earned.append(path)

    def _backing(self, written: Any, path: str) -> Backing | None:
        """Who may stand behind statements."""
        keys = {"starts", "ends", "never", "max_age"}
        if (
            not isinstance(written, dict)
            or set(written) - {"begins"} != keys
            or not all(isinstance(written[key], str) for key in ("starts", "ends"))
            or not isinstance(written["never"], dict)
            or not all(isinstance(words, list) for words in written["never"].values())
            or not isinstance(written["max_age"], int)
            or not _is_beginning(written.get("begins", {"keys": [], "ahead": 0}))
        ):
            hint = "{starts: start_date, ends: end_date, never: {role: [trainee]}, max_age: 365}"
            self.refuse(path, "x-statements says who may make them, and for how many days they last", hint)
            return None
        never = {key: tuple(map(str, words)) for key, words in written["never"].items()}
        begins = written.get("begins", {"keys": [], "ahead": 0})
        keys_of_beginning = tuple(begins["keys"])
        return Backing(
            written["starts"], written["ends"], never, written["max_age"], keys_of_beginning, begins["ahead"]
        )

    def _check_statements(self, root: Shape) -> None:
        """Refuse values that have to be earned where nobody can earn them."""
        field = root.fields.get(_STATEMENTS)
        backing = field.shape.backing if field is not None else None
        if field is None or backing is None:
            for path in self._earned[:1]:
                hint = "see `policyscan schema client`, under properties/statements"
                self.refuse(path, "x-earned needs a list `statements` with x-statements", hint)
            return
        path = f"#/properties/{_STATEMENTS}"
        items = field.shape.items.shape.fields if field.shape.items is not None else {}
        for key, form in _STATEMENT.items():
            if key not in items or items[key].shape.form != form:
                self.refuse(path, f"a statement needs {key}, {_FORM_NAMES[form]}")
                return
        refs = items["by"].shape.refs
        if len(refs) != 1 or refs[0].startswith("kind:") or not items["by"].shape.follow:
            self.refuse(path, "by of a statement has to refer to a list of people of the same inventory")
            return
        people = target_items(root, refs[0]).fields
        for key in (backing.starts, backing.ends, *backing.never):
            if key not in people:
                self.refuse(path, f"x-statements names {key}, which {refs[0]} do not have")
        for key in (backing.starts, backing.ends):
            if key in people and people[key].shape.form != "date":
                self.refuse(path, f"x-statements names {key}, which is no date")

    def _check_references(self, root: Shape) -> None:
        for path, shape in self.references:
            for target in shape.refs:
                try:
                    if not target.startswith("kind:"):
                        target_items(root, target)
                except LookupError:
                    self.refuse(path, f"x-ref leads to {target}, which is no list of objects with x-key")

    def _check_identity(self, root: Shape) -> None:
        shape = root
        for key in root.ident or ("",):
            field = shape.fields.get(key)
            if field is None or key not in shape.required or field.nullable:
                hint = "name a required text by its path, such as organisation.id"
                self.refuse("#", "needs x-id: what identifies a document, and is always there", hint)
                return
            shape = field.shape
        if shape.form != "string":
            self.refuse("#", "x-id has to lead to a text")


_FORM_NAMES = {
    "list": "a list of paths",
    "plain": "of any simple value (x-plain)",
    "string": "a text",
    "date": "a date",
}


def _may_hold(field: Property, value: Any) -> bool:
    """Whether a property may hold a value."""
    if value is None or value == []:
        return True
    try:
        make_field_decoder(field)(deepcopy(value), {}, "", Facts({}, "EUR"))
    except Invalid:
        return False
    return True


def _singular(name: str) -> str:
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def _is_beginning(written: Any) -> TypeGuard[dict[str, Any]]:
    """Whether `begins` of `x-statements` names keys of dates, and how many days ahead statements count."""
    return (
        isinstance(written, dict)
        and set(written) == {"keys", "ahead"}
        and isinstance(written["keys"], list)
        and all(isinstance(key, str) for key in written["keys"])
        and isinstance(written["ahead"], int)
    )


def _is_belief(written: Any) -> bool:
    """Whether `x-plausible` says between which numbers a value can be true, and why."""
    if not isinstance(written, dict) or not {"why"} < written.keys() <= {"least", "most", "why"}:
        return False
    bounds = [written[key] for key in ("least", "most") if key in written]
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in bounds)
    return numbers and isinstance(written["why"], str) and bool(written["why"].strip())


def _is_order(written: Any) -> TypeGuard[dict[str, Any]]:
    """Whether an item of `x-orders` says which date comes first, which then, and what to say."""
    return (
        isinstance(written, dict)
        and written.keys() - {"slack"} == {"first", "then", "say"}
        and isinstance(written.get("slack", 0), int)
        and all(isinstance(written[key], str) for key in ("first", "then", "say"))
        and all(name in written["say"] for name in ("{first}", "{then}"))
    )


def _leads_to_date(shape: Shape, keys: Sequence[str]) -> bool:
    """Whether some keys lead from an object to a date or an instant in it."""
    for key in keys:
        field = shape.items if key == "*" else shape.fields.get(key)
        if field is None:
            return False
        shape = field.shape
    return shape.form in {"date", "instant"}
