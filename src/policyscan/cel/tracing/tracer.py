"""Evaluates the checked form of an expression and keeps how its value came about.

Every node becomes a closure once; a run logs `(node, value or error, start)` when a node is done, where
`start` is the log's length when it began: what lies between are its parts. Trees, paths and places are made
from that only when someone asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from policyscan.cel import registry, runtime
from policyscan.cel.equality import equals
from policyscan.cel.errors import Absent, EvalError, ExhaustedError, Fault, Missing, worse
from policyscan.cel.tracing import macros
from policyscan.cel.tracing.trace import Frame, Locate, Meta, Step, Trace, forget_calls, note_absent, present
from policyscan.cel.values import DAY, NONE, Dangling, OptionalValue, Unresolved

if TYPE_CHECKING:
    from policyscan.cel.clock import Clock
    from policyscan.cel.ir import Ir

__all__ = ["Locate", "Step", "Trace", "Tracer"]

Run: TypeAlias = Callable[["Frame"], Any]
_NAVIGATING: Final = frozenset({"select", "has", "opt_select", "index", "opt_index"})


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
        frame = Frame(clock, variables, self.count)
        try:
            traced = Trace(frame, self.run(frame), None, locate)
        except EvalError as error:
            traced = Trace(frame, None, error, locate)
            forget_calls(frame, error)
        except ExhaustedError as error:
            fault = runtime.exhausted(error)
            fault.start, fault.end = self.place
            frame.log.append((Meta("", *self.place, self.source), fault, 0))
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
        return self.logged(Meta(ir[0], ir[1], ir[2], self.source), inner) if self.tree else inner

    @staticmethod
    def logged(meta: Meta, inner: Run) -> Run:
        def run(frame: Frame) -> Any:
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

    def all(self, irs: Sequence[Ir]) -> Callable[[Frame], list[Any]]:
        """The operands of a strict operation; the worst of their errors wins."""
        runs = [self.build(ir) for ir in irs]
        if len(runs) == 1:
            only = runs[0]
            return lambda frame: [only(frame)]

        def run(frame: Frame) -> list[Any]:
            values = []
            error: EvalError | None = None
            for part in runs:
                try:
                    values.append(part(frame))
                except EvalError as failed:
                    error = worse(error, failed)
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
        return lambda frame: check(present(frame, inner(frame)) if self.strict else inner(frame))

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

        def run(_frame: Frame) -> Any:
            raise Fault(message)

        return run

    def b_nn(self, ir: Ir) -> Run:
        inner = self.build(ir[3])
        return lambda frame: present(frame, inner(frame))

    def b_nn_all(self, ir: Ir) -> Run:
        inner = self.build(ir[3])

        def run(frame: Frame) -> Any:
            before = len(frame.reads)
            items = present(frame, inner(frame))
            try:
                return runtime.all_given(items)
            except Absent:
                frame.absent.extend((base, key) for base, key, value in frame.reads[before:] if value is None)
                raise

        return run

    def b_rank(self, ir: Ir) -> Run:
        inner, values = self.build(ir[3]), ir[4]
        return lambda frame: runtime.rank(values, present(frame, inner(frame)))

    def b_moves(self, ir: Ir) -> Run:
        inner, how = self.build(ir[3]), ir[4]
        return lambda frame: runtime.moves(frame.clock, inner(frame), how)

    def b_lazy(self, ir: Ir) -> Run:
        name, source, node = ir[3], ir[4], ir[5]
        inner = self._elsewhere(source, {}, node)

        def run(frame: Frame) -> Any:
            known = frame.lazy
            if name not in known:
                try:
                    known[name] = inner(frame), None
                except EvalError as error:
                    error.__traceback__ = None
                    known[name] = None, error
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

        def run(frame: Frame) -> Any:
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

        def run(frame: Frame) -> Any:
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

        def run(frame: Frame) -> Any:
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

        def run(frame: Frame) -> Any:
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

        def run(frame: Frame) -> Any:
            base = operand(frame)
            if type(base) is dict:
                return _asked(frame, base, field)
            if strict:
                return runtime.has(present(frame, base), field)
            return runtime.has_core(base, field)

        return run

    def b_opt_select(self, ir: Ir) -> Run:
        operand, field = self._operand(ir[3]), ir[4]

        def run(frame: Frame) -> Any:
            base = operand(frame)
            holder = base.value if type(base) is OptionalValue else base
            if type(holder) is dict:
                _asked(frame, holder, field)
            return runtime.optional_select(base, field)

        return run

    def b_index(self, ir: Ir) -> Run:
        given = self.all((ir[3], ir[4]))
        strict = self.strict

        def run(frame: Frame) -> Any:
            operand, key = given(frame)
            if not strict:
                return runtime.index_core(operand, key)
            present(frame, operand)
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

        def run(frame: Frame) -> Any:
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

        def run(frame: Frame) -> Any:
            values = given(frame)
            for number in nulls:
                if values[number] is None:
                    note_absent(frame)
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

        def run(frame: Frame) -> Any:
            a, b = given(frame)
            if strict and (a is None or b is None):
                note_absent(frame)
                runtime.no_value()
            if values:
                a, b = runtime.rank(values, a), runtime.rank(values, b)
            return runtime.compare_core(op, a, b)

        return run

    def b_bounds(self, ir: Ir) -> Run:
        op, loop, limit = ir[3], ir[4], self.build(ir[5])
        tally = macros.tally(self, loop)
        meta = Meta(loop[0], loop[1], loop[2], self.source)

        def run(frame: Frame) -> Any:
            bound = limit(frame)
            start = len(frame.log)
            hits, others, unsure, error = tally(frame)
            count = len(hits)
            frame.log.append((meta, count if error is None else error, start))
            # Too many are shown by those that pass the test, too few by those that do not.
            macros.witness(frame, hits if count > bound or op in {"<", "<="} else others)
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

        def run(frame: Frame) -> Any:
            x, y = given(frame)
            if op in {"==", "!="}:
                return runtime.clock_equal(frame.clock, x, y, way, step) is (op == "==")
            if x is None or y is None:
                note_absent(frame)
                runtime.no_value()
            return _turning(frame.clock, op, int(x), int(y), way, step, unit)

        return run

    def b_in(self, ir: Ir) -> Run:
        given, kind = self.all((ir[3], ir[4])), ir[5]
        strict = self.strict

        def run(frame: Frame) -> Any:
            value, items = given(frame)
            if strict:
                present(frame, items)
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

        def run(frame: Frame) -> Any:
            try:
                if left(frame) is decided:
                    return decided
            except EvalError as error:
                failed = error
            else:
                return right(frame)
            return _absorbed(frame, failed, right, decided)

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

        def run(frame: Frame) -> Any:
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

        def run(frame: Frame) -> Any:
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

        def run(frame: Frame) -> Any:
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

        def run(frame: Frame) -> Any:
            value = runtime.some(optional(frame))
            if value is NONE:
                return NONE
            frame.slots[number] = value.value
            made = body(frame)
            return runtime.some(made) if flat else OptionalValue(made)

        return run

    def b_loop(self, ir: Ir) -> Run:
        return macros.macro(self, ir)


def _asked(frame: Frame, base: dict[Any, Any], field: str) -> bool:
    """Whether an object has a field; notes it as read, or as missing."""
    if field in base:
        frame.reads.append((base, field, base[field]))
        return True
    frame.missing.append((base, field))
    return False


def _select_other(frame: Frame, base: Any, field: str, strict: bool) -> Any:
    """A selection from what is no object."""
    if not strict:
        return runtime.select_core(base, field)
    if isinstance(base, Unresolved) and frame.last is not None:
        frame.missing.append(frame.last)
    if base is None or isinstance(base, Dangling):
        note_absent(frame)
    return runtime.select(base, field)


def _absorbed(frame: Frame, error: EvalError, right: Run, decided: bool) -> bool:
    """The outcome of `&&` or `||` whose left side failed."""
    # As in `worse`: no circles. Raised within `except`, an error would also lead to the one handled there.
    error.__traceback__ = error.__context__ = None
    try:
        if right(frame) is decided:
            return bool(decided)
    except EvalError as other:
        error = worse(error, other)
    raise error


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


def _open_turn(frame: Frame, op: str, a: Any, b: Any, calendar: Any) -> bool:
    present(frame, a)
    present(frame, b)
    return runtime.clock_open(frame.clock, calendar, a, b, op)
