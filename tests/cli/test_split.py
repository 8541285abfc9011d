"""`--split-by client DIR`: a file for each client, that names no other and replaces nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from policyscan.reporters import REPORTERS
from tests.cli.conftest import CLIENT, write
from tests.cli.runner import Ran, policyscan


def scan(monkeypatch: pytest.MonkeyPatch, place: Path, name: str, *args: str) -> Ran:
    return policyscan(
        monkeypatch, place, "scan", "--as-of", "2026-10-31", "-f", name, "--split-by", "client", "out", *args
    )


@pytest.mark.parametrize("name", REPORTERS)
def test_each_client_has_a_file_of_its_own_in_every_format(
    monkeypatch: pytest.MonkeyPatch, place: Path, name: str
) -> None:
    write(place, "inventories/clients/broken.yaml", "kind: client\n\tbad\n")
    ran = scan(monkeypatch, place, name)
    assert ran.code == 2  # what could not be read is no business of the others, and still told
    made = {path.stem: path for path in (place / "out").iterdir()}
    assert set(made) == {"bad", "good", "vague", "served"}
    assert {path.suffix for path in made.values()} == {f".{REPORTERS[name].suffix}"}
    for own, path in made.items():
        text = path.read_text("utf-8")
        for other in {*made, "broken"} - {own}:
            assert f"clients/{other}" not in text
            assert f'"{other}"' not in text


def test_a_file_is_what_is_reported_on_that_client(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    whole = json.loads(scan(monkeypatch, place, "json").out)
    one = json.loads((place / "out/bad.json").read_text("utf-8"))
    assert one["results"] == [result for result in whole["results"] if result["document"] == "bad"]
    assert [document["id"] for document in one["summary"]["documents"]] == ["bad"]
    again = policyscan(monkeypatch, place, "report", "out/bad.json", "-f", "letter")
    assert again.code == 1
    assert again.out.startswith("# ")


def test_quiet_writes_the_files_and_prints_nothing(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    assert scan(monkeypatch, place, "html", "-q").out == ""
    assert "What this rests on" in (place / "out/bad.html").read_text("utf-8")


def test_a_saved_report_is_split_too(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    policyscan(monkeypatch, place, "scan", "--as-of", "2026-10-31", "-q", "-o", "json:r.json")
    ran = policyscan(
        monkeypatch, place, "report", "r.json", "-f", "letter", "--split-by", "client", "letters"
    )
    assert ran.code == 1
    assert (place / "letters/good.md").read_text("utf-8").startswith("# ")


def test_no_file_lands_among_inventories(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    before = {path: path.read_bytes() for path in (place / "inventories/clients").iterdir()}
    ran = policyscan(
        monkeypatch, place, "scan", "-f", "json", "--split-by", "client", "inventories/providers/../clients"
    )
    assert ran.code == 2
    assert "holds inventories" in ran.err
    assert {path: path.read_bytes() for path in (place / "inventories/clients").iterdir()} == before


def test_a_folder_that_cannot_be_made_is_said(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, "out", "a file")
    ran = scan(monkeypatch, place, "text")
    assert ran.code == 2
    assert "out" in ran.err


def test_a_folder_that_may_not_be_written_is_told_before_any_work(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    def refuse(path: str, mode: int) -> bool:
        return not (mode == os.W_OK and os.path.realpath(path) == os.path.realpath(place))

    monkeypatch.setattr(os, "access", refuse)
    monkeypatch.setattr("policyscan.cli.scan_command.scan", None)
    ran = policyscan(monkeypatch, place, "scan", "-f", "letter", "--split-by", "client", "out/letters")
    assert (ran.code, ran.err) == (2, "error: out/letters cannot be written: permission denied\n")


def test_a_name_that_no_file_can_have_is_no_bug(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    policyscan(monkeypatch, place, "scan", "--as-of", "2026-10-31", "-q", "-o", "json:r.json")
    text = (place / "r.json").read_text("utf-8").replace("clients/good.yaml", "clients/go\\u0000od.yaml")
    write(place, "r.json", text)
    ran = policyscan(
        monkeypatch, place, "report", "r.json", "-q", "-f", "letter", "--split-by", "client", "out"
    )
    assert (ran.code, ran.err) == (1, "")
    assert (place / "out/good.md").is_file()


def test_something_else_than_client_is_refused(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = policyscan(monkeypatch, place, "scan", "--split-by", "provider", "out")
    assert ran.code == 2
    assert "client" in ran.err


@pytest.mark.parametrize("id_", ["../../evil", "..", "/etc/evil", "a\\b", "c:d", "x" * 300, "\ud800"])
def test_no_id_of_a_report_from_elsewhere_leads_out_of_the_folder(
    monkeypatch: pytest.MonkeyPatch, place: Path, id_: str
) -> None:
    policyscan(
        monkeypatch, place, "scan", "--as-of", "2026-10-31", "--client", "good", "-q", "-o", "json:r.json"
    )
    text = (place / "r.json").read_text("utf-8").replace('"good"', json.dumps(id_))
    write(place, "deep/in/r.json", text)
    ran = policyscan(
        monkeypatch, place, "report", "deep/in/r.json", "-f", "letter", "--split-by", "client", "deep/in/out"
    )
    assert ran.code in {0, 2}
    made = list(place.rglob("*.md"))
    assert all(path.parent == place / "deep/in/out" for path in made)
    assert len(made) <= 1


def test_two_ids_that_one_file_would_hold_are_an_error(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, "inventories/clients/long.yaml", CLIENT.format(id="y" * 250 + "1"))
    write(place, "inventories/clients/longer.yaml", CLIENT.format(id="y" * 250 + "2"))
    ran = scan(monkeypatch, place, "letter", "-q")
    assert ran.code == 2
    assert "two clients would be written to" in ran.err


def test_what_a_client_may_be_judged_by_and_is_broken_is_told_without_its_name(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    write(place, "inventories/providers/north.yaml", "kind: provider\n\tbad\n")
    assert scan(monkeypatch, place, "json").code == 2
    for client in ("good", "served"):
        one = json.loads((place / f"out/{client}.json").read_text("utf-8"))
        (problem,) = one["summary"]["problems"]
        assert problem["message"] == "something else could not be read, so that this may not be all"
        assert problem["file"] is None
        assert one["summary"]["exit_code"] == 2


def test_settings_from_elsewhere_are_told_to_each_client_and_no_other_file_is(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    write(place, "inventories/clients/rival.yaml.txt", CLIENT.format(id="rival"))
    (place / "inner").mkdir()
    (place / "inventories").rename(place / "inner/inventories")
    ran = policyscan(
        monkeypatch, place / "inner", "scan", "--as-of", "2026-10-31", "-f", "json",
        "inventories", "--split-by", "client", "out",
    )  # fmt: skip
    notes = json.loads((place / "inner/out/good.json").read_text("utf-8"))["scan"]["notes"]
    assert "rival" in ran.out
    assert any("settings come from a folder above" in note for note in notes)
    assert not any("rival" in note for note in notes)
