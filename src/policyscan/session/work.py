"""The work that a file is: read it, evaluate its documents, and keep the account of a scan's inputs.

In: files, in the order in which they count. Out: what each document gave, in this order. What a file gave is
a plain value, `Work`, that any process can make. Only what takes all files to know is left to the process
that has the whole account: which of two documents of one id counts, and what members say together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from policyscan.documents.document import Document
from policyscan.documents.envelope import Name
from policyscan.documents.library import Library
from policyscan.engine.plan import Plan
from policyscan.engine.projection import Projector, projector_for
from policyscan.engine.scan import Scanned, scan_document
from policyscan.engine.tables import MemberRows
from policyscan.files.discovery import File
from policyscan.files.identity import Identity
from policyscan.reading.glance import is_workbook
from policyscan.reading.joining import Joined
from policyscan.reading.tree import Tree
from policyscan.records import NamedTuple
from policyscan.session.reader import Found, Reader
from policyscan.store import digest

LOST = "lost"
"""Stands for the work on a file whose process was ended."""


class Work(NamedTuple):
    """What one file gave: what it holds, what each of its documents to report on gave, and what these say as
    members of others (by policy and table). `footing` stands for all texts that it was made from, where that
    was asked for.
    """

    found: Found
    scanned: tuple[Scanned, ...]
    rows: tuple[Mapping[tuple[str, str], MemberRows], ...] = ()
    footing: str = ""


class News(NamedTuple):
    """What a process met that it had not met before: documents that others may refer to, with their files;
    what stands for inputs; and whether something was wrong beside the files that it was given."""

    names: Mapping[Name, str]
    identities: Mapping[File, tuple[tuple[File, Identity], ...]]
    trouble: bool


class Unclear(Exception):
    """What a scan finds depends on the order in which files are read: one process has to read them all."""


class Footing:
    """Tells what stands for the texts that results are made from."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._known: dict[int, str] = {}  # by identity of documents, which the library keeps

    def of(self, texts: Mapping[str, str], wanted: Iterable[Name]) -> str:
        """What stands for the texts of a file and its parts by their names, and for the documents of these
        names with all that those lead to."""
        lines = [f"{file} {digest(text.encode('utf-8', 'surrogatepass'))}" for file, text in texts.items()]
        lines.sort()
        for kind, ident in sorted(wanted):
            found = self._library.find(kind, ident)
            lines.append(f"{kind} {ident} {'' if found is None else self._digest(found)}")
        return digest("\n".join(lines).encode("utf-8", "surrogatepass"))

    def _digest(self, document: Document) -> str:
        known = self._known.get(id(document))
        if known is None:
            lines = sorted(
                f"{part.source.file} {part.index} {part.source.text}"
                for one in reached(document)
                for part in parts(one)
            )
            known = digest(*(line.encode("utf-8", "surrogatepass") for line in lines))
            self._known[id(document)] = known
        return known


def parts(document: Document) -> Sequence[Tree]:
    """The trees that a document was made of, each of one file."""
    return document.tree.parts if isinstance(document.tree, Joined) else (document.tree,)


def reached(document: Document) -> Iterator[Document]:
    """A document and all that it leads to."""
    pending, seen = [document], {id(document)}
    while pending:
        one = pending.pop()
        yield one
        linked = [other for other in one.links if id(other) not in seen]
        seen.update(map(id, linked))
        pending.extend(linked)


class Worker:
    """Works on one file after the other, in any process."""

    def __init__(self, reader: Reader, plan: Plan, *, footing: bool = False) -> None:
        """`footing`: what each file gives is to say what it was made from."""
        self.reader = reader
        self.footing = Footing(reader.library) if footing else None
        self.plan = plan
        self.projector = projector_for(plan, reader)
        self.witness: Callable[[Found, Iterable[Document]], None] | None = None
        """Is told of each file what it holds, and which documents it was made from."""
        self._told = 0, 0

    def work(self, file: File) -> Work | None:
        """What a file gives; None if only the process that knows of all files can tell."""
        library = self.reader.library
        before = library.clashes
        try:
            found, documents = self.reader.read(file)
            if library.clashes > before or any(one.kind.name in self.reader.last for one, _ in documents):
                return None
            scanned, rows = [], []
            for document, context in documents:
                scanned.append(scan_document(document, self.plan, context, self.projector))
                rows.append(self.projector.give(document) if self.projector is not None else {})
        except Exception:  # whatever it is, it is told where the file is read again
            return None
        if self.witness is not None:
            self.witness(
                found, {id(one): one for document, _ in documents for one in reached(document)}.values()
            )
        return Work(found, tuple(scanned), tuple(rows) if any(rows) else (), self._footing(found, documents))

    def _footing(self, found: Found, documents: Sequence[tuple[Document, object]]) -> str:
        if self.footing is None or not documents:
            return ""
        trees = [tree for document, _ in documents for tree in parts(document)]
        if any(tree.is_lent or is_workbook(tree.source.file) for tree in trees):
            return ""  # it rests on a file of defaults, or on one that is no text
        wanted = {name for envelope in found.envelopes for name in envelope.wanted}
        return self.footing.of({tree.source.file: tree.source.text for tree in trees}, wanted)

    def news(self) -> News:
        """What was met since this was last asked."""
        library = self.reader.library
        names, identities = library.names, library.identities
        before, self._told = self._told, (len(names), len(identities))
        return News(
            dict(islice(names.items(), before[0], None)),
            dict(islice(identities.items(), before[1], None)),
            library.unclear or bool(library.context_problems),
        )


def hear(reader: Reader, news: News) -> None:
    """Take what another process met into the account; raises Unclear if that takes the whole account."""
    reader.library.hear(news.names)
    for file, identity in news.identities.items():
        reader.library.identities.setdefault(file, identity)
    if news.trouble or reader.library.unclear:
        raise Unclear


def account(
    works: Iterable[tuple[File, Work | str | None]], reader: Reader, plan: Plan, projector: Projector | None,
    only: str | None = None,
) -> Iterator[Scanned]:  # fmt: skip
    """What each document gave, in the order of the files; those that have members come last.

    `works` are the files in order with what each gave elsewhere: LOST, or None for one that is still to be
    read. `only` evaluates nothing but what is in the file that people see as this.
    """
    held: list[tuple[Document, list[Document]]] = []
    for file, work in works:
        if isinstance(work, str):
            reader.lose(file)
        elif work is not None and _learned(file, work, reader):
            _put(work, projector)
            yield from work.scanned
        else:
            for document, context in reader.documents_in(file):
                if document.kind.name in reader.last:
                    reader.library.expect(document)
                    held.append((document, context))
                elif only in (None, document.file):
                    yield scan_document(document, plan, context, projector)
    for document, context in held:
        if only in (None, document.file):
            yield scan_document(document, plan, context, projector)


def _learned(file: File, work: Work, reader: Reader) -> bool:
    found = work.found._replace(file=file)  # the same, and held already
    if not reader.library.learn(file, found.envelopes, whole=not found.problems and not found.skipped):
        return False
    reader.note(found)
    return True


def _put(work: Work, projector: Projector | None) -> None:
    if projector is not None:
        for one, rows in zip(work.found.cited, work.rows, strict=False):
            projector.put(one.envelope.kind, one.envelope.id, rows)
