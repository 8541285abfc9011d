"""From the checked form of an expression to a Python function.

The source of one Python function is generated from `ir` nodes and compiled: operators become Python's own
where the checker knows the types, field reads become subscripts, macros become loops, and what needs a
value at run time is a parameter with a default. Nothing of a policy's text is ever in that source but
constants, each as the literal that `repr` makes of an exact str, int, float, bool or bytes.

Absorbing errors: `a && b` becomes

    e = None
    try: v = a
    except ERRORS as x: e = x; v = True
    if v:
        try: v = b
        except ERRORS as x: e = worst(e, x); v = True
    if e is not None and v: raise e

without whatever part cannot be needed. A `try` costs nothing where nothing is raised.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import ge, gt, le, lt
from typing import Any, Final

from policyscan.cel import registry
from policyscan.cel.compiling import macros
from policyscan.cel.ir import Ir, children
from policyscan.cel.runtime import Program
from policyscan.cel.values import DAY, LAST_DAY

ABSENT: Final = 1
MISSING: Final = 2
FAULT: Final = 4
_ANY: Final = ABSENT | MISSING | FAULT

_LITERALS: Final = frozenset({str, int, float, bool, bytes, type(None)})
_BLOCKS: Final = 14
"""Python nests at most 20 loops and `try` blocks; deeper ones move to functions of their own."""
_ALIASES: Final = frozenset({"const", "today", "now", "arg"})
"""Arguments of a definition that its body may as well name itself."""
_LARGE: Final = frozenset({"and", "or", "loop", "cond", "lazy", "def", "let"})
_INDENT: Final = 60
"""Python indents at most 100 deep."""
_CHAIN: Final = 12
"""Operands of one `&&` or `||` that are written within each other."""
_LINE: Final = 400
"""Characters of a Python expression after which it is put into a variable."""
_SHORT: Final = 200


def compile_ir(root: Ir, args: Sequence[str], strict: bool) -> Program:
    """The program of a checked expression whose variables come in the order of `args`."""
    return Compiler(args, strict).program(root)


def _call_raises(ir: Ir) -> int:
    function = registry.function(ir[3])
    assert function is not None
    own = ABSENT if ir[6] else 0
    if function.overloads[ir[4]].total:
        return own
    return own | (FAULT if function.name.endswith("_") else _ANY)


def _flags(ir: Ir) -> int:
    flags = [part[1] for part in ir[3:] if type(part) is tuple and len(part) == 2]
    return (FAULT | ABSENT if "d" in flags else 0) | (ABSENT if "n" in flags else 0)


def _select_raises(ir: Ir) -> int:
    if ir[5]:
        return _ANY
    return MISSING if ir[3][0] == "arg" else MISSING | ABSENT


def _always(kinds: int) -> Any:
    return lambda _ir: kinds


_OWN: Final[dict[str, Any]] = {
    **dict.fromkeys(("const", "local", "arg", "today", "now", "lazy", "let", "def", "moves"), _always(0)),
    **dict.fromkeys(("and", "or", "not", "cond"), _flags),
    "fail": _always(FAULT),
    "nn": _always(ABSENT),
    "nn_all": _always(ABSENT),
    "rank": _always(ABSENT),
    "select": _select_raises,
    "has": _always(_ANY),
    "opt_select": _always(_ANY),
    "index": _always(_ANY),
    "opt_index": _always(_ANY),
    "call": _call_raises,
    "dispatch": _always(_ANY),
    "eq": lambda ir: 0 if ir[4] in ("plain", "null") else _ANY,
    "cmp": _always(_ANY),
    "bounds": _always(_ANY),
    "clock": _always(_ANY),
    "in": _always(_ANY),
    "list": lambda ir: FAULT if any(ir[4]) else 0,
    "map": _always(FAULT),
    "loop": _always(_ANY),
    "opt_map": _always(FAULT),
    "opt_or": _always(FAULT),
}


_COMPARE: Final[dict[str, Any]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


class Compiler:
    """Writes the source of one program: `gen` gives a node's Python expression after its statements."""

    def __init__(self, args: Sequence[str], strict: bool) -> None:
        self.strict = strict
        self.args = {name: f"a{number}" for number, name in enumerate(args)}
        self.constants: dict[str, tuple[Any, ...]] = {}
        self.lines: list[str] = []
        self.functions: list[str] = []
        self.indent = 1
        self.blocks = 0
        self.loops = 0
        self.budget = False
        self.count = 0
        self.names: dict[str, str] = {}
        self.known: list[dict[str, str]] = [{}]
        self.often: Counter[str] = Counter()
        self.kinds: dict[int, int] = {}
        self.made: list[Ir] = []

    # --- the function

    def program(self, root: Ir) -> Program:
        self._count_paths(root)
        with self.block():
            value = self.gen(root)
            self.emit(f"return {value}")
        body = self.lines
        head = [f"def program(clock{''.join(f', {a}' for a in self.args.values())}"]
        head[0] += "".join(f", {name}=None" for name in self.constants) + "):"
        if self.budget:
            head.append(" budget = BUDGET")
        spent = " except ExhaustedError as error: raise exhausted(error) from None"
        source = "\n".join(
            [
                *head,
                " try:",
                *self.functions,
                *body,
                " except ERRORS as error: raise outcome(error) from None",
                *([spent] if self.budget else []),
            ]
        )
        code = compile(source, "<expression>", "exec", dont_inherit=True, optimize=2)
        inner = next(c for c in code.co_consts if hasattr(c, "co_code"))
        return Program(inner, tuple(self.constants.values()))

    def _count_paths(self, ir: Ir) -> None:
        stack = [ir]
        while stack:
            node = stack.pop()
            if node[0] == "select" and not node[5]:
                self.often[_shape(node)] += 1
            stack.extend(children(node))

    def raises(self, ir: Ir) -> int:
        """Which kinds of error evaluating a node may end in, as bits."""
        found = self.kinds.get(id(ir))
        if found is None:
            found = int(_OWN[ir[0]](ir))
            for part in children(ir):
                found |= self.raises(part)
            self.kinds[id(ir)] = found
        return found

    def emit(self, line: str) -> None:
        self.lines.append(" " * self.indent + line)

    def new(self, prefix: str = "t") -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    @contextmanager
    def block(self, *, scope: bool = True) -> Iterator[None]:
        """Lines one level deeper; what is learnt in them is forgotten after them."""
        self.indent += 1
        if scope:
            self.known.append({})
        try:
            yield
        finally:
            if scope:
                self.known.pop()
            self.indent -= 1

    def capture(self, ir: Ir) -> tuple[list[str], str]:
        """The statements and the expression that a node becomes, not yet put anywhere."""
        before, self.lines = self.lines, []
        value = self.gen(ir)
        lines, self.lines = self.lines, before
        return lines, value

    def find(self, key: str) -> str | None:
        for scope in reversed(self.known):
            if key in scope:
                return scope[key]
        return None

    def constant(self, *spec: Any) -> str:
        """The parameter that stands for a value which is no literal."""
        for name, known in self.constants.items():
            if known is spec or (spec[0] != "v" and known == spec):
                return name
        name = f"k{len(self.constants)}"
        self.constants[name] = spec
        return name

    def atom(self, value: str) -> str:
        """The value in a variable, if it is not one or a literal already."""
        if value.isidentifier() or value.isdigit():
            return value
        name = self.new()
        self.emit(f"{name} = {value}")
        return name

    # --- nodes

    def gen(self, ir: Ir, raw: bool = False) -> str:
        """The Python expression for a node, after the statements it needs.

        With `raw`, a plain int may stand for a date, timestamp or duration.
        """
        if (self.blocks > _BLOCKS or self.indent > _INDENT) and ir[0] in _LARGE:
            return self._outlined(ir)
        value: str
        if ir[0] == "call":
            value = self.call(ir, raw)
        else:
            value = getattr(self, f"g_{ir[0]}")(ir)
        return self.atom(value) if len(value) > _LINE else value

    def _outlined(self, ir: Ir) -> str:
        """A node as a function of its own, where Python's limits on nesting are near.

        It stands at the top of the program and is given the variables that it reads.
        """
        count, name = self.count, self.new("g")
        outer, self.lines = self.lines, []
        place, self.indent, self.blocks = (self.indent, self.blocks), 2, 0
        with self.block():
            self.emit(f"return {self.gen(ir)}")
        body, self.lines = self.lines, outer
        self.indent, self.blocks = place
        given = ", ".join(_read(body, count))
        head = [f"  def {name}({given}):", *(["   nonlocal budget"] if self.budget else [])]
        self.functions += [*head, *body]
        return f"{name}({given})"

    def strictly(self, irs: Sequence[Ir], raw: bool = False) -> list[str]:
        """The operands of a strict operation, evaluated in order; the worst of their errors wins."""
        kinds = [self.raises(ir) for ir in irs]
        if any(_outranked(a, b) for i, a in enumerate(kinds) for b in kinds[i + 1 :]):
            return self._merged(irs, raw)
        values: list[str] = []
        for ir in irs:
            before = len(self.lines)
            value = self.gen(ir, raw)
            if len(self.lines) > before:
                self._spill(values, before)
            values.append(value)
        return values

    def _spill(self, values: list[str], at: int) -> None:
        """Puts earlier operands into variables before the statements of a later one."""
        for number, value in enumerate(values):
            if value.isidentifier() or value.isdigit():
                continue
            name = self.new()
            self.lines.insert(at, f"{' ' * self.indent}{name} = {value}")
            values[number] = name
            at += 1

    def _merged(self, irs: Sequence[Ir], raw: bool) -> list[str]:
        error = self.new("e")
        self.emit(f"{error} = None")
        values = []
        for ir in irs:
            if not self.raises(ir):
                values.append(self.atom(self.gen(ir, raw)))
                continue
            name = self.new()
            values.append(name)
            self.tried(ir, name, error, raw=raw)
        self.emit(f"if {error} is not None: raise {error}")
        return values

    def tried(
        self, ir: Ir, name: str, error: str, *, otherwise: str = "", raw: bool = False, flag: str = ""
    ) -> None:
        """`name = ir`, with an error kept in `error` and then the statement `otherwise`."""
        self.emit("try:")
        self.blocks += 1
        with self.block():
            self.emit(f"{name} = {self.condition(ir, flag) if flag else self.gen(ir, raw)}")
        self.blocks -= 1
        caught = self.new("x")
        self.emit(f"except ERRORS as {caught}:")
        with self.block():
            self.emit(f"{error} = worst({error}, {caught})")
            if otherwise:
                self.emit(otherwise)

    def condition(self, ir: Ir, flag: str) -> str:
        """A condition's value as a Python bool."""
        value = self.gen(ir)
        if not flag:
            return value
        return f"truth({value})" if self.strict else f"truth_core({value})"

    def g_const(self, ir: Ir) -> str:
        return self.value(ir[3])

    def value(self, value: Any) -> str:
        """A constant: as a literal where it has one, else as a parameter."""
        if type(value) in _LITERALS and value == value and value not in (float("inf"), float("-inf")):  # noqa: PLR0124
            text = repr(value)
            return f"({text})" if text.startswith("-") else text
        return self.constant("v", value)

    def g_arg(self, ir: Ir) -> str:
        return self.args[ir[3]]

    def g_local(self, ir: Ir) -> str:
        return self.names[ir[3]]

    def g_today(self, ir: Ir) -> str:  # noqa: ARG002
        return "clock.today"

    def g_now(self, ir: Ir) -> str:  # noqa: ARG002
        return "clock.now"

    def g_fail(self, ir: Ir) -> str:
        return f"fail({ir[3]!r})"

    def g_nn(self, ir: Ir) -> str:
        return f"given({self.gen(ir[3])})"

    def g_nn_all(self, ir: Ir) -> str:
        return f"all_given({self.gen(ir[3])})"

    def g_rank(self, ir: Ir) -> str:
        return f"rank({ir[4]!r}, {self.gen(ir[3])})"

    def g_moves(self, ir: Ir) -> str:
        return f"moves(clock, {self.gen(ir[3])}, {ir[4]!r})"

    def g_lazy(self, ir: Ir) -> str:
        key = f"${ir[3]}"
        name = self.find(key)
        if name is None:
            names, self.names = self.names, {}
            value = self.gen(ir[5])
            self.names = names
            name = self.new()
            self.emit(f"{name} = {value}")
            self.known[-1][key] = name
        return name

    def g_let(self, ir: Ir) -> str:
        name = self.new("b")
        self.emit(f"{name} = {self.gen(ir[4])}")
        self.names = {**self.names, ir[3]: name}
        return self.gen(ir[5])

    def g_def(self, ir: Ir) -> str:
        values = self.strictly(ir[6])
        plain = {slot: init for slot, init in zip(ir[5], ir[6], strict=True) if init[0] in _ALIASES}
        body = _replaced(ir[7], plain) if plain else ir[7]
        # What a node may raise is remembered by identity: new ones have to stay.
        self.made.append(body)
        names = self.names
        self.names = {s: self.atom(v) for s, v in zip(ir[5], values, strict=True) if s not in plain}
        value = self.gen(body)
        self.names = names
        return value

    # --- selection

    def g_select(self, ir: Ir) -> str:
        if ir[5]:
            return f"{'select' if self.strict else 'select_core'}({self.gen(ir[3])}, {ir[4]!r})"
        key = self._path(ir)
        if key is not None:
            name = self.find(key)
            if name is not None:
                return name
        code = f"{self.gen(ir[3])}[{ir[4]!r}]"
        if key is None or self.often[_shape(ir)] < 2:
            return code
        name = self.new()
        self.known[-1][key] = name
        return f"({name} := {code})"

    def _path(self, ir: Ir) -> str | None:
        """What identifies a chain of fields from a variable."""
        if ir[0] == "arg":
            return self.args[ir[3]]
        if ir[0] == "local":
            return self.names[ir[3]]
        if ir[0] == "lazy":
            return f"${ir[3]}"
        if ir[0] != "select" or ir[5]:
            return None
        inner = self._path(ir[3])
        return None if inner is None else f"{inner}\0{ir[4]}"

    def g_has(self, ir: Ir) -> str:
        if not ir[5]:
            return f"has_entry({ir[4]!r}, {self.gen(ir[3])})"
        return f"{'has' if self.strict else 'has_core'}({self.gen(ir[3])}, {ir[4]!r})"

    def g_opt_select(self, ir: Ir) -> str:
        return f"optional_select({self.gen(ir[3])}, {ir[4]!r})"

    def g_index(self, ir: Ir) -> str:
        operand, key = self.strictly((ir[3], ir[4]))
        if ir[5] == "map":
            return f"{operand}[{key}]"
        if ir[5] == "list":
            return f"item({operand}, {key})" if self.strict else f"index_core({operand}, {key})"
        return f"{'index' if self.strict else 'index_core'}({operand}, {key})"

    def g_opt_index(self, ir: Ir) -> str:
        operand, key = self.strictly((ir[3], ir[4]))
        return f"optional_index({operand}, {key})"

    # --- calls

    def call(self, ir: Ir, raw: bool) -> str:
        function = registry.function(ir[3])
        assert function is not None
        overload = function.overloads[ir[4]]
        shifted = self._shifted_date(ir, raw)
        if shifted is not None:
            return shifted
        if ir[3] == "within" and ir[5][1][0] == "const" and not ir[7] and ir[5][1][3] >= 0:
            return self._within(ir)
        template = (overload.raw if raw else None) or overload.inline
        nulls = ir[6]
        # Python's own operators raise TypeError for None, which is what absent is here.
        natural = template is not None and function.name.endswith("_")
        values = self.strictly(ir[5], raw=template is not None)
        if nulls and not natural:
            # All operands come first: one of them may be worse than absent.
            values = [self.atom(v) for v in values] if len(values) > 1 else values
            values = [f"given({v})" if i in nulls else v for i, v in enumerate(values)]
        if template is None:
            return self._plain_call(ir, overload, values)
        if any(template.count(f"{{{i}}}") > 1 for i in range(len(values))):
            values = [self.atom(value) for value in values]
        named = {"f": self.constant("f", ir[3], ir[4], "impl")} if "{f}" in template else {}
        if "{t}" in template:
            named["t"] = self.new()
        return template.format(*values, **named)

    def _plain_call(self, ir: Ir, overload: registry.Overload, values: list[str]) -> str:
        if ir[7]:
            name = self.constant("f", ir[3], ir[4], "moving")
            return f"{name}(clock, {ir[7]!r}, {', '.join(values)})"
        name = self.constant("f", ir[3], ir[4], "impl")
        return f"{name}({', '.join(['clock', *values] if overload.clock else values)})"

    def _within(self, ir: Ir) -> str:
        """`within(x, 14d)` without a call; null fails the first addition."""
        day = self.gen(ir[5][0], raw=True)
        if ir[4]:
            day = f"clock.day_of({day})"
        day, last, value = self.atom(day), self.new(), self.new("v")
        self.emit(f"{last} = {day} + {int(ir[5][1][3]) // DAY}")
        self.emit(f"if {day} <= clock.day <= {last}:")
        self.emit(f" {value} = True")
        self.emit(f" if {last} < clock.turn_day: clock.turn_day = {last} + 1")
        self.emit("else:")
        self.emit(f" {value} = False")
        self.emit(f" if clock.day < {day} < clock.turn_day: clock.turn_day = {day} + 0")
        return value

    def _shifted_date(self, ir: Ir, raw: bool) -> str | None:
        """A date moved by a constant number of days, as an int."""
        days = _constant_days(ir)
        if not raw or days is None:
            return None
        name, t = self.constant("f", ir[3], ir[4], "impl"), self.new()
        date = self.atom(self.gen(ir[5][0], raw=True))
        length = self.constant("v", ir[5][1][3])
        sign = ir[3][1]
        return f"({t} if 1 <= ({t} := {date} {sign} {days}) <= {LAST_DAY} else {name}({date}, {length}))"

    def g_dispatch(self, ir: Ir) -> str:
        values = self.strictly(ir[5])
        name = self.constant("d", ir[3], ir[4], self.strict)
        return f"{name}({', '.join(['clock', *values])})"

    # --- comparison

    def g_eq(self, ir: Ir) -> str:
        negate, kind = ir[3], ir[4]
        if kind == "null":
            return self._is_null(ir, negate)
        a, b = self.strictly((ir[5], ir[6]), raw=kind == "plain")
        if kind == "plain":
            return f"({a} {'!=' if negate else '=='} {b})"
        if kind == "ref":
            a, b = self.atom(a), self.atom(b)
            objects = f"{a}.__class__ is dict and {b}.__class__ is dict"
            text = f"({a} is {b} or not ({objects}) and same({a}, {b}))"
        elif type(kind) is tuple:
            text = f"has_key({a}, {kind[1]!r}, {b})"
        else:
            text = f"equals({a}, {b})"
        return f"(not {text})" if negate else text

    def _is_null(self, ir: Ir, negate: bool) -> str:
        other = ir[6] if ir[5] == ("const", *ir[5][1:3], None) else ir[5]
        return f"({self.gen(other)} is {'not ' if negate else ''}None)"

    def g_cmp(self, ir: Ir) -> str:
        op, kind = ir[3], ir[4]
        a, b = self.strictly((ir[5], ir[6]), raw=kind == "plain")
        if kind == "plain":
            return f"({a} {op} {b})"
        if type(kind) is tuple:
            return self._by_rank(ir, a, b)
        return f"{'compare' if self.strict else 'compare_core'}({op!r}, {a}, {b})"

    def _by_rank(self, ir: Ir, a: str, b: str) -> str:
        _, values, null = ir[4]
        if ir[6][0] == "const" and ir[5][0] != "const" and not null:
            high = [v for v in values if _COMPARE[ir[3]](values.index(v), values.index(ir[6][3]))]
            return f"({a} in {tuple(high)!r})"
        parts = []
        for part, text in ((ir[5], a), (ir[6], b)):
            if part[0] == "const":
                parts.append(str(values.index(part[3])))
            else:
                parts.append(f"rank({values!r}, {text})")
        return f"({parts[0]} {ir[3]} {parts[1]})"

    def g_bounds(self, ir: Ir) -> str:
        op, loop, limit = ir[3], ir[4], ir[5]
        bound = self.atom(self.gen(limit))
        hits, unsure, error, _ = macros.tally(self, loop)
        return f"within_bounds({op!r}, {hits}, {hits} + {unsure}, {bound}, {error})"

    def g_clock(self, ir: Ir) -> str:
        _, _, _, op, sign, unit, a, b, extra = ir
        if unit == "open":
            x, y, calendar = self.strictly((a, b, extra), raw=True)
            return f"clock_open(clock, {calendar}, {x}, {y}, {op!r})"
        if op in {"==", "!="}:
            return self._clock_equal(ir)
        day = unit == "day"
        turn = self.atom(self._threshold(op, sign, day, a, b, extra))
        value = self.new("v")
        # Up to the threshold one outcome, after it the other, for good.
        before = (op in {"<", "<="}) == (sign == "+")
        clock, slot = ("clock.day", "clock.turn_day") if day else ("clock.instant", "clock.turn_instant")
        self.emit(f"if {clock} <= {turn}:")
        self.emit(f" {value} = {before}")
        self.emit(f" if {turn} < {slot}: {slot} = {turn} + 1")
        self.emit(f"else: {value} = {not before}")
        return value

    def _clock_equal(self, ir: Ir) -> str:
        _, _, _, op, sign, _unit, a, b, extra = ir
        x, y = self.strictly((a, b), raw=True)
        step = 1 if extra == "date" else DAY
        text = f"clock_equal(clock, {x}, {y}, {1 if sign == '+' else -1}, {step})"
        return f"(not {text})" if op == "!=" else text

    def _threshold(self, op: str, sign: str, day: bool, a: Ir, b: Ir, extra: str) -> str:
        """The last day (instant) for which the comparison has the outcome that it has far in the past."""
        known = self._known_threshold(op, sign, day, a, b, extra)
        if known is not None:
            return known
        x, y = self.strictly((a, b), raw=True)
        gap = f"{y} - {x}" if sign == "+" else f"{x} - {y}"
        # Growing: `<=` and `>` change after meeting the bound, `<` and `>=` before. Shrinking: the reverse.
        if op in ({"<", ">="} if sign == "+" else {">", "<="}):
            gap += " - 1"
        clock = "clock.day" if day else "clock.instant"
        return f"{clock} + ({gap}) // {DAY}" if day and extra != "date" else f"{clock} + {gap}"

    def _known_threshold(self, op: str, sign: str, day: bool, a: Ir, b: Ir, extra: str) -> str | None:
        """The threshold of the usual shapes without reading the clock: `today < x`, `today - x < d`."""
        early = op in ({"<", ">="} if sign == "+" else {">", "<="})
        if a[0] in {"today", "now"}:
            value = self.gen(b, raw=True)
            # Adding nothing makes null fail.
            return f"{value} - 1" if early else f"{value} + 0"
        if a[0] != "call" or a[3] != "_-_" or extra != "duration":
            return None
        fixed = a[5][1] if sign == "+" else a[5][0]
        if (a[5][0] if sign == "+" else a[5][1])[0] not in {"today", "now"}:
            return None
        x, d = self.strictly((fixed, b), raw=True)
        length = self._length(b, d, early, sign, day)
        return f"{x} + {length}" if sign == "+" else f"{x} - {length}"

    def _length(self, b: Ir, d: str, early: bool, sign: str, day: bool) -> str:
        """The bound on an age or a time left, in days or ns, rounded to the last moment before the turn."""
        unit = DAY if day else 1
        less = 1 if early else 0
        if b[0] == "const":
            bound = int(b[3])
            return str((bound - less) // unit if sign == "+" else -((-bound - less) // unit))
        minus = " - 1" if early else ""
        if unit == 1:
            return f"({d}{minus})" if sign == "+" else f"({d}{minus.replace('-', '+')})"
        return f"({d}{minus}) // {unit}" if sign == "+" else f"(-((-{d}{minus}) // {unit}))"

    def g_in(self, ir: Ir) -> str:
        value, items, kind = ir[3], ir[4], ir[5]
        if kind == "plain" and items[0] == "const" and all(type(v) in _LITERALS for v in items[3]):
            literals = tuple(items[3])
            if value[0] == "const" or not literals:
                return f"({self.gen(value)} in {literals!r})"
            # An enum's or text's value; null is in no list of them.
            return f"({self.gen(value)} in {literals!r})"
        a, b = self.strictly((value, items))
        if kind == "plain":
            return f"({a} in {b})"
        if kind == "ref":
            return f"among({a}, {b})"
        if kind == "keys":
            return f"has_entry({a}, {b})"
        return f"inside({a}, {b})" if self.strict else f"contains({b}, {a})"

    # --- logic

    def g_and(self, ir: Ir) -> str:
        return self.logic("and", ir)

    def g_or(self, ir: Ir) -> str:
        return self.logic("or", ir)

    def logic(self, op: str, ir: Ir) -> str:
        operands = _flattened(op, ir)
        value = self.new("v")
        go_on = "True" if op == "and" else "False"
        risky = [bool(self.raises(node)) or bool(flag) for node, flag in operands]
        error = self.new("e") if any(risky[:-1]) else ""
        if error:
            self.emit(f"{error} = None")
        flat = len(operands) > _CHAIN
        before = self.indent, len(self.known)
        if flat:
            self.emit("while True:")
            self.indent += 1
            self.blocks += 1
            self.known.append({})
        for number, (node, flag) in enumerate(operands):
            if risky[number] and error:
                self.tried(node, value, error, otherwise=f"{value} = {go_on}", flag=flag)
            else:
                self.emit(f"{value} = {self.condition(node, flag)}")
            if flat:
                self.emit(f"if {'not ' if op == 'and' else ''}{value}: break")
            elif number + 1 < len(operands):
                self.emit(f"if {value}:" if op == "and" else f"if not {value}:")
                self.indent += 1
                self.known.append({})
        if flat:
            self.emit("break")
            self.blocks -= 1
        self.indent = before[0]
        del self.known[before[1] :]
        if error:
            self.emit(f"if {error} is not None and {'' if op == 'and' else 'not '}{value}: raise {error}")
        return value

    def g_not(self, ir: Ir) -> str:
        node, flag = ir[3]
        return f"(not {self.condition(node, flag)})"

    def g_cond(self, ir: Ir) -> str:
        (test, flag), yes, no = ir[3], ir[4], ir[5]
        condition = self.atom(self.condition(test, flag))
        branches = []
        for branch in (yes, no):
            with self.block():
                branches.append(self.capture(branch))
        (yes_lines, yes_value), (no_lines, no_value) = branches
        if not yes_lines and not no_lines:
            return f"({yes_value} if {condition} else {no_value})"
        value = self.new("v")
        self.emit(f"if {condition}:")
        self.lines += [*yes_lines, f"{' ' * (self.indent + 1)}{value} = {yes_value}"]
        self.emit("else:")
        self.lines += [*no_lines, f"{' ' * (self.indent + 1)}{value} = {no_value}"]
        return value

    # --- collections

    def g_list(self, ir: Ir) -> str:
        values = self.strictly(ir[3])
        if not any(ir[4]):
            return f"[{', '.join(values)}]"
        name = self.new()
        self.emit(f"{name} = []")
        for value, optional in zip(values, ir[4], strict=True):
            if optional:
                part = self.new()
                self.emit(f"{part} = some({value})")
                self.emit(f"if {part} is not NONE: {name}.append({part}.value)")
            else:
                self.emit(f"{name}.append({value})")
        return name

    def g_map(self, ir: Ir) -> str:
        values = self.strictly([part for entry in ir[3] for part in entry])
        name = self.new()
        self.emit(f"{name} = {{}}")
        for number, optional in enumerate(ir[4]):
            key, value = values[2 * number], values[2 * number + 1]
            if optional:
                part = self.new()
                self.emit(f"{part} = some({value})")
                self.emit(f"if {part} is not NONE: put({name}, {key}, {part}.value)")
            else:
                self.emit(f"put({name}, {key}, {value})")
        return name

    def g_opt_or(self, ir: Ir) -> str:
        _, _, _, whole, target, other = ir
        optional, value = self.atom(f"some({self.gen(target)})"), self.new("v")
        self.emit(f"if {optional} is not NONE: {value} = {optional}{'' if whole else '.value'}")
        self.emit("else:")
        with self.block():
            made = self.gen(other)
            self.emit(f"{value} = some({made})" if whole else f"{value} = {made}")
        return value

    def g_opt_map(self, ir: Ir) -> str:
        _, _, _, flat, slot, target, body = ir
        optional = self.atom(f"some({self.gen(target)})")
        value, element = self.new("v"), self.new("b")
        self.emit(f"if {optional} is NONE: {value} = NONE")
        self.emit("else:")
        with self.block():
            self.emit(f"{element} = {optional}.value")
            names = self.names
            self.names = {**names, slot: element}
            made = self.gen(body)
            self.emit(f"{value} = some({made})" if flat else f"{value} = OptionalValue({made})")
            self.names = names
        return value

    def g_loop(self, ir: Ir) -> str:
        return macros.macro(self, ir)


_STRINGS: Final = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""


def _read(lines: list[str], count: int) -> list[str]:
    """The variables that some lines read and that were there before them: the first `count` ones."""
    import re

    text = re.sub(_STRINGS, "", "\n".join(lines))
    found = set(re.findall(r"\b[belntvx]\d+\b", text))
    return sorted(name for name in found if int(name[1:]) <= count)


def _replaced(ir: Ir, inits: dict[str, Ir]) -> Ir:
    """A node with some locals replaced by what they stand for."""
    if len(ir) == 4 and ir[0] == "local":
        return inits.get(ir[3], ir)
    if len(ir) == 8 and ir[0] == "def":
        # The body of a definition has parameters of its own.
        return (*ir[:6], _replaced(ir[6], inits), ir[7])
    return tuple([_replaced(part, inits) if type(part) is tuple else part for part in ir])


def _outranked(first: int, second: int) -> bool:
    """Whether an error of the first operand could be outranked by one of the second."""
    lowest = first & -first
    return bool(first) and lowest.bit_length() < second.bit_length()


def _shape(ir: Ir) -> str:
    """A chain of fields, told by names alone: enough to guess which are read more than once."""
    parts = []
    while ir[0] == "select":
        parts.append(ir[4])
        ir = ir[3]
    return f"{ir[0]}\0{ir[3] if len(ir) > 3 else ''}\0{'.'.join(parts)}"


def _flattened(op: str, ir: Ir) -> list[tuple[Ir, str]]:
    operands: list[tuple[Ir, str]] = []
    for node, flag in ir[3:]:
        operands += _flattened(op, node) if node[0] == op else [(node, flag)]
    return operands


def _constant_days(ir: Ir) -> int | None:
    """The days by which `date ± duration` moves, where they are constant and whole."""
    if ir[3] not in ("_+_", "_-_") or len(ir[5]) != 2 or ir[5][1][0] != "const" or ir[6]:
        return None
    function = registry.function(ir[3])
    assert function is not None
    result = function.overloads[ir[4]]
    if str(result.result) != "date" or str(result.params[0]) != "date":
        return None
    days, rest = divmod(int(ir[5][1][3]), DAY)
    return None if rest else days
