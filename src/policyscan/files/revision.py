"""The files of a repository as they were at a revision: git is asked which there are, and what they held.

In: a folder of a repository and what people call a revision (`main`, `v1`, `9f3c`, `HEAD~3`). Out: a
`Revision`, which lists files, gives their contents, and writes them into an empty folder; UsageError for what
git cannot tell, in words that say what to do.

One `ls-tree` and one `cat-file` tell everything. Nothing of the checkout is touched, nothing is fetched, and
nothing is run that the repository's own settings name: hooks, filters, a watcher of files, a helper of a
remote. Whoever unpacks an archive with a `.git` in it has agreed to none of them. Nor is what a commit holds
replaced, whatever `refs/replace` says.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from policyscan.errors import UsageError
from policyscan.reading.glance import SUFFIXES, TABLES
from policyscan.records import NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 32 * 1024 * 1024
"""Of one file. What is larger is not written; where it may be an inventory, an empty file of its size is,
which whoever reads it refuses as too large."""
_SECONDS = 60  # that git may take for one answer
_FILE, _EXECUTABLE, _LINK, _MODULE = "100644", "100755", "120000", "160000"
_OURS = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # older releases of git do not know the one above
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_HARMLESS = (("core.fsmonitor", "false"), ("core.hooksPath", os.devnull))
"""Settings that stand in for those of the repository."""
_DRIVER = (("clean", ""), ("smudge", ""), ("process", ""), ("required", "false"))
"""Settings of a filter that does nothing."""


class FileThen(NamedTuple):
    """A file of a revision: its path from the top with forward slashes, the blob (hex digits) that it is, its
    size in bytes, and whether it is a link, whose target its content names."""

    path: str
    blob: str
    size: int
    link: bool = False


class Revision(NamedTuple):
    """A commit of a repository: `top` is the folder that the checkout stands in, `name` what it was called.

    `modules` are the paths of submodules, of which another repository has the files.
    """

    top: str
    commit: str
    name: str
    entries: tuple[FileThen, ...]
    modules: tuple[str, ...] = ()

    def contents(self, entries: Iterable[FileThen]) -> Iterator[tuple[FileThen, bytes]]:
        """The bytes of some of its files, in the order in which they are given."""
        wanted = list(entries)
        asked = "".join(f"{entry.blob}\n" for entry in wanted).encode()
        answer = ask(self.top, "cat-file", "--batch", given=asked) if wanted else b""
        at = 0
        for entry in wanted:
            end = answer.index(b"\n", at)
            head = answer[at:end].split()
            if len(head) != 3:
                raise _not_here(entry.path, self.name)
            at = end + 1 + int(head[2])
            yield entry, answer[end + 1 : at]
            at += 1

    def write(self, folder: str, leave_out: frozenset[str] = frozenset()) -> None:
        """Write its files into an empty folder; those with a name in `leave_out` are not written.

        Links come last, so that nothing is written through one.
        """
        entries = [entry for entry in self.entries if entry.path.rpartition("/")[2] not in leave_out]
        for entry in entries:
            if entry.size > MOST_BYTES and entry.path.lower().endswith((*SUFFIXES, *TABLES)):
                lay(_place(folder, entry), entry, entry.size)
        entries = [entry for entry in entries if entry.size <= MOST_BYTES]
        entries.sort(key=lambda entry: entry.link)
        for entry, content in self.contents(entries):
            lay(_place(folder, entry), entry, content)


def lay(place: Path, entry: FileThen, held: bytes | int) -> None:
    """Writes a file of a revision where nothing is: what it held, or as many empty bytes of one that is too
    large, which take no room."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(held, bytes) and entry.link:
        place.symlink_to(os.fsdecode(held))
        return
    with place.open("xb") as file:
        if isinstance(held, bytes):
            file.write(held)
        else:
            file.truncate(held)


def _place(folder: str, entry: FileThen) -> Path:
    from pathlib import Path

    return Path(folder, *entry.path.split("/"))


def open_revision(folder: str, name: str) -> Revision:
    """The revision that people call by a name, in the repository of a folder; raises UsageError."""
    top = top_of(folder)
    commit = commit_of(top, name)
    entries: list[FileThen] = []
    modules: list[str] = []
    for line in ask(top, "ls-tree", "-r", "-l", "-z", "--full-tree", commit).split(b"\0"):
        if not line:
            continue
        about, _, raw = line.partition(b"\t")
        mode, _, blob, size = about.decode("ascii").split()
        path = os.fsdecode(raw)
        if mode != _MODULE and not size.isdecimal():
            raise _not_here(path, name)
        if mode == _MODULE:
            modules.append(path)
        elif mode in (_FILE, _EXECUTABLE, _LINK, "100664"):
            _refuse_strange(path, name)
            entries.append(FileThen(path, blob, int(size), mode == _LINK))
    return Revision(top, commit, name, tuple(entries), tuple(modules))


def _not_here(path: str, name: str) -> UsageError:
    return UsageError(
        f"git does not have what {path} held at {name}",
        hint="fetch the whole repository: git fetch --unshallow, or --refetch",
    )


def top_of(folder: str) -> str:
    """The top of the checkout that a folder lies in; UsageError outside of one."""
    try:
        return os.fsdecode(ask(folder, "rev-parse", "--show-toplevel").rstrip(b"\r\n"))
    except GitSaid as said:
        if "dubious ownership" in str(said):
            message = f"git does not trust the repository of {folder}: it belongs to another user"
            raise UsageError(message, hint="git config --global --add safe.directory FOLDER") from None
        message = f"{folder} does not lie in a git repository that is checked out"
        raise UsageError(message, hint="run policyscan in the folder of the repository") from None


def commit_of(top: str, name: str) -> str:
    """The hex digits of the commit that a name stands for; UsageError where there is none."""
    try:
        if not name or name.startswith("-") or "\0" in name:
            raise GitSaid(name)
        found = ask(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    except GitSaid:
        message = f"git knows no revision {name!r} here"
        raise UsageError(message, hint=_where_it_may_be(top)) from None
    return found.decode("ascii").strip().removeprefix("--end-of-options").strip()


def _where_it_may_be(top: str) -> str:
    """What to do about a revision that is not there."""
    try:
        shallow = ask(top, "rev-parse", "--is-shallow-repository").strip() == b"true"
    except GitSaid:
        shallow = False
    if shallow:
        return (
            "only a part of the history is here: fetch all of it (git fetch --unshallow, or fetch-depth: 0)"
        )
    return "name a commit, a branch or a tag; one of a rewritten history may be gone: see git log"


def _refuse_strange(path: str, name: str) -> None:
    """UsageError for a path that leads out of the folder it is written to; git itself makes none."""
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.lower() == ".git" or (os.sep in part) for part in parts):
        raise UsageError(f"{name} has a file with a path that no checkout can have: {path!r}")


class GitSaid(UsageError):
    """What git said when it could not do what it was asked."""


def ask(folder: str, *words: str, given: bytes = b"") -> bytes:
    """What git answers in a folder; GitSaid with its own words where it cannot, UsageError without git."""
    import subprocess

    settings = [
        *_HARMLESS,
        *(_filters(folder) if words[0] == "diff" else ()),
    ]  # nothing else looks at the checkout
    try:
        done = subprocess.run(  # noqa: S603 - words of ours; names of revisions were looked at
            [_git(), *words], cwd=folder, capture_output=True, timeout=_SECONDS, check=False, input=given,
            env=_with({**os.environ, **_OURS}, settings),
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise GitSaid(f"git could not be asked: {error}") from error
    if done.returncode != 0:
        raise GitSaid(f"git said: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout


def _with(variables: dict[str, str], settings: list[tuple[str, str]]) -> dict[str, str]:
    """Variables of the environment with settings of git, after those that stand there already."""
    before = variables.get("GIT_CONFIG_COUNT", "")
    first = int(before) if before.isdecimal() else 0
    for number, (key, value) in enumerate(settings, first):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return variables | {"GIT_CONFIG_COUNT": str(first + len(settings))}


def _git() -> str:
    """Where git is; never in a folder that the PATH names relative to the current one."""
    from pathlib import Path
    from shutil import which

    git = which("git", path=os.pathsep.join(filter(os.path.isabs, os.get_exec_path())))
    if git is None or not Path(git).is_absolute():
        message = "git is not installed, or not on the PATH"
        raise UsageError(message, hint="install git, or name a saved report instead of a revision")
    return git


def _filters(folder: str) -> Iterator[tuple[str, str]]:
    """Settings by which the filters do nothing that the settings of a repository name."""
    try:
        listed = ask(folder, "config", "--null", "--name-only", "--get-regexp", r"^filter\.")
    except GitSaid:  # there are none, or no repository
        return
    names = {os.fsdecode(name).rpartition(".")[0] for name in listed.split(b"\0") if name}
    yield from ((f"{name}.{key}", value) for name in sorted(names) for key, value in _DRIVER)
