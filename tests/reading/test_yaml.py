"""YAML to values and places: what every scalar means, what is refused and where, and that spans are right."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyscan.reading import limits, yaml_reader
from policyscan.reading.reading import reading_notes
from policyscan.reading.tree import Tree
from policyscan.reading.yaml_reader import CParser, read_yaml
from policyscan.source import Source

PARSERS = pytest.mark.parametrize("pure", [False, True], ids=["libyaml", "pure"])


def read(text: str, *, pure: bool = False) -> Tree:
    trees, problems = read_yaml(Source("x.yaml", text), pure=pure)
    assert problems == []
    (tree,) = trees
    return tree


def problems_of(text: str, *, pure: bool = False) -> list[tuple[int, int, str]]:
    """Line, column and message of each problem."""
    _trees, problems = read_yaml(Source("x.yaml", text), pure=pure)
    assert problems
    assert all(problem.at is not None for problem in problems)
    return [(problem.at.line, problem.at.column, problem.message) for problem in problems if problem.at]


def test_libyaml_is_what_this_checkout_uses() -> None:
    assert CParser is not None


@PARSERS
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("false", False),
        ("tRue", "tRue"),
        ("yes", "yes"),
        ("no", "no"),
        ("NO", "NO"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("null", None),
        ("Null", None),
        ("NULL", None),
        ("~", None),
        ("nULL", "nULL"),
        ("0", 0),
        ("-0", 0),
        ("12", 12),
        ("+12", 12),
        ("-12", -12),
        ("0644", "0644"),
        ("007", "007"),
        ("1_000", "1_000"),
        ("1,000", "1,000"),
        ("12:30:45", "12:30:45"),
        ("08:00", "08:00"),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("-1e3", -1000.0),
        ("1e3", 1000.0),
        ("9.4", 9.4),
        ("1.2.3", "1.2.3"),
        ("00.5", "00.5"),
        ("+", "+"),
        (".", "."),
        ("2026-10-31", "2026-10-31"),
        ("2026-10-31T09:00:00Z", "2026-10-31T09:00:00Z"),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ('"12"', "12"),
        ("'true'", "true"),
        ('""', ""),
        ("!!str 12", "12"),
        ("! 12", "12"),
        ('!!int "12"', 12),
        ("!!float 12", 12.0),
        ('!!null ""', None),
        ("inf", "inf"),
        ("nan", "nan"),
        ("=", "="),
        ("a#b", "a#b"),
        ("|\n  one\n  two\n", "one\ntwo\n"),
        (">-\n  one\n  two\n", "one two"),
    ],
)
def test_scalars_mean_what_the_core_schema_of_yaml_1_2_says(text: str, value: object, pure: bool) -> None:
    found = read(f"a: {text}\n", pure=pure).value["a"]
    assert found == value
    assert type(found) is type(value)


@PARSERS
def test_blank_is_not_null_and_its_key_is_left_out(pure: bool) -> None:
    tree = read("a:\nb: ~\nc: {d: , e}\nf: ''\n", pure=pure)
    assert tree.value == {"b": None, "c": {}, "f": ""}
    assert tree.blanks == {id(tree.value): ["a"], id(tree.value["c"]): ["d", "e"]}
    assert str(tree.span_of(tree.value, "a")) == "x.yaml:1:1"
    assert str(tree.span_of(tree.value["c"], "e")) == "x.yaml:3:10"


@PARSERS
@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "the key a stands here twice: first on line 1"),
        ("a:\na: 3\n", 2, 1, "the key a stands here twice: first on line 1"),
        ("a: {b: 1, b: 2}\n", 1, 11, "the key b stands here twice: first on line 1"),
        ('a: {b: 1, "b": 2}\n', 1, 11, "the key b stands here twice: first on line 1"),
        ("- a\n-\n", 2, 2, "a list item is blank"),
        ("a: [x, ]\nb: [, y]\n", 2, 5, "a value is missing before this"),
        ("a: {? : x}\n", 1, 0, "a key is blank"),
        ("? [a, b]\n: c\n", 1, 3, "a key must be a plain text"),
        ("a: &x 1\n*x : 2\n", 2, 1, "a key must be a plain text"),
        ("2026: x\n", 1, 1, "the key 2026 is a number, not text"),
        ("true: x\n", 1, 1, "the key true is true or false, not text"),
        ("~: x\n", 1, 1, "the key ~ is null, not text"),
        ("<<: {a: 1}\n", 1, 1, "merge keys (<<) are not supported"),
        ("a: *b\n", 1, 4, "nothing above has the anchor &b"),
        ("a: &x [1, *x]\n", 1, 11, "the alias *x stands inside its own value"),
        ("a: &x {b: {c: *x}}\n", 1, 15, "the alias *x stands inside its own value"),
        ("a: !secret b\n", 1, 4, "the tag !secret is not known here"),
        ("a: !!python/object:os.system ls\n", 1, 4, "the tag !!python/object:os.system is not known here"),
        ("a: !!set {b}\n", 1, 4, "the tag !!set is not known here"),
        ("a: !!int x\n", 1, 4, "x is not what its tag says"),
        ("a: .nan\n", 1, 4, ".nan is not a number that can be compared"),
        ("a: -.inf\n", 1, 4, "-.inf is not a number that can be compared"),
        ("a: 9223372036854775808\n", 1, 4, "the number 9223372036854775808 is too large"),
        ("a: 0xFFFFFFFFFFFFFFFFF\n", 1, 4, "the number 0xFFFFFFFFFFFFFFFFF is too large"),
        ("a: 1e999\n", 1, 4, "the number 1e999 is too large"),
        ("a: " + "9" * 5000 + "\n", 1, 4, "the number 999999999999… (5000 digits) is too large"),
        ("a:\n\tb: c\n", 2, 1, "a tab stands where YAML needs spaces"),
        ("a: 'x\nb: 2\n", 1, 4, "the quote that opens here is never closed"),
        ('a: "x\n', 1, 4, "the quote that opens here is never closed"),
        ("a: {b: 1\n", 1, 4, "the { that opens here is never closed"),
        ("a: [b, 1\n", 1, 4, "the [ that opens here is never closed"),
        ("a: b: c\n", 1, 5, "a key cannot stand here: a second ': ' in one value"),
        ("a: 1\nb c\nd: 2\n", 2, 1, "this is neither 'key: value' nor a list item"),
        ("a: @b\n", 1, 4, "a value cannot begin with @"),
        ("a: `b`\n", 1, 4, "a value cannot begin with `"),
        ("a: %b\n", 1, 4, "a value cannot begin with %"),
        ("a: [*.yaml]\n", 1, 6, "* and & begin an alias and an anchor, and a name has to follow"),
        ("a: 1\n- b\n", 2, 1, "this does not line up with what stands above it"),
        ('a: "\\q"\n', 1, 0, "a backslash starts an escape here that YAML does not know"),
        ("a: x\x01y\n", 1, 5, "the invisible character U+0001 may not stand in a file"),
        ("a: x\x00y\n", 1, 5, "the invisible character U+0000 may not stand in a file"),
        ("a: x\u2028y\n", 1, 5, "the invisible character U+2028 may not stand in a file"),
        ("a: x\x85y\n", 1, 5, "the invisible character U+0085 may not stand in a file"),
        ("[" * 10_000, 1, 101, "lists and mappings are nested more than 100 deep"),
        ("{a: " * 10_000, 1, 401, "lists and mappings are nested more than 100 deep"),
        ("- " * 10_000 + "x", 1, 201, "lists and mappings are nested more than 100 deep"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_what_is_refused_says_why_and_where(
    text: str, line: int, column: int, message: str, pure: bool
) -> None:
    found = problems_of(text, pure=pure)[0]
    assert found[0] == line
    assert found[2].startswith(message)
    if column:  # 0: the two parsers differ by one
        assert found[1] == column


DEEP = "lists and mappings are nested more than 100 deep"


@PARSERS
@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("[" * 101, 1, 101),
        ("[" * 1_000, 1, 101),
        ("[" * 1_001, 1, 101),
        ("{a: " * 10_000, 1, 401),
        ("[{a: " * 5_000, 1, 251),
        ("[\n" * 10_000, 101, 1),
        ("# 😀 é\nx-note: " + "[" * 10_000, 2, 108),
        ("a: 1\n---\nb: 2\n---\n" + "[" * 10_000, 5, 101),
        ("".join(" " * n + "a:\n" for n in range(1_100)), 101, 101),
        ("".join(" " * n + "a:\n" for n in range(60)) + " " * 60 + "[" * 10_000, 61, 101),
        ("".join(" " * n + "-\n" for n in range(60)) + " " * 60 + "- " * 20 + "[" * 10_000, 61, 121),
        ("- " * 99 + "[[]]", 1, 200),
        ("a: [\n" + "[\n" * 50 + "[" * 10_000, 52, 49),
        ("a: " + "&a [" * 10_000, 1, 400),
        ("[" * 150 + "@", 1, 101),
        ("[" * 150 + '"' + "x" * 5_000 + "\\q", 1, 101),
        ("[" * 150 + "'" + "x" * 5_000, 1, 101),
        ("a: &a " + "[" * 60 + "]" * 60 + "\nb: " + "[" * 60 + "*a", 2, 64),
        ("a: &a " + "[" * 60 + "]" * 60 + "\nb: " + "[" * 40 + "*a, " + "[" * 2_000, 2, 44),
    ],
    ids=lambda value: repr(value[:12]) if isinstance(value, str) else None,
)
def test_our_limit_of_depth_speaks_before_any_of_the_parser(
    text: str, line: int, column: int, pure: bool
) -> None:
    assert problems_of(text, pure=pure) == [(line, column, DEEP)]


@PARSERS
@pytest.mark.parametrize(("text", "column"), [("{" * 10_000, 2), ("? " * 10_000 + "x", 3), ("[{[" * 500, 3)])
def test_a_key_that_is_no_text_speaks_before_the_depth_of_its_own_parts(
    text: str, column: int, pure: bool
) -> None:
    assert problems_of(text, pure=pure) == [(1, column, "a key must be a plain text")]


@PARSERS
def test_documents_before_one_that_is_too_deep_are_kept(pure: bool) -> None:
    trees, problems = read_yaml(Source("x.yaml", "---\na: 1\n---\nb: " + "[" * 5_000), pure=pure)
    assert [tree.value for tree in trees] == [{"a": 1}]
    assert [problem.message for problem in problems] == [DEEP]


@PARSERS
@pytest.mark.parametrize("opened", [1, 50, 99, 100])
def test_an_error_within_the_limit_of_depth_stays_what_it_is(opened: int, pure: bool) -> None:
    ((line, column, message),) = problems_of("[" * opened + "@", pure=pure)
    assert (line, column, message) == (1, opened + 1, "a value cannot begin with @")


@PARSERS
def test_brackets_in_texts_and_comments_are_no_depth(pure: bool) -> None:
    ((line, column, message),) = problems_of("a: '" + "[" * 500 + "' # " + "[" * 500 + "\nb: @c\n", pure=pure)
    assert (line, column, message) == (2, 4, "a value cannot begin with @")


@PARSERS
@pytest.mark.parametrize("before", ["", "a:\n  ", "{", "- "])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_key_beyond_the_limit_of_yaml_is_called_one(before: str, quote: str, pure: bool) -> None:
    text = f"{before}{quote}{'k' * 1100}{quote}: v{'}' if before == '{' else ''}\n"
    ((line, _, message),) = problems_of(text, pure=pure)
    assert line == text[: text.index("k")].count("\n") + 1
    assert message == "this colon ends a key of more than 1,024 characters, which YAML does not read"


def test_half_of_a_surrogate_pair_is_refused() -> None:
    (found,) = problems_of('a: "\\ud800"\n')
    assert found == (1, 7, "this escape is half of a surrogate pair, not a character")


@PARSERS
def test_every_problem_of_a_file_is_reported_and_sound_documents_are_kept(pure: bool) -> None:
    text = "---\na: 1\n---\nb: 1\nb: 2\nc: .nan\n---\nd: 4\n---\ne: 'x\n"
    trees, problems = read_yaml(Source("x.yaml", text), pure=pure)
    assert [(tree.index, tree.value) for tree in trees] == [(0, {"a": 1}), (2, {"d": 4})]
    assert [(p.at.line, p.at.column) for p in problems if p.at] == [(5, 1), (6, 4), (10, 4)]


@PARSERS
def test_an_alias_is_a_copy_with_a_place_of_its_own(pure: bool) -> None:
    tree = read("a: &x {b: {c: 1}}\nd: [*x, *x]\n", pure=pure)
    first, second = tree.value["d"]
    assert first == second == {"b": {"c": 1}}
    assert first is not second
    assert first["b"] is not tree.value["a"]["b"]
    assert tree.places[id(second)].parent is tree.value["d"]
    assert tree.places[id(second)].key == 1
    assert str(tree.span_of(second["b"], "c")) == "x.yaml:1:15"


@PARSERS
def test_an_alias_bomb_is_refused(pure: bool) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    ((line, _, message),) = problems_of("\n".join(lines), pure=pure)
    assert message == "aliases make this file grow by more than 100,000 values"
    assert line == 6


@PARSERS
def test_aliases_cannot_nest_beyond_the_limit(pure: bool) -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 150)]
    ((_, _, message),) = problems_of("\n".join(lines), pure=pure)
    assert message == "lists and mappings are nested more than 100 deep"


def test_texts_and_files_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "x" * (limits.MAX_SCALAR + 1)
    assert problems_of(f"a: {long}\n") == [(1, 4, "a text has more than 1,000,000 characters")]
    monkeypatch.setattr("policyscan.reading.yaml_reader.MAX_EVENTS", 50)
    monkeypatch.setattr("policyscan.reading.fast_yaml._MAX_LENGTH", 0, raising=False)
    ((_, _, message),) = problems_of("- a\n" * 100)
    assert message == "the file has more than 50 values"


@pytest.mark.parametrize(
    "text", ["", "\n", "# only a comment\n", "---\n", "---\n---\n", "--- # nothing\n...\n"]
)
def test_an_empty_file_has_no_documents_and_no_problems(text: str) -> None:
    assert read_yaml(Source("x.yaml", text)) == ([], [])


def test_a_directive_does_not_change_what_words_mean() -> None:
    assert read("%YAML 1.1\n---\na: no\n").value == {"a": "no"}


@PARSERS
def test_columns_count_characters(pure: bool) -> None:
    tree = read("😀é: [ü, {x: 😀😀, y: z}]\r\nnext:\r\n  - 'a b'\r\n", pure=pure)
    inner = tree.value["😀é"]
    assert tree.span_of(inner, 0)[1:5] == (1, 6, 1, 7)
    assert tree.span_of(inner[1], "y")[1:5] == (1, 20, 1, 21)
    assert tree.span_of(tree.value["next"], 0)[1:5] == (3, 5, 3, 10)
    assert tree.key_span_of(tree.value, "next")[1:5] == (2, 1, 2, 5)


@PARSERS
def test_a_missing_key_points_at_its_nearest_existing_parent(pure: bool) -> None:
    tree = read("# top\nos: {name: x}\nitems:\n  - name: a\n    b: 1\n  - {}\nempty: {}\n", pure=pure)
    value = tree.value
    assert str(tree.span_of(value["os"], "gone")) == "x.yaml:2:1"
    assert str(tree.span_of(value["items"][0], "gone")) == "x.yaml:4:5"
    assert str(tree.span_of(value["items"][1], "gone")) == "x.yaml:6:5"
    assert str(tree.span_of(value["items"], 7)) == "x.yaml:3:1"
    assert str(tree.span_of(value["empty"], "gone")) == "x.yaml:7:1"
    assert str(tree.span_of(value, "gone")) == "x.yaml:2:1"


# --- properties ---

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=12)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS.filter(lambda text: not set(text) & {"\ufeff", "\ufffe", "\uffff"}),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS.filter(str.isalnum), inner, max_size=4),
    max_leaves=20,
)


def same(left: object, right: object) -> bool:
    """Equal in value and in type, all the way down."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b", "c d", "é"]), VALUES, min_size=1, max_size=4))
def test_any_json_value_reads_back_through_both_parsers(value: dict[str, object]) -> None:
    text = json.dumps(value, ensure_ascii=False)
    for pure in (False, True):
        assert same(read(text, pure=pure).value, value)


def dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def block(value: object, indent: int = 0) -> str:
    """A value as block YAML, scalars in JSON's form."""
    pad = "  " * indent
    if isinstance(value, dict) and value:
        return "".join(f"\n{pad}{dump(key)}: {block(inner, indent + 1)}" for key, inner in value.items())
    if isinstance(value, list) and value:
        return "".join(f"\n{pad}- {block(inner, indent + 1)}" for inner in value)
    return dump(value)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b", "cd"]), VALUES, min_size=1, max_size=4))
def test_places_cut_the_scalar_out_of_the_text(value: dict[str, object]) -> None:
    text = block(value)
    for pure in (False, True):
        tree = read(text, pure=pure)
        assert same(tree.value, value)
        check_places(tree, tree.value)


def check_places(tree: Tree, container: object) -> None:
    pairs = container.items() if isinstance(container, dict) else enumerate(container)  # type: ignore[arg-type]
    for key, value in pairs:
        if isinstance(value, dict | list):
            assert tree.places[id(value)].parent is container
            assert tree.places[id(value)].key == key
            check_places(tree, value)
        else:
            span = tree.span_of(container, key)  # type: ignore[arg-type]
            line = tree.source.text.split("\n")[span.line - 1]
            assert span.line == span.end_line
            assert line[span.column - 1 : span.end_column - 1] == dump(value)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab:-?[]{},&*!|>'\"%#\n\t 0é~<", max_size=40))
def test_no_text_makes_anything_but_documents_and_placed_problems(text: str) -> None:
    trees, problems = read_yaml(Source("x.yaml", text))
    assert all(problem.at is not None for problem in problems)
    for tree in trees:
        tree.root_span()


@settings(max_examples=300, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_keep_every_bit(number: float) -> None:
    found = read(f"a: {number!r}\n").value["a"]
    assert found == number
    assert math.copysign(1, found) == math.copysign(1, number)


def test_without_libyaml_files_read_the_same_and_a_note_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reading_notes() == ()
    monkeypatch.setattr(yaml_reader, "CParser", None)
    assert read("a: &x [1, {b: no}]\nc: *x\n").value == {"a": [1, {"b": "no"}], "c": [1, {"b": "no"}]}
    assert reading_notes() == (yaml_reader.SLOW_PARSER_NOTE,)
