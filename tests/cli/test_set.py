"""`set`: one fact changes, the rest of the file stays; what would not be valid is not written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.runner import policyscan

TEXT = """\
# Oak Ltd
schema_version: 1
kind: client
as_of: 2026-10-31   # the day
organisation: {id: oak}
people:
  - {id: p-1, name: "Ann"}   # the owner
devices:
  - id: lt-1
    antivirus: {active: false}  # since May
    user:
"""


@pytest.fixture
def oak(tmp_path: Path) -> Path:
    path = tmp_path / "inventories/clients/oak.yaml"
    path.parent.mkdir(parents=True)
    path.write_bytes(TEXT.encode())
    return path


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        ("as_of", "2026-11-01", "as_of: 2026-10-31   #", "as_of: 2026-11-01   #"),
        ("devices[lt-1].antivirus.active", "yes", "active: false}  #", "active: true}  #"),
        ("devices[lt-1].user", "p-1", "    user:\n", "    user: p-1\n"),
        ("devices[lt-1].os.name", "Windows 11", "    user:\n", "    user:\n    os: {name: Windows 11}\n"),
        ("devices[+]", "{id: lt-2}", "    user:\n", "    user:\n  - {id: lt-2}\n"),
        ("email", "none", "    user:\n", "    user:\nemail: null\n"),
        ("people[p-1].x-email", "ann@oak.example", '"Ann"}', '"Ann", x-email: ann@oak.example}'),
    ],
)
def test_one_fact_changes(
    path: str, value: str, old: str, new: str, oak: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = policyscan(monkeypatch, tmp_path, "set", "oak", path, value)
    assert (run.code, run.err) == (0, "")
    assert oak.read_bytes().decode() == TEXT.replace(old, new)
    assert any(line.startswith("+") for line in run.out.splitlines())


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("devices[lt-1].user", "p-9", "nothing in people has the id p-9"),
        ("devices[lt-9].user", "p-1", "did you mean lt-1?"),
        ("device[lt-1].user", "p-1", "did you mean devices?"),
        ("devices[lt-1].antivirus.activ", "yes", "did you mean active?"),
        ("devices[+]", "{id: lt-1}", "lt-1"),
        ("devices[+]", "{hostname: X}", "id"),
        ("as_of", "31/10/2026", "depends on the country"),
        ("as_of.day", "1", "holds no more than a value"),
        ("as_of", "", "there is no answer"),
        ("", "1", "the path is empty"),
        ("kind", "provider", "would not be valid"),
    ],
)
def test_what_is_wrong_is_told_and_not_written(
    path: str, value: str, says: str, oak: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = policyscan(monkeypatch, tmp_path, "set", "oak", path, value)
    assert run.code == 2
    assert says in run.err
    assert oak.read_bytes().decode() == TEXT


def test_the_file_is_known_by_its_path_too_and_a_dry_run_writes_nothing(
    oak: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = policyscan(monkeypatch, tmp_path, "set", str(oak), "as_of", "2026-11-01", "--dry-run")
    assert run.code == 0
    assert "+as_of: 2026-11-01" in run.out
    assert oak.read_bytes().decode() == TEXT


def test_what_is_so_already_changes_nothing(
    oak: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = oak.stat().st_mtime_ns
    run = policyscan(monkeypatch, tmp_path, "set", "oak", "as_of", "2026-10-31")
    assert run.out.splitlines() == ["as_of says so already: nothing was changed"]
    assert oak.stat().st_mtime_ns == before


def test_a_fact_goes_into_the_file_in_which_its_section_stands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "inventories/clients/oak"
    folder.mkdir(parents=True)
    head, machines = TEXT.split("devices:")
    (folder / "client.yaml").write_text(head, encoding="utf-8")
    (folder / "machines.yaml").write_text(f"devices:{machines}", encoding="utf-8")
    for where in ("oak", "inventories/clients/oak"):
        run = policyscan(monkeypatch, tmp_path, "set", where, "devices[lt-1].user", "p-1", "--dry-run")
        assert (run.code, run.err) == (0, "")
        assert "+++ inventories/clients/oak/machines.yaml" in run.out
    for path, value in (("devices[lt-1].user", "p-1"), ("email", "none")):
        assert policyscan(monkeypatch, tmp_path, "set", "oak", path, value).code == 0
    assert (folder / "client.yaml").read_text(encoding="utf-8") == f"{head}email: null\n"
    after = (folder / "machines.yaml").read_text(encoding="utf-8")
    assert after == f"devices:{machines}".replace("user:\n", "user: p-1\n")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encoding_and_line_ends_stay(
    encoding: str, oak: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    oak.write_bytes(TEXT.replace("\n", "\r\n").encode(encoding))
    assert policyscan(monkeypatch, tmp_path, "set", "oak", "as_of", "2026-11-01").code == 0
    wanted = TEXT.replace("10-31", "11-01").replace("\n", "\r\n").encode(encoding)
    assert oak.read_bytes() == wanted


def test_a_broken_file_is_told_and_left(oak: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    oak.write_bytes(TEXT.encode() + b"devicse: []\n")
    run = policyscan(monkeypatch, tmp_path, "set", "oak", "as_of", "2026-11-01")
    assert run.code == 2
    assert "oak.yaml:12:1" in run.err
    assert oak.read_bytes() == TEXT.encode() + b"devicse: []\n"


def test_an_unknown_inventory_is_told(oak: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert oak.exists()
    run = policyscan(monkeypatch, tmp_path, "set", "oka", "as_of", "2026-11-01")
    assert (run.code, "did you mean oak?" in run.err) == (2, True)
