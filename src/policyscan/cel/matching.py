"""Whether an expression only looks a text up among the parts of other variables, and so cannot tell two
texts apart that stand nowhere in them.

In: the checked form of an expression and a variable. Out: yes or no.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Final, TypeAlias

from policyscan.cel import ir

_Known: TypeAlias = Mapping[str, bool]
"""The local names, and of each whether all that it may be is found in the other variables."""
_REGROUPING: Final = frozenset({"flatten", "distinct"})
"""Functions that give back nothing but what they are given."""
_BY_VALUE: Final = frozenset({"plain", "dyn"})


def only_looks_up(root: ir.Node, name: str, among: Set[str]) -> bool:
    """Whether the variable `name` stands nowhere but in `name in list` and `name == part`, where lists and
    parts are taken from the variables `among` as they are.

    Then all texts that stand nowhere in these give the same: value, error, turns, and fields read.
    """
    return _Search(name, among).clear(root, {})


class _Search:
    def __init__(self, name: str, among: Set[str]) -> None:
        self.name = name
        self.among = among

    def clear(self, node: ir.Node, known: _Known) -> bool:
        """Whether the variable is only looked up in a node."""
        match node:
            case ir.Arg():
                return node.name != self.name
            case ir.In() if self._is_it(node.value) and node.kind in _BY_VALUE:
                return self._taken(node.items, known) and self.clear(node.items, known)
            case ir.Eq() if node.kind in _BY_VALUE and (self._is_it(node.left) or self._is_it(node.right)):
                other = node.right if self._is_it(node.left) else node.left
                return self._taken(other, known) and self.clear(other, known)
            case ir.Loop():
                within = self._within(node, known)
                return self.clear(node.target, known) and all(self.clear(part, within) for part in node.parts)
            case ir.Let():
                inner = {**known, node.slot: self._taken(node.init, known)}
                return self.clear(node.init, known) and self.clear(node.body, inner)
            case ir.Def():
                inits = zip(node.slots, node.inits, strict=True)
                inner = {slot: self._taken(init, known) for slot, init in inits}
                return all(self.clear(init, known) for init in node.inits) and self.clear(node.body, inner)
            case ir.Lazy():
                return self.clear(node.body, {})
        return all(self.clear(part, known) for part in node.children())

    def _is_it(self, node: ir.Node) -> bool:
        return isinstance(node, ir.Arg) and node.name == self.name

    def _within(self, node: ir.Loop, known: _Known) -> _Known:
        """The names in the parts of a macro; a number is no part of what it goes through."""
        *counted, element = node.slots
        return {**known, **dict.fromkeys(counted, False), element: self._taken(node.target, known)}

    def _taken(self, node: ir.Node, known: _Known) -> bool:
        """Whether all that a node may be is found in the other variables."""
        match node:
            case ir.Arg():
                return node.name in self.among
            case ir.Local():
                return known.get(node.slot, False)
            case ir.Select() | ir.Given() | ir.AllGiven():
                return self._taken(node.operand, known)
            case ir.Lazy():
                return self._taken(node.body, {})
            case ir.Loop(name="filter"):
                return self._taken(node.target, known)
            case ir.Loop(name="map") if len(node.parts) == 1:
                return self._taken(node.parts[0], self._within(node, known))
            case ir.Call() if node.name in _REGROUPING:
                return all(self._taken(one, known) for one in node.args)
        return False
