"""What a kind may hold, in the few forms there are: object, map, list, enum, scalar.

A kind's JSON Schema is turned into shapes once, by `shape_reader`; decoding, validation, types and questions
are all made from them. As rows of plain values they are kept between runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

EDITORS_KEY = "$schema"
"""By which editors find the schema of a JSON file, at its top; it says nothing of what is described."""
EDITORS_KEYS = r"^\$schema$"
"""The pattern by which a kind's schema allows it."""
FREE = "x-"
"""Keys that begin so are the user's own, everywhere: not checked, not seen by policies."""

KIND = "kind:"
"""What a reference to documents of a kind begins with, as in `kind:provider`."""


class Shape:
    """The form of a value.

    `form` is one of string, integer, number, boolean, date, instant, enum, money, list, map, object.
    For an object `fields` maps its keys to Fields; for a list or map `items` is what it holds.
    """

    __slots__ = (
        "bounds",
        "fields",
        "follow",
        "form",
        "ident",
        "items",
        "key",
        "members",
        "name",
        "ordered",
        "past",
        "pattern",
        "refs",
        "required",
        "size",
        "unique",
        "values",
    )

    def __init__(self, form: str, name: str = "") -> None:
        self.form = form
        self.name = name
        self.fields: dict[str, Field] = {}
        self.required: tuple[str, ...] = ()
        self.ident: tuple[str, ...] = ()  # object: path to its id
        self.items: Field | None = None
        self.key: tuple[str, ...] = ()  # list: what identifies an item
        self.members = ""  # list of texts: the kind whose files its patterns name
        self.values: tuple[Any, ...] = ()  # enum and const
        self.ordered = False
        self.refs: tuple[str, ...] = ()
        self.follow = True
        self.past = False
        self.pattern: str | None = None
        # smallest, whether it is excluded, largest, whether it is excluded
        self.bounds: tuple[float | None, bool, float | None, bool] | None = None
        self.size: tuple[int, int | None] | None = None  # of a text, list or map
        self.unique = False


class Field:
    """A property of an object, or what a list or map holds: a shape, and what people should know of it."""

    __slots__ = ("default_ok", "description", "nullable", "question", "shape", "unit", "when_absent")

    def __init__(self, shape: Shape, schema: dict[str, Any], *, nullable: bool) -> None:
        self.shape = shape
        self.nullable = nullable
        self.description: str = schema.get("description", "")
        self.question: str = schema.get("x-question", "")
        self.unit: str = schema.get("x-unit", "")
        self.default_ok: bool = schema.get("x-default-ok", False)
        absent = schema.get("x-when-absent")
        self.when_absent: tuple[Any, str] | None = None
        if isinstance(absent, dict) and {"value", "why"} <= absent.keys():
            self.when_absent = (absent["value"], absent["why"])


def walk(root: Shape) -> Iterator[tuple[str, Field]]:
    """Every field below a shape with its path, such as `devices[].os.support_ends`; recursion is cut."""
    yield from _walk(root, "", frozenset((id(root),)))


def _walk(shape: Shape, prefix: str, seen: frozenset[int]) -> Iterator[tuple[str, Field]]:
    for key, field in shape.fields.items():
        yield from _walk_field(field, f"{prefix}.{key}" if prefix else key, seen)
    if shape.items is not None:
        yield from _walk_field(shape.items, f"{prefix}[]", seen)


def _walk_field(field: Field, path: str, seen: frozenset[int]) -> Iterator[tuple[str, Field]]:
    yield path, field
    inner = field.shape
    if id(inner) not in seen:
        yield from _walk(inner, path, seen | {id(inner)})


def target_items(root: Shape, target: str) -> Shape:
    """The shape of the objects in the list that `x-ref` names, such as `risk_audits/*/exposures`.

    LookupError if there is no such list, or if it does not say what identifies its items.
    """
    shape: Shape = root
    for part in target.split("/"):
        if part == "*":
            field = shape.items
        else:
            field = shape.fields.get(part)
        if field is None:
            raise LookupError(part)
        shape = field.shape
    if shape.form != "list" or not shape.key or shape.items is None or shape.items.shape.form != "object":
        raise LookupError(target)
    return shape.items.shape


# --- as rows of plain values -----------------------------------------------------------------------

ShapeRow = tuple[Any, ...]
"""A shape's attributes in the order of its slots; a field's shape is the number of its row."""

_attributes = attrgetter(*Shape.__slots__)
_FIELDS, _ITEMS = Shape.__slots__.index("fields"), Shape.__slots__.index("items")


def to_rows(root: Shape) -> list[ShapeRow]:
    """A shape, whose row is the first, and all that it leads to."""
    numbers = {id(root): 0}
    shapes = [root]

    def field_row(field: Field) -> ShapeRow:
        inner = field.shape
        number = numbers.setdefault(id(inner), len(shapes))
        if number == len(shapes):
            shapes.append(inner)
        about = field.default_ok, field.description, field.nullable, field.question
        return number, *about, field.unit, field.when_absent

    rows = []
    for shape in shapes:  # which grows on the way
        row = list(_attributes(shape))
        row[_FIELDS] = {key: field_row(field) for key, field in shape.fields.items()}
        row[_ITEMS] = field_row(shape.items) if shape.items is not None else None
        rows.append(tuple(row))
    return rows


def from_rows(rows: list[ShapeRow]) -> Shape:
    """What `to_rows` was given."""
    shapes = [Shape.__new__(Shape) for _ in rows]

    def field(row: ShapeRow) -> Field:
        made = Field.__new__(Field)
        number, made.default_ok, made.description, made.nullable, made.question, made.unit, absent = row
        made.shape = shapes[number]
        made.when_absent = absent
        return made

    for shape, row in zip(shapes, rows, strict=True):
        (
            shape.bounds, fields, shape.follow, shape.form, shape.ident, items, shape.key, shape.members,
            shape.name, shape.ordered, shape.past, shape.pattern, shape.refs, shape.required, shape.size,
            shape.unique, shape.values,
        ) = row  # fmt: skip
        shape.fields = {key: field(inner) for key, inner in fields.items()}
        shape.items = None if items is None else field(items)
    return shapes[0]
