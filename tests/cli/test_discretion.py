"""With `--client` a report may go to that client: in no format does it name another one, its files or ids."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from policyscan.reporters import REPORTERS
from tests.cli.runner import policyscan

INVENTORIES = Path(__file__).resolve().parents[2] / "inventories"
OTHERS = ("ridge", "elm-vets", "elm street", "northgate", "harrow", "alder", "mika", "lakeside")
BROKEN = {
    "a list that does not end": lambda text: f"{text}devices: [\n",
    "a misspelt key": lambda text: f"{text}devicess: []\n",
    "no id": lambda text: text.replace("id: ridge-dental", "id:"),
}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """The shipped inventories, to break some of them."""
    shutil.copytree(INVENTORIES, tmp_path / "inventories")
    return tmp_path


@pytest.mark.parametrize("harm", BROKEN)
def test_no_format_names_another_client(monkeypatch: pytest.MonkeyPatch, book: Path, harm: str) -> None:
    other = book / "inventories/clients/ridge-dental.yaml"
    other.write_text(BROKEN[harm](other.read_text(encoding="utf-8")), encoding="utf-8")
    outputs = [word for name in REPORTERS for word in ("-o", f"{name}:out.{name}")]
    ran = policyscan(
        monkeypatch, book, "scan", "--client", "corner-oven", "--profile", "full", "--all-results",
        "--as-of", "2026-10-31", "--full", "--sarif-unknown", "--sarif-suppressed", *outputs,
    )  # fmt: skip
    assert ran.code == 1
    texts = {name: (book / f"out.{name}").read_text(encoding="utf-8") for name in REPORTERS}
    for name, text in {**texts, "standard output": ran.out, "standard error": ran.err}.items():
        said = text.lower()
        assert [word for word in OTHERS if word in said] == [], name
    assert all("corner" in text.lower() for text in texts.values())
