"""Answers questions as somebody might who knows everything: any value that a fact can take."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from policyscan.documents.paths import parse_path
from policyscan.kinds.kinds import Kind, Kinds
from policyscan.kinds.shapes import KIND, Property, Shape
from policyscan.questions.answers import is_section
from policyscan.questions.sheet import MissingFact
from policyscan.reading.reading import read_text
from policyscan.source import Source

DAY = dt.date(2026, 10, 31)
_TEXTS = ("x1", "https://x.example", "08:00", "USD", "x@x.example", "+1 555 0100", "x.example", "US", "p-x")


def values(file: Path) -> dict[str, Any]:
    """What a file says, without the keys that it leaves blank."""
    (tree,), problems = read_text(Source(file.name, file.read_text(encoding="utf-8")))
    assert not problems
    said: dict[str, Any] = json.loads(json.dumps(tree.value))
    return said


class Knowing:
    """Gives answers about one inventory, of which `said` is changed."""

    def __init__(self, kind: Kind, said: dict[str, Any], true: Mapping[str, Any] | None = None) -> None:
        self._true = true or {}
        self.kind = kind
        self.said = said
        self._made = 0

    def answer(self, facts: Iterable[MissingFact]) -> None:
        """Writes down an answer to each fact; what is answered in parts has no answer as a whole."""
        for fact in (facts := _first(facts)):
            if fact.how == "correct it in the file":
                continue
            if fact.path == "statements[+]":
                self._state(fact)
                continue
            whole = any(fact.path.endswith(end) for end in self._true)
            if not whole and any(
                other.path.startswith((f"{fact.path}.", f"{fact.path}[")) for other in facts
            ):
                continue
            if any(fact.path.startswith(f"{end}[") for end in self._true):
                continue
            self._put(fact.path)

    def _state(self, fact: MissingFact) -> None:
        """Makes a statement that an answer made out of date anew, as its question says how to."""
        made = yaml.safe_load(fact.how.partition("else write ")[2])
        kept = [one for one in self.said["statements"] if not set(one["about"]) & set(made["about"])]
        (by, *_) = (person["id"] for person in self.said["people"] if person.get("role") == "owner")
        made.update(reason="It is as it was.", by=by, stated_on=DAY.isoformat())
        self.said["statements"] = [*kept, made]

    def _put(self, path: str) -> None:
        """Puts a value where a path leads, and makes what is missing on the way."""
        steps = parse_path(path)
        at, shape = self.said, self.kind.shape
        for number, step in enumerate(steps, 1):
            key = _number(at, shape, step.text) if isinstance(at, list) else step.text
            field = shape.items if shape.items is not None else shape.fields[step.text]
            shape = field.shape
            if number == len(steps):
                at[key] = self._value(field, path)
            elif isinstance(at, dict) and at.get(key) is None:
                at[key] = [] if shape.form == "list" else {}
            at = at[key]

    def _value(self, field: Property, path: str) -> Any:
        shape = field.shape
        for end, value in self._true.items():
            if path.endswith(end):
                return value
        if shape.form == "list":
            inner = shape.items
            assert inner is not None
            if is_section(field):
                return []
            return self._ids(inner.shape) if inner.shape.refs else [self._value(inner, path)]
        if shape.refs:
            ids = self._ids(shape)
            return ids[0] if ids else None
        if shape.form == "map":
            return {}
        for value in self._candidates(shape, path):
            if field.earned is None or not field.earned.holds(value):
                return value
        raise AssertionError(path)

    def _ids(self, shape: Shape) -> list[str]:
        for target in shape.refs:
            if not target.startswith(KIND) and "/" not in target and self.said.get(target):
                list_ = self.kind.shape.fields[target].shape
                return [item[list_.key[0]] for item in self.said[target]][:1]
        return []

    def _candidates(self, shape: Shape, path: str) -> list[Any]:
        if shape.form == "enum":
            return [value for value in shape.values if value != "unknown"]
        if shape.form == "boolean":
            return [True, False]
        if shape.form in {"integer", "number", "money"}:
            return [1, 0, 1000]
        day = DAY - dt.timedelta(days=3) if shape.past else DAY + dt.timedelta(days=200)
        if shape.form == "date":
            return [day.isoformat()]
        if shape.form == "instant":
            return [f"{day.isoformat()}T09:00:00+00:00"]
        self._made += 1
        texts = (f"x{self._made}", *_TEXTS)
        return [text for text in texts if shape.pattern is None or re.search(shape.pattern, text)]


def _first(facts: Iterable[MissingFact]) -> list[MissingFact]:
    """The facts without those of a second and third new item, for which there is room."""
    first: dict[str, str] = {}
    kept = []
    for fact in facts:
        found = re.match(r"(.*)\[(\d+)\]\.[^\]]*$", fact.path)
        if found is None or first.setdefault(found[1], found[2]) == found[2]:
            kept.append(fact)
    return kept


def _number(items: list[Any], shape: Shape, text: str) -> int:
    """The number of an item, which is added if it is not there."""
    ident = shape.key[0] if shape.key else ""
    for number, item in enumerate(items):
        if isinstance(item, dict) and item.get(ident) == text:
            return number
    number = min(int(text), len(items))
    if number == len(items):
        items.append({})
    return number


def kind_of(name: str) -> Kind:
    return Kinds.builtin()[name]
