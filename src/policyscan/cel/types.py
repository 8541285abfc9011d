"""Static types of expressions. Simple ones are constants (`INT`, `DATE`); the rest are small classes.

In: names, fields and the types of parts. Out: types, which are compared and printed for messages.

Types compare by structure, except `ObjectType`, which is mutable until its fields are known (so that
types may refer to each other) and compares by identity.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from policyscan.records import NamedTuple


class Type:
    """A simple type, known by its name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def _parts(self) -> tuple[object, ...]:
        return (self.name,)

    def __eq__(self, other: object) -> bool:
        return self is other or (type(self) is type(other) and self._parts == other._parts)

    def __hash__(self) -> int:
        return hash(self._parts)

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<{self}>"


BOOL: Final = Type("bool")
INT: Final = Type("int")
UINT: Final = Type("uint")
DOUBLE: Final = Type("double")
STRING: Final = Type("string")
BYTES: Final = Type("bytes")
NULL: Final = Type("null")
TIMESTAMP: Final = Type("timestamp")
DURATION: Final = Type("duration")
DATE: Final = Type("date")
MONEY: Final = Type("money")
TYPE: Final = Type("type")
DYN: Final = Type("dyn")
"""Anything; what it is shows only when the expression runs."""
WHOLE_DYN: Final = Type("dyn")
"""Equal to `DYN`, for values that hold no facts that might not be written: see `relations.partial`."""
NEVER: Final = Type("nothing")
"""The element type of `[]`; fits everything."""


class List(Type):
    """A list of elements of one type."""

    __slots__ = ("elem",)

    def __init__(self, elem: Type) -> None:
        self.elem = elem

    @property
    def _parts(self) -> tuple[object, ...]:
        return ("list", self.elem)

    def __str__(self) -> str:
        return f"list({self.elem})"


class Map(Type):
    """A map from keys of one type to values of one type.

    `whole` says that an expression made it, so that no entry can be missing from it; in a document, one that
    is not written may still be a fact. Maps that differ in this alone are of one type.
    """

    __slots__ = ("key", "value", "whole")

    def __init__(self, key: Type, value: Type, *, whole: bool = False) -> None:
        self.key = key
        self.value = value
        self.whole = whole

    @property
    def _parts(self) -> tuple[object, ...]:
        return ("map", self.key, self.value)

    def __str__(self) -> str:
        return f"map({self.key}, {self.value})"


class Optional(Type):
    """CEL's optional: a value of the type, or nothing."""

    __slots__ = ("elem",)

    def __init__(self, elem: Type) -> None:
        self.elem = elem

    @property
    def _parts(self) -> tuple[object, ...]:
        return ("optional", self.elem)

    def __str__(self) -> str:
        return f"optional({self.elem})"


class Nullable(Type):
    """A value of the type, or `null`. Never nested; `nullable()` sees to that."""

    __slots__ = ("elem",)

    def __init__(self, elem: Type) -> None:
        self.elem = elem

    @property
    def _parts(self) -> tuple[object, ...]:
        return ("nullable", self.elem)

    def __str__(self) -> str:
        return f"{self.elem} or null"


class Enum(Type):
    """Strings from a fixed list; `ordered` lists them from low to high."""

    __slots__ = ("ordered", "values")

    def __init__(self, name: str, values: tuple[str, ...], ordered: bool = False) -> None:
        self.name = name
        self.values = tuple(values)
        self.ordered = ordered

    @property
    def _parts(self) -> tuple[object, ...]:
        return ("enum", self.values, self.ordered)

    def __str__(self) -> str:
        return self.name or "enum"


class Field(NamedTuple):
    """A property of an object type.

    `optional`: the key may be missing from the value; `when_absent`: a missing key was given its one
    honest meaning when the document was decoded, so that reading it is always possible.
    """

    type: Type
    description: str = ""
    optional: bool = True
    when_absent: bool = False


class ObjectType(Type):
    """An object with known fields; also a reference to one, which is the same value.

    `key` is the path to the id within the value, such as `("id",)` or `("organisation", "id")`, and
    empty where there is none. `label` is what messages call it; `fields` may be filled in later.
    """

    __slots__ = ("fields", "key", "label")

    def __init__(
        self,
        name: str,
        fields: Mapping[str, Field] | None = None,
        key: tuple[str, ...] = (),
        label: str = "",
    ) -> None:
        self.name = name
        self.fields: dict[str, Field] = dict(fields or {})
        self.key = tuple(key)
        self.label = label or name

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __str__(self) -> str:
        return self.label


class Union(Type):
    """One of several object types; a field may be selected where all members have it, of one type."""

    __slots__ = ("members",)

    def __init__(self, members: tuple[ObjectType, ...]) -> None:
        self.members = tuple(members)

    @property
    def _parts(self) -> tuple[object, ...]:
        return ("union", *self.members)

    def __str__(self) -> str:
        return " or ".join(dict.fromkeys(str(member) for member in self.members))


class AnyObject(Type):
    """In a function's signature: any object type with these fields; with none, any object at all."""

    __slots__ = ("fields",)

    def __init__(self, name: str, fields: Mapping[str, Type] | None = None) -> None:
        self.name = name
        self.fields: dict[str, Type] = dict(fields or {})

    @property
    def _parts(self) -> tuple[object, ...]:
        return ("shape", self.name, *self.fields.items())


class IdType(Type):
    """The id (a string at run time) of an object of a kind, compared with that kind's objects by id."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind

    @property
    def _parts(self) -> tuple[object, ...]:
        return ("identity", self.kind)

    def __str__(self) -> str:
        return f"id of a {self.kind}"


class TypeParam(Type):
    """A stand-in in a function's signature: the same one is the same type throughout a call.

    With a `bound` it stands only for types that fit that one, or may be null besides.
    """

    __slots__ = ("bound",)

    def __init__(self, name: str, bound: Type | None = None) -> None:
        self.name = name
        self.bound = bound

    @property
    def _parts(self) -> tuple[object, ...]:
        return ("param", self.name, self.bound)


INTERVAL: Final = ObjectType(
    "interval",
    {
        "starts_at": Field(TIMESTAMP, "the first instant of the interval", optional=False),
        "ends_at": Field(TIMESTAMP, "the first instant after the interval", optional=False),
    },
)
"""A stretch of time, as `interval(a, b)` makes: a map with `starts_at` and `ends_at` (exclusive)."""


HOST: Final = ObjectType("host")
"""What `passes()`, `status()` and `grade()` read, instead of facts."""


OBJECT: Final = AnyObject("object")
"""Any object, in a function's signature."""


def nullable(t: Type) -> Type:
    """`t` or null; already nullable types, null and dyn stay as they are."""
    return t if isinstance(t, Nullable) or t in (NULL, DYN) else Nullable(t)


def non_null(t: Type) -> Type:
    """`t` without its null."""
    return t.elem if isinstance(t, Nullable) else t


def describe(t: Type) -> str:
    """A type for a message, enums with their values: `severity ("low", "high")`."""
    if isinstance(t, Enum):
        values = ", ".join(f'"{value}"' for value in t.values)
        return f"{t.name} ({values})" if t.name else f"one of {values}"
    if isinstance(t, Nullable):
        return f"{describe(t.elem)} or null"
    return str(t)
