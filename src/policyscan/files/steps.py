"""The history of a repository, walked backwards: commit by commit, in a folder that becomes what each held.

In: a revision that was written into a folder. Out: its commits, the newest first, and the folder as it was at
each, of which only what differs from one to the next is written.

The first parents count: a branch that was merged is one step, made on the day of the merge.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from policyscan.errors import UsageError
from policyscan.files.revision import MOST_BYTES, FileThen, GitSaid, Revision, ask, lay
from policyscan.reading.glance import SUFFIXES, TABLES
from policyscan.records import NamedTuple

MOST_STEPS = 20_000
_AT_ONCE = 200  # steps whose files are asked of git together
_LINK, _MODULE, _NONE = "120000", "160000", "000000"


class Commit(NamedTuple):
    """A commit: `time` is when it was made (seconds since 1970), no later than those that come after it,
    whatever a clock said; `parent` is empty for the first of all, and where the history here begins."""

    commit: str
    time: int
    parent: str
    subject: str


class PathChange(NamedTuple):
    """What a commit did to a path: the file that was there before it, if any."""

    path: str
    before: FileThen | None


def commits_of(top: str, commit: str) -> list[Commit]:
    """A commit and those before it, the newest first, MOST_STEPS at most; raises UsageError."""
    how = ("--first-parent", "--no-show-signature", "-z", f"-n{MOST_STEPS}", "--format=%H%x09%ct%x09%P%x09%s")
    found: list[Commit] = []
    latest = 1 << 62
    for line in ask(top, "log", *how, commit).split(b"\0"):
        if not line:
            continue
        name, seconds, parents, subject = line.split(b"\t", 3)
        if seconds.removeprefix(b"-").isdigit():
            latest = min(latest, int(seconds))
        elif not found:  # that of an older one is at least no later than what came after it
            message = f"the commit {name.decode('ascii')} does not say when it was made"
            raise UsageError(message, hint="commit again, or look back from another commit")
        parent = parents.split()[0].decode("ascii") if parents.strip() else ""
        found.append(Commit(name.decode("ascii"), latest, parent, subject.decode("utf-8", "replace")))
    return found


def is_shallow(top: str) -> bool:
    """Whether only a part of the history is here."""
    try:
        return ask(top, "rev-parse", "--is-shallow-repository").strip() == b"true"
    except GitSaid:
        return False


def backwards(revision: Revision, folder: Path, steps: Sequence[Commit]) -> Iterator[tuple[Commit, bool]]:
    """Each step, the newest first, while the folder is as it was then, and whether any file of a sort that is
    read may be another than at the step that came after it.

    `revision` is that of the first step, which was written into the folder.
    """
    differs = True
    for start in range(0, len(steps), _AT_ONCE):
        some = steps[start : start + _AT_ONCE]
        changes = _changes(revision.top, some)
        wanted = {one.before.blob: one.before for own in changes.values() for one in own if one.before}
        contents = _contents(revision, list(wanted.values()))
        for step in some:
            own = changes.get(step.commit, [])
            yield step, differs
            _undo(folder, own, contents)
            differs = bool(own)


def _changes(top: str, steps: Sequence[Commit]) -> dict[str, list[PathChange]]:
    """What each commit did to files of sorts that are read, and to links: one may stand for a folder."""
    pairs = "".join(f"{step.commit} {step.parent}\n" for step in steps if step.parent).encode()
    how = ("--stdin", "-r", "--raw", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff")
    parts = iter(ask(top, "diff-tree", *how, given=pairs).split(b"\0") if pairs else ())
    found: dict[str, list[PathChange]] = {}
    own: list[PathChange] = []
    for part in parts:
        if not part.startswith(b":"):
            own = found.setdefault(part.decode("ascii"), []) if part else own
            continue
        before, after, blob, _, _ = part[1:].decode("ascii").split()
        path = os.fsdecode(next(parts))
        if _LINK not in (before, after) and not path.lower().endswith((*SUFFIXES, *TABLES)):
            continue
        there = before not in (_NONE, _MODULE)
        own.append(PathChange(path, FileThen(path, blob, 0, before == _LINK) if there else None))
    return {commit: one for commit, one in found.items() if one}


def _contents(revision: Revision, entries: Sequence[FileThen]) -> dict[str, bytes | int]:
    """What files held, by blob; of those that are too large to be read, how many bytes."""
    asked = "".join(f"{entry.blob}\n" for entry in entries).encode()
    told = ask(revision.top, "cat-file", "--batch-check", given=asked).split(b"\n") if entries else []
    found: dict[str, bytes | int] = {}
    small = []
    for entry, line in zip(entries, told, strict=False):
        size = line.split()[-1]
        if size.isdigit() and int(size) > MOST_BYTES:
            found[entry.blob] = int(size)
        else:
            small.append(entry)
    found.update({entry.blob: content for entry, content in revision.contents(small)})
    return found


def _undo(folder: Path, changes: Sequence[PathChange], contents: dict[str, bytes | int]) -> None:
    """Makes the folder what it was before a commit; links come last, so that nothing is written through
    one."""
    for one in changes:
        path = _inside(folder, one.path)
        if path.is_symlink() or path.is_file():
            path.unlink()
    befores = sorted((one.before for one in changes if one.before), key=lambda entry: entry.link)
    for entry in befores:
        path = _inside(folder, entry.path)
        if path.is_dir():  # what it held is gone
            shutil.rmtree(path)
        for above in path.parents:
            if above.is_file():  # of a sort that is not read, whose going no change told
                above.unlink()
        lay(path, entry, contents[entry.blob])


def _inside(folder: Path, path: str) -> Path:
    """The place of a path; UsageError for one that leads out of the folder."""
    parts = path.split("/")
    place = folder.joinpath(*parts)
    strange = any(part in ("", ".", "..") or part.lower() == ".git" or os.sep in part for part in parts)
    if strange or not place.parent.resolve().is_relative_to(folder):
        raise UsageError(f"the history has a file with a path that no checkout can have: {path!r}")
    return place
