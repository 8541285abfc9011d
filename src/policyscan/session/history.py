"""Since when each finding is one: the inventories as they were, judged by the controls of now.

In: a report on the inventories as they are, what was asked of its scan, and how many days to look back. Out:
the report with a `LookBack`; UsageError where git cannot tell.

The commits are walked backwards in a folder of its own. An inventory is read where it, or anything that it
refers to, is another than in the commit after; of the days in between those are evaluated on which time alone
may turn something. So each finding's first day is the one that a scan of every day would have found.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from policyscan.cel.values import SECOND, Date, Timestamp
from policyscan.config import Config
from policyscan.engine.moments import Moment, clock_at, shared_clock
from policyscan.errors import DocumentError, UsageError
from policyscan.files.discovery import File, as_content, glance_at, lies_in
from policyscan.files.revision import Revision, top_of
from policyscan.files.steps import Commit, backwards, commits_of, is_shallow
from policyscan.findings import (
    BAD_WAIVER,
    Age,
    DocumentInfo,
    LookBack,
    Report,
    Result,
    Status,
    TrendPoint,
    identity,
)
from policyscan.reading.glance import is_workbook, says_id
from policyscan.records import NamedTuple
from policyscan.reporters.options import Needs
from policyscan.session.choice import choose_policies, last_kinds
from policyscan.session.comparing import now
from policyscan.session.followed import UNCOMMITTED, Followed, Presence, Version
from policyscan.session.options import Inputs, ScanOptions, option
from policyscan.session.past import scanning_at
from policyscan.session.plan import make_plan, moment_of
from policyscan.session.reader import Reader, find_files
from policyscan.session.run import scan
from policyscan.session.work import Footing, parts, reached
from policyscan.session.workspace import open_workspace, use_rates

if TYPE_CHECKING:
    from policyscan.documents.document import Document

MOST_DAYS = 3653
DEFAULT_DAYS = 365
_POINTS = 12  # of a trend, but no more than one a week
_WEEK = 7
_NOW = "HEAD"

Name: TypeAlias = tuple[str, str]
"""The kind and the id of an inventory."""


class FileState(NamedTuple):
    """What stands for a file's inventories as they are being looked at, with all that they refer to; empty
    if nothing does."""

    footing: str
    wanted: tuple[Name, ...]
    names: tuple[Name, ...]


def with_past(
    options: ScanOptions, days: int = DEFAULT_DAYS, *, trend: bool = False,
    judge: Callable[[ScanOptions], Report] = scan,
) -> Report:  # fmt: skip
    """The report on the inventories as they are, which `judge` gives, with what the `days` before tell of its
    findings, and with a `trend` of how many there were; raises UsageError."""
    _check(options, days)
    moment = options.inputs.as_of or now()
    options = options._replace(inputs=options.inputs._replace(as_of=moment))
    report = judge(options)
    return report._replace(past=_Walk(report, options, days, trend=trend).walked())


def _check(options: ScanOptions, days: int) -> None:
    if not 0 < days <= MOST_DAYS:
        message = f"{options.spelt('days')}: {days} is no number of days to look back"
        raise UsageError(message, hint=f"give 1 to {MOST_DAYS:,}")
    inputs = options.inputs
    if inputs.stdin is not None or inputs.stdin_filename is not None or "-" in inputs.paths:
        message = "what is read from standard input has no history"
        raise UsageError(message, hint="name a file or folder of the repository instead of -")
    top_of(".")


class _Walk:
    """The work of one call: the commits are visited, the newest first."""

    def __init__(self, report: Report, options: ScanOptions, days: int, *, trend: bool) -> None:
        inputs = options.inputs
        self.report, self.options, self.days, self.trend = report, options, days, trend
        self.workspace = open_workspace(
            inputs.paths, config=inputs.config, folders=options.folders, use_cache=options.cache
        )
        self.choice = choose_policies(
            self.workspace, options.profile, options.select, options.ignore, options.companions, options.spelt
        )
        self.last = last_kinds(self.choice)
        self.moment = moment_of(inputs.as_of, options.spelt)
        use_rates(self.workspace, self.moment)
        self.today = int(clock_at(self.moment, self.workspace.config.time_zone).today)
        self.first = self.today - days
        files = find_files(inputs, self.workspace.config, self.workspace.kinds)
        self.shared = {file.shown for file in files.waivers}
        self.followed = {
            (one.kind, one.id): Followed(_findings_of(report, one), self.today)
            for one in report.documents
            if one.kind not in self.last
        }
        self.files: dict[str, FileState] = {}
        self.unread: dict[str, None] = {}
        self.touching: set[str] = set()

    def walked(self) -> LookBack:
        """What the history tells."""
        here, config = os.getcwd(), self.workspace.config
        top = os.path.realpath(top_of(here))
        if not lies_in(os.path.realpath(config.root), top):
            message = (
                f"{config.file or config.root} does not lie in the repository, whose history is asked for"
            )
            raise UsageError(message, hint="run policyscan in the folder of the repository")
        with scanning_at(_NOW, self.options._replace(outputs=(), spelt=option)) as there:
            place, revision = os.getcwd(), there.inputs.revision
            assert revision is not None
            folder = Path(os.path.normpath(os.path.join(place, os.path.relpath(top, os.path.realpath(here)))))
            root = os.path.normpath(os.path.join(place, os.path.relpath(config.root, os.path.realpath(here))))
            settings = config._replace(root=root)
            steps, done = self._steps(revision), 0
            for done, (step, differs) in enumerate(backwards(revision, folder, steps), 1):
                if self.options.progress is not None:
                    self.options.progress(done, len(steps))
                if differs:
                    self._visit(step, there, settings)
                else:
                    self._stay(step)
                if not any(self._active()):
                    break
            for followed in self._active():
                self._close(followed)
        return self._told(steps, done, is_short=is_shallow(revision.top))

    def _steps(self, revision: Revision) -> list[Commit]:
        """The commits to look at: those of the days that are asked for, and the one before them."""
        steps = commits_of(revision.top, revision.commit)
        before = next((number for number, one in enumerate(steps) if self._day_of(one) < self.first), None)
        return steps if before is None else steps[: before + 1]

    def _day_of(self, step: Commit) -> int:
        moment = Moment(None, Timestamp(step.time * SECOND))
        return shared_clock(moment, self.workspace.config.time_zone).day

    def _active(self) -> Iterator[Followed]:
        """The inventories of which something may still be told."""
        return (one for one in self.followed.values() if self.trend or not one.settled)

    def _close(self, followed: Followed) -> None:
        if self.trend or not followed.settled:
            self.touching |= {followed.close(self.first)} - {""}

    def _stay(self, step: Commit) -> None:
        """At a commit everything is as at the one after it."""
        for one in self._active():
            if one.presence is Presence.HERE:
                one.since = step
            elif one.presence is Presence.ABSENT:
                one.was_not_there(self._day_of(step))

    def _visit(self, step: Commit, there: ScanOptions, settings: Config) -> None:
        """Looks at each inventory at a commit."""
        kinds = self.workspace.kinds
        found = find_files(_then(there.inputs, settings), settings, kinds)
        reader = Reader(kinds, found, (), self.last)
        look = _Look(self, step, reader)
        look.at_known_files()
        look.at_others()
        for name, one in self.followed.items():
            if name in look.seen:
                one.presence = Presence.HERE
            elif look.broken:
                one.presence = Presence.UNREAD
                self.unread[step.commit] = None
            elif self.trend or not one.settled:
                self._close(one)
                one.presence = Presence.ABSENT
                one.was_not_there(self._day_of(step))

    def _told(self, steps: Sequence[Commit], done: int, *, is_short: bool) -> LookBack:
        begins = not steps[-1].parent
        short = begins and is_short
        cut = short or not begins or self._day_of(steps[-1]) < self.first
        ages = {}
        for result in self.report.results:
            one = self.followed.get((result.kind, result.document))
            age = one.age(result, exact=not cut and one.since is steps[-1]) if one is not None else None
            if age is not None and not self._is_of_all(result, age):
                ages[identity(result)] = age
        named = {onset.commit for age in ages.values() for onset in age} - {""}
        return LookBack(
            first=str(Date(max(self.first, min(self._day_of(steps[-1]), self.today)))),
            days=self.days,
            commits=done,
            touching=len(self.touching),
            ages=ages,
            trend=tuple(self._trend()) if self.trend else (),
            subjects={step.commit: step.subject for step in steps if step.commit in named},
            cut_short=short,
            begins=begins and not short,
            unread=tuple(self.unread),
        )

    def _is_of_all(self, result: Result, age: Age) -> bool:
        """Whether a finding follows from all inventories together, as that a waiver covers nothing."""
        shared = result.policy == BAD_WAIVER.id and result.span.file in self.shared
        return shared and age.status.cause == UNCOMMITTED

    def _trend(self) -> Iterator[TrendPoint]:
        every = max(_WEEK, self.days // _POINTS)
        for day in sorted(range(self.today, self.first - 1, -every)):
            found = [controls for one in self.followed.values() if (controls := one.at(day)) is not None]
            total = {status: sum(one.get(status, 0) for one in found) for status in Status}
            if found:
                kept = {status: count for status, count in total.items() if count}
                yield TrendPoint(str(Date(day)), len(found), kept)


def _then(inputs: Inputs, settings: Config) -> Inputs:
    """What to look through at a commit: where something that is named was not there yet, all inventories, as
    what is in it may have been elsewhere."""
    named = tuple(filter(_is_there, inputs.paths))
    if len(named) == len(inputs.paths):
        return inputs
    configured = (os.path.join(settings.root, written) for written in settings.inventories)
    return inputs._replace(paths=(*named, *filter(_is_there, configured)))


def _is_there(path: str) -> bool:
    """Whether a commit has a path: a folder in which nothing is left is none of git."""
    return os.path.lexists(path) and (not os.path.isdir(path) or any(names for *_, names in os.walk(path)))


class _Look:
    """A look at the inventories of one commit."""

    def __init__(self, walk: _Walk, step: Commit, reader: Reader) -> None:
        self.walk, self.step, self.reader = walk, step, reader
        self.seen: set[Name] = set()
        self.broken = bool(reader.problems)
        self.footing = Footing(reader.library)
        waivers = reader.waivers
        stamps = [(file.shown, one.sha256) for file, one in waivers.identities] if waivers is not None else []
        self.waivers = repr(stamps)
        plan = make_plan(walk.choice, walk.workspace, walk.moment, Needs(), waivers)
        self.plan = plan._replace(whole=False)

    def at_known_files(self) -> None:
        """Looks at the files that inventories were in at the commit that came after."""
        for file in self.reader.in_turn():
            known = self.walk.files.get(file.shown)
            if known is None:
                continue
            if known.footing and known.footing == self._footing(file, known.wanted):
                for name in known.names:
                    self.walk.followed[name].since = self.step
                self.seen.update(known.names)
            else:
                self._read(file)

    def at_others(self) -> None:
        """Looks for those inventories in other files that were in none of these."""
        missing = [
            name
            for name, one in self.walk.followed.items()
            if name not in self.seen and (self.walk.trend or not one.settled)
        ]
        for file in self.reader.in_turn() if missing else ():
            try:
                text = glance_at(file)
            except DocumentError:
                self.broken = True
                continue
            if any(says_id(text, ident) for _, ident in missing):
                self._read(file)

    def _read(self, file: File) -> None:
        found, documents = self.reader.read(file)
        self.broken = self.broken or bool(found.problems)
        names = []
        for document, context in documents:
            name = document.kind.name, document.id
            one = self.walk.followed.get(name)
            if one is None or name in self.seen:
                continue
            self.walk._close(one)
            one.begin(Version(document, context, self.plan, self.reader), self.step)
            self.seen.add(name)
            names.append(name)
        wanted = tuple(sorted({name for envelope in found.envelopes for name in envelope.wanted}))
        plain = not (found.problems or any(_rests_on_more(document) for document, _ in documents))
        self.walk.files[file.shown] = FileState(
            self._footing(file, wanted) if plain else "", wanted, tuple(names)
        )

    def _footing(self, file: File, wanted: Sequence[Name]) -> str:
        """What stands for the bytes of a file and its parts, for all that they refer to, and for exceptions;
        empty if it cannot be read."""
        try:
            texts = {one.shown: as_content(one).data.decode("latin-1") for one in file.all}
        except DocumentError:
            return ""
        return self.footing.of({**texts, "": self.waivers}, wanted)


def _rests_on_more(document: Document) -> bool:
    """Whether what an inventory says rests on files that its footing does not stand for: those of defaults,
    and tables that are no text of those that it refers to."""
    return any(
        tree.is_lent or (one is not document and is_workbook(tree.source.file))
        for one in reached(document)
        for tree in parts(one)
    )


def _findings_of(report: Report, document: DocumentInfo) -> list[Result]:
    return [one for one in report.results if (one.kind, one.document) == (document.kind, document.id)]
