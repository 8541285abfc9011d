"""Tables of members in a policy: what is wrong with one is told when it is loaded, at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyscan.policies import plain
from tests.engine.world import World

HEAD = 6  # lines of a policy before its body
GOOD = "require:\n  - id: it\n    that: shops.all(s, s.open)\n"
FINE = "require: [{id: it, that: chain.limit > 3}]\n"
COLUMNS = "{open: shop.open}"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "mine")


def project(columns: str = COLUMNS, more: str = "", name: str = "shops", kind: str = "shop") -> str:
    return f"project:\n  {name}:\n    from: {kind}\n{more}    columns: {columns}\n"


# name: (body of a policy, line below its head and column, part of the message or hint)
BROKEN: dict[str, tuple[str, str, str]] = {
    "a kind that is no member": (
        project(kind="client") + GOOD, "3:11", "'client' is no kind of member of a chain",
    ),
    "a kind that is not there": (project(kind="depott") + GOOD, "3:11", "are of the kind depot or shop"),
    "an unknown fact": (project("{open: shop.opn}") + GOOD, "4:26", "did you mean 'open'"),
    "an unknown column": (project() + GOOD.replace("s.open", "s.opn"), "7:26", "no field 'opn'"),
    "a fact of the member that is no column": (
        project() + GOOD.replace("s.open", "s.count"), "7:26", "no field 'count'",
    ),
    "the member itself, where it is not": (
        project() + GOOD.replace("s.open", "shop.open"), "7:24", "shop",
    ),
    "the whole inventory, where a member is asked": (
        project("{open: chain.limit > 3}") + GOOD, "4:21", "chain",
    ),
    "a column that holds an object": (
        project("{open: shop.open, plan: shop.plan}") + GOOD, "4:38", "a column cannot hold plan",
    ),
    "a column that holds objects": (
        project("{open: shop.open, all: shop.tools}") + GOOD, "4:37", "a column cannot hold list(tool)",
    ),
    "a column that holds a map of objects": (
        project("{open: shop.open, all: 'shop.tools.groupBy(t, t.id)'}") + GOOD,
        "4:37", "a column cannot hold map",
    ),
    "a column that holds nothing": (
        project("{open: shop.open, none: 'null'}") + GOOD, "4:38", "a column cannot hold null",
    ),
    "a column that holds nobody knows what": (
        project("{open: shop.open, x: '[]'}") + GOOD, "4:35", "a column cannot hold list(",
    ),
    "a column named as what every row has": (
        project("{open: shop.open, document: shop.count}") + GOOD, "4:32", "every row has 'document' already",
    ),
    "a column named as what every member's row has": (
        project("{open: shop.open, id: shop.about.id}") + GOOD, "4:32", "every row has 'id' already",
    ),
    "a column named as what every element has": (
        project("{open: 'true', id: item.id}", "    for_each: shop.tools\n") + GOOD,
        "5:29", "every row has 'id'",
    ),
    "a table named as the inventory": (project(name="chain") + FINE, "2:3", "taken"),
    "a table named as the parameters": (project(name="params") + FINE, "2:3", "taken"),
    "a table named as the clock": (project(name="today") + FINE, "2:3", "the clock's"),
    "a subject named as a table": (
        project() + "for_each: shops\nas: shops\n" + GOOD, "5:11", "taken",
    ),
    "a variable named as a table": (
        project() + "variables: {shops: chain.limit}\n" + GOOD, "5:20", "taken",
    ),
    "an element named as the member": (
        project("{open: 'true'}", "    for_each: shop.tools\n    as: shop\n") + GOOD, "5:9", "taken",
    ),
    "a row for each of what is no list": (
        project("{open: 'true'}", "    for_each: shop.count\n") + GOOD, "4:15", "is not a list but",
    ),
    "as without for_each": (project(more="    as: t\n") + GOOD, "4:9", "`as:` without `for_each:`"),
    "notice": (project() + "notice: 30d\n" + GOOD, "5:9", "`notice:` cannot be used with `project:`"),
    "notice of a requirement": (
        project() + GOOD + "    notice: 30d\n", "8:13", "`notice:` cannot be used with `project:`",
    ),
    "a member's control that is not declared": (
        project("{open: 'passes(\"OTHER-01\")'}") + GOOD, "4:29", "add `uses: [OTHER-01]`",
    ),
    "a member's control, asked of the whole": (
        "uses: [OTHER-01]\n" + project() + GOOD.replace("shops.all(s, s.open)", "passes('OTHER-01')"),
        "1:8", "`uses` names OTHER-01, which is about another kind, shop, not chain",
    ),
    "a control of the whole, asked of a member": (
        "uses: [WHOLE-01]\n" + project("{open: 'passes(\"WHOLE-01\")'}") + GOOD,
        "1:8", "`uses` names WHOLE-01, which is about another kind, chain, not shop",
    ),
    "a control that is asked ahead of time": (
        "uses: [WHOLE-01]\nnotice: 3d\nrequire: [{id: a, that: passes('WHOLE-01')}]\n",
        "1:8", "which knows its members for now alone",
    ),
    "a fact that may be missing and decides": (
        project("{open: has(shop.open)}") + GOOD, "4:21", "can turn a missing fact into a verdict",
    ),
    "no columns": ("project: {shops: {from: shop, columns: {}}}\n" + GOOD, "1:40", ""),
    "no kind": ("project: {shops: {columns: {open: shop.open}}}\n" + GOOD, "1:11", "'from' is missing"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_told_at_its_place(world: World, name: str) -> None:
    body, place, part = BROKEN[name]
    world.policy(body, kind="chain")
    world.policy("require: [{id: o, that: shop.open}]\n", "OTHER-01")
    world.policy(project() + GOOD, "WHOLE-01", kind="chain")
    line, column = place.split(":")
    (problem,) = [p for p in world.problems() if p.at and p.at.file == "mine/MINE/MINE-01.yaml"]
    assert (problem.at and (problem.at.line, problem.at.column)) == (HEAD + int(line), int(column))
    assert part in f"{problem.message} {problem.hint}"


def test_a_kind_without_members_has_no_tables(world: World) -> None:
    world.policy(project() + GOOD)
    assert "a shop has no members, so there is nothing to project" in [p.message for p in world.problems()]


def test_a_circle_through_a_members_control_is_told(world: World) -> None:
    asks = project("{open: 'passes(\"OTHER-01\")'}").replace("project:", "uses: [OTHER-01]\nproject:")
    world.policy(asks + GOOD, kind="chain")
    world.policy("uses: [MINE-01]\nrequire: [{id: o, that: passes('MINE-01')}]\n", "OTHER-01")
    messages = [problem.message for problem in world.problems()]
    assert "`uses` leads back to this policy: MINE-01 → OTHER-01 → MINE-01" in messages
    assert "`uses` names MINE-01, which is about another kind, chain, not shop" in messages


def test_tables_are_kept_between_runs(world: World) -> None:
    element = project("{safe: tool.safe}", "    for_each: shop.tools\n    as: tool\n", "tools")
    body = (
        project() + element.removeprefix("project:\n") + "  depots: {from: depot, columns: {x: '1'}}\n" + GOOD
    )
    policy = world.policy(body, kind="chain").pack().policies["MINE-01"]
    again = plain.loads(plain.dumps(policy))
    assert [(t.name, t.kind, t.label, t.key, [name for name, _ in t.columns]) for t in again.tables] == [
        ("shops", "shop", "", (), ["open"]),
        ("tools", "shop", "shop.tools", ("id",), ["safe"]),
        ("depots", "depot", "", (), ["x"]),
    ]
    assert again.tables[1].for_each is not None
    assert again.tables[1].for_each.program(None, {"tools": [1]}) == [1]
