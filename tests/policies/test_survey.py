"""What lies in a pack: whatever names a control is read or told, and what is kept is what was read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from policyscan.policies import cache, survey
from policyscan.policies.cache import load_cached
from policyscan.policies.loading import load_pack
from policyscan.store import Store
from tests.engine.world import World, kinds

POLICY = "id: MINE-02\nrequire: []\n"
BODY = "require: [{id: open, that: size(shop.about.id) > 1, say: no}]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    world = World(tmp_path / "mine")
    world.policy(BODY)
    return tmp_path / "mine"


def told(folder: Path) -> list[str]:
    _, problems = load_pack(folder, kinds(), shown="mine")
    return [f"{problem.at}: {problem.message}" for problem in problems]


def test_a_sound_pack_has_nothing_to_tell(folder: Path) -> None:
    assert told(folder) == []


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("pack.yml", "name: x\n", "this is not read: its name is not pack.yaml"),
        ("Pack.yaml", "name: x\n", "this is not read: its name is not pack.yaml"),
        ("pack.json", "{}", "this is not read: its name is not pack.yaml"),
        ("definitions.yml", "functions: {}\n", "this is not read: its name is not definitions.yaml"),
        ("MINE/MINE-02.yml", POLICY, "this is written like a policy, but lies where no policy is looked for"),
        ("MINE-02.yaml", POLICY, "this is written like a policy, but lies where no policy is looked for"),
        (
            "MINE/MINE-02.json",
            '{"id": "MINE-02", "require": []}',
            "this is written like a policy, but lies where no policy is looked for",
        ),
        (
            "MINE/MORE/MINE-02.yaml",
            '"id": MINE-02\n"require": []\n',
            "this is written like a policy, but lies where no policy is looked for",
        ),
        ("MINE/MINE-02.yaml.txt", POLICY, "this is named like a policy, but its name does not end in .yaml"),
        ("MINE/MINE-02.ymal", POLICY, "this is named like a policy, but its name does not end in .yaml"),
        ("MINE/MINE-02.yaml.bak", POLICY, "this is named like a policy, but its name does not end in .yaml"),
    ],
)
def test_what_looks_like_a_part_of_a_pack_and_is_not_read_is_told(
    folder: Path, name: str, text: str, message: str
) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    assert told(folder) == [f"mine/{name}:1:1: {message}"]


@pytest.mark.parametrize(
    "name",
    [
        "MINE/._MINE-01.yaml",
        "MINE/.MINE-02.yaml.swp",
        ".history/MINE-02.yaml",
        "MINE/.ipynb_checkpoints/MINE-02.yaml",
        "MINE/MINE-01.yaml.bak",
        "MINE/MINE-01.yaml~",
        "notes.md",
        "composer.json",
    ],
)
def test_what_editors_and_systems_leave_is_passed_over(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"\0\0\x05" if "._" in name else b'{"require": {"php": ">=8"}}')
    assert told(folder) == []


@pytest.mark.parametrize(
    ("name", "target", "message"),
    [
        ("MINE/MINE-02.yaml", "/gone/MINE-02.yaml", "there is no such file"),
        ("OTHER", "/gone/OTHER", "this link leads to nothing"),
        ("MINE/MINE-02.yaml", "MINE-02.yaml", "the links lead in a circle"),
        (
            "MINE/MINE-02.yaml",
            "/proc/self/environ",
            "this link leads out of the repository: it was not followed",
        ),
        ("OTHER", "/proc/self", "this link leads out of the repository: it was not followed"),
        ("definitions.yaml", "/dev/zero", "this link leads out of the repository: it was not followed"),
    ],
)
def test_links_that_lead_nowhere_or_elsewhere_are_told(
    folder: Path, name: str, target: str, message: str
) -> None:
    (folder / name).symlink_to(target)
    assert told(folder) == [f"mine/{name}:1:1: {message}"]


def test_links_within_a_repository_are_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    World(tmp_path / "shared").policy(BODY, id_="SHARE-01")
    (folder / "SHARE").symlink_to(tmp_path / "shared" / "SHARE")
    pack, problems = load_pack(folder, kinds(), shown="mine")
    assert problems == []
    assert pack is not None
    assert sorted(pack.policies) == ["MINE-01", "SHARE-01"]


@pytest.mark.parametrize("what", ["MINE", "."])
def test_a_folder_that_cannot_be_read_is_told(
    folder: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a test that may run as root, to whom everything can be read."""
    scandir = os.scandir
    closed = (folder / what).resolve()

    def refuse(path: str) -> object:
        if Path(path).resolve() == closed:
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(survey.os, "scandir", refuse)
    name = "mine/MINE" if what == "MINE" else "mine"
    assert f"{name}:1:1: the folder may not be read" in told(folder)


def test_a_file_of_any_size_or_kind_is_refused_without_reading_it(folder: Path) -> None:
    with (folder / "MINE/MINE-02.yaml").open("wb") as file:
        file.truncate(6 << 30)
    os.mkfifo(folder / "MINE/MINE-03.yaml")
    assert told(folder) == [
        "mine/MINE/MINE-02.yaml:1:1: the file has 6144 MB; at most 16 MB are read",
        "mine/MINE/MINE-03.yaml:1:1: this is a pipe, not a file",
    ]


def test_what_is_kept_is_what_was_read(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy that changes while its pack is loaded leaves nothing wrong behind."""
    store = Store(str(tmp_path / "cache"), str(tmp_path / "key"))
    path = folder / "MINE/MINE-01.yaml"
    before = path.read_text("utf-8")
    other = before.replace("title: ", "title: Another ")
    assert other != before
    surveyed = cache.survey

    def change_after(*args: str) -> survey.PackFiles:
        files = surveyed(*args)
        path.write_text(other, "utf-8")
        return files

    with monkeypatch.context() as patch:
        patch.setattr(cache, "survey", change_after)
        first, _ = load_cached(str(folder), kinds(), shown="mine", overrides={}, store=store)
    path.write_text(before, "utf-8")
    second, _ = load_cached(str(folder), kinds(), shown="mine", overrides={}, store=store)
    fresh, _ = load_pack(folder, kinds(), shown="mine")
    assert first is not None
    assert second is not None
    assert fresh is not None
    titles = [pack.policies["MINE-01"].info.title for pack in (first, second, fresh)]
    assert titles[0] == titles[1] == titles[2]
    path.write_text(other, "utf-8")
    changed, _ = load_cached(str(folder), kinds(), shown="mine", overrides={}, store=store)
    assert changed is not None
    assert changed.policies["MINE-01"].info.title != titles[0]
