"""Statuses and their order, roll-ups, scores, fingerprints, and the exit code of every combination."""

from __future__ import annotations

import itertools
import pickle
import random
from collections.abc import Sequence
from typing import Any

import pytest

from policyscan.findings import (
    BAD_WAIVER,
    DANGLING_REFERENCE,
    DOCUMENT_CHECKS,
    FINDINGS,
    TRAITS,
    DocumentInfo,
    Effect,
    PolicyInfo,
    Problem,
    Report,
    Result,
    ScanInfo,
    Score,
    Severity,
    Statement,
    Status,
    Taken,
    TakenAway,
    WaiverMark,
    control_tally,
    document_check_tally,
    exit_code,
    fingerprint,
    is_document_check,
    make_report,
    score,
    sort_key,
    taken_away,
    tally,
    unchecked,
    worst,
)
from policyscan.source import Span
from tests.opening import document_info

SPAN = Span("inventories/acme.yaml", 3, 1, 3, 9)
POLICY = PolicyInfo("PLAN-11", "A coordinator is named", Severity.HIGH, "client")
SCAN = ScanInfo("1.0", "2026-10-31")


def result(status: Status, severity: Severity = Severity.HIGH, **changes: Any) -> Result:
    plain = Result("PLAN-11", "named", "acme", "client", "", status, severity, "message", SPAN)
    return plain._replace(**changes)


def report(*results: Result, problems: Sequence[Problem] = (), complete: bool = False) -> Report:
    document = document_info("acme", "client", SPAN.file, results)
    return make_report(SCAN, [POLICY], [document], results, problems, complete=complete)


def test_statuses_are_ordered_from_what_does_not_matter_to_what_could_not_be_evaluated() -> None:
    assert sorted(Status) == [
        Status.NOT_APPLICABLE,
        Status.PASS,
        Status.WAIVED,
        Status.WARNING,
        Status.DUE,
        Status.UNKNOWN,
        Status.FAIL,
        Status.ERROR,
    ]


def test_severities_are_ordered() -> None:
    assert sorted(Severity) == [Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL]
    assert Severity("critical") is Severity.CRITICAL
    assert Severity.LOW <= Severity.LOW < Severity.HIGH
    assert Severity.CRITICAL > Severity.HIGH >= Severity.HIGH


def test_every_status_has_its_row_in_the_table() -> None:
    assert set(TRAITS) == set(Status)
    for status, traits in TRAITS.items():
        assert traits.label == status.value.replace("_", " ")
        assert traits.sarif_level in {"none", "note", "warning", "error"}
        assert traits.sarif_kind == "fail" or traits.sarif_level == "none"
        assert (traits.command is not None) is traits.finding
    assert len({traits.icon for traits in TRAITS.values()}) == len(TRAITS)


def test_findings_are_what_someone_must_act_on() -> None:
    assert {Status.FAIL, Status.DUE, Status.WARNING, Status.UNKNOWN, Status.ERROR} == FINDINGS


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], Status.NOT_APPLICABLE),
        ([Status.PASS, Status.NOT_APPLICABLE], Status.PASS),
        ([Status.PASS, Status.WAIVED], Status.WAIVED),
        ([Status.WAIVED, Status.DUE], Status.DUE),
        ([Status.DUE, Status.UNKNOWN, Status.PASS], Status.UNKNOWN),
        ([Status.UNKNOWN, Status.FAIL], Status.FAIL),
        ([Status.FAIL, Status.ERROR, Status.PASS], Status.ERROR),
    ],
)
def test_a_roll_up_takes_the_worst(statuses: list[Status], expected: Status) -> None:
    assert worst(statuses) is expected


def test_values_survive_pickling_and_compare_on_all_fields() -> None:
    one = result(Status.FAIL)
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301
    assert one != one._replace(until="2026-11-01")
    assert one != one._replace(message="other")


def test_a_fingerprint_knows_no_place_status_or_message() -> None:
    one = result(Status.FAIL)
    moved = one._replace(span=SPAN._replace(line=99), status=Status.DUE, message="other", until="2027-01-01")
    assert one.fingerprint == moved.fingerprint
    assert one.fingerprint == fingerprint("PLAN-11", "acme", "", "named")
    assert len(one.fingerprint) == 32


def test_fingerprints_tell_apart_what_only_looks_alike_when_joined() -> None:
    parts = ["", "a", "b", "ab", "1:a", ":", "\0", "\ud800"]
    made = {fingerprint(*four) for four in itertools.product(parts, repeat=4)}
    assert len(made) == len(parts) ** 4


def test_a_fingerprint_is_the_same_in_every_release() -> None:
    assert fingerprint("PLAN-11", "acme", "lt-02", "named") == "a72e2048e064fb531f4802b548f9652c"


def test_results_are_sorted_by_document_then_worst_first_whatever_order_they_came_in() -> None:
    ordered = [
        result(Status.FAIL, Severity.CRITICAL, document="a"),
        result(Status.FAIL, Severity.LOW, document="a"),
        result(Status.UNKNOWN, Severity.CRITICAL, document="a"),
        result(Status.DUE, document="b", policy="A-1"),
        result(Status.DUE, document="b", policy="B-1", subject="x"),
        result(Status.DUE, document="b", policy="B-1", subject="y", span=SPAN),
        result(Status.DUE, document="b", policy="B-1", subject="y", span=SPAN._replace(line=7)),
        result(Status.ERROR, document="a", kind="provider"),
    ]
    shuffled = ordered.copy()
    random.Random(7).shuffle(shuffled)  # noqa: S311
    assert sorted(shuffled, key=sort_key) == ordered
    assert list(make_report(SCAN, [POLICY], [], shuffled).results) == ordered


def test_a_report_keeps_findings_and_waived_results_and_counts_all() -> None:
    mark = WaiverMark(Status.FAIL, "being replaced", "Rita Ames", "2026-12-01")
    all_ = [result(status) for status in Status if status is not Status.WAIVED]
    all_.append(result(Status.WAIVED, waiver=mark))
    short, complete = report(*all_), report(*all_, complete=True)
    assert {r.status for r in short.results} == FINDINGS | {Status.WAIVED}
    assert len(complete.results) == len(Status)
    assert tally(short) == tally(complete) == dict.fromkeys(TRAITS, 1)
    assert short.documents[0].statuses == {"PLAN-11": Status.ERROR}


def test_checks_of_documents_are_listed_when_used_and_are_no_controls() -> None:
    dangling = result(Status.FAIL, policy=DANGLING_REFERENCE.id)
    made = report(result(Status.PASS), dangling)
    assert [policy.id for policy in made.policies] == ["DOC-REF", "PLAN-11"]
    assert control_tally(made.documents)[Status.FAIL] == 0
    assert document_check_tally(made.documents)[Status.FAIL] == 1
    assert exit_code(made) == 1


def test_every_check_of_documents_has_what_a_rule_needs() -> None:
    for check in DOCUMENT_CHECKS:
        assert is_document_check(check.id)
        assert check.title
        assert check.why
        assert check.fix
    assert BAD_WAIVER in DOCUMENT_CHECKS


@pytest.mark.parametrize(
    ("controls", "expected"),
    [
        ({}, Score(0, 0, 0)),
        ({Status.NOT_APPLICABLE: 3}, Score(0, 0, 0)),
        ({Status.PASS: 3, Status.DUE: 1, Status.FAIL: 3, Status.UNKNOWN: 7}, Score(4, 11, 14)),
        ({Status.PASS: 3, Status.WARNING: 1, Status.FAIL: 1}, Score(4, 4, 5)),
        ({Status.PASS: 1, Status.WAIVED: 2}, Score(1, 1, 3)),
        ({Status.ERROR: 2, Status.PASS: 1}, Score(1, 3, 3)),
    ],
)
def test_a_score_runs_from_unknowns_as_fails_to_unknowns_as_passes(
    controls: dict[Status, int], expected: Score
) -> None:
    assert score([info(controls)]) == expected


def info(controls: dict[Status, int], *taken: TakenAway) -> DocumentInfo:
    """A document with so many controls of each status."""
    every = [status for status, count in controls.items() for _ in range(count)]
    statuses = {f"A-{number:02}": status for number, status in enumerate(every)}
    return DocumentInfo("acme", "client", "acme.yaml", statuses=statuses, taken=taken)


def test_what_statements_take_away_counts_as_not_passed() -> None:
    """Six of six would be what is left where nine words took away the rest."""
    whole = [TakenAway(f"A-{number:02}", True, (0,)) for number in range(6, 14)]
    one = info({Status.PASS: 6, Status.NOT_APPLICABLE: 10}, *whole, TakenAway("A-00", False, (0,)))
    assert score([one]) == Score(6, 6, 14, 8)
    assert score([one, info({Status.PASS: 1})]) == Score(7, 7, 15, 8)
    said = Statement(("a",), False, "gone", "ann", "2026-05-04", "2027-05-05", SPAN)
    assert taken_away([one._replace(statements=(said,)), info({})]) == Taken(8, 1, 1)


# Exit codes. What each status is worth by itself, at or above the threshold and without flags.
WORTH = {
    Status.ERROR: 2,
    Status.FAIL: 1,
    Status.UNKNOWN: 3,
    Status.DUE: 0,
    Status.WARNING: 0,
    Status.WAIVED: 0,
    Status.PASS: 0,
    Status.NOT_APPLICABLE: 0,
}
FLAGS = [
    dict(zip(("fail_on_due", "exit_zero", "allow_unknown"), flags, strict=True))
    for flags in itertools.product((False, True), repeat=3)
]


def expected_code(
    found: Sequence[tuple[Status, Severity]], threshold: Severity, flags: dict[str, bool]
) -> int:
    """The rules as a person would go through them, one finding at a time."""
    codes = set()
    for status, severity in found:
        code = WORTH[status]
        if status in (Status.DUE, Status.WARNING) and flags["fail_on_due"]:
            code = 1
        if code != 2 and list(Severity).index(severity) < list(Severity).index(threshold):
            code = 0
        if code == 3 and flags["allow_unknown"]:
            code = 0
        if code in {1, 3} and flags["exit_zero"]:
            code = 0
        codes.add(code)
    return next((code for code in (2, 1, 3) if code in codes), 0)


@pytest.mark.parametrize("flags", FLAGS, ids=str)
def test_exit_code_of_every_pair_of_results_at_every_threshold(flags: dict[str, bool]) -> None:
    singles = list(itertools.product(Status, Severity))
    for found in itertools.product(singles, singles):
        # A pass keeps the scan from having met no subject, which is another test's matter.
        made = report(result(Status.PASS), *(result(status, severity) for status, severity in found))
        for threshold in Severity:
            assert exit_code(made, threshold, **flags) == expected_code(found, threshold, flags)


@pytest.mark.parametrize("flags", FLAGS, ids=str)
@pytest.mark.parametrize("status", [Status.PASS, Status.FAIL, Status.UNKNOWN])
def test_a_problem_is_exit_2_whatever_was_found_or_asked(status: Status, flags: dict[str, bool]) -> None:
    made = report(result(status), problems=[Problem("tabs cannot indent", SPAN)])
    assert exit_code(made, Severity.CRITICAL, **flags) == 2


def bare(policies: Sequence[PolicyInfo], documents: Sequence[DocumentInfo]) -> Report:
    return make_report(SCAN, policies, documents, [])


IDLE = DocumentInfo("acme", "client", "a.yaml", statuses={"PLAN-11": Status.NOT_APPLICABLE})
BUSY = IDLE._replace(id="beta", statuses={"PLAN-11": Status.PASS})
ONLY_A_CHECK = IDLE._replace(statuses={"DOC-REF": Status.FAIL})
OTHER = DocumentInfo("harbor", "provider", "p.yaml")


@pytest.mark.parametrize(
    ("policies", "documents", "words"),
    [
        ([POLICY], [], "no inventory"),
        ([], [BUSY], "no control was chosen"),
        ([DANGLING_REFERENCE], [BUSY], "no control was chosen"),
        ([POLICY], [IDLE], "kind client"),
        ([POLICY], [ONLY_A_CHECK], "kind client"),
        ([POLICY], [OTHER], "provider"),
        ([POLICY, POLICY._replace(id="PROV-05", kind="provider")], [BUSY, OTHER], "kind provider"),
    ],
)
def test_nothing_checked_is_exit_2_and_is_said(
    policies: list[PolicyInfo], documents: list[DocumentInfo], words: str
) -> None:
    made = bare(policies, documents)
    assert words in " ".join(unchecked(made))
    for flags in FLAGS:
        assert exit_code(made, Severity.CRITICAL, **flags) == 2


def test_one_document_that_a_control_met_is_enough_for_its_kind() -> None:
    made = bare([POLICY], [IDLE, BUSY, OTHER])
    assert unchecked(made) == ()
    assert exit_code(made) == 0


def test_each_effect_belongs_to_some_status() -> None:
    assert {traits.effect for traits in TRAITS.values()} == set(Effect)
