"""Where a character of an expression stands in its file, in every YAML style."""

from __future__ import annotations

import pytest

from policyscan.policies.alignment import place_in_scalar
from policyscan.reading.yaml_reader import read_yaml
from policyscan.source import Source

FILES = {
    "plain": "that: a.first == b.second\n",
    "plain over two lines": "that: a.first\n  == b.second\n",
    "single quotes": "that: 'a.first == b.second'\n",
    "single quotes with a doubled one": "that: '''x'' == b.second'\n",
    "double quotes": 'that: "a.first == b.second"\n',
    "double quotes with an escape": 'that: "\\"x\\" == b.second"\n',
    "folded": "that: >-\n  a.first\n  == b.second\n",
    "folded with deeper lines": "that: >-\n  a.first\n    == b.second\n",
    "literal": "that: |\n  a.first\n  == b.second\n",
    "folded with a comment above": "# b.second\nthat: >-\n  a.first == b.second\n",
    "CRLF": "that: >-\r\n  a.first\r\n  == b.second\r\n",
    "characters beyond the first plane": "that: '\"😀\" == b.second'\n",
}


@pytest.mark.parametrize("name", FILES)
def test_a_word_is_found_where_it_stands(name: str) -> None:
    source = Source("p.yaml", FILES[name])
    (tree,), _ = read_yaml(source)
    text = tree.value["that"]
    start = text.index("b.second")
    span = place_in_scalar(source, tree.span_of(tree.value, "that"), text, start, start + len("b.second"))
    line = source.line(span.line)
    assert line[span.column - 1 : span.end_column - 1] == "b.second"
    assert not line.startswith("#")


def test_the_end_of_an_expression_is_the_end_of_its_scalar() -> None:
    source = Source("p.yaml", "that: a.b ==\nnext: 1\n")
    (tree,), _ = read_yaml(source)
    text = tree.value["that"]
    span = place_in_scalar(source, tree.span_of(tree.value, "that"), text, len(text), len(text))
    assert (span.line, span.column) == (1, 13)
