"""What standard output can show, and whether a file can be written where the user wants it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

from policyscan.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def wants_color(choice: str) -> bool:
    """Whether to colour standard output: as asked, else by NO_COLOR, FORCE_COLOR and the terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def width() -> int | None:
    """The columns of the terminal; None where standard output is none, so that no line is cut."""
    if not sys.stdout.isatty():
        return None
    import shutil

    return shutil.get_terminal_size().columns


def check_writable(path: Path) -> None:
    """UsageError if a file cannot be written there, before any work is done."""
    folder = path.parent
    if path.is_dir():
        raise UsageError(f"{path} is a folder", hint="name a file, as in -o sarif:results.sarif")
    if not folder.is_dir():
        raise UsageError(f"{path}: there is no folder {folder}", hint="create it first")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise UsageError(f"{path} cannot be written: permission denied")


def print_bytes(data: bytes) -> None:
    """Writes to standard output; that its reader has gone, as with `| head`, is not our fault."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        close_output()
    except OSError as error:
        close_output()
        raise UsageError(f"standard output cannot be written: {error.strerror or error}") from error


def close_output(*others: TextIO) -> None:
    """Lets what is still to be written go nowhere, so that Python does not fail over it at its end."""
    for stream in (sys.stdout, *others):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def show(*lines: str, err: bool = False) -> None:
    """Prints lines, with every character visible that could move a cursor or reverse text: much of what is
    shown comes out of other people's files."""
    import click

    from policyscan.reporters.wording import one_line

    for line in lines:
        click.echo(one_line(line), err=err)


def plural(count: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 error`, `2 errors`."""
    return f"{count} {one if count == 1 else many or one + 's'}"
