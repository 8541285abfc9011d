"""Equality, order, `in`, and comparisons with the clock.

In: a parsed node and the `Checker` (`state`). Out: a node of the checked form with its type; mistakes are
noted at their places.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

from policyscan.cel import ir
from policyscan.cel.ast import Call, ListExpr, Node
from policyscan.cel.checking import clock
from policyscan.cel.checking.clock import FLIPPED
from policyscan.cel.checking.messages import OPERATORS, an, equality_hint, order_hint, quoted
from policyscan.cel.checking.state import Checker
from policyscan.cel.ir import Out
from policyscan.cel.relations import assignable, may_be_null, partial
from policyscan.cel.spelling import nearest
from policyscan.cel.types import (
    BOOL,
    BYTES,
    DATE,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    MONEY,
    NEVER,
    NULL,
    STRING,
    TIMESTAMP,
    TYPE,
    UINT,
    Enum,
    IdType,
    List,
    Map,
    Nullable,
    ObjectType,
    Type,
    Union,
    describe,
    non_null,
)

ORDERED: Final = frozenset({BOOL, INT, UINT, DOUBLE, STRING, BYTES, TIMESTAMP, DURATION, DATE, MONEY})
_NUMBERS: Final = frozenset({INT, UINT, DOUBLE})
_WHOLE: Final = frozenset({INT, UINT})
_PLAIN_EQUAL: Final = frozenset({BOOL, INT, UINT, DOUBLE, STRING, BYTES, TIMESTAMP, DURATION, DATE, TYPE})
_PARTLESS: Final = _PLAIN_EQUAL | {MONEY, NULL}


def equality(c: Checker, node: Call) -> Out:
    """`==` and `!=`."""
    negate = node.function == "_!=_"
    a, b = c.expr(node.args[0]), c.expr(node.args[1])
    if a.moves or b.moves:
        return clock.compare(c, node, OPERATORS[node.function], a, b)
    _check_enum(c, node.args[0], a, b)
    _check_enum(c, node.args[1], b, a)
    _check_whole(c, node.args[0], a, b)
    _check_whole(c, node.args[1], b, a)
    a, b = _as_doubles(a, b)
    kind = _equality_kind(c, node, a, b)
    if kind == "dyn":
        _compare_parts(c, node, a, b)
    if negate and c.strict:
        guard_nullable(c, node, a, b)
    counted = _count_compared(c, node, OPERATORS[node.function], a, b)
    if counted is not None:
        return counted
    if isinstance(kind, tuple):
        if isinstance(non_null(a.type), IdType):
            a, b = b, a
        return Out(ir.HasKey(node.start, node.end, negate, kind, a.ir, b.ir), BOOL)
    return Out(ir.Eq(node.start, node.end, negate, kind, a.ir, b.ir), BOOL)


def guard_nullable(c: Checker, node: Call, a: Out, b: Out) -> None:
    """Refuses to compare what may be null where that decides by accident."""
    if NULL in (a.type, b.type):
        return
    for arg, out in zip(node.args, (a, b), strict=True):
        if isinstance(out.type, Nullable):
            c.null_problem(node, arg)
            return


def _equality_kind(c: Checker, node: Call, a: Out, b: Out) -> str | tuple[str, ...]:
    """How two values are compared: see `ir.Eq`; the path of a key for an object and an id."""
    left, right = non_null(a.type), non_null(b.type)
    if NULL in (left, right):
        return _null_kind(c, node, a, b)
    objects = [isinstance(t, ObjectType | Union) for t in (left, right)]
    if all(objects) and c.strict:
        if not _related(left, right):
            c.error(node, f"{an(left)} is never {an(right)}")
        return "ref"
    if any(objects) and c.strict:
        return _id_kind(c, node, left, right)
    if c.strict and not _comparable(left, right):
        c.error(node, f"{an(left)} is never equal to {an(right)}", equality_hint(left, right))
    return "plain" if _plainly_equal(left, right) else "dyn"


def _null_kind(c: Checker, node: Call, a: Out, b: Out) -> str:
    other, arg = (b, node.args[1]) if a.type == NULL else (a, node.args[0])
    if c.strict and not may_be_null(other.type) and not isinstance(other.ir, ir.Fail) and not c.guarded(arg):
        text = c.source[node.start : node.end]
        c.error(node, f"this is never null, so {text!r} says nothing", "leave the comparison out")
    return "null" if c.strict else "dyn"


def _id_kind(c: Checker, node: Call, left: Type, right: Type) -> str | tuple[str, ...]:
    object_, other = (left, right) if isinstance(left, ObjectType | Union) else (right, left)
    if isinstance(other, IdType) and isinstance(object_, ObjectType):
        if other.kind != object_.name:
            c.error(node, f"{an(other)} is never {an(object_)}")
        return object_.key or ("id",)
    if other == DYN:
        return "dyn"
    hint = "compare with another reference, or with its id: x.id == …"
    c.error(node, f"{an(object_)} is an object and cannot be compared with {an(other)}", hint)
    return "dyn"


def _check_enum(c: Checker, node: Node, out: Out, other: Out) -> None:
    """An impossible value of an enum, in a literal or a list of them."""
    enum = non_null(other.type)
    if not isinstance(enum, Enum) or not isinstance(out.ir, ir.Const) or not c.strict:
        return
    value = out.ir.value
    if isinstance(value, str):
        check_value(c, node, value, enum)


def _check_whole(c: Checker, node: Node, out: Out, other: Out) -> None:
    """A number that is written and that no whole number is, next to whole numbers."""
    t = non_null(other.type)
    if t in _WHOLE and isinstance(out.ir, ir.Const) and c.strict:
        _check_number(c, node, out.ir.value, t)


def _check_number(c: Checker, node: Node, value: object, t: Type) -> None:
    if isinstance(value, float) and not value.is_integer():
        c.error(node, f"{an(t)} is a whole number, and never {value}", _whole_hint(value))
    elif isinstance(value, int | float) and value < 0 and t == UINT:
        c.error(node, f"{an(t)} is never {value}", "it is 0 or more")


def _whole_hint(value: float) -> str:
    if not math.isfinite(value):
        return "leave the comparison out"
    low = math.floor(value)
    return f"write {low} or {low + 1}, or compare with <= or >="


def check_value(c: Checker, node: Node, value: str, enum: Enum) -> None:
    """Refuses a value that an enum does not have."""
    if value in enum.values:
        return
    near = nearest(value, enum.values)
    known = ", ".join(f'"{v}"' for v in enum.values)
    hint = f'did you mean "{near}"?' if near else f"it is one of {known}"
    name = f"{enum.name} is" if enum.name else "this is"
    c.error(node, f'{name} never "{value}"', hint)


def order(c: Checker, node: Call) -> Out:
    """`<`, `<=`, `>` and `>=`."""
    op = OPERATORS[node.function]
    a, b = c.expr(node.args[0]), c.expr(node.args[1])
    if a.moves or b.moves:
        return clock.compare(c, node, op, a, b)
    counted = _count_compared(c, node, op, a, b)
    if counted is not None:
        return counted
    a, b = _as_doubles(a, b)
    left, right = non_null(a.type), non_null(b.type)
    if c.strict and (isinstance(left, Enum) or isinstance(right, Enum)):
        return _enum_order(c, node, op, a, b)
    kind = _order_kind(c, node, op, a, b)
    return Out(ir.Cmp(node.start, node.end, op, kind, a.ir, b.ir), BOOL)


def _as_doubles(a: Out, b: Out) -> tuple[Out, Out]:
    """Both sides, an int that is written next to a double as the double it is compared as."""
    if non_null(b.type) == DOUBLE and a.type == INT and isinstance(a.ir, ir.Const):
        return _as_double(a.ir), b
    if non_null(a.type) == DOUBLE and b.type == INT and isinstance(b.ir, ir.Const):
        return a, _as_double(b.ir)
    return a, b


def _as_double(number: ir.Const) -> Out:
    return Out(ir.Const(number.start, number.end, float(number.value)), DOUBLE)


def _order_kind(c: Checker, node: Call, op: str, a: Out, b: Out) -> str:
    left, right = non_null(a.type), non_null(b.type)
    if left == right and left in ORDERED:
        return "plain" if c.strict or not (may_be_null(a.type) or may_be_null(b.type)) else "dyn"
    numbers = left in _NUMBERS and right in _NUMBERS
    if c.strict and not numbers and DYN not in (left, right):
        first = node.args[0]
        chained = isinstance(first, Call) and FLIPPED.get(OPERATORS.get(first.function, "")) is not None
        hint = "write a < b && b < c" if chained and left == BOOL else order_hint(left, right)
        c.error(node, f"{an(left)} {op} {an(right)} has no meaning", hint)
    return "dyn"


def _enum_order(c: Checker, node: Call, op: str, a: Out, b: Out) -> Out:
    left, right = non_null(a.type), non_null(b.type)
    enum = left if isinstance(left, Enum) else right
    assert isinstance(enum, Enum)
    if not enum.ordered:
        c.error(node, f"{describe(enum)} has no order", f"say which values you mean: x in [{quoted(enum)}]")
        return Out(ir.Cmp(node.start, node.end, op, "plain", a.ir, b.ir), BOOL)
    other, out, arg = (right, b, node.args[1]) if enum is left else (left, a, node.args[0])
    if isinstance(other, Enum) and other != enum:
        c.error(node, f"{describe(enum)} and {describe(other)} are not the same scale")
    elif not isinstance(other, Enum):
        if not isinstance(out.ir, ir.Const) or not isinstance(out.ir.value, str):
            c.error(node, f"{an(enum)} {op} {an(other)} has no meaning", "compare with one of its values")
        else:
            check_value(c, arg, out.ir.value, enum)
    null = may_be_null(a.type) or may_be_null(b.type)
    return Out(ir.RankCmp(node.start, node.end, op, enum.values, null, a.ir, b.ir), BOOL)


def _count_compared(c: Checker, node: Call, op: str, a: Out, b: Out) -> Out | None:
    """`size(xs.filter(x, p)) >= n` and `xs.count(x, p) >= n`, decided by bounds where p is missing."""
    if not c.strict or a.type != INT or b.type != INT:
        return None
    loop, flip = _counting(a.ir), False
    if loop is None:
        loop, flip = _counting(b.ir), True
    if loop is None:
        return None
    limit = a.ir if flip else b.ir
    relation = FLIPPED[op] if flip else op
    return Out(ir.Bounds(node.start, node.end, relation, loop, limit), BOOL)


def membership(c: Checker, node: Call) -> Out:
    """`item in items`."""
    item, items = c.expr(node.args[0]), c.expr(node.args[1])
    c.still(node.args[0], item)
    c.still(node.args[1], items)
    t = non_null(items.type)
    if isinstance(t, ObjectType | Map):
        c.asks(node, items)
        asked = item.ir.value if isinstance(item.ir, ir.Const) else None
        if isinstance(t, ObjectType) and isinstance(asked, str) and asked not in t.fields:
            c.error(node.args[0], f"{an(t)} has no field {asked!r}")
        plain = c.strict and item.type == STRING
        return Out(ir.In(node.start, node.end, item.ir, items.ir, "keys" if plain else "dyn"), BOOL)
    if not isinstance(t, List):
        if c.strict and t not in (DYN, NEVER):
            hint = 'write text.contains("…") for a part of a text' if t == STRING else None
            c.error(node, f"`in` asks a list or a map, not {an(t)}", hint)
        c.asks(node, items, "parts")
        return Out(ir.In(node.start, node.end, item.ir, items.ir, "dyn"), BOOL)
    return Out(ir.In(node.start, node.end, item.ir, items.ir, _in_kind(c, node, item, items, t)), BOOL)


def _in_kind(c: Checker, node: Call, item: Out, items: Out, t: List) -> str:
    enum = non_null(item.type)
    if isinstance(enum, Enum) and isinstance(items.ir, ir.Const) and c.strict:
        _check_list(c, node.args[1], items.ir.value, enum)
    _check_enum(c, node.args[0], item, Out(items.ir, t.elem))
    if non_null(item.type) in _WHOLE and isinstance(items.ir, ir.Const) and c.strict:
        for part, value in _written(node.args[1], items.ir.value):
            _check_number(c, part, value, non_null(item.type))
    _check_whole(c, node.args[0], item, Out(items.ir, t.elem))
    left, right = non_null(item.type), non_null(t.elem)
    if c.strict and isinstance(left, ObjectType | Union) and isinstance(right, ObjectType | Union):
        if not _related(left, right):
            c.error(node, f"{an(left)} is never {an(right)}")
        return "ref"
    if c.strict and NEVER not in (left, right) and not _comparable(left, right):
        c.error(node, f"{an(left)} is never in {an(t)}", _in_hint(left, right))
    _compare_parts(c, node, item, Out(items.ir, t.elem))
    return "plain" if _plainly_equal(left, right) and left != DOUBLE else "dyn"


def _in_hint(item: Type, elem: Type) -> str | None:
    """What to do about an `in` that is never true."""
    if isinstance(elem, ObjectType | Union):
        return "the list holds objects: write items.exists(x, x.id == …), with the field that is meant"
    if isinstance(item, ObjectType | Union):
        return "an object stands on the left and none in the list: name its field, x.id in …"
    return equality_hint(item, elem)


def _compare_parts(c: Checker, node: Node, a: Out, b: Out) -> None:
    """Notes where two values are compared part by part and a part of one may not be written.

    What has no parts differs from whatever has some, however much of that is written.
    """
    if not (_has_no_parts(a.type) or _has_no_parts(b.type)):
        c.asks(node, a if partial(a.type) else b, "parts")


def _has_no_parts(t: Type) -> bool:
    """Whether a value of the type has nothing in it: a plain one, or the empty list, as `[]` is written."""
    t = non_null(t)
    return t in _PARTLESS or isinstance(t, Enum | IdType) or (isinstance(t, List) and t.elem == NEVER)


def _check_list(c: Checker, node: Node, items: list[Any], enum: Enum) -> None:
    for part, value in _written(node, items):
        if isinstance(value, str):
            check_value(c, part, value, enum)


def _written(node: Node, items: list[Any]) -> Iterator[tuple[Node, Any]]:
    """The values of a list that is a constant, each with where it stands."""
    parts = node.items if isinstance(node, ListExpr) else (node,) * len(items)
    return zip(parts, items, strict=False)


def _members(t: Type) -> set[ObjectType]:
    if isinstance(t, Union):
        return set(t.members)
    return {t} if isinstance(t, ObjectType) else set()


def _related(a: Type, b: Type) -> bool:
    return bool(_members(a) & _members(b))


def _comparable(a: Type, b: Type) -> bool:
    """Whether values of the two types can ever be equal."""
    if assignable(a, b) or assignable(b, a) or (a in _NUMBERS and b in _NUMBERS):
        return True
    if isinstance(a, Enum) and isinstance(b, Enum):
        return bool(set(a.values) & set(b.values))
    if isinstance(a, List) and isinstance(b, List):
        return _comparable(non_null(a.elem), non_null(b.elem))
    if isinstance(a, Map) and isinstance(b, Map):
        return _comparable(non_null(a.value), non_null(b.value))
    return False


def _plainly_equal(a: Type, b: Type) -> bool:
    """Whether Python's == is CEL's for values of the two types."""
    if isinstance(a, Enum) or a == STRING:
        return isinstance(b, Enum) or b == STRING
    if isinstance(a, IdType):
        return a == b
    return a == b and a in _PLAIN_EQUAL


def _counting(node: ir.Node) -> ir.Loop | None:
    """The loop whose hits a node counts: `xs.count(x, p)` or `size(xs.filter(x, p))`."""
    if isinstance(node, ir.Loop) and node.name == "count":
        return node
    if isinstance(node, ir.Call) and node.name == "size":
        loop = node.args[0]
        if isinstance(loop, ir.Loop) and loop.name == "filter" and loop.kind == "list":
            return loop
    return None
