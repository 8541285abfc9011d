"""Our reading of `.gitignore` against git's own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyscan.errors import DocumentError
from policyscan.files.gitignore import Ignore, expression, parse

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
    "x/***/a.yaml",
    "***/a.yaml",
    "x/**/**/a.yaml",
    "**/**/a.yaml",
    "**/x/**/a*",
    "z/**/y/*b*",
    "*a*.*a*l",
    "**/*x*/**/*.yaml",
    "/**",
    "**/**",
    r"x/**\/a.yaml",
    "a.yaml\\\\  ",
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


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a" * 40 + "b", "a" * 250),
        ("?*" * 60 + "x", "ab" * 120),
        ("*[a-c]" * 40 + "[!a-z]", "abc" * 80),
        ("/" + "**/a*b/" * 30 + "c", "ab/" * 400 + "d"),
        ("**/" * 50 + "*a*a*a*a/x", "/".join(["a" * 60] * 60)),
        ("*/" * 60 + "*a*a*a*b", "/".join(["a" * 50] * 60) + "/" + "a" * 50),
    ],
    ids=["stars", "any and one", "sets", "folders", "nothing but folders", "names"],
)
def test_no_pattern_tries_its_stars_in_every_combination(pattern: str, path: str) -> None:
    """With backtracking each of these takes longer than anyone waits."""
    (rule,) = parse(pattern)
    assert not rule.matches(path, path.rpartition("/")[2])


@pytest.mark.parametrize(
    "text",
    ["[a" * 60_000, "x" + " " * 200_000, "\\" * 100_001, "*" * 100_000 + "?" * 5000, "[[:" * 50_000],
    ids=["sets", "spaces", "backslashes", "stars", "classes"],
)
def test_a_long_pattern_is_read_once(text: str) -> None:
    assert len(parse(text)) <= 1


def test_a_pattern_that_is_longer_than_any_path_is_no_rule() -> None:
    assert expression("?" * 9000) is None
    assert expression("?" * 900) is not None


def test_a_byte_order_mark_costs_no_rule(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_bytes(b"\xef\xbb\xbfdrafts/\r\nold\r\n")
    rules = Ignore().with_file(str(tmp_path))
    assert rules.ignores(str(tmp_path / "drafts"), is_folder=True)
    assert rules.ignores(str(tmp_path / "old"), is_folder=False)


def _made(tmp_path: Path, what: str) -> None:
    path = tmp_path / ".gitignore"
    if what == "a pipe":
        os.mkfifo(path)
    elif what == "a folder":
        path.mkdir()
    elif what == "a large file":
        with path.open("wb") as file:
            file.truncate(3 << 30)
    else:
        (tmp_path / "rules.txt").write_text("*\n", "utf-8")
        path.symlink_to(
            {"a link to a device": "/dev/zero", "a link": "rules.txt", "a link to nothing": "gone"}[what]
        )


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("a pipe", "this is a pipe, not a file"),
        ("a folder", "this is a folder, not a file"),
        ("a large file", "the file has 3072 MB; at most 256 KB are read"),
        ("a link to a device", "this is a link, not a file"),
        ("a link", "this is a link, not a file"),
        ("a link to nothing", "this is a link, not a file"),
    ],
)
def test_what_is_no_file_holds_no_rules(tmp_path: Path, what: str, message: str) -> None:
    """It neither hangs nor fills the memory, and it is told."""
    _made(tmp_path, what)
    unread: list[DocumentError] = []
    rules = Ignore().with_file(str(tmp_path), unread)
    assert not rules
    assert [problem.message for problem in unread] == [message]


def test_rules_that_are_not_committed_count(repository: Path) -> None:
    exclude = repository / ".git" / "info" / "exclude"
    kept = exclude.read_text("utf-8") if exclude.exists() else ""
    exclude.write_text("/x/\n", "utf-8")
    try:
        assert _git(repository, "") == {name for name in TREE if name.startswith("x/")}
        from policyscan.files.git import Repository

        rules = Ignore.above(str(repository), Repository.around(str(repository), (".yaml",)))
        assert rules.ignores(str(repository / "x"), is_folder=True)
        assert not rules.ignores(str(repository / "y"), is_folder=True)
    finally:
        exclude.write_text(kept, "utf-8")
