"""What a run of the tracer leaves: the log of its nodes, and the trace that is read from it.

In: a frame in which a run has noted what it did. Out: a `Trace`: values, texts, and the places of what was
read, missing, known to be nothing, or a witness.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from policyscan.cel.errors import EvalError
from policyscan.cel.runtime import no_value
from policyscan.records import NamedTuple

if TYPE_CHECKING:
    from policyscan.cel.clock import Clock

Locate: TypeAlias = Callable[[object, str | int | None], "tuple[str, object] | None"]


class Step(NamedTuple):
    """A node of the tree: its text and what came of it.

    `error` is set instead of `value` where it has none. One turn of a macro has `element` set: its text is
    the macro's name for the element, its value the element.
    """

    text: str
    start: int
    end: int
    value: Any
    error: EvalError | None
    children: tuple[Step, ...]
    element: bool = False


class Meta(NamedTuple):
    """What is fixed about a node: its place and source; for a turn of a macro, its name for the element."""

    start: int
    end: int
    source: str
    element: str = ""


class Notes:
    """What is noted of a part of a run."""

    __slots__ = ("absent", "hits", "last", "missing", "n", "passed", "reads", "witnesses")

    def __init__(self) -> None:
        self.reads: list[tuple[Any, Any, Any]] = []
        self.missing: list[tuple[Any, Any]] = []
        self.absent: list[tuple[Any, Any]] = []
        self.witnesses: list[Any] = []
        self.last: tuple[Any, Any] | None = None
        self.hits: int | None = None
        self.n: int | None = None
        self.passed: dict[int, int] = {}  # of each table, how many elements were passed by


class Frame(Notes):
    """One run: the inputs, and everything it notes."""

    __slots__ = ("args", "clock", "lazy", "log", "loops", "slots")

    def __init__(self, clock: Clock, args: Mapping[str, Any], slots: int) -> None:
        super().__init__()
        self.clock = clock
        self.args = args
        self.slots: list[Any] = [None] * slots
        self.log: list[tuple[Meta, Any, int]] = []
        self.lazy: dict[str, Any] = {}
        self.loops = 0

    def apart(self, notes: Notes | None = None) -> Notes:
        """What was noted so far; from now on it is noted in `notes`, or in none that were there."""
        found = Notes()
        _copy(self, found)
        _copy(Notes() if notes is None else notes, self)
        return found

    def note(self, notes: Notes) -> None:
        """Adds what was noted apart."""
        self.reads += notes.reads
        self.missing += notes.missing
        self.absent += notes.absent
        self.witnesses += notes.witnesses
        self.last = notes.last or self.last
        if notes.hits is not None:
            self.hits, self.n = notes.hits, notes.n


def _copy(one: Notes, other: Notes) -> None:
    for name in Notes.__slots__:
        setattr(other, name, getattr(one, name))


class Trace:
    """How an expression got its value.

    `value` or `error` is the outcome. `reads` are (path, value, place) of the fields that were read, in
    order and each once; `missing` and `absent` (path, place) of those found missing or null where a value
    was needed; `witnesses` the elements that decided a macro; `hits` of `n` what the last count found.
    """

    __slots__ = ("_frame", "_locate", "_log", "error", "hits", "n", "value", "witnesses")

    def __init__(self, frame: Frame, value: Any, error: EvalError | None, locate: Locate | None) -> None:
        self._frame = frame
        self._locate = locate
        self.value = value
        self.error = error
        self.hits = frame.hits
        self.n = frame.n
        self.witnesses: list[Any] = _unique(frame.witnesses)

    @property
    def root(self) -> Step:
        """The tree of evaluated sub-expressions."""
        return _tree(self._frame.log)

    @property
    def touched(self) -> list[tuple[Any, Any, Any]]:
        """(container, key, value) of every field read, in order: what `reads` is made of."""
        return self._frame.reads

    @property
    def lacking(self) -> list[tuple[Any, Any]]:
        """(container, key) of the fields found missing."""
        return self._frame.missing

    @property
    def empty(self) -> list[tuple[Any, Any]]:
        """(container, key) of the fields that were null where a value was needed."""
        return self._frame.absent

    @property
    def reads(self) -> list[tuple[str, Any, object]]:
        """(path, value, place) of every field read, in order, each path once."""
        found: dict[str, tuple[str, Any, object]] = {}
        for container, key, value in self._frame.reads:
            place = self._place(container, key)
            if place is not None:
                found.setdefault(place[0], (place[0], value, place[1]))
        return list(found.values())

    @property
    def missing(self) -> list[tuple[str, object]]:
        """(path, place) of the fields found missing, each path once."""
        return self._places(self._frame.missing)

    @property
    def absent(self) -> list[tuple[str, object]]:
        """(path, place) of the fields that were null where a value was needed, each path once."""
        return self._places(self._frame.absent)

    def _places(self, pairs: Sequence[tuple[Any, Any]]) -> list[tuple[str, object]]:
        found = (self._place(container, key) for container, key in pairs)
        return list({place[0]: place for place in found if place is not None}.values())

    def _place(self, container: Any, key: Any) -> tuple[str, object] | None:
        return self._locate(container, key) if self._locate is not None else None


def forget_calls(frame: Frame, error: EvalError) -> None:
    """Drop the tracebacks of errors that are kept: they lead in a circle through the calls that made them,
    and would keep everything that those looked at until the garbage collector comes."""
    for kept in (error, *(value for _, value, _ in frame.log if isinstance(value, EvalError))):
        kept.__traceback__ = kept.__context__ = None


def _unique(values: list[Any]) -> list[Any]:
    seen: dict[int, Any] = {}
    for value in values:
        seen.setdefault(id(value), value)
    return list(seen.values())


def _tree(log: list[tuple[Meta, Any, int]]) -> Step:
    """The tree from the log: an entry's parts are the finished ones since its start."""
    stack: list[tuple[int, Step]] = []
    for position, (meta, value, start) in enumerate(log):
        parts: list[Step] = []
        while stack and stack[-1][0] >= start:
            parts.append(stack.pop()[1])
        error = value if isinstance(value, EvalError) else None
        text = meta.element or meta.source[meta.start : meta.end]
        shown = None if error is not None else value
        step = Step(text, meta.start, meta.end, shown, error, tuple(reversed(parts)), bool(meta.element))
        stack.append((position, step))
    return stack[-1][1]


def note_absent(frame: Frame) -> None:
    """Keeps the place of the null that was read last."""
    if frame.last is not None:
        frame.absent.append(frame.last)


def present(frame: Frame, value: Any) -> Any:
    """The value, which must not be null; keeps where it was read if it is."""
    if value is None:
        note_absent(frame)
        no_value()
    return value
