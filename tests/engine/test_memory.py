"""A document is let go of as soon as it is done: memory does not wait for the garbage collector."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from policyscan.documents.library import Library
from policyscan.engine.moments import parse_moment
from policyscan.engine.plan import Plan
from policyscan.engine.scan import scan_document
from policyscan.files.discovery import discover
from tests import shipped
from tests.policies.judging import KINDS, pack

ROOT = Path(__file__).parents[2]
FILES = [f"inventories/{name}" for name in shipped.EVERY if name.startswith("clients/")]


@pytest.mark.parametrize("evidence", [False, True])
def test_no_circle_of_objects_is_left_behind(evidence: bool) -> None:
    known = pack().policies
    plan = Plan(
        tuple(known.values()),
        known,
        {id_: id_ for id_ in known},
        parse_moment("2026-10-31"),
        evidence=evidence,
    )

    def scan(file: str) -> None:
        found = discover([file], base=ROOT, kinds=KINDS)
        library = Library(KINDS, found, ROOT)
        for document in library.load(found.files[0]).documents:
            scan_document(document, plan, library.referenced(document))

    for file in FILES:  # what is made once, such as programs, is made
        scan(file)
    gc.collect()
    gc.disable()
    gc.freeze()  # what is older, and another thread or test lets go of meanwhile, was not left by a scan
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        for file in FILES:
            scan(file)
        gc.collect()
        left = {type(thing).__name__ for thing in gc.garbage}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.unfreeze()
        gc.enable()
    # Things of an inventory that refer to each other are the only circle that there may be.
    assert left <= {"dict", "list", "Money"}
