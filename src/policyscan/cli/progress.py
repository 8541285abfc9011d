"""How far a scan is, on standard error where that is a terminal: from its first second on, gone at its end.

In: how many files are done, of how many. Out: one line that is written over again and again.
"""

from __future__ import annotations

import os
import sys
from time import monotonic
from typing import TextIO

_SILENT = 1.0  # seconds that a scan may take before anybody wonders
_EVERY = 0.1  # seconds between two lines
_WHOLE = 10  # files a second, from which on a fraction says nothing
_CLEAR = "\r\x1b[K"


class Progress:
    """Tells how far a scan is; `end` takes away what was told."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.begun = monotonic()
        self.next = self.begun + _SILENT
        self.shown = False

    def __call__(self, done: int, total: int) -> None:
        """So many files are done, of so many."""
        now = monotonic()
        if now < self.next:
            return
        self.next = now + _EVERY
        rate = done / (now - self.begun)
        self._write(f"{_CLEAR}{done:,} of {total:,} files, {rate:,.{0 if rate >= _WHOLE else 1}f} a second")
        self.shown = True

    def end(self) -> None:
        """Leaves the line empty, if anything was told."""
        if self.shown:
            self.shown = False
            self._write(_CLEAR)

    def _write(self, text: str) -> None:
        try:
            self.stream.write(text)
            self.stream.flush()
        except (OSError, ValueError):  # who would have seen it has gone
            self.next = float("inf")


def progress(wanted: bool) -> Progress | None:
    """What tells how far a scan is; None where nobody would see it, or wants to."""
    stream = sys.stderr
    if not wanted or stream is None or not stream.isatty() or os.environ.get("TERM") == "dumb":
        return None
    return Progress(stream)
