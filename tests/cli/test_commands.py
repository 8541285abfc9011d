"""Every command but scan and test: what it prints, what it refuses, and its exit code."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path

import click
import pytest

from policyscan.cli.main import COMMANDS, cli
from tests.cli.conftest import CLIENT, write
from tests.cli.runner import policyscan

AS_OF = ("--as-of", "2026-10-31")


# --- help


@pytest.mark.parametrize("name", COMMANDS)
def test_help_names_every_option(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    ran = policyscan(monkeypatch, tmp_path, name, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert all(piece in ran.out for piece in command.collect_usage_pieces(click.Context(command)))
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert all(one in ran.out for one in parameter.opts)
            assert parameter.help
    assert "Exit code" in ran.out or name in {"init", "list", "explain", "schema"}


def test_help_lists_every_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for args in ((), ("--help",), ("-h",)):
        ran = policyscan(monkeypatch, tmp_path, *args)
        assert all(f"  {name} " in ran.out + ran.err for name in COMMANDS)
    assert policyscan(monkeypatch, tmp_path, "--version").out.startswith("policyscan ")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_misspelt_option(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    ran = policyscan(monkeypatch, tmp_path, name, "--confg", "x")
    assert ran.code == 2
    assert "--confg" in ran.err
    assert ran.out == ""


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (
            ("explain", "AV-01", "--client", "acme"),
            "an inventory is named without an option: policyscan explain",
        ),
        (("ask", "--client", "acme"), "an inventory is named without an option: policyscan ask [INVENTORY]"),
        (
            ("history", "--client=acme"),
            "an inventory is named without an option: policyscan history [CLIENTS]",
        ),
        (
            ("set", "--client", "acme", "a", "b"),
            "an inventory is named without an option: policyscan set INVENTORY",
        ),
        (("scan", "--file", "x"), "paths are named without an option: policyscan scan [PATHS]..."),
        (("scan", "--inventory", "acme"), "policyscan scan calls that --client"),
        (("scan", "--no-color"), "policyscan scan calls that --color never"),
        (("due", "--date", "2026-10-31"), "policyscan due calls that --as-of"),
        (("eval", "1", "--client", "acme"), "policyscan eval takes the file of the inventory: --file PATH"),
        (
            ("validate", "--fail-on", "high"),
            "policyscan validate has no --fail-on; scan, diff, due and bundle",
        ),
        (
            ("explain", "AV-01", "-q"),
            "policyscan explain has no -q; scan, due, validate, report and merge have",
        ),
        (("scan", "--clear"), "policyscan scan has no --clear; policyscan cache has"),
        (("--client", "acme", "scan"), "options follow the command, as in policyscan scan --client"),
    ],
)
def test_an_option_that_another_command_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, args: tuple[str, ...], hint: str
) -> None:
    ran = policyscan(monkeypatch, tmp_path, *args)
    assert (ran.code, ran.out) == (2, "")
    assert f"\n  hint: {hint}" in ran.err
    assert "Did you mean" not in ran.err


@pytest.mark.parametrize("args", [("scan", "--frobnicate"), ("--frobnicate",), ("scan", "--confg", "x")])
def test_nothing_is_made_up_about_an_option_that_no_command_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, args: tuple[str, ...]
) -> None:
    assert "hint" not in policyscan(monkeypatch, tmp_path, *args).err


# --- validate


def test_valid_inventories(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = policyscan(monkeypatch, place, "validate", "inventories/clients/good.yaml")
    assert (ran.code, ran.out, ran.err) == (0, "1 inventory read: valid, 0 notes\n", "")


def test_bad_news_are_valid(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    assert policyscan(monkeypatch, place, "validate", "inventories/clients/bad.yaml").code == 0


def test_blanks_and_facts_of_the_future_are_notes(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    text = CLIENT.format(id="noted") + "people:\ndevices: [{id: a, patches: {scanned_on: 2027-01-01}}]\n"
    write(place, "inventories/clients/noted.yaml", text)
    args = ("validate", *AS_OF, "inventories/clients/noted.yaml")
    ran = policyscan(monkeypatch, place, *args)
    assert ran.code == 0
    assert "note: inventories/clients/noted.yaml:5:1: people: this is blank" in ran.out
    assert "note: inventories/clients/noted.yaml:6:41: devices[a].patches.scanned_on: 2027-01-01" in ran.out
    assert "1 inventory read: valid, 2 notes" in ran.out
    ran = policyscan(monkeypatch, place, *args, "-q")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_a_note_on_a_reference_is_counted_as_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = CLIENT.format(id="oak") + "providers: [{id: it, profile: nobody}]\n"
    write(tmp_path, "inventories/clients/oak.yaml", text)
    ran = policyscan(monkeypatch, tmp_path, "validate", *AS_OF)
    note, summary = ran.out.splitlines()
    assert "no inventory is the provider nobody" in note
    assert summary == "1 inventory read: valid, 1 note"


def test_many_notes_that_say_the_same_of_a_file_are_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran = policyscan(monkeypatch, tmp_path, "init", "acme")
    assert ran.code == 0
    ran = policyscan(monkeypatch, tmp_path, "validate")
    notes = [line for line in ran.out.splitlines() if line.startswith("note: ")]
    assert len(notes) <= 2
    assert any("keys, " in line and "and " in line and line.endswith("it reads as unknown") for line in notes)
    assert ", 1 note" not in ran.out


def test_errors_are_told_with_their_line_and_the_other_files_are_read(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    write(place, "inventories/clients/wrong.yaml", CLIENT.format(id="wrong") + "peple: []\n")
    write(
        place,
        "inventories/clients/lost.yaml",
        CLIENT.format(id="lost") + "people: [{id: p}]\ncrisis_plan: {coordinator: q}\n",
    )
    ran = policyscan(monkeypatch, place, "validate")
    assert ran.code == 2
    lines = ran.err.splitlines()
    assert lines[0].startswith("error: inventories/clients/lost.yaml:6:28: ")
    wrong = next(i for i, line in enumerate(lines) if "wrong.yaml" in line)
    assert lines[wrong].startswith("error: inventories/clients/wrong.yaml:5:1: ")
    assert lines[wrong + 1 : wrong + 4] == [
        "    5 | peple: []",
        "        ^^^^^",
        "  hint: did you mean people?",
    ]
    assert "6 inventories read: 2 errors" in ran.out


def test_only_the_named_file_is_validated(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    """As a hook does, with the names of the files of a commit."""
    write(place, "inventories/clients/wrong.yaml", CLIENT.format(id="wrong") + "peple: []\n")
    args = ("validate", "inventories/clients/good.yaml", "inventories/providers/north.yaml")
    assert policyscan(monkeypatch, place, *args).code == 0
    assert policyscan(monkeypatch, place, *args, "inventories/clients/wrong.yaml").code == 2


def test_nothing_to_validate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran = policyscan(monkeypatch, tmp_path, "validate")
    assert ran.code == 2
    assert "no inventory was found" in ran.err


def test_policies_are_validated_on_demand(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, "controls/OPS/OPS-04.yaml", "id: OPS-04\n")
    assert policyscan(monkeypatch, place, "validate").code == 0
    ran = policyscan(monkeypatch, place, "validate", "--policies-too")
    assert ran.code == 2
    assert "controls/OPS/OPS-04.yaml:1:1" in ran.err


def test_standard_input_is_validated(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    args = ("validate", "-", "--stdin-filename", "inventories/clients/good.yaml")
    text = CLIENT.format(id="good") + "peple: []\n"
    ran = policyscan(monkeypatch, place, *args, stdin=text.encode())
    assert ran.code == 2
    assert "error: inventories/clients/good.yaml:5:1: " in ran.err
    assert "    5 | peple: []" in ran.err


# --- init


@pytest.mark.parametrize(
    ("settings", "start", "wrote"),
    [
        ("", ".", "inventories/clients/elm.yaml"),
        ("", "inventories/clients", "elm.yaml"),
        ("", "docs", "../inventories/clients/elm.yaml"),
        ("inventories: [book]\n", ".", "book/clients/elm.yaml"),
        ("inventories: [book/one.yaml, book]\n", "docs", "../book/clients/elm.yaml"),
    ],
)
def test_an_inventory_is_written_where_a_scan_looks_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: str, start: str, wrote: str
) -> None:
    for folder in (".git", "inventories/clients", "docs", "book"):
        (tmp_path / folder).mkdir(parents=True)
    write(
        tmp_path,
        "book/one.yaml",
        "schema_version: 1\nkind: client\nas_of: 2026-10-31\norganisation: {id: a}\n",
    )
    write(tmp_path, "policyscan.yaml", settings + "x-ours: true\n")
    ran = policyscan(monkeypatch, tmp_path / start, "init", "elm")
    assert (ran.code, ran.out.partition("\n")[0]) == (0, f"wrote {wrote}")
    assert (tmp_path / start / wrote).is_file()
    assert "elm" in policyscan(monkeypatch, tmp_path / start, "scan", "-f", "json").out


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("", "elm-vets"),
        ("Elm", "elm"),
        ("Elm & Vets", "elm-vets"),
        ("oak--vets", "oak-vets"),
        ("-elm", "elm"),
        ("../elm", "elm"),
        ("oak/vets", "oak-vets"),
        ("élm", "elm-vets"),
        ("a.b", "a-b"),
    ],
)
def test_a_name_that_cannot_be_an_id(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, better: str
) -> None:
    ran = policyscan(monkeypatch, tmp_path, "init", "--", name)
    assert ran.code == 2
    assert "cannot be an id" in ran.err
    assert ran.err.endswith(f"as in {better}\n")
    assert list(tmp_path.iterdir()) == []


def test_init_overwrites_nothing(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    before = (place / "inventories/clients/good.yaml").read_bytes()
    ran = policyscan(monkeypatch, place, "init", "good")
    assert ran.code == 2
    assert "inventories/clients/good.yaml is there already" in ran.err
    assert (place / "inventories/clients/good.yaml").read_bytes() == before


def test_init_cannot_write_below_a_file(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = policyscan(monkeypatch, place, "init", "elm", "-o", "policyscan.yaml/elm.yaml")
    assert ran.code == 2
    assert "policyscan.yaml/elm.yaml cannot be written: Not a directory" in ran.err


@pytest.mark.parametrize(("kind", "folder"), [("client", "clients"), ("provider", "providers")])
def test_a_fresh_inventory_is_valid_and_proves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, folder: str
) -> None:
    ran = policyscan(monkeypatch, tmp_path, "init", "elm-vets", "--kind", kind)
    path = f"inventories/{folder}/elm-vets.yaml"
    assert (ran.code, ran.err) == (0, "")
    assert f"policyscan scan {path}" in ran.out
    assert policyscan(monkeypatch, tmp_path, "validate").code == 0
    ran = policyscan(monkeypatch, tmp_path, "scan", "-f", "json", "--all-results")
    statuses = {r["status"] for r in json.loads(ran.out)["results"]}
    assert "unknown" in statuses
    assert statuses <= {"unknown", "not_applicable"}
    assert ran.code == 3


@pytest.mark.parametrize("kind", ["client", "provider"])
def test_the_commented_examples_of_a_fresh_inventory_are_valid(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    """Whoever takes the comment marks away gets a valid inventory."""
    policyscan(monkeypatch, tmp_path, "init", "elm-vets", "--kind", kind, "-o", "elm.yaml")
    text = (tmp_path / "elm.yaml").read_text(encoding="utf-8")
    write(tmp_path, "elm.yaml", re.sub(r"(?m)^#  ", "  ", text))
    ran = policyscan(monkeypatch, tmp_path, "validate", "elm.yaml")
    assert "error" not in ran.err
    assert ran.code == 0


# --- list


def test_list(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    out = policyscan(monkeypatch, place, "list").out
    assert re.search(
        r"^OPS-01 +high +client +Somebody is known to lead +\[usual, strict\]$", out, re.MULTILINE
    )
    assert out.rstrip().endswith("3 controls. More about one: policyscan explain ID")
    out = policyscan(monkeypatch, place, "list", "--profile", "usual").out
    assert "OPS-03" not in out
    assert "2 controls" in out
    out = policyscan(monkeypatch, place, "list", "--ignore", "OPS-02").out
    assert "There is a crisis plan" not in out
    assert "1 control. Left out: OPS-02. " in out


def test_a_preview_is_listed_as_such(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    text = (place / "controls/OPS/OPS-02.yaml").read_text(encoding="utf-8")
    write(place, "controls/OPS/OPS-04.yaml", text.replace("OPS-02", "OPS-04") + "status: preview\n")
    about = (place / "controls/pack.yaml").read_text(encoding="utf-8")
    write(place, "controls/pack.yaml", about + "  all: {policies: all}\n")
    out = policyscan(monkeypatch, place, "list").out
    assert "There is a crisis plan (preview)  [in no profile]" in out
    assert "The provider is insured  [strict, all]" in out


def test_a_deprecated_control_says_what_to_use_instead(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    text = (place / "controls/OPS/OPS-02.yaml").read_text(encoding="utf-8")
    write(place, "controls/OPS/OPS-02.yaml", text + "status: deprecated\nreplaced_by: OPS-03\n")
    out = policyscan(monkeypatch, place, "list").out
    assert "There is a crisis plan (deprecated: use OPS-03 instead)  [usual, strict]" in out
    assert out.count("instead") == 1
    listed = json.loads(policyscan(monkeypatch, place, "list", "-f", "json", "--select", "OPS-02").out)
    assert (listed[0]["status"], listed[0]["replaced_by"]) == ("deprecated", "OPS-03")
    assert "\ndeprecated: use OPS-03 instead\n" in policyscan(monkeypatch, place, "explain", "OPS-02").out
    assert "deprecated" not in policyscan(monkeypatch, place, "explain", "OPS-03").out


COMPANIONS = (
    "ACC-01", "ACC-02", "ACC-03", "AV-02", "DEV-01", "GOV-02", "GOV-03", "INS-06", "MAIL-01",
    "PAY-01", "REC-03",
)  # fmt: skip


@pytest.mark.parametrize(
    ("args", "left_out"),
    [
        ((), COMPANIONS),
        (("--profile", "full"), COMPANIONS),
        (("--profile", "essentials"), ("ACC-01", "REC-03")),
        (("--select", "ACC-01,AV-01"), ()),
        (("--profile", "full", "--ignore", "GOV"), tuple(id_ for id_ in COMPANIONS if id_[:3] != "GOV")),
    ],
)
def test_companions_can_be_left_out_of_a_list(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, args: tuple[str, ...], left_out: tuple[str, ...]
) -> None:
    every = policyscan(monkeypatch, tmp_path, "list", *args).out
    without = policyscan(monkeypatch, tmp_path, "list", "--no-companions", *args).out
    listed = [line.partition(" ")[0] for line in every.splitlines()]
    kept = [line.partition(" ")[0] for line in without.splitlines()]
    assert [id_ for id_ in listed[:-2] if id_ not in kept] == list(left_out)
    assert all(f"{id_} (companion)" in without for id_ in left_out)
    assert "(companion)" not in every


def test_list_as_json(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    listed = json.loads(policyscan(monkeypatch, place, "list", "-f", "json", "--select", "OPS-01").out)
    assert listed == [
        {
            "id": "OPS-01",
            "title": "Somebody is known to lead",
            "severity": "high",
            "kind": "client",
            "origin": "local",
            "status": "stable",
            "replaced_by": None,
            "profiles": ["usual", "strict"],
            "related": {"cis-v8": ["17.1"]},
            "tags": [],
            "file": "controls/OPS/OPS-01.yaml",
        }
    ]


def test_list_of_a_framework_satisfies_nothing(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    out = policyscan(monkeypatch, place, "list", "--framework", "cis-v8").out
    assert "OPS-01" in out
    assert "related to CIS Controls v8 17.1" in out
    assert "OPS-02" not in out


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (("--framework", "cis-v9"), "did you mean cis-v8"),
        (("--framework", "CIS-V8"), "did you mean cis-v8"),
        (("--framework", "cis"), "did you mean cis-v8"),
        (("--framework", "zzz"), "frameworks are: cis-v8"),
        (("--kind", "cleint"), "did you mean client"),
        (("--profile", "usaul"), "profiles are: strict, usual"),
        (("--select", "OPS-09"), "did you mean"),
    ],
)
def test_a_list_of_what_is_not_there(
    monkeypatch: pytest.MonkeyPatch, place: Path, args: tuple[str, ...], hint: str
) -> None:
    ran = policyscan(monkeypatch, place, "list", *args)
    assert (ran.code, ran.out) == (2, "")
    assert hint in ran.err


def test_a_list_of_nothing_is_no_error(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = policyscan(monkeypatch, place, "list", "--kind", "provider")
    assert ran.code == 0
    assert ran.out.startswith("0 controls.")


# --- explain


def test_explain_a_control(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    for id_ in ("OPS-01", "ops-01"):
        ran = policyscan(monkeypatch, place, "explain", id_, "--trace")
        assert ran.code == 0
        for line in (
            "OPS-01  Somebody is known to lead",
            "Why: Somebody must decide.",
            "Fix: Name somebody.",
            "for each  person in client.people",
            "requires  stays: person.end_date == null",
            "Related to CIS Controls v8 17.1",
        ):
            assert line in ran.out


def test_explain_says_in_plain_words_what_must_hold(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    text = (place / "controls/OPS/OPS-01.yaml").read_text(encoding="utf-8")
    plain = "    means: Everybody on the list still works here.\n    when: person.leadership\n"
    write(place, "controls/OPS/OPS-01.yaml", text.replace("    that:", f"{plain}    that:"))
    out = policyscan(monkeypatch, place, "explain", "OPS-01").out
    assert "requires  stays: Everybody on the list still works here.\n" in out
    assert "person.end_date" not in out
    out = policyscan(monkeypatch, place, "explain", "OPS-01", "--trace").out
    assert "            when person.leadership: person.end_date == null\n" in out
    args = ("explain", "OPS-01", "bad", "--trace", *AS_OF)
    text = text.replace("    that:", "    means: Everybody on the list still works here.\n    that:")
    write(place, "controls/OPS/OPS-01.yaml", text)
    out = policyscan(monkeypatch, place, *args).out
    assert "p-1 left on 2026-06-12\n  Test: Everybody on the list still works here.\n" in out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (
            ("OPS-01", "bad"),
            (
                "FAIL  OPS-01 bad/p-1  stays",
                "p-1 left on 2026-06-12",
                "inventories/clients/bad.yaml:6:25",
                "6 |   - {id: p-1, end_date: 2026-06-12}",
                "Fix: Name somebody.",
                "person.end_date == null  →  false",
                "read people[p-1].end_date  inventories/clients/bad.yaml:6",
                "OPS-01 is related to CIS Controls v8 17.1",
            ),
        ),
        (("OPS-01", "bad/p-1"), ("FAIL  OPS-01 bad/p-1",)),
        (("OPS-02", "good"), ("PASS  OPS-02 good", "client.crisis_plan != null  →  true", "good.yaml:7")),
        (
            ("OPS-02", "vague"),
            ("UNKNOWN  OPS-02 vague", "crisis_plan: it is blank", "Ask: Is there a plan for a crisis?"),
        ),
        (
            ("OPS-03", "served"),
            ("DUE  OPS-03 served/north", "in 16 days", "providers/north.yaml:5", "before 2026-11-16"),
        ),
        (("OPS-01", "vague"), ("NOT_APPLICABLE  OPS-01 vague", "there is nothing in client.people")),
    ],
)
def test_explain_a_result(
    monkeypatch: pytest.MonkeyPatch, place: Path, args: tuple[str, ...], words: tuple[str, ...]
) -> None:
    ran = policyscan(monkeypatch, place, "explain", *args, "--trace", *AS_OF)
    assert (ran.code, ran.err) == (0, "")
    assert [word for word in words if word not in ran.out] == []


@pytest.mark.parametrize(
    ("args", "lines"),
    [
        (
            ("OPS-01", "bad"),
            (
                "OPS-01  Somebody is known to lead",
                "bad: 1 fail",
                "FAIL     p-1 left on 2026-06-12",
                "      at inventories/clients/bad.yaml:6: *end_date = 2026-06-12",
                "   to do Name somebody.",
            ),
        ),
        (("OPS-02", "good"), ("OPS-02  *", "good: 1 pass", "PASS     the test is met", "*good.yaml:7*")),
        (("OPS-02", "vague"), ("*", "vague: 1 unknown", "UNKNOWN  *", "*", "     ask Is there a plan*")),
        (("OPS-03", "served"), ("*", "*", "DUE *in 16 days*", "*north.yaml:5*", "*", "   until 2026-11-16*")),
    ],
)
def test_explain_answers_in_a_few_lines(
    monkeypatch: pytest.MonkeyPatch, place: Path, args: tuple[str, ...], lines: tuple[str, ...]
) -> None:
    ran = policyscan(monkeypatch, place, "explain", *args, *AS_OF)
    assert (ran.code, ran.err) == (0, "")
    told = ran.out.splitlines()
    assert [line for line in lines if not any(fnmatchcase(one, line) for one in told)] == []
    assert len(told) <= len(lines) + 1


def test_explain_tells_what_is_worst_first_and_groups_the_rest(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    people = "".join(f"  - {{id: p-{n}, end_date: {'null' if n % 2 else '2026-06-12'}}}\n" for n in range(30))
    write(place, "inventories/clients/crowd.yaml", CLIENT.format(id="crowd") + f"people:\n{people}")
    told = policyscan(monkeypatch, place, "explain", "OPS-01", "crowd", *AS_OF).out.splitlines()
    assert told[1:3] == [
        "crowd: 15 fail · 15 pass",
        "FAIL     p-0 left on 2026-06-12 (also p-2, p-4, p-6, p-8, p-10 and 9 more)",
    ]
    assert len(told) <= 10


@pytest.mark.parametrize(
    ("id_", "where", "told"),
    [
        ("OPS", "bad", ("OPS-01  ", "OPS-02  ")),
        ("ops-0?", "bad", ("OPS-01  ", "OPS-02  ")),
        ("Somebody is known to lead", "bad", ("OPS-01  ",)),
        ("OPS-01", "b*", ("bad: 1 fail",)),
        ("OPS-01", "inventories/clients/bad.yaml", ("bad: 1 fail",)),
        ("OPS-01", "bad (client)", ("bad: 1 fail",)),
        ("OPS-01", "Bad Ltd", ("Bad Ltd: 1 fail",)),
        ("OPS-01", "Bad Ltd/p-1", ("Bad Ltd: 1 fail",)),
        ("OPS-01", "bad/p-1:", ("bad: 1 fail",)),
        ("OPS-01", "bad/P-*", ("bad: 1 fail",)),
    ],
)
def test_what_is_explained_is_named_as_people_see_it(
    monkeypatch: pytest.MonkeyPatch, place: Path, id_: str, where: str, told: tuple[str, ...]
) -> None:
    if where.startswith("Bad"):
        file = place / "inventories/clients/bad.yaml"
        file.write_text(file.read_text("utf-8").replace("{id: bad}", "{id: bad, name: Bad Ltd}"), "utf-8")
    ran = policyscan(monkeypatch, place, "explain", id_, where, *AS_OF)
    assert (ran.code, ran.err) == (0, "")
    assert [word for word in told if word not in ran.out] == []


def test_a_family_is_listed_with_its_titles(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    out = policyscan(monkeypatch, place, "explain", "ops").out
    assert "OPS-01    high      Somebody is known to lead\n" in out
    assert out.endswith("3 controls. More about one: policyscan explain ID\n")


def test_explain_what_is_waived(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    text = (
        CLIENT.format(id="excused")
        + "people: [{id: p-1, end_date: null}]\ncrisis_plan: null\nwaivers:\n"
        + "  - {policy: OPS-02, reason: next year, requested_by: p-1, approved_by: p-2, "
        + "approved_on: 2026-10-01, expires_on: 2026-12-31}\n"
    )
    write(place, "inventories/clients/excused.yaml", text.replace("people: [", "people: [{id: p-2}, "))
    out = policyscan(monkeypatch, place, "explain", "OPS-02", "excused", "--trace", *AS_OF).out
    assert "WAIVED  OPS-02 excused" in out
    assert "fail, waived until 2026-12-31 by p-2: next year" in out


def test_explain_one_of_two_inventories_with_one_id(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    text = (place / "inventories/providers/north.yaml").read_text(encoding="utf-8")
    write(place, "inventories/providers/bad.yaml", text.replace("id: north", "id: bad"))
    assert "FAIL     p-1 left" in policyscan(monkeypatch, place, "explain", "OPS-01", "bad", *AS_OF).out


def test_a_control_that_is_left_out_can_be_explained(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    settings = (place / "policyscan.yaml").read_text(encoding="utf-8")
    write(place, "policyscan.yaml", settings + "ignore: [OPS-01]\n")
    assert "FAIL     p-1 left" in policyscan(monkeypatch, place, "explain", "OPS-01", "bad", *AS_OF).out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("OPS-09",), "did you mean"),
        (("NOPE-01",), "there is no control NOPE-01"),
        (("OPS-01", "goood"), "did you mean good"),
        (("OPS-01", "nobody"), "inventories are: bad, good, north, served, vague"),
        (("OPS-01", "bad/p-9"), "no result for bad/p-9"),
        (("OPS-01", "north"), "OPS-01 is about each client, and north is a provider"),
    ],
)
def test_what_cannot_be_explained(
    monkeypatch: pytest.MonkeyPatch, place: Path, args: tuple[str, ...], words: str
) -> None:
    ran = policyscan(monkeypatch, place, "explain", *args)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


# --- schema


@pytest.mark.parametrize("kind", ["client", "provider", "portfolio", "policy", "test", "report", "due"])
def test_schema(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    ran = policyscan(monkeypatch, tmp_path, "schema", kind)
    assert json.loads(ran.out)["$schema"].endswith("2020-12/schema")
    assert kind in policyscan(monkeypatch, tmp_path, "schema").out.splitlines()


def test_the_schema_of_a_kind_of_ones_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    schema = Path(__file__).parents[1] / "data" / "workshop.schema.json"
    write(tmp_path, "kinds/workshop.schema.json", schema.read_text(encoding="utf-8"))
    write(tmp_path, "policyscan.yaml", "kinds: [kinds/workshop.schema.json]\n")
    assert "workshop" in policyscan(monkeypatch, tmp_path, "schema").out.splitlines()
    made = json.loads(policyscan(monkeypatch, tmp_path, "schema", "workshop").out)
    assert {"type": "null"} in made["properties"]["tools"].get("anyOf", []) or "null" in made["properties"][
        "tools"
    ].get("type", [])


@pytest.mark.parametrize("kind", ["cleint", "../policy", "x"])
def test_no_such_schema(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    ran = policyscan(monkeypatch, tmp_path, "schema", kind)
    assert (ran.code, ran.out) == (2, "")
    assert "there is no schema" in ran.err


# --- eval

BAD = "inventories/clients/bad.yaml"


@pytest.mark.parametrize(
    ("expression", "args", "code", "out"),
    [
        ("client.crisis_plan == null", (), 0, "true\n"),
        ("client.people.map(p, p.id)", (), 0, '["p-1"]\n'),
        ("today - client.people[0].end_date", AS_OF, 0, "141d\n"),
        ("client.people[0].end_date", ("-f", "json"), 0, '"2026-06-12"\n'),
        ("client.people", ("-f", "json"), 0, None),
        ("client.devices", (), 3, "unknown: devices (devices is missing)\n"),
        ("client.crisis_plan.document", (), 3, "absent: crisis_plan (null has no value to work with)\n"),
        ("today", ("--as-of", "2026-02-28T23:30:00-05:00"), 0, "2026-03-01\n"),
    ],
)
def test_eval(
    monkeypatch: pytest.MonkeyPatch,
    place: Path,
    expression: str,
    args: tuple[str, ...],
    code: int,
    out: str | None,
) -> None:
    ran = policyscan(monkeypatch, place, "eval", expression, "--file", BAD, *args)
    assert (ran.code, ran.err) == (code, "")
    if out is None:
        assert json.loads(ran.out)
    else:
        assert ran.out == out


@pytest.mark.parametrize(
    ("expression", "place_", "line", "carets"),
    [
        ("client.peple == []", "1:8", "client.peple == []", "       ^^^^^"),
        ("cleint.people == []", "1:1", "cleint.people == []", "^^^^^^"),
        ("client.people ==", "1:15", "client.people ==", "              ^^"),
        ("client.people.size() > 'x'", "1:1", "client.people.size() > 'x'", "^^^^^^^^^^^^^^^^^^^^^^^^^^"),
    ],
)
def test_an_expression_that_is_wrong(
    monkeypatch: pytest.MonkeyPatch, place: Path, expression: str, place_: str, line: str, carets: str
) -> None:
    ran = policyscan(monkeypatch, place, "eval", expression, "--file", BAD)
    assert (ran.code, ran.out) == (2, "")
    lines = ran.err.splitlines()
    assert lines[0].startswith(f"error: EXPRESSION:{place_}: ")
    assert lines[1:3] == [f"    1 | {line}", f"        {carets}"]


def test_a_fault_is_an_error(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = policyscan(monkeypatch, place, "eval", "1 % (client.people.size() - 1)", "--file", BAD)
    assert (ran.code, ran.out) == (2, "")
    assert "zero" in ran.err


def test_a_trace_shows_every_part(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    expression = "client.people.all(p, p.end_date == null || p.end_date > today)"
    ran = policyscan(monkeypatch, place, "eval", expression, "--file", BAD, "--trace", *AS_OF)
    assert ran.out.splitlines() == [
        f"{expression}  →  false",
        "  client.people  →  [p-1]",
        "  p.end_date == null || p.end_date > today  →  false",
        "    p.end_date == null  →  false",
        "      p.end_date  →  2026-06-12",
        "    p.end_date > today  →  false",
        "      today  →  2026-10-31",
        "      p.end_date  →  2026-06-12",
        "false",
    ]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("nowhere.yaml", "nowhere.yaml"),
        ("inventories", "holds 5 inventories"),
        ("policyscan.yaml", "policyscan.yaml"),
    ],
)
def test_eval_needs_one_inventory(
    monkeypatch: pytest.MonkeyPatch, place: Path, file: str, words: str
) -> None:
    ran = policyscan(monkeypatch, place, "eval", "true", "--file", file)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


# --- bugs


def test_a_bug_is_no_finding(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    """Python's exit code for an exception is 1, which says that a control fails."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("oh no")

    monkeypatch.setattr("policyscan.session.run.open_workspace", broken)
    ran = policyscan(monkeypatch, place, "scan")
    assert (ran.code, ran.out) == (2, "")
    assert "policyscan failed: RuntimeError: oh no; this is a bug" in ran.err


# --- other people's files

HOSTILE = "a\x1b[31mred\u202ereversed"


@pytest.mark.parametrize(
    "args",
    [
        ("validate", "inventories/clients/hostile.yaml"),
        ("explain", "OPS-02", "hostile"),
        ("explain", "OPS-02", "hostile", "--trace"),
        ("eval", "client.people[0].name", "--file", "inventories/clients/hostile.yaml"),
        ("eval", "client.people[0].name", "--file", "inventories/clients/hostile.yaml", "--trace"),
        ("scan", "--client", "hostile", "--full"),
    ],
)
def test_nothing_in_a_file_moves_the_cursor(
    monkeypatch: pytest.MonkeyPatch, place: Path, args: tuple[str, ...]
) -> None:
    shown = json.dumps(HOSTILE)  # YAML reads the same escapes
    text = (
        CLIENT.format(id="hostile")
        + f"people: [{{id: p, name: {shown}}}]\ncrisis_plan: {{document: {shown}, oops: 1}}\n"
    )
    write(place, "inventories/clients/hostile.yaml", text)
    for sound in (False, True):
        if sound:
            write(place, "inventories/clients/hostile.yaml", text.replace(", oops: 1", ""))
        ran = policyscan(monkeypatch, place, *args, *(AS_OF if args[0] != "list" else ()))
        assert ran.out + ran.err
        assert not {"\x1b", "\u202e"} & set(ran.out + ran.err)


def test_list_of_a_tag(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = policyscan(monkeypatch, place, "list", "--tag", "quick-win")
    assert (ran.code, "none has any" in ran.err) == (2, True)
    control = place / "controls/OPS/OPS-02.yaml"
    control.write_text(control.read_text("utf-8") + "tags: [quick-win]\n", "utf-8")
    told = json.loads(policyscan(monkeypatch, place, "list", "--tag", "quick-win", "-f", "json").out)
    assert [one["id"] for one in told] == ["OPS-02"]
    ran = policyscan(monkeypatch, place, "list", "--tag", "nothing-such")
    assert ran.code == 2
    assert "no control has the tag 'nothing-such'" in ran.err
    assert "tags are: quick-win" in ran.err
