"""The line-by-line reader: what it reads, it reads exactly as the composer does; the rest it leaves alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyscan.reading.fast_yaml import read_fast
from policyscan.reading.reading import read_text
from policyscan.reading.tree import Tree
from policyscan.reading.yaml_lines import Lines
from policyscan.reading.yaml_reader import read_yaml
from policyscan.source import Source

INVENTORIES = sorted((Path(__file__).parents[2] / "inventories").rglob("*.yaml"))

Facts = list[tuple[Any, ...]]


def facts_of(tree: Tree) -> Facts:
    """Everything that can be asked of a tree: values with their types, order of keys, blanks, all places."""
    facts: Facts = [("root", tree.index, tree.root_span(), len(tree.places), len(tree.blanks))]
    _add_facts(tree, tree.value, "$", facts)
    return facts


def _add_facts(tree: Tree, value: Any, path: str, facts: Facts) -> None:
    if not isinstance(value, dict | list):
        facts.append((path, type(value), repr(value)))
        return
    place = tree.places[id(value)]
    blanks = tree.blanks.get(id(value), [])
    keys: list[Any] = [*value] if isinstance(value, dict) else [*range(len(value))]
    facts.append((path, type(value), keys, place.key, blanks))
    for key in [None, *keys, *blanks, "not there", -1, len(value)]:
        facts.append((path, key, tree.span_of(value, key), tree.key_span_of(value, key)))
    for key in keys:
        inner = value[key]
        if isinstance(inner, dict | list):
            assert tree.places[id(inner)].parent is value
        _add_facts(tree, inner, f"{path}/{key}", facts)


def composed(text: str) -> Tree:
    trees, problems = read_yaml(Source("x.yaml", text))
    assert problems == []
    (tree,) = trees
    return tree


def agrees(text: str) -> bool:
    """Whether the fast reader took the text, after making sure that it is right if it did."""
    fast = read_fast(Source("x.yaml", text))
    if fast is None:
        return False
    assert facts_of(fast) == facts_of(composed(text))
    return True


@pytest.mark.parametrize(
    "text",
    [
        # anchors, aliases, tags, directives, several documents
        "a: &x 1\n",
        "a: *x\n",
        "a: !t 1\n",
        "a: !!str 1\n",
        "%YAML 1.2\n---\na: 1\n",
        "a: 1\n---\nb: 1\n",
        "a: 1\n...\n",
        "--- a\n",
        "---\n---\na: 1\n",
        "--- {a: 1}\n",
        "---\n",
        "",
        "# only a comment\n",
        "\n\n",
        # keys
        "? a\n: 1\n",
        "1: x\n",
        "null: x\n",
        "~: x\n",
        "true: x\n",
        "1.5: x\n",
        "1e999: x\n",
        ".inf: x\n",
        "<<: x\n",
        "a: 1\na: 2\n",
        "a: {b: 1, b: 2}\n",
        "a:\n  b: 1\n  c: 2\n  b: 3\n",
        "a:\na: 1\n",
        ": 1\n",
        '"a": 1\n',
        "a : 1\n",
        "a:1\n",
        "[a]: 1\n",
        "{a: b}: 1\n",
        f"{'x' * 1100}: 1\n",
        "a.b...: 1\n...: 1\n",
        # plain texts that are not what they look like, or go on
        "a: b: c\n",
        "a: b:\n",
        "a: b:#\n",
        "a: b\n  c\n",
        "a:\n  b\n",
        "a:\n  b\n  c: 1\n",
        "a: b\n  c: 1\n",
        "- a\n  b\n",
        "a: x#y\n",
        "a: - b\n",
        "a: -\n",
        "a: ? b\n",
        "a: | b\n",
        "a: @b\n",
        "a: `b`\n",
        "a: %b\n",
        "a: ]\n",
        "a: }\n",
        "a: , b\n",
        "a: * b\n",
        "a\n",
        "a\nb: 1\n",
        "b: 1\na\n",
        # numbers that are refused
        "a: .inf\n",
        "a: -.INF\n",
        "a: .nan\n",
        "a: 99999999999999999999\n",
        "a: 1e999\n",
        "a: [.inf]\n",
        # quotes
        'a: "b\n',
        'a: "b\n  c"\n',
        "a: 'b\n  c'\n",
        'a: "b\\n"\n',
        'a: "b" c\n',
        "a: 'b' c\n",
        "a: 'b'c'\n",
        'a: "b"#c\n',
        'a: "b": c\n',
        # lists
        "- \n",
        "-\n",
        "-\n  a: 1\n",
        "- - a\n",
        "-a: 1\n- b\n",
        "a: 1\n- b\n",
        "- a\nb: 1\n",
        "a:\n  - b\n - c\n",
        "a:\n  - b\n   - c\n",
        "a:\n  - b: 1\n   c: 2\n",
        "a:\n  - b: 1\n     c: 2\n",
        "a:\n  - b\n  c: 1\n",
        "- # nothing\n",
        # indentation
        " a: 1\nb: 2\n",
        "a: 1\n b: 2\n",
        "a:\n    b: 1\n  c: 2\n",
        "a:\n  b: 1\n c: 2\n",
        "a:\n\tb: 1\n",
        "a:\tb\n",
        "a: b\t# c\n",
        # [ … ] and { … }
        "[a, b]\n",
        "{a: 1}\n",
        "a: [b\n",
        "a: [b]]\n",
        "a: [b] c\n",
        "a: [b]#c\n",
        "a: {b: 1]\n",
        "a: [b}\n",
        "a: [b c: d]\n",
        "a: [b: c]\n",
        "a: [b, , c]\n",
        "a: [,]\n",
        "a: [, b]\n",
        "a: {, b: 1}\n",
        "a: {b}\n",
        "a: {b:1}\n",
        "a: {b: 1, c}\n",
        "a: {b: c: d}\n",
        "a: [b?c]\n",
        "a: [b\n  c]\n",
        'a: ["b\n  c"]\n',
        "a: [b,\n...\n]\n",
        "a: [b,\n---\n]\n",
        "a: {b: |\n  c}\n",
        "a: [-]\n",
        "a: [- b]\n",
        "a: [b #c\n]\n",
        "a: [b, # c]\n",
        "a: {b: 1\n",
        "a: [[b]\n",
        "a: {1: b}\n",
        "a: {null: b}\n",
        "a: " + "[" * 60 + "]" * 60 + "\n",
        # texts
        "a: |+\n  b\n",
        "a: |2\n  b\n",
        "a: |\n",
        "a: |\nb: 1\n",
        "a: |\nb\n",
        "a: |\n    \n  b\n",
        "a: |\n  b\n    \n  c\n",
        "a: >\n  b\n    c\n",
        "a: |\n  b\n c\n",
        "a: |\n\tb\n",
        "|\n  b\n",
        # characters
        "a: b\u00a0c\n",
        "a: b\u2028c\n",
        "a: b\u0085c\n",
        "a: \ufeffb\n",
        "\ufeffa: b\n",
        "a: \x00\n",
        "a: \x7f\n",
        "a: \ud800\n",
        "# \x07\na: b\n",
        "a: b\rc: d\n",
        "a: b\r\nc: d\n\re: f\r\n",
        "a: b\r\nc: d\n",
    ],
)
def test_anything_unusual_is_left_to_libyaml(text: str) -> None:
    assert read_fast(Source("x.yaml", text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "a: 1",
        "a: 1\n",
        "\n\n# b\n---\n# c\n\na: 1\n# d\n",
        "--- # b\na: 1\n",
        "a: b #\nd: 'e' # f\ng: \"h\"   # i\nj:   # k\n",
        "a:   b  \nc: d   # e\n",
        "a: 2026-10-31T07:10:00-05:00\nb: https://example.org/x?y=1&z=2\nc: 08:00\n",
        "a: -5\nb: +5\nc: .5\nd: 0x1f\ne: 0644\nf: 1e3\ng: ~\nh: null\ni: no\nj: 0\n",
        "a: x-y\nb: x, y [z] {w} \"v\" 'u' | > & * ! % @ `\nc: (x)\nd: $x\ne: =\n",
        "a: ''\nb: \"\"\nc: 'it''s'\nd: ' x '\ne: \"a: b # c\"\nf: '\"'\n",
        "é: ü\nb: 日本\nc: 😀 d\ne: — f\n",
        "a b: 1\nc/d: 2\ne.f: 3\n2026-01-01: 4\nno: 5\n",
        # blanks
        "a:\n",
        "a:",
        "a:\n\n# b\n",
        "a:\nb: 1\n",
        "a:\n  b:\n  c: 1\nd:\n",
        "a:\n  - b:\n  - b:\n    c:\nd: 1\n",
        "a: {b: , c: 1}\nd: {e: }\nf: [{g: }, {h: 1}]\n",
        # lists
        "- a\n- 1\n- {b: 1}\n- [c]\n- d: 1\n  e: 2\n",
        "a:\n- b\n- c\nd: 1\n",
        "a:\n- b: 1\n  c:\n  - d\n  - e\n- b: 2\nf: 1\n",
        "a:\n  - b\n\n  # c\n  - d\n#e\n",
        "a:\n  -   b: 1\n      c: 2\n  - b: 3\n",
        "a:\n  b:\n    - c\nd: 1\n",
        "a:\n    b:\n        c: 1\n    d: 2\ne: 3\n",
        # [ … ] and { … }
        "a: []\nb: {}\nc: [ ]\nd: { }\n",
        "a: [1, b c, 'd', \"e, f\", 2026-10-31, 08:00]\n",
        "a: { b: 1 , c: 'd' , e: \"f\" }\n",
        "a: {b: {c: [1, {d: 2}], e: []}, f: [[1], []]}   # g\n",
        "a: [1,]\nb: [ 1 , ]\nc: {d: 1,}\ne: [f, ]\n",
        "a: [\n  1,\n  2,\n]\nb: 1\n",
        "a: {b: 1,\n    c: [2,\n 3]}  # d\ne:\n  - f\n",
        "- [1,\n   2]\n- {a: 1,\n   b: 2}\n- c\n",
        "a:\n  b: [c,\n\n   d]\n  e: 1\n",
        # texts
        "a: |\n  b\n  c\n",
        "a: |\n  b\n\n    c\n\n\nd: 1\n",
        "a: |-\n  b # c\n\n# d\ne: 1\n",
        "a: >\n  b\n  c\n\n  d\n\n\n  e\n",
        "a: >-  # b\n\n  c\n",
        "a: |\n  b",
        "a: >\n  b\n  ",
        "a: >\n  b\n \n ",
        "- |\n a\n- >-\n b\n c\n- d\n",
        "a:\n- |\n b: 1\n- >-\n c\nd: 1\n",
        "a:\n  b: |\n   - c\n   d: e\n  f: 1\n",
        # line ends of Windows
        "a: b\r\nc:\r\n  - d # e\r\n  - f: 1\r\n    g: [1,\r\n      2]\r\n",
        "h: |\r\n  i\r\n  j\r\nk: >\r\n  l\r\n\r\n  m\r\n",
    ],
)
def test_the_common_ways_of_writing_are_read(text: str) -> None:
    assert agrees(text)


@pytest.mark.parametrize("path", INVENTORIES, ids=lambda path: path.stem)
def test_shipped_inventories_are_read_fast(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert agrees(text)
    assert agrees(text.replace("\n", "\r\n"))


def test_values_of_two_reads_are_never_the_same_object() -> None:
    text = "a: [1, [2]]\nb: {c: 1}\nd:\n  - {e: [1]}\n"
    first, second = (read_fast(Source("x.yaml", text)) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.value == second.value
    assert first.value["a"] is not second.value["a"]
    assert first.value["a"][1] is not second.value["a"][1]
    assert first.value["b"] is not second.value["b"]
    assert first.value["d"][0]["e"] is not second.value["d"][0]["e"]


def test_places_are_those_of_the_text_when_values_have_been_replaced() -> None:
    tree = read_fast(Source("x.yaml", "a: {b: [1, 2], c: 3}\nd:\n  - e: 1\n"))
    assert tree is not None
    inner = tree.value["a"]["b"]
    item = tree.value["d"][0]
    tree.value["a"]["b"] = tree.value["d"] = "something else"
    del tree.value["a"]["c"]
    assert str(tree.span_of(inner, 1)) == "x.yaml:1:12"
    assert str(tree.span_of(tree.value["a"], "c")) == "x.yaml:1:19"
    assert str(tree.span_of(item, "e")) == "x.yaml:3:8"
    assert str(tree.key_span_of(tree.value, "d")) == "x.yaml:2:1"


def test_lines_that_were_met_do_not_fill_memory() -> None:
    known = Lines()
    for number in range(30_000):
        assert known[f"key: {number}"][2] == number
    assert len(known) <= 20_000
    for long, kept in ((395, True), (396, False)):  # as the longest line of an inventory, and a longer one
        assert known["key: " + "x" * long][2] == "x" * long
        assert ("key: " + "x" * long in known) is kept


def test_pyyaml_is_not_imported_for_a_common_inventory() -> None:
    code = (
        "import sys\n"
        "from policyscan.reading.reading import read_file\n"
        f"trees, problems = read_file({str(INVENTORIES[0])!r})\n"
        "assert len(trees) == 1 and problems == [] and 'yaml' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_left_alone_is_read_by_libyaml() -> None:
    trees, problems = read_text(Source("x.yaml", "a: &x [1]\nb: *x\n"))
    assert problems == []
    assert trees[0].value == {"a": [1], "b": [1]}
    trees, problems = read_text(Source("x.yaml", "a: 1\na: 2\n"))
    assert trees == []
    assert [problem.message for problem in problems] == ["the key a stands here twice: first on line 1"]


# --- anything: the two readers agree, or the fast one leaves it ------------------------------------

# fmt: off
SCALARS = [
    "a", "b c", "1", "-1", "1.5", "null", "~", "true", "no", "2026-10-31", "07:10",
    "2026-10-31T07:10:00-05:00", "\"q: #\"", "'it''s'", "''", "x#y", "a:b", "a: b", "::", "- x",
    "-", "?x", "@x", "&x y", "*x", "!x y", "[x]", "{x: y}", "[x, y", "]", "}", "\"x", "'x", ".inf",
    "a \"b\"", "a, b", "é", "a\u00a0b", "a\tb", "<<", "...", "---", "#", "\\", "%x", ">", ">-", "|",
    "|-",
]
# fmt: on
KEYS = ["a", "b", "c", "d e", "x-y", "1", "null", '"q"', "é", "-", "<<", "a:", "?"]
TAILS = ["", "", "", "", " ", " # c", "#", " #", "\t", ":", ","]

lines = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["", "  ", "  ", "    ", " ", "      "]),
    st.sampled_from(["", "", "", "- ", "- ", "-   ", "-", "- - "]),
    st.one_of(st.just(""), st.sampled_from(KEYS).map("{}:".format)),
    st.one_of(st.just(""), st.sampled_from(SCALARS).map(" {}".format)),
    st.sampled_from(TAILS),
)
flows = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(inner, max_size=3).map(
            lambda items: f"{{{', '.join(f'{KEYS[at]}: {item}' for at, item in enumerate(items))}}}"
        ),
        inner.map("[ {} ,\n  x]".format),
        inner.map("{{a: {},\n    b: }}".format),
    ),
    max_leaves=6,
)
ENDS = st.sampled_from(["\n", "\n", "\n", "\r\n"])


@given(st.lists(lines, max_size=8), ENDS)
def test_any_lines_are_read_alike_or_left(parts: list[str], end: str) -> None:
    agrees(end.join(parts) + end)


@given(st.lists(flows, min_size=1, max_size=3), st.sampled_from(["a{}: {}", "- {1}", "- a{}: {}"]), ENDS)
def test_any_brackets_are_read_alike_or_left(parts: list[str], form: str, end: str) -> None:
    text = "\n".join(form.format(number, part) for number, part in enumerate(parts))
    agrees(text.replace("\n", end))


PIECES = [
    *"\n :,-#'\"[]{}?&*!|>%@~=.0a\\\t\r\u00a0é",
    ": ",
    " #",
    "- ",
    "\n  ",
    "''",
    "[]",
    "{a: }",
    "null",
    "---\n",
]


@st.composite
def spoiled_inventories(draw: st.DrawFn) -> str:
    """Some lines of a shipped inventory with a few characters put in, taken out or replaced."""
    whole = draw(st.sampled_from(INVENTORIES)).read_text(encoding="utf-8").split("\n")
    first = draw(st.integers(0, len(whole) - 1))
    kept = whole[first : first + draw(st.integers(1, 30))]
    margin = min((len(line) - len(line.lstrip()) for line in kept if line.strip()), default=0)
    text = "\n".join(line[margin:] for line in kept)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(PIECES)) + text[at + draw(st.integers(0, 2)) :]
    return text


@given(spoiled_inventories())
def test_spoiled_inventories_are_read_alike_or_left(text: str) -> None:
    agrees(text)
