"""The texts that this process may have to show lines of: those of files, and standard input, read once.

In: the paths of a command, of which `-` stands for standard input. Out: its bytes, and `source_of`, by which
messages and reports show lines.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from policyscan.files.discovery import STDIN, STDIN_SHOWN
from policyscan.reading.text import read_stream
from policyscan.session.sources import Sources
from policyscan.source import Source

_given: dict[str, bytes] = {}
_sources = Sources(_given)


def read_stdin(paths: Sequence[str], filename: str | None) -> bytes | None:
    """Standard input, if `-` names it and it is open; remembered under the name that people see."""
    if STDIN not in paths or sys.stdin is None:  # closed by whoever started us
        return None
    content = read_stream(sys.stdin.buffer, (filename or STDIN_SHOWN).replace(os.sep, "/"))
    _given[content.name] = content.data
    return content.data


def sources() -> Sources:
    """The texts of files and of standard input."""
    return _sources


def source_of(file: str) -> Source | None:
    """The text of a file as spans name it; None if it cannot be read (any more)."""
    return _sources.source(file)


def forget() -> None:
    """Forgets every text, for a process that runs several commands."""
    _given.clear()
    _sources.source.cache_clear()
    _sources.content.cache_clear()
