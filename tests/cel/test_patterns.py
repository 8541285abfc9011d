"""Patterns: one dialect, linear time, little memory, and a word where there is no engine."""

from __future__ import annotations

import builtins
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyscan.cel import patterns
from policyscan.cel.patterns import BadPattern, compiled
from policyscan.errors import Problems
from policyscan.kinds.decoding import SHIPPED_PATTERNS, compile_pattern
from policyscan.kinds.kinds import Kinds

SCHEMAS = Path(patterns.__file__).parent.parent / "schemas"


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        (r"^\d+$", "123", "٣"),
        (r"^\w+$", "abc", "żółw"),
        (r"^\p{L}+$", "żółw", "a1"),
        (r"^(?P<n>a)b$", "ab", "b"),
        (r"^a$", "a", "a\n"),
        (r"^[^a]$", "ß", "a"),
        (r"^.{2}$", "é!", "é"),
        ("", "", None),
    ],
)
def test_what_a_pattern_means(pattern: str, fits: str, does_not: str | None) -> None:
    assert compiled(pattern)(fits)
    assert does_not is None or not compiled(pattern)(does_not)


@pytest.mark.parametrize(
    "pattern", ["(", "[", "*", "a{2,1}", "(?=a)", r"(a)\1", r"\Z", "a{100000}", "\ud800"]
)
def test_what_is_no_pattern_says_so(pattern: str) -> None:
    with pytest.raises(BadPattern, match="is not a pattern: "):
        compiled(pattern)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^(a+)+$", "a" * 100_000 + "b"),
        ("^(a|aa)+$", "a" * 100_000 + "b"),
        ("(x*)*(y*)*(z*)*!", "xyz" * 30_000),
    ],
)
def test_no_pattern_backtracks(pattern: str, text: str) -> None:
    assert not compiled(pattern)(text)


def test_groups_take_no_memory_of_their_own() -> None:
    """With places kept for 9,000 groups, each text takes gigabytes."""
    code = (
        "import resource; from policyscan.cel.patterns import compiled; match = compiled('(q?)' * 9000);"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; assert match('acme' * 1000);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(done.stdout) * unit < 100 << 20


def _patterns_in(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["pattern"]} if isinstance(node.get("pattern"), str) else set()
        return own.union(*map(_patterns_in, node.values()))
    return set().union(*map(_patterns_in, node)) if isinstance(node, list) else set()


def test_the_shipped_patterns_are_those_of_the_built_in_kinds() -> None:
    schemas = [
        json.loads((SCHEMAS / f"{kind}.schema.json").read_text("utf-8")) for kind in Kinds.builtin().names
    ]
    assert set().union(*map(_patterns_in, schemas)) == SHIPPED_PATTERNS


@pytest.mark.parametrize("pattern", sorted(SHIPPED_PATTERNS))
@given(st.text(alphabet="AZaz09._@+:-\n 24é٣", max_size=6) | st.sampled_from(["24:00", "23:59", "DE", "EUR"]))
def test_the_shipped_patterns_mean_the_same_in_both_engines(pattern: str, text: str) -> None:
    assert bool(compile_pattern(pattern)(text)) == compiled(pattern)(text)


KIND = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "x-id": "id",
    "additionalProperties": False,
    "patternProperties": {"^x-": True},
    "required": ["schema_version", "kind", "id"],
}


def kind_with(tmp_path: Path, schema: dict[str, Any]) -> list[str]:
    properties = {
        "schema_version": {"type": "integer", "const": 1},
        "kind": {"const": "gadget"},
        "id": {"type": "string"},
        "name": schema,
    }
    path = tmp_path / "gadget.json"
    path.write_text(json.dumps({**KIND, "properties": properties}), "utf-8")
    try:
        Kinds.builtin().load(path, "gadget.json")
    except Problems as problems:
        return [str(problem) for problem in problems.problems]
    return []


@pytest.mark.parametrize("pattern", [r"^\p{L}+$", "^(?P<n>a+)$", "^(a+)+$", r"\bx\b"])
def test_a_kind_may_have_any_pattern_of_re2(tmp_path: Path, pattern: str) -> None:
    assert kind_with(tmp_path, {"type": "string", "pattern": pattern}) == []


@pytest.mark.parametrize("pattern", ["(", "(?<=a)b", r"(a)\1", "x{9999}"])
def test_a_pattern_that_is_none_is_told_when_the_kind_is_loaded(tmp_path: Path, pattern: str) -> None:
    (problem,) = kind_with(tmp_path, {"type": "string", "pattern": pattern})
    assert problem.startswith(f"gadget.json:1:1: #/properties/name: {pattern!r} is not a pattern")
    values = {"type": "string"}
    names = {"type": "object", "propertyNames": {"pattern": pattern}, "additionalProperties": values}
    (problem,) = kind_with(tmp_path, names)
    assert "#/properties/name/propertyNames: " in problem


def test_without_the_engine_shipped_patterns_work_and_others_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def refuse(name: str, *args: Any, **others: Any) -> Any:
        if name == "re2":
            raise ImportError(name)
        return real(name, *args, **others)

    monkeypatch.setattr(builtins, "__import__", refuse)
    compiled.cache_clear()
    try:
        for pattern in SHIPPED_PATTERNS:
            assert isinstance(pattern, str)
            assert compile_pattern(pattern)("") is None
        (problem,) = kind_with(tmp_path, {"type": "string", "pattern": "^x+$"})
        assert "pip install google-re2" in problem
    finally:
        compiled.cache_clear()


def test_patterns_work_with_an_engine_of_another_make(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "_unanchored", lambda: None)
    compiled.cache_clear()
    try:
        assert compiled("b+")("abbc")
        assert not compiled("b+")("ac")
    finally:
        compiled.cache_clear()
