"""What reports say of a baseline: alike changes together, a bounded length, nothing of other inventories."""

from __future__ import annotations

import pytest

from policyscan.findings import ChangeKind, Comparison, Report, ResultChange, Severity, Silence, Status, about
from policyscan.reporters.pseudonyms import Vocabulary, pseudonymous
from policyscan.reporters.since import first_of_each, made_by, silent_words, summed_up, together, told
from policyscan.source import Span
from tests.reporters.reports import SITUATIONS, document
from tests.reporters.test_reporters import render

CHANGED = SITUATIONS["changed"]
ROWS = {"text": "worse", "markdown": "| worse |", "html": ">worse<"}


def change(
    kind: ChangeKind, client: str, policy: str = "AV-01", subject: str = "lt-1", message: str = "it is off",
    severity: Severity = Severity.HIGH, origins: tuple[str, ...] = ("inventory",),
) -> ResultChange:  # fmt: skip
    at = Span(f"inventories/clients/{client}.yaml", 3, 1, 3, 9)
    return ResultChange(
        kind, "client", client, policy, subject, "on", severity, None, Status.FAIL, origins, message, at
    )


def since(*changes: ResultChange, silent: tuple[Silence, ...] = ()) -> Comparison:
    return Comparison("september.json", "2026-09-30", changes, silent, 7)


def test_changes_of_one_control_and_cause_are_told_together() -> None:
    found = together(
        [
            change(ChangeKind.GONE, "acme", message="older"),
            change(ChangeKind.NEW, "acme", severity=Severity.LOW),
            change(ChangeKind.NEW, "acme", subject="lt-2", severity=Severity.CRITICAL, message="lt-2 is off"),
            change(ChangeKind.NEW, "acme", subject="lt-3", origins=("time",)),
            change(ChangeKind.NEW, "bolt"),
        ]
    )
    assert [(one.change.value, one.document, one.what) for one in found] == [
        ("new", "acme", "lt-2 is off; and 1 more"),
        ("new", "acme", "lt-3: it is off"),
        ("new", "bolt", "lt-1: it is off"),
        ("gone", "acme", "lt-1: older"),
    ]


def test_of_each_kind_something_is_seen() -> None:
    found = together(
        [change(kind, f"c-{n}") for n in range(9) for kind in (ChangeKind.NEW, ChangeKind.FIXED)]
    )
    kinds = [one.change for one in first_of_each(found, 5, 3)]
    assert kinds == [ChangeKind.NEW] * 3 + [ChangeKind.FIXED] * 2


def test_what_made_it_so_is_counted() -> None:
    changes = [change(ChangeKind.NEW, "a", origins=by) for by in (("time",), ("inventory", "time"), ())]
    assert made_by(since(*changes)) == "time 2, inventory 1"
    assert made_by(since()) == ""


def test_what_is_told_stays_as_long_as_a_person_reads() -> None:
    kinds = (ChangeKind.NEW, ChangeKind.WORSE, ChangeKind.UNKNOWN, ChangeKind.GONE)
    changes = [change(kind, f"c-{n:03}") for n in range(300) for kind in kinds]
    silent = [Silence("client", f"c-{n:03}", policy) for n in range(300) for policy in ("A-01", "B-01")]
    gone = [Silence("client", f"d-{n:03}", "") for n in range(300)]
    lines = list(told(since(*changes, silent=(*silent, *gone))))
    assert len(lines) < 110
    assert "  and 280 more new: policyscan diff shows all" in lines
    made = CHANGED._replace(comparison=since(*changes, silent=(*silent, *gone)))
    for name, most in (("text", 90), ("markdown", 90)):
        assert render(name, made).count("\n") < most
    assert render("html", made).count("<tr>") < 40


def test_inventories_of_one_silent_control_share_a_line() -> None:
    silent = [Silence("client", f"c-{n}", "A-01") for n in range(7)]
    assert list(
        silent_words([*silent, Silence("client", "gone", ""), Silence("", "", "B-01", allowed=True)])
    ) == [
        "A-01 was evaluated for c-0, c-1, c-2, c-3, c-4 and 2 more at the baseline, and does not apply now",
        "gone was evaluated at the baseline, and there is no such inventory now",
        "B-01 was checked at the baseline, and is not now (this is meant to be so)",
    ]


@pytest.mark.parametrize("name", ROWS)
def test_people_read_what_changed_and_what_made_it_so(name: str) -> None:
    text = render(name, CHANGED)
    assert "september.json" in text
    assert "1 new, 1 worse, 1 became unknown, 1 better, 2 fixed, 1 waived, 1 gone" in text
    assert "inventory 6, time 2, controls 1" in text
    assert ROWS[name] in (text.lower() if name == "text" else text)
    assert "INS-01 was evaluated for acme" in text


@pytest.mark.parametrize("name", ROWS)
def test_without_a_baseline_nothing_is_said_of_one(name: str) -> None:
    assert "What made it so" not in render(name, SITUATIONS["findings"])


def test_one_inventory_is_told_nothing_of_the_changes_of_another() -> None:
    other = change(ChangeKind.NEW, "secret-client")
    comparison = CHANGED.comparison or since()
    silent = (*comparison.silent, Silence("client", "secret-client", ""))
    made = CHANGED._replace(
        comparison=comparison._replace(changes=(*comparison.changes, other), silent=silent, unchanged=99)
    )
    own = about(made, document(made, "acme"))
    assert own.comparison is not None
    assert own.comparison.unchanged == 0  # each finding of this one is new, worse or unknown now
    for name in ("text", "markdown", "html", "json", "jsonl", "sarif"):
        assert "secret-client" not in render(name, own)
    assert summed_up(own.comparison).endswith("1 gone, 0 unchanged, 2 silent")


def _masked(made: Report) -> Report:
    return pseudonymous(made, Vocabulary(frozenset(("is", "switched", "off")), frozenset()), b"secret")


def test_pseudonyms_hold_for_what_changed_too() -> None:
    masked = _masked(CHANGED)
    assert masked.comparison is not None
    assert masked.exit_code == CHANGED.exit_code
    assert len(masked.comparison.changes) == 8
    for name in ("text", "markdown", "html", "json", "jsonl", "sarif"):
        text = render(name, masked, sarif_absent=True)
        assert not [word for word in ("acme", "Cole", "lt-03", "lt-06", "ehr", "september") if word in text]
