"""The full account of a policy's results for one document: every expression with its trace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from policyscan.engine.document_results import Evaluation
from policyscan.engine.outcomes import evaluate
from policyscan.engine.scan import Plan, document_clock, scan_document

if TYPE_CHECKING:
    from policyscan.cel.tracer import Trace
    from policyscan.documents.document import Document
    from policyscan.findings import Result
    from policyscan.policies.policy import Policy


class Account(NamedTuple):
    """A result, and the traces of the expressions that decided it."""

    result: Result
    traces: tuple[Trace, ...]


def accounts(
    document: Document, policy: Policy, plan: Plan, context: Sequence[Document] = ()
) -> list[Account]:
    """An account of every result of a policy for a document, in the order of its subjects."""
    alone = plan._replace(policies=[policy], full=True, evidence=True, gaps=True)
    results = [r for r in scan_document(document, alone, context).results if r.policy == policy.id]
    clock = document_clock(document, plan)
    evaluation = Evaluation(document, clock, plan.known, context, full=True)
    clock.lookup = evaluation.lookup
    outcomes = evaluate(policy, document.value, clock, keep=True)
    if len(outcomes) != len(results):  # it failed, which its one result says
        return [Account(result, ()) for result in results]
    traces = evaluation.explainer.traces
    return [Account(r, tuple(traces(outcome))) for r, outcome in zip(results, outcomes, strict=True)]
