"""Tokens to a tree: precedence climbing over the whole CEL grammar, with hints for habits from elsewhere.

In: the source of an expression. Out: its tree (`ast`); CelError at the first place that is not of the
language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn, TypeAlias

from policyscan.cel.ast import (
    Bind,
    Call,
    Has,
    Ident,
    Index,
    ListExpr,
    Literal,
    MacroCall,
    MapExpr,
    Node,
    Select,
    children,
)
from policyscan.cel.errors import CelError
from policyscan.cel.hints import BEFORE, INFIX, PREFIX
from policyscan.cel.lexer import RESERVED, tokenize

Macros: TypeAlias = Mapping[tuple[str, bool, int], tuple[int, ...]]
"""(name, called on a target, number of arguments) -> which arguments are names that the macro binds."""

MAX_SIZE = 100_000
"""Characters of an expression."""
MAX_DEPTH = 128
"""Levels of an expression's tree."""
MAX_NESTING = 64
"""Brackets and conditionals within each other."""

_LEVELS = {
    "||": 1,
    "&&": 2,
    "<": 3,
    "<=": 3,
    ">": 3,
    ">=": 3,
    "==": 3,
    "!=": 3,
    "in": 3,
    "+": 4,
    "-": 4,
    "*": 5,
    "/": 5,
    "%": 5,
}
_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_CONSTANTS = {"true": True, "false": False, "null": None}
_BALANCE_FROM = 8
_INT_MIN_DIGITS = 2**63
# math.greatest(a, b, c) is math.greatest([a, b, c]), as in every CEL.
_EXTREMES = frozenset({"greatest", "least"})
_TWO = 2


def parse(source: str, macros: Macros) -> Node:
    """The tree of `source`; CelError, with its place, where it is not an expression."""
    if len(source) > MAX_SIZE:
        message = f"this expression has {len(source)} characters; at most {MAX_SIZE} are allowed"
        raise CelError(message, MAX_SIZE, len(source), "split it into named parts")
    parser = _Parser(source, macros)
    root = parser.whole()
    _limit_depth(root)
    return root


def _limit_depth(root: Node) -> None:
    level: list[Node] = [root]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in children(node)]
        if not level:
            return
    raise _too_deep(level[0].start, level[0].end, MAX_DEPTH)


def _too_deep(start: int, end: int, limit: int) -> CelError:
    message = f"this expression is nested too deeply; at most {limit} levels are allowed"
    return CelError(message, start, end, "split it into named parts")


class _Parser:
    __slots__ = ("at", "depth", "ends", "kinds", "macros", "source", "starts", "values")

    def __init__(self, source: str, macros: Macros) -> None:
        self.source = source
        self.macros = macros
        self.kinds, self.values, self.starts, self.ends = tokenize(source)
        self.at = 0
        self.depth = 0

    def whole(self) -> Node:
        if self.kinds[0] == "eof":
            raise CelError("the expression is empty", 0, len(self.source))
        node = self.expression()
        if self.kinds[self.at] != "eof":
            self.unexpected_after_value()
        return node

    # Operators

    def expression(self) -> Node:
        """A conditional or anything that binds tighter."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise _too_deep(self.starts[self.at], self.ends[self.at], MAX_NESTING)
        node = self.binary(self.unary(), 1)
        if self.kinds[self.at] == "?":
            node = self.conditional(node)
        self.depth -= 1
        return node

    def conditional(self, condition: Node) -> Node:
        at = self.at
        self.at += 1
        yes = self.binary(self.unary(), 1)
        if self.kinds[self.at] == "?":
            self.fail(
                "a conditional within a conditional needs parentheses here", hint="write a ? (b ? c : d) : e"
            )
        if self.kinds[self.at] != ":":
            if self.kinds[self.at] != "eof":
                self.unexpected_after_value()
            raise CelError(
                "this conditional has no ':' part", self.starts[at], self.ends[at],
                "write condition ? a : b; in YAML, put the expression after >- or in quotes",
            )  # fmt: skip
        self.at += 1
        no = self.expression()
        return Call(
            "_?_:_", None, (condition, yes, no), condition.start, no.end, self.starts[at], self.ends[at]
        )

    def binary(self, left: Node, lowest: int) -> Node:
        """`left` and the operators after it that bind at least as tightly as `lowest`."""
        kinds = self.kinds
        while True:
            at = self.at
            operator = kinds[at]
            level = _LEVELS.get(operator, 0)
            if level < lowest or not level:
                return left
            if level <= 2:
                left = self.chain(left, operator, level)
                continue
            self.at += 1
            right = self.unary()
            if _LEVELS.get(self.kinds[self.at], 0) > level:
                right = self.binary(right, level + 1)
            name = "@in" if operator == "in" else f"_{operator}_"
            left = Call(name, None, (left, right), left.start, right.end, self.starts[at], self.ends[at])

    def chain(self, first: Node, operator: str, level: int) -> Node:
        """All terms of `a && b && c`; a long chain becomes a balanced tree: same order, little depth."""
        terms = [first]
        places = []
        while self.kinds[self.at] == operator:
            places.append(self.at)
            self.at += 1
            terms.append(self.binary(self.unary(), level + 1))
        if len(terms) < _BALANCE_FROM:
            return self.joined(terms, places, f"_{operator}_")
        return self.balanced(terms, places, f"_{operator}_")

    def joined(self, terms: list[Node], places: list[int], name: str) -> Node:
        left = terms[0]
        for at, right in zip(places, terms[1:], strict=True):
            left = Call(name, None, (left, right), left.start, right.end, self.starts[at], self.ends[at])
        return left

    def balanced(self, terms: list[Node], places: list[int], name: str) -> Node:
        if len(terms) == 1:
            return terms[0]
        half = len(terms) // 2
        left = self.balanced(terms[:half], places[: half - 1], name)
        right = self.balanced(terms[half:], places[half:], name)
        at = places[half - 1]
        return Call(name, None, (left, right), left.start, right.end, self.starts[at], self.ends[at])

    def unary(self) -> Node:
        signs = []
        while (kind := self.kinds[self.at]) in {"!", "-"}:
            if kind == "-" and self.kinds[self.at + 1] in {"int", "double"}:
                break
            signs.append(self.at)
            self.at += 1
        node = self.postfix(self.primary())
        for at in reversed(signs):
            node = Call(
                f"{self.kinds[at]}_", None, (node,), self.starts[at], node.end, self.starts[at], self.ends[at]
            )
        return node

    # Fields, indexes, calls on a target

    def postfix(self, node: Node) -> Node:
        while True:
            kind = self.kinds[self.at]
            if kind == ".":
                node = self.member(node)
            elif kind == "[":
                node = self.index(node)
            elif kind == "{" and isinstance(node, Ident | Select):
                self.refuse_message(node)
            else:
                return node

    def member(self, node: Node) -> Node:
        self.at += 1
        optional = self.kinds[self.at] == "?"
        if optional:
            self.at += 1
        at = self.at
        kind, name = self.kinds[at], self.values[at]
        if kind == "quoted" and isinstance(name, str):
            self.at += 1
            return Select(node, name, optional, node.start, self.ends[at], self.starts[at])
        if kind not in {"ident", "in"} or not isinstance(name, str):
            self.fail_member()
        if name in _CONSTANTS or kind == "in":
            self.fail(f"{name!r} cannot be a field's name here", hint=f'write ["{name}"] or .`{name}`')
        self.at += 1
        if self.kinds[self.at] != "(":
            return Select(node, name, optional, node.start, self.ends[at], self.starts[at])
        if optional:
            self.fail("a function is not called with .?", at=at, hint="write a.?field.orValue(…) or optMap")
        return self.call(name, node, at)

    def fail_member(self) -> NoReturn:
        kind = self.kinds[self.at]
        if kind in {"int", "double"}:
            self.fail("a field's name was expected after the dot", hint="the first item of a list is list[0]")
        if kind == "string":
            self.fail("a field's name was expected after the dot", hint='write a["b-c"] or a.`b-c`')
        if kind in {"*", "["}:
            self.fail(
                "a field's name was expected after the dot", hint="write items.map(x, x.field) for all items"
            )
        self.fail("a field's name was expected after the dot")

    def index(self, node: Node) -> Node:
        opening = self.at
        self.at += 1
        optional = self.kinds[self.at] == "?"
        if optional:
            self.at += 1
        if self.kinds[self.at] == ":":
            self.fail_slice()
        key = self.expression()
        if self.kinds[self.at] == ":":
            self.fail_slice()
        end = self.close(opening)
        return Index(node, key, optional, node.start, end)

    def fail_slice(self) -> NoReturn:
        self.fail("there are no slices", hint="write list.slice(1, 3) or text.substring(1, 3)")

    def refuse_message(self, node: Node) -> NoReturn:
        raise CelError(
            "messages cannot be constructed here", node.start, self.ends[self.at],
            'a map is written {"key": value}, without a name in front',
        )  # fmt: skip

    # Values

    def primary(self) -> Node:
        at = self.at
        kind, value, start, end = self.kinds[at], self.values[at], self.starts[at], self.ends[at]
        self.at += 1
        if kind == "ident" and isinstance(value, str):
            return self.name(value, at)
        if kind in {"string", "bytes", "uint", "double"}:
            return self.literal(value, kind, start, end)
        if kind == "int":
            if value == _INT_MIN_DIGITS:
                hint = "ints go from -9223372036854775808 to 9223372036854775807"
                raise CelError("this int does not fit in 64 bits", start, end, hint)
            return Literal(value, start, end)
        if kind == "(":
            return self.parenthesised(at)
        if kind == "[":
            return self.list_literal(at)
        if kind == "{":
            return self.map_literal(at)
        if kind == "-":
            return self.negative(start)
        if kind == ".":
            return self.absolute(at)
        self.at = at
        return self.unexpected_value()

    def parenthesised(self, opening: int) -> Node:
        """The value in brackets, whose place includes them so that the text around it reads whole."""
        node = self.expression()
        if self.kinds[self.at] == ",":
            self.fail("parentheses hold one value", hint="a list is written [a, b]")
        node.end = self.close(opening)
        node.start = self.starts[opening]
        return node

    def literal(self, value: object, kind: str, start: int, end: int) -> Node:
        if self.kinds[self.at] == "string" and kind == "string":
            self.fail("two strings side by side", hint="write + between them")
        return Literal(value, start, end)

    def negative(self, start: int) -> Node:
        value, end = self.values[self.at], self.ends[self.at]
        self.at += 1
        if isinstance(value, int | float):
            return Literal(-value, start, end)
        raise AssertionError(value)

    def absolute(self, dot: int) -> Node:
        at = self.at
        name = self.values[at]
        if self.kinds[at] != "ident" or not isinstance(name, str) or name in _CONSTANTS:
            self.fail("a name was expected after the dot")
        self.at += 1
        node = self.name(name, at)
        node.start = self.starts[dot]
        if isinstance(node, Ident):
            node.absolute = True
        return node

    def name(self, name: str, at: int) -> Node:
        start, end = self.starts[at], self.ends[at]
        following = self.kinds[self.at]
        if following == "(" and name not in _CONSTANTS and name not in RESERVED:
            return self.call(name, None, at)
        if name in _CONSTANTS:
            return Literal(_CONSTANTS[name], start, end)
        if name in RESERVED:
            self.at = at
            self.fail(
                f"{name!r} is a reserved word",
                hint=PREFIX.get(name, f"a field of that name: a.{name}"),
            )
        if following == "string":
            self.refuse_prefix(name, at)
        return Ident(name, False, start, end)

    def refuse_prefix(self, name: str, at: int) -> None:
        if self.ends[at] != self.starts[self.at]:
            return
        hint = "only r (raw) and b (bytes) may stand before a string, as br for both"
        if name in {"f", "F"}:
            hint = 'write "a" + string(b), or "%s".format([b])'
        raise CelError(f"unknown string prefix {name!r}", self.starts[at], self.ends[at], hint)

    def list_literal(self, opening: int) -> Node:
        items: list[Node] = []
        optional: list[bool] = []
        while self.kinds[self.at] != "]":
            optional.append(self.kinds[self.at] == "?")
            self.at += optional[-1]
            items.append(self.expression())
            if self.kinds[self.at] != ",":
                break
            self.at += 1
        end = self.close(opening)
        return ListExpr(tuple(items), tuple(optional), self.starts[opening], end)

    def map_literal(self, opening: int) -> Node:
        entries: list[tuple[Node, Node]] = []
        optional: list[bool] = []
        while self.kinds[self.at] != "}":
            optional.append(self.kinds[self.at] == "?")
            self.at += optional[-1]
            key = self.expression()
            if self.kinds[self.at] != ":":
                self.fail_entry(opening)
            self.at += 1
            entries.append((key, self.expression()))
            if self.kinds[self.at] != ",":
                break
            self.at += 1
        end = self.close(opening)
        return MapExpr(tuple(entries), tuple(optional), self.starts[opening], end)

    def fail_entry(self, opening: int) -> NoReturn:
        if opening and self.kinds[opening - 1] == "{":
            self.fail("a map's key needs a ':' and a value", hint="write a name alone, without braces")
        if self.kinds[self.at] in {",", "}"}:
            self.fail("a map's key needs a ':' and a value", hint="a list is written [a, b]")
        if self.kinds[self.at] == "eof":
            self.unclosed(opening)
        self.unexpected_after_value()

    # Calls and macros

    def call(self, name: str, target: Node | None, at: int) -> Node:
        """The call whose name is token `at`; the current token is its opening bracket."""
        opening = self.at
        self.at += 1
        args: list[Node] = []
        while self.kinds[self.at] != ")":
            args.append(self.expression())
            if self.kinds[self.at] != ",":
                break
            self.at += 1
            if self.kinds[self.at] == ")":
                self.fail("an argument was expected after the comma")
        end = self.close(opening)
        start = self.starts[at] if target is None else target.start
        binders = self.macros.get((name, target is not None, len(args)))
        if binders is not None:
            macro = self.macro(name, target, args, binders, at, end)
            if macro is not None:
                return macro
        if name in _EXTREMES and len(args) > _TWO and isinstance(target, Ident) and target.name == "math":
            args = [ListExpr(tuple(args), (), args[0].start, args[-1].end)]
        return Call(name, target, tuple(args), start, end, self.starts[at], self.ends[at])

    def macro(
        self, name: str, target: Node | None, args: list[Node], binders: tuple[int, ...], at: int, end: int
    ) -> Node | None:
        start = self.starts[at] if target is None else target.start
        if name == "has" and target is None:
            return _has(args[0], start, end)
        if name == "bind":
            if not (isinstance(target, Ident) and target.name == "cel"):
                return None
            return Bind(_binder(args[0], "cel.bind"), args[1], args[2], start, end)
        names = tuple(_binder(args[position], name) for position in binders)
        _refuse_repeated(names)
        rest = tuple(arg for position, arg in enumerate(args) if position not in binders)
        return MacroCall(name, target, names, rest, start, end, self.starts[at], self.ends[at])

    # Errors

    def close(self, opening: int) -> int:
        """Steps over the bracket that closes token `opening`; its end."""
        bracket = self.kinds[opening]
        if self.kinds[self.at] == _CLOSERS[bracket]:
            self.at += 1
            return self.ends[self.at - 1]
        if self.kinds[self.at] == "eof":
            self.unclosed(opening)
        if self.kinds[self.at] in _CLOSERS.values():
            self.fail(f"{self.kinds[self.at]!r} does not close the {bracket!r} before it")
        return self.unexpected_after_value()

    def unclosed(self, opening: int) -> NoReturn:
        bracket = self.kinds[opening]
        message = f"{bracket!r} is never closed: {_CLOSERS[bracket]!r} is missing"
        raise CelError(message, self.starts[opening], self.ends[opening])

    def fail(self, message: str, *, at: int | None = None, hint: str | None = None) -> NoReturn:
        """Raises at token `at` (the current one); text that is no token at all explains itself better."""
        at = self.at if at is None else at
        error = self.values[at]
        if isinstance(error, CelError):
            raise error
        raise CelError(message, self.starts[at], self.ends[at], hint)

    def text(self) -> str:
        return self.source[self.starts[self.at] : self.ends[self.at]]

    def unexpected_after_value(self) -> NoReturn:
        kind, text = self.kinds[self.at], self.text()
        before = self.last_text(self.at - 1)
        if kind == "double" and text.startswith("."):
            self.fail("a field's name was expected after the dot", hint="the first item of a list is list[0]")
        if kind == "ident":
            hint = INFIX.get(text) or BEFORE.get(before) or self._after_text(text)
            self.fail(f"an operator was expected before {text!r}", hint=hint)
        if kind in _CLOSERS.values():
            self.fail(f"{kind!r} closes nothing: no {_opener(kind)!r} stands before it", hint="leave it out")
        if kind == ",":
            self.fail("unexpected ','", hint="a list is written [a, b]")
        if kind == ":":
            self.fail("unexpected ':'", hint="a conditional is written condition ? a : b, a map {key: value}")
        if kind in {"string", "bytes", "int", "uint", "double", "quoted", "(", "{", "!"}:
            hint = BEFORE.get(before)
            self.fail(f"an operator was expected before {_short(text)}", hint=hint)
        self.fail(f"unexpected {_short(text)}")

    def _after_text(self, text: str) -> str | None:
        """What to do about a word right after a text, or a currency after a number."""
        if self.kinds[self.at - 1] == "string" and self.ends[self.at - 1] == self.starts[self.at]:
            return 'a quote ends the text: put it into the other quotes, "O\'Reilly", or write \\ before it'
        if self.kinds[self.at - 1] in {"int", "double"} and len(text) == 3 and text.isupper():
            return f'write money(1000.0, "{text}") for an amount'
        return None

    def unexpected_value(self) -> NoReturn:
        kind, text = self.kinds[self.at], self.text()
        if kind == "eof":
            last = max(self.at - 1, 0)
            message = f"the expression ends where a value was expected, after {_short(self.last_text(last))}"
            raise CelError(message, self.starts[last], self.ends[last])
        hint = None
        if kind == ")" and self.at and self.kinds[self.at - 1] == "(":
            hint = "parentheses hold one value; an empty list is []"
        elif kind == "quoted":
            hint = "back quotes are for fields after a dot: a.`b-c`; text goes in single or double quotes"
        elif kind == "+":
            hint = "leave a plus sign in front of a number out"
        elif kind == "%":
            hint = "a share is a number from 0 to 1, or percent(part, whole)"
        elif kind in _LEVELS and self.at and self.kinds[self.at - 1] in _LEVELS:
            hint = "two operators in a row: a value is missing between them"
        self.fail(f"a value was expected before {_short(text)}", hint=hint)

    def last_text(self, at: int) -> str:
        return self.source[self.starts[at] : self.ends[at]]


def _opener(closer: str) -> str:
    return next(opening for opening, closing in _CLOSERS.items() if closing == closer)


_SHORT = 24


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHORT else text[: _SHORT - 1] + "…")


def _has(field: Node, start: int, end: int) -> Node:
    if isinstance(field, Select) and not field.optional:
        return Has(field.operand, field.field, start, end, field.field_start)
    hint = "write has(a.b)"
    if isinstance(field, Select):
        hint = "write has(a.b), or a.?b.hasValue()"
    elif isinstance(field, Index):
        hint = 'write "key" in a for a key of a map, or size(a) > 0 for an item of a list'
    raise CelError("has() asks for a field", field.start, field.end, hint)


def _binder(node: Node, macro: str) -> Ident:
    if isinstance(node, Ident) and not node.absolute:
        return node
    hint = "write items.all(x, x > 1)" if macro != "cel.bind" else "write cel.bind(name, value, expression)"
    raise CelError(f"{macro}() needs the name of a variable here", node.start, node.end, hint)


def _refuse_repeated(names: tuple[Ident, ...]) -> None:
    seen: set[str] = set()
    for name in names:
        if name.name in seen:
            raise CelError(f"{name.name!r} names two variables of the same macro", name.start, name.end)
        seen.add(name.name)
