"""Macros: what their names stand for, and what they make.

In: a parsed node and the `Checker` (`state`). Out: a node of the checked form with its type; mistakes are
noted at their places.
"""

from __future__ import annotations

from typing import Final

from policyscan.cel import ir
from policyscan.cel.ast import MacroCall, Node
from policyscan.cel.checking import comparison
from policyscan.cel.checking.messages import an
from policyscan.cel.checking.state import BoundName, Checker
from policyscan.cel.errors import CelError
from policyscan.cel.ir import Out
from policyscan.cel.narrowing import Path
from policyscan.cel.relations import flag_of
from policyscan.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DYN,
    INT,
    NEVER,
    STRING,
    Enum,
    List,
    Map,
    Nullable,
    Optional,
    Type,
    non_null,
)

_CANONICAL: Final = {
    "existsOne": "exists_one",
    "transformList": "tlist",
    "transformMap": "tmap",
    "transformMapEntry": "tmapentry",
}
# What each argument of a macro is: a condition, a value made for each element, or evaluated once before.
_ROLES: Final = {
    ("all", 1): ("if",),
    ("exists", 1): ("if",),
    ("exists_one", 1): ("if",),
    ("filter", 1): ("if",),
    ("find", 1): ("if",),
    ("count", 1): ("if",),
    ("map", 1): ("value",),
    ("map", 2): ("if", "value"),
    ("tlist", 1): ("value",),
    ("tlist", 2): ("if", "value"),
    ("tmap", 1): ("value",),
    ("tmap", 2): ("if", "value"),
    ("tmapentry", 1): ("value",),
    ("tmapentry", 2): ("if", "value"),
    ("sortBy", 1): ("value",),
    ("maxBy", 1): ("value",),
    ("minBy", 1): ("value",),
    ("groupBy", 1): ("value",),
    ("atLeast", 2): ("outer", "if"),
}
_COLLECTING: Final = frozenset({"map", "tlist", "tmap", "tmapentry"})
_MACRO_DEPTH: Final = 8


def macro(c: Checker, node: MacroCall) -> Out:
    """A macro: its target, its names, and its arguments in which they stand."""
    if node.target is None:
        return c.error(node, f"{node.name}() is called on a list: items.{node.name}(item, …)")
    target = c.expr(node.target)
    if node.name in {"optMap", "optFlatMap"}:
        return _optional_macro(c, node, target)
    t = non_null(target.type)
    kind, elements = _elements(c, node, t, len(node.vars))
    c.asks(node, target)
    moves = "shape" if target.moves else ""
    locals_ = [c.local(var.name, e, moves) for var, e in zip(node.vars, elements, strict=True)]
    names = {var.name: local for var, local in zip(node.vars, locals_, strict=True)}
    if len(names) < len(node.vars):
        c.error(node.vars[-1], f"{node.vars[-1].name!r} is used for two things")
    c.loops += 1
    if c.loops > _MACRO_DEPTH:
        c.errors.append(
            CelError(f"macros are nested more than {_MACRO_DEPTH} deep", node.start, node.end, "split it")
        )
        return Out(ir.Fail(node.start, node.end, "too deep"), DYN)
    out = _macro(c, node, target, kind, elements, names, tuple(local.slot for local in locals_))
    c.loops -= 1
    return out


def _elements(c: Checker, node: MacroCall, t: Type, count: int) -> tuple[str, list[Type]]:
    if isinstance(t, List):
        return "list", [t.elem] if count == 1 else [INT, t.elem]
    if isinstance(t, Map):
        return "map", [t.key] if count == 1 else [t.key, t.value]
    if c.strict and t not in (DYN, NEVER):
        c.error(node.target or node, f"{node.name}() goes through a list or a map, not {an(t)}")
    return "dyn", [t if t == DYN else DYN] * count


def _macro(
    c: Checker,
    node: MacroCall,
    target: Out,
    kind: str,
    elements: list[Type],
    names: dict[str, BoundName],
    slots: tuple[str, ...],
) -> Out:
    name = _CANONICAL.get(node.name, node.name)
    outs = []
    known: frozenset[Path] = frozenset()
    roles = _ROLES[name, len(node.args)]
    for role, arg in zip(roles, node.args, strict=True):
        if role == "outer":
            out = c.expr(arg)
            _check_share(c, arg, out)
        else:
            out = c.scoped(names, arg, known)
        if role == "if":
            c.condition(arg, out)
            known = c.scoped_facts(names, arg)
        else:
            c.still(arg, out)
        outs.append(out)
    elem = elements[-1]
    if name == "filter" and kind == "list" and isinstance(elem, Nullable) and (slots[0],) in known:
        elem = elem.elem
    result = _macro_type(c, node, name, kind, elem, elements, outs)
    flag = next((flag_of(out.type) for role, out in zip(roles, outs, strict=True) if role == "if"), "")
    ranked = non_null(outs[-1].type)
    if name in {"sortBy", "maxBy", "minBy"} and isinstance(ranked, Enum):
        last = outs[-1].ir
        outs[-1] = Out(ir.Rank(last.start, last.end, last, ranked.values), INT)
    parts = tuple(out.ir for out in outs)
    heavy = name in _COLLECTING and _is_heavy(outs[-1])
    made = ir.Loop(node.start, node.end, name, kind, slots, target.ir, parts, flag, heavy)
    moves = "shape" if target.moves and result not in (BOOL, INT) else ""
    return Out(made, result, moves)


def _macro_type(
    c: Checker, node: MacroCall, name: str, kind: str, elem: Type, elements: list[Type], outs: list[Out]
) -> Type:
    last = outs[-1].type
    if name in {"all", "exists", "exists_one", "atLeast"}:
        return BOOL
    if name == "count":
        return INT
    if name in {"map", "tlist"}:
        return List(last)
    if name == "tmap":
        return Map(elements[0], last, whole=True)
    if name == "tmapentry":
        return last if isinstance(last, Map) else DYN
    if name in {"sortBy", "maxBy", "minBy"}:
        _check_sortable(c, node, last)
    if name == "groupBy":
        return Map(last, List(elem), whole=True)
    if name in {"find", "maxBy", "minBy"}:
        return elem
    if kind == "dyn":
        return DYN
    return List(elem if kind == "list" else elements[0])


def _check_share(c: Checker, node: Node, out: Out) -> None:
    """`atLeast` wants a part of one: 95 for 95 % would never be reached."""
    if non_null(out.type) not in (DOUBLE, INT, DYN):
        c.error(node, f"a share is a number, not {an(out.type)}", "write 0.95 for 95 %")
        return
    share = out.ir.value if isinstance(out.ir, ir.Const) else None
    if isinstance(share, int | float) and not 0 <= share <= 1:
        c.error(node, f"a share lies between 0.0 and 1.0, not at {share}", "write 0.95 for 95 %")


def _is_heavy(out: Out) -> bool:
    """Whether what an expression makes anew may be large: a text, list, map or who knows."""
    made = not isinstance(out.ir, ir.Const | ir.Arg | ir.Local | ir.Lazy | ir.Select | ir.Index)
    return made and (isinstance(out.type, List | Map) or out.type in (STRING, BYTES, DYN))


def _check_sortable(c: Checker, node: MacroCall, t: Type) -> None:
    inner = non_null(t)
    if c.strict and inner not in comparison.ORDERED and inner not in (DYN, NEVER):
        if isinstance(inner, Enum) and inner.ordered:
            return
        c.error(node.args[-1], f"{an(inner)} has no order", "name a number, date or text to order by")


def _optional_macro(c: Checker, node: MacroCall, target: Out) -> Out:
    t = non_null(target.type)
    inner = t.elem if isinstance(t, Optional) else DYN
    if c.strict and not isinstance(t, Optional) and t != DYN:
        c.error(node, f"{node.name}() is for optionals, not for {an(t)}")
    local = c.local(node.vars[0].name, inner)
    body = c.scoped({node.vars[0].name: local}, node.args[0])
    c.still(node.args[0], body)
    flat = node.name == "optFlatMap"
    if flat and c.strict and not isinstance(body.type, Optional) and body.type not in (DYN, NEVER):
        message = f"optFlatMap() makes an optional of the value, and this is {an(body.type)}"
        return c.error(node.args[0], message, f"write optMap({node.vars[0].name}, …), or optional.of(…)")
    made = ir.OptMap(node.start, node.end, flat, local.slot, target.ir, body.ir)
    return Out(made, body.type if flat else Optional(body.type))
