"""One meaning a name, nothing that only tests use, and a first word to strangers in every module."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "policyscan"
MODULES = {path.relative_to(SOURCE).as_posix(): path for path in sorted(SOURCE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}
# Generated pages use what commands do not: the docs' own programs count.
USERS = [*TREES.values(), *(ast.parse(p.read_text(encoding="utf-8")) for p in (ROOT / "docs").glob("*.py"))]

# The syntax and its checked form have the same nodes; those of the latter are spoken with their module.
STAGES = {"cel/ast.py", "cel/ir.py"}

# What nothing in `src` calls by name, and who does.
CALLED_BY_OTHERS = {
    "cel/lookup.py keyed": "programs that the compiler writes",
    "cel/runtime.py Failed": "programs that the compiler writes",
    "cel/runtime.py is_absent": "programs that the compiler writes",
    "cel/runtime.py rank_of": "programs that the compiler writes",
    "cli/main.py format_commands": "click",
    "cli/options.py split_envvar_value": "click",
    "cli/options.py coerce_path_result": "click",
    "cli/texts.py forget": "a process that runs several commands, as the tests do",
    "reporters/json_report.py render_lines": "the table of formats",
    "reporters/letter.py render_html": "the table of formats",
    "session/api.py load_policies": "Python callers",
}


def classes_of(tree: ast.Module) -> Iterator[str]:
    """The names of the public classes that a module defines."""
    return (node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name[0] != "_")


def defined_in(body: Iterable[ast.stmt]) -> Iterator[str]:
    """What a module or class defines to be called: functions, methods, classes."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        if isinstance(node, ast.ClassDef | ast.If | ast.Try):
            yield from defined_in(node.body)


def used_in(tree: ast.AST) -> Iterator[str]:
    """Every name that is read, on its own or of something."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr


def test_no_class_name_means_two_things() -> None:
    places = defaultdict(list)
    for module, tree in TREES.items():
        for name in classes_of(tree):
            places[name].append(module)
    assert {name: at for name, at in places.items() if len(at) > 1 and set(at) != STAGES} == {}


def test_nothing_is_there_for_tests_alone() -> None:
    used = Counter(name for tree in USERS for name in used_in(tree))
    unused = {
        f"{module} {name}"
        for module, tree in TREES.items()
        for name in defined_in(tree.body)
        if not name.startswith("__") and not used[name]
    }
    assert unused == CALLED_BY_OTHERS.keys(), "use it, take it away, or say who calls it"


@pytest.mark.parametrize(
    ("source", "unused"),
    [
        ("def f(): ...", {"f"}),
        ("def f(): ...\nf()", set()),
        ("def f(): ...\ncall(f)", set()),
        ("def f(): ...\nmodule.f()", set()),
        ("def f(): ...\nf = 1", {"f"}),
        ("class A:\n    def m(self): ...\nA()", {"m"}),
        ("class A:\n    def m(self): ...\nA().m()", set()),
        ("class A:\n    def m(self): self.m = 1", {"A", "m"}),
        ("if x:\n    def f(): ...", {"f"}),
    ],
)
def test_what_is_not_used_is_found(source: str, unused: set[str]) -> None:
    tree = ast.parse(source)
    assert set(defined_in(tree.body)) - set(used_in(tree)) == unused


def says_in_and_out(said: str) -> bool:
    """Whether the first words of a module say what goes in and what comes out."""
    words = " ".join(said.lower().split())
    return all(
        re.search(rf"(^|[ :]){way}[:,]|\b{way} (go|come|goes|comes)\b|\b(go|come|goes|comes) {way}\b", words)
        for way in ("in", "out")
    )


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_it_is_for_and_what_goes_in_and_out(module: str) -> None:
    said = ast.get_docstring(TREES[module]) or ""
    purpose = said.partition("In: ")[0]
    assert purpose.strip()
    assert says_in_and_out(said)


@pytest.mark.parametrize(
    ("said", "enough"),
    [
        ("Times.\n\nIn: a text. Out: a time.", True),
        ("`f`: in, folders; out, cases.", True),
        ("The index.\n\nIn come files; out comes\nan index.", True),
        ("A text goes in, a time comes out.", True),
        ("Times, and how they come about.", False),
        ("In: a text.", False),
        ("What stands in a file, without more.", False),
        ("", False),
    ],
)
def test_what_a_module_does_not_say_is_noticed(said: str, enough: bool) -> None:
    assert says_in_and_out(said) == enough
