"""A small kind, and documents of it written as YAML."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from policyscan.documents.document import Document
from policyscan.errors import PolicyscanError
from policyscan.kinds.kinds import Kinds
from policyscan.source import Source
from tests.opening import open_text

HERE = Path(__file__).parent
HEAD = "schema_version: 1\nkind: workshop\nabout: {id: w}\n"
"""Three lines, so that what a test adds starts on line 4."""

Open = Callable[[str], Document]
Refuse = Callable[[str], list[PolicyscanError]]


@pytest.fixture(scope="session")
def kinds() -> Kinds:
    known = Kinds.builtin()
    known.load(HERE / "data" / "workshop.schema.json", "workshop.schema.json")
    return known


@pytest.fixture(scope="session")
def workshop(kinds: Kinds) -> Open:
    """Opens a sound workshop; the text follows HEAD."""

    def opened(text: str) -> Document:
        loaded = open_text(Source("w.yaml", HEAD + text), kinds)
        assert loaded.problems == []
        (document,) = loaded.documents
        return document

    return opened


@pytest.fixture(scope="session")
def refuse(kinds: Kinds) -> Refuse:
    """The problems of a workshop that is not sound; the text follows HEAD."""

    def refused(text: str) -> list[PolicyscanError]:
        loaded = open_text(Source("w.yaml", HEAD + text), kinds)
        assert loaded.documents == []
        assert loaded.problems
        return loaded.problems

    return refused
