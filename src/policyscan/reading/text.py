"""Files to text: which files may be read, how large they may be, and how their bytes become characters."""

from __future__ import annotations

import errno
import os
import stat

from policyscan.errors import DocumentError
from policyscan.reading import limits
from policyscan.source import Source, Span

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_UTF32_BOMS = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
_SPECIAL = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_REASONS = {
    errno.ENOENT: ("there is no such file", "check the path; if it is a link, its target is gone"),
    errno.EACCES: ("the file may not be read", "give yourself permission to read it"),
    errno.EPERM: ("the file may not be read", "give yourself permission to read it"),
    errno.ELOOP: ("the links lead in a circle", "remove the link or point it at a file"),
    errno.ENAMETOOLONG: ("the file's name is too long", "use a shorter path"),
    errno.ENOTDIR: ("a part of the path is a file, not a folder", "check the path"),
    errno.EISDIR: ("this is a folder, not a file", "rename it: a name that ends like a file's misleads"),
}


def top(file: str) -> Span:
    """The place of a problem with a file as a whole: its first character."""
    return Span(file, 1, 1, 1, 1)


def read_source(path: str | os.PathLike[str], shown: str | None = None) -> Source:
    """The text of a file, named `shown` to people; raises DocumentError with its place."""
    name = os.fspath(path).replace(os.sep, "/") if shown is None else shown
    return Source(name, decode(read_bytes(path, name), name))


def read_bytes(path: str | os.PathLike[str], name: str) -> bytes:
    """The content of a file, named `name` to people; raises DocumentError with its place."""
    try:
        return _read_bytes(path, name)
    except OSError as error:
        raise cannot_read(name, error) from None
    except ValueError:  # a NUL character in the path
        raise DocumentError("this cannot be the name of a file", at=top(name)) from None


def cannot_read(name: str, error: OSError) -> DocumentError:
    """What to tell a person about a file or folder that the system would not open."""
    reason, hint = _REASONS.get(error.errno or 0, (f"cannot be read: {error.strerror}", None))
    return DocumentError(reason, at=top(name), hint=hint)


def _read_bytes(path: str | os.PathLike[str], name: str) -> bytes:
    # Looking before opening: opening a pipe waits for a writer, opening a device may act on it.
    status = os.stat(path)  # noqa: PTH116 - half the time of Path.stat
    if not stat.S_ISREG(status.st_mode):
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, "folder")
        what = _SPECIAL.get(stat.S_IFMT(status.st_mode), "not a regular file")
        raise DocumentError(f"this is {what}, not a file", at=top(name))
    if status.st_size > limits.MAX_BYTES:
        raise _too_large(name, status.st_size)
    descriptor = os.open(path, _FLAGS)  # half the time of `open`, which looks at the file once more
    try:
        data = os.read(descriptor, status.st_size + 1)
        if len(data) != status.st_size:  # it is being written, or its size is not known, as in /proc
            data = _read_on(descriptor, data, name)
    finally:
        os.close(descriptor)
    return data


def _read_on(descriptor: int, data: bytes, name: str) -> bytes:
    """What has been read, and the rest up to the limit."""
    while len(data) <= limits.MAX_BYTES:
        more = os.read(descriptor, limits.MAX_BYTES)
        if not more:
            return data
        data += more
    raise _too_large(name, len(data))


def _too_large(name: str, size: int) -> DocumentError:
    limit = limits.MAX_BYTES // (1024 * 1024)
    found = -(-size // (1024 * 1024))
    return DocumentError(
        f"the file has {found} MB; at most {limit} MB are read",
        at=top(name),
        hint="an inventory is a few hundred KB at most: is this the right file?",
    )


def decode(data: bytes, name: str) -> str:
    """The characters of a file's bytes: UTF-8 with or without BOM, or UTF-16 with BOM."""
    if data[:2] in _UTF16_BOMS and data[:4] not in _UTF32_BOMS:
        return _decode_utf16(data, name)
    if data[:3] == _UTF8_BOM:
        data = data[3:]
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_utf8(data, name, error.start) from None


def _decode_utf16(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-16")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-16", "replace")
        at = Source(name, before).span(len(before), len(before))
        raise DocumentError(
            "the bytes here are not UTF-16, as the file's first bytes say", at=at, hint="save it as UTF-8"
        ) from None


def _not_utf8(data: bytes, name: str, start: int) -> DocumentError:
    before = data[:start].decode("utf-8")
    at = Source(name, before).span(len(before), len(before))
    byte = data[start]
    if data[:4] in _UTF32_BOMS:
        return DocumentError("the file is UTF-32", at=at, hint="save it as UTF-8")
    guess = bytes([byte]).decode("cp1252", "replace")
    looks = f": it looks like {guess!r} saved as Windows-1252" if guess.isprintable() else ""
    return DocumentError(
        f"the byte 0x{byte:02X} here is not UTF-8{looks}",
        at=at,
        hint="save the file with the encoding UTF-8",
    )
