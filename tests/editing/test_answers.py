"""Answers: what people write becomes a value of the fact's type, or they are told what to write."""

from __future__ import annotations

from typing import Any

import pytest

from policyscan.editing.answers import BadAnswer, nobody_knows, value_of
from policyscan.kinds.kinds import Kinds
from policyscan.kinds.shapes import Property

CLIENT = Kinds.builtin()["client"]


def field(path: str) -> Property:
    found = CLIENT.field(path)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("devices[].antivirus.active", "yes", True),
        ("devices[].antivirus.active", " No ", False),
        ("devices[].antivirus", "none", None),
        ("devices", "none", []),
        ("as_of", "2026-10-31", "2026-10-31"),
        ("devices[].last_seen", "2026-10-31T10:00:00+01:00", "2026-10-31T10:00:00+01:00"),
        ("devices[].kind", "Laptop", "laptop"),
        ("servers[].kind", "virtual machine", "virtual_machine"),
        ("organisation.employees_count", "12", 12),
        ("organisation.employees_count", "12.0", 12),
        ("critical_systems[].rto_hours", "2.5", 2.5),
        ("organisation.annual_revenue", "12500", 12500),
        ("organisation.annual_revenue", "12500.50 EUR", {"amount": 12500.5, "currency": "EUR"}),
        ("organisation.annual_revenue", "USD 12500", {"amount": 12500, "currency": "USD"}),
        ("organisation.name", "Yes", "Yes"),
        ("devices", "no", []),
        ("crisis_plan", "There is none", None),
        ("critical_systems[].rto_hours", "4 hours", 4),
        ("critical_systems[].rto_hours", "1 Hour", 1),
        ("currency", "gbp", "GBP"),
        ("organisation.country", "uk", "GB"),
        ("people[].id", "Ann O'Neill (owner)", "ann-oneill-owner"),
        ("organisation.business_hours.opens", "8:30", "08:30"),
        ("organisation.name", "12", "12"),
        ("plan_tests[].people", "p-ames, p-cole", ["p-ames", "p-cole"]),
        ("plan_tests[].people", "[p-ames]", ["p-ames"]),
        ("organisation.business_hours.days", "Mon; tue", ["mon", "tue"]),
        ("devices[].os", "{name: Windows 11, version: 25H2}", {"name": "Windows 11", "version": "25H2"}),
    ],
)
def test_what_is_understood(path: str, text: str, value: Any) -> None:
    found = value_of(text, field(path))
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        ("devices[].antivirus.active", "maybe", "neither yes nor no"),
        ("devices[].antivirus.active", "1", "neither yes nor no"),
        ("devices[].antivirus.active", "none", "cannot be none"),
        ("organisation.name", "none", "cannot be none"),
        ("critical_systems[].rto_hours", "4 days", "no number"),
        ("currency", "pounds", "not how this is written"),
        ("organisation.country", "England", "not how this is written"),
        ("people[].id", "???", "not how this is written"),
        ("organisation.business_hours.opens", "half past eight", "not how this is written"),
        ("as_of", "03/04/2026", "depends on the country"),
        ("as_of", "3.4.26", "depends on the country"),
        ("as_of", "2026-02-30", "no day"),
        ("as_of", "last week", "no day"),
        ("devices[].last_seen", "2026-10-31 10:00", "no offset"),
        ("devices[].last_seen", "2026-10-31", "needs a day, a time and an offset"),
        ("devices[].last_seen", "10/31/2026 09:00", "depends on the country"),
        ("organisation.employees_count", "1,234", "two ways"),
        ("organisation.employees_count", "1 234", "two ways"),
        ("organisation.employees_count", "12.5", "no whole number"),
        ("organisation.employees_count", "twelve", "no whole number"),
        ("organisation.employees_count", "1e999", "too large"),
        ("organisation.annual_revenue", "1.234.567,89", "two ways"),
        ("organisation.annual_revenue", "USD 5 EUR", "no amount"),
        ("devices[].kind", "laptpo", "none of the words"),
        ("devices[].os", "Windows 11", "several parts"),
        ("devices[].os", "{name: [", ""),
        ("devices[].os", "[a]", "written otherwise"),
        ("devices", "a, b", "several parts"),
        ("as_of", "  ", "no answer"),
    ],
)
def test_what_is_refused(path: str, text: str, says: str) -> None:
    with pytest.raises(BadAnswer) as caught:
        value_of(text, field(path))
    assert says in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("organisation.name", "I don\N{RIGHT SINGLE QUOTATION MARK}t know.", True),
        ("devices[].kind", "??", True),
        ("organisation.employees_count", "Unknown", True), ("servers[].tenancy.model", "unknown", False),
        ("organisation.name", "unknown", False), ("organisation.name", "Nobody Ltd", False),
    ],
)  # fmt: skip
def test_that_nobody_knows_is_no_answer(path: str, text: str, told: bool) -> None:
    assert nobody_knows(text, field(path)) is told


def test_a_misspelt_word_is_told_the_nearest() -> None:
    with pytest.raises(BadAnswer) as caught:
        value_of("laptpo", field("devices[].kind"))
    assert caught.value.hint == "did you mean laptop?"


def test_a_key_of_ones_own_takes_what_yaml_makes_of_it() -> None:
    assert value_of("12", None) == 12
    assert value_of("HD-01", None) == "HD-01"
    assert value_of("[1, a]", None) == [1, "a"]
