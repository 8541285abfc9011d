"""A report in which names, ids and numbers of the inventories are replaced, to be shown to others.

In: a report, the words that anybody may read (`Vocabulary`), and a secret. Out: the same report with a
pseudonym for every text that is not made of these words. What is not known to be harmless is replaced: a word
too many, rather than a name too few. The same text has the same pseudonym in every report of the same secret.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from collections.abc import Callable, Iterable, Mapping

from policyscan.findings import (
    Age,
    Basis,
    Comparison,
    DocumentInfo,
    Gap,
    Json,
    LookBack,
    PackInfo,
    Problem,
    Report,
    Result,
    ResultChange,
    ScanInfo,
    Statement,
    TakenAway,
    ValueRead,
    WaiverMark,
    make_report,
)
from policyscan.records import NamedTuple
from policyscan.source import Span

NOTE = "names, ids and numbers of the inventories are replaced by pseudonyms"
_LENGTH = 8  # letters and digits of a pseudonym: 40 bits
_LONGEST = 6  # digits of a number that is no phone number or account

# A run of what names, addresses, hosts and paths are made of.
_TOKEN = re.compile(r"[^\W_](?:[\w&+'’@%#~-]|[./:\\](?=\w))*|[\w@%#~\\]+")
_PHONE = re.compile(r"(?<![\w.,-])\+?(?:\(?\d+\)?[ ()./-]{0,2}){2,}\d(?![\w,-])")
_PLAIN = re.compile(
    r"\d{4}-\d\d(?:-\d\d(?:[T ]?\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?)?"  # a day, an instant
    r"|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,6}(?:\.\d+)?%?|\d\d:\d\d(?:-\d\d:\d\d)?"  # amounts, times
    r"|\d+(?:[a-z]{1,2}\d*)*s?|USD|EUR|GBP|CHF|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|JPY"  # durations, currencies
)
_BRACKETS = re.compile(r"\[([^\]]*)\]")
_PLACE = re.compile(r"(?P<file>.+?)(?P<line>(?::\d+){1,2})")
_HEAD = re.compile(r"[.:'’].*")  # what follows a pseudonym: the ending of a file, a line
_SENTENCE = ".:;!?("


class Vocabulary(NamedTuple):
    """Words that name nobody: those of packs, schemas and the tool's own messages, as they are written, and
    the ids among them that inventories choose from (keys and values of the schemas)."""

    words: frozenset[str]
    ids: frozenset[str]


def pseudonymous(report: Report, vocabulary: Vocabulary, secret: bytes) -> Report:
    """The report with pseudonyms, in an order that tells nothing of the names."""
    return _Masks(report, vocabulary, secret).report(report)


class _Masks:
    """What becomes of each sort of text of a report."""

    def __init__(self, report: Report, vocabulary: Vocabulary, secret: bytes) -> None:
        self._words = vocabulary.words
        self._ids = vocabulary.ids
        self._secret = secret
        self._made: dict[tuple[str, str], str] = {}
        self._masks: set[str] = set()
        self._controls = frozenset(info.id for info in report.policies)
        names = {text for one in report.documents for text in (one.name, one.id, one.file) if text}
        self._names = _any_of(names)

    # --- texts

    def _mask(self, text: str, sort: str = "name") -> str:
        """The pseudonym of a text, the same whatever its capitals."""
        key = sort, text.casefold().strip()
        if key not in self._made:
            digest = hmac.digest(self._secret, key[1].encode("utf-8", "surrogatepass"), "sha256")
            self._made[key] = f"{sort}-{b32encode(digest).decode().lower()[:_LENGTH]}"
            self._masks.add(self._made[key])
        return self._made[key]

    def name(self, text: str) -> str:
        """A text that is somebody's or something's name; nothing of it is kept."""
        return self._mask(text) if text.strip() else text

    def id(self, text: str) -> str:
        """A key of inventories: kept only where a schema says what it may be."""
        plain = _PLAIN.fullmatch(text) and len(text) <= _LONGEST
        return text if plain or text in self._ids else self.name(text)

    def subject(self, text: str) -> str:
        """The key of a subject, part by part."""
        return "/".join(map(self._part, text.split("/")))

    def _part(self, text: str) -> str:
        if "." in text and all(key in self._ids for key in text.split(".")):
            return text  # a list of the schema, which stands for all that would be in it
        return self.id(text)

    def path(self, text: str) -> str:
        """A path in a document: its keys are the schema's, what is in brackets the inventory's."""
        inside = _BRACKETS.sub(lambda found: f"[{'/'.join(map(self.id, found[1].split('/')))}]", text)
        head = _BRACKETS.split(inside)[::2]
        if all(key in self._ids or not key for part in head for key in part.split(".")):
            return inside
        return self.text(text)

    def file(self, text: str) -> str:
        """A file, whose ending alone is kept."""
        if not text:
            return text
        ending = re.search(r"\.[a-z]{2,5}$", text)
        return f"{self._mask(text, 'file')}{ending[0] if ending else ''}"

    def text(self, text: str, own: re.Pattern[str] | None = None) -> str:
        """A sentence: names of `own` and of documents whole, then numbers, then every word that is none of
        the vocabulary."""
        for names in (own, self._names):
            if names is not None:
                text = names.sub(lambda found: self._found(found[0]), text)
        text = _PHONE.sub(lambda found: self._number(found[0]), text)
        out: list[str] = []
        end = 0
        for found in _TOKEN.finditer(text):
            between = text[end : found.start()].rstrip()
            first = between[-1:] in _SENTENCE if between else not end
            out += text[end : found.start()], self._token(found[0], first=first)
            end = found.end()
        return "".join([*out, text[end:]])

    def _found(self, text: str) -> str:
        return (
            self.file(text) if "/" in text or text.endswith((".yaml", ".yml", ".json")) else self.name(text)
        )

    def _number(self, text: str) -> str:
        if _PLAIN.fullmatch(text) or sum(char.isdigit() for char in text) <= _LONGEST:
            return text
        return self._mask(text, "number")

    def _token(self, token: str, *, first: bool) -> str:
        if self._harmless(token, first=first):
            return token
        place = _PLACE.fullmatch(token)
        if place and ("/" in place["file"] or "." in place["file"]):
            return self.file(place["file"]) + place["line"]
        if "@" in token[1:]:
            return self._mask(token, "mail")
        if "/" in token and "." in token:
            return self.file(token)
        return self._mask(token, "number" if token.isdigit() else "name")

    def _harmless(self, token: str, *, first: bool) -> bool:
        if token in self._words or token in self._ids or _HEAD.sub("", token) in self._masks:
            return True
        if first and (token[:1].lower() + token[1:]) in self._words:
            return True
        control, _, requirement = token.partition("/")
        if control in self._controls and (requirement in self._words or not requirement):
            return True
        if _PLAIN.fullmatch(token):
            return not token.isdigit() or len(token) <= _LONGEST
        stem = token.removesuffix("'s").removesuffix("’s")
        return stem != token and self._harmless(stem, first=first)

    def value(self, value: Json) -> Json:
        """A value of an inventory, in which numbers that count or measure something are kept."""
        if isinstance(value, str):
            keeps = value in self._ids or (_PLAIN.fullmatch(value) and not value.isdigit())
            return value if keeps or not value.strip() else self.name(value)
        if isinstance(value, Mapping):
            if value.keys() == {"amount", "currency"}:
                return value
            return {self.id(key): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return value

    # --- records

    def report(self, report: Report) -> Report:
        return make_report(
            self._scan(report.scan),
            report.policies,
            [self._document(one) for one in report.documents],
            [self._result(one) for one in report.results],
            [self._problem(one) for one in report.problems],
            complete=report.complete,
        )._replace(gate=report.gate, comparison=self._since(report.comparison), past=self._past(report.past))

    def _past(self, past: LookBack | None) -> LookBack | None:
        """Days and counts alone: commits name a repository, and what people wrote of them names anybody."""
        if past is None:
            return None
        ages = {
            (kind, self.name(document), policy, self.subject(subject), requirement): Age(
                age.status._replace(commit=""), age.open._replace(commit="")
            )
            for (kind, document, policy, subject, requirement), age in past.ages.items()
        }
        return past._replace(ages=ages, subjects={}, unread=())

    def _since(self, since: Comparison | None) -> Comparison | None:
        if since is None:
            return None
        return since._replace(
            baseline=self.file(since.baseline),
            changes=tuple(map(self._change, since.changes)),
            silent=tuple(one._replace(document=self.name(one.document)) for one in since.silent),
        )

    def _change(self, one: ResultChange) -> ResultChange:
        own = _any_of({one.document, one.subject, *one.subject.split("/")} - self._ids - self._words - {""})
        return one._replace(
            document=self.name(one.document),
            subject=self.subject(one.subject),
            message=self.text(one.message, own),
            span=self._span(one.span),
        )

    def _scan(self, scan: ScanInfo) -> ScanInfo:
        return scan._replace(
            digests={},
            commit=None,
            dirty=None,
            notes=(NOTE, *map(self.text, scan.notes)),
            packs=tuple(map(self._pack, scan.packs)),
        )

    def _pack(self, pack: PackInfo) -> PackInfo:
        return pack if pack.folder == "policies" else pack._replace(folder=self._mask(pack.folder, "folder"))

    def _document(self, one: DocumentInfo) -> DocumentInfo:
        return one._replace(
            id=self.name(one.id),
            file=self.file(one.file),
            name=self.name(one.name),
            statements=tuple(map(self._statement, one.statements)),
            taken=tuple(map(self._taken, one.taken)),
        )

    def _taken(self, one: TakenAway) -> TakenAway:
        return one._replace(subjects=tuple(map(self.subject, one.subjects)))

    def _statement(self, one: Statement) -> Statement:
        return one._replace(
            about=tuple(map(self.path, one.about)),
            value=self.value(one.value),
            reason=self.text(one.reason),
            by=self.name(one.by),
            by_name=self.name(one.by_name),
            span=self._span(one.span),
        )

    def _problem(self, one: Problem) -> Problem:
        at = self._span(one.span) if one.span else None
        return Problem(self.text(one.message), at, self.text(one.hint) if one.hint else one.hint)

    def _result(self, one: Result) -> Result:
        own = _any_of(_texts_of(one) - self._ids - self._words)

        def say(text: str) -> str:
            return self.text(text, own)

        return one._replace(
            document=self.name(one.document),
            subject=self.subject(one.subject),
            message=say(one.message),
            span=self._span(one.span),
            evidence=tuple(map(self._read, one.evidence)),
            gaps=tuple(self._gap(gap, say) for gap in one.gaps),
            waiver=self._waiver(one.waiver, say) if one.waiver else None,
            reason=say(one.reason) if one.reason else one.reason,
            figures={key: self.value(value) for key, value in one.figures.items()},
            basis=self._basis(one.basis) if one.basis else None,
            disputed=tuple(map(self._read, one.disputed)),
            statements=tuple(map(self._statement, one.statements)),
        )

    def _read(self, read: ValueRead) -> ValueRead:
        return ValueRead(
            self.path(read.path), self.value(read.value), self._span(read.span) if read.span else None
        )

    def _gap(self, gap: Gap, say: Callable[[str], str]) -> Gap:
        return gap._replace(
            path=self.path(gap.path),
            generic_path=self.path(gap.generic_path),
            question=say(gap.question) if gap.question else gap.question,
            reason=say(gap.reason),
            span=self._span(gap.span) if gap.span else None,
        )

    def _waiver(self, mark: WaiverMark, say: Callable[[str], str]) -> WaiverMark:
        return mark._replace(
            reason=say(mark.reason),
            approved_by=self.name(mark.approved_by),
            approved_by_name=self.name(mark.approved_by_name),
            requested_by_name=self.name(mark.requested_by_name),
            requested_by=self.name(mark.requested_by) if mark.requested_by else None,
            ticket=self.name(mark.ticket) if mark.ticket else None,
        )

    def _basis(self, basis: Basis) -> Basis:
        return basis._replace(
            source=self.text(basis.source) if basis.source else basis.source,
            section=self.path(basis.section),
            path=self.path(basis.path),
            span=self._span(basis.span) if basis.span else None,
        )

    def _span(self, span: Span) -> Span:
        return span._replace(file=self.file(span.file))


def _any_of(texts: Iterable[str]) -> re.Pattern[str] | None:
    """A pattern of some texts as whole words, the longest first, in capitals or not."""
    kept = sorted({text.strip() for text in texts if len(text.strip()) > 1}, key=len, reverse=True)
    if not kept:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, kept))})(?!\w)", re.IGNORECASE)


def _texts_of(result: Result) -> set[str]:
    """The texts of an inventory that a result's sentences may repeat."""
    found = {result.document, result.subject, *result.subject.split("/")}
    reads = (*result.evidence, *result.disputed)
    paths = [*(read.path for read in reads), *(gap.path for gap in result.gaps)]
    found.update(part for path in paths for inside in _BRACKETS.findall(path) for part in inside.split("/"))
    found.update(_strings(read.value for read in reads))
    found.update(part for one in result.statements for part in (one.by, one.by_name, *one.about))
    if result.waiver:
        mark = result.waiver
        who = mark.approved_by, mark.approved_by_name, mark.requested_by, mark.requested_by_name
        found.update(filter(None, (*who, mark.ticket)))
    return {text for text in found if text and not _PLAIN.fullmatch(text)}


def _strings(values: Iterable[Json]) -> Iterable[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            yield from _strings([*value, *value.values()])
        elif isinstance(value, list | tuple):
            yield from _strings(value)
