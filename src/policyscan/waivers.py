"""Approved, reasoned, expiring exceptions: `(results, waivers, today) -> results`.

In: results, waivers as they were written, and the day. Out: the results, some of them marked as waived, and
how each waiver stands, of which a finding tells where it is not as it should be.

A waiver marks a fail or what is due; it never deletes a result, and never touches what is unknown. One
that is malformed, expired, too long or without effect is itself a finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, TypeAlias

from policyscan.cel.clock import NEVER_DAY
from policyscan.cel.values import Dangling, Date, Unresolved
from policyscan.fillers import SAYS, is_placeholder
from policyscan.findings import (
    BAD_WAIVER,
    ENDING,
    RULE_FAMILY,
    Countdown,
    Result,
    Severity,
    Status,
    WaiverMark,
)
from policyscan.names import looks, name_of
from policyscan.records import NamedTuple
from policyscan.source import Span

LONGEST_DAYS = 366  # a year, whichever
NOTICE = 30  # days before its end at which a waiver is due for renewal
ALL = "*"

Locate = Callable[[Any, Any], Span]
Accepts: TypeAlias = Callable[[str, str, str], "Mapping[tuple[str, str], bool] | str"]
"""What a waiver's `accept` says of a policy's results, given the policy, the requirement and the expression:
by requirement and subject whether it is true there, or in words why it cannot be understood."""

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


class WaiverState(Enum):
    """How a waiver stands on a day."""

    ACTIVE = "active"
    EXPIRING = "expiring"  # active, and near its end
    NOT_YET = "not yet in force"
    EXPIRED = "expired"
    UNUSED = "not needed"
    EXCEEDED = "exceeded"  # what is there is worse than what was accepted
    MALFORMED = "malformed"
    UNKNOWN = "for nothing known"  # no such control, requirement or inventory
    TOO_LONG = "too long"


IN_FORCE = frozenset({WaiverState.ACTIVE, WaiverState.EXPIRING, WaiverState.UNUSED, WaiverState.EXCEEDED})
"""States of a waiver that counts on the day, whether or not there is anything that it covers."""


class WrittenWaiver(NamedTuple):
    """A waiver as somebody wrote it: decoded values, the place of any of them, and what to call it where it
    does not say for which control it is. `shared`: it stands in a file for several inventories. `blanks` are
    its keys with nothing after them."""

    item: Any
    locate: Locate
    label: str
    shared: bool = False
    blanks: Collection[str] = ()


class Scene(NamedTuple):
    """What waivers of a document are judged by.

    `scanned` are the ids of the policies that were evaluated, so that a waiver for another is not called
    unused; `known` leads from every id and alias of the pack to its policy's id, `requirements` from a
    policy's id to those of its requirements. `longest` is how many days a waiver may run.
    """

    today: Date
    document: str
    scanned: Collection[str]
    known: Mapping[str, str]
    requirements: Mapping[str, Sequence[str]]
    longest: int = LONGEST_DAYS
    accepts: Accepts | None = None


class Waiver(NamedTuple):
    """One complete waiver of a document. Dates are inclusive.

    A `*` in subject or requirement stands for any text. No subject means the document as a whole, and a
    requirement may only be left out where the policy has just one: whatever is lost from a waiver never
    widens it. `accepted` says of which results `accept` is true, None for all.
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
    shared: bool = False
    accept: str | None = None
    accepted: Mapping[tuple[str, str], bool] | None = None
    approved_by_name: str = ""
    requested_by_name: str = ""

    def is_about(self, result: Result) -> bool:
        """Whether it was approved for this result, as far as that is worth covering."""
        return (
            result.policy == self.policy
            and matches(self.subject, result.subject)
            and matches(self.requirement, result.requirement)
        )

    def takes(self, result: Result) -> bool:
        """Whether what it accepts is not exceeded by a result that it is about."""
        return self.accepted is None or self.accepted.get((result.requirement, result.subject)) is True

    @property
    def name(self) -> str:
        """What tells it apart from the document's other waivers."""
        return "/".join(part for part in (self.policy, self.subject) if part)


class WaiverStanding(NamedTuple):
    """How a waiver stands, and what there is to say of it: nothing (no `message`) of one that is as it should
    be. `covers` are the requirement and subject of each result that it marks."""

    state: WaiverState
    name: str
    span: Span
    waiver: Waiver | None = None
    covers: tuple[tuple[str, str], ...] = ()
    requirement: str = ""
    message: str = ""
    severity: Severity = Severity.MEDIUM
    until: str | None = None


class _Refused(Exception):
    """Why a waiver has no effect: the state, the id of what is not met, words, and the key that is wrong."""

    def __init__(self, state: WaiverState, requirement: str, message: str, key: str | None = None) -> None:
        super().__init__(message)
        self.state, self.requirement, self.message, self.key = state, requirement, message, key


def judge(
    results: Sequence[Result], written: Sequence[WrittenWaiver], scene: Scene
) -> tuple[list[Result], list[WaiverStanding]]:
    """The results of one document with its waivers applied, and how each waiver stands, in order."""
    standings: dict[int, WaiverStanding] = {}
    in_force: list[Waiver] = []
    for number, one in enumerate(written):
        try:
            in_force.append(_in_force(_read(number, one, scene), scene))
        except _Refused as why:
            standings[number] = _refused(one, why)
    used: dict[int, list[Result]] = {}
    exceeded: set[int] = set()
    marked = [_marked(result, in_force, used, exceeded) for result in results]
    for waiver in in_force:
        covered = used.get(waiver.number, [])
        standings[waiver.number] = _standing(waiver, covered, scene, exceeded=waiver.number in exceeded)
    return marked, [standings[number] for number in sorted(standings)]


def finding(standing: WaiverStanding, document: str, kind: str) -> Result:
    """The finding about a waiver of a document, of which there is something to say."""
    return Result(
        policy=BAD_WAIVER.id,
        requirement=standing.requirement,
        document=document,
        kind=kind,
        subject=standing.name,
        status=Status.DUE if standing.state is WaiverState.EXPIRING else Status.FAIL,
        severity=standing.severity,
        message=standing.message,
        span=standing.span,
        until=standing.until,
    )


def next_turn(written: Iterable[WrittenWaiver], today: Date) -> int:
    """The first day after today (an ordinal) on which a waiver comes into force, is near its end or is over;
    `NEVER_DAY` if none does."""
    items = [one.item for one in written if isinstance(one.item, dict)]
    days = [int(day) for item in items if (day := item.get("approved_on")).__class__ is Date]
    for item in items:
        if (day := item.get("expires_on")).__class__ is Date:
            days += [int(day) - NOTICE, int(day) + 1]
    return min((day for day in days if day > today), default=NEVER_DAY)


def matches(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern says, in which a `*` stands for any text; `*` alone for none, too."""
    if pattern in (text, ALL):
        return True
    if ALL not in pattern or not text:
        return False
    return re.fullmatch(".*".join(map(re.escape, pattern.split(ALL))), text, re.DOTALL) is not None


# --- reading


def _read(number: int, one: WrittenWaiver, scene: Scene) -> Waiver:
    """A complete waiver; raises _Refused for what is none."""
    item = one.item
    missing = [key for key in _NEEDED if not isinstance(item, dict) or _is_blank(item.get(key))]
    if missing:
        words = ", ".join(_WORDS[key] for key in missing)
        raise _Refused(WaiverState.MALFORMED, "complete", f"it does not say {words}")
    if is_placeholder(item["reason"], "reason"):
        message = f"{item['reason']!r} {SAYS['reason']}"
        raise _Refused(WaiverState.MALFORMED, "complete", message, "reason")
    elsewhere = _text(item.get("document"))
    if not one.shared and elsewhere not in ("", scene.document):
        message = f"it is for {elsewhere}, and this is {scene.document}"
        raise _Refused(WaiverState.UNKNOWN, "known", message, "document")
    _check_approval(item)
    policy = _policy(item["policy"], scene)
    requirement = _requirement(item, policy, scene)
    accept = "" if "accept" in one.blanks else item.get("accept")
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
        one.locate(item, None),
        number,
        one.shared,
        accept,
        _accepted(policy, requirement, accept, scene) if accept is not None else None,
        name_of(item["approved_by"]),
        name_of(item["requested_by"]),
    )


def _check_approval(item: Mapping[str, Any]) -> None:
    """_Refused for an approval by nobody, by who asked for it, or by who was not there."""
    requester, approver = item["requested_by"], item["approved_by"]
    malformed = WaiverState.MALFORMED
    if isinstance(approver, (Dangling, Unresolved)):
        message = f"nobody in people has the id {approver}, who is said to have approved it"
        raise _Refused(malformed, "approved", message, "approved_by")
    if not _names(requester).isdisjoint(_names(approver)):
        raise _Refused(malformed, "approved", "its requester approved it too")
    if isinstance(requester, (Dangling, Unresolved)):
        message = f"nobody in people or providers has the id {requester}, who is said to have asked for it"
        raise _Refused(malformed, "approved", f"{message}, so that it may be who approved it", "requested_by")
    if absence := _absence(approver, item["approved_on"]):
        raise _Refused(malformed, "approved", absence, "approved_by")


def _policy(id_: str, scene: Scene) -> str:
    """The id of the policy that an id or alias leads to; raises _Refused."""
    policy = scene.known.get(id_)
    if policy is not None:
        return policy
    message = "there is no such control"
    if id_.startswith(f"{RULE_FAMILY}-"):
        message = "facts in dispute cannot be waived: one of them is wrong, and has to be put right"
    raise _Refused(WaiverState.UNKNOWN, "known", message, "policy")


def _requirement(item: Mapping[str, Any], policy: str, scene: Scene) -> str:
    """The requirement that a waiver is for, or a pattern of several; raises _Refused."""
    its = scene.requirements.get(policy, ())
    said = _text(item.get("requirement"))
    requirement = said or (its[0] if len(its) == 1 else "")
    if requirement and any(matches(requirement, one) for one in (*its, ALL)):
        return requirement
    choice = f"{', '.join(its)}, or {ALL} for all"
    if not said:
        message = f"it does not say for which requirement ({choice})"
        raise _Refused(WaiverState.MALFORMED, "complete", message)
    raise _Refused(WaiverState.UNKNOWN, "known", f"there is no requirement {said} ({choice})", "requirement")


def _accepted(policy: str, requirement: str, accept: Any, scene: Scene) -> Mapping[tuple[str, str], bool]:
    """Of which results of a policy an expression is true; raises _Refused for one that is wrong."""
    found: Mapping[tuple[str, str], bool] | str = "it is blank"
    if isinstance(accept, str) and accept.strip() and scene.accepts is not None:
        found = scene.accepts(policy, requirement, accept)
    if isinstance(found, str):
        message = f"what it accepts cannot be understood: {found}"
        raise _Refused(WaiverState.MALFORMED, "complete", message, "accept")
    return found


# --- judging


def _in_force(waiver: Waiver, scene: Scene) -> Waiver:
    """A waiver that has effect today; raises _Refused for one that has not."""
    length, today = waiver.expires_on - waiver.approved_on, scene.today
    if length > scene.longest:
        allowed = "a year" if scene.longest >= LONGEST_DAYS - 1 else f"the {scene.longest} days allowed"
        raise _Refused(WaiverState.TOO_LONG, "length", f"it runs for more than {allowed}")
    if length < 0:
        raise _Refused(WaiverState.MALFORMED, "length", "it ends before it was approved")
    if today > waiver.expires_on:
        raise _Refused(WaiverState.EXPIRED, "current", f"expired on {waiver.expires_on}")
    if today < waiver.approved_on:
        raise _Refused(WaiverState.NOT_YET, "current", f"is approved only from {waiver.approved_on}")
    return waiver


def _refused(one: WrittenWaiver, why: _Refused) -> WaiverStanding:
    """How a waiver stands that has no effect."""
    name = _named(one.item, one.label)
    said = why.message if why.requirement == "current" else f"has no effect: {why.message}"
    span = one.locate(one.item, why.key)
    message = f"the waiver of {name} {said}"
    return WaiverStanding(why.state, name, span, requirement=why.requirement, message=message)


def not_needed(name: str, subject: str | None) -> str:
    """What to say of a waiver that covers nothing; most who write one without a subject mean any."""
    text = f"the waiver of {name} is not needed: nothing that it covers fails or is due"
    if subject:
        return text
    return f"{text}; as it names no subject, it covers the inventory as a whole, and nothing in it"


def _standing(waiver: Waiver, covered: Sequence[Result], scene: Scene, *, exceeded: bool) -> WaiverStanding:
    """How a waiver stands that is in force, and covers some results."""
    covers = tuple(sorted({(result.requirement, result.subject) for result in covered}))
    standing = WaiverStanding(WaiverState.ACTIVE, waiver.name, waiver.span, waiver, covers)
    about = f"the waiver of {waiver.name}"
    if exceeded:
        message = f"{about} does not cover all that fails: it accepts no more than `{_line(waiver.accept)}`"
        return standing._replace(
            state=WaiverState.EXCEEDED, requirement="accepted", message=message, severity=Severity.LOW
        )
    if not covers and waiver.policy not in scene.scanned:
        return standing
    if not covers:
        standing = standing._replace(state=WaiverState.UNUSED)
        if waiver.shared:  # another inventory may need it: who has seen all of them tells
            return standing
        message = not_needed(waiver.name, waiver.subject)
        return standing._replace(requirement="used", message=message, severity=Severity.LOW)
    left = waiver.expires_on - scene.today
    if left <= NOTICE:
        after = f" ({waiver.expires_on}): what it covers counts again from then on"
        message = Countdown(f"{about} ends ", ENDING, left, after)
        return standing._replace(
            state=WaiverState.EXPIRING, requirement="ends", message=message, severity=Severity.LOW,
            until=str(Date(int(waiver.expires_on) + 1)),
        )  # fmt: skip
    return standing


def _marked(
    result: Result, waivers: Iterable[Waiver], used: dict[int, list[Result]], exceeded: set[int]
) -> Result:
    if result.status not in _WAIVABLE:
        return result
    about = [waiver for waiver in waivers if waiver.is_about(result)]
    covering = [waiver for waiver in about if waiver.takes(result)]
    if not covering:
        exceeded.update(waiver.number for waiver in about)
        return result
    for waiver in covering:
        used.setdefault(waiver.number, []).append(result)
    waiver = max(covering, key=lambda w: (w.expires_on, -w.number))
    mark = WaiverMark(
        result.status,
        waiver.reason,
        waiver.approved_by,
        str(waiver.expires_on),
        waiver.requested_by,
        waiver.ticket,
        waiver.accept,
        waiver.span if waiver.shared else None,
        waiver.approved_by_name,
        waiver.requested_by_name,
    )
    return result._replace(status=Status.WAIVED, waiver=mark)


# --- words


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
    who = f"{name_of(person) or _text(person)}, who is said to have approved it on {day},"
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


def _line(text: str | None) -> str:
    return " ".join((text or "").split())
