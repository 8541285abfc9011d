"""The report as SARIF 2.1.0 that GitHub, GitLab and others take in without complaint.

One run for the whole repository; what fails, is due or could not be evaluated is a result. Results are put
together as text, and only their strings go through an encoder, because a large estate has thousands.

In: a report, and the bytes of files for line hashes. Out: one SARIF log.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from json import JSONEncoder
from json.encoder import encode_basestring as quoted

from policyscan.display import json_text, one_line
from policyscan.findings import (
    TRAITS,
    Basis,
    ChangeKind,
    Comparison,
    EvidenceRule,
    Json,
    PolicyInfo,
    Problem,
    Report,
    Result,
    ResultChange,
    Severity,
    Status,
    ValueRead,
    WaiverMark,
    fingerprint,
    identity,
    of_sort,
    sorts,
    unchecked,
)
from policyscan.reporters.causes import Cause, first_same, said
from policyscan.reporters.linehash import line_hashes
from policyscan.reporters.options import Options
from policyscan.reporters.wording import (
    beside,
    frameworks,
    headline_and_question,
    input_digest,
    markdown,
    plural,
    profiles_told,
    show,
    spoken,
    taken_from,
    taken_in_all,
)
from policyscan.source import Span

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://policyscan.readthedocs.io/"

# GitHub refuses a run with more results than this; it and GitLab show only the first few thousand.
MOST_RESULTS = 25_000
SHOWN_RESULTS = 5_000
# The stricter of GitHub's and GitLab's limits, in characters; a longer text may cost the whole file.
MOST_DESCRIPTION = 1_024
MOST_MESSAGE = 2_048
MOST_NAME = 255
MOST_TAGS = 10
MOST_RELATED = 20

# `security-severity` of a rule, as GitHub reads it: above 9 is critical, from 7 high, from 4 medium.
SECURITY_SEVERITY = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
}
_RANK = {severity: float(text) * 10 for severity, text in SECURITY_SEVERITY.items()}

_ENDED = (ChangeKind.FIXED, ChangeKind.GONE)

_encode = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._~/-]*")
_ABSOLUTE = re.compile(r"/|[A-Za-z]:/")
_PLACEHOLDER = re.compile(r"\{(\d+)\}")
# Tags like these make GitLab take a control for the finding of a secret or dependency scanner.
_MISREAD_TAG = re.compile(r"(?i)(cwe|cve)-")


def render(report: Report, options: Options) -> Iterator[str]:
    """One SARIF log with one run; every result has a line of its own."""
    told, count = _told(report, options)
    run = _Run(report, options, told, _absent(report, options)[: MOST_RESULTS - len(told)])
    head = {
        "tool": {"driver": _driver(report)},
        "automationDetails": {"id": options.sarif_category.rstrip("/") + "/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": run.places.bases(),
        "invocations": [_invocation(report, run, count)],
        "properties": {**_identity(report), **_baseline(report.comparison)},
    }
    log = _encode({"$schema": _SCHEMA, "version": "2.1.0"})[:-1]
    yield json_text(f'{log},"runs":[{_encode(head)[:-1]},"results":[\n')
    for number, line in enumerate((*run.texts(), *run.absent())):
        yield json_text(f",\n{line}" if number else line)
    yield "\n]}]}\n"


def _told(report: Report, options: Options) -> tuple[list[Cause], int]:
    """The results that a log holds, greatest severity first, as consumers cut off the end; and how many there
    would be if it could hold all of them."""
    wanted, told, count = _wanted(options), list[Cause](), 0
    chosen = [sort for sort in sorts(report.results) if sort[0] in wanted]
    for sort in sorted(chosen, key=lambda sort: (sort[1], sort[0]), reverse=True):
        # What is of one place is of one sort.
        found, more = first_same(of_sort(report.results, sort), MOST_RESULTS - len(told))
        told += found
        count += len(found) + more
    return told, count


def _wanted(options: Options) -> set[Status]:
    """The statuses that a log tells."""
    wanted = {Status.ERROR, Status.FAIL, Status.DUE, Status.WARNING}
    if options.sarif_unknown:
        wanted.add(Status.UNKNOWN)
    if options.sarif_suppressed:
        wanted.add(Status.WAIVED)
    return wanted


def _absent(report: Report, options: Options) -> list[ResultChange]:
    """What was in the log of the baseline and has no result now: it is fixed, or gone."""
    if report.comparison is None or not options.sarif_absent:
        return []
    there = set(map(identity, report.results))
    return [
        one
        for one in report.comparison.changes
        if one[1:6] not in there and one.before in _wanted(options) and one.change in _ENDED
    ]


# The tool and its rules


def _driver(report: Report) -> Json:
    scan = report.scan
    return {
        "name": "policyscan",
        "version": scan.version,
        "semanticVersion": scan.version,
        "informationUri": _HOME,
        "rules": [_rule(policy) for policy in report.policies],
    }


def _rule(policy: PolicyInfo) -> Json:
    rule = {
        "id": policy.id,
        "name": _pascal(policy.title),
        "shortDescription": {"text": _plain(policy.title or policy.id, MOST_DESCRIPTION)},
        "fullDescription": {"text": _plain(policy.why or policy.title or policy.id, MOST_DESCRIPTION)},
        "help": {"text": _help(policy), "markdown": _help_markdown(policy)},
        "defaultConfiguration": {"level": TRAITS[Status.FAIL].sarif_level, "rank": _RANK[policy.severity]},
        "properties": {
            "tags": _tags(policy),
            "precision": "very-high",
            "security-severity": SECURITY_SEVERITY[policy.severity],
            "relatedTo": {name: list(ids) for name, ids in policy.related.items()},
        },
    }
    if not rule["name"]:
        del rule["name"]
    return rule


def _pascal(title: str) -> str:
    """A title as an identifier: `A plan is kept` becomes `APlanIsKept`."""
    words = re.findall(r"[A-Za-z0-9]+", title)
    return "".join(word[0].upper() + word[1:] for word in words)[:MOST_NAME]


def _tags(policy: PolicyInfo) -> list[str]:
    """`security`, without which GitHub ignores the severity, the family, and the first related ids."""
    family = policy.id.rpartition("-")[0].lower()
    related = [f"{framework}/{id_}" for framework, ids in policy.related.items() for id_ in ids]
    harmless = [f"related-to/{tag}" for tag in related if not _MISREAD_TAG.match(tag)]
    tags = dict.fromkeys(["security", family, *policy.tags, *harmless])
    return [_plain(tag, MOST_NAME) for tag in tags if tag and not _MISREAD_TAG.match(tag)][:MOST_TAGS]


def _help(policy: PolicyInfo) -> str:
    parts = [policy.why, f"What to do: {policy.fix}" if policy.fix else ""]
    parts += [f"What to do about {requirement}: {fix}" for requirement, fix in policy.fixes.items()]
    parts += [f"From {quote.source}: “{quote.text}”" for quote in policy.quotes]
    parts += [f"Related to {name}: {ids}" for name, ids in frameworks(policy)]
    return "\n\n".join(map(one_line, filter(None, parts))) or policy.title or policy.id


def _help_markdown(policy: PolicyInfo) -> str:
    parts = [f"**{markdown(policy.id)}** {markdown(policy.title)}", markdown(policy.why)]
    parts.append(f"**What to do:** {markdown(policy.fix)}" if policy.fix else "")
    parts += [f"**What to do about {markdown(name)}:** {markdown(fix)}" for name, fix in policy.fixes.items()]
    for quote in policy.quotes:
        parts.append(f"> {markdown(quote.text)} ({markdown(quote.source)})")
    rows = [f"- {markdown(name)}: {markdown(ids)}" for name, ids in frameworks(policy)]
    parts.append("\n".join(["Related to:", "", *rows]) if rows else "")
    return "\n\n".join(filter(None, parts))


# The run


def _identity(report: Report) -> Json:
    scan = report.scan
    digest = input_digest(scan)
    return {
        "pack": f"{scan.pack} {scan.pack_version}".rstrip(),
        **(
            {
                "packs": [
                    {"name": one.name, "version": one.version, "digest": one.digest} for one in scan.packs
                ]
            }
            if scan.packs
            else {}
        ),
        **({"commit": scan.commit, "uncommittedChanges": scan.dirty} if scan.commit else {}),
        **({"inputs": {"files": len(scan.digests), "digest": digest}} if digest else {}),
        "profile": scan.profile,
        "asOf": scan.as_of,
        "controls": f"{scan.controls} of {scan.controls_total}",
        "leftOut": list(scan.left_out),
        "notes": list(scan.notes),
        "loosened": [f"{item.policy} {item.parameter} {item.profile}".rstrip() for item in scan.loosened],
        **({"profiles": list(profiles_told(report))} if scan.assigned else {}),
        "evidence": _asked(scan.evidence),
        "takenAway": taken_in_all(report.documents),
        "statements": [
            {"inventory": one.id, "says": spoken(statement), "takesAway": away}
            for one in report.documents
            for statement, away in taken_from(one)
        ],
    }


def _baseline(since: Comparison | None) -> dict[str, Json]:
    """What the `baselineState` of results is about; nothing where there is no baseline."""
    if since is None:
        return {}
    return {"baseline": {"name": one_line(since.baseline), "asOf": since.as_of, "unchanged": since.unchanged}}


def _asked(rule: EvidenceRule | None) -> Json:
    return {"grade": rule.grade.value, "maxAgeDays": rule.max_age_days} if rule else None


def _invocation(report: Report, run: _Run, chosen: int) -> Json:
    code = report.exit_code
    notifications = [_notification(problem, run) for problem in report.problems]
    if not report.problems:
        sentences = [f"Nothing was checked: {sentence}." for sentence in unchecked(report)]
        notifications += [_notification(Problem(sentence), run) for sentence in sentences]
    if chosen > MOST_RESULTS:
        text = f"{plural(chosen - MOST_RESULTS, 'result')} of the least severity left out: a run may hold "
        notifications.append(_notification(Problem(f"{text}{MOST_RESULTS:,}."), run, "warning"))
    elif chosen > SHOWN_RESULTS:
        text = f"Code scanning shows only the first {SHOWN_RESULTS:,} of {chosen:,} results."
        notifications.append(_notification(Problem(text), run, "note"))
    return {
        "executionSuccessful": code != 2,
        "exitCode": code,
        "toolExecutionNotifications": notifications,
    }


def _notification(problem: Problem, run: _Run, level: str = "error") -> Json:
    text = problem.message if problem.hint is None else f"{problem.message} Hint: {problem.hint}"
    notification: dict[str, Json] = {"level": level, "message": {"text": _plain(text or level, MOST_MESSAGE)}}
    if problem.span:
        artifact, region = run.place(problem.span)
        location: dict[str, Json] = {"artifactLocation": artifact, "region": region}
        if problem.span.sheet:
            location["properties"] = {"sheet": problem.span.sheet}
        notification["locations"] = [{"physicalLocation": location}]
    return notification


# The results


def _sheet(span: Span) -> str:
    """Of which sheet of a workbook the region tells rows and columns; empty elsewhere."""
    return f',"properties":{{"sheet":{quoted(span.sheet)}}}' if span.sheet else ""


class _Run:
    """The results of a log, with what they share worked out once."""

    def __init__(
        self, report: Report, options: Options, causes: Sequence[Cause], ended: Sequence[ResultChange]
    ) -> None:
        self.options = options
        self.causes = causes
        self.ended = ended
        results = [cause.worst for cause in causes]
        self.index = {policy.id: number for number, policy in enumerate(report.policies)}
        self.titles = {policy.id: policy.title for policy in report.policies}
        disputed = (read.span for r in results for read in r.disputed if read.span)
        gone = (change.span for change in ended)
        spans = [*(r.span for r in results), *disputed, *gone, *(p.span for p in report.problems if p.span)]
        self.places = _Artifacts((span.file for span in spans), options)
        self.artifacts: dict[str, str] = {}
        self.crowded = _crowded(results)
        self.changed = report.comparison.changed if report.comparison is not None else None
        self.profiles = {(one.kind, one.id): one.profile for one in report.documents if one.profile}
        self.hashes: dict[int, str] = {}  # by line, of the file whose results are being made

    def artifact(self, file: str) -> str:
        """A file's artifactLocation, as JSON."""
        known = self.artifacts.get(file)
        if known is None:
            known = self.artifacts[file] = _encode(self.places.location(file))
        return known

    def place(self, span: Span) -> tuple[Json, Json]:
        """The artifactLocation and region of a span."""
        region = {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.line,
            "endColumn": self.end(span),
        }
        return self.places.location(span.file), region

    def end(self, span: Span) -> int:
        """Where the span leaves its first line. A region of one line is annotated when that line changes."""
        if span.end_line == span.line:
            return max(span.end_column, span.column + 1)
        source = self.options.source(span.file)
        return max(len(source.line(span.line)) if source else 0, span.column) + 1

    def texts(self) -> list[str]:
        """The results as JSON texts, made file by file, so that each file is read again only once."""
        by_file: dict[str, list[int]] = {}
        for number, cause in enumerate(self.causes):
            by_file.setdefault(cause.worst.span.file, []).append(number)
        texts = [""] * len(self.causes)
        for file, numbers in by_file.items():
            self.hashes = self._line_hashes(file, {self.causes[number].worst.span.line for number in numbers})
            for number in numbers:
                texts[number] = self.result(self.causes[number])
        return texts

    def _line_hashes(self, file: str, lines: set[int]) -> dict[int, str]:
        """The hashes of some lines of a file; none if it cannot be read, or if nobody wants them."""
        wanted = self.options.sarif_line_hash and not self.options.sarif_stable_identity
        content = self.options.content(file) if wanted else None
        return {} if content is None else line_hashes(content, lines)

    def result(self, cause: Cause) -> str:
        """Results of one control and region as one result in JSON."""
        result = cause.worst
        span = result.span
        text = said(cause, self.text, MOST_MESSAGE)
        others = self.crowded.pop((result.policy, span.file, span.line), 0)
        if others:
            text = f"{_plain(text, MOST_MESSAGE - 40)} (+{others} more on this line)"
        index = self.index.get(result.policy)
        rule = "" if index is None else f'"ruleIndex":{index},'
        names = dict.fromkeys(map(_name, cause.results[:MOST_RELATED]))
        about = ",".join(f'{{"fullyQualifiedName":{quoted(name)},"kind":"resource"}}' for name in names)
        return (
            f'{{"ruleId":{quoted(result.policy)},{rule}{_verdict(result)},"rank":{_RANK[result.severity]},'
            f'"message":{{"text":{quoted(_plain(text, MOST_MESSAGE))}}},'
            f'"locations":[{{{self.location(span)},'
            f'"logicalLocations":[{about}]}}],'
            f"{self.related(result)}"
            f'"partialFingerprints":{{{self.fingerprints(result)}}}'
            f"{_suppressions(result.waiver)}{self.baseline_state(cause)},"
            f'"properties":{{"status":"{result.status.value}","severity":"{result.severity.value}",'
            f'"requirement":{quoted(result.requirement)}{_until(result)}{_basis(result.basis)}'
            f"{self.asked_by(result)}}}}}"
        )

    def baseline_state(self, cause: Cause) -> str:
        """What became of results of one place since the baseline: new, if one of them is."""
        if self.changed is None:
            return ""
        changes = [self.changed.get(identity(result)) for result in cause.results]
        if all(change is None for change in changes):
            return ',"baselineState":"unchanged"'
        new = any(change is not None and change.before is None for change in changes)
        return f',"baselineState":"{"new" if new else "updated"}"'

    def absent(self) -> Iterator[str]:
        """What was a result of the baseline and is none any more, as it was told there."""
        for one in self.ended:
            index = self.index.get(one.policy)
            rule = "" if index is None else f'"ruleIndex":{index},'
            traits = TRAITS[one.before or Status.FAIL]
            ours = fingerprint(one.policy, one.document, one.subject, one.requirement)
            name = f"{one.document}/{one.subject}" if one.subject else one.document
            yield (
                f'{{"ruleId":{quoted(one.policy)},{rule}"kind":"{traits.sarif_kind}",'
                f'"level":"{traits.sarif_level}","rank":{_RANK[one.severity]},'
                f'"message":{{"text":{quoted(_plain(one.message or one.policy, MOST_MESSAGE))}}},'
                f'"locations":[{{{self.location(one.span)},'
                f'"logicalLocations":[{{"fullyQualifiedName":{quoted(name)},"kind":"resource"}}]}}],'
                f'"partialFingerprints":{{"policyscan/v1":"{ours}"}},"baselineState":"absent",'
                f'"properties":{{"change":"{one.change.value}","severity":"{one.severity.value}",'
                f'"requirement":{quoted(one.requirement)}}}}}'
            )

    def asked_by(self, result: Result) -> str:
        """The profile that asks for a result, where profiles are assigned."""
        profile = self.profiles.get((result.kind, result.document))
        return f',"profile":{quoted(profile)}' if profile else ""

    def text(self, result: Result) -> str:
        """What one result says."""
        return headline_and_question(result) or self.titles.get(result.policy) or result.policy

    def related(self, result: Result) -> str:
        """The places of the other facts that contradict the one at the result's own."""
        made = [
            f'{{"id":{number},{self.location(read.span)},"message":{{"text":{quoted(_fact(read))}}}}}'
            for number, read in enumerate(beside(result)[:MOST_RELATED], 1)
            if read.span is not None
        ]
        return f'"relatedLocations":[{",".join(made)}],' if made else ""

    def location(self, span: Span) -> str:
        """A place as the physicalLocation of a location."""
        return (
            f'"physicalLocation":{{"artifactLocation":{self.artifact(span.file)},'
            f'"region":{{"startLine":{span.line},"startColumn":{span.column},'
            f'"endLine":{span.line},"endColumn":{self.end(span)}}}{_sheet(span)}}}'
        )

    def fingerprints(self, result: Result) -> str:
        """GitHub knows an alert by the hash of its line alone, everyone else by ours."""
        stable = result.fingerprint
        ours = f'"policyscan/v1":"{stable}"'
        if self.options.sarif_stable_identity:
            return f'"primaryLocationLineHash":"{stable[:16]}:1",{ours}'
        line = self.hashes.get(result.span.line)
        return f'"primaryLocationLineHash":"{line}",{ours}' if line else ours


def _name(result: Result) -> str:
    """What a result is about: `acme/lt-02`."""
    return f"{result.document}/{result.subject}" if result.subject else result.document


def _crowded(results: Iterable[Result]) -> dict[tuple[str, str, int], int]:
    """How many more results of one policy stand on a line. GitHub and GitLab show only the first of them."""
    counts: dict[tuple[str, str, int], int] = {}
    for result in results:
        key = (result.policy, result.span.file, result.span.line)
        counts[key] = counts.get(key, -1) + 1
    return {key: others for key, others in counts.items() if others}


def _verdict(result: Result) -> str:
    """The result's kind and level; a waived one has those that it would have without its waiver."""
    traits = TRAITS[result.waiver.covers if result.waiver else result.status]
    return f'"kind":"{traits.sarif_kind}","level":"{traits.sarif_level}"'


def _until(result: Result) -> str:
    return f',"until":{quoted(result.until)}' if result.until else ""


def _basis(basis: Basis | None) -> str:
    """The evidence that a result rests on."""
    if basis is None:
        return ""
    source = f',"source":{quoted(basis.source)}' if basis.source else ""
    collected = f',"collected":"{basis.collected}","ageDays":{basis.age_days}' if basis.collected else ""
    section = quoted(basis.section)
    return f',"evidence":{{"grade":"{basis.grade.value}","section":{section}{source}{collected}}}'


def _suppressions(waiver: WaiverMark | None) -> str:
    if waiver is None:
        return ""
    why = f"{waiver.reason} Approved by {waiver.approver}, until {waiver.expires_on}."
    justification = quoted(_plain(why, MOST_MESSAGE))
    return f',"suppressions":[{{"kind":"external","status":"accepted","justification":{justification}}}]'


class _Artifacts:
    """Where the files of a log lie: each relative to the root of its repository. That of the current folder,
    if it has any of them, else the first one is what consumers know as `%SRCROOT%`."""

    def __init__(self, files: Iterable[str], options: Options) -> None:
        self._located = {file: options.locate(file) for file in sorted(set(files))}
        tops = dict.fromkeys(located[0] for located in self._located.values() if located)
        first = [options.here] if options.here in tops or not tops else []
        self._bases = {top: f"%SRCROOT{n or ''}%" for n, top in enumerate(dict.fromkeys([*first, *tops]))}

    def bases(self) -> Json:
        """The `originalUriBaseIds`: what the roots are, not where they lie on this machine."""
        names = ["The root of the repository."]
        names += [f"The root of the repository {posixpath.basename(top)}." for top in list(self._bases)[1:]]
        texts = zip(self._bases.values(), names, strict=True)
        return {base: {"description": {"text": one_line(text)}} for base, text in texts}

    def location(self, file: str) -> Json:
        """The artifactLocation of a file."""
        located = self._located[file]
        if located is not None:
            return {"uri": percent_encoded(located[1]), "uriBaseId": self._bases[located[0]]}
        if _ABSOLUTE.match(file):
            return {"uri": "file:///" + percent_encoded(file.lstrip("/"))}
        path = posixpath.normpath(file)
        if path.startswith("../") or "" not in self._bases:
            return {"uri": percent_encoded(path)}
        return {"uri": percent_encoded(path), "uriBaseId": self._bases[""]}


def percent_encoded(path: str) -> str:
    """A path as a relative URI reference."""
    if _PLAIN_PATH.fullmatch(path):
        return path
    try:
        encoded = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a character, as Windows allows in names
        encoded = path.encode("utf-8", "surrogatepass")
    return "".join(chr(b) if _PLAIN_PATH.fullmatch(chr(b)) else f"%{b:02X}" for b in encoded)


def _fact(read: ValueRead) -> str:
    return _plain(f"{read.path} = {show(read.value)}", MOST_MESSAGE)


def _plain(text: str, most: int) -> str:
    """At most `most` characters on one line, in which SARIF sees neither a link nor a placeholder."""
    text = one_line(text)
    if "[" in text:
        text = text.replace("](", "] (")
    if "{" in text:
        text = _PLACEHOLDER.sub(r"{ \1 }", text)
    return text if len(text) <= most else text[: most - 1] + "…"
