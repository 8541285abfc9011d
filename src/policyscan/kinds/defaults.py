"""Defaults: what a kind lets several inventories say in one file, such as what a plan promises its clients.

In: the shape of a kind, and the tree of a file of defaults. Out: what such a file may not say; and the trees
of an inventory with what they leave out taken from it, each value with its place there.

What an inventory says itself always counts, if it is only that nobody knows (a blank key) or that there is
none. It has to name what it has: no entry of a list comes from defaults, only what lacks in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Any

from policyscan.cel.values import Date
from policyscan.errors import DocumentError
from policyscan.kinds.decoding import Facts, Invalid, make_decoder
from policyscan.kinds.shapes import FREE, Property, Shape
from policyscan.reading.lending import Borrowed, LentTree
from policyscan.reading.tree import Tree

_ABOUT = ("defaults_for", "as_of")  # what a file of defaults says of itself


def allowed(shape: Shape) -> Shape:
    """What a file of defaults for a kind may say: of each part what may come from defaults."""
    made = _part(shape)
    made.fields.pop("defaults", None)  # defaults of defaults would be hard to follow
    return made


def _part(shape: Shape) -> Shape:
    made = copy(shape)
    made.required = shape.key or ()
    made.fields = {key: inner for key, field in shape.fields.items() if (inner := _field(field)) is not None}
    return made


def _field(field: Property) -> Property | None:
    """What may be said of a property; None if it is nothing."""
    if field.default_ok:
        return field
    inner = field.shape
    made = copy(field)
    if inner.form == "object":
        made.shape = _part(inner)
        return made if made.shape.fields else None
    if inner.form != "list" or not inner.key or inner.items is None or inner.items.shape.form != "object":
        return None
    item = _part(inner.items.shape)
    if not item.fields:
        return None
    item.fields.update({key: inner.items.shape.fields[key] for key in inner.key})
    item.required = inner.key
    made.shape, items = copy(inner), copy(inner.items)
    items.shape = item
    made.shape.items = items
    return made


def problems(tree: Tree, kind: Shape) -> list[DocumentError]:
    """What is wrong with a file of defaults; looking at it uses its tree up."""
    from policyscan.kinds.validation import explain

    shape = allowed(kind)
    for key in _ABOUT:
        tree.value.pop(key, None)
    found = list(_forbidden(tree, tree.value, shape, kind))
    if found:
        return found
    facts = Facts(tree.blanks, None)
    try:
        make_decoder(shape)(tree.value, None, None, facts)
    except Invalid:
        tree.replaced = facts.replaced
        return explain(tree, shape)
    return []


def _forbidden(tree: Tree, value: Any, shape: Shape, whole: Shape) -> Iterator[DocumentError]:
    """The keys that a kind has, but that may not come from defaults."""
    if value.__class__ is list and shape.items is not None and whole.items is not None:
        for item in value:
            yield from _forbidden(tree, item, shape.items.shape, whole.items.shape)
    if value.__class__ is not dict or shape.form != "object":
        return
    for key, inner in value.items():
        if key in whole.fields and key not in shape.fields:
            message = f"{key} may not come from defaults: each inventory says it itself"
            hint = f"here may stand {', '.join(shape.fields)}"
            yield DocumentError(message, at=tree.key_span_of(value, key), hint=hint)
        elif key in shape.fields and not shape.fields[key].default_ok:
            yield from _forbidden(tree, inner, shape.fields[key].shape, whole.fields[key].shape)


def lend(parts: Sequence[Tree], defaults: Tree, kind: Shape, as_of: Date) -> LentTree:
    """What the parts of an inventory leave out and a file of defaults says, put into them; the tree of it."""
    lender = _Lender(parts, defaults)
    for key in _ABOUT:
        defaults.value.pop(key, None)
    given = dict(defaults.value)
    root: dict[str, Any] = defaults.value
    for key, value in given.items():
        field = kind.fields.get(key)
        part = lender.owner(key)
        if field is None or part is not None or not field.default_ok:
            del root[key]
        if field is not None and part is not None and key in part.value:
            lender.fill(part.value[key], value, field, ok=field.default_ok)
    return LentTree(defaults, given, lender.borrowed, as_of)


class _Lender:
    """Fills what an inventory leaves out."""

    def __init__(self, parts: Sequence[Tree], defaults: Tree) -> None:
        self.parts = parts
        self.defaults = defaults
        self.borrowed: list[Borrowed] = []

    def owner(self, key: str) -> Tree | None:
        """The part that sets a key at the top, if only to nothing."""
        return next((part for part in self.parts if self._is_said(part.value, key)), None)

    def _is_said(self, value: dict[str, Any], key: str) -> bool:
        return key in value or any(key in part.blanks.get(id(value), ()) for part in self.parts)

    def fill(self, own: Any, other: Any, field: Property, *, ok: bool) -> None:
        """Fill what is missing in a value from another; `ok` if all of it may come from there."""
        shape = field.shape
        if own.__class__ is list and other.__class__ is list and not ok and shape.items is not None:
            self._fill_items(own, other, shape)
        if own.__class__ is not dict or other.__class__ is not dict or shape.form != "object":
            return
        for key, value in other.items():
            inner = shape.fields.get(key)
            if inner is None or key.startswith(FREE):
                continue
            if key in own:
                self.fill(own[key], value, inner, ok=ok or inner.default_ok)
            elif (ok or inner.default_ok or inner.shape.form == "object") and not self._is_said(own, key):
                own[key] = value
                self.borrowed.append(Borrowed(own, key, other))

    def _fill_items(self, own: list[Any], other: list[Any], shape: Shape) -> None:
        """Fill the items of a list from those of another that have the same identity."""
        if len(shape.key) != 1 or shape.items is None:
            return
        (key,) = shape.key
        known = {item[key]: item for item in own if item.__class__ is dict and item.get(key).__class__ is str}
        for item in other:
            if item.__class__ is dict and item.get(key) in known:
                self.fill(known[item[key]], item, shape.items, ok=False)
