"""The pre-commit hooks that others use, and those of this checkout."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pre_commit import clientlib

from policyscan.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = ROOT / ".pre-commit-hooks.yaml"
CONFIG = ROOT / ".pre-commit-config.yaml"


def _hooks() -> dict[str, dict[str, Any]]:
    return {hook["id"]: hook for hook in clientlib.load_manifest(str(MANIFEST))}


def test_the_hooks_are_the_three_that_the_readme_names() -> None:
    assert list(_hooks()) == ["policyscan-validate", "policyscan", "policyscan-policies"]


@pytest.mark.parametrize("id_", ["policyscan-validate", "policyscan", "policyscan-policies"])
def test_each_hook_runs_a_command_that_exists(id_: str) -> None:
    program, command = _hooks()[id_]["entry"].split()
    assert program == "policyscan"
    assert command in COMMANDS


def test_the_default_hook_never_stops_the_truth() -> None:
    # A commit that says "antivirus is off" is a good commit: the hook validates, it does not scan.
    assert _hooks()["policyscan-validate"]["entry"] == "policyscan validate"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("inventories/clients/acme.yaml", ["policyscan-validate"]),
        ("inventories/acme.json", ["policyscan-validate"]),
        ("policies/PATCH/PATCH-01.yaml", ["policyscan-policies"]),
        ("docs/inventories/example.yaml", []),
        ("mkdocs.yaml", []),
    ],
)
def test_files_reach_the_hook_they_are_for(path: str, expected: list[str]) -> None:
    narrow = {id_: hook["files"] for id_, hook in _hooks().items() if hook["files"]}
    assert [id_ for id_, files in narrow.items() if re.search(files, path)] == expected


def test_the_policies_hook_names_the_folder_that_it_tests() -> None:
    # Without a folder, only the built-in policies would be tested, and the hook would be green.
    assert _hooks()["policyscan-policies"]["args"] == ["policies"]


def test_whole_repository_hooks_get_no_file_names() -> None:
    passing = {id_ for id_, hook in _hooks().items() if hook["pass_filenames"]}
    assert passing == {"policyscan-validate"}


def test_manifest_states_the_version_it_needs() -> None:
    raw = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    assert {hook["minimum_pre_commit_version"] for hook in raw} == {"3.2.0"}


def test_this_checkout_uses_what_it_ships() -> None:
    config = clientlib.load_config(str(CONFIG))
    ours = {hook["id"]: hook for repo in config["repos"] for hook in repo["hooks"]}
    assert {"ruff", "ruff-format", "mypy", "policyscan-validate", "policyscan-policies"} <= set(ours)
    for id_, hook in _hooks().items():
        if id_ in ours:
            assert ours[id_]["entry"] == f".venv/bin/{hook['entry']}"
            assert ours[id_]["args"] == hook["args"]
