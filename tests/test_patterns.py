"""Patterns that are compiled when they are first used do what those of `re` do."""

from __future__ import annotations

import re

import pytest

from policyscan.patterns import when_used


def test_it_is_compiled_when_first_used(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    sound = re.compile

    def spy(pattern: str, flags: int = 0) -> re.Pattern[str]:
        made.append(pattern)
        return sound(pattern, flags)

    monkeypatch.setattr("policyscan.patterns.re.compile", spy)
    pattern = when_used("a(b+)", re.IGNORECASE)
    assert made == []
    match = pattern.search("xABBx")
    assert match is not None
    assert match[1] == "BB"
    assert pattern.sub("-", "abab") == "--"
    assert [found.start() for found in pattern.finditer("abxab")] == [0, 3]
    assert pattern.pattern == "a(b+)"
    assert made == ["a(b+)"]


def test_a_pattern_that_is_wrong_is_told_when_used() -> None:
    with pytest.raises(re.error):
        when_used("(").match("")
