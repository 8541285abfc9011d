"""What contradicts itself: in go a rule of consistency and a document, out come facts in dispute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from policyscan import cel
from policyscan.cel.budget import apart
from policyscan.engine.outcome import Outcome, Turn
from policyscan.engine.requirements import evaluate_lean, forget_calls
from policyscan.findings import Status
from policyscan.policies.policy import Policy, Requirement

_TOLD = frozenset((Status.FAIL, Status.ERROR))


class Broken(NamedTuple):
    """A rule, the outcomes of a document that break it or could not be evaluated, and when there may first be
    others."""

    rule: Policy
    outcomes: Sequence[Outcome]
    turn: Turn


class Disputed(NamedTuple):
    """A fact in dispute: the object that it stands in, and its key there."""

    container: dict[str, Any]
    key: str


def broken(rule: Policy, root: Any, clock: cel.Clock) -> Broken:
    """How a document of the rule's kind breaks it at a moment, if it does.

    A rule whose facts are missing, or known to be nothing, says nothing.
    """
    found = evaluate_lean(rule, root, clock)
    return Broken(rule, [one for one in found.outcomes if one.status in _TOLD], found.turn)


def disputed(rule: Policy, outcome: Outcome, clock: cel.Clock) -> tuple[list[Disputed], Turn]:
    """The facts that a broken rule puts in dispute for a subject, each once, in the order of its selections;
    and when these may first select others."""
    item, bound = outcome.item, outcome.bound
    own = item.disputes if isinstance(item, Requirement) else ()
    found: dict[tuple[int, str], Disputed] = {}
    saved = clock.turn_day, clock.turn_instant
    clock.reset()
    for dispute in own or rule.disputes:
        try:
            with apart():
                holders = dispute.holders.program(clock, *bound)
        except cel.EvalError as error:
            forget_calls(error)
            continue  # what is not there cannot be in dispute
        for holder in _objects(holders):
            if dispute.field in holder:
                found.setdefault((id(holder), dispute.field), Disputed(holder, dispute.field))
    turn = clock.turn_day, clock.turn_instant
    clock.turn_day, clock.turn_instant = saved
    return list(found.values()), turn


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """An object, or those in a list of them."""
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _objects(one)
