"""JSON to the same values and places as YAML, with JSON's own strictness."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyscan.reading.json_reader import read_json
from policyscan.reading.tree import Tree
from policyscan.reading.yaml_reader import read_yaml
from policyscan.source import Source


def read(text: str) -> Tree:
    trees, problems = read_json(Source("x.json", text))
    assert problems == []
    (tree,) = trees
    return tree


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ('{"a": 1} x', 1, 10, "there is text after the end of the JSON value"),
        ('{"a": 1}\n{"b": 2}', 2, 1, "there is text after the end of the JSON value"),
        ('{"a": 1,\n "a": 2}', 2, 2, "the key a stands here twice: first on line 1"),
        ('{"a": 1, "\\u0061": 2}', 1, 10, "the key a stands here twice: first on line 1"),
        ('{"a": NaN}', 1, 7, "NaN is no JSON value"),
        ('{"a": -Infinity}', 1, 7, "-Infinity is no JSON value"),
        ('{"a": 1e999}', 1, 7, "the number 1e999 is too large"),
        ('{"a": 9223372036854775808}', 1, 7, "the number 9223372036854775808 is too large"),
        ('{"a": 0644}', 1, 7, "0644 is no JSON value"),
        ('{"a": .5}', 1, 7, ".5 is no JSON value"),
        ('{"a": True}', 1, 7, "True is no JSON value"),
        ('{"a": }', 1, 7, "a value is missing here"),
        ('{"a"}', 1, 5, "a colon is missing before this"),
        ("{a: 1}", 1, 2, "a key has to stand in double quotes"),
        ("{'a': 1}", 1, 2, "a key has to stand in double quotes"),
        ('{"a": 1,}', 1, 9, "a comma may not stand before }"),
        ("[1,]", 1, 4, "a comma may not stand before ]"),
        ("[1 2]", 1, 4, "a comma or ] is missing before this"),
        ('{"a": 1 "b": 2}', 1, 9, "a comma or } is missing before this"),
        ('{"a": [1', 1, 7, "the [ that opens here is never closed"),
        ('{"a"', 1, 1, "the { that opens here is never closed"),
        ('{"a":', 1, 1, "the { that opens here is never closed"),
        ('{"a": "b', 1, 7, "the quote that opens here is never closed"),
        ('{"a": "b\nc"}', 1, 9, "a line break or tab may not stand in a JSON text"),
        ('{"a": "\\q"}', 1, 8, "this escape is not known in JSON"),
        ('{"a": "\\ud800"}', 1, 7, "this text has an escape that is half of a surrogate pair"),
        ("[" * 10_000, 1, 101, "lists and mappings are nested more than 100 deep"),
        ("// comment\n{}", 1, 1, "// is no JSON value"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_what_is_refused_says_why_and_where(text: str, line: int, column: int, message: str) -> None:
    trees, problems = read_json(Source("x.json", text))
    assert trees == []
    assert problems[0].at is not None
    assert (problems[0].at.line, problems[0].at.column) == (line, column)
    assert problems[0].message.startswith(message)


def test_all_problems_that_can_be_told_apart_are_reported() -> None:
    _, problems = read_json(Source("x.json", '{"a": 1, "a": 2,\n"b": 1e999}'))
    assert [problem.at.line for problem in problems if problem.at] == [1, 2]


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_file_has_no_documents_and_no_problems(text: str) -> None:
    assert read_json(Source("x.json", text)) == ([], [])


def test_places_are_those_of_yaml() -> None:
    text = '{\n  "a": [1, {"b": "x y", "c": []}],\n  "d": null\n}'
    trees, _ = read_yaml(Source("x.yaml", text))
    for tree in (read(text), trees[0]):
        value = tree.value
        assert tree.span_of(value, "a")[1:5] == (2, 8, 2, 34)
        assert tree.span_of(value["a"], 0)[1:5] == (2, 9, 2, 10)
        assert tree.span_of(value["a"][1], "b")[1:5] == (2, 18, 2, 23)
        assert tree.span_of(value["a"][1], "gone")[1:3] == (2, 12)
        assert tree.span_of(value, "d")[1:5] == (3, 8, 3, 12)
        assert tree.key_span_of(value, "d")[1:5] == (3, 3, 3, 6)
        assert tree.span_of(value, "gone")[1:3] == (1, 1)
        assert tree.places[id(value["a"][1])].parent is value["a"]
        assert tree.places[id(value["a"][1])].key == 1


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(VALUES, st.booleans(), st.sampled_from([None, 2]))
def test_any_json_value_reads_back(value: object, escaped: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=escaped, indent=indent)
    found = read(text).value
    assert found == value
    assert json.dumps(found) == json.dumps(value)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='{}[],:"\\ntrue0.5e- \n', max_size=25))
def test_what_python_accepts_is_accepted_and_nothing_else(text: str) -> None:
    trees, problems = read_json(Source("x.json", text))
    assert all(problem.at is not None for problem in problems)
    try:
        expected = json.loads(text)
    except ValueError:
        assert trees == []
        return
    if problems:  # duplicate keys and numbers beyond 64 bits
        assert "twice" in problems[0].message or "too large" in problems[0].message
    else:
        assert trees[0].value == expected
