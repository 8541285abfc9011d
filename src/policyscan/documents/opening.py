"""Opening: the documents that the text of one file holds, each by itself, and all that is wrong with it.

In comes a file and the kinds; out comes a `FileOutcome`, a plain value that any process can make. A document
whose sections stand in several files is assembled from their trees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from policyscan.cel.clock import is_zone
from policyscan.cel.values import Date
from policyscan.documents.document import Document
from policyscan.documents.earning import STATEMENTS, issues
from policyscan.documents.envelope import AS_OF, CURRENCY, KIND, TIME_ZONE, VERSION, Envelope, envelope_of
from policyscan.documents.references import link_within
from policyscan.errors import DocumentError, PolicyscanError, Problems
from policyscan.files.discovery import WAIVERS, File, as_content, as_source, beside
from policyscan.files.folders import is_table
from policyscan.files.identity import Identity
from policyscan.kinds.decoding import Facts, Invalid
from policyscan.kinds.kinds import Kind, Kinds
from policyscan.kinds.shapes import EDITORS_KEY
from policyscan.reading.glance import is_workbook, kinds_said, says_kind
from policyscan.reading.joining import Joined, join
from policyscan.reading.reading import read_text, reading_notes
from policyscan.reading.text import TOO_LARGE, read_bytes, top
from policyscan.reading.tree import Tree
from policyscan.records import NamedTuple
from policyscan.source import Source

DEFAULTS = "defaults"
DEFAULTS_FOR = "defaults_for"
_LFS = "version https://git-lfs.github.com/spec/"


class DocumentContent:
    """One document of a file, decoded and by itself: its envelope, its tree, and what decoding found out.

    It can be pickled until a document is made of it, which uses it up.
    """

    __slots__ = ("envelope", "facts", "tree")

    def __init__(self, envelope: Envelope, tree: Tree, facts: Facts) -> None:
        self.envelope = envelope
        self.tree = tree
        self.facts = facts

    def __reduce__(self) -> Any:
        containers = self.tree.containers()
        return _content, (self.envelope, self.tree, containers, self.facts.taken_apart(containers))

    def document(self, kinds: Kinds) -> Document:
        """The document, its references within it followed."""
        return _document(kinds[self.envelope.kind], self)


def _content(
    envelope: Envelope, tree: Tree, containers: list[Any], facts: tuple[Any, ...]
) -> DocumentContent:
    return DocumentContent(envelope, tree, Facts.together(tree.blanks, containers, facts))


class FileOutcome(NamedTuple):
    """What one file holds: documents, what is wrong with it, and how many documents are not ours.

    A plain value that depends on nothing but the file and the kinds, and can be pickled. `notes` are what
    people should know about how it was read. `identities` stand for the bytes that were read, each with its
    file, where that was asked for and the file is an inventory or may be one. `shared` are how many documents
    are defaults for inventories.
    """

    contents: tuple[DocumentContent, ...] = ()
    problems: tuple[PolicyscanError, ...] = ()
    skipped: int = 0
    notes: tuple[str, ...] = ()
    identities: tuple[tuple[File, Identity], ...] = ()
    shared: int = 0

    @property
    def whole(self) -> bool:
        """Whether everything in the file is a document of ours, and nothing in it is wrong."""
        return not self.problems and not self.skipped

    @property
    def envelopes(self) -> tuple[Envelope, ...]:
        """What each document says about itself."""
        return tuple(content.envelope for content in self.contents)

    def documents(self, kinds: Kinds) -> list[Document]:
        """The documents by themselves, not yet linked to others; only once, as that uses the contents up."""
        return [content.document(kinds) for content in self.contents]


def read_file(file: File, kinds: Kinds) -> FileOutcome:
    """What a file holds, in any process; never raises for bad input."""
    return _read_file(file, kinds, None)


def read_identified(file: File, kinds: Kinds) -> FileOutcome:
    """As `read_file`, with what stands for the bytes that were read."""
    met: list[tuple[File, Identity]] = []
    outcome = _read_file(file, kinds, met)
    is_input = bool(outcome.contents or outcome.problems)
    return outcome._replace(identities=tuple(met)) if is_input else outcome


def _read_file(file: File, kinds: Kinds, met: list[tuple[File, Identity]] | None) -> FileOutcome:
    if is_table(file.path):
        return FileOutcome(problems=(_lone_table(file),))
    try:
        source = _source(file, met)
    except DocumentError as problem:
        return _unreadable(file, problem)
    if not file.strict and not _may_be_ours(source.text, kinds):
        return FileOutcome(skipped=1)
    if file.parts:
        return _read_folder(file, source, kinds, met)
    return read_source(source, kinds, strict=file.strict, file=file, met=met)


def _source(file: File, met: list[tuple[File, Identity]] | None) -> Source:
    """The text of a file; what stands for its bytes is added to `met`."""
    if met is None:
        return as_source(file)
    content = as_content(file)
    met.append((file, Identity.of(content.data)))
    return content.source()


def _read_folder(
    file: File, source: Source, kinds: Kinds, met: list[tuple[File, Identity]] | None
) -> FileOutcome:
    """What an inventory in several files holds: one document, or all that is wrong with any of them."""
    trees, found = _only_one(source)
    problems: list[PolicyscanError] = list(found)
    kind: Kind | None = None
    try:
        kind = kind_of(trees[0], kinds, strict=True) if trees else None
    except PolicyscanError as wrong:
        problems += wrong.problems
    sound = not problems
    for part in file.parts:
        try:
            if is_workbook(part.path):
                more, found = _read_workbook(part, kind, met)
            elif is_table(part.path):
                more, found = _read_table(_source(part, met), kind)
            else:
                more, found = _only_one(_source(part, met))
                sound = sound and not found
        except DocumentError as problem:
            more, found, sound = [], [problem], False
        sound = sound and bool(more)
        trees += more
        problems += found
    contents: list[DocumentContent] = []
    try:
        # What is wrong with cells keeps nobody from telling what is wrong with the others.
        if sound and kind is not None:
            contents = [assemble(trees, kinds, _defaults_of(trees, file, kind, met))]
    except PolicyscanError as wrong:
        told = {problem.at for problem in problems}
        problems += [problem for problem in wrong.problems if problem.at not in told]
    problems.sort(key=lambda problem: problem.at or ())
    return FileOutcome(tuple(contents) if not problems else (), tuple(problems), 0, reading_notes())


def _read_table(source: Source, kind: Kind | None) -> tuple[list[Tree], list[DocumentError]]:
    from policyscan.documents.tables import read_table

    return read_table(source, kind) if kind is not None else ([], [])


def _read_workbook(
    file: File, kind: Kind | None, met: list[tuple[File, Identity]] | None
) -> tuple[list[Tree], list[DocumentError]]:
    from policyscan.documents.tables import read_workbook

    content = as_content(file)
    if met is not None:
        met.append((file, Identity.of(content.data)))
    return read_workbook(content, kind) if kind is not None else ([], [])


def _only_one(source: Source) -> tuple[list[Tree], list[DocumentError]]:
    """The tree of a file of an inventory that has several files: each of these may hold no more than one."""
    trees, problems = _read(source)
    if not trees and not problems:
        problems = [_empty(source)]
    for tree in trees[1:]:
        message = "a second document begins here, but this folder is one inventory"
        hint = "give it a file of its own outside of this folder"
        problems.append(DocumentError(message, at=tree.root_span(), hint=hint))
    return trees[:1], problems


def read_source(
    source: Source, kinds: Kinds, *, strict: bool = True, file: File | None = None,
    met: list[tuple[File, Identity]] | None = None,
) -> FileOutcome:  # fmt: skip
    """What a text holds; `strict` if whatever in it is no inventory is an error.

    `file` is where it stands; without it nobody knows where defaults are that it names, and none are taken.
    """
    trees, found = _read(source)
    problems: list[PolicyscanError] = list(found)
    contents: list[DocumentContent] = []
    skipped = shared = 0
    for tree in trees:
        try:
            if is_defaults(tree):
                shared += 1
                problems.extend(_wrong_defaults(tree, kinds))
                continue
            kind = kind_of(tree, kinds, strict=strict)
            if kind is not None and file is not None and DEFAULTS in tree.value:
                contents.append(assemble([tree], kinds, _defaults_of([tree], file, kind, met)))
                continue
            contents.extend([decoded(kind, tree)] if kind is not None else [])
            skipped += kind is None
        except Problems as several:
            problems.extend(several.problems)
        except PolicyscanError as problem:
            problems.append(problem)
    if not trees and not problems:
        if strict:
            problems.append(_empty(source))
        else:
            skipped += 1
    return FileOutcome(tuple(contents), tuple(problems), skipped, reading_notes(), shared=shared)


def _read(source: Source) -> tuple[list[Tree], list[DocumentError]]:
    """The trees of a text, without what they tell editors."""
    trees, problems = read_text(source)
    for tree in trees:
        if tree.value.__class__ is dict:
            tree.value.pop(EDITORS_KEY, None)
    return trees, problems


def assemble(parts: Sequence[Tree], kinds: Kinds, defaults: Defaults | None = None) -> DocumentContent:
    """The document whose sections stand in several trees, of several files; raises Problems.

    One of the parts says the kind, which need not be the first: the order of the parts means nothing.
    `defaults` say what they leave out.
    """
    tree = join(parts, defaults.lend if defaults is not None else None)
    kind = kind_of(tree, kinds, strict=True)
    if kind is None:
        raise LookupError(tree.source.file)
    return decoded(kind, tree)


def kind_of(tree: Tree, kinds: Kinds, *, strict: bool) -> Kind | None:
    """The kind that a tree says it is of; None if it is not ours and need not be; raises PolicyscanError."""
    value = tree.value
    if not isinstance(value, dict):
        if not strict:
            return None
        raise _no_mapping(tree)
    kind, version = value.get("kind"), value.get(VERSION)
    if kind is None or version is None:
        _not_ours(tree, kinds, strict=strict)
        return None
    if kind == WAIVERS and kind not in kinds:
        raise _misplaced(tree)
    if not isinstance(kind, str) or kind not in kinds:
        from policyscan.kinds.validation import unknown_word

        message, hint = unknown_word(kind, kinds.names, "known kind of inventory")
        raise DocumentError(message, at=tree.span_of(value, "kind"), hint=hint)
    return kinds[kind]


def _not_ours(tree: Tree, kinds: Kinds, *, strict: bool) -> None:
    """Decide about a document that lacks `kind` or `schema_version`: an error, or somebody else's file."""
    value: dict[str, Any] = tree.value
    kind = value.get("kind")
    blank = tree.blanks.get(id(value), [])
    if not strict and VERSION not in value and VERSION not in blank:
        known = isinstance(kind, str) and kind in kinds
        # Policies and other tools' files have a kind too.
        if not known or not (set(kinds[str(kind)].shape.required) - {"kind"}) & value.keys():
            return
    missing = [key for key in (VERSION, "kind") if value.get(key) is None]
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
    state = "is blank" if key in blank else "has no value" if written else "is missing"
    hint = "write schema_version: 1" if key == VERSION else f"write kind: and one of {', '.join(kinds.names)}"
    both = " (and kind is, too)" if len(missing) > 1 and not written else ""
    message = f"this is not an inventory: {key} {state}{both}"
    raise DocumentError(message, at=at, hint=hint)


def _misplaced(tree: Tree) -> DocumentError:
    """What is wrong with waivers for several inventories where nobody looks for them."""
    message = "these waivers have no effect: their file does not stand where waivers are looked for"
    hint = "call it waivers.yaml, or put it into a folder waivers, in the folder of the inventories"
    return DocumentError(message, at=tree.span_of(tree.value, "kind"), hint=hint)


def _no_mapping(tree: Tree) -> DocumentError:
    """What is wrong with a document that has no keys."""
    message, hint = (
        "this is not an inventory: it has no keys and values",
        "start with schema_version: 1 and kind: client",
    )
    if isinstance(tree.value, list):
        message, hint = "this is a list, not an inventory", "give each inventory a file of its own"
    elif tree.source.text.startswith(_LFS):
        message = "this file is in Git LFS, and only its pointer is here"
        hint = "run `git lfs pull`, in GitHub Actions: lfs: true for actions/checkout"
    return DocumentError(message, at=tree.root_span(), hint=hint)


def _misspelt(value: dict[str, Any], missing: list[str]) -> tuple[str, str] | None:
    from policyscan.cel.spelling import nearest

    for key in missing:
        if key not in value:
            near = nearest(key, [name for name in value if name not in {"kind", VERSION}])
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


class Defaults(NamedTuple):
    """A file of defaults for a kind, and the day on which it was true."""

    source: Source
    kind: Kind
    as_of: Date

    def lend(self, parts: Sequence[Tree]) -> Tree:
        """What the parts of an inventory leave out and the file says, put into them; the tree of it."""
        from policyscan.kinds.defaults import lend

        (tree,), _ = _read(self.source)
        return lend(parts, tree, self.kind.shape, self.as_of)


def is_defaults(tree: Tree) -> bool:
    """Whether a document says that it is one of defaults."""
    return tree.value.__class__ is dict and DEFAULTS_FOR in tree.value and KIND not in tree.value


def _defaults_of(
    parts: Sequence[Tree], file: File, kind: Kind, met: list[tuple[File, Identity]] | None
) -> Defaults | None:
    """The defaults that an inventory names; raises DocumentError where it does if they cannot be used."""
    part = next((part for part in parts if DEFAULTS in part.value), None)
    written = part.value[DEFAULTS] if part is not None else None
    if part is None or not isinstance(written, str) or not _takes_defaults(kind):
        return None
    at = part.span_of(part.value, DEFAULTS)
    found = beside(file, written)
    if found is None:
        message = f"{written} leads out of the folder of inventories"
        raise DocumentError(message, at=at, hint="put the file of defaults below it, such as in plans/")
    try:
        source = _source(found, met)
        trees, problems = _only_one(source)
        if not problems and not is_defaults(trees[0]):
            raise DocumentError(f"it does not say {DEFAULTS_FOR}: {kind.name}", at=top(found.shown))
        wrong = problems or _wrong_defaults(trees[0], {kind.name: kind})
    except DocumentError as problem:
        wrong = [problem]
    if wrong:
        message = f"the defaults in {found.shown} cannot be used: {wrong[0].message} ({wrong[0].at})"
        raise DocumentError(message, at=at, hint=wrong[0].hint)
    (tree,), _ = _read(source)
    return Defaults(source, kind, Date.parse(tree.value[AS_OF]))


def _takes_defaults(kind: Kind) -> bool:
    """Whether a kind has a key that names defaults; in a kind of somebody's own it may mean anything else."""
    field = kind.shape.fields.get(DEFAULTS)
    return field is not None and field.shape.form == "string" and field.default_ok


def _wrong_defaults(tree: Tree, kinds: Kinds | Mapping[str, Kind]) -> Sequence[PolicyscanError]:
    """All that is wrong with a document of defaults."""
    from policyscan.kinds.defaults import problems

    name, day = tree.value.get(DEFAULTS_FOR), tree.value.get(AS_OF)
    if not isinstance(name, str) or name not in kinds or not _takes_defaults(kinds[name]):
        message = f"{DEFAULTS_FOR} names no kind that takes defaults"
        at = tree.span_of(tree.value, DEFAULTS_FOR)
        return [DocumentError(message, at=at, hint=f"write {DEFAULTS_FOR}: client")]
    try:
        Date.parse(day if isinstance(day, str) else "")
    except ValueError:
        message = f"{AS_OF} does not say on which day these defaults were true"
        at = tree.span_of(tree.value, AS_OF)
        return [DocumentError(message, at=at, hint=f"write a day, such as {AS_OF}: 2026-10-31")]
    return problems(tree, kinds[name].shape)


def _lone_table(file: File) -> DocumentError:
    message = "a table is a part of an inventory, and no inventory in this folder has it"
    hint = "put it beside a client.yaml that says schema_version: 1, named for a section, such as devices.csv"
    return DocumentError(message, at=top(file.shown), hint=hint)


def _unreadable(file: File, problem: DocumentError) -> FileOutcome:
    """A file that could not be read: an error, unless it cannot be an inventory of ours."""
    if not file.strict:
        try:
            ours = VERSION.encode() in read_bytes(file.path, file.shown)
        except DocumentError as error:
            ours = error.hint != TOO_LARGE
        if not ours:
            return FileOutcome(skipped=1)
    return FileOutcome(problems=(problem,))


def _may_be_ours(text: str, kinds: Kinds) -> bool:
    """Whether a text is worth parsing although nobody said that it is an inventory."""
    return VERSION in text or any(kind in kinds for kind in kinds_said(text))


def mentions(file: File, kind: str) -> bool:
    """Whether a file may hold a document of a kind: a look at its text, much cheaper than parsing it."""
    try:
        text = as_source(file).text
    except DocumentError:
        return False
    return says_kind(text, kind)


def decode(kind: Kind, tree: Tree) -> Document:
    """The document of a tree of a kind, which it uses up; raises Problems with all that is wrong."""
    return _document(kind, decoded(kind, tree))


def _document(kind: Kind, content: DocumentContent) -> Document:
    document = Document(content.tree, kind, content.facts, content.envelope)
    link_within(document)
    if STATEMENTS in document.value:
        document.issues.extend(issues(document))
        document.issues.sort(key=lambda issue: issue.place)
    return document


def decoded(kind: Kind, tree: Tree) -> DocumentContent:
    """What a tree of a kind says, decoded in place; raises Problems with all that is wrong."""
    currency, zone = tree.value.get(CURRENCY), tree.value.get(TIME_ZONE)
    zone = zone if isinstance(zone, str) else None
    facts = Facts(tree.blanks, currency if currency.__class__ is str else None, zone or kind.zone, kind.worth)
    try:
        kind.decoder(tree.value, None, None, facts)
    except Invalid:
        raise Problems(_explain(kind, tree)) from None
    tree.replaced = facts.replaced
    if zone is not None and not is_zone(zone):
        raise Problems([_bad_zone(tree, zone)])
    return DocumentContent(envelope_of(kind, tree, facts.references), tree, facts)


def _explain(kind: Kind, tree: Tree) -> Iterable[PolicyscanError]:
    from policyscan.kinds.validation import explain

    # Decoding has replaced some of the values already: read them again.
    parts = tree.parts if isinstance(tree, Joined) else (tree,)
    fresh = [_again(part) for part in parts if not part.is_lent]
    lend = next((_lending(part, kind) for part in parts if part.is_lent), None)
    return explain(join(fresh, lend) if isinstance(tree, Joined) else fresh[0], kind.shape)


def _again(tree: Tree) -> Tree:
    """A tree as it was when it had just been read."""
    if tree.is_table:
        from policyscan.reading.tables import TableTree

        assert isinstance(tree, TableTree)
        return tree.again()
    return next(again for again in _read(tree.source)[0] if again.index == tree.index)


def _lending(part: Tree, kind: Kind) -> Callable[[Sequence[Tree]], Tree]:
    """What lends once more what a tree has lent."""
    assert part.as_of is not None
    return Defaults(part.source, kind, part.as_of).lend


def _bad_zone(tree: Tree, zone: str) -> DocumentError:
    from policyscan.cel.clock import zone_names
    from policyscan.cel.spelling import did_you_mean

    said = zone.strip().casefold().replace(" ", "_")
    of_city = [name for name in sorted(zone_names()) if name.rpartition("/")[2].casefold() == said]
    hint = f"did you mean {of_city[0]}?" if of_city else did_you_mean(zone, zone_names())
    return DocumentError(
        f"time_zone: {zone} is no time zone",
        at=tree.span_of(tree.value, TIME_ZONE),
        hint=hint or "write it as in Europe/London or America/Chicago",
    )
