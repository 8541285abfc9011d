"""The index: which documents there are, where, and what they refer to, from what each file says of itself.

In come files with their outcomes; out comes the same index in whatever order they were read. It keeps names
and places, nothing of what documents say, so that memory does not grow with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from sys import intern

from policyscan.documents.envelope import Envelope, Name
from policyscan.files.discovery import File
from policyscan.records import NamedTuple


class Entry(NamedTuple):
    """Where a document is: its file, and its number in it, from 0; and its name."""

    name: Name
    file: File
    number: int


class DocumentIndex:
    """The documents of files, by kind and id. Of several with one id the first in the files' order counts."""

    def __init__(self) -> None:
        self.ids: dict[Name, Entry] = {}
        self.members: dict[str, tuple[Name, ...] | None] = {}
        """By the path of each file its documents; None for one with something wrong or foreign in it."""

    def add(self, file: File, envelopes: Iterable[Envelope], *, whole: bool) -> Sequence[Entry]:
        """Take in the next file in order; gives those of its documents whose ids others have already.

        `whole` if nothing in the file is wrong or no document of ours. A file may come more than once.
        """
        own: list[Name] = []
        twins: list[Entry] = []
        for envelope in envelopes:
            name = intern(envelope.kind), envelope.id  # as text of other processes, each has its own
            entry = Entry(name, file, envelope.number)
            first = self.ids.setdefault(name, entry)
            if (first.file.path, first.number) == (file.path, envelope.number):
                own.append(first.name)
            else:
                twins.append(entry)
        self.members[file.path] = tuple(own) if whole and not twins else None
        return twins
