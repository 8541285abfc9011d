"""Runs the command line inside the test's process, as a user would in a folder of their own."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from policyscan.cli import texts
from policyscan.cli.main import cli, run


class Ran(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


class Streams:
    """Stands in for a standard stream that takes text and bytes."""

    def __init__(self, data: bytes = b"") -> None:
        self.buffer = io.BytesIO(data)
        self.text = io.TextIOWrapper(self.buffer, encoding="utf-8", write_through=True)


def policyscan(monkeypatch: pytest.MonkeyPatch, folder: Path, *args: str, stdin: bytes | None = None) -> Ran:
    """Runs `policyscan ARGS` in a folder."""
    texts.forget()
    out, err, given = Streams(), Streams(), Streams(stdin or b"")
    with monkeypatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "stdout", out.text)
        patch.setattr(sys, "stderr", err.text)
        patch.setattr(sys, "stdin", given.text)
        code = run(lambda: cli.main(args=list(args), prog_name="policyscan", standalone_mode=False))
        out.text.flush()
        err.text.flush()
        return Ran(code, out.buffer.getvalue().decode(), err.buffer.getvalue().decode())
