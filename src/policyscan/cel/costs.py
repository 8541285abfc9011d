"""What a loop costs, and whether it can find its elements by a key: told from its checked form alone.

In: the checked form of a loop or of its test. Out: the work of one turn, and the comparisons by which
elements can be found.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from typing import Final

from policyscan.cel import ir, registry
from policyscan.records import NamedTuple

_MOVING: Final = (ir.Today, ir.Now, ir.Moves, ir.ClockCmp, ir.ClockOpen, ir.HostCall, ir.Dispatch)
_LOOPS: Final = frozenset({"all", "count", "exists", "exists_one", "filter", "find"})
_NODES: Final = 8  # of a body that make a unit of work


def weight_of(loop: ir.Loop) -> int:
    """Units of work of one turn: by the nodes of the body, without the bodies of loops in it.

    Where what the body makes is kept, each node may keep something.
    """
    stack, nodes = list(loop.parts), 0
    while stack:
        node = stack.pop()
        nodes += 1
        stack.extend([node.target] if isinstance(node, ir.Loop) else node.children())
    return nodes if loop.heavy else max(1, nodes // _NODES)


class Key(NamedTuple):
    """What tells that a test is false of an element: its `field` (None: the element itself) does not equal
    `value` (`how` is "is"), does not hold it ("has"), or is not held by it ("among"). The latter two are of
    texts, or of objects with "has ref" and "among ref". `test` is where it stands."""

    field: str | None
    value: ir.Node
    how: str
    test: ir.Node


def keys_of(loop: ir.Loop) -> tuple[Key, ...]:
    """The keys by which a loop may find its elements: where none of them fits, an element decides nothing."""
    tested = loop.name in _LOOPS or (loop.name == "map" and len(loop.parts) > 1)
    if not tested or loop.kind != "list" or len(loop.slots) != 1:
        return ()
    keys = _denied if loop.name == "all" else _keys
    return keys(loop.parts[0], loop.slots[0])


def stays(loop: ir.Loop) -> bool:
    """Whether the test of a loop with keys comes to the same for an element, whatever the values are that it
    is found by, as long as it does not match them: the test reads nothing else of outside the loop.

    A value that is a field of something does not count: reading it is noted for each element.
    """
    keys, slot = keys_of(loop), loop.slots[-1]
    if not keys or any(isinstance(key.value, ir.Select) for key in keys):
        return False
    asked = {id(key.test) for key in keys}
    pending, bound = [loop.parts[0]], {slot}
    while pending:
        node = pending.pop()
        if id(node) in asked:
            continue
        if isinstance(node, (ir.Arg, ir.Lazy, ir.Loop)) or _moves(node):
            return False
        if isinstance(node, ir.Local) and node.slot not in bound:
            return False
        bound.update(_bound_by(node))
        pending.extend(node.children())
    return True


def test_of(loop: ir.Loop) -> bytes | None:
    """What tells the test of such a loop from all others; None where it does not stay the same."""
    if not stays(loop):
        return None
    from hashlib import blake2b  # only to compile

    return blake2b(marshal.dumps(ir.pack((loop.slots, loop.parts[0]))), digest_size=16).digest()


def _bound_by(node: ir.Node) -> tuple[str, ...]:
    """The names that a node gives to what stands in it."""
    if isinstance(node, ir.Def):
        return node.slots
    return (node.slot,) if isinstance(node, ir.Let | ir.OptMap) else ()


def _keys(test: ir.Node, slot: str) -> tuple[Key, ...]:
    """The keys of a test that is false where none of them fits. It begins with them, or asks before whether
    an element has them: of one that has not, nothing else is read."""
    asked: frozenset[str] = frozenset()
    while isinstance(test, ir.And):
        fields = _guarded(test.left[0], slot)
        asked |= fields
        test = test.right[0] if fields else test.left[0]
    return _guarding(asked, _unguarded(test, slot))


def _unguarded(test: ir.Node, slot: str) -> tuple[Key, ...]:
    if isinstance(test, ir.Not):
        return _denied(test.operand[0], slot)
    if isinstance(test, ir.Or):
        left, right = _keys(test.left[0], slot), _keys(test.right[0], slot)
        return (*left, *right) if left and right else ()
    key = _key(test, slot)
    return () if key is None else (key,)


def _denied(test: ir.Node, slot: str) -> tuple[Key, ...]:
    """The keys of a test that is true where none of them fits."""
    asked: frozenset[str] = frozenset()
    while isinstance(test, ir.Or):
        left = test.left[0]
        fields = _guarded(left.operand[0], slot) if isinstance(left, ir.Not) else frozenset()
        asked |= fields
        test = test.right[0] if fields else left
    return _guarding(asked, _keys(test.operand[0], slot)) if isinstance(test, ir.Not) else ()


def _guarded(test: ir.Node, slot: str) -> frozenset[str]:
    """The fields of which a test asks whether an element has them, if it asks nothing else."""
    if isinstance(test, ir.And):
        left, right = _guarded(test.left[0], slot), _guarded(test.right[0], slot)
        return left | right if left and right else frozenset()
    if isinstance(test, ir.Has) and not test.dyn and _is_local(test.operand, slot):
        return frozenset([test.field])
    return frozenset()


def _guarding(asked: frozenset[str], keys: tuple[Key, ...]) -> tuple[Key, ...]:
    """The keys, unless something else was asked before: that would not be noted of what is not visited."""
    return keys if asked <= {key.field for key in keys} else ()


def _key(test: ir.Node, slot: str) -> Key | None:
    if isinstance(test, ir.In) and test.kind in ("plain", "ref", "dyn"):
        ref = " ref" if test.kind == "ref" else ""
        return _keyed(test.value, test.items, slot, "among" + ref, test) or _keyed(
            test.items, test.value, slot, "has" + ref, test
        )
    if isinstance(test, ir.Eq) and not test.negate and test.kind in ("ref", "plain"):
        return _keyed(test.left, test.right, slot, "is", test) or _keyed(
            test.right, test.left, slot, "is", test
        )
    return None


def _keyed(side: ir.Node, other: ir.Node, slot: str, how: str, test: ir.Node) -> Key | None:
    """The key of an element on one side and a value of outside the loop on the other."""
    if not _is_value(other, slot):
        return None
    if _is_local(side, slot):
        return Key(None, other, how, test)
    if isinstance(side, ir.Select) and not side.dyn and _is_local(side.operand, slot):
        return Key(side.field, other, how, test)
    return None


def _is_local(node: ir.Node, slot: str) -> bool:
    return isinstance(node, ir.Local) and node.slot == slot


def _is_value(node: ir.Node, slot: str) -> bool:
    """Whether a node is a variable of outside the loop, or a field of one."""
    if isinstance(node, ir.Select) and not node.dyn:
        node = node.operand
    if isinstance(node, ir.Lazy):
        return kept_by(node.body) is not None  # else it would be evaluated twice
    return isinstance(node, ir.Arg) or (isinstance(node, ir.Local) and node.slot != slot)


# --- what is bound to a name


class Kept(NamedTuple):
    """What tells a value that can be kept: its expression as bytes, and the variables that this reads."""

    expression: bytes
    names: tuple[str, ...]


def kept_by(node: ir.Node) -> Kept | None:
    """By what the value of an expression is kept; None where it is made as fast, or may turn with the clock.

    The same expression of the same variables has the same value.
    """
    nodes = list(_within(node))
    if not any(isinstance(one, ir.Loop) for one in nodes) or any(map(_moves, nodes)):
        return None
    names = dict.fromkeys(one.name for one in nodes if isinstance(one, ir.Arg))
    return Kept(marshal.dumps(ir.pack(node)), tuple(names))


def _within(node: ir.Node) -> Iterator[ir.Node]:
    yield node
    for part in node.children():
        yield from _within(part)


def _moves(node: ir.Node) -> bool:
    if not isinstance(node, ir.Call):
        return isinstance(node, _MOVING)
    function = registry.function(node.name)
    assert function is not None
    return bool(node.moving) or node.name == "within" or function.overloads[node.overload].clock
