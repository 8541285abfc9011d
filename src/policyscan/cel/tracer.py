"""Evaluates the checked form of an expression and keeps how its value came about.

Every node becomes a closure once; a run logs `(node, value or error, start)` when a node is done, where
`start` is the log's length when it began: what lies between are its parts. Trees, paths and places are made
from that only when someone asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from policyscan.cel import registry, runtime
from policyscan.cel.equality import equals, map_key
from policyscan.cel.errors import Absent, EvalError, ExhaustedError, Fault, Missing, worse
from policyscan.cel.values import DAY, NONE, Dangling, OptionalValue, Unresolved

if TYPE_CHECKING:
    from policyscan.cel.clock import Clock
    from policyscan.cel.ir import Ir

Locate: TypeAlias = Callable[[object, str | int | None], "tuple[str, object] | None"]
Run: TypeAlias = Callable[["_Frame"], Any]
_MOST_KEPT: Final = 5000
"""Nodes in a trace; when there are as many, further turns of macros leave none."""
_NAVIGATING: Final = frozenset({"select", "has", "opt_select", "index", "opt_index"})


class Step(NamedTuple):
    """A node of the tree: its text and what came of it.

    `error` is set instead of `value` where it has none. One turn of a macro has `element` set: its text is
    the macro's name for the element, its value the element.
    """

    text: str
    start: int
    end: int
    value: Any
    error: EvalError | None
    children: tuple[Step, ...]
    element: bool = False


class _Meta(NamedTuple):
    """What is fixed about a node: its place and source; for a turn of a macro, its name for the element."""

    op: str
    start: int
    end: int
    source: str
    element: str = ""


class _Frame:
    """One run: the inputs, and everything it notes."""

    __slots__ = (
        "absent", "args", "budget", "clock", "hits", "last", "lazy", "log", "loops", "missing", "n", "reads",
        "slots", "witnesses",
    )  # fmt: skip

    def __init__(self, clock: Clock, args: Mapping[str, Any], slots: int) -> None:
        self.clock = clock
        self.args = args
        self.slots: list[Any] = [None] * slots
        self.log: list[tuple[_Meta, Any, int]] = []
        self.reads: list[tuple[Any, Any, Any]] = []
        self.missing: list[tuple[Any, Any]] = []
        self.absent: list[tuple[Any, Any]] = []
        self.witnesses: list[Any] = []
        self.lazy: dict[str, Any] = {}
        self.last: tuple[Any, Any] | None = None
        self.hits: int | None = None
        self.n: int | None = None
        self.loops = 0
        self.budget = runtime.BUDGET


class _Tally(NamedTuple):
    """What is fixed about a node: its place, its source and, for a turn of a macro, the element's name."""

    hits: list[Any]
    others: list[Any]
    unsure: int
    error: EvalError | None


class Trace:
    """How an expression got its value.

    `value` or `error` is the outcome. `reads` are (path, value, place) of the fields that were read, in
    order and each once; `missing` and `absent` (path, place) of those found missing or null where a value
    was needed; `witnesses` the elements that decided a macro; `hits` of `n` what the last count found.
    """

    __slots__ = ("_frame", "_locate", "_log", "error", "hits", "n", "value", "witnesses")

    def __init__(self, frame: _Frame, value: Any, error: EvalError | None, locate: Locate | None) -> None:
        self._frame = frame
        self._locate = locate
        self.value = value
        self.error = error
        self.hits = frame.hits
        self.n = frame.n
        self.witnesses: list[Any] = _unique(frame.witnesses)

    @property
    def root(self) -> Step:
        """The tree of evaluated sub-expressions."""
        return _tree(self._frame.log)

    @property
    def touched(self) -> list[tuple[Any, Any, Any]]:
        """(container, key, value) of every field read, in order: what `reads` is made of."""
        return self._frame.reads

    @property
    def lacking(self) -> list[tuple[Any, Any]]:
        """(container, key) of the fields found missing."""
        return self._frame.missing

    @property
    def empty(self) -> list[tuple[Any, Any]]:
        """(container, key) of the fields that were null where a value was needed."""
        return self._frame.absent

    @property
    def reads(self) -> list[tuple[str, Any, object]]:
        """(path, value, place) of every field read, in order, each path once."""
        found: dict[str, tuple[str, Any, object]] = {}
        for container, key, value in self._frame.reads:
            place = self._place(container, key)
            if place is not None:
                found.setdefault(place[0], (place[0], value, place[1]))
        return list(found.values())

    @property
    def missing(self) -> list[tuple[str, object]]:
        """(path, place) of the fields found missing, each path once."""
        return self._places(self._frame.missing)

    @property
    def absent(self) -> list[tuple[str, object]]:
        """(path, place) of the fields that were null where a value was needed, each path once."""
        return self._places(self._frame.absent)

    def _places(self, pairs: Sequence[tuple[Any, Any]]) -> list[tuple[str, object]]:
        found = (self._place(container, key) for container, key in pairs)
        return list({place[0]: place for place in found if place is not None}.values())

    def _place(self, container: Any, key: Any) -> tuple[str, object] | None:
        return self._locate(container, key) if self._locate is not None else None


def _forget_calls(frame: _Frame, error: EvalError) -> None:
    """Drop the tracebacks of errors that are kept: they lead in a circle through the calls that made them,
    and would keep everything that those looked at until the garbage collector comes."""
    for kept in (error, *(value for _, value, _ in frame.log if isinstance(value, EvalError))):
        kept.__traceback__ = kept.__context__ = None


def _unique(values: list[Any]) -> list[Any]:
    seen: dict[int, Any] = {}
    for value in values:
        seen.setdefault(id(value), value)
    return list(seen.values())


def _tree(log: list[tuple[_Meta, Any, int]]) -> Step:
    """The tree from the log: an entry's parts are the finished ones since its start."""
    stack: list[tuple[int, Step]] = []
    for position, (meta, value, start) in enumerate(log):
        parts: list[Step] = []
        while stack and stack[-1][0] >= start:
            parts.append(stack.pop()[1])
        error = value if isinstance(value, EvalError) else None
        text = meta.element or meta.source[meta.start : meta.end]
        shown = None if error is not None else value
        step = Step(text, meta.start, meta.end, shown, error, tuple(reversed(parts)), bool(meta.element))
        stack.append((position, step))
    return stack[-1][1]


class Tracer:
    """An expression's closures; `trace` runs them.

    `tree` makes them note what each node came to; without it they are several times as fast, and a trace
    still has everything but its `root`.
    """

    def __init__(self, root: Ir, source: str, strict: bool, *, tree: bool = True) -> None:
        self.strict = strict
        self.tree = tree
        self.count = 0
        self.names: dict[str, int] = {}
        self.source = source
        self.place = root[1], root[2]
        self.run = self.build(root)

    def trace(self, clock: Clock, variables: Mapping[str, Any], locate: Locate | None = None) -> Trace:
        """One run; whatever goes wrong is in the result."""
        frame = _Frame(clock, variables, self.count)
        try:
            traced = Trace(frame, self.run(frame), None, locate)
        except EvalError as error:
            traced = Trace(frame, None, error, locate)
            _forget_calls(frame, error)
        except ExhaustedError as error:
            fault = runtime.exhausted(error)
            fault.start, fault.end = self.place
            frame.log.append((_Meta("", *self.place, self.source), fault, 0))
            traced = Trace(frame, None, fault, locate)
        return traced

    # --- building

    def slot(self, name: str) -> int:
        number = self.count
        self.count += 1
        self.names = {**self.names, name: number}
        return number

    def build(self, ir: Ir) -> Run:
        """The closure of a node, which logs its outcome if there is to be a tree."""
        inner: Run = getattr(self, f"b_{ir[0]}")(ir)
        return self.logged(_Meta(ir[0], ir[1], ir[2], self.source), inner) if self.tree else inner

    @staticmethod
    def logged(meta: _Meta, inner: Run) -> Run:
        def run(frame: _Frame) -> Any:
            log = frame.log
            start = len(log)
            try:
                value = inner(frame)
            except EvalError as error:
                if error.start < 0:
                    error.start, error.end = meta.start, meta.end
                log.append((meta, error, start))
                raise
            log.append((meta, value, start))
            return value

        return run

    def all(self, irs: Sequence[Ir]) -> Callable[[_Frame], list[Any]]:
        """The operands of a strict operation; the worst of their errors wins."""
        runs = [self.build(ir) for ir in irs]
        if len(runs) == 1:
            only = runs[0]
            return lambda frame: [only(frame)]

        def run(frame: _Frame) -> list[Any]:
            values = []
            error: EvalError | None = None
            for part in runs:
                try:
                    values.append(part(frame))
                except EvalError as failed:
                    error = failed if error is None else worse(error, failed)
            if error is not None:
                raise error
            return values

        return run

    def condition(self, ir: Ir, flag: str) -> Run:
        """A condition, which must be a bool when it runs."""
        inner = self.build(ir)
        if not flag:
            return inner
        check = runtime.truth if self.strict else runtime.truth_core
        return lambda frame: check(_present(frame, inner(frame)) if self.strict else inner(frame))

    # --- leaves

    def b_const(self, ir: Ir) -> Run:
        value = ir[3]
        return lambda _frame: value

    def b_arg(self, ir: Ir) -> Run:
        name = ir[3]
        return lambda frame: frame.args[name]

    def b_local(self, ir: Ir) -> Run:
        number = self.names[ir[3]]
        return lambda frame: frame.slots[number]

    def b_today(self, ir: Ir) -> Run:  # noqa: ARG002
        return lambda frame: frame.clock.today

    def b_now(self, ir: Ir) -> Run:  # noqa: ARG002
        return lambda frame: frame.clock.now

    def b_fail(self, ir: Ir) -> Run:
        message = ir[3]

        def run(_frame: _Frame) -> Any:
            raise Fault(message)

        return run

    def b_nn(self, ir: Ir) -> Run:
        inner = self.build(ir[3])
        return lambda frame: _present(frame, inner(frame))

    def b_nn_all(self, ir: Ir) -> Run:
        inner = self.build(ir[3])
        return lambda frame: runtime.all_given(_present(frame, inner(frame)))

    def b_rank(self, ir: Ir) -> Run:
        inner, values = self.build(ir[3]), ir[4]
        return lambda frame: runtime.rank(values, _present(frame, inner(frame)))

    def b_moves(self, ir: Ir) -> Run:
        inner, how = self.build(ir[3]), ir[4]
        return lambda frame: runtime.moves(frame.clock, inner(frame), how)

    def b_lazy(self, ir: Ir) -> Run:
        name, source, node = ir[3], ir[4], ir[5]
        inner = self._elsewhere(source, {}, node)

        def run(frame: _Frame) -> Any:
            known = frame.lazy
            if name not in known:
                try:
                    known[name] = inner(frame), None
                except EvalError as error:
                    known[name] = None, error
                    raise
            value, failed = known[name]
            if failed is not None:
                raise failed
            return value

        return run

    def _elsewhere(self, source: str, names: dict[str, int], node: Ir) -> Run:
        """A node that stands in another source, with names of its own."""
        before = self.source, self.names
        self.source, self.names = source, names
        inner = self.build(node)
        self.source, self.names = before

        def run(frame: _Frame) -> Any:
            try:
                return inner(frame)
            except EvalError as error:
                # Its place is in the other source; for this one it is where that was used.
                error.start = error.end = -1
                raise

        return run

    def b_let(self, ir: Ir) -> Run:
        init = self.build(ir[4])
        before = self.names
        number = self.slot(ir[3])
        body = self.build(ir[5])
        self.names = before

        def run(frame: _Frame) -> Any:
            frame.slots[number] = init(frame)
            return body(frame)

        return run

    def b_def(self, ir: Ir) -> Run:
        _, _, _, _, source, slots, inits, node = ir
        given = self.all(inits)
        first = self.count
        self.count += len(slots)
        numbers = {slot: first + i for i, slot in enumerate(slots)}
        body = self._elsewhere(source, numbers, node)
        end = first + len(slots)

        def run(frame: _Frame) -> Any:
            frame.slots[first:end] = given(frame)
            return body(frame)

        return run

    # --- selection

    def _operand(self, ir: Ir) -> Run:
        """What is selected from: not itself a read, and a path's inner steps need no lines in the tree."""
        if ir[0] == "select":
            return self.select(ir, inner=True)
        if ir[0] in _NAVIGATING:
            return self.build(ir)
        return getattr(self, f"b_{ir[0]}")(ir) if ir[0] in {"arg", "local", "const"} else self.build(ir)

    def b_select(self, ir: Ir) -> Run:
        return self.select(ir, inner=False)

    def select(self, ir: Ir, *, inner: bool) -> Run:
        operand, field = self._operand(ir[3]), ir[4]
        start, end = ir[1], ir[2]
        strict = self.strict

        def run(frame: _Frame) -> Any:
            base = operand(frame)
            if type(base) is not dict:
                return _select_other(frame, base, field, strict)
            if field in base:
                value = base[field]
                # On the way to a field, what counts is the reference that is followed.
                if not inner or (type(value) is dict and "id" in value):
                    frame.reads.append((base, field, value))
                if type(value) is not dict:
                    frame.last = (base, field)
                return value
            if not strict:
                msg = f"no such key: {field!r}"
                raise Fault(msg, start, end)
            frame.missing.append((base, field))
            msg = f"{field} is missing"
            raise Missing(msg, start, end)

        return run

    def b_has(self, ir: Ir) -> Run:
        operand, field = self._operand(ir[3]), ir[4]
        strict = self.strict

        def run(frame: _Frame) -> Any:
            base = operand(frame)
            if type(base) is dict:
                return _asked(frame, base, field)
            if strict:
                return runtime.has(_present(frame, base), field)
            return runtime.has_core(base, field)

        return run

    def b_opt_select(self, ir: Ir) -> Run:
        operand, field = self._operand(ir[3]), ir[4]

        def run(frame: _Frame) -> Any:
            base = operand(frame)
            holder = base.value if type(base) is OptionalValue else base
            if type(holder) is dict:
                _asked(frame, holder, field)
            return runtime.optional_select(base, field)

        return run

    def b_index(self, ir: Ir) -> Run:
        given = self.all((ir[3], ir[4]))
        strict = self.strict

        def run(frame: _Frame) -> Any:
            operand, key = given(frame)
            if not strict:
                return runtime.index_core(operand, key)
            _present(frame, operand)
            try:
                value = runtime.index(operand, key)
            except Missing:
                frame.missing.append((operand, key))
                raise
            except Absent:
                frame.absent.append((operand, key))
                raise
            frame.reads.append((operand, key, value))
            frame.last = (operand, key)
            return value

        return run

    def b_opt_index(self, ir: Ir) -> Run:
        given = self.all((ir[3], ir[4]))

        def run(frame: _Frame) -> Any:
            operand, key = given(frame)
            found = runtime.optional_index(operand, key)
            if found is not NONE:
                holder = operand.value if type(operand) is OptionalValue else operand
                frame.reads.append((holder, key, found.value))
            return found

        return run

    # --- calls

    def b_call(self, ir: Ir) -> Run:
        function = registry.function(ir[3])
        assert function is not None
        overload = function.overloads[ir[4]]
        given, nulls, moving = self.all(ir[5]), ir[6], ir[7]
        impl, stepped = overload.impl, overload.moving
        clocked = overload.clock

        def run(frame: _Frame) -> Any:
            values = given(frame)
            for number in nulls:
                if values[number] is None:
                    _note_absent(frame)
                    runtime.no_value()
            if moving and stepped is not None:
                return stepped(frame.clock, moving, *values)
            return impl(frame.clock, *values) if clocked else impl(*values)

        return run

    def b_dispatch(self, ir: Ir) -> Run:
        given, call = self.all(ir[5]), runtime.dispatcher(ir[3], ir[4], self.strict)
        return lambda frame: call(frame.clock, *given(frame))

    # --- comparison

    def b_eq(self, ir: Ir) -> Run:
        negate, given = ir[3], self.all((ir[5], ir[6]))
        compare = _equality(ir[4])
        return lambda frame: compare(*given(frame)) is not negate

    def b_cmp(self, ir: Ir) -> Run:
        op, kind, given = ir[3], ir[4], self.all((ir[5], ir[6]))
        values = kind[1] if type(kind) is tuple else ()
        strict = self.strict

        def run(frame: _Frame) -> Any:
            a, b = given(frame)
            if strict and (a is None or b is None):
                _note_absent(frame)
                runtime.no_value()
            if values:
                a, b = values.index(a), values.index(b)
            return runtime.compare_core(op, a, b)

        return run

    def b_bounds(self, ir: Ir) -> Run:
        op, loop, limit = ir[3], ir[4], self.build(ir[5])
        tally = self.tally(loop)
        meta = _Meta(loop[0], loop[1], loop[2], self.source)

        def run(frame: _Frame) -> Any:
            bound = limit(frame)
            start = len(frame.log)
            hits, others, unsure, error = tally(frame)
            count = len(hits)
            frame.log.append((meta, count if error is None else error, start))
            # Too many are shown by those that pass the test, too few by those that do not.
            _witness(frame, hits if count > bound or op in {"<", "<="} else others)
            return runtime.within_bounds(op, count, count + unsure, bound, error)

        return run

    def b_clock(self, ir: Ir) -> Run:
        _, _, _, op, sign, unit, a, b, extra = ir
        if unit == "open":
            given = self.all((a, b, extra))
            return lambda frame: _open_turn(frame, op, *given(frame))
        given = self.all((a, b))
        step = DAY if unit == "day" and extra != "date" else 1
        way = 1 if sign == "+" else -1

        def run(frame: _Frame) -> Any:
            x, y = given(frame)
            if op in {"==", "!="}:
                return runtime.clock_equal(frame.clock, x, y, way, step) is (op == "==")
            if x is None or y is None:
                _note_absent(frame)
                runtime.no_value()
            return _turning(frame.clock, op, int(x), int(y), way, step, unit)

        return run

    def b_in(self, ir: Ir) -> Run:
        given, kind = self.all((ir[3], ir[4])), ir[5]
        strict = self.strict

        def run(frame: _Frame) -> Any:
            value, items = given(frame)
            if strict:
                _present(frame, items)
            if kind == "ref":
                return runtime.among(value, items)
            if kind == "keys":
                return runtime.has_entry(value, items)
            return runtime.contains(items, value)

        return run

    # --- logic

    def b_and(self, ir: Ir) -> Run:
        return self.logic(ir, decided=False)

    def b_or(self, ir: Ir) -> Run:
        return self.logic(ir, decided=True)

    def logic(self, ir: Ir, *, decided: bool) -> Run:
        left, right = (self.condition(*operand) for operand in ir[3:5])

        def run(frame: _Frame) -> Any:
            try:
                if left(frame) is decided:
                    return decided
            except EvalError as error:
                return _absorbed(frame, error, right, decided)
            return right(frame)

        return run

    def b_not(self, ir: Ir) -> Run:
        inner = self.condition(*ir[3])
        return lambda frame: not inner(frame)

    def b_cond(self, ir: Ir) -> Run:
        test, yes, no = self.condition(*ir[3]), self.build(ir[4]), self.build(ir[5])
        return lambda frame: yes(frame) if test(frame) else no(frame)

    # --- collections

    def b_list(self, ir: Ir) -> Run:
        given, optional = self.all(ir[3]), ir[4]
        if not any(optional):
            return given

        def run(frame: _Frame) -> Any:
            made = []
            for value, maybe in zip(given(frame), optional, strict=True):
                if not maybe:
                    made.append(value)
                elif runtime.some(value) is not NONE:
                    made.append(value.value)
            return made

        return run

    def b_map(self, ir: Ir) -> Run:
        given, optional = self.all([part for entry in ir[3] for part in entry]), ir[4]

        def run(frame: _Frame) -> Any:
            values = given(frame)
            made: dict[Any, Any] = {}
            for number, maybe in enumerate(optional):
                key, value = values[2 * number], values[2 * number + 1]
                if not maybe:
                    runtime.put(made, key, value)
                elif runtime.some(value) is not NONE:
                    runtime.put(made, key, value.value)
            return made

        return run

    def b_opt_or(self, ir: Ir) -> Run:
        whole, first, second = ir[3], self.build(ir[4]), self.build(ir[5])

        def run(frame: _Frame) -> Any:
            value = runtime.some(first(frame))
            if value is not NONE:
                return value if whole else value.value
            other = second(frame)
            return runtime.some(other) if whole else other

        return run

    def b_opt_map(self, ir: Ir) -> Run:
        _, _, _, flat, slot, target, node = ir
        optional = self.build(target)
        before = self.names
        number = self.slot(slot)
        body = self.build(node)
        self.names = before

        def run(frame: _Frame) -> Any:
            value = runtime.some(optional(frame))
            if value is NONE:
                return NONE
            frame.slots[number] = value.value
            made = body(frame)
            return runtime.some(made) if flat else OptionalValue(made)

        return run

    # --- macros

    def b_loop(self, ir: Ir) -> Run:
        made: Run = _LOOPS[ir[3]](self, ir)
        return made

    def turns(self, ir: Ir) -> Callable[[_Frame, Callable[[_Frame, Any], bool]], None]:
        """Goes through a macro's target: calls `visit(frame, element)`, with the names set, until true."""
        target, kind, slots = self.build(ir[6]), ir[4], ir[5]
        numbers = [self.slot(slot) for slot in slots]
        through = _through(kind, len(slots), self.strict)
        meta = _Meta("turn", ir[1], ir[2], self.source, slots[-1].partition("#")[0])

        def run(frame: _Frame, visit: Callable[[_Frame, Any], bool]) -> None:
            items = target(frame)
            items = through(_present(frame, items) if self.strict else items)
            nested = frame.loops
            if nested:
                items = list(items)
                _charge(frame, len(items) + 1)
            frame.loops = nested + 1
            values, log = frame.slots, frame.log
            try:
                for element in items:
                    if len(numbers) == 1:
                        values[numbers[0]] = element
                    else:
                        values[numbers[0]], values[numbers[1]] = element
                    start = len(log)
                    done = visit(frame, element)
                    if start > _MOST_KEPT:
                        del log[start:]
                    else:
                        log.append((meta, values[numbers[-1]], start))
                    if done:
                        break
            finally:
                frame.loops = nested

        return run

    def part(self, ir: Ir, number: int, flag: str = "") -> Run:
        """A macro's argument, evaluated for each element."""
        return self.condition(ir[7][number], flag)

    def quantifier(self, ir: Ir, *, decided: bool) -> Run:
        before = self.names
        turns = self.turns(ir)
        test = self.part(ir, 0, ir[8])
        self.names = before
        single = len(ir[5]) == 1

        def run(frame: _Frame) -> Any:
            error: EvalError | None = None
            unsure: list[Any] = []
            found: list[Any] = []

            def visit(frame: _Frame, element: Any) -> bool:
                nonlocal error
                try:
                    if test(frame) is not decided:
                        return False
                except EvalError as failed:
                    error = failed if error is None else worse(error, failed)
                    unsure.append(element if single else element[1])
                    return False
                found.append(element if single else element[1])
                return True

            turns(frame, visit)
            if found:
                _witness(frame, found)
                return decided
            if error is not None:
                _witness(frame, unsure)
                raise error
            return not decided

        return run

    def tally(self, ir: Ir) -> Callable[[_Frame], _Tally]:
        """Counts the hits of a macro's test and the elements for which it cannot be told."""
        before = self.names
        turns = self.turns(ir)
        test = self.part(ir, -1, ir[8])
        self.names = before

        def run(frame: _Frame) -> _Tally:
            hits: list[Any] = []
            others: list[Any] = []
            unsure = 0
            error: EvalError | None = None

            def visit(frame: _Frame, element: Any) -> bool:
                nonlocal unsure, error
                try:
                    (hits if test(frame) else others).append(element)
                except EvalError as failed:
                    others.append(element)
                    if not isinstance(failed, Absent):
                        unsure += 1
                        error = failed if error is None else worse(error, failed)
                return False

            turns(frame, visit)
            frame.hits, frame.n = len(hits), len(hits) + len(others)
            return _Tally(hits, others, unsure, error)

        return run

    def collecting(self, ir: Ir, start: Callable[[], Any], add: Callable[[Any, Any, Any], None]) -> Run:
        """A macro that makes something of every element; the worst of their errors wins."""
        before = self.names
        turns = self.turns(ir)
        where = self.part(ir, 0, ir[8]) if len(ir[7]) > 1 else None
        value = self.part(ir, -1, ir[8] if ir[3] in {"filter", "exists_one"} else "")
        self.names = before
        shown, heavy = ir[3] == "filter", ir[9]

        def run(frame: _Frame) -> Any:
            made = start()
            error: EvalError | None = None

            def visit(frame: _Frame, element: Any) -> bool:
                nonlocal error
                try:
                    if where is None or where(frame):
                        found = value(frame)
                        if heavy:
                            _charge(frame, runtime.weight(found))
                        add(made, element, found)
                except EvalError as failed:
                    error = failed if error is None else worse(error, failed)
                    if shown:
                        _witness(frame, [element])
                return False

            turns(frame, visit)
            if error is not None:
                raise error
            if shown:
                _witness(frame, made)
            return made

        return run

    def b_all(self, ir: Ir) -> Run:
        return self.quantifier(ir, decided=False)

    def b_exists(self, ir: Ir) -> Run:
        return self.quantifier(ir, decided=True)

    def b_exists_one(self, ir: Ir) -> Run:
        run = self.collecting(ir, list, _add_element)
        return lambda frame: len(run(frame)) == 1

    def b_filter(self, ir: Ir) -> Run:
        return self.collecting(ir, list, _add_element)

    def b_made_list(self, ir: Ir) -> Run:
        return self.collecting(ir, list, lambda made, _element, value: made.append(value))

    def b_tmap(self, ir: Ir) -> Run:
        return self.collecting(ir, dict, lambda made, element, value: runtime.put(made, element[0], value))

    def b_tmapentry(self, ir: Ir) -> Run:
        return self.collecting(ir, dict, lambda made, _element, value: runtime.merge(made, value))

    def b_group(self, ir: Ir) -> Run:
        def add(made: Any, element: Any, value: Any) -> None:
            made.setdefault(map_key(value), []).append(element)

        return self.collecting(ir, dict, add)

    def keyed(self, ir: Ir) -> Run:
        def add(made: Any, element: Any, value: Any) -> None:
            made.append((element, runtime.sort_key(value)))

        return self.collecting(ir, list, add)

    def b_sort(self, ir: Ir) -> Run:
        run = self.keyed(ir)

        def sort(frame: _Frame) -> Any:
            made = run(frame)
            return runtime.by_order([element for element, _ in made], [key for _, key in made])

        return sort

    def b_extreme(self, ir: Ir) -> Run:
        run, pick = self.keyed(ir), max if ir[3] == "maxBy" else min

        def choose(frame: _Frame) -> Any:
            made = run(frame)
            if not made:
                runtime.no_elements(ir[3])
            keys = [key for _, key in made]
            runtime.check_sortable(keys)
            return made[keys.index(pick(keys))][0]

        return choose

    def b_find(self, ir: Ir) -> Run:
        before = self.names
        turns = self.turns(ir)
        test = self.part(ir, 0, ir[8])
        self.names = before

        def run(frame: _Frame) -> Any:
            error: EvalError | None = None
            found: list[Any] = []

            def visit(frame: _Frame, element: Any) -> bool:
                nonlocal error
                try:
                    if not test(frame):
                        return False
                except EvalError as failed:
                    error = failed if error is None else worse(error, failed)
                    return False
                found.append(element)
                return True

            turns(frame, visit)
            if error is not None:
                raise error
            if not found:
                runtime.no_elements("find")
            return found[0]

        return run

    def b_count(self, ir: Ir) -> Run:
        tally = self.tally(ir)

        def run(frame: _Frame) -> Any:
            hits, others, _, error = tally(frame)
            _witness(frame, others)
            if error is not None:
                raise error
            return len(hits)

        return run

    def b_at_least(self, ir: Ir) -> Run:
        share = self.build(ir[7][0])
        tally = self.tally(ir)

        def run(frame: _Frame) -> Any:
            wanted = share(frame)
            hits, others, unsure, error = tally(frame)
            _witness(frame, others)
            return runtime.at_least(wanted, len(hits), unsure, len(hits) + len(others), error)

        return run


_LOOPS: Final[dict[str, Callable[[Tracer, Any], Run]]] = {
    "all": Tracer.b_all,
    "exists": Tracer.b_exists,
    "exists_one": Tracer.b_exists_one,
    "filter": Tracer.b_filter,
    "map": Tracer.b_made_list,
    "tlist": Tracer.b_made_list,
    "tmap": Tracer.b_tmap,
    "tmapentry": Tracer.b_tmapentry,
    "sortBy": Tracer.b_sort,
    "maxBy": Tracer.b_extreme,
    "minBy": Tracer.b_extreme,
    "groupBy": Tracer.b_group,
    "find": Tracer.b_find,
    "count": Tracer.b_count,
    "atLeast": Tracer.b_at_least,
}


def _add_element(made: list[Any], element: Any, value: Any) -> None:
    if value:
        made.append(element)


def _charge(frame: _Frame, amount: int) -> None:
    frame.budget -= amount
    if frame.budget < 0:
        runtime.over_budget()


def _witness(frame: _Frame, elements: list[Any]) -> None:
    """Keeps what decided a macro, unless it is part of another one."""
    if not frame.loops:
        frame.witnesses.extend(elements)


def _asked(frame: _Frame, base: dict[Any, Any], field: str) -> bool:
    """Whether an object has a field; notes it as read, or as missing."""
    if field in base:
        frame.reads.append((base, field, base[field]))
        return True
    frame.missing.append((base, field))
    return False


def _note_absent(frame: _Frame) -> None:
    if frame.last is not None:
        frame.absent.append(frame.last)


def _present(frame: _Frame, value: Any) -> Any:
    """The value, which must not be null; keeps where it was read if it is."""
    if value is None:
        _note_absent(frame)
        runtime.no_value()
    return value


def _select_other(frame: _Frame, base: Any, field: str, strict: bool) -> Any:
    """A selection from what is no object."""
    if not strict:
        return runtime.select_core(base, field)
    if isinstance(base, Unresolved) and frame.last is not None:
        frame.missing.append(frame.last)
    if base is None or isinstance(base, Dangling):
        _note_absent(frame)
    return runtime.select(base, field)


def _absorbed(frame: _Frame, error: EvalError, right: Run, decided: bool) -> bool:
    """The outcome of `&&` or `||` whose left side failed."""
    try:
        outcome = right(frame)
    except EvalError as other:
        raise worse(error, other) from None
    if outcome is not decided:
        raise error
    return bool(decided)


def _equality(kind: Any) -> Callable[[Any, Any], bool]:
    if kind == "null":
        return lambda a, b: a is None and b is None
    if kind == "ref":
        return runtime.same
    if type(kind) is tuple:
        return lambda a, b: runtime.has_key(a, kind[1], b)
    return _plainly if kind == "plain" else equals


def _plainly(a: Any, b: Any) -> bool:
    return bool(a == b)


def _turning(clock: Clock, op: str, a: int, b: int, way: int, step: int, unit: str) -> bool:
    """`a op b` where `a` moves by `way * step` a tick; tells the clock when that turns.

    Ticks are days, or nanoseconds.
    """
    gap = (b - a) * way
    if op in ({"<", ">="} if way > 0 else {">", "<="}):
        gap -= 1
    ticks = gap // step
    if ticks >= 0:
        if unit == "day":
            clock.turn_day = min(clock.turn_day, clock.day + ticks + 1)
        else:
            clock.turn_instant = min(clock.turn_instant, clock.instant + ticks + 1)
    return (ticks >= 0) is ((op in {"<", "<="}) == (way > 0))


def _open_turn(frame: _Frame, op: str, a: Any, b: Any, calendar: Any) -> bool:
    _present(frame, a)
    _present(frame, b)
    return runtime.clock_open(frame.clock, calendar, a, b, op)


def _through(kind: str, count: int, strict: bool) -> Callable[[Any], Any]:
    if kind == "list" and strict:
        return enumerate if count > 1 else _itself
    if strict:
        return runtime.entries if count == 1 else runtime.pairs
    return runtime.entries_core if count == 1 else runtime.pairs_core


def _itself(items: Any) -> Any:
    return items
