"""What goes out: files whole or not at all, wherever they lie, and standard streams of every kind."""

from __future__ import annotations

import errno
import io
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from policyscan import output
from policyscan.display import cells, snippet
from policyscan.errors import UsageError
from policyscan.output import check_writable, create_file, encode, present, put, show, speller, write_file
from policyscan.source import Source


def test_a_new_file_is_written_as_utf_8_with_its_line_endings(tmp_path: Path) -> None:
    write_file(tmp_path / "r.txt", "–\n")
    assert (tmp_path / "r.txt").read_bytes() == b"\xe2\x80\x93\n"


def test_an_old_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o600)
    write_file(path, "new")
    assert path.read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "link.txt"
    link.symlink_to(tmp_path / "real" / "r.txt")
    write_file(link, "text")
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

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt if error is KeyboardInterrupt else UsageError):
        write_file(path, "new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.txt"]
    assert path.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("name", ["missing/r.txt", "folder"])
def test_what_cannot_be_written_raises_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match=r"No such file|is a folder|Is a directory"):
        write_file(tmp_path / name, "text")
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_file(pipe, "text")
    reader.join()
    assert read == [b"text"]
    assert pipe.is_fifo()


def test_the_null_device_swallows_a_report() -> None:
    write_file(os.devnull, "text")
    assert Path(os.devnull).is_char_device()


def test_a_lone_surrogate_becomes_an_escape() -> None:
    assert encode('"\udcff–"') == b'"\\xff\xe2\x80\x93"'


# --- where a file cannot be replaced


@pytest.mark.parametrize(
    "refusal", [errno.EBUSY, errno.EACCES, errno.EROFS, errno.EXDEV], ids=errno.errorcode.get
)
@pytest.mark.parametrize("step", ["replace", "open"])
@pytest.mark.parametrize("text", ["", "new", "longer than what was there"])
def test_a_file_that_cannot_be_replaced_is_written_over(
    refusal: int, step: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a mount point, or one in a folder that is not writable."""
    path = tmp_path / "r.txt"
    path.write_text("what was there", encoding="utf-8")
    monkeypatch.setattr(os, step, _refusing(OSError(refusal, "no")))
    write_file(path, text)
    assert path.read_text(encoding="utf-8") == text
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.txt"]


def test_a_new_file_in_a_folder_that_takes_none_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "open", _refusing(OSError(errno.EROFS, "Read-only file system")))
    with pytest.raises(UsageError, match=r"r\.txt cannot be written: Read-only file system"):
        write_file(tmp_path / "r.txt", "text")


@pytest.mark.parametrize("before", ["short", "long " * 100])
def test_what_was_there_is_put_back_when_the_disk_is_full(
    before: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.txt"
    path.write_text(before, encoding="utf-8")
    monkeypatch.setattr(os, "replace", _refusing(OSError(errno.EBUSY, "mounted")))
    monkeypatch.setattr(os, "posix_fallocate", _refusing(OSError(errno.EINVAL, "unknown")), raising=False)
    written = os.write
    over = "new " * 50

    def full(descriptor: int, data: memoryview) -> int:
        if bytes(data) == over.encode() and os.path.samestat(os.fstat(descriptor), path.stat()):
            written(descriptor, data[:7])
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(UsageError, match="No space left"):
        write_file(path, over)
    assert path.read_text(encoding="utf-8") == before


@pytest.mark.parametrize("before", ["", "old", "old " * 1000])
@pytest.mark.parametrize("text", ["", "new", "new " * 100, "new " * 5000])
def test_a_file_that_is_written_over_is_never_half_new(
    before: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is killed between two steps leaves what was there, what is new, or what begins with NULs."""
    path = tmp_path / "r.txt"
    path.write_text(before, encoding="utf-8")
    monkeypatch.setattr(os, "replace", _refusing(OSError(errno.EBUSY, "mounted")))
    states: list[bytes] = []
    written = os.write

    def slow(descriptor: int, data: memoryview) -> int:
        states.append(path.read_bytes())
        return written(descriptor, data[: max(output._HEAD, len(data) // 2)])

    monkeypatch.setattr(os, "write", slow)
    write_file(path, text)
    states.append(path.read_bytes())
    assert states[-1] == text.encode()
    for state in states:
        assert state in {before.encode(), b"", text.encode()} or state.startswith(b"\0")


@pytest.mark.skipif(sys.platform == "win32", reason="knows no locks of this kind")
@pytest.mark.parametrize("mounted", [True, False])
def test_two_who_write_one_file_take_turns(
    mounted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.txt"
    path.write_text("", encoding="utf-8")
    if mounted:
        monkeypatch.setattr(os, "replace", _refusing(OSError(errno.EBUSY, "mounted")))
    texts = [str(n) * size for n, size in enumerate((100_000, 7, 70_000, 600))]
    writers = [threading.Thread(target=write_file, args=(path, text)) for text in texts]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert path.read_text("utf-8") in texts
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.txt"]


def _refusing(error: OSError) -> Callable[..., NoReturn]:
    def refuse(*_args: object, **_named: object) -> NoReturn:
        raise error

    return refuse


# --- drafts


@pytest.mark.parametrize("name", ["r.txt", "r" * 250, "ü" * 120])
def test_a_draft_of_a_run_that_was_killed_is_in_nobodys_way(name: str, tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], check=True, capture_output=True
    )
    for stale in (int(process.stdout), os.getpid()):
        (tmp_path / f".{name[:40]}.{stale}.tmp").write_text("half", encoding="utf-8")
    write_file(tmp_path / name, "text")
    assert [entry.name for entry in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text(encoding="utf-8") == "text"


def test_a_draft_that_another_run_is_writing_stays(tmp_path: Path) -> None:
    other = tmp_path / f".r.txt.{os.getppid()}.tmp"
    other.write_text("half", encoding="utf-8")
    (tmp_path / f".r.txt.{os.getpid()}.tmp").mkdir()  # which cannot be removed
    write_file(tmp_path / "r.txt", "text")
    assert other.exists()
    assert (tmp_path / "r.txt").read_text(encoding="utf-8") == "text"


# --- descriptors


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="there are no paths of descriptors here")
@pytest.mark.parametrize("form", ["/dev/fd/{}", "/proc/self/fd/{}", "/dev/../dev/fd/{}"])
def test_a_path_of_a_descriptor_is_that_open_file(form: str, tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    with path.open("wb", buffering=0) as log:
        log.write(b"before\n")
        check_writable(form.format(log.fileno()))
        write_file(form.format(log.fileno()), "text\n")
        log.write(b"after\n")
    assert path.read_text(encoding="utf-8") == "before\ntext\nafter\n"


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="there are no paths of descriptors here")
def test_a_descriptor_that_is_closed_is_told() -> None:
    with pytest.raises(UsageError, match="closed"):
        check_writable("/dev/fd/987")
    with pytest.raises(UsageError, match="cannot be written"):
        write_file("/dev/fd/987", "text")


# --- the summary of a step


@pytest.mark.parametrize(("before", "after"), [("", "text\n"), ("a", "a\ntext\n"), ("a\n", "a\ntext\n")])
def test_a_step_summary_is_added_to(
    before: str, after: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary, other = tmp_path / "summary", tmp_path / "other"
    for path in (summary, other):
        path.write_text(before, encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert (present(summary), present(other)) == (len(before), 0)
    for path in (summary, other):
        write_file(path, "text\n")
    assert summary.read_text(encoding="utf-8") == after
    assert other.read_text(encoding="utf-8") == "text\n"


class Parts:
    """A text in parts, from which `broken` says that none can be made after the first."""

    def __init__(self, *parts: str, broken: bool = False) -> None:
        self.parts = parts
        self.broken = broken

    def __iter__(self) -> Iterator[str]:
        yield self.parts[0]
        if self.broken:
            raise ArithmeticError
        yield from self.parts[1:]


@pytest.mark.parametrize("number", [1, 5, 3000], ids=str)
def test_a_text_in_parts_is_the_text_wherever_it_goes(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    parts = Parts(*(f"{n}é\r\n" * 99 for n in range(number)))
    whole = "".join(parts.parts).encode()
    path, mounted = tmp_path / "r.txt", tmp_path / "mounted"
    write_file(path, parts)
    put(parts, exact=True)
    mounted.write_text("what was there", encoding="utf-8")
    monkeypatch.setattr(os, "replace", _refusing(OSError(errno.EBUSY, "mounted")))
    write_file(mounted, parts)
    assert path.read_bytes() == mounted.read_bytes() == capfdbinary.readouterr().out == whole


def test_a_text_that_breaks_off_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary, other = tmp_path / "summary", tmp_path / "other"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    for path in (summary, other):
        path.write_text("what was there", encoding="utf-8")
        with pytest.raises(ArithmeticError):
            write_file(path, Parts("x" * 300_000, "y", broken=True))
        assert path.read_text(encoding="utf-8") == "what was there"
    assert sorted(tmp_path.iterdir()) == [other, summary]


def test_a_text_that_breaks_off_is_not_begun_on_standard_output(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    with pytest.raises(ArithmeticError):
        put(Parts("x" * 300_000, "y", broken=True), exact=True)
    assert capfdbinary.readouterr().out == b""


@pytest.mark.skipif(os.name == "nt", reason="there are no paths of open files")
def test_a_text_that_breaks_off_is_not_begun_on_an_open_file(tmp_path: Path) -> None:
    with (tmp_path / "open").open("wb", buffering=0) as file, pytest.raises(ArithmeticError):
        write_file(f"/dev/fd/{file.fileno()}", Parts("x" * 300_000, "y", broken=True))
    assert (tmp_path / "open").read_bytes() == b""


def test_a_long_text_is_not_held_back_whole(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(output, "_HELD_BACK", 1_000_000)
    long = "".join(f"{n}é\n" for n in range(200_000))
    with pytest.raises(ArithmeticError):
        put(Parts(long, broken=True), exact=True)
    assert capfdbinary.readouterr().out == long.encode()
    put(Parts(long, "z"), exact=True)
    assert capfdbinary.readouterr().out == f"{long}z".encode()


# --- links


@pytest.mark.parametrize("shape", ["file", "dangling", "folder", "through another link"])
@pytest.mark.parametrize("home", ["repository", "current folder"])
def test_no_link_of_a_repository_leads_an_output_out_of_it(
    shape: str, home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository, outside = tmp_path / "repository", tmp_path / "outside"
    (repository / "sub").mkdir(parents=True)
    outside.mkdir()
    if home == "repository":
        (repository / ".git").mkdir()
        monkeypatch.chdir(repository / "sub")
    else:
        monkeypatch.chdir(repository)
    path = repository / "sub" / "r.txt"
    if shape == "folder":
        (repository / "sub" / "out").symlink_to(outside)
        path = repository / "sub" / "out" / "r.txt"
    elif shape == "through another link":
        (repository / "again").symlink_to(outside / "r.txt")
        path.symlink_to(repository / "again")
    else:
        path.symlink_to(outside / "r.txt")
    if shape != "dangling":
        (outside / "r.txt").write_text("precious", encoding="utf-8")
    for attempt in (check_writable, lambda name: write_file(name, "text")):
        with pytest.raises(UsageError, match="leads out of its repository"):
            attempt(path)
    assert shape == "dangling" or (outside / "r.txt").read_text(encoding="utf-8") == "precious"


def test_a_link_of_the_user_leads_where_it_leads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk")
    monkeypatch.chdir(tmp_path / "here")
    write_file(tmp_path / "out" / "r.txt", "text")
    assert (tmp_path / "disk" / "r.txt").read_text(encoding="utf-8") == "text"


# --- new files


def test_a_new_file_replaces_nothing(tmp_path: Path) -> None:
    create_file(tmp_path / "new", "text–")
    assert (tmp_path / "new").read_text(encoding="utf-8") == "text–"
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    for name in ("new", "link"):
        with pytest.raises(UsageError, match="there already"):
            create_file(tmp_path / name, "other")
    assert not (tmp_path / "nothing").exists()


# --- standard streams


def _stream(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("cp1252", "·–…é \\u0142 -> \\u4e2d \\U0001f4a5\n"),
        ("latin-1", "·-...é \\u0142 -> \\u4e2d \\U0001f4a5\n"),
        ("ascii", "--...\\xe9 \\u0142 -> \\u4e2d \\U0001f4a5\n"),
        ("cp437", "·-...é \\u0142 -> \\u4e2d \\U0001f4a5\n"),
        ("utf-8", "·–…é ł → 中 💥\n"),
    ],
)
def test_a_console_shows_what_it_can(encoding: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, err in (("stdout", False), ("stderr", True)):
        stream = _stream(encoding)
        monkeypatch.setattr(sys, name, stream)
        show("·–…é ł → 中 💥", err=err)
        assert stream.buffer.getvalue().decode(encoding) == shown


def test_what_programs_read_is_utf_8_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = _stream("ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    put("ł\n", exact=True)
    assert stream.buffer.getvalue() == "ł\n".encode()


@pytest.mark.parametrize("buffering", [0, -1], ids=["unbuffered", "buffered"])
@pytest.mark.skipif(os.name == "nt", reason="pipes always wait there")
def test_a_pipe_that_does_not_wait_gets_all_of_a_report(
    buffering: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs that read their children's pipes without waiting share that with them."""
    text = "".join(f"{number} – line\n" for number in range(40_000))
    into, out_of = os.pipe()
    os.set_blocking(out_of, False)
    got: list[bytes] = []

    def read() -> None:
        while piece := os.read(into, 4096):
            got.append(piece)

    reader = threading.Thread(target=read)
    with io.TextIOWrapper(os.fdopen(out_of, "wb", buffering), write_through=True) as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        reader.start()
        put(text, exact=True)
    reader.join()
    os.close(into)
    assert b"".join(got) == text.encode("utf-8")


def test_a_stream_that_takes_text_only_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    show("ł")
    assert stream.getvalue() == "ł\n"


def test_streams_that_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    output.prepare_streams()
    output.flush()
    show("nobody hears this", err=True)
    with pytest.raises(UsageError, match="standard output is closed"):
        show("nor this")


PROGRAM = "from policyscan.cli.main import main; main()"


@pytest.mark.skipif(os.name == "nt", reason="there is no shell that closes streams")
@pytest.mark.parametrize(
    ("command", "redirection", "code"),
    [
        ("list", ">&-", 2),
        ("schema client", ">&-", 2),
        ("schema", ">/dev/full", 2),
        ("init oak", ">/dev/full", 2),
        ("validate -q", ">&-", 2),  # there is no inventory
        ("validate -q -", "<&-", 2),
        ("eval 1 --file -", "<&-", 2),
        ("--help", ">/dev/full", 2),
        ("scan --nonsense", "2>/dev/full", 2),
        ("scan nosuch", "2>/dev/full", 2),
        ("scan nosuch", "2>&-", 2),
        ("scan nosuch", ">&- 2>&- <&-", 2),
        ("schema", "2>&- <&-", 0),
    ],
)
def test_no_command_is_upset_by_its_streams(
    command: str, redirection: str, code: int, tmp_path: Path
) -> None:
    line = f'{sys.executable} -c "{PROGRAM}" {command} {redirection}; echo $? >code'
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "this is a bug" not in done.stderr
    assert (tmp_path / "code").read_text(encoding="utf-8") == f"{code}\n"


@pytest.mark.skipif(os.name == "nt", reason="there is no shell that limits files")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", ["schema client", "list -f json", "explain PATCH-01"])
def test_half_an_output_is_never_a_success(command: str, unbuffered: str, tmp_path: Path) -> None:
    line = f'ulimit -f 1; {sys.executable} -c "{PROGRAM}" {command} >out; echo $? >code'
    # Python would cut off its own compiled modules as well, and keep them: no later start could read them.
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        ["sh", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (tmp_path / "code").read_text(encoding="utf-8") == "2\n"
    assert "standard output cannot be written" in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "utf-8"])
@pytest.mark.parametrize(("before", "marked"), [("名前: ", "災"), ("ł: ", "łé"), ("a: ", "👩\u200d💻")])
def test_carets_stand_below_what_a_console_shows_instead(encoding: str, before: str, marked: str) -> None:
    spell = speller(io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    source = Source("f", f"{before}{marked} x")
    start = len(before)
    text, carets = snippet(source, source.span(start, start + len(marked)), spell).split("\n")
    assert text == spell(text) == f"1 | {spell(before)}{spell(marked)} x"
    assert carets == " " * (4 + cells(spell(before))) + "^" * cells(spell(marked))


def test_a_file_that_somebody_else_changed_is_not_replaced(tmp_path: Path) -> None:
    from policyscan.output import replace_files

    path = tmp_path / "a.yaml"
    path.write_bytes(b"theirs")
    with pytest.raises(UsageError, match="changed by somebody else"):
        replace_files([(path, b"before", b"ours")])
    assert path.read_bytes() == b"theirs"
    replace_files([(path, b"theirs", b"ours")])
    assert path.read_bytes() == b"ours"
    assert list(tmp_path.iterdir()) == [path]
