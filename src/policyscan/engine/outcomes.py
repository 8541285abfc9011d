"""The fast pass: each requirement of a policy for each subject of a document, to a status.

Only statuses and the moments at which they may change are worked out here; `explaining` says why for
those that someone has to look at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from policyscan import cel
from policyscan.findings import Severity, Status
from policyscan.policies.policy import Code, Need, Policy, Requirement

Values = tuple[Any, ...]
Turn = tuple[int, int]

# Requirement ids of results that come before any need or requirement.
APPLIES, FOR_EACH, WHEN = "applies", "for_each", "when"

_EMPTY = {
    "not_applicable": Status.NOT_APPLICABLE,
    "unknown": Status.UNKNOWN,
    "fail": Status.FAIL,
    "pass": Status.PASS,
}


class Verdict(NamedTuple):
    """One expression's outcome, with what it was evaluated on."""

    status: Status
    code: Code
    values: Values


class Outcome(NamedTuple):
    """The status of one requirement for one subject, before it is explained.

    `verdicts` are the expressions that decided (for `each`: those elements that do not pass). `turn` is the
    clock's (turn_day, turn_instant): when a comparison with the clock turns for the first time. `bound` are
    the variables of the subject in the policy's order, `elements` how many an `each` met.
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


def evaluate(policy: Policy, root: Any, clock: cel.Clock) -> list[Outcome]:
    """All outcomes of a policy for one document: at least one, in a stable order."""
    return list(_Run(policy, clock).outcomes(root))


class _Run:
    """One policy on one document at one moment."""

    __slots__ = ("clock", "policy", "seen", "severity")

    def __init__(self, policy: Policy, clock: cel.Clock) -> None:
        self.policy = policy
        self.clock = clock
        self.severity = policy.info.severity
        self.seen: set[str] = set()

    def outcomes(self, root: Any) -> Iterator[Outcome]:
        policy, clock = self.policy, self.clock
        clock.reset()
        values = (root,)
        if policy.applies is not None:
            verdict = self._verdict(policy.applies, values, Status.UNKNOWN)
            if verdict.status is not Status.PASS:
                yield self._early(APPLIES, "", verdict, values)
                return
        if not policy.for_each:
            yield from self._subject("", values)
            return
        yield from self._level(0, values, "")

    # --- subjects

    def _level(self, depth: int, values: Values, prefix: str) -> Iterator[Outcome]:
        """The outcomes of all elements of one `for_each` binding, and of those below them."""
        policy = self.policy
        binding = policy.for_each[depth]
        last = depth + 1 == len(policy.for_each)
        clock = self.clock
        entry = clock.turn_day, clock.turn_instant
        met = False
        empties: list[Verdict] = []
        for index, code in enumerate(binding.lists):
            clock.turn_day, clock.turn_instant = entry
            verdict, items = self._items(code, values, None)
            if items is None:
                met = True
                subject = f"{prefix}/{binding.labels[index]}" if prefix else binding.labels[index]
                yield self._outcome(FOR_EACH, subject, verdict.status, (verdict,), values)
                continue
            empties.append(verdict)
            base = clock.turn_day, clock.turn_instant
            for position, item in enumerate(items):
                met = True
                inner = (*values, item)
                own = _identity(item, binding.keys[index], position)
                subject = f"{prefix}/{own}" if prefix else own
                clock.turn_day, clock.turn_instant = base
                if last:
                    yield from self._subject(self._unique(subject, binding.labels[index]), inner)
                else:
                    yield from self._level(depth + 1, inner, subject)
        if not met:
            status = _EMPTY[binding.empty]
            shown = tuple(v._replace(status=status) for v in empties)
            yield self._outcome(FOR_EACH, prefix, status, shown, values)

    def _items(
        self, code: Code, values: Values, absent: Status | None
    ) -> tuple[Verdict, Sequence[Any] | None]:
        """A list's elements, or its verdict where it has none to give. A list that is null is empty; one of
        something that is null has the status `absent`, or is empty too where that is None."""
        try:
            items = code.program(self.clock, *values)
        except cel.EvalError as error:
            forget_calls(error)
            if isinstance(error, cel.Absent):
                if absent is not None:
                    return Verdict(absent, code, values), None
                items = ()
            else:
                status = Status.UNKNOWN if isinstance(error, cel.Missing) else Status.ERROR
                return Verdict(status, code, values), None
        return Verdict(Status.PASS, code, values), items or ()

    def _unique(self, subject: str, label: str) -> str:
        """The subject's key; where another list of the policy has the same one, with its list's name."""
        if subject in self.seen:
            subject = f"{label.rpartition('.')[2]}/{subject}"
        self.seen.add(subject)
        return subject

    def _subject(self, subject: str, values: Values) -> Iterator[Outcome]:
        policy = self.policy
        if policy.key is not None:
            try:
                subject = policy.key.program(self.clock, *values)
            except cel.EvalError:
                yield self._early(
                    FOR_EACH, subject, self._verdict(policy.key, values, Status.UNKNOWN), values
                )
                return
        if policy.when is not None:
            verdict = self._verdict(policy.when, values, Status.UNKNOWN)
            if verdict.status is not Status.PASS:
                yield self._early(WHEN, subject, verdict, values)
                return
        blocked, held = self._blocked(policy.needs, subject, values, self.severity)
        if blocked is not None:
            yield blocked
            return
        clock = self.clock
        base = clock.turn_day, clock.turn_instant
        for item in policy.require:
            clock.turn_day, clock.turn_instant = base
            yield self._requirement(item, subject, values, held)

    def _blocked(
        self, needs: tuple[Need, ...], subject: str, values: Values, severity: Severity
    ) -> tuple[Outcome | None, Outcome | None]:
        """The first need that is not met: one that blocks everything, and one that blocks only a pass."""
        held: Outcome | None = None
        for need in needs:
            if need.when is not None:
                verdict = self._verdict(need.when, values, Status.UNKNOWN)
                if verdict.status is Status.FAIL:
                    continue
                if verdict.status is not Status.PASS:
                    return self._need(need, subject, verdict, values, severity), None
            verdict = self._verdict(need.that, values, Status.UNKNOWN)
            if verdict.status is Status.PASS:
                continue
            outcome = self._need(need, subject, verdict, values, severity)
            if not need.blocks_pass_only or outcome.status is Status.ERROR:
                return outcome, None
            held = held or outcome
        return None, held

    def _need(
        self, need: Need, subject: str, verdict: Verdict, values: Values, severity: Severity
    ) -> Outcome:
        status = Status.ERROR if verdict.status is Status.ERROR else Status.UNKNOWN
        return Outcome(need.id, subject, status, severity, (verdict,), self._turn(), values, need)

    # --- requirements

    def _requirement(self, item: Requirement, subject: str, values: Values, held: Outcome | None) -> Outcome:
        if item.when is not None:
            verdict = self._verdict(item.when, values, Status.UNKNOWN)
            if verdict.status is not Status.PASS:
                status = Status.NOT_APPLICABLE if verdict.status is Status.FAIL else verdict.status
                return self._outcome(item.id, subject, status, (verdict,), values, item)
        if item.needs:
            blocked, own = self._blocked(item.needs, subject, values, item.severity)
            if blocked is not None:
                return blocked._replace(requirement=item.id)
            held = held or (own._replace(requirement=item.id) if own else None)
        outcome = self._each(item, subject, values) if item.each else self._plain(item, subject, values)
        if held is not None and outcome.status is Status.PASS:
            return held._replace(requirement=item.id, turn=outcome.turn)
        return outcome

    def _plain(self, item: Requirement, subject: str, values: Values) -> Outcome:
        absent = Status.UNKNOWN if item.absent_is_unknown else Status.FAIL
        verdict = self._verdict(item.that, values, absent)
        return self._outcome(item.id, subject, verdict.status, (verdict,), values, item)

    def _each(self, item: Requirement, subject: str, values: Values) -> Outcome:
        verdicts: list[Verdict] = []
        count = self._elements(item, 0, values, verdicts)
        status = Status.PASS
        for verdict in verdicts:
            if verdict.status.rank > status.rank:
                status = verdict.status
        verdicts.sort(key=lambda v: -v.status.rank)
        return Outcome(
            item.id, subject, status, item.severity, tuple(verdicts), self._turn(), values, item, count
        )

    def _elements(self, item: Requirement, depth: int, values: Values, verdicts: list[Verdict]) -> int:
        """How many elements were met; verdicts of those for which `that` does not pass are kept."""
        absent = Status.UNKNOWN if item.absent_is_unknown else Status.FAIL
        if depth == len(item.each):
            verdict = self._verdict(item.that, values, absent)
            if verdict.status is not Status.PASS:
                verdicts.append(verdict)
            return 1
        count = 0
        for code in item.each[depth].lists:
            verdict, items = self._items(code, values, absent)
            if items is None:
                verdicts.append(verdict)
                continue
            for element in items:
                count += self._elements(item, depth + 1, (*values, element), verdicts)
        return count

    # --- expressions

    def _turn(self) -> Turn:
        return self.clock.turn_day, self.clock.turn_instant

    def _verdict(self, code: Code, values: Values, absent: Status) -> Verdict:
        return Verdict(status_of(code, values, self.clock, absent), code, values)

    def _early(self, requirement: str, subject: str, verdict: Verdict, values: Values) -> Outcome:
        status = Status.NOT_APPLICABLE if verdict.status is Status.FAIL else verdict.status
        return self._outcome(requirement, subject, status, (verdict,), values)

    def _outcome(
        self, requirement: str, subject: str, status: Status, verdicts: tuple[Verdict, ...], values: Values,
        item: Requirement | None = None,
    ) -> Outcome:  # fmt: skip
        severity = item.severity if item is not None else self.severity
        return Outcome(requirement, subject, status, severity, verdicts, self._turn(), values, item)


def status_of(code: Code, values: Values, clock: cel.Clock, absent: Status) -> Status:
    """Pass for true, fail for false; unknown, `absent` or error for what stands in the way of telling."""
    try:
        return Status.PASS if code.program(clock, *values) is True else Status.FAIL
    except cel.EvalError as error:
        forget_calls(error)
        if isinstance(error, cel.Missing):
            return Status.UNKNOWN
        return absent if isinstance(error, cel.Absent) else Status.ERROR


def forget_calls(error: cel.EvalError) -> None:
    """Drop an error's traceback, which would keep the document that it came from alive for too long."""
    error.__traceback__ = error.__context__ = None


def _identity(item: Any, key: tuple[str, ...], position: int) -> str:
    """What identifies an element of a list: its own id, or a text itself."""
    if key == (".",):
        return str(item)
    for part in key:
        item = item.get(part) if isinstance(item, dict) else None
    return str(item) if item is not None else f"#{position + 1}"
