"""`scan`: policies and documents to a report, document by document.

In: documents with those that they refer to, and a `Plan`. Out: a `Report`; what fails in one document or
policy is an error there and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from policyscan import waivers
from policyscan.cel.clock import NEVER_INSTANT
from policyscan.documents.seeing import seen
from policyscan.engine.evaluation import Evaluation, crashed
from policyscan.engine.moments import PolicyClock, shared_clock
from policyscan.engine.outcome import AT_ONCE, NEVER, Turn
from policyscan.engine.plan import Plan
from policyscan.engine.projection import MemberSource, Projector, projector_for
from policyscan.engine.sight import Viewer
from policyscan.engine.taking import Taking, ending, taking, too_much
from policyscan.findings import (
    MET,
    DocumentInfo,
    Grade,
    PolicyInfo,
    Problem,
    Report,
    Result,
    ScanInfo,
    Status,
    make_report,
    report_in_order,
    roll_up,
)
from policyscan.records import NamedTuple

if TYPE_CHECKING:
    from policyscan.documents.document import Document
    from policyscan.engine.assigning import Decision
    from policyscan.errors import PolicyscanError
    from policyscan.packed import Packed
    from policyscan.policies.policy import Policy


_NAMED = 3  # inventories that a note names
_MOST_AS_THEY_ARE = 20_000
"""Results that are held as they are: to pack them takes time, and saves memory only where there are many."""
_MOST_DOCUMENTS = 5_000
"""Documents that are, however few their results."""


class Scanned(NamedTuple):
    """What one document gave: its line in the report, the results that are kept, and which of the documents
    that they rest on are from after the day of the scan.

    `turn` is the first moment at which any of its results may change, those that pass or do not apply too:
    which there are, their statuses, whether they are waived or due, and the statuses, counts and grades of
    `info`. `said` is the first at which what is said of them may change (messages, values read, what an
    unknown one lacks), but for numbers of days: see `later`. A moment is a day (an ordinal, in the document's
    own time zone) and an instant (nanoseconds since 1970), whichever comes first; one that is not ahead says
    that the results hold for their own moment only.
    `shared` are the plan's waivers for several documents that are in force for this one, by number, and
    whether there is anything that they cover. `met` are the claims of assigned profiles that meet it. `zones`
    are the time zones whose days and instants count: the document's own, then those of what it refers to.
    """

    info: DocumentInfo
    results: list[Result]
    newer: tuple[str, ...] = ()
    turn: Turn = NEVER
    shared: tuple[tuple[int, bool], ...] = ()
    met: tuple[int, ...] = ()
    said: Turn = NEVER
    zones: tuple[str, ...] = ()

    def later(self, days: int) -> Scanned:
        """What the document gives some days later, before anything else changes than how old what is."""
        return self._replace(results=[result.later(days) for result in self.results]) if days else self


def scan_document(
    document: Document, plan: Plan, context: Sequence[Document] = (), projector: Projector | None = None
) -> Scanned:
    """All results of one document, waivers applied; `context` are the documents that it refers to.

    `projector` takes what is needed of it for documents that come last, and gives them what it has.

    Results that pass or do not apply are counted, and kept only if the plan asks for everything.
    """
    statuses: dict[str, Status] = {}
    counts: dict[Status, int] = {}
    grades: dict[Grade, int] = {}
    evaluation, crash, found, judged = None, False, Taking(), Judged([])
    whose: Decision | None = None
    try:
        evaluation = open_evaluation(document, plan, context, projector)
        whose, plan = evaluation.decision, own_plan(plan, evaluation)
        judged = waived(plan, evaluation, evaluation.results(plan.policies))
        results = judged.results
        if whose is not None and whose.finding is not None:
            results.append(whose.finding)
        if projector is not None and projector.wants(document):
            projector.take(evaluation)
        statuses, counts = evaluation.statuses, evaluation.counts
    except Exception as error:
        crash = True
        results = [crashed(document.id, document.kind.name, document, error)]
    roll_up(results, statuses, counts)
    if evaluation is not None and not crash:
        found = taking(evaluation, plan.policies, results, statuses)
        results = [*map(found.marked, results)] if plan.full else results
        soon = [*ending(evaluation, found), *too_much(evaluation, found, plan.max_taken_away)]
        roll_up(soon, statuses, counts)
        results.extend(soon)
    if plan.grades and evaluation is not None:
        grades, failed = _grades(evaluation, plan, statuses)
        roll_up(failed, statuses, counts)
        results.extend(failed)
    turn, said = AT_ONCE, AT_ONCE
    zones: tuple[str, ...] = ()
    if evaluation is not None and not crash:
        turn, said = evaluation.turn, evaluation.said
        zones = tuple(dict.fromkeys(document_clock(one, plan).zone for one in (document, *context)))
    name, as_of = name_of(document), str(document.as_of or "")
    info = DocumentInfo(
        document.id, document.kind.name, document.file, name, as_of, statuses, counts, grades,
        found.statements, found.taken, *((whose.profile, whose.place) if whose is not None else ()),
    )  # fmt: skip
    newer = tuple(evaluation.newer()) if evaluation is not None else ()
    met = whose.met if whose is not None else ()
    return Scanned(info, results, newer, turn, judged.shared, met, said, zones)


def open_evaluation(
    document: Document, plan: Plan, context: Sequence[Document], projector: Projector | None = None
) -> Evaluation:
    """A document as it is seen at the plan's moment, with the tables of its members if it has any."""
    tables = None
    if projector is not None and document.kind.name in projector.kinds:
        tables = projector.tables(document, lambda member, its: _opened(member, plan, its, projector))
    clock = document_clock(document, plan)
    viewer = Viewer(
        seen(document, clock, trusting=True),
        clock,
        plan.known,
        [seen(one, clock, trusting=True) for one in context],
        plan.rules,
        lambda one: document_clock(one, plan),
        evidence=plan.evidence,
        gaps=plan.gaps,
        trusting=plan.trusting,
    )
    if plan.assigning is None:
        return Evaluation(viewer, clock, full=plan.full, tables=tables, rule=plan.rule)
    from policyscan.engine.assigning import decided, settled

    plain = partial(Evaluation, viewer, clock, full=False)
    decision = decided(plan.assigning, viewer.first.document, clock, lambda: plain().explainer)
    plan = settled(plan, decision)
    viewer.known = plan.known
    made = Evaluation(viewer, clock, full=plan.full, tables=tables, rule=plan.rule, decision=decision)
    made.turns(*decision.turn)
    return made


def own_plan(plan: Plan, evaluation: Evaluation) -> Plan:
    """The plan of a document, which is its profile's where the settings assign several."""
    if evaluation.decision is None:
        return plan
    from policyscan.engine.assigning import settled

    return settled(plan, evaluation.decision)


def _opened(member: Document, plan: Plan, context: Sequence[Document], projector: Projector) -> Evaluation:
    """A member that is read for a document of which it is one."""
    evaluation = open_evaluation(member, plan, context)
    projector.newer.update(evaluation.newer())
    return evaluation


def _grades(
    evaluation: Evaluation, plan: Plan, statuses: Mapping[str, Status]
) -> tuple[dict[Grade, int], list[Result]]:
    """How many of the policies that pass rest on each grade of evidence, the strongest first; an error for
    each of which that could not be worked out."""
    grades: list[Grade] = []
    failed: list[Result] = []
    for policy in plan.policies:
        if statuses.get(policy.id) in MET:
            try:
                own = policy.about(evaluation.document.kind.name) or policy
                grades.append(evaluation.grade_of(own, evaluation.clock))
            except Exception as error:
                failed.append(evaluation.crash(policy, error))
    return {grade: grades.count(grade) for grade in sorted(set(grades), reverse=True)}, failed


class Judged(NamedTuple):
    """Results with waivers applied, with the findings about these; the plan's shared waivers that are in
    force, by number, and whether they cover something; and how each waiver stands."""

    results: list[Result]
    shared: tuple[tuple[int, bool], ...] = ()
    standings: tuple[waivers.WaiverStanding, ...] = ()


def waived(plan: Plan, evaluation: Evaluation, results: list[Result]) -> Judged:
    """The results of a document with its waivers applied, and what is to be said of the waivers."""
    document, today = evaluation.document, evaluation.clock.today
    found = waivers_of(plan, document)
    written = [one for _, one in found]
    if not written:
        return Judged(results)
    evaluation.turns(waivers.next_turn(written, today), NEVER_INSTANT)
    scene = waivers.Scene(
        today,
        document.id,
        {policy.info.id for policy in plan.policies},
        plan.aliases,
        plan.requirements,
        plan.max_waiver_days or waivers.LONGEST_DAYS,
        _accepts(plan, evaluation, written),
    )
    marked, standings = waivers.judge(results, written, scene)
    told = [one for one in standings if one.message]
    marked += (waivers.finding(one, document.id, document.kind.name) for one in told)
    used = tuple(
        (number, one.state is not waivers.WaiverState.UNUSED)
        for (number, _), one in zip(found, standings, strict=True)
        if number is not None
        and one.state in waivers.IN_FORCE
        and (one.covers or one.state is not waivers.WaiverState.ACTIVE)
    )
    return Judged(marked, used, tuple(standings))


def waivers_of(plan: Plan, document: Document) -> list[tuple[int | None, waivers.WrittenWaiver]]:
    """The waivers that are for a document: its own, and those of the plan's with their numbers."""
    own = document.value.get("waivers")
    found: list[tuple[int | None, waivers.WrittenWaiver]] = [
        (None, waivers.WrittenWaiver(item, document.place_of, f"waivers[{number}]", False, blanks))
        for number, item in enumerate(own if isinstance(own, list) else ())
        for blanks in (document.blank_keys(item),)
    ]
    if plan.shared:
        from policyscan.engine.excepting import shared_for

        found += shared_for(plan, document)
    return found


def _accepts(
    plan: Plan, evaluation: Evaluation, written: Sequence[waivers.WrittenWaiver]
) -> waivers.Accepts | None:
    """What tells what waivers accept, where one of them says it."""
    if plan.accepting is None or not any(isinstance(o.item, dict) and "accept" in o.item for o in written):
        return None
    from policyscan.engine.excepting import acceptance

    return acceptance(plan.accepting, evaluation)


def _idle(
    plan: Plan, used: Mapping[int, bool], first: Mapping[int, DocumentInfo]
) -> Iterator[tuple[int, Result]]:
    """The findings that shared waivers, by number, cover nothing, in the first document that each is for."""
    for number in sorted(number for number, covers in used.items() if not covers):
        from policyscan.engine.excepting import idle

        for result in idle(plan, number, first[number]):
            yield number, result


def with_idle(idle: Iterable[tuple[int, Result]], infos: Iterable[DocumentInfo]) -> Iterator[Result]:
    """The findings of waivers that cover nothing, counted in the documents that they are about."""
    known = {(info.kind, info.id): info for info in infos}
    for _, result in idle:
        info = known[result.kind, result.document]
        roll_up([result], info.statuses, info.counts)  # type: ignore[arg-type]
        yield result


def name_of(document: Document) -> str:
    """What the document's organisation is called, where it says so."""
    organisation = document.value.get("organisation")
    name = organisation.get("name") if isinstance(organisation, dict) else document.value.get("name")
    return name if isinstance(name, str) else ""


def document_clock(document: Document, plan: Plan) -> PolicyClock:
    """The clock of a document: its own time zone, else the plan's."""
    return shared_clock(plan.moment, document.time_zone or plan.zone)


def scan(
    documents: Iterable[tuple[Document, Sequence[Document]]],
    plan: Plan,
    about: Callable[[], ScanInfo],
    problems: Callable[[], Iterable[PolicyscanError]],
    source: MemberSource | None = None,
) -> Report:
    """The report on all documents (each with those that it refers to), evaluated one by one.

    `source` is where the members of documents come from, which come after these.
    """
    projector = projector_for(plan, source)
    scanned = (scan_document(document, plan, context, projector) for document, context in documents)
    return report_of(scanned, plan, about, problems, projector)


def report_of(
    scanned: Iterable[Scanned],
    plan: Plan,
    about: Callable[[], ScanInfo],
    problems: Callable[[], Iterable[PolicyscanError]],
    projector: Projector | None = None,
) -> Report:
    """The report on all documents, of what each of them gave.

    `about` and `problems` are asked at the end, when every document has been read.
    """
    infos: list[DocumentInfo] = []
    results: list[Result] = []
    packed: Packed | None = None
    ids: set[str] = set()
    met: set[int] = set()
    used: dict[int, bool] = {}
    first: dict[int, DocumentInfo] = {}
    for one in scanned:
        infos.append(one.info)
        for number, covers in one.shared:
            used[number] = used.get(number, False) or covers
            first.setdefault(number, one.info)
        results.extend(one.results)
        if packed is not None or len(results) > _MOST_AS_THEY_ARE or len(infos) > _MOST_DOCUMENTS:
            packed = packed or _packed(plan)
            packed.add(infos, results)
            infos.clear()
            results.clear()
        ids.update(one.newer)
        met.update(one.met)
    ids.update(projector.newer if projector is not None else ())
    info, newer = about(), tuple(sorted(ids))
    idle = _idle(plan, used, first)
    whole = plan.assigning is not None and plan.assigning.whole
    if info.shard is not None:
        covering = tuple(sorted(number for number, covers in used.items() if covers))
        own = tuple(sorted(met)) if whole else None
        info = info._replace(shard=info.shard._replace(covering=covering, idle=tuple(idle), met=own))
    elif packed is not None:
        packed.count(result for _, result in idle)
    else:
        results.extend(with_idle(idle, infos))
    if info.shard is None and whole:
        from policyscan.engine.assigning import unmet

        info = info._replace(unmet=tuple(unmet(info.assigned, met)))
    info = info._replace(notes=(*info.notes, *newer_note(newer, info.as_of)), newer=newer)
    told = [Problem(error.message, error.at, error.hint) for error in problems()]
    if packed is None:
        every = policies_told(plan, {result.policy for result in results})
        return make_report(info, every, infos, results, told, complete=plan.full)
    used_by = packed.policies
    every = policies_told(plan, used_by)
    return report_in_order(
        info, every, packed.documents(), packed.results(), used_by, told, complete=plan.full
    )


def _packed(plan: Plan) -> Packed:
    from policyscan.packed import Packed

    return Packed(policy_infos((*plan.every, *plan.rules)), complete=plan.full)


def policies_told(plan: Plan, used: Collection[str]) -> list[PolicyInfo]:
    """What the report says of the chosen policies and of the rules of consistency, by id, that say something:
    of the others it does not speak."""
    return policy_infos((*plan.every, *(rule for rule in plan.rules if rule.id in used)))


def newer_note(ids: Sequence[str], day: str) -> list[str]:
    """The note that inventories are from after the day asked about: they may tell what nobody knew then."""
    if not ids:
        return []
    named = ", ".join(ids[:_NAMED]) + (f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else "")
    return [f"facts as of a day after {day}, so perhaps not known then: {named}"]


def policy_infos(policies: Iterable[Policy]) -> list[PolicyInfo]:
    """What the report says about each policy."""
    return [policy.info for policy in policies]
