"""docs/expressions.md says what is so: its examples are run, and its reference is the registry's."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

from policyscan.cel import POLICY, Env
from policyscan.cel.errors import CelErrors
from policyscan.cel.values import Date, Timestamp, render
from tests.cel.generate import CLIENT
from tests.cel.harness import both

ROOT = Path(__file__).parents[2]


def _functions() -> Any:
    """docs/functions.py, which is outside of the package."""
    spec = importlib.util.spec_from_file_location("functions_page", ROOT / "docs" / "functions.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reference = _functions()
PAGE = Path(__file__).parents[2] / "docs" / "expressions.md"
TEXT = PAGE.read_text(encoding="utf-8")
WRITTEN = TEXT.partition(reference.BEGIN)[0]
LINE = re.compile(r"^(.*?)\s+// (.*)$")
EXAMPLES = [
    line
    for block in re.findall(r"```cel\n(.*?)```", WRITTEN, re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]


def client() -> dict[str, Any]:
    dana = {"id": "dana", "name": "Dana Cole", "age": 41, "left_on": None}
    sam = {"id": "sam", "name": "Sam Hart", "left_on": Date.parse("2026-06-12")}
    fixes = [
        {"id": "KB1", "severity": "critical", "released_on": Date.parse("2026-10-01"), "cvss": 9.8},
        {"id": "KB2", "severity": "low", "released_on": Date.parse("2026-10-25"), "cvss": None},
    ]
    laptop = {
        "id": "lt-01",
        "os": "windows",
        "in_scope": True,
        "seen_at": Timestamp.parse("2026-10-30T08:00:00Z"),
        "scanned_on": Date.parse("2026-10-20"),
        "score": 7.5,
        "owner": dana,
        "tags": ["laptop"],
        "fixes": fixes,
    }
    other = {
        "id": "lt-02",
        "os": "macos",
        "in_scope": True,
        "scanned_on": None,
        "owner": sam,
        "tags": [],
        "fixes": [],
    }
    printer = {"id": "pr-01", "os": "linux", "in_scope": False, "score": 2.0}
    return {
        "id": "acme",
        "name": "Acme Ltd",
        "staff": 12,
        "budget": None,
        "started_on": Date.parse("2025-03-01"),
        "people": [dana, sam],
        "devices": [laptop, other, printer],
    }


def outcome(source: str) -> str:
    try:
        checked = Env(variables={"client": CLIENT}, dialect=POLICY).check(source)
    except CelErrors as errors:
        return f"refused: {errors.errors[0].message}"
    found = both(checked, {"client": client()})
    return found.error or render(found.value)


@pytest.mark.parametrize("line", EXAMPLES)
def test_examples_are_so(line: str) -> None:
    parts = LINE.match(line)
    assert parts, "an example says what it gives: expression // outcome"
    source, expected = parts.groups()
    if expected.startswith("refused: "):
        assert outcome(source).startswith(expected)
    else:
        assert outcome(source) == expected


def test_the_reference_is_up_to_date() -> None:
    assert reference.renewed(TEXT) == TEXT, "run: make generate"


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="the page needs the lines"):
        reference.renewed("# Nothing")
