"""What a policy is once it is read and checked: plain values that the engine walks.

In: what `checking` has found. Out: frozen values, without a way back to YAML but for places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from policyscan.findings import EvidenceRule, PolicyInfo, Severity, Status
from policyscan.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from policyscan.cel import Checked


class Code:
    """A checked expression, and the function made from it when it is first needed.

    `names` are the variables that the function takes after the clock, in this order; `free` are those that
    the expression reads. `file`, `line` and `column` say where it starts. What was `dump`ed before is opened
    when it is first needed, the expression and its program each by itself.
    """

    __slots__ = (
        "_checked",
        "_dumped",
        "_program",
        "column",
        "file",
        "free",
        "line",
        "names",
        "program",
        "text",
    )

    def __init__(
        self, text: str, checked: Checked, names: tuple[str, ...], place: tuple[str, int, int]
    ) -> None:
        self.text = text
        self.names = names
        self.file, self.line, self.column = place
        self.free = checked.names
        self._checked: Checked | None = checked
        self._program = self._dumped = b""
        self.program: Callable[..., Any] = self._first
        """The expression's value for the clock and the values of `names`; raises EvalError."""

    @classmethod
    def kept(
        cls, text: str, names: tuple[str, ...], place: tuple[str, int, int], free: tuple[str, ...],
        program: bytes, dumped: bytes,
    ) -> Code:  # fmt: skip
        """What `dump` was asked for."""
        made = cls.__new__(cls)
        made.text = text
        made.names = names
        made.file, made.line, made.column = place
        made.free = free
        made._checked = None
        made._program = program
        made._dumped = dumped
        made.program = made._first
        return made

    @property
    def checked(self) -> Checked:
        """The expression."""
        if self._checked is None:
            from policyscan.cel.program import Checked

            self._checked = Checked.load(self._dumped)
        return self._checked

    def _first(self, *values: Any) -> Any:
        """Stands in for the program until it is called: most expressions of a big pack never are."""
        if self._program:
            from policyscan.cel.program import linked

            self.program = linked(self._program, self.text)
        else:
            self.program = self.checked.compile(args=self.names)
        return self.program(*values)

    def dump(self) -> tuple[str, tuple[str, ...], tuple[str, int, int], tuple[str, ...], bytes, bytes]:
        """What `kept` makes the same code of again, with its program: compiling takes longer than a short
        scan."""
        if not self._dumped:
            self._program = self.checked.program(self.names)
            self._dumped = self.checked.dump(programs=False)
        place = self.file, self.line, self.column
        return self.text, self.names, place, self.free, self._program, self._dumped

    def __reduce__(self) -> tuple[Any, ...]:
        return Code.kept, self.dump()


class Parameter(NamedTuple):
    """A parameter as its policy declares it. `default`, `min` and `max` are values, `written` is text."""

    name: str
    type: str
    default: Any
    min: Any
    max: Any
    values: tuple[str, ...]
    stricter: str
    why: str


class Message(NamedTuple):
    """A text with expressions in it: `parts` are literal texts and codes in order. Those at the positions in
    `words` give values of an enum, which people read without underscores."""

    parts: tuple[str | Code, ...]
    words: tuple[int, ...] = ()


class Binding(NamedTuple):
    """One level of `for_each` or `each`: a name for each element of some lists.

    `labels` name the lists to people (`client.devices`); `empty` is what no element at all means.
    """

    name: str
    lists: tuple[Code, ...]
    labels: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    empty: str = "not_applicable"


class Reads(NamedTuple):
    """What a status rests on: parts of inventories (`client.devices`), the names of the fields that may be
    read in them, and other policies. Of a part that is among `whole`, more may be read than the subject that
    stands in it."""

    sections: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()


class Need(NamedTuple):
    """What must be known before anything can be told; `means` says it in a sentence."""

    id: str
    that: Code
    when: Code | None
    say: Message | None
    blocks_pass_only: bool
    means: str | None


class Dispute(NamedTuple):
    """Facts that a rule of consistency puts in dispute: a field of what `holders` gives, which is an object,
    nothing, or a list of these. `text` is the selection as it was written."""

    text: str
    holders: Code
    field: str


class Requirement(NamedTuple):
    """What must hold for a subject; `absent` is the status where it stumbles over a known nothing, and
    `means` says it in a sentence, with the values that its parameters have. `disputes` stands in for its
    rule's. Where it `warns`, its fail is a warning; `due` is said instead of `say` of what will fail."""

    id: str
    that: Code
    when: Code | None
    each: tuple[Binding, ...]
    needs: tuple[Need, ...]
    say: Message | None
    severity: Severity
    absent: Status
    notice_days: int
    means: str | None
    reads: Reads = Reads()
    disputes: tuple[Dispute, ...] = ()
    warns: bool = False
    due: Message | None = None


# What every row of a table has: the id of its member; the id of what it is for, an element or the member;
# and what identifies the row, which expressions do not see. A hole has the first and the last alone.
DOCUMENT, ELEMENT, KEY = "document", "id", "#"


class Table(NamedTuple):
    """Facts of the members of an inventory, one row a member, or one for each element of a list in it.

    `kind` is the members'; `for_each` is the list, None where a member is a row itself; `key` leads from an
    element to what identifies it. `label` names the list to people; `reads` is what its rows rest on.
    """

    name: str
    kind: str
    for_each: Code | None
    label: str
    key: tuple[str, ...]
    columns: tuple[tuple[str, Code], ...]
    reads: Reads = Reads()


class Policy(NamedTuple):
    """A policy, checked against the schema of its kind and ready to be evaluated.

    `entry` is what everything before the requirements rests on, whose own `reads` have that too; `lists`
    is what each list of subjects rests on, where there are several: a subject rests on its own. `reads` is
    what anything in it rests on. `evidence` is what it asks of the evidence for what it reads.

    A policy with `disputes` is a rule of consistency: these select the facts that contradict each other
    where a requirement does not hold. `also` is what the same control asks of inventories of another kind.
    """

    info: PolicyInfo
    root: str
    status: str
    replaced_by: str | None
    aliases: tuple[str, ...]
    parameters: dict[str, Any]
    shown_parameters: dict[str, Any]
    declared: tuple[Parameter, ...]
    applies: Code | None
    for_each: tuple[Binding, ...]
    key: Code | None
    when: Code | None
    not_applicable: str | None
    needs: tuple[Need, ...]
    require: tuple[Requirement, ...]
    figures: tuple[tuple[str, Code], ...]
    uses: tuple[str, ...]
    absence_ok: str | None
    notice_days: int
    tables: tuple[Table, ...] = ()
    entry: Reads = Reads()
    lists: tuple[Reads, ...] = ()
    reads: Reads = Reads()
    evidence: EvidenceRule | None = None
    disputes: tuple[Dispute, ...] = ()
    also: Policy | None = None

    @property
    def longest_notice(self) -> int:
        """The longest notice period of a requirement, in days; 0 if none has one."""
        return max((item.notice_days for item in self.require), default=0)

    def about(self, kind: str) -> Policy | None:
        """What it asks of inventories of a kind; None if nothing."""
        if self.root == kind:
            return self
        return self.also if self.also is not None and self.also.root == kind else None

    def may_read(self, names: frozenset[str], known: Mapping[str, Policy]) -> bool:
        """Whether it may read a field of one of some names, itself or through controls that it asks."""
        pending, seen = [self], {self.id}
        for one in pending:
            parts = (one, *((one.also,) if one.also is not None else ()))
            if any(not names.isdisjoint(part.reads.names) for part in parts):
                return True
            asked = [used for used in one.uses if used in known and used not in seen]
            seen.update(asked)
            pending.extend(known[used] for used in asked)
        return False

    @property
    def id(self) -> str:
        """The policy's id, which is its file's name."""
        return self.info.id
