"""What standard output is: whether it shows colours, and how wide it is.

In: what a person asked for, the environment, the stream. Out: a yes or no, and a number of columns or none.
"""

from __future__ import annotations

import os
import sys


def wants_color(choice: str) -> bool:
    """Whether to colour standard output: as asked, else by NO_COLOR, FORCE_COLOR and the terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return _is_terminal() and os.environ.get("TERM") != "dumb"


def width() -> int | None:
    """The columns of the terminal; where standard output is none, those that COLUMNS asks for, else None:
    then no line is broken."""
    if not _is_terminal():
        asked = os.environ.get("COLUMNS", "")
        return int(asked) if asked.isascii() and asked.isdecimal() and 0 < int(asked) < 10_000 else None
    import shutil

    return shutil.get_terminal_size().columns


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def plural(count: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 error`, `2 errors`."""
    return f"{count} {one if count == 1 else many or one + 's'}"
