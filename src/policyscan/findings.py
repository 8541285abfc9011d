"""What a scan found out: statuses, results, the report they make up, and the exit code that follows.

In: results, the documents and policies that they are about, problems. Out: a `Report`, sorted once; its
exit code and its score.

Everything here is a plain value compared on all its fields. This module imports `source`, and `runs`, which
hold many of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

from policyscan.records import NamedTuple
from policyscan.source import Span

if TYPE_CHECKING:
    from policyscan.runs import Runs

# What `json.dumps` takes. Dates, durations and money arrive here as their text.
Json: TypeAlias = Any


class _Ranked(Enum):
    """Members with a text (their value) and a rank by which they are ordered; the higher is the worse."""

    rank: int

    # The default lets a type checker accept a look-up by text, `Severity("high")`; members give theirs.
    def __new__(cls, text: str, rank: int = 0) -> Self:
        member = object.__new__(cls)
        member._value_ = text
        member.rank = rank
        return member

    # Members are singletons, and Enum's own hash is a Python call that a scan pays many times a result.
    __hash__ = object.__hash__

    def __lt__(self, other: Self) -> bool:
        return self.rank < other.rank

    def __le__(self, other: Self) -> bool:
        return self.rank <= other.rank

    def __gt__(self, other: Self) -> bool:
        return self.rank > other.rank

    def __ge__(self, other: Self) -> bool:
        return self.rank >= other.rank

    def __str__(self) -> str:
        return str(self.value)


class Severity(_Ranked):
    """How bad it is when a control's test is not met; `critical` is the greatest."""

    LOW = "low", 0
    MEDIUM = "medium", 1
    HIGH = "high", 2
    CRITICAL = "critical", 3


class Status(_Ranked):
    """The outcome of one requirement for one subject; the worst has the greatest rank and wins a roll-up."""

    NOT_APPLICABLE = "not_applicable", 0
    PASS = "pass", 1
    WAIVED = "waived", 2
    WARNING = "warning", 3
    DUE = "due", 4
    UNKNOWN = "unknown", 5
    FAIL = "fail", 6
    ERROR = "error", 7


class Grade(_Ranked):
    """How a fact is known, weak to strong: somebody said so; a document shows it; a tool exported it; it was
    tried."""

    DECLARED = "declared", 0
    DOCUMENT = "document", 1
    TOOL_EXPORT = "tool_export", 2
    TESTED = "tested", 3


class Effect(Enum):
    """What a status does to the exit code."""

    STOP = "stop"  # 2, whatever the severity
    FAIL = "fail"  # 1 at or above --fail-on
    DUE = "due"  # what is due, and a warning: as FAIL with --fail-on-due, else nothing
    UNKNOWN = "unknown"  # 3 at or above --fail-on
    NOTHING = "nothing"


class Traits(NamedTuple):
    """How one status shows itself in every format, and what it does to the exit code."""

    label: str  # a heading in words
    icon: str  # for Markdown and HTML, never without the label
    color: str  # the number of an ANSI colour
    finding: bool  # someone must act on it
    sarif_level: str
    sarif_kind: str
    command: str | None  # the GitHub workflow command, if it is annotated
    effect: Effect


TRAITS: Mapping[Status, Traits] = {
    Status.ERROR: Traits("error", "💥", "35", True, "error", "fail", "error", Effect.STOP),
    Status.FAIL: Traits("fail", "❌", "31", True, "error", "fail", "error", Effect.FAIL),
    Status.UNKNOWN: Traits("unknown", "❔", "36", True, "none", "open", "notice", Effect.UNKNOWN),
    Status.DUE: Traits("due", "⏰", "33", True, "warning", "fail", "warning", Effect.DUE),
    Status.WARNING: Traits("warning", "⚠️", "33", True, "warning", "fail", "warning", Effect.DUE),
    Status.WAIVED: Traits("waived", "🔕", "34", False, "error", "fail", None, Effect.NOTHING),
    Status.PASS: Traits("pass", "✅", "32", False, "none", "pass", None, Effect.NOTHING),
    Status.NOT_APPLICABLE: Traits(
        "not applicable", "⚪", "90", False, "none", "notApplicable", None, Effect.NOTHING
    ),
}
MET = frozenset({Status.PASS, Status.DUE, Status.WARNING})
"""Statuses of a control whose test is met."""
FINDINGS = frozenset(status for status, traits in TRAITS.items() if traits.finding)


class ValueRead(NamedTuple):
    """One value that a result rests on: its path in the document, the value, and where it is written."""

    path: str
    value: Json
    span: Span | None = None


class Basis(NamedTuple):
    """The weakest evidence that a result rests on.

    `section` is the part of the inventory that it is about (`devices`), `path` names the item of evidence,
    empty where none covers the section: then the file's own day counts, as declared. `collected` is the ISO
    day in the inventory's time zone, `age_days` how long ago that was; None where nothing says.
    """

    grade: Grade
    section: str = ""
    source: str | None = None
    collected: str | None = None
    age_days: int | None = None
    path: str = ""
    span: Span | None = None


class EvidenceRule(NamedTuple):
    """What evidence must be at least, and how many days old at most; None for any age."""

    grade: Grade
    max_age_days: int | None = None


class Gap(NamedTuple):
    """One fact that an unknown result lacks.

    `path` names it in its document (`devices[lt-02].restored_on`), `generic_path` in its kind
    (`devices[].restored_on`), so that the same question is asked once. `span` is the blank or unusable
    value, or the nearest parent that exists.
    """

    path: str
    generic_path: str
    question: str | None = None
    span: Span | None = None
    reason: str = "missing"  # missing | blank | future | stale | weak | unresolved | …


class Statement(NamedTuple):
    """Somebody's word behind a value that takes controls away.

    `about` are the paths of what it speaks of; `by` is the id of who stands behind it, and `by_name` the name
    on file, empty where there is none; `stated_on` and `until` are ISO days: the last is the first on which
    it counts no more. `span` is where it is written.
    """

    about: tuple[str, ...]
    value: Json
    reason: str
    by: str
    stated_on: str
    until: str
    span: Span
    by_name: str = ""

    @property
    def speaker(self) -> str:
        """Whose word it is, as people call them: the name on file, else the id."""
        return self.by_name or self.by


class TakenAway(NamedTuple):
    """A control of which statements take something away: all of it (`whole`), so that it does not apply, or
    part of it: subjects that are not looked at, or a test that is easier.

    `statements` are those of its document, by number from 0; `subjects` are what is not looked at or more
    easily, in order, without the document as a whole.
    """

    policy: str
    whole: bool
    statements: tuple[int, ...]
    subjects: tuple[str, ...] = ()


class WaiverMark(NamedTuple):
    """The waiver that covers a result, and the status it has without it."""

    covers: Status
    reason: str
    approved_by: str
    expires_on: str  # ISO date, inclusive
    requested_by: str | None = None
    ticket: str | None = None
    accept: str | None = None  # what is accepted, as an expression; None for whatever is there
    span: Span | None = None  # where it is written, if that is a file for several inventories
    approved_by_name: str = ""  # the name on file; empty where there is none
    requested_by_name: str = ""

    @property
    def approver(self) -> str:
        """Who approved it, as people call them: the name on file, else what the waiver says."""
        return self.approved_by_name or self.approved_by


AHEAD: Final = "ahead"
"""How long until something: `today`, `in 1 day`, `in 5 days`."""
ENDING: Final = "ending"
"""The same of what holds throughout its last day: `at the end of today`."""
AGE: Final = "age"
"""How old something is: `1 day`, `26 days`."""
_WORDS: Final = {
    AHEAD: ("today", "in 1 day", "in {} days"),
    ENDING: ("at the end of today", "in 1 day", "in {} days"),
    AGE: ("0 days", "1 day", "{} days"),
}


class Countdown(str):
    """A text of some `days`, in the words for what they are (AHEAD, ENDING or AGE), between two others."""

    __slots__ = ("_made_of",)
    _made_of: tuple[str, str, int, str]

    def __new__(cls, before: str, sort: str, days: int, after: str) -> Countdown:
        """The text on the day from which `days` are counted."""
        none, one, many = _WORDS[sort]
        words = none if days == 0 else one if days == 1 else many.format(days)
        made = super().__new__(cls, f"{before}{words}{after}")
        made._made_of = before, sort, days, after
        return made

    def later(self, days: int) -> Countdown:
        """The same text some days later."""
        before, sort, count, after = self._made_of
        return Countdown(before, sort, count + days if sort == AGE else count - days, after)

    def __reduce__(self) -> tuple[Any, ...]:
        return Countdown, self._made_of


class Result(NamedTuple):
    """The status of one requirement of a policy for one subject of a document, and why.

    `subject` is the key of the subject (`lt-02`), empty for the document as a whole. `until` is the
    ISO date or instant up to which the status holds if nothing else changes; None for ever. `reason` says
    why a result is not applicable or unknown. `basis`
    is the evidence that the result rests on; None for checks of the document itself. `disputed` are the facts
    that contradict each other, each at its place, where a rule of consistency is broken. `statements` are
    those without which it would not pass, or not be left aside.
    """

    policy: str
    requirement: str
    document: str
    kind: str
    subject: str
    status: Status
    severity: Severity
    message: str
    span: Span
    evidence: tuple[ValueRead, ...] = ()
    parameters: Mapping[str, Json] = {}
    until: str | None = None
    gaps: tuple[Gap, ...] = ()
    waiver: WaiverMark | None = None
    reason: str | None = None
    figures: Mapping[str, Json] = {}
    basis: Basis | None = None
    disputed: tuple[ValueRead, ...] = ()
    statements: tuple[Statement, ...] = ()

    @property
    def fingerprint(self) -> str:
        """32 hex digits that name the result for ever; made when asked, as most results never are."""
        return fingerprint(self.policy, self.document, self.subject, self.requirement)

    def later(self, days: int) -> Result:
        """The same some days later, if nothing but ages is another by then. What is due rests on evidence
        that is as old as it will be on the day on which it turns."""
        message, basis = self.message, self.basis
        status = self.waiver.covers if self.waiver is not None else self.status
        if basis is not None and basis.age_days is not None and status is not Status.DUE:
            basis = basis._replace(age_days=basis.age_days + days)
        if isinstance(message, Countdown):
            message = message.later(days)
        elif basis is self.basis:
            return self
        return self._replace(message=message, basis=basis)


class Quote(NamedTuple):
    """A sentence of a source document that a policy encodes; `title` is what people call the document, empty
    where its pack does not say."""

    document: str
    text: str
    title: str = ""

    @property
    def source(self) -> str:
        """What people call the document: its title, else its name."""
        return self.title or self.document


class PolicyInfo(NamedTuple):
    """What a report says about a policy. `kind` is empty for the checks of documents themselves.

    `requirements` are the ids of its needs and requirements in the order of its file; `fixes` are what to
    do, by requirement, where that is not `fix`; `tags` are words that several controls have in common.
    """

    id: str
    title: str
    severity: Severity
    kind: str
    origin: str = "companion"
    why: str = ""
    fix: str = ""
    quotes: tuple[Quote, ...] = ()
    related: Mapping[str, tuple[str, ...]] = {}
    file: str = ""
    line: int = 1
    requirements: tuple[str, ...] = ()
    also: str = ""  # another kind that it is about
    fixes: Mapping[str, str] = {}
    tags: tuple[str, ...] = ()

    def fix_of(self, requirement: str) -> str:
        """What to do where a requirement fails: what it says itself, else what its policy says."""
        return self.fixes.get(requirement, self.fix)


class FormQuestion(NamedTuple):
    """A question of an insurer or a scheme, in words of our own, under the publisher's id.

    `mark` is how well it was read (`primary`, `secondary`, `inferred`). `answered_by` are controls that speak
    to it, or requirements of them (`REC-03`, `REC-03/isolated`); `gap` is what of it none of them answers.
    """

    id: str
    asks: str
    mark: str
    answered_by: tuple[str, ...] = ()
    gap: str = ""


class Questionnaire(NamedTuple):
    """The questions of an insurer or a scheme, where they were read, and when (an ISO day).

    `signed` is the requirement (`INS-06/still-true`) by which an answer that was signed is still shown to be
    true, empty where there is none; `facts` are remarks on the questionnaire itself.
    """

    id: str
    name: str
    checked_on: str
    source: str
    url: str
    read_from: str  # primary: the publisher's own text; secondary: somebody's account of it
    note: str = ""
    signed: str = ""
    facts: tuple[str, ...] = ()
    questions: tuple[FormQuestion, ...] = ()


STATEMENT_ENDS = "ends"
"""The requirement that a statement does not run out soon."""

# Checks of documents that are no policy of any pack. Their ids are reserved.
DANGLING_REFERENCE = PolicyInfo(
    "DOC-REF",
    "Every reference names something that exists",
    Severity.MEDIUM,
    "",
    why="A reference to nothing hides who or what was meant, and controls that follow it fail.",
    fix="Correct the id, or add the item that it names.",
)
BAD_WAIVER = PolicyInfo(
    "DOC-WAIVER",
    "Every waiver is complete, approved, in force and used",
    Severity.MEDIUM,
    "",
    why="An exception that is expired, malformed or without effect is not the exception that was approved.",
    fix="Renew it with a new approval, correct it, or delete it.",
)
BAD_STATEMENT = PolicyInfo(
    "DOC-STATEMENT",
    "Every statement is about a fact of the file, says it as the file does, and is not about to run out",
    Severity.MEDIUM,
    "",
    why="A statement that names nothing, or something else than the file says, takes no control away.",
    fix="Correct its path or its value, or delete it.",
    fixes={STATEMENT_ENDS: "If it is still so, have somebody who works here state it anew, with a new day."},
)
TOO_MUCH_TAKEN = PolicyInfo(
    "DOC-TAKEN",
    "Statements take no more controls away than are allowed",
    Severity.HIGH,
    "",
    why="What nobody looks at any more passes no test, however good the reasons are.",
    fix="Write down the facts and delete statements, or have whoever set the limit raise max_taken_away.",
)
CRASH = PolicyInfo(
    "DOC-CRASH",
    "Every document can be evaluated",
    Severity.CRITICAL,
    "",
    why="What could not be evaluated tells nothing, neither good nor bad.",
    fix="Report it as a bug with the message; the other documents' results stand.",
)
ONE_PROFILE = PolicyInfo(
    "DOC-PROFILE",
    "It is known which profile a client is judged by",
    Severity.HIGH,
    "",
    why="Which controls are asked of a client, and how strictly, follows from its profile.",
    fix="Record the fact that decides it, or make the assignments in the settings agree.",
)
DOCUMENT_CHECKS = (DANGLING_REFERENCE, BAD_WAIVER, BAD_STATEMENT, TOO_MUCH_TAKEN, ONE_PROFILE, CRASH)
RULE_FAMILY = "CONS"
"""What the ids of rules of consistency begin with, in every pack: they are no controls, and never counted
as such."""

IN_DISPUTE = "in dispute"
"""How the reason of a gap begins that a rule of consistency made: `in dispute (CONS-03): …`."""


class DocumentInfo(NamedTuple):
    """One document that was scanned; `statuses` rolls its results up per policy, `counts` counts them.

    `grades` says how many of the policies that pass rest on each grade of evidence, if that was asked for.
    `statements` are those that take controls away, in the order of their places, and `taken` are those
    controls, by id. `profile` is the profile that asks for its controls where the settings assign profiles
    to clients, and `profile_from` the line that does (`policyscan.yaml:12`), empty for the default.
    """

    id: str
    kind: str
    file: str
    name: str = ""
    as_of: str = ""
    statuses: Mapping[str, Status] = {}
    counts: Mapping[Status, int] = {}
    grades: Mapping[Grade, int] = {}
    statements: tuple[Statement, ...] = ()
    taken: tuple[TakenAway, ...] = ()
    profile: str = ""
    profile_from: str = ""

    @property
    def taken_whole(self) -> frozenset[str]:
        """The ids of the controls that do not apply because somebody says so."""
        return frozenset(one.policy for one in self.taken if one.whole)


class Problem(NamedTuple):
    """A file, document, policy or setting that could not be read or used."""

    message: str
    span: Span | None = None
    hint: str | None = None

    @property
    def file(self) -> str | None:
        """The file that it is in, as people see its name; None if it has no place."""
        return self.span.file if self.span is not None else None

    @property
    def line(self) -> int | None:
        """The line that it begins on, from 1; None if it has no place."""
        return self.span.line if self.span is not None else None

    @property
    def column(self) -> int | None:
        """The character of the line that it begins at, from 1; None if it has no place."""
        return self.span.column if self.span is not None else None


class Loosened(NamedTuple):
    """A parameter that the configuration made less strict than the pack has it, or a profile of it (empty:
    for all)."""

    policy: str
    parameter: str
    default: Json
    value: Json
    profile: str = ""


class PackInfo(NamedTuple):
    """A pack that a scan opened: `digest` stands for all of its files but its tests."""

    name: str
    version: str
    folder: str
    digest: str


class Assigned(NamedTuple):
    """A profile as the settings assign it: to clients of which ids, or patterns of them (none: all), where an
    expression is true (empty: always). `controls` is how many the profile asks for, `place` the line of the
    settings (`policyscan.yaml:12`); `optional`: it need not meet a client."""

    profile: str
    clients: tuple[str, ...] = ()
    when: str = ""
    controls: int = 0
    place: str = ""
    optional: bool = False

    @property
    def claims(self) -> tuple[str, ...]:
        """What each has to meet a client: its patterns, or itself where it has none (an empty text)."""
        return self.clients or ("",)


class Shard(NamedTuple):
    """A part of a scan, from number 1 to `of`, and what cannot be said before all parts are there: which
    waivers for several inventories cover something in this part, by number, what there is to say of those
    that cover nothing, and what of those that are for nobody; and which claims of assigned profiles meet a
    client in it, by number, None where not all clients are scanned."""

    number: int
    of: int
    covering: tuple[int, ...] = ()
    idle: tuple[tuple[int, Result], ...] = ()
    for_nobody: tuple[Problem, ...] = ()
    met: tuple[int, ...] | None = None


class ScanInfo(NamedTuple):
    """What was scanned, with what, as of when. Dates and instants are ISO text.

    `digests` of inventories as they were read, by file, and `packs` are there where a format shows them, and
    so is the `commit` that the inventories' repository is at and whether it is `dirty`: one of them is not as
    the commit has it. None is what nobody knows. `max_taken_away` is how many controls of an inventory
    statements may take away, None for any number. `shard` is the part of the files that this is about, None
    for all. `newer` are the ids of inventories from after the day asked about. `assigned` are the profiles
    that the settings assign to clients, of which `profile` is the default; `unmet` says in sentences which of
    them meet no client though they should.
    """

    version: str
    as_of: str
    pack: str = "policyscan"
    pack_version: str = ""
    profile: str = ""
    controls: int = 0
    controls_total: int = 0
    loosened: tuple[Loosened, ...] = ()
    left_out: tuple[str, ...] = ()
    files_read: int = 0
    files_skipped: int = 0
    digests: Mapping[str, str] = {}
    commit: str | None = None
    dirty: bool | None = None
    notes: tuple[str, ...] = ()
    evidence: EvidenceRule | None = None
    max_taken_away: int | None = None
    packs: tuple[PackInfo, ...] = ()
    shard: Shard | None = None
    newer: tuple[str, ...] = ()
    assigned: tuple[Assigned, ...] = ()
    unmet: tuple[str, ...] = ()


class Gate(NamedTuple):
    """What lets a report's exit code be other than 0; nothing here takes away a 2."""

    fail_on: Severity = Severity.LOW  # the lowest severity that counts
    fail_on_due: bool = False
    exit_zero: bool = False
    allow_unknown: bool = False


Identity: TypeAlias = tuple[str, str, str, str, str]
"""What a result is known by from one scan to the next: kind, document, policy, subject and requirement."""


class ChangeKind(Enum):
    """What became of a result since a baseline."""

    NEW = "new"  # something to act on that was not there
    WORSE = "worse"  # it was something to act on, and is more so now
    UNKNOWN = "became unknown"
    BETTER = "better"  # still something to act on, and less so
    FIXED = "fixed"
    WAIVED = "waived"
    GONE = "gone"  # nothing says any more whether it is fixed


COUNTS_AS_NEW = frozenset({ChangeKind.NEW, ChangeKind.WORSE, ChangeKind.UNKNOWN})
"""The changes that decide the exit code where there is a baseline."""


class ResultChange(NamedTuple):
    """A result that is not what it was at the baseline. `before` and `after` are None for what is neither a
    finding nor waived; `origins` are what changed it (`inventory`, `controls`, `time`), in this order.
    `message` and `span` are those of now, or else those of the baseline."""

    change: ChangeKind
    kind: str
    document: str
    policy: str
    subject: str
    requirement: str
    severity: Severity
    before: Status | None
    after: Status | None
    origins: tuple[str, ...]
    message: str
    span: Span


class Silence(NamedTuple):
    """What was evaluated at the baseline and is silent now: a control for an inventory, an inventory (without
    `policy`), or a control for all (without `document`). `allowed`: somebody named it as meant to be so."""

    kind: str
    document: str
    policy: str
    allowed: bool = False


class Comparison(NamedTuple):
    """What changed since a baseline, which people know by a name and which was true as of a day; `unchanged`
    counts the findings that are what they were."""

    baseline: str
    as_of: str
    changes: tuple[ResultChange, ...] = ()
    silent: tuple[Silence, ...] = ()
    unchanged: int = 0

    @property
    def new(self) -> frozenset[Identity]:
        """What decides the exit code."""
        return frozenset(one[1:6] for one in self.changes if one.change in COUNTS_AS_NEW)

    @property
    def changed(self) -> Mapping[Identity, ResultChange]:
        """Each change by what it is about."""
        return {one[1:6]: one for one in self.changes}


class Onset(NamedTuple):
    """The day (ISO, in the inventory's own time zone) from which something has been so without a break, and
    how many `days` ago that was. `commit` (hex digits) is the one that made it so; empty where `cause` is
    `time`, which no commit made, or `uncommitted`. `earlier`: it was so on the first day that was looked at,
    and perhaps before."""

    day: str
    days: int
    cause: str
    commit: str = ""
    earlier: bool = False


class Age(NamedTuple):
    """How long a result has had its status, waived or not, and how long it has been one to act on at all."""

    status: Onset
    open: Onset


class TrendPoint(NamedTuple):
    """How many controls of how many inventories had each status at the end of a day (ISO)."""

    day: str
    inventories: int
    statuses: Mapping[Status, int]


class LookBack(NamedTuple):
    """What the history of a repository tells of the findings of a report, if the controls and settings of now
    had been asked for all the time.

    It looked from `first` (an ISO day) on, over so many `commits`, of which `touching` changed something that
    what is told rests on. `cut_short` says that the history here begins later than was asked for, because
    only a part of it was fetched; `begins`: there is none before. `unread` are the commits (hex digits) at
    which an inventory could not be read and was passed over. `subjects` are what people wrote of the commits
    that are named. `ages` are by what results are known by, without those that nobody can tell.
    """

    first: str
    days: int
    commits: int
    touching: int
    ages: Mapping[Identity, Age]
    trend: tuple[TrendPoint, ...] = ()
    subjects: Mapping[str, str] = {}
    cut_short: bool = False
    begins: bool = False
    unread: tuple[str, ...] = ()


Results: TypeAlias = "tuple[Result, ...] | Runs[Result]"
"""Results in order, as they are or, where they are many, packed."""
Documents: TypeAlias = "tuple[DocumentInfo, ...] | Runs[DocumentInfo]"
"""The same of documents."""
Sort: TypeAlias = tuple[Status, Severity]
"""What decides how urgent a result is, and what it does to the exit code."""


class Report(NamedTuple):
    """Everything a reporter needs, made by `make_report`.

    `results` holds every finding and every waived result, and with `complete` all the others too; the
    counts and statuses of `documents` always cover all of them. With a `comparison` only what is new decides
    the exit code.
    """

    scan: ScanInfo
    policies: tuple[PolicyInfo, ...] = ()
    documents: Documents = ()
    results: Results = ()
    problems: tuple[Problem, ...] = ()
    complete: bool = False
    gate: Gate = Gate()
    comparison: Comparison | None = None
    past: LookBack | None = None

    @property
    def exit_code(self) -> int:
        """2: something could not be evaluated, or nothing was checked; 1: a fail; 3: an unknown; else 0."""
        return exit_code(self, *self.gate)


def make_report(
    scan: ScanInfo,
    policies: Iterable[PolicyInfo],
    documents: Iterable[DocumentInfo],
    results: Iterable[Result],
    problems: Iterable[Problem] = (),
    *,
    complete: bool = False,
) -> Report:
    """The report with everything sorted once; results nobody must act on are left out unless `complete`."""
    kept = [r for r in results if complete or r.status in FINDINGS or r.waiver]
    known = tuple(policies)
    places = places_of(known)
    kept.sort(key=lambda r: sort_key(r, places.get((r.policy, r.requirement), -1)))
    used = {result.policy for result in kept}
    told = tuple(sorted(documents, key=lambda d: (d.kind, d.id, d.file)))
    return report_in_order(scan, known, told, tuple(kept), used, problems, complete=complete)


def report_in_order(
    scan: ScanInfo,
    policies: Iterable[PolicyInfo],
    documents: Documents,
    results: Results,
    used: Collection[str],
    problems: Iterable[Problem] = (),
    *,
    complete: bool = False,
) -> Report:
    """The report with documents and results that are in order already; `used` are the ids of the policies
    that results are of."""
    return Report(
        scan,
        _with_document_checks(policies, used),
        documents,
        results,
        tuple(sorted(problems, key=lambda p: (p.span or (), p.message))),
        complete,
    )


def places_of(policies: Iterable[PolicyInfo]) -> dict[tuple[str, str], int]:
    """Where each requirement stands in its policy, by their ids, as `sort_key` takes it."""
    return {(policy.id, one): i for policy in policies for i, one in enumerate(policy.requirements)}


def _with_document_checks(policies: Iterable[PolicyInfo], used: Collection[str]) -> tuple[PolicyInfo, ...]:
    known = {policy.id: policy for policy in policies}
    for check in DOCUMENT_CHECKS:
        if check.id in used:
            known.setdefault(check.id, check)
    return tuple(known[id_] for id_ in sorted(known))


def roll_up(results: Iterable[Result], statuses: dict[str, Status], counts: dict[Status, int]) -> None:
    """Adds results to the worst status of each policy, and to how many there are of each status."""
    for result in results:
        status = result.status
        counts[status] = counts.get(status, 0) + 1
        known = statuses.get(result.policy)
        if known is None or status.rank > known.rank:
            statuses[result.policy] = status


def about(report: Report, document: DocumentInfo) -> Report:
    """What a report says about one document and nothing about another: to be given to those it is about.

    That something else could not be read is told without its name, as it may be what this one is judged by.
    """
    file = document.file
    problems = tuple(problem for problem in report.problems if _is_of(problem.file or "", document))
    if len(problems) < len(report.problems):
        problems += (_SOMETHING_ELSE,)
    results = tuple(by_document(report).get((document.kind, document.id), ()))
    own = document.statuses.keys() | {result.policy for result in results}
    digests = {name: digest for name, digest in report.scan.digests.items() if _is_of(name, document)}
    notes = tuple(note for note in report.scan.notes if not _names_another(note, file))
    since, past = report.comparison, report.past
    if since is not None:
        since = _since_of(since, document, results)
    return report._replace(
        comparison=since,
        past=_past_of(past, document) if past is not None else None,
        scan=report.scan._replace(files_read=1, files_skipped=0, digests=digests, notes=notes),
        policies=tuple(policy for policy in report.policies if policy.id in own),
        documents=(document,),
        results=results,
        problems=problems,
    )


def _past_of(past: LookBack, document: DocumentInfo) -> LookBack:
    """What a look back tells of one document: a trend is of all, and so is which commits touched one."""
    ages = {key: age for key, age in past.ages.items() if key[:2] == (document.kind, document.id)}
    named = {onset.commit for age in ages.values() for onset in age}
    subjects = {commit: text for commit, text in past.subjects.items() if commit in named}
    return past._replace(ages=ages, subjects=subjects, trend=(), touching=0, unread=())


def by_document(report: Report) -> Mapping[tuple[str, str], list[Result]]:
    """The report's results under the kind and id of their document."""
    if not isinstance(report.results, tuple):
        return report.results.by_owner()
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in report.results:
        groups.setdefault((result.kind, result.document), []).append(result)
    return groups


def sorts(results: Results) -> frozenset[Sort]:
    """The sorts that there are among results."""
    if not isinstance(results, tuple):
        labels: frozenset[Sort] = results.labels
        return labels
    return frozenset((result.status, result.severity) for result in results)


def of_sort(results: Results, sort: Sort) -> Iterator[Result]:
    """Those of one sort, in their order."""
    likely = results if isinstance(results, tuple) else results.having(lambda label: label == sort)
    return (result for result in likely if (result.status, result.severity) == sort)


def _since_of(since: Comparison, document: DocumentInfo, results: Iterable[Result]) -> Comparison:
    """What changed of one document, whose results these are."""
    name = document.kind, document.id
    changed = since.changed
    return since._replace(
        changes=tuple(one for one in since.changes if (one.kind, one.document) == name),
        silent=tuple(one for one in since.silent if (one.kind, one.document) == name),
        unchanged=sum(one.status in FINDINGS and identity(one) not in changed for one in results),
    )


_SOMETHING_ELSE = Problem(
    "something else could not be read, so that this may not be all",
    hint="mend what the report on everything names, and write this one again",
)


def _is_of(name: str, document: DocumentInfo) -> bool:
    """Whether a file is that of a document, or one of those in the folder that is all its own."""
    folder, _, head = document.file.rpartition("/")
    return name == document.file or (
        head.partition(".")[0].lower() == document.kind and name.rpartition("/")[0] == folder
    )


def _names_another(note: str, file: str) -> bool:
    """Whether a note names a file that is neither this one nor the settings."""
    words = (word.strip("'\"(),;:") for word in note.split())
    paths = (word for word in words if "/" in word or word.rpartition(".")[0])
    return any(not path.startswith(file) and not path.endswith("policyscan.yaml") for path in paths)


def sort_key(result: Result, written: int = -1) -> tuple[object, ...]:
    """Documents in order; in each the worst status first, then the greatest severity, then by name.

    `written` is where the requirement stands in its policy: the first one there is what a control's line
    tells.
    """
    return (
        result.kind,
        result.document,
        -result.status.rank,
        -result.severity.rank,
        result.policy,
        written,
        result.subject,
        result.requirement,
        result.span,
        result.message,
    )


def fingerprint(policy: str, document: str, subject: str, requirement: str) -> str:
    """32 hex digits that name a result for ever: no line, message or status goes into it."""
    from hashlib import sha256  # its import takes longer than most reports, which show none

    named = "".join(f"{len(part)}:{part}" for part in (policy, document, subject, requirement))
    return sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def worst(statuses: Iterable[Status]) -> Status:
    """The roll-up of some statuses; of none, not applicable."""
    return max(statuses, key=lambda status: status.rank, default=Status.NOT_APPLICABLE)


def tally(report: Report) -> dict[Status, int]:
    """How many results have each status, worst first, over all documents."""
    totals = dict.fromkeys(TRAITS, 0)
    for document in report.documents:
        for status, count in document.counts.items():
            totals[status] += count
    return totals


def control_tally(documents: Iterable[DocumentInfo]) -> dict[Status, int]:
    """How many controls of some documents have each rolled-up status; checks of documents are none."""
    return _rolled_up(documents, checks=False)


def document_check_tally(documents: Iterable[DocumentInfo]) -> dict[Status, int]:
    """How many checks of the documents themselves have each rolled-up status."""
    return _rolled_up(documents, checks=True)


def _rolled_up(documents: Iterable[DocumentInfo], *, checks: bool) -> dict[Status, int]:
    totals = dict.fromkeys(TRAITS, 0)
    for document in documents:
        for policy, status in document.statuses.items():
            if is_document_check(policy) is checks:
                totals[status] += 1
    return totals


def is_document_check(policy: str) -> bool:
    """Whether an id is one of the reserved checks of documents themselves, or of a rule of consistency."""
    return policy.startswith(("DOC-", f"{RULE_FAMILY}-"))


class Score(NamedTuple):
    """How many controls pass: at least `low`, at most `high` once the unknown ones are told, of `total`;
    `taken_away` of these do not apply because somebody says so."""

    low: int
    high: int
    total: int
    taken_away: int = 0


class Taken(NamedTuple):
    """How many controls statements take away from some documents, whole and in part, and how many statements
    that are."""

    whole: int
    in_part: int
    statements: int


def taken_away(documents: Iterable[DocumentInfo]) -> Taken:
    """What statements take away from some documents."""
    whole, in_part, statements = 0, 0, 0
    for document in documents:
        here = sum(taken.whole for taken in document.taken)
        whole += here
        in_part += len(document.taken) - here
        statements += len(document.statements)
    return Taken(whole, in_part, statements)


def score(documents: Collection[DocumentInfo]) -> Score:
    """The score of some documents' controls. What is due, and what a warning is about, still passes; what is
    waived does not. What by its nature does not apply is not counted; what does not because somebody says so
    counts as not passed."""
    controls, taken = control_tally(documents), taken_away(documents).whole
    low = sum(controls.get(status, 0) for status in MET)
    untold = controls.get(Status.UNKNOWN, 0) + controls.get(Status.ERROR, 0)
    total = low + untold + controls.get(Status.FAIL, 0) + controls.get(Status.WAIVED, 0) + taken
    return Score(low, low + untold, total, taken)


def unchecked(report: Report) -> tuple[str, ...]:
    """The ways in which nothing was checked, in words; each of them makes a scan's exit code 2."""
    if not report.documents:
        return ("no inventory was found to scan; `policyscan init NAME` writes one to fill in",)
    controls = [policy for policy in report.policies if not is_document_check(policy.id)]
    if not controls:
        return ("no control was chosen to scan with",)
    idle = _idle_kinds(report)
    scanned = {document.kind for document in report.documents}
    with_controls = scanned & {kind for policy in controls for kind in (policy.kind, policy.also)}
    if not with_controls:
        kinds = ", ".join(sorted(scanned))
        return (f"no control of profile {report.scan.profile or '(none)'} is about: {kinds}",)
    return tuple(
        f"no control met a subject in any document of kind {kind}" for kind in sorted(with_controls & idle)
    )


def without_controls(report: Report) -> dict[str, int]:
    """How many documents there are of each kind that no chosen control looks at."""
    controls = [policy for policy in report.policies if not is_document_check(policy.id)]
    looked_at = {kind for policy in controls for kind in (policy.kind, policy.also)}
    kinds = [document.kind for document in report.documents if document.kind not in looked_at]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


def _idle_kinds(report: Report) -> set[str]:
    """Kinds of documents in none of which a control had anything to look at."""
    idle = {document.kind for document in report.documents}
    for document in report.documents:
        if document.kind in idle and any(
            status is not Status.NOT_APPLICABLE and not is_document_check(policy)
            for policy, status in document.statuses.items()
        ):
            idle.discard(document.kind)
    return idle


def exit_code(
    report: Report,
    fail_on: Severity = Severity.LOW,
    fail_on_due: bool = False,
    exit_zero: bool = False,
    allow_unknown: bool = False,
) -> int:
    """2: something could not be evaluated; 1: a fail; 3: an unknown; 0: neither. 2 wins over 1 over 3.

    Since a baseline only what is new counts, and what is silent now as an unknown that nothing but its name
    allows. So does a profile that meets no client.
    """
    if report.problems or unchecked(report):
        return 2
    found, since = sorts(report.results), report.comparison
    if any(status is Status.ERROR for status, _ in found):
        return 2
    if since is not None:
        new = since.new
        found = sorts(tuple(one for one in report.results if identity(one) in new))
    met = {TRAITS[status].effect for status, severity in found if severity.rank >= fail_on.rank}
    if exit_zero:
        return 0
    if Effect.FAIL in met or (fail_on_due and Effect.DUE in met):
        return 1
    if Effect.UNKNOWN in met and not allow_unknown:
        return 3
    if report.scan.unmet or (since is not None and not all(one.allowed for one in since.silent)):
        return 3
    return 0


def identity(result: Result) -> Identity:
    """What a result is known by from one scan to the next."""
    return result.kind, result.document, result.policy, result.subject, result.requirement
