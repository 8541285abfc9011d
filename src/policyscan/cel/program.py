"""An environment that checks expressions, and what a checked one can do: be compiled, traced and kept.

In: an expression's source, types of names, and the clock and values of a run. Out: `Checked`, then programs
and traces of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from policyscan.cel.environment import Absence, Definition, FieldRead, Scope
from policyscan.cel.types import DYN, Type

if TYPE_CHECKING:
    from policyscan.cel import ir
    from policyscan.cel.ast import Node
    from policyscan.cel.clock import Clock
    from policyscan.cel.tracing.trace import Locate, Trace
    from policyscan.cel.tracing.tracer import Tracer


class Env(Scope):
    """What an expression may name, and the check of it."""

    def check(self, source: str, expect: Type | None = None) -> Checked:
        """The checked expression, of type `expect` if given; CelErrors with everything that is wrong.

        Without `expect` the result may follow the clock (`today - x`): it is then said to turn tomorrow.
        """
        from policyscan.cel.checking.checker import check

        node = self.parse(source)
        checker, out = check(self, source, node, expect)
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

    def check_definition(self, definition: Definition) -> None:
        """CelErrors, at offsets in the definition's own source, where its body is wrong."""
        from policyscan.cel.checking.checker import check_definition

        check_definition(self, definition)


def _link(code: tuple[Any, ...], source: str) -> Callable[..., Any]:
    # Linking is what a warm start does most.
    global _linker  # noqa: PLW0603
    if _linker is None:
        from policyscan.cel.runtime import link

        _linker = link
    return _linker(code, source)


_linker: Callable[..., Callable[..., Any]] | None = None


def linked(program: bytes, source: str) -> Callable[..., Any]:
    """The function that `Checked.program` gave, without the expression; `source` is its text."""
    import marshal

    return _link(marshal.loads(program), source)  # noqa: S302 - made by `program`


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
        ir: ir.Node | None,
        *,
        node: Node | None = None,
        type: Type = DYN,
        moves: str = "",
        names: tuple[str, ...] = (),
        clock: bool = False,
        absence: tuple[Absence, ...] = (),
        reads: frozenset[FieldRead] = frozenset(),
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
    def inner(self) -> ir.Node:
        """The checked form; unpacked when first needed."""
        if self._ir is None:
            import marshal

            from policyscan.cel.ir import unpack

            self._ir = unpack(marshal.loads(self._packed))  # noqa: S302 - made by `dump`
        return self._ir

    @property
    def _root(self) -> ir.Node:
        if not self.moves:
            return self.inner
        from policyscan.cel.ir import Moves

        return Moves(0, len(self.source), self.inner, self.moves)

    def compile(self, args: Iterable[str] | None = None) -> Callable[..., Any]:
        """The expression as a function `(clock, *args)`; it raises Missing, Absent or Fault.

        `args` names the variables that it is called with, in this order; all free ones must be among them.
        """
        return _link(self._compiled(tuple(self.names if args is None else args)), self.source)

    def program(self, args: Iterable[str]) -> bytes:
        """What `compile` compiles, for `linked` by the same Python."""
        import marshal

        return marshal.dumps(self._compiled(tuple(args)))

    def _compiled(self, names: tuple[str, ...]) -> Any:
        code = self._code.get(names)
        if code is None:
            unknown = [name for name in self.names if name not in names]
            if unknown:
                msg = f"the expression also needs {', '.join(unknown)}"
                raise ValueError(msg)
            from policyscan.cel.compiling.compiler import compile_ir

            code = self._code[names] = compile_ir(self._root, names, self.strict).packed()
        return code

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

    def dump(self, *, programs: bool = True) -> bytes:
        """The expression, with every program compiled from it so far, for `load` by the same Python."""
        import marshal

        return marshal.dumps(self._state(self._code if programs else {}))

    @staticmethod
    def load(data: bytes) -> Checked:
        """What `dump` made, without parsing or checking anything."""
        import marshal

        return _restore(*marshal.loads(data))  # noqa: S302 - as the docstring says: made by `dump`

    def _state(self, programs: Mapping[tuple[str, ...], Any]) -> tuple[Any, ...]:
        import marshal

        from policyscan.cel.ir import pack

        packed = self._packed or marshal.dumps(pack(self._ir))
        absence = tuple((a.start, a.end) for a in self.absence)
        about = (self.names, self.clock, self.moves, absence, self.size, self.strict)
        return (self.source, packed, programs, *about)

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
