"""The parts of a scan that several machines share: which files a part is about, and the parts as one again.

In: the files of a scan and the number of a part; or the reports of all parts, each with the name of its file.
Out: the files of that part; or the report that one scan of everything would have given. Parts of different
scans, or fewer than all, are refused: what is not there would be taken for sound.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from policyscan.engine.assigning import unmet
from policyscan.engine.scan import newer_note, with_idle
from policyscan.errors import UsageError
from policyscan.files.discovery import Discovery
from policyscan.findings import DocumentInfo, Problem, Report, Result, ScanInfo, make_report
from policyscan.names import ALIKE, ANOTHER_AT, TWINS, looks
from policyscan.reading.text import top

Named: TypeAlias = tuple[str, Report]
"""A part, with the name of the file that it was read from."""
_SAME = {
    "version": "the release of policyscan",
    "as_of": "the day",
    "pack": "the pack",
    "pack_version": "the version of the pack",
    "packs": "the packs of controls",
    "profile": "the profile",
    "controls": "the number of controls",
    "loosened": "the parameters",
    "left_out": "the controls that were left out",
    "evidence": "the evidence that is asked for",
    "assigned": "the profiles that clients are assigned",
    "max_taken_away": "the limit to what statements may take away",
    "commit": "the commit",
}
"""What is the same in all parts of one scan, in words."""
_NOTHING_READ = "hidden files and folders are not read"


def files_of(files: Discovery, shard: tuple[int, int]) -> Discovery:
    """The files of a part of the whole: in turn, one for each, so that all have as much to do. What could not
    be found is told by every part, and counted by the first."""
    number, of = shard
    own = list(files.in_turn[number - 1 :: of])
    return files._replace(files=own, led_out=files.led_out if number == 1 else 0)


def note_of(number: int, of: int) -> str:
    """What a part says of itself."""
    return f"this is part {number} of {of}: `policyscan merge` makes one report of all parts"


def merged(parts: Sequence[Named]) -> Report:
    """The report on what all parts of one scan are about, given in any order; UsageError for parts that are
    not all of one scan."""
    ordered = _in_order(parts)
    for name, report in ordered[1:]:
        _same_scan(ordered[0], (name, report))
    reports = [report for _, report in ordered]
    documents, results = _told_once(reports)
    results.extend(with_idle(_idle(reports), documents))
    said = [*_for_nobody(reports), *_said_once(problem for report in reports for problem in report.problems)]
    told = {problem.message for problem in said}
    untold = (one for one in (*_alike(documents), *_twins(reports, told)) if one.message not in told)
    problems = dict.fromkeys((*said, *untold))
    first = reports[0]
    policies = {policy.id: policy for report in reports for policy in report.policies}
    scan = _scan(reports, told=bool(documents or problems))
    made = make_report(scan, policies.values(), documents, results, problems, complete=first.complete)
    return made._replace(gate=first.gate)


def _in_order(parts: Sequence[Named]) -> list[Named]:
    """The parts by their numbers; UsageError where there are not all of them, each once."""
    by_number: dict[int, Named] = {}
    first, _ = parts[0]
    for name, report in parts:
        if report.scan.shard is None:
            message = f"{name} is a report on everything, not on a part of it"
            raise UsageError(message, hint="parts are what `policyscan scan --shard 1/3 -o json:PATH` writes")
        number, of = report.scan.shard.number, report.scan.shard.of
        if of != _count(parts[0]):
            raise UsageError(f"{name} is one of {of} parts, and {first} is one of {_count(parts[0])}")
        if number in by_number:
            raise UsageError(f"{name} and {by_number[number][0]} are both part {number} of {of}")
        by_number[number] = name, report
    wanted = range(1, _count(parts[0]) + 1)
    missing = [str(number) for number in wanted if number not in by_number]
    if missing:
        which = f"part {missing[0]} is" if len(missing) == 1 else f"parts {', '.join(missing)} are"
        message = f"{which} missing, of {len(wanted)}"
        raise UsageError(
            message, hint="name the reports of all parts: nobody can say what a missing one holds"
        )
    return [by_number[number] for number in wanted]


def _count(part: Named) -> int:
    shard = part[1].scan.shard
    return shard.of if shard is not None else 0


def _same_scan(one: Named, other: Named) -> None:
    """UsageError for two parts that are not of one scan."""
    (first, of_first), (name, report) = one, other
    for field, words in _SAME.items():
        left, right = getattr(of_first.scan, field), getattr(report.scan, field)
        if left != right:
            detail = (
                f": {left} and {right}"
                if isinstance(left, str | int) and isinstance(right, str | int)
                else ""
            )
            raise _different(f"{words} of {first} and of {name} differ{detail}")
    if of_first.gate != report.gate:
        raise _different(f"what decides the exit code of {first} and of {name} differs")
    if of_first.complete != report.complete:
        raise _different(f"only one of {first} and {name} accounts for every result")
    for file, digest in of_first.scan.digests.items():
        if report.scan.digests.get(file, digest) != digest:
            raise _different(f"{file} was not the same for {first} and for {name}")


def _different(message: str) -> UsageError:
    return UsageError(message, hint="scan all parts of one commit with the same options")


def _told_once(reports: Iterable[Report]) -> tuple[list[DocumentInfo], list[Result]]:
    """The documents, each once, and their results: of two of one id the first counts, as in one scan."""
    documents: dict[tuple[str, str], DocumentInfo] = {}
    results: dict[tuple[str, str], list[Result]] = {}
    for report in reports:
        own = {(one.kind, one.id): one for one in report.documents}
        better = {key for key, one in own.items() if key not in documents or one.file < documents[key].file}
        documents.update((key, own[key]) for key in better)
        results.update((key, []) for key in better)
        for result in report.results:
            if (result.kind, result.document) in better:
                results[result.kind, result.document].append(result)
    return list(documents.values()), [result for found in results.values() for result in found]


def _for_nobody(reports: Iterable[Report]) -> Iterator[Problem]:
    """What there is to say of waivers that are for no inventory of any part."""
    shards = [report.scan.shard for report in reports if report.scan.shard is not None]
    places = [{problem.span for problem in shard.for_nobody} for shard in shards]
    return (one for one in shards[0].for_nobody if all(one.span in of for of in places))


def _said_once(problems: Iterable[Problem]) -> list[Problem]:
    """Of two problems that name each other's place, as parts say of one id in two files, the one that stands
    at the later: a scan of all files meets that second."""
    found = list(dict.fromkeys(problems))
    at = {(str(one.span), one.message): one for one in found if one.span is not None}

    def is_doubled(one: Problem) -> bool:
        said, _, there = one.message.rpartition(ANOTHER_AT)
        other = at.get((there, f"{said}{ANOTHER_AT}{one.span}"))
        return other is not None and _place(other) > _place(one)

    return [one for one in found if not is_doubled(one)]


def _place(problem: Problem) -> tuple[str, int]:
    return problem.file or "", problem.line or 0


def _idle(reports: Iterable[Report]) -> list[tuple[int, Result]]:
    """The findings of waivers that cover nothing in any part: of each the one in the first document."""
    shards = [report.scan.shard for report in reports if report.scan.shard is not None]
    covering = {number for shard in shards for number in shard.covering}
    files = {(one.kind, one.id): one.file for report in reports for one in report.documents}
    found: dict[int, dict[str, list[Result]]] = {}  # by waiver and file
    for number, result in (one for shard in shards for one in shard.idle):
        file = files.get((result.kind, result.document))
        if number not in covering and file is not None:
            found.setdefault(number, {}).setdefault(file, []).append(result)
    return [(number, result) for number, of in sorted(found.items()) for result in of[min(of)]]


def _alike(documents: Iterable[DocumentInfo]) -> Iterator[Problem]:
    """What is wrong with ids of different parts that nobody tells apart: each part sees its own alone."""
    known: dict[tuple[str, str], DocumentInfo] = {}
    for one in sorted(documents, key=lambda one: one.file):
        others = [known.setdefault((one.kind, look), one) for look in looks(one.id)]
        other = next((other for other in others if other.id != one.id), None)
        if other is not None:
            message = f"the id {one.id} looks like {other.id}, which another {one.kind} has in {other.file}"
            yield Problem(message, top(one.file), ALIKE)


def _twins(reports: Iterable[Report], told: Collection[str]) -> Iterator[Problem]:
    """What is wrong with one id in files of different parts, where no part has met both."""
    found: dict[tuple[str, str], set[str]] = {}
    for one in (one for report in reports for one in report.documents):
        found.setdefault((one.kind, one.id), set()).add(one.file)
    for (kind, ident), files in found.items():
        same = f"there is another {kind} with the id {ident}{ANOTHER_AT}"
        if len(files) > 1 and not any(message.startswith(same) for message in told):
            first, *others = sorted(files)
            for file in others:
                yield Problem(f"{same}{top(first)}", top(file), TWINS)


def _scan(reports: Sequence[Report], *, told: bool) -> ScanInfo:
    """What was scanned, by all parts together."""
    scans = [report.scan for report in reports]
    newer = tuple(sorted({ident for scan in scans for ident in scan.newer}))
    notes = [
        note for note in _in_one([_own_notes(scan) for scan in scans]) if not told or note != _NOTHING_READ
    ]
    dirty = [scan.dirty for scan in scans]
    return scans[0]._replace(
        files_read=sum(scan.files_read for scan in scans),
        files_skipped=sum(scan.files_skipped for scan in scans),
        digests=dict(sorted({file: sha for scan in scans for file, sha in scan.digests.items()}.items())),
        dirty=True if True in dirty else None if None in dirty else False,
        notes=(*notes, *newer_note(newer, scans[0].as_of)),
        shard=None,
        newer=newer,
        unmet=_unmet(scans),
    )  # fmt: skip


def _unmet(scans: Sequence[ScanInfo]) -> tuple[str, ...]:
    """What there is to say of profiles that meet no client of any part."""
    met = [scan.shard.met for scan in scans if scan.shard is not None]
    if None in met:
        return ()
    return tuple(unmet(scans[0].assigned, (number for its in met for number in its or ())))


def _own_notes(scan: ScanInfo) -> list[str]:
    """The notes of a part, but for those that all parts together say otherwise."""
    others = {
        *newer_note(scan.newer, scan.as_of),
        *((note_of(scan.shard.number, scan.shard.of),) if scan.shard else ()),
    }
    return [note for note in scan.notes if note not in others]


def _in_one(lists: Sequence[Sequence[Any]]) -> list[Any]:
    """One list of what is in several, each once and in their order; what only one says comes before what
    follows it there."""
    made = list(lists[0])
    for one in lists[1:]:
        at = len(made)
        for item in reversed(one):
            if item in made:
                at = made.index(item)
            else:
                made.insert(at, item)
    return made
