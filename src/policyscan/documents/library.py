"""The documents of one scan: those that are reported, and those that they refer to.

In come the files that were found, the kinds and what is asked for; out come documents one by one, linked to
those that they refer to, and what is wrong with the files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from policyscan.documents.document import Document, like_id, same_id
from policyscan.documents.envelope import Envelope, Name, folder_of, in_own_folder
from policyscan.documents.index import DocumentIndex, Entry
from policyscan.documents.members import Members, below, gather, patterns
from policyscan.documents.opening import FileOutcome, mentions, read_file
from policyscan.documents.references import link_across
from policyscan.errors import DocumentError, PolicyscanError
from policyscan.files.discovery import (
    STDIN_SHOWN,
    Discovery,
    File,
    glance_at,
    inventory_files,
    is_home,
    lies_in,
    look_through,
)
from policyscan.files.identity import Identity
from policyscan.kinds.kinds import Kinds
from policyscan.names import looks
from policyscan.reading.glance import says_id, says_kind
from policyscan.records import NamedTuple


class FileDocuments(NamedTuple):
    """The documents of one file, what is wrong with it, and how many documents are not ours."""

    documents: list[Document]
    problems: list[PolicyscanError]
    skipped: int


class Library:
    """Opens documents for a scan. Documents that others refer to are kept; the rest is the caller's."""

    def __init__(
        self, kinds: Kinds, discovery: Discovery, base: str | os.PathLike[str] = ".",
        read: Callable[[File, Kinds], FileOutcome] | None = None,
    ) -> None:  # fmt: skip
        """`read` gives what a file holds, anew each time that it is asked; by default it is read now."""
        self.kinds = kinds
        self._read = read
        self.discovery = discovery
        self._base = os.path.abspath(base)  # noqa: PTH100 - as in discovery
        self._kept: dict[str, FileDocuments] = {}  # by path
        self.identities: dict[File, tuple[tuple[File, Identity], ...]] = {}
        """What stands for each input that was opened and its parts, where `read` tells it."""
        self.index = DocumentIndex()
        """The documents that were loaded, in this order."""
        self._by_id: dict[Name, Document] = {}
        self._elsewhere: dict[Name, str] = {}
        self._found: dict[Name, Document | None] = {}
        self._looks: dict[Name, str] = {}  # by kind and look: an id
        self._own_folders: dict[str, list[File]] = {}  # by kind
        self._walks: dict[str, Discovery] = {}  # by root
        self._looked_into: set[str] = set()
        self._opened: set[Name] = set()
        self._targets: frozenset[str] | None = None
        self.members_of: set[str] = set()
        """The files, as people see them, that may hold members of a document that was `expect`ed."""
        self._reported = {file.path: file for file in discovery.files}
        self.context_problems: list[PolicyscanError] = []
        """What is wrong with files that were only looked into because others refer to them."""
        self.shared = 0
        """How many of the documents that were opened are defaults for inventories."""
        self.clashes = 0
        """How many documents had an id that another one has too, or one that looks like it."""
        self.unclear = False
        """Whether two documents that others refer to have one id: which counts depends on what came first."""

    def load(self, file: File) -> FileDocuments:
        """The documents of a file, linked to those that they refer to; never raises for bad input."""
        loaded = self._open(file)
        twins = self.index.add(
            file,
            [document.envelope for document in loaded.documents],
            whole=not loaded.problems and not loaded.skipped,
        )
        others = {twin.number for twin in twins}
        documents, problems = [], list(loaded.problems)
        for document in loaded.documents:
            if document.index in others:
                self.clashes += 1
                problems.append(same_id(document, self._again(self.index.ids[document.envelope.name])))
            else:
                documents.append(document)
                link_across(document, self.find)
                problems.extend(self._alike(document))
        return FileDocuments(documents, problems, loaded.skipped)

    def _alike(self, document: Document) -> Iterator[DocumentError]:
        """What is wrong with an id that differs from another one only in what nobody sees, or in case."""
        kind = document.kind.name
        for look in looks(document.id):
            other = self._looks.setdefault(self._look(kind, document.id, look), document.id)
            if other != document.id:
                self.clashes += 1
                yield like_id(document, other, self.index.ids[kind, other].file.shown)
                return

    def _look(self, kind: str, ident: str, look: str) -> Name:
        """What an id is found under by its look: where that is the id itself, as most are, the name that is
        held already."""
        return self.index.ids[kind, ident].name if look == ident else (kind, look)

    def learn(self, file: File, envelopes: Sequence[Envelope], *, whole: bool) -> bool:
        """Take in what `load` found in a file elsewhere, as if it had been loaded here.

        False, with nothing taken in, if an id in it is one that another document has too, or looks like it.
        """
        for one in envelopes:
            first = self.index.ids.get(one.name)
            alike = (self._looks.get((one.kind, look)) for look in looks(one.id))
            if first is not None or any(other not in (None, one.id) for other in alike):
                return False
        self.index.add(file, envelopes, whole=whole)
        for one in envelopes:
            for look in looks(one.id):
                self._looks.setdefault(self._look(one.kind, one.id, look), one.id)
        return True

    @property
    def names(self) -> dict[Name, str]:
        """The documents that others may refer to and that were opened, each with its file."""
        return {name: document.file for name, document in self._by_id.items()}

    def hear(self, names: Mapping[Name, str]) -> None:
        """Take in which documents that others may refer to were opened elsewhere."""
        for name, file in names.items():
            own = self._by_id.get(name)
            first = self._elsewhere.setdefault(name, file if own is None else own.file)
            self.unclear = self.unclear or first != file

    def known(self, kind: str) -> list[str]:
        """The ids of a kind that were met so far, for a guess at what was meant."""
        names = {*self._by_id, *self._elsewhere, *self.index.ids}
        return sorted(ident for of, ident in names if of == kind)

    def _again(self, entry: Entry) -> Document:
        """A document that was read before; it is not kept, so that memory does not grow with the files."""
        number = entry.number
        return next(document for document in self._open(entry.file).documents if document.index == number)

    def twins(self) -> list[PolicyscanError]:
        """Documents that were loaded and that another file of their inventories claims to be as well.

        A file is opened only if its text says one of their ids; what else is wrong with it is not told.
        """
        # A text from standard input without a name may be what is in one of the files.
        known = {name: one for name, one in self.index.ids.items() if one.file.shown != STDIN_SHOWN}
        found: list[PolicyscanError] = []
        for file in self._neighbours() if known else ():
            if file.path in self.index.members:  # a member, of which `load` has told
                continue
            if file.path not in self._kept and not self._may_claim(file, known):
                continue
            for other in self._open(file).documents:
                first = known.get(other.envelope.name)
                if first is not None and other.kind.name not in self.targets:  # of those _open tells
                    found.append(same_id(*self._later_first(self._again(first), other)))
        return found

    def _later_first(self, document: Document, other: Document) -> tuple[Document, Document]:
        """Two documents of one id, of which the one to blame comes first: in a part of a scan the one that
        the whole scan reads later, else the one that was asked for."""
        places = {file.shown: at for at, file in enumerate(self.discovery.in_turn)}
        if document.file in places and places[document.file] < places.get(other.file, -1):
            return other, document
        return document, other

    def _may_claim(self, file: File, known: Collection[Name]) -> bool:
        """Whether a file may hold a document of one of these kinds and ids: a look at its text."""
        try:
            text = glance_at(file)
        except DocumentError:
            return False
        likely = [(kind, ident) for kind, ident in known if ident in text]  # as in next to no file
        names = {kind: self.kinds[kind].shape.ident[-1] for kind, _ in likely if says_kind(text, kind)}
        return any(kind in names and says_id(text, ident, names[kind]) for kind, ident in likely)

    def _neighbours(self) -> Iterator[File]:
        """The files beside those that are reported, in folders that are known to hold inventories."""
        for root in self.discovery.homes:
            for file in self._files_in(root):
                if file.path not in self._reported:
                    yield file

    def find(self, kind: str, ident: str) -> Document | None:
        """The document of a kind with an id, anywhere under the inventory roots; None if there is none."""
        key = (kind, ident)
        if key not in self._found:
            self._found[key] = self._by_name(kind, ident) or self._anywhere(kind, ident)
        return self._found[key]

    def _by_name(self, kind: str, ident: str) -> Document | None:
        """The document in the file of its name in the folder of its kind, `providers/ID.yaml`.

        Nothing else has to be read where people name files so, however many inventories there are.
        """
        if kind not in self._own_folders:
            roots, folder = self.discovery.roots, folder_of(kind)
            walks = [inventory_files(root, self._base, folder, self.kinds) for root in roots]
            self._own_folders[kind] = [file for files in walks for file in files]
        found: Document | None = None
        for file in self._own_folders[kind]:
            if _named(file) == ident:
                # All files of the name, so that two that claim to be the same one are told.
                for document in self._look_into(file).documents:
                    if (document.kind.name, document.id) == (kind, ident):
                        found = found or document
        return found

    def _anywhere(self, kind: str, ident: str) -> Document | None:
        for stage in ("folder", "rest"):
            self._search(kind, stage)
            if (kind, ident) in self._by_id:
                return self._by_id[kind, ident]
        return None

    def _look_into(self, file: File) -> FileDocuments:
        """The documents of a file because others refer to them; what is wrong with it is told once."""
        loaded = self._open(self._reported.get(file.path, file))
        if file.path not in self._reported and file.path not in self._looked_into:
            self.context_problems.extend(loaded.problems)
        self._looked_into.add(file.path)
        return loaded

    def _search(self, kind: str, stage: str) -> None:
        """Open documents of a kind: first those in a folder of its name, then the rest."""
        if (kind, stage) in self._opened:
            return
        self._opened.add((kind, stage))
        for file in self._context():
            expected = in_own_folder(file.path, kind)
            known = file.path in self._kept or file.path in self._looked_into
            if expected == (stage == "folder") and not known and mentions(file, kind):
                self._look_into(file)

    def _context(self) -> list[File]:
        files = {file.path: file for file in self.discovery.files}
        for root in self.discovery.roots:
            for file in self._files_in(root):
                files.setdefault(file.path, file)
        return sorted(files.values(), key=lambda file: file.shown)

    def _files_in(self, root: str) -> list[File]:
        return self._walk(root).files

    def _walk(self, root: str) -> Discovery:
        if root not in self._walks:
            found = look_through(root, self._base, kinds=self.kinds)
            known = [self._reported.get(file.path, file) for file in found.files]
            self._walks[root] = found._replace(files=known)
        return self._walks[root]

    def _are_reported(self, *documents: Document) -> bool:
        """Whether the files of all these documents are reported on."""
        return {document.file for document in documents} <= {file.shown for file in self.discovery.files}

    def _open(self, file: File) -> FileDocuments:
        kept = self._kept.get(file.path)
        if kept is None:
            outcome = (self._read or read_file)(file, self.kinds)
            self.shared += outcome.shared
            if outcome.identities:
                self.identities[file] = outcome.identities
            kept = FileDocuments(outcome.documents(self.kinds), list(outcome.problems), outcome.skipped)
            targets = [document for document in kept.documents if document.kind.name in self.targets]
            for document in targets:
                first = self._by_id.setdefault((document.kind.name, document.id), document)
                self.unclear = self.unclear or first is not document
                if first is not document and not self._are_reported(first, document):
                    self.context_problems.append(same_id(document, first))
            if targets:
                self._kept[file.path] = kept
            for document in targets:
                link_across(document, self.find)
        return kept

    # --- members

    def expect(self, document: Document) -> None:
        """Learn which files hold a document's members, so that they can be taken as they come by."""
        for pattern in patterns(document, *self._around(document)):
            self.members_of.update(file.shown for file in pattern.files)

    def members(
        self, document: Document, has: Callable[[str, str], bool],
        take: Callable[[Document, list[Document]], None],
    ) -> Members:  # fmt: skip
        """The members of a document. Those of which `has(kind, id)` is not true are opened and given to
        `take` with what they refer to, and not kept.
        """
        root, files, lost = self._around(document)
        return gather(
            document,
            patterns(document, root, files, lost),
            lambda file, kind: self._members_in(file, kind, has, take),
            [name for file in files for name in below(file.names, root)],
        )

    def _around(self, document: Document) -> tuple[str, list[File], list[str]]:
        """The folder that a document's patterns are relative to, the files below it, and the paths of what
        could not be read there."""
        file = self.index.ids[document.envelope.name].file
        root = self._root_of(file)
        walks = [self._walk(one).lost for one in self.discovery.roots]
        return root, self._context(), sorted({path for lost in walks for path in lost})

    def _root_of(self, file: File) -> str:
        """The folder of inventories that a file lies in: the nearest one in the root that it was found in."""
        own = folder = os.path.dirname(file.path)  # noqa: PTH120 - as in discovery
        roots = [root for root in self.discovery.roots if lies_in(folder, root)]
        root = max(roots, key=len, default=own)
        while folder != root and not is_home(folder, roots):
            folder = os.path.dirname(folder)  # noqa: PTH120 - as in discovery
        return folder

    def _members_in(
        self, file: File, kind: str, has: Callable[[str, str], bool],
        take: Callable[[Document, list[Document]], None],
    ) -> list[str] | None:  # fmt: skip
        """The ids of a file's documents of a kind; None for a file that cannot be read."""
        held = self.index.members.get(file.path)
        if file.path not in self.index.members or (
            held is not None and not all(has(*one) for one in held if one[0] == kind)
        ):
            loaded = self.load(self._reported.get(file.path, file))
            if file.path not in self._reported and file.path not in self._looked_into:
                self.context_problems.extend(loaded.problems)
                self._looked_into.add(file.path)
            for document in loaded.documents:
                if document.kind.name == kind and not has(kind, document.id):
                    take(document, self.referenced(document))
            held = self.index.members[file.path]
        return None if held is None else [ident for of, ident in held if of == kind]

    @property
    def targets(self) -> frozenset[str]:
        """The kinds whose documents others refer to."""
        if self._targets is None:
            self._targets = frozenset(name for kind in self.kinds for name in kind.targets)
        return self._targets

    def referenced(self, document: Document) -> list[Document]:
        """The documents that this one refers to and that are there."""
        found = (self.find(kind, ident) for kind, ident in sorted(document.envelope.wanted))
        return [one for one in found if one is not None]


def _named(file: File) -> str:
    """What a file is called, of an inventory in a folder of its own this folder."""
    path = os.path.dirname(file.path) + "." if file.parts else file.path  # noqa: PTH120 - as in discovery
    return os.path.basename(path).rpartition(".")[0]  # noqa: PTH119 - as in discovery
