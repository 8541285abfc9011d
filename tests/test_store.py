"""What is kept between runs: nothing that is damaged, foreign or made by other code."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from policyscan import store as module
from policyscan.store import Store, default_folder, digest

VALUE = ("text", 1, 2.5, None, {"key": [True, b"bytes"]})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "cache"))


def kept(store: Store, *parts: bytes) -> tuple[str, Path]:
    """The name and the file of an entry that holds VALUE."""
    name = store.name("sort", *parts)
    store.put(name, VALUE)
    return name, Path(store.folder) / name


def test_nothing_is_there_at_first(store: Store) -> None:
    assert store.get(store.name("sort")) is None


def test_what_was_put_is_found_by_another_process(store: Store) -> None:
    name, _ = kept(store, b"a")
    again = Store(store.folder)
    assert again.get(again.name("sort", b"a")) == VALUE
    assert name == again.name("sort", b"a")


def test_names_tell_parts_apart(store: Store) -> None:
    parts = [(), (b"",), (b"", b""), (b"ab",), (b"a", b"b"), (b"1:ab",)]
    assert len({store.name("sort", *each) for each in parts} | {store.name("other")}) == len(parts) + 1
    assert len(digest(b"a")) == 32


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[:10],
        lambda data: data[:-1],
        lambda data: data[:20] + bytes([data[20] ^ 1]) + data[21:],
        lambda data: bytes([data[0] ^ 1]) + data[1:],
        lambda data: data[:30] + bytes([data[30] ^ 1]) + data[31:],
    ],
    ids=["empty", "no content", "cut", "one bit of the size", "one bit of the sum", "one bit of the content"],
)
def test_a_damaged_entry_is_none(store: Store, damage: Callable[[bytes], bytes]) -> None:
    name, file = kept(store)
    file.write_bytes(damage(file.read_bytes()))
    assert Store(store.folder).get(name) is None


def test_parts_are_read_one_by_one(store: Store) -> None:
    name = store.name("sort")
    store.put(name, VALUE, {"a": b"first", "b": b"", "c": b"third"})
    entry = store.entry(name)
    assert entry is not None
    value, parts = entry
    assert (value, store.get(name)) == (VALUE, VALUE)
    assert [(key, parts.read(key)) for key in parts.keys()] == [("a", b"first"), ("b", b""), ("c", b"third")]  # noqa: SIM118


def test_a_part_that_is_damaged_or_gone_is_none(store: Store) -> None:
    name = store.name("sort")
    store.put(name, VALUE, {"a": b"first", "b": b"second"})
    file = Path(store.folder) / name
    file.write_bytes(file.read_bytes().replace(b"second", b"secund"))
    entry = Store(store.folder).entry(name)
    assert entry is not None
    parts = entry[1]
    assert (parts.read("a"), parts.read("b")) == (b"first", None)
    file.unlink()
    assert parts.read("a") is None


@pytest.mark.skipif(os.name == "nt", reason="folders there have other rights")
@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_folder_that_others_may_write_into_is_not_read(store: Store, mode: int) -> None:
    name, _ = kept(store)
    Path(store.folder).chmod(mode)
    assert Store(store.folder).get(name) is None


@pytest.mark.skipif(os.name == "nt", reason="files there have no such owner")
def test_a_folder_of_somebody_else_is_not_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    name, _ = kept(store)
    monkeypatch.setattr(os, "getuid", lambda: os.geteuid() + 1)
    assert Store(store.folder).get(name) is None


@pytest.mark.skipif(os.name == "nt", reason="folders there have other rights")
def test_the_folder_is_the_users_alone(store: Store) -> None:
    kept(store)
    assert Path(store.folder).stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_no_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    store = Store(str(tmp_path / "file" / "cache"))
    store.put(store.name("sort"), VALUE)
    assert store.get(store.name("sort")) is None


def test_a_folder_in_place_of_an_entry_is_no_problem(store: Store) -> None:
    name = store.name("sort")
    (Path(store.folder) / name).mkdir(parents=True, mode=0o700)
    store.put(name, VALUE)
    assert store.get(name) is None
    assert [path.name for path in Path(store.folder).iterdir()] == [name]


def test_old_entries_of_the_same_sort_make_room(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_ENTRIES", 3)
    other = store.name("other")
    store.put(other, VALUE)
    names = [store.name("sort", str(number).encode()) for number in range(5)]
    for age, name in enumerate(names):
        store.put(name, VALUE)
        os.utime(Path(store.folder) / name, ns=(0, age))
    store.put(names[0], VALUE)
    assert {path.name for path in Path(store.folder).iterdir()} == {other, names[0], names[3], names[4]}


def test_other_code_and_other_pythons_have_their_own_entries(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package"
    (package / "inner").mkdir(parents=True)
    module_file, schema = package / "inner" / "code.py", package / "a.schema.json"
    for file in (module_file, schema):
        file.write_text("one", "utf-8")
    monkeypatch.setattr(module, "_PACKAGE", str(package))
    names = [Store(store.folder).name("sort")]
    module_file.write_text("changed", "utf-8")
    names.append(Store(store.folder).name("sort"))
    os.utime(schema, ns=(0, 0))
    names.append(Store(store.folder).name("sort"))
    monkeypatch.setattr("sys.version", "9.9")
    names.append(Store(store.folder).name("sort"))
    assert len(set(names)) == 4


@pytest.mark.parametrize(
    ("environment", "platform", "folder"),
    [
        ({"POLICYSCAN_CACHE_DIR": "/mine"}, "linux", "/mine"),
        ({"XDG_CACHE_HOME": "/xdg"}, "linux", "/xdg/policyscan"),
        ({"HOME": "/home/me"}, "linux", "/home/me/.cache/policyscan"),
        ({"HOME": "/home/me"}, "darwin", "/home/me/Library/Caches/policyscan"),
        ({"LOCALAPPDATA": "/local"}, "win32", "/local/policyscan"),
        ({}, "win32", None),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="the paths are written as elsewhere")
def test_where_things_are_kept(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], platform: str, folder: str | None
) -> None:
    for name in ("POLICYSCAN_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    assert default_folder() == folder
