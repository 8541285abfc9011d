"""Which other controls the expressions of a policy read, through definitions too, and whether it says so.

In: the expressions and definitions of a policy. Out: the ids of the controls that it asks, and problems
where `uses` says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from policyscan import cel
from policyscan.cel import ast
from policyscan.policies import host
from policyscan.policies.complaints import Complaints
from policyscan.policies.files import Path
from policyscan.records import NamedTuple

_USES_HINT = "list every control that it may ask for under `uses:`"


class Asked(NamedTuple):
    """A control that an expression reads, None where it shows only when it runs; `through` are the
    definitions on the way to it, `start` and `end` the place in the expression itself."""

    function: str
    control: str | None
    through: tuple[str, ...]
    start: int
    end: int


def asked_controls(node: ast.Node, env: cel.Env) -> Iterator[Asked]:
    """Every use of `passes()`, `status()` or `grade()` in an expression, and in the definitions it calls."""
    for call in ast.walk(node):
        if not isinstance(call, ast.Call):
            continue
        definition = env.definition(call.function) if call.target is None else None
        if definition is not None:
            for asked in asked_controls(env.parse(definition.source), env):
                through = (definition.name, *asked.through)
                yield Asked(asked.function, asked.control, through, call.start, call.end)
        elif call.function in host.NAMES and len(call.args) == 1:
            (name,) = call.args
            control = str(name.value) if isinstance(name, ast.Literal) else None
            yield Asked(call.function, control, (), name.start, name.end)


class Asking:
    """The controls that a policy asks for, each of which its `uses` must name.

    `asked` has, by control, the kinds of the inventories of which it is asked; `about` is the kind that is
    being read at the moment.
    """

    def __init__(self, complaints: Complaints) -> None:
        self.complaints = complaints
        self.asked: dict[str, set[str]] = {}
        self.about: str = complaints.file.value["kind"]

    @contextmanager
    def of(self, kind: str) -> Iterator[None]:
        """While expressions about another kind are read."""
        about, self.about = self.about, kind
        try:
            yield
        finally:
            self.about = about

    @property
    def uses(self) -> tuple[str, ...]:
        """The controls that the policy says it asks for."""
        return tuple(self.complaints.file.value.get("uses", ()))

    def ask(self, asked: Asked, path: Path, offset: int) -> None:
        """Notes a control that `passes()` or its like reads in the expression at `offset` of a text."""
        at = path, asked.start + offset, asked.end + offset
        via = "".join(f"{name}(): " for name in asked.through)
        if "disputes" in self.complaints.file.value:
            message = f"{via}a rule of consistency reads facts, not controls: it comes before them"
            self.complaints.text(message, *at)
            return
        if asked.control is None:
            # Which it is shows when it runs; what `uses` does not name is an error then.
            for used in self.uses:
                self._note(used)
            if "uses" not in self.complaints.file.value:
                message = f"{via}{asked.function}() reads controls, but there is no `uses`"
                self.complaints.text(message, *at, _USES_HINT)
            return
        self._note(asked.control)
        if asked.control not in self.uses:
            message = f"{via}{asked.function}({asked.control!r}) reads a control that `uses` does not name"
            self.complaints.text(message, *at, f"add `uses: [{asked.control}]`")

    def _note(self, used: str) -> None:
        self.asked.setdefault(used, set()).add(self.about)

    def check_uses(self) -> None:
        """`uses` must name nothing that is not asked for."""
        for i, used in enumerate(self.uses):
            if used not in self.asked and not self.complaints:
                message = f"`uses` names {used}, which no expression here reads"
                hint = f"ask with passes({used!r}), or leave it out"
                self.complaints.value(message, ("uses", i), hint)
