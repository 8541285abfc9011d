"""What a start imports. Time is for benchmarks/cold_start.py; this is what keeps it short."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.runner import policyscan

ROOT = Path(__file__).resolve().parents[2]
# Each costs 5 to 100 ms and serves only some commands, inputs or options.
HEAVY = {
    "argparse",
    "asyncio",
    "dask",
    "decimal",
    "difflib",
    "distributed",
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


# A scan whose kinds and policies are kept from an earlier one opens and evaluates them, and no more.
NOT_TWICE = {
    "google",
    "hashlib",
    "json",
    "jsonschema",
    "jsonschema_rs",
    "pathlib",
    "pathspec",
    "pickle",
    "referencing",
    "secrets",
    "socket",
    "urllib.parse",
    "yaml",
    "policyscan.cel.ast",
    "policyscan.cel.checking.checker",
    "policyscan.cel.compiling.compiler",
    "policyscan.cel.lexer",
    "policyscan.cel.parser",
    "policyscan.reading.json_reader",
    "policyscan.kinds.kind_types",
    "policyscan.kinds.shape_reader",
    "policyscan.kinds.validation",
    "policyscan.reading.yaml_reader",
    "policyscan.policies.asking",
    "policyscan.policies.checking",
    "policyscan.policies.complaints",
    "policyscan.policies.declaring",
    "policyscan.policies.definitions",
    "policyscan.policies.expressions",
    "policyscan.policies.files",
    "policyscan.policies.loading",
    "policyscan.policies.projecting",
    "policyscan.policies.reads",
    "policyscan.policies.variants",
    "policyscan.reporters.csv_table",
    "policyscan.reporters.github",
    "policyscan.reporters.gitlab",
    "policyscan.reporters.json_report",
    "policyscan.reporters.junit",
    "policyscan.reporters.markdown",
    "policyscan.reporters.ocsf",
    "policyscan.reporters.oscal",
    "policyscan.reporters.rows",
    "policyscan.reporters.sarif",
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder in which things are kept between the runs of this module."""
    return str(tmp_path_factory.mktemp("home") / "cache")


RUN = """\
import sys
sys.argv[0] = "policyscan"
from policyscan.cli.main import main
try:
    main()
finally:
    sys.stderr.write("\\nMODULES " + " ".join(sys.modules))
"""


def _imported(cache: str, *arguments: str, cwd: Path = ROOT) -> set[str]:
    """The modules that a run of policyscan imports."""
    command = [sys.executable, "-c", RUN, *arguments]
    environment = {**os.environ, "POLICYSCAN_CACHE_DIR": cache, "XDG_STATE_HOME": f"{cache}-state"}
    done = subprocess.run(
        command, check=False, capture_output=True, encoding="utf-8", cwd=cwd, env=environment
    )
    assert done.returncode in {0, 1, 3}, done.stderr[-2000:]
    return set(done.stderr.rpartition("MODULES ")[2].split())


def _needed_anyway(imports: str) -> set[str]:
    command = [sys.executable, "-c", f"import sys, {imports}; print(*sys.modules)"]
    done = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    return set(done.stdout.split())


INVENTORY = "inventories/clients/alder-finch.yaml"


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]], ids=" ".join)
def test_a_start_imports_nothing_heavy(cache: str, arguments: list[str]) -> None:
    imported = _imported(cache, *arguments)
    assert "policyscan.cli.main" in imported
    assert sorted((imported & HEAVY) - _needed_anyway("click, yaml")) == []


def test_help_imports_no_command_and_no_documents(cache: str) -> None:
    ours = {name for name in _imported(cache, "--help") if name.startswith("policyscan.")}
    assert not {name for name in ours if name.startswith(("policyscan.documents", "policyscan.cel"))}
    assert not {name for name in ours if name.endswith("_command")}


COUNT = """\
import sys
from re import _compiler
compiled, made = _compiler.compile, []
def compile(pattern, flags=0):
    frame = sys._getframe(1)
    while "policyscan" not in frame.f_code.co_filename and frame.f_back is not None:
        frame = frame.f_back
        if "importlib" in frame.f_code.co_filename:
            break
    made.append(frame.f_code.co_filename)
    return compiled(pattern, flags)
_compiler.compile = compile
"""


@pytest.mark.parametrize(
    ("arguments", "modules", "patterns"),
    [
        (["--version"], 12, 2),
        (["validate", INVENTORY], 85, 35),
        (["scan", INVENTORY], 138, 37),
        (["scan", INVENTORY, "-f", "sarif"], 136, 44),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_second_run_makes_few_modules_and_patterns_of_ours(
    cache: str, arguments: list[str], modules: int, patterns: int
) -> None:
    """Counts, for time is another everywhere: each module costs about 0.3 ms, each pattern up to 1 ms."""
    _imported(cache, *arguments)
    environment = {**os.environ, "POLICYSCAN_CACHE_DIR": cache, "XDG_STATE_HOME": f"{cache}-state"}
    told = COUNT + RUN + '    sys.stderr.write("\\nPATTERNS " + " ".join(made))\n'
    done = subprocess.run(
        [sys.executable, "-c", told, *arguments],
        check=False, capture_output=True, encoding="utf-8", cwd=ROOT, env=environment,
    )  # fmt: skip
    assert done.returncode in {0, 1, 3}, done.stderr[-2000:]
    rest, _, made = done.stderr.rpartition("PATTERNS ")
    ours = [name for name in rest.rpartition("MODULES ")[2].split() if name.startswith("policyscan")]
    assert len(ours) <= modules
    assert len([file for file in made.split() if f"{os.sep}policyscan{os.sep}" in file]) <= patterns


@pytest.mark.parametrize("configured", [False, True], ids=["as it is", "configured"])
def test_a_second_scan_imports_no_more_than_it_evaluates(
    cache: str, tmp_path: Path, configured: bool
) -> None:
    repository = tmp_path / "repository"
    shutil.copytree(ROOT / "inventories", repository / "inventories")
    (repository / ".git").mkdir()
    (repository / ".gitignore").write_text("/out/\n*.bak\n", encoding="utf-8")
    if configured:
        (repository / "policyscan.yaml").write_text("profile: essentials\n", encoding="utf-8")
    _imported(cache, "scan", INVENTORY, cwd=repository)
    again = _imported(cache, "scan", INVENTORY, cwd=repository)
    assert {
        "policyscan.policies.plain",
        "policyscan.cel.tracing.tracer",
        "policyscan.reporters.text",
    } <= again
    # What click imports counts for nothing, so that another version of it breaks nothing here.
    assert sorted((again & (HEAVY | NOT_TWICE)) - _needed_anyway("click")) == []


def test_a_second_scan_says_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is kept in a folder of its own; what else a process remembers changes no command after it."""
    monkeypatch.setenv("POLICYSCAN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    command = ["scan", "--profile", "full", "--as-of", "2026-10-31", "--all-results", "--full", "-f", "json"]
    said = [
        policyscan(monkeypatch, ROOT, *command, "inventories", *more) for more in (["--no-cache"], [], [])
    ]
    assert said[0] == said[1] == said[2]
    assert len(said[0].out) > 10_000
