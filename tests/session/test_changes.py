"""Which files a pull request or push is about, and that nothing goes wrong where nobody can tell."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from policyscan.session.changes import changed_files


def git(place: Path, *words: str) -> str:
    author = ["-c", "user.name=a", "-c", "user.email=a@b.example"]
    done = subprocess.run(["git", *author, *words], cwd=place, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose second commit changes one file, adds one and renames one."""
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "-q")
    (tmp_path / "clients").mkdir()
    for name in ("kept", "changed", "moved"):
        (tmp_path / "clients" / f"{name}.yaml").write_text(f"id: {name}\n", encoding="utf-8")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "one")
    (tmp_path / "clients" / "changed.yaml").write_text("id: other\n", encoding="utf-8")
    (tmp_path / "clients" / "ä b.yaml").write_text("id: new\n", encoding="utf-8")
    (tmp_path / "clients" / "moved.yaml").rename(tmp_path / "clients" / "new.yaml")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "two")
    return tmp_path


def event(place: Path, content: object) -> dict[str, str]:
    (place / "event.json").write_text(json.dumps(content), encoding="utf-8")
    return {"GITHUB_EVENT_PATH": str(place / "event.json")}


CHANGED = {"changed.yaml", "moved.yaml", "new.yaml", "ä b.yaml"}


@pytest.mark.parametrize("kind", ["pull request", "push"])
def test_the_files_of_a_change(place: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    base = git(place, "rev-parse", "HEAD~1")
    told = {"pull_request": {"base": {"sha": base}}} if kind == "pull request" else {"before": base}
    environment = event(place, told)
    assert changed_files(environment) == {f"clients/{name}" for name in CHANGED}
    monkeypatch.chdir(place / "clients")
    assert changed_files(environment) == CHANGED


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        {"before": "0" * 40},
        {"before": None},
        {"before": "--output=/tmp/x"},
        {"before": "HEAD"},
        {"pull_request": {"base": {"sha": "f" * 40}}},
        {"pull_request": 1},
    ],
)
def test_an_event_that_tells_nothing_changes_nothing(place: Path, content: object) -> None:
    assert changed_files(event(place, content)) == frozenset()


def test_without_an_event_or_a_repository_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert changed_files({}) == frozenset()
    assert changed_files({"GITHUB_EVENT_PATH": str(tmp_path / "none")}) == frozenset()
    assert changed_files(event(tmp_path, {"before": "a" * 40})) == frozenset()
