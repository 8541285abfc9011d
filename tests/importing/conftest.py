"""A client for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.importing.client import Client


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """One in which people have typed a few things."""
    return Client(tmp_path)
