"""Reading: YAML and JSON files to typed inventory documents that know where everything stands."""

from __future__ import annotations

from policyscan.documents.document import Document, DocumentIssue
from policyscan.documents.library import Library
from policyscan.documents.opening import Loaded, open_text
from policyscan.files.discovery import Discovery, File, discover
from policyscan.kinds.kinds import Kind, Kinds
from policyscan.reading.reading import read_file, read_text

__all__ = [
    "Discovery",
    "Document",
    "DocumentIssue",
    "File",
    "Kind",
    "Kinds",
    "Library",
    "Loaded",
    "discover",
    "open_text",
    "read_file",
    "read_text",
]
