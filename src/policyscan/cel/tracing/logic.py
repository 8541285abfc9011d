"""`&&`, `||`, `!` and the conditional.

In: a node of the checked form and the `Builder`. Out: a function of a frame that gives its value and logs
what it read.
"""

from __future__ import annotations

from typing import Any, Final

from policyscan.cel import ir
from policyscan.cel.errors import EvalError, worse
from policyscan.cel.tracing.builder import Build, Builder, Run
from policyscan.cel.tracing.trace import Frame


def _and(t: Builder, node: ir.And) -> Run:
    return _logic(t, node, decided=False)


def _or(t: Builder, node: ir.Or) -> Run:
    return _logic(t, node, decided=True)


def _logic(t: Builder, node: ir.And | ir.Or, *, decided: bool) -> Run:
    left, right = (t.condition(*operand) for operand in (node.left, node.right))

    def run(frame: Frame) -> Any:
        try:
            if left(frame) is decided:
                return decided
        except EvalError as error:
            failed = error
        else:
            return right(frame)
        return _absorbed(frame, failed, right, decided)

    return run


def _not(t: Builder, node: ir.Not) -> Run:
    inner = t.condition(*node.operand)
    return lambda frame: not inner(frame)


def _cond(t: Builder, node: ir.Cond) -> Run:
    test, yes, no = t.condition(*node.test), t.build(node.yes), t.build(node.no)
    return lambda frame: yes(frame) if test(frame) else no(frame)


def _absorbed(frame: Frame, error: EvalError, right: Run, decided: bool) -> bool:
    """The outcome of `&&` or `||` whose left side failed."""
    # As in `worse`: no circles. Raised within `except`, an error would also lead to the one handled there.
    error.__traceback__ = error.__context__ = None
    try:
        if right(frame) is decided:
            return bool(decided)
    except EvalError as other:
        error = worse(error, other)
    raise error


BUILDERS: Final[dict[type[ir.Node], Build]] = {
    ir.And: _and,
    ir.Or: _or,
    ir.Not: _not,
    ir.Cond: _cond,
}
