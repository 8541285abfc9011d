"""What is kept of files once they have been read."""

from __future__ import annotations

from pathlib import Path

from policyscan.files.discovery import discover
from policyscan.session.reader import Reader
from tests.cli.conftest import write
from tests.engine.world import kinds

BROKEN = {
    "unknown.yaml": "schema_version: 1\nkind: shop\nno_such_key: 1\norganisation: {id: a}\n",
    "yaml.yaml": "schema_version: 1\nkind: [\n",
    "kind.yaml": "schema_version: 1\nkind: shoop\norganisation: {id: b}\n",
    "defaults.yaml": "schema_version: 1\nkind: shop\ndefaults: gone.yaml\norganisation: {id: c}\n",
}


def test_what_is_wrong_with_a_file_holds_nothing_of_how_it_was_read(tmp_path: Path) -> None:
    """The frames of a raised error hold a whole document, of each broken file until the scan ends."""
    for name, text in BROKEN.items():
        write(tmp_path, name, text)
    reader = Reader(kinds(), discover([str(tmp_path)], base=tmp_path))
    assert list(reader.documents()) == []
    assert {Path(problem.file or "").name for problem in reader.problems} == set(BROKEN)
    assert [problem for problem in reader.problems if problem.__traceback__ is not None] == []
