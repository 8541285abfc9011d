"""What files gave in an earlier scan, kept until anything is another that it was made from.

In: a store, and what a scan stands on besides files. Out: for a file that is as it was, with all that it
refers to, the `Work` that it gave; None for any other. What is kept is data: reading it can make plain values
of ours and nothing else. Only scans as of a day or an instant keep results: what is said of ages holds then.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from enum import Enum
from io import BytesIO
from typing import Any, TypeAlias

from policyscan import findings
from policyscan.errors import DocumentError
from policyscan.files.discovery import File, as_content
from policyscan.files.identity import Identity
from policyscan.findings import Status
from policyscan.session.reader import Reader
from policyscan.session.work import Footing, Work
from policyscan.store import Parts, Store

SORT = "results"
_MOST_BYTES = 48_000_000  # of one scan's results; what is beyond is worked out again
_OURS = {
    "builtins": {"frozenset"},
    "policyscan.cel.values": {"Date"},
    "policyscan.documents.envelope": {"Envelope"},
    "policyscan.engine.scan": {"Scanned"},
    "policyscan.files.discovery": {"File"},
    "policyscan.session.reader": {"Cited", "Found"},
    "policyscan.session.work": {"Work"},
    "policyscan.source": {"Span"},
}
"""What kept results may be made of, besides the records and lists of words of `findings`."""
Head: TypeAlias = tuple[str, list[tuple[str, str]]]
"""What stands for all that a file's results were made from, and the names of what the file refers to."""


class KeptResults:
    """The results of earlier scans that had the same settings, and those of this one."""

    def __init__(self, store: Store, made_from: Sequence[bytes], reader: Reader) -> None:
        """`made_from` is everything that results follow from, besides files; `reader` the one of the whole
        account, which finds what files refer to."""
        self._store = store
        self._name = store.name(SORT, *made_from)
        self._reader = reader
        self._footing = Footing(reader.library)
        self._new: dict[str, tuple[Head, bytes]] = {}
        self._current: set[str] = set()
        entry = store.entry(self._name)
        self._known: dict[str, Head] = entry[0] if entry is not None else {}
        self._parts: Parts | None = entry[1] if entry is not None else None

    def holds(self, file: File) -> bool:
        """Whether what a file gave is kept and still holds."""
        known = self._known.get(_key(file))
        if known is None or file.parts or file.shown in self._reader.library.members_of:
            return False
        try:
            content = as_content(file)
            text = content.source().text
        except DocumentError:
            return False
        if self._footing.of(text, known[1]) != known[0]:
            return False
        if self._reader.with_identity:
            self._reader.library.identities[file] = ((file, Identity.of(content.data)),)
        self._current.add(_key(file))
        return True

    def get(self, file: File) -> Work | None:
        """What a file gave; None if it is damaged."""
        part = self._parts.read(_key(file)) if self._parts is not None else None
        try:
            work = None if part is None else _Plain(BytesIO(part)).load()
        except Exception:  # whatever is wrong with it, it is as if it had never been kept
            work = None
        if not isinstance(work, Work):
            self._current.discard(_key(file))
            return None
        return work

    def put(self, work: Work) -> None:
        """Keep what a file gave, if nothing is wrong with it and nothing else rests on its being read."""
        found, library = work.found, self._reader.library
        kinds = {one.kind for one in found.envelopes}
        wrong = found.problems or found.skipped or _errors(work) or found.file.text is not None
        if wrong or not work.footing or work.rows or kinds & (library.targets | set(self._reader.last)):
            return
        wanted = sorted({name for one in found.envelopes for name in one.wanted})
        self._new[_key(found.file)] = (work.footing, wanted), pickle.dumps(work, 5)

    def close(self) -> None:
        """Keep what is new beside what still holds."""
        if not self._new:
            return
        heads = {key: head for key, (head, _) in self._new.items()}
        parts = {key: part for key, (_, part) in self._new.items()}
        room = _MOST_BYTES - sum(map(len, parts.values()))
        for key in sorted(self._current - parts.keys()):
            part = self._parts.read(key) if self._parts is not None else None
            room -= len(part or b"")
            if part is not None and room >= 0:
                heads[key], parts[key] = self._known[key], part
        if room >= 0:
            self._store.put(self._name, heads, parts)


def _errors(work: Work) -> bool:
    return any(result.status is Status.ERROR for one in work.scanned for result in one.results)


def _key(file: File) -> str:
    return f"{file.shown}\0{file.path}\0{file.strict}"


class _Plain(pickle.Unpickler):
    """Makes values of ours and no other; raises UnpicklingError for anything else."""

    def find_class(self, module: str, name: str) -> Any:
        """The class of this name, if values may be of it."""
        if name in _OURS.get(module, ()):
            return super().find_class(module, name)
        found = vars(findings).get(name) if module == findings.__name__ else None
        if isinstance(found, type) and issubclass(found, (tuple, Enum)) and found.__module__ == module:
            return found
        message = f"{module}.{name} is nothing that is kept"
        raise pickle.UnpicklingError(message)
