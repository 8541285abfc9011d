"""The fast pass: each requirement of a policy for each subject of a document, to a status.

In: a policy, the values that its expressions see, and a clock. Out: an `Outcome` for each requirement and
subject, and the earliest turn of all that was evaluated.

Only statuses and the moments at which they may change are worked out here; `explaining` says why for
those that someone has to look at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from policyscan import cel
from policyscan.cel.budget import begin, renew, settle
from policyscan.engine.outcome import (
    APPLIES,
    FOR_EACH,
    NEVER,
    WHEN,
    Evaluated,
    Outcome,
    Turn,
    Values,
    Verdict,
)
from policyscan.findings import Severity, Status
from policyscan.policies.policy import Binding, Code, Need, Policy, Requirement

# Names a subject whose key is an empty text, so that no waiver takes it for the whole document.
_NAMELESS = "?"


# Python 3.11 takes longer to look a member up in its Enum than for most of what is done with it here.
_PASS, _FAIL, _UNKNOWN, _ERROR = Status.PASS, Status.FAIL, Status.UNKNOWN, Status.ERROR


StatusOf: TypeAlias = Callable[[Code, Values, cel.Clock, Status], Status]
"""`status_of`, or what gives the same."""

_EMPTY = {
    "not_applicable": Status.NOT_APPLICABLE,
    "unknown": _UNKNOWN,
    "fail": _FAIL,
    "pass": _PASS,
}


def evaluate(
    policy: Policy, root: Any, clock: cel.Clock, *, keep: bool = False, tables: Values = (),
    status: StatusOf | None = None,
) -> Evaluated:  # fmt: skip
    """All outcomes of a policy for one document: at least one, in a stable order.

    `keep` gives verdicts to those that pass, too. `tables` are the rows of the policy's tables. `status`
    stands in for `status_of` where subjects have something in common.
    """
    run = _Run(policy, clock, keep=keep, every=True, status=status or status_of)
    begin()
    try:
        run.whole(root, tables)
    finally:
        settle(0)
    return Evaluated(run.outcomes, (run.turn_day, run.turn_instant))


def evaluate_lean(policy: Policy, root: Any, clock: cel.Clock) -> Evaluated:
    """The outcomes of a policy for one document, less those that pass now and cannot become due, which are
    counted."""
    run = _Run(policy, clock, keep=False, every=False, status=status_of)
    begin()
    try:
        run.whole(root)
    finally:
        settle(0)
    return Evaluated(run.outcomes, (run.turn_day, run.turn_instant), run.passed)


class _Run:
    """One policy on one document at one moment. This is what a scan does most, so it is kept lean: what
    passes gets no verdicts, often not even an outcome, and the clock's turns are two plain numbers. The
    clock's are those of what is being evaluated, and set back for the next; those of the run are the earliest
    that any of it had."""

    __slots__ = (
        "clashes",
        "clock",
        "every",
        "keep",
        "outcomes",
        "passed",
        "policy",
        "seen",
        "severity",
        "status",
        "turn_day",
        "turn_instant",
    )

    def __init__(
        self, policy: Policy, clock: cel.Clock, *, keep: bool, every: bool, status: StatusOf
    ) -> None:
        self.policy = policy
        self.status = status
        self.keep = keep
        self.every = every
        self.passed = 0
        self.clock = clock
        self.severity = policy.info.severity
        self.seen: dict[str, str] = {}  # each subject, and the label of its list
        self.clashes: set[str] = set()
        self.outcomes: list[Outcome] = []
        self.turn_day, self.turn_instant = NEVER

    def whole(self, root: Any, tables: Values = ()) -> None:
        """The outcomes for a whole document."""
        policy, values = self.policy, (root, *tables)
        self.clock.reset()
        if policy.applies is not None and not self._holds(APPLIES, "", policy.applies, values):
            return
        if policy.for_each:
            self._level(0, values, "")
            if self.clashes:
                self.outcomes = [self._told_apart(outcome) for outcome in self.outcomes]
        else:
            self._subject("", values)

    # --- subjects

    def _level(self, depth: int, values: Values, prefix: str) -> None:
        """The outcomes for all elements of one `for_each` binding, and for those below them."""
        binding, clock = self.policy.for_each[depth], self.clock
        last = depth + 1 == len(self.policy.for_each)
        entry = clock.turn_day, clock.turn_instant
        met = False
        for code, label, key in zip(binding.lists, binding.labels, binding.keys, strict=True):
            clock.turn_day, clock.turn_instant = entry
            verdict, items = self._items(code, values, None)
            if verdict is not None:
                met = True
                self._add(FOR_EACH, _below(prefix, label), verdict, values)
                continue
            base = clock.turn_day, clock.turn_instant
            if not items:
                self._turn()  # something may come to be in it
            for position, item in enumerate(items):
                met = True
                subject = _below(prefix, _identity(item, key, position))
                clock.turn_day, clock.turn_instant = base
                if last:
                    self._subject(subject, (*values, item), label)
                else:
                    self._level(depth + 1, (*values, item), subject)
        if not met:
            self._empty(binding, prefix, values)

    def _empty(self, binding: Binding, prefix: str, values: Values) -> None:
        """The outcome of a binding without a single element."""
        status = _EMPTY[binding.empty]
        verdicts = tuple(Verdict(status, code, values) for code in binding.lists)
        self.outcomes.append(Outcome(FOR_EACH, prefix, status, self.severity, verdicts, self._turn(), values))

    def _items(
        self, code: Code, values: Values, absent: Status | None
    ) -> tuple[Verdict | None, Sequence[Any]]:
        """A list's elements, or its verdict where it has none to give. A list that is null is empty; one of
        something that is null has the status `absent`, or is empty too where that is None."""
        try:
            return None, code.program(self.clock, *values) or ()
        except cel.EvalError as error:
            forget_calls(error)
            status = _UNKNOWN if isinstance(error, cel.Missing) else _ERROR
            if isinstance(error, cel.Absent):
                if absent is None:
                    return None, ()
                status = absent
            return Verdict(status, code, values), ()

    def _unique(self, subject: str, label: str) -> str:
        """The subject's key; where another subject of the policy has it already, with its list's name, and
        where that is not enough, with a number. Only the document as a whole has no key."""
        if label and not subject:
            subject = _NAMELESS
        seen = self.seen
        if subject in seen:
            if subject not in self.clashes:
                self.clashes.add(subject)
                seen[f"{_list_name(seen[subject])}/{subject}"] = seen[
                    subject
                ]  # what the first will be called
            subject = name = f"{_list_name(label)}/{subject}"
            number = 2
            while subject in seen:
                subject, number = f"{name}#{number}", number + 1
        seen[subject] = label
        return subject

    def _told_apart(self, outcome: Outcome) -> Outcome:
        """The outcome of a subject whose key others have too, with its list's name: were the bare key the
        first one's, it would be another's as soon as the first is gone, and its waivers too."""
        if outcome.subject not in self.clashes:
            return outcome
        return outcome._replace(subject=f"{_list_name(self.seen[outcome.subject])}/{outcome.subject}")

    def _subject(self, subject: str, values: Values, label: str = "") -> None:
        policy, clock = self.policy, self.clock
        if policy.tables:
            renew()
        if policy.key is not None:
            try:
                subject = policy.key.program(clock, *values)
            except cel.EvalError as error:
                forget_calls(error)
                status = self.status(policy.key, values, clock, _UNKNOWN)
                verdict = Verdict(status, policy.key, values)
                self._add(FOR_EACH, self._unique(subject, label), verdict, values)
                return
        subject = self._unique(subject, label)
        if policy.when is not None and not self._holds(WHEN, subject, policy.when, values):
            return
        instead: Outcome | None = None
        if policy.needs:
            blocked, instead = self._blocked(policy.needs, subject, values, self.severity)
            if blocked is not None:
                self.outcomes.append(blocked)
                return
        day, instant = self._turn()
        for item in policy.require:
            clock.turn_day, clock.turn_instant = day, instant
            outcome = self._requirement(item, subject, values, instead)
            if outcome is None:
                self.passed += 1
                if clock.turn_day != day or clock.turn_instant != instant:
                    self._turn()
            else:
                self.outcomes.append(outcome)

    def _blocked(
        self, needs: tuple[Need, ...], subject: str, values: Values, severity: Severity
    ) -> tuple[Outcome | None, Outcome | None]:
        """The first need that is not met: one that blocks everything, and one that blocks only a pass."""
        instead: Outcome | None = None
        for need in needs:
            code = need.that
            if need.when is not None:
                applies = self.status(need.when, values, self.clock, _UNKNOWN)
                if applies is _FAIL:
                    continue
                if applies is not _PASS:
                    return self._need(need, subject, Verdict(applies, need.when, values), severity), None
            status = self.status(code, values, self.clock, _UNKNOWN)
            if status is _PASS:
                continue
            outcome = self._need(need, subject, Verdict(status, code, values), severity)
            if not need.blocks_pass_only or outcome.status is _ERROR:
                return outcome, None
            instead = instead or outcome
        return None, instead

    def _need(self, need: Need, subject: str, verdict: Verdict, severity: Severity) -> Outcome:
        status = _ERROR if verdict.status is _ERROR else _UNKNOWN
        return Outcome(need.id, subject, status, severity, (verdict,), self._turn(), verdict.values, need)

    # --- requirements

    def _requirement(
        self, item: Requirement, subject: str, values: Values, instead: Outcome | None
    ) -> Outcome | None:
        if item.when is not None:
            applies = self.status(item.when, values, self.clock, _UNKNOWN)
            if applies is not _PASS:
                shown = Status.NOT_APPLICABLE if applies is _FAIL else applies
                why = (Verdict(applies, item.when, values),)
                return Outcome(item.id, subject, shown, item.severity, why, self._turn(), values, item)
        if item.needs:
            blocked, own = self._blocked(item.needs, subject, values, item.severity)
            if blocked is not None:
                return blocked._replace(requirement=item.id)
            instead = instead or own
        if item.each:
            return self._each(item, subject, values, instead)
        status = self.status(item.that, values, self.clock, item.absent)
        kept = status is not _PASS or self.keep
        verdicts = (Verdict(status, item.that, values),) if kept else ()
        return self._settled(item, instead, status, subject, verdicts, values, 0)

    def _settled(
        self, item: Requirement, instead: Outcome | None, status: Status, subject: str,
        verdicts: tuple[Verdict, ...], values: Values, count: int,
    ) -> Outcome | None:  # fmt: skip
        """A requirement's outcome; None for one that passes, if nobody asks further."""
        if status is _PASS:
            if instead is not None:
                return instead._replace(requirement=item.id, severity=item.severity, turn=self._turn())
            if not self.every and not item.notice_days:
                return None
        return Outcome(item.id, subject, status, item.severity, verdicts, self._turn(), values, item, count)

    def _each(
        self, item: Requirement, subject: str, values: Values, instead: Outcome | None
    ) -> Outcome | None:
        verdicts: list[Verdict] = []
        count = self._elements(item, 0, values, verdicts)
        if len(verdicts) > 1:
            verdicts.sort(key=_worst_first)
        status = verdicts[0].status if verdicts else _PASS
        return self._settled(item, instead, status, subject, tuple(verdicts), values, count)

    def _elements(self, item: Requirement, depth: int, values: Values, verdicts: list[Verdict]) -> int:
        """How many elements were met; verdicts of those for which `that` does not pass are kept."""
        count = 0
        for code in item.each[depth].lists:
            verdict, items = self._items(code, values, item.absent)
            if verdict is not None:
                verdicts.append(verdict)
            if depth + 1 < len(item.each):
                count += sum(
                    self._elements(item, depth + 1, (*values, element), verdicts) for element in items
                )
                continue
            for element in items:
                bound = (*values, element)
                status = self.status(item.that, bound, self.clock, item.absent)
                if status is not _PASS or self.keep:
                    verdicts.append(Verdict(status, item.that, bound))
            count += len(items)
        return count

    # --- what they share

    def _holds(self, requirement: str, subject: str, code: Code, values: Values) -> bool:
        """Whether a condition is true; if not, its outcome is added."""
        status = self.status(code, values, self.clock, _UNKNOWN)
        if status is _PASS:
            return True
        shown = Status.NOT_APPLICABLE if status is _FAIL else status
        verdicts = (Verdict(status, code, values),)
        self.outcomes.append(
            Outcome(requirement, subject, shown, self.severity, verdicts, self._turn(), values)
        )
        return False

    def _add(self, requirement: str, subject: str, verdict: Verdict, values: Values) -> None:
        self.outcomes.append(
            Outcome(requirement, subject, verdict.status, self.severity, (verdict,), self._turn(), values)
        )

    def _turn(self) -> Turn:
        """The turn of what is being evaluated, which is one of the run's too."""
        clock = self.clock
        day, instant = clock.turn_day, clock.turn_instant
        if day < self.turn_day:  # noqa: PLR1730 - a call of min() takes longer
            self.turn_day = day
        if instant < self.turn_instant:  # noqa: PLR1730
            self.turn_instant = instant
        return day, instant


def _worst_first(verdict: Verdict) -> int:
    return -verdict.status.rank


def _list_name(label: str) -> str:
    """What a list is called: the last name of its path, `servers` of `client.servers.filter(s, s.ours)`."""
    path, call, _ = label.partition("(")
    return (path.rpartition(".")[0] if call else path).rpartition(".")[2]


def _below(prefix: str, name: str) -> str:
    return f"{prefix}/{name}" if prefix else name


def status_of(code: Code, values: Values, clock: cel.Clock, absent: Status) -> Status:
    """Pass for true, fail for false; unknown, `absent` or error for what stands in the way of telling."""
    try:
        return _PASS if code.program(clock, *values) else _FAIL
    except cel.EvalError as error:
        forget_calls(error)
        if isinstance(error, cel.Missing):
            return _UNKNOWN
        return absent if isinstance(error, cel.Absent) else _ERROR


def forget_calls(error: cel.EvalError) -> None:
    """Drop an error's traceback, which would keep the document that it came from alive for too long."""
    error.__traceback__ = error.__context__ = None


def _identity(item: Any, key: tuple[str, ...], position: int) -> str:
    """What identifies an element of a list: its own id, or a text itself."""
    if key == (".",) and item is not None:
        return str(item)
    found = item if key else None
    for part in key:
        found = found.get(part) if isinstance(found, dict) else None
    return str(found) if found is not None else f"#{position + 1}"
