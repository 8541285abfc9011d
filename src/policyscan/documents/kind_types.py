"""The types that policies are checked against, made from the shapes of kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policyscan.cel import types
from policyscan.documents.references import KIND
from policyscan.documents.shapes import Field, Shape, target_items

if TYPE_CHECKING:
    from policyscan.documents.kinds import Kind, Kinds

_SIMPLE = {
    "string": types.STRING,
    "integer": types.INT,
    "number": types.DOUBLE,
    "boolean": types.BOOL,
    "date": types.DATE,
    "instant": types.TIMESTAMP,
    "money": types.MONEY,
}


class TypeMaker:
    """Makes and remembers the object types of all kinds: they refer to one another."""

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._objects: dict[int, types.ObjectType] = {}

    def root(self, kind: Kind) -> types.ObjectType:
        """The type of a kind's documents."""
        return self._object(kind.shape, kind)

    def _object(self, shape: Shape, kind: Kind, key: tuple[str, ...] = ()) -> types.ObjectType:
        made = self._objects.get(id(shape))
        if made is None:
            made = types.ObjectType(shape.name, {}, shape.ident or key)
            self._objects[id(shape)] = made  # before its fields, which may refer to it
            made.fields.update({name: self._field(shape, name, kind) for name in shape.fields})
        elif key and not made.key:
            made.key = key
        return made

    def _field(self, shape: Shape, name: str, kind: Kind) -> types.Field:
        field = shape.fields[name]
        found = self._type(field, kind)
        return types.Field(
            found, field.description, name not in shape.required, field.when_absent is not None
        )

    def _type(self, field: Field, kind: Kind, key: tuple[str, ...] = ()) -> types.Type:
        found = self._bare(field.shape, kind, key)
        return types.nullable(found) if field.nullable else found

    def _bare(self, shape: Shape, kind: Kind, key: tuple[str, ...]) -> types.Type:
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

    def _reference(self, shape: Shape, kind: Kind) -> types.Type:
        if not shape.follow:
            return types.Identity(shape.refs[0].removeprefix(KIND))
        members = tuple(dict.fromkeys(self._target(ref, kind) for ref in shape.refs))
        return members[0] if len(members) == 1 else types.Union(members)

    def _target(self, ref: str, kind: Kind) -> types.ObjectType:
        if ref.startswith(KIND):
            return self._kinds[ref.removeprefix(KIND)].type
        return self._object(target_items(kind.shape, ref), kind)
