"""Tables of what others change are looked at again: who runs the pack's tests is told, and no test fails."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.policies.looking import FOLDER, LOOKED, notes


def test_a_note_from_the_day_on(tmp_path: Path) -> None:
    (tmp_path / "A").mkdir()
    table = "# Looked at on 2026-11-27; look again by 2027-11-27.\nends: {}\n"
    (tmp_path / "A" / "A-01.yaml").write_text(table, encoding="utf-8")
    assert notes(tmp_path, date(2027, 11, 26)) == []
    assert notes(tmp_path, date(2027, 11, 27)) == [
        "note: A/A-01.yaml: its table was last looked at on 2026-11-27; compare it with its sources again"
    ]


def test_the_last_days_of_systems_say_when_they_were_looked_at() -> None:
    text = (FOLDER / "consistency" / "CONS-147.yaml").read_text(encoding="utf-8")
    ((looked, again),) = LOOKED.findall(text)
    assert 0 < (date.fromisoformat(again) - date.fromisoformat(looked)).days <= 366
