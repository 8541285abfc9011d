"""README, CONTRIBUTING and docs tell the truth about this checkout."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):(?!=)", MAKEFILE, re.MULTILINE))


DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def _named(paths: list[Path]) -> list[object]:
    return [pytest.param(path, id=path.relative_to(ROOT).as_posix()) for path in paths]


def _outside_fences(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def test_what_documents_show_is_what_the_commands_print() -> None:
    check = [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"]
    done = subprocess.run(check, check=False, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr


def _links(path: Path) -> Iterator[tuple[str, str]]:
    """The files and the headings in them that a document links to."""
    text = _outside_fences(path.read_text(encoding="utf-8"))
    for link in re.findall(r"\]\(([^)\s]+)", text):
        if "://" not in link:
            file, _, heading = link.partition("#")
            yield file, heading


@cache
def _headings(path: Path) -> frozenset[str]:
    """What a link may name after `#`, as GitHub makes it of a heading."""
    titles = re.findall(r"^#+ (.+)$", _outside_fences(path.read_text(encoding="utf-8")), re.MULTILINE)
    return frozenset(re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles)


@pytest.mark.parametrize("path", _named(DOCUMENTS))
def test_links_lead_somewhere(path: Path) -> None:
    for file, heading in _links(path):
        target = path.parent / file if file else path
        assert target.exists(), file
        assert not heading or heading in _headings(target), f"{file}#{heading}"


def _rows() -> list[tuple[str, str, str]]:
    """The rows of the table of CONTRIBUTING: what one wants, what to open, what to run."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.split("| I want to", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [(cells[0], cells[1], cells[2]) for cells in (row.strip("| ").split(" | ") for row in table)]


def _in_backticks(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("row", [pytest.param(row, id=row[0]) for row in _rows()])
def test_every_path_of_the_contributors_table_exists(row: tuple[str, str, str]) -> None:
    paths = _in_backticks(row[1])
    assert paths
    assert [path for path in paths if not list(ROOT.glob(path))] == []


@pytest.mark.parametrize("row", [pytest.param(row, id=row[0]) for row in _rows()])
def test_every_command_of_the_contributors_table_exists(row: tuple[str, str, str]) -> None:
    commands = _in_backticks(row[2])
    assert commands
    for command in commands:
        words = command.split()
        if words[0] == "make":
            assert words[1] in TARGETS
        else:
            assert (Path(sys.executable).parent / Path(words[0]).name).exists()
            assert all((ROOT / word).exists() for word in words if word.startswith("tests/"))


@pytest.mark.parametrize("path", _named(DOCUMENTS))
def test_every_make_target_that_a_document_names_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"`make ([a-z-]+)", text) + re.findall(r"^(?:\$ )?make ([a-z-]+)", text, re.MULTILINE)
    assert set(named) <= TARGETS


def test_help_explains_every_target() -> None:
    explained = set(re.findall(r"^([a-z-]+):.*?## ", MAKEFILE, re.MULTILINE))
    assert explained == TARGETS


def test_decisions_are_numbered_once() -> None:
    numbers = [path.name[:4] for path in (ROOT / "docs" / "adr").glob("*.md")]
    assert sorted(numbers) == sorted(set(numbers))
    assert all(number.isdigit() for number in numbers)


FRAGMENTS = [path for path in (ROOT / "changelog.d").iterdir() if path.name != "README.md"]


@pytest.mark.parametrize("path", _named(sorted(FRAGMENTS)))
def test_a_changelog_fragment_says_something_of_a_known_kind(path: Path) -> None:
    assert re.fullmatch(r"[a-z0-9-]+\.(added|changed|fixed|removed|policy)\.md", path.name)
    text = path.read_text(encoding="utf-8").strip()
    assert text.endswith((".", "!"))
    assert not text.startswith(("-", "*", "#"))


def test_the_reference_names_every_variable_that_is_heeded() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    heeded = set(re.findall(r"""environ(?:\.get\(|\[)"([A-Z_]+)""", sources))
    text = (ROOT / "docs/reference/configuration.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+|COLUMNS|CLICOLOR)`", text)) - {"POLICYSCAN_"}
    assert heeded - {"TERM", "CI"} | {"TERM_PROGRAM", "GITHUB_EVENT_PATH"} == named
