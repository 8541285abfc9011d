"""A folder of exports: of one client, or of all of them by one command."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.runner import policyscan
from tests.importing.client import EXPORTS, HEAD

DEVICES = "graph-managedDevices.json"


def lay(folder: Path, clients: int) -> None:
    """Some clients, each with a folder of exports; the first also has users."""
    (folder / "inventories").mkdir(parents=True)
    for number in range(clients):
        text = HEAD.replace("id: harbour", f"id: c{number}").replace("Harbour Dental", f"Client {number}")
        (folder / f"inventories/c{number}.yaml").write_text(text, "utf-8")
        (folder / f"exports/c{number}").mkdir(parents=True)
        shutil.copy(EXPORTS / DEVICES, folder / f"exports/c{number}/graph-devices.json")
    users = EXPORTS / "second/graph-userRegistrationDetails.powershell.json"
    shutil.copy(users, folder / "exports/c0/graph-users_all.json")


def test_forty_clients_by_one_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, 40)
    ran = policyscan(monkeypatch, tmp_path, "import", "exports", "--all")
    assert (ran.code, ran.err) == (0, "")
    texts = [path.read_text("utf-8") for path in sorted((tmp_path / "inventories").iterdir())]
    assert all("hostname: HD-LT-01" in text and "ev-graph-devices" in text for text in texts)
    assert sum("accounts:" in text for text in texts) == 1
    assert "c39: Microsoft Intune (Graph): 2 rows used" in ran.out


def test_one_client_from_its_folder_is_one_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, 1)
    ran = policyscan(monkeypatch, tmp_path, "import", "exports/c0", "--client", "c0", "--dry-run")
    assert ran.out.count("+++ ") == 1
    assert "+accounts:" in ran.out
    assert "+devices:" in ran.out
    assert "hostname" not in (tmp_path / "inventories/c0.yaml").read_text("utf-8")


def test_what_is_about_all_clients_goes_to_those_that_it_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path, 2)
    shutil.copy(EXPORTS / "ninjaone-devices-detailed.json", tmp_path / "exports/ninjaone-devices.json")
    path = tmp_path / "inventories/c1.yaml"
    path.write_text(
        path.read_text("utf-8").replace("Client 1}", 'Client 1, x-sources: {ninjaone: "7"}}'), "utf-8"
    )
    ran = policyscan(monkeypatch, tmp_path, "import", "exports", "--all")
    assert (ran.code, "belong to others: 1 row of 8" in ran.out) == (0, True)
    assert "x-ninjaone" in path.read_text("utf-8")
    assert "x-ninjaone" not in (tmp_path / "inventories/c0.yaml").read_text("utf-8")


def call(folder: Path, client: str, name: str) -> None:
    """Lets the file of a client say what a tool calls it."""
    path = folder / f"inventories/{client}.yaml"
    text = path.read_text("utf-8")
    number = client[1:]
    path.write_text(text.replace(f"Client {number}}}", f"Client {number}, x-sources: {{ninjaone: {name}}}}}"))


@pytest.mark.parametrize("from_folder", [True, False])
@pytest.mark.parametrize(
    ("names", "options", "says"),
    [
        (
            ("'7'", "'8'"),
            ["--only", "7"],
            "--only 7 says what a tool calls one client, and all are",
        ),
        (("Ann", "ANN"), [], "c0 and c1 both say that ninjaone calls them ANN"),
    ],
)
def test_rows_of_one_client_are_written_to_no_other(
    names: tuple[str, str], options: list[str], says: str, from_folder: bool,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    lay(tmp_path, 2)
    for client, name in zip(("c0", "c1"), names, strict=True):
        call(tmp_path, client, name)
    export = tmp_path / "shared/ninjaone-devices.json"
    export.parent.mkdir()
    shutil.copy(EXPORTS / "ninjaone-devices-detailed.json", export)
    files = [str(export.parent)] if from_folder else ["ninjaone", str(export)]
    ran = policyscan(monkeypatch, tmp_path, "import", *files, "--all", *options)
    assert (ran.code, says in ran.err) == (2, True)
    assert "x-ninjaone" not in (tmp_path / "inventories/c1.yaml").read_text("utf-8")


def test_folders_that_are_not_looked_into_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, 2)
    (tmp_path / "exports/c0/older").mkdir()
    (tmp_path / "exports/c1/graph-devices.json").unlink()
    (tmp_path / "exports/c1/newer").mkdir()
    note = "c0: note: exports/c0/older is a folder, and nothing in it was read\n"
    for args in (["exports/c0", "--client", "c0"], ["exports", "--all"]):
        assert note in policyscan(monkeypatch, tmp_path, "import", *args, "--dry-run").out
    ran = policyscan(monkeypatch, tmp_path, "import", "exports", "--all", "--dry-run")
    assert "c1: note: exports/c1/newer is a folder, and nothing in it was read\n" in ran.out
    assert "c1: nothing was written: there are no exports in its folder\n" in ran.out
    ran = policyscan(monkeypatch, tmp_path, "import", "exports", "--client", "c0")
    assert (ran.code, "name the folder of c0: exports/c0\n" in ran.err) == (2, True)


def test_a_client_with_a_broken_export_is_left_whole_and_the_others_are_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path, 2)
    (tmp_path / "exports/c0/graph-users_all.json").write_text('{"value": [', "utf-8")
    ran = policyscan(monkeypatch, tmp_path, "import", "exports", "--all")
    assert ran.code == 2
    assert "exports/c0/graph-users_all.json:1:" in ran.err
    assert "c0: nothing was written: 1 error" in ran.out
    assert "hostname" not in (tmp_path / "inventories/c0.yaml").read_text("utf-8")
    assert "hostname" in (tmp_path / "inventories/c1.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("exports/c0/report.json", "exports/c0/report.json:1:1: nothing says which tool exported this"),
        ("exports/c00/graph-devices.json", "exports/c00:1:1: no client is called c00"),
    ],
)
def test_what_nobody_can_place_is_refused(
    name: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path, 1)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("[]", "utf-8")
    ran = policyscan(monkeypatch, tmp_path, "import", "exports", "--all")
    assert ran.code == 2
    assert says in ran.err
    assert "hostname" not in (tmp_path / "inventories/c0.yaml").read_text("utf-8")
    if name.startswith("exports/c00"):
        assert "did you mean c0?" in ran.err


def test_a_file_is_known_by_what_is_in_it_and_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path, 1)
    (tmp_path / "exports/c0/graph-devices.json").rename(tmp_path / "exports/c0/Intune of October.json")
    (tmp_path / "exports/c0/Thumbs.db").write_bytes(b"\0")
    ran = policyscan(monkeypatch, tmp_path, "import", "exports", "--all")
    note = "exports/c0/Intune of October.json is read as an export of graph-devices, by what is in it"
    assert (ran.code, f"c0: note: {note}" in ran.out) == (0, True)
    assert "hostname: HD-LT-01" in (tmp_path / "inventories/c0.yaml").read_text("utf-8")
    args = ("import", "exports/c0/Intune of October.json", "--client", "c0")
    assert "it looks like graph-devices: policyscan" in policyscan(monkeypatch, tmp_path, *args).err
    (tmp_path / "mine.csv").write_text("a,b\n1,2\n", "utf-8")
    said = policyscan(monkeypatch, tmp_path, "import", "mine.csv", "--client", "c0").err
    assert "what its columns mean: policyscan import columns.yaml mine.csv" in said
    assert "it looks like" not in policyscan(monkeypatch, tmp_path, "import", "exports/c0/Thumbs.db").err


def test_all_files_that_nobody_can_place_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, 2)
    for name in ("a.txt", "c0/b.txt", "c1/c.txt"):
        (tmp_path / "exports" / name).write_text("?", "utf-8")
    ran = policyscan(monkeypatch, tmp_path, "import", "exports", "--all")
    assert (ran.code, ran.err.count("nothing says which tool exported this")) == (2, 3)


def test_a_provider_gets_no_exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, 1)
    text = "schema_version: 1\nkind: provider\nas_of: 2026-11-01\norganisation: {id: msp}\n"
    (tmp_path / "inventories/msp.yaml").write_text(text, "utf-8")
    ran = policyscan(monkeypatch, tmp_path, "import", "exports/c0", "--client", "msp")
    assert (ran.code, "msp is a provider: exports are read for clients" in ran.err) == (2, True)


def test_an_empty_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, 1)
    (tmp_path / "none").mkdir()
    for client in ("--client=c0", "--all"):
        assert policyscan(monkeypatch, tmp_path, "import", "none", client).code == 2
