"""The Markdown summary: nothing in it becomes markup, and it never outgrows what GitHub keeps."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from policyscan.findings import Report, Result, Severity, Status
from policyscan.output import encode
from policyscan.reporters import REPORTERS
from policyscan.reporters.markdown import MOST_OF_A_COMMENT
from tests.reporters.reports import (
    ACME,
    ANTIVIRUS,
    COORDINATOR,
    RESTORED,
    SITUATIONS,
    many,
    options,
    report,
    span,
)

GITHUB = MarkdownIt("gfm-like", {"html": True, "linkify": False})


def text(made: Report, *, taken: int = 0) -> str:
    return REPORTERS["markdown"].render(made, options(made, taken=taken))


NASTY = [
    "<script>alert(1)</script>",
    "a | b",
    "[a](http://evil.example)",
    "![a](http://evil.example/x.png)",
    "`code`",
    "**bold** _it_ ~~no~~",
    "# heading",
    "line\nnext | cell",
    "&lt;b&gt;",
    "back\\slash \\| pipe",
    "<!-- -->",
    "$x$",
]


@pytest.mark.parametrize("nasty", NASTY)
def test_text_is_shown_as_it_is(nasty: str) -> None:
    made = report(COORDINATOR._replace(message=nasty, span=COORDINATOR.span._replace(file=f"x{nasty}.yaml")))
    tokens = GITHUB.parse(text(made))
    cells = [token for token in tokens if token.type == "inline" and token.level == 4]
    shown = [
        "".join(child.content for child in cell.children or [] if child.type != "html_inline")
        for cell in cells
    ]
    assert shown[6:] == [
        "❌ fail",
        "PLAN-11",
        "critical",
        nasty.replace("\n", " "),
        "declared, 263 days old",
        f"x{nasty}.yaml:4".replace("\n", " "),
    ]
    inside = {child.type for cell in cells for child in cell.children or []}
    assert inside <= {"text", "text_special", "html_inline"}


def test_nobody_is_notified() -> None:
    assert "@team" not in text(report(COORDINATOR._replace(message="ask @team")))


def test_a_table_for_every_inventory_with_findings_and_one_of_all() -> None:
    shown = text(SITUATIONS["findings"])
    assert shown.count("| Status | Control | Severity | What | Evidence | Where |") == 2
    assert "| acme | 2 |  | 1 | 0 to 1 of 3 |" in shown
    assert "| Status |" not in text(SITUATIONS["clean"])


def test_what_is_left_out_for_its_length_is_counted() -> None:
    long = [
        ANTIVIRUS._replace(
            document=f"client-{n:03}", subject=f"d{m}", message="ä" * 50, span=span(ACME, m + 1, 1, 2)
        )
        for n in range(60)
        for m in range(10)
    ]
    data = encode(text(report(*long)))
    assert 0.9 * MOST_OF_A_COMMENT < len(data) <= MOST_OF_A_COMMENT
    kept = data.decode("utf-8").count("### client-")
    assert f"The details of {60 - kept} inventories are left out" in data.decode("utf-8")
    assert kept > 15


def test_the_worst_inventory_is_told_first() -> None:
    mild, bad = COORDINATOR._replace(document="a", severity=Severity.LOW), COORDINATOR._replace(document="z")
    shown = text(report(mild, bad))
    assert shown.index("### z") < shown.index("### a")
    more = ANTIVIRUS._replace(document="m"), ANTIVIRUS._replace(document="m", subject="lt-04")
    shown = text(report(ANTIVIRUS._replace(document="b"), *more))
    assert shown.index("### m") < shown.index("### b")


def test_a_step_summary_that_is_nearly_full_gets_what_fits() -> None:
    made = report(*(ANTIVIRUS._replace(subject=f"lt-{n}", span=span(ACME, n + 1, 1, 2)) for n in range(300)))
    data = encode(text(made, taken=(1 << 20) - 5_000))
    assert len(data) <= 5_000


def test_even_the_overview_is_cut_when_it_must_be() -> None:
    made = many(3)
    documents = tuple(made.documents[0]._replace(id=f"client-{n}-{'x' * 400}") for n in range(4000))
    data = encode(text(made._replace(documents=documents)))
    assert len(data) <= MOST_OF_A_COMMENT
    assert b"lines and all details left out" in data


def test_requirements_that_say_the_same_share_a_row() -> None:
    others = [COORDINATOR._replace(requirement=name) for name in ("deputy", "notify")]
    elsewhere = COORDINATOR._replace(requirement="else", span=ANTIVIRUS.span)
    rows = [
        line for line in text(report(COORDINATOR, *others, elsewhere)).splitlines() if "PLAN-11 |" in line
    ]
    assert len(rows) == 2
    assert f"| {COORDINATOR.message} |" in rows[0]
    assert f"| {COORDINATOR.message} |" in rows[1]


def test_inventories_of_one_name_are_told_apart() -> None:
    made = report(COORDINATOR, COORDINATOR._replace(kind="provider"))
    shown = text(made)
    for kind in ("client", "provider"):
        assert f"### acme ({kind})" in shown
        assert f"| acme ({kind}) |" in shown


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ((RESTORED,), "❔ 1 control lacks facts."),
        ((RESTORED, RESTORED._replace(policy="REC-03")), "❔ 2 controls lack facts."),
        (
            (RESTORED, ANTIVIRUS, ANTIVIRUS._replace(subject="x", status=Status.UNKNOWN)),
            "❔ 1 control lacks facts; 1 of the controls above lacks some too.",
        ),
        (
            (ANTIVIRUS, ANTIVIRUS._replace(subject="x", status=Status.UNKNOWN)),
            "❔ 1 of the controls above lacks facts too.",
        ),
    ],
)
def test_controls_that_lack_facts_are_counted_as_in_the_table(
    findings: tuple[Result, ...], said: str
) -> None:
    assert said in text(report(*findings)).splitlines()
