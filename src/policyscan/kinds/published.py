"""A kind's schema as editors and other validators need it, with blanks, which our own reader knows apart.

In: the schema of a kind. Out: one that takes null wherever an inventory may leave a key blank, as other
readers of YAML take a blank for null. Keys that nothing works without must still be filled in. What
may come from defaults is decided as in `defaults`, and here stands as a schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

# What describes a value and does not limit it stays beside the choice between the value and null.
_ABOUT = frozenset(("title", "description", "examples", "default", "deprecated"))


def with_blanks(schema: Schema) -> dict[str, Any]:
    """The schema with null allowed for every key that is not required, at every depth."""
    changed = {key: _walked(value) for key, value in schema.items()}
    needed = schema.get("required", ())
    if isinstance(properties := changed.get("properties"), dict):
        changed["properties"] = {
            key: part if key in needed else _or_null(part) for key, part in properties.items()
        }
    if isinstance(others := changed.get("additionalProperties"), dict):
        changed["additionalProperties"] = _or_null(others)
    return changed


def _walked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return with_blanks(value)
    return [_walked(item) for item in value] if isinstance(value, list) else value


def _or_null(part: Any) -> Any:
    if not isinstance(part, dict) or _takes_null(part):
        return part
    if isinstance(part.get("type"), str) and not part.keys() & {"enum", "const", "$ref", "anyOf", "oneOf"}:
        return {**part, "type": [part["type"], "null"]}
    about = {key: value for key, value in part.items() if key in _ABOUT or key.startswith("x-")}
    limits = {key: value for key, value in part.items() if key not in about}
    return {**about, "anyOf": [limits, {"type": "null"}]}


def _takes_null(part: Schema) -> bool:
    """Whether null is allowed already; a reference may hide that it is, which does no harm."""
    types = part.get("type")
    if "enum" in part:
        return None in part["enum"]
    if "anyOf" in part:
        return any(_takes_null(choice) for choice in part["anyOf"])
    return "const" not in part and (types == "null" or (isinstance(types, list) and "null" in types))


def of_defaults(schema: Schema) -> dict[str, Any]:
    """The schema of what several inventories of a kind may have in common, from that of the kind: what it
    lets come from defaults, the names of the items that this is said of, and what the file says of itself."""
    definitions = schema.get("$defs", {})
    made: dict[str, Any] = _lendable(schema, definitions) or {}
    kind = schema["properties"]["kind"]["const"]
    about = {
        "defaults_for": {"const": kind, "description": "The kind of inventory that it is for."},
        "as_of": schema["properties"]["as_of"],
    }
    made = {key: part for key, part in made.items() if key != "$defs" and not key.startswith("x-")}
    properties = {**about, **made.get("properties", {})}
    properties.pop("defaults", None)  # defaults of defaults would be hard to follow
    whole = {**made, "title": f"Defaults of a {kind}", "required": [*about], "properties": properties}
    return {**whole, "$defs": _used(whole, definitions)}


def _lendable(part: Any, definitions: Schema) -> dict[str, Any] | None:
    """What of a part may come from defaults; None if nothing."""
    if part.get("x-default-ok"):
        return {**part}
    about = {key: value for key, value in part.items() if key in _ABOUT or key == "x-question"}
    inner = _followed(part, definitions)
    if inner.get("type") == "object" and "properties" in inner:
        found = _all(inner["properties"], definitions)
        return {**inner, "required": [], **about, "properties": found} if found else None
    items = inner.get("items")
    known_by = inner.get("x-key") or (_followed(items, definitions).get("x-id") if items else None)
    if items is None or not known_by:
        return None
    item = _lendable(items, definitions)
    if item is None:
        return None
    keys = [known_by] if isinstance(known_by, str) else known_by
    names = _followed(items, definitions)["properties"]
    item = {
        **item,
        "required": keys,
        "properties": {**{key: names[key] for key in keys}, **item["properties"]},
    }
    return {**inner, **about, "items": item}


def _all(properties: Schema, definitions: Schema) -> dict[str, Any]:
    found = ((key, _lendable(part, definitions)) for key, part in properties.items())
    return {key: part for key, part in found if part is not None}


def _followed(part: Any, definitions: Schema) -> Any:
    """What a part refers to, or may be unless it is null; else the part itself."""
    if "$ref" in part:
        return _followed(definitions[part["$ref"].removeprefix("#/$defs/")], definitions)
    choices = [one for one in part.get("anyOf", ()) if one.get("type") != "null"]
    return _followed(choices[0], definitions) if len(choices) == 1 else part


def _used(whole: Any, definitions: Schema) -> dict[str, Any]:
    """The definitions that something leads to."""
    names: dict[str, None] = {}
    waiting = [whole]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, Mapping):
            name = str(one.get("$ref", "")).removeprefix("#/$defs/")
            if name in definitions and name not in names:
                names[name] = None
                waiting.append(definitions[name])
            waiting += one.values()
    return {name: definitions[name] for name in sorted(names)}
