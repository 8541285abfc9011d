"""Workflow commands: escaped as GitHub reads them, worst first, ten of each kind, the rest counted."""

from __future__ import annotations

import re
from typing import Any

import pytest

from policyscan.findings import (
    ChangeKind,
    Comparison,
    Problem,
    Report,
    ResultChange,
    Severity,
    Status,
    identity,
)
from policyscan.reporters import REPORTERS
from policyscan.reporters.github import command
from policyscan.source import Span
from tests.reporters.reports import (
    ACME,
    ANTIVIRUS,
    COORDINATOR,
    ENDING,
    RESTORED,
    RUNS,
    SITUATIONS,
    WAIVED,
    options,
    report,
    span,
)


def lines(made: Report, **changes: Any) -> list[str]:
    """The commands for a report of a scan that left nothing out."""
    return all_lines(made._replace(scan=made.scan._replace(left_out=())), **changes)


def all_lines(made: Report, **changes: Any) -> list[str]:
    return REPORTERS["github"].render(made, options(made, **changes)).splitlines()


def test_escaping_is_that_of_githubs_own_toolkit() -> None:
    place = {"title": "ENC001: x,y", "file": "clients/a:b,c.yaml", "line": "5", "endLine": "5"}
    made = command("error", {**place, "col": "5", "endColumn": "30"}, "100% bad: a,b\nline2")
    assert made == (
        "::error title=ENC001%3A x%2Cy,file=clients/a%3Ab%2Cc.yaml,line=5,endLine=5,col=5,endColumn=30"
        "::100%25 bad: a,b%0Aline2"
    )


@pytest.mark.parametrize(
    "text",
    ["a\n::error::b", "a\r::stop-commands::x", "a\r\n::b", "\u2028::error::x", "%0A::error::", "\x85::x"],
)
def test_no_text_can_start_a_command_of_its_own(text: str) -> None:
    made = report(COORDINATOR._replace(message=text, subject=text), problems=(Problem(text, None, text),))
    for line in all_lines(made):
        assert re.match(r"::(error|notice) title=\S", line)
    assert len(lines(made)) == 2


def test_what_ends_well_makes_no_noise() -> None:
    assert lines(report(RUNS, WAIVED)) == []


def test_each_status_has_its_kind() -> None:
    shown = lines(report(COORDINATOR, ENDING, RESTORED, RUNS))
    assert [line.split()[0] for line in shown] == ["::error", "::warning", "::notice"]
    assert shown[1].endswith("(until 2026-11-15)")


def test_the_worst_come_first_over_all_documents() -> None:
    low = COORDINATOR._replace(severity=Severity.LOW, document="aaa")
    crashed = ANTIVIRUS._replace(status=Status.ERROR, document="zzz")
    shown = lines(report(low, ANTIVIRUS, COORDINATOR, crashed))
    titles = [re.sub(r".*title=(.*?),file.*", r"\1", line) for line in shown]
    assert titles == [
        "AV-01 error%2C high",
        "PLAN-11 fail%2C critical",
        "AV-01 fail%2C high",
        "PLAN-11 fail%2C low",
    ]


@pytest.mark.parametrize(
    ("fails", "unknowns", "rest"),
    [
        (10, 10, None),
        (11, 0, "1 error"),
        (0, 12, "3 notices"),
        (13, 9, "3 errors"),
        (13, 11, "3 errors, 2 notices"),
    ],
)
def test_at_most_ten_of_a_kind_and_the_rest_is_counted(fails: int, unknowns: int, rest: str | None) -> None:
    made = report(
        *(ANTIVIRUS._replace(subject=f"f{n}", span=span(ACME, n + 1, 1, 2)) for n in range(fails)),
        *(RESTORED._replace(subject=f"u{n}", span=span(ACME, n + 1, 1, 2)) for n in range(unknowns)),
        RUNS,
    )
    shown = lines(made)
    for kind in ("error", "warning", "notice"):
        assert sum(line.startswith(f"::{kind} ") for line in shown) <= 10
    last = "" if rest is None else f"::notice title=policyscan::Not shown here: {rest}."
    assert (shown[-1] == last) is (rest is not None)


def test_what_is_left_out_or_loosened_is_told_in_one_notice_with_the_rest() -> None:
    made = SITUATIONS["findings"]
    assert made.scan.left_out
    assert made.scan.loosened
    last = all_lines(made)[-1]
    assert last.startswith("::notice title=policyscan::essentials, ")
    assert "%0Aleft out: PATCH-01, TEN-01%0A" in last
    assert "%0Aloosened: " in last
    many = made._replace(
        results=tuple(RESTORED._replace(subject=f"u{n}", span=span(ACME, n + 1, 1, 2)) for n in range(12))
    )
    shown = all_lines(many)
    assert len([line for line in shown if line.startswith("::notice ")]) == 10
    assert shown[-1] == f"{last}%0ANot shown here: 3 notices."


def test_problems_take_the_first_places() -> None:
    made = report(
        *(ANTIVIRUS._replace(subject=f"f{n}", span=span(ACME, n + 1, 1, 2)) for n in range(12)),
        problems=(Problem("broken", None),),
    )
    assert lines(made)[0] == "::error title=policyscan::broken"
    assert "Not shown here: 3 errors." in lines(made)[-1]


def test_what_a_change_is_about_comes_first_then_the_worst_of_the_rest() -> None:
    here = [ANTIVIRUS._replace(severity=Severity.LOW, span=span(ACME, n + 1, 1, 2)) for n in range(3)]
    there = [COORDINATOR._replace(span=span("elsewhere.yaml", n + 1, 1, 2)) for n in range(9)]
    high = ANTIVIRUS._replace(span=span("elsewhere.yaml", 30, 1, 2))
    made = report(*there, high, *here)
    shown = all_lines(made, changed=frozenset({ACME}))
    titles = [re.sub(r".*title=(.*?),file.*", r"\1", line) for line in shown if line.startswith("::error")]
    assert titles == ["AV-01 fail%2C low"] * 3 + ["PLAN-11 fail%2C critical"] * 7
    assert "Not shown here: 3 errors." in shown[-1]


def test_what_one_place_says_is_one_annotation() -> None:
    deputy = COORDINATOR._replace(requirement="deputy", message="there is no deputy")
    shown = lines(report(COORDINATOR, deputy))
    assert len(shown) == 1
    assert "::there is no deputy; Coordinator Dan Cole left on 2026-06-12" in shown[0]


def test_nothing_checked_is_an_error() -> None:
    assert lines(SITUATIONS["nothing"])[0].startswith("::error title=policyscan::Nothing was checked")


def test_columns_are_given_within_one_line_only() -> None:
    several = COORDINATOR._replace(span=Span("a.yaml", 3, 5, 9, 2))
    assert ",file=a.yaml,line=3::" in lines(report(several))[0]


def estate(file: str) -> tuple[str, str]:
    """A repository with a folder `estate` that is the current one."""
    return "/repository", f"estate/{file}"


def test_paths_are_those_of_the_repository() -> None:
    assert ",file=estate/inventories/clients/acme.yaml," in lines(report(COORDINATOR), locate=estate)[0]


def test_what_several_requirements_say_alike_is_said_once() -> None:
    others = [COORDINATOR._replace(requirement=f"also-{n}") for n in range(20)]
    assert lines(report(COORDINATOR, *others)) == lines(report(COORDINATOR))
    elsewhere = COORDINATOR._replace(requirement="elsewhere", span=Span("a.yaml", 1, 1, 1, 2))
    assert len(lines(report(COORDINATOR, elsewhere))) == 2


def test_since_a_baseline_only_what_is_new_is_annotated() -> None:
    made, old = report(COORDINATOR, RESTORED), COORDINATOR
    change = ChangeKind.NEW, *identity(old), old.severity, None, old.status, (), "", old.span
    new = ResultChange(*change)
    told = lines(made._replace(comparison=Comparison("main", "2026-10-31", (new,), (), 1)))
    assert [line for line in told if "title=policyscan" not in line] == lines(report(COORDINATOR))
    assert "1 new, 1 unchanged" in told[-1]
