"""Merging: the rows of an export into the values of an inventory, in which people may have typed, too.

In: parts with their rows, and the values to change. Out: the values changed in place, and a `Merged` account
of what was brought up to date, what is new, what is not in the export any more, and what was not used.

What a tool says takes the place of what was there. What it does not say stays: what people typed, and what
only history knows, such as when a fix was first seen missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from policyscan.importing.cells import short_name
from policyscan.importing.rows import ImportedPart, ImportedRow, Machine, Passed, Person
from policyscan.kinds.shapes import FREE
from policyscan.records import NamedTuple

FROM = "x-from"
"""The key by which a fix is known to come from one kind of export of a tool."""
SEEN_FIRST = "first_seen_missing_on"
_MACHINES = ("devices", "servers")
_BY_NAME = ("hostname",)
# What says which thing it is: nobody judges anything by it, so that evidence for the rest may back it.
_WHICH = frozenset(
    (
        "id", "hostname", "name", "kind", "user", "in_scope", "added_on", "person", "provider", "system",
        "summary", "evidence", "course", "topics", "copies",
    )
)  # fmt: skip
# Facts that are about one version or product: when that becomes another one, they say nothing any more.
_TIED = {"os": ("name", "version"), "antivirus": ("product",)}
_FIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+:-]*")
_UNFIT = re.compile(r"[^a-z0-9._@+:-]+")


class Fixes(NamedTuple):
    """The fixes that an export of some origins finds missing on one machine; `looked_on` is the day on which
    that was found, if it is known."""

    origins: frozenset[str]
    missing: tuple[dict[str, Any], ...]
    looked_on: str | None = None


class Merged:
    """What became of the rows."""

    def __init__(self) -> None:
        self.updated: list[str] = []
        self.new: list[str] = []
        self.vanished: list[str] = []
        self.passed: list[Passed] = []
        self.forgotten: list[str] = []
        self.touched: list[tuple[str, dict[str, Any], frozenset[str]]] = []
        """The section, the item and the facts that the export supplied, at paths such as `os.version`, of
        each item that a row is about."""


Roots = Callable[[str], dict[str, Any]]
"""The values of the file in which a section stands, or may be put."""


class Merger:
    """Merges the parts of an import into an inventory."""

    def __init__(self, roots: Roots, day: str) -> None:
        """`day` is when the export was collected, as the client counts days."""
        self.roots = roots
        self.day = day
        self.merged = Merged()
        self._known: dict[tuple[str, str], dict[str, list[dict[str, Any]]]] = {}

    def merge(self, part: ImportedPart) -> None:
        """Takes in what an export tells of a section."""
        self.merged.passed.extend(part.passed)
        met: dict[int, str] = {}
        for row in sorted(part.rows, key=_newest, reverse=True):
            self._take(row, met)
        sections = {part.section, *(row.section for row in part.rows)}
        for section in sorted(sections) if part.whole else ():
            for item in self._items(section):
                if part.marker in item and id(item) not in met:
                    self.merged.vanished.append(_name(item))

    def _take(self, row: ImportedRow, met: dict[int, str]) -> None:
        if row.section in _SINGLE:
            self._take_single(row)
            return
        facts = self._resolved(row)
        if facts is None:
            return
        found = self._find(row) or self._alike(row.section, facts)
        if len(found) > 1:
            names = " and ".join(_name(item) for _, item in found[:2])
            self.merged.passed.append(Passed(row.called, f"it may be {names}", row.place))
            return
        if found and id(found[0][1]) in met:
            why = f"it is the same as {met[id(found[0][1])]}, which was seen later"
            self.merged.passed.append(Passed(row.called, why, row.place))
            return
        if found:
            section, item = found[0]
            facts = self._not_older(row, item, facts)
            self.merged.updated.append(_name(item))
        else:
            section, item = row.section, {}
            self._add(row, item)
        met[id(item)] = row.called
        for path, value in row.known_by:
            if path.startswith(FREE) or path not in item:
                item[path] = value
        self._overlay(item, facts)
        for path in ("id", *(path for path, _ in row.known_by)):
            if (section, path) in self._known:
                _remember(self._known[section, path], item, path)
        self.merged.touched.append((section, item, frozenset(_paths(facts))))

    def _take_single(self, row: ImportedRow) -> None:
        """Takes in what is told of a section that is one thing, and no list."""
        root = self.roots(row.section)
        if root.get(row.section).__class__ is not dict:
            root[row.section] = {}
            self.merged.new.append(row.section)
        else:
            self.merged.updated.append(row.section)
        item = root[row.section]
        self._overlay(item, row.facts)
        self.merged.touched.append((row.section, item, frozenset(_paths(row.facts))))

    def _not_older(self, row: ImportedRow, item: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
        """The facts without those that are older than what the item says: another tool saw it later."""
        if not _later(item.get("last_seen"), facts.get("last_seen", "")):
            return facts
        why = f"it was seen later already, on {item['last_seen'][:10]}: only what was not known is taken"
        self.merged.passed.append(Passed(row.called, why, row.place))
        return {key: value for key, value in facts.items() if key not in item}

    # --- which item a row is about

    def _find(self, row: ImportedRow) -> list[tuple[str, dict[str, Any]]]:
        """The items that a row may be about: those that the best of its keys fits."""
        sections = _MACHINES if row.section in _MACHINES else (row.section,)
        for path, value in row.known_by:
            found = [
                (section, item)
                for section in sections
                for item in self._by(section, path).get(_look(path, value), ())
            ]
            if path in _BY_NAME and len(found) == 1 and _contradicts(found[0][1], row):
                continue
            if found:
                return found
        return []

    def _by(self, section: str, path: str) -> dict[str, list[dict[str, Any]]]:
        """The items of a section by what stands at a path in them, as it is compared."""
        known = self._known.get((section, path))
        if known is None:
            known = self._known[section, path] = {}
            for item in self._items(section):
                _remember(known, item, path)
        return known

    def _alike(self, section: str, facts: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        """The items that nothing names, and that say the same in what makes them what they are."""
        keys = _TOGETHER.get(section)
        if keys is None or any(facts.get(key) is None for key in keys):
            return []
        items = self._items(section)
        return [(section, item) for item in items if all(item.get(key) == facts.get(key) for key in keys)]

    def _items(self, section: str) -> list[dict[str, Any]]:
        head, dot, rest = section.partition(".")
        found: Any = self.roots(head).get(head)
        for key in rest.split(".") if dot else ():
            found = found.get(key) if found.__class__ is dict else None
        return [item for item in found if item.__class__ is dict] if found.__class__ is list else []

    def _add(self, row: ImportedRow, item: dict[str, Any]) -> None:
        holder: Any = self.roots(row.section.partition(".")[0])
        *above, last = row.section.split(".")
        for key in above:
            if holder.get(key).__class__ is not dict:
                holder[key] = {}
            holder = holder[key]
        if holder.get(last).__class__ is not list:
            holder[last] = []
        name = row.facts.get("id")
        if row.section not in _WITHOUT_ID:
            sections = _MACHINES if row.section in _MACHINES else (row.section,)
            item["id"] = self._free_id(str(name or row.called.lower()), sections)
        holder[last].append(item)
        self.merged.new.append(row.called)

    def _free_id(self, name: str, sections: Sequence[str]) -> str:
        """An id made of a name that no other item of some sections has."""
        wanted = name if _FIT.fullmatch(name) else _UNFIT.sub("-", name.lower()).strip("-._@+:") or "item"
        known = [self._by(section, "id") for section in sections]
        ident, number = wanted, 2
        while any(_look("id", ident) in ids for ids in known):
            ident, number = f"{wanted}-{number}", number + 1
        return ident

    # --- what it says

    def _resolved(self, row: ImportedRow) -> dict[str, Any] | None:
        """The facts with people and systems as the inventory calls them; None if nobody knows whose."""
        facts = {key: value for key, value in row.facts.items() if key != "id"}
        for key, value in row.facts.items():
            if isinstance(value, Person):
                ident = self._person(value)
                if ident is None:
                    why = f"nobody in people has the address {value.address}: write it there as x-email"
                    self.merged.passed.append(Passed(row.called, why, row.place))
                    return None
                facts[key] = ident
            elif isinstance(value, Machine):
                ident = self._system(value)
                if ident is None:
                    why = f"no critical system is known to run on {value.name}: say which one it backs up"
                    self.merged.passed.append(Passed(row.called, why, row.place))
                    del facts[key]
                else:
                    facts[key] = ident
        return facts

    def _person(self, wanted: Person) -> str | None:
        address = wanted.address.casefold()
        people = self._items("people")
        for key, said in (("x-email", address), ("id", address), ("name", wanted.name.casefold())):
            found = [one for one in people if said and str(one.get(key, "")).casefold() == said]
            if len(found) == 1:
                return str(found[0].get("id"))
        return None

    def _system(self, wanted: Machine) -> str | None:
        name = short_name(wanted.name)
        hosts = {
            item.get("id")
            for section in _MACHINES
            for item in self._items(section)
            if name in (short_name(str(item.get("hostname") or "")), str(item.get("id")).lower())
        }
        found = [one for one in self._items("critical_systems") if one.get("hosted_on") in hosts - {None}]
        return str(found[0]["id"]) if len(found) == 1 else None

    def _overlay(self, item: dict[str, Any], facts: dict[str, Any]) -> None:
        for key, value in facts.items():
            if isinstance(value, Fixes):
                self._fixes(item, key, value)
            elif value.__class__ is dict and item.get(key).__class__ is dict:
                self._untie(item, key, value)
                self._overlay(item[key], value)
            elif value.__class__ is dict:
                item[key] = {}
                self._overlay(item[key], value)
            else:
                item[key] = value

    def _untie(self, item: dict[str, Any], key: str, new: dict[str, Any]) -> None:
        """Forgets what was said about another version or product."""
        old = item[key]
        tied = _TIED.get(key, ())
        for name in tied:
            if name in new and name in old and _same_name(old[name], new[name]):
                new[name] = old[name]
        if any(name in new and old.get(name) not in (None, new[name]) for name in tied):
            gone = [
                name for name in old if name not in new and name not in tied and not name.startswith(FREE)
            ]
            for name in gone:
                del old[name]
            self.merged.forgotten += [f"{_name(item)}: {key}.{name}" for name in gone if name != "evidence"]

    def _fixes(self, holder: dict[str, Any], key: str, found: Fixes) -> None:
        old = holder.get(key) if holder.get(key).__class__ is list else None
        if old is None:
            old = holder[key] = []
        wanted = {fix["id"]: fix for fix in found.missing}
        old[:] = [fix for fix in old if fix.get("id") in wanted or fix.get(FROM) not in found.origins]
        for fix in old:
            new = wanted.pop(fix.get("id"), None)
            if new is not None:
                fix.update(
                    {name: value for name, value in new.items() if value is not None or name not in fix}
                )
        old.extend({**fix, SEEN_FIRST: found.looked_on or self.day} for fix in wanted.values())


_SINGLE = frozenset(("email",))
_TOGETHER = {"training": ("person", "course"), "backups": ("system",)}
_WITHOUT_ID = frozenset(("training", "email.domains"))


def _remember(known: dict[str, list[dict[str, Any]]], item: dict[str, Any], path: str) -> None:
    """Takes an item into a table by what it is known by at a path; a name may be the id, too."""
    for key in (path, "id") if path in _BY_NAME else (path,):
        value = item.get(key)
        if value not in (None, ""):
            items = known.setdefault(_look(path, str(value)), [])
            if not any(one is item for one in items):
                items.append(item)


def _look(path: str, value: str) -> str:
    """A value as it is compared with others at a path: names without their domain, all without case."""
    return short_name(value) if path in _BY_NAME else value.casefold()


def _contradicts(item: dict[str, Any], row: ImportedRow) -> bool:
    """Whether an item of the same name is another thing: its serial number is another one."""
    return any(path == "x-serial" and item.get(path, value) != value for path, value in row.known_by)


def _newest(row: ImportedRow) -> float:
    return _seconds(row.facts.get("last_seen"))


def _later(known: Any, told: Any) -> bool:
    """Whether what is known is later than what an export tells; it tells nothing where it does not say."""
    return told != "" and _seconds(known) > _seconds(told)


def _seconds(moment: Any) -> float:
    """An instant as it is written, in seconds; 0 for never, and for what is none."""
    try:
        return datetime.fromisoformat(moment).timestamp() if isinstance(moment, str) else 0.0
    except ValueError:
        return 0.0


def _name(item: dict[str, Any]) -> str:
    return str(item.get("id") or item.get("name") or item.get("person") or item.get("hostname") or "an item")


def _same_name(old: Any, new: Any) -> bool:
    """Whether two tools call the same thing by a longer and a shorter name."""
    one, other = str(old).casefold(), str(new).casefold()
    return one in other or other in one


# --- evidence


def back(merged: Merged, evidence: str, *, has: Callable[[str], bool]) -> None:
    """Lets the items that were brought up to date rest on an item of `evidence`, where the export supplied
    all of their facts; `has(path)` says whether there may be evidence at a path such as
    `devices[].antivirus`."""
    for section, item, supplied in merged.touched:
        path = section if section in _SINGLE else f"{section}[]"
        for key, value in item.items():
            told = {fact.partition(".")[2] for fact in supplied if fact.startswith(f"{key}.")}
            if value.__class__ is dict and told and has(f"{path}.{key}") and _facts(value) <= told:
                value["evidence"] = evidence
        facts = _facts(item)
        if facts and facts <= supplied and has(path):
            item["evidence"] = evidence


def _facts(item: dict[str, Any]) -> set[str]:
    """The facts of an item that rest on its own evidence, at paths."""
    return set(
        _paths(
            {
                key: value
                for key, value in item.items()
                if key not in _WHICH and not key.startswith(FREE) and not _has_own(value)
            }
        )
    )


def _has_own(value: Any) -> bool:
    """Whether a part, or each of a list of them, names evidence itself."""
    parts = value if value.__class__ is list and value else [value]
    return all(part.__class__ is dict and "evidence" in part for part in parts)


def _paths(facts: Mapping[str, Any]) -> Iterator[str]:
    """Where simple facts and lists stand."""
    for key, value in facts.items():
        if value.__class__ is dict:
            yield from (f"{key}.{inner}" for inner in _paths(value) if not inner.startswith(FREE))
        else:
            yield key


def covered(merged: Merged, items: Sequence[dict[str, Any]]) -> bool:
    """Whether an export has supplied all facts of all items of a section."""
    supplied = {id(item): keys for _, item, keys in merged.touched}
    return bool(items) and all(_facts(item) <= supplied.get(id(item), frozenset()) for item in items)


def referenced(value: Any) -> Iterator[str]:
    """The items of `evidence` that anything in some values rests on."""
    if value.__class__ is dict:
        for key, inner in value.items():
            if key == "evidence" and isinstance(inner, str):
                yield inner
            else:
                yield from referenced(inner)
    elif value.__class__ is list:
        for inner in value:
            yield from referenced(inner)
