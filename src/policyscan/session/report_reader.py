"""A report that was written as JSON, read back as the `Report` that it was.

In: the text that `json_report` writes. Out: a report, from which every format can be made; DocumentError for
a text that is none, which says why. What a report says is shown, and nothing of it is believed to be safe.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from policyscan.errors import DocumentError
from policyscan.findings import (
    FINDINGS,
    Age,
    Assigned,
    Basis,
    ChangeKind,
    Comparison,
    DocumentInfo,
    EvidenceRule,
    Gap,
    Gate,
    Grade,
    Json,
    LookBack,
    Loosened,
    Onset,
    PackInfo,
    PolicyInfo,
    Problem,
    Quote,
    Report,
    Result,
    ResultChange,
    ScanInfo,
    Severity,
    Shard,
    Silence,
    Statement,
    Status,
    TakenAway,
    TrendPoint,
    ValueRead,
    WaiverMark,
    identity,
    taken_away,
    tally,
)
from policyscan.reporters.json_report import VERSION
from policyscan.source import Source, Span

_T = TypeVar("_T")
Keys = tuple[str | int, ...]
"""What leads from the whole report to a value in it: names and, in lists, numbers from 0."""

_RUN_AGAIN = "write it again with `policyscan scan -o json:PATH`"


def load(text: str, name: str) -> Report:
    """The report in a JSON text that people know by a name; raises DocumentError with its place."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        at = Source(name, text).span(error.pos, error.pos + 1)
        raise DocumentError(f"this is not JSON: {error.msg}", at=at, hint=_RUN_AGAIN) from None
    except (RecursionError, ValueError) as error:  # Python's limit on the digits of a number
        why = (
            "its brackets stand too deep"
            if isinstance(error, RecursionError)
            else "a number in it is too long"
        )
        message, top = f"this is not a report of policyscan: {why}", Span(name, 1, 1, 1, 2)
        raise DocumentError(message, at=top, hint=_RUN_AGAIN) from None
    return _read_from(value, text, name)


def _read_from(value: Json, text: str, name: str) -> Report:
    try:
        return _report(_Object(value))
    except _FaultError as fault:
        message, at = f"this is not a report of policyscan: {fault.message}", _place(text, name, fault.keys)
        raise DocumentError(message, at=at, hint=_RUN_AGAIN) from None


class _FaultError(Exception):
    """What is wrong with a report, and the keys of the value that is."""

    def __init__(self, message: str, keys: Keys) -> None:
        super().__init__(message)
        self.message = message
        self.keys = keys


def _place(text: str, name: str, keys: Keys) -> Span:
    """Where a value stands, or the nearest around it that is there; the begin of a file that is too large for
    a reader that keeps places."""
    from policyscan.reading.json_reader import read_json

    trees, _ = read_json(Source(name, text))
    found = Span(name, 1, 1, 1, 2)
    if not trees:
        return found
    value = trees[0].value
    for key in keys:
        there = (
            key in value if isinstance(value, dict) else isinstance(value, list) and key in range(len(value))
        )
        if not there:
            break
        found, value = trees[0].span_of(value, key), value[key]
    return found


class _Object:
    """An object of the text, asked for its keys; a key that is not there or of another type is an error."""

    __slots__ = ("keys", "value")

    def __init__(self, value: Json, keys: Keys = ()) -> None:
        self.keys = keys
        if not isinstance(value, dict):
            self.stop(f"{self.path or 'the whole file'} is not an object")
        self.value: dict[str, Json] = value

    @property
    def path(self) -> str:
        """The keys as people write them: `summary.documents[3]`."""
        parts = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in self.keys)
        return "".join(parts).removeprefix(".")

    def stop(self, message: str, *below: str) -> NoReturn:
        """Ends the reading at the value that keys lead to from here."""
        raise _FaultError(message, (*self.keys, *below))

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path and key else self.path or key

    def get(self, key: str, types: tuple[type, ...], what: str) -> Any:
        """The value of a key, which is one of some types."""
        if key not in self.value:
            self.stop(f"{self._at(key)} is missing", key)
        found = self.value[key]
        if not isinstance(found, types) or (isinstance(found, bool) and bool not in types):
            self.stop(f"{self._at(key)} is not {what}", key)
        return found

    def text(self, key: str) -> str:
        return str(self.get(key, (str,), "a text"))

    def maybe_text(self, key: str) -> str | None:
        found = self.value.get(key)
        return None if found is None else self.text(key)

    def count(self, key: str) -> int:
        found: int = self.get(key, (int,), "a whole number")
        return found if found >= 0 else self.stop(f"{self._at(key)} is less than 0", key)

    def maybe_int(self, key: str) -> int | None:
        found: int | None = self.value.get(key)
        return None if found is None else self.get(key, (int,), "a whole number")

    def flag(self, key: str) -> bool:
        return bool(self.get(key, (bool,), "true or false"))

    def below(self, key: str) -> _Object:
        return _Object(self.get(key, (dict,), "an object"), (*self.keys, key))

    def maybe_below(self, key: str) -> _Object | None:
        return None if self.value.get(key) is None else self.below(key)

    def each(self, key: str, *, needed: bool = True) -> list[_Object]:
        """The objects of a list."""
        if not needed and key not in self.value:
            return []
        found = self.get(key, (list,), "a list")
        return [_Object(one, (*self.keys, key, number)) for number, one in enumerate(found)]

    def texts(self, key: str) -> tuple[str, ...]:
        found = self.get(key, (list,), "a list")
        if not all(isinstance(one, str) for one in found):
            self.stop(f"{self._at(key)} is not a list of texts", key)
        return tuple(found)

    def counts(self, key: str) -> tuple[int, ...]:
        found = self.get(key, (list,), "a list")
        if not all(isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in found):
            self.stop(f"{self._at(key)} is not a list of whole numbers", key)
        return tuple(found)

    def member(self, key: str, of: Callable[[str], _T]) -> _T:
        """The member of an enumeration that a text names."""
        text = self.text(key)
        try:
            return of(text)
        except ValueError:
            self.stop(f"{self._at(key)}: there is no {text!r}", *filter(None, [key]))

    def members(self, key: str, of: Callable[[str], _T], *, keys: bool = False) -> dict[Any, Any]:
        """An object whose keys, or else values, name members of an enumeration."""
        found = self.below(key) if key in self.value else _Object({}, (*self.keys, key))
        if keys:
            counted = ((one, found.count(one)) for one in found.value)
            return {_Object({"": one}, (*found.keys, one)).member("", of): n for one, n in counted if n}
        return {one: found.member(one, of) for one in found.value}

    def span(self) -> Span | None:
        """The place that the object tells; None if it has none. An end that is not told is the start's."""
        file, line = self.maybe_text("file"), self.maybe_int("line")
        if file is None or line is None:
            return None
        column = self.maybe_int("column") or 1
        end_line = self.maybe_int("end_line") or line
        end_column, sheet = self.maybe_int("end_column") or column, self.maybe_text("sheet") or ""
        return Span(file, max(line, 1), max(column, 1), end_line, end_column, sheet)

    def place(self) -> Span:
        return self.span() or self.stop(f"{self.path} has no place")


def _report(top: _Object) -> Report:
    version = top.value.get("version")
    if version != VERSION:
        top.stop(f"version is {version!r}, and this policyscan reads {VERSION}", "version")
    scan, summary = top.below("scan"), top.below("summary")
    listed = top.each("results")
    results = tuple(map(_result, listed))
    report = Report(
        _scan(scan),
        tuple(_policy(id_, scan.below("policies").below(id_)) for id_ in scan.below("policies").value),
        tuple(map(_document, summary.each("documents"))),
        results,
        tuple(map(_problem, summary.each("problems"))),
        summary.flag("complete"),
        _gate(summary),
        _comparison(since) if (since := summary.maybe_below("comparison")) is not None else None,
        _past(past, listed, results) if (past := summary.maybe_below("past")) is not None else None,
    )
    _agree(top, summary, report)
    return report


def _agree(top: _Object, summary: _Object, report: Report) -> None:
    """Stops at a report of which a part was taken away: what it lists is not all that it counts."""
    listed = Counter(result.status for result in report.results)
    for status, count in tally(report).items():
        if status in FINDINGS and listed[status] != count:
            top.stop(
                f"summary.documents counts {count} {status}, and results has {listed[status]}",
                "summary",
                "documents",
            )
    if (away := summary.maybe_below("taken_away")) is not None:
        for name, count in taken_away(report.documents)._asdict().items():
            if away.count(name) != count:
                told = f"summary.taken_away.{name} is {away.count(name)}"
                top.stop(f"{told}, and summary.documents has {count}", "summary", "taken_away", name)
    said = summary.count("exit_code")
    if said != report.exit_code:
        top.stop(
            f"summary.exit_code is {said}, and what the report holds makes it {report.exit_code}",
            "summary",
            "exit_code",
        )


def _comparison(since: _Object) -> Comparison:
    return Comparison(
        since.text("baseline"),
        since.text("as_of"),
        tuple(map(_change, since.each("changes"))),
        tuple(
            Silence(one.text("kind"), one.text("document"), one.text("policy"), one.flag("allowed"))
            for one in since.each("silent")
        ),
        since.count("unchanged"),
    )


def _past(past: _Object, listed: Sequence[_Object], results: Sequence[Result]) -> LookBack:
    """How old findings are; each tells its age itself."""
    ages = {
        identity(result): Age(_onset(age), _onset(age.below("open")))
        for one, result in zip(listed, results, strict=True)
        if (age := one.maybe_below("age")) is not None
    }
    subjects = past.below("subjects")
    return LookBack(
        first=past.text("first"),
        days=past.count("days"),
        commits=past.count("commits"),
        touching=past.count("touching"),
        ages=ages,
        trend=tuple(
            TrendPoint(one.text("date"), one.count("inventories"), one.members("controls", Status, keys=True))
            for one in past.each("trend")
        ),
        subjects={commit: subjects.text(commit) for commit in subjects.value},
        cut_short=past.flag("cut_short"),
        begins=past.flag("begins"),
        unread=past.texts("unread"),
    )


def _onset(age: _Object) -> Onset:
    return Onset(
        age.text("since"),
        age.count("days"),
        age.text("cause"),
        age.maybe_text("commit") or "",
        age.flag("at_least"),
    )


def _change(change: _Object) -> ResultChange:
    return ResultChange(
        change.member("change", ChangeKind),
        change.text("kind"),
        change.text("document"),
        change.text("policy"),
        change.text("subject"),
        change.text("requirement"),
        change.member("severity", Severity),
        None if change.value.get("before") is None else change.member("before", Status),
        None if change.value.get("after") is None else change.member("after", Status),
        change.texts("origins"),
        change.text("message"),
        change.place(),
    )


def _gate(summary: _Object) -> Gate:
    gate = summary.maybe_below("gate")
    if gate is None:
        return Gate()
    return Gate(
        gate.member("fail_on", Severity),
        gate.flag("fail_on_due"),
        gate.flag("exit_zero"),
        gate.flag("allow_unknown"),
    )


def _scan(scan: _Object) -> ScanInfo:
    pack, files, git, digests = map(scan.below, ("pack", "files", "git", "digests"))
    asked, shard = scan.maybe_below("evidence"), scan.maybe_below("shard")
    return ScanInfo(
        version=scan.below("tool").text("version"),
        as_of=scan.text("as_of"),
        pack=pack.text("name"),
        pack_version=pack.text("version"),
        profile=scan.text("profile"),
        controls=scan.count("controls"),
        controls_total=scan.count("controls_total"),
        loosened=tuple(
            Loosened(
                one.text("policy"),
                one.text("parameter"),
                one.value.get("default"),
                one.value.get("value"),
                one.maybe_text("profile") or "",
            )
            for one in scan.each("loosened")
        ),
        left_out=scan.texts("left_out"),
        files_read=files.count("read"),
        files_skipped=files.count("skipped"),
        digests={file: digests.text(file) for file in digests.value},
        commit=git.maybe_text("commit"),
        dirty=None if git.value.get("dirty") is None else git.flag("dirty"),
        notes=scan.texts("notes"),
        evidence=_asked(asked) if asked else None,
        max_taken_away=scan.maybe_int("max_taken_away"),
        packs=tuple(
            PackInfo(one.text("name"), one.text("version"), one.text("folder"), one.text("digest"))
            for one in scan.each("packs")
        ),
        shard=_shard(shard) if shard else None,
        newer=scan.texts("newer") if "newer" in scan.value else (),
        assigned=tuple(map(_assigned, scan.each("assigned", needed=False))),
        unmet=scan.texts("unmet") if "unmet" in scan.value else (),
    )


def _assigned(one: _Object) -> Assigned:
    return Assigned(
        one.text("profile"), one.texts("clients"), one.text("when"), one.count("controls"), one.text("place"),
        one.flag("optional"),
    )  # fmt: skip


def _shard(shard: _Object) -> Shard:
    number, of = shard.count("number"), shard.count("of")
    if not 1 <= number <= of:
        shard.stop(f"{shard.path} is no part of a whole")
    idle = tuple((one.count("waiver"), _result(one.below("result"))) for one in shard.each("idle"))
    return Shard(
        number, of, shard.counts("covering"), idle, tuple(map(_problem, shard.each("for_nobody"))),
        shard.counts("met") if "met" in shard.value else None,
    )  # fmt: skip


def _problem(problem: _Object) -> Problem:
    return Problem(problem.text("message"), problem.span(), problem.maybe_text("hint"))


def _asked(asked: _Object) -> EvidenceRule:
    return EvidenceRule(asked.member("grade", Grade), asked.maybe_int("max_age_days"))


def _policy(id_: str, policy: _Object) -> PolicyInfo:
    related = policy.below("related")
    return PolicyInfo(
        id_,
        policy.text("title"),
        policy.member("severity", Severity),
        policy.maybe_text("kind") or "",
        policy.text("origin"),
        policy.text("why"),
        policy.text("fix"),
        tuple(map(_quote, policy.each("quotes"))),
        {framework: related.texts(framework) for framework in related.value},
        policy.text("file"),
        policy.count("line"),
        policy.texts("requirements"),
        policy.maybe_text("also") or "",
        _fixes(policy),
        policy.texts("tags") if "tags" in policy.value else (),
    )


def _quote(quote: _Object) -> Quote:
    return Quote(quote.text("document"), quote.text("text"), quote.maybe_text("title") or "")


def _fixes(policy: _Object) -> dict[str, str]:
    if "fixes" not in policy.value:
        return {}
    fixes = policy.below("fixes")
    return {requirement: fixes.text(requirement) for requirement in fixes.value}


def _document(document: _Object) -> DocumentInfo:
    return DocumentInfo(
        document.text("id"),
        document.text("kind"),
        document.text("file"),
        document.text("name"),
        document.text("as_of"),
        document.members("policies", Status),
        document.members("results", Status, keys=True),
        document.members("grades", Grade, keys=True),
        tuple(map(_statement, document.each("statements", needed=False))),
        tuple(map(_taken, document.each("taken_away", needed=False))),
        document.maybe_text("profile") or "",
        document.maybe_text("profile_from") or "",
    )


def _taken(taken: _Object) -> TakenAway:
    return TakenAway(
        taken.text("policy"), taken.flag("whole"), taken.counts("statements"), taken.texts("subjects")
    )


def _statement(statement: _Object) -> Statement:
    return Statement(
        statement.texts("about"),
        statement.value.get("value"),
        statement.text("reason"),
        statement.text("by"),
        statement.text("stated_on"),
        statement.maybe_text("until") or "",
        statement.place(),
        statement.maybe_text("by_name") or "",
    )


def _result(result: _Object) -> Result:
    basis, waiver = result.maybe_below("basis"), result.maybe_below("waiver")
    parameters: Mapping[str, Json] = result.below("parameters").value
    figures = result.maybe_below("figures")
    return Result(
        policy=result.text("policy"),
        requirement=result.text("requirement"),
        document=result.text("document"),
        kind=result.text("kind"),
        subject=result.text("subject"),
        status=result.member("status", Status),
        severity=result.member("severity", Severity),
        message=result.text("message"),
        span=result.place(),
        evidence=tuple(map(_read, result.each("evidence"))),
        parameters=parameters,
        until=result.maybe_text("until"),
        gaps=tuple(map(_gap, result.each("gaps", needed=False))),
        waiver=_waiver(waiver) if waiver else None,
        reason=result.maybe_text("reason"),
        figures=figures.value if figures else {},
        basis=_basis(basis) if basis else None,
        disputed=tuple(map(_read, result.each("disputed", needed=False))),
        statements=tuple(map(_statement, result.each("statements", needed=False))),
    )


def _read(read: _Object) -> ValueRead:
    return ValueRead(read.text("path"), read.value.get("value"), read.span())


def _gap(gap: _Object) -> Gap:
    names = gap.text("path"), gap.text("generic_path")
    return Gap(*names, gap.maybe_text("question"), gap.span(), gap.text("reason"))


def _waiver(mark: _Object) -> WaiverMark:
    return WaiverMark(
        mark.member("covers", Status),
        mark.text("reason"),
        mark.text("approved_by"),
        mark.text("expires_on"),
        mark.maybe_text("requested_by"),
        mark.maybe_text("ticket"),
        mark.maybe_text("accept"),
        mark.span(),
        mark.maybe_text("approved_by_name") or "",
        mark.maybe_text("requested_by_name") or "",
    )


def _basis(basis: _Object) -> Basis:
    return Basis(
        basis.member("grade", Grade),
        basis.text("section"),
        basis.maybe_text("source"),
        basis.maybe_text("collected"),
        basis.maybe_int("age_days"),
        basis.text("path"),
        basis.span(),
    )
