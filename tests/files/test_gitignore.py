"""Our reading of `.gitignore` against git's own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyscan.files.gitignore import Ignore

TREE = [
    "a.yaml",
    "b.yaml",
    "ab.yaml",
    "#a.yaml",
    "!a.yaml",
    "a b.yaml",
    "a[1].yaml",
    "x/a.yaml",
    "x/b.yaml",
    "x/y/a.yaml",
    "x/y/z/a.yaml",
    "y/a.yaml",
    "z/x/a.yaml",
    "z/x/y/b.yaml",
]

PATTERNS = [
    "a.yaml",
    "/a.yaml",
    "*.yaml",
    "*",
    "x",
    "x/",
    "/x/",
    "x/*",
    "x/**",
    "**/a.yaml",
    "**/x/a.yaml",
    "x/**/a.yaml",
    "**/y/",
    "?.yaml",
    "[ab].yaml",
    "[!a].yaml",
    "[^a]*.yaml",
    "[a-z]*",
    "a[[]1[]].yaml",
    r"a\[1\].yaml",
    r"\#a.yaml",
    r"\!a.yaml",
    "#a.yaml",
    "a b.yaml",
    "a.yaml  ",
    "a.yaml\r",
    "x/y/**/z",
    "***.yaml",
    "x*/a.yaml",
    "z/*/a.yaml",
    "/",
    "[",
    "[a",
    "a**",
    "**a.yaml",
    "x**y",
]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("git") is None:
        pytest.skip("git is not here to compare with")
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", str(folder)], check=True, env=_environment())
    for name in TREE:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", "utf-8")
    return folder


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return kept | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": os.devnull}


def _git(repository: Path, rules: str) -> set[str]:
    (repository / ".gitignore").write_text(rules, "utf-8", newline="")
    command = ["git", "check-ignore", "--no-index", "--stdin", "-z"]
    done = subprocess.run(
        command,
        cwd=repository,
        env=_environment(),
        input="\0".join(TREE),
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode in {0, 1}, done.stderr
    return {name for name in done.stdout.split("\0") if name}


def _ours(repository: Path, rules: str) -> set[str]:
    (repository / ".gitignore").write_text(rules, "utf-8", newline="")
    ignore = Ignore().with_file(str(repository))

    def excluded(name: str) -> bool:
        path = repository / name
        return ignore.covers(str(path.parent)) or ignore.ignores(str(path), is_folder=False)

    return {name for name in TREE if excluded(name)}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_excludes_what_git_excludes(pattern: str, repository: Path) -> None:
    assert _ours(repository, pattern) == _git(repository, pattern)


@given(
    st.lists(
        st.sampled_from(PATTERNS).flatmap(lambda p: st.sampled_from([p, f"!{p}"])), min_size=1, max_size=4
    )
)
@settings(max_examples=60)
def test_patterns_together_exclude_what_git_excludes(repository: Path, patterns: list[str]) -> None:
    rules = "\n".join(patterns)
    assert _ours(repository, rules) == _git(repository, rules)


@given(st.text(alphabet="axy/*?[]!^-\\ .", min_size=1, max_size=8))
@settings(max_examples=150)
def test_any_pattern_excludes_what_git_excludes(repository: Path, pattern: str) -> None:
    assert _ours(repository, pattern) == _git(repository, pattern)
