"""What is said to people keeps to the glossary: texts of controls, messages in the code, reports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from policyscan.findings import TRAITS
from policyscan.reporters import REPORTERS
from tests.reporters.reports import SITUATIONS, options

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = (ROOT / "docs/words.md").read_text(encoding="utf-8")
SAID, _, NOT_SAID = GLOSSARY.partition("## What is not said")


def _first_cells(text: str) -> list[str]:
    rows = [line.strip("| ").split(" | ")[0] for line in text.splitlines() if line.startswith("| ")]
    return [row for row in rows if row not in ("word", "not") and set(row) != {"-"}]


AVOIDED = [word for row in _first_cells(NOT_SAID) for word in re.split(r", (?!\d)", row)]
FORBIDDEN = re.compile(
    "|".join(rf"\b{re.escape(word)}\b" for word in AVOIDED).replace("Exit\\ 1", r"Exit\ \d"), re.IGNORECASE
)
CASED = re.compile(r"\bExit \d|\bScore \d")
# What programs read, and what says what the tool does not say.
PROGRAMS = ("reporters/ocsf.py", "reporters/oscal.py")
TOLD = ("title", "why", "fix", "say", "means", "empty_say", "question")


def _slips(text: str) -> list[str]:
    """Words of a text that the glossary has others for."""
    found = [match[0] for match in FORBIDDEN.finditer(text)]
    return [word for word in found if not word.lower().startswith(("exit", "score"))] + CASED.findall(text)


def test_the_glossary_has_each_status() -> None:
    words = set(_first_cells(SAID))
    assert {traits.label for traits in TRAITS.values()} <= words


def _texts(value: object, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _texts(part, str(name))
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part, key)
    elif isinstance(value, str) and key in TOLD:
        yield value


def test_controls_keep_to_the_glossary() -> None:
    slips = {}
    for path in sorted((ROOT / "policies").rglob("*.yaml")):
        if not path.name.endswith(".test.yaml"):
            text = " ".join(_texts(yaml.safe_load(path.read_text(encoding="utf-8"))))
            if found := _slips(text):
                slips[path.name] = found
    assert slips == {}


def _messages(path: Path) -> Iterator[str]:
    """The texts of a module that may be shown: all but what explains the code to its readers."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            documented.add(id(node.value))  # what explains a name below it
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield from [] if id(node) in documented else [node.value]


ROOMS = ("reporters", "session", "engine", "documents", "files", "policytest")


@pytest.mark.parametrize("room", ROOMS)
def test_messages_in_the_code_keep_to_the_glossary(room: str) -> None:
    slips = {}
    for path in sorted((ROOT / "src/policyscan" / room).rglob("*.py")):
        shown = () if path.as_posix().endswith(PROGRAMS) else _messages(path)
        if found := [word for text in shown for word in _slips(text)]:
            slips[path.name] = found
    assert slips == {}


@pytest.mark.parametrize("name", ["text", "markdown", "github"])
def test_reports_for_people_keep_to_the_glossary(name: str) -> None:
    for situation, made in SITUATIONS.items():
        for full in (False, True):
            text = REPORTERS[name].render(made, options(made, full=full))
            assert _slips(text) == [], situation
