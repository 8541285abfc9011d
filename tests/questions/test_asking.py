"""The questions about the shipped inventory that is half empty, and what becomes of them when answered."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyscan.findings import IN_DISPUTE, Result, Status
from policyscan.questions import in_text
from policyscan.questions.sheet import MissingFact, RankedQuestion, Sheet
from policyscan.reporters.wording import next_questions
from policyscan.session.asking import OpenQuestions, ask
from policyscan.session.options import Inputs, ScanOptions
from tests.questions.answering import Knowing, kind_of, values

INVENTORIES = Path(__file__).parents[2] / "inventories"
HALF_EMPTY = INVENTORIES / "clients" / "corner-oven.yaml"
YEAR = {
    "it_spend": 9000,
    "prevention": dict.fromkeys(
        ("antivirus", "software_updates", "employee_education", "cyber_insurance"), 900
    ),
    "response_and_recovery": 0,
}
TRUE = {  # what its provider's file and its own say too
    "contract.signed_on": "2026-05-04",
    "contract.ends_on": None,
    "limit_aggregate": 1_000_000,
    "employees_count": 3,
    "hotline": "+44 20 7946 0018",
    "attestations[0].signed_on": "2025-11-20",
    "remote_access": [{"id": "rmm-main", "kind": "rmm", "mfa": True}],
    "budget.years": [{"fiscal_year": 2025, **YEAR}, {"fiscal_year": 2026, **YEAR}],
}


def asked(profile: str, *paths: Path) -> OpenQuestions:
    inputs = Inputs(tuple(map(str, paths)), as_of="2026-10-31")
    return ask(ScanOptions(inputs, profile=profile, clients=("corner-oven",), cache=False))


@pytest.fixture(scope="module")
def found() -> OpenQuestions:
    return asked("full", INVENTORIES)


@pytest.fixture(scope="module")
def sheet(found: OpenQuestions) -> Sheet:
    (sheet,) = found.sheets
    return sheet


def _others(needs: list[frozenset[str]], most: int) -> int:
    """The most controls that any choice of questions settles, found by settling each control or not.

    Of two ways to have chosen the same of what later controls need, with as many questions, only the better
    one can lead to the best, so that there are few enough ways to try them all.
    """
    ways = {(frozenset[str](), 0): 0}
    for at, need in enumerate(needs):
        later = frozenset[str]().union(*needs[at + 1 :])
        made: dict[tuple[frozenset[str], int], int] = {}
        for (chosen, asked), held in ways.items():
            cost, more = asked + len(need - chosen), (chosen | need) & later
            for way, count in (((chosen & later, asked), held), ((more, cost), held + 1)):
                if way[1] <= most:
                    made[way] = max(made.get(way, 0), count)
        ways = made
    return max(ways.values())


@given(st.lists(st.frozensets(st.sampled_from("abcdefgh"), min_size=1, max_size=4), max_size=9))
def test_no_choice_is_passed_over(needs: list[frozenset[str]]) -> None:
    """What tells which choice is the best, against all choices one by one."""
    every = (frozenset(choice) for choice in combinations("abcdefgh", 4))
    assert _others(needs, 4) == max(sum(need <= choice for need in needs) for choice in every)


def test_no_other_ten_questions_decide_more_controls(sheet: Sheet) -> None:
    needs: dict[str, set[str]] = {control: set() for control in sheet.controls}
    for asking in sheet.questions:
        for control in (*asking.decides, *asking.needed_for):
            if control in needs:
                needs[control].add(asking.question)
    lacking = sorted((frozenset(questions) for questions in needs.values() if questions), key=sorted)
    assert len(lacking) > 30
    assert sheet.first(10).decided == _others(lacking, 10)
    assert sheet.decided == len(sheet.controls)


def test_what_a_scan_asks_next_decides_as_much_as_any_other_ten_questions(found: OpenQuestions) -> None:
    unknown = [result for result in found.report.results if result.status is Status.UNKNOWN]
    needs: dict[str, set[str]] = {}
    for result in unknown:
        needs.setdefault(result.policy, set()).update(gap.question for gap in result.gaps)
    lacking = sorted((frozenset(questions) for questions in needs.values() if questions), key=sorted)
    questions, _ = next_questions(unknown, 10)
    assert sum(len(question.settles) for question in questions) == _others(lacking, 10)


def test_every_question_says_who_can_answer_it_and_how(sheet: Sheet) -> None:
    for asking in sheet.questions:
        assert asking.who, asking.question
        assert asking.facts, asking.question
        assert all(fact.how for fact in asking.facts), asking.question


def _contradicted(result: Result) -> bool:
    """Whether nothing is missing to a result but which of two facts is right."""
    return bool(result.gaps) and all(gap.reason.startswith(IN_DISPUTE) for gap in result.gaps)


@pytest.mark.parametrize("profile", ["essentials", "full"])
def test_answering_all_leaves_nothing_unknown(profile: str, tmp_path: Path) -> None:
    """Three times at most: what a list holds can be asked only once somebody says that there is one.

    Made-up answers may contradict each other or what is on file, as rules of consistency tell: which is right
    nobody here knows, so these are left out.
    """
    said = values(HALF_EMPTY)
    providers = sorted((INVENTORIES / "providers").glob("*.yaml"))
    file = tmp_path / "corner-oven.json"
    for _ in range(4):
        file.write_text(json.dumps(said), encoding="utf-8")
        found = asked(profile, file, *providers)
        (sheet,) = found.sheets
        unknown = [r for r in found.report.results if r.status is Status.UNKNOWN and not _contradicted(r)]
        if not unknown:
            return
        assert sheet.total, unknown
        knowing = Knowing(kind_of("client"), said, TRUE)
        for asking in sheet.questions:
            knowing.answer(asking.facts)
    pytest.fail(f"still unknown: {unknown}")


_OS = "Which operating system does it run?"
_END = "Until when does its maker support it?"


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        ((_OS,), []),
        ((_END,), [_END]),
        ((_END, _END), [_END]),
        ((_OS, _END), []),
        ((), []),
    ],
    ids=["the question itself", "one part", "one part of two things", "several parts", "nothing"],
)
def test_a_terminal_says_which_part_is_missing(asked: tuple[str, ...], lines: list[str]) -> None:
    facts = tuple(
        MissingFact("oak", "client", f"servers[s{number}].os.support_ends", question, f"s{number}")
        for number, question in enumerate(asked)
    )
    one = RankedQuestion(1, _OS, facts, decides=("PATCH-02",))
    page = in_text.render(
        [Sheet("oak", "client", "oak.yaml", "Oak", "2026-10-31", (one,), 1, ("PATCH-02",), ())]
    )
    _, _, told = page.partition(f"  1 {_OS}\n")
    between = told.partition("      decides PATCH-02")[0].splitlines()
    assert [line.strip() for line in between if not line.strip().startswith("s0")] == lines


def test_what_lacks_facts_and_fails_all_the_same_is_named(found: OpenQuestions, sheet: Sheet) -> None:
    lacks = {
        one.policy
        for one in found.report.results
        if one.status is Status.UNKNOWN and one.document == sheet.inventory
    }
    assert set(sheet.settled) == lacks - set(sheet.controls)
    assert sheet.settled
    (_, headline, *_), one = in_text.render([sheet]).splitlines(), sheet.settled[0]
    assert f"{len(sheet.settled)} that fail lack facts, too, and are asked about last: {one}, " in headline
    few = in_text.render([sheet._replace(settled=(one,))]).splitlines()[1]
    assert few.endswith(f"1 that fails lacks facts, too, and is asked about last: {one}.")
