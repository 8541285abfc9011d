"""What a start imports. Time is for benchmarks/cold_start.py; this is what keeps it short."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Each costs 5 to 100 ms and serves only some commands, inputs or options.
HEAVY = {
    "argparse",
    "asyncio",
    "decimal",
    "difflib",
    "importlib.metadata",
    "inspect",
    "jsonschema",
    "logging",
    "multiprocessing",
    "re2",
    "ruamel",
    "ruamel.yaml",
    "subprocess",
    "tempfile",
    "unittest",
}


def _imported(*arguments: str) -> set[str]:
    """The modules that a run of policyscan imports beyond those that click and PyYAML need anyway."""
    command = [sys.executable, "-X", "importtime", "-m", "policyscan", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", cwd=ROOT)
    assert done.returncode in {0, 1, 3}, done.stderr[-2000:]
    return set(re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE))


def _needed_anyway() -> set[str]:
    command = [sys.executable, "-X", "importtime", "-c", "import click, yaml"]
    done = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    return set(re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE))


INVENTORY = "inventories/clients/northgate-dental.yaml"


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["scan", INVENTORY]], ids=" ".join)
def test_a_start_imports_nothing_heavy(arguments: list[str]) -> None:
    imported = _imported(*arguments)
    assert "policyscan.cli.main" in imported
    assert sorted((imported & HEAVY) - _needed_anyway()) == []


def test_help_imports_no_command_and_no_documents() -> None:
    ours = {name for name in _imported("--help") if name.startswith("policyscan.")}
    assert not {name for name in ours if name.startswith(("policyscan.documents", "policyscan.cel"))}
    assert not {name for name in ours if name.endswith("_command")}
