"""Records with many fields are made by the names of these: a value in a wrong place would be no error."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src"
RECORDS = {"Result", "Plan", "ScanInfo"}


@pytest.mark.parametrize("path", sorted(SRC.rglob("*.py")), ids=lambda path: path.relative_to(SRC).as_posix())
def test_large_records_are_made_by_keywords(path: Path) -> None:
    calls = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
    placed = [
        call.lineno
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in RECORDS and call.args
    ]
    assert placed == []
