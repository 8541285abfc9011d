"""The shipped pack: every control loads, is tested on all sides, and says where it comes from."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from policyscan.findings import FINDINGS
from policyscan.policies.host import CLASHES
from policyscan.policies.pack import TEST_SUFFIX
from policyscan.policies.policy import Policy
from policyscan.policies.variants import Variants
from policyscan.policytest.cases import PolicyTests, read_tests
from policyscan.policytest.runner import results, run
from tests.policies.judging import FOLDER, KINDS, pack

QUOTES = yaml.safe_load((Path(__file__).parent / "quotes.yaml").read_text(encoding="utf-8"))
ESSENTIALS = {
    "PATCH-01", "PATCH-02", "AV-01", "TRAIN-01", "INS-01", "INS-04", "PROV-05",
    "TEN-01", "TEN-02", "PLAN-01", "PLAN-11", "REC-02", "REC-03", "ACC-01",
}  # fmt: skip
FRAMEWORKS = {
    "cis-v8", "nist-csf-2.0", "sp800-53-r5", "iso-27001-2022", "cyber-essentials", "soc2", "other",
}  # fmt: skip
IN_FULL_ONLY = "PORT"


FILES = {path.stem: path for path in FOLDER.glob("*/[A-Z]*.yaml") if not path.name.endswith(TEST_SUFFIX)}
RULES = sorted(id_ for id_, path in FILES.items() if path.parent.name == "consistency")
IDS = sorted(set(FILES) - set(RULES))
by_policy = pytest.mark.parametrize("id_", IDS)
by_file = pytest.mark.parametrize("id_", [*IDS, *RULES])


@cache
def written(id_: str) -> dict[str, Any]:
    loaded = yaml.safe_load(FILES[id_].read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def the(id_: str) -> Policy:
    policy = pack().find(id_)
    assert policy is not None
    return policy


@cache
def cases_of(id_: str) -> PolicyTests:
    policy = the(id_)
    path = FILES[id_].with_name(f"{id_}{TEST_SUFFIX}")
    kind = KINDS[policy.info.kind]
    tests, problems = read_tests(path, path.name, kind.name, kind.shape.ident)
    assert problems == []
    assert tests is not None
    return tests


@cache
def variants(id_: str) -> Variants:
    """The pack's policies, the tested one with a case's parameters."""
    return Variants(pack(), KINDS, id_)


@by_file
def test_cases_hold_and_show_every_side(id_: str) -> None:
    outcomes = run(cases_of(id_), variants(id_), KINDS)
    differences = [f"{o.case}: {d}" for o in outcomes for d in o.differences]
    assert differences == []
    seen = set().union(*(outcome.statuses for outcome in outcomes))
    content = written(id_)
    expected = {"pass", "fail", "unknown"}
    items = content["require"]
    if "when" in content or "applies" in content or any("when" in item for item in items):
        expected.add("not_applicable")
    if "notice" in content or any("notice" in item for item in items):
        expected.add("due")
    if str(content.get("for_each")).removesuffix("()") in CLASHES:  # whose subjects are contradictions
        expected = {"fail", "not_applicable"}
        assert seen == expected
    assert expected <= seen


# A count of one with a plural, a day that is none, and what is said where a policy says nothing.
MISSPOKEN = re.compile(
    r"(?<![.0-9])(?<!of )\b1 \w+s\b|\b(of|on|than|within|took|the) none\b|: not met|\n|\b[0-9]+d\b"
)


# The values of every enum that are not words, such as `single_mobile`.
# What names the place to fill in, which is called what the file calls it.
PLACED = re.compile(
    r"\S+(?= is (null|empty): there is none)|(?<=there is no )\S+[.\[]\S*|(?<=there is nothing in )\S+"
)


def _chosen(schema: Any) -> set[str]:
    """The values of all enums of a schema."""
    if isinstance(schema, list):
        return set().union(*map(_chosen, schema))
    if not isinstance(schema, dict):
        return set()
    values = schema.get("enum", ())
    return {value for value in values if isinstance(value, str)}.union(*map(_chosen, schema.values()))


SCHEMAS = [files("policyscan") / "schemas" / f"{kind.name}.schema.json" for kind in KINDS]
TOKENS = {value for path in SCHEMAS for value in _chosen(json.loads(path.read_text("utf-8"))) if "_" in value}


@by_file
def test_findings_of_cases_read_well(id_: str) -> None:
    tests, policies = cases_of(id_), variants(id_)
    found = [result for case in tests.cases for result in results(tests, case, policies, KINDS)[1]]
    said = {result.message for result in found if result.status in FINDINGS}
    assert said
    assert [message for message in said if MISSPOKEN.search(message)] == []
    spoken = {PLACED.sub("", r.message) for r in found if r.status in FINDINGS and not r.gaps}
    assert [message for message in spoken if TOKENS.intersection(re.findall(r"\w+", message))] == []


@by_file
def test_case_names_are_distinct(id_: str) -> None:
    names = [case.name for case in cases_of(id_).cases]
    assert len(names) == len(set(names))


@by_policy
def test_quotes_are_the_documents_to_the_letter(id_: str) -> None:
    assert written(id_)["quotes"] == QUOTES[id_]


@by_policy
def test_related_frameworks_are_known(id_: str) -> None:
    assert set(written(id_)["related"]) <= FRAMEWORKS


@by_file
def test_every_expression_that_may_be_wrong_says_why(id_: str) -> None:
    content = written(id_)
    items = [*content.get("needs", ()), *content["require"]]
    silent = [item["id"] for item in items if "say" not in item]
    assert silent == []
    if {"when", "applies"} & set(content) and id_ in IDS:
        assert content.get("not_applicable")


@by_file
def test_every_expression_is_told_in_a_plain_sentence(id_: str) -> None:
    policy = the(id_)
    required = (*policy.require, *(policy.also.require if policy.also is not None else ()))
    items = [*policy.needs, *(item for one in required for item in (*one.needs, one))]
    assert [item.id for item in items if item.means is None] == []
    said = [item.means or "" for item in items]
    assert [text for text in said if not (text[0].isupper() and text[-1] == "." and text.isprintable())] == []
    assert len(said) == len(set(said))


@by_file
def test_wording_promises_nothing(id_: str) -> None:
    text = FILES[id_].read_text(encoding="utf-8").lower()
    assert [word for word in ("compliant", "guaranteed", "certified") if word in text] == []


def test_the_default_profile_is_the_essentials() -> None:
    profiles = pack().profiles
    assert pack().default_profile == "essentials"
    assert set(profiles["essentials"].policies or ()) == ESSENTIALS
    assert profiles["full"].policies is None
    for name in ("essentials", "insurer"):
        assert not [id_ for id_ in profiles[name].policies or () if id_.startswith(IN_FULL_ONLY)]


def test_companions_say_that_they_are() -> None:
    companions = {
        "ACC-01", "ACC-02", "ACC-03", "AV-02", "DEV-01", "GOV-02", "GOV-03", "INS-06", "MAIL-01",
        "PAY-01", "REC-03",
    }  # fmt: skip
    assert {p.id for p in pack().policies.values() if p.info.origin == "companion"} == companions & set(IDS)


def test_no_test_file_without_its_policy() -> None:
    tests = {path.name.removesuffix(TEST_SUFFIX) for path in FOLDER.glob(f"*/*{TEST_SUFFIX}")}
    assert tests == set(FILES)


@pytest.mark.parametrize("id_", RULES)
def test_a_case_shows_every_fact_that_a_rule_disputes(id_: str) -> None:
    rule = the(id_)
    shown = {
        path.rpartition(".")[2]
        for case in cases_of(id_).cases
        for expected in case.expected
        for path in expected.disputed or ()
    }
    items = [dispute for item in rule.require for dispute in item.disputes or rule.disputes]
    if str(written(id_).get("for_each")).removesuffix("()") in CLASHES:  # whose facts any date may be
        assert shown
        return
    assert shown == {dispute.field for dispute in items}


def test_the_numbers_of_rules_leave_room_for_those_of_others() -> None:
    assert max(int(id_.removeprefix("CONS-")) for id_ in RULES) < 500


def test_every_sentence_with_a_duty_is_encoded() -> None:
    rows = yaml.safe_load((Path(__file__).parent / "coverage.yaml").read_text(encoding="utf-8"))
    named = {id_ for row in rows for id_ in row["controls"]}
    assert named == set(IDS)
    assert not [row["sentence"] for row in rows if not row["controls"]]
