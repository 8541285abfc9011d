"""What changed since a baseline, in words.

In: a comparison. Out: lines for people: what is new first, what is silent, and how many of each there are.
"""

from __future__ import annotations

from collections.abc import Iterator

from policyscan.display import one_line
from policyscan.findings import ChangeKind, Comparison, ResultChange, Silence
from policyscan.source import Span

_MOST = 20  # changes of a kind, that are told one by one beside a report
_TOLD = (ChangeKind.NEW, ChangeKind.WORSE, ChangeKind.UNKNOWN, ChangeKind.GONE)
"""What is told one by one beside a report, which shows the rest or has nothing to say of it."""


def summed_up(since: Comparison) -> str:
    """`since main (as of 2026-10-31): 2 new, 1 fixed, 40 unchanged`."""
    counts = {kind: sum(one.change is kind for one in since.changes) for kind in ChangeKind}
    said = [f"{count:,} {kind.value}" for kind, count in counts.items() if count]
    said.append(f"{since.unchanged:,} unchanged")
    if since.silent:
        said.append(f"{len(since.silent):,} silent")
    return f"since {one_line(since.baseline)} (as of {one_line(since.as_of)}): {', '.join(said)}"


def told(since: Comparison) -> Iterator[str]:
    """What a report says of its baseline: the sums, what is new, and what is silent now."""
    yield f"{summed_up(since)}; only what is new, worse, became unknown or is silent decides the exit code"
    for kind in _TOLD:
        lines = list(dict.fromkeys(line(one) for one in since.changes if one.change is kind))
        yield from lines[:_MOST]
        if len(lines) > _MOST:
            yield f"  and {len(lines) - _MOST:,} more: policyscan diff shows all"
    yield from map(silence, since.silent)


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
    by = f" [{', '.join(one.origins)}]" if one.origins else ""
    return f"  {one.change.value}: {one_line(about)} ({one.severity}): {one_line(one.message)}{by}"


def silence(one: Silence) -> str:
    """What was evaluated and is not any more, and how to say that this is meant to be so."""
    if not one.policy:
        what = f"{one.document} was evaluated at the baseline, and there is no such inventory now"
    elif not one.document:
        what = f"{one.policy} was checked at the baseline, and is not now"
    else:
        what = f"{one.policy} was evaluated for {one.document} at the baseline, and does not apply now"
    name = "/".join(filter(None, (one.document, one.policy)))
    end = " (allowed)" if one.allowed else f"; if that is meant to be so: --allow-silent {name}"
    return f"  silent: {one_line(what)}{one_line(end)}"
