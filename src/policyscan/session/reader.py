"""The documents of a scan, read one by one, with those that they refer to.

In: paths, settings and kinds. Out: documents, each with its context, and at the end what was wrong with the
others, in words that reports and commands show as they are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence

from policyscan.config import Config
from policyscan.documents.document import Document
from policyscan.documents.envelope import in_own_folder
from policyscan.documents.library import Library
from policyscan.documents.members import Members
from policyscan.documents.opening import read_identified
from policyscan.errors import DocumentError, PolicyscanError, UsageError
from policyscan.files.discovery import STDIN, Discovery, File, as_source, discover
from policyscan.files.identity import Checkout, Identity, checkout
from policyscan.kinds.kinds import Kinds
from policyscan.reading.glance import says_id, says_kind
from policyscan.reading.suggest import did_you_mean
from policyscan.session.options import Inputs, Spelling, option

_MOST_NAMED = 5


class Reader:
    """Reads the documents of a scan one by one, and keeps what is wrong with the others."""

    def __init__(
        self, kinds: Kinds, discovery: Discovery, clients: Sequence[str] = (), last: Collection[str] = (),
        *, identity: bool = False,
    ) -> None:  # fmt: skip
        """`clients` are the ids to report on, all if there are none; `last` the kinds that come last.
        `identity` asks for what stands for each input."""
        self.library = Library(kinds, discovery, read=read_identified if identity else None)
        self.last = last
        self.discovery = discovery
        self.clients = frozenset(clients)
        self.problems: list[PolicyscanError] = list(discovery.problems)
        self.skipped = discovery.led_out
        self.files = 0
        self.ids: set[str] = set()
        self._told: set[str] = set()
        self._context: set[str] = set()
        self._sought: set[str] = set()
        self._nowhere: set[str] = set()  # notes of references to documents that are in no inventory
        self._referred: set[tuple[str, str]] = set()  # kind and id

    def documents(self) -> Iterator[tuple[Document, list[Document]]]:
        """Each document to report on, with those that it refers to; those that have members after them."""
        held: list[tuple[Document, list[Document]]] = []
        for file in self._in_turn():
            loaded = self.library.load(file)
            self.files += 1
            self.problems.extend(loaded.problems)
            self.skipped += loaded.skipped
            for document in loaded.documents:
                self.ids.add(document.id)
                if not self.clients or document.id in self.clients:
                    context = self.library.referenced(document)
                    self._told.add(file.shown)
                    self._context.update(one.file for one in context)
                    others = document.envelope.wanted
                    self._referred |= others
                    self._note_nowhere(document, others - {(one.kind.name, one.id) for one in context})
                    self._sought |= {ident for _, ident in others} - {one.id for one in context}
                    if document.kind.name in self.last:
                        self.library.expect(document)
                        held.append((document, context))
                    else:
                        yield document, context
        yield from held

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
        for file, identity in self.library.identities.items():
            own = file.shown in self._told or file.shown in self._context
            if not self.clients or own or file.shown in self.library.members_of:
                yield file, identity

    def _in_turn(self) -> list[File]:
        """The files to read: first those in folders of the kinds that have members, so that it is known who
        these are when they come by."""

        def late(file: File) -> bool:
            return not any(in_own_folder(file.path, kind) for kind in self.last)

        return sorted(self.discovery.files, key=late)

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

    def _note_nowhere(self, document: Document, missing: Collection[tuple[str, str]]) -> None:
        """Remember what a document refers to and no inventory is: all that rests on it is unknown."""
        for container, key, ident, _ in document.outward if missing else ():
            for kind in sorted(kind for kind, name in missing if name == ident):
                guess = did_you_mean(ident, self.library.known(kind))
                place = document.place_of(container, key)
                words = f"{place}: no inventory is the {kind} {ident}, which this refers to"
                self._nowhere.add(f"{words}: {guess}" if guess else words)

    def unread(self) -> Iterator[str]:
        """What was passed over without a look, for someone who wonders where an inventory is."""
        count, names = self.discovery.ignored, self.discovery.left_out
        shown = ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")
        which = f": {shown}" if shown else ""
        if count == 1:
            yield f"a file or folder that a .gitignore excludes was not read{which}"
        elif count:
            yield f"{count} files or folders that a .gitignore excludes were not read{which}"
        yield from self.discovery.notes
        yield from sorted(self._nowhere)
        if not self.ids and not self.problems:
            yield "hidden files and folders are not read"

    def all_problems(self) -> list[PolicyscanError]:
        """The problems to report once all documents are read, those of files read as context too.

        Where only some inventories are asked for, a file that holds none of them is no one's business, unless
        it may hold what one of them refers to, or one of them a second time.
        """
        problems = [*self.problems, *self.library.twins(), *self.library.context_problems]
        if not self.clients:
            return problems
        bad = {problem.at.file for problem in problems if problem.at is not None}
        files = (file for file in self.discovery.files if file.shown in bad)
        strangers = {file.shown for file in files if not self._concerns(file)}
        return [p for p in problems if p.at is None or p.at.file not in strangers]

    def _concerns(self, file: File) -> bool:
        if file.shown in self._told or file.shown in self.library.members_of:
            return True
        try:
            text = as_source(file).text
        except DocumentError:
            return False
        return any(ident in text for ident in self._sought) or any(
            says_id(text, ident)
            for ident in (*self.clients, *(id_ for kind, id_ in self._referred if says_kind(text, kind)))
        )


def find_files(inputs: Inputs, config: Config, spelt: Spelling = option) -> Discovery:
    """The files that a command is about; names that people see are relative to the current folder."""
    here = os.getcwd()
    configured = [os.path.relpath(os.path.join(config.root, written), here) for written in config.inventories]
    if inputs.stdin_filename is not None and STDIN not in inputs.paths:
        message = f"{spelt('stdin_filename')} names standard input, which is not read"
        raise UsageError(message, hint="add - to the paths")
    return discover(
        inputs.paths,
        base=here,
        configured=configured,
        stdin=inputs.stdin,
        stdin_filename=inputs.stdin_filename,
    )
