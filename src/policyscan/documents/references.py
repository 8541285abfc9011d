"""References: an id in one place of an inventory becomes the object that it names.

In: a document, and for those that lead out of it what finds another. Out: the same document with objects in
place of ids, and issues for those that name nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from policyscan.cel.spelling import did_you_mean
from policyscan.cel.values import Dangling, Unresolved
from policyscan.documents.document import Document, DocumentIssue
from policyscan.kinds.decoding import Facts, Reference
from policyscan.kinds.shapes import KIND

_MOST_GUESSED = 50
"""A document that is wrong more often than this gets no more guesses at what was meant: they take long."""
Lookup = Callable[[str, str], Document | None]
"""Finds the document of a kind with an id."""


def link_within(document: Document) -> None:
    """Replace ids that name something in the same document; dangling ones become issues."""
    tables: dict[tuple[str, ...], tuple[dict[str, Any], bool]] = {}
    for reference in document.facts.references:
        container, key, ident, refs = reference
        table = tables.get(refs)
        if table is None:
            table = tables[refs] = _table(document.value, refs, document.facts)
        targets, complete = table
        if not complete:
            document.outward.append(reference)
        target = targets.get(ident)
        if target is not None:
            container[key] = target
        elif complete:
            container[key] = Dangling(ident)
            known = targets if len(document.issues) < _MOST_GUESSED else {}
            document.issues.append(_dangling(document, reference, known))
        else:
            container[key] = Unresolved(ident)
    document.issues.sort(key=lambda issue: issue.place)


def link_across(document: Document, lookup: Lookup) -> None:
    """Replace ids that name other documents by these documents' values."""
    for container, key, ident, refs in document.outward:
        if container[key].__class__ is not Unresolved:
            continue
        for target in refs:
            found = lookup(target.removeprefix(KIND), ident) if target.startswith(KIND) else None
            if found is not None:
                container[key] = found.value
                if found not in document.links:
                    document.links.append(found)
                break


def _table(root: Any, refs: tuple[str, ...], facts: Facts) -> tuple[dict[str, Any], bool]:
    """What the ids in some lists name, and whether every one of the lists is there."""
    if len(refs) == 1 and refs[0] in root:  # one list of the root: what nearly all references name
        node = root[refs[0]]
        return (facts.indexes[id(node)][1] if node is not None else {}), True
    targets: dict[str, Any] = {}
    complete = True
    for ref in refs:
        if ref.startswith(KIND):
            complete = False
            continue
        nodes, known = _lists(root, ref.split("/"))
        complete = complete and known
        for node in nodes:
            for ident, item in facts.indexes[id(node)][1].items():
                targets.setdefault(ident, item)
    return targets, complete


def _lists(root: Any, path: list[str]) -> tuple[list[Any], bool]:
    """The lists at a path such as `risk_audits/*/exposures`; whether none of its steps is missing."""
    nodes, known = [root], True
    for step in path:
        found = []
        for node in nodes:
            if step == "*":
                found.extend(node)
            elif step in node:
                if node[step] is not None:
                    found.append(node[step])
            else:
                known = False
        nodes = found
    return nodes, known


def _dangling(document: Document, reference: Reference, targets: dict[str, Any]) -> DocumentIssue:
    container, key, ident, refs = reference
    lists = " or ".join(ref.replace("/*/", "[].") for ref in refs)
    return DocumentIssue(
        f"nothing in {lists} has the id {ident}",
        document.place_of(container, key),
        document.path_of(container, key),
        did_you_mean(ident, map(str, targets)) or f"add it to {lists}, or correct the id",
    )
