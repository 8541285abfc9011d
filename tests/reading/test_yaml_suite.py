"""YAML's own test suite: what is read means what YAML 1.2 says, and the rest is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyscan.reading.reading import read_text
from policyscan.reading.tree import Tree
from policyscan.reading.yaml_reader import read_yaml
from policyscan.source import Source

SUITE = Path(__file__).parents[1] / "data/yaml-test-suite/cases.json"
CASES: list[dict[str, Any]] = json.loads(SUITE.read_text("utf-8"))
INVALID = [case for case in CASES if "invalid" in case]
VALID = [case for case in CASES if "values" in case]
# An accepted text has these; the suite has no JSON for it.
WITHOUT_JSON = {"UKK6:2": [""]}

WAYS = {
    "as in a scan": read_text,
    "libyaml": read_yaml,
    "pure": lambda source: read_yaml(source, pure=True),
}


def _name(case: dict[str, Any]) -> str:
    return str(case["id"])


def whole(tree: Tree) -> Any:
    """A document's value with null for what is blank, as the suite has it."""

    def grown(value: Any) -> Any:
        if isinstance(value, dict):
            blank = dict.fromkeys(tree.blanks.get(id(value), ()))
            return {**{key: grown(inner) for key, inner in value.items()}, **blank}
        return [grown(item) for item in value] if isinstance(value, list) else value

    return grown(tree.value)


def values(trees: list[Tree]) -> str:
    found = [value for value in map(whole, trees) if value is not None]
    return json.dumps(found, sort_keys=True)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", INVALID, ids=_name)
def test_what_is_no_yaml_is_refused(case: dict[str, Any], way: str) -> None:
    _, problems = WAYS[way](Source("a.yaml", case["yaml"]))
    assert problems
    assert all(problem.at is not None for problem in problems)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", VALID, ids=_name)
def test_what_is_read_is_what_yaml_says(case: dict[str, Any], way: str) -> None:
    trees, problems = WAYS[way](Source("a.yaml", case["yaml"]))
    expected = [value for value in case["values"] if value is not None]
    assert problems or values(trees) == json.dumps(expected, sort_keys=True)


@pytest.mark.parametrize("case", [case for case in CASES if len(case) == 2], ids=_name)
def test_what_json_cannot_say_is_refused(case: dict[str, Any]) -> None:
    trees, problems = read_text(Source("a.yaml", case["yaml"]))
    assert problems or [tree.value for tree in trees] == WITHOUT_JSON[case["id"]]


def test_most_of_what_is_valid_is_read() -> None:
    """Refusing everything would pass the tests above."""
    read = [case for case in VALID if not read_text(Source("a.yaml", case["yaml"]))[1]]
    assert len(read) >= 214


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {?b: c}\n", "a ? stands before this text"),
        ('a: [?"b"]\n', "a ? stands before this text"),
        ("a: &x:y b\n", "the name of the anchor &x goes on"),
        ("a: &x:y {b: c}\n", "the name of the anchor &x goes on"),
        ("a: 'b'#c\n", "a comment begins with a space"),
        ("a: {b: c}#d\n", "a comment begins with a space"),
        ("a: [b,#c\n   d]\n", "a comment begins with a space"),
        ("a: |#c\n  b\n", "a comment begins with a space"),
        ("a: [-]\n", "a dash alone is no text"),
        ("a: {b: -}\n", "a dash alone is no text"),
        ("a: [b,\nc]\n", "this goes on in a line that is indented too little"),
        ("a:\n  b: 'c\n  d'\n", "this goes on in a line that is indented too little"),
        ("- a: {b: c,\n\td: e}\n", "this goes on in a line that is indented too little"),
        ("a: |\n  b\n    ", "the last line of the file has only spaces"),
        ("%TAG !e! tag:example.com,2000:\n---\na: 1\n", "%TAG is not supported here"),
        ("a: 1\n...\n%TAG !e! x\n---\nb: 1\n", "%TAG is not supported here"),
        ("%YAML one\n---\na: 1\n", "this is no version of YAML"),
        ("a: 1\n%YAML 1.2\n---\nb: 1\n", "a line that begins with %"),
        ("a: 1\n---\n\ufeffb: 1\n", "a byte-order mark (U+FEFF) stands here"),
        ("a: 1\n\ufeffb: 1\n", "a byte-order mark (U+FEFF) stands here"),
        ("a:\n\u00a0\u00a0b: 1\n", "a no-break space (U+00A0) stands where YAML needs a plain one"),
        ("a:\n\u3000b: 1\n", "a space of another kind (U+3000) stands where YAML needs a plain one"),
        ("a:\u00a0b\n", "a no-break space (U+00A0) stands where YAML needs a plain one"),
        ("a: 1\nb:\u202f1\n", "a no-break space (U+202F) stands where YAML needs a plain one"),
        ("a:\n  -\u00a0b\n", "a no-break space (U+00A0) stands where YAML needs a plain one"),
    ],
)
@pytest.mark.parametrize("way", WAYS)
def test_what_would_be_read_otherwise_is_refused(text: str, message: str, way: str) -> None:
    _, problems = WAYS[way](Source("a.yaml", text))
    assert problems
    if way != "pure" or ("\n\t" not in text and "|#" not in text):  # of which it complains by itself
        assert any(problem.message.startswith(message) for problem in problems), problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: [\n  b,\n]\n", {"a": ["b"]}),
        ("a:\n  b: {\n    c: d\n  }\n", {"a": {"b": {"c": "d"}}}),
        ("a: 'b#c' # d\n", {"a": "b#c"}),
        ("a: b#c\n", {"a": "b#c"}),
        ("a: is it?\nb: x ?y\n", {"a": "is it?", "b": "x ?y"}),
        ("a: &x-1 b\nc: *x-1\n", {"a": "b", "c": "b"}),
        ("a: |\n  %TAG is a text\n", {"a": "%TAG is a text\n"}),
        ("a: 'x\u00a0y'\nb: x\u00a0y\n", {"a": "x\u00a0y", "b": "x\u00a0y"}),
        ("a: '\u00a0x'\n", {"a": "\u00a0x"}),
        ("a: '\ufeffx'\n", {"a": "\ufeffx"}),
        ("%YAML 1.2\n---\na: 1\n", {"a": 1}),
    ],
)
@pytest.mark.parametrize("way", WAYS)
def test_what_is_sound_is_left_alone(text: str, value: Any, way: str) -> None:
    trees, problems = WAYS[way](Source("a.yaml", text))
    assert problems == []
    assert [tree.value for tree in trees] == [value]


def test_aliases_count_for_the_whole_file() -> None:
    one = "---\nx-a: &a [1,1,1,1,1,1,1,1,1,1]\nx-b: &b [" + ",".join(["*a"] * 10) + "]\nx-c: [*b,*b,*b]\n"
    _, problems = read_yaml(Source("a.yaml", one * 2000))
    assert [problem.message for problem in problems] == [
        "aliases make this file grow by more than 100,000 values"
    ]
