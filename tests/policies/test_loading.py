"""Loading packs: everything that is wrong in any file is told at once, at its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policyscan.documents.references import link_across
from policyscan.engine.scan import scan_document
from policyscan.kinds.kinds import Kinds
from policyscan.policies.choosing import choose
from policyscan.policies.files import SCHEMAS
from policyscan.policies.loading import load_pack, with_parameters
from policyscan.policies.pack import Pack
from tests.engine.world import World, kinds, opened

HEAD = 6  # lines of a policy before its body
GOOD = "require:\n  - id: open\n    that: shop.open\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "mine")


def shown(world: World) -> list[str]:
    return [str(problem).partition("\n")[0] for problem in world.problems()]


# name: (body of a policy, line below its head and column, part of the message or hint)
BROKEN: dict[str, tuple[str, str, str]] = {
    "as without for_each": ("as: tool\n" + GOOD, "1:5", "`as:` without `for_each:`"),
    "for_each over no list": ("for_each: shop.about\nas: t\n" + GOOD, "1:11", "is not a list but"),
    "for_each over a number": ("for_each: shop.count\nas: t\n" + GOOD, "1:11", "is not a list but"),
    "elements without identity": ("for_each: shop.notes\nas: n\n" + GOOD, "1:11", "have no identity"),
    "a name that is taken": ("for_each: shop.tools\nas: shop\n" + GOOD, "1:11", "shop"),
    "a name that is reserved": ("for_each: shop.tools\nas: today\n" + GOOD, "1:11", "today"),
    "a nested name that is taken": (
        "for_each: {tool: shop.tools, shop: tool.parts}\n" + GOOD,
        "1:36",
        "shop",
    ),
    "a key that is no text": ("for_each: shop.notes\nas: n\nkey: n.good\n" + GOOD, "3:6", "string"),
    "applies that is no truth": ("applies: shop.count\n" + GOOD, "1:10", "bool"),
    "when that is no truth": ("for_each: shop.tools\nas: t\nwhen: t.id\n" + GOOD, "3:7", "bool"),
    "applies that sees a subject": (
        "applies: tool.safe\nfor_each: shop.tools\nas: tool\n" + GOOD,
        "1:10",
        "tool",
    ),
    "a need that is no truth": (
        "needs:\n  - {id: n, that: shop.count}\n" + GOOD,
        "2:19",
        "bool",
    ),
    "an id that is used twice": (
        "needs:\n  - {id: open, that: shop.open}\n" + GOOD,
        "4:9",
        "'open' is used twice",
    ),
    "an id that is used twice, deeper": (
        "require:\n  - id: a\n    needs: [{id: a, that: shop.open}]\n    that: shop.open\n",
        "3:18",
        "'a' is used twice",
    ),
    "each over no list": (
        "require:\n  - id: a\n    each: {x: shop.about}\n    that: shop.open\n",
        "3:15",
        "is not a list",
    ),
    "say with a mistake": (GOOD + "    say: '{shop.opne}'\n", "4:17", "did you mean 'open'"),
    "say that is not closed": (GOOD + "    say: 'x {shop.open'\n", "4:13", "not closed"),
    "say with nothing in it": (GOOD + "    say: 'x {}'\n", "4:13", "missing between the braces"),
    "say with a stray brace": (GOOD + "    say: 'x } y'\n", "4:13", "without an opening one"),
    "means with a mistake": (GOOD + "    means: 'Open {params.hours} hours.'\n", "4:26", "hours"),
    "means that reads a fact": (GOOD + "    means: 'It has {shop.count} tools.'\n", "4:21", "shop"),
    "means that reads the clock": (GOOD + "    means: 'Open {today}.'\n", "4:19", "today"),
    "means that is not closed": (GOOD + "    means: 'Open {params'\n", "4:18", "not closed"),
    "means of no value": (GOOD + "    means: 'Open {[1][2]} hours.'\n", "4:12", "put into words"),
    "hits outside a message": ("require:\n  - id: a\n    that: hits > 3\n", "3:11", "hits"),
    "figures with a mistake": (GOOD + "figures:\n  n: shop.tolos.size()\n", "5:11", "did you mean 'tools'"),
    "variables with a mistake": ("variables:\n  x: shop.opne\n" + GOOD, "2:11", "did you mean 'open'"),
    "a variable whose name is taken": ("variables:\n  shop: shop.open\n" + GOOD, "2:9", "shop"),
    "a variable with two mistakes": ("variables:\n  shop: shop.opne\n" + GOOD, "2:9", "shop"),
    "a variable named as a count in messages": (
        "variables:\n  n: shop.count\n" + GOOD + "    say: '{n} are open'\n",
        "6:10",
        "the name 'n' is taken already",
    ),
    "an element named as a count in messages": (
        "for_each: shop.tools\nas: hits\n" + GOOD + "    say: closed\n",
        "6:10",
        "the name 'hits' is taken already",
    ),
    "notice that is no parameter": (GOOD + "notice: params.ahead\n", "4:9", "not a duration parameter"),
    "notice that is no duration": (
        "parameters:\n  n: {type: int, default: 1, min: 1, max: 2, why: a}\n" + GOOD + "notice: params.n\n",
        "6:9",
        "not a duration parameter",
    ),
    "notice in hours": (GOOD + "notice: 24h\n", "4:9", ""),
    "a fact made of nothing": (GOOD.replace("shop.open", "has(shop.open)"), "3:11", "absence_ok"),
    "absence_ok without need": ("absence_ok: why not\n" + GOOD, "1:13", "is not needed"),
    "a parameter of the wrong type": (
        "parameters:\n  n: {type: int, default: many, min: 1, max: 2, why: ours}\n" + GOOD,
        "2:27",
        "expected a whole number, found 'many'",
    ),
    "a parameter below its bounds": (
        "parameters:\n  n: {type: int, default: 0, min: 1, max: 2, why: ours}\n" + GOOD,
        "2:27",
        "below the minimum",
    ),
    "a parameter that is not one of its values": (
        "parameters:\n  n: {type: string, default: c, values: [a, b], why: ours}\n" + GOOD,
        "2:30",
        "is not one of: a, b",
    ),
    "a parameter that is not there": (GOOD.replace("shop.open", "params.x > 1"), "3:18", "x"),
    "nothing required": ("why2: x\nrequire: []\n", "1:1", "unknown key 'why2'"),
    "an expression that is empty": (GOOD.replace("shop.open", "''"), "3:11", ""),
    "a comparison of a date with a text": (
        "for_each: shop.tools\nas: t\nrequire:\n  - id: a\n    that: t.ends_on == '2026-01-01'\n",
        "5:11",
        "date",
    ),
    "a division of whole numbers": (GOOD.replace("shop.open", "shop.count / 2 > 3"), "3:11", "fraction"),
    "a date compared with now": (
        "for_each: shop.tools\nas: t\nrequire:\n  - id: a\n    that: t.ends_on != null && t.ends_on < now\n",
        "5:32",
        "now",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_with_a_policy(world: World, name: str) -> None:
    body, place, words = BROKEN[name]
    world.policy(body)
    line, column = place.split(":")
    problems = world.problems()
    at = f"mine/MINE/MINE-01.yaml:{HEAD + int(line)}:{column}"
    told = [(str(problem.at), f"{problem.message} {problem.hint or ''}") for problem in problems]
    assert any(place == at and words in text for place, text in told), told


def test_a_meaning_has_the_values_that_hold(world: World) -> None:
    world.policy(
        "parameters:\n  wait: {type: duration, default: 14d, min: 1d, max: 30d, why: ours}\n"
        "  share: {type: number, default: 0.95, min: 0.1, max: 1, why: ours}\n"
        "needs:\n  - {id: n, that: shop.open}\n"
        "require:\n  - id: a\n    means: >-\n      In {params.wait},\n      {params.share * 100.0} percent.\n"
        "    needs:\n      - {id: m, that: shop.open, means: Plain.}\n    that: shop.open\n"
    )
    for overrides, means in (({}, "In 14 days, 95 percent."), ({"wait": "1d"}, "In 1 day, 95 percent.")):
        pack, problems = load_pack(world.folder, kinds(), shown="mine", overrides={"MINE-01": overrides})
        assert problems == []
        assert pack is not None
        policy = pack.policies["MINE-01"]
        assert (policy.needs[0].means, policy.require[0].needs[0].means) == (None, "Plain.")
        assert policy.require[0].means == means


@pytest.mark.parametrize("style", ["plain", "quoted", "double", "folded", "literal"])
def test_a_mistake_is_found_whatever_the_style(world: World, style: str) -> None:
    expression = "shop.open && shop.opne"
    that = {
        "plain": f"that: {expression}",
        "quoted": f"that: '{expression}'",
        "double": f'that: "{expression}"',
        "folded": "that: >-\n      shop.open\n      && shop.opne",
        "literal": "that: |\n      shop.open &&\n        shop.opne",
    }[style]
    world.policy(f"require:\n  - id: a\n    {that}\n")
    place = {"plain": "9:29", "quoted": "9:30", "double": "9:30", "folded": "11:15", "literal": "11:14"}[
        style
    ]
    assert [str(problem.at) for problem in world.problems()] == [f"mine/MINE/MINE-01.yaml:{place}"]


def test_the_problems_of_all_files_come_together_in_order(world: World) -> None:
    world.policy("require:\n  - {id: a, that: shop.opne}\n  - {id: b, that: shop.opne}\n", "MINE-02")
    world.policy("applies: shop.count\nrequire:\n  - {id: a, that: shop.opne}\n", "MINE-01")
    world.policy(GOOD, "OTHER-01")
    (world.folder / "definitions.yaml").write_text(
        "functions: {f: {returns: bool, value: 1 +}}\n", encoding="utf-8"
    )
    assert sorted(line.partition(": ")[0] for line in shown(world)) == [
        "mine/MINE/MINE-01.yaml:7:10",
        "mine/MINE/MINE-01.yaml:9:24",
        "mine/MINE/MINE-02.yaml:8:24",
        "mine/MINE/MINE-02.yaml:9:24",
        "mine/definitions.yaml:1:41",
    ]


@pytest.mark.parametrize(
    ("file", "id_", "words"),
    [
        ("MINE/MINE-02.yaml", "MINE-01", "the id 'MINE-01' is not the file's name, 'MINE-02.yaml'"),
        ("OTHER/MINE-01.yaml", "MINE-01", "'MINE-01.yaml' belongs into the folder 'MINE', not 'OTHER'"),
        ("DOC/DOC-01.yaml", "DOC-01", "ids of the family DOC are kept"),
        ("MINE/mine-01.yaml", "mine-01", ""),
    ],
)
def test_a_policy_in_the_wrong_place(world: World, file: str, id_: str, words: str) -> None:
    world.policy(GOOD, "GOOD-01")
    path = world.folder / file
    path.parent.mkdir(parents=True)
    text = (world.folder / "GOOD/GOOD-01.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("GOOD-01", id_), encoding="utf-8")
    (problem,) = shown(world)
    assert problem.startswith(f"mine/{file}:1:5: ")
    assert words in problem


@pytest.mark.parametrize(
    ("body", "place", "words"),
    [
        ("status: deprecated\n", "10:9", "a deprecated policy needs `replaced_by:`"),
        ("status: deprecated\nreplaced_by: MINE-09\n", "11:14", "names MINE-09, which is not in this pack"),
        ("status: deprecated\nreplaced_by: MINE-01\n", "11:14", "cannot be replaced by itself"),
        ("replaced_by: MINE-02\n", "10:14", "is for a policy with `status: deprecated`"),
        ("status: preview\nreplaced_by: MINE-02\n", "11:14", "is for a policy with `status: deprecated`"),
    ],
)
def test_a_replacement_that_is_none(world: World, body: str, place: str, words: str) -> None:
    world.policy(GOOD + body).policy(GOOD, "MINE-02")
    (problem,) = shown(world)
    assert problem.startswith(f"mine/MINE/MINE-01.yaml:{place}: ")
    assert words in problem


def test_a_deprecated_policy_names_its_replacement(world: World) -> None:
    world.policy(GOOD + "status: deprecated\nreplaced_by: MINE-02\n").policy(GOOD, "MINE-02")
    policies = world.pack().policies
    assert [(p.status, p.replaced_by) for p in policies.values()] == [
        ("deprecated", "MINE-02"),
        ("stable", None),
    ]


def test_a_replacement_that_is_broken_is_told_once(world: World) -> None:
    world.policy(GOOD + "status: deprecated\nreplaced_by: MINE-02\n").policy("require: []\n", "MINE-02")
    (problem,) = shown(world)
    assert "MINE-02.yaml" in problem


@pytest.mark.parametrize(
    "file",
    [
        "MINE-01.yaml",
        "MINE/MINE-01.yml",
        "MINE/MINE-01.YAML",
        "MINE/sub/MINE-01.yaml",
        "a/MINE/MINE-01.yml",
    ],
)
def test_a_policy_that_is_not_found_is_told(world: World, file: str) -> None:
    world.policy(GOOD, "GOOD-01")
    path = world.folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    text = (world.folder / "GOOD/GOOD-01.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("GOOD-01", "MINE-01"), encoding="utf-8")
    (problem,) = shown(world)
    assert problem.startswith(f"mine/{file}:1:1: this is written like a policy")


def test_other_files_beside_policies_are_left_alone(world: World) -> None:
    world.policy(GOOD, "GOOD-01")
    for name in ("notes.yml", "GOOD/GOOD-01.test.yaml", ".hidden/x.yml", "GOOD/data/list.yaml"):
        path = world.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a: 1\n" if "hidden" not in name else "require: []\n", encoding="utf-8")
    assert shown(world) == []


@pytest.mark.parametrize("taken", ["GOOD-02", "OLD-01"])
def test_an_alias_leads_to_one_policy_only(world: World, taken: str) -> None:
    world.policy(GOOD, "GOOD-01").policy(GOOD + "aliases: [OLD-01]\n", "GOOD-02")
    world.policy(GOOD + f"aliases: [{taken}]\n", "GOOD-03")
    (problem,) = shown(world)
    assert "GOOD-03.yaml" in problem
    assert f"the alias {taken} is already the id or an alias of a policy" in problem


def test_no_folder_and_no_policies(tmp_path: Path) -> None:
    for name, words in (("nowhere", "no such folder"), (".", "no policies in this folder")):
        pack, problems = load_pack(tmp_path / name, kinds(), shown=name)
        assert len(problems) == 1
        assert words in str(problems[0])
        assert pack is None or not pack.policies


# --- definitions


@pytest.mark.parametrize(
    ("functions", "place", "words"),
    [
        ("{f: {takes: {s: shop}, returns: bool, value: s.opne}}", "1:59", "did you mean 'open'"),
        ("{f: {takes: {s: shpo}, returns: bool, value: s.open}}", "1:16", "types that 'f' names"),
        ("{f: {takes: {s: shop}, returns: bool, value: s.count}}", "1:57", "bool"),
        ("{f: {takes: {n: int}, returns: int, value: f(n)}}", "1:55", "f"),
        ("{within: {takes: {d: date}, returns: bool, value: 'true'}}", "1:21", "function of the language"),
        ("{exists: {takes: {d: date}, returns: bool, value: 'true'}}", "1:21", "function of the language"),
        ("{has: {takes: {d: date}, returns: bool, value: 'true'}}", "1:18", "function of the language"),
        ("{f: {returns: bool, value: 'true', oops: 1}}", "1:47", "unknown key 'oops'"),
        ("{f: {takes: {s: shop}, value: s.open}}", "1:13", "'returns' is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_definition(world: World, functions: str, place: str, words: str) -> None:
    world.policy(GOOD)
    (world.folder / "definitions.yaml").write_text(f"functions: {functions}\n", encoding="utf-8")
    told = [f"{problem.at}: {problem.message} {problem.hint}" for problem in world.problems()]
    assert any(words in one for one in told), told
    assert told[0].startswith(f"mine/definitions.yaml:{place}: "), told


SHARED = """\
for_each: client.providers
as: engagement
require:
  - {id: own, that: "client.insurance_policies.exists(p, f(p))"}
  - {id: theirs, that: "engagement.profile.insurance_policies.exists(p, f(p))"}
"""


def test_a_definition_takes_what_two_kinds_call_by_one_name(world: World) -> None:
    function = "{takes: {p: insurance_policy}, returns: bool, value: p.ends_on > today}"
    world.policy(SHARED, kind="client")
    (world.folder / "definitions.yaml").write_text(f"functions: {{f: {function}}}\n", encoding="utf-8")
    assert shown(world) == []
    head = "schema_version: 1\nkind: {kind}\nas_of: 2026-10-31\norganisation: {{id: {id}}}\n"
    policy = "insurance_policies: [{{id: p, ends_on: {day}}}]\n"
    provider = opened("p.yaml", head.format(kind="provider", id="it") + policy.format(day="2026-12-31"))
    text = head.format(kind="client", id="c") + policy.format(day="2026-10-30")
    client = opened("c.yaml", text + "providers: [{id: e, profile: it}]\n")
    link_across(client, lambda _kind, _id: provider)
    results = scan_document(client, world.plan(), [provider]).results
    assert [(r.requirement, r.status.value) for r in results] == [("own", "fail"), ("theirs", "pass")]


ROOMS = """\
{"title": "x", "description": "x", "type": "object", "x-id": "about.id",
 "required": ["schema_version", "kind", "about"],
 "properties": {
  "schema_version": {"type": "integer", "const": 1},
  "kind": {"type": "string", "const": "%s"},
  "about": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}},
   "additionalProperties": false},
  "partner": {"type": "string", "x-ref": "kind:hotel"},
  "rooms": {"type": "array", "x-key": "id", "items": {"$ref": "#/$defs/room"}}},
 "additionalProperties": false,
 "$defs": {"room": {"type": "object", "x-id": "id", "required": ["id"],
  "properties": {"id": {"type": "string"}, "size": {"type": "%s"}}, "additionalProperties": false}}}
"""


def test_what_two_kinds_mean_by_one_name_must_agree_where_it_is_used(world: World, tmp_path: Path) -> None:
    known = Kinds.builtin()
    for kind, size in (("inn", "integer"), ("hotel", "string")):
        (tmp_path / f"{kind}.schema.json").write_text(ROOMS % (kind, size), encoding="utf-8")
        known.load(tmp_path / f"{kind}.schema.json")
    world.policy("require: [{id: a, that: 'inn.rooms.all(r, named(r))'}]\n", kind="inn")
    named = "named: {takes: {r: room}, returns: bool, value: r.id == 'blue'}"
    sized = "sized: {takes: {r: room}, returns: bool, value: r.size == r.size}"
    large = "large: {takes: {r: room}, returns: bool, value: r.size > 9}"
    (world.folder / "definitions.yaml").write_text(f"functions: {{{named}}}\n", encoding="utf-8")
    assert load_pack(world.folder, known)[1] == []
    for function, message, hint in (
        (
            sized,
            "'size' is not of one type in room",
            "room may be that of hotel or that of inn, and both must fit",
        ),
        (
            large,
            "a string > an int has no meaning",
            "write the number without quotes; for a number that is text, int(x) or double(x); "
            "this is so where room is that of hotel",
        ),
    ):
        (world.folder / "definitions.yaml").write_text(f"functions: {{{function}}}\n", encoding="utf-8")
        world.policy("require: [{id: a, that: 'inn.rooms.size() == 0'}]\n", kind="inn")
        problems = load_pack(world.folder, known, shown="mine")[1]
        assert {(problem.message, problem.hint) for problem in problems} == {(message, hint)}
        assert {str(problem.at)[:23] for problem in problems} == {"mine/definitions.yaml:1"}


def test_definitions_are_shared(world: World) -> None:
    (world.folder).mkdir()
    (world.folder / "definitions.yaml").write_text(
        "functions:\n"
        "  fine: {takes: {t: tool}, returns: bool, value: t.safe == true}\n"
        "  all_fine: {takes: {s: shop}, returns: bool, value: 's.tools.all(t, fine(t))'}\n",
        encoding="utf-8",
    )
    world.policy("require:\n  - {id: a, that: all_fine(shop)}\n")
    assert world.status("tools: [{id: a, safe: true}]\n").value == "pass"
    assert world.status("tools: [{id: a, safe: false}]\n").value == "fail"
    assert world.status("tools: [{id: a}]\n").value == "unknown"


# --- profiles and choosing

ABOUT = """\
name: ours
version: "1"
default_profile: usual
profiles:
  usual: {policies: [MINE-01]}
  more: {extends: usual, policies: [MINE-02]}
  everything: {policies: all}
"""


def choice(world: World, about: str = ABOUT) -> Pack:
    for id_ in ("MINE-01", "MINE-02", "OTHER-01"):
        world.policy(GOOD, id_)
    world.policy("status: preview\n" + GOOD, "OTHER-02")
    world.policy("aliases: [OLD-01]\n" + GOOD, "OTHER-03")
    (world.folder / "pack.yaml").write_text(about, encoding="utf-8")
    return world.pack()


@pytest.mark.parametrize(
    ("profile", "select", "ignore", "ids"),
    [
        (None, (), (), ["MINE-01"]),
        ("more", (), (), ["MINE-01", "MINE-02"]),
        ("everything", (), (), ["MINE-01", "MINE-02", "OTHER-01", "OTHER-03"]),
        ("everything", (), ("MINE", "OLD-01"), ["OTHER-01"]),
        (None, ("OTHER",), (), ["OTHER-01", "OTHER-02", "OTHER-03"]),
        (None, ("OLD-01",), (), ["OTHER-03"]),
        (None, ("OTHER-02", "MINE-01"), (), ["MINE-01", "OTHER-02"]),
        (None, ("OTHER",), ("OTHER",), []),
    ],
)
def test_choosing(
    world: World, profile: str | None, select: tuple[str, ...], ignore: tuple[str, ...], ids: list[str]
) -> None:
    chosen, name, problems = choose(choice(world), profile, select, ignore)
    assert problems == []
    assert [policy.id for policy in chosen] == ids
    assert name == ("" if select else profile or "usual")


def test_a_profile_may_ask_for_evidence_and_hands_it_on(world: World) -> None:
    about = ABOUT.replace("usual: {", "usual: {evidence: {grade: document, max_age: 90d}, ").replace(
        "everything: {", "stern: {extends: usual, evidence: {grade: tested}}\n  everything: {"
    )
    asked = {name: profile.evidence for name, profile in choice(world, about).profiles.items()}
    assert asked == {
        "usual": ("document", 90),
        "more": ("document", 90),
        "stern": ("tested", None),
        "everything": None,
    }


@pytest.mark.parametrize(
    ("profile", "select", "ignore", "words"),
    [
        ("most", (), (), "profiles are: everything, more, usual"),
        (None, ("MINE-03",), (), "did you mean MINE-0"),
        (None, ("mine",), (), "did you mean MINE"),
        (None, (), ("XYZ",), "--ignore XYZ: there is no such control or family"),
    ],
)
def test_choosing_what_is_not_there(
    world: World, profile: str | None, select: tuple[str, ...], ignore: tuple[str, ...], words: str
) -> None:
    _, _, problems = choose(choice(world), profile, select, ignore)
    assert words in str(problems[0])


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        (("[MINE-01]", "[MINE-09]"), "5:22", "names MINE-09, which is not in this pack"),
        (("extends: usual", "extends: usaul"), "6:19", "cannot extend 'usaul'"),
        (("extends: usual", "extends: more"), "6:19", "cannot extend 'more'"),
        (("default_profile: usual", "default_profile: usaul"), "3:18", "there is no profile 'usaul'"),
        (("version:", "verison:"), "2:1", "unknown key 'verison'"),
        (("policies: all", "policies: most"), "7:26", ""),
        (("policies: all", "evidence: {grade: papers}"), "7:34", '"papers" is not allowed here'),
        (("policies: all", "evidence: {max_age: 3d}"), "7:16", "the key 'grade' is missing"),
    ],
)
def test_what_is_wrong_with_a_pack(world: World, change: tuple[str, str], place: str, words: str) -> None:
    world.policy(GOOD).policy(GOOD, "MINE-02")
    (world.folder / "pack.yaml").write_text(ABOUT.replace(*change), encoding="utf-8")
    told = shown(world)
    assert any(one.startswith(f"mine/pack.yaml:{place}: ") and words in one for one in told), told


@pytest.mark.parametrize("schema", ["config", "pack", "policy", "questionnaire"])
def test_every_pattern_has_an_example_that_fits_and_is_told(schema: str) -> None:
    shown = list(_texts_with_pattern(json.loads((SCHEMAS / f"{schema}.schema.json").read_bytes())))
    assert shown
    for node in shown:
        assert all(re.search(node["pattern"], example) for example in node["examples"])


def _texts_with_pattern(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict) and node.get("type") == "string" and "pattern" in node:
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _texts_with_pattern(child)


# --- sources

QUOTING = 'quotes: [{document: guide.txt, text: "every tool is safe"}]\n' + GOOD


def test_a_pack_gives_titles_to_the_sources_of_its_own(world: World) -> None:
    world.policy(QUOTING)
    (world.folder / "pack.yaml").write_text(
        'name: ours\nversion: "1"\nsources: {guide.txt: A guide to tools}\n', encoding="utf-8"
    )
    pack = world.pack()
    (policy,) = pack.policies.values()
    assert [quote.source for quote in policy.info.quotes] == ["A guide to tools"]
    again, problems = with_parameters(pack, kinds(), policy.id, {})
    assert (again and again.info, problems) == (policy.info, [])


def test_a_title_for_what_nobody_quotes_is_told(world: World) -> None:
    world.policy(QUOTING)
    about = 'name: ours\nversion: "1"\nsources:\n  guid.txt: A guide\n'
    (world.folder / "pack.yaml").write_text(about, encoding="utf-8")
    (said,) = world.problems()
    assert "mine/pack.yaml:4:" in str(said)
    assert "`sources` gives a title to guid.txt, which no policy of this pack quotes" in str(said)
    assert "guide.txt" in str(said)
