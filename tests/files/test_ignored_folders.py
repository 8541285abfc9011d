"""Folders that `.gitignore` excludes: left alone on the way, read when they are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyscan.files.discovery import discover


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("/drafts/\n*.old.yaml\n", encoding="utf-8")
    for name in ("kept/a.yaml", "kept/b.old.yaml", "drafts/deep/c.yaml", "drafts/deep/d.old.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("kind: client\n", encoding="utf-8")
    return tmp_path


def _found(repository: Path, *names: str) -> list[str]:
    return [file.shown for file in discover(names, base=repository).files]


def test_excluded_folders_and_files_are_left_alone(repository: Path) -> None:
    assert _found(repository, ".") == ["kept/a.yaml"]
    assert _found(repository, "kept") == ["kept/a.yaml"]


@pytest.mark.parametrize("name", ["drafts", "drafts/deep"])
def test_an_excluded_folder_that_is_named_is_read(repository: Path, name: str) -> None:
    assert "drafts/deep/c.yaml" in _found(repository, name)


def test_an_excluded_file_that_is_named_is_read(repository: Path) -> None:
    assert _found(repository, "kept/b.old.yaml") == ["kept/b.old.yaml"]
