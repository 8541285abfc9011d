"""What an expression may name, and what the language is for it.

In: names with their types, constants, definitions and functions of a host. Out: a `Scope`, which the
checker asks; it is the same for all expressions of a policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, Self

from policyscan.cel.errors import CelError, CelErrors
from policyscan.cel.types import ObjectType, Type
from policyscan.records import NamedTuple

if TYPE_CHECKING:
    from policyscan.cel.ast import Node as Expression
    from policyscan.cel.ir import Node


class Dialect(NamedTuple):
    """What the language is: `strict` refuses at load what plain CEL leaves to run time, and knows missing
    and absent; `clock` has `today` and `now`."""

    name: str
    strict: bool
    clock: bool


CORE = Dialect("core", strict=False, clock=False)
"""CEL as its specification has it."""
POLICY = Dialect("policy", strict=True, clock=True)
"""CEL for policies: everything typed, two kinds of nothing, dates and money."""


class Definition(NamedTuple):
    """A function written in the language: typed parameters, a typed result and the source of its body."""

    name: str
    params: tuple[tuple[str, Type], ...]
    result: Type
    source: str


class HostFunction(NamedTuple):
    """A function that whoever runs an expression answers, through `Activation.answer`.

    Its parameters are plain types (text, numbers, dates). `absence` as for the language's own functions: it
    can turn something missing into a verdict.
    """

    name: str
    params: tuple[Type, ...]
    result: Type
    doc: str = ""
    examples: tuple[str, ...] = ()
    absence: bool = False


class Absence(NamedTuple):
    """A place where something missing can turn into a verdict: offsets in the source."""

    start: int
    end: int


class FieldRead(NamedTuple):
    """A field of a type of object that an expression may read."""

    of: ObjectType
    field: str


class Body(NamedTuple):
    """A checked body of a definition, for arguments that move with the clock in one way."""

    ir: Node
    size: int
    clock: bool
    moves: str
    absence: bool
    reads: frozenset[FieldRead]


class Bound(Protocol):
    """A checked expression that has a name: what those need to know of it in which the name stands."""

    source: str
    type: Type
    moves: str
    names: tuple[str, ...]
    clock: bool
    reads: frozenset[FieldRead]
    size: int

    @property
    def inner(self) -> Node:
        """The checked form."""


class Scope:
    """What an expression may name. Immutable: `child` and `bind` make environments with more in them."""

    def __init__(
        self,
        variables: Mapping[str, Type] | None = None,
        constants: Mapping[str, tuple[Type, Any]] | None = None,
        functions: Iterable[Definition] = (),
        dialect: Dialect = POLICY,
        host: Iterable[HostFunction] = (),
    ) -> None:
        """`variables` are given to the program when it runs; `constants` are put into it."""
        self.variables: dict[str, Type] = dict(variables or {})
        self.constants: dict[str, tuple[Type, Any]] = dict(constants or {})
        self.functions: dict[str, Definition] = {d.name: d for d in functions}
        self.dialect = dialect
        self.host: dict[str, HostFunction] = {function.name: function for function in host}
        self.bound: dict[str, Bound] = {}
        self.bodies: dict[tuple[str, tuple[str, ...]], Body | str] = {}
        self.opened: list[str] = []

    def child(
        self,
        variables: Mapping[str, Type] | None = None,
        constants: Mapping[str, tuple[Type, Any]] | None = None,
    ) -> Self:
        """The environment with more variables and constants; ValueError where a name is taken."""
        made = self._copy()
        for name, t in (variables or {}).items():
            self._claim(name)
            made.variables[name] = t
        for name, constant in (constants or {}).items():
            self._claim(name)
            made.constants[name] = constant
        return made

    def bind(self, name: str, checked: Bound) -> Self:
        """The environment in which `name` stands for an expression, evaluated where it is first needed.

        What goes wrong in it goes wrong there. ValueError where the name is taken.
        """
        self._claim(name)
        made = self._copy()
        made.bound[name] = checked
        return made

    def _copy(self) -> Self:
        made = self.__class__.__new__(self.__class__)
        made.variables, made.constants = dict(self.variables), dict(self.constants)
        made.functions, made.dialect, made.bound = self.functions, self.dialect, dict(self.bound)
        made.host = self.host
        # Definitions see no variables, so what was learnt about them holds in every child.
        made.bodies, made.opened = self.bodies, self.opened
        return made

    def _claim(self, name: str) -> None:
        if name in self.variables or name in self.constants or name in self.bound:
            msg = f"the name {name!r} is taken already"
            raise ValueError(msg)
        if self.dialect.clock and name in {"today", "now"}:
            msg = f"the name {name!r} is the clock's"
            raise ValueError(msg)

    def bare(self) -> Self:
        """The environment of a definition's body: the same functions and dialect, and no names."""
        made = self._copy()
        made.variables, made.constants, made.bound = {}, {}, {}
        return made

    def parse(self, source: str) -> Expression:
        """The tree of a source; CelErrors where it is no expression."""
        from policyscan.cel.parser import parse
        from policyscan.cel.registry import binders

        try:
            return parse(source, binders(policy=self.dialect.strict))
        except CelError as error:
            raise CelErrors([error]) from error

    def definition(self, name: str) -> Definition | None:
        """The definition of this name, if there is one."""
        return self.functions.get(name)
