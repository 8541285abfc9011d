"""The text format: what a person sees first, what is left out, and that colour carries no meaning alone."""

from __future__ import annotations

import re
from typing import Any

import pytest

from policyscan.display import cells
from policyscan.findings import Gap, Problem, Report, Status
from policyscan.reporters import REPORTERS
from policyscan.reporters.causes import causes
from policyscan.source import Source, Span
from tests.reporters.reports import (
    ACME,
    ANTIVIRUS,
    AV,
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


def test_a_control_is_one_row_with_its_worst_subject_and_what_else_it_has() -> None:
    others = [ANTIVIRUS._replace(subject=f"lt-{n:02}") for n in range(10, 19)]
    unknown = ANTIVIRUS._replace(subject="lt-20", status=Status.UNKNOWN)
    waived = WAIVED._replace(subject="lt-21")
    shown = lines(report(ANTIVIRUS, *others, unknown, waived, RUNS))
    (at,) = [number for number, line in enumerate(shown) if line.endswith("  AV-01")]
    assert re.match(r"FAIL +lt-02: antivirus is switched off +high      AV-01$", shown[at])
    also = "also lt-10, lt-11, lt-12, lt-13, lt-14 and 4 more · 1 unknown · 1 waived"
    assert shown[at + 1].strip() == f"{ACME}:7 · {also}"
    assert shown[at + 2].strip() == "→ Switch it on."


def test_other_results_of_one_subject_are_counted() -> None:
    deputy = COORDINATOR._replace(requirement="deputy", message="the deputy has left too")
    shown = lines(report(COORDINATOR, deputy))
    assert any(line.endswith(f"{ACME}:4 · 1 other result") for line in shown)


def test_a_waived_row_says_until_when_by_whom_and_why() -> None:
    shown = "\n".join(lines(report(WAIVED)))
    mark = WAIVED.waiver
    assert mark is not None
    assert f"accepted until {mark.expires_on} by {mark.approver}: {mark.reason}" in shown


def test_a_subject_that_the_message_names_is_not_said_twice() -> None:
    shown = lines(report(ANTIVIRUS._replace(message="lt-02 is unprotected")))
    (row,) = [line for line in shown if line.startswith("FAIL")]
    assert row.startswith("FAIL     lt-02 is unprotected  ")


def test_what_a_file_says_there_is_none_of_is_one_cause_of_all_that_asks_for_it() -> None:
    source = Source("a.yaml", "plan: null\nlist: []\nname: x\n")
    results = [
        COORDINATOR._replace(policy=policy, requirement=item, message=f"{policy} {item}", span=at)
        for at in (Span("a.yaml", 1, 7, 1, 11),)
        for policy, item in (("PLAN-01", "written"), ("PLAN-01", "approved"), ("PLAN-11", "deputy"))
    ]
    (cause,) = causes(results, lambda _: source)
    assert cause.controls == ("PLAN-01", "PLAN-11")
    unknown = results[2]._replace(status=Status.UNKNOWN, span=Span("a.yaml", 3, 1, 3, 5))
    assert [one.controls for one in causes([*results, unknown], lambda _: source)] == [("PLAN-01", "PLAN-11")]
    # The same place of a value that says something, and places of which nothing is known, are told apart.
    named = [result._replace(span=Span("a.yaml", 3, 7, 3, 8)) for result in results]
    assert len(causes(named, lambda _: source)) == 2
    assert len(causes(results, lambda _: None)) == 2


def test_problems_come_before_everything_else_with_place_snippet_and_hint() -> None:
    shown = lines(report(COORDINATOR, problems=(BAD_YAML,)))
    assert shown[0] == "ERROR    inventories/clients/broken.yaml:2:1: a tab cannot indent"
    assert shown[1].endswith("2 | \torganisation: {id: broken}")
    assert shown[2].strip() == "^"
    assert shown[3].strip() == "hint: use spaces"
    assert any(line.endswith("1 error: see above.") for line in shown)


def test_a_snippet_is_left_out_where_the_text_is_not_known() -> None:
    made = report(COORDINATOR._replace(span=span("gone.yaml", 4, 1, 2)))
    assert not any(" | " in line for line in lines(made, full=True))


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, None])
@pytest.mark.parametrize("words", ["word " * 30, "災害復旧 " * 20, "x" * 300, "👩‍👩‍👧 e\u0301 " * 30])
def test_a_message_stays_whole_however_narrow_the_terminal(width: int | None, words: str) -> None:
    long = COORDINATOR._replace(message=words.strip())
    shown = lines(report(long, RESTORED), width=width)
    assert "".join(words.split()) in "".join("".join(shown).replace("critical  PLAN-11", "").split())
    if width is not None:
        assert max(map(cells, shown)) <= width


def test_forty_inventories_with_all_kinds_of_things_fit_sixty_lines_and_two_thousand_twice_that() -> None:
    for count, most in ((40, 60), (2_000, 120)):
        made = estate(count)
        for width in (80, 100, 120, None):
            shown = lines(made, width=width)
            assert len(shown) <= most
            assert width is None or max(map(cells, shown)) <= width


def estate(count: int) -> Report:
    """Many inventories, each with another mixture; titles, ids and questions as long as those that ship."""
    title = "The provider can be reached out of hours, and it has been tried"
    known = [AV._replace(id=f"FAMILY-{n:02}", title=title) for n in range(30)]
    results, problems = [], []
    for number in range(count):
        document = f"client-with-a-long-name-{number:04}"
        for n in range(number % 30):
            status = (Status.FAIL, Status.UNKNOWN, Status.DUE, Status.PASS)[(n + number) % 4]
            gap = Gap("a", "a", f"When was the system of the {n}th kind last restored, and from where to?")
            results.append(
                RESTORED._replace(
                    policy=f"FAMILY-{n:02}", document=document, status=status, gaps=(gap,) if n % 5 else ()
                )
            )
        if number % 10 == 9:
            file = f"inventories/clients/broken-{number}.yaml"
            problems.append(Problem("a tab cannot indent " * 8, span(file, 1, 1, 1), "use spaces"))
    return report(*results, problems=tuple(problems), policies=tuple(known))


def test_the_tables_of_many_are_sorted_by_their_columns() -> None:
    shown = lines(estate(40), width=100)
    at = next(number for number, line in enumerate(shown) if line.startswith("The worst inventories"))
    heads = shown[at + 1].split()
    assert heads == ["high", "due", "unknown", "pass"]
    assert shown[at + 2].startswith("broken-19 ")
    assert shown[at + 2].endswith("  could not be read, at line 1")
    rows = [line.split()[1:4] for line in shown[at + 2 :] if line.startswith("client-with")]
    numbers = [[int(cell.replace("·", "0")) for cell in row] for row in rows]
    assert numbers == sorted(numbers, reverse=True)


def test_a_table_says_how_many_rows_it_leaves_out_and_how_to_see_them() -> None:
    shown = lines(many(38, clean=2), width=120)
    rows = [line for line in shown if line.startswith("client-")]
    assert f"and {38 - len(rows)} inventories more with something to act on" in shown
    assert "2 inventories have no findings: client-0038, client-0039" in shown
    assert shown[-1] == (
        "More: --client ID shows one inventory, --full everything; policyscan explain ID a control."
    )


def test_terminals_that_know_links_are_given_them_and_nothing_else_changes() -> None:
    made = SITUATIONS["findings"]
    plain = lines(made, width=80)
    linked = lines(made, width=80, link=lambda file, line: f"file:///{file}#{line}")
    assert f"\x1b]8;;file:///{ACME}#4\x1b\\line 4\x1b]8;;\x1b\\" in "\n".join(linked)
    assert [re.sub(r"\x1b\]8;;.*?\x1b\\", "", line) for line in linked] == plain


def test_nothing_is_cut_where_there_is_no_terminal() -> None:
    made = report(COORDINATOR._replace(message="word " * 100))
    assert not any("…" in line for line in lines(made))


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
    assert first.endswith(" (ehr; decides REC-02, REC-03)")
    assert "    and 4 questions more" in shown


def test_an_unknown_without_a_question_is_still_told() -> None:
    shown = lines(report(RESTORED._replace(gaps=(), message="evidence is too weak"), RUNS))
    assert "UNKNOWN  1 control lacks facts." in shown
    assert "  - ehr: evidence is too weak (REC-02, inventories/clients/acme.yaml:12)" in shown


def test_full_shows_every_finding_of_many() -> None:
    shown = lines(many(8), full=True)
    assert sum(line.startswith("FAIL") for line in shown) == 16
    assert sum(line.startswith("UNKNOWN") for line in shown) == 8


def test_the_last_lines_are_the_sum_in_words() -> None:
    assert lines(SITUATIONS["unknown"])[-2] == (
        "2 inventories: 2 unknown · 2 pass. Of 4 checks that apply, between 2 and 4 pass."
    )


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


def test_what_requirements_of_one_subject_share_is_told_in_full_once() -> None:
    again = ANTIVIRUS._replace(requirement="definitions", message="definitions are old")
    other = ANTIVIRUS._replace(subject="lt-03")
    made = report(ANTIVIRUS, again, other)
    text = REPORTERS["text"].render(made, options(made, full=True))
    assert text.count(ANTIVIRUS.evidence[0].path) == 2  # of each subject
    assert text.count(f"at {ANTIVIRUS.span}") == 3
    assert "definitions are old" in text
