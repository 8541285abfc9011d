"""What writes a program's source: lines, names, blocks, and errors that are absorbed.

In: nodes, which the modules beside this one turn into lines with its help. Out: a `Program`: the code of a
function and the values that it is linked with.

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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import CodeType
from typing import Any, Final, TypeAlias

from policyscan.cel import ir
from policyscan.cel.budget import LONG_TEXT
from policyscan.cel.compiling.raising import outranks, raised_by
from policyscan.cel.runtime import Program

Write: TypeAlias = "Callable[[Writer, Any], str]"
"""The Python expression for a node of one kind, after the statements that it needs."""

LITERALS: Final = frozenset({str, int, float, bool, bytes, type(None)})
"""The types of constants that Python has literals of."""
_BLOCKS: Final = 14
"""Python nests at most 20 loops and `try` blocks; deeper ones move to functions of their own."""
_LARGE: Final = (ir.And, ir.Or, ir.Loop, ir.Cond, ir.Lazy, ir.Def, ir.Let)
_INDENT: Final = 60
"""Python indents at most 100 deep."""
_LINE: Final = 400
"""Characters of a Python expression after which it is put into a variable."""


def brief(atom: str) -> str:
    """The source of a test whether comparing the value of a name takes no work that counts."""
    return f"(({atom}).__class__ is not str or len({atom}) < {LONG_TEXT})"


class Writer:
    """Writes the source of one program: `gen` gives a node's Python expression after its statements."""

    def __init__(
        self,
        args: Sequence[str],
        strict: bool,
        writers: Mapping[type[ir.Node], Write],
        raw: Mapping[type[ir.Node], Write],
    ) -> None:
        """`writers` turn each kind of node into Python; `raw` those of which a plain int will do."""
        self.strict = strict
        self._writers = writers
        self._raw = raw
        self.args = {name: f"a{number}" for number, name in enumerate(args)}
        self.constants: dict[str, tuple[Any, ...]] = {}
        self.lines: list[str] = []
        self.functions: list[str] = []
        self.indent = 1
        self.blocks = 0
        self.loops = 0
        self.budget = False
        self.memory = False
        self.count = 0
        self.names: dict[str, str] = {}
        self.failures: dict[str, str] = {}
        self.known: list[dict[str, str]] = [{}]
        self.often: Counter[str] = Counter()
        self.kinds: dict[int, int] = {}
        self.made: list[ir.Node] = []

    # --- the function

    def program(self, root: ir.Node) -> Program:
        self._count_paths(root)
        with self.block():
            value = self.gen(root)
            self.emit(f"return {value}")
        body = self.lines
        head = [f"def program(clock{''.join(f', {a}' for a in self.args.values())}"]
        head[0] += "".join(f", {name}=None" for name in self.constants) + "):"
        if self.budget:
            head.append(" budget = started = begin()")
        if self.memory:
            head.append(" memory = remembered()")
        source = "\n".join(
            [
                *head,
                " try:",
                *self.functions,
                *body,
                " except ERRORS as error: raise outcome(error) from None",
                " except ExhaustedError as error: raise exhausted(error) from None",
                *([" finally: settle(started - budget)"] if self.budget else []),
            ]
        )
        code = compile(source, "<expression>", "exec", dont_inherit=True, optimize=2)
        inner = next(c for c in code.co_consts if hasattr(c, "co_code"))
        return Program(_without_lines(inner), tuple(self.constants.values()))

    def _count_paths(self, root: ir.Node) -> None:
        stack: list[ir.Node] = [root]
        while stack:
            node = stack.pop()
            if isinstance(node, ir.Select) and not node.dyn:
                self.often[shape(node)] += 1
            stack.extend(node.children())

    def raises(self, node: ir.Node) -> int:
        """Which kinds of error evaluating a node may end in, as bits."""
        found = self.kinds.get(id(node))
        if found is None:
            found = raised_by(node)
            for part in node.children():
                found |= self.raises(part)
            self.kinds[id(node)] = found
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

    def capture(self, node: ir.Node) -> tuple[list[str], str]:
        """The statements and the expression that a node becomes, not yet put anywhere."""
        before, self.lines = self.lines, []
        value = self.gen(node)
        lines, self.lines = self.lines, before
        return lines, value

    def find(self, key: str) -> str | None:
        for scope in reversed(self.known):
            if key in scope:
                return scope[key]
        return None

    def constant(self, *spec: Any) -> str:
        """The parameter that stands for a value which is no literal."""
        if spec[0] != "v":
            for name, known in self.constants.items():
                if known == spec:
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

    def gen(self, node: ir.Node, raw: bool = False) -> str:
        """The Python expression for a node, after the statements it needs.

        With `raw`, a plain int may stand for a date, timestamp or duration.
        """
        if (self.blocks > _BLOCKS or self.indent > _INDENT) and isinstance(node, _LARGE):
            return self._outlined(node)
        kind = type(node)
        write = (self._raw.get(kind) if raw else None) or self._writers[kind]
        value = write(self, node)
        return self.atom(value) if len(value) > _LINE else value

    def _outlined(self, node: ir.Node) -> str:
        """A node as a function of its own, where Python's limits on nesting are near.

        It stands at the top of the program and is given the variables that it reads.
        """
        count, name = self.count, self.new("g")
        outer, self.lines = self.lines, []
        place, self.indent, self.blocks = (self.indent, self.blocks), 2, 0
        with self.block():
            self.emit(f"return {self.gen(node)}")
        body, self.lines = self.lines, outer
        self.indent, self.blocks = place
        given = ", ".join(_read(body, count))
        head = [f"  def {name}({given}):", *(["   nonlocal budget"] if self.budget else [])]
        self.functions += [*head, *body]
        return f"{name}({given})"

    def strictly(self, nodes: Sequence[ir.Node], raw: bool = False) -> list[str]:
        """The operands of a strict operation, evaluated in order; the worst of their errors wins."""
        if outranks([self.raises(node) for node in nodes]):
            return self._merged(nodes, raw)
        values: list[str] = []
        spilled = 0
        for node in nodes:
            before = len(self.lines)
            value = self.gen(node, raw)
            if len(self.lines) > before:
                self._spill(values, spilled, before)
                spilled = len(values)
            values.append(value)
        return values

    def _spill(self, values: list[str], first: int, at: int) -> None:
        """Puts operands from the `first` on into variables before the statements of a later one."""
        for number, value in enumerate(values[first:], first):
            if value.isidentifier() or value.isdigit():
                continue
            name = self.new()
            self.lines.insert(at, f"{' ' * self.indent}{name} = {value}")
            values[number] = name
            at += 1

    def _merged(self, nodes: Sequence[ir.Node], raw: bool) -> list[str]:
        error = self.new("e")
        self.emit(f"{error} = None")
        values = []
        for node in nodes:
            if not self.raises(node):
                values.append(self.atom(self.gen(node, raw)))
                continue
            name = self.new()
            values.append(name)
            self.tried(node, name, error, raw=raw)
        self.emit(f"if {error} is not None: raise {error}")
        return values

    def tried(
        self, node: ir.Node, name: str, error: str, *, otherwise: str = "", raw: bool = False, flag: str = ""
    ) -> None:
        """`name = node`, with an error kept in `error` and then the statement `otherwise`."""
        self.emit("try:")
        self.blocks += 1
        with self.block():
            self.emit(f"{name} = {self.condition(node, flag) if flag else self.gen(node, raw)}")
        self.blocks -= 1
        caught = self.new("x")
        self.emit(f"except ERRORS as {caught}:")
        with self.block():
            self.emit(f"{error} = worst({error}, {caught})")
            if otherwise:
                self.emit(otherwise)

    def condition(self, node: ir.Node, flag: str) -> str:
        """A condition's value as a Python bool."""
        value = self.gen(node)
        if not flag:
            return value
        return f"truth({value})" if self.strict else f"truth_core({value})"

    def value(self, value: Any) -> str:
        """A constant: as a literal where it has one, else as a parameter."""
        if type(value) in LITERALS and value == value and value not in (float("inf"), float("-inf")):  # noqa: PLR0124
            text = repr(value)
            return f"({text})" if text.startswith("-") else text
        return self.constant("v", value)


_STRINGS: Final = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""


def _read(lines: list[str], count: int) -> list[str]:
    """The variables that some lines read and that were there before them: the first `count` ones."""
    import re

    text = re.sub(_STRINGS, "", "\n".join(lines))
    found = set(re.findall(r"\b[belntvx]\d+\b", text))
    return sorted(name for name in found if int(name[1:]) <= count)


def shape(node: ir.Node) -> str:
    """A chain of fields, told by names alone: enough to guess which are read more than once."""
    parts = []
    while isinstance(node, ir.Select):
        parts.append(node.field)
        node = node.operand
    first = getattr(node, node.__match_args__[0]) if node.__match_args__ else ""
    return f"{type(node).__name__}\0{first if isinstance(first, str) else id(node)}\0{'.'.join(parts)}"


def _without_lines(code: CodeType) -> CodeType:
    """A program without the table of its lines: nobody sees its text, and a third of what is kept would be
    that table."""
    inner = tuple(_without_lines(one) if isinstance(one, CodeType) else one for one in code.co_consts)
    return code.replace(co_linetable=b"", co_consts=inner)
