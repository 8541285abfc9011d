"""`policyscan scan --as-of DAY --rev COMMIT`: what a scan said then is said again, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyscan.reporters import REPORTERS
from tests.cli.conftest import CLIENT, write
from tests.cli.runner import Ran, policyscan
from tests.files.test_git import git

AS_OF = ("--as-of", "2026-10-31")
BAD = "inventories/clients/bad.yaml"


@pytest.fixture
def history(place: Path) -> Path:
    """A repository whose first commit, tagged `then`, is another than what is checked out."""
    (place / ".git/HEAD").unlink()
    (place / ".git").rmdir()
    git(place, "init", "-q", "-b", "main")
    git(place, "add", "-A")
    git(place, "commit", "-qm", "one")
    git(place, "tag", "then")
    return place


def change(place: Path) -> None:
    """Mends an inventory, adds one, and loosens settings and a control."""
    write(place, BAD, CLIENT.format(id="bad") + "\n\n\npeople: []\ncrisis_plan: {document: plan.docx}\n")
    write(place, "inventories/clients/new.yaml", CLIENT.format(id="new") + "crisis_plan: null\n")
    write(place, "policyscan.yaml", "builtin_policies: false\npolicies: [controls]\nignore: [OPS-01]\n")
    control = place / "controls/OPS/OPS-02.yaml"
    control.write_text(control.read_text("utf-8").replace("severity: low", "severity: medium"), "utf-8")
    git(place, "add", "-A")
    git(place, "commit", "-qm", "two")
    write(place, "inventories/clients/newer.yaml", CLIENT.format(id="newer"))
    (place / "inventories/clients/good.yaml").unlink()


def scan(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str) -> Ran:
    return policyscan(monkeypatch, place, "scan", *AS_OF, *args)


# --- the same bytes


@pytest.mark.parametrize("format_", REPORTERS)
def test_a_past_verdict_is_said_again_byte_for_byte(
    monkeypatch: pytest.MonkeyPatch, history: Path, format_: str
) -> None:
    args = ("-f", format_, "--full", "--profile", "strict", "--sarif-unknown")
    before = scan(monkeypatch, history, *args)
    change(history)
    assert scan(monkeypatch, history, *args) != before
    assert scan(monkeypatch, history, "--rev", "then", *args) == before
    assert scan(monkeypatch, history, "--rev", "HEAD~1", *args, "--jobs", "2") == before
    assert before.code == 1


@pytest.mark.parametrize("where", ["inventories", "inventories/clients"])
def test_it_is_said_again_from_a_folder_below(
    monkeypatch: pytest.MonkeyPatch, history: Path, where: str
) -> None:
    before = scan(monkeypatch, history / where, "-f", "json", ".")
    change(history)
    assert scan(monkeypatch, history / where, "-f", "json", ".", "--rev", "then") == before
    assert json.loads(before.out)["scan"]["packs"][0]["folder"] == "../" * (where.count("/") + 1) + "controls"


def test_a_full_path_means_what_was_there_then(monkeypatch: pytest.MonkeyPatch, history: Path) -> None:
    before = scan(monkeypatch, history, "-f", "json", BAD)
    change(history)
    assert scan(monkeypatch, history, "-f", "json", "--rev", "then", str(history / BAD)) == before


def test_files_are_written_where_the_caller_stands(monkeypatch: pytest.MonkeyPatch, history: Path) -> None:
    def written(*args: str) -> dict[str, bytes]:
        split = ("--split-by", "client", "letters", "-f", "letter")
        scan(monkeypatch, history, "-q", "-o", "json:r.json", "-o", "sarif:r.sarif", *split, *args)
        found = [history / "r.json", history / "r.sarif", *sorted((history / "letters").iterdir())]
        contents = {file.name: file.read_bytes() for file in found}
        for file in found:
            file.unlink()
        return contents

    before = written()
    assert {"r.json", "r.sarif", "bad.md", "good.md"} <= before.keys()
    change(history)
    assert written("--rev", "then") == before


def test_lines_are_shown_as_they_were_then(monkeypatch: pytest.MonkeyPatch, history: Path) -> None:
    write(history, "policyscan.yaml", "policies: [controls]\nprofil: usual\n")
    git(history, "commit", "-qam", "wrong")
    git(history, "tag", "wrong")
    change(history)
    ran = scan(monkeypatch, history, "--rev", "wrong")
    assert ran.code == 2
    assert "    2 | profil: usual\n" in ran.err


def test_a_report_says_of_which_commit_it_is(monkeypatch: pytest.MonkeyPatch, history: Path) -> None:
    change(history)
    then = json.loads(scan(monkeypatch, history, "-f", "json", "--rev", "then").out)["scan"]["git"]
    assert then == {"commit": git(history, "rev-parse", "then^{commit}").strip(), "dirty": False}


def test_the_repository_of_now_is_left_alone(monkeypatch: pytest.MonkeyPatch, history: Path) -> None:
    change(history)
    before = git(history, "status", "--porcelain")
    scan(monkeypatch, history, "--rev", "then")
    assert git(history, "status", "--porcelain") == before


def test_a_worktree_has_the_same_revisions(monkeypatch: pytest.MonkeyPatch, history: Path) -> None:
    before = scan(monkeypatch, history, "-f", "json")
    change(history)
    git(history, "worktree", "add", "-q", str(history.parent / "other"), "HEAD")
    assert scan(monkeypatch, history.parent / "other", "-f", "json", "--rev", "then") == before


def test_a_submodule_is_noted(monkeypatch: pytest.MonkeyPatch, history: Path) -> None:
    commit = git(history, "rev-parse", "HEAD").strip()
    git(history, "update-index", "--add", "--cacheinfo", f"160000,{commit},inventories/elsewhere")
    git(history, "commit", "-qm", "module")
    ran = scan(monkeypatch, history, "--rev", "HEAD")
    assert "checked out below this one, were not read: inventories/elsewhere" in ran.out


def test_a_file_that_is_only_a_pointer_is_no_inventory(
    monkeypatch: pytest.MonkeyPatch, history: Path
) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 12345\n"
    write(history, "inventories/clients/large.yaml", pointer)
    git(history, "add", "-A")
    git(history, "commit", "-qm", "pointer")
    ran = scan(monkeypatch, history, "--rev", "HEAD")
    assert ran.code == 2
    assert "inventories/clients/large.yaml" in ran.out


# --- bad input


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--rev", "gone"), "git knows no revision 'gone' here"),
        (("--rev", ""), "git knows no revision '' here"),
        (("--rev", "--all"), "git knows no revision '--all' here"),
        (("--rev", "0" * 40), "one of a rewritten history may be gone"),
        (("--rev", "then", "-"), "what is read from standard input is of no revision"),
        (("--rev", "then", "../elsewhere"), "../elsewhere does not lie in the repository"),
        (("--rev", "then", "inventories/clients/new.yaml"), "inventories/clients/new.yaml"),
        (("--rev", "then", "--client", "new"), "there is no inventory with this id"),
        (("--rev", "then", "-o", f"json:{BAD}"), "is a file of the repository"),
        (("--rev", "then", "-o", "json:policyscan.yaml"), "is a file of the repository"),
        (("--rev", "then", "-o", "json:inventories/clients/newer.yaml"), "or an inventory"),
        (("--rev", "then", "--split-by", "client", "inventories/clients"), "holds files of the repository"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    monkeypatch: pytest.MonkeyPatch, history: Path, args: tuple[str, ...], said: str
) -> None:
    change(history)
    before = git(history, "status", "--porcelain")
    ran = policyscan(monkeypatch, history, "scan", *AS_OF, *args, stdin=b"")
    assert ran.code == 2
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert git(history, "status", "--porcelain") == before


def test_a_shallow_clone_says_how_to_get_the_rest(monkeypatch: pytest.MonkeyPatch, history: Path) -> None:
    first = git(history, "rev-parse", "then^{commit}").strip()
    change(history)
    git(history.parent, "clone", "-q", "--depth", "1", history.as_uri(), "shallow")
    ran = scan(monkeypatch, history.parent / "shallow", "--rev", first)
    assert ran.code == 2
    assert "git fetch --unshallow" in ran.err


def test_outside_of_a_repository_there_is_no_revision(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran = scan(monkeypatch, tmp_path, "--rev", "HEAD")
    assert ran.code == 2
    assert "does not lie in a git repository" in ran.err


def test_a_day_before_the_facts_is_noted(monkeypatch: pytest.MonkeyPatch, history: Path) -> None:
    ran = policyscan(monkeypatch, history, "scan", "--as-of", "2020-01-01", "--rev", "then")
    assert "facts as of a day after 2020-01-01, so perhaps not known then" in ran.out


def test_what_is_of_no_revision_is_named(
    monkeypatch: pytest.MonkeyPatch, history: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The inventories are those of the commit, so that nothing is dirty; settings from outside are not."""
    folder = tmp_path_factory.mktemp("outside")
    settings = write(folder, "policyscan.yaml", "builtin_policies: false\n")
    args = ("--rev", "then", "--policies", "controls", "-f", "json")
    inside = json.loads(scan(monkeypatch, history, *args).out)["scan"]
    outside = json.loads(scan(monkeypatch, history, *args, "--config", str(settings)).out)["scan"]
    assert (inside["git"]["dirty"], outside["git"]["dirty"]) == (False, False)
    assert not any("of no revision" in note for note in inside["notes"])
    assert [note for note in outside["notes"] if "of no revision" in note] == [
        f"of no revision, and so as it is now: {settings}"
    ]
