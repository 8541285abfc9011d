"""What only warns: it is told, and the control is met all the same. And what is said of what is due."""

from __future__ import annotations

import pytest

from policyscan.findings import Status
from tests.engine.world import World

WARNS = (
    "require:\n  - id: a\n    that: shop.open\n"
    "  - id: b\n    warns: true\n    severity: low\n    that: shop.count > 3\n"
)


@pytest.mark.parametrize(
    ("facts", "a", "b"),
    [
        ("open: true\ncount: 4\n", "pass", "pass"),
        ("open: true\ncount: 3\n", "pass", "warning"),
        ("open: false\ncount: 3\n", "fail", "warning"),
        # what is not known is not known: a warning is no pass of what nobody looked at
        ("open: true\n", "pass", "unknown"),
        ("open: true\ncount:\n", "pass", "unknown"),
    ],
)
def test_a_fail_of_what_warns_is_a_warning(world: World, facts: str, a: str, b: str) -> None:
    world.policy(WARNS)
    assert {told.requirement: told.status for told in world.told(facts)} == {"a": a, "b": b}


def test_elements_warn_too(world: World) -> None:
    world.policy(
        "require:\n  - id: a\n    warns: true\n    each: {t: shop.tools}\n    that: t.safe\n"
        "    say: '{t.id}'\n"
    )
    result = world.one("tools: [{id: a, safe: true}, {id: b, safe: false}, {id: c, safe: false}]\n")
    assert (result.status, result.message) == (Status.WARNING, "b (+1 more)")


@pytest.mark.parametrize(("count", "status"), [(3, Status.PASS), (4, Status.PASS)])
def test_what_a_warning_is_about_passes_for_others(world: World, count: int, status: Status) -> None:
    world.policy("uses: [OTHER-01]\nrequire:\n  - id: a\n    that: passes('OTHER-01')\n")
    world.policy(WARNS, "OTHER-01")
    assert world.one(f"open: true\ncount: {count}\n", "MINE-01").status is status


def test_another_control_can_tell_a_warning_from_a_pass(world: World) -> None:
    world.policy(
        "uses: [OTHER-01]\nabsence_ok: ours\nrequire:\n  - id: a\n    that: status('OTHER-01') == 'warning'\n"
    )
    world.policy(WARNS, "OTHER-01")
    assert world.one("open: true\ncount: 3\n", "MINE-01").status is Status.PASS


def test_what_is_due_can_say_what_will_happen(world: World) -> None:
    world.policy(
        "for_each: shop.tools\nas: tool\nrequire:\n  - id: a\n    that: today <= tool.ends_on\n"
        "    say: '{tool.id} ended'\n    due: '{tool.id} ends, on {tool.ends_on}'\n    notice: 10d\n"
    )
    result = world.one("tools: [{id: saw, ends_on: 2026-11-01}]\n")
    assert (result.status, result.message) == (Status.DUE, "in 2 days (2026-11-02): saw ends, on 2026-11-01")
    assert world.one("tools: [{id: saw, ends_on: 2026-10-01}]\n").message == "saw ended"
