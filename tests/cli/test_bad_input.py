"""Input that is broken: a message with its place, exit 2, and every other inventory's results intact."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.runner import Ran, policyscan

GOOD = """\
schema_version: 1
kind: client
as_of: 2026-10-31
organisation: {id: good}
crisis_plan: null
"""


def client(text: str = "", *, id_: str = "bad") -> str:
    return f"schema_version: 1\nkind: client\nas_of: 2026-10-31\norganisation: {{id: {id_}}}\n{text}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "inventories").mkdir()
    (tmp_path / "inventories" / "good.yaml").write_text(GOOD, encoding="utf-8")
    return tmp_path


def scan(monkeypatch: pytest.MonkeyPatch, folder: Path, *args: str) -> Ran:
    return policyscan(monkeypatch, folder, "scan", "--as-of", "2026-10-31", "-f", "json", *args)


# name: (content, line, column, part of the message)
INVENTORIES: dict[str, tuple[str | bytes, int, int, str]] = {
    "not UTF-8": (client().encode() + b"x-note: caf\xe9\n", 5, 12, "UTF-8"),
    "empty": ("", 1, 1, "nothing"),
    "only comments": ("# to do\n", 1, 1, "only comments"),
    "a tab for indentation": (client("people:\n\t- {id: a}\n"), 6, 1, "tab"),
    "an unclosed quote": (client('x-note: "never closed\n'), 5, 9, "quote"),
    "a duplicate key": (client("crisis_plan: null\ncrisis_plan: null\n"), 6, 1, "crisis_plan"),
    "an undefined alias": (client("x-note: *nobody\n"), 5, 9, "nobody"),
    "a recursive alias": (client("x-note: &a [*a]\n"), 5, 13, "inside its own value"),
    "an unknown tag": (client("x-note: !!python/object:os.system x\n"), 5, 9, "tag"),
    "10,000 levels": (client("x-note: " + "[" * 10_000 + "]" * 10_000 + "\n"), 5, 0, "deep"),
    "not a number": (client("x-note: .nan\n"), 5, 9, "number"),
    "infinity": (client("x-note: -.inf\n"), 5, 9, "not a number that can be compared"),
    "a huge integer": (client("x-note: 123456789012345678901234567890\n"), 5, 9, "64"),
    "a day that is none": (client("people: [{id: a, end_date: 2026-02-30}]\n"), 5, 28, "2026-02-30"),
    "a time where a day belongs": (
        client("people: [{id: a, end_date: 2026-02-03T10:00:00+01:00}]\n"),
        5,
        28,
        "date",
    ),
    "an instant without an offset": (
        client("devices: [{id: a, last_seen: 2026-10-30T10:00:00}]\n"),
        5,
        30,
        "offset",
    ),
    "a misspelt key": (client("device: []\n"), 5, 1, "device"),
    "a misspelt key within": (client("people: [{id: a, end_dat: null}]\n"), 5, 18, "end_dat"),
    "a wrong type": (client("people: none\n"), 5, 9, "list"),
    "text for a number": (client("email: {mailboxes_count: many}\n"), 5, 26, "number"),
    "an unknown kind": ("schema_version: 1\nkind: cleint\nas_of: 2026-10-31\n", 2, 7, "cleint"),
    "no kind": ("schema_version: 1\nas_of: 2026-10-31\n", 1, 1, "kind"),
    "a blank kind": ("schema_version: 1\nkind:\nas_of: 2026-10-31\n", 2, 1, "kind is blank"),
    "no schema_version": ("kind: client\nas_of: 2026-10-31\n", 1, 1, "schema_version"),
    "no as_of": ("schema_version: 1\nkind: client\norganisation: {id: bad}\n", 1, 1, "as_of"),
    "no id": ("schema_version: 1\nkind: client\nas_of: 2026-10-31\norganisation: {name: B}\n", 4, 1, "id"),
    "two things with one id": (client("people: [{id: a}, {id: a}]\n"), 5, 0, "a"),
    "a list for a file": ("- 1\n", 1, 1, "not an inventory"),
    "two documents with one id": (client() + "---\n" + client(), 9, 20, "bad"),
    "an id that another file has": (client(id_="good"), 4, 20, "good"),
}


@pytest.mark.parametrize("name", INVENTORIES)
def test_a_broken_inventory(monkeypatch: pytest.MonkeyPatch, folder: Path, name: str) -> None:
    content, line, column, message = INVENTORIES[name]
    data = content if isinstance(content, bytes) else content.encode()
    (folder / "inventories" / "zzz.yaml").write_bytes(data)
    ran = scan(monkeypatch, folder)
    report = json.loads(ran.out)
    assert ran.code == 2
    assert ran.err == ""
    (problem,) = report["summary"]["problems"]
    assert message in problem["message"]
    assert (problem["file"], problem["line"]) == ("inventories/zzz.yaml", line)
    assert column in (0, problem["column"])
    assert {r["document"] for r in report["results"]} >= {"good"}


def test_an_alias_bomb_is_refused_quickly(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    lines = ["x-a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]"]
    lines += [f"x-a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    (folder / "inventories" / "zzz.yaml").write_text(client("\n".join(lines) + "\n"), encoding="utf-8")
    ran = scan(monkeypatch, folder)
    (problem,) = json.loads(ran.out)["summary"]["problems"]
    assert ran.code == 2
    assert "alias" in problem["message"] or "large" in problem["message"]
    assert problem["line"] >= 5


def test_a_file_of_100_megabytes_is_refused_unread(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    path = folder / "inventories" / "zzz.yaml"
    with path.open("wb") as stream:
        stream.truncate(100_000_000)
    ran = scan(monkeypatch, folder)
    (problem,) = json.loads(ran.out)["summary"]["problems"]
    assert ran.code == 2
    assert "96 MB" in problem["message"]
    assert problem["file"] == "inventories/zzz.yaml"


def unreadable(folder: Path) -> None:
    (folder / "zzz.yaml").symlink_to(folder / "nowhere.yaml")


def circle(folder: Path) -> None:
    (folder / "zzz.yaml").symlink_to(folder / "zzz.yaml")


def folder_like_a_file(folder: Path) -> None:
    (folder / "zzz.yaml").mkdir()


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "zzz.yaml")


@pytest.mark.parametrize("make", [unreadable, circle, folder_like_a_file, pipe])
def test_what_is_no_file(monkeypatch: pytest.MonkeyPatch, folder: Path, make: Callable[[Path], None]) -> None:
    make(folder / "inventories")
    ran = scan(monkeypatch, folder)
    report = json.loads(ran.out)
    assert ran.code == 2
    (problem,) = report["summary"]["problems"]
    assert problem["file"] == "inventories/zzz.yaml"
    assert {r["document"] for r in report["results"]} == {"good"}


def test_a_circle_of_folders_is_walked_once(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "inventories" / "again").symlink_to(folder / "inventories")
    ran = scan(monkeypatch, folder)
    assert json.loads(ran.out)["summary"]["problems"] == []
    assert [d["id"] for d in json.loads(ran.out)["summary"]["documents"]] == ["good"]


def test_a_fact_from_the_future_reads_as_unknown(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    text = client(
        "devices: [{id: a, patches: {scanned_on: 2027-01-01, missing: []}}]\nservers: []\nwebsites: []\n"
        "people: [{id: ann, role: owner, employment: owner, start_date: null, end_date: null}]\n"
        "statements: [{about: [servers, websites], value: [], reason: We run neither of them., by: ann,\n"
        "  stated_on: 2026-10-01}]\n"
    )
    (folder / "inventories" / "zzz.yaml").write_text(text, encoding="utf-8")
    ran = scan(monkeypatch, folder, "--select", "PATCH-01", "--client", "bad")
    (result,) = json.loads(ran.out)["results"]
    assert (result["status"], result["requirement"], result["line"]) == ("unknown", "scan", 5)
    assert "future" in result["message"]
    assert ran.code == 3


def test_a_dangling_reference_is_a_finding(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    text = client("people: [{id: p-ames}]\ncrisis_plan: {coordinator: p-amse}\n")
    (folder / "inventories" / "zzz.yaml").write_text(text, encoding="utf-8")
    ran = scan(monkeypatch, folder, "--client", "bad")
    found = [r for r in json.loads(ran.out)["results"] if r["policy"] == "DOC-REF"]
    assert [(r["status"], r["line"], r["column"]) for r in found] == [("fail", 6, 28)]
    assert "p-amse" in found[0]["message"]
    assert ran.code == 1


# --- nothing to scan, nothing to write


def test_no_inventories(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    ran = policyscan(monkeypatch, tmp_path, "scan")
    assert ran.code == 2
    assert "no inventory" in ran.out + ran.err


def test_no_policies(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "mine").mkdir()
    (folder / "policyscan.yaml").write_text("builtin_policies: false\npolicies: [mine]\n", encoding="utf-8")
    ran = policyscan(monkeypatch, folder, "scan")
    assert ran.code == 2
    assert "mine: there are no policies in this folder" in ran.err


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("*.yaml\n*.json", "2 files or folders that a .gitignore excludes were not read"),
        ("inventories/", "a file or folder that a .gitignore excludes was not read"),
        ("", "hidden files and folders are not read"),
    ],
)
def test_why_nothing_is_found(monkeypatch: pytest.MonkeyPatch, folder: Path, rule: str, words: str) -> None:
    if not rule:
        (folder / "inventories").rename(folder / ".inventories")
    (folder / ".gitignore").write_text(f"{rule}\n", encoding="utf-8")
    (folder / "draft.json").write_text("{}", encoding="utf-8")
    for format_ in ("text", "json"):
        ran = policyscan(monkeypatch, folder, "scan", ".", "-f", format_)
        assert ran.code == 2
        assert words in ran.out
    ran = policyscan(monkeypatch, folder, "validate", ".")
    assert ran.code == 2
    assert words in ran.out
    assert "no inventory was found" in ran.err


def test_a_file_that_is_broken_is_not_blamed_on_hidden_ones(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    (folder / "inventories" / "good.yaml").write_text("broken: '", encoding="utf-8")
    for command in ("scan", "validate"):
        ran = policyscan(monkeypatch, folder, command)
        assert ran.code == 2
        assert "hidden" not in ran.out


def test_what_is_ignored_beside_what_is_read_is_told(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / ".gitignore").write_text("draft.yaml\n", encoding="utf-8")
    (folder / "inventories" / "draft.yaml").write_text("broken: '", encoding="utf-8")
    words = "a file or folder that a .gitignore excludes was not read"
    assert words in policyscan(monkeypatch, folder, "scan").out
    ran = policyscan(monkeypatch, folder, "validate")
    assert (ran.code, words in ran.out) == (0, True)
    (folder / ".gitignore").unlink()
    assert "gitignore" not in policyscan(monkeypatch, folder, "scan").out


def test_everything_is_ignored(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    ran = policyscan(monkeypatch, folder, "scan", "--select", "AV-01", "--ignore", "AV")
    assert ran.code == 2
    assert "no control is chosen" in ran.err


def test_a_kind_that_no_control_is_about(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    ran = scan(monkeypatch, folder, "--select", "PROV-09")
    assert ran.code == 2


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("nowhere.yaml",), "nowhere.yaml"),
        (("--as-of", "31.10.2026"), "neither a day nor an instant"),
        (("--as-of", "2026-02-30"), "neither a day nor an instant"),
        (("--profile", "essential"), "profiles are:"),
        (("--select", "PATCH-001"), "did you mean PATCH-01"),
        (("--ignore", "NOPE"), "no such control"),
        (("--client", "goood"), "did you mean good"),
        (("--policies", "nowhere"), "no such folder"),
        (("--config", "nowhere.yaml"), "no such configuration"),
        (("-o", "sarif"), "FORMAT:PATH"),
        (("-o", "word:x.doc"), "FORMAT:PATH"),
        (("-o", "sarif:inventories"), "is a folder"),
        (("-o", "sarif:nowhere/x.sarif"), "there is no folder"),
        (("--fail-on", "hgh"), "hgh"),
    ],
)
def test_a_command_line_that_cannot_be_carried_out(
    monkeypatch: pytest.MonkeyPatch, folder: Path, args: tuple[str, ...], message: str
) -> None:
    ran = policyscan(monkeypatch, folder, "scan", *args)
    assert ran.code == 2
    assert message in ran.err
    assert ran.out == ""


def test_a_misspelt_command_is_corrected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran = policyscan(monkeypatch, tmp_path, "scna")
    assert ran.code == 2
    assert "Did you mean 'scan'?" in ran.err


def test_an_interrupt_leaves_the_old_output(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "out.sarif").write_text("old", encoding="utf-8")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("policyscan.cli.scan_command.scan", stop)
    ran = policyscan(monkeypatch, folder, "scan", "-o", "sarif:out.sarif")
    assert ran.code == 130
    assert (folder / "out.sarif").read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in folder.iterdir()) == [".git", "inventories", "out.sarif"]


def test_what_ends_too_early_is_no_interrupt(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    def read(*_: object) -> None:
        raise EOFError("marshal data too short")  # as of a compiled module that was cut off

    monkeypatch.setattr("policyscan.cli.scan_command.scan", read)
    ran = policyscan(monkeypatch, folder, "scan")
    assert ran.code == 2
    assert "policyscan failed: EOFError: marshal data too short; this is a bug" in ran.err
    assert "stopped" not in ran.err


# --- policies

POLICY = """\
id: MINE-01
title: Ours
severity: low
kind: client
why: we say so
fix: do it
parameters:
  max_age: {type: duration, default: 14d, min: 1d, max: 90d, why: ours}
require:
  - id: plan
    that: client.crisis_plan != null
"""


def change(old: str, new: str) -> str:
    assert old in POLICY
    return POLICY.replace(old, new)


# name: (content, place of the error as LINE:COLUMN or LINE, part of the message or hint)
POLICIES: dict[str, tuple[str, str, str]] = {
    "an unknown field": (change("crisis_plan", "crisis_paln"), "11:18", "crisis_plan"),
    "an unknown variable": (change("client.crisis_plan", "cleint.crisis_plan"), "11:11", "client"),
    "an unknown function": (
        change("client.crisis_plan != null", "wihtin(client.as_of, params.max_age)"),
        "11:11",
        "within",
    ),
    "a type error": (change("client.crisis_plan != null", "client.as_of == 'x'"), "11", "date"),
    "not a bool": (change("client.crisis_plan != null", "client.as_of"), "11", "bool"),
    "a syntax error": (change("client.crisis_plan != null", "client.crisis_plan !="), "11", ""),
    "an unguarded null": (
        change("client.crisis_plan != null", "client.crisis_plan.document != 'x'"),
        "11",
        "null",
    ),
    "an impossible value": (
        change("client.crisis_plan != null", "client.insurance_policies.exists(p, p.kind == 'cybre')"),
        "11",
        "cyber",
    ),
    "a fact made of nothing": (
        change("client.crisis_plan != null", "has(client.crisis_plan)"),
        "11:11",
        "absence_ok",
    ),
    "an unknown key": (change("severity:", "severtiy:"), "3:1", "severity"),
    "an unknown severity": (change("severity: low", "severity: lwo"), "3:11", "low"),
    "an unknown kind": (change("kind: client", "kind: cleint"), "4:7", "client"),
    "no requirement": (
        change("require:\n  - id: plan\n    that: client.crisis_plan != null\n", "require: []\n"),
        "9:10",
        "",
    ),
    "an id that is not the file's name": (change("id: MINE-01", "id: MINE-02"), "1:5", "MINE-01.yaml"),
    "a parameter out of its bounds": (change("default: 14d", "default: 91d"), "8:38", "above the maximum"),
    "a parameter without bounds": (change(", min: 1d, max: 90d", ""), "8", "bounds"),
    "a parameter without a reason": (change(", why: ours", ""), "8", "why"),
    "a message whose brace is open": (POLICY + "    say: '{client.as_of is old'\n", "12:11", "not closed"),
    "a message with an unknown field": (POLICY + "    say: 'since {client.as_off}'\n", "12:25", "as_of"),
    "YAML that ate an exclamation mark": (change("client.crisis_plan != null", "!x client"), "11", ">-"),
    "YAML that ate a condition": (change("client.crisis_plan != null", "true ? a: b"), "11", ">-"),
    "a blank expression": (change(" client.crisis_plan != null", ""), "11:5", "blank"),
    "not YAML": (change("why: we say so", "why: [we"), "6:4", "a comma or ] is missing"),
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_broken_policy(monkeypatch: pytest.MonkeyPatch, folder: Path, name: str) -> None:
    content, place, words = POLICIES[name]
    (folder / "mine" / "MINE").mkdir(parents=True)
    (folder / "mine" / "MINE" / "MINE-01.yaml").write_text(content, encoding="utf-8")
    ran = policyscan(monkeypatch, folder, "scan", "--policies", "mine")
    assert ran.code == 2
    assert words in ran.err
    where = f"mine/MINE/MINE-01.yaml:{place}"
    assert re.search(rf"^error: {re.escape(where)}(?![0-9])", ran.err, re.MULTILINE), ran.err


def test_the_policy_that_the_broken_ones_were_made_from_is_sound(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    (folder / "mine" / "MINE").mkdir(parents=True)
    (folder / "mine" / "MINE" / "MINE-01.yaml").write_text(POLICY, encoding="utf-8")
    ran = scan(monkeypatch, folder, "--policies", "mine", "--select", "MINE-01")
    (result,) = json.loads(ran.out)["results"]
    assert (result["status"], result["line"]) == ("fail", 5)
    assert ran.code == 1


def test_an_id_that_the_built_in_pack_has(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "mine" / "AV").mkdir(parents=True)
    (folder / "mine" / "AV" / "AV-01.yaml").write_text(change("MINE-01", "AV-01"), encoding="utf-8")
    ran = policyscan(monkeypatch, folder, "scan", "--policies", "mine")
    assert ran.code == 2
    assert "AV-01 is in two packs" in ran.err


def test_all_problems_of_all_policies_are_told_together(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    (folder / "mine" / "MINE").mkdir(parents=True)
    for number in ("01", "02"):
        text = change("MINE-01", f"MINE-{number}").replace("crisis_plan", "crisis_paln").replace("14d", "91d")
        (folder / "mine" / "MINE" / f"MINE-{number}.yaml").write_text(text, encoding="utf-8")
    ran = policyscan(monkeypatch, folder, "scan", "--policies", "mine")
    assert ran.code == 2
    assert ran.err.count("error: ") == 4


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ("{max_age: 91d}", "above the maximum"),
        ("{max_age: fortnight}", "a duration like 14d"),
        ("{max_aeg: 7d}", "no such parameter"),
    ],
)
def test_parameters_that_do_not_fit(
    monkeypatch: pytest.MonkeyPatch, folder: Path, parameters: str, words: str
) -> None:
    (folder / "mine" / "MINE").mkdir(parents=True)
    (folder / "mine" / "MINE" / "MINE-01.yaml").write_text(POLICY, encoding="utf-8")
    settings = f"policies: [mine]\nparameters: {{MINE-01: {parameters}}}\n"
    (folder / "policyscan.yaml").write_text(settings, encoding="utf-8")
    ran = policyscan(monkeypatch, folder, "scan")
    assert ran.code == 2
    assert words in ran.err


@pytest.mark.parametrize(
    ("settings", "place", "words", "marked"),
    [
        ("parameters:\n  MINE-01:\n    max_age: soon\n", "3:14", "expected a duration", "soon"),
        ("parameters:\n  MINE-01: {max_age: 500d}\n", "2:22", "above the maximum", "500d"),
        ("parameters:\n  MINE-01: {max_aeg: 7d}\n", "2:13", "did you mean max_age?", "max_aeg"),
        ("parameters: {NOPE-01: {max_age: 7d}}\n", "1:14", "no such control", "NOPE-01"),
        ("parameters: {MINE-02: {max_age: 7d}}\n", "1:14", "did you mean MINE-01?", "MINE-02"),
        ("select: [PATCH-01, PATHC]\n", "1:20", "did you mean PATCH?", "PATHC"),
        ("ignore:\n  - NOPE-01\n", "2:5", "no such control or family", "NOPE-01"),
        ("fail_on: low\nprofile: essential\n", "2:10", "did you mean essentials?", "essential"),
    ],
)
def test_a_setting_that_fits_no_control_is_told_where_it_stands(
    monkeypatch: pytest.MonkeyPatch, folder: Path, settings: str, place: str, words: str, marked: str
) -> None:
    (folder / "mine" / "MINE").mkdir(parents=True)
    (folder / "mine" / "MINE" / "MINE-01.yaml").write_text(POLICY, encoding="utf-8")
    for name in ("policyscan.yaml", ".policyscan.yaml"):
        (folder / name).write_text(settings + "policies: [mine]\n", encoding="utf-8")
        ran = policyscan(monkeypatch, folder, "scan")
        assert ran.code == 2
        assert ran.err.startswith(f"error: {name}:{place}: ")
        assert words in ran.err
        assert "^" * len(marked) + "\n" in ran.err
        assert marked in ran.err
        (folder / name).unlink()


def test_a_setting_is_told_where_it_stands_from_a_folder_below(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    (folder / "policyscan.yaml").write_text("profile: essential\n", encoding="utf-8")
    below = folder / "clients"
    below.mkdir()
    ran = policyscan(monkeypatch, below, "scan")
    assert ran.code == 2
    assert ran.err.startswith("error: ../policyscan.yaml:1:10: there is no profile 'essential'")


@pytest.mark.parametrize("other", ["GOOD", "Good", "gooD"])
def test_ids_that_look_alike_are_refused(monkeypatch: pytest.MonkeyPatch, folder: Path, other: str) -> None:
    text = (folder / "inventories" / "good.yaml").read_text("utf-8")
    ident = re.search(r"id: ([\w-]+)", text)
    assert ident is not None
    (folder / "inventories" / "twin.yaml").write_text(text.replace(ident[1], other, 1), "utf-8")
    (folder / "inventories" / "good.yaml").write_text(text.replace(ident[1], "good", 1), "utf-8")
    ran = policyscan(monkeypatch, folder, "validate")
    assert ran.code == 2
    assert f"the id {other} looks like good, which another client has in inventories/good.yaml" in ran.err


@pytest.mark.parametrize(("name", "guess"), [("brigth", "did you mean bright?"), ("zzz", "")])
def test_a_reference_to_an_inventory_that_is_not_there_is_told(
    monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, guess: str
) -> None:
    inventories = folder / "inventories"
    (inventories / "bright.yaml").write_text(
        "schema_version: 1\nkind: provider\nas_of: 2026-10-31\norganisation: {id: bright, name: Bright}\n",
        "utf-8",
    )
    (inventories / "refers.yaml").write_text(
        "schema_version: 1\nkind: client\nas_of: 2026-10-31\norganisation: {id: refers, name: R}\n"
        f"providers: [{{id: e, name: E, profile: {name}}}]\n",
        "utf-8",
    )
    for command in ("validate", "scan"):
        ran = policyscan(monkeypatch, folder, command)
        (line,) = (line for line in ran.out.splitlines() if "no inventory is the provider" in line)
        assert f"no inventory is the provider {name}, which this refers to" in line
        assert line.endswith(guess)
