"""No key of a schema is said to people: reports about all shipped inventories are searched for words that
have an underscore, outside of code, of places and of the tables of facts."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

import policyscan
from policyscan.display import spoken_path
from policyscan.findings import Report, Statement, Status
from policyscan.reporters.plainly import plainly
from policyscan.reporters.wording import headline, spoken
from policyscan.source import Span
from tests.reporters.reports import ANTIVIRUS

ROOT = Path(__file__).parents[2]
KEY = re.compile(r"(?<![\w/.-])[a-z]+(?:_[a-z]+)+(?![\w/-])")
# A workbook, a folder and a table are places, and so is what stands in brackets after a file.
CODE = re.compile(r"<(style|pre|code)>.*?</\1>|<table class=\"facts\">.*?</table>|`[^`]*`", re.DOTALL)


@pytest.fixture(scope="module")
def shipped() -> Report:
    """All shipped inventories on a day when much of what they say is old and many statements run out."""
    return policyscan.scan(ROOT / "inventories", profile="full", as_of="2027-03-31")


def said(text: str) -> str:
    """What a report says, without its markup and what may be spelt as files spell it."""
    return unescape(re.sub(r"<[^>]*>", "\n", CODE.sub("", text))).replace("\\", "")


@pytest.mark.parametrize("format_", ["text", "markdown", "letter", "letter-html", "html"])
def test_reports_for_people_have_words_where_schemas_have_keys(shipped: Report, format_: str) -> None:
    lines = said(policyscan.render(shipped, format_)).splitlines()
    assert [line for line in lines if KEY.search(line)] == []


def test_questions_have_words_where_schemas_have_keys(shipped: Report) -> None:
    questions = {gap.question for result in shipped.results for gap in result.gaps if gap.question}
    assert [one for one in questions if KEY.search(one)] == []


def test_letters_name_no_place_in_a_file(shipped: Report) -> None:
    text = policyscan.render(shipped, "letter")
    assert not re.findall(r"[\w/.-]+\.(?:yaml|csv|json):\d+", text)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("crisis_plan", "crisis plan"),
        ("provider[bright-harbor].insurance_policies", "insurance policies of bright-harbor"),
        ("devices[lt-02]", "lt-02"),
        ("devices[lt_02].in_scope", "in scope of lt_02"),  # the name of a thing is as on file
        ('websites["https://a.example/x y"].cms', "cms of https://a.example/x y"),
        (r'websites["a\"b\\c"].cms', r'cms of a"b\c'),
        ("devices[lt-02].patches.scanned_on", "patches, scanned on of lt-02"),
        ("a[x].b[y].c", "c of y of x"),
        ("waivers[0].approved_by", "waivers 1, approved by"),
        ("", ""),
        ("[", "["),
        ("not a path] at [all", "not a path] at [all"),
    ],
)
def test_a_path_is_said_in_words(path: str, words: str) -> None:
    assert spoken_path(path) == words


def test_a_statement_says_its_value_in_words() -> None:
    one = Statement(
        ("devices[lt-old].in_scope",),
        False,
        "It is wiped.",
        "p",
        "2026-05-04",
        "",
        Span("a", 1, 1, 1, 2),
        "P",
    )
    assert spoken(one) == "“It is wiped.”, says P on 2026-05-04 of in scope of lt-old: no (a:1)"
    assert "app store only" in spoken(one._replace(value="app_store_only"))
    assert ": none (" in spoken(one._replace(value=None))


def test_what_does_not_apply_says_why_and_no_expression() -> None:
    expression = "does not apply: client.insurance_policies.exists(p, in_force(p, today)) is false"
    away = ANTIVIRUS._replace(status=Status.NOT_APPLICABLE, message=expression, subject="")
    assert (
        headline(away._replace(reason="no cyber insurance is in force")) == "no cyber insurance is in force"
    )
    assert headline(away._replace(reason="applies")) == "does not apply"


def test_a_letter_tells_what_ends_for_several_things_at_once() -> None:
    due = ANTIVIRUS._replace(message="it ends (clients/acme.yaml:4:5)", subject="")
    assert plainly(due, {}) == "it ends"
