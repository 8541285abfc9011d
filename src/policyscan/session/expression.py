"""What `eval` does: an expression on an inventory, as a control would have it.

In: the text of an expression, the file of one inventory and a moment. Out: the `Trace` of every part with its
value and places, and the expression's type; for a wrong one, Problems with places in the text `EXPRESSION`.
"""

from __future__ import annotations

from policyscan import cel
from policyscan.cel import types
from policyscan.cel.tracing.tracer import Trace
from policyscan.documents.seeing import seen
from policyscan.engine.moments import clock_at
from policyscan.errors import PolicyError, Problems, UsageError
from policyscan.policies.loading import environment
from policyscan.records import NamedTuple
from policyscan.session.options import Inputs, StrPath
from policyscan.session.plan import moment_of
from policyscan.session.reader import Reader, find_files
from policyscan.session.workspace import open_workspace, use_rates
from policyscan.source import Source

NAME = "EXPRESSION"
"""The name by which the places in an expression call its text."""


class Answer(NamedTuple):
    """The value of an expression, or what kept it from having one, part by part."""

    trace: Trace
    type: types.Type

    @property
    def lacking(self) -> tuple[str, ...]:
        """The paths of what is missing, else of what is known to be nothing."""
        return tuple(path for path, *_ in self.trace.missing or self.trace.absent)


def evaluate(expression: str, file: str, as_of: str | None, config: StrPath | None) -> Answer:
    """The expression on the one inventory in a file, which has the name of its kind in it."""
    workspace, moment = open_workspace((file,), config=config), moment_of(as_of)
    use_rates(workspace, moment)
    reader = Reader(workspace.kinds, find_files(Inputs((file,)), workspace.config, workspace.kinds))
    documents = list(reader.documents())
    if reader.problems:
        raise Problems(reader.problems)
    if len(documents) != 1:
        raise UsageError(f"{file} holds {len(documents)} inventories", hint="name a file that holds one")
    document, _ = documents[0]
    clock = clock_at(moment, document.time_zone or workspace.config.time_zone)
    document = seen(document, clock)
    kind = document.kind
    env = environment(workspace.packs[0], workspace.kinds, kind.name, {})
    try:
        checked = env.check(expression, expect=None)
    except cel.CelErrors as errors:
        source = Source(NAME, expression)
        raise Problems(
            PolicyError(e.message, at=source.span(e.start, e.end), hint=e.hint) for e in errors.errors
        ) from None
    return Answer(checked.trace(clock, {kind.name: document.value}, document.locate), checked.type)
