"""The days ahead of a document: the flips are those that a scan of each single day would show."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import pytest

from policyscan.ahead import Direction, Flip
from policyscan.cel.values import Date
from policyscan.documents.document import Document
from policyscan.documents.members import Members
from policyscan.engine.ahead import Days, state_of
from policyscan.engine.moments import Moment
from policyscan.engine.plan import Plan
from policyscan.engine.scan import scan_document
from policyscan.findings import Result, Severity, Status
from policyscan.source import Span
from tests.engine.test_lean import shipped
from tests.engine.world import World, documents

Told = tuple[str, str, str, str, Status | None, Status | None]


class Nobody:
    """Where no members come from."""

    def is_member(self, document: Document) -> bool:
        raise AssertionError(document.id)

    def members(self, *args: object) -> Members:
        raise AssertionError(args)


def ahead(document: Document, context: Sequence[Document], plan: Plan, days: int) -> set[Told]:
    """The flips within so many days."""
    looked = Days(plan, Nobody())
    begin = looked.reached(document, scan_document(document, plan, context))
    flips, reached = looked.walk(document, context, begin, looked.today(document) + days)
    assert reached.next_day > looked.today(document) + days
    told = [(f.day, f.result.policy, f.result.requirement, f.result.subject, *f.statuses) for f in flips]
    assert len(set(told)) == len(told)
    return set(told)


def by_brute_force(document: Document, context: Sequence[Document], plan: Plan, days: int) -> Iterator[Told]:
    """The differences between each day's scan and that of the day before."""
    first = Days(plan, Nobody()).today(document)
    before = state_of(scan_document(document, plan, context).results)
    for day in range(first if plan.moment.instant is not None else first + 1, first + days + 1):
        on_day = plan._replace(moment=Moment(Date(day), None))
        after = state_of(scan_document(document, on_day, context).results)
        for key in before.keys() | after.keys():
            policy, requirement, subject = key
            one, other = (state[key].status if key in state else None for state in (before, after))
            if one is not other:
                yield str(Date(day)), policy, requirement, subject, one, other
        before = after


# --- documents and controls made up at random

POLICIES = (
    "notice: 20d\nfor_each: shop.tools\nas: tool\nrequire:\n  - id: a\n    that: today <= tool.ends_on\n",
    "for_each: shop.tools\nas: tool\nwhen: tool.in_use\nneeds:\n  - id: seen\n"
    "    that: within(tool.checked_on, days(30))\nrequire:\n  - id: a\n    that: tool.safe\n",
    "for_each: shop.spares.filter(s, today < s.ends_on)\nas: spare\nempty: fail\nrequire:\n"
    "  - id: a\n    that: spare.safe || now < timestamp('2026-11-20T08:30:00Z')\n",
    "for_each: shop.tools\nas: tool\nrequire:\n  - id: a\n    that: today > tool.ends_on\n",
    "uses: [MINE-01]\nnotice: 10d\nrequire:\n  - id: a\n    that: passes('MINE-01') || shop.open\n",
)
RULE = (
    "for_each: shop.tools\nas: tool\nrequire:\n  - id: a\n    that: today < tool.ends_on || tool.safe\n"
    "    say: it ended\ndisputes: [tool.safe, tool.in_use]\n"
)


def made_up(seed: int) -> str:
    """The facts of a shop."""
    chance = random.Random(seed)  # noqa: S311 - what is wanted is the same every time

    def day() -> str:
        return str(Date(int(Date.parse("2026-10-31")) + chance.randrange(-50, 60)))

    def fact(name: str, value: str) -> str:
        return "" if chance.random() < 0.15 else f", {name}: {value}"

    def word() -> str:
        return chance.choice(["true", "false"])

    def things(name: str) -> str:
        return "".join(
            f"  - {{id: {name}-{number}{fact('ends_on', day())}{fact('checked_on', day())}"
            f"{fact('safe', word())}{fact('in_use', word())}}}\n"
            for number in range(chance.randrange(4))
        )

    lists = [(name, things(name)) for name in ("tools", "spares")]
    return f"open: {word()}\n" + "".join(f"{name}:\n{text}" for name, text in lists if text)


@pytest.mark.parametrize("seed", range(30))
def test_the_days_ahead_are_what_each_day_shows(world: World, seed: int) -> None:
    for number, body in enumerate(POLICIES, 1):
        world.policy(body, f"MINE-0{number}")
    world.rule(RULE)
    (shop,) = documents(made_up(seed))
    as_of = ("2026-10-31", "2026-10-31T09:00:00Z")[seed % 2]
    plan = world.plan(as_of)
    assert ahead(shop, (), plan, 70) == set(by_brute_force(shop, (), plan, 70))


def test_the_shops_made_up_flip_in_every_way(world: World) -> None:
    for number, body in enumerate(POLICIES, 1):
        world.policy(body, f"MINE-0{number}")
    world.rule(RULE)
    plan = world.plan()
    met = {told[4:] for seed in range(30) for told in ahead(documents(made_up(seed))[0], (), plan, 70)}
    assert {(Status.PASS, Status.DUE), (Status.DUE, Status.FAIL), (Status.FAIL, Status.PASS)} <= met
    assert {(Status.PASS, None), (None, Status.UNKNOWN), (None, Status.FAIL)} <= met
    assert len(met) > 10


# --- the shipped inventories


def test_the_days_ahead_of_shipped_inventories_are_what_each_day_shows() -> None:
    """A few days of each, at another time of the year; benchmarks/ahead.py has more."""
    plan, every = shipped()
    plan, seen = plan._replace(full=True, evidence=False, gaps=False), 0
    begin = int(Date.parse("2026-10-25"))
    for number, (document, context) in enumerate(every):
        if document.kind.name == "portfolio":
            continue  # tests/cli/test_due.py
        at = plan._replace(moment=Moment(Date(begin + 11 * number), None))
        found = ahead(document, context, at, 6)
        seen += len(found)
        assert found == set(by_brute_force(document, context, at, 6)), document.id
    assert seen > 20


def test_a_moment_within_a_day_is_followed_by_the_end_of_that_day(world: World) -> None:
    world.policy("require:\n  - id: a\n    that: now < timestamp('2026-10-31T18:00:00Z')\n")
    (shop,) = documents("open: true\n")
    flips = ahead(shop, (), world.plan("2026-10-31T12:00:00Z"), 1)
    assert flips == {("2026-10-31", "MINE-01", "a", "", Status.PASS, Status.FAIL)}
    assert ahead(shop, (), world.plan("2026-10-31"), 1) == set()


def test_a_crash_is_told_once_and_its_end_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from policyscan.engine import evaluation

    world.policy("require:\n  - id: a\n    that: today < date('2026-11-03')\n")
    plan, (shop,) = world.plan(), documents("open: true\n")
    evaluate = evaluation.evaluate

    def broken(*args: object, **options: object) -> object:
        if args[2].day == int(Date.parse("2026-11-03")):  # type: ignore[attr-defined]
            raise RuntimeError
        return evaluate(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(evaluation, "evaluate", broken)
    flips = ahead(shop, (), plan, 5)
    assert ("2026-11-03", "MINE-01", "a", "", Status.PASS, None) in flips
    assert ("2026-11-04", "MINE-01", "a", "", None, Status.FAIL) in flips


# --- for the worse or the better


def result(status: Status | None) -> Result | None:
    if status is None:
        return None
    return Result("A-01", "a", "x", "shop", "", status, Severity.LOW, "", Span("x.yaml", 1, 1, 1, 1))


@pytest.mark.parametrize(
    ("before", "after", "instead", "change"),
    [
        (Status.PASS, Status.DUE, None, Direction.NOTICE),
        (Status.DUE, Status.PASS, None, Direction.NOTICE),
        (Status.DUE, Status.FAIL, None, Direction.WORSE),
        (Status.PASS, Status.UNKNOWN, None, Direction.WORSE),
        (Status.PASS, Status.WARNING, None, Direction.WORSE),
        (Status.WAIVED, Status.FAIL, None, Direction.WORSE),
        (Status.UNKNOWN, Status.FAIL, None, Direction.WORSE),
        (Status.FAIL, Status.ERROR, None, Direction.WORSE),
        (Status.FAIL, Status.UNKNOWN, None, Direction.BETTER),
        (Status.FAIL, Status.WAIVED, None, Direction.BETTER),
        (Status.UNKNOWN, Status.PASS, None, Direction.BETTER),
        (Status.PASS, Status.NOT_APPLICABLE, None, Direction.OTHER),
        (None, Status.FAIL, None, Direction.WORSE),
        (None, Status.PASS, None, Direction.OTHER),
        (Status.FAIL, None, None, Direction.BETTER),
        (Status.PASS, None, None, Direction.OTHER),
        # another requirement decides from then on: what counts is how the subject was, and is told once
        (None, Status.FAIL, Status.FAIL, Direction.OTHER),
        (None, Status.UNKNOWN, Status.PASS, Direction.WORSE),
        (None, Status.PASS, Status.UNKNOWN, Direction.BETTER),
        (None, Status.NOT_APPLICABLE, Status.UNKNOWN, Direction.OTHER),
        (Status.UNKNOWN, None, Status.FAIL, Direction.OTHER),
    ],
)
def test_what_a_flip_means(
    before: Status | None, after: Status | None, instead: Status | None, change: Direction
) -> None:
    assert Flip("2026-11-01", "", result(before), result(after), instead).change is change
