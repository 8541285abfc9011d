"""What is read at once: its digest, streams, and JSON wherever it stands."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from policyscan.errors import DocumentError
from policyscan.reading import limits
from policyscan.reading.reading import read_text
from policyscan.reading.text import read_content, read_stream
from policyscan.source import Source


def test_the_digest_is_of_the_bytes_that_were_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: 1\n")
    before = read_content(path, "x.yaml")
    path.write_bytes(b"a: 2\n")
    after = read_content(path, "x.yaml")
    assert before.digest != after.digest
    assert (before.source().text, after.source().text) == ("a: 1\n", "a: 2\n")
    assert before.digest == read_stream(io.BytesIO(b"a: 1\n"), "-").digest


def test_a_file_that_becomes_a_pipe_between_look_and_opening_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other = tmp_path / "x.yaml", tmp_path / "y.yaml"
    os.mkfifo(path)
    other.write_text("a: 1\n", "utf-8")
    looked_at = other.stat()
    monkeypatch.setattr("policyscan.reading.text.os.stat", lambda _: looked_at)
    with pytest.raises(DocumentError) as caught:
        read_content(path, "x.yaml")
    assert caught.value.message == "this is a pipe, not a file"


def test_a_stream_has_the_limit_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return b"a: 1\n" * min(size, 100)

    monkeypatch.setattr(limits, "MAX_BYTES", 1024 * 1024)
    with pytest.raises(DocumentError) as caught:
        read_stream(Endless(), "<stdin>")  # type: ignore[arg-type]
    assert caught.value.message == "this has more than 1 MB; no more are read"


ONLY_JSON = [
    '{"a": "\\ud83d\\ude00"}',
    '{"a": "x\u2028y", "b": "\u0085"}',
    '{"' + "k" * 2000 + '": 1}',
    '\n\t[1,\t{"a":\t"\\/"}]',
    '{"a":1,"b":[]}',
]


@pytest.mark.parametrize("name", ["<stdin>", "x.yaml", "x.yml"])
@pytest.mark.parametrize("text", ONLY_JSON, ids=["pairs", "separators", "long key", "tabs", "tight"])
def test_json_is_json_whatever_its_name(text: str, name: str) -> None:
    trees, problems = read_text(Source(name, text))
    expected, _ = read_text(Source("x.json", text))
    assert problems == []
    assert [tree.value for tree in trees] == [tree.value for tree in expected]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("{a: b}\n", [{"a": "b"}]),
        ('{"a": b, c: [d]} # that is YAML\n', [{"a": "b", "c": ["d"]}]),
        ('{"a": 1}\n---\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        ("[x, 'y']", [["x", "y"]]),
    ],
)
def test_what_only_begins_like_json_is_yaml(text: str, values: list[object]) -> None:
    trees, problems = read_text(Source("x.yaml", text))
    assert problems == []
    assert [tree.value for tree in trees] == values


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": "\\ud83d\\ude00",\n "b": "\\ud83d"}', (2, 7)),
        ('{"a": "\\ud83d\\ude00",\n "b" 1}', (2, 6)),
        ("{a: b,\n c: 'd}", (2, 5)),
        ('{"a": 1, "a": 2}', (1, 10)),
    ],
)
def test_what_is_neither_is_told_by_the_reader_that_came_further(text: str, place: tuple[int, int]) -> None:
    _, problems = read_text(Source("x.yaml", text))
    at = problems[-1].at
    assert at is not None
    assert (at.line, at.column) == place
