"""`import`: what becomes of every row is told, a dry run writes nothing, one command serves every client."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from policyscan.importing.importers import names
from tests.cli.runner import policyscan
from tests.importing.client import EXPORTS, TYPED

NINJA = [str(EXPORTS / name) for name in ("ninjaone-devices-detailed.json", "ninjaone-os-patches.json")]


@pytest.fixture
def harbour(tmp_path: Path) -> Path:
    path = tmp_path / "inventories/clients/harbour.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(TYPED, encoding="utf-8")
    return path


def test_what_became_of_the_rows_is_told_and_a_dry_run_writes_nothing(
    harbour: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    arguments = ["import", "ninjaone", *NINJA, "--client", "harbour", "--only", "7"]
    dry = policyscan(monkeypatch, tmp_path, *arguments, "--dry-run")
    assert (dry.code, dry.err) == (0, "")
    assert harbour.read_text(encoding="utf-8") == TYPED
    for said in (
        "+    x-serial: HD0001",
        "NinjaOne: 3 rows used, of the client that it calls 7; "
        "collected at 2026-11-25 09:48 (the newest time in it)",
        "new: iMac reception",
        "said of another version or product, taken out: till: os.support_ends",
        "belong to others: 1 row of 8",
        "nothing was written: this is a dry run",
    ):
        assert said in dry.out.splitlines()
    assert any(
        line.startswith("as it was read: Till PC: {hostname: HD-TILL-01") for line in dry.out.splitlines()
    )
    assert any(
        line.startswith("note: Till PC: KB2267602 brings definitions") for line in dry.out.splitlines()
    )
    assert policyscan(monkeypatch, tmp_path, *arguments).code == 0
    assert "x-serial: HD0001" in harbour.read_text(encoding="utf-8")
    assert policyscan(monkeypatch, tmp_path, "validate").code == 0
    again = policyscan(monkeypatch, tmp_path, *arguments)
    assert not any(line.startswith(("+", "-")) for line in again.out.splitlines())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["import"], "needs a source"),
        (["import", "ninjaone", NINJA[0]], "--client or --all"),
        (["import", "ninjaone", NINJA[0], "--client", "harbour", "--all"], "--client or --all"),
        (["import", "ninjaon", NINJA[0], "--client", "harbour"], "did you mean ninjaone?"),
        (["import", "ninjaone", "none.json", "--client", "harbour"], "none.json"),
        (["import", "ninjaone", NINJA[0], "--client", "harbuor", "--only", "7"], "did you mean harbour?"),
        (["import", "ninjaone", NINJA[0], "--client", "harbour", "--word", "x"], "says no meaning"),
        (
            ["import", "ninjaone", NINJA[0], "--client", "harbour", "--only", "7", "--collected-at", "soon"],
            "soon",
        ),
        (["import", "ninjaone", NINJA[0], "--all"], "no client's file says"),
    ],
)
def test_what_is_wrong_is_told(
    arguments: list[str], says: str, harbour: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = policyscan(monkeypatch, tmp_path, *arguments)
    assert (run.code, says in run.err) == (2, True)
    assert harbour.read_text(encoding="utf-8") == TYPED


def test_every_importer_is_listed_with_what_it_asks_for_and_has_a_sample(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = policyscan(monkeypatch, tmp_path, "import", "--list").out.splitlines()
    assert [line.split()[0] for line in lines] == names()
    tests = "\n".join(
        path.read_text("utf-8") for path in (EXPORTS.parents[1] / "importing").glob("test_*.py")
    )
    assert [name for name in names() if f'"{name}"' not in tests] == []


def test_one_command_serves_every_client_that_is_known_to_the_tool(
    harbour: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def client(ident: str, number: int) -> Path:
        text = TYPED.replace("harbour", ident).replace(
            "}\n\npeople", f", x-sources: {{ninjaone: '{number}'}}}}\n\npeople"
        )
        path = harbour.with_name(f"{ident}.yaml")
        path.write_text(text, encoding="utf-8")
        return path

    harbour.unlink()
    first, second = client("first", 7), client("second", 8)
    rows = json.loads(Path(NINJA[0]).read_text("utf-8"))
    rows.append(rows[0] | {"id": 900, "organizationId": 9})
    export = tmp_path / "all.json"
    export.write_text(json.dumps(rows), encoding="utf-8")
    run = policyscan(monkeypatch, tmp_path, "import", "ninjaone", str(export), "--all")
    assert (run.code, run.err) == (0, "")
    assert "HD0001" in first.read_text(encoding="utf-8")
    assert "HD0001" not in second.read_text(encoding="utf-8")
    assert "sw-1" in second.read_text(encoding="utf-8")
    assert "first: belong to others: 1 row of 9" in run.out.splitlines()


def test_two_imports_at_once_lose_nothing(harbour: Path, tmp_path: Path) -> None:
    """Both write the same file: each finds what the other wrote, or says that it has to be run again."""
    exports = [
        ("graph-devices", "graph-managedDevices.json"), ("huntress", "huntress-agents.json"),
        ("connectwise", "connectwise-tickets.json"),
    ]  # fmt: skip
    running = [_started(tmp_path, source, name) for source, name in exports]
    done = [(one.communicate()[1], one.returncode) for one in running]
    text = harbour.read_text(encoding="utf-8")
    written = 0
    for (source, _), (err, code) in zip(exports, done, strict=True):
        if code == 0:
            written += 1
            assert f"source: {source}" in text
        else:
            assert "changed by somebody else meanwhile" in err
    assert written
    assert list(harbour.parent.iterdir()) == [harbour]


def _started(folder: Path, source: str, name: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "policyscan",
        "import",
        source,
        str(EXPORTS / name),
        "--client",
        "harbour",
    ]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
