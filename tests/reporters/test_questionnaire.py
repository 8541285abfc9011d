"""The sheets of a questionnaire: they gather what there is, and never answer a question."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import policyscan
from policyscan.findings import (
    Basis,
    FormQuestion,
    Grade,
    PolicyInfo,
    Questionnaire,
    Report,
    Result,
    Severity,
    Status,
    make_report,
)
from policyscan.reporters.options import Options
from policyscan.reporters.questionnaire import FORMATS, renderer
from policyscan.reporters.questionnaire.sheets import FormSheet, Reply, Standing, sheets
from policyscan.source import Span
from tests.opening import document_info
from tests.reporters.reports import ACME, SCAN, SITUATIONS, WAIVED
from tests.reporters.test_hostile import _ACTING, CHECKS, TEXTS

SCHEMA = json.loads(
    (Path(policyscan.__file__).parent / "schemas" / "answers.schema.json").read_text(encoding="utf-8")
)
BACKUPS = PolicyInfo(
    "REC-03", "Backups are isolated", Severity.HIGH, "client", requirements=("seen", "isolated")
)
SIGNED = PolicyInfo("INS-06", "Answers match", Severity.HIGH, "client", requirements=("still-true",))
OTHERS = PolicyInfo("PROV-04", "Enough people", Severity.HIGH, "provider", requirements=("enough",))
POLICIES = (SIGNED, OTHERS, BACKUPS)


def result(policy: str, requirement: str, status: Status, subject: str = "", **more: Any) -> Result:
    basis = Basis(Grade.DOCUMENT, "backups", "export", "2026-10-30", 1)
    made = Result(
        policy, requirement, "acme", "client", subject, status, Severity.HIGH, f"{requirement} is {status}",
        Span(ACME, 3, 1, 3, 5), basis=basis,
    )  # fmt: skip
    return made._replace(**more)


def report(*results: Result, complete: bool = True) -> Report:
    return make_report(
        SCAN, POLICIES, [document_info("acme", "client", ACME, list(results))], results, complete=complete
    )


def form(*answered_by: str, gap: str = "", signed: str = "INS-06/still-true") -> Questionnaire:
    question = FormQuestion("Q1", "Are backups out of reach?", "primary", answered_by, gap)
    return Questionnaire(
        "ours", "Ours", "2026-11-26", "a form", "", "primary", signed=signed, questions=(question,)
    )


def sheet(made: Report, asked: Questionnaire) -> FormSheet:
    (one,) = sheets(made, asked)
    return one


def answer(made: Report, *answered_by: str, gap: str = "") -> Reply:
    (one,) = sheet(made, form(*answered_by, gap=gap)).answers
    return one


ISOLATED = result("REC-03", "isolated", Status.PASS, "files")


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        (Status.PASS, Standing.MET),
        (Status.DUE, Standing.MET),
        (Status.WARNING, Standing.MET),
        (Status.FAIL, Standing.NOT_MET),
        (Status.ERROR, Standing.NOT_MET),
        (Status.WAIVED, Standing.NOT_MET),
        (Status.UNKNOWN, Standing.UNKNOWN),
        (Status.NOT_APPLICABLE, Standing.NOT_APPLICABLE),
    ],
)
def test_what_a_status_says_to_a_question(status: Status, standing: Standing) -> None:
    made = report(ISOLATED._replace(status=status))
    assert answer(made, "REC-03").standing is standing
    assert answer(made, "REC-03/isolated").standing is standing


def test_the_worst_of_several_controls_stands() -> None:
    made = report(ISOLATED, result("INS-06", "still-true", Status.UNKNOWN))
    assert answer(made, "REC-03", "INS-06").standing is Standing.UNKNOWN
    worse = report(ISOLATED._replace(status=Status.FAIL), result("INS-06", "still-true", Status.UNKNOWN))
    assert answer(worse, "REC-03", "INS-06").standing is Standing.NOT_MET


def test_a_gap_leaves_part_of_the_question_open_and_is_told() -> None:
    one = answer(report(ISOLATED), "REC-03", gap="who holds the key")
    assert one.standing is Standing.IN_PART


def test_a_question_that_no_control_speaks_to_says_so() -> None:
    one = answer(report(ISOLATED))
    assert one.standing is Standing.NONE
    assert str(one.standing) == "No control speaks to this."


def test_a_control_that_was_not_checked_is_unknown() -> None:
    one = answer(report(ISOLATED), "REC-03", "PATCH-01")
    assert one.standing is Standing.UNKNOWN
    assert one.voices[1].state.startswith("not checked by this scan")


def test_a_control_about_another_kind_is_unknown() -> None:
    one = answer(report(ISOLATED), "REC-03", "PROV-04")
    assert one.standing is Standing.UNKNOWN
    assert one.voices[1].state == "looks at inventories of kind provider, and at none of kind client"


def test_what_keeps_a_subject_from_being_judged_counts_for_each_requirement() -> None:
    made = report(ISOLATED, result("REC-03", "seen", Status.UNKNOWN, "mail"))
    one = answer(made, "REC-03/isolated")
    assert one.standing is Standing.UNKNOWN
    assert one.voices[0].scope == "2 subjects: 1 unknown, 1 pass"


def test_another_requirement_of_the_same_subject_does_not_count() -> None:
    made = report(ISOLATED, result("REC-03", "recent", Status.FAIL, "files"))
    assert answer(made, "REC-03/isolated").standing is Standing.MET
    assert answer(made, "REC-03").standing is Standing.NOT_MET


def test_a_report_without_what_passes_tells_no_single_requirement_of_a_control_that_fails() -> None:
    made = report(ISOLATED, result("REC-03", "recent", Status.FAIL, "files"), complete=False)
    one = answer(made, "REC-03/isolated")
    assert one.standing is Standing.UNKNOWN
    assert "--all-results" in one.voices[0].state


def test_a_report_without_what_passes_says_that_evidence_is_lacking() -> None:
    (voice,) = answer(report(ISOLATED, complete=False), "REC-03/isolated").voices
    assert voice.status is Status.PASS
    assert "--all-results" in voice.evidence[0]


def test_an_inventory_without_results_of_a_control_that_fails_is_unknown() -> None:
    made = report(ISOLATED._replace(status=Status.FAIL))._replace(results=())
    assert answer(made, "REC-03/isolated").standing is Standing.UNKNOWN


def test_what_is_found_and_what_it_rests_on_have_their_places() -> None:
    (voice,) = answer(report(ISOLATED._replace(status=Status.FAIL)), "REC-03").voices
    assert voice.found == (f"files: isolated is pass ({ACME}:3)",)
    assert voice.evidence == ("backups: declared in a file of 2026-10-30, 1 day old; no evidence covers it",)


def signed(status: Status, **more: Any) -> Result:
    parameters = {"controls": {"backups_isolated": "REC-03"}}
    return result("INS-06", "still-true", status, "cyber/backups_isolated", parameters=parameters, **more)


def test_a_signed_answer_that_is_no_longer_shown_true_is_told_with_since_when() -> None:
    made = report(signed(Status.FAIL), ISOLATED._replace(status=Status.FAIL))
    (one,) = sheet(made, form("REC-03")).signed
    assert (one.answer, one.status, one.since) == ("cyber/backups_isolated", Status.FAIL, "2026-10-30")


@pytest.mark.parametrize(
    ("status", "told", "reason"),
    [
        (Status.PASS, 0, ""),
        (Status.UNKNOWN, 1, ""),
        (Status.WAIVED, 1, ""),
        (Status.NOT_APPLICABLE, 0, "No answers are on file"),
    ],
)
def test_what_is_said_of_signed_answers(status: Status, told: int, reason: str) -> None:
    one = sheet(report(signed(status), ISOLATED), form("REC-03"))
    assert len(one.signed) == told
    assert one.signed_unknown.startswith(reason)
    assert bool(one.signed_unknown) == bool(reason)


def test_answers_that_were_not_looked_at_are_not_taken_for_true() -> None:
    one = sheet(report(ISOLATED), form("REC-03"))
    assert "were not looked at" in one.signed_unknown
    unknown = result("INS-06", "for_each", Status.UNKNOWN)
    assert "not on file" in sheet(report(ISOLATED, unknown), form("REC-03")).signed_unknown


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_no_format_says_yes(situation: str, name: str) -> None:
    made = SITUATIONS[situation]
    asked = form(*(info.id for info in made.policies if not info.id.startswith(("DOC", "CONS"))), gap="who")
    text = renderer(name)(made, Options(questionnaire=asked))
    assert "yes" not in text.lower().split()
    if name == "json":
        jsonschema.validate(json.loads(text), SCHEMA)
    if made.problems and situation != "hostile":
        assert made.problems[0].message.split()[0] in text


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_what_stands_for_whom_and_what_does_not(name: str) -> None:
    made = report(ISOLATED._replace(status=Status.FAIL), signed(Status.FAIL))
    text = renderer(name)(made, Options(questionnaire=form("REC-03/isolated", gap="who holds the key")))
    for said in ("Are backups out of reach?", "isolated is pass", "who holds the key", "2026-10-30", "Ours"):
        assert said in text, said


@pytest.mark.parametrize("name", FORMATS)
def test_an_exception_is_told_and_is_no_answer(name: str) -> None:
    made = report(ISOLATED._replace(status=Status.WAIVED, waiver=WAIVED.waiver))
    text = renderer(name)(made, Options(questionnaire=form("REC-03")))
    assert "A control that speaks to this is not met." in text
    assert WAIVED.waiver is not None
    assert WAIVED.waiver.expires_on in text.replace("\\", "")


@pytest.mark.parametrize("name", FORMATS)
def test_no_text_of_others_acts_in_a_sheet(name: str) -> None:
    for what, text in TEXTS.items():
        failing = ISOLATED._replace(
            status=Status.FAIL, subject=text, message=text, span=Span(text, 1, 1, 1, 2)
        )
        made = report(failing, signed(Status.FAIL))
        made = made._replace(documents=tuple(one._replace(name=text, file=text) for one in made.documents))
        asked = form("REC-03", gap=text)._replace(name=text, note=text, facts=(text,))
        out = renderer(name)(made, Options(questionnaire=asked))
        assert not _ACTING.search(out), what
        CHECKS[name](out)


def test_without_a_questionnaire_there_is_nothing_to_answer() -> None:
    with pytest.raises(ValueError, match="no questionnaire"):
        renderer("text")(report(ISOLATED), Options())
