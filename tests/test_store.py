"""What is kept between runs: nothing that is damaged, foreign or made by other code."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from policyscan import store as module
from policyscan.store import Store, default_store, digest, is_apart

VALUE = ("text", 1, 2.5, None, {"key": [True, b"bytes"]})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return at(tmp_path / "cache")


def at(folder: Path | str) -> Store:
    """A store in a folder, its key beside it."""
    return Store(str(folder), f"{folder}-key")


def kept(store: Store, *parts: bytes) -> tuple[str, Path]:
    """The name and the file of an entry that holds VALUE."""
    name = store.name("sort", *parts)
    store.put(name, VALUE)
    return name, Path(store.folder) / name


def test_nothing_is_there_at_first(store: Store) -> None:
    assert store.get(store.name("sort")) is None


def test_what_was_put_is_found_by_another_process(store: Store) -> None:
    name, _ = kept(store, b"a")
    again = at(store.folder)
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
    assert at(store.folder).get(name) is None


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
    entry = at(store.folder).entry(name)
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
    assert at(store.folder).get(name) is None


@pytest.mark.skipif(os.name == "nt", reason="files there have no such owner")
def test_a_folder_of_somebody_else_is_not_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    name, _ = kept(store)
    monkeypatch.setattr(os, "getuid", lambda: os.geteuid() + 1)
    assert at(store.folder).get(name) is None


@pytest.mark.skipif(os.name == "nt", reason="folders there have other rights")
def test_the_folder_is_the_users_alone(store: Store) -> None:
    kept(store)
    assert Path(store.folder).stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_no_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    store = at(tmp_path / "file" / "cache")
    store.put(store.name("sort"), VALUE)
    assert store.get(store.name("sort")) is None


def test_a_folder_in_place_of_an_entry_is_no_problem(store: Store) -> None:
    name = store.name("sort")
    (Path(store.folder) / name).mkdir(parents=True, mode=0o700)
    store.put(name, VALUE)
    assert store.get(name) is None
    assert [path.name for path in Path(store.folder).iterdir()] == [name]


def test_old_entries_of_the_same_sort_make_room(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    other = store.name("other")
    store.put(other, VALUE)
    size = (Path(store.folder) / other).stat().st_size
    monkeypatch.setattr(module, "_MOST_BYTES", 3 * size)
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
    names = [at(store.folder).name("sort")]
    module_file.write_text("changed", "utf-8")
    names.append(at(store.folder).name("sort"))
    os.utime(schema, ns=(0, 0))
    names.append(at(store.folder).name("sort"))
    monkeypatch.setattr("sys.version", "9.9")
    names.append(at(store.folder).name("sort"))
    assert len(set(names)) == 4


STATE = ".local/state/policyscan/key"


@pytest.mark.parametrize(
    ("environment", "platform", "folder", "key"),
    [
        ({"POLICYSCAN_CACHE_DIR": "/mine"}, "linux", "/mine", f"/home/me/{STATE}"),
        ({"POLICYSCAN_CACHE_DIR": "mine"}, "linux", "/home/me/.cache/policyscan", f"/home/me/{STATE}"),
        ({"POLICYSCAN_CACHE_DIR": "~"}, "linux", "/home/me/.cache/policyscan", f"/home/me/{STATE}"),
        ({"XDG_CACHE_HOME": "/xdg"}, "linux", "/xdg/policyscan", f"/home/me/{STATE}"),
        ({"XDG_CACHE_HOME": ".cache"}, "linux", "/home/me/.cache/policyscan", f"/home/me/{STATE}"),
        ({"XDG_CACHE_HOME": "../x"}, "linux", "/home/me/.cache/policyscan", f"/home/me/{STATE}"),
        ({"XDG_STATE_HOME": "/s"}, "linux", "/home/me/.cache/policyscan", "/s/policyscan/key"),
        ({"XDG_STATE_HOME": "s"}, "linux", "/home/me/.cache/policyscan", f"/home/me/{STATE}"),
        (
            {}, "darwin", "/home/me/Library/Caches/policyscan",
            "/home/me/Library/Application Support/policyscan/key",
        ),
        ({"LOCALAPPDATA": "/local"}, "win32", "/local/policyscan", "/local/policyscan/key"),
        ({}, "win32", None, None),
    ],
)  # fmt: skip
@pytest.mark.skipif(os.name == "nt", reason="the paths are written as elsewhere")
def test_where_things_are_kept(
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    platform: str,
    folder: str | None,
    key: str | None,
) -> None:
    for name in ("POLICYSCAN_CACHE_DIR", "XDG_CACHE_HOME", "XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/me", **environment}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    store = default_store()
    assert (store.folder if store else None, store.key_file if store else None) == (folder, key)


def test_a_folder_that_may_have_come_with_a_checkout_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "checkout"
    (checkout / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(checkout, target_is_directory=True)
    apart = tmp_path / "apart"
    monkeypatch.chdir(checkout / "deep")
    assert not is_apart(str(checkout / "deep" / "cache"))  # below the current folder
    assert not is_apart(str(checkout / "deep"))
    assert is_apart(str(checkout / "deep" / "cache"), of_checkouts=True)
    assert is_apart(str(checkout / "deeper"))
    (checkout / ".git").write_text("gitdir: elsewhere", "utf-8")  # as of a worktree
    assert not is_apart(str(checkout / "not there yet" / "cache"))
    assert not is_apart(str(checkout / "deep" / "cache"), of_checkouts=True)
    assert not is_apart(str(tmp_path / "link" / "cache"))
    assert is_apart(str(apart))


def test_what_another_key_sealed_is_none(store: Store) -> None:
    name, _ = kept(store)
    assert Store(store.folder, store.folder + "-another").get(name) is None  # no key at all
    other = Store(store.folder, store.folder + "-another")
    other.put(name, "theirs")
    assert at(store.folder).get(name) is None
    assert other.get(name) == "theirs"


def test_an_entry_under_another_name_is_none(store: Store) -> None:
    _, file = kept(store, b"lax")
    strict = store.name("sort", b"strict")
    file.rename(file.with_name(strict))
    assert at(store.folder).get(strict) is None


@pytest.mark.skipif(os.name == "nt", reason="files there have other rights")
def test_the_key_is_the_users_alone(store: Store) -> None:
    kept(store)
    key = Path(f"{store.folder}-key")
    assert (key.stat().st_mode & 0o777, len(key.read_bytes())) == (0o600, 32)
    assert [path.name for path in key.parent.iterdir() if "key" in path.name] == [key.name]


@pytest.mark.skipif(os.name == "nt", reason="files there have other rights")
@pytest.mark.parametrize(
    "spoil", ["readable", "short", "long", "a link", "a folder", "a pipe", "of somebody"]
)
def test_a_key_that_others_may_know_seals_nothing(
    store: Store, spoil: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, _ = kept(store)
    key = Path(f"{store.folder}-key")
    secret = key.read_bytes()
    if spoil == "readable":
        key.chmod(0o640)
    elif spoil == "of somebody":
        monkeypatch.setattr(os, "getuid", lambda: os.geteuid() + 1)
    else:
        key.unlink()
    if spoil in {"short", "long"}:
        key.write_bytes(secret[:-1] if spoil == "short" else secret + b"x")
        key.chmod(0o600)
    elif spoil == "a link":
        (tmp_path / "elsewhere").write_bytes(secret)
        (tmp_path / "elsewhere").chmod(0o600)
        key.symlink_to(tmp_path / "elsewhere")
    elif spoil == "a folder":
        key.mkdir()
    elif spoil == "a pipe":
        os.mkfifo(key, 0o600)
    again = at(store.folder)
    again.put(name, "new")
    assert again.get(name) is None


@pytest.mark.skipif(os.name == "nt", reason="folders there have other rights")
def test_nothing_is_written_where_nothing_would_be_read(store: Store) -> None:
    folder = Path(store.folder)
    folder.mkdir()
    folder.chmod(0o777)
    store.put(store.name("sort"), VALUE)
    assert list(folder.iterdir()) == []


def test_a_link_with_a_foretold_name_is_not_followed(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, file = kept(store)
    victim = tmp_path / "victim"
    victim.write_text("precious", "utf-8")
    file.unlink()
    file.symlink_to(victim)  # what was foretold is the name of the entry, which is replaced
    store.put(name, VALUE)
    assert (victim.read_text("utf-8"), store.get(name)) == ("precious", VALUE)
    monkeypatch.setattr(os, "urandom", bytes)
    Path(module._draft(store.folder, name)).symlink_to(victim)
    store.put(name, "new")
    assert victim.read_text("utf-8") == "precious"


def test_files_that_are_not_entries_are_left_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_BYTES", 0)
    folder = Path(store.folder)
    folder.mkdir(mode=0o700)
    names = ["sort-list.txt", "sort-", f"sort-{'g' * 32}", f"sort-{'a' * 31}", ".sort-old.1234", "a.yaml"]
    for name in names:
        (folder / name).write_text("mine", "utf-8")
        os.utime(folder / name, (0, 0))
    kept(store)
    assert {path.name for path in folder.iterdir()} == set(names)


def test_a_draft_that_was_left_behind_goes(store: Store) -> None:
    name, _ = kept(store)
    old, new = (Path(module._draft(store.folder, name)) for _ in range(2))
    for draft in (old, new):
        draft.write_text("half", "utf-8")
    os.utime(old, (0, 0))
    store.put(name, VALUE)
    assert (old.exists(), new.exists()) == (False, True)
