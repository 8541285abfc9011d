"""What a policy is evaluated for: the inventory, the elements of lists, and what no element means."""

from __future__ import annotations

import pytest

from policyscan.findings import Status
from tests.engine.world import World

TOOLS = """\
for_each: shop.tools
as: tool
require:
  - id: safe
    that: tool.safe
"""


@pytest.mark.parametrize(
    ("shop", "status"),
    [
        ("open: false\n", Status.NOT_APPLICABLE),
        ("", Status.UNKNOWN),
        ("open:\n", Status.UNKNOWN),
        ("open: true\ncount: 1\n", Status.PASS),
        ("open: true\ncount: 0\n", Status.FAIL),
        ("open: true\n", Status.UNKNOWN),
    ],
)
def test_applies_comes_first(world: World, shop: str, status: Status) -> None:
    world.policy("applies: shop.open\nrequire:\n  - id: some\n    that: shop.count > 0\n")
    assert world.status(shop) is status


def test_applies_is_told_once_and_not_for_each_subject(world: World) -> None:
    world.policy("applies: shop.open\n" + TOOLS)
    assert world.told("open: false\ntools: [{id: a}, {id: b}]\n") == [("", "applies", "not_applicable")]
    assert world.told("tools: [{id: a}, {id: b}]\n") == [("", "applies", "unknown")]


@pytest.mark.parametrize(
    ("tools", "told"),
    [
        ("", [("shop.tools", "for_each", "unknown")]),
        ("tools:\n", [("shop.tools", "for_each", "unknown")]),
        ("tools: []\n", [("", "for_each", "not_applicable")]),
        (
            "tools: [{id: a, safe: true}, {id: b, safe: false}, {id: c}]\n",
            [("a", "safe", "pass"), ("b", "safe", "fail"), ("c", "safe", "unknown")],
        ),
    ],
)
def test_one_list(world: World, tools: str, told: list[tuple[str, str, str]]) -> None:
    assert world.policy(TOOLS).told(tools) == told


@pytest.mark.parametrize("meaning", ["not_applicable", "unknown", "fail", "pass"])
@pytest.mark.parametrize("shop", ["tools: []\nspares: []\n", "tools: []\nspares: null\n"])
def test_what_no_element_means(world: World, meaning: str, shop: str) -> None:
    world.policy(TOOLS.replace("shop.tools", "[shop.tools, shop.spares]") + f"empty: {meaning}\n")
    (result,) = world.scan(shop)
    assert (result.subject, result.requirement, result.status.value) == ("", "for_each", meaning)
    assert "evaluators" not in result.message
    assert result.span.line == 5 or meaning in {"pass", "not_applicable"}


def test_an_empty_list_is_not_a_missing_one(world: World) -> None:
    world.policy(TOOLS.replace("shop.tools", "[shop.tools, shop.spares]") + "empty: pass\n")
    assert world.told("tools: []\n") == [("shop.spares", "for_each", "unknown")]
    assert world.told("tools: [{id: a, safe: true}]\nspares: []\n") == [("a", "safe", "pass")]


def test_several_lists_are_walked_in_their_order(world: World) -> None:
    world.policy(TOOLS.replace("shop.tools", "[shop.tools, shop.spares]"))
    assert world.told("spares: [{id: s, safe: true}]\ntools: [{id: t, safe: false}]\n") == [
        ("t", "safe", "fail"),
        ("s", "safe", "pass"),
    ]


def test_two_subjects_with_one_key_are_told_apart(world: World) -> None:
    world.policy(TOOLS.replace("shop.tools", "[shop.tools, shop.spares]"))
    assert world.told("tools: [{id: a, safe: true}]\nspares: [{id: a, safe: false}]\n") == [
        ("tools/a", "safe", "pass"),
        ("spares/a", "safe", "fail"),
    ]
    assert world.told("tools: [{id: b, safe: true}]\nspares: [{id: a, safe: false}]\n") == [
        ("b", "safe", "pass"),
        ("a", "safe", "fail"),
    ]


def test_a_list_is_called_by_the_name_of_its_path(world: World) -> None:
    world.policy(
        "for_each:\n  - shop.tools.filter(t, t.id < 'b')\n  - shop.spares\n  - shop.tools\nas: tool\n"
        "require:\n  - id: safe\n    that: tool.safe\n"
    )
    told = world.told("tools: [{id: a, safe: true}]\nspares: [{id: a, safe: true}]\n")
    assert [subject for subject, _, _ in told] == ["tools/a", "spares/a", "tools/a#2"]


def test_the_same_key_over_and_over(world: World) -> None:
    world.policy("for_each: shop.tags\nas: tag\nrequire:\n  - id: short\n    that: tag.size() < 3\n")
    told = world.told("tags: [a, a, a, long]\n")
    assert len({subject for subject, _, _ in told}) == 4
    assert [subject for subject, _, _ in told[:3]] == ["tags/a", "tags/a#2", "tags/a#3"]
    assert told[3] == ("long", "short", "fail")


def test_a_key_of_the_policys_own(world: World) -> None:
    world.policy(
        "for_each: shop.notes\nas: note\nkey: note.text\nrequire:\n  - id: good\n    that: note.good\n"
    )
    told = world.told("notes: [{text: x, good: true}, {text: x, good: false}, {text: y}]\n")
    assert [status for _, _, status in told] == ["pass", "fail", "unknown"]
    assert [subject for subject, _, _ in told] == ["notes/x", "notes/x#2", "y"]


def test_a_key_that_is_empty_does_not_name_the_whole_document(world: World) -> None:
    """A waiver without a subject is for the document as a whole."""
    world.policy(
        "for_each: shop.notes\nas: note\nkey: note.text\nrequire:\n  - id: good\n    that: note.good\n"
    )
    told = world.told("notes: [{text: '', good: false}, {text: '', good: true}]\n")
    assert all(one.subject for one in told)
    assert len({one.subject for one in told}) == 2


def test_a_key_that_is_missing_is_unknown(world: World) -> None:
    world.policy(
        "for_each: shop.notes\nas: note\nkey: note.text\nrequire:\n  - id: good\n    that: note.good\n"
    )
    assert world.told("notes: [{good: true}, {good: false}]\n") == [
        ("#1", "for_each", "unknown"),
        ("#2", "for_each", "unknown"),
    ]


NESTED = """\
for_each: {tool: shop.tools, part: tool.parts}
empty: {EMPTY}
require:
  - id: sound
    that: part.worn == false
"""


@pytest.mark.parametrize(
    ("empty", "shop", "told"),
    [
        ("pass", "tools: [{id: a, parts: [{id: p, worn: false}]}]\n", [("a/p", "sound", "pass")]),
        ("pass", "tools: []\n", [("", "for_each", "pass")]),
        ("pass", "tools: [{id: a, parts: []}]\n", [("a", "for_each", "pass")]),
        ("pass", "tools: [{id: a}]\n", [("a/tool.parts", "for_each", "unknown")]),
        ("{tool: unknown, part: fail}", "tools: []\n", [("", "for_each", "unknown")]),
        ("{tool: unknown, part: fail}", "tools: [{id: a, parts: []}]\n", [("a", "for_each", "fail")]),
        ("{part: fail}", "tools: []\n", [("", "for_each", "not_applicable")]),
        (
            "fail",
            "tools: [{id: a, parts: []}, {id: b, parts: [{id: p, worn: true}, {id: q}]}, {id: c}]\n",
            [
                ("a", "for_each", "fail"),
                ("b/p", "sound", "fail"),
                ("b/q", "sound", "unknown"),
                ("c/tool.parts", "for_each", "unknown"),
            ],
        ),
    ],
)
def test_nested_lists(world: World, empty: str, shop: str, told: list[tuple[str, str, str]]) -> None:
    world.policy(NESTED.replace("{EMPTY}", empty))
    assert world.told(shop) == told


def test_three_levels(world: World) -> None:
    world.policy(
        "for_each: {tool: shop.tools, part: tool.parts, screw: part.screws}\n"
        "require:\n  - id: tight\n    that: screw.tight\n"
    )
    shop = (
        "tools: [{id: a, parts: [{id: p, screws: [{id: s, tight: true}, {id: t}]}, {id: q, screws: []}]}]\n"
    )
    assert world.told(shop) == [
        ("a/p/s", "tight", "pass"),
        ("a/p/t", "tight", "unknown"),
        ("a/q", "for_each", "not_applicable"),
    ]


@pytest.mark.parametrize(
    ("tool", "requirement", "status"),
    [
        ("in_use: false, safe: false", "when", "not_applicable"),
        ("safe: true", "when", "unknown"),
        ("in_use: , safe: true", "when", "unknown"),
        ("in_use: true, safe: true", "safe", "pass"),
        ("in_use: true, safe: false", "safe", "fail"),
    ],
)
def test_when(world: World, tool: str, requirement: str, status: str) -> None:
    world.policy(TOOLS + "when: tool.in_use\n")
    assert world.told(f"tools: [{{id: a, {tool}}}]\n") == [("a", requirement, status)]


def test_when_stumbles_over_nothing(world: World) -> None:
    """What is known to be nothing decides no `when`: that is unknown."""
    world.policy(TOOLS + "when: tool.checked_on < today\n")
    assert world.told("tools: [{id: a, safe: true, checked_on: null}]\n") == [("a", "when", "unknown")]


def test_a_fault_in_when_is_an_error(world: World) -> None:
    world.policy(TOOLS + "when: 10 % shop.count == 0\n")
    assert world.told("count: 0\ntools: [{id: a, safe: true}]\n") == [("a", "when", "error")]


def test_each_subject_is_told_once_for_each_requirement(world: World) -> None:
    world.policy(TOOLS + "  - id: owned\n    that: tool.owner != null\n")
    assert world.told("tools: [{id: b, safe: true, owner: null}]\n") == [
        ("b", "safe", "pass"),
        ("b", "owned", "fail"),
    ]


def test_only_policies_about_the_kind_are_evaluated(world: World) -> None:
    world.policy(TOOLS).policy("require:\n  - id: doors\n    that: depot.doors != []\n", "DEP-01", "depot")
    assert {result.policy for result in world.scan("tools: []\n")} == {"MINE-01"}
