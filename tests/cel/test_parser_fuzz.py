"""No text makes the parser do anything but answer with a tree, or with an error that has a place."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policyscan.cel.ast import Node, walk
from policyscan.cel.errors import CelError
from policyscan.cel.parser import parse
from policyscan.cel.registry import binders

PIECES = (
    *("a", "b.c", "x", "1", "-1", "0x1F", "2u", "1.5", ".5", "1e9", "'s'", '"t"', "'''u'''", "r'v'", "b'w'"),
    *("true", "null", "in", "if", "has", "all", "cel", "bind", "math", "greatest", "and", "not", "14d"),
    *(
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "?",
        ".",
        ".?",
        "[?",
        "`a-b`",
        "`",
        "'",
        '"',
        "'''",
        "\\",
        "//",
    ),
    *("+", "-", "*", "/", "%", "!", "<", "<=", "==", "!=", "&&", "||", "=", "&", "===", "=>", ";", "#", "@"),
    *(" ", "\n", "\r", "\t", "\x00", "\ud800", "é", "\u00a0", r"'\x4'", r"'\ud800'", r"b'\u0041'"),
    *("has(a.b)", "a.all(x, x)", "cel.bind(x, 1, x)", "math.least(1, 2, 3)", "T{a: 1}", "9" * 30),
)
texts = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join),
)


def answer(source: str) -> Node | CelError:
    try:
        return parse(source, binders(policy=False))
    except CelError as error:
        return error


@given(texts)
@example("-")
@example("a.")
@example("a[?")
@example("{?")
@example("math.least(1,2,")
def test_any_text_gives_a_tree_or_an_error_with_a_place(source: str) -> None:
    found = answer(source)
    if isinstance(found, CelError):
        assert 0 <= found.start <= found.end <= len(source)
        assert found.message
    else:
        for node in walk(found):
            assert 0 <= node.start < node.end <= len(source)


@pytest.mark.parametrize(
    "source", ["--", "-.", "!-", "a ? b :", "a.b(", "has(", "x.all(", "cel.bind(a, b", "{1: "]
)
def test_cut_off_text_says_where_it_ends(source: str) -> None:
    assert isinstance(answer(source), CelError)
