"""Lending: the tree of a file some of whose values stand in for what an inventory leaves out.

In: a tree, and which of its values other trees have borrowed. Out: a tree that knows where these stand in its
file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from policyscan.cel.values import Date
from policyscan.reading.tree import Tree, containers_of
from policyscan.records import NamedTuple


class Borrowed(NamedTuple):
    """A value that a mapping of an inventory has from another file: the mapping, the key there, and the
    mapping in the other file that has the value at this key, too."""

    holder: dict[str, Any]
    key: str
    lender: dict[str, Any]


class LentTree(Tree):
    """The tree of what a file lends: `given` is all that it says, `borrowed` what others have of it below
    their own mappings; what they have at their top is its value. `as_of` is the day on which it was true."""

    __slots__ = ("as_of", "borrowed", "given")
    is_lent = True

    def __init__(self, tree: Tree, given: dict[str, Any], borrowed: list[Borrowed], as_of: Date) -> None:
        super().__init__(
            tree.source, tree.index, tree.value, tree.places, tree.blanks, tree.first, tree.last, tree.layout
        )
        self.blanks.pop(id(tree.value), None)
        self.given = given
        self.borrowed = borrowed
        self.as_of = as_of

    def containers(self) -> list[Any]:
        """Every container of the file, those too that others have borrowed or that nobody needs."""
        return containers_of((self.value, self.given, *self.replaced))

    def __reduce__(self) -> Any:
        return _restored, (*Tree.__reduce__(self), self.given, self.borrowed, self.as_of)


def _restored(
    made: Callable[..., Tree],
    of: tuple[Any, ...],
    given: dict[str, Any],
    borrowed: list[Borrowed],
    as_of: Date,
) -> LentTree:
    tree = made(*of)
    lent = LentTree(tree, given, borrowed, as_of)
    lent.replaced = tree.replaced
    return lent
