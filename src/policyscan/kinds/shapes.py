"""What a kind may hold, in the few forms there are: object, map, list, enum, scalar.

In: parts of a schema, or rows that were kept. Out: shapes, and walks through them.

A kind's JSON Schema is turned into shapes once, by `shape_reader`; decoding, validation, types and questions
are all made from them. As rows of plain values they are kept between runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import Any

from policyscan.cel.values import Money
from policyscan.records import NamedTuple

EDITORS_KEY = "$schema"
"""By which editors find the schema of a JSON file, at its top; it says nothing of what is described."""
EDITORS_KEYS = r"^\$schema$"
"""The pattern by which a kind's schema allows it."""
FREE = "x-"
"""Keys that begin so are the user's own, everywhere: not checked, not seen by policies."""

KIND = "kind:"
"""What a reference to documents of a kind begins with, as in `kind:provider`."""


class Earned(NamedTuple):
    """Values of a property that take controls away, or make them easier, and so have to be earned by a
    statement: those that are listed, or with `but` all others; and why."""

    values: tuple[Any, ...]
    but: bool
    why: str

    def holds(self, value: Any) -> bool:
        """Whether a decoded value has to be earned."""
        return any(_alike(value, one) for one in self.values) is not self.but


def earned_test(earned: Earned) -> Callable[[Any], bool]:
    """`earned.holds`, for the loop that decodes: most values are words, or true or false."""
    words = frozenset(one for one in earned.values if one.__class__ is str)
    but = earned.but
    none, yes, no = (earned.holds(value) for value in (None, True, False))

    def holds(value: Any) -> bool:
        if value.__class__ is str:
            return (value in words) is not but
        if value is None:
            return none
        if value is True:
            return yes
        return no if value is False else earned.holds(value)

    return holds


def _alike(value: Any, written: Any) -> bool:
    """Whether a decoded value is one that a schema writes: true is not 1, and money goes by its amount."""
    if value.__class__ is Money:
        value = value.amount
    if isinstance(value, bool) or isinstance(written, bool):
        return value is written
    return bool(value == written)


class Backing(NamedTuple):
    """Who may stand behind statements, and for how long: the keys of a person's first and last day, the words
    by which others of their keys rule them out, and how many days a statement lasts. `begins` are the keys of
    the day on which what a statement is about began: it may be made `ahead` days earlier, and no more."""

    starts: str
    ends: str
    never: Mapping[str, tuple[str, ...]]
    max_age: int
    begins: tuple[str, ...] = ()
    ahead: int = 0


class Order(NamedTuple):
    """Two dates of an object of which the second cannot be earlier: the key of the first, the keys that lead
    to the second (`*` for every item of a list), what to say where it is, with `{first}` and `{then}`, and by
    how many days it may be earlier all the same."""

    first: str
    then: tuple[str, ...]
    say: str
    slack: int = 0


class Shape:
    """The form of a value.

    `form` is one of string, integer, number, boolean, date, instant, enum, money, plain, list, map, object;
    what is plain may be any of the simple values or a list of them, and is nothing that policies read.
    For an object `fields` maps its keys to Properties; for a list or map `items` is what it holds.
    `later` marks a date that may come after the evidence for its record, such as that on which a finding is
    closed.
    """

    __slots__ = (
        "backing",
        "bounds",
        "fields",
        "follow",
        "form",
        "ident",
        "items",
        "key",
        "later",
        "members",
        "name",
        "ordered",
        "orders",
        "past",
        "pattern",
        "plausible",
        "refs",
        "required",
        "says",
        "size",
        "unique",
        "values",
    )

    def __init__(self, form: str, name: str = "") -> None:
        self.form = form
        self.name = name
        self.fields: dict[str, Property] = {}
        self.required: tuple[str, ...] = ()
        self.ident: tuple[str, ...] = ()  # object: path to its id
        self.items: Property | None = None
        self.key: tuple[str, ...] = ()  # list: what identifies an item
        self.members = ""  # list of texts: the kind whose files its patterns name
        self.values: tuple[Any, ...] = ()  # enum and const
        self.ordered = False
        self.refs: tuple[str, ...] = ()
        self.follow = True
        self.says = ""  # text: what it is there to tell, one of `names.SAYS`
        self.orders: tuple[Order, ...] = ()  # object: which of its dates cannot be earlier than which
        self.past = False
        self.later = False
        self.pattern: str | None = None
        # smallest, whether it is excluded, largest, whether it is excluded
        self.bounds: tuple[float | None, bool, float | None, bool] | None = None
        # number: the least and the most that can be true, and why
        self.plausible: tuple[float | None, float | None, str] | None = None
        self.size: tuple[int, int | None] | None = None  # of a text, list or map
        self.unique = False
        self.backing: Backing | None = None  # list of statements


class Property:
    """A property of an object, or what a list or map holds: a shape, and what people should know of it."""

    __slots__ = (
        "answered_by",
        "default_ok",
        "description",
        "earned",
        "nullable",
        "question",
        "shape",
        "shown_by",
        "unit",
        "when_absent",
    )

    def __init__(self, shape: Shape, schema: dict[str, Any], *, nullable: bool) -> None:
        self.shape = shape
        self.nullable = nullable
        self.description: str = schema.get("description", "")
        self.question: str = schema.get("x-question", "")
        self.answered_by: str = schema.get("x-answered-by", "")
        self.shown_by: str = schema.get("x-shown-by", "")
        self.unit: str = schema.get("x-unit", "")
        self.default_ok: bool = schema.get("x-default-ok", False)
        self.earned: Earned | None = _earned(schema.get("x-earned"))
        absent = schema.get("x-when-absent")
        self.when_absent: tuple[Any, str] | None = None
        if isinstance(absent, dict) and {"value", "why"} <= absent.keys():
            self.when_absent = (absent["value"], absent["why"])


def _earned(written: Any) -> Earned | None:
    """What `x-earned` says, which `shape_reader` checks: `{values: […], why}` or `{but: […], why}`."""
    if not isinstance(written, dict):
        return None
    but = "but" in written
    values = written.get("but" if but else "values")
    return Earned(tuple(values) if isinstance(values, list) else (), but, str(written.get("why", "")))


def walk(root: Shape) -> Iterator[tuple[str, Property]]:
    """Every field below a shape with its path, such as `devices[].os.support_ends`; recursion is cut."""
    yield from _walk(root, "", frozenset((id(root),)))


def _walk(shape: Shape, prefix: str, seen: frozenset[int]) -> Iterator[tuple[str, Property]]:
    for key, field in shape.fields.items():
        yield from _walk_field(field, f"{prefix}.{key}" if prefix else key, seen)
    if shape.items is not None:
        yield from _walk_field(shape.items, f"{prefix}[]", seen)


def _walk_field(field: Property, path: str, seen: frozenset[int]) -> Iterator[tuple[str, Property]]:
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
_BACKING, _FIELDS, _ITEMS, _ORDERS = map(Shape.__slots__.index, ("backing", "fields", "items", "orders"))


def to_rows(root: Shape) -> list[ShapeRow]:
    """A shape, whose row is the first, and all that it leads to."""
    numbers = {id(root): 0}
    shapes = [root]

    def field_row(field: Property) -> ShapeRow:
        inner = field.shape
        number = numbers.setdefault(id(inner), len(shapes))
        if number == len(shapes):
            shapes.append(inner)
        about = field.default_ok, field.description, field.nullable, field.question
        asked = field.answered_by, field.shown_by
        return number, *about, field.unit, *asked, field.when_absent, field.earned and tuple(field.earned)

    rows = []
    for shape in shapes:  # which grows on the way
        row = list(_attributes(shape))
        row[_BACKING] = shape.backing and tuple(shape.backing._replace(never=dict(shape.backing.never)))
        row[_FIELDS] = {key: field_row(field) for key, field in shape.fields.items()}
        row[_ITEMS] = field_row(shape.items) if shape.items is not None else None
        row[_ORDERS] = tuple(map(tuple, shape.orders))
        rows.append(tuple(row))
    return rows


def from_rows(rows: list[ShapeRow]) -> Shape:
    """What `to_rows` was given."""
    shapes = [Shape.__new__(Shape) for _ in rows]

    def field(row: ShapeRow) -> Property:
        made = Property.__new__(Property)
        number, made.default_ok, made.description, made.nullable, made.question, made.unit, *rest = row
        made.answered_by, made.shown_by, absent, earned = rest
        made.shape = shapes[number]
        made.earned = Earned(*earned) if earned is not None else None
        made.when_absent = absent
        return made

    for shape, row in zip(shapes, rows, strict=True):
        (
            backing, shape.bounds, fields, shape.follow, shape.form, shape.ident, items, shape.key,
            shape.later, shape.members, shape.name, shape.ordered, orders, shape.past, shape.pattern,
            shape.plausible, shape.refs, shape.required, shape.says, shape.size, shape.unique, shape.values,
        ) = row  # fmt: skip
        shape.orders = tuple(Order(*order) for order in orders)
        shape.backing = Backing(*backing) if backing is not None else None
        shape.fields = {key: field(inner) for key, inner in fields.items()}
        shape.items = None if items is None else field(items)
    return shapes[0]
