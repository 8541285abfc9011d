"""What files gave in an earlier scan, kept until anything is another that it was made from.

In: a store, what a scan stands on besides files, and as of when it is. Out: for a file that is as it was,
with all that it refers to, the `Work` that it gave, as it is now; None for any other, and where anything
turned.
What is kept is data: reading it can make plain values of ours and nothing else.
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Sequence
from enum import Enum
from io import BytesIO
from typing import Any, TypeAlias

from policyscan import findings
from policyscan.engine.moments import Moment, shared_clock
from policyscan.engine.outcome import earliest
from policyscan.engine.scan import Scanned
from policyscan.errors import DocumentError
from policyscan.files.discovery import File, as_content
from policyscan.files.identity import Identity
from policyscan.findings import Countdown, Status
from policyscan.reading.glance import is_workbook
from policyscan.session.reader import Reader
from policyscan.session.work import Footing, Work
from policyscan.store import Parts, Store

SORT = "results"
_MOST_BYTES = 48_000_000  # of one scan's results, compressed; what is beyond is worked out again
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
Hold: TypeAlias = tuple[tuple[tuple[str, int, int], ...], int, int]
"""When a document was evaluated (in each time zone that counts, its own first: the zone, the day as an
ordinal, the instant in nanoseconds since 1970), and the first day and instant at which it may give something
else."""
Head: TypeAlias = tuple[str, list[tuple[str, str]], list[Hold]]
"""What stands for all that a file's results were made from, the names of what the file refers to, and when
the results of each of its documents hold."""


class KeptResults:
    """The results of earlier scans that had the same settings, and those of this one."""

    def __init__(self, store: Store, made_from: Sequence[bytes], reader: Reader, moment: Moment) -> None:
        """`made_from` is everything that results follow from, besides files and the `moment`; `reader` the
        one of the whole account, which finds what files refer to."""
        self._store = store
        self._name = store.name(SORT, *made_from)
        self._reader = reader
        self._moment = moment
        self._footing = Footing(reader.library)
        self._new: dict[str, tuple[Head, bytes]] = {}
        self._room = _MOST_BYTES
        self._current: set[str] = set()
        entry = store.entry(self._name)
        self._known: dict[str, Head] = entry[0] if entry is not None else {}
        self._parts: Parts | None = entry[1] if entry is not None else None

    def holds(self, file: File) -> bool:
        """Whether what a file gave is kept and still holds."""
        known = self._known.get(_key(file))
        if known is None or file.shown in self._reader.library.members_of:
            return False
        footing, wanted, holds = known
        if not all(map(self._is_within, holds)) or any(is_workbook(one.path) for one in file.parts):
            return False
        try:
            contents = [(one, as_content(one)) for one in file.all]
            texts = {one.shown: content.source().text for one, content in contents}
        except DocumentError:
            return False
        if self._footing.of(texts, wanted) != footing:
            return False
        if self._reader.with_identity:
            identities = ((one, Identity.of(content.data)) for one, content in contents)
            self._reader.library.identities[file] = tuple(identities)
        self._current.add(_key(file))
        return True

    def _is_within(self, hold: Hold) -> bool:
        """Whether what a document gave holds at the moment of this scan: it is the one of then, or a later
        one before the turn."""
        since, turn_day, turn_instant = hold
        clocks = [(shared_clock(self._moment, zone), day, instant) for zone, day, instant in since]
        return all(clock.day == day and clock.instant == instant for clock, day, instant in clocks) or all(
            day <= clock.day < turn_day and instant <= clock.instant < turn_instant
            for clock, day, instant in clocks
        )

    def get(self, file: File) -> Work | None:
        """What a file gave, as it is now; None if it is damaged."""
        part = self._parts.read(_key(file)) if self._parts is not None else None
        try:
            work = None if part is None else _Plain(BytesIO(zlib.decompress(part))).load()
        except Exception:  # whatever is wrong with it, it is as if it had never been kept
            work = None
        if not isinstance(work, Work):
            self._current.discard(_key(file))
            return None
        holds = self._known[_key(file)][2]
        scanned = (one.later(self._days_since(hold)) for one, hold in zip(work.scanned, holds, strict=True))
        return work._replace(scanned=tuple(scanned))

    def _days_since(self, hold: Hold) -> int:
        """How many days it is since a document was evaluated, in its own time zone."""
        zone, day, _ = hold[0][0]
        return shared_clock(self._moment, zone).day - day

    def put(self, work: Work) -> None:
        """Keep what a file gave, if nothing is wrong with it and nothing else rests on its being read."""
        found, library = work.found, self._reader.library
        kinds = {one.kind for one in found.envelopes}
        wrong = found.problems or found.skipped or _errors(work) or found.file.text is not None
        if wrong or not work.footing or work.rows or kinds & (library.targets | set(self._reader.last)):
            return
        wanted = sorted({name for one in found.envelopes for name in one.wanted})
        head = work.footing, wanted, [self._hold(one) for one in work.scanned]
        part = zlib.compress(pickle.dumps(work, 5), 1)
        if len(part) <= self._room:
            self._room -= len(part)
            self._new[_key(found.file)] = head, part

    def _hold(self, scanned: Scanned) -> Hold:
        clocks = [(zone, shared_clock(self._moment, zone)) for zone in scanned.zones]
        since = tuple((zone, clock.day, clock.instant) for zone, clock in clocks)
        return since, *earliest(scanned.turn, scanned.said)

    def close(self) -> None:
        """Keep what is new beside what still holds."""
        if not self._new:
            return
        heads = {key: head for key, (head, _) in self._new.items()}
        parts = {key: part for key, (_, part) in self._new.items()}
        for key in sorted(self._current - parts.keys()):
            part = self._parts.read(key) if self._parts is not None else None
            if part is not None and len(part) <= self._room:
                self._room -= len(part)
                heads[key], parts[key] = self._known[key], part
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
        if (
            isinstance(found, type)
            and issubclass(found, (tuple, Enum, Countdown))
            and found.__module__ == module
        ):
            return found
        message = f"{module}.{name} is nothing that is kept"
        raise pickle.UnpicklingError(message)
