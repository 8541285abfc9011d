"""Words shared by the formats for people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyscan.display import one_line
from policyscan.findings import DocumentInfo, Gap, Result, Score, Status
from policyscan.reporters.wording import (
    Question,
    alike,
    counted,
    headline,
    moment,
    named,
    next_questions,
    plural,
    requirements,
    scored,
    show,
)
from tests.reporters.reports import COORDINATOR, RESTORED


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain – ünï 災 👩‍💻", "plain – ünï 災 👩‍💻"),
        ("a\nb\tc\r\nd", "a b c  d"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202eevil\u2066", "\\u202eevil\\u2066"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\x85\u2028\u2029\x1c", "\\x85\\u2028\\u2029\\x1c"),
        ("no\u00a0break", "no break"),
        ("\ud800", "\\ud800"),
    ],
)
def test_one_line(text: str, shown: str) -> None:
    assert one_line(text) == shown


@given(st.text(st.characters(exclude_categories=())))
def test_one_line_is_always_one_printable_line(text: str) -> None:
    shown = one_line(text)
    assert shown.replace("\u200c", "").replace("\u200d", "").isprintable()
    assert len(shown.splitlines()) <= 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "none"),
        (True, "true"),
        (0, "0"),
        (2.5, "2.5"),
        ("2026-10-31", "2026-10-31"),
        (["a", {"b": None}], '["a", {"b": null}]'),
        ("x" * 200, "x" * 119 + "…"),
    ],
)
def test_show(value: object, shown: str) -> None:
    assert show(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (100.0, "100"),
        (0.95, "0.95"),
        (1e300, "1e+300"),
        ({"amount": 1000000.0, "currency": "USD"}, "1000000 USD"),
        ({"amount": 0.5, "currency": "EUR"}, "0.5 EUR"),
        ({"amount": 1}, '{"amount": 1}'),
    ],
)
def test_numbers_and_amounts_are_shown_as_people_write_them(value: object, shown: str) -> None:
    assert show(value) == shown


def test_counts() -> None:
    assert plural(1, "control") == "1 control"
    assert plural(1200, "control") == "1,200 controls"
    assert counted({}) == "nothing evaluated"
    assert counted({Status.PASS: 2, Status.FAIL: 1, Status.DUE: 0}) == "1 fail · 2 pass"
    assert scored(Score(4, 11, 14)) == "4 to 11 of 14"
    assert scored(Score(4, 4, 4)) == "4 of 4"


def lacking(policy: str, *questions: str, document: str = "acme") -> Result:
    gaps = tuple(Gap(question, question, question) for question in questions)
    return RESTORED._replace(policy=policy, document=document, gaps=gaps)


@pytest.mark.parametrize(
    ("unknowns", "most", "expected"),
    [
        ([], 5, ([], 0)),
        ([lacking("A")], 5, ([], 0)),
        ([lacking("A", "q"), lacking("A", "q")], 5, ([Question("q", ("A",), ())], 0)),
        # The question that settles more controls comes first, whatever their order.
        (
            [lacking("A", "p"), lacking("B", "q"), lacking("C", "q")],
            5,
            ([Question("q", ("B", "C"), ()), Question("p", ("A",), ())], 0),
        ),
        # One that settles one control goes before one that only helps with many.
        (
            [lacking("A", "p", "q"), lacking("B", "q", "r"), lacking("C", "s")],
            2,
            ([Question("s", ("C",), ()), Question("p", (), ("A",))], 2),
        ),
        # Once the others are answered, the last one settles.
        (
            [lacking("A", "p", "q"), lacking("B", "q")],
            5,
            ([Question("q", ("B",), ("A",)), Question("p", ("A",), ())], 0),
        ),
        # A control of two documents is settled in one and needs more in the other.
        (
            [lacking("A", "q"), lacking("A", "q", "r", document="beta")],
            1,
            ([Question("q", ("A",), (), 2)], 1),
        ),
    ],
)
def test_next_questions(unknowns: list[Result], most: int, expected: tuple[list[Question], int]) -> None:
    assert next_questions(unknowns, most) == expected


def test_a_gap_without_a_question_asks_for_its_path() -> None:
    unknown = RESTORED._replace(gaps=(Gap("a[x].b", "a[].b"),))
    assert next_questions([unknown], 1)[0] == [Question("What is a[].b?", ("REC-02",), (), 1, ("x",))]


def test_results_that_say_the_same_of_one_place_go_together_where_the_first_stood() -> None:
    second, third = (COORDINATOR._replace(requirement=name) for name in ("deputy", "notify"))
    groups = alike([COORDINATOR, RESTORED, second, third])
    assert groups == [[COORDINATOR, second, third], [RESTORED]]
    assert requirements(groups[0]) == "in-post, deputy, notify"


@pytest.mark.parametrize(
    "changes",
    [
        {"policy": "PLAN-01"},
        {"status": Status.DUE},
        {"subject": "other"},
        {"message": "another"},
        {"span": RESTORED.span},
        {"until": "2026-12-01"},
    ],
)
def test_results_that_differ_in_what_is_shown_stay_apart(changes: dict[str, object]) -> None:
    other = COORDINATOR._replace(requirement="deputy", **changes)
    assert alike([COORDINATOR, other]) == [[COORDINATOR], [other]]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-15", "2026-11-15"),
        ("2026-11-01T19:10:00Z", "2026-11-01T19:10:00Z"),
        ("2026-11-01T19:10:00.000000001Z", "2026-11-01T19:10:00Z"),
    ],
)
def test_moments(text: str, shown: str) -> None:
    assert moment(text) == shown


def test_documents_that_share_an_id_are_told_apart_by_their_kind() -> None:
    documents = [DocumentInfo(id_, kind, f"{kind}.yaml") for id_, kind in (("a", "client"), ("b", "client"))]
    documents += [DocumentInfo("a", "provider", "p.yaml")]
    assert list(named(documents).values()) == ["a (client)", "b", "a (provider)"]


@pytest.mark.parametrize(
    ("subject", "requirement", "message", "shown"),
    [
        ("lt-02", "active", "antivirus is off", "lt-02: antivirus is off"),
        ("client.accounts", "for_each", "accounts: it is not recorded", "accounts: it is not recorded"),
        (
            "c/policy.attestations",
            "for_each",
            "p[c].attestations: it is blank",
            "p[c].attestations: it is blank",
        ),
        ("client.accounts", "for_each", "there is nothing", "client.accounts: there is nothing"),
        ("a.accounts", "active", "accounts: it is blank", "a.accounts: accounts: it is blank"),
    ],
)
def test_a_list_that_its_message_names_is_not_named_before_it(
    subject: str, requirement: str, message: str, shown: str
) -> None:
    assert headline(RESTORED._replace(subject=subject, requirement=requirement, message=message)) == shown
