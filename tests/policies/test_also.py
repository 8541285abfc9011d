"""What a control asks of inventories of another kind: `also`."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyscan.engine.scan import scan_document
from policyscan.findings import Result
from policyscan.policies.plain import dumps, loads
from tests.engine.world import World, documents

BODY = """\
parameters: {{most: {{type: int, default: 2, min: 1, max: 9, why: we say so}}}}
for_each: depot.doors
as: door
require:
  - {{id: locked, that: door.locked, say: "{{door.id}} is open"}}
also:
  kind: shop
  for_each: shop.tools
  as: tool
  when: tool.in_use
  not_applicable: it is not in use
  require:
    - {{id: few, that: {that}, say: "{{tool.id}} is not safe"}}
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "mine")


def written(world: World, that: str = "tool.safe && size(shop.tools) <= params.most") -> World:
    return world.policy(BODY.format(that=that), kind="depot")


def told(results: list[Result]) -> list[tuple[str, str, str, str]]:
    return [(r.policy, r.kind, r.subject, r.status.value) for r in results]


def test_one_control_asks_two_kinds(world: World) -> None:
    plan = written(world).plan()
    shop, north = documents(
        "tools: [{id: saw, in_use: true, safe: false}, {id: axe, in_use: false}, {id: awl, in_use: true}]\n",
        "doors: [{id: front, locked: true}]\n",
    )
    found = scan_document(shop, plan, [north]).results
    assert told(found) == [
        ("MINE-01", "shop", "saw", "fail"),
        ("MINE-01", "shop", "axe", "not_applicable"),
        ("MINE-01", "shop", "awl", "fail"),
    ]
    assert found[0].message == "saw is not safe"
    assert found[1].message == "it is not in use"
    assert told(scan_document(north, plan, []).results) == [("MINE-01", "depot", "front", "pass")]


def test_what_it_asks_is_kept_with_it(world: World) -> None:
    policy = written(world).pack().policies["MINE-01"]
    again = loads(dumps(policy))
    assert again.also is not None
    assert again.about("shop") is again.also
    assert again.about("depot") is again
    assert again.about("client") is None
    assert (policy.info.kind, policy.info.also) == ("depot", "shop")
    assert again.also.require[0].id == "few"


def test_a_mistake_in_it_is_told_at_its_place(world: World) -> None:
    written(world, "tool.saef")
    (problem,) = world.problems()
    assert str(problem.at) == "mine/MINE/MINE-01.yaml:19:28"
    assert "'saef'" in problem.message


def test_what_its_parameters_lack_is_told_once(world: World) -> None:
    written(world)
    path = world.folder / "MINE" / "MINE-01.yaml"
    path.write_text(path.read_text("utf-8").replace("min: 1, max: 9, ", ""), "utf-8")
    assert [problem.message for problem in world.problems() if "bounds" in problem.message] == [
        "parameter 'most' has no bounds"
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kind: shop\n", "kind: depot\n", "`also:` is for another kind than 'depot'"),
        ("kind: shop\n", "kind: barn\n", "there is no kind 'barn'"),
        ("  when: tool.in_use\n", "  uses: [MINE-02]\n", "unknown key 'uses'"),
        ("  when: tool.in_use\n", "  when: door.locked\n", "door"),
    ],
)
def test_it_is_for_another_kind_and_asks_no_controls(world: World, old: str, new: str, message: str) -> None:
    written(world)
    path = world.folder / "MINE" / "MINE-01.yaml"
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    assert message in "\n".join(str(problem) for problem in world.problems())
