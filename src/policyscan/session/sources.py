"""The texts of files that people are shown lines of, and where these lie in their repository.

In: the names of files as spans have them, relative to the current folder. Out: their text or bytes, None for
what cannot be read (any more), and for links that lead out of where they lie: such a link was refused, and a
line of what it leads to is nobody's to show. Standard input is in no file: who read it hands it in.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache

from policyscan.errors import PolicyscanError
from policyscan.files.discovery import lies_in
from policyscan.output import nameable
from policyscan.reading.text import decode, read_bytes
from policyscan.source import Source


class Sources:
    """The texts of files, each read once while it is wanted; `given` are texts that are in no file."""

    def __init__(self, given: Mapping[str, bytes] | None = None) -> None:
        self._given = {} if given is None else given
        self.source = lru_cache(maxsize=64)(self._source)
        """The text of a file as spans name it; None if it cannot be read."""
        self.content = lru_cache(maxsize=2)(self._content)
        """The bytes of a file as spans name it; None if it cannot be read."""

    def _source(self, file: str) -> Source | None:
        content = self.content(file)
        try:
            return None if content is None else Source(file, decode(content, file))
        except PolicyscanError:
            return None

    def _content(self, file: str) -> bytes | None:
        try:
            if file in self._given:
                return self._given[file]
            return None if _leads_out(file) else read_bytes(file, file)
        except PolicyscanError:
            return None


class Repositories:
    """Where files lie in the git repositories that hold them, be they that of the current folder or not."""

    def __init__(self) -> None:
        self._real = lru_cache(maxsize=256)(os.path.realpath)
        self._top = lru_cache(maxsize=256)(_top)

    def here(self) -> str:
        """The top of the repository of the current folder; empty outside of one."""
        return self._top(self._real(os.getcwd()))

    def locate(self, file: str) -> tuple[str, str] | None:
        """The top of the repository of a file as spans name it, and its path from there with forward slashes;
        None outside of one, and for a name that no file can have. Links are followed, but for one that leads
        a file out of all of them."""
        if not nameable(file):
            return None
        folder, name = os.path.split(os.path.abspath(file))
        path = os.path.join(self._real(folder), name)
        for one in (os.path.realpath(path), path) if os.path.islink(path) else (path,):
            if top := self._top(os.path.dirname(one)):
                return top, os.path.relpath(one, top).replace(os.sep, "/")
        return None


def _leads_out(file: str) -> bool:
    """Whether a name is a link to what lies neither in the current folder nor in its repository, or in its
    folder where that is in none."""
    if not nameable(file) or not os.path.islink(file):
        return False
    real, folder = os.path.realpath(file), os.path.realpath(os.path.dirname(file))
    return not any(lies_in(real, one) for one in (_top(folder) or folder, os.path.realpath(os.curdir)))


def _top(folder: str) -> str:
    while not os.path.exists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return ""
        folder = above
    return folder
