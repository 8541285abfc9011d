"""What others have made and tests read is what its table of sources says."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

DATA = Path(__file__).parents[1] / "data"
ROW = re.compile(
    r"^\| `(?P<file>[^`]+)` \| (?P<source>.+) \| (?P<terms>.+) \| `(?P<digest>[0-9a-f]{64})` \|$",
    re.MULTILINE,
)
OWN = {"README.md", "workshop.schema.json"}
LISTED = {match["file"]: match["digest"] for match in ROW.finditer((DATA / "README.md").read_text("utf-8"))}


@pytest.mark.parametrize("name", LISTED)
def test_a_file_of_others_is_unchanged(name: str) -> None:
    assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == LISTED[name]


def test_every_file_of_others_is_listed() -> None:
    found = {path.relative_to(DATA).as_posix() for path in DATA.rglob("*") if path.is_file()}
    theirs = {name for name in found if not name.startswith("exports/")}
    assert theirs - OWN == set(LISTED)
