"""What the benchmarks measure on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _book(folder: Path) -> Path:
    command = [sys.executable, str(ROOT / "benchmarks" / "generate.py"), "30", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _book(tmp_path_factory.mktemp("book"))


def _files(book: Path) -> dict[str, bytes]:
    return {path.relative_to(book).as_posix(): path.read_bytes() for path in book.rglob("*.yaml")}


def test_the_same_number_gives_the_same_bytes(book: Path, tmp_path: Path) -> None:
    assert _files(_book(tmp_path)) == _files(book)


def test_inventories_are_of_the_size_that_is_claimed(book: Path) -> None:
    sizes = sorted(len(text) for name, text in _files(book).items() if name.startswith("clients/"))
    assert len(sizes) == 30
    assert 3_500 < sizes[15] < 5_500
    assert sizes[-1] > 1.4 * sizes[0]


def test_generated_inventories_are_valid(book: Path) -> None:
    validate = [sys.executable, "-m", "policyscan", "validate", str(book)]
    done = subprocess.run(validate, check=False, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr


def test_generated_inventories_differ_in_their_results(book: Path) -> None:
    options = ["--as-of", "2026-10-31", "-f", "json", "--all-results"]
    scan = [sys.executable, "-m", "policyscan", "scan", str(book), *options]
    done = subprocess.run(scan, check=False, capture_output=True, encoding="utf-8")
    assert done.returncode == 1, done.stderr
    results = json.loads(done.stdout)["results"]
    assert {result["status"] for result in results} >= {"pass", "fail", "unknown"}
    assert "error" not in {result["status"] for result in results}


def test_growth_is_measured_for_every_kind_of_file() -> None:
    command = [
        sys.executable,
        str(ROOT / "benchmarks" / "growth.py"),
        "2",
        "--clients",
        "1",
        "--stage",
        "sarif",
    ]
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    names = [row.split()[0] for row in done.stdout.splitlines()]
    assert names == [
        "file", "findings", "returns", "repeated", "dangling", "programs",
        "portfolio", "unknown", "unknown", "apart", "apart", "together", "together", "half", "half",
    ]  # fmt: skip


def test_a_fleet_of_copies_has_no_errors_of_its_own(tmp_path: Path) -> None:
    write = [sys.executable, str(ROOT / "benchmarks" / "fleet.py"), "14", str(tmp_path)]
    subprocess.run(write, check=True, capture_output=True)
    validate = [sys.executable, "-m", "policyscan", "validate", str(tmp_path / "inventories")]
    done = subprocess.run(validate, check=False, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
