"""The checked form of an expression, from which both evaluators are made.

A node is a plain tuple `(op, start, end, …)`, so that `marshal` can keep it. What names mean, which overload
a call takes and how two values compare is decided here once, by the checker. `start` and `end` are offsets in
the source; inside a definition's body, in the definition's source.

    const value              arg name                 local slot
    lazy slot node           (a bound variable: evaluated where first needed)
    today                    now
    fail message             (core dialect: what a checker would refuse)
    select x field dyn       has x field dyn          opt_select x field
    index x i kind           opt_index x i            kind: list map dyn
    call name k args nulls moving                     overload k of a function; `nulls`: arguments that may be
                                                      null and then are absent; `moving`: arguments that move
                                                      with the clock
    dispatch name member args                         overload chosen when it runs
    eq negate kind a b       kind: plain ref null dyn, or ("key", path) for an object `a` and an id `b`
    cmp op kind a b          kind: plain dyn, or ("enum", values, null): whether a side may be
    clock op sign unit a b extra                      `a` moves with the clock: see `checker`
    and a b  or a b  not a  cond c a b                each operand a pair (node, flag), flag: "" bool, "n" may
                                                      be null, "d" may be anything
    in a b kind              kind: plain ref dyn keys
    list items optional      map entries optional
    let slot init body
    def name source slots inits body
    opt_map flat slot x body         opt_or whole a b      (`whole`: gives the optional itself)
    nn x                             rank x values         (null is absent; an enum's place on its scale)
    nn_all x                                               (a null among the elements is absent)
    moves node               (a result that is another tomorrow)
    loop name kind slots target parts flag heavy      macros; kind: list map dyn; `flag` as for `and`;
                                                      `heavy`: what it collects has a size
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from policyscan.cel.values import NONE, Date, Duration, Money, OptionalValue, Timestamp, TypeValue, UInt

if TYPE_CHECKING:
    from policyscan.cel.types import Type

Ir: TypeAlias = tuple[Any, ...]


class Out(NamedTuple):
    """What checking a node gives: its form, its type, and how it moves with the clock ("" for not at all)."""

    ir: Ir
    type: Type
    moves: str = ""


_TAGGED = "\0"


def depth(root: Ir) -> int:
    """The levels of nodes; without recursion, because that is what it is asked for."""
    level, levels = [root], 0
    while level:
        levels += 1
        # Definitions are shared, so that one node may stand in many places.
        below = {id(child): child for node in level for child in children(node)}
        level = list(below.values())
    return levels


def children(ir: Ir) -> Iterator[Ir]:
    """The nodes directly within a node."""
    for part in ir[3:]:
        if type(part) is tuple and part:
            yield from _nodes(part)


def _nodes(part: tuple[Any, ...]) -> Iterator[Ir]:
    if type(part[0]) is str and len(part) > 2 and type(part[1]) is int:
        yield part
        return
    for item in part:
        if type(item) is tuple and item:
            yield from _nodes(item)


def pack(value: Any) -> Any:
    """A node or constant with everything that marshal does not know turned into tagged tuples."""
    kind = type(value)
    if kind is tuple:
        return tuple([pack(item) for item in value])
    if kind is list:
        return [pack(item) for item in value]
    if kind is dict:
        return (_TAGGED, "dict", [(_pack_key(key), pack(item)) for key, item in value.items()])
    if kind in _INT_KINDS:
        return (_TAGGED, kind.__name__, int(value))
    if kind is Money:
        return (_TAGGED, "Money", value.amount, value.currency)
    if kind is TypeValue:
        return (_TAGGED, "TypeValue", value.name)
    if kind is OptionalValue:
        return (_TAGGED, "none") if value is NONE else (_TAGGED, "optional", pack(value.value))
    return value


_INT_KINDS = {Date, Timestamp, Duration, UInt}


def _pack_key(key: Any) -> Any:
    value = getattr(key, "value", None)
    return (_TAGGED, "bool", value) if isinstance(value, bool) else pack(key)


def unpack(value: Any) -> Any:
    """What `pack` was given."""
    kind = type(value)
    if kind is tuple:
        if value and value[0] == _TAGGED:
            return _untag(value[1], value[2:])
        return tuple([unpack(item) for item in value])
    if kind is list:
        return [unpack(item) for item in value]
    return value


def _untag(tag: str, parts: tuple[Any, ...]) -> Any:
    if tag == "dict":
        return {unpack(key): unpack(item) for key, item in parts[0]}
    if tag == "bool":
        from policyscan.cel.equality import FALSE_KEY, TRUE_KEY

        return TRUE_KEY if parts[0] else FALSE_KEY
    if tag == "none":
        return NONE
    if tag == "optional":
        return OptionalValue(unpack(parts[0]))
    return _MAKERS[tag](*parts)


_MAKERS: dict[str, Any] = {
    "Date": Date,
    "Timestamp": Timestamp,
    "Duration": Duration,
    "UInt": UInt,
    "Money": Money,
    "TypeValue": TypeValue,
}
