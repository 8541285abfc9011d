"""Every fact that can decide whether a control applies is a word that has to be earned, or says why not.

The facts are those that the shipped controls read in `applies`, `when`, lists of subjects and of elements,
and conditions of single requirements, by the object that they are of, as the checked expressions tell. And
every statement of the shipped inventories counts for what it says, and not when anything about it is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from policyscan.cel.values import Date
from policyscan.documents.earning import Word, words
from policyscan.kinds.shapes import Property, Shape
from policyscan.policies.policy import Code, Policy
from policyscan.source import Source
from tests import shipped
from tests.opening import open_text
from tests.policies.judging import KINDS, pack

FILES = shipped.EVERY
TODAY = Date.parse("2026-10-31")

ADMISSION = "to have none of it fails another control of every profile, as test_replacement.py holds"
DECISION = "a decision with a person, a day, a reason and an end of its own, which the control judges"
DATE = "when something was or ends: a day of the past or of a contract, which is measured and not chosen"
RECORD = "the record of something that happened, or of a document that shows it"
CONTRACT = "what a contract says: what it does not promise cannot be broken, and other controls ask for it"
IDENTITY = "what or who something is about, by its name"
NATURE = "what a thing is, which rules of consistency hold against its other facts"
MORE = "who lists more is asked more; that something is missing from the list is for counts to tell"

WHY_NOT: dict[str, dict[str, str]] = {
    ADMISSION: {
        "budget": "years",
        "client": "accounts breach_briefings budget cloud_services crisis_plan critical_systems detection "
        "evidence exposure_statements information_assets insurance_policies organisation people plan_tests "
        "restore_tests risk_audits",
        "crisis_plan": "coordinator deputy document notify press provider_contacts",
        "detection": "hours",
        "email": "domains",
        "exposure_statement": "lost_business",
        "engagement": "contract due_diligence insurance_certificates profile sla",
        "provider": "contact_tests contracts email insurance_policies on_call_rota organisation staff "
        "support",
        "risk_audit": "exposures",
        "server": "patches tenancy",
        "sla": "targets",
        "device": "patches",
        "website": "missing_critical_updates patches",
        "support": "out_of_hours",
        "subcontract": "liability_cap",
    },
    DECISION: {
        "client": "briefing_opt_out self_insurance waivers",
        "client_decision": "decided_by decided_on document reason",
        "media_decision": "decided_by decided_on reason",
        "press": "no_media_exposure",
        "self_insurance": "decided_by decided_on document expires_on reason",
    },
    DATE: {
        "client_question": "answered_on asked_on",
        "contact_test": "called_at",
        "exposure_statement": "calculated_on",
        "insurance_policy": "ends_on starts_on",
        "organisation": "founded_on",
        "own_incident": "contained_at detected_at mailboxes_secured_at",
        "incident": "first_human_response_at reported_at resolved_at",
        "person": "end_date start_date",
        "recommendation": "made_on",
        "restore_test": "tested_on",
        "risk_audit": "done_on",
        "shift": "ends_at starts_at",
        "staff_member": "end_date start_date",
        "subcontract": "ends_on",
        "treatment": "done_on",
    },
    RECORD: {
        "account": "enabled",
        "attestation": "answer statement",
        "budget_year": "fiscal_year it_spend prevention",
        "exposure": "treatment",
        "incident": "priority",
        "insurance_policy": "attestations",
        "patch_status": "missing",
        "plan_test": "findings",
        "prevention": "antivirus cyber_insurance employee_education software_updates",
        "recommendation": "decision",
    },
    CONTRACT: {
        "contract": "competing_quotes_per_user_month pricing service_credit_cap_pct_of_monthly_fee",
        "critical_system": "rto_hours",
        "crisis_plan": "relies_on_service_credits",
        "organisation": "business_hours",
        "provider_organisation": "business_hours",
        "sla_target": "clock priority resolution_hours response_minutes",
    },
    IDENTITY: {
        "account": "person",
        "contact_test": "by",
        "asset": "id overlaps_with systems",
        "incident": "provider",
        "insurance_policy": "pays_above",
        "organisation": "id",
        "person": "leadership",
        "portfolio": "owner",
        "provider_organisation": "id",
        "restore_test": "kind system",
        "shift": "primary secondary",
    },
    NATURE: {
        "device": "kind",
        "insurance_policy": "kind",
        "provider_organisation": "public_cloud",
    },
    MORE: {"client": "software"},
}  # fmt: skip


def fields() -> dict[tuple[str, str], Property]:
    """Every property of the built-in kinds, by the name of its object and its own."""
    found: dict[tuple[str, str], Property] = {}
    seen: set[int] = set()

    def visit(shape: Shape) -> None:
        if id(shape) in seen:
            return
        seen.add(id(shape))
        for name, field in shape.fields.items():
            found.setdefault((shape.name, name), field)
            visit(field.shape)
        if shape.items is not None:
            visit(shape.items.shape)

    for kind in KINDS.names:
        visit(KINDS[kind].shape)
    return found


def deciding(policy: Policy) -> Iterator[Code]:
    """The expressions of a control by which it is decided what it looks at."""
    for part in (policy, *((policy.also,) if policy.also is not None else ())):
        items = (*part.require, *part.needs)
        lists = (*part.for_each, *(binding for item in part.require for binding in item.each))
        yield from (code for code in (part.applies, part.when, *(item.when for item in items)) if code)
        yield from (code for binding in lists for code in binding.lists)


@cache
def read() -> frozenset[tuple[str, str]]:
    """The facts that decide what a control looks at."""
    codes = (code for policy in pack().policies.values() for code in deciding(policy))
    return frozenset((str(one.of), one.field) for code in codes for one in code.checked.reads) & set(fields())


def test_each_fact_that_decides_what_is_looked_at_is_earned_or_says_why_not() -> None:
    told = [(of, name) for why in WHY_NOT.values() for of, names in why.items() for name in names.split()]
    assert len(told) == len(set(told))
    open_ = {one for one in read() if fields()[one].earned is None}
    assert (open_ - set(told), set(told) - open_) == (set(), set())


# --- every statement of the shipped inventories


@cache
def text_of(file: str) -> str:
    return shipped.text(file)


def earned(text: str, today: Date = TODAY) -> dict[str, Word]:
    """The words that somebody stands behind, by their paths."""
    (document,) = open_text(Source("one.yaml", text), KINDS).documents
    made = words(document, today)
    return {document.path_of(one.container, one.key): one for one in made if one.statement is not None}


SPOKEN = [file for file in FILES if "\nstatements:" in text_of(file)]


WRONG = {
    "nobody says why": (r"    reason: ", "    x-reason: "),
    "nobody says who": (r"    by: ", "    x-by: "),
    "nobody says when": (r"    stated_on: ", "    x-stated_on: "),
    "it was long ago": (r"stated_on: 2026", "stated_on: 2025"),
    "who is no one here": (r"    by: ", "    by: nobody-"),
    "it says no value": (r"    value: ", "    x-value: "),
}


@pytest.mark.parametrize("file", SPOKEN)
def test_statements_of_the_shipped_inventories_count_from_their_day_on_for_a_year(file: str) -> None:
    assert earned(text_of(file))
    assert earned(text_of(file), Date.parse("2026-03-08")) == {}
    assert earned(text_of(file), Date.parse("2027-05-12")) == {}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("file", SPOKEN)
def test_no_word_is_earned_where_something_about_its_statement_is_wrong(file: str, wrong: str) -> None:
    before, _, after = text_of(file).partition("\nstatements:")
    assert earned(f"{before}\nstatements:{re.sub(*WRONG[wrong], after)}") == {}


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (r"employment: \w+", "employment: external"),
        (r"role: ", "role: trainee "),
        (r"contracted: false", "contracted: true"),
    ],
)
@pytest.mark.parametrize("file", SPOKEN)
def test_who_is_from_outside_or_still_learning_earns_no_word(file: str, was: str, now: str) -> None:
    text = re.sub(was, now, text_of(file))
    assert text == text_of(file) or earned(text) == {}


def test_every_word_that_a_kind_marks_is_spoken_somewhere() -> None:
    """In a shipped inventory or in a case of a control: else nobody would see that it takes anything away."""
    marked = {one for one, field in fields().items() if field.earned is not None}
    cases = "".join(path.read_text(encoding="utf-8") for path in Path("policies").glob("*/*.test.yaml"))
    everywhere = cases + "".join(map(text_of, FILES))
    assert [name for _, name in sorted(marked) if f"{name}:" not in everywhere] == []
