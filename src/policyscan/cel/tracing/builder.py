"""What makes closures of nodes: their slots, the source they stand in, and the log that they keep.

In: nodes, which the modules beside this one turn into closures with its help. Out: closures of a frame, and
the facts about each node that a trace shows.

Every node becomes a closure once; a run logs `(node, value or error, start)` when a node is done, where
`start` is the log's length when it began: what lies between are its parts. Trees, paths and places are made
from that only when someone asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from policyscan.cel import ir, runtime
from policyscan.cel.errors import EvalError, worse
from policyscan.cel.tracing.trace import Frame, Meta, present

Run: TypeAlias = Callable[[Frame], Any]
Build: TypeAlias = "Callable[[Builder, Any], Run]"
"""The closure of a node of one kind."""


class Builder:
    """Makes the closures of one expression by a table of functions, one for each kind of node.

    `tree` makes closures note what each node came to; without it they are several times as fast.
    """

    def __init__(
        self, source: str, strict: bool, builders: Mapping[type[ir.Node], Build], *, tree: bool
    ) -> None:
        self.strict = strict
        self.tree = tree
        self.count = 0
        self.names: dict[str, int] = {}
        self.source = source
        self._builders = builders

    def slot(self, name: str) -> int:
        number = self.count
        self.count += 1
        self.names = {**self.names, name: number}
        return number

    def build(self, node: ir.Node) -> Run:
        """The closure of a node, which logs its outcome if there is to be a tree."""
        inner = self._builders[type(node)](self, node)
        return _logged(Meta(node.start, node.end, self.source), inner) if self.tree else inner

    def silent(self, node: ir.Node) -> Run:
        """The closure of a node that has no line in the tree."""
        return self._builders[type(node)](self, node)

    def all(self, nodes: Sequence[ir.Node]) -> Callable[[Frame], list[Any]]:
        """The operands of a strict operation; the worst of their errors wins."""
        runs = [self.build(node) for node in nodes]
        if len(runs) == 1:
            only = runs[0]
            return lambda frame: [only(frame)]

        def run(frame: Frame) -> list[Any]:
            values = []
            error: EvalError | None = None
            for part in runs:
                try:
                    values.append(part(frame))
                except EvalError as failed:
                    error = worse(error, failed)
            if error is not None:
                raise error
            return values

        return run

    def condition(self, node: ir.Node, flag: str) -> Run:
        """A condition, which must be a bool when it runs."""
        inner = self.build(node)
        if not flag:
            return inner
        check = runtime.truth if self.strict else runtime.truth_core
        return lambda frame: check(present(frame, inner(frame)) if self.strict else inner(frame))

    def elsewhere(self, source: str, names: dict[str, int], node: ir.Node) -> Run:
        """A node that stands in another source, with names of its own."""
        before = self.source, self.names
        self.source, self.names = source, names
        inner = self.build(node)
        self.source, self.names = before

        def run(frame: Frame) -> Any:
            try:
                return inner(frame)
            except EvalError as error:
                # Its place is in the other source; for this one it is where that was used.
                error.start = error.end = -1
                raise

        return run


def _logged(meta: Meta, inner: Run) -> Run:
    def run(frame: Frame) -> Any:
        log = frame.log
        start = len(log)
        try:
            value = inner(frame)
        except EvalError as error:
            if error.start < 0:
                error.start, error.end = meta.start, meta.end
            log.append((meta, error, start))
            raise
        log.append((meta, value, start))
        return value

    return run
