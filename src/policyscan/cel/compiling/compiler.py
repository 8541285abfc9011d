"""From the checked form of an expression to a Python function: see `writer`.

In: a node of the checked form and the names that are its parameters, in order. Out: a `Program`, which
`program` links to a function.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policyscan.cel import ir
from policyscan.cel.compiling import access, calls, clock, collections, comparison, logic, macros, names
from policyscan.cel.compiling.writer import Write, Writer
from policyscan.cel.runtime import Program

_WRITERS: Final[dict[type[ir.Node], Write]] = {
    **names.WRITERS,
    **access.WRITERS,
    **calls.WRITERS,
    **clock.WRITERS,
    **collections.WRITERS,
    **comparison.WRITERS,
    **logic.WRITERS,
    **macros.WRITERS,
}


def compile_ir(root: ir.Node, args: Sequence[str], strict: bool) -> Program:
    """The program of a checked expression whose variables come in the order of `args`."""
    return Writer(args, strict, _WRITERS, calls.RAW_WRITERS).program(root)
