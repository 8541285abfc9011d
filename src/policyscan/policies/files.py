"""The YAML files of a pack as read: values, places, and whether their shape is right.

In: the content of a file and the schema that it must fit. Out: a `PolicyFile` that finds the place of every
value, or problems.
"""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from policyscan.cel.spelling import did_you_mean
from policyscan.errors import PolicyError, PolicyscanError
from policyscan.reading.reading import read_text
from policyscan.reading.text import Content, read_content
from policyscan.reading.tree import Tree
from policyscan.source import Source, Span

Path = tuple[str | int, ...]
"""The keys and numbers that lead to a value in a file."""

ALSO = "also"
"""The key of what a policy asks of inventories of another kind."""
_ASKED = frozenset((
    "project", "applies", "for_each", "as", "key", "variables", "when", "not_applicable", "empty", "needs",
    "require", "figures", "notice", "uses", "evidence", "absence_ok",
))  # fmt: skip
"""The keys of what it asks itself."""

SCHEMAS = pathlib.Path(__file__).parent.parent / "schemas"

_YAML_EATS = (
    "CEL with `!x`, `a ? b : c`, `{…}` or `#` is safe as a block: put `>-` after the key "
    "and the expression on the next line"
)
_WITH_EXPRESSIONS = frozenset({"policy", "rule", "definitions"})  # schemas

_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}


class PolicyFile:
    """One YAML file of a pack: its value, and the place of everything in it."""

    def __init__(self, name: str, tree: Tree) -> None:
        self.name = name
        self.tree = tree

    @property
    def value(self) -> Any:
        """The file's content as plain values."""
        return self.tree.value

    @property
    def source(self) -> Source:
        """The file's text."""
        return self.tree.source

    def at(self, path: Sequence[str | int]) -> Any:
        """The value at a path; None where there is none."""
        return self._found(path)

    def _found(self, path: Sequence[str | int]) -> Any:
        """What stands at a path in the file itself."""
        return _walked(self.tree.value, path)

    def span(self, path: Sequence[str | int]) -> Span:
        """The place of the value at a path, or of its nearest parent that exists."""
        for length in range(len(path), 0, -1):
            container = self._found(path[: length - 1])
            if isinstance(container, dict | list):
                return self.tree.span_of(container, path[length - 1])
        return self.tree.root_span()

    def key_span(self, path: Sequence[str | int]) -> Span:
        """The place of the key that a path ends in."""
        container = self._found(path[:-1])
        if path and isinstance(container, dict | list):
            return self.tree.key_span_of(container, path[-1])
        return self.span(path)


class Aside(PolicyFile):
    """A policy's file as if what stands under `also` stood in place of what it asks itself."""

    def __init__(self, file: PolicyFile) -> None:
        super().__init__(file.name, file.tree)
        self._whole = file
        whole = file.value
        self._own = whole[ALSO]
        kept = {key: value for key, value in whole.items() if key not in _ASKED and key != ALSO}
        self._value = {**kept, **self._own}

    @property
    def value(self) -> Any:
        """The file's content as the other kind has it."""
        return self._value

    def _there(self, path: Sequence[str | int]) -> Sequence[str | int]:
        return (ALSO, *path) if path and path[0] in self._own else path

    def at(self, path: Sequence[str | int]) -> Any:
        """The value at a path; None where there is none."""
        return self._whole.at(self._there(path)) if not path or path[0] in self._value else None

    def span(self, path: Sequence[str | int]) -> Span:
        """The place of the value at a path, or of its nearest parent that exists."""
        return super().span(self._there(path))

    def key_span(self, path: Sequence[str | int]) -> Span:
        """The place of the key that a path ends in."""
        return super().key_span(self._there(path))


class Amended(PolicyFile):
    """A policy's file as if some of its requirements were also met where an expression is true."""

    def __init__(self, file: PolicyFile, wanted: Callable[[str], bool], expression: str) -> None:
        """`wanted` says of the id of a requirement whether it is one of them."""
        super().__init__(file.name, file.tree)
        self._value = self._amended(file.value, wanted, expression)
        if ALSO in file.value:
            self._value[ALSO] = self._amended(file.value[ALSO], wanted, expression)

    @staticmethod
    def _amended(value: Any, wanted: Callable[[str], bool], expression: str) -> dict[str, Any]:
        items = value.get("require", ())
        met = [
            {**item, "that": f"({item['that']}\n) ? true : ({expression}\n)"} if wanted(item["id"]) else item
            for item in items
        ]
        return {**value, "require": met}

    @property
    def value(self) -> Any:
        """The file's content with the expression in it."""
        return self._value

    def at(self, path: Sequence[str | int]) -> Any:
        """The value at a path; None where there is none."""
        return _walked(self._value, path)


def _walked(value: Any, path: Sequence[str | int]) -> Any:
    for key in path:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value


def read(
    path: str | os.PathLike[str], name: str, schema: str
) -> tuple[PolicyFile | None, list[PolicyscanError]]:
    """A file that must hold one YAML document of a schema's shape; None where it does not."""
    try:
        content = read_content(path, name)
    except PolicyscanError as error:
        return None, [error]
    return parse(content, schema)


def parse(content: Content, schema: str) -> tuple[PolicyFile | None, list[PolicyscanError]]:
    """The same for what has been read already."""
    name = content.name
    try:
        trees, errors = read_text(content.source())
    except PolicyscanError as error:
        return None, [error]
    if errors:
        return None, [_with_yaml_hint(error) if schema in _WITH_EXPRESSIONS else error for error in errors]
    if not trees:
        hint = "write something into it, or delete it"
        return None, [PolicyError("there is nothing in this file", at=Span(name, 1, 1, 1, 1), hint=hint)]
    if len(trees) != 1:
        at = trees[1].root_span()
        return None, [PolicyError(f"expected one YAML document, found {len(trees)}", at=at)]
    file = PolicyFile(name, trees[0])
    problems: list[PolicyscanError] = list(shape_problems(file, schema))
    return (None if problems else file), problems


def _with_yaml_hint(error: PolicyscanError) -> PolicyscanError:
    """YAML's own complaint, with what to do when it is CEL that YAML tried to read."""
    source_hint = f"{error.hint}; {_YAML_EATS}" if error.hint else _YAML_EATS
    return PolicyError(error.message, at=error.at, hint=source_hint)


def shape_problems(file: PolicyFile, schema: str) -> list[PolicyError]:
    """How a file differs from the JSON Schema of that name, each difference at its place."""
    definition, validator = _validator(schema)
    problems = blank_problems(file)
    eats = _YAML_EATS if schema in _WITH_EXPRESSIONS else None
    for error in validator.iter_errors(file.value):
        problems.extend(_explain(file, error, definition, eats))
    return problems


@cache
def _validator(schema: str) -> tuple[dict[str, Any], Any]:
    """A schema of ours and its validator, made once for all files of its shape."""
    import jsonschema_rs

    definition = json.loads((SCHEMAS / f"{schema}.schema.json").read_text(encoding="utf-8"))
    return definition, jsonschema_rs.validator_for(definition)


def blank_problems(file: PolicyFile) -> list[PolicyError]:
    """Every key with nothing after it; in a policy that is a mistake."""
    found = []
    pending = [file.value]
    while pending:
        container = pending.pop()
        items = container.values() if isinstance(container, dict) else container
        pending.extend(item for item in items if isinstance(item, dict | list))
        for key in file.tree.blanks.get(id(container), ()):
            at = file.tree.key_span_of(container, key)
            hint = (
                _YAML_EATS
                if key in {"that", "when", "applies", "say"}
                else "give it a value or leave the key out"
            )
            found.append(PolicyError(f"{key!r} is blank", at=at, hint=hint))
    return found


def _explain(file: PolicyFile, error: Any, schema: Mapping[str, Any], eats: str | None) -> list[PolicyError]:
    """One difference in words; `eats` is the hint for what may be CEL that YAML tried to read."""
    path: list[str | int] = list(error.instance_path)
    kind = error.kind
    name = kind.name
    if name == "additionalProperties":
        known = _known_keys(schema, error.schema_path)
        return [
            PolicyError(f"unknown key {key!r}", at=file.key_span([*path, key]), hint=did_you_mean(key, known))
            for key in kind.unexpected
        ]
    if name == "required":
        return [
            PolicyError(
                f"the key {kind.property!r} is missing", at=file.key_span(path) if path else file.span(())
            )
        ]
    if name == "enum":
        options = [str(option) for option in kind.options]
        found = file.at(path)
        choice = did_you_mean(str(found), options) or f"one of: {', '.join(options)}"
        return [PolicyError(f"{_show(found)} is not allowed here", at=file.span(path), hint=choice)]
    if name == "propertyNames":
        return [PolicyError(f"a name here must be lower_case: {error.message}", at=file.span(path))]
    if name in {"oneOf", "anyOf", "pattern"}:
        hint = _example(schema, error.schema_path) if name == "pattern" else eats
        return [PolicyError(f"{_show(file.at(path))} does not fit here", at=file.span(path), hint=hint)]
    if name == "type":
        found = file.at(path)
        odd = isinstance(found, dict | bool) or found is None
        hint = (eats if odd else None) or _example(schema, error.schema_path)
        expected = " or ".join(_TYPES.get(type_, type_) for type_ in kind.types)
        message = f"expected {expected}, found {_show(found)}"
        return [PolicyError(message, at=file.span(path), hint=hint)]
    return [PolicyError(_capital(error.message), at=file.span(path))]


def _known_keys(schema: Mapping[str, Any], schema_path: Sequence[str | int]) -> list[str]:
    return list(_node(schema, schema_path).get("properties", ()))


def _example(schema: Mapping[str, Any], schema_path: Sequence[str | int]) -> str | None:
    """How to write what a rule is about, where the schema shows it."""
    examples = _node(schema, schema_path).get("examples")
    return f"write it as in {' or '.join(examples)}" if examples else None


def _node(schema: Mapping[str, Any], schema_path: Sequence[str | int]) -> Any:
    """The schema that a rule, the last part of the path, stands in."""
    node: Any = schema
    for part in schema_path[:-1]:
        node = node[part]
    return node


def _show(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) < 60 else f"{text[:57]}…"


def _capital(message: str) -> str:
    return message if len(message) < 200 else f"{message[:197]}…"
