"""Known answers of every function: `answers/*.txt` has a table for each, walked by both evaluators."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from policyscan.cel import registry
from policyscan.cel.errors import CelErrors
from tests.cel.harness import run, same

FOLDER = Path(__file__).parent / "answers"
LIBRARY = ("standard", "strings", "math", "lists", "optionals")
# Their answers stand with the functions of policies, whose dialect they need.
ELSEWHERE = {"date"}


class Table(NamedTuple):
    """A function's rows: (expression, expected)."""

    file: str
    function: str
    rows: list[tuple[str, str]]


def tables() -> list[Table]:
    found: list[Table] = []
    for path in sorted(FOLDER.glob("*.txt")):
        for part in path.read_text(encoding="utf-8").split("\n== ")[1:]:
            name, *lines = part.splitlines()
            rows = [line.rpartition(" -> ")[::2] for line in lines if line]
            found.append(Table(path.stem, name, rows))
    return found


TABLES = tables()


@pytest.mark.parametrize("table", TABLES, ids=[f"{t.file}-{t.function}" for t in TABLES])
def test_known_answers(table: Table) -> None:
    wrong = [problem for source, expected in table.rows if (problem := _problem(source, expected))]
    assert not wrong, "\n".join(wrong)


def _problem(source: str, expected: str) -> str:
    if expected.startswith("!"):
        return _problem_of_refusal(source, *expected.removeprefix("!").partition(" ")[::2])
    found, wanted = run(source), run(expected)
    if found.error or wanted.error or not same(found.value, wanted.value):
        return f"{source} is {found}, not {expected} {wanted}"
    return ""


def _problem_of_refusal(source: str, error: str, message: str) -> str:
    try:
        found = run(source)
    except CelErrors as errors:
        return (
            ""
            if error in {"refused", "fault"} and message in str(errors)
            else f"{source} is refused: {errors}"
        )
    kind = "fault" if error == "refused" else error
    if found.error != kind or not found.message.startswith(message):
        return f"{source} is {found}, not {error} {message!r}"
    return ""


def test_every_function_of_the_library_has_its_table() -> None:
    named = {table.function for table in TABLES if table.rows}
    modules = {name for name, module in registry.INDEX.items() if module in LIBRARY}
    assert modules - named == ELSEWHERE
