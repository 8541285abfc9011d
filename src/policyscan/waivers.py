"""Approved, reasoned, expiring exceptions: `(results, waivers, today) -> results`.

In: results, waivers and the day. Out: the results, some of them marked as waived, and findings about the
waivers themselves.

A waiver marks a fail or what is due; it never deletes a result, and never touches what is unknown. One
that is malformed, expired, too long or without effect is itself a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from policyscan.cel.clock import NEVER_DAY
from policyscan.cel.values import Dangling, Date, Unresolved
from policyscan.findings import BAD_WAIVER, RULE_FAMILY, Result, Severity, Status, WaiverMark
from policyscan.names import looks
from policyscan.records import NamedTuple
from policyscan.source import Span

LONGEST_DAYS = 366  # a year, whichever
ALL = "*"

Locate = Callable[[Any, Any], Span]
_WAIVABLE = frozenset({Status.FAIL, Status.DUE, Status.WARNING})
_NEEDED = ("policy", "reason", "requested_by", "approved_by", "approved_on", "expires_on")
_WORDS = {
    "policy": "which control it is for",
    "reason": "why",
    "requested_by": "who asked for it",
    "approved_by": "who approved it",
    "approved_on": "when it was approved",
    "expires_on": "when it ends",
}


class Waiver(NamedTuple):
    """One complete waiver of a document. Dates are inclusive.

    `*` as subject or requirement means all. No subject means the document as a whole, and a requirement may
    only be left out where the policy has just one: whatever is lost from a waiver never widens it.
    """

    policy: str
    subject: str
    requirement: str
    reason: str
    requested_by: str
    approved_by: str
    approved_on: Date
    expires_on: Date
    ticket: str | None
    span: Span
    number: int
    own: bool  # whether the requester approved it himself

    def covers(self, result: Result) -> bool:
        """Whether it is about this result."""
        return (
            result.policy == self.policy
            and self.subject in (ALL, result.subject)
            and self.requirement in (ALL, result.requirement)
        )

    @property
    def name(self) -> str:
        """What tells it apart from the document's other waivers."""
        return "/".join(part for part in (self.policy, self.subject) if part)


class WaiverProblem(NamedTuple):
    """What is wrong with a waiver, and how bad that is."""

    name: str
    requirement: str
    message: str
    severity: Severity
    span: Span


def apply(
    results: Sequence[Result],
    written: Any,
    today: Date,
    locate: Locate,
    *,
    scanned: Collection[str],
    known: Mapping[str, str],
    requirements: Mapping[str, Sequence[str]],
    document: str = "",
) -> tuple[list[Result], list[WaiverProblem]]:
    """The results of one document with its waivers applied, and what is wrong with the waivers.

    `document` is its id: a waiver that names another one is not for it. `written` is the document's decoded
    `waivers` list (or nothing); `scanned` the ids of the policies that were evaluated, so that a waiver for
    another is not called unused; `known` leads from every id and alias of the pack to its policy's id,
    `requirements` from a policy's id to those of its requirements.
    """
    problems: list[WaiverProblem] = []
    waivers = [
        waiver
        for number, item in enumerate(written if isinstance(written, list) else ())
        if (waiver := _read(number, item, locate, known, requirements, document, problems)) is not None
    ]
    in_force = [waiver for waiver in waivers if _in_force(waiver, today, problems)]
    used: set[int] = set()
    marked = [_marked(result, in_force, used) for result in results]
    for waiver in in_force:
        if waiver.number not in used and waiver.policy in scanned:
            message = f"the waiver of {waiver.name} is not needed: nothing that it covers fails or is due"
            problems.append(WaiverProblem(waiver.name, "used", message, Severity.LOW, waiver.span))
    return marked, problems


def finding(problem: WaiverProblem, document: str, kind: str) -> Result:
    """The finding about a waiver of a document."""
    return Result(
        policy=BAD_WAIVER.id,
        requirement=problem.requirement,
        document=document,
        kind=kind,
        subject=problem.name,
        status=Status.FAIL,
        severity=problem.severity,
        message=problem.message,
        span=problem.span,
    )


def _read(
    number: int,
    item: Any,
    locate: Locate,
    known: Mapping[str, str],
    requirements: Mapping[str, Sequence[str]],
    document: str,
    problems: list[WaiverProblem],
) -> Waiver | None:
    """A complete waiver, or None with its problem."""
    span = locate(item, None)
    name = _named(item, f"waivers[{number}]")

    def refuse(requirement: str, message: str, at: Span) -> None:
        text = f"the waiver of {name} has no effect: {message}"
        problems.append(WaiverProblem(name, requirement, text, Severity.MEDIUM, at))

    missing = [key for key in _NEEDED if not isinstance(item, dict) or _is_blank(item.get(key))]
    if missing:
        words = ", ".join(_WORDS[key] for key in missing)
        refuse("complete", f"it does not say {words}", span)
        return None
    elsewhere = _text(item.get("document"))
    if elsewhere not in ("", document):
        refuse("known", f"it is for {elsewhere}, and this is {document}", locate(item, "document"))
        return None
    if isinstance(item["approved_by"], (Dangling, Unresolved)):
        message = f"nobody in people has the id {item['approved_by']}, who is said to have approved it"
        refuse("approved", message, locate(item, "approved_by"))
        return None
    own = not _names(item["requested_by"]).isdisjoint(_names(item["approved_by"]))
    if isinstance(item["requested_by"], (Dangling, Unresolved)) and not own:
        message = (
            f"nobody in people or providers has the id {item['requested_by']}, who is said to have asked"
        )
        refuse("approved", f"{message}, so that it may be who approved it", locate(item, "requested_by"))
        return None
    if absence := _absence(item["approved_by"], item["approved_on"]):
        refuse("approved", absence, locate(item, "approved_by"))
        return None
    policy = known.get(item["policy"])
    if policy is None and item["policy"].startswith(f"{RULE_FAMILY}-"):
        message = "facts in dispute cannot be waived: one of them is wrong, and has to be put right"
        refuse("known", message, locate(item, "policy"))
        return None
    if policy is None:
        refuse("known", "there is no such control", locate(item, "policy"))
        return None
    its = requirements.get(policy, ())
    requirement = _text(item.get("requirement")) or (its[0] if len(its) == 1 else "")
    if requirement not in (*its, ALL):
        choice = f"{', '.join(its)}, or {ALL} for all"
        if not requirement:
            refuse("complete", f"it does not say for which requirement ({choice})", span)
            return None
        refuse("known", f"there is no requirement {requirement} ({choice})", locate(item, "requirement"))
        return None
    return Waiver(
        policy,
        _text(item.get("subject")),
        requirement,
        item["reason"],
        _text(item["requested_by"]),
        _text(item["approved_by"]),
        item["approved_on"],
        item["expires_on"],
        item.get("ticket"),
        span,
        number,
        own=own,
    )


def next_turn(written: Any, today: Date) -> int:
    """The first day after today (an ordinal) on which a waiver comes into force or is over;
    `NEVER_DAY` if none does. `written` is as for `apply`."""
    items = [item for item in written if isinstance(item, dict)] if isinstance(written, list) else []
    starts = [int(day) for item in items if (day := item.get("approved_on")).__class__ is Date]
    ends = [int(day) + 1 for item in items if (day := item.get("expires_on")).__class__ is Date]
    return min((day for day in (*starts, *ends) if day > today), default=NEVER_DAY)


def _in_force(waiver: Waiver, today: Date, problems: list[WaiverProblem]) -> bool:
    """Whether a waiver has effect today; if it should but has not, the reason is a problem."""

    def refuse(requirement: str, message: str, severity: Severity = Severity.MEDIUM) -> bool:
        problems.append(WaiverProblem(waiver.name, requirement, message, severity, waiver.span))
        return False

    if waiver.own:
        return refuse(
            "approved", f"the waiver of {waiver.name} has no effect: its requester approved it himself"
        )
    if waiver.expires_on - waiver.approved_on > LONGEST_DAYS:
        return refuse("length", f"the waiver of {waiver.name} has no effect: it runs for more than a year")
    if waiver.expires_on < waiver.approved_on:
        return refuse("length", f"the waiver of {waiver.name} has no effect: it ends before it was approved")
    if today > waiver.expires_on:
        return refuse("current", f"the waiver of {waiver.name} expired on {waiver.expires_on}")
    if today < waiver.approved_on:
        return refuse("current", f"the waiver of {waiver.name} is approved only from {waiver.approved_on}")
    return True


def _marked(result: Result, waivers: Iterable[Waiver], used: set[int]) -> Result:
    if result.status not in _WAIVABLE:
        return result
    covering = [waiver for waiver in waivers if waiver.covers(result)]
    if not covering:
        return result
    used.update(waiver.number for waiver in covering)
    waiver = max(covering, key=lambda w: (w.expires_on, -w.number))
    mark = WaiverMark(
        result.status,
        waiver.reason,
        waiver.approved_by,
        str(waiver.expires_on),
        waiver.requested_by,
        waiver.ticket,
    )
    return result._replace(status=Status.WAIVED, waiver=mark)


def _named(item: Any, fallback: str) -> str:
    if not isinstance(item, dict) or not item.get("policy"):
        return fallback
    subject = _text(item.get("subject"))
    return f"{item['policy']}/{subject}" if subject else str(item["policy"])


def _absence(person: Any, day: Date) -> str:
    """Why a person could not approve anything on a day; a day that is not known is no reason."""
    if not isinstance(person, dict):
        return ""
    start, end = person.get("start_date"), person.get("end_date")
    who = f"{_text(person)}, who is said to have approved it on {day},"
    if isinstance(end, Date) and end < day:
        return f"{who} left on {end}"
    if isinstance(start, Date) and start > day:
        return f"{who} started on {start}"
    return ""


def _is_blank(value: Any) -> bool:
    return value is None or not str(value).strip()


def _names(value: Any) -> set[str]:
    """What somebody is called: the id, and the name of a person that it leads to, as they look."""
    names = (value.get("id"), value.get("name")) if isinstance(value, dict) else (value,)
    return {look for name in names for look in looks(_text(name)) if look}


def _text(value: Any) -> str:
    """A text, or the id of what a reference leads to."""
    if isinstance(value, dict):
        return str(value.get("id", ""))
    return "" if value is None else str(value)
