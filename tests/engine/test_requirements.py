"""What must hold, and what must be known before anything can be told."""

from __future__ import annotations

import pytest

from policyscan.findings import Severity
from tests.engine.world import Told, World


def shop(**facts: str) -> str:
    return "".join(f"{key}: {value}\n" for key, value in facts.items())


# --- one expression on every kind of nothing: (expression, what stands in the file, status)

NOTHING = [
    # a truth
    ("shop.open", "open: false", "fail"),
    ("shop.open", "open: true", "pass"),
    ("shop.open", "", "unknown"),
    ("shop.open", "open:", "unknown"),
    ("!shop.open", "", "unknown"),
    ("!shop.open", "open:", "unknown"),
    # an optional key whose absence means something
    ("shop.alarm", "", "fail"),
    ("!shop.alarm", "", "pass"),
    ("!shop.alarm", "alarm:", "unknown"),
    # null: selecting, ordering, calculating is absent, and fails
    ("shop.plan.owner != null", "plan: null", "fail"),
    ("shop.plan.owner != null", "plan:", "unknown"),
    ("shop.plan.owner != null", "plan: {}", "unknown"),
    ("shop.plan.owner != null", "plan: {owner: null}", "fail"),
    ("shop.plan.owner != null", "people: [{id: p}]\nplan: {owner: p}", "pass"),
    ("shop.plan == null", "plan: null", "pass"),
    ("shop.plan == null", "plan: {}", "fail"),
    ("shop.plan == null", "", "unknown"),
    # a dangling reference is nobody; one into a list that is not there cannot be told
    ("shop.plan.owner.left_on == null", "people: []\nplan: {owner: p}", "fail"),
    ("shop.plan.owner.left_on == null", "plan: {owner: p}", "unknown"),
    # lists: [] and 0 are known
    ("shop.tools == []", "tools: []", "pass"),
    ("shop.tools == []", "", "unknown"),
    ("shop.tools.all(t, t.safe)", "tools: []", "pass"),
    ("shop.tools.exists(t, t.safe)", "tools: []", "fail"),
    ("shop.tools.all(t, t.safe)", "tools:", "unknown"),
    ("shop.tools.all(t, t.safe)", "tools: [{id: a}, {id: b, safe: false}]", "fail"),
    ("shop.tools.all(t, t.safe)", "tools: [{id: a}, {id: b, safe: true}]", "unknown"),
    ("shop.tools.exists(t, t.safe)", "tools: [{id: a}, {id: b, safe: true}]", "pass"),
    ("shop.tools.exists(t, t.safe)", "tools: [{id: a}, {id: b, safe: false}]", "unknown"),
    ("shop.tools[0].safe", "tools: []", "fail"),
    ("shop.spares.all(t, t.safe)", "spares: null", "fail"),
    ("shop.count == 0", "count: 0", "pass"),
    # absorbed as CEL absorbs errors
    ("shop.open && shop.count > 0", "open: false", "fail"),
    ("shop.count > 0 && shop.open", "open: false", "fail"),
    ("shop.open || shop.count > 0", "open: true", "pass"),
    ("shop.count > 0 || shop.open", "open: true", "pass"),
    ("shop.open && shop.count > 0", "open: true", "unknown"),
    # two kinds of nothing meet: missing before absent; a fault before both
    ("shop.plan.owner != null && shop.open", "plan: null", "unknown"),
    ("shop.open && shop.plan.owner != null", "plan: null", "unknown"),
    ("shop.open && 10 % shop.count == 0", "count: 0", "error"),
    ("shop.plan.owner != null && 10 % shop.count == 0", "plan: null\ncount: 0", "error"),
    ("10 % shop.count == 0", "count: 0", "error"),
    # money
    ("shop.price <= shop.limit", "currency: EUR\nprice: 1\nlimit: 2", "pass"),
    ("shop.price <= shop.limit", "currency: EUR\nprice: 1\nlimit: {amount: 2, currency: USD}", "unknown"),
    ("shop.price <= shop.limit", "price: 1\nlimit: 2", "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("that", "facts", "status"), NOTHING)
@pytest.mark.parametrize("full", [True, False], ids=["full", "plain"])
def test_every_kind_of_nothing(world: World, that: str, facts: str, status: str, full: bool) -> None:
    world.policy(f"require:\n  - id: it\n    that: >-\n      {that}\n")
    told = [result for result in world.scan(facts + "\n", full=full) if result.policy == "MINE-01"]
    if status == "pass" and not full:
        assert told == []
        return
    (result,) = told
    assert (result.requirement, result.status.value) == ("it", status)
    assert "evaluators" not in result.message


@pytest.mark.parametrize(
    ("facts", "fail", "unknown"),
    [
        ("plan: null", "fail", "unknown"),
        ("plan: {owner: null}", "fail", "unknown"),
        ("plan: {}", "unknown", "unknown"),
        ("people: [{id: p, left_on: null}]\nplan: {owner: p}", "pass", "pass"),
    ],
)
def test_what_nothing_means_is_said_by_the_requirement(
    world: World, facts: str, fail: str, unknown: str
) -> None:
    item = "    that: shop.plan.owner.left_on == null\n"
    world.policy(f"require:\n  - id: a\n{item}  - id: b\n    absent: unknown\n{item}")
    assert world.told(facts + "\n") == [("", "a", fail), ("", "b", unknown)]


# --- when


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ("open: false\ncount: 0", "not_applicable"),
        ("count: 1", "unknown"),
        ("open: true\ncount: 1", "pass"),
        ("open: true\ncount: 0", "fail"),
        ("open: true", "unknown"),
    ],
)
def test_a_requirement_with_a_when(world: World, facts: str, status: str) -> None:
    world.policy("require:\n  - id: some\n    when: shop.open\n    that: shop.count > 0\n")
    assert world.told(facts + "\n") == [("", "some", status)]


def test_one_requirement_does_not_touch_another(world: World) -> None:
    world.policy(
        "require:\n"
        "  - id: none\n    when: shop.open\n    that: 'false'\n"
        "  - id: broken\n    that: 10 % shop.count == 0\n"
        "  - id: lacking\n    that: shop.alarm && shop.tools != []\n"
        "  - id: good\n    that: shop.count == 0\n"
    )
    assert world.told("open: false\ncount: 0\nalarm: true\n") == [
        ("", "none", "not_applicable"),
        ("", "broken", "error"),
        ("", "lacking", "unknown"),
        ("", "good", "pass"),
    ]


def test_a_requirement_has_its_own_severity(world: World) -> None:
    world.policy("require:\n  - id: a\n    that: 'false'\n  - id: b\n    severity: low\n    that: 'false'\n")
    assert [result.severity for result in world.scan("")] == [Severity.HIGH, Severity.LOW]


# --- each

EACH = """\
for_each: shop.tools
as: tool
require:
  - id: sound
    each: {part: tool.parts}
    that: part.worn == false
    say: "{part.id} of {tool.id} is worn"
"""


@pytest.mark.parametrize(
    ("tool", "status"),
    [
        ("parts: []", "pass"),
        ("parts: [{id: p, worn: false}, {id: q, worn: false}]", "pass"),
        ("parts: [{id: p, worn: false}, {id: q, worn: true}]", "fail"),
        ("parts: [{id: p, worn: null}]", "fail"),
        ("parts: [{id: p}, {id: q, worn: true}]", "fail"),
        ("parts: [{id: p}, {id: q, worn: false}]", "unknown"),
        ("parts: [{id: p, worn: }]", "unknown"),
        ("parts: ", "unknown"),
        ("in_use: true", "unknown"),
    ],
)
def test_each(world: World, tool: str, status: str) -> None:
    world.policy(EACH)
    assert world.told(f"tools: [{{id: a, {tool}}}]\n") == [("a", "sound", status)]


@pytest.mark.parametrize(
    ("history", "absent", "status"),
    [
        ("history: {faults: []}", "fail", "pass"),
        ("history: {faults: [{id: f, worn: true}]}", "fail", "fail"),
        ("history: {}", "fail", "unknown"),
        ("history: ", "fail", "unknown"),
        ("history: null", "fail", "fail"),
        ("history: null", "unknown", "unknown"),
    ],
)
def test_each_of_a_list_that_something_holds(world: World, history: str, absent: str, status: str) -> None:
    world.policy(
        "for_each: shop.tools\nas: tool\nrequire:\n  - id: sound\n    each: {f: tool.history.faults}\n"
        f"    that: f.worn == false\n    absent: {absent}\n"
    )
    assert world.told(f"tools: [{{id: a, {history}}}]\n") == [("a", "sound", status)]


def test_nested_each(world: World) -> None:
    world.policy(
        "require:\n  - id: tight\n    each: {tool: shop.tools, part: tool.parts, screw: part.screws}\n"
        "    that: screw.tight\n    say: '{screw.id} of {part.id} of {tool.id} is loose'\n"
    )
    text = (
        "tools:\n"
        "  - {id: a, parts: []}\n"
        "  - id: b\n"
        "    parts:\n"
        "      - {id: p, screws: [{id: s, tight: true}]}\n"
        "      - {id: q, screws: [{id: t, tight: true}, {id: u, tight: false}]}\n"
    )
    result = world.one(text)
    assert (result.status.value, result.message) == ("fail", "u of q of b is loose")
    assert (result.span.line, result.span.column) == (10, 48)
    assert world.told("tools: [{id: a, parts: [{id: p}]}]\n") == [("", "tight", "unknown")]
    assert world.told("tools: [{id: a, parts: [{id: p, screws: []}]}]\n") == [("", "tight", "pass")]


def test_the_worst_element_decides_and_the_others_are_counted(world: World) -> None:
    world.policy(EACH)
    text = "tools:\n  - id: a\n    parts:\n" + "".join(
        f"      - {{id: p{n}{worn}}}\n" for n, worn in enumerate(["", ", worn: false", ", worn: true"] * 2)
    )
    result = world.one(text)
    assert result.status.value == "fail"
    assert result.message == "p2 of a is worn (+1 more)"
    assert result.span.line == 10


# --- needs

NEEDS = """\
for_each: shop.tools
as: tool
needs:
  - id: checked
    that: within(tool.checked_on, days(30))
    say: "{tool.id} was last checked on {tool.checked_on}"
require:
  - id: safe
    that: tool.safe
  - id: used
    that: tool.in_use
"""


@pytest.mark.parametrize(
    ("checked", "status"),
    [
        ("checked_on: 2026-10-30", "pass"),
        ("checked_on: 2026-10-01", "pass"),
        ("checked_on: 2026-09-30", "unknown"),
        ("checked_on: null", "unknown"),
        ("checked_on: ", "unknown"),
        ("x-note: nothing", "unknown"),
        ("checked_on: 2026-11-30", "unknown"),
    ],
)
def test_without_its_needs_nothing_is_told(world: World, checked: str, status: str) -> None:
    told = world.policy(NEEDS).told(f"tools: [{{id: a, safe: true, in_use: true, {checked}}}]\n")
    expected = (
        [("a", "checked", "unknown")]
        if status == "unknown"
        else [("a", "safe", "pass"), ("a", "used", "pass")]
    )
    assert told == expected


def test_a_need_that_faults_is_an_error(world: World) -> None:
    world.policy("needs:\n  - id: n\n    that: 10 % shop.count == 0\nrequire:\n  - id: r\n    that: 'true'\n")
    assert world.told("count: 0\n") == [("", "n", "error")]


BLOCKS = """\
needs:
  - id: sure
    blocks: pass
    that: shop.count > 3
    say: "only {shop.count} were counted"
require:
  - id: open
    severity: low
    that: shop.open
"""


@pytest.mark.parametrize(
    ("facts", "told", "message"),
    [
        ("count: 4\nopen: true", ("open", "pass"), ""),
        ("count: 3\nopen: true", ("open", "unknown"), "only 3 were counted"),
        ("count: 3\nopen: false", ("open", "fail"), "not met"),
        ("open: false", ("open", "fail"), "not met"),
        ("open: true", ("open", "unknown"), "count: it is not recorded"),
        ("count: 3", ("open", "unknown"), "open: it is not recorded"),
    ],
)
def test_a_need_that_only_blocks_a_pass(
    world: World, facts: str, told: tuple[str, str], message: str
) -> None:
    result = world.policy(BLOCKS).one(facts + "\n")
    assert (result.requirement, result.status.value) == told
    assert message in result.message
    assert result.severity is Severity.LOW


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ("alarm: false\nopen: true", "pass"),
        ("alarm: true\ncount: 4\nopen: true", "pass"),
        ("alarm: true\ncount: 3\nopen: false", "unknown"),
        ("alarm:\ncount: 4\nopen: true", "unknown"),
    ],
)
def test_a_need_with_its_own_when(world: World, facts: str, status: str) -> None:
    world.policy(
        "needs:\n  - id: sure\n    when: shop.alarm\n    that: shop.count > 3\nrequire:\n"
        "  - id: open\n    that: shop.open\n"
    )
    requirement = "sure" if status == "unknown" else "open"
    assert world.told(facts + "\n") == [("", requirement, status)]


def test_a_requirements_needs_are_its_own(world: World) -> None:
    world.policy(
        "require:\n"
        "  - id: a\n    needs:\n      - {id: sure, that: shop.count > 3, say: 'only {shop.count}'}\n"
        "    that: shop.open\n"
        "  - id: b\n    that: shop.open\n"
    )
    assert world.told("count: 3\nopen: false\n") == [("", "a", "unknown"), ("", "b", "fail")]
    assert world.told("count: 4\nopen: false\n") == [("", "a", "fail"), ("", "b", "fail")]


def test_a_requirements_need_that_only_blocks_a_pass(world: World) -> None:
    world.policy(
        "require:\n"
        "  - id: a\n    needs:\n      - {id: sure, blocks: pass, that: shop.count > 3}\n    that: shop.open\n"
    )
    assert world.told("count: 3\nopen: false\n") == [Told("", "a", "fail")]
    assert world.told("count: 3\nopen: true\n") == [Told("", "a", "unknown")]


def test_a_requirement_that_does_not_apply_needs_nothing(world: World) -> None:
    world.policy(
        "require:\n"
        "  - id: a\n    when: shop.open\n    needs: [{id: sure, that: shop.count > 3}]\n    that: 'true'\n"
    )
    assert world.told("open: false\n") == [("", "a", "not_applicable")]


# --- variables


def test_variables_are_evaluated_where_they_are_used(world: World) -> None:
    world.policy(
        "variables: {remainder: 10 % shop.count, odd: remainder == 1}\n"
        "require:\n  - id: a\n    that: shop.open || odd\n  - id: b\n    that: odd\n"
    )
    assert world.told("open: true\ncount: 0\n") == [("", "a", "pass"), ("", "b", "error")]
    assert world.told("open: true\n") == [("", "a", "pass"), ("", "b", "unknown")]
    assert world.told("open: false\ncount: 3\n") == [("", "a", "pass"), ("", "b", "pass")]
