"""The types that policies are checked against, made from the shapes of kinds.

In: the shapes of all kinds. Out: a type for each, whose fields refer to each other; and which sections of
an inventory an expression reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from policyscan import cel
from policyscan.cel import types
from policyscan.kinds.shapes import KIND, Property, Shape, target_items

ENVELOPE = frozenset(
    ("schema_version", "kind", "as_of", "time_zone", "currency", "waivers", "evidence", "statements")
)
"""Keys of an inventory that say how to read it, and are no facts that evidence could cover."""
_SIMPLE = {
    "string": types.STRING,
    "integer": types.INT,
    "number": types.DOUBLE,
    "boolean": types.BOOL,
    "date": types.DATE,
    "instant": types.TIMESTAMP,
    "money": types.MONEY,
}


class Shaped(Protocol):
    """A kind, as far as its types are made from it."""

    @property
    def name(self) -> str: ...
    @property
    def shape(self) -> Shape: ...


class TypeMaker:
    """Makes and remembers the object types of all kinds: they refer to one another."""

    def __init__(self, type_of: Callable[[str], types.ObjectType]) -> None:
        """`type_of` gives the type of the kind with a name."""
        self._type_of = type_of
        self._objects: dict[int, types.ObjectType] = {}
        self._roots: dict[types.ObjectType, str] = {}
        self._targets: dict[tuple[types.ObjectType, str], list[tuple[str, str]]] = {}

    def sections(self, reads: Iterable[cel.FieldRead]) -> set[str]:
        """The parts of inventories, `client.devices`, that an expression with these reads rests on: those
        that it selects, and those that hold what it follows a reference to: one in a thing that several kinds
        of inventories have leads into the kind that the expression reads."""
        every = tuple(reads)
        selected = {(self._roots[read.of], read.field) for read in every if read.of in self._roots}
        kinds = {kind for kind, _ in selected}
        followed = (target for read in every for target in self._targets.get(read, ()))
        return {f"{kind}.{name}" for kind, name in selected if name not in ENVELOPE} | {
            f"{kind}.{name}" for kind, name in followed if kind in kinds or not kinds
        }

    def root(self, kind: Shaped) -> types.ObjectType:
        """The type of a kind's documents."""
        made = self._object(kind.shape, kind)
        self._roots[made] = kind.name
        self._note_targets(kind.shape, kind.name, set())
        return made

    def _note_targets(self, shape: Shape, kind: str, noted: set[int]) -> None:
        """Notes into which lists the references in a shape of a kind lead, and in those below it."""
        if id(shape) in noted:
            return
        noted.add(id(shape))
        for name, field in shape.fields.items():
            inner = (field.shape.items or field).shape
            lists = [ref.partition("/")[0] for ref in inner.refs if not ref.startswith(KIND)]
            if lists and field.shape.form != "plain":
                held = self._targets.setdefault((self._objects[id(shape)], name), [])
                held.extend((kind, one) for one in lists)
            self._note_targets(inner, kind, noted)

    def _object(self, shape: Shape, kind: Shaped, key: tuple[str, ...] = ()) -> types.ObjectType:
        made = self._objects.get(id(shape))
        if made is None:
            made = types.ObjectType(shape.name, {}, shape.ident or key)
            self._objects[id(shape)] = made  # before its fields, which may refer to it
            read = (name for name, field in shape.fields.items() if field.shape.form != "plain")
            made.fields.update({name: self._field(shape, name, kind) for name in read})
        elif key and not made.key:
            made.key = key
        return made

    def _field(self, shape: Shape, name: str, kind: Shaped) -> types.Field:
        field = shape.fields[name]
        found = self._type(field, kind)
        return types.Field(
            found, field.description, name not in shape.required, field.when_absent is not None
        )

    def _type(self, field: Property, kind: Shaped, key: tuple[str, ...] = ()) -> types.Type:
        found = self._bare(field.shape, kind, key)
        return types.nullable(found) if field.nullable else found

    def _bare(self, shape: Shape, kind: Shaped, key: tuple[str, ...]) -> types.Type:
        if shape.form == "object":
            return self._object(shape, kind, key)
        if shape.items is not None:
            inner = self._type(shape.items, kind, shape.key if len(shape.key) == 1 else ())
            return types.List(inner) if shape.form == "list" else types.Map(types.STRING, inner)
        if shape.form == "enum":
            return types.Enum(shape.name, shape.values, shape.ordered)
        if shape.refs:
            return self._reference(shape, kind)
        return _SIMPLE[shape.form]

    def _reference(self, shape: Shape, kind: Shaped) -> types.Type:
        if not shape.follow:
            return types.IdType(shape.refs[0].removeprefix(KIND))
        members = tuple(dict.fromkeys(self._target(ref, kind) for ref in shape.refs))
        return members[0] if len(members) == 1 else types.Union(members)

    def _target(self, ref: str, kind: Shaped) -> types.ObjectType:
        if ref.startswith(KIND):
            return self._type_of(ref.removeprefix(KIND))
        return self._object(target_items(kind.shape, ref), kind)
