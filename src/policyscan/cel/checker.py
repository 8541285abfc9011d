"""From a parsed expression to its checked form (`ir`), with every mistake found on the way.

Comparisons with the clock. A value *moves* when it follows the clock: `today`, `now`, these moved by a
duration, or the time between them and something fixed. A moving value may only be compared with a fixed one,
because then the moment at which the comparison turns can be computed. `Out.moves` says how:

    day+ day-   one day forward (back) at each midnight of the clock's zone
    ns+ ns-     with the instant
    open+       forward while a calendar is open, as `elapsed(…, now)` does
    shape       a list or interval whose function tells the clock itself when it changes

The comparison is turned so that the moving side stands left; `("clock", …, op, sign, unit, a, b, extra)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from policyscan.cel import registry
from policyscan.cel.ast import (
    Bind,
    Call,
    Has,
    Ident,
    Index,
    ListExpr,
    Literal,
    Macro,
    MapExpr,
    Node,
    Select,
)
from policyscan.cel.errors import CelError, EvalError
from policyscan.cel.ir import Ir
from policyscan.cel.narrowing import Path, facts, path_of
from policyscan.cel.program import Absence
from policyscan.cel.relations import Binding, assignable, fit, join, substitute
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
    Optional,
    Type,
    Union,
    describe,
    non_null,
)
from policyscan.cel.values import TypeValue, UInt

if TYPE_CHECKING:
    from policyscan.cel.program import Definition, Env

OPERATORS: Final = {
    "_+_": "+",
    "_-_": "-",
    "_*_": "*",
    "_/_": "/",
    "_%_": "%",
    "-_": "-",
    "!_": "!",
    "_==_": "==",
    "_!=_": "!=",
    "_<_": "<",
    "_<=_": "<=",
    "_>_": ">",
    "_>=_": ">=",
    "@in": "in",
    "_&&_": "&&",
    "_||_": "||",
    "_?_:_": "?:",
}
_ORDER: Final = frozenset({"_<_", "_<=_", "_>_", "_>=_"})
_FLIPPED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_ORDERED: Final = frozenset(
    {BOOL, INT, UINT, DOUBLE, STRING, BYTES, TIMESTAMP, DURATION, DATE, MONEY}
)
_NUMBERS: Final = frozenset({INT, UINT, DOUBLE})
_PLAIN_EQUAL: Final = frozenset(
    {BOOL, INT, UINT, DOUBLE, STRING, BYTES, TIMESTAMP, DURATION, DATE, MONEY, TYPE}
)
_TYPE_NAMES: Final = {
    "bool": "bool",
    "int": "int",
    "uint": "uint",
    "double": "double",
    "string": "string",
    "bytes": "bytes",
    "list": "list",
    "map": "map",
    "null_type": "null_type",
    "type": "type",
    "optional_type": "optional_type",
    "google.protobuf.Timestamp": "google.protobuf.Timestamp",
    "google.protobuf.Duration": "google.protobuf.Duration",
}
_MOST_NODES: Final = 20_000
_MACRO_DEPTH: Final = 8
_AGAINST: Final = {"day+": "day-", "day-": "day+", "ns+": "ns-", "ns-": "ns+"}


class Out(NamedTuple):
    """What checking a node gives: its form, its type, and how it moves with the clock ("" for not at all)."""

    ir: Ir
    type: Type
    moves: str = ""


class _Local(NamedTuple):
    slot: str
    type: Type
    moves: str


def closest(name: str, known: Any) -> str | None:
    """The known name most like `name`, if any is near."""
    from difflib import get_close_matches

    found = get_close_matches(name, list(known), 1, 0.6)
    return found[0] if found else None


def _nulls(t: Type) -> bool:
    return isinstance(t, Nullable) or t in (DYN, NULL)


def _flag(t: Type) -> str:
    if t == BOOL:
        return ""
    return "n" if t == Nullable(BOOL) else "d"


class Checker:
    """Checks one expression in an environment; `errors` has what is wrong, in the order it was met."""

    def __init__(self, env: Env, source: str) -> None:
        self.env = env
        self.source = source
        self.strict = env.dialect.strict
        self.errors: list[CelError] = []
        self.names: dict[str, None] = {}
        self.absence: list[Absence] = []
        self.clock = False
        self.size = 0
        self.loops = 0
        self._slots = 0
        self._locals: dict[str, _Local] = {}
        self._known: frozenset[Path] = frozenset()
        self._stack: tuple[str, ...] = ()

    # --- entry

    def check(self, node: Node, expect: Type | None = None) -> Out:
        """The whole expression, of type `expect` if given."""
        out = self.expr(node)
        if expect is not None and not self.errors:
            out = self._expected(out, node, expect)
        return out

    def open_scope(self, params: tuple[tuple[str, Type], ...], moves: tuple[str, ...]) -> None:
        """Makes a definition's parameters known, for arguments that move so."""
        for (name, t), move in zip(params, moves, strict=True):
            self._locals[name] = _Local(f"p:{name}", t, move)

    def _expected(self, out: Out, node: Node, expect: Type) -> Out:
        if not assignable(out.type, expect):
            if not (isinstance(out.type, Nullable) and assignable(out.type.elem, expect)):
                return self.error(node, f"this is {_a(out.type)}, but {_a(expect)} is needed here")
            return Out(("nn", node.start, node.end, out.ir), expect, out.moves)
        if out.moves and expect == BOOL:
            return self.error(node, "this follows the clock in a way whose turns cannot be computed")
        return out

    def error(
        self, node: Node, message: str, hint: str | None = None, at: tuple[int, int] | None = None
    ) -> Out:
        """Keeps an error (in the core dialect: what running it gives) and goes on with `dyn`."""
        start, end = at or (node.start, node.end)
        if self.strict:
            self.errors.append(CelError(message, start, end, hint))
        return Out(("fail", node.start, node.end, message), DYN)

    def expr(self, node: Node) -> Out:
        """Any node."""
        self.size += 1
        if self.size > _MOST_NODES:
            if self.size == _MOST_NODES + 1:
                msg = "this expression is too large once its definitions and variables are put in"
                self.errors.append(CelError(msg, node.start, node.end, "split it"))
            return Out(("fail", node.start, node.end, "too large"), DYN)
        return _CHECKS[type(node)](self, node)

    # --- leaves

    def literal(self, node: Literal) -> Out:
        value = node.value
        return Out(("const", node.start, node.end, value), _LITERAL_TYPES[type(value)])

    def ident(self, node: Ident) -> Out:
        if not node.absolute:
            local = self._locals.get(node.name)
            if local is not None:
                ir = ("local", node.start, node.end, local.slot)
                return self._narrowed(Out(ir, local.type, local.moves), node)
        found = self.named(node, node.name)
        if found is not None:
            return self._narrowed(found, node)
        return self._unknown_name(node)

    def named(self, node: Node, name: str) -> Out | None:
        """The variable, bound expression, constant, clock reading or type of this name."""
        env, start, end = self.env, node.start, node.end
        if name in env.bound:
            return self._bound(node, name)
        if name in env.constants:
            t, value = env.constants[name]
            return Out(("const", start, end, value), t)
        if name in ("today", "now") and env.dialect.clock and name not in env.variables:
            self.clock = True
            return Out((name, start, end), DATE if name == "today" else TIMESTAMP, "day+" if name == "today" else "ns+")
        if name in env.variables:
            self.names[name] = None
            return Out(("arg", start, end, name), env.variables[name])
        if name in _TYPE_NAMES:
            return Out(("const", start, end, TypeValue(_TYPE_NAMES[name])), TYPE)
        return None

    def _bound(self, node: Node, name: str) -> Out:
        bound = self.env.bound[name]
        self.size += bound.size
        self.clock = self.clock or bound.clock
        self.names.update(dict.fromkeys(bound.names))
        ir = ("lazy", node.start, node.end, name, bound.source, bound.inner)
        return Out(ir, bound.type, bound.moves)

    def _unknown_name(self, node: Ident) -> Out:
        from policyscan.cel.parser import FOREIGN_NAMES

        known = [*self._locals, *self.env.bound, *self.env.constants, *self.env.variables]
        if self.env.dialect.clock:
            known += ["today", "now"]
        near = closest(node.name, known)
        hint = f"did you mean {near!r}?" if near else FOREIGN_NAMES.get(node.name)
        if hint is None and known:
            hint = f"known here: {', '.join(sorted(known))}"
        return self.error(node, f"unknown variable {node.name!r}", hint)

    def _narrowed(self, out: Out, node: Node) -> Out:
        if isinstance(out.type, Nullable) and self._known:
            path = self._path(node)
            if path is not None and path in self._known:
                return Out(out.ir, out.type.elem, out.moves)
        return out

    def _path(self, node: Node) -> Path | None:
        path = path_of(node)
        if path is None or path[0] not in self._locals:
            return path
        return (self._locals[path[0]].slot, *path[1:])

    def _facts(self, node: Node, truth: bool) -> frozenset[Path]:
        """The paths that are not null where `node` is `truth`, with binders told apart by their slots."""
        return frozenset(
            (self._locals[path[0]].slot, *path[1:]) if path[0] in self._locals else path
            for path in facts(node, truth)
        )

    def _with_facts(self, known: frozenset[Path], node: Node) -> Out:
        before = self._known
        self._known = before | known
        out = self.expr(node)
        self._known = before
        return out

    # --- selection

    def select(self, node: Select) -> Out:
        if not node.optional:
            dotted = self._dotted(node)
            if dotted is not None:
                return dotted
        operand = self.expr(node.operand)
        if node.optional:
            self.absence.append(Absence(node.start, node.end))
            return self._optional_select(node, operand)
        return self._narrowed(self._select(node, operand), node)

    def _dotted(self, node: Select) -> Out | None:
        """A variable or type whose own name has dots, the longest prefix first."""
        parts: list[str] = [node.field]
        inner: Node = node.operand
        while isinstance(inner, Select) and not inner.optional:
            parts.append(inner.field)
            inner = inner.operand
        if not isinstance(inner, Ident) or inner.name in self._locals:
            return None
        name = ".".join([inner.name, *reversed(parts)])
        if name in self.env.variables or name in _TYPE_NAMES:
            return self.named(node, name)
        return None

    def _select(self, node: Select, operand: Out) -> Out:
        start, end, t = node.start, node.end, non_null(operand.type)
        if operand.ir[0] == "const" and type(operand.ir[3]) is dict and node.field in operand.ir[3]:
            value = operand.ir[3][node.field]
            return Out(("const", start, end, value), self._field_type(node, t, node.field) or DYN)
        if isinstance(t, Optional):
            inner = self._field_type(node, non_null(t.elem), node.field) or DYN
            return Out(("opt_select", start, end, operand.ir, node.field), Optional(inner))
        found = self._field_type(node, t, node.field)
        if found is None:
            return Out(("fail", start, end, "no such field"), DYN)
        dyn = not self.strict or t == DYN
        moves = "shape" if operand.moves else ""
        return Out(("select", start, end, operand.ir, node.field, dyn), found, moves)

    def _field_type(self, node: Select | Has, t: Type, field: str) -> Type | None:
        """The type of a field; None, with the error kept, where there is no such field."""
        if isinstance(t, ObjectType):
            found = t.fields.get(field)
            return found.type if found is not None else self._no_field(node, t, field)
        if isinstance(t, Union):
            return self._union_field(node, t, field)
        if isinstance(t, Map):
            return t.value
        if t in (DYN, NEVER) or isinstance(t, Optional) or not self.strict:
            return DYN
        hint = "compare it, or follow the reference that has this id" if isinstance(t, Identity) else None
        self.error(node, f"{_a(t)} has no fields, so not {field!r}", hint, at=_field_span(node))
        return None

    def _no_field(self, node: Select | Has, t: ObjectType, field: str) -> None:
        near = closest(field, t.fields)
        hint = f"did you mean {near!r}?" if near else f"it has: {', '.join(sorted(t.fields))}"
        self.error(node, f"{_a(t)} has no field {field!r}", hint, at=_field_span(node))

    def _union_field(self, node: Select | Has, t: Union, field: str) -> Type | None:
        types: list[Type] = []
        for member in t.members:
            found = member.fields.get(field)
            if found is None:
                near = closest(field, member.fields)
                hint = f"did you mean {near!r}?" if near else f"{member} has: {', '.join(sorted(member.fields))}"
                self.error(node, f"{_a(member)} has no field {field!r}", hint, at=_field_span(node))
                return None
            types.append(found.type)
        joined = types[0]
        for other in types[1:]:
            joined = join(joined, other)
        if joined == DYN and DYN not in types:
            self.error(node, f"{field!r} is not of one type in {t}", at=_field_span(node))
            return None
        return joined

    def _optional_select(self, node: Select, operand: Out) -> Out:
        t = non_null(operand.type)
        inner = non_null(t.elem) if isinstance(t, Optional) else t
        found = self._field_type(node, inner, node.field) or DYN
        return Out(("opt_select", node.start, node.end, operand.ir, node.field), Optional(found))

    def has(self, node: Has) -> Out:
        self.absence.append(Absence(node.start, node.end))
        operand = self.expr(node.operand)
        t = non_null(operand.type)
        dyn = not self.strict or t == DYN or isinstance(t, Optional)
        if self._field_type(node, t, node.field) is None:
            return Out(("fail", node.start, node.end, "no such field"), BOOL)
        return Out(("has", node.start, node.end, operand.ir, node.field, dyn), BOOL)

    def index(self, node: Index) -> Out:
        operand, key = self.expr(node.operand), self.expr(node.index)
        if node.optional:
            self.absence.append(Absence(node.start, node.end))
        self._still(node.index, key)
        t = non_null(operand.type)
        inner = non_null(t.elem) if isinstance(t, Optional) else t
        elem, kind = self._indexed(node, inner, key)
        if node.optional or isinstance(t, Optional):
            return Out(("opt_index", node.start, node.end, operand.ir, key.ir), Optional(elem))
        if operand.ir[0] == "const" and key.ir[0] == "const" and kind != "dyn":
            folded = self._folded_index(node, operand.ir[3], key.ir[3])
            if folded is not None:
                return Out(folded, elem)
        moves = "shape" if operand.moves else ""
        return Out(("index", node.start, node.end, operand.ir, key.ir, kind), elem, moves)

    def _indexed(self, node: Index, t: Type, key: Out) -> tuple[Type, str]:
        known = self.strict and not _nulls(key.type)
        if isinstance(t, List):
            if self.strict and not assignable(non_null(key.type), INT):
                self.error(node.index, f"a list is indexed by an int, not by {_a(key.type)}")
            return t.elem, "list" if known else "dyn"
        if isinstance(t, Map):
            if self.strict and not assignable(non_null(key.type), t.key):
                self.error(node.index, f"the keys of this map are {t.key}, not {_a(key.type)}")
            plain = known and t.key == STRING
            return t.value, "map" if plain else "dyn"
        if isinstance(t, ObjectType) and key.ir[0] == "const" and key.ir[3] in t.fields:
            return t.fields[key.ir[3]].type, "map"
        if self.strict and t not in (DYN, NEVER):
            hint = "write .field" if isinstance(t, ObjectType | Union) else None
            self.error(node, f"{_a(t)} cannot be indexed", hint)
        return DYN, "dyn"

    def _folded_index(self, node: Index, operand: Any, key: Any) -> Ir | None:
        if type(operand) is dict and type(key) is str and key in operand:
            return ("const", node.start, node.end, operand[key])
        if type(operand) is list and type(key) is int and 0 <= key < len(operand):
            return ("const", node.start, node.end, operand[key])
        return None

    # --- logic

    def call(self, node: Call) -> Out:
        special = _OPERATIONS.get(node.function)
        if special is not None and node.target is None:
            return special(self, node)
        name = node.function
        target = node.target
        if target is not None:
            qualified = self._namespace(target)
            if qualified is not None and registry.function(f"{qualified}.{name}") is not None:
                name, target = f"{qualified}.{name}", None
        definition = self.env.definition(name) if target is None else None
        if definition is not None:
            return self._definition(node, definition)
        return self._function(node, name, target)

    def _namespace(self, target: Node) -> str | None:
        parts: list[str] = []
        while isinstance(target, Select) and not target.optional:
            parts.append(target.field)
            target = target.operand
        if not isinstance(target, Ident) or target.name in self._locals or target.name in self.env.variables:
            return None
        return ".".join([target.name, *reversed(parts)])

    def logic(self, node: Call) -> Out:
        op = "and" if node.function == "_&&_" else "or"
        left = self.expr(node.args[0])
        right = self._with_facts(self._facts(node.args[0], op == "and"), node.args[1])
        operands = [self._bool(arg, out) for arg, out in zip(node.args, (left, right), strict=True)]
        return Out((op, node.start, node.end, *operands), BOOL)

    def _bool(self, node: Node, out: Out) -> tuple[Ir, str]:
        if self.strict and not assignable(non_null(out.type), BOOL):
            self.error(node, f"a condition is needed here, not {_a(out.type)}")
        return out.ir, _flag(out.type)

    def negation(self, node: Call) -> Out:
        arg = node.args[0]
        if self.strict and isinstance(arg, Call):
            self._negated_equality(arg)
        out = self.expr(arg)
        return Out(("not", node.start, node.end, self._bool(arg, out)), BOOL)

    def _negated_equality(self, node: Call) -> None:
        """`!(x == 1)` says as much about a null as `x != 1`."""
        if node.function in {"_==_", "@in"} and node.target is None:
            left, right = self.quiet(node.args[0]), self.quiet(node.args[1])
            if node.function == "_==_":
                self._guard_nullable(node, left, right)
            elif isinstance(left.type, Nullable):
                self._null_problem(node, node.args[0])

    def quiet(self, node: Node) -> Out:
        """A node checked without keeping what is learnt: it will be checked again."""
        saved = (self.errors, self.names, self.absence, self.size, self.clock)
        self.errors, self.names, self.absence = [], {}, []
        out = self.expr(node)
        self.errors, self.names, self.absence, self.size, self.clock = saved
        return out

    def conditional(self, node: Call) -> Out:
        test, yes_node, no_node = node.args
        condition = self._bool(test, self.expr(test))
        yes = self._with_facts(self._facts(test, True), yes_node)
        no = self._with_facts(self._facts(test, False), no_node)
        moves = yes.moves
        if yes.moves != no.moves:
            moves = ""
            self.error(node, "one side follows the clock and the other does not", "compare on each side instead")
        t = join(yes.type, no.type)
        if self.strict and t == DYN and DYN not in (yes.type, no.type):
            return self.error(node, f"the two sides are {_a(yes.type)} and {_a(no.type)}")
        return Out(("cond", node.start, node.end, condition, yes.ir, no.ir), t, moves)

    # --- comparison

    def equality(self, node: Call) -> Out:
        negate = node.function == "_!=_"
        a, b = self.expr(node.args[0]), self.expr(node.args[1])
        if a.moves or b.moves:
            return self._clock(node, a, b)
        self._check_enum(node.args[0], a, b)
        self._check_enum(node.args[1], b, a)
        kind = self._equality_kind(node, a, b)
        if negate and self.strict:
            self._guard_nullable(node, a, b)
        if isinstance(kind, tuple) and isinstance(non_null(a.type), Identity):
            a, b = b, a
        return Out(("eq", node.start, node.end, negate, kind, a.ir, b.ir), BOOL)

    def _guard_nullable(self, node: Call, a: Out, b: Out) -> None:
        if NULL in (a.type, b.type):
            return
        for arg, out in zip(node.args, (a, b), strict=True):
            if isinstance(out.type, Nullable):
                self._null_problem(node, arg)
                return

    def _null_problem(self, node: Call, arg: Node) -> None:
        text = self.source[arg.start : arg.end]
        self.error(
            node,
            f"{text} may be null, and null differs from everything",
            f"say what null means: {text} != null && … or {text} == null || …",
        )

    def _equality_kind(self, node: Call, a: Out, b: Out) -> Any:
        left, right = non_null(a.type), non_null(b.type)
        if NULL in (left, right):
            return self._null_kind(node, a, b)
        objects = [isinstance(t, ObjectType | Union) for t in (left, right)]
        if all(objects) and self.strict:
            if not _related(left, right):
                self.error(node, f"{_a(left)} is never {_a(right)}")
            return "ref"
        if any(objects) and self.strict:
            return self._id_kind(node, left, right)
        if self.strict and not _comparable(left, right):
            self.error(node, f"{_a(left)} is never equal to {_a(right)}", _equality_hint(left, right))
        return "plain" if _plainly_equal(left, right) else "dyn"

    def _null_kind(self, node: Call, a: Out, b: Out) -> str:
        other = b if a.type == NULL else a
        if self.strict and not _nulls(other.type) and other.ir[0] != "fail":
            text = self.source[node.start : node.end]
            self.error(node, f"this is never null, so {text!r} says nothing", "leave the comparison out")
        return "null" if self.strict else "dyn"

    def _id_kind(self, node: Call, left: Type, right: Type) -> Any:
        object_, other = (left, right) if isinstance(left, ObjectType | Union) else (right, left)
        if isinstance(other, Identity) and isinstance(object_, ObjectType):
            if other.kind != object_.name:
                self.error(node, f"{_a(other)} is never {_a(object_)}")
            return ("key", object_.key or ("id",))
        if other == DYN:
            return "dyn"
        hint = "compare with another reference, or with its id: x.id == …"
        self.error(node, f"{_a(object_)} is an object and cannot be compared with {_a(other)}", hint)
        return "dyn"

    def _check_enum(self, node: Node, out: Out, other: Out) -> None:
        """An impossible value of an enum, in a literal or a list of them."""
        enum = non_null(other.type)
        if not isinstance(enum, Enum) or out.ir[0] != "const" or not self.strict:
            return
        value = out.ir[3]
        if isinstance(value, str):
            self._check_value(node, value, enum)

    def _check_value(self, node: Node, value: str, enum: Enum) -> None:
        if value in enum.values:
            return
        near = closest(value, enum.values)
        known = ", ".join(f'"{v}"' for v in enum.values)
        hint = f'did you mean "{near}"?' if near else f"it is one of {known}"
        name = f"{enum.name} is" if enum.name else "this is"
        self.error(node, f'{name} never "{value}"', hint)

    def order(self, node: Call) -> Out:
        op = OPERATORS[node.function]
        a, b = self.expr(node.args[0]), self.expr(node.args[1])
        if a.moves or b.moves:
            return self._clock(node, a, b)
        counted = self._count_compared(node, op, a, b)
        if counted is not None:
            return counted
        kind = self._order_kind(node, op, a, b)
        return Out(("cmp", node.start, node.end, op, kind, a.ir, b.ir), BOOL)

    def _order_kind(self, node: Call, op: str, a: Out, b: Out) -> Any:
        left, right = non_null(a.type), non_null(b.type)
        if self.strict and (isinstance(left, Enum) or isinstance(right, Enum)):
            return self._enum_order(node, op, a, b)
        if left == right and left in _ORDERED:
            return "plain" if self.strict or not (_nulls(a.type) or _nulls(b.type)) else "dyn"
        numbers = left in _NUMBERS and right in _NUMBERS
        if self.strict and not numbers and DYN not in (left, right):
            hint = _order_hint(left, right)
            self.error(node, f"{_a(left)} {op} {_a(right)} has no meaning", hint)
        return "dyn"

    def _enum_order(self, node: Call, op: str, a: Out, b: Out) -> Any:
        left, right = non_null(a.type), non_null(b.type)
        enum = left if isinstance(left, Enum) else right
        assert isinstance(enum, Enum)
        if not enum.ordered:
            self.error(node, f"{describe(enum)} has no order", f"say which values you mean: x in [{_quoted(enum)}]")
            return "plain"
        other, out, arg = (right, b, node.args[1]) if enum is left else (left, a, node.args[0])
        if isinstance(other, Enum) and other != enum:
            self.error(node, f"{describe(enum)} and {describe(other)} are not the same scale")
        elif not isinstance(other, Enum):
            if out.ir[0] != "const" or not isinstance(out.ir[3], str):
                self.error(node, f"{_a(enum)} {op} {_a(other)} has no meaning", "compare with one of its values")
            else:
                self._check_value(arg, out.ir[3], enum)
        return ("enum", enum.values)

    def _count_compared(self, node: Call, op: str, a: Out, b: Out) -> Out | None:
        """`size(xs.filter(x, p)) >= n` and `xs.count(x, p) >= n`, decided by bounds where p is missing."""
        if not self.strict or a.type != INT or b.type != INT:
            return None
        loop, flip = _counting(a.ir), False
        if loop is None:
            loop, flip = _counting(b.ir), True
        if loop is None:
            return None
        limit = a.ir if flip else b.ir
        relation = _FLIPPED[op] if flip else op
        return Out(("bounds", node.start, node.end, relation, loop, limit), BOOL)

    def _clock(self, node: Call, a: Out, b: Out) -> Out:
        """A comparison of which a side follows the clock."""
        op = OPERATORS[node.function]
        if a.moves and b.moves:
            hint = "compare what is fixed with what is fixed, or with today or now on one side only"
            return self.error(node, "both sides follow the clock", hint)
        if b.moves:
            a, b, op = b, a, _FLIPPED[op]
        left, right = non_null(a.type), non_null(b.type)
        if left != right and right != DYN:
            return self.error(node, f"{_a(a.type)} {op} {_a(b.type)} has no meaning", _order_hint(left, right))
        if op == "!=" and isinstance(b.type, Nullable):
            self._null_problem(node, node.args[1] if b.ir[1] == node.args[1].start else node.args[0])
        if a.moves == "shape":
            hint = "ask whether there is any, or compare with today or now"
            return self.error(node, "when this comparison turns cannot be computed", hint)
        if op in {"==", "!="} and (a.moves == "open+" or (a.moves[:2] == "ns" and self.strict)):
            return self.error(node, "an instant is never met exactly", "compare with <= or >=")
        unit, sign = a.moves[:-1], a.moves[-1]
        extra = a.ir[5][0] if unit == "open" else str(left)
        return Out(("clock", node.start, node.end, op, sign, unit, a.ir, b.ir, extra), BOOL)

    def membership(self, node: Call) -> Out:
        item, items = self.expr(node.args[0]), self.expr(node.args[1])
        self._still(node.args[0], item)
        self._still(node.args[1], items)
        t = non_null(items.type)
        if isinstance(t, ObjectType | Map):
            if self.strict:
                self.absence.append(Absence(node.start, node.end))
            if isinstance(t, ObjectType) and item.ir[0] == "const" and item.ir[3] not in t.fields:
                self.error(node.args[0], f"{_a(t)} has no field {item.ir[3]!r}")
            plain = self.strict and item.type == STRING
            return Out(("in", node.start, node.end, item.ir, items.ir, "keys" if plain else "dyn"), BOOL)
        if not isinstance(t, List):
            if self.strict and t not in (DYN, NEVER):
                self.error(node, f"`in` asks a list or a map, not {_a(t)}")
            return Out(("in", node.start, node.end, item.ir, items.ir, "dyn"), BOOL)
        return Out(("in", node.start, node.end, item.ir, items.ir, self._in_kind(node, item, items, t)), BOOL)

    def _in_kind(self, node: Call, item: Out, items: Out, t: List) -> str:
        enum = non_null(item.type)
        if isinstance(enum, Enum) and items.ir[0] == "const" and self.strict:
            self._check_list(node.args[1], items, enum)
        self._check_enum(node.args[0], item, Out(items.ir, t.elem))
        left, right = non_null(item.type), non_null(t.elem)
        if self.strict and isinstance(left, ObjectType | Union) and isinstance(right, ObjectType | Union):
            if not _related(left, right):
                self.error(node, f"{_a(left)} is never {_a(right)}")
            return "ref"
        if self.strict and NEVER not in (left, right) and not _comparable(left, right):
            self.error(node, f"{_a(left)} is never in {_a(t)}")
        return "plain" if _plainly_equal(left, right) and left != DOUBLE else "dyn"

    def _check_list(self, node: Node, items: Out, enum: Enum) -> None:
        parts: tuple[Node | None, ...] = node.items if isinstance(node, ListExpr) else (None,) * len(items.ir[3])
        for part, value in zip(parts, items.ir[3], strict=False):
            if isinstance(value, str):
                self._check_value(part or node, value, enum)

    # --- calls

    def _still(self, node: Node, out: Out) -> None:
        if out.moves:
            hint = "compare it, or use within(), isOpen(), elapsed() or uncovered()"
            self.error(node, "this follows the clock, and when the result turns cannot be computed", hint)

    def division(self, node: Call) -> Out:
        out = self._function(node, node.function, None)
        if self.strict and out.ir[0] in {"call", "const"} and out.type == INT:
            hint = "use percent(part, whole), or double(a) / double(b)"
            return self.error(node, "int / int drops the fraction", hint)
        return out

    def _function(self, node: Call, name: str, target: Node | None) -> Out:
        function = registry.function(name)
        nodes = node.args if target is None else (target, *node.args)
        if function is None or (function.policy and not self.strict):
            for part in nodes:
                self.expr(part)
            return self._unknown_function(node, name, target)
        args = [self.expr(part) for part in nodes]
        if any(out.ir[0] == "fail" for out in args) and self.strict:
            return Out(("fail", node.start, node.end, ""), DYN)
        if name == "total" and len(args) == 1 and isinstance(non_null(args[0].type), ObjectType):
            args = [self._amounts(nodes[0], args[0])]
        if function.absence:
            self.absence.append(Absence(node.start, node.end))
        return self._overloaded(node, function, nodes, args, target is not None)

    def _amounts(self, node: Node, out: Out) -> Out:
        """The list of an object's fields, so that a missing one is missing from their total."""
        t = non_null(out.type)
        assert isinstance(t, ObjectType)
        local = self._local(t)
        elem: Type = NEVER
        parts: list[Ir] = []
        for name, field in t.fields.items():
            elem = join(elem, non_null(field.type))
            read: Ir = ("select", node.start, node.end, ("local", node.start, node.end, local.slot), name, False)
            parts.append(("nn", node.start, node.end, read) if _nulls(field.type) else read)
        items = ("list", node.start, node.end, tuple(parts), (False,) * len(parts))
        return Out(("let", node.start, node.end, local.slot, out.ir, items), List(elem))

    def _overloaded(
        self, node: Call, function: registry.Function, nodes: tuple[Node, ...], args: list[Out], member: bool
    ) -> Out:
        types = [out.type for out in args]
        uncertain = False
        for number, overload in enumerate(function.overloads):
            if overload.member != member or (overload.core and self.strict):
                continue
            binding = _match(overload, types, self.strict)
            if binding is None:
                continue
            if not self.strict and any(_nulls(t) for t in types):
                uncertain = True
                continue
            if any(t == DYN for t in types) and len(function.overloads) > 1:
                uncertain = True
                continue
            return self._chosen(node, function, number, nodes, args, binding)
        if uncertain or not self.strict:
            return self._dispatched(node, function, nodes, args, member)
        return self._no_overload(node, function, args, member)

    def _chosen(
        self,
        node: Call,
        function: registry.Function,
        number: int,
        nodes: tuple[Node, ...],
        args: list[Out],
        binding: Binding,
    ) -> Out:
        overload = function.overloads[number]
        nulls = tuple(
            i
            for i, out in enumerate(args)
            if _nulls(out.type) and not _takes_null(_param(overload, i)) and out.type != DYN
        )
        moving = tuple(bool(out.moves) for out in args)
        moves = ""
        if any(moving):
            moves = self._moving_call(node, function, overload, nodes, args)
        if overload.clock:
            self.clock = True
        result = substitute(overload.result, binding)
        stepped = any(moving) and overload.moving is not None
        ir: Ir = (
            "call",
            node.start,
            node.end,
            function.name,
            number,
            tuple(out.ir for out in args),
            nulls,
            moving if stepped else (),
        )
        folded = self._fold(node, overload, ir, args) if not overload.clock else None
        return Out(folded or ir, result, moves)

    def _moving_call(
        self,
        node: Call,
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
            self._still(part, out)
        return ""

    def _fold(self, node: Node, overload: registry.Overload, ir: Ir, args: list[Out]) -> Ir | None:
        """The constant that a call with constant arguments is."""
        if not all(out.ir[0] == "const" for out in args) or ir[6]:
            return None
        try:
            value = overload.impl(*(out.ir[3] for out in args))
        except EvalError as error:
            if self.strict:
                self.error(node, error.message)
            return None
        if isinstance(value, str | bytes | list | dict) and len(value) > _FOLDED:
            return None
        return ("const", node.start, node.end, value)

    def _dispatched(
        self, node: Call, function: registry.Function, nodes: tuple[Node, ...], args: list[Out], member: bool
    ) -> Out:
        for part, out in zip(nodes, args, strict=True):
            self._still(part, out)
        results = {o.result for o in function.overloads if o.member == member}
        only = next(iter(results)) if len(results) == 1 else DYN
        result = only if not _has_param(only) else DYN
        self.clock = self.clock or any(o.clock for o in function.overloads)
        ir = ("dispatch", node.start, node.end, function.name, member, tuple(out.ir for out in args))
        return Out(ir, result)

    def _unknown_function(self, node: Call, name: str, target: Node | None) -> Out:
        if not self.strict:
            return Out(("fail", node.start, node.end, f"unknown function {name!r}"), DYN)
        known = [*registry.INDEX, *self.env.functions, *(n for n, _ in registry.MACROS)]
        near = closest(name, (n for n in known if not n.startswith(("_", "@"))))
        if (name, len(node.args)) not in registry.MACROS and any(n == name for n, _ in registry.MACROS):
            message = f"{name}() does not take {len(node.args)} arguments"
            return self.error(node, message, f"write x.{name}(item, …)" if target is None else None)
        hint = f"did you mean {near!r}?" if near else None
        at = (node.name_start, node.name_end) if node.name_end else None
        return self.error(node, f"unknown function {name!r}", hint, at)

    def _no_overload(self, node: Call, function: registry.Function, args: list[Out], member: bool) -> Out:
        types = [str(out.type) for out in args]
        name = OPERATORS.get(function.name)
        if name is not None:
            text = f"{name}{types[0]}" if len(types) == 1 else f"{types[0]} {name} {types[1]}"
            return self.error(node, f"{text} has no meaning", _arithmetic_hint(args))
        if member:
            message = f"{types[0]} has no {function.name}({', '.join(types[1:])})"
        else:
            message = f"{function.name}() does not take ({', '.join(types)})"
        return self.error(node, message, f"it is {_signatures(function)}")

    def _definition(self, node: Call, definition: Definition) -> Out:
        args = [self.expr(arg) for arg in node.args]
        if len(args) != len(definition.params):
            count = len(definition.params)
            return self.error(node, f"{definition.name}() takes {count} argument{'s' * (count != 1)}")
        for (name, t), arg, out in zip(definition.params, node.args, args, strict=True):
            if not assignable(non_null(out.type) if not _nulls(t) else out.type, t):
                self.error(arg, f"{definition.name}() takes {_a(t)} as {name}, not {_a(out.type)}")
                return Out(("fail", node.start, node.end, ""), definition.result)
        return self._inlined(node, definition, args)

    def _inlined(self, node: Call, definition: Definition, args: list[Out]) -> Out:
        inner = self.env.inlined(definition, tuple(out.moves for out in args))
        if isinstance(inner, str):
            return self.error(node, inner)
        self.size += inner.size
        self.clock = self.clock or inner.clock
        slots = tuple(f"p:{name}" for name, _ in definition.params)
        inits = tuple(
            ("nn", out.ir[1], out.ir[2], out.ir) if isinstance(out.type, Nullable) and not _nulls(t) else out.ir
            for (_, t), out in zip(definition.params, args, strict=True)
        )
        ir = ("def", node.start, node.end, definition.name, definition.source, slots, inits, inner.ir)
        if self.size > _MOST_NODES:
            self.expr(node)
        return Out(ir, definition.result, inner.moves)

    # --- collections and macros

    def list(self, node: ListExpr) -> Out:
        outs = [self.expr(item) for item in node.items]
        for item, out in zip(node.items, outs, strict=True):
            self._still(item, out)
        elem: Type = NEVER
        for out, optional in zip(outs, node.optional, strict=True):
            elem = join(elem, _unwrapped(out.type) if optional else out.type)
        if not any(node.optional) and outs and all(out.ir[0] == "const" for out in outs):
            return Out(("const", node.start, node.end, [out.ir[3] for out in outs]), List(elem))
        ir = ("list", node.start, node.end, tuple(out.ir for out in outs), node.optional)
        return Out(ir, List(elem))

    def map(self, node: MapExpr) -> Out:
        key: Type = NEVER
        value: Type = NEVER
        entries = []
        for (k, v), optional in zip(node.entries, node.optional, strict=True):
            a, b = self.expr(k), self.expr(v)
            self._still(k, a)
            self._still(v, b)
            key = join(key, a.type)
            value = join(value, _unwrapped(b.type) if optional else b.type)
            entries.append((a.ir, b.ir))
        return Out(("map", node.start, node.end, tuple(entries), node.optional), Map(key, value))

    def bind(self, node: Bind) -> Out:
        init = self.expr(node.init)
        local = self._local(init.type, init.moves)
        body = self._scoped({node.var.name: local}, node.body)
        return Out(("let", node.start, node.end, local.slot, init.ir, body.ir), body.type, body.moves)

    def _local(self, t: Type, moves: str = "") -> _Local:
        self._slots += 1
        return _Local(f"v{self._slots}", t, moves)

    def _scoped(self, names: dict[str, _Local], node: Node, known: frozenset[Path] = frozenset()) -> Out:
        before = self._locals
        self._locals = {**before, **names}
        out = self._with_facts(known, node)
        self._locals = before
        return out

    def macro(self, node: Macro) -> Out:
        if node.target is None:
            return self.error(node, f"{node.name}() is called on a list: items.{node.name}(item, …)")
        target = self.expr(node.target)
        if node.name in {"optMap", "optFlatMap"}:
            return self._optional_macro(node, target)
        t = non_null(target.type)
        kind, elements = self._elements(node, t, len(node.vars))
        moves = "shape" if target.moves else ""
        locals_ = [self._local(e, moves) for e in elements]
        names = {var.name: local for var, local in zip(node.vars, locals_, strict=True)}
        if len(names) < len(node.vars):
            self.error(node.vars[-1], f"{node.vars[-1].name!r} is used for two things")
        self.loops += 1
        if self.loops > _MACRO_DEPTH:
            self.errors.append(
                CelError(f"macros are nested more than {_MACRO_DEPTH} deep", node.start, node.end, "split it")
            )
            return Out(("fail", node.start, node.end, "too deep"), DYN)
        out = self._macro(node, target, kind, elements, names, tuple(local.slot for local in locals_))
        self.loops -= 1
        return out

    def _elements(self, node: Macro, t: Type, count: int) -> tuple[str, list[Type]]:
        if isinstance(t, List):
            return "list", [t.elem] if count == 1 else [INT, t.elem]
        if isinstance(t, Map):
            return "map", [t.key] if count == 1 else [t.key, t.value]
        if self.strict and t not in (DYN, NEVER):
            self.error(node.target or node, f"{node.name}() goes through a list or a map, not {_a(t)}")
        return "dyn", [DYN] * count

    def _macro(
        self,
        node: Macro,
        target: Out,
        kind: str,
        elements: list[Type],
        names: dict[str, _Local],
        slots: tuple[str, ...],
    ) -> Out:
        name = _CANONICAL.get(node.name, node.name)
        outs = []
        known: frozenset[Path] = frozenset()
        roles = _ROLES[name, len(node.args)]
        for role, arg in zip(roles, node.args, strict=True):
            if role == "outer":
                out = self.expr(arg)
            else:
                out = self._scoped(names, arg, known)
            if role == "if":
                self._bool(arg, out)
                known = self._scoped_facts(names, arg)
            else:
                self._still(arg, out)
            outs.append(out)
        elem = elements[-1]
        if name == "filter" and kind == "list" and isinstance(elem, Nullable) and (slots[0],) in known:
            elem = elem.elem
        result = self._macro_type(node, name, kind, elem, elements, outs)
        flag = next((_flag(out.type) for role, out in zip(roles, outs, strict=True) if role == "if"), "")
        parts = tuple(out.ir for out in outs)
        ir = ("loop", node.start, node.end, name, kind, slots, target.ir, parts, flag)
        moves = "shape" if target.moves and result != BOOL and result != INT else ""
        return Out(ir, result, moves)

    def _scoped_facts(self, names: dict[str, _Local], node: Node) -> frozenset[Path]:
        before = self._locals
        self._locals = {**before, **names}
        found = self._facts(node, True)
        self._locals = before
        return found

    def _macro_type(
        self, node: Macro, name: str, kind: str, elem: Type, elements: list[Type], outs: list[Out]
    ) -> Type:
        last = outs[-1].type
        if name in {"all", "exists", "exists_one", "atLeast"}:
            return BOOL
        if name == "count":
            return INT
        if name in {"map", "tlist"}:
            return List(last)
        if name == "tmap":
            return Map(elements[0], last)
        if name == "tmapentry":
            return last if isinstance(last, Map) else DYN
        if name in {"sortBy", "maxBy", "minBy"}:
            self._check_sortable(node, last)
        if name == "groupBy":
            return Map(last, List(elem))
        if name in {"find", "maxBy", "minBy"}:
            return elem
        if kind == "dyn":
            return DYN
        return List(elem if kind == "list" else elements[0])

    def _check_sortable(self, node: Macro, t: Type) -> None:
        inner = non_null(t)
        if self.strict and inner not in _ORDERED and inner not in (DYN, NEVER):
            if isinstance(inner, Enum) and inner.ordered:
                return
            self.error(node.args[-1], f"{_a(inner)} has no order", "name a number, date or text to order by")

    def _optional_macro(self, node: Macro, target: Out) -> Out:
        t = non_null(target.type)
        inner = t.elem if isinstance(t, Optional) else DYN
        if self.strict and not isinstance(t, Optional) and t != DYN:
            self.error(node, f"{node.name}() is for optionals, not for {_a(t)}")
        local = self._local(inner)
        body = self._scoped({node.vars[0].name: local}, node.args[0])
        self._still(node.args[0], body)
        flat = node.name == "optFlatMap"
        ir = ("opt_map", node.start, node.end, flat, local.slot, target.ir, body.ir)
        return Out(ir, body.type if flat else Optional(body.type))


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
_SHAPELESS: Final = frozenset({"size"})
_FOLDED: Final = 1000
_LITERAL_TYPES: Final[dict[type, Type]] = {
    type(None): NULL,
    bool: BOOL,
    int: INT,
    UInt: UINT,
    float: DOUBLE,
    str: STRING,
    bytes: BYTES,
}
_CHECKS: Final[dict[type, Any]] = {
    Literal: Checker.literal,
    Ident: Checker.ident,
    Select: Checker.select,
    Has: Checker.has,
    Index: Checker.index,
    Call: Checker.call,
    Macro: Checker.macro,
    Bind: Checker.bind,
    ListExpr: Checker.list,
    MapExpr: Checker.map,
}
_OPERATIONS: Final[dict[str, Any]] = {
    "_&&_": Checker.logic,
    "_||_": Checker.logic,
    "!_": Checker.negation,
    "_?_:_": Checker.conditional,
    "_==_": Checker.equality,
    "_!=_": Checker.equality,
    "@in": Checker.membership,
    "_/_": Checker.division,
    **dict.fromkeys(_ORDER, Checker.order),
}


def _a(t: Type) -> str:
    """A type with its article."""
    text = str(t)
    return text if text == "null" else f"{'an' if text[:1] in 'aeiou' and not text.startswith('uint') else 'a'} {text}"


def _quoted(enum: Enum) -> str:
    return ", ".join(f'"{value}"' for value in enum.values)


def _field_span(node: Select | Has) -> tuple[int, int] | None:
    start = node.field_start
    return (start, start + len(node.field)) if start else None


def _unwrapped(t: Type) -> Type:
    return t.elem if isinstance(t, Optional) else t


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


def _equality_hint(a: Type, b: Type) -> str | None:
    if {a, b} == {DATE, TIMESTAMP}:
        return "compare a date with today and an instant with now"
    if {a, b} == {DATE, STRING}:
        return "write date(\"2026-01-31\") for a day"
    if isinstance(a, Identity) or isinstance(b, Identity):
        return "an id of this kind is compared with an object of that kind"
    return None


def _order_hint(a: Type, b: Type) -> str | None:
    if {a, b} == {DATE, TIMESTAMP}:
        return "compare a date with today and an instant with now"
    if {a, b} == {DURATION, INT}:
        return "write days(14), hours(2) or minutes(30) for a length of time"
    if {a, b} == {DATE, STRING}:
        return "write date(\"2026-01-31\") for a day"
    return None


def _arithmetic_hint(args: list[Out]) -> str | None:
    types = {non_null(out.type) for out in args}
    if types == {DATE, INT} or types == {TIMESTAMP, INT}:
        return "write days(14) for a length of time"
    if types == {DATE, TIMESTAMP}:
        return "use today with dates and now with instants"
    if types == {INT, DOUBLE}:
        return "write double(x) for the int"
    return None


def _param(overload: registry.Overload, number: int) -> Type:
    params = overload.params
    return params[number] if number < len(params) else params[-1]


def _takes_null(t: Type) -> bool:
    return _nulls(t)


def _match(overload: registry.Overload, types: list[Type], strict: bool) -> Binding | None:
    """The type parameters with which an overload takes arguments of these types; None where it does not."""
    params = overload.params
    if len(types) != len(params) and not (overload.variadic and len(types) > len(params)):
        return None
    binding: Binding = {}
    for number, t in enumerate(types):
        param = _param(overload, number)
        # Null is refused when the call runs, as absent.
        given = t if _takes_null(param) or not strict else non_null(t)
        if not fit(given, param, binding):
            return None
    return binding


def _has_param(t: Type) -> bool:
    from policyscan.cel.relations import parts
    from policyscan.cel.types import TypeParam

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


def _counting(ir: Ir) -> Ir | None:
    """The loop whose hits a node counts: `xs.count(x, p)` or `size(xs.filter(x, p))`."""
    if ir[0] == "loop" and ir[3] == "count":
        return ir
    if ir[0] == "call" and ir[3] == "size" and ir[5][0][0] == "loop" and ir[5][0][3] == "filter":
        loop = ir[5][0]
        return loop if loop[4] == "list" else None
    return None
