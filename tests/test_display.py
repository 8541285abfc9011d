"""Characters that act on terminals, logs and parsers are shown instead; carets stand below what is meant."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
import wcwidth
from hypothesis import given
from hypothesis import strategies as st

from policyscan.display import cells, defused, json_text, log_line, one_line, snippet
from policyscan.source import Source

ANY = st.text(st.characters(exclude_categories=()))


def github_command(line: str) -> str | None:
    """The command that GitHub's runner finds in a line, newer form first, then the older one."""
    newer = re.match(r"\s*::([a-z-]+)[^:]*::", line)
    older = re.search(r"##\[([a-z-]+)[^\]]*\]", line)
    found = newer or older
    return found[1] if found else None


COMMANDS = [
    "##[stop-commands]token",
    "text ##[set-output name=ok]true",
    "###[error]x",
    "##vso[task.setvariable variable=x]y",
    "##teamcity[buildStatus status='SUCCESS']",
    "::stop-commands::token",
    " \t::set-env name=a::b",
    "\u3000::error file=x::y",
    "\x0b\x0c::add-mask::x",
    "a\n::error::x",
    "a\r##[error]x",
]


@pytest.mark.parametrize("text", COMMANDS)
def test_no_runner_finds_a_command_in_a_line(text: str) -> None:
    line = log_line(text)
    assert len(line.splitlines()) == 1
    assert github_command(line) is None
    assert not re.search(r"##[A-Za-z-]*\[", line)


@pytest.mark.parametrize("text", ["# a", "## a", "a::b", "a :: b", "std::vector", "[x]##", "#[x]", ":: "])
def test_a_line_that_is_no_command_stays(text: str) -> None:
    assert defused(text) in (text, f"\\{text}")


@given(st.text(st.sampled_from("#[]:a \t\n-"), max_size=20))
def test_no_line_is_a_command(text: str) -> None:
    assert github_command(log_line(text)) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u009b31m", r'"\u009b31m"'),
        ("\u202eX\u2066", r'"\u202eX\u2066"'),
        ("a\u200bb\ufeff", r'"a\u200bb\ufeff"'),
        ("\U000e0041", r'"\udb40\udc41"'),
        ("\udcff", r'"\\xff"'),
        ("\ud800", r'"\\ud800"'),
        ("\x7f\x1b", r'"\u007f\u001b"'),
        ("##[error]x", r'"#\u0023[error]x"'),
        ("plain ünï 災 👩\u200d💻", '"plain ünï 災 👩\u200d💻"'),
    ],
)
def test_json_shows_what_acts(text: str, shown: str) -> None:
    assert json_text(json.dumps(text, ensure_ascii=False)) == shown


@given(st.dictionaries(ANY, ANY, max_size=3))
def test_json_says_the_same_and_is_strict(value: dict[str, str]) -> None:
    text = json_text(json.dumps(value, ensure_ascii=False, indent=1))
    text.encode("utf-8")
    assert one_line(text.replace("\n", "")) == text.replace("\n", "") or not text.isprintable()
    whole = {k: v for k, v in value.items() if not re.search("[\ud800-\udfff]", k + v)}
    read = json.loads(text)
    assert {k: read[k] for k in whole} == whole
    assert github_command(text) is None


def test_json_holds_no_character_that_acts() -> None:
    every = "".join(map(chr, range(0x110000)))
    shown = json_text(json.dumps(every, ensure_ascii=False))
    assigned = [c for c in shown if not c.isprintable() and not c.isspace() and c not in "\u200c\u200d"]
    import unicodedata

    assert {unicodedata.category(c) for c in assigned} <= {"Cn", "Co"}


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("abc", 3),
        ("災害", 4),
        ("e\u0301e", 2),
        ("ｱ", 1),
        ("Ａ", 2),
        ("👩\u200d💻", 2),
        ("👍🏽", 2),
        ("❤\ufe0f", 2),
        ("🇩🇪", 2),
        ("한", 2),
        ("\u1112\u1161\u11ab", 2),
        ("ł–·", 3),
    ],
)
def test_the_cells_of_a_text(text: str, width: int) -> None:
    assert cells(text) == width == wcwidth.wcswidth(text)


VIRAMA = 9
"""The class of marks that join two letters into one: how wide these are, each release of the library says
otherwise."""


@given(
    st.text(st.characters(categories=["Lu", "Ll", "Lo", "Mn", "Nd", "Po", "Sm", "Zs"], max_codepoint=0x9FFF))
)
def test_cells_are_those_of_a_library(text: str) -> None:
    text = "".join(
        char
        for char in text
        if wcwidth.wcwidth(char) >= 0
        and cells(char) == wcwidth.wcwidth(char)
        and unicodedata.combining(char) != VIRAMA
    )
    assert cells(text) == wcwidth.wcswidth(text)


def test_few_characters_are_as_wide_as_no_library_says() -> None:
    """Unicode's newer tables differ by version; whole scripts must not."""
    letters = [chr(c) for c in range(0x20, 0x2FFFF) if chr(c).isprintable() and wcwidth.wcwidth(chr(c)) >= 0]
    other = [char for char in letters if cells(char) != wcwidth.wcwidth(char)]
    assert len(other) < len(letters) / 200


@pytest.mark.parametrize(
    ("before", "marked"),
    [
        ("name: ", "abc"),
        ("災害: ", "計画"),
        ("e\u0301: ", "e\u0301e\u0301"),
        ("a\x1b[31m: ", "\u202eevil"),
        ("a\u200b: ", "b\u200bc"),
        ("👩\u200d💻: ", "👍🏽x"),
        ("##[error]: ", "##[a]"),
        ("ł–: ", "–"),
        ("no\u00a0break\u3000: ", "x"),
    ],
)
def test_carets_stand_below_what_is_meant(before: str, marked: str) -> None:
    line = f"{before}{marked} after"
    source = Source("f", f"first\n{line}\n")
    start = source.text.index(line) + len(before)
    text, carets = snippet(source, source.span(start, start + len(marked))).split("\n")
    shown = log_line(marked)
    assert text == f"2 | {log_line(before)}{shown} after"
    assert len(carets) - len(carets.lstrip()) == wcwidth.wcswidth(f"2 | {log_line(before)}")
    assert carets.count("^") == wcwidth.wcswidth(shown)


def test_a_tab_stays_one_in_both_lines() -> None:
    source = Source("f", "\ta:\tb\tc")
    text, carets = snippet(source, source.span(4, 7)).split("\n")
    assert (text, carets) == ("1 | \ta:\tb\tc", "    \t  \t^\t^")


@given(st.text(st.characters(exclude_characters="\r\n"), min_size=1, max_size=400), st.data())
def test_a_snippet_is_two_safe_lines_with_a_caret(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    source = Source("f", text)
    shown, carets = snippet(source, source.span(start, data.draw(st.integers(start, len(text))))).split("\n")
    assert one_line(shown.replace("\t", " ")) == shown.replace("\t", " ")
    assert "^" in carets
    assert set(carets) <= set(" \t^")
