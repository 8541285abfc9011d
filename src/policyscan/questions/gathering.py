"""From the results about one inventory to the questions that they leave open, in order.

In: results with their gaps, the inventory and those that it refers to, and the names of the fields that each
control reads. Out: a `Sheet` with all its questions.

A control whose result is known by what is on file, because something in it fails already, is decided: what
else is unknown about it is asked after everything that decides something.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from policyscan.display import one_line
from policyscan.documents.document import Document
from policyscan.documents.earning import STATEMENTS, TAKES_AWAY
from policyscan.documents.paths import BadPath, parse_path, resolve
from policyscan.findings import IN_DISPUTE, DocumentInfo, Gap, Result, Status, ValueRead, is_document_check
from policyscan.kinds.kinds import Kind
from policyscan.questions.answers import NONE_OR_ROWS, how_to_answer, is_list, is_section, parts
from policyscan.questions.sheet import MissingFact, RankedQuestion, Sheet
from policyscan.records import NamedTuple
from policyscan.reporters.choosing import in_order
from policyscan.reporters.wording import show

Reads = Mapping[str, Collection[str]]
"""The names of the fields that each control may read, by its id."""

_ITEMS = 3
"""How many items a list that is not there is given room for."""
_EVIDENCE = "evidence"
_SAID_ALREADY = frozenset(("it is blank", "it is not recorded"))
_CORRECT = "correct it in the file"
_NAMES = ("name", "hostname", "title", "url", "email")


class _Key(NamedTuple):
    """What makes two gaps the same question: whose file it is about, and its words."""

    kind: str
    inventory: str
    text: str


class _Open:
    """A question while it is gathered: what it is asked of, and which controls lack it."""

    def __init__(self) -> None:
        self.gaps: dict[Gap, None] = {}
        self.read: set[str] = set()
        self.severity = 0


class Gathering:
    """Gathers what is open about one inventory."""

    def __init__(self, document: Document, context: Sequence[Document], reads: Reads) -> None:
        self.document = document
        self._known = {(one.kind.name, one.id): one for one in (document, *context)}
        self._reads = reads
        self._open: dict[_Key, _Open] = {}

    def sheet(self, info: DocumentInfo, results: Iterable[Result]) -> Sheet:
        """All questions about the inventory that the results leave open."""
        lacks: dict[str, set[_Key]] = {}
        for result in results:
            if result.status is Status.UNKNOWN and not is_document_check(result.policy):
                lacks.setdefault(result.policy, set()).update(self._keys(result))
        undecided = {control for control in lacks if info.statuses.get(control) is Status.UNKNOWN}
        keys = self._in_order(lacks, undecided)
        return Sheet(
            inventory=info.id,
            kind=info.kind,
            file=info.file,
            name=one_line(info.name or info.id),
            as_of=info.as_of,
            questions=tuple(self._askings(keys, lacks, undecided)),
            total=len(keys),
            controls=tuple(sorted(undecided)),
            waiting=tuple(sorted(control for control in undecided if not lacks[control])),
            settled=tuple(sorted(control for control in lacks if control not in undecided)),
        )

    def _keys(self, result: Result) -> Iterator[_Key]:
        """The questions that a result leaves open, taken into the account."""
        for gap in result.gaps or self._again(result):
            kind, inventory, _ = self._whose(gap.path)
            key = _Key(kind.name, inventory, self._words(gap))
            question = self._open.setdefault(key, _Open())
            question.gaps[gap] = None
            question.read |= set(self._reads.get(result.policy, ()))
            question.severity = max(question.severity, result.severity.rank)
            yield key

    def _again(self, result: Result) -> Iterator[Gap]:
        """What to ask anew where nothing is missing, and what is on file does not tell: a list that is not
        complete, a value that is too old, or that nobody knows."""
        read = [one for one in result.evidence if one.value is not None and one.value is not True]
        lists = tuple(f"{one.path}[" for one in read if isinstance(one.value, list))
        for one in read:
            kind, _, path = self._whose(one.path)
            generic = _generic(path)
            field = kind.field(generic)
            if field is None or not field.question or field.shape.refs or one.path.startswith(lists):
                continue
            if path.rpartition(".")[2] != "id":
                yield Gap(one.path, generic, field.question, one.span, f"on file: {_on_file(result, one)}")

    def _whose(self, path: str) -> tuple[Kind, str, str]:
        """The kind and id of the inventory that a path leads into, and the path there."""
        own = self.document
        head, bracket, _ = path.partition("[")
        if bracket and head not in own.kind.shape.fields:
            for (kind, id_), other in self._known.items():
                lead = f"{kind}[{id_}]."
                if path.startswith(lead):
                    return other.kind, id_, path[len(lead) :]
        return own.kind, own.id, path

    def _in_order(self, lacks: Mapping[str, set[_Key]], undecided: Collection[str]) -> list[_Key]:
        """The questions as they are worth asking: first those that decide controls."""
        ranked = sorted(
            self._open, key=lambda key: (-self._open[key].severity, len(self._open[key].gaps), key.text)
        )
        number = {key: at for at, key in enumerate(ranked)}
        deciding = [{number[key] for key in lacks[control]} for control in sorted(undecided)]
        others = [{number[key] for key in keys} for control, keys in sorted(lacks.items())]
        first = set[int]().union(*deciding)
        order = [at for at in in_order(len(ranked), deciding) if at in first]
        order += [at for at in in_order(len(ranked), others) if at not in first]
        return [ranked[at] for at in order]

    def _askings(
        self, keys: Sequence[_Key], lacks: Mapping[str, set[_Key]], undecided: Collection[str]
    ) -> Iterator[RankedQuestion]:
        left = {control: set(lacking) for control, lacking in sorted(lacks.items())}
        for number, key in enumerate(keys, 1):
            about = [control for control, lacking in left.items() if key in lacking]
            for control in about:
                left[control].discard(key)
            decides = tuple(control for control in about if not left[control] and control in undecided)
            needed = tuple(control for control in about if control not in decides)
            yield self._asking(number, key, decides, needed)

    def _asking(
        self, number: int, key: _Key, decides: tuple[str, ...], needed: tuple[str, ...]
    ) -> RankedQuestion:
        question = self._open[key]
        facts = dict.fromkeys(fact for gap in question.gaps for fact in self._facts(gap, question.read))
        who, shown = self._standing(next(iter(question.gaps)))
        return RankedQuestion(number, key.text, tuple(facts), who, shown, decides, needed)

    def _words(self, gap: Gap) -> str:
        """The question of a gap; where the kind has none for it, that of what it is part of."""
        kind, _, _ = self._whose(gap.path)
        around = (field.question for field in reversed(kind.fields(gap.generic_path)) if field.question)
        return one_line(gap.question or next(around, f"What is {gap.generic_path}?"))

    def _standing(self, gap: Gap) -> tuple[str, str]:
        """Who can answer, and what would show it: what the nearest part around a fact says of them."""
        kind, _, _ = self._whose(gap.path)
        path = gap.generic_path.removeprefix(f"{_EVIDENCE} for ")
        fields = kind.fields(path)[::-1]
        who = next((field.answered_by for field in fields if field.answered_by), "")
        return who, next((field.shown_by for field in fields if field.shown_by), "")

    # --- facts

    def _facts(self, gap: Gap, read: Collection[str]) -> Iterator[MissingFact]:
        """The rows that a gap asks for: one, or those of a whole section that is not there."""
        kind, inventory, path = self._whose(gap.path)
        known = "" if gap.reason in _SAID_ALREADY else one_line(gap.reason)
        if gap.generic_path.startswith(f"{_EVIDENCE} for "):
            yield from self._proof(kind, inventory, path, known)
            return
        field = kind.field(gap.generic_path)
        about = self._about(inventory, kind, path)
        if TAKES_AWAY in gap.reason and STATEMENTS in kind.shape.fields:
            yield self._statement(kind, inventory, path, about, known)
            return
        text = self._words(gap)
        disputed = gap.reason.startswith(IN_DISPUTE)
        if field is None or disputed or not is_section(field):
            how = how_to_answer(field) if field is not None and not is_section(field) else _CORRECT
            yield MissingFact(inventory, kind.name, path, text, about, how, known)
            return
        there = self._there(inventory, kind, path)
        inner = list(parts(field, read))
        if isinstance(there, dict):
            inner = [part for part in inner if part[0] not in there] or [
                part for part in parts(field, field.shape.fields) if part[0] not in there
            ]
        if is_list(field) or field.nullable:
            how = NONE_OR_ROWS
            yield MissingFact(inventory, kind.name, path, text, about, how, known)
        begin = len(there) if isinstance(there, list) else 0
        for number in range(begin, begin + (_ITEMS if is_list(field) else 1)):
            lead = f"{path}[{number}]" if is_list(field) else path
            for below, part in inner:
                asked = one_line(part.question or part.description or below)
                name = f"{number + 1}." if is_list(field) else about
                yield MissingFact(inventory, kind.name, f"{lead}.{below}", asked, name, how_to_answer(part))

    def _statement(self, kind: Kind, inventory: str, path: str, about: str, known: str) -> MissingFact:
        """The row of a statement that earns what the file says already."""
        value, _, _ = known.partition(f" {TAKES_AWAY}")
        written = f"about: [{json.dumps(path, ensure_ascii=False)}], value: {value}"
        example = f"{{{written}, reason: WHY, by: ID OF SOMEBODY WHO WORKS HERE, stated_on: TODAY}}"
        question = f"Why is this so, and who says it: {path} is {value}?"
        how = f"correct it if it is not so; else write {example}"
        return MissingFact(inventory, kind.name, f"{STATEMENTS}[+]", question, about, how, known)

    def _proof(self, kind: Kind, inventory: str, section: str, known: str) -> Iterator[MissingFact]:
        """The rows of an item of evidence for a section."""
        field = kind.field(_EVIDENCE)
        there = self._there(inventory, kind, _EVIDENCE)
        if field is None or field.shape.items is None:
            return
        number = len(there) if isinstance(there, list) else 0
        for name, part in field.shape.items.shape.fields.items():
            how = section if name == "covers" else how_to_answer(part)
            yield MissingFact(
                inventory, kind.name, f"{_EVIDENCE}[{number}].{name}", one_line(part.question or name),
                section.replace("_", " "), how, known,
            )  # fmt: skip

    def _there(self, inventory: str, kind: Kind, path: str) -> object:
        """What the file of an inventory has under a path; None if nothing, or if it was not read."""
        owner = self._known.get((kind.name, inventory))
        if owner is None:
            return None
        try:
            container, key = resolve(owner, path)
        except BadPath:
            return None
        return container[key] if isinstance(key, int) else container.get(key)

    def _about(self, inventory: str, kind: Kind, path: str) -> str:
        """What people call the innermost thing on the way to a fact."""
        owner = self._known.get((kind.name, inventory))
        steps = parse_path(path) if owner is not None else []
        for step in reversed(steps):
            if not step.bracket:
                continue
            item = self._there(inventory, kind, path[: path.find("]", step.at) + 1])
            found = item if isinstance(item, dict) else {}
            name = next((found[key] for key in _NAMES if isinstance(found.get(key), str)), step.text)
            return one_line(name if name == step.text or step.text.isdecimal() else f"{name} ({step.text})")
        return ""


def _on_file(result: Result, read: ValueRead) -> str:
    """What a value on file is, or why a list is not enough."""
    if isinstance(read.value, list) and read.value:
        return one_line(result.message or f"{len(read.value)} entries")
    return "none" if read.value == [] else show(read.value)


def _generic(path: str) -> str:
    """A path without the names of items: `devices[].last_seen`."""
    text = ""
    for step in parse_path(path):
        text += "[]" if step.bracket else f"{'.' if text else ''}{step.text}"
    return text
