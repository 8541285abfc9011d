"""Which controls can tell that a key is gone: those that may read a field of its name.

What a control may read is worked out when it is checked (`Policy.reads`). Who leaves out the others has to
evaluate some of them all the same, to see that it is so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from policyscan.kinds.kinds import Kind
from policyscan.kinds.shapes import Shape, walk
from policyscan.policies.policy import Policy, Table

ANYBODY = frozenset({"*"})
"""Of what every control may speak otherwise: the day, the zone, the identity of an inventory."""
_COMMON = frozenset(
    {"schema_version", "kind", "as_of", "time_zone", "currency", "members", "providers", "statements"}
)


def lost_names(kind: Kind, value: Any, path: Sequence[Any]) -> frozenset[str]:
    """The names of the fields that go with a key: its own, that of the object it is part of, those below it,
    and those of what refers to that."""
    if path[0] in _COMMON or tuple(path) == kind.shape.ident[: len(path)]:
        return ANYBODY
    shape, name = kind.shape, ""
    holder: tuple[str, tuple[str, ...]] = "", ()  # the list it stands in, its items' identity
    for step in path[:-1]:
        if isinstance(step, int):
            holder = name, shape.key
        name = step if step in shape.fields else name
        shape, value = _below(shape, step), value[step]
    whole = len(path) > 1 and not isinstance(path[-2], int)  # as functions take business hours
    if path[0] == "evidence":
        name, whole = "evidence", True
    found = {path[-1], name} if whole or path[-1] not in shape.fields else {path[-1]}
    if path[-1] in holder[1]:
        found |= {holder[0], *_referring(kind, holder[0])}
    for inner, is_list in _names(_below(shape, path[-1]), value[path[-1]], str(path[-1])):
        found |= {inner, *(_referring(kind, inner) if is_list else ())}
    return ANYBODY if found & _standing_behind(kind) else frozenset(found)


@cache
def _standing_behind(kind: Kind) -> frozenset[str]:
    """The names of the fields that decide whether somebody may stand behind a word, whoever reads that."""
    field = kind.shape.fields.get("statements")
    backing = field.shape.backing if field is not None else None
    return frozenset((backing.starts, backing.ends, *backing.never, "by")) if backing else frozenset()


def _below(shape: Shape, step: Any) -> Shape:
    """The shape of what stands there; of the parts of a scalar, and of users' own keys, nothing is known."""
    field = shape.fields.get(step) or shape.items
    return field.shape if field is not None else Shape("string")


def _names(shape: Shape, value: Any, name: str) -> Iterator[tuple[str, bool]]:
    """The names of all keys in a value with this name, and whether they hold what may be referred to."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in shape.fields:
                yield key, False
            yield from _names(_below(shape, key), item, key if key in shape.fields else name)
    elif isinstance(value, list):
        yield name, bool(shape.key)
        for item in value:
            yield from _names(_below(shape, 0), item, name)


@cache
def _referring(kind: Kind, name: str) -> frozenset[str]:
    """The names of the fields that refer to what is in lists of a name."""
    found = set()
    for path, field in walk(kind.shape):
        if any(ref.rpartition("/")[2] == name for ref in field.shape.refs):
            found.add(path.rpartition(".")[2].removesuffix("[]"))
    return frozenset(found)


def read_names(policy: Policy, known: Mapping[str, Policy]) -> frozenset[str]:
    """The names of all fields that a control may read, itself, of members, or through those that it asks."""
    pending, found = [policy.id], set[str]()
    for id_ in pending:
        asked = known[id_]
        also = asked.also.reads.names if asked.also is not None else ()
        found.update(asked.reads.names, also, *(table.reads.names for table in asked.tables))
        pending.extend(one for one in asked.uses if one in known and one not in pending)
    return frozenset(found)


def table_names(table: Table, known: Mapping[str, Policy]) -> frozenset[str]:
    """The names of all fields that the rows of a table may rest on."""
    return frozenset(table.reads.names).union(*(read_names(known[id_], known) for id_ in table.reads.uses))


def concerns(lost: frozenset[str], names: frozenset[str]) -> bool:
    """Whether who reads some names can tell that others are gone."""
    return lost is ANYBODY or not lost.isdisjoint(names)
