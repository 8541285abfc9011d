"""Rules of consistency as files of a pack: what may stand in one, and what is told of one that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyscan.policies.cache import load_cached
from policyscan.policies.loading import load_pack
from policyscan.store import Store
from tests.engine.world import World, kinds
from tests.policies.test_cache import as_values

SAFE = """\
for_each: shop.tools
as: tool
require:
  - {id: idle, that: "tool.safe || !tool.in_use", say: "{tool.id} is in use and not safe"}
disputes: [tool.safe, tool.in_use]
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "mine")


def told(world: World) -> list[str]:
    return [str(problem).partition("\n")[0] for problem in world.problems()]


def test_rules_are_no_policies_of_the_pack(world: World) -> None:
    pack = world.policy("require: [{id: open, that: shop.open}]\n").rule(SAFE).pack()
    assert list(pack.policies) == ["MINE-01"]
    assert list(pack.rules) == ["CONS-501"]
    assert [dispute.text for dispute in pack.rules["CONS-501"].disputes] == ["tool.safe", "tool.in_use"]


def test_a_pack_may_hold_rules_alone(world: World) -> None:
    assert list(world.rule(SAFE).pack().rules) == ["CONS-501"]


@pytest.mark.parametrize(
    ("selection", "holders", "field"),
    [
        ("tool.safe", "tool", "safe"),
        ("shop.plan.owner.left_on", "shop.plan.owner", "left_on"),
        ("shop.tools.map(t, t.safe)", "shop.tools.map(t, t)", "safe"),
        ("shop.tools.map(t, t.in_use, t.safe)", "shop.tools.map(t, t.in_use, t)", "safe"),
        ("shop.tools.map(t, t.parts.map(p, p.id))", "shop.tools.map(t, t.parts.map(p, p))", "id"),
        ("shop.tools.maxBy(t, t.id).safe", "shop.tools.maxBy(t, t.id)", "safe"),
    ],
)
def test_a_selection_leads_to_the_objects_that_hold_a_field(
    world: World, selection: str, holders: str, field: str
) -> None:
    body = SAFE.replace("[tool.safe, tool.in_use]", f"['{selection}']")
    (dispute,) = world.rule(body).pack().rules["CONS-501"].disputes
    assert (dispute.holders.text, dispute.field) == (holders, field)


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ("tool", "`tool` selects no fact that could be in dispute"),
        ("shop.tools", None),
        ("shop.tools[0]", "`shop.tools[0]` selects no fact that could be in dispute"),
        ("shop.count + 1", "`shop.count + 1` selects no fact that could be in dispute"),
        ("!tool.safe", "`!tool.safe` selects no fact that could be in dispute"),
        ("shop.tools.filter(t, t.safe)", "selects no fact that could be in dispute"),
        ("tool.?safe", "selects no fact that could be in dispute"),
        ("has(tool.safe)", "selects no fact that could be in dispute"),
        ("tool.saef", "'saef'"),
        ("tol.safe", "tol"),
    ],
)
def test_what_is_no_selection_is_told_at_its_place(world: World, selection: str, message: str | None) -> None:
    world.rule(SAFE.replace("[tool.safe, tool.in_use]", f"['{selection}']"))
    problems = told(world)
    assert bool(problems) == (message is not None)
    for problem in problems:
        assert message is not None
        assert problem.startswith("mine/consistency/CONS-501.yaml:11:1")
        assert message in problem


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (SAFE.replace("disputes: [tool.safe, tool.in_use]\n", ""), "the key 'disputes' is missing"),
        (SAFE.replace("[tool.safe, tool.in_use]", "[]"), "[] has less than 1 item"),
        (SAFE.replace(', say: "{tool.id} is in use and not safe"', ""), "the key 'say' is missing"),
        (SAFE + "notice: 30d\n", "unknown key 'notice'"),
        (SAFE + "uses: [MINE-01]\n", "unknown key 'uses'"),
        (SAFE + "needs: []\n", "unknown key 'needs'"),
        (SAFE.replace("id: idle,", "id: idle, each: {t: shop.tools},"), "unknown key 'each'"),
        (SAFE.replace("!tool.in_use", '!passes(\\"MINE-01\\")'), "reads facts, not controls"),
    ],
)
def test_a_rule_of_the_wrong_shape_is_told(world: World, body: str, message: str) -> None:
    assert message in "\n".join(told(world.rule(body)))


def test_a_rule_has_the_id_and_the_place_of_one(world: World) -> None:
    world.rule(SAFE, "MINE-07")
    assert "does not fit here" in "\n".join(told(world))


def test_a_control_may_not_be_called_as_rules_are(world: World) -> None:
    world.policy("require: [{id: open, that: shop.open}]\n", "CONS-501")
    assert "'CONS-501.yaml' belongs into the folder 'consistency', not 'CONS'" in "\n".join(told(world))


def test_a_control_cannot_ask_for_a_rule(world: World) -> None:
    world.rule(SAFE).policy(
        "uses: [CONS-501]\nrequire: [{id: open, that: 'passes(\"CONS-501\") || shop.open'}]\n"
    )
    assert "`uses` names CONS-501, which is not in this pack" in "\n".join(told(world))


def test_rules_are_kept_between_runs_with_the_rest_of_their_pack(world: World, tmp_path: Path) -> None:
    world.policy("require: [{id: open, that: shop.open}]\n").rule(SAFE)
    store = Store(str(tmp_path / "cache"), str(tmp_path / "key"))
    fresh, again = (
        load_cached(str(world.folder), kinds(), shown="mine", overrides={}, store=store)[0] for _ in range(2)
    )
    assert fresh is not None
    assert again is not None
    assert list(again.policies) == list(fresh.policies) == ["MINE-01"]
    assert list(again.rules) == list(fresh.rules) == ["CONS-501"]
    assert again.rules["CONS-501"].disputes[0].holders.text == "tool"
    assert as_values(again.rules["CONS-501"]) == as_values(fresh.rules["CONS-501"])


def test_parameters_of_rules_are_set_as_those_of_controls(world: World) -> None:
    body = SAFE + "parameters: {most: {type: int, default: 3, min: 1, max: 9, why: we say so}}\n"
    world.rule(body)
    pack, problems = load_pack(world.folder, kinds(), shown="mine", overrides={"CONS-501": {"most": 5}})
    assert not problems
    assert pack is not None
    assert pack.rules["CONS-501"].parameters == {"most": 5}
