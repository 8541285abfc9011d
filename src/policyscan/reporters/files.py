"""Writing a rendered report so that nobody ever sees half of it."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def encode(text: str) -> bytes:
    """UTF-8; a lone surrogate (from a file name that is not UTF-8) as an escape that JSON reads too."""
    return text.encode("utf-8", "backslashreplace")


def write_atomic(path: str | Path, text: str) -> None:
    """Put `text` at `path`, whole or not at all; raises OSError. A device or pipe is simply written to."""
    from pathlib import Path

    target = Path(os.path.realpath(path))
    data = encode(text)
    mode = _mode(target)
    if mode is not None and not stat.S_ISREG(mode):
        with target.open("wb", buffering=0) as device:
            device.write(data)
        return
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with draft.open("xb") as file:
            file.write(data)
        if mode is not None:
            draft.chmod(stat.S_IMODE(mode))
        draft.replace(target)
    except BaseException:  # an interrupt too must not leave a draft behind
        draft.unlink(missing_ok=True)
        raise


def _mode(target: Path) -> int | None:
    try:
        return target.stat().st_mode
    except FileNotFoundError:
        return None
