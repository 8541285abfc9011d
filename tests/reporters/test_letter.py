"""The letter to a client: what it says, in which order, and what it never says."""

from __future__ import annotations

import re
from html import unescape

import pytest

from policyscan.findings import Report, Severity, make_report
from policyscan.reporters import REPORTERS
from policyscan.reporters.letter import letters
from policyscan.reporters.wording import markdown, named
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


def letter(made: Report) -> str:
    return REPORTERS["letter"].render(made, options(made))


def test_the_worst_comes_first_with_what_to_do_and_why() -> None:
    text = letter(report(ANTIVIRUS, COORDINATOR))
    assert text.index("1. **The plan names a coordinator") < text.index("2. **Antivirus runs on every device")
    assert "   - Found: Coordinator Dan Cole left on 2026-06-12\n" in text
    assert "   - To do: Name someone who works there, and a deputy.\n" in text
    assert "   - Why it matters: Nobody leads a recovery whose leader has left.\n" in text


def test_what_is_unknown_is_asked_and_never_in_order() -> None:
    text = letter(report(RESTORED))
    assert f"## What we do not know yet\n\n1. {QUESTION}" in text
    assert "What is in order" not in text
    assert "0 of 1 control is met. Of 1 more we cannot tell whether it is." in text


def test_what_ends_is_told_with_its_day() -> None:
    assert f"- By 2026-11-15: {markdown('eo: E&O cover ends in 15 days')}" in letter(report(ENDING))


def test_an_exception_names_who_accepted_it_and_until_when() -> None:
    assert WAIVED.waiver is not None
    text = letter(report(WAIVED))
    assert f"accepted by {WAIVED.waiver.approver} until {WAIVED.waiver.expires_on}" in text
    assert "What to decide" not in text


def test_what_statements_take_away_is_told_apart() -> None:
    made = SITUATIONS["taken"]
    text = letter(made)
    _, _, told = text.partition("## What is not looked at, because somebody said so")
    assert all(markdown(one.reason) in told for document in made.documents for one in document.statements)


@pytest.mark.parametrize(
    ("paths", "things"),
    [
        (("devices[lt-07].in_scope",), "lt-07"),
        (("devices[lt-07].in_scope", "devices[lt-07].antivirus", "servers[nas].tenancy.model"), "lt-07, nas"),
        (('websites["https://a.example/x[1]"].cms',), "https://a.example/x[1]"),
        (('devices["the \\"old\\" one"].in_scope',), 'the "old" one'),
        (("email",), "email"),
        (("crisis_plan.offline_copies[2].place",), "crisis plan"),
        (("information_assets",), "information assets"),
        ((), ""),
    ],
)
def test_a_statement_is_told_with_what_it_is_about(paths: tuple[str, ...], things: str) -> None:
    made = SITUATIONS["taken"]
    first, *others = made.documents
    said = first.statements[0]._replace(about=paths, reason="It is in the cupboard.")
    text = letter(made._replace(documents=(first._replace(statements=(said,)), *others)))
    beginning = f"- {markdown(things)}: " if things else "- "
    assert (
        f"{beginning}It is in the cupboard\\. (said by" in text
        or f"{beginning}It is in the cupboard. (said by" in text
    )


@pytest.mark.parametrize("situation", [name for name in SITUATIONS if name != "hostile"])
def test_a_letter_names_no_control_no_file_and_no_other_inventory(situation: str) -> None:
    made = SITUATIONS[situation]
    letters = [part for part in letter(made).split("\n---\n\n") if part.startswith("# ")]
    assert len(letters) == len(made.documents)
    names = [
        document.name or named(made.documents)[document.kind, document.id] for document in made.documents
    ]
    for text, own in zip(letters, names, strict=True):
        assert text.startswith(f"# {own}")
        assert not re.search(r"\b[A-Z]{2,}-\d\d\b", text)
        assert ACME not in text
        assert not any(other in text for other in names if other != own)


def test_nothing_checked_is_no_praise() -> None:
    text = letter(make_report(SCAN, POLICIES, [], []))
    assert "What could not be looked at" in text
    assert "are met" not in text


def test_no_control_met_is_said_plainly() -> None:
    made = make_report(SCAN, POLICIES, [document_info("acme", "client", ACME, [])], [])
    assert "nothing was checked" in letter(made)


def test_a_long_list_ends_and_says_how_much_it_leaves_out() -> None:
    infos = tuple(POLICIES[0]._replace(id=f"OWN-{n:02}", title=f"Rule {n}") for n in range(20))
    found = [COORDINATOR._replace(policy=info.id, severity=Severity.HIGH) for info in infos]
    made = make_report(SCAN, infos, [document_info("acme", "client", ACME, found)], found)
    text = letter(made)
    assert "15. **" in text
    assert "16. **" not in text
    assert "And 5 more things that can wait for these." in text


@pytest.mark.parametrize("situation", [name for name in SITUATIONS if name != "hostile"])
def test_the_page_says_what_the_markdown_says(situation: str) -> None:
    made = SITUATIONS[situation]
    page = unescape(re.sub(r"<[^>]+>", "", REPORTERS["letter-html"].render(made, options(made))))
    for one in letters(made):
        assert one.standing in page
        for section in one.sections:
            assert section.title in page
            assert all(item.text in page for item in section.items)
            assert all(point in page for item in section.items for point in item.points)


def test_a_page_of_one_letter_is_called_by_whom_it_is_for() -> None:
    made = report(ANTIVIRUS)
    (one,) = letters(made)
    page = REPORTERS["letter-html"].render(made, options(made))
    assert f"<title>{one.name}</title>" in page
    assert page.count("<h1>") == 1
