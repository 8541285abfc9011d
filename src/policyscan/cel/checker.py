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

from policyscan.cel.ast import Bind, Call, Has, Ident, Index, ListExpr, Literal, Macro, MapExpr, Node, Select
from policyscan.cel.checking import access, calls, macros
from policyscan.cel.checking.messages import an, closest
from policyscan.cel.errors import CelError
from policyscan.cel.ir import Ir, Out
from policyscan.cel.narrowing import Path, facts, path_of
from policyscan.cel.program import Absence, Read
from policyscan.cel.relations import assignable, flag_of, join, reached
from policyscan.cel.types import (
    BOOL,
    BYTES,
    DATE,
    DOUBLE,
    DYN,
    INT,
    NEVER,
    NULL,
    STRING,
    TIMESTAMP,
    TYPE,
    UINT,
    List,
    Map,
    Nullable,
    Optional,
    Type,
    non_null,
)
from policyscan.cel.values import TypeValue, UInt

if TYPE_CHECKING:
    from policyscan.cel.program import Env

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


class Local(NamedTuple):
    """A name that a macro, a bind or a definition gives to something."""

    slot: str
    type: Type
    moves: str


class Checker:
    """Checks one expression in an environment; `errors` has what is wrong, in the order it was met."""

    def __init__(self, env: Env, source: str) -> None:
        self.env = env
        self.source = source
        self.strict = env.dialect.strict
        self.errors: list[CelError] = []
        self.names: dict[str, None] = {}
        self.absence: list[Absence] = []
        self.reads: set[Read] = set()
        self.clock = False
        self.size = 0
        self.too_large = False
        self.loops = 0
        self._slots = 0
        self.locals: dict[str, Local] = {}
        self._known: frozenset[Path] = frozenset()
        self._stack: tuple[str, ...] = ()

    def check(self, node: Node, expect: Type | None = None) -> Out:
        """The whole expression, of type `expect` if given."""
        out = self.expr(node)
        if expect is not None and not self.errors:
            out = self._expected(out, node, expect)
        return out

    def open_scope(self, params: tuple[tuple[str, Type], ...], moves: tuple[str, ...]) -> None:
        """Makes a definition's parameters known, for arguments that move so."""
        for (name, t), move in zip(params, moves, strict=True):
            self.locals[name] = Local(f"p:{name}", t, move)

    def _expected(self, out: Out, node: Node, expect: Type) -> Out:
        if not assignable(out.type, expect):
            if not (isinstance(out.type, Nullable) and assignable(out.type.elem, expect)):
                return self.error(node, f"this is {an(out.type)}, but {an(expect)} is needed here")
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
        self.check_size(node)
        if self.too_large:
            return Out(("fail", node.start, node.end, "too large"), DYN)
        out: Out = _CHECKS[type(node)](self, node)
        return out

    def check_size(self, node: Node) -> None:
        """Keeps an error, once, where the expression has grown too large."""
        if self.size > _MOST_NODES and not self.too_large:
            self.too_large = True
            msg = "this expression is too large once its definitions and variables are put in"
            self.errors.append(CelError(msg, node.start, node.end, "split it"))

    def is_named(self, name: str) -> bool:
        """Whether a name with dots is that of a variable or a type."""
        return name in self.env.variables or name in _TYPE_NAMES

    def read_anywhere(self, field: Any) -> None:
        """Notes that a field is read of something whose type is not known: any object may be it."""
        known = (*self.env.variables.values(), *(local.type for local in self.locals.values()))
        self.reads.update(Read(t, field) for t in reached(known) if field in t.fields)

    def literal(self, node: Literal) -> Out:
        value = node.value
        return Out(("const", node.start, node.end, value), _LITERAL_TYPES[type(value)])

    def ident(self, node: Ident) -> Out:
        if not node.absolute:
            local = self.locals.get(node.name)
            if local is not None:
                ir = ("local", node.start, node.end, local.slot)
                return self.narrowed(Out(ir, local.type, local.moves), node)
        found = self.named(node, node.name)
        if found is not None:
            return self.narrowed(found, node)
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
            return Out(
                (name, start, end),
                DATE if name == "today" else TIMESTAMP,
                "day+" if name == "today" else "ns+",
            )
        if name in env.variables:
            self.names[name] = None
            return Out(("arg", start, end, name), env.variables[name])
        if name in _TYPE_NAMES:
            return Out(("const", start, end, TypeValue(_TYPE_NAMES[name])), TYPE)
        return None

    def _bound(self, node: Node, name: str) -> Out:
        bound = self.env.bound[name]
        self.size += bound.size
        self.check_size(node)
        self.clock = self.clock or bound.clock
        self.names.update(dict.fromkeys(bound.names))
        self.reads |= bound.reads
        ir = ("lazy", node.start, node.end, name, bound.source, bound.inner)
        return Out(ir, bound.type, bound.moves)

    def _unknown_name(self, node: Ident) -> Out:
        from policyscan.cel.hints import FOREIGN_NAMES

        known = [*self.locals, *self.env.bound, *self.env.constants, *self.env.variables]
        if self.env.dialect.clock:
            known += ["today", "now"]
        near = closest(node.name, known)
        hint = f"did you mean {near!r}?" if near else FOREIGN_NAMES.get(node.name)
        if hint is None and known:
            hint = f"known here: {', '.join(sorted(known))}"
        return self.error(node, f"unknown variable {node.name!r}", hint)

    def narrowed(self, out: Out, node: Node) -> Out:
        if isinstance(out.type, Nullable) and self._known:
            path = self._path(node)
            if path is not None and path in self._known:
                return Out(out.ir, out.type.elem, out.moves)
        return out

    def _path(self, node: Node) -> Path | None:
        path = path_of(node)
        if path is None or path[0] not in self.locals:
            return path
        return (self.locals[path[0]].slot, *path[1:])

    def guarded(self, node: Node) -> bool:
        """Whether a condition around a node has said already that it is not null."""
        path = self._path(node)
        return path is not None and path in self._known

    def facts(self, node: Node, truth: bool) -> frozenset[Path]:
        """The paths that are not null where `node` is `truth`, with binders told apart by their slots."""
        return frozenset(
            (self.locals[path[0]].slot, *path[1:]) if path[0] in self.locals else path
            for path in facts(node, truth)
        )

    def with_facts(self, known: frozenset[Path], node: Node) -> Out:
        before = self._known
        self._known = before | known
        out = self.expr(node)
        self._known = before
        return out

    def condition(self, node: Node, out: Out) -> tuple[Ir, str]:
        if self.strict and not assignable(non_null(out.type), BOOL):
            self.error(node, f"a condition is needed here, not {an(out.type)}")
        return out.ir, flag_of(out.type)

    def quiet(self, node: Node) -> Out:
        """A node checked without keeping what is learnt: it will be checked again."""
        saved = (self.errors, self.names, self.absence, self.size, self.clock)
        self.errors, self.names, self.absence = [], {}, []
        out = self.expr(node)
        self.errors, self.names, self.absence, self.size, self.clock = saved
        return out

    def still(self, node: Node, out: Out) -> None:
        if out.moves:
            hint = "compare it, or use within(), isOpen(), elapsed() or uncovered()"
            self.error(node, "this follows the clock, and when the result turns cannot be computed", hint)

    def list_literal(self, node: ListExpr) -> Out:
        outs = [self.expr(item) for item in node.items]
        for item, out in zip(node.items, outs, strict=True):
            if out.moves != "shape":
                self.still(item, out)
        elem: Type = NEVER
        for out, optional in zip(outs, node.optional, strict=True):
            elem = join(elem, _unwrapped(out.type) if optional else out.type)
        if not any(node.optional) and outs and all(out.ir[0] == "const" for out in outs):
            return Out(("const", node.start, node.end, [out.ir[3] for out in outs]), List(elem))
        ir = ("list", node.start, node.end, tuple(out.ir for out in outs), node.optional)
        return Out(ir, List(elem), "shape" if any(out.moves for out in outs) else "")

    def map_literal(self, node: MapExpr) -> Out:
        key: Type = NEVER
        value: Type = NEVER
        entries = []
        for (k, v), optional in zip(node.entries, node.optional, strict=True):
            a, b = self.expr(k), self.expr(v)
            self.still(k, a)
            self.still(v, b)
            key = join(key, a.type)
            value = join(value, _unwrapped(b.type) if optional else b.type)
            entries.append((a.ir, b.ir))
        return Out(("map", node.start, node.end, tuple(entries), node.optional), Map(key, value))

    def bind(self, node: Bind) -> Out:
        init = self.expr(node.init)
        local = self.local(node.var.name, init.type, init.moves)
        body = self.scoped({node.var.name: local}, node.body)
        return Out(("let", node.start, node.end, local.slot, init.ir, body.ir), body.type, body.moves)

    def local(self, name: str, t: Type, moves: str = "") -> Local:
        """A name that hides others of its spelling; its slot is `name#number`."""
        self._slots += 1
        return Local(f"{name}#{self._slots}", t, moves)

    def scoped(self, names: dict[str, Local], node: Node, known: frozenset[Path] = frozenset()) -> Out:
        before = self.locals
        self.locals = {**before, **names}
        out = self.with_facts(known, node)
        self.locals = before
        return out

    def scoped_facts(self, names: dict[str, Local], node: Node) -> frozenset[Path]:
        before = self.locals
        self.locals = {**before, **names}
        found = self.facts(node, True)
        self.locals = before
        return found


def _unwrapped(t: Type) -> Type:
    return t.elem if isinstance(t, Optional) else t


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
    Select: access.select,
    Has: access.has,
    Index: access.index,
    Call: calls.call,
    Macro: macros.macro,
    Bind: Checker.bind,
    ListExpr: Checker.list_literal,
    MapExpr: Checker.map_literal,
}
