"""What is built and installed is what the project says it is."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# Where the name that is imported is not the name that is installed.
DISTRIBUTIONS = {
    "markdown_it": "markdown-it-py",
    "re2": "google-re2",
    "ruamel": "ruamel.yaml",
    "yaml": "pyyaml",
}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _required(requirements: list[str]) -> set[str]:
    return {_normal(re.split(r"[<>=~!;\[ ]", requirement)[0]) for requirement in requirements}


def _imported(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Import(names=names):
                    yield from (name.name.split(".")[0] for name in names)
                case ast.ImportFrom(module=str(module), level=0):
                    yield module.split(".")[0]


def _third_party(folder: Path) -> set[str]:
    ours = {
        "policyscan",
        "tests",
        "facts",
        "generate",
        "_typeshed",
    }  # the last is known to type checkers alone
    others = {name for name in _imported(folder) if name not in sys.stdlib_module_names and name not in ours}
    return {_normal(DISTRIBUTIONS.get(name, name)) for name in others}


def test_every_imported_package_is_declared_and_every_declared_one_is_used() -> None:
    extras = PROJECT["project"]["optional-dependencies"].values()
    declared = _required([*PROJECT["project"]["dependencies"], *(one for extra in extras for one in extra)])
    assert _third_party(ROOT / "src") == declared


def test_tests_use_only_declared_packages() -> None:
    groups = PROJECT["dependency-groups"]
    declared = _required(PROJECT["project"]["dependencies"] + groups["test"])
    # Google's CEL installs into a package of its own naming.
    renamed = {"cel-expr-python"} & declared
    assert _third_party(ROOT / "tests") - renamed <= declared


@pytest.mark.parametrize("extra", ["check-jsonschema", "hatchling", "pre-commit", "pytest-xdist"])
def test_tools_that_tests_run_are_declared(extra: str) -> None:
    assert extra in _required(PROJECT["dependency-groups"]["test"])


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def wheel(built: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(next(built.glob("*.whl")))


def test_the_wheel_carries_the_policies_as_the_builtin_pack(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    expected = {
        f"policyscan/builtin/{path.relative_to(ROOT / 'policies').as_posix()}"
        for path in (ROOT / "policies").rglob("*.yaml")
    }
    assert expected
    assert expected == {name for name in names if name.startswith("policyscan/builtin/")}


def test_the_wheel_carries_the_schemas_and_says_that_it_is_typed(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    schemas = {f"policyscan/schemas/{path.name}" for path in (ROOT / "src/policyscan/schemas").glob("*.json")}
    assert schemas
    assert schemas | {"policyscan/py.typed"} <= names


def test_the_wheel_carries_every_file_of_the_package(wheel: zipfile.ZipFile) -> None:
    files = [path for path in (ROOT / "src").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert {path.relative_to(ROOT / "src").as_posix() for path in files} <= set(wheel.namelist())


def test_the_wheel_has_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"policyscan"}
    assert not [name for name in wheel.namelist() if name.endswith((".pyc", ".stamp"))]


def test_the_metadata_names_licence_command_and_requirements(wheel: zipfile.ZipFile) -> None:
    folder = next(name.split("/")[0] for name in wheel.namelist() if ".dist-info/" in name)
    metadata = wheel.read(f"{folder}/METADATA").decode()
    assert "License-Expression: Apache-2.0" in metadata
    assert "Requires-Python: >=3.11" in metadata
    assert "Requires-Dist: click" in metadata
    assert f"{folder}/licenses/LICENSE" in wheel.namelist()
    assert "policyscan = policyscan.cli.main:main" in wheel.read(f"{folder}/entry_points.txt").decode()


def test_the_sdist_builds_and_tests_itself(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not in a git checkout")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, encoding="utf-8")
    kept = {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}
    assert kept - names == set()
    assert not [name for name in names if name.startswith((".venv", ".git/", "dist"))]


@pytest.fixture
def installed(wheel: zipfile.ZipFile, tmp_path: Path) -> dict[str, str]:
    """An environment in which the wheel's own files are imported, not this checkout's."""
    wheel.extractall(tmp_path / "site")  # noqa: S202 - we have just built it
    return dict(os.environ) | {
        "PYTHONPATH": str(tmp_path / "site"),
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def test_the_wheel_scans_with_its_own_policies(installed: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "policyscan"]
    inventory = ROOT / "inventories/clients/northgate-dental"
    shutil.copytree(inventory, tmp_path / "inventories/clients" / inventory.name)
    shutil.copytree(ROOT / "inventories/plans", tmp_path / "inventories/plans")
    scan = [*command, "scan", "-f", "json", "--all-results"]
    done = subprocess.run(
        scan, cwd=tmp_path, env=installed, check=False, capture_output=True, encoding="utf-8"
    )
    assert done.returncode in {0, 1, 3}, done.stderr
    assert json.loads(done.stdout)["results"]
