"""The report is the same whoever reads the files, in whatever order, and in how many files a document is."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest

import policyscan
from policyscan.documents.opening import FileOutcome, assemble, read_identified
from policyscan.files.discovery import File, as_source
from policyscan.kinds.kinds import Kinds
from policyscan.reading.reading import read_text
from policyscan.reading.tree import Tree
from policyscan.session import reader
from policyscan.source import Source
from tests.documents.test_outcomes import ROOT, elsewhere, sent, shipped, shuffled

AS_OF = "2026-06-01"  # a day on which much lies in the future
FORMATS = ("json", "sarif", "text")


@pytest.fixture(autouse=True)
def in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def reports(path: str = "inventories") -> list[str]:
    report = policyscan.scan([path], profile="full", as_of=AS_OF, all_results=True)
    return [policyscan.render(report, format_) for format_ in FORMATS]


def test_who_reads_the_files_and_in_which_order_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = reports()
    files = shuffled(shipped().files, 2)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        outcomes = dict(zip((file.path for file in files), pool.map(elsewhere, files), strict=True))
    asked: list[str] = []

    def read(file: File, _: Kinds) -> FileOutcome:
        asked.append(file.path)
        return sent(outcomes[file.path])

    monkeypatch.setattr(reader, "read_identified", read)
    assert reports() == expected
    assert set(asked) == set(outcomes)


def sections(source: Source, names: tuple[str, ...]) -> list[Tree]:
    """The text of a client in as many files as there are names: every key of its root goes to one of them."""
    blocks: list[list[str]] = []
    for line in source.text.splitlines(keepends=True):
        if line[0].isalpha() or not blocks:
            blocks.append([])
        blocks[-1].append(line)
    trees = []
    for turn, name in enumerate(names):
        text = "".join("".join(block) for block in blocks[turn :: len(names)])
        (tree,), problems = read_text(Source(name, text))
        assert problems == []
        trees.append(tree)
    return trees


CLIENT = "inventories/clients/corner-oven.yaml"
PARTS = ("inventories/clients/a.yaml", "inventories/clients/b.yaml", "inventories/clients/c.yaml")


def without_places(value: Any) -> Any:
    """A report without the names of files, and the lines and columns in them."""
    if isinstance(value, dict):
        kept = (key for key in value if key not in {"file", "line", "column", "end_line", "end_column"})
        return {key: without_places(value[key]) for key in kept}
    return [without_places(one) for one in value] if isinstance(value, list) else value


def files_in(value: Any) -> set[str]:
    """The files that a report names."""
    if isinstance(value, dict):
        own = {value["file"]} if isinstance(value.get("file"), str) else set()
        return own.union(*map(files_in, value.values()))
    return set().union(*map(files_in, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("names", [PARTS, PARTS[::-1]], ids=["in order", "reversed"])
def test_a_document_in_three_files_gets_the_report_of_one(
    monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    expected = json.loads(reports(CLIENT)[0])
    made: list[str] = []

    def read(file: File, kinds: Kinds) -> FileOutcome:
        if file.shown != CLIENT:
            return read_identified(file, kinds)
        parts = sections(as_source(file), PARTS)
        ordered = sorted(parts, key=lambda part: names.index(part.source.file))
        made.append(file.shown)
        return FileOutcome((assemble(ordered, kinds),), identities=read_identified(file, kinds).identities)

    monkeypatch.setattr(reader, "read_identified", read)
    got = json.loads(reports(CLIENT)[0])
    assert made
    assert without_places(got) == without_places(expected)
    assert files_in(expected) - files_in(got) == {CLIENT}
    assert set(PARTS) <= files_in(got)
    sarif = reports(CLIENT)[1]
    assert all(part in sarif for part in PARTS)
    assert CLIENT not in sarif
