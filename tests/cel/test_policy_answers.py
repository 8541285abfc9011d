"""Known answers of what only policies have: `policy_answers.txt`, walked by both evaluators."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyscan.cel import POLICY, CelErrors, Env, registry
from tests.cel.harness import Outcome, both, same

FILE = Path(__file__).parent / "policy_answers.txt"
ELSEWHERE = {"isOpen", "closed", "uncovered", "elapsed"}
"""Tested in `test_calendars`."""


def rows() -> list[tuple[str, str, str]]:
    """(function, expression, expected)."""
    found = []
    for part in FILE.read_text(encoding="utf-8").split("\n== ")[1:]:
        name, *lines = part.splitlines()
        found += [(name, *line.rpartition(" -> ")[::2]) for line in lines if line]
    return found


ROWS = rows()


def run(source: str) -> Outcome:
    try:
        return both(Env(dialect=POLICY).check(source), {})
    except CelErrors as errors:
        return Outcome(None, "refused", errors.errors[0].message)


@pytest.mark.parametrize(("source", "expected"), [row[1:] for row in ROWS], ids=[row[1] for row in ROWS])
def test_known_answers(source: str, expected: str) -> None:
    found = run(source)
    if expected.startswith("!"):
        error, _, message = expected[1:].partition(" ")
        assert found.error == error, found
        assert message in found.message
        return
    wanted = run(expected)
    assert not found.error, found
    assert same(found.value, wanted.value), found


def test_every_function_of_policies_has_known_answers() -> None:
    named = {row[0] for row in ROWS}
    functions = {f.name for f in registry.functions() if f.policy}
    macros = {macro.name for macro in registry.MACROS.values() if macro.policy}
    assert (functions | macros) - named == ELSEWHERE
