"""`passes()`: one policy reads another's status for the same inventory."""

from __future__ import annotations

import pytest

from policyscan.findings import Status
from tests.engine.world import World

OPEN = "require:\n  - id: o\n    that: shop.open\n"
ASKS = "uses: [OTHER-01]\nrequire:\n  - id: a\n    that: passes('OTHER-01')\n"


@pytest.mark.parametrize(
    ("other", "facts", "status"),
    [
        (OPEN, "open: true\n", Status.PASS),
        (OPEN, "open: false\n", Status.FAIL),
        (OPEN, "", Status.UNKNOWN),
        ("require:\n  - id: o\n    that: 10 % shop.count == 0\n", "count: 0\n", Status.ERROR),
        # what does not apply is nothing to rely on
        ("applies: shop.open\nrequire:\n  - id: o\n    that: 'true'\n", "open: false\n", Status.FAIL),
        # the worst of its subjects
        (
            "for_each: shop.tools\nas: t\nrequire:\n  - id: o\n    that: t.safe\n",
            "tools: [{id: a, safe: true}, {id: b, safe: false}]\n",
            Status.FAIL,
        ),
        # what is due still passes
        (
            "notice: 90d\nrequire:\n  - id: o\n    that: today <= date('2026-11-10')\n",
            "",
            Status.PASS,
        ),
    ],
)
def test_what_another_policy_gives(world: World, other: str, facts: str, status: Status) -> None:
    world.policy(ASKS).policy(other, "OTHER-01")
    assert world.one(facts, "MINE-01").status is status


def test_it_is_absorbed_like_any_other_value(world: World) -> None:
    world.policy(ASKS.replace("passes('OTHER-01')", "passes('OTHER-01') || shop.open"))
    world.policy("require:\n  - id: o\n    that: shop.alarm\n", "OTHER-01")
    assert world.one("open: true\nalarm:\n", "MINE-01").status is Status.PASS
    assert world.one("open: false\nalarm:\n", "MINE-01").status is Status.UNKNOWN


def test_a_dependency_is_run_although_it_is_not_chosen(world: World) -> None:
    world.policy(ASKS).policy(OPEN, "OTHER-01")
    (result,) = world.scan("open: false\n", "MINE-01")
    assert (result.policy, result.status) == ("MINE-01", Status.FAIL)


def test_a_chain(world: World) -> None:
    world.policy(ASKS)
    world.policy("uses: [LAST-01]\nrequire:\n  - id: o\n    that: passes('LAST-01')\n", "OTHER-01")
    world.policy("require:\n  - id: l\n    that: shop.open\n", "LAST-01")
    for facts, status in (("open: true\n", "pass"), ("open: false\n", "fail"), ("", "unknown")):
        assert {r.policy: r.status.value for r in world.scan(facts)} == dict.fromkeys(
            ("MINE-01", "OTHER-01", "LAST-01"), status
        )


def test_its_turns_are_the_askers_too(world: World) -> None:
    world.policy(ASKS + "notice: 30d\n")
    world.policy("require:\n  - id: o\n    that: today <= date('2026-11-10')\n", "OTHER-01")
    result = world.one("", "MINE-01")
    assert (result.status, result.until) == (Status.DUE, "2026-11-11")


def test_what_is_unknown_about_it_is_named(world: World) -> None:
    world.policy(ASKS).policy(OPEN, "OTHER-01")
    result = world.one("", "MINE-01")
    assert "OTHER-01" in result.message


@pytest.mark.parametrize(
    ("bodies", "problems"),
    [
        (
            {"MINE-01": ASKS.replace("uses: [OTHER-01]\n", "")},
            ["mine/MINE/MINE-01.yaml:9:18: passes('OTHER-01') reads a control that `uses` does not name"],
        ),
        (
            {"MINE-01": ASKS.replace("uses: [OTHER-01]\n", "").replace("'OTHER-01'", "shop.about.id")},
            ["mine/MINE/MINE-01.yaml:9:18: passes() reads controls, but there is no `uses`"],
        ),
        (
            {"MINE-01": ASKS},
            ["mine/MINE/MINE-01.yaml:7:8: `uses` names OTHER-01, which is not in this pack"],
        ),
        (
            {"MINE-01": ASKS.replace("passes('OTHER-01')", "shop.open"), "OTHER-01": OPEN},
            ["mine/MINE/MINE-01.yaml:7:8: `uses` names OTHER-01, which no expression here reads"],
        ),
        (
            {"MINE-01": ASKS.replace("OTHER-01", "MINE-01")},
            ["mine/MINE/MINE-01.yaml:7:8: `uses` leads back to this policy: MINE-01 → MINE-01"],
        ),
        (
            {
                "MINE-01": ASKS,
                "OTHER-01": "uses: [MINE-01]\nrequire:\n  - id: o\n    that: passes('MINE-01')\n",
            },
            [
                "mine/MINE/MINE-01.yaml:7:8: `uses` leads back to this policy: MINE-01 → OTHER-01 → MINE-01",
                "mine/OTHER/OTHER-01.yaml:7:8: `uses` leads back to this policy: "
                "OTHER-01 → MINE-01 → OTHER-01",
            ],
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_uses_is_told_when_it_is_loaded(
    world: World, bodies: dict[str, str], problems: list[str]
) -> None:
    for id_, body in bodies.items():
        world.policy(body, id_)
    assert [str(p).partition("\n")[0] for p in world.problems()] == problems


ASKING = """\
functions:
  other_holds: {returns: bool, value: "passes('OTHER-01')"}
  named_holds: {takes: {id: string}, returns: bool, value: passes(id)}
  all_hold: {takes: {open: bool}, returns: bool, value: open && other_holds()}
"""


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("other_holds()", "other_holds(): passes('OTHER-01') reads a control that `uses` does not name"),
        (
            "shop.open && all_hold(shop.open)",
            "all_hold(): other_holds(): passes('OTHER-01') reads a control that `uses` does not name",
        ),
        ("named_holds('OTHER-01')", "named_holds(): passes() reads controls, but there is no `uses`"),
        ("shop.tools.all(t, other_holds())", "other_holds(): passes('OTHER-01') reads a control"),
    ],
)
def test_a_definition_asks_for_what_calls_it(world: World, expression: str, message: str) -> None:
    (world.folder / "OTHER").mkdir(parents=True)
    (world.folder / "definitions.yaml").write_text(ASKING, encoding="utf-8")
    world.policy(OPEN, "OTHER-01").policy(ASKS.replace("passes('OTHER-01')", expression))
    assert world.problems() == []
    world.policy(ASKS.replace("passes('OTHER-01')", expression).replace("uses: [OTHER-01]\n", ""))
    (problem,) = world.problems()
    column = 11 + expression.index(message.partition("(")[0])
    assert str(problem).startswith(f"mine/MINE/MINE-01.yaml:9:{column}: {message}")
    assert "uses" in (problem.hint or "")


def test_what_a_definition_asks_for_is_evaluated(world: World) -> None:
    (world.folder / "OTHER").mkdir(parents=True)
    (world.folder / "definitions.yaml").write_text(ASKING, encoding="utf-8")
    world.policy(OPEN, "OTHER-01").policy(ASKS.replace("passes('OTHER-01')", "all_hold(true)"))
    assert world.one("open: true\n", "MINE-01").status is Status.PASS
    assert world.one("open: false\n", "MINE-01").status is Status.FAIL
    assert world.one("", "MINE-01").status is Status.UNKNOWN


def test_a_policy_about_another_kind_cannot_be_asked(world: World) -> None:
    world.policy(ASKS).policy("require:\n  - id: o\n    that: depot.doors == []\n", "OTHER-01", "depot")
    (problem,) = world.problems()
    assert "another kind, depot" in problem.message


def test_a_control_that_shows_only_when_it_runs_must_be_declared(world: World) -> None:
    world.policy(ASKS.replace("'OTHER-01'", "shop.about.name"))
    for id_ in ("OTHER-01", "THIRD-01"):
        world.policy("require:\n  - id: o\n    that: 'true'\n", id_)

    def asked(name: str) -> Status:
        from policyscan.engine.scan import scan_document
        from tests.engine.world import opened

        text = f"schema_version: 1\nkind: shop\nas_of: 2026-10-31\nabout: {{id: corner, name: {name}}}\n"
        return scan_document(opened("shop.yaml", text), world.plan("2026-10-31", "MINE-01")).results[0].status

    assert [asked(name) for name in ("OTHER-01", "THIRD-01", "NONE-01")] == [
        Status.PASS,
        Status.ERROR,
        Status.ERROR,
    ]


def test_an_unknown_names_the_control_that_it_rests_on(world: World) -> None:
    world.policy(ASKS).policy(OPEN, "OTHER-01")
    (found,) = world.scan("", "MINE-01")
    assert (found.status, found.gaps, found.reason) == (Status.UNKNOWN, (), "OTHER-01 is unknown")
