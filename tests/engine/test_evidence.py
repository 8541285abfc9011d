"""What evidence results rest on, and what becomes of them where it is not what was asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from policyscan.documents.references import link_across
from policyscan.engine.accounts import accounts
from policyscan.engine.grading import Grader
from policyscan.engine.scan import scan_document
from policyscan.findings import Basis, EvidenceRule, Grade, Result, Status
from policyscan.kinds.kinds import Kinds
from tests.engine.world import HEAD, HERE, World, documents, opened

OPEN = "require:\n  - {id: o, that: shop.open}\n"
TOOLS = "for_each: shop.tools\nas: tool\nrequire:\n  - {id: s, that: tool.safe}\n"
DOCUMENT, EXPORT = EvidenceRule(Grade.DOCUMENT), EvidenceRule(Grade.TOOL_EXPORT)
YOUNG = EvidenceRule(Grade.DECLARED, 30)


def item(id_: str, method: str | None, day: str | None, covers: str, source: str = "") -> str:
    """An item of evidence collected at noon."""
    parts = [f"id: {id_}", f"covers: [{covers}]"]
    parts += [f"method: {method}"] if method else []
    parts += [f"collected_at: {day}T12:00:00Z"] if day else []
    parts += [f"source: {source}"] if source else []
    return f"  - {{{', '.join(parts)}}}\n"


def scan(world: World, facts: str, rule: EvidenceRule | None = None, **given: str) -> list[Result]:
    """Every result for a shop with these facts where all evidence must be so."""
    shop, *others = documents(facts, given.get("depot"))
    plan = world.plan(given.get("as_of", "2026-10-31"), zone=given.get("zone", "UTC"), rule=rule)
    return scan_document(shop, plan, others).results


def one(world: World, facts: str, rule: EvidenceRule | None = None, **given: str) -> Result:
    (result,) = scan(world, facts, rule, **given)
    return result


def basis(world: World, facts: str, **given: str) -> Basis:
    found = one(world, facts, **given).basis
    assert found is not None
    return found


# --- what it is


def test_what_covers_a_part_of_the_inventory(world: World) -> None:
    world.policy(OPEN)
    found = basis(world, f"open: true\nevidence:\n{item('e', 'document', '2026-10-01', 'open', 'the lease')}")
    place = found.span
    assert place is not None
    assert (place.line, place.column) == (7, 5)
    assert found == Basis(Grade.DOCUMENT, "open", "the lease", "2026-10-01", 30, "evidence[e]", place)


@pytest.mark.parametrize("open_", ["true", "false", ""])
def test_every_result_says_what_it_rests_on(world: World, open_: str) -> None:
    world.policy(OPEN)
    assert (
        basis(world, f"open: {open_}\nevidence:\n{item('e', 'tested', '2026-10-01', 'open')}").grade
        is Grade.TESTED
    )


@pytest.mark.parametrize(
    "evidence",
    [
        "",
        "evidence:\n",
        "evidence: []\n",
        f"evidence:\n{item('e', 'tested', '2026-10-01', 'count')}",
        f"evidence:\n{item('e', 'tested', None, 'open')}",
        f"evidence:\n{item('e', None, '2026-10-01', 'open')}",
        f"evidence:\n{item('e', 'tested', '2026-11-01', 'open')}",
        "evidence:\n  - {id: e, method: tested, collected_at: 2026-10-01T12:00:00Z}\n",
        "evidence:\n  - {id: e, method: tested, collected_at: 2026-10-01T12:00:00Z, covers: }\n",
    ],
    ids=["no key", "blank", "none", "other", "no day", "no method", "future", "no covers", "blank covers"],
)  # fmt: skip
def test_what_nothing_covers_is_declared_by_its_file(world: World, evidence: str) -> None:
    world.policy(OPEN)
    found = basis(world, f"open: true\n{evidence}")
    assert found[:6] == (Grade.DECLARED, "open", None, "2026-10-31", 0, "")


def test_a_file_of_a_day_to_come_has_no_day(world: World) -> None:
    world.policy(OPEN)
    assert basis(world, "open: true\n", as_of="2026-10-30")[:6] == (
        Grade.DECLARED,
        "open",
        None,
        None,
        None,
        "",
    )


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([("old", "tested", "2026-01-01"), ("new", "document", "2026-10-01")], "old"),
        ([("old", "document", "2026-01-01"), ("new", "document", "2026-10-01")], "new"),
        ([("a", "declared", "2026-10-30"), ("b", "tool_export", "2025-10-30")], "b"),
        ([("a", "tested", "2026-12-01"), ("b", "declared", "2025-10-30")], "b"),
    ],
)
def test_of_several_the_strongest_counts_and_of_equals_the_newest(
    world: World, items: list[tuple[str, str, str]], expected: str
) -> None:
    world.policy(OPEN)
    written = "".join(item(id_, method, day, "open") for id_, method, day in items)
    assert basis(world, f"open: true\nevidence:\n{written}").path == f"evidence[{expected}]"


def test_the_weakest_part_counts_and_of_equals_the_oldest(world: World) -> None:
    world.policy("require:\n  - {id: o, that: shop.open && shop.count > 0 && shop.alarm}\n")
    facts = "open: true\ncount: 1\nalarm: true\nevidence:\n"
    strong = item("a", "tested", "2026-10-01", "open")
    weak = item("b", "document", "2026-09-01", "count")
    older = item("c", "document", "2026-08-01", "alarm")
    assert basis(world, facts + strong + weak + older).path == "evidence[c]"
    assert basis(world, facts + strong + weak + older.replace("document", "tested")).path == "evidence[b]"
    assert basis(world, facts + strong + weak).section == "alarm"


def test_what_a_requirement_does_not_read_does_not_count(world: World) -> None:
    world.policy(
        "when: shop.count > 0\n"
        "variables: {never: shop.other_count > 3, alarmed: shop.alarm}\n"
        "require:\n"
        "  - {id: a, that: alarmed}\n"
        "  - {id: o, that: shop.open, say: 'of {shop.tags}'}\n"
        "figures: {price: shop.price}\n"
    )
    facts = "open: true\nalarm: true\ncount: 1\nevidence:\n"
    items = item("e", "tested", "2026-10-01", "count, open") + item("f", "document", "2026-10-01", "alarm")
    grades = {r.requirement: r.basis.grade for r in scan(world, facts + items) if r.basis}
    assert grades == {"o": Grade.TESTED, "a": Grade.DOCUMENT}


def test_what_is_not_written_because_its_absence_has_a_meaning_needs_no_evidence(world: World) -> None:
    world.policy("require:\n  - {id: o, that: shop.open && !shop.alarm}\n")
    facts = f"open: true\nevidence:\n{item('e', 'tested', '2026-10-01', 'open')}"
    assert one(world, facts, DOCUMENT).status is Status.PASS
    assert one(world, facts + "alarm: false\n", DOCUMENT).status is Status.UNKNOWN
    assert one(world, facts + "alarm:\n", DOCUMENT).status is Status.UNKNOWN


def test_what_is_only_about_the_file_rests_on_its_own_word(world: World) -> None:
    world.policy("require:\n  - {id: f, that: 'within(shop.as_of, duration(\"720h\"))'}\n")
    assert basis(world, "")[:6] == (Grade.DECLARED, "", None, "2026-10-31", 0, "")


def test_a_reference_is_to_the_part_that_it_leads_to(world: World) -> None:
    world.policy("require:\n  - {id: o, that: shop.plan.owner.left_on == null}\n")
    facts = "people: [{id: ann, left_on: null}]\nplan: {owner: ann}\nevidence:\n"
    assert basis(world, facts + item("e", "tested", "2026-10-01", "plan")).section == "people"
    assert basis(world, facts + item("e", "tested", "2026-10-01", "plan, people")).grade is Grade.TESTED


def test_facts_of_another_inventory_have_its_evidence(world: World) -> None:
    world.policy("require:\n  - {id: d, that: shop.supplier.insured_until > today}\n")
    facts = f"supplier: north\nevidence:\n{item('e', 'tested', '2026-10-01', 'supplier')}"
    depot = f"insured_until: 2027-01-01\nevidence:\n{item('p', 'document', '2026-10-11', 'insured_until')}"
    found = basis(world, facts, depot=depot)
    assert found[:6] == (
        Grade.DOCUMENT, "depot[north].insured_until", None, "2026-10-11", 20, "depot[north].evidence[p]",
    )  # fmt: skip
    assert found.span is not None
    assert found.span.file == "depots/north.yaml"
    assert basis(world, facts, depot="insured_until: 2027-01-01\n").grade is Grade.DECLARED


def test_facts_of_another_inventory_of_the_same_kind_have_its_evidence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    reshape(world, monkeypatch, lambda shop: shop.update(parent={"type": "string", "x-ref": "kind:shop"}))
    world.policy("require:\n  - {id: p, that: shop.parent.open}\n", "MINE-01")
    world.policy(OPEN, "OTHER-01")
    strong = f"open: true\nevidence:\n{item('e', 'tested', '2026-10-01', 'open, parent')}"
    shop = opened("shop.yaml", f"{HEAD}parent: big\n{strong}")
    big = opened("big.yaml", HEAD.replace("corner", "big") + "open: true\n")
    link_across(shop, lambda kind, id_: big if (kind, id_) == ("shop", big.id) else None)
    plan = world.plan(rule=DOCUMENT)
    found = {r.policy: r.status for r in scan_document(shop, plan, [big]).results}
    assert found == {"MINE-01": Status.UNKNOWN, "OTHER-01": Status.PASS}


def test_a_subject_rests_on_its_own_list_only(world: World) -> None:
    world.policy("for_each: [shop.tools, shop.spares]\nas: tool\nrequire:\n  - {id: s, that: tool.safe}\n")
    facts = "tools: [{id: t, safe: true}]\nspares: [{id: s, safe: true}]\nevidence:\n"
    found = {
        r.subject: r.basis.section
        for r in scan(world, facts + item("e", "tested", "2026-10-01", "tools"))
        if r.basis
    }
    assert found == {"t": "tools", "s": "spares"}
    empty = scan(world, "tools: []\nspares: []\nevidence:\n" + item("e", "tested", "2026-10-01", "tools"))
    assert {r.basis.section for r in empty if r.basis} == {"spares"}


class TestEvidenceOfItsOwn:
    """A part of a list may name the item that backs it, which wins over what covers the list."""

    ITEMS = item("all", "tool_export", "2026-10-01", "tools") + item("one", "declared", "2026-10-01", "")

    @pytest.mark.parametrize(
        ("tool", "expected"),
        [
            ("{id: t, safe: true}", "all"),
            ("{id: t, safe: true, evidence: one}", "one"),
            ("{id: t, safe: true, evidence: all, parts: [{id: p, evidence: one, worn: true}]}", "all"),
        ],
    )
    def test_of_the_subject(self, world: World, tool: str, expected: str) -> None:
        world.policy(TOOLS)
        assert basis(world, f"tools: [{tool}]\nevidence:\n{self.ITEMS}").path == f"evidence[{expected}]"

    def test_of_what_is_read_in_it(self, world: World) -> None:
        world.policy(
            "for_each: shop.tools\nas: tool\n"
            "require:\n  - {id: s, that: 'tool.parts.all(p, p.worn == false)'}\n"
        )
        parts = "[{id: p, worn: false, evidence: one}, {id: q, worn: false}]"
        facts = f"tools: [{{id: t, parts: {parts}}}]\nevidence:\n"
        assert basis(world, facts + self.ITEMS).path == "evidence[one]"

    def test_one_that_is_above_it(self, world: World) -> None:
        world.policy(
            "for_each: {tool: shop.tools, part: tool.parts}\nkey: tool.id + '/' + part.id\n"
            "require:\n  - {id: s, that: part.worn == false}\n"
        )
        facts = "tools: [{id: t, evidence: one, parts: [{id: p, worn: false}]}]\nevidence:\n"
        assert basis(world, facts + self.ITEMS).path == "evidence[one]"

    def test_one_that_cannot_be_used_leaves_it_declared(self, world: World) -> None:
        world.policy(TOOLS)
        facts = "tools: [{id: t, safe: true, evidence: none}]\nevidence:\n  - {id: none, method: tested}\n"
        assert basis(world, facts + self.ITEMS)[:6] == (Grade.DECLARED, "tools", None, "2026-10-31", 0, "")

    @pytest.mark.parametrize("rule", [None, EvidenceRule(Grade.DOCUMENT, None)], ids=["none", "document"])
    def test_one_that_is_about_something_else_leaves_it_declared(
        self, world: World, rule: EvidenceRule | None
    ) -> None:
        world.policy(TOOLS)
        facts = "tools: [{id: t, safe: true, evidence: far}]\nevidence:\n" + item(
            "far", "tested", "2026-10-01", "people"
        )
        found = one(world, facts + item("all", "tested", "2026-10-01", "tools"), rule)
        assert found.basis is not None
        assert (found.basis.grade, found.basis.path) == (Grade.DECLARED, "")
        assert found.status is (Status.PASS if rule is None else Status.UNKNOWN)
        if rule is not None:
            assert found.message == "the evidence for tools that is named there is about something else"

    def test_one_for_another_subject_does_not_matter(self, world: World) -> None:
        world.policy(TOOLS)
        facts = "tools: [{id: t, safe: true}, {id: u, safe: true, evidence: one}]\nevidence:\n"
        paths = {r.subject: r.basis.path for r in scan(world, facts + self.ITEMS) if r.basis}
        assert paths == {"t": "evidence[all]", "u": "evidence[one]"}

    def test_without_a_subject_the_weakest_of_the_list_counts(self, world: World) -> None:
        world.policy("require:\n  - {id: a, that: 'shop.tools.all(t, t.safe)'}\n")
        facts = "tools: [{id: t, safe: true}, {id: u, safe: true, evidence: one}]\nevidence:\n"
        assert basis(world, facts + self.ITEMS).path == "evidence[one]"

    WEAK = "{id: t, safe: true, parts: [], evidence: one}"
    STRONG = "{id: u, safe: true, parts: [], evidence: all}"
    EACH = "for_each: shop.tools\nas: tool\n"

    @pytest.mark.parametrize(
        ("body", "tools"),
        [
            (EACH + "require:\n  - {id: s, that: 'tool.parts == []'}\n", WEAK),
            (EACH + "require:\n  - {id: s, that: 'tool.parts.all(p, p.worn == false)'}\n", WEAK),
            ("require:\n  - {id: s, that: size(shop.tools) > 0}\n", WEAK),
            (
                EACH + "require:\n  - {id: s, that: 'shop.tools.exists(u, u.id != tool.id && u.safe)'}\n",
                f"{STRONG}, {WEAK}",
            ),
            (EACH + "require:\n  - {id: s, each: {u: shop.tools}, that: u.safe}\n", f"{STRONG}, {WEAK}"),
            (
                "for_each: 'shop.tools.filter(t, shop.tools.all(u, u.safe))'\nas: tool\n"
                "require:\n  - {id: s, that: tool.safe}\n",
                f"{STRONG}, {WEAK}",
            ),
            (
                "for_each: {a: shop.tools, b: 'shop.tools.filter(u, u.id != a.id)'}\nkey: a.id + b.id\n"
                "require:\n  - {id: s, that: a.safe && b.safe}\n",
                f"{WEAK}, {STRONG}",
            ),
            (
                "for_each: {tool: shop.tools, part: tool.parts}\nkey: tool.id + part.id\n"
                "require:\n  - {id: s, that: tool.safe && part.worn == false}\n",
                "{id: t, safe: true, evidence: one, parts: [{id: p, worn: false, evidence: all}]}",
            ),
            (
                EACH + "require:\n  - {id: s, that: 'tool.parts.all(p, p.worn == false)'}\n",
                "{id: t, evidence: one, parts: [{id: p, worn: false, evidence: all}]}",
            ),
            ("absence_ok: both are the same\nrequire:\n  - {id: s, that: shop.tools == shop.tools}\n", WEAK),
            ("require:\n  - {id: s, that: 'dyn(shop.tools)[0].safe'}\n", WEAK),
            ("require:\n  - {id: s, that: 'dyn(shop).tools[0].safe'}\n", WEAK),
            ("require:\n  - {id: s, that: 'dyn(shop)[\"tools\"][0].safe'}\n", WEAK),
            ("require:\n  - {id: s, that: '[shop, 1][0].tools[0].safe'}\n", WEAK),
        ],
        ids=[
            "empty list", "of nothing all", "counted", "others of its list", "each of its list",
            "others in the list's filter", "two of one list", "outer and inner", "list of what is weak",
            "equal", "dyn of a part", "dyn of everything", "dyn by key", "mixed list",
        ],
    )  # fmt: skip
    def test_every_way_to_read_it(self, world: World, body: str, tools: str) -> None:
        world.policy(body)
        facts = f"tools: [{tools}]\nevidence:\n{self.ITEMS}"
        strong = facts.replace("evidence: one", "evidence: all")
        found = scan(world, facts, DOCUMENT)
        assert {r.basis.path for r in found if r.basis} == {"evidence[one]"}
        assert {r.status for r in found} == {Status.UNKNOWN}
        assert {r.status for r in scan(world, strong, DOCUMENT)} == {Status.PASS}

    @pytest.mark.parametrize("named", ["", "nothing"])
    def test_one_that_is_blank_or_dangling_is_not_that_of_the_list(self, world: World, named: str) -> None:
        world.policy(TOOLS)
        facts = f"tools: [{{id: t, safe: true, evidence: {named}}}]\nevidence:\n{self.ITEMS}"
        assert [r.status for r in scan(world, facts, DOCUMENT) if r.policy == "MINE-01"] == [Status.UNKNOWN]


def test_the_filter_of_a_subjects_own_list_counts(world: World) -> None:
    world.policy(
        "for_each: ['shop.tools.filter(t, !shop.open)', shop.spares]\nas: tool\n"
        "require:\n  - {id: s, that: tool.safe}\n"
    )
    facts = "open: false\ntools: [{id: t, safe: true}]\nspares: [{id: s, safe: true}]\nevidence:\n"
    items = item("e", "tested", "2026-10-01", "tools, spares")
    found = {r.subject: r.status for r in scan(world, facts + items, DOCUMENT)}
    assert found == {"t": Status.UNKNOWN, "s": Status.PASS}


def test_what_another_control_reads_counts(world: World) -> None:
    world.policy("uses: [OTHER-01]\nrequire:\n  - {id: a, that: \"passes('OTHER-01')\"}\n", "MINE-01")
    world.policy(OPEN, "OTHER-01")
    facts = f"open: true\nevidence:\n{item('e', 'document', '2026-10-01', 'open')}"
    assert [r.basis.grade for r in scan(world, facts) if r.basis] == [Grade.DOCUMENT, Grade.DOCUMENT]


def test_another_control_counts_where_it_is_asked_only(world: World) -> None:
    world.policy(
        "uses: [OTHER-01]\nvariables: {asked: \"passes('OTHER-01')\"}\n"
        "require:\n  - {id: a, that: asked}\n  - {id: b, that: shop.count > 0}\n",
        "MINE-01",
    )
    world.policy(OPEN, "OTHER-01")
    facts = f"open: true\ncount: 1\nevidence:\n{item('e', 'tested', '2026-10-01', 'count')}"
    grades = {r.requirement: r.basis.grade for r in scan(world, facts) if r.basis and r.policy == "MINE-01"}
    assert grades == {"a": Grade.DECLARED, "b": Grade.TESTED}


def test_checks_of_the_document_itself_rest_on_none(world: World) -> None:
    world.policy(OPEN)
    found = scan(world, "open: true\npeople: []\nplan: {owner: nobody}\n")
    assert [r.basis for r in found if r.policy == "DOC-REF"] == [None]


def reshape(world: World, monkeypatch: pytest.MonkeyPatch, change: Callable[[dict[str, Any]], None]) -> None:
    """Makes shops of another shape: `change` is given their properties."""
    schema = json.loads((HERE / "shop.schema.json").read_text(encoding="utf-8"))
    change(schema["properties"])
    path = world.folder.parent / "shop.schema.json"
    path.write_text(json.dumps(schema), encoding="utf-8")
    known = Kinds.builtin()
    known.load(HERE / "depot.schema.json", "depot.schema.json")
    known.load(path, "shop.schema.json")
    monkeypatch.setattr("tests.engine.world.kinds", lambda: known)


OF_THEIR_OWN = {
    "things": {"covers": {"type": "array", "items": {"type": "string", "x-ref": "people"}}},
    "a text": {"covers": {"type": "string"}},
    "several ways": {"method": {"type": "array", "items": {"type": "string"}}},
    "who": {"source": {"type": "string", "x-ref": "people"}},
    "a number": {"source": {"type": "integer"}},
    "a day": {"collected_at": {"type": "string", "format": "date"}},
    "any time": {"collected_at": {"type": "string", "format": "date-time"}},
    "any day": {"collected_at": {"type": "string", "format": "date"}},
}


@pytest.mark.parametrize(
    ("shape", "written", "status"),
    [
        ("things", "covers: [ann]", Status.UNKNOWN),
        ("a text", "covers: open", Status.UNKNOWN),
        ("several ways", "method: [tested]", Status.UNKNOWN),
        ("who", "source: ann", Status.PASS),
        ("a number", "source: 3", Status.PASS),
        ("a day", "collected_at: 2026-10-31", Status.PASS),
        ("any time", "collected_at: 2026-11-01T00:00:00Z", Status.UNKNOWN),
        ("any day", "collected_at: 2026-11-01", Status.UNKNOWN),
    ],
)
def test_kinds_of_somebodys_own_may_shape_it_otherwise(
    world: World, monkeypatch: pytest.MonkeyPatch, shape: str, written: str, status: Status
) -> None:
    reshape(
        world, monkeypatch, lambda shop: shop["evidence"]["items"]["properties"].update(OF_THEIR_OWN[shape])
    )
    usual = {"method": "tested", "collected_at": "2026-10-01T12:00:00Z", "covers": "[open]"}
    if "day" in shape:
        usual["collected_at"] = "2026-10-01"
    key, _, value = written.partition(": ")
    item_ = ", ".join(f"{name}: {text}" for name, text in {"id": "e", **usual, key: value}.items())
    world.policy(OPEN)
    facts = f"open: true\npeople: [{{id: ann}}]\nevidence: [{{{item_}}}]\n"
    found = one(world, facts, DOCUMENT)
    assert found.status is status, found.message
    assert found.basis is not None
    assert found.basis.source is None


def test_a_file_from_the_future_is_of_no_day(world: World) -> None:
    world.policy("require:\n  - {id: d, that: shop.supplier.insured_until > today}\n")
    shop = f"supplier: north\nevidence:\n{item('e', 'tested', '2026-10-01', 'supplier')}"
    depot = "insured_until: 2027-01-01\n"
    assert one(world, shop, YOUNG, depot=depot).status is Status.PASS
    assert one(world, shop, YOUNG, depot=depot, as_of="2026-10-30").status is Status.UNKNOWN


# --- what is asked of it


@pytest.mark.parametrize(
    ("rule", "evidence", "status"),
    [
        (None, "", Status.PASS),
        (DOCUMENT, "", Status.UNKNOWN),
        (DOCUMENT, item("e", "declared", "2026-10-31", "open"), Status.UNKNOWN),
        (DOCUMENT, item("e", "document", "2020-10-31", "open"), Status.PASS),
        (EXPORT, item("e", "document", "2026-10-31", "open"), Status.UNKNOWN),
        (EXPORT, item("e", "tool_export", "2026-10-31", "open"), Status.PASS),
        (EXPORT, item("e", "tested", "2026-10-31", "open"), Status.PASS),
        (DOCUMENT, item("e", "tested", "2026-11-01", "open"), Status.UNKNOWN),
        (DOCUMENT, item("e", "tested", None, "open"), Status.UNKNOWN),
        # the limit itself is young enough, a day more is not
        (YOUNG, item("e", "tested", "2026-10-01", "open"), Status.PASS),
        (YOUNG, item("e", "tested", "2026-09-30", "open"), Status.UNKNOWN),
        # what nothing covers is as old as its file, if somebody's word will do
        (YOUNG, "", Status.PASS),
        (EvidenceRule(Grade.DOCUMENT, 30), "", Status.UNKNOWN),
        # but not where what covers it cannot be used
        (YOUNG, item("e", "tested", "2026-11-01", "open"), Status.UNKNOWN),
        (YOUNG, item("e", "tested", None, "open"), Status.UNKNOWN),
        # the strongest of those that are young enough
        (
            EvidenceRule(Grade.DOCUMENT, 30),
            item("a", "tested", "2026-01-01", "open") + item("b", "document", "2026-10-01", "open"),
            Status.PASS,
        ),
        (
            EvidenceRule(Grade.DOCUMENT, 30),
            item("a", "tested", "2026-01-01", "open") + item("b", "declared", "2026-10-01", "open"),
            Status.UNKNOWN,
        ),
    ],
)  # fmt: skip
def test_what_passes_needs_it(world: World, rule: EvidenceRule | None, evidence: str, status: Status) -> None:
    world.policy(OPEN)
    facts = f"open: true\nevidence:\n{evidence}" if evidence else "open: true\n"
    assert one(world, facts, rule).status is status


@pytest.mark.parametrize(
    ("facts", "policy", "status"),
    [
        ("open: false\n", OPEN, Status.FAIL),
        ("open: true\n", "applies: '!shop.open'\n" + OPEN, Status.UNKNOWN),
        ("open: true\n", "when: '!shop.open'\n" + OPEN, Status.UNKNOWN),
        ("tools: []\n", TOOLS, Status.UNKNOWN),
        ("count: 0\n", "require:\n  - {id: o, that: 10 % shop.count == 0}\n", Status.ERROR),
    ],
)
def test_a_fail_and_an_error_stand_but_nothing_is_not_applicable_on_weak_evidence(
    world: World, facts: str, policy: str, status: Status
) -> None:
    world.policy(policy)
    assert one(world, facts, DOCUMENT).status is status


@pytest.mark.parametrize(
    ("rule", "evidence", "message", "question", "reason"),
    [
        (
            DOCUMENT, "",
            "no evidence for open; a document or better is asked for",
            "What shows the facts about open: a document or better?", "weak",
        ),
        (
            EXPORT, item("e", "declared", "2026-10-02", "open", "Ann"),
            "the evidence for open is somebody's word (Ann, 2026-10-02);"
            " a tool's export or better is asked for",
            "What shows the facts about open: a tool's export or better?", "weak",
        ),
        (
            EvidenceRule(Grade.TESTED, 7), item("e", "tested", "2026-10-02", "open", "Ann"),
            "the evidence for open is 29 days old (Ann, 2026-10-02); at most 7 are asked for",
            "What shows the facts about open: a test, at most 7 days old?", "stale",
        ),
        (
            YOUNG, item("e", "tested", "2026-12-02", "open", "Ann"),
            "the evidence for open does not say how and on which past day it was collected",
            "What shows the facts about open: somebody's word or better, at most 30 days old?", "undated",
        ),
    ],
)  # fmt: skip
def test_it_says_what_is_wrong_and_what_to_ask(
    world: World, rule: EvidenceRule, evidence: str, message: str, question: str, reason: str
) -> None:
    world.policy(OPEN)
    found = one(world, f"open: true\nevidence:\n{evidence}" if evidence else "open: true\n", rule)
    assert (found.message, found.reason) == (message, "evidence")
    (gap,) = found.gaps
    assert (gap.question, gap.reason, gap.path) == (question, reason, "open")
    assert gap.span == found.span
    assert found.basis is not None
    assert found.basis.section == "open"


def test_it_asks_for_every_part_at_once(world: World) -> None:
    world.policy("require:\n  - {id: o, that: 'shop.open && shop.count > 0 && shop.tools.all(t, t.safe)'}\n")
    tools = "tools: [{id: t, safe: true, evidence: o}, {id: u, safe: true, evidence: o}]"
    items = item("e", "tested", "2026-10-30", "count") + item("o", "document", "2026-10-29", "")
    found = one(world, f"open: true\ncount: 1\n{tools}\nevidence:\n{items}", EvidenceRule(Grade.TESTED, 1))
    assert [gap.path for gap in found.gaps] == ["open", "tools"]
    assert found.gaps[0].question == "What shows the facts about open: a test, at most 1 day old?"
    assert found.message == "no evidence for open; a test is asked for"
    old = item("e", "tested", "2026-10-29", "open, tools, count")
    aged = f"open: true\ncount: 1\ntools: []\nevidence:\n{old}"
    message = one(world, aged, EvidenceRule(Grade.TESTED, 1)).message
    assert message.endswith("is 2 days old (2026-10-29); at most 1 is asked for")


@pytest.mark.parametrize(
    ("as_of", "message"),
    [
        ("2026-12-15", "and the file is of 2026-10-31"),
        ("2026-10-30", "nor a day on which it held"),
    ],
)
def test_an_old_file_without_evidence(world: World, as_of: str, message: str) -> None:
    world.policy(OPEN)
    found = one(world, "open: true\n", YOUNG, as_of=as_of)
    assert found.status is Status.UNKNOWN
    assert found.message == f"there is no evidence for open, {message}; at most 30 days are asked for"


def test_a_policy_asks_for_itself_and_the_strictest_counts(world: World) -> None:
    world.policy("evidence: {grade: document}\n" + OPEN)
    world.policy(OPEN, "OTHER-01")
    facts = f"open: true\nevidence:\n{item('e', 'declared', '2026-10-01', 'open')}"
    assert [r.status.value for r in scan(world, facts)] == ["unknown", "pass"]
    assert [r.status.value for r in scan(world, facts, EXPORT)] == ["unknown", "unknown"]
    better = facts.replace("declared", "document")
    assert [r.status.value for r in scan(world, better)] == ["pass", "pass"]
    assert [r.status.value for r in scan(world, better, YOUNG)] == ["pass", "pass"]
    old = better.replace("2026-10-01", "2026-09-01")
    assert [r.status.value for r in scan(world, old, YOUNG)] == ["unknown", "unknown"]


def test_an_age_may_be_a_parameter(world: World) -> None:
    world.policy(
        "parameters:\n  age: {type: duration, default: 30d, min: 1d, max: 90d, why: so}\n"
        "evidence: {grade: declared, max_age: params.age}\n" + OPEN
    )
    assert one(world, "open: true\n", as_of="2026-11-30").status is Status.PASS
    assert one(world, "open: true\n", as_of="2026-12-01").status is Status.UNKNOWN


def test_a_result_holds_until_its_evidence_is_too_old(world: World) -> None:
    world.policy(OPEN)
    facts = f"open: true\nevidence:\n{item('e', 'tested', '2026-10-10', 'open')}"
    assert one(world, facts).until is None
    assert one(world, facts, YOUNG).until == "2026-11-10"
    assert one(world, "open: true\n", YOUNG).until == "2026-12-01"
    assert one(world, "open: false\n", YOUNG).until is None


def test_evidence_that_will_be_too_old_within_the_notice_is_due(world: World) -> None:
    world.policy("notice: 14d\n" + OPEN)
    facts = f"open: true\nevidence:\n{item('e', 'tested', '2026-10-10', 'open', 'Ann')}"
    found = one(world, facts, YOUNG)
    assert (found.status, found.until) == (Status.DUE, "2026-11-10")
    assert found.message.startswith("in 10 days (2026-11-10): the evidence for open is 31 days old (Ann, ")
    assert one(world, facts.replace("10-10", "10-16"), YOUNG).status is Status.PASS


def test_days_are_those_of_the_inventory(world: World) -> None:
    world.policy(OPEN)
    facts = "time_zone: Pacific/Auckland\nopen: true\nevidence:\n" + item("e", "tested", "2026-09-30", "open")
    # Noon UTC on the last of September is the first of October there.
    assert one(world, facts, YOUNG).status is Status.PASS
    assert basis(world, facts).collected == "2026-10-01"


@pytest.mark.parametrize("full", [True, False])
def test_counted_results_know_it_too(world: World, full: bool) -> None:
    world.policy(OPEN)
    (shop,) = documents("open: true\n")
    scanned = scan_document(shop, world.plan(full=full, rule=DOCUMENT))
    assert scanned.info.statuses == {"MINE-01": Status.UNKNOWN}
    assert scanned.info.counts == {Status.UNKNOWN: 1}


def test_how_many_controls_pass_on_which_grade(world: World) -> None:
    world.policy(OPEN)
    world.policy("require:\n  - {id: a, that: shop.alarm}\n", "OTHER-01")
    world.policy("require:\n  - {id: a, that: shop.count > 0}\n", "THIRD-01")
    world.policy(
        "notice: 90d\nrequire:\n  - {id: a, that: \"shop.tags == [] && today < date('2026-11-10')\"}\n",
        "LAST-01",
    )
    facts = (
        f"open: true\nalarm: true\ncount: 0\ntags: []\nevidence:\n{item('e', 'tested', '2026-10-01', 'open')}"
    )
    (shop,) = documents(facts)
    plan = world.plan()
    assert scan_document(shop, plan).info.grades == {}
    assert scan_document(shop, plan._replace(grades=True)).info.grades == {Grade.TESTED: 1, Grade.DECLARED: 2}


@pytest.mark.parametrize("full", [True, False])
def test_a_crash_of_grading_is_an_error_of_its_control_alone(
    world: World, monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    def choose(self: Grader, fact: Any, rule: EvidenceRule | None) -> Any:
        if fact.section == "count":
            message = "oops"
            raise ZeroDivisionError(message)
        return usual(self, fact, rule)

    usual = Grader._choose
    monkeypatch.setattr(Grader, "_choose", choose)
    world.policy(OPEN)
    world.policy("require:\n  - {id: a, that: shop.count > 0}\n", "OTHER-01")
    (shop,) = documents("open: true\ncount: 1\n")
    for rule in (None, YOUNG):
        scanned = scan_document(shop, world.plan(full=full, rule=rule)._replace(grades=True))
        assert scanned.info.statuses == {"MINE-01": Status.PASS, "OTHER-01": Status.ERROR}
        failed = [r for r in scanned.results if r.status is Status.ERROR]
        assert [(r.policy, "ZeroDivisionError: oops" in r.message) for r in failed] == [("OTHER-01", True)]


# --- status() and grade()


@pytest.mark.parametrize(
    ("expression", "facts", "status"),
    [
        ("status('OTHER-01') == 'pass'", "open: true\n", Status.PASS),
        ("status('OTHER-01') == 'fail'", "open: false\n", Status.PASS),
        ("status('OTHER-01') == 'unknown'", "", Status.PASS),
        ("status('OTHER-01') in ['pass', 'unknown']", "open: false\n", Status.FAIL),
        ("grade('OTHER-01') > 'declared'", "open: true\n", Status.FAIL),
        ("grade('OTHER-01') == 'declared'", "open: false\n", Status.PASS),
        ("grade('OTHER-01') > 'declared'", "", Status.UNKNOWN),
        (
            "grade('OTHER-01') == 'tool_export'",
            f"open: true\nevidence:\n{item('e', 'tool_export', '2026-10-01', 'open')}",
            Status.PASS,
        ),
    ],
)  # fmt: skip
def test_a_policy_may_ask_for_them(world: World, expression: str, facts: str, status: Status) -> None:
    excuse = "absence_ok: it is counted\n" if "status" in expression else ""
    world.policy(f'uses: [OTHER-01]\n{excuse}require:\n  - {{id: a, that: "{expression}"}}\n')
    world.policy(OPEN, "OTHER-01")
    found = [r for r in scan(world, facts) if r.policy == "MINE-01"]
    assert [r.status for r in found] == [status]


@pytest.mark.parametrize("expression", ["status('OTHER-01') == 'pass'", "grade('OTHER-01') == 'declared'"])
def test_an_account_shows_what_the_other_control_said(world: World, expression: str) -> None:
    excuse = "absence_ok: it is counted\n" if "status" in expression else ""
    world.policy(f'uses: [OTHER-01]\n{excuse}require:\n  - {{id: a, that: "{expression}"}}\n')
    world.policy(OPEN, "OTHER-01")
    (shop,) = documents("open: true\n", None)
    plan = world.plan()
    (asking,) = (policy for policy in plan.policies if policy.id == "MINE-01")
    ((trace,),) = (account.traces for account in accounts(shop, asking, plan))
    assert (trace.error, trace.value) == (None, True)


@pytest.mark.parametrize(("asked", "status"), [("fail", Status.FAIL), ("unknown", Status.PASS)])
def test_the_status_of_another_control_is_after_a_look_at_the_evidence(
    world: World, asked: str, status: Status
) -> None:
    asks = f"status('OTHER-01') == '{asked}'"
    world.policy(f'uses: [OTHER-01]\nabsence_ok: so\nrequire:\n  - {{id: a, that: "{asks}"}}\n')
    world.policy("evidence: {grade: document}\n" + OPEN, "OTHER-01")
    found = [r.status for r in scan(world, "open: true\n") if r.policy == "MINE-01"]
    assert found == [status]


def asking(expression: str) -> str:
    return f"require:\n  - id: a\n    that: {expression}\n"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (asking("grade('OTHER-01') > 'declared'"), "grade('OTHER-01') reads a control that `uses` does not"),
        (asking("shop.tags.all(t, status(t) == 'pass')"), "status() reads controls, but there is no `uses`"),
        ("uses: [OTHER-01]\n" + asking("status('OTHER-01') == 'pass'"), "this can turn a missing fact into"),
        ("uses: [OTHER-01]\n" + asking("grade('OTHER-01') > 'said'"), 'is never "said"'),
        ("evidence: {grade: paper}\n" + OPEN, '"paper" is not allowed here'),
        ("evidence: {max_age: 30d}\n" + OPEN, "the key 'grade' is missing"),
        ("evidence: {grade: document, max_age: 2 weeks}\n" + OPEN, '"2 weeks" does not fit here'),
        ("evidence: {grade: document, max_age: params.x}\n" + OPEN, "params.x is not a duration parameter"),
        ("evidence: {grade: document, age: 3d}\n" + OPEN, "unknown key 'age'"),
        ("evidence:\n" + OPEN, "'evidence' is blank"),
    ],
)
def test_what_a_policy_may_not_say(world: World, body: str, message: str) -> None:
    world.policy(body).policy(OPEN, "OTHER-01")
    problems = world.problems()
    assert any(message in str(problem) for problem in problems), problems
    assert all(problem.at is not None and problem.at.file == "mine/MINE/MINE-01.yaml" for problem in problems)
