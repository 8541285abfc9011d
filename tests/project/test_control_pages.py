"""Every shipped control has a page, and what the page says is what the control and its tests say."""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from policyscan.policies.files import PolicyFile, read
from policyscan.policies.pack import TEST_SUFFIX
from policyscan.policies.policy import Need, Requirement
from policyscan.policytest.cases import BLANK, MISSING, merge
from policyscan.reading.reading import read_text
from policyscan.reporters.wording import frameworks
from policyscan.source import Source
from tests.policies.judging import pack

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ROOT / "policies"
PAGES = ROOT / "docs" / "reference" / "controls"
INDEX = (ROOT / "docs" / "reference" / "controls.md").read_text(encoding="utf-8")
FILES = [path for path in POLICIES.glob("*/[A-Z]*.yaml") if not path.name.endswith(TEST_SUFFIX)]
RULES = sorted(path.stem for path in FILES if path.parent.name == "consistency")
IDS = sorted({path.stem for path in FILES} - set(RULES))
TITLES = {
    "pass": "### One that passes",
    "due": "### One that is due",
    "fail": "### One that fails",
    "unknown": "### One that is unknown",
    "not_applicable": "### One that it does not apply to",
}
by_control = pytest.mark.parametrize("id_", IDS)


@cache
def cases_of(id_: str) -> PolicyFile:
    file, problems = read(POLICIES / id_.rpartition("-")[0] / f"{id_}{TEST_SUFFIX}", id_, "test")
    assert problems == []
    assert file is not None
    return file


def page(id_: str) -> str:
    return (PAGES / f"{id_}.md").read_text(encoding="utf-8")


def words(text: str) -> str:
    return " ".join(text.split())


def section(text: str, heading: str) -> str:
    """What stands under a heading."""
    level = heading.partition(" ")[0]
    return re.split(rf"^#{{1,{len(level)}}} ", text.partition(f"{heading}\n")[2], flags=re.MULTILINE)[0]


def test_there_is_a_page_for_every_control_and_for_nothing_else() -> None:
    assert sorted(path.stem for path in PAGES.glob("*.md")) == IDS
    assert re.findall(r"\]\(controls/([A-Z0-9-]+)\.md\)", INDEX) == IDS


@pytest.mark.parametrize("id_", RULES)
def test_every_rule_of_consistency_is_told(id_: str) -> None:
    rule, text = pack().rules[id_], (PAGES.parent / "rules.md").read_text(encoding="utf-8")
    told = words(section(text, f"## {id_}"))
    said = [rule.info.title, rule.info.why, rule.info.fix, *(item.means or "" for item in rule.require)]
    said += [dispute.text for item in rule.require for dispute in item.disputes or rule.disputes]
    assert [part for part in said if part not in told] == []


@by_control
def test_a_page_says_what_its_control_says(id_: str) -> None:
    policy, text = pack().policies[id_], words(page(id_))
    info = policy.info
    items: list[Need | Requirement] = [*policy.needs, *policy.require]
    items += [need for one in policy.require for need in one.needs]
    said = [f"# {id_}: {info.title}", info.why, info.fix, "](../controls.md)", f"{id_}.yaml)"]
    said += [words(quote.text) for quote in info.quotes] + [f"({quote.source})" for quote in info.quotes]
    said += [item.id for item in items] + [item.that.text for item in items]
    said += [(item.means or "").replace("<", "&lt;") for item in items]
    said += [item.when.text for item in items if item.when is not None]
    said += [code.text for code in (policy.applies, policy.when, policy.key) if code is not None]
    said += [f"| `{parameter.name}` | {parameter.type} |" for parameter in policy.declared]
    said += [f"related to {framework}: {ids}" for framework, ids in frameworks(info)]
    said += [f"`{name}`" for name, one in pack().profiles.items() if one.policies and id_ in one.policies]
    said += [words(case["name"]).replace("<", "&lt;") for case in cases_of(id_).value["cases"]]
    assert [part for part in said if part not in text] == []


@by_control
def test_a_page_shows_an_example_of_every_status_that_there_is(id_: str) -> None:
    text = page(id_)
    for status, title in TITLES.items():
        cases = [c for c in cases_of(id_).value["cases"] if any(e["status"] == status for e in c["expect"])]
        shown = section(text, title)
        assert bool(shown) is bool(cases)
        if cases:
            names = re.findall(r"^\*(.+)\*(?:, on .+)?$", shown, flags=re.MULTILINE)
            assert [case["name"].replace("<", "&lt;") in names for case in cases].count(True) == 1
            assert f"| {status.replace('_', ' ')} |" in shown
    assert all(section(text, TITLES[status]) for status in ("pass", "fail", "unknown"))


def test_an_example_shows_the_messages_of_a_scan() -> None:
    assert "| s | recent | fail | no restore was ever tried |" in section(page("REC-02"), TITLES["fail"])
    assert "its vendor restores it under contract" in section(page("REC-02"), TITLES["not_applicable"])


def as_yaml(value: Any) -> str:
    spec = importlib.util.spec_from_file_location("inventory_yaml", ROOT / "docs" / "inventory_yaml.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = module.as_yaml(value)
    assert isinstance(text, str)
    return text


def written(value: Any) -> Any:
    """A value without what a test file says is missing or blank."""
    if isinstance(value, dict):
        return {key: written(item) for key, item in value.items() if item not in (MISSING, BLANK)}
    return [written(item) for item in value] if isinstance(value, list) else value


@by_control
def test_an_inventory_that_is_shown_reads_as_that_of_the_case(id_: str) -> None:
    content = cases_of(id_).value
    for case in content["cases"]:
        inventory = merge(content.get("base", {}), case.get("with", {}))
        trees, errors = read_text(Source("shown.yaml", as_yaml(inventory)))
        assert errors == []
        assert (trees[0].value if trees else {}) == written(inventory)


def test_what_is_blank_is_shown_as_a_key_alone_and_what_is_missing_not_at_all() -> None:
    shown = as_yaml({"a": BLANK, "b": {"c": BLANK, "d": "$missing"}, "e": [{"f": BLANK, "g": 1}]})
    assert shown == "a:\nb:\n  c:\ne:\n- f:\n  g: 1\n"


def test_texts_that_would_be_read_as_something_else_are_quoted() -> None:
    odd = ["true", "null", "12", "1.5", "1e3", "a: b", "a:", "- a", "", "x # y", "{a}", "no", "08:00"]
    trees, errors = read_text(Source("shown.yaml", as_yaml({"odd": odd})))
    assert errors == []
    assert trees[0].value == {"odd": odd}
    assert "[" in as_yaml({"odd": ["no", "08:00"]})
    assert '"' not in as_yaml({"odd": ["no", "08:00", "2026-01-14T10:00:00-06:00"]})


@pytest.mark.parametrize(
    ("id_", "rows"),
    [
        (
            "REC-02",
            [
                "| [the client itself](../client.md) | `critical_systems`, `restore_tests` |",
                "| [critical_system](../client.md#critical_system) | `rto_hours`, `vendor_restores` |",
            ],
        ),
        ("ACC-02", ["| [person](../client.md#person) | `end_date`, `start_date` |"]),  # in still_here()
        (
            "SLA-04",
            ["| [support](../provider.md#support) of a provider | `out_of_hours`, `outsourced_desk` |"],
        ),
    ],
)
def test_a_page_names_the_facts_that_its_control_reads(id_: str, rows: list[str]) -> None:
    shown = section(page(id_), "## Facts it reads")
    assert [row for row in rows if row not in shown] == []
