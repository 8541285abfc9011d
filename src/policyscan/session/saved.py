"""A saved report as a caller has it, in a file or on standard input, and the texts that it is about.

In: the path of a report that was written as JSON. Out: the report, and the texts of those files that are as
they were when it was written: lines of others would be shown for what they are not, and a report from
elsewhere may name any file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import sha256

from policyscan.errors import UsageError
from policyscan.files.discovery import STDIN_SHOWN
from policyscan.findings import Report
from policyscan.output import nameable
from policyscan.reading.text import decode, read_bytes
from policyscan.session.report_reader import load
from policyscan.session.sources import Sources
from policyscan.source import Source

_MOST = 1 << 30  # bytes: a report on thousands of inventories with every result is large


def open_report(path: str, stdin: bytes | None = None) -> Report:
    """The report in a file, or in what was read from standard input; PolicyscanError for what is none."""
    if stdin is None and path == "-":
        raise UsageError("standard input is closed", hint="name the file of the report")
    name = path.replace(os.sep, "/") if stdin is None else STDIN_SHOWN
    data = read_bytes(path, name, most=_MOST) if stdin is None else stdin
    return load(decode(data, name), name)


def keep(report: Report, path: str, outputs: Iterable[str | os.PathLike[str]]) -> None:
    """UsageError for an output that would replace the saved report, or a file that it is about."""
    kept = {os.path.realpath(file): "an inventory" for file in filter(nameable, report.scan.digests)}
    kept[os.path.realpath(path)] = "the saved report"
    for output in outputs:
        if (what := kept.get(os.path.realpath(output))) is not None:
            raise UsageError(f"{os.fspath(output)} is {what}", hint="write the output to another file")


class Unchanged:
    """The texts of files that are as a report has them, by its digests; None for all others."""

    def __init__(self, report: Report) -> None:
        self._digests = report.scan.digests
        self._sources = Sources()

    def content(self, file: str) -> bytes | None:
        """The bytes of a file as spans name it."""
        wanted = self._digests.get(file)
        data = self._sources.content(file) if wanted is not None else None
        return data if data is not None and f"sha256:{sha256(data).hexdigest()}" == wanted else None

    def source(self, file: str) -> Source | None:
        """The text of a file as spans name it."""
        return self._sources.source(file) if self.content(file) is not None else None
