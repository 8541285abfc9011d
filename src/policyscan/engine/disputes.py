"""Which facts contradict each other.

In go rules of consistency and a document; out come the rules that it breaks, and what these put in dispute.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from policyscan import cel
from policyscan.cel.budget import apart
from policyscan.engine.outcome import NEVER, Outcome, Turn, Values, earliest
from policyscan.engine.requirements import evaluate_lean, forget_calls
from policyscan.findings import Status
from policyscan.policies.policy import Policy

_TOLD = frozenset((Status.FAIL, Status.ERROR))


class Contradictions(NamedTuple):
    """The rules that a document breaks, each with an outcome, and when that may first be otherwise."""

    broken: Sequence[tuple[Policy, Outcome]] = ()
    turn: Turn = NEVER


class Disputed(NamedTuple):
    """A fact in dispute: the object that it stands in, and its key there."""

    container: dict[str, Any]
    key: str


def contradictions(rules: Sequence[Policy], kind: str, root: Any, clock: cel.Clock) -> Contradictions:
    """What breaks the rules about a kind in a document of it, at a moment.

    A rule whose facts are missing, or known to be nothing, says nothing.
    """
    broken: list[tuple[Policy, Outcome]] = []
    turns: list[Turn] = []
    for rule in rules:
        if rule.info.kind == kind:
            found = evaluate_lean(rule, root, clock)
            turns.append(found.turn)
            broken.extend((rule, outcome) for outcome in found.outcomes if outcome.status in _TOLD)
    return Contradictions(broken, earliest(*turns))


def disputed(rule: Policy, bound: Values, clock: cel.Clock) -> list[Disputed]:
    """The facts that a rule puts in dispute for a subject, each once, in the order of its selections."""
    found: dict[tuple[int, str], Disputed] = {}
    for dispute in rule.disputes:
        try:
            with apart():
                holders = dispute.holders.program(clock, *bound)
        except cel.EvalError as error:
            forget_calls(error)
            continue  # what is not there cannot be in dispute
        for holder in _objects(holders):
            if dispute.field in holder:
                found.setdefault((id(holder), dispute.field), Disputed(holder, dispute.field))
    return list(found.values())


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """An object, or those in a list of them."""
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _objects(one)
