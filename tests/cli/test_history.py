"""`policyscan history` and `scan --age` at the command line: what people read, formats, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from policyscan.reporters import REPORTERS
from tests.cli.conftest import CLIENT, build, write
from tests.cli.runner import Ran, policyscan
from tests.files.test_git import git

DAY = ("--as-of", "2026-10-31", "--no-cache")
BAD = "inventories/clients/bad.yaml"
SCHEMAS = Path(__file__).resolve().parents[2] / "src" / "policyscan" / "schemas"
SCHEMA = Draft202012Validator(json.loads((SCHEMAS / "report.schema.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which `bad` failed from 2026-10-01 on; nothing in it is changed by tests."""
    top = tmp_path_factory.mktemp("history")
    git(top, "init", "-q", "-b", "main")
    build(top)
    whole = (top / BAD).read_text("utf-8")
    write(top, BAD, CLIENT.format(id="bad") + "people: [{id: p-1, end_date: null}]\ncrisis_plan: null\n")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "Begin", day="2026-09-01")
    write(top, BAD, whole)
    git(top, "commit", "-qam", "Somebody left", day="2026-10-01")
    return top


def run(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str) -> Ran:
    return policyscan(monkeypatch, place, *args, *DAY)


def test_text_says_how_long_and_since_which_commit(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    commit = git(place, "rev-parse", "--short=7", "HEAD").strip()
    ran = run(monkeypatch, place, "history", "bad")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert "FAIL     60 days          there is no crisis plan" in lines
    row = lines.index("FAIL     30 days          p-1 left on 2026-06-12")
    assert lines[row + 1].strip() == f'since 2026-10-01, {commit} "Somebody left" · high · OPS-01 · {BAD}:6'
    assert "2026-10-31          2        0        0  ########################" in lines
    assert lines[-2].startswith("looked back to 2026-09-01: 2 commits, of which 2 changed")
    assert lines[-1] == "the history begins there"


def test_inventories_are_named_by_file_or_folder_too(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    by_id = run(monkeypatch, place, "history", "bad")
    assert run(monkeypatch, place, "history", BAD).out == by_id.out
    folder = run(monkeypatch, place, "history", "inventories/clients")
    assert folder.code == 0
    assert folder.out.count(" · inventories/clients/") > by_id.out.count(" · inventories/clients/")
    gone = run(monkeypatch, place, "history", "inventories/clients/nobody.yaml")
    assert (gone.code, gone.out) == (2, "")
    assert "nobody.yaml" in gone.err


def test_json_is_a_report_with_ages_that_is_read_back(
    monkeypatch: pytest.MonkeyPatch, place: Path, tmp_path: Path
) -> None:
    ran = run(monkeypatch, place, "history", "--all", "-f", "json")
    told = json.loads(ran.out)
    SCHEMA.validate(told)
    ages = {(one["document"], one["policy"]): one["age"] for one in told["results"]}
    assert ages["bad", "OPS-01"]["commit"] == git(place, "rev-parse", "HEAD").strip()
    assert (ages["bad", "OPS-01"]["days"], ages["bad", "OPS-02"]["days"]) == (30, 60)
    (tmp_path / "report.json").write_text(ran.out, "utf-8")
    again = policyscan(monkeypatch, place, "report", str(tmp_path / "report.json"), "-f", "json")
    assert again.out == ran.out


@pytest.mark.parametrize("format_", ["text", "markdown", "html", "json"])
def test_a_scan_says_ages_beside_its_findings(
    monkeypatch: pytest.MonkeyPatch, place: Path, format_: str
) -> None:
    ran = run(monkeypatch, place, "scan", "--age", "--client", "bad", "-f", format_)
    commit = git(place, "rev-parse", "--short=7", "HEAD").strip()
    assert ran.code == 1
    assert (f"failing 30 days, since {commit}" in ran.out) == (format_ != "json")
    assert '"days": 30' in ran.out or format_ != "json"


@pytest.mark.parametrize("format_", REPORTERS)
def test_ages_of_pseudonyms_name_no_commit(
    monkeypatch: pytest.MonkeyPatch, place: Path, format_: str
) -> None:
    ran = run(monkeypatch, place, "scan", "--age", "--pseudonyms", "-f", format_)
    assert ran.code == 1
    assert git(place, "rev-parse", "--short=7", "HEAD").strip() not in ran.out
    assert "Somebody left" not in ran.out


def test_a_baseline_and_ages_go_together(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = run(monkeypatch, place, "scan", "--age", "--baseline", "HEAD~1", "--client", "bad")
    assert ran.code == 1
    assert "failing 30 days" in ran.out
    assert "1 new" in ran.out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["history"], "no inventory is named"),
        (["history", "bad", "--all"], "inventories are named, and all are asked for"),
        (["history", "nobody"], "inventory nobody: there is no inventory with this id"),
        (["history", "bad", "-o", f"text:{BAD}"], "is an inventory"),
        (["scan", "--age", "--rev", "HEAD"], "--age and --rev do not go together"),
        (["scan", "--age", "--shard", "1/2"], "--age and --shard do not go together"),
    ],
    ids=["nobody is named", "too many are named", "an id that is none", "over an inventory", "rev", "shard"],
)
def test_a_mistake_is_told_and_exits_2(
    monkeypatch: pytest.MonkeyPatch, place: Path, args: list[str], message: str
) -> None:
    ran = run(monkeypatch, place, *args)
    assert ran.code == 2
    assert message in ran.err


def test_a_scan_of_many_names_what_has_failed_longest(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    commit = git(place, "rev-parse", "--short=7", "HEAD").strip()
    lines = run(monkeypatch, place, "scan", "--age").out.splitlines()
    at = lines.index("What has failed longest:")
    assert lines[at + 1].startswith("  bad OPS-02 (low): failing 60 days, since ")
    assert lines[at + 2] == f"  bad OPS-01 (high): failing 30 days, since {commit}"


def test_what_turned_today_by_time_alone_reads_well(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    args = ("scan", "--age", "--client", "served", "--profile", "strict", "--no-cache", "--as-of")
    assert "failing since today, by time alone" in policyscan(monkeypatch, place, *args, "2026-11-16").out
    told = policyscan(monkeypatch, place, *args, "2026-11-18").out
    assert "failing 2 days, since 2026-11-16, by time alone" in told
