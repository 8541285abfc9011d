"""Reading the files of a revision, and what is said where git cannot tell."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from policyscan.errors import UsageError
from policyscan.files.revision import ask, open_revision
from policyscan.session.past import standing_in
from tests.files.test_git import git


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of two commits; the first is tagged."""
    top = tmp_path / "work"
    (top / "inventories" / "clients").mkdir(parents=True)
    git(top, "init", "-q", "-b", "main")
    (top / "inventories/clients/ä b.yaml").write_bytes(b"kind: client\r\n")
    (top / "inventories/clients/gone.yaml").write_bytes(b"")
    (top / "inventories/.gitignore").write_text("clients\n", "utf-8")
    (top / "inventories/link.yaml").symlink_to("clients/gone.yaml")
    git(top, "add", "-Af")
    git(top, "commit", "-qm", "one")
    git(top, "tag", "v1")
    (top / "inventories/clients/gone.yaml").unlink()
    (top / "inventories/clients/ä b.yaml").write_bytes(b"kind: provider\n")
    git(top, "add", "-Af")
    git(top, "commit", "-qm", "two")
    monkeypatch.chdir(top)
    return top


def test_the_files_of_a_revision_and_what_they_held(place: Path) -> None:
    revision = open_revision(".", "v1")
    held = {entry.path: content for entry, content in revision.contents(revision.entries)}
    assert held == {
        "inventories/.gitignore": b"clients\n",
        "inventories/clients/gone.yaml": b"",
        "inventories/clients/ä b.yaml": b"kind: client\r\n",
        "inventories/link.yaml": b"clients/gone.yaml",
    }
    assert [entry.path for entry in revision.entries if entry.link] == ["inventories/link.yaml"]


def test_a_block_stands_in_the_folder_as_it_was_and_leaves_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place / "inventories")
    (place / "inventories/clients/ä b.yaml").write_bytes(b"not committed\n")
    with standing_in("HEAD~1") as revision:
        then = Path.cwd()
        assert revision.commit == open_revision(str(place), "v1").commit
        assert (then / "clients/ä b.yaml").read_bytes() == b"kind: client\r\n"
        assert (then / "link.yaml").read_bytes() == b""
        assert not (then / ".gitignore").exists()
    assert Path.cwd() == place / "inventories"
    assert not then.exists()
    assert (place / "inventories/clients/ä b.yaml").read_bytes() == b"not committed\n"


def test_it_is_left_when_something_goes_wrong(place: Path) -> None:
    with pytest.raises(ZeroDivisionError), standing_in("v1"):
        raise ZeroDivisionError
    assert Path.cwd() == place


@pytest.mark.parametrize("name", ["v9", "", "--all", "-x", "a\0b", "v1:inventories", "--output=x"])
def test_what_is_no_revision_is_said_to_be_none(place: Path, name: str) -> None:
    with pytest.raises(UsageError, match="git knows no revision") as raised:
        open_revision(".", name)
    assert "branch or a tag" in str(raised.value.hint)
    assert not (place / "x").exists()


def test_a_shallow_clone_says_what_to_fetch(place: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{place}", "shallow")
    with pytest.raises(UsageError, match="git knows no revision 'HEAD~1'") as raised:
        open_revision(str(tmp_path / "shallow"), "HEAD~1")
    assert "fetch-depth: 0" in str(raised.value.hint)


def test_outside_of_a_repository(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not lie in a git repository"):
        open_revision(str(tmp_path), "HEAD")


def test_without_git(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(place))
    with pytest.raises(UsageError, match="git is not installed"):
        open_revision(".", "v1")


def test_a_worktree_and_a_submodule(place: Path, tmp_path: Path) -> None:
    git(place, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(place), "inventories/sub")
    git(place, "commit", "-qm", "three")
    git(place, "worktree", "add", "-q", str(tmp_path / "tree"), "HEAD")
    revision = open_revision(str(tmp_path / "tree"), "HEAD")
    assert revision.modules == ("inventories/sub",)
    assert Path(revision.top) == tmp_path / "tree"
    assert "inventories/sub" not in {entry.path for entry in revision.entries}


def test_a_folder_that_was_not_there_then(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "new").mkdir()
    monkeypatch.chdir(place / "new")
    with pytest.raises(UsageError, match="there was no folder new at v1"), standing_in("v1"):
        pass
    assert Path.cwd() == place / "new"


def _hostile(place: Path) -> Path:
    """Settings of a repository that run a program; the file that it would leave behind."""
    mark = place.parent / "run"
    program = f"touch '{mark}'; cat"
    for key in (
        "core.fsmonitor",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "filter.e=v.l.clean",
    ):
        git(place, "config", key, program)
    for key in ("diff.external", "diff.evil.command", "diff.evil.textconv", "core.pager", "core.sshCommand"):
        git(place, "config", key, program)
    (place / ".git/info/attributes").write_text("*.yaml filter=evil diff=evil\n*.csv filter=e=v.l\n", "utf-8")
    (place / "inventories/clients/ä b.yaml").write_bytes(b"kind: other\n")
    return mark


@pytest.mark.parametrize(
    "words", [("diff", "--name-only", "HEAD", "--"), ("ls-files", "--others"), ("ls-tree", "HEAD")]
)
def test_nothing_is_run_that_the_settings_of_a_repository_name(place: Path, words: tuple[str, ...]) -> None:
    mark = _hostile(place)
    ask(".", *words)
    assert open_revision(".", "v1").entries
    assert not mark.exists()


def test_what_only_a_filter_would_change_counts_as_changed(place: Path) -> None:
    mark = _hostile(place)
    (place / "inventories/clients/ä b.yaml").write_bytes(b"kind: other\r\n")
    assert ask(".", "diff", "--name-only", "-z", "HEAD").decode() == "inventories/clients/ä b.yaml\0"
    assert not mark.exists()


def test_settings_of_the_environment_stay(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("COUNT", "1"), ("KEY_0", "x.name"), ("VALUE_0", "here")):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    assert ask(".", "config", "x.name") == b"here\n"
    assert ask(".", "config", "core.fsmonitor") == b"false\n"


def test_nothing_replaces_what_a_commit_holds(place: Path) -> None:
    old, new = (
        git(place, "rev-parse", f"{name}:inventories/clients/ä b.yaml").strip() for name in ("v1", "HEAD")
    )
    git(place, "replace", old, new)
    revision = open_revision(".", "v1")
    held = dict(revision.contents(revision.entries))
    assert b"kind: client\r\n" in held.values()


def test_what_git_lost_is_told(place: Path) -> None:
    blob = git(place, "rev-parse", "v1:inventories/clients/ä b.yaml").strip()
    (place / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(UsageError, match=r"git does not have what inventories/clients/ä b\.yaml held at v1"):
        open_revision(".", "v1")


def test_what_is_too_large_is_there_to_be_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policyscan.files.revision.MOST_BYTES", 12)
    with standing_in("v1"):
        assert Path("inventories/clients/ä b.yaml").read_bytes() == b"\0" * 14


def test_git_is_not_looked_for_in_the_current_folder(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "git").write_text("#!/bin/sh\nexit 1\n", "utf-8")
    (place / "git").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join((".", "", os.environ["PATH"])))
    assert open_revision(".", "v1").entries
