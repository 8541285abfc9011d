"""What a reporter may be asked for besides the report itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from policyscan.source import Source


def _no_source(_file: str) -> Source | None:
    return None


def _no_content(_file: str) -> bytes | None:
    return None


class Options(NamedTuple):
    """Settings of all formats; each reads those it knows. Files are named as in the spans of the report."""

    exit_code: int = 0
    width: int | None = None  # columns of the terminal; None: lines are never cut
    color: bool = False
    full: bool = False
    source: Callable[[str], Source | None] = _no_source  # the text of a file, for snippets
    content: Callable[[str], bytes | None] = _no_content  # the bytes of a file, for line hashes
    root: str = ""  # the folder that files are relative to, as seen from the repository's root
    sarif_unknown: bool = False
    sarif_suppressed: bool = False
    sarif_category: str = "policyscan"
    sarif_line_hash: bool = True
    sarif_stable_identity: bool = False  # identify alerts by fingerprint instead of by the text of their line
