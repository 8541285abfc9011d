"""The one guarded way to read: which files may be read, how large they may be, how bytes become characters.

In: a path or a stream, and its name for people. Out: bytes, text or a `Source`; DocumentError at its first
character for what cannot be read.

Whatever policyscan reads that it did not write itself comes through here: inventories, policies, settings,
tests, ignore rules and standard input. Only regular files are opened, at most `limits.MAX_BYTES` are taken,
and the digest of what was read is that of the very bytes that are parsed.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import IO

from policyscan.errors import DocumentError
from policyscan.reading import limits
from policyscan.records import NamedTuple
from policyscan.source import Source, Span
from policyscan.store import digest

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
# A file may become a pipe between the look at it and its opening: then nobody waits for a writer.
_FLAGS |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_UTF32_BOMS = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
_SPECIAL = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFLNK: "a link",
}
_MEGABYTE = 1024 * 1024
TOO_LARGE = "an inventory is a few hundred KB at most: is this the right file?"
"""The hint of a problem with a file that is too large to be read."""
_REASONS = {
    errno.ENOENT: ("there is no such file", "check the path; if it is a link, its target is gone"),
    errno.EACCES: ("the {what} may not be read", "give yourself permission to read it"),
    errno.EPERM: ("the {what} may not be read", "give yourself permission to read it"),
    errno.ELOOP: ("the links lead in a circle", "remove the link or point it at a file"),
    errno.ENAMETOOLONG: ("the {what}'s name is too long", "use a shorter path"),
    errno.ENOTDIR: ("a part of the path is a file, not a folder", "check the path"),
    errno.EISDIR: ("this is a folder, not a file", "rename it: a name that ends like a file's misleads"),
}


def top(file: str) -> Span:
    """The place of a problem with a file as a whole: its first character."""
    return Span(file, 1, 1, 1, 1)


class Content(NamedTuple):
    """What was read at once from one file or stream, named `name` to people."""

    name: str
    data: bytes

    @property
    def digest(self) -> str:
        """32 hex digits that stand for the bytes as they were read."""
        return digest(self.data)

    def source(self) -> Source:
        """Its text; raises DocumentError where the bytes are no text."""
        return Source(self.name, decode(self.data, self.name))


def read_source(path: str | os.PathLike[str], shown: str | None = None) -> Source:
    """The text of a file, named `shown` to people; raises DocumentError with its place."""
    name = os.fspath(path).replace(os.sep, "/") if shown is None else shown
    return Source(name, decode(read_bytes(path, name), name))


def read_content(
    path: str | os.PathLike[str], name: str, *, most: int | None = None, links: bool = True
) -> Content:
    """The content of a regular file; raises DocumentError with its place.

    `most` is how many bytes are read before a file is refused, by default `limits.MAX_BYTES`. Without
    `links` the file may not be a link.
    """
    return Content(name, read_bytes(path, name, most=most, links=links))


def read_stream(stream: IO[bytes], name: str) -> Content:
    """What a stream holds up to its end; raises DocumentError if that is more than is read of a file."""
    parts: list[bytes] = []
    size = 0
    while size <= limits.MAX_BYTES:
        try:
            part = stream.read(limits.MAX_BYTES + 1 - size)
        except OSError as error:
            raise cannot_read(name, error) from None
        if not part:
            return Content(name, b"".join(parts))
        parts.append(part)
        size += len(part)
    limit = limits.MAX_BYTES // _MEGABYTE
    raise DocumentError(f"this has more than {limit} MB; no more are read", at=top(name), hint=TOO_LARGE)


def read_bytes(
    path: str | os.PathLike[str], name: str, *, most: int | None = None, links: bool = True
) -> bytes:
    """The bytes of `read_content`."""
    try:
        return _read_bytes(path, name, limits.MAX_BYTES if most is None else most, links=links)
    except OSError as error:
        raise cannot_read(name, error) from None
    except ValueError:  # a NUL character in the path
        raise DocumentError("this cannot be the name of a file", at=top(name)) from None


def cannot_read(name: str, error: OSError, what: str = "file") -> DocumentError:
    """What to tell a person about a file, or a `what`, that the system would not open."""
    reason, hint = _REASONS.get(error.errno or 0, (f"cannot be read: {error.strerror}", None))
    return DocumentError(reason.replace("{what}", what), at=top(name), hint=hint)


def _read_bytes(path: str | os.PathLike[str], name: str, most: int, *, links: bool) -> bytes:
    # Looking before opening: opening a device may act on it.
    look = os.stat if links else os.lstat  # half the time of Path.stat
    _check(look(path), name, most)
    flags = _FLAGS if links else _FLAGS | _NO_LINK
    descriptor = os.open(path, flags)  # half the time of `open`, which looks at the file once more
    try:
        status = os.fstat(descriptor)  # what was opened need not be what was looked at
        _check(status, name, most)
        data = os.read(descriptor, status.st_size + 1)
        if len(data) != status.st_size:  # it is being written, or its size is not known, as in /proc
            data = _read_on(descriptor, data, name, most)
    finally:
        os.close(descriptor)
    return data


def _check(status: os.stat_result, name: str, most: int) -> None:
    """Refuses what is no regular file, or too large a one."""
    mode = status.st_mode
    if not stat.S_ISREG(mode):
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "folder")
        what = _SPECIAL.get(stat.S_IFMT(mode), "not a regular file")
        raise DocumentError(f"this is {what}, not a file", at=top(name))
    if status.st_size > most:
        raise _too_large(name, status.st_size, most)


def _read_on(descriptor: int, data: bytes, name: str, most: int) -> bytes:
    """What has been read, and the rest up to the limit."""
    while len(data) <= most:
        more = os.read(descriptor, most)
        if not more:
            return data
        data += more
    raise _too_large(name, len(data), most)


def _too_large(name: str, size: int, most: int) -> DocumentError:
    found = -(-size // _MEGABYTE)
    limit = f"{most // _MEGABYTE} MB" if most >= _MEGABYTE or most < 1024 else f"{most // 1024} KB"
    message = f"the file has {found} MB; at most {limit} are read"
    return DocumentError(message, at=top(name), hint=TOO_LARGE)


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
