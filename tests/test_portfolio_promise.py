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
from policyscan.engine.plan import Plan
from policyscan.engine.projection import Book, open_book
from policyscan.engine.scan import open_evaluation
from policyscan.errors import PolicyscanError
from policyscan.findings import FINDINGS, Status
from policyscan.policytest.runner import Beside
from tests.policies.judging import Finding, keys, lose
from tests.test_promise import AS_OF, EVERY, opened, pack, tree

MEMBERS = [name for name in EVERY if not name.startswith("portfolios/")]
PORTFOLIOS = [name for name in EVERY if name.startswith("portfolios/")]
PARTS = 2

Statuses = Mapping[Finding, Status]


@cache
def plan() -> Plan:
    known = pack().policies
    chosen = [policy for policy in known.values() if policy.tables]
    return Plan(chosen, known, {id_: id_ for id_ in known}, AS_OF)


def linked(documents: Iterable[Document]) -> dict[str, Document]:
    """Documents by the file that they are members as, linked to the providers among them."""
    by_file = {f"{one.kind.name}s/{one.id}.yaml": one for one in documents}
    for one in by_file.values():
        link_across(one, lambda kind, id_: by_file.get(f"{kind}s/{id_}.yaml") if kind == "provider" else None)
    return by_file


@cache
def untouched() -> dict[str, Document]:
    return linked(opened(tree(name)) for name in EVERY)


@cache
def whole_book() -> Book:
    """What the members say as they stand; asked for all of it once."""
    book = new_book(untouched())
    for name in PORTFOLIOS:
        statuses(name, untouched(), book)
    return book


def new_book(documents: Mapping[str, Document]) -> Book:
    book = open_book(plan(), Beside(list(documents.values())))
    assert book is not None
    return book


def book_without(changed: Document, documents: Mapping[str, Document]) -> Book:
    """A book in which the others' columns are there already; a provider's clients read it anew."""
    book = new_book(documents)
    if changed.kind.name != "provider":
        whole, this = whole_book(), (changed.kind.name, changed.id)
        book._taken = {one for one in whole._taken if one != this}
        book._chunks = {key: made for key, made in whole._chunks.items() if key[2] != changed.id}
        book._taken &= {(kind, id_) for kind, id_ in book._taken if id_ != changed.id}
    return book


def statuses(name: str, documents: Mapping[str, Document], book: Book) -> Statuses:
    """The status of every result about a portfolio."""
    document = documents[name]
    document.issues.clear()
    evaluation = open_evaluation(document, plan(), [], book)
    found: dict[Finding, Status] = {}
    for policy in plan().policies:
        for outcome in evaluation.outcomes(policy, evaluation.clock):
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
    folder = name.partition("/")[0]
    return [
        one
        for one in PORTFOLIOS
        if {name, f"{folder}/*.yaml"} & {*tree(one).value["members"], *tree(one).value["providers"]}
    ]


def test_there_are_findings_to_lose() -> None:
    for name in PORTFOLIOS:
        before = statuses(name, untouched(), whole_book())
        assert (Status.FAIL in before.values()) == (
            name.split("/")[1] in {"bright-harbor.yaml", "lakeside-brokers.yaml"}
        )
    assert all(of(name) for name in MEMBERS if name != "providers/example-ledger.yaml")


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("blank", [False, True], ids=["deleted", "blanked"])
@pytest.mark.parametrize("name", EVERY)
def test_no_finding_about_a_portfolio_vanishes_with_a_key(name: str, blank: bool, part: int) -> None:
    concerned = of(name)
    before = {one: statuses(one, untouched(), whole_book()) for one in concerned}
    vanished: list[tuple[tuple[Any, ...], Finding]] = []
    for path in list(keys(tree(name).value))[part::PARTS]:
        try:
            changed = opened(lose(tree(name), path, blank=blank))
        except PolicyscanError:
            continue  # an error at its place: exit 2
        documents = with_changed(name, changed)
        book = book_without(changed, documents)
        for one in concerned:
            vanished.extend((path, finding) for finding in lost(before[one], statuses(one, documents, book)))
    assert vanished == []


def with_changed(name: str, changed: Document) -> dict[str, Document]:
    """All inventories with one of them changed; the clients of a changed provider are read anew."""
    if changed.kind.name == "provider":
        return linked([opened(tree(other)) for other in EVERY if other != name] + [changed])
    documents = {**untouched(), name: changed}
    link_across(
        changed, lambda kind, id_: documents.get(f"{kind}s/{id_}.yaml") if kind == "provider" else None
    )
    return documents


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
