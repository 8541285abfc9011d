"""The full account of a policy's results for one document: every expression with its trace.

In: a document, a policy, the plan and what the document refers to. Out: an `Account` of each result, with
the traces that `explain` prints.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from policyscan.engine.assigning import Decision, settled
from policyscan.engine.plan import Plan
from policyscan.engine.projection import MemberSource, projector_for
from policyscan.engine.scan import open_evaluation, scan_document
from policyscan.records import NamedTuple

if TYPE_CHECKING:
    from policyscan.cel.tracing.tracer import Trace
    from policyscan.documents.document import Document
    from policyscan.findings import Result
    from policyscan.policies.policy import Policy


class Account(NamedTuple):
    """A result, and the traces of the expressions that decided it."""

    result: Result
    traces: tuple[Trace, ...]


def accounts(
    document: Document,
    policy: Policy,
    plan: Plan,
    context: Sequence[Document] = (),
    source: MemberSource | None = None,
) -> list[Account]:
    """An account of every result of a policy for a document, in the order of its subjects."""
    alone = plan._replace(policies=[policy], full=True, evidence=True, gaps=True)
    if plan.assigning is not None:  # its parameters may be those of the client's own profile
        decision = open_evaluation(document, alone, context).decision or Decision()
        if decision.failed and decision.finding is not None:
            return [Account(decision.finding, ())]
        its = settled(alone, decision)
        policy = its.known.get(policy.id, policy)
        alone = its._replace(policies=[policy], assigning=None)
    if policy.disputes:  # a rule reads the facts that it puts in dispute
        alone = alone._replace(rules=(), trusting=True)
    projector = projector_for(alone, source)
    results = [r for r in scan_document(document, alone, context, projector).results if r.policy == policy.id]
    evaluation = open_evaluation(document, alone, context, projector)
    with evaluation.asked_by(policy):  # the traces may ask for other controls as well
        own = policy.about(document.kind.name) or policy
        outcomes = evaluation.outcomes(own, evaluation.clock, keep=True).outcomes
        if len(outcomes) != len(results):  # it failed, which its one result says
            return [Account(result, ()) for result in results]
        traces = evaluation.explainer.traces
        return [Account(r, tuple(traces(outcome))) for r, outcome in zip(results, outcomes, strict=True)]
