"""The expressions of one policy file: in, a path, an environment and what the expression is for; out, `Code`.

What an expression is for, its `Role`, decides what becomes of the fields that it reads and of the facts whose
absence it could turn into a verdict. Whoever asks for an expression knows its role; no path tells it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from policyscan import cel
from policyscan.cel import ast, types
from policyscan.policies import parameters as params
from policyscan.policies.asking import Asking, asked_controls
from policyscan.policies.complaints import Complaints
from policyscan.policies.files import Path
from policyscan.policies.policy import Binding, Code, Dispute, Message
from policyscan.policies.reads import Part, PartReads
from policyscan.policies.templates import split
from policyscan.records import NamedTuple

_PARAMETERS_ONLY = cel.POLICY._replace(clock=False)
_SPACES = re.compile(r"\s+")
_SELECTION_HINT = "name a field: device.in_scope, or client.devices.map(d, d.in_scope) for that of each"
_ABSENCE_HINT = "say in `absence_ok:` why a missing fact may decide here, or read the fact plainly"


class Role(NamedTuple):
    """What an expression is for.

    `part` is what its reads count for, None where they count where it is used, or decide nothing. `decides`:
    a missing fact in it can become a verdict. `lists`: it gives the subjects.
    """

    part: Part | None
    decides: bool = True
    lists: bool = False


VARIABLE = Role(None)
"""A variable: what it reads counts where it is used."""
TELLS = Role(None, decides=False)
"""A message, a meaning or a figure, which decides nothing."""


class Expressions:
    """Checks the expressions of one file, and keeps what they read, ask and may turn into a verdict."""

    def __init__(self, complaints: Complaints, reads: PartReads, asking: Asking) -> None:
        self.complaints = complaints
        self.file = complaints.file
        self.reads = reads
        self.asking = asking
        self._absences: list[tuple[Path, int, int]] = []

    def code(
        self, env: cel.Env, names: tuple[str, ...], path: Path, role: Role, expect: types.Type | None = None
    ) -> Code | None:
        """The expression at a path, of a type if one is expected; None where there is none or a wrong one."""
        text = self.file.at(path)
        if text is None:
            return None
        checked = self._check(env, text, path, 0, role, expect)
        if checked is None:
            return None
        return Code(" ".join(text.split()), checked, names, self._place(path))

    def message(
        self, env: cel.Env, path: Path, names: tuple[str, ...], *, counted: bool = False
    ) -> Message | None:
        """The message at a path, if there is one; `counted` lets it name the counts `hits` and `n`."""
        text = self.file.at(path)
        if text is None:
            return None
        try:
            parts = split(text)
        except ValueError as error:
            self.complaints.text(error.args[0], path, error.args[1], error.args[1] + 1)
            return None
        if counted:
            try:
                env = env.child(variables={"hits": types.INT, "n": types.INT})
            except ValueError as error:
                hint = "in messages `hits` and `n` are counts; rename your own"
                self.complaints.value(str(error), path, hint)
                return None
            names = (*names, "hits", "n")
        made: list[str | Code] = []
        words: list[int] = []
        for part in parts:
            if not part.expression:
                made.append(_SPACES.sub(" ", part.text))  # a message is one line, however it is written
                continue
            checked = self._check(env, part.text, path, part.offset, TELLS, None)
            if checked is not None:
                if _chosen(checked.type):
                    words.append(len(made))
                made.append(Code(part.text.strip(), checked, names, self._place(path)))
        return Message(tuple(made), tuple(words))

    def selection(self, env: cel.Env, names: tuple[str, ...], path: Path) -> Dispute | None:
        """What the expression at a path selects: a field of one object, or of each element of a list."""
        code = self.code(env, names, path, TELLS)
        if code is None:
            return None
        select = _selected(code.checked.ast)
        if select is None:
            message = f"`{code.text}` selects no fact that could be in dispute"
            self.complaints.value(message, path, _SELECTION_HINT)
            return None
        source, within = code.checked.source, select.operand
        holders = source[: select.start] + source[within.start : within.end] + source[select.end :]
        checked = self._check(env, holders, path, 0, TELLS, None)
        if checked is None:
            return None
        held = Code(" ".join(holders.split()), checked, names, self._place(path))
        return Dispute(code.text, held, select.field)

    def meaning(self, env: cel.Env, path: Path) -> str | None:
        """A sentence with the values of parameters in it, which are all that it may name."""
        message = self.message(cel.Env(constants=env.constants, dialect=_PARAMETERS_ONLY), path, ())
        if message is None:
            return None
        try:
            parts = [p if isinstance(p, str) else params.in_words(p.program(None)) for p in message.parts]
        except cel.EvalError as error:
            self.complaints.value(f"{path[-1]!r} cannot be put into words: {error}", path)
            return None
        return " ".join("".join(parts).split())

    def binding(
        self, env: cel.Env, names: tuple[str, ...], name: str, lists: Sequence[tuple[Path, Role]], empty: str
    ) -> tuple[Binding | None, types.Type]:
        """A name for each element of the lists at some paths, with the type of the elements; `empty` is what
        no element means."""
        codes, elements = [], []
        for path, role in lists:
            code = self.code(env, names, path, role)
            if code is None:
                continue
            element = _element(code.checked.type)
            if element is None:
                self.complaints.value(f"`{code.text}` is not a list but {code.checked.type}", path)
                continue
            codes.append(code)
            elements.append(element)
        if len(codes) < len(lists):
            return None, types.DYN
        keys = tuple(_key(element) for element in elements)
        labels = tuple(code.text for code in codes)
        return Binding(name, tuple(codes), labels, keys, empty), _joined(elements)

    def check_absences(self) -> None:
        """`absence_ok` must be there where something could turn a missing fact into a verdict, and only
        there."""
        explained = "absence_ok" in self.file.value
        if not self._absences and explained and not self.complaints:
            message = "`absence_ok:` is not needed: nothing here turns a missing fact into a verdict"
            self.complaints.value(message, ("absence_ok",))
        for path, start, end in () if explained else self._absences:
            message = "this can turn a missing fact into a verdict"
            self.complaints.text(message, path, start, end, _ABSENCE_HINT)

    def _place(self, path: Path) -> tuple[str, int, int]:
        span = self.file.span(path)
        return span.file, span.line, span.column

    def _check(
        self, env: cel.Env, text: str, path: Path, offset: int, role: Role, expect: types.Type | None
    ) -> cel.Checked | None:
        try:
            checked = env.check(text, expect=expect)
        except cel.CelErrors as errors:
            for error in errors.errors:
                start, end = error.start + offset, error.end + offset
                self.complaints.text(error.message, path, start, end, error.hint)
            return None
        for asked in asked_controls(checked.ast, env) if checked.ast is not None else ():
            self.asking.ask(asked, path, offset)
        if role.part is not None:
            spread = role.lists and not self._names_once(env, checked)
            self.reads.add(role.part, checked.reads, spread=spread)
        if role.decides:
            self._absences.extend((path, a.start + offset, a.end + offset) for a in checked.absence)
        return checked

    def _names_once(self, env: cel.Env, checked: cel.Checked) -> bool:
        """Whether an expression names the inventory once at most, and calls no definition."""
        nodes = list(ast.walk(checked.ast)) if checked.ast is not None else []
        root = self.file.value["kind"]
        named = [node for node in nodes if isinstance(node, ast.Ident) and node.name == root]
        called = [node for node in nodes if isinstance(node, ast.Call) and env.definition(node.function)]
        return len(named) < 2 and not called


def _selected(node: ast.Node | None) -> ast.Select | None:
    """The last step of a selection: the field of `device.in_scope`, and of `devices.map(d, d.in_scope)`."""
    while isinstance(node, ast.MacroCall) and node.name == "map":
        node = node.args[-1]
    return node if isinstance(node, ast.Select) and not node.optional else None


def _chosen(type_: types.Type) -> bool:
    """Whether a value of a type is one of an enum, or a list of such."""
    type_ = types.non_null(type_)
    return isinstance(type_, types.Enum) or (isinstance(type_, types.List) and _chosen(type_.elem))


def _element(type_: types.Type) -> types.Type | None:
    """The type of the elements of a list, which may itself be null; None if it is no list."""
    if isinstance(type_, types.Nullable):
        type_ = type_.elem
    return type_.elem if isinstance(type_, types.List) else None


def _key(element: types.Type) -> tuple[str, ...]:
    """The path from an element to what identifies it; a text is its own identity."""
    element = types.non_null(element)
    if isinstance(element, types.ObjectType):
        return tuple(element.key or ())
    plain = element == types.STRING or isinstance(element, types.Enum | types.IdType)
    return (".",) if plain else ()


def _joined(elements: Sequence[types.Type]) -> types.Type:
    first = elements[0]
    if all(element == first for element in elements):
        return first
    objects = [element for element in elements if isinstance(element, types.ObjectType)]
    return types.Union(tuple(objects)) if len(objects) == len(elements) else types.DYN
