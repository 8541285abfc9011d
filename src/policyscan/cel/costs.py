"""What a loop costs, and whether it can find its elements by a key: told from its checked form alone."""

from __future__ import annotations

from typing import Final

from policyscan.cel import ir
from policyscan.records import NamedTuple

_LOOPS: Final = frozenset({"exists", "exists_one", "filter", "find"})
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
    """What a loop's test begins with: an element's `field` (None: the element itself) equals `value`."""

    field: str | None
    value: ir.Node


def key_of(loop: ir.Loop) -> Key | None:
    """The key by which a loop may find its elements, if its test begins with one."""
    tested = loop.name in _LOOPS or (loop.name == "map" and len(loop.parts) > 1)
    if not tested or loop.kind != "list" or len(loop.slots) != 1:
        return None
    test = loop.parts[0]
    while isinstance(test, ir.And):
        test = test.left[0]
    if not isinstance(test, ir.Eq) or test.negate or test.kind not in ("ref", "plain"):
        return None
    slot = loop.slots[0]
    for side, other in ((test.left, test.right), (test.right, test.left)):
        if _is_value(other, slot):
            if _is_local(side, slot):
                return Key(None, other)
            if isinstance(side, ir.Select) and not side.dyn and _is_local(side.operand, slot):
                return Key(side.field, other)
    return None


def _is_local(node: ir.Node, slot: str) -> bool:
    return isinstance(node, ir.Local) and node.slot == slot


def _is_value(node: ir.Node, slot: str) -> bool:
    """Whether a node is a variable of outside the loop, or a field of one."""
    if isinstance(node, ir.Select) and not node.dyn:
        node = node.operand
    return isinstance(node, ir.Arg) or (isinstance(node, ir.Local) and node.slot != slot)
