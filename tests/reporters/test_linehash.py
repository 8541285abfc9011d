"""The line hash against known values and against the published algorithm as it is described: rolling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyscan.reporters.linehash import line_hashes


def rolling(content: bytes) -> dict[int, str]:
    """Every line's hash, character by character over a window of 100."""
    units = content.decode("utf-8", "replace").encode("utf-16-le", "surrogatepass")
    stream, previous_was_cr = [], False
    for low, high in zip(units[::2], units[1::2], strict=True):
        unit = low | high << 8
        if unit in {0x20, 0x09} or (previous_was_cr and unit == 0x0A):
            previous_was_cr = False
            continue
        previous_was_cr = unit == 0x0D
        stream.append(0x0A if previous_was_cr else unit)
    stream.append(0xFFFF)
    starts = [n for n in range(len(stream)) if n == 0 or stream[n - 1] == 0x0A]
    window, value, at_end = [0] * 100, 0, {}
    for number, unit in enumerate([*stream, *[0] * 100]):
        if number - 100 in starts:
            at_end[number - 100] = value
        value = (value * 37 + unit - window[number % 100] * 37**100) % 2**64
        window[number % 100] = unit
    counts: dict[int, int] = {}
    hashes = {}
    for line, start in enumerate(starts, 1):
        value = at_end[start]
        counts[value] = counts.get(value, 0) + 1
        hashes[line] = f"{value:x}:{counts[value]}"
    return hashes


def test_an_empty_file_has_one_line() -> None:
    assert line_hashes(b"", [1]) == {1: "c129715d7a2bc9a3:1"}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_known_values_whatever_ends_a_line(newline: str) -> None:
    text = newline.join([" a", "b", "  \t\tc", " d"]).encode()
    assert line_hashes(text, [1, 2, 3, 4]) == {
        1: "271789c17abda88f:1",
        2: "54703d4cd895b18:1",
        3: "180aee12dab6264:1",
        4: "a23a3dc5e078b07b:1",
    }


def test_only_the_lines_asked_for_are_there_and_none_past_the_end() -> None:
    assert set(line_hashes(b"a\nb\n", [2, 3, 9])) == {2, 3}


def test_equal_lines_are_counted_also_those_not_asked_for() -> None:
    content = b"x\n" * 300
    first, later = line_hashes(content, [1, 7]).values()
    assert first.endswith(":1")
    assert later == first.replace(":1", ":7")


@given(st.text(alphabet="ab \t\r\n\ufeff\u00e9\U0001f600\0", max_size=400).map(str.encode))
def test_it_is_the_published_algorithm(content: bytes) -> None:
    assert line_hashes(content, range(1, 500)) == rolling(content)


@given(st.binary(max_size=60))
def test_bytes_that_are_no_utf_8_are_hashed_too(content: bytes) -> None:
    assert line_hashes(content, range(1, 70)) == rolling(content)
