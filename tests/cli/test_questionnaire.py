"""`--questionnaire` on the command line: of a scan and of a saved report, and what cannot be asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.runner import Ran, policyscan

ROOT = Path(__file__).resolve().parents[2]
SCAN = ("scan", "--as-of", "2026-10-31", "--client", "northgate-dental")


def ask(monkeypatch: pytest.MonkeyPatch, *args: str) -> Ran:
    return policyscan(monkeypatch, ROOT, *args)


def test_a_scan_is_asked_with_all_that_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = ask(monkeypatch, *SCAN, "--profile", "insurer", "--questionnaire", "at-bay")
    assert ran.code == 1
    assert "ACC-01/remote MFA on email, remote access and admin accounts: pass" in ran.out
    assert "Signed answers that are no longer shown true" in ran.out
    assert "RISK-01/records" in ran.out


def test_a_saved_report_is_asked_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    saved = tmp_path / "results.json"
    scanned = ask(monkeypatch, *SCAN, "--profile", "insurer", "--all-results", "-q", "-o", f"json:{saved}")
    sheet = tmp_path / "sheet.json"
    shown = ask(monkeypatch, "report", str(saved), "--questionnaire", "at-bay", "-q", "-o", f"json:{sheet}")
    asked = ask(monkeypatch, *SCAN, "--profile", "insurer", "--questionnaire", "at-bay", "-f", "json")
    assert shown.code == scanned.code == asked.code == 1
    assert json.loads(sheet.read_text(encoding="utf-8")) == json.loads(asked.out)


def test_a_sheet_for_each_client_names_no_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran = ask(
        monkeypatch, "scan", "--as-of", "2026-10-31", "-q", "--questionnaire", "coalition", "-f", "html",
        "--split-by", "client", str(tmp_path / "sheets"),
    )  # fmt: skip
    assert ran.code == 1
    text = (tmp_path / "sheets/corner-oven.html").read_text(encoding="utf-8").lower()
    assert "corner" in text
    assert not any(other in text for other in ("northgate", "ridge", "elm-vets", "alder"))


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--questionnaire", "at-bya"), "did you mean at-bay"),
        (("--questionnaire", ""), "there is no such questionnaire"),
        (("--questionnaire", "at-bay", "-f", "sarif"), "a questionnaire has no format sarif"),
        (("--questionnaire", "at-bay", "-o", "csv:x.csv"), "a questionnaire has no format csv"),
    ],
)
def test_what_cannot_be_asked(monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], said: str) -> None:
    ran = ask(monkeypatch, *SCAN, *args)
    assert ran.code == 2
    assert said in ran.err


def test_a_broken_questionnaire_of_a_pack_is_told_by_test_and_validate(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mine/questionnaires").mkdir(parents=True)
    (tmp_path / "mine/questionnaires/ours.yaml").write_text(
        "id: ours\nname: Ours\nchecked_on: 2026-11-26\nsource: {title: x, kind: primary}\n"
        "questions: [{id: a, mark: primary, asks: b, answered_by: [ACC-99]}]\n",
        encoding="utf-8",
    )
    (tmp_path / "policyscan.yaml").write_text("policies: [mine]\n", encoding="utf-8")
    for command in (("test", "mine"), ("validate", "--policies-too")):
        ran = policyscan(monkeypatch, tmp_path, *command)
        assert ran.code == 2
        assert "mine/questionnaires/ours.yaml:5:59: there is no control ACC-99" in ran.err + ran.out
