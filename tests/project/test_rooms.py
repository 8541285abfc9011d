"""What `cli/` is for: it parses, prints and exits; nothing that another room needs is locked in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "policyscan"
MODULES = sorted(SOURCE.rglob("*.py"))
COMMANDS = sorted((SOURCE / "cli").glob("*_command.py"))
SCREENFUL = 30  # lines

# What a command shows, and what it hands on. What it does stands in session/ and policytest/.
SHOWN = {
    "policyscan.cel",
    "policyscan.cel.tracing.tracer",
    "policyscan.engine.accounts",
    "policyscan.display",
    "policyscan.errors",
    "policyscan.files.discovery",
    "policyscan.findings",
    "policyscan.names",
    "policyscan.output",
    "policyscan.policies.pack",
    "policyscan.policies.policy",
    "policyscan.cel.spelling",
    "policyscan.reading.text",
    "policyscan.source",
    "policyscan.version",
}
OWN = (
    "policyscan.cli",
    "policyscan.session",
    "policyscan.policytest",
    "policyscan.reporters",
    "policyscan.questions",
)


def _imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, in functions and for type checkers too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module == "policyscan")


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _outside_cli() -> list[Path]:
    return [path for path in MODULES if SOURCE / "cli" not in path.parents]


def test_nothing_but_the_command_line_imports_click() -> None:
    assert [path for path in _outside_cli() if any(_within(name, "click") for name in _imports(path))] == []


def test_no_room_needs_the_command_line() -> None:
    users = [path for path in _outside_cli() if any(_within(n, "policyscan.cli") for n in _imports(path))]
    assert [path.name for path in users] == ["__main__.py"]


def test_tests_of_other_rooms_need_no_command_line() -> None:
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path.parent.name not in {"cli", "project"}]
    users = [path for path in tests if any(_within(name, "policyscan.cli") for name in _imports(path))]
    assert users == []


@pytest.mark.parametrize("path", sorted((SOURCE / "cli").glob("*.py")), ids=lambda path: path.name)
def test_the_command_line_uses_what_every_caller_may_use(path: Path) -> None:
    ours = {name for name in _imports(path) if _within(name, "policyscan")} - {"policyscan"}
    assert {name for name in ours if not any(_within(name, own) for own in OWN)} - SHOWN == set()


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.name)
def test_the_body_of_a_command_is_a_screenful(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    (command,) = (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "command")
    first, last = command.body[1], command.body[-1]  # after what --help says
    assert (last.end_lineno or 0) - first.lineno + 1 <= SCREENFUL
