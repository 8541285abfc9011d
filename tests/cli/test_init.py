"""What `init` writes: in the file's own day, under a name that every system takes, and valid at once."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from policyscan.session.plan import day_of, moment_of
from tests.cli.conftest import write
from tests.cli.runner import policyscan


@pytest.fixture
def _zones() -> Iterator[None]:
    before = os.environ.get("TZ")
    yield
    if before is None:
        os.environ.pop("TZ", None)
    time.tzset()


@pytest.mark.usefixtures("_zones")
@pytest.mark.parametrize("machine", ["Etc/GMT-14", "Etc/GMT+12", "Asia/Kolkata"])
@pytest.mark.parametrize("settings", [None, "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"])
def test_the_day_is_that_of_the_files_zone(
    machine: str, settings: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TZ", machine)
    time.tzset()
    if settings:
        write(tmp_path, "policyscan.yaml", f"time_zone: {settings}\n")
    zone = settings or "UTC"
    possible = {day_of(moment_of(None), zone)}
    assert policyscan(monkeypatch, tmp_path, "init", "oak").code == 0
    possible.add(day_of(moment_of(None), zone))
    text = (tmp_path / "inventories/clients/oak.yaml").read_text(encoding="utf-8")
    assert f"time_zone: {zone} " in text
    assert any(f"\nas_of: {day} " in text for day in possible)
    checked = policyscan(monkeypatch, tmp_path, "validate")
    assert checked.code == 0
    assert "future" not in checked.out


@pytest.mark.parametrize("name", ["con", "nul", "aux", "prn", "com1", "lpt9"])
def test_no_name_that_windows_keeps_for_a_device(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran = policyscan(monkeypatch, tmp_path, "init", name)
    assert ran.code == 2
    assert "Windows" in ran.err
    assert not list(tmp_path.iterdir())
    assert policyscan(monkeypatch, tmp_path, "init", "oak", "-o", f"{name.upper()}.old.yaml").code == 2
    assert policyscan(monkeypatch, tmp_path, "init", f"{name}-ltd").code == 0


def test_an_id_may_be_one_if_the_file_is_called_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert policyscan(monkeypatch, tmp_path, "init", "con", "-o", "con-ltd.yaml").code == 0


@pytest.mark.parametrize("kind", ["client", "provider"])
def test_it_pleases_validate(kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert policyscan(monkeypatch, tmp_path, "init", "oak", "--kind", kind).code == 0
    assert policyscan(monkeypatch, tmp_path, "validate").code == 0
