"""What statements take away: the controls that do not apply, or are easier, because somebody says so.

In go the results of a document, and how it is seen; out come the controls that would be unknown if nobody
stood behind any word, each with the statements that it would take. What is unknown without them is told by
evaluating once more, with all words withheld, the controls that may read one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from policyscan import cel
from policyscan.cel.clock import NEVER_DAY, NEVER_INSTANT
from policyscan.cel.values import Date
from policyscan.display import spoken_path
from policyscan.documents.earning import Word
from policyscan.engine.evaluation import Evaluation
from policyscan.engine.outcome import Outcome, earliest
from policyscan.engine.requirements import evaluate_lean
from policyscan.findings import (
    AHEAD,
    BAD_STATEMENT,
    FINDINGS,
    STATEMENT_ENDS,
    TOO_MUCH_TAKEN,
    Countdown,
    Result,
    Statement,
    Status,
    TakenAway,
)
from policyscan.names import name_of
from policyscan.policies.policy import Policy, Requirement
from policyscan.records import NamedTuple

if TYPE_CHECKING:
    from policyscan.documents.document import Document

NOTICE = 30
"""How many days before a statement runs out it is told."""

_Fact = tuple[int, Any]


class Taking(NamedTuple):
    """What statements take away from a document: the controls, the statements in the order of their places,
    and by control, subject and requirement the numbers of those without which a result would be unknown."""

    taken: tuple[TakenAway, ...] = ()
    statements: tuple[Statement, ...] = ()
    behind: Mapping[tuple[str, str, str], tuple[int, ...]] = {}

    def marked(self, result: Result) -> Result:
        """A result with the statements without which it would be unknown."""
        key = result.policy, result.subject, result.requirement
        numbers = self.behind.get(key) if result.status in (Status.PASS, Status.NOT_APPLICABLE) else None
        return result._replace(statements=tuple(self.statements[n] for n in numbers)) if numbers else result


class _Lost(NamedTuple):
    """An outcome that is unknown without words, and the facts that it lacks; none where it is the answer of
    another control that it lacks."""

    policy: Policy
    outcome: Outcome
    words: tuple[_Fact, ...]


def taking(
    evaluation: Evaluation, policies: Iterable[Policy], results: Sequence[Result],
    statuses: Mapping[str, Status],
) -> Taking:  # fmt: skip
    """What statements take away from a document of which these are the results and rolled-up statuses."""
    earned = evaluation.viewer.earned
    if not earned:
        return Taking()
    keys = frozenset(word.key for _, word in earned)
    about = (policy.about(evaluation.document.kind.name) for policy in policies)
    asked = [p for p in about if p is not None and not p.tables and p.may_read(keys, evaluation.known)]
    lost = list(_lost(evaluation, asked, results)) if asked else []
    return _told(evaluation, earned, lost, statuses) if lost else Taking()


def _lost(evaluation: Evaluation, policies: Sequence[Policy], results: Sequence[Result]) -> Iterator[_Lost]:
    """What is unknown without words and is no finding with them."""
    bare = evaluation.without_words()
    found = {(r.policy, r.subject, r.requirement) for r in results if r.status in FINDINGS or r.waiver}
    subjects = {key[:2] for key in found}
    for policy in policies:
        with bare.asked_by(policy):
            try:
                told = evaluate_lean(policy, bare.document.value, bare.clock)
            except Exception:  # noqa: S112 - the evaluation with words tells of the same crash
                continue
            evaluation.turns(*told.turn)
            for outcome in told.outcomes:
                if outcome.status is not Status.UNKNOWN or _is_told(policy, outcome, found, subjects):
                    continue
                yield _Lost(policy, outcome, tuple(_lacking(bare, outcome)))
    evaluation.explainer.said = earliest(evaluation.explainer.said, bare.explainer.said)


def _is_told(
    policy: Policy, outcome: Outcome, found: set[tuple[str, str, str]], subjects: set[tuple[str, str]]
) -> bool:
    """Whether something is found with words, too, where an outcome is unknown without them."""
    if isinstance(outcome.item, Requirement):
        return (policy.id, outcome.subject, outcome.requirement) in found
    return (policy.id, outcome.subject) in subjects


def _lacking(bare: Evaluation, outcome: Outcome) -> Iterator[_Fact]:
    """The facts that an outcome lacks, as they were read."""
    for verdict in outcome.verdicts:
        if verdict.status is Status.UNKNOWN:
            yield from bare.explainer.facts_lacking(verdict.code, verdict.values)


def _told(
    evaluation: Evaluation, earned: Sequence[tuple[Document, Word]], lost: Sequence[_Lost],
    statuses: Mapping[str, Status],
) -> Taking:  # fmt: skip
    """Which controls are lost, and by which statements."""
    told = {(id(word.container), word.key): (document, word) for document, word in earned}
    named = [(one, [fact for fact in one.words if fact in told]) for one in lost]
    used = {fact: told[fact] for _, facts in named for fact in facts}
    statements, numbers = _statements(evaluation, used)
    behind: dict[tuple[str, str, str], tuple[int, ...]] = {}
    policies: dict[str, tuple[set[int], dict[str, None]]] = {}
    # What lacks the answer of a control comes after that control, which lacks facts itself.
    for one, facts in (*(pair for pair in named if pair[1]), *(pair for pair in named if not pair[1])):
        asked = (policies[id_][0] for id_ in _asked(one.policy, evaluation.known) if id_ in policies)
        mine = sorted({numbers[fact] for fact in facts} if facts else set().union(*asked))
        if mine:
            id_, subject = one.policy.id, one.outcome.subject
            behind[id_, subject, one.outcome.requirement] = tuple(mine)
            by, subjects = policies.setdefault(id_, (set(), {}))
            by.update(mine)
            subjects.update({subject: None} if subject else {})
    taken = (
        TakenAway(id_, statuses.get(id_) is Status.NOT_APPLICABLE, tuple(sorted(by)), tuple(subjects))
        for id_, (by, subjects) in sorted(policies.items())
    )
    return Taking(tuple(taken), statements, behind)


def _asked(policy: Policy, known: Mapping[str, Policy]) -> Sequence[str]:
    """The controls that a control asks, itself or through others."""
    found = [used for used in policy.uses if used in known]
    for one in found:  # which grows on the way
        found.extend(used for used in known[one].uses if used in known and used not in found)
    return found


def _statements(
    evaluation: Evaluation, used: Mapping[_Fact, tuple[Document, Word]]
) -> tuple[tuple[Statement, ...], Mapping[_Fact, int]]:
    """The statements behind some words, in the order of their places, and which is behind which word."""
    spans = {fact: document.place_of(word.statement or {}) for fact, (document, word) in used.items()}
    order = sorted(set(spans.values()))
    made = []
    for span in order:
        words = [used[fact] for fact in used if spans[fact] == span]
        made.append(_statement(evaluation, words)._replace(span=span))
    return tuple(made), {fact: order.index(span) for fact, span in spans.items()}


def _statement(evaluation: Evaluation, words: Sequence[tuple[Document, Word]]) -> Statement:
    """The statement behind some words, which are all of one document."""
    document, word = words[0]
    said = word.statement
    assert said is not None
    paths = (evaluation.explainer.path(document, one.container, one.key) for _, one in words)
    return Statement(
        tuple(sorted(paths)),
        cel.to_json(word.value),
        said["reason"],
        document.key_of(said["by"]) or "somebody",
        str(said["stated_on"]),
        str(Date(word.ends)) if word.ends < NEVER_DAY else "",
        document.place_of(said),
        name_of(said["by"]),
    )


def ending(evaluation: Evaluation, found: Taking) -> Iterator[Result]:
    """A result, due, for each of the document's own statements that runs out soon and takes controls away."""
    document, today = evaluation.document, evaluation.clock.today
    for number, one in enumerate(found.statements):
        if not one.until or one.span.file != document.file:
            continue
        ends = Date.parse(one.until)
        evaluation.turns(int(ends) - NOTICE if ends - today > NOTICE else int(ends), NEVER_INSTANT)
        if ends - today <= NOTICE:
            policies = [taken.policy for taken in found.taken if number in taken.statements]
            yield _due(evaluation, one, ends - today, policies)


def too_much(evaluation: Evaluation, found: Taking, most: int | None) -> Iterator[Result]:
    """A result, a fail, if statements take more controls away than is allowed."""
    away = [one for one in found.taken if one.whole]
    if most is None or len(away) <= most:
        return
    document = evaluation.document
    number = away[0].statements[0]
    yield Result(
        policy=TOO_MUCH_TAKEN.id,
        requirement="limit",
        document=document.id,
        kind=document.kind.name,
        subject="",
        status=Status.FAIL,
        severity=TOO_MUCH_TAKEN.severity,
        message=f"statements take away {len(away)} control{'s' if len(away) > 1 else ''}, and at most {most} "
        f"may be taken away: {', '.join(one.policy for one in away)}",
        span=found.statements[number].span,
    )


def _due(evaluation: Evaluation, one: Statement, days: int, policies: Sequence[str]) -> Result:
    """That a statement runs out in some days, and for which controls it counts until then."""
    document = evaluation.document
    about, said = ", ".join(one.about), ", ".join(map(spoken_path, one.about))
    return Result(
        policy=BAD_STATEMENT.id,
        requirement=STATEMENT_ENDS,
        document=document.id,
        kind=document.kind.name,
        subject=about,
        status=Status.DUE,
        severity=BAD_STATEMENT.severity,
        message=Countdown(
            "",
            AHEAD,
            days,
            f" ({one.until}) the statement of {one.speaker} about {said} runs out; "
            f"by then these controls cannot be told: {', '.join(policies)}",
        ),
        span=one.span,
        until=one.until,
    )
