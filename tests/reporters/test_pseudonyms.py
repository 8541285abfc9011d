"""What becomes of each sort of text: what is not known to be harmless is replaced."""

from __future__ import annotations

import re

import pytest

from policyscan.reporters.pseudonyms import Vocabulary, pseudonymous
from tests.reporters.reports import COORDINATOR, report

WORDS = Vocabulary(
    frozenset(re.findall(r"\w+", "The coordinator left on the plan is not within days mark it pays at most")),
    frozenset({"people", "name", "devices", "weekly", "coordinator"}),
)


def said(message: str, secret: bytes = b"a") -> str:
    made = pseudonymous(report(COORDINATOR._replace(message=message, evidence=())), WORDS, secret)
    return made.results[0].message


@pytest.mark.parametrize(
    "text",
    [
        "The coordinator left on 2026-06-12",
        "it pays at most 1,000,000 USD",
        "not within 14d",
        "2026-10-31T12:00:00Z",
        "AV-01 is not within 14 days",
    ],
)
def test_what_names_nobody_is_kept(text: str) -> None:
    assert said(text) == text


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        ("Petra", "name-"),
        ("it is Mark", "name-"),
        ("p-novak", "name-"),
        ("petra@novak.example", "mail-"),
        ("+49 170 1234567", "number-"),
        ("(030) 123-45-67", "number-"),
        ("020 7946 0018", "number-"),
        ("123456789", "number-"),
        ("10.20.30.40", "n"),
        ("mail.novak.example", "name-"),
        ("clients/novak.yaml:12", "file-"),
        ("C:\\Users\\petra", "name-"),
        ("日本語", "name-"),
        ("NOVAK", "name-"),
    ],
)
def test_what_may_name_somebody_is_replaced(text: str, sort: str) -> None:
    told = said(text)
    assert sort in told
    for part in text.removeprefix("it is ").replace("\\", ".").replace(".", " ").split():
        assert part not in told.split()
    assert text.removeprefix("it is ") not in told


def test_the_same_name_is_the_same_in_capitals_or_not_and_another_with_another_secret() -> None:
    assert said("Petra") == said("PETRA") == said("petra")
    assert said("Petra") != said("Petra", b"b")
    assert said("Petra") != said("Paula")


def test_a_name_that_is_read_as_a_value_is_replaced_as_a_whole() -> None:
    made = report(COORDINATOR)
    masked = pseudonymous(made, WORDS, b"a").results[0]
    assert "Cole" not in masked.message
    assert all("cole" not in f"{read.path} {read.value}".lower() for read in masked.evidence)
