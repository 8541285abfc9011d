"""Packs that settings name one by one: as folders, as Python packages, and pinned."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from policyscan.errors import PolicyscanError
from policyscan.session.workspace import Workspace, open_workspace
from tests.cli.conftest import build, write
from tests.cli.runner import policyscan

SETTINGS = "builtin_policies: false\npacks: [{%s}]\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a folder `controls` that is a pack, in which the process stands."""
    top = tmp_path / "work"
    top.mkdir()
    build(top)
    monkeypatch.chdir(top)
    return top


@pytest.fixture
def site(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages, with one that has the pack `ours` and another that lost its own."""
    site = place.parent / "site"
    shutil.copytree(place / "controls", site / "acme_pack" / "controls")
    (site / "hollow").mkdir()
    points = "[policyscan.packs]\nours = acme_pack.controls\nhollow = hollow\nlost = nowhere\n"
    write(site, "acme_pack-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: acme-pack\nVersion: 1.0\n")
    write(site, "acme_pack-1.0.dist-info/entry_points.txt", points)
    write(site, "acme_pack/__init__.py", "raise SystemExit('a pack is data, and not run')\n")
    monkeypatch.syspath_prepend(str(site))
    return site


def opened(place: Path, pin: str) -> Workspace:
    write(place, "policyscan.yaml", SETTINGS % pin)
    return open_workspace(use_cache=False)


def refused(place: Path, pin: str) -> str:
    with pytest.raises(PolicyscanError) as caught:
        opened(place, pin)
    return "\n".join(f"{one.at}: {one.message}; {one.hint}" for one in caught.value.problems)


def test_a_pack_is_named_by_its_folder_and_pinned(place: Path) -> None:
    (pack,) = opened(place, "path: controls").packs
    assert pack.name == "ours"
    digest = f"sha256:{pack.digest}"
    pin = f'path: controls, version: "1.0", digest: "{digest}"'
    assert opened(place, pin).packs[0].digest == pack.digest
    control = place / "controls/OPS/OPS-02.yaml"
    control.write_text(control.read_text("utf-8") + "# looser\n", "utf-8")
    message = refused(place, pin)
    assert message.startswith("policyscan.yaml:2:")
    assert f"{digest} is asked for" in message
    assert "look at what changed" in message


def test_a_pack_of_an_installed_package_is_read_and_never_run(place: Path, site: Path) -> None:
    (pack,) = opened(place, 'package: ours, version: "1.0"').packs
    assert Path(pack.folder) == site / "acme_pack" / "controls"
    assert sorted(pack.policies) == ["OPS-01", "OPS-02", "OPS-03"]


def test_a_package_that_takes_the_name_of_another_is_told(place: Path, site: Path) -> None:
    points = "[policyscan.packs]\nours = hollow\n"
    write(site, "taker-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: taker\nVersion: 1.0\n")
    write(site, "taker-1.0.dist-info/entry_points.txt", points)
    assert "several installed packages have a pack with the name ours" in refused(place, "package: ours")


def test_the_built_in_pack_can_be_pinned(place: Path) -> None:
    assert "the version of the pack builtin is" in refused(place, 'package: policyscan, version: "0.0"')


BAD = {
    "another version": ('path: controls, version: "2.0"', "the version of the pack ours is 1.0, and 2.0 is"),
    "a number": ("path: controls, version: 1.0", "expected a text, found 1.0"),
    "no digest": ("path: controls, digest: abc", "abc"),
    "both": ("path: controls, package: ours", "this has both or neither"),
    "neither": ('version: "1"', "this has both or neither"),
    "no such folder": ("path: nowhere", "'nowhere' does not exist"),
    "outside": ("path: ../site", "lies outside the folder of the configuration"),
    "not installed": ("package: others", "no installed package has a pack with the name others"),
    "no pack in it": ("package: hollow", "there is no pack.yaml in"),
    "gone": ("package: lost", "there is no pack.yaml in"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_pin_that_does_not_hold_says_what_to_do(place: Path, site: Path, case: str) -> None:
    pin, message = BAD[case]
    told = refused(place, pin)
    assert message in told
    assert told.startswith("policyscan.yaml:2:")


def test_a_pin_that_is_broken_exits_2_and_config_shows_what_to_write(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    pack = opened(place, "path: controls").packs[0]
    assert f"sha256:{pack.digest}" in policyscan(monkeypatch, place, "config", "--resolved").out
    write(place, "policyscan.yaml", SETTINGS % 'path: controls, version: "2"')
    for command in (["scan"], ["list"], ["due"], ["diff", "."]):
        ran = policyscan(monkeypatch, place, *command)
        assert (ran.code, "and 2 is asked for" in ran.err) == (2, True), command
