"""Every situation in every format, byte for byte; `python -m tests.reporters.golden` writes them anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reporters.golden import FOLDER, goldens

GOLDENS = list(goldens())


@pytest.mark.parametrize(("path", "data"), GOLDENS, ids=[path.name for path, _ in GOLDENS])
def test_golden(path: Path, data: bytes) -> None:
    assert data.decode("utf-8") == path.read_bytes().decode("utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert sorted(FOLDER.iterdir()) == sorted(path for path, _ in GOLDENS)
