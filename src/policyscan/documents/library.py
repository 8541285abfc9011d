"""The documents of one scan: those that are reported, and those that they refer to."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple

from policyscan.documents import limits
from policyscan.documents.discovery import (
    STDIN_SHOWN,
    Discovery,
    File,
    as_source,
    inventory_files,
    is_home,
    lies_in,
    look_through,
)
from policyscan.documents.document import Document, duplicate_id
from policyscan.documents.kinds import Kinds
from policyscan.documents.members import Members, below, gather, patterns
from policyscan.documents.reading import read_text
from policyscan.documents.references import link_across, wanted
from policyscan.documents.text import top
from policyscan.documents.tree import Tree
from policyscan.errors import DocumentError, PolicyscanError, Problems
from policyscan.source import Source

_VERSION = "schema_version"
# Where a document may say its kind, in blocks, in braces and in JSON; what looks like it does no harm.
_KIND = re.compile(r"""(?:^|[{,])[ \t]*["']?kind["']?[ \t]*:[ \t\r\n]{0,9}["']?([\w-]+)""", re.MULTILINE)


class Loaded(NamedTuple):
    """What one file holds: documents, what is wrong with it, and how many documents are not ours."""

    documents: list[Document]
    problems: list[PolicyscanError]
    skipped: int


class Library:
    """Opens documents for a scan. Documents that others refer to are kept; the rest is the caller's."""

    def __init__(self, kinds: Kinds, discovery: Discovery, base: str | os.PathLike[str] = ".") -> None:
        self.kinds = kinds
        self.discovery = discovery
        self._base = os.path.abspath(base)  # noqa: PTH100 - as in discovery
        self._kept: dict[str, Loaded] = {}  # by path
        self._seen: dict[tuple[str, str], tuple[File, int]] = {}
        self._by_id: dict[tuple[str, str], Document] = {}
        self._found: dict[tuple[str, str], Document | None] = {}
        self._own_folders: dict[str, list[File]] = {}  # by kind
        self._walks: dict[str, Discovery] = {}  # by root
        self._looked_into: set[str] = set()
        self._opened: set[tuple[str, str]] = set()
        self._targets: frozenset[str] | None = None
        self._held: dict[str, tuple[tuple[str, str], ...] | None] = {}  # by path; None for a broken file
        self.members_of: set[str] = set()
        """The files, as people see them, that may hold members of a document that was `expect`ed."""
        self._reported = {file.path: file for file in discovery.files}
        self._shown = {file.shown for file in discovery.files}
        self.context_problems: list[PolicyscanError] = []
        """What is wrong with files that were only looked into because others refer to them."""

    def load(self, file: File) -> Loaded:
        """The documents of a file, linked to those that they refer to; never raises for bad input."""
        loaded = self._open(file)
        documents, problems = [], list(loaded.problems)
        for document in loaded.documents:
            this = (file, document.index)
            first = self._seen.setdefault((document.kind.name, document.id), this)
            if first == this:
                documents.append(document)
                link_across(document, self.find)
            else:
                problems.append(duplicate_id(document, self._again(*first)))
        whole = not problems and not loaded.skipped
        self._held[file.path] = tuple((one.kind.name, one.id) for one in documents) if whole else None
        return Loaded(documents, problems, loaded.skipped)

    def _again(self, file: File, index: int) -> Document:
        """A document that was read before; it is not kept, so that memory does not grow with the files."""
        return next(document for document in self._open(file).documents if document.index == index)

    def twins(self) -> list[PolicyscanError]:
        """Documents that were loaded and that another file of their inventories claims to be as well.

        A file is opened only if its text says one of their ids; what else is wrong with it is not told.
        """
        # A text from standard input without a name may be what is in one of the files.
        known = {key: first for key, first in self._seen.items() if first[0].shown != STDIN_SHOWN}
        found: list[PolicyscanError] = []
        for file in self._neighbours() if known else ():
            if file.path in self._held:  # a member, of which `load` has told
                continue
            if file.path not in self._kept and not self._may_claim(file, known):
                continue
            for other in self._open(file).documents:
                first = known.get((other.kind.name, other.id))
                if first is not None and other.kind.name not in self.targets:  # of those _open tells
                    found.append(duplicate_id(self._again(*first), other))
        return found

    def _may_claim(self, file: File, known: Collection[tuple[str, str]]) -> bool:
        """Whether a file may hold a document of one of these kinds and ids: a look at its text."""
        try:
            text = as_source(file).text
        except DocumentError:
            return False
        names = {kind: self.kinds[kind].shape.ident[-1] for kind in self.kinds.names if says_kind(text, kind)}
        return any(
            kind in names and ident in text and says_id(text, ident, names[kind]) for kind, ident in known
        )

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
            walks = [inventory_files(root, self._base, f"{kind}s") for root in self.discovery.roots]
            self._own_folders[kind] = [file for files in walks for file in files]
        found: Document | None = None
        for file in self._own_folders[kind]:
            if os.path.basename(file.path).rpartition(".")[0] == ident:  # noqa: PTH119 - as in discovery
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

    def _look_into(self, file: File) -> Loaded:
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
            expected = f"{os.sep}{kind}s{os.sep}" in file.path
            known = file.path in self._kept or file.path in self._looked_into
            if expected == (stage == "folder") and not known and _mentions(file, kind):
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
            self._walks[root] = look_through(root, self._base)
        return self._walks[root]

    def _open(self, file: File) -> Loaded:
        kept = self._kept.get(file.path)
        if kept is None:
            kept = open_file(file, self.kinds)
            targets = [document for document in kept.documents if document.kind.name in self.targets]
            for document in targets:
                first = self._by_id.setdefault((document.kind.name, document.id), document)
                if first is not document and not self._shown >= {first.file, document.file}:
                    self.context_problems.append(duplicate_id(document, first))
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
        `take` with what they refer to, and not kept. What is wrong with a pattern is added to the
        document's issues.
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
        file, _ = self._seen[document.kind.name, document.id]
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
        held = self._held.get(file.path)
        if file.path not in self._held or (
            held is not None and not all(has(*one) for one in held if one[0] == kind)
        ):
            loaded = self.load(self._reported.get(file.path, file))
            if file.path not in self._reported and file.path not in self._looked_into:
                self.context_problems.extend(loaded.problems)
                self._looked_into.add(file.path)
            for document in loaded.documents:
                if document.kind.name == kind and not has(kind, document.id):
                    take(document, self.referenced(document))
            held = self._held[file.path]
        return None if held is None else [ident for of, ident in held if of == kind]

    @property
    def targets(self) -> frozenset[str]:
        """The kinds whose documents others refer to."""
        if self._targets is None:
            self._targets = frozenset(name for kind in self.kinds for name in kind.targets)
        return self._targets

    def referenced(self, document: Document) -> list[Document]:
        """The documents that this one refers to and that are there."""
        found = (self.find(kind, ident) for kind, ident in sorted(wanted(document)))
        return [one for one in found if one is not None]


def open_file(file: File, kinds: Kinds) -> Loaded:
    """The documents of a file by themselves, not yet linked to others."""
    try:
        source = as_source(file)
    except DocumentError as problem:
        return _unreadable(file, problem)
    if not file.strict and not _may_be_ours(source.text, kinds):
        return Loaded([], [], 1)
    return open_text(source, kinds, strict=file.strict)


def open_text(source: Source, kinds: Kinds, *, strict: bool = True) -> Loaded:
    """The documents of a text by themselves, not yet linked to others."""
    trees, found = read_text(source)
    problems: list[PolicyscanError] = list(found)
    documents: list[Document] = []
    skipped = 0
    for tree in trees:
        try:
            document = open_tree(tree, kinds, strict=strict)
        except Problems as several:
            problems.extend(several.problems)
        except PolicyscanError as problem:
            problems.append(problem)
        else:
            documents.extend([document] if document is not None else [])
            skipped += document is None
    if not trees and not problems:
        if strict:
            problems.append(_empty(source))
        else:
            skipped += 1
    return Loaded(documents, problems, skipped)


def open_tree(tree: Tree, kinds: Kinds, *, strict: bool) -> Document | None:
    """The document of a tree; None if it is not ours and need not be; raises PolicyscanError."""
    value = tree.value
    if not isinstance(value, dict):
        if not strict:
            return None
        message = "this is not an inventory: it has no keys and values"
        raise DocumentError(
            message, at=tree.root_span(), hint="start with schema_version: 1 and kind: client"
        )
    kind, version = value.get("kind"), value.get(_VERSION)
    if kind is None or version is None:
        _not_ours(tree, kinds, strict=strict)
        return None
    if not isinstance(kind, str) or kind not in kinds:
        from policyscan.documents.validation import unknown_word

        message, hint = unknown_word(kind, kinds.names, "known kind of inventory")
        raise DocumentError(message, at=tree.span_of(value, "kind"), hint=hint)
    return kinds[kind].decode(tree)


def _not_ours(tree: Tree, kinds: Kinds, *, strict: bool) -> None:
    """Decide about a document that lacks `kind` or `schema_version`: an error, or somebody else's file."""
    value: dict[str, Any] = tree.value
    kind = value.get("kind")
    blank = tree.blanks.get(id(value), [])
    if not strict and _VERSION not in value and _VERSION not in blank:
        known = isinstance(kind, str) and kind in kinds
        # Policies and other tools' files have a kind too.
        if not known or not (set(kinds[str(kind)].shape.required) - {"kind"}) & value.keys():
            return
    missing = [key for key in (_VERSION, "kind") if value.get(key) is None]
    near = _misspelt(value, missing)
    if near is not None:
        wrong, right = near
        raise DocumentError(
            f"the key {wrong} is not known here",
            at=tree.key_span_of(value, wrong),
            hint=f"did you mean {right}?",
        )
    key = missing[0]
    written = key in value or key in blank
    at = tree.key_span_of(value, key) if written else tree.root_span()
    state = "is blank" if key in blank else "is null" if written else "is missing"
    hint = (
        "write schema_version: 1" if key == _VERSION else f"write kind: and one of {', '.join(kinds.names)}"
    )
    both = " (and kind is, too)" if len(missing) > 1 and not written else ""
    message = f"this is not an inventory: {key} {state}{both}"
    raise DocumentError(message, at=at, hint=hint)


def _misspelt(value: dict[str, Any], missing: list[str]) -> tuple[str, str] | None:
    from policyscan.documents.suggest import nearest

    for key in missing:
        if key not in value:
            near = nearest(key, [name for name in value if name not in {"kind", _VERSION}])
            if near is not None and near != key:
                return near, key
    return None


def _empty(source: Source) -> DocumentError:
    what = "only comments" if source.text.strip() else "nothing"
    return DocumentError(
        f"this file holds {what}: no inventory was read",
        at=top(source.file),
        hint="fill it in (policyscan init shows how), or delete it",
    )


def _unreadable(file: File, problem: DocumentError) -> Loaded:
    """A file that could not be read: an error, unless it cannot be an inventory of ours."""
    if not file.strict:
        try:
            size = os.stat(file.path).st_size  # noqa: PTH116 - as in text.py
            with open(file.path, "rb") as opened:  # noqa: PTH123 - as in text.py
                ours = _VERSION.encode() in opened.read(limits.MAX_BYTES)
        except OSError:
            ours, size = True, 0
        if size > limits.MAX_BYTES or not ours:
            return Loaded([], [], 1)
    return Loaded([], [problem], 0)


def _may_be_ours(text: str, kinds: Kinds) -> bool:
    """Whether a text is worth parsing although nobody said that it is an inventory."""
    return _VERSION in text or any(match[1] in kinds for match in _KIND.finditer(text))


def _mentions(file: File, kind: str) -> bool:
    """Whether a file may hold a document of a kind: a look at its text, much cheaper than parsing it."""
    try:
        text = as_source(file).text
    except DocumentError:
        return False
    return says_kind(text, kind)


def says_id(text: str, ident: str, name: str = "id") -> bool:
    """Whether a text may hold a document with an id."""
    pattern = rf"""\b{re.escape(name)}["']?\s*:\s*["']?{re.escape(ident)}(?![\w.@+:-])"""
    return re.search(pattern, text) is not None


def says_kind(text: str, kind: str) -> bool:
    """Whether a text may hold a document of a kind."""
    return kind in text and any(match[1] == kind for match in _KIND.finditer(text))
