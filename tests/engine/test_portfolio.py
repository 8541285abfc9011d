"""Controls over several inventories: tables of what the members say, holes in them, and the way back."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import pytest

from policyscan.documents.document import Document
from policyscan.engine.accounts import accounts
from policyscan.engine.explaining import Explainer
from policyscan.engine.outcome import Verdict
from policyscan.engine.scan import scan
from policyscan.files.discovery import discover
from policyscan.findings import Grade, Report, Result, ScanInfo, Status
from policyscan.session.reader import Reader
from tests.engine.world import World, kinds

CHAIN = "schema_version: 1\nkind: chain\nas_of: 2026-10-31\nowner: us\n"
SHOP = "schema_version: 1\nkind: shop\nas_of: 2026-10-31\nabout: {id: %s}\n"
DEPOT = SHOP.replace("shop", "depot")
ALL = "shops: [shops]\ndepots: [depots]\n"

SHOPS = """\
project:
  shops:
    from: shop
    columns: {open: shop.open, count: shop.count, half: shop.plan.owner != null}
"""
TOOLS = """\
project:
  tools:
    from: shop
    for_each: shop.tools
    as: tool
    columns: {safe: tool.safe, checked: tool.checked_on, shop_open: shop.open}
"""


class Chain(NamedTuple):
    """A folder with a chain and its members."""

    root: Path

    def write(self, name: str, text: str) -> Chain:
        path = self.root / "inventories" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return self

    def chain(self, body: str = ALL, name: str = "chains/us.yaml") -> Chain:
        return self.write(name, CHAIN + body)

    def shop(self, id_: str, body: str = "") -> Chain:
        return self.write(f"shops/{id_}.yaml", SHOP % id_ + body)

    def report(
        self, world: World, *paths: str, as_of: str = "2026-10-31", full: bool = True,
        clients: Sequence[str] = (), only: Sequence[str] = (), order: Sequence[int] | None = None,
    ) -> Report:  # fmt: skip
        """What a scan of the folder, or of some paths in it, says."""
        (self.root / "inventories/providers").mkdir(exist_ok=True)
        plan = world.plan(as_of, *only, full=full)
        found = discover([str(self.root / "inventories" / path) for path in paths or ("",)], base=self.root)
        if order is not None:
            found = found._replace(files=[found.files[i] for i in order])
        reader = Reader(kinds(), found, clients, {"chain"})
        return scan(reader.documents(), plan, lambda: ScanInfo("1", as_of), reader.all_problems, reader)

    def results(self, world: World, *paths: str, as_of: str = "2026-10-31") -> list[Result]:
        """The results of the chain's controls, and of the chain itself."""
        report = self.report(world, *paths, as_of=as_of)
        return [result for result in report.results if result.kind == "chain"]

    def one(self, world: World, *paths: str, as_of: str = "2026-10-31") -> Result:
        (result,) = [r for r in self.results(world, *paths, as_of=as_of) if not r.policy.startswith("DOC-")]
        return result


@pytest.fixture
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Chain:
    monkeypatch.chdir(tmp_path)
    return Chain(tmp_path).chain().write("depots/d.yaml", DEPOT % "d")


def requires(that: str, more: str = "", project: str = SHOPS) -> str:
    return f"{project}{more}require:\n  - id: it\n    that: >-\n      {that}\n"


# --- values


@pytest.mark.parametrize(
    ("that", "status"),
    [
        ("shops.all(s, s.open)", "fail"),
        ("shops.exists(s, !s.open)", "pass"),
        ("shops.count(s, s.open) == 1", "pass"),
        ("shops.map(s, s.count).sum() == 7", "pass"),
        ("shops.map(s, s.count).sum() == 8", "fail"),
        ("shops.map(s, s.document).size() == 2", "pass"),
        (
            "shops.all(s, s.half)",
            "fail",
        ),  # a plan that is null is absent: null, over which a requirement falls
        ("shops.exists(s, s.half == null)", "pass"),
        ("shops[0].count == 3", "pass"),  # in the order of the members' ids
        ("chain.limit >= shops.map(s, s.count).max()", "pass"),
    ],
)
def test_a_row_for_every_member(world: World, chain: Chain, that: str, status: str) -> None:
    world.policy(requires(that), kind="chain")
    chain.chain(ALL + "limit: 4\n").shop("b", "open: false\ncount: 4\nplan: null\n")
    chain.shop("a", "open: true\ncount: 3\nplan: {owner: null}\n")
    assert chain.one(world).status.value == status


@pytest.mark.parametrize(
    ("that", "status"),
    [
        ("tools.size() == 3", "pass"),
        ("tools.all(t, t.safe)", "fail"),
        ("tools.filter(t, t.document == chain.x).size() == 0", None),
        ("tools.filter(t, t.id == 'saw').size() == 2", "pass"),
        ("tools.exists(t, t.id == 'axe' && t.checked == date('2026-01-02'))", "pass"),
        ("tools.groupBy(t, t.document).size() == 2", "pass"),
        ("tools.exists(t, t.shop_open)", "unknown"),
    ],
)
def test_a_row_for_every_element(world: World, chain: Chain, that: str, status: str | None) -> None:
    world.policy(requires(that, project=TOOLS), kind="chain")
    if status is None:
        assert world.problems()
        return
    chain.shop("a", "tools: [{id: saw, safe: true, checked_on: null}]\n")
    chain.shop("b", "tools: [{id: saw, safe: false, checked_on: 2026-01-01}, "
               "{id: axe, safe: null, checked_on: 2026-01-02}]\n")  # fmt: skip
    chain.shop("c", "tools: []\n")
    assert chain.one(world).status.value == status


def test_an_element_whose_list_belongs_to_nothing_is_none(world: World, chain: Chain) -> None:
    project = "project: {steps: {from: shop, for_each: shop.plan.steps, columns: {safe: item.safe}}}\n"
    world.policy(requires("steps.all(s, s.safe)", project=project), kind="chain")
    chain.shop("a", "plan: null\n").shop("b", "plan: {steps: [{id: x, safe: true}]}\n")
    assert chain.one(world).status is Status.PASS


@pytest.mark.parametrize(
    ("column", "value", "that"),
    [
        ("shop.about.id", "", "r.x == 'a'"),
        ("shop.count", "count: 3\n", "r.x == 3"),
        ("shop.price", "price: 3\ncurrency: EUR\n", "r.x == money(3.0, 'EUR')"),
        ("shop.tags", "tags: [b, a]\n", "r.x == ['b', 'a']"),
        ("shop.tools.map(t, t.ends_on)", "tools: [{id: a, ends_on: 2026-11-01}]\n", "r.x[0] > today"),
        ("today - shop.tools[0].checked_on", "tools: [{id: a, checked_on: 2026-10-01}]\n", "r.x == days(30)"),
        ("shop.tools[0].seen_at", "tools: [{id: a, seen_at: 2026-10-01T10:00:00Z}]\n", "r.x < now"),
        ("shop.tools.transformMapEntry(i, t, {t.id: t.safe})", "tools: [{id: a, safe: true}]\n", "r.x['a']"),
    ],
)
def test_columns_hold_plain_values(world: World, chain: Chain, column: str, value: str, that: str) -> None:
    project = f"project: {{rows: {{from: shop, columns: {{x: '{column}'}}}}}}\n"
    world.policy(requires(f"rows.all(r, {that})", project=project), kind="chain")
    assert chain.shop("a", value).one(world).status is Status.PASS


def test_columns_see_parameters_and_definitions(world: World, chain: Chain) -> None:
    world.folder.mkdir(exist_ok=True)
    (world.folder / "definitions.yaml").write_text(
        "functions:\n  busy:\n    takes: {shop: shop, least: int}\n    returns: bool\n"
        "    value: shop.count >= least\n",
        encoding="utf-8",
    )
    project = (
        "parameters: {least: {type: int, default: 3, min: 1, max: 9, why: a guess}}\n"
        "project: {rows: {from: shop, columns: {x: 'busy(shop, params.least)'}}}\n"
    )
    world.policy(requires("rows.count(r, r.x) == 1", project=project), kind="chain")
    assert chain.shop("a", "count: 2\n").shop("b", "count: 3\n").one(world).status is Status.PASS


def test_columns_follow_references_to_other_inventories(world: World, chain: Chain) -> None:
    project = "project: {rows: {from: shop, columns: {x: shop.supplier.insured_until}}}\n"
    world.policy(requires("rows.all(r, r.x > today)", project=project), kind="chain")
    chain.write("depots/d.yaml", DEPOT % "d" + "insured_until: 2026-11-01\n").shop("a", "supplier: d\n")
    assert chain.one(world).status is Status.PASS


def test_facts_of_the_future_are_not_seen(world: World, chain: Chain) -> None:
    project = "project: {rows: {from: shop, for_each: shop.tools, as: t, columns: {x: t.checked_on}}}\n"
    world.policy(requires("rows.all(r, r.x != null)", project=project), kind="chain")
    chain.shop("a", "tools: [{id: saw, checked_on: 2026-10-01}]\n")
    assert chain.one(world).status is Status.PASS
    result = chain.one(world, as_of="2026-09-30")
    assert result.status is Status.UNKNOWN
    assert result.gaps[0].reason == "it lies in the future: 2026-10-01 is after 2026-09-30"


@pytest.mark.parametrize("paths", [("chains/us.yaml",), ("",)])
def test_members_from_after_the_day_are_noted(world: World, chain: Chain, paths: tuple[str, ...]) -> None:
    world.policy(requires("shops.size() == 2"), kind="chain")
    chain.write("chains/us.yaml", (CHAIN + ALL).replace("2026-10-31", "2026-09-30"))
    chain.shop("a").write("shops/b.yaml", (SHOP % "b").replace("2026-10-31", "2026-09-30"))
    notes = chain.report(world, *paths, as_of="2026-09-30").scan.notes
    assert [note for note in notes if "perhaps not known then" in note] == [
        "facts as of a day after 2026-09-30, so perhaps not known then: a"
    ]


def test_two_kinds_of_members_make_two_tables(world: World, chain: Chain) -> None:
    project = SHOPS + "  depots: {from: depot, columns: {until: depot.insured_until}}\n"
    that = "shops.all(s, s.open) && depots.all(d, d.until > today)"
    world.policy(requires(that, project=project), kind="chain")
    chain.shop("a", "open: true\n").write("depots/d.yaml", DEPOT % "d" + "insured_until: 2026-11-01\n")
    assert chain.one(world).status is Status.PASS


# --- subjects and the way back


def test_rows_are_subjects(world: World, chain: Chain) -> None:
    body = (
        SHOPS
        + "for_each: shops\nas: s\nrequire:\n  - {id: open, that: s.open, say: '{s.document} is shut'}\n"
    )
    world.policy(body, kind="chain")
    chain.shop("a", "open: true\n").shop("b", "\nopen: false\n").shop("c")
    told = {r.subject: (r.status.value, r.message, str(r.span)) for r in chain.results(world)}
    assert told == {
        "a": ("pass", "", "inventories/shops/a.yaml:4:13"),
        "b": ("fail", "b is shut", "inventories/shops/b.yaml:4:13"),
        "c": ("unknown", "shop[c].open: it is not recorded", "inventories/shops/c.yaml:1:1"),
    }


def test_elements_are_subjects_of_their_members(world: World, chain: Chain) -> None:
    body = TOOLS + "for_each: tools\nas: t\nrequire: [{id: safe, that: t.safe}]\n"
    world.policy(body, kind="chain")
    chain.shop("a", "tools:\n  - id: saw\n    safe: false\n").shop("b", "tools: [{id: saw}]\n").shop("c")
    fail, *lacking = sorted(chain.results(world), key=lambda result: result.subject or "z")
    assert (fail.subject, fail.status, str(fail.span)) == (
        "a/saw", Status.FAIL, "inventories/shops/a.yaml:6:5",
    )  # fmt: skip
    assert [(read.path, read.value, read.span and read.span.line) for read in fail.evidence] == [
        ("shop[a].tools[saw].safe", False, 6)
    ]
    assert [(r.subject, r.status, r.gaps[0].path, r.gaps[0].question) for r in lacking] == [
        ("b/saw", Status.UNKNOWN, "shop[b].tools[saw].safe", "Is it safe?"),
        ("", Status.UNKNOWN, "shop[c].tools", "Which tools are there?"),
    ]
    assert [r.gaps[0].span and r.gaps[0].span.file for r in lacking] == [
        "inventories/shops/b.yaml", "inventories/shops/c.yaml",
    ]  # fmt: skip


def test_elements_without_a_key_are_numbered(world: World, chain: Chain) -> None:
    project = "project: {notes: {from: shop, for_each: shop.notes, as: n, columns: {good: n.good}}}\n"
    world.policy(project + "for_each: notes\nas: n\nrequire: [{id: good, that: n.good}]\n", kind="chain")
    chain.shop("a", "notes: [{good: true}, {good: false}]\n")
    assert [r.subject for r in chain.results(world)] == ["a/#2", "a/#1"]


def test_texts_are_elements_too(world: World, chain: Chain) -> None:
    project = "project: {tags: {from: shop, for_each: shop.tags, as: t, columns: {long: size(t) > 2}}}\n"
    world.policy(project + "for_each: tags\nas: t\nrequire: [{id: long, that: t.long}]\n", kind="chain")
    chain.shop("a", "tags: [yes, yesyes]\n")
    assert sorted((r.subject, r.status.value) for r in chain.results(world)) == [
        ("a/yes", "pass"), ("a/yesyes", "pass"),
    ]  # fmt: skip


def test_a_null_names_what_is_null(world: World, chain: Chain) -> None:
    project = "project: {rows: {from: shop, columns: {x: shop.plan.owner != null}}}\n"
    body = project + "require:\n  - {id: it, that: 'rows.all(r, r.x)', absent: unknown}\n"
    world.policy(body, kind="chain")
    result = chain.shop("a", "plan: null\n").one(world)
    assert (result.status, result.gaps[0].path) == (Status.UNKNOWN, "shop[a].plan")
    assert result.message == "shop[a].plan: there is none"


def test_an_account_shows_the_rows_that_were_read(world: World, chain: Chain) -> None:
    world.policy(requires("shops.all(s, s.open)"), kind="chain")
    chain.shop("a", "open: true\n").shop("b", "open: false\n")
    (chain.root / "inventories/providers").mkdir()
    plan = world.plan()
    found = discover([str(chain.root / "inventories/chains/us.yaml")], base=chain.root)
    reader = Reader(kinds(), found, (), {"chain"})
    ((document, context),) = reader.documents()
    (account,) = accounts(document, plan.policies[0], plan, context, reader)
    assert [(read.path, read.value) for read in account.result.evidence] == [
        ("shop[a].open", True), ("shop[b].open", False),
    ]  # fmt: skip
    assert account.traces[0].value is False


# --- holes

HOLES = {
    "a pattern that names nobody": ("shops: [shops/a.yaml, shops/gone.yaml]\ndepots: []\n", {}),
    "a file that cannot be read": ("shops: [shops]\ndepots: []\n", {"shops/b.yaml": "kind: [\n"}),
    "a file that is not valid": ("shops: [shops]\ndepots: []\n", {"shops/b.yaml": SHOP % "b" + "open: 3\n"}),
    "members that nobody named": ("depots: []\n", {}),
    "a blank list of members": ("shops:\ndepots: []\n", {}),
    "a path that leads out": ("shops: [shops/a.yaml, ../x.yaml]\ndepots: []\n", {}),
    "a second file of the same id": ("shops: [shops]\ndepots: []\n", {"shops/b.yaml": SHOP % "a"}),
}  # fmt: skip


@pytest.mark.parametrize("that", [
    "shops.all(s, s.open)", "shops.size() < 5",
    "shops != []", "shops.count(s, s.open) < 5",
    "!shops.exists(s, !s.open)", "shops.map(s, s.count).sum() < 9", "shops.exists(s, s.open)",
    "chain.limit < 9 && shops.size() < 9",
    "shops.map(s, s.document).size() < 9", "shops.filter(s, s.open).size() < 5",
])  # fmt: skip
@pytest.mark.parametrize("case", HOLES)
def test_nothing_that_reads_a_table_with_a_hole_passes(
    world: World, chain: Chain, case: str, that: str
) -> None:
    body, files = HOLES[case]
    world.policy(requires(that), kind="chain")
    chain.chain(body + "limit: 1\n").shop("a", "open: true\ncount: 3\n")
    for name, text in files.items():
        chain.write(name, text)
    assert chain.one(world).status is Status.UNKNOWN


@pytest.mark.parametrize("more", [
    "applies: shops.size() > 1\n", "applies: shops.exists(s, !s.open)\n", "when: shops.size() > 1\n",
    "for_each: shops.filter(s, !s.open)\nas: x\n", "for_each: shops\nas: x\nwhen: shops.size() > 7\n",
])  # fmt: skip
@pytest.mark.parametrize("case", HOLES)
def test_nothing_that_reads_a_table_with_a_hole_is_not_applicable(
    world: World, chain: Chain, case: str, more: str
) -> None:
    body, files = HOLES[case]
    world.policy(requires("true", more), kind="chain")
    chain.chain(body).shop("a", "open: true\ncount: 3\n")
    for name, text in files.items():
        chain.write(name, text)
    assert {r.status for r in chain.results(world) if r.policy == "MINE-01"} == {Status.UNKNOWN}


def test_a_fail_stands_on_what_is_known(world: World, chain: Chain) -> None:
    world.policy(requires("shops.all(s, s.open)"), kind="chain")
    chain.chain("shops: [shops/a.yaml, gone]\ndepots: []\n").shop("a", "open: false\n")
    assert chain.one(world).status is Status.FAIL


def test_a_hole_says_where_the_member_should_be(world: World, chain: Chain) -> None:
    world.policy(requires("shops.size() < 5"), kind="chain")
    chain.chain("shops: [shops/a.yaml, gone]\ndepots: []\n").shop("a", "open: false\n")
    reference, result = sorted(chain.results(world), key=lambda r: r.policy)
    assert (reference.policy, reference.status) == ("DOC-REF", Status.FAIL)
    assert str(reference.span) == "inventories/chains/us.yaml:5:23"
    assert reference.message == "no shop is found under gone: no file has this name"
    assert str(result.span) == "inventories/chains/us.yaml:5:23"
    assert result.message == f"shops[1]: {reference.message}"


def test_a_table_without_a_hole_is_not_held_back(world: World, chain: Chain) -> None:
    project = SHOPS + "  depots: {from: depot, columns: {until: depot.insured_until}}\n"
    body = project + "require:\n  - {id: s, that: shops.size() == 1}\n  - {id: d, that: depots.size() < 9}\n"
    world.policy(body, kind="chain")
    chain.chain("shops: [shops]\ndepots: [gone]\n").shop("a")
    assert {r.requirement: r.status.value for r in chain.results(world) if r.policy == "MINE-01"} == {
        "s": "pass", "d": "unknown",
    }  # fmt: skip


def test_a_member_that_does_not_say_is_no_hole(world: World, chain: Chain) -> None:
    body = (
        SHOPS + "require:\n  - {id: n, that: shops.size() == 2}\n  - {id: o, that: 'shops.all(s, s.open)'}\n"
    )
    world.policy(body, kind="chain")
    chain.shop("a", "open: true\n").shop("b", "open:\n")
    told = {r.requirement: r for r in chain.results(world)}
    assert told["n"].status is Status.PASS
    assert (told["o"].status, told["o"].message) == (Status.UNKNOWN, "shop[b].open: it is blank")
    assert str(told["o"].span) == "inventories/shops/b.yaml:5:1"


def test_a_missing_list_is_a_hole(world: World, chain: Chain) -> None:
    world.policy(requires("tools.size() < 9", project=TOOLS), kind="chain")
    chain.shop("a", "tools: []\n").shop("b")
    result = chain.one(world)
    assert (result.status, result.message) == (Status.UNKNOWN, "shop[b].tools: it is not recorded")
    assert (result.gaps[0].question, result.gaps[0].generic_path) == ("Which tools are there?", "tools")


def test_members_that_nobody_read_are_holes(world: World, chain: Chain) -> None:
    """An inventory that is evaluated by itself, without its members, has nothing to pass with."""
    from policyscan.engine.scan import scan_document

    world.policy(requires("shops.size() == 0"), kind="chain")
    (chain.root / "inventories/providers").mkdir()
    found = discover([str(chain.root / "inventories/chains")], base=chain.root)
    ((document, _),) = Reader(kinds(), found).documents()
    (result,) = scan_document(document, world.plan()).results
    assert (result.status, result.message) == (Status.UNKNOWN, "shops: its members were not read")


PASSED_OVER = (
    SHOPS + "absence_ok: what is known is enough here\n"
    "for_each: shops.filter(s, has(s.open)).map(s, s.document)\nas: x\n"
    "require: [{id: it, that: 'true'}]\n"
)


def test_a_list_that_passes_over_a_hole_may_have_more(world: World, chain: Chain) -> None:
    world.policy(PASSED_OVER, kind="chain")
    chain.chain("shops: [shops/a.yaml, gone]\ndepots: []\n").shop("a", "open: true\n")
    told = {(r.subject, r.requirement): r for r in chain.results(world) if r.policy == "MINE-01"}
    assert {key: r.status.value for key, r in told.items()} == {
        ("a", "it"): "pass", ("", "for_each"): "unknown",
    }  # fmt: skip
    assert told["", "for_each"].message.startswith("shops[1]: no shop is found under gone")


def test_a_hole_is_no_subject(world: World, chain: Chain) -> None:
    world.policy(SHOPS + "for_each: shops\nas: s\nrequire: [{id: it, that: s.open}]\n", kind="chain")
    chain.chain("shops: [shops/a.yaml, gone]\ndepots: []\n").shop("a", "open: true\n")
    told = [(r.subject, r.requirement, r.status.value) for r in chain.results(world) if r.policy == "MINE-01"]
    assert sorted(told) == [("", "for_each", "unknown"), ("a", "it", "pass")]


def test_it_is_told_once_where_nothing_is_left(world: World, chain: Chain) -> None:
    world.policy(PASSED_OVER, kind="chain")
    chain.chain("shops: [gone]\ndepots: []\n")
    told = [(r.subject, r.requirement, r.status.value) for r in chain.results(world) if r.policy == "MINE-01"]
    assert told == [("", "for_each", "unknown")]


# --- faults


def test_a_fault_names_the_member(world: World, chain: Chain) -> None:
    project = "project: {rows: {from: shop, columns: {x: 9 % shop.count == 0}}}\n"
    world.policy(requires("rows.exists(r, r.x)", project=project), kind="chain")
    chain.shop("a", "count: 3\n").shop("b", "count: 0\n")
    result = chain.one(world)
    assert (result.status, result.requirement) == (Status.ERROR, "project")
    assert result.message.startswith("cannot be evaluated: shop[b].x: ")
    assert str(result.span) == "inventories/shops/b.yaml:4:13"


def test_a_fault_touches_no_other_control(world: World, chain: Chain) -> None:
    project = "project: {rows: {from: shop, columns: {x: 9 % shop.count == 0}}}\n"
    world.policy(requires("rows.exists(r, r.x)", project=project), "MINE-02", kind="chain")
    world.policy(requires("shops.size() == 1"), kind="chain")
    told = {r.policy: r.status.value for r in chain.shop("b", "count: 0\n").results(world)}
    assert told == {"MINE-01": "pass", "MINE-02": "error"}


def test_a_bug_in_a_table_is_an_error_there(
    world: World, chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    from policyscan.engine import projection

    def broken(self: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(projection._Projection, "part", broken)
    world.policy(requires("shops.size() == 1"), kind="chain")
    result = chain.shop("b").one(world)
    assert (result.status, result.message) == (
        Status.ERROR,
        "cannot be evaluated: shop[b]: policyscan failed on this table: ZeroDivisionError: oh; this is a bug",
    )


# --- asking members' controls

ASKS = """\
uses: [OTHER-01]
project: {shops: {from: shop, columns: {fine: passes("OTHER-01")}}}
"""
OPEN = "applies: shop.count > 0\nrequire: [{id: open, that: shop.open}]\n"


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ("count: 1\nopen: true\n", "pass"),
        ("count: 1\nopen: false\n", "fail"),
        ("count: 1\n", "unknown"),
        ("count: 0\nopen: false\n", "fail"),  # it does not apply: null, over which a requirement falls
    ],
)
@pytest.mark.parametrize("only", ["", "MINE-01"])
def test_members_controls_are_asked(world: World, chain: Chain, facts: str, status: str, only: str) -> None:
    world.policy(requires("shops.all(s, s.fine)", project=ASKS), kind="chain").policy(OPEN, "OTHER-01")
    report = chain.shop("a", facts).report(world, only=[only] if only else [])
    assert [r.status.value for r in report.results if r.kind == "chain"] == [status]


def test_a_control_that_does_not_apply_is_null(world: World, chain: Chain) -> None:
    world.policy(requires("shops.all(s, s.fine == null)", project=ASKS), kind="chain")
    world.policy(OPEN, "OTHER-01")
    assert chain.shop("a", "count: 0\n").one(world).status is Status.PASS


def test_what_is_unknown_about_a_members_control_is_named(world: World, chain: Chain) -> None:
    world.policy(requires("shops.all(s, s.fine)", project=ASKS), kind="chain").policy(OPEN, "OTHER-01")
    result = chain.shop("a", "count: 1\n").one(world)
    assert "OTHER-01" in result.message
    assert result.gaps[0].path == "shop[a].fine"


def test_another_control_of_the_same_kind_has_its_own_tables(world: World, chain: Chain) -> None:
    world.policy("uses: [OTHER-01]\nrequire: [{id: o, that: passes('OTHER-01')}]\n", kind="chain")
    world.policy(requires("shops.all(s, s.open)"), "OTHER-01", kind="chain")
    chain.shop("a", "open: true\n")
    report = chain.report(world, only=["MINE-01"])
    assert [(r.policy, r.status.value) for r in report.results if r.kind == "chain"] == [("MINE-01", "pass")]


# --- time


def test_columns_are_worked_out_on_the_members_clock(world: World, chain: Chain) -> None:
    """At 01:00 in Helsinki the day has begun there, and not yet in Chicago."""
    project = "project: {rows: {from: shop, columns: {day: today}}}\n"
    world.policy(
        project + "for_each: rows\nas: r\nrequire: [{id: it, that: r.day == today, say: '{r.day}'}]\n",
        kind="chain",
    )
    chain.chain(ALL + "time_zone: America/Chicago\n")
    chain.shop("hel", "time_zone: Europe/Helsinki\n").shop("chi", "time_zone: America/Chicago\n")
    told = {r.subject: r.message for r in chain.results(world, as_of="2026-10-31T23:00:00Z")}
    assert told == {"hel": "2026-11-01", "chi": ""}


UNTIL = "project: {rows: {from: shop, for_each: shop.tools, as: t, columns: {x: today <= t.ends_on}}}\n"


@pytest.mark.parametrize(
    ("zone", "until"),
    [("UTC", "2026-11-11"), ("Europe/Helsinki", "2026-11-10T22:00:00Z")],
)
def test_results_turn_when_a_row_turns(world: World, chain: Chain, zone: str, until: str) -> None:
    world.policy(requires("rows.all(r, r.x)", project=UNTIL), kind="chain")
    chain.shop(
        "a", f"time_zone: {zone}\ntools: [{{id: x, ends_on: 2026-11-10}}, {{id: y, ends_on: 2026-12-24}}]\n"
    )
    assert chain.one(world).until == until


def test_subjects_turn_with_their_table(world: World, chain: Chain) -> None:
    world.policy(UNTIL + "for_each: rows\nas: r\nrequire: [{id: it, that: r.x}]\n", kind="chain")
    chain.shop("a", "tools: [{id: x, ends_on: 2026-11-10}]\n")
    assert chain.one(world).until == "2026-11-11"


def test_results_turn_with_the_tables_they_read(world: World, chain: Chain) -> None:
    body = UNTIL + "  \nrequire:\n  - {id: a, that: rows.size() == 1}\n  - {id: b, that: chain.limit == 1}\n"
    world.policy(body, kind="chain")
    chain.chain(ALL + "limit: 1\n").shop("a", "tools: [{id: x, ends_on: 2026-11-10}]\n")
    assert {r.requirement: r.until for r in chain.results(world)} == {"a": "2026-11-11", "b": None}


# --- what is read, and when


def test_naming_the_chain_reads_its_members(world: World, chain: Chain) -> None:
    world.policy(requires("shops.all(s, s.open)"), kind="chain")
    chain.shop("a", "open: true\n").shop("b", "open: false\n")
    report = chain.report(world, "chains/us.yaml")
    assert [document.id for document in report.documents] == ["us"]
    assert [(r.status.value, str(r.span)) for r in report.results] == [
        ("fail", "inventories/shops/b.yaml:4:13")
    ]


def test_reporting_on_one_inventory_reads_the_members_all_the_same(world: World, chain: Chain) -> None:
    world.policy(requires("shops.count(s, s.open) == 2"), kind="chain")
    chain.shop("a", "open: true\n").shop("b", "open: true\n")
    report = chain.report(world, clients=["us"])
    assert [(d.id, r.status.value) for d, r in zip(report.documents, report.results, strict=True)] == [
        ("us", "pass")
    ]


def test_what_passes_is_counted_and_not_kept(world: World, chain: Chain) -> None:
    body = SHOPS + "for_each: shops\nas: s\nrequire: [{id: it, that: s.open}]\n"
    world.policy(body, kind="chain")
    chain.shop("a", "open: true\n").shop("b", "open: false\n").shop("c", "open: true\n")
    report = chain.report(world, full=False)
    (info,) = [document for document in report.documents if document.kind == "chain"]
    assert [result.subject for result in report.results] == ["b"]
    assert dict(info.counts) == {Status.PASS: 2, Status.FAIL: 1}
    assert dict(info.statuses) == {"MINE-01": Status.FAIL}


def test_a_broken_member_is_told_where_only_the_chain_is_asked_for(world: World, chain: Chain) -> None:
    world.policy(requires("shops.size() == 1"), kind="chain")
    chain.shop("a").write("shops/b.yaml", "kind: [\n").write("others/c.yaml", "kind: [\n")
    report = chain.report(world, clients=["us"])
    assert {problem.span.file for problem in report.problems if problem.span} == {"inventories/shops/b.yaml"}


@pytest.mark.parametrize("name", ["chains/us.yaml", "us.yaml", "zz/us.yaml"])
def test_the_order_of_files_changes_nothing(world: World, chain: Chain, name: str) -> None:
    (chain.root / "inventories/chains/us.yaml").unlink()
    (chain.root / "inventories/depots/d.yaml").unlink()
    chain.chain("shops: [shops, gone]\ndepots: []\n", name)
    world.policy(requires("shops.all(s, s.open)"), kind="chain")
    world.policy(requires("tools.all(t, t.safe)", project=TOOLS), "MINE-02", kind="chain")
    chain.shop("a", "open: true\ntools: [{id: saw}]\n").shop("b", "open: true\n").shop("c", "open:\n")
    reports = {str(chain.report(world, order=order)) for order in permutations(range(4))}
    assert len(reports) == 1


def test_several_chains_share_what_a_member_says(world: World, chain: Chain) -> None:
    world.policy(requires("shops.count(s, s.open) == 1"), kind="chain")
    chain.shop("a", "open: true\n").shop("b", "open: true\n")
    chain.write("chains/two.yaml", CHAIN.replace("us", "two") + "shops: [shops/a.yaml]\ndepots: []\n")
    report = chain.report(world)
    assert {r.document: r.status.value for r in report.results} == {"us": "fail", "two": "pass"}


def test_columns_are_worked_out_once_a_member(
    world: World, chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    from policyscan.engine import projection

    made: list[tuple[str, str]] = []
    part = projection._Projection.part

    def counted(self: projection._Projection) -> projection.MemberRows:
        made.append((self.table.name, self.document.id))
        return part(self)

    monkeypatch.setattr(projection._Projection, "part", counted)
    world.policy(requires("shops.all(s, s.open)"), kind="chain")
    chain.shop("a").shop("b").shop("stranger")
    chain.chain("shops: [shops/a.yaml, shops/b.yaml]\ndepots: []\n")
    chain.write("chains/two.yaml", CHAIN.replace("us", "two") + "shops: [shops/a.yaml]\ndepots: []\n")
    chain.report(world)
    assert sorted(made) == [("shops", "a"), ("shops", "b")]


def test_members_cost_nothing_where_no_control_asks_for_them(
    world: World, chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.policy(requires("shops.all(s, s.open)"), kind="chain").policy(OPEN, "OTHER-01")
    world.policy("require: [{id: l, that: chain.limit == 1}]\n", "THIRD-01", kind="chain")
    monkeypatch.setattr(Reader, "members", lambda *_: pytest.fail("the members were read"))
    chain.chain(ALL + "limit: 1\n").shop("a", "count: 1\nopen: true\n")
    report = chain.report(world, only=["OTHER-01", "THIRD-01"])
    assert {r.policy: r.status.value for r in report.results} == {"OTHER-01": "pass", "THIRD-01": "pass"}


def documents_alive() -> Iterator[Document]:
    return (thing for thing in gc.get_objects() if isinstance(thing, Document))


def test_rows_keep_no_document_alive(world: World, chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    from policyscan.engine.projection import Projector
    from policyscan.engine.tables import Tables

    project = TOOLS.replace("columns: {", "columns: {tags: shop.tags, ")
    world.policy(requires("tools.all(t, t.safe)", project=project), kind="chain")
    for id_ in "abcdef":
        chain.shop(id_, "tags: [x]\ntools: [{id: saw, safe: true}, {id: axe}]\n")
    alive: list[int] = []
    make = Projector.tables
    before = list(documents_alive())  # what other tests have left
    known = {id(document) for document in before}

    def tables(self: Projector, *given: object) -> Tables:
        made = make(self, *given)  # type: ignore[arg-type]
        gc.collect()
        new = [one for one in documents_alive() if id(one) not in known]
        alive.append(sum(one.kind.name == "shop" for one in new))
        return made

    monkeypatch.setattr(Projector, "tables", tables)
    chain.report(world)
    chain.report(world, "chains/us.yaml")
    # The last that came by may still be in the hands of the loop that reads them.
    assert len(alive) == 2
    assert max(alive) <= 1


# --- evidence

COVERED = """\
evidence:
  - {{id: e, source: {source}, method: {method}, collected_at: 2026-10-{day}T12:00:00Z, covers: [open]}}
"""


ONLY_OPEN = "project:\n  shops: {from: shop, columns: {open: shop.open}}\n"


def covered(method: str, day: int = 30, source: str = "Ann") -> str:
    return COVERED.format(method=method, day=day, source=source)


def test_a_result_rests_on_the_weakest_evidence_of_its_members(world: World, chain: Chain) -> None:
    world.policy(requires("shops.all(s, s.open)", project=ONLY_OPEN), kind="chain")
    chain.chain(ALL)
    chain.shop("a", "open: true\n" + covered("tested")).shop("b", "open: true\n" + covered("document", 11))
    found = chain.one(world)
    assert found.basis is not None
    assert found.basis.span is not None
    assert found.basis.span.file.endswith("shops/b.yaml")
    assert found.basis[:6] == (
        Grade.DOCUMENT, "shop[b].open", "Ann", "2026-10-11", 20, "shop[b].evidence[e]",
    )  # fmt: skip
    chain.shop("c", "open: true\n")
    found = chain.one(world)
    assert found.basis is not None
    assert (found.basis.grade, found.basis.section) == (Grade.DECLARED, "shop[c].open")


@pytest.mark.parametrize(
    ("facts", "status", "message"),
    [
        (covered("document"), "pass", ""),
        (covered("tool_export"), "pass", ""),
        (
            covered("declared"),
            "unknown",
            "the evidence for open of b is somebody's word (Ann, 2026-10-30)",
        ),
        ("", "unknown", "no evidence for open of b; a document or better is asked for"),
        (
            covered("document", 10),
            "unknown",
            "the evidence for open of b is 21 days old (Ann, 2026-10-10)",
        ),
    ],
)
def test_members_need_the_evidence_that_is_asked_for(
    world: World, chain: Chain, facts: str, status: str, message: str
) -> None:
    asked = "evidence: {grade: document, max_age: 20d}\n"
    world.policy(asked + requires("shops.all(s, s.open)", project=ONLY_OPEN), kind="chain")
    chain.chain(ALL)
    chain.shop("a", "open: true\n" + covered("tested")).shop("b", "open: true\n" + facts)
    found = chain.one(world)
    assert (found.status.value, found.message[: len(message)]) == (status, message)
    chain.shop("c", "open: false\n")
    found = chain.one(world)
    assert found.status is Status.FAIL


def test_a_result_holds_until_the_evidence_of_a_member_is_too_old(world: World, chain: Chain) -> None:
    asked = "evidence: {grade: document, max_age: 20d}\n"
    world.policy(asked + requires("shops.all(s, s.open)", project=ONLY_OPEN), kind="chain")
    chain.chain(ALL).shop("a", "open: true\n" + covered("tested", 30))
    chain.shop("b", "open: true\n" + covered("tested", 25))
    found = chain.one(world)
    assert (found.status, found.until) == (Status.PASS, "2026-11-15")


def test_what_a_table_does_not_read_of_its_members_does_not_count(world: World, chain: Chain) -> None:
    project = ONLY_OPEN + "  counts: {from: shop, columns: {n: shop.count}}\n"
    world.policy(requires("shops.all(s, s.open)", project=project), kind="chain")
    chain.chain(ALL).shop("a", "open: true\ncount: 1\n" + covered("tested"))
    found = chain.one(world)
    assert found.basis is not None
    assert found.basis.grade is Grade.TESTED


@pytest.mark.parametrize("rows", ["shops", "'shops.filter(s, s.open)'"])
def test_a_row_rests_on_the_evidence_of_its_own_member(world: World, chain: Chain, rows: str) -> None:
    asked = "evidence: {grade: document}\n"
    body = f"{ONLY_OPEN}for_each: {rows}\nas: s\nrequire: [{{id: open, that: s.open}}]\n"
    world.policy(asked + body, kind="chain")
    chain.chain(ALL).shop("a", "open: true\n" + covered("tested")).shop("b", "open: true\n")
    found = {r.subject: (r.status, r.basis and r.basis.section) for r in chain.results(world)}
    assert found == {"a": (Status.PASS, "shop[a].open"), "b": (Status.UNKNOWN, "shop[b].open")}


@pytest.mark.parametrize("rows", ["'shops.filter(s, shops.all(t, t.open))'", "'shops.map(s, s.document)'"])
def test_a_list_made_of_several_rows_rests_on_all_of_them(world: World, chain: Chain, rows: str) -> None:
    asked = "evidence: {grade: document}\n"
    body = f"{ONLY_OPEN}for_each: {rows}\nas: s\nkey: \"'x'\"\nrequire: [{{id: open, that: size('x') > 0}}]\n"
    world.policy(asked + body, kind="chain")
    chain.chain(ALL).shop("a", "open: true\n" + covered("tested")).shop("b", "open: true\n")
    assert {r.status for r in chain.results(world)} == {Status.UNKNOWN}


def test_what_another_control_reads_of_the_members_counts(world: World, chain: Chain) -> None:
    asked = "evidence: {grade: document}\n"
    world.policy(
        asked + "uses: [OTHER-01]\nrequire:\n  - {id: it, that: \"passes('OTHER-01')\"}\n", kind="chain"
    )
    world.policy(requires("shops.all(s, s.open)", project=ONLY_OPEN), "OTHER-01", kind="chain")
    chain.chain(ALL).shop("a", "open: true\n" + covered("tested"))
    found = {r.policy: (r.status, r.basis and r.basis.grade) for r in chain.results(world)}
    assert found == {"MINE-01": (Status.PASS, Grade.TESTED), "OTHER-01": (Status.PASS, Grade.TESTED)}
    chain.shop("b", "open: true\n")
    found = {r.policy: (r.status, r.basis and r.basis.grade) for r in chain.results(world)}
    assert found == {"MINE-01": (Status.UNKNOWN, Grade.DECLARED), "OTHER-01": (Status.PASS, Grade.DECLARED)}


# --- what subjects have in common

LISTS = """\
project:
  shops:
    from: shop
    columns: {open: shop.open, name: shop.about.id, names: "shop.tools.map(t, t.id)"}
for_each: shops.map(s, "!" + s.name) + shops.filter(s, has(s.names)).map(s, s.names).flatten().distinct()
as: at
absence_ok: what is not known of names is told by what asks for them
variables: {on: "shops.filter(s, at in s.names)"}
"""


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The expressions that are traced from now on."""
    traced: list[str] = []
    trace = Explainer._trace

    def noted(self: Explainer, verdict: Verdict, *, tree: bool = False) -> object:
        traced.append(verdict.code.text)
        return trace(self, verdict, tree=tree)

    monkeypatch.setattr(Explainer, "_trace", noted)
    return traced


def test_what_all_subjects_have_in_common_is_traced_once(
    world: World, chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.policy(LISTS + "require: [{id: it, that: 'shops.all(s, s.open)', say: 'shut'}]\n", kind="chain")
    for name in "abc":
        chain.shop(name, "open: false\ntools: [{id: saw}]\n")
    traced = counted(monkeypatch)
    results = chain.results(world)
    assert [(r.subject, r.status.value, r.message) for r in results] == [
        ("!a", "fail", "shut"), ("!b", "fail", "shut"), ("!c", "fail", "shut"), ("saw", "fail", "shut"),
    ]  # fmt: skip
    assert traced == ["shops.all(s, s.open)"]


def test_subjects_that_stand_in_no_table_are_traced_once(
    world: World, chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "require: [{id: it, that: size(on) > 1, say: '{at}: {size(on)}'}]\nfigures: {on: size(on)}\n"
    world.policy(LISTS + body, kind="chain")
    chain.shop("a", "tools: [{id: saw}]\n").shop("b", "tools: [{id: saw}, {id: axe}]\n")
    traced = counted(monkeypatch)
    results = chain.results(world)
    assert [(r.subject, r.status.value, r.message, dict(r.figures)) for r in results] == [
        ("!a", "fail", "!a: 0", {"on": 0}),
        ("!b", "fail", "!b: 0", {"on": 0}),
        ("axe", "fail", "axe: 1", {"on": 1}),
        ("saw", "pass", "", {"on": 2}),
    ]
    assert len([text for text in traced if text == "size(on) > 1"]) <= 3


def test_what_subjects_lack_is_told_for_each(world: World, chain: Chain) -> None:
    world.policy(LISTS + "require: [{id: it, that: size(on) > 0}]\n", kind="chain")
    chain.shop("a", "tools: [{id: saw}]\n").shop("b").shop("c")
    results = chain.results(world)
    assert [(r.subject, r.status.value, [g.path for g in r.gaps]) for r in results] == [
        (name, "unknown", ["shop[b].tools", "shop[c].tools"]) for name in ("!a", "!b", "!c", "saw")
    ]


def test_what_subjects_have_in_common_turns_with_each(world: World, chain: Chain) -> None:
    that = "shops.all(s, s.open) && today < date('2026-11-03')"
    world.policy(LISTS + f'require: [{{id: it, that: "{that}"}}]\n', kind="chain")
    chain.shop("a", "open: true\ntools: []\n").shop("b", "open: true\ntools: []\n")
    results = chain.results(world)
    assert [(r.subject, r.status.value, r.until) for r in results] == [
        ("!a", "pass", "2026-11-03"), ("!b", "pass", "2026-11-03"),
    ]  # fmt: skip
    later = chain.results(world, as_of="2026-11-03")
    assert [r.status.value for r in later] == ["fail", "fail"]
