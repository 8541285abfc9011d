"""`definitions.yaml`: typed functions that the policies of a pack share."""

from __future__ import annotations

import re
from collections.abc import Mapping

from policyscan import cel
from policyscan.cel import types
from policyscan.policies.pack import Written

SCALARS: dict[str, types.Type] = {
    "bool": types.BOOL,
    "int": types.INT,
    "double": types.DOUBLE,
    "string": types.STRING,
    "date": types.DATE,
    "timestamp": types.TIMESTAMP,
    "duration": types.DURATION,
    "money": types.MONEY,
}
_LIST = re.compile(r"list\((.+)\)")


class UnknownTypeError(Exception):
    """A type's name that neither CEL nor the kind's schema knows."""


def parse_type(text: str, named: Mapping[str, types.Type]) -> types.Type:
    """`date`, `fix`, `list(fix)`, `date?`, `device | server` as a type; UnknownTypeError for another name."""
    text = text.strip()
    if text.endswith("?"):
        return types.Nullable(parse_type(text[:-1], named))
    inner = _LIST.fullmatch(text)
    if inner:
        return types.List(parse_type(inner.group(1), named))
    if "|" in text:
        members = tuple(parse_type(part, named) for part in text.split("|"))
        return types.Union(tuple(m for m in members if isinstance(m, types.ObjectType)))
    found = SCALARS.get(text) or named.get(text)
    if found is None:
        raise UnknownTypeError(text)
    return found


def for_kind(written: tuple[Written, ...], named: Mapping[str, types.Type]) -> tuple[cel.Definition, ...]:
    """The definitions whose types the kind has; one about another kind's types is left out."""
    made = []
    for definition in written:
        try:
            takes = tuple((name, parse_type(text, named)) for name, text in definition.takes)
            returns = parse_type(definition.returns, named)
        except UnknownTypeError:
            continue
        made.append(cel.Definition(definition.name, takes, returns, definition.value))
    return tuple(made)


def named_types(root: types.Type) -> dict[str, types.Type]:
    """Every object and enum within a kind's type, by name; the nearest where two share one."""
    found: dict[str, types.Type] = {}
    pending: list[types.Type] = [root]
    seen: set[int] = set()
    for type_ in pending:
        if id(type_) in seen:
            continue
        seen.add(id(type_))
        if isinstance(type_, types.ObjectType):
            found.setdefault(type_.name, type_)
            pending.extend(field.type for field in type_.fields.values())
        elif isinstance(type_, types.Enum):
            found.setdefault(type_.name, type_)
        elif isinstance(type_, types.Nullable | types.List):
            pending.append(type_.elem)
        elif isinstance(type_, types.Map):
            pending.append(type_.value)
        elif isinstance(type_, types.Union):
            pending.extend(type_.members)
    return found
