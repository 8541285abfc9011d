"""The text format: what a person sees first, what is left out, and that colour carries no meaning alone."""

from __future__ import annotations

import re
from typing import Any

import pytest

from policyscan.findings import Report, Status
from policyscan.reporters import REPORTERS
from tests.reporters.reports import (
    ACME,
    ANTIVIRUS,
    BAD_YAML,
    COORDINATOR,
    ORDERED,
    RESTORED,
    RUNS,
    SITUATIONS,
    WAIVED,
    many,
    options,
    report,
    span,
)


def lines(made: Report, **changes: Any) -> list[str]:
    return REPORTERS["text"].render(made, options(made, **changes)).splitlines()


def test_a_control_is_one_line_with_its_worst_subject_and_the_number_of_others() -> None:
    others = [ANTIVIRUS._replace(subject=f"lt-{n:02}") for n in range(10, 14)]
    unknown = ANTIVIRUS._replace(subject="lt-20", status=Status.UNKNOWN)
    waived = WAIVED._replace(subject="lt-21")
    shown = [line for line in lines(report(ANTIVIRUS, *others, unknown, waived, RUNS)) if "AV-01" in line]
    assert len(shown) == 1
    assert re.match(
        r"FAIL +AV-01 +high +lt-02: .* \(\+4 more, 1 unknown, 1 waived\) +\S+acme.yaml:7$", shown[0]
    )


@pytest.mark.parametrize(("others", "count"), [(1, "+1 other result"), (3, "+3 other results")])
def test_elements_of_a_result_and_results_are_not_both_called_more(others: int, count: str) -> None:
    worst = ANTIVIRUS._replace(message="lt-02 is unprotected (+3 more)")
    alike = [ANTIVIRUS._replace(subject=f"lt-{n:02}") for n in range(10, 10 + others)]
    assert f"lt-02 is unprotected (+3 more) ({count})  " in lines(report(worst, *alike))[1]


def test_a_subject_that_the_message_names_is_not_said_twice() -> None:
    shown = lines(report(ANTIVIRUS._replace(message="lt-02 is unprotected")))
    assert "  lt-02 is unprotected  " in shown[1]
    assert "lt-02: lt-02" not in shown[1]


def test_problems_come_before_everything_else_with_place_snippet_and_hint() -> None:
    shown = lines(report(COORDINATOR, problems=(BAD_YAML,)))
    assert shown[0] == "ERROR    inventories/clients/broken.yaml:2:1: a tab cannot indent"
    assert shown[1].endswith("2 | \torganisation: {id: broken}")
    assert shown[2].strip() == "^"
    assert shown[3].strip() == "hint: use spaces"
    assert shown[-1].endswith("1 problem. Exit 2.")


def test_a_snippet_is_left_out_where_the_text_is_not_known() -> None:
    made = report(COORDINATOR._replace(span=span("gone.yaml", 4, 1, 2)))
    assert not any(" | " in line for line in lines(made, full=True))


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_long_message_is_cut_to_the_terminal_and_its_count_and_place_stay(width: int) -> None:
    long = COORDINATOR._replace(message="word " * 100)
    made = report(long, long._replace(subject="deputy"))
    (shown,) = [line for line in lines(made, width=width) if line.startswith("FAIL")]
    assert "… (+1 more)" in shown
    assert shown.endswith(f"{ACME}:4")
    assert len(shown) <= max(width, 90)


def test_nothing_is_cut_where_there_is_no_terminal() -> None:
    made = report(COORDINATOR._replace(message="word " * 100))
    assert not any("…" in line for line in lines(made))


def test_wide_characters_take_two_columns() -> None:
    made = report(
        COORDINATOR._replace(message="災害復旧"), ANTIVIRUS._replace(subject="", message="12345678")
    )
    places = [line.partition("inventories")[0] for line in lines(made) if line.startswith("FAIL")]
    assert [len(place.encode("utf-16-le")) // 2 for place in places] == [len(places[1]) - 4, len(places[1])]


def test_colour_is_only_there_when_asked_and_says_nothing_by_itself() -> None:
    made = SITUATIONS["findings"]
    for full in (False, True):
        plain = "\n".join(lines(made, full=full))
        painted = "\n".join(lines(made, full=full, color=True))
        assert "\x1b" not in plain
        assert "\x1b[1;31mFAIL\x1b[0m" in painted
        assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain


def test_questions_are_those_that_settle_most_and_the_rest_is_counted() -> None:
    gap = RESTORED.gaps[0]
    unknowns = [
        RESTORED._replace(policy=f"X-{n}", gaps=(gap._replace(question=f"Question {n}?"),)) for n in range(8)
    ]
    shown = lines(report(RESTORED, ORDERED._replace(gaps=RESTORED.gaps), *unknowns, RUNS))
    first = next(line for line in shown if line.startswith("  1 "))
    assert first.startswith("  1 When was each system last restored, and from where?")
    assert first.endswith("settles REC-02 REC-03")
    assert "    and 4 questions more" in shown


def test_an_unknown_without_a_question_is_still_told() -> None:
    shown = lines(report(RESTORED._replace(gaps=(), message="evidence is too weak"), RUNS))
    assert "UNKNOWN  1 control lacks facts." in shown
    assert "  - REC-02: ehr: evidence is too weak  inventories/clients/acme.yaml:12" in shown


def test_forty_clients_fit_one_screen() -> None:
    shown = lines(many(38, clean=2), width=120)
    assert len(shown) <= 50
    assert max(map(len, shown)) <= 120
    assert "2 inventories have no findings: client-0038, client-0039" in shown
    rows = [line for line in shown if line.startswith("client-")]
    assert len(rows) == 38
    assert "PLAN-11 Coordinator Dan Cole left on 2026-06-12" in rows[0]


def test_the_table_of_many_has_the_worst_first() -> None:
    worse = [COORDINATOR._replace(document="zeta", status=Status.ERROR)]
    made = many(6)
    made = report(*made.results, *worse)
    rows = [line.split()[0] for line in lines(made) if re.match(r"client-|zeta", line)]
    assert rows == ["zeta", *(f"client-{n:04}" for n in range(6))]


def test_full_shows_every_finding_of_many() -> None:
    shown = lines(many(8), full=True)
    assert sum(line.startswith("FAIL") for line in shown) == 16
    assert sum(line.startswith("UNKNOWN") for line in shown) == 8


def test_the_last_line_is_the_sum_and_the_exit_code() -> None:
    assert lines(SITUATIONS["unknown"])[-1] == ("2 inventories: 2 unknown · 2 pass. Score 2–4 of 4. Exit 3.")


def test_documents_that_no_control_looks_at_are_named() -> None:
    made = report(RUNS)
    other = made.documents[0]._replace(id="big", kind="portfolio", statuses={}, counts={})
    shown = lines(made._replace(documents=(*made.documents, other)))
    assert "not checked: 1 inventory of kind portfolio, as no chosen control looks at one" in shown


def test_an_inventory_that_no_control_looks_at_is_not_said_to_be_without_findings() -> None:
    made = many(6, clean=1)
    unchecked = made.documents[0]._replace(id="book", kind="portfolio", statuses={})
    shown = "\n".join(lines(made._replace(documents=(*made.documents, unchecked))))
    assert "1 inventory has no findings" in shown
    assert "book" not in shown


def test_requirements_that_say_the_same_share_a_block_in_full() -> None:
    others = [COORDINATOR._replace(requirement=name) for name in ("deputy", "notify")]
    other_reads = others[0]._replace(evidence=COORDINATOR.evidence[:1])
    shown = lines(report(COORDINATOR, other_reads, others[1]), full=True)
    blocks = [line for line in shown if line.startswith("FAIL")]
    assert len(blocks) == 1
    assert "PLAN-11/deputy, notify, in-post  critical" in blocks[0]
    reads = [line for line in shown if line.startswith("    read ")]
    assert len(reads) == len(set(reads)) == len(COORDINATOR.evidence)


def test_what_holds_for_all_of_a_control_is_said_once_for_a_document() -> None:
    here = [ANTIVIRUS._replace(subject=f"d{n}") for n in range(3)]
    shown = lines(report(*here, ANTIVIRUS._replace(document="zzz")), full=True)
    assert sum(line.startswith("FAIL") for line in shown) == 4
    assert sum(line.startswith("   to do ") for line in shown) == 2
    fails = [n for n, line in enumerate(shown) if line.startswith("FAIL")]
    assert any(line.startswith("   to do ") for line in shown[fails[0] : fails[1]])


def test_a_reason_that_is_the_requirement_or_the_message_is_not_repeated() -> None:
    for reason, told in (("in-post", False), (COORDINATOR.message, False), ("it is new", True)):
        shown = lines(report(COORDINATOR._replace(reason=reason)), full=True)
        assert any("because" in line for line in shown) is told


def test_inventories_of_one_name_are_told_apart_in_the_table() -> None:
    made = many(8)
    first = made.documents[0]
    twin = first._replace(kind="provider")
    results = [r._replace(kind="provider") for r in made.results if r.document == first.id]
    both = made._replace(documents=(*made.documents, twin), results=(*made.results, *results))
    shown = lines(both)
    assert sum(line.startswith(f"{first.id} (client) ") for line in shown) == 1
    assert sum(line.startswith(f"{first.id} (provider) ") for line in shown) == 1
