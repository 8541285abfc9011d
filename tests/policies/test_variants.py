"""A policy under other parameters: what a whole load would give, from one file alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from policyscan.errors import PolicyscanError, Problems
from policyscan.policies import loading
from policyscan.policies.loading import load_pack
from policyscan.policies.plain import dumps
from policyscan.policies.variants import Variants
from tests.engine.world import World, kinds

DEFINITIONS = """\
functions:
  used:
    takes: {tool: tool}
    returns: bool
    value: tool.in_use
"""
LIMITED = """\
parameters:
  limit: {type: duration, default: 30d, min: 1d, max: 90d, stricter: lower, why: ours}
  names: {type: strings, default: [saw], why: ours}
uses: [MINE-02]
for_each: shop.tools
as: tool
notice: params.limit
when: used(tool) && passes("MINE-02")
require:
  - id: checked
    that: within(tool.checked_on, params.limit) && tool.id in params.names
    means: it was checked within {params.limit}
"""
OTHER = "require: [{id: open, that: size(shop.tools) > 0}]\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "mine").policy(LIMITED).policy(OTHER, "MINE-02")
    (world.folder / "definitions.yaml").write_text(DEFINITIONS, encoding="utf-8")
    return world


def whole(world: World, parameters: dict[str, Any]) -> Any:
    """The policy as a load of the whole pack gives it, or what is wrong."""
    pack, problems = load_pack(world.folder, kinds(), shown="mine", overrides={"MINE-01": parameters})
    return said(problems) if problems or pack is None else dumps(pack.policies["MINE-01"])


def said(problems: Any) -> list[str]:
    return [str(problem) for problem in problems]


@pytest.mark.parametrize(
    "parameters",
    [
        {"limit": "14d"},
        {"limit": "90d", "names": ["saw", "plane"]},
        {"names": []},
        {"limit": "91d"},
        {"limit": "soon"},
        {"limt": "14d"},
        {"limit": None, "names": "saw", "other": 1},
    ],
)
def test_a_variant_is_what_a_whole_load_gives(world: World, parameters: dict[str, Any]) -> None:
    variants = Variants(world.pack(), kinds(), "MINE-01")
    made: Any
    try:
        made = dumps(variants(parameters)["MINE-01"])
    except Problems as problems:
        made = said(problems.problems)
    assert made == whole(world, parameters)


def test_the_others_stand(world: World) -> None:
    pack = world.pack()
    variants = Variants(pack, kinds(), "MINE-01")
    assert variants({}) is pack.policies
    changed = variants({"limit": "14d"})
    assert list(changed) == list(pack.policies)
    assert changed["MINE-02"] is pack.policies["MINE-02"]
    assert changed["MINE-01"].shown_parameters == {"limit": "14d", "names": ["saw"]}
    assert pack.policies["MINE-01"].shown_parameters["limit"] == "30d"
    assert variants({"limit": "14d"}) is changed


def test_only_the_file_that_changes_is_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    variants = Variants(world.pack(), kinds(), "MINE-01")
    read: list[str] = []
    reading = loading.read_content

    def spy(path: Any, name: str) -> Any:
        read.append(name)
        return reading(path, name)

    monkeypatch.setattr(loading, "read_content", spy)
    for days in (10, 20, 10):
        variants({"limit": f"{days}d"})
    assert read == ["mine/MINE/MINE-01.yaml"] * 2


def test_what_a_parameter_breaks_beside_its_own_expressions(tmp_path: Path) -> None:
    world = World(tmp_path / "mine")
    world.policy(
        "parameters: {ahead: {type: duration, default: 0d, min: 0d, max: 90d, why: ours}}\n"
        "uses: [MINE-02]\n"
        'require: [{id: told, that: passes("MINE-02"), notice: params.ahead}]\n',
        kind="chain",
    )
    world.policy(
        "project: {shops: {from: shop, columns: {n: size(shop.tools)}}}\n"
        "require: [{id: many, that: size(shops) > 1}]\n",
        "MINE-02",
        kind="chain",
    )
    variants = Variants(world.pack(), kinds(), "MINE-01")
    with pytest.raises(PolicyscanError, match="knows its members for now alone"):
        variants({"ahead": "7d"})
    assert "knows its members for now alone" in whole(world, {"ahead": "7d"})[0]


def test_a_file_that_went_wrong_since(world: World) -> None:
    variants = Variants(world.pack(), kinds(), "MINE-01")
    world.policy(LIMITED.replace("params.limit)", "params.limits)"))
    with pytest.raises(PolicyscanError, match=r"mine/MINE/MINE-01.yaml:\d+:\d+: .*limits"):
        variants({"limit": "14d"})
