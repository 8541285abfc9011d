"""Recognising: from which tool a file is whose name does not tell.

In: a path. Out: the names of the tools whose importers can read it; mostly one, none for what is no export.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

from policyscan.errors import PolicyscanError
from policyscan.importing.cells import Setting, UnclearCell
from policyscan.importing.exports import open_export
from policyscan.importing.importers import importer, names


def tools_of(path: str | os.PathLike[str]) -> list[str]:
    """The tools that may have exported a file."""
    return [tool for tool in names() if _can_read(tool, path)]


def _can_read(tool: str, path: str | os.PathLike[str]) -> bool:
    """Whether something is told by the rows of a file, if they are a tool's; of nobody's rows it is taken."""
    now = datetime.now(UTC)
    setting = Setting(UTC, UTC, now, {}, saved=now)
    try:
        parts = importer(tool).read([open_export(path)], setting, None)
    except (PolicyscanError, UnclearCell):
        return False
    return any(part.rows for part in parts)
