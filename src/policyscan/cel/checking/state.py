"""What a check keeps: names and their types, what is known of nulls, and every mistake found on the way.

In: what an expression may name, and the rules for its nodes. Out: a `Checker`, by which the rules look
names up and note what they find.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from policyscan.cel import ir
from policyscan.cel.ast import Node
from policyscan.cel.checking.messages import an, condition_hint
from policyscan.cel.environment import Absence, FieldRead, Scope
from policyscan.cel.errors import CelError
from policyscan.cel.ir import Out
from policyscan.cel.narrowing import Path, facts, path_of
from policyscan.cel.relations import assignable, flag_of, lists_entries, partial, reached
from policyscan.cel.types import BOOL, DYN, Nullable, Type, non_null
from policyscan.records import NamedTuple

Rule: TypeAlias = "Callable[[Checker, Any], Out]"
"""What checks a node of one kind."""

TYPE_NAMES: Final = {
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


class BoundName(NamedTuple):
    """A name that a macro, a bind or a definition gives to something."""

    slot: str
    type: Type
    moves: str


class Checker:
    """Checks one expression in an environment; `errors` has what is wrong, in the order it was met."""

    def __init__(self, env: Scope, source: str, rules: Mapping[type[Node], Rule]) -> None:
        """`rules` check each kind of node."""
        self._rules = rules
        self.env = env
        self.source = source
        self.strict = env.dialect.strict
        self.errors: list[CelError] = []
        self.names: dict[str, None] = {}
        self.absence: list[Absence] = []
        self.reads: set[FieldRead] = set()
        self.clock = False
        self.size = 0
        self.too_large = False
        self.loops = 0
        self._slots = 0
        self.locals: dict[str, BoundName] = {}
        self._known: frozenset[Path] = frozenset()

    def check(self, node: Node, expect: Type | None = None) -> Out:
        """The whole expression, of type `expect` if given."""
        out = self.expr(node)
        if expect is not None and not self.errors:
            out = self._expected(out, node, expect)
        return out

    def within(self, source: str) -> Checker:
        """A checker of another source, which knows nothing but functions and definitions."""
        return Checker(self.env.bare(), source, self._rules)

    def open_scope(self, params: tuple[tuple[str, Type], ...], moves: tuple[str, ...]) -> None:
        """Makes a definition's parameters known, for arguments that move so."""
        for (name, t), move in zip(params, moves, strict=True):
            self.locals[name] = BoundName(f"p:{name}", t, move)

    def _expected(self, out: Out, node: Node, expect: Type) -> Out:
        if not assignable(out.type, expect):
            if not (isinstance(out.type, Nullable) and assignable(out.type.elem, expect)):
                return self.error(node, f"this is {an(out.type)}, but {an(expect)} is needed here")
            return Out(ir.Given(node.start, node.end, out.ir), expect, out.moves)
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
        return Out(ir.Fail(node.start, node.end, message), DYN)

    def expr(self, node: Node) -> Out:
        """Any node."""
        self.size += 1
        self.check_size(node)
        if self.too_large:
            return Out(ir.Fail(node.start, node.end, "too large"), DYN)
        return self._rules[type(node)](self, node)

    def check_size(self, node: Node) -> None:
        """Keeps an error, once, where the expression has grown too large."""
        if self.size > _MOST_NODES and not self.too_large:
            self.too_large = True
            msg = "this expression is too large once its definitions and variables are put in"
            self.errors.append(CelError(msg, node.start, node.end, "split it"))

    def is_named(self, name: str) -> bool:
        """Whether a name with dots is that of a variable or a type."""
        return name in self.env.variables or name in TYPE_NAMES

    def read_anywhere(self, field: Any) -> None:
        """Notes that a field is read of something whose type is not known: any object may be it."""
        known = (*self.env.variables.values(), *(local.type for local in self.locals.values()))
        self.reads.update(FieldRead(t, field) for t in reached(known) if field in t.fields)

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

    def condition(self, node: Node, out: Out) -> tuple[ir.Node, str]:
        if self.strict and not assignable(non_null(out.type), BOOL):
            hint = condition_hint(non_null(out.type))
            self.error(node, f"a condition is needed here, not {an(out.type)}", hint)
        return out.ir, flag_of(out.type)

    def verdict(self, node: Node) -> None:
        """Notes that something missing can turn into a verdict at a node."""
        place = Absence(node.start, node.end)
        if place not in self.absence:
            self.absence.append(place)

    def asks(self, node: Node, out: Out, how: str = "entries") -> None:
        """Notes that the result at a node depends on which entries a value has ("parts": or one within it).

        A key that is not written may be a fact all the same, so that missing evidence would decide.
        """
        open_ = lists_entries if how == "entries" else partial
        if self.strict and not isinstance(out.ir, ir.Const) and open_(out.type):
            self.verdict(node)

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

    def local(self, name: str, t: Type, moves: str = "", mark: str = "#") -> BoundName:
        """A name that hides others of its spelling; its slot is `name#number`."""
        self._slots += 1
        return BoundName(f"{name}{mark}{self._slots}", t, moves)

    def scoped(self, names: dict[str, BoundName], node: Node, known: frozenset[Path] = frozenset()) -> Out:
        before = self.locals
        self.locals = {**before, **names}
        out = self.with_facts(known, node)
        self.locals = before
        return out

    def scoped_facts(self, names: dict[str, BoundName], node: Node) -> frozenset[Path]:
        before = self.locals
        self.locals = {**before, **names}
        found = self.facts(node, True)
        self.locals = before
        return found

    def null_problem(self, node: Node, arg: Node) -> None:
        """Says that an argument may be null, and how to say what that means."""
        text = self.source[arg.start : arg.end]
        self.error(
            node,
            f"{text} may be null, and null differs from everything",
            f"say what null means: {text} != null && … or {text} == null || …",
        )


def too_deep(source: str) -> CelError:
    """The error of an expression that Python's stack does not hold."""
    message = "this expression is nested too deeply once its definitions and variables are put in"
    return CelError(message, 0, len(source), "split it into named parts")
