"""No module imports, however indirectly, one that imports it: not in a function, not for types alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "src"


def imports_of(source: str, module: str, modules: frozenset[str], *, package: bool = False) -> frozenset[str]:
    """The modules of the project that a module's source names in any import, wherever it stands."""
    found = {name for node in ast.walk(ast.parse(source)) for name in _named(node, module, modules, package)}
    return frozenset(found - {module})


def _named(node: ast.AST, module: str, modules: frozenset[str], package: bool) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name in modules)
    elif isinstance(node, ast.ImportFrom):
        base = _base(node, module, package)
        for alias in node.names:
            inner = f"{base}.{alias.name}"
            if inner in modules or base in modules:
                yield inner if inner in modules else base


def _base(node: ast.ImportFrom, module: str, package: bool) -> str:
    if not node.level:
        return node.module or ""
    above = module.split(".")
    above = above[: len(above) - node.level + package]
    return ".".join([*above, *([node.module] if node.module else [])])


def circles(graph: dict[str, frozenset[str]]) -> list[frozenset[str]]:
    """The sets of modules of which each reaches every other."""
    reached = {module: _reached(graph, module) for module in graph}
    found = {
        frozenset(other for other in reached[module] if module in reached[other])
        for module in graph
        if module in reached[module]
    }
    return sorted(found, key=sorted)


def _reached(graph: dict[str, frozenset[str]], module: str) -> frozenset[str]:
    seen: set[str] = set()
    ahead = list(graph[module])
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead.extend(graph[name])
    return frozenset(seen)


def path_through(graph: dict[str, frozenset[str]], circle: frozenset[str]) -> str:
    """A shortest way round a circle, from its first module back to it, for whoever has to break it."""
    first = min(circle)
    ways = [[first]]
    while True:
        ways = [[*way, name] for way in ways for name in sorted(graph[way[-1]] & circle)]
        for way in ways:
            if way[-1] == first:
                return " imports ".join(way)


@pytest.fixture(scope="module")
def project() -> dict[str, frozenset[str]]:
    """Every module with what it imports."""
    files = {_module(path): path for path in sorted(ROOT.rglob("*.py"))}
    names = frozenset(files)
    return {
        name: imports_of(path.read_text(encoding="utf-8"), name, names, package=path.name == "__init__.py")
        for name, path in files.items()
    }


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_no_module_imports_what_imports_it(project: dict[str, frozenset[str]]) -> None:
    found = [path_through(project, circle) for circle in circles(project)]
    assert found == [], "hand the table or the function in that closes the circle"


MODULES = frozenset({"p", "p.a", "p.b", "p.c", "p.c.d"})


@pytest.mark.parametrize(
    ("source", "module", "expected"),
    [
        ("import p.b", "p.a", {"p.b"}),
        ("import json, p.b as b", "p.a", {"p.b"}),
        ("from p import b", "p.a", {"p.b"}),
        ("from p.b import name", "p.a", {"p.b"}),
        ("from p.b import *", "p.a", {"p.b"}),
        ("from p import name", "p.a", {"p"}),
        ("from . import b", "p.a", {"p.b"}),
        ("from .b import name", "p.a", {"p.b"}),
        ("from .. import a", "p.c.d", {"p.a"}),
        ("def f():\n    from p.b import name", "p.a", {"p.b"}),
        ("if TYPE_CHECKING:\n    from p.b import name", "p.a", {"p.b"}),
        ("try:\n    import p.b\nexcept ImportError:\n    pass", "p.a", {"p.b"}),
        ("import json\nfrom os import path", "p.a", set()),
        ("from p.a import name", "p.a", set()),
    ],
)
def test_imports_are_found_wherever_they_stand(source: str, module: str, expected: set[str]) -> None:
    assert imports_of(source, module, MODULES) == expected


def test_a_relative_import_in_a_package_starts_at_the_package() -> None:
    assert imports_of("from . import d", "p.c", MODULES, package=True) == {"p.c.d"}


def test_circles_are_found_whole_and_apart() -> None:
    graph = {"a": "b", "b": "c", "c": "a", "d": "ae", "e": "d", "f": "f", "g": "abcdef"}
    made = {name: frozenset(names) for name, names in graph.items()}
    assert circles(made) == [frozenset("abc"), frozenset("de"), frozenset("f")]


def test_a_circle_is_named_by_its_shortest_way_round() -> None:
    graph = {"a": frozenset("bc"), "b": frozenset("c"), "c": frozenset("a")}
    assert path_through(graph, frozenset("abc")) == "a imports c imports a"


def test_modules_are_there(project: dict[str, frozenset[str]]) -> None:
    assert len(project) > 100
    assert "policyscan.cel.ir" in project["policyscan.cel.compiling.writer"]
