"""What people and programs write in inventories, and what they are told of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from policyscan.cel import clock
from policyscan.cel.clock import is_zone, load_zone, zone_names
from policyscan.kinds.kinds import Kinds
from policyscan.source import Source
from tests.opening import open_text
from tests.schemas.test_kinds import SCHEMAS

KINDS = Kinds.builtin()
HEAD: dict[str, dict[str, Any]] = {
    "client": {"organisation": {"id": "oak", "name": "Oak"}},
    "provider": {"provider": {"id": "oak", "name": "Oak"}},
    "portfolio": {"owner": "oak"},
}


def opened(text: str, name: str = "x.yaml") -> list[str]:
    loaded = open_text(Source(name, text), KINDS)
    return [f"{problem.message} / {problem.hint}" for problem in loaded.problems]


def client(more: str) -> str:
    return "schema_version: 1\nkind: client\nas_of: 2026-10-31\norganisation: {id: oak, name: Oak}\n" + more


@pytest.mark.parametrize("name", ["x.json", "x.yaml", "<stdin>"])
@pytest.mark.parametrize("kind", ["client", "portfolio"])
def test_an_inventory_may_say_where_its_schema_is(kind: str, name: str) -> None:
    value = {"$schema": "../s.json", "schema_version": 1, "kind": kind, "as_of": "2026-10-31", **HEAD[kind]}
    assert opened(json.dumps(value), name) == []
    jsonschema.validate(value, SCHEMAS[kind])


def test_only_at_the_top_and_only_by_this_name() -> None:
    (problem,) = opened(client("email: {$schema: x}\n"))
    assert problem.startswith("the key $schema is not known in email")
    (problem,) = opened(client("$schemas: x\n"))
    assert problem.startswith("the key $schemas is not known in client")


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("2026-10-31 12:00:00+00:00", "2026-10-31T12:00:00+00:00"),
        ("2026-10-31 12:00:00 +02:00", "2026-10-31T12:00:00+02:00"),
        ("2026-10-31 12:00:00.123456+00:00", "2026-10-31T12:00:00.123456+00:00"),
        ("2026-10-31 09:30:00Z", "2026-10-31T09:30:00Z"),
    ],
)
def test_an_instant_with_a_space_is_shown_as_it_has_to_be(written: str, right: str) -> None:
    (problem,) = opened(client(f"devices: [{{id: a, last_seen: '{written}'}}]\n"))
    assert f"write a T and no space between day and time: {right}" in problem


@pytest.mark.parametrize("day", ["9999-12-31", "2999-01-01", "2200-01-01"])
def test_a_day_that_stands_for_never_is_told_how_to_write_never(day: str) -> None:
    (problem,) = opened(client(f"people: [{{id: a, end_date: {day}}}]\n"))
    assert f"the year of {day} cannot be right" in problem
    assert "if it stands for never, or for no end, write null" in problem
    (problem,) = opened(client("").replace("2026-10-31", day))
    assert "leave the key out" in problem


def test_a_day_long_ago_does_not_stand_for_never() -> None:
    (problem,) = opened(client("devices: [{id: a, os: {support_ends: 1601-01-01}}]\n"))
    assert "never" not in problem


@pytest.fixture
def fresh() -> Iterator[None]:
    zone_names.cache_clear()
    yield
    zone_names.cache_clear()


@pytest.mark.parametrize(
    "name",
    [
        "right/Europe/Berlin", "posix/Europe/Berlin", "localtime", "Factory", "posixrules", "europe/berlin",
        "Europe", "../UTC", "/etc/localtime", "Europe/Berlin/", "tzdata.zi", "", "Europe/Berlin\0",
    ],
)  # fmt: skip
def test_a_zone_that_is_not_everywhere_is_none(name: str) -> None:
    assert not is_zone(name)
    with pytest.raises(ValueError, match="is not a time zone"):
        load_zone(name)


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "US/Eastern", "Etc/GMT+5", "America/Argentina/Ushuaia", "UTC"]
)
def test_zones_come_from_one_source_whatever_the_machine_has(
    name: str, monkeypatch: pytest.MonkeyPatch, fresh: None
) -> None:
    import zoneinfo

    monkeypatch.setattr(zoneinfo, "TZPATH", ())
    assert is_zone(name)
    assert str(load_zone(name)) == name


def test_every_zone_can_be_loaded() -> None:
    assert len(zone_names()) > 400
    for name in sorted(zone_names()):
        load_zone(name)


def test_without_the_package_the_machine_is_asked(monkeypatch: pytest.MonkeyPatch, fresh: None) -> None:
    monkeypatch.setattr(clock, "_zone_folder", lambda: None)
    assert is_zone("Europe/Berlin")
    assert not is_zone("localtime")
    assert str(load_zone("Europe/Berlin")) == "Europe/Berlin"


def test_a_zone_of_the_machine_is_told_in_an_inventory() -> None:
    for name in ("localtime", "right/Europe/Berlin"):
        (problem,) = opened(client(f"time_zone: {name}\n"))
        assert problem.startswith(f"time_zone: {name} is no time zone")


CONFLICT = "<<<<<<< HEAD\n{a}\n=======\n{b}\n>>>>>>> other\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.yaml", client(CONFLICT.format(a="devices: []", b="devices: null"))),
        ("x.yaml", client("devices: [\n" + CONFLICT.format(a="{id: a},", b="{id: b},") + "]\n")),
        ("x.yaml", client("people:\n" + CONFLICT.format(a="  - {id: a}", b="  - {id: b}"))),
        (
            "x.yaml",
            CONFLICT.format(a=client("devices: []"), b=client("devices: []\nx: [")).replace("\n", "\r\n"),
        ),
        ("x.json", '{"a": 1,\n' + CONFLICT.format(a='"b": 1', b='"b": 2') + "}\n"),
        ("x.yaml", '{"a": 1,\n' + CONFLICT.format(a='"b": 1', b='"b": 2') + "}\n"),
    ],
)
def test_an_unfinished_merge_is_said_to_be_one(name: str, text: str) -> None:
    (problem,) = open_text(Source(name, text), KINDS).problems
    assert "a merge was not finished" in problem.message
    assert problem.at is not None
    assert problem.at.line == text[: text.index("<<<<<<<")].count("\n") + 1


def test_signs_of_a_merge_that_are_no_merge_are_left_alone() -> None:
    (problem,) = opened(client("<<<<<<< HEAD\n"))
    assert "merge" not in problem
    assert opened(client("").replace("Oak", "'<<<<<<< a >>>>>>> b'")) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n", "run `git lfs pull`"),
        ("[]\n", "this is a list, not an inventory / give each inventory a file of its own"),
        (f"[{json.dumps({'kind': 'client'})}]", "give each inventory a file of its own"),
        ("- kind: client\n- kind: client\n", "give each inventory a file of its own"),
    ],
)
def test_what_has_no_keys_is_called_by_its_name(text: str, message: str) -> None:
    (problem,) = opened(text)
    assert message in problem
