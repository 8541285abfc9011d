"""The environment of expressions, and what a checked one can do: be compiled, traced and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from policyscan.cel.errors import CelError, CelErrors
from policyscan.cel.types import DYN, ObjectType, Type

if TYPE_CHECKING:
    from policyscan.cel.ast import Node
    from policyscan.cel.clock import Clock
    from policyscan.cel.ir import Ir
    from policyscan.cel.tracing.tracer import Locate, Trace, Tracer


class Dialect(NamedTuple):
    """What the language is: `strict` refuses at load what plain CEL leaves to run time, and knows missing
    and absent; `clock` has `today` and `now`."""

    name: str
    strict: bool
    clock: bool


CORE = Dialect("core", strict=False, clock=False)
"""CEL as its specification has it."""
POLICY = Dialect("policy", strict=True, clock=True)
"""CEL for policies: everything typed, two kinds of nothing, dates and money."""


class Definition(NamedTuple):
    """A function written in the language: typed parameters, a typed result and the source of its body."""

    name: str
    params: tuple[tuple[str, Type], ...]
    result: Type
    source: str


_MOST_LEVELS: Final = 150
"""Levels of a checked expression, definitions and bound expressions put in: Python's stack holds as many."""


def _too_deep(source: str) -> CelError:
    message = "this expression is nested too deeply once its definitions and variables are put in"
    return CelError(message, 0, len(source), "split it into named parts")


class Absence(NamedTuple):
    """A place where something missing can turn into a verdict: offsets in the source."""

    start: int
    end: int


class Read(NamedTuple):
    """A field of a type of object that an expression may read."""

    of: ObjectType
    field: str


class _Body(NamedTuple):
    """A checked body of a definition, for arguments that move with the clock in one way."""

    ir: Ir
    size: int
    clock: bool
    moves: str
    absence: bool
    reads: frozenset[Read]


class Env:
    """What an expression may name. Immutable: `child` and `bind` make environments with more in them."""

    def __init__(
        self,
        variables: Mapping[str, Type] | None = None,
        constants: Mapping[str, tuple[Type, Any]] | None = None,
        functions: Iterable[Definition] = (),
        dialect: Dialect = POLICY,
    ) -> None:
        """`variables` are given to the program when it runs; `constants` are put into it."""
        self.variables: dict[str, Type] = dict(variables or {})
        self.constants: dict[str, tuple[Type, Any]] = dict(constants or {})
        self.functions: dict[str, Definition] = {d.name: d for d in functions}
        self.dialect = dialect
        self.bound: dict[str, Checked] = {}
        self._bodies: dict[tuple[str, tuple[str, ...]], _Body | str] = {}
        self._open: list[str] = []

    def child(
        self,
        variables: Mapping[str, Type] | None = None,
        constants: Mapping[str, tuple[Type, Any]] | None = None,
    ) -> Env:
        """The environment with more variables and constants; ValueError where a name is taken."""
        made = self._copy()
        for name, t in (variables or {}).items():
            self._claim(name)
            made.variables[name] = t
        for name, constant in (constants or {}).items():
            self._claim(name)
            made.constants[name] = constant
        return made

    def bind(self, name: str, checked: Checked) -> Env:
        """The environment in which `name` stands for an expression, evaluated where it is first needed.

        What goes wrong in it goes wrong there. ValueError where the name is taken.
        """
        self._claim(name)
        made = self._copy()
        made.bound[name] = checked
        return made

    def _copy(self) -> Env:
        made = Env.__new__(Env)
        made.variables, made.constants = dict(self.variables), dict(self.constants)
        made.functions, made.dialect, made.bound = self.functions, self.dialect, dict(self.bound)
        # Definitions see no variables, so what was learnt about them holds in every child.
        made._bodies, made._open = self._bodies, self._open
        return made

    def _claim(self, name: str) -> None:
        if name in self.variables or name in self.constants or name in self.bound:
            msg = f"the name {name!r} is taken already"
            raise ValueError(msg)
        if self.dialect.clock and name in {"today", "now"}:
            msg = f"the name {name!r} is the clock's"
            raise ValueError(msg)

    def check(self, source: str, expect: Type | None = None) -> Checked:
        """The checked expression, of type `expect` if given; CelErrors with everything that is wrong.

        Without `expect` the result may follow the clock (`today - x`): it is then said to turn tomorrow.
        """
        from policyscan.cel.checker import Checker
        from policyscan.cel.ir import depth

        node = self.parse(source)
        checker = Checker(self, source)
        try:
            out = checker.check(node, expect)
            deep = depth(out.ir) > _MOST_LEVELS
        except RecursionError:
            deep = True
        if deep:
            checker.errors.append(_too_deep(source))
        if checker.errors:
            raise CelErrors(checker.errors)
        return Checked(
            source,
            out.ir,
            node=node,
            type=out.type,
            moves=out.moves,
            names=tuple(checker.names),
            clock=checker.clock,
            absence=tuple(checker.absence),
            reads=frozenset(checker.reads),
            size=checker.size,
            strict=self.dialect.strict,
        )

    def parse(self, source: str) -> Node:
        """The tree of a source; CelErrors where it is no expression."""
        from policyscan.cel.parser import parse

        try:
            return parse(source, _macros(self.dialect.strict))
        except CelError as error:
            raise CelErrors([error]) from error

    def definition(self, name: str) -> Definition | None:
        """The definition of this name, if there is one."""
        return self.functions.get(name)

    def check_definition(self, definition: Definition) -> None:
        """CelErrors, at offsets in the definition's own source, where its body is wrong."""
        body = self._body(definition, ("",) * len(definition.params))
        if isinstance(body, CelErrors):
            raise body

    def inlined(self, definition: Definition, moves: tuple[str, ...]) -> _Body | str:
        """The body of a definition for arguments that move so; a message where it cannot be used so."""
        key = (definition.name, moves)
        found = self._bodies.get(key)
        if found is None:
            body = self._body(definition, moves)
            if isinstance(body, CelErrors):
                found = f"in {definition.name}(): {body.errors[0].message}"
            else:
                found = body
            self._bodies[key] = found
        return found

    def _body(self, definition: Definition, moves: tuple[str, ...]) -> _Body | CelErrors:
        from policyscan.cel.checker import Checker

        if definition.name in self._open:
            circle = " calls ".join([*self._open[self._open.index(definition.name) :], definition.name])
            return CelErrors([CelError(f"a definition must not call itself: {circle}")])
        self._open.append(definition.name)
        try:
            inner = Env(functions=self.functions.values(), dialect=self.dialect)
            inner._bodies, inner._open = self._bodies, self._open
            node = inner.parse(definition.source)
            checker = Checker(inner, definition.source)
            checker.open_scope(definition.params, moves)
            out = checker.check(node, definition.result)
            if checker.errors:
                return CelErrors(checker.errors)
            reads = frozenset(checker.reads)
            return _Body(out.ir, checker.size, checker.clock, out.moves, bool(checker.absence), reads)
        except CelErrors as errors:
            return errors
        except RecursionError:
            return CelErrors([_too_deep(definition.source)])
        finally:
            self._open.pop()


def _link(code: tuple[Any, ...], source: str) -> Callable[..., Any]:
    # Linking is what a warm start does most.
    global _linker  # noqa: PLW0603
    if _linker is None:
        from policyscan.cel.runtime import link

        _linker = link
    return _linker(code, source)


_linker: Callable[..., Callable[..., Any]] | None = None
_MACRO_TABLES: dict[bool, dict[tuple[str, bool, int], tuple[int, ...]]] = {}


def _macros(policy: bool) -> dict[tuple[str, bool, int], tuple[int, ...]]:
    table = _MACRO_TABLES.get(policy)
    if table is None:
        from policyscan.cel.registry import MACROS

        table = {(m.name, True, m.arity): m.binders for m in MACROS.values() if policy or not m.policy}
        table["has", False, 1] = ()
        table["bind", True, 3] = (0,)
        _MACRO_TABLES[policy] = table
    return table


class Checked:
    """An expression without mistakes.

    `type` is its static type (`dyn` once loaded from a cache), `names` are its free variables, `clock` says
    whether it reads today or now, `absence` where something missing can turn into a verdict. `reads` are the
    fields that it may read, those of its definitions and bound expressions too (none once loaded).
    """

    __slots__ = (
        "_code",
        "_ir",
        "_packed",
        "_quick",
        "_tracer",
        "absence",
        "ast",
        "clock",
        "moves",
        "names",
        "reads",
        "size",
        "source",
        "strict",
        "type",
    )

    def __init__(
        self,
        source: str,
        ir: Ir | None,
        *,
        node: Node | None = None,
        type: Type = DYN,
        moves: str = "",
        names: tuple[str, ...] = (),
        clock: bool = False,
        absence: tuple[Absence, ...] = (),
        reads: frozenset[Read] = frozenset(),
        size: int = 0,
        strict: bool = True,
    ) -> None:
        self.source = source
        self.ast = node
        self.type = type
        self.moves = moves
        self.names = names
        self.clock = clock
        self.absence = absence
        self.reads = reads
        self.size = size
        self.strict = strict
        self._ir = ir
        self._packed: bytes = b""
        self._code: dict[tuple[str, ...], Any] = {}
        self._tracer: Tracer | None = None
        self._quick: Tracer | None = None

    @property
    def inner(self) -> Ir:
        """The checked form; unpacked when first needed."""
        if self._ir is None:
            import marshal

            from policyscan.cel.ir import unpack

            self._ir = unpack(marshal.loads(self._packed))  # noqa: S302 - made by `dump`
        return self._ir

    @property
    def _root(self) -> Ir:
        return ("moves", 0, len(self.source), self.inner, self.moves) if self.moves else self.inner

    def compile(self, args: Iterable[str] | None = None) -> Callable[..., Any]:
        """The expression as a function `(clock, *args)`; it raises Missing, Absent or Fault.

        `args` names the variables that it is called with, in this order; all free ones must be among them.
        """
        names = tuple(self.names if args is None else args)
        code = self._code.get(names)
        if code is None:
            unknown = [name for name in self.names if name not in names]
            if unknown:
                msg = f"the expression also needs {', '.join(unknown)}"
                raise ValueError(msg)
            from policyscan.cel.compiling.compiler import compile_ir

            code = self._code[names] = compile_ir(self._root, names, self.strict).packed()
        return _link(code, self.source)

    def trace(
        self,
        clock: Clock,
        variables: Mapping[str, Any],
        locate: Locate | None = None,
        *,
        tree: bool = True,
    ) -> Trace:
        """Evaluates the expression and says how its value came about; raises nothing.

        Without `tree` the trace has no `root`, and costs a fraction.
        """
        return (self.tracer if tree else self.quick_tracer).trace(clock, variables, locate)

    @property
    def tracer(self) -> Tracer:
        """The evaluator behind `trace`, made when first needed."""
        if self._tracer is None:
            self._tracer = self._make_tracer(tree=True)
        return self._tracer

    @property
    def quick_tracer(self) -> Tracer:
        """The evaluator behind `trace(…, tree=False)`, made when first needed."""
        if self._quick is None:
            self._quick = self._make_tracer(tree=False)
        return self._quick

    def _make_tracer(self, *, tree: bool) -> Tracer:
        from policyscan.cel.tracing.tracer import Tracer

        return Tracer(self._root, self.source, self.strict, tree=tree)

    def dump(self) -> bytes:
        """The expression, with every program compiled from it so far, for `load` by the same Python."""
        import marshal

        return marshal.dumps(self._state())

    @staticmethod
    def load(data: bytes) -> Checked:
        """What `dump` made, without parsing or checking anything."""
        import marshal

        return _restore(*marshal.loads(data))  # noqa: S302 - as the docstring says: made by `dump`

    def _state(self) -> tuple[Any, ...]:
        import marshal

        from policyscan.cel.ir import pack

        packed = self._packed or marshal.dumps(pack(self._ir))
        absence = tuple((a.start, a.end) for a in self.absence)
        about = (self.names, self.clock, self.moves, absence, self.size, self.strict)
        return (self.source, packed, self._code, *about)

    def __reduce__(self) -> tuple[Any, ...]:
        return Checked.load, (self.dump(),)


def _restore(
    source: str,
    packed: bytes,
    codes: dict[tuple[str, ...], Any],
    names: tuple[str, ...],
    clock: bool,
    moves: str,
    absence: tuple[tuple[int, int], ...],
    size: int,
    strict: bool,
) -> Checked:
    made = Checked(source, None, names=names, clock=clock, moves=moves, size=size, strict=strict)
    made._packed = packed
    made._code = codes
    if absence:
        made.absence = tuple([Absence(*place) for place in absence])
    return made
