"""The promise: missing evidence is never a pass.

Every key of every shipped inventory is deleted, and blanked, one at a time; whatever was a finding before
must still be one, of the same subject or of what holds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from policyscan.documents.document import Document
from policyscan.documents.kinds import Kind, Kinds
from policyscan.documents.library import open_tree
from policyscan.documents.reading import read_text
from policyscan.documents.references import link_across
from policyscan.documents.tree import Tree
from policyscan.engine.document_results import Evaluation
from policyscan.engine.moments import parse_moment
from policyscan.engine.outcomes import evaluate
from policyscan.engine.scan import Plan, document_clock, scan_document
from policyscan.errors import PolicyscanError
from policyscan.findings import FINDINGS, Status
from policyscan.policies.pack import Pack, builtin_folder, load_pack
from policyscan.source import Source

INVENTORIES = Path(__file__).parents[1] / "inventories"
FILES = sorted(path.relative_to(INVENTORIES).as_posix() for path in INVENTORIES.glob("*/*.yaml"))
AS_OF = parse_moment("2026-10-31")
PARTS = 3


class Finding(NamedTuple):
    """What identifies a result that someone must act on, or that is waived."""

    policy: str
    document: str
    subject: str
    requirement: str


@cache
def kinds() -> Kinds:
    return Kinds.builtin()


@cache
def pack() -> Pack:
    loaded, problems = load_pack(builtin_folder(), kinds())
    assert loaded is not None
    assert not problems
    return loaded


@cache
def source(file: str) -> Source:
    return Source(file, (INVENTORIES / file).read_text(encoding="utf-8"))


def tree(file: str) -> Tree:
    (only,), problems = read_text(source(file))
    assert not problems
    return only


def opened(one: Tree) -> Document:
    document = open_tree(one, kinds(), strict=True)
    assert document is not None
    return document


def linked(changed: Tree, file: str) -> list[Document]:
    """The document of a file, changed, and the clients that may refer to it."""
    others = [opened(tree(other)) for other in FILES if other != file and needed(other, file)]
    document = opened(changed)
    everything = [document, *others]
    by_id = {(one.kind.name, one.id): one for one in everything}
    for one in everything:
        link_across(one, lambda kind, id_: by_id.get((kind, id_)))
    return everything


def needed(other: str, file: str) -> bool:
    """Providers are needed by clients, and clients by the test of a provider."""
    return other.startswith("providers/") if file.startswith("clients/") else file.startswith("providers/")


@cache
def plan() -> Plan:
    known = pack().policies
    return Plan(tuple(known.values()), known, {id_: id_ for id_ in known}, AS_OF)


def results(documents: list[Document]) -> dict[Finding, Status]:
    """The status of everything, of the changed document and of those that refer to it; waivers left aside."""
    found: dict[Finding, Status] = {}
    for document in documents:
        clock = document_clock(document, plan())
        for one in documents:
            one.as_seen(clock)
        clock.lookup = Evaluation(document, clock, plan().known, documents, full=False).lookup
        for policy in plan().policies:
            if policy.info.kind == document.kind.name:
                for outcome in evaluate(policy, document.value, clock):
                    key = Finding(policy.id, document.id, outcome.subject, outcome.requirement)
                    found[key] = outcome.status
    return found


def waived(documents: list[Document]) -> set[Finding]:
    """What is waived in the changed document."""
    scanned = scan_document(documents[0], plan(), documents[1:])
    return {
        Finding(r.policy, r.document, r.subject, r.requirement)
        for r in scanned.results
        if r.status is Status.WAIVED
    }


def keys(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every key in a document."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from keys(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from keys(item, (*path, index))


def without(file: str, path: tuple[Any, ...], *, blank: bool) -> Tree:
    changed = tree(file)
    container: Any = changed.value
    for key in path[:-1]:
        container = container[key]
    del container[path[-1]]
    if blank:
        changed.blanks.setdefault(id(container), []).append(path[-1])
    return changed


def absence_has_a_meaning(kind: Kind, path: tuple[Any, ...]) -> bool:
    """Whether the kind's schema says what it means that the key at a path is missing."""
    generic = ".".join(
        f"{step}[]" if isinstance(after, int) else step
        for step, after in zip(path, (*path[1:], None), strict=True)
        if isinstance(step, str)
    )
    field = kind.field(generic)
    return field is not None and field.when_absent is not None


def lost(before: dict[Finding, Status], after: dict[Finding, Status]) -> list[Finding]:
    """The findings that have gone: turned into something that nobody must act on, or without a successor.

    A finding that is no longer there is succeeded by another of its subject, or by one of the whole
    inventory, of a whole list, which names the list (`client.devices`), or of what has lost its name (`#1`).
    """
    acted: dict[tuple[str, str], set[str]] = {}
    for finding, status in after.items():
        if status in FINDINGS:
            acted.setdefault((finding.policy, finding.document), set()).add(finding.subject)
    gone = []
    for finding, status in before.items():
        if status not in FINDINGS or after.get(finding) in FINDINGS:
            continue
        subjects = acted.get((finding.policy, finding.document), set())
        succeeded = (
            finding.subject in subjects
            or "" in subjects
            or any("." in subject or "#" in subject for subject in subjects)
        )
        if finding in after or not succeeded:
            gone.append(finding)
    return gone


def test_there_are_inventories_with_findings() -> None:
    assert len(FILES) >= 5
    assert (
        sum(status in FINDINGS for file in FILES for status in results(linked(tree(file), file)).values())
        > 50
    )


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("blank", [False, True], ids=["deleted", "blanked"])
@pytest.mark.parametrize("file", FILES)
def test_no_finding_vanishes_with_a_key(file: str, blank: bool, part: int) -> None:
    before = results(linked(tree(file), file))
    vanished: list[tuple[tuple[Any, ...], Finding]] = []
    kind = kinds()[tree(file).value["kind"]]
    for path in list(keys(tree(file).value))[part::PARTS]:
        if not blank and absence_has_a_meaning(kind, path):
            continue  # the schema says which one, and a policy's test shows it
        try:
            documents = linked(without(file, path, blank=blank), file)
        except PolicyscanError:
            continue  # an error at its place: exit 2
        vanished.extend((path, finding) for finding in lost(before, results(documents)))
    assert not vanished


@pytest.mark.parametrize("blank", [False, True], ids=["deleted", "blanked"])
@pytest.mark.parametrize("file", FILES)
def test_no_waiver_grows_with_a_key_less(file: str, blank: bool) -> None:
    before = waived(linked(tree(file), file))
    for path in [path for path in keys(tree(file).value) if path[0] == "waivers"]:
        try:
            documents = linked(without(file, path, blank=blank), file)
        except PolicyscanError:
            continue
        assert waived(documents) <= before, path


def test_there_is_something_waived() -> None:
    assert any(waived(linked(tree(file), file)) for file in FILES)
