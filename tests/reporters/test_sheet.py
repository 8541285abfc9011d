"""The sheet that an owner is shown: plain words, a day and a price for decisions, never more than fits."""

from __future__ import annotations

import re

import pytest

from policyscan.display import cells
from policyscan.findings import Problem, Report, Status, make_report
from policyscan.reporters import REPORTERS, Options
from policyscan.reporters.html import sheet
from policyscan.reporters.html.contents import page_of
from policyscan.reporters.html.sheet import OwnersSheet
from policyscan.reporters.layout import brief
from policyscan.reporters.wording import sum_of_money
from tests.reporters.reports import (
    ACME,
    ANTIVIRUS,
    COORDINATOR,
    ENDING,
    POLICIES,
    QUESTION,
    RESTORED,
    SCAN,
    SITUATIONS,
    WAIVED,
    document_info,
    options,
    report,
)

LONG = "a very long sentence about nothing at all " * 40
WIDE = "長い" * 300


def sheet_of(made: Report) -> OwnersSheet:
    """The sheet of the only inventory of a report."""
    alone = page_of(made, Options()).alone
    assert alone is not None
    assert alone.sheet is not None
    return alone.sheet


def test_what_costs_money_is_decided_with_its_price_and_what_ends_with_its_day() -> None:
    priced = ANTIVIRUS._replace(figures={"loss": {"amount": 1_234_500.0, "currency": "EUR"}, "median": "3h"})
    ends = ENDING._replace(document="acme", kind="client")
    made = sheet_of(report(priced, COORDINATOR, ends))
    assert [(one.by, one.money) for one in made.decisions] == [
        ("now", "loss 1,234,500 EUR"),
        ("2026-11-15", ""),
    ]
    assert [one.text for one in made.things] == ["Name someone who works there, and a deputy."]
    assert made.things[0].found == (
        "Found: Coordinator Dan Cole left on 2026-06-12. Nobody leads a recovery whose leader has left."
    )


def test_an_exception_that_ends_soon_is_to_be_decided_anew() -> None:
    assert WAIVED.waiver is not None
    soon = WAIVED._replace(waiver=WAIVED.waiver._replace(expires_on="2027-01-31"))
    (decision,) = sheet_of(report(soon)).decisions
    assert decision.by == "2027-01-31"
    assert decision.text.startswith(f"Decide anew what {WAIVED.waiver.approver} accepted: ")
    late = WAIVED._replace(waiver=WAIVED.waiver._replace(expires_on="2027-09-30"))
    assert sheet_of(report(late)).decisions == ()


def test_what_is_not_known_is_asked_and_is_not_good() -> None:
    made = sheet_of(report(RESTORED))
    assert made.score == "0 to 1 of 1"
    assert made.good == ()
    assert [one.startswith(QUESTION) for one in made.questions] == [True]


def test_a_sheet_says_that_something_could_not_be_looked_at() -> None:
    made = report(ANTIVIRUS)
    broken = make_report(SCAN, POLICIES, made.documents, made.results, [Problem("a file is broken")])
    assert "one thing could not be evaluated" in sheet_of(broken).unseen
    assert sheet_of(made).unseen == ""


@pytest.mark.parametrize("text", [LONG, WIDE], ids=["words", "wide"])
def test_a_sheet_fits_however_much_there_is_to_say(text: str) -> None:
    info = POLICIES[0]
    policies = [info._replace(id=f"AV-{n:02}", title=text, fix=text, why=text, fixes={}) for n in range(60)]
    price = {name: {"amount": 1.5, "currency": "EUR"} for name in text[:50]}
    failing = [
        ANTIVIRUS._replace(policy=f"AV-{n:02}", message=text, figures=price if n % 2 else {})
        for n in range(40)
    ]
    statuses = {f"AV-{n:02}": Status.PASS for n in range(40, 60)}
    document = document_info("acme", "client", ACME, failing)._replace(name=text)
    document = document._replace(statuses={**document.statuses, **statuses})
    made = sheet_of(make_report(SCAN, policies, [document], failing))
    assert (len(made.decisions), len(made.things)) == (3, 5)
    assert len(made.good) <= 5
    assert made.more_things
    for one in made.decisions:
        assert max(map(cells, one)) <= 112
    for thing in made.things:
        assert max(map(cells, thing)) <= 165
    assert max(map(cells, (made.name, *made.good, *made.questions))) <= 72


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_sheet_names_no_control_by_its_id(situation: str) -> None:
    made = SITUATIONS[situation]
    shown = "".join(
        part
        for document in made.documents
        for part in re.findall(
            r'<div class="sheet">.*?\n</div>\n',
            REPORTERS["html"].render(made._replace(documents=(document,)), options(made)),
            re.DOTALL,
        )
    )
    named = {info.id for info in made.policies}
    assert bool(shown) is bool(made.documents)
    assert not [id_ for id_ in named if re.search(rf"(?<![\w-]){re.escape(id_)}(?![\w-])", shown)]


def test_of_many_inventories_none_has_a_sheet() -> None:
    documents = [document_info("acme", "client", ACME, [ANTIVIRUS])._replace(id=f"c{n}") for n in range(41)]
    page = page_of(make_report(SCAN, POLICIES, documents, []), Options())
    assert page.alone is None
    assert [one.sheet for one in page.inventories] == [None] * 41


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"amount": 1234.0, "currency": "EUR"}, "1,234 EUR"),
        ({"amount": 1234.5, "currency": "EUR"}, "1,234.50 EUR"),
        ({"amount": -7, "currency": "EUR"}, "-7 EUR"),
        ({"amount": True, "currency": "EUR"}, "true EUR"),
        ({"amount": float("nan"), "currency": "EUR"}, "NaN EUR"),
        ({"amount": 1.0}, ""),
        (7, ""),
        (None, ""),
    ],
)
def test_amounts_are_written_as_people_write_them(value: object, said: str) -> None:
    assert sum_of_money(value) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("One. Two is longer. Three.", "One."),
        ("One two three four", "One two…"),
        ("Fits.", "Fits."),
        ("", ""),
    ],
)
def test_a_text_is_made_brief_at_the_end_of_a_sentence(text: str, said: str) -> None:
    assert brief(text, 10) == said


def test_every_status_has_a_name_for_owners() -> None:
    assert set(sheet._BAR) == set(Status) - {Status.NOT_APPLICABLE}
