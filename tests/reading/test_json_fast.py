"""The fast way to read JSON reads what the careful way reads, or nothing; places are the same."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyscan.reading.json_fast import read_fast
from policyscan.reading.json_reader import read_with_care
from policyscan.reading.limits import MAX_DEPTH, MAX_SCALAR
from policyscan.reading.reading import read_file
from policyscan.reading.tree import Tree
from policyscan.source import Source
from tests.reading.test_json import VALUES

ROOT = Path(__file__).parents[2]


def places(tree: Tree) -> list[Any]:
    """The place of everything in a tree, and of something that is not."""
    found: list[Any] = [tree.root_span(), tree.first, tree.last, len(tree.places)]
    for one in tree.containers():
        found.extend((tree.span_of(one), tree.key_span_of(one), tree.span_of(one, "gone")))
        for key in one if isinstance(one, dict) else range(-1, len(one) + 1):
            found.extend((tree.span_of(one, key), tree.key_span_of(one, key)))
    return found


def alike(text: str) -> Tree | None:
    """The tree of the fast way, which is that of the careful one if there is one."""
    source = Source("x.json", text)
    fast = read_fast(source)
    if fast is not None:
        trees, problems = read_with_care(source)
        assert problems == []
        assert repr(fast.value) == repr(
            trees[0].value
        )  # repr tells 1 from 1.0 and True, and the order of keys
        assert places(fast) == places(trees[0])
        again = pickle.loads(pickle.dumps(fast))  # noqa: S301 - our own
        assert places(again) == places(fast)
    return fast


@pytest.mark.parametrize("indent", [None, 0, 2])
def test_shipped_inventories_are_read_fast_with_all_their_places(indent: int | None) -> None:
    files = sorted((ROOT / "inventories").rglob("*.yaml"))
    assert files
    for file in files:
        trees, _ = read_file(file)
        for tree in trees:
            assert alike(json.dumps(tree.value, indent=indent)) is not None


@settings(max_examples=200, deadline=None)
@given(VALUES, st.booleans(), st.sampled_from([None, 2]))
def test_any_value_is_read_alike(value: object, escaped: bool, indent: int | None) -> None:
    alike(f" \n{json.dumps([value], ensure_ascii=escaped, indent=indent)}\t\n")


@settings(max_examples=300, deadline=None)
@given(
    VALUES,
    st.lists(st.tuples(st.integers(0, 200), st.sampled_from('{}[],:"\\u01e-+.\t\x00 NaN')), max_size=3),
)
def test_what_is_spoilt_is_read_alike_or_with_care(value: object, edits: list[tuple[int, str]]) -> None:
    text = json.dumps([value])
    for at, char in edits:
        text = text[:at] + char + text[at + 1 :]
    alike(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}',
        '[{"b": {"a": 1, "a": 1}}]',
        "[NaN]",
        "[-Infinity]",
        "[1e999]",
        f"[{2**63}]",
        f"[-{2**63 + 1}]",
        f"[{'9' * 30}]",
        r'["\ud800"]',
        r'["\uDfff"]',
        r'{"\udc00": 1}',
        "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
        "[" * 100_000,
        '["' + "x" * (MAX_SCALAR + 1) + '"]',
        "[1] 2",
        "[1,]",
        '{"a": "\t"}',
        "",
        " ",
        "5",
        '"text"',
    ],
    ids=lambda text: text[:20],
)
def test_what_may_be_wrong_is_left_to_the_careful_way(text: str) -> None:
    assert read_fast(Source("x.json", text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "[" * MAX_DEPTH + "]" * MAX_DEPTH,
        f"[{2**63 - 1}, -{2**63}, -0, 0.0, -0.0, 1e3]",
        r'["\u00e9\u20ac", "\\ud800"]'.replace(r"\\ud800", r"\\x"),
        '\r\n{ "a" :\r\n\t[ ] , "b":{} }\r\n',
        '{"": {"": []}}',
    ],
    ids=lambda text: text[:20],
)
def test_what_is_sound_is_read_fast(text: str) -> None:
    assert alike(text) is not None
