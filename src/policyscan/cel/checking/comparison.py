"""Equality, order, `in`, and comparisons with the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from policyscan.cel.ast import Call, ListExpr, Node
from policyscan.cel.checking.messages import OPERATORS, an, closest, equality_hint, order_hint, quoted
from policyscan.cel.ir import Ir, Out
from policyscan.cel.program import Absence
from policyscan.cel.relations import assignable, may_be_null
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
    Identity,
    List,
    Map,
    Nullable,
    ObjectType,
    Type,
    Union,
    describe,
    non_null,
)

if TYPE_CHECKING:
    from policyscan.cel.checker import Checker

_FLIPPED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
ORDERED: Final = frozenset({BOOL, INT, UINT, DOUBLE, STRING, BYTES, TIMESTAMP, DURATION, DATE, MONEY})
_NUMBERS: Final = frozenset({INT, UINT, DOUBLE})
_PLAIN_EQUAL: Final = frozenset(
    {BOOL, INT, UINT, DOUBLE, STRING, BYTES, TIMESTAMP, DURATION, DATE, MONEY, TYPE}
)


def equality(c: Checker, node: Call) -> Out:
    """`==` and `!=`."""
    negate = node.function == "_!=_"
    a, b = c.expr(node.args[0]), c.expr(node.args[1])
    if a.moves or b.moves:
        return _clock(c, node, a, b)
    _check_enum(c, node.args[0], a, b)
    _check_enum(c, node.args[1], b, a)
    a, b = _as_doubles(a, b)
    kind = _equality_kind(c, node, a, b)
    if negate and c.strict:
        guard_nullable(c, node, a, b)
    counted = _count_compared(c, node, OPERATORS[node.function], a, b)
    if counted is not None:
        return counted
    if isinstance(kind, tuple) and isinstance(non_null(a.type), Identity):
        a, b = b, a
    return Out(("eq", node.start, node.end, negate, kind, a.ir, b.ir), BOOL)


def guard_nullable(c: Checker, node: Call, a: Out, b: Out) -> None:
    """Refuses to compare what may be null where that decides by accident."""
    if NULL in (a.type, b.type):
        return
    for arg, out in zip(node.args, (a, b), strict=True):
        if isinstance(out.type, Nullable):
            null_problem(c, node, arg)
            return


def null_problem(c: Checker, node: Call, arg: Node) -> None:
    """Says that an argument may be null, and how to say what that means."""
    text = c.source[arg.start : arg.end]
    c.error(
        node,
        f"{text} may be null, and null differs from everything",
        f"say what null means: {text} != null && … or {text} == null || …",
    )


def _equality_kind(c: Checker, node: Call, a: Out, b: Out) -> Any:
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
    if c.strict and not may_be_null(other.type) and other.ir[0] != "fail" and not c.guarded(arg):
        text = c.source[node.start : node.end]
        c.error(node, f"this is never null, so {text!r} says nothing", "leave the comparison out")
    return "null" if c.strict else "dyn"


def _id_kind(c: Checker, node: Call, left: Type, right: Type) -> Any:
    object_, other = (left, right) if isinstance(left, ObjectType | Union) else (right, left)
    if isinstance(other, Identity) and isinstance(object_, ObjectType):
        if other.kind != object_.name:
            c.error(node, f"{an(other)} is never {an(object_)}")
        return ("key", object_.key or ("id",))
    if other == DYN:
        return "dyn"
    hint = "compare with another reference, or with its id: x.id == …"
    c.error(node, f"{an(object_)} is an object and cannot be compared with {an(other)}", hint)
    return "dyn"


def _check_enum(c: Checker, node: Node, out: Out, other: Out) -> None:
    """An impossible value of an enum, in a literal or a list of them."""
    enum = non_null(other.type)
    if not isinstance(enum, Enum) or out.ir[0] != "const" or not c.strict:
        return
    value = out.ir[3]
    if isinstance(value, str):
        check_value(c, node, value, enum)


def check_value(c: Checker, node: Node, value: str, enum: Enum) -> None:
    """Refuses a value that an enum does not have."""
    if value in enum.values:
        return
    near = closest(value, enum.values)
    known = ", ".join(f'"{v}"' for v in enum.values)
    hint = f'did you mean "{near}"?' if near else f"it is one of {known}"
    name = f"{enum.name} is" if enum.name else "this is"
    c.error(node, f'{name} never "{value}"', hint)


def order(c: Checker, node: Call) -> Out:
    """`<`, `<=`, `>` and `>=`."""
    op = OPERATORS[node.function]
    a, b = c.expr(node.args[0]), c.expr(node.args[1])
    if a.moves or b.moves:
        return _clock(c, node, a, b)
    counted = _count_compared(c, node, op, a, b)
    if counted is not None:
        return counted
    a, b = _as_doubles(a, b)
    kind = _order_kind(c, node, op, a, b)
    return Out(("cmp", node.start, node.end, op, kind, a.ir, b.ir), BOOL)


def _as_doubles(a: Out, b: Out) -> tuple[Out, Out]:
    """Both sides, an int that is written next to a double as the double it is compared as."""
    if non_null(b.type) == DOUBLE and a.type == INT and a.ir[0] == "const":
        return Out((*a.ir[:3], float(a.ir[3])), DOUBLE), b
    if non_null(a.type) == DOUBLE and b.type == INT and b.ir[0] == "const":
        return a, Out((*b.ir[:3], float(b.ir[3])), DOUBLE)
    return a, b


def _order_kind(c: Checker, node: Call, op: str, a: Out, b: Out) -> Any:
    left, right = non_null(a.type), non_null(b.type)
    if c.strict and (isinstance(left, Enum) or isinstance(right, Enum)):
        return _enum_order(c, node, op, a, b)
    if left == right and left in ORDERED:
        return "plain" if c.strict or not (may_be_null(a.type) or may_be_null(b.type)) else "dyn"
    numbers = left in _NUMBERS and right in _NUMBERS
    if c.strict and not numbers and DYN not in (left, right):
        first = node.args[0]
        chained = isinstance(first, Call) and _FLIPPED.get(OPERATORS.get(first.function, "")) is not None
        hint = "write a < b && b < c" if chained and left == BOOL else order_hint(left, right)
        c.error(node, f"{an(left)} {op} {an(right)} has no meaning", hint)
    return "dyn"


def _enum_order(c: Checker, node: Call, op: str, a: Out, b: Out) -> Any:
    left, right = non_null(a.type), non_null(b.type)
    enum = left if isinstance(left, Enum) else right
    assert isinstance(enum, Enum)
    if not enum.ordered:
        c.error(node, f"{describe(enum)} has no order", f"say which values you mean: x in [{quoted(enum)}]")
        return "plain"
    other, out, arg = (right, b, node.args[1]) if enum is left else (left, a, node.args[0])
    if isinstance(other, Enum) and other != enum:
        c.error(node, f"{describe(enum)} and {describe(other)} are not the same scale")
    elif not isinstance(other, Enum):
        if out.ir[0] != "const" or not isinstance(out.ir[3], str):
            c.error(node, f"{an(enum)} {op} {an(other)} has no meaning", "compare with one of its values")
        else:
            check_value(c, arg, out.ir[3], enum)
    return ("enum", enum.values, may_be_null(a.type) or may_be_null(b.type))


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
    relation = _FLIPPED[op] if flip else op
    return Out(("bounds", node.start, node.end, relation, loop, limit), BOOL)


def _clock(c: Checker, node: Call, a: Out, b: Out) -> Out:
    """A comparison of which a side follows the clock."""
    op = OPERATORS[node.function]
    if a.moves and b.moves:
        hint = "compare what is fixed with what is fixed, or with today or now on one side only"
        return c.error(node, "both sides follow the clock", hint)
    written = f"{an(a.type)} {op} {an(b.type)}"
    if b.moves:
        a, b, op = b, a, _FLIPPED[op]
    left, right = non_null(a.type), non_null(b.type)
    if right not in (left, DYN):
        return c.error(node, f"{written} has no meaning", order_hint(left, right))
    if op == "!=" and isinstance(b.type, Nullable):
        null_problem(c, node, node.args[1] if b.ir[1] == node.args[1].start else node.args[0])
    if a.moves == "shape":
        hint = "ask whether there is any, or compare with today or now"
        return c.error(node, "when this comparison turns cannot be computed", hint)
    if op in {"==", "!="} and (a.moves == "open+" or (a.moves[:2] == "ns" and c.strict)):
        return c.error(node, "an instant is never met exactly", "compare with <= or >=")
    unit, sign = a.moves[:-1], a.moves[-1]
    extra = a.ir[5][0] if unit == "open" else str(left)
    return Out(("clock", node.start, node.end, op, sign, unit, a.ir, b.ir, extra), BOOL)


def membership(c: Checker, node: Call) -> Out:
    """`item in items`."""
    item, items = c.expr(node.args[0]), c.expr(node.args[1])
    c.still(node.args[0], item)
    c.still(node.args[1], items)
    t = non_null(items.type)
    if isinstance(t, ObjectType | Map):
        if c.strict and items.ir[0] != "const":
            c.absence.append(Absence(node.start, node.end))
        if isinstance(t, ObjectType) and item.ir[0] == "const" and item.ir[3] not in t.fields:
            c.error(node.args[0], f"{an(t)} has no field {item.ir[3]!r}")
        plain = c.strict and item.type == STRING
        return Out(("in", node.start, node.end, item.ir, items.ir, "keys" if plain else "dyn"), BOOL)
    if not isinstance(t, List):
        if c.strict and t not in (DYN, NEVER):
            c.error(node, f"`in` asks a list or a map, not {an(t)}")
        return Out(("in", node.start, node.end, item.ir, items.ir, "dyn"), BOOL)
    return Out(("in", node.start, node.end, item.ir, items.ir, _in_kind(c, node, item, items, t)), BOOL)


def _in_kind(c: Checker, node: Call, item: Out, items: Out, t: List) -> str:
    enum = non_null(item.type)
    if isinstance(enum, Enum) and items.ir[0] == "const" and c.strict:
        _check_list(c, node.args[1], items, enum)
    _check_enum(c, node.args[0], item, Out(items.ir, t.elem))
    left, right = non_null(item.type), non_null(t.elem)
    if c.strict and isinstance(left, ObjectType | Union) and isinstance(right, ObjectType | Union):
        if not _related(left, right):
            c.error(node, f"{an(left)} is never {an(right)}")
        return "ref"
    if c.strict and NEVER not in (left, right) and not _comparable(left, right):
        c.error(node, f"{an(left)} is never in {an(t)}")
    return "plain" if _plainly_equal(left, right) and left != DOUBLE else "dyn"


def _check_list(c: Checker, node: Node, items: Out, enum: Enum) -> None:
    parts: tuple[Node | None, ...] = node.items if isinstance(node, ListExpr) else (None,) * len(items.ir[3])
    for part, value in zip(parts, items.ir[3], strict=False):
        if isinstance(value, str):
            check_value(c, part or node, value, enum)


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
    if isinstance(a, Identity):
        return a == b
    return a == b and a in _PLAIN_EQUAL


def _counting(ir: Ir) -> Ir | None:
    """The loop whose hits a node counts: `xs.count(x, p)` or `size(xs.filter(x, p))`."""
    if ir[0] == "loop" and ir[3] == "count":
        return ir
    if ir[0] == "call" and ir[3] == "size" and ir[5][0][0] == "loop" and ir[5][0][3] == "filter":
        loop = ir[5][0]
        return loop if loop[4] == "list" else None
    return None
