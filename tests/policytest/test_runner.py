"""The runner of policies' tests: every difference is told, at its place, and nothing else is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from policyscan.policies.loading import load_pack
from policyscan.policies.policy import Policy
from policyscan.policytest.cases import PolicyTests, as_text, merge, read_tests
from policyscan.policytest.runner import CaseOutcome, run
from tests.engine.world import World, kinds

POLICY = """\
parameters:
  limit: {type: duration, default: 30d, min: 1d, max: 90d, why: ours}
for_each: shop.tools
as: tool
notice: 7d
when: tool.in_use
needs:
  - id: checked
    that: within(tool.checked_on, params.limit)
require:
  - id: safe
    that: tool.safe
    say: "{tool.id} is unsafe"
  - id: owned
    severity: low
    that: tool.owner != null
"""
BASE = """\
policy: MINE-01
as_of: 2026-10-31
base:
  people: [{id: p}]
  tools: [{id: saw, in_use: true, safe: true, owner: p, checked_on: 2026-10-20}]
cases:
  - name: the case
"""
"""Seven lines."""

ALL_PASS = """\
    expect:
      - {subject: saw, requirement: safe, status: pass}
      - {subject: saw, requirement: owned, status: pass}
"""


def written(tmp_path: Path, case: str, base: str = BASE) -> PolicyTests:
    path = tmp_path / "MINE-01.test.yaml"
    path.write_text(base + case, encoding="utf-8")
    made, problems = read_tests(path, path.name, "shop", ("about", "id"))
    assert [str(problem) for problem in problems] == []
    assert made is not None
    return made


def ran(world: World, tmp_path: Path, case: str, base: str = BASE) -> CaseOutcome:
    world.policy(POLICY)

    def policies(parameters: Mapping[str, Any]) -> Mapping[str, Policy]:
        pack, problems = load_pack(world.folder, kinds(), overrides={"MINE-01": parameters})
        assert pack is not None
        if problems:
            raise problems[0]
        return pack.policies

    (outcome,) = run(written(tmp_path, case, base), policies, kinds())
    return outcome


def differences(outcome: CaseOutcome) -> list[str]:
    return [str(difference).partition("\n")[0] for difference in outcome.differences]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "mine")


def test_a_case_that_holds(world: World, tmp_path: Path) -> None:
    outcome = ran(world, tmp_path, ALL_PASS)
    assert (outcome.case, differences(outcome), outcome.statuses) == ("the case", [], {"pass"})


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        # a result that is not named
        (
            "    expect: [{subject: saw, requirement: safe, status: pass}]\n",
            ["7:11: unexpected result: saw/owned: pass"],
        ),
        (
            "    expect: []\n",
            [f"7:11: unexpected result: saw/{requirement}: pass" for requirement in ("safe", "owned")],
        ),
        # one that is not there
        (
            ALL_PASS + "      - {subject: axe, requirement: safe, status: pass}\n",
            ["11:9: expected axe/safe: pass, but there is no such result"],
        ),
        (
            ALL_PASS + "      - {status: pass}\n",
            ["11:9: expected the inventory: pass, but there is no such result"],
        ),
        # the same one twice
        (
            ALL_PASS + "      - {subject: saw, requirement: safe, status: pass}\n",
            ["11:9: expected saw/safe: pass, but there is no such result"],
        ),
        # another status
        (
            ALL_PASS.replace("safe, status: pass", "safe, status: fail"),
            ["9:9: expected fail, got pass"],
        ),
        # another severity
        (
            ALL_PASS.replace("owned, status: pass", "owned, status: pass, severity: high"),
            ["10:9: expected severity high, got low"],
        ),
        # another date until when
        (
            ALL_PASS.replace("safe, status: pass", "safe, status: pass, until: 2026-11-19"),
            ["9:9: expected until 2026-11-19, got 2026-11-20"],
        ),
        (
            ALL_PASS.replace("safe, status: pass", "safe, status: pass, until: null"),
            ["9:9: expected until None, got 2026-11-20"],
        ),
    ],
)  # fmt: skip
def test_every_difference_is_told_at_its_place(
    world: World, tmp_path: Path, case: str, expected: list[str]
) -> None:
    outcome = ran(world, tmp_path, case)
    assert differences(outcome) == [f"MINE-01.test.yaml:{one}" for one in expected]


UNSAFE = """\
    with: {tools: [{id: saw, in_use: true, safe: false, owner: p, checked_on: 2026-10-20}]}
    expect:
      - {subject: saw, requirement: owned, status: pass}
      - {subject: saw, requirement: safe, status: fail, EXTRA}
"""


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("message: saw is unsafe", []),
        ("message: saw is safe", ["expected the message 'saw is safe', got 'saw is unsafe'"]),
        ('at: "tools[saw].safe"', []),
        ('at: "tools[saw].owner"', ["expected the place of tools[saw].owner, got tools[saw].safe"]),
        ('at: "tools[axe]"', ["there is nothing at tools[axe]"]),
        ("until: 2026-11-20", []),
        ("severity: high", []),
    ],
)
def test_messages_and_places_are_compared(
    world: World, tmp_path: Path, extra: str, expected: list[str]
) -> None:
    outcome = ran(world, tmp_path, UNSAFE.replace("EXTRA", extra))
    assert [one.partition(": ")[2] for one in differences(outcome)] == expected


@pytest.mark.parametrize(
    ("tool", "result"),
    [
        ("{id: saw, in_use: $missing}", "status: unknown"),
        ("{id: saw, in_use: $blank}", "status: unknown"),
        ("{id: saw, in_use: false}", "status: not_applicable"),
        (
            "{id: saw, in_use: true, checked_on: $blank}",
            "requirement: checked, status: unknown, at: 'tools[saw].checked_on'",
        ),
        ("{id: saw, in_use: true, checked_on: null}", "requirement: checked, status: unknown"),
    ],
)
def test_missing_blank_and_null(world: World, tmp_path: Path, tool: str, result: str) -> None:
    case = f"    with: {{tools: [{tool}]}}\n    expect: [{{subject: saw, {result}}}]\n"
    assert differences(ran(world, tmp_path, case)) == []


def test_what_has_no_id_of_its_own_may_go_without(world: World, tmp_path: Path) -> None:
    assert (
        differences(ran(world, tmp_path, "    with: {tools: []}\n    expect: [{status: not_applicable}]\n"))
        == []
    )
    assert (
        differences(
            ran(
                world,
                tmp_path,
                "    with: {tools: $missing}\n    expect: [{subject: shop.tools, status: unknown}]\n",
            )
        )
        == []
    )


def test_what_is_due(world: World, tmp_path: Path) -> None:
    case = (
        "    as_of: 2026-11-15\n    expect:\n"
        "      - {subject: saw, requirement: safe, status: due, until: 2026-11-20}\n"
        "      - {subject: saw, requirement: owned, status: due}\n"
    )
    outcome = ran(world, tmp_path, case)
    assert (differences(outcome), outcome.statuses) == ([], {"due"})


def test_parameters_of_a_case(world: World, tmp_path: Path) -> None:
    case = (
        "    parameters: {limit: 5d}\n    expect: [{subject: saw, requirement: checked, status: unknown}]\n"
    )
    assert differences(ran(world, tmp_path, case)) == []
    assert "91d is above the maximum" in differences(ran(world, tmp_path, case.replace("5d", "91d")))[0]


def test_documents_beside_the_inventory(world: World, tmp_path: Path) -> None:
    world.policy("require:\n  - id: a\n    that: shop.supplier.insured_until >= today\n", "MINE-01")
    base = (
        "policy: MINE-01\nas_of: 2026-10-31\nbase: {supplier: north}\ndocuments:\n"
        "  - {schema_version: 1, kind: depot, as_of: 2026-10-31, about: {id: north}, "
        "insured_until: 2026-12-31}\n"
        "cases:\n  - name: the case\n"
    )
    made = written(tmp_path, "    expect: [{requirement: a, status: pass}]\n", base)
    pack = world.pack()
    (outcome,) = run(made, lambda _: pack.policies, kinds())
    assert differences(outcome) == []
    made = written(
        tmp_path,
        "    documents: [{schema_version: 1, kind: depot, as_of: 2026-10-31, about: {id: south}}]\n"
        "    with: {supplier: south}\n    expect: [{requirement: a, status: unknown}]\n",
        base,
    )
    (outcome,) = run(made, lambda _: pack.policies, kinds())
    assert differences(outcome) == []


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("    with: {tolos: []}\n    expect: []\n", "the case's inventory: the key tolos is not known"),
        ("    with: {tools: [{id: a, checked_on: 2026-02-30}]}\n    expect: []\n", "2026-02-30"),
        ("    documents: [{kind: dept}]\n    expect: []\n", "no known kind: 'dept'"),
    ],
)
def test_an_inventory_that_is_wrong_fails_its_case(
    world: World, tmp_path: Path, case: str, words: str
) -> None:
    outcome = ran(world, tmp_path, case)
    (difference,) = differences(outcome)
    assert difference.startswith("MINE-01.test.yaml:7:11: ")
    assert words in difference
    assert outcome.statuses == frozenset()


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("policy: MINE-01\n", "1:1", "'cases' is missing"),
        ("policy: MINE-01\ncases: []\n", "2:8", ""),
        ("policy: MINE-01\ncases: [{name: a}]\n", "2:9", "'expect' is missing"),
        ("policy: MINE-01\ncases: [{name: a, expct: []}]\n", "2:19", "unknown key 'expct'"),
        ("policy: MINE-01\ncases: [{name: a, expect: [{status: passed}]}]\n", "2:37", "not allowed"),
    ],
)
def test_a_test_file_of_the_wrong_shape(tmp_path: Path, text: str, place: str, words: str) -> None:
    path = tmp_path / "MINE-01.test.yaml"
    path.write_text(text, encoding="utf-8")
    made, problems = read_tests(path, path.name, "shop", ("about", "id"))
    assert made is None
    assert any(str(p).startswith(f"MINE-01.test.yaml:{place}: ") and words in p.message for p in problems)


# --- how a case's inventory is made


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {"b": 3, "c": 2}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"b": 1}}, {"a": None}, {"a": None}),
        ({"a": 1}, {"a": {"b": 2}}, {"a": {"b": 2}}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": "$missing"}}, {"a": {"c": 2}}),
        ({"a": 1}, {"b": "$missing"}, {"a": 1}),
        ({"a": 1}, {"a": "$blank"}, {"a": "$blank"}),
    ],
)
def test_merging(base: Any, over: Any, merged: Any) -> None:
    assert merge(base, over) == merged


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": "$blank", "b": None, "c": "$missing"}, '{"a": , "b": null}'),
        ([1, 2.5, True, "x: y"], '[1, 2.5, true, "x: y"]'),
        ({"a": {"é": [{}]}}, '{"a": {"é": [{}]}}'),
    ],
)
def test_writing_a_case_as_yaml(value: Any, text: str) -> None:
    assert as_text(value) == text


CHAIN = """\
project:
  shops: {from: shop, columns: {open: shop.open, count: shop.count}}
require:
  - id: open
    that: shops.all(s, s.open)
figures: {total: "shops.map(s, s.count).sum()"}
"""
CHAIN_CASES = """\
policy: MINE-01
as_of: 2026-10-31
base: {owner: us, shops: ["shops/*.yaml"], depots: []}
documents:
  - {kind: shop, about: {id: a}, open: true, count: 1}
  - {kind: shop, about: {id: b}, open: true, count: 2}
cases:
  - name: the case
"""


@pytest.mark.parametrize(
    ("case", "differences"),
    [
        ("    expect: [{requirement: open, status: pass, figures: {total: 3}}]\n", []),
        (
            "    expect: [{requirement: open, status: pass, figures: {total: 4, none: null}}]\n",
            ["expected the figure total to be 4, got 3"],
        ),
        (
            "    documents: [{kind: shop, about: {id: b}, open: false}]\n"
            "    expect: [{requirement: open, status: fail, figures: {total: 3}}]\n",
            [],
        ),
        (
            "    documents: [{kind: shop, about: {id: c}, open: true, count: 4}]\n"
            "    expect: [{requirement: open, status: pass, figures: {total: 7}}]\n",
            [],
        ),
        (
            "    documents: [{kind: shop, about: {id: b}, open: $missing}]\n"
            "    expect: [{requirement: open, status: unknown, at: 'shop[b].about'}]\n",
            ["expected the place of shop[b].about, got the inventory"],
        ),
        (
            "    documents: [{kind: shop, about: {id: b}, open: $blank}]\n"
            "    expect: [{requirement: open, status: unknown, at: 'shop[b].open'}]\n",
            [],
        ),
        (
            "    with: {shops: [shops/a.yaml, shops/gone.yaml]}\n"
            "    expect: [{requirement: open, status: unknown, at: 'shops[1]'}]\n",
            [],
        ),
        (
            "    documents: [{kind: shop, about: {id: b}, count: x}]\n    expect: []\n",
            ['the case\'s inventory: count: expected a whole number, found the text "x"'],
        ),
    ],
)
def test_members_stand_beside_the_inventory(
    world: World, tmp_path: Path, case: str, differences: list[str]
) -> None:
    world.policy(CHAIN, kind="chain")
    path = tmp_path / "MINE-01.test.yaml"
    path.write_text(CHAIN_CASES + case, encoding="utf-8")
    tests, problems = read_tests(path, path.name, "chain", ("owner",))
    assert problems == []
    assert tests is not None
    (outcome,) = run(tests, lambda _: world.pack().policies, kinds())
    assert [difference.message for difference in outcome.differences] == differences
