"""People are named as they are on file, sources by their titles, in every format for people."""

from __future__ import annotations

import json

import pytest

from policyscan.findings import Quote
from policyscan.reporters import REPORTERS
from tests.reporters.reports import SAID, SITUATIONS, WAIVED
from tests.reporters.test_reporters import render

FOR_PEOPLE = ("text", "markdown", "html", "letter", "letter-html", "csv", "junit")


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_who_approved_an_exception_is_named_as_on_file(name: str) -> None:
    text = render(name, SITUATIONS["waived"], full=True)
    assert "Rita Ames" in text
    assert "p-ames" not in text


@pytest.mark.parametrize("name", [*(name for name in FOR_PEOPLE if name != "csv"), "oscal"])
def test_who_stands_behind_a_statement_is_named_as_on_file(name: str) -> None:
    text = render(name, SITUATIONS["taken"], full=True)
    assert "Rita Ames" in text
    assert "p-ames" not in text
    assert "p-cole" in text  # who has no name on file


def test_a_statement_is_told_by_what_it_says() -> None:
    assert "“Wiped | locked away”, says Rita Ames on 2026-03-02 of in scope of lt-03: no" in render(
        "text", SITUATIONS["taken"], full=True
    )


def test_programs_are_given_the_ids_and_the_names() -> None:
    results = json.loads(render("json", SITUATIONS["waived"]))["results"]
    (waiver,) = (one["waiver"] for one in results if "waiver" in one)
    assert (waiver["approved_by"], waiver["approved_by_name"]) == ("p-ames", "Rita Ames")
    assert (waiver["requested_by"], waiver["requested_by_name"]) == ("p-cole", "Dan Cole")
    said, alone = json.loads(render("json", SITUATIONS["taken"]))["summary"]["documents"][0]["statements"]
    assert (said["by"], said["by_name"]) == ("p-ames", "Rita Ames")
    assert "by_name" not in alone


def test_who_has_no_name_is_called_as_the_file_calls_them() -> None:
    assert SAID._replace(by_name="").speaker == "p-ames"
    assert WAIVED.waiver is not None
    assert WAIVED.waiver._replace(approved_by_name="").approver == "p-ames"


@pytest.mark.parametrize("name", ["html", "sarif"])
def test_a_source_is_called_by_its_title(name: str) -> None:
    text = render(name, SITUATIONS["findings"])
    assert "a guide to plans" in text
    assert "plan.txt" not in text


def test_a_source_without_a_title_is_called_by_its_name() -> None:
    assert (Quote("plan.txt", "x").source, Quote("plan.txt", "x", "a guide").source) == (
        "plan.txt",
        "a guide",
    )


def test_every_format_is_looked_at() -> None:
    assert set(FOR_PEOPLE) < set(REPORTERS)
