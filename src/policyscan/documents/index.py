"""The index: which documents there are, where, and what they refer to, from what each file says of itself.

In come files with their outcomes; out comes the same index in whatever order they were read. It keeps
envelopes, nothing of the documents, so that memory does not grow with what these hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from policyscan.documents.envelope import Envelope, Name
from policyscan.documents.opening import FileOutcome
from policyscan.files.discovery import File
from policyscan.records import NamedTuple


class Entry(NamedTuple):
    """A document in its file."""

    file: File
    envelope: Envelope


class DocumentIndex:
    """The documents of files, by kind and id. Of several with one id the first in the files' order counts."""

    def __init__(self) -> None:
        self.ids: dict[Name, Entry] = {}
        self.duplicates: list[tuple[Entry, Entry]] = []
        """Documents with the id of another, each with that one."""
        self.references: dict[Name, frozenset[Name]] = {}
        """What the documents are called that a document refers to, where it does."""
        self.members: dict[str, tuple[Name, ...] | None] = {}
        """By the path of each file its documents; None for one with something wrong or foreign in it."""

    def add(self, file: File, envelopes: Iterable[Envelope], *, whole: bool) -> Sequence[Entry]:
        """Take in the next file in order; gives those of its documents whose ids others have already.

        `whole` if nothing in the file is wrong or no document of ours. A file may come more than once.
        """
        own: list[Name] = []
        twins: list[Entry] = []
        for envelope in envelopes:
            entry = Entry(file, envelope)
            first = self.ids.setdefault(envelope.name, entry)
            if (first.file.path, first.envelope.number) == (file.path, envelope.number):
                own.append(envelope.name)
                if envelope.wanted:
                    self.references[envelope.name] = envelope.wanted
            else:
                twins.append(entry)
        known = file.path in self.members
        self.duplicates.extend((twin, self.ids[twin.envelope.name]) for twin in twins if not known)
        self.members[file.path] = tuple(own) if whole and not twins else None
        return twins


def index(
    outcomes: Iterable[tuple[File, FileOutcome]], order: Callable[[File], Any] | None = None
) -> DocumentIndex:
    """The index of files, read in any order and by anyone.

    `order` is what their order goes by; if it is not given, the names that people see.
    """
    made = DocumentIndex()
    for file, outcome in sorted(outcomes, key=lambda pair: (order or _by_name)(pair[0])):
        made.add(file, outcome.envelopes, whole=outcome.whole)
    return made


def _by_name(file: File) -> str:
    return file.shown
