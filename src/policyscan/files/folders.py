"""Folders that are one inventory: which files in them are its parts, and what is said of the others.

In: the entries of a folder, and the kinds that there are. Out: a `Home` where one of them is `client.yaml`,
or the like for another kind, with what each other file is to it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from policyscan.cel.spelling import did_you_mean
from policyscan.errors import DocumentError
from policyscan.patterns import when_used
from policyscan.reading.glance import NO_TABLES, SUFFIXES, TABLES, is_workbook
from policyscan.reading.text import read_content
from policyscan.records import NamedTuple

_OURS = when_used(r"""^[{ \t]*["']?schema_version["']?[ \t]*:""", re.MULTILINE)
_KEYS = when_used(r"""^(?:\{\s*)?["']?([\w-]+)["']?[ \t]*:""", re.MULTILINE)
_PACKS = ("pack.yaml", "pack.yml")
_MOST_BYTES = 1024 * 1024  # of a file that may be an inventory, or a part of one


class Sections(Protocol):
    """What is known of kinds: their names, and the keys that stand at the top of each."""

    @property
    def names(self) -> Collection[str]: ...
    def sections(self, kind: str) -> Collection[str]: ...


class Home(NamedTuple):
    """A folder that is one inventory: the name of the file that says so, and the sections of its kind."""

    kind: str
    head: str
    sections: Collection[str]

    def has(self, entry: os.DirEntry[str], *, strict: bool) -> bool:
        """Whether a file is a part. A file that is an inventory by itself is none; nor is, where nobody said
        that inventories are here, what has none of their sections."""
        name = entry.name.lower()
        if name == self.head.lower():
            return False
        if name.endswith(TABLES):
            return _section(name) in self.sections or (is_workbook(name) and self._names_sheets(entry))
        text = glimpse(entry)
        return not says_ours(text) and (strict or not self.sections.isdisjoint(_KEYS.findall(text)))  # type: ignore[attr-defined]

    def _names_sheets(self, entry: os.DirEntry[str]) -> bool:
        """Whether a sheet of a workbook is called like a section."""
        from policyscan.reading.workbook_outline import sheet_names

        try:
            names = sheet_names(read_content(entry.path, entry.name))
        except DocumentError:
            return False
        return any(_section(name.strip()) in self.sections for name in names)

    def said_of(self, path: str, shown: str) -> Sequence[str]:
        """What people should know about a workbook that is a part: what they do not see of it, or nobody
        reads. Nothing where it cannot be read, as reading it will say so."""
        from policyscan.files.workbooks import choose_sheets
        from policyscan.reading.workbook_outline import outline_of

        try:
            outline = outline_of(read_content(path, shown))
            return choose_sheets(shown, table_name(path), outline, self.sections).notes
        except DocumentError:
            return ()

    def misnamed(self, name: str) -> tuple[str, str | None] | None:
        """Why a table is no part of the inventory, and what it may be meant to be; None if nobody would
        think that it is one."""
        section = _section(name)
        if section in self.sections:
            return None
        return f"no section of a {self.kind} is called {section}", did_you_mean(section, self.sections)


def home_of(entries: Iterable[os.DirEntry[str]], kinds: Sections | None) -> Home | None:
    """The inventory that a folder is, if it is one: it holds one file named for a kind that says that it is
    an inventory."""
    if kinds is None:
        return None
    heads = [entry for entry in entries if _kind_named(entry.name, kinds) and says_ours(glimpse(entry))]
    if len(heads) != 1:
        return None
    kind = _kind_named(heads[0].name, kinds)
    return Home(kind, heads[0].name, frozenset(kinds.sections(kind)))


def holds_controls(entries: Iterable[os.DirEntry[str]]) -> bool:
    """Whether a folder is a pack of controls: its `pack.yaml` is no inventory."""
    return any(entry.name.lower() in _PACKS and not says_ours(glimpse(entry)) for entry in entries)


def _kind_named(name: str, kinds: Sections) -> str:
    """The kind that a file is named for; empty if it is none."""
    stem, dot, suffix = name.lower().rpartition(".")
    return stem if dot + suffix in SUFFIXES and stem in kinds.names else ""


def _section(name: str) -> str:
    """The section that a table is named for: all before its first dot."""
    return name.lower().partition(".")[0]


def table_name(path: str) -> str:
    """What a table is called: the name of its file without its ending."""
    return os.path.basename(path).lower().rpartition(".")[0]  # noqa: PTH119 - as in discovery


def is_table(name: str) -> bool:
    """Whether a file is named as tables are."""
    return name.lower().endswith(TABLES)


def is_section(name: str, kinds: Sections | None) -> bool:
    """Whether a table is named for a section of any kind."""
    return kinds is not None and any(_section(name) in kinds.sections(kind) for kind in kinds.names)


def is_other_table(name: str) -> bool:
    """Whether a file is named as tables are that are not read."""
    return name.lower().endswith(NO_TABLES)


def glimpse(entry: os.DirEntry[str]) -> str:
    """The text of a file that may be an inventory; empty where it cannot be read, as it may be anything."""
    try:
        return read_content(entry.path, entry.name, most=_MOST_BYTES).data.decode("utf-8", "replace")
    except DocumentError:
        return ""


def says_ours(text: str) -> bool:
    """Whether a text begins as an inventory does."""
    return _OURS.search(text) is not None
