"""What a condition says about nulls: which paths cannot be null where it holds, or where it does not.

In: the checked form of a condition, and whether it holds. Out: the paths that cannot be null then.
"""

from __future__ import annotations

from typing import TypeAlias

from policyscan.cel.ast import Call, Ident, Literal, Node, Select

Path: TypeAlias = tuple[str, ...]
"""A variable's name and the fields selected from it."""

_NONE: frozenset[Path] = frozenset()


def path_of(node: Node) -> Path | None:
    """`a.b.c` as `("a", "b", "c")`; None for anything else."""
    fields: list[str] = []
    while isinstance(node, Select) and not node.optional:
        fields.append(node.field)
        node = node.operand
    if not isinstance(node, Ident):
        return None
    return (node.name, *reversed(fields))


def facts(node: Node, truth: bool) -> frozenset[Path]:
    """The paths that are certainly not null where `node` evaluates to `truth`."""
    if not isinstance(node, Call) or node.target is not None:
        return _NONE
    name = node.function
    if name == "!_":
        return facts(node.args[0], not truth)
    if name in {"_&&_", "_||_"}:
        left, right = facts(node.args[0], truth), facts(node.args[1], truth)
        # A true conjunction has two true sides; of a false one, only what both would say is known.
        return left | right if (name == "_&&_") == truth else left & right
    if name == "_!=_" and truth:
        return _compared(node, null=True)
    if name == "_==_":
        return _compared(node, null=not truth)
    return _NONE


def _compared(node: Call, *, null: bool) -> frozenset[Path]:
    """The path compared with a literal null (or with any other literal)."""
    for one, other in (node.args, node.args[::-1]):
        if isinstance(other, Literal) and (other.value is None) == null:
            path = path_of(one)
            if path is not None:
                return frozenset((path,))
    return _NONE
