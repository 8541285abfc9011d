"""What a policy is once it is read and checked: plain values that the engine walks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from policyscan.findings import PolicyInfo, Severity, Status
from policyscan.policies.parameters import Parameter, loosens

if TYPE_CHECKING:
    from collections.abc import Callable

    from policyscan.cel import Checked


class Code:
    """A checked expression, and the function made from it when it is first needed.

    `names` are the variables that the function takes after the clock, in this order. `file`, `line` and
    `column` say where the expression starts.
    """

    __slots__ = ("checked", "column", "file", "line", "names", "program", "text")

    def __init__(
        self, text: str, checked: Checked, names: tuple[str, ...], place: tuple[str, int, int]
    ) -> None:
        self.text = text
        self.checked = checked
        self.names = names
        self.file, self.line, self.column = place
        self.program: Callable[..., Any] = self._first
        """The expression's value for the clock and the values of `names`; raises EvalError."""

    def _first(self, *values: Any) -> Any:
        """Stands in for the program until it is called: most expressions of a big pack never are."""
        self.program = self.checked.compile(args=self.names)
        return self.program(*values)

    def __reduce__(self) -> tuple[Any, ...]:
        # Compiled before it goes into the cache: compiling takes longer than all else in a short scan.
        self.checked.compile(args=self.names)
        return Code, (self.text, self.checked, self.names, (self.file, self.line, self.column))


class Message(NamedTuple):
    """A text with expressions in it: `parts` are literal texts and codes in order."""

    parts: tuple[str | Code, ...]


class Binding(NamedTuple):
    """One level of `for_each` or `each`: a name for each element of some lists.

    `labels` name the lists to people (`client.devices`); `empty` is what no element at all means.
    """

    name: str
    lists: tuple[Code, ...]
    labels: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    empty: str = "not_applicable"


class Need(NamedTuple):
    """What must be known before anything can be told."""

    id: str
    that: Code
    when: Code | None
    say: Message | None
    blocks_pass_only: bool


class Requirement(NamedTuple):
    """What must hold for a subject; `absent` is the status where it stumbles over a known nothing."""

    id: str
    that: Code
    when: Code | None
    each: tuple[Binding, ...]
    needs: tuple[Need, ...]
    say: Message | None
    severity: Severity
    absent: Status
    notice_days: int
    fix: str


class Policy(NamedTuple):
    """A policy, checked against the schema of its kind and ready to be evaluated."""

    info: PolicyInfo
    root: str
    status: str
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

    @property
    def loosened(self) -> tuple[Parameter, ...]:
        """The parameters whose values ask for less than the policy's defaults."""
        return tuple(p for p in self.declared if loosens(p, self.parameters[p.name]))

    @property
    def id(self) -> str:
        """The policy's id, which is its file's name."""
        return self.info.id
