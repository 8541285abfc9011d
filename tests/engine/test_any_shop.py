"""Any shop at all, under policies that use everything: what must hold whatever the facts are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from policyscan.engine.moments import parse_moment
from policyscan.engine.plan import Plan
from policyscan.engine.scan import scan_document
from policyscan.findings import FINDINGS, Result
from tests.engine.world import World, documents

POLICIES = {
    "ONE-01": "applies: shop.open\nrequire:\n  - {id: a, that: shop.count > 0 || shop.plan.owner != null}\n",
    "ONE-02": """\
for_each: [shop.tools, shop.spares]
as: tool
when: tool.in_use
empty: unknown
notice: 30d
needs:
  - id: checked
    that: within(tool.checked_on, days(30))
  - id: counted
    blocks: pass
    that: shop.count > 1
require:
  - id: safe
    that: tool.safe
    say: "{tool.id} of {shop.tools.size()}"
  - id: lasting
    severity: low
    absent: unknown
    that: today <= tool.ends_on && tool.owner.left_on == null
  - id: parts
    when: shop.alarm
    each: {part: tool.parts, screw: part.screws}
    that: screw.tight && part.worn == false
    say: "{screw.id} of {part.id}: {part.worn}"
figures: {age: today - tool.checked_on}
""",
    "ONE-03": """\
for_each: {tool: shop.tools, fault: tool.history.faults}
empty: {tool: fail, fault: pass}
require:
  - id: gone
    that: fault.worn == false
""",
    "ONE-04": """\
uses: [ONE-01]
require:
  - id: a
    that: passes('ONE-01') && shop.tools.atLeast(0.5, t, t.safe == true)
""",
    "ONE-05": """\
for_each: shop.tags
as: tag
empty: pass
require:
  - id: a
    that: tag.size() < 2 && 10 % shop.count == 0
""",
}  # fmt: skip

BLANK = "<blank>"
days = st.sampled_from(["2026-09-01", "2026-10-20", "2026-10-31", "2026-11-10", "2027-01-01", "2026-10-15"])
truth = st.booleans()


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object with most of these fields; the others are left out or blank."""
    fate = st.sampled_from(["there"] * 10 + ["blank", "missing"])
    return st.fixed_dictionaries({key: st.tuples(fate, value) for key, value in fields.items()}).map(
        lambda drawn: {
            key: BLANK if fate == "blank" else value
            for key, (fate, value) in drawn.items()
            if fate != "missing"
        }
    )


def keyed(of: st.SearchStrategy[dict[str, Any]], most: int = 3) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(of, max_size=most).map(
        lambda items: [{"id": f"i{n}", **item} for n, item in enumerate(items)]
    )


null = st.none()
mostly = st.sampled_from([True, True, True, False])
part = some(worn=st.sampled_from([False, False, True, None]), screws=keyed(some(tight=mostly), 2))
tool = some(
    in_use=mostly,
    safe=st.sampled_from([True, True, False, None]),
    owner=st.sampled_from(["i0", "i1", "nobody"]) | null,
    checked_on=days | null,
    ends_on=days | null,
    parts=keyed(part, 2),
    history=some(faults=keyed(part, 2)) | null,
)
shops = some(
    people=keyed(some(left_on=days | null)),
    tools=keyed(tool),
    spares=keyed(tool) | null,
    tags=st.lists(st.sampled_from(["a", "b", "long"]), max_size=4),
    plan=some(owner=st.sampled_from(["i0", "nobody"]) | null) | null,
    open=mostly,
    count=st.integers(0, 3),
    alarm=truth,
)


@cache
def plan() -> Plan:
    world = World(Path(mkdtemp()) / "mine")
    for id_, body in POLICIES.items():
        world.policy(body, id_)
    return world.plan()


def text(value: Any) -> str:
    """YAML in flow style; what is blank has nothing after its key."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(text, value)) + "]"
    return "" if value == BLANK else json.dumps(value)


def shop(facts: dict[str, Any]) -> str:
    return "".join(f"{key}: {text(value)}\n" for key, value in facts.items())


def results(facts: dict[str, Any], *, full: bool = True) -> list[Result]:
    (document,) = documents(shop(facts))
    return scan_document(document, plan()._replace(full=full)).results


@given(shops)
def test_what_holds_of_any_shop(facts: dict[str, Any]) -> None:
    told = results(facts)
    names = [(r.policy, r.subject, r.requirement) for r in told]
    assert len(set(names)) == len(names)
    assert {r.policy for r in told} >= set(POLICIES)
    for one in told:
        assert "bug" not in one.message
        assert one.span.line >= 1
        assert (one.status in FINDINGS) <= bool(one.message)
    assert told == results(facts)
    assert results(facts, full=False) == [one for one in told if one.status in FINDINGS]


def without_one(value: Any) -> Iterator[Any]:
    """The value with one key left out, or left blank, each in turn; ids stay."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "id":
                continue
            yield {k: v for k, v in value.items() if k != key}
            yield {**value, key: BLANK}
            for changed in without_one(item):
                yield {**value, key: changed}
    elif isinstance(value, list):
        for n, item in enumerate(value):
            for changed in without_one(item):
                yield [*value[:n], changed, *value[n + 1 :]]


@given(shops, st.data())
def test_a_fact_left_out_betters_nothing(facts: dict[str, Any], data: st.DataObject) -> None:
    """What must be acted on must still be, or what holds it must be; `alarm` alone means something by its
    absence."""
    changes = [changed for changed in without_one(facts) if ("alarm" in changed) == ("alarm" in facts)]
    if not changes:
        return
    changed = data.draw(st.sampled_from(changes))
    before = {(r.policy, r.subject, r.requirement): r.status for r in results(facts)}
    after = {(r.policy, r.subject, r.requirement): r.status for r in results(changed)}
    found = {(policy, subject) for (policy, subject, _), status in after.items() if status in FINDINGS}
    for (policy, subject, requirement), status in before.items():
        if policy.startswith("DOC") or status not in FINDINGS:
            continue
        holders = {subject, "", *(one for p, one in found if p == policy and "." in one)}
        now = after.get((policy, subject, requirement))
        assert now in FINDINGS or (now is None and any((policy, one) in found for one in holders)), (
            policy,
            subject,
            requirement,
            status,
            now,
        )


def test_the_same_at_another_moment_of_the_same_day() -> None:
    (document,) = documents("open: true\ncount: 1\n")
    statuses = [
        [r.status for r in scan_document(document, plan()._replace(moment=parse_moment(moment))).results]
        for moment in ("2026-10-31", "2026-10-31T00:00:00Z", "2026-10-31T23:59:59Z")
    ]
    assert statuses[0] == statuses[1] == statuses[2]
