"""Packs kept between runs: the same policies, and never those of other files."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from policyscan.errors import PolicyscanError
from policyscan.kinds.kinds import Kinds
from policyscan.policies import loading, plain
from policyscan.policies.cache import load_cached
from policyscan.policies.loading import load_pack
from policyscan.policies.pack import Overrides, Pack
from policyscan.policies.parameters import loosened
from policyscan.policies.policy import Code, Policy
from policyscan.store import Store

KINDS = Kinds.builtin()
POLICY = """\
id: {id}
title: It is as it should be
severity: high
kind: client
why: we say so
fix: do it
aliases: [OLD-{number}]
status: {status}
related: {{cis-v8: ["7.3"]}}
parameters:
  age: {{type: duration, default: 14d, min: 1d, max: 90d, stricter: lower, why: "because"}}
  least:
    type: money
    default: {{amount: 1, currency: EUR}}
    min: {{amount: 0, currency: EUR}}
    max: {{amount: 9, currency: EUR}}
    why: because
for_each: client.devices
as: device
when: device.in_scope
require:
  - id: scanned
    that: within(device.patches.scanned_on, params.age)
    say: "{{device.id}} was last looked at on {{device.patches.scanned_on}}"
figures: {{count: size(client.devices)}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pack"
    (made / "MINE").mkdir(parents=True)
    for number, status in ((1, "stable"), (2, "preview")):
        text = POLICY.format(id=f"MINE-0{number}", number=f"0{number}", status=status)
        (made / "MINE" / f"MINE-0{number}.yaml").write_text(text, "utf-8")
    profiles = "profiles: {mine: {description: Ours, policies: [MINE-01]}}\ndefault_profile: mine\n"
    (made / "pack.yaml").write_text(f"name: mine\nversion: 1.2.3\n{profiles}", "utf-8")
    return made


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "cache"), str(tmp_path / "key"))


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders that were loaded from their files."""
    seen: list[str] = []

    def spy(folder: str, *args: Any, **others: Any) -> tuple[Pack | None, list[PolicyscanError]]:
        seen.append(folder)
        return load_pack(folder, *args, **others)

    monkeypatch.setattr(loading, "load_pack", spy)
    return seen


def load(folder: Path, store: Store | None, overrides: Overrides | None = None, shown: str = "mine") -> Pack:
    pack, problems = load_cached(str(folder), KINDS, shown=shown, overrides=overrides or {}, store=store)
    assert [str(problem) for problem in problems] == []
    assert pack is not None
    return pack


def as_values(value: Any) -> Any:
    """A policy as values that can be compared: expressions by their text, place and programs."""
    if isinstance(value, Code):
        return value.dump()
    if isinstance(value, tuple | list):
        return type(value).__name__, [as_values(item) for item in value]
    if isinstance(value, dict):
        return {key: as_values(item) for key, item in value.items()}
    return type(value).__name__, value


def test_a_kept_pack_is_the_pack_that_was_loaded(folder: Path, store: Store, loads: list[str]) -> None:
    first, second = load(folder, store), load(folder, store)
    assert loads == [str(folder)]
    assert second._replace(policies={}) == first._replace(policies={})
    assert list(second.policies) == list(first.policies) == ["MINE-01", "MINE-02"]
    assert "MINE-02" in second.policies
    assert "MINE-03" not in second.policies
    assert second.resolve("OLD-02") == "MINE-02"
    assert second.previews == {"MINE-02"}
    for id_, policy in first.policies.items():
        assert as_values(second.policies[id_]) == as_values(policy)


def test_policies_of_the_shipped_pack_come_back_as_they_were(shipped: Pack) -> None:
    for policy in shipped.policies.values():
        again = plain.loads(plain.dumps(policy))
        assert type(again) is Policy
        assert as_values(again) == as_values(policy)


@pytest.fixture(scope="module")
def shipped() -> Pack:
    from policyscan.policies.pack import builtin_path

    pack, problems = load_pack(Path(builtin_path()), KINDS)
    assert problems == []
    assert pack is not None
    return pack


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("MINE/MINE-01.yaml", "we say so", "they say so"),
        ("pack.yaml", "1.2.3", "1.2.4"),
        ("definitions.yaml", "", "functions: {old: {takes: {d: date}, returns: bool, value: d < today}}\n"),
    ],
)
def test_a_changed_file_is_read(
    folder: Path, store: Store, loads: list[str], file: str, old: str, new: str
) -> None:
    load(folder, store)
    path = folder / file
    text = path.read_text("utf-8") if path.exists() else ""
    path.write_text(text.replace(old, new) if old else new, "utf-8")
    load(folder, store)
    assert len(loads) == 2


@pytest.mark.parametrize("file", ["MINE-09.yaml", "MINE/MINE-09.yml", "MINE/sub/MINE-09.yaml"])
def test_a_policy_that_is_put_in_the_wrong_place_is_noticed(folder: Path, store: Store, file: str) -> None:
    load(folder, store)
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    path.write_text((folder / "MINE/MINE-01.yaml").read_text("utf-8"), "utf-8")
    _, problems = load_cached(str(folder), KINDS, shown="mine", overrides={}, store=store)
    assert [problem.at.file for problem in problems if problem.at] == [f"mine/{file}"]


def test_other_parameters_and_names_have_their_own_entries(
    folder: Path, store: Store, loads: list[str]
) -> None:
    load(folder, store)
    changed = load(folder, store, {"MINE-01": {"age": "7d"}})
    load(folder, store, shown="theirs")
    assert len(loads) == 3
    again = load(folder, store, {"MINE-01": {"age": "7d"}})
    assert len(loads) == 3
    for pack in (changed, again):
        policy = pack.policies["MINE-01"]
        assert str(policy.parameters["age"]) == "7d"
        assert loosened(policy) == []


def test_parameters_of_another_packs_controls_change_nothing(
    folder: Path, store: Store, loads: list[str]
) -> None:
    load(folder, store)
    changed = load(folder, store, {"THEIRS-01": {"age": "7d"}, "MINE": {"age": "7d"}})
    assert loads == [str(folder)]
    assert str(changed.policies["MINE-01"].parameters["age"]) != "7d"


def test_a_test_of_a_policy_changes_nothing(folder: Path, store: Store, loads: list[str]) -> None:
    load(folder, store)
    (folder / "MINE" / "MINE-01.test.yaml").write_text("a: b\n", "utf-8")
    load(folder, store)
    assert len(loads) == 1


def test_a_pack_with_mistakes_is_not_kept(folder: Path, store: Store, loads: list[str]) -> None:
    (folder / "MINE" / "MINE-01.yaml").write_text("id: MINE-01\n", "utf-8")
    for _ in range(2):
        _, problems = load_cached(str(folder), KINDS, shown="mine", overrides={}, store=store)
        assert problems
    assert len(loads) == 2


@pytest.mark.parametrize("damage", ["cut", "content"])
def test_a_damaged_entry_is_made_again(folder: Path, store: Store, loads: list[str], damage: str) -> None:
    whole = as_values(load(folder, store).policies["MINE-01"])
    (entry,) = Path(store.folder).glob("pack-*")
    data = entry.read_bytes()
    at = data.index(b"last looked at")
    entry.write_bytes(data[: len(data) // 2] if damage == "cut" else data[:at] + b"LAST" + data[at + 4 :])
    pack = load(folder, Store(store.folder, store.key_file))
    assert as_values(pack.policies["MINE-01"]) == whole
    assert len(loads) == 2


def test_without_a_store_nothing_is_kept(folder: Path, loads: list[str]) -> None:
    load(folder, None)
    load(folder, None)
    assert len(loads) == 2


def test_a_folder_that_is_not_there_is_a_problem(folder: Path, store: Store) -> None:
    shutil.rmtree(folder)
    pack, problems = load_cached(str(folder), KINDS, shown="mine", overrides={}, store=store)
    assert pack is None
    assert "no such folder" in problems[0].message
