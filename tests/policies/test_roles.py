"""What an expression is for: the part of the policy that it stands in says it, never the name of a thing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.world import World

DECIDES = "this can turn a missing fact into a verdict"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "mine")


@pytest.mark.parametrize("name", ["said", "say", "means", "figures", "require"])
@pytest.mark.parametrize(
    "body",
    [
        "variables: {NAME: has(shop.tools)}\nrequire: [{id: told, that: NAME}]\n",
        "for_each: {NAME: 'has(shop.tools) ? shop.tools : []'}\nrequire: [{id: told, that: NAME.safe}]\n",
        "require: [{id: told, each: {NAME: 'has(shop.tools) ? shop.tools : []'}, that: NAME.safe}]\n",
    ],
)
def test_a_gap_may_decide_nowhere_unexplained(world: World, body: str, name: str) -> None:
    world.policy(body.replace("NAME", name))
    assert [problem.message for problem in world.problems()] == [DECIDES]


@pytest.mark.parametrize("name", ["said", "say", "means"])
def test_a_gap_may_not_decide_a_column_unexplained(world: World, name: str) -> None:
    world.policy(
        f"project: {{shops: {{from: shop, columns: {{{name}: has(shop.tools)}}}}}}\n"
        f"require: [{{id: told, that: 'shops.all(s, s.{name})'}}]\n",
        kind="chain",
    )
    assert [problem.message for problem in world.problems()] == [DECIDES]


@pytest.mark.parametrize("name", ["said", "say", "means"])
def test_what_a_list_or_a_column_reads_counts_whatever_it_is_called(world: World, name: str) -> None:
    world.policy(f"for_each: {{{name}: shop.tools}}\nrequire: [{{id: told, that: {name}.safe}}]\n")
    world.policy(
        f"project: {{shops: {{from: shop, columns: {{{name}: size(shop.tools)}}}}}}\n"
        f"require: [{{id: told, that: 'shops.all(s, s.{name} > 0)'}}]\n",
        "MINE-02",
        kind="chain",
    )
    policies = world.pack().policies
    assert policies["MINE-01"].require[0].reads.names == ("safe", "tools")
    assert policies["MINE-01"].entry.sections == ("shop.tools",)
    assert policies["MINE-02"].tables[0].reads.names == ("tools",)


def test_each_list_of_many_rests_on_what_it_reads_itself(world: World) -> None:
    lists = ["shop.tools"] * 12
    lists[10] = "shop.tools.filter(t, t.in_use)"
    world.policy(f"for_each: {lists}\nas: tool\nrequire: [{{id: told, that: tool.safe}}]\n".replace("'", '"'))
    found = world.pack().policies["MINE-01"].lists
    assert [number for number, reads in enumerate(found) if "in_use" in reads.names] == [10]


def test_what_only_tells_decides_nothing(world: World) -> None:
    world.policy(
        "figures: {known: has(shop.tools)}\n"
        "require: [{id: told, that: size(shop.tools) > 0, say: '{has(shop.people)}'}]\n"
    )
    assert world.pack().policies["MINE-01"].require[0].reads.names == ("tools",)
