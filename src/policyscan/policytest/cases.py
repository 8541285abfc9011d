"""Test files of policies: their cases, each with the inventory that it describes.

In: the YAML of a test file. Out: cases: inventories, the day, parameters and the results that are expected;
problems at their places.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from policyscan.errors import PolicyscanError
from policyscan.policies.files import PolicyFile, read
from policyscan.records import NamedTuple
from policyscan.source import Span

MISSING, BLANK = "$missing", "$blank"


class Expected(NamedTuple):
    """One result that a case must give. What is None is not compared."""

    subject: str
    requirement: str | None
    status: str
    severity: str | None
    message: str | None
    at: str | None
    until: str | None
    says_until: bool
    figures: Mapping[str, Any]
    disputed: tuple[str, ...] | None
    span: Span


class Case(NamedTuple):
    """One case: an inventory as text, the documents beside it as values, those of the file first, and the
    complete list of its results."""

    name: str
    inventory: str
    documents: tuple[Any, ...]
    parameters: Mapping[str, Any]
    as_of: str
    expected: tuple[Expected, ...]
    span: Span
    kind: str


class PolicyTests(NamedTuple):
    """A policy's test file."""

    policy: str
    file: str
    cases: tuple[Case, ...]
    span: Span


def read_tests(
    path: Path, name: str, kind: str, ident: tuple[str, ...]
) -> tuple[PolicyTests | None, list[PolicyscanError]]:
    """The cases of a test file for a policy of a kind, whose documents have their id at the path `ident`."""
    file, problems = read(path, name, "test")
    if file is None:
        return None, problems
    content = file.value
    cases = tuple(_case(file, i, kind, ident) for i in range(len(content["cases"])))
    return PolicyTests(content["policy"], name, cases, file.span(("policy",))), []


def _case(file: PolicyFile, index: int, kind: str, ident: tuple[str, ...]) -> Case:
    content = file.value
    written = content["cases"][index]
    path = ("cases", index)
    as_of = written.get("as_of", content.get("as_of"))
    base = content.get("base", {}) if "kind" not in written else {}
    kind = written.get("kind", kind)
    inventory = merge(base, written.get("with", {}))
    frame: dict[str, Any] = {
        "schema_version": 1,
        "kind": kind,
        "as_of": as_of[:10] if as_of else "2026-01-01",
    }
    holder = frame
    for key in ident[:-1]:
        holder = holder.setdefault(key, {})
    holder[ident[-1]] = "test"
    whole = merge(frame, inventory)
    beside = [*content.get("documents", ()), *written.get("documents", ())]
    expected = tuple(
        Expected(
            e.get("subject", ""), e.get("requirement"), e["status"], e.get("severity"), e.get("message"),
            e.get("at"), e.get("until"), "until" in e, e.get("figures", {}),
            tuple(e["disputed"]) if "disputed" in e else None, file.span((*path, "expect", i)),
        )
        for i, e in enumerate(written["expect"])
    )  # fmt: skip
    return Case(
        written["name"],
        as_text(whole),
        tuple(beside),
        written.get("parameters", {}),
        as_of or str(whole["as_of"]),
        expected,
        file.span((*path, "name")),
        kind,
    )


def merge(base: Any, over: Any) -> Any:
    """`over` merged over `base`: mappings deeply, everything else replaced; `$missing` removes a key."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    merged = dict(base)
    for key, value in over.items():
        if value == MISSING:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = value
    return merged


def as_text(value: Any) -> str:
    """An inventory as YAML in flow style; `$blank` becomes a key with nothing after it, `$missing` none."""
    if value == BLANK:
        return ""
    if isinstance(value, dict):
        items = (
            f"{json.dumps(key, ensure_ascii=False)}: {as_text(item)}"
            for key, item in value.items()
            if item != MISSING
        )
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(as_text(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
