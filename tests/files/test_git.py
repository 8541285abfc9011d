"""What is told from git's own files, against git."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from policyscan.files.discovery import discover
from policyscan.files.git import Repository, entries

NAMES = [f"inventories/clients/{'long-' * (n % 9)}client-{n}.yaml" for n in range(40)]


def git(folder: Path, *args: str, day: str = "") -> str:
    """What git prints in a folder; a commit is of the noon of a `day`."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": os.devnull}
    own |= {f"GIT_{who}_DATE": f"{day}T12:00:00Z" for who in ("AUTHOR", "COMMITTER") if day}
    people = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    command = ["git", *people, *args]
    done = subprocess.run(command, cwd=folder, env=kept | own, check=True, capture_output=True)
    return done.stdout.decode("utf-8", "replace")


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("kind: client\n", "utf-8")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    if shutil.which("git") is None:
        pytest.skip("git is not here to compare with")
    git(tmp_path, "init", "-q")
    write(tmp_path, *NAMES, "README.md", "inventories/free.yaml")
    (tmp_path / ".gitignore").write_text("*.yaml\n", "utf-8")
    return tmp_path


def tracked(folder: Path) -> set[str]:
    around = Repository.around(str(folder / "inventories"), (".yaml",))
    assert around is not None
    assert around.problem is None
    return {
        name
        for name in (*NAMES, "inventories/free.yaml")
        if around.tracks(str(folder / name), is_folder=False)
    }


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_every_version_of_the_index_is_read(repository: Path, version: str) -> None:
    git(repository, "add", "-f", *NAMES, "README.md")
    if version == "3":  # only files that are not there yet need it
        git(repository, "add", "-fN", "inventories/free.yaml")
    git(repository, "update-index", "--index-version", version)
    assert (repository / ".git/index").read_bytes()[4:8] == bytes([0, 0, 0, int(version)])
    assert tracked(repository) == {*NAMES, *(["inventories/free.yaml"] if version == "3" else [])}


def test_an_index_in_two_files_is_read(repository: Path) -> None:
    git(repository, "add", "-f", *NAMES[:30])
    git(repository, "update-index", "--split-index")
    git(repository, "add", "-f", *NAMES[30:])
    assert list((repository / ".git").glob("sharedindex.*"))
    assert tracked(repository) == set(NAMES)


def test_a_repository_with_longer_digests_is_read(tmp_path: Path, repository: Path) -> None:
    shutil.rmtree(repository / ".git")
    git(repository, "init", "-q", "--object-format=sha256")
    git(repository, "add", "-f", *NAMES)
    assert tracked(repository) == set(NAMES)


def test_another_checkout_of_the_repository_is_read(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    git(repository, "add", "-f", *NAMES[:3])
    git(repository, "commit", "-qm", "all")
    (repository / ".git/info").mkdir(exist_ok=True)
    (repository / ".git/info/exclude").write_text("drafts/\n", "utf-8")
    second = tmp_path_factory.mktemp("second") / "tree"
    git(repository, "worktree", "add", "-q", str(second))
    assert tracked(second) == set(NAMES[:3])
    write(second, "inventories/drafts/x.yaml")
    (second / ".gitignore").unlink(missing_ok=True)
    assert len(discover(base=second).files) == 3


def test_what_git_tracks_is_read_although_ignored(repository: Path) -> None:
    git(repository, "add", "-f", NAMES[0], "README.md")
    write(
        repository, "inventories/venv/a.yaml", "inventories/node_modules/b.yaml", "inventories/deep/er/c.yaml"
    )
    write(repository, "inventories/deep/er/d.yaml")
    git(repository, "add", "-f", "inventories/venv/a.yaml", "inventories/deep/er/c.yaml")
    (repository / ".gitignore").write_text("*.yaml\ndeep/\n", "utf-8")
    found = discover(base=repository)
    assert [file.shown for file in found.files] == [
        NAMES[0],
        "inventories/deep/er/c.yaml",
        "inventories/venv/a.yaml",
    ]
    assert "inventories/free.yaml" in found.left_out
    assert "inventories/deep/er/d.yaml" in found.left_out
    assert list(found.notes) == [
        "inventories/node_modules was not read: programs lie in folders of this name"
    ]


@pytest.mark.parametrize(
    "data",
    [b"", b"DIRC", b"DIRC\0\0\0\x09\0\0\0\0", b"DIRC\0\0\0\x02\xff\xff\xff\xff" + b"x" * 99, os.urandom(500)],
    ids=["empty", "cut off", "of the future", "too few", "anything"],
)
def test_an_index_that_cannot_be_read_is_told(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of them
        entries(data)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/index").write_bytes(data)
    write(tmp_path, "inventories/a.yaml", "inventories/b.yaml")
    (tmp_path / ".gitignore").write_text("b.yaml\n", "utf-8")
    found = discover(base=tmp_path)
    assert [file.shown for file in found.files] == ["inventories/a.yaml"]
    assert list(found.notes) == [
        "which ignored files git tracks is not known: git's index is not as it is known here"
    ]


def test_every_cut_of_an_index_is_refused_or_read(repository: Path) -> None:
    git(repository, "add", "-f", *NAMES[:4])
    for version in ("2", "4"):
        git(repository, "update-index", "--index-version", version)
        data = (repository / ".git/index").read_bytes()
        for end in range(len(data)):
            try:
                names, _ = entries(data[:end])
            except ValueError:
                continue
            assert len(names) == 4
