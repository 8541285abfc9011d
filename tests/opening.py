"""Documents of a text by themselves, and rolled up as a scan does it: what many tests start from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from policyscan.documents.document import Document
from policyscan.documents.opening import read_source
from policyscan.errors import PolicyscanError
from policyscan.findings import DocumentInfo, Result, Status, roll_up
from policyscan.kinds.kinds import Kinds
from policyscan.source import Source


class Opened(NamedTuple):
    """The documents of one text, what is wrong with it, and how many documents are not ours."""

    documents: list[Document]
    problems: list[PolicyscanError]
    skipped: int


def open_text(source: Source, kinds: Kinds, *, strict: bool = True) -> Opened:
    """The documents of a text, not yet linked to others."""
    outcome = read_source(source, kinds, strict=strict)
    return Opened(outcome.documents(kinds), list(outcome.problems), outcome.skipped)


def document_info(
    id_: str, kind: str, file: str, results: Iterable[Result], *, name: str = "", as_of: str = ""
) -> DocumentInfo:
    """The document with its results (all of them, passes too) rolled up and counted."""
    statuses: dict[str, Status] = {}
    counts: dict[Status, int] = {}
    roll_up(results, statuses, counts)
    return DocumentInfo(id_, kind, file, name, as_of, statuses, counts)
