"""Parts of a scan on several machines: together they say what one scan says; fewer than all say nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from policyscan.reporters import REPORTERS
from tests.cli.conftest import write
from tests.cli.runner import Ran, policyscan
from tests.cli.test_jobs import (
    CLIENT,
    OUTPUTS,
    PROVIDER,
    TAKE_ALL_FILES,
    add,
    in_one_process,
    troubled,
    without_large_ones,
)

DAY = ("scan", "--as-of", "2026-12-24")
ASKED = ("--profile", "full", "--all-results", "--full")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return troubled(tmp_path)


@pytest.fixture
def fewer(tmp_path: Path) -> Path:
    return without_large_ones(troubled(tmp_path))


def scan_in_parts(monkeypatch: pytest.MonkeyPatch, here: Path, of: int, *args: str) -> list[str]:
    """Scan all parts; the names of their reports, the last first."""
    names = [f"part{number}.json" for number in range(of, 0, -1)]
    for number, name in enumerate(reversed(names), 1):
        policyscan(monkeypatch, here, *DAY, *args, "--shard", f"{number}/{of}", "-q", "-o", f"json:{name}")
    return names


def written(monkeypatch: pytest.MonkeyPatch, here: Path, *command: str) -> tuple[Ran, dict[str, bytes]]:
    """What a command prints, and what it writes in each format."""
    (here / "out").mkdir()
    ran = policyscan(monkeypatch, here, *command, *OUTPUTS)
    made = {name: (here / "out" / name).read_bytes() for name in REPORTERS}
    shutil.rmtree(here / "out")
    return ran, made


def test_parts_together_are_the_whole(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    whole = in_one_process(monkeypatch, here, *ASKED)
    names = scan_in_parts(monkeypatch, here, 3, "--profile", "full", "--all-results")
    assert written(monkeypatch, here, "merge", "--full", *names) == whole
    assert whole[0].code == 2


def test_there_may_be_more_parts_than_files(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    whole = written(monkeypatch, place, *DAY, "--full")
    for of in (1, 2, 9):
        names = scan_in_parts(monkeypatch, place, of)
        assert written(monkeypatch, place, "merge", "--full", *names) == whole


@pytest.mark.parametrize("more", TAKE_ALL_FILES)
def test_what_takes_all_files_to_know_is_known(
    monkeypatch: pytest.MonkeyPatch, here: Path, more: dict[str, str]
) -> None:
    (here / "inventories/clients/aa-broken.yaml").unlink()
    for name, text in more.items():
        add(here, name, text)
    whole = written(monkeypatch, here, *DAY, "--full")
    names = scan_in_parts(monkeypatch, here, 3)
    assert written(monkeypatch, here, "merge", "--full", *names) == whole


@pytest.mark.parametrize("of", [2, 3, 4])
def test_two_parts_that_name_each_others_file_tell_one_fault(
    monkeypatch: pytest.MonkeyPatch, fewer: Path, of: int
) -> None:
    add(fewer, "providers/q.yaml", PROVIDER % "bright-harbor")
    whole = policyscan(monkeypatch, fewer, *DAY)
    assert "another provider with the id bright-harbor" in whole.out
    assert policyscan(monkeypatch, fewer, "merge", *scan_in_parts(monkeypatch, fewer, of)).out == whole.out


def test_one_id_in_files_of_two_parts_is_told_though_neither_part_met_both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("b", "c", "d"):
        write(tmp_path, f"elsewhere/{name}.yaml", CLIENT % ("dup", name))
    whole = policyscan(monkeypatch, tmp_path, *DAY, "elsewhere")
    assert whole.code == 2
    names = [f"part{number}.json" for number in (1, 2, 3)]
    for number, name in enumerate(names, 1):
        policyscan(
            monkeypatch, tmp_path, *DAY, "elsewhere", "--shard", f"{number}/3", "-q", "-o", f"json:{name}"
        )
    merged = policyscan(monkeypatch, tmp_path, "merge", *names)
    assert merged.code == 2
    assert merged.out.count("there is another client with the id dup, at elsewhere/b.yaml:1:1") == 2


@pytest.mark.parametrize("more", TAKE_ALL_FILES)
def test_ids_that_are_in_doubt_are_so_in_parts(
    monkeypatch: pytest.MonkeyPatch, fewer: Path, more: dict[str, str]
) -> None:
    """Parts may say it of the other file, but they say it."""
    (fewer / "inventories/clients/notes.yaml").unlink()
    for name, text in more.items():
        add(fewer, name, text)
    whole = policyscan(monkeypatch, fewer, *DAY)
    parts = policyscan(monkeypatch, fewer, "merge", *scan_in_parts(monkeypatch, fewer, 2))
    assert parts.code == whole.code
    assert parts.out.count("ERROR") >= whole.out.count("ERROR")


def test_a_part_says_that_it_is_one(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    said = "this is part 2 of 3: `policyscan merge` makes one report of all parts"
    for name in ("text", "markdown", "html", "json", "jsonl", "sarif"):
        ran = policyscan(monkeypatch, here, *DAY, "--shard", "2/3", "-f", name)
        assert said in " ".join(ran.out.replace("\\", "").replace("&#x60;", "`").split()), name


def test_fewer_than_all_parts_say_nothing(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    names = scan_in_parts(monkeypatch, place, 3)
    ran = policyscan(monkeypatch, place, "merge", names[0], names[2], "-o", "json:all.json")
    assert (ran.code, ran.out) == (2, "")
    assert "part 2 is missing, of 3" in ran.err
    assert not (place / "all.json").exists()
    ran = policyscan(monkeypatch, place, "merge", names[1])
    assert "parts 1, 3 are missing, of 3" in ran.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--profile", "strict"), "the profile of part1.json and of part2.json differ: usual and strict"),
        (
            ("--as-of", "2026-12-23"),
            "the day of part1.json and of part2.json differ: 2026-12-24 and 2026-12-23",
        ),
        (("--ignore", "OPS-01"), "the number of controls of part1.json and of part2.json differ"),
        (("--fail-on", "high"), "what decides the exit code of part1.json and of part2.json differs"),
        (("--all-results",), "only one of part1.json and part2.json accounts for every result"),
    ],
)
def test_parts_of_different_scans_are_refused(
    monkeypatch: pytest.MonkeyPatch, place: Path, options: tuple[str, ...], message: str
) -> None:
    scan_in_parts(monkeypatch, place, 2)
    second = "--shard", "2/2", "-q", "-o", "json:part2.json"
    policyscan(monkeypatch, place, *DAY, *options, *second)
    ran = policyscan(monkeypatch, place, "merge", "part1.json", "part2.json")
    assert ran.code == 2
    assert message in " ".join(ran.err.split())


def test_files_that_changed_between_parts_are_told(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    names = scan_in_parts(monkeypatch, here, 2)
    provider = here / "inventories/providers/granite-peak.yaml"
    provider.write_text(provider.read_text(encoding="utf-8") + "# later\n", encoding="utf-8")
    policyscan(monkeypatch, here, *DAY, "--shard", "2/2", "-q", "-o", f"json:{names[0]}")
    ran = policyscan(monkeypatch, here, "merge", *names)
    assert ran.code == 2
    assert "providers/granite-peak.yaml was not the same for part1.json and for part2.json" in ran.err


def test_what_is_no_set_of_parts_is_refused(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    names = scan_in_parts(monkeypatch, place, 2)
    policyscan(monkeypatch, place, *DAY, "-q", "-o", "json:whole.json")
    policyscan(monkeypatch, place, *DAY, "--shard", "1/3", "-q", "-o", "json:third.json")
    (place / "seven.json").write_text(
        (place / "third.json").read_text(encoding="utf-8").replace('"number": 1', '"number": 7'),
        encoding="utf-8",
    )
    for given, message in {
        ("whole.json",): "whole.json is a report on everything, not on a part of it",
        (*names, "part1.json"): "part1.json and part1.json are both part 1 of 2",
        (*names, "third.json"): "third.json is one of 3 parts, and part2.json is one of 2",
        ("seven.json",): "scan.shard is no part of a whole",
        ("policyscan.yaml",): "this is not JSON",
        ("nowhere.json",): "nowhere.json",
    }.items():
        ran = policyscan(monkeypatch, place, "merge", *given)
        assert ran.code == 2, given
        assert message in " ".join(ran.err.split())


@pytest.mark.parametrize(
    "given", ["", "2", "0/3", "4/3", "1/0", "-1/3", "1/3/5", "a/b", "1.5/3", "²/3", f"1/{'9' * 40}"]
)
def test_what_is_no_part_is_refused(monkeypatch: pytest.MonkeyPatch, place: Path, given: str) -> None:
    ran = policyscan(monkeypatch, place, *DAY, "--shard", given)
    assert ran.code == 2
    assert "is not I/N, as 2/3 is the second part of three" in " ".join(ran.err.split())


def test_a_client_of_a_part_is_refused(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    ran = policyscan(monkeypatch, place, *DAY, "--shard", "1/2", "--client", "oak")
    assert ran.code == 2
    assert "--shard is a part of everything, and --client another one" in ran.err


def test_a_part_writes_over_no_inventory_of_another(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    for name in ("elm-vets", "alder-finch"):
        output = f"json:inventories/clients/{name}.yaml"
        ran = policyscan(monkeypatch, here, *DAY, "--shard", "1/2", "-o", output)
        assert ran.code == 2
        assert "is an inventory" in ran.err


def test_a_merged_report_writes_over_no_part(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    names = scan_in_parts(monkeypatch, place, 2)
    ran = policyscan(monkeypatch, place, "merge", *names, "-o", f"json:{names[1]}")
    assert ran.code == 2
    assert "part1.json is the saved report" in ran.err


def test_a_waiver_covers_nothing_if_it_does_not_in_any_part(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    common = {"reason": "on call", "requested_by": "north", "approved_by": "p-2", "approved_on": "2026-09-01"}
    waivers = [
        {**common, "policy": "OPS-01", "document": "*", "subject": "p-*", "expires_on": "2027-03-01"},
        {**common, "policy": "OPS-02", "document": "g*", "expires_on": "2027-03-01"},
        {**common, "policy": "OPS-01", "document": "zz*", "expires_on": "2027-03-01"},
        {**common, "policy": "OPS-01", "document": "*", "subject": "q-*", "expires_on": "2027-03-01"},
    ]
    text = json.dumps({"schema_version": 1, "kind": "waivers", "waivers": waivers}, indent=1)
    write(place, "inventories/waivers.json", text)
    whole = written(monkeypatch, place, *DAY, "--full")
    assert whole[1]["json"].count(b'"DOC-WAIVER"') > 1
    for of in (2, 3, 7):
        parts = scan_in_parts(monkeypatch, place, of)
        assert written(monkeypatch, place, "merge", "--full", *parts) == whole


def test_a_part_is_compared_with_no_baseline(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    policyscan(monkeypatch, place, *DAY, "-q", "-o", "json:old.json")
    ran = policyscan(monkeypatch, place, *DAY, "--shard", "1/2", "--baseline", "old.json")
    assert ran.code == 2
    assert "--baseline and --shard do not go together" in ran.err
