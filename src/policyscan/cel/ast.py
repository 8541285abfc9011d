"""The tree of an expression: small immutable-by-convention nodes that know where they stand.

In: what the parser has read. Out: its nodes, which the checker walks.

`start` and `end` are character offsets in the expression's source; nodes compare by identity, so that a
checker can keep what it learns in tables beside the tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Node:
    """A part of an expression, from character `start` up to but without character `end`."""

    __match_args__: tuple[str, ...] = ()
    __slots__ = ("end", "start")

    start: int
    end: int

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{type(self).__name__}({fields})"


class Literal(Node):
    """A constant: None, bool, int, UInt, float, str or bytes."""

    __match_args__ = ("value",)
    __slots__ = ("value",)

    def __init__(self, value: object, start: int = 0, end: int = 0) -> None:
        self.value = value
        self.start = start
        self.end = end


class Ident(Node):
    """A name; `absolute` when written with a leading dot."""

    __match_args__ = ("name", "absolute")
    __slots__ = ("absolute", "name")

    def __init__(self, name: str, absolute: bool = False, start: int = 0, end: int = 0) -> None:
        self.name = name
        self.absolute = absolute
        self.start = start
        self.end = end


class Select(Node):
    """`operand.field`, or `operand.?field` when `optional`; the field itself stands from `field_start`."""

    __match_args__ = ("operand", "field", "optional")
    __slots__ = ("field", "field_start", "operand", "optional")

    def __init__(
        self,
        operand: Node,
        field: str,
        optional: bool = False,
        start: int = 0,
        end: int = 0,
        field_start: int = 0,
    ) -> None:
        self.operand = operand
        self.field = field
        self.optional = optional
        self.start = start
        self.end = end
        self.field_start = field_start


class Has(Node):
    """`has(operand.field)`; the field's own place is from `field_start`."""

    __match_args__ = ("operand", "field")
    __slots__ = ("field", "field_start", "operand")

    def __init__(self, operand: Node, field: str, start: int = 0, end: int = 0, field_start: int = 0) -> None:
        self.operand = operand
        self.field = field
        self.start = start
        self.end = end
        self.field_start = field_start


class Index(Node):
    """`operand[index]`, or `operand[?index]` when `optional`."""

    __match_args__ = ("operand", "index", "optional")
    __slots__ = ("index", "operand", "optional")

    def __init__(
        self, operand: Node, index: Node, optional: bool = False, start: int = 0, end: int = 0
    ) -> None:
        self.operand = operand
        self.index = index
        self.optional = optional
        self.start = start
        self.end = end


class Call(Node):
    """A call, or an operator (`_+_`, `!_`, `@in`, `_?_:_`, …); `name_start` and `name_end` place its name."""

    __match_args__ = ("function", "target", "args")
    __slots__ = ("args", "function", "name_end", "name_start", "target")

    def __init__(
        self,
        function: str,
        target: Node | None,
        args: tuple[Node, ...],
        start: int = 0,
        end: int = 0,
        name_start: int = 0,
        name_end: int = 0,
    ) -> None:
        self.function = function
        self.target = target
        self.args = args
        self.start = start
        self.end = end
        self.name_start = name_start
        self.name_end = name_end


class MacroCall(Node):
    """A call that binds names: `items.all(x, x > 1)` has vars `x` and args `x > 1`."""

    __match_args__ = ("name", "target", "vars", "args")
    __slots__ = ("args", "name", "name_end", "name_start", "target", "vars")

    def __init__(
        self,
        name: str,
        target: Node | None,
        vars: tuple[Ident, ...],
        args: tuple[Node, ...],
        start: int = 0,
        end: int = 0,
        name_start: int = 0,
        name_end: int = 0,
    ) -> None:
        self.name = name
        self.target = target
        self.vars = vars
        self.args = args
        self.start = start
        self.end = end
        self.name_start = name_start
        self.name_end = name_end


class Bind(Node):
    """`cel.bind(var, init, body)`."""

    __match_args__ = ("var", "init", "body")
    __slots__ = ("body", "init", "var")

    def __init__(self, var: Ident, init: Node, body: Node, start: int = 0, end: int = 0) -> None:
        self.var = var
        self.init = init
        self.body = body
        self.start = start
        self.end = end


class ListExpr(Node):
    """`[a, ?b]`; `optional[i]` says that item i was written with a question mark."""

    __match_args__ = ("items", "optional")
    __slots__ = ("items", "optional")

    def __init__(
        self, items: tuple[Node, ...], optional: tuple[bool, ...] = (), start: int = 0, end: int = 0
    ) -> None:
        self.items = items
        self.optional = optional or (False,) * len(items)
        self.start = start
        self.end = end


class MapExpr(Node):
    """`{k: v, ?k: v}`; `optional[i]` says that entry i was written with a question mark."""

    __match_args__ = ("entries", "optional")
    __slots__ = ("entries", "optional")

    def __init__(
        self,
        entries: tuple[tuple[Node, Node], ...],
        optional: tuple[bool, ...] = (),
        start: int = 0,
        end: int = 0,
    ) -> None:
        self.entries = entries
        self.optional = optional or (False,) * len(entries)
        self.start = start
        self.end = end


def children(node: Node) -> tuple[Node, ...]:
    """The parts of `node` in the order of its source; a macro's variables are not among them."""
    match node:
        case Select(operand) | Has(operand):
            return (operand,)
        case Index(operand, index):
            return (operand, index)
        case Call(_, target, args) | MacroCall(_, target, _, args):
            return args if target is None else (target, *args)
        case Bind(_, init, body):
            return (init, body)
        case ListExpr(items):
            return items
        case MapExpr(entries):
            return tuple(part for entry in entries for part in entry)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """`node` and everything below it, parents first, without recursion."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(children(current)))
