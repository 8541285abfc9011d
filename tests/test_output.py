"""A report is written whole or not at all."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from policyscan.reporters import encode, write_atomic


def test_a_new_file_is_written_as_utf_8_with_its_line_endings(tmp_path: Path) -> None:
    write_atomic(tmp_path / "r.txt", "–\n")
    assert (tmp_path / "r.txt").read_bytes() == b"\xe2\x80\x93\n"


def test_an_old_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o600)
    write_atomic(path, "new")
    assert path.read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "link.txt"
    link.symlink_to(tmp_path / "real" / "r.txt")
    write_atomic(link, "text")
    assert link.is_symlink()
    assert (tmp_path / "real" / "r.txt").read_text(encoding="utf-8") == "text"


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_an_interrupted_write_leaves_the_old_file_and_no_draft(
    error: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.txt"
    path.write_text("old", encoding="utf-8")

    def interrupt(*_args: object) -> None:
        raise error

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(error):
        write_atomic(path, "new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.txt"]
    assert path.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("name", ["missing/r.txt", "folder"])
def test_what_cannot_be_written_raises_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=r"No such file|Is a directory"):
        write_atomic(tmp_path / name, "text")
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_atomic(pipe, "text")
    reader.join()
    assert read == [b"text"]
    assert pipe.is_fifo()


def test_the_null_device_swallows_a_report() -> None:
    write_atomic(os.devnull, "text")
    assert Path(os.devnull).is_char_device()


def test_a_lone_surrogate_becomes_an_escape_that_json_reads() -> None:
    assert encode('"\udcff–"') == b'"\\udcff\xe2\x80\x93"'
