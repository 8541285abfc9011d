"""No other value of a fact makes a control not apply, unless that is earned or another control fails for it.

Facts of the shipped inventories get other values that their schema allows, one at a time: enums, booleans,
nulls and empty lists whole, numbers and days at and around every threshold of the controls that may read
them. What was looked at must still be: a subject that passed or was a finding may not be left aside, nor pass
by fewer tests. It may where a statement earns it (none does here: those of the inventories say other values),
where the value is an admission, for which another control of every profile that has the lost one is found, or
where `NATURE` says why the value is no word.

Each value of each field is tried once, of numbers and days one in some; `REPLACE_EVERY=1` tries all at every
place, which takes minutes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple

import pytest

from policyscan.errors import PolicyscanError
from policyscan.findings import FINDINGS, Status
from policyscan.reading.tree import Tree
from tests.policies.judging import Finding, name_of, pack
from tests.policies.replacing import Fact, Thresholds, facts, others, thresholds
from tests.test_promise import (
    AS_OF,
    FILES,
    asked,
    linked,
    lost_names,
    told,
    told_without,
    tree,
    untouched,
)

EVERY: Final = int(os.environ.get("REPLACE_EVERY", "67"))
"""Of the numbers and days of a field, one in so many is tried."""

NATURE: Final = {
    ("accounts[].enabled", "ACC-02"): "a state that is measured: nobody signs in to an account that is off",
    (
        "devices[].kind",
        "DEV-01",
    ): "what a thing is: a switch has no disk; CONS-14 holds it against its system",
    ("insurance_policies[].attestations[].answer", "INS-06"): "who denied it when applying promised nothing",
    ("providers[].contract.competing_quotes_per_user_month", "PROV-03"): "no quote, nothing to compare with; "
    "the price by itself is judged all the same",
    ("providers[].contract.service_credit_cap_pct_of_monthly_fee", "SLA-05"): "a contract that pays nothing "
    "back is none to rely on",
    ("providers[].sla.targets[].resolution_hours", "SLA-02"): "what was not promised cannot be broken; what "
    "was is in the contract",
    (
        "plan_tests[].findings",
        "PLAN-09",
    ): "what a test of the plan found is its record, which PLAN-07 asks for",
    ("client_questions[].asked_on", "BRIEF-03"): "questions of long ago are not asked about",
    ("recommendations[].made_on", "GOV-01"): "advice of this week may still wait, and old advice is past",
    ("subcontracts[].ends_on", "INS-07"): "a contract that has ended binds nobody",
}
"""By field and control: why a value that makes the control not apply is no word that has to be earned."""

RARE: Final = {
    ("own_incidents[].detected_at", "PROV-07"): "break-ins of long ago are not asked about",
    ("own_incidents[].detected_at", "PROV-10"): "break-ins of long ago are not asked about",
}
"""The same where only some of many days make it so, which only a run over all of them meets."""


class Replaced(NamedTuple):
    """A fact of a file with another value."""

    file: str
    fact: Fact
    value: Any

    @property
    def name(self) -> str:
        """The field, as schemas name it."""
        return name_of(self.fact.path)

    @property
    def is_plain(self) -> bool:
        """Whether it is no number and no day, of which there are many."""
        return self.fact.field.shape.form not in ("integer", "number", "money", "date", "instant")


@cache
def limits() -> Thresholds:
    return thresholds()


def every(file: str) -> Iterator[Replaced]:
    """Every fact of a file with every other value."""
    value, today = tree(file).value, AS_OF.day
    assert today is not None
    for fact in facts(untouched()[file].kind, value):
        for other in others(fact, at(value, fact.path), today, limits()):
            yield Replaced(file, fact, other)


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


@cache
def sampled() -> dict[str, list[Replaced]]:
    """What is tried, by file."""
    tried: set[tuple[str, str]] = set()
    counts: dict[str, int] = {}
    found: dict[str, list[Replaced]] = {}
    for file in FILES:
        for one in every(file):
            number = counts[one.name] = counts.get(one.name, -1) + 1
            new = (one.name, repr(one.value)) not in tried
            if EVERY == 1 or (new if one.is_plain or one.value is None else number % EVERY == 0):
                tried.add((one.name, repr(one.value)))
                found.setdefault(file, []).append(one)
    return found


def changed(one: Replaced) -> Tree:
    """The file with the other value; a list that is emptied stays where it was."""
    made = tree(one.file)
    holder = at(made.value, one.fact.path[:-1])
    key = one.fact.path[-1]
    if one.value in ([], {}):
        if holder[key] is None:
            raise PolicyscanError("nothing is no list that could be emptied")
        holder[key].clear()
    else:
        holder[key] = one.value
    return made


@cache
def requirements() -> dict[str, frozenset[str]]:
    """The requirements of each control, without what comes before them."""
    also = ((policy, policy.also) for policy in pack().policies.values())
    return {
        policy.id: frozenset(item.id for part in (policy, other) if part for item in part.require)
        for policy, other in also
    }


def left_aside(before: dict[Finding, Status], after: dict[Finding, Status]) -> Iterator[Finding]:
    """What was looked at and is no longer, where nothing is found of its subject or of its list, and where
    no subject has a new name: a test of a plan is called by its day."""
    known = {one[:3] for one in before}
    new = (one for one in after if one[:3] not in known and one.requirement != "for_each")
    renamed = {one[:2] for one in new if "#" not in one.subject}
    found = {one[:3] for one, status in after.items() if status in FINDINGS}
    passing = {one[:3] for one, status in after.items() if status is Status.PASS}
    lists = {one[:2] for one, status in after.items() if status in FINDINGS and one.requirement == "for_each"}
    for one, status in before.items():
        if status is Status.NOT_APPLICABLE or one[:3] in found:
            continue
        now = after.get(one)
        if now not in (None, Status.NOT_APPLICABLE):
            continue
        tested = one.requirement not in requirements()[one.policy] and one[:3] in passing
        if not tested and not (now is None and one[:2] in lists | renamed):
            yield one


def is_admitted(policy: str, before: dict[Finding, Status], after: dict[Finding, Status]) -> bool:
    """Whether in every profile that has a control another is found that was not before."""
    more = {one.policy for one, s in after.items() if s in FINDINGS and before.get(one) not in FINDINGS}
    profiles = (one.policies for one in pack().profiles.values())
    having = (more if ids is None else more & set(ids) for ids in profiles if ids is None or policy in ids)
    return all(having)


def lost_by(one: Replaced, before: dict[Finding, Status]) -> list[Finding]:
    """The results that are left aside for another value of a fact."""
    policies = asked(lost_names(untouched()[one.file].kind, tree(one.file).value, one.fact.path))
    if not policies:
        return []
    try:
        documents = linked(changed(one), one.file)
    except PolicyscanError:
        return []  # an error at its place: exit 2
    after = told_without(before, documents, one.file, policies)
    return [f for f in left_aside(before, after) if not is_admitted(f.policy, before, after)]


Lost = dict[tuple[str, str], tuple[tuple[Any, ...], Any, Finding]]
"""By field and control: where, by which value, and a result that is left aside."""


@cache
def lost_in(file: str) -> Lost:
    """What is left aside for other values of the facts of a file."""
    before = told(linked(tree(file), file), file)
    return {
        (one.name, finding.policy): (one.fact.path, one.value, finding)
        for one in sampled().get(file, ())
        for finding in lost_by(one, before)
    }


@pytest.mark.parametrize("file", FILES)
def test_no_value_takes_a_control_away_unearned(file: str) -> None:
    assert {pair: about for pair, about in lost_in(file).items() if pair not in NATURE | RARE} == {}


def test_each_exemption_is_needed() -> None:
    assert {pair for file in FILES for pair in lost_in(file)} - set(RARE) == set(NATURE)
