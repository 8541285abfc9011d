"""A kind's schema as editors and other validators need it: with blanks, which our own reader knows apart.

In: the schema of a kind. Out: one that takes null wherever an inventory may leave a key blank, as other
readers of YAML take a blank for null. Keys that nothing works without must still be filled in.
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
