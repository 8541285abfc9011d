"""What a text may say that it is, before anything is parsed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyscan.reading.glance import kinds_said, says_id, says_kind

# What is looked for, in one pattern.
WHOLE = re.compile(r"""(?:^|[{,])[ \t]*["']?kind["']?[ \t]*:[ \t\r\n]{0,9}["']?([\w-]+)""", re.MULTILINE)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("kind: client\n", ["client"]),
        ('{"kind": "client"}', ["client"]),
        ('{"a": 1, "kind" :\r\n  "provider"}', ["provider"]),
        ("---\n'kind':  x-1\n---\nkind: y\n", ["x-1", "y"]),
        ("\t kind: a", ["a"]),
        ("mankind: client\n", []),
        ("of kind: client\n", []),
        ("mankind: \n kind: client\n", ["client"]),
        ("kind:\n", []),
        ("", []),
    ],
)
def test_the_kinds_that_a_text_may_say(text: str, kinds: list[str]) -> None:
    assert list(kinds_said(text)) == kinds
    assert all(says_kind(text, kind) for kind in kinds)
    assert not says_kind(text, "other")


PARTS = st.sampled_from(["kind", ":", " ", "\n", "\r", "\t", '"', "'", "{", ",", "a-b", "x", "client"])


@settings(max_examples=1000, deadline=None)
@given(st.lists(PARTS, max_size=14).map("".join))
def test_it_is_what_the_whole_pattern_finds(text: str) -> None:
    assert list(kinds_said(text)) == WHOLE.findall(text)


def test_an_id_is_not_part_of_a_longer_one() -> None:
    assert says_id("id: acme\n", "acme")
    assert says_id('"id": "acme"', "acme")
    assert not says_id("id: acme-2\n", "acme")
