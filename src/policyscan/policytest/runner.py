"""Runs the cases of a test file with the scan's own engine and compares the complete list of results.

In: a case and the pack. Out: a `CaseOutcome`: the results that were not expected, and those that did not
come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from policyscan.documents.envelope import dig, folder_of
from policyscan.documents.members import Members, gather, patterns
from policyscan.documents.opening import decode
from policyscan.documents.references import link_across
from policyscan.engine.moments import parse_moment
from policyscan.engine.outcome import APPLIES, FOR_EACH, WHEN
from policyscan.engine.plan import Plan
from policyscan.engine.projection import projector_for
from policyscan.engine.scan import scan_document
from policyscan.engine.tables import PROJECT
from policyscan.errors import PolicyError, PolicyscanError, Problems
from policyscan.files.discovery import File
from policyscan.findings import Result, is_document_check
from policyscan.policytest.cases import Case, Expected, PolicyTests, as_text, merge
from policyscan.reading.reading import read_text
from policyscan.records import NamedTuple
from policyscan.source import Source, Span

if TYPE_CHECKING:
    from policyscan.documents.document import Document
    from policyscan.kinds.kinds import Kinds
    from policyscan.policies.policy import Policy

Policies = Callable[[Mapping[str, Any]], Mapping[str, "Policy"]]
"""All policies of the pack by id, with these parameters for the tested one."""

_UNNAMED = frozenset({APPLIES, FOR_EACH, PROJECT, WHEN, ""})


class CaseOutcome(NamedTuple):
    """How a case went: its differences, with their places in the test file; none means it holds."""

    case: str
    differences: tuple[PolicyscanError, ...]
    statuses: frozenset[str]


def run(tests: PolicyTests, policies: Policies, kinds: Kinds) -> list[CaseOutcome]:
    """The outcome of every case, in the order of the file."""
    return [_run(tests, case, policies, kinds) for case in tests.cases]


def _run(tests: PolicyTests, case: Case, policies: Policies, kinds: Kinds) -> CaseOutcome:
    try:
        documents, found = results(tests, case, policies, kinds)
    except PolicyscanError as error:
        return CaseOutcome(case.name, tuple(_in_case(case, error)), frozenset())
    statuses = frozenset(result.status.value for result in found)
    return CaseOutcome(case.name, tuple(_compare(case, documents, found)), statuses)


def results(
    tests: PolicyTests, case: Case, policies: Policies, kinds: Kinds
) -> tuple[list[Document], list[Result]]:
    """The documents of a case, its own first, and all its results; PolicyscanError where one is unsound."""
    known = policies(case.parameters)
    moment = parse_moment(case.as_of)
    context = [_document(text, "documents", kinds) for text in beside(case, kinds)]
    document = _document(case.inventory, "inventory", kinds)
    by_id = {(other.kind.name, other.id): other for other in (document, *context)}
    for one in (document, *context):
        link_across(one, lambda kind, id_: by_id.get((kind, id_)))
    aliases = {alias: p.id for p in known.values() for alias in (p.id, *p.aliases)}
    plan = Plan(
        policies=[known[tests.policy]], known=known, aliases=aliases, moment=moment, full=True, trusting=True
    )
    scanned = scan_document(document, plan, context, projector_for(plan, Beside(context)))
    own = [r for r in scanned.results if r.policy == tests.policy or not is_document_check(r.policy)]
    return [document, *context], own


def beside(case: Case, kinds: Kinds) -> list[str]:
    """The texts of the documents beside a case's inventory."""
    frame = {"schema_version": 1, "as_of": case.as_of[:10]}
    return [as_text(merge(frame, one)) for one in together(case.documents, kinds)]


def together(documents: Iterable[Mapping[str, Any]], kinds: Kinds) -> list[Any]:
    """The documents beside an inventory, a later one merged over an earlier one of the same kind and id."""
    found: dict[tuple[Any, Any], Any] = {}
    for written in documents:
        kind = str(written.get("kind"))
        ident = dig(written, kinds[kind].shape.ident) if kind in kinds else None
        found[kind, ident] = merge(found.get((kind, ident), {}), written)
    return list(found.values())


class Beside:
    """The documents beside a case's inventory as members: each is the file `KINDs/ID.yaml`, and a folder
    `KINDs/ID`."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents = {f"{folder_of(one.kind.name)}/{one.id}.yaml": one for one in documents}

    def is_member(self, document: Document) -> bool:  # noqa: ARG002 - none comes by
        """None is: all are opened when they are asked for."""
        return False

    def members(
        self, document: Document, has: Callable[[str, str], bool],
        take: Callable[[Document, list[Document]], None],
    ) -> Members:  # fmt: skip
        """The members that a document's patterns name."""
        files = [
            File(f"/{name}", name, strict=True, links=(f"/{name.removesuffix('.yaml')}",))
            for name in self.documents
        ]

        def held(file: File, kind: str) -> list[str]:
            one = self.documents[file.shown]
            if one.kind.name != kind:
                return []
            if not has(kind, one.id):
                take(one, [other for other in self.documents.values() if other is not one])
            return [one.id]

        return gather(document, patterns(document, "/", files), held, self.documents)


def _document(text: str, name: str, kinds: Kinds) -> Document:
    trees, errors = read_text(Source(f"{name}.yaml", text))
    if errors:
        raise Problems(errors)
    kind = trees[0].value.get("kind")
    if kind not in kinds:
        message = f"a document of the case has no known kind: {kind!r}"
        raise PolicyError(message)
    return decode(kinds[kind], trees[0])


def _in_case(case: Case, error: PolicyscanError) -> list[PolicyscanError]:
    """What is wrong with a case's inventory, told at the case: the inventory has no file of its own."""
    problems: Sequence[PolicyscanError] = error.problems if isinstance(error, Problems) else [error]
    return [PolicyError(f"the case's inventory: {p.message}", at=case.span, hint=p.hint) for p in problems]


def _compare(case: Case, documents: Sequence[Document], results: Sequence[Result]) -> list[PolicyscanError]:
    """Every difference between what a case expects and what it gave."""
    left = list(results)
    differences: list[PolicyscanError] = []
    for expected in case.expected:
        found = _match(expected, left)
        if found is None:
            differences.append(
                PolicyError(f"expected {_show(expected)}, but there is no such result", at=expected.span)
            )
            continue
        left.remove(found)
        differences.extend(
            PolicyError(message, at=expected.span) for message in _differences(expected, found, documents)
        )
    for result in left:
        where = "/".join(part for part in (result.subject, result.requirement) if part)
        message = f"unexpected result: {where or 'the inventory'}: {_got(result)}"
        differences.append(PolicyError(message, at=case.span, hint="list every result under `expect:`"))
    return differences


def _match(expected: Expected, results: Sequence[Result]) -> Result | None:
    """The result of the expected subject and requirement; one that names none fits what has no own id."""
    own = [result for result in results if result.subject == expected.subject]
    if expected.requirement is not None:
        return next((result for result in own if result.requirement == expected.requirement), None)
    unnamed = [result for result in own if result.requirement in _UNNAMED]
    if unnamed:
        return unnamed[0]
    return own[0] if len(own) == 1 else None


def _differences(expected: Expected, found: Result, documents: Sequence[Document]) -> list[str]:
    made = []
    if found.status.value != expected.status:
        made.append(f"expected {expected.status}, got {_got(found)}")
    if expected.severity is not None and found.severity.value != expected.severity:
        made.append(f"expected severity {expected.severity}, got {found.severity}")
    if expected.message is not None and found.message != expected.message:
        made.append(f"expected the message {expected.message!r}, got {found.message!r}")
    if expected.says_until and found.until != expected.until:
        made.append(f"expected until {expected.until}, got {found.until}")
    for name, value in expected.figures.items():
        if found.figures.get(name) != value:
            made.append(f"expected the figure {name} to be {value}, got {found.figures.get(name)}")
    if expected.disputed is not None:
        paths = tuple(fact.path for fact in found.disputed)
        if paths != expected.disputed:
            made.append(f"expected in dispute {_listed(expected.disputed)}, got {_listed(paths)}")
    if expected.at is not None:
        place = _place(documents, expected.at)
        if place is None:
            made.append(f"there is nothing at {expected.at}")
        elif (place.line, place.column) != (found.span.line, found.span.column):
            made.append(f"expected the place of {expected.at}, got {path_at(documents[0], found.span)}")
    return made


def _place(documents: Sequence[Document], path: str) -> Span | None:
    """The place of `client[acme].servers`, or of a path in the case's own inventory."""
    for one in documents[1:]:
        if path.startswith(f"{one.kind.name}[{one.id}]."):
            return place_of(one, path.partition("].")[2])
    return place_of(documents[0], path)


def place_of(document: Document, path: str) -> Span | None:
    """The place of the value at a path such as `devices[lt-02].patches`; None if there is none."""
    return next((span for name, span in _places(document) if name == path), None)


def path_at(document: Document, span: Span) -> str:
    """The path of the value that begins at a place, for messages."""
    found = [
        name for name, place in _places(document) if (place.line, place.column) == (span.line, span.column)
    ]
    return found[0] if found else "the inventory"


def _places(document: Document) -> list[tuple[str, Span]]:
    made: list[tuple[str, Span]] = []
    pending: list[Any] = [document.value]
    seen: set[int] = set()
    for container in pending:
        if id(container) in seen or not document.owns(container):
            continue
        seen.add(id(container))
        blanks = document.blank_keys(container)
        keys = [*container, *blanks] if isinstance(container, dict) else range(len(container))
        for key in keys:
            made.append((document.path_of(container, key), document.place_of(container, key)))
            value = container.get(key) if isinstance(container, dict) else container[key]
            if isinstance(value, dict | list):
                pending.append(value)
    return made


def _listed(paths: Sequence[str]) -> str:
    return ", ".join(paths) or "nothing"


def _got(result: Result) -> str:
    return f"{result.status} ({result.message})" if result.message else str(result.status)


def _show(expected: Expected) -> str:
    where = "/".join(part for part in (expected.subject, expected.requirement) if part)
    return f"{where or 'the inventory'}: {expected.status}"
