"""`definitions.yaml`: typed functions that the policies of a pack share.

In: the words of a type (`list(client.people)`), and the definitions as written. Out: types and
`Definition`s; UnknownTypeError for a type that there is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

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
        parts = [parse_type(part, named) for part in text.split("|")]
        members = [m for part in parts for m in (part.members if isinstance(part, types.Union) else (part,))]
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
    """Every object and enum within a kind's type, by name.

    Two kinds may have objects of one name (`insurance_policy`): the name means either. Of two enums it means
    the nearest.
    """
    found: dict[str, types.Type] = {}
    for type_ in within(root):
        if isinstance(type_, types.ObjectType):
            other = found.get(type_.name)
            members = other.members if isinstance(other, types.Union) else (other,)
            if other is None:
                found[type_.name] = type_
            elif type_ not in members:
                known = (member for member in members if isinstance(member, types.ObjectType))
                found[type_.name] = types.Union((*known, type_))
        elif isinstance(type_, types.Enum):
            found.setdefault(type_.name, type_)
    return found


def owners(type_: types.Type, kinds: Iterable[tuple[str, types.ObjectType]]) -> list[str]:
    """The kinds whose own objects are the members of a type, for messages."""
    members = type_.members if isinstance(type_, types.Union) else (type_,)
    roots = dict(kinds)
    return [name for name, root in roots.items() if any(t in members for t in within(root, roots.values()))]


def within(root: types.Type, others: Iterable[types.Type] = ()) -> Iterator[types.Type]:
    """A type and all that it leads to, but for what only these others lead to; the nearest first."""
    pending: list[types.Type] = [root]
    seen = {id(other) for other in others} - {id(root)}
    for type_ in pending:
        if id(type_) in seen:
            continue
        seen.add(id(type_))
        yield type_
        if isinstance(type_, types.ObjectType):
            pending.extend(field.type for field in type_.fields.values())
        elif isinstance(type_, types.Nullable | types.List):
            pending.append(type_.elem)
        elif isinstance(type_, types.Map):
            pending.append(type_.value)
        elif isinstance(type_, types.Union):
            pending.extend(type_.members)
