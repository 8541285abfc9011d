"""How old findings are, in words.

In: ages, and the look back that told them. Out: what people read of them.
"""

from __future__ import annotations

from policyscan.display import one_line
from policyscan.findings import TRAITS, Age, LookBack, Onset, Report, Result, Status, identity

_ENOUGH = 7  # digits of a commit
_VERBS = {
    Status.FAIL: "failing",
    Status.UNKNOWN: "unknown",
    Status.DUE: "due",
    Status.WARNING: "a warning",
    Status.ERROR: "an error",
}


def age_of(report: Report, result: Result) -> Age | None:
    """How old a finding is; None where that was not asked, or nobody knows."""
    return report.past.ages.get(identity(result)) if report.past is not None else None


def days(onset: Onset) -> str:
    """`43 days`, `365 days or more`, `today`."""
    return _number(onset.days, "day") + (" or more" if onset.earlier else "") if onset.days else "today"


def aged(report: Report, result: Result) -> str:
    """`failing 43 days, since 9f3c1e2`; empty where it is not known."""
    age = age_of(report, result)
    if age is None:
        return ""
    status = result.waiver.covers if result.waiver is not None else result.status
    verb, onset = _VERBS.get(status, TRAITS[status].label), age.status
    if onset.cause == "uncommitted":
        return f"{verb} since a change that is not committed"
    if onset.earlier:
        text = f"{verb} {days(onset)}"
    else:
        by = onset.commit[:_ENOUGH] if onset.commit else "by time alone"
        day = f"{onset.day}, " if onset.days and not onset.commit else ""
        text = f"{verb} {days(onset)}, since {day}{by}" if onset.days else f"{verb} since today, {by}"
    if age.open.days > onset.days:
        text += f"; to be acted on for {days(age.open)}"
    return text


def since(onset: Onset, past: LookBack) -> str:
    """`since 2026-10-15, 9f3c1e2 "Read out Entra again"`."""
    if onset.cause == "uncommitted":
        return "since a change that is not committed"
    if onset.earlier:
        return f"was so on {onset.day} already"
    if not onset.commit:
        return f"since {onset.day}, by time alone"
    subject = one_line(past.subjects.get(onset.commit, ""))
    return f"since {onset.day}, {onset.commit[:_ENOUGH]}" + (f' "{subject}"' if subject else "")


def how_far(past: LookBack) -> list[str]:
    """How far the look went, and what stood in its way, in sentences."""
    said = [
        f"looked back to {past.first}: {_number(past.commits, 'commit')}, of which {past.touching:,} changed "
        "what is told here; controls and settings are those of now"
    ]
    if past.cut_short:
        said.append(
            "only a part of the history is here, so that findings may be older: git fetch --unshallow, or "
            "fetch-depth: 0, brings the rest"
        )
    elif past.begins:
        said.append("the history begins there")
    if past.unread:
        named = ", ".join(one[:_ENOUGH] for one in past.unread[:3])
        more = f" and {len(past.unread) - 3:,} more" if len(past.unread) > 3 else ""
        said.append(f"passed over, as an inventory could not be read then: {named}{more}")
    return said


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def oldest(report: Report, most: int) -> list[tuple[Result, str]]:
    """The fails that have lasted longest, of each control of each inventory one, with how long."""
    found: dict[tuple[str, ...], tuple[int, Result]] = {}
    for one in report.results:
        age = age_of(report, one)
        if age is not None and one.status in (Status.FAIL, Status.ERROR):
            key = one.kind, one.document, one.policy
            if age.status.days > found.get(key, (-1, one))[0]:
                found[key] = age.status.days, one
    ordered = sorted(found.items(), key=lambda item: (-item[1][0], -item[1][1].severity.rank, item[0]))
    return [(result, aged(report, result)) for _, (_, result) in ordered[:most]]
