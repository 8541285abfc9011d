"""The envelope: what every document says about itself, whatever its kind, and the folder of a kind.

In: a decoded tree and its references. Out: a plain value of kind, id, day, zone, currency and the documents
that it refers to.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from policyscan.cel.values import Date
from policyscan.kinds.decoding import Reference
from policyscan.kinds.kinds import Kind
from policyscan.kinds.shapes import KIND as TARGET
from policyscan.reading.tree import Tree
from policyscan.records import NamedTuple

VERSION = "schema_version"
KIND = "kind"
AS_OF = "as_of"
TIME_ZONE = "time_zone"
CURRENCY = "currency"
Name = tuple[str, str]
"""What a document is called by others: its kind and its id."""


class Envelope(NamedTuple):
    """Which document it is: kind and id, and its number in its file, from 0; the day its facts were true; and
    the names of the documents that it refers to."""

    kind: str
    id: str
    number: int
    as_of: Date | None
    wanted: frozenset[Name]

    @property
    def name(self) -> Name:
        """What the document is called by others."""
        return self.kind, self.id


def envelope_of(kind: Kind, tree: Tree, references: Iterable[Reference]) -> Envelope:
    """The envelope of a decoded tree."""
    as_of = tree.value.get(AS_OF)
    leading: dict[tuple[str, ...], list[str]] = {}  # most references lead to the same few lists
    wanted = set()
    for _, _, ident, refs in references:
        if refs not in leading:
            leading[refs] = [ref.removeprefix(TARGET) for ref in refs if ref.startswith(TARGET)]
        for target in leading[refs]:
            wanted.add((target, ident))
    day = as_of if isinstance(as_of, Date) else None
    return Envelope(kind.name, str(dig(tree.value, kind.shape.ident)), tree.index, day, frozenset(wanted))


def dig(value: Any, path: tuple[str, ...]) -> Any:
    """The value at a path of keys within dicts; None where a key is missing."""
    for key in path:
        value = value.get(key) if value.__class__ is dict else None
    return value


def folder_of(kind: str) -> str:
    """The folder that documents of a kind are kept in by habit: `clients`, and `waivers` for waivers."""
    return kind if kind.endswith("s") else f"{kind}s"


def in_own_folder(path: str, kind: str) -> bool:
    """Whether a file lies below a folder named for a kind."""
    return f"{os.sep}{folder_of(kind)}{os.sep}" in path
