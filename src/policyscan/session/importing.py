"""What `import` does: brings an inventory up to date from the exports of a tool.

In: the name of a tool, its files, and which inventory. Out: an `Imported`: the change to the inventory's
files, found to be valid, and an account of every row: nothing is dropped in silence, and nothing written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from policyscan.documents.envelope import TIME_ZONE
from policyscan.editing.rendering import inline
from policyscan.errors import DocumentError, Problems, UsageError
from policyscan.importing.cells import Setting, UnclearCell, clear, moment, written
from policyscan.importing.domains import known_domains, related
from policyscan.importing.exports import Export, check_pages, open_export
from policyscan.importing.importers import Importer, importer, names
from policyscan.importing.merging import Merged, Merger, back, covered, referenced
from policyscan.importing.rows import ImportedPart, ImportedRow, Passed
from policyscan.importing.saved import saved_importer
from policyscan.patterns import when_used
from policyscan.records import NamedTuple
from policyscan.session.changing import Change, Editable, open_inventories, open_inventory
from policyscan.session.options import Inputs, StrPath

_SOURCES = "x-sources"
"""The key of `organisation` under which it says what each tool calls the client."""
_IMPORT = "x-import"
_FIRST = 3
_MOST = 50  # clients that are told from each other
_BY_NEWEST = "the newest time in it"
_NUMBER = when_used(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class ImportOptions(NamedTuple):
    """What may be asked of an import: what the tool calls the client, the zone of times without one, when the
    files were exported (ISO text), what words of the tool mean, the provider that tickets were for, and the
    moment of the import (None: now)."""

    only: str | None = None
    zone: str | None = None
    collected_at: str | None = None
    words: Mapping[str, str] = {}
    provider: str | None = None
    now: datetime | None = None


class Imported(NamedTuple):
    """What came of an import: the change, when and from what the facts were collected, and what became of the
    rows. `others` are rows of other clients, by what the tool calls these; `first` are the first rows as they
    were read."""

    change: Change
    tool: str
    collected_at: str
    told_by: str
    client: str
    merged: Merged
    others: tuple[tuple[str, int], ...]
    first: tuple[ImportedRow, ...] = ()

    def first_facts(self) -> Iterator[tuple[str, str]]:
        """What the first rows are called, and their simple facts as an inventory has them."""
        for row in self.first:
            simple = {
                key: value for key, value in row.facts.items() if value.__class__ in (str, int, bool, float)
            }
            yield row.called, inline(simple)

    @property
    def passed(self) -> Sequence[Passed]:
        """What was not used, and why."""
        return self.merged.passed


def sources() -> dict[str, str]:
    """The tools whose exports are read, by the name of the source, with what is asked for."""
    return {name: f"{importer(name).tool}: {importer(name).asks}" for name in names()}


def import_exports(
    source: str, files: Sequence[StrPath], where: str, inputs: Inputs, options: ImportOptions
) -> Imported:
    """Reads exports and merges them into an inventory; raises Problems and UsageError."""
    saved = source.lower().endswith((".yaml", ".yml"))
    chosen = None if saved else importer(source)
    exports = [open_export(file) for file in files]
    inventory = open_inventory(where, inputs)
    refuse_other_kinds(inventory)
    if chosen is None:
        chosen, source = saved_importer(source, inventory.kind), _short(source)
    return import_into(inventory, source, chosen, exports, options)


def import_for_all(
    source: str, files: Sequence[StrPath], inputs: Inputs, options: ImportOptions
) -> list[tuple[str, Imported]]:
    """Reads exports that are about several clients, and merges what is about each into its inventory: that of
    every client whose file says what the tool calls it. Raises Problems; UsageError if there is none."""
    refuse_one_for_all(options)
    chosen = importer(source)
    exports = [open_export(file) for file in files]
    inventories = [one for one in open_inventories(inputs, "client") if known_as(one, source) is not None]
    refuse_shared_names(inventories, source)
    found = [
        (inventory.id, import_into(inventory, source, chosen, exports, options)) for inventory in inventories
    ]
    if not found:
        hint = f"import for each once by itself: policyscan import {source} FILES --client ID --only NAME"
        raise UsageError(f"no client's file says what {source} calls it", hint=hint)
    known = {one.client.casefold() for _, one in found}
    return [
        (ident, one._replace(others=tuple(pair for pair in one.others if pair[0].casefold() not in known)))
        for ident, one in found
    ]


def _short(path: str) -> str:
    """What a mapping is called in an inventory: the name of its file without folder and ending."""
    return path.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]


def import_into(
    inventory: Editable, source: str, chosen: Importer, exports: Sequence[Export], options: ImportOptions
) -> Imported:
    """Merges exports into an opened inventory; its change holds that of earlier ones, too. Raises Problems
    and UsageError."""
    setting = _setting(source, chosen, inventory, options)
    known = known_as(inventory, source)
    only = options.only or known
    _check_all_pages(exports)
    parts = _read(chosen, exports, setting, only)
    client = _client(source, parts, only, inventory, exports)
    if client is not None and only is None:
        parts = _read(chosen, exports, setting, client)
    tenant = _tenant(parts, only, inventory, exports, setting.domains) or client
    collected, told_by = _collected(parts, exports, setting, options)
    older = _older(source, collected, inventory, setting, exports)
    if older is not None and any(part.whole for part in parts) and told_by != _BY_NEWEST:
        raise UsageError(f"nothing was written: {older.why}", at=older.place, hint=_OLDER)
    merger = Merger(
        lambda section: inventory.part(section).draft.value,
        collected.astimezone(setting.zone).date().isoformat(),
    )
    for part in parts:
        merger.merge(part)
    merger.merged.passed.extend(_strangers(parts, tenant, inventory, setting.domains, exports))
    merger.merged.passed.extend([older] if older is not None else ())
    _check_anything(merger.merged, exports)
    _provide(merger.merged, inventory, options)
    filtered = client if any(part.clients for part in parts) else None
    when = written(collected, setting)
    _record(source, chosen, exports, inventory, merger.merged, when, filtered, tenant)
    others = _others(parts)
    change = inventory.change(len(merger.merged.updated) + len(merger.merged.new))
    first = tuple(row for part in parts for row in part.rows[:_FIRST])
    return Imported(change, chosen.tool, when, told_by, tenant or "", merger.merged, others, first)


def _read(
    chosen: Importer, exports: Sequence[Export], setting: Setting, only: str | None
) -> list[ImportedPart]:
    """What exports say; a time of the whole that is not clear is a problem."""
    try:
        return chosen.read(exports, setting, only)
    except UnclearCell as unclear:
        raise DocumentError(str(unclear), at=exports[0].top(), hint=chosen.asks) from None


def _check_anything(merged: Merged, exports: Sequence[Export]) -> None:
    """Refuses exports from which nothing can be learned: each row with the reason."""
    if merged.touched:
        return
    reasons = [DocumentError(f"{one.called}: {one.why}", at=one.place) for one in merged.passed]
    if reasons:
        raise Problems(reasons)
    raise DocumentError("no row of this export could be used", at=exports[0].top(), hint=_USED)


_USED = "export it again, and look whether a filter hides what is wanted"


def _check_all_pages(exports: Sequence[Export]) -> None:
    json = [one for one in exports if one.source.text.lstrip()[:1] in ("{", "[")]
    if json:
        check_pages(json)


def _setting(source: str, chosen: Importer, inventory: Editable, options: ImportOptions) -> Setting:
    zone = inventory.part(TIME_ZONE).draft.value.get(TIME_ZONE)
    local = _zone(options.zone) if options.zone else None
    if chosen.zoned and local is None:
        hint = (
            f"say it, as in --zone {zone or 'Europe/London'}; the settings of {chosen.tool} tell which it is"
        )
        raise UsageError(f"the times in exports of {source} say no time zone", hint=hint)
    own = _zone(zone) if isinstance(zone, str) else _zone(inventory.kind.zone or "UTC")
    now = options.now or datetime.now(UTC)
    meanings = {word.lower(): meaning for word, meaning in options.words.items()}
    known = (known_domains(part.draft.value) for part in inventory.parts)
    return Setting(own, local, now, meanings, saved=now, domains=frozenset().union(*known))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UsageError(f"{name} is no time zone", hint="write it as in Europe/London") from None


# --- whose rows they are


def known_as(inventory: Editable, source: str) -> str | None:
    """What a tool calls a client, as its file says; None if it does not."""
    organisation = inventory.part("organisation").draft.value.get("organisation")
    sources = organisation.get(_SOURCES) if organisation.__class__ is dict else None
    found = sources.get(source) if sources.__class__ is dict else None
    return str(found) if found is not None else None


def refuse_other_kinds(inventory: Editable) -> None:
    """UsageError for an inventory that is no client's."""
    if inventory.kind.name != "client":
        raise UsageError(f"{inventory.id} is a {inventory.kind.name}: exports are read for clients")


def refuse_one_for_all(options: ImportOptions) -> None:
    """UsageError where the rows of one client would be written into the files of all."""
    if options.only is not None:
        message = f"--only {options.only} says what a tool calls one client, and all are asked for"
        raise UsageError(message, hint="name the client with --client instead of --all")


def refuse_shared_names(inventories: Sequence[Editable], source: str) -> None:
    """UsageError where a tool calls two clients alike: the rows of one would be those of the other."""
    seen: dict[str, str] = {}
    for one in inventories:
        called = str(known_as(one, source))
        other = seen.setdefault(called.casefold(), one.id)
        if other != one.id:
            message = f"{other} and {one.id} both say that {source} calls them {called}"
            raise UsageError(message, hint=f"correct {_SOURCES} of the one that is called otherwise")


def _client(
    source: str,
    parts: Sequence[ImportedPart],
    only: str | None,
    inventory: Editable,
    exports: Sequence[Export],
) -> str | None:
    """What the tool calls the client; UsageError if that cannot be told, or if no row is the client's."""
    found = sorted({client for part in parts for client in part.clients if client})
    if only is not None:
        if not any(part.rows or part.clients for part in parts):
            others = ", ".join(f"{name} ({count} rows)" for name, count in _others(parts))
            message = f"no row of this export is about {only}, as {source} calls {inventory.id}"
            raise UsageError(message, at=exports[0].top(), hint=f"it is about {others or 'nobody'}")
        return only
    if len(found) > 1:
        message = f"this export is about several clients: {', '.join(found)}"
        hint = f"say which one {inventory.id} is: --only {found[0]!r}{_examples(parts, found)}"
        raise UsageError(message, at=exports[0].top(), hint=hint)
    if found and not _is_number(found[0]) and not _resembles(found[0], inventory):
        message = f"this export is about {found[0]}, which is not how {inventory.id} is called"
        raise UsageError(message, at=exports[0].top(), hint=f"if it is the same client: --only {found[0]!r}")
    return found[0] if found else None


def _examples(parts: Sequence[ImportedPart], clients: Sequence[str]) -> str:
    """By what people know clients whose names are numbers; empty for those that have names."""
    known = dict(pair for part in parts for pair in reversed(part.examples))
    told = [f"{one} has {known[one]}" for one in clients if _is_number(one) and one in known]
    return f" ({', '.join(told[:_MOST])}{' …' if len(told) > _MOST else ''})" if told else ""


def _is_number(name: str) -> bool:
    """Whether a tool's name of a client is a number of its own, which resembles no name."""
    return name.isdecimal() or _NUMBER.fullmatch(name) is not None


def _tenant(
    parts: Sequence[ImportedPart],
    only: str | None,
    inventory: Editable,
    exports: Sequence[Export],
    known: Collection[str],
) -> str | None:
    """The domain by which exports are known again that say whose they are by addresses alone; UsageError for
    one whose addresses are all in domains of somebody else."""
    domains = [domain for part in parts for domain in part.domains]
    if only is None and not any(part.rows for part in parts):
        domains = domains or [name for name, _ in _others(parts)]
    wanted = (only,) if only is not None else known
    if wanted and domains and not any(related(domain, wanted) for domain in domains):
        message = (
            f"this export is about {_few(domains)}, and {inventory.id} is known by {_few(sorted(wanted))}"
        )
        hint = f"if it is the same client: --only {domains[0]}, or write its domains down under email.domains"
        raise UsageError(message, at=exports[0].top(), hint=hint)
    return only if only is not None or known or not domains else domains[0]


def _strangers(
    parts: Sequence[ImportedPart],
    tenant: str | None,
    inventory: Editable,
    known: Collection[str],
    exports: Sequence[Export],
) -> Iterator[Passed]:
    """The domains of addresses by which nobody knows the client, though it is known by others."""
    ours = {*known, *((tenant,) if tenant is not None else ())}
    for domain in dict.fromkeys(domain for part in parts for domain in part.domains):
        if ours and not related(domain, ours):
            why = (
                f"nothing says that it is a domain of {inventory.id}, and addresses in this export are in it"
            )
            yield Passed(domain, f"{why}: write it down under email.domains, if it is", exports[0].top())


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _FIRST} more" if len(names) > _FIRST else ""
    return f"{', '.join(names[:_FIRST])}{more}"


def _resembles(name: str, inventory: Editable) -> bool:
    organisation = inventory.part("organisation").draft.value.get("organisation") or {}
    wanted = _letters(name)
    return any(
        known and (wanted in known or known in wanted)
        for known in (_letters(inventory.id), _letters(str(organisation.get("name") or "")))
    )


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _others(parts: Sequence[ImportedPart]) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = {}
    for part in parts:
        for name, count in part.others:
            counts[name] = counts.get(name, 0) + count
    return tuple(sorted(counts.items()))


# --- when, and from what


def _collected(
    parts: Sequence[ImportedPart], exports: Sequence[Export], setting: Setting, options: ImportOptions
) -> tuple[datetime, str]:
    """When the facts were collected, and what tells it: whoever exported them, the newest time in one,
    else the time of the file."""
    if options.collected_at is not None:
        try:
            said = moment(options.collected_at, setting._replace(local=setting.local or setting.zone))
        except UnclearCell as unclear:
            raise UsageError(f"--collected-at: {unclear}", hint="write it as 2026-11-24T06:40:00Z") from None
        if said is None or said > setting.now:
            raise UsageError(
                f"--collected-at: {options.collected_at} has not been yet", hint="check the year"
            )
        return said, "as was said"
    stated = min((part.collected for part in parts if part.collected is not None), default=None)
    if stated is not None:
        return min(stated, setting.now), "as the export says"
    newest = max(_moments(parts), default=None)
    if newest is not None:
        return newest, _BY_NEWEST
    return min(*(one.modified for one in exports), setting.now), "the time of the file"


def _older(
    source: str, collected: datetime, inventory: Editable, setting: Setting, exports: Sequence[Export]
) -> Passed | None:
    """What to tell of exports that are older than others of the same tool that were read already."""
    known = [
        found
        for one in _list(inventory, "evidence")
        if one.get(_IMPORT) == source
        and isinstance(found := clear(partial(moment, one.get("collected_at"), setting)), datetime)
    ]
    newest = max(known, default=None)
    if newest is None or collected.replace(microsecond=0) >= newest:
        return None
    why = (
        f"it was collected on {collected:%Y-%m-%d}, and what was read last on {newest:%Y-%m-%d}: it is older"
    )
    return Passed("this export", why, exports[0].top())


_OLDER = "export it again; if that is not when it was collected, say it with --collected-at"


def _moments(parts: Sequence[ImportedPart]) -> Iterator[datetime]:
    for part in parts:
        for row in part.rows:
            yield from _moments_in(row.facts)


def _moments_in(facts: Mapping[str, Any]) -> Iterator[datetime]:
    for value in facts.values():
        if value.__class__ is dict:
            yield from _moments_in(value)
        elif isinstance(value, str) and "T" in value[10:11]:
            try:
                yield datetime.fromisoformat(value)
            except ValueError:
                continue


def _provide(merged: Merged, inventory: Editable, options: ImportOptions) -> None:
    """Says of new tickets which provider they were for."""
    tickets = [
        item for section, item, _ in merged.touched if section == "incidents" and "provider" not in item
    ]
    if not tickets:
        return
    providers = inventory.part("providers").draft.value.get("providers") or []
    ids = [one.get("id") for one in providers if one.__class__ is dict]
    if options.provider is None and len(ids) != 1:
        names = ", ".join(map(str, ids))
        message = "nobody says which provider these tickets were for"
        raise UsageError(
            message, hint=f"say it: --provider, one of {names}" if ids else "record the provider first"
        )
    for item in tickets:
        item["provider"] = options.provider or ids[0]


def _record(
    source: str, chosen: Importer, exports: Sequence[Export], inventory: Editable, merged: Merged,
    collected: str, client: str | None, tenant: str | None,
) -> None:  # fmt: skip
    """Writes down where the facts come from, and what the tool calls the client."""
    root = inventory.part("evidence").draft.value
    if root.get("evidence").__class__ is not list:
        root["evidence"] = []
    items: list[dict[str, Any]] = root["evidence"]
    ident = _evidence_id(source, collected, items, exports)
    method = chosen.method or ("declared" if any(one.is_workbook for one in exports) else "tool_export")
    kind = inventory.kind
    back(merged, ident, has=lambda path: kind.field(f"{path}.evidence") is not None)
    sections = {section.partition(".")[0] for section, _, _ in merged.touched}
    whole = [
        section
        for section in sorted(sections)
        if kind.field(f"{section}[].evidence") is None and covered(merged, _list(inventory, section))
    ]
    made = {
        "id": ident, "source": source, "method": method, "collected_at": collected, "covers": whole,
        "document": ", ".join(one.name.rpartition("/")[2] for one in exports),
        "x-digest": [one.digest for one in exports], _IMPORT: source,
    }  # fmt: skip
    if client is not None:
        made["x-filter"] = client
    if tenant is not None:
        organisation = inventory.part("organisation").draft.value["organisation"]
        organisation.setdefault(_SOURCES, {})[source] = tenant
    inventory.cover({section: _covering(section, items) for section in sections})
    old = next((one for one in items if one.get("id") == ident), None)
    if old is not None:
        old.update(made)
    else:
        items.append(made)
    _forget_unused(inventory, items, source, ident)


_GRADES = ("declared", "document", "tool_export", "tested")


def _covering(section: str, items: Sequence[dict[str, Any]]) -> str | None:
    """The item of evidence on which a section rests: of those that cover it the strongest, and the newest."""
    found = [
        (_GRADES.index(one["method"]), str(one.get("collected_at")), str(one.get("id")))
        for one in items
        if section in (one.get("covers") or ()) and one.get("method") in _GRADES
    ]
    return max(found)[2] if found else None


def _list(inventory: Editable, section: str) -> list[dict[str, Any]]:
    found = inventory.part(section).draft.value.get(section)
    return found if found.__class__ is list else []


def _evidence_id(
    source: str, collected: str, items: Sequence[dict[str, Any]], exports: Sequence[Export]
) -> str:
    """An id for the day; another import of the same day from other files has one of its own."""
    wanted = f"ev-{source}-{collected[:10]}"
    digests = [one.digest for one in exports]
    ident, number = wanted, 2
    while any(one.get("id") == ident and one.get("x-digest") != digests for one in items):
        ident, number = f"{wanted}-{number}", number + 1
    return ident


def _forget_unused(inventory: Editable, items: list[dict[str, Any]], source: str, ident: str) -> None:
    """Takes out evidence of earlier imports that nothing rests on any more."""
    used = {name for part in inventory.parts for name in referenced(part.draft.value)}
    for one in [*items]:
        ours = one.get(_IMPORT) == source and one.get("id") not in {*used, ident}
        if ours:
            items.remove(one)
