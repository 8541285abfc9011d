"""Digests of what was read, and the state of its repository, against git and sha256sum."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from policyscan.files.identity import Checkout, Identity, checkout, digest_of
from tests.files.test_git import git, repository, write

__all__ = ["repository"]

NAME = "inventories/clients/client-0.yaml"


def head(folder: Path) -> str:
    """The commit as git tells it."""
    import subprocess

    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode().strip()


def state(folder: Path, *names: str) -> Checkout:
    paths = [os.path.realpath(folder / name) for name in names or (NAME,)]
    return checkout({path: Identity.of(Path(path).read_bytes()) for path in paths})


@pytest.fixture
def committed(repository: Path) -> Path:
    (repository / ".gitignore").unlink()
    (repository / NAME).write_text("kind: client\n", "utf-8")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "first")
    return repository


def test_a_clean_checkout(committed: Path) -> None:
    assert state(committed) == Checkout(head(committed), False)


def test_what_was_changed_after_the_commit(committed: Path) -> None:
    (committed / NAME).write_text("kind: provider\n", "utf-8")
    assert state(committed) == Checkout(head(committed), True)


def test_what_is_not_read_does_not_count(committed: Path) -> None:
    (committed / "README.md").write_text("changed", "utf-8")
    assert state(committed) == Checkout(head(committed), False)


def test_what_git_does_not_track(committed: Path) -> None:
    write(committed, "inventories/new.yaml")
    assert state(committed, NAME, "inventories/new.yaml").dirty is True


def test_what_is_staged_is_never_called_clean(committed: Path) -> None:
    (committed / NAME).write_text("kind: provider\n", "utf-8")
    git(committed, "add", ".")
    assert state(committed) == Checkout(head(committed), None)
    git(committed, "write-tree")  # git notes now what tree it is
    assert state(committed).dirty is not False
    git(committed, "commit", "-qm", "second")
    assert state(committed) == Checkout(head(committed), False)


def test_refs_and_objects_in_packs(committed: Path) -> None:
    git(committed, "pack-refs", "--all")
    git(committed, "gc", "-q", "--aggressive", "--prune=now")
    assert state(committed) == Checkout(head(committed), False)


def test_a_detached_head_and_a_worktree(committed: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    git(committed, "worktree", "add", "-q", "-b", "topic", os.fspath(other))
    assert state(other) == Checkout(head(committed), False)
    git(committed, "checkout", "-q", "--detach")
    assert state(committed) == Checkout(head(committed), False)


def test_line_ends_that_git_turns(committed: Path) -> None:
    (committed / NAME).write_bytes(b"kind: client\r\n")
    assert state(committed).dirty is False


def test_before_the_first_commit(repository: Path) -> None:
    git(repository, "add", "-f", NAME)
    assert state(repository) == Checkout(None, None)


def test_outside_of_a_repository(tmp_path: Path) -> None:
    write(tmp_path, NAME)
    assert state(tmp_path) == Checkout(None, None)
    assert checkout({}) == Checkout(None, None)


@pytest.mark.parametrize("name", ["HEAD", "index", "refs/heads", "objects", "packed-refs"])
def test_a_broken_repository_is_no_error(committed: Path, name: str) -> None:
    git(committed, "gc", "-q")
    path = committed / ".git" / name
    if path.is_dir():
        path.rename(path.with_name("gone"))
    else:
        path.write_bytes(b"\x00\xff" * 40)
    assert state(committed).dirty is not False or name == "refs/heads"


@pytest.mark.parametrize("text", ["ref: ../../secret", "ref: refs/../../x", "", "abc", "ref:"])
def test_a_head_that_leads_elsewhere(committed: Path, text: str) -> None:
    (committed / ".git/HEAD").write_text(text, "utf-8")
    assert state(committed).commit is None


def test_the_digest_of_several_files_is_that_of_their_list() -> None:
    lines = "".join(
        f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in [("a", b"1"), ("b", b"")]
    )
    assert digest_of([("b", b""), ("a", b"1")]) == hashlib.sha256(lines.encode()).hexdigest()


@pytest.mark.parametrize("half", [0xDCFF, 0xD800])
def test_a_name_that_is_no_text_has_a_digest(half: int) -> None:
    assert digest_of([("a" + chr(half), b"1")]) != digest_of([("a", b"1")])
