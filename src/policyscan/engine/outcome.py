"""What the evaluation of one requirement for one subject gives, before it is explained.

In go nothing but values; out come the plain types that every other module of the engine hands on.
"""

from __future__ import annotations

from typing import Any

from policyscan.cel.clock import NEVER_DAY, NEVER_INSTANT
from policyscan.cel.values import FIRST_INSTANT
from policyscan.display import spoken_path
from policyscan.findings import AGE, Basis, Countdown, EvidenceRule, Gap, Grade, Severity, Status
from policyscan.policies.policy import Code, Need, Requirement
from policyscan.records import NamedTuple

Values = tuple[Any, ...]
Turn = tuple[int, int]
"""When something changes for the first time: the ordinal of the day at whose start it does, and the instant
in nanoseconds since 1970, whichever comes first. See `cel.Clock`."""
NEVER: Turn = NEVER_DAY, NEVER_INSTANT
AT_ONCE: Turn = 0, FIRST_INSTANT
"""The turn of what holds for its own moment only, such as the result of a crash."""

# Requirement ids of results that come before any need or requirement.
APPLIES, FOR_EACH, WHEN = "applies", "for_each", "when"

# What evidence must hold up. A fail needs no proof, and what is unknown stays so.
PROVED = frozenset((Status.PASS, Status.NOT_APPLICABLE))
_EVIDENCE = "evidence"
_NAMES = {
    Grade.DECLARED: "somebody's word",
    Grade.DOCUMENT: "a document",
    Grade.TOOL_EXPORT: "a tool's export",
    Grade.TESTED: "a test",
}


class Verdict(NamedTuple):
    """One expression's outcome, with what it was evaluated on."""

    status: Status
    code: Code
    values: Values


class Shortfall(NamedTuple):
    """Evidence that is not what is asked for. `changes` is the first day (an ordinal) on which it may fall
    short in another way, as when what is weak is too old, too."""

    basis: Basis
    reason: str
    rule: EvidenceRule
    changes: int = NEVER_DAY

    @property
    def message(self) -> str:
        """What is wrong with it, as a sentence without a full stop."""
        basis, age = self.basis, self.rule.max_age_days
        origin = ", ".join(filter(None, (basis.source, basis.collected)))
        where = f"the evidence for {spoken_path(basis.section)}"
        if self.reason == "undated":
            return f"{where} does not say how and on which past day it was collected"
        if self.reason == "elsewhere":
            return f"{where} that is named there is about something else"
        if self.reason == "weak":
            what = f"{where} is {_NAMES[basis.grade]} ({origin})" if basis.path else f"no {where[4:]}"
            return f"{what}; {_least(self.rule.grade)} is asked for"
        if basis.path:
            asked = f" old ({origin}); at most {age} {'is' if age == 1 else 'are'} asked for"
            return Countdown(f"{where} is ", AGE, basis.age_days or 0, asked)
        file = f"and the file is of {basis.collected}" if basis.collected else "nor a day on which it held"
        asked = f"{_days(age or 0)} {'is' if age == 1 else 'are'} asked for"
        return f"there is no {where[4:]}, {file}; at most {asked}"

    @property
    def gap(self) -> Gap:
        """The fact that is missing: better evidence."""
        section, age = self.basis.section, self.rule.max_age_days
        days = f", at most {_days(age)} old" if age is not None else ""
        question = f"What shows the facts about {spoken_path(section)}: {_least(self.rule.grade)}{days}?"
        return Gap(section, f"{_EVIDENCE} for {section}", question, self.basis.span, self.reason)


class Outcome(NamedTuple):
    """The status of one requirement for one subject, before it is explained.

    `verdicts` are the expressions that decided; what passes has none. `turn` is the
    clock's (turn_day, turn_instant): when a comparison with the clock turns for the first time. `bound` are
    the variables of the subject in the policy's order, `elements` how many an `each` met. `gaps` is what
    stands in the way beside the verdicts: members that are not there, or of which nothing can be told.
    `shortfall` is the evidence that is not what was asked for, where that makes it unknown.
    """

    requirement: str
    subject: str
    status: Status
    severity: Severity
    verdicts: tuple[Verdict, ...]
    turn: Turn
    bound: Values
    item: Need | Requirement | None = None
    elements: int = 0
    gaps: tuple[Gap, ...] = ()
    shortfall: Shortfall | None = None

    @property
    def told(self) -> Status:
        """The status that people are told: a fail of what only warns is a warning."""
        warns = self.status is Status.FAIL and self.item.__class__ is Requirement and self.item.warns
        return Status.WARNING if warns else self.status


class Evaluated(NamedTuple):
    """What a policy gives for a document: its outcomes, and the earliest turn of anything in it.

    `turn` is that of what is not among the outcomes too: of what passes, of lists that nothing is in yet.
    Before it, evaluating again gives the same. `passed` counts the passes that are left out.
    """

    outcomes: list[Outcome]
    turn: Turn
    passed: int = 0


def earliest(*turns: Turn) -> Turn:
    """The first of some turns, by day and by instant; never, if there are none."""
    return min((day for day, _ in turns), default=NEVER_DAY), min(
        (instant for _, instant in turns), default=NEVER_INSTANT
    )


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


def _least(grade: Grade) -> str:
    return f"{_NAMES[grade]}{'' if grade is Grade.TESTED else ' or better'}"
