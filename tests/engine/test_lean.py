"""The quick way of a plain scan tells what the full account tells."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from policyscan.documents.document import Document
from policyscan.documents.library import Library
from policyscan.engine.moments import parse_moment
from policyscan.engine.plan import Plan
from policyscan.engine.scan import scan_document
from policyscan.files.discovery import discover
from policyscan.findings import FINDINGS, EvidenceRule, Grade, Result, Status
from tests.policies.judging import KINDS, pack

ROOT = Path(__file__).parents[2]


@cache
def shipped() -> tuple[Plan, tuple[tuple[Document, tuple[Document, ...]], ...]]:
    """All shipped controls, and every shipped inventory with those that it refers to."""
    library = Library(KINDS, discover([str(ROOT / "inventories")], base=str(ROOT), kinds=KINDS), str(ROOT))
    documents = [one for file in library.discovery.files for one in library.load(file).documents]
    known = pack().policies
    aliases = {alias: p.id for p in known.values() for alias in (p.id, *p.aliases)}
    rules = tuple(pack().rules.values())
    plan = Plan(list(known.values()), known, aliases, parse_moment("2026-10-31"), rules=rules)
    return plan, tuple((one, tuple(library.referenced(one))) for one in documents)


@pytest.mark.parametrize(
    "as_of", ["2026-03-01", "2026-10-30T23:30:00-05:00", "2026-10-31", "2026-11-16", "2027-06-30"]
)
def test_both_ways_tell_the_same(as_of: str) -> None:
    plan, documents = shipped()
    assert len(documents) >= 6
    for document, context in documents:
        lean = scan_document(document, plan._replace(moment=parse_moment(as_of)), context)
        full = scan_document(document, plan._replace(moment=parse_moment(as_of), full=True), context)
        assert lean.info == full.info
        assert lean.results == [r for r in full.results if r.status in FINDINGS or r.waiver is not None]


def test_without_evidence_everything_else_is_the_same() -> None:
    plan, documents = shipped()
    for document, context in documents:
        bare = scan_document(document, plan._replace(evidence=False), context)
        whole = scan_document(document, plan, context)
        assert bare.info == whole.info
        assert bare.results == [_without_reads(result) for result in whole.results]


def _without_reads(result: Result) -> Result:
    """The result without the values read, and without the place of its evidence."""
    basis = result.basis._replace(span=None) if result.basis is not None else None
    return result._replace(evidence=(), basis=basis)


@pytest.mark.parametrize("as_of", ["2026-10-31", "2027-03-01"])
def test_without_gaps_unknown_results_are_counted_and_all_others_are_the_same(as_of: str) -> None:
    plan, documents = shipped()
    plan = plan._replace(moment=parse_moment(as_of), rule=EvidenceRule(Grade.DECLARED, 365))
    unknown = 0
    for document, context in documents:
        bare = scan_document(document, plan._replace(gaps=False), context)
        whole = scan_document(document, plan, context)
        assert bare.info == whole.info
        assert len(bare.results) == len(whole.results)
        for less, result in zip(bare.results, whole.results, strict=True):
            if result.status is not Status.UNKNOWN:
                assert less == result
            else:
                unknown += 1
                assert (less.message, less.gaps) == ("", ())
                assert less[:7] == result[:7]  # all that names and ranks it
    assert unknown


def test_what_will_be_unknown_is_due_with_its_reason_and_place_in_every_format() -> None:
    plan, documents = shipped()
    plan = plan._replace(
        moment=parse_moment("2027-03-01"), gaps=False, rule=EvidenceRule(Grade.DECLARED, 365)
    )
    results = [one for made in documents for one in scan_document(made[0], plan, made[1]).results]
    due = [one for one in results if one.status is Status.DUE]
    assert due
    assert [one for one in due if one.message.endswith(": ") or one.span[1:3] == (1, 1)] == []
