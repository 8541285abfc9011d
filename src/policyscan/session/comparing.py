"""What changed: two states of inventories, controls and time, and which of the three changed each result.

In: what people call a state (a saved report, a folder, or a revision of git) and what a scan is asked to do.
Out: a report with a `Comparison` to its baseline. Both sides are evaluated at the same moment, but for a
saved report of another day: then the inventories of now are evaluated as of that day too, so that what time
alone changed is told apart. Where controls or settings are others than at a revision, its inventories are
evaluated with those of now as well.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence

from policyscan.config import FILE_NAMES
from policyscan.errors import UsageError
from policyscan.findings import (
    FINDINGS,
    ChangeKind,
    Comparison,
    DocumentInfo,
    Identity,
    Report,
    Result,
    ResultChange,
    Silence,
    Status,
    identity,
    is_document_check,
)
from policyscan.records import NamedTuple
from policyscan.session.options import ScanOptions
from policyscan.session.past import scanning_at
from policyscan.session.plan import moment_of
from policyscan.session.run import scan
from policyscan.session.saved import open_report
from policyscan.session.workspace import configure

INVENTORY, CONTROLS, TIME = "inventory", "controls", "time"


class ReportStep(NamedTuple):
    """A report on the way from the baseline to now, and what may have changed from the one before."""

    origins: tuple[str, ...]
    report: Report


def compared(baseline: str, new: str | None, options: ScanOptions, allowed: Collection[str] = ()) -> Report:
    """The report on a state, by default that of the inventories as they are, compared with a baseline.

    `allowed` are the ids of controls and inventories, or `INVENTORY/CONTROL`, that may be silent now.
    """
    needs = options.needs._replace(accounts=True, identity=True, gaps=True)
    old, saved = _saved(baseline), _saved(new) if new is not None else None
    moment = options.inputs.as_of or (saved.scan.as_of if saved is not None else now())
    options = options._replace(needs=needs, inputs=options.inputs._replace(as_of=moment))
    silent_options = options._replace(outputs=(), progress=None)
    after = saved if saved is not None else _evaluated(new, options)
    reports = [after]
    if old is None:
        old = _evaluated(baseline, silent_options)
        if saved is None and len(_differing(old, after)) > 1 and not os.path.isdir(baseline):
            reports.insert(0, _with_controls_of_now(baseline, silent_options))
    elif saved is None and old.scan.as_of != after.scan.as_of:
        inputs = options.inputs._replace(as_of=old.scan.as_of)
        reports.insert(0, _evaluated(new, silent_options._replace(inputs=inputs)))
    _check_related(baseline, old, after)
    steps = [ReportStep(_differing(a, b), b) for a, b in zip([old, *reports], reports, strict=False)]
    since = compare(baseline, old, steps, _scope(options, old, after), allowed)
    return _shown(after)._replace(comparison=since)


def compared_with_saved(baseline: str, report: Report, allowed: Collection[str] = ()) -> Report:
    """A report that was read back, compared with another saved one, both as they were evaluated then."""
    old = _saved(baseline)
    if old is None:
        hint = (
            "name what `policyscan scan -o json:PATH` wrote; policyscan diff compares revisions and folders"
        )
        raise UsageError(f"{baseline} is no saved report", hint=hint)
    _check_related(baseline, old, report)
    scope = {(one.kind, one.id) for side in (old, report) for one in side.documents}
    since = compare(baseline, old, [ReportStep(_differing(old, report), report)], scope, allowed)
    return report._replace(comparison=since)


def compare(
    name: str, old: Report, steps: Sequence[ReportStep], scope: Collection[tuple[str, str]],
    allowed: Collection[str] = (),
) -> Comparison:  # fmt: skip
    """What changed from a baseline to the last of some reports. `scope` are the kinds and ids of the
    inventories that both are about."""
    new = steps[-1].report
    tables = [_by_key(old), *(_by_key(step.report) for step in steps)]
    before, after = tables[0], tables[-1]
    documents = {(one.kind, one.id): one for one in new.documents}
    changes: list[ResultChange] = []
    unchanged = 0
    for key in sorted({*before, *after}):
        if key[:2] not in scope:
            continue
        checked = _still_checked(key, documents.get(key[:2]), after, complete=new.complete)
        change = _changed(before.get(key), after.get(key), checked=checked)
        unchanged += change is None and _told(after.get(key)) in FINDINGS
        if change is not None:
            changes.append(_change(change, key, tables, [step.origins for step in steps]))
    silent = tuple(_allowed(one, allowed) for one in _silent(old, new, scope))
    return Comparison(name, old.scan.as_of, tuple(changes), silent, unchanged)


# --- the two sides


def _saved(name: str) -> Report | None:
    """The saved report of a name; None for a folder or a revision."""
    return open_report(name) if os.path.isfile(name) else None


def _evaluated(name: str | None, options: ScanOptions) -> Report:
    """The report on the inventories as they are, in a folder, or as they were at a revision."""
    if name is None:
        return scan(options)
    if os.path.isdir(name):
        config = options.inputs.config or configure((name,), None).file or configure((), None).file
        return scan(options._replace(inputs=options.inputs._replace(paths=(name,), config=config)))
    with scanning_at(name, options) as there:
        return scan(there)


def _with_controls_of_now(name: str, options: ScanOptions) -> Report:
    """The report on inventories as they were at a revision, with the settings, kinds and controls of now."""
    import shutil

    here = os.getcwd()
    config = configure(options.inputs.paths, options.inputs.config)
    pinned = (pin["path"] for pin in config.packs if "path" in pin)
    parts = (*FILE_NAMES, *config.policies, *pinned, *config.kinds)
    with scanning_at(name, options) as there:
        for now in (os.path.join(config.root, part) for part in parts):
            then = os.path.normpath(os.path.join(os.getcwd(), os.path.relpath(now, here)))
            if not _may_replace(then):
                continue
            if os.path.isdir(then) and not os.path.islink(then):
                shutil.rmtree(then)
            elif os.path.lexists(then):
                os.unlink(then)
            if os.path.isdir(now):
                shutil.copytree(now, then)
            elif os.path.isfile(now):
                shutil.copyfile(now, then)
        return scan(there)


def _may_replace(path: str) -> bool:
    """Whether a path lies in the copy of the repository that the process stands in, and not around it."""
    top = here = os.getcwd()
    while not os.path.isdir(os.path.join(top, ".git")) and top != os.path.dirname(top):
        top = os.path.dirname(top)
    below = os.path.realpath(os.path.dirname(path)).startswith(os.path.join(top, "")[:-1])
    return (
        path.startswith(os.path.join(top, ""))
        and below
        and not f"{here}{os.sep}".startswith(f"{path}{os.sep}")
    )


def now() -> str:
    """The moment as of which both sides are evaluated where nobody says another."""
    return str(moment_of(None))


def _check_related(name: str, old: Report, new: Report) -> None:
    """UsageError for a baseline that has nothing to do with what is compared with it."""
    if {(one.kind, one.id) for one in old.documents}.isdisjoint((one.kind, one.id) for one in new.documents):
        ids = ", ".join(sorted({one.id for one in old.documents})[:5]) or "none"
        message = f"{name} tells of other inventories: {ids}"
        raise UsageError(message, hint="compare with a report or a revision that has some of the same")
    told = {policy.id for policy in old.policies if not is_document_check(policy.id)}
    if told.isdisjoint(policy.id for policy in new.policies):
        message = f"{name} tells of other controls: {', '.join(sorted(told)[:5]) or 'none'}"
        raise UsageError(message, hint="compare with a report of the same profile or pack")


def _scope(options: ScanOptions, old: Report, new: Report) -> set[tuple[str, str]]:
    """The inventories that both sides are about: all, or those that were asked for."""
    there = {(one.kind, one.id) for one in new.documents}
    if options.clients:
        return there | {(one.kind, one.id) for one in old.documents if one.id in options.clients}
    paths = [os.path.normpath(path).replace(os.sep, "/") for path in options.inputs.paths]
    asked = [one for one in old.documents if not paths or any(_lies(one.file, path) for path in paths)]
    return there | {(one.kind, one.id) for one in asked}


def _lies(file: str, path: str) -> bool:
    return path in (".", file) or file.startswith(f"{path}/")


def _differing(old: Report, new: Report) -> tuple[str, ...]:
    """What may have changed between two reports."""
    origins = []
    if sorted(old.scan.digests.values()) != sorted(new.scan.digests.values()) or not old.scan.digests:
        origins.append(INVENTORY)
    if _rules(old) != _rules(new) or not old.scan.packs:
        origins.append(CONTROLS)
    if old.scan.as_of != new.scan.as_of:
        origins.append(TIME)
    return tuple(origins) or (INVENTORY,)


def _rules(report: Report) -> object:
    """What a report was judged by."""
    scan = report.scan
    packs = sorted(pack.digest for pack in scan.packs)
    assigned = sorted(one._replace(place="") for one in scan.assigned)
    asked = scan.profile, assigned, scan.loosened, sorted(scan.left_out), scan.evidence, scan.max_taken_away
    return scan.version, packs, asked, sorted(p.id for p in report.policies if not is_document_check(p.id))


def _shown(report: Report) -> Report:
    """A report as a plain scan has it: the results that somebody must act on, and those that are waived."""
    kept = tuple(one for one in report.results if one.status in FINDINGS or one.waiver is not None)
    return report._replace(results=kept, complete=False)


# --- what became of each result


def _by_key(report: Report) -> dict[Identity, Result]:
    return {identity(result): result for result in report.results}


def _told(result: Result | None) -> Status | None:
    """The status of a finding or of what is waived; None for anything else."""
    status = result.status if result is not None else None
    return status if status in FINDINGS or status is Status.WAIVED else None


def _still_checked(
    key: Identity, document: DocumentInfo | None, after: Mapping[Identity, Result], *, complete: bool
) -> bool:
    """Whether something still says of what was a finding that it is none."""
    if is_document_check(key[2]):
        return document is not None
    if complete:
        return key in after and after[key].status is not Status.NOT_APPLICABLE
    status = document.statuses.get(key[2]) if document is not None else None
    return status not in (None, Status.NOT_APPLICABLE)


def _changed(before: Result | None, after: Result | None, *, checked: bool) -> ChangeKind | None:
    """What became of a result; None for one that is what it was, or was and is nothing to act on."""
    old, new = _told(before), _told(after)
    if old is new:
        return None
    if new in FINDINGS and new is not None:
        return _worse(old, new)
    if old not in FINDINGS:
        return None
    if new is Status.WAIVED:
        return ChangeKind.WAIVED
    return ChangeKind.FIXED if checked else ChangeKind.GONE


def _worse(old: Status | None, new: Status) -> ChangeKind:
    if new is Status.UNKNOWN:
        return ChangeKind.UNKNOWN
    if old is None or old not in FINDINGS:
        return ChangeKind.NEW
    return ChangeKind.WORSE if new > old else ChangeKind.BETTER


def _change(
    change: ChangeKind, key: Identity, tables: Sequence[Mapping[Identity, Result]],
    origins: Sequence[tuple[str, ...]],
) -> ResultChange:  # fmt: skip
    """A change with what made it: each step on which the status became another."""
    statuses = [_told(table.get(key)) for table in tables]
    by = [
        origin
        for number, names in enumerate(origins)
        for origin in names
        if statuses[number] is not statuses[number + 1]
    ]
    shown = tables[-1].get(key) or tables[0][key]
    if statuses[-1] is None:
        shown = tables[0][key]
    return ResultChange(
        change, *key, shown.severity, statuses[0], statuses[-1], tuple(dict.fromkeys(by)), shown.message,
        shown.span,
    )  # fmt: skip


# --- what is silent


def _silent(old: Report, new: Report, scope: Collection[tuple[str, str]]) -> Iterator[Silence]:
    """What was evaluated at the baseline and is not now, the whole before its parts."""
    documents = {(one.kind, one.id): one for one in new.documents}
    dropped = {one.id for one in old.policies if not is_document_check(one.id)}
    dropped -= {one.id for one in new.policies}
    yield from (Silence("", "", policy) for policy in sorted(dropped))
    for document in old.documents:
        now = documents.get((document.kind, document.id))
        if (document.kind, document.id) not in scope:
            continue
        if now is None:
            yield Silence(document.kind, document.id, "")
            continue
        for policy, status in sorted(document.statuses.items()):
            told = status is not Status.NOT_APPLICABLE and not is_document_check(policy)
            if told and policy not in dropped and now.statuses.get(policy) in (None, Status.NOT_APPLICABLE):
                yield Silence(document.kind, document.id, policy)


def _allowed(one: Silence, allowed: Collection[str]) -> Silence:
    names = {one.document, one.policy, f"{one.document}/{one.policy}"} - {""}
    return one._replace(allowed=not names.isdisjoint(allowed))
