"""The situations in which every format is tested, as reports built by hand."""

from __future__ import annotations

from typing import Any

from policyscan.findings import (
    BAD_WAIVER,
    CRASH,
    DANGLING_REFERENCE,
    Basis,
    ChangeKind,
    Comparison,
    DocumentInfo,
    EvidenceRule,
    Gap,
    Grade,
    Loosened,
    PackInfo,
    PolicyInfo,
    Problem,
    Quote,
    Report,
    Result,
    ResultChange,
    ScanInfo,
    Severity,
    Silence,
    Statement,
    Status,
    TakenAway,
    ValueRead,
    WaiverMark,
    identity,
    make_report,
)
from policyscan.reporters import Options
from policyscan.source import Source, Span
from tests.opening import document_info

ACME = "inventories/clients/acme.yaml"
HARBOR = "inventories/providers/harbor.yaml"
BROKEN = "inventories/clients/broken.yaml"
NASTY = "inventories/a,b: 100%|<c>\u202e`*\n.yaml"

TEXTS = {
    ACME: (
        "kind: client\n"
        "organisation: {id: acme}\n"
        "plan:\n"
        "  coordinator: p-cole  # Dan Cole\n"
        "devices:\n"
        "  - id: lt-02\n"
        "    antivirus: {active: false}\n"
        "  - id: lt-03\n"
        "    antivirus: {active: true}\n"
        "critical_systems:\n"
        "  - id: ehr\n"
        "    restored_on:\n"
    ),
    HARBOR: (
        "kind: provider\norganisation: {id: harbor}\ninsurance:\n  - id: eo\n    expires_on: 2026-11-15\n"
    ),
    BROKEN: "kind: client\n\torganisation: {id: broken}\n",
    NASTY: "kind: client\nname: '\x1b]0;owned\x07 \u202eevil'\n",
}


def span(file: str, line: int, column: int, end_column: int) -> Span:
    return Span(file, line, column, line, end_column)


PLAN = PolicyInfo(
    "PLAN-11",
    "The plan names a coordinator who still works there",
    Severity.CRITICAL,
    "client",
    "stated",
    "Nobody leads a recovery whose leader has left.",
    "Name someone who works there, and a deputy.",
    (Quote("plan.txt", "appoint a disaster recovery coordinator", "a guide to plans"),),
    {"cis-v8": ("17.1",), "nist-csf-2.0": ("RS.MA-01", "RC.RP-01")},
    "policies/PLAN/PLAN-11.yaml",
    1,
    ("in-post",),
)
AV = PolicyInfo(
    "AV-01",
    "Antivirus runs on every device",
    Severity.HIGH,
    "client",
    why="It stops the common attacks.",
    fix="Switch it on.",
    file="policies/AV/AV-01.yaml",
)
RESTORE = PolicyInfo(
    "REC-02",
    "Each critical system was restored as a test",
    Severity.HIGH,
    "client",
    why="An untested backup is a hope.",
    fix="Restore it and write down the day.",
)
ORDER = PolicyInfo("REC-03", "Restores follow the order that the business needs", Severity.MEDIUM, "client")
COVER = PolicyInfo(
    "INS-04",
    "The provider's errors and omissions cover is in force",
    Severity.HIGH,
    "provider",
    why="Claims need a policy in force.",
    fix="Ask for the renewed certificate.",
)
POLICIES = (PLAN, AV, RESTORE, ORDER, COVER)

SCAN = ScanInfo(
    version="1.2.3",
    as_of="2026-10-31",
    pack="policyscan",
    pack_version="2026.10",
    profile="essentials",
    controls=5,
    controls_total=66,
    left_out=("PATCH-01", "TEN-01"),
    files_read=2,
    digests={"inventories/clients/acme.yaml": f"sha256:{'0a' * 32}"},
    commit="1b" * 20,
    dirty=False,
    packs=(PackInfo("policyscan", "2026.10", "policies", f"sha256:{'2c' * 32}"),),
)

COORDINATOR = Result(
    "PLAN-11",
    "in-post",
    "acme",
    "client",
    "",
    Status.FAIL,
    Severity.CRITICAL,
    "Coordinator Dan Cole left on 2026-06-12",
    span(ACME, 4, 16, 22),
    (
        ValueRead("plan.coordinator", "p-cole", span(ACME, 4, 16, 22)),
        ValueRead("people[p-cole].end_date", "2026-06-12", span(ACME, 2, 1, 5)),
    ),
    {"grace": "0d", "roles": ["owner"]},
    basis=Basis(
        Grade.DECLARED, "plan", "interview", "2026-02-10", 263, "evidence[ev-talk]", span(ACME, 3, 1, 5)
    ),
)
ANTIVIRUS = Result(
    "AV-01",
    "active",
    "acme",
    "client",
    "lt-02",
    Status.FAIL,
    Severity.HIGH,
    "antivirus is switched off",
    span(ACME, 7, 17, 30),
    (ValueRead("devices[lt-02].antivirus.active", False, span(ACME, 7, 25, 30)),),
    basis=Basis(
        Grade.TOOL_EXPORT, "devices", "ninjaone", "2026-10-30", 1, "evidence[ev-rmm]", span(ACME, 5, 1, 8)
    ),
)
RUNS = ANTIVIRUS._replace(
    subject="lt-03", status=Status.PASS, message="antivirus runs", span=span(ACME, 9, 17, 29)
)
QUESTION = "When was each system last restored, and from where?"
RESTORED = Result(
    "REC-02",
    "tested",
    "acme",
    "client",
    "ehr",
    Status.UNKNOWN,
    Severity.HIGH,
    "cannot tell whether ehr was restored",
    span(ACME, 12, 5, 16),
    gaps=(
        Gap(
            "critical_systems[ehr].restored_on",
            "critical_systems[].restored_on",
            QUESTION,
            span(ACME, 12, 5, 16),
            "blank",
        ),
    ),
)
ORDERED = RESTORED._replace(
    policy="REC-03",
    severity=Severity.MEDIUM,
    message="cannot tell the order of restores",
    gaps=(*RESTORED.gaps, Gap("critical_systems[ehr].priority", "critical_systems[].priority")),
)
ENDING = Result(
    "INS-04",
    "in-force",
    "harbor",
    "provider",
    "eo",
    Status.DUE,
    Severity.HIGH,
    "E&O cover ends in 15 days",
    span(HARBOR, 5, 17, 27),
    (ValueRead("insurance[eo].expires_on", "2026-11-15", span(HARBOR, 5, 17, 27)),),
    {"notice": "30d"},
    "2026-11-15",
    basis=Basis(Grade.DECLARED, "insurance", None, "2026-10-31", 0, "", span(HARBOR, 3, 1, 10)),
)
THIN = ENDING._replace(
    requirement="defence", status=Status.WARNING, severity=Severity.LOW,
    message="lawyers' bills are paid out of its limit", until=None,
)  # fmt: skip
COVERED = ENDING._replace(status=Status.PASS, message="cover is in force", until="2026-12-15")
NO_PLAN = COORDINATOR._replace(
    status=Status.NOT_APPLICABLE, message="no plan is required", reason="a sole trader"
)
WAIVED = ANTIVIRUS._replace(
    status=Status.WAIVED,
    waiver=WaiverMark(
        Status.FAIL,
        "The X-ray vendor forbids it.",
        "p-ames",
        "2026-12-31",
        "p-cole",
        "T-17",
        approved_by_name="Rita Ames",
        requested_by_name="Dan Cole",
    ),
    until="2026-12-31",
)


def report(
    *results: Result,
    problems: tuple[Problem, ...] = (),
    complete: bool = False,
    policies: tuple[PolicyInfo, ...] = POLICIES,
) -> Report:
    """A report of the documents that the results belong to."""
    documents: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        documents.setdefault((result.kind, result.document), []).append(result)
    infos = [
        document_info(id_, kind, group[0].span.file, group, name=id_.title(), as_of="2026-10-30")
        for (kind, id_), group in documents.items()
    ]
    return make_report(SCAN, policies, infos, results, problems, complete=complete)


def _clean() -> Report:
    passing = [
        r._replace(status=Status.PASS, gaps=()) for r in (COORDINATOR, ANTIVIRUS, RUNS, RESTORED, ORDERED)
    ]
    made = report(*passing, COVERED)
    grades = {Grade.TESTED: 1, Grade.TOOL_EXPORT: 2, Grade.DECLARED: 1}
    return made._replace(documents=tuple(d._replace(grades=grades) for d in made.documents))


def _findings() -> Report:
    dangling = COORDINATOR._replace(
        policy=DANGLING_REFERENCE.id,
        requirement="people",
        severity=Severity.MEDIUM,
        message="p-cloe is nobody in people, did you mean p-cole?",
        evidence=(),
        parameters={},
        basis=None,
    )
    second = ANTIVIRUS._replace(subject="lt-04", message="lt-04 has no antivirus")
    loosened = SCAN._replace(
        loosened=(Loosened("AV-01", "max_age", "7d", "30d"),),
        files_skipped=3,
        notes=("read without the C parser",),
        evidence=EvidenceRule(Grade.DOCUMENT, 365),
    )
    made = report(COORDINATOR, ANTIVIRUS, second, RUNS, dangling, ENDING, RESTORED)
    return made._replace(scan=loosened)


def _hostile() -> Report:
    bad = (
        "\x1b[31mred\x1b[0m | <script>alert(1)</script> ::error::x %0A [a](http://evil.example) `b` *c* @team"
    )
    info = PLAN._replace(title=bad, why=bad, fix=bad, quotes=(Quote(bad, bad, bad),), related={bad: (bad,)})
    result = COORDINATOR._replace(
        document=bad,
        subject="a\nb,c:d",
        requirement="in\u2028post",
        message=f"{bad}\r\n::stop-commands::pause\n\u202e{'x' * 60}",
        span=span(NASTY, 2, 8, 20),
        evidence=(ValueRead(bad, {"k\n": bad, "n": float("nan")}, span(NASTY, 2, 8, 20)),),
        parameters={bad: float("inf")},
        basis=Basis(Grade.DOCUMENT, bad, bad, "2026-10-31", 0, bad, span(NASTY, 2, 8, 20)),
    )
    unknown = RESTORED._replace(
        document=bad, span=span(NASTY, 1, 1, 5), gaps=(Gap(bad, bad, bad, span(NASTY, 1, 1, 5)),)
    )
    said = Statement((bad,), bad, bad, bad, "2026-10-01", "2027-10-02", span(NASTY, 2, 8, 20), bad)
    document = document_info(bad, "client", NASTY, [result, unknown])._replace(
        statements=(said,), taken=(TakenAway(bad, True, (0,), (bad,)),)
    )
    problem = Problem(bad, span(NASTY, 1, 1, 2), bad)
    return make_report(SCAN, (info, RESTORED_INFO), [document], [result, unknown], [problem])


RESTORED_INFO = RESTORE

BAD_YAML = Problem("a tab cannot indent", span(BROKEN, 2, 1, 2), "use spaces")
CRASHED = COORDINATOR._replace(
    status=Status.ERROR, message="this control could not be evaluated: division by zero", evidence=()
)
CRASHED_DOCUMENT = CRASHED._replace(policy=CRASH.id, requirement="", document="beta")
OLD_WAIVER = COORDINATOR._replace(
    policy=BAD_WAIVER.id,
    severity=Severity.MEDIUM,
    subject="AV-01/lt-02",
    message="the waiver expired on 2026-10-01",
    basis=None,
)

STAFF = PolicyInfo(
    "CONS-04",
    "A client and its provider agree on how many people the provider has",
    Severity.HIGH,
    "client",
    why="One of the two is wrong.",
    fix="Ask the provider, and correct the count.",
)
DISPUTED = COORDINATOR._replace(
    policy="CONS-04",
    requirement="counted",
    subject="harbor",
    severity=Severity.HIGH,
    message="acme counts 2 people at harbor, who has 9",
    span=span(ACME, 3, 1, 5),
    disputed=(
        ValueRead("providers[harbor].staff_declared_count", 2, span(ACME, 3, 1, 5)),
        ValueRead("provider[harbor].organisation.employees_count", 9, span(HARBOR, 2, 1, 13)),
    ),
)


def _disputed() -> Report:
    """A contradiction between two files, and a control that can tell nothing for it."""
    lacking = Gap(
        "provider[harbor].organisation.employees_count",
        "organisation.employees_count",
        "Which is right? acme counts 2 people at harbor, who has 9",
        span(HARBOR, 2, 1, 13),
        "in dispute (CONS-04): acme counts 2 people at harbor, who has 9",
    )
    unknown = RESTORED._replace(policy="INS-04", message=f"{lacking.path}: {lacking.reason}", gaps=(lacking,))
    made = report(DISPUTED, unknown, RUNS)
    return made._replace(policies=(*made.policies[:1], STAFF, *made.policies[1:]))


SAID = Statement(
    ("devices[lt-03].in_scope",), False, "Wiped | locked away", "p-ames", "2026-03-02", "2027-03-03",
    span(ACME, 8, 5, 9), "Rita Ames",
)  # fmt: skip
ALONE = Statement(
    ("servers", "websites"), [], "We have none", "p-cole", "2026-05-04", "", span(ACME, 2, 1, 5)
)


def _taken() -> Report:
    """Controls that statements take away, and one that by its nature does not apply."""
    nothing = RESTORED._replace(
        status=Status.NOT_APPLICABLE, gaps=(), subject="", message="there is nothing in client.servers"
    )
    away = nothing._replace(policy="REC-02", statements=(ALONE,))
    made = report(ANTIVIRUS, away, nothing._replace(policy="REC-03"), NO_PLAN, complete=True)
    (acme,) = made.documents
    taken = (
        TakenAway("AV-01", False, (0,), ("lt-03",)),
        TakenAway("REC-02", True, (1,)),
    )
    statements = (SAID, ALONE)
    scan = SCAN._replace(max_taken_away=2)
    return made._replace(scan=scan, documents=(acme._replace(statements=statements, taken=taken),))


def _changed() -> Report:
    """What changed since a baseline, of each kind, and a control that is silent now."""
    made = report(COORDINATOR, ANTIVIRUS, ENDING, RESTORED, WAIVED._replace(subject="lt-05"))
    kinds = (
        (ChangeKind.NEW, ANTIVIRUS, None, Status.FAIL, ("inventory",)),
        (ChangeKind.WORSE, COORDINATOR, Status.UNKNOWN, Status.FAIL, ("inventory", "time")),
        (ChangeKind.UNKNOWN, RESTORED, None, Status.UNKNOWN, ("time",)),
        (ChangeKind.BETTER, ENDING, Status.FAIL, Status.DUE, ("controls",)),
        (ChangeKind.WAIVED, WAIVED._replace(subject="lt-05"), Status.FAIL, Status.WAIVED, ("inventory",)),
        (ChangeKind.FIXED, ANTIVIRUS._replace(subject="lt-03"), Status.FAIL, None, ("inventory",)),
        (ChangeKind.FIXED, ANTIVIRUS._replace(subject="lt-06"), Status.FAIL, None, ("inventory",)),
        (ChangeKind.GONE, ORDERED, Status.UNKNOWN, None, ("inventory",)),
    )
    changes = tuple(
        ResultChange(change, *identity(one), one.severity, before, after, by, one.message, one.span)
        for change, one, before, after, by in kinds
    )
    silent = (Silence("client", "acme", "INS-01"), Silence("client", "acme", "PROV-05", allowed=True))
    return made._replace(comparison=Comparison("september.json", "2026-09-30", changes, silent, 1))


SITUATIONS: dict[str, Report] = {
    "clean": _clean(),
    "findings": _findings(),
    "waived": report(WAIVED, RUNS, COVERED, OLD_WAIVER),
    "unknown": report(RESTORED, ORDERED, RUNS, COVERED),
    "due": report(ENDING, RUNS),
    "warning": report(THIN, RUNS),
    "not-applicable": report(NO_PLAN, RUNS, COVERED, complete=True),
    "crashed": report(CRASHED, CRASHED_DOCUMENT, RUNS),
    "disputed": _disputed(),
    "taken": _taken(),
    "changed": _changed(),
    "unreadable": report(RUNS, COVERED, problems=(BAD_YAML, Problem("no such file: x.yaml"))),
    "nothing": make_report(SCAN, POLICIES, [], []),
    "hostile": _hostile(),
}


def many(count: int, *, clean: int = 0) -> Report:
    """`count` clients with a few findings each, and some without any."""
    results = []
    for number in range(count + clean):
        group = [COORDINATOR, ANTIVIRUS, RUNS, RESTORED] if number < count else [RUNS]
        results += [r._replace(document=f"client-{number:04}") for r in group]
    return report(*results)


def options(made: Report, **changes: Any) -> Options:
    """The options of a scan of the texts above."""

    def source(file: str) -> Source | None:
        return Source(file, TEXTS[file]) if file in TEXTS else None

    def content(file: str) -> bytes | None:
        return TEXTS[file].encode() if file in TEXTS else None

    plain = Options(source=source, content=content)
    return plain._replace(**changes)


def document(made: Report, id_: str) -> DocumentInfo:
    return next(info for info in made.documents if info.id == id_)
