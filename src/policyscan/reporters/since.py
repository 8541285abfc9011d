"""What changed since a baseline, in words.

In: a comparison. Out: what people read of it, in lines or in parts for a table: what is new first, what is
silent, how many of each there are, and what made it so. Changes of one control of one inventory that have the
same cause are told once, so that what is told stays as long as a person reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from policyscan.display import one_line
from policyscan.findings import ChangeKind, Comparison, ResultChange, Severity, Silence
from policyscan.records import NamedTuple
from policyscan.source import Span

_MOST = 20  # changes of a kind, that are told one by one beside a report
_MOST_SILENT = 12
_NAMED = 5  # inventories that a line names
TOLD = (ChangeKind.NEW, ChangeKind.WORSE, ChangeKind.UNKNOWN, ChangeKind.GONE)
"""What is told one by one beside a report, which shows the rest or has nothing to say of it."""

DECIDES = "only what is new, worse, became unknown or is silent decides the exit code"


class AlikeChanges(NamedTuple):
    """What became of results of one control of one inventory, for one cause: the message of the worst, and
    how many `more` there are."""

    change: ChangeKind
    kind: str
    document: str
    policy: str
    subject: str
    severity: Severity
    message: str
    more: int
    origins: tuple[str, ...]
    span: Span

    @property
    def what(self) -> str:
        """The message on one line, and how many others there are like it."""
        subject, message = one_line(self.subject), one_line(self.message)
        lead = f"{subject}: " if subject and subject not in message else ""
        return lead + message + (f"; and {self.more:,} more" if self.more else "")


def counts(since: Comparison) -> Iterator[tuple[ChangeKind, int]]:
    """How many results there are of each kind of change that there is."""
    for kind in ChangeKind:
        if count := sum(one.change is kind for one in since.changes):
            yield kind, count


def summed_up(since: Comparison) -> str:
    """`since main (as of 2026-10-31): 2 new, 1 fixed, 40 unchanged`."""
    return f"since {one_line(since.baseline)} (as of {one_line(since.as_of)}): {counted(since)}"


def counted(since: Comparison) -> str:
    """`2 new, 1 fixed, 40 unchanged, 1 silent`."""
    said = [f"{count:,} {kind.value}" for kind, count in counts(since)]
    said.append(f"{since.unchanged:,} unchanged")
    if since.silent:
        said.append(f"{len(since.silent):,} silent")
    return ", ".join(said)


def made_by(since: Comparison) -> str:
    """`time 407, inventory 3`: how many changes each origin made, what made most first; empty for none."""
    origins: dict[str, int] = {}
    for one in since.changes:
        for origin in one.origins:
            origins[origin] = origins.get(origin, 0) + 1
    ordered = sorted(origins.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{one_line(origin)} {count:,}" for origin, count in ordered)


def together(changes: Iterable[ResultChange]) -> list[AlikeChanges]:
    """Changes by kind, what matters most first, and in each the greatest severity first."""
    groups: dict[tuple[object, ...], list[ResultChange]] = {}
    for one in changes:
        key = (one.change, one.kind, one.document, one.policy, one.origins)
        groups.setdefault(key, []).append(one)
    kinds = list(ChangeKind)
    # Stable: in each, by inventory.
    return sorted(map(_alike, groups.values()), key=lambda one: (kinds.index(one.change), -one.severity.rank))


def first_of_each(found: Iterable[AlikeChanges], most: int, of_a_kind: int) -> list[AlikeChanges]:
    """The first `most` of some changes, and of each kind no more than `of_a_kind`, so that all are seen."""
    kinds: dict[ChangeKind, list[AlikeChanges]] = {}
    for one in found:
        kinds.setdefault(one.change, []).append(one)
    return [one for alike in kinds.values() for one in alike[:of_a_kind]][:most]


def _alike(group: Sequence[ResultChange]) -> AlikeChanges:
    worst = max(group, key=lambda one: one.severity.rank)
    more = len(dict.fromkeys((one.subject, one.message) for one in group)) - 1
    about = worst.change, worst.kind, worst.document, worst.policy, worst.subject
    return AlikeChanges(*about, worst.severity, worst.message, more, worst.origins, worst.span)


def told(since: Comparison) -> Iterator[str]:
    """What a report says of its baseline: the sums, what is new, and what is silent now."""
    yield f"{summed_up(since)}; {DECIDES}"
    if by := made_by(since):
        yield f"what made it so: {by}"
    found = together(since.changes)
    for kind in TOLD:
        lines = [_line(one) for one in found if one.change is kind]
        yield from lines[:_MOST]
        if len(lines) > _MOST:
            yield f"  and {len(lines) - _MOST:,} more {kind.value}: policyscan diff shows all"
    yield from silences(since.silent)


def _line(one: AlikeChanges) -> str:
    about = " ".join(filter(None, (one.document, one.policy)))
    by = f" [{one_line(', '.join(one.origins))}]" if one.origins else ""
    return f"  {one.change.value}: {one_line(about)} ({one.severity}): {one.what}{by}"


def in_full(since: Comparison) -> Iterator[str]:
    """Every change, those that matter most first, each with its place; then what is silent, and the sums."""
    for kind in ChangeKind:
        changes = (one for one in since.changes if one.change is kind)
        for said, where in dict.fromkeys((line(one), _place(one.span)) for one in changes):
            yield said
            yield f"      {where}"
    yield from map(silence, since.silent)
    yield summed_up(since)


def _place(span: Span) -> str:
    return f"{one_line(span.file)}:{span.line}{one_line(span.in_sheet)}"


def line(one: ResultChange) -> str:
    """`  new: acme AV-01 lt-02 (high): antivirus is off [inventory]`."""
    about = " ".join(filter(None, (one.document, one.policy, one.subject)))
    by = f" [{one_line(', '.join(one.origins))}]" if one.origins else ""
    return f"  {one.change.value}: {one_line(about)} ({one.severity}): {one_line(one.message)}{by}"


def silences(silent: Sequence[Silence]) -> Iterator[str]:
    """What is silent, of many a line for each control, and how to say that it is meant to be so."""
    if len(silent) <= _NAMED:
        yield from map(silence, silent)
        return
    for what, group in _silent_together(silent):
        end = _allowing(group[0], "INVENTORY/CONTROL" if len(group) > 1 else "")
        yield f"  silent: {what}{end}"


def silent_words(silent: Sequence[Silence]) -> Iterator[str]:
    """What is silent, for somebody who gives no commands: `INS-04 was evaluated for acme, north at the …`."""
    for what, group in _silent_together(silent):
        yield what + (" (this is meant to be so)" if group[0].allowed else "")


def _silent_together(silent: Sequence[Silence]) -> Iterator[tuple[str, Sequence[Silence]]]:
    """What is silent, in words, by control, and what it is about; at last what there is no room for."""
    groups: dict[tuple[str, ...], list[Silence]] = {}
    for one in silent:
        alone = () if one.policy and one.document else (one.kind, one.document)
        groups.setdefault((str(one.allowed), one.policy, *alone), []).append(one)
    shown = list(groups.values())
    for group in shown[:_MOST_SILENT]:
        yield _silent_what(group), group
    if rest := [one for group in shown[_MOST_SILENT:] for one in group]:
        yield f"and {len(rest):,} more, which policyscan diff shows", rest


def silence(one: Silence) -> str:
    """What was evaluated and is not any more, and how to say that this is meant to be so."""
    return f"  silent: {_silent_what([one])}{_allowing(one)}"


def _silent_what(group: Sequence[Silence]) -> str:
    one = group[0]
    if not one.policy:
        return one_line(f"{one.document} was evaluated at the baseline, and there is no such inventory now")
    if not one.document:
        return one_line(f"{one.policy} was checked at the baseline, and is not now")
    named = ", ".join(other.document for other in group[:_NAMED])
    more = f" and {len(group) - _NAMED:,} more" if len(group) > _NAMED else ""
    return one_line(f"{one.policy} was evaluated for {named}{more} at the baseline, and does not apply now")


def _allowing(one: Silence, name: str = "") -> str:
    name = name or "/".join(filter(None, (one.document, one.policy)))
    return " (allowed)" if one.allowed else one_line(f"; if that is meant to be so: --allow-silent {name}")
