"""What contradicts itself: in go a rule of consistency and a document, out come facts in dispute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from policyscan import cel
from policyscan.cel.budget import apart, begin, settle
from policyscan.engine.clashes import facts_of
from policyscan.engine.outcome import Outcome, Turn, Values
from policyscan.engine.requirements import evaluate_lean, forget_calls
from policyscan.findings import Status
from policyscan.policies.policy import Code, Policy, Requirement
from policyscan.records import NamedTuple

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
    clock.reset()
    begin()
    try:
        holds = not _breaks(rule, root, clock)
    except cel.EvalError as error:  # which the evaluation proper will tell
        forget_calls(error)
        holds = False
    finally:
        settle(0)
    if holds:  # as nearly always: nothing needs a name
        return Broken(rule, (), (clock.turn_day, clock.turn_instant))
    found = evaluate_lean(rule, root, clock)
    return Broken(rule, [one for one in found.outcomes if one.status in _TOLD], found.turn)


def _breaks(rule: Policy, root: Any, clock: cel.Clock) -> bool:
    """Whether anything in a document breaks a rule; raises EvalError for what cannot be evaluated."""
    if rule.applies is not None and not _true(rule.applies, (root,), clock, absent=False):
        return False
    return any(_broken_for(rule, values, clock) for values in _subjects(rule, (root,), clock))


def _subjects(rule: Policy, values: Values, clock: cel.Clock) -> Iterator[Values]:
    """The bound values of every subject of a rule; lists that are not known have none."""
    depth = len(values) - 1
    if depth == len(rule.for_each):
        yield values
        return
    for code in rule.for_each[depth].lists:
        try:
            items = code.program(clock, *values) or ()
        except (cel.Missing, cel.Absent) as error:
            forget_calls(error)
            continue
        for item in items:
            yield from _subjects(rule, (*values, item), clock)


def _broken_for(rule: Policy, values: Values, clock: cel.Clock) -> bool:
    if rule.when is not None and not _true(rule.when, values, clock, absent=False):
        return False
    for item in rule.require:
        asked = item.when is None or _true(item.when, values, clock, absent=False)
        if asked and _true(item.that, values, clock, absent=item.absent is Status.FAIL, wanted=False):
            return True
    return False


def _true(code: Code, values: Values, clock: cel.Clock, *, absent: bool, wanted: bool = True) -> bool:
    """Whether an expression is what is wanted; `absent` for what stumbles over nothing."""
    try:
        return code.program(clock, *values) is wanted
    except cel.Missing as error:
        forget_calls(error)
        return False
    except cel.Absent as error:
        forget_calls(error)
        return absent


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
            facts = facts_of(holder)
            if facts is not None:
                found.update(((id(one), key), Disputed(one, key)) for one, key in facts)
            elif dispute.field in holder:
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
