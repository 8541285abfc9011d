"""Words that take controls away: who stands behind them, and what is said where nobody does."""

from __future__ import annotations

import pytest

from policyscan.cel.values import Date
from policyscan.documents.document import Document
from policyscan.documents.earning import Word, issues, turn, words
from policyscan.documents.paths import BadPath, parse_path, resolve
from policyscan.kinds.kinds import Kinds
from policyscan.source import Source
from tests.opening import open_text

CLIENT = """\
schema_version: 1
kind: client
as_of: 2026-10-31
organisation: {{id: c}}
people:
  - {{id: ann, role: owner, employment: owner, start_date: 2020-01-01, end_date: {end}}}
  - {{id: ted, role: "Trainee, second year", employment: employee, start_date: 2020-01-01, end_date: null}}
  - {{id: eva, role: adviser, employment: external, start_date: null, end_date: null}}
  - {{id: joe, role: clerk, start_date: null, end_date: null}}
devices:
  - {{id: lt-1, in_scope: {value}}}
statements:
  - {{about: ['devices["lt-1"].in_scope'], {said}}}
"""
GOOD = "value: false, reason: Wiped, by: ann, stated_on: 2026-05-04"
TODAY = Date.parse("2026-10-31")


def client(said: str = GOOD, value: str = "false", end: str = "null") -> Document:
    text = CLIENT.format(said=said, value=value, end=end)
    loaded = open_text(Source("c.yaml", text), Kinds.builtin())
    assert loaded.problems == []
    return loaded.documents[0]


def scope(document: Document, today: Date = TODAY) -> Word:
    (found,) = [word for word in words(document, today) if word.key == "in_scope"]
    return found


def test_a_word_with_a_reason_a_person_and_a_day_is_earned() -> None:
    word = scope(client())
    assert word.statement is not None
    assert word.wrong == ""
    assert str(Date(word.turn)) == "2027-05-05"


def test_a_value_that_takes_nothing_away_is_no_word() -> None:
    assert not [word for word in words(client(value="true"), TODAY) if word.key == "in_scope"]


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("value: true, reason: Wiped, by: ann, stated_on: 2026-05-04", "says true, and the file says false"),
        ("value: 0, reason: Wiped, by: ann, stated_on: 2026-05-04", "says 0, and the file says false"),
        ("reason: Wiped, by: ann, stated_on: 2026-05-04", "does not say the value"),
        ("value: false, by: ann, stated_on: 2026-05-04", "gives no reason"),
        ("value: false, reason: ' . ', by: ann, stated_on: 2026-05-04", "gives no reason"),
        ("value: false, reason: Wiped, stated_on: 2026-05-04", "does not say who made it"),
        ("value: false, reason: Wiped, by: bob, stated_on: 2026-05-04", "does not say who made it"),
        ("value: false, reason: Wiped, by: ted, stated_on: 2026-05-04", "role is trainee"),
        ("value: false, reason: Wiped, by: eva, stated_on: 2026-05-04", "role is|employment is external"),
        ("value: false, reason: Wiped, by: joe, stated_on: 2026-05-04", "employment is missing"),
        ("value: false, reason: Wiped, by: ann", "on which day"),
        ("value: false, reason: Wiped, by: ann, stated_on: 2026-11-01", "a day to come, 2026-11-01"),
        ("value: false, reason: Wiped, by: ann, stated_on: 2025-10-30", "more than a year ago"),
        ("value: false, reason: Wiped, by: ann, stated_on: 2019-12-31", "more than a year ago"),
    ],
)
def test_what_is_missing_to_a_statement_is_said(said: str, wrong: str) -> None:
    word = scope(client(said))
    assert word.statement is None
    assert any(part in word.wrong for part in wrong.split("|"))
    assert "c.yaml:" in word.wrong


@pytest.mark.parametrize(
    ("added", "earned"),
    [("2026-06-03", True), ("2026-06-04", False), ("null", True), ("", True), ("2026-11-01", True)],
    ids=["month", "more", "always", "blank", "not-yet"],
)
def test_a_statement_is_not_older_than_what_it_is_about(added: str, earned: bool) -> None:
    document = client(value=f"false, added_on: {added}")
    word = scope(document)
    assert (word.statement is not None) is earned
    assert earned or "is of 2026-05-04, and it began on 2026-06-04: make it anew" in word.wrong
    if added == "2026-11-01":
        assert str(Date(word.turn)) == added
        assert scope(document, Date(word.turn)).statement is None


def test_a_statement_lasts_a_year_to_the_day_and_as_long_as_its_maker_works_here() -> None:
    assert scope(client(), Date.parse("2027-05-04")).statement is not None
    assert scope(client(), Date.parse("2027-05-05")).statement is None
    leaver = client(end="2026-12-24")
    assert scope(leaver, Date.parse("2026-12-24")).statement is not None
    assert "left on 2026-12-24" in scope(leaver, Date.parse("2026-12-25")).wrong
    assert str(Date(turn(leaver, TODAY))) == "2026-12-25"


def test_nobody_behind_it() -> None:
    text = CLIENT.format(said=GOOD, value="false", end="null").partition("statements:")[0]
    (document,) = open_text(Source("c.yaml", text), Kinds.builtin()).documents
    assert scope(document).reason.startswith("false takes controls away, and nobody stands behind it")


@pytest.mark.parametrize("day", range(Date.parse("2026-04-25"), Date.parse("2027-05-12"), 3))
def test_a_word_turns_when_it_says(day: int) -> None:
    document = client(end="2027-03-03")
    word = scope(document, Date(day))
    before = word.statement is not None
    for later in range(day + 1, min(word.turn, day + 400)):
        assert (scope(document, Date(later)).statement is not None) is before


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ("devices[lt 2].in_scope", "cannot be read"),
        ("devices[lt2].in_scope", "there is no lt2"),
        ("device[x].in_scope", "there is no device"),
        ("devices.in_scope", "there is no in_scope"),
        ("", "the path is empty"),
        ("people[ann]", "whole group of facts"),
        ("devices", "says false, and the file says"),
    ],
)
def test_a_statement_about_nothing_is_told_at_its_place(about: str, said: str) -> None:
    text = CLIENT.format(said=GOOD, value="false", end="null").replace(
        """'devices["lt-1"].in_scope'""", f"'{about}'"
    )
    loaded = open_text(Source("c.yaml", text), Kinds.builtin())
    if about == "":
        assert loaded.problems
        return
    (issue,) = issues(loaded.documents[0])
    assert said in issue.message
    assert str(issue.place).startswith("c.yaml:13:14")
    assert issue.about_statement


def test_what_is_stated_twice_is_told() -> None:
    text = CLIENT.format(said=GOOD, value="false", end="null")
    again = text + text.splitlines()[-1] + "\n"
    (document,) = open_text(Source("c.yaml", again), Kinds.builtin()).documents
    (issue,) = issues(document)
    assert issue.message.endswith("is stated twice: first on line 13")


def test_paths_are_read_back_as_they_are_printed() -> None:
    document = client()
    device = document.value["devices"][0]
    assert resolve(document, document.path_of(device, "in_scope")) == (device, "in_scope")
    assert [step.at for step in parse_path('devices["lt-1"].in_scope')] == [0, 7, 15]
    with pytest.raises(BadPath) as bad:
        parse_path("devices[a].[b]")
    assert bad.value.at == 10
