"""Files to text: encodings, and files that are not to be read."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from policyscan.errors import DocumentError
from policyscan.reading import limits
from policyscan.reading.reading import read_file
from policyscan.reading.text import decode, read_source

TEXT = "name: Zoë 😀\r\nnext: 1\r\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        b"\xff\xfe" + TEXT.encode("utf-16-le"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8 with BOM", "utf-16 little-endian", "utf-16 big-endian"],
)
def test_every_encoding_gives_the_same_values_and_places(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(data)
    trees, problems = read_file(path, "x.yaml")
    assert problems == []
    (tree,) = trees
    assert tree.value == {"name": "Zoë 😀", "next": 1}
    assert tree.span_of(tree.value, "name")[1:5] == (1, 7, 1, 12)
    assert tree.span_of(tree.value, "next")[1:5] == (2, 7, 2, 8)


@pytest.mark.parametrize(
    ("data", "line", "column", "message"),
    [
        (b"a: 1\nb\xc3\xa4: caf\xe9\n", 2, 8, "the byte 0xE9 here is not UTF-8: it looks like 'é'"),
        (b"\xe9", 1, 1, "the byte 0xE9 here is not UTF-8"),
        (b"a: \xc3", 1, 4, "the byte 0xC3 here is not UTF-8"),
        (b"a: \xed\xa0\x80", 1, 4, "the byte 0xED here is not UTF-8"),
        (b"\xff\xfea\x00\n\x00\x00\xd8", 2, 1, "the bytes here are not UTF-16"),
        (b"\xff\xfe\x00\x00a\x00\x00\x00", 1, 1, "the file is UTF-32"),
    ],
)
def test_other_encodings_are_refused_at_their_first_wrong_byte(
    data: bytes, line: int, column: int, message: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        decode(data, "x.yaml")
    assert caught.value.message.startswith(message)
    assert caught.value.at is not None
    assert (caught.value.at.line, caught.value.at.column) == (line, column)
    assert "UTF-8" in str(caught.value.hint)


def test_utf_16_without_a_mark_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes("a: 1\n".encode("utf-16-le"))
    _, (problem,) = read_file(path, "x.yaml")
    assert problem.message == "the invisible character U+0000 may not stand in a file"
    assert "UTF-16" in str(problem.hint)


def refused(path: Path) -> str:
    with pytest.raises(DocumentError) as caught:
        read_source(path, "x.yaml")
    assert str(caught.value.at) == "x.yaml:1:1"
    return caught.value.message


def test_a_file_that_is_not_there_or_vanished(tmp_path: Path) -> None:
    assert refused(tmp_path / "x.yaml") == "there is no such file"


def test_a_link_that_leads_nowhere_or_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").symlink_to(tmp_path / "gone.yaml")
    assert refused(tmp_path / "x.yaml") == "there is no such file"
    (tmp_path / "y.yaml").symlink_to(tmp_path / "y.yaml")
    assert refused(tmp_path / "y.yaml") == "the links lead in a circle"


def test_a_folder_that_is_named_like_a_file(tmp_path: Path) -> None:
    assert refused(tmp_path) == "this is a folder, not a file"


def test_pipes_sockets_and_devices_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.yaml")
    assert refused(tmp_path / "fifo.yaml") == "this is a pipe, not a file"
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(tmp_path / "socket.yaml"))
        assert refused(tmp_path / "socket.yaml") == "this is a socket, not a file"
    assert refused(Path("/dev/null")) == "this is a device, not a file"


NOBODY = 65534


@pytest.fixture
def without_privileges() -> Iterator[Path]:
    """A folder that everyone may enter, while the test runs as a user who may not read everything."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        if os.geteuid():
            yield Path(folder)
            return
        os.chown(folder, NOBODY, -1)
        os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            os.seteuid(0)


@pytest.mark.skipif(os.name == "nt", reason="files there have other rights")
def test_a_file_that_may_not_be_read(without_privileges: Path) -> None:
    path = without_privileges / "x.yaml"
    path.write_text("a: 1", "utf-8")
    assert read_source(path).text == "a: 1"
    path.chmod(0)
    assert refused(path) == "the file may not be read"


def test_a_file_that_may_not_be_read_even_for_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.yaml").write_text("a: 1", "utf-8")

    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("policyscan.reading.text.os.open", deny)
    assert refused(tmp_path / "x.yaml") == "the file may not be read"


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.yaml"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)  # takes no room on the disk
    monkeypatch.setattr("policyscan.reading.text.os.open", None)
    assert refused(path) == "the file has 100 MB; at most 16 MB are read"


@pytest.mark.parametrize("size", [0, 3, 200])
def test_a_file_that_changes_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Its size, when it is looked at, is not what is then found in it."""
    path = tmp_path / "x.yaml"
    path.write_text("a: 12345", "utf-8")
    looked_at = list(path.stat())
    looked_at[6] = size
    with monkeypatch.context() as patch:
        patch.setattr("policyscan.reading.text.os.stat", lambda _: os.stat_result(looked_at))
        patch.setattr("policyscan.reading.text.os.fstat", lambda _: os.stat_result(looked_at))
        assert read_source(path).text == "a: 12345"
        patch.setattr(limits, "MAX_BYTES", 5)
        assert refused(path).startswith("the file has 1 MB")


def test_a_name_that_no_file_can_have() -> None:
    with pytest.raises(DocumentError) as caught:
        read_source("a\0b.yaml")
    assert caught.value.message == "this cannot be the name of a file"
