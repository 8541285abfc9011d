"""Keys whose absence has a meaning: the controls' own cases show them written, and what it means without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from policyscan.errors import PolicyscanError
from policyscan.findings import Status
from policyscan.kinds.shapes import Shape, walk
from policyscan.policytest.cases import BLANK, MISSING
from tests.policies.judging import FAMILIES, KINDS, Finding, Judged, cases_of, holders, lose

# Facts that no control reads yet.
UNREAD = {
    "person.on_file",
    "support_line.on_file",
    "provider_organisation.freelancer",
}


def with_a_meaning(shape: Shape) -> Iterator[str]:
    return (key for key, field in shape.fields.items() if field.when_absent is not None)


@cache
def every_key() -> frozenset[str]:
    """`fix.severity`: every key with x-when-absent, by the name of what holds it."""
    shapes = [kind.shape for kind in KINDS]
    shapes += [field.shape for kind in KINDS for _, field in walk(kind.shape)]
    return frozenset(f"{shape.name}.{key}" for shape in shapes for key in with_a_meaning(shape))


@cache
def seen() -> tuple[frozenset[str], frozenset[str]]:
    """The keys that some case writes, and those whose absence decides some case.

    It decides where the results are others once the key is there with nothing after it, which is unknown.
    """
    written: set[str] = set()
    deciding: set[str] = set()
    for judged in (one for family in FAMILIES for one in cases_of(family)):
        before = None
        for name, path, key in absences(judged, written):
            if f"{name}.{key}" not in deciding:
                before = judged.results(judged.tree()) if before is None else before
                if decides(judged, before, (*path, key)):
                    deciding.add(f"{name}.{key}")
    return frozenset(written), frozenset(deciding)


def absences(judged: Judged, written: set[str]) -> Iterator[tuple[str, tuple[Any, ...], str]]:
    """Where a key with a meaning is left out of a case; those that are there are added to `written`."""
    value = judged.tree().value
    for name, shape, path in holders(judged.kind.shape, value):
        holder: Any = value
        for step in path:
            holder = holder[step]
        for key in with_a_meaning(shape):
            if key not in holder:
                yield name, path, key
            elif holder[key] not in (MISSING, BLANK):
                written.add(f"{name}.{key}")


def decides(judged: Judged, before: Mapping[Finding, Status], path: tuple[Any, ...]) -> bool:
    try:
        return before != judged.results(lose(judged.tree(), path, blank=True))
    except PolicyscanError:
        return False


def test_there_are_such_keys() -> None:
    assert len(every_key()) > 30
    assert every_key() >= UNREAD


@pytest.mark.parametrize("key", sorted(every_key() - UNREAD))
def test_the_cases_show_a_key_written(key: str) -> None:
    assert key in seen()[0]


@pytest.mark.parametrize("key", sorted(every_key() - UNREAD))
def test_a_case_shows_what_its_absence_means(key: str) -> None:
    assert key in seen()[1]


def test_no_control_reads_the_rest() -> None:
    assert seen()[1].isdisjoint(UNREAD)
