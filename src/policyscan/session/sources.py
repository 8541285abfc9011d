"""The texts of files that reports show lines of, and where they lie in their repository."""

from __future__ import annotations

import os
from functools import lru_cache

from policyscan.errors import PolicyscanError
from policyscan.reading.text import decode, read_bytes
from policyscan.source import Source

_given: dict[str, bytes] = {}


def remember(file: str, data: bytes) -> None:
    """Keeps the text of what is shown under a file's name but is not that file: standard input."""
    _given[file] = data


def forget() -> None:
    """Forgets every text, for a process that runs several commands."""
    _given.clear()
    source_of.cache_clear()
    content_of.cache_clear()


@lru_cache(maxsize=64)
def source_of(file: str) -> Source | None:
    """The text of a file as spans name it; None if it cannot be read (any more)."""
    content = content_of(file)
    try:
        return None if content is None else Source(file, decode(content, file))
    except PolicyscanError:
        return None


@lru_cache(maxsize=2)
def content_of(file: str) -> bytes | None:
    """The bytes of a file as spans name it; None if it cannot be read."""
    try:
        return _given[file] if file in _given else read_bytes(file, file)
    except PolicyscanError:
        return None


def repository_prefix() -> str:
    """The path from the top of the git repository to the current folder; empty at its top or outside one."""
    folder = here = os.getcwd()
    while not os.path.exists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return ""
        folder = above
    return os.path.relpath(here, folder).replace(os.sep, "/") if folder != here else ""
