"""What standard output is: whether it shows colours, and how wide it is.

In: what a person asked for, the environment, the stream. Out: a yes or no, and a number of columns or none.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable


def wants_color(choice: str) -> bool:
    """Whether to colour standard output: as asked, else by NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, CLICOLOR
    and the terminal, the first of them that says something."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    if os.environ.get("CLICOLOR") == "0":
        return False
    return _is_terminal() and os.environ.get("TERM") != "dumb"


# What terminals that know links say of themselves.
_LINKING = {
    "TERM_PROGRAM": ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio"),
    "TERM": ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "contour"),
}
_VTE = 5_000  # the first version of GNOME's terminal, and of those built on it, that knows them


def link_of() -> Callable[[str, int], str | None] | None:
    """What makes the URL of a line of a file, where standard output is a terminal that knows links."""
    forced = os.environ.get("FORCE_HYPERLINK")
    if forced == "0" or not (forced or (_is_terminal() and _knows_links())):
        return None
    return _url


def _knows_links() -> bool:
    if os.environ.get("CI") or os.environ.get("TERM") == "dumb":
        return False
    vte = os.environ.get("VTE_VERSION", "")
    if os.environ.get("WT_SESSION") or os.environ.get("KONSOLE_VERSION"):
        return True
    named = any(os.environ.get(name) in known for name, known in _LINKING.items())
    return named or (vte.isdecimal() and int(vte) >= _VTE)


def _url(file: str, line: int) -> str | None:
    """The URL of a file as spans name it; a terminal that takes a line is given it."""
    from pathlib import Path
    from urllib.parse import quote

    if file.startswith("<"):  # standard input
        return None
    path = (Path.cwd() / file).as_posix()
    place = f"#{line}" if os.environ.get("TERM") == "xterm-kitty" else ""
    return f"file://{'' if path.startswith('/') else '/'}{quote(os.fsencode(path))}{place}"


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
