"""Locating: the fact that a path names, in values that may be changed.

In: a path as reports print it, the values of an inventory, and the shapes of its kind. Out: the container and
key of the fact, which need not be there yet; `documents.paths.BadPath` for one that leads nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from policyscan.cel.spelling import did_you_mean
from policyscan.documents.paths import BadPath, PathStep, parse_path
from policyscan.kinds.shapes import FREE, Property, Shape
from policyscan.records import NamedTuple

NEW = "+"
"""What stands in brackets for an item that is added to a list: `devices[+]`."""


class Located(NamedTuple):
    """A fact's container and its key there, and what the kind says of it (None: nothing, it is the user's
    own). `number` past the end of a list says that an item is added."""

    container: Any
    key: str | int
    field: Property | None

    @property
    def present(self) -> bool:
        """Whether the fact is there, be it null."""
        if self.container.__class__ is list:
            return isinstance(self.key, int) and self.key < len(self.container)
        return self.key in self.container

    @property
    def value(self) -> Any:
        """What is there; None if nothing is."""
        return self.container[self.key] if self.present else None

    def put(self, value: Any) -> None:
        """Makes the fact be a value."""
        if self.container.__class__ is list and not self.present:
            self.container.append(value)
        else:
            self.container[self.key] = value


Fresh = dict[tuple[int, str], int]
"""The items that were added to lists: by the id of the list and the number that a path gave the item."""


def locate(
    value: dict[str, Any], shape: Shape, text: str, fresh: Fresh | None = None, *, keep_none: bool = False
) -> Located:
    """The fact that a path names, in values as they are written. Containers that are not there yet, or null,
    are made on the way; items of lists are not, but for one that `[+]` adds. Raises BadPath.

    With `fresh`, a number past the end of a list adds an item, the same for each path with that number. With
    `keep_none`, a path that leads into what is null leads nowhere.
    """
    steps = parse_path(text)
    at: Any = value
    inside: Shape | None = shape
    here = _step(at, inside, steps[0], text, fresh)
    for number, step in enumerate(steps[1:], 1):
        if keep_none and here.present and here.value is None:
            raise BadPath(f"{text}: the file says that there is no {steps[number - 1].text}", step.at, _NONE)
        at = _entered(here, text, steps[number - 1])
        inside = here.field.shape if here.field is not None else None
        here = _step(at, inside, step, text, fresh)
    return here


_NONE = "find out which is true; with --replace the answer takes its place"


def _entered(here: Located, text: str, step: PathStep) -> Any:
    found = here.value
    if found is None:
        form = here.field.shape.form if here.field is not None else "map"
        if form not in ("object", "map", "list"):
            raise BadPath(f"{text} leads to nothing: {step.text} is a single value", step.at)
        found = [] if form == "list" else {}
        here.put(found)
    if found.__class__ not in (dict, list):
        raise BadPath(f"{text} leads to nothing: {step.text} holds no more than a value", step.at)
    return found


def _step(at: Any, shape: Shape | None, step: PathStep, text: str, fresh: Fresh | None) -> Located:
    if at.__class__ is list:
        items = shape.items if shape is not None else None
        if fresh is not None and step.bracket and step.text.isdecimal() and int(step.text) >= len(at):
            return Located(at, fresh.setdefault((id(at), step.text), len(at)), items)
        return Located(at, _number(at, shape, step, text), items)
    if shape is None or shape.form == "map":
        return Located(at, step.text, shape.items if shape is not None else None)
    field = shape.fields.get(step.text)
    if field is None and not step.text.startswith(FREE):
        message = f"{text} leads to nothing: {step.text} is no fact that is known here"
        hint = did_you_mean(step.text, shape.fields) or f"known are: {_some(shape.fields)}"
        raise BadPath(message, step.at, hint)
    return Located(at, step.text, field)


def _number(items: list[Any], shape: Shape | None, step: PathStep, text: str) -> int:
    """The number of an item: by what identifies it, else by its number."""
    names = [key_text(item, shape.key if shape is not None else ()) for item in items]
    if step.text in names:
        return names.index(step.text)
    if step.bracket and step.text == NEW:
        return len(items)
    if step.bracket and step.text.isdecimal() and int(step.text) < len(items):
        return int(step.text)
    known = [name for name in names if name]
    list_path = text[: step.at].rstrip(".[")
    hint = did_you_mean(step.text, known) or (f"there are: {_some(known)}" if known else None)
    adding = f'to add one: policyscan set INVENTORY "{list_path}[{NEW}]" "{{…}}"'
    hint = f"{hint}; {adding}" if hint else adding
    raise BadPath(f"{text} leads to nothing: there is no {step.text}", step.at, hint)


def key_text(item: Any, key: Sequence[str]) -> str | None:
    """What identifies an item of a list as it is written, as paths name it; None if it says nothing."""
    if item.__class__ is not dict or not key:
        return None
    parts = [item.get(name) for name in key]
    return None if None in parts else "/".join(map(str, parts))


_MOST = 8


def _some(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more
