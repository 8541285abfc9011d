"""The repository of a file, whichever folder a command runs in and whichever link it is named through."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyscan.session.sources import Repositories


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two repositories, a worktree in one of them, a file in none, and links to and in all of these."""
    folder = tmp_path.resolve()
    for name in ("north/inventories", "south", "north/tree/inventories"):
        (folder / name).mkdir(parents=True)
    (folder / "north" / ".git").mkdir()
    (folder / "south" / ".git").mkdir()
    (folder / "north" / "tree" / ".git").write_text("gitdir: ../.git/worktrees/tree\n", encoding="utf-8")
    for name in ("north/inventories/a.yaml", "north/tree/inventories/b.yaml", "south/c.yaml", "d.yaml"):
        (folder / name).write_text("kind: client\n", encoding="utf-8")
    (folder / "link").symlink_to(folder / "north")
    (folder / "north" / "inventories" / "to-c.yaml").symlink_to(folder / "south" / "c.yaml")
    (folder / "north" / "inventories" / "to-a.yaml").symlink_to("a.yaml")
    (folder / "north" / "inventories" / "to-d.yaml").symlink_to(folder / "d.yaml")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    ("file", "top", "path"),
    [
        ("north/inventories/a.yaml", "north", "inventories/a.yaml"),
        ("link/inventories/a.yaml", "north", "inventories/a.yaml"),
        ("north/tree/inventories/b.yaml", "north/tree", "inventories/b.yaml"),
        ("north/inventories/to-c.yaml", "south", "c.yaml"),
        ("link/inventories/to-a.yaml", "north", "inventories/a.yaml"),
        ("north/inventories/to-d.yaml", "north", "inventories/to-d.yaml"),
        ("north/inventories/../../south/c.yaml", "south", "c.yaml"),
        ("north/inventories/gone.yaml", "north", "inventories/gone.yaml"),
    ],
)
@pytest.mark.parametrize("here", ["", "north/inventories", "south"])
def test_a_file_has_its_own_repository(
    work: Path, monkeypatch: pytest.MonkeyPatch, file: str, top: str, path: str, here: str
) -> None:
    monkeypatch.chdir(work / here)
    name = str(work / file) if here else file
    assert Repositories().locate(name) == (str(work / top), path)


def test_a_file_in_none(work: Path) -> None:
    assert Repositories().locate("d.yaml") is None


@pytest.mark.parametrize(
    ("here", "top"), [("", ""), ("link/inventories", "north"), ("north/tree", "north/tree")]
)
def test_the_repository_of_the_current_folder(
    work: Path, monkeypatch: pytest.MonkeyPatch, here: str, top: str
) -> None:
    monkeypatch.chdir(work / here)
    assert Repositories().here() == (str(work / top) if top else "")
