"""Evaluates the checked form of an expression and keeps how its value came about: see `builder`.

In: the checked form, then the clock and values of a run. Out: a `Trace`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from policyscan.cel import budget, ir, runtime
from policyscan.cel.clock import Clock
from policyscan.cel.errors import EvalError, ExhaustedError
from policyscan.cel.tracing import access, calls, clock, collections, comparison, logic, macros, names
from policyscan.cel.tracing.builder import Build, Builder
from policyscan.cel.tracing.trace import Frame, Locate, Meta, Step, Trace, forget_calls

__all__ = ["Locate", "Step", "Trace", "Tracer"]

_BUILDERS: Final[dict[type[ir.Node], Build]] = {
    **names.BUILDERS,
    **access.BUILDERS,
    **calls.BUILDERS,
    **clock.BUILDERS,
    **collections.BUILDERS,
    **comparison.BUILDERS,
    **logic.BUILDERS,
    **macros.BUILDERS,
}


class Tracer:
    """An expression's closures; `trace` runs them.

    `tree` makes them note what each node came to; without it they are several times as fast, and a trace
    still has everything but its `root`.
    """

    def __init__(self, root: ir.Node, source: str, strict: bool, *, tree: bool = True) -> None:
        builder = Builder(source, strict, _BUILDERS, tree=tree)
        self._source = source
        self._place = root.start, root.end
        self._run = builder.build(root)
        self._slots = builder.count

    def trace(self, clock: Clock, variables: Mapping[str, Any], locate: Locate | None = None) -> Trace:
        """One run; whatever goes wrong is in the result."""
        saved = budget.put_aside()
        try:
            return self._traced(Frame(clock, variables, self._slots), locate)
        finally:
            budget.restore(saved)

    def _traced(self, frame: Frame, locate: Locate | None) -> Trace:
        try:
            traced = Trace(frame, self._run(frame), None, locate)
        except EvalError as error:
            traced = Trace(frame, None, error, locate)
            forget_calls(frame, error)
        except ExhaustedError as error:
            fault = runtime.exhausted(error)
            fault.start, fault.end = self._place
            frame.log.append((Meta(*self._place, self._source), fault, 0))
            traced = Trace(frame, None, fault, locate)
        return traced
