"""Fields, `has`, optional fields and indexes.

In: a parsed node and the `Checker` (`state`). Out: a node of the checked form with its type; mistakes are
noted at their places.
"""

from __future__ import annotations

from typing import Any

from policyscan.cel import ir, registry
from policyscan.cel.ast import Has, Ident, Index, Node, Select
from policyscan.cel.checking import comparison, names
from policyscan.cel.checking.messages import an
from policyscan.cel.checking.state import Checker
from policyscan.cel.environment import FieldRead
from policyscan.cel.hints import FOREIGN_FIELDS
from policyscan.cel.ir import Out
from policyscan.cel.relations import assignable, join, may_be_null
from policyscan.cel.spelling import nearest
from policyscan.cel.types import (
    BOOL,
    DYN,
    INT,
    NEVER,
    STRING,
    Enum,
    IdType,
    List,
    Map,
    ObjectType,
    Optional,
    Type,
    Union,
    non_null,
)


def select(c: Checker, node: Select) -> Out:
    """`operand.field` or `operand.?field`."""
    if not node.optional:
        dotted = _dotted(c, node)
        if dotted is not None:
            return dotted
    operand = c.expr(node.operand)
    if node.optional:
        c.verdict(node)
        return _optional_select(c, node, operand)
    return c.narrowed(_select(c, node, operand), node)


def _dotted(c: Checker, node: Select) -> Out | None:
    """A variable or type whose own name has dots, the longest prefix first."""
    parts: list[str] = [node.field]
    inner: Node = node.operand
    while isinstance(inner, Select) and not inner.optional:
        parts.append(inner.field)
        inner = inner.operand
    if not isinstance(inner, Ident) or inner.name in c.locals:
        return None
    name = ".".join([inner.name, *reversed(parts)])
    if c.is_named(name):
        return names.named(c, node, name)
    return None


def _select(c: Checker, node: Select, operand: Out) -> Out:
    start, end, t = node.start, node.end, non_null(operand.type)
    if isinstance(operand.ir, ir.Const) and type(operand.ir.value) is dict and node.field in operand.ir.value:
        value = operand.ir.value[node.field]
        return Out(ir.Const(start, end, value), _field_type(c, node, t, node.field) or DYN)
    if isinstance(t, Optional):
        inner = _field_type(c, node, non_null(t.elem), node.field) or DYN
        c.verdict(node)
        return Out(ir.OptSelect(start, end, operand.ir, node.field), Optional(inner))
    found = _field_type(c, node, t, node.field)
    if found is None:
        return Out(ir.Fail(start, end, "no such field"), DYN)
    dyn = not c.strict or t == DYN
    moves = "shape" if operand.moves else ""
    return Out(ir.Select(start, end, operand.ir, node.field, dyn), found, moves)


def _field_type(c: Checker, node: Select | Has, t: Type, field: str) -> Type | None:
    """The type of a field; None, with the error kept, where there is no such field."""
    if isinstance(t, ObjectType):
        found = t.fields.get(field)
        if found is not None:
            c.reads.add(FieldRead(t, field))
            return found.type
        _no_field(c, node, t, field)
        return None
    if isinstance(t, Union):
        return _union_field(c, node, t, field)
    if isinstance(t, Map):
        return t.value
    if t in (DYN, NEVER) or isinstance(t, Optional) or not c.strict:
        if t == DYN:
            c.read_anywhere(field)
        return t if t == DYN else DYN
    hint = FOREIGN_FIELDS.get(field)
    if hint is None and registry.INDEX.get(field):
        hint = f"it is a function: x.{field}()"
    if hint is None and isinstance(t, List):
        hint = f"this is a list: write items.exists(x, x.{field} == …), or items[0].{field} for the first"
    if isinstance(t, IdType):
        hint = "compare it, or follow the reference that has this id"
    c.error(node, f"{an(t)} has no fields, so not {field!r}", hint, at=_field_span(node))
    return None


def _no_field(c: Checker, node: Select | Has, t: ObjectType, field: str) -> None:
    near = nearest(field, t.fields)
    hint = f"did you mean {near!r}?" if near else f"it has: {', '.join(sorted(t.fields)) or 'none'}"
    c.error(node, f"{an(t)} has no field {field!r}", hint, at=_field_span(node))


def _union_field(c: Checker, node: Select | Has, t: Union, field: str) -> Type | None:
    types: list[Type] = []
    for member in t.members:
        found = member.fields.get(field)
        if found is None:
            near = nearest(field, member.fields)
            hint = f"did you mean {near!r}?" if near else f"{member} has: {', '.join(sorted(member.fields))}"
            c.error(node, f"{an(member)} has no field {field!r}", hint, at=_field_span(node))
            return None
        c.reads.add(FieldRead(member, field))
        types.append(found.type)
    joined = types[0]
    for other in types[1:]:
        joined = join(joined, other)
    if joined == DYN and DYN not in types:
        c.error(node, f"{field!r} is not of one type in {t}", at=_field_span(node))
        return None
    return joined


def _optional_select(c: Checker, node: Select, operand: Out) -> Out:
    t = non_null(operand.type)
    inner = non_null(t.elem) if isinstance(t, Optional) else t
    found = _field_type(c, node, inner, node.field) or DYN
    return Out(ir.OptSelect(node.start, node.end, operand.ir, node.field), Optional(found))


def has(c: Checker, node: Has) -> Out:
    """`has(operand.field)`."""
    c.verdict(node)
    operand = c.expr(node.operand)
    t = non_null(operand.type)
    dyn = not c.strict or t == DYN or isinstance(t, Optional)
    if _field_type(c, node, t, node.field) is None:
        return Out(ir.Fail(node.start, node.end, "no such field"), BOOL)
    return Out(ir.Has(node.start, node.end, operand.ir, node.field, dyn), BOOL)


def index(c: Checker, node: Index) -> Out:
    """`operand[index]` or `operand[?index]`."""
    operand, key = c.expr(node.operand), c.expr(node.index)
    c.still(node.index, key)
    t = non_null(operand.type)
    if node.optional or isinstance(t, Optional):
        c.verdict(node)
    inner = non_null(t.elem) if isinstance(t, Optional) else t
    elem, kind = _indexed(c, node, inner, key)
    if node.optional or isinstance(t, Optional):
        return Out(ir.OptIndex(node.start, node.end, operand.ir, key.ir), Optional(elem))
    if isinstance(operand.ir, ir.Const) and isinstance(key.ir, ir.Const) and kind != "dyn":
        folded = _folded_index(node, operand.ir.value, key.ir.value)
        if folded is not None:
            return Out(folded, elem)
    moves = "shape" if operand.moves else ""
    return Out(ir.Index(node.start, node.end, operand.ir, key.ir, kind), elem, moves)


def _indexed(c: Checker, node: Index, t: Type, key: Out) -> tuple[Type, str]:
    known = c.strict and not may_be_null(key.type)
    if isinstance(t, List):
        if c.strict and not assignable(non_null(key.type), INT):
            by = "items[0] is the first; write items.find(x, x.id == …) for one by its id"
            c.error(node.index, f"a list is indexed by an int, not by {an(key.type)}", by)
        return t.elem, "list" if known else "dyn"
    if isinstance(t, Map):
        written = key.ir.value if isinstance(key.ir, ir.Const) else None
        if isinstance(t.key, Enum) and isinstance(written, str) and c.strict:
            comparison.check_value(c, node.index, written, t.key)
        elif c.strict and not assignable(non_null(key.type), t.key):
            c.error(node.index, f"the keys of this map are {t.key}, not {an(key.type)}")
        plain = known and (t.key == STRING or isinstance(t.key, Enum))
        return t.value, "map" if plain else "dyn"
    named = key.ir.value if isinstance(key.ir, ir.Const) and isinstance(key.ir.value, str) else None
    if isinstance(t, ObjectType) and named in t.fields:
        assert named is not None
        c.reads.add(FieldRead(t, named))
        return t.fields[named].type, "map"
    if t == DYN and named is not None:
        c.read_anywhere(named)
    if c.strict and t not in (DYN, NEVER):
        hint = "write .field" if isinstance(t, ObjectType | Union) else None
        c.error(node, f"{an(t)} cannot be indexed", hint)
    return t if t == DYN else DYN, "dyn"


def _folded_index(node: Index, operand: Any, key: Any) -> ir.Node | None:
    if type(operand) is dict and type(key) is str and key in operand:
        return ir.Const(node.start, node.end, operand[key])
    if type(operand) is list and type(key) is int and 0 <= key < len(operand):
        return ir.Const(node.start, node.end, operand[key])
    return None


def _field_span(node: Select | Has) -> tuple[int, int] | None:
    start = node.field_start
    return (start, start + len(node.field)) if start else None
