"""Profiles assigned to clients in `policyscan.yaml`: whose each client is, and what is told of it.

A gap, a contradiction, and a client that is not there are never the weaker profile, and never green.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CLIENT, write
from tests.cli.runner import Ran, policyscan

AS_OF = ("--as-of", "2026-10-31")
SETTINGS = "builtin_policies: false\npolicies: [controls]\n"
HEAD = SETTINGS + "assign:\n"
STAFF = "{id: %s, employees_count: %s}"
BAD = '  - {profile: strict, clients: ["ba*"]}\n'
SMALL = "  - {profile: strict, when: client.organisation.employees_count < 10}\n"
NAMED = """\
  - profile: strict
    when: client.people.exists(p, p.id == "p-1" && p.end_date == null)
"""


def assigned(monkeypatch: pytest.MonkeyPatch, place: Path, lines: str, *args: str) -> Ran:
    write(place, "policyscan.yaml", HEAD + lines)
    return policyscan(monkeypatch, place, *(args or ("scan", *AS_OF, "-f", "json")))


def profiles(ran: Ran) -> dict[str, str]:
    documents = json.loads(ran.out)["summary"]["documents"]
    return {one["id"]: one["profile"] for one in documents if one["kind"] == "client"}


def findings(ran: Ran, client: str) -> list[dict[str, Any]]:
    results = json.loads(ran.out)["results"]
    return [one for one in results if one["policy"] == "DOC-PROFILE" and one["document"] == client]


def staff(place: Path, client: str, count: object) -> None:
    """The client says how many people work there; nothing else of it changes."""
    file = place / f"inventories/clients/{client}.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(f"{{id: {client}}}", STAFF % (client, count)), encoding="utf-8")


@pytest.mark.parametrize(
    ("lines", "strict"),
    [
        ("  - {profile: strict, clients: [bad]}\n", {"bad"}),
        (BAD, {"bad"}),
        ('  - {profile: strict, clients: ["*"]}\n', {"bad", "good", "vague", "served"}),
        (SMALL, {"good"}),
        (SMALL.replace("strict,", 'strict, clients: ["b*", "g*"],'), {"good"}),
        (BAD + "  - {profile: strict, clients: [bad, good]}\n", {"bad", "good"}),
        (NAMED, {"good"}),
    ],
)  # fmt: skip
def test_clients_have_the_profile_that_is_assigned(
    monkeypatch: pytest.MonkeyPatch, place: Path, lines: str, strict: set[str]
) -> None:
    for client, count in (("bad", 10), ("good", 9), ("vague", 10), ("served", 10)):
        staff(place, client, count)
    ran = assigned(monkeypatch, place, lines)
    found = profiles(ran)
    assert {client for client, profile in found.items() if profile == "strict"} == strict
    assert set(found.values()) <= {"strict", "usual"}
    asked = {one["id"]: "OPS-03" in one["policies"] for one in json.loads(ran.out)["summary"]["documents"]}
    assert {client for client, is_asked in asked.items() if is_asked} == strict
    assert all(one["profile"] == found[one["document"]] for one in json.loads(ran.out)["results"])


def test_a_gap_is_never_the_weaker_profile(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = assigned(monkeypatch, place, SMALL)
    assert set(profiles(ran).values()) == {"usual or strict"}
    (finding,) = findings(ran, "good")
    assert (finding["status"], finding["line"]) == ("unknown", 4)
    assert "(policyscan.yaml:4); until then it is judged by what usual and strict ask" in finding["message"]
    assert [gap["path"] for gap in finding["gaps"]] == ["organisation.employees_count"]
    documents = json.loads(ran.out)["summary"]["documents"]
    assert all("OPS-03" in one["policies"] for one in documents if one["kind"] == "client")
    assert policyscan(monkeypatch, place, "scan", *AS_OF, "--client", "good").code == 3


def test_a_gap_that_makes_no_difference_is_none(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    lines = '  - {profile: strict, clients: ["*"]}\n' + SMALL
    ran = assigned(monkeypatch, place, lines)
    assert set(profiles(ran).values()) == {"strict"}
    assert "DOC-PROFILE" not in ran.out


@pytest.mark.parametrize("lines", [BAD + "  - {profile: usual, clients: [bad]}\n"])
def test_two_profiles_for_one_client_are_an_error(
    monkeypatch: pytest.MonkeyPatch, place: Path, lines: str
) -> None:
    ran = assigned(monkeypatch, place, lines)
    assert ran.code == 2
    (finding,) = findings(ran, "bad")
    assert (finding["status"], finding["file"], finding["line"]) == ("error", "policyscan.yaml", 4)
    assert "strict (policyscan.yaml:4) and usual (policyscan.yaml:5)" in finding["message"]
    own = [one for one in json.loads(ran.out)["results"] if one["document"] == "bad"]
    assert own == [finding]
    assert policyscan(monkeypatch, place, "scan", *AS_OF, "--client", "good").code == 0
    told = policyscan(monkeypatch, place, "explain", "OPS-01", "bad", *AS_OF)
    assert "only one can be right" in told.out


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('  - {profile: strict, clients: ["good", "alder-*"]}\n', 3),
        ('  - {profile: strict, clients: ["good", "alder-*"], may_be_empty: true}\n', 0),
        ("  - {profile: strict, when: client.people.size() > 9}\n", 3),
    ],
)
def test_a_profile_that_meets_no_client_is_told(
    monkeypatch: pytest.MonkeyPatch, place: Path, line: str, code: int
) -> None:
    for client in ("bad", "vague", "served"):
        (place / f"inventories/clients/{client}.yaml").unlink()
    write(place, "inventories/clients/good.yaml", _sound("good"))
    ran = assigned(monkeypatch, place, line)
    assert ran.code == code
    assert len(json.loads(ran.out)["scan"].get("unmet", [])) == (code == 3)
    text = policyscan(monkeypatch, place, "scan", *AS_OF)
    assert ("and no client is meant: correct policyscan.yaml:4" in text.out) is (code == 3)
    assert policyscan(monkeypatch, place, "scan", *AS_OF, "--exit-zero").code == 0
    part = policyscan(monkeypatch, place, "scan", *AS_OF, "--client", "good")
    assert (part.code, "no client is meant" in part.out) == (0, False)


def _sound(client: str) -> str:
    return (
        CLIENT.format(id=client)
        + "people:\n  - {id: p-1, end_date: null}\ncrisis_plan: {document: plan.docx}\n"
        + "providers: [{id: north, profile: north}]\n"
    )


@pytest.mark.parametrize(
    ("lines", "at", "said"),
    [
        ("  - {profile: strit, clients: [bad]}\n", "4:15", "did you mean strict?"),
        ("  - {profile: strict}\n", "4:5", "assigned to nobody"),
        ("  - {profile: strict, when: client.organization.x < 1}\n", "4:36", "did you mean 'organisation'?"),
        ("  - {profile: strict, when: client.people.size()}\n", "4:29", "bool"),
        ("  - {profile: strict, when: has(client.crisis_plan)}\n", "4:29", "read the fact plainly"),
        ("  - {profile: strict, when: 'passes(\"OPS-01\")'}\n", "4:", "decide it by facts"),
        ("  - {profile: strict, client: [bad]}\n", "4:23", "did you mean clients?"),
        ("  - {profile: strict, clients: []}\n", "4:", "clients"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["scan", "config"])
def test_what_is_wrong_is_said_at_its_place(
    monkeypatch: pytest.MonkeyPatch, place: Path, command: str, lines: str, at: str, said: str
) -> None:
    ran = assigned(monkeypatch, place, lines, command)
    assert (ran.code, ran.out) == (2, "")
    assert f"policyscan.yaml:{at}" in ran.err
    assert said in ran.err


def test_select_and_assign_do_not_go_together(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, "policyscan.yaml", HEAD + BAD + "select: [OPS-01]\n")
    ran = policyscan(monkeypatch, place, "scan", *AS_OF)
    assert (ran.code, "assign and select both choose controls" in ran.err) == (2, True)
    assert policyscan(monkeypatch, place, "scan", *AS_OF, "--profile", "usual").code == 2


def test_a_profile_that_is_asked_for_is_that_of_all(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = assigned(monkeypatch, place, BAD, "scan", *AS_OF, "--profile", "usual", "-f", "json")
    report = json.loads(ran.out)
    assert "--profile usual is asked of all clients, whatever policyscan.yaml assigns" in ran.out
    assert not any("profile" in one for one in report["summary"]["documents"])


def test_what_is_selected_is_judged_by_the_own_profile(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    tested = "profiles:\n  sure: {extends: strict, evidence: {grade: tested}}\n"
    write(place, "policyscan.yaml", SETTINGS + tested + "assign:\n  - {profile: sure, clients: [good]}\n")
    ran = policyscan(monkeypatch, place, "scan", *AS_OF, "--select", "OPS-02", "-f", "json")
    documents = {one["id"]: one["policies"] for one in json.loads(ran.out)["summary"]["documents"]}
    assert documents["good"] == {"OPS-02": "unknown"}
    assert documents["served"] == {"OPS-02": "pass"}


def test_jobs_parts_and_kept_results_are_the_same(
    monkeypatch: pytest.MonkeyPatch, place: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for number in range(20):
        write(place, f"inventories/clients/c{number}.yaml", _sound(f"c{number}"))
    lines = '  - {profile: strict, clients: [c1, c2, "d*"]}\n' + SMALL.replace("< 10", "< 10 && false")
    whole = assigned(monkeypatch, place, lines)
    assert json.loads(whole.out)["scan"]["unmet"][0].startswith("profile strict is assigned to d*")
    assert whole.out.count("no client is meant") == 2
    for args in (("--jobs", "2"), (), ("--no-cache",)):
        assert policyscan(monkeypatch, place, "scan", *AS_OF, "-f", "json", *args) == whole
    parts = []
    for number in (1, 2):
        part = f"part{number}.json"
        policyscan(monkeypatch, place, "scan", *AS_OF, "--shard", f"{number}/2", "-o", f"json:{part}")
        parts.append(part)
    merged = policyscan(monkeypatch, place, "merge", *parts, "-f", "json")
    assert (merged.code, merged.out) == (whole.code, whole.out)


def test_config_says_where_the_profile_of_each_client_comes_from(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    staff(place, "good", 3)
    ran = assigned(monkeypatch, place, BAD + SMALL, "config", *AS_OF, "-f", "json")
    found = {one["key"]: one for one in json.loads(ran.out)["settings"]}
    good, vague = found["clients.good.profile"], found["clients.vague.profile"]
    assert (good["value"], good["file"], good["line"]) == ("strict", "policyscan.yaml", 5)
    assert (vague["value"], vague["file"]) == ("usual or strict", "inventories/clients/vague.yaml")
    ran = assigned(monkeypatch, place, BAD, "config")
    assert 'clients.bad.profile = "strict"  (policyscan.yaml:4)' in ran.out
    assert 'clients.good.profile = "usual"  (pack; the default)' in ran.out


def test_what_is_ahead_knows_when_the_profile_becomes_another(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    when = "'today >= date(\"2026-11-10\")'"
    lines = f"  - {{profile: strict, clients: [served], when: {when}}}\n"
    ran = assigned(monkeypatch, place, lines, "due", *AS_OF, "--days", "30", "-f", "json")
    flips = [(one["date"], one["policy"], one["from"]) for one in json.loads(ran.out)["flips"]]
    assert flips[0] == ("2026-11-10", "OPS-03", None)


def test_a_baseline_tells_that_settings_changed_it(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    before = assigned(monkeypatch, place, BAD)
    write(place, "before.json", before.out)
    ran = assigned(monkeypatch, place, BAD.replace("ba", "va"), "diff", "before.json", *AS_OF, "-f", "json")
    since = json.loads(ran.out)
    changes = {(one["document"], one["policy"]): one["origins"] for one in since["changes"]}
    assert changes == {("vague", "OPS-03"): ["controls"], ("bad", "OPS-03"): ["controls"]}
    assert [(one["document"], one["policy"]) for one in since["silent"]] == [("bad", "OPS-03")]


def test_other_formats_name_the_profile(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    assigned(monkeypatch, place, BAD)
    ran = policyscan(
        monkeypatch, place, "scan", *AS_OF, "-f", "sarif", "-o", "csv:out.csv", "-o", "html:out.html"
    )
    run = json.loads(ran.out)["runs"][0]
    assert {one["properties"]["profile"] for one in run["results"]} == {"strict"}
    with (place / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {(one["inventory"], one["profile"]) for one in csv.DictReader(file)} >= {
            ("bad", "strict"),
            ("good", "usual"),
        }
    told = "strict for bad, by policyscan.yaml:4"
    assert told in (place / "out.html").read_text(encoding="utf-8")
    assert f"profiles: {told}" in policyscan(monkeypatch, place, "scan", *AS_OF).out


def test_due_tells_of_a_profile_for_nobody_as_a_scan_does(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    for client in ("bad", "vague", "served"):
        (place / f"inventories/clients/{client}.yaml").unlink()
    write(place, "inventories/clients/good.yaml", _sound("good"))
    assigned(monkeypatch, place, '  - {profile: strict, clients: ["alder-*"]}\n')
    ran = policyscan(monkeypatch, place, "due", *AS_OF)
    assert ran.code == 3
    assert "profile strict is assigned to alder-*" in ran.out
    assert policyscan(monkeypatch, place, "due", *AS_OF, "--client", "good").code == 0
