"""What turns, and when: what passes now but not throughout its notice period, or fails as soon as it applies.

In go the outcomes of one policy for a document at a moment, and functions that evaluate and explain it at
another; out come the result to show for each outcome that is due, and the first day on which more
may be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from policyscan.cel.clock import NEVER_DAY, NEVER_INSTANT
from policyscan.engine.moments import PolicyClock, end_of_notice, shown, turning, turns_within
from policyscan.engine.outcome import FOR_EACH, NEVER, WHEN, Outcome, Turn, earliest
from policyscan.findings import AHEAD, Countdown, Result, Status
from policyscan.policies.policy import Requirement

PLAIN = (Status.PASS, Status.NOT_APPLICABLE)
"""Statuses that need no account of how they came about, unless it is asked for."""
_MOST_TURNS = 1000  # re-evaluations within one notice period, a bound against clocks that never rest


class Forecast:
    """Finds out whether what passes now will still pass throughout its notice period."""

    def __init__(
        self,
        clock: PolicyClock,
        outcomes_at: Callable[[PolicyClock], Sequence[Outcome]],
        result_at: Callable[[PolicyClock, Outcome], Result],
        change: Callable[[PolicyClock, int], Turn],
    ) -> None:
        """`clock` is the one of now; `outcomes_at` evaluates the policy at another, `result_at` explains an
        outcome of then; `change` is `sight.Viewer.change`."""
        self.clock = clock
        self._outcomes_at = outcomes_at
        self._result_at = result_at
        self._change = change
        self.notice_day = NEVER_DAY
        """The first day on which something may be due that passes without a word now."""
        self._at: dict[int, tuple[PolicyClock, dict[str, list[Outcome]]]] = {}

    def due(self, outcome: Outcome) -> Result | None:
        """The result to show for an outcome that stops passing within its notice period."""
        item = outcome.item
        if item is None or item.__class__ is not Requirement or item.notice_days <= 0:
            return None
        clock = self.clock
        horizon = end_of_notice(clock, item.notice_days)
        outcome = self._settled(clock, horizon, outcome)
        if not turns_within(clock, outcome.turn, item.notice_days):
            self._note(*outcome.turn, item.notice_days)
            return None
        turn = turning(clock, outcome.turn)
        for _ in range(_MOST_TURNS):
            if turn is None:
                return None
            if turn > horizon:
                self._note(NEVER_DAY, turn, item.notice_days)
                return None
            later, outcomes = self._outcomes(turn)
            then = _same(outcome, outcomes.get(outcome.subject, ())) or _gone(outcome, outcomes)
            if then is not None and then.status not in PLAIN:
                return self._result(outcome, then, later, turn)
            then = self._settled(later, horizon, then) if then is not None else None
            following = turning(later, then.turn) if then is not None else None
            turn = following if following is not None and following > turn else None
        return None

    def begins(self, outcome: Outcome, longest: int) -> Result | None:
        """The result to show for a subject that a policy is not about yet, and of which a requirement fails
        on the day from which it is, within that one's notice period. `longest` is the longest of those
        periods, in days."""
        clock = self.clock
        horizon = end_of_notice(clock, longest)
        outcome = self._settled(clock, horizon, outcome)
        if not turns_within(clock, outcome.turn, longest):
            self._note(*outcome.turn, longest)
            return None
        turn = turning(clock, outcome.turn)
        for _ in range(_MOST_TURNS):
            if turn is None:
                return None
            if turn > horizon:
                self._note(NEVER_DAY, turn, longest)
                return None
            later, outcomes = self._outcomes(turn)
            there = outcomes.get(outcome.subject, ())
            failing = next((one for one in there if self._fails_in_time(one, turn)), None)
            if failing is not None:
                begun = outcome._replace(requirement=failing.requirement, severity=failing.severity)
                return self._result(begun, failing, later, turn)
            waiting = next((one for one in there if one.requirement == WHEN), None)
            following = turning(later, self._settled(later, horizon, waiting).turn) if waiting else None
            turn = following if following is not None and following > turn else None
        return None

    def _fails_in_time(self, outcome: Outcome, turn: int) -> bool:
        """Whether a requirement fails at a turn that lies within its notice period."""
        item = outcome.item
        if outcome.status is not Status.FAIL or item.__class__ is not Requirement or item.notice_days <= 0:
            return False
        horizon = end_of_notice(self.clock, item.notice_days)
        if turn > horizon:
            self._note(NEVER_DAY, turn, item.notice_days)
        return turn <= horizon

    def _settled(self, clock: PolicyClock, horizon: int, outcome: Outcome) -> Outcome:
        """An outcome that also turns when other facts are in dispute."""
        change = self._change(clock, horizon)
        return outcome if change == NEVER else outcome._replace(turn=earliest(outcome.turn, change))

    def _note(self, day: int, instant: int, notice_days: int) -> None:
        """Notes that the notice of a turn that lies further ahead begins."""
        if instant < NEVER_INSTANT:
            day = min(day, self.clock.day_of(instant))
        if day < NEVER_DAY:
            self.notice_day = min(self.notice_day, day - notice_days)

    def _outcomes(self, turn: int) -> tuple[PolicyClock, dict[str, list[Outcome]]]:
        found = self._at.get(turn)
        if found is None:
            later = self.clock.at(turn)
            by_subject: dict[str, list[Outcome]] = {}
            for outcome in self._outcomes_at(later):
                by_subject.setdefault(outcome.subject, []).append(outcome)
            found = self._at[turn] = later, by_subject
        return found

    def _result(self, now: Outcome, then: Outcome, later: PolicyClock, turn: int) -> Result:
        item = then.item
        if item.__class__ is Requirement and item.due is not None:
            then = then._replace(item=item._replace(say=item.due))
        explained = self._result_at(later, then)
        if explained.status is Status.ERROR:
            return explained._replace(subject=now.subject, requirement=now.requirement, severity=now.severity)
        clock = self.clock
        days = later.day - clock.day
        when = shown(clock, *now.turn) or str(later.today)
        if turn != turning(clock, now.turn):
            when = str(later.today)
        return explained._replace(
            subject=now.subject,
            requirement=now.requirement,
            severity=now.severity,
            status=Status.DUE,
            message=Countdown("", AHEAD, days, f" ({when}): {explained.message}"),
            until=when,
            gaps=(),
            reason=None,
        )


def _same(now: Outcome, later: Sequence[Outcome]) -> Outcome | None:
    """The later outcome of the same requirement, or what stands in its way by then."""
    for outcome in later:
        if outcome.requirement == now.requirement:
            return outcome
    return next((outcome for outcome in later if outcome.status not in PLAIN), None)


def _gone(now: Outcome, later: Mapping[str, Sequence[Outcome]]) -> Outcome | None:
    """What there is to say of an outcome whose subject is in no list any more: of the list that is empty."""
    subject = now.subject
    while subject:
        subject = subject.rpartition("/")[0]
        for outcome in later.get(subject, ()):
            if outcome.requirement == FOR_EACH and outcome.status not in PLAIN:
                return outcome
    return None
