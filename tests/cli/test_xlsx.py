"""`-o xlsx:PATH`: a workbook is written, or it is said what has to be installed for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from policyscan.reporters import FILE_REPORTERS, REPORTERS, xlsx
from tests.cli.runner import policyscan

ROOT = Path(__file__).resolve().parents[2]


def test_a_scan_writes_one_and_stands_still_without_the_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    args = ("scan", "--as-of", "2026-10-31", "-q", "-o", f"xlsx:{tmp_path / 'out.xlsx'}")
    assert policyscan(monkeypatch, ROOT, *args).code == 1
    sheet = load_workbook(tmp_path / "out.xlsx").active
    assert sheet is not None
    assert sheet.max_row > 50
    monkeypatch.setattr(xlsx, "find_spec", lambda _name: None)
    ran = policyscan(monkeypatch, ROOT, *args)
    assert ran.code == 2
    assert "policyscan[xlsx]" in ran.err


def test_no_terminal_is_shown_a_workbook(monkeypatch: pytest.MonkeyPatch) -> None:
    assert FILE_REPORTERS.keys().isdisjoint(REPORTERS)
    assert policyscan(monkeypatch, ROOT, "scan", "-f", "xlsx").code == 2
