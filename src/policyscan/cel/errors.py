"""What can go wrong in an expression: when it is loaded (`CelError`) and when it runs (`EvalError`).

In: a message, offsets and perhaps a hint. Out: the errors that this package raises, and which of two
outranks the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class CelError(Exception):
    """One mistake in an expression's text.

    `start` and `end` are character offsets in the source, `end` exclusive; `hint` says what to do.
    """

    def __init__(self, message: str, start: int = 0, end: int = 0, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = max(start, end)
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message, self.start, self.end, self.hint)


class CelErrors(Exception):
    """Every mistake found in one expression, in the order of their places; never empty."""

    def __init__(self, errors: Iterable[CelError]) -> None:
        self.errors = sorted(errors, key=lambda e: (e.start, e.end, e.message))
        super().__init__("\n".join(e.message for e in self.errors))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.errors,)


class EvalError(Exception):
    """An expression that has no value for these inputs. Where two meet, the higher `rank` wins.

    `start` and `end` are the offsets of the sub-expression that raised it, or -1 where they are not
    known: the tracing evaluator fills them in, compiled code does not.
    """

    rank = 0

    def __init__(self, message: str = "", start: int = -1, end: int = -1) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end


class Absent(EvalError):
    """The inventory says that there is nothing: `null`, an index out of range, the maximum of `[]`."""

    rank = 1


class Missing(EvalError):
    """The inventory does not say: a key that is not there or is blank."""

    rank = 2


class Fault(EvalError):
    """The expression is wrong for these values: overflow, division by zero, no such overload."""

    rank = 3


class ExhaustedError(Exception):
    """An evaluation that visits too much. No part of an expression absorbs it; at its end it is a Fault."""


def worse(first: EvalError | None, second: EvalError) -> EvalError:
    """The error that wins where two meet: fault, then missing, then absent, then the first; for keeping.

    It loses its traceback: a frame that keeps an error whose traceback leads to the frame is a circle, which
    keeps whole documents alive until the garbage collector comes.
    """
    second.__traceback__ = second.__context__ = None
    return second if first is None or second.rank > first.rank else first
