"""Reading: YAML and JSON files to typed inventory documents that know where everything stands."""

from __future__ import annotations

from policyscan.documents.discovery import Discovery, File, discover
from policyscan.documents.document import Document, DocumentIssue
from policyscan.documents.kinds import Kind, Kinds
from policyscan.documents.library import Library, Loaded, open_text
from policyscan.documents.reading import read_file, read_text

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
