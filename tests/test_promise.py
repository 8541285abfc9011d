"""The promise: missing evidence is never a pass.

Every key of every shipped inventory, and of every case of every shipped control, is deleted, and blanked, one
at a time; whatever was a finding before must still be one, of the same subject or of what holds it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any

import pytest

from policyscan.documents.document import Document
from policyscan.documents.opening import decode, kind_of
from policyscan.documents.references import link_across
from policyscan.documents.seeing import seen
from policyscan.engine.evaluation import Evaluation
from policyscan.engine.moments import parse_moment
from policyscan.engine.outcome import FOR_EACH
from policyscan.engine.plan import Plan
from policyscan.engine.requirements import evaluate
from policyscan.engine.scan import document_clock, scan_document
from policyscan.engine.sight import Viewer
from policyscan.errors import PolicyscanError
from policyscan.findings import FINDINGS, EvidenceRule, Grade, Status
from policyscan.policies.policy import Policy
from policyscan.reading.reading import read_text
from policyscan.reading.tree import Tree
from policyscan.source import Source
from tests import shipped
from tests.policies.concerned import concerns, lost_names, read_names
from tests.policies.judging import FAMILIES, KINDS, Finding, Judged, cases_of, keys, lose, name_of, pack

# What rests on several of them at once is held by test_portfolio_promise.py.
EVERY = shipped.EVERY
FILES = [name for name in EVERY if not name.startswith("portfolios/")]
AS_OF = parse_moment("2026-10-31")
PARTS = 6
SAMPLE = 17
"""Of what need not be evaluated twice, one in so many is, to see that it is so."""
ASIDE = 47
"""Of the keys that a control does not read, one in so many is taken from it all the same, to see that it does
not."""

Subject = tuple[str, str, str]
"""Control, document and subject."""


@cache
def source(file: str) -> Source:
    return Source(file, shipped.text(file))


def tree(file: str) -> Tree:
    (only,), problems = read_text(source(file))
    assert not problems
    return only


def opened(one: Tree) -> Document:
    kind = kind_of(one, KINDS, strict=True)
    assert kind is not None
    return decode(kind, one)


@cache
def untouched() -> dict[str, Document]:
    """All inventories as they stand, by file, linked."""
    return link({file: opened(tree(file)) for file in FILES})


def link(documents: dict[str, Document]) -> dict[str, Document]:
    by_id = {(one.kind.name, one.id): one for one in documents.values()}
    for one in documents.values():
        link_across(one, lambda kind, id_: by_id.get((kind, id_)))
    return documents


@cache
def dependents(file: str) -> frozenset[str]:
    """The files that lead to this one, by a reference to it or to one that does. No other can tell that it
    has changed, as test_who_does_not_refer_to_what_changed_says_the_same holds."""
    ids = {(one.kind.name, one.id): name for name, one in untouched().items()}
    refers = {name: {ids.get(to) for to in one.envelope.wanted} for name, one in untouched().items()}
    pending = [file]
    for to in pending:
        pending.extend(name for name in FILES if to in refers[name] and name not in pending)
    return frozenset(pending) - {file}


def linked(changed: Tree, file: str) -> list[Document]:
    """The document of a file, changed, those that lead to it, and, as they stand, those that they lead to."""
    return linked_with(opened(changed), file)


def linked_with(changed: Document, file: str) -> list[Document]:
    """The same, of a document that was opened already."""
    anew = sorted(dependents(file))
    others = {name: one for name, one in untouched().items() if name != file and name not in anew}
    made = {file: changed, **{name: opened(tree(name)) for name in anew}}
    by_id = {(one.kind.name, one.id): one for one in (*others.values(), *made.values())}
    for one in made.values():
        link_across(one, lambda kind, id_: by_id.get((kind, id_)))
    providers = [one for name, one in others.items() if name.startswith("providers/")]
    return [*made.values(), *providers]


def opened_without(file: str, path: tuple[Any, ...], *, blank: bool) -> Document | None:
    """An inventory with one key deleted or blanked; None if it cannot be read then."""
    try:
        return opened(lose(tree(file), path, blank=blank))
    except PolicyscanError:
        return None  # an error at its place: exit 2


def alike(blanked: Document, deleted: Document, path: tuple[Any, ...]) -> bool:
    """Whether an inventory with a blank key has the same values as one without the key: nothing is put in the
    place of the missing key."""
    one, other = blanked.value, deleted.value
    for key in path:
        if keys_of(one) != keys_of(other):
            return False
        if key not in keys_of(one):
            break
        one, other = one[key], other[key]
    return True


def keys_of(value: Any) -> list[Any]:
    return list(value) if isinstance(value, dict) else list(range(len(value)))


@cache
def as_it_stands(file: str, rule: EvidenceRule | None = None) -> dict[Finding, Status]:
    """What is told of an inventory, and of those that lead to it, before anything is taken from it."""
    return told(linked(tree(file), file), file, rule)


def told(
    documents: list[Document], file: str, rule: EvidenceRule | None = None,
    policies: Collection[Policy] | None = None,
) -> dict[Finding, Status]:  # fmt: skip
    """The status of everything about an inventory and those that lead to it, which are the first of these;
    or of all that some policies say of them."""
    return results(documents, rule, documents[: 1 + len(dependents(file))], policies)


@cache
def plan() -> Plan:
    known = pack().policies
    return Plan(tuple(known.values()), known, {id_: id_ for id_ in known}, AS_OF)


@cache
def names_read() -> dict[str, frozenset[str]]:
    """What each policy may read."""
    return {policy.id: read_names(policy, plan().known) for policy in plan().policies}


def asked(lost: frozenset[str]) -> list[Policy]:
    """The policies that can tell that fields of some names are gone."""
    return [policy for policy in plan().policies if concerns(lost, names_read()[policy.id])]


def results(
    documents: list[Document], rule: EvidenceRule | None = None, of: list[Document] | None = None,
    policies: Collection[Policy] | None = None,
) -> dict[Finding, Status]:  # fmt: skip
    """The status of everything (or of all that some policies say) about some documents (all if not said)
    among others; waivers left aside."""
    found: dict[Finding, Status] = {}
    for one in documents if of is None else of:
        clock = document_clock(one, plan())
        context = [seen(other, clock, trusting=True) for other in documents]
        viewer = Viewer(seen(one, clock, trusting=True), clock, plan().known, context)
        document = viewer.first.document  # without words that nobody earned
        clock.others = evaluation = Evaluation(viewer, clock, full=False, rule=rule)
        for policy in plan().policies if policies is None else policies:
            own = policy.about(document.kind.name)
            if own is not None:
                outcomes = evaluate(own, document.value, clock).outcomes
                if rule is not None:
                    outcomes = [evaluation.grader(clock).downgraded(own, one, rule) for one in outcomes]
                for outcome in outcomes:
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


def lost(before: dict[Finding, Status], after: dict[Finding, Status]) -> list[Finding]:
    """The findings that have gone: turned into something that nobody must act on, or without a successor.

    One that is no longer there is succeeded by another of its subject, by one of the whole inventory, by a
    list that its subject was in and that is unknown now (`client.devices`), or, where nothing is told of its
    subject any more, by the same one of what has lost its name (`#1`).
    """
    acted = {finding for finding, status in after.items() if status in FINDINGS}
    names = new_names({one[:3]: None for one in before}, {one[:3]: None for one in after})
    gone = []
    for finding, status in before.items():
        if status not in FINDINGS or finding in acted:
            continue
        anew = finding._replace(subject=names.get(finding[:3], finding.subject))
        inherited = any(succeeds(other, finding) and other not in before for other in acted)
        renamed = anew in acted or anew._replace(requirement=FOR_EACH) in acted
        if finding in after or not (inherited or renamed):
            gone.append(finding)
    return gone


def succeeds(other: Finding, finding: Finding) -> bool:
    """Whether a finding is of the same subject, of the inventory, or of a list that it was in."""
    if other[:2] != finding[:2]:
        return False
    above, _, last = other.subject.rpartition("/")
    is_list = other.requirement == FOR_EACH and "." in last
    return other.subject in {"", finding.subject} or (is_list and is_within(finding.subject, above))


def is_within(subject: str, above: str) -> bool:
    return not above or re.match(nameless(above) + "(/|$)", subject) is not None


def nameless(subject: str) -> str:
    """A pattern in which a number stands for any name: `#1/F1`."""
    return re.sub(r"\\#[0-9]+", ".+", re.escape(subject))


def new_names(before: dict[Subject, None], after: dict[Subject, None]) -> dict[Subject, str]:
    """For subjects that nothing is told of any more, one that nothing was told of before; each for one."""
    free = [one for one in after if one not in before and "#" in one[2]]
    found: dict[Subject, str] = {}
    for gone in (one for one in before if one not in after):
        fitting = [one for one in free if one[:2] == gone[:2] and re.fullmatch(nameless(one[2]), gone[2])]
        if fitting:
            free.remove(fitting[0])
            found[gone] = fitting[0][2]
    return found


# Keys with a meaning when they are absent, and the findings that go with them, for they are about them.
ABOUT_THE_KEY = {
    ("waivers", "GOV-03"): "without a waiver none lacks approval, and what it excepted is told again",
    ("providers[].kind", "PROV-08"): "the certificate of a standard service gives way to the full test",
    ("devices[].patches.missing[].installed_on", "PATCH-01"): "what is missing still is not late but missing",
    ("staff[].contracted", "PROV-04"): "whoever is not said to be of the outside desk is the provider's own",
    ("time_zone", "AV-01"): "a day is one of the zone that the configuration names",
    (
        "insurance_policies[].pays_above",
        "INS-02",
    ): "a policy pays first unless it is said to be a layer, and what pays above it counts with it",
    ("insurance_policies[].pays_above", "INS-01"): "a policy pays first unless it is said to be a layer",
    ("time_zone", "SLA-02"): "a day is one of the zone that the configuration names",
}


def about_the_key(path: tuple[Any, ...], finding: Finding) -> bool:
    return (name_of(path), finding.policy) in ABOUT_THE_KEY


def test_there_are_inventories_with_findings() -> None:
    assert len(FILES) >= 5
    found = results(list(untouched().values()))
    assert sum(status in FINDINGS for status in found.values()) > 50


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("file", FILES)
def test_no_finding_vanishes_with_a_key(file: str, part: int) -> None:
    before = as_it_stands(file)
    vanished: list[tuple[tuple[Any, ...], Finding]] = []
    kind, value = untouched()[file].kind, tree(file).value
    for number, path in enumerate(list(keys(value))[part::PARTS]):
        policies = asked(lost_names(kind, value, path))
        if not policies and number % ASIDE:
            continue  # nobody reads it
        deleted = opened_without(file, path, blank=False)
        blanked = opened_without(file, path, blank=True)
        twins = deleted is not None and blanked is not None and alike(blanked, deleted, path)
        after: dict[Finding, Status] = {}
        if deleted is not None:
            after = told_once_gone(before, deleted, file, policies, all_of_them=not number % ASIDE)
            gone = lost(before, after)
            vanished.extend((path, finding) for finding in gone if not about_the_key(path, finding))
        if blanked is None or (twins and number % SAMPLE):
            continue  # what is left of the inventory is what was evaluated when the key was deleted
        both = told_once_gone(before, blanked, file, policies, all_of_them=twins or not number % ASIDE)
        assert not twins or both == after, path
        vanished.extend((path, finding) for finding in lost(before, both))
    assert vanished == []


def told_once_gone(
    before: dict[Finding, Status], changed: Document, file: str, policies: Collection[Policy],
    *, all_of_them: bool,
) -> dict[Finding, Status]:  # fmt: skip
    """What is told of an inventory without a key, of which some policies can tell; if all of them are asked,
    the others say what they said."""
    documents = linked_with(changed, file)
    after = told_without(before, documents, file, policies)
    assert not all_of_them or after == told(documents, file)
    return after


def told_without(
    before: dict[Finding, Status], documents: list[Document], file: str, policies: Collection[Policy],
    rule: EvidenceRule | None = None,
) -> dict[Finding, Status]:  # fmt: skip
    """What is told once a key is gone, of which some policies can tell; the others say what they said."""
    ids = {policy.id for policy in policies}
    same = {finding: status for finding, status in before.items() if finding.policy not in ids}
    return {**same, **told(documents, file, rule, policies)}


@pytest.mark.parametrize("file", FILES)
def test_who_does_not_refer_to_what_changed_says_the_same(file: str) -> None:
    """Why the others are not asked again for every key."""
    aside = [name for name in FILES if name not in {file, *dependents(file)}]
    for path in list(keys(tree(file).value))[7::29]:
        try:
            changed = opened(lose(tree(file), path, blank=False))
        except PolicyscanError:
            continue
        every = link({name: changed if name == file else opened(tree(name)) for name in FILES})
        after = results(list(every.values()), of=[every[name] for name in aside])
        assert after == unchanged(file)


@cache
def unchanged(file: str) -> dict[Finding, Status]:
    """What is told of all that do not lead to a file."""
    aside = [one for name, one in untouched().items() if name not in {file, *dependents(file)}]
    return results(list(untouched().values()), of=aside)


@pytest.mark.parametrize("blank", [False, True], ids=["deleted", "blanked"])
@pytest.mark.parametrize("family", FAMILIES)
def test_no_finding_of_a_case_vanishes_with_a_key(family: str, blank: bool) -> None:
    vanished = [
        (judged.policy, judged.case.name, path, finding)
        for judged in cases_of(family)
        for path, finding in lost_from(judged, blank=blank)
    ]
    assert [one for one in vanished if not about_the_key(*one[2:])] == []


def lost_from(
    judged: Judged, *, blank: bool, names: frozenset[str] | None = None
) -> Iterator[tuple[tuple[Any, ...], Finding]]:
    """The findings of a case that are lost with a key, of all or of those that schemas name so."""
    before = judged.results(judged.tree())
    if FINDINGS.isdisjoint(before.values()):
        return
    value, read = judged.tree().value, read_names(judged.known[judged.policy], judged.known)
    for number, path in enumerate(list(keys(value))):
        if names is not None and name_of(path) not in names:
            continue
        told_of = concerns(lost_names(judged.kind, value, path), read)
        if not told_of and number % ASIDE:
            continue
        try:
            after = judged.results(lose(judged.tree(), path, blank=blank))
        except PolicyscanError:
            continue
        assert told_of or after == before, path
        yield from ((path, finding) for finding in lost(before, after))


def test_what_goes_with_its_key_does_go() -> None:
    """Each exemption is needed: one that is not would hide what goes wrong later."""
    names, policies = map(frozenset, zip(*ABOUT_THE_KEY, strict=True))
    families = {policy.rpartition("-")[0] for policy in policies}
    needed = {
        (name_of(path), finding.policy)
        for family in families
        for judged in cases_of(family)
        if judged.policy in policies
        for path, finding in lost_from(judged, blank=False, names=names)
    }
    assert needed == set(ABOUT_THE_KEY)


ONE, OTHER = Finding("A-01", "d", "x", "fix"), Finding("A-01", "d", "y", "fix")
SCAN, WHOLE = ONE._replace(requirement="scan"), ONE._replace(subject="")
ANEW, UNNAMED = ONE._replace(subject="#1"), Finding("A-01", "d", "#1", FOR_EACH)
INNER = Finding("A-01", "d", "x/item.parts", FOR_EACH)
LIST = Finding("A-01", "d", "client.devices", FOR_EACH)
OTHERS = Finding("A-01", "d", "y/client.devices", FOR_EACH)


@pytest.mark.parametrize(
    ("what", "after", "gone"),
    [
        ("nothing changed", {ONE: Status.FAIL, OTHER: Status.FAIL}, []),
        ("it became unknown", {ONE: Status.UNKNOWN, OTHER: Status.FAIL}, []),
        ("it passes", {ONE: Status.PASS, OTHER: Status.FAIL}, [ONE]),
        ("it does not apply", {ONE: Status.NOT_APPLICABLE, OTHER: Status.FAIL}, [ONE]),
        ("it is gone, and another subject's finding is no successor", {OTHER: Status.FAIL}, [ONE]),
        ("its subject has another", {SCAN: Status.UNKNOWN, OTHER: Status.FAIL}, []),
        ("its subject has another name", {ANEW: Status.FAIL, OTHER: Status.FAIL}, []),
        ("one name for two", {ANEW: Status.FAIL}, [OTHER]),
        ("what got a name passes", {ANEW: Status.PASS, OTHER: Status.FAIL}, [ONE]),
        ("a new name's finding of another kind",
         {ANEW._replace(requirement="scan"): Status.FAIL, OTHER: Status.FAIL}, [ONE]),
        ("its subject is still told of, so a new name is not its",
         {SCAN: Status.PASS, ANEW: Status.FAIL, OTHER: Status.FAIL}, [ONE]),
        ("the list is unknown", {LIST: Status.UNKNOWN}, []),
        ("its own list is unknown", {INNER: Status.UNKNOWN, OTHER: Status.FAIL}, []),
        ("the inventory is unknown", {WHOLE: Status.UNKNOWN}, []),
        ("a list of another is unknown", {OTHERS: Status.UNKNOWN, OTHER: Status.FAIL}, [ONE]),
        ("what lost its name is unknown altogether", {UNNAMED: Status.UNKNOWN}, [OTHER]),
        ("the list passes", {LIST: Status.PASS}, [ONE, OTHER]),
        ("another control's finding", {ONE._replace(policy="A-02"): Status.FAIL, OTHER: Status.FAIL}, [ONE]),
    ],
)  # fmt: skip
def test_what_counts_as_lost(what: str, after: dict[Finding, Status], gone: list[Finding]) -> None:
    assert lost({ONE: Status.FAIL, OTHER: Status.UNKNOWN}, after) == gone, what


@pytest.mark.parametrize("blank", [False, True], ids=["deleted", "blanked"])
@pytest.mark.parametrize("file", FILES)
def test_no_waiver_grows_with_a_key_less(file: str, blank: bool) -> None:
    before = waived(linked(tree(file), file))
    for path in [path for path in keys(tree(file).value) if path[0] == "waivers"]:
        try:
            documents = linked(lose(tree(file), path, blank=blank), file)
        except PolicyscanError:
            continue
        assert waived(documents) <= before, path


def test_there_is_something_waived() -> None:
    assert any(waived(linked(tree(file), file)) for file in FILES)


# --- where evidence is asked for

DOCUMENT = EvidenceRule(Grade.DOCUMENT)
RULES = (DOCUMENT, EvidenceRule(Grade.DECLARED, 7), EvidenceRule(Grade.TOOL_EXPORT, 90))
STEP = 13  # every key would take minutes
GRADING = frozenset({"evidence", "as_of"})
"""The keys that say how good the evidence for all others is, and how old."""
ASIDE_FROM_EVIDENCE = 5
"""Of the keys that are taken away, from one in so many all controls are asked all the same."""


@pytest.mark.parametrize("blank", [False, True], ids=["deleted", "blanked"])
@pytest.mark.parametrize("file", FILES)
def test_no_finding_vanishes_with_a_key_where_evidence_is_asked_for(file: str, blank: bool) -> None:
    before, kind, value = as_it_stands(file, DOCUMENT), untouched()[file].kind, tree(file).value
    vanished: list[tuple[tuple[Any, ...], Finding]] = []
    for number, path in enumerate(list(keys(value))[blank::STEP]):
        policies = plan().policies if path[0] in GRADING else asked(lost_names(kind, value, path))
        try:
            documents = linked(lose(tree(file), path, blank=blank), file)
        except PolicyscanError:
            continue
        after = told_without(before, documents, file, policies, DOCUMENT)
        if not number % ASIDE_FROM_EVIDENCE:
            assert after == told(documents, file, DOCUMENT), path
        vanished.extend((path, finding) for finding in lost(before, after))
    assert [one for one in vanished if blank or not about_the_key(*one)] == []


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("file", FILES)
def test_what_is_counted_and_what_is_accounted_for_agree(file: str, rule: EvidenceRule) -> None:
    told = []
    for full in (True, False):
        document, *others = linked(tree(file), file)
        scanned = scan_document(document, plan()._replace(rule=rule, full=full, grades=True), others)
        passing = [r for r in scanned.results if r.status in (Status.PASS, Status.NOT_APPLICABLE)]
        acted = [r for r in scanned.results if r not in passing]
        told.append((scanned.info.statuses, scanned.info.counts, scanned.info.grades, acted))
        for basis in (r.basis for r in passing if r.basis is not None and r.basis.section):
            assert basis.grade >= rule.grade
            assert rule.max_age_days is None or (basis.age_days or 0) <= rule.max_age_days
    assert told[0] == told[1]
