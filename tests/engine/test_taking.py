"""What statements take away: which controls, by whose word, until when; and what only seems to be."""

from __future__ import annotations

import pytest

from policyscan.cel.values import Date
from policyscan.documents.document import Document
from policyscan.engine.moments import parse_moment
from policyscan.engine.plan import Plan
from policyscan.engine.scan import Scanned, scan_document
from policyscan.engine.taking import NOTICE
from policyscan.findings import BAD_STATEMENT, FINDINGS, TOO_MUCH_TAKEN, Result, Status, TakenAway
from policyscan.kinds.kinds import Kinds
from policyscan.source import Source
from tests.opening import open_text
from tests.policies.judging import lose, pack
from tests.test_promise import FILES, linked, tree
from tests.test_promise import plan as whole

CLIENT = """\
schema_version: 1
kind: client
as_of: 2026-10-31
organisation: {id: c}
people:
  - {id: ann, role: owner, employment: owner, start_date: 2020-01-01, end_date: null}
"""
SCOPE = 'devices["lt-1"].in_scope'


def said(about: str = SCOPE, value: str = "false", by: str = "ann", on: str = "2026-05-04") -> str:
    return (
        f"statements:\n  - {{about: ['{about}'], value: {value}, reason: Wiped, by: {by}, stated_on: {on}}}\n"
    )


def device(name: str = "lt-1", scope: str = "false") -> str:
    return f"  - {{id: {name}, in_scope: {scope}}}\n"


def opened(text: str, file: str = "c.yaml") -> Document:
    loaded = open_text(Source(file, text), Kinds.builtin())
    assert [str(problem) for problem in loaded.problems] == []
    return loaded.documents[0]


def plan(*ids: str, as_of: str = "2026-10-31", full: bool = False, most: int | None = None) -> Plan:
    known = pack().policies
    return Plan(
        [known[id_] for id_ in ids], known, {id_: id_ for id_ in known}, parse_moment(as_of), full=full,
        rules=tuple(pack().rules.values()), max_taken_away=most,
    )  # fmt: skip


def scanned(
    text: str, *ids: str, as_of: str = "2026-10-31", full: bool = False, most: int | None = None
) -> Scanned:
    return scan_document(opened(CLIENT + text), plan(*ids, as_of=as_of, full=full, most=most))


def test_one_machine_out_of_scope_of_two_takes_part_of_a_control_away() -> None:
    info = scanned(f"devices:\n{device()}{device('lt-2', 'true')}" + said(), "DEV-01").info
    assert info.taken == (TakenAway("DEV-01", False, (0,), ("lt-1",)),)


def test_the_only_machine_out_of_scope_takes_a_control_away() -> None:
    found = scanned(f"devices:\n{device()}" + said(), "DEV-01")
    assert found.info.statuses["DEV-01"] is Status.NOT_APPLICABLE
    assert found.info.taken == (TakenAway("DEV-01", True, (0,), ("lt-1",)),)
    (statement,) = found.info.statements
    assert (statement.about, statement.value, statement.by) == (("devices[lt-1].in_scope",), False, "ann")
    assert (statement.stated_on, statement.until, statement.span.line) == ("2026-05-04", "2027-05-05", 10)


@pytest.mark.parametrize("statement", ["", said(by="bob"), said(on="2025-05-04"), said(value="true")])
def test_a_word_that_nobody_earned_takes_nothing_away(statement: str) -> None:
    found = scanned(f"devices:\n{device()}" + statement, "DEV-01")
    assert found.info.statuses["DEV-01"] is Status.UNKNOWN
    assert (found.info.taken, found.info.statements) == ((), ())


def test_what_by_its_nature_does_not_apply_is_not_taken_away() -> None:
    text = f"devices:\n{device()}" + said() + "waivers: []\n"
    info = scanned(text, "DEV-01", "GOV-03").info
    assert info.statuses["GOV-03"] is Status.NOT_APPLICABLE
    assert [one.policy for one in info.taken] == ["DEV-01"]


def test_what_is_found_all_the_same_is_not_taken_away() -> None:
    """A statement beside a control that is unknown for another reason takes nothing from it."""
    text = "devices:\n  - {id: lt-1, in_scope: true, os: {rolling: true}}\n" + said(
        "devices[lt-1].os.rolling", "true"
    )
    found = scanned(text, "AV-01", "PATCH-02", full=True)
    assert [one.policy for one in found.info.taken] == ["PATCH-02"]
    by = {(r.requirement, r.subject): r.statements for r in found.results if r.policy == "PATCH-02"}
    assert by["os", "lt-1"] == found.info.statements
    assert by["software", "lt-1"] == ()


def test_every_result_says_by_which_statement_in_a_full_account_of_it() -> None:
    found = scanned(f"devices:\n{device()}{device('lt-2', 'true')}" + said(), "DEV-01", full=True)
    marked = {(r.subject, r.status): r.statements for r in found.results}
    assert marked["lt-1", Status.NOT_APPLICABLE] == found.info.statements
    assert marked["lt-2", Status.UNKNOWN] == ()


def test_a_full_account_and_a_lean_one_say_the_same() -> None:
    text = f"devices:\n{device()}{device('lt-2', 'true')}" + said()
    lean, full = (scanned(text, "DEV-01", "AV-01", "PATCH-02", full=full).info for full in (False, True))
    assert lean == full


# --- a statement that runs out


def ending(text: str, as_of: str) -> list[Result]:
    found = scanned(text, "DEV-01", as_of=as_of)
    return [r for r in found.results if r.policy == BAD_STATEMENT.id]


def test_a_statement_that_runs_out_soon_is_due() -> None:
    text = f"devices:\n{device()}" + said()
    assert ending(text, "2027-04-04") == []
    (due,) = ending(text, "2027-04-05")
    assert (due.status, due.until) == (Status.DUE, "2027-05-05")
    assert due.message == (
        "in 30 days (2027-05-05) the statement of ann about in scope of lt-1 runs out; "
        "by then these controls cannot be told: DEV-01"
    )
    (last,) = ending(text, "2027-05-04")
    assert last.message.startswith("in 1 day (2027-05-05)")
    assert ending(text, "2027-05-05") == []
    assert scanned(text, "DEV-01", as_of="2027-05-05").info.statuses["DEV-01"] is Status.UNKNOWN


def test_whoever_makes_a_statement_is_called_by_the_name_on_file() -> None:
    text = CLIENT.replace("{id: ann, ", "{id: ann, name: Ann Low, ") + f"devices:\n{device()}" + said()
    found = scan_document(opened(text), plan("DEV-01", as_of="2027-04-05"))
    assert [(one.by, one.speaker) for one in found.info.statements] == [("ann", "Ann Low")]
    (due,) = [r for r in found.results if r.policy == BAD_STATEMENT.id]
    assert "the statement of Ann Low about" in due.message
    blank = CLIENT.replace("{id: ann, ", "{id: ann, name: , ") + f"devices:\n{device()}" + said()
    assert scan_document(opened(blank), plan("DEV-01")).info.statements[0].speaker == "ann"


def test_a_statement_ends_with_the_employment_of_who_made_it() -> None:
    text = CLIENT.replace("end_date: null", "end_date: 2026-11-20") + f"devices:\n{device()}" + said()
    found = scan_document(opened(text), plan("DEV-01"))
    (due,) = [r for r in found.results if r.policy == BAD_STATEMENT.id]
    assert due.until == "2026-11-21"


def test_what_is_told_of_a_statement_turns_when_its_notice_begins() -> None:
    text = f"devices:\n{device()}" + said()
    assert NOTICE == 30
    for day, turn in (("2026-10-31", "2027-04-05"), ("2027-04-05", "2027-05-05")):
        day_turn = scanned(text, "DEV-01", as_of=day).turn[0]
        assert str(Date(day_turn)) == turn


# --- how much may be taken away


@pytest.mark.parametrize(("most", "fails"), [(None, False), (2, False), (1, False), (0, True)])
def test_a_limit_to_what_may_be_taken_away(most: int | None, fails: bool) -> None:
    found = scanned(f"devices:\n{device()}" + said(), "DEV-01", most=most)
    told = [r for r in found.results if r.policy == TOO_MUCH_TAKEN.id]
    assert [r.status for r in told] == [Status.FAIL] * fails
    assert [r.message for r in told] == [
        "statements take away 1 control, and at most 0 may be taken away: DEV-01"
    ] * fails
    assert found.info.statuses.get(TOO_MUCH_TAKEN.id) is (Status.FAIL if fails else None)


# --- against the same inventories without their statements


@pytest.mark.parametrize("file", FILES)
def test_what_is_taken_away_is_what_is_unknown_without_the_statements(file: str) -> None:
    with_, without = (
        linked(made, file) for made in (tree(file), lose(tree(file), ("statements",), blank=False))
    )
    asked = whole()._replace(rule=None)
    told, bare = (scan_document(one[0], asked, one[1:]).info for one in (with_, without))
    quiet = (id_ for id_, status in told.statuses.items() if status not in FINDINGS)
    changed = {id_ for id_ in quiet if told.statuses[id_] is not bare.statuses.get(id_)}
    assert changed <= {one.policy for one in told.taken}
    gone = {one.policy for one in told.taken if one.whole}
    assert {id_: bare.statuses[id_] for id_ in gone if bare.statuses[id_] is not Status.UNKNOWN} == {}


def test_there_is_something_taken_away() -> None:
    scans = [
        scan_document(one[0], whole(), one[1:]).info for one in (linked(tree(file), file) for file in FILES)
    ]
    assert sum(one.whole for info in scans for one in info.taken) > 30
