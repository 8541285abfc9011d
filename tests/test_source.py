"""Lines and columns of a text, whatever ends its lines."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyscan.source import Source, Span


@given(st.text(st.sampled_from("a\u4e2d\n\r\x85\u2028 "), max_size=30))
def test_lines_end_at_lf_cr_and_crlf_and_nowhere_else(text: str) -> None:
    source = Source("f", text)
    lines = re.split("\r\n|\r|\n", text)
    assert [source.line(number) for number in range(1, len(lines) + 1)] == lines
    assert source.line(0) == source.line(len(lines) + 1) == ""
    for offset in range(len(text) + 1):
        line, column = source.position(offset)
        assert source.starts[line - 1] + column - 1 == offset


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_place_in_the_middle(end: str) -> None:
    text = end.join(["one", "two", "three"])
    span = Source("f", text).span(text.index("w"), text.index("three") + 2)
    assert span == Span("f", 2, 2, 3, 3)
