"""A kill in the middle of writing: each file is whole, what was written is valid, and another run ends it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from policyscan import output
from policyscan.documents.opening import read_file
from policyscan.editing.files import write_all
from policyscan.errors import UsageError
from policyscan.files.discovery import discover
from policyscan.kinds.kinds import Kinds
from policyscan.session.importing import Imported, ImportOptions, import_exports
from policyscan.session.options import Inputs
from tests.importing.client import EXPORTS, HEAD, NOW

DEVICES = "id,hostname,x-note\ntill,HD-TILL-01,mine\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "inventories/harbour"
    found.mkdir(parents=True)
    (found / "client.yaml").write_text(HEAD, encoding="utf-8")
    (found / "devices.csv").write_text(DEVICES, encoding="utf-8")
    return found


def imported(folder: Path) -> Imported:
    export = EXPORTS / "graph-managedDevices.json"
    where = str(folder / "client.yaml")
    return import_exports("graph-devices", [export], where, Inputs(), ImportOptions(now=NOW))


def texts(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def is_valid(folder: Path) -> bool:
    kinds = Kinds.builtin()
    (file,) = discover([folder], kinds=kinds).files
    outcome = read_file(file, kinds)
    (document,) = outcome.documents(kinds)
    return not outcome.problems and not document.issues


def test_whoever_is_killed_between_two_files_leaves_a_valid_inventory_and_can_run_it_again(
    folder: Path,
) -> None:
    before = texts(folder)
    change = imported(folder).change
    assert [target.content.name.rpartition("/")[2] for target, _ in change.texts] == [
        "client.yaml",
        "devices.csv",
    ]
    change.write()
    whole = texts(folder)
    for name, data in before.items():
        (folder / name).write_bytes(data)
    write_all(imported(folder).change.texts[:1])
    assert texts(folder) != before
    assert is_valid(folder)
    imported(folder).change.write()
    assert texts(folder) == whole


@pytest.mark.parametrize("name", ["client.yaml", "devices.csv"])
def test_nothing_is_written_if_one_of_the_files_was_changed_meanwhile(name: str, folder: Path) -> None:
    change = imported(folder).change
    path = folder / name
    path.write_bytes(path.read_bytes() + b"\n")
    before = texts(folder)
    with pytest.raises(UsageError, match="changed by somebody else meanwhile; nothing was written"):
        change.write()
    assert texts(folder) == before


def test_what_was_written_is_put_back_if_another_file_cannot_be(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = texts(folder)
    change = imported(folder).change
    written = output._replace

    def full(target: str, data: bytes, about: os.stat_result | None) -> None:
        if target.endswith(".csv"):
            raise OSError(28, "No space left on device")
        written(target, data, about)

    monkeypatch.setattr(output, "_replace", full)
    with pytest.raises(UsageError, match=r"devices\.csv cannot be written: No space left"):
        change.write()
    assert texts(folder) == before
