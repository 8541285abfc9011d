"""The checked form of an expression, from which both evaluators are made.

In: what the checker has decided. Out: nodes, which can be packed and kept.

What names mean, which overload a call takes and how two values compare is decided here once, by the checker.
Every node says where it stands: `start` and `end` are offsets in the source; inside a definition's body or a
bound expression, in that one's source. Nodes are never changed; definitions share theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from policyscan.cel import packing
from policyscan.records import NamedTuple

if TYPE_CHECKING:
    from policyscan.cel.types import Type


class Node:
    """A checked part of an expression, from character `start` up to but without character `end`."""

    __match_args__: tuple[str, ...] = ()
    __slots__ = ("end", "start")

    start: int
    end: int

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end

    def children(self) -> tuple[Node, ...]:
        """The nodes directly within it."""
        return ()


Condition: TypeAlias = tuple[Node, str]
"""What must be a bool, and what it may be besides: "" nothing, "n" null, "d" anything."""


class Const(Node):
    """A constant."""

    __match_args__ = ("value",)
    __slots__ = ("value",)

    def __init__(self, start: int, end: int, value: Any) -> None:
        self.start = start
        self.end = end
        self.value: Final = value


class Arg(Node):
    """A variable that the program is given."""

    __match_args__ = ("name",)
    __slots__ = ("name",)

    def __init__(self, start: int, end: int, name: str) -> None:
        self.start = start
        self.end = end
        self.name: Final = name


BOUND: Final = "="
"""Marks the slots of `cel.bind`: where such a value cannot be had, only using its name fails."""


class Local(Node):
    """What a macro, a bind or a definition has named; `slot` tells names of one spelling apart."""

    __match_args__ = ("slot",)
    __slots__ = ("slot",)

    def __init__(self, start: int, end: int, slot: str) -> None:
        self.start = start
        self.end = end
        self.slot: Final = slot


class Lazy(Node):
    """A bound expression, evaluated where first needed; its places are in `source`."""

    __match_args__ = ("name", "source", "body")
    __slots__ = ("body", "name", "source")

    def __init__(self, start: int, end: int, name: str, source: str, body: Node) -> None:
        self.start = start
        self.end = end
        self.name: Final = name
        self.source: Final = source
        self.body: Final = body

    def children(self) -> tuple[Node, ...]:
        return (self.body,)


class Today(Node):
    """The clock's day."""

    __slots__ = ()


class Now(Node):
    """The clock's instant."""

    __slots__ = ()


class Fail(Node):
    """What a checker would refuse, in the core dialect: running it fails."""

    __match_args__ = ("message",)
    __slots__ = ("message",)

    def __init__(self, start: int, end: int, message: str) -> None:
        self.start = start
        self.end = end
        self.message: Final = message


class Select(Node):
    """`operand.field`; `dyn` where the operand may be anything."""

    __match_args__ = ("operand", "field", "dyn")
    __slots__ = ("dyn", "field", "operand")

    def __init__(self, start: int, end: int, operand: Node, field: str, dyn: bool) -> None:
        self.start = start
        self.end = end
        self.operand: Final = operand
        self.field: Final = field
        self.dyn: Final = dyn

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


class Has(Node):
    """`has(operand.field)`; `dyn` as for `Select`."""

    __match_args__ = ("operand", "field", "dyn")
    __slots__ = ("dyn", "field", "operand")

    def __init__(self, start: int, end: int, operand: Node, field: str, dyn: bool) -> None:
        self.start = start
        self.end = end
        self.operand: Final = operand
        self.field: Final = field
        self.dyn: Final = dyn

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


class OptSelect(Node):
    """`operand.?field`, or a field of an optional."""

    __match_args__ = ("operand", "field")
    __slots__ = ("field", "operand")

    def __init__(self, start: int, end: int, operand: Node, field: str) -> None:
        self.start = start
        self.end = end
        self.operand: Final = operand
        self.field: Final = field

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


class Index(Node):
    """`operand[key]`; `kind`: list, map or dyn."""

    __match_args__ = ("operand", "key", "kind")
    __slots__ = ("key", "kind", "operand")

    def __init__(self, start: int, end: int, operand: Node, key: Node, kind: str) -> None:
        self.start = start
        self.end = end
        self.operand: Final = operand
        self.key: Final = key
        self.kind: Final = kind

    def children(self) -> tuple[Node, ...]:
        return (self.operand, self.key)


class OptIndex(Node):
    """`operand[?key]`, or an element of an optional."""

    __match_args__ = ("operand", "key")
    __slots__ = ("key", "operand")

    def __init__(self, start: int, end: int, operand: Node, key: Node) -> None:
        self.start = start
        self.end = end
        self.operand: Final = operand
        self.key: Final = key

    def children(self) -> tuple[Node, ...]:
        return (self.operand, self.key)


class Call(Node):
    """An overload of a function, by its number.

    `nulls` are the arguments that may be null, and then are absent; `moving`, where the overload follows
    the clock itself, has a bool for each argument.
    """

    __match_args__ = ("name", "overload", "args", "nulls", "moving")
    __slots__ = ("args", "moving", "name", "nulls", "overload")

    def __init__(
        self,
        start: int,
        end: int,
        name: str,
        overload: int,
        args: tuple[Node, ...],
        nulls: tuple[int, ...],
        moving: tuple[bool, ...],
    ) -> None:
        self.start = start
        self.end = end
        self.name: Final = name
        self.overload: Final = overload
        self.args: Final = args
        self.nulls: Final = nulls
        self.moving: Final = moving

    def children(self) -> tuple[Node, ...]:
        return self.args


class HostCall(Node):
    """A function that the host answers; `kinds` are the names of its parameters' types."""

    __match_args__ = ("name", "kinds", "args")
    __slots__ = ("args", "kinds", "name")

    def __init__(
        self, start: int, end: int, name: str, kinds: tuple[str, ...], args: tuple[Node, ...]
    ) -> None:
        self.start = start
        self.end = end
        self.name: Final = name
        self.kinds: Final = kinds
        self.args: Final = args

    def children(self) -> tuple[Node, ...]:
        return self.args


class Dispatch(Node):
    """A function whose overload is chosen when it runs."""

    __match_args__ = ("name", "member", "args")
    __slots__ = ("args", "member", "name")

    def __init__(self, start: int, end: int, name: str, member: bool, args: tuple[Node, ...]) -> None:
        self.start = start
        self.end = end
        self.name: Final = name
        self.member: Final = member
        self.args: Final = args

    def children(self) -> tuple[Node, ...]:
        return self.args


class Eq(Node):
    """`left == right` or, with `negate`, `!=`; `kind`: plain, ref, null or dyn."""

    __match_args__ = ("negate", "kind", "left", "right")
    __slots__ = ("kind", "left", "negate", "right")

    def __init__(self, start: int, end: int, negate: bool, kind: str, left: Node, right: Node) -> None:
        self.start = start
        self.end = end
        self.negate: Final = negate
        self.kind: Final = kind
        self.left: Final = left
        self.right: Final = right

    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


class HasKey(Node):
    """Whether the object `left` has the id `right` at `path`."""

    __match_args__ = ("negate", "path", "left", "right")
    __slots__ = ("left", "negate", "path", "right")

    def __init__(
        self, start: int, end: int, negate: bool, path: tuple[str, ...], left: Node, right: Node
    ) -> None:
        self.start = start
        self.end = end
        self.negate: Final = negate
        self.path: Final = path
        self.left: Final = left
        self.right: Final = right

    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


class Cmp(Node):
    """An ordering; `kind`: plain or dyn."""

    __match_args__ = ("op", "kind", "left", "right")
    __slots__ = ("kind", "left", "op", "right")

    def __init__(self, start: int, end: int, op: str, kind: str, left: Node, right: Node) -> None:
        self.start = start
        self.end = end
        self.op: Final = op
        self.kind: Final = kind
        self.left: Final = left
        self.right: Final = right

    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


class RankCmp(Node):
    """An ordering on an enum's scale; `null` where a side may be."""

    __match_args__ = ("op", "values", "null", "left", "right")
    __slots__ = ("left", "null", "op", "right", "values")

    def __init__(
        self, start: int, end: int, op: str, values: tuple[str, ...], null: bool, left: Node, right: Node
    ) -> None:
        self.start = start
        self.end = end
        self.op: Final = op
        self.values: Final = values
        self.null: Final = null
        self.left: Final = left
        self.right: Final = right

    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


class Bounds(Node):
    """The hits of a loop compared with a limit, decided by bounds where elements are unknown."""

    __match_args__ = ("op", "loop", "limit")
    __slots__ = ("limit", "loop", "op")

    def __init__(self, start: int, end: int, op: str, loop: Loop, limit: Node) -> None:
        self.start = start
        self.end = end
        self.op: Final = op
        self.loop: Final = loop
        self.limit: Final = limit

    def children(self) -> tuple[Node, ...]:
        return (self.loop, self.limit)


class ClockCmp(Node):
    """A comparison whose left side moves with the clock: see `checking.clock`.

    `sign` is + or -, `unit` day or ns, `of` the name of the type compared.
    """

    __match_args__ = ("op", "sign", "unit", "left", "right", "of")
    __slots__ = ("left", "of", "op", "right", "sign", "unit")

    def __init__(
        self, start: int, end: int, op: str, sign: str, unit: str, left: Node, right: Node, of: str
    ) -> None:
        self.start = start
        self.end = end
        self.op: Final = op
        self.sign: Final = sign
        self.unit: Final = unit
        self.left: Final = left
        self.right: Final = right
        self.of: Final = of

    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


class ClockOpen(Node):
    """A comparison whose left side grows while a calendar is open."""

    __match_args__ = ("op", "left", "right", "calendar")
    __slots__ = ("calendar", "left", "op", "right")

    def __init__(self, start: int, end: int, op: str, left: Node, right: Node, calendar: Node) -> None:
        self.start = start
        self.end = end
        self.op: Final = op
        self.left: Final = left
        self.right: Final = right
        self.calendar: Final = calendar

    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right, self.calendar)


class And(Node):
    """`left && right`."""

    __match_args__ = ("left", "right")
    __slots__ = ("left", "right")

    def __init__(self, start: int, end: int, left: Condition, right: Condition) -> None:
        self.start = start
        self.end = end
        self.left: Final = left
        self.right: Final = right

    def children(self) -> tuple[Node, ...]:
        return (self.left[0], self.right[0])


class Or(Node):
    """`left || right`."""

    __match_args__ = ("left", "right")
    __slots__ = ("left", "right")

    def __init__(self, start: int, end: int, left: Condition, right: Condition) -> None:
        self.start = start
        self.end = end
        self.left: Final = left
        self.right: Final = right

    def children(self) -> tuple[Node, ...]:
        return (self.left[0], self.right[0])


class Not(Node):
    """`!operand`."""

    __match_args__ = ("operand",)
    __slots__ = ("operand",)

    def __init__(self, start: int, end: int, operand: Condition) -> None:
        self.start = start
        self.end = end
        self.operand: Final = operand

    def children(self) -> tuple[Node, ...]:
        return (self.operand[0],)


class Cond(Node):
    """`test ? yes : no`."""

    __match_args__ = ("test", "yes", "no")
    __slots__ = ("no", "test", "yes")

    def __init__(self, start: int, end: int, test: Condition, yes: Node, no: Node) -> None:
        self.start = start
        self.end = end
        self.test: Final = test
        self.yes: Final = yes
        self.no: Final = no

    def children(self) -> tuple[Node, ...]:
        return (self.test[0], self.yes, self.no)


class In(Node):
    """`value in items`; `kind`: plain, ref, keys or dyn."""

    __match_args__ = ("value", "items", "kind")
    __slots__ = ("items", "kind", "value")

    def __init__(self, start: int, end: int, value: Node, items: Node, kind: str) -> None:
        self.start = start
        self.end = end
        self.value: Final = value
        self.items: Final = items
        self.kind: Final = kind

    def children(self) -> tuple[Node, ...]:
        return (self.value, self.items)


class ListOf(Node):
    """A list; `optional` says of each element whether it is one that may be left out."""

    __match_args__ = ("items", "optional")
    __slots__ = ("items", "optional")

    def __init__(self, start: int, end: int, items: tuple[Node, ...], optional: tuple[bool, ...]) -> None:
        self.start = start
        self.end = end
        self.items: Final = items
        self.optional: Final = optional

    def children(self) -> tuple[Node, ...]:
        return self.items


class MapOf(Node):
    """A map; `optional` as for `ListOf`."""

    __match_args__ = ("entries", "optional")
    __slots__ = ("entries", "optional")

    def __init__(
        self, start: int, end: int, entries: tuple[tuple[Node, Node], ...], optional: tuple[bool, ...]
    ) -> None:
        self.start = start
        self.end = end
        self.entries: Final = entries
        self.optional: Final = optional

    def children(self) -> tuple[Node, ...]:
        return tuple([part for entry in self.entries for part in entry])


class Let(Node):
    """A value with a name, and the node in which it stands."""

    __match_args__ = ("slot", "init", "body")
    __slots__ = ("body", "init", "slot")

    def __init__(self, start: int, end: int, slot: str, init: Node, body: Node) -> None:
        self.start = start
        self.end = end
        self.slot: Final = slot
        self.init: Final = init
        self.body: Final = body

    def children(self) -> tuple[Node, ...]:
        return (self.init, self.body)


class Def(Node):
    """A definition's body with its arguments; the body's places are in `source`."""

    __match_args__ = ("name", "source", "slots", "inits", "body")
    __slots__ = ("body", "inits", "name", "slots", "source")

    def __init__(
        self,
        start: int,
        end: int,
        name: str,
        source: str,
        slots: tuple[str, ...],
        inits: tuple[Node, ...],
        body: Node,
    ) -> None:
        self.start = start
        self.end = end
        self.name: Final = name
        self.source: Final = source
        self.slots: Final = slots
        self.inits: Final = inits
        self.body: Final = body

    def children(self) -> tuple[Node, ...]:
        return (*self.inits, self.body)


class OptMap(Node):
    """`target.optMap(slot, body)`; `flat` where the body makes an optional itself."""

    __match_args__ = ("flat", "slot", "target", "body")
    __slots__ = ("body", "flat", "slot", "target")

    def __init__(self, start: int, end: int, flat: bool, slot: str, target: Node, body: Node) -> None:
        self.start = start
        self.end = end
        self.flat: Final = flat
        self.slot: Final = slot
        self.target: Final = target
        self.body: Final = body

    def children(self) -> tuple[Node, ...]:
        return (self.target, self.body)


class OptOr(Node):
    """`target.orValue(other)`; `whole` where it gives the optional itself, as `or` does."""

    __match_args__ = ("whole", "target", "other")
    __slots__ = ("other", "target", "whole")

    def __init__(self, start: int, end: int, whole: bool, target: Node, other: Node) -> None:
        self.start = start
        self.end = end
        self.whole: Final = whole
        self.target: Final = target
        self.other: Final = other

    def children(self) -> tuple[Node, ...]:
        return (self.target, self.other)


class Given(Node):
    """A value that may be null, and then is absent."""

    __match_args__ = ("operand",)
    __slots__ = ("operand",)

    def __init__(self, start: int, end: int, operand: Node) -> None:
        self.start = start
        self.end = end
        self.operand: Final = operand

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


class AllGiven(Node):
    """A list that may have nulls, and then is absent."""

    __match_args__ = ("operand",)
    __slots__ = ("operand",)

    def __init__(self, start: int, end: int, operand: Node) -> None:
        self.start = start
        self.end = end
        self.operand: Final = operand

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


class Rank(Node):
    """The place of an enum's value on its scale; null is absent."""

    __match_args__ = ("operand", "values")
    __slots__ = ("operand", "values")

    def __init__(self, start: int, end: int, operand: Node, values: tuple[str, ...]) -> None:
        self.start = start
        self.end = end
        self.operand: Final = operand
        self.values: Final = values

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


class Moves(Node):
    """A result that is another tomorrow; `how` it moves."""

    __match_args__ = ("operand", "how")
    __slots__ = ("how", "operand")

    def __init__(self, start: int, end: int, operand: Node, how: str) -> None:
        self.start = start
        self.end = end
        self.operand: Final = operand
        self.how: Final = how

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


class Loop(Node):
    """A macro that goes through `target`; `parts` are its other arguments.

    `kind`: list, map or dyn; `flag` as in `Condition`; `heavy` where what it collects has a size.
    """

    __match_args__ = ("name", "kind", "slots", "target", "parts", "flag", "heavy")
    __slots__ = ("flag", "heavy", "kind", "name", "parts", "slots", "target")

    def __init__(
        self,
        start: int,
        end: int,
        name: str,
        kind: str,
        slots: tuple[str, ...],
        target: Node,
        parts: tuple[Node, ...],
        flag: str,
        heavy: bool,
    ) -> None:
        self.start = start
        self.end = end
        self.name: Final = name
        self.kind: Final = kind
        self.slots: Final = slots
        self.target: Final = target
        self.parts: Final = parts
        self.flag: Final = flag
        self.heavy: Final = heavy

    def children(self) -> tuple[Node, ...]:
        return (self.target, *self.parts)


class Out(NamedTuple):
    """What checking a node gives: its form, its type, and how it moves with the clock ("" for not at all)."""

    ir: Node
    type: Type
    moves: str = ""


def depth(root: Node) -> int:
    """The levels of nodes; without recursion, because that is what it is asked for."""
    level, levels = [root], 0
    while level:
        levels += 1
        # Definitions are shared, so that one node may stand in many places.
        below = {id(child): child for node in level for child in node.children()}
        level = list(below.values())
    return levels


def replaced(root: Node, inits: Mapping[str, Node]) -> Node:
    """A node with some locals replaced by what they stand for."""
    made: Node = _replaced(root, inits)
    return made


def _replaced(part: Any, inits: Mapping[str, Node]) -> Any:
    kind = type(part)
    if kind is tuple:
        return tuple([_replaced(item, inits) for item in part])
    if not isinstance(part, Node):
        return part
    if isinstance(part, Local):
        return inits.get(part.slot, part)
    if isinstance(part, Def):
        # The body of a definition has parameters of its own.
        given = _replaced(part.inits, inits)
        return Def(part.start, part.end, part.name, part.source, part.slots, given, part.body)
    return kind(
        part.start, part.end, *[_replaced(getattr(part, field), inits) for field in kind.__match_args__]
    )


_KINDS: Final[tuple[type[Node], ...]] = (
    Const, Arg, Local, Lazy, Today, Now, Fail, Select, Has, OptSelect, Index, OptIndex, Call, HostCall,
    Dispatch, Eq, HasKey, Cmp, RankCmp, Bounds, ClockCmp, ClockOpen, And, Or, Not, Cond, In, ListOf, MapOf,
    Let, Def, OptMap, OptOr, Given, AllGiven, Rank, Moves, Loop,
)  # fmt: skip
_NUMBERS: Final = {kind: number for number, kind in enumerate(_KINDS)}
_NODE: Final = "\1"


def pack(part: Any) -> Any:
    """A node as tuples and what else `marshal` can keep."""
    kind = type(part)
    if kind is tuple:
        return tuple([pack(item) for item in part])
    number = _NUMBERS.get(kind)
    if number is None:
        return packing.pack(part)
    fields = [pack(getattr(part, field)) for field in kind.__match_args__]
    return (_NODE, number, part.start, part.end, *fields)


def unpack(value: Any) -> Any:
    """What `pack` was given."""
    if type(value) is not tuple or not value or value[0] == packing.TAGGED:
        return packing.unpack(value)
    if value[0] != _NODE:
        return tuple([unpack(item) for item in value])
    return _KINDS[value[1]](value[2], value[3], *[unpack(item) for item in value[4:]])
