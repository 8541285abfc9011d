"""Members: the inventories that patterns such as `clients/*.yaml` in another one name.

In: a document with patterns, and the files below its root. Out: the ids of the members, and a hole for each
that cannot be read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from policyscan.cel.spelling import did_you_mean
from policyscan.documents.document import Document, DocumentIssue
from policyscan.files.discovery import File, lies_in
from policyscan.names import normal
from policyscan.records import NamedTuple
from policyscan.source import Span

_OUT = "it leads out of the inventories' folder"


class Hole(NamedTuple):
    """Where a member should be and is not: nobody knows what it would say, or how many there are.

    `name` stands for the missing id; `path` and `generic` say where it is asked for, as the paths of a
    document do.
    """

    name: str
    path: str
    generic: str
    place: Span
    reason: str
    question: str | None = None


class Members(NamedTuple):
    """Who is a member of one document: by kind the ids in their order, and what is missing among them.

    `issues` are the patterns that name nobody, in the order of their places.
    """

    ids: dict[str, list[str]]
    holes: dict[str, list[Hole]]
    issues: tuple[DocumentIssue, ...] = ()


class Pattern(NamedTuple):
    """One pattern of a document: the list that it stands in, its number there, and the files it names.

    `lost` are names of what it may lead to and could not be read.
    """

    field: str
    kind: str
    number: int
    text: str
    files: tuple[File, ...]
    why: str  # there are none; "" if there are some
    lost: tuple[str, ...] = ()


def gather(
    document: Document, found: Iterable[Pattern], held: Callable[[File, str], Sequence[str] | None],
    known: Iterable[str],
) -> Members:  # fmt: skip
    """The members of a document.

    `held` gives the ids of a file's documents of a kind, None if the file cannot be read; `known` are the
    names of all files, for a guess at what was meant.
    """
    kinds = dict.fromkeys(document.kind.members.values())
    ids: dict[str, set[str]] = {kind: set() for kind in kinds}
    holes: dict[str, list[Hole]] = {kind: [] for kind in kinds}
    issues: list[DocumentIssue] = []
    for kind, lacking in _untold(document):
        holes[kind].append(lacking)
    for pattern in found:
        named = [(file, held(file, pattern.kind)) for file in pattern.files]
        for file, inside in named:
            if inside is None:
                reason = f"{file.shown} cannot be read, or is no inventory"
                holes[pattern.kind].append(_unfilled(document, pattern, file.shown, reason))
            else:
                ids[pattern.kind].update(inside)
        for name in pattern.lost:
            reason = f"{name} cannot be read, or leads out of the inventories' folder"
            holes[pattern.kind].append(_unfilled(document, pattern, name, reason))
        if not any(inside is None or inside for _, inside in named):
            issue = _nobody(document, pattern, known)
            issues.append(issue)
            holes[pattern.kind].append(_unfilled(document, pattern, pattern.text, issue.message))
    issues.sort(key=lambda issue: issue.place)
    return Members({kind: sorted(inside) for kind, inside in ids.items()}, holes, tuple(issues))


def patterns(
    document: Document, root: str, files: Iterable[File], lost: Sequence[str] = ()
) -> Iterator[Pattern]:
    """The patterns of a document, relative to `root`, each with those of the files that it names, and of the
    paths that are `lost`.

    A pattern names files, or folders with all that is in them. What leads out of the root names nothing:
    patterns come from documents, and only files that discovery found are ever opened.
    """
    found = [(name.split("/"), file) for file in files for name in below(file.names, root)]
    gone = [name.split("/") for name in below(lost, root)]
    for field, kind in document.kind.members.items():
        for number, text in enumerate(document.value.get(field) or ()):
            if leads_out(text):
                yield Pattern(field, kind, number, text, (), _OUT)
                continue
            steps = [step for step in text.replace("\\", "/").split("/") if step not in ("", ".")]
            hits = tuple(dict.fromkeys(file for parts, file in found if _matches(parts, steps)))
            unread = tuple("/".join(parts) for parts in gone if _may_lead_to(parts, steps))
            why = "" if hits else "no file has this name"
            yield Pattern(field, kind, number, text, hits, why, unread)


def below(paths: Iterable[str], root: str) -> list[str]:
    """The names of those paths that lie below a folder, relative to it and with forward slashes."""
    inside = (path for path in paths if lies_in(path, root))
    return [os.path.relpath(path, root).replace(os.sep, "/") for path in inside]


def leads_out(pattern: str) -> bool:
    """Whether a pattern names what is not below the folder that it is relative to."""
    steps = pattern.replace("\\", "/").split("/")
    return ".." in steps or steps[0] == "" or ":" in steps[0]


def _matches(parts: list[str], steps: list[str]) -> bool:
    """Whether a pattern names a file, or a folder that it is in; `**` stands for any number of folders."""
    *_, ends = _ends(parts, steps)
    return bool(steps) and bool(ends)


def _may_lead_to(parts: list[str], steps: list[str]) -> bool:
    """Whether a pattern names something that may lie below a path, or the path itself."""
    return bool(steps) and any(len(parts) in ends or not left for left, ends in _left(parts, steps))


def _left(parts: list[str], steps: list[str]) -> Iterator[tuple[int, set[int]]]:
    """After each step how many are left, and where it may end; as long as there is such a place."""
    for done, ends in enumerate(_ends(parts, steps)):
        if not ends:
            return
        yield len(steps) - done, ends


def _ends(parts: list[str], steps: list[str]) -> Iterator[set[int]]:
    """How many parts of a path the first steps of a pattern may take: before the first, after each."""
    ends = {0}
    yield ends
    for step in steps:
        if step == "**":
            ends = set(range(min(ends), len(parts) + 1)) if ends else set()
        else:
            wanted = normal(step)
            ends = {at + 1 for at in ends if at < len(parts) and fnmatchcase(normal(parts[at]), wanted)}
        yield ends


def _untold(document: Document) -> Iterator[tuple[str, Hole]]:
    """The lists of patterns that a document does not have, as holes with the kinds of their members."""
    for field, kind in document.kind.members.items():
        if field not in document.value:
            reason = document.why_unknown(document.value, field) or "it is not recorded"
            yield kind, _hole(document, field, field, None, reason)


def _unfilled(document: Document, pattern: Pattern, name: str, reason: str) -> Hole:
    """A member that is not there although a pattern names it."""
    return _hole(document, name, pattern.field, pattern.number, reason)


def _hole(document: Document, name: str, field: str, number: int | None, reason: str) -> Hole:
    path, generic = document.path_of(document.value, field), field
    place, question = document.place_of(document.value, field), document.kind.questions.get(field)
    if number is not None:
        holder = document.value[field]
        path, place = document.path_of(holder, number), document.place_of(holder, number)
        question = f"Where is {name}, and can it be read?"  # which there are is said; what lacks is this one
    return Hole(name, path, generic, place, reason, question)


def _nobody(document: Document, pattern: Pattern, known: Iterable[str]) -> DocumentIssue:
    """That a pattern names no inventory of its kind, which is a reference to nothing."""
    holder = document.value[pattern.field]
    why = pattern.why or f"what it names is no {pattern.kind}"
    hint = did_you_mean(pattern.text, known) or "name a file, a folder or a pattern such as clients/*.yaml"
    return DocumentIssue(
        f"no {pattern.kind} is found under {pattern.text}: {why}",
        document.place_of(holder, pattern.number),
        document.path_of(holder, pattern.number),
        hint,
    )
