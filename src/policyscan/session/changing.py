"""What `set` and `fill` do: facts of an inventory are given values, in the files where they stand.

In: which inventory, paths of facts and answers to them. Out: a `Change`: the new texts of files, which were
found to be valid, and what they differ in; nothing is written before `write`. Problems with all that stands
in the way.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from policyscan.cel.spelling import did_you_mean
from policyscan.documents.document import Document
from policyscan.documents.opening import read_file
from policyscan.documents.paths import BadPath
from policyscan.editing.answers import BadAnswer, FactAnswer, nobody_knows, slug, value_of
from policyscan.editing.drafts import Draft
from policyscan.editing.files import Target, differences, open_target, write_all
from policyscan.editing.locating import Fresh, Located, locate
from policyscan.editing.sheets import MARKDOWN, read_sheet
from policyscan.editing.table_drafts import SheetDraft, TableDraft
from policyscan.errors import PolicyscanError, Problems, UsageError
from policyscan.files.discovery import STDIN_SHOWN, File
from policyscan.files.folders import is_table, table_name
from policyscan.kinds.kinds import Kind, Kinds
from policyscan.kinds.shapes import Property
from policyscan.patterns import when_used
from policyscan.reading.glance import TABLES, is_workbook
from policyscan.reading.joining import Joined
from policyscan.reading.reading import read_text
from policyscan.reading.tables import Grid, TableTree
from policyscan.reading.text import read_content
from policyscan.reading.tree import Tree
from policyscan.records import NamedTuple
from policyscan.session.options import Inputs, StrPath
from policyscan.session.reader import Reader, find_files
from policyscan.session.workspace import configure, load_kinds, open_store

_KEYS = when_used(r"\[[^\]]*\]")


class EditedFile(NamedTuple):
    """One file of an inventory: what was in it, the document's tree, and its values to change."""

    target: Target
    draft: Draft | TableDraft


class Change(NamedTuple):
    """The new texts of files; `facts` says how many facts have another value than before."""

    texts: tuple[tuple[Target, str], ...]
    facts: int

    def lines(self) -> list[str]:
        """What the files differ in, for people."""
        return [
            line
            for target, text in self.texts
            for line in differences(target.content.name, target.source.text, text)
        ]

    def write(self) -> None:
        """Puts the new texts in their places; UsageError if somebody else changed one meanwhile."""
        write_all(self.texts)


class Editable:
    """An inventory whose values may be changed, in the files in which they stand."""

    def __init__(self, document: Document, file: File, kinds: Kinds) -> None:
        self.kinds = kinds
        self.kind: Kind = document.kind
        self.issues = {(issue.path, issue.message) for issue in document.issues}
        self.id = document.id
        self.index = document.index
        self.file = file
        self.fresh: Fresh = {}
        self.parts = _parts(document, file)

    def part(self, section: str) -> EditedFile:
        """The part in which a section stands, or may be put: the one that says the kind."""
        for part in self.parts:
            if section in part.draft.value or part.draft.is_blank(part.draft.value, section):
                return part
        return next(part for part in self.parts if "kind" in part.draft.value)

    def locate(self, answer: FactAnswer, *, replace: bool) -> Located:
        """The fact that an answer is about; raises BadPath. Only in a sheet a number that no item of a list
        has yet begins a new one. Without `replace`, what is known to be none stays none."""
        section = answer.path.partition(".")[0].partition("[")[0]
        fresh = self.fresh if answer.place is not None else None
        value = self.part(section).draft.value
        return locate(value, self.kind.shape, answer.path, fresh, keep_none=not replace)

    def field(self, path: str) -> Property | None:
        """What the kind says of the fact at a path; None if nothing."""
        return self.kind.field(_KEYS.sub("[]", path))

    def is_new(self, item: str) -> bool:
        """Whether an item such as `people[3].` would be a further one of its list."""
        section, _, number = item.rstrip(".]").rpartition("[")
        return int(number) >= len(self._items(section))

    def free_id(self, item: str, name: str, taken: Collection[str]) -> str:
        """A short name for a new item, made of its name, that nothing else in its list has, nor is taken."""
        section = item.rpartition("[")[0]
        known = {*taken, *(str(one.get("id")) for one in self._items(section))}
        wanted = made = slug(name) or section.rpartition(".")[2].replace("_", "-")
        number = 2
        while made in known:
            made, number = f"{wanted}-{number}", number + 1
        return made

    def _items(self, section: str) -> list[dict[str, Any]]:
        head, *below = section.split(".")
        found: Any = self.part(head).draft.value.get(head)
        for key in below:
            found = found.get(key) if found.__class__ is dict else None
        return [one for one in found if one.__class__ is dict] if found.__class__ is list else []

    def named(self, targets: tuple[str, ...], text: str) -> str:
        """The id of what is called so among the items of the lists that a reference may lead to; the text
        itself where nothing is, or several things are: then it is an id, or the check of references tells."""
        found = set()
        for target in targets:
            items = self.part(target).draft.value.get(target)
            for item in items if items.__class__ is list else ():
                if item.get("id") == text:
                    return text
                if str(item.get("name", "")).casefold() == text.casefold() and "id" in item:
                    found.add(str(item["id"]))
        return found.pop() if len(found) == 1 else text

    def cover(self, sections: Mapping[str, str | None]) -> None:
        """Says which items of evidence cover sections, for those that are tables."""
        for part in self.parts:
            if isinstance(part.draft, TableDraft):
                part.draft.covering = sections.get(part.draft.section)

    def change(self, facts: int) -> Change:
        """What the changes make of the files; raises Problems if they would not be valid."""
        for part in self.parts:
            part.draft.give_out()
        texts = [(part, part.draft.text()) for part in self.parts]
        written = [(part, text) for part, text in texts if not isinstance(part.draft, SheetDraft)]
        self._check({part.draft.source.file: text for part, text in written})
        changed = [(part, text) for part, text in written if text != part.draft.source.text]
        # Tables last: whoever is killed in between has written down evidence that no row rests on yet.
        changed.sort(key=lambda one: isinstance(one[0].draft, TableDraft))
        return Change(tuple((part.target, text) for part, text in changed), facts)

    def _check(self, texts: dict[str, str]) -> None:
        document = self._again(texts)
        new = [issue for issue in document.issues if (issue.path, issue.message) not in self.issues]
        if new:
            raise Problems(_refused(f"{issue.path}: {issue.message}", issue.hint) for issue in new)

    def _again(self, texts: dict[str, str]) -> Document:
        """The inventory as its new texts have it, by the names of its files; raises Problems."""
        head, *parts = (one._replace(text=texts.get(one.shown, one.text)) for one in self.file.all)
        outcome = read_file(head._replace(parts=tuple(parts), strict=True), self.kinds)
        if outcome.problems:
            problems = [one for error in outcome.problems for one in error.problems]
            raise Problems(_refused(one.message, one.hint) for one in problems)
        return next(one for one in outcome.documents(self.kinds) if one.index == self.index)


def _refused(message: str, hint: str | None) -> UsageError:
    """That the inventory would not be valid; the place is in a text that is in no file, and helps nobody."""
    return UsageError(f"nothing was written, as then the inventory would not be valid: {message}", hint=hint)


def _parts(document: Document, file: File) -> list[EditedFile]:
    """The files of an inventory, read anew: decoding has used up the values that it was made of. What stands
    in a file that others use, too, such as shared defaults, is not changed here."""
    own = {one.shown: one for one in file.all}
    tree = document.tree
    trees = tree.parts if isinstance(tree, Joined) else (tree,)
    parts = [_part(one, own[one.source.file], document.kind) for one in trees if one.source.file in own]
    tables = [part.draft for part in parts if isinstance(part.draft, TableDraft)]
    for table in tables:
        for inner in tables if not table.inner else ():
            if inner.inner and inner.section == table.section:
                table.take_in(inner)
    return parts


def _part(tree: Tree, file: File, kind: Kind) -> EditedFile:
    target = open_target(file.path, file.shown)
    if isinstance(tree, TableTree) and is_workbook(file.path):
        return EditedFile(target, SheetDraft(*tree.read_again(), kind.shape))
    if is_table(file.path):
        return EditedFile(target, TableDraft(Grid(target.source), table_name(file.path), kind.shape))
    trees, problems = read_text(target.source)
    if problems:
        raise Problems(problems)
    return EditedFile(target, Draft(next(one for one in trees if one.index == tree.index)))


def open_inventory(where: str, inputs: Inputs) -> Editable:
    """The inventory with an id, or in a file; UsageError if there is none, Problems if it is not valid."""
    by_file = os.path.isfile(where) or (os.sep in where and os.path.isdir(where))
    reader = _reader(inputs._replace(paths=(where,)) if by_file else inputs)
    found = _documents(reader, where, by_file=by_file)
    if len(found) > 1:
        names = ", ".join(f"{document.kind.name} in {document.file}" for document, _ in found)
        raise UsageError(f"{where} may be any of: {names}", hint="name the file instead")
    document, file = found[0]
    if file.shown == STDIN_SHOWN:
        raise UsageError("standard input cannot be changed", hint="name a file")
    return Editable(document, file, reader.library.kinds)


def open_inventories(inputs: Inputs, kind: str) -> Iterator[Editable]:
    """Every inventory of a kind; raises Problems at the first file that is not valid."""
    reader = _reader(inputs)
    for file in reader.in_turn():
        loaded = reader.library.load(file)
        if loaded.problems:
            raise Problems(loaded.problems)
        for document in loaded.documents:
            if document.kind.name == kind and file.shown != STDIN_SHOWN:
                yield Editable(document, file, reader.library.kinds)


def _reader(inputs: Inputs) -> Reader:
    store = open_store()
    settings = configure(inputs.paths, inputs.config, store)
    kinds = load_kinds(settings, store)
    return Reader(kinds, find_files(inputs, settings, kinds))


def _documents(reader: Reader, where: str, *, by_file: bool) -> list[tuple[Document, File]]:
    found: list[tuple[Document, File]] = []
    ids: set[str] = set()
    problems: list[PolicyscanError] = []
    for file in reader.in_turn():
        loaded = reader.library.load(file)
        problems.extend(loaded.problems)
        ids.update(document.id for document in loaded.documents)
        mine = [document for document in loaded.documents if by_file or document.id == where]
        if loaded.problems and (mine or by_file):
            raise Problems(loaded.problems)
        found.extend((document, file) for document in mine)
    if not found and problems:
        raise Problems(problems)
    if not found:
        hint = did_you_mean(where, ids) or (f"inventories are: {', '.join(sorted(ids))}" if ids else None)
        raise UsageError(f"there is no inventory with the id {where}", hint=hint)
    return found


def fact(path: str, value: str) -> FactAnswer:
    """What somebody says of one fact, as they wrote it."""
    return FactAnswer(path, value)


def answered(inventory: Editable, answers: Iterable[FactAnswer], *, replace: bool = True) -> Change:
    """What answers make of an inventory. Without `replace`, a fact that is recorded otherwise is a problem.
    That somebody does not know is no answer.

    Raises Problems with all that is wrong with the answers: two that do not agree, too."""
    problems: list[PolicyscanError] = []
    facts = 0
    given: dict[str, FactAnswer] = {}
    for answer in _with_ids(inventory, answers):
        if nobody_knows(answer.text, inventory.field(answer.path)):
            continue
        try:
            first = given.setdefault(answer.path, answer)
            if first.text != answer.text:
                raise BadAnswer(f"this is answered twice, otherwise at {first.place}", "keep the true one")
            facts += _put(inventory, answer, replace=replace or bool(answer.known))
        except (BadPath, BadAnswer) as bad:
            message = bad.message if isinstance(bad, BadPath) else f"{answer.path}: {bad.message}"
            problems.append(UsageError(message, at=answer.place, hint=bad.hint))
    if problems:
        raise Problems(problems)
    return inventory.change(facts)


def _with_ids(inventory: Editable, answers: Iterable[FactAnswer]) -> Iterator[FactAnswer]:
    """Answers with a short name for each new item of a sheet that has a name and no short one."""
    given = [*answers]
    said = {answer.path for answer in given}
    taken = {answer.text for answer in given}
    for answer in given:
        item = new_item(answer.path)
        wants = answer.place is not None and item and answer.path == f"{item}name" and f"{item}id" not in said
        if wants and inventory.field(f"{item}id") and inventory.is_new(item):
            made = inventory.free_id(item, answer.text, taken)
            taken.add(made)
            yield FactAnswer(f"{item}id", made, answer.place, answer.inventory)
        yield answer


def new_item(path: str) -> str:
    """The item of a list that a path is in, where items have numbers: `accounts[0].`; empty if in none."""
    lead, bracket, rest = path.rpartition("[")
    number, closing, below = rest.partition("]")
    return f"{lead}[{number}]." if bracket and closing and number.isdecimal() and below else ""


def not_known(inventory: Editable, answers: Iterable[FactAnswer]) -> int:
    """How many of some answers say that nobody knows."""
    return sum(1 for one in answers if nobody_knows(one.text, inventory.field(one.path)))


def _put(inventory: Editable, answer: FactAnswer, *, replace: bool) -> bool:
    """Whether an answer makes a fact another one."""
    fact = inventory.locate(answer, replace=replace)
    value = value_of(answer.text, fact.field, inventory.named)
    if fact.present and _alike(fact.value, value):
        return False
    if fact.present and not replace:
        message = f"the file says {_shown(fact.value)}, and the answer is {_shown(value)}"
        raise BadAnswer(message, "find out which is true; with --replace the answer takes its place")
    fact.put(value)
    return True


def _alike(one: object, other: object) -> bool:
    return one.__class__ is other.__class__ and one == other


def _shown(value: object) -> str:
    from policyscan.editing.rendering import inline

    return inline(value)


class Filled(NamedTuple):
    """What the answers about one inventory make of it; without a change `problems` stand in the way."""

    inventory: str
    answers: int
    change: Change | None
    problems: tuple[PolicyscanError, ...] = ()


def answers_in(files: Iterable[StrPath]) -> list[FactAnswer]:
    """The answers of files, and of the files of folders, in their order; raises DocumentError and
    UsageError."""
    return [answer for path in _sheets(files) for answer in read_sheet(read_content(path, _name(path)))]


def _sheets(files: Iterable[StrPath]) -> Iterator[StrPath]:
    for path in files:
        if not os.path.isdir(path):
            yield path
            continue
        names = sorted(name for name in os.listdir(path) if name.lower().endswith((*TABLES, *MARKDOWN)))
        names = [name for name in names if name[0] not in ".~"]  # locks of spreadsheets begin with ~
        if not names:
            hint = f"they end in {', '.join((*TABLES, *MARKDOWN))}"
            raise UsageError(f"there are no answers in the folder {_name(path)}", hint=hint)
        yield from (os.path.join(path, name) for name in names)


def _name(path: StrPath) -> str:
    return os.fspath(path).replace(os.sep, "/")


def answers_about(inventory: str, answers: Iterable[FactAnswer]) -> tuple[list[FactAnswer], dict[str, int]]:
    """The answers that are about an inventory, or do not say about which; and how many there are about each
    of the others."""
    mine: list[FactAnswer] = []
    others: dict[str, int] = {}
    for answer in answers:
        if answer.inventory in ("", inventory):
            mine.append(answer)
        else:
            others[answer.inventory] = others.get(answer.inventory, 0) + 1
    return mine, others


def fill_all(answers: Iterable[FactAnswer], inputs: Inputs, *, replace: bool) -> list[Filled]:
    """What answers make of each inventory that they are about; nothing is written. Raises Problems for
    answers that do not say about which they are."""
    by_inventory: dict[str, list[FactAnswer]] = {}
    nobody: list[PolicyscanError] = []
    for answer in answers:
        if answer.inventory:
            by_inventory.setdefault(answer.inventory, []).append(answer)
        else:
            hint = "name the inventory, as in `fill acme answers.csv`, or keep the column inventory"
            nobody.append(UsageError("an answer does not say about whom it is", at=answer.place, hint=hint))
    if nobody:
        raise Problems(nobody)
    return [_filled(ident, about, inputs, replace=replace) for ident, about in sorted(by_inventory.items())]


def _filled(ident: str, answers: Sequence[FactAnswer], inputs: Inputs, *, replace: bool) -> Filled:
    try:
        change = answered(open_inventory(ident, inputs), answers, replace=replace)
    except PolicyscanError as wrong:
        return Filled(ident, len(answers), None, tuple(wrong.problems))
    return Filled(ident, len(answers), change)
