"""All waivers there are, and how each of them stands: what `policyscan waivers` lists, and `waive` writes.

In: what a scan would be asked to do, or a waiver. Out: `ListedWaiver`s in the order of their places; or the
change of a file that puts the waiver into it, once it is known that it would have effect.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from policyscan.cel.values import Date
from policyscan.editing.answers import FactAnswer
from policyscan.editing.drafts import Draft
from policyscan.editing.files import open_target
from policyscan.engine.evaluation import Evaluation
from policyscan.engine.excepting import meant
from policyscan.engine.moments import clock_at
from policyscan.engine.plan import Plan
from policyscan.engine.scan import open_evaluation, own_plan, waived, waivers_of
from policyscan.errors import PolicyscanError, Problems, UsageError
from policyscan.files.discovery import WAIVERS
from policyscan.output import write_file
from policyscan.policies.files import parse
from policyscan.reading.text import read_content
from policyscan.records import NamedTuple
from policyscan.session.changing import Change, answered, open_inventory
from policyscan.session.choice import choose_policies, last_kinds
from policyscan.session.options import ScanOptions, StrPath
from policyscan.session.plan import make_plan, moment_of
from policyscan.session.reader import Reader, find_files
from policyscan.session.workspace import Workspace, open_workspace, use_rates
from policyscan.source import Span
from policyscan.waivers import (
    IN_FORCE,
    LONGEST_DAYS,
    Scene,
    WaiverStanding,
    WaiverState,
    WrittenWaiver,
    judge,
    not_needed,
)

if TYPE_CHECKING:
    from policyscan.documents.document import Document

_TOP = {"schema_version": 1, "kind": WAIVERS}


class ListedWaiver(NamedTuple):
    """A waiver, how it stands, and since how many days it is approved and for how many it still holds; None
    where it does not say. `covers` are the subjects that it marks, with their inventory in front."""

    state: WaiverState
    name: str
    documents: tuple[str, ...]
    item: Mapping[str, Any]
    age_days: int | None
    days_left: int | None
    covers: tuple[str, ...]
    message: str
    span: Span


class Waivers(NamedTuple):
    """What was found, and what could not be read."""

    waivers: tuple[ListedWaiver, ...]
    problems: tuple[PolicyscanError, ...]

    @property
    def exit_code(self) -> int:
        """2 if something could not be read, 1 if a waiver is not as it should be, else 0."""
        fine = {WaiverState.ACTIVE, WaiverState.EXPIRING}
        return 2 if self.problems else int(any(one.state not in fine for one in self.waivers))


def list_waivers(options: ScanOptions) -> Waivers:
    """Every waiver of the inventories, and of the files beside them, as it stands at a moment."""
    inputs = options.inputs
    workspace = open_workspace(
        inputs.paths, config=inputs.config, folders=options.folders, use_cache=options.cache
    )
    choice = choose_policies(workspace, None, (), (), spelt=options.spelt)
    moment = moment_of(inputs.as_of, options.spelt)
    use_rates(workspace, moment)
    files = find_files(inputs, workspace.config, workspace.kinds, options.spelt)
    reader = Reader(workspace.kinds, files, options.clients, last_kinds(choice))
    plan = make_plan(choice, workspace, moment, options.needs, reader.waivers)
    found: dict[Span, list[tuple[str, WrittenWaiver, WaiverStanding, Date]]] = {}
    for document, context in reader.documents():
        if document.kind.name in reader.last:
            continue
        for written, standing in _standings(document, context, plan):
            place = written.locate(written.item, None)
            today = clock_at(moment, document.time_zone or plan.zone).today
            found.setdefault(place, []).append((document.id, written, standing, today))
    problems = reader.all_problems()
    if not reader.ids and not problems:
        raise UsageError("no inventory was found", hint="policyscan init NAME writes one to fill in")
    return Waivers(tuple(_listed(place, found[place]) for place in sorted(found)), tuple(problems))


def _standings(
    document: Document, context: list[Document], plan: Plan
) -> Iterable[tuple[WrittenWaiver, WaiverStanding]]:
    """The waivers that are for a document, and how they stand: only the controls that they name are asked."""
    written = [one for _, one in waivers_of(plan, document)]
    if not written:
        return ()
    named = (str(one.item.get("policy")) for one in written if isinstance(one.item, dict))
    ids = map(plan.aliases.get, named)
    evaluation: Evaluation = open_evaluation(document, plan, context)
    own = own_plan(plan, evaluation)
    policies = [own.known[id_] for id_ in sorted({id_ for id_ in ids if id_ is not None})]
    asked = own._replace(policies=policies)
    judged = waived(asked, evaluation, evaluation.results(policies))
    return zip(written, judged.standings, strict=True)


def _listed(place: Span, found: list[tuple[str, WrittenWaiver, WaiverStanding, Date]]) -> ListedWaiver:
    """A waiver of all inventories that it is for: not needed only if none of them needs it."""
    told = next((one for one in found if one[2].state is not WaiverState.UNUSED), found[0])
    _, written, standing, today = told
    item = written.item if isinstance(written.item, dict) else {}
    approved, expires = item.get("approved_on"), item.get("expires_on")
    unused = standing.state is WaiverState.UNUSED
    covers = [
        f"{document}/{subject}" if subject else document
        for document, _, one, _ in found
        for _, subject in one.covers
    ]
    return ListedWaiver(
        standing.state,
        standing.name,
        tuple(sorted(document for document, *_ in found)),
        item,
        today - approved if isinstance(approved, Date) else None,
        expires - today if isinstance(expires, Date) else None,
        tuple(dict.fromkeys(covers)),
        standing.message or (not_needed(standing.name, item.get("subject")) if unused else ""),
        place,
    )


# --- writing one


def waive(
    item: Mapping[str, str], where: str, options: ScanOptions, file: StrPath | None
) -> tuple[Change | None, str]:
    """The change of the inventory's own file, or of a file of waivers, that adds a waiver for it, and the
    text of a file that is still to be made (then there is no change).

    `where` is `INVENTORY` or `INVENTORY/SUBJECT`. Raises UsageError for a waiver that would have no effect.
    """
    workspace = open_workspace(config=options.inputs.config, folders=options.folders, use_cache=options.cache)
    id_, _, subject = where.partition("/")
    inventory = open_inventory(id_, options.inputs)
    whole = {"policy": item["policy"], "document": inventory.id, **({"subject": subject} if subject else {})}
    whole |= {key: value for key, value in item.items() if key != "policy" and value}
    _check(whole, workspace, options, _people(inventory.parts), shared=file is not None)
    if file is None:
        del whole["document"]
        return answered(inventory, [FactAnswer("waivers[+]", json.dumps(whole))]), ""
    if not os.path.exists(file):
        lines = [f"{key}: {value}" for key, value in _TOP.items()]
        return None, "\n".join([*lines, f"{WAIVERS}:", *_item(whole)]) + "\n"
    return _added(whole, file), ""


def write_new(file: StrPath, text: str) -> None:
    """Makes a file of waivers."""
    from pathlib import Path

    write_file(Path(file), text)


def _added(item: Mapping[str, str], file: StrPath) -> Change:
    """A file of waivers with one more in it."""
    name = os.fspath(file).replace(os.sep, "/")
    parsed, problems = parse(read_content(file, name), WAIVERS)
    if parsed is None:
        raise Problems(problems)
    draft = Draft(parsed.tree)
    draft.value[WAIVERS].append(dict(item))
    return Change(((open_target(file, name), draft.text()),), 1)


def _item(item: Mapping[str, str]) -> list[str]:
    from policyscan.editing.rendering import item as lines

    return lines(dict(item), 2)


def _people(parts: Iterable[Any]) -> dict[str, list[Any]]:
    """The people and providers of an inventory, as they are written."""
    found: dict[str, list[Any]] = {}
    for part in parts:
        for section in ("people", "providers"):
            items = part.draft.value.get(section)
            if isinstance(items, list):
                found.setdefault(section, []).extend(map(_with_days, items))
    return found


def _with_days(somebody: Any) -> Any:
    """Somebody whose days are days: in a draft they are what was written."""
    if not isinstance(somebody, dict):
        return somebody
    known = dict(somebody)
    for key in ("start_date", "end_date"):
        if isinstance(known.get(key), str):
            known[key] = Date.parse(known[key])  # the file is valid, or it would not be open
    return known


def _check(
    item: Mapping[str, str], workspace: Workspace, options: ScanOptions, people: Mapping[str, list[Any]],
    *, shared: bool,
) -> None:  # fmt: skip
    """UsageError for a waiver that would have no effect."""
    days = {}
    for key in ("approved_on", "expires_on"):
        try:
            days[key] = Date.parse(item[key])
        except ValueError:
            raise UsageError(f"{key}: {item[key]!r} is no day", hint="write it as in 2026-10-31") from None
    choice = choose_policies(workspace, None, (), (), spelt=options.spelt)
    moment = moment_of(options.inputs.as_of, options.spelt)
    plan = make_plan(choice, workspace, moment, options.needs)
    today = clock_at(moment, workspace.config.time_zone).today
    longest = workspace.config.max_waiver_days or LONGEST_DAYS
    scene = Scene(today, item["document"], (), plan.aliases, plan.requirements, longest)
    written = meant(WrittenWaiver({**item, **days}, lambda *_: Span("", 1, 1, 1, 1), "", shared=True), people)
    written.item.pop("accept", None)
    if not shared:
        for key in ("approved_by", "requested_by"):
            if isinstance(written.item[key], str):
                message = f"{key}: {item['document']} has nobody with the id {written.item[key]}"
                raise UsageError(message, hint="name one of its people, or write to a file with --file")
    (standing,) = judge([], [written], scene)[1]
    if standing.state not in IN_FORCE and standing.state is not WaiverState.NOT_YET:
        raise UsageError(standing.message, hint="nothing was written")
    if "accept" in item and plan.accepting is not None:
        policy = plan.aliases[item["policy"]]
        requirement = item.get("requirement", "*")
        made = plan.accepting(policy, requirement, item["accept"])
        if isinstance(made, str):
            message = f"what it accepts cannot be understood: {made}"
            raise UsageError(message, hint="nothing was written")
