"""The promise over several inventories: what a member does not say never makes a portfolio look better.

Every key of every shipped inventory is deleted, and blanked, one at a time; whatever was a finding about a
portfolio before must still be one, or be succeeded by one that was not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import pytest

from policyscan.documents.document import Document
from policyscan.documents.references import link_across
from policyscan.engine.evaluation import Evaluation
from policyscan.engine.plan import Plan
from policyscan.engine.projection import Projector, projector_for
from policyscan.engine.scan import open_evaluation
from policyscan.findings import FINDINGS, Status
from policyscan.policytest.runner import Beside
from tests.policies.concerned import concerns, lost_names, table_names
from tests.policies.judging import Finding, keys, pack
from tests.test_promise import AS_OF, ASIDE, EVERY, alike, opened, opened_without, tree

MEMBERS = [name for name in EVERY if not name.startswith("portfolios/")]
PORTFOLIOS = [name for name in EVERY if name.startswith("portfolios/")]
PARTS = 4
SAMPLE = 17
"""Of the keys that no table has, one in so many is evaluated all the same."""

Statuses = Mapping[Finding, Status]


@cache
def plan() -> Plan:
    known = pack().policies
    chosen = [policy for policy in known.values() if policy.tables]
    return Plan(chosen, known, {id_: id_ for id_ in known}, AS_OF)


def name_of(document: Document) -> str:
    """The name of an inventory below the folder of all; one with a folder to itself is named by its head."""
    kind = document.kind.name
    names = f"{kind}s/{document.id}.yaml", f"{kind}s/{document.id}/{kind}.yaml"
    return names[1] if names[1] in EVERY else names[0]


def linked(documents: Iterable[Document]) -> dict[str, Document]:
    """Documents by the file that they are members as, linked to the providers among them."""
    by_file = {name_of(one): one for one in documents}
    for one in by_file.values():
        link_across(one, lambda kind, id_: by_file.get(f"{kind}s/{id_}.yaml") if kind == "provider" else None)
    return by_file


@cache
def untouched() -> dict[str, Document]:
    return linked(opened(tree(name)) for name in EVERY)


@cache
def whole_projector() -> Projector:
    """What the members say as they stand; asked for all of it once."""
    projector = new_projector(untouched())
    for name in PORTFOLIOS:
        statuses(name, untouched(), projector)
    return projector


def new_projector(documents: Mapping[str, Document]) -> Projector:
    projector = projector_for(plan(), Beside(list(documents.values())))
    assert projector is not None
    return projector


def projector_without(anew: Iterable[Document], documents: Mapping[str, Document]) -> Projector:
    """A projector in which everybody's columns are there already but those of some documents."""
    projector, whole, ids = new_projector(documents), whole_projector(), {one.id for one in anew}
    projector._rows = {key: made for key, made in whole._rows.items() if key[2] not in ids}
    projector._taken = {(kind, id_) for kind, id_ in whole._taken if id_ not in ids}
    return projector


def opened_with(name: str, documents: Mapping[str, Document], projector: Projector) -> Evaluation:
    """A portfolio with its tables, ready to be evaluated."""
    document = documents[name]
    return open_evaluation(document, plan(), [], projector)


def seen(evaluation: Evaluation) -> list[Any]:
    """Everything of the members that the status of a result about a portfolio rests on."""
    return [
        (policy.id, table.name, [(one.rows, one.holes, one.faults, one.graded) for one in table.parts])
        for policy in plan().policies
        for table in evaluation.tables.of(policy)
    ]


@cache
def seen_untouched(name: str) -> list[Any]:
    return seen(opened_with(name, untouched(), whole_projector()))


def statuses(name: str, documents: Mapping[str, Document], projector: Projector) -> Statuses:
    """The status of every result about a portfolio."""
    return told(opened_with(name, documents, projector))


def told(evaluation: Evaluation) -> Statuses:
    document = evaluation.document
    found: dict[Finding, Status] = {}
    for policy in plan().policies:
        for outcome in evaluation.outcomes(policy, evaluation.clock).outcomes:
            found[Finding(policy.id, document.id, outcome.subject, outcome.requirement)] = outcome.status
    return found


def lost(before: Statuses, after: Statuses) -> list[Finding]:
    """The findings that have become none, and those that went without one that was not there before."""
    acted = {finding for finding, status in after.items() if status in FINDINGS}
    gone = []
    for finding, status in before.items():
        if status not in FINDINGS or finding in acted:
            continue
        heirs = [one for one in acted if one[:2] == finding[:2]]
        succeeded = any(one.subject in ("", finding.subject) or one not in before for one in heirs)
        if finding in after or not succeeded:
            gone.append(finding)
    return gone


def of(name: str) -> list[str]:
    """The portfolios that an inventory belongs to."""
    if name in PORTFOLIOS:
        return [name]
    folder, own = name.partition("/")[0], name.rpartition("/")[0]
    return [
        one
        for one in PORTFOLIOS
        if {name, own, f"{folder}/*.yaml"} & {*tree(one).value["members"], *tree(one).value["providers"]}
    ]


def test_there_are_findings_to_lose() -> None:
    for name in PORTFOLIOS:
        before = statuses(name, untouched(), whole_projector())
        assert (Status.FAIL in before.values()) == (
            name.split("/")[1] in {"bright-harbor.yaml", "lakeside-brokers.yaml"}
        )
    assert all(of(name) for name in MEMBERS if name != "providers/example-ledger.yaml")


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", EVERY)
def test_no_finding_about_a_portfolio_vanishes_with_a_key(name: str, part: int) -> None:
    vanished: list[tuple[tuple[Any, ...], Finding]] = []
    kind, value = untouched()[name].kind, tree(name).value
    for number, path in enumerate(list(keys(value))[part::PARTS]):
        read = name in PORTFOLIOS or concerns(lost_names(kind, value, path), names_read(kind.name))
        if not read and number % ASIDE:
            continue  # no table has it
        deleted = opened_without(name, path, blank=False)
        blanked = opened_without(name, path, blank=True)
        twins = deleted is not None and blanked is not None and alike(blanked, deleted, path)
        after = [] if deleted is None else once_gone(name, deleted, read=read, seldom=bool(number % SAMPLE))
        vanished.extend((path, finding) for _, findings in after for finding in findings)
        if blanked is None or (twins and number % SAMPLE):
            continue  # what is left of the inventory is what was evaluated when the key was deleted
        both = once_gone(name, blanked, read=read, seldom=bool(number % SAMPLE))
        assert not twins or both == after, path
        vanished.extend((path, finding) for _, findings in both for finding in findings)
    assert vanished == []


def once_gone(
    name: str, changed: Document, *, read: bool, seldom: bool
) -> list[tuple[Statuses, list[Finding]]]:
    """What is told of the portfolios that an inventory belongs to once it has changed, and the findings that
    are lost with that.

    `read` says that tables may have what changed; if not, they are the same. From the same tables follow the
    same statuses, which is seen to unless that is to be done `seldom`.
    """
    documents, anew = with_changed(name, changed)
    projector = projector_without(anew, documents)
    found = []
    for one in of(name):
        before = as_it_stands(one)
        evaluation = opened_with(one, documents, projector)
        same = one != name and seen(evaluation) == seen_untouched(one)
        assert read or same
        after = before if same and seldom else told(evaluation)
        assert not same or after == before
        found.append((after, lost(before, after)))
    return found


@cache
def as_it_stands(name: str) -> Statuses:
    """What is told of a portfolio before anything is taken from its members."""
    return statuses(name, untouched(), whole_projector())


@cache
def names_read(kind: str) -> frozenset[str]:
    """What the tables may read in members of a kind, the evidence for it too."""
    tables = [table for policy in plan().policies for table in policy.tables if table.kind == kind]
    return frozenset({"evidence"}).union(*(table_names(table, plan().known) for table in tables))


def with_changed(name: str, changed: Document) -> tuple[dict[str, Document], list[Document]]:
    """All inventories with one of them changed, and those that are not as they were: it, and what refers to
    it, which is read anew."""
    made = {name: changed, **{other: opened(tree(other)) for other in referring(name)}}
    documents = {**untouched(), **made}
    for one in made.values():
        link_across(
            one, lambda kind, id_: documents.get(f"{kind}s/{id_}.yaml") if kind == "provider" else None
        )
    return documents, list(made.values())


@cache
def referring(name: str) -> list[str]:
    """The inventories that refer to a provider."""
    provider = "provider", untouched()[name].id
    return [other for other in EVERY if other != name and provider in untouched()[other].envelope.wanted]


BEFORE = {Finding("A-01", "d", "x", "fix"): Status.FAIL}


@pytest.mark.parametrize(
    ("after", "is_lost"),
    [
        ({Finding("A-01", "d", "x", "fix"): Status.UNKNOWN}, False),
        ({Finding("A-01", "d", "x", "fix"): Status.PASS}, True),
        (
            {Finding("A-01", "d", "x", "fix"): Status.PASS, Finding("A-01", "d", "y", "fix"): Status.FAIL},
            True,
        ),
        ({Finding("A-01", "d", "y", "fix"): Status.UNKNOWN}, False),
        ({Finding("A-01", "d", "", "project"): Status.ERROR}, False),
        ({Finding("A-02", "d", "y", "fix"): Status.UNKNOWN}, True),
        ({Finding("A-01", "e", "y", "fix"): Status.UNKNOWN}, True),
        ({Finding("A-01", "d", "", "applies"): Status.NOT_APPLICABLE}, True),
        ({}, True),
    ],
)
def test_what_counts_as_lost(after: Statuses, is_lost: bool) -> None:
    assert bool(lost(BEFORE, after)) is is_lost
