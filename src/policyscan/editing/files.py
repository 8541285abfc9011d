"""Files that are changed: as they were read, and written back in the encoding and with the mark they had.

In: paths and new texts. Out: a `Target`, the differences as people read them, and files replaced whole, or
UsageError if somebody else changed one meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from policyscan.output import replace_files
from policyscan.reading.text import Content, read_content
from policyscan.records import NamedTuple
from policyscan.source import Source

_CONTEXT = 1  # lines around a difference
_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


class Target(NamedTuple):
    """A file to be changed: where it is, and what was in it."""

    path: str
    content: Content

    @property
    def source(self) -> Source:
        """Its text; raises DocumentError where it is none."""
        return self.content.source()

    def encoded(self, text: str) -> bytes:
        """A text as the file would hold it: with the mark and in the encoding that it has."""
        data = self.content.data
        for mark, encoding in _MARKS.items():
            if data.startswith(mark):
                return mark + text.encode(encoding)
        return text.encode("utf-8")


def open_target(path: str | os.PathLike[str], shown: str) -> Target:
    """A file as it is now, called `shown` to people; raises DocumentError."""
    return Target(os.fspath(path), read_content(path, shown))


def differences(name: str, before: str, after: str) -> Iterator[str]:
    """What two texts of a file differ in, as lines that begin with `-`, `+` or a blank."""
    if before == after:
        return
    from difflib import unified_diff

    old, new = (_lines(text) for text in (before, after))
    yield from unified_diff(old, new, name, name, n=_CONTEXT, lineterm="")


def _lines(text: str) -> list[str]:
    return text.splitlines()


def write_all(changes: Iterable[tuple[Target, str]]) -> None:
    """Writes new texts, one file after the other and each whole; none of them if one of the files is no
    longer what was read, or cannot be written: then UsageError."""
    replace_files(
        [
            (target.path, target.content.data, encoded)
            for target, text in changes
            if (encoded := target.encoded(text)) != target.content.data
        ]
    )
