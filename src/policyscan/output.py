"""Everything that goes out, for all commands: files, written whole or not at all, and standard streams.

In: text, whole or in parts, and where it is to go. Out: bytes there, or nothing.

Whatever stands in the way is a UsageError that says so. Only that standard error cannot be written is no
error: there is nobody left to tell.
"""

from __future__ import annotations

import codecs
import errno
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import TYPE_CHECKING, AnyStr, BinaryIO, TextIO

from policyscan.display import log_line, one_line
from policyscan.errors import UsageError
from policyscan.patterns import when_used

if TYPE_CHECKING:
    from _typeshed import StrPath

_DESCRIPTOR = when_used(r"/dev/(std(?:in|out|err))|/(?:dev|proc/(?:self|thread-self|\d+))/fd/(\d+)")
_STANDARD = {"stdin": 0, "stdout": 1, "stderr": 2}
# A folder that nothing may be added to, a file that is a mount point: then what is there is written over.
_IN_THE_WAY = frozenset((errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.EXDEV))
_drafts: set[str] = set()  # those that other threads of this process write now
_HEAD = 512  # bytes: less than any disk or system writes in parts
_CHUNK = 1 << 18  # characters of a text in parts that are written at once
_HELD_BACK = 1 << 23  # characters of a text in parts that a stream gets once all of it is made
_DRAFT_NAME = 40  # characters; a name may have 255 bytes

# How our own marks are written where a code page lacks them; any other character is spelt out.
_PLAINER = {"·": "-", "–": "-", "—": "--", "…": "...", "→": "->", "“": '"', "”": '"', "‘": "'", "’": "'"}
_SPELT = "policyscan.spelt"


def encode(text: str) -> bytes:
    """UTF-8; a lone surrogate (from a file name that is not UTF-8) as an escape."""
    return text.encode("utf-8", _SPELT)


def _spell(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plainer, error.object[error.start : error.end])), error.end


def _plainer(char: str) -> str:
    shown = _PLAINER.get(char) or one_line(char)
    return shown if shown.isascii() else char.encode("unicode_escape").decode()


codecs.register_error(_SPELT, _spell)


# --- standard streams


def prepare_streams() -> None:
    """Lets no character that a console or a code page lacks stop a command."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors=_SPELT)


def show(*lines: str, err: bool = False) -> None:
    """Prints lines for people, each safe for a terminal and for the log of a CI job."""
    text = "".join(f"{log_line(line)}\n" for line in lines)
    put_error(text) if err else put(text)


def put(text: str | Iterable[str], *, exact: bool = False) -> None:
    """Writes to standard output, in its own encoding, or `exact` for programs: in UTF-8. Of a text in parts
    that breaks off nothing is written, unless it is very long.

    Raises UsageError if that is closed or full, BrokenPipeError if its reader has gone, as with `| head`.
    """
    stream = sys.stdout
    if stream is None:
        raise UsageError("standard output is closed", hint="with -q, scan and validate print nothing")
    try:
        _put(stream, text, exact=exact)
    except OSError as error:
        close(stream)
        if _reader_has_gone(error):
            raise BrokenPipeError from error
        raise UsageError(f"standard output cannot be written: {error.strerror or error}") from error


def put_error(text: str) -> None:
    """Writes to standard error, if that can be written."""
    stream = sys.stderr
    if stream is None:
        return
    try:
        _put(stream, text, exact=False)
    except OSError:
        close(stream)


def _put(stream: TextIO, text: str | Iterable[str], *, exact: bool) -> None:
    buffer: BinaryIO | None = getattr(stream, "buffer", None)
    stream.flush()
    if buffer is None:  # one that stands in for it, in a notebook or a test
        stream.writelines(_held_back(_in_chunks(text)))
        return
    for part in _held_back(_in_chunks(text)):
        _pour(buffer, part.encode("utf-8" if exact else stream.encoding or "utf-8", _SPELT))
    _drain(buffer)


def _in_chunks(text: str | Iterable[str]) -> Iterator[str]:
    """A text in parts that are worth a write each."""
    if isinstance(text, str):
        yield text
        return
    parts, size = [], 0
    for part in text:
        parts.append(part)
        size += len(part)
        if size >= _CHUNK:
            yield "".join(parts)
            parts, size = [], 0
    yield "".join(parts)


def _held_back(chunks: Iterable[AnyStr]) -> Iterator[AnyStr]:
    """The same, once all of them are made, or more than anybody should hold."""
    chunks = iter(chunks)
    held, size = list[AnyStr](), 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size > _HELD_BACK:
            break
    yield from held
    held.clear()
    yield from chunks


def _pour(stream: BinaryIO, data: bytes) -> None:
    """Writes all of it. Where Python runs unbuffered (as it does in many containers), the stream takes what
    there is room for and says how much that was, or None; a buffered one that may not wait raises instead.
    """
    left = memoryview(data)
    while left:
        try:
            taken: int | None = stream.write(left)
        except BlockingIOError as error:
            taken = error.characters_written
        if not taken:
            _await_room(stream)
        left = left[taken or 0 :]


def _drain(stream: BinaryIO) -> None:
    while True:
        try:
            return stream.flush()
        except BlockingIOError:
            _await_room(stream)


def _await_room(stream: BinaryIO) -> None:
    """Waits until the reader of a pipe has made room in it."""
    import select

    select.select((), (stream,), ())


def speller(stream: TextIO | None) -> Callable[[str], str]:
    """What becomes of a text that is written to a stream: what its encoding lacks is spelt out."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    if encoding.lower().replace("_", "-") in {"utf-8", "utf8"}:
        return str
    return lambda text: text.encode(encoding, _SPELT).decode(encoding)


def flush() -> None:
    """Writes out what others have printed, as `put` does."""
    if sys.stdout is not None:
        put("")


def close(stream: TextIO | None) -> None:
    """Lets what is still to be written go nowhere, so that Python does not fail over it at its end."""
    if stream is None:
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)


def _reader_has_gone(error: OSError) -> bool:
    gone = isinstance(error, BrokenPipeError)
    return gone or (sys.platform == "win32" and error.errno == errno.EINVAL)  # pragma: no cover


# --- files


def check_writable(path: StrPath) -> None:
    """UsageError if a file cannot be written there, before any work is done."""
    name = os.fspath(path)
    if (number := _descriptor(name)) is not None:
        try:
            os.fstat(number)
        except OSError:
            raise UsageError(f"{name} cannot be written: it is closed") from None
        return
    _refuse_links_out(name)
    target = os.path.realpath(name)
    folder = os.path.dirname(target)
    if os.path.isdir(name):
        raise UsageError(f"{name} is a folder", hint="name a file, as in -o sarif:results.sarif")
    if not os.path.exists(name) and not os.path.isdir(folder):
        shown = os.path.dirname(name) or folder
        raise UsageError(f"{name}: there is no folder {shown}", hint="create it first")
    if not os.access(name if os.path.exists(name) else folder, os.W_OK):
        raise UsageError(f"{name} cannot be written: permission denied")


def check_folder_writable(path: StrPath) -> None:
    """UsageError if no files can be written into a folder, or if it is not there and cannot be made."""
    there = os.path.abspath(path)
    while not os.path.exists(there) and there != os.path.dirname(there):
        there = os.path.dirname(there)
    if not os.access(there, os.W_OK):
        raise UsageError(f"{os.fspath(path)} cannot be written: permission denied")


def write_file(path: StrPath, text: str | bytes | Iterable[str]) -> None:
    """Put bytes, or `text` in UTF-8, at `path`, whole or not at all; raises UsageError. Parts of a text are
    written as they come, and have to be the same where they are asked for again.

    A device, a pipe and a descriptor (`/dev/stdout`) are written to. The summary of a step of GitHub Actions
    is added to, as other commands of the step have written theirs.
    """
    name = os.fspath(path)
    if not nameable(name):
        raise UsageError(f"{name!r} cannot be the name of a file")
    try:
        _write(name, text if isinstance(text, bytes) else _Encoded(text))
    except OSError as error:
        raise UsageError(f"{name} cannot be written: {error.strerror or error}") from error


def nameable(name: str) -> bool:
    """Whether a file can have such a name: saved reports, which anybody can change, say others too."""
    try:
        return b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:
        return False


def replace_files(changes: Sequence[tuple[StrPath, bytes, bytes]]) -> None:
    """Puts new contents in the places of files that still hold what they held before: path, before, after.

    All of them or, if one cannot be written, none; UsageError then, and if one no longer holds what it held:
    somebody else has changed it meanwhile, and nothing of theirs may be lost. Each file is whole at any
    moment, and they are written in the order in which they are given.
    """
    with ExitStack() as held:
        targets = [(_target(path), os.fspath(path), before, after) for path, before, after in changes]
        for folder in sorted({os.path.dirname(target) for target, *_ in targets}):
            held.enter_context(_folder_held(folder))
        for target, name, before, _ in targets:
            _refuse_changed(target, name, before)
        for number, (target, name, _, after) in enumerate(targets):
            try:
                _replace(target, after, os.stat(target))
            except OSError as error:
                for other, _, before, _ in targets[:number]:
                    _replace(other, before, os.stat(other))
                raise UsageError(f"{name} cannot be written: {error.strerror or error}") from error


def _target(path: StrPath) -> str:
    """The file that a path leads to; raises UsageError."""
    name = os.fspath(path)
    try:
        _refuse_links_out(name)
        return os.path.realpath(name)
    except OSError as error:
        raise UsageError(f"{name} cannot be written: {error.strerror or error}") from error


def _refuse_changed(target: str, name: str, before: bytes) -> None:
    try:
        with open(target, "rb") as file:
            now = file.read()
    except OSError as error:
        raise UsageError(f"{name} cannot be written: {error.strerror or error}") from error
    if now != before:
        message = f"{name} was changed by somebody else meanwhile; nothing was written"
        raise UsageError(message, hint="run the command again")


@contextmanager
def _folder_held(folder: str) -> Iterator[None]:
    """Lets others who replace files of a folder wait their turn, where its system can tell."""
    try:
        held = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows opens no folders
        yield
        return
    try:
        _lock(held)
        yield
    finally:
        os.close(held)


def create_file(path: StrPath, text: str | bytes) -> None:
    """A new file with `text` in UTF-8, or with bytes; raises UsageError, also if there is one already."""
    name = os.fspath(path)
    made = False
    try:
        with open(name, "xb") as file:
            made = True
            file.write(text if isinstance(text, bytes) else encode(text))
    except FileExistsError as error:
        raise UsageError(f"{name} is there already", hint="choose another name, or edit that file") from error
    except OSError as error:
        if made:
            os.unlink(name)
        raise UsageError(f"{name} cannot be written: {error.strerror or error}") from error


def present(path: StrPath) -> int:
    """How many bytes of a file will stay there when it is written: those of a summary that is added to."""
    name = os.fspath(path)
    try:
        return os.path.getsize(name) if _is_step_summary(name) else 0
    except OSError:
        return 0


class _Encoded:
    """A text as bytes in UTF-8, made as they are written, anew each time."""

    def __init__(self, text: str | Iterable[str]) -> None:
        self._text = text

    def __iter__(self) -> Iterator[bytes]:
        return map(encode, _in_chunks(self._text))


def _chunks(data: bytes | Iterable[bytes]) -> Iterable[bytes]:
    return (data,) if isinstance(data, bytes) else data


def _write(name: str, data: bytes | Iterable[bytes]) -> None:
    if (number := _descriptor(name)) is not None:
        if sys.stdout is not None:
            sys.stdout.flush()
        with open(os.dup(number), "wb", buffering=0) as stream:
            _write_all(stream.fileno(), _held_back(_chunks(data)))
        return
    _refuse_links_out(name)
    try:
        about = os.stat(name)
    except FileNotFoundError:
        about = None
    if about is not None and not stat.S_ISREG(about.st_mode):
        with open(name, "wb", buffering=0) as device:
            _write_all(device.fileno(), _held_back(_chunks(data)))
    elif about is not None and _is_step_summary(name):
        _append(name, data)
    else:
        _replace(os.path.realpath(name), data, about)


def _descriptor(name: str) -> int | None:
    """The open file that a path such as `/dev/stdout` or `/dev/fd/63` stands for."""
    found = _DESCRIPTOR.fullmatch(os.path.normpath(name))
    if found is None or os.name == "nt":
        return None
    return _STANDARD[found[1]] if found[1] else int(found[2])


def _write_all(descriptor: int, data: bytes | Iterable[bytes]) -> None:
    for chunk in _chunks(data):
        left = memoryview(chunk)
        while left:
            left = left[os.write(descriptor, left) :]


def _is_step_summary(name: str) -> bool:
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    return bool(summary) and os.path.realpath(name) == os.path.realpath(summary or "")


def _append(name: str, data: bytes | Iterable[bytes]) -> None:
    with open(name, "r+b", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(size - 1)
            if file.read(1) != b"\n":
                data = chain((b"\n",), _chunks(data))
        try:
            _write_all(file.fileno(), data)
        except BaseException:
            file.truncate(size)
            raise


def _replace(target: str, data: bytes | Iterable[bytes], about: os.stat_result | None) -> None:
    """Puts a draft in the place of what is there, if anything is; where that cannot be, writes over it."""
    try:
        _move_there(target, data, about)
    except OSError as error:
        if about is None or error.errno not in _IN_THE_WAY:
            raise
        _write_over(target, b"".join(_chunks(data)))


def _move_there(target: str, data: bytes | Iterable[bytes], about: os.stat_result | None) -> None:
    draft, descriptor = _open_draft(target)
    try:
        with open(descriptor, "wb", buffering=0) as file:
            _write_all(file.fileno(), data)
        if about is not None:
            _keep_owner(draft, about)
        os.replace(draft, target)
    except BaseException:  # an interrupt too must not leave a draft behind
        os.unlink(draft)
        raise
    finally:
        _drafts.discard(draft)


def _keep_owner(draft: str, about: os.stat_result) -> None:
    if hasattr(os, "chown") and os.geteuid() == 0:
        os.chown(draft, about.st_uid, about.st_gid)
    os.chmod(draft, stat.S_IMODE(about.st_mode))


def _open_draft(target: str) -> tuple[str, int]:
    """A new file beside the target; drafts of runs that were killed make room."""
    folder, name = os.path.split(target)
    lead = f".{name[:_DRAFT_NAME]}."
    for stale in _stale_drafts(folder, lead):
        if stale not in _drafts:
            try:
                os.unlink(stale)
            except OSError:
                pass
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    number = 0
    while True:
        draft = os.path.join(folder, f"{lead}{os.getpid()}{f'-{number}' if number else ''}.tmp")
        number += 1
        if draft in _drafts:
            continue
        _drafts.add(draft)
        try:
            return draft, os.open(draft, flags, 0o666)
        except FileExistsError:  # a folder, or one that may not be removed
            _drafts.discard(draft)
        except BaseException:
            _drafts.discard(draft)
            raise


def _stale_drafts(folder: str, lead: str) -> Iterator[str]:
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        if name.startswith(lead) and name.endswith(".tmp"):
            process = name[len(lead) : -len(".tmp")].partition("-")[0]
            if process.isdecimal() and not _runs(int(process)):
                yield os.path.join(folder, name)


def _runs(process: int) -> bool:
    """Whether a process other than this one runs; on Windows asking would end it."""
    if process == os.getpid():
        return False
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass
    return True


def _write_over(target: str, data: bytes) -> None:
    """Writes into a file that cannot be replaced; on failure what was there is put back.

    Its first bytes go last, over NULs: one that is killed in between leaves what no program takes for a
    report and no person for one that is whole. Others who write to it wait their turn.
    """
    with open(target, "r+b", buffering=0) as file:
        _lock(file.fileno())
        before = file.read()
        try:
            _put_at(file.fileno(), 0, bytes(min(len(before), _HEAD)))
            _reserve(file.fileno(), len(data))
            _put_at(file.fileno(), _HEAD, data[_HEAD:])
            file.truncate(len(data))
            _put_at(file.fileno(), 0, data[:_HEAD])
        except BaseException:
            _put_at(file.fileno(), 0, before)
            file.truncate(len(before))
            raise


def _put_at(descriptor: int, place: int, data: bytes) -> None:
    os.lseek(descriptor, place, os.SEEK_SET)
    _write_all(descriptor, data)


def _lock(descriptor: int) -> None:
    """Waits for others who write to the file, where its system can tell; it ends with the file's closing."""
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except (ImportError, OSError):
        pass


def _reserve(descriptor: int, size: int) -> None:
    """Takes the room that is needed, so that a full disk is known before the rest is written over."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    if size and hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(descriptor, 0, size)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise


# --- links


def _refuse_links_out(name: str) -> None:
    """UsageError where a link that a repository holds leads out of it: whoever wrote that chose what would be
    written over."""
    path = os.path.abspath(name)
    while path != (above := os.path.dirname(path)):
        if os.path.islink(path):
            home = _home(os.path.realpath(above))
            leads_to = os.path.realpath(path)
            if home is not None and not _lies_in(leads_to, home):
                message = f"{os.path.relpath(path)} is a link that leads out of its repository, to {leads_to}"
                raise UsageError(message, hint="name the file that it leads to, or delete the link")
        path = above


def _home(folder: str) -> str | None:
    """The repository that a folder lies in, else the current folder if it lies there."""
    here = os.path.realpath(os.getcwd())
    top = folder
    while not os.path.lexists(os.path.join(top, ".git")):
        above = os.path.dirname(top)
        if above == top:
            return here if _lies_in(folder, here) else None
        top = above
    return top


def _lies_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
