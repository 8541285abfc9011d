"""The earliest turn of a document: until then no result may change, whatever its status."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from policyscan.cel.clock import NEVER_DAY, Clock
from policyscan.cel.values import Date
from policyscan.documents.document import Document
from policyscan.engine import evaluation
from policyscan.engine.moments import Moment, clock_at, parse_moment, shown
from policyscan.engine.outcome import AT_ONCE, earliest
from policyscan.engine.plan import Plan
from policyscan.engine.scan import Scanned, document_clock, scan_document
from policyscan.findings import EvidenceRule, Grade, Status
from policyscan.kinds.kinds import Kinds
from policyscan.source import Source
from tests.engine.test_lean import shipped
from tests.engine.world import World, documents
from tests.opening import open_text

ONE = "require:\n  - id: a\n    that: {that}\n"
EACH = "for_each: shop.tools\nas: tool\nrequire:\n  - id: a\n    that: {that}\n"


def turn(
    world: World, facts: str = "", *only: str, as_of: str = "2026-10-31", rule: EvidenceRule | None = None
) -> str | None:
    """When a result of the shop may change, in a lean scan and a full one, as a day or an instant."""
    shop, *others = documents(facts)
    lean, full = (
        scan_document(shop, world.plan(as_of, *only, full=full, rule=rule), others).turn
        for full in (False, True)
    )
    assert lean == full
    return shown(clock_at(parse_moment(as_of), "UTC"), *full)


@pytest.mark.parametrize(
    ("policy", "facts", "when"),
    [
        # whatever the status is
        (ONE.format(that="today < date('2026-11-10')"), "", "2026-11-10"),
        (ONE.format(that="today > date('2026-11-10')"), "", "2026-11-11"),
        ("applies: today > date('2026-11-10')\n" + ONE.format(that="shop.open"), "", "2026-11-11"),
        (ONE.format(that="now < timestamp('2026-11-10T08:00:00Z')"), "", "2026-11-10T08:00:00Z"),
        (ONE.format(that="today < date('2026-11-10') && shop.open"), "", "2026-11-10"),
        # nothing depends on the day
        (ONE.format(that="shop.open"), "open: true\n", None),
        (ONE.format(that="shop.open"), "", None),
        (ONE.format(that="today < date('2026-10-10')"), "", None),
        # the earliest of all requirements and subjects
        (
            ONE.format(that="today < date('2026-11-10')")
            + "  - id: b\n    that: today < date('2026-11-05')\n",
            "",
            "2026-11-05",
        ),
        (
            EACH.format(that="today <= tool.ends_on"),
            "tools: [{id: a, ends_on: 2026-12-01}, {id: b, ends_on: 2026-11-20}, {id: c}]\n",
            "2026-11-21",
        ),
        # a list that nothing is in yet, beside one that has something
        (
            "for_each:\n  - shop.tools\n  - shop.spares.filter(s, today > s.ends_on)\nas: tool\n"
            "require:\n  - id: a\n    that: tool.safe\n",
            "tools: [{id: a, safe: true}]\nspares: [{id: b, safe: true, ends_on: 2026-11-20}]\n",
            "2026-11-21",
        ),
        # what passes with notice may be due on a day before, and is no more when it turns
        ("notice: 30d\n" + ONE.format(that="today < date('2027-03-01')"), "", "2027-01-30"),
        ("notice: 30d\n" + ONE.format(that="today < date('2026-11-10')"), "", "2026-11-10"),
        ("notice: 30d\n" + ONE.format(that="now < timestamp('2027-03-01T08:00:00Z')"), "", "2027-01-30"),
        # a turn within the notice after which it still passes, and one after it
        (
            "notice: 30d\n"
            + ONE.format(
                that="today < date('2026-11-10') || (shop.open && today < date('2027-03-01'))"
            ),
            "open: true\n",
            "2026-11-10",
        ),
        # what lies in the future is known by then
        (
            EACH.format(that="tool.checked_on != null"),
            "tools: [{id: a, checked_on: 2026-11-12}]\n",
            "2026-11-12",
        ),
        (
            EACH.format(that="tool.safe"),
            "tools: [{id: a, safe: true, seen_at: 2026-11-12T08:00:00Z}]\n",
            "2026-11-12T08:00:00Z",
        ),
    ],
)  # fmt: skip
def test_the_earliest_turn(world: World, policy: str, facts: str, when: str | None) -> None:
    assert turn(world.policy(policy), facts) == when


def test_a_file_from_after_the_day_turns_on_its_own_day(world: World) -> None:
    assert turn(world.policy(ONE.format(that="shop.open")), as_of="2026-10-01") == "2026-10-31"


def test_what_another_control_says_turns_with_it(world: World) -> None:
    world.policy("uses: [OTHER-01]\n" + ONE.format(that="passes('OTHER-01')"))
    world.policy(
        "for_each:\n  - shop.tools\n  - shop.spares.filter(s, today > s.ends_on)\nas: tool\n"
        "require:\n  - id: a\n    that: tool.safe\n",
        "OTHER-01",
    )
    facts = "tools: [{id: a, safe: true}]\nspares: [{id: b, safe: false, ends_on: 2026-11-20}]\n"
    assert turn(world, facts, "MINE-01") == "2026-11-21"


@pytest.mark.parametrize(
    ("collected", "when"),
    [
        ("2026-10-11T12:00:00Z", "2026-11-11"),  # it is too old then
        ("2026-11-12T12:00:00Z", "2026-11-12T12:00:00Z"),  # it is there then
    ],
)
def test_evidence_turns_results(world: World, collected: str, when: str) -> None:
    world.policy(EACH.format(that="tool.safe"))
    facts = "tools: [{id: a, safe: true}]\nevidence:\n  - {id: e, method: tool_export, covers: [tools], "
    rule = EvidenceRule(Grade.TOOL_EXPORT, 30)
    assert turn(world, f"{facts}collected_at: {collected}}}\n", rule=rule) == when


def test_a_crash_holds_for_its_moment_only(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_options: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(evaluation, "evaluate", broken)
    (shop,) = documents("open: true\n")
    scanned = scan_document(shop, world.policy(ONE.format(that="shop.open")).plan())
    assert scanned.turn == AT_ONCE


# --- against brute force: the shipped inventories, day by day


def scanned_on(day: int, document: Document, context: tuple[Document, ...], plan: Plan) -> Scanned:
    return scan_document(document, plan._replace(moment=Moment(Date(day), None)), context)


def clock_of(document: Document, plan: Plan, day: int) -> Clock:
    return document_clock(document, plan._replace(moment=Moment(Date(day), None)))


def known(scanned: Scanned) -> object:
    """All that must not change before the turn: words that count days may."""
    results = [
        (r.policy, r.requirement, r.subject, r.status, r.severity, r.waiver, r.until) for r in scanned.results
    ]
    return scanned.info, sorted(results, key=repr)


@pytest.mark.parametrize("rule", [None, EvidenceRule(Grade.DOCUMENT, 200)], ids=["plain", "evidence"])
@pytest.mark.parametrize("full", [False, True], ids=["lean", "full"])
def test_nothing_changes_before_the_turn(full: bool, rule: EvidenceRule | None) -> None:
    """A year in leaps: from each day to the last before its turn, and to one between, where all is the same,
    in the same words up to the moment that they are said to hold.

    Each inventory starts on another day, and the leaps that are looked at are spread over the year.
    """
    plan, documents_ = shipped()
    plan = plan._replace(full=full, rule=rule, grades=True)
    first, leaps, kept = int(Date.parse("2026-06-01")), 0, 0
    for number, (document, context) in enumerate(documents_):
        for start in range(first + 5 * number, first + 365, 180):
            now = scanned_on(start, document, context, plan)
            day, instant = now.turn
            last = min(day - 1, first + 365)
            worded = earliest(now.turn, now.said)
            while clock_of(document, plan, last).instant >= instant:
                last -= 1
            assert last >= start
            for later in sorted({(start + last + 1) // 2, last} - {start}):
                leaps += 1
                then = scanned_on(later, document, context, plan)
                assert known(then) == known(now), (document.id, start)
                if later < worded[0] and clock_of(document, plan, later).instant < worded[1]:
                    kept += 1
                    assert now.later(later - start).results == then.results, (document.id, start)
    assert leaps > 20
    assert kept > 10


# --- until when each result says that it holds


RUNS_OUT = """\
schema_version: 1
kind: client
as_of: 2026-10-31
organisation: {id: c}
people: [{id: ann, employment: owner, role: owner, start_date: 2020-01-01, end_date: null}]
devices: [{id: lt-1, in_scope: false}, {id: lt-2, in_scope: true}]
statements:
  - {about: ['devices["lt-1"].in_scope'], value: false, reason: Wiped, by: ann, stated_on: 2026-05-04}
"""


def test_what_rests_on_a_word_holds_until_the_statement_runs_out() -> None:
    plan, _ = shipped()
    plan = plan._replace(policies=[plan.known["DEV-01"]], full=True)
    (document,) = open_text(Source("c.yaml", RUNS_OUT), Kinds.builtin()).documents
    found = {r.subject: r for r in scan_document(document, plan).results}
    assert found["lt-1"].status is Status.NOT_APPLICABLE
    # Of a control that reads such a word all results say so: whose word each of them reads nobody knows.
    assert {r.until for r in found.values()} == {"2027-05-05"}


def test_what_comes_to_be_in_dispute_holds_until_then(world: World) -> None:
    world.policy(EACH.format(that="tool.safe"))
    world.rule(
        "for_each: shop.tools\nas: tool\nrequire:\n  - id: a\n    that: today < date('2026-11-20')\n"
        "    say: it ended\ndisputes: [tool.safe, tool.in_use]\n"
    )
    facts = "tools: [{id: a, safe: true, in_use: true}]\n"
    before, after = (
        [r for r in world.scan(facts, as_of=day) if r.policy == "MINE-01"]
        for day in ("2026-10-31", "2026-11-20")
    )
    assert [(r.status, r.until) for r in before] == [(Status.PASS, "2026-11-20")]
    assert [r.status for r in after] == [Status.UNKNOWN]


def test_what_is_not_known_yet_is_unknown_until_then(world: World) -> None:
    world.policy(EACH.format(that="tool.checked_on != null"))
    (result,) = world.scan("tools: [{id: a, checked_on: 2026-11-12}]\n")
    assert (result.status, result.until) == (Status.UNKNOWN, "2026-11-12")


def test_no_status_changes_before_the_day_that_its_result_names() -> None:
    """With words, statements and disputes, as of days of the past too: of each inventory some days on which a
    result says that it ends, the last on which it holds; and one long after all. What is due passes still."""
    plan, documents_ = shipped()
    plan, looked = plan._replace(full=True, evidence=False), 0
    for number, (document, context) in enumerate(
        one for one in documents_ if one[0].kind.name != "portfolio"
    ):
        start = int(Date.parse(("2026-10-31", "2026-06-01", "2027-02-20")[number % 3]))
        now = {
            key: (status, until) for key, status, until in held(scanned_on(start, document, context, plan))
        }
        ends = sorted({ends_on(until) for _, until in now.values()} - {NEVER_DAY})
        for day in (*ends[number % 4 :: max(1, len(ends) // 4)], start + 1200):
            later = {key: status for key, status, _ in held(scanned_on(day - 1, document, context, plan))}
            mine = [(key, status) for key, (status, until) in now.items() if day <= ends_on(until)]
            looked += len(mine)
            assert [
                (key, status, later.get(key)) for key, status in mine if later.get(key) is not status
            ] == []
    assert looked > 1000


def held(scanned: Scanned) -> Iterator[tuple[object, Status, str | None]]:
    """What identifies each result, its status, and until when it holds; exceptions have days of their own."""
    for r in scanned.results:
        if r.waiver is None and not r.policy.startswith("DOC-"):
            status = Status.PASS if r.status is Status.DUE else r.status
            yield (r.policy, r.subject, r.requirement), status, r.until


def ends_on(until: str | None) -> int:
    """The day (an ordinal) on which a result ends."""
    return int(Date.parse(until[:10])) if until else NEVER_DAY
