"""`policyscan scan`: what is checked, what is shown, where it goes, and the exit code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from policyscan.reporters import REPORTERS
from tests.cli.conftest import CLIENT, write
from tests.cli.runner import Ran, policyscan

AS_OF = ("--as-of", "2026-10-31")


def scan(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str, stdin: bytes | None = None) -> Ran:
    return policyscan(monkeypatch, place, "scan", *AS_OF, *args, stdin=stdin)


def report(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str, stdin: bytes | None = None) -> Any:
    return json.loads(scan(monkeypatch, place, "-f", "json", *args, stdin=stdin).out)


def told(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str, stdin: bytes | None = None) -> list[str]:
    """Document, control and status of every result."""
    results = report(monkeypatch, place, *args, stdin=stdin)["results"]
    return [f"{r['document']} {r['policy']} {r['status']}" for r in results]


EVERYTHING = ["bad OPS-01 fail", "bad OPS-02 fail", "vague OPS-02 unknown"]


# --- exit codes


@pytest.mark.parametrize("format_", REPORTERS)
@pytest.mark.parametrize(
    ("args", "code"),
    [
        ((), 1),
        (("--client", "good"), 0),
        (("--client", "vague"), 3),
        (("--client", "vague", "--allow-unknown"), 0),
        (("--client", "bad", "--client", "vague", "--allow-unknown"), 1),
        (("--client", "bad", "--exit-zero"), 0),
        (("--client", "vague", "--exit-zero"), 0),
        (("--client", "bad", "--fail-on", "high"), 1),
        (("--client", "bad", "--select", "OPS-02", "--fail-on", "high"), 0),
        (("--client", "vague", "--fail-on", "medium"), 0),
        (("--client", "served", "--profile", "strict"), 0),
        (("--client", "served", "--profile", "strict", "--fail-on-due"), 1),
        (("--client", "served", "--profile", "strict", "--fail-on-due", "--fail-on", "high"), 0),
        (("--client", "served", "--profile", "strict", "--fail-on-due", "--exit-zero"), 0),
        (("--client", "served", "--select", "OPS-01"), 2),
        (("inventories/providers",), 2),
        (("inventories/providers", "--exit-zero"), 2),
    ],
)
def test_the_exit_code_is_the_same_in_every_format(
    monkeypatch: pytest.MonkeyPatch,
    standing: Path,
    tmp_path: Path,
    args: tuple[str, ...],
    code: int,
    format_: str,
) -> None:
    assert scan(monkeypatch, standing, "-f", format_, *args).code == code
    quiet = scan(monkeypatch, standing, "-q", "-o", f"{format_}:{tmp_path / 'out'}", *args)
    assert (quiet.code, quiet.out, bool(quiet.err)) == (code, "", code == 2)


@pytest.mark.parametrize("flag", ["--exit-zero", "--allow-unknown"])
def test_what_could_not_be_read_is_never_forgiven(
    monkeypatch: pytest.MonkeyPatch, place: Path, flag: str
) -> None:
    write(place, "inventories/clients/broken.yaml", "schema_version: 1\nkind: client\n")
    assert scan(monkeypatch, place, flag).code == 2


def test_the_configuration_may_say_what_fails(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    settings = (place / "policyscan.yaml").read_text(encoding="utf-8")
    write(place, "policyscan.yaml", settings + "fail_on: high\nselect: [OPS-02]\n")
    assert scan(monkeypatch, place).code == 0
    assert scan(monkeypatch, place, "--fail-on", "low").code == 1
    assert scan(monkeypatch, place, "--select", "OPS-01").code == 1
    assert scan(monkeypatch, place, "--profile", "usual").code == 1


@pytest.mark.parametrize("key", ["select", "ignore"])
def test_a_control_that_the_configuration_names_and_nobody_has(
    monkeypatch: pytest.MonkeyPatch, place: Path, key: str
) -> None:
    settings = (place / "policyscan.yaml").read_text(encoding="utf-8")
    write(place, "policyscan.yaml", settings + f"{key}: [OPS-09]\n")
    ran = scan(monkeypatch, place)
    assert ran.code == 2
    assert f"policyscan.yaml:3:{len(key) + 4}: {key} OPS-09: there is no such control or family" in ran.err


def test_a_profile_and_a_selection_at_once(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = scan(monkeypatch, place, "--profile", "strict", "--select", "OPS-01")
    assert (ran.code, ran.out) == (2, "")
    assert "--profile and --select both choose controls" in ran.err


# --- which controls


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((), EVERYTHING),
        (("--select", "OPS-01"), ["bad OPS-01 fail"]),
        (("--select", "OPS-01,OPS-02"), EVERYTHING),
        (("--select", "OPS-01", "--select", "OPS-02"), EVERYTHING),
        (("--select", "OPS", "--ignore", "OPS-03"), EVERYTHING),
        (("--ignore", "OPS-02"), ["bad OPS-01 fail"]),
        (("--profile", "strict", "--ignore", "OPS-01,OPS-02"), None),
        (("--profile", "usual"), EVERYTHING),
    ],
)
def test_which_controls_are_checked(
    monkeypatch: pytest.MonkeyPatch, place: Path, args: tuple[str, ...], expected: list[str] | None
) -> None:
    if expected is None:
        expected = [
            "served OPS-03 due",
            *(f"{name} OPS-03 unknown" for name in ("bad", "good", "vague")),
        ]
    assert sorted(told(monkeypatch, place, *args)) == sorted(expected)


def test_a_report_says_which_controls_were_checked_and_left_out(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    about = report(monkeypatch, place, "--ignore", "OPS-01")["scan"]
    assert (about["profile"], about["controls"], about["controls_total"]) == ("usual", 1, 3)
    assert about["left_out"] == ["OPS-01"]
    assert list(about["policies"]) == ["OPS-02"]
    assert "left out: OPS-01\n" in scan(monkeypatch, place, "--ignore", "OPS-01").out


@pytest.mark.parametrize(
    ("settings", "args", "left_out", "companions"),
    [
        ("", (), [], {"ACC-01", "REC-03"}),
        ("", ("--no-companions",), ["ACC-01 (companion)", "REC-03 (companion)"], set()),
        ("companions: false\n", (), ["ACC-01 (companion)", "REC-03 (companion)"], set()),
        ("companions: false\n", ("--companions",), [], {"ACC-01", "REC-03"}),
        ("", ("--no-companions", "--ignore", "REC"), ["REC", "ACC-01 (companion)"], set()),
        ("", ("--no-companions", "--select", "ACC-01,AV-01"), [], {"ACC-01"}),
        ("select: [ACC-01]\ncompanions: false\n", (), [], {"ACC-01"}),
        (
            "select: [ACC-01]\ncompanions: false\n",
            ("--profile", "essentials"),
            ["ACC-01 (companion)", "REC-03 (companion)"],
            set(),
        ),
    ],
)
def test_companions_can_be_left_out_of_every_profile(
    monkeypatch: pytest.MonkeyPatch,
    place: Path,
    settings: str,
    args: tuple[str, ...],
    left_out: list[str],
    companions: set[str],
) -> None:
    write(place, "policyscan.yaml", settings + "time_zone: UTC\n")
    about = report(monkeypatch, place, "inventories/clients/good.yaml", *args)["scan"]
    assert about["left_out"] == left_out
    assert {id_ for id_, policy in about["policies"].items() if policy["origin"] == "companion"} == companions
    assert about["controls"] == len(about["policies"])


def test_every_output_says_that_companions_are_left_out(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, "policyscan.yaml", "companions: false\n")
    for format_ in ("text", "markdown", "json", "sarif", "github"):
        out = scan(monkeypatch, place, "inventories/clients/good.yaml", "-f", format_).out
        assert "essentials" in out
        assert re.search(r"12 of \d\d|\"controls\": 12", out)
        assert "ACC-01 (companion)" in out


def test_a_companion_of_a_pack_of_ones_own_stays(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    text = (place / "controls/OPS/OPS-01.yaml").read_text(encoding="utf-8")
    write(place, "controls/OPS/OPS-01.yaml", text + "origin: companion\n")
    about = report(monkeypatch, place, "--no-companions")["scan"]
    assert (about["left_out"], about["controls"]) == ([], 2)


def test_a_control_that_asks_for_a_companion_that_is_left_out_gets_its_answer(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    text = (place / "inventories/clients/good.yaml").read_text(encoding="utf-8")
    text += (
        "email: null\nremote_access: [{id: vpn, kind: vpn, mfa: false}]\ninsurance_policies:\n"
        "  - {id: c, kind: cyber, starts_on: 2026-01-01, ends_on: 2027-01-01, attestations: "
        "[{statement: mfa_on_remote_access, answer: true, signed_on: 2026-01-01}]}\n"
    )
    write(place, "inventories/clients/good.yaml", text)
    write(place, "policyscan.yaml", "companions: false\n")
    got = report(monkeypatch, place, "--select", "INS-06", "inventories/clients/good.yaml")
    fail, signed = got["results"]
    assert (fail["policy"], fail["requirement"], fail["status"]) == ("INS-06", "still-true", "fail")
    assert (signed["requirement"], signed["status"]) == ("signed", "unknown")  # nobody said who signed
    assert "ACC-01 does not pass" in fail["message"]
    assert list(got["scan"]["policies"]) == ["INS-06"]


def test_a_scan_with_a_deprecated_control_says_what_to_use(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    text = (place / "controls/OPS/OPS-02.yaml").read_text(encoding="utf-8")
    write(place, "controls/OPS/OPS-02.yaml", text + "status: deprecated\nreplaced_by: OPS-03\n")
    note = "OPS-02 is deprecated: use OPS-03 instead"
    assert report(monkeypatch, place)["scan"]["notes"] == [note]
    assert f"note: {note}\n" in scan(monkeypatch, place).out
    for format_ in ("markdown", "sarif", "github"):
        assert note in scan(monkeypatch, place, "-f", format_).out.replace("\\", "")
    assert report(monkeypatch, place, "--select", "OPS-01")["scan"]["notes"] == []


def test_local_controls_join_the_built_in_ones(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, "policyscan.yaml", "policies: [controls]\n")
    about = report(monkeypatch, place, "--client", "bad")["scan"]
    assert {"OPS-01", "OPS-02", "OPS-03", "AV-01"} <= set(about["policies"])
    assert about["profile"] == "essentials"


# --- which inventories


def test_naming_a_file_chooses_what_is_reported_not_what_is_read(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    args = ("--profile", "strict", "inventories/clients/served.yaml")
    got = report(monkeypatch, place, *args)
    assert [d["id"] for d in got["summary"]["documents"]] == ["served"]
    (due,) = got["results"]
    assert (due["status"], due["file"], due["line"]) == ("due", "inventories/providers/north.yaml", 5)


def test_one_client_and_nobody_else(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    for format_ in REPORTERS:
        ran = scan(monkeypatch, place, "--client", "bad", "-f", format_, "--all-results")
        assert not any(name in ran.out + ran.err for name in ("good", "vague", "served"))
    assert told(monkeypatch, place, "--client", "bad") == ["bad OPS-01 fail", "bad OPS-02 fail"]


def test_another_clients_broken_file_is_not_this_clients_business(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    write(place, "inventories/clients/rival.yaml", CLIENT.format(id="rival") + "peple: []\n")
    assert scan(monkeypatch, place).code == 2
    ran = scan(monkeypatch, place, "--client", "good")
    assert ran.code == 0
    assert "rival" not in ran.out + ran.err


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"kind: provider\n\tbad\n"])
def test_a_file_that_is_named_like_what_a_client_refers_to_is_its_business(
    monkeypatch: pytest.MonkeyPatch, place: Path, data: bytes
) -> None:
    (place / "inventories/providers/north.yaml").write_bytes(data)
    ran = scan(monkeypatch, place, "--client", "served", "--allow-unknown")
    assert ran.code == 2
    assert "inventories/providers/north.yaml:" in ran.out


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("oak.yaml.txt", CLIENT.format(id="oak"), True),
        ("oak.yaml.txt", "a chart of something else\n", False),
        ("oak.jsonc", '{"schema_version": 1, "kind": "client"}', True),
    ],
)
def test_an_inventory_with_nearly_the_right_name_is_told_in_any_folder(
    monkeypatch: pytest.MonkeyPatch, place: Path, name: str, text: str, told: bool
) -> None:
    write(place, "elsewhere/good.yaml", CLIENT.format(id="also"))
    write(place, f"elsewhere/{name}", text)
    ran = scan(monkeypatch, place, "elsewhere")
    assert (f"elsewhere/{name} was not read" in ran.out) is told


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("elm", "did you mean elm-shop, elm-vets?"),
        ("Elm*", "did you mean elm-shop, elm-vets?"),
        ("vets", "did you mean elm-vets?"),
        ("elm-vest", "did you mean elm-vets?"),
        ("yew", "did you mean yew-1, yew-2, yew-3 or 2 more?"),
        ("zebra", "ids are under organisation.id"),
        ("*", "ids are under organisation.id"),
    ],
)
def test_a_client_that_is_written_in_part(
    monkeypatch: pytest.MonkeyPatch, place: Path, written: str, hint: str
) -> None:
    for name in ("elm-shop", "elm-vets", *(f"yew-{number}" for number in range(1, 6))):
        write(place, f"inventories/clients/{name}.yaml", CLIENT.format(id=name))
    ran = scan(monkeypatch, place, "--client", written)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"error: --client {written}: there is no inventory with this id\n  hint: {hint}\n"


def test_a_client_that_may_be_in_a_broken_file(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, "inventories/clients/other.yaml", CLIENT.format(id="rival") + "peple: []\n")
    ran = scan(monkeypatch, place, "--client", "rival")
    assert ran.code == 2
    assert ran.err.startswith("error: inventories/clients/other.yaml:5:1")
    follows = (
        "error: --client rival: no inventory with this id could be read\n  hint: it may be in a file that is"
    )
    assert follows in ran.err


@pytest.mark.parametrize(
    "name", ["rival.yaml", "rival.v2.yml", "rival/client.yaml", "rival/devices.csv", "rival/plan.yaml"]
)
def test_a_client_whose_own_file_is_broken_is_not_said_to_be_missing(
    monkeypatch: pytest.MonkeyPatch, place: Path, name: str
) -> None:
    if name.startswith("rival/"):
        write(place, "inventories/clients/rival/client.yaml", CLIENT.format(id="rival"))
    write(place, f"inventories/clients/{name}", 'id,kind\nlt-1,"laptop\n' if ".csv" in name else "kind: [\n")
    ran = scan(monkeypatch, place, "--client", "rival")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: inventories/clients/{name}:2:")
    assert "with this id" not in ran.err


@pytest.mark.parametrize(
    "text",
    [
        CLIENT.format(id="good") + "people: [{id: p-1, end_date: 2026-06-12}]\ncrisis_plan: null\n",
        CLIENT.format(id="good") + "peple: []\n",
        CLIENT.format(id="'good'") + "people: [\n",
    ],
)
def test_a_client_whose_id_stands_in_a_second_file(
    monkeypatch: pytest.MonkeyPatch, place: Path, text: str
) -> None:
    """Which of the two is right nobody knows, so that the sound one alone is not green."""
    write(place, "inventories/clients/other.yaml", text)
    ran = scan(monkeypatch, place, "--client", "good")
    assert ran.code == 2
    assert "inventories/clients/other.yaml:" in ran.out


NORTH = CLIENT.replace("client", "provider").format(id="north")


@pytest.mark.parametrize("format_", ["text", "json", "sarif", "markdown", "github"])
def test_an_inventory_from_after_the_day_asked_about_is_told(
    monkeypatch: pytest.MonkeyPatch, place: Path, format_: str
) -> None:
    def on(day: str, *args: str) -> str:
        ran = policyscan(monkeypatch, place, "scan", "--as-of", day, "-f", format_, *args)
        return " ".join(ran.out.split())

    words = "facts as of a day after 2026-10-30, so perhaps not known then: "
    assert words + "bad, good, north and 2 more" in on("2026-10-30")
    assert words + "north, served" in on("2026-10-30", "--client", "served")
    assert words + "good" in on("2026-10-30", "--client", "good")
    assert "known then" not in on("2026-10-31")


def test_when_an_inventory_is_from_the_future_is_a_question_of_its_own_zone(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    for zone, told in (("Pacific/Auckland", False), ("Europe/London", True)):
        text = f"schema_version: 1\nkind: client\nas_of: 2026-11-01\ntime_zone: {zone}\n"
        text += "organisation: {id: far}\n"
        write(place, "inventories/clients/far.yaml", text)
        at = "2026-10-31T20:00:00Z"
        ran = policyscan(monkeypatch, place, "scan", "--as-of", at, "--client", "far")
        assert ("known then" in ran.out) is told, zone


def test_scan_and_validate_agree_on_a_file_whose_id_another_has(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    original = (place / "inventories/clients/good.yaml").read_text(encoding="utf-8")
    write(place, "inventories/clients/good-copy.yaml", original)
    words = "inventories/clients/good.yaml:4:20: there is another client with the id good, at "
    scanned = scan(monkeypatch, place, "inventories/clients/good.yaml")
    validated = policyscan(monkeypatch, place, "validate", "inventories/clients/good.yaml")
    assert (scanned.code, validated.code) == (2, 2)
    assert f"error: {words}inventories/clients/good-copy.yaml:4:20\n" in validated.err
    assert f"{words}inventories/clients/good-copy.yaml:4:20" in scanned.out + scanned.err
    other = "inventories/clients/bad.yaml"
    assert policyscan(monkeypatch, place, "validate", other).code == 0


def test_scan_and_validate_agree_on_what_a_file_refers_to(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    write(place, "inventories/providers/north.yaml", "schema_version: 1\nkind: provider\nas_of: soon\n")
    scanned = scan(monkeypatch, place, "inventories/clients/served.yaml")
    validated = policyscan(monkeypatch, place, "validate", "inventories/clients/served.yaml")
    assert (scanned.code, validated.code) == (2, 2)
    assert "inventories/providers/north.yaml:3:8" in validated.err


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "providers/north.yaml",
            NORTH + "insurance_policies: [{id: eo, ends_on: 2027-11-15}]\n---\n" + NORTH,
        ),
        ("providers/old/north.yaml", NORTH),
        ("providers/north.yml", NORTH),
    ],
)
@pytest.mark.parametrize("args", [("inventories/clients/served.yaml",), ("--client", "served")])
def test_a_provider_that_is_there_twice_is_told(
    monkeypatch: pytest.MonkeyPatch, place: Path, args: tuple[str, ...], name: str, text: str
) -> None:
    """Which of the two is right nobody knows."""
    write(place, f"inventories/{name}", text)
    ran = scan(monkeypatch, place, "--profile", "strict", *args)
    assert ran.code == 2
    assert "there is another provider with the id north" in ran.out


def test_an_alias_that_another_pack_has_as_an_id(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    text = (place / "controls/OPS/OPS-02.yaml").read_text(encoding="utf-8")
    write(place, "more/NEW/NEW-01.yaml", text.replace("OPS-02", "NEW-01") + "aliases: [OPS-01]\n")
    ran = scan(monkeypatch, place, "--policies", "more")
    assert (ran.code, ran.out) == (2, "")
    assert "OPS-01 is in two packs: ours and more" in ran.err


def test_a_named_folder_without_inventories_is_told(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    (place / "inventories/empty").mkdir()
    ran = scan(monkeypatch, place, "inventories/clients/good.yaml", "inventories/empty")
    assert ran.code == 2
    assert "inventories/empty:1:1: there is no inventory in this folder" in ran.out


@pytest.mark.parametrize("option", ["--client", "--select", "--ignore"])
@pytest.mark.parametrize("value", ["", " ", ",", ", ,"])
def test_an_option_without_an_id_does_not_choose_everything(
    monkeypatch: pytest.MonkeyPatch, place: Path, option: str, value: str
) -> None:
    ran = scan(monkeypatch, place, option, value)
    assert (ran.code, ran.out) == (2, "")
    assert "an option that takes ids was given none" in ran.err


def test_an_inventory_whose_suffix_is_in_capitals_is_read(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    (place / "inventories/clients/bad.yaml").rename(place / "inventories/clients/BAD.YAML")
    assert told(monkeypatch, place, "--client", "bad") == ["bad OPS-01 fail", "bad OPS-02 fail"]


@pytest.mark.parametrize("args", [(), ("inventories/clients/served.yaml",), ("--client", "served")])
def test_a_broken_file_that_another_refers_to_is_told(
    monkeypatch: pytest.MonkeyPatch, place: Path, args: tuple[str, ...]
) -> None:
    broken = (place / "inventories/providers/north.yaml").read_text(encoding="utf-8") + "oops: 1\n"
    write(place, "inventories/providers/north.yaml", broken)
    ran = scan(monkeypatch, place, "--profile", "strict", "-f", "json", *args)
    assert ran.code == 2
    (problem,) = json.loads(ran.out)["summary"]["problems"]
    assert (problem["file"], problem["line"]) == ("inventories/providers/north.yaml", 6)


def test_standard_input(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    text = (CLIENT.format(id="piped") + "people: []\ncrisis_plan: null\n").encode()
    (result,) = report(monkeypatch, place, "-", "--stdin-filename", "clients/x.yaml", stdin=text)["results"]
    assert (result["document"], result["file"], result["line"]) == ("piped", "clients/x.yaml", 6)
    (result,) = report(monkeypatch, place, "-", stdin=text)["results"]
    assert result["file"]
    ran = scan(monkeypatch, place, "-", stdin=b"")
    assert ran.code == 2


def test_standard_input_in_place_of_a_file_that_is_being_edited(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    """An editor checks what is not saved yet: the provider is found, and the old text is no second client."""
    text = CLIENT.format(id="served") + "people: []\ncrisis_plan:\nproviders: [{id: north, profile: north}]\n"
    args = ("-", "--stdin-filename", "inventories/clients/served.yaml", "--profile", "strict")
    got = report(monkeypatch, place, *args, stdin=text.encode())
    assert got["summary"]["problems"] == []
    assert [(r["policy"], r["status"]) for r in got["results"]] == [("OPS-02", "unknown"), ("OPS-03", "due")]


def test_a_name_for_standard_input_that_is_not_read(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = scan(monkeypatch, place, "--stdin-filename", "inventories/clients/good.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert "--stdin-filename names standard input, which is not read" in ran.err


def test_several_clients_in_one_option(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    assert told(monkeypatch, place, "--client", "bad,vague") == EVERYTHING


# --- when


@pytest.mark.parametrize(
    ("as_of", "status"),
    [("2026-10-15", None), ("2026-10-31", "due"), ("2026-11-15", "due"), ("2026-11-16", "fail")],
)
def test_as_of(monkeypatch: pytest.MonkeyPatch, place: Path, as_of: str, status: str | None) -> None:
    args = ("scan", "--profile", "strict", "--client", "served", "-f", "json", "--as-of", as_of)
    got = json.loads(policyscan(monkeypatch, place, *args).out)
    assert got["scan"]["as_of"] == as_of
    assert [r["status"] for r in got["results"]] == ([status] if status else [])


# --- what is shown


def test_all_results_account_for_what_passes_too(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    assert told(monkeypatch, place, "--all-results", "--client", "good") == [
        "good OPS-01 pass",
        "good OPS-02 pass",
    ]
    assert told(monkeypatch, place, "--client", "good") == []


def test_several_files_and_another_format_on_the_screen(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = scan(
        monkeypatch, place, "-f", "markdown", "-o", "json:a.json", "-o", "sarif:b.sarif", "-o", "text:c.txt"
    )
    assert ran.out.startswith("#")
    assert json.loads((place / "a.json").read_text(encoding="utf-8"))["version"] == 1
    assert json.loads((place / "b.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert "OPS-01  " in (place / "c.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("args", [("-q",), ("-f", "csv"), ("-f", "letter")])
@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("inventories/clients/x.yaml", "a: [", "error: inventories/clients/x.yaml:1:5: the file ends here"),
        ("inventories/clients/x.yaml", "a: [", "  hint: "),
        (
            "controls/OPS/OPS-02.yaml",
            None,
            "error: inventories/clients/served.yaml:5:9: served: OPS-02: cannot be evaluated",
        ),
    ],
)
def test_why_the_code_is_2_is_told_where_the_report_does_not_tell_it(
    monkeypatch: pytest.MonkeyPatch,
    place: Path,
    name: str,
    text: str | None,
    said: str,
    args: tuple[str, ...],
) -> None:
    old = (place / name).read_text(encoding="utf-8") if (place / name).exists() else ""
    if text is None:
        text = old.replace("client.crisis_plan != null", "10 % size(client.people) == 0")
    write(place, name, text)
    ran = scan(monkeypatch, place, *args)
    assert ran.code == 2
    assert any(line.startswith(said) for line in ran.err.splitlines()), ran.err


def test_quiet_prints_nothing_and_writes_files(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = scan(monkeypatch, place, "-q", "-o", "json:a.json")
    assert (ran.code, ran.out, ran.err) == (1, "", "")
    assert (place / "a.json").is_file()


@pytest.mark.parametrize(
    "args",
    [
        ("-f", "sarif", "--sarif-unknown"),
        ("-q", "-o", "sarif:a.sarif", "--sarif-unknown"),
        ("-f", "sarif", "-o", "json:a.json"),
        ("-q", "-o", "sarif:a.sarif", "-o", "github:a.txt"),
    ],
)
def test_what_is_unknown_is_told_wherever_it_is_shown(
    monkeypatch: pytest.MonkeyPatch, place: Path, args: tuple[str, ...]
) -> None:
    vague = report(monkeypatch, place, "--client", "vague")["results"][0]["message"]
    ran = scan(monkeypatch, place, *args)
    written = [path.read_text(encoding="utf-8") for path in place.glob("a.*")]
    assert ran.code == 1
    in_words = vague.replace("_", " ")
    assert any(said in text for said in (vague, in_words) for text in [ran.out, *written])


def test_full_shows_lines_and_what_to_do(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    out = scan(monkeypatch, place, "--full", "--client", "bad").out
    assert "- {id: p-1, end_date: 2026-06-12}" in out
    assert "Name somebody." in out
    assert "^" in out


@pytest.mark.parametrize(
    ("variables", "choice", "coloured"),
    [
        ({}, "auto", False),
        ({"FORCE_COLOR": "1"}, "auto", True),
        ({"NO_COLOR": "1"}, "auto", False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, "auto", False),
        ({"NO_COLOR": "1"}, "always", True),
        ({"FORCE_COLOR": "1"}, "never", False),
        ({"NO_COLOR": ""}, "always", True),
    ],
)
def test_colour(
    monkeypatch: pytest.MonkeyPatch, place: Path, variables: dict[str, str], choice: str, coloured: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    ran = scan(monkeypatch, place, "--color", choice, "-o", "text:out.txt")
    assert ("\x1b[" in ran.out) is coloured
    assert "\x1b[" not in (place / "out.txt").read_text(encoding="utf-8")


# --- where it goes


def test_a_file_cannot_be_a_folder(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    """Also root cannot write below a file: nothing is scanned for nothing."""
    ran = scan(monkeypatch, place, "-o", "json:policyscan.yaml/out.json")
    assert (ran.code, ran.out) == (2, "")
    assert "policyscan.yaml/out.json" in ran.err


@pytest.mark.parametrize("second", ["sarif:a.out", "sarif:./a.out"])
def test_two_outputs_to_one_file(monkeypatch: pytest.MonkeyPatch, place: Path, second: str) -> None:
    ran = scan(monkeypatch, place, "-o", "json:a.out", "-o", second)
    assert (ran.code, ran.out) == (2, "")
    assert "two outputs go to a.out" in ran.err
    assert not (place / "a.out").exists()


def test_an_output_does_not_replace_an_inventory(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    name = "inventories/clients/good.yaml"
    before = (place / name).read_bytes()
    ran = scan(monkeypatch, place, "-o", f"json:{name}")
    assert (ran.code, ran.out) == (2, "")
    assert f"{name} is an inventory" in ran.err
    assert (place / name).read_bytes() == before


AUTHOR = ["-c", "user.name=a", "-c", "user.email=a@example.com"]


@pytest.mark.parametrize(
    "asked",
    [
        ["inventories/clients/bad.yaml"],
        ["--changed"],
        ["--shard", "1/9"],
        ["--client", "bad", "inventories/clients/bad.yaml"],
    ],
    ids=["named", "changed", "shard", "client"],
)
@pytest.mark.parametrize(
    "name", ["inventories/clients/good.yaml", "clients/torn.yaml", "clients/oak/devices.csv"]
)
def test_an_output_replaces_no_inventory_that_is_not_asked_for(
    monkeypatch: pytest.MonkeyPatch, place: Path, asked: list[str], name: str
) -> None:
    write(place, "clients/torn.yaml", "schema_version: 1\nkind: client\norganisation: {id: torn\n")
    write(place, "clients/oak/client.yaml", CLIENT.format(id="oak"))
    write(place, "clients/oak/devices.csv", "id\npc\n")
    for command in (["init", "-q"], ["add", "-A"], [*AUTHOR, "commit", "-qm", "first"]):
        subprocess.run(["git", *command], cwd=place, check=True)
    (place / "inventories/clients/bad.yaml").write_text(CLIENT.format(id="bad"), encoding="utf-8")
    before = (place / name).read_bytes()
    ran = scan(monkeypatch, place, *asked, "-o", f"csv:{name}")
    assert ran.code == 2
    assert f"{name} is an inventory" in ran.err
    assert (place / name).read_bytes() == before


def test_an_output_replaces_what_an_earlier_run_wrote(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    (place / "policyscan.yaml").unlink()
    first, second = (scan(monkeypatch, place, ".", "-o", "json:out.json") for _ in range(2))
    assert "is an inventory" not in second.err
    assert (second.code, second.out.splitlines()[-1]) == (first.code, first.out.splitlines()[-1])


def test_an_output_does_not_replace_an_inventory_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    write(place, "inventories/clients/broken.yaml", "kind: client\nschema_version: 1\nas_of: [\n")
    ran = scan(monkeypatch, place, "-o", "json:inventories/clients/broken.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert (place / "inventories/clients/broken.yaml").read_text(encoding="utf-8").startswith("kind: client")


def test_one_output_that_fails_costs_no_other(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = scan(monkeypatch, place, "-o", "json:/dev/full", "-o", "sarif:x.sarif", "--client", "bad")
    assert ran.code == 2
    assert "OPS-01" in ran.out
    assert (place / "x.sarif").read_text(encoding="utf-8").startswith("{")
    assert "/dev/full cannot be written" in ran.err


def test_a_file_that_becomes_unwritable(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("policyscan.output._write", full)
    ran = scan(monkeypatch, place, "-o", "json:out.json")
    assert ran.code == 2
    assert "out.json cannot be written: No space left on device" in ran.err


def test_standard_output_that_is_closed_costs_no_file(place: Path) -> None:
    command = f"{sys.executable} -m policyscan scan --as-of 2026-10-31 -o json:out.json >&-; echo $? >code"
    done = subprocess.run(["sh", "-c", command], cwd=place, capture_output=True, text=True, check=False)
    assert "standard output is closed" in done.stderr
    assert "this is a bug" not in done.stderr
    assert json.loads((place / "out.json").read_text(encoding="utf-8"))["results"]
    assert (place / "code").read_text(encoding="utf-8") == "2\n"


def test_a_reader_that_has_gone_costs_no_file_and_no_traceback(place: Path) -> None:
    command = (
        f"({sys.executable} -m policyscan scan --as-of 2026-10-31 -o json:out.json; echo $? >code) | true"
    )
    done = subprocess.run(["sh", "-c", command], cwd=place, capture_output=True, check=False)
    assert done.stderr == b""
    assert json.loads((place / "out.json").read_text(encoding="utf-8"))["results"]
    assert (place / "code").read_text(encoding="utf-8") == "1\n"  # as without a pipe: controls fail


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("command", ["scan", "list", "explain OPS-01"])
def test_output_that_does_not_fit(place: Path, command: str) -> None:
    line = f"{sys.executable} -m policyscan {command} >/dev/full"
    done = subprocess.run(["sh", "-c", line], cwd=place, capture_output=True, check=False)
    assert done.returncode == 2
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_list_whose_reader_has_gone(place: Path) -> None:
    command = f"({sys.executable} -m policyscan list; echo $? >code) | true"
    done = subprocess.run(["sh", "-c", command], cwd=place, capture_output=True, check=False)
    assert done.stderr == b""
    assert (place / "code").read_text(encoding="utf-8") == "2\n"


@pytest.mark.parametrize("command", ["scan --select NO-99", "validate", "scan --profile"])
def test_an_error_whose_reader_has_gone_is_no_failed_control(place: Path, command: str) -> None:
    """With `2>&1 | head`, as anyone does to whom much is told at once."""
    write(place, "inventories/clients/broken.yaml", "kind: client\n" * 2)
    line = f"({sys.executable} -m policyscan {command}; echo $? >code) 2>&1 | true"
    subprocess.run(["sh", "-c", line], cwd=place, check=False)
    assert (place / "code").read_text(encoding="utf-8") == "2\n"


@pytest.mark.parametrize(
    ("variable", "value", "code"),
    [
        ("POLICYSCAN_SCAN_EXIT_ZERO", "1", 0),
        ("POLICYSCAN_SCAN_FORMAT", "json", 1),  # as the option is called, and not as a parameter in Python
        ("POLICYSCAN_SCAN_CLIENT", "nobody", 2),
        ("POLICYSCAN_SCAN_CLIENTS", "nobody", 2),
        ("POLICYSCAN_SCAN_FAIL_ON", "urgent", 2),
    ],
)
def test_an_option_may_come_from_the_environment_and_is_told(
    monkeypatch: pytest.MonkeyPatch, place: Path, variable: str, value: str, code: int
) -> None:
    monkeypatch.setenv(variable, value)
    ran = scan(monkeypatch, place)
    assert (ran.code, ran.out.startswith("{")) == (code, value == "json")
    assert f"note: the environment decides, too: {variable}\n" in ran.err


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("POLICYSCAN_SCAN_FAILON", "did you mean POLICYSCAN_SCAN_FAIL_ON?"),
        ("POLICYSCAN_SCAN_PROFILES", "did you mean POLICYSCAN_SCAN_PROFILE?"),
        ("POLICYSCAN_SCAN_EVERYTHING_THERE_IS", "see `policyscan scan --help`, or unset it"),
    ],
)
def test_a_variable_that_is_nearly_an_option_is_not_passed_over(
    monkeypatch: pytest.MonkeyPatch, place: Path, variable: str, meant: str
) -> None:
    monkeypatch.setenv(variable, "x")
    ran = scan(monkeypatch, place, "--exit-zero")
    assert ran.code == 2
    assert ran.err == f"error: {variable} is set, and `policyscan scan` has no such option\n  hint: {meant}\n"


def test_a_variable_without_the_command_is_told(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    monkeypatch.setenv("POLICYSCAN_PROFILE", "strict")
    ran = scan(monkeypatch, place)
    assert ran.err == (
        "note: POLICYSCAN_PROFILE is set, and is no option; did you mean POLICYSCAN_SCAN_PROFILE?\n"
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("POLICYSCAN_VERSION", "1"),
        ("POLICYSCAN_VERSION", "0.1.0"),
        ("POLICYSCAN_HELP", "1"),
        ("POLICYSCAN_SCAN_FAIL_ON", ""),
        ("POLICYSCAN_TOKEN_OF_OURS", "x"),
        ("POLICYSCAN_VALIDATE_QUIET", "1"),
        ("policyscan_scan_exit_zero", "1"),
    ],
)
def test_variables_of_others_keep_no_scan_from_running(
    monkeypatch: pytest.MonkeyPatch, place: Path, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    ran = scan(monkeypatch, place)
    assert (ran.code, ran.err) == (1, "")
    assert "OPS-01" in ran.out


# --- evidence

SHOWN = """\
evidence:
  - id: minutes
    source: minutes of May
    method: document
    collected_at: 2026-05-10T12:00:00Z
    covers: [people]
"""


def test_what_is_asked_of_evidence_is_told_and_held(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    settings = (place / "policyscan.yaml").read_text(encoding="utf-8")
    good = (place / "inventories/clients/good.yaml").read_text(encoding="utf-8")
    write(place, "inventories/clients/good.yaml", good + SHOWN)
    only = ("inventories/clients/good.yaml",)
    assert (
        "OPS-01 OPS-02\n         What holds today rests on: a document (1), somebody's word (1)"
        in scan(monkeypatch, place, *only).out
    )
    write(place, "policyscan.yaml", settings + "evidence: {grade: document, max_age: 90d}\n")
    ran = scan(monkeypatch, place, *only)
    assert ran.code == 3
    assert "What shows the facts about people: a document or better, at most 90 days old?" in ran.out
    assert "facts count if shown by a document or better, at most 90 days old" in ran.out
    results = report(monkeypatch, place, *only)
    assert results["scan"]["evidence"] == {"grade": "document", "max_age_days": 90}
    reasons = {r["policy"]: r["message"] for r in results["results"]}
    assert reasons == {
        "OPS-01": "the evidence for people is 174 days old (minutes of May, 2026-05-10);"
        " at most 90 are asked for",
        "OPS-02": "no evidence for crisis plan; a document or better is asked for",
    }
    write(place, "policyscan.yaml", settings + "evidence: {grade: document}\n")
    assert told(monkeypatch, place, *only) == ["good OPS-02 unknown"]


def test_a_profile_may_ask_for_it_and_a_selection_has_no_profile(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    about = (place / "controls/pack.yaml").read_text(encoding="utf-8")
    write(place, "controls/pack.yaml", about.replace("strict: {", "strict: {evidence: {grade: tested}, "))
    only = ("inventories/clients/good.yaml",)
    assert scan(monkeypatch, place, *only).code == 0
    assert scan(monkeypatch, place, *only, "--profile", "strict").code == 3
    assert scan(monkeypatch, place, *only, "--select", "OPS-01").code == 0


def test_a_fail_needs_no_proof(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    settings = (place / "policyscan.yaml").read_text(encoding="utf-8")
    write(place, "policyscan.yaml", settings + "evidence: {grade: tested}\n")
    assert told(monkeypatch, place, "inventories/clients/bad.yaml") == ["bad OPS-01 fail", "bad OPS-02 fail"]


@pytest.mark.parametrize(
    ("value", "files"),
    [
        ("markdown:out dir/r.md", ["out dir/r.md"]),
        (" json:out dir/r.json   sarif:b.sarif\n", ["out dir/r.json", "b.sarif"]),
        ("text:a b c.txt\njson:x:y z.json", ["a b c.txt", "x:y z.json"]),
    ],
)
def test_outputs_from_the_environment_may_hold_blanks(
    monkeypatch: pytest.MonkeyPatch, place: Path, value: str, files: list[str]
) -> None:
    (place / "out dir").mkdir()
    monkeypatch.setenv("POLICYSCAN_SCAN_OUTPUTS", value)
    assert scan(monkeypatch, place, "-q").code == 1
    assert all((place / file).stat().st_size for file in files)


def test_a_path_after_its_format_begins_at_home(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    (place / "home").mkdir()
    monkeypatch.setenv("HOME", str(place / "home"))
    assert scan(monkeypatch, place, "-q", "-o", "json:~/r.json").code == 1
    assert (place / "home" / "r.json").exists()
    ran = scan(monkeypatch, place, "-q", "-o", "json:~nobody-at-all/r.json")
    assert (ran.code, "no home folder" in ran.err) == (2, True)


def test_json_says_by_digests_what_was_read(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    scanned = report(monkeypatch, place)["scan"]
    assert scanned["digests"]
    for name, digest in scanned["digests"].items():
        assert digest == f"sha256:{sha256((place / name).read_bytes()).hexdigest()}"
    (pack,) = scanned["packs"]
    assert {"name": pack["name"], "version": pack["version"]} == scanned["pack"]
    assert re.fullmatch("sha256:[0-9a-f]{64}", pack["digest"])
    assert report(monkeypatch, place)["scan"] == scanned  # from the cache too
    assert report(monkeypatch, place, "--no-cache")["scan"] == scanned
