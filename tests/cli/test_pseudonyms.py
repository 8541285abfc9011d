"""`--pseudonyms`: no format says a name of the inventories, and the same name has the same pseudonym."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from policyscan.reading.reading import read_text
from policyscan.reporters import REPORTERS
from policyscan.reporters.pseudonyms import NOTE
from policyscan.reporters.questionnaire import FORMATS
from policyscan.session.vocabulary import vocabulary_of
from policyscan.session.workspace import open_workspace
from policyscan.source import Source
from tests.cli.runner import Ran, policyscan

ROOT = Path(__file__).resolve().parents[2]
NAMING = re.compile(r"name$|^id$|email|phone|address|domain|number$|^host|_by$|url|serial|hostname|^user$")
RUN = re.compile(r"[\w-]+")
# Names that are nothing but words of everybody's: `files`, `website`, an id that is a value of the schema.
PLAIN = re.compile(r"[\d.,:/%-]*|\d+[a-z]+|[.'-]+")


def strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Each text of an inventory with the key that it stands under."""
    if isinstance(value, str):
        yield key, value
    for name, item in value.items() if isinstance(value, dict) else ():
        yield from strings(item, str(name))
    for item in value if isinstance(value, list) else ():
        yield from strings(item, key)


@cache
def everybodys() -> frozenset[str]:
    """The words of packs, schemas and messages."""
    vocabulary = vocabulary_of(open_workspace())
    return frozenset(word.lower() for word in vocabulary.words | vocabulary.ids)


@cache
def names() -> dict[str, frozenset[str]]:
    """Whole texts of the shipped inventories, and the words of those that name something; each with
    the words that it is made of."""
    found: set[str] = set()
    for path in (ROOT / "inventories").rglob("*.yaml"):
        found.add(path.stem)
        trees, _ = read_text(Source(path.name, path.read_text(encoding="utf-8")))
        for key, text in strings(trees[0].value):
            found.add(text)
            if NAMING.search(key):
                found.update(re.findall(r"[^\W\d_]{3,}(?:[.@-][\w.-]+)*", text))
    named = {text.lower() for text in found if len(text) > 3 and "\n" not in text and not common(text)}
    return {name: frozenset(RUN.findall(name)) for name in named}


def common(text: str) -> bool:
    """Whether a text is made of nothing but everybody's words, days and numbers."""
    known = everybodys()
    return all(word.lower() in known or PLAIN.fullmatch(word) for word in re.findall(r"[\w'@/-]+", text))


def told(text: str) -> set[str]:
    """The names in a text, as words of their own."""
    lower = text.lower()
    there = frozenset(RUN.findall(lower))  # a name can only be where all of its words are
    hits = (name for name, runs in names().items() if runs <= there and name in lower)
    return {name for name in hits if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", lower)}


def scan(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str) -> Ran:
    return policyscan(
        monkeypatch, ROOT, "scan", "--as-of", "2026-10-31", "--profile", "full", "--pseudonyms", *args
    )


def test_the_names_that_are_looked_for_are_many() -> None:
    found = names().keys()
    assert len(found) > 500
    assert {"northgate-dental", "rita ames", "ames", "northgate family dental llc", "p-ames"} <= found


def test_no_format_says_a_name_of_the_inventories(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    outputs = [word for name in REPORTERS for word in ("-o", f"{name}:{tmp_path / name}")]
    ran = scan(
        monkeypatch, tmp_path, "--full", "--all-results", "--sarif-unknown", "--sarif-suppressed", *outputs
    )
    assert ran.code == 1
    texts = {name: (tmp_path / name).read_text(encoding="utf-8") for name in REPORTERS}
    texts["html"] = re.sub(r"</?[a-z0-9]+", "<", texts["html"])  # `label` is an element, too
    found = {name: told(text) for name, text in texts.items()}
    found |= {"standard output": told(ran.out), "standard error": told(ran.err)}
    assert {name: sorted(names)[:20] for name, names in found.items() if names} == {}


def test_no_sheet_of_a_questionnaire_says_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    outputs = [word for name in FORMATS for word in ("-o", f"{name}:{tmp_path / name}")]
    ran = scan(monkeypatch, tmp_path, "--questionnaire", "common-2026", *outputs)
    texts = {name: (tmp_path / name).read_text(encoding="utf-8") for name in FORMATS}
    assert all(texts.values())
    found = {name: told(text) for name, text in texts.items()}
    found |= {"standard output": told(ran.out), "standard error": told(ran.err)}
    assert {name: sorted(names)[:20] for name, names in found.items() if names} == {}


def test_a_saved_report_has_the_same_pseudonyms(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    saved, masked = tmp_path / "saved.json", tmp_path / "masked.json"
    whole = policyscan(
        monkeypatch, ROOT, "scan", "--as-of", "2026-10-31", "--profile", "full", "-q", "-o", f"json:{saved}"
    )
    ran = policyscan(monkeypatch, ROOT, "report", str(saved), "--pseudonyms", "-q", "-o", f"json:{masked}")
    again = scan(monkeypatch, tmp_path, "-f", "json")
    assert ran.code == whole.code == again.code
    told_ = json.loads(masked.read_text(encoding="utf-8"))
    assert told_ == json.loads(again.out)
    assert told_["summary"]["results"] == json.loads(saved.read_text(encoding="utf-8"))["summary"]["results"]
    assert NOTE in told_["scan"]["notes"]
    shown = policyscan(monkeypatch, ROOT, "report", str(masked), "-f", "csv")
    assert shown.code == whole.code  # what was written so is read back as any other report


def test_what_could_not_be_read_names_nobody_either(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "inventories", tmp_path / "inventories")
    broken = tmp_path / "inventories/clients/ridge-dental.yaml"
    text = broken.read_text(encoding="utf-8")
    broken.write_text(
        text.replace("kind: client", "kind: client\npetras_laptop: 10.20.30.40", 1), encoding="utf-8"
    )
    ran = policyscan(
        monkeypatch, tmp_path, "scan", "--as-of", "2026-10-31", "--pseudonyms", "-o", "json:out.json"
    )
    assert ran.code == 2
    for said in (ran.out, ran.err, (tmp_path / "out.json").read_text(encoding="utf-8")):
        assert "petra" not in said.lower()
        assert "ridge" not in said.lower()
        assert "10.20.30.40" not in said


def test_files_for_each_client_are_named_by_pseudonyms(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran = scan(monkeypatch, tmp_path, "-q", "-f", "letter", "--split-by", "client", str(tmp_path / "out"))
    assert ran.code == 1
    made = sorted((tmp_path / "out").iterdir())
    assert made
    assert all(re.fullmatch(r"name-[a-z2-7]{8}\.md", path.name) for path in made)


def test_reports_are_still_not_written_among_inventories(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "inventories", tmp_path / "inventories")
    ran = policyscan(
        monkeypatch, tmp_path, "scan", "--as-of", "2026-10-31", "--pseudonyms", "-q",
        "--split-by", "client", "inventories/clients",
    )  # fmt: skip
    assert ran.code == 2
    assert "holds inventories" in ran.err
