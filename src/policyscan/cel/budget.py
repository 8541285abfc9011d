"""What evaluating may cost: the one place that counts work, for both evaluators and every function.

In: the work that a loop or function is about to do. Out: nothing while there is enough left; else
`ExhaustedError`.

A unit of work is one turn of a macro with a small body: at most two microseconds in either evaluator, and at
most 200 bytes that stay in memory. Loops charge for their turns, by the size of their bodies; functions for
what they read and make. What is small costs nothing of its own: it is part of the turn in which it stands.
All programs of a policy share one budget for a document, however many subjects it has; over tables, where
each subject looks at the rows of all members, they share one for a subject.

Work is counted and time is not measured, so that a result depends on no machine and its load.
"""

from __future__ import annotations

from _thread import _local
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from policyscan.cel.errors import ExhaustedError

WORK: Final = 750_000
"""Units that a policy has for a document."""
TOO_MUCH: Final = (
    "this takes too much work for one document: it goes through too many elements, or makes too much text;"
    " filter or group the lists first"
)
"""What is told of an evaluation that has no work left."""
SMALL: Final = 64
"""Characters or elements up to which a function charges nothing."""
LONG_TEXT: Final = 1000
"""Characters up to which comparing a text charges nothing."""
LONG_LIST: Final = 100
"""Elements up to which a loop that stands in no other charges nothing."""
_WIDE: Final = 4  # bytes of a character in a text that has letters beyond Latin ones
_MOST_INDEXES: Final = 50


class Memory:
    """What is worked out once for all programs that share it: lists by their keys (`indexes`), and values
    that are bound to names (`values`).

    It is emptied with each evaluation, unless it is `lasting`: then it lasts as long as whoever made it.
    """

    __slots__ = ("indexes", "lasting", "values")

    def __init__(self, *, lasting: bool = False) -> None:
        self.indexes: dict[Hashable, Any] = {}
        self.values: dict[Hashable, Any] = {}
        self.lasting = lasting

    def clear(self) -> None:
        """Forgets everything."""
        self.indexes.clear()
        self.values.clear()


class _Meter(_local):
    """What is left, for each thread; `open` counts who spends it, `memory` is what they share."""

    left = WORK
    open = 0

    def __init__(self) -> None:
        self.memory = Memory()


_METER: Final = _Meter()


def begin() -> int:
    """Opens the budget for a program, unless whoever runs it has done so; what is left of it."""
    if not _METER.open:
        _METER.left = WORK
        if not _METER.memory.lasting:
            _METER.memory.clear()
    _METER.open += 1
    return _METER.left


def settle(used: int) -> None:
    """Takes what a program counted on its own, at its end."""
    _METER.open -= 1
    _METER.left -= used
    if not _METER.open and not _METER.memory.lasting:
        _METER.memory.clear()


def renew() -> None:
    """Gives whoever spends the budget a whole one again, where each part of the work may take one."""
    _METER.left = WORK


Saved = tuple[int, int, Memory]


def put_aside() -> Saved:
    """Opens a whole budget of its own until `restore`, which is given the one that was put aside."""
    meter = _METER
    saved = meter.open, meter.left, meter.memory
    meter.open, meter.left = 1, WORK
    if not meter.memory.lasting:
        meter.memory = Memory()
    return saved


def restore(saved: Saved) -> None:
    """Goes on with the budget that was put aside."""
    _METER.open, _METER.left, _METER.memory = saved


@contextmanager
def remembering(memory: Memory) -> Iterator[None]:
    """All programs that run within share a memory: for evaluating and explaining many subjects of the same
    lists, none of which changes."""
    saved, _METER.memory = _METER.memory, memory
    try:
        yield
    finally:
        _METER.memory = saved


@contextmanager
def apart() -> Iterator[None]:
    """A whole budget of its own for what runs within: for looking again at what has been decided."""
    saved = put_aside()
    try:
        yield
    finally:
        restore(saved)


def spend(units: int) -> None:
    """Charges work; ExhaustedError where too much has been done."""
    if _METER.open:
        _METER.left -= units
        if _METER.left < 0:
            over_budget()


def turns(count: int, weight: int) -> None:
    """Charges the turns of a loop that stands in no other."""
    spend(count * weight)


def over_budget() -> NoReturn:
    """Ends an evaluation that takes too much work."""
    raise ExhaustedError(TOO_MUCH)


def read(text: str | bytes, share: int = 1024) -> None:
    """Charges for going through a text, so many characters a unit."""
    if len(text) > SMALL:
        spend(len(text) // share)


def search(text: str, part: str) -> None:
    """Charges for looking for a part in a text: at worst every character of one meets many of the other."""
    if len(text) > SMALL:
        spend(len(text) * min(len(part) + 2, 512) // 1024 if len(text) < 30_000 else len(text) // 256)


def made(text: str | bytes) -> None:
    """Charges for a text that was made, by the memory that it takes."""
    if len(text) > SMALL:
        wide = type(text) is str and not text.isascii()
        spend(len(text) * (_WIDE if wide else 1) // 128)


def visited(items: Any, share: int = 8) -> None:
    """Charges for going through a list or map, so many elements a unit."""
    if len(items) > 7:
        spend(len(items) // share)


def texts(items: list[Any]) -> None:
    """Charges for comparing or hashing the elements of a list, long texts by their length."""
    visited(items, 4)
    long_texts(items)


def long_texts(items: list[Any]) -> None:
    """Charges for the length of texts that are compared with each other."""
    if len(items) > 1 and type(items[0]) is str:
        total = sum([len(item) for item in items if type(item) is str])
        if total > 16 * len(items):
            spend(total // 256)


def ordered(items: list[Any]) -> None:
    """Charges for sorting a list."""
    if len(items) > 7:
        spend(len(items) * len(items).bit_length() // 8)
        texts(items)


def indexes() -> dict[Hashable, Any]:
    """The lists that are found by a key, as long as they are remembered."""
    found = _METER.memory.indexes
    if len(found) >= _MOST_INDEXES:
        found.clear()
    return found


def is_lasting() -> bool:
    """Whether what is remembered serves many evaluations of the same lists."""
    return _METER.memory.lasting


def remembered() -> dict[Hashable, Any]:
    """What is bound to names, as long as it is remembered."""
    return _METER.memory.values
