"""Calls of functions and definitions: overloads, folding, and what moves with the clock.

In: a parsed node and the `Checker` (`state`). Out: a node of the checked form with its type; mistakes are
noted at their places.
"""

from __future__ import annotations

import re
from typing import Any, Final

from policyscan.cel import ir, registry
from policyscan.cel.ast import Call, Ident, ListExpr, Node, Select, walk
from policyscan.cel.checking import comparison, definitions, logic
from policyscan.cel.checking.messages import OPERATORS, an, arithmetic_hint
from policyscan.cel.checking.state import Checker
from policyscan.cel.environment import FieldRead, HostFunction
from policyscan.cel.errors import EvalError
from policyscan.cel.hints import CALLED_ON_LISTS, FOREIGN_FUNCTIONS
from policyscan.cel.ir import Out
from policyscan.cel.relations import (
    Binding,
    assignable,
    certain,
    fit,
    join,
    may_be_null,
    partial,
    parts,
    substitute,
    whole,
)
from policyscan.cel.spelling import nearest
from policyscan.cel.types import (
    BOOL,
    DOUBLE,
    DYN,
    HOST,
    INT,
    NEVER,
    STRING,
    UINT,
    Enum,
    List,
    Nullable,
    ObjectType,
    Type,
    TypeParam,
    non_null,
)

_AGAINST: Final = {"day+": "day-", "day-": "day+", "ns+": "ns-", "ns-": "ns+"}
_IN_ORDER: Final = {"min": "minBy", "max": "maxBy", "sort": "sortBy", "isSorted": "sortBy"}
_SHAPELESS: Final = frozenset({"size"})
_FOLDED: Final = 1000
_NUMBERS: Final = frozenset({INT, UINT, DOUBLE})


def call(c: Checker, node: Call) -> Out:
    """An operator, a function or a definition."""
    special = _OPERATIONS.get(node.function)
    if special is not None and node.target is None:
        out: Out = special(c, node)
        return out
    name = node.function
    target = node.target
    if target is not None:
        qualified = _namespace(c, target)
        if qualified is not None and registry.function(f"{qualified}.{name}") is not None:
            name, target = f"{qualified}.{name}", None
    definition = c.env.definition(name) if target is None else None
    if definition is not None:
        return definitions.call(c, node, definition)
    host = c.env.host.get(name) if target is None else None
    return _function(c, node, name, target) if host is None else _asked(c, node, host)


def _asked(c: Checker, node: Call, function: HostFunction) -> Out:
    """A call of a function that the host answers."""
    args = [c.expr(arg) for arg in node.args]
    if any(isinstance(out.ir, ir.Fail) for out in args) and c.strict:
        return Out(ir.Fail(node.start, node.end, ""), DYN)
    if len(args) != len(function.params) or not all(map(_takes, function.params, args)):
        message = f"{function.name}() does not take ({', '.join(str(out.type) for out in args)})"
        return c.error(node, message, f"it is {function.name}({', '.join(map(str, function.params))})")
    for part, out in zip(node.args, args, strict=True):
        c.still(part, out)
    if function.absence:
        c.verdict(node)
    c.clock = True
    c.reads.add(FieldRead(HOST, function.name))
    kinds, given = tuple(map(str, function.params)), tuple(out.ir for out in args)
    return Out(ir.HostCall(node.start, node.end, function.name, kinds, given), function.result)


def _takes(param: Type, out: Out) -> bool:
    return out.type == DYN or assignable(non_null(out.type), param)


def _namespace(c: Checker, target: Node) -> str | None:
    parts: list[str] = []
    while isinstance(target, Select) and not target.optional:
        parts.append(target.field)
        target = target.operand
    if not isinstance(target, Ident) or target.name in c.locals or target.name in c.env.variables:
        return None
    return ".".join([target.name, *reversed(parts)])


def division(c: Checker, node: Call) -> Out:
    """`a / b`, which policies must not do with two ints."""
    out = _function(c, node, node.function, None)
    if c.strict and isinstance(out.ir, ir.Call | ir.Const) and out.type == INT:
        hint = "use percent(part, whole), or double(a) / double(b)"
        return c.error(node, "int / int drops the fraction", hint)
    return out


def _function(c: Checker, node: Call, name: str, target: Node | None) -> Out:
    function = registry.function(name)
    nodes = node.args if target is None else (target, *node.args)
    if function is None and target is None and (name, len(node.args)) in registry.MACROS:
        at = (node.name_start, node.name_end)
        return c.error(node, f"{name}() is called on a list", f"write items.{name}(item, …)", at)
    if c.strict and target is not None and _names_first(c, node) and name in _IN_ORDER:
        by = _IN_ORDER[name]
        variable = c.source[node.args[0].start : node.args[0].end]
        return c.error(node, f"{name}() takes no name and no expression", f"write items.{by}({variable}, …)")
    if function is None or (function.policy and not c.strict):
        # What stands in brackets is about a name that only a macro would have made known.
        for part in nodes[:1] if c.strict and target is not None and _like_macro(name) else nodes:
            c.expr(part)
        return _unknown_function(c, node, name, target)
    args = [c.expr(part) for part in nodes]
    if any(isinstance(out.ir, ir.Fail) for out in args) and c.strict:
        return Out(ir.Fail(node.start, node.end, ""), DYN)
    if name == "total" and len(args) == 1 and isinstance(non_null(args[0].type), ObjectType):
        args = [_amounts(c, nodes[0], args[0])]
    if function.name in _IN_ORDER and c.strict and args:
        _check_order(c, node, function.name, nodes[0], args[0])
    if function.absence:
        c.verdict(node)
    return _overloaded(c, node, function, nodes, args, target is not None)


def _names_first(c: Checker, node: Call) -> bool:
    """Whether a call has a name that nothing knows, and something after it, as macros have."""
    first = node.args[0] if len(node.args) == 2 else None
    return isinstance(first, Ident) and first.name not in c.locals and first.name not in c.env.variables


def _like_macro(name: str) -> bool:
    """Whether a name is, or was meant to be, that of a macro."""
    macros = {known for known, _ in registry.MACROS} | {"has"}
    return name in macros or nearest(name, macros) is not None


def _check_order(c: Checker, node: Node, name: str, items: Node, out: Out) -> None:
    """That what is to be ordered has an order; an enum has one, but not that of its letters."""
    t = non_null(out.type)
    inner = non_null(t.elem) if isinstance(t, List) else DYN
    if isinstance(inner, Enum):
        hint = f"write items.{_IN_ORDER[name]}(x, x), which knows its order"
        c.error(node, f"{name}() would order {inner} by its letters", hint)
    elif inner not in comparison.ORDERED and inner not in (DYN, NEVER):
        by = "isSorted() takes numbers, dates or texts: items.map(x, x.id).isSorted()"
        hint = by if name == "isSorted" else f"name what to order by: items.{_IN_ORDER[name]}(x, x.id)"
        c.error(items, f"{an(inner)} has no order", hint)


def _amounts(c: Checker, node: Node, out: Out) -> Out:
    """The list of an object's fields, so that a missing one is missing from their total."""
    t = non_null(out.type)
    assert isinstance(t, ObjectType)
    local = c.local("object", t)
    whole = ir.Local(node.start, node.end, local.slot)
    elem: Type = NEVER
    parts: list[ir.Node] = []
    for name, field in t.fields.items():
        c.reads.add(FieldRead(t, name))
        elem = join(elem, non_null(field.type))
        read: ir.Node = ir.Select(node.start, node.end, whole, name, False)
        parts.append(ir.Given(node.start, node.end, read) if may_be_null(field.type) else read)
    items = ir.ListOf(node.start, node.end, tuple(parts), (False,) * len(parts))
    return Out(ir.Let(node.start, node.end, local.slot, out.ir, items), List(elem))


def _overloaded(
    c: Checker,
    node: Call,
    function: registry.Function,
    nodes: tuple[Node, ...],
    args: list[Out],
    member: bool,
) -> Out:
    types = [out.type for out in args]
    uncertain = False
    for number, overload in enumerate(function.overloads):
        if overload.member != member or (overload.core and c.strict):
            continue
        binding = _match(overload, types, c.strict)
        if binding is None:
            continue
        if not c.strict and any(may_be_null(t) for t in types):
            uncertain = True
            continue
        known = all(certain(t, _param(overload, i)) for i, t in enumerate(types))
        if not known:
            uncertain = True
            continue
        return _chosen(c, node, function, number, nodes, args, binding)
    if uncertain or not c.strict:
        return _dispatched(c, node, function, nodes, args, member)
    return _no_overload(c, node, function, args, member)


def _chosen(
    c: Checker,
    node: Call,
    function: registry.Function,
    number: int,
    nodes: tuple[Node, ...],
    args: list[Out],
    binding: Binding,
) -> Out:
    overload = function.overloads[number]
    if c.strict:
        args = [
            _full(n, out, _param(overload, i)) for i, (n, out) in enumerate(zip(nodes, args, strict=True))
        ]
    nulls = tuple(
        i
        for i, out in enumerate(args)
        if may_be_null(out.type) and not may_be_null(_param(overload, i)) and out.type != DYN
    )
    moving = tuple(bool(out.moves) for out in args)
    moves = ""
    if any(moving):
        moves = _moving_call(c, function, overload, nodes, args)
    if overload.clock:
        c.clock = True
    result = _result(substitute(overload.result, binding), args)
    if not any(map(_by_identity, overload.params)):
        _note_asked(c, node, function, args)
    stepped = any(moving) and overload.moving is not None
    made = ir.Call(
        node.start,
        node.end,
        function.name,
        number,
        tuple(out.ir for out in args),
        nulls,
        moving if stepped else (),
    )
    if function.name == "matches":
        _check_pattern(c, nodes[-1], args[-1])
    if function.name == "format":
        _check_template(c, nodes, args[0])
    if function.name in {"or", "orValue"}:
        first, second = (
            ir.Given(n.start, n.end, p) if i in nulls else p
            for i, (n, p) in enumerate(zip(nodes, made.args, strict=True))
        )
        return Out(ir.OptOr(node.start, node.end, function.name == "or", first, second), result)
    folded = _fold(c, node, overload, made, args) if not overload.clock else None
    return Out(folded or made, result, moves)


def _note_asked(c: Checker, node: Call, function: registry.Function, args: list[Out]) -> None:
    """Notes where a function asks which entries an argument has, and one may not be written."""
    if function.asks and any(partial(out.type) for out in args):
        for out in args:
            c.asks(node, out, function.asks)


def _by_identity(param: Type) -> bool:
    """Whether a parameter is for references, which are the same or not whatever is written of them."""
    return any(map(_by_identity, parts(param))) or (isinstance(param, TypeParam) and param.bound is not None)


def _result(t: Type, args: list[Out]) -> Type:
    """The type of a result, of which everything is known if it is of all arguments."""
    known = all(isinstance(out.ir, ir.Const) or not partial(out.type) for out in args)
    return whole(t) if known and args else t


def _moving_call(
    c: Checker,
    function: registry.Function,
    overload: registry.Overload,
    nodes: tuple[Node, ...],
    args: list[Out],
) -> str:
    """How a call moves whose arguments do; an error where it must not have such."""
    if function.name in {"_+_", "_-_", "-_"}:
        moves = _sum_moves(function.name, [out.moves for out in args])
        if moves is not None:
            return moves
    if overload.moving is not None:
        if function.name == "elapsed":
            return "open+" if args[-1].moves == "ns+" and not args[1].moves else "shape"
        return "" if overload.result == BOOL else "shape"
    if function.name in _SHAPELESS and all(out.moves in ("", "shape") for out in args):
        return ""
    for part, out in zip(nodes, args, strict=True):
        c.still(part, out)
    return ""


def _fold(
    c: Checker, node: Node, overload: registry.Overload, made: ir.Call, args: list[Out]
) -> ir.Node | None:
    """The constant that a call with constant arguments is."""
    values = [out.ir.value for out in args if isinstance(out.ir, ir.Const)]
    if len(values) < len(args) or made.nulls:
        return None
    try:
        value = overload.impl(*values)
    except EvalError as error:
        if c.strict and not _configured(c, node):
            c.error(node, error.message)
        return None
    if isinstance(value, str | bytes | list | dict) and len(value) > _FOLDED:
        return None
    return ir.Const(node.start, node.end, value)


def _configured(c: Checker, node: Node) -> bool:
    """Whether constants of the environment are in a node: parameters may be guarded against some values."""
    return any(isinstance(part, Ident) and part.name in c.env.constants for part in walk(node))


def _check_pattern(c: Checker, node: Node, out: Out) -> None:
    """A pattern that is a constant can be refused before anything runs."""
    from policyscan.cel.patterns import BadPattern, compiled

    if c.strict and isinstance(out.ir, ir.Const):
        try:
            compiled(out.ir.value)
        except BadPattern as bad:
            c.error(node, str(bad), bad.hint)


def _check_template(c: Checker, nodes: tuple[Node, ...], template: Out) -> None:
    """Clauses of a constant template that are malformed, or more or fewer than its values."""
    from policyscan.cel.functions.strings import clauses

    if not c.strict or not isinstance(template.ir, ir.Const):
        return
    try:
        count = len(clauses(template.ir.value))
    except EvalError as error:
        c.error(nodes[0], error.message)
        return
    values = nodes[1]
    if isinstance(values, ListExpr) and not any(values.optional) and count != len(values.items):
        message = f"the text has {count} clauses for {len(values.items)} values"
        c.error(nodes[0], message, "write %s for each value, and %% for a percent sign")


def _dispatched(
    c: Checker,
    node: Call,
    function: registry.Function,
    nodes: tuple[Node, ...],
    args: list[Out],
    member: bool,
) -> Out:
    for part, out in zip(nodes, args, strict=True):
        c.still(part, out)
    if function.name in {"or", "orValue"} and member and len(args) == 2:
        first, second = args
        return Out(ir.OptOr(node.start, node.end, function.name == "or", first.ir, second.ir), DYN)
    results = {o.result for o in function.overloads if o.member == member}
    only = next(iter(results)) if len(results) == 1 else DYN
    result = _result(only if not _has_param(only) else DYN, args)
    _note_asked(c, node, function, args)
    c.clock = c.clock or any(o.clock for o in function.overloads)
    made = ir.Dispatch(node.start, node.end, function.name, member, tuple(out.ir for out in args))
    return Out(made, result)


def _unknown_function(c: Checker, node: Call, name: str, target: Node | None) -> Out:
    if not c.strict:
        return Out(ir.Fail(node.start, node.end, f"unknown function {name!r}"), DYN)
    known = [*registry.INDEX, *c.env.host, *c.env.functions, *(n for n, _ in registry.MACROS)]
    near = nearest(name, (n for n in known if not n.startswith(("_", "@"))))
    if (name, len(node.args)) not in registry.MACROS and any(n == name for n, _ in registry.MACROS):
        message = f"{name}() does not take {len(node.args)} argument{'' if len(node.args) == 1 else 's'}"
        return c.error(node, message, f"write {'items' if target is None else 'it as items'}.{name}(x, …)")
    hint = FOREIGN_FUNCTIONS.get(name) or (f"did you mean {near!r}?" if near else None)
    at = (node.name_start, node.name_end) if node.name_end else None
    return c.error(node, f"unknown function {name!r}", hint, at)


def _no_overload(c: Checker, node: Call, function: registry.Function, args: list[Out], member: bool) -> Out:
    types = [str(out.type) for out in args]
    name = OPERATORS.get(function.name)
    if name is not None:
        text = f"{name}{types[0]}" if len(types) == 1 else f"{types[0]} {name} {types[1]}"
        return c.error(node, f"{text} has no meaning", arithmetic_hint(args))
    if member:
        message = f"{types[0]} has no {function.name}({', '.join(types[1:])})"
    else:
        message = f"{function.name}() does not take ({', '.join(types)})"
    if function.name == "size" and args and isinstance(non_null(args[0].type), ObjectType):
        hint = "an object has no size: has(a.b) asks for a field, size(a.items) for a list"
        return c.error(node, message, hint)
    if member and function.name == "contains" and isinstance(non_null(args[0].type), List):
        return c.error(node, message, "write x in items for an element of a list")
    called = None if member else CALLED_ON_LISTS.get(function.name)
    number = _quoted_number(function, args, member)
    return c.error(node, message, called or number or f"it is {_signatures(function)}")


def _quoted_number(function: registry.Function, args: list[Out], member: bool) -> str | None:
    """What to write instead of a text, where the function takes a number."""
    for at, out in enumerate(args):
        takes = {_param(o, at) for o in function.overloads if o.member == member and o.params}
        if non_null(out.type) != STRING or not takes & _NUMBERS or STRING in takes:
            continue
        text = out.ir.value if isinstance(out.ir, ir.Const) else None
        if isinstance(text, str):
            found = re.search(r"-?[0-9]+(?:\.[0-9]+)?", text)
            return f"write the number without quotes: {found[0]}" if found else None
        return "it takes a number: int(x) or double(x) for one that is text"
    return None


def _param(overload: registry.Overload, number: int) -> Type:
    params = overload.params
    return params[number] if number < len(params) else params[-1]


def _match(overload: registry.Overload, types: list[Type], strict: bool) -> Binding | None:
    """The type parameters with which an overload takes arguments of these types; None where it does not."""
    params = overload.params
    if len(types) != len(params) and not (overload.variadic and len(types) > len(params)):
        return None
    binding: Binding = {}
    for number, t in enumerate(types):
        param = _param(overload, number)
        # Null is refused when the call runs, as absent.
        given = t if may_be_null(param) or not strict else non_null(t)
        trial = dict(binding)
        if not fit(given, param, trial):
            trial = dict(binding)
            if not (strict and _null_elements(given) and fit(_without_nulls(given), param, trial)):
                return None
        binding = trial
    return binding


def _null_elements(t: Type) -> bool:
    return isinstance(t, List) and isinstance(t.elem, Nullable)


def _without_nulls(t: Type) -> Type:
    return List(non_null(t.elem)) if isinstance(t, List) else t


def _full(node: Node, out: Out, param: Type) -> Out:
    """An argument whose elements may be null, for a parameter whose may not: such a null is absent."""
    t = non_null(out.type)
    if not _null_elements(t) or fit(t, param, {}):
        return out
    return Out(ir.AllGiven(node.start, node.end, out.ir), _without_nulls(t), out.moves)


def _has_param(t: Type) -> bool:

    return isinstance(t, TypeParam) or any(_has_param(part) for part in parts(t))


def _signatures(function: registry.Function) -> str:
    texts = []
    for overload in function.overloads[:6]:
        params = [str(p) for p in overload.params]
        if overload.member:
            texts.append(f"{params[0]}.{function.name}({', '.join(params[1:])})")
        else:
            texts.append(f"{function.name}({', '.join(params)})")
    return " or ".join(texts)


def _sum_moves(name: str, moves: list[str]) -> str | None:
    """How a sum or difference moves; None where both sides do."""
    if name == "-_":
        return _AGAINST.get(moves[0])
    a, b = moves
    if (a and b) or "shape" in moves or "open+" in moves:
        return None
    if b and name == "_-_":
        return _AGAINST[b]
    return a or b


_OPERATIONS: Final[dict[str, Any]] = {
    "_&&_": logic.logic,
    "_||_": logic.logic,
    "!_": logic.negation,
    "_?_:_": logic.conditional,
    "_==_": comparison.equality,
    "_!=_": comparison.equality,
    "@in": comparison.membership,
    "_/_": division,
    **dict.fromkeys(("_<_", "_<=_", "_>_", "_>=_"), comparison.order),
}
