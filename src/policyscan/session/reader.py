"""The documents of a scan, read one by one, with those that they refer to.

In: paths, settings and kinds. Out: documents, each with its context, and at the end what was wrong with the
others, in words that reports and commands show as they are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from policyscan.cel.spelling import did_you_mean
from policyscan.config import Config
from policyscan.documents.document import Document
from policyscan.documents.envelope import Envelope, in_own_folder
from policyscan.documents.library import Library
from policyscan.documents.members import Members
from policyscan.documents.opening import read_file, read_identified
from policyscan.errors import DocumentError, PolicyscanError, UsageError
from policyscan.files.discovery import STDIN, Discovery, File, discover, glance_at, waivers_apart
from policyscan.files.identity import Checkout, Identity, checkout
from policyscan.kinds.kinds import Kinds
from policyscan.reading.glance import SUFFIXES, TABLES, says_id, says_kind
from policyscan.reading.text import top
from policyscan.records import NamedTuple
from policyscan.session.options import Inputs, Spelling, StrPath, option
from policyscan.source import Span

if TYPE_CHECKING:
    from policyscan.session.waiver_files import WaiverFiles

_MOST_NAMED = 5


class Cited(NamedTuple):
    """A document to report on, as the account of a scan's inputs has it: the ids and files of what it refers
    to, and where it refers to what is in no inventory (kind, id and place)."""

    envelope: Envelope
    context: tuple[tuple[str, str], ...]
    nowhere: tuple[tuple[str, str, Span], ...]


class Found(NamedTuple):
    """What one file holds, as the account of a scan's inputs has it: a plain value, from whatever process.

    `envelopes` are those of all documents in it that are ours, `cited` are those to report on.
    """

    file: File
    envelopes: tuple[Envelope, ...]
    cited: tuple[Cited, ...]
    problems: tuple[PolicyscanError, ...]
    skipped: int


class Reader:
    """Reads the documents of a scan one by one, and keeps what is wrong with the others."""

    def __init__(
        self, kinds: Kinds, discovery: Discovery, clients: Sequence[str] = (), last: Collection[str] = (),
        *, identity: bool = False,
    ) -> None:  # fmt: skip
        """`clients` are the ids to report on, all if there are none; `last` the kinds that come last.
        `identity` asks for what stands for each input."""
        self.library = Library(kinds, discovery, read=read_identified if identity else None)
        self.with_identity = identity
        self.last = last
        self.discovery = discovery
        self.clients = frozenset(clients)
        self.problems: list[PolicyscanError] = list(discovery.problems)
        self.skipped = discovery.led_out
        self.files = 0
        self.ids: set[str] = set()
        self.waivers = _waivers(discovery, clients)
        self.problems += self.waivers.problems if self.waivers is not None else ()
        self._told: set[str] = set()  # the files that hold what `clients` asks for
        self._context: set[str] = set()
        self._sought: set[str] = set()
        self._nowhere: set[tuple[str, str, Span]] = set()  # kind, id and place of references to nothing
        self._referred: set[tuple[str, str]] = set()  # kind and id

    @property
    def whole(self) -> bool:
        """Whether all inventories are reported on that the settings name."""
        return self.discovery.everything and not self.clients

    def another(self) -> Reader:
        """A reader of the same that has read nothing; it knows where members of others may be."""
        other = Reader(
            self.library.kinds, self.discovery, tuple(self.clients), self.last, identity=self.with_identity
        )
        other.library.members_of |= self.library.members_of
        return other

    def documents(self) -> Iterator[tuple[Document, list[Document]]]:
        """Each document to report on, with those that it refers to; those that have members after them."""
        held: list[tuple[Document, list[Document]]] = []
        for file in self.in_turn():
            for document, context in self.documents_in(file):
                if document.kind.name in self.last:
                    self.library.expect(document)
                    held.append((document, context))
                else:
                    yield document, context
        yield from held

    def documents_in(self, file: File) -> list[tuple[Document, list[Document]]]:
        """The documents of a file to report on, each with those that it refers to, taken into the account."""
        found, documents = self.read(file)
        self.note(found)
        return documents

    def read(self, file: File) -> tuple[Found, list[tuple[Document, list[Document]]]]:
        """What a file holds, and its documents to report on, each with those that it refers to."""
        loaded = self.library.load(file)
        documents = [
            (document, self.library.referenced(document))
            for document in loaded.documents
            if not self.clients or document.id in self.clients
        ]
        cited = tuple(_cited(document, context) for document, context in documents)
        envelopes = tuple(document.envelope for document in loaded.documents)
        return Found(file, envelopes, cited, tuple(loaded.problems), loaded.skipped), documents

    def note(self, found: Found) -> None:
        """Take what a file holds into the account."""
        self.files += 1
        # The frames in which a problem was raised would hold its whole document until the scan ends.
        self.problems.extend(problem.with_traceback(None) for problem in found.problems)
        self.skipped += found.skipped
        self.ids.update(envelope.id for envelope in found.envelopes)
        for one in found.cited:
            if self.clients:  # else all files are
                self._told.add(found.file.shown)
            self._context.update(file for _, file in one.context)
            self._referred |= one.envelope.wanted
            self._nowhere.update(one.nowhere)
            self._sought |= {ident for _, ident in one.envelope.wanted} - {ident for ident, _ in one.context}

    def digests(self) -> dict[str, str]:
        """The SHA-256 of each input as it was read, by the name that people see."""
        found = {file.shown: one.sha256 for file, one in self._inputs()}
        return {name: f"sha256:{found[name]}" for name in sorted(found)}

    def checkout(self) -> Checkout:
        """The state of the repository that the inputs lie in, those from standard input left aside."""
        return checkout({file.path: one for file, one in self._inputs() if file.text is None})

    def _inputs(self) -> Iterator[tuple[File, Identity]]:
        """The files that the report rests on: where only some inventories are asked for, those and what they
        refer to, and no other's name."""
        yield from self.waivers.identities if self.waivers is not None else ()
        reported = set(self.discovery.files) if not self.clients else set()
        for file, identities in self.library.identities.items():
            own = file in reported or file.shown in self._told or file.shown in self._context
            if own or file.shown in self.library.members_of:
                yield from identities

    def in_turn(self) -> list[File]:
        """The files to read: first those in folders of the kinds that have members, so that it is known who
        these are when they come by."""
        return sorted(self.discovery.files, key=lambda file: not self.comes_first(file))

    def comes_first(self, file: File) -> bool:
        """Whether a file lies in a folder of a kind that has members."""
        return any(in_own_folder(file.path, kind) for kind in self.last)

    def lose(self, file: File) -> None:
        """Take into the account that nobody knows what a file holds: who read it was ended."""
        message = "nobody could say what this file holds: the process that read it was ended"
        hint = "another program or a lack of memory may have ended it; scan again, with fewer --jobs"
        self.files += 1
        self.problems.append(DocumentError(message, at=top(file.shown), hint=hint))

    def is_member(self, document: Document) -> bool:
        """Whether a document may be a member of one that was held back."""
        return document.file in self.library.members_of

    def members(
        self, document: Document, has: Callable[[str, str], bool],
        take: Callable[[Document, list[Document]], None],
    ) -> Members:  # fmt: skip
        """The members of a document, as the library tells."""
        return self.library.members(document, has, take)

    def present(self) -> Iterator[File]:
        """The files to read that there are; standard input is none."""
        return (file for file in self.discovery.files if file.text is None and os.path.exists(file.path))

    def holds_inventory(self, file: File) -> bool:
        """Whether a file is an inventory, or may be one once it is mended."""
        loaded = self.library.load(file)
        return bool(loaded.documents or loaded.problems)

    def may_be_another(self, path: StrPath) -> bool:
        """Whether a file is an inventory, or part of one, though it is not asked for."""
        name = os.fspath(path)
        beside = (os.path.join(os.path.dirname(name), f"{kind}.yaml") for kind in self.library.kinds.names)
        if name.lower().endswith((*SUFFIXES, *TABLES)) and any(map(os.path.exists, beside)):
            return True
        if not name.lower().endswith(SUFFIXES):
            return False
        outcome = read_file(File(name, name, strict=False), self.library.kinds)
        return bool(outcome.contents or outcome.problems)

    def _of_nothing(self) -> Iterator[str]:
        """The references to what is in no inventory: all that rests on them is unknown."""
        for kind, ident, place in self._nowhere:
            guess = did_you_mean(ident, self.library.known(kind))
            words = f"{place}: no inventory is the {kind} {ident}, which this refers to"
            yield f"{words}: {guess}" if guess else words

    def unread(self) -> Iterator[str]:
        """What was passed over without a look, for someone who wonders where an inventory is."""
        count, names = self.discovery.ignored, self.discovery.left_out
        shown = ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")
        which = f": {shown}" if shown else ""
        if count == 1:
            yield f"a file or folder that a .gitignore excludes was not read{which}"
        elif count:
            yield f"{count} files or folders that a .gitignore excludes were not read{which}"
        yield from (note for note in self.discovery.notes if not self._is_of_another(note))
        yield from sorted(self._of_nothing())
        if not self.ids and not self.problems and not self.library.shared:
            yield "hidden files and folders are not read"

    def _is_of_another(self, note: str) -> bool:
        """Whether a note is about a file in the folder of an inventory that nobody asked for."""
        if not self.clients:
            return False
        folder = os.path.dirname(note.partition(" was not ")[0])
        theirs = any(os.path.dirname(file.shown) == folder for file in self.discovery.files)
        return theirs and all(os.path.dirname(file) != folder for file in self._told)

    def all_problems(self) -> list[PolicyscanError]:
        """The problems to report once all documents are read, those of files read as context too.

        Where only some inventories are asked for, a file that holds none of them is no one's business, unless
        it may hold what one of them refers to, or one of them a second time.
        """
        problems = [*self.problems, *self.library.twins(), *self.library.context_problems]
        if not self.discovery.in_turn:  # else other parts may know who they are for
            problems += self.for_nobody()
        if not self.clients:
            return problems
        bad = {problem.at.file for problem in problems if problem.at is not None}
        files = (f for f in self.discovery.files if any(one.shown in bad for one in f.all))
        strangers = {one.shown for file in files if not self._concerns(file) for one in file.all}
        return [p for p in problems if p.at is None or p.at.file not in strangers]

    def for_nobody(self) -> list[PolicyscanError]:
        """What to say of waivers that are for no inventory that was read."""
        return list(self.waivers.for_nothing(self.ids)) if self.waivers is not None else []

    def _concerns(self, file: File) -> bool:
        if file.shown in self._told or file.shown in self.library.members_of:
            return True
        name = os.path.basename(os.path.dirname(file.shown) if file.parts else file.shown)
        if any(ident in name for ident in (*self.clients, *self._sought)):
            return True
        try:
            text = glance_at(file)
        except DocumentError:
            return False
        return any(ident in text for ident in self._sought) or any(
            says_id(text, ident)
            for ident in (*self.clients, *(id_ for kind, id_ in self._referred if says_kind(text, kind)))
        )


def _cited(document: Document, context: Sequence[Document]) -> Cited:
    there = {(one.kind.name, one.id) for one in context}
    missing = document.envelope.wanted - there
    nowhere = [
        (kind, ident, document.place_of(container, key))
        for container, key, ident, _ in (document.outward if missing else ())
        for kind, name in missing
        if name == ident
    ]
    return Cited(document.envelope, tuple((one.id, one.file) for one in context), tuple(sorted(nowhere)))


def _waivers(discovery: Discovery, clients: Collection[str]) -> WaiverFiles | None:
    """What stands in the files of waivers of a scan of some inventories, of all if there are no `clients`."""
    if not discovery.waivers:
        return None
    from policyscan.session.waiver_files import read_waivers

    return read_waivers(discovery.waivers, whole=discovery.whole and not clients)


def find_files(inputs: Inputs, config: Config, kinds: Kinds, spelt: Spelling = option) -> Discovery:
    """The files that a command is about; names that people see are relative to the current folder."""
    here = os.getcwd()
    configured = [os.path.relpath(os.path.join(config.root, written), here) for written in config.inventories]
    if inputs.stdin_filename is not None and STDIN not in inputs.paths:
        message = f"{spelt('stdin_filename')} names standard input, which is not read"
        raise UsageError(message, hint="add - to the paths")
    found = discover(
        inputs.paths,
        base=here,
        configured=configured,
        stdin=inputs.stdin,
        stdin_filename=inputs.stdin_filename,
        kinds=kinds,
    )
    return waivers_apart(found, here)
